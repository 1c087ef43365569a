//! The functions from outside: what they answer, and what they cost.

#![allow(clippy::disallowed_methods, reason = "tests measure the time")]

mod growth;
mod properties;
mod recorded;
