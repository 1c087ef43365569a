//! JUnit's XML, as GitLab, Jenkins and Azure read it.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::diagnostic::Diagnostic;
use crate::rule::Severity;

/// A suite for each file, a test for each finding: errors have failed, the others have passed and say what was found. Without findings
/// there is one test, which has passed.
pub fn junit(findings: &[Diagnostic]) -> String {
    let mut files: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for d in findings {
        files.entry(d.span.as_ref().map_or("pintle", |span| span.source.name())).or_default().push(d);
    }
    let failures = |of: &[&Diagnostic]| of.iter().filter(|d| d.severity == Severity::Error).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (tests, failed) = (findings.len().max(1), failures(&findings.iter().collect::<Vec<_>>()));
    let _ = writeln!(out, "<testsuites name=\"pintle\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\">");
    if findings.is_empty() {
        out.push_str("  <testsuite name=\"pintle\" tests=\"1\" failures=\"0\" errors=\"0\">\n");
        out.push_str("    <testcase name=\"no findings\" classname=\"pintle\"/>\n  </testsuite>\n");
    }
    for (file, found) in files {
        let (tests, failed) = (found.len(), failures(&found));
        let _ = writeln!(out, "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\">", escaped(file));
        for d in found {
            let place = d.span.as_ref().map_or_else(String::new, |span| span.to_string());
            let object = d.object.as_ref().map_or_else(String::new, |o| o.to_string());
            let parts = [object, d.path.to_string(), d.rule.code.to_owned()];
            let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
            let _ = write!(out, "    <testcase name=\"{}\" classname=\"{}\"", escaped(&name.join(" ")), escaped(d.rule.code));
            if let Some(line) = d.span.as_ref().and_then(|span| span.start()).map(|at| at.line) {
                let _ = write!(out, " file=\"{}\" line=\"{line}\"", escaped(file));
            }
            let text = std::iter::once(place).chain(d.hints.iter().cloned()).collect::<Vec<_>>().join("\n");
            let _ = match d.severity {
                Severity::Error => writeln!(
                    out,
                    "><failure message=\"{}\" type=\"{}\">{}</failure></testcase>",
                    escaped(&d.sentence()),
                    d.rule.code,
                    escaped(&text)
                ),
                _ => writeln!(
                    out,
                    "><system-out>{}</system-out></testcase>",
                    escaped(&format!("{}: {}\n{text}", d.severity.name(), d.sentence()))
                ),
            };
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text within an element or an attribute of XML 1.0, which has no way to write most control characters.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
