//! Decimal arithmetic as shopspring/decimal 1.4 does it for Sprig's `addf`, `subf`, `mulf`, `divf` and `add1f`:
//! floats become their shortest decimals, operations are exact, division keeps 16 places.

use std::cmp::Ordering;

/// Places that a division keeps (`decimal.DivisionPrecision`).
const DIVISION_PLACES: i64 = 16;
/// Longest number: products of many factors grow by 17 digits each.
const MAX_DIGITS: usize = 100_000;

/// A decimal number: `digits * 10^exp`, negative or not.
#[derive(Clone, Debug)]
pub struct Decimal {
    negative: bool,
    /// Most significant first, no leading zeros; zero has none.
    digits: Vec<u8>,
    exp: i64,
}

type Result = std::result::Result<Decimal, String>;

fn compare(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn trim(mut digits: Vec<u8>) -> Vec<u8> {
    let zeros = digits.iter().take_while(|&&d| d == 0).count();
    digits.drain(..zeros);
    digits
}

fn add(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(a.len().max(b.len()) + 1);
    let (mut a, mut b) = (a.iter().rev(), b.iter().rev());
    let mut carry = 0;
    loop {
        let (x, y) = (a.next(), b.next());
        if x.is_none() && y.is_none() {
            break;
        }
        let sum = carry + x.copied().unwrap_or(0) + y.copied().unwrap_or(0);
        out.push(sum % 10);
        carry = sum / 10;
    }
    out.push(carry);
    out.reverse();
    trim(out)
}

/// `a - b` for `a >= b`.
fn sub(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(a.len());
    let mut b = b.iter().rev();
    let mut borrow = 0;
    for &x in a.iter().rev() {
        let y = b.next().copied().unwrap_or(0) + borrow;
        borrow = u8::from(x < y);
        out.push(x + 10 * borrow - y);
    }
    out.reverse();
    trim(out)
}

/// The fewest digits that name a finite `f >= 0`, and their exponent.
fn shortest(f: f64) -> (Vec<u8>, i64) {
    let split = |text: &str| {
        let (mantissa, exp) = text.split_once('e').unwrap_or((text, "0"));
        let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
        (digits, exp.parse::<i64>().unwrap_or(0))
    };
    let (mut digits, exp) = split(&format!("{f:e}"));
    // Half-way between two candidates Go takes the even one, Rust the greater. Floats of fewer digits have no such case.
    if digits.len() >= 16 {
        let (exact, _) = split(&format!("{f:.40e}"));
        let half = exact.get(digits.len()..).is_some_and(|r| r[0] == 5 && r[1..].iter().all(|&d| d == 0));
        if half && let Some(last) = digits.last_mut() {
            // Rust has rounded up, so an odd last digit is one too many.
            *last -= *last % 2;
        }
    }
    let exp = exp - (digits.len() as i64 - 1);
    (digits, exp)
}

impl Decimal {
    /// `decimal.NewFromFloat`; fails, as it panics, for infinities and NaN.
    pub fn new(f: f64) -> Result {
        if !f.is_finite() {
            let name = if f.is_nan() {
                "NaN"
            } else if f < 0.0 {
                "-Inf"
            } else {
                "+Inf"
            };
            return Err(format!("Cannot create a Decimal from {name}"));
        }
        let (digits, exp) = shortest(f.abs());
        Ok(Decimal { negative: f < 0.0, digits: trim(digits), exp })
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        let mut text = String::with_capacity(self.digits.len() + 24);
        text.push_str(if self.negative && !self.digits.is_empty() { "-" } else { "" });
        text.extend(self.digits.iter().map(|d| char::from(b'0' + d)));
        text.push_str(&format!("{}e{}", if self.digits.is_empty() { "0" } else { "" }, self.exp));
        text.parse().unwrap_or(0.0)
    }

    /// The digits with `exp` as the exponent, which is no greater than its own.
    fn scaled(&self, exp: i64) -> std::result::Result<Vec<u8>, String> {
        let mut digits = self.digits.clone();
        if !digits.is_empty() {
            let zeros = usize::try_from(self.exp - exp).unwrap_or(usize::MAX);
            if zeros.saturating_add(digits.len()) > MAX_DIGITS {
                return Err(format!("decimal of more than {MAX_DIGITS} digits"));
            }
            digits.resize(digits.len() + zeros, 0);
        }
        Ok(digits)
    }

    /// The sum.
    pub fn add(&self, other: &Decimal) -> Result {
        let exp = self.exp.min(other.exp);
        let (a, b) = (self.scaled(exp)?, other.scaled(exp)?);
        if self.negative == other.negative {
            return Ok(Decimal { negative: self.negative, digits: add(&a, &b), exp });
        }
        Ok(match compare(&a, &b) {
            Ordering::Less => Decimal { negative: other.negative, digits: sub(&b, &a), exp },
            _ => Decimal { negative: self.negative, digits: sub(&a, &b), exp },
        })
    }

    /// The difference.
    pub fn sub(&self, other: &Decimal) -> Result {
        self.add(&Decimal { negative: !other.negative, ..other.clone() })
    }

    /// The product.
    pub fn mul(&self, other: &Decimal) -> Result {
        if self.digits.len() + other.digits.len() > MAX_DIGITS {
            return Err(format!("decimal of more than {MAX_DIGITS} digits"));
        }
        let mut out = vec![0u8; self.digits.len() + other.digits.len()];
        for (i, &x) in self.digits.iter().enumerate().rev() {
            let mut carry = 0;
            for (j, &y) in other.digits.iter().enumerate().rev() {
                let n = out[i + j + 1] + x * y + carry;
                out[i + j + 1] = n % 10;
                carry = n / 10;
            }
            out[i] += carry;
        }
        Ok(Decimal { negative: self.negative != other.negative, digits: trim(out), exp: self.exp + other.exp })
    }

    /// The quotient, rounded half away from zero to 16 places.
    pub fn div(&self, other: &Decimal) -> Result {
        if other.digits.is_empty() {
            return Err("decimal division by 0".to_owned());
        }
        // self / other = a / b * 10^-16 with integers a and b.
        let shift = self.exp - other.exp + DIVISION_PLACES;
        let a = if shift > 0 { Decimal { exp: shift, ..self.clone() }.scaled(0)? } else { self.digits.clone() };
        let b = if shift < 0 { Decimal { exp: -shift, ..other.clone() }.scaled(0)? } else { other.digits.clone() };
        let mut quotient = Vec::with_capacity(a.len());
        let mut rest: Vec<u8> = Vec::new();
        for &digit in &a {
            if !rest.is_empty() || digit != 0 {
                rest.push(digit);
            }
            let mut q = 0;
            while compare(&rest, &b) != Ordering::Less {
                rest = sub(&rest, &b);
                q += 1;
            }
            quotient.push(q);
        }
        if compare(&add(&rest, &rest), &b) != Ordering::Less {
            quotient = add(&quotient, &[1]);
        }
        Ok(Decimal { negative: self.negative != other.negative, digits: trim(quotient), exp: -DIVISION_PLACES })
    }
}
