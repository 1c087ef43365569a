//! Reads a chart's folder. Symbolic links are followed where they stay below the root, and refused beyond it.

use std::cell::RefCell;
use std::fs::File as Handle;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use pintle_files::{ENTRIES, Refused, Root, read};

use super::ignore::Rules;
use super::{File, LoadOptions, within_chart};
use crate::diagnostic::{Diagnostic, Error, Result, Source, Span, with_attribute};
use crate::rules;

/// The largest chart that Helm loads, in bytes (`MaxDecompressedChartSize`).
pub(super) const MAX_CHART_SIZE: u64 = 100 << 20;
/// The largest .helmignore, in bytes.
const MAX_IGNORE_SIZE: u64 = 1 << 20;
/// More links than this are folders that lead to each other in every way.
const MAX_LINKS: usize = 10_000;
/// Folders nested deeper than this are a loop of links.
const MAX_DEPTH: usize = 64;

struct Reader<'r> {
    rules: Rules,
    root: Root,
    /// How many files and folders were looked at.
    entries: usize,
    /// How many files were found, and what is told of each.
    count: usize,
    found: &'r mut dyn FnMut(Found),
    links: Vec<Diagnostic>,
}

/// A file that belongs to the chart.
struct Found {
    /// How many were found before it.
    place: usize,
    path: PathBuf,
    /// Its path within the chart.
    name: String,
}

thread_local! {
    /// What a file is read into: fresh memory for each costs more than the reading.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What opening and reading a file costs, in bytes of text that would take as long to parse.
const FILE_COST: usize = 4096;

/// The files of a chart's folder, and a note for every link that was followed.
pub(super) fn read(dir: &Path, options: &LoadOptions) -> Result<(Vec<File>, Vec<Diagnostic>)> {
    let chart = dir.canonicalize().map_err(|e| io(dir, &e))?;
    if !chart.join("Chart.yaml").exists() {
        if !options.compat.checks_api_version() {
            return Err(Error::new(&rules::CHART_MISSING, "Chart.yaml file is missing"));
        }
        let message =
            format!("unable to detect chart at {0}: open {0}: no such file or directory", chart.join("Chart.yaml").display());
        return Err(Error::new(&rules::CHART_MISSING, message));
    }
    let root = root(&chart, options)?;
    let ignore = chart.join(".helmignore");
    let text = match read::open_plain(&ignore) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound && ignore.is_symlink() => root.read(&ignore, MAX_IGNORE_SIZE),
        opened => opened.and_then(|(file, size)| read::contents(file, size, MAX_IGNORE_SIZE)),
    };
    let rules = match text {
        Ok(text) => Rules::new(&text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Rules::new(b""),
        Err(e) => return Err(io(&ignore, &e)),
    };
    let rules = rules.map_err(|e| {
        let file = Source::named(ignore.display().to_string());
        Error::from(Diagnostic::new(&rules::CHART_HELMIGNORE, e).at(Span::whole(&file)))
    })?;
    let promised = AtomicU64::new(0);
    let load = |found: Found| (found.place, found.load(options.on_demand, &promised));
    let find = |found: &mut dyn FnMut(Found)| -> Result<Vec<Diagnostic>> {
        let mut reader = Reader { rules, root, entries: 0, count: 0, found, links: Vec::new() };
        reader.folder(&chart, "", 0)?;
        Ok(reader.links)
    };
    let (links, mut loaded) = options.ahead.meanwhile(0, |_| FILE_COST, load, find);
    let links = links?;
    loaded.sort_unstable_by_key(|(place, _)| *place);
    let mut files = Vec::with_capacity(loaded.len());
    let mut size = 0;
    for (_, loaded) in loaded {
        let (file, len) = loaded?;
        size = len.saturating_add(size);
        if size > MAX_CHART_SIZE {
            let name = &file.name;
            let message = format!("error reading {name}: chart exceeds maximum decompressed size of {MAX_CHART_SIZE} bytes");
            return Err(Error::new(&rules::CHART_SIZE, message));
        }
        files.push(file);
    }
    Ok((files, links))
}

/// Where links of a chart may lead.
pub(crate) fn root(chart: &Path, options: &LoadOptions) -> Result<Root> {
    let root = options.root.as_deref().unwrap_or(chart);
    Root::new(root).map_err(|e| io(root, &e))
}

pub(super) fn io(path: &Path, e: &std::io::Error) -> Error {
    let what = match e.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => e.to_string(),
    };
    Error::new(&rules::FILE_READ, format!("open {}: {what}", path.display()))
}

