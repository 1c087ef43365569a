//! Go's text/template language: lexer, parser and evaluator. It knows nothing of Helm: functions and data come from outside.
//!
//! [`parse`] turns a text into templates, [`Templates`] holds those that can call each other, an [`Evaluator`] executes them.

mod apply;
mod builtins;
mod deep;
mod error;
mod eval;
mod func;
mod lexer;
mod node;
mod number;
mod parser;
#[cfg(test)]
mod properties;
pub mod record;
mod set;

pub use deep::deep;
pub use error::{Error, ErrorKind, Location};
pub use eval::{BYTES_A_PARSED_BYTE, Evaluator};
pub use func::{
    Call, Exactly, FromArg, Function, Functions, GoObject, IntoFunction, IntoResult, Reflected, Rest, Typed, Variadic, WithCall,
};
pub use lexer::may_define;
pub use node::{Source, Template};
pub use parser::{Parsed, parse};
pub use set::Templates;
