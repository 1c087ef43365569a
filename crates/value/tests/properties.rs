//! What holds for any value, any number and any format.

use pintle_go::strconv::unquote;
use pintle_value::fmt::{sprint, sprintf};
use pintle_value::{Data, DataMap, Entries, IntKind, List, Str, Type, Value};
use proptest::prelude::*;

const INTEGERS: [IntKind; 10] = [
    IntKind::Int,
    IntKind::Int8,
    IntKind::Int16,
    IntKind::Int32,
    IntKind::Int64,
    IntKind::Uint,
    IntKind::Uint8,
    IntKind::Uint16,
    IntKind::Uint32,
    IntKind::Uint64,
];

/// Bytes that mostly are text, with control characters and broken UTF-8 among them.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<String>().prop_map(String::into_bytes),
        "[ -~]{0,12}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..12)
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Bool),
        (prop::sample::select(&INTEGERS[..]), any::<i64>()).prop_map(|(kind, n)| Value::Int(kind, n)),
        prop::num::f64::ANY.prop_map(Value::Float),
        (prop::num::f64::ANY, prop::num::f64::ANY).prop_map(|(re, im)| Value::Complex(re, im)),
        bytes().prop_map(|b| Value::String(Str::from(b))),
        bytes().prop_map(|b| Value::Bytes(Str::from(b))),
        prop::collection::vec("[a-z]{0,3}", 0..3).prop_map(|s| Value::List(List::strings(s))),
        Just(Value::List(List::nil(Type::Any))),
        Just(Value::zero(Type::Map(&Type::Any))),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::list),
            prop::collection::btree_map(bytes().prop_map(Str::from), inner, 0..4).prop_map(Value::dict),
        ]
    })
}

/// A format: directives of all shapes, whole and broken, between texts.
fn format() -> impl Strategy<Value = Vec<u8>> {
    let number = || prop_oneof![Just(String::new()), "[0-9]{1,2}", Just("*".to_owned()), "\\[[0-9]\\]\\*?", Just("[".to_owned())];
    let verb = prop_oneof![
        prop::sample::select("vTtbcdoOqxXUeEfFgGsp%w".chars().collect::<Vec<char>>()).prop_map(|c| c.to_string()),
        any::<char>().prop_map(|c| c.to_string()),
        Just(String::new()),
    ];
    let dot = prop_oneof![Just(""), Just(".")];
    let directive = ("[ #0+-]{0,3}", number(), dot, number(), verb)
        .prop_map(|(flags, width, dot, precision, verb)| format!("%{flags}{width}{dot}{precision}{verb}").into_bytes());
    prop::collection::vec(prop_oneof![3 => directive, 1 => bytes()], 0..5).prop_map(|pieces| pieces.concat())
}

fn data() -> impl Strategy<Value = Data> {
    let leaf = prop_oneof![
        Just(Data::Null),
        any::<bool>().prop_map(Data::Bool),
        any::<i64>().prop_map(Data::Int),
        "[a-zé ]{0,5}".prop_map(Data::String)
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Data::List),
            prop::collection::btree_map("[a-zA-Z0-9é.-]{0,4}", inner, 0..5).prop_map(|m: DataMap| Data::Map(m)),
        ]
    })
}

/// What Go prints of a tree, written down a second time: `map[k:v k:v]` by key, `[a b]` in order.
fn printed(data: &Data) -> String {
    match data {
        Data::Null => "<nil>".into(),
        Data::Bool(b) => b.to_string(),
        Data::Int(n) => n.to_string(),
        Data::Float(_) => unreachable!("data() makes none"),
        Data::String(s) => s.clone(),
        Data::List(l) => format!("[{}]", l.iter().map(printed).collect::<Vec<_>>().join(" ")),
        Data::Map(m) => {
            let mut keys: Vec<&String> = m.keys().collect();
            keys.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
            format!("map[{}]", keys.iter().map(|k| format!("{k}:{}", printed(&m[*k]))).collect::<Vec<_>>().join(" "))
        }
    }
}

fn text(format: &str, v: Value) -> String {
    String::from_utf8(sprintf(format.as_bytes(), &[v])).unwrap()
}

