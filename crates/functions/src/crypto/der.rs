//! DER, as much of it as keys and certificates need.

/// Tags that are used here.
pub(super) mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const UTF8: u8 = 0x0C;
    pub const PRINTABLE: u8 = 0x13;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    /// A constructed, context-specific tag.
    pub const fn context(n: u8) -> u8 {
        0xA0 | n
    }
}

/// One element.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let len = content.len();
    if len < 0x80 {
        out.push(len as u8);
    } else {
        let bytes = len.to_be_bytes();
        let skip = bytes.iter().take_while(|b| **b == 0).count();
        out.push(0x80 | (bytes.len() - skip) as u8);
        out.extend_from_slice(&bytes[skip..]);
    }
    out.extend_from_slice(content);
    out
}

/// A sequence of elements.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}

/// An unsigned integer from big-endian bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let skip = bytes.iter().take_while(|b| **b == 0).count();
    let mut content = bytes[skip..].to_vec();
    if content.first().is_none_or(|b| *b >= 0x80) {
        content.insert(0, 0);
    }
    element(tag::INTEGER, &content)
}

/// An object identifier.
pub(super) fn oid(arcs: &[u32]) -> Vec<u8> {
    let mut content = Vec::new();
    if let [a, b, rest @ ..] = arcs {
        content.push((a * 40 + b) as u8);
        for arc in rest {
            let mut septets = vec![(arc & 0x7F) as u8];
            let mut n = arc >> 7;
            while n > 0 {
                septets.push(0x80 | (n & 0x7F) as u8);
                n >>= 7;
            }
            content.extend(septets.into_iter().rev());
        }
    }
    element(tag::OID, &content)
}

/// A bit string of whole bytes.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], bytes].concat())
}

/// Reads elements one after another.
#[derive(Clone, Copy)]
pub(super) struct Reader<'d>(pub &'d [u8]);

impl<'d> Reader<'d> {
    /// The next element: tag, content, and the whole.
    pub fn next(&mut self) -> Option<(u8, &'d [u8], &'d [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let len = match first {
            0..=0x7F => usize::from(first),
            0x81..=0x84 => {
                let n = usize::from(first & 0x7F);
                let (bytes, after) = rest.split_at_checked(n)?;
                rest = after;
                bytes.iter().fold(0, |len, b| len << 8 | usize::from(*b))
            }
            _ => return None,
        };
        let (content, after) = rest.split_at_checked(len)?;
        let whole = &self.0[..self.0.len() - after.len()];
        self.0 = after;
        Some((tag, content, whole))
    }

    /// The content of the next element, if it has that tag.
    pub fn expect(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.next().filter(|e| e.0 == tag).map(|e| e.1)
    }

    /// A reader of the next element's content.
    pub fn enter(&mut self, tag: u8) -> Option<Reader<'d>> {
        self.expect(tag).map(Reader)
    }

    /// The next element's tag.
    pub fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }
}
