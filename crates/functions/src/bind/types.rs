//! Types, emptiness, choice.

use pintle_template::{Call, Error, Functions, Rest};
use pintle_value::{Str, Value, fmt};

use super::convert::empty;

fn type_of(v: &Value) -> String {
    fmt::type_name(v.ty())
}

pub(super) fn add(f: &mut Functions) {
    f.add("typeOf", |v: Value| type_of(&v));
    f.add("typeIs", |name: Str, v: Value| name.as_bytes() == type_of(&v).as_bytes());
    f.add("typeIsLike", |name: Str, v: Value| {
        let ty = type_of(&v);
        name.as_bytes() == ty.as_bytes() || ty.strip_prefix('*').is_some_and(|t| t.as_bytes() == name.as_bytes())
    });
    f.add("kindOf", |v: Value| v.kind().name().to_owned());
    f.add("kindIs", |name: Str, v: Value| name.as_bytes() == v.kind().name().as_bytes());
    f.add("deepEqual", |call: &mut dyn Call, a: Value, b: Value| -> Result<bool, Error> {
        let (equal, work) = a.compare(&b);
        call.charge(work)?;
        Ok(equal)
    });
    f.add("default", |default: Value, given: Rest<Value>| match given.first() {
        Some(v) if !empty(v) => v.clone(),
        _ => default,
    });
    f.add("empty", |v: Value| empty(&v));
    f.add("coalesce", |items: Rest<Value>| items.iter().find(|v| !empty(v)).cloned().unwrap_or_default());
    f.add("all", |items: Rest<Value>| !items.iter().any(empty));
    f.add("any", |items: Rest<Value>| !items.iter().all(empty));
    f.add("ternary", |yes: Value, no: Value, condition: bool| if condition { yes } else { no });
}
