//! Schemas at locations that the user names, as kubeconform takes them: folders and templates of file names.

use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex};

use pintle_files::{TEXT, read};
use pintle_value::{Data, json};

use super::model::Schema;
use super::structural::Definitions;

/// A JSON Schema of a file.
#[derive(Debug)]
pub struct JsonSchema {
    /// The schema of the object.
    pub root: Schema,
    /// Definitions by their names.
    definitions: HashMap<String, Arc<Schema>>,
}

impl Definitions for JsonSchema {
    fn resolve(&self, reference: &str) -> Option<Arc<Schema>> {
        self.definitions.get(reference.rsplit('/').next()?).cloned()
    }
}

/// The file name that stands for a folder: kubeconform's.
const IN_FOLDER: &str =
    "{{ .NormalizedKubernetesVersion }}-standalone{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json";

type Loaded = Result<Option<Arc<JsonSchema>>, String>;

/// Places where schemas are looked for, in their order; `default` stands for those in the binary.
#[derive(Default)]
pub struct Locations {
    places: Vec<String>,
    loaded: Mutex<HashMap<String, Loaded>>,
}

impl fmt::Debug for Locations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Locations").field(&self.places).finish()
    }
}

impl Locations {
    /// Reads `--schema-location` values; a remote one is refused.
    pub fn new(places: &[String]) -> Result<Locations, String> {
        for place in places {
            if place.starts_with("http://") || place.starts_with("https://") {
                return Err(format!(
                    "schema location {place} is remote: schemas are read from files only; download it and name the folder"
                ));
            }
            if place != "default" && place.contains("{{") {
                fill(place, "v1", "Pod", super::store::NEWEST, true)?;
            }
        }
        Ok(Locations { places: places.to_vec(), loaded: Mutex::default() })
    }

    /// Whether only the schemas in the binary are asked.
    pub fn is_default(&self) -> bool {
        self.places.is_empty() || self.places.iter().any(|p| p == "default")
    }

    /// The first place that knows the kind.
    pub fn find<T>(
        &self,
        api_version: &str,
        kind: &str,
        minor: u32,
        strict: bool,
        built_in: impl Fn() -> Option<T>,
        of: impl Fn(Arc<JsonSchema>) -> T,
    ) -> Option<T> {
        if self.places.is_empty() {
            return built_in();
        }
        for place in &self.places {
            if place == "default" {
                match built_in() {
                    None => continue,
                    found => return found,
                }
            }
            if let Ok(Some(schema)) = self.load(place, api_version, kind, minor, strict) {
                return Some(of(schema));
            }
        }
        None
    }

    /// What went wrong with a schema of this kind that is there.
    pub fn error(&self, api_version: &str, kind: &str, minor: u32, strict: bool) -> Option<String> {
        let places = self.places.iter().filter(|p| *p != "default");
        places.filter_map(|p| self.load(p, api_version, kind, minor, strict).err()).next()
    }

    fn load(&self, place: &str, api_version: &str, kind: &str, minor: u32, strict: bool) -> Loaded {
        if !is_plain(api_version, kind) {
            return Ok(None);
        }
        let template =
            if place.contains("{{") { place.to_owned() } else { format!("{}/{IN_FOLDER}", place.trim_end_matches('/')) };
        let file = fill(&template, api_version, kind, minor, strict)?;
        let Ok(mut loaded) = self.loaded.lock() else { return Ok(None) };
        loaded.entry(file.clone()).or_insert_with(|| read(&file)).clone()
    }
}

/// Whether these are names, as the API server has them: what a manifest says must not lead to another folder.
fn is_plain(api_version: &str, kind: &str) -> bool {
    let plain = |name: &str| {
        let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
        name.len() <= 253
            && name.bytes().all(inside)
            && [name.bytes().next(), name.bytes().last()].iter().all(|b| b.is_some_and(|b| b.is_ascii_alphanumeric()))
            && !name.contains("..")
    };
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    (group.is_empty() || plain(group)) && plain(version) && plain(kind) && !kind.contains('.') && !version.contains('.')
}

fn read(file: &str) -> Loaded {
    let text = match read::file(Path::new(file), TEXT) {
        Ok(text) => text,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(e) => return Err(format!("schema {file}: {e}")),
    };
    let data = json::from_slice(&text).map_err(|e| format!("schema {file} is damaged: {}", e.message))?;
    if data.as_map().is_none() {
        return Err(format!("schema {file} is damaged: not an object"));
    }
    let mut definitions = HashMap::new();
    collect(&data, &mut definitions);
    // `_definitions.json#/definitions/…` stands beside the file.
    if let Some(beside) = Path::new(file).parent().map(|p| p.join("_definitions.json"))
        && String::from_utf8_lossy(&text).contains("_definitions.json")
        && let Ok(text) = read::file(&beside, TEXT)
        && let Ok(data) = json::from_slice(&text)
    {
        collect(&data, &mut definitions);
    }
    Ok(Some(Arc::new(JsonSchema { root: Schema::compile(&data), definitions })))
}

fn collect(data: &Data, into: &mut HashMap<String, Arc<Schema>>) {
    for key in ["definitions", "$defs"] {
        for (name, definition) in data.get(key).and_then(Data::as_map).into_iter().flatten() {
            into.insert(name.clone(), Arc::new(Schema::compile(definition)));
        }
    }
}

/// A template of kubeconform with its variables filled in.
fn fill(template: &str, api_version: &str, kind: &str, minor: u32, strict: bool) -> Result<String, String> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let short = group.split('.').next().unwrap_or_default();
    let suffix = if group.is_empty() { format!("-{version}") } else { format!("-{short}-{version}") };
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (variable, after) = after.split_once("}}").ok_or_else(|| format!("schema location {template}: unclosed action"))?;
        out.push_str(before);
        rest = after;
        match variable.trim().trim_matches('-').trim() {
            ".NormalizedKubernetesVersion" => out.push_str(&format!("v1.{minor}.0")),
            ".StrictSuffix" => out.push_str(if strict { "-strict" } else { "" }),
            ".ResourceKind" => out.push_str(&kind.to_lowercase()),
            ".ResourceAPIVersion" => out.push_str(version),
            ".Group" => out.push_str(group),
            ".KindSuffix" => out.push_str(&suffix.to_lowercase()),
            other => return Err(format!("schema location {template}: unknown variable {other}")),
        }
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled() {
        let fill = |t: &str| fill(t, "networking.k8s.io/v1", "Ingress", 31, true);
        assert_eq!(fill(IN_FOLDER).unwrap(), "v1.31.0-standalone-strict/ingress-networking-v1.json");
        assert_eq!(
            fill("x/{{.Group}}/{{ .ResourceKind }}_{{.ResourceAPIVersion}}.json").unwrap(),
            "x/networking.k8s.io/ingress_v1.json"
        );
        assert!(fill("{{ .Nope }}").unwrap_err().contains("unknown variable .Nope"));
        assert!(Locations::new(&["https://example.com/x".to_owned()]).unwrap_err().contains("remote"));
    }
}
