//! Pod disruption budgets (pkg/apis/policy/validation).

use super::common::{at_most_all, int_or_percent, one_of_set};
use super::meta;
use crate::finding::Findings;
use crate::node::Node;
use crate::path::Path;

/// `ValidatePodDisruptionBudget`
pub fn pod_disruption_budget(f: &mut Findings<'_>, object: &Node) {
    // Upstream leaves the name to what holds for every object: it has to stand in a URL.
    meta::object_meta(f, object, meta::path_segment);
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    if spec.has("minAvailable") && spec.has("maxUnavailable") {
        f.invalid(&path, spec, "minAvailable and maxUnavailable cannot be both set");
    }
    for field in ["minAvailable", "maxUnavailable"] {
        if let Some(value) = spec.opt(field) {
            int_or_percent(f, value, &path.child(field));
            at_most_all(f, value, &path.child(field));
        }
    }
    meta::label_selector(f, spec.get("selector"), &path.child("selector"));
    one_of_set(f, spec, "unhealthyPodEvictionPolicy", &["AlwaysAllow", "IfHealthyBudget"], &path);
}
