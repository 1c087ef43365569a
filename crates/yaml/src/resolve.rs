//! The types of scalars.
//!
//! Takes a scalar's text and tag, gives what go.yaml.in/yaml/v2 makes of it (resolve.go): YAML 1.1's booleans, Go's integer
//! notations, floats, null. A timestamp stays text; it matters to explicit tags and to the emitter only.

use std::borrow::Cow;

use pintle_go::{base64, strconv};
use pintle_value::json::coerce_utf8;

use crate::number::{Int, parse_float, parse_int};
use crate::parser::TAG_PREFIX;
use crate::timestamp::Timestamp;

/// A scalar with its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Str(Cow<'a, str>),
}

/// The type that a text has by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Implicit {
    Null,
    Bool(bool),
    Int(Int),
    Float(f64),
    Timestamp,
    Str,
}

/// Whether a text that begins with this byte can be anything but a string (resolve.go, `resolveTable`).
#[inline]
pub(crate) fn hints_type(first: u8) -> bool {
    matches!(first, b'+' | b'-' | b'.' | b'0'..=b'9' | b'~')
        || matches!(first, b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O')
}

/// The type that `text` has without quotes and without a tag.
pub(crate) fn implicit(text: &str) -> Implicit {
    resolve_text(text, true)
}

fn resolve_text(text: &str, timestamps: bool) -> Implicit {
    let Some(&first) = text.as_bytes().first() else { return Implicit::Null };
    if !hints_type(first) {
        return Implicit::Str;
    }
    match first {
        b'.' => match text {
            ".nan" | ".NaN" | ".NAN" => Implicit::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" => Implicit::Float(f64::INFINITY),
            _ => strconv::parse_float(text.as_bytes()).map_or(Implicit::Str, Implicit::Float),
        },
        b'+' | b'-' | b'0'..=b'9' => resolve_number(text, timestamps),
        _ => match text {
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Implicit::Bool(true),
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Implicit::Bool(false),
            "~" | "null" | "Null" | "NULL" => Implicit::Null,
            _ => Implicit::Str,
        },
    }
}

fn resolve_number(text: &str, timestamps: bool) -> Implicit {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Implicit::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Implicit::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let b = text.as_bytes();
    if b.len() < 18 && b.iter().all(u8::is_ascii_digit) && (b[0] != b'0' || b.len() == 1) {
        let value = b.iter().fold(0i64, |v, d| v * 10 + i64::from(d - b'0'));
        return Implicit::Int(Int::Signed(value));
    }
    if timestamps && Timestamp::parse(text).is_some() {
        return Implicit::Timestamp;
    }
    let plain = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    if let Some(int) = parse_int(&plain, 0) {
        return Implicit::Int(int);
    }
    if let Some(float) = parse_float(&plain) {
        return Implicit::Float(float);
    }
    // What ParseInt does not take as binary may still have a sign behind the prefix: `0b-1`.
    if let Some(rest) = plain.strip_prefix("0b")
        && let Some(int) = parse_int(rest, 2)
    {
        return Implicit::Int(int);
    }
    Implicit::Str
}

/// What a scalar becomes: its tag decides, else its text if it is unquoted. Fails with go-yaml's message.
pub(crate) fn resolve<'a>(tag: Option<&str>, text: &Cow<'a, str>, plain: bool) -> Result<Scalar<'a>, String> {
    let string = || Ok(Scalar::Str(text.clone()));
    let Some(tag) = tag else {
        return if plain { Ok(typed(resolve_text(text, false), text)) } else { string() };
    };
    let found = match tag.strip_prefix(TAG_PREFIX) {
        Some("binary") => {
            return match base64::decode(text.as_bytes()) {
                Ok(bytes) => Ok(Scalar::Str(Cow::Owned(coerce_utf8(&bytes)))),
                Err(_) => Err("yaml: !!binary value contains invalid base64 data".to_owned()),
            };
        }
        Some("str") => return string(),
        Some("bool" | "int" | "float" | "null" | "timestamp") => resolve_text(text, tag.ends_with("timestamp")),
        _ => return string(),
    };
    let wanted = &tag[TAG_PREFIX.len()..];
    let (name, found) = match (found, wanted) {
        (Implicit::Int(Int::Signed(int)), "float") => ("float", Implicit::Float(int as f64)),
        (found, _) => (found.name(), found),
    };
    if name == wanted {
        return Ok(typed(found, text));
    }
    Err(format!("yaml: cannot decode !!{name} `{text}` as a !!{wanted}"))
}

impl Implicit {
    fn name(self) -> &'static str {
        match self {
            Implicit::Null => "null",
            Implicit::Bool(_) => "bool",
            Implicit::Int(_) => "int",
            Implicit::Float(_) => "float",
            Implicit::Timestamp => "timestamp",
            Implicit::Str => "str",
        }
    }
}

fn typed<'a>(found: Implicit, text: &Cow<'a, str>) -> Scalar<'a> {
    match found {
        Implicit::Null => Scalar::Null,
        Implicit::Bool(b) => Scalar::Bool(b),
        Implicit::Int(Int::Signed(i)) => Scalar::Int(i),
        Implicit::Int(Int::Unsigned(u)) => Scalar::Uint(u),
        Implicit::Float(f) => Scalar::Float(f),
        Implicit::Timestamp | Implicit::Str => Scalar::Str(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded with go.yaml.in/yaml/v2 v2.4.4: yaml.Unmarshal of `a: <text>`.
    #[test]
    fn plain_text_has_yaml_1_1s_types() {
        let int = |i| Implicit::Int(Int::Signed(i));
        for (text, found) in [
            ("", Implicit::Null),
            ("~", Implicit::Null),
            ("nULL", Implicit::Str),
            ("y", Implicit::Bool(true)),
            ("yeS", Implicit::Str),
            ("Off", Implicit::Bool(false)),
            ("1_000", int(1000)),
            ("0b-1", int(-1)),
            ("0755", int(493)),
            ("08", Implicit::Float(8.0)),
            ("0o17", int(15)),
            ("1e3", Implicit::Float(1000.0)),
            ("1e999", Implicit::Str),
            ("1:30", Implicit::Str),
            ("2001-1-2", Implicit::Timestamp),
            ("2001-02-30", Implicit::Str),
            ("2001-01-02T03:04:05Z", Implicit::Timestamp),
            ("2001-01-02 03:04:05.5", Implicit::Timestamp),
            ("2001-01-02 03:04:05Z", Implicit::Str),
            (".5", Implicit::Float(0.5)),
            (".5_0", Implicit::Float(0.5)),
            ("._5", Implicit::Str),
            (".", Implicit::Str),
            ("<<", Implicit::Str),
        ] {
            assert_eq!(implicit(text), found, "{text}");
        }
    }
}
