//! An OpenAPI document that a kustomization's `openapi.path` names.

use std::collections::HashMap;

use pintle_value::{Data, DataMap};

use super::{Schema, SchemaId, Table};

/// Reads the definitions of a document, JSON or YAML, and the scopes that its paths tell (openapi.go, `parse`).
/// With `builtin`, definitions that it lacks are looked for among the built-in ones.
pub(super) fn read(document: &[u8], builtin: bool) -> Result<Table, String> {
    let root = pintle_yaml::from_slice(document).map_err(|e| e.message)?;
    let mut reader = Reader {
        table: Table::default(),
        definitions: root.get("definitions").and_then(Data::as_map),
        known: HashMap::new(),
        builtin,
        depth: 0,
    };
    for (name, definition) in reader.definitions.into_iter().flatten() {
        for (api_version, kind) in kinds(definition) {
            let id = reader.define(name);
            reader.table.kinds.entry(api_version).or_default().insert(kind, id);
        }
    }
    for (path, item) in root.get("paths").and_then(Data::as_map).into_iter().flatten() {
        let Some((api_version, kind)) = item.get("get").and_then(|get| get.get(KINDS)).and_then(kind) else { continue };
        let within = path.contains("namespaces/{namespace}");
        let scope = reader.table.namespaced.entry(api_version).or_default().entry(kind).or_insert(within);
        *scope |= within;
    }
    Ok(reader.table)
}

/// How deep a schema is looked into, definitions followed.
const MAX_DEPTH: usize = 500;

const KINDS: &str = "x-kubernetes-group-version-kind";

fn kinds(definition: &Data) -> Vec<(String, String)> {
    definition.get(KINDS).and_then(Data::as_list).into_iter().flatten().filter_map(kind).collect()
}

fn kind(data: &Data) -> Option<(String, String)> {
    let version = data.get("version")?.as_str()?;
    let api_version = match data.get("group").and_then(Data::as_str) {
        None | Some("") => version.to_owned(),
        Some(group) => format!("{group}/{version}"),
    };
    Some((api_version, data.get("kind")?.as_str()?.to_owned()))
}

struct Reader<'d> {
    table: Table,
    definitions: Option<&'d DataMap>,
    // Filled before a definition is read: definitions refer to themselves.
    known: HashMap<String, SchemaId>,
    builtin: bool,
    depth: usize,
}

impl<'d> Reader<'d> {
    fn define(&mut self, name: &str) -> SchemaId {
        if let Some(id) = self.known.get(name) {
            return *id;
        }
        let Some(definition) = self.definitions.and_then(|all| all.get(name)) else {
            // What isn't in the table has nothing to merge.
            return match self.builtin {
                true => super::builtin().names.get(name).copied().unwrap_or(SchemaId::Closed),
                false => SchemaId::Open,
            };
        };
        let id = SchemaId::Custom(self.table.schemas.len());
        self.table.schemas.push(Schema::default());
        self.known.insert(name.to_owned(), id);
        if let Some(other) = reference(definition) {
            let target = self.define(other);
            self.known.insert(name.to_owned(), target);
            return target;
        }
        let schema = self.schema(definition);
        if let SchemaId::Custom(at) = id {
            self.table.schemas[at] = schema;
        }
        id
    }

    fn describe(&mut self, data: &'d Data) -> SchemaId {
        if self.depth > MAX_DEPTH {
            return SchemaId::Open;
        }
        self.depth += 1;
        let id = self.describe_deeper(data);
        self.depth -= 1;
        id
    }

    fn describe_deeper(&mut self, data: &'d Data) -> SchemaId {
        if let Some(name) = reference(data) {
            return self.define(name);
        }
        let schema = self.schema(data);
        self.table.schemas.push(schema);
        SchemaId::Custom(self.table.schemas.len() - 1)
    }

    fn schema(&mut self, data: &'d Data) -> Schema {
        let text = |key: &str| data.get(key).and_then(Data::as_str);
        let mut schema = Schema::default();
        for (name, field) in data.get("properties").and_then(Data::as_map).into_iter().flatten() {
            let id = self.describe(field);
            schema.fields.insert(name.clone(), id);
        }
        schema.additional = data.get("additionalProperties").filter(|a| a.as_map().is_some()).map(|a| self.describe(a));
        if text("type") == Some("array") {
            schema.items = data.get("items").filter(|i| i.as_map().is_some()).map(|i| self.describe(i));
        }
        if let Some(strategy) = text("x-kubernetes-patch-strategy") {
            schema.strategy = strategy.to_owned();
            let listed = data.get("x-kubernetes-list-map-keys").and_then(Data::as_list);
            let keys = listed.map(|keys| keys.iter().filter_map(Data::as_str).map(str::to_owned).collect());
            schema.keys = keys.unwrap_or_else(|| text("x-kubernetes-patch-merge-key").map(str::to_owned).into_iter().collect());
        }
        schema
    }
}

fn reference(data: &Data) -> Option<&str> {
    data.get("$ref")?.as_str()?.strip_prefix("#/definitions/")
}
