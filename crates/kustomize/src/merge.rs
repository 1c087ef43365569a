//! Strategic merge of a patch into an object (sigs.k8s.io/kustomize/kyaml v0.20.1, yaml/merge2 and yaml/walk).
//!
//! Maps are merged field by field; lists are replaced, unless the schema says that they are merged, and by which keys. A
//! patch may hold `$patch: delete | replace | merge`, and null removes a field. The walk follows kyaml's to the pointer:
//! where dest lacks something, the patch's own nodes become part of it, and are then walked as both dest and patch.

use crate::node::{Kind, Node, NodeId, Nodes, Style, tag};
use crate::schema::{SchemaId, Schemas};

/// On which side of a merged list new items go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListIncrease {
    /// Behind the existing ones.
    Append,
    /// Before them: what kustomize does with patches.
    Prepend,
}

/// Merges `patch` into `dest`; `None` if nothing remains (`merge2.Merge`).
pub fn merge(
    nodes: &mut Nodes,
    schemas: &Schemas,
    patch: Option<NodeId>,
    dest: Option<NodeId>,
    increase: ListIncrease,
) -> Result<Option<NodeId>> {
    let mut walker = Walker { nodes, schemas, increase };
    Ok(walker.walk([dest, patch], None, 0)?.map(|walked| walked.node))
}

/// What a walk gives: a node, and whether a null is to be kept.
#[derive(Clone, Copy)]
struct Walked {
    node: NodeId,
    keep: bool,
}

fn walked(node: Option<NodeId>) -> Option<Walked> {
    node.map(|node| Walked { node, keep: false })
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

/// Dest and patch.
type Sources = [Option<NodeId>; 2];

struct Walker<'w> {
    nodes: &'w mut Nodes,
    schemas: &'w Schemas,
    increase: ListIncrease,
}

type Result<T> = std::result::Result<T, String>;

