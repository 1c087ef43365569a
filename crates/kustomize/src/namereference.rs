//! References follow names: what refers to an object by a name that it had refers to it by the one that it has
//! (sigs.k8s.io/kustomize/api v0.20.1, internal/accumulator/namereferencetransformer.go, filters/nameref).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use pintle_value::budget::Budget;

use crate::build::Build;
use crate::config::NameBackReferences;
use crate::fieldspec::{FieldSpec, visit};
use crate::id::{Gvk, ResId};
use crate::node::{Kind, Node, NodeId, Nodes, Place, Style};
use crate::resmap::{ResMap, role_binding_namespaces};
use crate::resource::note;

/// What is known of each possible target; references never change it.
struct Target {
    node: NodeId,
    name: String,
    namespace: String,
    id: ResId,
    original: ResId,
    previous: Vec<ResId>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// Repairs all references.
pub fn fix_references(b: &mut Build, map: &ResMap, references: &[NameBackReferences]) -> Result<(), String> {
    let targets: Vec<Target> = map
        .list
        .iter()
        .map(|r| Target {
            node: r.node,
            name: b.nodes.name(r.node).to_owned(),
            namespace: b.nodes.namespace(r.node).to_owned(),
            id: r.id(b),
            original: r.original_id(b),
            previous: b.nodes.previous_ids(r.node),
            prefixes: r.notes(b, note::PREFIXES),
            suffixes: r.notes(b, note::SUFFIXES),
        })
        .collect();
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut by_namespace: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, target) in targets.iter().enumerate() {
        for name in target.previous.iter().map(|id| id.name.as_str()).collect::<BTreeSet<_>>() {
            by_name.entry(name).or_default().push(i);
        }
        by_namespace.entry(target.original.effective_namespace()).or_default().push(i);
    }
    for (at, resource) in map.list.iter().enumerate() {
        let mut bound: Option<Vec<String>> = None;
        b.charge_nodes()?;
        for reference in references {
            b.charge(reference.referrers.len())?;
            let target_gvk = reference.gvk();
            for spec in &reference.referrers {
                if !targets[at].original.gvk.is_selected(&spec.gvk()) {
                    continue;
                }
                if bound.is_none() {
                    bound = Some(role_binding_namespaces(b, resource)?);
                }
                let fixer = Fixer {
                    budget: b.budget(),
                    targets: &targets,
                    by_name: &by_name,
                    by_namespace: &by_namespace,
                    bound: bound.as_deref().unwrap_or(&[]),
                    referrer: at,
                    gvk: &target_gvk,
                    path: &spec.path,
                };
                let gvk = &targets[at].id.gvk;
                let own = FieldSpec {
                    group: gvk.group.clone(),
                    version: gvk.version.clone(),
                    kind: gvk.kind.clone(),
                    path: spec.path.clone(),
                    create: spec.create,
                };
                visit(&mut b.nodes, resource.node, &own, None, &mut |nodes, at| fixer.set(nodes, at))
                    .map_err(|e| format!("updating name reference in '{}' field of '{}': {e}", spec.path, targets[at].id))?;
            }
        }
    }
    Ok(())
}

struct Fixer<'f> {
    budget: Arc<Budget>,
    targets: &'f [Target],
    /// Targets by the names that they had, and by the namespace that they were in first.
    by_name: &'f HashMap<&'f str, Vec<usize>>,
    by_namespace: &'f HashMap<&'f str, Vec<usize>>,
    /// The namespaces that the referrer names itself.
    bound: &'f [String],
    referrer: usize,
    gvk: &'f Gvk,
    path: &'f str,
}

