//! Text to numbers and truth values.

use super::quote::quote;

/// Why `strconv` rejects a number. A caller in Go that ignores the error goes on with the value beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NumError<T> {
    /// Not a number; the value is zero.
    Syntax,
    /// A number out of range; the value is the nearest bound.
    Range(T),
}

impl<T: Default> NumError<T> {
    /// The value Go returns beside the error.
    pub fn value(self) -> T {
        match self {
            NumError::Syntax => T::default(),
            NumError::Range(value) => value,
        }
    }
}

impl<T> NumError<T> {
    /// Go's `NumError.Error`: what `function` (such as `Atoi`) says of `text`.
    pub fn message(&self, function: &str, text: &[u8]) -> String {
        let why = match self {
            NumError::Syntax => "invalid syntax",
            NumError::Range(_) => "value out of range",
        };
        format!("strconv.{function}: parsing {}: {why}", quote(text))
    }
}

/// Underscores may stand between digits and after a base prefix.
fn underscores_ok(s: &[u8]) -> bool {
    let s = s.strip_prefix(b"-").or(s.strip_prefix(b"+")).unwrap_or(s);
    let prefix = match s {
        [b'0', b, ..] if b"boxBOX".contains(b) => Some(b.to_ascii_lowercase()),
        _ => None,
    };
    let hex = prefix == Some(b'x');
    let (mut digit, mut underscore) = (prefix.is_some(), false);
    for &c in &s[if prefix.is_some() { 2 } else { 0 }..] {
        let is_digit = c.is_ascii_digit() || hex && c.is_ascii_hexdigit();
        if c == b'_' {
            if !digit {
                return false;
            }
        } else if !is_digit && underscore {
            return false;
        }
        underscore = c == b'_';
        digit = is_digit;
    }
    !underscore
}

/// `strconv.ParseUint(s, base, 64)`; base 0 reads prefixes and underscores.
pub fn parse_uint(s: &[u8], base: u32) -> Result<u64, NumError<u64>> {
    let (radix, digits) = match (base, s) {
        (_, []) => return Err(NumError::Syntax),
        (0, [b'0', b'b' | b'B', rest @ ..]) if !rest.is_empty() => (2, rest),
        (0, [b'0', b'o' | b'O', rest @ ..]) if !rest.is_empty() => (8, rest),
        (0, [b'0', b'x' | b'X', rest @ ..]) if !rest.is_empty() => (16, rest),
        (0, [b'0', rest @ ..]) => (8, rest),
        (0, _) => (10, s),
        _ => (base, s),
    };
    let mut n = 0u64;
    let mut underscores = false;
    for &c in digits {
        if c == b'_' && base == 0 {
            underscores = true;
            continue;
        }
        let d = char::from(c).to_digit(radix).ok_or(NumError::Syntax)?;
        let next = n.checked_mul(u64::from(radix)).and_then(|n| n.checked_add(u64::from(d)));
        n = next.ok_or(NumError::Range(u64::MAX))?;
    }
    if underscores && !underscores_ok(s) {
        return Err(NumError::Syntax);
    }
    Ok(n)
}

/// `strconv.ParseInt(s, base, 64)`; base 0 reads prefixes and underscores.
pub fn parse_int(s: &[u8], base: u32) -> Result<i64, NumError<i64>> {
    let (negative, digits) = match s {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, s),
    };
    let n = match parse_uint(digits, base) {
        Err(NumError::Syntax) => return Err(NumError::Syntax),
        Ok(n) | Err(NumError::Range(n)) => n,
    };
    match negative {
        false => i64::try_from(n).map_err(|_| NumError::Range(i64::MAX)),
        true if n <= 1 << 63 => Ok((n as i64).wrapping_neg()),
        true => Err(NumError::Range(i64::MIN)),
    }
}

/// `strconv.Atoi`: a sign and decimal digits.
pub fn atoi(s: &[u8]) -> Result<i64, NumError<i64>> {
    parse_int(s, 10)
}

/// `strconv.ParseBool`; `None` where Go says `invalid syntax`.
pub fn parse_bool(s: &[u8]) -> Option<bool> {
    match s {
        b"1" | b"t" | b"T" | b"TRUE" | b"true" | b"True" => Some(true),
        b"0" | b"f" | b"F" | b"FALSE" | b"false" | b"False" => Some(false),
        _ => None,
    }
}

