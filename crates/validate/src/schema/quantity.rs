//! Quantities (k8s.io/apimachinery `pkg/api/resource`): `500m`, `1.5Gi`, `2e3`.

use std::cmp::Ordering;

/// A quantity in billionths, rounded up as the API server rounds what is finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

const NANO: i128 = 1_000_000_000;
/// The API server caps what is larger (`2^63-1`); the cap here only keeps sums from overflowing.
const MAX: i128 = i128::MAX / 16;

impl Quantity {
    /// `resource.ParseQuantity`, with its errors.
    pub fn parse(text: &str) -> Result<Quantity, &'static str> {
        const FORMAT: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
        let (negative, rest) = match text.as_bytes().first() {
            None => return Err(FORMAT),
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (whole, rest) = rest.split_at(end);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
            None => ("", rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(FORMAT);
        }
        let letters = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
        let digits = letters.strip_prefix(['-', '+']).unwrap_or(letters);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(FORMAT);
        }
        let (base, exponent) = scale(suffix).ok_or("unable to parse quantity's suffix")?;
        Ok(Quantity(value(whole, fraction, base, exponent) * if negative { -1 } else { 1 }))
    }

    /// `Quantity.Value`: rounded up to a whole number.
    pub fn value(self) -> i64 {
        let whole = self.0.div_euclid(NANO) + i128::from(self.0.rem_euclid(NANO) != 0);
        whole.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// As a float, for ratios.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / NANO as f64
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        self.0 % NANO == 0
    }

    /// Whether it is a whole number of thousandths.
    pub fn is_milli(self) -> bool {
        self.0 % (NANO / 1000) == 0
    }

    /// `Quantity.Sign`
    pub fn sign(self) -> Ordering {
        self.0.cmp(&0)
    }
}

/// A suffix as base and exponent.
fn scale(suffix: &str) -> Option<(u32, i32)> {
    Some(match suffix {
        "" => (10, 0),
        "n" => (10, -9),
        "u" => (10, -6),
        "m" => (10, -3),
        "k" => (10, 3),
        "M" => (10, 6),
        "G" => (10, 9),
        "T" => (10, 12),
        "P" => (10, 15),
        "E" => (10, 18),
        "Ki" => (2, 10),
        "Mi" => (2, 20),
        "Gi" => (2, 30),
        "Ti" => (2, 40),
        "Pi" => (2, 50),
        "Ei" => (2, 60),
        other => {
            let digits = other.strip_prefix(['e', 'E'])?;
            (10, digits.parse::<i32>().ok()?)
        }
    })
}

fn value(whole: &str, fraction: &str, base: u32, exponent: i32) -> i128 {
    let mut number: i128 = 0;
    let mut finer = false;
    let mut shift: i32 = 9;
    for (i, digit) in whole.bytes().chain(fraction.bytes()).enumerate() {
        let room = number < MAX / 10_i128.pow(4);
        if i < whole.len() {
            number = if room { number * 10 + i128::from(digit - b'0') } else { MAX };
        } else if room && shift > -30 {
            number = number * 10 + i128::from(digit - b'0');
            shift -= 1;
        } else {
            finer |= digit != b'0';
        }
    }
    if base == 2 {
        number = number.checked_mul(1_i128 << exponent).unwrap_or(MAX);
    } else {
        shift = shift.saturating_add(exponent);
    }
    if shift >= 0 {
        let by = 10_i128.checked_pow(shift as u32).unwrap_or(MAX);
        return number.checked_mul(by).unwrap_or(MAX).min(MAX);
    }
    let Some(by) = 10_i128.checked_pow(shift.unsigned_abs()) else { return i128::from(number != 0) };
    number / by + i128::from(number % by != 0 || finer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_scale() {
        let q = |text: &str| Quantity::parse(text).unwrap();
        assert_eq!(q("1Gi"), q("1024Mi"));
        assert_eq!(q("1500m"), q("1.5"));
        assert_eq!(q("2e3"), q("2k"));
        assert_eq!(q("0.5Ki").value(), 512);
        assert_eq!(q("1m").value(), 1);
        assert!(q("-1").sign() == Ordering::Less && !q("1m").is_whole());
        assert!(q("100E") < q("1e40"));
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "abc", "1 Gi", "-", ".", "1GB ", "$x"] {
            assert!(Quantity::parse(text).unwrap_err().starts_with("quantities must match"), "{text}");
        }
        assert_eq!(Quantity::parse("1kk"), Err("unable to parse quantity's suffix"));
    }
}
