//! What is printed: findings as lines, kubeconform's formats, SARIF, and annotations for GitHub.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use pintle_validate::{Finding, Level, ResourceReport, Status};

use super::flags::Format;
use crate::report::{harmless, one_line};

/// What there is to print.
pub struct Shown<'r> {
    /// A report per object and version.
    pub reports: &'r [ResourceReport],
    /// How many files were read.
    pub files: usize,
    /// Whether sound objects are listed.
    pub verbose: bool,
    /// Whether there is a summary at the end.
    pub summary: bool,
}

/// Everything in one text.
pub fn render(shown: &Shown<'_>, format: Format) -> String {
    match format {
        Format::Text => text(shown),
        Format::Kubeconform => kubeconform(shown, false),
        Format::Pretty => kubeconform(shown, true),
        Format::Json => json(shown),
        Format::Junit => junit(shown),
        Format::Tap => tap(shown),
        Format::Sarif => sarif(shown),
        Format::Github => github(shown),
    }
}

/// What a report says on one line: places don't tell the version, several of them have to be told apart.
fn versions(shown: &Shown<'_>) -> usize {
    shown.reports.iter().map(|r| r.kubernetes).collect::<BTreeSet<_>>().len()
}

fn object(r: &ResourceReport) -> String {
    match (r.kind.as_str(), r.name.as_str()) {
        ("", _) => String::new(),
        (kind, "") => one_line(kind),
        (kind, name) => one_line(&format!("{kind} {name}")),
    }
}

fn place(r: &ResourceReport, f: &Finding) -> String {
    match f.position.line {
        0 => one_line(&r.filename),
        line => format!("{}:{line}:{}", one_line(&r.filename), f.position.column),
    }
}

/// The path and the message.
fn sentence(f: &Finding) -> String {
    if f.path.is_empty() { f.message.clone() } else { format!("{}: {}", f.path, f.message) }
}

fn counts(reports: &[ResourceReport]) -> [usize; 4] {
    let count = |status| reports.iter().filter(|r| r.status == status).count();
    [Status::Valid, Status::Invalid, Status::Error, Status::Skipped].map(count)
}

fn text(shown: &Shown<'_>) -> String {
    let mut out = String::new();
    let several = versions(shown) > 1;
    let skipped: usize = shown.reports.iter().map(|r| r.skipped_rules).sum();
    for r in shown.reports {
        let version = if several { format!(" (Kubernetes 1.{})", r.kubernetes) } else { String::new() };
        for f in &r.findings {
            let level = if f.level == Level::Error { "error" } else { "warning" };
            let about = Some(object(r)).filter(|o| !o.is_empty()).map(|o| format!("{o}: ")).unwrap_or_default();
            let _ = writeln!(out, "{}: {level}: {about}{} [{}]{version}", place(r, f), sentence(f).replace('\n', " "), f.code);
        }
        if r.status == Status::Error && r.findings.iter().all(|f| f.level != Level::Error) {
            let _ = writeln!(out, "{}: error: {}: {}{version}", one_line(&r.filename), object(r), r.message);
        }
        if shown.verbose && matches!(r.status, Status::Valid | Status::Skipped | Status::Empty) {
            let status = match r.status {
                Status::Valid => "valid",
                Status::Empty => "empty",
                _ => "skipped",
            };
            let _ = writeln!(out, "{}: {status}: {}{version}", one_line(&r.filename), object(r));
        }
    }
    if skipped > 0 {
        let _ = writeln!(out, "{skipped} rules of custom resources could not be evaluated");
    }
    if shown.summary || !out.is_empty() {
        let [valid, invalid, errors, others] = counts(shown.reports);
        let _ = writeln!(
            out,
            "{} objects in {} files: {valid} valid, {invalid} invalid, {errors} errors, {others} skipped",
            valid + invalid + errors + others,
            shown.files
        );
    }
    harmless(&out)
}

