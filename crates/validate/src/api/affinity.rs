//! Where pods go: affinity, anti-affinity, topology spread (pkg/apis/core `validateAffinity`, `validateTopologySpreadConstraints`).

use super::meta;
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// `validateAffinity`
pub fn affinity(f: &mut Findings<'_>, affinity: &Node, path: &Path<'_>) {
    if let Some(node) = affinity.opt("nodeAffinity") {
        let path = path.child("nodeAffinity");
        if let Some(required) = node.opt("requiredDuringSchedulingIgnoredDuringExecution") {
            node_selector(f, required, &path.child("requiredDuringSchedulingIgnoredDuringExecution"));
        }
        let list = path.child("preferredDuringSchedulingIgnoredDuringExecution");
        for (i, term) in node.list("preferredDuringSchedulingIgnoredDuringExecution").iter().enumerate() {
            let fld = list.index(i);
            weight(f, term, &fld);
            node_selector_term(f, term.get("preference"), &fld.child("preference"));
        }
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let node = affinity.get(kind);
        let path = path.child(kind);
        let list = path.child("requiredDuringSchedulingIgnoredDuringExecution");
        for (i, term) in node.list("requiredDuringSchedulingIgnoredDuringExecution").iter().enumerate() {
            pod_term(f, term, &list.index(i));
        }
        let list = path.child("preferredDuringSchedulingIgnoredDuringExecution");
        for (i, term) in node.list("preferredDuringSchedulingIgnoredDuringExecution").iter().enumerate() {
            let fld = list.index(i);
            weight(f, term, &fld);
            pod_term(f, term.get("podAffinityTerm"), &fld.child("podAffinityTerm"));
        }
    }
}

fn weight(f: &mut Findings<'_>, term: &Node, path: &Path<'_>) {
    let weight = term.num("weight").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        f.invalid(&path.child("weight"), weight, "must be in the range 1-100");
    }
}

fn pod_term(f: &mut Findings<'_>, term: &Node, path: &Path<'_>) {
    for field in ["labelSelector", "namespaceSelector"] {
        meta::label_selector(f, term.get(field), &path.child(field));
    }
    for name in term.list("namespaces") {
        f.all_invalid(&path.child("namespace"), name.text(), names::dns1123_label(name.text()));
    }
    label_keys(f, term, "matchLabelKeys", path);
    label_keys(f, term, "mismatchLabelKeys", path);
    let key = term.str("topologyKey");
    let fld = path.child("topologyKey");
    if key.is_empty() {
        f.required(&fld, "can not be empty");
    }
    f.all_invalid(&fld, key, names::qualified_name(key));
}

fn label_keys(f: &mut Findings<'_>, term: &Node, field: &str, path: &Path<'_>) {
    let keys = term.list(field);
    let list = path.child(field);
    if !keys.is_empty() && !term.has("labelSelector") {
        f.forbidden(&list, "must not be specified when labelSelector is not set");
    }
    for (i, key) in keys.iter().enumerate() {
        f.all_invalid(&list.index(i), key.text(), names::qualified_name(key.text()));
        let selector = term.get("labelSelector");
        let used = selector.get("matchLabels").find(key.text()).is_some();
        if used && field == "matchLabelKeys" {
            f.invalid(&list.index(i), key, "exists in both matchLabelKeys and labelSelector");
        }
    }
}

/// `ValidateNodeSelector`
pub fn node_selector(f: &mut Findings<'_>, selector: &Node, path: &Path<'_>) {
    let list = path.child("nodeSelectorTerms");
    let terms = selector.list("nodeSelectorTerms");
    if terms.is_empty() {
        f.required(&list, "must have at least one node selector term");
    }
    for (i, term) in terms.iter().enumerate() {
        node_selector_term(f, term, &list.index(i));
    }
}

