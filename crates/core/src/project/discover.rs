//! Finding out what a folder holds: a pintle.yaml, a chart, a kustomization; the environments of a chart without a pintle.yaml;
//! and a pintle.yaml for a repository that has none.

mod applications;
mod repository;

use std::path::{Path, PathBuf};

pub use repository::init;

use pintle_files::Root;

use super::{FILE, Project, unknown};
use crate::diagnostic::{Diagnostic, Error, Result};
use crate::rules;

/// The names that kustomize looks for, in its order.
pub const KUSTOMIZATION_FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What a folder or file is to be rendered as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A pintle.yaml.
    Project(PathBuf),
    /// A chart's folder or archive.
    Chart(PathBuf),
    /// A folder with a kustomization.
    Kustomization(PathBuf),
}

/// What a folder or file holds, a pintle.yaml read.
#[derive(Clone, Debug)]
pub enum Found {
    /// A repository with a pintle.yaml.
    Project(Box<Project>),
    /// A chart's folder or archive.
    Chart(PathBuf),
    /// A folder with a kustomization.
    Kustomization(PathBuf),
}

impl Target {
    /// Reads a pintle.yaml.
    ///
    /// Errors: those of [`Project::read`], and of the file.
    pub fn read(self) -> Result<Found> {
        Ok(match self {
            Target::Chart(path) => Found::Chart(path),
            Target::Kustomization(path) => Found::Kustomization(path),
            Target::Project(file) => {
                let dir = file.parent().filter(|d| *d != Path::new("")).unwrap_or(Path::new("."));
                let text = Root::around(dir).and_then(|root| root.text(&file));
                let text = text.map_err(|e| Error::new(&rules::FILE_READ, format!("open {}: {e}", file.display())))?;
                Found::Project(Box::new(Project::read(dir, &file.display().to_string(), &text)?))
            }
        })
    }
}

/// What `path` is: pintle.yaml, else Chart.yaml, else kustomization.yaml decides.
///
/// Errors: a folder with none of them, with the folders below that have one; one with a chart and a kustomization.
pub fn target(path: &Path) -> Result<Target> {
    if path.is_file() {
        return Ok(match path.file_name().and_then(|n| n.to_str()) {
            Some(FILE) => Target::Project(path.to_owned()),
            Some(name) if KUSTOMIZATION_FILES.contains(&name) => {
                Target::Kustomization(path.parent().unwrap_or(Path::new(".")).to_owned())
            }
            _ => Target::Chart(path.to_owned()),
        });
    }
    if !path.exists() {
        return Err(Error::new(&rules::PROJECT_ABSENT, format!("{} doesn't exist", path.display())));
    }
    if path.join(FILE).is_file() {
        return Ok(Target::Project(path.join(FILE)));
    }
    let kustomization = KUSTOMIZATION_FILES.iter().find(|n| path.join(n).is_file());
    match (path.join("Chart.yaml").is_file(), kustomization) {
        (true, None) => Ok(Target::Chart(path.to_owned())),
        (false, Some(_)) => Ok(Target::Kustomization(path.to_owned())),
        (true, Some(kustomization)) => {
            let message = format!("{} holds both a Chart.yaml and a {kustomization}", path.display());
            let hint = format!("name the one that is meant, or write a {FILE} that says what to render");
            Err(Diagnostic::new(&rules::PROJECT_AMBIGUOUS, message).hint(hint).into())
        }
        (false, None) => {
            let message = format!("{} holds no {FILE}, no Chart.yaml and no kustomization.yaml", path.display());
            let mut d = Diagnostic::new(&rules::PROJECT_ABSENT, message);
            let found: Vec<String> = repository::renderable(path).into_iter().map(|p| p.display().to_string()).collect();
            if !found.is_empty() {
                d = d.hint(format!("these can be rendered: {}", found.join(", ")));
                d = d.hint(format!("`pintle init` writes a {FILE} for them"));
            }
            Err(d.into())
        }
    }
}

/// The file of values of an environment for a chart without a pintle.yaml: `values-ENV.yaml` or `values/ENV.yaml` in the chart's
/// folder or beside it.
///
/// Errors: an environment without a file, with those that have one.
pub fn environment_values(chart: &Path, environment: &str) -> Result<PathBuf> {
    let known = environments(chart);
    match known.iter().find(|(name, _)| name == environment) {
        Some((_, file)) => Ok(file.clone()),
        None => {
            let names: Vec<String> = known.into_iter().map(|(name, _)| name).collect();
            let mut error = unknown("environment", environment, &names);
            if names.is_empty() {
                let hint = format!(
                    "looked for values-{environment}.yaml and values/{environment}.yaml in and beside {}",
                    chart.display()
                );
                error.diagnostics_mut()[0].hints = vec![hint];
            }
            Err(error)
        }
    }
}

/// The environments that have files of values in or beside a chart's folder, by name.
pub fn environments(chart: &Path) -> Vec<(String, PathBuf)> {
    let beside = chart.canonicalize().ok().and_then(|p| p.parent().map(Path::to_owned));
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    let folders = [Some(chart.to_owned()), beside];
    for folder in folders.into_iter().flatten() {
        for (dir, prefix) in [(folder.clone(), "values-"), (folder.join("values"), "")] {
            for name in names(&dir) {
                let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else { continue };
                match stem.strip_prefix(prefix) {
                    Some(env) if !env.is_empty() && !found.iter().any(|(known, _)| known == env) => {
                        found.push((env.to_owned(), dir.join(&name)));
                    }
                    _ => {}
                }
            }
        }
    }
    found.sort();
    found
}

/// The names in a folder, sorted; none of one that can't be read.
fn names(dir: &Path) -> Vec<String> {
    let found = pintle_files::read::folder(dir).unwrap_or_default();
    found.into_iter().filter_map(|(name, _)| name.into_string().ok()).collect()
}
