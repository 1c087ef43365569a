//! Where references lead.
//!
//! Recorded with github.com/santhosh-tekuri/jsonschema v6.0.3, as Helm 4.3.1 uses it.

use std::collections::BTreeMap;

use pintle_schema::Schema;
use pintle_value::json;

use crate::check;

fn same(cases: &[(&str, &str, &str)]) {
    for (schema, values, error) in cases {
        assert_eq!(check(schema, values), *error, "{schema} {values}");
    }
}

/// References within a document.
#[test]
fn references_lead_to_schemas() {
    same(&[
        (r##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}"##, "1", "- at '': got number, want string"),
        (
            r##"{"$ref": "#/$defs/a", "$defs": {"a": {"required": ["x"], "minProperties": 1}}}"##,
            "{}",
            "- at '': validation failed\n  - at '': minProperties: got 0, want 1\n  - at '': missing property 'x'",
        ),
        (
            r##"{"properties": {"a": {"$ref": "#/$defs/a%25~1b~0%20c"}}, "$defs": {"a%/b~ c": {"type": "string"}}}"##,
            r#"{"a": 1}"#,
            "- at '/a': got number, want string",
        ),
        (
            r##"{"$ref": "#/$defs/a", "type": "string", "$defs": {"a": {"type": "null"}}}"##,
            "1",
            "- at '': got number, want string",
        ),
        (
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a", "type": "string", "definitions": {"a": {"type": "null"}}}"##,
            "1",
            "- at '': got number, want null",
        ),
        (
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a", "const": 5, "definitions": {"a": {"type": "null"}}}"##,
            "1",
            "- at '': value must be 5",
        ),
        (
            r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"type": "string"}, {"type": "null"}]}}}"##,
            "1",
            "- at '': 'allOf' failed\n  - at '': got number, want string\n  - at '': got number, want null",
        ),
        (r##"{"$ref": "#x", "$defs": {"a": {"$anchor": "x", "type": "string"}}}"##, "1", "- at '': got number, want string"),
        (
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#x", "definitions": {"a": {"$id": "#x", "type": "string"}}}"##,
            "1",
            "- at '': got number, want string",
        ),
        (
            r##"{"$schema": "http://json-schema.org/draft-04/schema#", "$ref": "#x", "definitions": {"a": {"id": "#x", "type": "string"}}}"##,
            "1",
            "- at '': got number, want string",
        ),
        (
            r#"{"$id": "http://h/a/b", "$ref": "c", "$defs": {"x": {"$id": "/a/c", "type": "string"}}}"#,
            "1",
            "- at '': got number, want string",
        ),
        (
            r##"{"properties": {"a": {"$ref": "#/properties/b/oneOf/0"}, "b": {"oneOf": [{"type": "string"}]}}}"##,
            r#"{"a": 1}"#,
            "- at '/a': got number, want string",
        ),
        (
            r##"{"properties": {"a": {"$ref": "#/x/y"}}, "x": {"y": {"type": "string"}}}"##,
            r#"{"a": 1}"#,
            "- at '/a': got number, want string",
        ),
        (
            r##"{"properties": {"a": {"$ref": "#"}}, "additionalProperties": false}"##,
            r#"{"a": {"a": {"b": 1}}}"#,
            "- at '/a/a': additional properties 'b' not allowed",
        ),
        (
            r##"{"$ref": "#"}"##,
            "{}",
            r#"- at '': both /$ref and  resolve to "file:///values.schema.json#" causing reference cycle"#,
        ),
        (
            r##"{"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/a"}}}"##,
            "{}",
            "- at '': 'allOf' failed\n  - at '': both /$ref/allOf/0/$ref/$ref and /$ref resolve to \"file:///values.schema.json#/$defs/a\" causing reference cycle",
        ),
        (
            r##"{"anyOf": [{"$ref": "#/$defs/a"}, {"type": "string"}], "$defs": {"a": {"type": "null"}}}"##,
            "1",
            "- at '': 'anyOf' failed\n  - at '': got number, want null\n  - at '': got number, want string",
        ),
        (r#"{"$ref": "urn:anything"}"#, "1", ""),
        (
            r#"{"$ref": "http://json-schema.org/draft-07/schema#"}"#,
            r#"{"type": "strin"}"#,
            "- at '/type': 'anyOf' failed\n  - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n  - at '/type': got string, want array",
        ),
        (
            r#"{"$ref": "https://json-schema.org/draft/2020-12/schema"}"#,
            r#"{"minLength": -1}"#,
            "- at '': 'allOf' failed\n  - at '/minLength': minimum: got -1, want 0",
        ),
    ]);
}

