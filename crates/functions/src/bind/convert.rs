//! Values to Go's basic types, as spf13/cast and Sprig convert them.

#[cfg(feature = "crypto")]
use pintle_template::FromArg;
use pintle_template::{Call, Error};
#[cfg(feature = "crypto")]
use pintle_value::Type;
use pintle_value::types::{IntKind, Kind};
use pintle_value::{List, Str, Value, fmt};

use super::objects::NamedInt;
use crate::number::{cast_float, cast_int, float_to_int};

/// `cast.ToInt64`: what isn't a number is 0.
pub(super) fn to_int(v: &Value) -> i64 {
    match v {
        Value::Int(_, n) => *n,
        Value::Float(f) => float_to_int(*f),
        Value::String(s) => cast_int(s),
        Value::Bool(b) => i64::from(*b),
        // time.Month and time.Weekday, but not time.Duration.
        Value::Object(_) => v.as_object::<NamedInt>().map_or(0, |n| n.value),
        _ => 0,
    }
}

/// `cast.ToFloat64`: what isn't a number is 0.
pub(super) fn to_float(v: &Value) -> f64 {
    match v {
        Value::Int(kind, n) if kind.is_unsigned() => n.cast_unsigned() as f64,
        Value::Int(_, n) => *n as f64,
        Value::Float(f) => *f,
        Value::String(s) => cast_float(s),
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::Object(_) => v.as_object::<NamedInt>().map_or(0.0, |n| n.value as f64),
        _ => 0.0,
    }
}

/// Sprig's `strval`: a string as it is, anything else as `%v` prints it.
pub(super) fn strval(v: &Value) -> Str {
    match v {
        Value::String(s) | Value::Bytes(s) => s.clone(),
        _ => display(v).into(),
    }
}

/// What `%v` prints.
pub(super) fn display(v: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    fmt::append_value(&mut out, v);
    out
}

/// The items of a slice of any type; `None` for what isn't a slice.
pub(super) fn items(v: &Value) -> Option<Vec<Value>> {
    match v {
        Value::List(l) => Some(l.items().to_vec()),
        Value::Bytes(b) => Some(b.iter().map(|b| Value::Int(IntKind::Uint8, i64::from(*b))).collect()),
        _ => None,
    }
}

/// Sprig's `strslice`: the items as strings, without the nil ones; a single value as a list of one. Drawn from the budget.
pub(super) fn strings(call: &mut dyn Call, v: &Value) -> Result<Vec<Str>, Error> {
    let items = match v {
        Value::Nil => return Ok(Vec::new()),
        Value::List(_) | Value::Bytes(_) => items(v).unwrap_or_default(),
        v => vec![v.clone()],
    };
    call.items(items.len())?;
    let text = |v: &Value| {
        let text = strval(v);
        // A string is shared, anything else printed.
        if !matches!(v, Value::String(_)) {
            call.text(text.len())?;
        }
        Ok(text)
    };
    items.iter().filter(|v| !matches!(v, Value::Nil)).map(text).collect()
}

/// A `[]string`.
pub(super) fn string_list<S: Into<Str>>(items: impl IntoIterator<Item = S>) -> Value {
    Value::List(List::strings(items))
}

/// Sprig's `empty`.
pub(super) fn empty(v: &Value) -> bool {
    match v {
        // Structs never count as empty, pointers only when nil.
        Value::Object(o) => o.basic().is_some_and(|b| empty(&b)),
        _ => !v.is_true(),
    }
}

/// The kind's name as functions over lists complain of it; nil has none, which Go notices by a nil pointer.
pub(super) fn kind_name(v: &Value) -> Result<&'static str, String> {
    match v.kind() {
        Kind::Invalid => Err("runtime error: invalid memory address or nil pointer dereference".to_owned()),
        kind => Ok(kind.name()),
    }
}

/// `uint32`
#[cfg(feature = "crypto")]
pub(super) struct U32(pub u32);

#[cfg(feature = "crypto")]
impl FromArg for U32 {
    const TYPE: Type = Type::Int(IntKind::Uint32);
    fn from_arg(v: &Value) -> Self {
        U32(if let Value::Int(_, n) = v { *n as u32 } else { 0 })
    }
}
