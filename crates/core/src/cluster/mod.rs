//! What is known of a cluster: its versions and objects from a file, or from whoever asks it.
//!
//! [`Cluster`] is a file's knowledge ([`Cluster::read`], [`Cluster::to_yaml`]) and answers `.Capabilities` and `lookup` from it.
//! [`Lookup`] is whoever answers `lookup`: a file, or a program that asks a cluster over the lines of [`protocol`]. [`Remembered`]
//! stands between and knows afterwards what was asked, as a [`Cluster`] that answers the same. Nothing here uses a network.

pub mod protocol;
mod remembered;
mod snapshot;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use pintle_functions::world::{Instant, World};
use pintle_value::{Data, DataMap};

pub use pintle_functions::world::Query;
pub use remembered::Remembered;
pub use snapshot::from_json;

/// Answers the function `lookup` for all renders of a run, from any thread.
pub trait Lookup: Send + Sync {
    /// The object asked for, a list for an empty name, or an empty mapping when there is none.
    ///
    /// Errors: what Helm's `lookup` fails with, in its words.
    fn lookup(&self, query: Query<'_>) -> Result<Data, String>;
}

/// A [`Query`] that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// For example `apps/v1`.
    pub api_version: String,
    /// For example `Deployment`.
    pub kind: String,
    /// Empty for all namespaces or objects without one.
    pub namespace: String,
    /// Empty for a list.
    pub name: String,
}

impl Question {
    /// The same, as it is asked.
    pub fn query(&self) -> Query<'_> {
        Query { api_version: &self.api_version, kind: &self.kind, namespace: &self.namespace, name: &self.name }
    }
}

impl From<Query<'_>> for Question {
    fn from(query: Query<'_>) -> Question {
        let Query { api_version, kind, namespace, name } = query;
        let [api_version, kind, namespace, name] = [api_version, kind, namespace, name].map(str::to_owned);
        Question { api_version, kind, namespace, name }
    }
}

/// What is known of a cluster.
#[derive(Clone, Default, PartialEq)]
pub struct Cluster {
    /// Its version, as `kubectl version` prints it.
    pub kube_version: Option<String>,
    /// Its major and minor number where they aren't those of the version: some clusters say that their minor number is `31+`.
    pub kube_numbers: Option<(String, String)>,
    /// What it serves: `apps/v1`, `apps/v1/Deployment`.
    pub api_versions: Vec<String>,
    /// Objects by API version and kind, namespace (empty for one that has none) and name.
    objects: BTreeMap<(String, String), BTreeMap<(String, String), Data>>,
    /// Answers that the objects don't give: lists as the cluster gave them, errors.
    answers: BTreeMap<Question, Result<Data, String>>,
}

impl fmt::Debug for Cluster {
    // Objects may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (objects, answers) = (self.len(), self.answers.len());
        write!(f, "Cluster {{ kube_version: {:?}, objects: {objects}, answers: {answers} }}", self.kube_version)
    }
}

/// What names an object: its API version and kind, its namespace and name.
type Identity = ((String, String), (String, String));

/// What names an object. Fails with the field that it lacks.
fn identity(object: &Data) -> Result<Identity, &'static str> {
    let text = |data: Option<&Data>, key: &str| data.and_then(|d| d.get(key)).and_then(Data::as_str).map(str::to_owned);
    let metadata = object.get("metadata");
    let api_version = text(Some(object), "apiVersion").ok_or("apiVersion")?;
    let kind = text(Some(object), "kind").ok_or("kind")?;
    let name = text(metadata, "name").ok_or("metadata.name")?;
    Ok(((api_version, kind), (text(metadata, "namespace").unwrap_or_default(), name)))
}

/// How messages and `--existing` name an object: `Kind/namespace/name`, or `Kind/name`.
fn shown(kind: &str, namespace: &str, name: &str) -> String {
    match namespace {
        "" => format!("{kind}/{name}"),
        namespace => format!("{kind}/{namespace}/{name}"),
    }
}