/// `$dynamicRef` and `$recursiveRef`.
#[test]
fn dynamic_references_lead_to_the_outermost() {
    same(&[
        (
            r##"{"$id": "http://h/strict", "$dynamicAnchor": "n", "$ref": "tree", "unevaluatedProperties": false, "$defs": {"t": {"$id": "tree", "$dynamicAnchor": "n", "properties": {"kids": {"items": {"$dynamicRef": "#n"}}, "v": {}}}}}"##,
            r#"{"kids": [{"v": 1, "x": 1}]}"#,
            "- at '/kids/0/x': false schema\n- at '/kids': false schema",
        ),
        (
            r##"{"$id": "http://h/strict", "$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveAnchor": true, "$ref": "tree", "unevaluatedProperties": false, "$defs": {"t": {"$id": "tree", "$recursiveAnchor": true, "properties": {"kids": {"items": {"$recursiveRef": "#"}}, "v": {}}}}}"##,
            r#"{"kids": [{"v": 1, "x": 1}]}"#,
            "- at '/kids/0/x': false schema\n- at '/kids': false schema",
        ),
        (
            r##"{"$defs": {"a": {"$dynamicAnchor": "n", "type": "string"}}, "$dynamicRef": "#n"}"##,
            "1",
            "- at '': got number, want string",
        ),
        (
            r##"{"$defs": {"a": {"$anchor": "n", "type": "string"}}, "$dynamicRef": "#n"}"##,
            "1",
            "- at '': got number, want string",
        ),
    ]);
}

/// References to nothing.
#[test]
fn references_may_lead_nowhere() {
    same(&[
        (r##"{"$ref": "#/$defs/a"}"##, "1", r#"json-pointer in "file:///values.schema.json#/$defs/a" not found"#),
        (r##"{"$ref": "#/$defs/a~b"}"##, "1", r#"json-pointer in "file:///values.schema.json#/$defs/a~b" not found"#),
        (
            r##"{"$ref": "#foo"}"##,
            "1",
            r#"anchor in "file:///values.schema.json#foo" not found in schema "file:///values.schema.json""#,
        ),
        (
            r##"{"$id": "http://h/x", "$ref": "#foo"}"##,
            "1",
            r#"anchor in "http://h/x#foo" not found in schema "file:///values.schema.json""#,
        ),
        (r#"{"$ref": "http://h/x"}"#, "1", r#"failing loading "http://h/x": no network"#),
        (r#"{"$ref": "x.json#/a"}"#, "1", r#"failing loading "file:///x.json": no network"#),
        (r#"{"$ref": "ftp://h/x"}"#, "1", r#"failing loading "ftp://h/x": no URLLoader registered for "ftp://h/x""#),
        (r##"{"$ref": "#/allOf/1", "allOf": [{}]}"##, "1", r#"json-pointer in "file:///values.schema.json#/allOf/1" not found"#),
        (r#"{"$schema": "http://h/x"}"#, "1", r#"failing loading "http://h/x": no network"#),
        (r#"{"$schema": "file:///values.schema.json"}"#, "1", r#"draft "file:///values.schema.json" is not supported"#),
        (r#"{"$ref": "urn:a#/b"}"#, "1", r#"json-pointer in "urn:a#/b" not found"#),
        (r##"{"$id": "urn:a", "$ref": "#/b"}"##, "1", r#"json-pointer in "file:///values.schema.json#/b" not found"#),
    ]);
}

#[test]
fn other_documents_come_from_the_loader() {
    let documents: BTreeMap<&str, &str> = [
        ("http://h/a.json", r##"{"$ref": "b.json#/definitions/x", "$schema": "http://json-schema.org/draft-07/schema#"}"##),
        ("http://h/b.json", r##"{"definitions": {"x": {"type": "string"}}}"##),
        ("http://h/bad.json", r##"{"type": 5}"##),
        ("http://h/text", "no JSON"),
        ("file:///local.json", "{\"const\": 1}"),
    ]
    .into();
    let loader = |url: &str| documents.get(url).map(|text| text.as_bytes().to_vec()).ok_or_else(|| "not found".to_owned());
    let check = |schema: &str, values: &str| match Schema::compile(schema.as_bytes(), &loader) {
        Ok(schema) => {
            schema.validate(&json::from_slice(values.as_bytes()).unwrap()).map_or_else(|e| e.to_string(), |()| "".into())
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(check(r#"{"$ref": "http://h/a.json"}"#, "1"), "- at '': got number, want string");
    assert_eq!(check(r#"{"$ref": "local.json"}"#, "1"), "");
    assert_eq!(
        check(r#"{"$ref": "http://h/text"}"#, "1"),
        "failing loading \"http://h/text\": invalid character 'o' in literal null (expecting 'u')"
    );
    assert!(
        check(r#"{"$ref": "http://h/bad.json"}"#, "1").starts_with("\"http://h/bad.json#\" is not valid against metaschema: ")
    );
}
