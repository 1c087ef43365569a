//! Exact decimal numbers, as santhosh compares them: Go's `big.Rat` of the text that `fmt.Sprint` makes of a number.
//!
//! A float counts as its shortest decimal form, not as its binary value: 0.1 in a values file equals 0.1 in a schema. A
//! [`Decimal`] keeps digits and an exponent, so that no number takes more room than its text.

use std::borrow::Cow;
use std::cmp::Ordering;

use pintle_go::strconv::format_float;

/// Powers of ten beyond it are no numbers to `big.Rat.SetString`.
const MAX_EXPONENT: i64 = 1_000_000;

/// Digits and powers of ten beyond which [`Decimal::is_multiple_of`] gives up. A `float64` needs 17 and 308.
const MAX_DIVISION: usize = 4096;

/// A number of an instance or of a schema.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number<'v> {
    Float(f64),
    Int(i64),
    /// As JSON writes it.
    Text(&'v str),
}

impl<'v> Number<'v> {
    /// `fmt.Sprint`
    pub(crate) fn text(self) -> Cow<'v, str> {
        match self {
            Number::Float(f) => format_float(f, b'g', None).into(),
            Number::Int(n) => n.to_string().into(),
            Number::Text(text) => text.into(),
        }
    }

    /// The exact value; `None` for what `big.Rat` does not read.
    pub(crate) fn exact(self) -> Option<Decimal> {
        Decimal::parse(&self.text())
    }

    pub(crate) fn is_integer(self) -> bool {
        match self {
            Number::Float(f) => f.is_finite() && f.fract() == 0.0,
            Number::Int(_) => true,
            Number::Text(text) => {
                (text.len() < 18 && text.bytes().all(|b| b.is_ascii_digit()))
                    || Decimal::parse(text).is_some_and(|d| d.is_integer())
            }
        }
    }

    /// Whether both are the same number. What isn't a number equals nothing.
    pub(crate) fn equals(self, other: Number<'_>) -> bool {
        match (self, other) {
            (Number::Float(a), Number::Float(b)) => a == b,
            (Number::Int(a), Number::Int(b)) => a == b,
            _ => self.exact().is_some_and(|a| other.exact().is_some_and(|b| a.cmp(&b) == Ordering::Equal)),
        }
    }
}

/// A decimal number: `0.DIGITS` times ten to the power of `point`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    negative: bool,
    /// Values from 0 to 9, neither the first nor the last of them 0; none at all for zero.
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// Reads a number in JSON's grammar, or as Go prints floats.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, "0"),
        };
        let exponent: i64 = exponent.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let leading = digits.iter().take_while(|d| **d == 0).count();
        if leading == digits.len() {
            return Some(Decimal { negative: false, digits: Vec::new(), point: 0 });
        }
        let power = exponent.checked_sub(fraction.len() as i64)?;
        if power.unsigned_abs() > MAX_EXPONENT.unsigned_abs() {
            return None;
        }
        let point = whole.len() as i64 + exponent - leading as i64;
        digits.drain(..leading);
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Some(Decimal { negative, digits, point })
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub(crate) fn is_integer(&self) -> bool {
        self.digits.is_empty() || self.point >= self.digits.len() as i64
    }

    /// `Rat.Num().Int64()` of an integer: what is too large loses its upper bits.
    pub(crate) fn to_i64(&self) -> i64 {
        let mut value = 0i64;
        for digit in &self.digits {
            value = value.wrapping_mul(10).wrapping_add(i64::from(*digit));
        }
        // After 64 of them every bit is zero.
        for _ in 0..(self.point - self.digits.len() as i64).clamp(0, 64) {
            value = value.wrapping_mul(10);
        }
        if self.negative { value.wrapping_neg() } else { value }
    }

    /// `Rat.Float64()`: the nearest one, or infinite.
    pub(crate) fn to_f64(&self) -> f64 {
        let digits: String = self.digits.iter().map(|d| char::from(b'0' + d)).collect();
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}0.{digits}e{}", self.point).parse().unwrap_or(0.0)
    }

    pub(crate) fn cmp(&self, other: &Decimal) -> Ordering {
        let sign = |d: &Decimal| match (d.is_zero(), d.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let order = sign(self).cmp(&sign(other));
        if order != Ordering::Equal || self.is_zero() {
            return order;
        }
        let magnitude = self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits));
        if self.negative { magnitude.reverse() } else { magnitude }
    }

    /// Whether `self / other` is an integer. `other` is not zero.
    pub(crate) fn is_multiple_of(&self, other: &Decimal) -> bool {
        if self.is_zero() {
            return true;
        }
        // self is digits * 10^power; the quotient is an integer if the divisor's digits divide digits * 10^shift.
        let power = |d: &Decimal| d.point - d.digits.len() as i64;
        let shift = power(self) - power(other);
        if shift < 0 {
            // The last digit is not 0, so that no quotient of whole numbers ends in as many zeros as would be needed.
            return false;
        }
        let divisor = &other.digits;
        if divisor.len() > MAX_DIVISION || self.digits.len() > MAX_DIVISION || shift as usize > MAX_DIVISION {
            return false;
        }
        let zeros = std::iter::repeat_n(&0u8, shift as usize);
        if let Some(divisor) = small(divisor) {
            let remainder = self.digits.iter().chain(zeros).fold(0u128, |r, d| (r * 10 + u128::from(*d)) % divisor);
            return remainder == 0;
        }
        let mut remainder: Vec<u8> = Vec::new();
        for digit in self.digits.iter().chain(zeros) {
            if !(remainder.is_empty() && *digit == 0) {
                remainder.push(*digit);
            }
            while !less(&remainder, divisor) {
                subtract(&mut remainder, divisor);
            }
        }
        remainder.is_empty()
    }
}

