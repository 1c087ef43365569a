//! Texts to resources (sigs.k8s.io/kustomize/api v0.20.1, resource/factory.go).

use crate::build::Build;
use crate::error::Error;
use crate::json::Json;
use crate::node::{Kind, NodeId, Place};
use crate::parse;
use crate::resource::{Origin, Resource};

/// The resources of a text; lists of objects give their items. `file` is what messages call it.
pub fn resources(b: &mut Build, text: &[u8], file: &str) -> Result<Vec<Resource>, Error> {
    let source = b.source(file);
    let nodes = parse::parse(&mut b.nodes, text, source)
        .map_err(|e| Error::new(format!("{} in File: {file}", e.message)).at(file, e.line))?;
    let nodes = check(b, nodes)?;
    let nodes = expand_lists(b, nodes)?;
    let origin = |(index, node): (usize, NodeId)| {
        let line = b.nodes[node].place.line;
        Resource::new(node, Origin { file: file.to_owned(), index, line })
    };
    Ok(nodes.into_iter().enumerate().map(origin).collect())
}

/// Drops empty nodes; fails at those that are no objects (`dropBadNodes`).
fn check(b: &Build, nodes: Vec<NodeId>) -> Result<Vec<NodeId>, Error> {
    let mut kept = Vec::with_capacity(nodes.len());
    for node in nodes {
        if b.nodes[node].is_nil_or_empty() {
            continue;
        }
        validate(b, node).map_err(|message| b.error_at(message, b.nodes[node].place))?;
        kept.push(node);
    }
    Ok(kept)
}

/// An object has a kind and, unless it is a list, a name (`GetValidatedMetadata`).
pub(crate) fn validate(b: &Build, node: NodeId) -> Result<(), String> {
    let nodes = &b.nodes;
    let text = |at: NodeId, name: &str| nodes.get_filled(at, name).map(|value| nodes[value].value.clone());
    let meta = nodes.get_filled(node, "metadata");
    let known = |name: &str| meta.is_some_and(|meta| nodes.get_filled(meta, name).is_some());
    let (api_version, kind) = (text(node, "apiVersion"), text(node, "kind"));
    if nodes[node].kind != Kind::Mapping
        || (api_version.is_none() && kind.is_none() && !["name", "namespace", "labels", "annotations"].iter().any(|n| known(n)))
    {
        return Err("missing Resource metadata".into());
    }
    let name = meta.and_then(|meta| text(meta, "name")).unwrap_or_default();
    let described = || {
        let api_version = api_version.clone().unwrap_or_default();
        format!("{{{{{api_version} {}}} {{{{{name} {}}} map[] map[]}}}}", kind.clone().unwrap_or_default(), nodes.namespace(node))
    };
    match kind.as_deref() {
        None | Some("") => Err(format!("missing kind in object {}", described())),
        Some(kind) if kind.ends_with("List") => Ok(()),
        Some(_) if name.is_empty() => Err(format!("missing metadata.name in object {}", described())),
        Some(_) => Ok(()),
    }
}

/// Replaces lists of objects by their items, which come behind all else (`inlineAnyEmbeddedLists`).
fn expand_lists(b: &mut Build, nodes: Vec<NodeId>) -> Result<Vec<NodeId>, Error> {
    let mut queue: std::collections::VecDeque<NodeId> = nodes.into();
    let mut found = Vec::new();
    while let Some(node) = queue.pop_front() {
        let kind = b.nodes.kind(node).to_owned();
        if !kind.ends_with("List") {
            found.push(node);
            continue;
        }
        let place = b.nodes[node].place;
        let value = b
            .nodes
            .to_value(node)
            .map_err(|e| b.error_at(format!("trouble expanding list of {kind}; {}", e.message), e.place))?;
        let Json::Map(map) = value else { continue };
        match map.get("items") {
            None => found.push(node),
            Some(Json::Null) => {}
            Some(Json::List(items)) => {
                let list = b.nodes.get(node, "items");
                let places: Vec<Place> =
                    list.map(|list| b.nodes[list].content.iter().map(|item| b.nodes[*item].place).collect()).unwrap_or_default();
                for (i, item) in items.iter().enumerate() {
                    // Each item is written as JSON and read on its own.
                    let at = places.get(i).copied().unwrap_or(place);
                    let made = b.nodes.add_json_text(item, at);
                    let mut made = vec![made];
                    if matches!(b.nodes.kind(made[0]), "List" | "ResourceList")
                        && let Some(inner) = b.nodes.get(made[0], "items")
                    {
                        made = b.nodes[inner].content.clone();
                    }
                    let made = check(b, made)?;
                    queue.extend(made);
                }
            }
            Some(other) => {
                let message = format!("expected array in {kind}/items, but found {}", pintle_value::json::kind(&other.to_data()));
                return Err(b.error_at(message, place));
            }
        }
    }
    Ok(found)
}
