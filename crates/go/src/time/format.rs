//! `Time.Format`

use super::layout::{Field, OffsetStyle, next};
use super::{DAYS, MONTHS, Time, Zone};
use crate::limits;

/// Zone of TOML's local date-times, as BurntSushi/toml names it.
pub const LOCAL_DATETIME: &[u8] = b"datetime-local";
/// Zone of TOML's local dates.
pub const LOCAL_DATE: &[u8] = b"date-local";
/// Zone of TOML's local times.
pub const LOCAL_TIME: &[u8] = b"time-local";

/// Appends `n`, padded with zeros to `width` digits; the sign isn't counted.
fn int(out: &mut Vec<u8>, n: i64, width: usize) {
    if n < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(format!("{:0width$}", n.unsigned_abs()).as_bytes());
}

fn fraction(out: &mut Vec<u8>, nanos: u32, digits: usize, separator: u8, trimmed: bool) {
    if trimmed && (digits == 0 || nanos == 0) {
        return;
    }
    let text = format!("{nanos:09}");
    let mut text = &text[..digits.min(9)];
    if trimmed {
        text = text.trim_end_matches('0');
        if text.is_empty() {
            return;
        }
    }
    out.push(separator);
    out.extend_from_slice(text.as_bytes());
}

fn offset(out: &mut Vec<u8>, seconds: i64, style: OffsetStyle) {
    // Go takes the sign from the minutes.
    let minutes = seconds / 60;
    out.push(if minutes < 0 { b'-' } else { b'+' });
    let rest = if minutes < 0 { -seconds } else { seconds } % 60;
    let minutes = minutes.abs();
    int(out, minutes / 60, 2);
    let colon = matches!(style, OffsetStyle::Colon | OffsetStyle::ColonSeconds);
    if style != OffsetStyle::Short {
        out.extend_from_slice(if colon { b":" } else { b"" });
        int(out, minutes % 60, 2);
    }
    if matches!(style, OffsetStyle::Seconds | OffsetStyle::ColonSeconds) {
        out.extend_from_slice(if colon { b":" } else { b"" });
        int(out, rest, 2);
    }
}

impl Time {
    /// `Format`: the layout with its fields filled in.
    ///
    /// ```
    /// use pintle_go::time::{Time, Zone};
    /// let t = Time::unix_time(1_136_214_245, 0, Zone::Utc);
    /// assert_eq!(t.format(b"Mon Jan _2 3:04PM 2006 MST").unwrap(), b"Mon Jan  2 3:04PM 2006 UTC");
    /// ```
    pub fn format(&self, mut layout: &[u8]) -> Result<Vec<u8>, String> {
        let (name, east, _) = self.zone().at(self.unix());
        let c = self.civil_at(east);
        let mut out = Vec::with_capacity(layout.len() + 10);
        while !layout.is_empty() {
            let (text, field, _, rest) = next(layout);
            limits::text(Some(out.len() + text.len() + 64))?;
            out.extend_from_slice(text);
            let Some(field) = field else { break };
            layout = rest;
            let month = MONTHS[(c.month - 1).clamp(0, 11) as usize].as_bytes();
            let day = DAYS[c.weekday.clamp(0, 6) as usize].as_bytes();
            let hour12 = if c.hour % 12 == 0 { 12 } else { c.hour % 12 };
            match field {
                Field::Year => int(&mut out, c.year.wrapping_abs() % 100, 2),
                Field::LongYear => int(&mut out, c.year, 4),
                Field::Month => out.extend_from_slice(&month[..3]),
                Field::LongMonth => out.extend_from_slice(month),
                Field::NumMonth => int(&mut out, c.month, 0),
                Field::ZeroMonth => int(&mut out, c.month, 2),
                Field::Weekday => out.extend_from_slice(&day[..3]),
                Field::LongWeekday => out.extend_from_slice(day),
                Field::Day => int(&mut out, c.day, 0),
                Field::UnderDay => out.extend_from_slice(format!("{:2}", c.day).as_bytes()),
                Field::ZeroDay => int(&mut out, c.day, 2),
                Field::UnderYearDay => out.extend_from_slice(format!("{:3}", c.year_day).as_bytes()),
                Field::ZeroYearDay => int(&mut out, c.year_day, 3),
                Field::Hour => int(&mut out, c.hour, 2),
                Field::Hour12 => int(&mut out, hour12, 0),
                Field::ZeroHour12 => int(&mut out, hour12, 2),
                Field::Minute => int(&mut out, c.minute, 0),
                Field::ZeroMinute => int(&mut out, c.minute, 2),
                Field::Second => int(&mut out, c.second, 0),
                Field::ZeroSecond => int(&mut out, c.second, 2),
                Field::UpperPm => out.extend_from_slice(if c.hour >= 12 { b"PM" } else { b"AM" }),
                Field::LowerPm => out.extend_from_slice(if c.hour >= 12 { b"pm" } else { b"am" }),
                Field::Offset { iso: true, .. } if east == 0 => out.push(b'Z'),
                Field::Offset { style, .. } => offset(&mut out, east, style),
                Field::ZoneName if name.is_empty() => offset(&mut out, east, OffsetStyle::Plain),
                Field::ZoneName => out.extend_from_slice(&name),
                Field::Fraction { digits, separator } => {
                    fraction(&mut out, self.nanosecond(), digits, separator, false);
                }
                Field::FractionTrimmed { digits, separator } => {
                    fraction(&mut out, self.nanosecond(), digits, separator, true);
                }
            }
        }
        Ok(out)
    }

    /// `String`
    pub fn to_text(&self) -> Vec<u8> {
        self.format(b"2006-01-02 15:04:05.999999999 -0700 MST").unwrap_or_default()
    }

    /// The text that BurntSushi/toml writes: RFC 3339, or a local date or time if it was read as one.
    pub fn to_toml(&self) -> Result<Vec<u8>, String> {
        let local = |layout: &[u8]| self.in_zone(Zone::Utc).format(layout);
        match self.zone() {
            Zone::Fixed { name, offset: 0 } if name == LOCAL_DATETIME => local(b"2006-01-02T15:04:05.999999999"),
            Zone::Fixed { name, offset: 0 } if name == LOCAL_DATE => local(b"2006-01-02"),
            Zone::Fixed { name, offset: 0 } if name == LOCAL_TIME => local(b"15:04:05.999999999"),
            _ => self.format(b"2006-01-02T15:04:05.999999999Z07:00"),
        }
    }

    /// As `time.RFC3339Nano` lays it out.
    pub fn to_rfc3339(&self) -> Vec<u8> {
        // Only a long layout fails.
        self.format(b"2006-01-02T15:04:05.999999999Z07:00").unwrap_or_default()
    }

    /// The text within quotes that `MarshalJSON` gives: RFC 3339 with nanoseconds, for years of four digits.
    pub fn to_json(&self) -> Result<Vec<u8>, String> {
        self.marshal("MarshalJSON")
    }

    /// What `MarshalText` gives: the same.
    pub fn to_marshalled_text(&self) -> Result<Vec<u8>, String> {
        self.marshal("MarshalText")
    }

    fn marshal(&self, method: &str) -> Result<Vec<u8>, String> {
        let text = self.to_rfc3339();
        if text.get(4) != Some(&b'-') {
            return Err(format!("Time.{method}: year outside of range [0,9999]"));
        }
        if self.zone().at(self.unix()).1.abs() >= 24 * 3600 {
            return Err(format!("Time.{method}: timezone hour outside of range [0,23]"));
        }
        Ok(text)
    }
}
