//! Every rule on a release that breaks it and on one that doesn't, and the picture of a release.

use std::collections::BTreeSet;

use pintle_diagnostic::Diagnostic;
use pintle_linter::{Options, check, rules};
use pintle_value::Data;

fn objects(text: &str) -> Vec<Data> {
    let (trees, error) = pintle_yaml::Tree::parse_all(text.as_bytes());
    assert!(error.is_none(), "{error:?}");
    trees.iter().map(|t| t.to_data().unwrap()).collect()
}

fn codes(text: &str, options: &Options) -> Vec<(&'static str, String)> {
    let (_, findings) = check(&objects(text), options);
    findings.into_iter().filter(|(_, f)| f.rule.topic() != "hygiene").map(|(_, f)| (f.rule.code, f.path.to_string())).collect()
}

/// A deployment with everything that hygiene asks for, to be changed by tests.
const API: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: prod}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      securityContext: {runAsNonRoot: true}
      containers:
      - name: api
        image: example.com/api:v1
        ports: [{name: http, containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: http}}
        resources: {limits: {memory: 1Gi}}
        securityContext: {readOnlyRootFilesystem: true}
";

const SERVICE: &str = "
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: prod, labels: {app: api}}
spec:
  selector: {app: api}
  ports: [{name: web, port: 80, targetPort: http}]
";

fn with(more: &str) -> String {
    format!("{API}{SERVICE}---\n{more}")
}

/// The one code that a text is found to break, and nothing else; hygiene counts too.
fn breaks(text: &str, code: &str) {
    let (_, findings) = check(&objects(text), &Options::default());
    let found: Vec<&str> = findings.iter().map(|(_, f)| f.rule.code).collect();
    assert!(found.contains(&code), "{code} is not among {found:?}:\n{text}");
}

#[test]
fn a_sound_release_has_no_findings() {
    let (graph, findings) = check(&objects(&format!("{API}{SERVICE}")), &Options::default());
    assert_eq!(findings, []);
    assert_eq!((graph.titles.len(), graph.edges.len()), (2, 1));
}

