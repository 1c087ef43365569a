//! `unicode.IsLetter` and `unicode.IsDigit`.

pub(super) fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { c.is_alphabetic() }
}

pub(super) fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}