fn node_selector_term(f: &mut Findings<'_>, term: &Node, path: &Path<'_>) {
    let list = path.child("matchExpressions");
    for (i, requirement) in term.list("matchExpressions").iter().enumerate() {
        node_requirement(f, requirement, &list.index(i));
    }
    let list = path.child("matchFields");
    for (i, requirement) in term.list("matchFields").iter().enumerate() {
        field_requirement(f, requirement, &list.index(i));
    }
}

fn node_requirement(f: &mut Findings<'_>, requirement: &Node, path: &Path<'_>) {
    let values = requirement.list("values");
    let fld = path.child("values");
    let operator = requirement.str("operator");
    match operator {
        "In" | "NotIn" => {
            if values.is_empty() {
                f.required(&fld, "must be specified when `operator` is 'In' or 'NotIn'");
            }
        }
        "Exists" | "DoesNotExist" => {
            if !values.is_empty() {
                f.forbidden(&fld, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
        }
        "Gt" | "Lt" => {
            if values.len() != 1 {
                f.required(&fld, "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
        }
        _ => f.invalid(&path.child("operator"), operator, "not a valid selector operator"),
    }
    let key = requirement.str("key");
    f.all_invalid(&path.child("key"), key, names::qualified_name(key));
    for (i, value) in values.iter().enumerate() {
        f.all_invalid(&fld.index(i), value.text(), names::label_value(value.text()));
    }
}

fn field_requirement(f: &mut Findings<'_>, requirement: &Node, path: &Path<'_>) {
    let values = requirement.list("values");
    match requirement.str("operator") {
        "In" | "NotIn" => {
            if values.len() != 1 {
                f.required(
                    &path.child("values"),
                    "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
                );
            }
        }
        other => f.invalid(&path.child("operator"), other, "not a valid selector operator"),
    }
    if requirement.str("key") == "metadata.name" {
        let fld = path.child("values");
        for (i, value) in values.iter().enumerate() {
            f.all_invalid(&fld.index(i), value.text(), names::dns1123_subdomain(value.text()));
        }
    } else {
        f.invalid(&path.child("key"), requirement.str("key"), "not a valid field selector key");
    }
}

/// `validateTopologySpreadConstraints`
pub fn spread(f: &mut Findings<'_>, constraints: &[Node], path: &Path<'_>) {
    for (i, constraint) in constraints.iter().enumerate() {
        let fld = path.index(i);
        let skew = constraint.num("maxSkew").unwrap_or(0);
        if skew <= 0 {
            f.invalid(&fld.child("maxSkew"), skew, "must be greater than zero");
        }
        let key = constraint.str("topologyKey");
        if key.is_empty() {
            f.required(&fld.child("topologyKey"), "can not be empty");
        } else {
            f.all_invalid(&fld.child("topologyKey"), key, names::qualified_name(key));
        }
        let when = constraint.str("whenUnsatisfiable");
        if !matches!(when, "DoNotSchedule" | "ScheduleAnyway") {
            f.not_supported(&fld.child("whenUnsatisfiable"), when, &["DoNotSchedule", "ScheduleAnyway"]);
        }
        if super::common::before(f, constraints, i)
            .iter()
            .any(|c| c.str("topologyKey") == key && c.str("whenUnsatisfiable") == when)
        {
            f.duplicate(&fld.child("{topologyKey, whenUnsatisfiable}"), key);
        }
        if let Some(domains) = constraint.num("minDomains") {
            if domains <= 0 {
                f.invalid(&fld.child("minDomains"), domains, "must be greater than zero");
            }
            if when != "DoNotSchedule" {
                f.invalid(&fld.child("minDomains"), domains, "can only use minDomains if whenUnsatisfiable=DoNotSchedule");
            }
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            super::common::one_of_set(f, constraint, field, &["Honor", "Ignore"], &fld);
        }
        label_keys(f, constraint, "matchLabelKeys", &fld);
        meta::label_selector(f, constraint.get("labelSelector"), &fld.child("labelSelector"));
    }
}
