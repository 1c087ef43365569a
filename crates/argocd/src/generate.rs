//! An application's manifests.
//!
//! Names, namespaces, versions and CRDs are as in Argo CD's own Helm support (`reposerver/repository`, `helmTemplate`): the release is called
//! like the application and lives in the destination's namespace, the cluster's versions are the capabilities, CRDs are printed.

use pintle_core::ahead::Ahead;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pintle_core::checks::{Checks, Mode, check, judge, stream_documents};
use pintle_core::cluster::Cluster;
use pintle_core::emit::EmitOptions;
use pintle_core::overlay::{Kustomization, Overlay};
use pintle_core::package::{self, Status};
use pintle_core::project::discover::{Found, KUSTOMIZATION_FILES};
use pintle_core::project::run;
use pintle_core::project::{FILE, Job, Project};
use pintle_core::request::{Input, Outcome, Request};
use pintle_core::{Chart, Compat, Data, DataMap, Diagnostic, Drawn, Error, LoadOptions, Options, Span};
use pintle_files::TEXT;
use pintle_files::read::Allowance;
use pintle_yaml::Tree;

use crate::cache::{Cache, Recorded};
use crate::key::{self, Key};
use crate::limits::{self, Watch};
use crate::parameters::wrong;
use crate::{Application, Kind, Said, plain, rules, values};

/// What a render gave.
struct Made {
    text: Vec<u8>,
    warnings: Vec<Diagnostic>,
    /// What templates drew from outside of their inputs, if it is known.
    drawn: Option<Drawn>,
}

impl Made {
    /// Errors: findings that withhold the output.
    fn of(mut outcome: Outcome) -> Result<Made, Error> {
        outcome.refused.take().map_or(Ok(()), Err)?;
        Ok(Made { text: outcome.stream()?, warnings: outcome.shown().cloned().collect(), drawn: outcome.drawn })
    }
}

/// Prints the manifests of an application. `late` is told what to say if it takes longer than the administrator allows; the render can't be
/// stopped, so the program must end then. Nothing is given before all is rendered.
///
/// Errors: those of the render, findings that withhold it, parameters that don't fit, an output without objects.
pub fn generate(app: &Application, late: impl FnOnce(String) + Send + 'static) -> Result<Said, Error> {
    let watch = Watch::start(&app.environment, late)?;
    watch.doing(vec![shown_folder(app)]);
    let kind = app.kind()?;
    if let Kind::Found(Found::Chart(path)) = &kind {
        dependencies(app, path)?;
    }
    let Some(cache) = Cache::of(&app.environment)? else { return made(app, &kind, &watch).map(|(said, _)| said) };
    let key = cache.open().map_err(Cow::from).and_then(|()| key::of(app, &kind).map_err(Cow::from));
    if let Ok(key) = &key
        && let Some(found) = cache.get(key)
    {
        let log = format!("cache: hit {}", key.short());
        return Ok(Said { text: found.text, noticed: found.said, log: Some(log) });
    }
    let (mut said, drawn) = made(app, &kind, &watch)?;
    said.log = Some(match key {
        Ok(key) => keep(app, &kind, &cache, &key, &said, drawn),
        Err(why) => app.clean(&format!("cache: not kept, {why}")),
    });
    Ok(said)
}

/// Records an output if the next render of the same can't give another.
fn keep(app: &Application, kind: &Kind, cache: &Cache, key: &Key, said: &Said, drawn: Option<Drawn>) -> String {
    match drawn {
        None => return "cache: not kept, what it depends on isn't known".to_owned(),
        Some(drawn) if drawn.any() => {
            let all = [(drawn.random, "chance"), (drawn.clock, "the time"), (drawn.dns, "DNS"), (drawn.lookup, "the cluster")];
            let named: Vec<&str> = all.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
            return format!("cache: not kept, templates ask for {}", named.join(" and "));
        }
        Some(_) => {}
    }
    // A file that changed while it was rendered may be in the output, and the key is of what it was before.
    if key::of(app, kind).as_ref() != Ok(key) {
        return "cache: not kept, files changed meanwhile".to_owned();
    }
    match cache.put(key, &Recorded { text: said.text.clone(), said: app.clean(&said.noticed) }) {
        Ok(true) => format!("cache: miss {}", key.short()),
        Ok(false) => "cache: not kept, it is too large".to_owned(),
        Err(e) => format!("cache: not kept, {e}"),
    }
}

