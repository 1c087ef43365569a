//! Every function, called in both languages.

use std::collections::BTreeSet;

use pintle_jinja::{JINJA_FILTERS, JINJA_FUNCTIONS, Templates};
use pintle_template::parse;
use pintle_value::budget::Limits;
use pintle_value::{Entries, Str, Value, json};

use crate::{FUNCTIONS, GO, dot, evaluator, failure, ints, render};

fn in_go(action: &str, args: &Value) -> Result<String, String> {
    let text = format!("{GO}{{{{ {action} | toJson }}}}");
    let evaluator = evaluator(&text, Limits::default());
    // A case that can't be parsed would be a mistake in the table.
    parse("case", Str::from(text.as_str()), &FUNCTIONS).unwrap();
    let out = evaluator.borrow_mut().execute("main", Value::Map(dot(args)));
    out.map(|out| String::from_utf8(out).unwrap()).map_err(|e| e.message())
}

fn in_jinja(expression: &str, args: &Value) -> Result<String, String> {
    let name = "web/templates/a.yaml";
    let mut templates = Templates::new(BTreeSet::from([name.to_owned()]), &FUNCTIONS);
    templates.add(name, format!("{{{{ ({expression}) | toJson }}}}").as_bytes()).unwrap();
    let out = templates.render(name, &dot(args), &evaluator(GO, Limits::default()));
    out.map(|out| String::from_utf8(out).unwrap()).map_err(|e| e.what().to_owned())
}

/// What a function said, without the places around it.
fn said(error: &str) -> &str {
    // Go shows the expression that is no function.
    if error.contains("non-function") && error.ends_with("of type string") {
        return "non-function";
    }
    let start = error.find("error calling").or_else(|| error.find("wrong")).unwrap_or(0);
    let error = &error[start..];
    // Go names the function that is called, Jinja's errors do that for errors of arguments too.
    error.rsplit_once(": wrong ").map_or(error, |_| &error[error.rfind("wrong ").unwrap_or(0)..])
}

