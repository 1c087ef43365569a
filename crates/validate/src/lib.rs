//! Kubernetes manifests checked as an API server would, offline.
//!
//! Takes manifests, gives a report per object: what the server's decoder, its schemas and its validation refuse, with the field's path,
//! the API's reason and the place in the file. [`schema`] holds the schemas and what is read off them, [`api`] the rules that the
//! server has beyond schemas, for built-in kinds, [`cel`] the rules of custom resources.
//!
//! ```
//! use pintle_diagnostic::Source;
//! use pintle_validate::{Options, Status, Validator};
//! let validator = Validator::new(Options::default());
//! let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {port: 80}\n";
//! let reports = validator.check(&Source::new("cm.yaml", text))?;
//! assert_eq!(reports[0].status, Status::Invalid);
//! let finding = &reports[0].findings[0];
//! assert_eq!(finding.path.to_string(), "data");
//! assert_eq!(finding.span.as_ref().unwrap().to_string(), "cm.yaml:4:8");
//! # Ok::<(), pintle_value::budget::Exceeded>(())
//! ```

pub mod api;
pub mod cel;
mod document;
pub mod finding;
pub mod names;
pub mod node;
pub mod path;
pub mod rules;
pub mod schema;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

pub use schema::location::Locations;
pub use schema::pattern::Pattern;
pub use schema::store::{NEWEST, OLDEST};

use std::ops::Range;

use memchr::memmem;
use pintle_diagnostic::{Diagnostic, IGNORE, Levels, Object, Severity, Source, Span, is_excepted};
use pintle_value::budget::{Budget, Exceeded, Limits};
use pintle_yaml::Tree;

use finding::Findings;
use node::{Node, Offset, Value};
use path::Path;
use schema::decode::Decoder;
use schema::location::JsonSchema;
use schema::prune;
use schema::store::{Custom, CustomStore, Kubernetes};
use schema::structural::{self, Checker, NoDefinitions};

/// What is checked, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The Kubernetes versions, as the MINOR of 1.MINOR; each object is checked once per version.
    pub versions: Vec<u32>,
    /// Whether schemas are checked: types, unknown fields, bounds, rules of custom resources.
    pub schema: bool,
    /// Whether the API server's own validation is checked.
    pub api: bool,
    /// Whether unknown and duplicate fields are errors.
    pub strict: bool,
    /// Whether a kind without a schema is an error.
    pub strict_schemas: bool,
    /// Kinds, or `apiVersion/Kind`, that aren't checked.
    pub skip: Vec<String>,
    /// Kinds, or `apiVersion/Kind`, that are refused.
    pub reject: Vec<String>,
    /// Levels other than the rules' own. An object may except itself from a rule besides, by [`IGNORE`].
    pub levels: Levels,
    /// What all checks of a validator may use up together.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            versions: vec![NEWEST],
            schema: true,
            api: true,
            strict: true,
            strict_schemas: false,
            skip: Vec::new(),
            reject: Vec::new(),
            levels: Levels::default(),
            limits: Limits::default(),
        }
    }
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing is wrong.
    Valid,
    /// The API server would refuse it.
    Invalid,
    /// It can't be checked.
    Error,
    /// It wasn't checked.
    Skipped,
    /// There is nothing in the document.
    Empty,
}

/// What was found about one object in one Kubernetes version.
#[derive(Clone, Debug)]
pub struct ResourceReport {
    /// The object.
    pub object: Object,
    /// Where it begins.
    pub span: Span,
    /// The Kubernetes version that it was checked for: the MINOR of 1.MINOR.
    pub kubernetes: u32,
    /// What became of it.
    pub status: Status,
    /// Why, in a line.
    pub message: String,
    /// What is wrong, in the order of the file.
    pub findings: Vec<Diagnostic>,
    /// Rules of the schema that couldn't be evaluated.
    pub skipped_rules: usize,
}

/// Checks manifests; one serves many threads.
///
/// All that it does draws from one budget, whatever the order: if the checks of all documents exceed it, at least one of them is an
/// error, and the run has no other result than that.
#[derive(Debug)]
pub struct Validator {
    options: Options,
    budget: Arc<Budget>,
    customs: CustomStore,
    locations: Locations,
    missing: Mutex<HashSet<String>>,
}

/// Whether a text may hold CustomResourceDefinitions.
pub fn defines(text: &[u8]) -> bool {
    memmem::find(text, b"CustomResourceDefinition").is_some()
}

