//! Maps: `set` and `unset` change the map that they're given, for all who hold it.

use pintle_template::{Call, Error, Exactly, Functions, Rest};
use pintle_value::{Entries, List, Map, Str, Value, fmt};

use super::convert::{string_list, strval};
use super::merge;

pub(super) fn add(f: &mut Functions) {
    f.add("dict", |items: Rest<Value>| {
        let mut entries = Entries::new();
        for pair in items.chunks(2) {
            let value = pair.get(1).cloned().unwrap_or_else(|| Value::from(""));
            entries.insert(strval(&pair[0]), value);
        }
        Map::new(entries)
    });
    f.add("get", |d: Map, key: Str| d.get(&key).unwrap_or_else(|| Value::from("")));
    f.add("set", |d: Map, key: Str, v: Value| -> Result<Map, Error> {
        if d.is_nil() {
            return Err(Error::new("assignment to entry in nil map"));
        }
        d.insert(key, v);
        Ok(d)
    });
    f.add("unset", |d: Map, key: Str| {
        d.remove(&key);
        d
    });
    f.add("hasKey", |d: Map, key: Str| d.get(&key).is_some());
    f.add("pluck", |key: Str, dicts: Rest<Map>| List::new(dicts.iter().filter_map(|d| d.get(&key)).collect()));
    f.add("keys", |call: &mut dyn Call, dicts: Rest<Map>| -> Result<Exactly, Error> {
        let mut keys = Vec::new();
        for d in dicts.iter() {
            call.charge(d.len() as u64)?;
            keys.extend(d.entries().keys().cloned());
        }
        Ok(Exactly(string_list(keys)))
    });
    f.add("values", |call: &mut dyn Call, d: Map| -> Result<List, Error> {
        call.charge(d.len() as u64)?;
        Ok(List::new(d.entries().values().cloned().collect()))
    });
    f.add("pick", |d: Map, keys: Rest<Str>| Map::new(keys.iter().filter_map(|k| Some((k.clone(), d.get(k)?))).collect()));
    f.add("omit", |call: &mut dyn Call, d: Map, keys: Rest<Str>| -> Result<Map, Error> {
        call.charge(d.len() as u64)?;
        let mut entries = d.entries().clone();
        for key in keys.iter() {
            entries.remove(&key[..]);
        }
        Ok(Map::new(entries))
    });
    f.add("dig", |path: Rest<Value>| dig(&path));
    for name in ["deepCopy", "mustDeepCopy"] {
        f.add(name, |call: &mut dyn Call, v: Value| merge::deep_copy(call, &v));
    }
    for (name, overwrite, must) in
        [("merge", false, false), ("mustMerge", false, true), ("mergeOverwrite", true, false), ("mustMergeOverwrite", true, true)]
    {
        f.add(name, move |call: &mut dyn Call, target: Map, sources: Rest<Map>| {
            let target = merge::target(target, &sources);
            for source in sources.iter() {
                match merge::merge(call, &target, source, overwrite)? {
                    Ok(()) => {}
                    Err(why) if must => return Err(Error::new(why)),
                    Err(_) => return Ok(Value::from("")),
                }
            }
            Ok(Value::Map(target))
        });
    }
}

fn not_a(v: &Value, wanted: &str) -> Error {
    let got = if matches!(v, Value::Nil) { "nil".to_owned() } else { fmt::type_name(v.ty()) };
    Error::new(format!("interface conversion: interface {{}} is {got}, not {wanted}"))
}

/// The `map[string]interface {}` that a value is, by a type assertion: a named map type won't do.
fn plain_map(v: &Value) -> Result<Map, Error> {
    match v {
        Value::Map(m) if m.ty() == pintle_value::types::DICT => Ok(m.clone()),
        _ => Err(not_a(v, "map[string]interface {}")),
    }
}

/// `dig`: keys, a default, and the map to go down; a step through something else fails.
fn dig(path: &[Value]) -> Result<Value, Error> {
    let [keys @ .., default, dict] = path else {
        return Err(Error::new("dig needs at least three arguments"));
    };
    if keys.is_empty() {
        return Err(Error::new("dig needs at least three arguments"));
    }
    let mut map = plain_map(dict)?;
    let mut names = Vec::with_capacity(keys.len());
    for key in keys {
        names.push(key.as_str().ok_or_else(|| not_a(key, "string"))?);
    }
    let mut value = Value::Nil;
    for (i, name) in names.iter().enumerate() {
        if i > 0 {
            map = plain_map(&value)?;
        }
        match map.get(name) {
            Some(v) => value = v,
            None => return Ok(default.clone()),
        }
    }
    Ok(value)
}
