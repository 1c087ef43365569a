//! Charts: from a folder, an archive or memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pintle_core::ahead::Ahead;
use pintle_core::load::{self, File, LoadOptions, Metadata};
use pintle_core::{Compat, DataMap, Diagnostic, Limits, Result};

/// A loaded chart with its dependencies.
///
/// A clone is cheap and shares the chart; renders on any number of threads may use it at the same time.
#[derive(Clone, Debug)]
pub struct Chart(pub(crate) Arc<load::Chart>);

impl Chart {
    /// Loads a chart's folder or `.tgz` archive, as Helm 4 does.
    ///
    /// Errors: those of `helm template`, with Helm's text.
    pub fn load(path: impl AsRef<Path>) -> Result<Chart> {
        Loader::new().load(path)
    }

    /// Loads a chart from the files of its folder in memory. Paths are relative to the folder: `templates/service.yaml`.
    ///
    /// ```
    /// use pintle::{Chart, Request};
    ///
    /// let chart = Chart::from_files([
    ///     ("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
    ///     ("templates/cm.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ .Release.Name }}}}"),
    /// ])?;
    /// assert_eq!(Request::new(&chart).name("shop").run()?.manifests()[0].name, "shop");
    /// # Ok::<(), pintle::Error>(())
    /// ```
    ///
    /// Errors: those of [`Chart::load`].
    pub fn from_files<N: Into<String>, T: AsRef<[u8]>>(files: impl IntoIterator<Item = (N, T)>) -> Result<Chart> {
        Loader::new().load_files(files)
    }

    /// Chart.yaml.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// values.yaml.
    pub fn values(&self) -> &DataMap {
        &self.0.values
    }

    /// The charts in `charts/`, in order of the names of their folders and archives.
    pub fn dependencies(&self) -> impl Iterator<Item = Chart> {
        self.0.dependencies.iter().cloned().map(Chart)
    }

    /// Warnings of the loader, those about dependencies included.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.0.warnings
    }
}

/// Options for loading charts.
///
/// ```no_run
/// use pintle::{Compat, Limits, Loader};
///
/// let chart = Loader::new().compat(Compat::Helm3).limits(Limits::strict()).load("charts/web")?;
/// # Ok::<(), pintle::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Loader(LoadOptions);

impl Loader {
    /// Loads as Helm 4, with the default limits, on the caller's thread.
    pub fn new() -> Loader {
        Loader::default()
    }

    /// Loads the chart, and renders it later, as this version of Helm.
    #[must_use]
    pub fn compat(mut self, compat: Compat) -> Loader {
        self.0.compat = compat;
        self
    }

    /// Limits on the time and memory that reading the chart may take.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Loader {
        self.0.limits = limits;
        self
    }

    /// Lets symbolic links of the chart's folder lead anywhere below this folder. Without it they must stay in the chart.
    #[must_use]
    pub fn root(mut self, folder: impl Into<PathBuf>) -> Loader {
        self.0.root = Some(folder.into());
        self
    }

    /// Loads and renders large charts on several threads, and keeps parsed templates for all charts of this loader. The output is the same.
    #[must_use]
    pub fn parallel(mut self, parallel: bool) -> Loader {
        self.0.ahead = if parallel { Ahead::on() } else { Ahead::default() };
        self
    }

    /// Loads a chart's folder or `.tgz` archive.
    ///
    /// Errors: those of `helm template`, with Helm's text.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Chart> {
        load::Chart::load(path, &self.0).map(Chart)
    }

    /// Loads the bytes of a `.tgz` archive.
    ///
    /// Errors: those of [`Loader::load`].
    pub fn load_archive(&self, archive: &[u8]) -> Result<Chart> {
        load::Chart::from_archive(archive, &self.0).map(|chart| Chart(Arc::new(chart)))
    }

    /// Loads the files of a chart's folder from memory, as [`Chart::from_files`] does.
    ///
    /// Errors: those of [`Loader::load`].
    pub fn load_files<N: Into<String>, T: AsRef<[u8]>>(&self, files: impl IntoIterator<Item = (N, T)>) -> Result<Chart> {
        let files = files.into_iter().map(|(name, text)| File::new(name, text.as_ref())).collect();
        load::Chart::from_files(files, &self.0).map(|chart| Chart(Arc::new(chart)))
    }
}
