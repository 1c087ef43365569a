//! The objects of a release by what they are, and the pods that they make.

use std::collections::BTreeMap;

use pintle_value::{Data, DataMap};

use pintle_diagnostic::{Diagnostic, Object, Path, Rule};

use crate::{Options, rules};

/// Kinds without a namespace that releases hold.
const CLUSTER_KINDS: &[&str] = &[
    "APIService",
    "CSIDriver",
    "ClusterIssuer",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterSecretStore",
    "CustomResourceDefinition",
    "GatewayClass",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "ClusterAnalysisTemplate",
];

/// The objects, to be asked for by kind, namespace and name.
pub struct Inventory<'o> {
    objects: &'o [&'o Data],
    namespace: String,
    existing: &'o [String],
    by_name: BTreeMap<(String, String, String), usize>,
    /// The pods that objects make, by the objects' namespaces.
    pods: BTreeMap<String, Vec<(usize, Pods<'o>)>>,
}

/// A pod or a template of pods.
#[derive(Clone, Copy)]
pub struct Pods<'o> {
    /// `metadata.labels`
    pub labels: Option<&'o DataMap>,
    /// `metadata.annotations`
    pub annotations: Option<&'o DataMap>,
    /// The pod's `spec`.
    pub spec: &'o Data,
    /// Where the spec stands in its object.
    pub path: &'static str,
}

/// The text of a field, by its keys.
pub(crate) fn text<'d>(data: &'d Data, path: &str) -> Option<&'d str> {
    at(data, path).and_then(Data::as_str)
}

/// A field, by its keys with dots between.
pub(crate) fn at<'d>(data: &'d Data, path: &str) -> Option<&'d Data> {
    path.split('.').try_fold(data, |d, key| d.get(key))
}

/// The items of a list, none of what isn't one.
pub(crate) fn items<'d>(data: &'d Data, path: &str) -> &'d [Data] {
    at(data, path).and_then(Data::as_list).unwrap_or_default()
}

/// A whole number.
pub(crate) fn number(data: &Data) -> Option<i64> {
    match data {
        Data::Int(n) => Some(*n),
        Data::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => Some(*f as i64),
        _ => None,
    }
}

pub(crate) fn kind(object: &Data) -> &str {
    text(object, "kind").unwrap_or_default()
}

/// The group of `apiVersion`; empty for the core group.
pub(crate) fn group(object: &Data) -> &str {
    text(object, "apiVersion").and_then(|v| v.split_once('/')).map_or("", |(group, _)| group)
}

impl<'o> Inventory<'o> {
    /// Of objects in the order of a release.
    pub fn new(objects: &'o [&'o Data], options: &'o Options) -> Inventory<'o> {
        let namespace = if options.namespace.is_empty() { "default".to_owned() } else { options.namespace.clone() };
        let mut inventory =
            Inventory { objects, namespace, existing: &options.existing, by_name: BTreeMap::new(), pods: BTreeMap::new() };
        for (i, object) in objects.iter().enumerate() {
            let namespace = inventory.namespace_of(object);
            if let Some(pods) = pods(object) {
                inventory.pods.entry(namespace.clone()).or_default().push((i, pods));
            }
            let key = (kind(object).to_owned(), namespace, name(object).to_owned());
            inventory.by_name.entry(key).or_insert(i);
        }
        inventory
    }

