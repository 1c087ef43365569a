//! A repository's releases and environments: `pintle.yaml`.
//!
//! Takes the file's text, gives [`Job`]s: what to render for which environment. [`run`] renders them, [`discover`] finds out what
//! a repository without the file holds, [`mod@write`] keeps a folder of rendered files up to date.
//!
//! ```yaml
//! releases:
//!   web:
//!     chart: charts/web
//!     values: ["values/web/{env}.yaml"]
//!     namespace: web-{env}
//!     environments: [dev, prod]
//! ```
//!
//! What holds for an environment is put together from four places, each over those before: the file's top, `environments`, the
//! release, and the release's own `environments`. Lists of files add up, single settings replace.

pub mod discover;
mod read;
pub mod run;
pub mod write;

use std::path::PathBuf;

use pintle_value::DataMap;
use pintle_value::budget::Limits;

use crate::Compat;
use crate::checks::Checks;
use crate::diagnostic::{self, Diagnostic, Error, Result, Span, nearest};
use crate::rules;

/// The file's name.
pub const FILE: &str = "pintle.yaml";

/// A repository as its pintle.yaml describes it.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder of pintle.yaml: its paths start here.
    pub dir: PathBuf,
    /// The folder for rendered files, if the file names one.
    pub output: Option<PathBuf>,
    /// What can be rendered, in the file's order of environments and by the releases' names.
    pub jobs: Vec<Job>,
    /// The environments in the order in which the file names them.
    pub environments: Vec<String>,
    /// The releases' names in the file.
    pub releases: Vec<String>,
}

/// What a release is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A chart's folder or archive.
    Chart(PathBuf),
    /// A folder with a kustomization.yaml.
    Kustomization(PathBuf),
}

/// A file of values that a job names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// Its path as the file gives it, with `{env}` and `{release}` filled in.
    pub path: String,
    /// Where pintle.yaml names it.
    pub span: Span,
}

/// Values that stand in pintle.yaml.
#[derive(Clone, Debug)]
pub struct Inline {
    /// The values.
    pub values: DataMap,
    /// pintle.yaml.
    pub source: diagnostic::Source,
    /// The way to them.
    pub path: diagnostic::Path,
}

/// One release in one environment.
#[derive(Clone, Debug)]
pub struct Job {
    /// The release's name in pintle.yaml.
    pub release: String,
    /// The environment.
    pub environment: String,
    /// What it is made from.
    pub source: Source,
    /// Where pintle.yaml says so.
    pub span: Span,
    /// Files of values, the strongest last.
    pub values: Vec<NamedFile>,
    /// Values that stand in pintle.yaml itself, over those of the files, the strongest last.
    pub set: Vec<Inline>,
    /// `.Release.Name`
    pub release_name: String,
    /// `.Release.Namespace`
    pub namespace: String,
    /// The cluster's version, for `.Capabilities`.
    pub kube_version: Option<String>,
    /// The cluster's further API versions, for `.Capabilities`.
    pub api_versions: Vec<String>,
    /// The Helm whose bytes are wanted.
    pub compat: Compat,
    /// What a render may use up; whoever runs the job may allow less, never more.
    pub limits: Option<Limits>,
    /// Whether the files of crds/ are part of the output.
    pub include_crds: bool,
    /// Whether hooks are left out.
    pub no_hooks: bool,
    /// What kustomize's fields change in the output, in order: the text of a kustomization each, and its place in pintle.yaml.
    pub overlays: Vec<(DataMap, Span)>,
    /// What is checked in the output: levels, what exists elsewhere, what is synced by hand.
    pub checks: Checks,
    /// The file below the output folder.
    pub output: String,
}

impl Job {
    /// How messages name it: `web (prod)`.
    pub fn title(&self) -> String {
        format!("{} ({})", self.release, self.environment)
    }
}

impl Project {
    /// Reads the text of a pintle.yaml that stands in `dir` and is called `name` in messages.
    ///
    /// Errors: invalid YAML, unknown fields and values of the wrong type, each with its line, all at once.
    pub fn read(dir: impl Into<PathBuf>, name: &str, text: &[u8]) -> Result<Project> {
        read::project(dir.into(), name, text)
    }

    /// The jobs of an environment, of a release, or of both; all of them without either.
    ///
    /// Errors: an environment or a release that the file doesn't know, with those that it does.
    pub fn select(&self, environment: Option<&str>, release: Option<&str>) -> Result<Vec<&Job>> {
        for (what, wanted, known) in [("environment", environment, &self.environments), ("release", release, &self.releases)] {
            if let Some(wanted) = wanted.filter(|w| !known.iter().any(|k| k == w)) {
                return Err(unknown(what, wanted, known));
            }
        }
        let selected: Vec<&Job> = self
            .jobs
            .iter()
            .filter(|j| environment.is_none_or(|e| e == j.environment) && release.is_none_or(|r| r == j.release))
            .collect();
        if selected.is_empty() {
            let release = release.map_or_else(|| "no release".to_owned(), |name| format!("no release {name}"));
            let environment = environment.map_or_else(String::new, |name| format!(" in the environment {name}"));
            return Err(Error::new(&rules::PROJECT_EMPTY, format!("{FILE} has {release}{environment}")));
        }
        Ok(selected)
    }
}

/// The error of a name that isn't known, with those that are.
pub fn unknown(what: &str, wanted: &str, known: &[String]) -> Error {
    let mut d = Diagnostic::new(&rules::PROJECT_UNKNOWN, format!("unknown {what} \"{wanted}\""));
    if let Some(near) = nearest(wanted, known.iter().map(String::as_str)) {
        d = d.hint(format!("did you mean {near}?"));
    }
    d.hint(match known {
        [] => format!("there is no {what}"),
        known => format!("known: {}", known.join(", ")),
    })
    .into()
}
