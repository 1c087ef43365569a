//! `helm show`: the parts of a chart as they are (`helm.sh/helm/v4/pkg/action/show.go`).

use std::ffi::OsString;

use clap::Parser;
use pintle_core::show::{Part, show};
use pintle_core::{Chart, Compat, Error};

use super::arguments::{Globals, Registry, take_command};
use super::{Answer, Answered, elsewhere, wrong_arguments};
use crate::commands::pflag::parse_bool;
use crate::commands::values::load_options;
use crate::io;

/// What can be shown.
#[derive(clap::Subcommand)]
pub enum Command {
    All(Args),
    Chart(Args),
    Crds(Args),
    Readme(Args),
    Values(Args),
}

/// Arguments of `helm show …`.
#[derive(Parser)]
#[command(name = "helm show", bin_name = "helm show", args_override_self = true)]
pub struct Args {
    /// A folder or a .tgz archive
    args: Vec<String>,
    #[arg(long, hide = true)]
    jsonpath: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool)]
    devel: Option<bool>,
    #[arg(long = "version", hide = true)]
    chart_version: Option<String>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    globals: Globals,
}

/// Where charts of repositories come from: with any of these the real Helm is asked.
#[derive(clap::Args)]
#[group(skip)]
struct Source {
    #[arg(long, hide = true)]
    repo: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool)]
    pass_credentials: Option<bool>,
    #[command(flatten)]
    registry: Registry,
}

pub fn run(rest: &[OsString], compat: Compat) -> Answered {
    let (command, rest) = take_command(rest);
    let (name, part) = match command.as_deref() {
        Some("all") => ("all", Part::All),
        Some("chart") => ("chart", Part::Chart),
        Some("crds") => ("crds", Part::Crds),
        Some("readme") => ("readme", Part::Readme),
        Some("values") => ("values", Part::Values),
        _ => return Ok(elsewhere("helm show knows all, chart, crds, readme and values")),
    };
    let args: Args = match super::parse(&rest) {
        Ok(args) => args,
        Err(answer) => return Ok(answer),
    };
    let [chart] = args.args.as_slice() else {
        let (wants, usage) = ("requires 1 argument", format!("show {name} [CHART] [flags]"));
        return Err(wrong_arguments(&format!("show {name}"), wants, &usage));
    };
    if args.source.repo.is_some() || args.source.registry.verify == Some(true) {
        return Ok(elsewhere("charts are read from folders and archives only"));
    }
    if args.jsonpath.is_some_and(|j| !j.is_empty()) {
        return Ok(elsewhere("--jsonpath is not supported"));
    }
    let path = match crate::commands::template::locate(chart) {
        Ok(path) => path,
        Err(e) if is_local(chart) => return Err(e),
        Err(e) => return Ok(Answer::Elsewhere(e)),
    };
    let chart = Chart::load(&path, &load_options(&path, None, compat))?;
    let text = show(&chart, part, compat).map_err(|e| Error::new(&pintle_core::rules::CHART_METADATA, e))?;
    Ok(Answer::Done(io::finish(&text)))
}

/// Whether a name can only be a path.
fn is_local(chart: &str) -> bool {
    chart.starts_with('.') || std::path::Path::new(chart).is_absolute()
}
