//! Go's values as Jinja sees them, and Jinja's as functions take them.
//!
//! Scalars cross over as what they are: a number of a values file that is whole becomes an integer, whatever Go would hold it in.
//! Maps, lists and structs stay where they are and Jinja holds a [`Shared`], so that a function gets the very value that a template
//! in Go's language would give it.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind, State, Value as Jinja};
use pintle_value::types::Method;
use pintle_value::{Entries, Map, Str, Type, Value};

use crate::error::failed;
use crate::print;
use crate::session::Session;

/// The largest whole number below which every whole number is a `float64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A map, list or struct of the session.
pub(crate) struct Shared {
    id: u32,
    repr: ObjectRepr,
    /// Whether `app_version` finds `AppVersion`, here and below: in what Helm makes, not in values.
    jinja_names: bool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets.
        f.write_str("<value>")
    }
}

/// A value of Go as Jinja sees it; `jinja_names` tells whether its names may be written Jinja's way.
pub(crate) fn to_jinja(value: &Value, jinja_names: bool) -> Jinja {
    match value {
        Value::Nil => Jinja::from(()),
        Value::Bool(b) => Jinja::from(*b),
        Value::Int(kind, n) if kind.is_unsigned() => Jinja::from(n.cast_unsigned()),
        Value::Int(_, n) => Jinja::from(*n),
        Value::Float(f) if f.fract() == 0.0 && f.abs() < EXACT => Jinja::from(*f as i64),
        Value::Float(f) => Jinja::from(*f),
        Value::Complex(..) => {
            Jinja::from(String::from_utf8_lossy(&pintle_value::fmt::sprint(std::slice::from_ref(value))).as_ref())
        }
        Value::String(s) | Value::Bytes(s) => match s.to_str() {
            Some(text) => Jinja::from(text),
            None => Jinja::from_bytes(s.to_vec()),
        },
        Value::List(l) => share((l.address(), 0, jinja_names), value, ObjectRepr::Seq),
        Value::Map(m) => share((m.address(), named(m.ty()), jinja_names), value, ObjectRepr::Map),
        Value::Object(o) => share((Rc::as_ptr(o).addr(), 0, true), value, ObjectRepr::Map),
    }
}

fn named(ty: Type) -> usize {
    if let Type::Named(n) = ty { std::ptr::from_ref(n).addr() } else { 0 }
}

fn share(key: crate::session::Key, value: &Value, repr: ObjectRepr) -> Jinja {
    let Some(session) = Session::current() else { return Jinja::UNDEFINED };
    session.share(key, value, |id| Jinja::from_object(Shared { id, repr, jinja_names: key.2 }))
}

/// A value of Jinja as functions take it.
///
/// Errors: what no function can take, such as a macro.
pub(crate) fn from_jinja(value: &Jinja) -> Result<Value, Error> {
    if let Some(shared) = value.downcast_object_ref::<Shared>() {
        return Ok(shared.value().unwrap_or_default());
    }
    Ok(match value.kind() {
        ValueKind::Undefined | ValueKind::None => Value::Nil,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => match (value.as_i64(), u64::try_from(value.clone())) {
            (Some(n), _) => Value::int(n),
            (None, Ok(n)) => Value::Int(pintle_value::types::IntKind::Uint64, n.cast_signed()),
            (None, Err(_)) => return Err(Error::new(ErrorKind::InvalidOperation, "an integer has more than 64 bits")),
        },
        ValueKind::Number => Value::Float(f64::try_from(value.clone())?),
        ValueKind::String => Value::from(value.as_str().unwrap_or_default()),
        ValueKind::Bytes => Value::string(value.as_bytes().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            Value::list(pintle_template::deep(|| value.try_iter()?.map(|v| from_jinja(&v)).collect::<Result<_, _>>())?)
        }
        ValueKind::Map => {
            let mut entries = Entries::new();
            for key in value.try_iter()? {
                let item = value.get_item(&key)?;
                let name = key.as_str().map_or_else(|| Str::from(key.to_string()), Str::from);
                entries.insert(name, pintle_template::deep(|| from_jinja(&item))?);
            }
            Value::dict(entries)
        }
        kind => return Err(Error::new(ErrorKind::InvalidOperation, format!("a {kind} can't be given to a function of Helm"))),
    })
}

