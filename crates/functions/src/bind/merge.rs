//! Merging maps as dario.cat/mergo 1.0.1 does it for Sprig, and deep copies (mitchellh/copystructure 1.2).

use pintle_template::{Call, Error};
use pintle_value::budget::BYTES_A_MAP;
use pintle_value::types::Kind;
use pintle_value::{List, Map, Type, Value};

use super::objects::VersionObject;

/// How deep maps may nest: one that holds itself has no end, over which Go's stack runs out.
const MAX_DEPTH: usize = 1000;

fn too_deep() -> Error {
    Error::new("value nests too deeply")
}

/// The map to merge into: a new one for a nil map, unless there's nothing to merge.
pub(super) fn target(target: Map, sources: &[Map]) -> Map {
    if target.is_nil() && sources.iter().any(|s| !s.is_nil()) { Map::new(Default::default()) } else { target }
}

/// `isEmptyValue`: the zero of its type; a struct never is, a pointer is when what it points at is.
fn is_empty(v: &Value) -> bool {
    match v {
        Value::Object(o) => o.basic().is_some_and(|b| is_empty(&b)),
        // Not known to mergo, so never empty.
        Value::Complex(..) => false,
        _ => !v.is_true(),
    }
}

/// `mergo.Merge(&target, source)`, or `MergeWithOverwrite`. The outer error ends the render, the inner one is mergo's.
pub(super) fn merge(call: &mut dyn Call, target: &Map, source: &Map, overwrite: bool) -> Result<Result<(), String>, Error> {
    merge_at(call, target, source, overwrite, 0)
}

fn merge_at(call: &mut dyn Call, target: &Map, source: &Map, overwrite: bool, depth: usize) -> Result<Result<(), String>, Error> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    // A map merged into itself changes nothing, and must not be read while it's written.
    if target.same(source) {
        return Ok(Ok(()));
    }
    call.items(source.len() + 1)?;
    let entries: Vec<_> = source.entries().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    for (key, value) in entries {
        let put = |value: Value| -> Result<(), Error> {
            if target.elem() != Type::Any && source.elem() != target.elem() {
                // Slices are set under their own type, everything else as the elements of the source.
                let own = value.ty().filter(|_| matches!(value, Value::List(_) | Value::Bytes(_)));
                let (from, to) = (own.unwrap_or(source.elem()), target.elem());
                let why = format!("reflect.Value.SetMapIndex: value of type {from} is not assignable to type {to}");
                return Err(Error::new(why));
            }
            target.insert(key.clone(), value);
            Ok(())
        };
        if matches!(value, Value::Nil) {
            if overwrite {
                put(value)?;
            }
            continue;
        }
        let present = target.get(&key);
        match (&value, &present) {
            (Value::Map(source), Some(Value::Map(target))) if !target.is_nil() => {
                if let Err(why) = merge_at(call, target, source, overwrite, depth + 1)? {
                    return Ok(Err(why));
                }
            }
            // A pointer in the way of a map or a struct.
            (v, Some(Value::Object(o))) if !overwrite && o.named_type().kind == Kind::Pointer => match v.kind() {
                Kind::Map | Kind::Struct => return Ok(Err("src and dst must be of same type".to_owned())),
                _ => {}
            },
            _ => {}
        }
        match present {
            Some(p) if !is_empty(&p) => {
                let both_maps = matches!((&value, &p), (Value::Map(_), Value::Map(_)));
                if overwrite && !both_maps {
                    put(value)?;
                }
            }
            // Nil slices count as slices too: what's there is empty, so they replace it.
            _ => {
                put(value)?;
            }
        }
    }
    Ok(Ok(()))
}

/// `deepCopy`: maps and lists anew, all the way down.
pub(super) fn deep_copy(call: &mut dyn Call, v: &Value) -> Result<Value, Error> {
    if matches!(v, Value::Nil) {
        return Err(Error::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    copy(call, v, 0)
}

fn copy(call: &mut dyn Call, v: &Value, depth: usize) -> Result<Value, Error> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    call.items(1)?;
    Ok(match v {
        Value::List(l) if l.is_nil() => v.clone(),
        Value::List(l) => {
            let items = l.iter().map(|v| copy(call, v, depth + 1)).collect::<Result<_, _>>()?;
            Value::List(match l.ty() {
                Type::Named(named) => List::named(named, items),
                _ => List::typed(l.elem(), items),
            })
        }
        Value::Map(m) if m.is_nil() => v.clone(),
        Value::Map(m) => {
            call.allocate(BYTES_A_MAP)?;
            let entries: Vec<_> = m.entries().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            let mut out = pintle_value::Entries::new();
            for (k, v) in entries {
                out.insert(k, copy(call, &v, depth + 1)?);
            }
            let copied = match m.ty() {
                Type::Named(named) => Map::named(named, out),
                _ => Map::typed(m.elem(), out),
            };
            copied.set_origin(m.origin());
            Value::Map(copied)
        }
        // The library can't see the private fields of a version: its copy is 0.0.0.
        Value::Object(_) if v.as_object::<VersionObject>().is_some() => VersionObject::blank().into(),
        _ => v.clone(),
    })
}
