//! Checks values against the values.schema.json of every chart (`helm.sh/helm/v4/pkg/chart/common/util/jsonschema.go`).
//!
//! Takes the tree of a render and its values, gives Helm's message and, with each violation, the path of the value.

use pintle_schema::{ErrorKind, Schema, ValidationError};
use pintle_value::{Data, Map, Value};

use crate::diagnostic::{Diagnostic, Error, Path, Result, Source, Span, Step, with_attribute};
use crate::merge::dependencies::Node;
use crate::rules;

/// Gives the text behind a `$ref` that leads out of a schema: a URL in, a text or a reason out.
pub type SchemaLoader<'l> = dyn Fn(&str) -> Result<Vec<u8>, String> + 'l;

/// `ValidateAgainstSchema`: gives warnings of references that allow anything because nothing resolves them.
///
/// The error's diagnostics are one per violation. Their paths begin with `.Values`.
pub fn check(root: &Node, values: &Map, loader: &SchemaLoader<'_>) -> Result<Vec<Diagnostic>> {
    let mut findings = Findings::default();
    chart(root, values, &mut Path(vec![Step::field(".Values")]), loader, &mut findings);
    let Findings { text, violations, unresolved } = findings;
    if text.is_empty() {
        let warn = |urn: &String| {
            let message = "unresolved URN reference ignored; using permissive schema";
            with_attribute(Diagnostic::new(&rules::VALUES_SCHEMA_URN, message), "urn", urn)
        };
        return Ok(unresolved.iter().map(warn).collect());
    }
    let message = format!("values don't meet the specifications of the schema(s) in the following chart(s):\n{text}");
    let mut error = Error::new(&rules::VALUES_SCHEMA, message);
    *error.diagnostics_mut() = violations;
    Err(error)
}

#[derive(Default)]
struct Findings {
    /// Helm's message.
    text: String,
    violations: Vec<Diagnostic>,
    /// `urn:` references.
    unresolved: Vec<String>,
}

fn chart(node: &Node, values: &Map, path: &mut Path, loader: &SchemaLoader<'_>, findings: &mut Findings) {
    let Findings { text, violations, unresolved } = findings;
    if let Some(schema) = &node.chart.schema {
        match Schema::compile(schema, loader) {
            Err(e) => {
                text.push_str(&format!("{}:\n{e}", node.name()));
                // The schema is wrong, and no value.
                let file = match &node.chart.schema_path {
                    Some(path) => path.display().to_string(),
                    None => format!("{}/values.schema.json", node.name()),
                };
                let d = Diagnostic::new(&rules::VALUES_SCHEMA, format!("{}: {e}", node.name()));
                violations.push(d.at(Span::whole(&Source::named(file))));
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
                path.0.push(Step::field(child.name().to_owned()));
                chart(child, &m, path, loader, findings);
                path.0.pop();
            }
            Some(other) => {
                let found = pintle_value::fmt::type_name(other.ty());
                let message = format!("invalid type for values: expected object (map), got {found}");
                findings.text.push_str(&format!("{}:\n{message}\n", child.name()));
                let path = path.0.iter().cloned().chain([Step::field(child.name().to_owned())]).collect();
                findings.violations.push(refused(path, message));
            }
        }
    }
}

fn refused(path: Path, message: String) -> Diagnostic {
    Diagnostic { path, ..Diagnostic::new(&rules::VALUES_SCHEMA, message) }
}

/// The errors that have no causes of their own: what is wrong, where.
fn leaves(e: &ValidationError, chart: &Path, violations: &mut Vec<Diagnostic>) {
    if !e.causes.is_empty() {
        let first = violations.len();
        e.causes.iter().for_each(|c| leaves(c, chart, violations));
        if matches!(e.kind, ErrorKind::AnyOf | ErrorKind::OneOf(_)) && violations.len() > first + 1 {
            let hint = "this is what one of several forms wants; the values have to fit one of them";
            violations[first..].iter_mut().filter(|d| d.hints.is_empty()).for_each(|d| d.hints.push(hint.into()));
        }
        return;
    }
    violations.push(refused(chart.0.iter().chain(&e.instance).cloned().collect(), e.message()));
}
