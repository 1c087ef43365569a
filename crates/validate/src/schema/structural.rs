//! Custom resources against their structural schemas, and any document against a JSON Schema, in the words of
//! k8s.io/kube-openapi `pkg/validation/validate`.

use pintle_diagnostic::{Diagnostic, Span};
use std::sync::Arc;

use pintle_value::budget::Exceeded;

use super::format;
use super::model::{Additional, ListType, Schema, Type};
use crate::cel;
use crate::finding::Findings;
use crate::node::{Node, Value};
use crate::path::Path;
use crate::rules;

/// Finds what a `$ref` leads to.
pub trait Definitions {
    /// The schema of this reference.
    fn resolve(&self, reference: &str) -> Option<Arc<Schema>>;
}

/// Custom resources have no references.
pub struct NoDefinitions;

impl Definitions for NoDefinitions {
    fn resolve(&self, _: &str) -> Option<Arc<Schema>> {
        None
    }
}

/// References may lead in a circle.
const MAX_DEPTH: usize = 200;

/// Checks one document.
pub struct Checker<'c> {
    definitions: &'c dyn Definitions,
    /// JSON Schema: members that aren't named are reported here, since nothing prunes them before.
    pub json_schema: bool,
    /// Rules that couldn't be evaluated.
    pub skipped_rules: usize,
    depth: usize,
}

impl<'c> Checker<'c> {
    /// A checker for schemas whose references `definitions` resolves.
    pub fn new(definitions: &'c dyn Definitions) -> Checker<'c> {
        Checker { definitions, json_schema: false, skipped_rules: 0, depth: 0 }
    }

    /// Reports what of `node` doesn't follow `schema`. `is_object` is a whole object, whose metadata is checked elsewhere.
    pub fn check(&mut self, found: &mut Findings<'_>, node: &Node, schema: &Schema, is_object: bool, path: &Path<'_>) {
        // References that lead in circles, alternatives within alternatives, long lists of what is allowed: all of it is work.
        let work = 1 + schema.values.len() + schema.required.len();
        if self.depth > MAX_DEPTH || !found.affords(work) {
            return;
        }
        self.depth += 1;
        match &schema.reference {
            Some(reference) => {
                if let Some(schema) = self.definitions.resolve(reference) {
                    self.checked(found, node, &schema, is_object, path);
                }
            }
            None => self.checked(found, node, schema, is_object, path),
        }
        self.depth -= 1;
    }

    fn checked(&mut self, found: &mut Findings<'_>, node: &Node, schema: &Schema, is_object: bool, path: &Path<'_>) {
        if node.is_null() && (schema.nullable || schema.kinds.contains(&Type::Null)) {
            return;
        }
        if let Some(wanted) = wrong_type(node, schema) {
            let message = format!("Invalid value: \"{0}\": {path} in body must be of type {wanted}: \"{0}\"", type_of(node));
            return found.push(&rules::CUSTOM_TYPE, path, message);
        }
        if !schema.values.is_empty() && !schema.values.contains(node) {
            let names: Vec<String> = schema
                .values
                .iter()
                .map(|v| if v.text().is_empty() { format!("{:?}", v.to_data()) } else { v.text().to_owned() })
                .collect();
            found.not_supported(path, node, &names.iter().map(String::as_str).collect::<Vec<_>>());
        }
        match &node.value {
            Value::String(text) => self.string(found, text, schema, path),
            Value::Int(i) => self.number(found, *i as f64, node, schema, path),
            Value::Float(f) => self.number(found, *f, node, schema, path),
            Value::List(items) => self.list(found, items, schema, path),
            Value::Map(_) => self.object(found, node, schema, is_object, path),
            Value::Null | Value::Bool(_) => {}
        }
        self.combined(found, node, schema, is_object, path);
    }

    fn string(&mut self, found: &mut Findings<'_>, text: &str, schema: &Schema, path: &Path<'_>) {
        let length = || text.chars().count();
        if schema.max_length.is_some_and(|most| length() > most) {
            found.too_long(path, schema.max_length.unwrap_or_default());
        }
        if let Some(least) = schema.min_length.filter(|least| length() < *least) {
            found.invalid(path, text, &format!("{path} in body should be at least {least} chars long"));
        }
        if let Some(pattern) = &schema.pattern {
            match pattern.matches(found.budget(), text) {
                Ok(Some(false)) => found.invalid(path, text, &format!("{path} in body should match '{}'", pattern.text)),
                Ok(Some(true)) => {}
                Ok(None) => self.skipped_rules += 1,
                // The run ends with that.
                Err(_) => {}
            }
        }
        if !schema.format.is_empty() && !format::is_valid(&schema.format, text) {
            found.no_format(path, text, &schema.format);
        }
    }

    fn number(&mut self, found: &mut Findings<'_>, number: f64, node: &Node, schema: &Schema, path: &Path<'_>) {
        if let Some((least, excluded)) = schema.minimum
            && (number < least || excluded && number == least)
        {
            let or_equal = if excluded { "" } else { " or equal to" };
            found.invalid(path, node, &format!("{path} in body should be greater than{or_equal} {least}"));
        }
        if let Some((most, excluded)) = schema.maximum
            && (number > most || excluded && number == most)
        {
            let or_equal = if excluded { "" } else { " or equal to" };
            found.invalid(path, node, &format!("{path} in body should be less than{or_equal} {most}"));
        }
        if let Some(of) = schema.multiple_of.filter(|of| *of > 0.0 && (number / of).fract() != 0.0) {
            found.invalid(path, node, &format!("{path} in body should be a multiple of {of}"));
        }
        if schema.format == "int32" && !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number) {
            let message = format!("Checked value must be of type integer with format int32 in {path}");
            found.invalid(path, node, &message);
        }
    }

