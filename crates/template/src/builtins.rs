//! Go's own functions (`text/template/funcs.go`, Go 1.26).

use std::rc::Rc;

use pintle_go::strconv::is_print;
use pintle_go::utf8::decode;
use pintle_value::fmt::{sprint, sprintf, sprintln, type_name};
use pintle_value::{IntKind, Kind, List, Str, Value};

use crate::Error;
use crate::func::{Builtin, Functions, Reflected, Rest};

pub(crate) fn register(f: &mut Functions) {
    // The evaluator itself answers these; their bodies give the signature.
    f.insert("and", Builtin::And, |v: Reflected, _: Rest<Reflected>| v.0);
    f.insert("or", Builtin::Or, |v: Reflected, _: Rest<Reflected>| v.0);
    f.insert("call", Builtin::Call, |v: Reflected, _: Rest<Reflected>| v.0);
    f.insert("len", Builtin::Len, |v: Reflected| length(&v.0));
    f.add("not", |v: Reflected| !v.0.is_true());
    f.add("index", |v: Reflected, at: Rest<Reflected>| index(v.0, &at));
    f.add("slice", |v: Reflected, at: Rest<Reflected>| slice(v.0, &at));
    f.add("print", |v: Rest<Value>| sprint(&v));
    f.add("println", |v: Rest<Value>| sprintln(&v));
    f.add("printf", |format: Str, v: Rest<Value>| sprintf(&format, &v));
    f.add("html", |v: Rest<Value>| html_escape(&escaper_text(&v)));
    f.add("js", |v: Rest<Value>| js_escape(&escaper_text(&v)));
    f.add("urlquery", |v: Rest<Value>| query_escape(&escaper_text(&v)));
    f.add("eq", |a: Reflected, b: Rest<Reflected>| eq(&a.0, &b));
    f.add("ne", |a: Reflected, b: Reflected| eq(&a.0, &[b]).map(|t| !t));
    f.add("lt", |a: Reflected, b: Reflected| lt(&a.0, &b.0));
    f.add("le", |a: Reflected, b: Reflected| le(&a.0, &b.0));
    f.add("gt", |a: Reflected, b: Reflected| le(&a.0, &b.0).map(|t| !t));
    f.add("ge", |a: Reflected, b: Reflected| lt(&a.0, &b.0).map(|t| !t));
}

/// The named basic types compare and index as what they are beneath.
fn basic(v: &Value) -> Value {
    match v {
        Value::Object(o) => o.basic().unwrap_or_else(|| v.clone()),
        v => v.clone(),
    }
}

fn length(v: &Value) -> Result<isize, String> {
    Ok(match v {
        Value::String(s) | Value::Bytes(s) => s.len(),
        Value::List(l) => l.len(),
        Value::Map(m) => m.len(),
        v => return Err(format!("len of type {}", followed_type(v))),
    } as isize)
}

/// The type's name, of a pointer what it leads to.
fn followed_type(v: &Value) -> String {
    let name = type_name(v.ty());
    match name.strip_prefix('*') {
        Some(pointee) if v.kind() == Kind::Pointer => pointee.to_owned(),
        _ => name,
    }
}

/// `indexArg`
fn position(at: &Value, cap: usize) -> Result<usize, String> {
    match basic(at) {
        Value::Int(_, n) => match usize::try_from(n) {
            Ok(x) if x <= cap => Ok(x),
            _ => Err(format!("index out of range: {n}")),
        },
        Value::Nil => Err("cannot index slice/array with nil".into()),
        v => Err(format!("cannot index slice/array with type {}", type_name(v.ty()))),
    }
}

