//! Documents as nodes that can be edited in place, as kyaml's `RNode` edits go-yaml's nodes.
//!
//! All nodes of a build live in one [`Nodes`]; a [`NodeId`] is what a pointer is in Go. That is on purpose: kustomize lets
//! several fields share one node, and what later changes one changes all. A node keeps its tag and its style, because they
//! decide together with the text what type a scalar has in the end; and its [`Place`], so that every field of a result knows
//! where it was written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// A node of a [`Nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// Where something is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// One more than the index of the file among the sources of the build; 0 is none.
    pub source: u32,
    /// The line in it, from 1; 0 if it isn't known.
    pub line: u32,
}

/// What a node is (go.yaml.in/yaml/v3, `Kind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: what remains of a deleted resource.
    Zero,
    /// Text with a tag.
    Scalar,
    /// A list.
    Sequence,
    /// Keys and values in turn.
    Mapping,
}

impl Kind {
    /// kyaml's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Zero => "",
            Kind::Scalar => "ScalarNode",
            Kind::Sequence => "SequenceNode",
            Kind::Mapping => "MappingNode",
        }
    }
}

/// How a node is written (go.yaml.in/yaml/v3, `Style`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As it comes.
    #[default]
    Plain,
    /// `"…"`
    DoubleQuoted,
    /// `'…'`
    SingleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// `[…]` or `{…}`; without a meaning for scalars.
    Flow,
}

/// A short tag such as `!!str`; empty is none.
pub type Tag = std::borrow::Cow<'static, str>;

/// The tags that a parser gives.
pub(crate) mod tag {
    use super::Tag;

    pub const NONE: Tag = Tag::Borrowed("");
    pub const NULL: Tag = Tag::Borrowed("!!null");
    pub const BOOL: Tag = Tag::Borrowed("!!bool");
    pub const STR: Tag = Tag::Borrowed("!!str");
    pub const INT: Tag = Tag::Borrowed("!!int");
    pub const FLOAT: Tag = Tag::Borrowed("!!float");
    pub const TIMESTAMP: Tag = Tag::Borrowed("!!timestamp");
    pub const SEQ: Tag = Tag::Borrowed("!!seq");
    pub const MAP: Tag = Tag::Borrowed("!!map");
    pub const BINARY: Tag = Tag::Borrowed("!!binary");
    pub const MERGE: Tag = Tag::Borrowed("!!merge");
}

/// A node's content.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// How it is written.
    pub style: Style,
    /// Whether its tag is written out.
    pub tagged: bool,
    /// Its tag.
    pub tag: Tag,
    /// A scalar's text.
    pub value: String,
    /// A sequence's items, or a mapping's keys and values in turn.
    pub content: Vec<NodeId>,
    /// Where it comes from.
    pub place: Place,
}

impl Node {
    /// A node of this kind without content.
    pub fn new(kind: Kind) -> Node {
        Node {
            kind,
            style: Style::Plain,
            tagged: false,
            tag: tag::NONE,
            value: String::new(),
            content: Vec::new(),
            place: Place::default(),
        }
    }

    /// A scalar whose type follows from its text (`NewScalarRNode`).
    pub fn scalar(value: impl Into<String>) -> Node {
        Node { value: value.into(), ..Node::new(Kind::Scalar) }
    }

    /// A string (`NewStringRNode`).
    pub fn string(value: impl Into<String>) -> Node {
        let value = value.into();
        let style = if value.contains('\n') { Style::Literal } else { Style::Plain };
        Node { value, style, tag: tag::STR, ..Node::new(Kind::Scalar) }
    }

    /// Whether it stands for null (`IsYNodeTaggedNull`).
    pub fn is_tagged_null(&self) -> bool {
        self.tag == tag::NULL
    }

    /// `IsYNodeNilOrEmpty`
    pub fn is_nil_or_empty(&self) -> bool {
        self.is_tagged_null()
            || match self.kind {
                Kind::Zero => true,
                Kind::Mapping | Kind::Sequence => self.content.is_empty(),
                Kind::Scalar => false,
            }
    }

    /// `IsYNodeString`
    pub fn is_string(&self) -> bool {
        self.kind == Kind::Scalar && (self.tag == tag::STR || self.tag.is_empty())
    }
}

/// Mappings with more members than this are looked up through an index.
const SMALL: usize = 32;

/// Every node of a build.
#[derive(Debug, Default)]
pub struct Nodes {
    nodes: Vec<Node>,
    changes: Changes,
    /// Nodes that were gone over since somebody asked.
    visited: usize,
    /// Where the keys of large mappings stand in their content: of equal ones the first.
    indexes: Mutex<HashMap<NodeId, Arc<Index>>>,
}

/// The places of a mapping's keys in its content.
type Index = HashMap<String, usize>;

/// When nodes were changed last, as far as it matters to who remembers something of all nodes up to one.
#[derive(Debug, Default)]
struct Changes {
    /// Times with nodes that were changed then and not since; of a later time the node is a later one.
    log: Vec<(u64, NodeId)>,
    now: u64,
}

impl Changes {
    fn note(&mut self, id: NodeId) {
        self.now += 1;
        while self.log.last().is_some_and(|(_, known)| *known >= id) {
            self.log.pop();
        }
        self.log.push((self.now, id));
    }

    fn first_since(&self, time: u64) -> Option<NodeId> {
        self.log.get(self.log.partition_point(|(at, _)| *at <= time)).map(|(_, id)| *id)
    }
}

