//! Reading files: relative to the folder of a kustomization, and not beyond it unless that is allowed
//! (sigs.k8s.io/kustomize/api v0.20.1, internal/loader).

use std::cell::Cell;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use pintle_files::{Root, STREAM, TEXT, read};

use crate::error::Error;

/// What a build reads from.
pub trait FileSystem {
    /// The path without symbolic links, absolute; fails if there is nothing there.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;
    /// Whether a folder is there.
    fn is_dir(&self, path: &Path) -> bool;
    /// A file's content.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
}

/// The file system of the machine: regular files of at most [`TEXT`] bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl FileSystem for Disk {
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        read::file(path, TEXT)
    }
}

/// What of it lies in one folder, links followed: everything else doesn't exist.
#[derive(Clone, Debug)]
pub struct Rooted(pub Root);

impl FileSystem for Rooted {
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.0.resolve(path)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.0.resolve(path).is_ok_and(|real| real.is_dir())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.text(path)
    }
}

/// What may be loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictions {
    /// Files in or below the folder of the kustomization that names them.
    #[default]
    RootOnly,
    /// Any file.
    None,
}

/// Reads what the kustomization of one folder names.
#[derive(Clone)]
pub struct Loader<'f> {
    files: &'f dyn FileSystem,
    restrictions: LoadRestrictions,
    root: PathBuf,
    // The folder as the user would name it.
    shown: String,
    // How many bytes the build may still read: a file may be named again and again.
    left: Rc<Cell<u64>>,
    referrer: Option<Rc<Loader<'f>>>,
}

/// Go's words for a failure.
fn words(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "no such file or directory".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::IsADirectory => "is a directory".into(),
        io::ErrorKind::NotADirectory => "not a directory".into(),
        _ => e.to_string(),
    }
}

/// Whether a path would be fetched from elsewhere (internal/git/repospec.go, loader.go).
fn is_remote(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let scheme = lower.contains("://")
        || ["git::", "gh:", "git@", "github.com/", "github.com:", "ssh:"].iter().any(|p| lower.starts_with(p));
    // user@host:path
    let scp = lower.split_once('@').is_some_and(|(user, rest)| {
        !user.is_empty() && user.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') && rest.contains(':')
    });
    // host/org/repo.git, with or without a query
    let repo = (lower.contains(".git/") || lower.contains(".git?") || lower.ends_with(".git") || lower.contains("?ref="))
        && lower.split('/').next().is_some_and(|host| host.contains('.') && !host.starts_with('.'));
    scheme || scp || repo
}

fn refuse_remote(path: &str) -> Result<(), Error> {
    match is_remote(path) {
        true => Err(Error::new(format!("'{path}' is remote, and nothing is fetched"))
            .hint("download it and name the local folder or file instead")),
        false => Ok(()),
    }
}

/// A path without `.`, `..` and doubled slashes, as Go's `filepath.Clean` makes it.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match out.components().next_back() {
                Some(Component::Normal(_)) => {
                    out.pop();
                }
                Some(Component::RootDir) => {}
                _ => out.push(".."),
            },
            part => out.push(part),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