impl Fixer<'_> {
    fn set(&self, nodes: &mut Nodes, at: NodeId) -> Result<(), String> {
        if nodes.is_missing_or_null(Some(at)) {
            return Ok(());
        }
        match nodes[at].kind {
            Kind::Scalar => self.set_scalar(nodes, at),
            Kind::Mapping => self.set_mapping(nodes, at),
            Kind::Sequence => {
                for item in nodes[at].content.clone() {
                    if nodes.is_missing_or_null(Some(item)) {
                        continue;
                    }
                    match nodes[item].kind {
                        Kind::Scalar => self.set_scalar(nodes, item)?,
                        Kind::Mapping => self.set_mapping(nodes, item)?,
                        _ => return Err("a list item is expected to be either a string or a map of string".into()),
                    }
                }
                Ok(())
            }
            Kind::Zero => Err("node must be a scalar, sequence or map".into()),
        }
    }

    fn set_scalar(&self, nodes: &mut Nodes, at: NodeId) -> Result<(), String> {
        let Some(found) = self.select(nodes, &nodes[at].value, |_| true, false)? else { return Ok(()) };
        if found.name == nodes[at].value {
            return Ok(());
        }
        let value = self.text(nodes, &found.name, nodes[at].place);
        nodes.set_scalar(at, value)
    }

    /// A map with a name and perhaps a namespace: both are set.
    fn set_mapping(&self, nodes: &mut Nodes, at: NodeId) -> Result<(), String> {
        let Some(name) = nodes.match_field(at, "name", None) else {
            return Err("path config error; no 'name' field in node".into());
        };
        let old = &nodes[name].value;
        let found = match nodes.match_field(at, "namespace", None) {
            None => self.select(nodes, old, |_| true, true)?,
            Some(namespace) => {
                let namespace = nodes[namespace].value.as_str();
                let id = self.namespace_id(namespace)?;
                self.select(nodes, old, |t| is_within(id(t), namespace), true)?
            }
        };
        let Some(found) = found else { return Ok(()) };
        if found.name == nodes[name].value && found.namespace.is_empty() {
            return Ok(());
        }
        let value = self.text(nodes, &found.name, nodes[name].place);
        nodes.set_field(at, "name", Some(value), Style::Plain)?;
        if found.namespace.is_empty() {
            return Ok(());
        }
        let value = self.text(nodes, &found.namespace, nodes[at].place);
        nodes.set_field(at, "namespace", Some(value), Style::Plain)
    }

    fn text(&self, nodes: &mut Nodes, text: &str, place: Place) -> NodeId {
        nodes.add(Node { place, ..Node::scalar(text) })
    }

    /// Whether the referrer could refer to a target at all (`SubsetThatCouldBeReferencedByResource`).
    fn can_refer(&self, target: &Target) -> bool {
        let own = &self.targets[self.referrer].id;
        let other = &target.id;
        own.gvk.cluster_scoped || other.gvk.cluster_scoped || other.same_namespace(own) || self.bound.contains(&other.namespace)
    }

    /// By which of its ids a target is in a namespace: by the first one, if any target was there.
    fn namespace_id(&self, namespace: &str) -> Result<fn(&Target) -> &ResId, String> {
        let first = self.by_namespace.get(namespace).map_or(&[][..], Vec::as_slice);
        let mut looked_at = 0;
        let some = first.iter().any(|i| {
            looked_at += 1;
            is_within(&self.targets[*i].original, namespace) && self.can_refer(&self.targets[*i])
        });
        self.charge(looked_at)?;
        Ok(if some { |t| &t.original } else { |t| &t.id })
    }

    fn charge(&self, steps: usize) -> Result<(), String> {
        self.budget.charge(steps as u64).map_err(|e| e.to_string())
    }

    /// nameref.go, `selectReferral`
    fn select(
        &self,
        nodes: &Nodes,
        old_name: &str,
        fits: impl Fn(&Target) -> bool,
        with_namespace: bool,
    ) -> Result<Option<&Target>, String> {
        let referrer = &self.targets[self.referrer];
        let named = self.by_name.get(old_name).map_or(&[][..], Vec::as_slice);
        self.charge(named.len())?;
        let mut found: Vec<&Target> = named
            .iter()
            .map(|i| &self.targets[*i])
            .filter(|t| self.can_refer(t) && fits(t))
            .filter(|t| t.previous.iter().any(|id| id.gvk.is_selected(self.gvk)))
            .collect();
        if found.is_empty() {
            return Ok(None);
        }
        if let Some(role) = self.role_gvk(nodes) {
            found.retain(|t| t.previous.iter().any(|id| id.gvk.is_selected(&role)));
        }
        if !referrer.id.gvk.cluster_scoped {
            found.retain(|t| t.id.gvk.cluster_scoped || t.id.gvk.kind == "ServiceAccount" || t.id.same_namespace(&referrer.id));
        }
        if let [one] = found.as_slice() {
            return Ok(Some(one));
        }
        found.retain(|t| same_context(t, referrer, true));
        if found.len() > 1 {
            found.retain(|t| same_context(t, referrer, false));
        }
        let Some(first) = found.first() else { return Ok(None) };
        if found.iter().all(|t| t.name == first.name && (!with_namespace || t.namespace == first.namespace)) {
            return Ok(Some(first));
        }
        let ids: Vec<String> = found.iter().map(|t| t.id.to_string()).collect();
        Err(format!("found multiple possible referrals: {}", ids.join(", ")))
    }

    /// What a role binding's roleRef refers to.
    fn role_gvk(&self, nodes: &Nodes) -> Option<Gvk> {
        if !self.path.ends_with("roleRef/name") {
            return None;
        }
        let role = nodes.get(self.targets[self.referrer].node, "roleRef")?;
        let text = |name| nodes.get(role, name).map(|value| nodes[value].value.as_str());
        Some(Gvk::new(text("apiGroup")?, "", text("kind")?))
    }
}

/// Whether an id is in a namespace.
fn is_within(id: &ResId, namespace: &str) -> bool {
    let space = id.effective_namespace();
    space == namespace && space != crate::id::NOT_A_NAMESPACE
}

/// Whether both got the same prefixes and suffixes last (`PrefixesSuffixesEquals`).
fn same_context(a: &Target, b: &Target, allow_empty: bool) -> bool {
    let same = |x: &[String], y: &[String]| (allow_empty && (x.is_empty() || y.is_empty())) || same_ending(x, y);
    same(&a.prefixes, &b.prefixes) && same(&a.suffixes, &b.suffixes)
}

/// Whether the shorter list is the end of the longer one; no list is the end of none but the empty one (`SameEndingSubSlice`).
fn same_ending(a: &[String], b: &[String]) -> bool {
    let n = a.len().min(b.len());
    if n == 0 {
        return a.len() == b.len();
    }
    a[a.len() - n..] == b[b.len() - n..]
}
