//! The template functions of Sprig 3.3 and Helm 4.3.
//!
//! [`bind::helm`] gives them under their names for `pintle-template`; beneath it, every topic is a module of plain functions
//! over plain types, with Go's results, limits and error texts. What a function draws from outside its arguments comes from
//! a [`world::World`]. `semver`, `glob`, `regex`, `path` and `time` serve other crates too.

pub mod address;
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
