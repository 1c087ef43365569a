//! What changed between two outputs, object by object.

use pintle_core::Result;
use pintle_core::diff::objects;

pub use pintle_core::diff::{Change, Diff, Identity, ObjectDiff};

/// Compares two streams of manifests. Values of secrets are hidden in the result.
///
/// ```
/// let before = "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {replicas: '2'}}";
/// let diff = pintle::diff::diff(before.as_bytes(), before.replace('2', "3").as_bytes())?;
/// assert_eq!(diff.objects[0].identity.to_string(), "ConfigMap web");
/// assert!(diff.objects[0].unified.contains("+  replicas: \"3\""));
/// # Ok::<(), pintle::Error>(())
/// ```
///
/// Errors: a document is invalid YAML or not an object.
pub fn diff(before: &[u8], after: &[u8]) -> Result<Diff> {
    Ok(pintle_core::diff::diff(&objects("before", before)?, &objects("after", after)?))
}
