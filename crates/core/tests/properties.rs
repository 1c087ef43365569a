//! What holds for any text given to `--set` and its relatives.

use pintle_core::merge::set::{Reading, parse_into};
use pintle_core::merge::{literal, options::ValuesOptions};
use pintle_core::{Compat, Data, DataMap};
use pintle_value::json;
use proptest::prelude::*;

/// The syntax's own characters, in any order, with small indexes.
fn syntax() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "=",
            ",",
            ".",
            "[",
            "]",
            "{",
            "}",
            "\\",
            "[0]",
            "[2]",
            "[-1]",
            "[+1]",
            "a",
            "b",
            "true",
            "null",
            "007",
            "\"",
            "1e3",
            " ",
            "{\"a\":1}",
            "[1,2]",
            "é",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(|c| c.to_string()),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|p| p.concat())
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9/_-]{1,6}", "[ -~é\n]{1,6}"]
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9/_-]{0,8}", "[ -~é\n]{0,8}"]
}

/// Trees that `--set` can write: it knows no empty maps and lists.
fn tree(leaf: BoxedStrategy<Data>) -> impl Strategy<Value = DataMap> {
    let inner = leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Data::List),
            prop::collection::btree_map(key(), inner, 1..4).prop_map(Data::Map),
        ]
    });
    prop::collection::btree_map(key(), inner, 1..4)
}

/// Whether `--set` would take the text for something else than text.
fn is_typed(text: &str) -> bool {
    text.parse::<i64>().is_ok() || ["true", "false", "null"].iter().any(|w| text.eq_ignore_ascii_case(w))
}

fn texts() -> BoxedStrategy<Data> {
    word().prop_map(Data::String).boxed()
}

fn typed() -> BoxedStrategy<Data> {
    prop_oneof![
        Just(Data::Null),
        any::<bool>().prop_map(Data::Bool),
        any::<i64>().prop_map(Data::Int),
        word().prop_filter("text", |s| !is_typed(s)).prop_map(Data::String),
    ]
    .boxed()
}

/// Everything that JSON holds.
fn anything() -> impl Strategy<Value = Data> {
    let leaf = prop_oneof![
        Just(Data::Null),
        any::<bool>().prop_map(Data::Bool),
        any::<i32>().prop_map(|n| Data::Float(f64::from(n))),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Data::Float),
        any::<String>().prop_map(Data::String),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Data::List),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Data::Map),
        ]
    })
}

fn escaped(text: &str, special: &[char]) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if special.contains(&c) || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn escaped_key(key: &str) -> String {
    escaped(key, &['=', '[', ',', '.'])
}

fn escaped_value(text: &str) -> String {
    // An opening brace would begin a list.
    match text.strip_prefix('{') {
        Some(rest) => format!("\\{{{}", escaped(rest, &[','])),
        None => escaped(text, &[',']),
    }
}

/// `path=value` for every leaf.
fn assignments(data: &Data, path: &str, out: &mut Vec<String>) {
    match data {
        Data::Map(m) => m.iter().for_each(|(k, v)| assignments(v, &format!("{path}.{}", escaped_key(k)), out)),
        Data::List(l) => l.iter().enumerate().for_each(|(i, v)| assignments(v, &format!("{path}[{i}]"), out)),
        Data::Null => out.push(format!("{path}=null")),
        Data::Bool(b) => out.push(format!("{path}={b}")),
        Data::Int(n) => out.push(format!("{path}={n}")),
        Data::Float(_) => unreachable!("--set writes none"),
        // At the end of the text Helm forgets the last index or key before an empty value; a comma keeps it from being the end.
        Data::String(s) if s.is_empty() => out.push(format!("{path}=,")),
        Data::String(s) => out.push(format!("{path}={}", escaped_value(s))),
    }
}

fn written(tree: &DataMap) -> Vec<String> {
    let mut out = Vec::new();
    tree.iter().for_each(|(k, v)| assignments(v, &escaped_key(k), &mut out));
    out
}

/// The tree, and its assignments in any order.
fn shuffled(leaf: BoxedStrategy<Data>) -> impl Strategy<Value = (DataMap, Vec<String>)> {
    tree(leaf).prop_flat_map(|tree| {
        let written = Just(written(&tree)).prop_shuffle();
        (Just(tree), written)
    })
}

/// The tree with one text at every leaf.
fn filled(tree: &DataMap, text: &str) -> DataMap {
    fn fill(data: &Data, text: &str) -> Data {
        match data {
            Data::Map(m) => Data::Map(filled(m, text)),
            Data::List(l) => Data::List(l.iter().map(|d| fill(d, text)).collect()),
            _ => Data::from(text),
        }
    }
    tree.iter().map(|(k, v)| (k.clone(), fill(v, text))).collect()
}

/// As one text: an assignment may bring its comma along.
fn joined(assignments: &[String]) -> String {
    assignments.iter().map(|a| if a.ends_with("=,") { a.clone() } else { format!("{a},") }).collect()
}