impl std::ops::Index<NodeId> for Nodes {
    type Output = Node;

    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }
}

impl std::ops::IndexMut<NodeId> for Nodes {
    fn index_mut(&mut self, id: NodeId) -> &mut Node {
        self.changes.note(id);
        if self.nodes[id.0 as usize].content.len() > 2 * SMALL
            && let Ok(indexes) = self.indexes.get_mut()
        {
            indexes.remove(&id);
        }
        &mut self.nodes[id.0 as usize]
    }
}

impl Nodes {
    /// No nodes.
    pub fn new() -> Nodes {
        Nodes::default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Adds a node.
    pub fn add(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        id
    }

    /// Adds an empty mapping.
    pub fn add_map(&mut self) -> NodeId {
        self.add(Node::new(Kind::Mapping))
    }

    /// A copy of everything below a node (`CopyYNode`).
    pub fn copy(&mut self, id: NodeId) -> NodeId {
        let mut node = self[id].clone();
        for child in &mut node.content {
            *child = self.copy(*child);
        }
        self.add(node)
    }

    /// Puts what `from` is in the place of `to` (`SetYNode`): they share what is below them from then on.
    pub fn assign(&mut self, to: NodeId, from: NodeId) {
        if to != from {
            self[to] = self[from].clone();
        }
    }

    /// Whether there is no node or null (`IsMissingOrNull`).
    pub fn is_missing_or_null(&self, id: Option<NodeId>) -> bool {
        id.is_none_or(|id| self[id].is_tagged_null() || self[id].kind == Kind::Zero)
    }

    /// Keys and values of a mapping, in order.
    pub fn pairs(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        self[id].content.chunks_exact(2).map(|pair| (pair[0], pair[1]))
    }

    /// A mapping's first key with this text, and its value (`RNode.Field`).
    pub fn field(&self, id: NodeId, name: &str) -> Option<(NodeId, NodeId)> {
        if self[id].kind != Kind::Mapping {
            return None;
        }
        let content = &self[id].content;
        self.field_index(id, name).and_then(|at| Some((*content.get(at)?, *content.get(at + 1)?)))
    }

    /// The value of a mapping's field.
    pub fn get(&self, id: NodeId, name: &str) -> Option<NodeId> {
        self.field(id, name).map(|(_, value)| value)
    }

    /// The value of a mapping's field unless it is nothing (`MapNode.IsNilOrEmpty`).
    pub fn get_filled(&self, id: NodeId, name: &str) -> Option<NodeId> {
        self.get(id, name).filter(|value| !self[*value].is_nil_or_empty())
    }

    /// Where a field's key stands in the mapping's content.
    pub fn field_index(&self, id: NodeId, name: &str) -> Option<usize> {
        let content = &self[id].content;
        let is_key = |at: &usize| self[content[*at]].value == name;
        if content.len() > 2 * SMALL {
            match self.index_of(id).get(name) {
                Some(at) if is_key(at) => return Some(*at),
                // A key that was changed in its place.
                Some(_) => {}
                None => return None,
            }
        }
        (0..content.len() / 2).map(|i| 2 * i).find(is_key)
    }

    fn index_of(&self, id: NodeId) -> Arc<Index> {
        let make = || {
            let content = &self[id].content;
            let mut index = Index::with_capacity(content.len() / 2);
            for at in (0..content.len() / 2).map(|i| 2 * i) {
                index.entry(self[content[at]].value.clone()).or_insert(at);
            }
            Arc::new(index)
        };
        match self.indexes.lock() {
            Ok(mut indexes) => indexes.entry(id).or_insert_with(make).clone(),
            Err(_) => make(),
        }
    }

    /// Adds a member to a mapping that has none of this name.
    pub(crate) fn push_field(&mut self, id: NodeId, key: NodeId, value: NodeId) {
        self.changes.note(id);
        let name = self[key].value.clone();
        let content = &mut self.nodes[id.0 as usize].content;
        let at = content.len();
        content.extend([key, value]);
        if let Ok(indexes) = self.indexes.get_mut()
            && let Some(index) = indexes.get_mut(&id)
        {
            Arc::make_mut(index).entry(name).or_insert(at);
        }
    }

    /// Notes that nodes are gone over.
    pub(crate) fn visit(&mut self, count: usize) {
        self.visited += count;
    }

    /// How many nodes were gone over since the last time.
    pub(crate) fn take_visited(&mut self) -> usize {
        std::mem::take(&mut self.visited)
    }

    /// The time, for [`Nodes::changed_since`]: it passes with every change.
    pub(crate) fn time(&self) -> u64 {
        self.changes.now
    }

    /// Whether one of the first `count` nodes was changed since a time.
    pub(crate) fn changed_since(&self, time: u64, count: usize) -> bool {
        self.changes.first_since(time).is_some_and(|id| (id.0 as usize) < count)
    }

    /// Fails if an object has become deeper than documents may be.
    pub fn check_growth(&self, object: NodeId) -> Result<(), String> {
        let limit = crate::parse::MAX_DEPTH + 100;
        if self.depth(object, limit + 1) > limit {
            return Err("the object grows too large".into());
        }
        Ok(())
    }

    /// The number of nodes on the longest way down, at most `limit`.
    pub fn depth(&self, id: NodeId, limit: usize) -> usize {
        match limit {
            0 => 0,
            _ => 1 + self[id].content.iter().map(|child| self.depth(*child, limit - 1)).max().unwrap_or(0),
        }
    }
}