/// Checks documents that stand in memory: the custom resources that they define are known to all of them.
///
/// Errors: that exceeds a limit.
pub fn check(sources: &[Source], options: Options) -> Result<Vec<ResourceReport>, Exceeded> {
    let mut validator = Validator::new(options);
    for source in sources {
        validator.add_crds(source.text())?;
    }
    let mut reports = Vec::new();
    for source in sources {
        reports.append(&mut validator.check(source)?);
    }
    Ok(reports)
}

enum Found {
    BuiltIn(String),
    Custom(Arc<Custom>),
    Json(Arc<JsonSchema>),
    None,
}

impl Validator {
    /// A validator that knows the schemas in the binary.
    pub fn new(options: Options) -> Validator {
        let budget = Arc::new(Budget::new(options.limits));
        let (customs, locations) = (CustomStore::default(), Locations::default());
        Validator { options, budget, customs, locations, missing: Mutex::default() }
    }

    /// Drawing from a budget that others draw from too.
    #[must_use]
    pub fn with_budget(mut self, budget: Arc<Budget>) -> Validator {
        self.budget = budget;
        self
    }

    /// With the schemas at these locations.
    #[must_use]
    pub fn with_locations(mut self, locations: Locations) -> Validator {
        self.locations = locations;
        self
    }

    /// What the checks draw from.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Takes the CustomResourceDefinitions of a stream; they win over those in the binary.
    ///
    /// Errors: they exceed a limit.
    pub fn add_crds(&mut self, text: &[u8]) -> Result<(), Exceeded> {
        if !defines(text) {
            return Ok(());
        }
        for (slice, _) in document::split(text) {
            if !defines(slice) {
                continue;
            }
            // What is compiled takes a few times the text.
            self.budget.text(4 * slice.len())?;
            if let Ok(data) = pintle_yaml::from_slice(slice) {
                match data.get("items").and_then(pintle_value::Data::as_list) {
                    Some(items) => items.iter().for_each(|item| self.customs.add(item)),
                    None => self.customs.add(&data),
                }
            }
        }
        Ok(())
    }

    /// Checks every object of a stream.
    ///
    /// Errors: as [`Validator::check_part`]'s.
    pub fn check(&self, source: &Source) -> Result<Vec<ResourceReport>, Exceeded> {
        self.check_part(source, 0..source.text().len(), None)
    }

    /// Checks every object of a part of a source; `known` is the tree of a part that is one document and has been read already.
    ///
    /// Errors: the checks of this validator exceed a limit. What it said of other streams counts for nothing then: it depends on the
    /// order.
    pub fn check_part(
        &self,
        source: &Source,
        range: Range<usize>,
        known: Option<&Tree<'_>>,
    ) -> Result<Vec<ResourceReport>, Exceeded> {
        let mut reports = Vec::new();
        let start = range.start as Offset;
        for document in document::read(source, range, known, &self.budget)? {
            self.budget.text(size_of::<ResourceReport>())?;
            match document {
                document::Document::Empty => {
                    let mut report = self.report(source, &Node::new(Value::Null, start));
                    report.status = Status::Empty;
                    report.message = "empty document".to_owned();
                    reports.push(report);
                }
                document::Document::Broken(message, span) => {
                    let mut report = self.report(source, &Node::new(Value::Null, start));
                    report.status = Status::Invalid;
                    let finding = Diagnostic::new(&rules::YAML, &*message).at(span);
                    report.findings.push(Diagnostic { object: Some(report.object.clone()), ..finding });
                    report.message = message;
                    reports.push(report);
                }
                document::Document::Object(node, duplicates) => self.objects(source, &node, duplicates, &mut reports, 0)?,
            }
        }
        Ok(reports)
    }

    fn report(&self, source: &Source, node: &Node) -> ResourceReport {
        let metadata = node.get("metadata");
        let name = Some(metadata.str("name")).filter(|n| !n.is_empty()).unwrap_or(metadata.str("generateName"));
        let at = node.at as usize;
        ResourceReport {
            object: Object {
                api_version: node.str("apiVersion").to_owned(),
                kind: node.str("kind").to_owned(),
                namespace: metadata.str("namespace").to_owned(),
                name: name.to_owned(),
            },
            span: Span::range(source, at..at),
            kubernetes: self.options.versions.first().copied().unwrap_or(NEWEST),
            status: Status::Valid,
            message: String::new(),
            findings: Vec::new(),
            skipped_rules: 0,
        }
    }

