//! JSON documents as schemas need them: numbers as they are written, nodes with numbers of their own and parents.
//!
//! A [`Document`] keeps its nodes in one vector and all text in one string; a node is an index. Of duplicate keys the last one
//! stays, and members are sorted by key.

use std::borrow::Cow;

use pintle_value::json::{self, Builder};

/// A node's index in its document.
pub(crate) type DocId = u32;

/// The node of the whole document.
pub(crate) const NO_PARENT: DocId = DocId::MAX;

#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Null,
    Bool(bool),
    Number(Span),
    String(Span),
    List(Span),
    Map(Span),
}

/// A member of a mapping.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    key: Span,
    /// The value.
    pub(crate) value: DocId,
}

/// What a node is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'d> {
    Null,
    Bool(bool),
    /// A number's text.
    Number(&'d str),
    String(&'d str),
    List(&'d [DocId]),
    Map(Members<'d>),
}

/// A mapping's members.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members<'d> {
    document: &'d Document,
    members: &'d [Member],
}

/// A JSON document.
#[derive(Debug, Default)]
pub(crate) struct Document {
    text: String,
    kinds: Vec<Kind>,
    parents: Vec<DocId>,
    members: Vec<Member>,
    items: Vec<DocId>,
    root: DocId,
}

/// The pieces of collections that are still open.
#[derive(Default)]
struct Reader {
    document: Document,
    open_members: Vec<Member>,
    open_items: Vec<DocId>,
}

impl Document {
    /// Reads `text` as santhosh's `UnmarshalJSON` does (loader.go); errors are Go's.
    pub(crate) fn parse(text: &[u8]) -> Result<Document, String> {
        // Indices are 32 bits wide; text is the largest thing that they count.
        if text.len() >= (u32::MAX / 4) as usize {
            return Err("schema is too large".to_owned());
        }
        let mut reader = Reader::default();
        let (root, end) = json::decode_prefix_into(text, &mut reader).map_err(|e| e.message)?;
        if !text[end..].iter().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
            return Err("invalid character after top-level value".to_owned());
        }
        let mut document = reader.document;
        document.root = root;
        Ok(document)
    }

    /// The document `true`.
    pub(crate) fn permissive() -> Document {
        Document { kinds: vec![Kind::Bool(true)], parents: vec![NO_PARENT], ..Document::default() }
    }

    /// The node of the whole document.
    pub(crate) fn root(&self) -> DocId {
        self.root
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    fn slice(&self, span: Span) -> &str {
        &self.text[span.start as usize..span.end as usize]
    }

    /// What a node is.
    pub(crate) fn content(&self, id: DocId) -> Content<'_> {
        match self.kinds[id as usize] {
            Kind::Null => Content::Null,
            Kind::Bool(b) => Content::Bool(b),
            Kind::Number(span) => Content::Number(self.slice(span)),
            Kind::String(span) => Content::String(self.slice(span)),
            Kind::List(span) => Content::List(&self.items[span.start as usize..span.end as usize]),
            Kind::Map(span) => Content::Map(self.members_of(span)),
        }
    }

    fn members_of(&self, span: Span) -> Members<'_> {
        Members { document: self, members: &self.members[span.start as usize..span.end as usize] }
    }

    /// The members, if the node is a mapping.
    pub(crate) fn map(&self, id: DocId) -> Option<Members<'_>> {
        match self.kinds[id as usize] {
            Kind::Map(span) => Some(self.members_of(span)),
            _ => None,
        }
    }

    /// The items, if the node is a list.
    pub(crate) fn list(&self, id: DocId) -> Option<&[DocId]> {
        match self.content(id) {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text, if the node is a string.
    pub(crate) fn string(&self, id: DocId) -> Option<&str> {
        match self.content(id) {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if the node is one.
    pub(crate) fn boolean(&self, id: DocId) -> Option<bool> {
        match self.kinds[id as usize] {
            Kind::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// The collection that a node is part of.
    pub(crate) fn parent(&self, id: DocId) -> Option<DocId> {
        Some(self.parents[id as usize]).filter(|parent| *parent != NO_PARENT)
    }

    /// The way from the document's node to `id`: keys, and positions in lists.
    pub(crate) fn path(&self, id: DocId) -> Vec<Cow<'_, str>> {
        let mut path = Vec::new();
        let mut at = id;
        while let Some(parent) = self.parent(at) {
            path.push(match self.content(parent) {
                Content::Map(members) => {
                    let member = members.members.iter().find(|m| m.value == at);
                    Cow::Borrowed(member.map_or("", |m| self.slice(m.key)))
                }
                Content::List(items) => items.iter().position(|item| *item == at).unwrap_or_default().to_string().into(),
                _ => Cow::Borrowed(""),
            });
            at = parent;
        }
        path.reverse();
        path
    }
}

impl<'d> Members<'d> {
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<DocId> {
        Some(self.members[self.position(key)?].value)
    }

    /// Where a key stands among the keys.
    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        self.members.binary_search_by(|m| self.document.slice(m.key).cmp(key)).ok()
    }

    /// The key and the value at a position.
    pub(crate) fn at(&self, position: usize) -> Option<(&'d str, DocId)> {
        let member = self.members.get(position)?;
        Some((self.document.slice(member.key), member.value))
    }

    /// Whether some key is one of those that give a schema a name or make it a reference.
    pub(crate) fn has_names(&self) -> bool {
        self.members.iter().any(|m| {
            let key = self.document.slice(m.key);
            key.starts_with('$') || key == "id"
        })
    }

    /// The text of a key's value, if it is a string.
    pub(crate) fn string(&self, key: &str) -> Option<&'d str> {
        self.document.string(self.get(key)?)
    }

    /// Keys and values, in the order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'d str, DocId)> + use<'d> {
        let document = self.document;
        self.members.iter().map(|m| (document.slice(m.key), m.value))
    }
}

impl Reader {
    fn add(&mut self, kind: Kind) -> DocId {
        self.document.kinds.push(kind);
        self.document.parents.push(NO_PARENT);
        (self.document.kinds.len() - 1) as DocId
    }

    fn keep(&mut self, text: &str) -> Span {
        let start = self.document.text.len() as u32;
        self.document.text.push_str(text);
        Span { start, end: self.document.text.len() as u32 }
    }
}

impl Builder for Reader {
    type Value = DocId;
    // Where the collection's pieces begin.
    type List = usize;
    type Map = usize;

    fn null(&mut self) -> DocId {
        self.add(Kind::Null)
    }

    fn boolean(&mut self, value: bool) -> DocId {
        self.add(Kind::Bool(value))
    }

    fn number(&mut self, text: &str, _: usize) -> DocId {
        let span = self.keep(text);
        self.add(Kind::Number(span))
    }

    fn string(&mut self, text: Cow<'_, str>) -> DocId {
        let span = self.keep(&text);
        self.add(Kind::String(span))
    }

    fn list(&mut self) -> usize {
        self.open_items.len()
    }

    fn item(&mut self, _: &mut usize, item: DocId) {
        self.open_items.push(item);
    }

    fn end_list(&mut self, begin: usize) -> DocId {
        let document = &mut self.document;
        let start = document.items.len() as u32;
        document.items.extend(self.open_items.drain(begin..));
        let span = Span { start, end: document.items.len() as u32 };
        let id = self.add(Kind::List(span));
        for at in span.start..span.end {
            let item = self.document.items[at as usize];
            self.document.parents[item as usize] = id;
        }
        id
    }

    fn map(&mut self) -> usize {
        self.open_members.len()
    }

    fn entry(&mut self, _: &mut usize, key: Cow<'_, str>, value: DocId) {
        let key = self.keep(&key);
        self.open_members.push(Member { key, value });
    }

    fn end_map(&mut self, begin: usize) -> DocId {
        let document = &mut self.document;
        let start = document.members.len() as u32;
        let text = &document.text;
        let key = |m: &Member| &text[m.key.start as usize..m.key.end as usize];
        let open = &mut self.open_members[begin..];
        open.sort_by(|a, b| key(a).cmp(key(b)));
        for (i, member) in open.iter().enumerate() {
            if open.get(i + 1).is_none_or(|next| key(next) != key(member)) {
                document.members.push(*member);
            }
        }
        self.open_members.truncate(begin);
        let span = Span { start, end: document.members.len() as u32 };
        let id = self.add(Kind::Map(span));
        for at in span.start..span.end {
            let value = self.document.members[at as usize].value;
            self.document.parents[value as usize] = id;
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_know_their_way() {
        let document = Document::parse(br#"{"b": [1, {"c/d": 2.50}], "a": null, "b2": "x\ny"}"#).unwrap();
        let root = document.map(document.root()).unwrap();
        assert_eq!(root.iter().map(|(k, _)| k).collect::<Vec<_>>(), ["a", "b", "b2"]);
        let list = document.list(root.get("b").unwrap()).unwrap();
        let leaf = document.map(list[1]).unwrap().get("c/d").unwrap();
        assert!(matches!(document.content(leaf), Content::Number("2.50")));
        assert_eq!(document.path(leaf), ["b", "1", "c/d"]);
        assert_eq!(root.string("b2"), Some("x\ny"));
    }

    #[test]
    fn the_last_duplicate_stays() {
        let document = Document::parse(br#"{"a": 1, "b": 2, "a": 3}"#).unwrap();
        let root = document.map(document.root()).unwrap();
        assert_eq!(root.len(), 2);
        assert!(matches!(document.content(root.get("a").unwrap()), Content::Number("3")));
    }

    // Recorded with santhosh-tekuri/jsonschema v6.0.3: UnmarshalJSON.
    #[test]
    fn errors_are_gos() {
        for (text, message) in [
            ("", "EOF"),
            ("{", "unexpected EOF"),
            ("{} x", "invalid character after top-level value"),
            ("{]", "invalid character ']' looking for beginning of object key string"),
        ] {
            assert_eq!(Document::parse(text.as_bytes()).unwrap_err(), message);
        }
    }
}
