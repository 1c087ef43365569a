//! Makes whatever implements `serde::Deserialize` of a tree of data: a Deployment of a manifest, a program's own type of values.
//!
//! Numbers of YAML are floats, as Helm reads them. A whole one is handed over as an integer, as JSON writes it.

use std::fmt;

use pintle_value::{Data, DataMap};
use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// A `T` of a tree. The error tells in serde's words what doesn't fit.
pub(crate) fn from_data<T: DeserializeOwned>(data: &Data) -> Result<T, String> {
    T::deserialize(Tree(data)).map_err(|e| e.0)
}

/// As [`from_data`], of a map.
pub(crate) fn from_map<T: DeserializeOwned>(map: &DataMap) -> Result<T, String> {
    T::deserialize(MapDeserializer::new(members(map))).map_err(|e: Error| e.0)
}

#[derive(Debug)]
struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Error {
        Error(message.to_string())
    }
}

#[derive(Clone, Copy)]
struct Tree<'d>(&'d Data);

fn members(map: &DataMap) -> impl ExactSizeIterator<Item = (&str, Tree<'_>)> {
    map.iter().map(|(key, value)| (key.as_str(), Tree(value)))
}

impl<'de> IntoDeserializer<'de, Error> for Tree<'de> {
    type Deserializer = Tree<'de>;

    fn into_deserializer(self) -> Tree<'de> {
        self
    }
}

impl<'de> Deserializer<'de> for Tree<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Data::Null => visitor.visit_unit(),
            Data::Bool(b) => visitor.visit_bool(*b),
            Data::Int(n) => visitor.visit_i64(*n),
            // Up to 2^53 every whole number is itself.
            Data::Float(n) if n.fract() == 0.0 && n.abs() <= 9_007_199_254_740_992.0 => visitor.visit_i64(*n as i64),
            Data::Float(n) => visitor.visit_f64(*n),
            Data::String(text) => visitor.visit_borrowed_str(text),
            Data::List(items) => {
                let mut items = SeqDeserializer::new(items.iter().map(Tree));
                let list = visitor.visit_seq(&mut items)?;
                items.end().map(|()| list)
            }
            Data::Map(map) => {
                let mut members = MapDeserializer::new(members(map));
                let map = visitor.visit_map(&mut members)?;
                members.end().map(|()| map)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Data::String(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            Data::Map(map) if map.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(members(map))))
            }
            _ => Err(de::Error::custom("a variant is meant: its name, or a map with its name as the only key")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Kind {
        Plain,
        With { port: u16 },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct All {
        replicas: i32,
        share: f64,
        half: f32,
        name: Option<String>,
        absent: Option<bool>,
        kinds: Vec<Kind>,
        labels: BTreeMap<String, serde_json::Value>,
    }

    #[test]
    fn trees_become_types() {
        let text =
            b"{replicas: 3, share: 2, half: 0.5, name: null, kinds: [plain, {with: {port: 80}}], labels: {a: [1, x, 1.5, {}]}}";
        let data = pintle_yaml::from_slice(text).unwrap();
        let all: All = from_data(&data).unwrap();
        let expected = All {
            replicas: 3,
            share: 2.0,
            half: 0.5,
            name: None,
            absent: None,
            kinds: vec![Kind::Plain, Kind::With { port: 80 }],
            labels: BTreeMap::from([("a".to_owned(), serde_json::json!([1, "x", 1.5, {}]))]),
        };
        assert_eq!(all, expected);
        assert_eq!(from_map::<All>(data.as_map().unwrap()).unwrap(), all);
        let wrong = pintle_yaml::from_slice(b"{port: 70000}").unwrap();
        let said = from_data::<BTreeMap<String, u16>>(&wrong).unwrap_err();
        assert_eq!(said, "invalid value: integer `70000`, expected u16");
    }
}
