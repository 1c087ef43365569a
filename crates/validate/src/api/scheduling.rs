//! Priority classes (pkg/apis/scheduling/validation), runtime classes (pkg/apis/node) and leases (pkg/apis/coordination).

use super::meta;
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// `ValidatePriorityClass`
pub fn priority_class(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let name = object.get("metadata").str("name");
    let value = object.num("value").unwrap_or(0);
    let known = match name {
        "system-cluster-critical" => value == 2_000_000_000,
        "system-node-critical" => value == 2_000_001_000,
        _ => false,
    };
    if name.starts_with("system-") {
        if !known {
            let metadata = Path::ROOT.child("metadata");
            f.forbidden(&metadata.child("name"), "priority class names with 'system-' prefix are reserved for system use only");
        }
    } else if value > 1_000_000_000 {
        f.forbidden(&Path::ROOT.child("value"), "maximum allowed value of a user defined priority is 1000000000");
    }
    let fld = Path::ROOT.child("preemptionPolicy");
    match object.opt("preemptionPolicy").map(Node::text) {
        None | Some("Never" | "PreemptLowerPriority") => {}
        Some("") => f.required(&fld, ""),
        Some(other) => f.not_supported(&fld, other, &["Never", "PreemptLowerPriority"]),
    }
}

/// `ValidateRuntimeClass`
pub fn runtime_class(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let handler = object.str("handler");
    f.all_invalid(&Path::ROOT.child("handler"), handler, names::dns1123_label(handler));
}
