//! Go's text/template language: lexer, parser and evaluator. It knows nothing of Helm: functions and data come from outside.

mod builtins;
mod error;
mod func;

pub use error::{Error, ErrorKind, Location};
pub use func::{
    Call, Exactly, FromArg, Function, Functions, GoObject, IntoFunction, IntoResult, Reflected, Rest, Typed, Variadic, WithCall,
};
