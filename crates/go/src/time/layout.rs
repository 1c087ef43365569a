//! Layouts: texts in which the parts of the reference time stand for fields (Go's `nextStdChunk`).

/// A field of a layout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    Offset {
        iso: bool,
        style: OffsetStyle,
    },
    /// `.000` or `,000`
    Fraction {
        digits: usize,
        separator: u8,
    },
    /// `.999` or `,999`
    FractionTrimmed {
        digits: usize,
        separator: u8,
    },
}

/// How an offset is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum OffsetStyle {
    Short,
    Plain,
    Colon,
    Seconds,
    ColonSeconds,
}

/// The text before the first field of `layout`, the field, its own text, and the rest.
pub(super) fn next(layout: &[u8]) -> (&[u8], Option<Field>, &[u8], &[u8]) {
    for i in 0..layout.len() {
        if let Some((field, skip, len)) = field_at(&layout[i..]) {
            let at = i + skip;
            return (&layout[..at], Some(field), &layout[at..at + len], &layout[at + len..]);
        }
    }
    (layout, None, b"", b"")
}

/// A field at the start of `s`: how many bytes before it are text, and its length.
fn field_at(s: &[u8]) -> Option<(Field, usize, usize)> {
    use Field::*;
    let starts = |text: &str| s.starts_with(text.as_bytes());
    let lower_after = |at: usize| s.get(at).is_some_and(u8::is_ascii_lowercase);
    let found = |field, len| Some((field, 0, len));
    match s[0] {
        b'J' if starts("January") => found(LongMonth, 7),
        b'J' if starts("Jan") && !lower_after(3) => found(Month, 3),
        b'M' if starts("Monday") => found(LongWeekday, 6),
        b'M' if starts("Mon") && !lower_after(3) => found(Weekday, 3),
        b'M' if starts("MST") => found(ZoneName, 3),
        b'0' => match s.get(1) {
            Some(b'1') => found(ZeroMonth, 2),
            Some(b'2') => found(ZeroDay, 2),
            Some(b'3') => found(ZeroHour12, 2),
            Some(b'4') => found(ZeroMinute, 2),
            Some(b'5') => found(ZeroSecond, 2),
            Some(b'6') => found(Year, 2),
            _ if starts("002") => found(ZeroYearDay, 3),
            _ => None,
        },
        b'1' if starts("15") => found(Hour, 2),
        b'1' => found(NumMonth, 1),
        b'2' if starts("2006") => found(LongYear, 4),
        b'2' => found(Day, 1),
        b'_' if starts("_2006") => Some((LongYear, 1, 4)),
        b'_' if starts("_2") => found(UnderDay, 2),
        b'_' if starts("__2") => found(UnderYearDay, 3),
        b'3' => found(Hour12, 1),
        b'4' => found(Minute, 1),
        b'5' => found(Second, 1),
        b'P' if starts("PM") => found(UpperPm, 2),
        b'p' if starts("pm") => found(LowerPm, 2),
        mark @ (b'-' | b'Z') => {
            let iso = mark == b'Z';
            let styles = [
                ("070000", OffsetStyle::Seconds),
                ("07:00:00", OffsetStyle::ColonSeconds),
                ("0700", OffsetStyle::Plain),
                ("07:00", OffsetStyle::Colon),
                ("07", OffsetStyle::Short),
            ];
            let (text, style) = styles.into_iter().find(|(text, _)| s[1..].starts_with(text.as_bytes()))?;
            found(Offset { iso, style }, text.len() + 1)
        }
        separator @ (b'.' | b',') => {
            let digit = *s.get(1).filter(|d| matches!(d, b'0' | b'9'))?;
            let digits = s[1..].iter().take_while(|b| **b == digit).count();
            // Only a fraction is all zeros or nines.
            if s.get(1 + digits).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            // Go keeps the count in 12 bits.
            let kept = digits & 0xfff;
            let field = match digit {
                b'0' => Fraction { digits: kept, separator },
                _ => FractionTrimmed { digits: kept, separator },
            };
            found(field, 1 + digits)
        }
        _ => None,
    }
}
