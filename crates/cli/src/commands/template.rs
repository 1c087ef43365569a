//! `pintle template`: what `helm template` takes and prints (`helm.sh/helm/v4/pkg/cmd/template.go`).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pintle_core::checks::Mode;
use pintle_core::emit::EmitOptions;
use pintle_core::release::Schemas;
use pintle_core::request::{Input, Outcome, Request};
use pintle_core::{Compat, Diagnostic, Error, Limits, Options};
use pintle_files::write::{Folder, Last};

use super::pflag::{self, parse_bool};
use super::source::CheckArgs;
use super::{cluster, values, world};
use crate::rules;
use crate::{io, report};

/// Every flag of `helm template`, the deprecated ones too.
#[derive(clap::Args, Default)]
#[cfg_attr(test, derive(Debug))]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The release's name (optional) and the chart: a folder or a .tgz archive
    #[arg(value_name = "[NAME] CHART")]
    args: Vec<String>,
    /// The release's namespace [default: default]
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    #[command(flatten)]
    bools: Bools,
    /// Write each template's output to a file below this folder
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    /// Print only the documents of these templates (a path within the chart, or a pattern)
    #[arg(short, long, value_name = "TEMPLATE")]
    show_only: Vec<String>,
    /// The Kubernetes version for .Capabilities
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// Further API versions for .Capabilities; commas separate them
    #[arg(short, long, value_name = "VERSIONS")]
    api_versions: Vec<String>,
    /// A template for the release's name
    #[arg(long, value_name = "TEMPLATE")]
    name_template: Option<String>,
    /// The Helm whose bytes are wanted: helm-4.3 or helm-3.22 [default: helm-4.3]
    #[arg(long, value_name = "PROFILE")]
    compat: Option<String>,
    /// Symbolic links may lead anywhere below this folder [default: the Git work tree around the chart, else the chart]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// A folder with the schemas that a values.schema.json refers to by URL: HOST/PATH below it, or just the file's name
    #[arg(long, value_name = "DIR")]
    schema_dir: Option<PathBuf>,
    /// What the render may use up: default, strict (for charts of strangers), or steps, memory, output, depth, documents and time, as
    /// in strict,memory=256Mi,time=2s
    #[arg(long, value_name = "LIMITS", value_parser = Limits::from_str)]
    limits: Option<Limits>,
    #[command(flatten)]
    ignored: Ignored,
    #[command(flatten)]
    values: values::Args,
    #[command(flatten)]
    cluster: cluster::Args,
    #[command(flatten)]
    world: world::Args,
    #[command(flatten)]
    pub checks: CheckArgs,
}

const EXAMPLES: &str = "Examples:
  pintle template web charts/web -n web -f values-prod.yaml
  pintle template web charts/web -s templates/deployment.yaml
  pintle template web web-1.2.0.tgz --include-crds --output-dir rendered";

/// A switch as pflag has it: `--flag`, or `--flag=false`.
macro_rules! switches {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident,)* }) => {
        $(#[$meta])*
        #[derive(clap::Args, Default)]
        #[cfg_attr(test, derive(Debug))]
        struct $name {
            $($(#[$doc])*
            #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
                value_parser = parse_bool, value_name = "BOOL", hide_default_value = true, hide_possible_values = true)]
            $field: bool,)*
        }
    };
}

switches!(Bools {
    /// Print the files of crds/ too
    include_crds,
    /// Leave hooks out
    no_hooks,
    /// Leave tests out
    skip_tests,
    /// Set .Release.IsUpgrade instead of .Release.IsInstall
    is_upgrade,
    /// Leave values.schema.json aside
    skip_schema_validation,
    /// Use the release's name in the path below --output-dir
    release_name,
    /// Print the output even if it isn't valid YAML
    debug,
    /// Fetch missing dependencies: not possible here
    dependency_update,
    /// Verify the package: not possible here
    verify,
    #[arg(hide = true)]
    validate,
});

/// What `--dry-run` without a value means, and what Helm calls it.
const UNSET: &str = "unset";