/// The names of an object, or of the objects of a list, that a lookup gave.
pub(crate) fn names_in(found: &Data) -> Vec<String> {
    let name = |object: &Data| identity(object).ok().map(|((_, kind), (namespace, name))| shown(&kind, &namespace, &name));
    match found.get("items").and_then(Data::as_list) {
        Some(items) => items.iter().filter_map(name).collect(),
        None => name(found).into_iter().collect(),
    }
}

impl Cluster {
    /// What a cluster says of itself: its version, the major and minor number that it gives beside it, and what it serves.
    pub fn of_versions(kube_version: String, major: String, minor: String, api_versions: Vec<String>) -> Cluster {
        let mut numbers = kube_version.trim_start_matches('v').split('.');
        let is_of_version = numbers.next() == Some(&major) && numbers.next() == Some(&minor);
        let kube_numbers = (!is_of_version).then_some((major, minor));
        Cluster { kube_version: Some(kube_version), kube_numbers, api_versions, ..Cluster::default() }
    }

    /// Adds an object; one that is known already is replaced.
    ///
    /// Errors: the field that it lacks, of `apiVersion`, `kind` and `metadata.name`.
    pub fn add(&mut self, object: Data) -> Result<(), &'static str> {
        let (kind, name) = identity(&object)?;
        self.objects.entry(kind).or_default().insert(name, object);
        Ok(())
    }

    /// Adds the answer to a question, whatever the objects say.
    pub fn answer(&mut self, question: Question, answer: Result<Data, String>) {
        self.answers.insert(question, answer);
    }

    /// How many objects are known.
    pub fn len(&self) -> usize {
        self.objects.values().map(BTreeMap::len).sum()
    }

    /// Whether no object is known.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The objects, by API version and kind, namespace and name.
    pub fn objects(&self) -> impl Iterator<Item = &Data> {
        self.objects.values().flat_map(BTreeMap::values)
    }

    /// The objects as `Kind/namespace/name`, or `Kind/name`.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let objects = self
            .objects
            .iter()
            .flat_map(|((_, kind), objects)| objects.keys().map(move |(namespace, name)| shown(kind, namespace, name)));
        objects.chain(self.answers.values().flatten().flat_map(names_in))
    }

    /// What Helm's `lookup` gives (Helm 4.3.1, `pkg/engine/lookup_func.go`): the object, a list for an empty name, an empty map for
    /// what doesn't exist.
    ///
    /// Errors: an API version that the cluster doesn't serve.
    pub fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
        if let Some(answer) = self.answers.get(&Question::from(query)) {
            return answer.clone();
        }
        let Query { api_version, kind, namespace, name } = query;
        let key = (api_version.to_owned(), kind.to_owned());
        let objects = self.objects.get(&key);
        // As for `.Capabilities`: a file that lists no versions leaves Helm's defaults.
        let serves = || match self.api_versions.is_empty() {
            true => API_VERSIONS.contains(&api_version),
            false => {
                self.api_versions.iter().any(|v| v == api_version || v.rsplit_once('/').is_some_and(|(v, _)| v == api_version))
            }
        };
        if objects.is_none() && !serves() {
            let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
            return Err(format!(
                "unable to get apiresource from unstructured: {group}/{version}, Kind={kind}: the server could not find the requested \
                 resource"
            ));
        }
        let objects = objects.into_iter().flatten();
        if !name.is_empty() {
            // What has no namespace is found in any.
            let mut found = objects.filter(|((ns, n), _)| n == name && (ns.is_empty() || ns == namespace));
            return Ok(found.next().map_or_else(|| Data::Map(DataMap::new()), |(_, object)| object.clone()));
        }
        let listed = objects.filter(|((ns, _), _)| namespace.is_empty() || ns.is_empty() || ns == namespace);
        let items = listed.map(|(_, object)| object.clone()).collect();
        Ok(Data::Map(DataMap::from([
            ("apiVersion".to_owned(), Data::String(api_version.to_owned())),
            ("kind".to_owned(), Data::String(format!("{kind}List"))),
            ("metadata".to_owned(), Data::Map(DataMap::new())),
            ("items".to_owned(), Data::List(items)),
        ])))
    }
}

