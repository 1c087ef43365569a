//! A folder of rendered files, kept up to date.
//!
//! The folder carries a [`MARKER`] that lists what was written, with a digest each, in the form of `sha256sum`. A file that isn't listed is
//! never replaced; one that nothing makes any more is removed only if it still is what was written: a list comes with a repository,
//! and may name anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use pintle_files::write::{self, Folder, Last};
use pintle_files::{Refused, refused};
use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, Error, Result};
use crate::rules;

/// The file that lists what Pintle wrote into a folder.
pub const MARKER: &str = ".pintle-rendered";

const HEADER: &str =
    "# Written by pintle render: the files of this folder that it may replace, and remove while they are as written.\n";

/// What happened to the files of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that are new or have changed.
    pub changed: Vec<String>,
    /// How many stayed as they were.
    pub unchanged: usize,
    /// Files that nothing makes any more.
    pub removed: Vec<String>,
    /// Files that nothing makes any more and that aren't what was written: they stay, and stay listed.
    pub left: Vec<String>,
}

/// The listed files, each with the digests that it may have. A list of Pintle 0.1.0 has none, so what it names is never removed.
type List = BTreeMap<String, BTreeSet<String>>;

/// Writes files (path below `dir`, bytes) where they differ from what is there, and removes what an earlier call wrote and this one
/// doesn't, as far as it is `in_scope`.
///
/// Errors: paths that lead out of `dir` or through symbolic links, a file that is there and isn't in the marker's list, and the
/// system's own.
pub fn update(dir: &Path, files: &[(String, Vec<u8>)], in_scope: &dyn Fn(&str) -> bool) -> Result<Written> {
    let folder = Folder::open(dir).map_err(failed)?;
    let list = read_list(&folder)?;
    let mut old = Vec::with_capacity(files.len());
    for (path, _) in files {
        if path.contains('\n') {
            return Err(Error::new(&rules::OUTPUT_PATH, format!("{path:?} can't be listed in {MARKER}")));
        }
        let found = folder.read(path, pintle_files::STREAM).map_err(failed)?;
        if found.is_some() && !list.contains_key(path) {
            let message = format!("{} is there already, and pintle didn't write it", dir.join(path).display());
            let hint = format!("remove it, or render into another folder; {MARKER} lists the files that may be replaced");
            return Err(Diagnostic::new(&rules::OUTPUT_EXISTS, message).hint(hint).into());
        }
        old.push(found);
    }
    let mut written = Written::default();
    // The list first, with what was and what will be: should this end halfway, the next call still knows every file as its own.
    let mut both = list.clone();
    for (path, text) in files {
        both.entry(path.clone()).or_default().insert(digest(text));
    }
    write_list(&folder, &both, &list)?;
    for ((path, text), old) in files.iter().zip(old) {
        if old.as_ref() == Some(text) {
            folder.tidy(path).map_err(failed)?;
            written.unchanged += 1;
        } else {
            folder.write(path, text, Last::Yes).map_err(failed)?;
            written.changed.push(path.clone());
        }
    }
    let mut now: List = files.iter().map(|(path, text)| (path.clone(), BTreeSet::from([digest(text)]))).collect();
    for (path, digests) in &list {
        if now.contains_key(path) {
            continue;
        }
        let keep = |now: &mut List| now.insert(path.clone(), digests.clone());
        if !in_scope(path) {
            keep(&mut now);
            continue;
        }
        match folder.read(path, pintle_files::STREAM) {
            Ok(None) => {}
            Ok(Some(text)) if digests.contains(&digest(&text)) => {
                folder.remove(path).map_err(failed)?;
                written.removed.push(path.clone());
            }
            Err(e) if refused(&e.why) == Some(&Refused::Path) => {
                let message = format!("{} names {path:?}, which leads out of {}", dir.join(MARKER).display(), dir.display());
                return Err(Error::new(&rules::OUTPUT_PATH, message));
            }
            // Something else than a file that was written; what it is makes no difference.
            Ok(Some(_)) | Err(_) => {
                keep(&mut now);
                written.left.push(path.clone());
            }
        }
    }
    write_list(&folder, &now, &both)?;
    Ok(written)
}

fn failed(e: write::Error) -> Error {
    Error::new(&rules::FILE_WRITE, e.to_string())
}

fn digest(text: &[u8]) -> String {
    format!("{:x}", Sha256::digest(text))
}

/// Lines `digest  path`; of Pintle 0.1.0 the path alone.
fn read_list(folder: &Folder) -> Result<List> {
    let text = folder.read(MARKER, pintle_files::TEXT).map_err(failed)?.unwrap_or_default();
    let mut list = List::new();
    for line in String::from_utf8_lossy(&text).lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        let is_digest = |d: &str| d.len() == 64 && d.bytes().all(|b| b.is_ascii_hexdigit());
        match line.split_once("  ") {
            Some((digest, path)) if is_digest(digest) => {
                list.entry(path.to_owned()).or_default().insert(digest.to_owned());
            }
            _ => {
                list.entry(line.to_owned()).or_default();
            }
        }
    }
    Ok(list)
}

fn write_list(folder: &Folder, list: &List, before: &List) -> Result<()> {
    if list == before {
        return Ok(());
    }
    let mut text = HEADER.to_owned();
    for (path, digests) in list {
        for digest in digests {
            let _ = writeln!(text, "{digest}  {path}");
        }
        if digests.is_empty() {
            let _ = writeln!(text, "{path}");
        }
    }
    folder.write(MARKER, text.as_bytes(), Last::Yes).map_err(failed)
}
