//! What is rendered, and how.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pintle_core::checks::Mode;
use pintle_core::diagnostic::{Diagnostic, Source, Span};
use pintle_core::overlay::{self, Kustomization};
use pintle_core::request::{self, Input};
use pintle_core::rules;
use pintle_core::world::{Given, Instant, World};
use pintle_core::{Error, Limits, Result};
use pintle_files::Root;

use crate::{Chart, Release, Values};

/// A render: its input, its options and its checks.
///
/// Nothing happens until [`Request::run`]. A request may run several times.
///
/// ```
/// use pintle::{Chart, Request, Values};
/// # let template = "{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}}";
/// # let chart = Chart::from_files([("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"), ("templates/cm.yaml", template)])?;
///
/// let release = Request::new(&chart).name("web").namespace("prod").values(Values::new().set("replicas=3")).run()?;
/// assert_eq!(release.manifests()[0].kind, "ConfigMap");
/// # assert!(release.to_yaml()?.ends_with(b"metadata: {name: web, namespace: prod}}\n"));
/// # Ok::<(), pintle::Error>(())
/// ```
#[derive(Clone)]
pub struct Request {
    inner: request::Request<'static>,
    /// The clock and the seed in place of the system's.
    now: Option<Instant>,
    seed: Option<u64>,
    /// Levels of rules; they are looked at when the request runs.
    levels: Vec<(String, String)>,
}

impl Request {
    /// Renders a chart.
    pub fn new(chart: &Chart) -> Request {
        Request::of(Input::Loaded(chart.0.clone()))
    }

    /// Builds a folder with a `kustomization.yaml`, as `kustomize build --enable-helm` does. Nothing outside of `root` is read.
    ///
    /// Errors: `root` isn't a folder.
    pub fn kustomization(folder: impl Into<PathBuf>, root: impl AsRef<Path>) -> Result<Request> {
        let kustomization = Kustomization::new(folder, Some(opened(root.as_ref())?));
        Ok(Request::of(Input::Kustomization(kustomization)))
    }

    fn of(input: Input) -> Request {
        Request { inner: request::Request::new(input), now: None, seed: None, levels: Vec::new() }
    }

    /// `.Values`, over those of the chart.
    #[must_use]
    pub fn values(mut self, values: Values) -> Request {
        self.inner.values = values.0;
        self
    }

