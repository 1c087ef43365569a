//! Numbers: Go's `strconv` parsers, the conversions of spf13/cast, Sprig's arithmetic.

mod arithmetic;
mod decimal;
mod parse;

pub use arithmetic::{ceil, div, floor, max, maxf, min, minf, modulo, rand_int, round, seq, until, until_step};
pub use decimal::Decimal;
pub use parse::{NumError, atoi, cast_float, cast_int, float_to_int, parse_float, parse_int};

#[cfg(test)]
mod tests;
