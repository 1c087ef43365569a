use super::*;

fn matches(pattern: &str, name: &str) -> bool {
    Glob::new(pattern.as_bytes()).unwrap().is_match(name.as_bytes())
}

#[test]
fn segments() {
    assert!(matches("a/*", "a/b.txt") && !matches("a/*", "a/b/c"));
    assert!(matches("a/**", "a/b/c") && matches("**.yaml", "x/y.yaml") && !matches("*.yaml", "x/y.yaml"));
    assert!(matches("?", "é") && !matches("?", "/") && matches("[!a]", "/"));
}

#[test]
fn braces_and_escapes() {
    assert!(matches("{a,b{c,d}}x", "bdx") && !matches("{a,b}", "c"));
    assert!(matches("a}", "a}") && matches(r"\*", "*") && matches("", ""));
    assert!(matches("conf/*.{yaml,json}", "conf/a.json") && !matches("conf/*.{yaml,json}", "conf/a.xml"));
}

/// What the library does against its own rules.
#[test]
fn quirks() {
    assert!(matches("a/**/b", "a/b"));
    assert!(matches("x{b*,c}", "xc") && !matches("x{b*,c}", "xbb"));
}

#[test]
fn rejected() {
    for pattern in ["[", "[]", "[a-z0]", "[z-a]", "[a", "\u{fffd}"] {
        assert!(Glob::new(pattern.as_bytes()).is_none(), "{pattern}");
    }
}

#[test]
fn hostile_patterns_end() {
    assert!(!matches(&"{a,*}".repeat(60), &format!("{}/b", "a".repeat(200))));
    assert!(!matches(&"*a".repeat(80), &"a".repeat(300).replace("aaaa", "aaa/")));
    assert!(Glob::new(&b"a".repeat(5000)).is_none());
}
