//! Resources and their quantities (pkg/apis/core `helper`, `ValidateResourceRequirements`).

use crate::finding::Findings;
use crate::names;
use crate::node::{Node, Value};
use crate::path::Path;
use crate::schema::quantity::Quantity;

/// The quantity that a node holds; zero for null, as Go decodes it.
pub fn quantity(node: &Node) -> Option<Quantity> {
    match &node.value {
        Value::String(text) => Quantity::parse(text).ok(),
        Value::Int(i) => Quantity::parse(&i.to_string()).ok(),
        Value::Float(x) => Quantity::parse(&pintle_value::json::format_json_float(*x)).ok(),
        Value::Null => Quantity::parse("0").ok(),
        _ => None,
    }
}

/// `ValidateNonnegativeQuantity`
pub fn non_negative(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    if quantity(node).is_some_and(|q| q.sign().is_lt()) {
        f.invalid(path, node, "must be greater than or equal to 0");
    }
}

/// `ValidatePositiveQuantityValue`
pub fn positive(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    if quantity(node).is_some_and(|q| q.sign().is_le()) {
        f.invalid(path, node, "must be greater than zero");
    }
}

/// Resources that come in whole pieces.
fn is_integer(resource: &str) -> bool {
    matches!(
        resource,
        "pods"
            | "resourcequotas"
            | "services"
            | "replicationcontrollers"
            | "secrets"
            | "configmaps"
            | "persistentvolumeclaims"
            | "services.nodeports"
            | "services.loadbalancers"
    ) || is_extended(resource)
        || resource.starts_with("count/")
}

/// `IsExtendedResourceName`: a device plugin's, outside of kubernetes.io.
pub fn is_extended(resource: &str) -> bool {
    let native = !resource.contains('/') || resource.contains("kubernetes.io/");
    !native && !resource.starts_with("requests.") && names::qualified_name(&format!("requests.{resource}")).is_empty()
}

fn is_huge_page(resource: &str) -> bool {
    resource.starts_with("hugepages-")
}

/// `ValidateResourceQuantityValue`
pub fn resource_value(f: &mut Findings<'_>, resource: &str, node: &Node, path: &Path<'_>) {
    non_negative(f, node, path);
    if is_integer(resource) && quantity(node).is_some_and(|q| !q.is_whole()) {
        f.invalid(path, node, "must be an integer");
    }
}

fn is_standard_quota(name: &str) -> bool {
    let plain = name.strip_prefix("requests.").or_else(|| name.strip_prefix("limits.")).unwrap_or(name);
    matches!(
        name,
        "cpu"
            | "memory"
            | "ephemeral-storage"
            | "requests.cpu"
            | "requests.memory"
            | "requests.storage"
            | "requests.ephemeral-storage"
            | "limits.cpu"
            | "limits.memory"
            | "limits.ephemeral-storage"
            | "pods"
            | "resourcequotas"
            | "services"
            | "replicationcontrollers"
            | "secrets"
            | "persistentvolumeclaims"
            | "configmaps"
            | "services.nodeports"
            | "services.loadbalancers"
    ) || is_huge_page(name)
        || (name.starts_with("requests.") && is_huge_page(plain))
}

/// Whether a quota may count it under a plain name.
pub fn is_quota_resource(name: &str) -> bool {
    is_standard_quota(name)
}

fn is_standard(name: &str) -> bool {
    is_standard_quota(name) || name == "storage"
}

/// `validateResourceName`; tells whether the name is sound.
pub fn resource_name(f: &mut Findings<'_>, name: &str, path: &Path<'_>) -> bool {
    let errors = names::qualified_name(name);
    if !errors.is_empty() {
        f.all_invalid(path, name, errors);
        return false;
    }
    if !name.contains('/') && !is_standard(name) {
        f.invalid(path, name, "must be a standard resource type or fully qualified");
        return false;
    }
    true
}

/// `ValidateContainerResourceName`
pub fn container_resource_name(f: &mut Findings<'_>, name: &str, path: &Path<'_>) {
    resource_name(f, name, path);
    if !name.contains('/') {
        if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !is_huge_page(name) {
            f.invalid(path, name, "must be a standard resource for containers");
        }
    } else if !name.contains("kubernetes.io/") && !is_extended(name) {
        f.invalid(path, name, "doesn't follow extended resource name standard");
    }
}

/// `ValidateResourceQuotaResourceName`
pub fn quota_resource_name(f: &mut Findings<'_>, name: &str, path: &Path<'_>) {
    resource_name(f, name, path);
    if !name.contains('/') && !is_standard_quota(name) {
        f.invalid(path, name, "must be a standard resource for quota");
    }
}

/// `IsOvercommitAllowed`
pub fn allows_overcommit(name: &str) -> bool {
    (!name.contains('/') || name.contains("kubernetes.io/")) && !is_huge_page(name)
}

/// `ValidateContainerResourceRequirements`
pub fn requirements(f: &mut Findings<'_>, resources: &Node, claims: &[Node], path: &Path<'_>) {
    let (limits, requests) = (resources.get("limits"), resources.get("requests"));
    let mut has_huge = false;
    let mut has_base = false;
    for (list, name) in [(limits, "limits"), (requests, "requests")] {
        let list_path = path.child(name);
        for member in list.members() {
            let fld = list_path.key(&member.key);
            container_resource_name(f, &member.key, &fld);
            resource_value(f, &member.key, &member.node, &fld);
            has_huge |= is_huge_page(&member.key);
            has_base |= matches!(member.key.as_str(), "cpu" | "memory");
        }
    }
    let requests_path = path.child("requests");
    for member in requests.members() {
        let fld = &requests_path;
        match limits.find(&member.key) {
            Some(limit) => {
                let (request, limit) = (quantity(&member.node), quantity(limit));
                if request != limit && !allows_overcommit(&member.key) {
                    f.invalid(fld, &member.node, &format!("must be equal to {} limit", member.key));
                } else if request > limit {
                    f.invalid(fld, &member.node, &format!("must be less than or equal to {} limit", member.key));
                }
            }
            None if !allows_overcommit(&member.key) => {
                f.required(&path.child("limits"), "Limit must be set for non overcommitable resources");
            }
            None => {}
        }
    }
    if has_huge && !has_base {
        f.forbidden(path, "HugePages require cpu or memory");
    }
    let claims_path = path.child("claims");
    let mut seen = std::collections::HashSet::new();
    for (i, claim) in resources.list("claims").iter().enumerate() {
        let fld = claims_path.index(i);
        let name = claim.str("name");
        if name.is_empty() {
            f.required(&fld.child("name"), "");
        } else if f.affords(claims.len() / 8) && !claims.iter().any(|c| c.str("name") == name) {
            f.not_found(&fld.child("name"), name);
        }
        if !seen.insert((name, claim.str("request"))) {
            f.duplicate(&fld, name);
        }
    }
}
