//! End to end: the program against goldens recorded from Helm and bad input.

#![allow(clippy::disallowed_methods, reason = "tests make the files that the program reads")]

mod advisories;
mod bad_input;
mod case;
mod checks;
#[cfg(unix)]
mod cluster;
mod cmp;
mod errors;
#[cfg(unix)]
mod files;
mod goldens;
mod helm;
mod jinja;
#[cfg(unix)]
mod parity;
mod project;
mod systems;
mod validate;
mod warnings;
