//! Numbers as Go's `strconv` reads them, and the floats among them as it prints them.

use pintle_go::strconv::format_float;

/// An integer in Go's notation: a sign, then a number with `0x`, `0o`, `0b`, a leading `0` for octal, or none of them
/// (`strconv.ParseInt(s, 0, 64)`, then `ParseUint` for what is too large).
pub(crate) fn parse_int(text: &str) -> Option<Int> {
    let (negative, digits) = sign(text);
    let (radix, digits) = match digits.as_bytes() {
        [b'0', p, _, ..] if p.eq_ignore_ascii_case(&b'x') => (16, &digits[2..]),
        [b'0', p, _, ..] if p.eq_ignore_ascii_case(&b'o') => (8, &digits[2..]),
        [b'0', p, _, ..] if p.eq_ignore_ascii_case(&b'b') => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let value = magnitude(digits, radix)?;
    let signed = digits.len() < text.len() && matches!(text.as_bytes().first(), Some(b'+' | b'-'));
    signed_int(value, negative, signed)
}

/// An integer in base `radix`, signed or not.
pub(crate) fn parse_int_radix(text: &str, radix: u32) -> Option<Int> {
    let (negative, digits) = sign(text);
    signed_int(magnitude(digits, radix)?, negative, digits.len() < text.len())
}

/// A Go integer: `int`, or `uint64` if it needs to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Int {
    Signed(i64),
    Unsigned(u64),
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn magnitude(digits: &str, radix: u32) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|b| char::from(b).is_digit(radix)) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

fn signed_int(value: u64, negative: bool, signed: bool) -> Option<Int> {
    match (negative, i64::try_from(value)) {
        (false, Ok(value)) => Some(Int::Signed(value)),
        (true, Ok(value)) => Some(Int::Signed(-value)),
        (true, Err(_)) if value == 1 << 63 => Some(Int::Signed(i64::MIN)),
        (false, Err(_)) if !signed => Some(Int::Unsigned(value)),
        _ => None,
    }
}

/// A decimal number as YAML 1.1 writes floats; `None` if it is not one or is out of range.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let (_, rest) = sign(text);
    let b = rest.as_bytes();
    let digits = |from: usize| b[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(0);
    let mut at = whole;
    if b.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if whole == 0 && fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    } else if whole == 0 {
        return None;
    }
    if matches!(b.get(at), Some(b'e' | b'E')) {
        at += 1;
        if matches!(b.get(at), Some(b'+' | b'-')) {
            at += 1;
        }
        let exponent = digits(at);
        if exponent == 0 {
            return None;
        }
        at += exponent;
    }
    if at != b.len() {
        return None;
    }
    text.parse::<f64>().ok().filter(|f| f.is_finite())
}

/// `strconv.FormatFloat(f, 'g', -1, 64)`
pub(crate) fn format_g(f: f64) -> String {
    format_float(f, b'g', None)
}

/// `strconv.FormatFloat(f, 'g', -1, 32)`: the digits are those that read back as the nearest `float32`.
pub(crate) fn format_g32(f: f64) -> String {
    let near = f as f32;
    if !near.is_finite() {
        return format_float(f64::from(near), b'g', None);
    }
    // The same digits read as a float64 have no shorter form.
    format!("{near:e}").parse().map_or_else(|_| String::new(), |f| format_float(f, b'g', None))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded with Go 1.26: strconv.ParseInt(s, 0, 64), ParseUint(s, 0, 64).
    #[test]
    fn integers_in_gos_notation() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("+5", 5),
            ("0755", 493),
            ("0o17", 15),
            ("0x1F", 31),
            ("-0x1f", -31),
            ("0b101", 5),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(parse_int(text), Some(Int::Signed(value)), "{text}");
        }
        assert_eq!(parse_int("18446744073709551615"), Some(Int::Unsigned(u64::MAX)));
        for text in ["", "+", "08", "0x", "0o8", "+18446744073709551615", "18446744073709551616", "1e3", "--1", "1 "] {
            assert_eq!(parse_int(text), None, "{text}");
        }
    }

    // Recorded with Go 1.26: strconv.FormatFloat(f, 'g', -1, 64).
    #[test]
    fn floats_are_printed_as_go_prints_them() {
        for (f, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (100000.0, "100000"),
            (999999.5, "999999.5"),
            (1e6, "1e+06"),
            (1234567.0, "1.234567e+06"),
            (1e21, "1e+21"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e-300, "1e-300"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(format_g(f), text);
        }
        assert_eq!(format_g32(1.1), "1.1");
        assert_eq!(format_g32(16777217.0), "1.6777216e+07");
    }

    #[test]
    fn floats_have_yamls_grammar() {
        for text in ["1.", ".5", "-.5", "1e3", "+1.5E-3", "08", "1.e2"] {
            assert!(parse_float(text).is_some(), "{text}");
        }
        for text in [".", "", "e5", ".e5", "1e", "1e+", "inf", "1e999", "0x1p3", "1.5.2", "--1"] {
            assert!(parse_float(text).is_none(), "{text}");
        }
    }
}
