//! Functions that templates call: plain typed Rust functions, with the Go signature that the evaluator checks arguments
//! against before it calls them.
//!
//! ```
//! use pintle_template::{Functions, Rest};
//! use pintle_value::{Str, Value};
//! let mut functions = Functions::builtins();
//! functions.add("repeat", |n: isize, s: Str| Value::string(s.repeat(n.max(0) as usize)));
//! functions.add("count", |rest: Rest<Value>| rest.len() as isize);
//! ```
//!
//! | Rust | Go |
//! | --- | --- |
//! | `Value` | `interface {}` |
//! | [`Str`], `bool`, `f64` | `string`, `bool`, `float64` |
//! | `isize`, `i64` | `int`, `int64` |
//! | [`Map`] | `map[string]interface {}` |
//! | [`List`] | `[]interface {}` |
//! | [`Typed<T>`] | a named type such as `time.Time` |
//! | [`Reflected`] | `reflect.Value` |
//! | [`Rest<T>`], last | `...T` |

use std::any::Any;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use pintle_value::budget::{BYTES_A_STEP, BYTES_AN_ITEM};
use pintle_value::types::{ANYS, DICT, INT, INT64, Signature};
use pintle_value::{List, Map, NamedType, Object, Str, Type, Value};

use crate::Error;

/// What a function may do besides computing: execute templates, reach its host's state, draw from the budget.
pub trait Call {
    /// Executes the template `name` (`include`); what it prints.
    fn execute_template(&mut self, name: &[u8], data: Value) -> Result<Vec<u8>, Error>;
    /// Parses `text` as a template with its own defines and executes it (`tpl`).
    ///
    /// `Err` holds Go's `cannot parse template …` or `error during tpl function execution …`.
    fn execute_text(&mut self, text: &[u8], data: Value) -> Result<Vec<u8>, Error>;
    /// The state that the caller of the evaluator shares with its functions.
    fn host(&self) -> &dyn Any;
    /// Draws `steps` from the budget: one for every item that a function looks at, or [`BYTES_A_STEP`] of text. The evaluator
    /// charges for texts that are given or come back as they are.
    fn charge(&mut self, steps: u64) -> Result<(), Error>;
    /// Draws bytes of memory from the budget. The evaluator charges for a text, list or map that comes back; functions do for what
    /// it holds.
    fn allocate(&mut self, bytes: u64) -> Result<(), Error>;
    /// Checks that so many bytes could be drawn from the budget: for what is needed on the way and given back.
    fn check_memory(&mut self, bytes: u64) -> Result<(), Error>;
    /// Draws the making of a list or a map from the budget.
    fn items(&mut self, items: usize) -> Result<(), Error> {
        self.allocate(items as u64 * BYTES_AN_ITEM)?;
        self.charge(items as u64)
    }
    /// Draws the making of a text from the budget, where that is a part of what comes back.
    fn text(&mut self, bytes: usize) -> Result<(), Error> {
        self.allocate(bytes as u64)?;
        self.charge(bytes as u64 / BYTES_A_STEP)
    }
}

/// A function under its name.
pub struct Function {
    /// The name that templates use.
    pub name: &'static str,
    /// Its Go signature.
    pub signature: Signature,
    pub(crate) builtin: Builtin,
    body: Box<Body>,
}

type Body = dyn Fn(&mut dyn Call, &[Value]) -> Result<Value, Error> + Send + Sync;

/// Builtins that the evaluator itself treats in a special way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    None,
    And,
    Or,
    Len,
    Call,
}

impl Function {
    /// Calls the function; the arguments have been checked against the signature.
    pub fn call(&self, call: &mut dyn Call, args: &[Value]) -> Result<Value, Error> {
        (self.body)(call, args)
    }
}

