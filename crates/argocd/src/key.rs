//! What an output depends on, as one digest: the key of its place in the cache.
//!
//! Everything that a render of charts reads is a part: the program, the files, the parameters with their substitutions, and those
//! variables that reach a chart. Variables that change with every commit and reach no chart, such as ARGOCD_APP_REVISION, are left out. A value that
//! goes into the digest has its length in front, so no two lists of values look alike.

use std::path::Path;

use pintle_core::load::files as chart_files;
use pintle_core::project::{self, FILE};
use pintle_core::{Compat, Error};
use sha2::{Digest, Sha256};

use crate::parameters::Given;
use crate::{Application, Kind, generate, values};
use pintle_core::project::discover::Found;

/// The digest of all inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The digest as text: a file's name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Enough of it to tell entries apart in a log.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

/// The key of an application's output, or why it has none.
pub fn of(app: &Application, kind: &Kind) -> Result<Key, &'static str> {
    let mut parts = Parts::default();
    // What can't be read is the render's error, with its place.
    let unknown = |_: Error| "its files can't be read";
    parts.program().ok_or("the program isn't known")?;
    parts.application(app).map_err(unknown)?;
    match kind {
        Kind::Found(Found::Chart(path)) => {
            if values::overlay_folder(app).map_err(unknown)?.is_some() {
                return Err("what an overlay reads isn't known");
            }
            parts.values(app, Some(path)).map_err(unknown)?;
            parts.chart(app, path).map_err(unknown)?;
        }
        Kind::Found(Found::Project(project)) => {
            parts.values(app, None).map_err(unknown)?;
            parts.file(app, &project.dir.join(FILE)).map_err(unknown)?;
            for job in generate::jobs(app, project).map_err(unknown)? {
                let project::Source::Chart(chart) = &job.source else { return Err("what a kustomization reads isn't known") };
                if !job.overlays.is_empty() {
                    return Err("what an overlay reads isn't known");
                }
                parts.text(&job.title());
                for file in &job.values {
                    parts.file(app, &project.dir.join(&file.path)).map_err(unknown)?;
                }
                parts.chart(app, &project.dir.join(chart)).map_err(unknown)?;
            }
        }
        Kind::Found(Found::Kustomization(_)) => return Err("what a kustomization reads isn't known"),
        Kind::Plain => return Err("plain manifests need no render"),
    }
    Ok(Key(format!("{:x}", parts.0.finalize())))
}

/// The digest as it grows.
#[derive(Default)]
struct Parts(Sha256);

impl Parts {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A value that may be absent, which isn't the same as empty.
    fn option(&mut self, text: Option<&str>) {
        self.bytes(&[u8::from(text.is_some())]);
        self.text(text.unwrap_or_default());
    }

    /// How many there are of what follows.
    fn count(&mut self, count: usize) {
        self.0.update((count as u64).to_be_bytes());
    }

    /// This very program: its version, and for builds of the same version its file.
    fn program(&mut self) -> Option<()> {
        let file = std::env::current_exe().ok()?.metadata().ok()?;
        let built = file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        self.text(env!("CARGO_PKG_VERSION"));
        self.text(&format!("{} {}", file.len(), built.as_nanos()));
        Some(())
    }

    /// Parameters as they are given and as they read with the build environment, which is all that most of its variables are for.
    fn application(&mut self, app: &Application) -> Result<(), Error> {
        let environment = &app.environment;
        self.option(environment.application());
        for name in ["ARGOCD_APP_NAMESPACE", "ARGOCD_APP_SOURCE_PATH", "KUBE_VERSION", "KUBE_API_VERSIONS"] {
            self.option(environment.get(name));
        }
        self.text(&app.paths.shown(&app.paths.inside(&app.dir, ".")?));
        let both = |parts: &mut Parts, text: &str| {
            parts.text(text);
            parts.text(&environment.substitute(text));
        };
        self.count(app.parameters.iter().count());
        for (name, given) in app.parameters.iter() {
            self.text(name);
            match given {
                Given::Text(text) => {
                    self.text("string");
                    both(self, text);
                }
                Given::List(list) => {
                    self.text("array");
                    self.count(list.len());
                    list.iter().for_each(|item| both(self, item));
                }
                Given::Map(map) => {
                    self.text("map");
                    self.count(map.len());
                    for (key, value) in map {
                        both(self, key);
                        both(self, value);
                    }
                }
            }
        }
        Ok(())
    }

    /// The files that parameters name, in the order in which they count; a snapshot answers lookups, so that they are known too.
    fn values(&mut self, app: &Application, chart: Option<&Path>) -> Result<(), Error> {
        for files in [values::files(app, chart)?.files, values::set_files(app)?] {
            self.count(files.len());
            for file in files {
                self.text(&app.paths.shown(&file));
                self.file(app, &file)?;
            }
        }
        let snapshot = values::snapshot_file(app)?;
        self.count(snapshot.iter().count());
        snapshot.map_or(Ok(()), |file| self.file(app, &file))
    }

    /// A chart's files, without what .helmignore leaves out; an archive is one file.
    fn chart(&mut self, app: &Application, path: &Path) -> Result<(), Error> {
        let real = app.paths.inside(path, &path.display().to_string())?;
        self.text(&app.paths.shown(&real));
        if path.is_file() {
            return self.file(app, path);
        }
        let files = chart_files(path, &generate::load_options(app, Compat::default()))?;
        self.count(files.len());
        for file in files {
            self.text(&file.name);
            self.bytes(file.data()?);
        }
        Ok(())
    }

    fn file(&mut self, app: &Application, path: &Path) -> Result<(), Error> {
        self.bytes(&app.paths.text(path, &path.display().to_string())?);
        Ok(())
    }
}
