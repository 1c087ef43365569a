//! The program's reading and writing: values and manifests from files or standard input, results to standard output.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use pintle_core::Error;
use pintle_core::request::Outcome;
use pintle_files::{STREAM, read, words, write};

use crate::report;

/// Standard input, up to a limit.
pub fn stdin() -> Result<Vec<u8>, String> {
    read::all(io::stdin().lock(), STREAM).map_err(|e| format!("read standard input: {}", words(&e)))
}

/// The text of a file of values; `-` is standard input. Errors are worded as Go's.
pub fn read_values(name: &str) -> Result<Vec<u8>, String> {
    if name.trim() == "-" {
        return stdin();
    }
    if let Some((scheme, _)) = name.split_once("://") {
        return Err(format!("{name}: values are read from files only, not through {scheme}; download the file and name it"));
    }
    read::named(Path::new(name), STREAM).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => format!("open {name}: no such file or directory"),
        io::ErrorKind::PermissionDenied => format!("open {name}: permission denied"),
        io::ErrorKind::IsADirectory => format!("read {name}: is a directory"),
        _ => format!("open {name}: {e}"),
    })
}

/// The text of a file that the user names.
pub fn read_named(path: &Path) -> Result<Vec<u8>, Error> {
    read::named(path, STREAM).map_err(|e| Error::new(&pintle_core::rules::FILE_READ, format!("open {}: {e}", path.display())))
}

/// Standard output, with every failure: std's own takes one that can't be written to at all for one that nobody reads.
#[expect(clippy::disallowed_methods, reason = "this is the place that owns it")]
fn stdout() -> io::Result<File> {
    write::heed_limits();
    #[cfg(unix)]
    let own = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
    #[cfg(windows)]
    let own = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
    Ok(File::from(own))
}

/// Whether a terminal shows what is printed.
#[expect(clippy::disallowed_methods, reason = "nothing is written")]
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// What became of printing. A reader that has gone away (`| head`) has what it wanted, as with ripgrep and kubectl.
fn printed(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(&pintle_core::rules::FILE_WRITE, format!("writing to standard output: {}", words(&e))))
        }
        _ => Ok(()),
    }
}

/// Prints a result. Errors: standard output can't be written.
pub fn print(bytes: &[u8]) -> Result<(), Error> {
    printed(stdout().and_then(|mut out| out.write_all(bytes)))
}

/// Prints what a command ends with, and says how the command ended.
pub fn finish(bytes: &[u8]) -> ExitCode {
    print(bytes).map_or_else(|e| report::failure(&e), |()| ExitCode::SUCCESS)
}

/// Prints what the parser of arguments has to say of itself: help or a version.
pub fn finish_help(e: &clap::Error) -> ExitCode {
    let text = e.render();
    let text = if is_terminal() && !report::no_color() { text.ansi().to_string() } else { text.to_string() };
    finish(text.as_bytes())
}

/// Prints what was rendered as it is put together. Errors: standard output can't be written; those of the output.
pub fn print_outcome(outcome: &Outcome) -> Result<(), Error> {
    let out = match stdout() {
        Ok(out) => out,
        failed => return printed(failed.map(drop)),
    };
    let mut out = BufWriter::with_capacity(1 << 16, out);
    printed(outcome.write(&mut out)?.and_then(|()| out.flush()))
}

/// A failed write as the library's error.
pub fn unwritten(e: write::Error) -> Error {
    Error::new(&pintle_core::rules::FILE_READ, e.to_string())
}
