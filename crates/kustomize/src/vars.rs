//! vars: `$(NAME)` in the fields where vars are looked for (sigs.k8s.io/kustomize/api v0.20.1, types/var.go,
//! internal/accumulator, filters/refvar).

use std::collections::{BTreeMap, BTreeSet};

use pintle_go::strconv::{format_float, parse_bool};

use crate::build::Build;
use crate::fieldspec::{FieldSpec, visit};
use crate::id::{Gvk, ResId, parse_group_version};
use crate::json::Json;
use crate::kustomization::types::Var;
use crate::node::{Kind, Node, NodeId, Nodes, Style, tag};
use crate::path::split_smart;
use crate::resmap::ResMap;

/// The vars of a build, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct VarSet(BTreeMap<String, Var>);

impl VarSet {
    /// Adds vars, and notes in the objects that they look at that they do.
    pub(crate) fn merge(&mut self, b: &Build, map: &mut ResMap, vars: &[Var]) -> Result<(), String> {
        for var in vars {
            let wanted = target(var);
            let exact = !wanted.namespace.is_empty() || wanted.gvk.cluster_scoped;
            let matched = map.matching_any_id(b, |id| if exact { wanted.same(id) } else { wanted.same_gvkn(id) })?;
            match matched.as_slice() {
                [] => {}
                [one] => map.list[*one].var_names.push(var.name.clone()),
                many => {
                    return Err(format!("found {} resId matches for var {} (unable to disambiguate)", many.len(), var.name));
                }
            }
        }
        vars.iter().try_for_each(|var| self.add(var.clone()))
    }

    /// Adds those of a base.
    pub(crate) fn merge_set(&mut self, other: VarSet) -> Result<(), String> {
        other.0.into_values().try_for_each(|var| self.add(var))
    }

    fn add(&mut self, mut var: Var) -> Result<(), String> {
        if self.0.contains_key(&var.name) {
            return Err(format!("var '{}' already encountered", var.name));
        }
        if var.fieldref.field_path.is_empty() {
            var.fieldref.field_path = "metadata.name".into();
        }
        self.0.insert(var.name.clone(), var);
        Ok(())
    }

    /// Replaces the vars wherever the specifications say.
    pub(crate) fn resolve(&self, b: &mut Build, map: &ResMap, specs: &[FieldSpec]) -> Result<(), String> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut values = BTreeMap::new();
        for var in self.0.values() {
            b.charge(map.list.len() / 8 + 1)?;
            values.insert(var.name.as_str(), self.value(b, map, var)?);
        }
        let mut replacer = Replacer { values: &values, used: BTreeSet::new(), complex: BTreeSet::new() };
        for resource in &map.list {
            b.charge(specs.len())?;
            b.charge_nodes()?;
            for spec in specs {
                visit(&mut b.nodes, resource.node, spec, None, &mut |nodes, at| replacer.set(nodes, at))?;
            }
        }
        let Replacer { used, complex, .. } = replacer;
        let unused: Vec<&str> = values.keys().copied().filter(|name| !used.contains(*name)).collect();
        if !unused.is_empty() {
            b.warn(format!("well-defined vars that were never replaced: {}", unused.join(",")), None);
        }
        for name in complex {
            b.warn(format!("var '{name}' is a map or a list and can't stand in a text"), None);
        }
        Ok(())
    }

    fn value(&self, b: &mut Build, map: &ResMap, var: &Var) -> Result<Json, String> {
        let Some(resource) = map.list.iter().find(|r| r.var_names.contains(&var.name)) else {
            let near = map.nearest(b, &target(var));
            return Err(format!("var '{}' cannot be mapped to a field in the set of known resources{near}", var.name));
        };
        let missing =
            || format!("field specified in var '{}' not found in corresponding resource: {}", var.name, var.fieldref.field_path);
        let path = slice_indices(split_smart(&var.fieldref.field_path, '.'));
        let node = resource.node;
        let Some(found) = b.nodes.lookup(node, &path).map_err(|_| missing())? else { return Err(missing()) };
        let value = &b.nodes[found];
        if value.kind != Kind::Scalar {
            return b.nodes.to_json(found).map_err(|e| e.message);
        }
        // By its tag, not by its style.
        let text = value.value.clone();
        Ok(match &value.tag {
            t if *t == tag::INT => Json::Int(text.parse().map_err(|_| missing())?),
            t if *t == tag::FLOAT => Json::Float(text.parse().map_err(|_| missing())?),
            t if *t == tag::BOOL => Json::Bool(parse_bool(text.as_bytes()).ok_or_else(missing)?),
            _ => Json::String(text),
        })
    }
}

