//! Trees of nodes to values, by the rules of go.yaml.in/yaml/v2 (decode.go) and sigs.k8s.io/yaml.
//!
//! [`Decoder`] walks a tree as `yaml.Unmarshal` into an `interface{}` does: aliases, merges, duplicate keys, the guard
//! against excessive aliasing. What it builds is a [`Target`]: usually [`Data`](pintle_value::Data), which is what remains
//! of a document after sigs.k8s.io/yaml has taken it through JSON.

use std::collections::HashSet;

use pintle_go::strconv::quote;

use crate::Error;
use crate::resolve::{Scalar, resolve};
use crate::scanner::Scan;
use crate::tree::{NodeId, NodeKind, Tree};

/// How deep a value may be nested, aliases followed. go-yaml allows 10,000; code that walks values may use the stack.
pub const MAX_DEPTH: usize = 1000;

/// How much text aliases may multiply, in bytes.
const MAX_ALIASED_TEXT: usize = 1 << 28;

/// What a document is decoded into.
pub(crate) trait Target: Sized {
    /// A scalar.
    fn scalar(value: Scalar<'_>) -> Self;
    /// A sequence.
    fn list(items: Vec<Self>) -> Self;
    /// A mapping: later entries replace earlier ones with an equal key. `notes` learns of keys that JSON lacks.
    fn map(entries: Vec<(Scalar<'_>, Self)>, notes: &mut Notes) -> Self;
}

/// What a decoder noticed on the way.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// A key is null or too large an integer: sigs.k8s.io/yaml may have no string for it.
    pub odd_key: bool,
    /// A float is infinite or not a number: JSON has none of them.
    pub non_finite: bool,
}

/// A decoder's state.
pub(crate) struct Decoder<'t, 'a> {
    tree: &'t Tree<'a>,
    strict: bool,
    pub(crate) notes: Notes,
    // Messages of duplicate keys, collected to the end of the document.
    duplicates: Vec<(String, NodeId)>,
    decoded: u64,
    aliased: u64,
    aliases: Vec<NodeId>,
    aliased_text: usize,
    depth: usize,
}

impl<'t, 'a> Decoder<'t, 'a> {
    pub(crate) fn new(tree: &'t Tree<'a>, strict: bool) -> Self {
        Decoder {
            tree,
            strict,
            notes: Notes::default(),
            duplicates: Vec::new(),
            decoded: 0,
            aliased: 0,
            aliases: Vec::new(),
            aliased_text: 0,
            depth: 0,
        }
    }

    /// The value of the document.
    pub(crate) fn document<T: Target>(&mut self) -> Scan<T> {
        self.enter(0)?;
        let value = self.value(0)?;
        if self.duplicates.is_empty() {
            return Ok(value);
        }
        let lines: Vec<&str> = self.duplicates.iter().map(|(message, _)| message.as_str()).collect();
        let message = format!("yaml: unmarshal errors:\n  {}", lines.join("\n  "));
        let first = self.duplicates.first().map_or(0, |(_, id)| *id);
        Err(self.error(message, first))
    }

    fn error(&self, message: impl Into<String>, id: NodeId) -> Box<Error> {
        let at = self.tree.span(id).start;
        Box::new(Error::at(message, at.line, at.column))
    }

    /// Counts a node, and stops where too many of them come from aliases.
    fn enter(&mut self, id: NodeId) -> Scan<()> {
        self.decoded += 1;
        if self.aliases.is_empty() {
            return Ok(());
        }
        self.aliased += 1;
        self.aliased_text += self.tree.node(id).value.len();
        let ratio = self.aliased as f64 / self.decoded as f64;
        let excessive = self.aliased > 100 && self.decoded > 1000 && ratio > allowed_alias_ratio(self.decoded);
        if excessive || self.aliased_text > MAX_ALIASED_TEXT {
            return Err(self.error("yaml: document contains excessive aliasing", id));
        }
        Ok(())
    }

    /// The value of a node and what is below it.
    pub(crate) fn value<T: Target>(&mut self, id: NodeId) -> Scan<T> {
        self.enter(id)?;
        let tree = self.tree;
        match tree.node(id).kind {
            NodeKind::Scalar => Ok(T::scalar(self.scalar(id)?)),
            NodeKind::Alias => self.alias(id, Self::value),
            NodeKind::Sequence => {
                self.descend(id)?;
                let mut items = Vec::new();
                for item in tree.children(id) {
                    items.push(self.value(item)?);
                }
                self.depth -= 1;
                Ok(T::list(items))
            }
            NodeKind::Mapping => {
                self.descend(id)?;
                let mut entries = Vec::new();
                self.entries(id, &mut entries)?;
                self.depth -= 1;
                Ok(T::map(entries, &mut self.notes))
            }
        }
    }

    fn descend(&mut self, id: NodeId) -> Scan<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("yaml: exceeded max depth of {MAX_DEPTH}"), id));
        }
        Ok(())
    }

    /// Does `then` with the node that an alias refers to.
    fn alias<R>(&mut self, id: NodeId, then: impl FnOnce(&mut Self, NodeId) -> Scan<R>) -> Scan<R> {
        if self.aliases.contains(&id) {
            let message = format!("yaml: anchor '{}' value contains itself", self.tree.node(id).value);
            return Err(self.error(message, id));
        }
        self.aliases.push(id);
        let result = then(self, self.tree.follow(id));
        self.aliases.pop();
        result
    }

    fn scalar(&mut self, id: NodeId) -> Scan<Scalar<'a>> {
        let node = self.tree.node(id);
        let tag = if node.properties == 0 { None } else { self.tree.tag(id) };
        let scalar = resolve(tag, &node.value, node.implicit).map_err(|message| self.error(message, id))?;
        if let Scalar::Float(f) = scalar {
            self.notes.non_finite |= !f.is_finite();
        }
        Ok(scalar)
    }

    /// A mapping's entries, with those that are merged into it in their places.
    fn entries<T: Target>(&mut self, id: NodeId, entries: &mut Vec<(Scalar<'a>, T)>) -> Scan<()> {
        let mut seen = self.strict.then(HashSet::new);
        self.entries_seen(id, entries, &mut seen)
    }

    fn entries_seen<T: Target>(
        &mut self,
        id: NodeId,
        entries: &mut Vec<(Scalar<'a>, T)>,
        seen: &mut Option<HashSet<String>>,
    ) -> Scan<()> {
        let tree = self.tree;
        for (key, value) in tree.pairs(id) {
            if self.is_merge(key) {
                self.merge(value, entries, seen)?;
                continue;
            }
            let name = self.key(key)?;
            let item = self.value(value)?;
            if let Some(seen) = seen {
                let go = if name == Scalar::Null { "<nil>".to_owned() } else { go_syntax(&name) };
                // Go compares keys with their types, and finds no float equal to what is not a number.
                let typed = format!("{:?}{go}", std::mem::discriminant(&name));
                let nan = matches!(name, Scalar::Float(f) if f.is_nan());
                if !nan && seen.contains(&typed) {
                    let line = tree.node(value).start.line + 1;
                    self.duplicates.push((format!("line {line}: key {go} already set in map"), value));
                    continue;
                }
                seen.insert(typed);
            }
            entries.push((name, item));
        }
        Ok(())
    }

    fn key(&mut self, id: NodeId) -> Scan<Scalar<'a>> {
        let node = self.tree.follow(id);
        if self.tree.node(node).kind == NodeKind::Scalar {
            self.enter(id)?;
            if node != id {
                return self.alias(id, |decoder, target| {
                    decoder.enter(target)?;
                    decoder.scalar(target)
                });
            }
            return self.scalar(id);
        }
        let key: crate::dynamic::Dynamic = self.value(id)?;
        Err(self.error(format!("yaml: invalid map key: {}", key.go_syntax()), id))
    }

    /// Whether a key is `<<`, unquoted or tagged as a merge.
    fn is_merge(&self, id: NodeId) -> bool {
        let node = self.tree.node(id);
        node.value == "<<"
            && node.kind == NodeKind::Scalar
            && (node.implicit || self.tree.tag(id) == Some("tag:yaml.org,2002:merge"))
    }

    /// Adds the entries of the mapping or mappings at `id`. They come where `<<` stands: what is written after it replaces
    /// them, and they replace what is written before it.
    fn merge<T: Target>(
        &mut self,
        id: NodeId,
        entries: &mut Vec<(Scalar<'a>, T)>,
        seen: &mut Option<HashSet<String>>,
    ) -> Scan<()> {
        let tree = self.tree;
        match tree.node(id).kind {
            NodeKind::Mapping | NodeKind::Alias => self.merge_one(id, entries, seen),
            NodeKind::Sequence => {
                let items: Vec<NodeId> = tree.children(id).collect();
                items.into_iter().rev().try_for_each(|item| self.merge_one(item, entries, seen))
            }
            NodeKind::Scalar => Err(self.merge_error(id)),
        }
    }

    fn merge_one<T: Target>(
        &mut self,
        id: NodeId,
        entries: &mut Vec<(Scalar<'a>, T)>,
        seen: &mut Option<HashSet<String>>,
    ) -> Scan<()> {
        let target = self.tree.follow(id);
        if self.tree.node(target).kind != NodeKind::Mapping {
            return Err(self.merge_error(id));
        }
        self.enter(id)?;
        self.descend(id)?;
        if target == id {
            self.entries_seen(id, entries, seen)?;
        } else {
            self.alias(id, |decoder, target| {
                decoder.enter(target)?;
                decoder.entries_seen(target, entries, seen)
            })?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn merge_error(&self, id: NodeId) -> Box<Error> {
        self.error("yaml: map merge requires map or sequence of maps as the value", id)
    }
}

/// What share of the decoded nodes may come from aliases (decode.go, `allowedAliasRatio`).
fn allowed_alias_ratio(decoded: u64) -> f64 {
    const LOW: u64 = 400_000;
    const HIGH: u64 = 4_000_000;
    match decoded {
        0..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * ((decoded - LOW) as f64 / (HIGH - LOW) as f64),
    }
}

/// A scalar within a value as `%#v` prints it.
pub(crate) fn go_syntax(scalar: &Scalar<'_>) -> String {
    match scalar {
        Scalar::Null => "interface {}(nil)".to_owned(),
        Scalar::Bool(b) => b.to_string(),
        Scalar::Int(i) => i.to_string(),
        Scalar::Uint(u) => format!("{u:#x}"),
        Scalar::Float(f) => crate::number::format_g(*f),
        Scalar::Str(s) => quote(s.as_bytes()),
    }
}
