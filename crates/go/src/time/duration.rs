//! `time.Duration`: parsing, printing, rounding.

use super::quote;

/// Nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

/// A second.
const SECOND: i64 = 1_000_000_000;

fn leading_int(s: &[u8]) -> Option<(u64, &[u8])> {
    let mut x = 0u64;
    let digits = s.iter().take_while(|b| b.is_ascii_digit()).count();
    for b in &s[..digits] {
        if x > (1 << 63) / 10 {
            return None;
        }
        x = x * 10 + u64::from(b - b'0');
        if x > 1 << 63 {
            return None;
        }
    }
    Some((x, &s[digits..]))
}

/// Digits after a point: their value and scale; further precision is dropped.
fn leading_fraction(s: &[u8]) -> (u64, f64, &[u8]) {
    let (mut x, mut scale, mut overflow) = (0u64, 1.0, false);
    let digits = s.iter().take_while(|b| b.is_ascii_digit()).count();
    for b in &s[..digits] {
        if overflow || x > i64::MAX as u64 / 10 {
            overflow = true;
            continue;
        }
        let y = x * 10 + u64::from(b - b'0');
        if y > 1 << 63 {
            overflow = true;
            continue;
        }
        x = y;
        scale *= 10.0;
    }
    (x, scale, &s[digits..])
}

impl Duration {
    /// `time.ParseDuration`
    ///
    /// ```
    /// use pintle_go::time::Duration;
    /// assert_eq!(Duration::parse(b"1h15m30.918s").unwrap().to_string(), "1h15m30.918s");
    /// assert_eq!(Duration::parse(b"1d").unwrap_err(), "time: unknown unit \"d\" in duration \"1d\"");
    /// ```
    pub fn parse(text: &[u8]) -> Result<Duration, String> {
        let invalid = || format!("time: invalid duration {}", quote(text));
        let (negative, mut s) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        if s == b"0" {
            return Ok(Duration(0));
        }
        if s.is_empty() {
            return Err(invalid());
        }
        let mut total = 0u64;
        while !s.is_empty() {
            if s[0] != b'.' && !s[0].is_ascii_digit() {
                return Err(invalid());
            }
            let before = s.len();
            let (mut v, rest) = leading_int(s).ok_or_else(invalid)?;
            let mut digits = rest.len() != before;
            s = rest;
            let (mut fraction, mut scale) = (0, 1.0);
            if let Some(rest) = s.strip_prefix(b".") {
                let before = rest.len();
                (fraction, scale, s) = leading_fraction(rest);
                digits |= s.len() != before;
            }
            if !digits {
                return Err(invalid());
            }
            let len = s.iter().take_while(|b| **b != b'.' && !b.is_ascii_digit()).count();
            if len == 0 {
                return Err(format!("time: missing unit in duration {}", quote(text)));
            }
            let (name, rest) = s.split_at(len);
            s = rest;
            let unit: u64 = match name {
                b"ns" => 1,
                b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
                b"ms" => 1_000_000,
                b"s" => 1_000_000_000,
                b"m" => 60_000_000_000,
                b"h" => 3_600_000_000_000,
                _ => return Err(format!("time: unknown unit {} in duration {}", quote(name), quote(text))),
            };
            v = v.checked_mul(unit).filter(|v| *v <= 1 << 63).ok_or_else(invalid)?;
            if fraction > 0 {
                v += (fraction as f64 * (unit as f64 / scale)) as u64;
            }
            total = total.checked_add(v).filter(|t| *t <= 1 << 63 && v <= 1 << 63).ok_or_else(invalid)?;
        }
        if negative {
            return Ok(Duration((total as i64).wrapping_neg()));
        }
        i64::try_from(total).map(Duration).map_err(|_| invalid())
    }

    /// Seconds, as a float.
    pub fn seconds(self) -> f64 {
        (self.0 / SECOND) as f64 + (self.0 % SECOND) as f64 / 1e9
    }

    /// Minutes, as a float.
    pub fn minutes(self) -> f64 {
        (self.0 / (60 * SECOND)) as f64 + (self.0 % (60 * SECOND)) as f64 / (60.0 * 1e9)
    }

    /// Hours, as a float.
    pub fn hours(self) -> f64 {
        (self.0 / (3600 * SECOND)) as f64 + (self.0 % (3600 * SECOND)) as f64 / (60.0 * 60.0 * 1e9)
    }

    /// `Truncate`: towards zero, to a multiple of `m`.
    pub fn truncate(self, m: Duration) -> Duration {
        if m.0 <= 0 { self } else { Duration(self.0 - self.0 % m.0) }
    }

    /// `Round`: to the nearest multiple of `m`, away from zero from the half; as far as 64 bits go.
    pub fn round(self, m: Duration) -> Duration {
        if m.0 <= 0 {
            return self;
        }
        let r = self.0 % m.0;
        let down = r.unsigned_abs().wrapping_mul(2) < m.0.cast_unsigned();
        let towards_zero = self.0 - r;
        Duration(match (down, self.0 < 0) {
            (true, _) => towards_zero,
            (false, true) => towards_zero.saturating_sub(m.0),
            (false, false) => towards_zero.saturating_add(m.0),
        })
    }

    /// `Abs`
    pub fn abs(self) -> Duration {
        Duration(self.0.saturating_abs())
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let fraction = |value: u64, digits: usize| {
            let scale = 10u64.pow(digits as u32);
            let rest = format!("{:0digits$}", value % scale);
            let rest = rest.trim_end_matches('0');
            if rest.is_empty() { String::new() } else { format!(".{rest}") }
        };
        match n {
            0 => return f.write_str("0s"),
            1..1_000 => return write!(f, "{sign}{n}ns"),
            1_000..1_000_000 => return write!(f, "{sign}{}{}µs", n / 1_000, fraction(n, 3)),
            1_000_000..1_000_000_000 => return write!(f, "{sign}{}{}ms", n / 1_000_000, fraction(n, 6)),
            _ => f.write_str(sign)?,
        }
        let seconds = n / 1_000_000_000;
        if seconds >= 3600 {
            write!(f, "{}h", seconds / 3600)?;
        }
        if seconds >= 60 {
            write!(f, "{}m", seconds / 60 % 60)?;
        }
        write!(f, "{}{}s", seconds % 60, fraction(n, 9))
    }
}
