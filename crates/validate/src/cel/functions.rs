//! CEL's functions: those of the language, of its string, list and math extensions, and of Kubernetes' libraries
//! (k8s.io/apiserver `pkg/cel/library`).

use std::borrow::Cow;
use std::rc::Rc;

use pintle_functions::regex::Regex;
use pintle_functions::time::{Duration, Time};

use super::eval::{Failure, Result, Val, compare, equal, error, nanoseconds};
use crate::names;
use crate::schema::format;
use crate::schema::quantity::Quantity;

/// A field's name as it stands in the document: keywords and signs are written with underscores in CEL.
pub fn unescape(name: &str) -> Cow<'_, str> {
    if !name.contains("__") {
        return Cow::Borrowed(name);
    }
    if let Some(keyword) = name.strip_prefix("__").and_then(|n| n.strip_suffix("__"))
        && !keyword.contains("__")
        && !matches!(keyword, "dot" | "dash" | "slash" | "underscores")
    {
        return Cow::Borrowed(keyword);
    }
    let text = name.replace("__dot__", ".").replace("__dash__", "-").replace("__slash__", "/");
    Cow::Owned(text.replace("__underscores__", "__"))
}

/// A time in RFC 3339.
pub fn timestamp<'d>(text: &str) -> Result<Val<'d>> {
    match Time::parse(b"2006-01-02T15:04:05Z07:00", text.as_bytes()) {
        Ok(time) => Ok(Val::Timestamp(nanoseconds(&time))),
        Err(_) => error("type conversion error from 'string' to 'google.protobuf.Timestamp'"),
    }
}

fn duration<'d>(text: &str) -> Result<Val<'d>> {
    match Duration::parse(text.as_bytes()) {
        Ok(d) => Ok(Val::Duration(d.0)),
        Err(_) => error("type conversion error from 'string' to 'google.protobuf.Duration'"),
    }
}

fn regex(pattern: &str) -> Result<Rc<Regex>> {
    pintle_functions::regex::cached(pattern.as_bytes()).or_else(|e| error(e.to_string()))
}

/// A function in a namespace: `math.greatest(a, b)`.
pub fn qualified<'d>(module: &str, name: &str, args: &[Val<'d>]) -> Result<Val<'d>> {
    match (module, name) {
        ("math", "greatest" | "least") => {
            let items = match args {
                [one] if one.items().is_ok() => one.items()?,
                many => many.to_vec(),
            };
            extreme(&items, name == "greatest")
        }
        ("math", "abs") => match args {
            [Val::Int(i)] => i.checked_abs().map_or_else(|| error("integer overflow"), |i| Ok(Val::Int(i))),
            [Val::Double(d)] => Ok(Val::Double(d.abs())),
            _ => Err(Failure::Unsupported),
        },
        ("sets", _) => {
            let [a, b] = args else { return Err(Failure::Unsupported) };
            let (a, b) = (a.items()?, b.items()?);
            let within = |inner: &[Val<'_>], outer: &[Val<'_>]| inner.iter().all(|i| outer.iter().any(|o| equal(i, o)));
            Ok(Val::Bool(match name {
                "contains" => within(&b, &a),
                "equivalent" => within(&a, &b) && within(&b, &a),
                "intersects" => a.iter().any(|i| b.iter().any(|o| equal(i, o))),
                _ => return Err(Failure::Unsupported),
            }))
        }
        ("ip", "isCanonical") => match args {
            [Val::Str(s)] => Ok(Val::Bool(s.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_string() == **s))),
            _ => Err(Failure::Unsupported),
        },
        _ => Err(Failure::Unsupported),
    }
}

fn extreme<'d>(items: &[Val<'d>], greatest: bool) -> Result<Val<'d>> {
    let mut best: Option<&Val<'d>> = None;
    for item in items {
        let better = match best {
            None => true,
            Some(b) => compare(item, b)?.is_gt() == greatest && !compare(item, b)?.is_eq(),
        };
        if better {
            best = Some(item);
        }
    }
    best.cloned().map_or_else(|| error("no such overload"), Ok)
}

/// A function, or a method whose target is the first argument.
pub fn call<'d>(name: &str, is_method: bool, args: &[Val<'d>]) -> Result<Val<'d>> {
    match args {
        [Val::Str(text), rest @ ..] if is_method => string_method(name, text, rest),
        [target, rest @ ..] if is_method => method(name, target, rest),
        [Val::Str(text)] => string_function(name, text),
        [value] => function(name, value),
        [Val::Str(text), pattern] if name == "matches" => Ok(Val::Bool(regex(pattern.as_str()?)?.is_match(text.as_bytes()))),
        _ => Err(Failure::Unsupported),
    }
}

