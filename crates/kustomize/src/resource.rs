//! A resource: an object, its identities now and before, and what kustomize notes about it in annotations
//! (sigs.k8s.io/kustomize/api v0.20.1, resource/resource.go).
//!
//! The notes live in the object's own annotations while a build runs, as in kustomize, because patches can see and remove
//! them there. They are taken out before anything is printed.

use std::collections::{BTreeMap, BTreeSet};

use crate::build::Build;
use crate::id::{Gvk, ResId, parse_group_version};
use crate::merge::{ListIncrease, merge};
use crate::node::{Kind, Node, NodeId, Nodes, Style, tag};

/// The names of the annotations in which notes are kept.
pub(crate) mod note {
    pub const PREVIOUS_KINDS: &str = "internal.config.kubernetes.io/previousKinds";
    pub const PREVIOUS_NAMES: &str = "internal.config.kubernetes.io/previousNames";
    pub const PREVIOUS_NAMESPACES: &str = "internal.config.kubernetes.io/previousNamespaces";
    pub const PREFIXES: &str = "internal.config.kubernetes.io/prefixes";
    pub const SUFFIXES: &str = "internal.config.kubernetes.io/suffixes";
    pub const REF_BY: &str = "internal.config.kubernetes.io/refBy";
    pub const BEHAVIOR: &str = "internal.config.kubernetes.io/generatorBehavior";
    pub const HASH: &str = "internal.config.kubernetes.io/needsHashSuffix";
    pub const ALLOW_NAME_CHANGE: &str = "internal.config.kubernetes.io/allowNameChange";
    pub const ALLOW_KIND_CHANGE: &str = "internal.config.kubernetes.io/allowKindChange";
    /// Where a resource comes from, if `buildMetadata` asks for it.
    pub const ORIGIN: &str = "config.kubernetes.io/origin";
    /// What changed it, if `buildMetadata` asks for it.
    pub const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
    /// Objects with this annotation are left out.
    pub const LOCAL: &str = "config.kubernetes.io/local-config";

    /// All that are removed at the end.
    pub const BUILD: &[&str] = &[
        PREVIOUS_KINDS,
        PREVIOUS_NAMES,
        PREFIXES,
        SUFFIXES,
        PREVIOUS_NAMESPACES,
        ALLOW_NAME_CHANGE,
        ALLOW_KIND_CHANGE,
        REF_BY,
        BEHAVIOR,
        HASH,
        "internal.config.kubernetes.io/path",
        "internal.config.kubernetes.io/index",
        "internal.config.kubernetes.io/seqindent",
        "internal.config.kubernetes.io/id",
        "internal.config.kubernetes.io/annotations-migration-resource-id",
        "config.kubernetes.io/path",
        "config.kubernetes.io/index",
        "config.k8s.io/id",
    ];
}

/// A string to string map, sorted.
pub type StringMap = BTreeMap<String, String>;

/// What a generator does with an object that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behavior {
    /// Nothing is said: as `create`.
    Unspecified,
    /// It must not be there.
    Create,
    /// It takes its place.
    Replace,
    /// It adds to it.
    Merge,
}

impl Behavior {
    /// Any other text is not a behaviour.
    pub fn from_name(name: &str) -> Behavior {
        match name {
            "replace" => Behavior::Replace,
            "merge" => Behavior::Merge,
            "create" => Behavior::Create,
            _ => Behavior::Unspecified,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Behavior::Replace => "replace",
            Behavior::Merge => "merge",
            Behavior::Create => "create",
            Behavior::Unspecified => "unspecified",
        }
    }
}

/// Where an object comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file: as it was named from the folder that is built, or as the caller named it.
    pub file: String,
    /// Which object of the file it is, from 0.
    pub index: usize,
    /// The line where it begins, from 1; 0 if it isn't known.
    pub line: u32,
}

