//! The reader: bytes in, checked text out.
//!
//! Takes the bytes of a stream; finds the encoding and the first character that YAML forbids. go-yaml decodes its input in
//! pieces of 512 bytes, so an error further on is reported only when the scanner asks for that piece; [`Input`] keeps
//! that order for the rare documents that hold such a character, and costs nothing for the others
//! (go.yaml.in/yaml/v2, readerc.go).

use std::borrow::Cow;

/// How many raw bytes go-yaml decodes at a time.
const CHUNK: usize = 512;

const INCOMPLETE_UTF8: &str = "incomplete UTF-8 octet sequence";
const CONTROL: &str = "control characters are not allowed";

/// A stream, checked.
pub(crate) struct Input<'a> {
    /// What could be decoded: everything, or what stands before the first fault.
    pub text: Cow<'a, str>,
    /// What is wrong after `text`, and how many bytes the offending character would take.
    pub fault: Option<Fault>,
    /// Whether the text is ASCII, so that bytes and characters are the same count.
    pub ascii: bool,
    /// Bytes of the byte order mark that stood before `text`.
    pub mark: usize,
    /// Whether the raw bytes were UTF-16.
    pub wide: bool,
}

/// A character that YAML forbids.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// Go's text.
    pub problem: &'static str,
    /// The raw bytes that must have been read for go-yaml to notice.
    pub width: usize,
    /// Whether only the end of the input shows it.
    pub at_end: bool,
}

impl Fault {
    fn new(problem: &'static str, width: usize) -> Fault {
        Fault { problem, width, at_end: false }
    }
}

impl<'a> Input<'a> {
    /// Checks `bytes`.
    pub(crate) fn new(bytes: &'a [u8]) -> Input<'a> {
        match bytes {
            [0xFF, 0xFE, rest @ ..] => Input::utf16(rest, u16::from_le_bytes),
            [0xFE, 0xFF, rest @ ..] => Input::utf16(rest, u16::from_be_bytes),
            [0xEF, 0xBB, 0xBF, rest @ ..] => Input { mark: 3, ..Input::utf8(rest) },
            _ => Input::utf8(bytes),
        }
    }

    fn utf8(bytes: &'a [u8]) -> Input<'a> {
        let (text, mut fault) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(e) => {
                let (good, bad) = bytes.split_at(e.valid_up_to());
                (std::str::from_utf8(good).unwrap_or_default(), Some(utf8_fault(bad)))
            }
        };
        let mut text = text;
        let mut ascii = true;
        for (n, chunk) in text.as_bytes().chunks(64).enumerate() {
            // Branchless, for the compiler to use wide registers; the characters are looked at only where one may be amiss.
            let (mut odd, mut high) = (false, false);
            for &b in chunk {
                odd |= (b < 0x20 && b != b'\n' && b != b'\t' && b != b'\r') | (b == 0x7F) | (b == 0xC2) | (b == 0xEF);
                high |= b >= 0x80;
            }
            ascii &= !high;
            if odd && let Some((at, c)) = first_forbidden(text, 64 * n, chunk.len()) {
                fault = Some(Fault::new(CONTROL, c.len_utf8()));
                text = &text[..at];
                break;
            }
        }
        Input { text: Cow::Borrowed(text), fault, ascii, mark: 0, wide: false }
    }

    fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Input<'a> {
        let mut text = String::with_capacity(bytes.len());
        let mut fault = None;
        let mut units = bytes.chunks(2).map(|c| match c {
            [a, b] => Some(unit([*a, *b])),
            _ => None,
        });
        while let Some(next) = units.next() {
            let Some(first) = next else {
                fault = Some(Fault { problem: "incomplete UTF-16 character", width: 2, at_end: true });
                break;
            };
            let c = match first {
                0xDC00..=0xDFFF => {
                    fault = Some(Fault::new("unexpected low surrogate area", 2));
                    break;
                }
                0xD800..=0xDBFF => match units.next() {
                    Some(Some(second @ 0xDC00..=0xDFFF)) => {
                        0x10000 + ((u32::from(first) & 0x3FF) << 10) + (u32::from(second) & 0x3FF)
                    }
                    Some(Some(_)) => {
                        fault = Some(Fault::new("expected low surrogate area", 4));
                        break;
                    }
                    _ => {
                        fault = Some(Fault { problem: "incomplete UTF-16 surrogate pair", width: 4, at_end: true });
                        break;
                    }
                },
                _ => u32::from(first),
            };
            match char::from_u32(c).filter(|&c| allowed(c)) {
                Some(c) => text.push(c),
                None => {
                    fault = Some(Fault::new(CONTROL, 2));
                    break;
                }
            }
        }
        let ascii = text.is_ascii();
        Input { text: Cow::Owned(text), fault, ascii, mark: 2, wide: true }
    }

