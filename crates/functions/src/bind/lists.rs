//! Lists: Sprig reads any slice and makes new `[]interface {}`.

use std::collections::HashMap;

use pintle_go::limits;
use pintle_template::{Call, Error, Functions, Rest};
use pintle_value::types::ANYS;
use pintle_value::{List, Type, Value};

use super::convert::{empty, items, kind_name, to_int};

type Listing = Result<List, Error>;

/// The items of a slice, drawn from the budget; else the error `complaint`, with the kind of what it is.
fn slice(call: &mut dyn Call, v: &Value, complaint: &str) -> Result<Vec<Value>, Error> {
    match items(v) {
        Some(items) => {
            call.charge(items.len() as u64)?;
            Ok(items)
        }
        None => Err(Error::new(format!("{complaint} {}", kind_name(v)?))),
    }
}

fn nil() -> List {
    List::nil(Type::Any)
}

pub(super) fn add(f: &mut Functions) {
    for name in ["list", "tuple"] {
        f.add(name, |items: Rest<Value>| List::new(items.0));
    }
    ends(f);
    growing(f);
    sets(f);
    cutting(f);
}

fn ends(f: &mut Functions) {
    for name in ["first", "mustFirst"] {
        f.add(name, |call: &mut dyn Call, l: Value| -> Result<Value, Error> {
            Ok(slice(call, &l, "Cannot find first on type")?.into_iter().next().unwrap_or_default())
        });
    }
    for name in ["last", "mustLast"] {
        f.add(name, |call: &mut dyn Call, l: Value| -> Result<Value, Error> {
            Ok(slice(call, &l, "Cannot find last on type")?.pop().unwrap_or_default())
        });
    }
    for name in ["rest", "mustRest"] {
        f.add(name, |call: &mut dyn Call, l: Value| -> Listing {
            let mut items = slice(call, &l, "Cannot find rest on type")?;
            if items.is_empty() {
                return Ok(nil());
            }
            items.remove(0);
            Ok(List::new(items))
        });
    }
    for name in ["initial", "mustInitial"] {
        f.add(name, |call: &mut dyn Call, l: Value| -> Listing {
            let mut items = slice(call, &l, "Cannot find initial on type")?;
            if items.pop().is_none() {
                return Ok(nil());
            }
            Ok(List::new(items))
        });
    }
}

fn growing(f: &mut Functions) {
    for name in ["append", "push", "mustAppend", "mustPush"] {
        f.add(name, |call: &mut dyn Call, l: Value, v: Value| -> Listing {
            let mut items = slice(call, &l, "Cannot push on type")?;
            items.push(v);
            Ok(List::new(items))
        });
    }
    for name in ["prepend", "mustPrepend"] {
        f.add(name, |call: &mut dyn Call, l: Value, v: Value| -> Listing {
            let mut items = slice(call, &l, "Cannot prepend on type")?;
            items.insert(0, v);
            Ok(List::new(items))
        });
    }
    f.add("concat", |call: &mut dyn Call, lists: Rest<Value>| -> Result<Value, Error> {
        let mut out = Vec::new();
        for list in lists.iter() {
            match items(list) {
                Some(items) => {
                    call.charge(items.len() as u64)?;
                    limits::list(Some(out.len() + items.len()))?;
                    out.extend(items);
                }
                None => return Err(Error::new(format!("Cannot concat type {} as list", kind_name(list)?))),
            }
        }
        Ok(Value::List(if out.is_empty() { nil() } else { List::new(out) }))
    });
    for name in ["reverse", "mustReverse"] {
        f.add(name, |call: &mut dyn Call, l: Value| -> Listing {
            let mut items = slice(call, &l, "Cannot find reverse on type")?;
            items.reverse();
            Ok(List::new(items))
        });
    }
}

