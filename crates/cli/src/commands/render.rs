//! `pintle render`: the friendly form. Manifests go to standard output, everything else to standard error.

use pintle_core::project::discover::Found;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pintle_core::project::write::{MARKER, update};
use pintle_core::project::{FILE, Job, Project};
use pintle_core::{Diagnostic, Error};
use pintle_files::write::{Folder, Last};

use super::source::{self, usage};
use crate::rules;
use crate::{io, report};

/// Arguments of `pintle render`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A folder with a pintle.yaml, a chart (folder or .tgz archive), or a folder with a kustomization.yaml
    #[arg(default_value = ".", hide_default_value = true)]
    path: PathBuf,
    /// The environment: of pintle.yaml, or the ENV of a chart's values-ENV.yaml or values/ENV.yaml
    #[arg(short, long, value_name = "ENV")]
    env: Option<String>,
    /// Every release of every environment of pintle.yaml
    #[arg(long, conflicts_with = "env")]
    all: bool,
    /// Write files below this folder: one for each release of pintle.yaml, else one for each template
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    #[command(flatten)]
    pub how: source::Args,
}

const EXAMPLES: &str = "Examples:
  pintle render --values values-prod.yaml
  pintle render charts/web --values values-prod.yaml --release web --namespace web
  pintle render charts/web -f values.yaml -f values-prod.yaml --output-dir rendered
  pintle render --env prod
  pintle render --env prod --release web
  pintle render --all --output-dir rendered/";

pub fn run(args: &Args) -> ExitCode {
    match args.how.cluster.after(render(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => report::failure(&e),
    }
}

fn render(args: &Args) -> Result<(), Error> {
    let source = source::find(&args.path)?;
    if args.all && !matches!(source, Found::Project(_)) {
        return Err(usage(&format!("--all renders what a {FILE} lists, and {} has none", args.path.display())));
    }
    let root = args.how.root.as_deref();
    match source {
        Found::Project(project) => render_project(&project, args),
        Found::Kustomization(path) => {
            let outcome = source::kustomization(&path, args.env.as_deref(), &args.how, root)?;
            match &args.output_dir {
                None => io::print_outcome(&outcome),
                Some(_) => Err(usage("--output-dir: `pintle build --output DIR` writes a file for each object")),
            }
        }
        Found::Chart(path) => {
            let outcome = source::chart(&path, args.env.as_deref(), &args.how, root)?;
            let Some(dir) = &args.output_dir else {
                return io::print_outcome(&outcome);
            };
            let files = outcome.files()?;
            let folder = Folder::open(dir).map_err(io::unwritten)?;
            for file in files {
                folder.write(&file.path, &file.text, Last::No).map_err(io::unwritten)?;
                report::line(&report::one_line(&format!("wrote {}/{}", dir.display(), file.path)));
            }
            Ok(())
        }
    }
}

fn render_project(project: &Project, args: &Args) -> Result<(), Error> {
    let release = args.how.release.as_deref();
    if !args.all && args.env.is_none() && project.environments.len() > 1 {
        let message = format!("{FILE} has several environments: name one with --env, or take them --all");
        let mut error = usage(&message);
        error.diagnostics_mut()[0].hints.push(format!("known: {}", project.environments.join(", ")));
        return Err(error);
    }
    let jobs: Vec<&Job> = project.select(args.env.as_deref(), release)?;
    let rendered = source::jobs(project, &jobs, &args.how, args.how.root.as_deref())?;
    let dir = match (&args.output_dir, project.output.as_ref().filter(|_| args.all)) {
        (Some(dir), _) => Some(dir.clone()),
        (None, Some(named)) => Some(named_output(project, named, args.how.root.as_deref())?),
        (None, None) => None,
    };
    let Some(dir) = dir else {
        let all: Vec<u8> = rendered.into_iter().flat_map(|r| r.text).collect();
        return io::print(&all);
    };
    let files: Vec<(String, Vec<u8>)> = rendered.into_iter().map(|r| (r.path, r.text)).collect();
    // What this run would have made, were it still asked for: only that may go.
    let in_scope = |path: &str| {
        let (env, file) = path.split_once('/').unwrap_or((path, ""));
        args.env.as_ref().is_none_or(|e| e == env) && release.is_none_or(|r| file == format!("{r}.yaml"))
    };
    report_written(&dir, &update(&dir, &files, &in_scope)?);
    Ok(())
}

/// The folder that pintle.yaml names for rendered files, which is one of its repository.
fn named_output(project: &Project, named: &Path, root: Option<&Path>) -> Result<PathBuf, Error> {
    let dir = project.dir.join(named);
    let root = source::root_of(&project.dir, root)?;
    root.resolve_new(&dir).map_err(|e| {
        let d = Diagnostic::new(&pintle_core::rules::PROJECT_OUTSIDE, format!("output {}: {e}", named.display()));
        Error::from(d.hint("a pintle.yaml writes into its own repository; --output-dir names any folder"))
    })?;
    Ok(dir)
}

fn report_written(dir: &Path, written: &pintle_core::project::write::Written) {
    for path in &written.changed {
        report::line(&report::one_line(&format!("wrote {}", dir.join(path).display())));
    }
    for path in &written.removed {
        report::line(&report::one_line(&format!("removed {} (listed in {MARKER})", dir.join(path).display())));
    }
    for path in &written.left {
        let message = format!("{} isn't what {MARKER} says was written, and stays", dir.join(path).display());
        let hint = format!("nothing renders it any more: remove it and its line in {MARKER} if it is of no use");
        report::diagnostic(&Diagnostic::new(&rules::OUTPUT_CHANGED, message).hint(hint));
    }
    if written.unchanged > 0 {
        report::line(&format!("{} unchanged", written.unchanged));
    }
}
