//! Checks of what was rendered: what a cluster would refuse, what it accepts and still doesn't work, secrets that aren't.
//!
//! Takes documents with their places, gives diagnostics. What the API server refuses is the business of `pintle-validate`, everything
//! else of `pintle-references`; levels, what exists elsewhere and which applications are synced by hand are the caller's to say
//! ([`Checks`]). An object may except itself with the annotation
//! [`IGNORE`].

mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use pintle_references::{Finding, Graph, Level, rules};
use pintle_validate::Validator;
use pintle_value::Data;
use pintle_value::budget::Limits;
use pintle_yaml::{Step, Tree};

use crate::diagnostic::{Diagnostic, Error, Result, Severity, Span};
use crate::load::Chart;
use crate::merge::options::Values;
use crate::provenance::nearest;
use crate::release::{Options, Release, explain};
use crate::secrets::Secrets;

pub use pintle_references::{Level as CheckLevel, Rule, rules::RULES};

/// The annotation by which an object excepts itself: a line `CODE: REASON` for each rule.
pub const IGNORE: &str = "pintle.dev/ignore";

/// What is checked, and how strictly.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// Levels other than the rules' own, by code; `hygiene/*` stands for all of a topic.
    pub levels: BTreeMap<String, Level>,
    /// Objects that exist though nothing renders them: `Secret/db`, `Secret/prod/db`, `ConfigMap/*`.
    pub existing: Vec<String>,
    /// Argo CD Applications that are synced by hand, as globs of their names.
    pub manual: Vec<String>,
    /// The namespace of objects that name none.
    pub namespace: String,
    /// The Kubernetes version that is rendered for.
    pub kube_version: Option<String>,
    /// Whether findings at the level `note` are given too.
    pub notes: bool,
    /// What becomes of findings.
    pub mode: Mode,
    /// What is looked for; nothing stands for everything.
    pub only: Vec<Part>,
    /// What the checks may use up.
    pub limits: Limits,
}

/// A part of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Types, unknown fields, bounds.
    Schema,
    /// The API server's own rules.
    Api,
    /// References, and how things are run.
    Refs,
    /// Sealed values, credentials in plain text.
    Secrets,
}

impl Part {
    /// `schema`, `api`, `refs` or `secrets`.
    pub fn from_name(name: &str) -> Option<Part> {
        Some(match name {
            "schema" => Part::Schema,
            "api" => Part::Api,
            "refs" => Part::Refs,
            "secrets" => Part::Secrets,
            _ => return None,
        })
    }
}

/// What becomes of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is checked.
    #[default]
    Off,
    /// Findings are shown, and what was rendered is printed all the same.
    Warn,
    /// A finding at the level `error` withholds what was rendered.
    Error,
}

impl Mode {
    /// `error`, `warn` or `off`.
    pub fn from_name(name: &str) -> Option<Mode> {
        Some(match name {
            "error" => Mode::Error,
            "warn" => Mode::Warn,
            "off" => Mode::Off,
            _ => return None,
        })
    }

    /// Parts what was found into what is only shown, and an error that holds the rest.
    pub fn judge(self, findings: Vec<Diagnostic>) -> (Vec<Diagnostic>, Option<Error>) {
        let (errors, mut shown): (Vec<_>, Vec<_>) = findings.into_iter().partition(|d| d.severity == Severity::Error);
        if self != Mode::Error {
            shown.splice(0..0, errors.into_iter().map(|d| Diagnostic { severity: Severity::Warning, ..d }));
            return (shown, None);
        }
        let mut errors = errors.into_iter();
        let error = errors.next().map(|first| {
            let mut error = Error::from(first);
            error.diagnostics_mut().extend(errors);
            error
        });
        (shown, error)
    }
}

/// A document and its place.
#[derive(Clone, Copy, Debug)]
pub struct Document<'d> {
    /// The file, as messages name it.
    pub file: &'d str,
    /// The line of the file on which the document begins, 1 for the first.
    pub line: usize,
    /// Its text.
    pub text: &'d [u8],
}

