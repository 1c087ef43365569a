//! The Common Expression Language, as far as `x-kubernetes-validations` use it.
//!
//! `parse` reads an expression, `eval` computes it over a document, `functions` holds the functions of the language and those that
//! Kubernetes adds, `value` the values, `cost` what all of it may cost. What a rule uses beyond that makes it one that can't be evaluated: it is counted, never passed in silence.

mod cost;
mod eval;
mod functions;
mod parse;
mod value;

use crate::rules;
use std::sync::OnceLock;

use pintle_value::Data;
use pintle_value::budget::Exceeded;

use crate::finding::Findings;
use crate::node::Node;
use crate::path::Path;
use crate::schema::model::Schema;

pub use cost::Cost;
use eval::{Evaluator, Failure};
use parse::Expr;
use value::Val;

/// A rule of a schema.
#[derive(Debug)]
pub struct Rule {
    expression: String,
    message: String,
    message_expression: String,
    reason: String,
    field_path: String,
    optional_old_self: bool,
    compiled: OnceLock<Option<Compiled>>,
    compiled_message: OnceLock<Option<Expr>>,
}

#[derive(Debug)]
struct Compiled {
    expression: Expr,
    /// Whether it compares with the old value.
    mentions_old: bool,
}

/// Why an expression that may use these variables doesn't compile; `None` if nothing is known against it.
pub fn compile_error(text: &str, variables: &[&str]) -> Option<String> {
    match parse::parse(text) {
        Err(error) => Some(error),
        Ok(expression) => expression
            .undeclared(&mut variables.to_vec())
            .map(|name| format!("undeclared reference to '{name}' (in container '')")),
    }
}

/// The type that an expression has whatever its variables hold, where that is plain: `int`, `string` …, or `dyn` for a field.
pub fn static_type(text: &str) -> Option<&'static str> {
    parse::parse(text).ok()?.static_type()
}

/// What a rule says of a value.
pub enum Outcome {
    /// It holds.
    True,
    /// It doesn't; the API server's message.
    False(String),
    /// It can't be evaluated here.
    Skipped,
}

impl Rule {
    /// Reads an item of `x-kubernetes-validations`.
    pub fn compile(data: &Data) -> Rule {
        let text = |key: &str| data.get(key).and_then(Data::as_str).unwrap_or_default().to_owned();
        Rule {
            expression: text("rule"),
            message: text("message"),
            message_expression: text("messageExpression"),
            reason: text("reason"),
            field_path: text("fieldPath"),
            optional_old_self: data.get("optionalOldSelf").and_then(Data::as_bool) == Some(true),
            compiled: OnceLock::new(),
            compiled_message: OnceLock::new(),
        }
    }

    /// What is broken, by the API's reason for it.
    pub fn broken(&self) -> &'static pintle_diagnostic::Rule {
        match self.reason.as_str() {
            "FieldValueRequired" => &rules::RULE_REQUIRED,
            "FieldValueForbidden" => &rules::RULE_FORBIDDEN,
            "FieldValueDuplicate" => &rules::RULE_DUPLICATE,
            _ => &rules::RULE,
        }
    }

    /// Reports at the rule's own `fieldPath`, if it has one.
    pub fn field_path(&self, path: &Path<'_>, found: &mut Findings<'_>, message: &str) -> bool {
        if self.field_path.is_empty() {
            return false;
        }
        let names: Vec<&str> = self.field_path.split(['.', '[', ']', '\'']).filter(|p| !p.is_empty()).collect();
        extend(path, &names, &mut |path| found.push(self.broken(), path, message.to_owned()));
        true
    }

    /// Evaluates the rule over a new value: one that compares with an old value holds.
    ///
    /// Errors: the run's budget is used up.
    pub fn check(&self, cost: &Cost<'_>, node: &Node, schema: &Schema) -> Result<Outcome, Exceeded> {
        cost.next_rule();
        let outcome = match self.holds(cost, node, schema) {
            Ok(true) => Outcome::True,
            Ok(false) => Outcome::False(format!("Invalid value: {}", self.text(cost, node, schema)?)),
            Err(Failure::Error(error)) => {
                Outcome::False(format!("Invalid value: {error} evaluating rule: {}", self.text(cost, node, schema)?))
            }
            Err(Failure::Unsupported) => Outcome::Skipped,
            Err(Failure::Exceeded(e)) => return Err(e),
        };
        cost.settle()?;
        Ok(outcome)
    }

    fn holds(&self, cost: &Cost<'_>, node: &Node, schema: &Schema) -> eval::Result<bool> {
        let compile = || {
            let expression = parse::parse(&self.expression).ok()?;
            Some(Compiled { mentions_old: expression.mentions("oldSelf"), expression })
        };
        let compiled = self.compiled.get_or_init(compile).as_ref().ok_or(Failure::Unsupported)?;
        if compiled.mentions_old && !self.optional_old_self {
            return Ok(true);
        }
        Evaluator::new(cost, node, schema)?.run(&compiled.expression)?.as_bool()
    }

    fn text(&self, cost: &Cost<'_>, node: &Node, schema: &Schema) -> Result<String, Exceeded> {
        if !self.message_expression.is_empty()
            && let Some(expression) = self.compiled_message.get_or_init(|| parse::parse(&self.message_expression).ok())
        {
            match Evaluator::new(cost, node, schema).and_then(|mut e| e.run(expression)) {
                Ok(Val::Str(text)) => return Ok(text.to_string()),
                Err(Failure::Exceeded(e)) => return Err(e),
                _ => {}
            }
        }
        Ok(self.plain_text())
    }

    /// What the rule says of any value: nothing of the value is in it.
    fn plain_text(&self) -> String {
        match self.message.is_empty() {
            true => format!("failed rule: {}", self.expression.trim()),
            false => self.message.trim().to_owned(),
        }
    }

    /// The message about a value that breaks the rule, without anything of the value.
    pub fn message_without_value(&self) -> String {
        format!("Invalid value: {}", self.plain_text())
    }
}

fn extend(path: &Path<'_>, names: &[&str], then: &mut dyn FnMut(&Path<'_>)) {
    match names.split_first() {
        Some((first, rest)) => extend(&path.child(first), rest, then),
        None => then(path),
    }
}