    fn list(&mut self, found: &mut Findings<'_>, items: &[Node], schema: &Schema, path: &Path<'_>) {
        if let Some(least) = schema.min_items.filter(|least| items.len() < *least) {
            found.invalid(path, items.len() as i64, &format!("{path} in body should have at least {least} items"));
        }
        if let Some(most) = schema.max_items.filter(|most| items.len() > *most) {
            found.too_many(path, items.len(), most);
        }
        if schema.unique && has_equals(items) {
            found.invalid(path, items.len() as i64, &format!("{path} in body shouldn't contain duplicates"));
        }
        if let Some(below) = &schema.items {
            for (i, item) in items.iter().enumerate() {
                self.check(found, item, below, false, &path.index(i));
            }
        }
        match schema.list_type {
            ListType::Atomic => {}
            ListType::Set => duplicates(found, items, path, Node::clone),
            ListType::Map if !found.affords(items.len().saturating_mul(schema.map_keys.len())) => {}
            ListType::Map => duplicates(found, items, path, |item| {
                let mut keys = Node::new(Value::Map(Vec::new()), item.at);
                for key in &schema.map_keys {
                    if let Some(value) = item.find(key) {
                        keys.set(key, value.clone());
                    }
                }
                keys
            }),
        }
    }

    fn object(&mut self, found: &mut Findings<'_>, node: &Node, schema: &Schema, is_object: bool, path: &Path<'_>) {
        let members = node.members();
        for name in &schema.required {
            if node.find(name).is_none() {
                found.required(&path.child(name), "");
            }
        }
        if let Some(least) = schema.min_properties.filter(|least| members.len() < *least) {
            found.invalid(path, members.len() as i64, &format!("{path} in body should have at least {least} properties"));
        }
        if let Some(most) = schema.max_properties.filter(|most| members.len() > *most) {
            found.too_many(path, members.len(), most);
        }
        for member in members {
            if (is_object || schema.embedded) && member.key == "metadata" && !self.json_schema {
                // Names and labels have rules of their own; a schema may still bound the name.
                if let Some(below) = schema.property("metadata").filter(|_| is_object) {
                    self.check(found, &member.node, below, false, &path.child("metadata"));
                }
                continue;
            }
            let below = path.child(&member.key);
            match schema.property(&member.key).or(schema.additional_schema()) {
                Some(property) => self.check(found, &member.node, property, false, &below),
                None if self.json_schema && matches!(schema.additional, Additional::Allowed(false)) => {
                    found.push(&rules::UNKNOWN_FIELD, &below, format!("unknown field \"{below}\""));
                }
                None => {}
            }
        }
    }

    /// What the alternatives of a schema say.
    fn combined(&mut self, found: &mut Findings<'_>, node: &Node, schema: &Schema, is_object: bool, path: &Path<'_>) {
        for all in &schema.all_of {
            self.check(found, node, all, is_object, path);
        }
        if !schema.any_of.is_empty() {
            let (valid, best) = self.alternatives(found, node, &schema.any_of, is_object, path);
            if valid == 0 {
                unplaced(found, path, "must validate at least one schema (anyOf)");
                found.list.extend(best);
            }
        }
        if !schema.one_of.is_empty() {
            let (valid, best) = self.alternatives(found, node, &schema.one_of, is_object, path);
            match valid {
                1 => {}
                0 => {
                    unplaced(found, path, "must validate one and only one schema (oneOf). Found none valid");
                    found.list.extend(best);
                }
                n => {
                    unplaced(found, path, &format!("must validate one and only one schema (oneOf). Found {n} valid alternatives"))
                }
            }
        }
        if let Some(not) = &schema.not {
            let (valid, _) = self.alternatives(found, node, std::slice::from_ref(not), is_object, path);
            if valid == 1 {
                unplaced(found, path, "must not validate the schema (not)");
            }
        }
    }

