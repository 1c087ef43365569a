//! A manifest as a tree in which every value knows its place.
//!
//! Takes a document of [`pintle_yaml`], gives the tree that the API server sees: keys sorted, of duplicate keys the last one,
//! merges and aliases expanded, integers apart from floats. Duplicate keys are listed beside it.

use pintle_value::Data;
use pintle_yaml::{NodeId, NodeKind, Style, Tree};

use crate::finding::Position;

/// Nodes that aliases may make of one document: beyond it, it is a bomb.
const MAX_NODES: usize = 2_000_000;
/// The nesting that is followed; the API server's decoder stops at 10,000, Helm's at 1,000.
const MAX_DEPTH: usize = 500;

/// A value and its place.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it is written.
    pub at: Position,
}

/// What a node holds.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text
    String(String),
    /// A list
    List(Vec<Node>),
    /// Members, sorted by their keys.
    Map(Vec<Member>),
}

/// A member of a mapping.
#[derive(Clone, Debug)]
pub struct Member {
    /// The key.
    pub key: String,
    /// Where the key is written.
    pub at: Position,
    /// The value.
    pub node: Node,
}

static NULL: Node = Node { value: Value::Null, at: Position { line: 0, column: 0 } };

impl Node {
    /// A value without a place of its own.
    pub fn new(value: Value, at: Position) -> Node {
        Node { value, at }
    }

    /// The member `key`; null where there is none.
    pub fn get(&self, key: &str) -> &Node {
        self.find(key).unwrap_or(&NULL)
    }

    /// The member `key`, unless it is absent or null.
    pub fn opt(&self, key: &str) -> Option<&Node> {
        self.find(key).filter(|n| !n.is_null())
    }

    /// The member `key`, even if it is null.
    pub fn find(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|m| &m.node)
    }

    /// The member `key` with the place of its key.
    pub fn member(&self, key: &str) -> Option<&Member> {
        let members = self.members();
        members.binary_search_by(|m| m.key.as_str().cmp(key)).ok().map(|i| &members[i])
    }

    /// Whether there is a member `key` that isn't null.
    pub fn has(&self, key: &str) -> bool {
        self.opt(key).is_some()
    }

    /// The members of a mapping; none of anything else.
    pub fn members(&self) -> &[Member] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The items of the list `key`.
    pub fn list(&self, key: &str) -> &[Node] {
        self.get(key).items()
    }

    /// The members of the mapping `key`.
    pub fn map(&self, key: &str) -> &[Member] {
        self.get(key).members()
    }

    /// The text of a string; empty for anything else, as Go's zero value is.
    pub fn text(&self) -> &str {
        match &self.value {
            Value::String(s) => s,
            _ => "",
        }
    }

    /// The text of the member `key`.
    pub fn str(&self, key: &str) -> &str {
        self.get(key).text()
    }

    /// A whole number.
    pub fn int(&self) -> Option<i64> {
        match self.value {
            Value::Int(i) => Some(i),
            Value::Float(f) if f.fract() == 0.0 && f.abs() < 9.0e18 => Some(f as i64),
            _ => None,
        }
    }

    /// The whole number of the member `key`.
    pub fn num(&self, key: &str) -> Option<i64> {
        self.get(key).int()
    }

    /// The truth value of the member `key`; false where there is none.
    pub fn bool(&self, key: &str) -> bool {
        matches!(self.get(key).value, Value::Bool(true))
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// What encoding/json calls the kind of the value.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        }
    }

    /// The value as plain data.
    pub fn to_data(&self) -> Data {
        match &self.value {
            Value::Null => Data::Null,
            Value::Bool(b) => Data::Bool(*b),
            Value::Int(i) => Data::Int(*i),
            Value::Float(f) => Data::Float(*f),
            Value::String(s) => Data::String(s.clone()),
            Value::List(items) => Data::List(items.iter().map(Node::to_data).collect()),
            Value::Map(members) => Data::Map(members.iter().map(|m| (m.key.clone(), m.node.to_data())).collect()),
        }
    }

    /// Plain data as a node that stands at one place.
    pub fn from_data(data: &Data, at: Position) -> Node {
        let value = match data {
            Data::Null => Value::Null,
            Data::Bool(b) => Value::Bool(*b),
            Data::Int(i) => Value::Int(*i),
            Data::Float(f) if f.fract() == 0.0 && f.abs() < 9.0e15 => Value::Int(*f as i64),
            Data::Float(f) => Value::Float(*f),
            Data::String(s) => Value::String(s.clone()),
            Data::List(items) => Value::List(items.iter().map(|d| Node::from_data(d, at)).collect()),
            Data::Map(map) => {
                let member = |(key, d): (&String, &Data)| Member { key: key.clone(), at, node: Node::from_data(d, at) };
                Value::Map(map.iter().map(member).collect())
            }
        };
        Node { value, at }
    }

    /// Sets the member `key` of a mapping.
    pub fn set(&mut self, key: &str, node: Node) {
        if let Value::Map(members) = &mut self.value {
            match members.binary_search_by(|m| m.key.as_str().cmp(key)) {
                Ok(i) => members[i].node = node,
                Err(i) => members.insert(i, Member { key: key.to_owned(), at: node.at, node }),
            }
        }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        match (&self.value, &other.value) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => *a as f64 == *b,
            (Value::String(a), Value::String(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.key == b.key && a.node == b.node)
            }
            _ => false,
        }
    }
}

