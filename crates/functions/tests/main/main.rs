//! The functions from outside: what they answer, and what they cost.

mod growth;
mod properties;
mod recorded;
