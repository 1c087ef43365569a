//! Writing files: a reader sees the old file or the new one, never half of either, whatever ends the writer.
//!
//! Takes a path and bytes. A file is made new under a random name in its folder, filled, and renamed; on the way down no link is
//! followed. Whoever writes into a folder has its lock, so two runs at once take turns, and a file with such a name that is there all
//! the same was left by a run that was killed: it is removed.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::root::is_git;
use crate::system::{self, Dir, Kind};
use crate::{Refused, Root, read, refused, words};

/// How long another run is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How the name of a file begins that isn't finished; 16 digits follow.
const UNFINISHED: &str = ".pintle-new-";

/// A file or a folder that couldn't be written, and why.
#[derive(Debug)]
pub struct Error {
    /// Its path, as messages name it.
    pub path: PathBuf,
    /// Why.
    pub why: io::Error,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write {}: {}", self.path.display(), words(&self.why))?;
        match refused(&self.why) {
            Some(Refused::Outside(_)) => f.write_str(" through a link; if that is meant, name the place it leads to"),
            Some(Refused::Link) => f.write_str("; remove the link, or name the place it leads to"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.why)
    }
}

/// What a write gives.
pub type Result<T> = std::result::Result<T, Error>;

/// Who may read what is written new. A file that is replaced keeps its mode, unless it is to be the owner's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever the process's umask lets.
    Shared,
    /// The owner: it holds secrets.
    Owner,
}

impl Access {
    fn file(self) -> u32 {
        if self == Access::Owner { 0o600 } else { 0o666 }
    }

    fn folder(self) -> u32 {
        if self == Access::Owner { 0o700 } else { 0o777 }
    }
}

/// Writes a file that the user names, in a folder that is there. A device or a pipe is written to as it is.
///
/// Errors: those of the system; a link in its place, or on the way out of the work tree or the current folder.
pub fn file(path: &Path, text: &[u8], access: Access) -> Result<()> {
    let failed = |why: io::Error| Error { path: path.to_owned(), why };
    let is_special = |path: &Path| path.metadata().is_ok_and(|m| !m.is_file() && !m.is_dir());
    // `/dev/stdout` is a link to whatever standard output is. Other links to devices are not the user's word.
    let is_handle = path.is_symlink() && (path.starts_with("/dev") || path.starts_with("/proc"));
    if is_handle || is_special(path) && !path.is_symlink() {
        return OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(text)).map_err(failed);
    }
    let Some(name) = path.file_name() else { return Err(failed(system::is_a_directory())) };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    stays(folder).map_err(failed)?;
    let real = folder.canonicalize().map_err(failed)?;
    let dir = Dir::open(&real).map_err(failed)?;
    let folder = Folder::of(dir, folder, access).map_err(failed)?;
    folder.replace(name, text).map_err(failed)
}

/// Makes a write beyond the size that a process's files may have (`RLIMIT_FSIZE`) an error, where it would else end the process.
pub fn heed_limits() {
    system::heed_limits();
}

/// Makes a folder that doesn't exist yet, with files in it (path, bytes): all of them or none.
///
/// Errors: those of the system; the folder is there.
pub fn new_folder(path: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    let failed = |why: io::Error| Error { path: path.to_owned(), why };
    let Some(name) = path.file_name() else { return Err(failed(io::ErrorKind::AlreadyExists.into())) };
    let above = Folder::open(path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    match above.dir.kind(name) {
        Ok(Kind::Link) => return Err(failed(Refused::Link.into())),
        Ok(_) => return Err(failed(io::ErrorKind::AlreadyExists.into())),
        Err(_) => {}
    }
    let unfinished = unfinished().map_err(failed)?;
    above.dir.make(&unfinished, Access::Shared.folder()).map_err(failed)?;
    let fill = || -> Result<()> {
        let inner = above.dir.child(&unfinished).and_then(|dir| Folder::of(dir, path, Access::Shared)).map_err(failed)?;
        files.iter().try_for_each(|(file, text)| inner.write(file, text, Last::Yes))?;
        above.dir.rename(&unfinished, name).and_then(|()| above.dir.sync()).map_err(failed)
    };
    fill().inspect_err(|_| {
        let _ = above.dir.child(&unfinished).and_then(|dir| clear(&dir));
        let _ = above.dir.remove_folder(&unfinished);
    })
}

/// Removes everything in a folder.
fn clear(dir: &Dir) -> io::Result<()> {
    for name in dir.names()? {
        match dir.kind(&name)? {
            Kind::Folder => {
                clear(&dir.child(&name)?)?;
                dir.remove_folder(&name)?;
            }
            _ => dir.remove(&name)?,
        }
    }
    Ok(())
}

/// Whether a file must outlast a loss of power at once: that takes a disk's time for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// What can't be made again by the same command, or says what others are.
    Yes,
    /// What the same command makes again.
    No,
}

