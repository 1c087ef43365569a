//! `pintle validate`: manifests checked as an API server would check them, with kubeconform's flags beside our own.

mod files;
mod flags;
mod output;

use pintle_files::read::Allowance;
use std::cmp::Reverse;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;

use pintle_core::ahead::on_threads;
use pintle_core::checks::{self, Checks, Document, Part, stream_documents};
use pintle_core::{Severity, Span};
use pintle_diagnostic::{Levels, Source};
use pintle_validate::{Locations, Options, ResourceReport, Status, Validator};
use pintle_value::budget::Exceeded;

use super::source::{existing, levels, part};
use crate::{io, report};

use flags::Format;
pub use flags::normalized;

/// Examples that `--help` ends with.
const EXAMPLES: &str = "Examples:
  pintle validate rendered/
  pintle template web charts/web | pintle validate -
  pintle validate --kube-version 1.31 --kube-version 1.37 --crds crds/ --findings github rendered/";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Files, folders (every .yaml, .yml and .json below) or - for standard input
    #[arg(value_name = "FILE | DIR | -")]
    files: Vec<PathBuf>,
    /// What to print: text, json, sarif, github, junit or tap
    #[arg(short = 'o', long = "findings", value_name = "FORMAT", value_parser = flags::format)]
    format: Option<Format>,
    /// What to print, as kubeconform does: json, junit, pretty, tap or text
    #[arg(long, value_name = "FORMAT", value_parser = flags::kubeconform_format, conflicts_with = "format")]
    output: Option<Format>,
    /// What to look for: schema, api, refs (references between the manifests), secrets; commas separate them
    #[arg(long, value_name = "PARTS", value_delimiter = ',', default_value = "schema,api", value_parser = part)]
    only: Vec<Part>,
    /// Another level for a rule or a topic: ref/secret=error, hygiene/*=warn, schema/unknown-field=off
    #[arg(long, value_name = "CODE=LEVEL")]
    rule: Vec<String>,
    /// An object that exists though it isn't among the manifests: Secret/db, Secret/prod/db, ConfigMap/*
    #[arg(long, value_name = "KIND/NAME", value_parser = existing)]
    existing: Vec<String>,
    /// Show findings of refs at the level note, as warnings
    #[arg(long)]
    notes: bool,
    /// The Kubernetes version to check for, 1.25 to 1.37; several may be given
    #[arg(long, visible_alias = "kubernetes-version", value_name = "VERSION", value_delimiter = ',', value_parser = flags::version)]
    kube_version: Vec<u32>,
    /// Folders or files with CustomResourceDefinitions; they win over those in the program
    #[arg(long, value_name = "DIR")]
    crds: Vec<PathBuf>,
    /// Where to look for schemas, in this order: `default`, folders, or templates of file names
    #[arg(long, value_name = "LOCATION")]
    schema_location: Vec<String>,
    /// Fail on kinds without a schema
    #[arg(long, conflicts_with = "ignore_missing_schemas")]
    strict_schemas: bool,
    /// Skip kinds without a schema; this is the default
    #[arg(long)]
    ignore_missing_schemas: bool,
    /// Refuse fields that the schema doesn't know, and duplicate ones; this is the default
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    strict: bool,
    /// Kinds that aren't checked: `Kind` or `group/version/Kind`
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    skip: Vec<String>,
    /// Kinds that are refused
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    reject: Vec<String>,
    /// Leave out files whose names match this regular expression
    #[arg(long, value_name = "REGEXP")]
    ignore_filename_pattern: Vec<String>,
    /// Stop at the first object that is wrong
    #[arg(long)]
    exit_on_error: bool,
    /// End with a summary
    #[arg(long)]
    summary: bool,
    /// List the objects that are sound, too
    #[arg(long)]
    verbose: bool,
    /// How many files to check at once
    #[arg(long, value_name = "NUMBER")]
    threads: Option<usize>,
    /// Taken and ignored: schemas are in the program, so there is nothing to keep
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

