//! Rendering what a pintle.yaml asks for.

use pintle_diagnostic::merged;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use pintle_files::{Refused, Root, TEXT, refused};
use pintle_functions::world::Drawn;
use pintle_value::{Data, DataMap};

use super::{Inline, Job, Project, Source};
use crate::ahead::Ahead;
use crate::checks::{Checks, Verdicts};
use crate::diagnostic::{Diagnostic, Error, Result, Span};
use crate::emit::EmitOptions;
use crate::load::{Chart, LoadOptions};
use crate::merge::options::{ValuesFile, ValuesOptions};
use crate::overlay::{Kustomization, Overlay};
use crate::release::Options;
use crate::request::{Input, Request};
use crate::rules;

/// What is given beside pintle.yaml, for every job.
pub struct Settings<'s> {
    /// Where paths of pintle.yaml and links of charts may lead: the file is the repository's, what else lies on the disk is not.
    pub root: Root,
    /// Whether files that only `.Files` leads to are read when they are asked for ([`LoadOptions::on_demand`]).
    pub on_demand: bool,
    /// What may be done at once and ahead, jobs above all.
    pub ahead: Ahead,
    /// Values over those of pintle.yaml.
    pub values: ValuesOptions,
    /// Everything else. Names and namespaces come from the job; a Kubernetes version here counts more than its own.
    pub options: Options,
    /// Reads the file that `--set-file` names.
    pub read_file: &'s (dyn Fn(&str) -> Result<Vec<u8>, String> + Sync),
    /// Whether the files of crds/ are part of every output.
    pub include_crds: bool,
    /// Whether hooks are left out of every output.
    pub no_hooks: bool,
    /// Whether tests among the hooks are left out of every output.
    pub skip_tests: bool,
    /// What becomes of findings, with levels and what exists elsewhere over those of pintle.yaml.
    pub checks: Checks,
    /// Told of every job that is done, from any thread.
    pub done: &'s (dyn Fn(&Job) + Sync),
}

/// What became of a job.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output {
    /// The manifests, as one stream.
    pub text: Vec<u8>,
    /// What was noticed.
    pub warnings: Vec<Diagnostic>,
    /// What the chart's templates drew from outside of their inputs; nothing is known of the charts of a kustomization
    /// or an overlay.
    pub drawn: Option<Drawn>,
}

/// Renders jobs, several at once. The results stand in the order of the jobs, and are the same for any number of threads.
pub fn run(project: &Project, jobs: &[&Job], settings: &Settings<'_>) -> Vec<Result<Output>> {
    let charts = Charts::default();
    let verdicts = (jobs.len() > 1).then(Verdicts::default);
    settings.ahead.map(
        jobs,
        |_| JOB_SIZE,
        |job| {
            let result = one(project, job, settings, &charts, verdicts.clone());
            (settings.done)(job);
            result
        },
    )
}

/// What became of several jobs.
#[derive(Debug)]
pub struct Collected {
    /// What those gave that didn't fail, in the order of the jobs.
    pub outputs: Vec<Output>,
    /// What was noticed in any of them: each finding once, with all the releases that it was found in.
    pub warnings: Vec<Diagnostic>,
    /// What failed, the same way.
    pub error: Option<Error>,
}