/// A folder that is written into. This process alone does while this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    dir: Dir,
    access: Access,
    /// The folders below that were looked through for unfinished files.
    tidied: RefCell<BTreeSet<PathBuf>>,
}

impl Folder {
    /// Opens the folder, which is made with those above it where it doesn't exist; waits for another run to be done with it.
    ///
    /// Errors: those of the system; a link in its place, or on the way out of the work tree or the current folder; another run that
    /// isn't done within a minute.
    pub fn open(path: &Path) -> Result<Folder> {
        Folder::with(path, Access::Shared)
    }

    /// As [`Folder::open`]; what is made there is for those who `access` names.
    pub fn with(path: &Path, access: Access) -> Result<Folder> {
        let failed = |why: io::Error| Error { path: path.to_owned(), why };
        stays(path).map_err(failed)?;
        let dir = descend(path, access).map_err(failed)?;
        Folder::of(dir, path, access).map_err(failed)
    }

    fn of(dir: Dir, path: &Path, access: Access) -> io::Result<Folder> {
        heed_limits();
        lock(&dir)?;
        let tidied = RefCell::default();
        Ok(Folder { path: path.to_owned(), dir, access, tidied })
    }

    /// Writes a file below the folder, with the folders that it needs.
    ///
    /// Errors: those of the system; a path that leaves the folder or leads below a `.git`; a link on the way or in its place.
    pub fn write(&self, path: &str, text: &[u8], last: Last) -> Result<()> {
        self.at(path, |parts, name| {
            let below = self.made(parts)?;
            if let Some(dir) = &below {
                lock(dir)?;
            }
            let folder = Path::new(path).parent().unwrap_or(Path::new(""));
            self.put(below.as_ref().unwrap_or(&self.dir), folder, name, text, last)
        })
    }

    /// Removes what a run that was killed left beside a file that stays as it is. [`Folder::write`] does the same.
    ///
    /// Errors: as [`Folder::read`]'s; a folder that doesn't exist needs nothing.
    pub fn tidy(&self, path: &str) -> Result<()> {
        let tidied = self.at(path, |parts, _| {
            let below = self.below(parts)?;
            if let Some(dir) = &below {
                lock(dir)?;
            }
            self.tidy_once(below.as_ref().unwrap_or(&self.dir), Path::new(path).parent().unwrap_or(Path::new("")));
            Ok(())
        });
        absent(tidied).map(|_| ())
    }

    fn tidy_once(&self, dir: &Dir, folder: &Path) {
        if self.tidied.borrow_mut().insert(folder.to_owned()) {
            tidy(dir);
        }
    }

    /// Makes a symbolic link below the folder, with the folders that it needs. Errors: those of the system; the name is taken.
    pub fn link(&self, path: &str, target: &str) -> Result<()> {
        self.at(path, |parts, name| self.made(parts)?.as_ref().unwrap_or(&self.dir).link(name, OsStr::new(target)))
    }

