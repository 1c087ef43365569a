//! Reads a chart's folder. Symbolic links are followed where they stay below the root, and refused beyond it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::ignore::Rules;
use super::{File, LoadOptions};
use crate::diagnostic::{Diagnostic, Error, Result};

/// The largest chart that Helm loads, in bytes (`MaxDecompressedChartSize`).
pub(super) const MAX_CHART_SIZE: u64 = 100 << 20;
/// Folders nested deeper than this are a loop of links.
const MAX_DEPTH: usize = 64;

struct Reader {
    rules: Rules,
    root: PathBuf,
    files: Vec<File>,
    links: Vec<Diagnostic>,
    size: u64,
    on_demand: bool,
    /// One for all files: fresh memory for each costs more than the reading.
    buffer: Vec<u8>,
}

/// The files of a chart's folder, and a note for every link that was followed.
pub(super) fn read(dir: &Path, options: &LoadOptions) -> Result<(Vec<File>, Vec<Diagnostic>)> {
    let chart = dir.canonicalize().map_err(|e| io(dir, &e))?;
    if !chart.join("Chart.yaml").exists() {
        if !options.compat.checks_api_version() {
            return Err(Error::new("chart/missing", "Chart.yaml file is missing"));
        }
        let message =
            format!("unable to detect chart at {0}: open {0}: no such file or directory", chart.join("Chart.yaml").display());
        return Err(Error::new("chart/missing", message));
    }
    let rules = match fs::read(chart.join(".helmignore")) {
        Ok(text) => Rules::new(&text),
        Err(_) => Rules::new(b""),
    };
    let rules = rules.map_err(|e| Error::new("chart/helmignore", e))?;
    let root = match &options.root {
        Some(root) => root.canonicalize().map_err(|e| io(root, &e))?,
        None => chart.clone(),
    };
    let mut reader =
        Reader { rules, root, files: Vec::new(), links: Vec::new(), size: 0, on_demand: options.on_demand, buffer: Vec::new() };
    reader.folder(&chart, "", 0)?;
    Ok((reader.files, reader.links))
}

pub(super) fn io(path: &Path, e: &std::io::Error) -> Error {
    let what = match e.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => e.to_string(),
    };
    Error::new("io", format!("open {}: {what}", path.display()))
}

/// Whether every render of a chart needs a file of it, as far as its path tells.
fn is_needed(path: &str) -> bool {
    let mut inner = path;
    while let Some((_, rest)) = inner.strip_prefix("charts/").and_then(|p| p.split_once('/')) {
        inner = rest;
    }
    let named = ["Chart.yaml", "Chart.lock", "requirements.yaml", "requirements.lock", "values.yaml", "values.schema.json"];
    inner.starts_with("templates/") || inner.starts_with("charts/") || named.contains(&inner)
}

impl Reader {
    fn folder(&mut self, dir: &Path, prefix: &str, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::new("chart/links", format!("{} nests deeper than {MAX_DEPTH} folders", dir.display())));
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(dir).map_err(|e| io(dir, &e))? {
            let entry = entry.map_err(|e| io(dir, &e))?;
            names.push((entry.file_name().to_string_lossy().into_owned(), entry.file_type().map_err(|e| io(dir, &e))?));
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, kind) in names {
            let path = dir.join(&name);
            let inner = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let (path, is_dir, is_file) = if kind.is_symlink() {
                let target = self.follow(&path, &inner)?;
                let found = "found symbolic link in path. Contents of linked file included and used";
                let note = Diagnostic::note("chart/links", found).about("path", &inner);
                self.links.push(note.about("resolved", &target.to_string_lossy()));
                let meta = fs::metadata(&target).map_err(|e| io(&target, &e))?;
                (target, meta.is_dir(), meta.is_file())
            } else {
                (path, kind.is_dir(), kind.is_file())
            };
            if self.rules.ignore(&inner, is_dir) {
                continue;
            }
            if is_dir {
                self.folder(&path, &inner, depth + 1)?;
            } else if is_file {
                self.file(&path, inner)?;
            } else {
                let message = format!("cannot load irregular file {} as it has file mode type bits set", path.display());
                return Err(Error::new("chart/irregular", message));
            }
        }
        Ok(())
    }

    fn follow(&self, link: &Path, inner: &str) -> Result<PathBuf> {
        let target = link
            .canonicalize()
            .map_err(|e| Error::new("chart/links", format!("error evaluating symlink {}: {e}", link.display())))?;
        if target.starts_with(&self.root) {
            return Ok(target);
        }
        let message = format!("{inner} is a symbolic link out of {}", self.root.display());
        Err(Diagnostic::error("chart/links", message).hint("name the folder that links may lead into with --root").into())
    }

    fn file(&mut self, path: &Path, name: String) -> Result<()> {
        let failed = |e: &std::io::Error| io(path, e).wrap(format_args!("error reading {name}: "));
        let file = fs::File::open(path).map_err(|e| failed(&e))?;
        let is_read = !self.on_demand || is_needed(&name);
        if is_read {
            self.buffer.clear();
            file.take(MAX_CHART_SIZE - self.size + 1).read_to_end(&mut self.buffer).map_err(|e| failed(&e))?;
            self.size += self.buffer.len() as u64;
        } else {
            self.size += file.metadata().map_err(|e| failed(&e))?.len();
        }
        if self.size > MAX_CHART_SIZE {
            let message = format!("error reading {name}: chart exceeds maximum decompressed size of {MAX_CHART_SIZE} bytes");
            return Err(Error::new("chart/size", message));
        }
        self.files.push(if is_read { File::new(name, &self.buffer) } else { File::on_disk(name, path) });
        Ok(())
    }
}