/// Flags that Helm takes and that mean nothing without a cluster, a repository or a terminal of Helm's.
#[derive(clap::Args, Default)]
#[cfg_attr(test, derive(Debug))]
struct Ignored {
    #[command(flatten)]
    switches: IgnoredSwitches,
    #[arg(short = 'g', long, hide = true, num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = parse_bool)]
    generate_name: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = UNSET, value_name = "STRATEGY")]
    dry_run: Option<String>,
    #[arg(long, hide = true)]
    post_renderer: Option<String>,
    #[arg(long, hide = true)]
    post_renderer_args: Vec<String>,
    #[arg(long, hide = true)]
    repo: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "watcher")]
    wait: Option<String>,
    #[arg(short = 'l', long, hide = true)]
    labels: Vec<String>,
    #[arg(long, hide = true)]
    kube_as_group: Vec<String>,
    #[arg(long, hide = true, alias = "colour")]
    color: Option<String>,
    #[command(flatten)]
    credentials: Credentials,
    #[arg(long, hide = true)]
    description: Option<String>,
    #[arg(long, hide = true)]
    timeout: Option<String>,
    #[arg(long = "version", hide = true)]
    chart_version: Option<String>,
    #[arg(long, hide = true)]
    burst_limit: Option<String>,
    #[arg(long, hide = true)]
    qps: Option<String>,
    #[arg(long, hide = true)]
    content_cache: Option<String>,
    #[arg(long, hide = true)]
    kube_apiserver: Option<String>,
    #[arg(long, hide = true)]
    kube_as_user: Option<String>,
    #[arg(long, hide = true)]
    kube_ca_file: Option<String>,
    #[arg(long, hide = true)]
    kube_tls_server_name: Option<String>,
    #[arg(long, hide = true)]
    kube_token: Option<String>,
    #[arg(long, hide = true)]
    registry_config: Option<String>,
    #[arg(long, hide = true)]
    repository_cache: Option<String>,
    #[arg(long, hide = true)]
    repository_config: Option<String>,
}

/// Who asks a repository or a registry, and whose signatures count.
#[derive(clap::Args, Default)]
#[cfg_attr(test, derive(Debug))]
#[group(skip)]
pub struct Credentials {
    #[arg(long, hide = true)]
    keyring: Option<String>,
    #[arg(long, hide = true)]
    username: Option<String>,
    #[arg(long, hide = true)]
    password: Option<String>,
    #[arg(long, hide = true)]
    ca_file: Option<String>,
    #[arg(long, hide = true)]
    cert_file: Option<String>,
    #[arg(long, hide = true)]
    key_file: Option<String>,
}

switches!(IgnoredSwitches {
    #[arg(hide = true)]
    create_namespace,
    #[arg(hide = true)]
    devel,
    #[arg(hide = true)]
    disable_openapi_validation,
    #[arg(hide = true)]
    enable_dns,
    #[arg(hide = true)]
    force_conflicts,
    #[arg(hide = true)]
    force_replace,
    #[arg(hide = true)]
    force,
    #[arg(hide = true)]
    insecure_skip_tls_verify,
    #[arg(hide = true)]
    pass_credentials,
    #[arg(hide = true)]
    plain_http,
    #[arg(hide = true)]
    replace,
    #[arg(hide = true)]
    rollback_on_failure,
    #[arg(hide = true)]
    atomic,
    #[arg(hide = true)]
    server_side,
    #[arg(hide = true)]
    skip_crds,
    #[arg(hide = true)]
    take_ownership,
    #[arg(hide = true)]
    wait_for_jobs,
    #[arg(hide = true)]
    hide_notes,
    #[arg(hide = true)]
    render_subchart_notes,
    #[arg(hide = true)]
    kube_insecure_skip_tls_verify,
});

impl Args {
    /// The arguments of the commonest calls, which have no other flags than these: to describe all flags to clap and to let it read
    /// takes longer than to parse a small chart. It reads everything else, mistakes too.
    pub fn plain(mut words: impl Iterator<Item = OsString>) -> Option<Args> {
        let text = |word: OsString| word.into_string().ok();
        let is_flag = |word: &String| word.starts_with('-');
        let mut args = Args::default();
        while let Some(word) = words.next() {
            let word = text(word)?;
            let mut value = || words.next().and_then(text).filter(|value| !value.is_empty() && !is_flag(value));
            match word.as_str() {
                "-f" | "--values" => args.values.files.push(value()?),
                "--set" => args.values.set.push(value()?),
                "--set-string" => args.values.set_string.push(value()?),
                "-n" | "--namespace" if args.namespace.is_none() => args.namespace = Some(value()?),
                _ if is_flag(&word) => return None,
                _ => args.args.push(word),
            }
        }
        Some(args)
    }

    /// What the environment says where no flag does.
    pub fn fill_in(&mut self, namespace: String, compat: Compat) {
        self.namespace.get_or_insert(namespace);
        self.compat.get_or_insert_with(|| compat.name().to_owned());
    }

