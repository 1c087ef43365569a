//! What may have been meant: the nearest of known names.

use pintle_diagnostic::nearest;

use crate::id::ResId;

/// A sentence that names the resources nearest to one that doesn't exist.
pub fn resource(wanted: &ResId, known: &[ResId]) -> Option<String> {
    let same_name: Vec<&ResId> = known.iter().filter(|id| id.name == wanted.name).collect();
    if !same_name.is_empty() {
        return Some(format!("there is {}", listed(&same_name)));
    }
    let same_kind: Vec<&ResId> = known.iter().filter(|id| id.gvk.kind == wanted.gvk.kind).collect();
    if let Some(near) = nearest(&wanted.name, same_kind.iter().map(|id| id.name.as_str())) {
        return Some(format!("the nearest is {}/{near}", wanted.gvk.kind));
    }
    (!same_kind.is_empty()).then(|| format!("of kind {} there is {}", wanted.gvk.kind, listed(&same_kind)))
}

fn listed(ids: &[&ResId]) -> String {
    let mut names: Vec<String> = ids.iter().take(4).map(|id| format!("{} ({})", id.short(), id.gvk.api_version())).collect();
    if ids.len() > names.len() {
        names.push(format!("{} more", ids.len() - names.len()));
    }
    names.join(", ")
}
