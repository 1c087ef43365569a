use super::*;
use crate::world::{Instant, Seeded};

fn s(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn cuts_are_in_bytes() {
    assert_eq!(trunc(2, "héllo".as_bytes()), b"h\xc3");
    assert_eq!(trunc(-3, b"hello"), b"llo");
    assert_eq!(trunc(-9, b"hello"), b"hello");
    assert_eq!(substr(1, -1, b"hello").unwrap(), b"ello");
    assert_eq!(substr(-1, 9, b"hello").unwrap_err(), "runtime error: slice bounds out of range [:9] with length 5");
    assert_eq!(substr(9, 2, b"hello").unwrap_err(), "runtime error: slice bounds out of range [9:2]");
    assert_eq!(s(abbrev(5, b"hello world")), "he...");
    assert_eq!(s(abbrevboth(5, 10, b"1234 5678 9123")), "...5678...");
}

#[test]
fn words_and_blanks() {
    assert_eq!(s(initials(b"First Try")), "FT");
    assert_eq!(s(nospace("é".as_bytes())), "é");
    assert_eq!(s(nospace("é x".as_bytes())), "Ã©x");
    assert_eq!(s(swapcase(b"This Is aBc")), "tHIS iS AbC");
    assert_eq!(s(untitle(b"First Try")), "first try");
}

#[test]
fn identifiers() {
    let cases = [
        ("FirstName", "first_name"),
        ("HTTPServer", "http_server"),
        ("GO PATH", "go_path"),
        ("http2xx", "http_2xx"),
        ("HTTP20xOK", "http_20x_ok"),
        ("Duration2m3s", "duration_2m3s"),
        ("Bld4Floor3rd", "bld4_floor_3rd"),
    ];
    for (from, to) in cases {
        assert_eq!(s(snakecase(from.as_bytes())), to);
        assert_eq!(s(kebabcase(from.as_bytes())), to.replace('_', "-"));
    }
    assert_eq!(s(camelcase(b"_complex__case_")), "_Complex_Case_");
    assert_eq!(s(camelcase(b"GOLANG_IS_GREAT")), "GolangIsGreat");
    assert_eq!(s(camelcase(b"")), "");
}

#[test]
fn wrapping() {
    assert_eq!(s(wrap(5, b"Hello World").unwrap()), "Hello\nWorld");
    assert_eq!(s(wrap_with(5, b"\t", b"HelloWorld").unwrap()), "Hello\tWorld");
}

#[test]
fn indenting() {
    assert_eq!(s(indent(2, b"a\n\nb\n").unwrap()), "  a\n  \n  b\n  ");
    assert_eq!(s(indent(1, b"").unwrap()), " ");
    assert!(indent(1 << 40, b"x").is_err());
}

#[test]
fn random_texts_come_from_the_world() {
    let world = Seeded::new(1, Instant::default());
    let text = rand_alpha_numeric(&world, 40).unwrap();
    assert!(text.len() == 40 && text.iter().all(u8::is_ascii_alphanumeric));
    assert!(rand_ascii(&world, -1).unwrap().is_empty());
    assert_eq!(shuffle(&world, "aé☃".as_bytes()).len(), 6);
}
