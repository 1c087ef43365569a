//! Documents as trees of nodes, each with its place in the text.
//!
//! A [`Tree`] keeps its nodes in one vector, in the order in which they are written; a collection's children follow it.
//! Scalars that need no unescaping borrow from the text.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

use crate::Error;
use crate::input::Input;
use crate::lines;
use crate::parser::{EventKind, Parser};
use crate::scanner::{Mark, Scan, Style};

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos {
    /// Bytes from the beginning.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// A stretch of text: from the first character to behind the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where it begins.
    pub start: Pos,
    /// Where it ends.
    pub end: Pos,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Text, yet to be resolved to a type.
    Scalar,
    /// A list of nodes.
    Sequence,
    /// Keys and values in turn.
    Mapping,
    /// A reference to an anchored node.
    Alias,
}

/// A node of a document.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// What it is.
    pub kind: NodeKind,
    /// How it is written, if it is a scalar.
    pub style: Style,
    /// A scalar's text, or an alias's name.
    pub value: Cow<'a, str>,
    /// Whether a scalar's type follows from its text.
    pub(crate) implicit: bool,
    /// Behind the last node of this subtree.
    pub(crate) next: u32,
    /// For an alias the node it refers to.
    pub(crate) target: u32,
    /// The tag and the anchor, one more than their index in the tree's properties.
    pub(crate) properties: u32,
    pub(crate) start: Mark,
    pub(crate) end: Mark,
}

/// A document.
#[derive(Clone, Debug, Default)]
pub struct Tree<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    properties: Vec<(Option<String>, Option<Cow<'a, str>>)>,
    /// Whether it is nested more deeply than it can be decoded.
    pub(crate) deep: bool,
    // What the text lacks at the beginning of the bytes.
    skipped: usize,
}

/// A node's index in its tree.
pub type NodeId = usize;

impl<'a> Tree<'a> {
    /// The node with this index.
    pub fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id]
    }

    /// The document's node.
    pub fn root(&self) -> NodeId {
        0
    }

    /// The resolved tag that stands before a scalar, such as `tag:yaml.org,2002:int`; the one of a collection is not kept,
    /// as go-yaml ignores it.
    pub fn tag(&self, id: NodeId) -> Option<&str> {
        let at = self.nodes[id].properties.checked_sub(1)?;
        self.properties[at as usize].0.as_deref()
    }

    /// The anchor that stands before a node.
    pub fn anchor(&self, id: NodeId) -> Option<&str> {
        let at = self.nodes[id].properties.checked_sub(1)?;
        self.properties[at as usize].1.as_deref()
    }

    /// Whether no node has a tag or an anchor.
    pub(crate) fn is_bare(&self) -> bool {
        self.properties.is_empty()
    }

    /// The same tree without its text.
    pub fn into_owned(self) -> Tree<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        Tree {
            nodes: self.nodes.into_iter().map(|node| Node { value: own(node.value), ..node }).collect(),
            properties: self.properties.into_iter().map(|(tag, anchor)| (tag, anchor.map(own))).collect(),
            deep: self.deep,
            skipped: self.skipped,
        }
    }

    /// The node that an alias refers to; any other node itself.
    pub fn follow(&self, id: NodeId) -> NodeId {
        match self.nodes[id].kind {
            NodeKind::Alias => self.nodes[id].target as usize,
            _ => id,
        }
    }

    /// The nodes directly below: a sequence's items, or a mapping's keys and values in turn.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let end = match self.nodes[id].kind {
            NodeKind::Sequence | NodeKind::Mapping => self.nodes[id].next as usize,
            _ => id + 1,
        };
        let mut next = id + 1;
        std::iter::from_fn(move || {
            let id = next;
            if id >= end {
                return None;
            }
            next = self.nodes[id].next as usize;
            Some(id)
        })
    }

    /// A mapping's keys with their values.
    pub fn pairs(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let mut nodes = self.children(id);
        std::iter::from_fn(move || Some((nodes.next()?, nodes.next()?)))
    }

    /// Where a node is written.
    pub fn span(&self, id: NodeId) -> Span {
        let node = &self.nodes[id];
        let pos = |mark: Mark| Pos {
            offset: mark.offset as usize + self.skipped,
            line: mark.line as usize + 1,
            column: mark.column as usize + 1,
        };
        Span { start: pos(node.start), end: pos(node.end) }
    }
}