fn made(app: &Application, kind: &Kind, watch: &Watch) -> Result<(Said, Option<Drawn>), Error> {
    let allow_empty = app.parameters.switch("allow-empty")?.unwrap_or(false);
    let _place = watch.place(&app.environment)?;
    let Made { text, warnings, drawn } = match kind {
        Kind::Found(Found::Project(project)) => of_project(app, project, watch)?,
        Kind::Found(Found::Chart(path)) => of_chart(app, path)?,
        Kind::Found(Found::Kustomization(path)) => of_kustomization(app, path)?,
        Kind::Plain => of_manifests(app)?,
    };
    // Argo CD takes an empty output for an application without objects, and with pruning deletes them all.
    if !allow_empty && !has_objects(&text) {
        let message = format!("{} renders no objects", shown_folder(app));
        let hint = "with pruning, Argo CD would delete everything; the parameter allow-empty=true allows it";
        return Err(Diagnostic::new(&rules::CMP_EMPTY, message).hint(hint).into());
    }
    let noticed = warnings.iter().map(plain).collect();
    Ok((Said { text, noticed, log: None }, drawn))
}

fn shown_folder(app: &Application) -> String {
    let shown = app.dir.canonicalize().map(|dir| app.paths.shown(&dir)).unwrap_or_default();
    if shown.is_empty() { "the repository's root".to_owned() } else { shown }
}

/// Links of charts may lead anywhere in the repository.
pub fn load_options(app: &Application, compat: Compat) -> LoadOptions {
    LoadOptions {
        root: Some(app.paths.root.folder().to_owned()),
        compat,
        on_demand: true,
        ahead: Ahead::on(),
        ..LoadOptions::default()
    }
}

/// What the parameter `cluster` says of a cluster.
fn snapshot(app: &Application) -> Result<Option<Cluster>, Error> {
    let Some(file) = values::snapshot_file(app)? else { return Ok(None) };
    let name = app.paths.shown(&file);
    let text = app.paths.text(&file, &name)?;
    let cluster = Cluster::read(&name, &text)?;
    app.secrets.of_objects(cluster.objects());
    Ok(Some(cluster))
}

/// The version of Argo CD's cluster, unless a snapshot has one.
fn environment_version(app: &Application, snapshot: Option<&Cluster>) -> Option<String> {
    let version = app.environment.get("KUBE_VERSION").map(str::to_owned);
    version.filter(|_| snapshot.is_none_or(|c| c.kube_version.is_none()))
}

fn options(app: &Application) -> Result<Options, Error> {
    let p = &app.parameters;
    let snapshot = snapshot(app)?;
    let served = app.environment.get("KUBE_API_VERSIONS").map(|v| v.split(',').map(str::to_owned).collect::<Vec<_>>());
    let served = served.filter(|_| snapshot.as_ref().is_none_or(|c| c.api_versions.is_empty()));
    let version = p.text("kube-version")?.map(str::to_owned).or_else(|| environment_version(app, snapshot.as_ref()));
    Ok(Options {
        kube_version: version,
        api_versions: p.list("api-versions")?.or(served).unwrap_or_default(),
        cluster: snapshot.map(Arc::new),
        skip_schema_validation: p.switch("skip-schema-validation")?.unwrap_or(false),
        limits: limits::of_render(app)?,
        ..Options::default()
    })
}

fn checks(app: &Application) -> Result<Checks, Error> {
    Ok(Checks { mode: app.parameters.validation()?, limits: limits::of_render(app)?, ..Checks::default() })
}