#[test]
fn every_rule_finds_what_it_is_for() {
    let deployment = |change: &str, to: &str| API.replace(change, to);
    let volume = |v: &str| deployment("      containers:", &format!("      volumes: [{{name: v, {v}}}]\n      containers:"));
    let env = |e: &str| deployment("        ports:", &format!("        env: [{e}]\n        ports:"));
    let route = |r: &str| {
        with(&format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: v, namespace: prod}}\nspec: {{http: [{{route: [{r}]}}]}}"
        ))
    };
    let simple = |version: &str, kind: &str, spec: &str| {
        with(&format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x, namespace: prod}}\nspec: {{{spec}}}"))
    };
    let cases: Vec<(&str, String)> = vec![
        ("api/removed", simple("policy/v1beta1", "PodDisruptionBudget", "selector: {matchLabels: {app: api}}")),
        ("identity/duplicate", format!("{API}---{API}")),
        (
            "hpa/target",
            simple(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nope}",
            ),
        ),
        (
            "hpa/replicas",
            format!(
                "{}---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: x, namespace: prod}}\nspec: {{scaleTargetRef: {{kind: Deployment, name: api}}}}",
                deployment("spec:\n  selector:", "spec:\n  replicas: 3\n  selector:")
            ),
        ),
        ("hygiene/host-namespaces", deployment("      containers:", "      hostNetwork: true\n      containers:")),
        ("hygiene/latest", deployment(":v1", "")),
        ("hygiene/limits", deployment("{limits: {memory: 1Gi}}", "{}")),
        ("hygiene/probes", format!("{}{SERVICE}", deployment("        readinessProbe: {httpGet: {path: /, port: http}}\n", ""))),
        ("hygiene/root", deployment("runAsNonRoot: true", "runAsNonRoot: false")),
        ("hygiene/writable-root", deployment("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")),
        (
            "hygiene/pdb-blocks",
            simple("policy/v1", "PodDisruptionBudget", "minAvailable: 1, selector: {matchLabels: {app: api}}"),
        ),
        ("istio/weights", route("{destination: {host: api}, weight: 60}, {destination: {host: api}, weight: 30}")),
        ("istio/subset", route("{destination: {host: api, subset: v2}}")),
        (
            "argo/project",
            simple(
                "argoproj.io/v1alpha1",
                "Application",
                "project: nope, source: {repoURL: https://example.com/r}, destination: {namespace: prod}",
            ),
        ),
        (
            "ref/analysis-template",
            simple("argoproj.io/v1alpha1", "Rollout", "strategy: {canary: {analysis: {templates: [{templateName: nope}]}}}"),
        ),
        ("ref/claim", volume("persistentVolumeClaim: {claimName: nope}")),
        ("ref/config-map", volume("configMap: {name: nope}")),
        ("ref/gateway", simple("gateway.networking.k8s.io/v1", "HTTPRoute", "parentRefs: [{name: nope}]")),
        (
            "ref/key",
            format!(
                "{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: prod}}\ndata: {{a: b}}",
                env("{name: A, valueFrom: {configMapKeyRef: {name: c, key: z}}}")
            ),
        ),
        ("ref/port", simple("networking.k8s.io/v1", "Ingress", "defaultBackend: {service: {name: api, port: {number: 81}}}")),
        (
            "ref/role",
            with(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: prod}\nroleRef: {kind: Role, name: nope}",
            ),
        ),
        ("ref/secret", env("{name: A, valueFrom: {secretKeyRef: {name: nope, key: a}}}")),
        ("ref/service", simple("networking.k8s.io/v1", "Ingress", "defaultBackend: {service: {name: nope, port: {number: 80}}}")),
        ("ref/service-account", deployment("      containers:", "      serviceAccountName: nope\n      containers:")),
        ("pod-security/level", format!("{API}---\n{}", namespace("restricted", ""))),
        ("ref/variable", env("{name: URL, value: 'redis://$(HOST)'}, {name: HOST, value: db}")),
        ("secret/plaintext", env("{name: DB_PASSWORD, value: hunter2}")),
        ("secret/not-sealed", simple("bitnami.com/v1alpha1", "SealedSecret", "encryptedData: {a: aHVudGVyMg==}")),
        ("secret/scope", sealed("", "name: x, namespace: dev")),
        (
            "select/monitor",
            simple(
                "monitoring.coreos.com/v1",
                "ServiceMonitor",
                "selector: {matchLabels: {app: nope}}, endpoints: [{port: web}]",
            ),
        ),
        ("select/network-policy", simple("networking.k8s.io/v1", "NetworkPolicy", "podSelector: {matchLabels: {app: nope}}")),
        ("select/pdb", simple("policy/v1", "PodDisruptionBudget", "maxUnavailable: 1, selector: {matchLabels: {app: nope}}")),
        ("select/service", format!("{API}{}", SERVICE.replace("selector: {app: api}", "selector: {app: nope}"))),
    ];
    let mut tried: BTreeSet<&str> = cases.iter().map(|(code, text)| (breaks(text, code), *code).1).collect();
    // Those that need to be told something have tests of their own.
    tried.extend(["api/deprecated", "argo/automated"]);
    let known: BTreeSet<&str> = rules::RULES.iter().map(|r| r.code).collect();
    assert_eq!(tried, known, "every rule has a case");
}

#[test]
fn the_target_version_decides_what_is_removed() {
    let text = "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\nspec: {}\n";
    let at = |minor| codes(text, &Options { kube_version: Some((1, minor)), ..Options::default() });
    assert_eq!(at(22), []);
    assert_eq!(at(25), [("api/deprecated", "apiVersion".to_owned())]);
    assert_eq!(at(26), [("api/removed", "apiVersion".to_owned())]);
}

