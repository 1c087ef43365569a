//! Numbers and strings in messages, as golang.org/x/text/message prints them in English.

use pintle_go::strconv::{append_quote_char, format_float, quote as go_quote};

/// `%d`: digits in groups of three.
pub(crate) fn integer(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(&n.unsigned_abs().to_string()))
}

/// `%v` of a `float64`: as `%g`, but with groups, and with a power of ten in place of an exponent.
pub(crate) fn float(f: f64) -> String {
    if f.is_nan() {
        return "NaN".to_owned();
    }
    let f = if f == 0.0 { 0.0 } else { f };
    let sign = if f < 0.0 { "-" } else { "" };
    if f.is_infinite() {
        return format!("{sign}∞");
    }
    let text = format_float(f.abs(), b'g', None);
    if let Some((mantissa, exponent)) = text.split_once('e') {
        let power: String = exponent.chars().filter_map(superscript).collect();
        return format!("{sign}{mantissa}×10{power}");
    }
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{sign}{}.{fraction}", grouped(whole)),
        None => format!("{sign}{}", grouped(&text)),
    }
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn superscript(c: char) -> Option<char> {
    Some(match c {
        '-' => '⁻',
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => return None,
    })
}

/// santhosh's `quote`: Go's, between single quotes. Of a backslash at the end it drops the escape.
pub(crate) fn quote(text: &str) -> String {
    let quoted = go_quote(text.as_bytes()).replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{}'", quoted.get(1..quoted.len() - 1).unwrap_or_default())
}

/// `%q` of a character.
pub(crate) fn quote_rune(c: char) -> String {
    let mut out = Vec::new();
    append_quote_char(&mut out, c, false);
    String::from_utf8(out).unwrap_or_default()
}

/// Several of them in a row.
pub(crate) fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded with golang.org/x/text v0.43.0: message.NewPrinter(language.English).Sprintf("%v", f) and ("%d", n).
    #[test]
    fn numbers_are_in_english() {
        for (f, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (5.5, "5.5"),
            (1000.0, "1,000"),
            (12345.678, "12,345.678"),
            (999999.0, "999,999"),
            (1e6, "1×10⁰⁶"),
            (-1234567.0, "-1.234567×10⁰⁶"),
            (1e15, "1×10¹⁵"),
            (1e100, "1×10¹⁰⁰"),
            (0.0001, "0.0001"),
            (0.00001234, "1.234×10⁻⁰⁵"),
            (5e-324, "5×10⁻³²⁴"),
            (f64::INFINITY, "∞"),
        ] {
            assert_eq!(float(f), text);
        }
        for (n, text) in [(0, "0"), (-1000, "-1,000"), (1234567, "1,234,567"), (i64::MIN, "-9,223,372,036,854,775,808")] {
            assert_eq!(integer(n), text);
        }
    }

    #[test]
    fn strings_are_quoted_once() {
        assert_eq!(quote("a\"b'c\\\n"), "'a\"b\\'c\\\\\\n'");
        assert_eq!(quote("a\\"), "'a\\'");
    }
}
