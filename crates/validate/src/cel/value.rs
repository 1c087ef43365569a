//! The values of the language, and how they are told apart and ordered.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::ops::Deref;
use std::rc::Rc;

use pintle_go::time::Duration;

use super::cost::Cost;
use super::eval::{Failure, Result, error, no_overload};
use super::functions;
use crate::node::{Node, Value};
use crate::schema::model::{Schema, Type};
use crate::schema::quantity::Quantity;

/// How deep values that expressions make may nest: comparing and dropping them recurses.
const MAX_DEPTH: u32 = 100;

/// A value of the language.
#[derive(Clone, Debug)]
pub enum Val<'d> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Str(Text<'d>),
    Bytes(Rc<[u8]>),
    List(Rc<Nested<Val<'d>>>),
    Map(Rc<Nested<(Val<'d>, Val<'d>)>>),
    /// A list or a mapping of the document.
    Node(&'d Node, Option<&'d Schema>),
    /// Nanoseconds
    Duration(i64),
    /// Nanoseconds since 1970
    Timestamp(i128),
    Optional(Option<Rc<Nested<Val<'d>>>>),
    Quantity(Quantity),
    Ip(IpAddr),
    Cidr(IpAddr, u32),
    Url(Text<'d>),
}

/// A text of the document or of the rule, or one that was made.
#[derive(Clone, Debug)]
pub enum Text<'d> {
    /// It stands somewhere already.
    Written(&'d str),
    /// A function made it.
    Made(Rc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::Written(text) => text,
            Text::Made(text) => text,
        }
    }
}

/// Values in a value.
#[derive(Debug)]
pub struct Nested<T> {
    items: Vec<T>,
    depth: u32,
}

impl<T> Deref for Nested<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<'d> Val<'d> {
    /// A text that was made, and charged for.
    pub fn text(text: &str) -> Val<'d> {
        Val::Str(Text::Made(Rc::from(text)))
    }

    /// A list.
    ///
    /// Errors: it nests too deep.
    pub fn list(items: Vec<Val<'d>>) -> Result<Val<'d>> {
        let depth = deepest(items.iter())?;
        Ok(Val::List(Rc::new(Nested { items, depth })))
    }

    /// A map.
    ///
    /// Errors: it nests too deep.
    pub fn map(items: Vec<(Val<'d>, Val<'d>)>) -> Result<Val<'d>> {
        let depth = deepest(items.iter().flat_map(|(k, v)| [k, v]))?;
        Ok(Val::Map(Rc::new(Nested { items, depth })))
    }

    /// An optional value that is there.
    ///
    /// Errors: it nests too deep.
    pub fn some(value: Val<'d>) -> Result<Val<'d>> {
        let depth = deepest(std::iter::once(&value))?;
        Ok(Val::Optional(Some(Rc::new(Nested { items: vec![value], depth }))))
    }

    /// An optional value of what may be there.
    ///
    /// Errors: it nests too deep.
    pub fn optional(value: Option<Val<'d>>) -> Result<Val<'d>> {
        value.map_or(Ok(Val::Optional(None)), Val::some)
    }

    fn depth(&self) -> u32 {
        match self {
            Val::List(l) | Val::Optional(Some(l)) => l.depth,
            Val::Map(m) => m.depth,
            _ => 0,
        }
    }

    /// A value of the document, with the type that its schema gives it.
    ///
    /// Errors: reading it costs too much.
    pub fn of(cost: &Cost<'_>, node: &'d Node, schema: Option<&'d Schema>) -> Result<Val<'d>> {
        Ok(match &node.value {
            Value::Null => Val::Null,
            Value::Bool(b) => Val::Bool(*b),
            Value::Int(i) if schema.is_some_and(|s| s.kind == Type::Number) => Val::Double(*i as f64),
            Value::Int(i) => Val::Int(*i),
            Value::Float(f) => Val::Double(*f),
            Value::String(s) => {
                let plain = Val::Str(Text::Written(s));
                match schema.map_or("", |s| s.format.as_str()) {
                    "duration" => {
                        cost.read(s.len())?;
                        Duration::parse(s.as_bytes()).map_or(plain, |d| Val::Duration(d.0))
                    }
                    "date-time" => {
                        cost.read(s.len())?;
                        functions::timestamp(s).unwrap_or(plain)
                    }
                    _ => plain,
                }
            }
            Value::List(_) | Value::Map(_) => Val::Node(node, schema),
        })
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

    /// The number of items, if this is a list.
    pub fn list_len(&self) -> Option<usize> {
        match self {
            Val::List(items) => Some(items.len()),
            Val::Node(Node { value: Value::List(items), .. }, _) => Some(items.len()),
            _ => None,
        }
    }

    /// The item at `i` of a list.
    fn item(&self, cost: &Cost<'_>, i: usize) -> Result<Option<Val<'d>>> {
        match self {
            Val::List(items) => Ok(items.get(i).cloned()),
            Val::Node(Node { value: Value::List(items), .. }, schema) => {
                let below = schema.and_then(|s| s.items.as_deref());
                items.get(i).map(|n| Val::of(cost, n, below)).transpose()
            }
            _ => no_overload(),
        }
    }

    /// The items of a list.
    ///
    /// Errors: it isn't one, or is too long.
    pub fn items(&self, cost: &Cost<'_>) -> Result<Vec<Val<'d>>> {
        let Some(len) = self.list_len() else { return no_overload() };
        cost.steps(len as u64)?;
        (0..len).map(|i| Ok(self.item(cost, i)?.unwrap_or(Val::Null))).collect()
    }

    /// What a macro goes over: items of a list, keys of a map; and the values of a map.
    ///
    /// Errors: those of [`Val::items`].
    pub fn range(&self, cost: &Cost<'_>) -> Result<(Vec<Val<'d>>, Option<Vec<Val<'d>>>)> {
        match self.pairs(cost)? {
            Some(pairs) => {
                let (keys, values) = pairs.into_iter().unzip();
                Ok((keys, Some(values)))
            }
            None => Ok((self.items(cost)?, None)),
        }
    }

    /// The members of a map, if this is one.
    fn pairs(&self, cost: &Cost<'_>) -> Result<Option<Vec<(Val<'d>, Val<'d>)>>> {
        match self {
            Val::Map(pairs) => {
                cost.steps(pairs.len() as u64)?;
                Ok(Some(pairs.to_vec()))
            }
            Val::Node(Node { value: Value::Map(members), .. }, schema) => {
                cost.steps(members.len() as u64)?;
                let pair = |m: &'d crate::node::Member| {
                    Ok((Val::Str(Text::Written(&m.key)), Val::of(cost, &m.node, member_schema(*schema, &m.key))?))
                };
                members.iter().map(pair).collect::<Result<_>>().map(Some)
            }
            _ => Ok(None),
        }
    }

    /// `size`
    ///
    /// Errors: this has none, or it costs too much to find out.
    pub fn size(&self, cost: &Cost<'_>) -> Result<i64> {
        let size = match self {
            Val::Str(s) => {
                cost.read(s.len())?;
                s.chars().count()
            }
            Val::Bytes(b) => b.len(),
            Val::Map(pairs) => pairs.len(),
            Val::Node(Node { value: Value::Map(members), .. }, _) => members.len(),
            list => match list.list_len() {
                Some(len) => len,
                None => return no_overload(),
            },
        };
        Ok(size as i64)
    }

    /// The member `name`, `None` if it is absent.
    pub fn member(&self, cost: &Cost<'_>, name: &str) -> Result<Option<Val<'d>>> {
        match self {
            Val::Node(node, schema) if matches!(node.value, Value::Map(_)) => {
                cost.read(name.len())?;
                let below = member_schema(*schema, name);
                let found = node.find(name).filter(|n| !n.is_null() || below.is_some_and(|b| b.nullable));
                found.map(|n| Val::of(cost, n, below)).transpose()
            }
            Val::Map(pairs) => {
                cost.steps(pairs.len() as u64)?;
                Ok(pairs.iter().find(|(k, _)| matches!(k, Val::Str(k) if **k == *name)).map(|(_, v)| v.clone()))
            }
            Val::Optional(None) => Ok(None),
            Val::Optional(Some(inner)) => inner[0].member(cost, name),
            _ => no_overload(),
        }
    }

    /// What stands under a key or an index, `None` if nothing does.
    pub fn index(&self, cost: &Cost<'_>, key: &Val<'d>) -> Result<Option<Val<'d>>> {
        match (self, key) {
            (Val::Optional(None), _) => Ok(None),
            (Val::Optional(Some(inner)), key) => inner[0].index(cost, key),
            (Val::Node(node, _), Val::Str(name)) if matches!(node.value, Value::Map(_)) => self.member(cost, name),
            (Val::Map(pairs), key) => {
                for (k, v) in pairs.iter() {
                    if equal(cost, k, key)? {
                        return Ok(Some(v.clone()));
                    }
                }
                Ok(None)
            }
            (list, Val::Int(_) | Val::Uint(_)) => match usize::try_from(key.as_int()?) {
                Ok(i) => list.item(cost, i),
                Err(_) => Ok(None),
            },
            _ => no_overload(),
        }
    }
}

/// How deep a value is that holds these.
fn deepest<'v, 'd: 'v>(values: impl Iterator<Item = &'v Val<'d>>) -> Result<u32> {
    let depth = 1 + values.map(Val::depth).max().unwrap_or(0);
    if depth > MAX_DEPTH { Err(Failure::Unsupported) } else { Ok(depth) }
}

fn member_schema<'d>(schema: Option<&'d Schema>, name: &str) -> Option<&'d Schema> {
    schema.and_then(|s| s.property(name).or(s.additional_schema()))
}

/// `==`
///
/// Errors: comparing costs too much.
pub fn equal(cost: &Cost<'_>, a: &Val<'_>, b: &Val<'_>) -> Result<bool> {
    cost.steps(1)?;
    Ok(match (a, b) {
        (Val::Null, Val::Null) => true,
        (Val::Bool(a), Val::Bool(b)) => a == b,
        (Val::Str(a), Val::Str(b)) | (Val::Url(a), Val::Url(b)) => {
            a.len() == b.len() && {
                cost.read(a.len())?;
                **a == **b
            }
        }
        (Val::Bytes(a), Val::Bytes(b)) => {
            cost.read(a.len())?;
            a == b
        }
        (Val::Duration(a), Val::Duration(b)) => a == b,
        (Val::Timestamp(a), Val::Timestamp(b)) => a == b,
        (Val::Quantity(a), Val::Quantity(b)) => a == b,
        (Val::Ip(a), Val::Ip(b)) => a == b,
        (Val::Cidr(a, n), Val::Cidr(b, m)) => a == b && n == m,
        (Val::Optional(a), Val::Optional(b)) => match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => equal(cost, &a[0], &b[0])?,
            _ => false,
        },
        (Val::Node(a, _), Val::Node(b, _)) => same(cost, a, b)?,
        (Val::Int(_) | Val::Uint(_) | Val::Double(_), _) => numeric(a, b) == Some(Ordering::Equal),
        _ => match (a.list_len(), b.list_len()) {
            (Some(n), Some(m)) => {
                let same_item = |i| match (a.item(cost, i)?, b.item(cost, i)?) {
                    (Some(a), Some(b)) => equal(cost, &a, &b),
                    _ => Ok(false),
                };
                n == m && every(0..n, same_item)?
            }
            (None, None) => match (a.pairs(cost)?, b.pairs(cost)?) {
                (Some(a), Some(b)) => {
                    let found = |k: &Val<'_>, v: &Val<'_>| -> Result<bool> {
                        let other = |(l, w): &(Val<'_>, Val<'_>)| Ok(!(equal(cost, k, l)? && equal(cost, v, w)?));
                        Ok(!every(b.iter(), other)?)
                    };
                    a.len() == b.len() && every(a.iter(), |(k, v)| found(k, v))?
                }
                _ => false,
            },
            _ => false,
        },
    })
}

/// Whether a condition holds for all; the first failure counts.
fn every<T>(items: impl Iterator<Item = T>, mut holds: impl FnMut(T) -> Result<bool>) -> Result<bool> {
    for item in items {
        if !holds(item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two parts of the document are equal.
fn same(cost: &Cost<'_>, a: &Node, b: &Node) -> Result<bool> {
    cost.steps(1)?;
    match (&a.value, &b.value) {
        (Value::List(a), Value::List(b)) => Ok(a.len() == b.len() && every(a.iter().zip(b), |(a, b)| same(cost, a, b))?),
        (Value::Map(a), Value::Map(b)) => {
            let same_member = |(a, b): (&crate::node::Member, &crate::node::Member)| {
                cost.read(a.key.len())?;
                Ok(a.key == b.key && same(cost, &a.node, &b.node)?)
            };
            Ok(a.len() == b.len() && every(a.iter().zip(b), same_member)?)
        }
        (Value::String(a), Value::String(b)) => {
            cost.read(a.len().min(b.len()))?;
            Ok(a == b)
        }
        _ => Ok(a == b),
    }
}

/// How two numbers stand to each other: integers exactly, and floats as cel-go compares them.
fn numeric(a: &Val<'_>, b: &Val<'_>) -> Option<Ordering> {
    let whole = |v: &Val<'_>| match v {
        Val::Int(i) => Some(i128::from(*i)),
        Val::Uint(u) => Some(i128::from(*u)),
        _ => None,
    };
    let float = |v: &Val<'_>| match v {
        Val::Double(d) => Some(*d),
        other => whole(other).map(|i| i as f64),
    };
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => float(a)?.partial_cmp(&float(b)?),
    }
}

/// `<` and its relatives.
///
/// Errors: these have no order, or comparing costs too much.
pub fn compare(cost: &Cost<'_>, a: &Val<'_>, b: &Val<'_>) -> Result<Ordering> {
    cost.steps(1)?;
    Ok(match (a, b) {
        (Val::Bool(a), Val::Bool(b)) => a.cmp(b),
        (Val::Str(a), Val::Str(b)) => {
            cost.read(a.len().min(b.len()))?;
            (**a).cmp(&**b)
        }
        (Val::Bytes(a), Val::Bytes(b)) => {
            cost.read(a.len().min(b.len()))?;
            a.cmp(b)
        }
        (Val::Duration(a), Val::Duration(b)) => a.cmp(b),
        (Val::Timestamp(a), Val::Timestamp(b)) => a.cmp(b),
        (Val::Int(_) | Val::Uint(_) | Val::Double(_), Val::Int(_) | Val::Uint(_) | Val::Double(_)) => {
            numeric(a, b).map_or_else(|| error("NaN values cannot be ordered"), Ok)?
        }
        _ => return no_overload(),
    })
}