    /// The folder at the end of a way down, made where it doesn't exist; nothing for this one.
    fn made(&self, parts: &[&OsStr]) -> io::Result<Option<Dir>> {
        let mut below = None;
        for part in parts {
            let above: &Dir = below.as_ref().unwrap_or(&self.dir);
            match above.make(part, self.access.folder()) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
                _ => below = Some(child(above, part)?),
            }
        }
        Ok(below)
    }

    fn replace(&self, name: &OsStr, text: &[u8]) -> io::Result<()> {
        self.put(&self.dir, Path::new(""), name, text, Last::Yes)
    }

    /// A file below the folder, if it is there. Errors: those of [`read::file`]; a link on the way or in its place.
    pub fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let found = self.at(path, |parts, name| {
            let below = self.below(parts)?;
            let dir = below.as_ref().unwrap_or(&self.dir);
            match dir.kind(name)? {
                Kind::Link => Err(Refused::Link.into()),
                _ => dir.file(name).and_then(read::regular).and_then(|(file, size)| read::contents(file, size, limit)),
            }
        });
        absent(found)
    }

    /// Removes a file below the folder, and the folders above it that are empty then. The result is whether it was there.
    ///
    /// Errors: those of the system; there is something else than a regular file; a link on the way.
    pub fn remove(&self, path: &str) -> Result<bool> {
        let removed = self.at(path, |parts, name| {
            let below = self.below(parts)?;
            let dir = below.as_ref().unwrap_or(&self.dir);
            match dir.kind(name)? {
                Kind::File(_) => dir.remove(name),
                Kind::Link => Err(Refused::Link.into()),
                Kind::Folder => Err(system::is_a_directory()),
                Kind::Other(what) => Err(Refused::Irregular(what).into()),
            }
        });
        let removed = absent(removed)?.is_some();
        for above in Path::new(path).ancestors().skip(1).take_while(|p| removed && !p.as_os_str().is_empty()) {
            let shown = above.to_string_lossy();
            let gone = self.at(&shown, |parts, name| self.below(parts)?.as_ref().unwrap_or(&self.dir).remove_folder(name));
            if gone.is_err() {
                // It holds something else.
                break;
            }
        }
        Ok(removed)
    }

    /// What is in the folder itself: names without those of unfinished files.
    pub fn names(&self) -> Result<Vec<OsString>> {
        let mut names = self.dir.names().map_err(|why| Error { path: self.path.clone(), why })?;
        names.retain(|name| !is_unfinished(name));
        names.sort();
        Ok(names)
    }

    /// Does something at a path below the folder, given as the folders on the way and the name.
    fn at<T>(&self, path: &str, act: impl FnOnce(&[&OsStr], &OsStr) -> io::Result<T>) -> Result<T> {
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_)) && !is_git(part);
        let parts: Vec<&OsStr> = Path::new(path).components().map(Component::as_os_str).collect();
        let result = match parts.split_last() {
            Some((name, parts)) if Path::new(path).components().all(plain) => act(parts, name),
            _ => Err(Refused::Path.into()),
        };
        result.map_err(|why| Error { path: self.path.join(path), why })
    }

    /// The folder at the end of a way down; nothing for this one.
    fn below(&self, parts: &[&OsStr]) -> io::Result<Option<Dir>> {
        parts.iter().try_fold(None, |below: Option<Dir>, part| child(below.as_ref().unwrap_or(&self.dir), part).map(Some))
    }

    fn put(&self, dir: &Dir, folder: &Path, name: &OsStr, text: &[u8], last: Last) -> io::Result<()> {
        self.tidy_once(dir, folder);
        let mode = match dir.kind(name) {
            Ok(Kind::File(mode)) if self.access == Access::Shared => Some(mode),
            Ok(Kind::File(_)) => None,
            Ok(Kind::Link) => return Err(Refused::Link.into()),
            Ok(Kind::Folder) => return Err(system::is_a_directory()),
            Ok(Kind::Other(what)) => return Err(Refused::Irregular(what).into()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(e),
        };
        let unfinished = unfinished()?;
        let mut file = dir.create(&unfinished, self.access.file())?;
        let mut fill = || {
            file.write_all(text)?;
            mode.map_or(Ok(()), |mode| system::set_mode(&file, mode))?;
            if last == Last::Yes {
                file.sync_all()?;
            }
            dir.rename(&unfinished, name)
        };
        fill().inspect_err(|_| {
            let _ = dir.remove(&unfinished);
        })?;
        if last == Last::Yes { dir.sync() } else { Ok(()) }
    }
}

