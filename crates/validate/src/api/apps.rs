//! Deployments, stateful sets, daemon sets and replica sets (pkg/apis/apps/validation).

use super::common::{at_most_all, int_or_percent, int_or_percent_value, non_negative};
use super::{meta, pod, volume};
use crate::finding::Findings;
use crate::names;
use crate::node::{Node, Value};
use crate::path::Path;

/// The selector of a controller, and its template's labels.
fn selector(f: &mut Findings<'_>, spec: &Node, kind: &str, path: &Path<'_>) {
    let fld = path.child("selector");
    let labels = spec.get("template").get("metadata").get("labels");
    let template = path.child("template");
    let metadata = template.child("metadata");
    match spec.opt("selector") {
        None => {
            f.required(&fld, "");
            // No selector selects nothing.
            f.invalid(&metadata.child("labels"), labels, "`selector` does not match template `labels`");
        }
        Some(selector) => {
            meta::label_selector(f, selector, &fld);
            if meta::is_empty_selector(selector) {
                f.invalid(&fld, selector, &format!("empty selector is invalid for {kind}"));
            } else if !meta::is_valid_selector(f, selector) {
                f.invalid(&fld, selector, "invalid label selector");
            } else if !meta::selects(selector, labels) {
                f.invalid(&metadata.child("labels"), labels, "`selector` does not match template `labels`");
            }
        }
    }
}

/// What a controller whose pods always restart asks of its template.
fn always_restarts(f: &mut Findings<'_>, spec: &Node, kind: &str, path: &Path<'_>) {
    let pod = spec.get("template").get("spec");
    let template = path.child("template");
    let fld = template.child("spec");
    let policy = pod.str("restartPolicy");
    if !policy.is_empty() && policy != "Always" {
        f.not_supported(&fld.child("restartPolicy"), policy, &["Always"]);
    }
    if pod.has("activeDeadlineSeconds") {
        f.forbidden(&fld.child("activeDeadlineSeconds"), &format!("activeDeadlineSeconds in {kind} is not Supported"));
    }
}

