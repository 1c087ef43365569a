//! Computing CEL expressions over a document.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::rc::Rc;

use pintle_functions::time::{Duration, Time};

use super::functions;
use super::parse::Expr;
use crate::node::{Node, Value};
use crate::schema::model::{Schema, Type};
use crate::schema::quantity::Quantity;

/// Steps that one rule may take; the API server's cost limit stops about there too.
const MAX_STEPS: usize = 1_000_000;
/// Calls that nest.
const MAX_DEPTH: usize = 120;

/// A value of the language.
#[derive(Clone, Debug)]
pub enum Val<'d> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    List(Rc<Vec<Val<'d>>>),
    Map(Rc<Vec<(Val<'d>, Val<'d>)>>),
    /// A list or a mapping of the document.
    Node(&'d Node, Option<&'d Schema>),
    /// Nanoseconds
    Duration(i64),
    /// Nanoseconds since 1970
    Timestamp(i128),
    Optional(Option<Box<Val<'d>>>),
    Quantity(Quantity),
    Ip(IpAddr),
    Cidr(IpAddr, u32),
    Url(Rc<str>),
}

/// Why there is no value.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The language has an error here.
    Error(String),
    /// This evaluator doesn't know it.
    Unsupported,
}

pub type Result<T> = std::result::Result<T, Failure>;

pub fn error<T>(text: impl Into<String>) -> Result<T> {
    Err(Failure::Error(text.into()))
}

fn no_overload<T>() -> Result<T> {
    error("no such overload")
}

impl<'d> Val<'d> {
    /// Text
    pub fn text(text: &str) -> Val<'d> {
        Val::Str(Rc::from(text))
    }

    /// A value of the document, with the type that its schema gives it.
    pub fn of(node: &'d Node, schema: Option<&'d Schema>) -> Val<'d> {
        match &node.value {
            Value::Null => Val::Null,
            Value::Bool(b) => Val::Bool(*b),
            Value::Int(i) if schema.is_some_and(|s| s.kind == Type::Number) => Val::Double(*i as f64),
            Value::Int(i) => Val::Int(*i),
            Value::Float(f) => Val::Double(*f),
            Value::String(s) => match schema.map_or("", |s| s.format.as_str()) {
                "duration" => match Duration::parse(s.as_bytes()) {
                    Ok(d) => Val::Duration(d.0),
                    Err(_) => Val::text(s),
                },
                "date-time" => functions::timestamp(s).unwrap_or_else(|_| Val::text(s)),
                _ => Val::text(s),
            },
            Value::List(_) | Value::Map(_) => Val::Node(node, schema),
        }
    }

    pub fn as_str(&self) -> Result<&str> {
        match self {
            Val::Str(s) => Ok(s),
            _ => no_overload(),
        }
    }

    pub fn as_int(&self) -> Result<i64> {
        match self {
            Val::Int(i) => Ok(*i),
            Val::Uint(u) => i64::try_from(*u).or_else(|_| error("integer overflow")),
            _ => no_overload(),
        }
    }

    pub fn as_bool(&self) -> Result<bool> {
        match self {
            Val::Bool(b) => Ok(*b),
            _ => no_overload(),
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Result<Vec<Val<'d>>> {
        match self {
            Val::List(items) => Ok(items.to_vec()),
            Val::Node(node, schema) => match &node.value {
                Value::List(items) => {
                    let below = schema.and_then(|s| s.items.as_deref());
                    Ok(items.iter().map(|n| Val::of(n, below)).collect())
                }
                _ => no_overload(),
            },
            _ => no_overload(),
        }
    }

    /// What a macro goes over: items of a list, keys of a map.
    fn range(&self) -> Result<Vec<Val<'d>>> {
        match self {
            Val::Map(pairs) => Ok(pairs.iter().map(|(k, _)| k.clone()).collect()),
            Val::Node(node, _) if matches!(node.value, Value::Map(_)) => {
                Ok(node.members().iter().map(|m| Val::text(&m.key)).collect())
            }
            other => other.items(),
        }
    }

    pub fn size(&self) -> Result<i64> {
        Ok(match self {
            Val::Str(s) => s.chars().count() as i64,
            Val::Bytes(b) => b.len() as i64,
            Val::List(items) => items.len() as i64,
            Val::Map(pairs) => pairs.len() as i64,
            Val::Node(node, _) => match &node.value {
                Value::List(items) => items.len() as i64,
                _ => node.members().len() as i64,
            },
            _ => return no_overload(),
        })
    }

    /// The member `name`, `None` if it is absent.
    fn member(&self, name: &str) -> Result<Option<Val<'d>>> {
        match self {
            Val::Node(node, schema) if matches!(node.value, Value::Map(_)) => {
                let below = schema.and_then(|s| s.property(name).or(s.additional_schema()));
                let found = node.find(name).filter(|n| !n.is_null() || below.is_some_and(|b| b.nullable));
                Ok(found.map(|n| Val::of(n, below)))
            }
            Val::Map(pairs) => Ok(pairs.iter().find(|(k, _)| matches!(k, Val::Str(k) if **k == *name)).map(|(_, v)| v.clone())),
            Val::Optional(None) => Ok(None),
            Val::Optional(Some(inner)) => inner.member(name),
            _ => no_overload(),
        }
    }

    fn index(&self, key: &Val<'d>) -> Result<Option<Val<'d>>> {
        match (self, key) {
            (Val::Optional(None), _) => Ok(None),
            (Val::Optional(Some(inner)), key) => inner.index(key),
            (Val::Node(node, _), Val::Str(name)) if matches!(node.value, Value::Map(_)) => self.member(name),
            (Val::Map(pairs), key) => Ok(pairs.iter().find(|(k, _)| equal(k, key)).map(|(_, v)| v.clone())),
            (list, Val::Int(_) | Val::Uint(_)) => {
                let items = list.items()?;
                Ok(usize::try_from(key.as_int()?).ok().and_then(|i| items.get(i).cloned()))
            }
            _ => no_overload(),
        }
    }
}