/// Nothing in place of what doesn't exist.
fn absent<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(e) if e.why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn child(dir: &Dir, name: &OsStr) -> io::Result<Dir> {
    dir.child(name).map_err(|e| if dir.kind(name).is_ok_and(|k| k == Kind::Link) { Refused::Link.into() } else { e })
}

/// Waits for a folder's lock; it goes with the folder's handle, and with the process.
fn lock(dir: &Dir) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    while !dir.lock() {
        if Instant::now() > until {
            return Err(Refused::Locked(PATIENCE.as_secs(), dir.holder()).into());
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Removes the files of runs that were killed: nobody else writes here now. What can't be removed does no harm.
fn tidy(dir: &Dir) {
    for name in dir.names().unwrap_or_default() {
        if is_unfinished(&name) && matches!(dir.kind(&name), Ok(Kind::File(_))) {
            let _ = dir.remove(&name);
        }
    }
}

fn is_unfinished(name: &OsStr) -> bool {
    let digits = name.to_str().and_then(|name| name.strip_prefix(UNFINISHED));
    digits.is_some_and(|d| d.len() == 16 && d.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
}

/// A name that isn't taken and can't be guessed.
fn unfinished() -> io::Result<OsString> {
    Ok(format!("{UNFINISHED}{:016x}", random()?).into())
}

fn random() -> io::Result<u64> {
    getrandom::u64().map_err(io::Error::other)
}

/// Opens a folder, makes those that don't exist. A link at its end is an error: links further up were judged before ([`stays`]).
fn descend(path: &Path, access: Access) -> io::Result<Dir> {
    // Without the slash at the end, which would follow a link.
    let path: PathBuf = path.components().collect();
    let path = if path.as_os_str().is_empty() { PathBuf::from(".") } else { path };
    if path.is_symlink() {
        return Err(Refused::Link.into());
    }
    let there = path.ancestors().find(|above| above.as_os_str().is_empty() || above.symlink_metadata().is_ok());
    let there = there.unwrap_or(Path::new(""));
    let rest = path.strip_prefix(there).unwrap_or(Path::new(""));
    let real = if there.as_os_str().is_empty() { Path::new(".") } else { there }.canonicalize()?;
    let mut dir = Dir::open(&real)?;
    for part in rest.components() {
        let Component::Normal(name) = part else { return Err(Refused::Path.into()) };
        match dir.make(name, access.folder()) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => dir = child(&dir, name)?,
        }
    }
    Ok(dir)
}

/// Whether a path that is written to stays where it seems to be: in the Git work tree that its text names, and below the current folder
/// if it begins there. Links that lead out of a repository are the repository's, not the user's; who means the place names it.
fn stays(path: &Path) -> io::Result<()> {
    let below_here = path.is_relative() && path.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    let here = if below_here { Some(std::env::current_dir()?) } else { None };
    let here = here.map(|here| Root::new(&here)).transpose()?;
    for root in Root::tree(path)?.into_iter().chain(here) {
        root.resolve_new(path)?;
    }
    Ok(())
}

/// A folder of this process's own among those for temporary files, for its user alone. It goes with this.
#[derive(Debug)]
pub struct Private(PathBuf);

impl Private {
    /// Makes one. Errors: those of the system.
    pub fn new() -> io::Result<Private> {
        let path = std::env::temp_dir().join(format!("pintle-{:016x}", random()?));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        // Where temporary files are may itself be behind a link.
        path.canonicalize().map(Private)
    }

    /// Its path, without links.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
