//! Loads charts: from a directory, an archive or memory, with everything that the later steps need held in memory.
//!
//! Takes a path or a list of files, gives a [`Chart`]; reads nothing else (`helm.sh/helm/v4/pkg/chart/v2/loader`, 4.3.1).

mod archive;
mod directory;
mod file;
mod ignore;
pub(crate) mod metadata;
pub mod values_file;

use crate::secrets::Secrets;
use pintle_yaml::Tree;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use pintle_value::budget::{Limits, check_document};
use pintle_value::{Data, DataMap, Str};

use crate::Compat;
use crate::ahead::Ahead;
use crate::diagnostic::{Diagnostic, Error, Result, Source, Span, exceeded};
use crate::rules;

pub(crate) use directory::root;
pub use file::File;
pub use metadata::{DIALECT, Dependency, Dialect, Maintainer, Metadata};

/// How charts may be loaded.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Symbolic links may lead anywhere below this directory; by default below the chart's own.
    pub root: Option<PathBuf>,
    /// The Helm to be compatible with.
    pub compat: Compat,
    /// What reading the chart's values may take.
    pub limits: Limits,
    /// Reads the files of a folder that only `.Files` and crds/ lead to when they are asked for, not at once: for a process
    /// that renders once and ends. By default a loaded chart has no more need of its folder.
    pub on_demand: bool,
    /// What may be done at once and ahead; by default nothing is.
    pub ahead: Ahead,
}

/// A chart with its dependencies.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Chart.yaml
    pub metadata: Metadata,
    /// What the templates are written in.
    pub dialect: Dialect,
    /// values.yaml
    pub values: DataMap,
    /// The text of values.yaml, for the places of its values.
    pub values_text: Option<Str>,
    /// Where values.yaml lies, unless it comes from an archive or from memory.
    pub values_path: Option<PathBuf>,
    /// values.schema.json
    pub schema: Option<Str>,
    /// Where values.schema.json lies, unless it comes from an archive or from memory.
    pub schema_path: Option<PathBuf>,
    /// The files under templates/, in order of their paths.
    pub templates: Vec<File>,
    /// All other files that templates can read through `.Files`.
    pub files: Vec<File>,
    /// The charts under charts/, in order of their folders' and archives' names.
    pub dependencies: Vec<Arc<Chart>>,
    /// What loading noticed, of the dependencies too.
    pub warnings: Vec<Diagnostic>,
    /// Where the chart was loaded from, for the places in messages.
    pub path: Option<PathBuf>,
    /// The Helm as which it was loaded, and is rendered.
    pub compat: Compat,
    pub(crate) ahead: Ahead,
    secrets: OnceLock<Arc<Secrets>>,
    values_trees: OnceLock<Vec<Tree<'static>>>,
}

/// What a file is called in findings: by where it lies, if it lies anywhere.
fn shown(file: &File) -> String {
    file.path().map_or_else(|| file.name.clone(), |path| path.display().to_string())
}

/// Where the error of reading a file is.
fn place(file: &File, e: &pintle_yaml::Error) -> Span {
    values_file::place(e, Source::new(shown(file), file.data().cloned().unwrap_or_default()))
}

impl Chart {
    /// Loads a directory or a `.tgz` archive.
    ///
    /// ```no_run
    /// let chart = pintle_core::Chart::load("charts/web", &pintle_core::LoadOptions::default())?;
    /// println!("{} {}", chart.metadata.name, chart.metadata.version);
    /// # Ok::<(), pintle_core::Error>(())
    /// ```
    ///
    /// Errors are those of `helm template`, with Helm's text.
    pub fn load(path: impl AsRef<Path>, options: &LoadOptions) -> Result<Arc<Chart>> {
        let path = path.as_ref();
        let (files, links) =
            if path.is_dir() { directory::read(path, options)? } else { (archive::read_file(path)?, Vec::new()) };
        if options.compat.checks_api_version() {
            check_api_version(&files)?;
        }
        Chart::from_place(path, files, links, options)
    }

