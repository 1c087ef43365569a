//! How a value becomes text in a manifest: as YAML would have it.
//!
//! Text as it is, nothing for null, numbers as JSON writes them, lists and mappings as JSON, which is YAML on one line. Jinja's own
//! way (`True`, `None`, `1.0`, Python's quotes) would make other values of them.

use std::fmt;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value as Jinja};
use pintle_value::json::format_json_float;
use pintle_value::{Value, json};

use crate::guard;
use crate::shared::from_jinja;
use crate::weight;

/// Prints a value as `{{ value }}` does.
///
/// Errors: bytes that are no UTF-8, values that JSON has no form for.
pub(crate) fn value(v: &Jinja, out: &mut dyn fmt::Write) -> Result<(), Error> {
    if let Some(text) = v.as_str() {
        guard::charge(text.len())?;
        return Ok(out.write_str(text)?);
    }
    match v.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(()),
        ValueKind::Bool => Ok(out.write_str(if v.is_true() { "true" } else { "false" })?),
        ValueKind::Number if !v.is_integer() => match f64::try_from(v.clone()) {
            Ok(f) if f.is_finite() => Ok(out.write_str(&format_json_float(f))?),
            _ => Ok(write!(out, "{v}")?),
        },
        ValueKind::Bytes => Err(no_text()),
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable => {
            weight::weigh(v)?;
            go_value(&from_jinja(v)?, out)
        }
        _ => Ok(write!(out, "{v}")?),
    }
}

/// Prints a value of Go: text as it is, what has a text of its own (a version, a time) as that, all else as JSON.
///
/// Errors: those of [`value`].
pub(crate) fn go_value(v: &Value, out: &mut dyn fmt::Write) -> Result<(), Error> {
    if let Value::String(s) | Value::Bytes(s) = v {
        return Ok(out.write_str(s.to_str().ok_or_else(no_text)?)?);
    }
    if let Value::Object(o) = v
        && let Some(text) = o.pointer_string()
    {
        return Ok(out.write_str(&text.to_str_lossy())?);
    }
    let options = json::Options { escape_html: false, indent: None };
    let text = json::to_string_with(v, &options).map_err(|e| Error::new(ErrorKind::InvalidOperation, e.to_string()))?;
    Ok(out.write_str(&text)?)
}

fn no_text() -> Error {
    Error::new(ErrorKind::InvalidOperation, "bytes that are no UTF-8 can't be printed; `| b64enc` makes text of them")
}
