//! The whole way from a chart and values to manifests, in the order of `helm template`
//! (`helm.sh/helm/v4/pkg/action/install.go`).

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use pintle_functions::bind::Host;
use pintle_functions::world::{Drawn, Instant, Query, Recorder, Recording, Replay, System, World};
use pintle_go::strconv::quote;
use pintle_value::budget::{Budget, Limits};
use pintle_value::{Map, Value};

use crate::Compat;
use crate::arrange::{Arranged, Hook, Manifest, Reads, arrange, cut};
use crate::capabilities::Capabilities;
use crate::cluster::{Cluster, Lookup, OnCluster, names_in};
use crate::diagnostic::{Diagnostic, Error, Result, Source, Span, Step, nearest};
use crate::functions::functions;
use crate::load::{Chart, File};
use crate::merge::coalesce::Coalesce;
use crate::merge::dependencies::{Node, is_compatible, process};
use crate::merge::options::Values;
use crate::provenance::{self, Origins, Sources};
use crate::render::{Context, Records, ReleaseInfo, Rendered, called, objects, render as render_templates};
use crate::rules;
use crate::values_schema::check;

/// Gives the text behind a `$ref` that leads out of a values.schema.json: a URL in, a text or a reason out.
pub type Schemas = Arc<dyn Fn(&str) -> Result<Vec<u8>, String> + Send + Sync>;

/// Makes the world of a render: its clock, its randomness, whatever else it draws on.
pub type Worlds = Arc<dyn Fn() -> Box<dyn World> + Send + Sync>;

/// How many findings of one render are explained: nobody reads more of them.
const EXPLAINED: usize = 1000;
/// How many bytes of output are looked through for them: each finding takes a look through its file.
const EXPLAINED_BYTES: usize = 128 << 20;

/// How a chart is rendered.
#[derive(Clone)]
pub struct Options {
    /// `.Release.Name`
    pub release_name: String,
    /// `.Release.Namespace`
    pub namespace: String,
    /// Renders as for an upgrade.
    pub is_upgrade: bool,
    /// Another Kubernetes version than Helm's default.
    pub kube_version: Option<String>,
    /// API versions besides those that Helm knows.
    pub api_versions: Vec<String>,
    /// Leaves values.schema.json aside.
    pub skip_schema_validation: bool,
    /// What templates may use up.
    pub limits: Limits,
    /// Answers references that lead out of a values.schema.json; by default none is followed.
    pub schemas: Schemas,
    /// Makes the world of each render; by default the system's clock and randomness. [`Given`](crate::world::Given) has a seed.
    pub world: Worlds,
    /// Keeps the documents as they were read, for whoever looks at them again: checks.
    pub keep_trees: bool,
    /// What is known of the cluster: its versions take the place of Helm's defaults, its objects answer `lookup`.
    pub cluster: Option<Arc<Cluster>>,
    /// Whoever answers `lookup` in place of the objects of `cluster`.
    pub lookups: Option<Arc<dyn Lookup>>,
}

impl Options {
    /// The world of one render.
    fn world(&self) -> Box<dyn World> {
        let world = (self.world)();
        let known = || self.cluster.clone().map(|cluster| cluster as Arc<dyn Lookup>);
        match self.lookups.clone().or_else(known) {
            Some(lookups) => Box::new(OnCluster { world, lookups }),
            None => world,
        }
    }

    /// What counts as drawn from the outside: what a file says of a cluster is an input as any other.
    fn drawn(&self, mut drawn: Drawn) -> Drawn {
        drawn.lookup &= self.lookups.is_some() || self.cluster.is_none();
        drawn
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            release_name: "release-name".into(),
            namespace: "default".into(),
            is_upgrade: false,
            kube_version: None,
            api_versions: Vec::new(),
            skip_schema_validation: false,
            limits: Limits::default(),
            schemas: Arc::new(|_| {
                Err("schemas are not fetched from elsewhere; give their folder with --schema-dir, or --skip-schema-validation"
                    .into())
            }),
            world: Arc::new(|| Box::new(System)),
            keep_trees: false,
            cluster: None,
            lookups: None,
        }
    }
}

