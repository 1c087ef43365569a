//! `pintle init`: a first pintle.yaml for a repository.

use std::path::PathBuf;
use std::process::ExitCode;

use pintle::project::{FILE, Project, discover};
use pintle::{Diagnostic, Error};

use crate::{io, report};

/// Arguments of `pintle init`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The repository's folder
    #[arg(default_value = ".", hide_default_value = true)]
    path: PathBuf,
    /// Print the file and write nothing
    #[arg(long)]
    print: bool,
    /// Replace a pintle.yaml that is there
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  pintle init
  pintle init --print ../other-repository";

pub fn run(args: &Args) -> ExitCode {
    match init(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => report::failure(&e),
    }
}

fn init(args: &Args) -> Result<(), Error> {
    let file = args.path.join(FILE);
    if file.exists() && !args.force && !args.print {
        let d = Diagnostic::error("project/exists", format!("{} is there already", file.display()));
        return Err(d.hint("--print shows what would be written, --force replaces it").into());
    }
    let text = discover::init(&args.path)?;
    if args.print {
        io::print(text.as_bytes());
        return Ok(());
    }
    let project = Project::read(&args.path, FILE, text.as_bytes())?;
    std::fs::write(&file, &text).map_err(|e| Error::new("io", format!("write {}: {e}", file.display())))?;
    let (releases, environments) = (project.releases.len(), project.environments.join(", "));
    report::line(&format!("wrote {}: {releases} releases, environments {environments}", file.display()));
    report::line("look it over, then try: pintle render --all --output-dir rendered/");
    Ok(())
}