fn string_function<'d>(name: &str, text: &str) -> Result<Val<'d>> {
    let convert = |to: &str| format!("type conversion error from 'string' to '{to}'");
    match name {
        "size" => Ok(Val::Int(text.chars().count() as i64)),
        "string" => Ok(Val::text(text)),
        "int" => text.parse().map(Val::Int).or_else(|_| error(convert("int"))),
        "uint" => text.parse().map(Val::Uint).or_else(|_| error(convert("uint"))),
        "double" => text.parse().map(Val::Double).or_else(|_| error(convert("double"))),
        "bool" => match text {
            "true" | "True" | "TRUE" | "t" | "1" => Ok(Val::Bool(true)),
            "false" | "False" | "FALSE" | "f" | "0" => Ok(Val::Bool(false)),
            _ => error(convert("bool")),
        },
        "bytes" => Ok(Val::Bytes(Rc::from(text.as_bytes()))),
        "duration" => duration(text),
        "timestamp" => timestamp(text),
        "type" => Ok(Val::text("string")),
        "url" if is_url(text) => Ok(Val::Url(Rc::from(text))),
        "url" => error(format!("URL parse error during conversion from string: parse \"{text}\": invalid URI for request")),
        "isURL" => Ok(Val::Bool(is_url(text))),
        "quantity" => Quantity::parse(text).map(Val::Quantity).or_else(error),
        "isQuantity" => Ok(Val::Bool(Quantity::parse(text).is_ok())),
        "ip" => {
            text.parse().map(Val::Ip).or_else(|_| error(format!("IP Address {text:?} parse error during conversion from string")))
        }
        "isIP" => Ok(Val::Bool(text.parse::<std::net::IpAddr>().is_ok())),
        "cidr" => match strict_cidr(text) {
            Some((ip, n)) => Ok(Val::Cidr(ip, n)),
            None => error(format!("network address parse error during conversion from string: {text}")),
        },
        "isCIDR" => Ok(Val::Bool(strict_cidr(text).is_some())),
        _ => Err(Failure::Unsupported),
    }
}

fn strict_cidr(text: &str) -> Option<(std::net::IpAddr, u32)> {
    let (ip, length) = text.split_once('/')?;
    let length_is_plain = length == "0" || !length.starts_with('0');
    ip.parse::<std::net::IpAddr>().ok().filter(|_| length_is_plain)?;
    names::parse_cidr(text)
}

/// `url.ParseRequestURI`, as far as it refuses.
fn is_url(text: &str) -> bool {
    let clean = !text.is_empty() && text.bytes().all(|b| b > b' ' && b != 0x7f);
    let scheme = |s: &str| {
        !s.is_empty()
            && s.as_bytes()[0].is_ascii_alphabetic()
            && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    clean && (text.starts_with('/') || text.split_once(':').is_some_and(|(s, rest)| scheme(s) && !rest.is_empty()))
}

fn function<'d>(name: &str, value: &Val<'d>) -> Result<Val<'d>> {
    match (name, value) {
        ("size", value) => value.size().map(Val::Int),
        ("string", Val::Int(i)) => Ok(Val::text(&i.to_string())),
        ("string", Val::Uint(u)) => Ok(Val::text(&u.to_string())),
        ("string", Val::Double(d)) => Ok(Val::text(&d.to_string())),
        ("string", Val::Bool(b)) => Ok(Val::text(&b.to_string())),
        ("string", Val::Ip(ip)) => Ok(Val::text(&ip.to_string())),
        ("string", Val::Duration(d)) => Ok(Val::text(&format!("{}s", *d as f64 / 1e9))),
        ("int", Val::Int(_)) | ("double", Val::Double(_)) | ("duration", Val::Duration(_)) | ("timestamp", Val::Timestamp(_)) => {
            Ok(value.clone())
        }
        ("int", Val::Double(d)) if d.abs() < 9.2e18 => Ok(Val::Int(*d as i64)),
        ("int", Val::Uint(_)) => value.as_int().map(Val::Int),
        ("int", Val::Timestamp(t)) => Ok(Val::Int((t / 1_000_000_000) as i64)),
        ("double", Val::Int(i)) => Ok(Val::Double(*i as f64)),
        ("uint", Val::Int(i)) => u64::try_from(*i).map(Val::Uint).or_else(|_| error("unsigned integer overflow")),
        ("type", _) => Ok(Val::text(match value {
            Val::Null => "null_type",
            Val::Bool(_) => "bool",
            Val::Int(_) => "int",
            Val::Double(_) => "double",
            _ if value.items().is_ok() => "list",
            _ => "map",
        })),
        ("quantity" | "isQuantity" | "isURL" | "url" | "ip" | "isIP", _) => error("no such overload"),
        _ => Err(Failure::Unsupported),
    }
}