    /// Loads as the linter does, which has a word of its own for an API version that isn't known.
    pub(crate) fn load_any_version(path: &Path, options: &LoadOptions) -> Result<Arc<Chart>> {
        let (files, links) =
            if path.is_dir() { directory::read(path, options)? } else { (archive::read_file(path)?, Vec::new()) };
        Chart::from_place(path, files, links, options)
    }

    fn from_place(path: &Path, files: Vec<File>, links: Vec<Diagnostic>, options: &LoadOptions) -> Result<Arc<Chart>> {
        let mut chart = Chart::from_files(files, options)?;
        chart.path = Some(path.to_owned());
        chart.warnings.splice(0..0, links);
        Ok(Arc::new(chart))
    }

    /// Makes a chart of the bytes of a `.tgz` archive, as `LoadArchive` does.
    ///
    /// Errors are those of [`Chart::load`].
    pub fn from_archive(data: &[u8], options: &LoadOptions) -> Result<Chart> {
        let files = archive::unpack(data)?;
        if options.compat.checks_api_version() {
            check_api_version(&files)?;
        }
        Chart::from_files(files, options)
    }

    /// Makes a chart of files in memory, as `LoadFiles` does.
    pub fn from_files(files: Vec<File>, options: &LoadOptions) -> Result<Chart> {
        Chart::assemble(files, options, Nesting { depth: 0, unpacked: &Cell::new(0) })
    }

    fn assemble(files: Vec<File>, options: &LoadOptions, nesting: Nesting<'_>) -> Result<Chart> {
        let mut metadata = None;
        let mut fields = Data::Null;
        for f in files.iter().filter(|f| f.name == "Chart.yaml") {
            let read = Metadata::over(&mut fields, f.data()?);
            metadata = Some(read.map_err(|e| {
                let message = options.compat.type_names(format!("cannot load Chart.yaml: {e}"));
                Error::from(Diagnostic::new(&rules::CHART_METADATA, message).at(place(f, &e)))
            })?);
        }
        let has_metadata = metadata.is_some();
        let metadata_file = files.iter().find(|f| f.name == "Chart.yaml").map(|f| Span::whole(&Source::named(shown(f))));
        // What is said of a whole file names it.
        let in_metadata = |mut e: Error| {
            if let Some(d) = e.diagnostics_mut().first_mut() {
                d.span = d.span.take().or_else(|| metadata_file.clone());
            }
            e
        };
        let metadata = metadata.unwrap_or_default();
        let mut chart = Chart {
            dialect: metadata.dialect().map_err(in_metadata)?,
            metadata,
            values: DataMap::new(),
            values_text: None,
            values_path: None,
            schema: None,
            schema_path: None,
            templates: Vec::new(),
            files: Vec::new(),
            dependencies: Vec::new(),
            warnings: Vec::new(),
            path: None,
            compat: options.compat,
            ahead: options.ahead.clone(),
            secrets: OnceLock::new(),
            values_trees: OnceLock::new(),
        };
        if nesting.depth == 0 && chart.dialect == Dialect::Go {
            options.ahead.parse(templates(&chart.metadata.name, &files), options.compat);
        }
        let mut has_metadata = has_metadata;
        let mut subcharts: BTreeMap<String, Vec<File>> = BTreeMap::new();
        for f in files {
            match f.name.as_str() {
                "Chart.yaml" => {}
                "Chart.lock" | "requirements.lock" => {
                    check_lock(&f)?;
                    if f.name == "requirements.lock" {
                        if chart.metadata.api_version == "v1" {
                            chart.files.push(f);
                        } else {
                            chart.warnings.push(Diagnostic::new(
                                &rules::CHART_REQUIREMENTS,
                                "Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to \
                                 Chart.lock.",
                            ));
                        }
                    }
                }
                "values.yaml" => {
                    let long = |e| Error::from(exceeded(format!("{}: {e}", f.name)));
                    check_document(options.limits, f.data()?).map_err(long)?;
                    chart.values = values_file::read(f.data()?, options.compat).map_err(|e| {
                        let d = Diagnostic::new(&rules::VALUES_YAML, format!("cannot load values.yaml: {e}"));
                        Error::from(d.at(place(&f, &e)))
                    })?;
                    chart.values_text = Some(f.data()?.clone());
                    chart.values_path = f.path().map(Path::to_owned);
                }
                "values.schema.json" => {
                    chart.schema = Some(f.data()?.clone());
                    chart.schema_path = f.path().map(Path::to_owned);
                }
                "requirements.yaml" => {
                    has_metadata = true;
                    if chart.metadata.api_version != "v1" {
                        chart.warnings.push(Diagnostic::new(&rules::CHART_REQUIREMENTS,
                            "Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.",
                        ));
                    }
                    let read = Metadata::over(&mut fields, f.data()?);
                    chart.metadata = read.map_err(|e| {
                        let message = options.compat.type_names(format!("cannot load requirements.yaml: {e}"));
                        Error::from(Diagnostic::new(&rules::CHART_METADATA, message).at(place(&f, &e)))
                    })?;
                    if chart.metadata.api_version == "v1" {
                        chart.files.push(f);
                    }
                }
                name if name.starts_with("templates/") => chart.templates.push(f),
                name if name.starts_with("charts/") => {
                    if name.ends_with(".prov") {
                        chart.files.push(f);
                        continue;
                    }
                    let inner = &name["charts/".len()..];
                    let folder = inner.split('/').next().unwrap_or(inner).to_owned();
                    let file = f.renamed(inner.to_owned());
                    subcharts.entry(folder).or_default().push(file);
                }
                _ => chart.files.push(f),
            }
        }
        if !has_metadata {
            return Err(Error::new(&rules::CHART_METADATA, "Chart.yaml file is missing"));
        }
        chart.metadata.validate().map_err(in_metadata)?;
        for (folder, files) in subcharts {
            if folder.starts_with(['_', '.']) {
                continue;
            }
            let unpacked = chart.subchart(&folder, files, options, nesting);
            let in_chart = |e: Error| e.wrap(format_args!("error unpacking subchart {folder} in {}: ", chart.metadata.name));
            let unpacked = unpacked.map_err(in_chart)?;
            chart.warnings.extend(unpacked.warnings.iter().cloned());
            chart.dependencies.push(Arc::new(unpacked));
        }
        Ok(chart)
    }

