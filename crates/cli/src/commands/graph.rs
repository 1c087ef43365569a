//! `pintle graph`: what the objects of a release have to do with each other, as a picture.

use pintle_diagnostic::Source;
use std::path::PathBuf;
use std::process::ExitCode;

use pintle_core::Error;
use pintle_core::checks::{Mode, graph, stream_documents};

use super::source;
use crate::{io, report};

/// Arguments of `pintle graph`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What to render: a folder with a pintle.yaml, a chart, a kustomization; or a file of manifests
    #[arg(default_value = ".", hide_default_value = true)]
    path: PathBuf,
    /// The environment
    #[arg(short, long, value_name = "ENV")]
    env: Option<String>,
    /// What is drawn
    #[arg(short, long, value_enum, default_value = "mermaid")]
    output: Format,
    #[command(flatten)]
    pub how: source::Args,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Mermaid,
    Dot,
    Svg,
}

const EXAMPLES: &str = "Examples:
  pintle graph charts/web --values values-prod.yaml
  pintle graph --env prod --release web --output svg > web.svg
  pintle graph rendered/prod/web.yaml --output dot | dot -Tpng > web.png";

pub fn run(mut args: Args) -> ExitCode {
    // A picture shows what is broken: findings withhold it only when that is asked for.
    args.how.checks.check.get_or_insert(Mode::Off);
    match args.how.cluster.after(draw(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => report::failure(&e),
    }
}

fn draw(args: &Args) -> Result<(), Error> {
    let is_manifests = args.path.is_file()
        && args.path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json")
        && args.path.file_name().is_some_and(|n| n != pintle_core::project::FILE);
    let text: Vec<u8> = if is_manifests {
        io::read_named(&args.path)?
    } else {
        source::streams(&args.path, args.env.as_deref(), &args.how, args.how.root.as_deref())?
            .into_iter()
            .flat_map(|r| [b"---\n", &r.text[..]].concat())
            .collect()
    };
    let mut checks = args.how.checks.checks(Mode::Error)?;
    checks.namespace = args.how.namespace.clone().unwrap_or_default();
    let drawn = graph(&stream_documents(&Source::new("the output", text).private())?, &checks);
    let picture = match args.output {
        Format::Mermaid => drawn.to_mermaid(),
        Format::Dot => drawn.to_dot(),
        Format::Svg => drawn.to_svg(),
    };
    io::print(picture.as_bytes())
}
