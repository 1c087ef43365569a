//! Checks values against the values.schema.json of every chart (`helm.sh/helm/v4/pkg/chart/common/util/jsonschema.go`).
//!
//! Takes the tree of a render and its values, gives Helm's message and, with each violation, the path of the value.

use pintle_schema::{Schema, Step, ValidationError};
use pintle_value::{Data, Map, Value};

use crate::diagnostic::{Diagnostic, Error, Result};
use crate::merge::dependencies::Node;
use crate::provenance::Key;

/// Gives the text behind a `$ref` that leads out of a schema: a URL in, a text or a reason out.
pub type SchemaLoader<'l> = dyn Fn(&str) -> Result<Vec<u8>, String> + 'l;

/// A value that a schema refuses.
pub struct Violation {
    /// Where the value is, from the root's values.
    pub path: Vec<Key>,
    /// What is wrong with it.
    pub message: String,
}

/// `ValidateAgainstSchema`: gives warnings of references that allow anything because nothing resolves them.
///
/// The error's diagnostics are one per violation, in the order of the paths given back.
pub fn check(root: &Node, values: &Map, loader: &SchemaLoader<'_>) -> Result<Vec<Diagnostic>, (Error, Vec<Violation>)> {
    let mut findings = Findings::default();
    chart(root, values, &mut Vec::new(), loader, &mut findings);
    let Findings { text, violations, unresolved } = findings;
    if text.is_empty() {
        let warn = |urn: &String| {
            let message = "unresolved URN reference ignored; using permissive schema";
            Diagnostic::warning("values/schema-urn", message).about("urn", urn)
        };
        return Ok(unresolved.iter().map(warn).collect());
    }
    let message = format!("values don't meet the specifications of the schema(s) in the following chart(s):\n{text}");
    let mut error = Error::new("values/schema", message);
    *error.diagnostics_mut() = violations
        .iter()
        .map(|v| {
            let place = if v.path.is_empty() { String::new() } else { format!("{}: ", crate::provenance::show_path(&v.path)) };
            Diagnostic::error("values/schema", format!("{place}{}", v.message))
        })
        .collect();
    Err((error, violations))
}

#[derive(Default)]
struct Findings {
    /// Helm's message.
    text: String,
    violations: Vec<Violation>,
    /// `urn:` references.
    unresolved: Vec<String>,
}

fn chart(node: &Node, values: &Map, path: &mut Vec<Key>, loader: &SchemaLoader<'_>, findings: &mut Findings) {
    let Findings { text, violations, unresolved } = findings;
    if let Some(schema) = &node.chart.schema {
        match Schema::compile(schema, loader) {
            Err(e) => {
                text.push_str(&format!("{}:\n{e}", node.name()));
                violations.push(Violation { path: path.clone(), message: format!("{}: {e}", node.name()) });
            }
            Ok(schema) => {
                unresolved.extend_from_slice(schema.unresolved());
                if let Err(e) = schema.validate(&Data::from(&Value::Map(values.clone()))) {
                    text.push_str(&format!("{}:\n{e}\n", node.name()));
                    leaves(&e, path, violations);
                }
            }
        }
    }
    for child in &node.dependencies {
        match values.get(child.name().as_bytes()) {
            None | Some(Value::Nil) => {}
            Some(Value::Map(m)) => {
                path.push(Key::Name(child.name().to_owned()));
                chart(child, &m, path, loader, findings);
                path.pop();
            }
            Some(other) => {
                let found = pintle_value::fmt::type_name(other.ty());
                let message = format!("invalid type for values: expected object (map), got {found}");
                findings.text.push_str(&format!("{}:\n{message}\n", child.name()));
                let path = path.iter().cloned().chain([Key::Name(child.name().to_owned())]).collect();
                findings.violations.push(Violation { path, message });
            }
        }
    }
}

/// The errors that have no causes of their own: what is wrong, where.
fn leaves(e: &ValidationError, chart: &[Key], violations: &mut Vec<Violation>) {
    if !e.causes.is_empty() {
        e.causes.iter().for_each(|c| leaves(c, chart, violations));
        return;
    }
    let steps = e.instance.iter().map(|s| match s {
        Step::Key(k) => Key::Name(k.to_string()),
        Step::Index(i) => Key::Index(*i),
    });
    violations.push(Violation { path: chart.iter().cloned().chain(steps).collect(), message: e.message() });
}