/// The functions that templates are parsed with.
#[derive(Clone, Default)]
pub struct Functions(HashMap<&'static str, Arc<Function>, BuildHasherDefault<Fnv>>);

/// FNV-1a: names are short, and the set of functions is not a stranger's to choose.
#[derive(Clone, Copy)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Functions {
    /// None at all.
    pub fn new() -> Functions {
        Functions::default()
    }

    /// Go's own: `and`, `or`, `not`, `len`, `index`, `slice`, `print`, `printf`, `println`, `html`, `js`, `urlquery`, `call` and
    /// the comparisons.
    pub fn builtins() -> Functions {
        // With room for those of a host, which are some hundreds.
        let mut functions = Functions(HashMap::with_capacity_and_hasher(448, Default::default()));
        crate::builtins::register(&mut functions);
        functions
    }

    /// Adds a typed function, or replaces the one of that name.
    pub fn add<F, Args>(&mut self, name: &'static str, f: F)
    where
        F: IntoFunction<Args>,
    {
        self.insert(name, Builtin::None, f);
    }

    pub(crate) fn insert<F, Args>(&mut self, name: &'static str, builtin: Builtin, f: F)
    where
        F: IntoFunction<Args>,
    {
        let (signature, body) = f.into_function();
        self.0.insert(name, Arc::new(Function { name, signature, builtin, body }));
    }

    /// Removes a function.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The function of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Function>> {
        self.0.get(name)
    }

    /// All names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

/// A parameter: its Go type, and how a checked argument becomes it.
pub trait FromArg: Sized {
    /// The Go type.
    const TYPE: Type;
    /// Converts an argument whose type the evaluator has checked; one that doesn't fit all the same gives the zero value.
    fn from_arg(v: &Value) -> Self;
}

/// A result and its Go type.
pub trait IntoResult {
    /// The Go type.
    const TYPE: Type;
    /// The value, or Go's error text.
    fn into_result(self) -> Result<Value, Error>;
}

/// `reflect.Value`: like `interface {}`, but the evaluator hands over what a nil or absent value is, too.
pub struct Reflected(pub Value);

/// A value of a named Go type, such as `time.Time`.
pub struct Typed<T>(pub Option<Rc<T>>);

/// Rust types that stand for a named Go type.
pub trait GoObject: Object + Clone {
    /// The Go type.
    const NAMED: &'static NamedType;
}

/// All further arguments of a variadic function.
pub struct Rest<T>(pub Vec<T>);

impl<T> Deref for Rest<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

macro_rules! convert {
    ($rust:ty, $go:expr, $v:ident => $from:expr, $r:ident => $into:expr) => {
        impl FromArg for $rust {
            const TYPE: Type = $go;
            fn from_arg($v: &Value) -> Self {
                $from
            }
        }
        impl IntoResult for $rust {
            const TYPE: Type = $go;
            fn into_result(self) -> Result<Value, Error> {
                let $r = self;
                Ok($into)
            }
        }
    };
}

convert!(Value, Type::Any, v => v.clone(), r => r);
convert!(bool, Type::Bool, v => matches!(v, Value::Bool(true)), r => Value::Bool(r));
convert!(f64, Type::Float64, v => if let Value::Float(f) = v { *f } else { 0.0 }, r => Value::Float(r));
convert!(Str, Type::String, v => v.as_str().cloned().unwrap_or_default(), r => Value::String(r));
convert!(isize, INT, v => if let Value::Int(_, n) = v { *n as isize } else { 0 }, r => Value::int(r as i64));
convert!(i64, INT64, v => if let Value::Int(_, n) = v { *n } else { 0 }, r => Value::int64(r));
convert!(Map, DICT, v => v.as_map().cloned().unwrap_or_else(|| Map::nil(Type::Any)), r => Value::Map(r));
convert!(List, ANYS, v => if let Value::List(l) = v { l.clone() } else { List::nil(Type::Any) }, r => Value::List(r));

impl FromArg for Reflected {
    const TYPE: Type = Type::ReflectValue;
    fn from_arg(v: &Value) -> Self {
        Reflected(v.clone())
    }
}

impl<T: GoObject> FromArg for Typed<T> {
    const TYPE: Type = Type::Named(T::NAMED);
    fn from_arg(v: &Value) -> Self {
        Typed(v.as_object::<T>().map(|t| Rc::new(t.clone())))
    }
}

impl IntoResult for String {
    const TYPE: Type = Type::String;
    fn into_result(self) -> Result<Value, Error> {
        Ok(Value::string(self))
    }
}

impl IntoResult for Vec<u8> {
    const TYPE: Type = Type::String;
    fn into_result(self) -> Result<Value, Error> {
        Ok(Value::string(self))
    }
}

impl<R: IntoResult, E: Into<Error>> IntoResult for Result<R, E> {
    const TYPE: Type = R::TYPE;
    fn into_result(self) -> Result<Value, Error> {
        self.map_err(Into::into)?.into_result()
    }
}

/// A result whose Go type Rust's doesn't tell: a `[]string`, a `map[string]string`, a `*semver.Version`.
pub struct Exactly(pub Value);

impl IntoResult for Exactly {
    // Any concrete type will do: the evaluator only asks whether the result is an interface.
    const TYPE: Type = ANYS;
    fn into_result(self) -> Result<Value, Error> {
        Ok(self.0)
    }
}

/// Rust functions and closures that templates can call, with or without a [`Call`] in front.
pub trait IntoFunction<Args> {
    /// The Go signature and the call.
    fn into_function(self) -> (Signature, Box<Body>);
}

/// Marks functions that take a [`Call`].
pub struct WithCall;
/// Marks variadic functions.
pub struct Variadic;

macro_rules! functions {
    ($($arg:ident $at:tt),*) => {
        impl<F, R, $($arg),*> IntoFunction<(R, $($arg,)*)> for F
        where
            F: Fn($($arg),*) -> R + Send + Sync + 'static,
            R: IntoResult,
            $($arg: FromArg,)*
        {
            fn into_function(self) -> (Signature, Box<Body>) {
                (
                    Signature { params: const { &[$($arg::TYPE),*] }, variadic: false, result: R::TYPE },
                    Box::new(move |_, _args| (self)($($arg::from_arg(&_args[$at])),*).into_result()),
                )
            }
        }

        impl<F, R, $($arg),*> IntoFunction<(WithCall, R, $($arg,)*)> for F
        where
            F: Fn(&mut dyn Call, $($arg),*) -> R + Send + Sync + 'static,
            R: IntoResult,
            $($arg: FromArg,)*
        {
            fn into_function(self) -> (Signature, Box<Body>) {
                (
                    Signature { params: const { &[$($arg::TYPE),*] }, variadic: false, result: R::TYPE },
                    Box::new(move |_call, _args| (self)(_call, $($arg::from_arg(&_args[$at])),*).into_result()),
                )
            }
        }
    };
}

macro_rules! variadics {
    ($n:literal; $($arg:ident $at:tt),*) => {
        impl<F, R, V, $($arg),*> IntoFunction<(Variadic, R, V, $($arg,)*)> for F
        where
            F: Fn($($arg,)* Rest<V>) -> R + Send + Sync + 'static,
            R: IntoResult,
            V: FromArg,
            $($arg: FromArg,)*
        {
            fn into_function(self) -> (Signature, Box<Body>) {
                (
                    Signature { params: const { &[$($arg::TYPE,)* V::TYPE] }, variadic: true, result: R::TYPE },
                    Box::new(move |_, args| {
                        (self)($($arg::from_arg(&args[$at]),)* Rest(args[$n..].iter().map(V::from_arg).collect())).into_result()
                    }),
                )
            }
        }

        impl<F, R, V, $($arg),*> IntoFunction<(Variadic, WithCall, R, V, $($arg,)*)> for F
        where
            F: Fn(&mut dyn Call, $($arg,)* Rest<V>) -> R + Send + Sync + 'static,
            R: IntoResult,
            V: FromArg,
            $($arg: FromArg,)*
        {
            fn into_function(self) -> (Signature, Box<Body>) {
                (
                    Signature { params: const { &[$($arg::TYPE,)* V::TYPE] }, variadic: true, result: R::TYPE },
                    Box::new(move |call, args| {
                        let rest = Rest(args[$n..].iter().map(V::from_arg).collect());
                        (self)(call, $($arg::from_arg(&args[$at]),)* rest).into_result()
                    }),
                )
            }
        }
    };
}

functions!();
functions!(A 0);
functions!(A 0, B 1);
functions!(A 0, B 1, C 2);
functions!(A 0, B 1, C 2, D 3);
functions!(A 0, B 1, C 2, D 3, E 4);
functions!(A 0, B 1, C 2, D 3, E 4, G 5);
variadics!(0;);
variadics!(1; A 0);
variadics!(2; A 0, B 1);
variadics!(3; A 0, B 1, C 2);
