//! Group, version and kind, and the identity of a resource (sigs.k8s.io/kustomize/kyaml v0.20.1, resid).

use std::cmp::Ordering;
use std::fmt;

use crate::schema::Scopes;

/// A group, a version and a kind; as a selector, empty parts match anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gvk {
    /// The group; empty for the core one.
    pub group: String,
    /// The version.
    pub version: String,
    /// The kind.
    pub kind: String,
    // Only what is made of a node or of a string knows this, as in Go.
    pub(crate) cluster_scoped: bool,
}

impl Gvk {
    /// A group, version and kind whose scope isn't asked for.
    pub fn new(group: &str, version: &str, kind: &str) -> Gvk {
        Gvk { group: group.into(), version: version.into(), kind: kind.into(), cluster_scoped: false }
    }

    /// With the scope that the schema gives the kind (`NewGvk`).
    pub fn scoped(group: &str, version: &str, kind: &str, scopes: &Scopes) -> Gvk {
        let mut gvk = Gvk::new(group, version, kind);
        gvk.cluster_scoped = scopes.is_cluster_scoped(&gvk.api_version(), kind);
        gvk
    }

    /// Group and version as `apiVersion` has them.
    pub fn api_version(&self) -> String {
        match self.group.is_empty() {
            true => self.version.clone(),
            false => format!("{}/{}", self.group, self.version),
        }
    }

    /// Whether group, version and kind are the same (`Equals`).
    pub fn same(&self, other: &Gvk) -> bool {
        self.group == other.group && self.version == other.version && self.kind == other.kind
    }

    /// Whether the parts that `selector` names are this one's (`IsSelected`).
    pub fn is_selected(&self, selector: &Gvk) -> bool {
        let fits = |wanted: &str, have: &str| wanted.is_empty() || wanted == have;
        fits(&selector.group, &self.group) && fits(&selector.version, &self.version) && fits(&selector.kind, &self.kind)
    }

    /// The order of field specifications (`IsLessThan`).
    pub fn order(&self, other: &Gvk) -> Ordering {
        let rank = |gvk: &Gvk| rank(&gvk.kind, ORDER_FIRST, ORDER_LAST);
        rank(self).cmp(&rank(other)).then_with(|| self.sort_key().cmp(&other.sort_key()))
    }

    /// The text by which kinds of equal rank are sorted (`stableSortString`).
    pub fn sort_key(&self) -> String {
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        [or(&self.group, "~G"), or(&self.version, "~V"), or(&self.kind, "~K")].join("_")
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &str, none: &'static str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        write!(f, "{}.{}.{}", or(&self.kind, "[noKind]"), or(&self.version, "[noVer]"), or(&self.group, "[noGrp]"))
    }
}

/// The place of a kind among those that come first (negative), last (positive) or between (0).
pub fn rank<S: AsRef<str>>(kind: &str, first: &[S], last: &[S]) -> i64 {
    // A kind in both lists is among the last ones; of several mentions the last counts.
    if let Some(i) = last.iter().rposition(|k| k.as_ref() == kind) {
        return 1 + i as i64;
    }
    first.iter().rposition(|k| k.as_ref() == kind).map_or(0, |i| i as i64 - first.len() as i64)
}

/// The kinds that are printed first, and before which references are repaired.
pub const ORDER_FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// The kinds that are printed last.
pub const ORDER_LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// `apiVersion` cut at its first slash.
pub fn parse_group_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The namespace of what has none.
pub const NOT_A_NAMESPACE: &str = "_non_namespaceable_";

/// What tells a resource from all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ResId {
    /// Its group, version and kind.
    pub gvk: Gvk,
    /// `metadata.name`
    pub name: String,
    /// `metadata.namespace`
    pub namespace: String,
}

impl ResId {
    /// The namespace that it is in: none and `default` are the same (`EffectiveNamespace`).
    pub fn effective_namespace(&self) -> &str {
        match self.namespace.as_str() {
            _ if self.gvk.cluster_scoped => NOT_A_NAMESPACE,
            "" => "default",
            namespace => namespace,
        }
    }

    /// Whether both are in the same namespace (`IsNsEquals`).
    pub fn same_namespace(&self, other: &ResId) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    /// `GvknEquals`
    pub fn same_gvkn(&self, other: &ResId) -> bool {
        self.name == other.name && self.gvk.same(&other.gvk)
    }

    /// `Equals`
    pub fn same(&self, other: &ResId) -> bool {
        self.same_gvkn(other) && self.same_namespace(other)
    }

    /// `IsSelectedBy`
    pub fn is_selected_by(&self, selector: &ResId) -> bool {
        (selector.name.is_empty() || selector.name == self.name)
            && (selector.namespace.is_empty() || selector.same_namespace(self))
            && self.gvk.is_selected(&selector.gvk)
    }

    /// `kind/name`, and the namespace if there is one: for messages.
    pub fn short(&self) -> String {
        match self.namespace.as_str() {
            "" => format!("{}/{}", self.gvk.kind, self.name),
            namespace => format!("{}/{} in namespace {namespace}", self.gvk.kind, self.name),
        }
    }
}

impl fmt::Display for ResId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &str, none: &'static str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        write!(f, "{}/{}.{}", self.gvk, or(&self.name, "[noName]"), or(&self.namespace, "[noNs]"))
    }
}
