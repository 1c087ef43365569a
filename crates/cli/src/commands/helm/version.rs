//! `helm version`: callers choose by it what they ask for, and whether they work at all.

use std::ffi::OsString;

use clap::Parser;
use pintle_core::{Compat, release};

use super::arguments::Globals;
use super::{Answer, Answered, wrong_arguments};
use crate::commands::pflag::parse_bool;
use crate::io;

/// Arguments of `helm version`.
#[derive(Parser)]
#[command(name = "helm version", bin_name = "helm version", args_override_self = true)]
pub struct Args {
    #[arg(hide = true)]
    args: Vec<String>,
    /// Print the version number
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool, value_name = "BOOL")]
    short: Option<bool>,
    /// A template for the version: .Version, .GitCommit, .GitTreeState, .GoVersion
    #[arg(long, value_name = "TEMPLATE")]
    template: Option<String>,
    /// What Helm 3 took for Helm 2's sake
    #[arg(short, long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool)]
    client: Option<bool>,
    #[command(flatten)]
    globals: Globals,
}

pub fn run(rest: &[OsString], compat: Compat) -> Answered {
    let args: Args = match super::parse(rest) {
        Ok(args) => args,
        Err(answer) => return Ok(answer),
    };
    if !args.args.is_empty() {
        return Err(wrong_arguments("version", "accepts no arguments", "version [flags]"));
    }
    // Only Helm 3 knows the flag, and who asks that way works with Helm 3: kustomize 5.7.1 refuses any other answer.
    let compat = if args.client.is_some() { Compat::Helm3 } else { compat };
    let text = match args.template.as_deref().filter(|t| !t.is_empty()) {
        Some(template) => release::version_from_template(template, compat)?,
        None if args.short == Some(true) => format!("{}\n", compat.release_version()),
        None => format!("{}\n", release::build_info(compat)),
    };
    Ok(Answer::Done(io::finish(text.as_bytes())))
}
