//! Each rule with a manifest that breaks it: the field and the reason that the API server names.

use pintle_diagnostic::{Severity, Source};
use pintle_validate::{Options, Validator, rules};

/// The errors about a manifest, as `path reason`.
fn errors(text: &str) -> Vec<String> {
    let reports = Validator::new(Options::default()).check(&Source::new("a.yaml", text.to_owned())).unwrap();
    let found = reports.iter().flat_map(|r| &r.findings).filter(|f| f.severity == Severity::Error);
    found.map(|f| format!("{} {}", f.path, rules::reason(f.rule).trim_start_matches("FieldValue"))).collect()
}

/// The manifest with `head` (kind and apiVersion), a name, and what follows.
fn object(head: &str, rest: &str) -> String {
    let (api_version, kind) = head.split_once(' ').unwrap();
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: web}}\n{rest}\n")
}

#[track_caller]
fn breaks(head: &str, cases: &[(&str, &str)]) {
    for (rest, wanted) in cases {
        let found = errors(&object(head, rest));
        match *wanted {
            "" => assert!(found.is_empty(), "{rest}\n{found:?}"),
            wanted => assert!(found.iter().any(|f| f == wanted), "{rest}\nwanted {wanted}, found {found:?}"),
        }
    }
}

/// A pod with one container, to which `container` adds, and more fields of its spec.
#[track_caller]
fn pods(cases: &[(&str, &str, &str)]) {
    for (container, spec, wanted) in cases {
        let rest = format!("spec: {{containers: [{{name: a, image: b, {container}}}], {spec}}}");
        breaks("v1 Pod", &[(&rest, wanted)]);
    }
}

