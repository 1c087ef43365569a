//! The resources of a build, in order (sigs.k8s.io/kustomize/api v0.20.1, resmap/reswrangler.go).

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::build::Build;
use crate::id::{ResId, parse_group_version};
use crate::node::NodeId;
use crate::resource::{Behavior, Resource};

/// Resources, each with an id of its own.
#[derive(Clone, Debug, Default)]
pub struct ResMap {
    pub(crate) list: Vec<Resource>,
    names: Names,
}

/// Where resources with a name stand, for as long as none of them changes.
#[derive(Clone, Debug, Default)]
struct Names {
    /// By the names that resources have and had.
    places: HashMap<String, Vec<usize>>,
    /// The nodes of those that are in it, in the order of the list.
    of: Vec<NodeId>,
    /// When it was looked at last, and how many nodes there were then.
    time: u64,
    nodes: usize,
}

type Result<T> = std::result::Result<T, String>;

impl ResMap {
    /// No resources.
    pub fn new() -> ResMap {
        ResMap::default()
    }

    /// Of these resources.
    pub fn from_list(b: &Build, list: Vec<Resource>) -> Result<ResMap> {
        let mut map = ResMap::new();
        for resource in list {
            map.append(b, resource)?;
        }
        Ok(map)
    }

    /// The resources.
    pub fn resources(&self) -> &[Resource] {
        &self.list
    }

    /// A map of resources whose ids are known to differ.
    pub(crate) fn of(list: Vec<Resource>) -> ResMap {
        ResMap { list, names: Names::default() }
    }

    /// The places of the resources that have or had a name.
    fn named(&mut self, b: &Build, name: &str) -> Result<Vec<usize>> {
        let names = &mut self.names;
        let is_old = names.of.len() > self.list.len()
            || b.nodes.changed_since(names.time, names.nodes)
            || names.of.last() != names.of.len().checked_sub(1).map(|last| &self.list[last].node);
        if is_old {
            *names = Names::default();
        }
        let fresh = names.of.len()..self.list.len();
        b.charge(fresh.len())?;
        for i in fresh {
            let node = self.list[i].node;
            for name in b.nodes.all_ids(node).into_iter().map(|id| id.name).collect::<BTreeSet<_>>() {
                names.places.entry(name).or_default().push(i);
            }
            names.of.push(node);
        }
        // What is in it is as it was read, up to now.
        (names.time, names.nodes) = (b.nodes.time(), b.nodes.len());
        Ok(names.places.get(name).cloned().unwrap_or_default())
    }

    /// The first of these resources that has this id now.
    fn find(&self, b: &Build, places: &[usize], id: &ResId) -> Option<&Resource> {
        places.iter().filter_map(|i| self.list.get(*i)).find(|r| {
            // Names differ most: they are compared before anything is copied.
            b.nodes.name(r.node) == id.name
                && b.nodes.kind(r.node) == id.gvk.kind
                && {
                    let (group, version) = parse_group_version(b.nodes.api_version(r.node));
                    group == id.gvk.group && version == id.gvk.version
                }
                && r.id(b).same(id)
        })
    }

    /// Adds a resource; its id must be new (`Append`).
    pub fn append(&mut self, b: &Build, resource: Resource) -> Result<()> {
        let id = resource.id(b);
        let places = self.named(b, &id.name)?;
        if let Some(other) = self.find(b, &places, &id) {
            let mut message = format!("may not add resource with an already registered id: {id}");
            let at = |r: &Resource| b.place_text(&r.origin);
            if let (Some(first), Some(second)) = (at(other), at(&resource)) {
                message.push_str(&format!(" ({} is in {first} and again in {second})", id.short()));
            }
            return Err(message);
        }
        self.list.push(resource);
        Ok(())
    }

    /// Adds all of another (`AppendAll`).
    pub fn append_all(&mut self, b: &Build, other: ResMap) -> Result<()> {
        other.list.into_iter().try_for_each(|resource| self.append(b, resource))
    }

    /// Adds what a generator made: new, in place of, or into what is there (`AbsorbAll`).
    pub fn absorb_all(&mut self, b: &mut Build, other: ResMap) -> Result<()> {
        other.list.into_iter().try_for_each(|resource| self.absorb(b, resource))
    }

