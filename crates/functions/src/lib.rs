//! The template functions of Sprig and Helm.
pub mod limits;
pub mod number;
mod quote;
pub mod regex;
pub mod semver;
pub mod text;
pub mod time;
pub mod unicode;
pub mod world;