#[test]
fn metadata() {
    let named = |meta: &str| errors(&format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {meta}\n"));
    assert_eq!(named("{name: a.b}"), Vec::<String>::new());
    assert_eq!(named("{}"), ["metadata.name Required"]);
    assert_eq!(named("{generateName: a-}"), Vec::<String>::new());
    assert_eq!(named("{name: A}"), ["metadata.name Invalid"]);
    assert_eq!(named("{name: a, labels: {a b: c}}"), ["metadata.labels Invalid"]);
    assert_eq!(named("{name: a, finalizers: [mine]}"), ["metadata.finalizers[0] Invalid"]);
    assert_eq!(named("{name: a, finalizers: [example.com/mine]}"), Vec::<String>::new());
    assert_eq!(
        named("{name: a, ownerReferences: [{apiVersion: v1, kind: Pod, name: b}]}"),
        ["metadata.ownerReferences[0].uid Required"]
    );
    assert_eq!(named("{name: a, creationTimestamp: now}"), ["metadata.creationTimestamp BadRequest"]);
}

#[test]
fn decoding_is_strict_and_names_fields_as_go_does() {
    breaks("v1 ConfigMap", &[("data: {a: 1}", "data BadRequest"), ("datum: {}", "datum BadRequest"), ("data: {a: ~}", "")]);
    breaks("v1 Secret", &[("data: {a: '%'}", "data[a] BadRequest"), ("data: {a: aGk=}", ""), ("stringData: {a: b}", "")]);
    breaks(
        "apps/v1 Deployment",
        &[(
            "spec: {template: {spec: {containers: [{name: a, ports: [{containerPort: x}]}]}}}",
            "spec.template.spec.containers.ports.containerPort BadRequest",
        )],
    );
    breaks("v1 LimitRange", &[("spec: {limits: [{type: Pod, max: {cpu: lots}}]}", "spec.limits[0].max[cpu] BadRequest")]);
}

#[test]
fn services() {
    breaks(
        "v1 Service",
        &[
            ("spec: {ports: [{port: 80}]}", ""),
            ("spec: {clusterIP: None}", ""),
            ("spec: {}", "spec.ports Required"),
            ("spec: {ports: [{port: 80}, {port: 81}]}", "spec.ports[0].name Required"),
            ("spec: {ports: [{name: a, port: 80}, {name: a, port: 81}]}", "spec.ports[1].name Duplicate"),
            ("spec: {ports: [{name: a, port: 80}, {name: b, port: 80}]}", "spec.ports[1] Duplicate"),
            ("spec: {ports: [{port: 80, protocol: HTTP}]}", "spec.ports[0].protocol NotSupported"),
            ("spec: {ports: [{port: 80, targetPort: A_B}]}", "spec.ports[0].targetPort Invalid"),
            ("spec: {ports: [{port: 80, nodePort: 30080}]}", "spec.ports[0].nodePort Forbidden"),
            ("spec: {type: Balancer, ports: [{port: 80}]}", "spec.type NotSupported"),
            ("spec: {type: ExternalName}", "spec.externalName Required"),
            ("spec: {type: NodePort, clusterIP: None, ports: [{port: 80}]}", "spec.clusterIPs[0] Invalid"),
            ("spec: {ports: [{port: 80}], externalTrafficPolicy: Local}", "spec.externalTrafficPolicy Invalid"),
            ("spec: {ports: [{port: 80}], loadBalancerSourceRanges: [10.0.0.0/8]}", "spec.LoadBalancerSourceRanges Forbidden"),
            ("spec: {ports: [{port: 80}], externalIPs: [127.0.0.1]}", "spec.externalIPs[0] Invalid"),
            ("spec: {ports: [{port: 80}], clusterIP: 10.0.0.300}", "spec.clusterIPs[0] Invalid"),
            ("spec: {ports: [{port: 80}], sessionAffinity: Cookie}", "spec.sessionAffinity NotSupported"),
        ],
    );
}

#[test]
fn containers() {
    pods(&[
        ("", "", ""),
        ("ports: [{containerPort: 0}]", "", "spec.containers[0].ports[0].containerPort Required"),
        ("ports: [{name: a, containerPort: 1}, {name: a, containerPort: 2}]", "", "spec.containers[0].ports[1].name Duplicate"),
        (
            "ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80}]",
            "",
            "spec.containers[0].ports[1].hostPort Duplicate",
        ),
        ("env: [{name: 'A=B'}]", "", "spec.containers[0].env[0].name Invalid"),
        (
            "env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
            "",
            "spec.containers[0].env[0].valueFrom Invalid",
        ),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.nope}}}]",
            "",
            "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath Invalid",
        ),
        (
            "env: [{name: A, valueFrom: {secretKeyRef: {name: s}}}]",
            "",
            "spec.containers[0].env[0].valueFrom.secretKeyRef.key Required",
        ),
        ("envFrom: [{}]", "", "spec.containers[0].envFrom Invalid"),
        ("volumeMounts: [{name: v, mountPath: /v}]", "", "spec.containers[0].volumeMounts[0].name NotFound"),
        ("volumeMounts: [{name: v, mountPath: /v}]", "volumes: [{name: v, emptyDir: {}}]", ""),
        (
            "volumeMounts: [{name: v, mountPath: /v}, {name: v, mountPath: /v}]",
            "volumes: [{name: v}]",
            "spec.containers[0].volumeMounts[1].mountPath Invalid",
        ),
        ("imagePullPolicy: Sometimes", "", "spec.containers[0].imagePullPolicy NotSupported"),
        ("resources: {requests: {cpu: 2}, limits: {cpu: 1}}", "", "spec.containers[0].resources.requests Invalid"),
        ("resources: {limits: {gpu: 1}}", "", "spec.containers[0].resources.limits[gpu] Invalid"),
        ("resources: {limits: {cpu: -1}}", "", "spec.containers[0].resources.limits[cpu] Invalid"),
        ("livenessProbe: {}", "", "spec.containers[0].livenessProbe Required"),
        ("livenessProbe: {tcpSocket: {port: 0}}", "", "spec.containers[0].livenessProbe.tcpSocket.port Invalid"),
        (
            "livenessProbe: {exec: {command: [a]}, successThreshold: 2}",
            "",
            "spec.containers[0].livenessProbe.successThreshold Invalid",
        ),
        (
            "readinessProbe: {exec: {command: [a]}, httpGet: {port: 80}}",
            "",
            "spec.containers[0].readinessProbe.httpGet Forbidden",
        ),
        ("lifecycle: {preStop: {sleep: {seconds: 31}}}", "", "spec.containers[0].lifecycle.preStop.sleep Invalid"),
        ("securityContext: {runAsUser: -1}", "", "spec.containers[0].securityContext.runAsUser Invalid"),
        (
            "securityContext: {privileged: true, allowPrivilegeEscalation: false}",
            "",
            "spec.containers[0].securityContext Invalid",
        ),
        (
            "securityContext: {seccompProfile: {type: Localhost}}",
            "",
            "spec.containers[0].securityContext.seccompProfile.localhostProfile Required",
        ),
    ]);
}

