//! Characters as Go's `unicode` sees them (Go 1.26): categories and simple case mapping, which never fail.

mod tables;

use tables::{ALTERNATING, CASE, DIGIT, LETTER, LOWER, MARK, NUMBER, PUNCT, SYMBOL, TITLE, UPPER};

fn contains(table: &[(u32, u32, u32)], c: char) -> bool {
    let c = c as u32;
    let i = table.partition_point(|r| r.1 < c);
    table.get(i).is_some_and(|&(lo, _, stride)| lo <= c && (c - lo).is_multiple_of(stride))
}

/// `unicode.IsUpper`: category Lu.
pub fn is_upper(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { contains(UPPER, c) }
}

/// `unicode.IsLower`: category Ll.
pub fn is_lower(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_lowercase() } else { contains(LOWER, c) }
}

/// `unicode.IsTitle`: category Lt.
pub fn is_title(c: char) -> bool {
    contains(TITLE, c)
}

/// `unicode.IsLetter`: category L.
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { contains(LETTER, c) }
}

/// `unicode.IsDigit`: category Nd.
pub fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { contains(DIGIT, c) }
}

/// `unicode.IsNumber`: category N.
pub fn is_number(c: char) -> bool {
    contains(NUMBER, c)
}

/// `unicode.IsPunct`: category P.
pub fn is_punct(c: char) -> bool {
    contains(PUNCT, c)
}

/// `unicode.IsMark`: category M.
pub fn is_mark(c: char) -> bool {
    contains(MARK, c)
}

/// `unicode.IsSymbol`: category S.
pub fn is_symbol(c: char) -> bool {
    contains(SYMBOL, c)
}

/// `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    is_letter(c) || is_mark(c) || is_number(c) || is_punct(c) || is_symbol(c)
}

/// `unicode.IsSpace`: the White_Space property.
pub fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

#[derive(Clone, Copy)]
enum Case {
    Upper,
    Lower,
    Title,
}

fn to(case: Case, c: char) -> char {
    let code = c as u32;
    let i = CASE.partition_point(|r| r.1 < code);
    let Some(&(lo, _, upper, lower, title)) = CASE.get(i).filter(|r| r.0 <= code) else {
        return c;
    };
    let delta = match case {
        Case::Upper => upper,
        Case::Lower => lower,
        Case::Title => title,
    };
    let mapped = if delta == ALTERNATING {
        // The first of the run is upper case (and title case), the next its lower case.
        lo + (((code - lo) & !1) | u32::from(matches!(case, Case::Lower)))
    } else {
        code.wrapping_add_signed(delta)
    };
    char::from_u32(mapped).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// `unicode.ToUpper`
pub fn to_upper(c: char) -> char {
    if c.is_ascii() { c.to_ascii_uppercase() } else { to(Case::Upper, c) }
}

/// `unicode.ToLower`
pub fn to_lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { to(Case::Lower, c) }
}

/// `unicode.ToTitle`
pub fn to_title(c: char) -> char {
    if c.is_ascii() { c.to_ascii_uppercase() } else { to(Case::Title, c) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_mapping_is_one_to_one() {
        assert_eq!(to_upper('ß'), 'ß');
        assert_eq!(to_upper('ǆ'), 'Ǆ');
        assert_eq!(to_title('ǆ'), 'ǅ');
        assert_eq!(to_lower('İ'), 'i');
        assert_eq!(to_upper('ā'), 'Ā');
        assert_eq!(to_lower('Ā'), 'ā');
        assert!(is_upper('É') && !is_upper('Ⅷ') && is_punct('_') && is_number('½') && is_space('\u{85}'));
    }
}
