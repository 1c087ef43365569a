//! namePrefix and nameSuffix (PrefixTransformer, SuffixTransformer).

use crate::build::Build;
use crate::fieldspec::{FieldSpec, visit};
use crate::id::Gvk;
use crate::node::{Kind, Node, tag};
use crate::resmap::ResMap;
use crate::resource::note;

/// What is added to names, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Affix<'a> {
    /// In front.
    Prefix(&'a str),
    /// Behind.
    Suffix(&'a str),
}

/// Adds it to the fields of the specifications, which are the names.
pub(crate) fn add_affix(b: &mut Build, map: &mut ResMap, affix: Affix<'_>, specs: &[FieldSpec]) -> Result<(), String> {
    // Kinds whose names are not free.
    let fixed = [
        Gvk::new("", "", "CustomResourceDefinition"),
        Gvk::new("apiregistration.k8s.io", "", "APIService"),
        Gvk::new("", "", "Namespace"),
    ];
    let (text, list) = match affix {
        Affix::Prefix(text) => (text, note::PREFIXES),
        Affix::Suffix(text) => (text, note::SUFFIXES),
    };
    for resource in &map.list {
        let id = resource.original_id(b);
        if fixed.iter().any(|gvk| id.gvk.is_selected(gvk)) {
            continue;
        }
        for spec in specs {
            if !id.gvk.is_selected(&spec.gvk()) {
                continue;
            }
            if spec.path == "metadata/name" {
                resource.append_note(b, list, text)?;
                if !text.is_empty() {
                    resource.store_previous_id(b)?;
                }
            }
            visit(&mut b.nodes, resource.node, spec, Some((Kind::Scalar, tag::STR)), &mut |nodes, at| {
                let joined = match affix {
                    Affix::Prefix(text) => format!("{text}{}", nodes[at].value),
                    Affix::Suffix(text) => format!("{}{text}", nodes[at].value),
                };
                let value = Node { place: nodes[at].place, ..Node::scalar(joined) };
                let value = nodes.add(value);
                nodes.set_scalar(at, value)
            })?;
        }
    }
    Ok(())
}
