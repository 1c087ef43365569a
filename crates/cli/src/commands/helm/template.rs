//! `helm template`: `pintle template` with the profile and the namespace of the environment.

use std::ffi::OsString;

use clap::Parser;
use pintle_core::Compat;

use super::{Answer, Answered, arguments};
use crate::commands::template;

/// Arguments of `helm template`.
#[derive(Parser)]
#[group(skip)]
#[command(name = "helm template", bin_name = "helm template", args_override_self = true)]
pub struct Args {
    #[command(flatten)]
    args: template::Args,
}

pub fn run(rest: &[OsString], compat: Compat) -> Answered {
    let Args { mut args } = match super::parse(rest) {
        Ok(args) => args,
        Err(answer) => return Ok(answer),
    };
    args.fill_in(arguments::namespace(), compat);
    // Charts of repositories, clusters and plugins: what pintle refuses, the real one may do.
    match args.needs_helm() {
        Some(error) => Ok(Answer::Elsewhere(error)),
        // What was read from standard input is gone: another program couldn't read it again.
        None if args.reads_stdin() => Ok(Answer::Done(template::run(&args))),
        None => Ok(template::attempt(&args).map_or_else(Answer::Elsewhere, Answer::Done)),
    }
}
