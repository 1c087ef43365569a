//! Encodings: JSON, YAML, TOML, base64, base32, digests.

use pintle_template::{Error, Functions};
use pintle_value::json::{self, Options};
use pintle_value::{Data, List, Map, Str, Type, Value};
use pintle_yaml as yaml;

use crate::encoding::{adler32sum, base32_decode, base32_encode, base64_decode, base64_encode, sha1sum, sha256sum, sha512sum};
use crate::toml;

pub(super) fn add(f: &mut Functions) {
    f.add("b64enc", |s: Str| base64_encode(&s));
    f.add("b64dec", |s: Str| base64_decode(&s).unwrap_or_else(String::into_bytes));
    f.add("b32enc", |s: Str| base32_encode(&s));
    f.add("b32dec", |s: Str| base32_decode(&s).unwrap_or_else(String::into_bytes));
    f.add("sha1sum", |s: Str| sha1sum(&s));
    f.add("sha256sum", |s: Str| sha256sum(&s));
    f.add("sha512sum", |s: Str| sha512sum(&s));
    f.add("adler32sum", |s: Str| adler32sum(&s));
    add_json(f);
    add_yaml(f);
    add_toml(f);
}

/// The document that Helm's lenient readers give for an error.
fn error_map(message: String) -> Map {
    Map::new([(Str::from("Error"), Value::string(message))].into_iter().collect())
}

fn list_of(data: &[Data]) -> List {
    List::new(data.iter().map(Value::from).collect())
}

fn error_list(message: String) -> List {
    List::new(vec![Value::string(message)])
}

fn add_json(f: &mut Functions) {
    let indented = Options { indent: Some(("", "  ")), ..Options::default() };
    let raw = Options { escape_html: false, ..Options::default() };
    f.add("toJson", |v: Value| json::to_string(&v).unwrap_or_default());
    f.add("mustToJson", |v: Value| json::to_string(&v).map_err(|e| e.0));
    let pretty = indented.clone();
    f.add("toPrettyJson", move |v: Value| json::to_string_with(&v, &pretty).unwrap_or_default());
    f.add("mustToPrettyJson", move |v: Value| json::to_string_with(&v, &indented).map_err(|e| e.0));
    for name in ["toRawJson", "mustToRawJson"] {
        let raw = raw.clone();
        f.add(name, move |v: Value| json::to_string_with(&v, &raw).map_err(|e| e.0));
    }
    f.add("mustFromJson", |s: Str| json::from_slice(&s).map(|d| Value::from(&d)).map_err(|e| e.message));
    f.add("fromJson", |s: Str| match json::map_from_slice(&s) {
        Ok(map) => map.map_or_else(|| Map::nil(Type::Any), |map| Map::from(&map)),
        Err(e) => {
            // What was decoded before the error stays beside its text.
            let map = match Value::from(&e.partial) {
                Value::Map(map) => map,
                _ => Map::new(Default::default()),
            };
            map.insert(Str::from("Error"), Value::string(e.message));
            map
        }
    });
    f.add("fromJsonArray", |s: Str| match json::list_from_slice(&s) {
        Ok(items) => items.map_or_else(|| List::nil(Type::Any), |items| list_of(&items)),
        Err(e) => error_list(e.message),
    });
}

fn add_yaml(f: &mut Functions) {
    let without_newline = |text: String| text.strip_suffix('\n').map(str::to_owned).unwrap_or(text);
    f.add("toYaml", move |v: Value| yaml::to_yaml(&v).map(without_newline).unwrap_or_default());
    f.add("mustToYaml", move |v: Value| yaml::to_yaml(&v).map(without_newline).map_err(|e| e.message));
    f.add("toYamlPretty", move |v: Value| yaml::to_yaml_pretty(&v).map(without_newline).unwrap_or_default());
    f.add("fromYaml", |s: Str| match yaml::map_from_slice(&s) {
        Ok(map) => Map::from(&map),
        Err(e) => error_map(e.message),
    });
    f.add("fromYamlArray", |s: Str| match yaml::list_from_slice(&s) {
        Ok(items) => list_of(&items),
        Err(e) => error_list(e.message),
    });
}

fn add_toml(f: &mut Functions) {
    f.add("toToml", |v: Value| -> Result<Vec<u8>, Error> {
        match toml::encode(&v) {
            // The encoder panics over nil, which no caller can take for a text.
            Err(why) if matches!(v, Value::Nil) => Err(Error::new(why)),
            made => Ok(made.unwrap_or_else(String::into_bytes)),
        }
    });
    f.add("mustToToml", |v: Value| toml::encode(&v).map_err(Error::new));
    f.add("fromToml", |s: Str| match toml::decode(&s) {
        Ok(map) => map,
        Err(message) => error_map(message),
    });
}
