//! YAML read and written as Go's libraries do, with source positions.
//!
//! Helm reads values files and manifests with sigs.k8s.io/yaml, which is go.yaml.in/yaml/v2 and a detour through JSON. This
//! crate follows both to the byte: what is accepted, what it means, and the words of every error.
//!
//! Reading is `input` (bytes to checked text), `scanner` (tokens), `parser` (events), [`Tree`] (nodes with spans), `decode`
//! with `resolve` (values), and [`from_slice`] and its relatives on top. Writing is `emit`: [`to_yaml`] and [`to_yaml_pretty`].

mod data;
mod decode;
mod dynamic;
mod emit;
mod error;
mod head;
mod input;
mod lines;
mod locate;
mod number;
mod parser;
mod resolve;
mod scanner;
mod split;
mod structure;
mod timestamp;
mod tree;
mod typed;

pub use data::{from_slice, from_slice_strict, list_from_slice, map_from_slice, map_from_slice_strict};
pub use decode::MAX_DEPTH;
pub use emit::{to_yaml, to_yaml_pretty};
pub use error::Error;
pub use head::{Head, Metadata, head_and_tree, head_from_slice};
pub use locate::{Place, locate};
pub use scanner::Style;
pub use split::split_documents;
pub use structure::{Typed, members};
pub use timestamp::Timestamp;
pub use tree::{Node, NodeId, NodeKind, Pos, Span, Tree, composed};
pub use typed::{Field, Reading, StructType, Target, folds_to, from_slice_into, from_slice_typed};
