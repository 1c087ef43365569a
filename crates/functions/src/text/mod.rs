//! Sprig's string functions over Go strings, that is, bytes.
//!
//! Lengths and positions are in bytes, as in Go, and may cut a character in two. Where Go panics, the error is its panic's
//! text. Sources: Go's `strings`, Sprig 3.3, goutils 1.1, xstrings 1.5.

mod case;
mod cut;
mod random;
mod split;
mod wrap;

pub use case::{camelcase, kebabcase, lower, snakecase, swapcase, title, untitle, upper};
pub use cut::{abbrev, abbrevboth, initials, nospace, substr, trim_cutset, trim_space, trunc};
pub use random::{rand_alpha, rand_alpha_numeric, rand_ascii, rand_numeric, shuffle};
pub use split::{find, indent, repeat, replace, split};
pub use wrap::{wrap, wrap_with};

#[cfg(test)]
mod tests;
