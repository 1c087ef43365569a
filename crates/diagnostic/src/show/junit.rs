//! JUnit's XML, as kubeconform writes it and GitLab, Jenkins and Azure read it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::case::{Case, Outcome, count};

/// A suite for each file, a test for each case.
pub fn junit(cases: &[Case]) -> String {
    let mut files: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    for case in cases {
        files.entry(&case.file).or_default().push(case.clone());
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"pintle\" tests=\"{}\" failures=\"{}\" errors=\"{}\" disabled=\"{}\">",
        cases.len(),
        count(cases, Outcome::Failed),
        count(cases, Outcome::Error),
        count(cases, Outcome::Skipped)
    );
    for (i, (file, cases)) in files.iter().enumerate() {
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" id=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            escaped(file),
            i + 1,
            cases.len(),
            count(cases, Outcome::Failed),
            count(cases, Outcome::Error),
            count(cases, Outcome::Skipped)
        );
        for case in cases {
            let object = &case.object;
            let class = if object.kind.is_empty() { String::new() } else { format!("{}@{}", object.kind, object.api_version) };
            let _ = write!(out, "    <testcase name=\"{}\" classname=\"{}\"", escaped(&object.name), escaped(&class));
            let message = escaped(&case.message);
            let _ = match case.outcome {
                Outcome::Passed => writeln!(out, "/>"),
                Outcome::Skipped => writeln!(out, "><skipped/></testcase>"),
                Outcome::Failed => writeln!(out, "><failure message=\"{message}\" type=\"invalid\"/></testcase>"),
                Outcome::Error => writeln!(out, "><error message=\"{message}\" type=\"error\"/></testcase>"),
            };
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text within an element or an attribute of XML 1.0, which has no way to write most control characters.
fn escaped(text: &str) -> String {
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
