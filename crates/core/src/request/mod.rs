//! The one road of a render: load, merge, render, overlay, check, emit.
//!
//! Takes a [`Request`]: what is rendered, how, and what is wanted of it. Gives an [`Outcome`]: manifests and findings. Commands, the plugin,
//! jobs of a pintle.yaml and the charts of kustomizations make requests; none of them puts the steps together by itself.

mod inflate;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use pintle_functions::world::Drawn;
use pintle_value::budget::Budget;

pub use self::inflate::Charts;
use crate::ahead::Ahead;
use crate::arrange::{Manifest, manifests};
use crate::checks::{Checks, Mode, check_release, check_stream, judge};
use crate::diagnostic::{Diagnostic, Error, Result};
use crate::emit::{self, EmitOptions, OutputFile};
use crate::load::{Chart, LoadOptions};
use crate::merge::options::{Values, ValuesOptions};
use crate::overlay::{self, Kustomization, Overlay};
use crate::release::{Options, Release, render_within};

/// What is rendered.
#[derive(Clone, Debug)]
pub enum Input {
    /// A chart that is loaded already.
    Loaded(Arc<Chart>),
    /// A chart's folder or archive. It is loaded after the values are merged, as Helm does it.
    Chart(PathBuf, LoadOptions),
    /// A folder with a kustomization.
    Kustomization(Kustomization),
}

/// What is to be rendered, how, and what is wanted of it.
#[derive(Clone)]
pub struct Request<'r> {
    /// What is rendered. The profile ([`crate::Compat`]) is the chart's: it is said where the chart is loaded.
    pub input: Input,
    /// The values of a chart.
    pub values: ValuesOptions,
    /// Reads the file that `--set-file` names.
    pub read_file: &'r dyn Fn(&str) -> Result<Vec<u8>, String>,
    /// Names, versions, the world and the limits of everything.
    pub options: Options,
    /// What is laid over the output, in order.
    pub overlays: Vec<Overlay>,
    /// What is checked. Namespace, Kubernetes version and limits are those of `options` where a chart is rendered.
    pub checks: Checks,
    /// What of a chart's release is printed.
    pub emit: EmitOptions,
    /// What findings call the output as a whole: `the output of web (prod)`.
    pub title: String,
    /// What may be done at once and ahead; by default nothing is. A chart that is loaded already has its own.
    pub ahead: Ahead,
    /// What the render draws from if it is a part of something larger; else it has a budget of its own, of the limits of `options`.
    pub budget: Option<Arc<Budget>>,
}

impl Request<'_> {
    /// A request with no values, no overlays and no checks.
    pub fn new(input: Input) -> Request<'static> {
        let path = match &input {
            Input::Loaded(chart) => chart.path.clone().unwrap_or_else(|| chart.name().into()),
            Input::Chart(path, _) => path.clone(),
            Input::Kustomization(kustomization) => kustomization.dir.clone(),
        };
        Request {
            input,
            values: ValuesOptions::default(),
            read_file: &|path| Err(format!("{path} is not read here")),
            options: Options::default(),
            overlays: Vec::new(),
            checks: Checks::default(),
            emit: EmitOptions::default(),
            title: format!("the output of {}", path.display()),
            ahead: Ahead::default(),
            budget: None,
        }
    }

    /// The whole way.
    ///
    /// Errors: those of the chart and the values, with Helm's text; those of the kustomization, with kustomize's. Findings that withhold the
    /// output are no error here: [`Outcome::refused`].
    pub fn run(&self) -> Result<Outcome> {
        self.prepare()?.run()
    }

    /// The first steps: values are merged and the chart is loaded.
    ///
    /// Errors: those of the chart and the values, with Helm's text.
    pub fn prepare(&self) -> Result<Prepared<'_>> {
        let merge = |compat| self.values.merge(compat, self.read_file);
        let chart = match &self.input {
            Input::Loaded(chart) => Some((chart.clone(), merge(chart.compat)?)),
            Input::Chart(path, load) => {
                let values = merge(load.compat)?;
                let load = LoadOptions { limits: self.options.limits, ahead: self.ahead.clone(), ..load.clone() };
                Some((Chart::load(path, &load)?, values))
            }
            Input::Kustomization(_) => None,
        };
        Ok(Prepared { request: self, chart })
    }

    fn budget(&self) -> Arc<Budget> {
        self.budget.clone().unwrap_or_else(|| Arc::new(Budget::new(self.options.limits)))
    }

    /// What is checked, with what is known of the cluster and of the release.
    fn checks(&self, release: Option<&Release>) -> Checks {
        let mut checks = Checks { limits: self.options.limits, ..self.checks.clone() };
        let Some(release) = release else { return checks };
        checks.namespace.clone_from(&self.options.namespace);
        checks.kube_version = checks.kube_version.or_else(|| self.options.kube_version.clone());
        if let Some(cluster) = &self.options.cluster {
            checks.existing.extend(cluster.names());
            checks.kube_version = checks.kube_version.or_else(|| cluster.kube_version.clone());
        }
        checks.existing.extend(release.found.iter().cloned());
        checks
    }
}

