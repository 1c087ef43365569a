//! Objects of charts: what to render is worked out here, the rendering is the caller's
//! (sigs.k8s.io/kustomize/api v0.20.1, internal/builtins/HelmChartInflationGenerator.go).

use std::path::{Path, PathBuf};

use crate::build::{Build, HelmOptions};
use crate::error::Error;
use crate::json::Json;
use crate::kustomization::types::{HelmChart, HelmGlobals};
use crate::load::{Loader, clean};
use crate::merge::{ListIncrease, merge};
use crate::node::Place;

/// What is to be rendered: what kustomize gives to `helm template`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartRequest {
    /// The chart's folder.
    pub chart: PathBuf,
    /// The release's name; if it is empty, one is made up.
    pub release_name: String,
    /// The release's namespace, if it isn't empty.
    pub namespace: String,
    /// A template for the release's name, if it isn't empty.
    pub name_template: String,
    /// Files of values: their names and texts, the last one wins.
    pub values: Vec<(String, Vec<u8>)>,
    /// API versions for `.Capabilities`.
    pub api_versions: Vec<String>,
    /// The Kubernetes version for `.Capabilities`, if it isn't empty.
    pub kube_version: String,
    /// Whether the files of crds/ are printed too.
    pub include_crds: bool,
    /// Whether tests are left out.
    pub skip_tests: bool,
    /// Whether hooks are left out.
    pub skip_hooks: bool,
}

/// Renders charts as Helm 3 does.
pub trait Inflate {
    /// The manifests of a chart, as `helm template` prints them.
    fn inflate(&self, request: &ChartRequest) -> Result<Vec<u8>, Error>;
}

/// Renders nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCharts;

impl Inflate for NoCharts {
    fn inflate(&self, _: &ChartRequest) -> Result<Vec<u8>, Error> {
        Err(Error::new("charts can't be rendered here"))
    }
}

/// What is to be rendered for a chart of a kustomization.
pub(crate) fn request(
    b: &mut Build,
    loader: &Loader<'_>,
    globals: &HelmGlobals,
    chart: &HelmChart,
    options: &HelmOptions,
) -> Result<ChartRequest, Error> {
    if !options.enabled {
        return Err(Error::new("must specify --enable-helm"));
    }
    if chart.name.is_empty() {
        return Err(Error::new("chart name cannot be empty"));
    }
    if !matches!(chart.values_merge.as_str(), "" | "merge" | "override" | "replace") {
        return Err(Error::new("valuesMerge must be one of [merge override replace]"));
    }
    let home = if globals.chart_home.is_empty() { "charts" } else { &globals.chart_home };
    let mut home = clean(&loader.root().join(home));
    if !chart.version.is_empty() && !chart.repo.is_empty() {
        home.push(format!("{}-{}", chart.name, chart.version));
    }
    let folder = clean(&home.join(&chart.name));
    let values_file = match chart.values_file.as_str() {
        "" => folder.join("values.yaml").to_string_lossy().into_owned(),
        file => file.to_owned(),
    };
    let mut further = Vec::new();
    for file in &chart.additional_values_files {
        let text = loader.load(file).map_err(|e| e.wrap("could not load additionalValuesFile"))?;
        further.push((loader.shown(file), text));
    }
    if !loader.is_dir(&folder) {
        let shown = folder.display();
        return Err(match chart.repo.is_empty() {
            true => Error::new(format!("no repo specified for pull, no chart found at '{shown}'")),
            false => Error::new(format!("no chart found at '{shown}', and nothing is fetched from {}", chart.repo))
                .hint(format!("helm pull --untar --untardir {} --repo {} {}", home.display(), chart.repo, chart.name)),
        });
    }
    let values = match chart.values_inline.is_empty() {
        true => loader.load(&values_file)?,
        false => joined_values(b, loader, chart, &values_file)?.into_bytes(),
    };
    let mut files = vec![(format!("values of chart {}", chart.name), values)];
    files.append(&mut further);
    let pick = |of_options: &Vec<String>, own: &Vec<String>| if of_options.is_empty() { own.clone() } else { of_options.clone() };
    Ok(ChartRequest {
        chart: folder,
        release_name: chart.release_name.clone(),
        namespace: chart.namespace.clone(),
        name_template: chart.name_template.clone(),
        values: files,
        // What the chart says itself is read over what the command line says.
        api_versions: pick(&chart.api_versions, &options.api_versions),
        kube_version: if chart.kube_version.is_empty() { options.kube_version.clone() } else { chart.kube_version.clone() },
        include_crds: chart.include_crds,
        skip_tests: chart.skip_tests,
        skip_hooks: chart.skip_hooks,
    })
}

/// The file of values and those in place, joined as `valuesMerge` says.
fn joined_values(b: &mut Build, loader: &Loader<'_>, chart: &HelmChart, file: &str) -> Result<String, Error> {
    let inline = Json::from_data(&pintle_value::Data::Map(chart.values_inline.clone()));
    let joined = match chart.values_merge.as_str() {
        "replace" => inline,
        mode => {
            let text = loader.load(file)?;
            let source = b.source(&loader.shown(file));
            let parsed = crate::parse::parse_one(&mut b.nodes, &text, source).map_err(|e| {
                Error::new(format!("could not parse values file into rnode: {}", e.message)).at(&loader.shown(file), e.line)
            })?;
            let Some(parsed) = parsed else {
                return Err(Error::new("could not parse values file into rnode: EOF").at(&loader.shown(file), 0));
            };
            let inline = b.nodes.add_marshalled(&inline, Place::default());
            let (patch, dest) = if mode == "merge" { (parsed, inline) } else { (inline, parsed) };
            let merged = merge(&mut b.nodes, &b.schemas, Some(patch), Some(dest), ListIncrease::Append)
                .map_err(|e| Error::new(format!("could not merge values: {e}")))?;
            match merged {
                Some(node) => b
                    .nodes
                    .to_value(node)
                    .map_err(|e| b.error_at(format!("could not parse merged values into map: {}", e.message), e.place))?,
                None => Json::Map(Default::default()),
            }
        }
    };
    pintle_yaml::to_yaml(&joined).map_err(|e| Error::new(e.message))
}

/// The folder of a chart, for messages.
pub(crate) fn shown(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