    fn absorb(&mut self, b: &mut Build, mut resource: Resource) -> Result<()> {
        let id = resource.id(b);
        let places = self.named(b, &id.name)?;
        let matches = self.matching_among(b, places.into_iter(), |other| other.same(&id));
        let behavior = resource.behavior(b);
        match matches.as_slice() {
            [] if matches!(behavior, Behavior::Merge | Behavior::Replace) => {
                let near = self.nearest(b, &id);
                Err(format!("id {id} does not exist; cannot merge or replace{near}"))
            }
            [] => self.append(b, resource),
            [at] => {
                let old = self.list[*at].clone();
                match behavior {
                    Behavior::Replace => resource.copy_metadata_from(b, &old)?,
                    Behavior::Merge => {
                        let origin = b.nodes.annotation(old.node, crate::resource::note::ORIGIN).map(str::to_owned);
                        resource.copy_metadata_from(b, &old)?;
                        for (field, binary) in [("data", false), ("binaryData", true)] {
                            let mut data = old.data_map(b, field);
                            data.extend(resource.data_map(b, field));
                            resource.set_data_map(b, &data, binary)?;
                        }
                        if let Some(origin) = origin {
                            resource.edit_annotations(b, |a| {
                                a.insert(crate::resource::note::ORIGIN.to_owned(), origin);
                            })?;
                        }
                        resource.origin = old.origin.clone();
                    }
                    _ => return Err(format!("id {id} exists; behavior must be merge or replace")),
                }
                let id = resource.id(b);
                b.charge(self.list.len())?;
                let places: Vec<usize> = (0..self.list.len()).filter(|i| self.list[*i].id(b).same(&id)).collect();
                match places.as_slice() {
                    [place] if place == at => {
                        self.list[*at] = resource;
                        self.names = Names::default();
                        Ok(())
                    }
                    [] => Err(format!("cannot find resource with id {id} to replace")),
                    [_] => Err("unexpected target index in replacement".into()),
                    _ => Err(format!("in Replace: id matched {} resources", places.len())),
                }
            }
            _ => Err(format!("found multiple objects that could accept merge of {id}")),
        }
    }

    /// The places of the resources that have or had an id that fits (`GetMatchingResourcesByAnyId`).
    ///
    /// Errors: the build exceeds a limit.
    pub fn matching_any_id(&self, b: &Build, fits: impl Fn(&ResId) -> bool) -> Result<Vec<usize>> {
        b.charge(self.list.len())?;
        Ok(self.matching_among(b, 0..self.list.len(), fits))
    }

    fn matching_among(&self, b: &Build, places: impl Iterator<Item = usize>, fits: impl Fn(&ResId) -> bool) -> Vec<usize> {
        let found = |r: &Resource| b.nodes.previous_ids(r.node).iter().any(&fits) || fits(&r.id(b));
        places.filter(|i| !self.list[*i].is_empty(b) && found(&self.list[*i])).collect()
    }

    /// The one resource that has or had this id (`GetById`).
    pub fn by_id(&self, b: &Build, id: &ResId) -> Result<usize> {
        match self.matching_any_id(b, |other| id.same(other))?.as_slice() {
            [one] => Ok(*one),
            [] => {
                let near = self.nearest(b, id);
                Err(format!("no matches for Id {id}; failed to find unique target for patch {id}{near}"))
            }
            _ => Err(format!("multiple matches for Id {id}; failed to find unique target for patch {id}")),
        }
    }

    /// What a message says of the resources nearest to one that doesn't exist.
    pub fn nearest(&self, b: &Build, id: &ResId) -> String {
        // Names are compared letter by letter. Without steps the build ends anyway.
        if b.charge(self.list.len().saturating_mul(COMPARISON)).is_err() {
            return String::new();
        }
        let ids: Vec<ResId> = self.list.iter().filter(|r| !r.is_empty(b)).map(|r| r.original_id(b)).collect();
        crate::suggest::resource(id, &ids).map(|near| format!("; {near}")).unwrap_or_default()
    }

    /// Drops deleted resources (`DropEmpties`).
    pub fn drop_empties(&mut self, b: &Build) {
        let before = self.list.len();
        self.list.retain(|r| !r.is_empty(b));
        if self.list.len() < before {
            self.names = Names::default();
        }
    }

    /// Applies a patch to the chosen resources; deleted ones go (`ApplySmPatch`).
    pub fn apply_patch(&mut self, b: &mut Build, selected: &[ResId], patch: &Resource) -> Result<()> {
        let selected: HashSet<&ResId> = selected.iter().collect();
        for resource in &self.list {
            b.charge_nodes()?;
            if selected.contains(&resource.id(b)) {
                let mut copy = patch.deep_copy(b);
                copy.copy_metadata_from(b, patch)?;
                let gvk = resource.gvk(b);
                copy.set_gvk(b, &gvk)?;
                let kind = b.nodes.kind(patch.node).to_owned();
                copy.set_kind(b, &kind)?;
                resource.apply_patch(b, &copy)?;
            }
        }
        let mut remaining = ResMap::new();
        for resource in std::mem::take(&mut self.list) {
            if !resource.is_empty(b) {
                remaining.append(b, resource)?;
            }
        }
        *self = remaining;
        Ok(())
    }
}

/// What it costs to compare two names that may be meant for each other.
pub(crate) const COMPARISON: usize = 64;

/// The namespaces of the service accounts that a role binding names.
pub(crate) fn role_binding_namespaces(b: &Build, resource: &Resource) -> Result<Vec<String>> {
    let mut found = Vec::new();
    if b.nodes.kind(resource.node) != "RoleBinding" {
        return Ok(found);
    }
    let Some(subjects) = b.nodes.get(resource.node, "subjects") else { return Ok(found) };
    for subject in &b.nodes[subjects].content {
        let Some(namespace) = b.nodes.get(*subject, "namespace") else { continue };
        let is_account = b.nodes.get(*subject, "kind").is_some_and(|kind| b.nodes[kind].value == "ServiceAccount");
        if is_account {
            if b.nodes[namespace].is_tagged_null() {
                return Err(format!("Invalid Input: namespace is blank for resource {:?}", resource.id(b).to_string()));
            }
            found.push(b.nodes[namespace].value.clone());
        }
    }
    Ok(found)
}
