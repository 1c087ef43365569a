//! Encodings: JSON, YAML, TOML, base64, base32, digests.

use pintle_template::{Call, Error, Functions};
use pintle_value::json::{self, EncodeError, Options};
use pintle_value::{Data, DataMap, List, Map, Str, Type, Value};
use pintle_yaml as yaml;

use crate::encoding::{adler32sum, base32_decode, base32_encode, base64_decode, base64_encode, sha1sum, sha256sum, sha512sum};
use crate::toml;

/// Bytes of memory that reading JSON takes at most for each byte of the text.
const JSON: u64 = 48;
/// The same of YAML.
const YAML: u64 = 160;
/// The same of TOML.
const TOML: u64 = 192;

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

fn error_list(message: String) -> List {
    List::new(vec![Value::string(message)])
}

/// Draws the reading of a text from the budget; on the way it may take `most` bytes of memory for each of its own.
fn read(call: &mut dyn Call, text: &Str, most: u64) -> Result<(), Error> {
    call.charge(text.len() as u64)?;
    call.check_memory((text.len() as u64).saturating_mul(most))
}

/// What an encoder gives that hides its errors: an empty text, drawn from the budget as what was written before the error.
fn hidden(call: &mut dyn Call, made: Result<String, EncodeError>) -> Result<String, Error> {
    made.or_else(|e| call.text(e.written).map(|()| String::new()))
}

/// A map that was read, drawn from the budget.
fn kept_map(call: &mut dyn Call, map: DataMap) -> Result<Map, Error> {
    call.allocate(map.iter().map(|(k, v)| k.len() as u64 + v.weight()).sum())?;
    Ok(Map::from(map))
}

/// A list that was read, drawn from the budget.
fn kept_list(call: &mut dyn Call, items: Vec<Data>) -> Result<List, Error> {
    call.allocate(items.iter().map(Data::weight).sum())?;
    Ok(List::new(items.into_iter().map(Value::from).collect()))
}

fn add_json(f: &mut Functions) {
    let indented = Options { indent: Some(("", "  ")), ..Options::default() };
    let raw = Options { escape_html: false, ..Options::default() };
    f.add("toJson", |call: &mut dyn Call, v: Value| hidden(call, json::to_string(&v)));
    f.add("mustToJson", |v: Value| json::to_string(&v).map_err(|e| e.message));
    let pretty = indented.clone();
    f.add("toPrettyJson", move |call: &mut dyn Call, v: Value| hidden(call, json::to_string_with(&v, &pretty)));
    f.add("mustToPrettyJson", move |v: Value| json::to_string_with(&v, &indented).map_err(|e| e.message));
    for name in ["toRawJson", "mustToRawJson"] {
        let raw = raw.clone();
        f.add(name, move |v: Value| json::to_string_with(&v, &raw).map_err(|e| e.message));
    }
    f.add("mustFromJson", |call: &mut dyn Call, s: Str| -> Result<Value, Error> {
        read(call, &s, JSON)?;
        let data = json::from_slice(&s).map_err(|e| e.message)?;
        call.allocate(data.weight())?;
        Ok(Value::from(data))
    });
    f.add("fromJson", |call: &mut dyn Call, s: Str| -> Result<Map, Error> {
        read(call, &s, JSON)?;
        match json::map_from_slice(&s) {
            Ok(None) => Ok(Map::nil(Type::Any)),
            Ok(Some(map)) => kept_map(call, map),
            Err(e) => {
                // What was decoded before the error stays beside its text.
                let map = match Value::from(&e.partial) {
                    Value::Map(map) => map,
                    _ => Map::new(Default::default()),
                };
                map.insert(Str::from("Error"), Value::string(e.message));
                Ok(map)
            }
        }
    });
    f.add("fromJsonArray", |call: &mut dyn Call, s: Str| -> Result<List, Error> {
        read(call, &s, JSON)?;
        match json::list_from_slice(&s) {
            Ok(None) => Ok(List::nil(Type::Any)),
            Ok(Some(items)) => kept_list(call, items),
            Err(e) => Ok(error_list(e.message)),
        }
    });
}

fn add_yaml(f: &mut Functions) {
    let without_newline = |text: String| text.strip_suffix('\n').map(str::to_owned).unwrap_or(text);
    f.add("toYaml", move |call: &mut dyn Call, v: Value| hidden(call, yaml::to_yaml(&v).map(without_newline)));
    f.add("mustToYaml", move |v: Value| yaml::to_yaml(&v).map(without_newline).map_err(|e| e.message));
    f.add("toYamlPretty", move |call: &mut dyn Call, v: Value| hidden(call, yaml::to_yaml_pretty(&v).map(without_newline)));
    f.add("fromYaml", |call: &mut dyn Call, s: Str| -> Result<Map, Error> {
        read(call, &s, YAML)?;
        match yaml::map_from_slice(&s) {
            Ok(map) => kept_map(call, map),
            Err(e) => Ok(error_map(e.message)),
        }
    });
    f.add("fromYamlArray", |call: &mut dyn Call, s: Str| -> Result<List, Error> {
        read(call, &s, YAML)?;
        match yaml::list_from_slice(&s) {
            Ok(items) => kept_list(call, items),
            Err(e) => Ok(error_list(e.message)),
        }
    });
}

fn add_toml(f: &mut Functions) {
    f.add("toToml", |call: &mut dyn Call, v: Value| -> Result<Vec<u8>, Error> {
        match toml::encode(&v) {
            Ok(text) => Ok(text),
            // The encoder panics over nil, which no caller can take for a text.
            Err(e) if matches!(v, Value::Nil) => Err(Error::new(e.message)),
            Err(e) => call.text(e.written).map(|()| e.message.into_bytes()),
        }
    });
    f.add("mustToToml", |v: Value| toml::encode(&v).map_err(|e| Error::new(e.message)));
    f.add("fromToml", |call: &mut dyn Call, s: Str| -> Result<Map, Error> {
        read(call, &s, TOML)?;
        // Its values and the ways to them stay for as long as the text is read.
        call.allocate(s.len() as u64 * 16)?;
        Ok(toml::decode(&s).unwrap_or_else(error_map))
    });
}
