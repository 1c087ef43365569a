//! Texts that are no schemas.
//!
//! Recorded with github.com/santhosh-tekuri/jsonschema v6.0.3, as Helm 4.3.1 uses it.

use pintle_schema::{Schema, SchemaError};

use crate::{check, nothing};

fn same(cases: &[(&str, &str, &str)]) {
    for (schema, values, error) in cases {
        assert_eq!(check(schema, values), *error, "{schema}");
    }
}

/// Texts that are not JSON.
#[test]
fn a_schema_must_be_json() {
    same(&[
        ("", "1", "EOF"),
        ("{", "1", "unexpected EOF"),
        ("{} {}", "1", "invalid character after top-level value"),
        ("{a:1}", "1", "invalid character 'a' looking for beginning of object key string"),
        ("[1", "1", "unexpected EOF"),
        ("nul", "1", "unexpected EOF"),
    ]);
}

/// Schemas that their metaschema refuses; the path leads into the schema.
#[test]
fn a_schema_must_fit_its_metaschema() {
    same(&[
        (
            r#"{"type": "strin"}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/type': 'anyOf' failed\n    - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n    - at '/type': got string, want array",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "strin"}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'http://json-schema.org/draft-07/schema#'\n- at '/type': 'anyOf' failed\n  - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n  - at '/type': got string, want array",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"type": "strin", "minLength": -1}}}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'http://json-schema.org/draft-07/schema#'\n- at '/properties/a': validation failed\n  - at '/properties/a/minLength': 'allOf' failed\n    - at '/properties/a/minLength': minimum: got -1, want 0\n  - at '/properties/a/type': 'anyOf' failed\n    - at '/properties/a/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n    - at '/properties/a/type': got string, want array",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-04/schema#", "required": []}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'http://json-schema.org/draft-04/schema#'\n- at '/required': minItems: got 0, want 1",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": true}}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'http://json-schema.org/draft-04/schema#'\n- at '/properties/a': got boolean, want object",
        ),
        (r#"{"$schema": "http://json-schema.org/draft-06/schema#", "examples": 1}"#, "1", ""),
        (
            r#"{"pattern": "["}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/pattern': '[' is not valid regex: error parsing regexp: missing closing ]: `[`",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "a(?=b)"}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'http://json-schema.org/draft-07/schema#'\n- at '/pattern': 'a(?=b)' is not valid regex: error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
        ),
        (
            r#"{"patternProperties": {"(": {}}}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/patternProperties': invalid propertyName '('\n    - at '': '(' is not valid regex: error parsing regexp: missing closing ): `(`",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-04/schema#", "patternProperties": {"(": {}}}"#,
            "1",
            r#"invalid regex "(" at "file:///values.schema.json#/patternProperties": error parsing regexp: missing closing ): `(`"#,
        ),
        (
            r#"{"items": [{}]}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/items': got array, want boolean or object",
        ),
        (
            r#"{"properties": []}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/properties': got array, want object",
        ),
        (
            r#"{"required": "a"}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/required': got string, want array",
        ),
        (
            r#"{"required": ["a", "a"]}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/required': items at 0 and 1 are equal",
        ),
        (
            r#"{"enum": {}}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/enum': got object, want array",
        ),
        (
            r#"{"minLength": 1.5}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/minLength': got number, want integer",
        ),
        (
            r#"{"$schema": "https://json-schema.org/draft/2019-09/schema", "multipleOf": 0}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2019-09/schema#'\n- at '': 'allOf' failed\n  - at '/multipleOf': exclusiveMinimum: got 0, want 0",
        ),
        (
            r#"{"$id": "a#b"}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/$id': 'a#b' does not match pattern '^[^#]*#?$'",
        ),
        (
            r#"{"$ref": "http://[::1"}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/$ref': 'http://[::1' is not valid uri-reference: parse \"http://[::1\": missing ']' in host",
        ),
        (
            r#"{"$anchor": "1"}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/$anchor': '1' does not match pattern '^[A-Za-z_][-A-Za-z0-9._]*$'",
        ),
        (
            "[]",
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': got array, want boolean or object",
        ),
        (
            "1",
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': got number, want boolean or object",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "additionalProperties": "no"}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'http://json-schema.org/draft-07/schema#'\n- at '/additionalProperties': got string, want boolean or object",
        ),
        (
            r##"{"x": {"y": {"type": 1}}, "$ref": "#/x/y"}"##,
            "1",
            "\"file:///values.schema.json#/x/y\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/type': 'anyOf' failed\n    - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n    - at '/type': got number, want array",
        ),
        (
            r#"{"$defs": {"a": {"$id": "x", "$schema": "http://json-schema.org/draft-07/schema#", "type": 1}}}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/$defs/a/type': 'anyOf' failed\n    - at '/$defs/a/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n    - at '/$defs/a/type': got number, want array",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMaximum": true}"#,
            "1",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'http://json-schema.org/draft-04/schema#'\n- at '': properties 'maximum' required, if 'exclusiveMaximum' exists",
        ),
    ]);
}

/// Identifiers and anchors.
#[test]
fn names_must_be_unique() {
    same(&[
        (
            r#"{"$defs": {"a": {"$id": "x"}, "b": {"$id": "x"}}}"#,
            "1",
            r#"duplicate id "file:///x" in "file:///values.schema.json" at "/$defs/b" and "/$defs/a""#,
        ),
        (
            r#"{"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}"#,
            "1",
            r#"duplicate anchor "x" in "file:///values.schema.json" at "/$defs/a" and "/$defs/b""#,
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "http://h/%zz"}"#,
            "1",
            r#"error in parsing id at "file:///values.schema.json#""#,
        ),
        (
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "#%zz"}"##,
            "1",
            r#"error in parsing anchor at "file:///values.schema.json#""#,
        ),
        (
            r#"{"$schema": "http://[::1"}"#,
            "1",
            r#"invalid $schema in "file:///values.schema.json#": parse "http://[::1": missing ']' in host"#,
        ),
    ]);
}

#[test]
fn a_metaschema_may_name_vocabularies() {
    let metaschema = r#"{
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$vocabulary": {
            "https://json-schema.org/draft/2020-12/vocab/core": true,
            "https://json-schema.org/draft/2020-12/vocab/validation": true,
            "https://json-schema.org/draft/2020-12/vocab/format-assertion": true,
            "https://json-schema.org/draft/2020-12/vocab/content": false
        }
    }"#;
    let loader = |_: &str| Ok(metaschema.as_bytes().to_vec());
    let compile = |text: &str| Schema::compile(text.as_bytes(), &loader);
    let values = pintle_value::Data::from("x");
    let schema = compile(r#"{"$schema": "http://h/m", "format": "ipv4", "not": {}}"#).unwrap();
    assert_eq!(schema.validate(&values).unwrap_err().to_string(), "- at '': 'x' is not valid ipv4: expected four decimals");
    let error = compile(r#"{"$schema": "http://h/m", "minLength": "x"}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"file:///values.schema.json#\" is not valid against metaschema: \
         jsonschema validation failed with 'urn:mem:metaschema'\n- at '': 'allOf' failed\n  - at '/minLength': got string, want integer"
    );
    assert!(matches!(error, SchemaError::Invalid { .. }));
    assert_eq!(check("{}", "1"), "");
    assert!(Schema::compile(br#"{"$schema": "http://h/m"}"#, &nothing).is_err());
}