impl Walker<'_> {
    fn missing(&self, id: Option<NodeId>) -> bool {
        self.nodes.is_missing_or_null(id)
    }

    fn walk(&mut self, sources: Sources, schema: Option<SchemaId>, depth: usize) -> Result<Option<Walked>> {
        if depth > crate::parse::MAX_DEPTH {
            return Err("exceeded max depth of 1000".into());
        }
        let schema = schema.or_else(|| self.schema_of(sources));
        let kind = sources.iter().flatten().find(|id| !self.missing(Some(**id))).map(|id| self.nodes[*id].kind);
        if let Some(kind) = kind {
            for id in sources.into_iter().flatten() {
                self.nodes.expect(id, kind)?;
            }
        }
        match kind {
            Some(Kind::Sequence) => {
                let merged = schema.is_some_and(|id| self.schemas.strategy(id).0.split(',').any(|s| s == "merge"));
                match merged {
                    true => self.walk_list(sources, schema, depth).map(walked),
                    // The patch's list replaces the other.
                    false => Ok(walked(self.override_node(sources))),
                }
            }
            Some(Kind::Scalar) => Ok(walked(self.override_node(sources))),
            _ => self.walk_map(sources, schema, depth),
        }
    }

    /// The patch's node if there is one.
    fn override_node(&mut self, sources: Sources) -> Option<NodeId> {
        self.set_style(sources);
        sources[1].or(sources[0])
    }

    /// An object within something unknown is known by its own kind (walk.go, `GetSchema`).
    fn schema_of(&self, sources: Sources) -> Option<SchemaId> {
        sources.into_iter().flatten().filter(|id| !self.missing(Some(*id))).find_map(|id| {
            let text = |name| self.nodes.get_filled(id, name).map(|value| self.nodes[value].value.as_str());
            let (api_version, kind) = (text("apiVersion")?, text("kind")?);
            self.schemas.of_kind(api_version, kind)
        })
    }

    /// An empty collection takes the other's style (merge2.go, `SetStyle`).
    fn set_style(&mut self, [dest, patch]: Sources) {
        if let (Some(dest), Some(patch)) = (dest, patch)
            && self.nodes[dest].kind != Kind::Scalar
            && self.nodes[dest].content.is_empty()
        {
            self.nodes[dest].style = self.nodes[patch].style;
            self.nodes[dest].tagged = self.nodes[patch].tagged;
        }
    }

    fn visit_map(&mut self, sources: Sources) -> Result<Option<Walked>> {
        self.set_style(sources);
        let [dest, patch] = sources;
        if self.missing(dest) {
            if matches!(self.directive(patch), Ok(Directive::Delete)) {
                return Ok(None);
            }
            if patch.is_none()
                && let Some(dest) = dest
                && !self.nodes[dest].value.is_empty()
            {
                // A null that is written out is kept.
                let node = Node { tag: tag::NULL, place: self.nodes[dest].place, ..Node::scalar(self.nodes[dest].value.clone()) };
                return Ok(Some(Walked { node: self.nodes.add(node), keep: true }));
            }
            return Ok(walked(patch));
        }
        if patch.is_some_and(|patch| self.nodes[patch].is_tagged_null()) {
            return Ok(None);
        }
        Ok(match self.directive(patch)? {
            Directive::Delete => None,
            Directive::Replace => walked(patch),
            Directive::Merge => walked(dest),
        })
    }

    fn visit_list(&mut self, sources: Sources) -> Result<Option<NodeId>> {
        self.set_style(sources);
        let [dest, patch] = sources;
        if self.missing(dest) {
            return Ok(patch);
        }
        if patch.is_some_and(|patch| self.nodes[patch].is_tagged_null()) {
            return Ok(None);
        }
        Ok(match self.directive(patch)? {
            Directive::Delete => None,
            Directive::Replace => patch,
            Directive::Merge => dest,
        })
    }

    /// What `$patch` asks for; it is taken out of the patch (smpdirective.go).
    fn directive(&mut self, patch: Option<NodeId>) -> Result<Directive> {
        let Some(patch) = patch else { return Ok(Directive::Merge) };
        const KEY: &str = "$patch";
        let parse = |value: &str| match value {
            "delete" => Ok(Directive::Delete),
            "replace" => Ok(Directive::Replace),
            "merge" => Ok(Directive::Merge),
            _ => Err(format!("unknown patch strategy '{value}'")),
        };
        match self.nodes[patch].kind {
            Kind::Mapping => {
                let Some(value) = self.nodes.get(patch, KEY) else { return Ok(Directive::Merge) };
                let directive = parse(&self.nodes[value].value)?;
                self.nodes.clear_field(patch, KEY)?;
                Ok(directive)
            }
            Kind::Sequence => {
                let content = &self.nodes[patch].content;
                let element = content.iter().copied().find(|item| {
                    self.nodes.expect(*item, Kind::Mapping).is_ok() && self.nodes.match_field(*item, KEY, None).is_some()
                });
                let Some(element) = element.filter(|item| self.nodes[*item].content.len() <= 2) else {
                    return Ok(Directive::Merge);
                };
                let Some(value) = self.nodes.get(element, KEY) else { return Ok(Directive::Merge) };
                let value = self.nodes[value].value.clone();
                let directive = parse(&value)?;
                self.nodes.set_element(patch, None, &[KEY], &[value.as_str()])?;
                Ok(directive)
            }
            _ => Err(format!("no implemented strategic merge patch strategy for '{}'", self.nodes[patch].value)),
        }
    }

    fn walk_map(&mut self, mut sources: Sources, schema: Option<SchemaId>, depth: usize) -> Result<Option<Walked>> {
        let visited = self.visit_map(sources)?;
        let Some(Walked { node: dest, keep }) = visited else { return Ok(None) };
        sources[0] = Some(dest);
        let mut names: Vec<String> = Vec::new();
        for id in sources.into_iter().flatten() {
            names.extend(self.nodes.pairs(id).map(|(key, _)| self.nodes[key].value.clone()));
        }
        names.sort_unstable();
        names.dedup();
        for name in names {
            let fields = sources.map(|id| id.and_then(|id| self.nodes.field(id, &name)));
            let field_schema = schema.and_then(|id| self.schemas.field(id, &name));
            let values = fields.map(|field| field.map(|(_, value)| value));
            let value = self.walk(values, field_schema, depth + 1)?;
            // A key keeps the style of the one that the value came with.
            let key = fields.into_iter().flatten().rfind(|(_, old)| value.is_some_and(|v| v.node == *old));
            let style = key.map_or(Style::Plain, |(key, _)| self.nodes[key].style);
            match value {
                Some(Walked { node, keep: true }) => self.nodes.put_field(dest, &name, node, style)?,
                Some(Walked { node, keep: false }) => self.nodes.set_field(dest, &name, Some(node), style)?,
                None => self.nodes.set_field(dest, &name, None, style)?,
            }
        }
        Ok(Some(Walked { node: dest, keep }))
    }

    fn walk_list(&mut self, mut sources: Sources, schema: Option<SchemaId>, depth: usize) -> Result<Option<NodeId>> {
        let Some(dest) = self.visit_list(sources)? else { return Ok(None) };
        sources[0] = Some(dest);
        // The order in which items are looked at: those that go first come first.
        let order = match self.increase {
            ListIncrease::Prepend => [sources[1], sources[0]],
            ListIncrease::Append => sources,
        };
        let keys: Vec<String> = schema.map(|id| self.schemas.strategy(id).1.to_vec()).unwrap_or_default();
        let items = schema.and_then(|id| self.schemas.elements(id));
        let mut values: Vec<Vec<String>> = Vec::new();
        for list in order.into_iter().flatten() {
            for item in &self.nodes[list].content {
                let value: Vec<String> = match keys.is_empty() {
                    true => vec![self.nodes[*item].value.clone()],
                    false => keys.iter().map(|key| self.key_value(*item, key)).collect(),
                };
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        match keys.is_empty() {
            true => self.set_elements(sources, dest, values, vec![String::new()], items, depth),
            false => self.set_elements(sources, dest, values, keys, items, depth),
        }
    }

    fn key_value(&self, item: NodeId, key: &str) -> String {
        self.nodes.get_filled(item, key).map(|value| self.nodes[value].value.clone()).unwrap_or_default()
    }

    /// associative_sequence.go, `setAssociativeSequenceElements`
    fn set_elements(
        &mut self,
        sources: Sources,
        dest: NodeId,
        mut all: Vec<Vec<String>>,
        keys: Vec<String>,
        items: Option<SchemaId>,
        depth: usize,
    ) -> Result<Option<NodeId>> {
        let added = self.nodes.add(Node::new(Kind::Sequence));
        if keys.len() > 1 {
            merge_values(&mut all);
        }
        let mut valid_keys: Vec<String> = Vec::new();
        for values in &all {
            let valid_values;
            (valid_keys, valid_values) = valid(&all, values, &keys);
            let elements = sources.map(|list| {
                let (keys, values) = valid(std::slice::from_ref(&valid_values), &valid_values, &valid_keys);
                list.and_then(|list| self.nodes.find_element(list, &keys, &values))
            });
            let value = self.walk(elements, items, depth + 1)?.map(|walked| walked.node);
            let remains = |value: &NodeId| {
                let node = &self.nodes[*value];
                !(node.is_tagged_null() || node.kind == Kind::Zero || node.kind == Kind::Mapping && node.content.is_empty())
            };
            let Some(value) = value.filter(remains) else {
                if !valid_keys.is_empty() {
                    self.nodes.set_element(dest, None, &valid_keys, &valid_values)?;
                }
                continue;
            };
            for (key, text) in valid_keys.iter().zip(&valid_values) {
                if !text.is_empty() && self.nodes.field(value, key).is_none() && self.nodes[value].kind == Kind::Mapping {
                    let text = self.nodes.add(Node::scalar(text.clone()));
                    self.nodes.set_field(value, key, Some(text), Style::Plain)?;
                }
            }
            self.nodes.set_element(added, Some(value), &valid_keys, &valid_values)?;
        }
        let mut result = dest;
        if !all.is_empty() {
            result = match self.increase {
                ListIncrease::Prepend => self.append_list(added, dest, &valid_keys)?,
                ListIncrease::Append => self.append_list(dest, added, &valid_keys)?,
            };
        }
        Ok(Some(result))
    }

    /// Puts the items of `from` into `to`, in the place of those with the same keys (`appendListNode`).
    fn append_list(&mut self, to: NodeId, from: NodeId, keys: &[String]) -> Result<NodeId> {
        for item in self.nodes[from].content.clone() {
            if keys.first().is_none_or(String::is_empty) {
                let text = self.nodes[item].value.clone();
                self.nodes.set_element(to, Some(item), &[""], &[text.as_str()])?;
                continue;
            }
            let mut values: Vec<String> = Vec::new();
            for key in keys {
                self.nodes.expect(item, Kind::Mapping)?;
                match self.nodes.match_field(item, key, None) {
                    Some(value) => values.push(self.nodes[value].value.clone()),
                    None => self.nodes[to].content.push(item),
                }
            }
            if keys.len() > 1 {
                self.nodes.set_element(to, None, keys, &values)?;
            }
            self.nodes.set_element(to, Some(item), keys, &values)?;
        }
        Ok(to)
    }
}

/// The keys that any item has, with the values of one; if none has any, all keys (`validateKeys`).
fn valid(all: &[Vec<String>], values: &[String], keys: &[String]) -> (Vec<String>, Vec<String>) {
    let used = |i: usize| all.iter().any(|values| values.get(i).is_some_and(|value| !value.is_empty()));
    if !(0..keys.len()).any(used) {
        return (keys.to_vec(), values.to_vec());
    }
    let valid_keys = keys.iter().enumerate().filter(|(i, _)| used(*i)).map(|(_, key)| key.clone()).collect();
    let valid_values = values.iter().enumerate().filter(|(i, value)| !value.is_empty() || used(*i)).map(|(_, v)| v.clone());
    (valid_keys, valid_values.collect())
}

/// Items that agree in one key and don't contradict each other in the rest are the same (`mergeValues`).
fn merge_values(all: &mut [Vec<String>]) {
    for i in 0..all.len() {
        // Go ranges over copies of the slices' headers: what the inner loop compares with is the outer item as it was.
        let first = all[i].clone();
        for j in 0..all.len() {
            if let Some(both) = matching(&first, &all[j]) {
                all[i].clone_from(&both);
                all[j] = both;
            }
        }
    }
}

fn matching(a: &[String], b: &[String]) -> Option<Vec<String>> {
    if a.len() != b.len() {
        return None;
    }
    let mut common = false;
    let mut both = Vec::with_capacity(a.len());
    for (x, y) in a.iter().zip(b) {
        if x == y {
            common = true;
        } else if !x.is_empty() && !y.is_empty() {
            return None;
        }
        both.push(if x.is_empty() { y.clone() } else { x.clone() });
    }
    common.then_some(both)
}
