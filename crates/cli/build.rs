//! Links the optimised program for a short start and little memory where that is common (Linux with glibc).
//!
//! - At a fixed address: a program that may be loaded anywhere has 15,000 addresses to put right at every start, on 80 pages of
//!   memory, 0.4 ms of the 2.5 ms that a small chart takes. What random addresses protect against, memory written out of bounds, is
//!   ruled out by `forbid(unsafe_code)`; stack and heap stay where the system puts them.
//! - With its libraries in it, or at least the unwinder: a loader that finds and binds them takes 0.25 ms and 0.5 MB. Nothing here asks
//!   for what only shared libraries can give, names of hosts and users.
//! - With the functions that `pintle template` runs side by side, as `layout/used.ld` lists them: a system reads programs in pieces of
//!   64 kB, and otherwise there is one in each: 3 MB of 6.
//!
//! Compilers and linkers differ, so each of them is tried on an empty program first.

#![allow(clippy::disallowed_methods, reason = "a build script's files are its own")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The libraries that Rust's own asks the linker for, and what each of them is when it is linked in: C's and the compiler's need
/// each other.
const LIBRARIES: [(&str, &str); 7] = [
    ("gcc_s", "-l:libgcc_eh.a"),
    ("util", "-l:libutil.a"),
    ("rt", "-l:librt.a"),
    ("pthread", "-l:libpthread.a"),
    ("m", "-l:libm.a"),
    ("dl", "-l:libdl.a"),
    ("c", "-l:libc.a -l:libgcc.a -l:libgcc_eh.a"),
];

const LAYOUT: &str = "layout/used.ld";

#[allow(clippy::print_stdout, reason = "how a build script talks to cargo")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={LAYOUT}");
    let is = |name: &str, value: &str| variable(name) == value;
    // Who asks for a static program has one already, and not one at a fixed address.
    let is_static = variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|f| f == "crt-static");
    if is_static || !is("PROFILE", "release") || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    let folder = PathBuf::from(variable("OUT_DIR"));
    let layout = Path::new(&variable("CARGO_MANIFEST_DIR")).join(LAYOUT);
    let fixed = vec!["-no-pie".to_owned()];
    let unwinder = vec![stand_ins(&folder.join("unwinder"), &LIBRARIES[..1])];
    let whole = vec!["-static".to_owned(), stand_ins(&folder.join("libraries"), &LIBRARIES)];
    let close = vec![format!("-Wl,-T,{}", layout.display())];
    let mut chosen = Vec::new();
    for step in [fixed, unwinder, whole, close] {
        let more = [chosen.as_slice(), step.as_slice()].concat();
        if runs(&folder, &more) {
            chosen = more;
        }
    }
    for arg in chosen {
        println!("cargo::rustc-link-arg-bins={arg}");
    }
}

/// Makes a folder of libraries that are found before the system's, as rustc asks for shared ones. Gives the linker's argument.
fn stand_ins(folder: &Path, libraries: &[(&str, &str)]) -> String {
    let _ = std::fs::create_dir_all(folder);
    for (shared, linked_in) in libraries {
        let _ = std::fs::write(folder.join(format!("lib{shared}.so")), format!("GROUP({linked_in})\n"));
    }
    format!("-L{}", folder.display())
}

/// Whether a program that is linked with these arguments comes to be, and runs.
fn runs(folder: &Path, args: &[String]) -> bool {
    let (source, program) = (folder.join("empty.rs"), folder.join("empty"));
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.arg(&source).arg("-o").arg(&program).args(["--target", &variable("TARGET")]);
    rustc.args(variable("CARGO_ENCODED_RUSTFLAGS").split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = std::env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    rustc.args(args.iter().map(|arg| format!("-Clink-arg={arg}")));
    let succeeds = |command: &mut Command| command.output().is_ok_and(|done| done.status.success());
    std::fs::write(&source, "fn main() {}").is_ok() && succeeds(&mut rustc) && succeeds(&mut Command::new(&program))
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
