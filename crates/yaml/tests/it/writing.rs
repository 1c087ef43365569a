//! What is written.
//!
//! Recorded with `json.Unmarshal` into an `interface{}` and then sigs.k8s.io/yaml v1.6.0 `yaml.Marshal`, or an encoder of
//! go.yaml.in/yaml/v3 v3.0.5 with `SetIndent(2)`.

use pintle_value::json;
use pintle_yaml::{to_yaml, to_yaml_pretty};

#[test]
fn to_yaml_writes_what_go_yaml_v2_does() {
    let cases: &[(&str, &str)] = &[
        ("null", "null\n"),
        ("\"yes\"", "\"yes\"\n"),
        (
            "[\"y\",\"n\",\"on\",\"Off\",\"~\",\"null\",\"true\",\"1\",\"0x1f\",\"017\",\"0o17\",\"1_0\",\"1e3\",\".5\",\".inf\",\"1:30\",\"2001-01-01\",\"2001-01-01T00:00:00Z\",\"<<\",\"=\",\"-\",\"- a\",\"?\",\"a: b\",\"a #b\",\"#a\",\"@a\",\"%a\",\"`a\",\"[a\",\"{a\",\"!a\",\"&a\",\"*a\",\"|\",\"a,b\",\"---\",\"...\",\"\",\" a\",\"a \",\"a\\tb\",\"it's\",\"\\\"q\\\"\",\"a\\\\b\"]",
            "- \"y\"\n- \"n\"\n- \"on\"\n- \"Off\"\n- \"~\"\n- \"null\"\n- \"true\"\n- \"1\"\n- \"0x1f\"\n- \"017\"\n- \"0o17\"\n- \"1_0\"\n- \"1e3\"\n- \".5\"\n- \".inf\"\n- \"1:30\"\n- \"2001-01-01\"\n- \"2001-01-01T00:00:00Z\"\n- <<\n- =\n- '-'\n- '- a'\n- '?'\n- 'a: b'\n- 'a #b'\n- '#a'\n- '@a'\n- '%a'\n- '`a'\n- '[a'\n- '{a'\n- '!a'\n- '&a'\n- '*a'\n- '|'\n- a,b\n- '---'\n- '...'\n- \"\"\n- ' a'\n- 'a '\n- \"a\\tb\"\n- it's\n- '\"q\"'\n- a\\b\n",
        ),
        (
            "{\"a\":{},\"b\":[],\"c\":[[]],\"d\":[{\"e\":1,\"f\":[1,2]}],\"g\":{\"h\":[{\"i\":[[\"j\"]]}]}}",
            "a: {}\nb: []\nc:\n- []\nd:\n- e: 1\n  f:\n  - 1\n  - 2\ng:\n  h:\n  - i:\n    - - j\n",
        ),
        (
            "{\"a10\":1,\"a2\":1,\"a02\":1,\"B\":1,\"b\":1,\"_x\":1,\"1\":1,\"10\":1,\"9\":1,\"a/b\":1,\"a.b\":1,\"a-b\":1,\"ab\":1}",
            "_x: 1\n\"1\": 1\n\"9\": 1\n\"10\": 1\nB: 1\na-b: 1\na.b: 1\na/b: 1\na2: 1\na02: 1\na10: 1\nab: 1\nb: 1\n",
        ),
        ("{\"v1beta1\":1,\"v1\":1,\"v1alpha1\":1,\"v10\":1,\"v2\":1}", "v1: 1\nv10: 1\nv1alpha1: 1\nv1beta1: 1\nv2: 1\n"),
        (
            "[1000000,123456789,1e20,1e21,1.5,0.00001,-0.0,1e-7,123456789.5,18446744073709551615,9223372036854775808,1e19]",
            "- 1000000\n- 123456789\n- 1e+20\n- 1e+21\n- 1.5\n- 1e-05\n- 0\n- 1e-07\n- 1.234567895e+08\n- 1.8446744073709552e+19\n- 9223372036854776000\n- 10000000000000000000\n",
        ),
        (
            "{\"a\":\"line\\n\",\"b\":\"line\",\"c\":\"l1\\nl2\\n\\n\",\"d\":\"l1\\nl2\",\"e\":\" l1\\nl2\",\"f\":\"\\n\",\"g\":\"\\n\\na\",\"h\":\"a \\nb\",\"i\":\"a\\n \",\"j\":\"a\\tb\\nc\",\"k\":\"a\\r\\nb\"}",
            "a: |\n  line\nb: line\nc: |+\n  l1\n  l2\n\nd: |-\n  l1\n  l2\ne: |2-\n   l1\n  l2\nf: |2+\n\ng: |2-\n\n\n  a\nh: \"a \\nb\"\ni: \"a\\n \"\nj: \"a\\tb\\nc\"\nk: \"a\\r\\nb\"\n",
        ),
        ("[\"one\\ntwo\",{\"a\":\"one\\ntwo\\n\"},[\"\\n\"]]", "- |-\n  one\n  two\n- a: |\n    one\n    two\n- - |2+\n\n"),
        ("\"top\\nlevel\\n\\n\"", "|+\n  top\n  level\n\n"),
        (
            "{\"long\":\"word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word end\",\"quoted\":\"it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: end\",\"double\":\"\\u0007word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word   x\",\"single\":\"# # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # \"}",
            "double: \"\\aword word word word word word word word word word word word word word word\n  word word word word word word word word word word word word word word word   x\"\nlong: word word word word word word word word word word word word word word word word\n  word word word word word word word word word word word word word word end\nquoted: 'it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s:\n  it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s:\n  it''s: it''s: it''s: it''s: it''s: it''s: it''s: end'\nsingle: '# # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # #\n  # # # # # # # # # # # # # # # # # # # # # # # '\n",
        ),
        (
            "{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\":1,\"lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll\":{\"x\":[1]},\"multi\\nline\":\"v\",\"multi2\\nline\":[\"v\"]}",
            "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: 1\n? lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll\n: x:\n  - 1\n? |-\n  multi\n  line\n: v\n? |-\n  multi2\n  line\n: - v\n",
        ),
        (
            "[\"\\u0000\\u0007\\u0008\\u001b\\u001f\",\"\\u00a0\",\"\\u00ad\",\"\\u2028\",\"a\\u2028b\",\"\\ufeff\",\"\\ufeffab\",\"\\ud83d\\ude00\",\"\\u00e9\",\"\\ue000\",\"\\ufffd\",\"a\\u0085b\"]",
            "- \"\\0\\a\\b\\e\\x1F\"\n- \u{a0}\n- \u{AD}\n- '\u{2028}'\n- 'a\u{2028}  b'\n- \"\\uFEFF\"\n- \"\\uFEFF\\x61\\x62\"\n- \"\\U0001F600\"\n- é\n- \u{e000}\n- \u{fffd}\n- a b\n",
        ),
        (
            "{\"\\u00e9\":1,\"z\":2,\"\\u2603\":3,\"\\ud83d\\ude00\":4,\"\":5}",
            "\"\": 5\n\u{2603}: 3\n\"\\U0001F600\": 4\nz: 2\né: 1\n",
        ),
    ];
    for (text, wanted) in cases {
        let data = json::from_slice(text.as_bytes()).unwrap();
        assert_eq!(to_yaml(&data).unwrap(), *wanted, "{text}");
    }
}

