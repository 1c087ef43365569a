//! The systems of `charts/`, `values/` and `pintle.yaml`: every fact of their environments, what their schemas refuse, Helm's
//! bytes, and the packed library chart. `tests/README.md` says how facts are written down.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pintle_core::{Data, DataMap};
use pintle_yaml::{Tree, from_slice};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub fn run(args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_pintle")).current_dir(root()).env_clear().args(args).output().unwrap()
}

/// The entries of the files in a folder below `tests/systems`, by the file's name, which is the system's.
pub fn entries(folder: &str) -> Vec<(String, Vec<Data>)> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root().join("tests/systems").join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let Data::List(items) = from_slice(&fs::read(file).unwrap()).unwrap() else { panic!("{} is no list", file.display()) };
        (file.file_stem().unwrap().to_string_lossy().into_owned(), items)
    };
    files.iter().map(read).collect()
}

pub fn text<'d>(entry: &'d Data, key: &str) -> Option<&'d str> {
    entry.get(key).and_then(Data::as_str)
}

/// The texts of an entry's `set`.
pub fn sets(entry: &Data) -> Vec<String> {
    let list = entry.get("set").and_then(Data::as_list).unwrap_or_default();
    list.iter().filter_map(Data::as_str).map(str::to_owned).collect()
}

fn render(release: &str, env: &str, sets: &[String]) -> std::process::Output {
    let mut args = vec!["render", "--env", env, "--release", release];
    sets.iter().for_each(|s| args.extend(["--set", s.as_str()]));
    run(&args)
}

/// The objects that a release renders in an environment, by `Kind/name`.
fn objects(release: &str, env: &str, sets: &[String]) -> BTreeMap<String, Data> {
    let output = render(release, env, sets);
    assert!(output.status.success(), "{release} in {env}: {}", String::from_utf8_lossy(&output.stderr));
    let (trees, error) = Tree::parse_all(&output.stdout);
    assert!(error.is_none(), "{release} in {env}: {error:?}");
    let mut objects = BTreeMap::new();
    for object in trees.iter().map(|t| t.to_data().unwrap()).filter(|d| !d.is_null()) {
        let name = object.get("metadata").and_then(|m| text(m, "name")).unwrap_or_default();
        let key = format!("{}/{name}", text(&object, "kind").unwrap_or_default());
        assert!(objects.insert(key.clone(), object).is_none(), "{release} in {env} has {key} twice");
    }
    objects
}

/// `spec.containers[0].ports[name=http].port`; a key with dots stands in quotes: `metadata.labels."app.kubernetes.io/name"`.
fn at<'d>(object: &'d Data, path: &str) -> Option<&'d Data> {
    let mut here = object;
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some(index) = rest.strip_prefix('[') {
            let (step, after) = index.split_once(']')?;
            let items = here.as_list()?;
            here = match step.split_once('=') {
                Some((key, value)) => items.iter().find(|i| text(i, key) == Some(value))?,
                None => items.get(step.parse::<usize>().ok()?)?,
            };
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (key, after) = quoted.split_once('"')?;
            here = here.get(key)?;
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            here = here.get(&rest[..end])?;
            rest = &rest[end..];
        }
    }
    Some(here)
}

/// What a fact says and the objects don't.
fn wrong(fact: &Data, objects: &BTreeMap<String, Data>) -> Option<String> {
    if let Some(absent) = text(fact, "absent") {
        return objects.contains_key(absent).then(|| format!("{absent} is there"));
    }
    let name = text(fact, "object").unwrap_or_default();
    let Some(object) = objects.get(name) else { return Some(format!("there is no {name}")) };
    let path = text(fact, "path")?;
    let found = at(object, path);
    if fact.get("missing").and_then(Data::as_bool) == Some(true) {
        return found.map(|f| format!("{name} has {path}: {f:?}"));
    }
    let Some(found) = found else { return Some(format!("{name} has no {path}")) };
    if let Some(wanted) = fact.get("equals") {
        return (found != wanted).then(|| format!("{path} of {name} is {found:?}, not {wanted:?}"));
    }
    let wanted = fact.get("contains").unwrap_or_else(|| panic!("{fact:?} says nothing"));
    let holds = match (found, wanted) {
        (Data::List(items), wanted) => items.contains(wanted),
        (Data::String(whole), Data::String(part)) => whole.contains(part.as_str()),
        _ => false,
    };
    (!holds).then(|| format!("{path} of {name} is {found:?}, without {wanted:?}"))
}

