//! The head of a manifest: what Helm reads of it to sort it.
//!
//! [`head_from_slice`] is sigs.k8s.io/yaml's `Unmarshal` into Helm's `SimpleHead` (helm.sh/helm/v4 pkg/release/v1/util):
//! the whole document must be sound, but only four fields of it are kept. Numbers and booleans where a string is wanted become
//! strings; anything else there is an error in the words of `encoding/json`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use pintle_value::Data;

use crate::Error;
use crate::decode::Decoder;
use crate::dynamic::Dynamic;
use crate::input::Input;
use crate::resolve::{Scalar, resolve};
use crate::tree::{Composer, NodeId, NodeKind, Tree};
use crate::typed::{Field, Reading, StructType, Target, fill, folds_to};

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
    with_tree(text, |head, _| head)
}

/// As [`head_from_slice`], with the whole document, unless it is empty.
pub fn head_and_tree(text: &[u8]) -> Result<(Head, Option<Tree<'static>>), Error> {
    with_tree(text, |head, tree| (head, tree.map(Tree::into_owned)))
}

fn with_tree<T>(text: &[u8], give: impl FnOnce(Head, Option<Tree<'_>>) -> T) -> Result<T, Error> {
    let input = Input::new(text);
    let converting = |e: Error| e.wrap("error converting YAML to JSON: ");
    let tree = match Composer::new(&input).next() {
        Ok(Some(tree)) => tree,
        Ok(None) => return Ok(give(Head::default(), None)),
        Err(e) => return Err(converting(*e)),
    };
    let root = if is_ordinary(&tree) { excerpt(&tree) } else { Decoder::new(&tree, false).document::<Dynamic>().map_err(|e| *e) };
    let mut data = Data::default();
    match fill(root.map_err(converting)?, &Target::Struct(&SIMPLE_HEAD), Reading::Lenient, &mut data)? {
        None => Ok(give(Head::from_data(&data), Some(tree))),
        Some(misfit) => Err(Error::new(format!("error unmarshaling JSON: while decoding JSON: {}", misfit.message))),
    }
}

/// `SimpleHead`
const SIMPLE_HEAD: StructType = StructType {
    name: "SimpleHead",
    go_type: "util.SimpleHead",
    fields: &[
        Field::Named("apiVersion", Target::String),
        Field::Named("kind", Target::String),
        Field::Named("metadata", Target::Pointer(&Target::Struct(&METADATA))),
    ],
};

const METADATA: StructType = StructType {
    name: "",
    go_type: "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }",
    fields: &[Field::Named("name", Target::String), Field::Named("annotations", Target::Map(&Target::String))],
};

impl Head {
    fn from_data(data: &Data) -> Head {
        let text = |data: &Data, key: &str| data.get(key).and_then(Data::as_str).unwrap_or_default().to_owned();
        let annotations = |data: &Data| {
            let map = data.get("annotations")?.as_map()?;
            Some(map.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect())
        };
        let metadata = |data: &Data| Metadata { name: text(data, "name"), annotations: annotations(data) };
        Head {
            api_version: text(data, "apiVersion"),
            kind: text(data, "kind"),
            metadata: data.get("metadata").filter(|data| !data.is_null()).map(metadata),
        }
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