#[test]
fn pod_specs() {
    pods(&[
        ("", "restartPolicy: Never", ""),
        ("", "restartPolicy: Maybe", "spec.restartPolicy NotSupported"),
        ("", "dnsPolicy: None", "spec.dnsConfig Required"),
        ("", "hostname: A", "spec.hostname Invalid"),
        ("", "activeDeadlineSeconds: 0", "spec.activeDeadlineSeconds Invalid"),
        ("", "tolerations: [{key: a, operator: Has}]", "spec.tolerations[0].operator NotSupported"),
        ("", "tolerations: [{operator: Exists, tolerationSeconds: 1}]", "spec.tolerations[0].effect Invalid"),
        ("", "volumes: [{name: v}, {name: v}]", "spec.volumes[1].name Duplicate"),
        ("", "volumes: [{name: v, configMap: {name: c}, secret: {secretName: s}}]", "spec.volumes[0].configMap Forbidden"),
        ("", "volumes: [{name: v, hostPath: {path: /a/../b}}]", "spec.volumes[0].hostPath.path Invalid"),
        ("", "volumes: [{name: v, configMap: {name: c, defaultMode: 512}}]", "spec.volumes[0].configMap.defaultMode Invalid"),
        ("", "initContainers: [{name: a, image: b}]", "spec.initContainers[0].name Duplicate"),
        (
            "",
            "initContainers: [{name: i, image: b, livenessProbe: {exec: {command: [a]}}}]",
            "spec.initContainers[0].livenessProbe Forbidden",
        ),
        (
            "",
            "topologySpreadConstraints: [{maxSkew: 0, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]",
            "spec.topologySpreadConstraints[0].maxSkew Invalid",
        ),
        (
            "",
            "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{}]}}",
            "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey Required",
        ),
        ("", "os: {name: windows}, hostPID: true", "spec.hostPID Forbidden"),
        ("", "securityContext: {sysctls: [{name: a..b}]}", "spec.securityContext.sysctls[0].name Invalid"),
    ]);
    breaks("v1 Pod", &[("spec: {}", "spec.containers Required")]);
}

#[test]
fn workloads() {
    let pod = "spec: {containers: [{name: a, image: b}]}";
    let with = |more: &str| {
        format!("spec: {{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, {pod}}}, {more}}}")
    };
    let other = format!("spec: {{selector: {{matchLabels: {{a: c}}}}, template: {{metadata: {{labels: {{a: b}}}}, {pod}}}}}");
    for head in ["apps/v1 Deployment", "apps/v1 DaemonSet", "apps/v1 StatefulSet", "apps/v1 ReplicaSet"] {
        breaks(
            head,
            &[
                (&with(""), ""),
                (&other, "spec.template.metadata.labels Invalid"),
                (&with("minReadySeconds: -1"), "spec.minReadySeconds Invalid"),
            ],
        );
    }
    breaks(
        "apps/v1 Deployment",
        &[
            ("spec: {}", "spec.selector Required"),
            (&with("strategy: {type: Recreate, rollingUpdate: {}}"), "spec.strategy.rollingUpdate Forbidden"),
            (
                &with("strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}"),
                "spec.strategy.rollingUpdate.maxUnavailable Invalid",
            ),
            (&with("strategy: {rollingUpdate: {maxUnavailable: 101%}}"), "spec.strategy.rollingUpdate.maxUnavailable Invalid"),
            (&with("progressDeadlineSeconds: 5, minReadySeconds: 5"), "spec.progressDeadlineSeconds Invalid"),
        ],
    );
    breaks(
        "apps/v1 DaemonSet",
        &[(&with("updateStrategy: {rollingUpdate: {maxSurge: 1}}"), "spec.updateStrategy.rollingUpdate.maxSurge Invalid")],
    );
    breaks(
        "apps/v1 StatefulSet",
        &[
            (
                &with("volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce]}}]"),
                "spec.volumeClaimTemplates[0].spec.resources[storage] Required",
            ),
            (&with("podManagementPolicy: Random"), "spec.podManagementPolicy Invalid"),
        ],
    );
}

#[test]
fn jobs() {
    let job = |more: &str, policy: &str| {
        format!("spec: {{template: {{spec: {{containers: [{{name: a, image: b}}], {policy}}}}}, {more}}}")
    };
    let never = "restartPolicy: Never";
    breaks(
        "batch/v1 Job",
        &[
            (&job("", never), ""),
            (&job("", ""), "spec.template.spec.restartPolicy Required"),
            (&job("backoffLimit: -1", never), "spec.backoffLimit Invalid"),
            (&job("completionMode: Indexed, parallelism: 2", never), "spec.completions Required"),
            (&job("podFailurePolicy: {rules: [{action: Ignore}]}", never), "spec.podFailurePolicy.rules[0] Invalid"),
        ],
    );
    let cron = |more: &str| format!("spec: {{{more}, jobTemplate: {{{}}}}}", job("", never));
    breaks(
        "batch/v1 CronJob",
        &[
            (&cron("schedule: '*/5 * * * *'"), ""),
            (&cron("schedule: '61 * * * *'"), "spec.schedule Invalid"),
            (&cron("schedule: '@daily', timeZone: Europe/Berlin"), ""),
            (&cron("schedule: '@daily', timeZone: Nowhere/City"), "spec.timeZone Invalid"),
            (&cron("schedule: '@daily', concurrencyPolicy: Maybe"), "spec.concurrencyPolicy NotSupported"),
        ],
    );
}

