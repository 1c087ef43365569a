//! `pintle render`: the friendly form. Manifests go to standard output, everything else to standard error.

use std::path::PathBuf;
use std::process::ExitCode;

use pintle::emit::{self, EmitOptions};
use pintle::{Chart, Compat, Error, Options};

use super::values;
use crate::{io, report};

/// Arguments of `pintle render`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The chart: a folder or a .tgz archive
    #[arg(default_value = ".", hide_default_value = true)]
    chart: PathBuf,
    #[command(flatten)]
    values: values::Args,
    /// The release's name [default: the chart's name]
    #[arg(long, value_name = "NAME")]
    release: Option<String>,
    /// The release's namespace
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    namespace: String,
    /// The Kubernetes version for .Capabilities
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// Further API versions for .Capabilities; commas separate them
    #[arg(long, value_name = "VERSIONS")]
    api_versions: Vec<String>,
    /// Print the files of crds/ too
    #[arg(long)]
    include_crds: bool,
    /// Leave hooks out
    #[arg(long)]
    no_hooks: bool,
    /// Write each template's output to a file below this folder
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    /// The Helm whose bytes are wanted: helm-4.3 or helm-3.22
    #[arg(long, value_name = "PROFILE", default_value = "helm-4.3")]
    compat: String,
    /// Symbolic links may lead anywhere below this folder [default: the Git work tree around the chart, else the chart]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// A folder with the schemas that a values.schema.json refers to by URL: HOST/PATH below it, or just the file's name
    #[arg(long, value_name = "DIR")]
    schema_dir: Option<PathBuf>,
    /// Leave values.schema.json aside
    #[arg(long)]
    skip_schema_validation: bool,
}

const EXAMPLES: &str = "Examples:
  pintle render --values values-prod.yaml
  pintle render charts/web --values values-prod.yaml --release web --namespace web
  pintle render charts/web -f values.yaml -f values-prod.yaml --output-dir rendered";

pub fn run(args: &Args) -> ExitCode {
    let Some(compat) = Compat::from_name(&args.compat) else {
        report::line(&format!("error: unknown profile {:?}: known are helm-4.3 and helm-3.22", args.compat));
        return ExitCode::from(2);
    };
    match render(args, compat) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            report::error(&e);
            ExitCode::FAILURE
        }
    }
}

fn render(args: &Args, compat: Compat) -> Result<(), Error> {
    let values = args.values.merge(compat)?;
    let chart = Chart::load(&args.chart, &values::load_options(&args.chart, args.root.as_deref(), compat))?;
    let options = Options {
        release_name: args.release.clone().unwrap_or_else(|| chart.name().to_owned()),
        namespace: args.namespace.clone(),
        compat,
        kube_version: args.kube_version.clone(),
        api_versions: args.api_versions.iter().flat_map(|v| values::split_commas(v)).collect(),
        skip_schema_validation: args.skip_schema_validation,
        schemas: values::schemas(args.schema_dir.as_deref()),
        ..Options::default()
    };
    let release = pintle::render(&chart, &values, &options)?;
    release.warnings.iter().for_each(report::diagnostic);
    let emit = EmitOptions { include_crds: args.include_crds, no_hooks: args.no_hooks, compat, ..EmitOptions::default() };
    let Some(dir) = &args.output_dir else { return io::print_release(&release, &emit) };
    for file in emit::files(&release, &emit) {
        io::write_below(dir, &file.path, &file.text).map_err(|e| Error::new("io", e))?;
        report::line(&format!("wrote {}/{}", dir.display(), file.path));
    }
    Ok(())
}
