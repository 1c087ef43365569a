//! Dates and durations: Sprig's, and the durations of Helm 4.

use pintle_go::strconv::{NumError, parse_float, parse_int, quote};
use pintle_go::strings::trim_space;
use pintle_go::time::{Duration, Time, Zone};
use pintle_template::{Call, Error, Exactly, Functions, IntoResult, Typed};
use pintle_value::types::IntKind;
use pintle_value::{Str, Value, fmt};

use super::host;
use super::objects::{DurationObject, TimeObject};

const DATE_ONLY: &[u8] = b"2006-01-02";

pub(super) fn add(f: &mut Functions) {
    f.add("now", |call: &mut dyn Call| -> Result<Exactly, Error> { Ok(object(now(call)?)) });
    f.add("date", |call: &mut dyn Call, layout: Str, date: Value| format(call, &layout, &date, Zone::Local));
    f.add("htmlDate", |call: &mut dyn Call, date: Value| format(call, DATE_ONLY, &date, Zone::Local));
    f.add("htmlDateInZone", |call: &mut dyn Call, date: Value, zone: Str| format(call, DATE_ONLY, &date, named_zone(&zone)));
    for name in ["dateInZone", "date_in_zone"] {
        f.add(name, |call: &mut dyn Call, layout: Str, date: Value, zone: Str| format(call, &layout, &date, named_zone(&zone)));
    }
    for name in ["dateModify", "date_modify"] {
        f.add(name, |call: &mut dyn Call, by: Str, date: Typed<TimeObject>| -> Result<Exactly, Error> {
            charge(call, &by)?;
            let date = time(date);
            Ok(object(Duration::parse(&by).map_or(date.clone(), |d| date.add(d))))
        });
    }
    for name in ["mustDateModify", "must_date_modify"] {
        f.add(name, |by: Str, date: Typed<TimeObject>| -> Result<Exactly, Error> {
            Ok(object(time(date).add(Duration::parse(&by)?)))
        });
    }
    f.add("toDate", |call: &mut dyn Call, layout: Str, text: Str| -> Result<Exactly, Error> {
        charge(call, &layout)?;
        charge(call, &text)?;
        Ok(object(Time::parse(&layout, &text).unwrap_or_else(|_| Time::zero())))
    });
    f.add("mustToDate", |layout: Str, text: Str| -> Result<Exactly, Error> { Ok(object(Time::parse(&layout, &text)?)) });
    f.add("unixEpoch", |date: Typed<TimeObject>| time(date).unix().to_string());
    f.add("ago", |call: &mut dyn Call, date: Value| -> Result<String, Error> {
        let now = now(call)?;
        let then = match &date {
            Value::Int(IntKind::Int64 | IntKind::Int, n) => Time::unix_time(*n, 0, Zone::Local),
            v => v.as_object::<TimeObject>().map_or_else(|| now.clone(), |t| t.0.clone()),
        };
        Ok(now.sub(&then).round(Duration(1_000_000_000)).to_string())
    });
    f.add("duration", |seconds: Value| {
        let n = match &seconds {
            Value::String(s) => parse_int(s, 10).unwrap_or_else(NumError::value),
            Value::Int(IntKind::Int64, n) => *n,
            _ => 0,
        };
        Duration(n.wrapping_mul(1_000_000_000)).to_string()
    });
    f.add("durationRound", |call: &mut dyn Call, v: Value| -> Result<String, Error> {
        Ok(coarse(match &v {
            Value::String(s) => Duration::parse(s).unwrap_or_default(),
            Value::Int(IntKind::Int64, n) => Duration(*n),
            v => match v.as_object::<TimeObject>() {
                Some(t) => now(call)?.sub(&t.0),
                None => Duration(0),
            },
        }))
    });
    helm_durations(f);
}

