//! Findings: what is wrong with a field, in the words of k8s.io/apimachinery (`pkg/util/validation/field`).

use std::fmt::Write;

use pintle_diagnostic::{Diagnostic, Rule, Severity, Source, Span};
use pintle_go::strconv::quote;
use pintle_value::Data;
use pintle_value::budget::Budget;

use crate::node::{Node, Value};
use crate::path::Path;
use crate::rules;

/// The findings of one document, as checks add them, and the budget that those draw from.
///
/// Whatever is charged fails for good once the budget is used up: checks end early then, and the run ends with that error.
pub struct Findings<'d> {
    root: &'d Node,
    source: &'d Source,
    budget: &'d Budget,
    /// What was found.
    pub list: Vec<Diagnostic>,
}

/// A value as a message shows it.
pub enum Shown<'v> {
    /// `null`
    Null,
    /// Text, in quotes.
    Text(&'v str),
    /// A number.
    Number(i64),
    /// Anything else.
    Node(&'v Node),
}

impl<'v> From<&'v str> for Shown<'v> {
    fn from(text: &'v str) -> Shown<'v> {
        Shown::Text(text)
    }
}

impl<'v> From<&'v String> for Shown<'v> {
    fn from(text: &'v String) -> Shown<'v> {
        Shown::Text(text)
    }
}

impl From<i64> for Shown<'_> {
    fn from(n: i64) -> Self {
        Shown::Number(n)
    }
}

impl<'v> From<&'v Node> for Shown<'v> {
    fn from(node: &'v Node) -> Shown<'v> {
        match &node.value {
            Value::String(s) => Shown::Text(s),
            Value::Int(i) => Shown::Number(*i),
            Value::Null => Shown::Null,
            _ => Shown::Node(node),
        }
    }
}

/// A value in a message is cut here: documents may be large.
const MAX_SHOWN: usize = 200;

impl Shown<'_> {
    fn write(&self, out: &mut String) {
        let start = out.len();
        match self {
            Shown::Null => out.push_str("null"),
            Shown::Text(text) => out.push_str(&quote(beginning(text).as_bytes())),
            Shown::Number(n) => out.push_str(&n.to_string()),
            Shown::Node(node) => {
                let data = start_of(node, &mut (MAX_SHOWN + 1));
                out.push_str(&pintle_value::json::to_string(&data).unwrap_or_default());
            }
        }
        if out.len() > start + MAX_SHOWN {
            let cut = (start + MAX_SHOWN..out.len()).find(|i| out.is_char_boundary(*i)).unwrap_or(out.len());
            out.truncate(cut);
            out.push('…');
        }
    }
}

/// As much of a text as is shown, and a little more if there is.
fn beginning(text: &str) -> &str {
    let cut = text.char_indices().map(|(at, _)| at).find(|at| *at > MAX_SHOWN);
    &text[..cut.unwrap_or(text.len())]
}

/// As much of a value as is shown: what would come after `left` bytes of JSON is left out.
fn start_of(node: &Node, left: &mut usize) -> Data {
    *left = left.saturating_sub(1);
    match &node.value {
        Value::String(s) => {
            let text = beginning(s);
            *left = left.saturating_sub(text.len());
            Data::String(text.to_owned())
        }
        Value::List(items) => {
            let mut shown = Vec::new();
            for item in items {
                if *left == 0 {
                    break;
                }
                shown.push(start_of(item, left));
            }
            Data::List(shown)
        }
        Value::Map(members) => {
            let mut shown = Vec::new();
            for member in members {
                if *left == 0 {
                    break;
                }
                *left = left.saturating_sub(member.key.len());
                shown.push((member.key.clone(), start_of(&member.node, left)));
            }
            Data::Map(shown.into_iter().collect())
        }
        _ => node.to_data(),
    }
}

/// What stands for a value that no message may hold.
const HIDDEN: &str = "***";

/// Whether objects of this kind have values that no message may hold, or may hold objects that do.
fn is_secret(kind: &str) -> bool {
    matches!(kind, "Secret" | "SecretList" | "List")
}

