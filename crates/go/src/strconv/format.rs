//! Floats to text.

/// The shortest decimal digits that read back as `f` (finite, not negative), and the position of the decimal point among them
/// (`dp` of strconv: 0.5 is digits 5, point 0).
fn shortest(f: f64) -> (Vec<u8>, i32) {
    let (mut digits, dp) = digits_of(&format!("{f:e}"));
    // Where the number lies exactly between two candidates Go takes the even one and Rust the upper one.
    let last = digits.len() - 1;
    if last >= 14 && digits[last] % 2 == 1 {
        let (exact, _) = digits_of(&format!("{f:.40e}"));
        let tie = exact[last] == digits[last] - 1 && exact[last + 1] == b'5' && exact[last + 2..].iter().all(|d| *d == b'0');
        if tie && std::str::from_utf8(&exact[..=last]).is_ok_and(|d| format!("0.{d}e{dp}").parse() == Ok(f)) {
            digits[last] -= 1;
        }
    }
    (digits, dp)
}

/// No float64 has more digits than these; those that follow are zeros. Rust's formats take 65,535 at most.
const MOST_DIGITS: usize = 1100;

/// The first digit and as many more, rounded, and where the point stands.
fn rounded(f: f64, more: usize) -> (Vec<u8>, i32) {
    let exact = more.min(MOST_DIGITS);
    let (mut digits, point) = digits_of(&format!("{f:.exact$e}"));
    digits.resize(digits.len() + more - exact, b'0');
    (digits, point)
}

fn digits_of(scientific: &str) -> (Vec<u8>, i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    (digits, exponent + 1)
}