/// Brings together what [`run`] gave for these jobs.
pub fn collect(jobs: &[&Job], results: Vec<Result<Output>>) -> Collected {
    let (mut outputs, mut noticed, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (job, result) in jobs.iter().zip(results) {
        match result {
            Ok(mut output) => {
                noticed.push((job.title(), std::mem::take(&mut output.warnings)));
                outputs.push(output);
            }
            Err(mut e) => failed.push((job.title(), std::mem::take(e.diagnostics_mut()))),
        }
    }
    let error = Error::of(merged(failed));
    Collected { outputs, warnings: merged(noticed), error }
}

/// Every job is worth a thread.
const JOB_SIZE: usize = 1 << 20;

/// Charts that were loaded before, by path and profile: environments share them.
#[derive(Default)]
struct Charts(Mutex<HashMap<(std::path::PathBuf, crate::Compat), Arc<Chart>>>);

impl Charts {
    fn load(&self, path: &Path, options: &LoadOptions) -> Result<Arc<Chart>> {
        let key = (path.to_owned(), options.compat);
        if let Ok(known) = self.0.lock()
            && let Some(chart) = known.get(&key)
        {
            return Ok(chart.clone());
        }
        let chart = Chart::load(path, options)?;
        if let Ok(mut known) = self.0.lock() {
            known.insert(key, chart.clone());
        }
        Ok(chart)
    }
}

fn one(project: &Project, job: &Job, settings: &Settings<'_>, charts: &Charts, verdicts: Option<Verdicts>) -> Result<Output> {
    let limits = job.limits.map_or(settings.options.limits, |limits| settings.options.limits.at_most(limits));
    let (input, values) = match &job.source {
        Source::Chart(path) => {
            let path = project.dir.join(path);
            inside(settings, "chart", &path, &job.span)?;
            let root = Some(settings.root.folder().to_owned());
            let load =
                LoadOptions { root, compat: job.compat, limits, on_demand: settings.on_demand, ahead: settings.ahead.clone() };
            (Input::Loaded(charts.load(&path, &load)?), values(project, job, settings)?)
        }
        Source::Kustomization(path) => {
            let dir = project.dir.join(path);
            inside(settings, "folder", &dir, &job.span)?;
            (Input::Kustomization(Kustomization::new(dir, Some(settings.root.clone()))), ValuesOptions::default())
        }
    };
    let overlay = |(fields, place): &(DataMap, Span)| Overlay {
        dir: project.dir.clone(),
        root: settings.root.clone(),
        fields: fields.clone(),
        place: place.clone(),
    };
    let request = Request {
        values,
        read_file: settings.read_file,
        ahead: settings.ahead.clone(),
        options: Options {
            release_name: job.release_name.clone(),
            namespace: job.namespace.clone(),
            limits,
            kube_version: settings.options.kube_version.clone().or_else(|| job.kube_version.clone()),
            api_versions: job.api_versions.iter().chain(&settings.options.api_versions).cloned().collect(),
            ..settings.options.clone()
        },
        overlays: job.overlays.iter().map(overlay).collect(),
        checks: Checks { verdicts, ..checks(job, settings) },
        emit: EmitOptions {
            include_crds: job.include_crds || settings.include_crds,
            no_hooks: job.no_hooks || settings.no_hooks,
            skip_tests: settings.skip_tests,
            ..EmitOptions::default()
        },
        title: format!("the output of {}", job.title()),
        ..Request::new(input)
    };
    let outcome = request.run()?;
    match outcome.refused {
        Some(error) => Err(error),
        None => Ok(Output { text: outcome.stream()?, warnings: outcome.shown().cloned().collect(), drawn: outcome.drawn }),
    }
}

/// The values of pintle.yaml, with what is given beside it over them.
fn values(project: &Project, job: &Job, settings: &Settings<'_>) -> Result<ValuesOptions> {
    let mut files = Vec::new();
    let mut left = TEXT;
    for file in &job.values {
        let path = project.dir.join(&file.path);
        let text = settings.root.read(&path, left).map_err(|e| unreadable("values file", &path, &file.span, &e))?;
        // The limit is for all of them: a list may name the same file again and again.
        left -= text.len() as u64;
        files.push(ValuesFile::new(path.to_string_lossy(), text));
    }
    for Inline { values, source, path } in &job.set {
        let text = pintle_value::json::to_string(&Data::Map(values.clone()))
            .map_err(|e| Error::new(&rules::VALUES_TYPE, e.to_string()))?;
        let within = Some((source.clone(), path.clone()));
        files.push(ValuesFile { within, ..ValuesFile::new(source.name(), text.into_bytes()) });
    }
    files.extend(settings.values.files.iter().cloned());
    Ok(ValuesOptions { files, ..settings.values.clone() })
}

/// What pintle.yaml says, with what was asked for over it.
fn checks(job: &Job, settings: &Settings<'_>) -> Checks {
    let (own, asked) = (&job.checks, &settings.checks);
    Checks {
        levels: own.levels.with(&asked.levels),
        existing: own.existing.iter().chain(&asked.existing).cloned().collect(),
        manual: own.manual.iter().chain(&asked.manual).cloned().collect(),
        namespace: job.namespace.clone(),
        kube_version: asked.kube_version.clone().or_else(|| job.kube_version.clone()),
        ..asked.clone()
    }
}

/// Whether a path that pintle.yaml names stays in its repository.
fn inside(settings: &Settings<'_>, what: &str, path: &Path, span: &Span) -> Result<()> {
    settings.root.resolve(path).map(drop).map_err(|e| unreadable(what, path, span, &e))
}

fn unreadable(what: &str, path: &Path, span: &Span, e: &std::io::Error) -> Error {
    let shown = path.display();
    let d = match (e.kind(), refused(e)) {
        (std::io::ErrorKind::NotFound, _) => Diagnostic::new(&rules::PROJECT_ABSENT, format!("{what} {shown} doesn't exist")),
        (_, Some(Refused::Outside(_))) => Diagnostic::new(&rules::PROJECT_OUTSIDE, format!("{what} {shown} {e}"))
            .hint("a pintle.yaml names files of its own repository; --root DIR lets it name what lies below DIR"),
        _ => Diagnostic::new(&rules::FILE_READ, format!("{what} {shown}: {e}")),
    };
    d.at(span.clone()).into()
}
