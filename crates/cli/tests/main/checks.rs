//! What `render` and `diff` look for in what they print, and how findings are shown.

use std::path::PathBuf;

use crate::case::{self, pintle};

const CHART: &str = "-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- chart/values.yaml --
replicas: 1
port: http
-- chart/templates/_helpers.tpl --
{{- define \"spec\" -}}
replicas: {{ .Values.replicas }}
{{- end -}}
-- chart/templates/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  {{- include \"spec\" . | nindent 2 }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example.com/web:v1
        ports: [{name: http, containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - port: 80
    targetPort: {{ .Values.port }}
";

fn chart(name: &str) -> PathBuf {
    case::laid_out(&format!("checks-{name}"), CHART)
}

/// The exit code, standard output and standard error.
fn run(folder: &std::path::Path, args: &str) -> (Option<i32>, String, String) {
    let output = pintle(folder, args, &[]);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_is_sound_is_printed_without_a_word() {
    let folder = chart("sound");
    let (code, out, said) = run(&folder, "render chart");
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(out.contains("kind: Service"));
}

#[test]
fn what_a_cluster_would_refuse_is_not_printed() {
    let folder = chart("refused");
    let (code, out, said) = run(&folder, "render chart --set replicas=many");
    assert_eq!((code, out.as_str()), (Some(1), ""), "{said}");
    assert!(said.contains("error: Deployment web: spec.replicas"), "{said}");
    // The template's line, the include, and the flag behind it.
    assert!(said.contains("--> chart/templates/_helpers.tpl:2:"), "{said}");
    assert!(said.contains("chart/templates/web.yaml:5:") && said.contains("called here"), "{said}");
    assert!(said.contains("--set replicas"), "{said}");
    let (code, out, said) = run(&folder, "render chart --set replicas=many --check warn");
    assert!(code == Some(0) && out.contains("replicas: many") && said.contains("warning: Deployment web"), "{said}");
    let (code, out, said) = run(&folder, "render chart --set replicas=many --check off");
    assert!(code == Some(0) && out.contains("replicas: many") && said.is_empty(), "{said}");
    // A stand-in for another tool checks nothing.
    assert_eq!(run(&folder, "template web chart --set replicas=many").0, Some(0));
    let (code, out, said) = run(&folder, "template web chart --set replicas=many --check error");
    assert_eq!((code, out.as_str()), (Some(1), ""), "{said}");
    assert!(said.contains("error: Deployment web: spec.replicas") && said.contains("--set replicas"), "{said}");
    std::fs::write(folder.join("kustomization.yaml"), "resources: [cm.yaml]\n").unwrap();
    std::fs::write(folder.join("cm.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: 1}\n").unwrap();
    assert_eq!(run(&folder, "build .").0, Some(0));
    let (code, out, said) = run(&folder, "build . --check error");
    assert!(code == Some(1) && out.is_empty() && said.contains("error: ConfigMap a: data"), "{said}");
    assert_eq!(run(&folder, "build . --rule ref/prt=off").0, Some(2));
}

#[test]
fn what_would_not_work_is_told_and_printed() {
    let folder = chart("works-not");
    let (code, out, said) = run(&folder, "render chart --set port=htpp");
    assert!(code == Some(0) && out.contains("targetPort: htpp"), "{said}");
    assert!(said.contains("warning: ") && said.contains("[ref/port]"), "{said}");
    assert!(said.contains("chart/templates/web.yaml:22:"), "{said}");
    assert_eq!(run(&folder, "render chart --set port=htpp --rule ref/port=error").0, Some(1));
    assert_eq!(run(&folder, "render chart --set port=htpp --rule ref/*=off").2, "");
    assert_eq!(run(&folder, "render chart --set port=htpp --only schema,api").2, "");
    let (code, _, said) = run(&folder, "render chart --rule ref/prt=off");
    assert!(code == Some(2) && said.contains("did you mean ref/port?"), "{said}");
    assert!(run(&folder, "render chart --notes").2.contains("[hygiene/limits]"));
}

#[test]
fn pintle_yaml_says_what_counts() {
    let folder = chart("project");
    let project = |checks: &str| {
        let text = format!(
            "releases:\n  web:\n    chart: chart\n    set: {{port: htpp}}\n    environments: [a]\n    checks: {checks}\n"
        );
        case::write(&folder.join("pintle.yaml"), text.as_bytes());
        run(&folder, "render")
    };
    assert!(project("{}").2.contains("warning: web (a): "));
    assert_eq!(project("{levels: {ref/port: off}}").2, "");
    assert_eq!(project("{levels: {ref/port: error}}").0, Some(1));
    let (code, _, said) = project("{levels: {ref/prt: error}}");
    assert!(code == Some(1) && said.contains("did you mean ref/port?") && said.contains("pintle.yaml:6:"), "{said}");
}

#[test]
fn a_release_is_drawn() {
    let folder = chart("graph");
    let (_, mermaid, _) = run(&folder, "graph chart");
    assert!(mermaid.starts_with("flowchart LR\n") && mermaid.contains("-->|selects|"), "{mermaid}");
    assert!(run(&folder, "graph chart -o svg").1.starts_with("<svg "));
    assert!(run(&folder, "graph chart -o dot").1.starts_with("digraph release {"));
    assert!(run(&folder, "rules").1.lines().any(|l| l.starts_with("ref/port ")));
}

#[test]
fn values_are_sealed_and_proved() {
    let folder = case::folder("checks-seal");
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../seal/tests");
    for file in ["key.pem", "cert.pem"] {
        std::fs::copy(fixtures.join(file), folder.join(file)).unwrap();
    }
    case::write(&folder.join("value"), b"hunter2");
    let (code, sealed, said) = run(&folder, "seal --cert cert.pem --namespace prod --name db < value");
    assert!(code == Some(0) && sealed.starts_with("AQ") && !said.contains("hunter2"), "{said}");
    case::write(&folder.join("sealed"), sealed.as_bytes());
    let opens = |args: &str| run(&folder, &format!("seal --check --key key.pem {args} < sealed"));
    assert_eq!(opens("--namespace prod --name db"), (Some(0), String::new(), "it opens\n".to_owned()));
    assert_eq!(opens("--namespace prod --name other").0, Some(1));
    assert_eq!(opens("--scope cluster-wide").0, Some(1));
    assert!(run(&folder, "seal --cert cert.pem < value").2.contains("--namespace is part of what the value is sealed for"));
    assert_eq!(run(&folder, "seal --cert value --scope cluster-wide < value").0, Some(1));
}

/// A chart that asks the cluster, and a snapshot of one.
const ASKING: &str = "-- Chart.yaml --
apiVersion: v2
name: ask
version: 1.0.0
-- templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: {{ .Release.Namespace }}}
data:
  version: {{ .Capabilities.KubeVersion }}
  monitors: {{ .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1/ServiceMonitor\" | quote }}
  batch: {{ .Capabilities.APIVersions.Has \"batch/v1\" | quote }}
  password: {{ (lookup \"v1\" \"Secret\" .Release.Namespace \"db\").data.password }}
  configs: {{ len (lookup \"v1\" \"ConfigMap\" \"\" \"\").items | quote }}
-- cluster.yaml --
kind: ClusterSnapshot
kubeVersion: v1.31.4
apiVersions: [v1, v1/Secret, v1/ConfigMap, monitoring.coreos.com/v1, monitoring.coreos.com/v1/ServiceMonitor]
objects:
  - apiVersion: v1
    kind: Secret
    metadata: {name: db, namespace: prod}
    data: {password: c2VhbGVk}
";

#[test]
fn a_snapshot_stands_for_the_cluster() {
    let folder = case::laid_out("checks-cluster", ASKING);
    let (code, out, said) = run(&folder, "render . --namespace prod --cluster cluster.yaml");
    assert_eq!(code, Some(0), "{said}");
    let data = "  version: v1.31.4\n  monitors: \"true\"\n  batch: \"false\"\n  password: c2VhbGVk\n  configs: \"0\"\n";
    assert!(out.contains(data), "{out}");
    assert_eq!(run(&folder, "template ask . -n prod --cluster cluster.yaml").1, out);
    // --kube-version wins, --api-versions adds.
    let (_, out, _) = run(&folder, "template ask . -n prod --cluster cluster.yaml --kube-version v1.30.0 -a batch/v1");
    assert!(out.contains("version: v1.30.0") && out.contains("batch: \"true\"") && out.contains("monitors: \"true\""), "{out}");
    // Without a cluster nothing is found.
    let (code, out, _) = run(&folder, "template ask . -n prod");
    assert!(code == Some(1) && out.is_empty());
    std::fs::write(folder.join("cluster.yaml"), "kind: ClusterSnapshot\napiVersoins: []\n").unwrap();
    let (code, _, said) = run(&folder, "render . --cluster cluster.yaml");
    assert!(code == Some(1) && said.contains("did you mean apiVersions?") && said.contains("cluster.yaml:2"), "{said}");
}

#[test]
fn findings_have_every_form_in_every_command() {
    let files = "\
-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- chart/templates/a.yaml --
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: none}, ports: [{port: 70000}]}
";
    let folder = case::laid_out("findings-forms", files);
    let (code, out, said) = run(&folder, "render chart --findings sarif=a.sarif --findings github=a.txt");
    assert_eq!((code, out.as_str()), (Some(1), ""), "{said}");
    assert!(said.contains("error: Service web: spec.ports[0].port: Invalid value: 70000"), "{said}");
    assert!(said.ends_with("\n2 errors, 1 warning; nothing was written\n"), "{said}");
    let sarif = std::fs::read_to_string(folder.join("a.sarif")).unwrap();
    assert!(sarif.contains("\"ruleId\": \"select/service\"") && sarif.contains("\"startLine\": 4"), "{sarif}");
    let github = std::fs::read_to_string(folder.join("a.txt")).unwrap();
    assert!(github.contains("::error file=chart/templates/a.yaml,line=4,"), "{github}");
    for command in ["render chart", "template web chart --check error"] {
        let (_, _, said) = run(&folder, &format!("{command} --findings json --only schema,api"));
        let read = pintle_value::json::from_slice(said.as_bytes()).unwrap_or_else(|_| panic!("{command}: {said}"));
        let rule = read.get("findings").unwrap().as_list().unwrap()[0].get("rule").unwrap();
        assert_eq!(rule.as_str(), Some("api/FieldValueInvalid"), "{command}: {said}");
    }
    case::write(&folder.join("chart/templates/b.yaml"), b"a: {{ .Values.a.b }}\n");
    for command in ["render chart", "template web chart"] {
        let (_, _, said) = run(&folder, &format!("{command} --findings json"));
        let read = pintle_value::json::from_slice(said.as_bytes()).unwrap_or_else(|_| panic!("{command}: {said}"));
        let rule = read.get("findings").unwrap().as_list().unwrap()[0].get("rule").unwrap();
        assert_eq!(rule.as_str(), Some("template/exec"), "{command}: {said}");
    }
    assert!(run(&folder, "render chart --findings xml").2.contains("text, json, sarif, github, junit, tap"));
    assert!(run(&folder, "render chart --findings json=no/a.json").2.contains("no/a.json"));
}

#[test]
fn places_hold_in_plain_text_of_helpers_and_where_a_chart_draws_random_numbers() {
    let files = "\
-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- chart/templates/_h.tpl --
{{- define \"spec\" -}}
ports:
  - port: 70000
    first: 1
    name: web
    second: 2
{{- end }}
-- chart/templates/a.yaml --
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  {{- include \"spec\" . | nindent 2 }}
-- chart/templates/b.yaml --
{{- range until (int (randInt 1 90)) }}
# {{ . }}
{{- end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: b}
other: 1
";
    let folder = case::laid_out("places-plain", files);
    for _ in 0..4 {
        let said = run(&folder, "render chart --only schema,api").2;
        for (message, place) in [
            ("port: Invalid value: 70000", "_h.tpl:3:"),
            ("unknown field \"spec.ports[0].first\"", "_h.tpl:4:"),
            ("unknown field \"spec.ports[0].second\"", "_h.tpl:6:"),
            ("unknown field \"other\"", "b.yaml:7:"),
        ] {
            let after = said.split_once(message).unwrap_or_else(|| panic!("{message}: {said}")).1;
            let line = after.lines().nth(1).unwrap_or_default();
            assert!(line.contains(place), "{message}: wanted {place}, got {line}\n{said}");
        }
    }
}