fn string_method<'d>(name: &str, text: &str, args: &[Val<'d>]) -> Result<Val<'d>> {
    let arg = |i: usize| args.get(i).map_or_else(|| error("no such overload"), |v: &Val<'d>| v.as_str().map(str::to_owned));
    let number = |i: usize| args.get(i).map_or_else(|| error("no such overload"), Val::as_int);
    let chars = || text.chars().collect::<Vec<_>>();
    match (name, args.len()) {
        ("size", 0) => Ok(Val::Int(text.chars().count() as i64)),
        ("contains", 1) => Ok(Val::Bool(text.contains(&arg(0)?))),
        ("startsWith", 1) => Ok(Val::Bool(text.starts_with(&arg(0)?))),
        ("endsWith", 1) => Ok(Val::Bool(text.ends_with(&arg(0)?))),
        ("matches", 1) => Ok(Val::Bool(regex(&arg(0)?)?.is_match(text.as_bytes()))),
        ("find", 1) => Ok(Val::text(regex(&arg(0)?)?.find(text.as_bytes()).and_then(|r| text.get(r)).unwrap_or_default())),
        ("findAll", 1 | 2) => {
            let limit = if args.len() == 2 { number(1)? } else { -1 };
            let found = regex(&arg(0)?)?.find_all(text.as_bytes(), limit);
            Ok(Val::List(Rc::new(found.into_iter().filter_map(|r| text.get(r)).map(Val::text).collect())))
        }
        ("lowerAscii", 0) => Ok(Val::text(&text.to_ascii_lowercase())),
        ("upperAscii", 0) => Ok(Val::text(&text.to_ascii_uppercase())),
        ("trim", 0) => Ok(Val::text(text.trim())),
        ("reverse", 0) => Ok(Val::text(&text.chars().rev().collect::<String>())),
        ("split", 1 | 2) => {
            let separator = arg(0)?;
            let limit = if args.len() == 2 { number(1)? } else { -1 };
            let parts: Vec<Val<'d>> = match limit {
                0 => Vec::new(),
                _ if separator.is_empty() => text.chars().map(|c| Val::text(&c.to_string())).collect(),
                n if n < 0 => text.split(separator.as_str()).map(Val::text).collect(),
                n => text.splitn(n as usize, separator.as_str()).map(Val::text).collect(),
            };
            Ok(Val::List(Rc::new(parts)))
        }
        ("replace", 2) => Ok(Val::text(&text.replace(&arg(0)?, &arg(1)?))),
        ("replace", 3) => {
            let limit = number(2)?;
            Ok(Val::text(&if limit < 0 {
                text.replace(&arg(0)?, &arg(1)?)
            } else {
                text.replacen(&arg(0)?, &arg(1)?, limit as usize)
            }))
        }
        ("substring", 1 | 2) => {
            let chars = chars();
            let start = number(0)?;
            let end = if args.len() == 2 { number(1)? } else { chars.len() as i64 };
            if start < 0 || end > chars.len() as i64 || start > end {
                return error(format!("index out of range: {start}"));
            }
            Ok(Val::text(&chars[start as usize..end as usize].iter().collect::<String>()))
        }
        ("charAt", 1) => {
            let chars = chars();
            match usize::try_from(number(0)?).ok().filter(|i| *i <= chars.len()) {
                Some(i) => Ok(Val::text(&chars.get(i).map(char::to_string).unwrap_or_default())),
                None => error("index out of range"),
            }
        }
        ("indexOf" | "lastIndexOf", 1) => {
            let needle = arg(0)?;
            let found = if name == "indexOf" { text.find(&needle) } else { text.rfind(&needle) };
            Ok(Val::Int(found.map_or(-1, |at| text[..at].chars().count() as i64)))
        }
        _ => Err(Failure::Unsupported),
    }
}