#[test]
fn to_yaml_pretty_writes_what_go_yaml_v3_does() {
    let cases: &[(&str, &str)] = &[
        ("null", "null\n"),
        ("\"yes\"", "\"yes\"\n"),
        (
            "[\"y\",\"n\",\"on\",\"Off\",\"~\",\"null\",\"true\",\"1\",\"0x1f\",\"017\",\"0o17\",\"1_0\",\"1e3\",\".5\",\".inf\",\"1:30\",\"2001-01-01\",\"2001-01-01T00:00:00Z\",\"<<\",\"=\",\"-\",\"- a\",\"?\",\"a: b\",\"a #b\",\"#a\",\"@a\",\"%a\",\"`a\",\"[a\",\"{a\",\"!a\",\"&a\",\"*a\",\"|\",\"a,b\",\"---\",\"...\",\"\",\" a\",\"a \",\"a\\tb\",\"it's\",\"\\\"q\\\"\",\"a\\\\b\"]",
            "- \"y\"\n- \"n\"\n- \"on\"\n- \"Off\"\n- \"~\"\n- \"null\"\n- \"true\"\n- \"1\"\n- \"0x1f\"\n- \"017\"\n- \"0o17\"\n- \"1_0\"\n- \"1e3\"\n- \".5\"\n- \".inf\"\n- \"1:30\"\n- \"2001-01-01\"\n- \"2001-01-01T00:00:00Z\"\n- <<\n- =\n- '-'\n- '- a'\n- '?'\n- 'a: b'\n- 'a #b'\n- '#a'\n- '@a'\n- '%a'\n- '`a'\n- '[a'\n- '{a'\n- '!a'\n- '&a'\n- '*a'\n- '|'\n- a,b\n- '---'\n- '...'\n- \"\"\n- ' a'\n- 'a '\n- \"a\\tb\"\n- it's\n- '\"q\"'\n- a\\b\n",
        ),
        (
            "{\"a\":{},\"b\":[],\"c\":[[]],\"d\":[{\"e\":1,\"f\":[1,2]}],\"g\":{\"h\":[{\"i\":[[\"j\"]]}]}}",
            "a: {}\nb: []\nc:\n  - []\nd:\n  - e: 1\n    f:\n      - 1\n      - 2\ng:\n  h:\n    - i:\n        - - j\n",
        ),
        (
            "{\"a10\":1,\"a2\":1,\"a02\":1,\"B\":1,\"b\":1,\"_x\":1,\"1\":1,\"10\":1,\"9\":1,\"a/b\":1,\"a.b\":1,\"a-b\":1,\"ab\":1}",
            "_x: 1\n\"1\": 1\n\"9\": 1\n\"10\": 1\nB: 1\na-b: 1\na.b: 1\na/b: 1\na2: 1\na02: 1\na10: 1\nab: 1\nb: 1\n",
        ),
        ("{\"v1beta1\":1,\"v1\":1,\"v1alpha1\":1,\"v10\":1,\"v2\":1}", "v1: 1\nv1alpha1: 1\nv1beta1: 1\nv2: 1\nv10: 1\n"),
        (
            "[1000000,123456789,1e20,1e21,1.5,0.00001,-0.0,1e-7,123456789.5,18446744073709551615,9223372036854775808,1e19]",
            "- 1e+06\n- 1.23456789e+08\n- 1e+20\n- 1e+21\n- 1.5\n- 1e-05\n- -0\n- 1e-07\n- 1.234567895e+08\n- 1.8446744073709552e+19\n- 9.223372036854776e+18\n- 1e+19\n",
        ),
        (
            "{\"a\":\"line\\n\",\"b\":\"line\",\"c\":\"l1\\nl2\\n\\n\",\"d\":\"l1\\nl2\",\"e\":\" l1\\nl2\",\"f\":\"\\n\",\"g\":\"\\n\\na\",\"h\":\"a \\nb\",\"i\":\"a\\n \",\"j\":\"a\\tb\\nc\",\"k\":\"a\\r\\nb\"}",
            "a: |\n  line\nb: line\nc: |+\n  l1\n  l2\n\nd: |-\n  l1\n  l2\ne: |2-\n   l1\n  l2\nf: |2+\n\ng: |2-\n\n\n  a\nh: \"a \\nb\"\ni: \"a\\n \"\nj: |-\n  a\tb\n  c\nk: \"a\\r\\nb\"\n",
        ),
        ("[\"one\\ntwo\",{\"a\":\"one\\ntwo\\n\"},[\"\\n\"]]", "- |-\n  one\n  two\n- a: |\n    one\n    two\n- - |2+\n\n"),
        ("\"top\\nlevel\\n\\n\"", "|+\n  top\n  level\n\n"),
        (
            "{\"long\":\"word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word end\",\"quoted\":\"it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: it's: end\",\"double\":\"\\u0007word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word   x\",\"single\":\"# # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # \"}",
            "double: \"\\aword word word word word word word word word word word word word word word word word word word word word word word word word word word word word word   x\"\nlong: word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word end\nquoted: 'it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: end'\nsingle: '# # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # # '\n",
        ),
        (
            "{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\":1,\"lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll\":{\"x\":[1]},\"multi\\nline\":\"v\",\"multi2\\nline\":[\"v\"]}",
            "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: 1\n? lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll\n: x:\n    - 1\n? |-\n  multi\n  line\n: v\n? |-\n  multi2\n  line\n: - v\n",
        ),
        (
            "[\"\\u0000\\u0007\\u0008\\u001b\\u001f\",\"\\u00a0\",\"\\u00ad\",\"\\u2028\",\"a\\u2028b\",\"\\ufeff\",\"\\ufeffab\",\"\\ud83d\\ude00\",\"\\u00e9\",\"\\ue000\",\"\\ufffd\",\"a\\u0085b\"]",
            "- \"\\0\\a\\b\\e\\x1F\"\n- \u{a0}\n- \u{AD}\n- '\u{2028}'\n- 'a\u{2028}  b'\n- \"\\uFEFF\"\n- \"\\uFEFF\\x61\\x62\"\n- \"\\U0001F600\"\n- é\n- \u{e000}\n- \u{fffd}\n- \"a\\Nb\"\n",
        ),
        (
            "{\"\\u00e9\":1,\"z\":2,\"\\u2603\":3,\"\\ud83d\\ude00\":4,\"\":5}",
            "\"\": 5\n\u{2603}: 3\n\"\\U0001F600\": 4\nz: 2\né: 1\n",
        ),
    ];
    for (text, wanted) in cases {
        let data = json::from_slice(text.as_bytes()).unwrap();
        assert_eq!(to_yaml_pretty(&data).unwrap(), *wanted, "{text}");
    }
}