/// Checks files and prints what is wrong with them.
pub fn run(args: &Args) -> ExitCode {
    match checked(args) {
        Ok((reports, files)) => {
            let format = args.format.or(args.output).unwrap_or(Format::Text);
            let shown = output::Shown {
                reports: &reports,
                files,
                verbose: args.verbose,
                summary: args.summary,
                colour: report::stdout_colour(),
            };
            let printed = io::finish(output::render(&shown, format).as_bytes());
            let is_bad = reports.iter().any(|r| matches!(r.status, Status::Invalid | Status::Error));
            if is_bad { ExitCode::FAILURE } else { printed }
        }
        Err(Failure::Usage(message)) => {
            report::line(&format!("error: {message}"));
            ExitCode::from(2)
        }
        Err(Failure::Read(message)) => {
            report::line(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// Why nothing was checked.
enum Failure {
    Usage(String),
    Read(String),
}

fn exceeded(e: Exceeded) -> Failure {
    Failure::Read(format!("the manifests can't be checked: {e}"))
}

fn checked(args: &Args) -> Result<(Vec<ResourceReport>, usize), Failure> {
    let levels = levels(&args.rule).map_err(|e| Failure::Usage(e.to_string()))?;
    let locations = Locations::new(&args.schema_location).map_err(Failure::Usage)?;
    let ignored = files::Ignored::new(&args.ignore_filename_pattern).map_err(Failure::Usage)?;
    let names = files::inputs(&args.files, &ignored).map_err(|e| match e {
        files::Error::None => Failure::Usage("name files or folders, or - for standard input".to_owned()),
        files::Error::Read(message) => Failure::Read(message),
    })?;
    let versions = if args.kube_version.is_empty() { vec![pintle_validate::NEWEST] } else { args.kube_version.clone() };
    let options = Options {
        versions,
        schema: args.only.contains(&Part::Schema),
        api: args.only.contains(&Part::Api),
        strict: args.strict,
        strict_schemas: args.strict_schemas,
        skip: args.skip.clone(),
        reject: args.reject.clone(),
        levels: levels.clone(),
        ..Options::default()
    };
    let threads = args.threads.filter(|n| *n > 0).unwrap_or_else(|| available_parallelism().map_or(1, usize::from)).min(16);
    let mut validator = Validator::new(options).with_locations(locations);
    let allowance = Allowance::default();
    for input in files::inputs(&args.crds, &files::Ignored::default()).or_else(files::Error::or_empty).map_err(Failure::Read)? {
        validator.add_crds(&input.read(&allowance).map_err(Failure::Read)?).map_err(exceeded)?;
    }
    // Small sets are done before a thread has started.
    let threads = threads.min(names.len().div_ceil(16));
    let texts = on_threads(&names, threads, |input| input.read(&allowance));
    let mut inputs = Vec::with_capacity(names.len());
    for (input, text) in names.iter().zip(texts) {
        // Manifests may hold secrets: their lines are never repeated.
        inputs.push(Source::new(input.name(), text.map_err(Failure::Read)?).private());
    }
    for source in &inputs {
        validator.add_crds(source.text()).map_err(exceeded)?;
    }
    let mut reports: Vec<ResourceReport> = Vec::new();
    for checked in on_threads(&inputs, threads, |source| validator.check(source)) {
        reports.append(&mut checked.map_err(exceeded)?);
    }
    related(args, levels, &inputs, &mut reports);
    if args.exit_on_error
        && let Some(first) = reports.iter().position(|r| matches!(r.status, Status::Invalid | Status::Error))
    {
        reports.truncate(first + 1);
    }
    Ok((reports, inputs.len()))
}

/// Adds what is wrong between the manifests and with their secrets to the reports of the objects.
fn related(args: &Args, levels: Levels, inputs: &[Source], reports: &mut [ResourceReport]) {
    let parts = [Part::Refs, Part::Secrets];
    let checks = Checks {
        only: args.only.iter().copied().filter(|part| parts.contains(part)).collect(),
        existing: args.existing.clone(),
        notes: args.notes,
        kube_version: args.kube_version.first().map(|minor| format!("1.{minor}")),
        levels,
        ..Checks::default()
    };
    if checks.only.is_empty() {
        return;
    }
    // Invalid YAML has its finding already.
    let documents: Vec<Document> = inputs.iter().flat_map(|source| stream_documents(source).unwrap_or_default()).collect();
    for found in checks::related(&documents, &checks) {
        let Some(span) = &found.span else { continue };
        let start = |span: &Span| span.bytes().map_or(0, |bytes| bytes.start);
        // Of several objects in a list, and of several versions, the first that the place lies in.
        let before = |r: &&mut ResourceReport| r.span.source.is(&span.source) && start(&r.span) <= start(span);
        let Some(report) = reports.iter_mut().filter(before).max_by_key(|r| (start(&r.span), Reverse(r.kubernetes))) else {
            continue;
        };
        if found.severity == Severity::Error && matches!(report.status, Status::Valid | Status::Skipped) {
            report.status = Status::Invalid;
            report.message.clone_from(&found.message);
        }
        report.findings.push(found);
    }
}
