//! namespace (NamespaceTransformer, filters/namespace).

use std::collections::{BTreeSet, HashMap};

use crate::build::Build;
use crate::fieldspec::{FieldSpec, visit};
use crate::node::{Kind, Node, NodeId, Nodes, tag};
use crate::resmap::ResMap;
use crate::resource::Resource;

/// How the namespace is set.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamespaceOptions {
    /// Only where there is none.
    pub unset_only: bool,
    /// Which subjects of role bindings get it: `defaultOnly`, `allServiceAccounts` or `none`.
    pub subjects: String,
}

impl NamespaceOptions {
    /// Fails at an unknown choice of subjects.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.subjects.as_str() {
            "" | "defaultOnly" | "allServiceAccounts" | "none" => Ok(()),
            other => Err(format!(
                "invalid value {other:?} for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or \"allServiceAccounts\""
            )),
        }
    }
}

/// Puts everything that can have a namespace into one.
pub(crate) fn set_namespace(
    b: &mut Build,
    map: &mut ResMap,
    namespace: &str,
    specs: &[FieldSpec],
    options: &NamespaceOptions,
) -> Result<(), String> {
    if namespace.is_empty() {
        return Ok(());
    }
    let mut named: HashMap<String, BTreeSet<usize>> = HashMap::new();
    for (i, resource) in map.list.iter().enumerate() {
        named.entry(b.nodes.name(resource.node).to_owned()).or_default().insert(i);
    }
    for i in 0..map.list.len() {
        let resource = map.list[i].clone();
        if resource.is_empty(b) {
            continue;
        }
        let before = b.nodes.name(resource.node).to_owned();
        resource.store_previous_id(b)?;
        filter(b, &resource, namespace, specs, options)?;
        b.charge_nodes()?;
        let id = resource.id(b);
        // Configurations may name any field, the name too.
        if id.name != before {
            named.entry(before).or_default().remove(&i);
            named.entry(id.name.clone()).or_default().insert(i);
        }
        let Some(alike) = named.get(&id.name) else { continue };
        b.charge(alike.len())?;
        let same: Vec<&str> = alike
            .iter()
            .map(|i| &map.list[*i])
            .filter(|r| r.id(b).same(&id))
            .map(|r| b.nodes.annotation(r.node, crate::resource::note::PREVIOUS_NAMESPACES).unwrap_or(""))
            .collect();
        if same.len() != 1 {
            return Err(format!(
                "namespace transformation produces ID conflict: {} objects would be {} (they come from namespaces {})",
                same.len(),
                id.short(),
                same.join(" and ")
            ));
        }
    }
    Ok(())
}

/// Sets the namespace of one resource, and nothing else.
pub(super) fn filter(
    b: &mut Build,
    resource: &Resource,
    namespace: &str,
    specs: &[FieldSpec],
    options: &NamespaceOptions,
) -> Result<(), String> {
    let scoped = resource.gvk(b).cluster_scoped;
    let setter = Setter { namespace, unset_only: options.unset_only };
    apply(&mut b.nodes, resource.node, scoped, specs, &setter, options)
}

struct Setter<'s> {
    namespace: &'s str,
    unset_only: bool,
}

impl Setter<'_> {
    fn set(&self, nodes: &mut Nodes, at: NodeId) -> Result<(), String> {
        let filled = !nodes[at].is_nil_or_empty() && nodes[at].kind == Kind::Scalar && !nodes[at].value.is_empty();
        if self.unset_only && filled {
            return Ok(());
        }
        let value = nodes.add(Node { tag: tag::STR, ..Node::scalar(self.namespace) });
        nodes.set_scalar(at, value)
    }
}

fn apply(
    nodes: &mut Nodes,
    object: NodeId,
    cluster_scoped: bool,
    specs: &[FieldSpec],
    setter: &Setter<'_>,
    options: &NamespaceOptions,
) -> Result<(), String> {
    const OWN: &str = "metadata/namespace";
    const SUBJECTS: &str = "subjects/namespace";
    let core = nodes.api_version(object) == "v1";
    if !cluster_scoped {
        let own = FieldSpec { path: OWN.into(), create: true, ..FieldSpec::default() };
        visit(nodes, object, &own, Some((Kind::Scalar, tag::NONE)), &mut |nodes, at| setter.set(nodes, at))?;
    }
    let binds = |kind: &str| matches!(kind, "RoleBinding" | "ClusterRoleBinding");
    let is_binding = binds(nodes.kind(object));
    if is_binding {
        set_subjects(nodes, object, setter, &options.subjects)
            .map_err(|e| format!("setting namespace on (cluster)role binding subjects: {e}"))?;
    }
    for spec in specs {
        // The object's own namespace is set above; `metadata/name` is the namespace of the core kind Namespace only.
        let skipped = spec.path == OWN
            || (spec.path == "metadata/name" && !core)
            || (is_binding && binds(&spec.kind) && spec.path == SUBJECTS);
        if !skipped {
            visit(nodes, object, spec, Some((Kind::Scalar, tag::STR)), &mut |nodes, at| setter.set(nodes, at))
                .map_err(|e| format!("namespace transformation failed: {e}"))?;
        }
    }
    Ok(())
}

fn set_subjects(nodes: &mut Nodes, object: NodeId, setter: &Setter<'_>, which: &str) -> Result<(), String> {
    let (field, wanted) = match which {
        "none" => return Ok(()),
        "allServiceAccounts" => ("kind", "ServiceAccount"),
        _ => ("name", "default"),
    };
    let Some(subjects) = nodes.lookup(object, &["subjects"])?.filter(|s| !nodes.is_missing_or_null(Some(*s))) else {
        return Ok(());
    };
    nodes.expect(subjects, Kind::Sequence)?;
    for subject in nodes[subjects].content.clone() {
        let Some(value) = nodes.lookup(subject, &[field])?.filter(|v| !nodes.is_missing_or_null(Some(*v))) else { continue };
        nodes.expect(value, Kind::Scalar)?;
        if nodes[value].value == wanted
            && let Some(at) = nodes.lookup_create(subject, Kind::Scalar, &["namespace"])?
        {
            setter.set(nodes, at)?;
        }
    }
    Ok(())
}
