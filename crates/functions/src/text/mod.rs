//! Sprig's string functions over Go strings, that is, bytes.
//!
//! Lengths and positions are in bytes, as in Go, and may cut a character in two. Where Go panics, the error is its panic's
//! text. Sources: Sprig 3.3, goutils 1.1, xstrings 1.5; what is Go's own `strings` is in [`pintle_go::strings`].

mod case;
mod cut;
mod random;
mod wrap;

pub use case::{camelcase, kebabcase, snakecase, swapcase, untitle};
pub use cut::{abbrev, abbrevboth, initials, nospace, substr, trunc};
pub use random::{rand_alpha, rand_alpha_numeric, rand_ascii, rand_numeric, shuffle};
pub use wrap::{indent, wrap, wrap_with};

#[cfg(test)]
mod tests;