/// A request whose chart is loaded and whose values are merged.
pub struct Prepared<'q> {
    request: &'q Request<'q>,
    chart: Option<(Arc<Chart>, Values)>,
}

impl Prepared<'_> {
    /// The merged values of a chart.
    pub fn values(&self) -> Option<&Values> {
        self.chart.as_ref().map(|(_, values)| values)
    }

    /// The rest of the way.
    ///
    /// Errors: those of [`Request::run`].
    pub fn run(self) -> Result<Outcome> {
        let request = self.request;
        let mut outcome = match (&self.chart, &request.input) {
            (Some((chart, values)), _) => rendered(request, chart, values)?,
            (None, Input::Kustomization(kustomization)) => built(request, kustomization)?,
            (None, _) => Outcome::default(),
        };
        for overlay in &request.overlays {
            let charts = Charts { root: Some(overlay.root.clone()), budget: request.budget(), ahead: request.ahead.clone() };
            outcome.title.clone_from(&request.title);
            outcome.text = Some(overlay::apply(overlay, &outcome.stream()?, &charts, charts.budget.clone())?);
            // A generator of an overlay may be a chart.
            outcome.drawn = None;
        }
        // What overlays change can't be found in the chart: then the whole stream is checked, and findings point there.
        if let Some(text) = &outcome.text {
            let found = check_stream(&request.title, text, &request.checks(outcome.release.as_ref()))?;
            outcome.judge(found, &request.checks);
        }
        Ok(outcome)
    }
}

fn rendered(request: &Request<'_>, chart: &Arc<Chart>, values: &Values) -> Result<Outcome> {
    // Only what no overlay changes is checked as it was read.
    let keep_trees = request.checks.mode != Mode::Off && request.overlays.is_empty();
    let options = Options { keep_trees, ..request.options.clone() };
    let mut release = render_within(chart, values, &options, &request.budget())?;
    let warnings = std::mem::take(&mut release.warnings);
    let drawn = Some(release.drawn);
    let found = match request.overlays.as_slice() {
        [] => check_release(&release, chart, values, &request.options, &request.checks(Some(&release))),
        _ => Vec::new(),
    };
    let mut outcome = Outcome { release: Some(release), warnings, drawn, emit: request.emit.clone(), ..Outcome::default() };
    outcome.judge(found, &request.checks);
    Ok(outcome)
}

fn built(request: &Request<'_>, kustomization: &Kustomization) -> Result<Outcome> {
    let charts = Charts { root: kustomization.root.clone(), budget: request.budget(), ahead: request.ahead.clone() };
    let mut output = overlay::build(kustomization, &charts, charts.budget.clone())?;
    let warnings = std::mem::take(&mut output.warnings);
    Ok(Outcome {
        text: Some(output.to_yaml()?.into_bytes()),
        warnings,
        built: Some(output),
        title: request.title.clone(),
        ..Outcome::default()
    })
}