/// Whether every render of a chart needs a file of it, as far as its path tells.
fn is_needed(path: &str) -> bool {
    let inner = within_chart(path);
    let named = ["Chart.yaml", "Chart.lock", "requirements.yaml", "requirements.lock", "values.yaml", "values.schema.json"];
    inner.starts_with("templates/") || inner.starts_with("charts/") || named.contains(&inner)
}

impl Reader<'_> {
    fn folder(&mut self, dir: &Path, prefix: &str, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::new(&rules::CHART_LINKS, format!("{} nests deeper than {MAX_DEPTH} folders", dir.display())));
        }
        let names = read::folder(dir).map_err(|e| io(dir, &e))?;
        self.entries += names.len();
        if self.entries > ENTRIES {
            return Err(Error::new(&rules::CHART_SIZE, format!("the chart holds more than {ENTRIES} files and folders")));
        }
        for (name, kind) in names {
            let name = name.into_string().unwrap_or_else(|name| name.to_string_lossy().into_owned());
            // Git's own files hold credentials, and are no part of what is kept in Git.
            if name.eq_ignore_ascii_case(".git") {
                continue;
            }
            let path = dir.join(&name);
            let inner = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let (path, is_dir, is_file) = if kind.is_symlink() {
                if self.links.len() == MAX_LINKS {
                    return Err(Error::new(&rules::CHART_LINKS, format!("the chart holds more than {MAX_LINKS} symbolic links")));
                }
                let target = self.follow(&path, &inner)?;
                let found = "found symbolic link in path. Contents of linked file included and used";
                let note = with_attribute(Diagnostic::new(&rules::CHART_LINK, found), "path", &inner);
                self.links.push(with_attribute(note, "resolved", &target.to_string_lossy()));
                let meta = target.metadata().map_err(|e| io(&target, &e))?;
                (target, meta.is_dir(), meta.is_file())
            } else {
                (path, kind.is_dir(), kind.is_file())
            };
            let ignored = self.rules.ignore(&inner, is_dir);
            if ignored.map_err(|e| Error::new(&rules::CHART_HELMIGNORE, format!(".helmignore: {e}")))? {
                continue;
            }
            if is_dir {
                self.folder(&path, &inner, depth + 1)?;
            } else if is_file {
                (self.found)(Found { place: self.count, path, name: inner });
                self.count += 1;
            } else {
                let message = format!("cannot load irregular file {} as it has file mode type bits set", path.display());
                return Err(Error::new(&rules::CHART_IRREGULAR, message));
            }
        }
        Ok(())
    }

    fn follow(&self, link: &Path, inner: &str) -> Result<PathBuf> {
        let target = link
            .canonicalize()
            .map_err(|e| Error::new(&rules::CHART_LINKS, format!("error evaluating symlink {}: {e}", link.display())))?;
        match self.root.check(&target) {
            Ok(()) => Ok(target),
            Err(Refused::Outside(root)) => {
                let message = format!("{inner} is a symbolic link out of {}", root.display());
                Err(Diagnostic::new(&rules::CHART_LINKS, message)
                    .hint("name the folder that links may lead into with --root")
                    .into())
            }
            Err(e) => Err(Error::new(&rules::CHART_LINKS, format!("{inner} is a symbolic link and {e}"))),
        }
    }
}

impl Found {
    /// The file and its size. Nothing more is read where the files before promised too much, in whatever order that was.
    fn load(&self, on_demand: bool, promised: &AtomicU64) -> Result<(File, u64)> {
        let (path, name) = (&self.path, &self.name);
        let failed = |e: &std::io::Error| io(path, e).wrap(format_args!("error reading {name}: "));
        let (file, size) = read::open_plain(path).map_err(|e| failed(&e))?;
        let before = promised.fetch_add(size, Ordering::Relaxed);
        if on_demand && !is_needed(name) || before.saturating_add(size) > MAX_CHART_SIZE {
            return Ok((File::on_disk(name.clone(), path), size));
        }
        BUFFER.with_borrow_mut(|buffer| {
            let len = read_all(file, size, buffer).map_err(|e| failed(&e))?;
            Ok((File::from_disk(name.clone(), &buffer[..len], path), len as u64))
        })
    }
}

/// Reads a file of a size into the beginning of a buffer; says how much there was.
fn read_all(mut file: Handle, size: u64, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
    if size == 0 {
        // A file that says so may have bytes all the same, as those of /proc do.
        buffer.clear();
        return file.take(MAX_CHART_SIZE + 1).read_to_end(buffer);
    }
    let size = size as usize;
    if buffer.len() < size {
        buffer.resize(size, 0);
    }
    // What is known to be the end isn't looked for.
    let mut len = 0;
    while len < size {
        match file.read(&mut buffer[len..size]) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(len)
}