/// An object of a build.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The object's node; one of kind `Zero` is a deleted object.
    pub node: NodeId,
    /// Where it comes from.
    pub origin: Origin,
    pub(crate) var_names: Vec<String>,
}

impl Nodes {
    /// A member of `metadata` as text (`getMetaStringField`).
    fn meta_text(&self, id: NodeId, name: &str) -> &str {
        let value = self
            .get_filled(id, "metadata")
            .and_then(|meta| self.pairs(meta).find(|(key, _)| self[*key].value == name).map(|(_, value)| value));
        value.filter(|value| !self[*value].is_nil_or_empty()).map_or("", |value| &self[value].value)
    }

    /// A map of `metadata`, whatever its values' types (`getMapFromMeta`).
    pub fn meta_map(&self, id: NodeId, name: &str) -> StringMap {
        let map = self.get_filled(id, "metadata").and_then(|meta| self.pairs(meta).find(|(key, _)| self[*key].value == name));
        let Some((_, map)) = map else { return StringMap::new() };
        self.pairs(map).map(|(key, value)| (self[key].value.clone(), self[value].value.clone())).collect()
    }

    /// One annotation.
    pub fn annotation(&self, id: NodeId, name: &str) -> Option<&str> {
        let meta = self.get_filled(id, "metadata")?;
        let (_, map) = self.pairs(meta).find(|(key, _)| self[*key].value == "annotations")?;
        let (_, value) = self.pairs(map).filter(|(key, _)| self[*key].value == name).last()?;
        Some(&self[value].value)
    }

    /// Writes a map of `metadata`, or removes it if it is empty (`setMapInMetadata`).
    pub fn set_meta_map(&mut self, id: NodeId, name: &str, map: &StringMap) -> Result<()> {
        let Some(meta) = self.lookup_create(id, Kind::Mapping, &["metadata"])? else { return Ok(()) };
        let place = self.get(meta, name).map(|old| self[old].place).unwrap_or_default();
        let old: BTreeMap<String, crate::node::Place> = match self.get(meta, name) {
            Some(map) => self.pairs(map).map(|(key, value)| (self[key].value.clone(), self[value].place)).collect(),
            None => BTreeMap::new(),
        };
        self.clear_field(meta, name)?;
        if map.is_empty() {
            return Ok(());
        }
        let Some(target) = self.lookup_create(meta, Kind::Mapping, &[name])? else { return Ok(()) };
        self[target].place = place;
        for (key, value) in map {
            let place = old.get(key).copied().unwrap_or_default();
            let value = self.add(Node { place, ..Node::string(value.clone()) });
            self.set_field(target, key, Some(value), Style::Plain)?;
        }
        Ok(())
    }

    /// `metadata.name`
    pub fn name(&self, id: NodeId) -> &str {
        self.meta_text(id, "name")
    }

    /// `metadata.namespace`
    pub fn namespace(&self, id: NodeId) -> &str {
        self.meta_text(id, "namespace")
    }

    /// A field of the object itself as text.
    pub fn top_text(&self, id: NodeId, name: &str) -> &str {
        self.pairs(id).find(|(key, _)| self[*key].value == name).map_or("", |(_, value)| &self[value].value)
    }

    /// `kind`
    pub fn kind(&self, id: NodeId) -> &str {
        self.top_text(id, "kind")
    }

    /// `apiVersion`
    pub fn api_version(&self, id: NodeId) -> &str {
        self.top_text(id, "apiVersion")
    }

    /// Sets one annotation in single quotes (`AnnotationSetter`).
    pub fn set_annotation(&mut self, id: NodeId, name: &str, value: &str) -> Result<()> {
        if let Some(meta) = self.lookup(id, &["metadata"])? {
            self.expect(meta, Kind::Mapping)?;
            if self.get(meta, "annotations").is_some_and(|map| self[map].content.is_empty()) {
                self.clear_field(meta, "annotations")?;
            }
        }
        if self.get(id, "metadata").is_some_and(|meta| self[meta].content.is_empty()) {
            self.clear_field(id, "metadata")?;
        }
        self.set_quoted(id, "annotations", name, value)
    }

