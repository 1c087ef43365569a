use super::*;

fn all(pattern: &str, subject: &[u8], n: i64) -> Vec<Vec<u8>> {
    Regex::new(pattern.as_bytes()).unwrap().find_all(subject, n).into_iter().map(|r| subject[r].to_vec()).collect()
}

fn replaced(pattern: &str, subject: &str, by: &str) -> String {
    String::from_utf8(Regex::new(pattern.as_bytes()).unwrap().replace_all(subject.as_bytes(), by.as_bytes()).unwrap()).unwrap()
}

fn fails(pattern: &str) -> String {
    Regex::new(pattern.as_bytes()).unwrap_err().to_string()
}

#[test]
fn errors_are_gos() {
    let cases = [
        ("[a-z", "missing closing ]: `[a-z`"),
        ("a)", "unexpected ): `a)`"),
        ("(a", "missing closing ): `(a`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("((a{100}){10}){10}", "invalid repeat count: `{10}`"),
        (r"\8", r"invalid escape sequence: `\8`"),
        (r"a\", "trailing backslash at end of expression: ``"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?<!a)b", "invalid named capture: `(?<!a)b`"),
        (r"\p{Nope}", r"invalid character class range: `\p{Nope}`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
    ];
    for (pattern, message) in cases {
        assert_eq!(fails(pattern), format!("error parsing regexp: {message}"), "{pattern}");
    }
    assert!(Regex::new(b"\xff").unwrap_err().to_string().starts_with("error parsing regexp: invalid UTF-8: `"));
    assert!(fails(&format!("{}x{}", "(".repeat(1001), ")".repeat(1001))).contains("expression nests too deeply"));
    assert!(fails(&r"(\pL{900})(\pL{900})".repeat(40)).contains("expression too large"));
}

#[test]
fn empty_matches_follow_gos_rules() {
    assert_eq!(all("a*", b"baaac", -1), [&b""[..], b"aaa", b""]);
    assert_eq!(replaced("a*", "baaac", "x"), "xbxcx");
    let pieces = |p: &str, s: &str, n| -> Vec<String> {
        Regex::new(p.as_bytes()).unwrap().split(s.as_bytes(), n).into_iter().map(|r| s[r].to_owned()).collect()
    };
    assert_eq!(pieces("a", "banana", -1), ["b", "n", "n", ""]);
    assert_eq!(pieces("", "abc", -1), ["a", "b", "c"]);
    assert_eq!(pieces("z+", "pizza", 1), ["pizza"]);
    assert_eq!(pieces("x", "", -1), [""]);
    assert!(pieces("a", "banana", 0).is_empty());
}

#[test]
fn references_in_replacements() {
    assert_eq!(replaced("a(x*)b", "-ab-axxb-", "$1W"), "---");
    assert_eq!(replaced("a(?P<n>x*)b", "-axxb-", "${n}W$$ $ ${ $x ${01}"), "-xxW$ $ ${  -");
}

#[test]
fn invalid_bytes_are_single_runes() {
    assert_eq!(all(".", b"\xff\xc3\xa9\xc3", -1), [&b"\xff"[..], "é".as_bytes(), b"\xc3"]);
    assert_eq!(Regex::new(b"[^a]+").unwrap().find(b"a\xff\xfea"), Some(1..3));
}

#[test]
fn classes_are_ascii_unless_asked() {
    assert!(!Regex::new(br"^\w$").unwrap().is_match("é".as_bytes()));
    assert!(Regex::new(br"^\p{Greek}$").unwrap().is_match("α".as_bytes()));
    assert!(Regex::new(br"(?i)^\x{212a}$").unwrap().is_match(b"k"));
    assert!(!Regex::new(br"^a$").unwrap().is_match(b"a\n"));
    assert!(!Regex::new(br"\s").unwrap().is_match(b"\x0b"));
}

#[test]
fn one_character_outside_ascii_is_one_match() {
    let text = "aä\n€b😀\u{10FFFF}".as_bytes();
    let texts = |matches: &[&str]| matches.iter().map(|m| m.as_bytes().to_vec()).collect::<Vec<_>>();
    assert_eq!(all("[^ab]", text, -1), texts(&["ä", "\n", "€", "😀", "\u{10FFFF}"]));
    assert_eq!(all(".", text, -1), texts(&["a", "ä", "€", "b", "😀", "\u{10FFFF}"]));
    assert_eq!(all(r"\W+", text, -1), texts(&["ä\n€", "😀\u{10FFFF}"]));
    assert_eq!(all("[^a-z€]b?", text, -1), texts(&["ä", "\n", "😀", "\u{10FFFF}"]));
    // What isn't UTF-8 is one character for each byte, as in Go.
    assert_eq!(all("[^a]", b"a\xF0\x9F", -1), vec![vec![0xF0], vec![0x9F]]);
}