fn method<'d>(name: &str, target: &Val<'d>, args: &[Val<'d>]) -> Result<Val<'d>> {
    match (target, name, args) {
        (Val::Optional(inner), "hasValue", []) => Ok(Val::Bool(inner.is_some())),
        (Val::Optional(Some(inner)), "value", []) => Ok((**inner).clone()),
        (Val::Optional(None), "value", []) => error("optional.none() dereference"),
        (Val::Quantity(a), "compareTo", [Val::Quantity(b)]) => Ok(Val::Int(a.cmp(b) as i64)),
        (Val::Quantity(a), "isGreaterThan", [Val::Quantity(b)]) => Ok(Val::Bool(a > b)),
        (Val::Quantity(a), "isLessThan", [Val::Quantity(b)]) => Ok(Val::Bool(a < b)),
        (Val::Quantity(a), "sign", []) => Ok(Val::Int(a.sign() as i64)),
        (Val::Quantity(a), "isInteger", []) => Ok(Val::Bool(a.is_whole())),
        (Val::Quantity(a), "asInteger", []) => Ok(Val::Int(a.value())),
        (Val::Duration(d), "getSeconds", []) => Ok(Val::Int(d / 1_000_000_000)),
        (Val::Duration(d), "getMilliseconds", []) => Ok(Val::Int(d / 1_000_000)),
        (Val::Duration(d), "getMinutes", []) => Ok(Val::Int(d / 60_000_000_000)),
        (Val::Duration(d), "getHours", []) => Ok(Val::Int(d / 3_600_000_000_000)),
        (Val::Ip(ip), "family", []) => Ok(Val::Int(if ip.is_ipv4() { 4 } else { 6 })),
        (Val::Ip(ip), "isLoopback", []) => Ok(Val::Bool(ip.is_loopback())),
        (Val::Ip(ip), "isUnspecified", []) => Ok(Val::Bool(ip.is_unspecified())),
        (Val::Cidr(ip, _), "ip", []) => Ok(Val::Ip(*ip)),
        (Val::Cidr(_, n), "prefixLength", []) => Ok(Val::Int(i64::from(*n))),
        (Val::Url(url), "getScheme", []) => Ok(Val::text(url.split_once(':').map_or("", |(s, _)| s))),
        (Val::Url(url), "getHost" | "getHostname", []) => {
            let host = authority(url);
            let host = if name == "getHostname" {
                host.rsplit_once(':').filter(|(_, p)| format::is_valid("k8s-short-name", p)).map_or(host, |(h, _)| h)
            } else {
                host
            };
            Ok(Val::text(host))
        }
        (Val::Url(url), "getEscapedPath", []) => {
            let rest = url.split_once("://").map_or(&**url, |(_, r)| r.find('/').map_or("", |at| &r[at..]));
            Ok(Val::text(rest.split(['?', '#']).next().unwrap_or_default()))
        }
        (_, "size", []) => target.size().map(Val::Int),
        (_, "join", _) => {
            let separator = args.first().map_or(Ok(""), |a| a.as_str())?.to_owned();
            let items = target.items()?;
            let parts = items.iter().map(|i| i.as_str()).collect::<Result<Vec<_>>>()?;
            Ok(Val::text(&parts.join(&separator)))
        }
        (_, "isSorted", []) => {
            let items = target.items()?;
            for pair in items.windows(2) {
                if compare(&pair[0], &pair[1])?.is_gt() {
                    return Ok(Val::Bool(false));
                }
            }
            Ok(Val::Bool(true))
        }
        (_, "sum", []) => target.items()?.iter().try_fold(0_i64, |sum, i| Ok(sum.saturating_add(i.as_int()?))).map(Val::Int),
        (_, "max" | "min", []) => extreme(&target.items()?, name == "max"),
        (_, "indexOf", [value]) => Ok(Val::Int(target.items()?.iter().position(|i| equal(i, value)).map_or(-1, |i| i as i64))),
        (_, "distinct", []) => {
            let mut kept: Vec<Val<'d>> = Vec::new();
            for item in target.items()? {
                if !kept.iter().any(|k| equal(k, &item)) {
                    kept.push(item);
                }
            }
            Ok(Val::List(Rc::new(kept)))
        }
        (_, "matches" | "contains" | "startsWith" | "endsWith" | "split", _) => error("no such overload"),
        _ => Err(Failure::Unsupported),
    }
}

fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, r)| r);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit_once('@').map_or(host, |(_, h)| h)
}
