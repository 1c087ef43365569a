//! The ValueAddTransformer, which has no field of its own in a kustomization (filters/valueadd).

use pintle_yaml::{Target, structure};

use super::namespace::{NamespaceOptions, filter};
use crate::build::Build;
use crate::kustomization::types::Selector;
use crate::node::{Kind, Node};
use crate::path::split_path;
use crate::resmap::ResMap;

structure! {
    /// Where a value is put.
    ValueAddTarget("builtins", "Target") {
        /// Into which resources.
        selector: Option<Selector> = "selector",
        /// Into which field.
        field_path: String = "fieldPath",
        /// At which place of the field's path.
        file_path_position: i64 = "filePathPosition" as Target::Int,
    }
}

/// Puts a value into the fields of the targets.
pub(crate) fn add_value(b: &mut Build, map: &ResMap, value: &str, targets: &[ValueAddTarget]) -> Result<(), String> {
    for target in targets {
        let chosen = match &target.selector {
            None => (0..map.list.len()).collect(),
            Some(selector) => map.select(b, selector)?,
        };
        for i in chosen {
            let node = map.list[i].node;
            if target.field_path == "metadata/namespace" {
                filter(b, &map.list[i].clone(), value, &[], &NamespaceOptions::default())?;
                continue;
            }
            let path = split_path(&target.field_path, '/');
            let Some(at) = b.nodes.lookup_create(node, Kind::Scalar, &path)? else { continue };
            b.nodes.expect(at, Kind::Scalar)?;
            let text = match target.file_path_position {
                0 => value.to_owned(),
                position => insert_part(&b.nodes[at].value, position - 1, value),
            };
            let text = b.nodes.add(Node::scalar(text));
            b.nodes.set_scalar(at, text)?;
        }
    }
    Ok(())
}

/// Inserts a part into a path (kyaml v0.20.1, filesys.InsertPathPart).
fn insert_part(path: &str, position: i64, part: &str) -> String {
    if path.is_empty() {
        return part.to_owned();
    }
    let (root, rest) = match path.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", path),
    };
    let mut parts: Vec<&str> = rest.split('/').filter(|p| !p.is_empty()).collect();
    let at = usize::try_from(position).unwrap_or(0).min(parts.len());
    parts.insert(at, part);
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::insert_part;

    #[test]
    fn parts_are_inserted() {
        for (path, position, result) in
            [("/", 0, "/X"), ("pie", 0, "X/pie"), ("/pie", 9, "/pie/X"), ("a/b", 1, "a/X/b"), ("", 3, "X")]
        {
            assert_eq!(insert_part(path, position, "X"), result);
        }
    }
}
