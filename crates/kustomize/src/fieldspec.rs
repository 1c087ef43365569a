//! Field specifications: of which kinds which fields a transformer changes
//! (sigs.k8s.io/kustomize/api v0.20.1, types/fieldspec.go and filters/fieldspec).

use pintle_yaml::{Target, Typed, structure};

use crate::id::{Gvk, parse_group_version};
use crate::node::{Kind, NodeId, Nodes, Tag};
use crate::path::split_path;

structure! {
    /// A field of some kinds of objects. Lists on the way stand for all of their items.
    FieldSpec("types", "FieldSpec") {
        /// The group; empty is any.
        group: String = "group" in "Gvk",
        /// The version; empty is any.
        version: String = "version" in "Gvk",
        /// The kind; empty is any.
        kind: String = "kind" in "Gvk",
        /// The path, cut at slashes.
        path: String = "path",
        /// Whether a missing field is made.
        create: bool = "create",
    }
}

/// `FsSlice`
pub(crate) const FS_SLICE: Target = Target::Named("types.FsSlice", &Target::List(&FieldSpec::TARGET));

impl FieldSpec {
    /// Group, version and kind.
    pub fn gvk(&self) -> Gvk {
        Gvk::new(&self.group, &self.version, &self.kind)
    }

    /// Whether the other says nothing new (`effectivelyEquals`).
    fn covers(&self, other: &FieldSpec) -> bool {
        self.path == other.path && self.gvk().is_selected(&other.gvk())
    }
}

/// Adds what doesn't exist yet (`FsSlice.MergeAll`).
pub fn merge_specs(into: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<(), String> {
    for spec in more {
        match into.iter().find(|known| known.covers(spec)) {
            Some(known) if known.create != spec.create => return Err("conflicting fieldspecs".into()),
            Some(_) => {}
            None => into.push(spec.clone()),
        }
    }
    Ok(())
}

/// Sorts by kind, as kustomize does before it uses them.
pub fn sort_specs(specs: &mut [FieldSpec]) {
    specs.sort_by(|a, b| a.gvk().order(&b.gvk()));
}

/// What sets the value of a field.
pub type Setter<'s> = &'s mut dyn FnMut(&mut Nodes, NodeId) -> Result<(), String>;

/// Calls `set` with every field of an object that the specification names. Missing ones are made of the kind `create`, if
/// specification and caller want it.
pub fn visit(
    nodes: &mut Nodes,
    object: NodeId,
    spec: &FieldSpec,
    create: Option<(Kind, Tag)>,
    set: Setter<'_>,
) -> Result<(), String> {
    if !is_match(nodes, object, spec) {
        return Ok(());
    }
    let path = split_path(&spec.path, '/');
    crate::path::check_length(path.len())?;
    let mut visitor = Visitor { nodes, create: create.filter(|_| spec.create), set };
    visitor.walk(object, &path).map_err(|e| {
        let id = visitor.nodes.all_ids(object).into_iter().next().unwrap_or_default();
        format!("considering field '{}' of object {id}: {e}", spec.path)
    })
}

/// Whether an object is of the specification's kind (`isMatchGVK`).
fn is_match(nodes: &Nodes, object: NodeId, spec: &FieldSpec) -> bool {
    let fits = |wanted: &str, have: &str| wanted.is_empty() || wanted == have;
    let (group, version) = parse_group_version(nodes.api_version(object));
    fits(&spec.kind, nodes.kind(object)) && fits(&spec.group, group) && fits(&spec.version, version)
}

struct Visitor<'v> {
    nodes: &'v mut Nodes,
    create: Option<(Kind, Tag)>,
    set: Setter<'v>,
}

impl Visitor<'_> {
    fn walk(&mut self, at: NodeId, path: &[String]) -> Result<(), String> {
        self.nodes.visit(1);
        let Some((step, rest)) = path.split_first() else { return (self.set)(self.nodes, at) };
        if self.nodes.is_missing_or_null(Some(at)) {
            return Ok(());
        }
        match self.nodes[at].kind {
            Kind::Sequence => {
                for item in self.nodes[at].content.clone() {
                    self.walk(item, path).map_err(|e| format!("visit traversal on path: [{}]: {e}", path.join(" ")))?;
                }
                Ok(())
            }
            Kind::Mapping => self.field(at, step, rest),
            _ => Err("expected sequence or mapping node".into()),
        }
    }

    fn field(&mut self, at: NodeId, step: &str, rest: &[String]) -> Result<(), String> {
        let name = step.strip_suffix("[]").unwrap_or(step);
        let is_list = name.len() != step.len();
        if name.is_empty() {
            return Err("cannot set or create an empty field name".into());
        }
        // The last step makes what the caller wants, those before it maps; a list is never made.
        let create = match (&self.create, rest.is_empty()) {
            (None, _) => None,
            _ if is_list => None,
            (Some(leaf), true) => Some(leaf.clone()),
            (Some(_), false) => Some((Kind::Mapping, crate::node::tag::MAP)),
        };
        let found = match &create {
            None => self.nodes.lookup(at, &[name]),
            Some((kind, _)) => self.nodes.lookup_create(at, *kind, &[name]),
        };
        let Some(found) = found.map_err(|e| format!("fieldName: {name}: {e}"))? else { return Ok(()) };
        // Null becomes what it should have been.
        let wanted = if is_list { Some((Kind::Sequence, crate::node::tag::NONE)) } else { create };
        if let Some((kind, tag)) = wanted
            && self.nodes[found].is_tagged_null()
        {
            (self.nodes[found].kind, self.nodes[found].tag) = (kind, tag);
        }
        self.walk(found, rest)
    }
}