    /// Whether values come from standard input.
    pub fn reads_stdin(&self) -> bool {
        self.values.files.iter().any(|f| f.trim() == "-")
    }

    /// Why only the real Helm can do this: a chart that isn't a local file, a flag that needs a network, a cluster or a plugin.
    pub fn needs_helm(&self) -> Option<Error> {
        let is_elsewhere = |e: &Error| {
            e.diagnostics().iter().any(|d| [&rules::USAGE_UNSUPPORTED, &pintle_core::rules::CHART_REMOTE].contains(&d.rule))
        };
        let checked = check_flags(self).and_then(|()| name_and_chart(self)).and_then(|(_, chart)| locate(&chart));
        checked.err().filter(is_elsewhere)
    }
}

pub fn run(args: &Args) -> ExitCode {
    template(args).unwrap_or_else(Failed::show)
}

/// As [`run`], but the error alone of a values.schema.json that refers to a schema elsewhere, which Helm would fetch.
pub fn attempt(args: &Args) -> Result<ExitCode, Error> {
    match template(args) {
        Ok(code) => Ok(code),
        Err(failed) if failed.wants_schema => Err(failed.error),
        Err(failed) => Ok(failed.show()),
    }
}

struct Failed {
    error: Error,
    /// `--debug`: what there is is printed all the same.
    compat_debug: bool,
    /// A schema was asked for that isn't in the chart.
    wants_schema: bool,
}

impl Failed {
    fn show(self) -> ExitCode {
        let is_shown = self.error.diagnostics().iter().fold(true, |_, d| report::keep(d));
        let mut text = format!("Error: {}", self.error);
        let mut out = Vec::new();
        if let Some(output) = self.error.debug_output() {
            if self.compat_debug {
                // Helm prints the manifests it has, none included, with one line end.
                out = output.trim_ascii().to_vec();
                out.push(b'\n');
            } else {
                text.push_str("\n\nUse --debug flag to render out invalid YAML");
            }
        }
        if let Err(e) = io::print(&out) {
            report::error(&e);
        }
        if is_shown {
            report::line(&text);
        }
        ExitCode::FAILURE
    }
}

fn template(args: &Args) -> Result<ExitCode, Failed> {
    let done = rendered(args);
    // These are no errors of Helm's: they are shown in full.
    if let Err(e) = args.cluster.finish() {
        return Ok(report::failure(&e));
    }
    done
}

/// How a cluster that is asked is reached: Helm's flags, which pintle-cluster takes too.
fn connection(i: &Ignored) -> Vec<OsString> {
    let texts = [
        ("--kube-apiserver", &i.kube_apiserver),
        ("--kube-as-user", &i.kube_as_user),
        ("--kube-ca-file", &i.kube_ca_file),
        ("--kube-tls-server-name", &i.kube_tls_server_name),
        ("--kube-token", &i.kube_token),
    ];
    let mut out: Vec<OsString> =
        texts.into_iter().filter_map(|(flag, value)| Some(cluster::argument(flag, value.as_ref()?))).collect();
    out.extend(i.kube_as_group.iter().map(|group| cluster::argument("--kube-as-group", group)));
    if i.switches.kube_insecure_skip_tls_verify {
        out.push("--kube-insecure-skip-tls-verify".into());
    }
    out
}

