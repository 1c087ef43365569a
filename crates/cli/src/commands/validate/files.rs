//! The files that are named, and those below folders.

use pintle_files::read::Allowance;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pintle_files::{ENTRIES, Refused, Root, TEXT, read, words};
use pintle_validate::Pattern;

use crate::io;

/// Patterns of file names that are left out.
#[derive(Default)]
pub struct Ignored(Vec<Pattern>);

impl Ignored {
    /// Compiles `--ignore-filename-pattern`.
    pub fn new(patterns: &[String]) -> Result<Ignored, String> {
        let patterns = patterns.iter().map(|p| Pattern::new(p).map_err(|e| format!("--ignore-filename-pattern {p}: {e}")));
        Ok(Ignored(patterns.collect::<Result<_, _>>()?))
    }

    fn matches(&self, path: &Path) -> bool {
        self.0.iter().any(|p| p.is_match(&path.to_string_lossy()))
    }
}

/// A stream to check.
pub enum Input {
    /// Standard input
    Stdin,
    /// A file that is named, or a pipe
    Named(PathBuf),
    /// A regular file below a folder that is named, and where its links may lead
    Below(PathBuf, Arc<Root>),
}

impl Input {
    /// As reports name it.
    pub fn name(&self) -> String {
        match self {
            Input::Stdin => "stdin".to_owned(),
            Input::Named(path) | Input::Below(path, _) => path.to_string_lossy().into_owned(),
        }
    }

    /// The text, as long as what all of them may hold lasts.
    pub fn read(&self, allowance: &Allowance) -> Result<Vec<u8>, String> {
        match self {
            Input::Stdin => io::stdin(),
            Input::Named(path) => allowance.read(|limit| read::named(path, limit)).map_err(|e| failed(path, &e)),
            Input::Below(path, root) => allowance.read(|limit| root.read(path, limit.min(TEXT))).map_err(|e| failed(path, &e)),
        }
    }
}

/// Why there are no inputs.
pub enum Error {
    /// None were named.
    None,
    /// A folder or a file can't be read.
    Read(String),
}

impl Error {
    /// No files instead of none named.
    pub fn or_empty(self) -> Result<Vec<Input>, String> {
        match self {
            Error::None => Ok(Vec::new()),
            Error::Read(message) => Err(message),
        }
    }
}

/// The streams that are named; without names standard input, if something is piped into it.
pub fn inputs(names: &[PathBuf], ignored: &Ignored) -> Result<Vec<Input>, Error> {
    let mut inputs = Vec::new();
    if names.is_empty() {
        return Err(Error::None);
    }
    for name in names {
        if name.as_os_str() == "-" {
            if std::io::stdin().is_terminal() {
                return Err(Error::None);
            }
            inputs.push(Input::Stdin);
        } else {
            let meta = name.metadata().map_err(|e| Error::Read(failed(name, &e)))?;
            if meta.is_dir() {
                let root = Root::around(name).map_err(|e| Error::Read(failed(name, &e)))?;
                walk(name, &Arc::new(root), ignored, &mut inputs)?;
            } else if !ignored.matches(name) {
                inputs.push(Input::Named(name.clone()));
            }
        }
    }
    Ok(inputs)
}

/// Manifests below a folder, in the order of their names. Linked folders are left out: they may lead in a circle.
fn walk(folder: &Path, root: &Arc<Root>, ignored: &Ignored, inputs: &mut Vec<Input>) -> Result<(), Error> {
    for (name, kind) in read::folder(folder).map_err(|e| Error::Read(failed(folder, &e)))? {
        let path = if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
        if ignored.matches(&path) {
            continue;
        }
        if kind.is_dir() {
            walk(&path, root, ignored, inputs)?;
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") && path.is_file() {
            if inputs.len() == ENTRIES {
                return Err(Error::Read(failed(folder, &Refused::TooMany(ENTRIES).into())));
            }
            inputs.push(Input::Below(path, root.clone()));
        }
    }
    Ok(())
}

fn failed(path: &Path, e: &std::io::Error) -> String {
    format!("read {}: {}", path.display(), words(e))
}
