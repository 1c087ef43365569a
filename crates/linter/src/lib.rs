//! The linter of manifests: what a cluster accepts and still doesn't work, found by what objects refer to.
//!
//! Takes objects as data, gives a [`Graph`] of who selects, mounts, scales, routes to and depends on whom, and [`Diagnostic`]s: a
//! Service that selects nothing, a config map that doesn't exist, an HPA whose target fixes its replicas. [`rules::RULES`] lists
//! everything that is looked for, with its default level.

mod argo;
pub mod draw;
mod edges;
mod hygiene;
mod inventory;
mod network;
mod pod_security;
pub mod rules;
pub mod secrets;
mod versions;
mod workloads;

use pintle_diagnostic::{Diagnostic, Rule};
use pintle_value::Data;
use std::borrow::Borrow;

pub use edges::{Edge, Relation, Target};
pub use inventory::Inventory;

/// The objects and what they refer to.
#[derive(Debug, Default)]
pub struct Graph {
    /// The objects as messages name them: `Deployment prod/api`.
    pub titles: Vec<String>,
    /// References, in the order of the objects.
    pub edges: Vec<Edge>,
}

/// What is known beside the objects.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The namespace of objects that name none.
    pub namespace: String,
    /// The Kubernetes version that is rendered for: major and minor.
    pub kube_version: Option<(u32, u32)>,
    /// Objects that exist though nothing renders them: `Secret/db`, `Secret/prod/db`, `ConfigMap/*`.
    pub existing: Vec<String>,
    /// Applications that are synced by hand, as globs of their names: `*-prod`.
    pub manual: Vec<String>,
}

/// Looks through all objects of a release: the graph, and findings with the index of the object that each is about.
///
/// ```
/// use pintle_linter::{Options, check};
/// use pintle_value::json;
/// let service = json::from_slice(br#"{"kind": "Service", "metadata": {"name": "a"}, "spec": {"selector": {"app": "a"}}}"#).unwrap();
/// let (graph, findings) = check(&[service], &Options::default());
/// assert_eq!((findings[0].0, findings[0].1.rule.code), (0, "select/service"));
/// assert!(graph.edges.is_empty());
/// ```
pub fn check(objects: &[impl Borrow<Data>], options: &Options) -> (Graph, Vec<(usize, Diagnostic)>) {
    let objects: Vec<&Data> = objects.iter().map(Borrow::borrow).collect();
    let inventory = Inventory::new(&objects, options);
    let mut found = Found { inventory: &inventory, edges: Vec::new(), findings: Vec::new() };
    inventory.duplicates(&mut found.findings);
    for (i, object) in objects.iter().enumerate() {
        workloads::check(&mut found, i, object);
        network::check(&mut found, i, object);
        versions::check(&mut found, i, object, options.kube_version);
        argo::check(&mut found, i, object, &options.manual);
        secrets::check(&mut found, i, object);
        hygiene::check(&mut found, i, object);
        pod_security::check(&mut found, i, object, options.kube_version);
    }
    let Found { edges, mut findings, .. } = found;
    findings.extend(edges.iter().filter_map(|e| e.finding(&inventory)));
    findings.sort_by(|(i, a), (j, b)| (i, a.rule.code, &a.path).cmp(&(j, b.rule.code, &b.path)));
    findings.dedup();
    (Graph { titles: (0..objects.len()).map(|i| inventory.title(i)).collect(), edges }, findings)
}

/// What the modules add to.
pub(crate) struct Found<'a> {
    pub inventory: &'a Inventory<'a>,
    pub edges: Vec<Edge>,
    pub findings: Vec<(usize, Diagnostic)>,
}

impl Found<'_> {
    pub fn add(
        &mut self,
        rule: &'static Rule,
        object: usize,
        path: impl AsRef<str>,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.findings.push((object, self.inventory.finding(rule, object, path.as_ref(), message)));
        let last = self.findings.len() - 1;
        &mut self.findings[last].1
    }
}