fn merge(options: &ValuesOptions) -> DataMap {
    options.merge(Compat::default(), &|path| Ok(path.as_bytes().to_vec())).unwrap().data().clone()
}

/// A path without characters of the syntax, for `--set-literal` has no escapes.
fn plain_path() -> impl Strategy<Value = Vec<Result<String, usize>>> {
    let step = prop_oneof!["[a-z,{}\\\\]{1,4}".prop_map(Ok), (0..5usize).prop_map(Err)];
    ("[a-z]{1,4}", prop::collection::vec(step, 0..4)).prop_map(|(first, rest)| std::iter::once(Ok(first)).chain(rest).collect())
}

fn at<'d>(data: &'d Data, path: &[Result<String, usize>]) -> Option<&'d Data> {
    path.iter().try_fold(data, |d, step| match step {
        Ok(key) => d.get(key),
        Err(i) => d.as_list()?.get(*i),
    })
}

proptest! {
    #[test]
    fn no_text_panics(text in prop_oneof![syntax(), any::<String>()]) {
        for reading in [Reading::Typed, Reading::Text, Reading::Json, Reading::Through(&|s| Err(s.to_owned()))] {
            let _ = parse_into(&text, &mut DataMap::new(), &reading, Compat::Helm4);
        }
        let _ = literal::parse_into(&text, &mut DataMap::new(), Compat::Helm3);
    }

    #[test]
    fn text_reads_back((tree, written) in shuffled(texts())) {
        prop_assert_eq!(&merge(&ValuesOptions { strings: vec![joined(&written)], ..Default::default() }), &tree, "{:?}", written);
        prop_assert_eq!(&merge(&ValuesOptions { strings: written.clone(), ..Default::default() }), &tree, "{:?}", written);
    }

    #[test]
    fn typed_values_read_back((tree, written) in shuffled(typed())) {
        prop_assert_eq!(&merge(&ValuesOptions { set: vec![joined(&written)], ..Default::default() }), &tree, "{:?}", written);
        prop_assert_eq!(&merge(&ValuesOptions { set: written.clone(), ..Default::default() }), &tree, "{:?}", written);
    }

    #[test]
    fn json_reads_back(tree in prop::collection::btree_map(key(), anything(), 0..4)) {
        let one = |(k, v): (&String, &Data)| format!("{}={}", escaped_key(k), json::to_string(v).unwrap());
        let parts: Vec<String> = tree.iter().map(one).collect();
        // A text that begins with a brace is a whole object.
        if parts.iter().all(|p| !p.trim_start().starts_with('{')) {
            prop_assert_eq!(&merge(&ValuesOptions { json: vec![parts.join(",")], ..Default::default() }), &tree, "{:?}", parts);
        }
        let whole = json::to_string(&Data::Map(tree.clone())).unwrap();
        prop_assert_eq!(&merge(&ValuesOptions { json: vec![whole], ..Default::default() }), &tree);
    }

    #[test]
    fn literals_stay_as_they_are(path in plain_path(), text in any::<String>()) {
        let mut shown = String::new();
        for step in &path {
            match step {
                Ok(key) => shown.push_str(&format!(".{key}")),
                Err(i) => shown.push_str(&format!("[{i}]")),
            }
        }
        let literals = vec![format!("{}={text}", &shown[1..])];
        let values = Data::Map(merge(&ValuesOptions { literals, ..Default::default() }));
        prop_assert_eq!(at(&values, &path), Some(&Data::String(text)), "{}", shown);
    }

    #[test]
    fn the_later_wins(tree in tree(texts()), first in "[a-z]{0,4}", second in "[a-z]{0,4}") {
        // The same places set twice: whatever came first leaves no trace.
        let (first, second) = (filled(&tree, &first), filled(&tree, &second));
        let twice: Vec<String> = written(&first).into_iter().chain(written(&second)).collect();
        prop_assert_eq!(&merge(&ValuesOptions { strings: vec![joined(&twice)], ..Default::default() }), &second);
        prop_assert_eq!(&merge(&ValuesOptions { strings: twice, ..Default::default() }), &second);
    }

    /// `--set-json`, `--set`, `--set-string`, `--set-file`, `--set-literal`: each over those before it, whatever their order
    /// on the command line.
    #[test]
    fn flags_have_ranks(given in prop::collection::vec(any::<bool>(), 5)) {
        let if_given = |i: usize, text: &str| if given[i] { vec![text.to_owned()] } else { Vec::new() };
        let options = ValuesOptions {
            json: if_given(0, "a=\"0\""),
            set: if_given(1, "a=x1"),
            strings: if_given(2, "a=2"),
            set_files: if_given(3, "a=3"),
            literals: if_given(4, "a=4"),
            ..Default::default()
        };
        let wanted = given.iter().rposition(|g| *g).map(|i| Data::from(["0", "x1", "2", "3", "4"][i]));
        prop_assert_eq!(merge(&options).remove("a"), wanted);
    }
}
