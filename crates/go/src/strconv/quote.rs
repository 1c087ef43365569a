//! Quoted strings, written and read.

use crate::unicode::is_print;
use crate::utf8::{RUNE_ERROR, decode};

/// `strconv.AppendQuote`, or `AppendQuoteToASCII` with `ascii`.
pub fn append_quote(out: &mut Vec<u8>, s: &[u8], ascii: bool) {
    append_quote_with(out, s, b'"', ascii);
}

/// `%q` of a `[]rune`: its characters, each in quotes.
pub fn quote_runes(text: &str) -> String {
    let mut out = vec![b'['];
    for (i, c) in text.chars().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        append_quote_char(&mut out, c, false);
    }
    out.push(b']');
    String::from_utf8_lossy(&out).into_owned()
}

/// `strconv.AppendQuoteRune`, or `AppendQuoteRuneToASCII` with `ascii`.
pub fn append_quote_char(out: &mut Vec<u8>, c: char, ascii: bool) {
    append_quote_with(out, c.encode_utf8(&mut [0; 4]).as_bytes(), b'\'', ascii);
}

fn append_quote_with(out: &mut Vec<u8>, s: &[u8], quote: u8, ascii: bool) {
    out.push(quote);
    let mut rest = s;
    while !rest.is_empty() {
        let (c, n) = decode(rest);
        match c {
            RUNE_ERROR if n == 1 => out.extend_from_slice(format!("\\x{:02x}", rest[0]).as_bytes()),
            c if c == quote as char || c == '\\' => out.extend_from_slice(&[b'\\', c as u8]),
            c if (c.is_ascii() || !ascii) && is_print(c) => out.extend_from_slice(&rest[..n]),
            '\x07' => out.extend_from_slice(b"\\a"),
            '\x08' => out.extend_from_slice(b"\\b"),
            '\x0c' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\x0b' => out.extend_from_slice(b"\\v"),
            c if c < ' ' || c == '\x7f' => out.extend_from_slice(format!("\\x{:02x}", c as u32).as_bytes()),
            c if (c as u32) < 0x10000 => out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes()),
            c => out.extend_from_slice(format!("\\U{:08x}", c as u32).as_bytes()),
        }
        rest = &rest[n..];
    }
    out.push(quote);
}

/// `strconv.Quote`; what it makes is UTF-8.
pub fn quote(s: &[u8]) -> String {
    let mut out = Vec::with_capacity(s.len() + 2);
    append_quote(&mut out, s, false);
    String::from_utf8(out).unwrap_or_default()
}

/// `strconv.CanBackquote`.
pub fn can_backquote(s: &[u8]) -> bool {
    std::str::from_utf8(s).is_ok_and(|t| t.chars().all(|c| c == '\t' || c >= ' ' && c != '`' && c != '\x7f' && c != '\u{feff}'))
}

/// `strconv.UnquoteChar`: the first character or byte of a quoted literal and the length read.
///
/// A byte of `\x` and octal escapes stays a byte, as in Go.
fn unquote_char(s: &[u8], quote: u8) -> Option<(Result<char, u8>, usize)> {
    match *s.first()? {
        c if c == quote => None,
        b'\\' => {
            let c = *s.get(1)?;
            let simple = |b: u8| Some((Ok(b as char), 2));
            match c {
                b'a' => simple(7),
                b'b' => simple(8),
                b'f' => simple(12),
                b'n' => simple(b'\n'),
                b'r' => simple(b'\r'),
                b't' => simple(b'\t'),
                b'v' => simple(11),
                b'\\' => simple(b'\\'),
                b'\'' | b'"' if c == quote => simple(c),
                b'x' | b'u' | b'U' => {
                    let n = match c {
                        b'x' => 2,
                        b'u' => 4,
                        _ => 8,
                    };
                    let digits = s.get(2..2 + n)?;
                    let mut v: u32 = 0;
                    for d in digits {
                        v = v.checked_mul(16)?.checked_add((*d as char).to_digit(16)?)?;
                    }
                    if c == b'x' { Some((Err(v as u8), 4)) } else { Some((Ok(char::from_u32(v)?), 2 + n)) }
                }
                b'0'..=b'7' => {
                    let mut v = 0;
                    for d in s.get(1..4)? {
                        v = v * 8 + (*d as char).to_digit(8)?;
                    }
                    if v > 255 { None } else { Some((Err(v as u8), 4)) }
                }
                _ => None,
            }
        }
        _ => {
            let (c, n) = decode(s);
            Some((Ok(c), n))
        }
    }
}

/// `strconv.Unquote`: the text of a Go literal in double quotes, back quotes or (one character) single quotes.
pub fn unquote(s: &[u8]) -> Option<Vec<u8>> {
    let (&q, rest) = s.split_first()?;
    let (&last, body) = rest.split_last()?;
    if last != q {
        return None;
    }
    match q {
        b'`' => {
            if body.contains(&b'`') {
                return None;
            }
            if !body.contains(&b'\r') {
                return Some(body.to_vec());
            }
            Some(body.iter().copied().filter(|b| *b != b'\r').collect())
        }
        b'"' if !body.iter().any(|b| matches!(b, b'"' | b'\\' | b'\n') || !b.is_ascii()) => Some(body.to_vec()),
        b'"' | b'\'' => {
            let mut out = Vec::with_capacity(body.len());
            let mut rest = body;
            let mut n = 0;
            while !rest.is_empty() {
                if rest[0] == b'\n' {
                    return None;
                }
                let (c, width) = unquote_char(rest, q)?;
                match c {
                    Ok(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    Err(byte) => out.push(byte),
                }
                rest = &rest[width..];
                n += 1;
            }
            if q == b'\'' && n != 1 { None } else { Some(out) }
        }
        _ => None,
    }
}

/// The value of a character literal such as `'a'` or `'\n'`, for the number that a template makes of it.
pub fn unquote_rune(s: &[u8]) -> Option<u32> {
    let body = s.strip_prefix(b"'")?.strip_suffix(b"'")?;
    let (c, n) = unquote_char(body, b'\'')?;
    if n != body.len() {
        return None;
    }
    Some(match c {
        Ok(c) => c as u32,
        Err(b) => b as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_strconv() {
        for (s, want) in [
            ("a\"b\\", r#""a\"b\\""#),
            ("é☃", r#""é☃""#),
            ("\u{7f}\u{0}", r#""\x7f\x00""#),
            ("\u{feff}", r#""\ufeff""#),
            ("a\u{301}", "\"a\u{301}\""),
            ("\u{301}", "\"\u{301}\""),
            ("\u{2028}", r#""\u2028""#),
            ("\u{a0}", r#""\u00a0""#),
            // Letters of Unicode 16 and 17.
            ("\u{1c89}\u{a7ce}\u{10d4a}", r#""\u1c89\ua7ce\U00010d4a""#),
        ] {
            assert_eq!(quote(s.as_bytes()), want);
        }
        assert_eq!(quote(b"\xff"), r#""\xff""#);
    }

    #[test]
    fn unquotes_what_it_quotes() {
        assert_eq!(unquote(br#""\u00e9\x41\101\n""#).unwrap(), "éAA\n".as_bytes());
        assert_eq!(unquote(b"`a\r\\n`").unwrap(), b"a\\n");
        assert_eq!(unquote(br#""\'""#), None);
        assert_eq!(unquote(b"\"a\nb\""), None);
        assert_eq!(unquote_rune(b"'a'"), Some(97));
        assert_eq!(unquote_rune(b"'ab'"), None);
    }
}