/// A rendered chart.
#[derive(Clone, Debug, Default)]
pub struct Release {
    /// What is installed, in order.
    pub manifests: Vec<Manifest>,
    /// What runs on the way, in the order of Helm's output.
    pub hooks: Vec<Hook>,
    /// The files of crds/, as they are.
    pub crds: Vec<File>,
    /// The chart's rendered NOTES.txt.
    pub notes: Option<String>,
    /// What was noticed, in the order in which Helm prints it, and in its words.
    pub warnings: Vec<Diagnostic>,
    /// What templates drew from outside of their inputs: if anything, the next render may give something else.
    pub drawn: Drawn,
    /// The objects that `lookup` found, as `Kind/namespace/name` or `Kind/name`: they exist, though nothing here renders them.
    pub found: Vec<String>,
    /// The Helm as which it was rendered.
    pub(crate) compat: Compat,
    /// What the world answered, so that the same can be rendered again.
    recording: Arc<Recording>,
}

/// Renders a chart with the values of a caller.
///
/// ```no_run
/// let chart = pintle_core::Chart::load("charts/web", &pintle_core::LoadOptions::default())?;
/// let values = pintle_core::Values::default();
/// let release = pintle_core::render(&chart, &values, &pintle_core::Options::default())?;
/// for m in &release.manifests {
///     println!("{} {}", m.kind, m.name);
/// }
/// # Ok::<(), pintle_core::Error>(())
/// ```
///
/// Errors are those of `helm template`, with Helm's text; what they say beyond that, and warnings, hold no secrets of the values.
pub fn render(chart: &Arc<Chart>, values: &Values, options: &Options) -> Result<Release> {
    render_within(chart, values, options, &Arc::new(Budget::new(options.limits)))
}

/// As [`render`], as a part of something larger that `budget` is for.
pub(crate) fn render_within(chart: &Arc<Chart>, values: &Values, options: &Options, budget: &Arc<Budget>) -> Result<Release> {
    let secrets = || values.secrets(chart);
    let mut release = render_and_explain(chart, values, options, budget).map_err(|e| secrets().mask_error(e))?;
    // Only these repeat values; the others aren't worth the search for secrets.
    let mut of_values = release.warnings.iter_mut().filter(|d| d.rule.topic() == "values").peekable();
    if of_values.peek().is_some() {
        let secrets = secrets();
        of_values.for_each(|d| secrets.mask_diagnostic(d));
    }
    Ok(release)
}

fn render_and_explain(chart: &Arc<Chart>, values: &Values, options: &Options, budget: &Arc<Budget>) -> Result<Release> {
    // After a failure the same is rendered again with a record and the same answers from the world, to say where it comes from.
    let world = Rc::new(Recorder::keeping(options.world()));
    let result = attempt(chart, values, options, budget.clone(), Host::new(Shared(world.clone())), None);
    let drawn = options.drawn(world.drawn());
    let recording = Rc::into_inner(world).and_then(Recorder::into_recording);
    let first = match result {
        Ok(release) => {
            let recording = recording.unwrap_or_default();
            let found = recording.objects.iter().flatten().flat_map(names_in).collect();
            return Ok(Release { drawn, found, recording: Arc::new(recording), ..release });
        }
        Err(first) => first,
    };
    let Some(recording) = recording else { return Err(first) };
    // What used up the budget would only do so again.
    if first.diagnostics().iter().any(|d| d.rule == &rules::TEMPLATE_BUDGET) {
        return Err(first);
    }
    let mut trail = Trail::default();
    let budget = Arc::new(Budget::new(options.limits));
    match attempt(chart, values, options, budget, Host::new(Replay::new(recording)), Some(&mut trail)) {
        // Another failure would be no explanation of the first.
        Err(second) if is_same(&first, &second) => Err(trail.explain(first, chart, values)),
        _ => Err(first),
    }
}

/// Whether two failures say the same. Where is a matter of the first: templates in Jinja are recorded with marks in them.
fn is_same(first: &Error, second: &Error) -> bool {
    let said = |e: &Error| e.diagnostics().iter().map(|d| (d.rule.code, d.message.clone())).collect::<Vec<_>>();
    said(first) == said(second)
}

