//! Numbers as Go's `strconv` reads them, and the floats among them as it prints them.

use pintle_go::strconv::{self, format_float};

/// A Go integer: `int`, or `uint64` if it needs to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Int {
    Signed(i64),
    Unsigned(u64),
}

/// An integer in base `radix`, or for 0 in Go's notation with prefixes (`strconv.ParseInt`, then `ParseUint` for what is too large).
pub(crate) fn parse_int(text: &str, radix: u32) -> Option<Int> {
    let text = text.as_bytes();
    strconv::parse_int(text, radix).map(Int::Signed).or_else(|_| strconv::parse_uint(text, radix).map(Int::Unsigned)).ok()
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
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
            assert_eq!(parse_int(text, 0), Some(Int::Signed(value)), "{text}");
        }
        assert_eq!(parse_int("18446744073709551615", 0), Some(Int::Unsigned(u64::MAX)));
        for text in ["", "+", "08", "0x", "0o8", "+18446744073709551615", "18446744073709551616", "1e3", "--1", "1 "] {
            assert_eq!(parse_int(text, 0), None, "{text}");
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