#[test]
fn an_environment_that_is_manual_has_no_automated_application() {
    let app = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web-prod}\nspec: {project: default, syncPolicy: {automated: {}}}\n";
    let manual = Options { manual: vec!["*-prod".into()], ..Options::default() };
    assert_eq!(codes(app, &manual), [("argo/automated", "spec.syncPolicy.automated".to_owned())]);
    assert_eq!(codes(app, &Options::default()), []);
}

#[test]
fn projects_say_what_applications_may_do() {
    let project = "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: p, namespace: argocd}\nspec: {sourceRepos: [\"https://example.com/*\"], destinations: [{namespace: \"web-*\", server: \"*\"}]}\n---\n";
    let app = |repo: &str, namespace: &str| {
        codes(
            &format!(
                "{project}apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: a, namespace: argocd}}\nspec: {{project: p, source: {{repoURL: \"{repo}\"}}, destination: {{namespace: {namespace}, server: s}}}}\n"
            ),
            &Options::default(),
        )
    };
    assert_eq!(app("https://example.com/r", "web-prod"), []);
    assert_eq!(app("https://other.com/r", "web-prod"), [("argo/project", "spec.source.repoURL".to_owned())]);
    assert_eq!(app("https://example.com/r", "db"), [("argo/project", "spec.destination".to_owned())]);
}

#[test]
fn what_exists_elsewhere_may_be_declared_or_made() {
    let env =
        API.replace("        ports:", "        env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: a}}}]\n        ports:");
    let declared = |d: &str| codes(&env, &Options { existing: vec![d.into()], ..Options::default() });
    assert_eq!(declared("Secret/other")[0].0, "ref/secret");
    for known in ["Secret/db", "Secret/prod/db", "Secret/*", "*/prod/d*"] {
        assert_eq!(declared(known), [], "{known}");
    }
    for made in [
        "bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db, namespace: prod}\nspec: {encryptedData: {}, template: {data: {a: x}}}",
        "external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: prod}\nspec: {target: {name: db}}",
    ] {
        assert_eq!(codes(&format!("{env}---\napiVersion: {made}"), &Options::default()), [], "{made}");
    }
    let optional = env.replace("key: a", "key: a, optional: true");
    assert_eq!(codes(&optional, &Options::default()), []);
}

#[test]
fn objects_without_a_namespace_are_in_the_releases() {
    let text = format!("{}{SERVICE}", API.replace(", namespace: prod", ""));
    assert_eq!(codes(&text, &Options::default())[0].0, "select/service");
    assert_eq!(codes(&text, &Options { namespace: "prod".into(), ..Options::default() }), []);
}

#[test]
fn a_picture_shows_what_is_broken() {
    let text = with(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: \"<x>\", namespace: prod}\nspec: {defaultBackend: {service: {name: nope, port: {number: 80}}}}",
    );
    let (graph, _) = check(&objects(&text), &Options::default());
    let mermaid = graph.to_mermaid();
    assert!(mermaid.contains("n1 -->|selects| n0") && mermaid.contains("n3[\"Service prod/nope\"]:::missing"), "{mermaid}");
    assert!(graph.to_dot().contains("n2 -> n3 [label=\"routes to\", color=red, fontcolor=red];"));
    let svg = graph.to_svg();
    assert!(svg.starts_with("<svg ") && svg.contains("&lt;x&gt;") && svg.contains("#c00") && !svg.contains("<x>"), "{svg}");
}

#[test]
fn credentials_are_known_by_name_or_shape_and_never_told() {
    let finds = |name: &str, value: &str| {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{{name}: \"{value}\"}}\n");
        let (_, findings) = check(&objects(&text), &Options::default());
        assert!(findings.iter().all(|(_, f)| !f.message.contains(value)), "{findings:?}");
        !findings.is_empty()
    };
    for (name, value) in [
        ("db-password", "hunter2"),
        ("API_TOKEN", "abcdefgh"),
        ("url", "postgres://app:hunter2@db:5432/app"),
        ("x", "-----BEGIN RSA PRIVATE KEY-----abc"),
        ("x", "https://discord.com/api/webhooks/1/abcdef"),
    ] {
        assert!(finds(name, value), "{name}: {value}");
    }
    for (name, value) in [
        ("PASSWORD_FILE", "/run/secrets/db"),
        ("TOKEN_TTL", "3600s"),
        ("password", "${DB_PASSWORD}"),
        ("password", "<path:secret/data/db#password>"),
        ("url", "postgres://db:5432/app"),
        ("secret-rotation-enabled", "true"),
        ("mode", "hunter2"),
    ] {
        assert!(!finds(name, value), "{name}: {value}");
    }
}