    fn subchart(&self, folder: &str, files: Vec<File>, options: &LoadOptions, nesting: Nesting<'_>) -> Result<Chart> {
        let nesting = Nesting { depth: nesting.depth + 1, ..nesting };
        if nesting.depth > MAX_DEPTH {
            return Err(Error::new(&rules::CHART_DEPTH, format!("charts lie within each other more than {MAX_DEPTH} deep")));
        }
        if folder.ends_with(".tgz") {
            let Some(file) = files.first() else { return Err(Error::new(&rules::CHART_ARCHIVE, "empty")) };
            if file.name != folder {
                let message =
                    format!("error unpacking subchart tar in {}: expected {folder}, got {}", self.metadata.name, file.name);
                return Err(Error::new(&rules::CHART_ARCHIVE, message));
            }
            let files = archive::unpack(file.data()?)?;
            for file in &files {
                nesting.unpacked.set(nesting.unpacked.get().saturating_add(file.data()?.len() as u64));
            }
            if nesting.unpacked.get() > directory::MAX_CHART_SIZE {
                let limit = directory::MAX_CHART_SIZE;
                return Err(Error::new(&rules::CHART_SIZE, format!("the packed charts in charts/ hold more than {limit} bytes")));
            }
            return Chart::assemble(files, options, nesting);
        }
        let inner = |f: File| f.name.split_once('/').map(|(_, rest)| f.renamed(rest.to_owned()));
        Chart::assemble(files.into_iter().filter_map(inner).collect(), options, nesting)
    }