fn rendered(args: &Args) -> Result<ExitCode, Failed> {
    let refused = Arc::new(AtomicBool::new(false));
    let failed = |error: Error| Failed { error, compat_debug: args.bools.debug, wants_schema: refused.load(Ordering::Relaxed) };
    check_flags(args).map_err(failed)?;
    let (name, chart_path) = name_and_chart(args).map_err(failed)?;
    let profile = args.compat.as_deref().unwrap_or("helm-4.3");
    let compat: Compat = profile.parse().map_err(|e: String| failed(Error::new(&rules::USAGE_COMPAT, e)))?;
    let path = locate(&chart_path).map_err(failed)?;
    let limits = args.limits.unwrap_or_default();
    let load = values::load_options(&path, args.root.as_deref(), compat);
    let mut request = Request {
        values: args.values.options().map_err(failed)?,
        read_file: &io::read_values,
        options: Options {
            release_name: name.clone(),
            namespace: args.namespace.clone().unwrap_or_else(|| "default".to_owned()),
            is_upgrade: args.bools.is_upgrade,
            kube_version: args.kube_version.clone(),
            api_versions: args.api_versions.iter().flat_map(|v| values::split_commas(v)).collect(),
            skip_schema_validation: args.bools.skip_schema_validation,
            limits,
            world: args.world.worlds(),
            schemas: noting(values::schemas(args.schema_dir.as_deref()), refused.clone()),
            ..Options::default()
        },
        checks: args.checks.checks(Mode::Off).map_err(failed)?,
        emit: EmitOptions {
            include_crds: args.bools.include_crds,
            no_hooks: args.bools.no_hooks,
            skip_tests: args.bools.skip_tests,
            show_only: args.show_only.clone(),
        },
        ahead: load.ahead.clone(),
        ..Request::new(Input::Chart(path, load))
    };
    match args.cluster.open(&connection(&args.ignored)) {
        Ok(cluster::Opened { cluster, lookups, .. }) => {
            request.options.cluster = cluster;
            request.options.lookups = lookups;
        }
        // These are no errors of Helm's: they are shown in full.
        Err(e) => return Ok(report::failure(&e)),
    }
    let outcome = request.run().map_err(failed)?;
    deprecated_flags(args).iter().chain(outcome.shown()).for_each(report::diagnostic);
    if let Some(e) = &outcome.refused {
        return Ok(report::failure(e));
    }
    let done = match &args.output_dir {
        None => io::print_outcome(&outcome).map_err(failed),
        // Helm writes all files, then looks for the template in an empty output, and fails.
        Some(_) if !args.show_only.is_empty() => {
            let message = format!("could not find template {} in chart", args.show_only[0]);
            return Err(failed(Error::new(&pintle_core::rules::USAGE_SHOW_ONLY, message)));
        }
        Some(dir) => {
            let dir = if args.bools.release_name { dir.join(&name) } else { dir.clone() };
            write(&outcome, &dir).map_err(failed)
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Notes whether a schema was refused.
fn noting(schemas: Schemas, refused: Arc<AtomicBool>) -> Schemas {
    Arc::new(move |url| schemas(url).inspect_err(|_| refused.store(true, Ordering::Relaxed)))
}

/// Why a cluster isn't given manifests to check.
const ONLY_ASKED: &str = "no cluster checks anything here; --cluster-live looks up what charts ask";

/// What Helm would do over a network, with a cluster or through a plugin, is refused by name.
fn check_flags(args: &Args) -> Result<(), Error> {
    let refuse = |flag: &str, why: &str| Err(Error::new(&rules::USAGE_UNSUPPORTED, format!("{flag} is not supported: {why}")));
    let i = &args.ignored;
    match i.dry_run.as_deref() {
        None | Some("client" | UNSET) => {}
        Some("server") => return refuse("--dry-run=server", ONLY_ASKED),
        Some(other) => match parse_bool(other) {
            Ok(true) => {}
            Ok(false) => return invalid_dry_run(other, "\"server\" or \"client\""),
            Err(_) if other == "none" => return invalid_dry_run(other, "\"server\" or \"client\""),
            Err(_) => return invalid_dry_run(other, "\"none\", \"server\", or \"client\""),
        },
    }
    pflag::choice("--wait", i.wait.as_deref(), |v| match v {
        "watcher" | "hookOnly" | "legacy" | "true" | "false" => Ok(()),
        _ => Err(format!("invalid wait input \"{v}\". Valid inputs are watcher, hookOnly, and legacy")),
    })?;
    pflag::duration("--timeout", i.timeout.as_deref())?;
    pflag::int("--burst-limit", i.burst_limit.as_deref())?;
    pflag::float("--qps", i.qps.as_deref())?;
    i.labels.iter().try_for_each(|labels| pflag::string_to_string("-l, --labels", labels))?;
    if args.bools.validate {
        return refuse("--validate", ONLY_ASKED);
    }
    if i.repo.is_some() {
        return refuse("--repo", "pintle never uses the network; pull the chart first");
    }
    if i.post_renderer.is_some() {
        return refuse("--post-renderer", "pintle runs no plugins; pipe its output instead");
    }
    if args.bools.verify {
        return refuse("--verify", "pintle checks no signatures; run `helm verify` first");
    }
    Ok(())
}

fn invalid_dry_run(given: &str, known: &str) -> Result<(), Error> {
    Err(Error::new(&rules::USAGE_DRY_RUN, format!("invalid dry-run value (\"{given}\"). Must be {known}")))
}

/// What Helm says of flags that it takes for old times' sake (`pkg/cmd/flags.go`, `pkg/cmd/helpers.go`, pflag).
fn deprecated_flags(args: &Args) -> Vec<Diagnostic> {
    let i = &args.ignored;
    let mut said = Vec::new();
    match i.wait.as_deref() {
        Some("true") => said.push("--wait=true is deprecated (boolean value) and can be replaced with --wait=watcher".to_owned()),
        Some("false") => {
            said.push("--wait=false is deprecated (boolean value) and can be replaced with --wait=hookOnly".to_owned())
        }
        _ => {}
    }
    let no_effect = "this flag has no effect for 'helm template' and will be removed in Helm 5";
    for (given, flag, instead) in [
        (i.switches.force, "force", "use --force-replace instead"),
        (i.switches.atomic, "atomic", "use --rollback-on-failure instead"),
        (i.switches.hide_notes, "hide-notes", no_effect),
        (i.switches.render_subchart_notes, "render-subchart-notes", no_effect),
    ] {
        if given {
            said.push(format!("Flag --{flag} has been deprecated, {instead}"));
        }
    }
    match i.dry_run.as_deref() {
        Some(UNSET) => said.push("--dry-run is deprecated and should be replaced with '--dry-run=client'".to_owned()),
        Some(value) if parse_bool(value).is_ok() => {
            said.push(format!("boolean '--dry-run={value}' flag is deprecated and must be replaced with '--dry-run=client'"))
        }
        _ => {}
    }
    said.into_iter().map(|text| Diagnostic::new(&rules::USAGE_DEPRECATED, text)).collect()
}

/// `NameAndChart`
fn name_and_chart(args: &Args) -> Result<(String, String), Error> {
    let usage = |message: String| Err(Error::new(&rules::USAGE_ARGUMENTS, message));
    match args.args.as_slice() {
        [] => usage("\"helm template\" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]".into()),
        [chart] => match &args.name_template {
            Some(text) => Ok((pintle_core::release::name_from_template(text)?, chart.clone())),
            None => Ok(("release-name".into(), chart.clone())),
        },
        [_, _] if args.ignored.generate_name => usage("cannot set --generate-name and also specify a name".into()),
        [_, _] if args.name_template.is_some() => usage("cannot set --name-template and also specify a name".into()),
        [name, chart] => Ok((name.clone(), chart.clone())),
        [_, _, rest @ ..] => usage(format!("expected at most two arguments, unexpected arguments: {}", rest.join(", "))),
    }
}

/// The file that a chart's name means.
pub fn locate(chart: &str) -> Result<PathBuf, Error> {
    let name = chart.trim();
    if name.contains("://") {
        let message = format!("{name}: charts are read from folders and archives only; pull the chart first");
        return Err(Error::new(&rules::USAGE_UNSUPPORTED, message));
    }
    let path = Path::new(name);
    if path.exists() {
        return Ok(path.to_owned());
    }
    if path.is_absolute() || name.starts_with('.') {
        return Err(Error::new(&pintle_core::rules::CHART_MISSING, format!("path \"{name}\" not found")));
    }
    let message = format!("{name}: no such folder or archive; charts of repositories are not looked up, pull the chart first");
    Err(Error::new(&pintle_core::rules::CHART_REMOTE, message))
}

/// Writes the files, and prints Helm's lines about them.
fn write(outcome: &Outcome, dir: &Path) -> Result<(), Error> {
    let mut out = Vec::new();
    let files = outcome.files()?;
    let folder = Folder::open(dir).map_err(io::unwritten)?;
    for file in files {
        folder.write(&file.path, &file.text, Last::No).map_err(io::unwritten)?;
        for _ in 0..file.writes {
            out.extend_from_slice(format!("wrote {}/{}\n", dir.display(), file.path).as_bytes());
        }
    }
    out.push(b'\n');
    io::print(&out)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn plain_arguments_are_what_clap_reads() {
        for line in [
            "chart",
            "web charts/web",
            "web . -f a.yaml -n b --values c,d --set x=1 --set-string y=2 -f e",
            "-n a b c d",
            "a --set =- =",
        ] {
            let words = || line.split(' ').map(OsString::from);
            let read =
                Command::try_parse_from(std::iter::once("template".into()).chain(words())).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(format!("{:?}", Args::plain(words()).unwrap()), format!("{:?}", read.args));
        }
    }

    #[test]
    fn other_arguments_are_left_to_clap() {
        for line in ["a -n b -n c", "a -f", "a -fb", "a --set -x=1", "a --values=b", "a -- b", "a --help", "a -", "a --set "] {
            assert!(Args::plain(line.split(' ').map(OsString::from)).is_none(), "{line}");
        }
    }
}
