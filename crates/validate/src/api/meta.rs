//! Metadata, labels and selectors (k8s.io/apimachinery `pkg/api/validation`, `pkg/apis/meta/v1/validation`).

use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// Checks a name, or a prefix of one.
pub type NameCheck = fn(&str, bool) -> Vec<String>;

/// A generated name's prefix may end in a dash.
fn masked(name: &str, prefix: bool) -> String {
    match name.strip_suffix('-') {
        Some(rest) if prefix && !rest.is_empty() => format!("{rest}a"),
        _ => name.to_owned(),
    }
}

/// `NameIsDNSSubdomain`
pub fn subdomain(name: &str, prefix: bool) -> Vec<String> {
    names::dns1123_subdomain(&masked(name, prefix))
}

/// `NameIsDNSLabel`
pub fn label(name: &str, prefix: bool) -> Vec<String> {
    names::dns1123_label(&masked(name, prefix))
}

/// `NameIsDNS1035Label`
pub fn label_1035(name: &str, prefix: bool) -> Vec<String> {
    names::dns1035_label(&masked(name, prefix))
}

/// `path.ValidatePathSegmentName`: what can stand in a URL.
pub fn path_segment(name: &str, prefix: bool) -> Vec<String> {
    let mut errors = Vec::new();
    if !prefix && (name == "." || name == "..") {
        errors.push(format!("may not be '{name}'"));
    }
    for part in ["/", "%"] {
        if name.contains(part) {
            errors.push(format!("may not contain '{part}'"));
        }
    }
    errors
}

/// `ValidateObjectMeta` of a whole object.
pub fn object_meta(f: &mut Findings<'_>, object: &Node, check: NameCheck) {
    object_meta_at(f, object.get("metadata"), check, &Path::ROOT.child("metadata"));
}

/// `ValidateObjectMeta`
pub fn object_meta_at(f: &mut Findings<'_>, meta: &Node, check: NameCheck, path: &Path<'_>) {
    let generate = meta.str("generateName");
    if !generate.is_empty() {
        f.all_invalid(&path.child("generateName"), generate, check(generate, true));
    }
    let name = meta.str("name");
    if name.is_empty() && generate.is_empty() {
        f.required(&path.child("name"), "name or generateName is required");
    } else if !name.is_empty() {
        f.all_invalid(&path.child("name"), name, check(name, false));
    }
    let namespace = meta.str("namespace");
    if !namespace.is_empty() {
        f.all_invalid(&path.child("namespace"), namespace, names::dns1123_label(namespace));
    }
    common(f, meta, path);
}

