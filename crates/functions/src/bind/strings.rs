//! Text: cutting, case, padding, quoting, joining.

use pintle_go::limits;
use pintle_go::strconv::append_quote;
use pintle_go::strings;
use pintle_template::{Call, Error, Exactly, Functions, Rest};
use pintle_value::budget::BYTES_A_STEP;
use pintle_value::{Entries, Map, Str, Type, Value};

use super::convert::{display, string_list, strings, strval};
use crate::text;

type Text = Result<Vec<u8>, Error>;

pub(super) fn add(f: &mut Functions) {
    f.add("hello", || "Hello!".to_owned());
    cutting(f);
    case(f);
    shaping(f);
    joining(f);
}

fn cutting(f: &mut Functions) {
    f.add("abbrev", |width: isize, s: Str| text::abbrev(width as i64, &s));
    f.add("abbrevboth", |left: isize, right: isize, s: Str| text::abbrevboth(left as i64, right as i64, &s));
    f.add("trunc", |n: isize, s: Str| text::trunc(n as i64, &s).to_vec());
    f.add("substr", |start: isize, end: isize, s: Str| text::substr(start as i64, end as i64, &s).map(<[u8]>::to_vec));
    f.add("trim", |s: Str| strings::trim_space(&s).to_vec());
    for name in ["trimall", "trimAll"] {
        f.add(name, |cutset: Str, s: Str| strings::trim(&s, &cutset).to_vec());
    }
    f.add("trimSuffix", |suffix: Str, s: Str| s.strip_suffix(&*suffix).unwrap_or(&s).to_vec());
    f.add("trimPrefix", |prefix: Str, s: Str| s.strip_prefix(&*prefix).unwrap_or(&s).to_vec());
    f.add("nospace", |s: Str| text::nospace(&s));
    f.add("initials", |s: Str| text::initials(&s));
}

fn case(f: &mut Functions) {
    f.add("upper", |s: Str| strings::to_upper(&s));
    f.add("lower", |s: Str| strings::to_lower(&s));
    f.add("title", |s: Str| strings::title(&s));
    f.add("untitle", |s: Str| text::untitle(&s));
    f.add("swapcase", |s: Str| text::swapcase(&s));
    f.add("snakecase", |s: Str| text::snakecase(&s));
    f.add("camelcase", |s: Str| text::camelcase(&s));
    f.add("kebabcase", |s: Str| text::kebabcase(&s));
}

fn shaping(f: &mut Functions) {
    f.add("contains", |needle: Str, s: Str| strings::index(&s, &needle).is_some());
    f.add("hasPrefix", |prefix: Str, s: Str| s.starts_with(&prefix));
    f.add("hasSuffix", |suffix: Str, s: Str| s.ends_with(&suffix));
    f.add("repeat", |n: isize, s: Str| strings::repeat(n as i64, &s));
    f.add("wrap", |width: isize, s: Str| text::wrap(width as i64, &s));
    f.add("wrapWith", |width: isize, separator: Str, s: Str| text::wrap_with(width as i64, &separator, &s));
    f.add("indent", |spaces: isize, s: Str| text::indent(spaces as i64, &s));
    f.add("nindent", |spaces: isize, s: Str| text::indent(spaces as i64, &s).map(|s| [b"\n", s.as_slice()].concat()));
    f.add("replace", |old: Str, new: Str, s: Str| strings::replace_all(&s, &old, &new));
    f.add("plural", |one: Str, many: Str, count: isize| if count == 1 { one } else { many });
}

fn joining(f: &mut Functions) {
    f.add("toString", |v: Value| strval(&v));
    f.add("quote", |items: Rest<Value>| joined(&items, |v, out| append_quote(out, &strval(v), false)));
    f.add("squote", |items: Rest<Value>| {
        joined(&items, |v, out| {
            out.push(b'\'');
            out.extend_from_slice(&display(v));
            out.push(b'\'');
        })
    });
    f.add("cat", |items: Rest<Value>| joined(&items, |v, out| out.extend_from_slice(&display(v))));
    f.add("toStrings", |call: &mut dyn Call, v: Value| Ok::<_, Error>(Exactly(string_list(strings(call, &v)?))));
    f.add("join", |call: &mut dyn Call, separator: Str, v: Value| -> Text {
        let parts = strings(call, &v)?;
        limits::text(parts.iter().try_fold(0usize, |n, p| n.checked_add(p.len())?.checked_add(separator.len())))?;
        Ok(parts.join(&separator[..]))
    });
    f.add("split", |call: &mut dyn Call, separator: Str, s: Str| parts(call, &separator, &s, -1));
    f.add("splitn", |call: &mut dyn Call, separator: Str, n: isize, s: Str| parts(call, &separator, &s, n as i64));
    f.add("splitList", |call: &mut dyn Call, separator: Str, s: Str| -> Result<Exactly, Error> {
        let parts = strings::split_n(&s, &separator, -1)?;
        charge_parts(call, parts.len(), s.len())?;
        Ok(Exactly(string_list(parts)))
    });
    f.add("sortAlpha", |call: &mut dyn Call, v: Value| -> Result<Exactly, Error> {
        let mut parts = match v {
            Value::List(_) | Value::Bytes(_) => strings(call, &v)?,
            _ => vec![strval(&v)],
        };
        // Each is compared with as many others as the length of the list has digits, over all of its bytes at worst.
        let bytes = parts.iter().map(|p| p.len() as u64 / BYTES_A_STEP + 1).sum::<u64>();
        call.charge(bytes * u64::from(parts.len().max(1).ilog2() + 1))?;
        parts.sort();
        Ok(Exactly(string_list(parts)))
    });
}

/// Draws the parts of a text from the budget.
fn charge_parts(call: &mut dyn Call, parts: usize, bytes: usize) -> Result<(), Error> {
    call.items(parts)?;
    call.text(bytes)
}

/// Each value but the nil ones, with blanks between.
fn joined(items: &[Value], put: impl Fn(&Value, &mut Vec<u8>)) -> Text {
    let mut out = Vec::new();
    for (i, v) in items.iter().filter(|v| !matches!(v, Value::Nil)).enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        put(v, &mut out);
        limits::text(Some(out.len()))?;
    }
    Ok(out)
}

/// The parts as a `map[string]string` under `_0`, `_1`, ...
fn parts(call: &mut dyn Call, separator: &Str, s: &Str, n: i64) -> Result<Exactly, Error> {
    let parts = strings::split_n(s, separator, n)?;
    charge_parts(call, parts.len(), s.len())?;
    let entry = |(i, part): (usize, &[u8])| (Str::from(format!("_{i}")), Value::string(part));
    let entries: Entries = parts.into_iter().enumerate().map(entry).collect();
    Ok(Exactly(Value::Map(Map::typed(Type::String, entries))))
}