/// Adds to findings about the output of a render where they come from: the template's line, the includes around it, and what set the
/// values that it read. The same is rendered again for that, with the world's answers of the first time and with a record; findings
/// about other files stay as they are.
pub fn explain(
    release: &Release,
    chart: &Arc<Chart>,
    values: &Values,
    options: &Options,
    findings: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let places: Vec<&Source> = findings.iter().take(EXPLAINED).filter_map(|d| d.span.as_ref()).map(|span| &span.source).collect();
    let wanted = places.iter().map(|source| source.name().to_owned()).collect();
    let again = |wanted| {
        let mut trail = Trail { records: Records { wanted, ..Records::default() }, of_findings: true, ..Trail::default() };
        let budget = Arc::new(Budget::new(options.limits));
        let host = Host::new(Replay::new(release.recording.clone()));
        attempt(chart, values, options, budget, host, Some(&mut trail)).ok().map(|_| trail)
    };
    // Files may depend on those before them, through values that templates set or what was drawn from the world. What comes out tells.
    let same = |trail: &Trail| places.iter().all(|source| trail.made_again(source));
    let Some(trail) = again(Some(wanted)).filter(same).or_else(|| again(None)) else { return findings };
    let sources = Sources::new(&values.given, chart);
    let mut findings = findings;
    for d in findings.iter_mut().take(EXPLAINED) {
        trail.explain_one(d, &sources);
    }
    findings
}

/// A world that is looked at again after the render.
struct Shared(Rc<Recorder<Box<dyn World>>>);

impl World for Shared {
    fn now(&self) -> Instant {
        self.0.now()
    }
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
    fn resolve(&self, host: &str) -> String {
        self.0.resolve(host)
    }
    fn lookup(&self, query: Query<'_>) -> Result<pintle_value::Data, String> {
        self.0.lookup(query)
    }
}

/// What a second attempt keeps for the explanation of a failure.
#[derive(Default)]
struct Trail {
    values: Option<Value>,
    origins: Origins,
    records: Records,
    /// Whether findings about sound documents are explained: then nobody needs the documents again.
    of_findings: bool,
    /// How many bytes of output were looked through.
    looked: Cell<usize>,
}

impl Trail {
    /// Adds the places behind an error: of the template's line for output that isn't valid YAML, of values that were read.
    fn explain(&self, mut error: Error, chart: &Arc<Chart>, values: &Values) -> Error {
        let sources = Sources::new(&values.given, chart);
        let refused = error.diagnostics_mut().iter_mut().filter(|d| d.rule == &rules::VALUES_SCHEMA && d.span.is_none());
        for d in refused.take(EXPLAINED) {
            // What is missing has no place of its own: its parent's will do.
            let path = d.path.0.get(1..).unwrap_or_default();
            let setters = (0..=path.len()).rev().find_map(|n| sources.trace(&path[..n]));
            d.trace.extend(setters);
        }
        for d in error.diagnostics_mut().iter_mut().take(EXPLAINED) {
            self.explain_one(d, &sources);
        }
        error
    }

    /// Adds the places behind one finding.
    fn explain_one(&self, d: &mut Diagnostic, sources: &Sources<'_>) {
        let mut reads = Vec::new();
        if d.rule == &rules::TEMPLATE_EXEC {
            reads.clone_from(&self.records.failed_reads);
            if d.trace.is_empty() {
                d.trace.extend(self.records.failed_calls.iter().cloned().map(called));
            }
        // Findings about the output, of which errors of YAML are one kind, stand in a template's file.
        } else if ![&rules::TEMPLATE_PARSE, &rules::VALUES_SCHEMA].contains(&d.rule)
            && let Some(made) = d.span.as_ref().and_then(|span| self.made(span))
        {
            d.trace.extend(made.calls.into_iter().map(called));
            d.span = Some(made.span);
            reads = made.reads;
        }
        let paths: Vec<Vec<Step<'static>>> = reads.iter().filter_map(|r| Some(self.origins.path(r)?.0)).collect();
        for (i, path) in paths.iter().enumerate() {
            // A table on the way to a value says nothing that the value doesn't.
            if paths[i + 1..].iter().any(|longer| longer.starts_with(path)) {
                continue;
            }
            match sources.trace(path) {
                Some(t) => d.trace.push(t),
                None if [&rules::TEMPLATE_EXEC, &rules::YAML_PARSE].contains(&d.rule) => d.hints.extend(self.absent(path)),
                None => {}
            }
        }
    }

