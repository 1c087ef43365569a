//! Numbers of templates: every type that a literal can stand for (`text/template/parse/node.go`, Go 1.26).
//!
//! Takes an item and its text, gives a [`Number`] or Go's text of what is wrong with it.

use pintle_go::strconv::{parse_float, parse_int, parse_uint, quote, unquote_rune};

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
            let body = bytes.strip_suffix(b"i").unwrap_or(bytes);
            let (re, im) = body.split_at(body.iter().rposition(|b| b"+-".contains(b)).unwrap_or(0));
            let parts = parse_float(re).ok().zip(parse_float(im).ok());
            n.complex = Some(parts.ok_or("syntax error scanning complex number")?);
            simplify_complex(&mut n);
            return Ok(n);
        }
        _ => {}
    }
    if let Some(imaginary) = text.strip_suffix('i').and_then(|t| parse_float(t.as_bytes()).ok()) {
        n.complex = Some((0.0, imaginary));
        simplify_complex(&mut n);
        return Ok(n);
    }
    n.uint = parse_uint(bytes, 0).ok();
    n.int = parse_int(bytes, 0).ok();
    if n.int == Some(0) {
        n.uint = Some(0);
    }
    if let Some(i) = n.int {
        n.float = Some(i as f64);
    } else if let Some(u) = n.uint {
        n.float = Some(u as f64);
    } else if let Ok(f) = parse_float(bytes) {
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
