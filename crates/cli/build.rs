//! Links the optimised program at a fixed address where that is common (Linux with glibc).
//!
//! A program that may be loaded anywhere has 15,000 addresses to put right at every start, on 80 pages of memory: 0.4 ms of the
//! 3 ms that a small chart takes (`perf stat -r 60 target/release/pintle template x CHART`, with and without). What random
//! addresses protect against, memory written out of bounds, is ruled out by `forbid(unsafe_code)`; stack, heap and libraries
//! stay where the system puts them.

#[allow(clippy::print_stdout, reason = "how a build script talks to cargo")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|v| v == value);
    // A static program has no loader that `-no-pie` could leave to do less: the linker would ask for one, and the program crash.
    let is_static = std::env::var("CARGO_CFG_TARGET_FEATURE").is_ok_and(|f| f.split(',').any(|f| f == "crt-static"));
    if !is_static && is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        if has_unwinder() {
            println!("cargo::rustc-link-lib=gcc_eh");
        }
    }
}

/// Whether the C compiler that links has the unwinder to link in: a library less to find and load at every start, 0.3 ms.
fn has_unwinder() -> bool {
    let found = std::process::Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    found.is_ok_and(|found| String::from_utf8_lossy(&found.stdout).trim().starts_with('/'))
}
