//! labels and commonLabels (filters/labels).

use crate::build::Build;
use crate::fieldspec::{FieldSpec, visit};
use crate::node::{Kind, Node, Style, tag};
use crate::resmap::ResMap;
use crate::resource::StringMap;

/// Adds labels wherever the specifications say.
pub(crate) fn add_labels(b: &mut Build, map: &mut ResMap, labels: &StringMap, specs: &[FieldSpec]) -> Result<(), String> {
    set_entries(b, map, labels, specs)
}

/// Sets entries of the maps that the specifications name; the fields of one object share the value's node, as in kustomize.
pub(super) fn set_entries(b: &mut Build, map: &mut ResMap, entries: &StringMap, specs: &[FieldSpec]) -> Result<(), String> {
    if entries.is_empty() {
        return Ok(());
    }
    for resource in &map.list {
        b.charge(entries.len().saturating_mul(specs.len()))?;
        b.charge_nodes()?;
        for (key, value) in entries {
            let value = b.nodes.add(Node { tag: tag::STR, ..Node::scalar(value.clone()) });
            let mut set = |nodes: &mut crate::node::Nodes, at| nodes.set_field(at, key, Some(value), Style::Plain);
            for spec in specs {
                visit(&mut b.nodes, resource.node, spec, Some((Kind::Mapping, tag::MAP)), &mut set)?;
            }
        }
    }
    map.drop_empties(b);
    Ok(())
}
