//! `strconv.Quote`, for the error messages that hold a key.

use std::fmt::Write;

/// `text` in Go's double quotes.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0C' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0B' => out.push_str("\\v"),
            ' '..='~' => out.push(c),
            '\0'..='\x7F' => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            _ if printable(c) => out.push(c),
            '\u{80}'..='\u{FFFF}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            _ => {
                let _ = write!(out, "\\U{:08x}", c as u32);
            }
        }
    }
    out.push('"');
    out
}

/// Near enough to `strconv.IsPrint`: Rust's `Debug` escapes what it holds unprintable, by the same tables.
fn printable(c: char) -> bool {
    c != '\u{AD}' && !c.is_whitespace() && c.escape_debug().count() == 1
}
