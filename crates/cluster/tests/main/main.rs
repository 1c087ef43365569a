//! `pintle-cluster` against an API server on loopback that speaks Kubernetes' protocol, and `pintle` with it.

#![allow(clippy::disallowed_methods, reason = "tests make the files that the program reads")]

mod end_to_end;
mod server;
mod serving;
mod snapshots;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A kubeconfig for a server: two contexts, of which `main` is the current one and lives in the namespace `prod`.
fn kubeconfig(folder: &Path, server: &str, more: &str) -> PathBuf {
    let text = format!(
        "apiVersion: v1
kind: Config
current-context: main
clusters: [{{name: c, cluster: {{server: \"{server}\"{more}}}}}]
users: [{{name: u, user: {{token: t0ken}}}}, {{name: nobody, user: {{}}}}]
contexts:
- {{name: main, context: {{cluster: c, user: u, namespace: prod}}}}
- {{name: nobody, context: {{cluster: c, user: nobody}}}}
"
    );
    let file = folder.join("kubeconfig.yaml");
    fs::write(&file, text).unwrap();
    file
}

/// Runs a program with words as arguments; `input` is its standard input.
fn run(program: &Path, folder: &Path, line: &str, input: &str) -> Output {
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().env("KUBECONFIG", folder.join("kubeconfig.yaml")).args(line.split_whitespace());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `pintle-cluster`: its exit code, output and what it said.
fn cluster(folder: &Path, line: &str, input: &str) -> (Option<i32>, String, String) {
    let output = run(Path::new(env!("CARGO_BIN_EXE_pintle-cluster")), folder, line, input);
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}
