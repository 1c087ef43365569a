//! The types of scalars as go.yaml.in/yaml/v3 sees them (resolve.go).
//!
//! Less than YAML 1.1 has: `yes` and `on` are text. Still there: octal `017`, underscores in numbers, dates.

use pintle_go::strconv;
use pintle_yaml::Timestamp;

use crate::node::{Tag, tag};

/// What a plain scalar stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `null`, `~` or nothing
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer beyond those.
    Uint(u64),
    /// A float.
    Float(f64),
    /// A date or a time, as `time.Time` marshals it to JSON.
    Time(String),
    /// `<<`
    Merge,
    /// Text
    Str,
}

impl Scalar {
    /// The tag that the parser gives.
    pub fn tag(&self) -> Tag {
        match self {
            Scalar::Null => tag::NULL,
            Scalar::Bool(_) => tag::BOOL,
            Scalar::Int(_) | Scalar::Uint(_) => tag::INT,
            Scalar::Float(_) => tag::FLOAT,
            Scalar::Time(_) => tag::TIMESTAMP,
            Scalar::Merge => tag::MERGE,
            Scalar::Str => tag::STR,
        }
    }
}

/// What a text stands for without quotes and without a tag.
pub fn resolve(text: &str) -> Scalar {
    resolve_text(text, true)
}

/// As [`resolve`] where an explicit tag stands: only `!!timestamp` looks for times.
pub fn resolve_text(text: &str, times: bool) -> Scalar {
    match text {
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        // Only plain ones merge; resolve.go finds it in its map after a hint, which `<` doesn't give.
        _ => {}
    }
    match text.as_bytes()[0] {
        b'.' => strconv::parse_float(text.as_bytes()).map_or(Scalar::Str, Scalar::Float),
        b'0'..=b'9' | b'+' | b'-' => number(text, times),
        _ => Scalar::Str,
    }
}

fn number(text: &str, times: bool) -> Scalar {
    if times && let Some(time) = Timestamp::parse(text) {
        return Scalar::Time(time.to_string());
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    if let Some(int) = parse_int(&plain, 0) {
        return int;
    }
    if is_yaml_float(&plain)
        && let Ok(float) = strconv::parse_float(plain.as_bytes())
    {
        return Scalar::Float(float);
    }
    for (prefix, radix) in [("0b", 2), ("-0b", 2), ("0o", 8), ("-0o", 8)] {
        let Some(digits) = plain.strip_prefix(prefix) else { continue };
        let signed = if prefix.starts_with('-') { format!("-{digits}") } else { digits.to_owned() };
        if let Ok(int) = i64::from_str_radix(&signed, radix) {
            return Scalar::Int(int);
        }
        if let Ok(uint) = u64::from_str_radix(digits, radix)
            && !prefix.starts_with('-')
        {
            return Scalar::Uint(uint);
        }
    }
    Scalar::Str
}

/// `strconv.ParseInt`, else `ParseUint`.
fn parse_int(text: &str, radix: u32) -> Option<Scalar> {
    let text = text.as_bytes();
    strconv::parse_int(text, radix).map(Scalar::Int).or_else(|_| strconv::parse_uint(text, radix).map(Scalar::Uint)).ok()
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_yaml_float(text: &str) -> bool {
    fn digits(text: &str) -> usize {
        text.bytes().take_while(u8::is_ascii_digit).count()
    }
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits(rest);
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let n = digits(fraction);
        if whole == 0 && n == 0 {
            return false;
        }
        rest = &fraction[n..];
    } else if whole == 0 {
        return false;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        let n = digits(exponent);
        return n > 0 && n == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded with go.yaml.in/yaml/v3 v3.0.3: the tag of `yaml.Unmarshal` into a Node, and the decoded value.
    #[test]
    fn plain_text_has_yaml_1_2s_types_and_some_more() {
        for (text, found) in [
            ("yes", Scalar::Str),
            ("on", Scalar::Str),
            ("y", Scalar::Str),
            ("True", Scalar::Bool(true)),
            ("", Scalar::Null),
            ("0755", Scalar::Int(493)),
            ("0o17", Scalar::Int(15)),
            ("08", Scalar::Float(8.0)),
            ("1_000", Scalar::Int(1000)),
            ("0b11", Scalar::Int(3)),
            ("-0x1F", Scalar::Int(-31)),
            ("18446744073709551615", Scalar::Uint(u64::MAX)),
            ("18446744073709551616", Scalar::Float(18446744073709551616.0)),
            ("1e3", Scalar::Float(1000.0)),
            ("1e999", Scalar::Str),
            ("1:30", Scalar::Str),
            (".5", Scalar::Float(0.5)),
            (".", Scalar::Str),
            ("-", Scalar::Str),
            ("1.2.3", Scalar::Str),
            ("2001-01-02", Scalar::Time("2001-01-02T00:00:00Z".into())),
            ("2001-02-30", Scalar::Str),
        ] {
            assert_eq!(resolve(text), found, "{text}");
        }
    }
}
