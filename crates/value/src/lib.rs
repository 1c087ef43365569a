//! Go's dynamic values: kinds, byte strings, shared maps, formatting, truth and comparison.
//!
//! [`Value`] is what templates compute with; [`Data`] is the plain tree that crosses threads and borders. [`fmt`] prints
//! values as Go's `fmt` package does, [`json`] writes and reads them as `encoding/json` does, [`types`] names Go's types and kinds.
//! [`budget`] bounds what a render may use up. The parts of Go's library that work on plain text and numbers are
//! in `pintle_go`.

pub mod budget;
mod data;
pub mod fmt;
pub mod json;
mod str;
pub mod types;
mod value;

pub use data::{Data, DataMap};
pub use str::Str;
pub use types::{IntKind, Kind, Method, NamedType, Signature, Type};
pub use value::{Entries, List, Map, Object, Value, Yaml};
