//! Finding the schema of a kind.
//!
//! The schemas in the binary stay compressed until a kind of their version or project is asked; of those, only the definitions
//! that documents reach are compiled, once for all documents and threads.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, OnceLock};

use pintle_value::{Data, json};

use super::model::Schema;

/// A file of schemas larger than this is not one of ours.
const MAX_INFLATED: u64 = 64 << 20;

/// The Kubernetes versions in the binary: minor version and deflated definitions.
const KUBERNETES: [(u32, &[u8]); 13] = [
    (25, include_bytes!("../../../../schemas/kubernetes/1.25.bin")),
    (26, include_bytes!("../../../../schemas/kubernetes/1.26.bin")),
    (27, include_bytes!("../../../../schemas/kubernetes/1.27.bin")),
    (28, include_bytes!("../../../../schemas/kubernetes/1.28.bin")),
    (29, include_bytes!("../../../../schemas/kubernetes/1.29.bin")),
    (30, include_bytes!("../../../../schemas/kubernetes/1.30.bin")),
    (31, include_bytes!("../../../../schemas/kubernetes/1.31.bin")),
    (32, include_bytes!("../../../../schemas/kubernetes/1.32.bin")),
    (33, include_bytes!("../../../../schemas/kubernetes/1.33.bin")),
    (34, include_bytes!("../../../../schemas/kubernetes/1.34.bin")),
    (35, include_bytes!("../../../../schemas/kubernetes/1.35.bin")),
    (36, include_bytes!("../../../../schemas/kubernetes/1.36.bin")),
    (37, include_bytes!("../../../../schemas/kubernetes/1.37.bin")),
];

/// The newest Kubernetes version whose schemas are in the binary, as 1.MINOR.
pub const NEWEST: u32 = 37;
/// The oldest.
pub const OLDEST: u32 = 25;

/// `apiVersion TAB kind TAB project` of each custom kind in the binary.
const INDEX: &str = include_str!("../../../../schemas/crds/index.txt");
const PROJECTS: [(&str, &[u8]); 9] = [
    ("argo-cd", include_bytes!("../../../../schemas/crds/argo-cd.bin")),
    ("argo-rollouts", include_bytes!("../../../../schemas/crds/argo-rollouts.bin")),
    ("cert-manager", include_bytes!("../../../../schemas/crds/cert-manager.bin")),
    ("external-secrets", include_bytes!("../../../../schemas/crds/external-secrets.bin")),
    ("gateway-api", include_bytes!("../../../../schemas/crds/gateway-api.bin")),
    ("istio", include_bytes!("../../../../schemas/crds/istio.bin")),
    ("prometheus-operator", include_bytes!("../../../../schemas/crds/prometheus-operator.bin")),
    ("sealed-secrets", include_bytes!("../../../../schemas/crds/sealed-secrets.bin")),
    ("traefik", include_bytes!("../../../../schemas/crds/traefik.bin")),
];

/// The text that a blob holds; empty if it is damaged.
fn inflate(blob: &[u8]) -> String {
    let mut text = String::with_capacity(blob.len() * 16);
    match flate2::read::DeflateDecoder::new(blob).take(MAX_INFLATED).read_to_string(&mut text) {
        Ok(_) => text,
        Err(_) => String::new(),
    }
}

/// The definitions of one Kubernetes version.
#[derive(Debug)]
pub struct Kubernetes {
    text: String,
    /// apiVersion and kind, to the definition's name
    kinds: HashMap<String, String>,
    definitions: HashMap<String, Definition>,
}

#[derive(Debug)]
struct Definition {
    start: usize,
    end: usize,
    compiled: OnceLock<Option<Arc<Schema>>>,
}

fn kind_key(api_version: &str, kind: &str) -> String {
    format!("{api_version}\t{kind}")
}

impl Kubernetes {
    /// The definitions of version 1.`minor`, or `None` if they aren't in the binary.
    pub fn of(minor: u32) -> Option<&'static Kubernetes> {
        static CACHE: [OnceLock<Kubernetes>; KUBERNETES.len()] = [const { OnceLock::new() }; KUBERNETES.len()];
        let at = KUBERNETES.iter().position(|(m, _)| *m == minor)?;
        Some(CACHE[at].get_or_init(|| Kubernetes::read(inflate(KUBERNETES[at].1))))
    }

    fn read(text: String) -> Kubernetes {
        let mut kinds = HashMap::new();
        let mut definitions = HashMap::new();
        let mut start = 0;
        let mut in_kinds = true;
        for line in text.split_inclusive('\n') {
            let (from, entry) = (start, line.trim_end_matches('\n'));
            start += line.len();
            if entry.is_empty() {
                in_kinds = false;
            } else if in_kinds {
                if let Some((key, definition)) = entry.rsplit_once('\t') {
                    kinds.insert(key.to_owned(), definition.to_owned());
                }
            } else if let Some((name, _)) = entry.split_once('\t') {
                let place = Definition { start: from + name.len() + 1, end: from + entry.len(), compiled: OnceLock::new() };
                definitions.insert(name.to_owned(), place);
            }
        }
        Kubernetes { text, kinds, definitions }
    }

    /// The definition of a built-in kind.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<&str> {
        self.kinds.get(&kind_key(api_version, kind)).map(String::as_str)
    }

    /// Whether some version of the API group is built in.
    pub fn has_group(&self, group: &str) -> bool {
        self.kinds.keys().any(|k| k.split_once('/').is_some_and(|(g, _)| g == group))
    }

    /// The compiled definition of this name.
    pub fn definition(&self, name: &str) -> Option<Arc<Schema>> {
        let definition = self.definitions.get(name)?;
        let compile = || {
            let data = json::from_slice(self.text.get(definition.start..definition.end)?.as_bytes()).ok()?;
            Some(Arc::new(Schema::compile(&data)))
        };
        definition.compiled.get_or_init(compile).clone()
    }
}

