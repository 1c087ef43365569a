//! `pintle`: renders Helm charts. Parses arguments, calls the library, prints; everything else is the library's.

mod commands;
mod io;
mod report;
mod rules;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Renders Helm charts, byte for byte as Helm does, and says where every error comes from.
#[derive(Parser)]
#[command(name = "pintle", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  pintle render charts/web --values values-prod.yaml
  pintle template web charts/web -n web -f values-prod.yaml --set image.tag=v2
  pintle render --all --output-dir rendered/
  pintle diff --env staging prod
  pintle build overlays/prod
  pintle completions bash > /etc/bash_completion.d/pintle";

#[derive(Subcommand)]
enum Command {
    /// Render a chart with the values of an environment, or what a pintle.yaml lists
    Render(Box<commands::render::Args>),
    /// Do what `helm template` does, with its flags and its output
    Template(Box<commands::template::Args>),
    /// Do what `kustomize build` does, with its flags and its output
    Build(Box<commands::build::Args>),
    /// Ask a cluster: `snapshot` writes its versions and named objects to a file. The program pintle-cluster does it
    #[command(disable_help_flag = true)]
    Cluster {
        /// What `pintle-cluster` is called with
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
    /// Show what changed between two environments, files or revisions
    Diff(Box<commands::diff::Args>),
    /// List a chart's dependencies, or pack those in folders into its charts/
    Dependency(commands::dependency::Args),
    /// Write a first pintle.yaml for a repository, or a first chart in Jinja
    Init(commands::init::Args),
    /// Stand in for `helm`, as the program does when it is called by that name
    #[command(disable_help_flag = true)]
    Helm {
        /// What `helm` would be called with
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
    /// Draw what the objects of a release have to do with each other; broken references are red
    Graph(Box<commands::graph::Args>),
    /// List the rules that a render is checked by
    Rules,
    /// Check manifests as an API server would, with kubeconform's flags
    Validate(Box<commands::validate::Args>),
    /// Seal a value as `kubeseal --raw` does, or prove that one opens
    Seal(commands::seal::Args),
    /// Render a chart with Helm too, and show where the outputs differ
    Parity(Box<commands::parity::Args>),
    /// Render for Argo CD, as a config-management plugin
    Cmp(commands::cmp::Args),
    /// Print completions for a shell
    Completions(commands::completions::Args),
}

/// `pintle template` alone: scripts call it thousands of times, and the other commands' arguments take longer to describe than a small
/// chart to load.
#[derive(Parser)]
#[command(
    name = "pintle template",
    bin_name = "pintle template",
    about = "Do what `helm template` does, with its flags and its output",
    long_about = None
)]
struct Template {
    #[command(flatten)]
    args: Box<commands::template::Args>,
}

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().take(2).collect();
    let (program, first) = (words.first(), words.get(1));
    if let Some(program) = program.filter(|p| commands::helm::is_helm(p)) {
        return commands::helm::run(program, &std::env::args_os().skip(1).collect::<Vec<_>>());
    }
    if let Some((program, _)) = program.zip(first.filter(|command| *command == "helm")) {
        // As it stands: what clap would make of the arguments is Helm's business.
        return commands::helm::run(program, &std::env::args_os().skip(2).collect::<Vec<_>>());
    }
    if first.is_some_and(|command| command == "cluster") {
        return commands::cluster::run(&std::env::args_os().skip(2).collect::<Vec<_>>());
    }
    if std::env::args_os().nth(1).is_some_and(|command| command == "template") {
        if let Some(args) = commands::template::Args::plain(std::env::args_os().skip(2)) {
            return commands::template::run(&args);
        }
        return match Template::try_parse_from(std::env::args_os().skip(1)) {
            Ok(template) => finish(Command::Template(template.args)),
            Err(e) => report::usage(&e),
        };
    }
    match Cli::try_parse_from(commands::validate::normalized(std::env::args_os())) {
        Ok(cli) => finish(cli.command),
        Err(e) => report::usage(&e),
    }
}

impl Command {
    /// The forms of findings, of a command that counts them at its end. What stands in for Helm and kustomize does so when it is asked.
    fn findings(&self) -> Option<&[report::Form]> {
        let (checks, when_asked) = match self {
            Command::Render(args) => (&args.how.checks, false),
            Command::Diff(args) => (&args.how.checks, false),
            Command::Graph(args) => (&args.how.checks, false),
            Command::Build(args) => (&args.checks, true),
            Command::Template(args) => (&args.checks, true),
            _ => return None,
        };
        (!when_asked || !checks.findings.is_empty()).then_some(&checks.findings)
    }
}

/// Runs a command to its end, the printing of its findings.
fn finish(command: Command) -> ExitCode {
    if let Some(forms) = command.findings() {
        report::begin(forms);
    }
    report::end(run(command))
}

fn run(command: Command) -> ExitCode {
    match command {
        Command::Render(args) => commands::render::run(&args),
        Command::Template(args) => commands::template::run(&args),
        Command::Build(args) => commands::build::run(&args),
        Command::Cluster { args } => commands::cluster::run(&args),
        Command::Diff(args) => commands::diff::run(&args),
        Command::Dependency(args) => commands::dependency::run(&args),
        Command::Helm { args } => commands::helm::run("helm".as_ref(), &args),
        Command::Init(args) => commands::init::run(&args),
        Command::Graph(args) => commands::graph::run(*args),
        Command::Rules => commands::rules::run(),
        Command::Validate(args) => commands::validate::run(&args),
        Command::Seal(args) => commands::seal::run(&args),
        Command::Parity(args) => commands::parity::run(&args),
        Command::Cmp(args) => commands::cmp::run(&args),
        Command::Completions(args) => commands::completions::run::<Cli>(&args),
    }
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use clap::CommandFactory;

    use super::*;

    /// What has the letters of the program that it stands in for.
    const STAND_INS: [&str; 3] = ["helm", "template", "build"];

    fn arguments<'c>(command: &'c clap::Command, found: &mut Vec<&'c clap::Arg>) {
        found.extend(command.get_arguments());
        for inner in command.get_subcommands().filter(|c| !STAND_INS.contains(&c.get_name())) {
            arguments(inner, found);
        }
    }

    #[test]
    fn a_letter_means_one_thing() {
        let mut command = Cli::command();
        command.build();
        let mut found = Vec::new();
        arguments(&command, &mut found);
        let mut meanings: BTreeMap<char, &str> = BTreeMap::new();
        for arg in found {
            for short in arg.get_short_and_visible_aliases().unwrap_or_default() {
                // The findings are all the output that `validate` has.
                let long = arg.get_long().map(|long| if long == "findings" { "output" } else { long }).unwrap_or_default();
                assert_eq!(*meanings.entry(short).or_insert(long), long, "two meanings of -{short}");
                let takes_path = arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
                assert!(short != 'o' || !takes_path, "-o of --{long} is a path; elsewhere it is the output's form");
            }
        }
        for (short, long) in [('e', "env"), ('f', "values"), ('n', "namespace"), ('o', "output")] {
            assert_eq!(meanings.get(&short), Some(&long), "-{short}");
        }
    }
}