    /// Sets one label in single quotes (`LabelSetter`).
    pub fn set_label(&mut self, id: NodeId, name: &str, value: &str) -> Result<()> {
        self.set_quoted(id, "labels", name, value)
    }

    fn set_quoted(&mut self, id: NodeId, map: &str, name: &str, value: &str) -> Result<()> {
        let place = self[id].place;
        let value = self.add(Node { style: Style::SingleQuoted, place, ..Node::string(value) });
        match self.lookup_create(id, Kind::Mapping, &["metadata", map])? {
            Some(map) => self.set_field(map, name, Some(value), Style::Plain),
            None => Ok(()),
        }
    }

    /// The ids that a node had before (utils/makeResIds.go, `PrevIds`): without knowledge of scopes.
    pub fn previous_ids(&self, id: NodeId) -> Vec<ResId> {
        let Some(names) = self.annotation(id, note::PREVIOUS_NAMES) else { return Vec::new() };
        let list = |name| self.annotation(id, name).unwrap_or("").split(',');
        let (group, version) = parse_group_version(self.api_version(id));
        let ids = names.split(',').zip(list(note::PREVIOUS_NAMESPACES)).zip(list(note::PREVIOUS_KINDS));
        ids.map(|((name, namespace), kind)| ResId {
            gvk: Gvk::new(group, version, kind),
            name: name.to_owned(),
            namespace: namespace.to_owned(),
        })
        .collect()
    }

    /// Every id of a node, the present one first (`MakeResIds`).
    pub fn all_ids(&self, id: NodeId) -> Vec<ResId> {
        let (group, version) = parse_group_version(self.api_version(id));
        let now = ResId {
            gvk: Gvk::new(group, version, self.kind(id)),
            name: self.name(id).to_owned(),
            namespace: self.namespace(id).to_owned(),
        };
        std::iter::once(now).chain(self.previous_ids(id)).collect()
    }
}

type Result<T> = std::result::Result<T, String>;

impl Resource {
    /// A resource of this node.
    pub fn new(node: NodeId, origin: Origin) -> Resource {
        Resource { node, origin, var_names: Vec::new() }
    }

    /// Whether nothing is left of it.
    pub fn is_empty(&self, b: &Build) -> bool {
        b.nodes[self.node].is_nil_or_empty()
    }

    /// Group, version and kind.
    pub fn gvk(&self, b: &Build) -> Gvk {
        let (group, version) = parse_group_version(b.nodes.api_version(self.node));
        Gvk::scoped(group, version, b.nodes.kind(self.node), &b.schemas.scopes)
    }

    /// The present id (`CurId`).
    pub fn id(&self, b: &Build) -> ResId {
        ResId { gvk: self.gvk(b), name: b.nodes.name(self.node).to_owned(), namespace: b.nodes.namespace(self.node).to_owned() }
    }

    /// The first id (`OrgId`).
    pub fn original_id(&self, b: &Build) -> ResId {
        b.nodes.previous_ids(self.node).into_iter().next().unwrap_or_else(|| self.id(b))
    }

    /// Notes the present id among the previous ones (`StorePreviousId`), unless it is the last of them: who asks for previous ids asks
    /// whether one fits, or for the first, and a thousand patches would note the same a thousand times.
    pub fn store_previous_id(&self, b: &mut Build) -> Result<()> {
        let id = self.id(b);
        if b.nodes.previous_ids(self.node).last().is_some_and(|last| {
            last.name == id.name && last.namespace == id.effective_namespace() && last.gvk.kind == id.gvk.kind
        }) {
            return Ok(());
        }
        self.append_note(b, note::PREVIOUS_NAMES, &id.name)?;
        self.append_note(b, note::PREVIOUS_NAMESPACES, id.effective_namespace())?;
        self.append_note(b, note::PREVIOUS_KINDS, &id.gvk.kind)
    }