/// The schema of a custom kind.
#[derive(Debug)]
pub struct Custom {
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// What they look like.
    pub schema: Schema,
}

/// Custom kinds: those of the run first, then those in the binary.
#[derive(Debug, Default)]
pub struct CustomStore {
    given: HashMap<String, Arc<Custom>>,
}

impl CustomStore {
    /// Takes the kinds that a CustomResourceDefinition defines. Anything else is left alone.
    pub fn add(&mut self, crd: &Data) {
        let Some(spec) = crd.get("spec").filter(|_| crd.get("kind").and_then(Data::as_str) == Some("CustomResourceDefinition"))
        else {
            return;
        };
        let text = |data: Option<&Data>| data.and_then(Data::as_str).unwrap_or_default().to_owned();
        let group = text(spec.get("group"));
        let kind = text(spec.get("names").and_then(|n| n.get("kind")));
        let namespaced = text(spec.get("scope")) != "Cluster";
        let shared = spec.get("validation").and_then(|v| v.get("openAPIV3Schema"));
        let versions = spec.get("versions").and_then(Data::as_list).unwrap_or_default();
        let mut add = |version: String, schema: Option<&Data>| {
            let mut schema = schema.map(Schema::compile).unwrap_or_else(|| Schema { preserve: true, ..Schema::default() });
            schema.preserve |= spec.get("preserveUnknownFields").and_then(Data::as_bool) == Some(true);
            let api_version = format!("{group}/{version}");
            self.given.insert(kind_key(&api_version, &kind), Arc::new(Custom { namespaced, schema }));
        };
        for version in versions {
            let schema = version.get("schema").and_then(|s| s.get("openAPIV3Schema")).or(shared);
            if version.get("served").and_then(Data::as_bool) != Some(false) {
                add(text(version.get("name")), schema);
            }
        }
        if versions.is_empty() {
            add(text(spec.get("version")), shared);
        }
    }

    /// A custom kind of the run.
    pub fn given(&self, api_version: &str, kind: &str) -> Option<Arc<Custom>> {
        self.given.get(&kind_key(api_version, kind)).cloned()
    }

    /// A custom kind in the binary.
    pub fn built_in(api_version: &str, kind: &str) -> Option<Arc<Custom>> {
        static KINDS: OnceLock<HashMap<&'static str, usize>> = OnceLock::new();
        let index = KINDS.get_or_init(|| {
            let lines = INDEX.lines().filter_map(|line| line.rsplit_once('\t'));
            lines.filter_map(|(key, project)| Some((key, PROJECTS.iter().position(|p| p.0 == project)?))).collect()
        });
        let key = kind_key(api_version, kind);
        let project = *index.get(key.as_str())?;
        project_kinds(project).get(&key)?.get().cloned()
    }
}

/// A compiled kind, or the JSON that it will be compiled from.
struct Lazy {
    namespaced: bool,
    json: String,
    compiled: OnceLock<Option<Arc<Custom>>>,
}

impl Lazy {
    fn get(&self) -> Option<&Arc<Custom>> {
        let compile = || {
            let data = json::from_slice(self.json.as_bytes()).ok()?;
            Some(Arc::new(Custom { namespaced: self.namespaced, schema: Schema::compile(&data) }))
        };
        self.compiled.get_or_init(compile).as_ref()
    }
}

fn project_kinds(project: usize) -> &'static HashMap<String, Lazy> {
    static CACHE: [OnceLock<HashMap<String, Lazy>>; PROJECTS.len()] = [const { OnceLock::new() }; PROJECTS.len()];
    CACHE[project].get_or_init(|| {
        let text = inflate(PROJECTS[project].1);
        let kind = |line: &str| {
            let mut parts = line.splitn(4, '\t');
            let key = kind_key(parts.next()?, parts.next()?);
            let namespaced = parts.next()? != "Cluster";
            Some((key, Lazy { namespaced, json: parts.next()?.to_owned(), compiled: OnceLock::new() }))
        };
        text.lines().filter_map(kind).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_its_kinds() {
        for (minor, _) in KUBERNETES {
            let kubernetes = Kubernetes::of(minor).unwrap();
            let definition = kubernetes.kind("apps/v1", "Deployment").unwrap();
            assert!(kubernetes.definition(definition).unwrap().property("spec").is_some(), "1.{minor}");
        }
        assert!(Kubernetes::of(37).unwrap().kind("policy/v1beta1", "PodSecurityPolicy").is_none());
        assert!(Kubernetes::of(NEWEST + 1).is_none());
    }

    #[test]
    fn every_indexed_custom_kind_compiles() {
        for line in INDEX.lines() {
            let mut parts = line.split('\t');
            let (api_version, kind) = (parts.next().unwrap(), parts.next().unwrap());
            let custom = CustomStore::built_in(api_version, kind).unwrap_or_else(|| panic!("{line}"));
            assert!(!custom.schema.properties.is_empty() || custom.schema.preserve, "{line}");
        }
        assert!(CustomStore::built_in("argoproj.io/v1alpha1", "Application").unwrap().namespaced);
    }
}
