//! What pods need: config maps, secrets, claims, accounts; who scales them; what binds their accounts.

use pintle_value::Data;

use crate::edges::{Relation, Wanted};
use crate::inventory::{at, group, items, kind, pods, text};
use crate::{Found, rules};

pub(crate) fn check(f: &mut Found<'_>, i: usize, object: &Data) {
    let namespace = f.inventory.namespace_of(object);
    if let Some(pods) = pods(object) {
        let claims: Vec<&str> =
            items(object, "spec.volumeClaimTemplates").iter().filter_map(|c| text(c, "metadata.name")).collect();
        pod(f, i, pods.spec, pods.path, &namespace, &claims);
    }
    match (group(object), kind(object)) {
        ("apps", "StatefulSet") => {
            if let Some(name) = text(object, "spec.serviceName").filter(|n| !n.is_empty()) {
                let wanted = Wanted { kind: "Service", namespace: &namespace, name, optional: false };
                f.refer(i, "spec.serviceName", Relation::DependsOn, &rules::REF_SERVICE, wanted);
            }
        }
        ("autoscaling", "HorizontalPodAutoscaler") => scaler(f, i, object, &namespace, "spec.scaleTargetRef"),
        ("autoscaling.k8s.io", "VerticalPodAutoscaler") => scaler(f, i, object, &namespace, "spec.targetRef"),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => binding(f, i, object, &namespace),
        ("argoproj.io", "Rollout") => rollout(f, i, object, &namespace),
        _ => {}
    }
}

fn scaler(f: &mut Found<'_>, i: usize, object: &Data, namespace: &str, path: &str) {
    let Some(target) = at(object, path) else { return };
    let (Some(kind_of), Some(name)) = (text(target, "kind"), text(target, "name")) else { return };
    let wanted = Wanted { kind: kind_of, namespace, name, optional: false };
    let found = f.refer(i, path, Relation::Scales, &rules::HPA_TARGET, wanted);
    let fixes = found.filter(|t| at(f.inventory.objects()[*t], "spec.replicas").is_some_and(|r| !r.is_null()));
    if let (Some(target), "HorizontalPodAutoscaler") = (fixes, kind(object)) {
        let message = format!("{} scales it, and it fixes its replicas", f.inventory.title(i));
        f.add(&rules::HPA_REPLICAS, target, "spec.replicas", message)
            .hints
            .push("leave replicas out where the autoscaler is on".into());
    }
}

fn binding(f: &mut Found<'_>, i: usize, object: &Data, namespace: &str) {
    if let (Some(kind_of), Some(name)) = (text(object, "roleRef.kind"), text(object, "roleRef.name")) {
        // Roles that every cluster has.
        let built_in = ["cluster-admin", "admin", "edit", "view"].contains(&name) || name.starts_with("system:");
        let wanted = Wanted { kind: kind_of, namespace, name, optional: built_in };
        f.refer(i, "roleRef", Relation::DependsOn, &rules::REF_ROLE, wanted);
    }
    for (n, subject) in items(object, "subjects").iter().enumerate() {
        if let (Some("ServiceAccount"), Some(name)) = (text(subject, "kind"), text(subject, "name")) {
            let namespace = text(subject, "namespace").unwrap_or(namespace);
            let wanted = Wanted { kind: "ServiceAccount", namespace, name, optional: name == "default" };
            f.refer(i, format!("subjects[{n}]"), Relation::DependsOn, &rules::REF_SERVICE_ACCOUNT, wanted);
        }
    }
}

fn rollout(f: &mut Found<'_>, i: usize, object: &Data, namespace: &str) {
    for path in [
        "spec.strategy.canary.canaryService",
        "spec.strategy.canary.stableService",
        "spec.strategy.blueGreen.activeService",
        "spec.strategy.blueGreen.previewService",
    ] {
        if let Some(name) = text(object, path) {
            let wanted = Wanted { kind: "Service", namespace, name, optional: false };
            f.refer(i, path, Relation::RoutesTo, &rules::REF_SERVICE, wanted);
        }
    }
    let mut templates: Vec<(String, &Data)> = Vec::new();
    for path in [
        "spec.strategy.canary.analysis.templates",
        "spec.strategy.blueGreen.prePromotionAnalysis.templates",
        "spec.strategy.blueGreen.postPromotionAnalysis.templates",
    ] {
        templates.extend(items(object, path).iter().enumerate().map(|(n, t)| (format!("{path}[{n}]"), t)));
    }
    for (n, step) in items(object, "spec.strategy.canary.steps").iter().enumerate() {
        let path = format!("spec.strategy.canary.steps[{n}].analysis.templates");
        templates.extend(items(step, "analysis.templates").iter().enumerate().map(|(m, t)| (format!("{path}[{m}]"), t)));
    }
    for (path, template) in templates {
        if let Some(name) = text(template, "templateName") {
            let cluster = template.get("clusterScope").and_then(Data::as_bool) == Some(true);
            let kind = if cluster { "ClusterAnalysisTemplate" } else { "AnalysisTemplate" };
            let wanted = Wanted { kind, namespace, name, optional: false };
            f.refer(i, path, Relation::DependsOn, &rules::REF_ANALYSIS, wanted);
        }
    }
}