fn index(mut item: Value, indexes: &[Reflected]) -> Result<Value, Error> {
    if let Value::Nil = item {
        return Err("index of untyped nil".into());
    }
    for Reflected(at) in indexes {
        let in_range = |len: usize| match position(at, len)? {
            x if x < len => Ok(x),
            _ => Err("reflect: slice index out of range".to_owned()),
        };
        item = match &item {
            Value::Nil => return Err("index of nil pointer".into()),
            Value::String(s) => {
                let x = position(at, s.len())?;
                let byte = s.get(x).ok_or("reflect: string index out of range")?;
                Value::Int(IntKind::Uint8, i64::from(*byte))
            }
            Value::Bytes(s) => Value::Int(IntKind::Uint8, i64::from(s[in_range(s.len())?])),
            Value::List(l) => l[in_range(l.len())?].clone(),
            Value::Map(m) => match at {
                Value::String(key) => m.get(key).unwrap_or_else(|| Value::zero(m.elem())),
                Value::Nil => return Err("value is nil; should be of type string".into()),
                at => return Err(format!("value has type {}; should be string", type_name(at.ty())).into()),
            },
            v => return Err(format!("can't index item of type {}", followed_type(v)).into()),
        };
    }
    Ok(item)
}

fn slice(item: Value, indexes: &[Reflected]) -> Result<Value, Error> {
    if let Value::Nil = item {
        return Err("slice of untyped nil".into());
    }
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()).into());
    }
    let len = match &item {
        Value::String(_) if indexes.len() == 3 => return Err("cannot 3-index slice a string".into()),
        Value::String(s) | Value::Bytes(s) => s.len(),
        Value::List(l) => l.len(),
        v => return Err(format!("can't slice item of type {}", type_name(v.ty())).into()),
    };
    let mut at = [0, len, len];
    for (i, Reflected(v)) in indexes.iter().enumerate() {
        at[i] = position(v, len)?;
    }
    for (a, b) in [(at[0], at[1]), (at[1], at[2])].into_iter().take(indexes.len().max(2) - 1) {
        if a > b {
            return Err(format!("invalid slice index: {a} > {b}").into());
        }
    }
    Ok(match &item {
        Value::String(s) => Value::string(&s[at[0]..at[1]]),
        Value::Bytes(s) => Value::Bytes(Str::from(&s[at[0]..at[1]])),
        Value::List(l) => Value::List(List::typed(l.elem(), l[at[0]..at[1]].to_vec())),
        _ => item,
    })
}

#[derive(PartialEq)]
enum Basic {
    None,
    Bool,
    Complex,
    Int,
    Uint,
    Float,
    String,
}

fn basic_kind(v: &Value) -> Basic {
    match v {
        Value::Bool(_) => Basic::Bool,
        Value::Int(k, _) if k.is_unsigned() => Basic::Uint,
        Value::Int(..) => Basic::Int,
        Value::Float(_) => Basic::Float,
        Value::Complex(..) => Basic::Complex,
        Value::String(_) => Basic::String,
        _ => Basic::None,
    }
}

fn is_nil(v: &Value) -> bool {
    match v {
        Value::Nil => true,
        Value::Map(m) => m.is_nil(),
        Value::List(l) => l.is_nil(),
        _ => false,
    }
}

