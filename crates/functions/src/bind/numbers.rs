//! Integers, floats, sequences.

use pintle_go::strconv::parse_int;
use pintle_template::{Call, Error, Exactly, Functions, Rest};
use pintle_value::types::INT;
use pintle_value::{List, Str, Value};

use super::convert::{display, to_float, to_int};
use crate::number::{self, Decimal};

pub(super) fn add(f: &mut Functions) {
    f.add("atoi", |s: Str| number::atoi(&s) as isize);
    f.add("int64", |v: Value| to_int(&v));
    f.add("int", |v: Value| to_int(&v) as isize);
    f.add("float64", |v: Value| to_float(&v));
    // A Unix mode written in octal digits.
    f.add("toDecimal", |v: Value| parse_int(&display(&v), 8).unwrap_or(0));
    integers(f);
    floats(f);
    sequences(f);
}

fn ints(items: &[Value]) -> Vec<i64> {
    items.iter().map(to_int).collect()
}

fn integers(f: &mut Functions) {
    f.add("add1", |v: Value| to_int(&v).wrapping_add(1));
    f.add("add", |items: Rest<Value>| ints(&items).into_iter().fold(0, i64::wrapping_add));
    f.add("sub", |a: Value, b: Value| to_int(&a).wrapping_sub(to_int(&b)));
    f.add("div", |a: Value, b: Value| number::div(to_int(&a), to_int(&b)));
    f.add("mod", |a: Value, b: Value| number::modulo(to_int(&a), to_int(&b)));
    f.add("mul", |a: Value, items: Rest<Value>| ints(&items).into_iter().fold(to_int(&a), i64::wrapping_mul));
    for name in ["biggest", "max"] {
        f.add(name, |a: Value, items: Rest<Value>| number::max(to_int(&a), &ints(&items)));
    }
    f.add("min", |a: Value, items: Rest<Value>| number::min(to_int(&a), &ints(&items)));
}

type Operation = fn(&Decimal, &Decimal) -> Result<Decimal, String>;

fn fold(call: &mut dyn Call, first: f64, items: &[Value], op: Operation) -> Result<f64, Error> {
    let mut result = Decimal::new(first)?;
    for (i, v) in items.iter().enumerate() {
        // Products grow with every factor.
        call.charge(i as u64 + 1)?;
        result = op(&result, &Decimal::new(to_float(v))?)?;
    }
    Ok(result.to_f64())
}

fn floats(f: &mut Functions) {
    f.add("add1f", |call: &mut dyn Call, v: Value| fold(call, to_float(&v), &[Value::int(1)], Decimal::add));
    f.add("addf", |call: &mut dyn Call, items: Rest<Value>| fold(call, 0.0, &items, Decimal::add));
    f.add("subf", |call: &mut dyn Call, a: Value, items: Rest<Value>| fold(call, to_float(&a), &items, Decimal::sub));
    f.add("divf", |call: &mut dyn Call, a: Value, items: Rest<Value>| fold(call, to_float(&a), &items, Decimal::div));
    f.add("mulf", |call: &mut dyn Call, a: Value, items: Rest<Value>| fold(call, to_float(&a), &items, Decimal::mul));
    let floats = |items: &[Value]| items.iter().map(to_float).collect::<Vec<_>>();
    f.add("maxf", move |a: Value, items: Rest<Value>| number::maxf(to_float(&a), &floats(&items)));
    f.add("minf", move |a: Value, items: Rest<Value>| number::minf(to_float(&a), &floats(&items)));
    f.add("ceil", |v: Value| number::ceil(to_float(&v)));
    f.add("floor", |v: Value| number::floor(to_float(&v)));
    f.add("round", |v: Value, places: isize, on: Rest<f64>| {
        number::round(to_float(&v), places as i64, on.first().copied().unwrap_or(0.5))
    });
}

fn sequences(f: &mut Functions) {
    let list = |call: &mut dyn Call, numbers: Vec<i64>| -> Result<Exactly, Error> {
        call.charge(numbers.len() as u64)?;
        Ok(Exactly(Value::List(List::typed(INT, numbers.into_iter().map(Value::int).collect()))))
    };
    f.add("until", move |call: &mut dyn Call, n: isize| list(call, number::until(n as i64)?));
    f.add("untilStep", move |call: &mut dyn Call, start: isize, stop: isize, step: isize| {
        list(call, number::until_step(start as i64, stop as i64, step as i64)?)
    });
    f.add("seq", |call: &mut dyn Call, params: Rest<isize>| -> Result<String, Error> {
        let params: Vec<i64> = params.iter().map(|n| *n as i64).collect();
        let text = number::seq(&params)?;
        call.charge(text.len() as u64)?;
        Ok(text)
    });
}