impl Lookup for Cluster {
    fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
        Cluster::lookup(self, query)
    }
}

/// A world whose lookups somebody else answers.
pub(crate) struct OnCluster<W> {
    pub world: W,
    pub lookups: Arc<dyn Lookup>,
}

impl<W: World> World for OnCluster<W> {
    fn now(&self) -> Instant {
        self.world.now()
    }
    fn fill(&self, bytes: &mut [u8]) {
        self.world.fill(bytes);
    }
    fn resolve(&self, host: &str) -> String {
        self.world.resolve(host)
    }
    fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
        self.lookups.lookup(query)
    }
}

/// The API versions of `k8s.io/client-go` 0.37 in the order of its scheme, and those of apiextensions.
pub(crate) const API_VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

#[cfg(test)]
mod tests {
    use super::*;

    const SNAPSHOT: &str = "kind: ClusterSnapshot
kubeVersion: v1.31.4
apiVersions: [v1, v1/ConfigMap, apps/v1, apps/v1/Deployment]
objects:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: one}, data: {n: \"1\"}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: two}}
- {apiVersion: v1, kind: Namespace, metadata: {name: one}}
";

    fn query<'a>(api_version: &'a str, kind: &'a str, namespace: &'a str, name: &'a str) -> Query<'a> {
        Query { api_version, kind, namespace, name }
    }

    fn names(found: &Data) -> Vec<&str> {
        let items = found.get("items").and_then(Data::as_list).unwrap();
        items.iter().map(|i| i.get("metadata").and_then(|m| m.get("name")).and_then(Data::as_str).unwrap()).collect()
    }

    #[test]
    fn a_file_without_versions_serves_helms_defaults() {
        let cluster = Cluster::read("c.yaml", b"kind: ClusterSnapshot\nobjects: []\n").unwrap();
        assert_eq!(cluster.lookup(query("apps/v1", "Deployment", "one", "a")), Ok(Data::Map(DataMap::new())));
        assert!(cluster.lookup(query("example.com/v1", "Lamp", "one", "a")).is_err());
    }

    #[test]
    fn lookups_are_answered_as_a_cluster_answers_helm() {
        let cluster = Cluster::read("c.yaml", SNAPSHOT.as_bytes()).unwrap();
        let one = |q| cluster.lookup(q).unwrap();
        let none = Data::Map(DataMap::new());
        assert!(one(query("v1", "ConfigMap", "one", "a")).get("data").is_some());
        assert_eq!(one(query("v1", "ConfigMap", "one", "b")), none);
        // A namespaced object has to be asked for in its namespace, another in any.
        assert_eq!(one(query("v1", "ConfigMap", "", "a")), none);
        assert_ne!(one(query("v1", "Namespace", "other", "one")), none);
        assert_eq!(names(&one(query("v1", "ConfigMap", "", ""))), ["a", "a"]);
        let list = one(query("v1", "ConfigMap", "two", ""));
        assert_eq!((names(&list), list.get("kind").and_then(Data::as_str)), (vec!["a"], Some("ConfigMapList")));
        assert_eq!(names(&one(query("apps/v1", "Deployment", "one", ""))), [""; 0]);
        let error = cluster.lookup(query("example.com/v1", "Thing", "", "a")).unwrap_err();
        assert!(error.starts_with("unable to get apiresource from unstructured: example.com/v1, Kind=Thing: "), "{error}");
    }

    #[test]
    fn an_answer_counts_more_than_objects() {
        let mut cluster = Cluster::read("c.yaml", SNAPSHOT.as_bytes()).unwrap();
        let asked = query("v1", "ConfigMap", "one", "a");
        cluster.answer(Question::from(asked), Err("forbidden".to_owned()));
        assert_eq!(cluster.lookup(asked), Err("forbidden".to_owned()));
        assert!(cluster.lookup(query("v1", "ConfigMap", "two", "a")).is_ok());
    }
}
