//! What holds for any version, any list and any text.

use std::rc::Rc;
use std::sync::Arc;

use pintle_functions::bind::{Host, helm};
use pintle_functions::semver::Version;
use pintle_functions::world::Seeded;
use pintle_template::{Evaluator, Functions, Templates};
use pintle_value::{Data, Value};
use proptest::prelude::*;

/// Versions, most of them strict; what is long or begins with a zero is among them.
fn version() -> impl Strategy<Value = String> {
    let number = || prop_oneof![4 => "[0-9]", 2 => "[1-9][0-9]{0,3}", 1 => "0[0-9]", 1 => "[1-9][0-9]{18,19}"];
    // A number that is longer than 64 bits is a text to Masterminds' library, and a number to Cargo's.
    let part = || prop_oneof!["[0-9]", "[1-9][0-9]{0,17}", "0[0-9]", "[a-cA-C-]{1,3}", "[0-9a-c-]{1,4}", Just(String::new())];
    let parts = move || prop::collection::vec(part(), 1..4).prop_map(|p| p.join("."));
    let tail = (prop::option::weighted(0.6, parts()), prop::option::weighted(0.2, parts()));
    (number(), number(), number(), tail).prop_map(|(major, minor, patch, (pre, build))| {
        let mark = |mark, text: Option<String>| text.map_or_else(String::new, |t| format!("{mark}{t}"));
        format!("{major}.{minor}.{patch}{}{}", mark("-", pre), mark("+", build))
    })
}

/// What a function makes of some arguments.
fn call(functions: &Functions, name: &str, args: Vec<Value>) -> Value {
    let host = Rc::new(Host::new(Seeded::new(1, Default::default())));
    let mut evaluator = Evaluator::new(Arc::new(Templates::new()), functions, host, Arc::default());
    evaluator.apply(functions.get(name).unwrap(), args).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn texts(texts: &[String]) -> Value {
    Value::list(texts.iter().map(|t| Value::from(t.as_str())).collect())
}

fn list(value: &Value) -> Vec<Data> {
    match Data::from(value) {
        Data::List(items) => items,
        other => panic!("no list: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn strict_versions_are_what_cargo_takes_for_them(text in version()) {
        let (ours, theirs) = (Version::parse_strict(&text), semver::Version::parse(&text));
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}: {:?}, {:?}", text, ours, theirs);
    }

    #[test]
    fn strict_versions_are_in_cargos_order(a in version(), b in version()) {
        let read = |text| Some((Version::parse_strict(text).ok()?, semver::Version::parse(text).ok()?));
        if let (Some((a, x)), Some((b, y))) = (read(&a), read(&b)) {
            prop_assert_eq!(a.compare(&b), x.cmp_precedence(&y), "{} and {}", x, y);
        }
    }

    #[test]
    fn strict_versions_are_read_leniently_too(text in version()) {
        if let Ok(strict) = Version::parse_strict(&text) {
            let lenient = Version::parse(&text).unwrap();
            prop_assert_eq!((lenient.to_string(), strict.to_string()), (text.clone(), text));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn sorting_once_is_enough(items in prop::collection::vec("[a-cA-C0-9é]{0,3}", 0..12)) {
        let functions = helm();
        let once = call(&functions, "sortAlpha", vec![texts(&items)]);
        let mut sorted = items.clone();
        sorted.sort_unstable();
        prop_assert_eq!(list(&once), sorted.into_iter().map(Data::String).collect::<Vec<_>>());
        prop_assert_eq!(list(&call(&functions, "sortAlpha", vec![once.clone()])), list(&once));
    }

    #[test]
    fn what_is_there_once_stays_in_its_order(items in prop::collection::vec("[a-c]{0,2}", 0..12)) {
        let functions = helm();
        let once = call(&functions, "uniq", vec![texts(&items)]);
        let mut first: Vec<Data> = Vec::new();
        for item in items.iter().cloned().map(Data::String) {
            if !first.contains(&item) {
                first.push(item);
            }
        }
        prop_assert_eq!(list(&once), first);
        prop_assert_eq!(list(&call(&functions, "uniq", vec![once.clone()])), list(&once));
    }

    #[test]
    fn what_is_turned_round_twice_is_as_it_was(items in prop::collection::vec("[a-c]{0,2}", 0..12)) {
        let functions = helm();
        let once = call(&functions, "reverse", vec![texts(&items)]);
        prop_assert_eq!(list(&call(&functions, "reverse", vec![once])), list(&texts(&items)));
    }

    #[test]
    fn what_is_encoded_is_decoded(text in any::<String>()) {
        let functions = helm();
        for (there, back) in [("b64enc", "b64dec"), ("b32enc", "b32dec")] {
            let encoded = call(&functions, there, vec![Value::from(text.as_str())]);
            prop_assert_eq!(Data::from(&call(&functions, back, vec![encoded])), Data::String(text.clone()), "{}", there);
        }
        let map = Value::dict([("a".into(), Value::from(text.as_str()))].into());
        let json = call(&functions, "toJson", vec![map.clone()]);
        prop_assert_eq!(Data::from(&call(&functions, "fromJson", vec![json])), Data::from(&map));
    }

    #[test]
    fn a_list_of_words_is_joined_and_split(items in prop::collection::vec("[a-c]{0,3}", 1..8)) {
        let functions = helm();
        let joined = call(&functions, "join", vec![Value::from(","), texts(&items)]);
        prop_assert_eq!(list(&call(&functions, "splitList", vec![Value::from(","), joined])), list(&texts(&items)));
    }

    #[test]
    fn a_cut_text_is_no_longer_than_asked(text in "[a-zé世]{0,20}", length in 0_i64..30) {
        let functions = helm();
        let cut = call(&functions, "trunc", vec![Value::int(length), Value::from(text.as_str())]);
        let Value::String(cut) = cut else { panic!("no text: {cut:?}") };
        prop_assert_eq!(&cut[..], &text.as_bytes()[..text.len().min(length as usize)]);
    }
}
