//! What is refused, and in which words.
//!
//! Recorded with sigs.k8s.io/yaml v1.6.0 over go.yaml.in/yaml/v2 v2.4.4: `yaml.Unmarshal` into an `interface{}`.

use pintle_yaml::{from_slice, from_slice_strict, head_from_slice, list_from_slice, map_from_slice};

#[test]
fn errors_of_reading_are_gos() {
    let cases: &[(&[u8], &str)] = &[
        (b"a: b: c", "yaml: mapping values are not allowed in this context"),
        (b"a: [1, 2", "yaml: line 1: did not find expected ',' or ']'"),
        (b"a: {b: 1", "yaml: line 1: did not find expected ',' or '}'"),
        (b"a:\n\t- b", "yaml: line 2: found character that cannot start any token"),
        (b"- a\nb: c", "yaml: line 1: did not find expected '-' indicator"),
        (b"a: 'x", "yaml: found unexpected end of stream"),
        (b"a: \"x\\q\"", "yaml: found unknown escape character"),
        (b"a: \"\\ud800\"", "yaml: found invalid Unicode character escape code"),
        (b"a: \"\\x4g\"", "yaml: did not find expected hexdecimal number"),
        (b"a: *x", "yaml: unknown anchor 'x' referenced"),
        (b"a: &x [*x]", "yaml: anchor 'x' value contains itself"),
        (b"<<: 1", "yaml: map merge requires map or sequence of maps as the value"),
        (b"a: 1\n<<: [1]", "yaml: map merge requires map or sequence of maps as the value"),
        (b"a: |\n\tx", "yaml: line 2: found a tab character where an indentation space is expected"),
        (b"a: |0\n x", "yaml: found an indentation indicator equal to 0"),
        (b"a: >x", "yaml: did not find expected comment or line break"),
        (b"%YAML 1.2\n---\na", "yaml: found incompatible YAML document"),
        (b"%YAML 1.1\n%YAML 1.1\n---\na", "yaml: line 1: found duplicate %YAML directive"),
        (b"%FOO\n---\na", "yaml: found unknown directive name"),
        (b"%TAG ! a\n%TAG ! b\n---\na", "yaml: line 1: found duplicate %TAG directive"),
        (b"a: !x!y b", "yaml: found undefined tag handle"),
        (b"a: !!int b", "yaml: cannot decode !!str `b` as a !!int"),
        (b"a: !!binary \"*\"", "yaml: !!binary value contains invalid base64 data"),
        (b"a: !!float 18446744073709551615", "yaml: cannot decode !!int `18446744073709551615` as a !!float"),
        (b"? [a]\n: b", "yaml: invalid map key: []interface {}{\"a\"}"),
        (b"? {a: 1}\n: b", "yaml: invalid map key: map[interface {}]interface {}{\"a\":1}"),
        (b"~: a", "unsupported map key of type: %!s(<nil>), key: <nil>, value: \"a\""),
        (b"18446744073709551615: a", "unsupported map key of type: uint64, key: 0xffffffffffffffff, value: \"a\""),
        (b"a: .nan", "json: unsupported value: NaN"),
        (b"a: -.inf", "json: unsupported value: -Inf"),
        (b"a: @b", "yaml: found character that cannot start any token"),
        (b"a: `b", "yaml: found character that cannot start any token"),
        (b"a: %b", "yaml: found character that cannot start any token"),
        (b"a:\n  b\n c: d", "yaml: line 3: mapping values are not allowed in this context"),
        (b"a: b\n- c", "yaml: line 1: did not find expected key"),
        (b"\"a\n--- \nb\"", "yaml: line 2: found unexpected document indicator"),
        (b"key\nother: x", "yaml: line 2: mapping values are not allowed in this context"),
        (b"a: &\n", "yaml: did not find expected alphabetic or numeric character"),
        (b"a: !<x", "yaml: did not find the expected '>'"),
        (b"a: !<>", "yaml: did not find expected tag URI"),
        (b"{a, b", "yaml: line 1: did not find expected ',' or '}'"),
        (b"a: b\n]", "yaml: line 1: did not find expected key"),
        (b"a: \x01", "yaml: control characters are not allowed"),
        (b"\xff", "yaml: invalid leading UTF-8 octet"),
        (b"a: b\x7f", "yaml: control characters are not allowed"),
        (b"a: 'b'c", "yaml: did not find expected key"),
        (b"a: \"b\" \"c\"", "yaml: did not find expected key"),
        (b"a: - b", "yaml: block sequence entries are not allowed in this context"),
        (b"- - a\n - b", "yaml: line 1: did not find expected '-' indicator"),
        (b"x: {{ .y }}", "yaml: invalid map key: map[interface {}]interface {}{\".y\":interface {}(nil)}"),
        (b"x: {{- if }}", "yaml: did not find expected node content"),
    ];
    for (text, message) in cases {
        let wanted = format!("error converting YAML to JSON: {message}");
        assert_eq!(from_slice(text).unwrap_err().message, wanted, "{}", String::from_utf8_lossy(text));
        assert_eq!(head_from_slice(text).map(|_| ()).unwrap_err().message, wanted, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn duplicate_keys_are_errors_if_asked_for() {
    let cases: &[(&[u8], &str)] = &[
        (b"a: 1\na: 2\n", "yaml: unmarshal errors:\n  line 2: key \"a\" already set in map"),
        (
            b"a: 1\nb:\n  c: 1\n  c: 2\n  c: 3\na: 4\n",
            "yaml: unmarshal errors:\n  line 4: key \"c\" already set in map\n  line 5: key \"c\" already set in map\n  line 6: key \"a\" already set in map",
        ),
        (b"x: &x {a: 1}\nz:\n  <<: *x\n  a: 2\n", "yaml: unmarshal errors:\n  line 4: key \"a\" already set in map"),
        (
            b"1: a\n1: b\ntrue: c\nyes: d\n",
            "yaml: unmarshal errors:\n  line 2: key 1 already set in map\n  line 4: key true already set in map",
        ),
    ];
    for (text, message) in cases {
        assert!(from_slice(text).is_ok());
        let wanted = format!("error converting YAML to JSON: {message}");
        assert_eq!(from_slice_strict(text).unwrap_err().message, wanted);
    }
}

#[test]
fn a_document_of_another_kind_is_an_error() {
    let prefix = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
    let cases: &[(&[u8], &str)] = &[(b"[a]", "array"), (b"a", "string"), (b"1", "number"), (b"true", "bool")];
    for (text, kind) in cases {
        let wanted = format!("{prefix} {kind} into Go value of type map[string]interface {{}}");
        assert_eq!(map_from_slice(text).unwrap_err().message, wanted);
    }
    let wanted = format!("{prefix} object into Go value of type []interface {{}}");
    assert_eq!(list_from_slice(b"a: 1").unwrap_err().message, wanted);
    assert_eq!(map_from_slice(b"# nothing\n"), Ok(pintle_value::DataMap::new()));
    assert_eq!(list_from_slice(b""), Ok(Vec::new()));
}

#[test]
fn a_fault_is_reported_when_its_piece_is_read() {
    // go-yaml decodes 512 bytes at a time: an error before the end of the first piece wins, one after it does not.
    let near = [&b"a: b: c\n"[..], &b"#".repeat(100), b"\x01"].concat();
    let far = [&b"a: b: c\n"[..], &b"#".repeat(600), b"\x01"].concat();
    assert!(from_slice(&near).unwrap_err().message.ends_with("control characters are not allowed"));
    assert!(from_slice(&far).unwrap_err().message.ends_with("mapping values are not allowed in this context"));
}

#[test]
fn the_true_place_of_an_error_is_known() {
    let error = from_slice(b"a: 1\nb: [x\nc: 2\n").unwrap_err();
    assert_eq!(error.message, "error converting YAML to JSON: yaml: line 2: did not find expected ',' or ']'");
    assert_eq!((error.line, error.column), (Some(3), Some(2)));
}

#[test]
fn depth_is_bounded() {
    for text in ["[", "{a: ", "- ", "? ", "{", "[{"] {
        assert!(from_slice(text.repeat(50_000).as_bytes()).is_err(), "{text}");
        assert!(head_from_slice(text.repeat(50_000).as_bytes()).is_err(), "{text}");
    }
    let nested = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
    assert!(from_slice(&nested(pintle_yaml::MAX_DEPTH)).is_ok());
    assert!(from_slice(&nested(pintle_yaml::MAX_DEPTH + 1)).is_err());
}

#[test]
fn aliases_cannot_multiply_a_document_without_end() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let refs = vec![format!("*a{}", i - 1); 9].join(", ");
        text.push_str(&format!("a{i}: &a{i} [{refs}]\n"));
    }
    let error = from_slice(text.as_bytes()).unwrap_err();
    assert_eq!(error.message, "error converting YAML to JSON: yaml: document contains excessive aliasing");
    let large = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 5000].join(", "));
    assert!(from_slice(large.as_bytes()).is_err());
}

// Recorded with Helm 4.3.1, which prints such a map for a template that stands unquoted in a values file.
#[test]
fn a_map_as_a_key_is_printed_in_gos_order() {
    let text = b"x: {? {true: 2, 1: 1, 1.5: 4, a: 5, ~: 3, 18446744073709551615: 6, false: 7, -2: 8, .5: 9} : f}";
    let map = "interface {}(nil):3, \"a\":5, 0xffffffffffffffff:6, -2:8, 1:1, 0.5:9, 1.5:4, false:7, true:2";
    let wanted = format!("error converting YAML to JSON: yaml: invalid map key: map[interface {{}}]interface {{}}{{{map}}}");
    assert_eq!(from_slice(text).unwrap_err().message, wanted);
}