fn pod(f: &mut Found<'_>, i: usize, spec: &Data, base: &str, namespace: &str, claims: &[&str]) {
    if let Some(name) = text(spec, "serviceAccountName") {
        let wanted = Wanted { kind: "ServiceAccount", namespace, name, optional: name == "default" || name.is_empty() };
        f.refer(i, format!("{base}.serviceAccountName"), Relation::Uses, &rules::REF_SERVICE_ACCOUNT, wanted);
    }
    for (n, secret) in items(spec, "imagePullSecrets").iter().enumerate() {
        if let Some(wanted) = source("Secret", namespace, secret, "name") {
            secret_ref(f, i, &format!("{base}.imagePullSecrets[{n}]"), Relation::Uses, wanted);
        }
    }
    for (n, volume) in items(spec, "volumes").iter().enumerate() {
        let path = format!("{base}.volumes[{n}]");
        let mut sources: Vec<(String, &Data)> = vec![(path.clone(), volume)];
        sources.extend(
            items(volume, "projected.sources").iter().enumerate().map(|(m, s)| (format!("{path}.projected.sources[{m}]"), s)),
        );
        for (path, from) in sources {
            let keys = |of: &'_ Data| -> Vec<String> {
                items(of, "items").iter().filter_map(|k| text(k, "key")).map(str::to_owned).collect()
            };
            if let Some(map) = from.get("configMap")
                && let Some(wanted) = source("ConfigMap", namespace, map, "name")
            {
                config_ref(f, i, &format!("{path}.configMap"), Relation::Mounts, wanted, &keys(map));
            }
            if let Some(secret) = from.get("secret")
                && let Some(wanted) =
                    source("Secret", namespace, secret, "secretName").or_else(|| source("Secret", namespace, secret, "name"))
            {
                secret_ref(f, i, &format!("{path}.secret"), Relation::Mounts, wanted);
                for key in keys(secret) {
                    secret_key(f, i, &format!("{path}.secret.items"), wanted, &key);
                }
            }
        }
        if let Some(name) = text(volume, "persistentVolumeClaim.claimName").filter(|n| !claims.contains(n)) {
            let wanted = Wanted { kind: "PersistentVolumeClaim", namespace, name, optional: false };
            f.refer(i, format!("{path}.persistentVolumeClaim"), Relation::Mounts, &rules::REF_CLAIM, wanted);
        }
    }
    for list in ["initContainers", "containers"] {
        for (n, container) in items(spec, list).iter().enumerate() {
            environment(f, i, container, &format!("{base}.{list}[{n}]"), namespace);
        }
    }
}

/// What a source of a volume or of variables wants; `name` is the field with the name.
fn source<'d>(kind: &'static str, namespace: &'d str, from: &'d Data, name: &str) -> Option<Wanted<'d>> {
    let optional = from.get("optional").and_then(Data::as_bool) == Some(true);
    Some(Wanted { kind, namespace, name: text(from, name)?, optional })
}

