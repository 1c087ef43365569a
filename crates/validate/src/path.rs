//! Field paths as the API server writes them: `spec.containers[0].ports[1].name`.
//!
//! A path is a chain on the stack: a check makes one per field, and it becomes text only in a finding.

use std::fmt;

use pintle_diagnostic::Step;

use crate::node::{Node, Offset, Value};

/// A field's path from the document's root.
#[derive(Clone, Debug)]
pub struct Path<'p> {
    up: Option<&'p Path<'p>>,
    /// Nothing for the document itself.
    step: Option<Step<'p>>,
}

impl<'p> Path<'p> {
    /// The document.
    pub const ROOT: Path<'static> = Path { up: None, step: None };

    fn to<'c>(&'c self, step: Step<'c>) -> Path<'c> {
        Path { up: Some(self), step: Some(step) }
    }

    /// The member `name`, written `.name`.
    pub fn child<'c>(&'c self, name: &'c str) -> Path<'c> {
        self.to(Step::field(name))
    }

    /// The item at `index`, written `[index]`.
    pub fn index(&self, index: usize) -> Path<'_> {
        self.to(Step::Index(index))
    }

    /// The member `key` of a map, written `[key]`.
    pub fn key<'c>(&'c self, key: &'c str) -> Path<'c> {
        self.to(Step::Key(key.into()))
    }

    /// The steps from this field up.
    fn up(&self) -> impl Iterator<Item = &Step<'p>> {
        std::iter::successors(Some(self), |path| path.up).filter_map(|path| path.step.as_ref())
    }

    /// The names on the way, from this field up.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.up().filter_map(Step::name)
    }

    fn steps(&self) -> Vec<&Step<'p>> {
        let mut steps: Vec<_> = self.up().collect();
        steps.reverse();
        steps
    }

    /// The path as findings hold it.
    pub fn to_owned(&self) -> pintle_diagnostic::Path {
        self.steps().into_iter().cloned().map(Step::into_owned).collect()
    }

    /// Where the field is written in the document, or the nearest above it that is written.
    pub fn locate(&self, root: &Node) -> Offset {
        let mut at = root.at;
        let mut node = root;
        for step in self.steps() {
            match step {
                Step::Field(name) | Step::Key(name) => {
                    let Some(member) = member(node, name) else { return at };
                    (at, node) = member;
                }
                Step::Index(index) => match &node.value {
                    Value::List(items) if *index < items.len() => {
                        node = &items[*index];
                        at = node.at;
                    }
                    _ => return at,
                },
            }
        }
        at
    }
}

/// The member, or the one that differs in the case of its first letter: a few paths of the API server name Go's fields.
fn member<'n>(node: &'n Node, name: &str) -> Option<(Offset, &'n Node)> {
    if let ("labels" | "annotations", None, Some(metadata)) = (name, node.member(name), node.opt("metadata")) {
        return metadata.member(name).map(|m| (m.at, &m.node));
    }
    let found = node.member(name).or_else(|| {
        let first = name.chars().next()?;
        node.member(&format!("{}{}", first.to_ascii_lowercase(), &name[first.len_utf8()..]))
    });
    found.map(|m| (m.at, &m.node))
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_owned().fmt(f)
    }
}
