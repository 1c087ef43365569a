//! TOML as BurntSushi/toml 1.6 writes and reads it for `toToml` and `fromToml`.
//!
//! The crate `toml` can't take its place: it answers 2 of the 10 recorded cases that come to TOML as Helm does, and those 2 ask for a
//! type alone. Go's library indents nested tables, writes a header for each table on the way to another, drops nil, and writes texts,
//! numbers and times without a key; the crate writes none of that (1.1). `fromToml` gives errors as values, in the library's words.

mod decode;
mod encode;
mod lex;

pub use decode::decode;
pub use encode::encode;

/// A key as TOML writes it: bare where its characters allow, else quoted.
fn key_text(out: &mut Vec<u8>, key: &[u8]) {
    let bare = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'-';
    if !key.is_empty() && key.iter().all(bare) {
        out.extend_from_slice(key);
    } else {
        quote(out, key);
    }
}

/// A basic string; only control characters, quotes and backslashes are escaped.
fn quote(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &b in text {
        match b {
            b'"' | b'\\' => out.extend([b'\\', b]),
            8 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            12 => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..0x20 | 0x7F => out.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
            _ => out.push(b),
        }
    }
    out.push(b'"');
}