    /// `.Release.Name`; `release-name` by default, as in `helm template`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Request {
        self.inner.options.release_name = name.into();
        self
    }

    /// `.Release.Namespace`; `default` by default.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Request {
        self.inner.options.namespace = namespace.into();
        self
    }

    /// Renders as for an upgrade: `.Release.IsUpgrade` (`--is-upgrade`).
    #[must_use]
    pub fn upgrade(mut self, is_upgrade: bool) -> Request {
        self.inner.options.is_upgrade = is_upgrade;
        self
    }

    /// `.Capabilities.KubeVersion`, such as `1.31` (`--kube-version`).
    #[must_use]
    pub fn kube_version(mut self, version: impl Into<String>) -> Request {
        self.inner.options.kube_version = Some(version.into());
        self
    }

    /// Adds to `.Capabilities.APIVersions`, such as `monitoring.coreos.com/v1` (`--api-versions`).
    #[must_use]
    pub fn api_versions<V: Into<String>>(mut self, versions: impl IntoIterator<Item = V>) -> Request {
        self.inner.options.api_versions.extend(versions.into_iter().map(Into::into));
        self
    }

    /// Leaves `values.schema.json` aside (`--skip-schema-validation`).
    #[must_use]
    pub fn skip_schema_validation(mut self, skip: bool) -> Request {
        self.inner.options.skip_schema_validation = skip;
        self
    }

    /// Answers `$ref`s that lead out of `values.schema.json`: takes a URL and gives the schema's text. None is followed by default.
    #[must_use]
    pub fn schemas(mut self, load: impl Fn(&str) -> Result<Vec<u8>, String> + Send + Sync + 'static) -> Request {
        self.inner.options.schemas = Arc::new(load);
        self
    }

    /// Limits on the time and memory of the render; [`Limits::strict`] is for charts of strangers.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Request {
        self.inner.options.limits = limits;
        self
    }

    /// Replaces the clock, the randomness, DNS and the cluster that templates see. `make` makes a world for each render.
    #[must_use]
    pub fn world<W: World + 'static>(mut self, make: impl Fn() -> W + Send + Sync + 'static) -> Request {
        self.inner.options.world = Arc::new(move || Box::new(make()));
        self
    }

    /// Seeds the randomness of `randAlphaNum`, `uuidv4`, `genCA` and the like: the same seed gives the same output. Not for real secrets.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Request {
        self.seed = Some(seed);
        self
    }

    /// Stops the clock of `now` and `date`.
    #[must_use]
    pub fn now(mut self, now: Instant) -> Request {
        self.now = Some(now);
        self
    }

    /// Puts the files of `crds/` first in the output (`--include-crds`).
    #[must_use]
    pub fn include_crds(mut self, include: bool) -> Request {
        self.inner.emit.include_crds = include;
        self
    }

    /// Leaves hooks out of the output (`--no-hooks`).
    #[must_use]
    pub fn no_hooks(mut self, no_hooks: bool) -> Request {
        self.inner.emit.no_hooks = no_hooks;
        self
    }

    /// Prints only what these templates render, such as `templates/service.yaml`, with wildcards (`--show-only`).
    #[must_use]
    pub fn show_only<P: Into<String>>(mut self, patterns: impl IntoIterator<Item = P>) -> Request {
        self.inner.emit.show_only.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Applies the fields of a kustomization to the output. Several are applied in the order of the calls.
    #[must_use]
    pub fn overlay(mut self, overlay: Overlay) -> Request {
        self.inner.overlays.push(overlay.0);
        self
    }

    /// Checks the output: schemas, the API server's rules, references between objects, secrets. Off by default.
    #[must_use]
    pub fn check(mut self, mode: Mode) -> Request {
        self.inner.checks.mode = mode;
        self
    }

    /// Sets the level of a rule (`schema/unknown-field`) or of a topic (`schema/*`): `error`, `warn`, `note` or `off`.
    #[must_use]
    pub fn rule(mut self, code: impl Into<String>, level: impl Into<String>) -> Request {
        self.levels.push((code.into(), level.into()));
        self
    }

    /// Renders.
    ///
    /// Errors: those of `helm template` or `kustomize build`, with their text; with [`Mode::Error`] the findings of the checks; a rule or a
    /// level that doesn't exist.
    pub fn run(&self) -> Result<Release> {
        let mut request = self.inner.clone();
        for (code, level) in &self.levels {
            request.checks.set_level(code, level).map_err(|e| Error::new(&rules::USAGE_LEVEL, e))?;
        }
        if self.now.is_some() || self.seed.is_some() {
            let (seed, now) = (self.seed, self.now);
            request.options.world = Arc::new(move || Box::new(Given::new(seed, now)));
        }
        let mut outcome = request.run()?;
        match outcome.refused.take() {
            Some(error) => Err(error),
            None => Release::new(outcome),
        }
    }
}

/// The fields of a kustomization, to be applied to the output of a chart: `images`, `patches`, `labels` and all others.
#[derive(Clone, Debug)]
pub struct Overlay(overlay::Overlay);

impl Overlay {
    /// Reads the fields from YAML. The files that they name lie in `folder`; nothing outside of it is read.
    ///
    /// ```
    /// use pintle::{Chart, Overlay, Request};
    /// # let template = "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}";
    /// # let chart = Chart::from_files([("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"), ("templates/cm.yaml", template)])?;
    ///
    /// let overlay = Overlay::new(".", "namePrefix: prod-\nlabels: [{pairs: {team: web}}]\n")?;
    /// let release = Request::new(&chart).overlay(overlay).run()?;
    /// assert_eq!(release.manifests()[0].name, "prod-web");
    /// # Ok::<(), pintle::Error>(())
    /// ```
    ///
    /// Errors: the text is invalid YAML or not a map; `folder` isn't a folder. Fields are checked when the overlay is applied.
    pub fn new(folder: impl AsRef<Path>, fields: &str) -> Result<Overlay> {
        let source = Source::new("overlay", fields.to_owned());
        let failed = |e: pintle_yaml::Error| {
            let at = Span::position(&source, e.line.unwrap_or(0), e.column.unwrap_or(0));
            Error::from(Diagnostic::new(&rules::YAML_PARSE, e.message).at(at))
        };
        let fields = pintle_yaml::map_from_slice(fields.as_bytes()).map_err(failed)?;
        let root = opened(folder.as_ref())?;
        let dir = folder.as_ref().to_owned();
        Ok(Overlay(overlay::Overlay { dir, root, fields, place: Span::whole(&source) }))
    }
}

fn opened(folder: &Path) -> Result<Root> {
    Root::new(folder).map_err(|e| Error::new(&rules::FILE_READ, format!("{}: {}", folder.display(), pintle_files::words(&e))))
}
