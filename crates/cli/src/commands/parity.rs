//! `pintle parity`: renders a chart with Helm and with Pintle, and shows where they differ.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use pintle_core::diff::{diff, objects};
use pintle_core::emit::EmitOptions;
use pintle_core::request::{Input, Request};
use pintle_core::{Compat, Diagnostic, Drawn, Error, Options};

use super::diff::{Format, show};
use super::helm::hand_over;
use super::source::usage;
use super::{template, values};
use crate::rules;
use crate::{io, report};

/// Arguments of `pintle parity`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The release's name (optional) and the chart: a folder or a .tgz archive
    #[arg(value_name = "[NAME] CHART", required = true, num_args = 1..=2)]
    args: Vec<String>,
    /// The Helm to compare with: a path, or a name in PATH [default: PINTLE_HELM, or helm]
    #[arg(long, value_name = "PROGRAM")]
    helm: Option<OsString>,
    #[command(flatten)]
    values: values::Args,
    /// The release's namespace
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    namespace: String,
    /// The Kubernetes version for .Capabilities, of both; programs' own defaults differ from build to build
    #[arg(long, value_name = "VERSION", default_value = Compat::default().kube_version())]
    kube_version: String,
    /// Further API versions for .Capabilities; commas separate them
    #[arg(short, long, value_name = "VERSIONS")]
    api_versions: Vec<String>,
    /// Print the files of crds/ too
    #[arg(long)]
    include_crds: bool,
    /// Leave hooks out
    #[arg(long)]
    no_hooks: bool,
    /// Leave tests out
    #[arg(long)]
    skip_tests: bool,
    /// Leave values.schema.json aside
    #[arg(long)]
    skip_schema_validation: bool,
    /// How differences are shown
    #[arg(short, long, value_enum, default_value = "text")]
    output: Format,
    /// Only a line for each object
    #[arg(long)]
    summary: bool,
}

const EXAMPLES: &str = "Exit codes: 0 the same bytes, 1 something differs, 2 nothing could be compared.

Examples:
  pintle parity charts/web --helm helm -f values-prod.yaml
  pintle parity web charts/web -n shop --include-crds --kube-version 1.31.0
  pintle parity charts/web --helm /usr/local/bin/helm-3 --output markdown";

pub fn run(args: &Args) -> ExitCode {
    match compare(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            report::error(&e);
            ExitCode::from(2)
        }
    }
}

/// A render, or the error in Helm's words.
struct Side {
    name: String,
    result: Result<Vec<u8>, String>,
    took: Duration,
}

/// Whether both give the same.
#[expect(clippy::disallowed_methods, reason = "both times are shown")]
fn compare(args: &Args) -> Result<bool, Error> {
    if args.values.files.iter().any(|f| f.trim() == "-") {
        return Err(usage("values from standard input can be read once only: name a file"));
    }
    let (label, named) = match &args.helm {
        Some(named) => ("--helm", Some(named.clone())),
        None => ("PINTLE_HELM", hand_over::named()),
    };
    let found = hand_over::find(label, named.as_deref()).map_err(|e| usage(&e))?;
    let helm = found.ok_or_else(|| usage("there is no helm in PATH besides pintle: name one with --helm"))?;
    let (version, compat) = version(&helm)?;
    let (release, chart) = match args.args.as_slice() {
        [name, chart] => (name.as_str(), chart.as_str()),
        [chart] => ("release-name", chart.as_str()),
        _ => return Err(usage("a chart is meant, and the release's name before it if there is one")),
    };
    let start = Instant::now();
    let (result, drawn) = match ours(args, release, chart, compat) {
        Ok((text, drawn)) => (Ok(text), drawn),
        Err(e) => (Err(e.to_string()), Drawn::default()),
    };
    let name = format!("pintle as {}", compat.name());
    let ours = Side { name, result, took: start.elapsed() };
    let start = Instant::now();
    let result = theirs(args, &helm, release, chart)?;
    let theirs = Side { name: format!("Helm {version}"), result, took: start.elapsed() };
    let times = format!("{} {:.0?}, {} {:.0?}", theirs.name, theirs.took, ours.name, ours.took);
    match (&theirs.result, &ours.result) {
        (Ok(before), Ok(after)) => judge(before, after, drawn, args, &times),
        (Err(a), Err(b)) if a.trim() == b.trim() => {
            Err(Diagnostic::new(&rules::PARITY_RENDER, format!("{chart} doesn't render, and both say the same: {}", a.trim()))
                .into())
        }
        (Err(a), Err(b)) => {
            report::line(&format!("both fail, in other words\n{}: {}\n{}: {}", theirs.name, a.trim(), ours.name, b.trim()));
            Ok(false)
        }
        (Err(e), Ok(_)) => {
            report::line(&format!("{} fails, {} doesn't: {}", theirs.name, ours.name, e.trim()));
            Ok(false)
        }
        (Ok(_), Err(e)) => {
            report::line(&format!("{} fails, {} doesn't: {}", ours.name, theirs.name, e.trim()));
            Ok(false)
        }
    }
}

