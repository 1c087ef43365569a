//! Names of templates: which file `{% include "x" %}` means.
//!
//! | name | file |
//! | --- | --- |
//! | `_labels.j2` | of the same chart, below templates/ |
//! | `./_labels.j2`, `../_labels.j2` | beside the file that names it |
//! | `common/_labels.j2` | of the chart `common`: a dependency, one of the charts around, one of their dependencies |
//! | `web/templates/_labels.j2` | by its whole name, as in messages |

use std::collections::BTreeSet;

/// The whole name of the template that `name` means in the file `parent`; `None` if there is none.
pub(crate) fn resolve<'a>(known: &'a BTreeSet<String>, name: &str, parent: &str) -> Option<&'a str> {
    let get = |name: String| known.get(&name).map(String::as_str);
    if name.starts_with("./") || name.starts_with("../") {
        return get(beside(name, parent)?);
    }
    let (chart, _) = split(parent);
    if let Some(own) = get(format!("{chart}/templates/{name}")) {
        return Some(own);
    }
    if let Some((other, rest)) = name.split_once('/') {
        // From the chart outwards: what is nearer is meant first.
        let mut around = Some(chart);
        while let Some(at) = around {
            if let Some(found) = get(format!("{at}/charts/{other}/templates/{rest}")) {
                return Some(found);
            }
            if at.rsplit('/').next() == Some(other)
                && let Some(found) = get(format!("{at}/templates/{rest}"))
            {
                return Some(found);
            }
            around = at.rsplit_once("/charts/").map(|(outer, _)| outer);
        }
        let end = format!("/charts/{other}/templates/{rest}");
        if let Some(found) = known.iter().find(|k| k.ends_with(&end)) {
            return Some(found);
        }
    }
    get(name.to_owned())
}

/// A file's chart and its name below templates/: charts/ may hold a chart called templates.
fn split(file: &str) -> (&str, &str) {
    let mut at = 0;
    // The path goes chart, charts, chart, ..., templates, rest.
    loop {
        let chart_end = file[at..].find('/').map_or(file.len(), |i| at + i);
        match file[chart_end..].strip_prefix("/charts/") {
            Some(_) => at = chart_end + "/charts/".len(),
            None => return (&file[..chart_end], file[chart_end..].strip_prefix("/templates/").unwrap_or("")),
        }
    }
}

/// `./x` and `../x` from the folder of `parent`, never out of its chart's templates/.
fn beside(name: &str, parent: &str) -> Option<String> {
    let (chart, file) = split(parent);
    let mut folders: Vec<&str> = file.split('/').collect();
    folders.pop();
    for part in name.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                folders.pop()?;
            }
            part => folders.push(part),
        }
    }
    Some(format!("{chart}/templates/{}", folders.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_near_to_far() {
        let known: BTreeSet<String> = [
            "web/templates/a.yaml",
            "web/templates/_labels.j2",
            "web/templates/deep/b.yaml",
            "web/charts/common/templates/_labels.j2",
            "web/charts/db/templates/c.yaml",
            "web/charts/db/charts/common/templates/_labels.j2",
            "web/charts/templates/templates/_x.j2",
        ]
        .map(str::to_owned)
        .into();
        let is = |name: &str, parent: &str, found: Option<&str>| {
            assert_eq!(resolve(&known, name, parent), found, "{name} in {parent}")
        };
        is("_labels.j2", "web/templates/a.yaml", Some("web/templates/_labels.j2"));
        is("_labels.j2", "web/templates/deep/b.yaml", Some("web/templates/_labels.j2"));
        is("../_labels.j2", "web/templates/deep/b.yaml", Some("web/templates/_labels.j2"));
        is("./b.yaml", "web/templates/deep/b.yaml", Some("web/templates/deep/b.yaml"));
        is("../../_labels.j2", "web/templates/deep/b.yaml", None);
        is("common/_labels.j2", "web/templates/a.yaml", Some("web/charts/common/templates/_labels.j2"));
        is("common/_labels.j2", "web/charts/db/templates/c.yaml", Some("web/charts/db/charts/common/templates/_labels.j2"));
        is("web/_labels.j2", "web/charts/db/templates/c.yaml", Some("web/templates/_labels.j2"));
        is("db/c.yaml", "web/charts/common/templates/_labels.j2", Some("web/charts/db/templates/c.yaml"));
        is("templates/_x.j2", "web/templates/a.yaml", Some("web/charts/templates/templates/_x.j2"));
        is("web/templates/a.yaml", "web/charts/db/templates/c.yaml", Some("web/templates/a.yaml"));
        is("_none.j2", "web/templates/a.yaml", None);
        is("/etc/passwd", "web/templates/a.yaml", None);
    }
}
