//! Finding the place of a key or a value in a text.

use pintle_diagnostic::Step;

use crate::Error;
use crate::data::{key_text, tree_to_data};
use crate::input::Input;
use crate::resolve::resolve;
use crate::tree::{Composer, NodeId, NodeKind, Span, Tree};

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The key of the last step, unless it was an index.
    pub key: Option<Span>,
    /// The value.
    pub value: Span,
}

impl Tree<'static> {
    /// Reads all documents of a stream. Errors are those of go-yaml, which reports them document by document: what stands
    /// before the one that is wrong is given with it.
    pub fn parse_all(text: &[u8]) -> (Vec<Tree<'static>>, Option<Error>) {
        let input = Input::new(text);
        let mut composer = Composer::new(&input);
        let mut trees = Vec::new();
        loop {
            match composer.next() {
                Ok(Some(tree)) => trees.push(tree.into_owned()),
                Ok(None) => return (trees, None),
                Err(e) => return (trees, Some(*e)),
            }
        }
    }

    /// Reads the first document of a stream, or `None` if there is none.
    pub fn parse(text: &[u8]) -> Result<Option<Tree<'static>>, Error> {
        let input = Input::new(text);
        Composer::new(&input).next().map(|tree| tree.map(Tree::into_owned)).map_err(|e| *e)
    }
}

impl Tree<'_> {
    /// The document as [`from_slice`](crate::from_slice) gives it; errors begin with `yaml:` or `json:`.
    pub fn to_data(&self) -> Result<pintle_value::Data, Error> {
        tree_to_data(self, false)
    }

    /// What a scalar is: `Data::Int` if it is written as an integer that an `i64` holds, else as
    /// [`from_slice`](crate::from_slice) gives it. Null for anything but a scalar; fails with go-yaml's message.
    pub fn scalar(&self, id: NodeId) -> Result<pintle_value::Data, String> {
        use crate::resolve::Scalar;
        use pintle_value::Data;
        let node = self.node(id);
        if node.kind != NodeKind::Scalar {
            return Ok(Data::Null);
        }
        Ok(match resolve(self.tag(id), &node.value, node.implicit)? {
            Scalar::Null => Data::Null,
            Scalar::Bool(b) => Data::Bool(b),
            Scalar::Int(i) => Data::Int(i),
            Scalar::Uint(u) => Data::Float(u as f64),
            Scalar::Float(f) => Data::Float(f),
            Scalar::Str(s) => Data::String(s.into_owned()),
        })
    }

    /// The string that the node is as a key.
    pub fn key_text(&self, id: NodeId) -> Option<String> {
        let id = self.follow(id);
        let node = self.node(id);
        if node.kind != NodeKind::Scalar {
            return None;
        }
        key_text(&resolve(self.tag(id), &node.value, node.implicit).ok()?)
    }

    /// The key and the value of the member `name` of a mapping: the last one of that name, or one that is merged in.
    pub fn member(&self, id: NodeId, name: &str) -> Option<(NodeId, NodeId)> {
        self.member_within(id, name, 0)
    }

    fn member_within(&self, id: NodeId, name: &str, depth: usize) -> Option<(NodeId, NodeId)> {
        let id = self.follow(id);
        if self.node(id).kind != NodeKind::Mapping || depth > 64 {
            return None;
        }
        let mut found = None;
        for (key, value) in self.pairs(id) {
            let node = self.node(key);
            if node.implicit && node.value == "<<" {
                let value = self.follow(value);
                let merged = match self.node(value).kind {
                    // Earlier items of the list win.
                    NodeKind::Sequence => self.children(value).find_map(|item| self.member_within(item, name, depth + 1)),
                    _ => self.member_within(value, name, depth + 1),
                };
                found = merged.or(found);
            } else if self.is_key(key, name) {
                found = Some((key, value));
            }
        }
        found
    }

    fn is_key(&self, id: NodeId, name: &str) -> bool {
        let node = self.node(id);
        match node.kind {
            // Most keys are strings; only a few texts are not what they seem.
            NodeKind::Scalar if node.value == name && !node.implicit => true,
            _ => self.key_text(id).is_some_and(|text| text == name),
        }
    }

    /// Where `path` leads from the document's node.
    pub fn locate(&self, path: &[Step<'_>]) -> Option<Place> {
        if self.nodes.is_empty() {
            return None;
        }
        let mut id = self.root();
        let mut key = None;
        for step in path {
            (key, id) = match step {
                Step::Field(name) | Step::Key(name) => self.member(id, name).map(|(key, value)| (Some(key), value))?,
                Step::Index(index) => {
                    let list = self.follow(id);
                    if self.node(list).kind != NodeKind::Sequence {
                        return None;
                    }
                    (None, self.children(list).nth(*index)?)
                }
            };
        }
        Some(Place { key: key.map(|key| self.span(key)), value: self.span(id) })
    }
}

/// Where `path` leads in the first document of `text`.
///
/// ```
/// use pintle_diagnostic::Step;
/// use pintle_yaml::locate;
/// let place = locate(b"image:\n  tag: v1\n", &[Step::field("image"), Step::field("tag")]).unwrap();
/// assert_eq!((place.value.start.line, place.value.start.column), (2, 8));
/// ```
pub fn locate(text: &[u8], path: &[Step<'_>]) -> Option<Place> {
    let input = Input::new(text);
    Composer::new(&input).next().ok()??.locate(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, path: &[Step<'_>]) -> Option<(usize, usize)> {
        let place = locate(text.as_bytes(), path)?;
        let span = place.key.unwrap_or(place.value);
        Some((span.start.line, span.start.column))
    }

    #[test]
    fn keys_and_items_have_places() {
        let text = "a:\n  - b: 1\n    c: [x, {d: y}]\n";
        assert_eq!(at(text, &[]), Some((1, 1)));
        assert_eq!(at(text, &[Step::field("a")]), Some((1, 1)));
        assert_eq!(at(text, &[Step::field("a"), Step::Index(0), Step::field("c")]), Some((3, 5)));
        let d = [Step::field("a"), Step::Index(0), Step::field("c"), Step::Index(1), Step::field("d")];
        assert_eq!(at(text, &d), Some((3, 13)));
        assert_eq!(at(text, &[Step::field("nope")]), None);
        assert_eq!(at(text, &[Step::Index(0)]), None);
    }

    #[test]
    fn the_last_duplicate_and_the_merged_key_are_found() {
        assert_eq!(at("a: 1\na: 2\n", &[Step::field("a")]), Some((2, 1)));
        assert_eq!(at("x: &x\n  k: 1\nz:\n  <<: *x\n", &[Step::field("z"), Step::field("k")]), Some((2, 3)));
        assert_eq!(at("yes: 1\n", &[Step::field("true")]), Some((1, 1)));
    }

    #[test]
    fn columns_count_characters_and_offsets_bytes() {
        let place = locate("\u{FEFF}é: ü\n".as_bytes(), &[Step::field("é")]).unwrap();
        assert_eq!((place.value.start.column, place.value.start.offset, place.value.end.offset), (4, 7, 9));
    }
}
