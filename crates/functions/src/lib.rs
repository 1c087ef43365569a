//! The template functions of Sprig and Helm.
mod quote;
pub mod regex;
pub mod semver;
pub mod unicode;
pub mod world;
