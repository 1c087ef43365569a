//! The transformers, in the order in which a kustomization applies them (sigs.k8s.io/kustomize/api v0.20.1, internal/builtins).

mod annotations;
mod images;
mod json6902;
mod labels;
mod namespace;
mod patch;
mod prefix;
mod replacement;
mod replicas;
mod sort;
mod value_add;

pub(crate) use annotations::add_annotations;
pub(crate) use images::set_image;
pub(crate) use labels::add_labels;
pub(crate) use namespace::{NamespaceOptions, set_namespace};
pub(crate) use patch::{LoadedPatch, load_legacy_patches, load_patch};
pub(crate) use prefix::{Affix, add_affix};
pub(crate) use replacement::replace;
pub(crate) use replicas::set_replicas;
pub(crate) use sort::sort;
pub(crate) use value_add::{ValueAddTarget, add_value};
