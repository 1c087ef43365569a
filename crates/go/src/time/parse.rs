//! `time.ParseInLocation` for the local zone, which is UTC.

use super::layout::{Field, OffsetStyle, next};
use super::moment::{days_before, days_in, is_leap};
use super::{DAYS, MONTHS, Time, Zone, quote};

/// A field's value doesn't fit, or is out of its range (with the range's name).
enum Bad {
    Value,
    Range(&'static str),
}

type Parsed<'v, T> = Result<(T, &'v [u8]), Bad>;

fn digit(s: &[u8], i: usize) -> Option<i64> {
    s.get(i).filter(|b| b.is_ascii_digit()).map(|b| i64::from(b - b'0'))
}

/// One or two digits; `fixed` asks for two.
fn number(s: &[u8], fixed: bool) -> Parsed<'_, i64> {
    match (digit(s, 0), digit(s, 1)) {
        (Some(a), Some(b)) => Ok((a * 10 + b, &s[2..])),
        (Some(a), None) if !fixed => Ok((a, &s[1..])),
        _ => Err(Bad::Value),
    }
}

/// One to three digits; `fixed` asks for three.
fn number3(s: &[u8], fixed: bool) -> Parsed<'_, i64> {
    let digits = s.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || fixed && digits != 3 {
        return Err(Bad::Value);
    }
    Ok((s[..digits].iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')), &s[digits..]))
}

/// `atoi` of package `time`: a sign and digits, nothing else.
fn atoi(s: &[u8]) -> Option<i64> {
    let (negative, digits) = match s {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, s),
    };
    if !digits.iter().all(u8::is_ascii_digit) || digits.len() > 18 {
        return None;
    }
    let n = digits.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0'));
    Some(if negative { -n } else { n })
}

fn in_range(n: i64, least: i64, most: i64, name: &'static str) -> Result<i64, Bad> {
    if (least..=most).contains(&n) { Ok(n) } else { Err(Bad::Range(name)) }
}

/// A name of `table`, ignoring ASCII case; `len` 0 takes the whole name.
fn lookup<'v>(table: &[&str], len: usize, value: &'v [u8]) -> Parsed<'v, i64> {
    for (i, name) in table.iter().enumerate() {
        let name = &name.as_bytes()[..if len == 0 { name.len() } else { len }];
        if value.get(..name.len()).is_some_and(|v| v.eq_ignore_ascii_case(name)) {
            return Ok((i as i64, &value[name.len()..]));
        }
    }
    Err(Bad::Value)
}

fn is_separator(b: u8) -> bool {
    b == b'.' || b == b','
}

/// A fraction of a second: separator and digits, `len` bytes in all; more than nine digits are cut.
fn nanoseconds(value: &[u8], len: usize) -> Parsed<'_, i64> {
    let text = value.get(..len).ok_or(Bad::Value)?;
    if !text.first().is_some_and(|b| is_separator(*b)) {
        return Err(Bad::Value);
    }
    let digits = &text[1..text.len().min(10)];
    let n = atoi(digits).ok_or(Bad::Value)?;
    if n < 0 {
        return Err(Bad::Range("fractional second"));
    }
    Ok((n * 10i64.pow(9 - digits.len() as u32), &value[len..]))
}

/// Skips the text of a layout; a run of blanks stands for any run of blanks.
fn skip<'v>(mut value: &'v [u8], mut prefix: &[u8]) -> Result<&'v [u8], &'v [u8]> {
    let blanks = |s: &[u8]| s.iter().take_while(|b| **b == b' ').count();
    while let Some(&b) = prefix.first() {
        if b == b' ' {
            if value.first().is_some_and(|v| *v != b' ') {
                return Err(value);
            }
            prefix = &prefix[blanks(prefix)..];
            value = &value[blanks(value)..];
            continue;
        }
        if value.first() != Some(&b) {
            return Err(value);
        }
        prefix = &prefix[1..];
        value = &value[1..];
    }
    Ok(value)
}