/// `strconv.ParseFloat(s, 64)`: decimal, hexadecimal, infinities, NaN.
pub fn parse_float(s: &[u8]) -> Result<f64, NumError<f64>> {
    let (negative, body) = match s {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, s),
    };
    let sign = if negative { -1.0 } else { 1.0 };
    if body.eq_ignore_ascii_case(b"inf") || body.eq_ignore_ascii_case(b"infinity") {
        return Ok(sign * f64::INFINITY);
    }
    if s.eq_ignore_ascii_case(b"nan") {
        return Ok(f64::NAN);
    }
    if body.contains(&b'_') && !underscores_ok(s) {
        return Err(NumError::Syntax);
    }
    let digits: Vec<u8> = body.iter().copied().filter(|&b| b != b'_').collect();
    let value = match digits.as_slice() {
        [b'0', b'x' | b'X', rest @ ..] => parse_hex(rest)?,
        _ => parse_decimal(&digits, body)?,
    };
    if value.is_infinite() { Err(NumError::Range(sign * value)) } else { Ok(sign * value) }
}

fn parse_decimal(digits: &[u8], original: &[u8]) -> Result<f64, NumError<f64>> {
    // Rust reads the same decimal grammar, but for words and signs, which are excluded here.
    let ok = digits.iter().all(|b| b.is_ascii_digit() || b".eE+-".contains(b)) && !digits.starts_with(b"-");
    // An exponent takes underscores only after its first digit.
    let bad = original.windows(2).any(|w| matches!(w, [b'e' | b'E' | b'+' | b'-', b'_']));
    if !ok || bad || digits.starts_with(b"+") || digits == b"." {
        return Err(NumError::Syntax);
    }
    std::str::from_utf8(digits).ok().and_then(|s| s.parse().ok()).ok_or(NumError::Syntax)
}

/// What follows `0x`: hexadecimal digits with an optional point, and a binary exponent, which must be there.
fn parse_hex(s: &[u8]) -> Result<f64, NumError<f64>> {
    let at = s.iter().position(|b| b.eq_ignore_ascii_case(&b'p')).ok_or(NumError::Syntax)?;
    let (mantissa, exponent) = (&s[..at], &s[at + 1..]);
    let unsigned = exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent);
    if unsigned.is_empty() || !unsigned.iter().all(u8::is_ascii_digit) {
        return Err(NumError::Syntax);
    }
    let size = unsigned.iter().fold(0i64, |n, d| if n < 10_000 { n * 10 + i64::from(d - b'0') } else { n });
    let mut exp = if exponent.starts_with(b"-") { -size } else { size };
    let (mut n, mut sticky, mut digits, mut point) = (0u64, false, false, false);
    for &b in mantissa {
        if b == b'.' && !point {
            point = true;
            continue;
        }
        let d = char::from(b).to_digit(16).ok_or(NumError::Syntax)?;
        digits = true;
        if n >> 60 == 0 {
            n = n << 4 | u64::from(d);
            exp -= if point { 4 } else { 0 };
        } else {
            sticky |= d != 0;
            exp += if point { 0 } else { 4 };
        }
    }
    if !digits {
        return Err(NumError::Syntax);
    }
    Ok(scale_exactly(n, sticky, exp))
}

/// `n * 2^exp`, rounded once to the nearest even; `sticky` stands for more bits below `n`.
fn scale_exactly(n: u64, sticky: bool, exp: i64) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let shift = n.leading_zeros();
    let (n, top) = (n << shift, exp - i64::from(shift) + 63);
    if top > 1023 {
        return f64::INFINITY;
    }
    // Bits that remain: 53, fewer below the normal range.
    let keep = (53 + (top + 1022).min(0)).max(-1);
    if keep < 0 {
        return 0.0;
    }
    let drop = 64 - keep as u32;
    let (kept, rest, half) = if drop == 64 { (0, n, 1u64 << 63) } else { (n >> drop, n << (64 - drop), 1u64 << 63) };
    let up = rest > half || rest == half && (sticky || kept & 1 == 1);
    let mantissa = (kept + u64::from(up)) as f64;
    // Two exact steps: the factor alone may be below the normal range.
    let e = top - keep + 1;
    let half_step = (e / 2) as i32;
    mantissa * 2f64.powi(half_step) * 2f64.powi(e as i32 - half_step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats() {
        let cases = [("1e3", 1000.0), (".5", 0.5), ("5.", 5.0), ("0x1p-2", 0.25), ("0x1.8p1", 3.0), ("+1", 1.0)];
        for (text, want) in cases {
            assert_eq!(parse_float(text.as_bytes()), Ok(want), "{text}");
        }
        for text in ["", ".", "1e", "0x1", "--1", "1_", "infinit", "+nan", "1 "] {
            assert_eq!(parse_float(text.as_bytes()), Err(NumError::Syntax), "{text}");
        }
        assert_eq!(parse_float(b"1e999"), Err(NumError::Range(f64::INFINITY)));
        assert_eq!(parse_float(b"-Inf"), Ok(f64::NEG_INFINITY));
    }
}
