//! JSON with everything that is known of each finding.

use pintle_value::{Data, DataMap};

use super::one_line;
use crate::diagnostic::Diagnostic;
use crate::rule::Severity;
use crate::source::{Position, Span};

/// `{"findings": [...], "summary": {"errors": N, "warnings": N, "notes": N}}`.
///
/// A finding has `rule`, `severity` and `message`, and, as far as they are known, `releases` (a list), `object` (`apiVersion`, `kind`, `namespace`,
/// `name`), `path`, `file`, `line`, `column`, `endLine`, `endColumn`, `trace` (a list of `what`, `file`, `line`, `column`) and `hints`.
/// Lines and columns count from 1, columns in characters.
pub fn json(findings: &[Diagnostic]) -> String {
    let count = |severity| Data::Int(findings.iter().filter(|d| d.severity == severity).count() as i64);
    let summary = [("errors", count(Severity::Error)), ("warnings", count(Severity::Warning)), ("notes", count(Severity::Note))];
    let all = map([("findings", Data::List(findings.iter().map(finding).collect())), ("summary", map(summary))]);
    written(&all)
}

/// Indented JSON that ends with a line break.
pub fn written(data: &Data) -> String {
    let options = pintle_value::json::Options { escape_html: false, indent: Some(("", "  ")) };
    // Numbers here are counts, and nothing nests deeply.
    pintle_value::json::to_string_with(data, &options).unwrap_or_default() + "\n"
}

pub(super) fn map<const N: usize>(fields: [(&str, Data); N]) -> Data {
    Data::Map(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

pub(super) fn text(text: impl Into<String>) -> Data {
    Data::String(text.into())
}

pub(super) fn number(n: usize) -> Data {
    Data::Int(n as i64)
}

/// A finding.
pub fn finding(d: &Diagnostic) -> Data {
    let mut out = DataMap::new();
    let mut add = |key: &str, value: Data| out.insert(key.to_owned(), value);
    add("rule", text(d.rule.code));
    add("severity", text(d.severity.name()));
    add("message", text(&*d.message));
    if !d.releases.is_empty() {
        add("releases", Data::List(d.releases.iter().map(|release| text(&**release)).collect()));
    }
    if let Some(object) = &d.object {
        let fields = [
            ("apiVersion", &object.api_version),
            ("kind", &object.kind),
            ("namespace", &object.namespace),
            ("name", &object.name),
        ];
        let known = fields.into_iter().filter(|(_, value)| !value.is_empty());
        add("object", Data::Map(known.map(|(key, value)| (key.to_owned(), text(&**value))).collect()));
    }
    if !d.path.is_root() {
        add("path", text(d.path.to_string()));
    }
    if let Some(span) = &d.span {
        place(span, &mut add);
        if let Some(Position { line, column }) = span.end() {
            add("endLine", number(line));
            add("endColumn", column.map_or(Data::Null, number));
        }
    }
    if !d.trace.is_empty() {
        let step = |trace: &crate::Trace| {
            let mut step = DataMap::new();
            step.insert("what".to_owned(), text(trace.what.to_string()));
            place(&trace.span, &mut |key, value| step.insert(key.to_owned(), value));
            Data::Map(step)
        };
        add("trace", Data::List(d.trace.iter().map(step).collect()));
    }
    if !d.hints.is_empty() {
        add("hints", Data::List(d.hints.iter().map(|hint| text(&**hint)).collect()));
    }
    Data::Map(out)
}

fn place(span: &Span, add: &mut dyn FnMut(&str, Data) -> Option<Data>) {
    add("file", text(one_line(span.source.name())));
    if let Some(Position { line, column }) = span.start() {
        add("line", number(line));
        column.map(|column| add("column", number(column)));
    }
}
