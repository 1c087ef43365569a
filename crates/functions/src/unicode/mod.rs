//! Go's view of characters: categories, simple case mapping, and strings as bytes that are mostly UTF-8.
//!
//! A Go string may hold any bytes; decoding yields U+FFFD with width 1 for each byte that begins no valid sequence
//! (Go's `unicode/utf8`). Everything here takes bytes and never fails.

mod tables;

use tables::{ALTERNATING, CASE, DIGIT, LETTER, LOWER, NUMBER, PUNCT, TITLE, UPPER};

/// What Go decodes for a byte that begins no valid sequence.
pub const RUNE_ERROR: char = char::REPLACEMENT_CHARACTER;

/// Decodes the first rune of `bytes` and its width; `(U+FFFD, 1)` for an invalid byte, `(U+FFFD, 0)` for no bytes.
pub fn decode(bytes: &[u8]) -> (char, usize) {
    let Some(&first) = bytes.first() else {
        return (RUNE_ERROR, 0);
    };
    let width = match first {
        0..0x80 => return (first as char, 1),
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return (RUNE_ERROR, 1),
    };
    match bytes.get(..width).and_then(|b| std::str::from_utf8(b).ok()) {
        Some(s) => (s.chars().next().unwrap_or(RUNE_ERROR), width),
        None => (RUNE_ERROR, 1),
    }
}

/// Decodes the last rune of `bytes` and its width, by the rules of [`decode`].
pub fn decode_last(bytes: &[u8]) -> (char, usize) {
    let Some(&last) = bytes.last() else {
        return (RUNE_ERROR, 0);
    };
    if last < 0x80 {
        return (last as char, 1);
    }
    for width in 2..=4.min(bytes.len()) {
        let tail = &bytes[bytes.len() - width..];
        if let (c, w) = decode(tail)
            && w == width
        {
            return (c, width);
        }
    }
    (RUNE_ERROR, 1)
}

/// The runes of a Go string, each with its width in bytes.
pub fn runes(mut bytes: &[u8]) -> impl Iterator<Item = (char, usize)> + '_ {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let (c, width) = decode(bytes);
        bytes = &bytes[width..];
        Some((c, width))
    })
}

/// Appends a rune in UTF-8.
pub fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Go's `strings.Map` for a mapping that never drops a rune: invalid bytes become U+FFFD only where the mapping is applied
/// to them, which it is for all of them.
pub fn map(bytes: &[u8], f: impl Fn(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (c, _) in runes(bytes) {
        push(&mut out, f(c));
    }
    out
}

fn contains(table: &[(u32, u32, u32)], c: char) -> bool {
    let c = c as u32;
    let i = table.partition_point(|r| r.1 < c);
    table.get(i).is_some_and(|&(lo, _, stride)| lo <= c && (c - lo).is_multiple_of(stride))
}

/// `unicode.IsUpper`: category Lu.
pub fn is_upper(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { contains(UPPER, c) }
}

/// `unicode.IsLower`: category Ll.
pub fn is_lower(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_lowercase() } else { contains(LOWER, c) }
}

/// `unicode.IsTitle`: category Lt.
pub fn is_title(c: char) -> bool {
    contains(TITLE, c)
}

/// `unicode.IsLetter`: category L.
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { contains(LETTER, c) }
}

/// `unicode.IsDigit`: category Nd.
pub fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { contains(DIGIT, c) }
}

/// `unicode.IsNumber`: category N.
pub fn is_number(c: char) -> bool {
    contains(NUMBER, c)
}

/// `unicode.IsPunct`: category P.
pub fn is_punct(c: char) -> bool {
    contains(PUNCT, c)
}

/// `unicode.IsSpace`: the White_Space property.
pub fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

#[derive(Clone, Copy)]
enum Case {
    Upper,
    Lower,
    Title,
}

fn to(case: Case, c: char) -> char {
    let code = c as u32;
    let i = CASE.partition_point(|r| r.1 < code);
    let Some(&(lo, _, upper, lower, title)) = CASE.get(i).filter(|r| r.0 <= code) else {
        return c;
    };
    let delta = match case {
        Case::Upper => upper,
        Case::Lower => lower,
        Case::Title => title,
    };
    let mapped = if delta == ALTERNATING {
        // The first of the run is upper case (and title case), the next its lower case.
        lo + (((code - lo) & !1) | u32::from(matches!(case, Case::Lower)))
    } else {
        code.wrapping_add_signed(delta)
    };
    char::from_u32(mapped).unwrap_or(RUNE_ERROR)
}

/// `unicode.ToUpper`
pub fn to_upper(c: char) -> char {
    if c.is_ascii() { c.to_ascii_uppercase() } else { to(Case::Upper, c) }
}

/// `unicode.ToLower`
pub fn to_lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { to(Case::Lower, c) }
}

/// `unicode.ToTitle`
pub fn to_title(c: char) -> char {
    if c.is_ascii() { c.to_ascii_uppercase() } else { to(Case::Title, c) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_yields_one_error_per_invalid_byte() {
        let got: Vec<_> = runes(b"a\xffb\xe2\x82\xc3\xa9").collect();
        let e = RUNE_ERROR;
        assert_eq!(got, [('a', 1), (e, 1), ('b', 1), (e, 1), (e, 1), ('é', 2)]);
        assert_eq!(decode_last("x☃".as_bytes()), ('☃', 3));
        assert_eq!(decode_last(b"x\x83"), (e, 1));
    }

    #[test]
    fn case_mapping_is_one_to_one() {
        assert_eq!(to_upper('ß'), 'ß');
        assert_eq!(to_upper('ǆ'), 'Ǆ');
        assert_eq!(to_title('ǆ'), 'ǅ');
        assert_eq!(to_lower('İ'), 'i');
        assert_eq!(to_upper('ā'), 'Ā');
        assert_eq!(to_lower('Ā'), 'ā');
        assert!(is_upper('É') && !is_upper('Ⅷ') && is_punct('_') && is_number('½') && is_space('\u{85}'));
    }
}
