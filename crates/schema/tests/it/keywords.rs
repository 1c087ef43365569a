//! Verdicts and words, keyword by keyword.
//!
//! Recorded with github.com/santhosh-tekuri/jsonschema v6.0.3 and golang.org/x/text v0.43.0, as Helm 4.3.1 uses them. Where Go
//! visits the members of a mapping in no order, they are sorted here.

use crate::check;

fn same(cases: &[(&str, &str, &str)]) {
    for (schema, values, error) in cases {
        assert_eq!(check(schema, values), *error, "{schema} {values}");
    }
}

/// `type`, `const`, `enum`, `format`: the first of them to fail is the only error.
#[test]
fn types_values_and_formats() {
    same(&[
        (r#"{"type": "string"}"#, "1", "- at '': got number, want string"),
        (r#"{"type": "integer"}"#, "1.0", ""),
        (r#"{"type": "integer"}"#, "1.5", "- at '': got number, want integer"),
        (r#"{"type": ["object", "integer", "null"]}"#, r#""x""#, "- at '': got string, want null or integer or object"),
        (r#"{"type": "number"}"#, "true", "- at '': got boolean, want number"),
        (r#"{"type": "string", "const": 1, "minLength": 9}"#, "2", "- at '': got number, want string"),
        (r#"{"const": {"a": [1]}}"#, r#"{"a": [2]}"#, "- at '': 'const' failed"),
        (r#"{"const": null}"#, "0", "- at '': value must be <nil>"),
        (r#"{"const": 1.0}"#, "1", ""),
        (r#"{"const": 1.50}"#, "2", "- at '': value must be 1.50"),
        (r#"{"const": "it's"}"#, r#""x""#, r#"- at '': value must be 'it\'s'"#),
        (r#"{"enum": ["a", 1, null, true]}"#, r#""b""#, "- at '': value must be one of 'a', 1, <nil>, true"),
        (r#"{"enum": ["a"]}"#, r#""b""#, "- at '': value must be 'a'"),
        (r#"{"enum": [[1], "a"]}"#, r#""b""#, "- at '': 'enum' failed"),
        (r#"{"enum": [1e2, "x"]}"#, "100", ""),
        (r#"{"enum": [1e2]}"#, "101", "- at '': value must be 1e2"),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "format": "email"}"#,
            r#""x""#,
            "- at '': 'x' is not valid email: missing @",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "format": "ipv4"}"#,
            r#""1.2.3.x""#,
            r#"- at '': '1.2.3.x' is not valid ipv4: strconv.Atoi: parsing "x": invalid syntax"#,
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "format": "date-time"}"#,
            r#""2020-02-30T00:00:00Z""#,
            r#"- at '': '2020-02-30T00:00:00Z' is not valid date-time: invalid date element: parsing time "2020-02-30": day out of range"#,
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "format": "uri"}"#,
            r#""/x""#,
            "- at '': '/x' is not valid uri: relative url",
        ),
        (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "format": "email"}"#, "5", ""),
        (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "format": "unknown"}"#, r#""x""#, ""),
        (r#"{"format": "email"}"#, r#""x""#, ""),
        (r#"{"$schema": "https://json-schema.org/draft/2019-09/schema", "format": "email"}"#, r#""x""#, ""),
        (
            r#"{"$schema": "http://json-schema.org/draft-04/schema#", "format": "ipv6"}"#,
            r#""1::2::3""#,
            r#"- at '': '1::2::3' is not valid ipv6: ParseAddr("1::2::3"): multiple :: in address (at ":3")"#,
        ),
    ]);
}

/// Strings and numbers. Numbers in messages are in English.
#[test]
fn strings_and_numbers() {
    same(&[
        (
            r#"{"minLength": 3, "maxLength": 1}"#,
            r#""éé""#,
            "- at '': minLength: got 2, want 3\n- at '': maxLength: got 2, want 1",
        ),
        (r#"{"pattern": "^[a-z]+$"}"#, r#""A'b\"\\""#, r#"- at '': 'A\'b"\' does not match pattern '^[a-z]+$'"#),
        (
            r#"{"maxLength": 1000}"#,
            r#""xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx""#,
            "- at '': maxLength: got 2,000, want 1,000",
        ),
        (r#"{"minimum": 2, "exclusiveMinimum": 2}"#, "2", "- at '': exclusiveMinimum: got 2, want 2"),
        (r#"{"maximum": 1000000.0}"#, "2500000", "- at '': maximum: got 2.5×10⁰⁶, want 1×10⁰⁶"),
        (
            r#"{"maximum": 1000, "exclusiveMaximum": 10}"#,
            "12345.5",
            "- at '': maximum: got 12,345.5, want 1,000\n- at '': exclusiveMaximum: got 12,345.5, want 10",
        ),
        (r#"{"minimum": 1e-05}"#, "1e-07", "- at '': minimum: got 1×10⁻⁰⁷, want 1×10⁻⁰⁵"),
        (r#"{"multipleOf": 0.01}"#, "4.35", ""),
        (r#"{"multipleOf": 0.1}"#, "0.35", "- at '': multipleOf: got 0.35, want 0.1"),
        (
            r#"{"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 3, "exclusiveMinimum": true}"#,
            "3",
            "- at '': exclusiveMinimum: got 3, want 3",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 3, "exclusiveMaximum": false}"#,
            "4",
            "- at '': maximum: got 4, want 3",
        ),
        (r#"{"maximum": 9007199254740993}"#, r#""9007199254740994""#, ""),
        (r#"{"minimum": 0.1000000000000000055}"#, "0.1", "- at '': minimum: got 0.1, want 0.1"),
    ]);
}

/// Mappings.
#[test]
fn mappings() {
    same(&[
        (r#"{"required": ["a"]}"#, "{}", "- at '': missing property 'a'"),
        (r#"{"required": ["a", "b", "c"]}"#, r#"{"b": 1}"#, "- at '': missing properties 'a', 'c'"),
        (
            r#"{"minProperties": 2, "maxProperties": 0}"#,
            r#"{"a": 1}"#,
            "- at '': minProperties: got 1, want 2\n- at '': maxProperties: got 1, want 0",
        ),
        (
            r#"{"properties": {"a": {"type": "string"}, "b/~": {"type": "null"}}}"#,
            r#"{"a": 1, "b/~": 1, "c": 1}"#,
            "- at '/a': got number, want string\n- at '/b~1~0': got number, want null",
        ),
        (
            r#"{"additionalProperties": false, "properties": {"a": {}}, "patternProperties": {"^x-": {"type": "string"}}}"#,
            r#"{"a": 1, "b": 1, "c'": 2, "x-1": 1}"#,
            "- at '/x-1': got number, want string\n- at '': additional properties 'b', 'c\\'' not allowed",
        ),
        (r#"{"additionalProperties": {"type": "string"}}"#, r#"{"a": 1}"#, "- at '/a': got number, want string"),
        (r#"{"additionalProperties": true}"#, r#"{"a": 1}"#, ""),
        (
            r#"{"propertyNames": {"maxLength": 1, "pattern": "^a"}}"#,
            r#"{"bb": 1}"#,
            "- at '': invalid propertyName 'bb'\n  - at '': maxLength: got 2, want 1\n  - at '': 'bb' does not match pattern '^a'",
        ),
        (r#"{"$schema": "http://json-schema.org/draft-04/schema#", "propertyNames": {"maxLength": 1}}"#, r#"{"bb": 1}"#, ""),
        (
            r#"{"properties": {"o": {"propertyNames": {"enum": ["x"]}}}}"#,
            r#"{"o": {"y": 1}}"#,
            "- at '/o': invalid propertyName 'y'\n  - at '': value must be 'x'",
        ),
        (r#"{"dependentRequired": {"a": ["b", "c"]}}"#, r#"{"a": 1}"#, "- at '': properties 'b', 'c' required, if 'a' exists"),
        (r#"{"dependentSchemas": {"a": {"required": ["b"]}}}"#, r#"{"a": 1}"#, "- at '': missing property 'b'"),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"a": ["b"], "c": {"required": ["d"]}}}"#,
            r#"{"a": 1, "c": 1}"#,
            "- at '': properties 'b' required, if 'a' exists\n- at '': missing property 'd'",
        ),
        (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "dependentRequired": {"a": ["b"]}}"#, r#"{"a": 1}"#, ""),
    ]);
}

/// Lists.
#[test]
fn lists() {
    same(&[
        (r#"{"minItems": 2, "maxItems": 0}"#, "[1]", "- at '': minItems: got 1, want 2\n- at '': maxItems: got 1, want 0"),
        (
            r#"{"items": {"type": "string"}}"#,
            r#"["a", 1, "b", 2]"#,
            "- at '/1': got number, want string\n- at '/3': got number, want string",
        ),
        (r#"{"items": false}"#, "[1]", "- at '/0': false schema"),
        (
            r#"{"prefixItems": [{"type": "string"}], "items": {"type": "null"}}"#,
            "[1, 2]",
            "- at '/0': got number, want string\n- at '/1': got number, want null",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}], "additionalItems": false}"#,
            r#"["a", 1, 2]"#,
            "- at '': last 2 additionalItem(s) not allowed",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "items": [{}], "additionalItems": {"type": "string"}}"#,
            "[1, 2]",
            "- at '/1': got number, want string",
        ),
        (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "items": {}, "additionalItems": false}"#, "[1, 2]", ""),
        (r#"{"$schema": "https://json-schema.org/draft/2019-09/schema", "prefixItems": [false]}"#, "[1]", ""),
        (r#"{"uniqueItems": true}"#, r#"[1, 2, {"a": [1]}, 1.0, {"a": [1.0]}]"#, "- at '': items at 0 and 3 are equal"),
        (
            r#"{"uniqueItems": true}"#,
            "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 7]",
            "- at '': items at 7 and 30 are equal",
        ),
        (r#"{"uniqueItems": true}"#, r#"[0, false, null, "", [], {}]"#, ""),
        (
            r#"{"contains": {"type": "string"}}"#,
            "[1, 2]",
            "- at '': no items match contains schema\n  - at '/0': got number, want string\n  - at '/1': got number, want string",
        ),
        (r#"{"contains": {"type": "string"}}"#, "[]", "- at '': no items match contains schema"),
        (
            r#"{"contains": {"type": "string"}, "minContains": 2}"#,
            r#"["a", 1]"#,
            "- at '': min 2 items required to match contains schema, but matched 1 items at 0\n  - at '/1': got number, want string",
        ),
        (
            r#"{"contains": {"type": "string"}, "minContains": 2}"#,
            "[1]",
            "- at '': min 2 items required to match contains schema, but none matched\n  - at '/0': got number, want string",
        ),
        (
            r#"{"contains": {"type": "string"}, "maxContains": 1}"#,
            r#"["a", "b", 1, "c"]"#,
            "- at '': max 1 items required to match contains schema, but matched 3 items at 0 1 3",
        ),
        (r#"{"contains": {"type": "string"}, "minContains": 0}"#, "[1]", ""),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "contains": {"type": "string"}, "minContains": 2}"#,
            r#"["a"]"#,
            "",
        ),
        (r#"{"$schema": "http://json-schema.org/draft-04/schema#", "contains": false}"#, "[1]", ""),
    ]);
}

/// Schemas of schemas, and how their errors nest.
#[test]
fn combinations() {
    same(&[
        (r#"{"not": {"type": "object"}}"#, "{}", "- at '': 'not' failed"),
        (
            r#"{"allOf": [{"required": ["a"]}, {"minProperties": 1}]}"#,
            "{}",
            "- at '': 'allOf' failed\n  - at '': missing property 'a'\n  - at '': minProperties: got 0, want 1",
        ),
        (
            r#"{"allOf": [{"required": ["a"], "minProperties": 1}]}"#,
            "{}",
            "- at '': 'allOf' failed\n  - at '': validation failed\n    - at '': minProperties: got 0, want 1\n    - at '': missing property 'a'",
        ),
        (
            r#"{"anyOf": [{"type": "string"}, {"type": "null"}]}"#,
            "1",
            "- at '': 'anyOf' failed\n  - at '': got number, want string\n  - at '': got number, want null",
        ),
        (
            r#"{"anyOf": [{"type": "string"}, {"required": ["a"], "minProperties": 2}]}"#,
            "{}",
            "- at '': 'anyOf' failed\n  - at '': got object, want string\n  - at '': validation failed\n    - at '': minProperties: got 0, want 2\n    - at '': missing property 'a'",
        ),
        (
            r#"{"oneOf": [{"type": "string"}, {"type": "null"}]}"#,
            "1",
            "- at '': 'oneOf' failed, none matched\n  - at '': got number, want string\n  - at '': got number, want null",
        ),
        (
            r#"{"oneOf": [{"type": "object"}, false, {}, {"minProperties": 9}]}"#,
            "{}",
            "- at '': 'oneOf' failed, subschemas 0, 2 matched",
        ),
        (
            r#"{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}"#,
            r#"{"a": 1}"#,
            "- at '': missing property 'b'",
        ),
        (
            r#"{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}"#,
            "{}",
            "- at '': missing property 'c'",
        ),
        (r#"{"$schema": "http://json-schema.org/draft-06/schema#", "if": true, "then": false}"#, "{}", ""),
        (r#"{"if": false, "then": false, "else": {"type": "string"}}"#, "{}", "- at '': got object, want string"),
        (
            r#"{"properties": {"a": {"anyOf": [{"properties": {"b": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}}}, false]}}}"#,
            r#"{"a": {"b": [1]}}"#,
            "- at '/a': 'anyOf' failed\n  - at '/a/b': 'oneOf' failed, none matched\n    - at '/a/b': got array, want string\n    - at '/a/b/0': got number, want string\n  - at '/a': false schema",
        ),
        ("false", "1", "- at '': false schema"),
        (r#"{"properties": {"a": false}}"#, r#"{"a": 1}"#, "- at '/a': false schema"),
        (
            r#"{"required": ["x"], "properties": {"a": {"type": "string"}}, "minProperties": 3, "additionalProperties": false}"#,
            r#"{"a": 1, "z": 1}"#,
            "- at '': minProperties: got 2, want 3\n- at '': missing property 'x'\n- at '/a': got number, want string\n- at '': additional properties 'z' not allowed",
        ),
    ]);
}

/// `unevaluatedProperties` and `unevaluatedItems`.
#[test]
fn what_is_not_evaluated() {
    same(&[
        (
            r#"{"properties": {"a": {}}, "unevaluatedProperties": false}"#,
            r#"{"a": 1, "b": 1, "c": 1}"#,
            "- at '/b': false schema\n- at '/c': false schema",
        ),
        (
            r#"{"allOf": [{"properties": {"a": {}}}, {"patternProperties": {"^b": {}}}], "unevaluatedProperties": {"type": "string"}}"#,
            r#"{"a": 1, "b1": 1, "c": 1}"#,
            "- at '/c': got number, want string",
        ),
        (
            r#"{"anyOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}], "unevaluatedProperties": false}"#,
            r#"{"a": 1, "b": 1}"#,
            "",
        ),
        (
            r#"{"if": {"properties": {"a": {"const": 1}}}, "then": {"properties": {"b": {}}}, "unevaluatedProperties": false}"#,
            r#"{"a": 1, "b": 1, "c": 1}"#,
            "- at '/c': false schema",
        ),
        (
            r#"{"not": {"not": {"properties": {"a": {}}}}, "unevaluatedProperties": false}"#,
            r#"{"a": 1}"#,
            "- at '/a': false schema",
        ),
        (
            r##"{"$ref": "#/$defs/x", "unevaluatedProperties": false, "$defs": {"x": {"properties": {"a": {}}}}}"##,
            r#"{"a": 1, "b": 2}"#,
            "- at '/b': false schema",
        ),
        (
            r#"{"prefixItems": [{}], "contains": {"type": "string"}, "unevaluatedItems": false}"#,
            r#"[1, "a", 2]"#,
            "- at '/2': false schema",
        ),
        (
            r#"{"$schema": "https://json-schema.org/draft/2019-09/schema", "items": [{}], "contains": {"type": "string"}, "unevaluatedItems": false}"#,
            r#"[1, "a", 2]"#,
            "- at '/1': false schema\n- at '/2': false schema",
        ),
        (
            r#"{"dependentSchemas": {"a": {"properties": {"b": {}}}}, "properties": {"a": {}}, "unevaluatedProperties": false}"#,
            r#"{"a": 1, "b": 1}"#,
            "",
        ),
        (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "unevaluatedProperties": false}"#, r#"{"a": 1}"#, ""),
    ]);
}
