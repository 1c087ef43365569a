//! Paths of an application: relative to its folder, or to the repository's root with a slash in front; never outside.

use std::path::{Component, Path, PathBuf};

use pintle::load::pattern::matches;
use pintle::{Diagnostic, Error};

use crate::commands::values::work_tree;

/// Folders nested deeper than this are not looked into for `**`.
const MAX_DEPTH: usize = 32;

/// Where an application lies.
pub struct Paths {
    /// The application's folder, without links.
    dir: PathBuf,
    /// The root of what Argo CD sent, without links.
    pub root: PathBuf,
    /// Where that root lies in the repository: with manifest-generate-paths Argo CD sends a part of it only.
    prefix: PathBuf,
}

impl Paths {
    /// `source_path` is the application's path in the repository; without it, a Git work tree is the root, or else the folder itself.
    pub fn new(dir: &Path, source_path: Option<&str>) -> Result<Paths, Error> {
        let dir = dir.canonicalize().map_err(|e| Error::new("io", format!("{}: {e}", dir.display())))?;
        let Some(source_path) = source_path else {
            let root = work_tree(&dir).unwrap_or_else(|| dir.clone());
            return Ok(Paths { dir, root, prefix: PathBuf::new() });
        };
        let source: Vec<Component<'_>> =
            Path::new(source_path).components().filter(|c| matches!(c, Component::Normal(_))).collect();
        let shared = dir.components().rev().zip(source.iter().rev()).take_while(|(a, b)| a == *b).count();
        let root = dir.ancestors().nth(shared).unwrap_or(&dir).to_owned();
        let prefix = source[..source.len() - shared].iter().collect();
        Ok(Paths { dir, root, prefix })
    }

    /// A path that must lie below the root once its links are followed; `shown` is its name in messages.
    pub fn inside(&self, path: &Path, shown: &str) -> Result<PathBuf, Error> {
        let real = path.canonicalize().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::new("cmp/absent", format!("{shown} doesn't exist")),
            _ => Error::new("io", format!("{shown}: {e}")),
        })?;
        match real.starts_with(&self.root) {
            true => Ok(real),
            false => Err(outside(shown)),
        }
    }

    /// The path that a parameter names, before links are followed. Errors: one that leads out of the repository or of what was sent.
    pub fn named(&self, path: &str) -> Result<PathBuf, Error> {
        if path.contains("://") {
            return Err(Error::new("cmp/path", format!("{path}: only files of the repository are read; nothing is fetched")));
        }
        let mut at = match path.strip_prefix('/') {
            None => self.dir.clone(),
            Some(path) => {
                let path = Path::new(path.trim_start_matches('/'));
                let Ok(rest) = path.strip_prefix(&self.prefix) else {
                    let message = format!("{} is no part of what Argo CD sent", path.display());
                    let hint = "the Application's annotation manifest-generate-paths must name it (`pintle cmp annotation`)";
                    return Err(Diagnostic::error("cmp/path", message).hint(hint).into());
                };
                return self.clean(self.root.clone(), rest, &path.display().to_string());
            }
        };
        at = self.clean(at, Path::new(path), path)?;
        Ok(at)
    }

    fn clean(&self, mut at: PathBuf, path: &Path, shown: &str) -> Result<PathBuf, Error> {
        for part in path.components() {
            match part {
                Component::Normal(name) => at.push(name),
                Component::ParentDir => {
                    at.pop();
                }
                _ => {}
            }
            if !at.starts_with(&self.root) {
                return Err(outside(shown));
            }
        }
        Ok(at)
    }

    /// The files that a path or glob stands for, in order. `**` is any number of folders, as in Argo CD's own globs of value files.
    pub fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, Error> {
        let path = self.named(pattern)?;
        if !is_glob(pattern) {
            return Ok(if path.exists() { vec![path] } else { Vec::new() });
        }
        let inner = path.strip_prefix(&self.root).unwrap_or(&path);
        let parts: Vec<String> = inner.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
        if let Some(e) = parts.iter().find_map(|p| matches(p, "").err()) {
            return Err(Error::new("cmp/path", format!("{pattern}: {e}")));
        }
        let mut found = Vec::new();
        expand(&self.root, &parts, 0, &mut found);
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// A path from the repository's root, with slashes and none in front.
    pub fn shown(&self, path: &Path) -> String {
        let inner = path.strip_prefix(&self.root).unwrap_or(path);
        let whole = self.prefix.join(inner);
        let parts: Vec<_> = whole.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
        parts.join("/")
    }

    /// A message without the root's path: Argo CD unpacks every request into another folder, and a message that is another each time
    /// looks like news.
    pub fn without_root(&self, text: &str) -> String {
        let root = format!("{}/", self.root.display());
        if root.len() <= 2 {
            return text.to_owned();
        }
        text.replace(&root, "").replace(&*self.root.to_string_lossy(), "the repository")
    }
}

/// Whether a path is a pattern.
pub fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

fn outside(shown: &str) -> Error {
    Error::new("cmp/path", format!("{shown} leads out of the repository"))
}

fn expand(dir: &Path, parts: &[String], depth: usize, found: &mut Vec<PathBuf>) {
    let Some((first, rest)) = parts.split_first() else { return };
    if first == "**" && depth < MAX_DEPTH {
        expand(dir, rest, depth, found);
    }
    if !is_glob(first) {
        let path = dir.join(first);
        match rest {
            [] if path.is_file() => found.push(path),
            [] => {}
            rest => expand(&path, rest, depth + 1, found),
        }
        return;
    }
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        // Links to folders could go round in circles.
        let is_dir = entry.file_type().is_ok_and(|t| t.is_dir());
        if first == "**" {
            if is_dir && depth < MAX_DEPTH {
                expand(&path, parts, depth + 1, found);
            }
        } else if matches(first, &name).unwrap_or(false) {
            match rest {
                [] if path.is_file() => found.push(path),
                [] => {}
                rest => expand(&path, rest, depth + 1, found),
            }
        }
    }
}