/// Length of a signed offset of at most 23 hours; 0 if there is none.
fn signed_offset(value: &[u8]) -> usize {
    if !matches!(value.first(), Some(b'+' | b'-')) {
        return 0;
    }
    let digits = value[1..].iter().take_while(|b| b.is_ascii_digit()).count();
    let n = value[1..=digits].iter().fold(0u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')));
    if digits == 0 || n > 23 { 0 } else { 1 + digits }
}

/// Length of what looks like the abbreviation of a zone.
fn zone_name(value: &[u8]) -> Option<usize> {
    if value.len() < 3 {
        return None;
    }
    if value.starts_with(b"ChST") || value.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = value.strip_prefix(b"GMT") {
        return Some(3 + signed_offset(rest));
    }
    if matches!(value[0], b'+' | b'-') {
        return Some(signed_offset(value)).filter(|n| *n > 0);
    }
    match value.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count() {
        5 if value[4] == b'T' => Some(5),
        4 if value[3] == b'T' || value.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// A numeric offset in seconds.
fn offset(value: &[u8], style: OffsetStyle) -> Parsed<'_, i64> {
    let (len, minute, second) = match style {
        OffsetStyle::Short => (3, None, None),
        OffsetStyle::Plain => (5, Some(3), None),
        OffsetStyle::Colon => (6, Some(4), None),
        OffsetStyle::Seconds => (7, Some(3), Some(5)),
        OffsetStyle::ColonSeconds => (9, Some(4), Some(7)),
    };
    let text = value.get(..len).ok_or(Bad::Value)?;
    let colons: &[usize] = match style {
        OffsetStyle::Colon => &[3],
        OffsetStyle::ColonSeconds => &[3, 6],
        _ => &[],
    };
    if colons.iter().any(|&i| text[i] != b':') {
        return Err(Bad::Value);
    }
    let pair = |at: usize| number(&text[at..at + 2], true).ok().map(|(n, _)| n);
    let hour = pair(1);
    let minute = minute.map_or(Some(0), |at| hour.and_then(|_| pair(at)));
    let second = second.map_or(Some(0), |at| minute.and_then(|_| pair(at)));
    // Go tests the ranges before it looks at other errors, the last one wins, and 24 hours and 60 minutes pass.
    let ranges =
        [(second, 60, "time zone offset second"), (minute, 60, "time zone offset minute"), (hour, 24, "time zone offset hour")];
    if let Some((_, _, name)) = ranges.into_iter().find(|(n, most, _)| n.is_some_and(|n| n > *most)) {
        return Err(Bad::Range(name));
    }
    let (Some(h), Some(m), Some(s)) = (hour, minute, second) else { return Err(Bad::Value) };
    let seconds = (h * 60 + m) * 60 + s;
    match text[0] {
        b'+' => Ok((seconds, &value[len..])),
        b'-' => Ok((-seconds, &value[len..])),
        _ => Err(Bad::Value),
    }
}

#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    am: bool,
    pm: bool,
    utc: bool,
    offset: Option<i64>,
    zone: Vec<u8>,
}

impl Fields {
    /// Reads one field from `value`; `rest` is the layout after it.
    fn read<'v>(&mut self, field: Field, value: &'v [u8], rest: &[u8]) -> Result<&'v [u8], Bad> {
        let two = || value.split_at_checked(2).ok_or(Bad::Value);
        let mut tail = value;
        match field {
            Field::Year => {
                let (text, after) = two()?;
                let year = atoi(text).ok_or(Bad::Value)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
                tail = after;
            }
            Field::LongYear => {
                let (text, after) = value.split_at_checked(4).filter(|_| digit(value, 0).is_some()).ok_or(Bad::Value)?;
                self.year = atoi(text).ok_or(Bad::Value)?;
                tail = after;
            }
            Field::Month | Field::LongMonth => {
                let (month, after) = lookup(&MONTHS, if field == Field::Month { 3 } else { 0 }, value)?;
                self.month = Some(month + 1);
                tail = after;
            }
            Field::NumMonth | Field::ZeroMonth => {
                let (month, after) = number(value, field == Field::ZeroMonth)?;
                self.month = Some(in_range(month, 1, 12, "month")?);
                tail = after;
            }
            Field::Weekday | Field::LongWeekday => {
                tail = lookup(&DAYS, if field == Field::Weekday { 3 } else { 0 }, value)?.1;
            }
            Field::Day | Field::UnderDay | Field::ZeroDay => {
                let blank = field == Field::UnderDay && value.first() == Some(&b' ');
                let (day, after) = number(&value[usize::from(blank)..], field == Field::ZeroDay)?;
                self.day = Some(day);
                tail = after;
            }
            Field::UnderYearDay | Field::ZeroYearDay => {
                let mut s = value;
                for _ in 0..2 {
                    if field == Field::UnderYearDay && s.first() == Some(&b' ') {
                        s = &s[1..];
                    }
                }
                let (day, after) = number3(s, field == Field::ZeroYearDay)?;
                self.year_day = Some(day);
                tail = after;
            }
            Field::Hour => {
                let (hour, after) = number(value, false)?;
                self.hour = in_range(hour, 0, 23, "hour")?;
                tail = after;
            }
            Field::Hour12 | Field::ZeroHour12 => {
                let (hour, after) = number(value, field == Field::ZeroHour12)?;
                self.hour = in_range(hour, 0, 12, "hour")?;
                tail = after;
            }
            Field::Minute | Field::ZeroMinute => {
                let (minute, after) = number(value, field == Field::ZeroMinute)?;
                self.minute = in_range(minute, 0, 59, "minute")?;
                tail = after;
            }
            Field::Second | Field::ZeroSecond => {
                let (second, after) = number(value, field == Field::ZeroSecond)?;
                self.second = in_range(second, 0, 59, "second")?;
                tail = after;
                // A fraction may follow though the layout has none.
                if tail.first().is_some_and(|b| is_separator(*b)) && digit(tail, 1).is_some() {
                    let field = next(rest).1;
                    if !matches!(field, Some(Field::Fraction { .. } | Field::FractionTrimmed { .. })) {
                        let len = 1 + tail[1..].iter().take_while(|b| b.is_ascii_digit()).count();
                        (self.nanos, tail) = nanoseconds(tail, len)?;
                    }
                }
            }
            Field::UpperPm | Field::LowerPm => {
                let (text, after) = two()?;
                let names = if field == Field::UpperPm { [b"PM", b"AM"] } else { [b"pm", b"am"] };
                if text == names[0] {
                    self.pm = true;
                } else if text == names[1] {
                    self.am = true;
                } else {
                    return Err(Bad::Value);
                }
                tail = after;
            }
            Field::Offset { iso: true, .. } if value.first() == Some(&b'Z') => {
                self.utc = true;
                tail = &value[1..];
            }
            Field::Offset { style, .. } => {
                let (seconds, after) = offset(value, style)?;
                // Go marks "no offset" with -1, so that an offset of one second west counts for none.
                self.offset = Some(seconds).filter(|s| *s != -1);
                tail = after;
            }
            Field::ZoneName => {
                if let Some(after) = value.strip_prefix(b"UTC") {
                    self.utc = true;
                    return Ok(after);
                }
                let len = zone_name(value).ok_or(Bad::Value)?;
                self.zone = value[..len].to_vec();
                tail = &value[len..];
            }
            Field::Fraction { digits, .. } => (self.nanos, tail) = nanoseconds(value, 1 + digits)?,
            Field::FractionTrimmed { .. } => {
                if value.first().is_some_and(|b| is_separator(*b)) && digit(value, 1).is_some() {
                    let len = 1 + value[1..].iter().take_while(|b| b.is_ascii_digit()).count();
                    (self.nanos, tail) = nanoseconds(value, len)?;
                }
            }
        }
        Ok(tail)
    }

    /// Month and day, from the day of the year too.
    fn date(&self) -> Result<(i64, i64), &'static str> {
        let (mut month, mut day) = (self.month, self.day);
        if let Some(mut n) = self.year_day {
            let mut leap_day = false;
            if is_leap(self.year) {
                leap_day = n == 60;
                n -= i64::from(n > 60);
            }
            if !(1..=365).contains(&n) {
                return Err(": day-of-year out of range");
            }
            let (m, d) = if leap_day {
                (2, 29)
            } else {
                let guess = (n - 1) / 31 + 1;
                let m = guess + i64::from(days_before(guess + 1) < n);
                (m, n - days_before(m))
            };
            if month.is_some_and(|month| month != m) {
                return Err(": day-of-year does not match month");
            }
            if day.is_some_and(|day| day != d) {
                return Err(": day-of-year does not match day");
            }
            (month, day) = (Some(m), Some(d));
        }
        let (month, day) = (month.unwrap_or(1), day.unwrap_or(1));
        if day < 1 || day > days_in(month, self.year) {
            return Err(": day out of range");
        }
        Ok((month, day))
    }
}