    /// Adds to a comma separated annotation (`appendCsvAnnotation`).
    pub fn append_note(&self, b: &mut Build, name: &str, value: &str) -> Result<()> {
        if value.is_empty() {
            return Ok(());
        }
        let joined = match b.nodes.annotation(self.node, name) {
            Some(old) => format!("{old},{value}"),
            None => value.to_owned(),
        };
        // Notes grow with every transformer.
        b.charge_made(joined.len())?;
        b.nodes.set_annotation(self.node, name, &joined)
    }

    /// A comma separated annotation.
    pub fn notes(&self, b: &Build, name: &str) -> Vec<String> {
        b.nodes.annotation(self.node, name).map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default()
    }

    /// Whether a note says `enabled`.
    pub fn is_enabled(&self, b: &Build, name: &str) -> bool {
        b.nodes.annotation(self.node, name) == Some("enabled")
    }

    /// Changes the annotations as a whole: all become strings.
    pub fn edit_annotations(&self, b: &mut Build, edit: impl FnOnce(&mut StringMap)) -> Result<()> {
        let mut annotations = b.nodes.meta_map(self.node, "annotations");
        edit(&mut annotations);
        b.nodes.set_meta_map(self.node, "annotations", &annotations)
    }

    /// Sets a note to `enabled`.
    pub fn enable(&self, b: &mut Build, name: &str) -> Result<()> {
        self.edit_annotations(b, |annotations| {
            annotations.insert(name.to_owned(), "enabled".to_owned());
        })
    }

    /// What the generator that made it wants (`Behavior`).
    pub fn behavior(&self, b: &Build) -> Behavior {
        Behavior::from_name(b.nodes.annotation(self.node, note::BEHAVIOR).unwrap_or(""))
    }

    /// Sets `kind`.
    pub fn set_kind(&self, b: &mut Build, kind: &str) -> Result<()> {
        let value = b.nodes.add(Node::scalar(kind));
        b.nodes.set_map_field(self.node, value, &["kind"])
    }

    /// Sets `apiVersion` and `kind`.
    pub fn set_gvk(&self, b: &mut Build, gvk: &Gvk) -> Result<()> {
        self.set_kind(b, &gvk.kind)?;
        let value = b.nodes.add(Node::scalar(gvk.api_version()));
        b.nodes.set_map_field(self.node, value, &["apiVersion"])
    }

    /// Sets `metadata.name`.
    pub fn set_name(&self, b: &mut Build, name: &str) -> Result<()> {
        let place = b.nodes[self.node].place;
        let value = b.nodes.add(Node { place, ..Node::scalar(name) });
        b.nodes.set_map_field(self.node, value, &["metadata", "name"])
    }

    /// Sets `metadata.namespace`, or removes it if it is empty.
    pub fn set_namespace(&self, b: &mut Build, namespace: &str) -> Result<()> {
        if namespace.is_empty() {
            return match b.nodes.lookup(self.node, &["metadata"])? {
                Some(meta) => b.nodes.clear_field(meta, "namespace"),
                None => Ok(()),
            };
        }
        let value = b.nodes.add(Node::scalar(namespace));
        b.nodes.set_map_field(self.node, value, &["metadata", "namespace"])
    }

    /// Its own copy.
    pub fn deep_copy(&self, b: &mut Build) -> Resource {
        Resource { node: b.nodes.copy(self.node), ..self.clone() }
    }

