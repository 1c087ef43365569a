//! One file per command: its arguments, and what they mean for the library.

pub mod build;
pub mod cluster;
pub mod cmp;
pub mod completions;
pub mod dependency;
pub mod diff;
pub mod graph;
pub mod helm;
pub mod init;
pub mod parity;
pub mod pflag;
pub mod render;
pub mod rules;
pub mod seal;
pub mod source;
pub mod template;
pub mod validate;
pub mod values;
pub mod world;
