//! The announcement of parameters, as the application's page shows them.
//!
//! A JSON array of `repository.ParameterAnnouncement` (argo-cd v3, `reposerver/repository/repository.proto`): the plugin's own parameters, then
//! the chart's values, with what values.schema.json says of them.

use std::collections::BTreeMap;
use std::path::Path;

use pintle_core::secrets::is_secret;
use pintle_core::{Chart, Compat, Data, DataMap, Error};
use pintle_value::json;

use crate::parameters::{KNOWN, Known, VALUE};
use crate::{Application, Kind, Said, generate, rules, values};
use pintle_core::project::discover::Found;

/// References of a schema are followed no further than this: they may go round in circles.
const MAX_REFERENCES: usize = 8;

/// The parameters that the application's page offers, as JSON.
///
/// Errors: those of the folder; a chart that can't be loaded.
pub fn parameters(app: &Application) -> Result<Said, Error> {
    let kind = app.kind()?;
    let has_values = matches!(kind, Kind::Found(Found::Project(_) | Found::Chart(_)));
    let mut out: Vec<Data> = KNOWN.iter().filter(|k| has_values || k.everywhere).map(|k| own(app, k)).collect();
    if let Kind::Found(Found::Chart(path)) = &kind {
        let chart = Chart::load(path, &generate::load_options(app, Compat::default()))?;
        let schema = chart.schema.as_ref().and_then(|text| json::from_slice(text).ok()).unwrap_or_default();
        let root = Schema { root: &schema, at: &schema };
        root.table("", &current(app, path, &chart), 0, &mut out);
    }
    let text = json::to_string(&Data::List(out)).map_err(|e| Error::new(&rules::CMP_PARAMETER, format!("{e:?}")))?;
    Ok(Said::of((text + "\n").into_bytes()))
}

fn text(text: impl Into<String>) -> Data {
    Data::String(text.into())
}

/// A parameter of the plugin with what holds if nobody sets it.
fn own(app: &Application, known: &Known) -> Data {
    let default = match known.name {
        "release-name" => app.environment.application().unwrap_or_default(),
        "namespace" => app.environment.get("ARGOCD_APP_NAMESPACE").unwrap_or_default(),
        "kube-version" => app.environment.get("KUBE_VERSION").unwrap_or_default(),
        "validation" => "error",
        "include-crds" => "true",
        "ignore-missing-value-files" | "skip-tests" | "allow-empty" => "false",
        _ => "",
    };
    let value = match known.collection {
        "array" => ("array", Data::List(Vec::new())),
        "map" => ("map", Data::Map(DataMap::new())),
        _ => ("string", text(default)),
    };
    announcement(known.name, known.title, known.tooltip, false, [known.item, known.collection], Some(value))
}

fn announcement(name: &str, title: &str, tooltip: &str, required: bool, kinds: [&str; 2], value: Option<(&str, Data)>) -> Data {
    let mut out: BTreeMap<String, Data> = [
        ("name", text(name)),
        ("title", text(title)),
        ("tooltip", text(tooltip)),
        ("required", Data::Bool(required)),
        ("itemType", text(kinds[0])),
        ("collectionType", text(kinds[1])),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v))
    .collect();
    out.extend(value.map(|(key, value)| (key.to_owned(), value)));
    Data::Map(out)
}

/// The values without the page's own ones: the chart's, and over them those of the application's files. Files that can't be read are the
/// error of the render; the page is of more use with the chart's values than without any.
fn current(app: &Application, path: &Path, chart: &Chart) -> DataMap {
    let mut out = chart.values.clone();
    let files = values::files(app, Some(path)).map(|f| f.files).unwrap_or_default();
    for file in files {
        let given =
            app.paths.root.text(&file).ok().and_then(|text| pintle_yaml::Tree::parse(&text).ok().flatten()?.to_data().ok());
        if let Some(Data::Map(over)) = given {
            merge(&mut out, over);
        }
    }
    out
}