#[test]
fn variables_that_are_expanded_or_meant_as_text_are_sound() {
    for env in [
        "{name: HOST, value: db}, {name: URL, value: 'redis://$(HOST)'}",
        "{name: URL, value: 'redis://$$(HOST)'}, {name: HOST, value: db}",
        // Of a shell, or of nobody: the container doesn't define it at all.
        "{name: URL, value: '$(date) $HOST $('}, {name: HOST, value: db}",
    ] {
        let text = API.replace("        ports:", &format!("        env: [{env}]\n        ports:"));
        assert_eq!(check(&objects(&format!("{text}{SERVICE}")), &Options::default()).1, [], "{env}");
    }
}

/// A Namespace `prod` that enforces a level.
fn namespace(level: &str, more: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: prod, labels: {{pod-security.kubernetes.io/enforce: {level}{more}}}}}"
    )
}

// The verdicts are those of k8s.io/pod-security-admission v0.37.2.
#[test]
fn pods_keep_to_the_level_of_their_namespace() {
    const SOUND: &str =
        "{name: a, image: 'a:v1', securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}";
    let found = |level: &str, more: &str, pod: &str, minor: u32| {
        let pod = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: prod}}\nspec: {{{pod}}}");
        let text = format!("{pod}\n---\n{}", namespace(level, more));
        let options = Options { kube_version: Some((1, minor)), ..Options::default() };
        let (_, findings) = check(&objects(&text), &options);
        let of = |(_, f): (usize, Diagnostic)| (f.rule.code == "pod-security/level").then(|| f.path.to_string());
        findings.into_iter().filter_map(of).collect::<Vec<_>>()
    };
    let none: [String; 0] = [];
    let safe = "securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}";
    assert_eq!(found("restricted", "", &format!("{safe}, containers: [{SOUND}]"), 37), none);
    let bare = "containers: [{name: a, image: 'a:v1'}]";
    assert_eq!(found("privileged", "", bare, 37), none);
    assert_eq!(found("baseline", "", bare, 37), none);
    assert_eq!(found("restricted", "", bare, 37), ["spec.containers[0].securityContext"; 4]);
    for (pod, path) in [
        ("hostNetwork: true", "spec.hostNetwork"),
        ("volumes: [{name: v, hostPath: {path: /}}]", "spec.volumes[0].hostPath"),
        ("securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}", "spec.securityContext.sysctls[0]"),
        ("securityContext: {seccompProfile: {type: Unconfined}}", "spec.securityContext.seccompProfile.type"),
        ("securityContext: {seLinuxOptions: {user: u}}", "spec.securityContext.seLinuxOptions"),
        ("securityContext: {windowsOptions: {hostProcess: true}}", "spec.securityContext.windowsOptions.hostProcess"),
        ("initContainers: [{name: i, securityContext: {privileged: true}}]", "spec.initContainers[0].securityContext.privileged"),
        ("containers: [{name: a, securityContext: {procMount: Unmasked}}]", "spec.containers[0].securityContext.procMount"),
        (
            "containers: [{name: a, securityContext: {capabilities: {add: [CHOWN, SYS_ADMIN]}}}]",
            "spec.containers[0].securityContext.capabilities.add[1]",
        ),
        ("containers: [{name: a, ports: [{containerPort: 80, hostPort: 80}]}]", "spec.containers[0].ports[0].hostPort"),
        (
            "containers: [{name: a, livenessProbe: {httpGet: {port: 80, host: example.com}}}]",
            "spec.containers[0].livenessProbe.httpGet.host",
        ),
    ] {
        assert_eq!(found("baseline", "", pod, 37), [path], "{pod}");
    }
    for (pod, path) in [
        ("volumes: [{name: v, nfs: {server: s, path: /}}]", "spec.volumes[0]"),
        ("securityContext: {runAsUser: 0, runAsNonRoot: true}", "spec.securityContext.runAsUser"),
    ] {
        assert_eq!(found("restricted", "", pod, 37), [path], "{pod}");
        assert_eq!(found("baseline", "", pod, 37), none, "{pod}");
    }
    // Versions: of the cluster, or that the label pins.
    let probe = "containers: [{name: a, livenessProbe: {httpGet: {port: 80, host: example.com}}}]";
    assert_eq!(found("baseline", "", probe, 33), none);
    assert_eq!(found("baseline", ", pod-security.kubernetes.io/enforce-version: v1.33", probe, 37), none);
    let own_users = "hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]";
    assert_eq!(found("baseline", "", own_users, 37), none);
    assert_eq!(found("baseline", "", own_users, 34).len(), 1);
}

