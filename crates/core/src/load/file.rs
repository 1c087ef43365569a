//! A chart's files: in memory, or on disk until somebody wants their bytes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use pintle_files::read;
use pintle_value::Str;

use super::directory::{MAX_CHART_SIZE, io};
use crate::diagnostic::Result;

/// A file of a chart.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path within the chart, with slashes.
    pub name: String,
    contents: Arc<Contents>,
}

#[derive(Debug)]
struct Contents {
    data: OnceLock<Str>,
    path: PathBuf,
}

impl File {
    /// A file in memory. A byte order mark is not part of its bytes, as in Helm.
    pub fn new(name: impl Into<String>, data: &[u8]) -> File {
        let data = OnceLock::from(without_mark(data));
        File { name: name.into(), contents: Arc::new(Contents { data, path: PathBuf::new() }) }
    }

    /// A file that was read from this path.
    pub(super) fn from_disk(name: String, data: &[u8], path: &Path) -> File {
        let data = OnceLock::from(without_mark(data));
        File { name, contents: Arc::new(Contents { data, path: path.to_owned() }) }
    }

    /// A file that is read when its bytes are wanted.
    pub(super) fn on_disk(name: String, path: &Path) -> File {
        File { name, contents: Arc::new(Contents { data: OnceLock::new(), path: path.to_owned() }) }
    }

    /// The same file under another name.
    pub(crate) fn renamed(&self, name: String) -> File {
        File { name, contents: self.contents.clone() }
    }

    /// Where it lies, unless it comes from an archive or from memory.
    pub fn path(&self) -> Option<&Path> {
        Some(&*self.contents.path).filter(|path| !path.as_os_str().is_empty())
    }

    /// Its bytes, without a byte order mark. The error of one that is gone since the chart was loaded.
    pub fn data(&self) -> Result<&Str> {
        let contents = &*self.contents;
        if contents.data.get().is_none() {
            let read = || -> std::io::Result<Vec<u8>> {
                let (file, size) = read::open_plain(&contents.path)?;
                read::contents(file, size, MAX_CHART_SIZE)
            };
            let data = read().map_err(|e| io(&contents.path, &e).wrap(format_args!("error reading {}: ", self.name)))?;
            return Ok(contents.data.get_or_init(|| without_mark(&data)));
        }
        Ok(contents.data.get_or_init(Str::default))
    }
}

fn without_mark(data: &[u8]) -> Str {
    Str::from(data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data))
}
