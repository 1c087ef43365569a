//! `pintle template`: what `helm template` takes and prints (`helm.sh/helm/v4/pkg/cmd/template.go`).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pintle::emit::{self, EmitOptions};
use pintle::{Chart, Compat, Error, Options, Release};

use super::values;
use crate::{io, report};

/// Every flag of `helm template`, the deprecated ones too.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The release's name (optional) and the chart: a folder or a .tgz archive
    #[arg(value_name = "[NAME] CHART")]
    args: Vec<String>,
    #[command(flatten)]
    values: values::Args,
    /// The release's namespace
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    namespace: String,
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
    /// The Helm whose bytes are wanted: helm-4.3 or helm-3.22
    #[arg(long, value_name = "PROFILE", default_value = "helm-4.3")]
    compat: String,
    /// Symbolic links may lead anywhere below this folder [default: the Git work tree around the chart, else the chart]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// A folder with the schemas that a values.schema.json refers to by URL: HOST/PATH below it, or just the file's name
    #[arg(long, value_name = "DIR")]
    schema_dir: Option<PathBuf>,
    #[command(flatten)]
    ignored: Ignored,
}

const EXAMPLES: &str = "Examples:
  pintle template web charts/web -n web -f values-prod.yaml
  pintle template web charts/web -s templates/deployment.yaml
  pintle template web web-1.2.0.tgz --include-crds --output-dir rendered";

/// A switch as pflag has it: `--flag`, or `--flag=false`.
macro_rules! switches {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident,)* }) => {
        $(#[$meta])*
        #[derive(clap::Args)]
        struct $name {
            $($(#[$doc])*
            #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
                value_parser = parse_bool, value_name = "BOOL", hide_default_value = true, hide_possible_values = true)]
            $field: bool,)*
        }
    };
}

/// `strconv.ParseBool`
fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err("not a truth value".into()),
    }
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
    /// Print the output even if it is no YAML
    debug,
    /// Fetch missing dependencies: not possible here
    dependency_update,
    /// Verify the package: not possible here
    verify,
    #[arg(hide = true)]
    validate,
});

/// Flags that Helm takes and that mean nothing without a cluster, a repository or a terminal of Helm's.
#[derive(clap::Args)]
struct Ignored {
    #[command(flatten)]
    switches: IgnoredSwitches,
    #[arg(short = 'g', long, hide = true, num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", value_parser = parse_bool)]
    generate_name: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "unset", value_name = "STRATEGY")]
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
    #[arg(long, hide = true)]
    ca_file: Option<String>,
    #[arg(long, hide = true)]
    cert_file: Option<String>,
    #[arg(long, hide = true)]
    key_file: Option<String>,
    #[arg(long, hide = true)]
    keyring: Option<String>,
    #[arg(long, hide = true)]
    description: Option<String>,
    #[arg(long, hide = true)]
    username: Option<String>,
    #[arg(long, hide = true)]
    password: Option<String>,
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
    kubeconfig: Option<String>,
    #[arg(long, hide = true)]
    kube_apiserver: Option<String>,
    #[arg(long, hide = true)]
    kube_as_user: Option<String>,
    #[arg(long, hide = true)]
    kube_ca_file: Option<String>,
    #[arg(long, hide = true)]
    kube_context: Option<String>,
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

pub fn run(args: &Args) -> ExitCode {
    match template(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed { error, compat_debug }) => {
            let mut text = format!("Error: {error}");
            let mut out = Vec::new();
            if let Some(output) = error.debug_output() {
                if compat_debug {
                    // Helm prints the manifests it has, none included, with one line end.
                    out = output.trim_ascii().to_vec();
                    out.push(b'\n');
                } else {
                    text.push_str("\n\nUse --debug flag to render out invalid YAML");
                }
            }
            io::print(&out);
            report::line(&text);
            ExitCode::FAILURE
        }
    }
}

struct Failed {
    error: Error,
    /// `--debug`: what there is is printed all the same.
    compat_debug: bool,
}