/// What came of a request.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The release, if a chart was rendered. What was noticed has moved to `warnings`.
    pub release: Option<Release>,
    /// What kustomize made, if a kustomization was built.
    pub built: Option<pintle_kustomize::Output>,
    /// What was noticed on the way, in Helm's or kustomize's words.
    pub warnings: Vec<Diagnostic>,
    /// Findings of the checks that withhold nothing.
    pub findings: Vec<Diagnostic>,
    /// Findings that withhold the output.
    pub refused: Option<Error>,
    /// What templates drew from outside of their inputs; nothing is known of the charts of kustomizations and overlays.
    pub drawn: Option<Drawn>,
    /// The output, if it isn't just the release's.
    text: Option<Vec<u8>>,
    /// What findings call the output.
    title: String,
    emit: EmitOptions,
}

impl Outcome {
    fn judge(&mut self, found: Vec<Diagnostic>, checks: &Checks) {
        (self.findings, self.refused) = judge(checks.mode, found);
    }

    /// All that is to be shown before the output: what was noticed, then what was found.
    pub fn shown(&self) -> impl Iterator<Item = &Diagnostic> {
        self.warnings.iter().chain(&self.findings)
    }

    /// What overlays or kustomize made, as manifests; `None` if the output is just the release's.
    ///
    /// Errors: a document has fields of the wrong type, such as a name that isn't text.
    pub fn built_manifests(&self) -> Result<Option<Vec<Manifest>>> {
        self.text.as_ref().map(|text| manifests(&self.title, text)).transpose()
    }

    /// The manifests as one stream.
    ///
    /// Errors: a pattern of `show_only` that no template fits.
    pub fn stream(&self) -> Result<Vec<u8>> {
        match (&self.text, &self.release) {
            (Some(text), _) => Ok(text.clone()),
            (None, Some(release)) => emit::stream(release, &self.emit),
            (None, None) => Ok(Vec::new()),
        }
    }

    /// Writes [`Outcome::stream`] as it is put together; failures of `out` are given back.
    ///
    /// Errors: those of [`Outcome::stream`].
    pub fn write(&self, out: &mut dyn Write) -> Result<std::io::Result<()>> {
        match (&self.text, &self.release) {
            (Some(text), _) => Ok(out.write_all(text)),
            (None, Some(release)) => emit::write(release, &self.emit, out),
            (None, None) => Ok(Ok(())),
        }
    }

    /// The files of a chart's release, as `--output-dir` has them.
    ///
    /// Errors: those of the release.
    pub fn files(&self) -> Result<Vec<OutputFile>> {
        self.release.as_ref().map_or_else(|| Ok(Vec::new()), |release| emit::files(release, &self.emit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::File;

    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: a}, ports: [{port: 80}]}\n";
    const CLAIM: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {a: \"{{ .Values.a }}\"}\n";

    #[test]
    fn checks_read_no_document_again() {
        let files = [
            ("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
            ("templates/a.yaml", SERVICE),
            ("templates/b.yaml", CLAIM),
        ];
        let files = files.map(|(name, text)| File::new(name, text.as_bytes())).into();
        let chart = Arc::new(Chart::from_files(files, &LoadOptions::default()).unwrap());
        let read = |mode: Mode| {
            let mut request = Request::new(Input::Loaded(chart.clone()));
            request.checks.mode = mode;
            let before = pintle_yaml::composed();
            let outcome = request.run().unwrap();
            (outcome.findings.len(), pintle_yaml::composed() - before)
        };
        // Schemas are read once for the program.
        read(Mode::Warn);
        // Each of the two documents is read for its head, and by nobody else. The finding's place is looked for in the templates.
        assert_eq!((read(Mode::Off), read(Mode::Warn)), ((0, 2), (1, 2)));
    }
}