/// As Helm does: tables are merged, null removes.
fn merge(under: &mut DataMap, over: DataMap) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (_, Data::Null) => {
                under.remove(&key);
            }
            (Some(Data::Map(under)), Data::Map(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// A place in a schema.
#[derive(Clone, Copy)]
struct Schema<'s> {
    root: &'s Data,
    at: &'s Data,
}

impl<'s> Schema<'s> {
    /// The schema itself, behind references within the file.
    fn resolved(self) -> Schema<'s> {
        let mut at = self.at;
        for _ in 0..MAX_REFERENCES {
            let Some(path) = at.get("$ref").and_then(Data::as_str).and_then(|r| r.strip_prefix("#/")) else { break };
            let Some(next) = path.split('/').try_fold(self.root, |at, key| at.get(&key.replace("~1", "/").replace("~0", "~")))
            else {
                break;
            };
            at = next;
        }
        Schema { at, ..self }
    }

    fn property(self, key: &str) -> Schema<'s> {
        let at = self.at.get("properties").and_then(|p| p.get(key)).unwrap_or(&Data::Null);
        Schema { at, ..self }.resolved()
    }

    fn text(self, key: &str) -> &'s str {
        self.at.get(key).and_then(Data::as_str).unwrap_or_default()
    }

    /// The kind that a schema names; of several the first that isn't null.
    fn kind(self) -> &'s str {
        match self.at.get("type") {
            Some(Data::List(kinds)) => kinds.iter().filter_map(Data::as_str).find(|k| *k != "null").unwrap_or_default(),
            _ => self.text("type"),
        }
    }

    fn has_properties(self) -> bool {
        self.at.get("properties").and_then(Data::as_map).is_some_and(|p| !p.is_empty())
    }

    /// Every value of a table: those that have a default, and those that only the schema knows.
    fn table(self, path: &str, values: &DataMap, depth: usize, out: &mut Vec<Data>) {
        let described = self.at.get("properties").and_then(Data::as_map);
        let mut keys: Vec<&String> = values.keys().chain(described.into_iter().flat_map(DataMap::keys)).collect();
        keys.sort();
        keys.dedup();
        let required = self.at.get("required").and_then(Data::as_list).unwrap_or_default();
        for key in keys {
            let schema = self.property(key);
            let inner = if path.is_empty() { values::escape(key) } else { format!("{path}.{}", values::escape(key)) };
            let default = values.get(key).filter(|v| !v.is_null()).or_else(|| schema.at.get("default"));
            let is_required = default.is_none() && required.iter().any(|r| r.as_str() == Some(key));
            let empty = DataMap::new();
            let is_table = matches!(default, Some(Data::Map(_))) || default.is_none() && schema.kind() == "object";
            let table = default.and_then(Data::as_map).unwrap_or(&empty);
            // A schema that calls itself describes tables without end.
            let is_open =
                schema.at.get("additionalProperties").is_some_and(|a| *a != Data::Bool(false)) && !schema.has_properties();
            let is_map = is_table && !schema.has_properties() && (table.is_empty() || is_open && table.values().all(is_scalar));
            if is_table && !is_map && depth < 2 * MAX_REFERENCES {
                schema.table(&inner, table, depth + 1, out);
            } else {
                out.push(schema.one(&inner, key, default, is_map, is_required));
            }
        }
    }

    fn one(self, path: &str, key: &str, default: Option<&Data>, is_map: bool, required: bool) -> Data {
        let scalars = default.and_then(Data::as_list).filter(|l| l.iter().all(is_scalar));
        let is_array = scalars.is_some() || default.is_none() && self.kind() == "array";
        let items = Schema { at: self.at.get("items").unwrap_or(&Data::Null), ..self }.resolved();
        let (collection, item) = match (is_map, is_array) {
            (true, _) => ("map", item_type("", None)),
            (_, true) => ("array", item_type(items.kind(), scalars.and_then(<[Data]>::first))),
            _ => ("string", item_type(self.kind(), default)),
        };
        // What the page doesn't know it can't show.
        let is_hidden =
            is_secret(key) || self.text("format") == "password" || self.at.get("writeOnly") == Some(&Data::Bool(true));
        let value = match default.filter(|_| !is_hidden) {
            None => None,
            Some(Data::Map(map)) if is_map => {
                let shown = map.iter().filter(|(k, _)| !is_secret(k)).map(|(k, v)| (k.clone(), text(show(v)))).collect();
                Some(("map", Data::Map(shown)))
            }
            Some(Data::List(list)) if is_array => Some(("array", Data::List(list.iter().map(|v| text(show(v))).collect()))),
            Some(value) => Some(("string", text(show(value)))),
        };
        let (title, description) = (self.text("title"), self.text("description"));
        let tooltip = if description.is_empty() { title } else { description };
        let title = if title.is_empty() { path } else { title };
        announcement(&format!("{VALUE}{path}"), title, tooltip, required, [item, collection], value)
    }
}

/// Argo CD's kinds of items: string, boolean, number.
fn item_type(schema: &str, default: Option<&Data>) -> &'static str {
    match (schema, default) {
        ("boolean", _) | ("", Some(Data::Bool(_))) => "boolean",
        ("integer" | "number", _) | ("", Some(Data::Int(_) | Data::Float(_))) => "number",
        _ => "string",
    }
}

fn is_scalar(value: &Data) -> bool {
    !matches!(value, Data::List(_) | Data::Map(_))
}

/// A value as text that is read as the same value again.
fn show(value: &Data) -> String {
    match value {
        Data::String(text) => text.clone(),
        Data::Null => String::new(),
        value => json::to_string(value).unwrap_or_default(),
    }
}
