//! What holds for any template.

use std::rc::Rc;
use std::sync::Arc;

use pintle_value::{Data, DataMap, Value};
use proptest::prelude::*;

use crate::node::{Shown, Template};
use pintle_value::budget::{Budget, Limits};

use crate::{Evaluator, Functions, Templates, parse};

/// Pieces of the syntax, to be put together at random.
fn fragments() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "{{",
            "}}",
            "{{- ",
            " -}}",
            "{{/*",
            "*/}}",
            "{",
            "}",
            " ",
            "\n",
            ".",
            ".a",
            "$",
            "$x",
            "$x :=",
            "=",
            ":",
            ",",
            "|",
            "(",
            ")",
            "\"",
            "\"s\"",
            "`",
            "'a'",
            "1",
            "-1.5e3",
            "0x",
            "1i",
            "true",
            "nil",
            "if ",
            "else ",
            "end",
            "range ",
            "with ",
            "define \"d\"",
            "block \"b\" .",
            "template \"d\"",
            "break",
            "continue",
            "len ",
            "print ",
            "é",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(|c| c.to_string()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|p| p.concat())
}

/// Pipelines; most of them parse.
fn pipeline() -> impl Strategy<Value = String> {
    let operand = prop::sample::select(vec![
        ".",
        ".a",
        ".a.b",
        "$",
        "$x",
        "$.a",
        "1",
        "-2.5",
        "0x1F",
        "1e3",
        "'\\n'",
        "\"s \\\" {{\"",
        "`raw\nline`",
        "true",
        "(nil)",
        "len",
    ])
    .prop_map(str::to_owned);
    operand.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|e| format!("({e})")),
            inner.clone().prop_map(|e| format!("({e}).f.g")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("print ({a})  ({b}) .c")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a}| printf \"%v\" ({b}) |len")),
        ]
    })
}

/// Texts without the two characters that would make a delimiter when a neighbour vanishes.
fn plain() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z }\n-]{0,6}", any::<String>().prop_map(|s| s.replace('{', "("))]
}

/// Whole templates.
fn template() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        plain(),
        pipeline().prop_map(|p| format!("{{{{ {p} }}}}")),
        pipeline().prop_map(|p| format!("{{{{- {p} -}}}}")),
        pipeline().prop_map(|p| format!("{{{{ $x = {p} }}}}{{{{$y := $x}}}}")),
        pipeline().prop_map(|p| format!("{{{{template \"d\" {p}}}}}{{{{/* note */ -}}}}")),
        Just("{{range $i, $e := .}}{{if $i}}{{break}}{{end}}{{continue}}{{$e}}{{end}}".to_owned()),
    ];
    let body = leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a + &b),
            (pipeline(), inner.clone()).prop_map(|(p, a)| format!("{{{{if {p}}}}}{a}{{{{end}}}}")),
            (pipeline(), inner.clone(), inner.clone())
                .prop_map(|(p, a, b)| format!("{{{{if $z := {p}}}}}{a}{{{{else if $z}}}}{b}{{{{else}}}}{a}{{{{end}}}}")),
            (pipeline(), inner.clone(), inner.clone())
                .prop_map(|(p, a, b)| format!("{{{{range $k, $v := {p}}}}}{a}{{{{else}}}}{b}{{{{end}}}}")),
            (pipeline(), inner).prop_map(|(p, a)| format!("{{{{with {p}}}}}{a}{{{{else with .b}}}}{a}{{{{end}}}}")),
        ]
    });
    body.prop_map(|b| format!("{{{{$x := 1}}}}{b}{{{{define \"d\"}}}}{{{{.}}}}{{{{end}}}}"))
}

/// `ListNode.String` of Go.
fn print(template: &Template) -> String {
    let ast = &template.source.ast;
    template.root.of(&ast.nodes).iter().map(|node| Shown::new(&template.source, node).to_string()).collect()
}

fn execute(text: &str, data: Value) -> Option<Result<Vec<u8>, crate::Error>> {
    let functions = Functions::builtins();
    let mut templates = Templates::new();
    templates.add(&parse("t", text, &functions).ok()?);
    let budget = Arc::new(Budget::new(Limits { steps: 10_000, output: 1 << 16, ..Limits::strict() }));
    let mut evaluator = Evaluator::new(Arc::new(templates), &functions, Rc::new(()), budget);
    Some(evaluator.execute("t", data))
}

fn data() -> Value {
    let inner = DataMap::from([("b".into(), Data::from("x")), ("f".into(), Data::Int(1))]);
    Value::from(&Data::Map(DataMap::from([("a".into(), Data::Map(inner)), ("c".into(), Data::List(vec![Data::Null]))])))
}

proptest! {
    #[test]
    fn no_text_panics(text in prop_oneof![fragments(), any::<String>()]) {
        let _ = execute(&text, data());
        let _ = execute(&format!("{{{{ {text} }}}}"), data());
    }

    #[test]
    fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = parse("t", [b"{{ \"", &text[..]].concat(), &Functions::builtins());
        let _ = parse("t", text, &Functions::builtins());
    }

    #[test]
    fn what_parses_prints_and_parses_again(text in template()) {
        let functions = Functions::builtins();
        let parsed = parse("t", text.as_str(), &functions);
        // Were it most of them, the test would end with too many rejects.
        prop_assume!(parsed.is_ok());
        for template in parsed.unwrap().iter() {
            let first = print(template);
            // What a define prints is its body, in which only its own variables are known.
            let again = parse(&template.name, first.as_str(), &functions);
            prop_assert!(again.is_ok(), "{}: {}", first, again.unwrap_err());
            prop_assert_eq!(print(again.unwrap().get(&template.name).unwrap()), first);
        }
    }

    #[test]
    fn whole_templates_end(text in template()) {
        if let Some(Ok(first)) = execute(&text, data()) {
            prop_assert_eq!(execute(&text, data()).unwrap().unwrap(), first);
        }
    }

    #[test]
    fn text_is_its_own_rendering(text in any::<String>().prop_map(|s| s.replace("{{", "{ {"))) {
        prop_assume!(!text.contains("{{"));
        prop_assert_eq!(execute(&text, data()).unwrap().unwrap(), text.into_bytes());
    }
}
