//! Reads packed charts: gzipped tar files, checked as Helm checks them (`pkg/chart/loader/archive`).

use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use pintle_files::read;
use pintle_go::strconv::quote;

use super::File;
use super::directory::MAX_CHART_SIZE;
use crate::diagnostic::{Error, Result};
use crate::rules;

pub(super) fn read_file(path: &Path) -> Result<Vec<File>> {
    let shown = path.display();
    let data = read::file(path, pintle_files::STREAM).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::new(&rules::CHART_MISSING, format!("path \"{shown}\" not found")),
        _ => Error::new(&rules::FILE_READ, format!("open {shown}: {e}")),
    })?;
    if !data.starts_with(b"\x1F\x8B\x08") {
        let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let shown = shown.display();
        let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        let message = if yaml {
            format!("file '{shown}' seems to be a YAML file, but expected a gzipped archive")
        } else {
            format!("file '{shown}' does not appear to be a gzipped archive; got '{}'", content_type(&data))
        };
        return Err(Error::new(&rules::CHART_ARCHIVE, message));
    }
    unpack(&data).map_err(|e| e.with_message("unable to load chart archive".into()))
}

/// The two answers of `http.DetectContentType` that matter here.
fn content_type(data: &[u8]) -> &'static str {
    let head = &data[..data.len().min(512)];
    let binary = |b: &u8| matches!(b, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F);
    if head.iter().any(binary) { "application/octet-stream" } else { "text/plain; charset=utf-8" }
}

/// The files of an archive, below its one folder.
pub(super) fn unpack(data: &[u8]) -> Result<Vec<File>> {
    let bad = |what: String| Error::new(&rules::CHART_ARCHIVE, what);
    let too_large = || bad(format!("decompressed chart is larger than the maximum size {MAX_CHART_SIZE}"));
    // One byte more than allowed, so that reaching the end tells nothing of the archive's own end.
    let mut archive = tar::Archive::new(MultiGzDecoder::new(data).take(MAX_CHART_SIZE + (16 << 20)));
    let mut files = Vec::new();
    let mut remaining = MAX_CHART_SIZE;
    for entry in archive.entries().map_err(|e| bad(e.to_string()))? {
        let mut entry = entry.map_err(|e| bad(e.to_string()))?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
            continue;
        }
        let full = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if full.ends_with('/') {
            continue;
        }
        let name = inner_name(&full).map_err(bad)?;
        let size = entry.size();
        if size > remaining {
            return Err(too_large());
        }
        let mut data = Vec::with_capacity(size.min(1 << 20) as usize);
        (&mut entry).take(remaining).read_to_end(&mut data).map_err(|e| bad(e.to_string()))?;
        if (data.len() as u64) < size {
            return Err(bad("unexpected EOF".into()));
        }
        remaining -= data.len() as u64;
        if remaining == 0 {
            return Err(too_large());
        }
        files.push(File::new(name, &data));
    }
    if files.is_empty() {
        return Err(bad("no files in chart archive".into()));
    }
    Ok(files)
}

/// The path without the archive's folder; paths that would lead elsewhere are errors.
fn inner_name(full: &str) -> Result<String, String> {
    let delimiter = if full.contains('\\') { '\\' } else { '/' };
    let (folder, rest) = full.split_once(delimiter).unwrap_or((full, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err("chart illegally contains absolute paths".into());
    }
    let name = String::from_utf8_lossy(&pintle_go::path::clean(rest.as_bytes())).into_owned();
    if name == "." {
        return Err(format!("chart illegally contains content outside the base directory: {}", quote(full.as_bytes())));
    }
    if name.starts_with("..") {
        return Err("chart illegally references parent directory".into());
    }
    if let [drive, b':', b'/', ..] = name.as_bytes()
        && drive.is_ascii_alphabetic()
    {
        return Err("chart contains illegally named files".into());
    }
    if folder == "Chart.yaml" {
        return Err("chart yaml not in base directory".into());
    }
    Ok(name)
}
