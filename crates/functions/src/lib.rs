//! The template functions of Sprig and Helm.
pub mod bind;
#[cfg(feature = "crypto")]
pub mod crypto;
pub mod encoding;
pub mod glob;
pub mod limits;
pub mod number;
pub mod path;
pub mod regex;
pub mod semver;
pub mod text;
pub mod time;
pub mod toml;
pub mod unicode;
pub mod url;
pub mod world;
