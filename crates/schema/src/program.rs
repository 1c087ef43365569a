//! Compiled schemas: a graph of nodes that refer to each other by number (santhosh's schema.go).

use std::sync::{Arc, OnceLock};

use pintle_go::regexp::Regex;

use crate::document::{Content, DocId, Document};
use crate::draft::Draft;
use crate::format::Format;
use crate::location::{encode, escape};
use crate::message::quote;
use crate::number::{Decimal, Number};
use crate::types::{Type, Types};

/// A node's index in its program.
pub(crate) type NodeId = u32;

/// A schema with all that it refers to.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) nodes: Vec<Node>,
    /// Documents by number, with their URLs.
    pub(crate) documents: Vec<(String, Arc<Document>)>,
    /// Where to begin.
    pub(crate) root: NodeId,
    /// The `urn:` references that were taken to allow anything.
    pub(crate) unresolved: Vec<String>,
}

/// What one schema asks for.
#[derive(Debug)]
pub(crate) struct Node {
    /// The number of its document, and where it stands there.
    pub(crate) document: u32,
    pub(crate) place: DocId,
    location: OnceLock<Arc<str>>,
    pub(crate) draft: Draft,
    /// The schema with an `$id` that it is part of.
    pub(crate) resource: NodeId,
    /// `true`, `false`, or `{}`.
    pub(crate) boolean: Option<bool>,
    pub(crate) reference: Option<NodeId>,
    pub(crate) recursive_reference: Option<NodeId>,
    pub(crate) recursive_anchor: bool,
    /// The target, and the anchor that names it.
    pub(crate) dynamic_reference: Option<(NodeId, Option<Box<str>>)>,
    pub(crate) dynamic_anchor: Option<Box<str>>,
    /// Those of a resource.
    pub(crate) dynamic_anchors: Vec<(Box<str>, NodeId)>,
    pub(crate) types: Types,
    pub(crate) constant: Option<DocId>,
    pub(crate) enumeration: Option<Box<Enumeration>>,
    pub(crate) format: Option<&'static Format>,
    pub(crate) not: Option<NodeId>,
    pub(crate) all_of: Vec<NodeId>,
    pub(crate) any_of: Vec<NodeId>,
    pub(crate) one_of: Vec<NodeId>,
    pub(crate) condition: Option<Box<Condition>>,
    pub(crate) object: Option<Box<ObjectRules>>,
    pub(crate) array: Option<Box<ArrayRules>>,
    pub(crate) string: Option<Box<StringRules>>,
    pub(crate) number: Option<Box<NumberRules>>,
    pub(crate) unevaluated_properties: Option<NodeId>,
    pub(crate) unevaluated_items: Option<NodeId>,
    pub(crate) all_properties_evaluated: bool,
    pub(crate) all_items_evaluated: bool,
    pub(crate) items_evaluated: usize,
}

/// `enum`
#[derive(Debug)]
pub(crate) struct Enumeration {
    pub(crate) values: Vec<DocId>,
    pub(crate) types: Types,
    shown: OnceLock<Option<Arc<[String]>>>,
}

/// `if`, `then`, `else`
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) test: NodeId,
    pub(crate) then: Option<NodeId>,
    pub(crate) otherwise: Option<NodeId>,
}

/// Schemas by name: those of the members of a mapping of the document, in their order.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) place: DocId,
    pub(crate) nodes: Vec<NodeId>,
}

/// A schema, or merely whether anything may be there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Additional {
    Allowed(bool),
    Schema(NodeId),
}

/// What a property asks for beside itself.
#[derive(Debug)]
pub(crate) enum Dependency {
    /// Strings of the document.
    Required(Vec<DocId>),
    Schema(NodeId),
}

#[derive(Debug, Default)]
pub(crate) struct ObjectRules {
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) required: Vec<DocId>,
    pub(crate) names: Option<NodeId>,
    pub(crate) properties: Option<Named>,
    pub(crate) patterns: Vec<(Pattern, NodeId)>,
    pub(crate) additional: Option<Additional>,
    pub(crate) dependencies: Vec<(Box<str>, Dependency)>,
    pub(crate) dependent_schemas: Option<Named>,
    pub(crate) dependent_required: Vec<(Box<str>, Vec<DocId>)>,
}

#[derive(Debug, Default)]
pub(crate) struct ArrayRules {
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) unique: bool,
    pub(crate) contains: Option<NodeId>,
    pub(crate) min_contains: Option<i64>,
    pub(crate) max_contains: Option<i64>,
    /// `prefixItems`, or `items` as a list.
    pub(crate) first: Vec<NodeId>,
    /// What follows them: `items`, or `additionalItems`.
    pub(crate) rest: Option<Additional>,
}

