//! Field paths as the API server writes them: `spec.containers[0].ports[1].name`.
//!
//! A path is a chain on the stack: a check makes one per field, and it becomes text only in a finding.

use std::fmt;

use crate::finding::Position;
use crate::node::{Node, Value};

/// A field's path from the document's root.
#[derive(Clone, Copy, Debug)]
pub struct Path<'p> {
    up: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Root,
    Child(&'p str),
    Index(usize),
    Key(&'p str),
}

impl<'p> Path<'p> {
    /// The document.
    pub const ROOT: Path<'static> = Path { up: None, step: Step::Root };

    /// The member `name`, written `.name`.
    pub fn child<'c>(&'c self, name: &'c str) -> Path<'c> {
        Path { up: Some(self), step: Step::Child(name) }
    }

    /// The item at `index`, written `[index]`.
    pub fn index(&self, index: usize) -> Path<'_> {
        Path { up: Some(self), step: Step::Index(index) }
    }

    /// The member `key` of a map, written `[key]`.
    pub fn key<'c>(&'c self, key: &'c str) -> Path<'c> {
        Path { up: Some(self), step: Step::Key(key) }
    }

    /// The names on the way, from this field up.
    pub fn names(&self) -> impl Iterator<Item = &'p str> {
        let own = |path: &Path<'p>| match path.step {
            Step::Child(name) | Step::Key(name) => Some(name),
            Step::Root | Step::Index(_) => None,
        };
        std::iter::successors(Some(*self), |path| path.up.copied()).filter_map(move |path| own(&path))
    }

    fn steps(&self) -> Vec<Step<'p>> {
        let mut steps = Vec::new();
        let mut at: Option<&Path<'p>> = Some(self);
        while let Some(path) = at {
            steps.push(path.step);
            at = path.up;
        }
        steps.reverse();
        steps
    }

    /// Where the field is written in the document, or the nearest above it that is written.
    pub fn locate(&self, root: &Node) -> Position {
        let mut at = root.at;
        let mut node = root;
        for step in self.steps() {
            match step {
                Step::Root => {}
                Step::Child(name) | Step::Key(name) => {
                    for part in std::iter::once(name) {
                        let Some(member) = member(node, part) else { return at };
                        (at, node) = (member.0, member.1);
                    }
                }
                Step::Index(index) => match &node.value {
                    Value::List(items) if index < items.len() => {
                        node = &items[index];
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
fn member<'n>(node: &'n Node, name: &str) -> Option<(Position, &'n Node)> {
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
        let mut first = true;
        for step in self.steps() {
            match step {
                Step::Root => continue,
                Step::Child(name) if first => f.write_str(name)?,
                Step::Child(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key}]")?,
            }
            first = false;
        }
        Ok(())
    }
}
