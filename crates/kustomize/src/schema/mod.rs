//! What kustomize knows of kinds: which lists of which fields a strategic merge merges and by which keys, and which kinds
//! have no namespace (sigs.k8s.io/kustomize/kyaml v0.20.1, openapi/openapi.go).
//!
//! The built-in facts are those of Kubernetes v1.21.2, generated into `builtin.txt`. An `openapi` field in a kustomization
//! replaces them by a document of its own, which `custom` reads.

mod custom;

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

const BUILTIN: &str = include_str!("builtin.txt");

/// A schema within [`Schemas`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaId {
    /// Known, and nothing below it is merged.
    Closed,
    /// Known, with nothing known below it.
    Open,
    /// One that has content.
    Built(usize),
    /// One of the openapi field's document.
    Custom(usize),
}

/// What a schema says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    fields: HashMap<String, SchemaId>,
    additional: Option<SchemaId>,
    items: Option<SchemaId>,
    strategy: String,
    keys: Vec<String>,
}

/// Schemas, and the kinds that have one.
#[derive(Debug, Default)]
pub(crate) struct Table {
    schemas: Vec<Schema>,
    names: HashMap<String, SchemaId>,
    kinds: HashMap<String, HashMap<String, SchemaId>>,
    namespaced: HashMap<String, HashMap<String, bool>>,
}

/// The kinds that have a namespace and those that have none.
#[derive(Debug, Default)]
pub struct Scopes {
    custom: HashMap<String, HashMap<String, bool>>,
    // Whether a kind was asked for that isn't in the table, so that kustomize means to read the built-in document.
    asked: AtomicBool,
}

impl Scopes {
    /// Whether a kind is known to belong to the cluster (`IsCertainlyClusterScoped`).
    pub fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        let find = |table: &HashMap<String, HashMap<String, bool>>| table.get(api_version)?.get(kind).copied();
        let known = find(&builtin().namespaced).or_else(|| {
            self.asked.store(true, Ordering::Relaxed);
            find(&self.custom)
        });
        known == Some(false)
    }
}

/// The schemas of a build.
#[derive(Debug, Default)]
pub struct Schemas {
    custom: Option<Table>,
    builtin_set: bool,
    builtin_used: AtomicBool,
    // Whether the built-in document counts besides a custom one, and whether it counts more.
    both: bool,
    builtin_first: bool,
    /// The scopes of kinds.
    pub scopes: Scopes,
}

impl Schemas {
    /// The built-in ones.
    pub fn new() -> Schemas {
        Schemas::default()
    }

    /// Takes the `openapi` field of a kustomization: a version, or the document of its path. The one that was set first
    /// stays (`SetSchema` without reset).
    pub fn set(&mut self, version: Option<&str>, document: Option<&[u8]>) -> Result<(), String> {
        if self.builtin_set || self.custom.is_some() {
            return Ok(());
        }
        match (version, document) {
            (Some(_), Some(_)) => Err("builtin version and custom schema provided, cannot use both".into()),
            (None, Some(document)) => {
                // What was read or is meant to be read before stays: kustomize never forgets a schema.
                let read = *self.builtin_used.get_mut();
                let meant = *self.scopes.asked.get_mut();
                (self.both, self.builtin_first) = (read || meant, meant && !read);
                let table = custom::read(document, self.both).map_err(|e| format!("invalid schema file: {e}"))?;
                self.scopes.custom.clone_from(&table.namespaced);
                self.custom = Some(table);
                Ok(())
            }
            (None | Some(""), None) => Ok(()),
            (Some("v1.21.2"), None) => {
                self.builtin_set = true;
                Ok(())
            }
            (Some(_), None) => Err("the specified OpenAPI version is not built in".into()),
        }
    }

    /// The schema of a kind.
    pub fn of_kind(&self, api_version: &str, kind: &str) -> Option<SchemaId> {
        let find = |table: &Table| table.kinds.get(api_version)?.get(kind).copied();
        match &self.custom {
            None => {
                self.builtin_used.store(true, Ordering::Relaxed);
                find(builtin())
            }
            Some(custom) if !self.both => find(custom),
            Some(custom) if self.builtin_first => find(builtin()).or_else(|| find(custom)),
            Some(custom) => find(custom).or_else(|| find(builtin())),
        }
    }