/// A key that stands twice in a mapping.
#[derive(Clone, Debug)]
pub struct Duplicate {
    /// The field path of the second one.
    pub path: String,
    /// Where the second one is written.
    pub at: Position,
}

/// A document's tree and its duplicate keys; an error is go-yaml's, with its place.
pub fn read(tree: &Tree<'_>) -> Result<(Node, Vec<Duplicate>), (String, Position)> {
    let mut reader = Reader { tree, duplicates: Vec::new(), path: String::new(), nodes: 0 };
    let node = reader.node(tree.root(), 0)?;
    Ok((node, reader.duplicates))
}

struct Reader<'t> {
    tree: &'t Tree<'t>,
    duplicates: Vec<Duplicate>,
    path: String,
    nodes: usize,
}

impl Reader<'_> {
    fn at(&self, id: NodeId) -> Position {
        let start = self.tree.span(id).start;
        Position { line: start.line as u32, column: start.column as u32 }
    }

    fn node(&mut self, id: NodeId, depth: usize) -> Result<Node, (String, Position)> {
        let at = self.at(id);
        let id = self.tree.follow(id);
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(("yaml: document contains excessive aliasing".to_owned(), at));
        }
        if depth > MAX_DEPTH {
            return Err((format!("yaml: exceeded max depth of {MAX_DEPTH}"), at));
        }
        let value = match self.tree.node(id).kind {
            NodeKind::Scalar | NodeKind::Alias => self.scalar(id, at)?,
            NodeKind::Sequence => {
                let mut items = Vec::new();
                for (i, item) in self.tree.children(id).enumerate() {
                    let length = self.path.len();
                    self.path.push_str(&format!("[{i}]"));
                    items.push(self.node(item, depth + 1)?);
                    self.path.truncate(length);
                }
                Value::List(items)
            }
            NodeKind::Mapping => Value::Map(self.members(id, depth)?),
        };
        Ok(Node { value, at })
    }

    fn scalar(&self, id: NodeId, at: Position) -> Result<Value, (String, Position)> {
        Ok(match self.tree.scalar(id).map_err(|message| (message, at))? {
            Data::Bool(b) => Value::Bool(b),
            Data::Int(i) => Value::Int(i),
            Data::Float(f) if !f.is_finite() => return Err((format!("json: unsupported value: {f}"), at)),
            // As it stands in the JSON that the YAML becomes.
            Data::Float(f) if f.fract() == 0.0 && f.abs() < 9.0e18 => Value::Int(f as i64),
            Data::Float(f) => Value::Float(f),
            Data::String(s) => Value::String(s),
            _ => Value::Null,
        })
    }

    fn members(&mut self, id: NodeId, depth: usize) -> Result<Vec<Member>, (String, Position)> {
        let mut members: Vec<Member> = Vec::new();
        let mut merged: Vec<Member> = Vec::new();
        for (key, value) in self.tree.pairs(id) {
            let at = self.at(key);
            let node = self.tree.node(self.tree.follow(key));
            if node.kind == NodeKind::Scalar && node.style == Style::Plain && node.value == "<<" {
                let value = self.node(value, depth + 1)?;
                match value.value {
                    Value::List(items) => items.into_iter().rev().for_each(|item| {
                        if let Value::Map(members) = item.value {
                            merged.extend(members);
                        }
                    }),
                    Value::Map(members) => merged.extend(members),
                    _ => return Err(("yaml: map merge requires map or sequence of maps as the value".to_owned(), at)),
                }
                continue;
            }
            let Some(name) = self.tree.key_text(key) else {
                return Err(("error converting YAML to JSON: unsupported map key".to_owned(), at));
            };
            let length = self.path.len();
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(&name);
            let node = self.node(value, depth + 1)?;
            self.path.truncate(length);
            members.push(Member { key: name, at, node });
        }
        members.sort_by(|a, b| a.key.cmp(&b.key));
        for pair in members.windows(2) {
            if pair[0].key == pair[1].key {
                let dot = if self.path.is_empty() { "" } else { "." };
                self.duplicates.push(Duplicate { path: format!("{}{dot}{}", self.path, pair[1].key), at: pair[1].at });
            }
        }
        if !merged.is_empty() {
            merged.append(&mut members);
            members = merged;
            members.sort_by(|a, b| a.key.cmp(&b.key));
        }
        // Of equal keys the last one stays.
        members.reverse();
        members.dedup_by(|a, b| a.key == b.key);
        members.reverse();
        Ok(members)
    }
}
