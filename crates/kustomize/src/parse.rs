//! Bytes to nodes, as kyaml's `kio.FromBytes` reads them: documents are cut at lines of dashes, anchors and merges are
//! replaced by what they stand for.

use std::collections::HashMap;

use pintle_yaml::{NodeId as TreeId, NodeKind, Tree};

use crate::node::{Kind, Node, NodeId, Nodes, Place, Style, Tag, tag};
use crate::resolve::resolve;

/// How deep a document may be nested.
pub const MAX_DEPTH: usize = 1000;

/// How many nodes one document may have once its aliases are followed.
const MAX_NODES: usize = 4_000_000;

/// Why a text could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError {
    /// go-yaml's or kyaml's words.
    pub message: String,
    /// The line in the text, from 1; 0 if it isn't known.
    pub line: u32,
}

impl ParseError {
    fn new(message: impl Into<String>, line: usize) -> ParseError {
        ParseError { message: message.into(), line: line as u32 }
    }
}

/// Cuts a stream into documents as kyaml does (byteio_reader.go, `splitDocuments`), each with the number of lines before it.
fn split(text: &str) -> Result<Vec<(&str, usize)>, ParseError> {
    let mut documents = Vec::new();
    let (mut start, mut from) = (0, 0);
    let mut line = 0;
    while let Some(at) = text[from..].find("\n---").map(|at| from + at) {
        // The separator is a whole line, and takes both of its line breaks.
        let Some(end) = text[at + 4..].find('\n').map(|n| at + 4 + n) else { break };
        let rest = text[at + 4..end].trim();
        if !rest.is_empty() && !rest.starts_with('#') {
            let here = text[..at].matches('\n').count() + 2;
            return Err(ParseError::new(format!("invalid document separator: {}", text[at..end].trim()), here));
        }
        documents.push((&text[start..=at], line));
        line += text[start..=end].matches('\n').count();
        (start, from) = (end + 1, end + 1);
    }
    documents.push((&text[start..], line));
    Ok(documents)
}

/// Reads every document of a text; empty ones are left out. A single `List` gives its items.
pub fn parse(nodes: &mut Nodes, bytes: &[u8], source: u32) -> Result<Vec<NodeId>, ParseError> {
    let lossy = String::from_utf8_lossy(bytes);
    if let std::borrow::Cow::Owned(_) = &lossy {
        // The scanner words this.
        let error = Tree::parse(bytes).err();
        let line = error.as_ref().and_then(|e| e.line).unwrap_or(0);
        let message = error.map_or("yaml: invalid UTF-8".into(), |e| e.message);
        return Err(ParseError::new(format!("MalformedYAMLError: {message}"), line));
    }
    let text = lossy.replace("\r\n", "\n");
    let documents = split(&text)?;
    let single = documents.len() == 1;
    let mut found = Vec::new();
    for (document, before) in documents {
        let tree = Tree::parse(document.as_bytes()).map_err(|e| {
            let line = e.line.map_or(0, |line| line + before);
            ParseError::new(format!("MalformedYAMLError: {}", e.message), line)
        })?;
        let Some(tree) = tree else { continue };
        let mut builder =
            Builder { tree: &tree, text: document, nodes, source, before, built: HashMap::new(), budget: MAX_NODES };
        let root = builder.build(tree.root(), 0)?;
        if nodes[root].is_tagged_null() {
            continue;
        }
        let kind = nodes.get(root, "kind").map_or("", |kind| &nodes[kind].value);
        let items = nodes.get(root, "items");
        if single && matches!(kind, "List" | "ResourceList") && (items.is_some() || nodes.get(root, "functionConfig").is_some()) {
            found.extend(items.map(|items| nodes[items].content.clone()).unwrap_or_default());
            continue;
        }
        found.push(root);
    }
    Ok(found)
}

/// Reads the first document of a text, with its aliases followed.
pub fn parse_one(nodes: &mut Nodes, bytes: &[u8], source: u32) -> Result<Option<NodeId>, ParseError> {
    let tree = Tree::parse(bytes).map_err(|e| ParseError::new(e.message, e.line.unwrap_or(0)))?;
    let Some(tree) = tree else { return Ok(None) };
    let mut builder = Builder {
        tree: &tree,
        text: &String::from_utf8_lossy(bytes),
        nodes,
        source,
        before: 0,
        built: HashMap::new(),
        budget: MAX_NODES,
    };
    builder.build(tree.root(), 0).map(Some)
}

struct Builder<'b, 't> {
    tree: &'b Tree<'t>,
    text: &'b str,
    nodes: &'b mut Nodes,
    source: u32,
    before: usize,
    // What anchored nodes have become.
    built: HashMap<TreeId, NodeId>,
    budget: usize,
}

impl Builder<'_, '_> {
    fn line(&self, id: TreeId) -> usize {
        self.tree.span(id).start.line + self.before
    }

