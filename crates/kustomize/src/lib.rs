//! `kustomize build` 5.7.1 in Rust, byte for byte.
//!
//! A build goes one way: [`load`] reads files, [`mod@kustomization`] understands the kustomization, `target` gathers what it
//! leads to as [`resource`]s in a [`resmap`], `generate` makes further ones, `transform` changes them, [`namereference`] lets
//! references follow names, [`mod@emit`] prints. [`build()`] does all of it for a folder, [`transform()`] for objects in memory.
//!
//! ```
//! use pintle_kustomize::{Kustomization, Options, SourceObject, transform};
//!
//! let (kustomization, _) = Kustomization::read(b"namePrefix: dev-\n", "kustomization.yaml").unwrap();
//! let object = SourceObject { text: b"{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}", file: "a.yaml" };
//! let output = transform(kustomization, "kustomization.yaml", ".", &[object], &Options::default()).unwrap();
//! assert_eq!(output.to_yaml().unwrap(), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dev-a\n");
//! ```

pub mod build;
pub mod config;
pub mod emit;
pub mod error;
pub mod fieldspec;
mod fold;
pub mod generate;
pub mod hash;
pub mod id;
pub mod json;
pub mod kustomization;
pub mod load;
pub mod merge;
pub mod namereference;
pub mod node;
mod origin;
pub mod parse;
pub mod path;
mod pathmatch;
mod pipeline;
mod plugin;
pub mod read;
pub mod resmap;
pub mod resolve;
pub mod resource;
pub mod rules;
pub mod schema;
pub mod select;
pub mod suggest;
mod target;
mod transform;
mod vars;

pub use build::{Build, HelmOptions, Object, Options, Output, Reorder, SourceObject, build, transform};
pub use error::Error;
pub use generate::helm::{ChartRequest, Inflate, NoCharts};
pub use kustomization::Kustomization;
pub use load::{Disk, FileSystem, LoadRestrictions, Rooted};
