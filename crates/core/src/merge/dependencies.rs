//! Decides which dependencies take part, under which name, and imports values from them
//! (`helm.sh/helm/v4/pkg/chart/v2/util/dependencies.go`).
//!
//! Takes a loaded chart, which stays as it is, and gives a [`Node`]: the tree of one render.

use std::sync::Arc;

use pintle_functions::semver::{Constraints, Version};
use pintle_go::strconv::quote;
use pintle_value::{Entries, Map, Str, Value};

use super::coalesce::{Coalesce, no_table, table};
use crate::diagnostic::{Diagnostic, with_attribute};
use crate::load::{Chart, Dependency, Metadata};
use crate::rules;

/// A chart as one render sees it.
#[derive(Clone)]
pub struct Node {
    /// The chart as it was loaded.
    pub chart: Arc<Chart>,
    /// Its metadata, under its alias and with the dependencies that take part.
    pub metadata: Metadata,
    /// Its defaults, with what it imports.
    pub values: Map,
    /// Its dependencies that take part, in Helm's order.
    pub dependencies: Vec<Node>,
    /// Whether Chart.yaml has no list of dependencies (left), which ends their processing.
    no_requirements: bool,
}

impl Node {
    /// The whole chart, before anything is decided.
    pub fn new(chart: &Arc<Chart>) -> Node {
        Node {
            chart: chart.clone(),
            metadata: chart.metadata.clone(),
            values: Map::from(&chart.values),
            dependencies: chart.dependencies.iter().map(Node::new).collect(),
            no_requirements: !chart.metadata.names_dependencies,
        }
    }

    /// The size of all templates, in bytes: a measure of the work that they are.
    pub fn size(&self) -> usize {
        let own = self.chart.templates.iter().filter_map(|t| t.data().ok()).map(|text| text.len());
        own.chain(self.dependencies.iter().map(Node::size)).sum()
    }

    /// The name that the parent's values and templates use.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }
}

/// `IsCompatibleRange`
pub fn is_compatible(constraint: &str, version: &str) -> bool {
    match (Version::parse(version), Constraints::parse(constraint)) {
        (Ok(v), Ok(c)) => c.check(&v),
        _ => false,
    }
}

/// `ProcessDependencies`: enables, renames and removes dependencies by `values`, and imports what they export.
pub fn process(root: &mut Node, values: &Map, coalesce: &Coalesce) -> Result<(), String> {
    enable(root, values, "", coalesce)?;
    import_values(root, coalesce)
}

fn enable(node: &mut Node, values: &Map, path: &str, coalesce: &Coalesce) -> Result<(), String> {
    if node.no_requirements {
        return Ok(());
    }
    let loaded = std::mem::take(&mut node.dependencies);
    let requested = |child: &Node| {
        let asks = |r: &&Dependency| r.name == child.name() && is_compatible(&r.version, &child.metadata.version);
        node.metadata.dependencies.iter().find(asks).is_some()
    };
    let mut dependencies: Vec<Node> = loaded.iter().filter(|c| !requested(c)).cloned().collect();
    for r in &mut node.metadata.dependencies {
        let provides = |c: &&Node| c.name() == r.name && is_compatible(&r.version, &c.metadata.version);
        if let Some(child) = loaded.iter().find(provides) {
            let mut child = child.clone();
            if !r.alias.is_empty() {
                child.metadata.name.clone_from(&r.alias);
            }
            dependencies.push(child);
        }
        if !r.alias.is_empty() {
            r.name.clone_from(&r.alias);
        }
        r.enabled = true;
    }
    node.dependencies = dependencies;
    let effective = coalesce.values(node, values)?;
    apply_tags(&mut node.metadata.dependencies, &effective, coalesce);
    apply_conditions(&mut node.metadata.dependencies, &effective, path, coalesce);
    let disabled: Vec<String> = node.metadata.dependencies.iter().filter(|r| !r.enabled).map(|r| r.name.clone()).collect();
    node.dependencies.retain(|c| !disabled.iter().any(|d| d == c.name()));
    node.metadata.dependencies.retain(|r| !disabled.contains(&r.name));
    for child in &mut node.dependencies {
        let path = format!("{path}{}.", child.name());
        enable(child, &effective, &path, coalesce)?;
    }
    node.no_requirements = node.metadata.dependencies.is_empty();
    Ok(())
}

