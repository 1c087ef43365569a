//! Wrapping at a column, as goutils does: columns are bytes, words end at blanks only.

use pintle_go::limits;
use pintle_go::strings::{index, repeat};

/// `wrap`: breaks lines at blanks; longer words stay whole.
pub fn wrap(width: i64, text: &[u8]) -> Result<Vec<u8>, String> {
    custom(text, width, b"\n", false)
}

/// `wrapWith`: breaks lines with `separator`, long words too.
pub fn wrap_with(width: i64, separator: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    custom(text, width, if separator.is_empty() { b"\n" } else { separator }, true)
}

fn custom(text: &[u8], width: i64, separator: &[u8], break_words: bool) -> Result<Vec<u8>, String> {
    let width = usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while text.len() - at > width {
        if text[at] == b' ' {
            at += 1;
            continue;
        }
        limits::text(out.len().checked_add(separator.len()))?;
        // One column more than fits: a blank there ends the line too.
        let (end, skip) = match text[at..=at + width].iter().rposition(|&b| b == b' ') {
            Some(blank) => (at + blank, 1),
            None if break_words => (at + width, 0),
            None => match index(&text[at + width..], b" ") {
                Some(blank) => (at + width + blank, 1),
                None => {
                    out.extend_from_slice(&text[at..]);
                    return Ok(out);
                }
            },
        };
        out.extend_from_slice(&text[at..end]);
        out.extend_from_slice(separator);
        at = end + skip;
    }
    out.extend_from_slice(&text[at..]);
    Ok(out)
}

/// `indent`: `spaces` blanks before each line.
pub fn indent(spaces: i64, text: &[u8]) -> Result<Vec<u8>, String> {
    let pad = repeat(spaces, b" ")?;
    let lines = memchr::memchr_iter(b'\n', text).count() + 1;
    let len = limits::text(lines.checked_mul(pad.len()).and_then(|n| n.checked_add(text.len())))?;
    let mut out = Vec::with_capacity(len);
    let mut from = 0;
    for newline in memchr::memchr_iter(b'\n', text) {
        out.extend_from_slice(&pad);
        out.extend_from_slice(&text[from..=newline]);
        from = newline + 1;
    }
    out.extend_from_slice(&pad);
    out.extend_from_slice(&text[from..]);
    Ok(out)
}
