//! Schemas and patterns that are sound at first sight, and so need no metaschema and no compiled expression.

use crate::document::{DocId, Document};
use crate::draft::Dialect;

/// Whether a pattern is certainly a regular expression.
pub(crate) fn is_plain_pattern(_: &str) -> bool {
    false
}

/// Whether a schema certainly fits its metaschema.
pub(crate) fn is_plain_schema(_: &Dialect, _: &Document, _: DocId) -> bool {
    false
}
