//! SARIF 2.1.0 (OASIS, 27 March 2020).

use std::collections::BTreeMap;

use pintle_value::{Data, DataMap};

use super::json::{map, number, text, written};
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, Severity};
use crate::source::{Position, Span};

/// A log with one run: the rules that were found, and a result for each finding. Columns count Unicode characters.
pub fn sarif(findings: &[Diagnostic]) -> String {
    let rules: BTreeMap<&str, &Rule> = findings.iter().map(|d| (d.rule.code, d.rule)).collect();
    let place_of = |code: &str| rules.keys().position(|known| *known == code).unwrap_or(0);
    let results = findings.iter().map(|d| result(d, place_of(d.rule.code))).collect();
    let driver = map([
        ("name", text("pintle")),
        ("version", text(env!("CARGO_PKG_VERSION"))),
        ("informationUri", text("https://github.com/pintle/pintle")),
        ("rules", Data::List(rules.values().map(|rule| described(rule)).collect())),
    ]);
    let run =
        map([("tool", map([("driver", driver)])), ("columnKind", text("unicodeCodePoints")), ("results", Data::List(results))]);
    written(&map([
        ("$schema", text("https://json.schemastore.org/sarif-2.1.0.json")),
        ("version", text("2.1.0")),
        ("runs", Data::List(vec![run])),
    ]))
}

fn described(rule: &Rule) -> Data {
    map([
        ("id", text(rule.code)),
        ("shortDescription", map([("text", text(rule.about))])),
        ("defaultConfiguration", map([("level", text(level(rule.severity)))])),
    ])
}

fn level(severity: Severity) -> &'static str {
    severity.name()
}

fn result(d: &Diagnostic, rule: usize) -> Data {
    let mut message = d.sentence();
    for hint in &d.hints {
        message.push('\n');
        message.push_str(hint);
    }
    let mut out = DataMap::new();
    out.insert("ruleId".to_owned(), text(d.rule.code));
    out.insert("ruleIndex".to_owned(), number(rule));
    out.insert("level".to_owned(), text(level(d.severity)));
    out.insert("message".to_owned(), map([("text", text(message))]));
    if let Some(span) = &d.span {
        let mut location = location(span, None);
        if let (Some(object), Data::Map(location)) = (&d.object, &mut location) {
            let name = map([("fullyQualifiedName", text(object.to_string())), ("kind", text("object"))]);
            location.insert("logicalLocations".to_owned(), Data::List(vec![name]));
        }
        out.insert("locations".to_owned(), Data::List(vec![location]));
    }
    if !d.trace.is_empty() {
        let related = d.trace.iter().map(|trace| location(&trace.span, Some(trace.what.to_string())));
        out.insert("relatedLocations".to_owned(), Data::List(related.collect()));
    }
    Data::Map(out)
}

fn location(span: &Span, message: Option<String>) -> Data {
    let mut physical = DataMap::new();
    physical.insert("artifactLocation".to_owned(), map([("uri", text(uri(span.source.name())))]));
    if let Some(Position { line, column }) = span.start() {
        let mut region = DataMap::new();
        region.insert("startLine".to_owned(), number(line));
        column.map(|column| region.insert("startColumn".to_owned(), number(column)));
        if let Some(end) = span.end() {
            region.insert("endLine".to_owned(), number(end.line));
            end.column.map(|column| region.insert("endColumn".to_owned(), number(column)));
        }
        physical.insert("region".to_owned(), Data::Map(region));
    }
    let mut out = DataMap::new();
    out.insert("physicalLocation".to_owned(), Data::Map(physical));
    if let Some(message) = message {
        out.insert("message".to_owned(), map([("text", text(message))]));
    }
    Data::Map(out)
}

/// A path as a relative reference of RFC 3986: what isn't unreserved or a slash is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    // A colon in the first segment would make it a scheme; it is encoded as everything else.
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
