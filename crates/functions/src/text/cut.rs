//! Parts of a text: truncation, abbreviation.

use pintle_go::unicode::is_space;
use pintle_go::utf8::push;

/// `trunc`: the first `n` bytes, or for a negative `n` the last.
pub fn trunc(n: i64, s: &[u8]) -> &[u8] {
    let len = s.len() as i64;
    if n < 0 && len.saturating_add(n) > 0 {
        return &s[(len + n) as usize..];
    }
    if n >= 0 && len > n { &s[..n as usize] } else { s }
}

/// `substr`: bytes `start..end`; a negative start means 0, a negative or too great end the end of the text.
pub fn substr(start: i64, end: i64, s: &[u8]) -> Result<&[u8], String> {
    let len = s.len() as i64;
    if start < 0 {
        return match end {
            0.. if end <= len => Ok(&s[..end as usize]),
            0.. => Err(format!("runtime error: slice bounds out of range [:{end}] with length {len}")),
            _ => Err(format!("runtime error: slice bounds out of range [:{end}]")),
        };
    }
    let end = if end < 0 || end > len { len } else { end };
    if start > end {
        return Err(format!("runtime error: slice bounds out of range [{start}:{end}]"));
    }
    Ok(&s[start as usize..end as usize])
}

/// `abbrev`: at most `width` bytes, the last three of them an ellipsis where something was cut.
pub fn abbrev(width: i64, s: &[u8]) -> Vec<u8> {
    if width < 4 {
        return s.to_vec();
    }
    abbreviate(s, 0, width)
}

/// `abbrevboth`: like [`abbrev`], with the text before `left` cut too.
pub fn abbrevboth(left: i64, right: i64, s: &[u8]) -> Vec<u8> {
    if right < 4 || left > 0 && right < 7 {
        return s.to_vec();
    }
    abbreviate(s, left, right)
}

/// goutils' `AbbreviateFull` for a width of 4 or more.
fn abbreviate(s: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let len = s.len() as i64;
    if len <= width {
        return s.to_vec();
    }
    let mut offset = offset.min(len);
    if len.saturating_sub(offset) < width - 3 {
        offset = len - (width - 3);
    }
    if offset <= 4 {
        return [&s[..(width - 3) as usize], b"..."].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + width - 3 < len {
        return [b"...", abbreviate(&s[offset as usize..], 0, width - 3).as_slice()].concat();
    }
    [b"...", &s[(len - (width - 3)) as usize..]].concat()
}

/// goutils walks the bytes of the text and takes each for a character, so that UTF-8 comes out as Latin-1 in UTF-8.
fn latin1(s: &[u8]) -> impl Iterator<Item = char> + '_ {
    s.iter().map(|&b| char::from(b))
}

/// `initials`: the first letter of each word.
pub fn initials(s: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut gap = true;
    for c in latin1(s) {
        let space = is_space(c);
        if !space && gap {
            push(&mut out, c);
        }
        gap = space;
    }
    out
}

/// `nospace`: the text without white space; one that has none is left alone, whatever its bytes.
pub fn nospace(s: &[u8]) -> Vec<u8> {
    if !latin1(s).any(is_space) {
        return s.to_vec();
    }
    let mut out = Vec::with_capacity(s.len());
    for c in latin1(s).filter(|c| !is_space(*c)) {
        push(&mut out, c);
    }
    out
}
