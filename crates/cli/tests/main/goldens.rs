//! Every case of `tests/cases` against what Helm and kustomize printed.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::case::{self, Case, pintle, show};

fn topic(name: &str) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases").join(name);
    let mut paths: Vec<PathBuf> = fs::read_dir(&cases).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "case"));
    paths.sort();
    assert!(!paths.is_empty(), "no cases in {}", cases.display());
    let mut report = String::new();
    for path in &paths {
        let label = format!("{name}/{}", path.file_stem().unwrap().to_string_lossy());
        check(path, &label, &mut report);
    }
    assert!(report.is_empty(), "\n{report}");
}

/// The blocks of a golden by their first lines.
fn blocks(golden: &[u8]) -> HashMap<String, Vec<u8>> {
    let text = golden.to_vec();
    let mut blocks: HashMap<String, Vec<u8>> = HashMap::new();
    let mut title = None;
    for line in text.split_inclusive(|b| *b == b'\n') {
        match &title {
            _ if line == b"\n" => title = None,
            Some(t) => blocks.get_mut(t).unwrap().extend_from_slice(line),
            None => {
                let t = String::from_utf8_lossy(line).trim_end().to_owned();
                assert!(blocks.insert(t.clone(), Vec::new()).is_none(), "twice: {t}");
                title = Some(t);
            }
        }
    }
    blocks
}

fn check(path: &Path, label: &str, report: &mut String) {
    let case = Case::read(path);
    let golden = fs::read(path.with_extension("golden")).unwrap_or_default();
    let mut expected = blocks(&golden);
    let folder = case::folder(&label.replace('/', "-"));
    case.lay_out(&folder);
    let (variants, place) = case.variants();
    for variant in variants {
        if !variant.is_empty() {
            case::write(&folder.join(place), &fs::read(folder.join(variant)).unwrap());
        }
        let mut lines = case.head.iter().peekable();
        let mut before = Vec::new();
        let mut said = String::new();
        while let Some(line) = lines.next() {
            let (mark, args) = line.split_once(' ').unwrap_or((line, ""));
            let more: &[&str] = match mark {
                "$3" => &["--compat", "helm-3.22"],
                "$" | "$k" => &[],
                "~" => {
                    if !said.contains(args) {
                        writeln!(report, "{label}: not said: {args}\n  in: {said}").unwrap();
                    }
                    continue;
                }
                "=" => {
                    let output = pintle(&folder, args, &[]);
                    said = String::from_utf8_lossy(&output.stderr).into_owned();
                    let mut now = format!("exit {}\n", output.status.code().unwrap_or(-1)).into_bytes();
                    now.extend_from_slice(&output.stdout);
                    if now != before {
                        differ(report, label, line, &before, &now);
                    }
                    continue;
                }
                _ => continue,
            };
            let title = if variant.is_empty() { line.clone() } else { format!("{line}  # {variant}") };
            let Some(mut wanted) = expected.remove(&title) else {
                writeln!(report, "{label}: {title}: no golden; run tests/record").unwrap();
                continue;
            };
            while lines.peek().is_some_and(|l| l.starts_with("# ")) {
                lines.next();
            }
            if let Some(text) = lines.peek().and_then(|l| l.strip_prefix("! ")) {
                let refused = format!("exit 1\ne|Error: {text}\n").into_bytes();
                assert!(wanted != refused, "{label}: {title}: no difference from Helm any more");
                wanted = refused;
            }
            let output = pintle(&folder, args, more);
            said = String::from_utf8_lossy(&output.stderr).into_owned();
            let mut now = show(&folder, &output);
            if mark == "$k" {
                // Its own words are compared by `~` lines.
                now = now.split_inclusive(|b| *b == b'\n').filter(|line| !line.starts_with(b"e|")).flatten().copied().collect();
            }
            if now != wanted {
                differ(report, label, &title, &wanted, &now);
            }
            if !output.status.success() && !output.stdout.is_empty() && !args.contains("--debug") {
                writeln!(report, "{label}: {title}: fails, yet prints").unwrap();
            }
            before = format!("exit {}\n", output.status.code().unwrap_or(-1)).into_bytes();
            before.extend_from_slice(&output.stdout);
        }
    }
    for title in expected.keys() {
        writeln!(report, "{label}: {title}: golden without a command").unwrap();
    }
}

fn differ(report: &mut String, label: &str, title: &str, wanted: &[u8], now: &[u8]) {
    let (wanted, now) = (String::from_utf8_lossy(wanted), String::from_utf8_lossy(now));
    let same = wanted.lines().zip(now.lines()).take_while(|(a, b)| a == b).count();
    writeln!(report, "{label}: {title}: line {}", same + 1).unwrap();
    for (mark, text) in [('-', &wanted), ('+', &now)] {
        for line in text.lines().skip(same).take(8) {
            writeln!(report, "  {mark}{line}").unwrap();
        }
    }
}

/// Both Helms are asked the same, and answer differently: else the case says nothing of the profile.
#[test]
fn profiles_differ() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/profiles");
    for entry in fs::read_dir(cases).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "golden") {
            let golden = blocks(&fs::read(&path).unwrap());
            let differs = golden.iter().any(|(title, four)| {
                title.strip_prefix("$ ").is_some_and(|args| golden.get(&format!("$3 {args}")).is_some_and(|three| three != four))
            });
            assert!(differs, "{}: Helm 4 and Helm 3 agree", path.display());
        }
    }
}

macro_rules! topics {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            topic(stringify!($name));
        }
    )*};
}

topics!(loading dependencies values language objects functions output usage profiles overlays);

/// A folder of cases that no test names would never run.
#[test]
fn every_folder_is_a_topic() {
    let source = include_str!("goldens.rs");
    let list = source.split("topics!(").nth(1).unwrap().split(')').next().unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(list.split(' ').any(|t| t == name), "{name} is not in the list of topics");
    }
}
