//! Base64 as Go's `encoding/base64` has it (`StdEncoding`): the standard alphabet, padded.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the text of `bytes` (`EncodeToString`).
pub fn write(out: &mut String, bytes: &[u8]) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |v, b| (v << 8) | u32::from(*b)) << (8 * (3 - group.len()));
        for i in 0..4 {
            if i <= group.len() {
                out.push(char::from(ALPHABET[(bits >> (18 - 6 * i)) as usize & 63]));
            } else {
                out.push('=');
            }
        }
    }
}

/// The text of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    write(&mut out, bytes);
    out
}

/// The text of `bytes` in lines of 70 characters if there is more than one (go-yaml's encode.go, `encodeBase64`; kyaml's
/// yaml/datamap.go).
pub fn encode_lines(bytes: &[u8]) -> String {
    let flat = encode(bytes);
    if flat.len() < 70 {
        return flat;
    }
    let mut out = String::with_capacity(flat.len() + flat.len() / 70 + 1);
    for line in flat.as_bytes().chunks(70) {
        out.extend(line.iter().copied().map(char::from));
        out.push('\n');
    }
    out
}

/// The bytes behind a text (`DecodeString`); line breaks are skipped.
///
/// Errors: the offset of the byte at which Go's `CorruptInputError` stops.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut at = 0;
    let skip = |mut at: usize| {
        while matches!(text.get(at), Some(b'\n' | b'\r')) {
            at += 1;
        }
        at
    };
    loop {
        let (mut group, mut digits) = (0u32, 0usize);
        while digits < 4 {
            let Some(&b) = text.get(at) else {
                return if digits == 0 { Ok(out) } else { Err(at - digits) };
            };
            at += 1;
            let value = match b {
                b'A'..=b'Z' => b - b'A',
                b'a'..=b'z' => b - b'a' + 26,
                b'0'..=b'9' => b - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'\n' | b'\r' => continue,
                b'=' if digits >= 2 => break,
                _ => return Err(at - 1),
            };
            group = group << 6 | u32::from(value);
            digits += 1;
        }
        let bytes = (group << (6 * (4 - digits))).to_be_bytes();
        out.extend_from_slice(&bytes[1..digits]);
        if digits < 4 {
            if digits == 2 {
                at = skip(at);
                match text.get(at) {
                    None => return Err(text.len()),
                    Some(b'=') => at += 1,
                    Some(_) => return Err(at - 1),
                }
            }
            at = skip(at);
            return if at < text.len() { Err(at) } else { Ok(out) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for len in 0..50u8 {
            let data: Vec<u8> = (0..len).map(|i| i.wrapping_mul(37)).collect();
            assert_eq!(decode(encode(&data).as_bytes()), Ok(data));
        }
        assert_eq!(encode(b"hello"), "aGVsbG8=");
        assert_eq!(decode(b"aGVs\r\nbG8=\n"), Ok(b"hello".to_vec()));
    }

    #[test]
    fn long_texts_are_broken_into_lines() {
        assert_eq!(encode_lines(b"abc"), "YWJj");
        let long = encode_lines(&[0; 60]);
        assert_eq!(long.lines().map(str::len).collect::<Vec<_>>(), [70, 10]);
        assert!(long.ends_with('\n'));
    }

    // Recorded with encoding/base64 of Go 1.25.
    #[test]
    fn errors_say_where() {
        assert_eq!(decode(b"aGVsbG8"), Err(4));
        assert_eq!(decode(b"aGVs bG8="), Err(4));
        assert_eq!(decode(b"YQ==YQ=="), Err(4));
    }
}
