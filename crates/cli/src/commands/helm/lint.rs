//! `helm lint`: the library's messages as Helm prints them (`helm.sh/helm/v4/pkg/cmd/lint.go`).

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use pintle_core::Severity;
use pintle_core::lint::{Options, lint};
use pintle_core::{Compat, Values};

use super::arguments::Globals;
use super::{Answer, Answered, wrong_arguments};
use crate::commands::pflag::parse_bool;
use crate::commands::values;
use crate::{io, report};

/// Arguments of `helm lint`.
#[derive(Parser)]
#[command(name = "helm lint", bin_name = "helm lint", args_override_self = true)]
pub struct Args {
    /// Charts: folders or .tgz archives
    paths: Vec<String>,
    #[command(flatten)]
    values: values::Args,
    /// Fail on warnings
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool, value_name = "BOOL")]
    strict: Option<bool>,
    /// Lint the charts in charts/ too
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool, value_name = "BOOL")]
    with_subcharts: Option<bool>,
    /// Print only warnings and errors
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool, value_name = "BOOL")]
    quiet: Option<bool>,
    /// Leave values.schema.json aside
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool, value_name = "BOOL")]
    skip_schema_validation: Option<bool>,
    /// The Kubernetes version for .Capabilities and for what is deprecated
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    #[command(flatten)]
    globals: Globals,
}

pub fn run(rest: &[OsString], compat: Compat) -> Answered {
    let args: Args = match super::parse(rest) {
        Ok(args) => args,
        Err(answer) => return Ok(answer),
    };
    let mut paths = args.paths.clone();
    if paths.is_empty() {
        if compat != Compat::Helm3 {
            return Err(wrong_arguments("lint", "requires at least 1 argument", "lint PATH [flags]"));
        }
        paths.push(".".into());
    }
    let kube_version = args.kube_version.clone().filter(|v| !v.is_empty());
    if let Some(version) = &kube_version {
        pintle_core::capabilities::KubeVersion::parse(version, compat)?;
    }
    if args.with_subcharts == Some(true) {
        for path in paths.clone() {
            walk(&Path::new(&path).components().collect::<PathBuf>().join("charts"), &mut paths);
        }
    }
    let values = args.values.merge(compat)?;
    let (quiet, strict) = (args.quiet == Some(true), args.strict == Some(true));
    let (mut out, mut failed, mut noteworthy) = (String::new(), 0, 0);
    for path in &paths {
        let result = chart(path, &values, &args, kube_version.clone(), compat);
        let is_noteworthy = result.as_ref().map_or(true, |m| m.iter().any(|m| m.severity > Severity::Note));
        if is_noteworthy {
            noteworthy += 1;
        } else if quiet {
            continue;
        }
        let _ = writeln!(out, "==> Linting {path}");
        let worst = if strict { Severity::Warning } else { Severity::Error };
        match result {
            Err(e) => {
                let _ = writeln!(out, "Error {e}");
                failed += 1;
            }
            Ok(messages) => {
                for m in messages.iter().filter(|m| !quiet || m.severity > Severity::Note) {
                    let _ = writeln!(out, "{m}");
                }
                failed += u32::from(messages.iter().any(|m| m.severity >= worst));
            }
        }
        out.push('\n');
    }
    let summary = format!("{} chart(s) linted, {failed} chart(s) failed", paths.len());
    if failed == 0 && (!quiet || noteworthy > 0) {
        let _ = writeln!(out, "{summary}");
    }
    let printed = io::finish(out.as_bytes());
    if failed == 0 {
        return Ok(Answer::Done(printed));
    }
    report::line(&format!("Error: {summary}"));
    Ok(Answer::Done(ExitCode::FAILURE))
}

fn chart(
    path: &str,
    values: &Values,
    args: &Args,
    kube_version: Option<String>,
    compat: Compat,
) -> Result<Vec<pintle_core::lint::Message>, pintle_core::Error> {
    let path = Path::new(path);
    let options = Options {
        namespace: args.globals.namespace(),
        kube_version,
        skip_schema_validation: args.skip_schema_validation == Some(true),
        schemas: values::schemas(None),
        load: values::load_options(path, None, compat),
    };
    let found = lint(path, values, &options)?;
    found.passed.iter().for_each(|text| report::line(&format!("warning: {text}")));
    Ok(found.messages)
}

/// The charts in a folder: those with a Chart.yaml, and archives, in the order of their paths (`filepath.Walk`).
fn walk(folder: &Path, found: &mut Vec<String>) {
    for (name, _) in pintle_files::read::folder(folder).unwrap_or_default() {
        let path = folder.join(name);
        let shown = path.display().to_string();
        if path.is_dir() && !path.is_symlink() {
            walk(&path, found);
        } else if path.file_name().is_some_and(|n| n == "Chart.yaml") {
            found.push(folder.display().to_string());
        } else if shown.ends_with(".tgz") || shown.ends_with(".tar.gz") {
            found.push(shown);
        }
    }
}
