//! Packing charts.

use std::path::Path;

use pintle_core::Result;
use pintle_core::load::LoadOptions;

pub use pintle_core::package::Package;

/// Packs the chart in a folder, as `helm package` does: what `.helmignore` names stays out. The same files give the same bytes.
///
/// Errors: those of loading the chart.
pub fn pack(folder: impl AsRef<Path>) -> Result<Package> {
    pintle_core::package::pack(folder.as_ref(), &LoadOptions::default())
}
