//! Horizontal pod autoscalers (pkg/apis/autoscaling/validation).

use super::common::{path_segment, required};
use super::{meta, quantity};
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// `ValidateHorizontalPodAutoscaler`
pub fn horizontal_pod_autoscaler(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = &Path::ROOT.child("spec");
    let least = spec.num("minReplicas").unwrap_or(1);
    let most = spec.num("maxReplicas").unwrap_or(0);
    // Zero takes a feature gate that is on since 1.36 (HPAScaleToZero).
    if least < 0 {
        f.invalid(&path.child("minReplicas"), least, "must be greater than or equal to 0");
    }
    let fld = path.child("maxReplicas");
    if most == 0 {
        f.required(&fld, "must be set and greater than 0");
    } else if most < 0 {
        f.invalid(&fld, most, "must be greater than or equal to 1");
    }
    if most < least {
        f.invalid(&fld, most, "must be greater than or equal to `minReplicas`");
    }
    reference(f, spec.get("scaleTargetRef"), false, &path.child("scaleTargetRef"));
    if object.str("apiVersion") == "autoscaling/v1" {
        if let Some(percent) = spec.num("targetCPUUtilizationPercentage").filter(|p| *p < 1) {
            f.invalid(&path.child("targetCPUUtilizationPercentage"), percent, "must be greater than 0");
        }
        return;
    }
    let list = path.child("metrics");
    for (i, metric) in spec.list("metrics").iter().enumerate() {
        metric_spec(f, metric, &list.index(i));
    }
    if least == 0 && !spec.list("metrics").iter().any(|m| matches!(m.str("type"), "Object" | "External")) {
        f.forbidden(&list, "must specify at least one Object or External metric to support scaling to zero replicas");
    }
    let behavior = path.child("behavior");
    for field in ["scaleUp", "scaleDown"] {
        if let Some(rules) = spec.get("behavior").opt(field) {
            scaling_rules(f, rules, &behavior.child(field));
        }
    }
}

/// `ValidateCrossVersionObjectReference`
fn reference(f: &mut Findings<'_>, node: &Node, may_be_core: bool, path: &Path<'_>) {
    required(f, node, &["kind", "name"], path);
    path_segment(f, node, "kind", path);
    path_segment(f, node, "name", path);
    let api_version = node.str("apiVersion");
    if api_version.matches('/').count() > 1 {
        f.invalid(&path.child("apiVersion"), api_version, &format!("unexpected GroupVersion string: {api_version}"));
    } else if !may_be_core && !api_version.contains('/') {
        f.invalid(&path.child("apiVersion"), api_version, "apiVersion must specify API group");
    }
}

fn scaling_rules(f: &mut Findings<'_>, rules: &Node, path: &Path<'_>) {
    if let Some(seconds) = rules.num("stabilizationWindowSeconds") {
        let fld = path.child("stabilizationWindowSeconds");
        if seconds < 0 {
            f.invalid(&fld, seconds, "must be greater than or equal to zero");
        } else if seconds > 3600 {
            f.invalid(&fld, seconds, "must be less than or equal to 3600");
        }
    }
    super::common::one_of_set(f, rules, "selectPolicy", &["Disabled", "Max", "Min"], path);
    let list = path.child("policies");
    // The server has policies of its own where none are given.
    if rules.has("policies") && rules.list("policies").is_empty() {
        f.required(&list, "must specify at least one Policy");
    }
    for (i, policy) in rules.list("policies").iter().enumerate() {
        let fld = list.index(i);
        if !matches!(policy.str("type"), "Pods" | "Percent") {
            f.not_supported(&fld.child("type"), policy.str("type"), &["Percent", "Pods"]);
        }
        for field in ["value", "periodSeconds"] {
            let value = policy.num(field).unwrap_or(0);
            if value <= 0 {
                f.invalid(&fld.child(field), value, "must be greater than zero");
            }
        }
        if let Some(seconds) = policy.num("periodSeconds").filter(|s| *s > 1800) {
            f.invalid(&fld.child("periodSeconds"), seconds, "must be less than or equal to 1800");
        }
    }
    if let Some(tolerance) = rules.opt("tolerance") {
        quantity::non_negative(f, tolerance, &path.child("tolerance"));
    }
}