fn eq(a: &Value, others: &[Reflected]) -> Result<bool, Error> {
    if others.is_empty() {
        return Err("missing argument for comparison".into());
    }
    for Reflected(b) in others {
        if equal(a, b)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn incompatible(a: &Value, b: &Value) -> String {
    format!("incompatible types for comparison: {} and {}", type_name(a.ty()), type_name(b.ty()))
}

fn equal(original: &Value, other: &Value) -> Result<bool, String> {
    let (a, b) = (basic(original), basic(other));
    if basic_kind(&a) != basic_kind(&b) {
        return match (&a, &b) {
            (Value::Int(k, x), Value::Int(l, y)) if k.is_unsigned() != l.is_unsigned() => Ok(x == y && *x >= 0),
            (Value::Nil, _) | (_, Value::Nil) => Ok(false),
            _ => Err(incompatible(original, other)),
        };
    }
    Ok(match (&a, &b) {
        (Value::Bool(x), Value::Bool(y)) => x == y,
        (Value::Int(_, x), Value::Int(_, y)) => x == y,
        (Value::Float(x), Value::Float(y)) => x == y,
        (Value::Complex(x, i), Value::Complex(y, j)) => x == y && i == j,
        (Value::String(x), Value::String(y)) => x == y,
        (a, b) => {
            let show = |v: &Value| String::from_utf8_lossy(&sprintf(b"%s", std::slice::from_ref(v))).into_owned();
            if a.kind() != b.kind() && a.kind() != Kind::Invalid && b.kind() != Kind::Invalid {
                let (ta, tb) = (type_name(a.ty()), type_name(b.ty()));
                return Err(format!(
                    "non-comparable types {}: {ta}, {tb}: {}",
                    show(a),
                    String::from_utf8_lossy(&sprint(std::slice::from_ref(b)))
                ));
            }
            if is_nil(a) || is_nil(b) {
                is_nil(a) == is_nil(b)
            } else {
                match (a, b) {
                    // Pointers are the same if they lead to the same place, whatever lies there.
                    (Value::Object(x), Value::Object(y)) if x.named_type().kind == Kind::Pointer => {
                        std::ptr::addr_eq(Rc::as_ptr(x), Rc::as_ptr(y))
                    }
                    (Value::Object(x), Value::Object(y)) => x.named_type().name == y.named_type().name && x.equals(&**y),
                    (_, b) => return Err(format!("non-comparable type {}: {}", show(b), type_name(b.ty()))),
                }
            }
        }
    })
}

fn lt(a: &Value, b: &Value) -> Result<bool, Error> {
    let (x, y) = (basic(a), basic(b));
    let bad = "invalid type for comparison";
    let (kx, ky) = (basic_kind(&x), basic_kind(&y));
    if kx == Basic::None || ky == Basic::None {
        return Err(bad.into());
    }
    Ok(match (&x, &y) {
        (Value::Int(k, x), Value::Int(l, y)) => match (k.is_unsigned(), l.is_unsigned()) {
            (false, false) => x < y,
            (true, true) => (*x as u64) < *y as u64,
            (false, true) => *x < 0 || (*x as u64) < *y as u64,
            (true, false) => *y >= 0 && (*x as u64) < *y as u64,
        },
        (Value::Float(x), Value::Float(y)) => x < y,
        (Value::String(x), Value::String(y)) => x < y,
        _ if kx == ky => return Err(bad.into()),
        _ => return Err(incompatible(a, b).into()),
    })
}

fn le(a: &Value, b: &Value) -> Result<bool, Error> {
    Ok(lt(a, b)? || equal(a, b)?)
}

/// `evalArgs`: a lone string as it is, anything else as `Sprint` prints it; nil shows as `<no value>`… only where printing it
/// would.
fn escaper_text(args: &[Value]) -> Vec<u8> {
    match args {
        [Value::String(s)] => s.to_vec(),
        args => {
            let args: Vec<Value> =
                args.iter().map(|v| if let Value::Nil = v { Value::from("<no value>") } else { v.clone() }).collect();
            sprint(&args)
        }
    }
}

fn html_escape(s: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    for b in s {
        match b {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b => out.push(*b),
        }
    }
    out
}

fn js_escape(s: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    let mut rest = s;
    while !rest.is_empty() {
        let (c, n) = decode(rest);
        match c {
            '\\' => out.extend_from_slice(b"\\\\"),
            '\'' => out.extend_from_slice(b"\\'"),
            '"' => out.extend_from_slice(b"\\\""),
            '<' | '>' | '&' | '=' => out.extend_from_slice(format!("\\u{:04X}", c as u32).as_bytes()),
            c if c < ' ' => out.extend_from_slice(format!("\\u{:04X}", c as u32).as_bytes()),
            // Invalid UTF-8 counts as U+FFFD, which prints.
            c if c.is_ascii() || is_print(c) => out.extend_from_slice(&rest[..n]),
            c => out.extend_from_slice(format!("\\u{:04X}", c as u32).as_bytes()),
        }
        rest = &rest[n..];
    }
    out
}

/// `url.QueryEscape`
fn query_escape(s: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    for b in s {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*b),
            b' ' => out.push(b'+'),
            b => out.extend_from_slice(format!("%{b:02X}").as_bytes()),
        }
    }
    out
}