    /// The objects.
    pub fn objects(&self) -> &'o [&'o Data] {
        self.objects
    }

    /// An object's namespace; empty for one that has none.
    pub fn namespace_of(&self, object: &Data) -> String {
        if CLUSTER_KINDS.contains(&kind(object)) {
            return String::new();
        }
        text(object, "metadata.namespace").filter(|n| !n.is_empty()).unwrap_or(&self.namespace).to_owned()
    }

    /// An object as messages name it.
    pub fn title(&self, i: usize) -> String {
        let object = &self.objects[i];
        match text(object, "metadata.namespace") {
            Some(namespace) => format!("{} {namespace}/{}", kind(object), name(object)),
            None => format!("{} {}", kind(object), name(object)),
        }
    }

    /// A finding about an object.
    pub(crate) fn finding(&self, rule: &'static Rule, i: usize, path: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { object: Some(self.object(i)), path: Path::parse(path), ..Diagnostic::new(rule, message) }
    }

    /// An object as findings name it.
    fn object(&self, i: usize) -> Object {
        let object = &self.objects[i];
        let text = |path: &str| text(object, path).unwrap_or_default().to_owned();
        Object {
            api_version: text("apiVersion"),
            kind: kind(object).to_owned(),
            namespace: text("metadata.namespace"),
            name: name(object).to_owned(),
        }
    }

    /// The object of a kind, namespace and name.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<usize> {
        let namespace = if CLUSTER_KINDS.contains(&kind) { "" } else { namespace };
        self.by_name.get(&(kind.to_owned(), namespace.to_owned(), name.to_owned())).copied()
    }

    /// Whether an object is declared to exist though nothing renders it.
    pub fn is_declared(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let fits = |pattern: &str, text: &str| {
            pattern == "*" || pattern == text || pattern.strip_suffix('*').is_some_and(|p| text.starts_with(p))
        };
        self.existing.iter().any(|declared| match declared.split('/').collect::<Vec<_>>()[..] {
            [k, n] => fits(k, kind) && fits(n, name),
            [k, ns, n] => fits(k, kind) && fits(ns, namespace) && fits(n, name),
            _ => false,
        })
    }

    /// Names of a kind in a namespace, for hints.
    pub fn names(&self, kind: &str, namespace: &str) -> Vec<&str> {
        let of = self.by_name.keys().filter(|(k, ns, _)| k == kind && ns == namespace);
        of.map(|(.., name)| name.as_str()).collect()
    }

    /// The pods that a namespace's objects make, with the index of their object.
    pub fn pods(&self, namespace: &str) -> &[(usize, Pods<'o>)] {
        self.pods.get(namespace).map(Vec::as_slice).unwrap_or_default()
    }

    /// Two objects with one identity: the second would replace the first.
    pub(crate) fn duplicates(&self, findings: &mut Vec<(usize, Diagnostic)>) {
        let mut seen: BTreeMap<(&str, &str, String, &str), usize> = BTreeMap::new();
        for (i, object) in self.objects.iter().enumerate() {
            if name(object).is_empty() {
                continue;
            }
            let identity = (group(object), kind(object), self.namespace_of(object), name(object));
            if seen.insert(identity, i).is_some() {
                let message = "already exists: one of the two would replace the other";
                findings.push((i, self.finding(&rules::DUPLICATE, i, "metadata.name", message)));
            }
        }
    }
}

pub(crate) fn name(object: &Data) -> &str {
    text(object, "metadata.name").unwrap_or_default()
}

/// The pods that an object makes.
pub(crate) fn pods(object: &Data) -> Option<Pods<'_>> {
    let (metadata, path) = match (group(object), kind(object)) {
        ("", "Pod") => ("metadata", "spec"),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job")
        | ("argoproj.io", "Rollout")
        | ("", "ReplicationController") => ("spec.template.metadata", "spec.template.spec"),
        ("batch", "CronJob") => ("spec.jobTemplate.spec.template.metadata", "spec.jobTemplate.spec.template.spec"),
        _ => return None,
    };
    let of = |key: &str| at(object, metadata).and_then(|m| m.get(key)).and_then(Data::as_map);
    Some(Pods { labels: of("labels"), annotations: of("annotations"), spec: at(object, path)?, path })
}

/// Whether labels fit a plain map of labels.
pub(crate) fn fits(selector: &DataMap, labels: Option<&DataMap>) -> bool {
    selector.iter().all(|(k, v)| labels.is_some_and(|l| l.get(k) == Some(v)))
}

/// Whether labels fit a `LabelSelector`: its labels and its expressions.
pub(crate) fn fits_selector(selector: &Data, labels: Option<&DataMap>) -> bool {
    let plain = selector.get("matchLabels").and_then(Data::as_map);
    let expression = |e: &Data| {
        let value = labels.and_then(|l| l.get(text(e, "key").unwrap_or_default()));
        let listed = || value.is_some_and(|v| items(e, "values").contains(v));
        match text(e, "operator") {
            Some("In") => listed(),
            Some("NotIn") => !listed(),
            Some("Exists") => value.is_some(),
            Some("DoesNotExist") => value.is_none(),
            _ => false,
        }
    };
    plain.is_none_or(|p| fits(p, labels)) && items(selector, "matchExpressions").iter().all(expression)
}
