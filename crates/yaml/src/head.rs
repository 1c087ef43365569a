//! The head of a manifest: what Helm reads of it to sort it.
//!
//! [`head_from_slice`] is sigs.k8s.io/yaml's `Unmarshal` into Helm's `SimpleHead` (helm.sh/helm/v4 pkg/release/v1/util):
//! the whole document must be sound, but only four fields of it are kept. Numbers and booleans where a string is wanted become
//! strings; anything else there is an error in the words of `encoding/json`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::Error;
use crate::data::{check_dynamic, key_text};
use crate::decode::Decoder;
use crate::dynamic::Dynamic;
use crate::input::Input;
use crate::resolve::{Scalar, resolve};
use crate::tree::{Composer, NodeId, NodeKind, Tree};
use crate::typed::{coerced, folds_to, is_null, kind};

/// What Helm knows of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata`, if there is one
    pub metadata: Option<Metadata>,
}

/// What Helm knows of a manifest's metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `name`
    pub name: String,
    /// `annotations`, if there are any
    pub annotations: Option<BTreeMap<String, String>>,
}

/// Reads the head of the first document of `text`.
///
/// ```
/// let head = pintle_yaml::head_from_slice(b"kind: Job\nmetadata: {name: 42}").unwrap();
/// assert_eq!((head.kind.as_str(), head.metadata.unwrap().name.as_str()), ("Job", "42"));
/// ```
pub fn head_from_slice(text: &[u8]) -> Result<Head, Error> {
    let input = Input::new(text);
    let converting = |e: Error| e.wrap("error converting YAML to JSON: ");
    let tree = match Composer::new(&input).next() {
        Ok(Some(tree)) => tree,
        Ok(None) => return Ok(Head::default()),
        Err(e) => return Err(converting(*e)),
    };
    let root = if is_ordinary(&tree) {
        excerpt(&tree)
    } else {
        Decoder::new(&tree, false).document::<Dynamic>().map_err(|e| *e).and_then(checked)
    };
    let mut reader = Reader { error: None };
    let head = reader.head(&root.map_err(converting)?);
    match reader.error {
        None => Ok(head),
        Some(message) => Err(Error::new(format!("error unmarshaling JSON: while decoding JSON: {message}"))),
    }
}

/// Whether a document has nothing that could make it unsound: no tags, aliases or merges, string keys, finite numbers.
fn is_ordinary(tree: &Tree<'_>) -> bool {
    if tree.deep || !tree.is_bare() {
        return false;
    }
    let odd_value = |text: &str| {
        let number = text.trim_start_matches(['+', '-']);
        matches!(number, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
    };
    let odd_key = |text: &str| {
        matches!(text, "" | "~" | "null" | "Null" | "NULL" | "<<")
            || matches!(text.as_bytes(), [b'.' | b'+' | b'-' | b'0'..=b'9', ..])
    };
    (0..tree.nodes.len()).all(|id| match tree.node(id).kind {
        NodeKind::Scalar => !(tree.node(id).implicit && odd_value(&tree.node(id).value)),
        NodeKind::Alias => false,
        NodeKind::Sequence => true,
        NodeKind::Mapping => tree.pairs(id).all(|(key, _)| {
            let key = tree.node(key);
            key.kind == NodeKind::Scalar && !(key.implicit && odd_key(&key.value))
        }),
    })
}

/// The parts of an ordinary document that the head is made of.
fn excerpt(tree: &Tree<'_>) -> Result<Dynamic, Error> {
    let mut decoder = Decoder::new(tree, false);
    let mut part = |id: NodeId| decoder.value::<Dynamic>(id).map_err(|e| *e);
    let root = tree.root();
    if tree.node(root).kind != NodeKind::Mapping {
        return part(root);
    }
    let fields = ["apiVersion", "kind", "metadata"];
    let mut entries: Vec<(Scalar<'static>, Dynamic)> = Vec::new();
    for (key, value) in tree.pairs(root) {
        let name = &tree.node(key).value;
        if !fields.iter().any(|field| folds_to(name, field)) {
            continue;
        }
        let value = part(value)?;
        let plain = tree.node(key).implicit;
        let Ok(key) = resolve(None, &Cow::Owned(name.to_string()), plain) else { continue };
        entries.retain(|(k, _)| *k != key);
        entries.push((key, value));
    }
    Ok(Dynamic::Map(entries))
}

/// The document, if everything in it has a place in JSON. What becomes a string need not.
fn checked(mut root: Dynamic) -> Result<Dynamic, Error> {
    coerce_fields(&mut root, &mut |name, value| match field(name, &["apiVersion", "kind", "metadata"]) {
        Some("metadata") => coerce_fields(value, &mut |name, value| match field(name, &["name", "annotations"]) {
            Some("annotations") => coerce_fields(value, &mut |_, value| coerce(value)),
            Some(_) => coerce(value),
            None => {}
        }),
        Some(_) => coerce(value),
        None => {}
    });
    check_dynamic(&root)?;
    Ok(root)
}

fn coerce_fields(value: &mut Dynamic, then: &mut impl FnMut(&str, &mut Dynamic)) {
    if let Dynamic::Map(entries) = value {
        for (key, value) in entries {
            if let Some(name) = key_text(key) {
                then(&name, value);
            }
        }
    }
}

/// Makes a number or a boolean the string that it becomes where one is wanted.
fn coerce(value: &mut Dynamic) {
    if let Dynamic::Scalar(scalar) = value
        && let Some(text) = coerced(scalar)
    {
        *scalar = Scalar::Str(Cow::Owned(text));
    }
}

/// The field that encoding/json finds for a key: the one of that name, or else of that name but for case.
fn field<'f>(key: &str, fields: &[&'f str]) -> Option<&'f str> {
    let exact = fields.iter().find(|field| **field == key);
    exact.or_else(|| fields.iter().find(|field| folds_to(key, field))).copied()
}

