//! Checks of what was rendered: what a cluster would refuse, what it accepts and still doesn't work, secrets that aren't.
//!
//! Takes documents with their places, gives diagnostics. What the API server refuses is the business of `pintle-validate`, everything
//! else of `pintle-linter`; levels, what exists elsewhere and which applications are synced by hand are the caller's to say
//! ([`Checks`]). An object may except itself with the annotation
//! [`IGNORE`].

mod values;
mod verdicts;

use std::collections::HashMap;
use std::ops::Range;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use pintle_diagnostic::IGNORE;
use pintle_linter::Graph;
use pintle_validate::Validator;
use pintle_value::Data;
use pintle_value::budget::Limits;
use pintle_yaml::Tree;

use crate::diagnostic::{Diagnostic, Error, Levels, Path, Result, Rule, Severity, Source, Span};
use crate::load::Chart;
use crate::merge::options::Values;
use crate::release::{Options, Release, explain};
use crate::rules;
use crate::secrets::Secrets;

pub use verdicts::Verdicts;

/// What is checked, and how strictly.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// Levels other than the rules' own.
    pub levels: Levels,
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
    /// Verdicts of other renders, if there are others.
    pub verdicts: Option<Verdicts>,
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

/// `schema`, `api`, `refs` or `secrets`.
impl FromStr for Part {
    type Err = String;

