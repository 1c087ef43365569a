//! The resources of a build, in order (sigs.k8s.io/kustomize/api v0.20.1, resmap/reswrangler.go).

use crate::build::Build;
use crate::id::{ResId, parse_group_version};
use crate::resource::{Behavior, Resource};

/// Resources, each with an id of its own.
#[derive(Clone, Debug, Default)]
pub struct ResMap {
    pub(crate) list: Vec<Resource>,
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

    /// The first resource that has this id now.
    pub fn find(&self, b: &Build, id: &ResId) -> Option<&Resource> {
        self.list.iter().find(|r| {
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
        if let Some(other) = self.find(b, &id) {
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
        let matches = self.matching_any_id(b, |other| other.same(&id));
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
                let places: Vec<usize> = (0..self.list.len()).filter(|i| self.list[*i].id(b).same(&id)).collect();
                match places.as_slice() {
                    [place] if place == at => {
                        self.list[*at] = resource;
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
    pub fn matching_any_id(&self, b: &Build, fits: impl Fn(&ResId) -> bool) -> Vec<usize> {
        let found = |r: &Resource| b.nodes.previous_ids(r.node).iter().any(&fits) || fits(&r.id(b));
        (0..self.list.len()).filter(|i| !self.list[*i].is_empty(b) && found(&self.list[*i])).collect()
    }

    /// The one resource that has or had this id (`GetById`).
    pub fn by_id(&self, b: &Build, id: &ResId) -> Result<usize> {
        match self.matching_any_id(b, |other| id.same(other)).as_slice() {
            [one] => Ok(*one),
            [] => {
                let near = self.nearest(b, id);
                Err(format!("no matches for Id {id}; failed to find unique target for patch {id}{near}"))
            }
            _ => Err(format!("multiple matches for Id {id}; failed to find unique target for patch {id}")),
        }
    }

    /// What a message says of the resources nearest to one that isn't there.
    pub fn nearest(&self, b: &Build, id: &ResId) -> String {
        let ids: Vec<ResId> = self.list.iter().filter(|r| !r.is_empty(b)).map(|r| r.original_id(b)).collect();
        crate::suggest::resource(id, &ids).map(|near| format!("; {near}")).unwrap_or_default()
    }

    /// Drops deleted resources (`DropEmpties`).
    pub fn drop_empties(&mut self, b: &Build) {
        self.list.retain(|r| !r.is_empty(b));
    }

    /// The places of what a resource could refer to (`SubsetThatCouldBeReferencedByResource`).
    pub fn referable(&self, b: &Build, referrer: &Resource, ids: &[ResId]) -> Result<Vec<usize>> {
        let id = referrer.id(b);
        if id.gvk.cluster_scoped {
            return Ok((0..self.list.len()).collect());
        }
        let bound = role_binding_namespaces(b, referrer)?;
        let within = |i: &usize| {
            let other = &ids[*i];
            other.gvk.cluster_scoped || other.same_namespace(&id) || bound.contains(&other.namespace)
        };
        Ok((0..self.list.len()).filter(within).collect())
    }

    /// Applies a patch to the chosen resources; deleted ones go (`ApplySmPatch`).
    pub fn apply_patch(&mut self, b: &mut Build, selected: &[ResId], patch: &Resource) -> Result<()> {
        let mut remaining = ResMap::new();
        for resource in std::mem::take(&mut self.list) {
            let id = resource.id(b);
            if selected.contains(&id) {
                let mut copy = patch.deep_copy(b);
                copy.copy_metadata_from(b, patch)?;
                let gvk = resource.gvk(b);
                copy.set_gvk(b, &gvk)?;
                let kind = b.nodes.kind(patch.node).to_owned();
                copy.set_kind(b, &kind)?;
                resource.apply_patch(b, &copy)?;
            }
            if !resource.is_empty(b) {
                remaining.append(b, resource)?;
            }
        }
        self.list = remaining.list;
        Ok(())
    }
}

/// The namespaces of the service accounts that a role binding names.
fn role_binding_namespaces(b: &Build, resource: &Resource) -> Result<Vec<String>> {
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
