//! Computing CEL expressions over a document.

use std::rc::Rc;

use pintle_go::time::Time;
use pintle_value::budget::Exceeded;

use super::cost::Cost;
use super::functions;
use super::parse::{Expr, Logic};
use super::value::{Text, Val, compare, equal};
use crate::node::{Node, Value};
use crate::schema::model::Schema;

/// Calls that nest: those of the expression's tree.
const MAX_DEPTH: usize = super::parse::MAX_DEPTH;
/// The first and the last nanosecond of timestamps: the years 1 to 9999.
const TIMES: std::ops::Range<i128> = -62_135_596_800_000_000_000..253_402_300_800_000_000_000;

/// Why there is no value.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The language has an error here.
    Error(String),
    /// This evaluator doesn't know it, or it costs more than a rule may.
    Unsupported,
    /// The run costs more than it may.
    Exceeded(Exceeded),
}

pub type Result<T> = std::result::Result<T, Failure>;

pub fn error<T>(text: impl Into<String>) -> Result<T> {
    Err(Failure::Error(text.into()))
}

/// The API server's compiler would have refused the rule, or there is an overload that isn't known here.
pub fn no_overload<T>() -> Result<T> {
    Err(Failure::Unsupported)
}

/// Evaluates one rule.
pub struct Evaluator<'d, 'b> {
    cost: &'d Cost<'b>,
    variables: Vec<(&'d str, Val<'d>)>,
    depth: usize,
}

impl<'d, 'b> Evaluator<'d, 'b> {
    /// With `self`, and an `oldSelf` that doesn't exist.
    ///
    /// Errors: reading `self` costs too much.
    pub fn new(cost: &'d Cost<'b>, node: &'d Node, schema: &'d Schema) -> Result<Evaluator<'d, 'b>> {
        let variables = vec![("self", Val::of(cost, node, Some(schema))?), ("oldSelf", Val::Optional(None))];
        Ok(Evaluator { cost, variables, depth: 0 })
    }

    /// The value of an expression.
    ///
    /// Errors: the language's, what isn't known here, and what costs too much.
    pub fn run(&mut self, expr: &'d Expr) -> Result<Val<'d>> {
        self.cost.steps(1)?;
        if self.depth >= MAX_DEPTH {
            return Err(Failure::Unsupported);
        }
        self.depth += 1;
        let value = self.value(expr);
        self.depth -= 1;
        value
    }

    /// Each kind of expression has a function of its own: only its frame lies on the stack.
    fn value(&mut self, expr: &'d Expr) -> Result<Val<'d>> {
        match expr {
            Expr::Null => Ok(Val::Null),
            Expr::Bool(b) => Ok(Val::Bool(*b)),
            Expr::Int(i) => Ok(Val::Int(*i)),
            Expr::Uint(u) => Ok(Val::Uint(*u)),
            Expr::Double(d) => Ok(Val::Double(*d)),
            Expr::Str(s) => Ok(Val::Str(Text::Written(s))),
            Expr::Bytes(b) => self.bytes(b),
            Expr::Ident(name) => self.variable(name),
            Expr::Select(target, name, optional) => self.select(target, name, *optional),
            Expr::Index(target, key, optional) => self.index(target, key, *optional),
            Expr::List(items) => self.list(items),
            Expr::Map(pairs) => self.map(pairs),
            Expr::Not(inner) => Ok(Val::Bool(!self.run(inner)?.as_bool()?)),
            Expr::Neg(inner) => negated(&self.run(inner)?),
            Expr::Cond(condition, then, otherwise) => {
                let taken = if self.run(condition)?.as_bool()? { then } else { otherwise };
                self.run(taken)
            }
            Expr::Binary(op, a, b) => self.binary(op, a, b),
            Expr::Logic(logic, terms) => self.logic(*logic, terms),
            Expr::Call(target, name, args) => self.call(target.as_deref(), name, args),
        }
    }

    fn bytes(&self, bytes: &[u8]) -> Result<Val<'d>> {
        self.cost.text(bytes.len())?;
        Ok(Val::Bytes(Rc::from(bytes)))
    }

    fn variable(&self, name: &str) -> Result<Val<'d>> {
        for (n, value) in self.variables.iter().rev() {
            self.cost.steps(1)?;
            if n.len() == name.len() {
                self.cost.read(name.len())?;
                if *n == name {
                    return Ok(value.clone());
                }
            }
        }
        Err(Failure::Unsupported)
    }

