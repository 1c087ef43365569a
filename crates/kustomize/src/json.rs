//! From nodes to plain values and back.
//!
//! [`Nodes::to_json`] is kyaml's `MarshalJSON` (the node written as YAML, that read again, that written as JSON) without the
//! texts; [`Nodes::add_json_text`] and [`Nodes::add_marshalled`] are the two ways in which kustomize makes nodes of values.

use std::collections::BTreeMap;

use pintle_go::base64;
use pintle_go::strconv::format_float;
use pintle_value::json::{Visit, Visitor};
use pintle_value::{Data, DataMap};

use crate::node::{Kind, Node, NodeId, Nodes, Place, Style, tag};
use crate::resolve::{Scalar, resolve, resolve_text};

/// A value of JSON, with Go's three kinds of numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer
    Int(i64),
    /// An integer beyond `i64`
    Uint(u64),
    /// A finite float
    Float(f64),
    /// Text
    String(String),
    /// A list
    List(Vec<Json>),
    /// A map, sorted by key
    Map(BTreeMap<String, Json>),
}

impl Visit for Json {
    fn visit<V: Visitor>(&self, visitor: &mut V) {
        match self {
            Json::Null => visitor.null(),
            Json::Bool(b) => visitor.bool(*b),
            Json::Int(i) => visitor.int(*i),
            Json::Uint(u) => visitor.uint(*u),
            Json::Float(f) => visitor.float(*f),
            Json::String(s) => visitor.string(s.as_bytes()),
            Json::List(items) => visitor.list(items.iter(), false),
            Json::Map(map) => visitor.map(map.iter().map(|(k, v)| (k.as_bytes(), v)), false),
        }
    }
}

impl Json {
    /// The same with every number as `float64`, as `encoding/json` decodes into an `interface{}`.
    pub fn to_data(&self) -> Data {
        match self {
            Json::Null => Data::Null,
            Json::Bool(b) => Data::Bool(*b),
            Json::Int(i) => Data::Float(*i as f64),
            Json::Uint(u) => Data::Float(*u as f64),
            Json::Float(f) => Data::Float(*f),
            Json::String(s) => Data::String(s.clone()),
            Json::List(items) => Data::List(items.iter().map(Json::to_data).collect()),
            Json::Map(map) => Data::Map(map.iter().map(|(k, v)| (k.clone(), v.to_data())).collect::<DataMap>()),
        }
    }

    /// The same value; every number that is whole stays a float.
    pub fn from_data(data: &Data) -> Json {
        match data {
            Data::Null => Json::Null,
            Data::Bool(b) => Json::Bool(*b),
            Data::Int(i) => Json::Int(*i),
            Data::Float(f) => Json::Float(*f),
            Data::String(s) => Json::String(s.clone()),
            Data::List(items) => Json::List(items.iter().map(Json::from_data).collect()),
            Data::Map(map) => Json::Map(map.iter().map(|(k, v)| (k.clone(), Json::from_data(v))).collect()),
        }
    }

    /// Its text, as `json.Marshal` writes it.
    pub fn to_text(&self) -> String {
        pintle_value::json::to_string(self).unwrap_or_default()
    }
}

/// Why a node has no value, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct NoJson {
    /// go-yaml's or encoding/json's words.
    pub message: String,
    /// Where it is written.
    pub place: Place,
}

impl Nodes {
    /// The value of a node, as `RNode.MarshalJSON` gives it.
    pub fn to_json(&self, id: NodeId) -> Result<Json, NoJson> {
        self.json(id, true, Some(false))
    }

    /// The value of a node without the detour through text (`RNode.Map`).
    pub fn to_value(&self, id: NodeId) -> Result<Json, NoJson> {
        self.json(id, true, None)
    }

    // `written` tells whether the node is written and read on the way, and whether within brackets then.
    fn json(&self, id: NodeId, root: bool, written: Option<bool>) -> Result<Json, NoJson> {
        let node = &self[id];
        let inner = written.map(|flow| flow || node.style == Style::Flow);
        match node.kind {
            Kind::Zero => Ok(Json::Null),
            Kind::Scalar => match self.scalar(node)? {
                Json::String(text) if written == Some(false) && text == node.value => match crate::fold::reread(node) {
                    Ok(text) => Ok(Json::String(text.into_owned())),
                    Err(message) => Err(NoJson { message, place: node.place }),
                },
                value => Ok(value),
            },
            Kind::Sequence => {
                node.content.iter().map(|item| self.json(*item, false, inner)).collect::<Result<_, _>>().map(Json::List)
            }
            Kind::Mapping => self.mapping(id, root, inner),
        }
    }

    fn mapping(&self, id: NodeId, root: bool, written: Option<bool>) -> Result<Json, NoJson> {
        let mut map = BTreeMap::new();
        for (key, value) in self.pairs(id) {
            let name = &self[key];
            if map.contains_key(&name.value) {
                let message =
                    format!("yaml: unmarshal errors:\n  line {}: mapping key {:?} already defined", name.place.line, name.value);
                return Err(NoJson { message, place: name.place });
            }
            match self.scalar(name) {
                Ok(Json::String(_)) if name.kind == Kind::Scalar => {}
                // `map[string]interface{}` takes the text of any key, and drops null.
                Ok(Json::Null) if root => continue,
                Ok(_) if root => {}
                Ok(_) => {
                    let message = "json: unsupported type: map[interface {}]interface {}".to_owned();
                    return Err(NoJson { message, place: name.place });
                }
                Err(e) => return Err(e),
            }
            map.insert(name.value.clone(), self.json(value, false, written)?);
        }
        Ok(Json::Map(map))
    }

