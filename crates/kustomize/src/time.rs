//! Dates and times in documents: go.yaml.in/yaml/v3 decodes them to `time.Time`, and JSON writes that as RFC 3339.

/// The time that `text` is, as `time.Time.MarshalJSON` writes it: one of the layouts `2006-1-2`, `2006-1-2T15:4:5Z07:00` (or
/// `t`) and `2006-1-2 15:4:5` with any fraction of a second (resolve.go, `allowedTimestampFormats`).
pub fn parse(text: &str) -> Option<String> {
    let b = text.as_bytes();
    if b.iter().take_while(|b| b.is_ascii_digit()).count() != 4 || b.get(4) != Some(&b'-') {
        return None;
    }
    let mut at = 5;
    let year: u32 = text.get(..4)?.parse().ok()?;
    let month = number(b, &mut at)?;
    literal(b, &mut at, b'-')?;
    let day = number(b, &mut at)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(month, year) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let zoned = match b.get(at) {
        None => return Some(format!("{date}T00:00:00Z")),
        Some(b'T' | b't') => {
            at += 1;
            true
        }
        Some(b' ') => {
            while b.get(at) == Some(&b' ') {
                at += 1;
            }
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
    let mut fraction = String::new();
    if matches!(b.get(at), Some(b'.' | b',')) && b.get(at + 1).is_some_and(u8::is_ascii_digit) {
        at += 1;
        let digits = b[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        // Go keeps nanoseconds.
        let kept = text.get(at..at + digits.min(9))?.trim_end_matches('0');
        at += digits;
        if !kept.is_empty() {
            fraction = format!(".{kept}");
        }
    }
    let mut zone = "Z".to_owned();
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
                at += 6;
                if (hours, minutes) != (0, 0) {
                    zone = format!("{}{hours:02}:{minutes:02}", *sign as char);
                }
            }
            _ => return None,
        }
    }
    (at == b.len()).then(|| format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
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
    use super::parse;

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
            assert_eq!(parse(text).as_deref(), json, "{text}");
        }
    }
}