    fn from_str(name: &str) -> Result<Part, String> {
        Ok(match name {
            "schema" => Part::Schema,
            "api" => Part::Api,
            "refs" => Part::Refs,
            "secrets" => Part::Secrets,
            _ => return Err(format!("unknown part {name:?}: known are schema, api, refs and secrets")),
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

/// `error`, `warn` or `off`.
impl FromStr for Mode {
    type Err = String;

    fn from_str(name: &str) -> Result<Mode, String> {
        Ok(match name {
            "error" => Mode::Error,
            "warn" => Mode::Warn,
            "off" => Mode::Off,
            _ => return Err(format!("unknown mode {name:?}: known are error, warn and off")),
        })
    }
}

/// Parts what was found into what is only shown, and an error that holds the rest.
pub fn judge(mode: Mode, findings: Vec<Diagnostic>) -> (Vec<Diagnostic>, Option<Error>) {
    let (errors, mut shown): (Vec<_>, Vec<_>) = findings.into_iter().partition(|d| d.severity == Severity::Error);
    if mode != Mode::Error {
        shown.splice(0..0, errors.into_iter().map(|d| Diagnostic { severity: Severity::Warning, ..d }));
        return (shown, None);
    }
    (shown, Error::of(errors))
}

/// The rules whose levels can be set: those of what is checked, not of what makes a render fail.
pub fn rules() -> impl Iterator<Item = &'static Rule> + Clone {
    pintle_linter::rules::RULES.iter().chain(pintle_validate::rules::RULES).copied()
}

/// What was read of a document: its tree and its object. Nothing, if it is invalid or not an object.
type Read = Arc<OnceLock<Option<(Arc<Tree<'static>>, Data)>>>;

/// A document: a part of a source. It is read when somebody first looks at it; clones share what was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// The text that it stands in.
    pub source: Source,
    /// Where.
    pub range: Range<usize>,
    read: Read,
    /// Its tree, if a step before has kept it.
    tree: Option<Arc<Tree<'static>>>,
    /// What other renders know it by.
    key: Option<verdicts::Key>,
}

impl Document {
    /// A part of a source that isn't read yet.
    pub fn new(source: Source, range: Range<usize>) -> Document {
        Document { source, range, read: Read::default(), tree: None, key: None }
    }

    /// A part of a source that other renders may have printed, and read, too.
    fn shared(source: Source, range: Range<usize>, verdicts: Option<&Verdicts>) -> Document {
        let document = Document::new(source, range);
        let Some(verdicts) = verdicts else { return document };
        let key = verdicts.key(document.text());
        Document { read: verdicts.read(key, document.text()), key: Some(key), ..document }
    }

    /// Its text.
    pub fn text(&self) -> &[u8] {
        &self.source.text()[self.range.clone()]
    }

    /// Its object, with the tree that it was read from; `None` for invalid YAML and for what isn't an object, which other steps report.
    fn object(&self) -> Option<(&Tree<'static>, &Data)> {
        let read = || {
            let tree = match &self.tree {
                Some(tree) => tree.clone(),
                None => Arc::new(Tree::parse(self.text()).ok()??),
            };
            let data = tree.to_data().ok()?;
            data.as_map().is_some().then_some((tree, data))
        };
        self.read.get_or_init(read).as_ref().map(|(tree, data)| (&**tree, data))
    }

    /// A place in it.
    fn span(&self, range: Range<usize>) -> Span {
        Span::range(&self.source, self.range.start + range.start..self.range.start + range.end)
    }
}

impl Checks {
    /// Sets the level of a rule, or of a topic (`hygiene/*`).
    ///
    /// Errors: a code or a level that isn't known, with the nearest one.
    pub fn set_level(&mut self, code: &str, level: &str) -> Result<(), String> {
        self.levels.set(code, level, rules())
    }

    /// How bad a finding is here; `None` if it isn't shown. A level that somebody has set counts more than the finding's own.
    fn severity(&self, d: &Diagnostic) -> Option<Severity> {
        let severity = self.levels.given(d.rule).unwrap_or(Some(d.severity))?;
        (severity != Severity::Note || self.notes).then_some(severity)
    }

    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// The Kubernetes version: major and minor.
    fn version(&self) -> Option<(u32, u32)> {
        let mut parts = self.kube_version.as_deref()?.trim_start_matches('v').split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }

    fn options(&self) -> pintle_linter::Options {
        pintle_linter::Options {
            namespace: self.namespace.clone(),
            kube_version: self.version(),
            existing: self.existing.clone(),
            manual: self.manual.clone(),
        }
    }
}

/// The documents of a release.
fn documents(release: &Release, verdicts: Option<&Verdicts>) -> Vec<Document> {
    let manifests = release.manifests.iter().chain(release.hooks.iter().map(|h| &h.manifest));
    // What was rendered may hold secrets: its lines are never repeated.
    let mut sources: HashMap<&str, Source> = HashMap::new();
    manifests
        .map(|m| {
            let source = || Source::shared(&*m.source, m.content.file().clone()).private();
            let source = sources.entry(&m.source).or_insert_with(source).clone();
            Document { tree: m.content.tree().cloned(), ..Document::shared(source, m.content.range(), verdicts) }
        })
        .collect()
}

/// The documents of a stream. Errors: the stream is invalid YAML.
pub fn stream_documents(source: &Source) -> Result<Vec<Document>> {
    cut(source, None)
}

fn cut(source: &Source, verdicts: Option<&Verdicts>) -> Result<Vec<Document>> {
    let text = source.text();
    let failed = |e: pintle_yaml::Error| Error::new(&rules::YAML_PARSE, format!("{}: {}", source.name(), e.message));
    let parts = pintle_yaml::split_documents(text).map_err(failed)?;
    let document = |part: &[u8]| {
        let start = part.as_ptr().addr() - text.as_ptr().addr();
        Document::shared(source.clone(), start..start + part.len(), verdicts)
    };
    Ok(parts.into_iter().map(document).collect())
}

/// Checks a stream of manifests; `title` is what messages call it.
///
/// Errors: the stream is invalid YAML.
pub fn check_stream(title: &str, text: &[u8], checks: &Checks) -> Result<Vec<Diagnostic>> {
    if checks.mode == Mode::Off {
        return Ok(Vec::new());
    }
    let documents = cut(&Source::new(title, text.to_owned()).private(), checks.verdicts.as_ref())?;
    let mut findings = check(&documents, checks);
    if !findings.is_empty() {
        let mut secrets = Secrets::default();
        secrets.of_objects(telling(&documents, &findings));
        findings.iter_mut().for_each(|d| secrets.mask_diagnostic(d));
    }
    Ok(findings)
}

/// The objects of documents, each with its document and tree.
fn objects(documents: &[Document]) -> Vec<(&Document, &Tree<'static>, &Data)> {
    let object = |document| Document::object(document).map(|(tree, data)| (document, tree, data));
    documents.iter().filter_map(object).collect()
}

/// The objects whose secrets findings may tell: those that findings stand in, and all Secrets.
fn telling<'d>(documents: &'d [Document], findings: &[Diagnostic]) -> Vec<&'d Data> {
    let stands_in = |document: &Document| {
        let mut spans = findings.iter().filter_map(|d| d.span.as_ref()).filter(|span| span.source.is(&document.source));
        spans.any(|span| span.bytes().is_none_or(|at| document.range.start <= at.start && at.start <= document.range.end))
    };
    let is_secret = |object: &Data| matches!(object.get("kind").and_then(Data::as_str), Some("Secret" | "SecretList" | "List"));
    let objects = objects(documents).into_iter();
    objects.filter(|(document, _, data)| is_secret(data) || stands_in(document)).map(|(.., data)| data).collect()
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
    let documents = documents(release, checks.verdicts.as_ref());
    let mut findings = check(&documents, checks);
    let mut told = Vec::new();
    if !findings.is_empty() {
        told = telling(&documents, &findings);
        findings = explain(release, chart, values, options, findings);
    }
    findings.extend(values::plaintext(&values.given.files, checks));
    if !findings.is_empty() {
        let mut secrets = values.secrets(chart);
        secrets.of_objects(told);
        findings.iter_mut().for_each(|d| secrets.mask_diagnostic(d));
    }
    findings
}

/// Checks documents against each other. Findings are sorted by their places; those at the level `off` are left out.
pub fn check(documents: &[Document], checks: &Checks) -> Vec<Diagnostic> {
    let mut shown = refused(documents, checks);
    shown.extend(related(documents, checks));
    let place = |d: &Diagnostic| d.span.as_ref().map(|s| (s.source.name().to_owned(), s.bytes().map_or(0, |b| b.start)));
    shown.sort_by_cached_key(|d| (std::cmp::Reverse(d.severity), place(d)));
    shown
}

/// What is wrong between documents, and with their secrets: the parts `refs` and `secrets`.
pub fn related(documents: &[Document], checks: &Checks) -> Vec<Diagnostic> {
    if !checks.wants(Part::Refs) && !checks.wants(Part::Secrets) {
        return Vec::new();
    }
    let objects = objects(documents);
    let data: Vec<&Data> = objects.iter().map(|(.., data)| *data).collect();
    let (_, findings) = pintle_linter::check(&data, &checks.options());
    let show = |(object, mut d): (usize, Diagnostic)| {
        let (document, tree, data) = &objects[object];
        let part = if d.rule.topic() == "secret" { Part::Secrets } else { Part::Refs };
        d.severity = checks.severity(&d)?;
        if !checks.wants(part) || is_excepted(data, d.rule) {
            return None;
        }
        Some(Diagnostic { span: Some(place(tree, &d.path, document)), ..d })
    };
    findings.into_iter().filter_map(show).collect()
}

/// What the API server would refuse. Custom resources are known by the definitions among the documents and those in the binary; a kind
/// without a schema is passed over.
fn refused(documents: &[Document], checks: &Checks) -> Vec<Diagnostic> {
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
        levels: checks.levels.clone(),
        ..pintle_validate::Options::default()
    });
    let exceeded = |e: pintle_value::budget::Exceeded| {
        vec![Diagnostic::new(&rules::SCHEMA_LIMIT, format!("the manifests can't be checked against schemas: {e}"))]
    };
    for document in documents {
        if let Err(e) = validator.add_crds(document.text()) {
            return exceeded(e);
        }
    }
    let definitions = documents.iter().map(Document::text).filter(|text| pintle_validate::defines(text));
    let checked_for = (minor, schema, api, format!("{:?}", checks.levels));
    let scope = checks.verdicts.as_ref().map(|verdicts| verdicts.scope(checked_for, definitions));
    let mut shown = Vec::new();
    for document in documents {
        let known = scope.as_ref().zip(document.key).map(|(scope, key)| (scope, scope.key(key)));
        match known.map_or(Ok(false), |(scope, key)| scope.is_sound(key, validator.budget())) {
            Ok(false) => {}
            Ok(true) => continue,
            Err(e) => return exceeded(e),
        }
        let before = validator.budget().spent();
        let tree = document.object().map(|(tree, _)| tree);
        let reports = match validator.check_part(&document.source, document.range.clone(), tree) {
            Ok(reports) => reports,
            Err(e) => return exceeded(e),
        };
        let findings: Vec<Diagnostic> = reports.into_iter().flat_map(|report| report.findings).collect();
        if let Some((scope, key)) = known.filter(|_| findings.is_empty()) {
            let (steps, memory) = validator.budget().spent();
            scope.remember(key, (steps - before.0, memory - before.1));
        }
        let findings = findings.into_iter();
        // Warnings depend on how a cluster is set up: they are for those who ask for them.
        let is_shown = |d: &Diagnostic| match checks.levels.given(d.rule) {
            Some(_) => d.severity != Severity::Note || checks.notes,
            None => d.severity == Severity::Error,
        };
        shown.extend(findings.filter(is_shown));
    }
    shown
}

