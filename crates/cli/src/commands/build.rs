//! `pintle build`: what `kustomize build` takes and prints (sigs.k8s.io/kustomize/kustomize/v5 v5.7.1, commands/build).

use pintle_core::ahead::Ahead;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use pintle_core::checks::Mode;
use pintle_core::overlay::Kustomization;
use pintle_core::request::{Input, Outcome, Request};
use pintle_core::{Diagnostic, Error, Limits, Options, Severity};
use pintle_files::write::{self, Access, Folder, Last};
use pintle_kustomize::{HelmOptions, LoadRestrictions, Reorder};

use super::source::CheckArgs;
use crate::{io, report};

/// Every flag of `kustomize build`, and `--strict`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The folder with the kustomization.yaml
    #[arg(default_value = ".", hide_default_value = true)]
    dir: String,
    /// Write to this file, or a file for each object into this folder
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// What warns fails: targets, images and vars that match nothing
    #[arg(long)]
    strict: bool,
    /// What the build may use up, its charts too: default, strict, or steps, memory, output, depth, documents and time, as in
    /// strict,memory=256Mi,time=2s
    #[arg(long, value_name = "LIMITS", default_value = "default", value_parser = Limits::from_str)]
    limits: Limits,
    /// Files from outside of a kustomization's folder: LoadRestrictionsRootOnly or LoadRestrictionsNone
    #[arg(long, value_name = "RULE", default_value = "LoadRestrictionsRootOnly")]
    load_restrictor: String,
    /// The order of the output unless sortOptions say: legacy or none
    #[arg(long, value_name = "ORDER")]
    reorder: Option<String>,
    #[command(flatten)]
    switches: Switches,
    /// API versions for .Capabilities of charts
    #[arg(long, value_name = "VERSION")]
    helm_api_versions: Vec<String>,
    /// The Kubernetes version for .Capabilities of charts
    #[arg(long, value_name = "VERSION", default_value = "", hide_default_value = true)]
    helm_kube_version: String,
    /// Taken for kustomize's sake: charts are rendered by pintle itself, as Helm 3.22 does
    #[arg(long, value_name = "COMMAND")]
    helm_command: Option<String>,
    #[arg(long, hide = true)]
    network_name: Option<String>,
    #[arg(long, hide = true)]
    mount: Vec<String>,
    #[arg(short, long, hide = true)]
    env: Vec<String>,
    #[command(flatten)]
    pub checks: CheckArgs,
}

const EXAMPLES: &str = "Examples:
  pintle build overlays/prod
  pintle build overlays/prod --strict > prod.yaml
  pintle build overlays/prod --enable-helm --output rendered/";

/// A switch as pflag has it: `--flag`, or `--flag=false`.
macro_rules! switches {
    ($name:ident { $($(#[$doc:meta])* $field:ident,)* }) => {
        #[derive(clap::Args)]
        struct $name {
            $($(#[$doc])*
            #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
                value_parser = super::pflag::parse_bool, value_name = "BOOL", hide_default_value = true,
                hide_possible_values = true)]
            $field: bool,)*
        }
    };
}

switches!(Switches {
    /// Allow helmCharts: charts in local folders
    enable_helm,
    /// Taken for kustomize's sake: programs and containers are not run
    enable_alpha_plugins,
    /// Label every object app.kubernetes.io/managed-by
    enable_managedby_label,
    #[arg(hide = true)]
    helm_debug,
    #[arg(hide = true)]
    network,
    #[arg(hide = true)]
    as_current_user,
});

pub fn run(args: &Args) -> ExitCode {
    match build(args) {
        Ok(code) => code,
        Err(e) => {
            fail(&e);
            ExitCode::FAILURE
        }
    }
}

/// An error of the build.
fn kustomize(message: String) -> Error {
    Error::new(&pintle_kustomize::rules::BUILD, message)
}

fn build(args: &Args) -> Result<ExitCode, Error> {
    let illegal = |flag: &str, value: &str, legal: &str| {
        Err(kustomize(format!("illegal flag value --{flag} {value}; legal values: [{legal}]")))
    };
    let restrictions = match args.load_restrictor.as_str() {
        "LoadRestrictionsNone" => LoadRestrictions::None,
        "LoadRestrictionsRootOnly" | "" => LoadRestrictions::RootOnly,
        other => return illegal("load-restrictor", other, "LoadRestrictionsRootOnly LoadRestrictionsNone"),
    };
    let reorder = match args.reorder.as_deref() {
        None => Reorder::Unspecified,
        Some("legacy") => Reorder::Legacy,
        Some("none") => Reorder::None,
        Some(other) => return illegal("reorder", other, "legacy none"),
    };
    let kustomization = Kustomization {
        restrictions,
        reorder,
        managed_by_label: args.switches.enable_managedby_label,
        plugins: args.switches.enable_alpha_plugins,
        helm: HelmOptions {
            enabled: args.switches.enable_helm || args.switches.enable_alpha_plugins,
            api_versions: args.helm_api_versions.clone(),
            kube_version: args.helm_kube_version.clone(),
        },
        ..Kustomization::new(&args.dir, None)
    };
    let checks = match args.checks.checks(Mode::Off) {
        Ok(checks) => checks,
        Err(e) => return Ok(report::failure(&e)),
    };
    let request = Request {
        options: Options { limits: args.limits, ..Options::default() },
        checks,
        ahead: Ahead::on(),
        ..Request::new(Input::Kustomization(kustomization))
    };
    let outcome = request.run()?;
    let unmet = outcome.warnings.iter().filter(|d| d.severity != Severity::Note).count();
    outcome.warnings.iter().for_each(|d| warn(d, args.strict));
    if args.strict && unmet > 0 {
        return Ok(ExitCode::FAILURE);
    }
    outcome.findings.iter().for_each(report::diagnostic);
    match &outcome.refused {
        Some(e) => Ok(report::failure(e)),
        None => write(&outcome, args.output.as_deref()),
    }
}

fn write(outcome: &Outcome, path: Option<&Path>) -> Result<ExitCode, Error> {
    let failed = |e: write::Error| kustomize(e.to_string());
    let Some(path) = path else { return Ok(io::finish(&outcome.stream()?)) };
    if !path.is_dir() {
        write::file(path, &outcome.stream()?, Access::Shared).map_err(failed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let files = outcome.built.as_ref().map_or_else(|| Ok(Vec::new()), pintle_kustomize::Output::files)?;
    let folder = Folder::open(path).map_err(failed)?;
    for (name, text) in files {
        folder.write(&name, text.as_bytes(), Last::No).map_err(failed)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// An error: kustomize's line, then where it is and what helps. Lines of the files are not repeated: they may hold secrets.
fn fail(e: &Error) {
    for d in e.diagnostics().iter().filter(|d| report::keep(d)) {
        report::line(&format!("Error: {}", report::harmless(&d.message)));
        if let Some(at) = &d.span {
            report::line(&format!("  --> {}", report::harmless(&at.to_string())));
        }
        for hint in &d.hints {
            report::line(&format!("  help: {}", report::harmless(hint)));
        }
    }
}

fn warn(d: &Diagnostic, strict: bool) {
    match d.severity {
        Severity::Note => report::line(&report::harmless(&d.message)),
        _ if strict => report::diagnostic(&Diagnostic { severity: Severity::Error, ..d.clone() }),
        _ => report::diagnostic(d),
    }
}
