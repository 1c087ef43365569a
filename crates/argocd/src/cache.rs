//! Recorded outputs of `pintle cmp generate`, by the content of everything that they were made from ([`super::key`]).
//!
//! Takes a key and gives the output that was recorded under it. A folder holds one file per key. Any number of processes may share it:
//! a file is there as a whole or not at all. What is read is checked by its
//! digest; what doesn't fit counts as absent and is removed. Beyond its size the cache drops what was used longest ago. A cache that
//! can't be read or written costs a render, never an application.

use std::fs::Metadata;
use std::path::PathBuf;
use std::time::SystemTime;

use pintle_core::Error;
use pintle_files::read;
use pintle_files::write::{self, Access, Folder, Last};
use pintle_value::budget::size;
use sha2::{Digest, Sha256};

use crate::environment::Environment;
use crate::key::Key;
use crate::rules;

/// The folder; without it nothing is recorded.
const FOLDER_VARIABLE: &str = "PINTLE_CMP_CACHE";
/// How large the folder may grow: `64Mi`, `1Gi`.
const SIZE_VARIABLE: &str = "PINTLE_CMP_CACHE_SIZE";
const SIZE: u64 = 256 << 20;
/// An output larger than this part of the whole would drive out too many others.
const LARGEST_PART: u64 = 8;
/// How an entry begins. Another layout gets another number.
const MAGIC: &str = "pintle-cache-1";

/// A folder of recorded outputs.
pub struct Cache {
    folder: PathBuf,
    size: u64,
}

/// What a render gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The manifests.
    pub text: Vec<u8>,
    /// What was said beside them, as it was shown.
    pub said: String,
}

impl Cache {
    /// The cache that the environment names, if it names one. Errors: an invalid size.
    pub fn of(environment: &Environment) -> Result<Option<Cache>, Error> {
        let Some(folder) = environment.setting(FOLDER_VARIABLE) else { return Ok(None) };
        let size = match environment.setting(SIZE_VARIABLE) {
            Some(text) => size(text).filter(|size| *size > 0).ok_or_else(|| {
                Error::new(&rules::CMP_LIMIT, format!("{SIZE_VARIABLE}={text}: 64Mi, 1Gi or a number of bytes is meant"))
            })?,
            None => SIZE,
        };
        Ok(Some(Cache { folder: environment.folder.join(folder), size }))
    }

    /// Makes the folder if it doesn't exist, for this user alone: outputs hold secrets, and whoever can write here decides what is
    /// deployed.
    ///
    /// Errors: a folder that can't be made, or that others can write to.
    pub fn open(&self) -> Result<(), String> {
        drop(self.writable().map_err(|e| e.to_string())?);
        let meta = self.folder.symlink_metadata().map_err(|e| format!("{}: {e}", self.folder.display()))?;
        if !meta.is_dir() || !is_private(&meta) {
            return Err(format!("{} must be a folder that nobody else owns or can write to", self.folder.display()));
        }
        Ok(())
    }

    /// What was recorded under a key.
    #[expect(clippy::disallowed_methods, reason = "what is used is marked, so that the oldest goes first")]
    pub fn get(&self, key: &Key) -> Option<Recorded> {
        let (file, size) = read::open(&self.folder.join(key.name())).ok()?;
        // What was used last goes last.
        let _ = file.set_modified(SystemTime::now());
        let entry = read::contents(file, size, self.size).ok()?;
        let found = decode(&entry);
        if found.is_none() {
            let _ = self.writable().and_then(|folder| folder.remove(key.name()));
        }
        found
    }

    /// Records an output, and drops others if it has become too much. The result is whether it was kept.
    pub fn put(&self, key: &Key, recorded: &Recorded) -> write::Result<bool> {
        let entry = encode(recorded);
        if entry.len() as u64 > self.size / LARGEST_PART {
            return Ok(false);
        }
        let folder = self.writable()?;
        folder.write(key.name(), &entry, Last::No)?;
        self.trim(&folder);
        Ok(true)
    }

    /// The folder, for this process alone.
    fn writable(&self) -> write::Result<Folder> {
        Folder::with(&self.folder, Access::Owner)
    }

    /// Removes what was used longest ago until the rest fits.
    fn trim(&self, folder: &Folder) {
        let mut entries = Vec::new();
        for name in folder.names().unwrap_or_default() {
            let Ok(meta) = self.folder.join(&name).symlink_metadata() else { continue };
            entries.push((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), meta.len(), name));
        }
        let mut total: u64 = entries.iter().map(|(_, size, _)| size).sum();
        if total <= self.size {
            return;
        }
        entries.sort();
        // Some room at once: else every request from here on would look through the folder in vain.
        let wanted = self.size - self.size / LARGEST_PART;
        for (_, size, name) in entries {
            if total <= wanted {
                break;
            }
            let _ = name.to_str().map(|name| folder.remove(name));
            total = total.saturating_sub(size);
        }
    }
}

/// A line with the digest of the rest, then the lengths of both parts, then these.
fn encode(recorded: &Recorded) -> Vec<u8> {
    let mut rest = format!("{} {}\n", recorded.said.len(), recorded.text.len()).into_bytes();
    rest.extend_from_slice(recorded.said.as_bytes());
    rest.extend_from_slice(&recorded.text);
    let mut entry = format!("{MAGIC} {:x}\n", Sha256::digest(&rest)).into_bytes();
    entry.append(&mut rest);
    entry
}

fn decode(entry: &[u8]) -> Option<Recorded> {
    let (head, rest) = line(entry)?;
    let digest = head.strip_prefix(MAGIC)?.strip_prefix(' ')?;
    if format!("{:x}", Sha256::digest(rest)) != digest {
        return None;
    }
    let (lengths, rest) = line(rest)?;
    let (said, text) = lengths.split_once(' ')?;
    let (said, text): (usize, usize) = (said.parse().ok()?, text.parse().ok()?);
    if rest.len().checked_sub(said)? != text {
        return None;
    }
    let (said, text) = rest.split_at(said);
    Some(Recorded { text: text.to_vec(), said: String::from_utf8(said.to_vec()).ok()? })
}

fn line(text: &[u8]) -> Option<(&str, &[u8])> {
    let end = text.iter().position(|b| *b == b'\n')?;
    Some((std::str::from_utf8(&text[..end]).ok()?, &text[end + 1..]))
}

/// Whether a folder is this user's, and nobody else's to write to.
#[cfg(target_os = "linux")]
fn is_private(meta: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    // A process's folder in /proc is its user's.
    let own = std::path::Path::new("/proc/self").metadata().map(|p| p.uid());
    own.is_ok_and(|own| own == meta.uid()) && meta.mode() & 0o022 == 0
}

/// Elsewhere no Argo CD runs; the modes are what is known without one.
#[cfg(all(unix, not(target_os = "linux")))]
fn is_private(meta: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    meta.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_private(_: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_what_was_recorded_or_nothing() {
        let recorded = Recorded { text: b"a: 1\n\xff".to_vec(), said: "warning: w\n".into() };
        let entry = encode(&recorded);
        assert_eq!(decode(&entry), Some(recorded));
        for at in 0..entry.len() {
            assert_eq!(decode(&entry[..at]), None, "cut at {at}");
            let mut other = entry.clone();
            other[at] ^= 1;
            assert_eq!(decode(&other), None, "changed at {at}");
        }
    }
}
