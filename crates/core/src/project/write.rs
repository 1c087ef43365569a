//! A folder of rendered files, kept up to date.
//!
//! The folder carries a [`MARKER`] that lists what was written: only what stands there is ever removed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};

use crate::diagnostic::{Error, Result};

/// The file that lists what Pintle wrote into a folder.
pub const MARKER: &str = ".pintle-rendered";

const HEADER: &str = "# Written by pintle render: the files of this folder that it may replace and remove.\n";

/// What happened to the files of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that are new or have changed.
    pub changed: Vec<String>,
    /// How many stayed as they were.
    pub unchanged: usize,
    /// Files that nothing makes any more.
    pub removed: Vec<String>,
}

/// Writes files (path below `dir`, bytes) where they differ from what is there, and removes what an earlier call wrote and this one
/// doesn't, as far as it is `in_scope`.
///
/// Errors: paths that lead out of `dir` or through symbolic links, a file that is there and isn't in the marker's list, and the
/// system's own.
pub fn update(dir: &Path, files: &[(String, Vec<u8>)], in_scope: &dyn Fn(&str) -> bool) -> Result<Written> {
    let listed = read_marker(dir)?;
    let mut written = Written::default();
    for (path, _) in files {
        check_path(dir, path)?;
        let file = dir.join(path);
        if file.exists() && !listed.contains(path) {
            let message = format!("{} is there already, and pintle didn't write it", file.display());
            let hint = format!("remove it, or render into another folder; {MARKER} lists the files that may be replaced");
            return Err(crate::Diagnostic::error("output/exists", message).hint(hint).into());
        }
    }
    let mut list: BTreeSet<String> = listed.clone();
    list.extend(files.iter().map(|(path, _)| path.clone()));
    // The list first: should this end halfway, the next call still knows every file as its own.
    write_marker(dir, &list, &listed)?;
    for (path, text) in files {
        let file = dir.join(path);
        if fs::read(&file).is_ok_and(|old| old == *text) {
            written.unchanged += 1;
            continue;
        }
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(|e| failed(parent, &e))?;
        }
        replace(&file, text)?;
        written.changed.push(path.clone());
    }
    let now: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    for path in listed.iter().filter(|p| in_scope(p) && !now.contains(p.as_str())) {
        check_path(dir, path)?;
        let file = dir.join(path);
        match fs::remove_file(&file) {
            Ok(()) => written.removed.push(path.clone()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(failed(&file, &e)),
        }
        list.remove(path);
        // Folders that are empty now go too; others stay, and that is no error.
        let above = file.ancestors().skip(1).take_while(|d| *d != dir);
        let _ = above.map(fs::remove_dir).take_while(std::result::Result::is_ok).count();
    }
    write_marker(dir, &list, &BTreeSet::new())?;
    Ok(written)
}

fn failed(path: &Path, e: &std::io::Error) -> Error {
    Error::new("io", format!("write {}: {e}", path.display()))
}

fn read_marker(dir: &Path) -> Result<BTreeSet<String>> {
    match fs::read_to_string(dir.join(MARKER)) {
        Ok(text) => Ok(text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).map(str::to_owned).collect()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(e) => Err(Error::new("io", format!("read {}: {e}", dir.join(MARKER).display()))),
    }
}

fn write_marker(dir: &Path, list: &BTreeSet<String>, before: &BTreeSet<String>) -> Result<()> {
    if list == before {
        return Ok(());
    }
    let text: String = std::iter::once(HEADER).map(str::to_owned).chain(list.iter().map(|p| format!("{p}\n"))).collect();
    let file = dir.join(MARKER);
    if fs::read(&file).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    fs::create_dir_all(dir).map_err(|e| failed(dir, &e))?;
    replace(&file, text.as_bytes())
}

/// A reader sees the old file or the new one, never half of either.
fn replace(file: &Path, text: &[u8]) -> Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".pintle-new");
    let new = file.with_file_name(name);
    fs::write(&new, text).and_then(|()| fs::rename(&new, file)).map_err(|e| failed(file, &e))
}

/// Nothing outside the folder is touched, whatever names a chart or a marker gives.
fn check_path(dir: &Path, path: &str) -> Result<()> {
    let plain = !path.is_empty() && Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
    if !plain || path.contains('\n') {
        return Err(Error::new("output/path", format!("{path:?} leads out of {}", dir.display())));
    }
    let mut at = dir.to_owned();
    for part in Path::new(path).components() {
        at.push(part);
        if fs::symlink_metadata(&at).is_ok_and(|m| m.is_symlink()) {
            return Err(Error::new("output/path", format!("{} is a symbolic link: nothing is written through it", at.display())));
        }
    }
    Ok(())
}