fn of_chart(app: &Application, path: &Path) -> Result<Made, Error> {
    let p = &app.parameters;
    let chart = Chart::load(path, &load_options(app, Compat::default()))?;
    app.secrets.of_values(&chart.values);
    let name = p.text("release-name")?.or_else(|| app.environment.application()).unwrap_or_else(|| chart.name());
    let namespace = p.text("namespace")?.or_else(|| app.environment.get("ARGOCD_APP_NAMESPACE")).unwrap_or("default");
    let request = Request {
        values: values::options(app, Some(path), &chart.values)?,
        read_file: &|file| values::read_file(app, file),
        options: Options { release_name: name.to_owned(), namespace: namespace.to_owned(), ..options(app)? },
        overlays: overlay(app)?.into_iter().map(|(_, overlay)| overlay).collect(),
        emit: EmitOptions {
            include_crds: p.switch("include-crds")?.unwrap_or(true),
            skip_tests: p.switch("skip-tests")?.unwrap_or(false),
            ..EmitOptions::default()
        },
        ..of_input(app, Input::Loaded(chart.clone()))?
    };
    let prepared = request.prepare()?;
    if let Some(values) = prepared.values() {
        app.secrets.of_values(values.data());
    }
    Made::of(prepared.run()?)
}

/// A request for what an application is made from, checked as its parameters say.
fn of_input(app: &Application, input: Input) -> Result<Request<'static>, Error> {
    let title = format!("the output of {}", shown_folder(app));
    Ok(Request { checks: checks(app)?, title, ahead: Ahead::on(), ..Request::new(input) })
}

/// What the parameter `overlay` names, a folder with a kustomization that is laid over a chart's output: its file, and what that says.
///
/// Errors: a folder without a kustomization, one outside of the repository, or one with invalid YAML.
pub fn overlay(app: &Application) -> Result<Option<(PathBuf, Overlay)>, Error> {
    let Some(dir) = values::overlay_folder(app)? else { return Ok(None) };
    let shown = app.paths.shown(&dir);
    let file = KUSTOMIZATION_FILES.iter().map(|name| dir.join(name)).find(|file| file.is_file());
    let file = file.ok_or_else(|| {
        let d =
            Diagnostic::new(&rules::CMP_OVERLAY, format!("parameter overlay: {shown} is not a folder with a kustomization.yaml"));
        Error::from(d.hint("its patches, images and the like are applied to what the chart gives, its resources are added"))
    })?;
    let file = app.paths.inside(&file, &app.paths.shown(&file))?;
    let name = app.paths.shown(&file);
    let text = app.paths.text(&file, &name)?;
    let failed = |e: pintle_yaml::Error| Error::new(&pintle_core::rules::YAML_PARSE, format!("{name}: {}", e.message));
    let fields = match Tree::parse(&text).map_err(failed)?.map_or(Ok(Data::Null), |tree| tree.to_data()).map_err(failed)? {
        Data::Map(fields) => fields,
        Data::Null => DataMap::new(),
        _ => return Err(Error::new(&pintle_kustomize::rules::BUILD, format!("{name} is not a kustomization"))),
    };
    let place = Span::whole(&pintle_diagnostic::Source::named(name));
    Ok(Some((file, Overlay { dir, root: app.paths.root.clone(), fields, place })))
}

/// Packs dependencies from folders of the repository that charts/ doesn't hold: Argo CD runs `helm dependency build` then. What lies
/// elsewhere is Helm's error of the render.
fn dependencies(app: &Application, path: &Path) -> Result<(), Error> {
    if !path.is_dir() {
        return Ok(());
    }
    let load = load_options(app, Compat::default());
    let mut missing = false;
    for (dependency, status) in package::status(path, &load)? {
        let Some(folder) = dependency.repository.strip_prefix("file://") else {
            match status {
                Status::Missing => return Ok(()),
                _ => continue,
            }
        };
        // If one is missing all of them are packed.
        app.paths.inside(&path.join(folder), &format!("dependency {} ({})", dependency.name, dependency.repository))?;
        missing |= status == Status::Missing;
    }
    if missing { package::build(path, &load).map(|_| ()) } else { Ok(()) }
}

