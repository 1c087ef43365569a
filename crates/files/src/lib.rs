//! The one place that reads and writes files.
//!
//! Charts, repositories and manifests are strangers' files. A link in them may lead to a key of the user's, a pipe may never say
//! anything, a sparse file may promise more than there is memory, and a folder for output may be a link to somewhere else. So:
//!
//! - [`mod@read`] opens regular files only, and reads no more of them than a limit. What a user names may be a pipe too.
//! - [`Root`] is a folder that paths and links stay in; nothing below a `.git` belongs to it.
//! - [`mod@write`] makes new files beside the old ones and renames them, below folders that were checked to be no links.
//!
//! The limits are in bytes. Everything else of the workspace is kept from `std::fs` by `clippy.toml`.

#![allow(clippy::disallowed_methods, reason = "this is the place that owns them")]

pub mod read;
mod root;
mod system;
pub mod write;

use std::fmt;
use std::io;
use std::path::PathBuf;

pub use root::{Root, work_tree};

/// The largest file of a chart or a repository that is read, in bytes: values, manifests, schemas, files of generators.
pub const TEXT: u64 = 16 << 20;
/// The largest file or stream that is read where the user names it, in bytes: manifests to check, standard input, snapshots.
pub const STREAM: u64 = 256 << 20;
/// The most files and folders that are looked at below one folder.
pub const ENTRIES: usize = 100_000;

/// Why a file isn't touched, though the system would allow it. It is the inner error of an [`io::Error`]: see [`refused`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The path leads out of the folder that it must stay in.
    Outside(PathBuf),
    /// The path leads into Git's own files.
    Git,
    /// Not a regular file: what it is instead.
    Irregular(&'static str),
    /// There is more than so many bytes.
    TooLarge(u64),
    /// A folder holds more entries than so many.
    TooMany(usize),
    /// Something would be written through a link.
    Link,
    /// The path leaves the folder.
    Path,
    /// Another process writes into the folder, and didn't end within so many seconds; its number, if the system tells.
    Locked(u64, Option<u32>),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Outside(root) => write!(f, "leads out of {}", root.display()),
            Refused::Git => f.write_str("leads into .git, which is Git's alone"),
            Refused::Irregular(what) => write!(f, "is {what}, not a regular file"),
            Refused::TooLarge(limit) => write!(f, "is larger than the limit of {}", Size(*limit)),
            Refused::TooMany(limit) => write!(f, "holds more than {limit} files and folders"),
            Refused::Link => f.write_str("is a symbolic link: nothing is written through it"),
            Refused::Path => f.write_str("is not a path below the folder"),
            Refused::Locked(seconds, holder) => {
                f.write_str("another process")?;
                if let Some(holder) = holder {
                    write!(f, " ({holder})")?;
                }
                write!(f, " has been writing into the folder for {seconds} s; wait for it or end it")
            }
        }
    }
}

impl std::error::Error for Refused {}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> io::Error {
        io::Error::other(refused)
    }
}

/// Why a file was refused, if it was refused here and not by the system.
pub fn refused(e: &io::Error) -> Option<&Refused> {
    e.get_ref()?.downcast_ref()
}

/// A size in the unit that shows it best.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n > 0 && n % (1 << 20) == 0 => write!(f, "{} MiB", n >> 20),
            n if n > 0 && n % (1 << 10) == 0 => write!(f, "{} KiB", n >> 10),
            n => write!(f, "{n} bytes"),
        }
    }
}

/// An error in words, without the system's number for it.
pub fn words(e: &io::Error) -> String {
    let text = e.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
