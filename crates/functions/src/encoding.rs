//! Encodings and checksums that need no keys: base64, base32, hexadecimal digests, Adler-32, UUIDs.

use pintle_go::base64;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::world::World;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `b64enc`
pub fn base64_encode(data: &[u8]) -> Vec<u8> {
    base64::encode(data).into_bytes()
}

/// `b64dec`: `base64.StdEncoding.DecodeString`; newlines are skipped.
///
/// Errors: Go's `CorruptInputError`.
pub fn base64_decode(text: &[u8]) -> Result<Vec<u8>, String> {
    base64::decode(text).map_err(|at| format!("illegal base64 data at input byte {at}"))
}

/// `b32enc`: groups of five bytes as eight digits, padded with `=`.
pub fn base32_encode(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(5) * 8);
    for chunk in data.chunks(5) {
        let mut group = [0; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let group = u64::from_be_bytes(group);
        let used = (chunk.len() * 8).div_ceil(5);
        out.extend((0..8).map(|i| if i < used { BASE32[(group >> (35 - 5 * i)) as usize % 32] } else { b'=' }));
    }
    out
}

/// `base32.StdEncoding.DecodeString`; newlines are skipped and not counted.
pub fn base32_decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| Err(format!("illegal base32 data at input byte {at}"));
    let text: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5 + 5);
    let mut at = 0;
    while at < text.len() {
        let (mut group, mut digits) = (0u64, 0usize);
        while digits < 8 {
            let Some(&b) = text.get(at) else { return corrupt(at - digits) };
            at += 1;
            let rest = &text[at..];
            if b == b'=' && digits >= 2 && rest.len() < 8 {
                if rest.len() + digits < 7 {
                    return corrupt(text.len());
                }
                if let Some(k) = rest[..7 - digits].iter().position(|b| *b != b'=') {
                    return corrupt(at + k - 1);
                }
                // Three and six digits don't make whole bytes.
                if digits == 3 || digits == 6 {
                    return corrupt(at - 1);
                }
                break;
            }
            let value = match b {
                b'A'..=b'Z' => b - b'A',
                b'2'..=b'7' => b - b'2' + 26,
                _ => return corrupt(at - 1),
            };
            group = group << 5 | u64::from(value);
            digits += 1;
        }
        let bytes = (group << (5 * (8 - digits))).to_be_bytes();
        out.extend_from_slice(&bytes[3..3 + digits * 5 / 8]);
        if digits < 8 {
            break;
        }
    }
    Ok(out)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// `sha1sum`
pub fn sha1sum(data: &[u8]) -> String {
    hex(&Sha1::digest(data))
}

/// `sha256sum`
pub fn sha256sum(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

/// `sha512sum`
pub fn sha512sum(data: &[u8]) -> String {
    hex(&Sha512::digest(data))
}

/// `adler32sum`: a decimal number.
pub fn adler32sum(data: &[u8]) -> String {
    let (mut a, mut b) = (1u32, 0u32);
    // As many bytes as fit before the sums must be reduced (RFC 1950).
    for chunk in data.chunks(5552) {
        for &byte in chunk {
            a += u32::from(byte);
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    (b << 16 | a).to_string()
}

/// `uuidv4`: random, of variant RFC 4122.
pub fn uuidv4(world: &dyn World) -> String {
    let mut b = [0; 16];
    world.fill(&mut b);
    b[6] = b[6] & 0x0F | 0x40;
    b[8] = b[8] & 0x3F | 0x80;
    let h = hex(&b);
    [&h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for n in 0..40u8 {
            let data: Vec<u8> = (0..n).map(|i| i.wrapping_mul(37)).collect();
            assert_eq!(base64_decode(&base64_encode(&data)), Ok(data.clone()));
            assert_eq!(base32_decode(&base32_encode(&data)), Ok(data));
        }
        assert_eq!(base64_encode(b"hello"), b"aGVsbG8=");
        assert_eq!(base32_encode(b"hello"), b"NBSWY3DP");
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(base64_decode(b"aGVsbG8").unwrap_err(), "illegal base64 data at input byte 4");
        assert_eq!(base64_decode(b"aGVs bG8=").unwrap_err(), "illegal base64 data at input byte 4");
        assert_eq!(base64_decode(b"YQ==YQ==").unwrap_err(), "illegal base64 data at input byte 4");
        assert_eq!(base32_decode(b"NB1").unwrap_err(), "illegal base32 data at input byte 2");
    }

    #[test]
    fn digests() {
        assert_eq!(sha1sum(b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert!(sha256sum(b"x").starts_with("2d711642") && sha512sum(b"x").len() == 128);
        assert_eq!(adler32sum(b"Wikipedia"), "300286872");
    }
}
