//! replicas (ReplicaCountTransformer).

use crate::build::Build;
use crate::fieldspec::{FieldSpec, visit};
use crate::kustomization::types::Replica;
use crate::node::{Kind, Node, tag};
use crate::resmap::ResMap;

/// Sets the number of replicas of the workloads with this name; there must be one.
pub(crate) fn set_replicas(b: &mut Build, map: &mut ResMap, replica: &Replica, specs: &[FieldSpec]) -> Result<(), String> {
    let mut found = false;
    for spec in specs {
        let gvk = spec.gvk();
        for i in map.matching_any_id(b, |id| id.name == replica.name && id.gvk.is_selected(&gvk))? {
            found = true;
            visit(&mut b.nodes, map.list[i].node, spec, Some((Kind::Scalar, tag::INT)), &mut |nodes, at| {
                let value = nodes.add(Node { tag: tag::INT, ..Node::scalar(replica.count.to_string()) });
                nodes.set_scalar(at, value)
            })?;
        }
    }
    if found {
        return Ok(());
    }
    let gvks: Vec<String> = specs.iter().map(|spec| spec.gvk().to_string()).collect();
    let workloads = map.list.iter().map(|r| r.original_id(b)).filter(|id| specs.iter().any(|s| id.gvk.is_selected(&s.gvk())));
    let mut names: Vec<String> = workloads.map(|id| id.short()).collect();
    names.truncate(10);
    let known = if names.is_empty() { "there are none".to_owned() } else { format!("there are {}", names.join(", ")) };
    Err(format!(
        "resource with name {} does not match a config with the following GVK [{}]; {known}",
        replica.name,
        gvks.join(" ")
    ))
}
