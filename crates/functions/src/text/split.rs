//! Searching, splitting, replacing, repeating.

use crate::limits;
use crate::unicode::{decode, runes};

/// The first place of `needle` in `text`, as Go's `strings.Index` finds it.
pub fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, needle)
}

/// `strings.SplitN`: at most `n` parts, all for a negative `n`; an empty separator splits after each character.
pub fn split<'s>(text: &'s [u8], separator: &[u8], n: i64) -> Result<Vec<&'s [u8]>, String> {
    let limit = usize::try_from(n).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    if limit == 0 {
        return Ok(out);
    }
    let mut rest = text;
    if separator.is_empty() {
        while !rest.is_empty() && out.len() + 1 < limit {
            let (_, width) = decode(rest);
            limits::list(Some(out.len() + 1))?;
            out.push(&rest[..width]);
            rest = &rest[width..];
        }
        if !rest.is_empty() {
            out.push(rest);
        }
        return Ok(out);
    }
    let mut from = 0;
    for at in memchr::memmem::find_iter(text, separator).take(limit - 1) {
        limits::list(Some(out.len() + 1))?;
        out.push(&text[from..at]);
        from = at + separator.len();
    }
    rest = &text[from..];
    out.push(rest);
    Ok(out)
}

/// `replace`: every `old` by `new`; an empty `old` stands before each character and at the end.
pub fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let put =
        |out: &mut Vec<u8>, part: &[u8]| limits::text(out.len().checked_add(part.len())).map(|_| out.extend_from_slice(part));
    if old == new {
        return Ok(text.to_vec());
    }
    if old.is_empty() {
        put(&mut out, new)?;
        let mut at = 0;
        for (_, width) in runes(text) {
            put(&mut out, &text[at..at + width])?;
            put(&mut out, new)?;
            at += width;
        }
        return Ok(out);
    }
    let mut from = 0;
    for at in memchr::memmem::find_iter(text, old) {
        put(&mut out, &text[from..at])?;
        put(&mut out, new)?;
        from = at + old.len();
    }
    put(&mut out, &text[from..])?;
    Ok(out)
}

/// `repeat`: the text `count` times.
pub fn repeat(count: i64, text: &[u8]) -> Result<Vec<u8>, String> {
    let count = usize::try_from(count).map_err(|_| "strings: negative Repeat count".to_owned())?;
    limits::text(text.len().checked_mul(count))?;
    Ok(text.repeat(count))
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
