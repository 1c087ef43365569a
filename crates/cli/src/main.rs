//! `pintle`: renders Helm charts. Parses arguments, calls the library, prints; everything else is the library's.

mod commands;
mod io;
mod report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Renders Helm charts, byte for byte as Helm does, and says where every error comes from.
#[derive(Parser)]
#[command(name = "pintle", version, disable_help_subcommand = true, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  pintle render charts/web --values values-prod.yaml
  pintle template web charts/web -n web -f values-prod.yaml --set image.tag=v2
  pintle completions bash > /etc/bash_completion.d/pintle";

#[derive(Subcommand)]
enum Command {
    /// Render a chart with the values of an environment
    Render(Box<commands::render::Args>),
    /// Do what `helm template` does, with its flags and its output
    Template(Box<commands::template::Args>),
    /// Print completions for a shell
    Completions(commands::completions::Args),
}

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => match cli.command {
            Command::Render(args) => commands::render::run(&args),
            Command::Template(args) => commands::template::run(&args),
            Command::Completions(args) => commands::completions::run::<Cli>(&args),
        },
        Err(e) => report::usage(&e),
    }
}
