//! Objects that a kustomization makes: config maps, secrets, charts.

pub mod helm;
mod kv;
mod map;

pub use map::{config_map, secret};
pub(crate) use map::{iam_policy, merge_options};
