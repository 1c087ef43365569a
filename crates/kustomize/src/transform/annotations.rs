//! commonAnnotations (filters/annotations).

use super::labels::set_entries;
use crate::build::Build;
use crate::fieldspec::FieldSpec;
use crate::resmap::ResMap;
use crate::resource::StringMap;

/// Adds annotations wherever the specifications say.
pub(crate) fn add_annotations(
    b: &mut Build,
    map: &mut ResMap,
    annotations: &StringMap,
    specs: &[FieldSpec],
) -> Result<(), String> {
    set_entries(b, map, annotations, specs)
}
