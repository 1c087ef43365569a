//! Workflow commands of GitHub Actions.

use std::fmt::Write;

use crate::diagnostic::Diagnostic;
use crate::rule::Severity;
use crate::source::Position;

/// A line for each finding: `::error file=a.yaml,line=3,col=5,title=ref/key::message`.
pub fn github(findings: &[Diagnostic]) -> String {
    let mut out = String::new();
    for d in findings {
        let level = match d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let mut properties = String::new();
        if let Some(span) = &d.span {
            let _ = write!(properties, "file={},", escaped(span.source.name(), true));
            if let Some(Position { line, column }) = span.start() {
                let _ = write!(properties, "line={line},");
                let _ = column.map_or(Ok(()), |column| write!(properties, "col={column},"));
            }
        }
        let message = std::iter::once(d.sentence()).chain(d.hints.iter().cloned()).collect::<Vec<_>>().join("\n");
        let _ = writeln!(out, "::{level} {properties}title={}::{}", escaped(d.rule.code, true), escaped(&message, false));
    }
    out
}

/// A command ends with its line, a property with a comma or a colon.
fn escaped(text: &str, is_property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let text = super::one_line(&text);
    if is_property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}
