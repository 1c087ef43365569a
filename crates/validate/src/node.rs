//! A manifest as a tree in which every value knows its place.
//!
//! Takes a document of [`pintle_yaml`], gives the tree that the API server sees: keys sorted, of duplicate keys the last one,
//! merges and aliases expanded, integers apart from floats. Duplicate keys are listed beside it.

use std::collections::HashMap;

use pintle_value::Data;
use pintle_value::budget::{Budget, Exceeded};
use pintle_yaml::{NodeId, NodeKind, Style, Tree};

/// Nodes that aliases may make of one document: beyond it, it is a bomb.
const MAX_NODES: usize = 2_000_000;
/// The nesting that is followed; the API server's decoder stops at 10,000, Helm's at 1,000.
const MAX_DEPTH: usize = 500;

/// A place: bytes from the beginning of the source.
pub type Offset = u32;

/// A value and its place.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it is written.
    pub at: Offset,
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
    pub at: Offset,
    /// The value.
    pub node: Node,
}

static NULL: Node = Node { value: Value::Null, at: 0 };

impl Node {
    /// A value without a place of its own.
    pub fn new(value: Value, at: Offset) -> Node {
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

    /// About how many bytes of memory a copy takes.
    pub fn bytes(&self) -> u64 {
        let below: u64 = match &self.value {
            Value::String(s) => s.len() as u64,
            Value::List(items) => items.iter().map(Node::bytes).sum(),
            Value::Map(members) => members.iter().map(|m| m.key.len() as u64 + m.node.bytes()).sum(),
            _ => 0,
        };
        size_of::<Member>() as u64 + below
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
    pub fn from_data(data: &Data, at: Offset) -> Node {
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
    pub at: Offset,
}

/// The duplicate keys of each item of a list object.
pub fn by_item(duplicates: Vec<Duplicate>) -> HashMap<usize, Vec<Duplicate>> {
    let mut items: HashMap<usize, Vec<Duplicate>> = HashMap::new();
    for duplicate in duplicates {
        let rest = duplicate.path.strip_prefix("items[").and_then(|rest| rest.split_once("]."));
        if let Some((index, path)) = rest.and_then(|(index, path)| Some((index.parse().ok()?, path.to_owned()))) {
            items.entry(index).or_default().push(Duplicate { path, at: duplicate.at });
        }
    }
    items
}

/// Why a document can't be read.
pub enum Failure {
    /// go-yaml's message, and where.
    Broken(String, Offset),
    /// The run's budget is used up.
    Exceeded(Exceeded),
}

impl From<Exceeded> for Failure {
    fn from(e: Exceeded) -> Failure {
        Failure::Exceeded(e)
    }
}

/// The tree of a document that begins at `start`, and its duplicate keys. What aliases copy is charged as it is made.
///
/// Errors: go-yaml's, and a budget that is used up.
pub fn read(tree: &Tree<'_>, start: Offset, budget: &Budget) -> Result<(Node, Vec<Duplicate>), Failure> {
    let mut reader = Reader { tree, start, budget, duplicates: Vec::new(), path: String::new(), nodes: 0, aliases: 0 };
    let node = reader.node(tree.root(), 0)?;
    budget.charge(reader.nodes as u64)?;
    Ok((node, reader.duplicates))
}

struct Reader<'t> {
    tree: &'t Tree<'t>,
    start: Offset,
    budget: &'t Budget,
    duplicates: Vec<Duplicate>,
    path: String,
    nodes: usize,
    /// How many aliases lead to what is read.
    aliases: usize,
}

impl Reader<'_> {
    fn at(&self, id: NodeId) -> Offset {
        self.start + self.tree.span(id).start.offset as Offset
    }

    fn node(&mut self, id: NodeId, depth: usize) -> Result<Node, Failure> {
        let target = self.tree.follow(id);
        if target == id {
            return self.followed(id, self.at(id), depth);
        }
        self.aliases += 1;
        let node = self.followed(target, self.at(id), depth);
        self.aliases -= 1;
        node
    }

    /// Charges what an alias copies.
    fn copy(&self, text: usize) -> Result<(), Exceeded> {
        if self.aliases > 0 { self.budget.allocate((size_of::<Member>() + text) as u64) } else { Ok(()) }
    }

    fn followed(&mut self, id: NodeId, at: Offset, depth: usize) -> Result<Node, Failure> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Failure::Broken("yaml: document contains excessive aliasing".to_owned(), at));
        }
        if depth > MAX_DEPTH {
            return Err(Failure::Broken(format!("yaml: exceeded max depth of {MAX_DEPTH}"), at));
        }
        self.copy(self.tree.node(id).value.len())?;
        let value = match self.tree.node(id).kind {
            NodeKind::Scalar | NodeKind::Alias => {
                self.scalar(id).map_err(|message| Failure::Broken(self.without_secrets(message), at))?
            }
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

    /// go-yaml's message about a value at the path; it quotes the value, which must not be a secret's.
    fn without_secrets(&self, message: String) -> String {
        let is_hidden = self.path.split(['.', '[', ']']).any(|n| matches!(n, "data" | "stringData"));
        match (message.find('`'), message.rfind('`')) {
            (Some(start), Some(end)) if start < end && is_hidden && self.has_secrets() => {
                format!("{}`***{}", &message[..start], &message[end..])
            }
            _ => message,
        }
    }

    /// Whether the document is a secret, or a list with one.
    fn has_secrets(&self) -> bool {
        let text = |id| &*self.tree.node(self.tree.follow(id)).value;
        let mut open = vec![self.tree.root()];
        while let Some(id) = open.pop() {
            let is_map = self.tree.node(id).kind == NodeKind::Mapping;
            let is_secret = |(key, value)| text(key) == "kind" && matches!(text(value), "Secret" | "SecretList");
            if is_map && self.tree.pairs(id).any(is_secret) {
                return true;
            }
            open.extend(self.tree.children(id));
        }
        false
    }

    fn scalar(&self, id: NodeId) -> Result<Value, String> {
        Ok(match self.tree.scalar(id)? {
            Data::Bool(b) => Value::Bool(b),
            Data::Int(i) => Value::Int(i),
            Data::Float(f) if !f.is_finite() => return Err(format!("json: unsupported value: {f}")),
            // As it stands in the JSON that the YAML becomes.
            Data::Float(f) if f.fract() == 0.0 && f.abs() < 9.0e18 => Value::Int(f as i64),
            Data::Float(f) => Value::Float(f),
            Data::String(s) => Value::String(s),
            _ => Value::Null,
        })
    }

    fn members(&mut self, id: NodeId, depth: usize) -> Result<Vec<Member>, Failure> {
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
                    _ => {
                        let message = "yaml: map merge requires map or sequence of maps as the value";
                        return Err(Failure::Broken(message.to_owned(), at));
                    }
                }
                continue;
            }
            let Some(name) = self.tree.key_text(key) else {
                return Err(Failure::Broken("error converting YAML to JSON: unsupported map key".to_owned(), at));
            };
            self.copy(name.len())?;
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
                self.budget.text(2 * (self.path.len() + pair[1].key.len()))?;
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
