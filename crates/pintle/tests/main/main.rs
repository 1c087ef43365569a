//! The library as its users see it.

#![allow(clippy::disallowed_methods, reason = "tests read the sources, and users have threads")]

mod api;
mod library;