impl Shared {
    pub(crate) fn value(&self) -> Option<Value> {
        Session::current()?.value(self.id)
    }

    /// Whether the names of what stands under a key may be written Jinja's way.
    fn below(&self, key: &[u8]) -> bool {
        self.jinja_names && key != b"Values"
    }

    fn member(&self, value: &Value, name: &str) -> Option<Jinja> {
        match value {
            Value::Map(m) => {
                let key = match m.get(name.as_bytes()) {
                    None if self.jinja_names => m.entries().keys().find(|k| same(k, name)).cloned(),
                    _ => None,
                };
                let key = key.unwrap_or_else(|| Str::from(name));
                note_read(m, &key);
                if let Some(v) = m.get(&key) {
                    return Some(to_jinja(&v, self.below(&key)));
                }
            }
            Value::Object(o) => {
                let fields = o.fields();
                let exported = fields.iter().filter(|(n, _)| n.as_bytes().first().is_some_and(u8::is_ascii_uppercase));
                let mut exact = exported.clone().filter(|(n, _)| *n == name);
                if let Some((_, v)) = exact.next().or_else(|| exported.clone().find(|(n, _)| same(n.as_bytes(), name))) {
                    return Some(to_jinja(v, self.jinja_names));
                }
            }
            _ => return None,
        }
        // Go calls a method without arguments by its name alone.
        let method = method(value, name, self.jinja_names).filter(|m| m.signature.params.is_empty())?;
        let session = Session::current()?;
        let made = session.evaluator.borrow_mut().apply_method(value, method, Vec::new()).ok()?;
        Some(to_jinja(&made, self.jinja_names))
    }
}

/// Notes that a key of the values was read.
fn note_read(m: &Map, key: &Str) {
    if m.origin() != 0
        && let Some(session) = Session::current()
        && let Some(trace) = &session.trace
    {
        trace.borrow_mut().read(m.origin(), key);
    }
}

/// Whether a name of Go is meant by one in Jinja's manner: `APIVersions` by `api_versions`.
fn same(go: &[u8], wanted: &str) -> bool {
    let letters = |b: &&u8| **b != b'_';
    go.first().is_some_and(u8::is_ascii_uppercase)
        && go.iter().filter(letters).map(u8::to_ascii_lowercase).eq(wanted.as_bytes().iter().filter(letters).copied())
}

fn method(value: &Value, name: &str, jinja_names: bool) -> Option<&'static Method> {
    value.method(name.as_bytes()).or_else(|| {
        let named = match value.ty()? {
            Type::Named(n) if jinja_names => n,
            _ => return None,
        };
        named.methods.iter().find(|m| same(m.name.as_bytes(), name))
    })
}

impl Object for Shared {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        self.repr
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        if let Some(name) = key.as_str() {
            return self.get_value_by_str(name);
        }
        match self.value()? {
            Value::List(l) => l.get(key.as_usize()?).map(|v| to_jinja(v, self.jinja_names)),
            _ => None,
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Jinja> {
        self.member(&self.value()?, key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.value() {
            Some(Value::Map(m)) => {
                Enumerator::Values(m.entries().keys().map(|k| to_jinja(&Value::String(k.clone()), false)).collect())
            }
            Some(Value::List(l)) => Enumerator::Seq(l.len()),
            Some(Value::Object(o)) => {
                let exported = |n: &str| n.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
                Enumerator::Values(o.fields().iter().map(|(n, _)| *n).filter(|n| exported(n)).map(Jinja::from).collect())
            }
            _ => Enumerator::Empty,
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        match self.value()? {
            Value::Map(m) => Some(m.len()),
            Value::List(l) => Some(l.len()),
            _ => None,
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.value().is_some_and(|v| v.is_true())
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: &[Jinja]) -> Result<Jinja, Error> {
        let unknown = || Error::from(ErrorKind::UnknownMethod);
        let (session, value) = Session::current().zip(self.value()).ok_or_else(unknown)?;
        let method = method(&value, name, true).ok_or_else(unknown)?;
        let args = crate::functions::arguments(state, args, false)?;
        let made = session.evaluator.borrow_mut().apply_method(&value, method, args).map_err(|e| failed(method.name, e))?;
        Ok(to_jinja(&made, self.jinja_names))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            Some(value) => print::go_value(&value, f).map_err(|_| fmt::Error),
            None => Ok(()),
        }
    }
}