    /// What to say of a value that was read and that nothing sets; `None` if something sets it after all, such as `import-values`.
    fn absent(&self, path: &[Step<'static>]) -> Option<String> {
        let shown = provenance::shown(path);
        let Some((Step::Field(key), parent)) = path.split_last() else { return Some(format!("nothing sets {shown}")) };
        let step = |m: Value, step: &Step<'_>| match (m, step) {
            (Value::Map(m), Step::Field(n) | Step::Key(n)) => m.get(n.as_bytes()),
            (Value::List(l), Step::Index(i)) => l.get(*i).cloned(),
            _ => None,
        };
        let siblings = self.values.clone().and_then(|root| parent.iter().try_fold(root, step));
        let names: Vec<String> = match siblings {
            Some(Value::Map(m)) => m.entries().keys().map(|k| k.to_str_lossy().into_owned()).collect(),
            _ => Vec::new(),
        };
        if names.iter().any(|name| name == key) {
            return None;
        }
        Some(match nearest(key, names.iter().map(String::as_str)) {
            Some(near) => {
                let near: Vec<_> = parent.iter().cloned().chain([Step::field(near.to_owned())]).collect();
                format!("nothing sets {shown}; did you mean {}?", provenance::shown(&near))
            }
            None => format!("nothing sets {shown}"),
        })
    }

    /// Whether a file came out as it did before, if it is one of the templates'.
    fn made_again(&self, source: &Source) -> bool {
        let file = self.records.files.get(source.name());
        file.is_none_or(|file| crate::render::without_no_value(file.raw.clone()) == source.text())
    }

    /// What made a line of a file's output.
    fn made(&self, span: &Span) -> Option<provenance::Made> {
        let file = self.records.files.get(span.source.name())?;
        self.looked.set(self.looked.get().saturating_add(file.raw.len()));
        if self.looked.get() > EXPLAINED_BYTES {
            return None;
        }
        let text = crate::render::without_no_value(file.raw.clone());
        let line_start = |n: usize| match n {
            0 => Some(0),
            n => text.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(n - 1).map(|(i, _)| i + 1),
        };
        // An error found at the very end points behind the last line.
        let line = span.start()?.line;
        let start = line_start(line.saturating_sub(1)).or_else(|| line_start(line.saturating_sub(2)))?;
        let indent = text[start..].iter().take_while(|b| **b == b' ').count();
        provenance::made(&file.record, &file.raw, provenance::raw_offset(&file.raw, start + indent), &self.records.sources)
    }
}

