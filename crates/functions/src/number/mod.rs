//! Numbers: the conversions of spf13/cast, Sprig's arithmetic.

mod arithmetic;
mod cast;
mod decimal;

pub use arithmetic::{ceil, div, floor, max, maxf, min, minf, modulo, rand_int, round, seq, until, until_step};
pub use cast::{atoi, cast_float, cast_int, float_to_int};
pub use decimal::Decimal;

#[cfg(test)]
mod tests;