/// encoding/json filling the fields; the first value that does not fit is the error.
struct Reader {
    error: Option<String>,
}

const METADATA: &str = "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }";

impl Reader {
    fn mismatch(&mut self, value: &Dynamic, place: &str, go_type: &str) {
        self.error.get_or_insert_with(|| format!("json: cannot unmarshal {} into Go {place} of type {go_type}", kind(value)));
    }

    fn head(&mut self, root: &Dynamic) -> Head {
        let mut head = Head::default();
        for (name, value) in self.members(root, "value", "util.SimpleHead") {
            match field(&name, &["apiVersion", "kind", "metadata"]) {
                Some("apiVersion") => self.string(value, "struct field SimpleHead.apiVersion", &mut head.api_version),
                Some("kind") => self.string(value, "struct field SimpleHead.kind", &mut head.kind),
                Some(_) if is_null(value) => head.metadata = None,
                Some(_) => self.metadata(value, head.metadata.get_or_insert_default()),
                None => {}
            }
        }
        head
    }

    fn metadata(&mut self, value: &Dynamic, metadata: &mut Metadata) {
        for (name, value) in self.members(value, "struct field SimpleHead.metadata", METADATA) {
            match field(&name, &["name", "annotations"]) {
                Some("name") => self.string(value, "struct field .metadata.name", &mut metadata.name),
                Some(_) if is_null(value) => metadata.annotations = None,
                Some(_) => {
                    let place = "struct field .metadata.annotations";
                    let annotations = metadata.annotations.get_or_insert_default();
                    for (name, value) in self.members(value, place, "map[string]string") {
                        let mut text = String::new();
                        self.string(value, place, &mut text);
                        annotations.insert(name, text);
                    }
                }
                None => {}
            }
        }
    }

    /// A mapping's members in the order of their names, as they stand in JSON.
    fn members<'d>(&mut self, value: &'d Dynamic, place: &str, go_type: &str) -> Vec<(String, &'d Dynamic)> {
        match value {
            Dynamic::Map(entries) => {
                let mut members: Vec<_> = entries.iter().filter_map(|(k, v)| Some((key_text(k)?, v))).collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                members
            }
            Dynamic::Scalar(Scalar::Null) => Vec::new(),
            other => {
                self.mismatch(other, place, go_type);
                Vec::new()
            }
        }
    }

    fn string(&mut self, value: &Dynamic, place: &str, into: &mut String) {
        match value {
            Dynamic::Scalar(Scalar::Null) => {}
            Dynamic::Scalar(Scalar::Str(s)) => *into = s.to_string(),
            Dynamic::Scalar(scalar) => *into = coerced(scalar).unwrap_or_default(),
            other => self.mismatch(other, place, "string"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        head_from_slice(text.as_bytes()).unwrap_err().message
    }

    // Recorded with Helm 4.3.1's SimpleHead and sigs.k8s.io/yaml v1.6.0.
    #[test]
    fn what_does_not_fit_is_an_error() {
        let json = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ";
        assert_eq!(error("kind: [a]"), format!("{json}array into Go struct field SimpleHead.kind of type string"));
        assert_eq!(
            error("metadata: {annotations: {a: [x]}}"),
            format!("{json}array into Go struct field .metadata.annotations of type string")
        );
        assert_eq!(error("a"), format!("{json}string into Go value of type util.SimpleHead"));
    }

    #[test]
    fn numbers_become_strings() {
        let head =
            head_from_slice(b"apiVersion: 1\nKIND: yes\nmetadata:\n  name: 1e6\n  annotations: {a: 0x10, b: .5, c: }").unwrap();
        let metadata = head.metadata.unwrap();
        assert_eq!((head.api_version.as_str(), head.kind.as_str(), metadata.name.as_str()), ("1", "true", "1e+06"));
        let annotations: Vec<_> = metadata.annotations.unwrap().into_iter().collect();
        assert_eq!(annotations, [("a", "16"), ("b", "0.5"), ("c", "")].map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
}
