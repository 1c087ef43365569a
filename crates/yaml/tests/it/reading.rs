//! What documents mean.
//!
//! Recorded with sigs.k8s.io/yaml v1.6.0 over go.yaml.in/yaml/v2 v2.4.4: `yaml.Unmarshal` into an `interface{}`, then
//! `json.Marshal`.

use pintle_value::json;
use pintle_yaml::from_slice;

#[test]
fn documents_mean_what_go_yaml_reads() {
    let cases: &[(&str, &str)] = &[
        ("a: b # c\nd: \"e # f\"\ng: h#i", "{\"a\":\"b\",\"d\":\"e # f\",\"g\":\"h#i\"}"),
        (
            "a: |\n  x\n   y\n\n  z\n\nb: |-\n  x\nc: |+\n  x\n\nd: >\n  a\n  b\n\n  c\n   d\n  e\ne: >-\n  a\nf: |2\n    x",
            "{\"a\":\"x\\n y\\n\\nz\\n\",\"b\":\"x\",\"c\":\"x\\n\\n\",\"d\":\"a b\\nc\\n d\\ne\\n\",\"e\":\"a\",\"f\":\"  x\"}",
        ),
        (
            "a: plain\n  over\n\n  lines\nb: \"q \\\n   r\n  s\n\n  t\"\nc: 'u ''v\n  w'",
            "{\"a\":\"plain over\\nlines\",\"b\":\"q r s\\nt\",\"c\":\"u 'v w\"}",
        ),
        ("- a\n-\n- - b\n  - c\n- d: e\n  f: g\n-\n  h", "[\"a\",null,[\"b\",\"c\"],{\"d\":\"e\",\"f\":\"g\"},\"h\"]"),
        ("a:\n- b\n- c\nd:\n  - e", "{\"a\":[\"b\",\"c\"],\"d\":[\"e\"]}"),
        ("[a, b: c, {d: e}, [f], ? g : h, \"i\": j]", "[\"a\",{\"b\":\"c\"},{\"d\":\"e\"},[\"f\"],{\"g\":\"h\"},{\"i\":\"j\"}]"),
        ("? a\n: b\n? |\n  c\n: - d", "{\"a\":\"b\",\"c\\n\":[\"d\"]}"),
        (
            "a: &x {b: 1}\nc: *x\nd: {<<: *x, b: 2}\ne: {b: 3, <<: *x}\nf: {<<: [*x, {b: 9, z: 1}]}",
            "{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":{\"b\":2},\"e\":{\"b\":1},\"f\":{\"b\":1,\"z\":1}}",
        ),
        (
            "yes: no\non: off\n1: one\n1.50: f\n0x10: h\n1e6: e\n~x: z",
            "{\"1\":\"one\",\"1.5\":\"f\",\"16\":\"h\",\"1e+06\":\"e\",\"true\":false,\"~x\":\"z\"}",
        ),
        (
            "a: 012\nb: 0o14\nc: 0b11\nd: 1_000\ne: 12e03\nf: .5\ng: +1\nh: 1:30\ni: 2001-01-01\nj: 0x\nk: 1__0\nl: -0\nm: 08\nn: \"5\"\no: !!str 5\np: ! 5",
            "{\"a\":10,\"b\":12,\"c\":3,\"d\":1000,\"e\":12000,\"f\":0.5,\"false\":\"5\",\"g\":1,\"h\":\"1:30\",\"i\":\"2001-01-01\",\"j\":\"0x\",\"k\":10,\"l\":0,\"m\":8,\"o\":\"5\",\"p\":\"5\"}",
        ),
        (
            "a: ~\nb: null\nc: Null\nd:\ne: \"\"\nf: !!null \"\"",
            "{\"a\":null,\"b\":null,\"c\":null,\"d\":null,\"e\":\"\",\"f\":null}",
        ),
        ("%YAML 1.1\n%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 5\n...\n", "{\"a\":\"5\"}"),
        (
            "a: \"\\x41\\u263a\\U0001F600\\N\\_\\L\\P\\e\\0\"",
            "{\"a\":\"A\u{263a}\u{1f600}\u{85}\u{a0}\\u2028\\u2029\\u001b\\u0000\"}",
        ),
        ("a:\r\n  b: c\r\n  d: |\r\n    x\r\n    y\r\n", "{\"a\":{\"b\":\"c\",\"d\":\"x\\ny\\n\"}}"),
        ("\u{feff}a: 1", "{\"a\":1}"),
        ("\u{feff}\u{feff}ab: 1\ncd: 2", "{\"ab\":1,\"d\":2}"),
        ("[]: x", "[]"),
        ("a: 1\n...\nb: 2", "{\"a\":1}"),
        ("a: b\n# comment\n\n\n  # deep\nc: d", "{\"a\":\"b\",\"c\":\"d\"}"),
        ("a:   \n  b", "{\"a\":\"b\"}"),
        ("\"a\":b", "\"a\""),
        ("{\"a\":b}", "{\"a\":\"b\"}"),
        ("{a:b}", "{\"a:b\":null}"),
        ("a::b", "\"a::b\""),
        ("- ? x", "[{\"x\":null}]"),
        ("a: -1", "{\"a\":-1}"),
        ("\"k\": !!binary aGk=", "{\"k\":\"hi\"}"),
    ];
    for (text, wanted) in cases {
        let data = from_slice(text.as_bytes()).unwrap();
        assert_eq!(json::to_string(&data).unwrap(), *wanted, "{text}");
    }
}

#[test]
fn utf_16_is_read() {
    let units: Vec<u8> = "\u{FEFF}a: é😀".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(json::to_string(&from_slice(&units).unwrap()).unwrap(), r#"{"a":"é😀"}"#);
}