/// The documents of a stream, one after the other.
pub(crate) struct Composer<'a> {
    /// The only document, if reading its lines was enough; there is no parser then.
    read: Option<Vec<Node<'a>>>,
    parser: Option<Parser<'a>>,
    skipped: usize,
    started: bool,
}

thread_local! {
    static COMPOSED: Cell<u64> = const { Cell::new(0) };
}

/// How often this thread has composed a document, or looked for one behind the last. Tests find out with it what is read twice.
pub fn composed() -> u64 {
    COMPOSED.get()
}

impl<'a> Composer<'a> {
    pub(crate) fn new(input: &'a Input<'a>) -> Composer<'a> {
        match lines::read(input) {
            None => Composer::parsing(input),
            read => Composer { read, parser: None, skipped: input.mark, started: false },
        }
    }

    /// As [`new`](Composer::new), by all of YAML's rules even where fewer would do.
    pub(crate) fn parsing(input: &'a Input<'a>) -> Composer<'a> {
        let skipped = if input.wide { 0 } else { input.mark };
        Composer { read: None, parser: Some(Parser::new(input)), skipped, started: false }
    }

    /// The next document, or `None` behind the last one.
    pub(crate) fn next(&mut self) -> Scan<Option<Tree<'a>>> {
        COMPOSED.set(COMPOSED.get() + 1);
        let Some(parser) = &mut self.parser else {
            return Ok(self.read.take().map(|nodes| Tree { nodes, skipped: self.skipped, ..Tree::default() }));
        };
        if !self.started {
            parser.next()?;
            self.started = true;
        }
        match parser.next()?.kind {
            EventKind::DocumentStart => {}
            _ => return Ok(None),
        }
        let mut tree = Tree { skipped: self.skipped, ..Tree::default() };
        let mut anchors: HashMap<&str, u32> = HashMap::new();
        let mut open: Vec<usize> = Vec::new();
        loop {
            let event = parser.next()?;
            let id = tree.nodes.len();
            let mut node = Node {
                kind: NodeKind::Scalar,
                style: Style::Plain,
                value: Cow::Borrowed(""),
                implicit: false,
                next: id as u32 + 1,
                target: 0,
                properties: 0,
                start: event.start,
                end: event.end,
            };
            let mut anchored = None;
            match event.kind {
                EventKind::Scalar { anchor, tag, value, implicit, style } => {
                    (node.value, node.implicit, node.style) = (value, implicit, style);
                    if tag.is_some() || anchor.is_some() {
                        tree.properties.push((tag, anchor.map(Cow::Borrowed)));
                        node.properties = tree.properties.len() as u32;
                    }
                    anchored = anchor;
                }
                EventKind::SequenceStart { anchor } | EventKind::MappingStart { anchor } => {
                    node.kind = match event.kind {
                        EventKind::SequenceStart { .. } => NodeKind::Sequence,
                        _ => NodeKind::Mapping,
                    };
                    if anchor.is_some() {
                        tree.properties.push((None, anchor.map(Cow::Borrowed)));
                        node.properties = tree.properties.len() as u32;
                    }
                    anchored = anchor;
                    open.push(id);
                    tree.deep |= open.len() > crate::MAX_DEPTH;
                }
                EventKind::Alias(name) => {
                    node.kind = NodeKind::Alias;
                    node.value = Cow::Borrowed(name);
                    match anchors.get(name) {
                        Some(&target) => node.target = target,
                        None => return Err(unknown_anchor(name, event.start)),
                    }
                }
                EventKind::SequenceEnd | EventKind::MappingEnd => {
                    if let Some(collection) = open.pop() {
                        tree.nodes[collection].next = id as u32;
                        tree.nodes[collection].end = event.end;
                    }
                    if open.is_empty() {
                        break;
                    }
                    continue;
                }
                _ => break,
            }
            if let Some(anchor) = anchored {
                anchors.insert(anchor, id as u32);
            }
            tree.nodes.push(node);
            if open.is_empty() {
                break;
            }
        }
        // The end of the document may hold an error too.
        parser.next()?;
        Ok(Some(tree))
    }
}

fn unknown_anchor(name: &str, at: Mark) -> Box<Error> {
    let message = format!("yaml: unknown anchor '{name}' referenced");
    Box::new(Error::at(message, at.line as usize + 1, at.column as usize + 1))
}