/// The number that digits make, if ten times it fits.
fn small(digits: &[u8]) -> Option<u128> {
    (digits.len() <= 37).then(|| digits.iter().fold(0, |n, d| n * 10 + u128::from(*d)))
}

/// Whether one row of digits, without leading zeros, is a smaller number than another.
fn less(a: &[u8], b: &[u8]) -> bool {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b)) == Ordering::Less
}

/// Takes `b` from `a`, which is not smaller.
fn subtract(a: &mut Vec<u8>, b: &[u8]) {
    let mut borrow = 0;
    for i in 0..a.len() {
        let at = a.len() - 1 - i;
        let take = borrow + b.len().checked_sub(i + 1).map_or(0, |at| b[at]);
        borrow = u8::from(a[at] < take);
        a[at] = a[at] + 10 * borrow - take;
    }
    let leading = a.iter().take_while(|d| **d == 0).count();
    a.drain(..leading);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_compared_exactly() {
        let sorted =
            ["-1e3", "-2.5", "-2.49", "0", "1e-400", "0.1", "0.10000000000000000001", "1", "10", "9007199254740993", "1e400"];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(d(a).cmp(&d(b)), i.cmp(&j), "{a} {b}");
            }
        }
        assert!(Number::Float(0.1).equals(Number::Text("0.10")));
        assert!(!Number::Float(0.1).equals(Number::Text("0.1000000000000000055511151231257827")));
        assert!(Number::Float(1e6).equals(Number::Int(1_000_000)));
    }

    #[test]
    fn integers_are_known() {
        for (text, integer) in [("1.0", true), ("1e2", true), ("15e-1", false), ("150e-1", true), ("0.0", true), ("1e400", true)]
        {
            assert_eq!(Number::Text(text).is_integer(), integer, "{text}");
        }
        assert_eq!(d("-120e1").to_i64(), -1200);
        assert_eq!(d("1e64").to_i64(), 0);
        assert!(Decimal::parse("1e1000001").is_none());
        assert!(Decimal::parse("0e99999999").is_some());
        assert!(Decimal::parse("1e99999999999999999999").is_none());
    }

    #[test]
    fn multiples_are_exact() {
        for (a, b, multiple) in [
            ("0.3", "0.1", true),
            ("4.35", "0.01", true),
            ("0.35", "0.1", false),
            ("1e308", "0.123456789", false),
            ("1e22", "3", false),
            ("3e22", "3", true),
            ("-9", "3", true),
            ("0", "7", true),
            ("7", "14", false),
            ("1000", "8", true),
            ("1", "8", false),
            ("123456789012345678901234567890123456789012345678901234567890", "1234567890123456789012345678901234567890", false),
            ("2469135780246913578024691357802469135780", "1234567890123456789012345678901234567890", true),
            ("24691357802469135780246913578024691357802", "12345678901234567890123456789012345678901", true),
            ("24691357802469135780246913578024691357803", "12345678901234567890123456789012345678901", false),
        ] {
            assert_eq!(d(a).is_multiple_of(&d(b)), multiple, "{a} {b}");
        }
    }

    #[test]
    fn floats_are_the_nearest() {
        assert_eq!(d("0.1").to_f64(), 0.1);
        assert_eq!(d("-123.5e2").to_f64(), -12350.0);
        assert_eq!(d("1e400").to_f64(), f64::INFINITY);
    }
}
