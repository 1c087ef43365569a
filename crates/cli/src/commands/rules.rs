//! `pintle rules`: what is looked for beyond what a cluster refuses.

use std::process::ExitCode;

use pintle::checks::RULES;

use crate::io;

/// Prints a line for each rule: its code, its level, what it says.
pub fn run() -> ExitCode {
    let line = |r: &&pintle::checks::Rule| format!("{:<24} {:<6} {}\n", r.code, r.level.name(), r.about);
    let mut lines: Vec<String> = RULES.iter().map(line).collect();
    lines.sort();
    io::finish(lines.concat().as_bytes())
}