const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];

fn metric_spec(f: &mut Findings<'_>, metric: &Node, path: &Path<'_>) {
    let kind = metric.str("type");
    let fld = path.child("type");
    if kind.is_empty() {
        f.required(&fld, "must specify a metric source type");
    }
    if !SOURCES.iter().any(|(k, _)| *k == kind) {
        f.not_supported(&fld, kind, &SOURCES.map(|(k, _)| k));
    }
    let present: Vec<&str> = SOURCES.iter().map(|(_, field)| *field).filter(|field| metric.has(field)).collect();
    if let Some(first) = present.first() {
        source(f, metric.get(first), first, &path.child(first));
    }
    let expected = SOURCES.iter().find(|(k, _)| *k == kind).map(|(_, field)| *field);
    if let Some(expected) = expected.filter(|e| !present.contains(e)) {
        f.required(&path.child(expected), "must populate information for the given metric source");
    }
    if present.len() != 1 {
        for field in present.iter().filter(|p| Some(**p) != expected) {
            f.forbidden(&path.child(field), "must populate the given metric source only");
        }
    }
}

fn source(f: &mut Findings<'_>, source: &Node, kind: &str, path: &Path<'_>) {
    let target = source.get("target");
    let fld = path.child("target");
    match kind {
        "object" => {
            reference(f, source.get("describedObject"), true, &path.child("describedObject"));
            identifier(f, source, path);
        }
        "external" | "pods" => identifier(f, source, path),
        "resource" => resource_name(f, source, path),
        _ => {
            resource_name(f, source, path);
            let name = source.str("name");
            if !name.is_empty() {
                quantity::container_resource_name(f, name, &path.child("name"));
            }
            let container = source.str("container");
            if container.is_empty() {
                f.required(&path.child("container"), "must specify a container");
            } else {
                f.all_invalid(&path.child("container"), container, names::dns1123_label(container));
            }
        }
    }
    metric_target(f, target, &fld);
    let (value, average, utilization) = (target.has("value"), target.has("averageValue"), target.has("averageUtilization"));
    match kind {
        "object" if !value && !average => {
            f.required(&fld.child("averageValue"), "must set either a target value or averageValue")
        }
        "external" if !value && !average => {
            f.required(&fld.child("averageValue"), "must set either a target value for metric or a per-pod target");
        }
        "external" if value && average => {
            f.forbidden(&fld.child("value"), "may not set both a target value for metric and a per-pod target");
        }
        "pods" if !average => f.required(&fld.child("averageValue"), "must specify a positive target averageValue"),
        "resource" | "containerResource" if !utilization && !average => {
            f.required(&fld.child("averageUtilization"), "must set either a target raw value or a target utilization");
        }
        "resource" | "containerResource" if utilization && average => {
            f.forbidden(&fld.child("averageValue"), "may not set both a target raw value and a target utilization");
        }
        _ => {}
    }
}

fn resource_name(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    if source.str("name").is_empty() {
        f.required(&path.child("name"), "must specify a resource name");
    }
}

fn identifier(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    let metric = source.get("metric");
    let fld = path.child("metric");
    if metric.str("name").is_empty() {
        f.required(&fld.child("name"), "must specify a metric name");
    } else {
        path_segment(f, metric, "name", &fld);
    }
}

fn metric_target(f: &mut Findings<'_>, target: &Node, path: &Path<'_>) {
    let kind = target.str("type");
    if kind.is_empty() {
        f.required(&path.child("type"), "must specify a metric target type");
    }
    if !matches!(kind, "Utilization" | "Value" | "AverageValue") {
        f.invalid(&path.child("type"), kind, "must be either Utilization, Value, or AverageValue");
    }
    for field in ["value", "averageValue"] {
        if let Some(value) = target.opt(field).filter(|v| quantity::quantity(v).is_some_and(|q| !q.sign().is_gt())) {
            f.invalid(&path.child(field), value, "must be positive");
        }
    }
    if let Some(value) = target.num("averageUtilization").filter(|v| *v < 1) {
        f.invalid(&path.child("averageUtilization"), value, "must be greater than 0");
    }
}