#[test]
fn autoscaling_and_budgets() {
    let hpa = |more: &str| format!("spec: {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}, {more}}}");
    breaks(
        "autoscaling/v2 HorizontalPodAutoscaler",
        &[
            (&hpa("maxReplicas: 3"), ""),
            (&hpa("minReplicas: 2"), "spec.maxReplicas Required"),
            (&hpa("minReplicas: 4, maxReplicas: 3"), "spec.maxReplicas Invalid"),
            (&hpa("maxReplicas: 3, metrics: [{type: Resource}]"), "spec.metrics[0].resource Required"),
            (
                &hpa("maxReplicas: 3, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization}}}]"),
                "spec.metrics[0].resource.target.averageUtilization Required",
            ),
            (
                &hpa("maxReplicas: 3, behavior: {scaleUp: {stabilizationWindowSeconds: 3601}}"),
                "spec.behavior.scaleUp.stabilizationWindowSeconds Invalid",
            ),
        ],
    );
    breaks(
        "policy/v1 PodDisruptionBudget",
        &[
            ("spec: {minAvailable: 50%}", ""),
            ("spec: {minAvailable: 1, maxUnavailable: 1}", "spec Invalid"),
            ("spec: {maxUnavailable: 120%}", "spec.maxUnavailable Invalid"),
            (
                "spec: {selector: {matchExpressions: [{key: a, operator: Is}]}}",
                "spec.selector.matchExpressions[0].operator Invalid",
            ),
        ],
    );
}

#[test]
fn networks() {
    let path = |more: &str| format!("spec: {{rules: [{{http: {{paths: [{{{more}}}]}}}}]}}");
    let service = "backend: {service: {name: a, port: {number: 80}}}";
    breaks(
        "networking.k8s.io/v1 Ingress",
        &[
            (&path(&format!("path: /, pathType: Prefix, {service}")), ""),
            ("spec: {}", "spec Invalid"),
            (&path(&format!("path: /, {service}")), "spec.rules[0].http.paths[0].pathType Required"),
            (&path(&format!("path: a, pathType: Exact, {service}")), "spec.rules[0].http.paths[0].path Invalid"),
            (&path("path: /, pathType: Exact, backend: {service: {name: a}}"), "spec.rules[0].http.paths[0].backend Required"),
            ("spec: {rules: [{host: 10.0.0.1}]}", "spec.rules[0].host Invalid"),
            ("spec: {rules: [{host: '*.example.com'}], tls: [{hosts: ['a*']}]}", "spec.tls[0].hosts[0] Invalid"),
        ],
    );
    breaks(
        "networking.k8s.io/v1 NetworkPolicy",
        &[
            ("spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}", ""),
            (
                "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}",
                "spec.ingress[0].from[0].ipBlock.except[0] Invalid",
            ),
            ("spec: {podSelector: {}, ingress: [{from: [{}]}]}", "spec.ingress[0].from[0] Required"),
            ("spec: {podSelector: {}, egress: [{ports: [{port: 80, endPort: 70}]}]}", "spec.egress[0].ports[0].endPort Invalid"),
            ("spec: {podSelector: {}, policyTypes: [In]}", "spec.policyTypes[0] NotSupported"),
        ],
    );
}

#[test]
fn roles() {
    breaks(
        "rbac.authorization.k8s.io/v1 Role",
        &[
            ("rules: [{apiGroups: ['']}]", "rules[0].verbs Required"),
            ("rules: [{verbs: [get], nonResourceURLs: [/x]}]", "rules[0].nonResourceURLs Invalid"),
            ("rules: [{verbs: [get], apiGroups: [''], resources: [pods]}]", ""),
        ],
    );
    let reference = "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}";
    breaks(
        "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
        &[
            (reference, ""),
            (&format!("{reference}\nsubjects: [{{kind: ServiceAccount, name: a}}]"), "subjects[0].namespace Required"),
            (&format!("{reference}\nsubjects: [{{kind: Robot, name: a}}]"), "subjects[0].kind NotSupported"),
            ("roleRef: {kind: Role, name: r}", "roleRef.kind NotSupported"),
        ],
    );
}

