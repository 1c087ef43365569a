//! Documents as `sigs.k8s.io/yaml` decodes them: YAML to JSON to values.
//!
//! The JSON is never written: only its rules remain. Keys become strings, numbers floats, and what JSON cannot hold is an
//! error in `encoding/json`'s words.

use pintle_go::strconv::format_float32;
use pintle_value::{Data, DataMap, json};

use crate::Error;
use crate::decode::{Decoder, Notes, Target, go_syntax};
use crate::dynamic::Dynamic;
use crate::input::Input;
use crate::number::format_g;
use crate::resolve::Scalar;
use crate::tree::{Composer, Tree};

/// Reads the first document of `text` as `yaml.Unmarshal` of sigs.k8s.io/yaml does into an `interface{}`: of duplicate keys
/// the last one stays, and an empty document is null.
///
/// ```
/// let data = pintle_yaml::from_slice(b"image: {tag: 1.10, pull: yes}").unwrap();
/// assert_eq!(data.get("image").unwrap().get("tag"), Some(&pintle_value::Data::Float(1.1)));
/// ```
pub fn from_slice(text: &[u8]) -> Result<Data, Error> {
    let input = Input::new(text);
    decode(&input, false).map_err(|e| e.wrap("error converting YAML to JSON: "))
}

/// As [`from_slice`], but a duplicate key is an error (`yaml.UnmarshalStrict`).
pub fn from_slice_strict(text: &[u8]) -> Result<Data, Error> {
    let input = Input::new(text);
    decode(&input, true).map_err(|e| e.wrap("error converting YAML to JSON: "))
}

/// As [`from_slice`] into a `map[string]interface{}`: any other kind of document is an error, and null gives an empty map.
pub fn map_from_slice(text: &[u8]) -> Result<DataMap, Error> {
    into_map(from_slice(text)?)
}

/// As [`from_slice_strict`] into a `map[string]interface{}`.
pub fn map_from_slice_strict(text: &[u8]) -> Result<DataMap, Error> {
    into_map(from_slice_strict(text)?)
}

/// As [`from_slice`] into a `[]interface{}`: any other kind of document is an error, and null gives an empty list.
pub fn list_from_slice(text: &[u8]) -> Result<Vec<Data>, Error> {
    match from_slice(text)? {
        Data::List(items) => Ok(items),
        Data::Null => Ok(Vec::new()),
        other => Err(wrong_type(&other, "[]interface {}")),
    }
}

fn into_map(data: Data) -> Result<DataMap, Error> {
    match data {
        Data::Map(map) => Ok(map),
        Data::Null => Ok(DataMap::new()),
        other => Err(wrong_type(&other, "map[string]interface {}")),
    }
}

/// encoding/json's complaint that a value does not fit a Go type.
fn wrong_type(data: &Data, go_type: &str) -> Error {
    Error::new(format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type {go_type}",
        json::kind(data)
    ))
}

fn decode(input: &Input<'_>, strict: bool) -> Result<Data, Error> {
    match Composer::new(input).next() {
        Ok(Some(tree)) => tree_to_data(&tree, strict),
        Ok(None) => Ok(Data::Null),
        Err(e) => Err(*e),
    }
}

/// The document as data. Errors begin with `yaml:` or `json:`.
pub(crate) fn tree_to_data(tree: &Tree<'_>, strict: bool) -> Result<Data, Error> {
    let mut decoder = Decoder::new(tree, strict);
    let mut data = decoder.document::<Data>().map_err(|e| *e)?;
    if decoder.notes.odd_key {
        let dynamic = Decoder::new(tree, strict).document::<Dynamic>().map_err(|e| *e)?;
        data = dynamic_to_data(dynamic)?;
    }
    if decoder.notes.non_finite {
        check_finite(&data)?;
    }
    Ok(data)
}

impl Target for Data {
    fn scalar(value: Scalar<'_>) -> Data {
        match value {
            Scalar::Null => Data::Null,
            Scalar::Bool(b) => Data::Bool(b),
            Scalar::Int(i) => Data::Float(i as f64),
            Scalar::Uint(u) => Data::Float(u as f64),
            Scalar::Float(f) => Data::Float(f),
            Scalar::Str(s) => Data::String(s.into_owned()),
        }
    }

    fn list(items: Vec<Data>) -> Data {
        Data::List(items)
    }

    fn map(entries: Vec<(Scalar<'_>, Data)>, notes: &mut Notes) -> Data {
        let mut named = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            match key_text(&key) {
                Some(name) => named.push((name, value)),
                None => {
                    notes.odd_key = true;
                    continue;
                }
            }
        }
        // Stable: of equal keys the last one stays.
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named.dedup_by(|later, kept| {
            let equal = later.0 == kept.0;
            if equal {
                std::mem::swap(&mut later.1, &mut kept.1);
            }
            equal
        });
        Data::Map(named.into_iter().collect())
    }
}

/// The string that sigs.k8s.io/yaml makes of a key, if it has one.
pub(crate) fn key_text(key: &Scalar<'_>) -> Option<String> {
    Some(match key {
        Scalar::Str(s) => s.as_ref().to_owned(),
        Scalar::Int(i) => i.to_string(),
        Scalar::Bool(b) => b.to_string(),
        // What is too large for a float32 is infinite here.
        Scalar::Float(f) => match format_float32(*f) {
            text if text == "NaN" => ".nan".to_owned(),
            text if text == "+Inf" => ".inf".to_owned(),
            text if text == "-Inf" => "-.inf".to_owned(),
            text => text,
        },
        Scalar::Null | Scalar::Uint(_) => return None,
    })
}

/// Fails if some part of the value has no place in JSON.
pub(crate) fn check_dynamic(value: &Dynamic) -> Result<(), Error> {
    check_finite(&dynamic_to_data(value.clone())?)
}

/// `convertToJSONableObject`, which fails at the keys that have no string.
pub(crate) fn dynamic_to_data(value: Dynamic) -> Result<Data, Error> {
    Ok(match value {
        Dynamic::Scalar(scalar) => Data::scalar(scalar),
        Dynamic::List(items) => Data::List(items.into_iter().map(dynamic_to_data).collect::<Result<_, _>>()?),
        Dynamic::Map(entries) => {
            let mut map = DataMap::new();
            for (key, value) in entries {
                let Some(name) = key_text(&key) else { return Err(unsupported_key(&key, &value)) };
                map.insert(name, dynamic_to_data(value)?);
            }
            Data::Map(map)
        }
    })
}

fn unsupported_key(key: &Scalar<'_>, value: &Dynamic) -> Error {
    let (go_type, key) = match key {
        Scalar::Null => ("%!s(<nil>)", "<nil>".to_owned()),
        other => ("uint64", go_syntax(other)),
    };
    let value = match value {
        Dynamic::Scalar(Scalar::Null) => "<nil>".to_owned(),
        other => other.go_syntax(),
    };
    Error::new(format!("unsupported map key of type: {go_type}, key: {key}, value: {value}"))
}

/// Fails at the first number, in JSON's order, that JSON cannot hold.
fn check_finite(data: &Data) -> Result<(), Error> {
    match data {
        Data::Float(f) if !f.is_finite() => Err(Error::new(format!("json: unsupported value: {}", format_g(*f)))),
        Data::List(items) => items.iter().try_for_each(check_finite),
        Data::Map(map) => map.values().try_for_each(check_finite),
        _ => Ok(()),
    }
}
