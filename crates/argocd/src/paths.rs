//! Paths of an application: relative to its folder, or to the repository's root with a slash in front; never outside.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::rules;
use pintle_core::{Diagnostic, Error};
use pintle_files::{ENTRIES, Refused, Root, TEXT, read, refused};
use pintle_go::path::matches;

/// Folders nested deeper than this are not looked into for `**`.
const MAX_DEPTH: usize = 32;

/// Where an application lies.
pub struct Paths {
    /// The application's folder, without links.
    dir: PathBuf,
    /// What Argo CD sent: the repository, or a part of it.
    pub root: Root,
    /// Where that lies in the repository: with manifest-generate-paths Argo CD sends a part of it only.
    prefix: PathBuf,
}

impl Paths {
    /// `source_path` is the application's path in the repository; without it, a Git work tree is the root, or else the folder itself.
    /// The root is found by the folder's path as it was given: a folder that is a link can't say where the repository is.
    ///
    /// Errors: the folder doesn't exist, or it is a link that leads out of the repository.
    pub fn new(dir: &Path, source_path: Option<&str>) -> Result<Paths, Error> {
        let failed = |e: std::io::Error| Error::new(&pintle_core::rules::FILE_READ, format!("{}: {e}", dir.display()));
        let real = dir.canonicalize().map_err(failed)?;
        let named =
            Some(clean(dir)).filter(|named| named.canonicalize().is_ok_and(|r| r == real)).unwrap_or_else(|| real.clone());
        let source: Vec<Component<'_>> =
            Path::new(source_path.unwrap_or_default()).components().filter(|c| matches!(c, Component::Normal(_))).collect();
        let shared = named.components().rev().zip(source.iter().rev()).take_while(|(a, b)| a == *b).count();
        let root = match source_path {
            None => Root::around(&named),
            Some(_) => Root::new(named.ancestors().nth(shared).unwrap_or(&named)),
        };
        let prefix = source[..source.len() - shared].iter().collect();
        let paths = Paths { dir: real, root: root.map_err(failed)?, prefix };
        paths.inside(&named, "the application's folder")?;
        Ok(paths)
    }

    /// A path that must lie below the root once its links are followed; `shown` is its name in messages.
    pub fn inside(&self, path: &Path, shown: &str) -> Result<PathBuf, Error> {
        self.root.resolve(path).map_err(|e| self.unread(shown, &e))
    }

    /// The text of a file that must lie below the root; `shown` is its name in messages.
    pub fn text(&self, path: &Path, shown: &str) -> Result<Vec<u8>, Error> {
        self.root.read(path, TEXT).map_err(|e| self.unread(shown, &e))
    }

    /// The error of a path that can't be read.
    pub fn unread(&self, shown: &str, e: &std::io::Error) -> Error {
        match (e.kind(), refused(e)) {
            (std::io::ErrorKind::NotFound, _) => Error::new(&rules::CMP_ABSENT, format!("{shown} doesn't exist")),
            (_, Some(Refused::Outside(_))) => outside(shown),
            (_, Some(e)) => Error::new(&rules::CMP_PATH, format!("{shown} {e}")),
            _ => Error::new(&pintle_core::rules::FILE_READ, format!("{shown}: {e}")),
        }
    }