fn environment(f: &mut Found<'_>, i: usize, container: &Data, base: &str, namespace: &str) {
    for (n, from) in items(container, "envFrom").iter().enumerate() {
        let path = format!("{base}.envFrom[{n}]");
        if let Some(wanted) = from.get("configMapRef").and_then(|map| source("ConfigMap", namespace, map, "name")) {
            config_ref(f, i, &format!("{path}.configMapRef"), Relation::Uses, wanted, &[]);
        }
        if let Some(wanted) = from.get("secretRef").and_then(|secret| source("Secret", namespace, secret, "name")) {
            secret_ref(f, i, &format!("{path}.secretRef"), Relation::Uses, wanted);
        }
    }
    let variables = items(container, "env");
    for (n, variable) in variables.iter().enumerate() {
        let path = format!("{base}.env[{n}].valueFrom");
        if let Some(from) = at(variable, "valueFrom.configMapKeyRef")
            && let Some(wanted) = source("ConfigMap", namespace, from, "name")
        {
            let key: Vec<String> = text(from, "key").map(str::to_owned).into_iter().collect();
            config_ref(f, i, &format!("{path}.configMapKeyRef"), Relation::Uses, wanted, &key);
        }
        if let Some(from) = at(variable, "valueFrom.secretKeyRef")
            && let Some(wanted) = source("Secret", namespace, from, "name")
        {
            let path = format!("{path}.secretKeyRef");
            secret_ref(f, i, &path, Relation::Uses, wanted);
            if let Some(key) = text(from, "key") {
                secret_key(f, i, &path, wanted, key);
            }
        }
        let defines = |name: &str, among: &[Data]| among.iter().any(|v| text(v, "name") == Some(name));
        for name in text(variable, "value").map(expanded).unwrap_or_default() {
            if defines(name, &variables[n + 1..]) && !defines(name, &variables[..n]) {
                let own = text(variable, "name").unwrap_or_default();
                let message = format!("the variable {own} uses $({name}), which is defined after it");
                f.add(&rules::REF_VARIABLE, i, format!("{base}.env[{n}].value"), message)
                    .hints
                    .push(format!("define {name} before {own}: Kubernetes leaves the text as it is otherwise"));
            }
        }
    }
}

/// The names between `$(` and `)`; `$$(` is a text (k8s.io/kubernetes, third_party/forked/golang/expansion).
fn expanded(value: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            rest = after;
        } else if let Some(inside) = rest.strip_prefix('(')
            && let Some((name, after)) = inside.split_once(')')
        {
            names.push(name);
            rest = after;
        }
    }
    names
}

fn config_ref(f: &mut Found<'_>, i: usize, path: &str, relation: Relation, wanted: Wanted<'_>, keys: &[String]) {
    let Some(found) = f.refer(i, path, relation, &rules::REF_CONFIG_MAP, wanted) else { return };
    let map = &f.inventory.objects()[found];
    for key in keys {
        let has = ["data", "binaryData"].iter().any(|field| map.get(field).and_then(|d| d.get(key)).is_some());
        if !has && !wanted.optional {
            f.add(&rules::REF_KEY, i, path, format!("ConfigMap {} has no key \"{key}\"", wanted.name));
        }
    }
}

fn secret_ref(f: &mut Found<'_>, i: usize, path: &str, relation: Relation, wanted: Wanted<'_>) {
    // A secret may also come out of one of these.
    let maker = makers(wanted.name, wanted.namespace, f);
    let wanted = maker.as_ref().map_or(wanted, |(kind, name)| Wanted { kind, name, ..wanted });
    f.refer(i, path, relation, &rules::REF_SECRET, wanted);
}

/// The kind and name of what makes a secret that isn't rendered itself.
fn makers(name: &str, namespace: &str, f: &Found<'_>) -> Option<(&'static str, String)> {
    if f.inventory.find("Secret", namespace, name).is_some() {
        return None;
    }
    for object in f.inventory.objects().iter().filter(|o| f.inventory.namespace_of(o) == namespace) {
        let own = text(object, "metadata.name").unwrap_or_default();
        let (kind, makes) = match kind(object) {
            // Whatever the template calls it, the controller gives the secret the SealedSecret's name.
            "SealedSecret" => ("SealedSecret", own),
            "ExternalSecret" => ("ExternalSecret", text(object, "spec.target.name").unwrap_or(own)),
            "Certificate" => ("Certificate", text(object, "spec.secretName").unwrap_or_default()),
            _ => continue,
        };
        if makes == name {
            return Some((kind, own.to_owned()));
        }
    }
    None
}

fn secret_key(f: &mut Found<'_>, i: usize, path: &str, wanted: Wanted<'_>, key: &str) {
    let Wanted { namespace, name, optional, .. } = wanted;
    let found = f.inventory.find("Secret", namespace, name).map(|s| (s, &["data", "stringData"][..]));
    let sealed =
        || f.inventory.find("SealedSecret", namespace, name).map(|s| (s, &["spec.encryptedData", "spec.template.data"][..]));
    let Some((object, fields)) = found.or_else(sealed) else { return };
    let object = &f.inventory.objects()[object];
    if !optional && !fields.iter().any(|field| at(object, field).and_then(|d| d.get(key)).is_some()) {
        f.add(&rules::REF_KEY, i, path, format!("{} {name} has no key \"{key}\"", kind(object)));
    }
}