    fn objects(
        &self,
        source: &Source,
        node: &Node,
        duplicates: Vec<node::Duplicate>,
        reports: &mut Vec<ResourceReport>,
        depth: usize,
    ) -> Result<(), Exceeded> {
        // What `kubectl get` prints: a List of objects, or a list of one kind.
        let is_list = node.str("kind").ends_with("List") && matches!(node.get("items").value, Value::List(_));
        if is_list && depth < 4 {
            let mut by_item = node::by_item(duplicates);
            for (i, item) in node.list("items").iter().enumerate() {
                self.objects(source, item, by_item.remove(&i).unwrap_or_default(), reports, depth + 1)?;
            }
            return Ok(());
        }
        for version in &self.options.versions {
            let texts = [node.str("kind"), node.str("apiVersion"), node.get("metadata").str("name")];
            self.budget.text(size_of::<ResourceReport>() + texts.iter().map(|t| t.len()).sum::<usize>())?;
            let mut report = self.report(source, node);
            report.kubernetes = *version;
            self.object(node, &duplicates, &mut report)?;
            // A check that had nothing left has ended early.
            self.budget.charge(0)?;
            self.budget.allocate(0)?;
            reports.push(report);
        }
        Ok(())
    }

    fn object(&self, node: &Node, duplicates: &[node::Duplicate], report: &mut ResourceReport) -> Result<(), Exceeded> {
        if !matches!(node.value, Value::Map(_)) {
            report.status = Status::Invalid;
            report.message = format!("json: cannot unmarshal {} into an object", node.kind());
            let finding = Diagnostic::new(&rules::YAML, &*report.message).at(report.span.clone());
            report.findings.push(Diagnostic { object: Some(report.object.clone()), ..finding });
            return Ok(());
        }
        let full = format!("{}/{}", report.object.api_version, report.object.kind);
        let named = |list: &[String]| list.iter().any(|s| *s == report.object.kind || *s == full);
        if named(&self.options.skip) {
            report.status = Status::Skipped;
            return Ok(());
        }
        let source = report.span.source.clone();
        let mut found = Findings::new(node, &source, &self.budget);
        for field in ["apiVersion", "kind"] {
            if node.str(field).is_empty() {
                let what = if field == "kind" { "Kind" } else { field };
                let message = format!("Object '{what}' is missing");
                found.push(&rules::KIND, &Path::ROOT.child(field), message);
            }
        }
        if named(&self.options.reject) {
            found.push(&rules::REJECTED, &Path::ROOT.child("kind"), "prohibited resource kind".to_owned());
        }
        if found.list.is_empty() {
            match self.find(report) {
                Found::BuiltIn(definition) => self.built_in(&mut found, node, &definition, report),
                Found::Custom(custom) => self.custom(&mut found, node, &custom, report)?,
                Found::Json(schema) => json_schema(&mut found, node, &schema, report),
                Found::None => self.unknown(&mut found, report),
            }
        }
        if self.options.strict && self.options.schema {
            for duplicate in duplicates {
                let message = format!("duplicate field \"{}\"", duplicate.path);
                let (path, at) = (pintle_diagnostic::Path::parse(&duplicate.path), duplicate.at as usize);
                let span = Span::range(&source, at..at);
                found.list.push(Diagnostic { path, ..Diagnostic::new(&rules::DUPLICATE_KEY, message).at(span) });
            }
        }
        report.findings = found.list;
        report.findings.sort_by_key(|f| f.span.as_ref().and_then(Span::bytes).map(|bytes| bytes.start));
        report.findings.dedup();
        self.set_levels(node, report);
        if report.findings.iter().any(|f| f.severity == Severity::Error) && report.status == Status::Valid {
            report.status = Status::Invalid;
        }
        if report.message.is_empty() {
            let text = |f: &Diagnostic| Diagnostic { object: None, ..f.clone() }.sentence();
            let texts: Vec<_> = report.findings.iter().map(text).collect();
            report.message = texts.join("; ");
        }
        Ok(())
    }

    /// Gives findings the levels that were asked for, without those that are off.
    fn set_levels(&self, node: &Node, report: &mut ResourceReport) {
        let excepted = node.get("metadata").get("annotations").str(IGNORE);
        let findings = std::mem::take(&mut report.findings).into_iter();
        let leveled = findings.filter(|f| !is_excepted(excepted, f.rule)).filter_map(|f| {
            let severity = self.options.levels.given(f.rule).unwrap_or(Some(f.severity))?;
            Some(Diagnostic { severity, object: Some(report.object.clone()), ..f })
        });
        report.findings = leveled.collect();
    }

