//! Findings as people and programs read them: text, JSON, SARIF, annotations for GitHub, JUnit and TAP.
//!
//! Takes findings in the order in which they are to be read. No form lets a control character through, whatever a chart is named.

mod case;
mod github;
mod json;
mod junit;
mod sarif;
mod tap;
mod text;

pub use case::{Case, Outcome};
pub use github::github;
pub use json::{finding as json_finding, json, written as written_json};
pub use junit::junit;
pub use sarif::sarif;
pub use tap::tap;
pub use text::{Colour, finding, summary, text};

use crate::diagnostic::Diagnostic;

/// A form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: the place, the line, and what helps.
    #[default]
    Text,
    /// JSON: everything that is known.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// JUnit's XML: a test for each object.
    Junit,
    /// The Test Anything Protocol: the same.
    Tap,
}

impl Format {
    /// Every form under the name by which it is asked for.
    pub const NAMES: [(&'static str, Format); 6] = [
        ("text", Format::Text),
        ("json", Format::Json),
        ("sarif", Format::Sarif),
        ("github", Format::Github),
        ("junit", Format::Junit),
        ("tap", Format::Tap),
    ];

    /// The form of a name.
    ///
    /// Errors: an unknown one; the message lists those that there are.
    pub fn from_name(name: &str) -> Result<Format, String> {
        let known = Format::NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, format)| *format).ok_or_else(|| {
            let names: Vec<_> = Format::NAMES.iter().map(|(known, _)| *known).collect();
            format!("unknown format \"{name}\": {}", names.join(", "))
        })
    }

    /// Findings in this form.
    pub fn show(self, findings: &[Diagnostic], colour: Colour) -> String {
        match self {
            Format::Text => text(findings, colour),
            Format::Json => json(findings),
            Format::Sarif => sarif(findings),
            Format::Github => github(findings),
            Format::Junit => junit(&Case::of(findings)),
            Format::Tap => tap(&Case::of(findings)),
        }
    }
}

/// Text without control characters but line breaks and tabs: what a chart says must not control a terminal.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// A name within a line: a line break in it makes no line of its own.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests;
