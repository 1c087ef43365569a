//! Objects that a kustomization makes: config maps, secrets, charts.

pub mod helm;
mod kv;
mod map;

pub(crate) use map::{IamPolicyArgs, iam_policy, merge_options};
pub use map::{config_map, secret};