    fn select(&mut self, target: &'d Expr, name: &'d str, optional: bool) -> Result<Val<'d>> {
        let target = self.run(target)?;
        let found = target.member(self.cost, name)?;
        match found {
            found if optional || matches!(target, Val::Optional(_)) => Val::optional(found),
            Some(value) => Ok(value),
            None => error(format!("no such key: {name}")),
        }
    }

    fn index(&mut self, target: &'d Expr, key: &'d Expr, optional: bool) -> Result<Val<'d>> {
        let (target, key) = (self.run(target)?, self.run(key)?);
        let found = target.index(self.cost, &key)?;
        match (found, &key) {
            (found, _) if optional || matches!(target, Val::Optional(_)) => Val::optional(found),
            (Some(value), _) => Ok(value),
            (None, Val::Str(key)) => {
                self.cost.text(key.len())?;
                error(format!("no such key: {}", &**key))
            }
            (None, Val::Int(i)) => error(format!("index out of bounds: {i}")),
            (None, _) => error("no such key"),
        }
    }

    fn list(&mut self, items: &'d [Expr]) -> Result<Val<'d>> {
        self.cost.items(items.len())?;
        Val::list(items.iter().map(|i| self.run(i)).collect::<Result<_>>()?)
    }

    fn map(&mut self, pairs: &'d [(Expr, Expr)]) -> Result<Val<'d>> {
        self.cost.items(pairs.len().saturating_mul(2))?;
        Val::map(pairs.iter().map(|(k, v)| Ok((self.run(k)?, self.run(v)?))).collect::<Result<_>>()?)
    }

    /// A chain of `&&` or `||`. An error of one term doesn't count where another one decides.
    fn logic(&mut self, logic: Logic, terms: &'d [Expr]) -> Result<Val<'d>> {
        let decisive = logic == Logic::Or;
        let mut failure = None;
        for term in terms {
            match self.run(term).and_then(|v| v.as_bool()) {
                Ok(b) if b == decisive => return Ok(Val::Bool(decisive)),
                Ok(_) => {}
                Err(e @ Failure::Exceeded(_)) => return Err(e),
                // What can't be evaluated weighs more: it may have been decisive.
                Err(Failure::Unsupported) => failure = Some(Failure::Unsupported),
                Err(e) => failure = failure.or(Some(e)),
            }
        }
        failure.map_or(Ok(Val::Bool(!decisive)), Err)
    }

    fn binary(&mut self, op: &str, a: &'d Expr, b: &'d Expr) -> Result<Val<'d>> {
        let (a, b) = (self.run(a)?, self.run(b)?);
        let cost = self.cost;
        Ok(match op {
            "==" => Val::Bool(equal(cost, &a, &b)?),
            "!=" => Val::Bool(!equal(cost, &a, &b)?),
            "<" => Val::Bool(compare(cost, &a, &b)?.is_lt()),
            "<=" => Val::Bool(compare(cost, &a, &b)?.is_le()),
            ">" => Val::Bool(compare(cost, &a, &b)?.is_gt()),
            ">=" => Val::Bool(compare(cost, &a, &b)?.is_ge()),
            "in" => match &b {
                Val::Map(_) | Val::Node(Node { value: Value::Map(_), .. }, _) => match b.index(cost, &a) {
                    Ok(found) => Val::Bool(found.is_some()),
                    Err(Failure::Error(_)) => Val::Bool(false),
                    Err(e) => return Err(e),
                },
                list => {
                    let mut found = false;
                    for item in list.items(cost)? {
                        if equal(cost, &item, &a)? {
                            found = true;
                            break;
                        }
                    }
                    Val::Bool(found)
                }
            },
            op => arithmetic(cost, op, &a, &b)?,
        })
    }

    fn call(&mut self, target: Option<&'d Expr>, name: &'d str, args: &'d [Expr]) -> Result<Val<'d>> {
        match (target, name, args) {
            (None, "has", [Expr::Select(inner, field, _)]) => {
                let target = self.run(inner)?;
                return Ok(Val::Bool(target.member(self.cost, field)?.is_some()));
            }
            (None, "dyn", [inner]) => return self.run(inner),
            (Some(Expr::Ident(module)), "of", [inner]) if module == "optional" => {
                return Val::some(self.run(inner)?);
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
                    Val::Optional(Some(value)) => Ok(value[0].clone()),
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
                        let made = self.with(variable, value[0].clone(), inner)?;
                        if name == "optMap" { Val::some(made) } else { Ok(made) }
                    }
                    none => Ok(none),
                };
            }
            _ => {}
        }
        // `math.greatest` and `sets.contains` are functions with a dot in their names.
        if let Some(Expr::Ident(module)) = target
            && matches!(module.as_str(), "math" | "sets" | "ip" | "format" | "lists" | "base64" | "strings")
            && !self.variables.iter().any(|(n, _)| *n == module.as_str())
        {
            let args = args.iter().map(|a| self.run(a)).collect::<Result<Vec<_>>>()?;
            return functions::qualified(self.cost, module, name, &args);
        }
        let mut values = Vec::with_capacity(args.len() + 1);
        if let Some(target) = target {
            values.push(self.run(target)?);
        }
        for arg in args {
            values.push(self.run(arg)?);
        }
        functions::call(self.cost, name, target.is_some(), &values)
    }

    fn with(&mut self, name: &'d str, value: Val<'d>, inner: &'d Expr) -> Result<Val<'d>> {
        self.variables.push((name, value));
        let result = self.run(inner);
        self.variables.pop();
        result
    }

    fn comprehension(&mut self, name: &str, range: &Val<'d>, args: &'d [Expr]) -> Result<Val<'d>> {
        // Two variables: index and value, or key and value.
        let (variables, body): (Vec<&'d str>, &'d [Expr]) = match args {
            [Expr::Ident(a), Expr::Ident(b), body @ ..] if !body.is_empty() && name != "map" => (vec![a, b], body),
            [Expr::Ident(a), body @ ..] => (vec![a], body),
            _ => return Err(Failure::Unsupported),
        };
        let (items, values) = range.range(self.cost)?;
        let mut made = Vec::new();
        let mut failure = None;
        let mut count = 0;
        for (i, item) in items.into_iter().enumerate() {
            self.cost.steps(1)?;
            let depth = self.variables.len();
            match (&variables[..], &values) {
                ([index, value], None) => self.variables.extend([(*index, Val::Int(i as i64)), (*value, item.clone())]),
                ([key, value], Some(values)) => self.variables.extend([(*key, item.clone()), (*value, values[i].clone())]),
                (variables, _) => self.variables.extend(variables.iter().map(|name| (*name, item.clone()))),
            }
            let results: Vec<_> = body.iter().map(|b| self.run(b)).collect();
            self.variables.truncate(depth);
            let first = results.first().cloned().unwrap_or_else(no_overload);
            match name {
                "all" | "exists" => match first.and_then(|v| v.as_bool()) {
                    Ok(b) if b == (name == "exists") => return Ok(Val::Bool(b)),
                    Ok(_) => {}
                    Err(Failure::Error(e)) => failure = Some(Failure::Error(e)),
                    Err(e) => return Err(e),
                },
                "exists_one" | "existsOne" => count += usize::from(first?.as_bool()?),
                "filter" => {
                    if first?.as_bool()? {
                        self.cost.items(1)?;
                        made.push(item);
                    }
                }
                "map" if results.len() == 2 => {
                    if first?.as_bool()? {
                        self.cost.items(1)?;
                        made.push(results.into_iter().nth(1).unwrap_or_else(no_overload)?);
                    }
                }
                "map" | "transformList" => {
                    self.cost.items(1)?;
                    made.push(first?);
                }
                _ => return Err(Failure::Unsupported),
            }
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        match name {
            "all" => Ok(Val::Bool(true)),
            "exists" => Ok(Val::Bool(false)),
            "exists_one" | "existsOne" => Ok(Val::Bool(count == 1)),
            _ => Val::list(made),
        }
    }
}

fn negated<'d>(value: &Val<'d>) -> Result<Val<'d>> {
    match value {
        Val::Int(i) => i.checked_neg().map_or_else(|| error("integer overflow"), |i| Ok(Val::Int(i))),
        Val::Double(d) => Ok(Val::Double(-d)),
        _ => no_overload(),
    }
}

