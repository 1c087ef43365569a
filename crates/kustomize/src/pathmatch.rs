//! Paths that may match many fields (kyaml v0.20.1, yaml/match.go).

use crate::node::{Kind, Node, NodeId, Nodes, Style};
use crate::path::{index_number, is_list_index, kind_before, split_index};
use crate::select::compile;

type Found = Result<Vec<NodeId>, String>;

/// The fields that a path leads to. Steps are names, indices, `[name=expression]` or `*`; with `create` what is missing is
/// made, the last node of that kind.
pub(crate) fn match_path(nodes: &mut Nodes, at: NodeId, path: &[String], create: Option<Kind>) -> Found {
    let Some((step, rest)) = path.split_first() else { return Ok(vec![at]) };
    let next = rest.first().map(String::as_str);
    if let Some(index) = index_number(step) {
        nodes.expect(at, Kind::Sequence)?;
        if let Some(leaf) = create
            && nodes[at].content.len() == index
        {
            let item = nodes.add(Node::new(kind_before(next, leaf)));
            nodes[at].content.push(item);
        }
        let Some(item) = nodes[at].content.get(index).copied() else {
            return Err(format!("index {index} specified but only {} elements found", nodes[at].content.len()));
        };
        return match_path(nodes, item, rest, create);
    }
    if is_list_index(step) {
        return match_items(nodes, at, step, rest, create, true);
    }
    if step == "*" {
        nodes.expect(at, Kind::Sequence)?;
        let mut found = Vec::new();
        for item in nodes[at].content.clone() {
            found.extend(match_path(nodes, item, rest, create)?);
        }
        return Ok(found);
    }
    if nodes.is_missing_or_null(Some(at)) && create.is_none() {
        return Ok(Vec::new());
    }
    nodes.expect(at, Kind::Mapping)?;
    let field = match (nodes.match_field(at, step, None), create) {
        (Some(field), _) => field,
        (None, None) => return Ok(Vec::new()),
        (None, Some(leaf)) => {
            let field = nodes.add(Node::new(kind_before(next, leaf)));
            nodes.set_field(at, step, Some(field), Style::Plain)?;
            field
        }
    };
    match_path(nodes, field, rest, create)
}

/// The items of a list whose field matches an expression.
fn match_items(nodes: &mut Nodes, at: NodeId, step: &str, rest: &[String], create: Option<Kind>, may_add: bool) -> Found {
    let (name, pattern) = split_index(step)?;
    nodes.expect(at, Kind::Sequence)?;
    let mut found = Vec::new();
    for item in nodes[at].content.clone() {
        let regex = compile(pattern)?;
        let matches = |nodes: &Nodes, id: NodeId| regex.is_match(written(nodes, id).trim().as_bytes());
        if name.is_empty() {
            if matches(nodes, item) {
                found.push(item);
            }
        } else if let Some(value) = nodes.get(item, name)
            && matches(nodes, value)
        {
            found.extend(match_path(nodes, item, rest, create)?);
        }
    }
    if !found.is_empty() || create.is_none() || !may_add {
        return Ok(found);
    }
    let value = nodes.add(Node::scalar(pattern));
    let item = match name.is_empty() {
        true => value,
        false => {
            let key = nodes.add(Node::scalar(name));
            nodes.add(Node { content: vec![key, value], ..Node::new(Kind::Mapping) })
        }
    };
    nodes[at].content.push(item);
    match_items(nodes, at, step, rest, create, false)
}

/// A node as YAML: expressions look at the quotes too.
fn written(nodes: &Nodes, id: NodeId) -> String {
    let node = &nodes[id];
    if node.kind != Kind::Scalar {
        return nodes.to_json(id).ok().and_then(|json| pintle_yaml::to_yaml(&json).ok()).unwrap_or_default();
    }
    match node.style {
        Style::DoubleQuoted => format!("\"{}\"", node.value.escape_debug()),
        Style::SingleQuoted => format!("'{}'", node.value.replace('\'', "''")),
        _ => {
            let string = matches!(nodes.scalar(node), Ok(crate::json::Json::String(_)));
            let plain = crate::resolve::resolve(&node.value) == crate::resolve::Scalar::Str;
            if string && !plain { format!("\"{}\"", node.value) } else { node.value.clone() }
        }
    }
}
