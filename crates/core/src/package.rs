//! Packing charts, the same bytes each time, and putting a chart's local dependencies into its `charts/`.
//!
//! Takes folders, gives `.tgz` archives that depend on nothing but the files: no times, no owners, one order.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use pintle_files::write::{self, Folder, Last};

use crate::diagnostic::{Diagnostic, Error, Result};
use crate::load::{Chart, Dependency, LoadOptions};
use crate::merge::dependencies::is_compatible;
use crate::rules;

/// The bytes of a packed chart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Package {
    /// `name-version.tgz`
    pub file: String,
    /// The archive.
    pub data: Vec<u8>,
}

/// Packs the chart in a folder. What `.helmignore` names stays out, links become what they lead to.
///
/// Errors: those of loading the chart.
pub fn pack(dir: &Path, options: &LoadOptions) -> Result<Package> {
    let chart = Chart::load(dir, options)?;
    let failed = |e: std::io::Error| Error::new(&rules::PACKAGE_WRITE, format!("pack {}: {e}", dir.display()));
    let (name, version) = (&chart.metadata.name, &chart.metadata.version);
    let gzip = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(gzip);
    for file in crate::load::files(dir, options)? {
        let data = file.data()?;
        let mut header = tar::Header::new_ustar();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        archive.append_data(&mut header, format!("{name}/{}", file.name), &**data).map_err(failed)?;
    }
    let mut gzip = archive.into_inner().map_err(failed)?;
    gzip.flush().map_err(failed)?;
    Ok(Package { file: format!("{name}-{version}.tgz"), data: gzip.finish().map_err(failed)? })
}

/// Where a chart stands with one of its dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is in `charts/`, in a version that fits.
    Ok,
    /// It is in `charts/` as a folder, in a version that fits.
    Unpacked,
    /// It isn't in `charts/`.
    Missing,
    /// It is in `charts/`, in another version.
    WrongVersion,
}

/// How a chart stands with each of its dependencies (`helm dependency list`).
pub fn status(dir: &Path, options: &LoadOptions) -> Result<Vec<(Dependency, Status)>> {
    let chart = Chart::load(dir, options)?;
    let of = |d: &Dependency| {
        let here: Vec<_> = chart.dependencies.iter().filter(|c| c.name() == d.name).collect();
        match here.iter().find(|c| fits(d, &c.metadata.version)) {
            Some(_) if dir.join("charts").join(&d.name).is_dir() => Status::Unpacked,
            Some(_) => Status::Ok,
            None if here.is_empty() => Status::Missing,
            None => Status::WrongVersion,
        }
    };
    Ok(chart.metadata.dependencies.iter().map(|d| (d.clone(), of(d))).collect())
}

fn fits(dependency: &Dependency, version: &str) -> bool {
    dependency.version.is_empty() || is_compatible(&dependency.version, version)
}

/// What [`build()`] did with a dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Built {
    /// This file was written.
    Packed(PathBuf),
    /// It was there already, with the same bytes or from elsewhere.
    Present(String),
}

/// Packs the dependencies that Chart.yaml finds under `file://` into `charts/`; archives of them in other versions go.
///
/// Errors: a dependency from elsewhere that isn't in `charts/` (nothing is fetched), a folder without the chart, a version that
/// doesn't fit.
pub fn build(dir: &Path, options: &LoadOptions) -> Result<Vec<Built>> {
    let here = status(dir, options)?;
    let mut built = Vec::new();
    for (dependency, status) in here {
        let Some(path) = dependency.repository.strip_prefix("file://") else {
            match status {
                Status::Ok | Status::Unpacked => built.push(Built::Present(dependency.name)),
                Status::Missing | Status::WrongVersion => return Err(elsewhere(dir, &dependency)),
            }
            continue;
        };
        let source = dir.join(path);
        let package =
            pack(&source, options).map_err(|e| e.wrap(format_args!("dependency {} of {}: ", dependency.name, dir.display())))?;
        let chart = Chart::load(&source, options)?;
        if chart.name() != dependency.name || !fits(&dependency, &chart.metadata.version) {
            let message = format!(
                "{} wants {} {}, and {} holds {} {}",
                dir.display(),
                dependency.name,
                dependency.version,
                source.display(),
                chart.name(),
                chart.metadata.version
            );
            return Err(Error::new(&rules::PACKAGE_VERSION, message));
        }
        built.push(put(&dir.join("charts"), &dependency.name, &package)?);
    }
    Ok(built)
}

fn elsewhere(dir: &Path, dependency: &Dependency) -> Error {
    let Dependency { name, version, repository, .. } = dependency;
    let message = format!("{} needs {name} {version} from {repository:?}, and charts/ doesn't hold it", dir.display());
    let hint = "nothing is fetched: `helm dependency build` puts it there, or a file:// repository names its folder";
    Diagnostic::new(&rules::PACKAGE_REMOTE, message).hint(hint).into()
}

/// Writes an archive and removes those of other versions.
fn put(charts: &Path, name: &str, package: &Package) -> Result<Built> {
    let failed = |e: write::Error| Error::new(&rules::FILE_WRITE, e.to_string());
    let is_old = |other: &str| {
        let version = other.strip_prefix(name).and_then(|r| r.strip_prefix('-')).and_then(|r| r.strip_suffix(".tgz"));
        other != package.file && version.is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
    };
    if package.file.contains(['/', '\\']) {
        return Err(Error::new(&rules::PACKAGE_NAME, format!("{:?} is not a valid archive name", package.file)));
    }
    let folder = Folder::open(charts).map_err(failed)?;
    let is_same = folder.read(&package.file, pintle_files::STREAM).map_err(failed)?.is_some_and(|old| old == package.data);
    if !is_same {
        folder.write(&package.file, &package.data, Last::Yes).map_err(failed)?;
    }
    for other in folder.names().map_err(failed)? {
        if let Some(other) = other.to_str().filter(|other| is_old(other)) {
            folder.remove(other).map_err(failed)?;
        }
    }
    Ok(if is_same { Built::Present(name.to_owned()) } else { Built::Packed(charts.join(&package.file)) })
}
