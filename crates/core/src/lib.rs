//! The engine of Pintle. Programs use the crate `pintle`, whose interface is kept.
//!
//! The way of a render, each step a module: [`load`] a chart, [`merge`] values, check them by [`values_schema`], [`mod@render`] templates, [`mod@arrange`] manifests,
//! [`emit`] bytes. [`render()`] goes all the way from chart to [`Release`].

pub mod ahead;
pub mod arrange;
pub mod capabilities;
pub mod checks;
pub mod cluster;
mod compat;
mod deserialize;
pub mod diagnostic;
pub mod diff;
pub mod emit;
mod functions;
pub mod lint;
pub mod load;
pub mod merge;
pub mod overlay;
pub mod package;
pub mod project;
pub mod provenance;
pub mod release;
pub mod render;
pub mod request;
pub mod rules;
pub mod secrets;
pub mod show;
pub mod values_schema;

pub use compat::Compat;
pub use diagnostic::{Diagnostic, Error, Result, Severity, Span, Trace};
pub use load::{Chart, LoadOptions};
pub use merge::options::{Values, ValuesFile, ValuesOptions};
pub use pintle_functions::world;
pub use pintle_functions::world::Drawn;
pub use pintle_value::budget::Limits;
pub use pintle_value::{Data, DataMap};
pub use release::{Options, Release, render};
pub use request::{Outcome, Request};