impl<'f> Loader<'f> {
    /// A loader at a folder.
    pub fn new(files: &'f dyn FileSystem, restrictions: LoadRestrictions, folder: &str) -> Result<Loader<'f>, Error> {
        refuse_remote(folder)?;
        let root =
            confirm_dir(files, Path::new(folder), folder).map_err(|e| Error::new(format!("must build at directory: {e}")))?;
        let shown = clean(Path::new(folder)).to_string_lossy().into_owned();
        Ok(Loader { files, restrictions, root, shown, left: Rc::new(Cell::new(STREAM)), referrer: None })
    }

    /// The folder's absolute path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below this folder as the user would name it.
    pub fn shown(&self, path: &str) -> String {
        match Path::new(path).is_absolute() {
            true => path.to_owned(),
            false => clean(&Path::new(&self.shown).join(path)).to_string_lossy().into_owned(),
        }
    }

    /// A loader at another folder, which must not be this one or one above it, nor any that led here.
    pub fn descend(&self, path: &str) -> Result<Loader<'f>, Error> {
        if path.is_empty() {
            return Err(Error::new("new root cannot be empty"));
        }
        refuse_remote(path)?;
        if Path::new(path).is_absolute() {
            return Err(Error::new(format!("new root '{path}' cannot be absolute")));
        }
        let joined = clean(&self.root.join(path));
        let root = confirm_dir(self.files, &joined, &self.shown(path))
            .map_err(|e| Error::new(format!("must build at directory: {e}")))?;
        let mut visited = Some(self);
        while let Some(loader) = visited {
            if loader.root.starts_with(&root) {
                return Err(Error::new(format!(
                    "cycle detected: candidate root '{}' contains visited root '{}'",
                    root.display(),
                    loader.root.display()
                ))
                .hint(self.way(path)));
            }
            visited = loader.referrer.as_deref();
        }
        Ok(Loader {
            files: self.files,
            restrictions: self.restrictions,
            root,
            shown: self.shown(path),
            left: self.left.clone(),
            referrer: Some(Rc::new(self.clone())),
        })
    }

    /// The folders that led to another one.
    fn way(&self, last: &str) -> String {
        let mut way = vec![self.shown(last)];
        let mut at = Some(self);
        while let Some(loader) = at {
            way.push(loader.shown.clone());
            at = loader.referrer.as_deref();
        }
        way.reverse();
        format!("the way there: {}", way.join(" -> "))
    }

    /// Whether a file is there.
    pub fn exists(&self, path: &str) -> bool {
        let full = clean(&self.root.join(path));
        self.files.canonical(&full).is_ok_and(|found| !self.files.is_dir(&found))
    }

    /// Whether a folder is there.
    pub fn is_dir(&self, path: &Path) -> bool {
        self.files.is_dir(&clean(&self.root.join(path)))
    }

    /// A file's content.
    pub fn load(&self, path: &str) -> Result<Vec<u8>, Error> {
        refuse_remote(path)?;
        let full = if Path::new(path).is_absolute() { PathBuf::from(path) } else { clean(&self.root.join(path)) };
        let at = |e: &io::Error| format!("evalsymlink failure on '{}' : lstat {}: {}", full.display(), full.display(), words(e));
        let real = match self.restrictions {
            LoadRestrictions::None => full.clone(),
            LoadRestrictions::RootOnly => {
                let real = self.files.canonical(&full).map_err(|e| Error::new(at(&e)).at(&self.shown(path), 0))?;
                if self.files.is_dir(&real) {
                    return Err(Error::new(format!("'{}' must resolve to a file", full.display())));
                }
                if !real.starts_with(&self.root) {
                    let message = format!("security; file '{}' is not in or below '{}'", full.display(), self.root.display());
                    return Err(Error::new(message).hint("--load-restrictor LoadRestrictionsNone allows it"));
                }
                real
            }
        };
        let text = self.files.read(&real).map_err(|e| {
            let doing = if e.kind() == io::ErrorKind::IsADirectory { "read" } else { "open" };
            Error::new(format!("{doing} {}: {}", full.display(), words(&e))).at(&self.shown(path), 0)
        })?;
        match self.left.get().checked_sub(text.len() as u64) {
            Some(left) => self.left.set(left),
            None => {
                let message = format!("the files of the build are larger than the limit of {} MiB", STREAM >> 20);
                return Err(Error::new(message).at(&self.shown(path), 0));
            }
        }
        Ok(text)
    }
}

/// `filesys.ConfirmDir`
fn confirm_dir(files: &dyn FileSystem, path: &Path, shown: &str) -> Result<PathBuf, String> {
    if path.as_os_str().is_empty() {
        return Err("directory path cannot be empty".into());
    }
    match files.canonical(path) {
        Ok(real) if files.is_dir(&real) => Ok(real),
        Ok(_) => Err(format!("'{shown}': file is not directory")),
        Err(e) => Err(format!(
            "not a valid directory: evalsymlink failure on '{}' : lstat {}: {}",
            path.display(),
            path.display(),
            words(&e)
        )),
    }
}