    fn get(&self, id: SchemaId) -> Option<&Schema> {
        match id {
            SchemaId::Built(at) => builtin().schemas.get(at),
            SchemaId::Custom(at) => self.custom.as_ref()?.schemas.get(at),
            SchemaId::Closed | SchemaId::Open => None,
        }
    }

    /// The schema of a field (`ResourceSchema.Field`).
    pub fn field(&self, id: SchemaId, name: &str) -> Option<SchemaId> {
        match self.get(id) {
            Some(schema) => schema.fields.get(name).copied().or(schema.additional),
            None => (id == SchemaId::Closed).then_some(id),
        }
    }

    /// The schema of a list's items (`ResourceSchema.Elements`).
    pub fn elements(&self, id: SchemaId) -> Option<SchemaId> {
        match self.get(id) {
            Some(schema) => schema.items,
            None => (id == SchemaId::Closed).then_some(id),
        }
    }

    /// How a list is merged: the strategy, and the keys that tell its items apart (`PatchStrategyAndKeyList`).
    pub fn strategy(&self, id: SchemaId) -> (&str, &[String]) {
        self.get(id).map_or(("", &[]), |schema| (&schema.strategy, &schema.keys))
    }
}

/// The built-in facts.
fn builtin() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(read_builtin)
}

fn read_builtin() -> Table {
    let mut table = Table::default();
    let lines = || BUILTIN.lines().map(|line| line.split(' '));
    // The definitions come first, by their numbers.
    for mut words in lines() {
        if words.next() == Some("d") {
            table.schemas.push(Schema::default());
        }
    }
    for mut words in lines() {
        match words.next() {
            Some(letter @ ("n" | "c")) => {
                let kinds = table.namespaced.entry(words.next().unwrap_or("").to_owned()).or_default();
                kinds.extend(words.map(|kind| (kind.to_owned(), letter == "n")));
            }
            Some("d") => {
                let Some(at) = words.next().and_then(|n| n.parse::<usize>().ok()) else { continue };
                table.names.insert(words.next().unwrap_or("").to_owned(), SchemaId::Built(at));
                for (name, kind) in words.filter_map(|field| field.split_once(':')) {
                    let id = describe(&mut table.schemas, kind);
                    table.schemas[at].fields.insert(name.to_owned(), id);
                }
            }
            Some("g") => {
                let (Some(api_version), Some(kind), Some(schema)) = (words.next(), words.next(), words.next()) else { continue };
                let id = describe(&mut table.schemas, schema);
                table.kinds.entry(api_version.to_owned()).or_default().insert(kind.to_owned(), id);
            }
            _ => {}
        }
    }
    table
}

fn describe(schemas: &mut Vec<Schema>, text: &str) -> SchemaId {
    let schema = match text.as_bytes().first() {
        Some(b'?') => return SchemaId::Open,
        Some(b'[') => {
            let (how, items) = text[1..].split_once(';').unwrap_or(("", &text[1..]));
            let (strategy, keys) = how.split_once('/').unwrap_or((how, ""));
            let keys = keys.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
            Schema { items: Some(describe(schemas, items)), strategy: strategy.to_owned(), keys, ..Schema::default() }
        }
        Some(b'{') => Schema { additional: Some(describe(schemas, &text[1..])), ..Schema::default() },
        _ => return text.parse().map_or(SchemaId::Closed, SchemaId::Built),
    };
    schemas.push(schema);
    SchemaId::Built(schemas.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_keys_of_containers() {
        let schemas = Schemas::new();
        let mut at = schemas.of_kind("apps/v1", "Deployment").expect("known");
        for name in ["spec", "template", "spec", "containers"] {
            at = schemas.field(at, name).expect("known");
        }
        assert_eq!(schemas.strategy(at), ("merge", &["name".to_owned()][..]));
        let ports = schemas.elements(at).and_then(|c| schemas.field(c, "ports")).expect("known");
        assert_eq!(schemas.strategy(ports), ("merge", &["containerPort".to_owned(), "protocol".to_owned()][..]));
        assert!(schemas.of_kind("autoscaling/v2", "HorizontalPodAutoscaler").is_none());
    }

    #[test]
    fn scopes() {
        let scopes = Scopes::default();
        assert!(scopes.is_cluster_scoped("v1", "Namespace"));
        assert!(!scopes.is_cluster_scoped("v1", "Pod"));
        assert!(!scopes.is_cluster_scoped("example.com/v1", "Thing"));
    }
}
