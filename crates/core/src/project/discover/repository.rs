//! A first pintle.yaml for a repository: its charts with their files of values, its overlays, and what its Argo CD Applications
//! say of both.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use pintle_files::Root;

use super::applications::{self, Application};
use super::{KUSTOMIZATION_FILES, environments, names};
use crate::diagnostic::{Error, Result};
use crate::project::FILE;
use crate::rules;

/// Folders nested deeper than this hold no repository's charts.
const MAX_DEPTH: usize = 12;
/// More files than this are not looked through.
const MAX_FILES: usize = 50_000;

/// A release as it will stand in the file.
#[derive(Default)]
struct Entry {
    source: String,
    is_chart: bool,
    /// By environment: files of values, the release's name, the namespace.
    environments: BTreeMap<String, Place>,
}

#[derive(Default)]
struct Place {
    source: Option<String>,
    values: Vec<String>,
    release_name: Option<String>,
    namespace: Option<String>,
}

/// What a repository's folders hold.
#[derive(Default)]
struct Found {
    charts: Vec<PathBuf>,
    kustomizations: Vec<PathBuf>,
    yaml: Vec<PathBuf>,
}

/// The folders below `root` that can be rendered: charts, and kustomizations that no other builds upon.
pub fn renderable(root: &Path) -> Vec<PathBuf> {
    let found = look(root);
    let overlays = found.kustomizations.iter().filter(|p| overlay_of(p).is_some());
    found.charts.iter().chain(overlays).take(20).cloned().collect()
}

/// The text of a pintle.yaml for the repository at `root`, relative to it.
///
/// Errors: a repository in which there is nothing to render.
pub fn init(root: &Path) -> Result<String> {
    let found = look(root);
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    let relative = |p: &Path| shown(p.strip_prefix(root).unwrap_or(p));
    for chart in &found.charts {
        let name = chart_name(chart);
        let mut entry = Entry { source: relative(chart), is_chart: true, environments: BTreeMap::new() };
        for (env, file) in environments(chart) {
            let file = file.canonicalize().unwrap_or(file);
            let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
            if let Ok(inner) = file.strip_prefix(&root) {
                entry.environments.entry(env).or_default().values.push(shown(inner));
            }
        }
        for (env, file) in named_after(root, &name, &found.yaml) {
            let place = entry.environments.entry(env).or_default();
            if !place.values.contains(&file) {
                place.values.push(file);
            }
        }
        entries.insert(name, entry);
    }
    for overlay in &found.kustomizations {
        let Some((base, env)) = overlay_of(overlay) else { continue };
        let base_name = base.file_name().and_then(|n| n.to_str()).map(str::to_owned);
        let name = base_name.filter(|_| base != root).unwrap_or_else(|| "app".to_owned());
        let name = if entries.get(&name).is_some_and(|e| e.is_chart) { format!("{name}-overlay") } else { name };
        let entry = entries.entry(name).or_default();
        entry.environments.entry(env).or_default().source = Some(relative(overlay));
    }
    for file in &found.yaml {
        for application in applications::read(file) {
            add(&mut entries, &application);
        }
    }
    entries.retain(|_, e| e.is_chart || e.environments.values().any(|p| p.source.is_some()));
    if entries.is_empty() {
        let message = format!("{} holds no chart and no kustomize overlay to render", root.display());
        return Err(Error::new(&rules::PROJECT_ABSENT, message));
    }
    Ok(print(&entries))
}

/// Files of values that carry a chart's name: `values/CHART/ENV.yaml`, `environments/ENV/CHART.yaml`,
/// `environments/ENV/CHART-values.yaml`.
fn named_after(root: &Path, chart: &str, files: &[PathBuf]) -> Vec<(String, String)> {
    let of = |file: &PathBuf| {
        let inner = file.strip_prefix(root).ok()?;
        let stem = inner.file_stem()?.to_str()?;
        let parts: Vec<&str> = inner.parent()?.iter().map(|p| p.to_str()).collect::<Option<_>>()?;
        let env = match parts.as_slice() {
            [.., "values", folder] if *folder == chart => stem,
            [.., "environments" | "envs", env] if stem.strip_suffix("-values").unwrap_or(stem) == chart => env,
            _ => return None,
        };
        Some((env.to_owned(), shown(inner)))
    };
    files.iter().filter_map(of).collect()
}

/// What an Application knows of a chart or an overlay that is there.
fn add(entries: &mut BTreeMap<String, Entry>, application: &Application) {
    for entry in entries.values_mut() {
        let of_overlay = entry.environments.values_mut().find(|p| p.source.as_ref() == Some(&application.path));
        if let Some(place) = of_overlay {
            place.namespace = place.namespace.take().or_else(|| application.namespace.clone());
        }
        if !entry.is_chart || entry.source != application.path {
            continue;
        }
        let files: Vec<String> = application.value_files.iter().filter_map(|f| inside(&entry.source, f)).collect();
        let known = entry.environments.iter().find(|(_, p)| !files.is_empty() && files.ends_with(&p.values));
        let env = match known {
            Some((env, _)) => env.clone(),
            None => environment(application, &entry.source),
        };
        let place = entry.environments.entry(env).or_default();
        if !files.is_empty() {
            place.values = files;
        }
        place.release_name = Some(application.release_name.clone().unwrap_or_else(|| application.name.clone()));
        place.namespace.clone_from(&application.namespace);
    }
}