#[derive(Debug, Default)]
pub(crate) struct StringRules {
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) pattern: Option<Pattern>,
}

#[derive(Debug, Default)]
pub(crate) struct NumberRules {
    pub(crate) min: Option<Decimal>,
    pub(crate) max: Option<Decimal>,
    pub(crate) above: Option<Decimal>,
    pub(crate) below: Option<Decimal>,
    pub(crate) multiple_of: Option<Decimal>,
}

/// A regular expression that is compiled when a string is there to be matched.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) text: Arc<str>,
    program: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Fails as Go's `regexp.Compile`.
    pub(crate) fn new(text: &str) -> Result<Pattern, String> {
        let program = OnceLock::new();
        if !crate::plausible::is_plain_pattern(text) {
            let regex = Regex::new(text.as_bytes()).map_err(|e| e.to_string())?;
            let _ = program.set(Some(regex));
        }
        Ok(Pattern { text: text.into(), program })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        let program = self.program.get_or_init(|| Regex::new(self.text.as_bytes()).ok());
        program.as_ref().is_some_and(|regex| regex.is_match(text.as_bytes()))
    }
}

impl Enumeration {
    pub(crate) fn new(document: &Document, values: &[DocId]) -> Enumeration {
        let mut types = Types::default();
        for value in values {
            types.add(type_of(document.content(*value)));
        }
        Enumeration { values: values.to_vec(), types, shown: OnceLock::new() }
    }

    /// The values as messages show them.
    pub(crate) fn shown(&self, document: &Document) -> Option<Arc<[String]>> {
        let show = || self.values.iter().map(|value| shown(document.content(*value))).collect();
        self.shown.get_or_init(show).clone()
    }
}

/// The JSON type of a value: integers are numbers.
pub(crate) fn type_of(content: Content<'_>) -> Type {
    match content {
        Content::Null => Type::Null,
        Content::Bool(_) => Type::Boolean,
        Content::Number(_) => Type::Number,
        Content::String(_) => Type::String,
        Content::List(_) => Type::Array,
        Content::Map(_) => Type::Object,
    }
}

/// `kind.display`; nothing for lists and mappings.
pub(crate) fn shown(content: Content<'_>) -> Option<String> {
    match content {
        Content::Null => Some("<nil>".to_owned()),
        Content::Bool(b) => Some(b.to_string()),
        Content::Number(text) => Some(text.to_owned()),
        Content::String(text) => Some(quote(text)),
        Content::List(_) | Content::Map(_) => None,
    }
}

impl Node {
    pub(crate) fn new(document: u32, place: DocId) -> Node {
        Node {
            document,
            place,
            location: OnceLock::new(),
            draft: Draft::LATEST,
            resource: 0,
            boolean: None,
            reference: None,
            recursive_reference: None,
            recursive_anchor: false,
            dynamic_reference: None,
            dynamic_anchor: None,
            dynamic_anchors: Vec::new(),
            types: Types::default(),
            constant: None,
            enumeration: None,
            format: None,
            not: None,
            all_of: Vec::new(),
            any_of: Vec::new(),
            one_of: Vec::new(),
            condition: None,
            object: None,
            array: None,
            string: None,
            number: None,
            unevaluated_properties: None,
            unevaluated_items: None,
            all_properties_evaluated: false,
            all_items_evaluated: false,
            items_evaluated: 0,
        }
    }
}

impl Program {
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The document that a node stands in.
    pub(crate) fn document(&self, node: &Node) -> &Document {
        &self.documents[node.document as usize].1
    }

    /// URL, `#` and JSON pointer of a node.
    pub(crate) fn location(&self, id: NodeId) -> Arc<str> {
        let node = self.node(id);
        let locate = || {
            let (url, document) = &self.documents[node.document as usize];
            location(url, document, node.place).into()
        };
        node.location.get_or_init(locate).clone()
    }
}

/// `urlPtr.String`
pub(crate) fn location(url: &str, document: &Document, place: DocId) -> String {
    let pointer: String = document.path(place).iter().flat_map(|token| ["/".to_owned(), escape(token)]).collect();
    if pointer.is_empty() && url == crate::meta::COMPOSED {
        return url.to_owned();
    }
    format!("{url}#{}", encode(&pointer))
}

impl NumberRules {
    /// A bound's value.
    pub(crate) fn bound(document: &Document, place: Option<DocId>) -> Option<Decimal> {
        match document.content(place?) {
            Content::Number(text) => Number::Text(text).exact(),
            _ => None,
        }
    }
}