#[test]
fn storage_quotas_and_priorities() {
    let claim = |more: &str| format!("spec: {{resources: {{requests: {{storage: 1Gi}}}}, {more}}}");
    breaks(
        "v1 PersistentVolumeClaim",
        &[
            (&claim("accessModes: [ReadWriteOnce]"), ""),
            (&claim(""), "spec.accessModes Required"),
            (&claim("accessModes: [ReadWriteOncePod, ReadOnlyMany]"), "spec.accessModes Forbidden"),
            ("spec: {accessModes: [ReadWriteOnce]}", "spec.resources[storage] Required"),
        ],
    );
    breaks(
        "v1 PersistentVolume",
        &[
            ("spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a}}", ""),
            ("spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}}", "spec Required"),
            ("spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, local: {path: /a}}", "spec.nodeAffinity Required"),
        ],
    );
    breaks(
        "v1 ResourceQuota",
        &[
            ("spec: {hard: {pods: '1.5'}}", "spec.hard[pods] Invalid"),
            ("spec: {hard: {coffee: 1}}", "spec.hard[coffee] Invalid"),
            ("spec: {hard: {memory: 1Gi}, scopes: [BestEffort]}", "spec.scopes Invalid"),
        ],
    );
    breaks(
        "v1 LimitRange",
        &[
            ("spec: {limits: [{type: Container, min: {cpu: 2}, max: {cpu: 1}}]}", "spec.limits[0].min[cpu] Invalid"),
            ("spec: {limits: [{type: Pod, default: {cpu: 1}}]}", "spec.limits[0].default Forbidden"),
        ],
    );
    breaks(
        "storage.k8s.io/v1 StorageClass",
        &[
            ("provisioner: a/b", ""),
            ("provisioner: ''", "provisioner Required"),
            ("provisioner: a/b\nreclaimPolicy: Keep", "reclaimPolicy NotSupported"),
        ],
    );
    breaks(
        "scheduling.k8s.io/v1 PriorityClass",
        &[
            ("value: 5", ""),
            ("value: 1000000001", "value Forbidden"),
            ("value: 1\npreemptionPolicy: Maybe", "preemptionPolicy NotSupported"),
        ],
    );
    breaks(
        "v1 Secret",
        &[
            ("type: kubernetes.io/tls\nstringData: {tls.crt: a}", "data[tls.key] Required"),
            ("stringData: {a/b: c}", "data[a/b] Invalid"),
        ],
    );
}

#[test]
fn admission() {
    let policy = |validation: &str| {
        format!(
            "spec: {{matchConstraints: {{resourceRules: [{{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}}]}}, validations: [{{expression: '{validation}'}}]}}"
        )
    };
    breaks(
        "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy",
        &[
            (&policy("object.spec.replicas < 5"), ""),
            (&policy("object.spec.replicas <"), "spec.validations[0].expression Invalid"),
            (&policy("objekt.spec.replicas < 5"), "spec.validations[0].expression Invalid"),
            (&policy("1"), "spec.validations[0].expression Invalid"),
            ("spec: {}", "spec.matchConstraints Required"),
        ],
    );
    breaks(
        "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
        &[
            ("webhooks: [{name: a.b}]", "webhooks[0].name Invalid"),
            ("webhooks: [{name: a.b.c}]", "webhooks[0].sideEffects Required"),
        ],
    );
}

#[test]
fn custom_resources_in_the_program() {
    breaks(
        "gateway.networking.k8s.io/v1 Gateway",
        &[
            ("spec: {gatewayClassName: a, listeners: [{name: http, port: 80, protocol: HTTP}]}", ""),
            ("spec: {gatewayClassName: a, listeners: [{name: http, port: 0, protocol: HTTP}]}", "spec.listeners[0].port Invalid"),
            (
                "spec: {gatewayClassName: a, listeners: [{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}]}",
                "spec.listeners[1] Duplicate",
            ),
            (
                "spec: {gatewayClassName: a, listeners: [{name: a, port: 80, protocol: HTTP, tls: {mode: Terminate}}]}",
                "spec.listeners Invalid",
            ),
        ],
    );
    breaks(
        "bitnami.com/v1alpha1 SealedSecret",
        &[("spec: {encryptedData: {a: b}}", ""), ("spec: {encryptedData: [a]}", "spec.encryptedData TypeInvalid")],
    );
}
