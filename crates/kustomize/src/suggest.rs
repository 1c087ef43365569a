//! What may have been meant: the nearest of known names.

use crate::id::ResId;

/// The known name that is nearest to `name`, if any is near enough.
pub fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = (name.chars().count() / 3).max(2);
    known
        .map(|k| (edit_distance(&name.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// Edits (insert, remove, replace, swap neighbours) between two names, of which the first 200 letters count.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(200).collect(), b.chars().take(200).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len()][b.len()]
}

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

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found() {
        let known = ["resources", "namePrefix", "patches"];
        assert_eq!(nearest("resuorces", known.into_iter()), Some("resources"));
        assert_eq!(nearest("namePrefx", known.into_iter()), Some("namePrefix"));
        assert_eq!(nearest("zzz", known.into_iter()), None);
    }
}
