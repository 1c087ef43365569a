//! IP addresses as Go's `net/netip` reads them, in its words where it doesn't (Go 1.26).

use crate::strconv::quote;

/// What an address turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Four octets
    V4,
    /// Sixteen, perhaps with a zone
    V6,
}

/// `netip.ParseAddr`, for its verdict.
pub fn check(text: &[u8]) -> Result<Family, String> {
    let failed = |(why, at): Complaint| {
        let place = if at.is_empty() { String::new() } else { format!(" (at {})", quote(at)) };
        format!("ParseAddr({}): {why}{place}", quote(text))
    };
    match text.iter().find(|b| b".:%".contains(b)) {
        Some(b'.') => v4(text).map(|()| Family::V4),
        Some(b':') => v6(text).map(|()| Family::V6),
        Some(_) => Err(("missing IPv6 address", &b""[..])),
        None => Err(("unable to parse IP", &b""[..])),
    }
    .map_err(failed)
}

type Complaint<'t> = (&'static str, &'t [u8]);

fn v4(s: &[u8]) -> Result<(), Complaint<'_>> {
    let (mut value, mut digits, mut dots) = (0u32, 0, 0);
    for (i, &b) in s.iter().enumerate() {
        match b {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(("IPv4 field has octet with leading zero", b""));
                }
                value = value * 10 + u32::from(b - b'0');
                digits += 1;
                if value > 255 {
                    return Err(("IPv4 field has value >255", b""));
                }
            }
            b'.' => {
                if i == 0 || i + 1 == s.len() || s[i - 1] == b'.' {
                    return Err(("IPv4 field must have at least one digit", &s[i..]));
                }
                if dots == 3 {
                    return Err(("IPv4 address too long", b""));
                }
                dots += 1;
                (value, digits) = (0, 0);
            }
            _ => return Err(("unexpected character", &s[i..])),
        }
    }
    if dots < 3 { Err(("IPv4 address too short", b"")) } else { Ok(()) }
}

fn v6(text: &[u8]) -> Result<(), Complaint<'_>> {
    let mut s = text;
    if let Some(percent) = s.iter().position(|b| *b == b'%') {
        if percent + 1 == s.len() {
            return Err(("zone must be a non-empty string", b""));
        }
        s = &s[..percent];
    }
    let mut ellipsis = false;
    if let Some(rest) = s.strip_prefix(b"::") {
        ellipsis = true;
        s = rest;
        if s.is_empty() {
            return Ok(());
        }
    }
    let mut bytes = 0;
    while bytes < 16 {
        let digits = s.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        if digits > 4 {
            return Err(("each group must have 4 or less digits", s));
        }
        if digits == 0 {
            return Err(("each colon-separated field must have at least one digit", s));
        }
        if s.get(digits) == Some(&b'.') {
            if !ellipsis && bytes != 12 {
                return Err(("embedded IPv4 address must replace the final 2 fields of the address", s));
            }
            if bytes + 4 > 16 {
                return Err(("too many hex fields to fit an embedded IPv4 at the end of the address", s));
            }
            v4(s)?;
            s = b"";
            bytes += 4;
            break;
        }
        bytes += 2;
        s = &s[digits..];
        match s {
            [] => break,
            [b':'] => return Err(("colon must be followed by more characters", s)),
            [b':', rest @ ..] => s = rest,
            _ => return Err(("unexpected character, want colon", s)),
        }
        if let Some(rest) = s.strip_prefix(b":") {
            if ellipsis {
                return Err(("multiple :: in address", s));
            }
            ellipsis = true;
            s = rest;
            if s.is_empty() {
                break;
            }
        }
    }
    if !s.is_empty() {
        return Err(("trailing garbage after address", s));
    }
    match (bytes < 16, ellipsis) {
        (true, false) => Err(("address string too short", b"")),
        (false, true) => Err(("the :: must expand to at least one field of zeros", b"")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!((check(b"1.2.3.4"), check(b"::"), check(b"fe80::1%en0")), (Ok(Family::V4), Ok(Family::V6), Ok(Family::V6)));
        let error = |t: &str| check(t.as_bytes()).unwrap_err();
        assert_eq!(error("x"), "ParseAddr(\"x\"): unable to parse IP");
        assert_eq!(error("1.2.3.04"), "ParseAddr(\"1.2.3.04\"): IPv4 field has octet with leading zero");
        assert_eq!(error("::1z"), "ParseAddr(\"::1z\"): unexpected character, want colon (at \"z\")");
        assert_eq!(
            error("1:2:3:4:5:6:7:8::"),
            "ParseAddr(\"1:2:3:4:5:6:7:8::\"): the :: must expand to at least one field of zeros"
        );
        assert_eq!(error("1::2:"), "ParseAddr(\"1::2:\"): colon must be followed by more characters (at \":\")");
    }
}
