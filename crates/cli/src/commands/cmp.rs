//! `pintle cmp`: Argo CD's config-management plugin, which is the crate `pintle-argocd`; here are its arguments and its output.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use pintle_argocd::setup::{self, Setup};
use pintle_argocd::{Application, Environment, Said, annotation, files, generate, parameters};
use pintle_core::Error;

use crate::{io, report};

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
    Config(Config),
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

#[derive(clap::Args)]
struct Config {
    /// plugin: plugin.yaml; kustomize: a patch that adds the sidecar to the repo-server; helm: the same as values for argo-helm
    #[arg(default_value = "plugin")]
    what: What,
    /// The image with `pintle` and its plugin.yaml (deploy/argocd/Containerfile)
    #[arg(long, value_name = "IMAGE", default_value = concat!("pintle-argocd:", env!("CARGO_PKG_VERSION")))]
    image: String,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum What {
    Plugin,
    Kustomize,
    Helm,
}

impl Config {
    fn text(&self) -> String {
        let setup = match self.what {
            What::Plugin => Setup::Plugin,
            What::Kustomize => Setup::Kustomize,
            What::Helm => Setup::Helm,
        };
        setup::text(setup, &self.image)
    }
}

pub fn run(args: &Args) -> ExitCode {
    match &args.command {
        Command::Config(config) => io::finish(config.text().as_bytes()),
        Command::Generate(folder) => with(folder, |application| generate(application, late)),
        Command::Parameters(folder) => with(folder, parameters),
        Command::Files(folder) => with(folder, files),
        Command::Annotation(folder) => with(folder, annotation),
    }
}

/// Ends the program: a render can't be stopped otherwise. Nothing is printed before all is rendered, so nothing is half printed.
fn late(message: String) {
    report::line(&message);
    std::process::exit(1);
}

fn with(folder: &Folder, command: impl FnOnce(&Application) -> Result<Said, Error>) -> ExitCode {
    let application = match Application::read(&folder.path, Environment::of_process()) {
        Ok(application) => application,
        Err(e) => return fail(&pintle_argocd::shown(&e)),
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
        Err(e) => fail(&application.shown(&e)),
    }
}

fn fail(text: &str) -> ExitCode {
    report::line(text.trim_end());
    ExitCode::FAILURE
}