    /// Takes over labels, annotations, name and namespace where it has none of its own (`CopyMergeMetaDataFieldsFrom`).
    pub fn copy_metadata_from(&mut self, b: &mut Build, other: &Resource) -> Result<()> {
        let mut labels = b.nodes.meta_map(other.node, "labels");
        labels.extend(b.nodes.meta_map(self.node, "labels"));
        b.nodes.set_meta_map(self.node, "labels", &labels)?;
        let own = b.nodes.meta_map(self.node, "annotations");
        let theirs = b.nodes.meta_map(other.node, "annotations");
        let mut merged = theirs.clone();
        merged.extend(own.clone());
        for name in note::BUILD {
            match theirs.get(*name) {
                Some(value) => merged.insert((*name).to_owned(), value.clone()),
                None => merged.remove(*name),
            };
        }
        if !own.contains_key(note::HASH) {
            merged.remove(note::HASH);
        }
        b.nodes.set_meta_map(self.node, "annotations", &merged)?;
        let (name, namespace) = (b.nodes.name(other.node).to_owned(), b.nodes.namespace(other.node).to_owned());
        self.set_name(b, &name)?;
        self.set_namespace(b, &namespace)?;
        self.var_names.clone_from(&other.var_names);
        Ok(())
    }

    /// Merges a strategic merge patch into it (`ApplySmPatch`); kind and name stay, unless the patch may change them.
    pub fn apply_patch(&self, b: &mut Build, patch: &Resource) -> Result<()> {
        let (name, namespace) = (b.nodes.name(self.node).to_owned(), b.nodes.namespace(self.node).to_owned());
        let kind = b.nodes.kind(self.node).to_owned();
        let may_rename = patch.is_enabled(b, note::ALLOW_NAME_CHANGE);
        let may_change_kind = patch.is_enabled(b, note::ALLOW_KIND_CHANGE);
        if may_rename || may_change_kind {
            self.store_previous_id(b)?;
        }
        let merged = merge(&mut b.nodes, &b.schemas, Some(patch.node), Some(self.node), ListIncrease::Prepend)?;
        if merged.is_none() {
            b.nodes[self.node] = Node::new(Kind::Zero);
        }
        if self.is_empty(b) {
            return Ok(());
        }
        if !may_change_kind {
            self.set_kind(b, &kind)?;
        }
        if !may_rename {
            self.set_name(b, &name)?;
        }
        self.set_namespace(b, &namespace)
    }

    /// The values of `data` or `binaryData`.
    pub fn data_map(&self, b: &Build, field: &str) -> StringMap {
        let Some(map) = b.nodes.get(self.node, field) else { return StringMap::new() };
        let text = |id: NodeId| if b.nodes[id].is_tagged_null() { String::new() } else { b.nodes[id].value.clone() };
        b.nodes.pairs(map).map(|(key, value)| (text(key), text(value))).collect()
    }

    /// Removes the build's notes (`RemoveBuildAnnotations`).
    pub fn remove_notes(&self, b: &mut Build) -> Result<()> {
        let mut annotations = b.nodes.meta_map(self.node, "annotations");
        if annotations.is_empty() {
            return Ok(());
        }
        let dropped: BTreeSet<&str> = note::BUILD.iter().copied().collect();
        annotations.retain(|name, _| !dropped.contains(name.as_str()));
        b.nodes.set_meta_map(self.node, "annotations", &annotations)
    }

    /// Puts strings into `data` or `binaryData`, in place of what was there.
    pub fn set_data_map(&self, b: &mut Build, map: &StringMap, binary: bool) -> Result<()> {
        let field = if binary { "binaryData" } else { "data" };
        b.nodes.clear_field(self.node, field)?;
        for (key, value) in map {
            add_data(&mut b.nodes, self.node, key, value, field)?;
        }
        Ok(())
    }
}

/// Adds a string to a map of an object.
pub fn add_data(nodes: &mut Nodes, object: NodeId, key: &str, value: &str, field: &str) -> Result<()> {
    let place = nodes[object].place;
    let node = Node { tag: tag::STR, place, ..Node::string(value) };
    let node = nodes.add(node);
    match nodes.lookup_create(object, Kind::Mapping, &[field])? {
        Some(map) => nodes.set_field(map, key, Some(node), Style::Plain),
        None => Ok(()),
    }
}
