//! For people.

use unicode_width::UnicodeWidthStr;

use super::{harmless, one_line};
use crate::diagnostic::Diagnostic;
use crate::rule::Severity;
use crate::source::Span;

/// Whether text has colours, by ANSI escape sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// It has none.
    #[default]
    Never,
    /// It has.
    Always,
}

struct Style {
    bold: &'static str,
    red: &'static str,
    yellow: &'static str,
    blue: &'static str,
    reset: &'static str,
}

impl Colour {
    fn style(self) -> Style {
        match self {
            Colour::Never => Style { bold: "", red: "", yellow: "", blue: "", reset: "" },
            Colour::Always => {
                Style { bold: "\x1b[1m", red: "\x1b[1;31m", yellow: "\x1b[1;33m", blue: "\x1b[1;34m", reset: "\x1b[0m" }
            }
        }
    }
}

/// Findings one after the other.
pub fn text(findings: &[Diagnostic], colour: Colour) -> String {
    findings.iter().map(|d| finding(d, colour)).collect()
}

/// A finding: what is wrong, where with the line, how it came about, what to do.
pub fn finding(d: &Diagnostic, colour: Colour) -> String {
    let s = &colour.style();
    let tint = match d.severity {
        Severity::Error => s.red,
        Severity::Warning => s.yellow,
        Severity::Note => s.blue,
    };
    let (level, sentence) = (d.severity.name(), harmless(&d.sentence()));
    let mut out = format!("{tint}{level}{}{}: {sentence} [{}]{}\n", s.reset, s.bold, d.rule.code, s.reset);
    if let Some(span) = &d.span {
        place(&mut out, s, "-->", span, "", tint);
    }
    for trace in &d.trace {
        place(&mut out, s, ":::", &trace.span, &trace.what.to_string(), s.blue);
    }
    for hint in &d.hints {
        out.push_str(&format!("  {}help{}: {}\n", s.bold, s.reset, harmless(hint)));
    }
    out
}

/// A place, and its line with carets under what is meant.
fn place(out: &mut String, s: &Style, arrow: &str, span: &Span, what: &str, tint: &str) {
    let what = if what.is_empty() { String::new() } else { format!(" {}", one_line(what)) };
    out.push_str(&format!("  {}{arrow}{} {}{what}\n", s.blue, s.reset, one_line(&span.to_string())));
    let Some((line, within)) = span.quoted() else { return };
    let number = span.start().map_or(0, |at| at.line).to_string();
    let gutter = " ".repeat(number.len());
    let shown = |part: &[u8]| one_line(&String::from_utf8_lossy(part).replace('\t', " "));
    out.push_str(&format!("  {}{number} |{} {}\n", s.blue, s.reset, shown(line)));
    if let Some(within) = within {
        let before = " ".repeat(shown(&line[..within.start]).width());
        let carets = "^".repeat(shown(&line[within]).width().max(1));
        out.push_str(&format!("  {}{gutter} |{} {before}{tint}{carets}{}\n", s.blue, s.reset, s.reset));
    }
}

/// How many errors and warnings there are: `2 errors, 1 warning`; empty if there are neither.
pub fn summary(findings: &[Diagnostic]) -> String {
    let count = |severity, one: &str| {
        let n = findings.iter().filter(|d| d.severity == severity).count();
        (n > 0).then(|| format!("{n} {one}{}", if n == 1 { "" } else { "s" }))
    };
    let counts = [count(Severity::Error, "error"), count(Severity::Warning, "warning")];
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
