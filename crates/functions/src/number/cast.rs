//! Numbers out of texts as spf13/cast 1.7 and Sprig 3.3 make them: what `strconv` rejects is 0.

use pintle_go::strconv::{NumError, parse_float, parse_int};

/// Sprig's `atoi`: base 10, errors ignored.
pub fn atoi(s: &[u8]) -> i64 {
    parse_int(s, 10).unwrap_or_else(NumError::value)
}

/// Go's conversion of a float to an integer on amd64: what doesn't fit, NaN included, is the least integer.
pub fn float_to_int(f: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&f) { f as i64 } else { i64::MIN }
}

/// `cast.ToInt64` of a text: a fraction of zeros is dropped, prefixes are read, anything else is 0.
pub fn cast_int(s: &[u8]) -> i64 {
    parse_int(trim_zero_decimal(s), 0).unwrap_or(0)
}

/// Drops a point and the zeros after it; reads from the end and takes a trailing point for one of the zeros.
fn trim_zero_decimal(s: &[u8]) -> &[u8] {
    let mut zero = false;
    for (i, &b) in s.iter().enumerate().rev() {
        match b {
            b'.' if zero => return &s[..i],
            b'.' => {}
            b'0' => zero = true,
            _ => return s,
        }
    }
    s
}

/// `cast.ToFloat64` of a text: what isn't a number is 0.
pub fn cast_float(s: &[u8]) -> f64 {
    parse_float(s).unwrap_or(0.0)
}