/// `durationRound`: the greatest unit that fits more than once, from years of 365 days to seconds.
fn coarse(duration: Duration) -> String {
    const UNITS: [(u64, &str); 6] =
        [(365 * 24 * 3600, "y"), (30 * 24 * 3600, "mo"), (24 * 3600, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let n = duration.0.unsigned_abs();
    let unit = UNITS.iter().map(|(s, name)| (s * 1_000_000_000, name)).find(|(unit, _)| n > *unit);
    unit.map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", n / unit))
}

fn object(time: Time) -> Exactly {
    Exactly(Value::from(TimeObject(time)))
}

fn now(call: &dyn Call) -> Result<Time, Error> {
    Ok(Time::from(host(call)?.world.now()))
}

/// The argument's time; the zero one where the evaluator passes none.
fn time(date: Typed<TimeObject>) -> Time {
    date.0.map_or_else(Time::zero, |t| t.0.clone())
}

/// An unknown zone counts as UTC.
fn named_zone(name: &[u8]) -> Zone {
    Zone::load(name).unwrap_or(Zone::Utc)
}

/// A time or a Unix time, in a zone; anything else stands for the present.
fn format(call: &mut dyn Call, layout: &[u8], date: &Value, zone: Zone) -> Result<Vec<u8>, Error> {
    let time = match date {
        Value::Int(IntKind::Int64 | IntKind::Int | IntKind::Int32, n) => Time::unix_time(*n, 0, Zone::Local),
        v => match v.as_object::<TimeObject>() {
            Some(t) => t.0.clone(),
            None => now(call)?,
        },
    };
    Ok(time.in_zone(zone).format(layout)?)
}

/// Helm 4's `asDuration`: a duration, a text that reads as one or as a number, or a number of seconds.
fn as_duration(v: &Value) -> Result<Duration, String> {
    match v {
        Value::Nil => Err("invalid duration".to_owned()),
        Value::String(s) => {
            let text = trim_space(s);
            if text.is_empty() {
                return Err("empty duration".to_owned());
            }
            if let Ok(d) = Duration::parse(text) {
                return Ok(d);
            }
            match parse_float(text) {
                Ok(seconds) => from_seconds(seconds),
                Err(_) => Err(format!("could not parse duration {}", quote(s))),
            }
        }
        Value::Float(seconds) => from_seconds(*seconds),
        Value::Int(kind, n) => {
            let most = i64::MAX / 1_000_000_000;
            let fits = if kind.is_unsigned() { (0..=most).contains(n) } else { (-most..=most).contains(n) };
            let shown = if kind.is_unsigned() { n.cast_unsigned().to_string() } else { n.to_string() };
            if fits { Ok(Duration(n * 1_000_000_000)) } else { Err(format!("duration seconds overflow: {shown}")) }
        }
        Value::Object(o) => match (v.as_object::<DurationObject>(), o.basic()) {
            (Some(d), _) => Ok(d.0),
            (None, Some(basic)) if !matches!(basic, Value::String(_)) => as_duration(&basic),
            _ => Err(format!("unsupported duration type {}", fmt::type_name(v.ty()))),
        },
        _ => Err(format!("unsupported duration type {}", fmt::type_name(v.ty()))),
    }
}

fn from_seconds(seconds: f64) -> Result<Duration, String> {
    let show = |f: f64| String::from_utf8_lossy(&super::convert::display(&Value::Float(f))).into_owned();
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", show(seconds)));
    }
    let most = i64::MAX as f64 / 1e9;
    if seconds.abs() > most {
        return Err(format!("duration seconds overflow: {}", show(seconds)));
    }
    Ok(Duration(crate::number::float_to_int(seconds * 1e9)))
}

fn helm_durations(f: &mut Functions) {
    // All but the first take what isn't a duration for zero.
    f.add("mustToDuration", |v: Value| -> Result<Exactly, Error> { Ok(duration(as_duration(&v)?)) });
    add_count(f, "durationSeconds", Duration::seconds);
    add_count(f, "durationMilliseconds", |d| d.0 / 1_000_000);
    add_count(f, "durationMicroseconds", |d| d.0 / 1_000);
    add_count(f, "durationNanoseconds", |d| d.0);
    add_count(f, "durationMinutes", Duration::minutes);
    add_count(f, "durationHours", Duration::hours);
    add_count(f, "durationDays", |d| d.hours() / 24.0);
    add_count(f, "durationWeeks", |d| d.hours() / 24.0 / 7.0);
    type Rounding = fn(Duration, Duration) -> Duration;
    for (name, round) in [("durationRoundTo", Duration::round as Rounding), ("durationTruncateTo", Duration::truncate)] {
        f.add(name, move |call: &mut dyn Call, v: Value, unit: Value| -> Result<Exactly, Error> {
            let Ok(d) = charged_duration(call, &v)? else { return Ok(duration(Duration(0))) };
            Ok(duration(charged_duration(call, &unit)?.map_or(d, |unit| round(d, unit))))
        });
    }
}

/// Adds a function that counts the units of a duration.
fn add_count<R: IntoResult + 'static>(
    f: &mut Functions,
    name: &'static str,
    count: impl Fn(Duration) -> R + Send + Sync + 'static,
) {
    f.add(name, move |call: &mut dyn Call, v: Value| -> Result<R, Error> {
        Ok(count(charged_duration(call, &v)?.unwrap_or_default()))
    });
}

/// [`as_duration`], drawn from the budget. The inner error is that of what isn't a duration.
fn charged_duration(call: &mut dyn Call, v: &Value) -> Result<Result<Duration, String>, Error> {
    if let Value::String(text) = v {
        charge(call, text)?;
    }
    Ok(as_duration(v))
}

/// Draws the reading of a text from the budget: an invalid time or duration is quoted in an error that nobody sees.
fn charge(call: &mut dyn Call, text: &Str) -> Result<(), Error> {
    call.charge(text.len() as u64)
}

fn duration(d: Duration) -> Exactly {
    Exactly(Value::from(DurationObject(d)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_down_to_their_greatest_unit() {
        assert_eq!(coarse(Duration(26 * 3600 * 1_000_000_000)), "1d");
    }
}