/// `ValidateObjectMeta` of pkg/apis/core, which all built-in groups but a few use: finalizers without a domain are Kubernetes' own.
pub fn core_meta(f: &mut Findings<'_>, object: &Node, check: NameCheck) {
    object_meta(f, object, check);
    let metadata = Path::ROOT.child("metadata");
    // All others start at 1, whatever is given (pkg/registry, PrepareForCreate).
    let group = object.str("apiVersion").split_once('/').map_or("", |(g, _)| g);
    let keeps = match group {
        "" => !matches!(object.str("kind"), "Pod" | "PodTemplate" | "ReplicationController"),
        "rbac.authorization.k8s.io" | "storage.k8s.io" | "node.k8s.io" | "coordination.k8s.io" => true,
        _ => false,
    };
    if let Some(generation) = object.get("metadata").num("generation").filter(|g| keeps && *g < 0) {
        f.invalid(&metadata.child("generation"), generation, "must be greater than or equal to 0");
    }
    let fld = metadata.child("finalizers");
    for (i, finalizer) in object.get("metadata").list("finalizers").iter().enumerate() {
        let name = finalizer.text();
        if !name.contains('/') && !matches!(name, "kubernetes" | "orphan" | "foregroundDeletion") {
            f.invalid(&fld.index(i), name, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
}

/// The metadata of a template: no name is needed.
pub fn template_meta(f: &mut Findings<'_>, meta: &Node, path: &Path<'_>) {
    labels(f, meta.get("labels"), &path.child("labels"));
    annotations(f, meta.get("annotations"), &path.child("annotations"));
}

/// What holds for all metadata.
fn common(f: &mut Findings<'_>, meta: &Node, path: &Path<'_>) {
    labels(f, meta.get("labels"), &path.child("labels"));
    annotations(f, meta.get("annotations"), &path.child("annotations"));
    owner_references(f, meta, &path.child("ownerReferences"));
    let fld = path.child("finalizers");
    let mut orphan = false;
    let mut foreground = false;
    for finalizer in meta.list("finalizers") {
        let name = finalizer.text();
        f.all_invalid(&fld, name, names::qualified_name(name));
        orphan |= name == "orphan";
        foreground |= name == "foregroundDeletion";
    }
    if orphan && foreground {
        f.invalid(&fld, meta.get("finalizers"), "finalizer orphan and foregroundDeletion cannot be both set");
    }
    let fields = path.child("managedFields");
    for (i, entry) in meta.list("managedFields").iter().enumerate() {
        let fld = fields.index(i);
        if !matches!(entry.str("operation"), "Apply" | "Update") {
            f.invalid(&fld.child("operation"), entry.get("operation"), "must be `Apply` or `Update`");
        }
        if !matches!(entry.str("fieldsType"), "" | "FieldsV1") {
            f.invalid(&fld.child("fieldsType"), entry.get("fieldsType"), "must be `FieldsV1`");
        }
        if entry.str("manager").len() > 128 {
            f.too_long(&fld.child("manager"), 128);
        }
    }
}

/// `ValidateLabels`
pub fn labels(f: &mut Findings<'_>, labels: &Node, path: &Path<'_>) {
    for member in labels.members() {
        f.all_invalid(path, &member.key, names::qualified_name(&member.key));
        f.all_invalid(path, member.node.text(), names::label_value(member.node.text()));
    }
}

/// `ValidateAnnotations`
pub fn annotations(f: &mut Findings<'_>, annotations: &Node, path: &Path<'_>) {
    let mut size = 0;
    for member in annotations.members() {
        f.all_invalid(path, &member.key, names::qualified_name(&member.key.to_lowercase()));
        size += member.key.len() + member.node.text().len();
    }
    if size > 256 << 10 {
        f.too_long(path, 256 << 10);
    }
}

fn owner_references(f: &mut Findings<'_>, meta: &Node, path: &Path<'_>) {
    let mut controllers = 0;
    for (i, owner) in meta.list("ownerReferences").iter().enumerate() {
        let fld = path.index(i);
        let api_version = owner.str("apiVersion");
        if api_version.is_empty() {
            f.required(&fld.child("apiVersion"), "must not be empty");
        } else if api_version.matches('/').count() > 1 || api_version.ends_with('/') {
            f.invalid(&fld.child("apiVersion"), api_version, "must be <group>/<version> or <version>");
        }
        for field in ["kind", "name", "uid"] {
            if owner.str(field).is_empty() {
                f.required(&fld.child(field), "must not be empty");
            }
        }
        if api_version == "v1" && owner.str("kind") == "Event" {
            f.invalid(&fld, owner, "/v1, Kind=Event is disallowed from being an owner");
        }
        controllers += usize::from(owner.bool("controller"));
    }
    if controllers > 1 {
        f.invalid(path, meta.get("ownerReferences"), "Only one reference can have Controller set to true");
    }
}

/// `ValidateLabelSelector`
pub fn label_selector(f: &mut Findings<'_>, selector: &Node, path: &Path<'_>) {
    label_selector_with(f, selector, path, false);
}

/// `ValidateLabelSelector`, with values that needn't be label values.
pub fn label_selector_with(f: &mut Findings<'_>, selector: &Node, path: &Path<'_>, any_value: bool) {
    labels(f, selector.get("matchLabels"), &path.child("matchLabels"));
    let expressions = path.child("matchExpressions");
    for (i, requirement) in selector.list("matchExpressions").iter().enumerate() {
        let fld = expressions.index(i);
        let values = requirement.list("values");
        match requirement.str("operator") {
            "In" | "NotIn" => {
                if values.is_empty() {
                    f.required(&fld.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            "Exists" | "DoesNotExist" => {
                if !values.is_empty() {
                    f.forbidden(&fld.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }
            }
            _ => f.invalid(&fld.child("operator"), requirement.str("operator"), "not a valid selector operator"),
        }
        let key = requirement.str("key");
        f.all_invalid(&fld.child("key"), key, names::qualified_name(key));
        if !any_value {
            let list = fld.child("values");
            for (i, value) in values.iter().enumerate() {
                f.all_invalid(&list.index(i), value.text(), names::label_value(value.text()));
            }
        }
    }
}

/// Whether a selector selects everything: it has no requirements.
pub fn is_empty_selector(selector: &Node) -> bool {
    selector.map("matchLabels").is_empty() && selector.list("matchExpressions").is_empty()
}

/// Whether a selector, if it is valid, matches labels.
pub fn selects(selector: &Node, labels: &Node) -> bool {
    let value = |key: &str| labels.opt(key).map(Node::text);
    let by_labels = selector.map("matchLabels").iter().all(|m| value(&m.key) == Some(m.node.text()));
    by_labels
        && selector.list("matchExpressions").iter().all(|r| {
            let found = value(r.str("key"));
            let listed = found.is_some_and(|v| r.list("values").iter().any(|n| n.text() == v));
            match r.str("operator") {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => found.is_some(),
                "DoesNotExist" => found.is_none(),
                _ => true,
            }
        })
}

/// Whether `ValidateLabelSelector` finds nothing.
pub fn is_valid_selector(f: &Findings<'_>, selector: &Node) -> bool {
    let mut found = f.about(selector);
    label_selector(&mut found, selector, &Path::ROOT);
    found.list.is_empty()
}