#[test]
fn every_fact_of_an_environment_holds() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (system, facts) in entries("facts") {
        let mut rendered: BTreeMap<(String, String, Vec<String>), BTreeMap<String, Data>> = BTreeMap::new();
        for fact in facts {
            let release = text(&fact, "release").unwrap_or(&system).to_owned();
            let env = text(&fact, "env").unwrap_or_else(|| panic!("{system}: {fact:?} names no env")).to_owned();
            let sets = sets(&fact);
            let key = (release.clone(), env.clone(), sets.clone());
            let objects = rendered.entry(key).or_insert_with(|| objects(&release, &env, &sets));
            count += 1;
            if let Some(what) = wrong(&fact, objects) {
                failures.push(format!("{release} in {env}, {}: {what}", text(&fact, "about").unwrap_or("")));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} facts fail:\n{}", failures.len(), failures.join("\n"));
    assert!(count > 100, "only {count} facts");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut failures = Vec::new();
    for (system, entries) in entries("rejected") {
        for entry in entries {
            let release = text(&entry, "release").unwrap_or(&system);
            let env = text(&entry, "env").unwrap();
            let output = render(release, env, &sets(&entry));
            let (error, wanted) = (String::from_utf8_lossy(&output.stderr).into_owned(), text(&entry, "error").unwrap());
            if output.status.success() || !output.stdout.is_empty() || !error.contains(wanted) {
                failures.push(format!("{release}, {}: wanted {wanted:?}, got {error}", text(&entry, "about").unwrap_or("")));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn helm_renders_the_same_bytes() {
    // The goldens are Helm's: tests/systems/record writes them.
    let golden = root().join("tests/systems/golden");
    let project =
        pintle_core::project::Project::read(root(), "pintle.yaml", &fs::read(root().join("pintle.yaml")).unwrap()).unwrap();
    assert!(project.jobs.len() >= 15, "only {} jobs", project.jobs.len());
    for job in &project.jobs {
        let output = run(&["render", "--env", &job.environment, "--release", &job.release]);
        let file = golden.join(&job.output);
        let expected = fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}; tests/systems/record writes it", file.display()));
        assert!(output.stdout == expected, "{} differs from {}", job.title(), file.display());
    }
}

#[test]
fn applications_are_rendered_again_when_their_files_change() {
    let mut count = 0;
    for (system, _) in entries("facts").iter().filter(|(system, _)| system != "gitops-apps") {
        for (name, object) in objects(&format!("gitops-apps-{system}"), "argocd", &[]) {
            let path = at(&object, "spec.source.path").and_then(Data::as_str);
            // The root application reads its own folder, which is what Argo CD takes without the annotation.
            let Some(path) = path.filter(|path| *path != "charts/gitops-apps") else { continue };
            let Some(file) = at(&object, "spec.source.helm.valueFiles[0]").and_then(Data::as_str) else { continue };
            let output = Command::new(env!("CARGO_BIN_EXE_pintle"))
                .current_dir(root().join(path))
                .env_clear()
                .env("ARGOCD_APP_SOURCE_PATH", path)
                .env("ARGOCD_APP_PARAMETERS", format!(r#"[{{"name": "value-files", "array": ["{file}"]}}]"#))
                .args(["cmp", "annotation"])
                .output()
                .unwrap();
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            let written =
                at(&object, "metadata.annotations.\"argocd.argoproj.io/manifest-generate-paths\"").and_then(Data::as_str);
            assert_eq!(written, Some(String::from_utf8_lossy(&output.stdout).trim_end()), "{name}");
            count += 1;
        }
    }
    assert_eq!(count, 15);
}

#[test]
fn threads_make_no_difference() {
    let folder = crate::case::folder("systems-threads");
    let all = |dir: &str| {
        let dir = folder.join(dir);
        let output = run(&["render", "--all", "--output-dir", &dir.to_string_lossy()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        dir
    };
    let together = all("together");
    let project =
        pintle_core::project::Project::read(root(), "pintle.yaml", &fs::read(root().join("pintle.yaml")).unwrap()).unwrap();
    for job in &project.jobs {
        let alone = run(&["render", "--env", &job.environment, "--release", &job.release]).stdout;
        assert!(alone == fs::read(together.join(&job.output)).unwrap(), "{} differs", job.title());
    }
}

#[test]
fn packed_libraries_are_those_of_the_folders() {
    let charts = root().join("charts");
    let mut checked = 0;
    for chart in fs::read_dir(&charts).unwrap().map(|e| e.unwrap().path()) {
        let metadata = from_slice(&fs::read(chart.join("Chart.yaml")).unwrap()).unwrap();
        let none = DataMap::new();
        let dependencies = metadata.as_map().unwrap_or(&none).get("dependencies").and_then(Data::as_list).unwrap_or_default();
        for dependency in dependencies {
            let Some(path) = text(dependency, "repository").and_then(|r| r.strip_prefix("file://")) else { continue };
            let package = pintle_core::package::pack(&chart.join(path), &pintle_core::LoadOptions::default()).unwrap();
            let file = chart.join("charts").join(&package.file);
            let packed = fs::read(&file)
                .unwrap_or_else(|e| panic!("{}: {e}; run pintle dependency build {}", file.display(), chart.display()));
            assert!(
                packed == package.data,
                "{} is not what its folder holds: run pintle dependency build {}",
                file.display(),
                chart.display()
            );
            checked += 1;
        }
    }
    assert!(checked >= 5, "only {checked} packages");
}

/// The leaves of an object by their paths, as differences name them.
fn leaves(data: &Data, path: &str, found: &mut BTreeMap<String, Data>) {
    match data {
        Data::Map(m) if !m.is_empty() => {
            for (key, value) in m {
                leaves(value, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, found);
            }
        }
        Data::List(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(i, value)| leaves(value, &format!("{path}[{i}]"), found));
        }
        leaf => {
            found.insert(path.to_owned(), leaf.clone());
        }
    }
}

fn by_name(stream: &[u8]) -> BTreeMap<String, Data> {
    let objects = pintle_core::diff::objects("stream", stream).unwrap();
    objects.into_iter().map(|o| (format!("{}/{}", o.identity.kind, o.identity.name), o.data)).collect()
}

/// Whether a listed difference is meant by a changed leaf, or by an object that one side lacks.
fn covers(listed: &Data, object: &str, change: Option<&str>, path: &str) -> bool {
    if let (Some(pattern), Some(change)) = (text(listed, "object"), change) {
        let fits = pattern == object || pattern.strip_suffix('*').is_some_and(|p| object.starts_with(p));
        return fits && text(listed, "change") == Some(change);
    }
    let (Some(kind), Some(prefix), None) = (text(listed, "kind"), text(listed, "path"), change) else { return false };
    let rest = path.strip_prefix(prefix);
    (kind == "*" || object.starts_with(&format!("{kind}/"))) && rest.is_some_and(|r| r.is_empty() || r.starts_with(['.', '[']))
}

#[test]
fn authors_values_give_the_authors_objects_but_for_what_is_listed() {
    use std::io::Write;
    let shared = root().join("../shared/real");
    if !shared.exists() {
        let _ = writeln!(std::io::stderr(), "skipped: the authors' repositories are not here");
        return;
    }
    for system in ["ontu-schedule-bot-admin", "warehouse-network"] {
        let file = root().join(format!("tests/systems/migrations/{system}.yaml"));
        let migration = from_slice(&fs::read(file).unwrap()).unwrap();
        let differences = migration.get("differences").and_then(Data::as_list).unwrap();
        let mut used = vec![false; differences.len()];
        for case in migration.get("cases").and_then(Data::as_list).unwrap() {
            let [expected, values, namespace] = ["expected", "values", "namespace"].map(|k| text(case, k).unwrap());
            let values = shared.join(values);
            let chart = format!("charts/{system}");
            let args = ["render", &chart, "--values", &values.to_string_lossy(), "--namespace", namespace, "--check", "off"];
            let output = run(&args);
            assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
            let (before, after) = (by_name(&fs::read(shared.join(expected)).unwrap()), by_name(&output.stdout));
            let mut differs = |object: &str, change: Option<&str>, path: &str| {
                let found = differences.iter().position(|d| covers(d, object, change, path));
                let found = found.unwrap_or_else(|| panic!("{expected}: {object} {path} {change:?} is listed nowhere"));
                used[found] = true;
            };
            before.keys().filter(|k| !after.contains_key(*k)).for_each(|k| differs(k, Some("removed"), ""));
            after.keys().filter(|k| !before.contains_key(*k)).for_each(|k| differs(k, Some("added"), ""));
            for (object, (x, y)) in before.iter().filter_map(|(k, x)| Some((k, (x, after.get(k)?)))) {
                let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
                leaves(x, "", &mut old);
                leaves(y, "", &mut new);
                let paths: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                paths.into_iter().filter(|p| old.get(*p) != new.get(*p)).for_each(|p| differs(object, None, p));
            }
        }
        let idle: Vec<&Data> = differences.iter().zip(used).filter(|(_, used)| !used).map(|(d, _)| d).collect();
        assert!(idle.is_empty(), "{system}: listed, and no difference: {idle:?}");
    }
}

/// Whether a text is what a pattern with at most one `*` describes.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.len() >= before.len() + after.len() && text.starts_with(before) && text.ends_with(after),
    }
}

#[test]
fn the_authors_mistakes_are_found_and_nothing_else() {
    use std::io::Write;
    let shared = root().join("../shared/real");
    if !shared.exists() {
        let _ = writeln!(std::io::stderr(), "skipped: the authors' repositories are not here");
        return;
    }
    let Data::List(entries) = from_slice(&fs::read(root().join("tests/systems/defects.yaml")).unwrap()).unwrap() else {
        panic!("defects.yaml is no list")
    };
    for entry in entries {
        let listed = entry.get("findings").and_then(Data::as_list).unwrap();
        for file in entry.get("files").and_then(Data::as_list).unwrap() {
            let file = file.as_str().unwrap();
            let path = shared.join(file).display().to_string();
            let left_out = "kustomization.yaml$";
            let only = "schema,api,refs,secrets";
            let output = run(&["validate", "--only", only, "--ignore-filename-pattern", left_out, "--findings", "json", &path]);
            let mut used = vec![false; listed.len()];
            for report in from_slice(&output.stdout).unwrap().get("resources").and_then(Data::as_list).unwrap() {
                let object = format!("{}/{}", text(report, "kind").unwrap(), text(report, "name").unwrap());
                let found = ["validationErrors", "warnings"].into_iter().filter_map(|key| report.get(key)?.as_list()).flatten();
                for finding in found {
                    let [code, path] = ["code", "path"].map(|key| text(finding, key).unwrap());
                    let known = |d: &Data| {
                        text(d, "code") == Some(code)
                            && fits(text(d, "object").unwrap(), &object)
                            && fits(text(d, "path").unwrap(), path)
                    };
                    let at = listed.iter().position(known);
                    used[at.unwrap_or_else(|| panic!("{file}: {object} {path} [{code}] is listed nowhere"))] = true;
                }
            }
            let missed: Vec<&Data> = listed.iter().zip(used).filter(|(_, used)| !used).map(|(d, _)| d).collect();
            assert!(missed.is_empty(), "{file}: not found: {missed:?}");
        }
    }
}