/// The jobs of a pintle.yaml that the parameters ask for, with the cluster's versions where the file names none.
pub fn jobs(app: &Application, project: &Project) -> Result<Vec<Job>, Error> {
    let p = &app.parameters;
    let environment = p.text("environment")?;
    if environment.is_none() && project.environments.len() > 1 {
        let mut error = wrong(format!("{FILE} has several environments: name one with the parameter environment"));
        error.diagnostics_mut()[0].hints.push(format!("known: {}", project.environments.join(", ")));
        return Err(error);
    }
    if p.text("namespace")?.is_some() {
        return Err(wrong(format!("parameter namespace: {FILE} says which namespace a release has in which environment")));
    }
    if p.text("overlay")?.is_some() {
        return Err(wrong(format!("parameter overlay: {FILE} says what is laid over a release (overlay)")));
    }
    let snapshot = snapshot(app)?;
    let mut jobs: Vec<Job> = project.select(environment, p.text("release-name")?)?.into_iter().cloned().collect();
    for job in &mut jobs {
        job.kube_version = job.kube_version.take().or_else(|| environment_version(app, snapshot.as_ref()));
        for file in &job.values {
            inside_project(app, project, Path::new(&file.path))?;
        }
        let (pintle_core::project::Source::Chart(path) | pintle_core::project::Source::Kustomization(path)) = &job.source;
        inside_project(app, project, path)?;
    }
    Ok(jobs)
}

/// What doesn't exist is the render's error, with its line.
fn inside_project(app: &Application, project: &Project, path: &Path) -> Result<(), Error> {
    let full = project.dir.join(path);
    if full.exists() { app.paths.inside(&full, &path.display().to_string()).map(|_| ()) } else { Ok(()) }
}

fn of_project(app: &Application, project: &Project, watch: &Watch) -> Result<Made, Error> {
    let p = &app.parameters;
    let jobs = jobs(app, project)?;
    for job in &jobs {
        job.set.iter().for_each(|set| app.secrets.of_values(&set.values));
        for file in &job.values {
            let text = app.paths.root.text(&project.dir.join(&file.path)).unwrap_or_default();
            if let Ok(Some(tree)) = Tree::parse(&text)
                && let Ok(Data::Map(values)) = tree.to_data()
            {
                app.secrets.of_values(&values);
            }
        }
    }
    let options = Options { kube_version: p.text("kube-version")?.map(str::to_owned), ..options(app)? };
    // Defaults of several charts don't say of which kind a text is.
    let given = values::options(app, None, &DataMap::new())?;
    watch.doing(jobs.iter().map(Job::title).collect());
    // What set-file names is read on several threads.
    let files: Vec<(String, Result<Vec<u8>, String>)> = given
        .set_files
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(_, path)| (path.to_owned(), values::read_file(app, path)))
        .collect();
    let settings = run::Settings {
        root: app.paths.root.clone(),
        on_demand: true,
        ahead: Ahead::on(),
        values: given,
        options,
        read_file: &|path| {
            let found = files.iter().find(|(name, _)| name == path);
            found.map_or_else(|| Err(format!("{path} is not read here")), |(_, text)| text.clone())
        },
        include_crds: p.switch("include-crds")?.unwrap_or(false),
        no_hooks: false,
        skip_tests: p.switch("skip-tests")?.unwrap_or(false),
        checks: checks(app)?,
        done: &|job| watch.done(&job.title()),
    };
    let jobs: Vec<&Job> = jobs.iter().collect();
    let run::Collected { outputs, warnings, error } = run::collect(&jobs, run::run(project, &jobs, &settings));
    error.map_or(Ok(()), Err)?;
    let (mut text, mut drawn) = (Vec::new(), Some(Drawn::default()));
    for output in outputs {
        append(&mut text, &output.text);
        drawn = drawn.zip(output.drawn).map(|(a, b)| a | b);
    }
    Ok(Made { text, warnings, drawn })
}