fn attempt(
    chart: &Arc<Chart>,
    values: &Values,
    options: &Options,
    budget: Arc<Budget>,
    host: Host,
    mut trail: Option<&mut Trail>,
) -> Result<Release> {
    let compat = chart.compat;
    check_installable(chart)?;
    check_dependencies(chart, compat)?;
    check_release_name(&options.release_name, compat)?;
    let user_values = Map::from(&values.data);
    let coalesce = Coalesce::new(compat);
    let mut root = Node::new(chart);
    process(&mut root, &user_values, &coalesce)
        .map_err(|e| Error::new(&rules::VALUES_DEPENDENCIES, format!("chart dependencies processing failed: {e}")))?;
    let cluster = options.cluster.as_deref();
    let capabilities = Capabilities::new(compat, options.kube_version.as_deref(), &options.api_versions, cluster)?;
    let values = coalesce.values(&root, &user_values).map_err(|e| Error::new(&rules::VALUES_TYPE, e))?;
    if let Some(trail) = trail.as_deref_mut() {
        trail.origins = Origins::mark(&values);
        trail.values = Some(Value::Map(values.clone()));
    }

    let mut warnings = chart.warnings.clone();
    if chart.metadata.deprecated {
        warnings.push(Diagnostic::new(&rules::CHART_DEPRECATED, "this chart is deprecated"));
    }
    warnings.extend(coalesce.into_warnings());
    if !options.skip_schema_validation {
        let checked = check(&root, &values, &|url| (options.schemas)(url));
        warnings.extend(checked?);
    }
    let release =
        ReleaseInfo { name: options.release_name.clone(), namespace: options.namespace.clone(), is_upgrade: options.is_upgrade };
    let supported = &root.metadata.kube_version;
    let kube = &capabilities.kube_version;
    if !supported.is_empty() && !is_compatible(supported, &kube.normalized) {
        let message = format!("chart requires kubeVersion: {supported} which is incompatible with Kubernetes {}", kube.version);
        return Err(Error::new(&rules::CHART_KUBE_VERSION, message).with_debug_output(Vec::new()));
    }
    let reads = match &trail {
        None if options.keep_trees => Reads::Trees,
        Some(trail) if trail.of_findings => Reads::Nothing,
        _ => Reads::Heads,
    };
    let context = Context { release: &release, capabilities: &capabilities, budget, host: Rc::new(host), reads };
    let (arranged, notes) = render_and_arrange(&root, &values, &context, trail.map(|t| &mut t.records))?;
    let Arranged { manifests, hooks, warnings: left_out } = arranged;
    warnings.extend(left_out);
    let mut crds = Vec::new();
    collect_crds(&root, root.name(), &mut crds);
    Ok(Release { manifests, hooks, crds, notes, warnings, compat, ..Release::default() })
}

/// `TemplateName`: the text of a template of Sprig's functions, for `--name-template`.
pub fn name_from_template(text: &str) -> Result<String> {
    let functions = functions(Compat::default());
    let failed = |e: &pintle_template::Error| Error::new(&rules::USAGE_NAME_TEMPLATE, e.message());
    let mut templates = pintle_template::Templates::new();
    templates.add(&pintle_template::parse("name-template", text, functions).map_err(|e| failed(&e))?);
    let host = Rc::new(Host::new(System));
    let mut evaluator = pintle_template::Evaluator::new(Arc::new(templates), functions, host, Arc::default());
    let name = evaluator.execute("name-template", Value::Nil).map_err(|e| failed(&e))?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}

/// What `helm version` prints: Go's syntax of its build info.
pub fn build_info(compat: Compat) -> String {
    let version = compat.release_version();
    let client = compat.kube_client_version().map_or_else(String::new, |v| format!(", KubeClientVersion:{v:?}"));
    format!(
        "version.BuildInfo{{Version:{version:?}, GitCommit:\"\", GitTreeState:\"\", GoVersion:{:?}{client}}}",
        objects::GO_VERSION
    )
}

/// What `helm version --template` prints: a template with none of Helm's functions, over the build info.
pub fn version_from_template(text: &str, compat: Compat) -> Result<String> {
    let failed = |e: &pintle_template::Error| Error::new(&rules::USAGE_TEMPLATE, e.message());
    let functions = pintle_template::Functions::builtins();
    let mut templates = pintle_template::Templates::new();
    templates.add(&pintle_template::parse("_", text, &functions).map_err(|e| failed(&e))?);
    let host = Rc::new(Host::new(System));
    let mut evaluator = pintle_template::Evaluator::new(Arc::new(templates), &functions, host, Arc::default());
    let info = objects::build_info(compat.release_version(), compat);
    let text = evaluator.execute("_", info).map_err(|e| failed(&e))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// From values to documents and hooks in order, and the chart's own notes. What is rendered is cut into documents while the
/// rest is still being rendered.
pub fn render_and_arrange(
    root: &Node,
    values: &Map,
    context: &Context<'_>,
    records: Option<&mut Records>,
) -> Result<(Arranged, Option<String>)> {
    let compat = context.capabilities.compat;
    let (budget, reads) = (&*context.budget, context.reads);
    let work = |(name, text): (String, Arc<Vec<u8>>)| {
        let documents = cut(&name, &text, compat, budget, reads);
        (name, documents)
    };
    let make = |hand_out: &mut dyn FnMut((String, Arc<Vec<u8>>))| {
        let mut sink = |name: &str, text: &Arc<Vec<u8>>| {
            if !is_notes(name) {
                hand_out((name.to_owned(), text.clone()));
            }
        };
        render_templates(root, values, context, records, &mut sink)
    };
    let (rendered, documents) = root.chart.ahead.meanwhile(root.size(), |(_, text)| text.len(), work, make);
    let mut files = rendered.map_err(|e| e.with_debug_output(Vec::new()))?;
    let notes = take_notes(&mut files, root.name());
    let arranged = arrange(documents.into_iter().collect(), compat).map_err(|e| e.with_debug_output(debug_output(&files)))?;
    Ok((arranged, notes))
}

/// What `--debug` prints when the output isn't valid YAML: every file as it was rendered.
fn debug_output(files: &Rendered) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in files {
        if !String::from_utf8_lossy(content).trim().is_empty() {
            out.extend_from_slice(format!("---\n# Source: {name}\n").as_bytes());
            out.extend_from_slice(content);
            out.push(b'\n');
        }
    }
    out
}

