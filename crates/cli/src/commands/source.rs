//! What is to be rendered, found out once for all commands that render: a pintle.yaml, a chart, a kustomization.
//!
//! Takes a path and the flags that say how, gives streams of manifests with their titles.

use pintle_core::ahead::Ahead;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pintle_core::checks::{self, Checks, Mode, Part};
use pintle_core::emit::EmitOptions;
use pintle_core::overlay::Kustomization;
use pintle_core::project::discover::{self, Found, Target};
use pintle_core::project::run::{self, Collected};
use pintle_core::project::{FILE, Job, Project};
use pintle_core::request::{Input, Outcome, Request};
use pintle_core::{Chart, Compat, Diagnostic, Error, Limits, LoadOptions, Options};
use pintle_diagnostic::Levels;
use pintle_files::Root;

use super::{cluster, values, world};
use crate::report::Form;
use crate::rules;
use crate::{io, report};

/// The flags that say how something is rendered.
#[derive(clap::Args)]
#[group(skip)]
pub struct Args {
    /// The release's name [default: the chart's name]; with a pintle.yaml, the release that is wanted
    #[arg(long, value_name = "NAME")]
    pub release: Option<String>,
    /// The release's namespace [default: default]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// The Kubernetes version for .Capabilities
    #[arg(long, value_name = "VERSION")]
    pub kube_version: Option<String>,
    /// Further API versions for .Capabilities; commas separate them
    #[arg(long, value_name = "VERSIONS")]
    pub api_versions: Vec<String>,
    /// Print the files of crds/ too
    #[arg(long)]
    pub include_crds: bool,
    /// Leave hooks out
    #[arg(long)]
    pub no_hooks: bool,
    /// The Helm whose bytes are wanted: helm-4.3 or helm-3.22
    #[arg(long, value_name = "PROFILE", default_value = "helm-4.3", value_parser = profile)]
    pub compat: Compat,
    /// Symbolic links, and the paths of a pintle.yaml, may lead anywhere below this folder [default: the Git work tree around the chart
    /// or the pintle.yaml, else its folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// A folder with the schemas that a values.schema.json refers to by URL: HOST/PATH below it, or just the file's name
    #[arg(long, value_name = "DIR")]
    pub schema_dir: Option<PathBuf>,
    /// Leave values.schema.json aside
    #[arg(long)]
    pub skip_schema_validation: bool,
    /// What a render may use up: default, strict (for charts of strangers), or steps, memory, output, depth, documents and time, as in
    /// strict,memory=256Mi,time=2s
    #[arg(long, value_name = "LIMITS", default_value = "default", value_parser = Limits::from_str)]
    pub limits: Limits,
    #[command(flatten)]
    pub values: values::Args,
    #[command(flatten)]
    pub cluster: cluster::Args,
    #[command(flatten)]
    pub world: world::Args,
    #[command(flatten)]
    pub checks: CheckArgs,
}

/// The flags that say what is checked.
#[derive(clap::Args, Default)]
#[cfg_attr(test, derive(Debug))]
#[group(skip)]
#[command(next_help_heading = "Checks")]
pub struct CheckArgs {
    /// What findings do: error (errors withhold the output), warn, off [default: error for render and diff, off for the
    /// others]
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub check: Option<Mode>,
    /// Another level for a rule or a topic: ref/secret=error, hygiene/*=warn
    #[arg(long, value_name = "CODE=LEVEL")]
    pub rule: Vec<String>,
    /// An object that exists though nothing renders it: Secret/db, Secret/prod/db, ConfigMap/*
    #[arg(long, value_name = "KIND/NAME", value_parser = existing)]
    pub existing: Vec<String>,
    /// Look for these parts only: schema, api, refs, secrets; commas separate them
    #[arg(long, value_name = "PARTS", value_delimiter = ',', value_parser = part)]
    pub only: Vec<Part>,
    /// Show findings at the level note too
    #[arg(long)]
    pub notes: bool,
    /// How findings and errors are printed: text, json, sarif, github, junit or tap; with =FILE into a file beside the text
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = Form::read)]
    pub findings: Vec<Form>,
}

fn mode(name: &str) -> Result<Mode, String> {
    name.parse()
}