impl Time {
    /// `time.ParseInLocation(layout, value, time.Local)`
    pub fn parse(layout: &[u8], value: &[u8]) -> Result<Time, String> {
        let mut f = Fields::default();
        let (mut l, mut v) = (layout, value);
        let cannot = |value_part: &[u8], layout_part: &[u8]| {
            format!(
                "parsing time {} as {}: cannot parse {} as {}",
                quote(value),
                quote(layout),
                quote(value_part),
                quote(layout_part)
            )
        };
        let wrong = |why: &str| format!("parsing time {}{why}", quote(value));
        loop {
            let (text, field, field_text, rest) = next(l);
            v = skip(v, text).map_err(|v| cannot(v, text))?;
            let Some(field) = field else {
                if !v.is_empty() {
                    return Err(wrong(&format!(": extra text: {}", quote(v))));
                }
                break;
            };
            v = match f.read(field, v, rest) {
                Ok(v) => v,
                Err(Bad::Range(name)) => return Err(wrong(&format!(": {name} out of range"))),
                Err(Bad::Value) => return Err(cannot(v, field_text)),
            };
            l = rest;
        }
        if f.pm && f.hour < 12 {
            f.hour += 12;
        } else if f.am && f.hour == 12 {
            f.hour = 0;
        }
        let (month, day) = f.date().map_err(wrong)?;
        let at = |zone| Time::date(f.year, month, day, f.hour, f.minute, f.second, f.nanos, zone);
        if f.utc {
            return Ok(at(Zone::Utc));
        }
        if let Some(offset) = f.offset {
            let t = at(Zone::Utc);
            // The local zone is used where its offset and name are the ones read.
            let local = offset == 0 && (f.zone.is_empty() || f.zone == b"UTC");
            let zone = if local { Zone::Local } else { Zone::Fixed { name: f.zone, offset } };
            return Ok(Time::unix_time(t.unix() - offset, t.nanosecond(), zone));
        }
        if !f.zone.is_empty() {
            let hours = f.zone.strip_prefix(b"GMT").filter(|rest| !rest.is_empty()).and_then(atoi);
            let t = at(Zone::Utc);
            // The offset is for printing only: Go takes the time as UTC.
            return Ok(t.in_zone(Zone::Fixed { name: f.zone, offset: hours.unwrap_or(0) * 3600 }));
        }
        Ok(at(Zone::Local))
    }
}
