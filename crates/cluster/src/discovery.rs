//! What a cluster is and serves: `/version`, `/api`, `/apis`, as client-go reads them (`k8s.io/client-go/discovery`, 0.37).

use std::time::Instant;

use pintle_core::cluster::Cluster;
use pintle_core::{Data, DataMap};

use crate::api::{Answer, Api, Failure, JSON};

/// Aggregated discovery where the server has it, else a document for each version of each group.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/// A kind of objects that a cluster serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// `v1`, `apps/v1`
    pub group_version: String,
    /// `Deployment`
    pub kind: String,
    /// The plural in paths: `deployments`; subresources have a slash in it.
    pub name: String,
    /// `deployment`
    pub singular: String,
    /// `deploy`
    pub short_names: Vec<String>,
    /// Whether objects have a namespace.
    pub namespaced: bool,
}

impl Resource {
    /// The group, empty for the core's.
    pub fn group(&self) -> &str {
        self.group_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// The version within the group.
    pub fn version(&self) -> &str {
        self.group_version.rsplit_once('/').map_or(self.group_version.as_str(), |(_, version)| version)
    }

    /// Whether it is a part of another: `deployments/scale`.
    pub fn is_subresource(&self) -> bool {
        self.name.contains('/')
    }
}

/// Everything that a cluster serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovered {
    /// Group versions, the core's first, each group's preferred one before its others.
    pub versions: Vec<String>,
    /// Resources and subresources, in the order of the versions.
    pub resources: Vec<Resource>,
    /// Group versions that are registered and don't answer, with the reason.
    pub failed: Vec<String>,
}

impl Discovered {
    /// `GetVersionSet` (`helm.sh/helm/v4/pkg/action/action.go`): group versions, and those with the kinds of their resources and
    /// subresources. Sorted; with Helm the order is that of a Go map.
    pub fn api_versions(&self) -> Vec<String> {
        let kinds = self.resources.iter().map(|r| format!("{}/{}", r.group_version, r.kind));
        let mut all: Vec<String> = self.versions.iter().cloned().chain(kinds).collect();
        all.sort();
        all.dedup();
        all
    }

    /// What Helm warns of when an API service is registered but doesn't answer.
    pub fn warnings(&self) -> Vec<String> {
        if self.failed.is_empty() {
            return Vec::new();
        }
        let mut failed = self.failed.clone();
        failed.sort();
        vec![format!(
            "the kubernetes server has an orphaned API service: unable to retrieve the complete list of server APIs: {}; to fix this, \
             kubectl delete apiservice <service-name>",
            failed.join(", ")
        )]
    }
}

/// The versions that charts see (`getCapabilities`, `pkg/action/action.go`), without objects, and what was discovered.
///
/// Errors: Helm's, with the cause behind them.
pub fn versions(api: &Api) -> Result<(Cluster, Discovered), String> {
    let version = api.get("/version", JSON, api.deadline());
    let version = version.map_err(|e| format!("could not get server version from Kubernetes: {e}"))?;
    let field = |key: &str| version.data.get(key).and_then(Data::as_str).unwrap_or_default().to_owned();
    let (git, major, minor) = (field("gitVersion"), field("major"), field("minor"));
    if git.is_empty() {
        return Err(format!("could not get server version from Kubernetes: {} doesn't say its version", api.server()));
    }
    let discovered = discover(api).map_err(|e| format!("could not get apiVersions from Kubernetes: {e}"))?;
    let cluster = Cluster::of_versions(git, major, minor, discovered.api_versions());
    Ok((cluster, discovered))
}

/// `ServerGroupsAndResources`
fn discover(api: &Api) -> Result<Discovered, Failure> {
    let until = api.deadline();
    // Servers that only aggregate may not have the core's.
    let core = match api.get("/api", AGGREGATED, until) {
        Err(e) if e.is_not_found() => None,
        core => Some(core?),
    };
    let groups = api.get("/apis", AGGREGATED, until)?;
    let both = || core.iter().chain([&groups]);
    if both().all(|a| a.kind == "APIGroupDiscoveryList") {
        let mut out = Discovered::default();
        both().flat_map(|a| list(&a.data, "items")).for_each(|group| aggregated(group, &mut out));
        return Ok(out);
    }
    let versions = both().flat_map(group_versions).collect();
    one_by_one(api, versions, until)
}

