//! The functions against what Helm 4.3.1 answered: `tests/recorded/functions.jsonl` holds an action a line with its output or its
//! error, over `tests/recorded/values.yaml`.

use std::rc::Rc;
use std::sync::Arc;

use pintle_functions::bind::{Host, helm};
use pintle_functions::world::{Instant, Seeded};
use pintle_template::{Evaluator, Functions, Templates, parse};
use pintle_value::{Map, Str, Value, json};

fn run(functions: &Functions, values: &Value, action: &str) -> Result<String, String> {
    let mut templates = Templates::new();
    let text = format!("{{{{ {action} }}}}");
    templates.add(&parse("case", text.as_str(), functions).map_err(|e| e.message())?);
    let host = Rc::new(Host::new(Seeded::new(1, Instant { seconds: 1_700_000_000, nanos: 0 })));
    let mut evaluator = Evaluator::new(Arc::new(templates), functions, host, Arc::default());
    let data = Value::Map(Map::new([(Str::from("Values"), values.clone())].into_iter().collect()));
    let output = evaluator.execute("case", data).map_err(|e| e.message())?;
    // The engine around the templates turns nil values into nothing.
    Ok(String::from_utf8_lossy(&output).replace("<no value>", ""))
}

#[test]
fn answers_are_helms() {
    let values = pintle_yaml::from_slice(include_bytes!("../recorded/values.yaml")).unwrap();
    let functions = helm();
    let mut wrong = Vec::new();
    for line in include_str!("../recorded/functions.jsonl").lines() {
        let case = json::from_slice(line.as_bytes()).unwrap();
        let field = |name| case.get(name).and_then(|d| d.as_str());
        let action = field("template").unwrap();
        // Each case has its own values: some change them.
        let got = run(&functions, &Value::from(&values), action);
        let right = match (field("output"), field("error"), &got) {
            (Some(want), _, Ok(got)) => got == want,
            (_, Some(want), Err(got)) => got.contains(want),
            _ => false,
        };
        if !right {
            wrong.push(format!("{{{{ {action} }}}}\n  wanted {line}\n  got    {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{} cases differ", wrong.join("\n"), wrong.len());
}

#[test]
fn worlds_make_renders_repeatable() {
    let functions = helm();
    let action =
        "now | date \"2006-01-02T15:04:05Z07:00\" }} {{ randAlphaNum 8 }} {{ uuidv4 }} {{ shuffle \"abcdef\" }} {{ randInt 1 9";
    let once = run(&functions, &Value::Nil, action).unwrap();
    assert!(once.starts_with("2023-11-14T22:13:20Z "));
    assert_eq!(once, run(&functions, &Value::Nil, action).unwrap());
}
