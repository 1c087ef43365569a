//! Schemas: where they come from, and what they say of a document.
//!
//! `store` finds the schema of a kind: in the binary, among the CRDs of the run, or at a location that the user names. `model` is
//! a compiled schema. Built-in kinds are read as Go reads them (`decode`); custom resources and JSON Schemas as the API server
//! checks structural schemas (`structural`, with `prune` before it and CEL rules behind it).

pub mod decode;
pub mod format;
pub mod location;
pub mod model;
pub mod pattern;
pub mod prune;
pub mod quantity;
pub mod store;
pub mod structural;
