//! Reading files and folders.
//!
//! Takes a path and a limit in bytes, gives bytes. Errors are those of the system and [`Refused`].

use std::ffi::OsString;
use std::fs::{File, FileType, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{ENTRIES, Refused, STREAM, system};

/// A regular file of at most `limit` bytes. Links are followed wherever they lead: the path is the caller's own.
pub fn file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (file, size) = open(path)?;
    contents(file, size, limit)
}

/// The file as text. Errors: as [`file()`]'s, and bytes that aren't UTF-8.
pub fn text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(file(path, limit)?).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "is not UTF-8"))
}

/// A file that the user names: it may be a pipe (`<(…)`) or a device, which are waited for and read up to the limit.
pub fn named(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(system::is_a_directory());
    }
    contents(file, meta.len(), limit)
}

/// What is left of a stream, if it is at most `limit` bytes.
pub fn all(stream: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    stream.take(limit.saturating_add(1)).read_to_end(&mut text)?;
    if text.len() as u64 > limit { Err(Refused::TooLarge(limit).into()) } else { Ok(text) }
}

/// How many bytes are read in one run, from many files: all of them are kept.
pub struct Allowance(AtomicU64);

impl Default for Allowance {
    /// [`STREAM`] bytes.
    fn default() -> Allowance {
        Allowance(AtomicU64::new(STREAM))
    }
}

impl Allowance {
    /// Reads with what is left as the limit.
    pub fn read(&self, read: impl FnOnce(u64) -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
        let text = read(self.0.load(Ordering::Relaxed))?;
        let take = |left: u64| left.checked_sub(text.len() as u64);
        match self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            Ok(_) => Ok(text),
            Err(_) => Err(Refused::TooLarge(STREAM).into()),
        }
    }
}

/// Opens a regular file for reading; gives it with its size. A pipe isn't waited for.
pub fn open(path: &Path) -> io::Result<(File, u64)> {
    regular(system::open(path)?)
}

/// As [`open`], for a path without links: a link that has come on the way since is an error, where the system can tell (Linux),
/// else one at its end.
pub fn open_plain(path: &Path) -> io::Result<(File, u64)> {
    regular(system::open_plain(path)?)
}

/// A handle of a regular file, and the file's size.
pub(crate) fn regular(file: File) -> io::Result<(File, u64)> {
    let meta = file.metadata()?;
    match irregular(&meta) {
        None => Ok((file, meta.len())),
        Some(_) if meta.is_dir() => Err(system::is_a_directory()),
        Some(what) => Err(Refused::Irregular(what).into()),
    }
}

/// The bytes of an open file of a known size.
pub fn contents(file: File, size: u64, limit: u64) -> io::Result<Vec<u8>> {
    if size > limit {
        return Err(Refused::TooLarge(limit).into());
    }
    // A file may grow, and those of /proc say that they are empty: what counts is what is read.
    let mut text = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(limit.saturating_add(1)).read_to_end(&mut text)?;
    if text.len() as u64 > limit { Err(Refused::TooLarge(limit).into()) } else { Ok(text) }
}

/// What there is in place of a regular file.
pub(crate) fn irregular(meta: &Metadata) -> Option<&'static str> {
    kind(meta.file_type())
}

pub(crate) fn kind(kind: FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        for (is, what) in [
            (kind.is_fifo(), "a named pipe"),
            (kind.is_socket(), "a socket"),
            (kind.is_char_device() || kind.is_block_device(), "a device"),
        ] {
            if is {
                return Some(what);
            }
        }
    }
    match kind {
        k if k.is_file() => None,
        k if k.is_dir() => Some("a folder"),
        k if k.is_symlink() => Some("a symbolic link"),
        _ => Some("something else"),
    }
}

/// The names in a folder with what they are, links not followed, sorted. Errors: more than [`ENTRIES`].
pub fn folder(dir: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if found.len() == ENTRIES {
            return Err(Refused::TooMany(ENTRIES).into());
        }
        found.push((entry.file_name(), entry.file_type()?));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}