/// `==`
pub fn equal(a: &Val<'_>, b: &Val<'_>) -> bool {
    match (a, b) {
        (Val::Null, Val::Null) => true,
        (Val::Bool(a), Val::Bool(b)) => a == b,
        (Val::Str(a), Val::Str(b)) | (Val::Url(a), Val::Url(b)) => a == b,
        (Val::Bytes(a), Val::Bytes(b)) => a == b,
        (Val::Duration(a), Val::Duration(b)) => a == b,
        (Val::Timestamp(a), Val::Timestamp(b)) => a == b,
        (Val::Quantity(a), Val::Quantity(b)) => a == b,
        (Val::Ip(a), Val::Ip(b)) => a == b,
        (Val::Cidr(a, n), Val::Cidr(b, m)) => a == b && n == m,
        (Val::Optional(a), Val::Optional(b)) => match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => equal(a, b),
            _ => false,
        },
        (Val::Node(a, _), Val::Node(b, _)) => a == b,
        _ => {
            if let (Some(a), Some(b)) = (numeric(a), numeric(b)) {
                return a == b;
            }
            if let (Ok(a), Ok(b)) = (a.items(), b.items()) {
                return a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| equal(a, b));
            }
            match (pairs(a), pairs(b)) {
                (Some(a), Some(b)) => {
                    a.len() == b.len() && a.iter().all(|(k, v)| b.iter().any(|(l, w)| equal(k, l) && equal(v, w)))
                }
                _ => false,
            }
        }
    }
}

fn pairs<'d>(value: &Val<'d>) -> Option<Vec<(Val<'d>, Val<'d>)>> {
    match value {
        Val::Map(pairs) => Some(pairs.to_vec()),
        Val::Node(node, schema) if matches!(node.value, Value::Map(_)) => {
            let below = |name: &str| schema.and_then(|s| s.property(name).or(s.additional_schema()));
            Some(node.members().iter().map(|m| (Val::text(&m.key), Val::of(&m.node, below(&m.key)))).collect())
        }
        _ => None,
    }
}

fn numeric(value: &Val<'_>) -> Option<f64> {
    match value {
        Val::Int(i) => Some(*i as f64),
        Val::Uint(u) => Some(*u as f64),
        Val::Double(d) => Some(*d),
        _ => None,
    }
}

/// `<` and its relatives.
pub fn compare(a: &Val<'_>, b: &Val<'_>) -> Result<Ordering> {
    let order = match (a, b) {
        (Val::Int(a), Val::Int(b)) => Some(a.cmp(b)),
        (Val::Bool(a), Val::Bool(b)) => Some(a.cmp(b)),
        (Val::Str(a), Val::Str(b)) => Some(a.cmp(b)),
        (Val::Bytes(a), Val::Bytes(b)) => Some(a.cmp(b)),
        (Val::Duration(a), Val::Duration(b)) => Some(a.cmp(b)),
        (Val::Timestamp(a), Val::Timestamp(b)) => Some(a.cmp(b)),
        _ => match (numeric(a), numeric(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b),
            _ => None,
        },
    };
    order.map_or_else(no_overload, Ok)
}