/// `ValidateDeployment`
pub fn deployment(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = &Path::ROOT.child("spec");
    non_negative(f, spec, &["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"], path);
    selector(f, spec, "deployment", path);
    pod::template(f, spec.get("template"), &[], &path.child("template"));
    always_restarts(f, spec, "ReplicaSet", path);
    let strategy = spec.get("strategy");
    let fld = path.child("strategy");
    match strategy.str("type") {
        "Recreate" => {
            if strategy.has("rollingUpdate") {
                f.forbidden(&fld.child("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'");
            }
        }
        "" | "RollingUpdate" => {
            if let Some(rolling) = strategy.opt("rollingUpdate") {
                rolling_deployment(f, rolling, &fld.child("rollingUpdate"));
            }
        }
        _ => f.not_supported(&fld, strategy, &["Recreate", "RollingUpdate"]),
    }
    let deadline = spec.num("progressDeadlineSeconds").unwrap_or(600);
    if deadline <= spec.num("minReadySeconds").unwrap_or(0) {
        f.invalid(&path.child("progressDeadlineSeconds"), deadline, "must be greater than minReadySeconds");
    }
}

fn rolling_deployment(f: &mut Findings<'_>, rolling: &Node, path: &Path<'_>) {
    for field in ["maxUnavailable", "maxSurge"] {
        int_or_percent(f, rolling.get(field), &path.child(field));
    }
    // Each is 25 % where it is absent.
    let value = |field: &str| rolling.opt(field).map_or(25, int_or_percent_value);
    let fld = path.child("maxUnavailable");
    if value("maxUnavailable") == 0 && value("maxSurge") == 0 {
        f.invalid(&fld, rolling.get("maxUnavailable"), "may not be 0 when `maxSurge` is 0");
    }
    at_most_all(f, rolling.get("maxUnavailable"), &fld);
}

/// `ValidateReplicaSet`, and `ValidateReplicationController` of the core group.
pub fn replica_set(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = &Path::ROOT.child("spec");
    non_negative(f, spec, &["replicas", "minReadySeconds"], path);
    if object.str("kind") == "ReplicaSet" {
        selector(f, spec, "deployment", path);
    }
    pod::template(f, spec.get("template"), &[], &path.child("template"));
    always_restarts(f, spec, "ReplicaSet", path);
}

/// `ValidateDaemonSet`
pub fn daemon_set(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = &Path::ROOT.child("spec");
    selector(f, spec, "daemonset", path);
    pod::template(f, spec.get("template"), &[], &path.child("template"));
    always_restarts(f, spec, "DaemonSet", path);
    non_negative(f, spec, &["minReadySeconds", "revisionHistoryLimit"], path);
    let strategy = spec.get("updateStrategy");
    let fld = path.child("updateStrategy");
    match strategy.str("type") {
        "OnDelete" => {}
        "" | "RollingUpdate" => {
            if let Some(rolling) = strategy.opt("rollingUpdate") {
                rolling_daemon_set(f, rolling, &fld.child("rollingUpdate"));
            }
        }
        _ => f.not_supported(&fld, strategy, &["OnDelete", "RollingUpdate"]),
    }
}

fn rolling_daemon_set(f: &mut Findings<'_>, rolling: &Node, path: &Path<'_>) {
    for field in ["maxUnavailable", "maxSurge"] {
        int_or_percent(f, rolling.get(field), &path.child(field));
        at_most_all(f, rolling.get(field), &path.child(field));
    }
    let unavailable = rolling.opt("maxUnavailable").map_or(1, int_or_percent_value);
    let surge = rolling.opt("maxSurge").map_or(0, int_or_percent_value);
    if unavailable != 0 && surge != 0 {
        f.invalid(&path.child("maxSurge"), rolling.get("maxSurge"), "may not be set when maxUnavailable is non-zero");
    } else if unavailable == 0 && surge == 0 {
        f.required(&path.child("maxUnavailable"), "cannot be 0 when maxSurge is 0");
    }
}

/// `ValidateStatefulSet`
pub fn stateful_set(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::label);
    let spec = object.get("spec");
    let path = &Path::ROOT.child("spec");
    let policies = ["OrderedReady", "Parallel"];
    let policy = spec.str("podManagementPolicy");
    if !policy.is_empty() && !policies.contains(&policy) {
        f.invalid(&path.child("podManagementPolicy"), policy, "must be 'OrderedReady' or 'Parallel'");
    }
    update_strategy(f, spec.get("updateStrategy"), &path.child("updateStrategy"));
    let retention = path.child("persistentVolumeClaimRetentionPolicy");
    for field in ["whenDeleted", "whenScaled"] {
        super::common::one_of(f, spec.get("persistentVolumeClaimRetentionPolicy"), field, &["Delete", "Retain"], &retention);
    }
    let claims = spec.list("volumeClaimTemplates");
    let fld = path.child("volumeClaimTemplates");
    for (i, claim) in claims.iter().enumerate() {
        let fld = fld.index(i);
        volume::claim_spec(f, claim.get("spec"), &fld.child("spec"));
    }
    non_negative(f, spec, &["replicas", "minReadySeconds"], path);
    non_negative(f, spec.get("ordinals"), &["start"], &path.child("ordinals"));
    let service = spec.str("serviceName");
    if !service.is_empty() {
        f.all_invalid(&path.child("serviceName"), service, names::dns1123_label(service));
    }
    selector(f, spec, "statefulset", path);
    let names: Vec<&str> = claims.iter().map(|c| c.get("metadata").str("name")).collect();
    // The controller sets a pod's hostname and subdomain.
    let template = spec.get("template");
    let at = path.child("template");
    if template.get("spec").has("hostname") || template.get("spec").has("subdomain") {
        pod::template(f, &without(template, &["hostname", "subdomain"]), &names, &at);
    } else {
        pod::template(f, template, &names, &at);
    }
    always_restarts(f, spec, "StatefulSet", path);
}

fn without(template: &Node, fields: &[&str]) -> Node {
    let mut template = template.clone();
    if let Value::Map(members) = &mut template.value {
        for member in members.iter_mut().filter(|m| m.key == "spec") {
            if let Value::Map(spec) = &mut member.node.value {
                spec.retain(|m| !fields.contains(&m.key.as_str()));
            }
        }
    }
    template
}

fn update_strategy(f: &mut Findings<'_>, strategy: &Node, path: &Path<'_>) {
    let rolling = strategy.opt("rollingUpdate");
    match strategy.str("type") {
        "OnDelete" => {
            if rolling.is_some() {
                f.invalid(
                    &path.child("rollingUpdate"),
                    strategy.get("rollingUpdate"),
                    "only allowed for updateStrategy 'RollingUpdate'",
                );
            }
        }
        "" | "RollingUpdate" => {
            if let Some(rolling) = rolling {
                let fld = path.child("rollingUpdate");
                non_negative(f, rolling, &["partition"], &fld);
                if let Some(most) = rolling.opt("maxUnavailable") {
                    let fld = fld.child("maxUnavailable");
                    int_or_percent(f, most, &fld);
                    if int_or_percent_value(most) == 0 {
                        f.invalid(&fld, most, "cannot be 0");
                    }
                    at_most_all(f, most, &fld);
                }
            }
        }
        _ => f.invalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'"),
    }
}
