//! A folder that reading stays in, whatever paths and links say.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::read;
use crate::{Refused, TEXT};

/// A folder that paths stay in once their links are followed. What lies below a `.git` doesn't belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root(PathBuf);

impl Root {
    /// The folder of that path. Errors: it doesn't exist.
    pub fn new(folder: &Path) -> io::Result<Root> {
        folder.canonicalize().map(Root)
    }

    /// The Git work tree around a folder as its path names it, else the folder itself. Errors: it doesn't exist.
    pub fn around(folder: &Path) -> io::Result<Root> {
        match Root::tree(folder)? {
            Some(tree) => Ok(tree),
            None => Root::new(folder),
        }
    }

    /// The Git work tree that a path names, whether anything is there or not. A link in a work tree to another doesn't count as that
    /// one: what a repository holds can't say where the repository is.
    pub(crate) fn tree(path: &Path) -> io::Result<Option<Root>> {
        let path = clean(&std::path::absolute(path)?);
        let mut found: Option<Root> = None;
        let above: Vec<&Path> = path.ancestors().filter(|d| d.join(".git").exists()).collect();
        for tree in above.into_iter().rev() {
            let tree = Root::new(tree)?;
            if found.as_ref().is_some_and(|outer| !tree.0.starts_with(&outer.0)) {
                break;
            }
            found = Some(tree);
        }
        Ok(found)
    }

    /// The folder, without links.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The path without links. Errors: there is nothing, or it is [`Refused::Outside`] or [`Refused::Git`].
    pub fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let real = path.canonicalize()?;
        self.check(&real)?;
        Ok(real)
    }

    /// Whether a path without links belongs to the folder.
    pub fn check(&self, real: &Path) -> Result<(), Refused> {
        let Ok(inner) = real.strip_prefix(&self.0) else { return Err(Refused::Outside(self.0.clone())) };
        if inner.components().any(is_git) { Err(Refused::Git) } else { Ok(()) }
    }

    /// Where something is written: the path without the links above what doesn't exist yet. Errors: as [`Root::resolve`]'s.
    pub fn resolve_new(&self, path: &Path) -> io::Result<PathBuf> {
        let full = clean(&std::path::absolute(path)?);
        for above in full.ancestors() {
            if above.symlink_metadata().is_ok() {
                let rest = full.strip_prefix(above).unwrap_or(Path::new(""));
                let real = above.canonicalize()?.join(rest);
                self.check(&real)?;
                return Ok(real);
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }

    /// Opens a regular file; gives it with its size.
    pub fn open(&self, path: &Path) -> io::Result<(File, u64)> {
        // What was checked is opened without links, so that none can come in between.
        read::open_plain(&self.resolve(path)?)
    }

    /// A regular file of at most `limit` bytes.
    pub fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let (file, size) = self.open(path)?;
        read::contents(file, size, limit)
    }

    /// A regular file of at most [`TEXT`] bytes.
    pub fn text(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read(path, TEXT)
    }
}

/// Whether a part of a path is Git's folder, as file systems that don't know small from large letters see it too.
pub(crate) fn is_git(part: Component<'_>) -> bool {
    matches!(part, Component::Normal(name) if name.eq_ignore_ascii_case(".git"))
}

/// The Git work tree around a path, without links.
pub fn work_tree(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    path.ancestors().find(|d| d.join(".git").exists()).map(Path::to_owned)
}

/// A path without `.` and `..`, as its text tells.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}
