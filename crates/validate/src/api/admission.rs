//! Webhooks and admission policies (pkg/apis/admissionregistration/validation).

use std::collections::HashSet;

use super::common::{one_of_set, path_segment};
use super::meta;
use crate::cel;
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// `ValidateValidatingWebhookConfiguration`, `ValidateMutatingWebhookConfiguration`
pub fn webhooks(f: &mut Findings<'_>, object: &Node) {
    meta::object_meta(f, object, meta::subdomain);
    let list = Path::ROOT.child("webhooks");
    let mut seen = HashSet::new();
    for (i, hook) in object.list("webhooks").iter().enumerate() {
        let fld = list.index(i);
        webhook(f, hook, object.str("kind") == "MutatingWebhookConfiguration", &fld);
        let name = hook.str("name");
        if !name.is_empty() && !seen.insert(name) {
            f.duplicate(&fld.child("name"), name);
        }
    }
}

fn webhook(f: &mut Findings<'_>, hook: &Node, mutating: bool, path: &Path<'_>) {
    let name = hook.str("name");
    let fld = path.child("name");
    if name.is_empty() {
        f.required(&fld, "");
    } else if !names::dns1123_subdomain(name).is_empty() {
        f.invalid(&fld, name, &names::dns1123_subdomain(name).join(","));
    } else if name.split('.').count() < 3 {
        f.invalid(&fld, name, "should be a domain with at least three segments separated by dots");
    }
    let rules = path.child("rules");
    for (i, rule) in hook.list("rules").iter().enumerate() {
        rule_with_operations(f, rule, &rules.index(i));
    }
    one_of_set(f, hook, "failurePolicy", &["Fail", "Ignore"], path);
    one_of_set(f, hook, "matchPolicy", &["Equivalent", "Exact"], path);
    if mutating {
        one_of_set(f, hook, "reinvocationPolicy", &["IfNeeded", "Never"], path);
    }
    match hook.opt("sideEffects").map(Node::text) {
        None => f.required(&path.child("sideEffects"), "must specify one of None, NoneOnDryRun"),
        Some("None" | "NoneOnDryRun") => {}
        Some(other) => f.not_supported(&path.child("sideEffects"), other, &["None", "NoneOnDryRun"]),
    }
    if let Some(seconds) = hook.num("timeoutSeconds").filter(|s| !(1..=30).contains(s)) {
        f.invalid(&path.child("timeoutSeconds"), seconds, "the timeout value must be between 1 and 30 seconds");
    }
    for field in ["namespaceSelector", "objectSelector"] {
        meta::label_selector(f, hook.get(field), &path.child(field));
    }
    client_config(f, hook.get("clientConfig"), &path.child("clientConfig"));
    match_conditions(f, hook, path);
    review_versions(f, hook, &path.child("admissionReviewVersions"));
}

fn review_versions(f: &mut Findings<'_>, hook: &Node, path: &Path<'_>) {
    let versions = hook.list("admissionReviewVersions");
    if versions.is_empty() {
        return f.required(path, "must specify one of v1, v1beta1");
    }
    for (i, version) in versions.iter().enumerate() {
        if super::common::before(f, versions, i).contains(version) {
            f.invalid(&path.index(i), version, "duplicate version");
            continue;
        }
        f.all_invalid(&path.index(i), version.text(), names::dns1035_label(version.text()));
    }
    if !versions.iter().any(|v| matches!(v.text(), "v1" | "v1beta1")) {
        f.invalid(path, hook.get("admissionReviewVersions"), "must include at least one of v1, v1beta1");
    }
}

fn client_config(f: &mut Findings<'_>, config: &Node, path: &Path<'_>) {
    match (config.opt("url"), config.opt("service")) {
        (Some(_), Some(_)) | (None, None) => f.required(path, "exactly one of url or service is required"),
        (Some(url), None) => {
            let fld = path.child("url");
            let url = url.text();
            let form = "; desired format: https://host[/path]";
            let rest = url.strip_prefix("https://");
            match rest {
                None => f.invalid(&fld, url, &format!("'https' is the only allowed URL scheme{form}")),
                Some(rest) => {
                    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                    if host.is_empty() {
                        f.invalid(&fld, url, &format!("host must be specified{form}"));
                    }
                    if host.contains('@') {
                        f.invalid(&fld, url, "user information is not permitted in the URL");
                    }
                    for (sign, what) in [('#', "fragments are"), ('?', "query parameters are")] {
                        if rest.contains(sign) {
                            f.invalid(&fld, url, &format!("{what} not permitted in the URL"));
                        }
                    }
                }
            }
        }
        (None, Some(service)) => {
            let fld = path.child("service");
            for field in ["name", "namespace"] {
                if service.str(field).is_empty() {
                    f.required(&fld.child(field), &format!("service {field} is required"));
                }
            }
            if let Some(port) = service.num("port").filter(|p| !names::port_number(*p).is_empty()) {
                f.invalid(&fld.child("port"), port, "port is not valid: must be between 1 and 65535, inclusive");
            }
            service_path(f, service, &fld.child("path"));
        }
    }
}