fn list<'d>(data: &'d DataMap, key: &str) -> &'d [Data] {
    data.get(key).and_then(Data::as_list).unwrap_or_default()
}

fn text(data: &Data, key: &str) -> String {
    data.get(key).and_then(Data::as_str).unwrap_or_default().to_owned()
}

fn items<'d>(data: &'d Data, key: &str) -> &'d [Data] {
    data.get(key).and_then(Data::as_list).unwrap_or_default()
}

fn texts(data: &Data, key: &str) -> Vec<String> {
    items(data, key).iter().filter_map(Data::as_str).map(str::to_owned).collect()
}

/// `convertAPIGroup` (`aggregated_discovery.go`): what is stale has failed, what has no kind is left out.
fn aggregated(group: &Data, out: &mut Discovered) {
    let name = group.get("metadata").map(|m| text(m, "name")).unwrap_or_default();
    for version in items(group, "versions") {
        let group_version = join(&name, &text(version, "version"));
        if text(version, "freshness") == "Stale" {
            out.failed.push(format!("{group_version}: stale GroupVersion discovery: {group_version}"));
            continue;
        }
        out.versions.push(group_version.clone());
        for resource in items(version, "resources") {
            let kind = |of: &Data| of.get("responseKind").map(|k| text(k, "kind")).filter(|k| !k.is_empty());
            let own = Resource {
                group_version: group_version.clone(),
                kind: kind(resource).unwrap_or_default(),
                name: text(resource, "resource"),
                singular: text(resource, "singularResource"),
                short_names: texts(resource, "shortNames"),
                namespaced: text(resource, "scope") == "Namespaced",
            };
            if !own.kind.is_empty() {
                out.resources.push(own.clone());
            }
            for sub in items(resource, "subresources") {
                let Some(kind) = kind(sub) else { continue };
                let name = format!("{}/{}", own.name, text(sub, "subresource"));
                out.resources.push(Resource { kind, name, short_names: Vec::new(), ..own.clone() });
            }
        }
    }
}

fn join(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// The group versions of `/api` or `/apis` of a server without aggregated discovery; a group's preferred one first.
fn group_versions(answer: &Answer) -> Vec<String> {
    let mut out: Vec<String> = list(&answer.data, "versions").iter().filter_map(Data::as_str).map(str::to_owned).collect();
    for group in list(&answer.data, "groups") {
        let preferred = group.get("preferredVersion").map(|p| text(p, "groupVersion")).unwrap_or_default();
        let mut versions: Vec<String> = items(group, "versions").iter().map(|v| text(v, "groupVersion")).collect();
        versions.sort_by_key(|v| *v != preferred);
        out.extend(versions);
    }
    out
}

/// A document for each group version; one that doesn't exist has failed, the others count.
fn one_by_one(api: &Api, versions: Vec<String>, until: Instant) -> Result<Discovered, Failure> {
    let mut out = Discovered::default();
    for version in versions {
        match resources_of(api, &version, until) {
            Ok(resources) => out.resources.extend(resources),
            Err(e @ Failure::Transport(_)) => return Err(e),
            Err(e) => out.failed.push(format!("{version}: {e}")),
        }
        out.versions.push(version);
    }
    Ok(out)
}

/// `ServerResourcesForGroupVersion`: resources and subresources of one group version.
pub fn resources_of(api: &Api, group_version: &str, until: Instant) -> Result<Vec<Resource>, Failure> {
    let path = match group_version.split_once('/') {
        None if group_version == "v1" => "/api/v1".to_owned(),
        _ => {
            let parts: Vec<String> = group_version.split('/').map(crate::api::encode).collect();
            format!("/apis/{}", parts.join("/"))
        }
    };
    let answer = match api.get(&path, JSON, until) {
        // The core's group is always there, be it empty.
        Err(e) if group_version == "v1" && e.is_not_found() => return Ok(Vec::new()),
        answer => answer?,
    };
    let resource = |of: &Data| Resource {
        group_version: group_version.to_owned(),
        kind: text(of, "kind"),
        name: text(of, "name"),
        singular: text(of, "singularName"),
        short_names: texts(of, "shortNames"),
        namespaced: of.get("namespaced") == Some(&Data::Bool(true)),
    };
    Ok(list(&answer.data, "resources").iter().map(resource).collect())
}