fn check_installable(chart: &Chart) -> Result<()> {
    match chart.metadata.chart_type.as_str() {
        "" | "application" => Ok(()),
        other => Err(Error::new(&rules::CHART_LIBRARY, format!("{other} charts are not installable"))),
    }
}

/// `CheckDependencies`: what Chart.yaml names must be in charts/.
fn check_dependencies(chart: &Chart, compat: Compat) -> Result<()> {
    let present = |name: &str| chart.dependencies.iter().any(|d| d.name() == name);
    let missing: Vec<&str> = chart.metadata.dependencies.iter().map(|d| d.name.as_str()).filter(|name| !present(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("{}{}", compat.missing_dependencies(), missing.join(", "));
    Err(Error::new(&rules::CHART_DEPENDENCIES, message))
}

/// `ValidateReleaseName`: a name that DNS allows, of at most 53 characters.
fn check_release_name(name: &str, compat: Compat) -> Result<()> {
    let failed = |what: &str| {
        let quoted = quote(name.as_bytes());
        Err(Error::new(&rules::RELEASE_NAME, format!("{}{quoted}: {what}", compat.refused_name())))
    };
    if name.is_empty() {
        return failed("no name provided");
    }
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let label = |l: &str| {
        let b = l.as_bytes();
        edge(b.first()) && edge(b.last()) && b.iter().all(|c| edge(Some(c)) || *c == b'-')
    };
    if name.len() > 53 || !name.split('.').all(label) {
        return failed(
            "invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the \
             length must not be longer than 53",
        );
    }
    Ok(())
}

/// Every file whose path ends in NOTES.txt is rendered, and none is printed; the chart's own is kept.
fn take_notes(files: &mut Rendered, chart: &str) -> Option<String> {
    let own = format!("{chart}/templates/NOTES.txt");
    let notes = files.get(&own).map(|n| String::from_utf8_lossy(n).into_owned());
    files.retain(|name, _| !is_notes(name));
    notes
}

fn is_notes(name: &str) -> bool {
    name.ends_with("NOTES.txt")
}

/// The files of crds/ of a chart and of all in its charts/.
pub(crate) fn crds(chart: &Chart) -> Vec<&File> {
    let own = chart.files.iter().filter(|f| is_crd(f));
    own.chain(chart.dependencies.iter().flat_map(|child| crds(child))).collect()
}

/// Whether a file is a manifest below crds/.
fn is_crd(f: &File) -> bool {
    let extension = f.name.rsplit_once('.').map_or("", |(_, e)| e);
    f.name.starts_with("crds/") && ["yaml", "yml", "json"].iter().any(|e| extension.eq_ignore_ascii_case(e))
}

/// `CRDObjects`: the manifests in crds/, the chart's own before those of its dependencies.
fn collect_crds(node: &Node, path: &str, crds: &mut Vec<File>) {
    for f in &node.chart.files {
        if is_crd(f) {
            crds.push(f.renamed(format!("{path}/{}", f.name)));
        }
    }
    for child in &node.dependencies {
        collect_crds(child, &format!("{path}/charts/{}", child.name()), crds);
    }
}
