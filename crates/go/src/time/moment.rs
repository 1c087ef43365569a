//! A moment with its zone, and the calendar.

use std::cmp::Ordering;

use super::duration::Duration;
use super::zone::Zone;

/// Seconds from the year 1 to 1970: `time.Time`'s zero is the former.
const YEAR_ONE: i64 = 62_135_596_800;
/// Days from March 1, 292277022400 BC, where Go begins to count, to March 1 of the year 0.
const ABSOLUTE_DAYS: i64 = 730_692_556 * 146_097;
/// Days from March 1 of the year 0 to 1970.
const UNIX_DAYS: i64 = 719_468;
const DAY: i64 = 86_400;

/// A `time.Time`, without a monotonic reading.
#[derive(Clone, Debug)]
pub struct Time {
    unix: i64,
    nanos: u32,
    zone: Zone,
}

/// Date and time of day in some zone.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Civil {
    pub year: i64,
    /// 1 to 12
    pub month: i64,
    pub day: i64,
    /// 1 to 366
    pub year_day: i64,
    /// 0 is Sunday
    pub weekday: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_before(month: i64) -> i64 {
    const BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    BEFORE[(month - 1).clamp(0, 12) as usize]
}

pub(super) fn days_in(month: i64, year: i64) -> i64 {
    if month == 2 && is_leap(year) { 29 } else { days_before(month + 1) - days_before(month) }
}

/// Days from March 1 of the year 0 to a date.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year.wrapping_sub(1) } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era.wrapping_mul(146_097).wrapping_add(day_of_era).wrapping_add(day).wrapping_sub(1)
}

impl Time {
    /// `time.Unix(seconds, nanos)`
    pub fn unix_time(seconds: i64, nanos: u32, zone: Zone) -> Time {
        Time { unix: seconds.wrapping_add(i64::from(nanos / 1_000_000_000)), nanos: nanos % 1_000_000_000, zone }
    }

    /// The zero `time.Time`: the year 1, UTC.
    pub fn zero() -> Time {
        Time::unix_time(-YEAR_ONE, 0, Zone::Utc)
    }

    /// `time.Date`: fields out of their range carry over.
    #[allow(clippy::too_many_arguments)]
    pub fn date(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64, nanos: i64, zone: Zone) -> Time {
        let carry = |hi: i64, lo: i64, base: i64| (hi.wrapping_add(lo.div_euclid(base)), lo.rem_euclid(base));
        let (year, month) = carry(year, month.wrapping_sub(1), 12);
        let (second, nanos) = carry(second, nanos, 1_000_000_000);
        let (minute, second) = carry(minute, second, 60);
        let (hour, minute) = carry(hour, minute, 60);
        let (day, hour) = carry(day, hour, 24);
        let days = days_from_civil(year, month + 1, day).wrapping_sub(UNIX_DAYS);
        let local = days.wrapping_mul(DAY).wrapping_add(hour * 3600 + minute * 60 + second);
        // The offset at that time, and if that falls elsewhere, the offset there.
        let offset = zone.at(local).1;
        let offset = if offset == 0 { 0 } else { zone.at(local.wrapping_sub(offset)).1 };
        Time { unix: local.wrapping_sub(offset), nanos: nanos as u32, zone }
    }

    /// Seconds since 1970.
    pub fn unix(&self) -> i64 {
        self.unix
    }

    /// Seconds since the year 1, UTC.
    pub fn since_year_one(&self) -> i64 {
        self.unix.wrapping_add(YEAR_ONE)
    }

    /// 0 to 999,999,999
    pub fn nanosecond(&self) -> u32 {
        self.nanos
    }

    /// The zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The same moment in another zone.
    pub fn in_zone(&self, zone: Zone) -> Time {
        Time { zone, ..self.clone() }
    }

    /// `IsZero`
    pub fn is_zero(&self) -> bool {
        self.unix == -YEAR_ONE && self.nanos == 0
    }

    /// Date and time of day in its zone.
    pub fn civil(&self) -> Civil {
        self.civil_at(self.zone.at(self.unix).1)
    }

    pub(super) fn civil_at(&self, offset: i64) -> Civil {
        // Unsigned and wrapping, as Go computes: the farthest moments have odd dates there too.
        let absolute = self.unix.wrapping_add(offset) as u64;
        let absolute = absolute.wrapping_add((ABSOLUTE_DAYS + UNIX_DAYS).wrapping_mul(DAY) as u64);
        let second = (absolute % DAY as u64) as i64;
        let days = (absolute / DAY as u64) as i64 - ABSOLUTE_DAYS;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = (shifted + 2) % 12 + 1;
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        Civil {
            year,
            month,
            day,
            year_day: days_before(month) + day + i64::from(month > 2 && is_leap(year)),
            weekday: (days + 3).rem_euclid(7),
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
        }
    }

    /// `Add`
    pub fn add(&self, d: Duration) -> Time {
        let nanos = i64::from(self.nanos) + d.0 % 1_000_000_000;
        let seconds = (d.0 / 1_000_000_000) + nanos.div_euclid(1_000_000_000);
        let nanos = nanos.rem_euclid(1_000_000_000) as u32;
        // Go counts from the year 1 and stays at the ends of 64 bits.
        let unix = self.unix.wrapping_add(YEAR_ONE).saturating_add(seconds).wrapping_sub(YEAR_ONE);
        Time { unix, nanos, zone: self.zone.clone() }
    }

    /// `Sub`: at most what a duration holds.
    pub fn sub(&self, other: &Time) -> Duration {
        let nanos = self.nanos_since_year_one() - other.nanos_since_year_one();
        Duration(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    /// `AddDate`
    pub fn add_date(&self, years: i64, months: i64, days: i64) -> Time {
        let c = self.civil();
        let (y, m, d) = (c.year.wrapping_add(years), c.month.wrapping_add(months), c.day.wrapping_add(days));
        Time::date(y, m, d, c.hour, c.minute, c.second, i64::from(self.nanos), self.zone.clone())
    }

    /// Nanoseconds since the year 1, in Go's 64 bits of seconds.
    fn nanos_since_year_one(&self) -> i128 {
        i128::from(self.since_year_one()) * 1_000_000_000 + i128::from(self.nanos)
    }

    /// Order in time, whatever the zones.
    pub fn compare(&self, other: &Time) -> Ordering {
        self.nanos_since_year_one().cmp(&other.nanos_since_year_one())
    }

    /// `Truncate`: down to a multiple of `d` since the year 1.
    pub fn truncate(&self, d: Duration) -> Time {
        if d.0 <= 0 { self.clone() } else { self.add(Duration(-self.remainder(d))) }
    }

    /// `Round`: to the nearest multiple of `d` since the year 1, up from the half.
    pub fn round(&self, d: Duration) -> Time {
        if d.0 <= 0 {
            return self.clone();
        }
        let r = self.remainder(d);
        let down = r.cast_unsigned().wrapping_mul(2) < d.0.cast_unsigned();
        self.add(Duration(if down { -r } else { d.0.wrapping_sub(r) }))
    }

    fn remainder(&self, d: Duration) -> i64 {
        self.nanos_since_year_one().rem_euclid(i128::from(d.0)) as i64
    }
}