/// The sound release with a SealedSecret `prod/x`, its annotations and its template's metadata.
fn sealed(annotations: &str, template: &str) -> String {
    let value = format!("AgA{}", "A".repeat(705));
    with(&format!(
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: x, namespace: prod, annotations: {{{annotations}}}}}\nspec: {{encryptedData: {{a: {value}}}, template: {{metadata: {{{template}}}}}}}"
    ))
}

#[test]
fn sealed_values_are_for_a_name_a_namespace_and_a_scope() {
    const CLUSTER: &str = "sealedsecrets.bitnami.com/cluster-wide: \"true\"";
    const NAMESPACE: &str = "sealedsecrets.bitnami.com/namespace-wide: \"true\"";
    let found = |annotations: &str, template: &str| {
        let (_, findings) = check(&objects(&sealed(annotations, template)), &Options::default());
        findings.iter().map(|(_, f)| format!("{} {}", f.rule.code, f.path)).collect::<Vec<_>>()
    };
    let none: [String; 0] = [];
    assert_eq!(found("", "name: x, namespace: prod"), none);
    assert_eq!(found("", ""), none);
    assert_eq!(found("", "name: other, namespace: prod"), ["secret/scope metadata.name"]);
    assert_eq!(found("", "namespace: dev"), ["secret/scope metadata.namespace"]);
    assert_eq!(found(NAMESPACE, "name: other, namespace: prod"), none);
    assert_eq!(found(NAMESPACE, "name: other, namespace: dev"), ["secret/scope metadata.namespace"]);
    assert_eq!(found(CLUSTER, "name: other, namespace: dev"), none);
    assert_eq!(found("", &format!("annotations: {{{CLUSTER}}}")), ["secret/scope metadata.annotations"]);
    assert_eq!(found(CLUSTER, &format!("annotations: {{{CLUSTER}}}")), none);
    // Annotations that a chart sets on the SealedSecret alone: nothing says how the values were sealed.
    assert_eq!(found(CLUSTER, ""), none);
}

#[test]
fn odd_objects_are_no_harm() {
    for text in [
        "[]",
        "a",
        "1",
        "kind: Service",
        "kind: Deployment\nspec: []",
        "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: {a: b}, volumes: [1, null]}}}",
    ] {
        check(&objects(text), &Options::default());
    }
}

#[test]
fn every_rule_has_a_section_in_the_docs() {
    let docs = include_str!("../../../docs/rules.md");
    let sections: Vec<&str> = docs.lines().filter_map(|l| l.strip_prefix("## ")).collect();
    let mut codes: Vec<&str> = rules::RULES.iter().map(|r| r.code).collect();
    codes.sort_unstable();
    assert_eq!(sections, codes);
}
