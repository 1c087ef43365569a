//! The files that are named, and those below folders.

use std::fs;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use pintle_validate::Pattern;

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
    /// A file
    File(PathBuf),
}

impl Input {
    /// As reports name it.
    pub fn name(&self) -> String {
        match self {
            Input::Stdin => "stdin".to_owned(),
            Input::File(path) => path.to_string_lossy().into_owned(),
        }
    }

    /// The text.
    pub fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            Input::Stdin => {
                let mut text = Vec::new();
                std::io::stdin().read_to_end(&mut text).map_err(|e| format!("read standard input: {e}"))?;
                Ok(text)
            }
            Input::File(path) => fs::read(path).map_err(|e| format!("read {}: {e}", path.display())),
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
            let meta = fs::metadata(name).map_err(|e| Error::Read(format!("read {}: {e}", name.display())))?;
            if meta.is_dir() {
                walk(name, ignored, &mut inputs)?;
            } else if !ignored.matches(name) {
                inputs.push(Input::File(name.clone()));
            }
        }
    }
    Ok(inputs)
}

/// Manifests below a folder, in the order of their names. Linked folders are left out: they may lead in a circle.
fn walk(folder: &Path, ignored: &Ignored, inputs: &mut Vec<Input>) -> Result<(), Error> {
    let failed = |e: std::io::Error| Error::Read(format!("read {}: {e}", folder.display()));
    let mut entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = if folder == Path::new(".") { PathBuf::from(entry.file_name()) } else { entry.path() };
        let kind = entry.file_type().map_err(failed)?;
        if ignored.matches(&path) {
            continue;
        }
        if kind.is_dir() {
            walk(&path, ignored, inputs)?;
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") && path.is_file() {
            inputs.push(Input::File(path));
        }
    }
    Ok(())
}
