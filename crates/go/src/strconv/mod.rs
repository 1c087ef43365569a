//! Go's `strconv` (Go 1.26): numbers and quoted strings, written and read.

mod format;
mod parse;
mod quote;

/// `strconv.IsPrint`, which has tables of its own with the same content.
pub use crate::unicode::is_print;
pub use format::{format_float, format_float32};
pub use parse::{NumError, atoi, parse_bool, parse_float, parse_int, parse_uint};
pub use quote::{append_quote, append_quote_char, can_backquote, quote, quote_runes, unquote, unquote_rune};