/// kubeconform's own lines.
fn kubeconform(shown: &Shown<'_>, pretty: bool) -> String {
    let mut out = String::new();
    for r in shown.reports.iter().filter(|r| r.status != Status::Empty) {
        let marks = ["✔ ", "✖ ", "✖ ", "- "];
        let (mark, what) = match r.status {
            Status::Valid => (marks[0], "is valid".to_owned()),
            Status::Invalid => (marks[1], format!("is invalid: {}", r.message)),
            Status::Error => (marks[2], format!("failed validation: {}", r.message)),
            _ => (marks[3], "skipped".to_owned()),
        };
        if matches!(r.status, Status::Valid | Status::Skipped) && !shown.verbose {
            continue;
        }
        let between = if pretty { ": " } else { " - " };
        let mark = if pretty { mark } else { "" };
        let _ = writeln!(out, "{mark}{}{between}{} {what}", one_line(&r.filename), object(r));
    }
    if shown.summary {
        let [valid, invalid, errors, skipped] = counts(shown.reports);
        let total = valid + invalid + errors + skipped;
        let resources = if total == 1 { "resource" } else { "resources" };
        let files = if shown.files == 1 { "file" } else { "files" };
        let _ = writeln!(
            out,
            "Summary: {total} {resources} found in {} {files} - Valid: {valid}, Invalid: {invalid}, Errors: {errors}, Skipped: {skipped}",
            shown.files
        );
    }
    harmless(&out)
}

/// Text as a JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn json(shown: &Shown<'_>) -> String {
    let several = versions(shown) > 1;
    let mut out = String::from("{\n  \"resources\": [");
    let listed: Vec<_> = shown.reports.iter().filter(|r| r.status != Status::Empty).collect();
    for (i, r) in listed.iter().enumerate() {
        out.push_str(if i == 0 { "\n    {" } else { ",\n    {" });
        let status = match r.status {
            Status::Valid => "statusValid",
            Status::Invalid => "statusInvalid",
            Status::Error => "statusError",
            Status::Skipped => "statusSkipped",
            Status::Empty => "statusEmpty",
        };
        let fields = [("filename", &r.filename), ("kind", &r.kind), ("name", &r.name), ("version", &r.version)];
        for (key, value) in fields {
            let _ = write!(out, "\"{key}\": {}, ", quoted(value));
        }
        if several {
            let _ = write!(out, "\"kubernetesVersion\": \"1.{}\", ", r.kubernetes);
        }
        let _ = write!(out, "\"status\": \"{status}\", \"msg\": {}", quoted(&r.message));
        for (key, level) in [("validationErrors", Level::Error), ("warnings", Level::Warning)] {
            let found: Vec<_> = r.findings.iter().filter(|f| f.level == level).collect();
            if found.is_empty() {
                continue;
            }
            let items: Vec<_> = found.iter().map(|f| json_finding(f)).collect();
            let _ = write!(out, ", \"{key}\": [{}]", items.join(", "));
        }
        if r.skipped_rules > 0 {
            let _ = write!(out, ", \"skippedRules\": {}", r.skipped_rules);
        }
        out.push('}');
    }
    let [valid, invalid, errors, skipped] = counts(shown.reports);
    out.push_str(if listed.is_empty() { "]" } else { "\n  ]" });
    let _ = writeln!(
        out,
        ",\n  \"summary\": {{\"valid\": {valid}, \"invalid\": {invalid}, \"errors\": {errors}, \"skipped\": {skipped}}}\n}}"
    );
    out
}

fn json_finding(f: &Finding) -> String {
    let mut out = format!("{{\"path\": {}, \"msg\": {}, \"code\": {}", quoted(&f.path), quoted(&f.message), quoted(f.code));
    if !f.reason.is_empty() {
        let _ = write!(out, ", \"reason\": {}", quoted(f.reason));
    }
    if f.position.line > 0 {
        let _ = write!(out, ", \"line\": {}, \"column\": {}", f.position.line, f.position.column);
    }
    out.push('}');
    out
}

fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn junit(shown: &Shown<'_>) -> String {
    let mut files: BTreeMap<&str, Vec<&ResourceReport>> = BTreeMap::new();
    for r in shown.reports.iter().filter(|r| r.status != Status::Empty) {
        files.entry(&r.filename).or_default().push(r);
    }
    let [valid, invalid, errors, skipped] = counts(shown.reports);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let total = valid + invalid + errors + skipped;
    let _ = writeln!(
        out,
        "<testsuites name=\"pintle\" tests=\"{total}\" failures=\"{invalid}\" errors=\"{errors}\" disabled=\"{skipped}\">"
    );
    for (i, (file, reports)) in files.iter().enumerate() {
        let count = |status| reports.iter().filter(|r| r.status == status).count();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" id=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            xml(file),
            i + 1,
            reports.len(),
            count(Status::Invalid),
            count(Status::Error),
            count(Status::Skipped)
        );
        for r in reports {
            let _ = write!(out, "    <testcase name=\"{}\" classname=\"{}@{}\"", xml(&r.name), xml(&r.kind), xml(&r.version));
            let element = match r.status {
                Status::Valid | Status::Empty => {
                    out.push_str("/>\n");
                    continue;
                }
                Status::Skipped => "<skipped/>".to_owned(),
                Status::Invalid => format!("<failure message=\"{}\" type=\"invalid\"/>", xml(&r.message)),
                Status::Error => format!("<error message=\"{}\" type=\"error\"/>", xml(&r.message)),
            };
            let _ = writeln!(out, ">{element}</testcase>");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn tap(shown: &Shown<'_>) -> String {
    let listed: Vec<_> = shown.reports.iter().filter(|r| r.status != Status::Empty).collect();
    let mut out = format!("TAP version 13\n1..{}\n", listed.len());
    for (i, r) in listed.iter().enumerate() {
        let name = format!("{} ({})", r.filename, object(r));
        let line = match r.status {
            Status::Valid => format!("ok {} - {name}", i + 1),
            Status::Skipped => format!("ok {} - {name} # skip", i + 1),
            _ => format!("not ok {} - {name}: {}", i + 1, r.message),
        };
        out.push_str(&harmless(&line.replace('\n', " ")));
        out.push('\n');
    }
    out
}

fn sarif(shown: &Shown<'_>) -> String {
    let mut rules = BTreeSet::new();
    let mut results = Vec::new();
    for r in shown.reports {
        for f in &r.findings {
            rules.insert(f.code);
            let level = if f.level == Level::Error { "error" } else { "warning" };
            let mut region = String::new();
            if f.position.line > 0 {
                region = format!(", \"region\": {{\"startLine\": {}, \"startColumn\": {}}}", f.position.line, f.position.column);
            }
            results.push(format!(
                "      {{\"ruleId\": {}, \"level\": \"{level}\", \"message\": {{\"text\": {}}}, \"locations\": [{{\"physicalLocation\": {{\"artifactLocation\": {{\"uri\": {}}}{region}}}}}]}}",
                quoted(f.code),
                quoted(&format!("{}: {}", object(r), sentence(f))),
                quoted(&r.filename)
            ));
        }
    }
    let rules: Vec<_> = rules.iter().map(|code| format!("{{\"id\": {}}}", quoted(code))).collect();
    format!(
        "{{\n  \"version\": \"2.1.0\",\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n  \"runs\": [{{\n    \"tool\": {{\"driver\": {{\"name\": \"pintle\", \"version\": {}, \"rules\": [{}]}}}},\n    \"results\": [\n{}\n    ]\n  }}]\n}}\n",
        quoted(env!("CARGO_PKG_VERSION")),
        rules.join(", "),
        results.join(",\n")
    )
}

/// Workflow commands end with the line, and their properties with a comma or a colon.
fn escaped(text: &str, property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

fn github(shown: &Shown<'_>) -> String {
    let mut out = String::new();
    for r in shown.reports {
        for f in &r.findings {
            let level = if f.level == Level::Error { "error" } else { "warning" };
            let mut properties = format!("file={}", escaped(&r.filename, true));
            if f.position.line > 0 {
                let _ = write!(properties, ",line={},col={}", f.position.line, f.position.column);
            }
            let message = escaped(&format!("{}: {}", object(r), sentence(f)), false);
            let _ = writeln!(out, "::{level} {properties},title={}::{message}", escaped(f.code, true));
        }
        if r.status == Status::Error && r.findings.is_empty() {
            let _ = writeln!(out, "::error file={}::{}", escaped(&r.filename, true), escaped(&r.message, false));
        }
    }
    out
}
