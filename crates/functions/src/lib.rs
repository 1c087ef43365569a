//! The template functions of Sprig 3.3 and Helm 4.3.
//!
//! [`bind::helm`] gives them under their names for `pintle-template`; beneath it, every topic is a module of plain functions
//! over plain types, with Go's results, limits and error texts. What a function draws from outside its arguments comes from
//! a [`world::World`]. Go's own library is in `pintle_go`; `semver`, `glob` and `toml`, which follow other Go modules, serve
//! other crates too.

pub mod bind;
#[cfg(feature = "crypto")]
pub mod crypto;
pub mod encoding;
pub mod glob;
pub mod number;
pub mod semver;
pub mod text;
pub mod toml;
pub mod world;
