//! Sprig's arithmetic on integers and floats; where Go panics, the error is its panic's text.

use pintle_go::limits;

use crate::world::{World, below};

const DIVIDE_BY_ZERO: &str = "runtime error: integer divide by zero";

/// `div`
pub fn div(a: i64, b: i64) -> Result<i64, String> {
    if b == 0 { Err(DIVIDE_BY_ZERO.to_owned()) } else { Ok(a.wrapping_div(b)) }
}

/// `mod`
pub fn modulo(a: i64, b: i64) -> Result<i64, String> {
    if b == 0 { Err(DIVIDE_BY_ZERO.to_owned()) } else { Ok(a.wrapping_rem(b)) }
}

/// `max`, `biggest`
pub fn max(first: i64, rest: &[i64]) -> i64 {
    rest.iter().copied().fold(first, Ord::max)
}

/// `min`
pub fn min(first: i64, rest: &[i64]) -> i64 {
    rest.iter().copied().fold(first, Ord::min)
}

/// `maxf`, by `math.Max`: infinity first, then NaN, and 0 above -0.
pub fn maxf(first: f64, rest: &[f64]) -> f64 {
    rest.iter().copied().fold(first, |a, b| {
        if a == f64::INFINITY || b == f64::INFINITY {
            f64::INFINITY
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if a == 0.0 && b == 0.0 {
            if a.is_sign_negative() { b } else { a }
        } else if a > b {
            a
        } else {
            b
        }
    })
}

/// `minf`, by `math.Min`: negative infinity first, then NaN, and -0 below 0.
pub fn minf(first: f64, rest: &[f64]) -> f64 {
    let negated: Vec<f64> = rest.iter().map(|f| -f).collect();
    -maxf(-first, &negated)
}

/// `floor`
pub fn floor(f: f64) -> f64 {
    f.floor()
}

/// `ceil`
pub fn ceil(f: f64) -> f64 {
    f.ceil()
}

/// `round`: to `places`, up from the fraction `round_on` (0.5 unless told).
pub fn round(f: f64, places: i64, round_on: f64) -> f64 {
    let pow = power_of_ten(places);
    let digit = pow * f;
    // Modf(±Inf) has NaN for a fraction; a fraction has the sign of its number.
    let fraction = if digit.is_infinite() { f64::NAN } else { digit.fract() };
    let rounded = if fraction >= round_on { digit.ceil() } else { digit.floor() };
    rounded / pow
}

/// Go's `math.Pow(10, n)`, which multiplies squarings and isn't always the nearest float.
fn power_of_ten(n: i64) -> f64 {
    match n {
        0 => return 1.0,
        1 => return 10.0,
        _ => {}
    }
    let (mut a, mut exp) = (1.0f64, 0i64);
    // 10 = 0.625 * 2^4
    let (mut x, mut x_exp) = (0.625f64, 4i64);
    let mut i = n.unsigned_abs();
    while i != 0 {
        if !(-4096..=4096).contains(&x_exp) {
            exp += x_exp;
            break;
        }
        if i & 1 == 1 {
            a *= x;
            exp += x_exp;
        }
        x *= x;
        x_exp <<= 1;
        if x < 0.5 {
            x += x;
            x_exp -= 1;
        }
        i >>= 1;
    }
    if n < 0 {
        a = 1.0 / a;
        exp = -exp;
    }
    ldexp(a, exp)
}

/// `a * 2^exp`; `a` lies near 1, so that two exact factors and one rounding suffice.
fn ldexp(a: f64, exp: i64) -> f64 {
    if exp > 1100 {
        return f64::INFINITY;
    }
    if exp < -1200 {
        return 0.0;
    }
    let half = (exp / 2) as i32;
    a * 2f64.powi(half) * 2f64.powi(exp as i32 - half)
}

/// `until`: the integers from 0 to `count`, which isn't one of them.
pub fn until(count: i64) -> Result<Vec<i64>, String> {
    until_step(0, count, if count < 0 { -1 } else { 1 })
}

/// `untilStep`: from `start` by `step` as long as `stop` isn't reached.
pub fn until_step(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, String> {
    let down = stop < start;
    if down && step >= 0 || !down && step <= 0 {
        return Ok(Vec::new());
    }
    let len = stop.abs_diff(start).div_ceil(step.unsigned_abs());
    limits::list(usize::try_from(len).ok())?;
    Ok((0..len).map(|i| start.wrapping_add((i as i64).wrapping_mul(step))).collect())
}

/// `seq`: like the command of that name, with blanks between the numbers.
pub fn seq(params: &[i64]) -> Result<String, String> {
    let (start, step, end) = match *params {
        [end] => (1, if end < 1 { -1 } else { 1 }, end),
        [start, end] => (start, if end < start { -1 } else { 1 }, end),
        [start, step, end] => {
            if end < start && step > 0 {
                return Ok(String::new());
            }
            (start, step, end)
        }
        _ => return Ok(String::new()),
    };
    let beyond = if end < start { -1 } else { 1 };
    let numbers = until_step(start, end.wrapping_add(beyond), step)?;
    limits::text(numbers.len().checked_mul(20))?;
    Ok(numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" "))
}

/// `randInt`: at least `min`, below `max`.
pub fn rand_int(world: &dyn World, min: i64, max: i64) -> Result<i64, String> {
    let span = max.wrapping_sub(min);
    if span <= 0 {
        return Err("invalid argument to Intn".to_owned());
    }
    Ok(min.wrapping_add(below(world, span.unsigned_abs()) as i64))
}