proptest! {
    #[test]
    fn no_format_panics(format in format(), args in prop::collection::vec(value(), 0..4)) {
        let first = sprintf(&format, &args);
        prop_assert_eq!(sprintf(&format, &args), first);
    }

    #[test]
    fn integers_print_as_rust_prints_them(kind in prop::sample::select(&INTEGERS[..]), n in any::<i64>(), width in 0..30usize) {
        let v = || Value::Int(kind, n);
        // Unsigned kinds keep their 64 bits.
        let wide = if kind.is_unsigned() { i128::from(n as u64) } else { i128::from(n) };
        prop_assert_eq!(text("%d", v()), format!("{wide}"));
        prop_assert_eq!(text("%v", v()), format!("{wide}"));
        prop_assert_eq!(text("%+d", v()), format!("{wide:+}"));
        prop_assert_eq!(text(&format!("%{width}d"), v()), format!("{wide:width$}"));
        prop_assert_eq!(text(&format!("%-{width}d"), v()), format!("{wide:<width$}"));
        prop_assert_eq!(text(&format!("%0{width}d"), v()), format!("{wide:0width$}"));
        let magnitude = wide.unsigned_abs();
        let sign = if wide < 0 { "-" } else { "" };
        prop_assert_eq!(text("%x", v()), format!("{sign}{magnitude:x}"));
        prop_assert_eq!(text("%#X", v()), format!("{sign}0X{magnitude:X}"));
        prop_assert_eq!(text("%o", v()), format!("{sign}{magnitude:o}"));
        prop_assert_eq!(text("%b", v()), format!("{sign}{magnitude:b}"));
    }

    #[test]
    fn quoted_text_unquotes(bytes in bytes()) {
        for format in ["%q", "%+q", "%#q", "%#v"] {
            let quoted = sprintf(format.as_bytes(), &[Value::string(bytes.clone())]);
            prop_assert_eq!(unquote(&quoted), Some(bytes.clone()), "{} {}", format, String::from_utf8_lossy(&quoted));
        }
        let ascii = sprintf(b"%+q", &[Value::string(bytes.clone())]);
        prop_assert!(ascii.is_ascii());
    }

    #[test]
    fn floats_parse_back(f in prop::num::f64::ANY) {
        let shown = text("%v", Value::Float(f));
        let back: f64 = shown.parse().unwrap();
        prop_assert!(back.to_bits() == f.to_bits() || back.is_nan() && f.is_nan(), "{} {:?}", shown, f);
        prop_assert_eq!(text("%g", Value::Float(f)), shown);
        if f.is_finite() {
            let exact: f64 = text("%.17e", Value::Float(f)).parse().unwrap();
            prop_assert_eq!(exact.to_bits(), f.to_bits());
            prop_assert_eq!(text("%.3f", Value::Float(f)), format!("{f:.3}"));
        }
    }

    #[test]
    fn trees_print_by_key(data in data()) {
        let value = [Value::from(&data)];
        prop_assert_eq!(String::from_utf8(sprint(&value)).unwrap(), printed(&data));
        prop_assert_eq!(sprintf(b"%v", &value), printed(&data).into_bytes());
    }

    #[test]
    fn the_order_of_insertion_is_not_seen(pairs in prop::collection::vec(("[a-z]{1,3}", any::<i64>()), 0..8)) {
        let unique: std::collections::HashMap<String, i64> = pairs.into_iter().collect();
        let map = |forward: bool| {
            let map = pintle_value::Map::new(Entries::new());
            let mut keys: Vec<&String> = unique.keys().collect();
            if !forward {
                keys.reverse();
            }
            keys.iter().for_each(|k| map.insert(Str::from(k.as_str()), Value::int(unique[*k])));
            sprint(&[Value::Map(map)])
        };
        prop_assert_eq!(map(true), map(false));
    }

    #[test]
    fn widths_count_characters(s in any::<String>(), width in 0..40usize, precision in 0..40usize) {
        let v = || Value::from(s.as_str());
        let padding = " ".repeat(width.saturating_sub(s.chars().count()));
        prop_assert_eq!(text(&format!("%{width}s"), v()), format!("{padding}{s}"));
        prop_assert_eq!(text(&format!("%-{width}s"), v()), format!("{s}{padding}"));
        let cut: String = s.chars().take(precision).collect();
        prop_assert_eq!(text(&format!("%.{precision}s"), v()), cut);
    }
}