/// `%x`: a mantissa of hexadecimal digits and a binary exponent, after the sign.
fn hex_form(out: &mut String, f: f64, precision: Option<usize>, upper: bool) {
    let bits = f.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    // 53 bits with the leading one at bit 60, as strconv lays them out.
    let mut mantissa = (bits & ((1 << 52) - 1)) << 8;
    if exponent == -1023 {
        exponent += 1;
    } else {
        mantissa |= 1 << 60;
    }
    if mantissa == 0 {
        exponent = 0;
    }
    while mantissa != 0 && mantissa & (1 << 60) == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(p) = precision.filter(|p| *p < 15) {
        let shift = p * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let digit = |m: u64| char::from_digit(((m >> 60) & 15) as u32, 16).unwrap_or('0');
    out.push_str("0x");
    out.push(if mantissa >> 60 & 1 == 1 { '1' } else { '0' });
    let mut rest = mantissa << 4;
    match precision {
        None if rest != 0 => {
            out.push('.');
            while rest != 0 {
                out.push(digit(rest));
                rest <<= 4;
            }
        }
        Some(p) if p > 0 => {
            out.push('.');
            for _ in 0..p {
                out.push(digit(rest));
                rest <<= 4;
            }
        }
        _ => {}
    }
    out.push('p');
    out.push(if exponent < 0 { '-' } else { '+' });
    out.push_str(&format!("{:02}", exponent.abs()));
    if upper {
        out.make_ascii_uppercase();
    }
}

/// `%b`: a decimal mantissa and a binary exponent, after the sign.
fn binary_form(out: &mut String, f: f64) {
    let bits = f.to_bits();
    let biased = ((bits >> 52) & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    out.push_str(&format!("{mantissa}p{}{}", if exponent < 0 { '-' } else { '+' }, exponent.abs()));
}

/// `strconv.FormatFloat(f, format, precision, 64)` for the formats `b e E f F g G x X`; `None` is the shortest precision.
///
/// ```
/// use pintle_go::strconv::format_float;
/// assert_eq!(format_float(1e6, b'g', None), "1e+06");
/// assert_eq!(format_float(1e6, b'f', None), "1000000");
/// ```
pub fn format_float(f: f64, format: u8, precision: Option<usize>) -> String {
    if f.is_nan() {
        return "NaN".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let mut out = String::new();
    if f.is_sign_negative() {
        out.push('-');
    }
    let f = f.abs();
    let upper = format.is_ascii_uppercase();
    match format.to_ascii_lowercase() {
        b'x' => hex_form(&mut out, f, precision, upper),
        b'b' => binary_form(&mut out, f),
        b'e' => {
            let (digits, dp) = match precision {
                None => shortest(f),
                Some(p) => rounded(f, p),
            };
            let p = precision.unwrap_or(digits.len() - 1);
            exponent_form(&mut out, &digits, dp, p, f == 0.0, upper);
        }
        b'f' => match precision {
            None => {
                let (digits, dp) = shortest(f);
                let p = (digits.len() as i32 - dp).max(0) as usize;
                decimal_form(&mut out, &digits, dp, if f == 0.0 { 0 } else { p });
            }
            Some(p) => {
                let exact = p.min(MOST_DIGITS);
                out.push_str(&format!("{f:.exact$}"));
                out.extend(std::iter::repeat_n('0', p - exact));
            }
        },
        _ => {
            let (mut digits, dp) = match precision {
                None => shortest(f),
                Some(p) => rounded(f, p.max(1) - 1),
            };
            let mut eprec = precision.map_or(6, |p| p.max(1)) as i32;
            if precision.is_some() {
                while digits.len() > 1 && digits.last() == Some(&b'0') {
                    digits.pop();
                }
                // %e is used if the exponent is not below the precision; trailing zeros don't count as digits.
                if eprec > digits.len() as i32 && digits.len() as i32 >= dp {
                    eprec = digits.len() as i32;
                }
            }
            let exponent = if f == 0.0 { 0 } else { dp - 1 };
            if exponent < -4 || exponent >= eprec {
                exponent_form(&mut out, &digits, dp, digits.len() - 1, f == 0.0, upper);
            } else {
                let p = (digits.len() as i32 - dp).max(0) as usize;
                decimal_form(&mut out, &digits, dp, if f == 0.0 { 0 } else { p });
            }
        }
    }
    out
}

/// `strconv.FormatFloat(f, 'g', -1, 32)`: the digits are those that read back as the nearest `float32`.
pub fn format_float32(f: f64) -> String {
    let near = f as f32;
    if !near.is_finite() {
        return format_float(f64::from(near), b'g', None);
    }
    // The same digits read as a float64 have no shorter form.
    format!("{near:e}").parse().map_or_else(|_| String::new(), |f| format_float(f, b'g', None))
}

fn exponent_form(out: &mut String, digits: &[u8], dp: i32, precision: usize, zero: bool, upper: bool) {
    let at = |i: usize| digits.get(i).map_or('0', |d| *d as char);
    out.push(at(0));
    if precision > 0 {
        out.push('.');
        (1..=precision).for_each(|i| out.push(at(i)));
    }
    let exponent = if zero { 0 } else { dp - 1 };
    out.push(if upper { 'E' } else { 'e' });
    out.push(if exponent < 0 { '-' } else { '+' });
    out.push_str(&format!("{:02}", exponent.abs()));
}

fn decimal_form(out: &mut String, digits: &[u8], dp: i32, precision: usize) {
    let at = |i: i32| if i < 0 { '0' } else { digits.get(i as usize).map_or('0', |d| *d as char) };
    if dp > 0 {
        (0..dp).for_each(|i| out.push(at(i)));
    } else {
        out.push('0');
    }
    if precision > 0 {
        out.push('.');
        (0..precision as i32).for_each(|i| out.push(at(dp + i)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_g_switches_to_an_exponent_at_1e6_digits_beyond_and_below_1e_4() {
        // fmt.Sprint of Go 1.26
        for (f, want) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (2.5, "2.5"),
            (123456.0, "123456"),
            (1234567.0, "1.234567e+06"),
            (1e6, "1e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e21, "1e+21"),
            (1e100, "1e+100"),
            (123456789012345678.0, "1.2345678901234568e+17"),
            (-3.0, "-3"),
            (100000.0, "100000"),
            (12345678.9, "1.23456789e+07"),
        ] {
            assert_eq!(format_float(f, b'g', None), want);
        }
    }

    #[test]
    fn precision() {
        for (f, format, p, want) in [
            (1234.5678, b'g', 3, "1.23e+03"),
            (1234.5678, b'g', 6, "1234.57"),
            (100.0, b'g', 3, "100"),
            (0.5, b'f', 0, "0"),
            (1.5, b'f', 0, "2"),
            (2.71, b'e', 2, "2.71e+00"),
            (2.71, b'E', 2, "2.71E+00"),
            (1e6, b'g', 10, "1000000"),
        ] {
            assert_eq!(format_float(f, format, Some(p)), want);
        }
    }

    // Recorded with Go 1.26: strconv.FormatFloat(f, 'g', -1, 32).
    #[test]
    fn single_precision() {
        assert_eq!(format_float32(1.1), "1.1");
        assert_eq!(format_float32(16777217.0), "1.6777216e+07");
    }
}
