//! JSON as Go's `encoding/json` writes and reads it.
//!
//! [`to_string`] takes anything that implements [`Visit`]; YAML's emitter walks values through the same trait.
//! [`from_slice`] gives [`Data`](crate::Data), in which every number is a float.

mod decode;
mod encode;
mod float;
mod visit;

pub use decode::{
    Builder, DataBuilder, DecodeError, coerce_utf8, decode_prefix, decode_prefix_into, from_slice, kind, list_from_slice,
    map_from_slice,
};
pub use encode::{EncodeError, Options, to_string, to_string_with, write_string};
pub use float::format_json_float;
pub use visit::{Visit, Visitor, as_json};