/// The object that a var looks at.
fn target(var: &Var) -> ResId {
    let fields = &var.objref.gvk;
    let mut gvk = Gvk::new(&fields.group, &fields.version, &fields.kind);
    let api_version = &var.objref.api_version;
    if !api_version.is_empty() {
        match api_version.matches('/').count() {
            0 => gvk.version = api_version.clone(),
            1 => {
                let (group, version) = parse_group_version(api_version);
                (gvk.group, gvk.version) = (group.to_owned(), version.to_owned());
            }
            _ => {}
        }
    }
    ResId { gvk, name: var.objref.name.clone(), namespace: var.objref.namespace.clone() }
}

/// `a[0]` is two steps (rnode.go, `convertSliceIndex`).
fn slice_indices(path: Vec<String>) -> Vec<String> {
    let mut steps = Vec::new();
    for step in path {
        let index = step.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        match index.filter(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())) {
            Some((name, number)) => {
                let (name, number) = (name.to_owned(), number.to_owned());
                if !name.is_empty() {
                    steps.push(name);
                }
                steps.push(number);
            }
            None => steps.push(step),
        }
    }
    steps
}

struct Replacer<'r> {
    values: &'r BTreeMap<&'r str, Json>,
    used: BTreeSet<String>,
    complex: BTreeSet<String>,
}

impl Replacer<'_> {
    fn set(&mut self, nodes: &mut Nodes, at: NodeId) -> Result<(), String> {
        if nodes.is_missing_or_null(Some(at)) {
            return Ok(());
        }
        match nodes[at].kind {
            Kind::Scalar => {
                if nodes[at].is_string() {
                    self.update(&mut nodes[at]);
                }
                Ok(())
            }
            Kind::Mapping => {
                for (key, value) in nodes.pairs(at).collect::<Vec<_>>() {
                    if !nodes[key].is_string() {
                        return Err(format!("invalid map key: value='{}', tag='{}'", nodes[key].value, nodes[key].tag));
                    }
                    if nodes[value].is_string() {
                        self.update(&mut nodes[value]);
                    }
                }
                Ok(())
            }
            Kind::Sequence => {
                for item in nodes[at].content.clone() {
                    if !nodes[item].is_string() {
                        return Err("invalid value type expect a string".into());
                    }
                    self.update(&mut nodes[item]);
                }
                Ok(())
            }
            Kind::Zero => Err("invalid type encountered 0".into()),
        }
    }

    fn update(&mut self, node: &mut Node) {
        let style = Style::Plain;
        let (value, tag) = match self.expand(&node.value) {
            Json::Int(i) => (i.to_string(), tag::INT),
            Json::Bool(b) => (b.to_string(), tag::BOOL),
            Json::Float(f) => (format_float(f, b'f', None), tag::FLOAT),
            Json::String(text) => (text, tag::STR),
            _ => return,
        };
        (node.value, node.tag, node.style, node.tagged) = (value, tag, style, false);
    }

    /// expand.go, `DoReplacements`
    fn expand(&mut self, input: &str) -> Json {
        let mut out = String::new();
        let mut rest = input;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            match after.chars().next() {
                None => {
                    out.push('$');
                    rest = "";
                }
                Some('$') => {
                    out.push('$');
                    rest = &after[1..];
                }
                Some('(') => match after.find(')') {
                    Some(end) => {
                        let name = &after[1..end];
                        let value = self.lookup(name);
                        if input.len() == name.len() + 3 {
                            // The whole text: the value keeps its type.
                            return value;
                        }
                        out.push_str(&print(&value));
                        rest = &after[end + 1..];
                    }
                    None => {
                        out.push_str("$(");
                        rest = &after[1..];
                    }
                },
                Some(other) => {
                    out.push('$');
                    out.push(other);
                    rest = &after[other.len_utf8()..];
                }
            }
        }
        out.push_str(rest);
        Json::String(out)
    }

    fn lookup(&mut self, name: &str) -> Json {
        let unknown = Json::String(format!("$({name})"));
        match self.values.get(name) {
            None => unknown,
            Some(Json::Map(_) | Json::List(_) | Json::Null) => {
                self.complex.insert(name.to_owned());
                unknown
            }
            Some(value) => {
                self.used.insert(name.to_owned());
                value.clone()
            }
        }
    }
}

/// `%v`
fn print(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Float(f) => format_float(*f, b'g', None),
        other => other.to_text(),
    }
}