fn arithmetic<'d>(cost: &Cost<'_>, op: &str, a: &Val<'d>, b: &Val<'d>) -> Result<Val<'d>> {
    let int = |v: Option<i64>| v.map_or_else(|| error("integer overflow"), |v| Ok(Val::Int(v)));
    let uint = |v: Option<u64>| v.map_or_else(|| error("unsigned integer overflow"), |v| Ok(Val::Uint(v)));
    let duration = |v: Option<i64>| v.map_or_else(|| error("duration overflow"), |v| Ok(Val::Duration(v)));
    let time = |t: i128| if TIMES.contains(&t) { Ok(Val::Timestamp(t)) } else { error("timestamp overflow") };
    match (op, a, b) {
        ("/", Val::Int(_), Val::Int(0)) | ("/", Val::Uint(_), Val::Uint(0)) => error("division by zero"),
        ("%", Val::Int(_), Val::Int(0)) | ("%", Val::Uint(_), Val::Uint(0)) => error("modulus by zero"),
        ("+", Val::Int(a), Val::Int(b)) => int(a.checked_add(*b)),
        ("-", Val::Int(a), Val::Int(b)) => int(a.checked_sub(*b)),
        ("*", Val::Int(a), Val::Int(b)) => int(a.checked_mul(*b)),
        ("/", Val::Int(a), Val::Int(b)) => int(a.checked_div(*b)),
        ("%", Val::Int(a), Val::Int(b)) => int(a.checked_rem(*b)),
        ("+", Val::Uint(a), Val::Uint(b)) => uint(a.checked_add(*b)),
        ("-", Val::Uint(a), Val::Uint(b)) => uint(a.checked_sub(*b)),
        ("*", Val::Uint(a), Val::Uint(b)) => uint(a.checked_mul(*b)),
        ("/", Val::Uint(a), Val::Uint(b)) => uint(a.checked_div(*b)),
        ("%", Val::Uint(a), Val::Uint(b)) => uint(a.checked_rem(*b)),
        ("+", Val::Double(a), Val::Double(b)) => Ok(Val::Double(a + b)),
        ("-", Val::Double(a), Val::Double(b)) => Ok(Val::Double(a - b)),
        ("*", Val::Double(a), Val::Double(b)) => Ok(Val::Double(a * b)),
        ("/", Val::Double(a), Val::Double(b)) => Ok(Val::Double(a / b)),
        ("+", Val::Str(a), Val::Str(b)) => {
            cost.text(a.len() + b.len())?;
            Ok(Val::text(&[&**a, &**b].concat()))
        }
        ("+", Val::Bytes(a), Val::Bytes(b)) => {
            cost.text(a.len() + b.len())?;
            Ok(Val::Bytes(Rc::from([&**a, &**b].concat())))
        }
        ("+", Val::Duration(a), Val::Duration(b)) => duration(a.checked_add(*b)),
        ("-", Val::Duration(a), Val::Duration(b)) => duration(a.checked_sub(*b)),
        ("+", Val::Timestamp(t), Val::Duration(d)) | ("+", Val::Duration(d), Val::Timestamp(t)) => time(t + i128::from(*d)),
        ("-", Val::Timestamp(t), Val::Duration(d)) => time(t - i128::from(*d)),
        ("-", Val::Timestamp(a), Val::Timestamp(b)) => duration(i64::try_from(a - b).ok()),
        ("+", a, b) => match (a.list_len(), b.list_len()) {
            (Some(n), Some(m)) => {
                cost.items(n + m)?;
                let mut items = a.items(cost)?;
                items.extend(b.items(cost)?);
                Val::list(items)
            }
            _ => no_overload(),
        },
        _ => no_overload(),
    }
}

/// A time as nanoseconds since 1970.
pub fn nanoseconds(time: &Time) -> i128 {
    i128::from(time.unix()) * 1_000_000_000 + i128::from(time.nanosecond())
}