/// Reads an object of `--existing`.
pub fn existing(object: &str) -> Result<String, String> {
    match object.contains('/') {
        true => Ok(object.to_owned()),
        false => Err("KIND/NAME is meant, such as Secret/db".to_owned()),
    }
}

/// Reads a part of `--only`.
pub fn part(name: &str) -> Result<Part, String> {
    name.parse()
}

impl CheckArgs {
    /// What the flags ask for; `mode` is what findings do without `--check`.
    pub fn checks(&self, mode: Mode) -> Result<Checks, Error> {
        Ok(Checks {
            existing: self.existing.clone(),
            notes: self.notes,
            mode: self.check.unwrap_or(mode),
            only: self.only.clone(),
            levels: levels(&self.rule)?,
            ..Checks::default()
        })
    }
}

/// What `--rule` says.
pub fn levels(rules: &[String]) -> Result<Levels, Error> {
    let mut levels = Levels::default();
    for rule in rules {
        let (code, level) = rule.split_once('=').ok_or_else(|| usage(&format!("--rule {rule}: CODE=LEVEL is meant")))?;
        levels.set(code, level, checks::rules()).map_err(|e| usage(&format!("--rule: {e}")))?;
    }
    Ok(levels)
}

fn profile(name: &str) -> Result<Compat, String> {
    name.parse()
}

/// A stream of manifests.
pub struct Rendered {
    /// Its file below an output folder: `prod/web.yaml`.
    pub path: String,
    /// The release's own namespace, if it has one.
    pub namespace: Option<String>,
    /// The manifests.
    pub text: Vec<u8>,
}

/// What a path holds. The current folder may also lie below that of a pintle.yaml.
pub fn find(path: &Path) -> Result<Found, Error> {
    let above = || {
        let here = path.canonicalize().ok().filter(|_| path == Path::new("."))?;
        let work_tree = here.ancestors().position(|d| d.join(".git").exists())?;
        here.ancestors().skip(1).take(work_tree).map(|d| d.join(FILE)).find(|f| f.is_file())
    };
    match discover::target(path) {
        Err(e) => above().map(Target::Project).ok_or(e)?,
        Ok(target) => target,
    }
    .read()
}

/// Where paths and links of a repository may lead: below `--root`, or below the Git work tree around it, else its folder.
pub fn root_of(dir: &Path, given: Option<&Path>) -> Result<Root, Error> {
    let root = given.map_or_else(|| Root::around(dir), Root::new);
    root.map_err(|e| Error::new(&pintle_core::rules::FILE_READ, format!("{}: {e}", given.unwrap_or(dir).display())))
}

/// Renders the jobs of a project. Warnings are shown; errors are those of all jobs.
pub fn jobs(project: &Project, jobs: &[&Job], args: &Args, root: Option<&Path>) -> Result<Vec<Rendered>, Error> {
    if args.namespace.is_some() {
        return Err(usage(&format!("--namespace: {FILE} says which namespace a release has in which environment")));
    }
    let progress = Progress::new(jobs.len());
    let settings = run::Settings {
        root: root_of(&project.dir, root)?,
        on_demand: true,
        ahead: Ahead::on(),
        values: args.values.options()?,
        options: options(args)?,
        read_file: &io::read_values,
        include_crds: args.include_crds,
        no_hooks: args.no_hooks,
        skip_tests: false,
        checks: args.checks.checks(Mode::Error)?,
        done: &|job| progress.step(job),
    };
    let results = run::run(project, jobs, &settings);
    progress.end();
    let Collected { outputs, warnings, error } = run::collect(jobs, results);
    warnings.iter().for_each(report::diagnostic);
    error.map_or(Ok(()), Err)?;
    let rendered = jobs.iter().zip(outputs).map(|(job, output)| Rendered {
        path: job.output.clone(),
        namespace: Some(job.namespace.clone()),
        text: output.text,
    });
    Ok(rendered.collect())
}

fn options(args: &Args) -> Result<Options, Error> {
    args.cluster.check()?;
    let cluster::Opened { cluster, lookups, .. } = args.cluster.open(&[])?;
    Ok(Options {
        kube_version: args.kube_version.clone(),
        api_versions: args.api_versions.iter().flat_map(|v| values::split_commas(v)).collect(),
        skip_schema_validation: args.skip_schema_validation,
        schemas: values::schemas(args.schema_dir.as_deref()),
        limits: args.limits,
        world: args.world.worlds(),
        cluster,
        lookups,
        ..Options::default()
    })
}