impl Checks {
    /// Sets the level of a rule, or of a topic (`hygiene/*`).
    ///
    /// Errors: a code or a level that isn't known, with the nearest one.
    pub fn set_level(&mut self, code: &str, level: &str) -> Result<(), String> {
        let topic = code.strip_suffix("/*");
        let is_known =
            topic.is_some_and(|t| RULES.iter().any(|r| r.code.starts_with(&format!("{t}/")))) || rules::find(code).is_some();
        if !is_known {
            let near = nearest(code, RULES.iter().map(|r| r.code));
            return Err(format!("unknown rule \"{code}\"{}", near.map(|n| format!("; did you mean {n}?")).unwrap_or_default()));
        }
        let level =
            Level::from_name(level).ok_or_else(|| format!("unknown level \"{level}\" of {code}: off, note, warn or error"))?;
        self.levels.insert(code.to_owned(), level);
        Ok(())
    }

    fn level(&self, rule: &Rule) -> Level {
        let topic = rule.code.split_once('/').map(|(topic, _)| format!("{topic}/*")).unwrap_or_default();
        self.levels.get(rule.code).or_else(|| self.levels.get(&topic)).copied().unwrap_or(rule.level)
    }

    /// How bad a finding of a rule is; none if it isn't shown.
    fn severity(&self, rule: &Rule) -> Option<Severity> {
        match self.level(rule) {
            Level::Off => None,
            Level::Note => self.notes.then_some(Severity::Note),
            Level::Warning => Some(Severity::Warning),
            Level::Error => Some(Severity::Error),
        }
    }

    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// The Kubernetes version: major and minor.
    fn version(&self) -> Option<(u32, u32)> {
        let mut parts = self.kube_version.as_deref()?.trim_start_matches('v').split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }

    fn options(&self) -> pintle_references::Options {
        pintle_references::Options {
            namespace: self.namespace.clone(),
            kube_version: self.version(),
            existing: self.existing.clone(),
            manual: self.manual.clone(),
        }
    }
}

/// The documents of a release.
pub fn documents(release: &Release) -> Vec<Document<'_>> {
    let manifests = release.manifests.iter().chain(release.hooks.iter().map(|h| &h.manifest));
    manifests.map(|m| Document { file: &m.source, line: m.line, text: m.content.as_bytes() }).collect()
}

/// The documents of a stream. Errors: what is no YAML.
pub fn stream_documents<'d>(file: &'d str, text: &'d [u8]) -> Result<Vec<Document<'d>>> {
    let failed = |e: pintle_yaml::Error| Error::new("yaml/parse", format!("{file}: {}", e.message));
    let mut documents = Vec::new();
    let (mut counted, mut line) = (0, 1);
    for part in pintle_yaml::split_documents(text).map_err(failed)? {
        let start = part.as_ptr().addr() - text.as_ptr().addr();
        // Lines are counted on from document to document.
        line += memchr::memchr_iter(b'\n', &text[counted..start]).count();
        counted = start;
        documents.push(Document { file, line, text: part });
    }
    Ok(documents)
}

/// Checks a stream of manifests; `title` is what messages call it. What is only shown, and what withholds the stream.
///
/// Errors: what is no YAML.
pub fn check_stream(title: &str, text: &[u8], checks: &Checks) -> Result<(Vec<Diagnostic>, Option<Error>)> {
    if checks.mode == Mode::Off {
        return Ok((Vec::new(), None));
    }
    let documents = stream_documents(title, text)?;
    let mut findings = check(&documents, checks);
    hide(&mut findings, Secrets::default, &documents);
    Ok(checks.mode.judge(findings))
}

