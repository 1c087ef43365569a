//! Numbers of templates: every type that a literal can stand for (`text/template/parse/node.go`, Go 1.26).
//!
//! Takes an item and its text, gives a [`Number`] or Go's text of what is wrong with it.

use pintle_go::strconv::{quote, unquote_rune};

use crate::lexer::{Item, ItemKind};
use crate::node::Number;

/// `Tree.newNumber`: every type that the text can stand for.
pub fn number(item: Item, bytes: &[u8]) -> Result<Number, String> {
    let text = std::str::from_utf8(bytes).unwrap_or("");
    let mut n = Number { pos: item.pos, end: item.end, int: None, uint: None, float: None, complex: None };
    // Most numbers are small and plain.
    if let ItemKind::Number = item.kind
        && (text.len() == 1 || text.len() < 10 && !text.starts_with('0'))
        && text.bytes().all(|b| b.is_ascii_digit())
        && let Ok(small) = text.parse::<u32>()
    {
        (n.int, n.uint, n.float) = (Some(small.into()), Some(small.into()), Some(small.into()));
        return Ok(n);
    }
    match item.kind {
        ItemKind::CharConstant => {
            let c = unquote_rune(bytes).ok_or_else(|| {
                if bytes.starts_with(b"''") { "invalid syntax".into() } else { format!("malformed character constant: {text}") }
            })?;
            (n.int, n.uint, n.float) = (Some(i64::from(c)), Some(u64::from(c)), Some(f64::from(c)));
            return Ok(n);
        }
        ItemKind::Complex => {
            let body = text.strip_suffix('i').unwrap_or(text);
            let split = body.rfind(['+', '-']).unwrap_or(0);
            let parts = body[..split].parse().ok().zip(body[split..].parse().ok());
            n.complex = Some(parts.ok_or("syntax error scanning complex number")?);
            simplify_complex(&mut n);
            return Ok(n);
        }
        _ => {}
    }
    if let Some(imaginary) = text.strip_suffix('i').and_then(parse_float) {
        n.complex = Some((0.0, imaginary));
        simplify_complex(&mut n);
        return Ok(n);
    }
    n.uint = parse_uint(text);
    let magnitude = |t: &str| if t.starts_with(['+', '-']) { None } else { parse_uint(t) };
    n.int = match text.strip_prefix('-') {
        Some(t) => magnitude(t).filter(|u| *u <= 1 << 63).map(|u| (u as i64).wrapping_neg()),
        None => magnitude(text.strip_prefix('+').unwrap_or(text)).and_then(|u| i64::try_from(u).ok()),
    };
    if n.int == Some(0) {
        n.uint = Some(0);
    }
    if let Some(i) = n.int {
        n.float = Some(i as f64);
    } else if let Some(u) = n.uint {
        n.float = Some(u as f64);
    } else if let Some(f) = parse_float(text) {
        if !text.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {}", quote(text.as_bytes())));
        }
        n.float = Some(f);
        if (f as i64) as f64 == f && f.abs() < 9.3e18 {
            n.int = Some(f as i64);
        }
        if f >= 0.0 && (f as u64) as f64 == f && f < 1.9e19 {
            n.uint = Some(f as u64);
        }
    }
    if n.int.is_none() && n.uint.is_none() && n.float.is_none() {
        return Err(format!("illegal number syntax: {}", quote(text.as_bytes())));
    }
    Ok(n)
}

fn simplify_complex(n: &mut Number) {
    let Some((re, im)) = n.complex else { return };
    if im == 0.0 {
        n.complex = None;
        n.float = Some(re);
        if (re as i64) as f64 == re {
            n.int = Some(re as i64);
        }
        if re >= 0.0 && (re as u64) as f64 == re {
            n.uint = Some(re as u64);
        }
    }
}

/// `strconv.ParseUint(s, 0, 64)`.
fn parse_uint(s: &str) -> Option<u64> {
    let lower = s.to_ascii_lowercase();
    let (digits, base) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', b'o', ..] => (&lower[2..], 8),
        [b'0', _, ..] => (&lower[1..], 8),
        _ => (&lower[..], 10),
    };
    u64::from_str_radix(&without_underscores(digits, lower.len() != digits.len())?, base).ok()
}

/// Removes `_`, which may stand between digits and after a prefix only.
fn without_underscores(digits: &str, prefixed: bool) -> Option<String> {
    if !digits.contains('_') {
        return (!digits.starts_with(['+', '-'])).then(|| digits.to_owned());
    }
    let misplaced = digits.ends_with('_') || digits.contains("__") || !prefixed && digits.starts_with('_');
    (!misplaced).then(|| digits.replace('_', ""))
}

/// `strconv.ParseFloat` of what the lexer lets through; hexadecimal floats included.
fn parse_float(s: &str) -> Option<f64> {
    let lower = s.to_ascii_lowercase();
    let (sign, body) = match lower.strip_prefix('-') {
        Some(b) => (-1.0, b),
        None => (1.0, lower.strip_prefix('+').unwrap_or(&lower)),
    };
    if let Some(hex) = body.strip_prefix("0x") {
        let (mantissa, exponent) = hex.split_once('p')?;
        let exponent: i32 = exponent.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let m = u64::from_str_radix(&digits.replace('_', ""), 16).ok()?;
        return Some(sign * m as f64 * 2f64.powi(exponent.saturating_sub(4 * fraction.len() as i32)));
    }
    if body.is_empty() || body.contains('_') || !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let f: f64 = body.parse().ok()?;
    f.is_finite().then_some(sign * f)
}