fn service_path(f: &mut Findings<'_>, service: &Node, path: &Path<'_>) {
    let text = service.str("path");
    if text.is_empty() || text == "/" {
        return;
    }
    if text == "//" {
        return f.invalid(path, text, "segment[0] may not be empty");
    }
    if !text.starts_with('/') {
        f.invalid(path, text, "must start with a '/'");
    }
    let steps = text.strip_prefix('/').unwrap_or(text);
    let steps = steps.strip_suffix('/').unwrap_or(steps);
    for (i, step) in steps.split('/').enumerate() {
        if step.is_empty() {
            f.invalid(path, text, &format!("segment[{i}] may not be empty"));
        }
        for message in names::dns1123_subdomain(step) {
            f.invalid(path, text, &format!("segment[{i}]: {message}"));
        }
    }
}

/// `validateRuleWithOperations`
fn rule_with_operations(f: &mut Findings<'_>, rule: &Node, path: &Path<'_>) {
    let list = path.child("operations");
    let operations = rule.list("operations");
    if operations.is_empty() {
        f.required(&list, "");
    }
    let supported = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
    if operations.len() > 1 && operations.iter().any(|o| o.text() == "*") {
        f.invalid(&list, rule.get("operations"), "if '*' is present, must not specify other operations");
    }
    for (i, operation) in operations.iter().enumerate() {
        if !supported.contains(&operation.text()) {
            f.not_supported(&list.index(i), operation, &supported);
        }
    }
    for (field, what) in [("apiGroups", "API groups"), ("apiVersions", "API versions")] {
        let list = path.child(field);
        let items = rule.list(field);
        if items.is_empty() {
            f.required(&list, "");
        }
        if items.len() > 1 && items.iter().any(|i| i.text() == "*") {
            f.invalid(&list, rule.get(field), &format!("if '*' is present, must not specify other {what}"));
        }
        for (i, item) in items.iter().enumerate() {
            if field == "apiVersions" && item.text().is_empty() {
                f.required(&list.index(i), "");
            }
        }
    }
    resources(f, rule, &path.child("resources"));
    one_of_set(f, rule, "scope", &["*", "Cluster", "Namespaced"], path);
}

fn resources(f: &mut Findings<'_>, rule: &Node, path: &Path<'_>) {
    let items = rule.list("resources");
    if items.is_empty() {
        f.required(path, "");
    }
    let mut whole = HashSet::new();
    let mut parts = HashSet::new();
    for (i, item) in items.iter().enumerate() {
        let fld = path.index(i);
        let text = item.text();
        match text {
            "" => {
                f.required(&fld, "");
                continue;
            }
            "*/*" if items.len() > 1 => {
                f.invalid(path, rule.get("resources"), "if '*/*' is present, must not specify other resources");
            }
            _ => {}
        }
        let (resource, sub) = text.split_once('/').unwrap_or((text, ""));
        if whole.contains(resource) {
            f.invalid(&fld, text, &format!("if '{resource}/*' is present, must not specify {text}"));
        }
        if parts.contains(sub) && !sub.is_empty() {
            f.invalid(&fld, text, &format!("if '*/{sub}' is present, must not specify {text}"));
        }
        if sub == "*" {
            whole.insert(resource);
        }
        if resource == "*" {
            parts.insert(sub);
        }
    }
    if items.len() > 1
        && items.iter().any(|i| i.text() == "*")
        && items.iter().any(|i| !i.text().contains('/') && i.text() != "*")
    {
        f.invalid(path, rule.get("resources"), "if '*' is present, must not specify other resources without subresources");
    }
}

fn match_conditions(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    let list = path.child("matchConditions");
    let conditions = node.list("matchConditions");
    if conditions.len() > 64 {
        f.too_many(&list, conditions.len(), 64);
    }
    for (i, condition) in conditions.iter().enumerate() {
        let fld = list.index(i);
        expression(f, condition, "expression", true, &fld);
        let name = condition.str("name");
        if name.is_empty() {
            f.required(&fld.child("name"), "");
        } else {
            f.all_invalid(&fld.child("name"), name, names::qualified_name(name));
            if super::common::before(f, conditions, i).iter().any(|c| c.str("name") == name) {
                f.duplicate(&fld.child("name"), name);
            }
        }
    }
}

