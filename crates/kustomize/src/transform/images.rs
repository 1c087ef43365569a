//! images (ImageTagTransformer, filters/imagetag, internal/image).

use std::collections::BTreeSet;
use std::rc::Rc;

use pintle_go::regexp::Regex;

use crate::build::Build;
use crate::fieldspec::{FieldSpec, visit};
use crate::kustomization::types::Image;
use crate::node::{Kind, Node, NodeId, Nodes};
use crate::resmap::ResMap;
use crate::select::compile;

/// Changes name, tag or digest of an image wherever it is used. Gives the images that were looked at, if none was meant.
pub(crate) fn set_image(
    b: &mut Build,
    map: &mut ResMap,
    image: &Image,
    specs: &[FieldSpec],
) -> Result<Option<BTreeSet<String>>, String> {
    // An invalid expression matches nothing; kustomize panics.
    let pattern = compile(&format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", image.name))?;
    let mut updater = Updater { image, pattern, seen: BTreeSet::new(), matched: false };
    for resource in &map.list {
        if b.nodes.kind(resource.node) == "CustomResourceDefinition" {
            continue;
        }
        updater.containers(&mut b.nodes, resource.node)?;
    }
    for resource in &map.list {
        if b.nodes.kind(resource.node) == "CustomResourceDefinition" {
            continue;
        }
        for spec in specs {
            visit(&mut b.nodes, resource.node, spec, None, &mut |nodes, at| updater.set(nodes, at))?;
        }
    }
    Ok((!updater.matched).then_some(updater.seen))
}

struct Updater<'u> {
    image: &'u Image,
    pattern: Rc<Regex>,
    seen: BTreeSet<String>,
    matched: bool,
}

impl Updater<'_> {
    /// Looks for lists called `containers` and `initContainers` anywhere (legacy.go).
    fn containers(&mut self, nodes: &mut Nodes, at: NodeId) -> Result<(), String> {
        nodes.visit(1);
        match nodes[at].kind {
            Kind::Mapping => {
                for (key, _) in nodes.pairs(at).collect::<Vec<_>>() {
                    let name = nodes[key].value.clone();
                    let Some(value) = nodes.get(at, &name) else { continue };
                    self.containers(nodes, value)?;
                    if matches!(name.as_str(), "containers" | "initContainers") && nodes[value].kind == Kind::Sequence {
                        for container in nodes[value].content.clone() {
                            if nodes.is_missing_or_null(Some(container)) {
                                continue;
                            }
                            nodes.expect(container, Kind::Mapping)?;
                            if let Some(image) = nodes.get(container, "image") {
                                self.set(nodes, image)?;
                            }
                        }
                    }
                }
                Ok(())
            }
            Kind::Sequence => nodes[at].content.clone().into_iter().try_for_each(|item| self.containers(nodes, item)),
            _ => Ok(()),
        }
    }

    fn set(&mut self, nodes: &mut Nodes, at: NodeId) -> Result<(), String> {
        nodes.expect(at, Kind::Scalar)?;
        let value = &nodes[at].value;
        if !self.pattern.is_match(value.as_bytes()) {
            if !value.is_empty() {
                self.seen.insert(split(value).0.to_owned());
            }
            return Ok(());
        }
        self.matched = true;
        let (name, tag, digest) = split(value);
        let image = self.image;
        let name = if image.new_name.is_empty() { name } else { &image.new_name };
        // A new tag or digest takes the place of both.
        let (tag, digest) = match (image.new_tag.as_str(), image.digest.as_str()) {
            ("", "") if !image.tag_suffix.is_empty() => (format!("{tag}{}", image.tag_suffix), ""),
            ("", "") => (tag.to_owned(), digest),
            (new_tag, digest) => (new_tag.to_owned(), digest),
        };
        let mut full = name.to_owned();
        if !tag.is_empty() {
            full.push_str(&format!(":{tag}"));
        }
        if !digest.is_empty() {
            full.push_str(&format!("@{digest}"));
        }
        let place = nodes[at].place;
        let value = nodes.add(Node { place, ..Node::scalar(full) });
        nodes.set_scalar(at, value)
    }
}

/// Name, tag and digest of an image (image.go, `Split`).
fn split(image: &str) -> (&str, &str, &str) {
    // The colon of a registry's port doesn't begin a tag.
    let start = image.find('/').unwrap_or(0);
    let find = |c| image[start..].find(c).map(|at| at + start);
    match (find('@'), find(':')) {
        (None, None) => (image, "", ""),
        (Some(at), None) => (&image[..at], "", &image[at + 1..]),
        (Some(at), Some(colon)) if at < colon => (&image[..at], "", &image[at + 1..]),
        (Some(at), Some(colon)) => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (None, Some(colon)) => (&image[..colon], &image[colon + 1..], ""),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn images_have_parts() {
        for (image, parts) in [
            ("nginx", ("nginx", "", "")),
            ("nginx:1", ("nginx", "1", "")),
            ("host:5000/nginx", ("host:5000/nginx", "", "")),
            ("host:5000/nginx:1@sha256:ab", ("host:5000/nginx", "1", "sha256:ab")),
            ("nginx@sha256:ab", ("nginx", "", "sha256:ab")),
        ] {
            assert_eq!(split(image), parts);
        }
    }
}