/// The objects of documents, each with its document's index and tree. What is no object is passed over: other steps tell.
fn objects(documents: &[Document<'_>]) -> Vec<(usize, Tree<'static>, Data)> {
    let read = |(i, d): (usize, &Document<'_>)| {
        let tree = Tree::parse(d.text).ok()??;
        let data = tree.to_data().ok()?;
        data.as_map().is_some().then_some((i, tree, data))
    };
    documents.iter().enumerate().filter_map(read).collect()
}

/// Hides secrets in findings: those that are known, and those of the documents. Without findings nothing is looked for.
fn hide(findings: &mut [Diagnostic], known: impl FnOnce() -> Secrets, documents: &[Document<'_>]) {
    if findings.is_empty() {
        return;
    }
    let mut secrets = known();
    secrets.of_objects(objects(documents).iter().map(|(.., data)| data));
    findings.iter_mut().for_each(|d| secrets.mask_diagnostic(d));
}

/// Checks a release that was rendered from a chart: findings point into its templates and values.
pub fn check_release(
    release: &Release,
    chart: &Arc<Chart>,
    values: &Values,
    options: &Options,
    checks: &Checks,
) -> Vec<Diagnostic> {
    if checks.mode == Mode::Off {
        return Vec::new();
    }
    let mut checks = Checks {
        namespace: options.namespace.clone(),
        kube_version: checks.kube_version.clone().or_else(|| options.kube_version.clone()),
        limits: options.limits,
        ..checks.clone()
    };
    if let Some(cluster) = &options.cluster {
        checks.existing.extend(cluster.names());
        checks.kube_version = checks.kube_version.or_else(|| cluster.kube_version.clone());
    }
    checks.existing.extend(release.found.iter().cloned());
    let mut findings = check(&documents(release), &checks);
    if !findings.is_empty() {
        findings = explain(chart, values, options, findings);
    }
    findings.extend(values::plaintext(&values.given.files, &checks));
    hide(&mut findings, || Secrets::of_inputs(values, chart), &documents(release));
    findings
}

/// Checks documents against each other. Findings are sorted by their places; those at the level `off` are left out.
pub fn check(documents: &[Document<'_>], checks: &Checks) -> Vec<Diagnostic> {
    let mut shown = refused(documents, checks);
    shown.extend(related(documents, checks).into_iter().map(|r| {
        let document = &documents[r.document];
        let mut d = Diagnostic::error(r.code, format!("{} [{}]", r.message, r.code));
        d.severity = r.severity;
        d.span = Some(Span::new(document.file, document.line + r.line - 1, r.column, 0));
        d.hints.extend(r.hint);
        d
    }));
    shown.sort_by_key(|d| (std::cmp::Reverse(d.severity), d.span.as_ref().map(|s| (s.file.clone(), s.line))));
    shown
}

/// What a cluster accepts and still doesn't work, or a secret that isn't one.
#[derive(Clone, Debug)]
pub struct Related {
    /// The document: an index into those that were given.
    pub document: usize,
    /// How bad it is here.
    pub severity: Severity,
    /// The rule.
    pub code: &'static str,
    /// The field, as Kubernetes writes paths; empty for the object itself.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What can be done.
    pub hint: Option<String>,
    /// The line in the document, from 1.
    pub line: usize,
    /// The column, from 1; 0 if unknown.
    pub column: usize,
}

/// What is wrong between documents, and with their secrets: the parts `refs` and `secrets`.
pub fn related(documents: &[Document<'_>], checks: &Checks) -> Vec<Related> {
    if !checks.wants(Part::Refs) && !checks.wants(Part::Secrets) {
        return Vec::new();
    }
    let objects = objects(documents);
    let data: Vec<Data> = objects.iter().map(|(.., data)| data.clone()).collect();
    let (_, findings) = pintle_references::check(&data, &checks.options());
    let show = |f: Finding| {
        let (document, tree, data) = &objects[f.object];
        let part = if f.rule.code.starts_with("secret/") { Part::Secrets } else { Part::Refs };
        let severity = checks.severity(f.rule)?;
        if !checks.wants(part) || is_excepted(data, f.rule.code) {
            return None;
        }
        let (line, column) = place(tree, &f.path);
        let Finding { rule, path, message, hint, .. } = f;
        Some(Related { document: *document, severity, code: rule.code, path, message, hint, line, column })
    };
    findings.into_iter().filter_map(show).collect()
}

/// What the API server would refuse. Custom resources are known by the definitions among the documents and those in the binary; a kind
/// without a schema is passed over.
fn refused(documents: &[Document<'_>], checks: &Checks) -> Vec<Diagnostic> {
    let (schema, api) = (checks.wants(Part::Schema), checks.wants(Part::Api));
    if !schema && !api {
        return Vec::new();
    }
    // Versions beyond those that are known are checked as the nearest one.
    let minor =
        checks.version().map_or(pintle_validate::NEWEST, |(_, m)| m.clamp(pintle_validate::OLDEST, pintle_validate::NEWEST));
    let mut validator = Validator::new(pintle_validate::Options {
        versions: vec![minor],
        schema,
        api,
        limits: checks.limits,
        ..pintle_validate::Options::default()
    });
    let exceeded = |e: pintle_value::budget::Exceeded| {
        vec![Diagnostic::error("schema/limit", format!("the manifests can't be checked against schemas: {e}"))]
    };
    for document in documents {
        if let Err(e) = validator.add_crds(document.text) {
            return exceeded(e);
        }
    }
    let mut shown = Vec::new();
    for document in documents {
        let reports = match validator.check(document.file, document.text) {
            Ok(reports) => reports,
            Err(e) => return exceeded(e),
        };
        for report in reports {
            for f in report.findings.iter().filter(|f| f.level == pintle_validate::Level::Error) {
                let at = if f.path.is_empty() { String::new() } else { format!(" {}", f.path) };
                let message = format!("{} {}:{at}: {} [{}]", report.kind, report.name, f.message, f.code);
                let line = (f.position.line as usize).max(1);
                let span = Span::new(document.file, document.line + line - 1, f.position.column as usize, 0);
                shown.push(Diagnostic::error(f.code, message).at(span));
            }
        }
    }
    shown
}

/// What the objects of documents refer to.
pub fn graph(documents: &[Document<'_>], checks: &Checks) -> Graph {
    let data: Vec<Data> = objects(documents).into_iter().map(|(.., data)| data).collect();
    pintle_references::check(&data, &checks.options()).0
}

fn is_excepted(object: &Data, code: &str) -> bool {
    let ignored = object.get("metadata").and_then(|m| m.get("annotations")).and_then(|a| a.get(IGNORE)).and_then(Data::as_str);
    // An exception without a reason is none.
    let excepts = |line: &str| line.split_once(':').is_some_and(|(c, reason)| c.trim() == code && !reason.trim().is_empty());
    ignored.is_some_and(|text| text.lines().any(excepts))
}

/// The line and column in a document of a path as Kubernetes writes it, or of the nearest part of it that is there.
fn place(tree: &Tree<'_>, path: &str) -> (usize, usize) {
    let steps = steps(path);
    let found = (0..=steps.len()).rev().find_map(|n| tree.locate(&steps[..n]));
    found.map_or((1, 0), |p| {
        let at = p.key.unwrap_or(p.value).start;
        (at.line, at.column)
    })
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for part in path.split('.').filter(|p| !p.is_empty()) {
        let (key, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        if !key.is_empty() {
            steps.push(Step::Key(key));
        }
        while let Some((index, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
            steps.extend(index.parse().ok().map(Step::Index));
            rest = after;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  selector: {app: a}\n";

    fn refs() -> Checks {
        Checks { only: vec![Part::Refs], ..Checks::default() }
    }

    fn found(text: &str, checks: &Checks) -> Vec<String> {
        let documents = stream_documents("out.yaml", text.as_bytes()).unwrap();
        let shown = check(&documents, checks);
        let line = |d: &Diagnostic| format!("{:?} {} {}", d.severity, d.code, d.span.as_ref().map_or(0, |s| s.line));
        shown.iter().map(line).collect()
    }

    #[test]
    fn findings_have_places_and_levels() {
        let mut checks = refs();
        assert_eq!(found(TEXT, &checks), ["Warning select/service 6"]);
        assert_eq!(found(&format!("a: 1\n---\n{TEXT}"), &checks), ["Warning select/service 8"]);
        checks.set_level("select/*", "error").unwrap();
        assert_eq!(found(TEXT, &checks), ["Error select/service 6"]);
        checks.set_level("select/service", "off").unwrap();
        assert_eq!(found(TEXT, &checks), [""; 0]);
        assert_eq!(
            checks.set_level("select/servce", "off").unwrap_err(),
            "unknown rule \"select/servce\"; did you mean select/service?"
        );
        assert!(checks.set_level("ref/key", "fatal").is_err());
    }

    #[test]
    fn an_object_excepts_itself_with_a_reason() {
        let with =
            |line: &str| TEXT.replace("  name: a\n", &format!("  name: a\n  annotations: {{pintle.dev/ignore: \"{line}\"}}\n"));
        assert_eq!(found(&with("select/service: pods come from elsewhere"), &refs()), [""; 0]);
        assert_eq!(found(&with("select/service:"), &refs()).len(), 1);
        assert_eq!(found(&with("ref/key: no"), &refs()).len(), 1);
    }
}