/// Evaluates one rule.
pub struct Evaluator<'d> {
    variables: Vec<(String, Val<'d>)>,
    steps: usize,
    depth: usize,
}

impl<'d> Evaluator<'d> {
    /// With `self`, and an `oldSelf` that isn't there.
    pub fn new(node: &'d Node, schema: &'d Schema) -> Evaluator<'d> {
        let variables = vec![("self".to_owned(), Val::of(node, Some(schema))), ("oldSelf".to_owned(), Val::Optional(None))];
        Evaluator { variables, steps: 0, depth: 0 }
    }

    /// The value of an expression.
    pub fn run(&mut self, expr: &Expr) -> Result<Val<'d>> {
        self.steps += 1;
        self.depth += 1;
        if self.steps > MAX_STEPS || self.depth > MAX_DEPTH {
            return Err(Failure::Unsupported);
        }
        let value = self.value(expr);
        self.depth -= 1;
        value
    }

    fn value(&mut self, expr: &Expr) -> Result<Val<'d>> {
        Ok(match expr {
            Expr::Null => Val::Null,
            Expr::Bool(b) => Val::Bool(*b),
            Expr::Int(i) => Val::Int(*i),
            Expr::Uint(u) => Val::Uint(*u),
            Expr::Double(d) => Val::Double(*d),
            Expr::Str(s) => Val::text(s),
            Expr::Bytes(b) => Val::Bytes(Rc::from(b.as_slice())),
            Expr::Ident(name) => match self.variables.iter().rev().find(|(n, _)| n == name) {
                Some((_, value)) => value.clone(),
                None => return Err(Failure::Unsupported),
            },
            Expr::Select(target, name, optional) => {
                let target = self.run(target)?;
                let name = functions::unescape(name);
                let found = target.member(&name)?;
                match (optional, &target) {
                    (true, _) | (false, Val::Optional(_)) => Val::Optional(found.map(Box::new)),
                    _ => match found {
                        Some(value) => value,
                        None => return error(format!("no such key: {name}")),
                    },
                }
            }
            Expr::Index(target, key, optional) => {
                let (target, key) = (self.run(target)?, self.run(key)?);
                let found = target.index(&key)?;
                match (optional, &target) {
                    (true, _) | (false, Val::Optional(_)) => Val::Optional(found.map(Box::new)),
                    _ => match (found, &key) {
                        (Some(value), _) => value,
                        (None, Val::Str(key)) => return error(format!("no such key: {key}")),
                        (None, Val::Int(i)) => return error(format!("index out of bounds: {i}")),
                        (None, _) => return error("no such key"),
                    },
                }
            }
            Expr::List(items) => Val::List(Rc::new(items.iter().map(|i| self.run(i)).collect::<Result<_>>()?)),
            Expr::Map(pairs) => {
                let pairs = pairs.iter().map(|(k, v)| Ok((self.run(k)?, self.run(v)?)));
                Val::Map(Rc::new(pairs.collect::<Result<_>>()?))
            }
            Expr::Not(inner) => Val::Bool(!self.run(inner)?.as_bool()?),
            Expr::Neg(inner) => match self.run(inner)? {
                Val::Int(i) => Val::Int(i.checked_neg().map_or_else(|| error("integer overflow"), Ok)?),
                Val::Double(d) => Val::Double(-d),
                _ => return no_overload(),
            },
            Expr::Cond(condition, then, otherwise) => match self.run(condition)?.as_bool()? {
                true => self.run(then)?,
                false => self.run(otherwise)?,
            },
            Expr::Binary(op, a, b) => return self.binary(op, a, b),
            Expr::Call(target, name, args) => return self.call(target.as_deref(), name, args),
        })
    }

    fn binary(&mut self, op: &str, a: &Expr, b: &Expr) -> Result<Val<'d>> {
        if op == "&&" || op == "||" {
            let decisive = op == "||";
            // An error on one side doesn't count where the other one decides.
            let left = self.run(a).and_then(|v| v.as_bool());
            if matches!(left, Ok(b) if b == decisive) {
                return Ok(Val::Bool(decisive));
            }
            let right = self.run(b).and_then(|v| v.as_bool());
            return match (left, right) {
                (_, Ok(b)) if b == decisive => Ok(Val::Bool(decisive)),
                (Err(e), _) | (Ok(_), Err(e)) => Err(e),
                (Ok(_), Ok(b)) => Ok(Val::Bool(b)),
            };
        }
        let (a, b) = (self.run(a)?, self.run(b)?);
        Ok(match op {
            "==" => Val::Bool(equal(&a, &b)),
            "!=" => Val::Bool(!equal(&a, &b)),
            "<" => Val::Bool(compare(&a, &b)?.is_lt()),
            "<=" => Val::Bool(compare(&a, &b)?.is_le()),
            ">" => Val::Bool(compare(&a, &b)?.is_gt()),
            ">=" => Val::Bool(compare(&a, &b)?.is_ge()),
            "in" => match &b {
                Val::Map(_) | Val::Node(Node { value: Value::Map(_), .. }, _) => {
                    Val::Bool(b.index(&a).is_ok_and(|v| v.is_some()))
                }
                list => {
                    let items = list.items()?;
                    self.steps += items.len();
                    Val::Bool(items.iter().any(|i| equal(i, &a)))
                }
            },
            op => arithmetic(op, &a, &b)?,
        })
    }

    fn call(&mut self, target: Option<&Expr>, name: &str, args: &[Expr]) -> Result<Val<'d>> {
        match (target, name, args) {
            (None, "has", [Expr::Select(inner, field, _)]) => {
                let target = self.run(inner)?;
                return Ok(Val::Bool(target.member(&functions::unescape(field))?.is_some()));
            }
            (None, "dyn", [inner]) => return self.run(inner),
            (Some(Expr::Ident(module)), "of", [inner]) if module == "optional" => {
                return Ok(Val::Optional(Some(Box::new(self.run(inner)?))));
            }
            (Some(Expr::Ident(module)), "none", []) if module == "optional" => return Ok(Val::Optional(None)),
            (Some(Expr::Ident(module)), "bind", [Expr::Ident(name), value, inner]) if module == "cel" => {
                let value = self.run(value)?;
                return self.with(name, value, inner);
            }
            (Some(list), "all" | "exists" | "exists_one" | "existsOne" | "map" | "filter" | "sortBy" | "transformList", args)
                if args.len() >= 2 =>
            {
                let range = self.run(list)?;
                return self.comprehension(name, &range, args);
            }
            (Some(optional), "orValue", [other]) => {
                return match self.run(optional)? {
                    Val::Optional(Some(value)) => Ok(*value),
                    Val::Optional(None) => self.run(other),
                    _ => no_overload(),
                };
            }
            (Some(optional), "or", [other]) => {
                return match self.run(optional)? {
                    Val::Optional(None) => self.run(other),
                    found => Ok(found),
                };
            }
            (Some(optional), "optMap" | "optFlatMap", [Expr::Ident(variable), inner]) => {
                return match self.run(optional)? {
                    Val::Optional(Some(value)) => {
                        let made = self.with(variable, *value, inner)?;
                        Ok(if name == "optMap" { Val::Optional(Some(Box::new(made))) } else { made })
                    }
                    none => Ok(none),
                };
            }
            _ => {}
        }
        // `math.greatest` and `sets.contains` are functions with a dot in their names.
        if let Some(Expr::Ident(module)) = target
            && matches!(module.as_str(), "math" | "sets" | "ip" | "format" | "lists" | "base64" | "strings")
            && !self.variables.iter().any(|(n, _)| n == module)
        {
            let args = args.iter().map(|a| self.run(a)).collect::<Result<Vec<_>>>()?;
            return functions::qualified(module, name, &args);
        }
        let mut values = Vec::with_capacity(args.len() + 1);
        if let Some(target) = target {
            values.push(self.run(target)?);
        }
        for arg in args {
            values.push(self.run(arg)?);
        }
        self.steps += values.first().and_then(|v| v.size().ok()).unwrap_or(0) as usize / 10;
        functions::call(name, target.is_some(), &values)
    }

    fn with(&mut self, name: &str, value: Val<'d>, inner: &Expr) -> Result<Val<'d>> {
        self.variables.push((name.to_owned(), value));
        let result = self.run(inner);
        self.variables.pop();
        result
    }

    fn comprehension(&mut self, name: &str, range: &Val<'d>, args: &[Expr]) -> Result<Val<'d>> {
        // Two variables: index and value, or key and value.
        let (variables, body): (Vec<&str>, &[Expr]) = match args {
            [Expr::Ident(a), Expr::Ident(b), body @ ..] if !body.is_empty() && name != "map" => (vec![a, b], body),
            [Expr::Ident(a), body @ ..] => (vec![a], body),
            _ => return Err(Failure::Unsupported),
        };
        let items = range.range()?;
        let is_map = pairs(range).is_some();
        let mut made = Vec::new();
        let mut failure = None;
        let mut count = 0;
        for (i, item) in items.into_iter().enumerate() {
            let bound: Vec<Val<'d>> = match variables.len() {
                1 => vec![item.clone()],
                _ if is_map => vec![item.clone(), range.index(&item)?.unwrap_or(Val::Null)],
                _ => vec![Val::Int(i as i64), item.clone()],
            };
            let depth = self.variables.len();
            for (name, value) in variables.iter().zip(bound) {
                self.variables.push(((*name).to_owned(), value));
            }
            let results: Vec<_> = body.iter().map(|b| self.run(b)).collect();
            self.variables.truncate(depth);
            let first = results.first().cloned().unwrap_or_else(no_overload);
            match name {
                "all" | "exists" => match first.and_then(|v| v.as_bool()) {
                    Ok(b) if b == (name == "exists") => return Ok(Val::Bool(b)),
                    Ok(_) => {}
                    Err(Failure::Unsupported) => return Err(Failure::Unsupported),
                    Err(e) => failure = Some(e),
                },
                "exists_one" | "existsOne" => count += usize::from(first?.as_bool()?),
                "filter" => {
                    if first?.as_bool()? {
                        made.push(item);
                    }
                }
                "map" if results.len() == 2 => {
                    if first?.as_bool()? {
                        made.push(results.into_iter().nth(1).unwrap_or_else(no_overload)?);
                    }
                }
                "map" | "transformList" => made.push(first?),
                _ => return Err(Failure::Unsupported),
            }
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        Ok(match name {
            "all" => Val::Bool(true),
            "exists" => Val::Bool(false),
            "exists_one" | "existsOne" => Val::Bool(count == 1),
            _ => Val::List(Rc::new(made)),
        })
    }
}

fn arithmetic<'d>(op: &str, a: &Val<'d>, b: &Val<'d>) -> Result<Val<'d>> {
    let overflow = |v: Option<i64>| v.map_or_else(|| error("integer overflow"), |v| Ok(Val::Int(v)));
    match (op, a, b) {
        ("/" | "%", Val::Int(_), Val::Int(0)) => error(if op == "/" { "division by zero" } else { "modulus by zero" }),
        ("+", Val::Int(a), Val::Int(b)) => overflow(a.checked_add(*b)),
        ("-", Val::Int(a), Val::Int(b)) => overflow(a.checked_sub(*b)),
        ("*", Val::Int(a), Val::Int(b)) => overflow(a.checked_mul(*b)),
        ("/", Val::Int(a), Val::Int(b)) => overflow(a.checked_div(*b)),
        ("%", Val::Int(a), Val::Int(b)) => overflow(a.checked_rem(*b)),
        ("+", Val::Double(a), Val::Double(b)) => Ok(Val::Double(a + b)),
        ("-", Val::Double(a), Val::Double(b)) => Ok(Val::Double(a - b)),
        ("*", Val::Double(a), Val::Double(b)) => Ok(Val::Double(a * b)),
        ("/", Val::Double(a), Val::Double(b)) => Ok(Val::Double(a / b)),
        ("+", Val::Str(a), Val::Str(b)) => Ok(Val::Str(Rc::from(format!("{a}{b}")))),
        ("+", Val::Duration(a), Val::Duration(b)) => {
            a.checked_add(*b).map_or_else(|| error("duration overflow"), |d| Ok(Val::Duration(d)))
        }
        ("-", Val::Duration(a), Val::Duration(b)) => {
            a.checked_sub(*b).map_or_else(|| error("duration overflow"), |d| Ok(Val::Duration(d)))
        }
        ("+", Val::Timestamp(t), Val::Duration(d)) => Ok(Val::Timestamp(t + i128::from(*d))),
        ("-", Val::Timestamp(t), Val::Duration(d)) => Ok(Val::Timestamp(t - i128::from(*d))),
        ("-", Val::Timestamp(a), Val::Timestamp(b)) => Ok(Val::Duration(i64::try_from(a - b).unwrap_or(i64::MAX))),
        ("+", a, b) => {
            let mut items = a.items()?;
            items.extend(b.items()?);
            if items.len() > MAX_STEPS { Err(Failure::Unsupported) } else { Ok(Val::List(Rc::new(items))) }
        }
        _ => no_overload(),
    }
}

/// A time as nanoseconds since 1970.
pub fn nanoseconds(time: &Time) -> i128 {
    i128::from(time.unix()) * 1_000_000_000 + i128::from(time.nanosecond())
}
