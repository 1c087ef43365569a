//! Limit ranges and resource quotas (pkg/apis/core `ValidateLimitRange`, `ValidateResourceQuota`).

use std::collections::BTreeSet;

use super::{meta, quantity};
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// `ValidateLimitRange`
pub fn limit_range(f: &mut Findings<'_>, object: &Node) {
    let before = f.list.len();
    meta::core_meta(f, object, meta::subdomain);
    let metadata = object.get("metadata");
    if metadata.str("name").is_empty() && metadata.str("generateName").is_empty() {
        // The server makes one up (pkg/registry/core/limitrange).
        let rest = f.list.split_off(before).into_iter().filter(|e| e.path != pintle_diagnostic::Path::parse("metadata.name"));
        f.list.extend(rest.collect::<Vec<_>>());
    }
    let limits = object.get("spec").list("limits");
    let spec = Path::ROOT.child("spec");
    let path = spec.child("limits");
    for (i, limit) in limits.iter().enumerate() {
        let fld = path.index(i);
        let kind = limit.str("type");
        limit_type(f, kind, &fld.child("type"));
        if super::common::before(f, limits, i).iter().any(|l| l.str("type") == kind) {
            f.duplicate(&fld.child("type"), kind);
        }
        limit_item(f, limit, kind, &fld);
    }
}

fn limit_type(f: &mut Findings<'_>, kind: &str, path: &Path<'_>) {
    let errors = names::qualified_name(kind);
    let is_sound = errors.is_empty();
    f.all_invalid(path, kind, errors);
    if is_sound && !kind.contains('/') && !matches!(kind, "Pod" | "Container" | "PersistentVolumeClaim") {
        f.invalid(path, kind, "must be a standard limit type or fully qualified");
    }
}

fn limit_item(f: &mut Findings<'_>, limit: &Node, kind: &str, path: &Path<'_>) {
    let is_pod = kind == "Pod";
    let mut keys = BTreeSet::new();
    for field in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        let fld = path.child(field);
        if is_pod && matches!(field, "default" | "defaultRequest") {
            if !limit.map(field).is_empty() {
                f.forbidden(&fld, "may not be specified when `type` is 'Pod'");
            }
            continue;
        }
        for member in limit.map(field) {
            let fld = fld.key(&member.key);
            if is_pod || kind == "Container" {
                quantity::container_resource_name(f, &member.key, &fld);
            } else {
                quantity::resource_name(f, &member.key, &fld);
            }
            keys.insert(member.key.as_str());
        }
    }
    if kind == "PersistentVolumeClaim" && !limit.get("min").has("storage") && !limit.get("max").has("storage") {
        f.required(&path.child("limits"), "either minimum or maximum storage value is required, but neither was provided");
    }
    for key in keys {
        limit_values(f, limit, key, is_pod, path);
    }
}

fn limit_values(f: &mut Findings<'_>, limit: &Node, key: &str, is_pod: bool, path: &Path<'_>) {
    let find = |field: &str| match is_pod && field.starts_with("default") {
        true => None,
        false => limit.get(field).find(key).and_then(quantity::quantity),
    };
    let (min, max, default, request) = (find("min"), find("max"), find("default"), find("defaultRequest"));
    let mut above = |a: Option<_>, b: Option<_>, field: &str, message: &str| {
        if let (Some(a), Some(b)) = (a, b)
            && a > b
        {
            f.invalid(&path.child(field).key(key), limit.get(field).get(key), message);
        }
    };
    above(min, max, "min", "min value is greater than max value");
    above(min, request, "defaultRequest", "min value is greater than default request value");
    above(request, max, "defaultRequest", "default request value is greater than max value");
    above(request, default, "defaultRequest", "default request value is greater than default limit value");
    above(min, default, "default", "min value is greater than default value");
    above(default, max, "default", "default value is greater than max value");
    if let Some(ratio) = find("maxLimitRequestRatio") {
        let fld = path.child("maxLimitRequestRatio");
        let node = limit.get("maxLimitRequestRatio").get(key);
        if crate::schema::quantity::Quantity::parse("1").is_ok_and(|one| ratio < one) {
            f.invalid(&fld.key(key), node, "ratio is less than 1");
        }
        if let (Some(min), Some(max)) = (min, max)
            && min.sign().is_gt()
            && ratio.as_f64() > max.as_f64() / min.as_f64()
        {
            f.invalid(&fld.key(key), node, &format!("ratio is greater than max/min = {:.6}", max.as_f64() / min.as_f64()));
        }
    }
    if !quantity::allows_overcommit(key)
        && let (Some(default), Some(request)) = (default, request)
        && default != request
    {
        f.invalid(
            &path.child("defaultRequest").key(key),
            limit.get("defaultRequest").get(key),
            "default value must equal to defaultRequest value",
        );
    }
}

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];

