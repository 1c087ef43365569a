//! A plain tree of what YAML, JSON and TOML documents hold.
//!
//! [`Data`] is what crosses the borders of a render: values files, `--set`, a caller's `Serialize` types. It is `Send`, owned
//! and without sharing; inside a render the same tree becomes a [`Value`](crate::Value), whose maps are shared.

use std::collections::BTreeMap;

use crate::budget::{BYTES_A_MAP, BYTES_AN_ITEM};

/// The mapping of a [`Data`] tree: keys are strings and sorted, as Go's `encoding/json` and `text/template` visit them.
pub type DataMap = BTreeMap<String, Data>;

/// One node of a document, as Go's `encoding/json` decodes it into `interface{}`, with `int64` kept apart from `float64`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Data {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An `int64`: from `--set`, TOML and callers' integers. Documents read as Helm reads them never hold one.
    Int(i64),
    /// A `float64`: every number of a values file.
    Float(f64),
    /// Text
    String(String),
    /// `[]interface {}`
    List(Vec<Data>),
    /// `map[string]interface {}`
    Map(DataMap),
}

impl Data {
    /// The bytes of memory that it takes as a [`Value`](crate::Value), in the units of a budget.
    pub fn weight(&self) -> u64 {
        let own = match self {
            Data::String(s) => s.len() as u64,
            Data::List(l) => l.iter().map(Data::weight).sum(),
            Data::Map(m) => BYTES_A_MAP + m.iter().map(|(k, v)| k.len() as u64 + v.weight()).sum::<u64>(),
            _ => 0,
        };
        BYTES_AN_ITEM + own
    }

    /// The mapping, if this is one.
    pub fn as_map(&self) -> Option<&DataMap> {
        match self {
            Data::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The mapping for change, if this is one.
    pub fn as_map_mut(&mut self) -> Option<&mut DataMap> {
        match self {
            Data::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Data::String(s) => Some(s),
            _ => None,
        }
    }

    /// The list, if this is one.
    pub fn as_list(&self) -> Option<&[Data]> {
        match self {
            Data::List(l) => Some(l),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Data::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Data::Null)
    }

    /// The member `key` of a mapping.
    pub fn get(&self, key: &str) -> Option<&Data> {
        self.as_map()?.get(key)
    }
}

impl From<DataMap> for Data {
    fn from(m: DataMap) -> Data {
        Data::Map(m)
    }
}

impl From<&str> for Data {
    fn from(s: &str) -> Data {
        Data::String(s.to_owned())
    }
}
