//! Overlays: what kustomize makes of a folder, or of manifests that are already rendered.
//!
//! Takes a folder, or manifests and the fields of a kustomization; gives manifests and what was noticed. kustomize's own behaviour
//! lives in the crate `pintle-kustomize`; here it meets charts, diagnostics and pintle.yaml.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pintle_files::Root;
use pintle_kustomize::{
    ChartRequest, Disk, FileSystem, HelmOptions, Inflate, Kustomization, Options as BuildOptions, Output, Rooted, SourceObject,
};
use pintle_value::budget::{Budget, Limits};
use pintle_value::{Data, DataMap};

use crate::Compat;
use crate::diagnostic::{Diagnostic, Error, Result, Severity, Span};
use crate::emit::{EmitOptions, stream};
use crate::load::{Chart, LoadOptions};
use crate::merge::options::{ValuesFile, ValuesOptions};
use crate::release::{Options, name_from_template, render_within};

/// Manifests that an overlay made.
#[derive(Clone, Debug, Default)]
pub struct Built {
    /// One stream, as `kustomize build` prints it.
    pub text: Vec<u8>,
    /// What kustomize takes without a word: a target or an image that matches nothing.
    pub warnings: Vec<Diagnostic>,
}

/// Builds a folder with a kustomization (`kustomize build --enable-helm`, 5.7.1). With a root nothing outside of it is read; without,
/// what kustomize itself doesn't read. The build and the charts that it renders share `limits`.
///
/// Errors: kustomize's, with the file and line; a limit is exceeded.
pub fn build(dir: &Path, root: Option<&Root>, limits: Limits) -> Result<Built> {
    let (files, links): (Box<dyn FileSystem>, _) = match root {
        None => (Box::new(Disk), Links::OfEach(|_| None)),
        Some(root) => (Box::new(Rooted(root.clone())), Links::Below(root)),
    };
    let charts = Charts { links, budget: Arc::new(Budget::new(limits)) };
    let output = pintle_kustomize::build(&dir.to_string_lossy(), &charts.options(&*files))?;
    let text = output.to_yaml()?.into_bytes();
    Ok(Built { text, warnings: output.warnings })
}

/// Applies fields of a kustomization to manifests. The files that they name are below `dir`, the folders below `root`; `place` is where
/// the fields stand. The charts that the fields name share `limits` with the rest.
///
/// Errors: kustomize's, a limit that is exceeded, and what kustomize takes without a word: over a chart a patch that matches nothing is a mistake.
pub fn apply(dir: &Path, root: &Root, fields: &DataMap, place: &Span, manifests: &[u8], limits: Limits) -> Result<Built> {
    let here = |e: pintle_kustomize::Error| {
        let mut e = Error::from(e);
        e.diagnostics_mut().iter_mut().for_each(|d| d.span = Some(place.clone()));
        e
    };
    let text = pintle_yaml::to_yaml(&Data::Map(fields.clone())).unwrap_or_default();
    let (kustomization, _) = Kustomization::read(text.as_bytes(), place.source.name()).map_err(here)?;
    let objects = [SourceObject { text: manifests, file: "the chart's output" }];
    let charts = Charts { links: Links::Below(root), budget: Arc::new(Budget::new(limits)) };
    let files = Rooted(root.clone());
    let dir = dir.to_string_lossy();
    let output: Output =
        pintle_kustomize::transform(kustomization, place.source.name(), &dir, &objects, &charts.options(&files)).map_err(here)?;
    let unmatched = output.warnings.iter().filter(|d| d.severity != Severity::Note);
    let unmatched = unmatched.map(|d| Diagnostic { severity: Severity::Error, span: Some(place.clone()), ..d.clone() });
    if let Some(error) = Error::of(unmatched.collect()) {
        return Err(error);
    }
    Ok(Built { text: output.to_yaml().map_err(here)?.into_bytes(), warnings: Vec::new() })
}

impl From<pintle_kustomize::Error> for Error {
    fn from(e: pintle_kustomize::Error) -> Error {
        Diagnostic::from(e).into()
    }
}

/// Renders the charts of kustomizations, as Helm 3.22: the only one that kustomize 5.7.1 works with.
#[derive(Clone, Debug)]
pub struct Charts<'r> {
    /// Where charts and their links may lie.
    pub links: Links<'r>,
    /// What the charts draw from, with the build that they belong to.
    pub budget: Arc<Budget>,
}

/// Where charts and their links may lie.
#[derive(Clone, Copy, Debug)]
pub enum Links<'r> {
    /// Charts lie anywhere. Their links lead below the folder that is told for each, else below the chart's own.
    OfEach(fn(&Path) -> Option<PathBuf>),
    /// Charts and links lie below one folder.
    Below(&'r Root),
}

impl Charts<'_> {
    fn options<'o>(&'o self, files: &'o dyn FileSystem) -> BuildOptions<'o> {
        let helm = HelmOptions { enabled: true, ..HelmOptions::default() };
        BuildOptions { files, helm, inflate: self, budget: self.budget.clone(), ..BuildOptions::default() }
    }
}

impl Inflate for Charts<'_> {
    fn inflate(&self, request: &ChartRequest) -> Result<Vec<u8>, pintle_kustomize::Error> {
        let root = match self.links {
            Links::OfEach(root) => Ok(root(&request.chart)),
            Links::Below(root) => root.resolve(&request.chart).map(|_| Some(root.folder().to_owned())),
        };
        let root = root.map_err(|e| pintle_kustomize::Error::new(format!("chart {}: {e}", request.chart.display())))?;
        inflate(request, root, &self.budget).map_err(|e| {
            let place = e.diagnostics().iter().find_map(|d| d.span.as_ref());
            let error = pintle_kustomize::Error::new(e.to_string());
            match place {
                Some(span) => error.at_span(span),
                None => error,
            }
        })
    }
}

fn inflate(request: &ChartRequest, root: Option<PathBuf>, budget: &Arc<Budget>) -> Result<Vec<u8>> {
    let compat = Compat::Helm3;
    let limits = budget.limits();
    let file = |(name, text): &(String, Vec<u8>)| ValuesFile::new(name, text.clone());
    let values = ValuesOptions { files: request.values.iter().map(file).collect(), ..ValuesOptions::default() };
    let values = values.merge(compat, &|path| Err(format!("{path} is not read here")))?;
    let chart = Chart::load(&request.chart, &LoadOptions { root, compat, limits, on_demand: true })?;
    let release_name = match (request.name_template.as_str(), request.release_name.as_str()) {
        // Helm would make up a name from the clock, and every build would be another.
        ("", "") => "release-name".to_owned(),
        ("", name) => name.to_owned(),
        (template, _) => name_from_template(template)?,
    };
    let options = Options {
        release_name,
        namespace: if request.namespace.is_empty() { "default".to_owned() } else { request.namespace.clone() },
        compat,
        limits,
        kube_version: (!request.kube_version.is_empty()).then(|| request.kube_version.clone()),
        api_versions: request.api_versions.clone(),
        ..Options::default()
    };
    let release = render_within(&chart, &values, &options, budget)?;
    let emit = EmitOptions {
        include_crds: request.include_crds,
        no_hooks: request.skip_hooks,
        skip_tests: request.skip_tests,
        compat,
        ..EmitOptions::default()
    };
    stream(&release, &emit)
}
