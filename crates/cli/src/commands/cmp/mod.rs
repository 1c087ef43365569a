//! `pintle cmp`: Argo CD's config-management plugin (argo-cd v3, `cmpserver/plugin`).
//!
//! Takes what Argo CD puts into the environment and the current folder; gives a YAML stream, an announcement of parameters, or what
//! an administrator needs to set it up. Argo CD shows standard error as it is, behind the whole command line, wherever the
//! application is shown: so an error is short, holds no secrets and no path that changes with every request.

mod announce;
mod cache;
mod config;
mod environment;
mod files;
mod generate;
mod key;
mod limits;
mod parameters;
mod paths;
mod secrets;
mod values;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use pintle::Error;
use pintle::project::discover::{self, Target};

use super::source::Source;
use crate::{io, report};
use environment::Environment;
use parameters::Parameters;
use paths::Paths;
use secrets::Secrets;

/// Findings beyond this many are counted only.
const SHOWN: usize = 10;

/// Arguments of `pintle cmp`.
#[derive(clap::Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Argo CD runs `generate` and `parameters` in an application's folder. Both read ARGOCD_APP_NAME,
ARGOCD_APP_NAMESPACE, ARGOCD_APP_SOURCE_PATH, ARGOCD_APP_PARAMETERS, KUBE_VERSION and KUBE_API_VERSIONS.

Examples:
  pintle cmp config plugin > plugin.yaml
  pintle cmp config kustomize --image registry.example.com/pintle:0.1.0 > repo-server.yaml
  pintle cmp annotation charts/web
  cd charts/web && ARGOCD_APP_NAME=web pintle cmp generate";

#[derive(Subcommand)]
enum Command {
    /// Print the manifests of the application in a folder: a chart, a pintle.yaml, a kustomization or plain manifests
    Generate(Folder),
    /// Print the parameters that the application's page offers, as JSON
    Parameters(Folder),
    /// Print what sets the plugin up: plugin.yaml, a patch of the repo-server, values for argo-helm
    Config(config::Args),
    /// Print the files that a render reads, from the repository's root
    Files(Folder),
    /// Print what belongs into the annotation argocd.argoproj.io/manifest-generate-paths
    Annotation(Folder),
}

#[derive(clap::Args)]
struct Folder {
    /// The application's folder
    #[arg(default_value = ".", hide_default_value = true)]
    path: PathBuf,
}

/// What an application's folder holds.
enum Kind {
    /// What the rest of the program renders too.
    Source(Source),
    /// Manifests as they are.
    Plain,
}

/// An application: its folder, and what Argo CD says of it.
struct Application {
    dir: PathBuf,
    paths: Paths,
    environment: Environment,
    parameters: Parameters,
    secrets: Secrets,
}

impl Application {
    fn read(dir: &std::path::Path) -> Result<Application, Error> {
        let environment = Environment::of_process();
        let parameters = Parameters::read(environment.get("ARGOCD_APP_PARAMETERS"))?;
        let secrets = Secrets::default();
        secrets.of_environment(&environment);
        secrets.of_parameters(&parameters);
        let paths = Paths::new(dir, environment.get("ARGOCD_APP_SOURCE_PATH"))?;
        Ok(Application { dir: dir.to_owned(), paths, environment, parameters, secrets })
    }

    /// A text as it may be shown.
    fn clean(&self, text: &str) -> String {
        self.secrets.mask(&self.paths.without_root(text))
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
                Source::read(found).map(Kind::Source)
            }
        }
    }
}

pub fn run(args: &Args) -> ExitCode {
    match &args.command {
        Command::Config(args) => io::finish(config::text(args).as_bytes()),
        Command::Generate(folder) => with(folder, generate::run),
        Command::Parameters(folder) => with(folder, announce::run),
        Command::Files(folder) => with(folder, files::list),
        Command::Annotation(folder) => with(folder, files::annotation),
    }
}

/// What a command has to say.
#[derive(Default)]
struct Said {
    /// The output.
    text: Vec<u8>,
    /// What was noticed on the way, as it is shown.
    noticed: String,
    /// How it came about, in a line for the plugin server's log; an application's page doesn't show it.
    log: Option<String>,
}

impl Said {
    fn of(text: Vec<u8>) -> Said {
        Said { text, ..Said::default() }
    }
}

fn with(folder: &Folder, command: fn(&Application) -> Result<Said, Error>) -> ExitCode {
    let application = match Application::read(&folder.path) {
        Ok(application) => application,
        // No parameter's text is part of what can fail here.
        Err(e) => return fail(&e, |text| text),
    };
    match command(&application) {
        Ok(said) => {
            for text in [application.clean(&said.noticed), said.log.unwrap_or_default()] {
                if !text.is_empty() {
                    report::line(text.trim_end());
                }
            }
            io::finish(&said.text)
        }
        Err(e) => fail(&e, |text| application.clean(&text)),
    }
}

/// Shows an error without colours: where Argo CD shows it, escape sequences would be letters.
fn fail(e: &Error, clean: impl Fn(String) -> String) -> ExitCode {
    let all = e.diagnostics();
    let mut text: String = all.iter().take(SHOWN).map(report::plain).collect();
    if all.len() > SHOWN {
        text.push_str(&format!("and {} more\n", all.len() - SHOWN));
    }
    report::line(clean(text).trim_end());
    ExitCode::FAILURE
}