/// What Helm says of a tag or a condition whose value is neither true nor false, and so decides nothing.
fn no_bool(kind: &str, name: &str, chart: &str) -> Diagnostic {
    let warning = Diagnostic::new(&rules::VALUES_NO_BOOL, "returned non-bool value");
    with_attribute(with_attribute(warning, kind, name), "chart", chart)
}

fn apply_tags(dependencies: &mut [Dependency], values: &Map, coalesce: &Coalesce) {
    let Some(tags) = table(values, "tags") else { return };
    for r in dependencies {
        let (mut yes, mut no) = (false, false);
        for tag in &r.tags {
            match tags.get(tag.as_bytes()) {
                Some(Value::Bool(true)) => yes = true,
                Some(Value::Bool(false)) => no = true,
                Some(_) => coalesce.note(no_bool("tag", tag, &r.name)),
                None => {}
            }
        }
        r.enabled = yes || !no;
    }
}

fn apply_conditions(dependencies: &mut [Dependency], values: &Map, path: &str, coalesce: &Coalesce) {
    for r in dependencies {
        for condition in r.condition.trim().split(',').filter(|c| !c.is_empty()) {
            let full = format!("{path}{condition}");
            let (parent, key) = match full.rsplit_once('.') {
                Some((p, k)) => (table(values, p), k),
                None => (Some(values.clone()), full.as_str()),
            };
            match parent.and_then(|p| p.get(key.as_bytes())) {
                Some(Value::Bool(b)) => {
                    r.enabled = b;
                    break;
                }
                // Helm doesn't take a table for a value (`Values.PathValue`).
                None | Some(Value::Map(_)) => {}
                Some(_) => coalesce.note(no_bool("path", condition, &r.name)),
            }
        }
    }
}

fn import_values(node: &mut Node, coalesce: &Coalesce) -> Result<(), String> {
    for child in &mut node.dependencies {
        import_values(child, coalesce)?;
    }
    if node.no_requirements {
        return Ok(());
    }
    let effective = coalesce.merged(node)?;
    let imported = Map::new(Entries::new());
    for r in &mut node.metadata.dependencies {
        let mut pairs = Vec::new();
        for import in &r.import_values {
            let text = |key: &str| import.get(key).map_or_else(|| "<nil>".to_owned(), |v| print(&Value::from(v)));
            let (child, parent, missing) = match import {
                pintle_value::Data::Map(_) => {
                    let missing = Diagnostic::new(&rules::VALUES_IMPORT, "ImportValues missing table from chart");
                    (text("child"), text("parent"), with_attribute(missing, "chart", &r.name))
                }
                pintle_value::Data::String(name) => {
                    let missing = Diagnostic::new(&rules::VALUES_IMPORT, "ImportValues missing table");
                    (format!("exports.{name}"), ".".to_owned(), missing)
                }
                _ => continue,
            };
            pairs.push(pair(&child, &parent));
            let path = format!("{}.{child}", r.name);
            let Some(found) = table(&effective, &path) else {
                let name = no_table(&effective, &path).unwrap_or_default();
                coalesce.note(with_attribute(missing, "error", &format!("{} is not a table", quote(name.as_bytes()))));
                continue;
            };
            coalesce.merge_tables(&imported, &at_path(&parent, found));
        }
        r.import_values = pairs;
    }
    // Nobody else has what was merged just now, unless tables of it were imported.
    node.values = if imported.is_empty() { effective } else { effective.copy_on_demand() };
    coalesce.merge_tables(&node.values, &imported);
    Ok(())
}

fn print(v: &Value) -> String {
    String::from_utf8_lossy(&pintle_value::fmt::sprint(std::slice::from_ref(v))).into_owned()
}

fn pair(child: &str, parent: &str) -> pintle_value::Data {
    pintle_value::Data::Map([("child".to_owned(), child.into()), ("parent".to_owned(), parent.into())].into())
}

/// `pathToMap`: the table below the keys of a path.
fn at_path(path: &str, found: Map) -> Map {
    if path == "." {
        return found;
    }
    path.rsplit('.').fold(found, |inner, key| Map::new(Entries::from([(Str::from(key), Value::Map(inner))])))
}