#[test]
fn what_yaml_cannot_read_back_is_an_error() {
    let long = format!("{{\"{}\":1}}", "k".repeat(1100));
    let cases: &[(&str, &str)] = &[
        ("\"a\u{7f}b\"", "yaml: control characters are not allowed"),
        ("\"a\u{80}b\"", "yaml: control characters are not allowed"),
        ("\"\u{fffe}\"", "yaml: control characters are not allowed"),
        (&long, "yaml: did not find expected ',' or '}'"),
    ];
    for (text, wanted) in cases {
        let data = json::from_slice(text.as_bytes()).unwrap();
        assert_eq!(to_yaml(&data).unwrap_err().message, *wanted, "{text}");
        assert!(to_yaml_pretty(&data).is_ok());
    }
    let nan = pintle_value::Data::Float(f64::NAN);
    assert_eq!(to_yaml(&nan).unwrap_err().message, "error marshaling into JSON: json: unsupported value: NaN");
    assert_eq!(to_yaml_pretty(&nan).unwrap(), ".nan\n");
}

#[test]
fn deep_values_are_written_and_endless_ones_refused() {
    use pintle_value::{Data, Map, Str, Value};
    let deep = (0..999).fold(Data::Null, |inner, i| match i % 2 {
        0 => Data::List(vec![inner]),
        _ => Data::Map([("k".to_owned(), inner)].into()),
    });
    assert!(to_yaml(&deep).is_ok() && to_yaml_pretty(&deep).is_ok() && json::to_string(&deep).is_ok());

    let map = Map::new(Default::default());
    map.insert(Str::from("self"), Value::Map(map.clone()));
    let value = Value::Map(map.clone());
    let cycle = "error marshaling into JSON: json: unsupported value: encountered a cycle via map[string]interface {}";
    assert_eq!(to_yaml(&value).unwrap_err().message, cycle);
    assert!(to_yaml_pretty(&value).is_err());
    map.remove(b"self");
}

// Recorded with the same libraries: a map of the string "\xff".
#[test]
fn bytes_that_are_no_text_are_replaced_or_tagged() {
    use pintle_value::{Entries, Str, Value};
    let bytes = Str::from(&b"\xff"[..]);
    let entries: Entries = [(Str::from("k"), Value::String(bytes.clone())), (bytes, Value::Nil)].into();
    let value = Value::dict(entries);
    assert_eq!(to_yaml(&value).unwrap(), "\u{fffd}: null\nk: \u{fffd}\n");
    assert_eq!(to_yaml_pretty(&value).unwrap(), "!!binary /w==: null\nk: !!binary /w==\n");
}
