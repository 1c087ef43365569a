//! The Test Anything Protocol, version 13.

use super::one_line;
use crate::diagnostic::Diagnostic;
use crate::rule::Severity;

/// A test for each finding: errors are `not ok`. Without findings there is one test, which is `ok`.
pub fn tap(findings: &[Diagnostic]) -> String {
    let mut out = format!("TAP version 13\n1..{}\n", findings.len().max(1));
    if findings.is_empty() {
        out.push_str("ok 1 - no findings\n");
    }
    for (i, d) in findings.iter().enumerate() {
        let verdict = if d.severity == Severity::Error { "not ok" } else { "ok" };
        let place = d.span.as_ref().map_or_else(String::new, |span| format!("{span}: "));
        // A hash would begin a directive.
        let said = one_line(&format!("{place}{} [{}]", d.sentence(), d.rule.code).replace('\n', " ")).replace('#', "\\#");
        out.push_str(&format!("{verdict} {} - {said}\n", i + 1));
    }
    out
}
