//! The whole way from a chart and values to manifests, in the order of `helm template`
//! (`helm.sh/helm/v4/pkg/action/install.go`).

use std::sync::Arc;

use pintle_functions::bind::Host;
use pintle_functions::world::{System, World};
use pintle_template::Limits;
use pintle_value::quote::quote;
use pintle_value::{DataMap, Map};

use crate::Compat;
use crate::arrange::{Arranged, Hook, Manifest, arrange};
use crate::capabilities::Capabilities;
use crate::diagnostic::{Diagnostic, Error, Result};
use crate::load::{Chart, File};
use crate::merge::coalesce::Coalesce;
use crate::merge::dependencies::{Node, is_compatible, process};
use crate::render::{Context, ReleaseInfo, Rendered, render as render_templates};

/// The stack of a render: charts may nest templates as deep as Go lets them.
const STACK: usize = 512 << 20;

/// How a chart is rendered.
#[derive(Clone)]
pub struct Options {
    /// `.Release.Name`
    pub release_name: String,
    /// `.Release.Namespace`
    pub namespace: String,
    /// Renders as for an upgrade.
    pub is_upgrade: bool,
    /// The Helm to be compatible with.
    pub compat: Compat,
    /// Another Kubernetes version than Helm's default.
    pub kube_version: Option<String>,
    /// API versions besides those that Helm knows.
    pub api_versions: Vec<String>,
    /// Leaves values.schema.json aside.
    pub skip_schema_validation: bool,
    /// What templates may use up.
    pub limits: Limits,
    /// Makes the clock, randomness and whatever else a render draws on.
    pub world: fn() -> Box<dyn World>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            release_name: "release-name".into(),
            namespace: "default".into(),
            is_upgrade: false,
            compat: Compat::default(),
            kube_version: None,
            api_versions: Vec::new(),
            skip_schema_validation: false,
            limits: Limits::default(),
            world: || Box::new(System),
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
    /// What was noticed.
    pub warnings: Vec<Diagnostic>,
}

/// Renders a chart with the values of a caller.
///
/// ```no_run
/// let chart = pintle::Chart::load("charts/web", &pintle::LoadOptions::default())?;
/// let release = pintle::render(&chart, &pintle::DataMap::new(), &pintle::Options::default())?;
/// for m in &release.manifests {
///     println!("{} {}", m.kind, m.name);
/// }
/// # Ok::<(), pintle::Error>(())
/// ```
///
/// Errors are those of `helm template`, with Helm's text.
pub fn render(chart: &Arc<Chart>, values: &DataMap, options: &Options) -> Result<Release> {
    let run = || render_here(chart, values, options);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("render".into()).stack_size(STACK);
        match thread.spawn_scoped(scope, run) {
            Ok(handle) => {
                handle.join().unwrap_or_else(|_| Err(Error::new("internal", "the renderer failed; please report this")))
            }
            Err(e) => Err(Error::new("internal", format!("no thread for the renderer: {e}"))),
        }
    })
}

fn render_here(chart: &Arc<Chart>, values: &DataMap, options: &Options) -> Result<Release> {
    let compat = options.compat;
    check_installable(chart)?;
    check_dependencies(chart)?;
    check_release_name(&options.release_name)?;
    let user_values = Map::from(values);
    let coalesce = Coalesce::new(compat);
    let mut root = Node::new(chart);
    process(&mut root, &user_values, &coalesce)
        .map_err(|e| Error::new("values/dependencies", format!("chart dependencies processing failed: {e}")))?;
    let capabilities = Capabilities::new(compat, options.kube_version.as_deref(), &options.api_versions)?;
    let values = coalesce.values(&root, &user_values).map_err(|e| Error::new("values/type", e))?;

    let release =
        ReleaseInfo { name: options.release_name.clone(), namespace: options.namespace.clone(), is_upgrade: options.is_upgrade };
    let supported = &root.metadata.kube_version;
    let kube = &capabilities.kube_version;
    if !supported.is_empty() && !is_compatible(supported, &kube.normalized) {
        let message = format!("chart requires kubeVersion: {supported} which is incompatible with Kubernetes {}", kube.version);
        return Err(Error::new("chart/kube-version", message).with_debug_output(Vec::new()));
    }
    let host = Host::new((options.world)());
    let context = Context { release: &release, capabilities: &capabilities, limits: options.limits, host: &host, record: false };
    let (mut files, _) = render_templates(&root, &values, &context).map_err(|e| e.with_debug_output(Vec::new()))?;
    let notes = take_notes(&mut files, root.name());
    let Arranged { manifests, hooks, mut warnings } =
        arrange(&files, compat).map_err(|e| e.with_debug_output(debug_output(&files)))?;
    warnings.extend(coalesce.into_warnings().into_iter().map(|w| Diagnostic::warning("values/coalesce", w)));
    let mut crds = Vec::new();
    collect_crds(&root, root.name(), &mut crds);
    Ok(Release { manifests, hooks, crds, notes, warnings })
}

/// `TemplateName`: the text of a template of Sprig's functions, for `--name-template`.
pub fn name_from_template(text: &str) -> Result<String> {
    let functions = crate::render::functions(Compat::default());
    let failed = |e: &pintle_template::Error| Error::new("usage/name-template", e.message());
    let mut templates = pintle_template::Templates::new();
    templates.add(pintle_template::parse("name-template", text, functions).map_err(|e| failed(&e))?);
    let host = Host::new(System);
    let mut evaluator = pintle_template::Evaluator::new(Arc::new(templates), functions, &host, Limits::default());
    let name = evaluator.execute("name-template", pintle_value::Value::Nil).map_err(|e| failed(&e))?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}

/// What `--debug` prints when the output is no YAML: every file as it was rendered.
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
        other => Err(Error::new("chart/library", format!("{other} charts are not installable"))),
    }
}

/// `CheckDependencies`: what Chart.yaml names must be in charts/.
fn check_dependencies(chart: &Chart) -> Result<()> {
    let present = |name: &str| chart.dependencies.iter().any(|d| d.name() == name);
    let missing: Vec<&str> = chart.metadata.dependencies.iter().map(|d| d.name.as_str()).filter(|name| !present(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "an error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing \
         dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
        missing.join(", ")
    );
    Err(Error::new("chart/dependencies", message))
}

/// `ValidateReleaseName`: a name that DNS allows, of at most 53 characters.
fn check_release_name(name: &str) -> Result<()> {
    let failed = |what: &str| {
        let quoted = quote(name.as_bytes());
        Err(Error::new("release/name", format!("release name check failed: release name {quoted}: {what}")))
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
    files.retain(|name, _| !name.ends_with("NOTES.txt"));
    notes
}

/// `CRDObjects`: the manifests in crds/, the chart's own before those of its dependencies.
fn collect_crds(node: &Node, path: &str, crds: &mut Vec<File>) {
    for f in &node.chart.files {
        let extension = f.name.rsplit_once('.').map_or("", |(_, e)| e);
        let is_manifest = ["yaml", "yml", "json"].iter().any(|e| extension.eq_ignore_ascii_case(e));
        if f.name.starts_with("crds/") && is_manifest {
            crds.push(File { name: format!("{path}/{}", f.name), data: f.data.clone() });
        }
    }
    for child in &node.dependencies {
        collect_crds(child, &format!("{path}/charts/{}", child.name()), crds);
    }
}
