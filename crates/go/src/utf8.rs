//! Strings as Go has them, bytes that are mostly UTF-8: Go's `unicode/utf8` (Go 1.26).
//!
//! A Go string may hold any bytes; decoding yields U+FFFD with width 1 for each byte that begins no valid sequence. Everything
//! here takes bytes and never fails.

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
}