    /// Whether the order of reading can show: a fault is to be reported in its turn, or a byte order mark may stand at the
    /// beginning of go-yaml's buffer.
    pub(crate) fn lazy(&self) -> bool {
        self.fault.is_some() || (!self.ascii && self.text.contains('\u{FEFF}'))
    }

    /// The end of the piece that is decoded after `ready` bytes of text, or the fault in it.
    pub(crate) fn next_piece(&self, ready: usize) -> Result<usize, &'static str> {
        let rest = &self.text[ready..];
        let room = if ready == 0 { CHUNK - self.mark } else { CHUNK };
        if !self.wide {
            let left = room.saturating_sub(rest.len());
            match self.fault {
                Some(fault) if !fault.at_end && fault.width <= left => return Err(fault.problem),
                Some(fault) if rest.is_empty() => return Err(fault.problem),
                _ => {}
            }
            let mut end = room.min(rest.len());
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            return Ok(ready + end);
        }
        let mut raw = 0;
        for (at, c) in rest.char_indices() {
            raw += 2 * c.len_utf16();
            if raw > room {
                return Ok(ready + at);
            }
        }
        match self.fault {
            Some(fault) if rest.is_empty() || (!fault.at_end && raw + fault.width <= room) => Err(fault.problem),
            _ => Ok(ready + rest.len()),
        }
    }
}

/// The first character that begins within `len` bytes from `start` and may not stand in a stream.
fn first_forbidden(text: &str, start: usize, len: usize) -> Option<(usize, char)> {
    let first = (start..=start + len).find(|&at| text.is_char_boundary(at))?;
    let mut chars = text[first..].char_indices().map(|(at, c)| (first + at, c)).take_while(|(at, _)| *at < start + len);
    chars.find(|&(_, c)| !allowed(c))
}

/// What go-yaml says of bytes that are not UTF-8, in the order of its checks.
fn utf8_fault(bad: &[u8]) -> Fault {
    let Some(&lead) = bad.first() else { return Fault::new(CONTROL, 1) };
    let width = match lead {
        0x00..=0x7F => 1,
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => return Fault::new("invalid leading UTF-8 octet", 1),
    };
    let Some(octets) = bad.get(..width) else {
        return Fault { problem: INCOMPLETE_UTF8, width, at_end: true };
    };
    if octets[1..].iter().any(|o| o & 0xC0 != 0x80) {
        return Fault::new("invalid trailing UTF-8 octet", width);
    }
    let value = octets[1..].iter().fold(u32::from(lead) & (0x7F >> width), |v, o| (v << 6) | u32::from(o & 0x3F));
    let least = [0, 0, 0x80, 0x800, 0x10000];
    if value < least[width] {
        Fault::new("invalid length of a UTF-8 sequence", width)
    } else {
        Fault::new("invalid Unicode character", width)
    }
}

/// The characters that may stand in a YAML stream.
fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(bytes: &[u8]) -> Option<&'static str> {
        Input::new(bytes).fault.map(|f| f.problem)
    }

    // Recorded with go.yaml.in/yaml/v2 v2.4.4: yaml.Unmarshal of the bytes.
    #[test]
    fn faults_have_gos_words() {
        assert_eq!(problem(b"a: b"), None);
        assert_eq!(problem(b"a: \x01"), Some("control characters are not allowed"));
        assert_eq!(problem(b"a: \x7f"), Some("control characters are not allowed"));
        assert_eq!(problem(b"a: \xff"), Some("invalid leading UTF-8 octet"));
        assert_eq!(problem(b"a: \x80"), Some("invalid leading UTF-8 octet"));
        assert_eq!(problem(b"a: \xc3"), Some("incomplete UTF-8 octet sequence"));
        assert_eq!(problem(b"a: \xc3a"), Some("invalid trailing UTF-8 octet"));
        assert_eq!(problem(b"a: \xc0\x80"), Some("invalid length of a UTF-8 sequence"));
        assert_eq!(problem(b"a: \xed\xa0\x80"), Some("invalid Unicode character"));
        assert_eq!(problem(b"\xff\xfea\0:\0 \0\0\xdc"), Some("unexpected low surrogate area"));
    }
}
