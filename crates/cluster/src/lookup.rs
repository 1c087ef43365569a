//! `lookup` as Helm does it (`helm.sh/helm/v4/pkg/engine/lookup_func.go`, 4.3.1).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Instant;

use pintle_core::cluster::Query;
use pintle_core::{Data, DataMap};

use crate::api::{Answer, Api, Failure, JSON, encode};
use crate::discovery::{Resource, resources_of};

/// Looks objects up; what a group version holds is asked once.
#[derive(Debug)]
pub struct Lookups<'a> {
    api: &'a Api,
    known: RefCell<BTreeMap<String, Vec<Resource>>>,
}

impl<'a> Lookups<'a> {
    /// Those of a server.
    pub fn new(api: &'a Api) -> Lookups<'a> {
        Lookups { api, known: RefCell::default() }
    }

    /// The object, a list for an empty name, an empty mapping for what doesn't exist. A kind that its group version doesn't have
    /// is asked for all the same, as Helm does: its path is `/api/NAME`, where nothing is.
    ///
    /// Errors: what Helm's function fails with, in its words.
    pub fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
        let until = self.api.deadline();
        let Query { api_version, kind, namespace, name } = query;
        let resource = self.resource(api_version, kind, until)?;
        let namespace = if resource.namespaced { namespace } else { "" };
        if !namespace.is_empty() {
            segment("namespace", namespace)?;
        }
        let found = if name.is_empty() {
            self.api.list(&path(&resource, namespace, ""), "", until).map(as_list)
        } else {
            segment("resource name", name)?;
            self.api.get(&path(&resource, namespace, name), JSON, until).map(|answer| answer.data)
        };
        match found {
            Err(e) if e.is_not_found() => Ok(Data::Map(DataMap::new())),
            found => found.map(Data::Map).map_err(|e| e.to_string()),
        }
    }

    /// `getAPIResourceForGVK`: of a kind that doesn't exist an empty one.
    fn resource(&self, api_version: &str, kind: &str, until: Instant) -> Result<Resource, String> {
        let (group, version) = match api_version.split_once('/') {
            None => ("", api_version),
            // `schema.FromAPIVersionAndKind` takes an invalid group version for an empty one.
            Some((_, version)) if version.contains('/') => ("", ""),
            Some(parts) => parts,
        };
        let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        let failed = |e: String| format!("unable to get apiresource from unstructured: {group}/{version}, Kind={kind}: {e}");
        if group_version.is_empty() {
            return Err(failed("groupVersion shouldn't be empty".to_owned()));
        }
        let mut known = self.known.borrow_mut();
        let resources = match known.get(&group_version) {
            Some(resources) => resources,
            None => {
                let resources = resources_of(self.api, &group_version, until).map_err(|e: Failure| failed(e.to_string()))?;
                known.entry(group_version).or_insert(resources)
            }
        };
        Ok(resources.iter().find(|r| r.kind == kind && !r.is_subresource()).cloned().unwrap_or_default())
    }
}

/// `IsValidPathSegmentName` (`k8s.io/apimachinery/pkg/api/validation/path`): what would lead elsewhere.
fn segment(what: &str, text: &str) -> Result<(), String> {
    let wrong = match text {
        "." => vec!["may not be '.'"],
        ".." => vec!["may not be '..'"],
        _ => [('/', "may not contain '/'"), ('%', "may not contain '%'")]
            .into_iter()
            .filter_map(|(c, message)| text.contains(c).then_some(message))
            .collect(),
    };
    if wrong.is_empty() { Ok(()) } else { Err(format!("invalid {what} {text:?}: [{}]", wrong.join(" "))) }
}

/// `makeURLSegments` (`k8s.io/client-go/dynamic/simple.go`): empty segments fall away.
pub(crate) fn path(resource: &Resource, namespace: &str, name: &str) -> String {
    let prefix = if resource.group().is_empty() { "api" } else { "apis" };
    let mut parts = vec![prefix, resource.group(), resource.version()];
    if !namespace.is_empty() {
        parts.extend(["namespaces", namespace]);
    }
    parts.extend([resource.name.as_str(), name]);
    parts.into_iter().filter(|part| !part.is_empty()).map(|part| format!("/{}", encode(part))).collect()
}

/// `decodeToList` of `k8s.io/apimachinery`'s unstructured objects: a server leaves the kind and the API version of a list's items to the list.
pub(crate) fn as_list(answer: Answer) -> DataMap {
    let Answer { mut data, kind } = answer;
    let api_version = data.get("apiVersion").and_then(Data::as_str).unwrap_or_default().to_owned();
    let item_kind = kind.strip_suffix("List").unwrap_or(&kind);
    if let Some(Data::List(items)) = data.get_mut("items") {
        for item in items.iter_mut().filter_map(Data::as_map_mut) {
            let is_empty = |key: &str| item.get(key).and_then(Data::as_str).is_none_or(str::is_empty);
            if is_empty("kind") && is_empty("apiVersion") {
                item.insert("kind".to_owned(), Data::String(item_kind.to_owned()));
                item.insert("apiVersion".to_owned(), Data::String(api_version.clone()));
            }
        }
    }
    data
}
