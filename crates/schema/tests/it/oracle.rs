//! Verdicts against those of the `jsonschema` crate, another author's reading of the same standard; and what holds for any schema.

use pintle_schema::Schema;
use pintle_value::json;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// A draft that both know.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Draft {
    Seven,
    Newest,
}

impl Draft {
    /// A schema of this draft that others may be referred to in.
    fn document(self, schema: &Value, other: &Value) -> Value {
        let uri = match self {
            Draft::Seven => "http://json-schema.org/draft-07/schema#",
            Draft::Newest => "https://json-schema.org/draft/2020-12/schema",
        };
        json!({"$schema": uri, "allOf": [schema], "definitions": {"other": other}})
    }
}

const NAMES: [&str; 4] = ["a", "b", "ab", "é"];

/// Values of the few names and sizes that the schemas speak of.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-4..9_i32).prop_map(|n| json!(n)),
        (-4..9_i32).prop_map(|n| json!(f64::from(n) / 2.0)),
        "[ab1é]{0,4}".prop_map(Value::String),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(select(&NAMES[..]), inner, 0..4)
                .prop_map(|m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

/// A list without repetitions: draft 7 wants none in `enum`.
fn distinct(values: Vec<Value>) -> Value {
    let mut distinct: Vec<Value> = Vec::new();
    for value in values {
        if !distinct.iter().any(|d| floats(d) == floats(&value)) {
            distinct.push(value);
        }
    }
    Value::Array(distinct)
}

/// A value in which `2` and `2.0` are the same.
fn floats(value: &Value) -> Value {
    match value {
        Value::Number(n) => json!(n.as_f64()),
        Value::Array(items) => Value::Array(items.iter().map(floats).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), floats(v))).collect()),
        other => other.clone(),
    }
}

fn types() -> impl Strategy<Value = Value> {
    let name = || select(vec!["null", "boolean", "integer", "number", "string", "array", "object"]);
    prop_oneof![
        name().prop_map(Value::from),
        prop::collection::btree_set(name(), 1..4).prop_map(|names| Value::from(names.into_iter().collect::<Vec<_>>())),
    ]
}

