//! What is written here, read by another author's reader: libyaml's rules, with YAML 1.2's plain scalars.

use pintle_value::Data;
use pintle_yaml::to_yaml;
use proptest::prelude::*;

use crate::properties::data;

/// Whether a value is what was read. A float without a fraction may be an integer again.
fn same(ours: &Data, theirs: &serde_yaml::Value) -> bool {
    match (ours, theirs) {
        (Data::Null, serde_yaml::Value::Null) => true,
        (Data::Bool(a), serde_yaml::Value::Bool(b)) => a == b,
        (Data::Int(a), serde_yaml::Value::Number(b)) => b.as_i64() == Some(*a),
        (Data::Float(a), serde_yaml::Value::Number(b)) => b.as_f64() == Some(*a),
        (Data::String(a), serde_yaml::Value::String(b)) => a == b,
        (Data::List(a), serde_yaml::Value::Sequence(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Data::Map(a), serde_yaml::Value::Mapping(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key.as_str()).is_some_and(|found| same(value, found)))
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn another_reader_reads_the_same(data in data()) {
        let text = to_yaml(&data).unwrap();
        match serde_yaml::from_str(&text) {
            Ok(read) => prop_assert!(same(&data, &read), "{:?}\n{}\n{:?}", data, text, read),
            Err(e) => prop_assert!(false, "{}: {:?}\n{}", e, data, text),
        }
    }
}
