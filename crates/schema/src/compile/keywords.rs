//! One schema to one node (santhosh's objcompiler.go).
//!
//! The metaschema has been checked before, so that values of the wrong type are passed over. A keyword counts if the draft has
//! it and the dialect its vocabulary.

use std::sync::Arc;

use super::{Compiler, Result, anchor};
use crate::document::{Content, DocId, Document, Members};
use crate::draft::{Dialect, Draft};
use crate::error::SchemaError;
use crate::format;
use crate::location::split_fragment;
use crate::number::Number;
use crate::program::{
    Additional, ArrayRules, Condition, Dependency, Enumeration, Named, Node, NodeId, NumberRules, ObjectRules, Pattern,
    StringRules,
};
use crate::types::Type;

/// A schema being compiled.
struct Source<'d> {
    root: u32,
    document: &'d Document,
    members: Members<'d>,
    dialect: Dialect,
    /// The URL that its references start from.
    base: String,
    /// The URL of its document.
    url: String,
}

impl Compiler<'_> {
    /// `Compiler.compileValue`
    pub(super) fn node(&mut self, id: NodeId) -> Result<()> {
        let (root, place) = {
            let node = &self.nodes[id as usize];
            (node.document, node.place)
        };
        self.ensure_searched(root, place)?;
        let document: Arc<Document> = self.roots[root as usize].document.clone();
        let (resource_place, dialect, base) = {
            let resource = self.roots[root as usize].resource(place);
            (resource.place, resource.dialect.clone(), resource.id.clone())
        };
        let mut node = Node::new(root, place);
        node.draft = dialect.draft;
        node.resource = self.enqueue(root, resource_place);
        if node.draft >= Draft::D2020 && resource_place == place {
            let resource = &self.roots[root as usize].resources[&place];
            let anchors: Vec<(Box<str>, DocId)> = resource
                .dynamic_anchors
                .iter()
                .filter_map(|name| Some((name.as_str().into(), *resource.anchors.get(name)?)))
                .collect();
            for (name, place) in anchors {
                let target = self.enqueue(root, place);
                node.dynamic_anchors.push((name, target));
            }
        }
        match document.content(place) {
            Content::Bool(b) => node.boolean = Some(b),
            Content::Map(members) if members.len() == 0 => node.boolean = Some(true),
            Content::Map(members) => {
                let url = self.roots[root as usize].url.clone();
                let source = Source { root, document: &document, members, dialect, base, url };
                self.keywords(&mut node, &source)?;
            }
            _ => {}
        }
        node.all_properties_evaluated = node.object.as_ref().is_some_and(|o| o.additional.is_some());
        if let Some(array) = &node.array {
            node.all_items_evaluated = array.rest.is_some();
            node.items_evaluated = array.first.len();
        }
        self.nodes[id as usize] = node;
        Ok(())
    }

    fn keywords(&mut self, node: &mut Node, source: &Source<'_>) -> Result<()> {
        let draft = node.draft;
        if source.members.has_names()
            && let Some(reference) = source.members.string("$ref")
        {
            node.reference = Some(self.refer(source.root, &source.base, reference)?);
        }
        // Before 2019-09 what stands beside `$ref` counts for nothing, but for these.
        let alone = draft < Draft::D2019 && node.reference.is_some();
        let only = |keyword: &str| matches!(keyword, "contains" | "propertyNames" | "const" | "if" | "then" | "else");
        let (applicator, validating) = (source.dialect.has("applicator"), source.dialect.has("validation"));
        for (keyword, value) in source.members.iter() {
            if alone && !only(keyword) {
                continue;
            }
            self.core(node, source, keyword, value)?;
            if applicator {
                self.applicator(node, source, keyword, value)?;
            }
            if validating {
                validation(node, source, keyword, value)?;
            }
        }
        Ok(())
    }

    fn core(&mut self, node: &mut Node, source: &Source<'_>, keyword: &str, value: DocId) -> Result<()> {
        let draft = node.draft;
        match (keyword, source.document.content(value)) {
            ("$recursiveRef", Content::String(reference)) if draft >= Draft::D2019 => {
                node.recursive_reference = Some(self.refer(source.root, &source.base, reference)?);
            }
            ("$recursiveAnchor", Content::Bool(b)) if draft >= Draft::D2019 => node.recursive_anchor = b,
            ("$dynamicRef", Content::String(reference)) if draft >= Draft::D2020 => {
                let target = self.refer(source.root, &source.base, reference)?;
                let (_, fragment) = split_fragment(reference)?;
                node.dynamic_reference = Some((target, anchor(&fragment).map(Into::into)));
            }
            ("$dynamicAnchor", Content::String(name)) if draft >= Draft::D2020 => {
                node.dynamic_anchor = Some(name.into());
            }
            ("unevaluatedItems", _) if self.looks_at_rest(source) => node.unevaluated_items = self.one(source, Some(value)),
            ("unevaluatedProperties", _) if self.looks_at_rest(source) => {
                node.unevaluated_properties = self.one(source, Some(value));
            }
            ("format", Content::String(name)) if self.asserts_formats(source) => node.format = format::named(name),
            _ => {}
        }
        Ok(())
    }

    fn looks_at_rest(&self, source: &Source<'_>) -> bool {
        match source.dialect.draft {
            Draft::D4 | Draft::D6 | Draft::D7 => false,
            Draft::D2019 => source.dialect.has("applicator"),
            Draft::D2020 => source.dialect.has("unevaluated"),
        }
    }

    fn asserts_formats(&self, source: &Source<'_>) -> bool {
        match source.dialect.draft {
            _ if self.embedded => true,
            Draft::D4 | Draft::D6 | Draft::D7 => true,
            Draft::D2019 => source.dialect.has("format"),
            Draft::D2020 => source.dialect.has("format-assertion"),
        }
    }

    fn applicator(&mut self, node: &mut Node, source: &Source<'_>, keyword: &str, value: DocId) -> Result<()> {
        let draft = node.draft;
        let content = source.document.content(value);
        match keyword {
            "allOf" => node.all_of = self.list(source, value),
            "anyOf" => node.any_of = self.list(source, value),
            "oneOf" => node.one_of = self.list(source, value),
            "not" => node.not = self.one(source, Some(value)),
            "items" if draft >= Draft::D2020 => {
                array(node).rest = self.one(source, Some(value)).map(Additional::Schema);
            }
            "items" => match content {
                Content::List(_) => {
                    let additional = source.members.get("additionalItems");
                    array(node).first = self.list(source, value);
                    array(node).rest = additional.map(|value| self.additional(source, value));
                }
                _ => array(node).rest = self.one(source, Some(value)).map(Additional::Schema),
            },
            "prefixItems" if draft >= Draft::D2020 => array(node).first = self.list(source, value),
            "contains" if draft >= Draft::D6 => {
                let contains = self.one(source, Some(value));
                array(node).contains = contains;
                if draft >= Draft::D2019 && source.dialect.has("validation") {
                    array(node).min_contains = integer(source.document, source.members.get("minContains"));
                    array(node).max_contains = integer(source.document, source.members.get("maxContains"));
                }
            }
            "properties" => object(node).properties = self.map(source, value),
            "patternProperties" => {
                let Content::Map(members) = content else { return Ok(()) };
                for (text, schema) in members.iter() {
                    let pattern = compile_pattern(source, node, "patternProperties", text)?;
                    let schema = self.enqueue(source.root, schema);
                    object(node).patterns.push((pattern, schema));
                }
            }
            "additionalProperties" => object(node).additional = Some(self.additional(source, value)),
            "propertyNames" if draft >= Draft::D6 => object(node).names = self.one(source, Some(value)),
            "dependencies" => {
                let Content::Map(members) = content else { return Ok(()) };
                for (name, value) in members.iter() {
                    let dependency = match source.document.list(value) {
                        Some(_) => Dependency::Required(strings(source.document, value)),
                        None => Dependency::Schema(self.enqueue(source.root, value)),
                    };
                    object(node).dependencies.push((name.into(), dependency));
                }
            }
            "dependentSchemas" if draft >= Draft::D2019 => object(node).dependent_schemas = self.map(source, value),
            "if" if draft >= Draft::D7 => {
                let constant = source.document.boolean(value);
                let branch = |name, unless| Some(name).filter(|_| constant != Some(unless)).and_then(|n| source.members.get(n));
                let (then, otherwise) = (branch("then", false), branch("else", true));
                if let Some(test) = self.one(source, Some(value)) {
                    let (then, otherwise) = (self.one(source, then), self.one(source, otherwise));
                    node.condition = Some(Box::new(Condition { test, then, otherwise }));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn one(&mut self, source: &Source<'_>, value: Option<DocId>) -> Option<NodeId> {
        Some(self.enqueue(source.root, value?))
    }

    fn list(&mut self, source: &Source<'_>, value: DocId) -> Vec<NodeId> {
        let items = source.document.list(value).unwrap_or_default();
        items.iter().map(|item| self.enqueue(source.root, *item)).collect()
    }

    fn map(&mut self, source: &Source<'_>, value: DocId) -> Option<Named> {
        let members = source.document.map(value)?;
        let nodes = members.iter().map(|(_, value)| self.enqueue(source.root, value)).collect();
        Some(Named { place: value, nodes })
    }

    fn additional(&mut self, source: &Source<'_>, value: DocId) -> Additional {
        match source.document.boolean(value) {
            Some(allowed) => Additional::Allowed(allowed),
            None => Additional::Schema(self.enqueue(source.root, value)),
        }
    }
}

fn object(node: &mut Node) -> &mut ObjectRules {
    node.object.get_or_insert_default()
}

fn array(node: &mut Node) -> &mut ArrayRules {
    node.array.get_or_insert_default()
}

fn string(node: &mut Node) -> &mut StringRules {
    node.string.get_or_insert_default()
}

fn validation(node: &mut Node, source: &Source<'_>, keyword: &str, value: DocId) -> Result<()> {
    let document = source.document;
    let content = document.content(value);
    match keyword {
        "type" => {
            let mut add = |id| {
                if let Some(named) = document.string(id).and_then(Type::named) {
                    node.types.add(named);
                }
            };
            match content {
                Content::List(items) => items.iter().copied().for_each(add),
                _ => add(value),
            }
        }
        "enum" => {
            if let Content::List(values) = content {
                node.enumeration = Some(Box::new(Enumeration::new(document, values)));
            }
        }
        "const" if node.draft >= Draft::D6 => node.constant = Some(value),
        "multipleOf" | "maximum" | "exclusiveMaximum" | "minimum" | "exclusiveMinimum" => {
            node.number.get_or_insert_with(|| Box::new(number_rules(document, source.members)));
        }
        "minLength" => string(node).min = integer(document, Some(value)),
        "maxLength" => string(node).max = integer(document, Some(value)),
        "pattern" => {
            if let Content::String(text) = content {
                string(node).pattern = Some(compile_pattern(source, node, "pattern", text)?);
            }
        }
        "minItems" => array(node).min = integer(document, Some(value)),
        "maxItems" => array(node).max = integer(document, Some(value)),
        "uniqueItems" => array(node).unique = document.boolean(value) == Some(true),
        "minProperties" => object(node).min = integer(document, Some(value)),
        "maxProperties" => object(node).max = integer(document, Some(value)),
        "required" => object(node).required = strings(document, value),
        "dependentRequired" if node.draft >= Draft::D2019 => {
            let Content::Map(members) = content else { return Ok(()) };
            for (name, value) in members.iter().filter(|(_, value)| document.list(*value).is_some()) {
                object(node).dependent_required.push((name.into(), strings(document, value)));
            }
        }
        _ => {}
    }
    Ok(())
}

/// The bounds of numbers; in draft 4 the exclusive ones are no numbers but say what the others are.
fn number_rules(document: &Document, members: Members<'_>) -> NumberRules {
    let bound = |keyword| NumberRules::bound(document, members.get(keyword));
    let flag = |keyword| members.get(keyword).and_then(|value| document.boolean(value)) == Some(true);
    let mut rules = NumberRules { multiple_of: bound("multipleOf"), ..NumberRules::default() };
    match flag("exclusiveMaximum") {
        true => rules.below = bound("maximum"),
        false => (rules.max, rules.below) = (bound("maximum"), bound("exclusiveMaximum")),
    }
    match flag("exclusiveMinimum") {
        true => rules.above = bound("minimum"),
        false => (rules.min, rules.above) = (bound("minimum"), bound("exclusiveMinimum")),
    }
    rules.multiple_of = rules.multiple_of.filter(|n| !n.is_zero());
    rules
}

/// A count, if it is one.
fn integer(document: &Document, value: Option<DocId>) -> Option<i64> {
    match document.content(value?) {
        Content::Number(text) => Number::Text(text).exact().filter(|n| n.is_integer()).map(|n| n.to_i64()),
        _ => None,
    }
}

/// The strings of a list.
fn strings(document: &Document, value: DocId) -> Vec<DocId> {
    let items = document.list(value).unwrap_or_default();
    items.iter().copied().filter(|item| document.string(*item).is_some()).collect()
}

fn compile_pattern(source: &Source<'_>, node: &Node, keyword: &str, text: &str) -> Result<Pattern> {
    Pattern::new(text).map_err(|reason| SchemaError::Regex {
        location: format!("{}/{keyword}", crate::program::location(&source.url, source.document, node.place)),
        pattern: text.to_owned(),
        reason,
    })
}