/// What the objects of documents refer to.
pub fn graph(documents: &[Document], checks: &Checks) -> Graph {
    let data: Vec<&Data> = objects(documents).into_iter().map(|(.., data)| data).collect();
    pintle_linter::check(&data, &checks.options()).0
}

fn is_excepted(object: &Data, rule: &Rule) -> bool {
    let annotation = object.get("metadata").and_then(|m| m.get("annotations")).and_then(|a| a.get(IGNORE)).and_then(Data::as_str);
    annotation.is_some_and(|text| pintle_diagnostic::is_excepted(text, rule))
}

/// The place of a path in a document, or of the nearest part of it that is there.
fn place(tree: &Tree<'_>, path: &Path, document: &Document) -> Span {
    let found = (0..=path.0.len()).rev().find_map(|n| tree.locate(&path.0[..n]));
    let at = found.map_or(0, |p| p.key.unwrap_or(p.value).start.offset);
    document.span(at..at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  selector: {app: a}\n";

    fn refs() -> Checks {
        Checks { only: vec![Part::Refs], ..Checks::default() }
    }

    fn found(text: &str, checks: &Checks) -> Vec<String> {
        let documents = stream_documents(&Source::new("out.yaml", text.to_owned())).unwrap();
        let shown = check(&documents, checks);
        let place = |d: &Diagnostic| d.span.as_ref().and_then(Span::start).map_or(0, |at| at.line);
        shown.iter().map(|d| format!("{:?} {} {}", d.severity, d.rule.code, place(d))).collect()
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
