//! What is known of a cluster without asking it: a file with its versions and some of its objects.
//!
//! Takes the text of a snapshot, answers `.Capabilities` and `lookup` from it. A snapshot is YAML or JSON:
//!
//! ```yaml
//! kind: ClusterSnapshot
//! kubeVersion: v1.31.4
//! # What the cluster serves: versions, and versions with kinds.
//! apiVersions: [v1, v1/Secret, apps/v1, apps/v1/Deployment]
//! # Whole objects, as `kubectl get -o yaml` prints them.
//! objects:
//!   - apiVersion: v1
//!     kind: Secret
//!     metadata: {name: db, namespace: prod}
//!     data: {password: aHVudGVyMg==}
//! ```

use std::collections::BTreeMap;
use std::fmt;

use pintle_functions::world::{Instant, Query, World};
use pintle_value::{Data, DataMap};
use pintle_yaml::Tree;

use crate::diagnostic::{Diagnostic, Error, Result, Span};
use crate::provenance::nearest;

/// What is known of a cluster.
#[derive(Clone, Default)]
pub struct Cluster {
    /// Its version, as `kubectl version` prints it.
    pub kube_version: Option<String>,
    /// What it serves: `apps/v1`, `apps/v1/Deployment`.
    pub api_versions: Vec<String>,
    /// Objects by API version and kind, namespace (empty for one that has none) and name.
    objects: BTreeMap<(String, String), BTreeMap<(String, String), Data>>,
}

impl fmt::Debug for Cluster {
    // Objects may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let objects: usize = self.objects.values().map(BTreeMap::len).sum();
        write!(f, "Cluster {{ kube_version: {:?}, objects: {objects} }}", self.kube_version)
    }
}

impl Cluster {
    /// Reads a snapshot; `file` is its name, for messages.
    ///
    /// Errors: what is no YAML, a field that isn't known or isn't of its type, an object without apiVersion, kind or name.
    pub fn read(file: &str, text: &[u8]) -> Result<Cluster> {
        let wrong = |tree: Option<&Tree<'_>>, key: &str, message: String| {
            let at = tree.and_then(|t| t.locate(&[pintle_yaml::Step::Key(key)])).map(|p| p.key.unwrap_or(p.value).start);
            let span = Span::new(file, at.map_or(0, |p| p.line), at.map_or(0, |p| p.column), 0);
            Error::from(Diagnostic::error("cluster/snapshot", message).at(span))
        };
        let failed = |e: pintle_yaml::Error| Error::new("yaml/parse", format!("{file}: {}", e.message));
        let tree = Tree::parse(text).map_err(failed)?;
        let data = tree.as_ref().map_or(Ok(Data::Null), Tree::to_data).map_err(failed)?;
        let tree = tree.as_ref();
        let Data::Map(fields) = data else {
            return Err(wrong(tree, "", "a snapshot is a mapping with kubeVersion, apiVersions and objects".to_owned()));
        };
        let mut cluster = Cluster::default();
        for (key, value) in fields {
            let typed = |what: &str| wrong(tree, &key, format!("{key} must be {what}"));
            match (key.as_str(), value) {
                ("kind", Data::String(kind)) if kind == "ClusterSnapshot" => {}
                ("kind", _) => return Err(typed("ClusterSnapshot")),
                ("apiVersion", _) | (_, Data::Null) => {}
                ("kubeVersion", Data::String(version)) => cluster.kube_version = Some(version),
                ("kubeVersion", _) => return Err(typed("a text such as v1.31.4")),
                ("apiVersions", Data::List(items)) => {
                    for item in items {
                        let Data::String(version) = item else { return Err(typed("a list of texts such as apps/v1/Deployment")) };
                        cluster.api_versions.push(version);
                    }
                }
                ("apiVersions", _) => return Err(typed("a list of texts such as apps/v1/Deployment")),
                ("objects", Data::List(items)) => {
                    for (n, object) in items.into_iter().enumerate() {
                        cluster.add(object).map_err(|what| wrong(tree, &key, format!("objects[{n}] has no {what}")))?;
                    }
                }
                ("objects", _) => return Err(typed("a list of objects")),
                _ => {
                    let near = nearest(&key, ["kubeVersion", "apiVersions", "objects"].into_iter());
                    let hint = near.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
                    return Err(wrong(tree, &key, format!("unknown field \"{key}\"{hint}")));
                }
            }
        }
        Ok(cluster)
    }

    /// Adds an object. Fails with the field that it lacks.
    fn add(&mut self, object: Data) -> Result<(), &'static str> {
        let text = |data: Option<&Data>, key: &str| data.and_then(|d| d.get(key)).and_then(Data::as_str).map(str::to_owned);
        let metadata = object.get("metadata");
        let api_version = text(Some(&object), "apiVersion").ok_or("apiVersion")?;
        let kind = text(Some(&object), "kind").ok_or("kind")?;
        let name = text(metadata, "name").ok_or("metadata.name")?;
        let namespace = text(metadata, "namespace").unwrap_or_default();
        self.objects.entry((api_version, kind)).or_default().insert((namespace, name), object);
        Ok(())
    }

    /// The objects as `Kind/namespace/name`, or `Kind/name`.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.objects.iter().flat_map(|((_, kind), objects)| {
            objects.keys().map(move |(namespace, name)| match namespace.as_str() {
                "" => format!("{kind}/{name}"),
                namespace => format!("{kind}/{namespace}/{name}"),
            })
        })
    }

    /// What Helm's `lookup` gives (Helm 4.3.1, `pkg/engine/lookup_func.go`): the object, a list for an empty name, an empty map for
    /// what isn't there.
    ///
    /// Errors: an API version that the cluster doesn't serve.
    pub fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
        let Query { api_version, kind, namespace, name } = query;
        let key = (api_version.to_owned(), kind.to_owned());
        let objects = self.objects.get(&key);
        let serves =
            || self.api_versions.iter().any(|v| v == api_version || v.rsplit_once('/').is_some_and(|(v, _)| v == api_version));
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

/// A world whose lookups a snapshot answers.
pub(crate) struct OnCluster<W> {
    pub world: W,
    pub cluster: std::sync::Arc<Cluster>,
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
        self.cluster.lookup(query)
    }
}

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
    fn what_is_no_snapshot_is_told_with_its_place() {
        for (text, message, line) in [
            ("[]", "a snapshot is a mapping with kubeVersion, apiVersions and objects", 0),
            (
                "kubeVersion: v1.31.4\napiVersion: v1\napiVersoins: []",
                "unknown field \"apiVersoins\"; did you mean apiVersions?",
                3,
            ),
            ("kubeVersion: 1.31", "kubeVersion must be a text such as v1.31.4", 1),
            ("objects: [{kind: A, apiVersion: v1}]", "objects[0] has no metadata.name", 1),
            ("kind: Secret", "kind must be ClusterSnapshot", 1),
        ] {
            let error = Cluster::read("c.yaml", text.as_bytes()).unwrap_err();
            let d = &error.diagnostics()[0];
            assert_eq!((d.message.as_str(), d.span.as_ref().map_or(0, |s| s.line)), (message, line), "{text}");
        }
        assert!(Cluster::read("c.yaml", b"a: [").is_err());
    }
}
