//! PEM blocks, as Go's `encoding/pem` writes and finds them.

use crate::encoding::{base64_decode, base64_encode};

/// A block with lines of 64 characters.
pub(super) fn encode(kind: &str, der: &[u8]) -> Vec<u8> {
    let mut out = format!("-----BEGIN {kind}-----\n").into_bytes();
    for line in base64_encode(der).chunks(64) {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.extend_from_slice(format!("-----END {kind}-----\n").as_bytes());
    out
}

/// The first block that is well formed: its type and content.
pub(super) fn decode(text: &[u8]) -> Option<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.trim_end().strip_prefix("-----BEGIN ").and_then(|l| l.strip_suffix("-----")) else {
            continue;
        };
        let end = format!("-----END {kind}-----");
        let mut body = String::new();
        let mut closed = false;
        for line in lines.clone() {
            if line.trim_end() == end {
                closed = true;
                break;
            }
            // Headers stand before the content.
            if !line.contains(':') {
                body.extend(line.chars().filter(|c| !c.is_ascii_whitespace()));
            }
        }
        if closed && let Ok(der) = base64_decode(body.as_bytes()) {
            return Some((kind.to_owned(), der));
        }
    }
    None
}