/// Renders a chart; `env` adds the file of values that lies in or beside it.
pub fn chart(path: &Path, env: Option<&str>, args: &Args, root: Option<&Path>) -> Result<Outcome, Error> {
    let mut given = args.values.options()?;
    if let Some(env) = env {
        let file = discover::environment_values(path, env)?;
        let name = file.display().to_string();
        let text = io::read_values(&name).map_err(|e| Error::new(&pintle_core::rules::FILE_READ, e))?;
        given.files.insert(0, pintle_core::ValuesFile::new(name, text));
    }
    let load = LoadOptions { limits: args.limits, ..values::load_options(path, root, args.compat) };
    let chart = Chart::load(path, &load)?;
    let request = Request {
        values: given,
        read_file: &io::read_values,
        options: Options {
            release_name: args.release.clone().unwrap_or_else(|| chart.name().to_owned()),
            namespace: args.namespace.clone().unwrap_or_else(|| "default".to_owned()),
            ..options(args)?
        },
        checks: args.checks.checks(Mode::Error)?,
        emit: EmitOptions { include_crds: args.include_crds, no_hooks: args.no_hooks, ..EmitOptions::default() },
        ..Request::new(Input::Loaded(chart))
    };
    accept(request.run()?)
}

/// Builds a kustomization; flags that set values have no meaning there.
pub fn kustomization(path: &Path, env: Option<&str>, args: &Args, root: Option<&Path>) -> Result<Outcome, Error> {
    let v = &args.values;
    let sets = [&v.files, &v.set, &v.set_string, &v.set_json, &v.set_file, &v.set_literal].into_iter().any(|s| !s.is_empty());
    if sets || env.is_some() || args.release.is_some() || args.namespace.is_some() {
        let what = "--env, --release, --namespace and values have no meaning there";
        return Err(usage(&format!("{} is built by its kustomization: {what}", path.display())));
    }
    let root = root.map(|root| root_of(path, Some(root))).transpose()?;
    let request = Request {
        options: Options { limits: args.limits, ..Options::default() },
        checks: args.checks.checks(Mode::Error)?,
        ahead: Ahead::on(),
        ..Request::new(Input::Kustomization(Kustomization::new(path, root)))
    };
    accept(request.run()?)
}

/// Shows what was noticed and found. Errors: findings that withhold the output.
fn accept(mut outcome: Outcome) -> Result<Outcome, Error> {
    outcome.shown().for_each(report::diagnostic);
    outcome.refused.take().map_or(Ok(outcome), Err)
}

/// Everything that `path` gives for an environment, in one stream each. `root` is where its paths and links may lead, if not where they
/// may by default.
pub fn streams(path: &Path, env: Option<&str>, args: &Args, root: Option<&Path>) -> Result<Vec<Rendered>, Error> {
    match find(path)? {
        Found::Project(project) => {
            let selected = project.select(env, args.release.as_deref())?;
            jobs(&project, &selected, args, root)
        }
        Found::Chart(path) => {
            let text = chart(&path, env, args, root)?.stream()?;
            Ok(vec![Rendered { path: "chart.yaml".into(), namespace: args.namespace.clone(), text }])
        }
        Found::Kustomization(path) => {
            let text = kustomization(&path, env, args, root)?.stream()?;
            Ok(vec![Rendered { path: "kustomization.yaml".into(), namespace: None, text }])
        }
    }
}

/// An error that is the caller's.
pub fn usage(message: &str) -> Error {
    Diagnostic::new(&rules::USAGE_FLAGS, message).into()
}

/// How far a long run is, on a terminal only.
struct Progress {
    total: usize,
    done: AtomicUsize,
    shown: Option<Mutex<()>>,
}

impl Progress {
    fn new(total: usize) -> Progress {
        let shown = (total > 1 && std::io::stderr().is_terminal()).then(|| Mutex::new(()));
        Progress { total, done: AtomicUsize::new(0), shown }
    }

    fn step(&self, job: &Job) {
        let Some(lock) = &self.shown else { return };
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let _line = lock.lock();
        let _ = write!(std::io::stderr(), "\r\x1b[K[{done}/{}] {}", self.total, report::harmless(&job.title()));
    }

    fn end(&self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