    fn find(&self, report: &ResourceReport) -> Found {
        let (api_version, kind) = (&report.object.api_version, &report.object.kind);
        if let Some(custom) = self.customs.given(api_version, kind) {
            return Found::Custom(custom);
        }
        let built_in = || {
            let definition = Kubernetes::of(report.kubernetes).and_then(|k| k.kind(api_version, kind));
            match definition {
                Some(definition) => Some(Found::BuiltIn(definition.to_owned())),
                None => CustomStore::built_in(api_version, kind).map(Found::Custom),
            }
        };
        self.locations
            .find(api_version, kind, report.kubernetes, self.options.strict, built_in, Found::Json)
            .unwrap_or(Found::None)
    }

    fn unknown(&self, found: &mut Findings<'_>, report: &mut ResourceReport) {
        let Object { api_version, kind, .. } = report.object.clone();
        let group = api_version.split_once('/').map_or("", |(g, _)| g);
        let kubernetes = Kubernetes::of(report.kubernetes);
        if let Some(error) = self.locations.error(&api_version, &kind, report.kubernetes, self.options.strict) {
            report.status = Status::Error;
            report.message = error;
        } else if self.locations.is_default() && kubernetes.is_some_and(|k| group.is_empty() || k.has_group(group)) {
            let message =
                format!("no matches for kind \"{kind}\" in version \"{api_version}\" of Kubernetes 1.{}", report.kubernetes);
            found.push(&rules::NO_SUCH_KIND, &Path::ROOT.child("apiVersion"), message);
        } else {
            report.message = format!("could not find schema for {kind}");
            report.status = if self.options.strict_schemas { Status::Error } else { Status::Skipped };
            let first = self.missing.lock().is_ok_and(|mut m| m.insert(format!("{api_version} {kind}")));
            if first || self.options.strict_schemas {
                let message = format!("no schema for {api_version} {kind}: it isn't checked");
                found.push(&rules::MISSING, &Path::ROOT.child("kind"), message);
                if let Some(last) = found.list.last_mut().filter(|_| !self.options.strict_schemas) {
                    last.severity = Severity::Warning;
                }
            }
        }
    }

    fn built_in(&self, found: &mut Findings<'_>, node: &Node, definition: &str, report: &ResourceReport) {
        let Some(kubernetes) = Kubernetes::of(report.kubernetes) else { return };
        let rules = api::rules(&report.object.api_version, &report.object.kind).filter(|_| self.options.api);
        let before = found.list.len();
        let mut decoder = Decoder::new(kubernetes, found, self.options.strict, rules.is_none());
        decoder.definition(node, definition, &Path::ROOT);
        let failed = decoder.failed;
        if !self.options.schema {
            found.list.truncate(before);
        }
        if !failed && self.options.api {
            api::check(found, node, rules);
        }
    }

    fn custom(
        &self,
        found: &mut Findings<'_>,
        node: &Node,
        custom: &Custom,
        report: &mut ResourceReport,
    ) -> Result<(), Exceeded> {
        let kubernetes = Kubernetes::of(report.kubernetes);
        let path = Path::ROOT.child("metadata");
        let mut failed = false;
        let before = found.list.len();
        if let (Some(kubernetes), Some(metadata)) = (kubernetes, node.opt("metadata")) {
            let mut decoder = Decoder::new(kubernetes, found, self.options.strict, false);
            decoder.definition(metadata, "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", &path);
            failed = decoder.failed;
        }
        if self.options.schema {
            if self.options.strict {
                prune::unknown_fields(found, node, &custom.schema, true, &Path::ROOT);
            }
            let mut full = node.clone();
            prune::fill_defaults(&mut full, &custom.schema, &self.budget)?;
            let start = found.list.len();
            let mut checker = Checker::new(&NoDefinitions);
            checker.check(found, &full, &custom.schema, true, &Path::ROOT);
            report.skipped_rules = checker.skipped_rules;
            if !structural::blocks_rules(&found.list[start..]) {
                let cost = cel::Cost::new(&self.budget);
                report.skipped_rules += structural::check_rules(found, &cost, &full, &custom.schema, &Path::ROOT)?;
            }
        } else {
            found.list.truncate(before);
        }
        if self.options.api && !failed {
            api::custom(found, node);
        }
        Ok(())
    }
}

fn json_schema(found: &mut Findings<'_>, node: &Node, schema: &JsonSchema, report: &mut ResourceReport) {
    let mut checker = Checker::new(schema);
    checker.json_schema = true;
    checker.check(found, node, &schema.root, true, &Path::ROOT);
    report.skipped_rules = checker.skipped_rules;
}