    /// The path that a parameter names, before links are followed. Errors: one that leads out of the repository or of what was sent.
    pub fn named(&self, path: &str) -> Result<PathBuf, Error> {
        if path.contains("://") {
            return Err(Error::new(
                &rules::CMP_PATH,
                format!("{path}: only files of the repository are read; nothing is fetched"),
            ));
        }
        let mut at = match path.strip_prefix('/') {
            None => self.dir.clone(),
            Some(path) => {
                let path = Path::new(path.trim_start_matches('/'));
                let Ok(rest) = path.strip_prefix(&self.prefix) else {
                    let message = format!("{} is not part of what Argo CD sent", path.display());
                    let hint = "the Application's annotation manifest-generate-paths must name it (`pintle cmp annotation`)";
                    return Err(Diagnostic::new(&rules::CMP_PATH, message).hint(hint).into());
                };
                return self.clean(self.root.folder().to_owned(), rest, &path.display().to_string());
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
            if !at.starts_with(self.root.folder()) {
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
        let inner = path.strip_prefix(self.root.folder()).unwrap_or(&path);
        let parts: Vec<String> = inner.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
        if let Some(e) = parts.iter().find_map(|p| matches(p, "").err()) {
            return Err(Error::new(&rules::CMP_PATH, format!("{pattern}: {e}")));
        }
        let fixed = parts.iter().take_while(|p| !is_glob(p)).count();
        let folder = parts[..fixed].iter().fold(self.root.folder().to_owned(), |at, part| at.join(part));
        let mut search = Search { root: &self.root, parts: &parts[fixed..], found: BTreeSet::new(), looked: 0 };
        search.folder(&folder, &BTreeSet::from([0]), 0).map_err(|e| Error::new(&rules::CMP_PATH, format!("{pattern}: {e}")))?;
        Ok(search.found.into_iter().collect())
    }

    /// A path from the repository's root, with slashes and none in front.
    pub fn shown(&self, path: &Path) -> String {
        let inner = path.strip_prefix(self.root.folder()).unwrap_or(path);
        let whole = self.prefix.join(inner);
        let parts: Vec<_> = whole.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
        parts.join("/")
    }

    /// A message without the root's path: Argo CD unpacks every request into another folder, and a message that is another each time
    /// looks like news.
    pub fn without_root(&self, text: &str) -> String {
        let folder = self.root.folder().to_string_lossy();
        let root = format!("{folder}/");
        if root.len() <= 2 {
            return text.to_owned();
        }
        text.replace(&root, "").replace(&*folder, "the repository")
    }
}

/// Whether a path is a pattern.
pub fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

fn outside(shown: &str) -> Error {
    Error::new(&rules::CMP_PATH, format!("{shown} leads out of the repository"))
}

/// A path without `.` and `..`, as its text tells.
fn clean(dir: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in dir.components() {
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

/// A search for the files that a pattern stands for. Each folder is looked at once, with all the parts of the pattern that its entries may be
/// held against: `**` may stand for this many folders or that many.
struct Search<'s> {
    root: &'s Root,
    parts: &'s [String],
    found: BTreeSet<PathBuf>,
    /// How many entries were looked at.
    looked: usize,
}

impl Search<'_> {
    /// `at` are the parts that come next. Errors: there are too many entries.
    fn folder(&mut self, dir: &Path, at: &BTreeSet<usize>, depth: usize) -> Result<(), Refused> {
        // `**` may stand for no folder at all.
        let mut open = at.clone();
        for part in 0..self.parts.len() {
            if open.contains(&part) && self.parts[part] == "**" {
                open.insert(part + 1);
            }
        }
        for (name, kind) in read::folder(dir).unwrap_or_default() {
            self.looked += 1;
            if self.looked > ENTRIES {
                return Err(Refused::TooMany(ENTRIES));
            }
            let path = dir.join(&name);
            let name = name.to_string_lossy();
            let mut next = BTreeSet::new();
            for part in open.iter().copied().filter(|part| *part < self.parts.len()) {
                match self.parts[part].as_str() {
                    // Links to folders could go round in circles.
                    "**" if kind.is_dir() && depth < MAX_DEPTH => {
                        next.insert(part);
                    }
                    "**" => {}
                    pattern if pattern == name || matches(pattern, &name).unwrap_or(false) => {
                        next.insert(part + 1);
                    }
                    _ => {}
                }
            }
            if next.contains(&self.parts.len()) && path.is_file() {
                self.found.insert(path);
            } else if !next.is_empty() && path.is_dir() && self.root.resolve(&path).is_ok() {
                self.folder(&path, &next, depth + 1)?;
            }
        }
        Ok(())
    }
}
