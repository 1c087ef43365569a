//! `pintle-cluster`: what `pintle` asks of a cluster. Parses arguments, calls the library, prints.

use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use pintle_cluster::{connect, serve, snapshot};
use pintle_core::Error;

/// Asks a Kubernetes cluster what charts ask it: its versions and its objects. Nothing is ever changed in it.
#[derive(Parser)]
#[command(
    name = "pintle-cluster",
    bin_name = "pintle cluster",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
#[command(after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  pintle cluster snapshot --output cluster.yaml secret/db -n prod
  pintle template web charts/web -n prod --cluster cluster.yaml
  pintle template web charts/web -n prod --cluster-live --kube-context prod";

#[derive(Subcommand)]
enum Command {
    /// Write the versions and named objects of a cluster to a file, for `--cluster FILE`
    Snapshot(Box<snapshot::Args>),
    /// Answer lookups on standard input and output: what `--cluster-live` of `pintle` starts
    Serve(Box<connect::Args>),
}

#[expect(clippy::disallowed_methods, reason = "the lines that are spoken with pintle are written as they come")]
fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return match e.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(2),
            };
        }
    };
    match cli.command {
        Command::Snapshot(args) => match snapshot::snapshot(&args) {
            Ok(written) => {
                written.warnings.iter().for_each(|w| line(&format!("warning: {w}")));
                line(&written.summary);
                ExitCode::SUCCESS
            }
            Err(e) => failure(&e),
        },
        Command::Serve(args) => match serve::serve(&args, std::io::stdin().lock(), std::io::stdout().lock()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(e) => failure(&Error::new(&pintle_cluster::rules::CLUSTER_PROTOCOL, e.to_string())),
        },
    }
}

/// A line on standard error; what a server says must not reach the terminal as escape sequences.
fn line(text: &str) {
    let harmless: String = text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect();
    let _ = writeln!(std::io::stderr(), "{harmless}");
}

/// Shows why a command failed: 2 is wrong usage, 1 all else.
fn failure(e: &Error) -> ExitCode {
    let mut is_usage = false;
    for d in e.diagnostics() {
        is_usage |= d.rule.topic() == "usage";
        line(&format!("error: {}", d.message));
        d.hints.iter().for_each(|hint| line(&format!("  help: {hint}")));
    }
    if is_usage { ExitCode::from(2) } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn letters_are_those_of_kubectl_and_pintle() {
        let mut command = Cli::command();
        command.build();
        for command in command.get_subcommands() {
            for arg in command.get_arguments() {
                // `-o` is no file: for kubectl and pintle it is the output's form.
                let known = match arg.get_short() {
                    None => continue,
                    Some('n') => "namespace",
                    Some('A') => "all-namespaces",
                    Some('l') => "selector",
                    Some('h') => "help",
                    Some(other) => panic!("-{other}"),
                };
                assert_eq!(arg.get_long(), Some(known));
            }
        }
    }
}
