//! What is printed: findings in one of their forms, or kubeconform's lines and JSON with every object.

use std::collections::BTreeSet;
use std::fmt::Write;

use pintle_core::{Data, DataMap, Diagnostic, Severity};
use pintle_diagnostic::Object;
use pintle_diagnostic::show::{self, Case, Colour, Outcome, harmless, one_line};
use pintle_validate::{ResourceReport, Status, rules};

use super::flags::Format;

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
    /// Whether text has colours.
    pub colour: Colour,
}

/// Everything in one text.
pub fn render(shown: &Shown<'_>, format: Format) -> String {
    match format {
        Format::Text => text(shown),
        Format::Kubeconform => kubeconform(shown, false),
        Format::Pretty => kubeconform(shown, true),
        Format::Json => json(shown),
        Format::Junit => show::junit(&cases(shown)),
        Format::Tap => show::tap(&cases(shown)),
        Format::Sarif => show::sarif(&findings(shown)),
        Format::Github => show::github(&findings(shown)),
    }
}

/// Whether there are several versions, which have to be told apart.
fn has_versions(shown: &Shown<'_>) -> bool {
    shown.reports.iter().map(|r| r.kubernetes).collect::<BTreeSet<_>>().len() > 1
}

/// An object as kubeconform names it: without its namespace.
fn named(r: &ResourceReport) -> Object {
    Object { namespace: String::new(), ..r.object.clone() }
}

fn object(r: &ResourceReport) -> String {
    if r.object.kind.is_empty() { String::new() } else { one_line(&named(r).to_string()) }
}

fn file(r: &ResourceReport) -> String {
    one_line(r.span.source.name())
}

/// All findings. What can't be checked is one, too.
fn findings(shown: &Shown<'_>) -> Vec<Diagnostic> {
    let several = has_versions(shown);
    let of = |r: &ResourceReport| {
        let mut found = r.findings.clone();
        if r.status == Status::Error && found.iter().all(|d| d.severity != Severity::Error) {
            let failed = Diagnostic::new(&rules::MISSING, &*r.message).at(r.span.clone());
            found.push(Diagnostic { object: Some(r.object.clone()), ..failed });
        }
        if several {
            found.iter_mut().for_each(|d| d.message.push_str(&format!(" (Kubernetes 1.{})", r.kubernetes)));
        }
        found
    };
    shown.reports.iter().flat_map(of).collect()
}

fn cases(shown: &Shown<'_>) -> Vec<Case> {
    let listed = shown.reports.iter().filter(|r| r.status != Status::Empty);
    let case = |r: &ResourceReport| Case {
        file: r.span.source.name().to_owned(),
        object: named(r),
        outcome: match r.status {
            Status::Valid | Status::Empty => Outcome::Passed,
            Status::Skipped => Outcome::Skipped,
            Status::Invalid => Outcome::Failed,
            Status::Error => Outcome::Error,
        },
        message: r.message.clone(),
    };
    listed.map(case).collect()
}

fn counts(reports: &[ResourceReport]) -> [usize; 4] {
    let count = |status| reports.iter().filter(|r| r.status == status).count();
    [Status::Valid, Status::Invalid, Status::Error, Status::Skipped].map(count)
}

fn text(shown: &Shown<'_>) -> String {
    let mut out = show::text(&findings(shown), shown.colour);
    let several = has_versions(shown);
    if shown.verbose {
        for r in shown.reports {
            let status = match r.status {
                Status::Valid => "valid",
                Status::Empty => "empty",
                Status::Skipped => "skipped",
                Status::Invalid | Status::Error => continue,
            };
            let version = if several { format!(" (Kubernetes 1.{})", r.kubernetes) } else { String::new() };
            let _ = writeln!(out, "{status}: {}: {}{version}", file(r), object(r));
        }
    }
    let skipped: usize = shown.reports.iter().map(|r| r.skipped_rules).sum();
    if skipped > 0 {
        let _ = writeln!(out, "{skipped} rules of custom resources could not be evaluated");
    }
    if shown.summary || !out.is_empty() {
        let [valid, invalid, errors, others] = counts(shown.reports);
        let _ = writeln!(
            out,
            "{} in {}: {valid} valid, {invalid} invalid, {errors} errors, {others} skipped",
            counted(valid + invalid + errors + others, "object"),
            counted(shown.files, "file")
        );
    }
    out
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
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
        let _ = writeln!(out, "{mark}{}{between}{} {what}", file(r), object(r));
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

fn map<const N: usize>(fields: [(&str, Data); N]) -> DataMap {
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn words(text: impl Into<String>) -> Data {
    Data::String(text.into())
}

fn number(n: usize) -> Data {
    Data::Int(n as i64)
}

/// kubeconform's JSON with what it doesn't know beside it: paths, codes, places, and `findings` as everywhere.
fn json(shown: &Shown<'_>) -> String {
    let several = has_versions(shown);
    let resource = |r: &ResourceReport| {
        let status = match r.status {
            Status::Valid => "statusValid",
            Status::Invalid => "statusInvalid",
            Status::Error => "statusError",
            Status::Skipped => "statusSkipped",
            Status::Empty => "statusEmpty",
        };
        let mut out = map([
            ("filename", words(r.span.source.name())),
            ("kind", words(&*r.object.kind)),
            ("name", words(&*r.object.name)),
            ("version", words(&*r.object.api_version)),
            ("status", words(status)),
            ("msg", words(&*r.message)),
        ]);
        if several {
            out.insert("kubernetesVersion".to_owned(), words(format!("1.{}", r.kubernetes)));
        }
        for (key, is_error) in [("validationErrors", true), ("warnings", false)] {
            let found: Vec<Data> =
                r.findings.iter().filter(|d| (d.severity == Severity::Error) == is_error).map(of_resource).collect();
            if !found.is_empty() {
                out.insert(key.to_owned(), Data::List(found));
            }
        }
        if r.skipped_rules > 0 {
            out.insert("skippedRules".to_owned(), number(r.skipped_rules));
        }
        Data::Map(out)
    };
    let listed = shown.reports.iter().filter(|r| r.status != Status::Empty);
    let [valid, invalid, errors, skipped] = counts(shown.reports).map(number);
    let summary = map([("valid", valid), ("invalid", invalid), ("errors", errors), ("skipped", skipped)]);
    let findings = findings(shown).iter().map(show::json_finding).collect();
    show::written_json(&Data::Map(map([
        ("resources", Data::List(listed.map(resource).collect())),
        ("findings", Data::List(findings)),
        ("summary", Data::Map(summary)),
    ])))
}

/// An error of a resource in kubeconform's words.
fn of_resource(d: &Diagnostic) -> Data {
    let mut out = map([("path", words(d.path.to_string())), ("msg", words(&*d.message)), ("code", words(d.rule.code))]);
    let reason = rules::reason(d.rule);
    if !reason.is_empty() {
        out.insert("reason".to_owned(), words(reason));
    }
    if let Some(at) = d.span.as_ref().and_then(pintle_core::Span::start) {
        out.insert("line".to_owned(), number(at.line));
        at.column.map(|column| out.insert("column".to_owned(), number(column)));
    }
    Data::Map(out)
}
