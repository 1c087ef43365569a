//! Dates and times as go-yaml reads them (resolve.go, `allowedTimestampFormats`), and as Go writes them in JSON.

use std::fmt;

/// What go-yaml reads as a date or a time: the layouts `2006-1-2`, `2006-1-2T15:4:5Z07:00` (or `t`) and `2006-1-2 15:4:5` of
/// Go's `time.Parse`, with any fraction of a second. Displayed as `time.Time.MarshalJSON` writes it: RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp<'a> {
    year: u32,
    month: u32,
    day: u32,
    /// Hour, minute and second.
    clock: [u32; 3],
    /// The digits behind the point.
    fraction: &'a str,
    /// Sign, hours and minutes of the distance from UTC.
    zone: (char, u8, u8),
}

impl<'a> Timestamp<'a> {
    /// The time that `text` is, if go-yaml takes it for one.
    pub fn parse(text: &'a str) -> Option<Timestamp<'a>> {
        let b = text.as_bytes();
        if b.iter().take_while(|b| b.is_ascii_digit()).count() != 4 || b.get(4) != Some(&b'-') {
            return None;
        }
        let year = b[..4].iter().fold(0, |y, d| y * 10 + u32::from(d - b'0'));
        let mut at = 5;
        let month = number(b, &mut at)?;
        literal(b, &mut at, b'-')?;
        let day = number(b, &mut at)?;
        if !(1..=12).contains(&month) || day < 1 || day > days_in(month, year) {
            return None;
        }
        let mut time = Timestamp { year, month, day, clock: [0; 3], fraction: "", zone: ('+', 0, 0) };
        let zoned = match b.get(at) {
            None => return Some(time),
            Some(b'T' | b't') => {
                at += 1;
                true
            }
            Some(b' ') => {
                at += b[at..].iter().take_while(|b| **b == b' ').count();
                false
            }
            Some(_) => return None,
        };
        let hour = number(b, &mut at)?;
        literal(b, &mut at, b':')?;
        let minute = number(b, &mut at)?;
        literal(b, &mut at, b':')?;
        let second = number(b, &mut at)?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        time.clock = [hour, minute, second];
        if matches!(b.get(at), Some(b'.' | b',')) && b.get(at + 1).is_some_and(u8::is_ascii_digit) {
            let digits = b[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
            time.fraction = text.get(at + 1..at + 1 + digits)?;
            at += 1 + digits;
        }
        if zoned {
            match b.get(at)? {
                b'Z' => at += 1,
                sign @ (b'+' | b'-') => {
                    let pair = |i: usize| match b.get(i..i + 2)? {
                        [x, y] if x.is_ascii_digit() && y.is_ascii_digit() => Some((x - b'0') * 10 + (y - b'0')),
                        _ => None,
                    };
                    let (hours, minutes) = (pair(at + 1)?, pair(at + 4)?);
                    if b.get(at + 3) != Some(&b':') || hours > 24 || minutes > 60 {
                        return None;
                    }
                    time.zone = (char::from(*sign), hours, minutes);
                    at += 6;
                }
                _ => return None,
            }
        }
        (at == b.len()).then_some(time)
    }
}

impl fmt::Display for Timestamp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [hour, minute, second] = self.clock;
        write!(f, "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}", self.year, self.month, self.day)?;
        // Go keeps nanoseconds.
        let fraction = self.fraction.get(..9).unwrap_or(self.fraction).trim_end_matches('0');
        if !fraction.is_empty() {
            write!(f, ".{fraction}")?;
        }
        match self.zone {
            (_, 0, 0) => f.write_str("Z"),
            (sign, hours, minutes) => write!(f, "{sign}{hours:02}:{minutes:02}"),
        }
    }
}

/// One or two digits.
fn number(b: &[u8], at: &mut usize) -> Option<u32> {
    let digit = |i: usize| b.get(i).filter(|b| b.is_ascii_digit()).map(|b| u32::from(b - b'0'));
    let first = digit(*at)?;
    *at += 1;
    match digit(*at) {
        Some(second) => {
            *at += 1;
            Some(first * 10 + second)
        }
        None => Some(first),
    }
}

fn literal(b: &[u8], at: &mut usize, wanted: u8) -> Option<()> {
    (b.get(*at) == Some(&wanted)).then(|| *at += 1)
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    // Recorded with go.yaml.in/yaml/v3 v3.0.3 and encoding/json.
    #[test]
    fn times_are_written_as_rfc_3339() {
        for (text, json) in [
            ("2001-1-2", Some("2001-01-02T00:00:00Z")),
            ("2001-1-2T3:04:05.120Z", Some("2001-01-02T03:04:05.12Z")),
            ("2001-01-02 03:04:05.5", Some("2001-01-02T03:04:05.5Z")),
            ("2001-01-02T03:04:05+02:00", Some("2001-01-02T03:04:05+02:00")),
            ("2001-01-02T03:04:05.1234567891Z", Some("2001-01-02T03:04:05.123456789Z")),
            ("2001-01-02T24:00:00Z", None),
            ("2001-01-02 03:04:05Z", None),
        ] {
            assert_eq!(Timestamp::parse(text).map(|t| t.to_string()).as_deref(), json, "{text}");
        }
    }
}
