//! The program's reading and writing: values from files or standard input, results to standard output or a folder.

use std::fs;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use pintle::emit::{self, EmitOptions};
use pintle::{Error, Release};

/// The text of a file of values; `-` is standard input. Errors are worded as Go's.
pub fn read_values(name: &str) -> Result<Vec<u8>, String> {
    if name.trim() == "-" {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).map_err(|e| format!("read standard input: {e}"))?;
        return Ok(text);
    }
    if let Some((scheme, _)) = name.split_once("://") {
        return Err(format!("{name}: values are read from files only, not through {scheme}; download the file and name it"));
    }
    fs::read(name).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => format!("open {name}: no such file or directory"),
        std::io::ErrorKind::PermissionDenied => format!("open {name}: permission denied"),
        std::io::ErrorKind::IsADirectory => format!("read {name}: is a directory"),
        _ => format!("open {name}: {e}"),
    })
}

/// Prints a result; a reader that has gone away is no failure.
pub fn print(bytes: &[u8]) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            crate::report::line(&format!("Error: write standard output: {e}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Prints a release as it is put together; a reader that has gone away is no failure.
pub fn print_release(release: &Release, options: &EmitOptions) -> Result<(), Error> {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    match emit::write(release, options, &mut out)?.and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::new("io", format!("write standard output: {e}"))),
        _ => Ok(()),
    }
}

/// Writes a file below `dir`, with the folders it needs.
pub fn write_below(dir: &Path, path: &str, text: &[u8]) -> Result<(), String> {
    let file = dir.join(path);
    let failed = |e: std::io::Error| format!("write {}: {e}", file.display());
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(&file, text).map_err(failed)
}
