//! One file per command: its arguments, and what they mean for the library.

pub mod completions;
pub mod render;
pub mod template;
pub mod values;
