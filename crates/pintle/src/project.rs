//! Repositories with a `pintle.yaml`.

use std::path::{Path, PathBuf};

use pintle_core::ahead::Ahead;
use pintle_core::project::run::{self, Settings};
use pintle_core::project::{self, FILE};
use pintle_core::{Error, Result, rules};
use pintle_files::Root;

pub use pintle_core::project::run::Output;

/// A repository as its `pintle.yaml` describes it: releases and environments.
///
/// ```no_run
/// use pintle::project::Project;
///
/// for rendered in Project::open(".")?.render(Some("prod"), None)? {
///     std::fs::write(&rendered.file, rendered.output?.text).unwrap();
/// }
/// # Ok::<(), pintle::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Project {
    inner: project::Project,
    root: Root,
}

/// One release in one environment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rendered {
    /// The release's name in `pintle.yaml`.
    pub release: String,
    /// The environment.
    pub environment: String,
    /// The file for the output, relative to the output folder: `prod/web.yaml`.
    pub file: String,
    /// The output, or why there is none.
    pub output: Result<Output>,
}

impl Project {
    /// Reads the `pintle.yaml` of a folder. Nothing outside of the folder's Git work tree, or of the folder without one, is read later.
    ///
    /// Errors: the file can't be read or is invalid, with the place of each error.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Project> {
        let folder = folder.into();
        let path = folder.join(FILE);
        let failed = |path: &Path, e: std::io::Error| {
            Error::new(&rules::FILE_READ, format!("{}: {}", path.display(), pintle_files::words(&e)))
        };
        let root = Root::around(&folder).map_err(|e| failed(&folder, e))?;
        let text = root.text(&path).map_err(|e| failed(&path, e))?;
        let inner = project::Project::read(folder, &path.to_string_lossy(), &text)?;
        Ok(Project { inner, root })
    }

    /// The environments, in the order of the file.
    pub fn environments(&self) -> &[String] {
        &self.inner.environments
    }

    /// The names of the releases.
    pub fn releases(&self) -> &[String] {
        &self.inner.releases
    }

    /// Renders the releases of an environment, a release in all its environments, one of both, or everything. Several are rendered at once;
    /// the results don't depend on the number of threads.
    ///
    /// Errors: the environment or the release isn't in the file. Errors of a render are in its [`Rendered::output`].
    pub fn render(&self, environment: Option<&str>, release: Option<&str>) -> Result<Vec<Rendered>> {
        let jobs = self.inner.select(environment, release)?;
        let settings = Settings {
            root: self.root.clone(),
            on_demand: false,
            ahead: Ahead::on(),
            values: Default::default(),
            options: Default::default(),
            read_file: &|path| Err(format!("{path} is not read here")),
            include_crds: false,
            no_hooks: false,
            skip_tests: false,
            checks: Default::default(),
            done: &|_| (),
        };
        let rendered = |(job, output): (&&project::Job, Result<Output>)| Rendered {
            release: job.release.clone(),
            environment: job.environment.clone(),
            file: job.output.clone(),
            output,
        };
        let outputs = run::run(&self.inner, &jobs, &settings);
        Ok(jobs.iter().zip(outputs).map(rendered).collect())
    }
}
