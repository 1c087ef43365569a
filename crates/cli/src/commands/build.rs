//! `pintle build`: what `kustomize build` takes and prints (sigs.k8s.io/kustomize/kustomize/v5 v5.7.1, commands/build).

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use pintle::checks::{Checks, Mode};
use pintle::overlay::{Charts, Links};
use pintle::{Diagnostic, Limits, Severity};
use pintle_files::work_tree;
use pintle_files::write::{self, Access, Folder, Last};
use pintle_kustomize::{Error, HelmOptions, LoadRestrictions, Options, Output, Reorder};
use pintle_value::budget::Budget;

use super::source::{CheckArgs, check_stream};
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
    #[arg(long, value_name = "LIMITS", default_value = "default", value_parser = Limits::from_settings)]
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

fn build(args: &Args) -> Result<ExitCode, Error> {
    let illegal = |flag: &str, value: &str, legal: &str| {
        Err(Error::new(format!("illegal flag value --{flag} {value}; legal values: [{legal}]")))
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
    let budget = Arc::new(Budget::new(args.limits));
    let options = Options {
        restrictions,
        reorder,
        managed_by_label: args.switches.enable_managedby_label,
        plugins: args.switches.enable_alpha_plugins,
        helm: HelmOptions {
            enabled: args.switches.enable_helm || args.switches.enable_alpha_plugins,
            api_versions: args.helm_api_versions.clone(),
            kube_version: args.helm_kube_version.clone(),
        },
        inflate: &Charts { links: Links::OfEach(work_tree), budget: budget.clone() },
        budget,
        ..Options::default()
    };
    let output = pintle_kustomize::build(&args.dir, &options)?;
    let unmet = output.warnings.iter().filter(|d| d.severity != Severity::Note).count();
    output.warnings.iter().for_each(|d| warn(d, args.strict));
    if args.strict && unmet > 0 {
        return Ok(ExitCode::FAILURE);
    }
    if let Err(e) = checked(args, &output)? {
        return Ok(report::failure(&e));
    }
    write(&output, args.output.as_deref())
}

/// Checks what was built, if that is asked for: what withholds the output.
fn checked(args: &Args, output: &Output) -> Result<Result<(), pintle::Error>, Error> {
    let checks = match args.checks.checks(Mode::Off) {
        Ok(checks) if checks.mode == Mode::Off => return Ok(Ok(())),
        Ok(checks) => Checks { limits: args.limits, ..checks },
        Err(e) => return Ok(Err(e)),
    };
    Ok(check_stream(Path::new(&args.dir), output.to_yaml()?.as_bytes(), &checks))
}

fn write(output: &Output, path: Option<&Path>) -> Result<ExitCode, Error> {
    let failed = |e: write::Error| Error::new(e.to_string());
    let Some(path) = path else { return Ok(io::finish(output.to_yaml()?.as_bytes())) };
    if !path.is_dir() {
        write::file(path, output.to_yaml()?.as_bytes(), Access::Shared).map_err(failed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let files = output.files()?;
    let folder = Folder::open(path).map_err(failed)?;
    for (name, text) in files {
        folder.write(&name, text.as_bytes(), Last::No).map_err(failed)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// An error: kustomize's line, then where it is and what helps. Lines of the files are not repeated: they may hold secrets.
fn fail(e: &Error) {
    if !report::keep(e.diagnostic()) {
        return;
    }
    report::line(&format!("Error: {}", report::harmless(e.message())));
    if let Some(at) = e.span() {
        report::line(&format!("  --> {}", report::harmless(&at.to_string())));
    }
    for hint in &e.diagnostic().hints {
        report::line(&format!("  help: {}", report::harmless(hint)));
    }
}

fn warn(d: &Diagnostic, strict: bool) {
    match d.severity {
        Severity::Note => report::line(&report::harmless(&d.message)),
        _ if strict => report::diagnostic(&Diagnostic { severity: Severity::Error, ..d.clone() }),
        _ => report::diagnostic(d),
    }
}
