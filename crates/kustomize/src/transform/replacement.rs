//! replacements: a value of one resource, copied into fields of others (filters/replacement).

use super::patch::describe;
use crate::build::Build;
use crate::error::Error;
use crate::id::{Gvk, ResId};
use crate::kustomization::types::{FieldOptions, GvkFields, Replacement, Selector, SourceSelector, TargetSelector};
use crate::node::{Kind, Node, NodeId};
use crate::path::split_smart;
use crate::pathmatch::match_path;
use crate::resmap::ResMap;
use crate::select::Requirements;
use pintle_diagnostic::Span;

const DEFAULT_PATH: &str = "metadata.name";

/// Makes the replacements in order.
pub(crate) fn replace(b: &mut Build, map: &mut ResMap, replacements: &[Replacement], at: Option<&Span>) -> Result<(), Error> {
    let located = |e: String| match at {
        Some(at) => Error::new(e).at_span(at),
        None => Error::new(e),
    };
    for replacement in replacements {
        one(b, map, replacement, at).map_err(located)?;
    }
    map.drop_empties(b);
    Ok(())
}

fn one(b: &mut Build, map: &ResMap, replacement: &Replacement, at: Option<&Span>) -> Result<(), String> {
    let (Some(targets), true) = (&replacement.targets, replacement.source.is_some() || replacement.source_value.is_some()) else {
        return Err("replacements must specify a source and at least one target".into());
    };
    let value = match (&replacement.source, &replacement.source_value) {
        (Some(_), Some(_)) => return Err("value and resource selectors are mutually exclusive".into()),
        (Some(source), None) => read_source(b, map, source)?,
        (None, text) => b.nodes.add(Node::scalar(text.clone().unwrap_or_default())),
    };
    for target in targets {
        write_target(b, map, target, value, at)?;
    }
    Ok(())
}

fn res_id(gvk: &GvkFields, name: &str, namespace: &str) -> ResId {
    ResId { gvk: Gvk::new(&gvk.group, &gvk.version, &gvk.kind), name: name.into(), namespace: namespace.into() }
}

/// The value of the source's field.
fn read_source(b: &mut Build, map: &ResMap, source: &SourceSelector) -> Result<NodeId, String> {
    let selector = res_id(&source.gvk, &source.name, &source.namespace);
    b.charge(map.list.len())?;
    let mut matches = map.list.iter().filter(|r| b.nodes.all_ids(r.node).iter().any(|id| id.is_selected_by(&selector)));
    let shown = || match source.field_path.as_str() {
        "" => selector.to_string(),
        path => format!("{selector}:{path}"),
    };
    let Some(found) = matches.next().cloned() else {
        return Err(format!("nothing selected by {}{}", shown(), map.nearest(b, &selector)));
    };
    if matches.next().is_some() {
        return Err(format!("multiple matches for selector {}", shown()));
    }
    let path = if source.field_path.is_empty() { DEFAULT_PATH } else { &source.field_path };
    let value =
        b.nodes.lookup(found.node, &split_smart(path, '.')).map_err(|e| format!("error looking up replacement source: {e}"))?;
    let Some(value) = value.filter(|value| !b.nodes[*value].is_nil_or_empty()) else {
        return Err(format!("fieldPath `{path}` is missing for replacement source {selector}"));
    };
    let Some(options) = source.options.as_ref().filter(|options| !options.delimiter.is_empty()) else { return Ok(value) };
    if b.nodes[value].kind != Kind::Scalar {
        return Err("delimiter option can only be used with scalar nodes".into());
    }
    let text = b.nodes[value].value.clone();
    let part = usize::try_from(options.index).ok().and_then(|i| text.split(options.delimiter.as_str()).nth(i));
    let Some(part) = part else { return Err(format!("options.index {} is out of bounds for value {text}", options.index)) };
    let copy = b.nodes.copy(value);
    b.nodes[copy].value = part.to_owned();
    Ok(copy)
}

