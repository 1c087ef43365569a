//! Texts as Go's `strings` takes them apart and puts them together (Go 1.26).
//!
//! Takes and gives bytes: a Go string need not be UTF-8. Positions and lengths are in bytes. What may grow beyond the bounds of one
//! call fails (`crate::limits`); the rest never does.

use std::collections::HashSet;

use crate::limits;
use crate::unicode::{is_digit, is_letter, is_space, to_lower as lower, to_title, to_upper as upper};
use crate::utf8::{decode, decode_last, push, runes};

/// `strings.Index`: the first place of `needle` in `text`.
pub fn index(text: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, needle)
}

/// `strings.SplitN`: at most `n` parts, all for a negative `n`; an empty separator splits after each character.
pub fn split_n<'s>(text: &'s [u8], separator: &[u8], n: i64) -> Result<Vec<&'s [u8]>, String> {
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

/// `strings.ReplaceAll`: every `old` by `new`; an empty `old` stands before each character and at the end.
pub fn replace_all(text: &[u8], old: &[u8], new: &[u8]) -> Result<Vec<u8>, String> {
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

/// `strings.Repeat`: the text `count` times.
///
/// Errors: a negative count, in the words of Go's panic; a text that is too long.
pub fn repeat(count: i64, text: &[u8]) -> Result<Vec<u8>, String> {
    let count = usize::try_from(count).map_err(|_| "strings: negative Repeat count".to_owned())?;
    limits::text(text.len().checked_mul(count))?;
    Ok(text.repeat(count))
}

/// `strings.Map` for a mapping that never drops a rune: invalid bytes become U+FFFD only where the mapping is applied
/// to them, which it is for all of them.
pub fn map(bytes: &[u8], f: impl Fn(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (c, _) in runes(bytes) {
        push(&mut out, f(c));
    }
    out
}

/// `strings.ToUpper`
pub fn to_upper(s: &[u8]) -> Vec<u8> {
    if s.is_ascii() { s.to_ascii_uppercase() } else { map(s, upper) }
}

/// `strings.ToLower`
pub fn to_lower(s: &[u8]) -> Vec<u8> {
    if s.is_ascii() { s.to_ascii_lowercase() } else { map(s, lower) }
}

/// `strings.Title`, which is deprecated: for it an apostrophe begins a word.
pub fn title(s: &[u8]) -> Vec<u8> {
    let separator = |c: char| {
        if c.is_ascii() { !c.is_ascii_alphanumeric() && c != '_' } else { !is_letter(c) && !is_digit(c) && is_space(c) }
    };
    let mut previous = ' ';
    let mut out = Vec::with_capacity(s.len());
    for (c, _) in runes(s) {
        push(&mut out, if separator(previous) { to_title(c) } else { c });
        previous = c;
    }
    out
}

/// `strings.TrimSpace`: without the white space around it.
pub fn trim_space(s: &[u8]) -> &[u8] {
    trim_func(s, is_space)
}

/// `strings.Trim`: without the characters of `cutset` around it.
pub fn trim<'s>(s: &'s [u8], cutset: &[u8]) -> &'s [u8] {
    let cutset: HashSet<char> = runes(cutset).map(|(c, _)| c).collect();
    trim_func(s, |c| cutset.contains(&c))
}

/// `strings.TrimFunc`: without the characters around it that `cut` holds for.
pub fn trim_func(mut s: &[u8], cut: impl Fn(char) -> bool) -> &[u8] {
    while let (c, width @ 1..) = decode(s) {
        if !cut(c) {
            break;
        }
        s = &s[width..];
    }
    trim_right_func(s, cut)
}

/// `strings.TrimRightFunc`: without the characters at its end that `cut` holds for.
pub fn trim_right_func(mut s: &[u8], cut: impl Fn(char) -> bool) -> &[u8] {
    while let (c, width @ 1..) = decode_last(s) {
        if !cut(c) {
            break;
        }
        s = &s[..s.len() - width];
    }
    s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitting_and_repeating() {
        assert_eq!(split_n("aéb".as_bytes(), b"", -1).unwrap().len(), 3);
        assert_eq!(split_n(b"a,b,c", b",", 2).unwrap(), [&b"a"[..], b"b,c"]);
        assert_eq!(replace_all(b"abc", b"", b"-").unwrap(), b"-a-b-c-");
        assert_eq!(repeat(-1, b"a").unwrap_err(), "strings: negative Repeat count");
        assert!(repeat(i64::MAX, b"ab").is_err());
    }

    #[test]
    fn case_and_blanks() {
        assert_eq!(trim("éaxaé".as_bytes(), "éa".as_bytes()), b"x");
        assert_eq!(trim_space("\u{a0} x\t".as_bytes()), b"x");
        assert_eq!(title(b"it's a_b-c \xc3\xa9t\xc3\xa9"), "It'S A_b-C Été".as_bytes());
    }
}