impl<'d> Findings<'d> {
    /// No findings yet about the document `root` of a source.
    pub fn new(root: &'d Node, source: &'d Source, budget: &'d Budget) -> Findings<'d> {
        Findings { root, source, budget, list: Vec::new() }
    }

    /// No findings yet about another part of the same source.
    pub fn about(&self, root: &'d Node) -> Findings<'d> {
        Findings::new(root, self.source, self.budget)
    }

    /// What checks draw from.
    pub fn budget(&self) -> &'d Budget {
        self.budget
    }

    /// Charges the work of a check; it ends without more ado if nothing is left.
    pub fn affords(&self, steps: usize) -> bool {
        self.budget.charge(steps as u64).is_ok()
    }

    /// Whether messages may not hold the values at this path: those of secrets.
    pub fn hides(&self, path: &Path<'_>) -> bool {
        is_secret(self.root.str("kind")) && path.names().any(|n| matches!(n, "data" | "stringData"))
    }

    /// Whether the document is a secret, or may hold some.
    pub fn is_secret(&self) -> bool {
        is_secret(self.root.str("kind"))
    }

    /// How messages show a value.
    fn show<'v>(&self, path: &Path<'_>, value: impl Into<Shown<'v>>, out: &mut String) {
        let value = value.into();
        let is_hidden = match &value {
            // A key isn't secret.
            Shown::Text(text) => self.hides(path) && path.names().next() != Some(text),
            Shown::Number(_) => self.hides(path),
            // Of a whole secret its data is a part.
            Shown::Node(_) => self.is_secret(),
            Shown::Null => false,
        };
        if is_hidden { out.push_str(HIDDEN) } else { value.write(out) }
    }

    /// Adds a finding; its place is that of the path, or of the nearest field above that is written.
    pub fn push(&mut self, rule: &'static Rule, path: &Path<'_>, message: String) {
        let text: usize = path.names().map(|name| name.len() + 1).sum();
        if self.budget.text(2 * (text + message.len()) + size_of::<Diagnostic>()).is_ok() {
            let at = path.locate(self.root) as usize;
            let span = Span::range(self.source, at..at);
            self.list.push(Diagnostic { path: path.to_owned(), ..Diagnostic::new(rule, message).at(span) });
        }
    }

    /// `field.Invalid`
    pub fn invalid<'v>(&mut self, path: &Path<'_>, value: impl Into<Shown<'v>>, detail: &str) {
        let mut message = "Invalid value: ".to_owned();
        self.show(path, value, &mut message);
        if !detail.is_empty() {
            let _ = write!(message, ": {detail}");
        }
        self.push(&rules::API_INVALID, path, message);
    }

    /// A text that isn't of the format that a schema asks for.
    pub fn no_format(&mut self, path: &Path<'_>, text: &str, format: &str) {
        let mut shown = String::new();
        self.show(path, text, &mut shown);
        let message = format!("Invalid value: {shown}: {path} in body must be of type {format}: {shown}");
        self.push(&rules::FORMAT, path, message);
    }

    /// Makes the last finding a warning: it depends on how the cluster is set up.
    pub fn soften(&mut self) {
        if let Some(last) = self.list.last_mut() {
            last.severity = Severity::Warning;
        }
    }

    /// `field.Required`
    pub fn required(&mut self, path: &Path<'_>, detail: &str) {
        self.push(&rules::API_REQUIRED, path, with_detail("Required value", detail));
    }

    /// `field.Forbidden`
    pub fn forbidden(&mut self, path: &Path<'_>, detail: &str) {
        self.push(&rules::API_FORBIDDEN, path, with_detail("Forbidden", detail));
    }

    /// `field.NotSupported`
    pub fn not_supported<'v>(&mut self, path: &Path<'_>, value: impl Into<Shown<'v>>, supported: &[&str]) {
        let mut message = "Unsupported value: ".to_owned();
        self.show(path, value, &mut message);
        if !supported.is_empty() {
            let mut names: Vec<_> = supported.iter().map(|s| quote(s.as_bytes())).collect();
            names.sort();
            let _ = write!(message, ": supported values: {}", names.join(", "));
        }
        self.push(&rules::API_NOT_SUPPORTED, path, message);
    }

    /// `field.Duplicate`
    pub fn duplicate<'v>(&mut self, path: &Path<'_>, value: impl Into<Shown<'v>>) {
        let mut message = "Duplicate value: ".to_owned();
        self.show(path, value, &mut message);
        self.push(&rules::API_DUPLICATE, path, message);
    }

    /// `field.NotFound`
    pub fn not_found<'v>(&mut self, path: &Path<'_>, value: impl Into<Shown<'v>>) {
        let mut message = "Not found: ".to_owned();
        self.show(path, value, &mut message);
        self.push(&rules::API_NOT_FOUND, path, message);
    }

    /// `field.TooLong`
    pub fn too_long(&mut self, path: &Path<'_>, bytes: usize) {
        self.push(&rules::API_TOO_LONG, path, format!("Too long: may not be more than {bytes} bytes"));
    }

    /// `field.TooMany`
    pub fn too_many(&mut self, path: &Path<'_>, actual: usize, most: usize) {
        let message = format!("Too many: {actual}: must have at most {most} items");
        self.push(&rules::API_TOO_MANY, path, message);
    }

    /// One finding per message, all `field.Invalid`.
    pub fn all_invalid(&mut self, path: &Path<'_>, value: &str, messages: Vec<String>) {
        for message in messages {
            self.invalid(path, value, &message);
        }
    }
}

fn with_detail(what: &str, detail: &str) -> String {
    if detail.is_empty() { what.to_owned() } else { format!("{what}: {detail}") }
}
