//! Values of flags as pflag, which Helm and kustomize use, reads them, with its words for those that it can't.

use pintle_go::strconv::{self, NumError, parse_float, parse_int, quote};
use pintle_go::time::Duration;

use crate::rules;
use pintle_core::Error;

/// A truth value (`strconv.ParseBool`).
pub fn parse_bool(text: &str) -> Result<bool, String> {
    strconv::parse_bool(text.as_bytes()).ok_or_else(|| "not a truth value".into())
}

/// A value that has a reading of its own, which tells what is wrong with it.
pub fn choice(flag: &str, value: Option<&str>, read: impl Fn(&str) -> Result<(), String>) -> Result<(), Error> {
    let Some(value) = value else { return Ok(()) };
    read(value).map_err(|why| {
        let message = format!("invalid argument {} for \"{flag}\" flag: {why}", quote(value.as_bytes()));
        Error::new(&rules::USAGE_VALUE, message)
    })
}

/// A `time.Duration`
pub fn duration(flag: &str, value: Option<&str>) -> Result<(), Error> {
    choice(flag, value, |v| Duration::parse(v.as_bytes()).map(|_| ()))
}

/// An `int`
pub fn int(flag: &str, value: Option<&str>) -> Result<(), Error> {
    choice(flag, value, |v| number("ParseInt", v, parse_int(v.as_bytes(), 0)))
}

/// A `float32`
pub fn float(flag: &str, value: Option<&str>) -> Result<(), Error> {
    choice(flag, value, |v| number("ParseFloat", v, parse_float(v.as_bytes())))
}

/// What `strconv` says of a number that it can't read.
fn number<T>(function: &str, text: &str, read: Result<T, NumError<T>>) -> Result<(), String> {
    read.map(|_| ()).map_err(|e| e.message(function, text.as_bytes()))
}

/// `stringToString`: `key=value` pairs between commas. Several pairs are read as CSV, where quotes hold pairs together.
pub fn string_to_string(flag: &str, value: &str) -> Result<(), Error> {
    choice(flag, Some(value), |v| {
        let pairs = match v.matches('=').count() {
            0 | 1 => vec![v],
            _ if v.contains('"') => Vec::new(),
            _ => v.split(',').collect(),
        };
        match pairs.into_iter().find(|pair| !pair.contains('=')) {
            Some(pair) => Err(format!("{pair} must be formatted as key=value")),
            None => Ok(()),
        }
    })
}
