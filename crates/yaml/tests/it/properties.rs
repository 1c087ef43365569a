//! What holds for any input.

use pintle_value::{Data, DataMap, json};
use pintle_yaml::{from_slice, from_slice_strict, head_from_slice, to_yaml, to_yaml_pretty};
use proptest::prelude::*;

/// Text that JSON and YAML carry to and fro unchanged. `<<` is not among it: go-yaml v2 writes that key without quotes, and it
/// is a merge when it is read.
fn text() -> impl Strategy<Value = String> {
    let readable = |s: &String| !s.chars().any(|c| matches!(c, '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}'));
    let any_text = prop_oneof![
        "[ -~\n\t]{0,40}",
        "[a-z0-9:#'\"{}\\[\\]&*!|>%@`,? \n-]{0,20}",
        "(yes|no|on|~|null|0x1f|0o17|1e3|1_0|\\.inf|2001-01-01|---|=|1:30)",
        any::<String>().prop_filter("YAML has the characters", readable),
    ];
    any_text.prop_filter("no merge key", |s| s != "<<")
}

pub fn data() -> impl Strategy<Value = Data> {
    let leaf = prop_oneof![
        Just(Data::Null),
        any::<bool>().prop_map(Data::Bool),
        any::<i32>().prop_map(|i| Data::Float(f64::from(i))),
        any::<f64>().prop_filter("finite", |f| f.is_finite() && *f != 0.0).prop_map(Data::Float),
        text().prop_map(Data::String),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Data::List),
            prop::collection::btree_map(text(), inner, 0..6).prop_map(|m: DataMap| Data::Map(m)),
        ]
    })
}

/// Pieces of documents, to be put together at random.
fn document() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            ": ",
            ":",
            "- ",
            "? ",
            "\n",
            "\n  ",
            "\n    ",
            " ",
            "\t",
            "[",
            "]",
            "{",
            "}",
            ",",
            "#",
            " #",
            "&a ",
            "*a",
            "<<: ",
            "|\n",
            ">-\n",
            "|2\n",
            "!!int ",
            "!!binary ",
            "!x!y ",
            "!<a> ",
            "%YAML 1.1\n",
            "%TAG ! a\n",
            "---\n",
            "...\n",
            "'",
            "\"",
            "\\",
            "\\u12",
            "\r\n",
            "\u{85}",
            "\u{2028}",
            "\u{FEFF}",
            "a",
            "key: value\n",
            "~",
            ".nan",
            "18446744073709551615",
            "1e3",
        ])
        .prop_map(|s| s.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..3),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_written_reads_back(data in data()) {
        let written = to_yaml(&data).unwrap();
        prop_assert_eq!(from_slice(written.as_bytes()).unwrap(), data.clone(), "{}", written);
        let written = json::to_string(&data).unwrap();
        prop_assert_eq!(json::from_slice(written.as_bytes()).unwrap(), data.clone(), "{}", written);
    }

    #[test]
    fn anything_can_be_written_prettily(data in data()) {
        prop_assert!(to_yaml_pretty(&data).unwrap().ends_with('\n'));
    }

    #[test]
    fn no_document_panics(text in document()) {
        let read = from_slice(&text);
        let head = head_from_slice(&text);
        if let Err(error) = &read {
            prop_assert!(error.message.starts_with("error converting YAML to JSON: "));
        }
        // A number in place of a string is no error to the head, even one that JSON lacks.
        if head.is_err() && read.is_ok() {
            prop_assert!(head.unwrap_err().message.starts_with("error unmarshaling JSON: "));
        }
        let _ = from_slice_strict(&text);
    }

    #[test]
    fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = from_slice(&text);
        let _ = json::from_slice(&text);
    }
}
