//! Arguments against signatures, and functions called from elsewhere than a template of this language: with values.

use pintle_value::Value;
use pintle_value::types::{IntKind, Method, Signature, Type};

use crate::error::Error;
use crate::eval::{Evaluator, Held};
use crate::func::{Builtin, Function};

impl Evaluator<'_> {
    /// Calls a function with values, as an action of a template would call it. A number fits every numeric parameter that can
    /// hold it, as Go's constants do.
    ///
    /// Errors: the number or the types of the arguments with Go's words, and what the function answers.
    pub fn apply(&mut self, function: &Function, args: Vec<Value>) -> Result<Value, Error> {
        self.step(1)?;
        let signature = &function.signature;
        count(function.name, signature, args.len(), args.len())?;
        match function.builtin {
            Builtin::And | Builtin::Or => {
                let Some(last) = args.len().checked_sub(1) else {
                    return Err(Error::new(format!("wrong number of args for {}: want at least 1 got 0", function.name)));
                };
                let decides = |v: &Value| v.is_true() == (function.builtin == Builtin::Or);
                let at = args.iter().position(decides).unwrap_or(last);
                return Ok(args.into_iter().nth(at).unwrap_or_default());
            }
            Builtin::Len if matches!(args.as_slice(), [Value::Nil]) => return Err(Error::new("len of nil pointer")),
            Builtin::Call => {
                let what = match args.first().and_then(Value::ty) {
                    None => "call of nil".to_owned(),
                    Some(ty) => format!("non-function of type {ty}"),
                };
                return Err(Error::new(what));
            }
            Builtin::Len | Builtin::None => {}
        }
        let args = fitted(signature, args)?;
        self.given(&args)?;
        let result = function.call(self, &args)?;
        self.made(&result)?;
        Ok(result)
    }

    /// Calls a method of a value, as [`Evaluator::apply`] calls a function.
    ///
    /// Errors: as there.
    pub fn apply_method(&mut self, receiver: &Value, method: &Method, args: Vec<Value>) -> Result<Value, Error> {
        self.step(1)?;
        count(method.name, &method.signature, args.len(), args.len())?;
        let args = fitted(&method.signature, args)?;
        self.given(&args)?;
        let result = (method.call)(receiver, &args)?;
        self.made(&result)?;
        Ok(result)
    }
}

/// Whether a function takes as many arguments; `named` are those that stand behind its name.
pub(crate) fn count(name: &str, signature: &Signature, named: usize, given: usize) -> Result<(), String> {
    let params = signature.params.len();
    let fixed = if signature.variadic { params - 1 } else { params };
    if signature.variadic && given < fixed {
        return Err(format!("wrong number of args for {name}: want at least {fixed} got {named}"));
    }
    if !signature.variadic && given != fixed {
        return Err(format!("wrong number of args for {name}: want {fixed} got {given}"));
    }
    Ok(())
}

/// `validateType`, with what `reflect.Value.Call` then does to the value: a map whose type has a name is handed on under the
/// parameter's type without one, so that what a function returns of it has no name either.
pub(crate) fn fit(value: Held, ty: Type) -> Result<Held, String> {
    if matches!(ty, Type::ReflectValue) {
        return Ok(value);
    }
    if value.is_invalid() {
        if ty.can_be_nil() {
            return Ok(Held::of_type(Value::zero(ty), ty));
        }
        return Err(format!("invalid value; expected {ty}"));
    }
    if matches!(ty, Type::Any) {
        return Ok(value);
    }
    match value.v.ty() {
        Some(actual) if actual == ty => Ok(Held::concrete(value.v)),
        Some(actual) if actual.assignable_to(ty) => Ok(Held::concrete(match (value.v, ty) {
            (Value::Map(m), Type::Map(_)) => Value::Map(m.without_name()),
            (v, _) => v,
        })),
        Some(actual) => Err(format!("wrong type for value; expected {ty}; got {actual}")),
        None => Err(format!("wrong type for value; expected {ty}; got {}", Type::Any)),
    }
}

/// The arguments as the parameters' types; their number has been checked.
fn fitted(signature: &Signature, args: Vec<Value>) -> Result<Vec<Value>, String> {
    let param = |i: usize| signature.params[i.min(signature.params.len() - 1)];
    let one = |(i, v): (usize, Value)| fit(Held::of_type(constant(v, param(i)), Type::Any), param(i)).map(|held| held.v);
    args.into_iter().enumerate().map(one).collect()
}

/// A number as a parameter of a numeric type takes it, if it can hold it.
fn constant(v: Value, ty: Type) -> Value {
    match (&v, ty) {
        (Value::Int(IntKind::Int, n), Type::Float64) => Value::Float(*n as f64),
        (Value::Int(IntKind::Int, n), Type::Int(kind)) if !kind.is_unsigned() || *n >= 0 => Value::Int(kind, *n),
        (Value::Float(f), Type::Int(kind)) if f.fract() == 0.0 && f.abs() < 9e15 && (!kind.is_unsigned() || *f >= 0.0) => {
            Value::Int(kind, *f as i64)
        }
        _ => v,
    }
}
