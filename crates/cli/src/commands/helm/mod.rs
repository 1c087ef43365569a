//! Standing in for `helm`: what Argo CD, kustomize, helmfile and Chart Testing call, answered here as far as it needs no cluster and no
//! network; everything else goes to the real one ([`hand_over`]).
//!
//! Called as `helm` through a link, or as `pintle helm`. Exit codes, standard output and the lines that begin with `Error: ` are Helm's
//! (`helm.sh/helm/v4/pkg/cmd`).

mod arguments;
mod dependency;
mod env;
pub mod hand_over;
mod lint;
mod show;
mod template;
mod version;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use pintle_core::{Compat, Error};

use crate::rules;
use crate::{io, report};

/// What came of a command.
enum Answer {
    /// It is done.
    Done(ExitCode),
    /// Only the real Helm can do it; the error is for when there is none.
    Elsewhere(Error),
}

type Answered = Result<Answer, Error>;

const DONE: Answered = Ok(Answer::Done(ExitCode::SUCCESS));

/// The names under which the program is Helm: links to it.
pub fn is_helm(program: &std::ffi::OsStr) -> bool {
    Path::new(program).file_stem().is_some_and(|name| name == "helm")
}

/// Runs `helm` with these arguments; `program` is how it was called.
pub fn run(program: &std::ffi::OsStr, args: &[OsString]) -> ExitCode {
    let answer = profile().and_then(|compat| answer(program, args, compat));
    match answer {
        Ok(Answer::Done(code)) => code,
        Ok(Answer::Elsewhere(error)) => hand_over::run(args, &error),
        Err(e) => {
            report::line(&format!("Error: {e}"));
            ExitCode::FAILURE
        }
    }
}

/// The Helm that is stood in for: `PINTLE_COMPAT`.
#[expect(clippy::disallowed_methods, reason = "the setting of the stand-in")]
fn profile() -> Result<Compat, Error> {
    let Some(name) = std::env::var("PINTLE_COMPAT").ok().filter(|n| !n.is_empty()) else { return Ok(Compat::default()) };
    name.parse().map_err(|e| Error::new(&rules::USAGE_COMPAT, format!("PINTLE_COMPAT: {e}")))
}

fn answer(program: &std::ffi::OsStr, args: &[OsString], compat: Compat) -> Answered {
    let (command, rest) = arguments::take_command(args);
    let is_help = |arg: &OsString| ["help", "--help", "-h"].iter().any(|help| arg == help);
    if args.is_empty() || args.first().is_some_and(is_help) && args.len() == 1 {
        io::print(HELP.as_bytes())?;
        return DONE;
    }
    match command.as_deref() {
        Some("template") => template::run(&rest, compat),
        Some("version") => version::run(&rest, compat),
        Some("lint") => lint::run(&rest, compat),
        Some("show" | "inspect") => show::run(&rest, compat),
        Some("dependency" | "dependencies" | "dep") => dependency::run(&rest, compat),
        Some("env") => env::run(program, &rest, compat),
        Some("completion") => completion(&rest),
        Some(other) => Ok(elsewhere(&format!("pintle has no Helm command {other:?}"))),
        None => Ok(elsewhere(KNOWN)),
    }
}

const HELP: &str = "\
Stands in for helm, byte for byte, without a network and a cluster.

Usage: helm COMMAND [FLAGS]     (as a link named helm, or as `pintle helm`)

Commands:
  template             Render a chart
  lint                 Look for mistakes in a chart
  show                 Print a chart's metadata, values, README or definitions (chart, values, readme, crds, all)
  dependency           List a chart's dependencies, or pack those in folders into its charts/ (list, build)
  version              Print the version of the Helm that is stood in for
  env                  Print Helm's settings
  completion           Print completions for a shell

`helm COMMAND --help` describes the flags of a command. Everything else goes to the real helm, which PINTLE_HELM names or which is found
in PATH. PINTLE_COMPAT=helm-3.22 stands in for that Helm.
";

const KNOWN: &str = "pintle does these commands of helm: template, version, lint, show chart|values|readme|crds|all, \
                     dependency list|build, env, completion";

fn elsewhere(why: &str) -> Answer {
    Answer::Elsewhere(Error::new(&rules::USAGE_UNSUPPORTED, why))
}

/// Reads the arguments of a subcommand. What the parser prints itself, help or an error in pflag's words, is an answer.
fn parse<P: Parser>(rest: &[OsString]) -> Result<P, Answer> {
    let name = P::command().get_name().to_owned();
    let words = std::iter::once(OsString::from(name)).chain(rest.iter().cloned());
    P::try_parse_from(words).map_err(|e| Answer::Done(report::usage_as_helm(&e)))
}

/// `require.NoArgs` and its like, in their words (`pkg/cmd/require/args.go`).
fn wrong_arguments(command: &str, wants: &str, usage: &str) -> Error {
    Error::new(&rules::USAGE_ARGUMENTS, format!("\"helm {command}\" {wants}\n\nUsage:  helm {usage}"))
}

/// Every command, to complete for: their arguments alone, nothing of this is run.
#[derive(Parser)]
#[command(name = "helm")]
enum Helm {
    Template(Box<template::Args>),
    Version(version::Args),
    Lint(Box<lint::Args>),
    #[command(subcommand)]
    Show(show::Command),
    #[command(subcommand)]
    Dependency(dependency::Command),
    Env(env::Args),
    #[command(subcommand)]
    Completion(Shell),
}

/// The shells that Helm knows.
#[derive(clap::Subcommand)]
enum Shell {
    Bash,
    Fish,
    Powershell,
    Zsh,
}

/// Completions for what is done here. Helm's own script asks `helm __complete` at every key, which the real one answers.
fn completion(rest: &[OsString]) -> Answered {
    let (shell, _) = arguments::take_command(rest);
    let shell = match shell.as_deref() {
        Some("bash") => clap_complete::Shell::Bash,
        Some("fish") => clap_complete::Shell::Fish,
        Some("powershell") => clap_complete::Shell::PowerShell,
        Some("zsh") => clap_complete::Shell::Zsh,
        _ => return Ok(elsewhere("completion is for bash, fish, powershell or zsh")),
    };
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Helm::command(), "helm", &mut out);
    Ok(Answer::Done(io::finish(&out)))
}