/// A CEL expression: whether it is there, and one.
fn expression(f: &mut Findings<'_>, node: &Node, field: &str, is_required: bool, path: &Path<'_>) {
    let text = node.str(field).trim();
    if text.is_empty() {
        if is_required {
            f.required(&path.child(field), &format!("{field} is not specified"));
        }
        return;
    }
    if let Some(error) =
        cel::compile_error(text, &["object", "oldObject", "request", "params", "namespaceObject", "authorizer", "variables"])
    {
        f.invalid(&path.child(field), text, &format!("compilation failed: {error}"));
    } else if let Some(kind) = cel::static_type(text).filter(|_| wanted(path, field) == Some("bool")) {
        f.invalid(&path.child(field), text, &format!("must evaluate to bool but got {kind}"));
    } else if let Some(kind) = cel::static_type(text).filter(|k| wanted(path, field) == Some("string") && *k != "string") {
        f.invalid(&path.child(field), text, &format!("must evaluate to string but got {kind}"));
    }
}

/// The type that an expression has to have: conditions are true or false, messages text, variables anything.
fn wanted(path: &Path<'_>, field: &str) -> Option<&'static str> {
    let within = path.to_string();
    match field {
        "messageExpression" => Some("string"),
        "expression" if within.contains("alidations[") || within.contains("matchConditions[") => Some("bool"),
        _ => None,
    }
}

/// `ValidateValidatingAdmissionPolicy`
pub fn policy(f: &mut Findings<'_>, object: &Node) {
    meta::object_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    one_of_set(f, spec, "failurePolicy", &["Fail", "Ignore"], &path);
    if let Some(kind) = spec.opt("paramKind") {
        param_kind(f, kind, &path.child("paramKind"));
    }
    let fld = path.child("matchConstraints");
    match spec.opt("matchConstraints") {
        None => f.required(&fld, ""),
        Some(constraints) => {
            match_resources(f, constraints, &fld);
            if constraints.list("resourceRules").is_empty() {
                f.required(&fld.child("resourceRules"), "");
            }
        }
    }
    match_conditions(f, spec, &path);
    let list = path.child("variables");
    for (i, variable) in spec.list("variables").iter().enumerate() {
        let fld = list.index(i);
        let name = variable.str("name");
        if name.trim().is_empty() {
            f.required(&fld.child("name"), "name is not specified");
        } else {
            f.all_invalid(&fld.child("name"), name, names::c_identifier(name));
        }
        expression(f, variable, "expression", true, &fld);
    }
    let (validations, audits) = (spec.list("validations"), spec.list("auditAnnotations"));
    if validations.is_empty() && audits.is_empty() {
        for field in ["validations", "auditAnnotations"] {
            f.required(&path.child(field), "validations or auditAnnotations must contain at least one item");
        }
    }
    let list = path.child("validations");
    for (i, validation) in validations.iter().enumerate() {
        self::validation(f, validation, &list.index(i));
    }
    audit_annotations(f, object, audits, &path.child("auditAnnotations"));
}

fn validation(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    expression(f, node, "expression", true, path);
    expression(f, node, "messageExpression", false, path);
    let text = node.str("messageExpression");
    if !text.is_empty() && text.trim().is_empty() {
        f.invalid(&path.child("messageExpression"), text, "must be non-empty if specified");
    }
    let message = node.str("message");
    let fld = path.child("message");
    if !message.is_empty() && message.trim().is_empty() {
        f.invalid(&fld, message, "message must be non-empty if specified");
    } else if message.trim().contains(['\n', '\r']) {
        f.invalid(&fld, message, "message must not contain line breaks");
    } else if message.trim().is_empty()
        && node.str("expression").trim().contains(['\n', '\r'])
        && node.str("messageExpression").is_empty()
    {
        f.required(&fld, "message must be specified if expression contains line breaks");
    }
    let reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];
    one_of_set(f, node, "reason", &reasons, path);
}

fn audit_annotations(f: &mut Findings<'_>, object: &Node, audits: &[Node], path: &Path<'_>) {
    for (i, audit) in audits.iter().enumerate() {
        let fld = path.index(i);
        let key = audit.str("key");
        let full = format!("{}/{key}", object.get("metadata").str("name"));
        if key.is_empty() {
            f.required(&fld.child("key"), "");
        } else if object.get("metadata").str("name").is_empty() {
            f.all_invalid(&fld.child("key"), key, names::qualified_name(key));
        } else {
            f.all_invalid(&fld.child("key"), &full, names::qualified_name(&full));
        }
        if super::common::before(f, audits, i).iter().any(|a| a.str("key") == key) {
            f.duplicate(&fld.child("key"), key);
        }
        expression(f, audit, "valueExpression", true, &fld);
    }
}

