//! Floats as `encoding/json` writes them (`encode.go`, `floatEncoder`, Go 1.26).

use pintle_go::strconv::format_float;

/// A `float64` as `encoding/json` writes it: like ES6, with an exponent below 1e-6 and from 1e21. Not for NaN and infinities.
pub fn format_json_float(f: f64) -> String {
    if f.fract() == 0.0 && f.abs() < 1e15 {
        return if f == 0.0 && f.is_sign_negative() { "-0".into() } else { (f as i64).to_string() };
    }
    let a = f.abs();
    if !(1e-6..1e21).contains(&a) {
        let s = format_float(f, b'e', None);
        // e-09 becomes e-9
        match s.rfind("e-0") {
            Some(i) if i + 4 == s.len() => format!("{}{}", &s[..i + 2], &s[i + 3..]),
            _ => s,
        }
    } else {
        format_float(f, b'f', None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json() {
        for (f, want) in
            [(1e6, "1000000"), (1e21, "1e+21"), (1e-7, "1e-7"), (0.1, "0.1"), (1e20, "100000000000000000000"), (-0.0, "-0")]
        {
            assert_eq!(format_json_float(f), want);
        }
    }
}