#[test]
fn every_function_is_the_same_in_both_languages() {
    let mut missing: BTreeSet<&str> = FUNCTIONS.names().collect();
    let mut wrong = Vec::new();
    for line in include_str!("functions.txt").lines().filter(|l| !l.starts_with('#')) {
        let (name, args) = line.split_once(' ').unwrap();
        missing.remove(name);
        // Each call has its own arguments: some change them.
        let args = || {
            let list = json::list_from_slice(args.as_bytes()).unwrap().unwrap();
            let entry = |(i, v): (usize, &pintle_value::Data)| (Str::from(format!("a{i}")), ints(&Value::from(v)));
            Value::dict(list.iter().enumerate().map(entry).collect::<Entries>())
        };
        let count = args().as_map().map_or(0, |m| m.len());
        let call = |i: usize| match args().as_map().and_then(|m| m.get(format!("a{i}").as_bytes())) {
            // `{"$call": "f 1"}` is what a function gives.
            Some(Value::Map(m)) => m.get(b"$call").map(|v| v.as_str().map(ToString::to_string).unwrap_or_default()),
            // Constants fit every numeric parameter, as Jinja's numbers do.
            Some(v @ (Value::Int(..) | Value::Float(_))) => json::to_string(&v).ok(),
            _ => None,
        };
        let go_arg = |i: usize| match call(i) {
            Some(c) if c.parse::<f64>().is_ok() => format!(" {c}"),
            Some(c) => format!(" ({c})"),
            None => format!(" .Values.a{i}"),
        };
        let go_args: String = (0..count).map(go_arg).collect();
        let expected = in_go(&format!("{name}{go_args}"), &args());
        let jinja_call = |c: String| match c.split_once(' ') {
            Some((f, args)) => format!("helm.{f}({})", args.replace(' ', ", ")),
            None if c.parse::<f64>().is_ok() => c,
            None => format!("helm.{c}()"),
        };
        let names: Vec<String> =
            (0..count).map(|i| call(i).map_or_else(|| format!("values.a{i}"), |c| format!("({})", jinja_call(c)))).collect();
        let mut forms = vec![format!("helm.{name}({})", names.join(", "))];
        // Jinja's operators are no names, and `values` is the chart's.
        let is_word = matches!(name, "and" | "or" | "not" | "values");
        let renders_jinja = matches!(name, "include" | "tpl");
        if !JINJA_FUNCTIONS.contains(&name) && !is_word && !renders_jinja {
            forms.push(format!("{name}({})", names.join(", ")));
        }
        if let Some((last, before)) = names.split_last() {
            forms.push(format!("{last} | helm.{name}({})", before.join(", ")));
            if !JINJA_FILTERS.contains(&name) && !renders_jinja {
                forms.push(format!("{last} | {name}({})", before.join(", ")));
            }
        }
        for form in forms {
            let got = in_jinja(&form, &args());
            let same = match (&expected, &got) {
                (Ok(a), Ok(b)) => a == b,
                (Err(a), Err(b)) => said(a) == said(b),
                _ => false,
            };
            if !same {
                wrong.push(format!("{{{{ {form} }}}} of {line}\n  in Go    {expected:?}\n  in Jinja {got:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{} differ", wrong.join("\n"), wrong.len());
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

#[test]
fn jinjas_filters_keep_their_meaning() {
    // Each of them is Jinja's and Helm has a function of that name, and no other is both.
    let both = |name: &&str| {
        let env = minijinja::Environment::new();
        let unknown = env.empty_state().apply_filter(name, &[]).is_err_and(|e| e.kind() == minijinja::ErrorKind::UnknownFilter);
        !unknown
    };
    let expected: BTreeSet<&str> = FUNCTIONS.names().filter(both).collect();
    assert_eq!(JINJA_FILTERS.iter().copied().collect::<BTreeSet<_>>(), expected);
    for (template, expected) in [
        ("{{ missing | default('x') }}|{{ '' | default('x') }}|{{ '' | helm.default('x') }}", "x||x"),
        ("{{ ['a', 'b'] | join('-') }}|{{ ['a', 'b'] | helm.join('-') }}", "a-b|a-b"),
        ("{{ 'aba' | replace('a', 'c') }}|{{ 'aba' | helm.replace('a', 'c') }}", "cbc|cbc"),
        ("{{ 'a\nb' | indent(2) }}|{{ 'a\nb' | helm.indent(2) }}", "a\n  b|  a\n  b"),
        ("{{ 'ab' | list }}|{{ list('ab') }}|{{ 'ab' | helm.list }}", "[\"a\",\"b\"]|[\"ab\"]|[\"ab\"]"),
        ("{{ 'ab' | first }}", "a"),
        ("{{ dict(a=1).a }}|{{ helm.dict('a', 1).a }}", "1|1"),
        ("{{ [3, 1] | max }}|{{ max(3, 1) }}", "3|3"),
        ("{{ 1.25 | round(1) }}|{{ round(1.25, 1) }}", "1.2|1.3"),
    ] {
        assert_eq!(render(template, "{}").unwrap(), expected, "{template}");
    }
}

#[test]
fn arguments_are_checked() {
    let what = "error calling trunc: wrong type for value; expected int; got string";
    assert_eq!(failure("{{ 'abc' | trunc('x') }}", "{}"), format!("web/templates/a.yaml:1:12: {what}"));
    assert!(failure("{{ 'abc' | trunc }}", "{}").ends_with("wrong number of args for trunc: want 2 got 1"));
    assert!(failure("{{ toYaml(x=1) }}", "{}").contains("unexpected keyword argument"));
    assert!(failure("{{ values.missing | toYaml }}", "{a: 1}").ends_with("`values.missing` is undefined"));
    assert_eq!(render("{{ values.missing | helm.default('d') }}", "{a: 1}").unwrap(), "d");
    assert!(failure("{{ required('give a name', values.missing) }}", "{a: 1}").contains("give a name"));
}
