//! Argo CD's config-management plugin (argo-cd v3, `cmpserver/plugin`) over Pintle.
//!
//! Takes an application's folder and what Argo CD puts into the [`Environment`]; gives a YAML stream ([`generate()`]), an announcement of
//! parameters ([`parameters()`]), what the application reads ([`files()`], [`annotation`]), or what an administrator needs to set it up
//! ([`setup`]). Argo CD shows standard error as it is, behind the whole command line, wherever the application is shown: so an error is
//! short, holds no secrets and no path that changes with every request ([`Application::shown`]).

mod announce;
mod cache;
#[expect(clippy::disallowed_methods, reason = "this is the place that owns the environment")]
mod environment;
mod files;
mod generate;
mod key;
#[expect(clippy::disallowed_methods, reason = "this is the place that owns the time and the number of renders")]
mod limits;
mod parameters;
mod paths;
pub mod rules;
mod secrets;
pub mod setup;
mod values;

use std::path::{Path, PathBuf};

use pintle_core::project::discover::{self, Found, Target};
use pintle_core::{Diagnostic, Error};
use pintle_diagnostic::show::{self, Colour};

pub use announce::parameters;
pub use environment::Environment;
pub use files::{annotation, files};
pub use generate::generate;

use parameters::Parameters;
use paths::Paths;
use secrets::Secrets;

/// Findings beyond this many are counted only.
const SHOWN: usize = 10;

/// What an application's folder holds.
enum Kind {
    /// What Pintle renders everywhere.
    Found(Found),
    /// Manifests as they are.
    Plain,
}

/// An application: its folder, and what Argo CD says of it.
pub struct Application {
    dir: PathBuf,
    paths: Paths,
    environment: Environment,
    parameters: Parameters,
    secrets: Secrets,
}

impl Application {
    /// Reads what Argo CD says of the application in a folder.
    ///
    /// Errors: parameters that can't be read or aren't known, a folder that doesn't exist or leads out of the repository. None of them
    /// holds a parameter's text.
    pub fn read(dir: &Path, environment: Environment) -> Result<Application, Error> {
        let parameters = Parameters::read(environment.get("ARGOCD_APP_PARAMETERS"))?;
        let secrets = Secrets::default();
        secrets.of_environment(&environment);
        secrets.of_parameters(&parameters);
        let paths = Paths::new(&environment.folder.join(dir), environment.get("ARGOCD_APP_SOURCE_PATH"))?;
        Ok(Application { dir: dir.to_owned(), paths, environment, parameters, secrets })
    }

    /// A text as it may be shown: without secrets, and without the folder in which Argo CD unpacked the repository.
    pub fn clean(&self, text: &str) -> String {
        self.secrets.mask(&self.paths.without_root(text))
    }

    /// An error as it may be shown.
    pub fn shown(&self, e: &Error) -> String {
        self.clean(&shown(e))
    }

    /// A pintle.yaml above is another application's matter: only the folder itself counts, other than with `pintle render`.
    fn kind(&self) -> Result<Kind, Error> {
        match discover::target(&self.dir) {
            Err(_) if self.dir.is_dir() && !generate::manifest_files(&self.dir).is_empty() => Ok(Kind::Plain),
            found => {
                let found = found?;
                let inside = match &found {
                    Target::Project(file) => file,
                    Target::Chart(path) | Target::Kustomization(path) => path,
                };
                self.paths.inside(inside, &inside.display().to_string())?;
                found.read().map(Kind::Found)
            }
        }
    }
}

/// An error as text, of what happened before there was an [`Application`]. There are no colours: where Argo CD shows it, escape sequences
/// would be letters.
pub fn shown(e: &Error) -> String {
    let all = e.diagnostics();
    let mut text: String = all.iter().take(SHOWN).map(plain).collect();
    if all.len() > SHOWN {
        text.push_str(&format!("and {} more\n", all.len() - SHOWN));
    }
    text
}

fn plain(d: &Diagnostic) -> String {
    let here = environment::current_folder();
    show::finding(&here.map_or_else(|| d.clone(), |here| d.seen_from(&here)), Colour::Never)
}

/// What the plugin has to say.
#[derive(Default)]
pub struct Said {
    /// The output.
    pub text: Vec<u8>,
    /// What was noticed on the way. It is to be shown as [`Application::clean`] makes it.
    pub noticed: String,
    /// How it came about, in a line for the plugin server's log; an application's page doesn't show it.
    pub log: Option<String>,
}

impl Said {
    fn of(text: Vec<u8>) -> Said {
        Said { text, ..Said::default() }
    }
}