    /// The name, as dependencies and values know it.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Whether Chart.yaml has a list of dependencies, be it an empty one.
    pub fn names_dependencies(&self) -> bool {
        self.metadata.names_dependencies
    }

    /// The documents of values.yaml, for the places of its values. It is parsed for them once.
    pub(crate) fn values_trees(&self) -> &[Tree<'static>] {
        let parsed = || {
            let text = self.values_text.as_deref().unwrap_or_default();
            Tree::parse_all(text).0.into_iter().map(Tree::into_owned).collect()
        };
        self.values_trees.get_or_init(parsed)
    }

    /// The secrets among its values and those of its dependencies. They are looked for once.
    pub(crate) fn secrets(&self) -> Arc<Secrets> {
        let found = || {
            let mut secrets = Secrets::default();
            let mut charts = vec![self];
            while let Some(chart) = charts.pop() {
                secrets.of_values(&chart.values);
                charts.extend(chart.dependencies.iter().map(|child| &**child));
            }
            Arc::new(secrets)
        };
        self.secrets.get_or_init(found).clone()
    }

    /// Whether the chart only lends templates to others.
    pub fn is_library(&self) -> bool {
        self.metadata.chart_type.eq_ignore_ascii_case("library")
    }
}

/// Charts may lie within each other so deep.
const MAX_DEPTH: usize = 64;

/// Where a chart is among those that it lies in.
#[derive(Clone, Copy)]
struct Nesting<'n> {
    depth: usize,
    /// The bytes of all packed charts so far: a few archives may hold others, and these others again.
    unpacked: &'n Cell<u64>,
}

/// The path of a file within the chart that it belongs to, which may lie in the charts/ of another.
fn within_chart(path: &str) -> &str {
    let mut inner = path;
    while let Some((_, rest)) = inner.strip_prefix("charts/").and_then(|rest| rest.split_once('/')) {
        inner = rest;
    }
    inner
}

/// The templates of a chart and of the folders in its charts/, under the names that a render gives them if those folders are
/// named as their charts are; one that turns out to have another name is parsed again.
fn templates(chart: &str, files: &[File]) -> HashMap<String, Str> {
    let named = |f: &File| Some((format!("{chart}/{}", f.name), f.data().ok()?.clone()));
    files.iter().filter(|f| within_chart(&f.name).starts_with("templates/")).filter_map(named).collect()
}

/// The files of an archive.
pub(crate) fn packed_files(path: &Path) -> Result<Vec<File>> {
    archive::read_file(path)
}

/// The files of a chart's folder as a package holds them, in order of their paths.
///
/// Errors: those of loading the chart.
pub fn files(dir: &Path, options: &LoadOptions) -> Result<Vec<File>> {
    let (mut files, _) = directory::read(dir, options)?;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The API version decides how a chart is loaded, so Helm looks at it before anything else.
fn check_api_version(files: &[File]) -> Result<()> {
    let Some(file) = files.iter().find(|f| f.name == "Chart.yaml") else {
        return Err(Error::new(&rules::CHART_METADATA, "Chart.yaml file is missing"));
    };
    let version = metadata::api_version(file.data()?).map_err(|e| {
        let d = Diagnostic::new(&rules::CHART_METADATA, format!("cannot load Chart.yaml: {e}"));
        Error::from(d.at(place(file, &e)))
    })?;
    let message = match version.as_str() {
        "v1" | "v2" | "" => return Ok(()),
        "v3" => "invalid chart apiVersion",
        _ => "unsupported chart version",
    };
    Err(Diagnostic::new(&rules::CHART_API_VERSION, message).at(Span::whole(&Source::named(shown(file)))).into())
}

/// A render doesn't need the lock, but an unreadable one is an error.
fn check_lock(f: &File) -> Result<()> {
    pintle_yaml::map_from_slice(f.data()?)
        .map(drop)
        .map_err(|e| Error::new(&rules::CHART_LOCK, format!("cannot load {}: {}", f.name, e.message)))
}
