//! Go's `time`: moments with a zone, layouts, durations (Go 1.26).
//!
//! Parsing and formatting take and give bytes. The local zone is UTC, whatever the machine: a render must not depend on
//! where it runs, and Helm in a container has it so.

mod duration;
mod format;
mod layout;
mod moment;
mod parse;
mod zone;

pub use duration::Duration;
pub use format::{LOCAL_DATE, LOCAL_DATETIME, LOCAL_TIME};
pub use moment::{Civil, Time};
pub use zone::Zone;

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// The name of a month (1 to 12), as `time.Month` prints it.
pub fn month_name(month: i64) -> String {
    let name = usize::try_from(month - 1).ok().and_then(|i| MONTHS.get(i));
    name.map_or_else(|| format!("%!Month({month})"), |n| (*n).to_owned())
}

/// The name of a day of the week (0 is Sunday), as `time.Weekday` prints it.
pub fn day_name(day: i64) -> String {
    let name = usize::try_from(day).ok().and_then(|i| DAYS.get(i));
    name.map_or_else(|| format!("%!Weekday({day})"), |n| (*n).to_owned())
}

/// The quotes of package `time`'s errors: control and non-ASCII bytes in hexadecimal.
fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for &b in text {
        match b {
            b'"' | b'\\' => out.extend(['\\', char::from(b)]),
            b' '..0x80 => out.push(char::from(b)),
            _ => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