/// `IsResourceQuotaScopeValidForResource`
fn scope_fits(scope: &str, resource: &str) -> bool {
    let is_compute = resource == "pods"
        || matches!(
            resource,
            "cpu"
                | "memory"
                | "ephemeral-storage"
                | "requests.cpu"
                | "requests.memory"
                | "requests.ephemeral-storage"
                | "limits.cpu"
                | "limits.memory"
                | "limits.ephemeral-storage"
        );
    match scope {
        "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" | "CrossNamespacePodAffinity" => is_compute,
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        _ => true,
    }
}

/// `ValidateResourceQuota`
pub fn resource_quota(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    let hard = path.child("hard");
    for member in spec.map("hard") {
        let fld = hard.key(&member.key);
        quantity::quota_resource_name(f, &member.key, &fld);
        quantity::resource_value(f, &member.key, &member.node, &fld);
    }
    let scopes: Vec<&str> = spec.list("scopes").iter().map(Node::text).collect();
    let fld = path.child("scopes");
    let shown = spec.get("scopes");
    for scope in &scopes {
        if !SCOPES.contains(scope) {
            f.invalid(&fld, shown, "unsupported scope");
        }
        for member in spec.map("hard") {
            if quantity::is_quota_resource(&member.key) && !scope_fits(scope, &member.key) {
                f.invalid(&fld, shown, "unsupported scope applied to resource");
            }
        }
    }
    conflicts(f, &scopes, shown, &fld);
    if let Some(selector) = spec.opt("scopeSelector") {
        let below = path.child("scopeSelector");
        scope_selector(f, spec, selector, &below.child("matchExpressions"));
    }
}

fn conflicts(f: &mut Findings<'_>, scopes: &[&str], shown: &Node, path: &Path<'_>) {
    for pair in [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]] {
        if pair.iter().all(|s| scopes.contains(s)) {
            f.invalid(path, shown, "conflicting scopes");
        }
    }
}

// Upstream names the fields without the index of the expression.
fn scope_selector(f: &mut Findings<'_>, spec: &Node, selector: &Node, path: &Path<'_>) {
    let mut scopes = Vec::new();
    for requirement in selector.list("matchExpressions") {
        let scope = requirement.str("scopeName");
        scopes.push(scope);
        if !SCOPES.contains(&scope) {
            f.invalid(&path.child("scopeName"), scope, "unsupported scope");
        }
        for member in spec.map("hard") {
            if quantity::is_quota_resource(&member.key) && !scope_fits(scope, &member.key) {
                f.invalid(path, selector, "unsupported scope applied to resource");
            }
        }
        let operator = requirement.str("operator");
        let is_plain = SCOPES.contains(&scope) && !matches!(scope, "PriorityClass" | "VolumeAttributesClass");
        if is_plain && operator != "Exists" {
            f.invalid(&path.child("operator"), operator, &format!("must be 'Exists' when scope is {scope}"));
        }
        let values = requirement.list("values");
        match operator {
            "In" | "NotIn" if values.is_empty() => {
                f.required(
                    &path.child("values"),
                    "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
                );
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                f.invalid(
                    &path.child("values"),
                    requirement.get("values"),
                    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
                );
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => f.invalid(&path.child("operator"), operator, "not a valid selector operator"),
        }
    }
    conflicts(f, &scopes, spec.get("scopes"), path);
}
