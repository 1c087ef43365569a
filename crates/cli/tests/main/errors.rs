//! Every kind of mistake of `tests/errors`, and all that is said of it.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::case::{self, Case, pintle};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/errors");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "case"));
    paths.sort();
    paths
}

/// The exit code and what is said. Findings are what `validate` prints, so they stand on its standard output.
fn said(folder: &Path, command: &str) -> String {
    let output = pintle(folder, command, &[]);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*folder.to_string_lossy(), "DIR");
    let mut said = format!("exit {}\n", output.status.code().unwrap_or(-1));
    if command.starts_with("validate") {
        said.push_str(&text(&output.stdout));
    } else {
        assert!(output.status.success() || output.stdout.is_empty(), "{command}: fails, yet prints");
    }
    said + &text(&output.stderr)
}

/// The places that a text names: file, line and column, and whether a finding points there with an arrow.
fn places(said: &str) -> Vec<(&str, usize, Option<usize>, bool)> {
    let mut places = Vec::new();
    for line in said.lines() {
        for word in line.split([' ', '(', ')', '[', ']', '"', '\'', ',']) {
            let mut parts = word.split(':');
            let Some(file) = parts.next().filter(|f| f.contains(['.', '/'])) else { continue };
            let Some(line_number) = parts.next().and_then(|n| n.parse().ok()) else { continue };
            let column = parts.next().and_then(|n| n.parse().ok());
            places.push((file, line_number, column, line.trim_start().starts_with("-->")));
        }
    }
    places
}

/// What is wrong with the places of a text, in a folder or, for the plugin, a chart of another name.
fn misplaced(folder: &Path, said: &str) -> Vec<String> {
    let mut texts: HashMap<&str, Option<String>> = HashMap::new();
    let mut wrong = Vec::new();
    for arrow in said.lines().filter_map(|l| l.trim_start().strip_prefix("--> ")) {
        let file = arrow.split(':').next().unwrap_or(arrow);
        if file != "the text given to tpl" && !folder.join(file).is_file() {
            wrong.push(format!("{file} is no file"));
        }
    }
    for (file, line, column, has_arrow) in places(said) {
        // A chart whose folder is the case's own is called `web` in the words of Helm.
        let read = || [file, file.strip_prefix("web/")?].iter().find_map(|f| fs::read_to_string(folder.join(f)).ok());
        let read = || fs::read_to_string(folder.join(file)).ok().or_else(read);
        let Some(text) = texts.entry(file).or_insert_with(read) else {
            wrong.push(format!("{file} does not exist"));
            continue;
        };
        // What is missing at the end is missing behind the last line.
        let lines: Vec<&str> = text.split('\n').collect();
        let Some(found) = line.checked_sub(1).and_then(|n| lines.get(n)) else {
            wrong.push(format!("{file} has no line {line}"));
            continue;
        };
        // Go counts columns from 0, and in bytes.
        let least = usize::from(has_arrow);
        let most = if has_arrow { found.chars().count() + 1 } else { found.len() + 1 };
        if column.is_some_and(|c| c < least || c > most) {
            wrong.push(format!("{file}:{line} has no column {}", column.unwrap_or(0)));
        }
    }
    wrong
}

#[test]
fn mistakes_are_explained_as_recorded() {
    let is_recording = std::env::var_os("PINTLE_RECORD").is_some();
    let mut report = String::new();
    let (paths, root) = (cases(), case::folder("errors"));
    assert!(paths.len() >= 60, "only {} kinds of mistake", paths.len());
    for path in &paths {
        let name = path.file_stem().unwrap().to_string_lossy();
        let case = Case::read(path);
        let folder = root.join(&*name);
        case.lay_out(&folder);
        // Nothing above the folder counts: a build folder may lie inside a repository.
        fs::create_dir(folder.join(".git")).unwrap();
        let command = case.head.iter().find_map(|l| l.strip_prefix("$ ")).unwrap_or_else(|| panic!("{name} has no command"));
        let now = said(&folder, command);
        for wrong in misplaced(&folder, &now) {
            writeln!(report, "{name}: {wrong}").unwrap();
        }
        let snapshot = path.with_extension("stderr");
        if is_recording {
            fs::write(&snapshot, &now).unwrap();
        }
        let wanted = fs::read_to_string(&snapshot).unwrap_or_default();
        if wanted.replace("\r\n", "\n") != now {
            writeln!(report, "{name}: {command}\n--- recorded\n{wanted}--- now\n{now}").unwrap();
        }
    }
    assert!(report.is_empty(), "\n{report}\nPINTLE_RECORD=1 records what is said now");
}