fn judge(before: &[u8], after: &[u8], drawn: Drawn, args: &Args, times: &str) -> Result<bool, Error> {
    if before == after {
        report::line(&format!("the same {} bytes ({times})", after.len()));
        return Ok(true);
    }
    if drawn.any() {
        report::line("templates of this chart ask for chance, the time, DNS or the cluster: they give something else each time");
    }
    match (objects("Helm's output", before), objects("Pintle's output", after)) {
        (Ok(a), Ok(b)) => {
            let found = diff(&a, &b);
            show(&found, args.output, args.summary)?;
            if found.is_empty() {
                report::line("the objects are the same");
            }
        }
        // Output that isn't made of objects can still be told apart.
        _ => report::line("the output is not made of objects"),
    }
    // The line itself may hold a secret.
    let lines = || before.split(|b| *b == b'\n').zip(after.split(|b| *b == b'\n'));
    let first = lines().take_while(|(a, b)| a == b).count() + 1;
    report::line(&format!("the bytes differ from line {first} on ({times})"));
    Ok(false)
}

fn ours(args: &Args, release: &str, chart: &str, compat: Compat) -> Result<(Vec<u8>, Drawn), Error> {
    let path = template::locate(chart)?;
    let load = values::load_options(&path, None, compat);
    let request = Request {
        values: args.values.options()?,
        read_file: &io::read_values,
        options: Options {
            release_name: release.to_owned(),
            namespace: args.namespace.clone(),
            kube_version: Some(args.kube_version.clone()),
            api_versions: args.api_versions.iter().flat_map(|v| values::split_commas(v)).collect(),
            skip_schema_validation: args.skip_schema_validation,
            ..Options::default()
        },
        emit: EmitOptions {
            include_crds: args.include_crds,
            no_hooks: args.no_hooks,
            skip_tests: args.skip_tests,
            ..EmitOptions::default()
        },
        ahead: load.ahead.clone(),
        ..Request::new(Input::Chart(path, load))
    };
    let outcome = request.run()?;
    Ok((outcome.stream()?, outcome.drawn.unwrap_or_default()))
}

/// Helm's output, or its error without `Error: `.
fn theirs(args: &Args, helm: &Path, release: &str, chart: &str) -> Result<Result<Vec<u8>, String>, Error> {
    let mut command = Command::new(helm);
    command.args(["template", release, chart, "--namespace", &args.namespace, "--kube-version", &args.kube_version]);
    let v = &args.values;
    for (flag, given) in [
        ("--values", &v.files),
        ("--set", &v.set),
        ("--set-string", &v.set_string),
        ("--set-json", &v.set_json),
        ("--set-file", &v.set_file),
        ("--set-literal", &v.set_literal),
        ("--api-versions", &args.api_versions),
    ] {
        for value in given {
            command.args([flag, value]);
        }
    }
    for (flag, is_set) in [
        ("--include-crds", args.include_crds),
        ("--no-hooks", args.no_hooks),
        ("--skip-tests", args.skip_tests),
        ("--skip-schema-validation", args.skip_schema_validation),
    ] {
        if is_set {
            command.arg(flag);
        }
    }
    let done = output(command, helm)?;
    if done.status.success() {
        return Ok(Ok(done.stdout));
    }
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let error = said.split_once("Error: ").map_or(said.as_str(), |(_, error)| error);
    Ok(Err(error.trim_end().trim_end_matches("\n\nUse --debug flag to render out invalid YAML").to_owned()))
}

fn output(mut command: Command, helm: &Path) -> Result<std::process::Output, Error> {
    let failed = |e: std::io::Error| Error::new(&rules::PARITY_HELM, format!("{} can't be run: {e}", helm.display()));
    command.stdin(Stdio::null()).output().map_err(failed)
}

/// What Helm says of itself, and the profile that stands for it.
fn version(helm: &PathBuf) -> Result<(String, Compat), Error> {
    let mut command = Command::new(helm);
    command.args(["version", "--short"]);
    let done = output(command, helm)?;
    let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    let compat = match said.split('.').next() {
        Some("v3") => Compat::Helm3,
        Some("v4") => Compat::Helm4,
        _ => {
            let message = format!("{} says of its version {said:?}: Helm 3 or 4 is meant", helm.display());
            return Err(Error::new(&rules::PARITY_HELM, message));
        }
    };
    Ok((said, compat))
}