    fn fail<T>(&self, id: TreeId, message: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError::new(message, self.line(id)))
    }

    fn build(&mut self, id: TreeId, depth: usize) -> Result<NodeId, ParseError> {
        if depth > MAX_DEPTH {
            return self.fail(id, "yaml: exceeded max depth of 1000");
        }
        self.charge(id, 1)?;
        let node = self.tree.node(id);
        let built = match node.kind {
            NodeKind::Alias => {
                let Some(&target) = self.built.get(&self.tree.follow(id)) else {
                    return self.fail(id, format!("yaml: anchor '{}' value contains itself", node.value));
                };
                return self.copy(id, target, depth);
            }
            NodeKind::Scalar => {
                let scalar = self.scalar(id);
                self.nodes.add(scalar)
            }
            NodeKind::Sequence => {
                let children: Vec<TreeId> = self.tree.children(id).collect();
                let content = children.into_iter().map(|child| self.build(child, depth + 1)).collect::<Result<_, _>>()?;
                let place = self.place(id);
                let style = self.collection_style(id);
                self.nodes.add(Node { content, place, style, tag: tag::SEQ, ..Node::new(Kind::Sequence) })
            }
            NodeKind::Mapping => self.mapping(id, depth)?,
        };
        if self.tree.anchor(id).is_some() {
            self.built.insert(id, built);
        }
        Ok(built)
    }

    fn charge(&mut self, at: TreeId, nodes: usize) -> Result<(), ParseError> {
        match self.budget.checked_sub(nodes) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => self.fail(at, "yaml: document contains excessive aliasing"),
        }
    }

    fn copy(&mut self, at: TreeId, id: NodeId, depth: usize) -> Result<NodeId, ParseError> {
        if depth > MAX_DEPTH {
            return self.fail(at, "yaml: exceeded max depth of 1000");
        }
        self.charge(at, 1)?;
        let mut node = self.nodes[id].clone();
        for child in &mut node.content {
            *child = self.copy(at, *child, depth + 1)?;
        }
        Ok(self.nodes.add(node))
    }

    fn place(&self, id: TreeId) -> Place {
        Place { source: self.source, line: self.line(id) as u32 }
    }

    /// Whether a collection is written in brackets: they stand behind its anchor and tag.
    fn collection_style(&self, id: TreeId) -> Style {
        let mut rest = self.text.get(self.tree.span(id).start.offset..).unwrap_or("");
        while rest.starts_with(['&', '!']) {
            rest = rest.find(char::is_whitespace).map_or("", |end| rest[end..].trim_start());
        }
        if rest.starts_with(['{', '[']) { Style::Flow } else { Style::Plain }
    }

    fn scalar(&self, id: TreeId) -> Node {
        let node = self.tree.node(id);
        let style = match node.style {
            pintle_yaml::Style::Plain => Style::Plain,
            pintle_yaml::Style::SingleQuoted => Style::SingleQuoted,
            pintle_yaml::Style::DoubleQuoted => Style::DoubleQuoted,
            pintle_yaml::Style::Literal => Style::Literal,
            pintle_yaml::Style::Folded => Style::Folded,
        };
        let (tag, tagged) = match self.tree.tag(id).filter(|tag| *tag != "!") {
            Some(tag) => (short_tag(tag), true),
            None if style != Style::Plain => (tag::STR, false),
            None if node.value == "<<" => (tag::MERGE, false),
            None => (resolve(&node.value).tag(), false),
        };
        Node { style, tagged, tag, place: self.place(id), ..Node::scalar(node.value.as_ref()) }
    }

    fn mapping(&mut self, id: TreeId, depth: usize) -> Result<NodeId, ParseError> {
        let pairs: Vec<(TreeId, TreeId)> = self.tree.pairs(id).collect();
        let mut content = Vec::with_capacity(2 * pairs.len());
        let mut merged: Option<TreeId> = None;
        for (key, value) in pairs {
            let name = self.build(key, depth + 1)?;
            if self.nodes[name].tag == tag::MERGE {
                if merged.is_some() {
                    return self.fail(key, "duplicate merge key");
                }
                merged = Some(value);
                continue;
            }
            content.push(name);
            let value = self.build(value, depth + 1)?;
            content.push(value);
        }
        if let Some(value) = merged {
            let own = content.len();
            for source in self.merge_sources(value, depth)? {
                self.merge(&mut content, own, source);
            }
        }
        let place = self.place(id);
        let style = self.collection_style(id);
        Ok(self.nodes.add(Node { content, place, style, tag: tag::MAP, ..Node::new(Kind::Mapping) }))
    }

    /// The maps that `<<` names, the last one first (rnode.go, `findMergeValues`).
    fn merge_sources(&mut self, value: TreeId, depth: usize) -> Result<Vec<NodeId>, ParseError> {
        match self.tree.node(value).kind {
            NodeKind::Mapping => Ok(vec![self.build(value, depth + 1)?]),
            NodeKind::Alias => {
                let built = self.build(value, depth + 1)?;
                match self.nodes[built].kind {
                    Kind::Mapping => Ok(vec![built]),
                    _ => self.fail(value, "invalid map merge: received alias for a non-map value"),
                }
            }
            NodeKind::Sequence => {
                let mut all = Vec::new();
                let items: Vec<TreeId> = self.tree.children(value).collect();
                for item in items.into_iter().rev() {
                    if self.tree.node(item).kind == NodeKind::Sequence {
                        return self.fail(item, "invalid map merge: received a nested sequence");
                    }
                    all.extend(self.merge_sources(item, depth + 1)?);
                }
                Ok(all)
            }
            NodeKind::Scalar => self.fail(value, "map merge requires map or sequence of maps as the value"),
        }
    }

    /// Later sources win over earlier ones, a mapping's own fields over all (rnode.go, `mergeAll`).
    fn merge(&mut self, content: &mut Vec<NodeId>, own: usize, source: NodeId) {
        for (key, value) in self.nodes.pairs(source).collect::<Vec<_>>() {
            let name = &self.nodes[key].value;
            match (0..content.len() / 2).map(|i| 2 * i).find(|i| self.nodes[content[*i]].value == *name) {
                Some(at) if at < own => {}
                Some(at) => (content[at], content[at + 1]) = (key, value),
                None => content.extend([key, value]),
            }
        }
    }
}

fn short_tag(tag: &str) -> Tag {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some(name) => Tag::Owned(format!("!!{name}")),
        None => Tag::Owned(tag.to_owned()),
    }
}
