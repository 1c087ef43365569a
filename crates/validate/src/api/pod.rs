//! Pods and their templates (pkg/apis/core `ValidatePodSpec`).

use std::collections::HashSet;

use super::common::{non_negative, one_of, one_of_set};
use super::{affinity, container, meta, quantity, security, volume};
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// `ValidatePodCreate`
pub fn pod(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let metadata = Path::ROOT.child("metadata");
    annotations(f, object.get("metadata"), object.get("spec"), &metadata.child("annotations"));
    spec(f, object.get("spec"), &[], &Path::ROOT.child("spec"));
    let path = Path::ROOT.child("spec");
    let spec = object.get("spec");
    if !spec.list("ephemeralContainers").is_empty() {
        f.forbidden(&path.child("ephemeralContainers"), "cannot be set on create");
    }
    if !spec.str("nodeName").is_empty() && !spec.list("schedulingGates").is_empty() {
        f.forbidden(&path.child("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
    for list in ["containers", "initContainers"] {
        let at = path.child(list);
        for (i, container) in spec.list(list).iter().enumerate() {
            let image = container.str("image");
            if image.trim() != image {
                f.invalid(&at.index(i).child("image"), image, "must not have leading or trailing whitespace");
            }
        }
    }
}

/// `ValidatePodTemplateSpec`; `claims` are the volumes that a stateful set's claims make.
pub fn template(f: &mut Findings<'_>, template: &Node, claims: &[&str], path: &Path<'_>) {
    // Upstream names labels and annotations as if they stood in the template itself.
    meta::template_meta(f, template.get("metadata"), path);
    annotations(f, template.get("metadata"), template.get("spec"), &path.child("annotations"));
    spec(f, template.get("spec"), claims, &path.child("spec"));
    if !template.get("spec").list("ephemeralContainers").is_empty() {
        let spec = path.child("spec");
        f.forbidden(&spec.child("ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }
}

/// `ValidatePodTemplate`
pub fn pod_template(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    template(f, object.get("template"), &[], &Path::ROOT.child("template"));
}

/// `ValidatePodSpecificAnnotations`
fn annotations(f: &mut Findings<'_>, metadata: &Node, spec: &Node, path: &Path<'_>) {
    const PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";
    for member in metadata.map("annotations") {
        let value = member.node.text();
        if let Some(name) = member.key.strip_prefix(PREFIX) {
            let all = ["initContainers", "containers", "ephemeralContainers"];
            if !f.affords(all.iter().map(|list| spec.list(list).len()).sum::<usize>() / 8) {
                return;
            }
            if !all.iter().any(|list| spec.list(list).iter().any(|c| c.str("name") == name)) {
                f.invalid(&path.key(&member.key), name, "container not found");
            }
            let known = matches!(value, "" | "runtime/default" | "unconfined") || value.starts_with("localhost/");
            if !known {
                f.invalid(&path.key(&member.key), value, "invalid AppArmor profile name");
            }
        }
        if member.key == "controller.kubernetes.io/pod-deletion-cost" {
            let plain = value.parse::<i32>().is_ok_and(|n| n.to_string() == value);
            if !plain {
                f.invalid(&path.key(&member.key), value, "must be a 32bit integer");
            }
        }
    }
}

/// `ValidatePodSpec`
pub fn spec(f: &mut Findings<'_>, spec: &Node, claims: &[&str], path: &Path<'_>) {
    let volumes = volume::volumes(f, spec.list("volumes"), claims, &path.child("volumes"));
    let resource_claims = spec.list("resourceClaims");
    resource_claims_of(f, resource_claims, &path.child("resourceClaims"));
    let pod = container::Pod { spec, volumes: &volumes, claims: resource_claims };
    container::containers(f, &pod, path);
    one_of(f, spec, "restartPolicy", &["Always", "Never", "OnFailure"], path);
    let dns = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
    one_of(f, spec, "dnsPolicy", &dns, path);
    meta::labels(f, spec.get("nodeSelector"), &path.child("nodeSelector"));
    security::pod(f, spec, path);
    host(f, spec, path);
    affinity::affinity(f, spec.get("affinity"), &path.child("affinity"));
    dns_config(f, spec, path);
    gates(f, spec, path);
    affinity::spread(f, spec.list("topologySpreadConstraints"), &path.child("topologySpreadConstraints"));
    named(f, spec, path);
    if let Some(seconds) = spec.num("activeDeadlineSeconds").filter(|s| !(1..=i64::from(i32::MAX)).contains(s)) {
        f.invalid(&path.child("activeDeadlineSeconds"), seconds, &names::between(1, i32::MAX.into()));
    }
    tolerations(f, spec, path);
    let fld = path.child("hostAliases");
    for (i, alias) in spec.list("hostAliases").iter().enumerate() {
        let fld = fld.index(i);
        f.all_invalid(&fld.child("ip"), alias.str("ip"), names::ip(alias.str("ip")));
        let hostnames = fld.child("hostnames");
        for host in alias.list("hostnames") {
            f.all_invalid(&hostnames, host.text(), names::dns1123_subdomain(host.text()));
        }
    }
    one_of_set(f, spec, "preemptionPolicy", &["Never", "PreemptLowerPriority"], path);
    let overhead = path.child("overhead");
    for member in spec.map("overhead") {
        let fld = overhead.key(&member.key);
        quantity::container_resource_name(f, &member.key, &fld);
        quantity::resource_value(f, &member.key, &member.node, &fld);
    }
    if spec.has("resources") {
        quantity::requirements(f, spec.get("resources"), resource_claims, &path.child("resources"));
    }
    os(f, spec, path);
}

fn resource_claims_of(f: &mut Findings<'_>, claims: &[Node], path: &Path<'_>) {
    let mut seen = HashSet::new();
    for (i, claim) in claims.iter().enumerate() {
        let fld = path.index(i);
        let name = claim.str("name");
        if name.is_empty() {
            f.required(&fld.child("name"), "");
        } else {
            f.all_invalid(&fld.child("name"), name, names::dns1123_label(name));
            if !seen.insert(name) {
                f.duplicate(&fld.child("name"), name);
            }
        }
        let sources = ["resourceClaimName", "resourceClaimTemplateName"];
        if sources.iter().filter(|s| claim.has(s)).count() != 1 {
            f.invalid(&fld, claim, "must specify exactly one of: `resourceClaimName`, `resourceClaimTemplateName`");
        }
        for source in sources {
            if let Some(name) = claim.opt(source) {
                f.all_invalid(&fld.child(source), name.text(), names::dns1123_subdomain(name.text()));
            }
        }
    }
}

/// What the pod shares with its host.
fn host(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    if spec.bool("shareProcessNamespace") && spec.bool("hostPID") {
        f.invalid(
            &path.child("shareProcessNamespace"),
            spec.get("shareProcessNamespace"),
            "ShareProcessNamespace and HostPID cannot both be enabled",
        );
    }
    if spec.bool("hostNetwork") {
        for list in ["containers", "initContainers"] {
            let at = path.child(list);
            for (i, container) in spec.list(list).iter().enumerate() {
                let fld = at.index(i);
                let ports = fld.child("ports");
                for (i, port) in container.list("ports").iter().enumerate() {
                    let own = port.num("containerPort").unwrap_or(0);
                    let host = port.num("hostPort").unwrap_or(own);
                    if host != own && host != 0 {
                        f.invalid(
                            &ports.index(i).child("hostPort"),
                            host,
                            "must match `containerPort` when `hostNetwork` is true",
                        );
                    }
                }
            }
        }
    }
    if spec.opt("hostUsers").is_some() && !spec.bool("hostUsers") {
        for (field, name) in [("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
            if spec.bool(field) {
                f.forbidden(&path.child(name), "when `hostUsers` is false");
            }
        }
    }
    if let Some(name) = spec.opt("hostnameOverride") {
        let fld = path.child("hostnameOverride");
        for field in ["setHostnameAsFQDN", "hostNetwork"] {
            if spec.bool(field) {
                f.forbidden(&fld, &format!("may not be specified when {field} is true"));
            }
        }
        if name.text().len() > 64 {
            f.too_long(&fld, 64);
        }
        f.all_invalid(&fld, name.text(), names::dns1123_subdomain(name.text()));
    }
}

fn dns_config(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    let config = spec.get("dnsConfig");
    let fld = path.child("dnsConfig");
    let servers = config.list("nameservers");
    if spec.str("dnsPolicy") == "None" {
        if !spec.has("dnsConfig") {
            return f.required(&fld, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if servers.is_empty() {
            f.required(&fld.child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None");
        }
    }
    let list = fld.child("nameservers");
    if servers.len() > 3 {
        f.invalid(&list, config.get("nameservers"), "must not have more than 3 nameservers");
    }
    for (i, server) in servers.iter().enumerate() {
        f.all_invalid(&list.index(i), server.text(), names::ip(server.text()));
    }
    let list = fld.child("searches");
    let searches = config.list("searches");
    if searches.len() > 32 {
        f.invalid(&list, config.get("searches"), "must not have more than 32 search paths");
    }
    for (i, search) in searches.iter().enumerate() {
        let text = search.text();
        if text != "." {
            let text = text.strip_suffix('.').unwrap_or(text);
            f.all_invalid(&list.index(i), text, names::dns1123_subdomain_with_underscore(text));
        }
    }
    let list = fld.child("options");
    for (i, option) in config.list("options").iter().enumerate() {
        if option.str("name").is_empty() {
            f.required(&list.index(i), "must not be empty");
        }
    }
}

fn gates(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    let list = path.child("readinessGates");
    for (i, gate) in spec.list("readinessGates").iter().enumerate() {
        let kind = gate.str("conditionType");
        f.all_invalid(&list.index(i).child("conditionType"), kind, names::qualified_name(kind));
    }
    let list = path.child("schedulingGates");
    let mut seen = HashSet::new();
    for (i, gate) in spec.list("schedulingGates").iter().enumerate() {
        let fld = list.index(i);
        let name = gate.str("name");
        f.all_invalid(&fld, name, names::qualified_name(name));
        if !seen.insert(name) {
            f.duplicate(&fld, name);
        }
    }
}

fn named(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    for field in ["serviceAccountName", "nodeName", "priorityClassName"] {
        // `serviceAccount` is the old name of `serviceAccountName`.
        let old = if field == "serviceAccountName" { spec.str("serviceAccount") } else { "" };
        let name = Some(spec.str(field)).filter(|n| !n.is_empty()).unwrap_or(old);
        if !name.is_empty() {
            f.all_invalid(&path.child(field), name, names::dns1123_subdomain(name));
        }
    }
    if let Some(class) = spec.opt("runtimeClassName") {
        f.all_invalid(&path.child("runtimeClassName"), class.text(), names::dns1123_subdomain(class.text()));
    }
    for field in ["hostname", "subdomain"] {
        let name = spec.str(field);
        if !name.is_empty() {
            f.all_invalid(&path.child(field), name, names::dns1123_label(name));
        }
    }
    non_negative(f, spec, &["terminationGracePeriodSeconds"], path);
}

/// `ValidateTolerations`
fn tolerations(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    let list = path.child("tolerations");
    for (i, toleration) in spec.list("tolerations").iter().enumerate() {
        let fld = list.index(i);
        let (key, operator, value) = (toleration.str("key"), toleration.str("operator"), toleration.str("value"));
        if !key.is_empty() {
            f.all_invalid(&fld.child("key"), key, names::qualified_name(key));
        }
        if key.is_empty() && operator != "Exists" {
            f.invalid(
                &fld.child("operator"),
                operator,
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            );
        }
        let effect = toleration.str("effect");
        if toleration.has("tolerationSeconds") && effect != "NoExecute" {
            f.invalid(&fld.child("effect"), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        match operator {
            "" | "Equal" => f.all_invalid(&fld.child("operator"), value, names::label_value(value)),
            "Exists" => {
                if !value.is_empty() {
                    f.invalid(&fld.child("operator"), toleration, "value must be empty when `operator` is 'Exists'");
                }
            }
            "Lt" | "Gt" => {
                if !value.parse::<i64>().is_ok_and(|n| n.to_string() == value) {
                    f.invalid(&fld.child("value"), value, "must be a valid integer value");
                }
            }
            _ => f.not_supported(&fld.child("operator"), operator, &["Equal", "Exists", "Gt", "Lt"]),
        }
        if !matches!(effect, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            f.not_supported(&fld.child("effect"), effect, &["NoExecute", "NoSchedule", "PreferNoSchedule"]);
        }
    }
}

fn os(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    let Some(os) = spec.opt("os") else { return };
    let fld = path.child("os");
    match os.str("name") {
        "" => f.required(&fld.child("name"), "cannot be empty"),
        "linux" => security::only_windows_options(f, spec, path),
        "windows" => security::no_linux_options(f, spec, path),
        other => f.not_supported(&fld, other, &["linux", "windows"]),
    }
}