/// A keyword that holds no schemas.
fn plain(draft: Draft) -> BoxedStrategy<(String, Value)> {
    let count = |names: &'static [&'static str]| (select(names), 0..4_u32).prop_map(|(name, n)| (name.to_owned(), json!(n)));
    let names = || prop::collection::btree_set(select(&NAMES[..]), 0..3).prop_map(|n| json!(n));
    let together = (select(&NAMES[..]), names()).prop_map(move |(name, names)| {
        let keyword = if draft == Draft::Seven { "dependencies" } else { "dependentRequired" };
        (keyword.to_owned(), json!({name: names}))
    });
    prop_oneof![
        types().prop_map(|t| ("type".to_owned(), t)),
        prop::collection::vec(value(), 1..4).prop_map(|v| ("enum".to_owned(), distinct(v))),
        value().prop_map(|v| ("const".to_owned(), v)),
        (select(vec!["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), -4..9_i32)
            .prop_map(|(name, n)| (name.to_owned(), json!(f64::from(n) / 2.0))),
        select(vec![1.0, 2.0, 0.5, 3.0]).prop_map(|n| ("multipleOf".to_owned(), json!(n))),
        count(&["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]),
        select(vec!["^a", "b$", "^[ab]*$", "1", "a.b", "é"]).prop_map(|p| ("pattern".to_owned(), json!(p))),
        any::<bool>().prop_map(|b| ("uniqueItems".to_owned(), json!(b))),
        names().prop_map(|n| ("required".to_owned(), n)),
        together,
    ]
    .boxed()
}

/// A keyword that holds schemas.
fn nested(draft: Draft, inner: BoxedStrategy<Value>) -> BoxedStrategy<Vec<(String, Value)>> {
    let one = |name: &'static str, inner: &BoxedStrategy<Value>| inner.clone().prop_map(move |s| vec![(name.to_owned(), s)]);
    let list = prop::collection::vec(inner.clone(), 1..3);
    let by_name = |keys: &'static [&'static str], name: &'static str, inner: &BoxedStrategy<Value>| {
        prop::collection::btree_map(select(keys), inner.clone(), 1..3).prop_map(move |m| vec![(name.to_owned(), json!(m))])
    };
    let condition = (inner.clone(), prop::option::of(inner.clone()), prop::option::of(inner.clone())).prop_map(|(i, t, e)| {
        let keyword = |name: &str, schema: Option<Value>| schema.map(|s| (name.to_owned(), s));
        [keyword("if", Some(i)), keyword("then", t), keyword("else", e)].into_iter().flatten().collect::<Vec<_>>()
    });
    let items = (list.clone(), prop::option::of(inner.clone())).prop_map(move |(first, rest)| {
        let (all, more) = if draft == Draft::Seven { ("items", "additionalItems") } else { ("prefixItems", "items") };
        let rest = rest.map(|s| (more.to_owned(), s));
        [Some((all.to_owned(), Value::Array(first))), rest].into_iter().flatten().collect::<Vec<_>>()
    });
    let both = prop_oneof![
        (select(vec!["allOf", "anyOf", "oneOf"]), list).prop_map(|(name, l)| vec![(name.to_owned(), Value::Array(l))]),
        one("not", &inner),
        one("contains", &inner),
        one("items", &inner),
        one("additionalProperties", &inner),
        one("propertyNames", &inner),
        by_name(&NAMES, "properties", &inner),
        by_name(&["^a", "b$", "é"], "patternProperties", &inner),
        condition,
        items,
        Just(vec![("$ref".to_owned(), json!("#/definitions/other"))]),
    ];
    if draft == Draft::Seven {
        return both.boxed();
    }
    let counted = (inner.clone(), 0..3_u32, prop::option::of(0..3_u32)).prop_map(|(schema, least, most)| {
        let most = most.map(|n| ("maxContains".to_owned(), json!(n)));
        let counted = [Some(("contains".to_owned(), schema)), Some(("minContains".to_owned(), json!(least))), most];
        counted.into_iter().flatten().collect::<Vec<_>>()
    });
    prop_oneof![
        6 => both,
        1 => one("unevaluatedProperties", &inner),
        1 => one("unevaluatedItems", &inner),
        1 => by_name(&NAMES, "dependentSchemas", &inner),
        1 => counted,
    ]
    .boxed()
}

fn schema(draft: Draft) -> BoxedStrategy<Value> {
    let flat = prop::collection::vec(plain(draft), 1..3).prop_map(|k| Value::Object(k.into_iter().collect::<Map<_, _>>()));
    let leaf = prop_oneof![6 => flat, 1 => any::<bool>().prop_map(Value::Bool)];
    let all = leaf.prop_recursive(3, 16, 3, move |inner| {
        (prop::collection::vec(nested(draft, inner.boxed()), 1..3), prop::collection::vec(plain(draft), 0..2)).prop_map(
            move |(nested, plain)| {
                let all: Map<_, _> = nested.into_iter().flatten().chain(plain).collect();
                // Draft 7 ignores what stands beside a reference. Helm's library doesn't ignore the keywords of drafts 6 and 7, such as
                // `const`, and ours follows it.
                match all.get("$ref") {
                    Some(other) if draft == Draft::Seven => json!({"$ref": other}),
                    _ => Value::Object(all),
                }
            },
        )
    });
    all.boxed()
}

/// A schema without references to others, so that nothing refers to itself.
fn closed(draft: Draft) -> BoxedStrategy<Value> {
    prop::collection::vec(plain(draft), 1..3).prop_map(|k| Value::Object(k.into_iter().collect::<Map<_, _>>())).boxed()
}

/// Our verdict.
fn fits(document: &Value, value: &Value) -> bool {
    let schema = Schema::compile(document.to_string().as_bytes(), &crate::nothing).unwrap_or_else(|e| panic!("{document}: {e}"));
    schema.validate(&json::from_slice(value.to_string().as_bytes()).unwrap()).is_ok()
}

/// The other's verdict.
fn fits_theirs(document: &Value, value: &Value) -> bool {
    jsonschema::validator_for(document).unwrap_or_else(|e| panic!("{document}: {e}")).is_valid(value)
}

fn drafted() -> impl Strategy<Value = (Draft, Value, Value)> {
    select(vec![Draft::Seven, Draft::Newest]).prop_flat_map(|draft| (Just(draft), schema(draft), closed(draft)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn verdicts_are_those_of_another_validator((draft, schema, other) in drafted(), values in prop::collection::vec(value(), 6)) {
        let document = draft.document(&schema, &other);
        for value in values {
            prop_assert_eq!(fits(&document, &value), fits_theirs(&document, &value), "{}\n{}", document, value);
        }
    }

    #[test]
    fn logic_holds((draft, schema, other) in drafted(), value in value()) {
        let fits = |schema: &Value| fits(&draft.document(schema, &other), &value);
        let it = fits(&schema);
        prop_assert_eq!(fits(&json!({"not": schema})), !it);
        prop_assert_eq!(fits(&json!({"anyOf": [false, schema]})), it);
        prop_assert_eq!(fits(&json!({"oneOf": [schema, false]})), it);
        prop_assert_eq!(fits(&json!({"oneOf": [schema, schema]})), false);
        prop_assert_eq!(fits(&json!({"if": schema, "then": true, "else": false})), it);
    }
}