/// A request for a folder with a kustomization.
pub fn kustomization(app: &Application, path: &Path) -> Result<Request<'static>, Error> {
    let kustomization = Kustomization::new(path, Some(app.paths.root.clone()));
    Ok(Request {
        options: Options { limits: limits::of_render(app)?, ..Options::default() },
        ..of_input(app, Input::Kustomization(kustomization))?
    })
}

fn of_kustomization(app: &Application, path: &Path) -> Result<Made, Error> {
    app.parameters.only_everywhere("a kustomization")?;
    Made::of(kustomization(app, path)?.run()?)
}

/// The files of a folder that may hold manifests: those that Argo CD takes from a plain folder, not from the folders below.
pub fn manifest_files(dir: &Path) -> Vec<PathBuf> {
    let is_one = |p: &PathBuf| p.extension().and_then(|e| e.to_str()).is_some_and(|e| matches!(e, "yaml" | "yml" | "json"));
    let names = pintle_files::read::folder(dir).unwrap_or_default();
    names.into_iter().map(|(name, _)| dir.join(name)).filter(|p| is_one(p) && p.is_file()).collect()
}

/// Plain manifests, as they are. Documents that aren't objects are left out, as in Argo CD.
fn of_manifests(app: &Application) -> Result<Made, Error> {
    app.parameters.only_everywhere("plain manifests")?;
    let allowance = Allowance::default();
    let mut texts = Vec::new();
    for file in manifest_files(&app.dir) {
        let shown = app.paths.shown(&app.paths.named(&file.file_name().unwrap_or_default().to_string_lossy())?);
        let text = allowance.read(|limit| app.paths.root.read(&file, limit.min(TEXT)));
        let text = text.map_err(|e| app.paths.unread(&shown, &e))?;
        texts.push(pintle_diagnostic::Source::new(shown, text).private());
    }
    let mut documents = Vec::new();
    let mut text = Vec::new();
    for source in &texts {
        for document in stream_documents(source)? {
            let file = source.name();
            let failed = |e: pintle_yaml::Error| Error::new(&pintle_core::rules::YAML_PARSE, format!("{file}: {}", e.message));
            let Some(tree) = Tree::parse(document.text()).map_err(failed)? else { continue };
            let data = tree.to_data().map_err(failed)?;
            if ["apiVersion", "kind"].iter().all(|key| data.get(key).is_some()) {
                append(&mut text, document.text());
                documents.push(document);
            }
        }
    }
    let checks = checks(app)?;
    let found = if checks.mode == Mode::Off { Vec::new() } else { check(&documents, &checks) };
    let (shown, error) = judge(checks.mode, found);
    error.map_or(Ok(Made { text, warnings: shown, drawn: Some(Drawn::default()) }), Err)
}

/// Adds to a stream, each part a document of its own.
fn append(stream: &mut Vec<u8>, text: &[u8]) {
    if text.is_empty() {
        return;
    }
    if !text.starts_with(b"---\n") {
        stream.extend_from_slice(b"---\n");
    }
    stream.extend_from_slice(text);
    if !text.ends_with(b"\n") {
        stream.push(b'\n');
    }
}

/// Whether any document of a stream is an object, or a list with one.
fn has_objects(text: &[u8]) -> bool {
    let is_object = |data: Data| {
        let is_list = data.get("kind").and_then(Data::as_str).is_some_and(|kind| kind.ends_with("List"));
        match data.get("items").and_then(Data::as_list) {
            Some(items) if is_list => !items.is_empty(),
            _ => data.get("kind").is_some(),
        }
    };
    let documents = pintle_yaml::split_documents(text).unwrap_or_default();
    documents.iter().any(|d| Tree::parse(d).ok().flatten().and_then(|t| t.to_data().ok()).is_some_and(is_object))
}
