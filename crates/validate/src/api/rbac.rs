//! Roles and their bindings (pkg/apis/rbac/validation).

use super::meta;
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

const GROUP: &str = "rbac.authorization.k8s.io";

/// `ValidateRole`
pub fn role(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::path_segment);
    rules(f, object, true);
}

/// `ValidateClusterRole`
pub fn cluster_role(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::path_segment);
    rules(f, object, false);
    let Some(aggregation) = object.opt("aggregationRule") else { return };
    let path = Path::ROOT.child("aggregationRule");
    let list = path.child("clusterRoleSelectors");
    let selectors = aggregation.list("clusterRoleSelectors");
    if selectors.is_empty() {
        f.required(&list, "at least one clusterRoleSelector required if aggregationRule is non-nil");
    }
    for (i, selector) in selectors.iter().enumerate() {
        let fld = list.index(i);
        meta::label_selector(f, selector, &fld);
        if !meta::is_valid_selector(f, selector) {
            f.invalid(&fld, selector, "invalid label selector.");
        }
    }
}

/// `ValidatePolicyRule`
fn rules(f: &mut Findings<'_>, object: &Node, namespaced: bool) {
    let list = Path::ROOT.child("rules");
    for (i, rule) in object.list("rules").iter().enumerate() {
        let fld = list.index(i);
        let is_empty = |field: &str| rule.list(field).is_empty();
        if is_empty("verbs") {
            f.required(&fld.child("verbs"), "verbs must contain at least one value");
        }
        if !is_empty("nonResourceURLs") {
            let urls = rule.get("nonResourceURLs");
            let fld = fld.child("nonResourceURLs");
            if namespaced {
                f.invalid(&fld, urls, "namespaced rules cannot apply to non-resource URLs");
            }
            if !is_empty("apiGroups") || !is_empty("resources") || !is_empty("resourceNames") {
                f.invalid(&fld, urls, "rules cannot apply to both regular resources and non-resource URLs");
            }
            continue;
        }
        if is_empty("apiGroups") {
            f.required(&fld.child("apiGroups"), "resource rules must supply at least one api group");
        }
        if is_empty("resources") {
            f.required(&fld.child("resources"), "resource rules must supply at least one resource");
        }
    }
}

/// `ValidateRoleBinding`
pub fn role_binding(f: &mut Findings<'_>, object: &Node) {
    binding(f, object, true);
}

/// `ValidateClusterRoleBinding`
pub fn cluster_role_binding(f: &mut Findings<'_>, object: &Node) {
    binding(f, object, false);
}

fn binding(f: &mut Findings<'_>, object: &Node, namespaced: bool) {
    meta::core_meta(f, object, meta::path_segment);
    let reference = object.get("roleRef");
    let path = Path::ROOT.child("roleRef");
    let group = reference.str("apiGroup");
    // The group is filled in where it is empty.
    if !group.is_empty() && group != GROUP {
        f.not_supported(&path.child("apiGroup"), group, &[GROUP]);
    }
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    let kind = reference.str("kind");
    if !kinds.contains(&kind) {
        f.not_supported(&path.child("kind"), kind, kinds);
    }
    let name = reference.str("name");
    if name.is_empty() {
        f.required(&path.child("name"), "");
    } else {
        f.all_invalid(&path.child("name"), name, meta::path_segment(name, false));
    }
    let list = Path::ROOT.child("subjects");
    for (i, subject) in object.list("subjects").iter().enumerate() {
        binding_subject(f, subject, namespaced, &list.index(i));
    }
}

/// `ValidateRoleBindingSubject`
fn binding_subject(f: &mut Findings<'_>, subject: &Node, namespaced: bool, path: &Path<'_>) {
    let name = subject.str("name");
    if name.is_empty() {
        f.required(&path.child("name"), "");
    }
    let group = subject.str("apiGroup");
    match subject.str("kind") {
        "ServiceAccount" => {
            if !name.is_empty() {
                f.all_invalid(&path.child("name"), name, names::dns1123_subdomain(name));
            }
            if !group.is_empty() {
                f.not_supported(&path.child("apiGroup"), group, &[""]);
            }
            if !namespaced && subject.str("namespace").is_empty() {
                f.required(&path.child("namespace"), "");
            }
        }
        "User" | "Group" => {
            if !group.is_empty() && group != GROUP {
                f.not_supported(&path.child("apiGroup"), group, &[GROUP]);
            }
        }
        kind => f.not_supported(&path.child("kind"), kind, &["ServiceAccount", "User", "Group"]),
    }
}
