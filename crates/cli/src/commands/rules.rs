//! `pintle rules`: what is looked for in manifests.

use std::process::ExitCode;

use pintle_core::checks;

use crate::io;

/// Prints a line for each rule: its code, its level, what it says.
pub fn run() -> ExitCode {
    let mut lines: Vec<String> =
        checks::rules().map(|r| format!("{:<26} {:<7} {}\n", r.code, r.severity.name(), r.about)).collect();
    lines.sort();
    io::finish(lines.concat().as_bytes())
}
