//! Formats of dates and times.

use pintle_go::strconv::atoi;
use pintle_go::time::Time;

use super::{digits, fail};

pub(super) fn duration(text: &str) -> Result<(), String> {
    let Some(text) = text.strip_prefix('P') else { return fail("must start with P") };
    if text.is_empty() {
        return fail("nothing after P");
    }
    if let Some(weeks) = text.strip_suffix('W') {
        if weeks.is_empty() {
            return fail("no number in week");
        }
        return if digits(weeks) == weeks.len() { Ok(()) } else { fail("invalid week") };
    }
    for (i, mut part) in text.split('T').enumerate() {
        if i != 0 && part.is_empty() {
            return fail("no time elements");
        }
        let all = match i {
            0 => "YMD",
            1 => "HMS",
            _ => return fail("more than one T"),
        };
        let mut units = all;
        while !part.is_empty() {
            let count = digits(part);
            if count == 0 {
                return fail("missing number");
            }
            part = &part[count..];
            // A byte, as Go sees it.
            let Some(unit) = part.bytes().next() else { return fail("missing unit") };
            let unit = char::from(unit);
            match units.find(unit) {
                Some(at) => units = &units[at + 1..],
                None if all.contains(unit) => return fail(format!("unit {} out of order", super::quote_rune(unit))),
                None => return fail(format!("invalid unit {}", super::quote_rune(unit))),
            }
            part = &part[1..];
        }
    }
    Ok(())
}

pub(super) fn date(text: &str) -> Result<(), String> {
    Time::parse(b"2006-01-02", text.as_bytes()).map(|_| ())
}

/// A number of hours, minutes or seconds.
fn two_digits(text: &str, place: &str) -> Result<i64, String> {
    match atoi(text.as_bytes()) {
        Err(_) => fail(format!("invalid {place}")),
        Ok(n) if n < 0 => fail(format!("non-positive {place}")),
        Ok(n) => Ok(n),
    }
}

pub(super) fn time(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    if bytes.len() < 9 {
        return fail("less than 9 characters long");
    }
    if bytes[2] != b':' || bytes[5] != b':' {
        return fail("missing colon in correct place");
    }
    // A cut within a character isn't a number either.
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or("x");
    let (mut h, mut m) = (two_digits(part(0, 2), "hour/min/sec")?, two_digits(part(3, 5), "hour/min/sec")?);
    let s = two_digits(part(6, 8), "hour/min/sec")?;
    if h > 23 || m > 59 || s > 60 {
        return fail("hour/min/sec out of range");
    }
    let mut rest = &bytes[8..];
    if let [b'.', fraction @ ..] = rest {
        let count = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
        if count == 0 {
            return fail("no digits in second fraction");
        }
        rest = &fraction[count..];
    }
    if rest != b"z" && rest != b"Z" {
        if rest.len() != 6 {
            return fail("offset must be 6 characters long");
        }
        let sign = match rest[0] {
            b'+' => -1,
            b'-' => 1,
            _ => return fail("offset must begin with plus/minus"),
        };
        if rest[3] != b':' {
            return fail("missing colon in offset in correct place");
        }
        let place = "hour/min in offset";
        let part = |bytes| two_digits(std::str::from_utf8(bytes).unwrap_or("x"), place);
        let (zh, zm) = (part(&rest[1..3])?, part(&rest[4..6])?);
        if zh > 23 || zm > 59 {
            return fail("hour/min in offset out of range");
        }
        let mut minutes = h * 60 + m + sign * (zh * 60 + zm);
        if minutes < 0 {
            minutes += 24 * 60;
        }
        (h, m) = (minutes / 60, minutes % 60);
    }
    if s >= 60 && (h != 23 || m != 59) {
        return fail("invalid leap second");
    }
    Ok(())
}

pub(super) fn date_time(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 {
        return fail("less than 20 characters long");
    }
    if !matches!(bytes[10], b't' | b'T') {
        return fail("11th character must be t or T");
    }
    // The eleventh byte is a character, hence so are the bounds around it.
    let (before, after) = (text.get(..10).unwrap_or_default(), text.get(11..).unwrap_or_default());
    date(before).map_err(|why| format!("invalid date element: {why}"))?;
    time(after).map_err(|why| format!("invalid time element: {why}"))
}

pub(super) fn period(text: &str) -> Result<(), String> {
    let Some((start, end)) = text.split_once('/') else { return fail("missing slash") };
    if start.starts_with('P') {
        duration(start).map_err(|why| format!("invalid start duration: {why}"))?;
        return date_time(end).map_err(|why| format!("invalid end date-time: {why}"));
    }
    date_time(start).map_err(|why| format!("invalid start date-time: {why}"))?;
    if end.starts_with('P') {
        duration(end).map_err(|why| format!("invalid end duration: {why}"))
    } else {
        date_time(end).map_err(|why| format!("invalid end date-time: {why}"))
    }
}