fn write_target(b: &mut Build, map: &ResMap, target: &TargetSelector, value: NodeId, at: Option<&Span>) -> Result<(), String> {
    let Some(select) = &target.select else { return Err("target must specify resources to select".into()) };
    let selector = res_id(&select.gvk, &select.name, &select.namespace);
    let default = [DEFAULT_PATH.to_owned()];
    let paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    let mut matched = false;
    b.charge(map.list.len().saturating_mul(8 * (1 + target.reject.len())))?;
    for resource in &map.list {
        b.charge_nodes()?;
        let ids = b.nodes.all_ids(resource.node);
        if !chosen(b, resource.node, select, &target.reject)? {
            continue;
        }
        for id in &ids {
            let rejected = || {
                let rejects =
                    target.reject.iter().map(|r| res_id(&r.gvk, &r.name, &r.namespace)).filter(|r| *r != ResId::default());
                rejects.into_iter().any(|reject| ids.iter().any(|id| id.is_selected_by(&reject)))
            };
            if id.is_selected_by(&selector) {
                matched = true;
                if rejected() {
                    continue;
                }
                for path in paths {
                    write_field(b, resource.node, path, value, target.options.as_ref())
                        .map_err(|e| format!("{e} ({})", id.short()))?;
                }
                break;
            }
        }
    }
    if !matched {
        let near = map.nearest(b, &selector);
        b.warn(format!("replacement target {} matches no resource{near}", describe(select)), at.cloned());
    }
    Ok(())
}

/// By labels and annotations.
fn chosen(b: &Build, node: NodeId, select: &Selector, reject: &[Selector]) -> Result<bool, String> {
    let fits = |selector: &Selector| -> Result<bool, String> {
        if selector.annotation_selector.is_empty() && selector.label_selector.is_empty() {
            return Ok(true);
        }
        let annotations = Requirements::parse(&selector.annotation_selector)?.matches(&b.nodes.meta_map(node, "annotations"));
        let labels = Requirements::parse(&selector.label_selector)?.matches(&b.nodes.meta_map(node, "labels"));
        Ok(annotations && labels)
    };
    if !fits(select)? {
        return Ok(false);
    }
    for selector in reject.iter().filter(|s| !s.annotation_selector.is_empty() || !s.label_selector.is_empty()) {
        if fits(selector)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn write_field(b: &mut Build, object: NodeId, path: &str, value: NodeId, options: Option<&FieldOptions>) -> Result<(), String> {
    let create = options.is_some_and(|options| options.create).then_some(b.nodes[value].kind);
    let failed = || match create {
        Some(_) => format!("unable to find or create field {path:?} in replacement target"),
        None => format!("unable to find field {path:?} in replacement target"),
    };
    crate::path::check_length(split_smart(path, '.').len())?;
    let fields = match_path(&mut b.nodes, object, &split_smart(path, '.'), create).map_err(|e| format!("{}: {e}", failed()))?;
    if fields.is_empty() {
        return Err(failed());
    }
    for field in fields {
        set_value(b, field, value, options)?;
    }
    b.nodes.check_growth(object)
}

fn set_value(b: &mut Build, field: NodeId, value: NodeId, options: Option<&FieldOptions>) -> Result<(), String> {
    let value = b.nodes.copy(value);
    b.charge_nodes()?;
    if let Some(options) = options.filter(|options| !options.delimiter.is_empty()) {
        if b.nodes[field].kind != Kind::Scalar {
            return Err("delimiter option can only be used with scalar nodes".into());
        }
        let old = b.nodes[field].value.clone();
        let mut parts: Vec<&str> = old.split(options.delimiter.as_str()).collect();
        let text = if b.nodes[value].is_tagged_null() { String::new() } else { b.nodes[value].value.clone() };
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, &text),
            Ok(i) if i >= parts.len() => parts.push(&text),
            Ok(i) => parts[i] = &text,
        }
        let text = parts.join(&options.delimiter);
        b.charge_made(text.len())?;
        b.nodes[value].value = text;
    }
    if b.nodes[field].kind == Kind::Scalar {
        // Only the text: the field keeps its type.
        b.charge_made(b.nodes[value].value.len())?;
        b.nodes[field].value = b.nodes[value].value.clone();
        b.nodes[field].place = b.nodes[value].place;
    } else {
        b.nodes.assign(field, value);
    }
    Ok(())
}
