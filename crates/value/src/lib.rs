//! Go's dynamic values: kinds, byte strings, shared maps, formatting, truth and comparison.

mod data;

pub use data::{Data, DataMap};
