//! What an application depends on.
//!
//! Argo CD renders an application again only if something below its `manifest-generate-paths` changed, and can't know the paths itself
//! (argo-cd#21086).

use pintle_core::ahead::Ahead;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pintle_core::load::files as chart_files;
use pintle_core::project::{self, FILE};
use pintle_core::request::Charts;
use pintle_core::{Compat, Data, Error};
use pintle_files::Root;
use pintle_kustomize::{ChartRequest, FileSystem, HelmOptions, Inflate, Options, Rooted};
use pintle_value::budget::Budget;

use crate::{Application, Kind, Said, generate, limits, values};
use pintle_core::project::discover::Found;

/// What a render reads.
#[derive(Default)]
struct Reads {
    /// Files, without links.
    files: BTreeSet<PathBuf>,
    /// Folders in which a new file is read too, and files that would be read.
    watched: BTreeSet<PathBuf>,
}

/// The files that a render reads, one a line, from the repository's root, sorted.
///
/// Errors: those of the files.
pub fn files(app: &Application) -> Result<Said, Error> {
    let files: BTreeSet<String> = reads(app)?.files.iter().map(|f| app.paths.shown(f)).collect();
    Ok(Said::of(files.iter().map(|f| format!("{f}\n")).collect::<String>().into_bytes()))
}

/// The value of the annotation `argocd.argoproj.io/manifest-generate-paths`: folders, and the files outside of them.
///
/// Errors: those of the files.
pub fn annotation(app: &Application) -> Result<Said, Error> {
    let Reads { files, watched } = reads(app)?;
    let all: BTreeSet<&PathBuf> = files.iter().chain(&watched).collect();
    let is_covered = |path: &Path| path.ancestors().skip(1).any(|above| watched.contains(above));
    let shown: BTreeSet<String> =
        all.into_iter().filter(|p| !is_covered(p)).map(|p| format!("/{}", app.paths.shown(p))).collect();
    let text = shown.into_iter().collect::<Vec<_>>().join(";");
    Ok(Said::of((text + "\n").into_bytes()))
}

fn reads(app: &Application) -> Result<Reads, Error> {
    let mut reads = Reads::default();
    let own = app.paths.inside(&app.dir, &app.dir.display().to_string())?;
    match app.kind()? {
        Kind::Found(Found::Chart(path)) => {
            reads.chart(app, &path)?;
            reads.values(app, Some(&path))?;
            if let Some((file, overlay)) = generate::overlay(app)? {
                reads.file(app, &file)?;
                reads.named(app, &overlay.dir, &Data::Map(overlay.fields))?;
                reads.watched.insert(overlay.dir);
            }
        }
        Kind::Found(Found::Kustomization(path)) => {
            reads.kustomization(app, &path)?;
            reads.watched.insert(own);
        }
        Kind::Found(Found::Project(project)) => {
            reads.file(app, &project.dir.join(FILE))?;
            reads.values(app, None)?;
            for job in generate::jobs(app, &project)? {
                for file in &job.values {
                    reads.file(app, &project.dir.join(&file.path))?;
                }
                match &job.source {
                    project::Source::Chart(path) => reads.chart(app, &project.dir.join(path))?,
                    project::Source::Kustomization(path) => reads.kustomization(app, &project.dir.join(path))?,
                }
                for (fields, _) in &job.overlays {
                    reads.named(app, &project.dir, &Data::Map(fields.clone()))?;
                }
            }
        }
        Kind::Plain => {
            for file in generate::manifest_files(&app.dir) {
                reads.file(app, &file)?;
            }
            reads.watched.insert(own);
        }
    }
    Ok(reads)
}

impl Reads {
    fn file(&mut self, app: &Application, path: &Path) -> Result<(), Error> {
        self.files.insert(app.paths.inside(path, &path.display().to_string())?);
        Ok(())
    }

    /// A chart's files without what .helmignore names, and those of dependencies in folders that charts/ doesn't hold.
    fn chart(&mut self, app: &Application, path: &Path) -> Result<(), Error> {
        let shown = path.display().to_string();
        let real = app.paths.inside(path, &shown)?;
        if real.is_file() {
            self.files.insert(real);
            return Ok(());
        }
        if !self.watched.insert(real) {
            return Ok(());
        }
        let load = generate::load_options(app, Compat::default());
        for file in chart_files(path, &load)? {
            self.file(app, &path.join(&file.name))?;
        }
        let ignore = path.join(".helmignore");
        if ignore.is_file() {
            self.file(app, &ignore)?;
        }
        for (dependency, status) in pintle_core::package::status(path, &load)? {
            if let (Some(folder), pintle_core::package::Status::Missing) = (dependency.repository.strip_prefix("file://"), status)
            {
                self.chart(app, &path.join(folder))?;
            }
        }
        Ok(())
    }

    fn values(&mut self, app: &Application, chart: Option<&Path>) -> Result<(), Error> {
        let values::Files { files, watched } = values::files(app, chart)?;
        self.files.extend(files);
        self.files.extend(values::set_files(app)?);
        self.files.extend(values::snapshot_file(app)?);
        self.watched.extend(watched);
        Ok(())
    }

    /// What a build reads is known by building.
    fn kustomization(&mut self, app: &Application, path: &Path) -> Result<(), Error> {
        let budget = Arc::new(Budget::new(limits::of_render(app)?));
        let recorder = Recorder::new(app.paths.root.clone(), budget.clone());
        let helm = HelmOptions { enabled: true, ..HelmOptions::default() };
        let options = Options { files: &recorder, helm, inflate: &recorder, budget, ..Options::default() };
        pintle_kustomize::build(&path.to_string_lossy(), &options).map_err(Error::from)?;
        for file in recorder.files.into_inner() {
            self.file(app, &file)?;
        }
        for chart in recorder.charts.into_inner() {
            self.chart(app, &chart)?;
        }
        Ok(())
    }

    /// What fields of an overlay name, if it is there.
    fn named(&mut self, app: &Application, dir: &Path, fields: &Data) -> Result<(), Error> {
        match fields {
            Data::Map(map) => map.values().try_for_each(|v| self.named(app, dir, v)),
            Data::List(list) => list.iter().try_for_each(|v| self.named(app, dir, v)),
            // An inline patch is not a path.
            Data::String(name) if !name.is_empty() && !name.contains('\n') => match dir.join(name) {
                path if path.is_file() => self.file(app, &path),
                path if path.is_dir() && generate::kustomization(app, &path)?.run().is_ok() => self.kustomization(app, &path),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

/// The repository's files; it remembers what was read.
struct Recorder {
    disk: Rooted,
    files: RefCell<BTreeSet<PathBuf>>,
    charts: RefCell<BTreeSet<PathBuf>>,
    budget: Arc<Budget>,
}

impl Recorder {
    fn new(root: Root, budget: Arc<Budget>) -> Recorder {
        Recorder { disk: Rooted(root), files: RefCell::default(), charts: RefCell::default(), budget }
    }
}

impl FileSystem for Recorder {
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.disk.canonical(path)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.disk.is_dir(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let text = self.disk.read(path)?;
        self.files.borrow_mut().insert(path.to_owned());
        Ok(text)
    }
}

impl Inflate for Recorder {
    fn inflate(&self, request: &ChartRequest) -> Result<Vec<u8>, pintle_kustomize::Error> {
        self.charts.borrow_mut().insert(request.chart.clone());
        let charts = Charts { root: Some(self.disk.0.clone()), budget: self.budget.clone(), ahead: Ahead::default() };
        charts.inflate(request)
    }
}
