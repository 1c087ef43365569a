//! `pintle init`: a first pintle.yaml for a repository, or a first chart in Jinja.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pintle_core::project::{FILE, Project, discover};
use pintle_core::{Diagnostic, Error};
use pintle_files::write::{self, Access};

use crate::rules;
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
    /// Make a chart with templates in Jinja in a folder of that path instead
    #[arg(long, conflicts_with_all = ["print", "force"])]
    jinja: bool,
}

const EXAMPLES: &str = "Examples:
  pintle init
  pintle init --print ../other-repository
  pintle init --jinja charts/shop";

/// The files of a chart in Jinja; `CHART` stands for its name.
const JINJA: &[(&str, &str)] = &[
    (".helmignore", include_str!("init/jinja/helmignore")),
    ("Chart.yaml", include_str!("init/jinja/Chart.yaml")),
    ("values.yaml", include_str!("init/jinja/values.yaml")),
    ("values.schema.json", include_str!("init/jinja/values.schema.json")),
    ("templates/NOTES.txt", include_str!("init/jinja/NOTES.txt")),
    ("templates/_names.j2", include_str!("init/jinja/_names.j2")),
    ("templates/deployment.yaml", include_str!("init/jinja/deployment.yaml")),
    ("templates/hpa.yaml", include_str!("init/jinja/hpa.yaml")),
    ("templates/service.yaml", include_str!("init/jinja/service.yaml")),
];

pub fn run(args: &Args) -> ExitCode {
    match init(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => report::failure(&e),
    }
}

fn init(args: &Args) -> Result<(), Error> {
    if args.jinja {
        return chart(&args.path);
    }
    let file = args.path.join(FILE);
    if file.exists() && !args.force && !args.print {
        let d = Diagnostic::new(&rules::PROJECT_EXISTS, format!("{} is there already", file.display()));
        return Err(d.hint("--print shows what would be written, --force replaces it").into());
    }
    let text = discover::init(&args.path)?;
    if args.print {
        return io::print(text.as_bytes());
    }
    let project = Project::read(&args.path, FILE, text.as_bytes())?;
    write::file(&file, text.as_bytes(), Access::Shared).map_err(io::unwritten)?;
    let (releases, environments) = (project.releases.len(), project.environments.join(", "));
    report::line(&format!("wrote {}: {releases} releases, environments {environments}", file.display()));
    report::line("look it over, then try: pintle render --all --output-dir rendered/");
    Ok(())
}

/// Makes a chart in a folder that doesn't exist yet.
fn chart(folder: &Path) -> Result<(), Error> {
    let shown = folder.display();
    if folder.exists() {
        let d = Diagnostic::new(&rules::PROJECT_EXISTS, format!("{shown} is there already"));
        return Err(d.hint("give the path of a new folder, as pintle init --jinja charts/shop").into());
    }
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let label = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.is_empty() || name.len() > 53 || !name.bytes().all(label) || name.starts_with('-') || name.ends_with('-') {
        let d = Diagnostic::new(&rules::PROJECT_NAME, format!("{name:?} is not a valid chart name"));
        return Err(d.hint("the folder's name is the chart's: small letters, digits and dashes").into());
    }
    let files: Vec<_> =
        JINJA.iter().map(|(file, text)| ((*file).to_owned(), text.replace("CHART", &name).into_bytes())).collect();
    write::new_folder(folder, &files).map_err(io::unwritten)?;
    report::line(&format!("wrote the chart {shown}: {} files", JINJA.len()));
    report::line(&format!("look it over, then try: pintle render {shown}"));
    Ok(())
}