/// Whether `list` holds something deeply equal to `v`; each comparison is drawn from the budget.
fn contains(call: &mut dyn Call, list: &[Value], v: &Value) -> Result<bool, Error> {
    for item in list {
        let (equal, work) = item.compare(v);
        call.charge(work)?;
        if equal {
            return Ok(true);
        }
    }
    Ok(false)
}

fn sets(f: &mut Functions) {
    for name in ["compact", "mustCompact"] {
        f.add(name, |call: &mut dyn Call, l: Value| -> Listing {
            let mut items = slice(call, &l, "Cannot compact on type")?;
            items.retain(|v| !empty(v));
            Ok(List::new(items))
        });
    }
    for name in ["uniq", "mustUniq"] {
        f.add(name, |call: &mut dyn Call, l: Value| -> Listing {
            let mut kept: HashMap<u64, Vec<Value>> = HashMap::new();
            let mut out = Vec::new();
            for v in slice(call, &l, "Cannot find uniq on type")? {
                let alike = kept.entry(v.deep_hash()).or_default();
                if !contains(call, alike, &v)? {
                    alike.push(v.clone());
                    out.push(v);
                }
            }
            Ok(List::new(out))
        });
    }
    for name in ["without", "mustWithout"] {
        f.add(name, |call: &mut dyn Call, l: Value, omit: Rest<Value>| -> Listing {
            let mut out = Vec::new();
            for v in slice(call, &l, "Cannot find without on type")? {
                if !contains(call, &omit, &v)? {
                    out.push(v);
                }
            }
            Ok(List::new(out))
        });
    }
    for name in ["has", "mustHas"] {
        f.add(name, |call: &mut dyn Call, v: Value, l: Value| -> Result<bool, Error> {
            if matches!(l, Value::Nil) {
                return Ok(false);
            }
            let items = slice(call, &l, "Cannot find has on type")?;
            contains(call, &items, &v)
        });
    }
}

fn cutting(f: &mut Functions) {
    for name in ["slice", "mustSlice"] {
        f.add(name, |call: &mut dyn Call, l: Value, bounds: Rest<Value>| -> Result<Value, Error> {
            let items = slice(call, &l, "list should be type of slice or array but")?;
            let len = items.len() as i64;
            if len == 0 {
                return Ok(Value::Nil);
            }
            let start = bounds.first().map_or(0, to_int);
            let end = bounds.get(1).map_or(len, to_int);
            if start < 0 || start > end || end > len {
                return Err(Error::new("reflect.Value.Slice: slice index out of bounds"));
            }
            let range = start as usize..end as usize;
            Ok(match &l {
                Value::Bytes(b) => Value::Bytes(b[range].into()),
                Value::List(list) => match list.ty() {
                    Type::Named(named) => Value::List(List::named(named, items[range].to_vec())),
                    _ => Value::List(List::typed(list.elem(), items[range].to_vec())),
                },
                _ => Value::Nil,
            })
        });
    }
    for name in ["chunk", "mustChunk"] {
        f.add(name, |call: &mut dyn Call, size: isize, l: Value| {
            let items = slice(call, &l, "Cannot chunk type")?;
            call.items(items.len())?;
            Ok::<List, Error>(List::typed(ANYS, chunks(size as i64, items)?))
        });
    }
}

/// Groups of `size`. Sprig counts them in floats and asks Go for that many: odd sizes fail there or give nothing.
fn chunks(size: i64, items: Vec<Value>) -> Result<Vec<Value>, Error> {
    if size > 0 {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        return Ok(items.chunks(size).map(|c| Value::list(c.to_vec())).collect());
    }
    let groups = ((items.len() as f64 - 1.0) / size as f64).floor() + 1.0;
    if groups == 0.0 {
        Ok(Vec::new())
    } else if items.len() == 1 && size < -1 {
        // What is left over from the last group, one item, has the dividend's sign.
        Ok(vec![Value::list(items)])
    } else {
        Err(Error::new("runtime error: makeslice: len out of range"))
    }
}
