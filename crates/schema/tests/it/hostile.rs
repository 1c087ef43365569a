//! Schemas that mean harm: an error in good time, never a panic, a hang, a file or an overflow of the stack.
//!
//! Test threads have two megabytes of stack.

use std::cell::RefCell;

use pintle_schema::Schema;
use pintle_value::{Data, json};

use crate::{check, nothing};

fn nested(open: &str, middle: &str, close: &str, depth: usize) -> String {
    format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
}

// GHSA-53c4-hhmh-vw5q (CVE-2022-23526): a schema without an object in it.
#[test]
fn a_schema_may_be_anything() {
    for schema in ["null", "1", "[]", "\"x\"", "{}", "true", "[{}]", "{\"$schema\": 1}", "{\"$ref\": 1}", "{\"$id\": []}"] {
        let _ = check(schema, "{}");
    }
    assert_eq!(check("false", "{}"), "- at '': false schema");
}

// GHSA-5xqw-8hwv-wg92 (CVE-2025-32387): references that nest deeply.
#[test]
fn references_may_lead_deep_or_round() {
    let chain: Vec<String> = (0..50_000).map(|i| format!(r##""d{i}": {{"$ref": "#/$defs/d{}"}}"##, i + 1)).collect();
    let schema = format!(r##"{{"$ref": "#/$defs/d0", "$defs": {{{}, "d50000": {{"type": "string"}}}}}}"##, chain.join(","));
    assert_eq!(check(&schema, "{}"), "- at '': checking was given up: schemas lead too deep");
    assert!(check(r##"{"$ref": "#"}"##, "{}").contains("causing reference cycle"));
    let round =
        r##"{"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}}"##;
    assert_eq!(check(round, "{}"), "");
    let tree = r##"{"properties": {"a": {"$ref": "#"}}, "required": ["b"]}"##;
    let values = nested(r#"{"b": 1, "a": "#, "{}", "}", 400);
    assert!(check(tree, &values).ends_with("missing property 'b'"));
}

#[test]
fn nesting_is_bounded() {
    for depth in [300, 490, 900, 990, 2_000, 100_000] {
        for (open, close) in [
            (r#"{"not": "#, "}"),
            (r#"{"allOf": ["#, "]}"),
            (r#"{"properties": {"a": "#, "}}"),
            (r#"{"items": "#, "}"),
            (r#"{"if": "#, "}"),
            ("[", "]"),
        ] {
            let _ = check(&nested(open, r#"{"type": "string", "multipleOf": 0}"#, close, depth), &nested("[", "1", "]", 900));
            let _ = check(&nested(open, r#"{"type": "string"}"#, close, depth), &nested(r#"{"a":"#, "1", "}", 900));
        }
    }
    let everything = r##"{"anyOf": [{"items": {"$ref": "#"}, "not": {"type": "string"}}], "unevaluatedItems": false}"##;
    let _ = check(everything, &nested("[", "1", "]", 999));
    let enumeration = format!(r#"{{"enum": [{}]}}"#, nested("[", "1", "]", 990));
    assert_eq!(check(&enumeration, &nested("[", "1", "]", 990)), "");
}

#[test]
fn work_is_bounded() {
    // Each schema applies the next one twice.
    let twice = |keyword: &str| {
        let chain: Vec<String> = (0..64)
            .map(|i| format!(r##""d{i}": {{"{keyword}": [{{"$ref": "#/$defs/d{0}"}}, {{"$ref": "#/$defs/d{0}"}}]}}"##, i + 1))
            .collect();
        format!(r##"{{"$ref": "#/$defs/d0", "$defs": {{{}, "d64": {{"type": "string"}}}}}}"##, chain.join(","))
    };
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let error = check(&twice(keyword), "{}");
        assert!(error.starts_with("- at '': checking was given up: "), "{error}");
    }
    let many = format!("[{}]", vec!["1"; 300_000].join(","));
    assert!(check(r#"{"items": {"type": "string"}}"#, &many).contains("too many errors"));
    let like: Vec<String> = (0..20_000).map(|i| format!("[\"{}\", {i}]", "x".repeat(300))).collect();
    assert_eq!(check(r#"{"uniqueItems": true}"#, &format!("[{}]", like.join(","))), "");
}

#[test]
fn numbers_may_be_endless() {
    let digits = "9".repeat(100_000);
    for number in
        [digits.as_str(), "1e999999", "1e-999999", "1e1000001", "1e99999999999999999999", "0e99999999999999999999", "-0"]
    {
        for keyword in ["minimum", "maximum", "multipleOf", "exclusiveMinimum", "minLength", "maxItems", "const"] {
            for values in ["1", "1e300", "[1]", "\"x\""] {
                let _ = check(&format!(r#"{{"{keyword}": {number}}}"#), values);
            }
        }
    }
    assert_eq!(
        check(r#"{"multipleOf": 1e1000001}"#, "1"),
        "unable to validate schema: runtime error: invalid memory address or nil pointer dereference"
    );
    for values in ["1e308", "5e-324", "0.1", "-3"] {
        assert_eq!(
            check(&format!(r#"{{"multipleOf": {digits}}}"#), values),
            format!("- at '': multipleOf: got {}, want ∞", {
                match values {
                    "1e308" => "1×10³⁰⁸",
                    "5e-324" => "5×10⁻³²⁴",
                    other => other,
                }
            })
        );
    }
}

#[test]
fn patterns_may_be_huge() {
    let pattern = format!("^({})+$", "(a|b)?".repeat(20_000));
    let _ = check(&format!(r#"{{"pattern": "{pattern}"}}"#), "\"aaaa\"");
    assert!(check(r#"{"pattern": "((((a{9}){9}){9}){9}){9}"}"#, "\"a\"").contains("invalid repeat count"));
    // No pattern takes more than linear time.
    assert!(check(r#"{"pattern": "^(a+)+$"}"#, &format!("\"{}b\"", "a".repeat(50_000))).contains("does not match"));
}

// GHSA-9h84-qmv7-982p (CVE-2025-55199): references to files without end. Nothing is read but through the loader.
#[test]
fn only_the_loader_reads() {
    let asked = RefCell::new(Vec::new());
    let loader = |url: &str| {
        asked.borrow_mut().push(url.to_owned());
        Err("refused".to_owned())
    };
    for (schema, error) in [
        (r#"{"$ref": "file:///dev/zero"}"#, "failing loading \"file:///dev/zero\": refused"),
        (r#"{"$ref": "../../../etc/passwd"}"#, "failing loading \"file:///etc/passwd\": refused"),
        (r#"{"$schema": "https://example.com/x"}"#, "failing loading \"https://example.com/x\": refused"),
        (r#"{"$ref": "ftp://h/x"}"#, "failing loading \"ftp://h/x\": no URLLoader registered for \"ftp://h/x\""),
        (r#"{"$ref": "data:,{}"}"#, "failing loading \"data:,{}\": no URLLoader registered for \"data:,{}\""),
    ] {
        assert_eq!(Schema::compile(schema.as_bytes(), &loader).unwrap_err().to_string(), error);
    }
    assert_eq!(*asked.borrow(), ["file:///dev/zero", "file:///etc/passwd", "https://example.com/x"]);
    let endless = |url: &str| Ok(format!(r#"{{"$ref": "{url}x"}}"#).into_bytes());
    let error = Schema::compile(br#"{"$ref": "http://h/"}"#, &endless).unwrap_err();
    assert!(error.to_string().ends_with("too many documents"), "{error}");
    let metaschemas = |url: &str| Ok(format!(r#"{{"$schema": "{url}x"}}"#).into_bytes());
    assert!(Schema::compile(br#"{"$schema": "http://h/"}"#, &metaschemas).is_err());
}

#[test]
fn numbers_that_json_lacks_are_errors() {
    let schema = Schema::compile(br#"{"type": "number"}"#, &nothing).unwrap();
    assert_eq!(schema.validate(&Data::Float(f64::NAN)).unwrap_err().to_string(), "- at '': invalid jsonType float64");
    assert!(schema.validate(&Data::Int(i64::MIN)).is_ok());
}

#[test]
fn no_prefix_of_a_schema_panics() {
    let text = r##"{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "x", "type": ["string", "null"], "pattern": "^a\u00e9",
        "properties": {"a~/b": {"$ref": "#/properties/a~0~1b"}}, "enum": [1e5, -0.0, "\ud83d"]}"##;
    for end in 0..text.len() {
        let _ = text.get(..end).map(|part| check(part, "{}"));
        let mut bytes = text.as_bytes().to_vec();
        bytes[end] ^= 0x15;
        let _ = Schema::compile(&bytes, &nothing).map(|schema| schema.validate(&json::from_slice(b"{\"a~/b\": 1}").unwrap()));
    }
}