fn param_kind(f: &mut Findings<'_>, kind: &Node, path: &Path<'_>) {
    let api_version = kind.str("apiVersion");
    let fld = path.child("apiVersion");
    if api_version.is_empty() {
        f.required(&fld, "");
    } else if api_version.matches('/').count() > 1 {
        f.invalid(&fld, api_version, &format!("unexpected GroupVersion string: {api_version}"));
    } else {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        if !group.is_empty() {
            f.all_invalid(&fld, group, names::dns1123_subdomain(group));
        }
        if version.is_empty() {
            f.invalid(&fld, api_version, "version must be specified");
        } else {
            f.all_invalid(&fld, version, names::dns1035_label(version));
        }
    }
    let name = kind.str("kind");
    if name.is_empty() {
        f.required(&path.child("kind"), "");
    } else if let [message, ..] = &names::dns1035_label(&name.to_lowercase())[..] {
        f.invalid(&path.child("kind"), name, &format!("may have mixed case, but should otherwise match: {message}"));
    }
}

fn match_resources(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    one_of_set(f, node, "matchPolicy", &["Equivalent", "Exact"], path);
    for field in ["namespaceSelector", "objectSelector"] {
        meta::label_selector(f, node.get(field), &path.child(field));
    }
    for field in ["resourceRules", "excludeResourceRules"] {
        let list = path.child(field);
        for (i, rule) in node.list(field).iter().enumerate() {
            let fld = list.index(i);
            let at = fld.child("resourceNames");
            let resource_names = rule.list("resourceNames");
            for (i, name) in resource_names.iter().enumerate() {
                f.all_invalid(&at.index(i), name.text(), meta::path_segment(name.text(), false));
                if super::common::before(f, resource_names, i).contains(name) {
                    f.duplicate(&at.index(i), name);
                }
            }
            rule_with_operations(f, rule, &fld);
        }
    }
}

/// `ValidateValidatingAdmissionPolicyBinding`
pub fn policy_binding(f: &mut Findings<'_>, object: &Node) {
    meta::object_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    let name = spec.str("policyName");
    if name.is_empty() {
        f.required(&path.child("policyName"), "");
    } else {
        f.all_invalid(&path.child("policyName"), name, names::dns1123_subdomain(name));
    }
    if let Some(reference) = spec.opt("paramRef") {
        param_ref(f, reference, &path.child("paramRef"));
    }
    match_resources(f, spec.get("matchResources"), &path.child("matchResources"));
    if object.str("kind") != "ValidatingAdmissionPolicyBinding" {
        return;
    }
    let list = path.child("validationActions");
    let actions = spec.list("validationActions");
    for (i, action) in actions.iter().enumerate() {
        if !matches!(action.text(), "Deny" | "Warn" | "Audit") {
            f.not_supported(&list.index(i), action, &["Audit", "Deny", "Warn"]);
        }
        if super::common::before(f, actions, i).contains(action) {
            f.duplicate(&list.index(i), action);
        }
    }
    let has = |name: &str| actions.iter().any(|a| a.text() == name);
    if has("Deny") && has("Warn") {
        f.invalid(&list, spec.get("validationActions"), "must not contain both Deny and Warn");
    }
    if actions.is_empty() {
        f.required(&list, "at least one validation action is required");
    }
}

fn param_ref(f: &mut Findings<'_>, reference: &Node, path: &Path<'_>) {
    const EITHER: &str = "name and selector are mutually exclusive";
    let has_name = !reference.str("name").is_empty();
    let selector = reference.opt("selector");
    if has_name {
        path_segment(f, reference, "name", path);
    }
    if let Some(selector) = selector {
        meta::label_selector(f, selector, &path.child("selector"));
    }
    match (has_name, selector.is_some()) {
        (true, true) => {
            f.forbidden(&path.child("name"), EITHER);
            f.forbidden(&path.child("selector"), EITHER);
        }
        (false, false) => f.required(path, "one of name or selector must be specified"),
        _ => {}
    }
    match reference.str("parameterNotFoundAction") {
        "" => f.required(&path.child("parameterNotFoundAction"), ""),
        "Allow" | "Deny" => {}
        other => f.not_supported(&path.child("parameterNotFoundAction"), other, &["Allow", "Deny"]),
    }
}