    /// How many alternatives a value follows, and the findings of the one that it follows best.
    fn alternatives(
        &mut self,
        outer: &Findings<'_>,
        node: &Node,
        schemas: &[Schema],
        is_object: bool,
        path: &Path<'_>,
    ) -> (usize, Vec<Diagnostic>) {
        let mut valid = 0;
        let mut best: Option<Vec<Diagnostic>> = None;
        for schema in schemas {
            let mut found = outer.about(node);
            self.check(&mut found, node, schema, is_object, path);
            if found.list.is_empty() {
                valid += 1;
            } else if best.as_ref().is_none_or(|b| found.list.len() < b.len()) {
                let at = node.at as usize;
                found.list.iter_mut().filter_map(|f| f.span.as_mut()).for_each(|s| *s = Span::range(&s.source, at..at));
                best = Some(found.list);
            }
        }
        (valid, best.unwrap_or_default())
    }
}

/// A finding whose field the API server doesn't name.
fn unplaced(found: &mut Findings<'_>, path: &Path<'_>, what: &str) {
    let message = format!("Invalid value: \"\": \"{path}\" {what}");
    found.push(&rules::ALTERNATIVES, path, message);
}

fn has_equals(items: &[Node]) -> bool {
    let mut seen = std::collections::HashSet::new();
    items.iter().any(|item| !seen.insert(pintle_value::json::to_string(&item.to_data()).unwrap_or_default()))
}

fn duplicates(found: &mut Findings<'_>, items: &[Node], path: &Path<'_>, key: impl Fn(&Node) -> Node) {
    let mut seen = std::collections::HashSet::new();
    for (i, item) in items.iter().enumerate() {
        let key = key(item);
        let text = pintle_value::json::to_string(&key.to_data()).unwrap_or_default();
        if !seen.insert(text) {
            found.duplicate(&path.index(i), &key);
        }
    }
}

/// The type that was wanted, if the value has another.
fn wrong_type(node: &Node, schema: &Schema) -> Option<String> {
    if schema.int_or_string {
        let fits = matches!(node.value, Value::Int(_) | Value::String(_));
        return (!fits).then(|| "integer,string".to_owned());
    }
    if !schema.kinds.is_empty() {
        let names: Vec<_> = schema.kinds.iter().map(|t| t.name()).collect();
        return (!schema.kinds.iter().any(|t| has_type(node, *t))).then(|| names.join(","));
    }
    (!has_type(node, schema.kind)).then(|| schema.kind.name().to_owned())
}

fn has_type(node: &Node, kind: Type) -> bool {
    match kind {
        Type::Any => true,
        Type::Object => matches!(node.value, Value::Map(_)),
        Type::Array => matches!(node.value, Value::List(_)),
        Type::String => matches!(node.value, Value::String(_)),
        Type::Integer => matches!(node.value, Value::Int(_)),
        Type::Number => matches!(node.value, Value::Int(_) | Value::Float(_)),
        Type::Boolean => matches!(node.value, Value::Bool(_)),
        Type::Null => node.is_null(),
    }
}

fn type_of(node: &Node) -> &'static str {
    match node.value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
}

/// Whether the API server evaluates no rules because of what it found before (apiextensions-apiserver `hasBlockingErr`).
pub fn blocks_rules(findings: &[Diagnostic]) -> bool {
    let blocking =
        ["FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"];
    findings.iter().any(|f| blocking.contains(&rules::reason(f.rule)))
}

/// Evaluates the CEL rules of a schema and of all below it; gives how many couldn't be evaluated.
///
/// Errors: the run's budget is used up.
pub fn check_rules(
    found: &mut Findings<'_>,
    cost: &cel::Cost<'_>,
    node: &Node,
    schema: &Schema,
    path: &Path<'_>,
) -> Result<usize, Exceeded> {
    let mut skipped = 0;
    if node.is_null() {
        return Ok(0);
    }
    for rule in &schema.rules {
        match rule.check(cost, node, schema)? {
            cel::Outcome::True => {}
            cel::Outcome::Skipped => skipped += 1,
            cel::Outcome::False(message) => {
                // Rules can put a secret's values into their messages.
                let message = if found.is_secret() { rule.message_without_value() } else { message };
                let at = rule.field_path(path, found, &message);
                if !at {
                    found.push(rule.broken(), path, message);
                }
            }
        }
    }
    match &node.value {
        Value::Map(members) => {
            for member in members {
                if let Some(below) = schema.property(&member.key).or(schema.additional_schema()) {
                    skipped += check_rules(found, cost, &member.node, below, &path.child(&member.key))?;
                }
            }
        }
        Value::List(items) => {
            if let Some(below) = &schema.items {
                for (i, item) in items.iter().enumerate() {
                    skipped += check_rules(found, cost, item, below, &path.index(i))?;
                }
            }
        }
        _ => {}
    }
    Ok(skipped)
}
