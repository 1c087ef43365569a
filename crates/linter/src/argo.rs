//! Argo CD's Applications and the projects that say what they may do.

use pintle_value::Data;

use crate::edges::{Relation, Wanted};
use crate::inventory::{at, group, items, kind, name, text};
use crate::{Found, rules};

pub(crate) fn check(f: &mut Found<'_>, i: usize, object: &Data, manual: &[String]) {
    if (group(object), kind(object)) != ("argoproj.io", "Application") {
        return;
    }
    if at(object, "spec.syncPolicy.automated").is_some_and(|a| !a.is_null()) && manual.iter().any(|m| matches(m, name(object))) {
        let message = "syncs by itself, and its environment is declared manual";
        f.add(&rules::ARGO_AUTOMATED, i, "spec.syncPolicy.automated", message);
    }
    let Some(project) = text(object, "spec.project") else { return };
    let namespace = f.inventory.namespace_of(object);
    // Every installation has the project "default".
    let wanted = Wanted { kind: "AppProject", namespace: &namespace, name: project, optional: project == "default" };
    let Some(found) = f.refer(i, "spec.project", Relation::DependsOn, &rules::ARGO_PROJECT, wanted) else { return };
    let rules_of = &f.inventory.objects()[found];
    let mut sources: Vec<(String, &Data)> =
        at(object, "spec.source").map(|s| ("spec.source".to_owned(), s)).into_iter().collect();
    sources.extend(items(object, "spec.sources").iter().enumerate().map(|(n, s)| (format!("spec.sources[{n}]"), s)));
    let allowed: Vec<&str> = items(rules_of, "spec.sourceRepos").iter().filter_map(Data::as_str).collect();
    let mut forbidden = Vec::new();
    for (path, source) in sources {
        if let Some(repo) = text(source, "repoURL")
            && !permits(&allowed, repo)
        {
            forbidden.push((format!("{path}.repoURL"), format!("the project {project} forbids the source {repo}")));
        }
    }
    if let Some(destination) = at(object, "spec.destination") {
        let fits = |d: &Data, field: &str| {
            let here = text(destination, field).unwrap_or_default();
            text(d, field).is_none_or(|pattern| matches(pattern, here))
        };
        // A cluster is named by its address or its name: a project may use the other one.
        let cluster = |d: &Data| match (text(destination, "server"), text(destination, "name")) {
            (Some(_), _) if text(d, "server").is_some() => fits(d, "server"),
            (_, Some(_)) if text(d, "name").is_some() => fits(d, "name"),
            _ => text(d, "server").is_none_or(|s| s == "*") && text(d, "name").is_none_or(|n| n == "*"),
        };
        let destinations = items(rules_of, "spec.destinations");
        if !destinations.iter().any(|d| fits(d, "namespace") && cluster(d)) {
            let message = format!("the project {project} forbids the destination");
            forbidden.push(("spec.destination".to_owned(), message));
        }
    }
    for (path, message) in forbidden {
        f.add(&rules::ARGO_PROJECT, i, path, message);
    }
}

/// Whether a list of patterns permits a text: one that fits, and none that begins with `!`.
fn permits(patterns: &[&str], text: &str) -> bool {
    let denied = patterns.iter().filter_map(|p| p.strip_prefix('!')).any(|p| matches(p, text));
    !denied && patterns.iter().any(|p| !p.starts_with('!') && matches(p, text))
}

/// A glob with `*` for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