    /// A scalar after it has been written and read again (encode.go, `node`; decode.go, `scalar`).
    pub fn scalar(&self, node: &Node) -> Result<Json, NoJson> {
        let fail = |message: String| Err(NoJson { message, place: node.place });
        let text = &node.value;
        let quoted = !matches!(node.style, Style::Plain | Style::Flow);
        let found = |times| resolve_text(text, times);
        let mut explicit = node.tag.clone();
        if !node.tagged && (explicit == tag::STR || explicit == found(true).tag()) {
            if explicit == tag::STR {
                return Ok(Json::String(text.clone()));
            }
            explicit = tag::NONE;
        }
        if explicit.is_empty() || explicit == "!" {
            let text = || Json::String(text.clone());
            return if quoted { Ok(text()) } else { to_value(resolve(&node.value), text).map_or_else(fail, Ok) };
        }
        if explicit == tag::BINARY {
            return match base64::decode(text.as_bytes()) {
                Ok(bytes) => Ok(Json::String(String::from_utf8_lossy(&bytes).into_owned())),
                Err(_) => fail("yaml: !!binary value contains invalid base64 data".into()),
            };
        }
        if ![tag::BOOL, tag::INT, tag::FLOAT, tag::NULL, tag::TIMESTAMP].contains(&explicit) {
            return Ok(Json::String(text.clone()));
        }
        let value = match (found(explicit == tag::TIMESTAMP), &explicit) {
            (Scalar::Int(i), t) if *t == tag::FLOAT => Scalar::Float(i as f64),
            (value, _) => value,
        };
        if value.tag() != explicit {
            return fail(format!("yaml: cannot decode {} `{text}` as a {explicit}", value.tag()));
        }
        to_value(value, || Json::String(text.clone())).map_or_else(fail, Ok)
    }

    /// The nodes of a JSON text read as YAML: strings and keys in double quotes.
    pub fn add_json_text(&mut self, value: &Json, place: Place) -> NodeId {
        let string = |text: &str| Node { style: Style::DoubleQuoted, tag: tag::STR, ..Node::scalar(text) };
        self.add_value(value, place, Style::Flow, &string)
    }

    /// The nodes of a value marshalled by go-yaml v3 and parsed again (`kyaml.FromMap`).
    pub fn add_marshalled(&mut self, value: &Json, place: Place) -> NodeId {
        let string = |text: &str| Node { style: style_of(text), tag: tag::STR, ..Node::scalar(text) };
        self.add_value(value, place, Style::Plain, &string)
    }

    fn add_value(&mut self, value: &Json, place: Place, style: Style, string: &dyn Fn(&str) -> Node) -> NodeId {
        let plain = |text: String| Node { tag: resolve(&text).tag(), ..Node::scalar(text) };
        let mut node = match value {
            Json::Null => plain("null".into()),
            Json::Bool(b) => plain(b.to_string()),
            Json::Int(i) => plain(i.to_string()),
            Json::Uint(u) => plain(u.to_string()),
            Json::Float(f) => plain(format_float(*f, b'g', None)),
            Json::String(s) => string(s),
            Json::List(items) => {
                let content = items.iter().map(|item| self.add_value(item, place, style, string)).collect();
                Node { content, style, tag: tag::SEQ, ..Node::new(Kind::Sequence) }
            }
            Json::Map(map) => {
                let mut content = Vec::with_capacity(2 * map.len());
                for (key, value) in map {
                    content.push(self.add(Node { place, ..string(key) }));
                    content.push(self.add_value(value, place, style, string));
                }
                Node { content, style, tag: tag::MAP, ..Node::new(Kind::Mapping) }
            }
        };
        node.place = place;
        self.add(node)
    }
}

fn to_value(scalar: Scalar, text: impl Fn() -> Json) -> Result<Json, String> {
    Ok(match scalar {
        Scalar::Null => Json::Null,
        Scalar::Bool(b) => Json::Bool(b),
        Scalar::Int(i) => Json::Int(i),
        Scalar::Uint(u) => Json::Uint(u),
        Scalar::Float(f) if f.is_nan() => return Err("json: unsupported value: NaN".into()),
        Scalar::Float(f) if f.is_infinite() => {
            return Err(format!("json: unsupported value: {}Inf", if f > 0.0 { '+' } else { '-' }));
        }
        Scalar::Float(f) => Json::Float(f),
        Scalar::Time(time) if time.ends_with("+24:00") || time.ends_with("-24:00") => {
            return Err("json: error calling MarshalJSON for type time.Time: \
                 Time.MarshalJSON: timezone hour outside of range [0,23]"
                .into());
        }
        Scalar::Time(time) => Json::String(time),
        Scalar::Merge | Scalar::Str => text(),
    })
}

/// The style that go-yaml v3 chooses for a string.
pub fn style_of(text: &str) -> Style {
    let written = pintle_yaml::to_yaml_pretty(&Data::from(text)).unwrap_or_default();
    match written.as_bytes().first() {
        Some(b'"') => Style::DoubleQuoted,
        Some(b'\'') => Style::SingleQuoted,
        Some(b'|') => Style::Literal,
        _ => Style::Plain,
    }
}