fn template(args: &Args) -> Result<(), Failed> {
    let failed = |error: Error| Failed { error, compat_debug: args.bools.debug };
    check_flags(args).map_err(failed)?;
    let (name, chart_path) = name_and_chart(args).map_err(failed)?;
    let compat = Compat::from_name(&args.compat).ok_or_else(|| {
        failed(Error::new("usage/compat", format!("unknown profile {:?}: known are helm-4.3 and helm-3.22", args.compat)))
    })?;
    let path = locate(&chart_path).map_err(failed)?;
    let values = args.values.merge(compat).map_err(failed)?;
    let chart = Chart::load(&path, &values::load_options(&path, args.root.as_deref(), compat)).map_err(failed)?;
    let options = Options {
        release_name: name.clone(),
        namespace: args.namespace.clone(),
        is_upgrade: args.bools.is_upgrade,
        compat,
        kube_version: args.kube_version.clone(),
        api_versions: args.api_versions.iter().flat_map(|v| values::split_commas(v)).collect(),
        skip_schema_validation: args.bools.skip_schema_validation,
        schemas: values::schemas(args.schema_dir.as_deref()),
        ..Options::default()
    };
    let release = pintle::render(&chart, &values, &options).map_err(failed)?;
    let emit = EmitOptions {
        include_crds: args.bools.include_crds,
        no_hooks: args.bools.no_hooks,
        skip_tests: args.bools.skip_tests,
        show_only: args.show_only.clone(),
        compat,
    };
    let done = match &args.output_dir {
        None => io::print_release(&release, &emit).map_err(failed),
        // Helm writes all files, then looks for the template in the nothing that is left to print, and fails.
        Some(_) if !args.show_only.is_empty() => {
            let message = format!("could not find template {} in chart", args.show_only[0]);
            return Err(failed(Error::new("usage/show-only", message)));
        }
        Some(dir) => {
            let dir = if args.bools.release_name { dir.join(&name) } else { dir.clone() };
            write(&release, &emit, &dir).map_err(failed)
        }
    };
    // The program ends here: taking everything apart first would only take time.
    std::mem::forget((chart, values, release));
    done
}

/// What Helm would do over a network, with a cluster or through a plugin, is refused by name.
fn check_flags(args: &Args) -> Result<(), Error> {
    let refuse = |flag: &str, why: &str| Err(Error::new("usage/unsupported", format!("{flag} is not supported: {why}")));
    let i = &args.ignored;
    match i.dry_run.as_deref() {
        None | Some("client" | "unset" | "true" | "false") => {}
        Some("none") => {
            let message = "invalid dry-run value (\"none\"). Must be \"server\" or \"client\"";
            return Err(Error::new("usage/dry-run", message));
        }
        Some("server") => return refuse("--dry-run=server", "pintle never talks to a cluster"),
        Some(other) => {
            let message = format!("invalid dry-run value (\"{other}\"). Must be \"none\", \"server\", or \"client\"");
            return Err(Error::new("usage/dry-run", message));
        }
    }
    if args.bools.validate {
        return refuse("--validate", "pintle never talks to a cluster");
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

/// `NameAndChart`
fn name_and_chart(args: &Args) -> Result<(String, String), Error> {
    let usage = |message: String| Err(Error::new("usage/arguments", message));
    match args.args.as_slice() {
        [] => usage("\"helm template\" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]".into()),
        [chart] => match &args.name_template {
            Some(text) => Ok((pintle::release::name_from_template(text)?, chart.clone())),
            None => Ok(("release-name".into(), chart.clone())),
        },
        [_, _] if args.ignored.generate_name => usage("cannot set --generate-name and also specify a name".into()),
        [_, _] if args.name_template.is_some() => usage("cannot set --name-template and also specify a name".into()),
        [name, chart] => Ok((name.clone(), chart.clone())),
        [_, _, rest @ ..] => usage(format!("expected at most two arguments, unexpected arguments: {}", rest.join(", "))),
    }
}

fn locate(chart: &str) -> Result<PathBuf, Error> {
    let name = chart.trim();
    if name.contains("://") {
        let message = format!("{name}: charts are read from folders and archives only; pull the chart first");
        return Err(Error::new("usage/unsupported", message));
    }
    let path = Path::new(name);
    if path.exists() {
        return Ok(path.to_owned());
    }
    if path.is_absolute() || name.starts_with('.') {
        return Err(Error::new("chart/missing", format!("path \"{name}\" not found")));
    }
    let message = format!("{name}: no such folder or archive; charts of repositories are not looked up, pull the chart first");
    Err(Error::new("chart/missing", message))
}

/// Writes the files, and prints Helm's lines about them.
fn write(release: &Release, options: &EmitOptions, dir: &Path) -> Result<(), Error> {
    let mut out = Vec::new();
    for file in emit::files(release, options) {
        io::write_below(dir, &file.path, &file.text).map_err(|e| Error::new("io", e))?;
        for _ in 0..file.writes {
            out.extend_from_slice(format!("wrote {}/{}\n", dir.display(), file.path).as_bytes());
        }
    }
    out.push(b'\n');
    io::print(&out);
    Ok(())
}