/// A file of values as seen from the root: Argo CD starts at the chart, or at the root with a slash in front.
fn inside(chart: &str, file: &str) -> Option<String> {
    let path = match file.strip_prefix('/') {
        Some(rest) => PathBuf::from(rest),
        None => Path::new(chart).join(file),
    };
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(p) => parts.push(p.to_str()?.to_owned()),
            Component::ParentDir => {
                parts.pop()?;
            }
            _ => {}
        }
    }
    (!file.contains("$")).then(|| parts.join("/"))
}

/// The environment that an Application is for: its name without the chart's, a part of a values file's name, its namespace.
fn environment(application: &Application, chart: &str) -> String {
    let chart = chart.rsplit('/').next().unwrap_or(chart);
    let name = &application.name;
    let rest = name.strip_prefix(chart).map(|r| r.trim_start_matches('-'));
    let rest = rest.or_else(|| name.strip_suffix(chart).map(|r| r.trim_end_matches('-')));
    if let Some(rest) = rest.filter(|r| !r.is_empty()) {
        return rest.to_owned();
    }
    let of_file = application.value_files.iter().rev().find_map(|f| {
        let stem = f.rsplit('/').next()?.split('.').next()?;
        stem.strip_prefix("values-").or_else(|| stem.strip_suffix("-values")).filter(|e| !e.is_empty())
    });
    let of_namespace = || application.namespace.as_deref().and_then(|n| n.rsplit('-').next());
    of_file.or_else(of_namespace).unwrap_or("default").to_owned()
}

fn chart_name(chart: &Path) -> String {
    let text = Root::around(chart).and_then(|root| root.text(&chart.join("Chart.yaml")));
    let read = text.ok().and_then(|text| pintle_yaml::map_from_slice(&text).ok());
    let name = read.and_then(|m| m.get("name").and_then(|n| n.as_str().map(str::to_owned)));
    name.unwrap_or_else(|| chart.file_name().map_or_else(|| "chart".into(), |n| n.to_string_lossy().into_owned()))
}

/// `BASE/overlays/ENV`, the layout that kustomize's own documentation uses.
fn overlay_of(path: &Path) -> Option<(PathBuf, String)> {
    let env = path.file_name()?.to_str()?.to_owned();
    let folder = path.parent()?;
    let is_overlays = ["overlays", "environments", "envs"].contains(&folder.file_name()?.to_str()?);
    is_overlays.then(|| (folder.parent().map(Path::to_owned).unwrap_or_default(), env))
}

fn look(root: &Path) -> Found {
    let mut found = Found::default();
    let mut files = 0;
    folder(root, 0, &mut files, &mut found);
    found
}

fn folder(dir: &Path, depth: usize, files: &mut usize, found: &mut Found) {
    if depth > MAX_DEPTH || *files > MAX_FILES {
        return;
    }
    let names = names(dir);
    *files += names.len();
    let is_chart = names.iter().any(|n| n == "Chart.yaml");
    if is_chart {
        found.charts.push(dir.to_owned());
    }
    if names.iter().any(|n| KUSTOMIZATION_FILES.contains(&n.as_str())) {
        found.kustomizations.push(dir.to_owned());
    }
    for name in names {
        let path = dir.join(&name);
        let Ok(kind) = path.symlink_metadata().map(|m| m.file_type()) else { continue };
        // What a chart holds is the chart's own.
        let is_part = is_chart && ["charts", "templates", "crds"].contains(&name.as_str());
        if kind.is_dir() && !name.starts_with('.') && name != "node_modules" && name != "target" && !is_part {
            folder(&path, depth + 1, files, found);
        } else if kind.is_file() && (name.ends_with(".yaml") || name.ends_with(".yml")) && !is_chart {
            found.yaml.push(path);
        }
    }
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().into_owned();
    if text.is_empty() { ".".into() } else { text }
}

/// A scalar as YAML reads it back as text.
fn scalar(text: &str) -> String {
    let plain = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n", "."].contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { format!("{text:?}") }
}

fn print(entries: &BTreeMap<String, Entry>) -> String {
    let mut out =
        format!("# {FILE}: the releases of this repository and their environments.\napiVersion: pintle.dev/v1\nreleases:\n");
    for (name, entry) in entries {
        out += &format!("  {}:\n", scalar(name));
        if entry.is_chart {
            out += &format!("    chart: {}\n", scalar(&entry.source));
        }
        if entry.environments.is_empty() {
            out += "    environments: [default]\n";
            continue;
        }
        out += "    environments:\n";
        for (env, place) in &entry.environments {
            let mut lines = String::new();
            if let Some(source) = &place.source {
                lines += &format!("        kustomization: {}\n", scalar(source));
            }
            if !place.values.is_empty() {
                let files: Vec<String> = place.values.iter().map(|f| scalar(f)).collect();
                lines += &format!("        values: [{}]\n", files.join(", "));
            }
            // A kustomization sets names and namespaces itself.
            if place.source.is_none() {
                let release_name = place.release_name.as_ref().filter(|r| *r != name);
                for (key, value) in [("releaseName", release_name), ("namespace", place.namespace.as_ref())] {
                    if let Some(value) = value {
                        lines += &format!("        {key}: {}\n", scalar(value));
                    }
                }
            }
            out += &if lines.is_empty() {
                format!("      {}: {{}}\n", scalar(env))
            } else {
                format!("      {}:\n{lines}", scalar(env))
            };
        }
    }
    out
}
