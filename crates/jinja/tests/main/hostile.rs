//! Templates that hold themselves, nest without end, make much of little, or meet what minijinja takes for granted: each is an error
//! with its place.

use pintle_template::ErrorKind;
use pintle_value::budget::Limits;
use proptest::prelude::*;

use crate::{GO, dot, evaluator, render, render_files, render_with, templates, yaml};

/// Fewer steps than any of these would take if something ran away.
const LIMITS: Limits = Limits {
    steps: 500_000,
    output: 1 << 20,
    memory: 96 << 20,
    depth: 5_000,
    documents: 10_000,
    time: std::time::Duration::from_secs(60),
};

#[track_caller]
fn fails(template: &str) -> String {
    let files = [("web/templates/a.yaml", template)];
    let Err(e) = render_with(&files, &yaml(VALUES), LIMITS) else { panic!("{template:.300} gave something") };
    // With a record it fails too.
    if let Ok(templates) = templates(&files) {
        let (recorded, _) = templates.render_recorded(files[0].0, &dot(&yaml(VALUES)), &evaluator(GO, LIMITS));
        assert!(recorded.is_err(), "{template:.300} with a record");
    }
    // The place is in the file.
    assert!(e.places().iter().any(|p| p.file.starts_with("web/templates/a.yaml") && p.line > 0), "{template:.300}: {e:?}");
    e.to_string()
}

const VALUES: &str = "{a: {b: [1, 2, {c: d}]}, text: abc}";

#[test]
fn what_holds_itself() {
    for holds in ["ns.x = ns", "ns.x = [ns]", "ns.x = {'a': [ns]}", "ns.x = [[1, ns]] + [2]", "ns.x = (1, ns)"] {
        let e = fails(&format!("{{% set ns = namespace(x=1) %}}\n{{% set {holds} %}}{{{{ ns.x }}}}"));
        assert!(e.contains("a namespace can't hold itself"), "{holds}: {e}");
    }
    let two = "{% set a = namespace(x=1) %}{% set b = namespace(x=1) %}{% set a.x = b %}{% set b.x = [a] %}";
    assert!(fails(two).contains("can't hold itself"));
    // Go's maps can hold themselves.
    for ends in [
        "{{ d }}",
        "{{ d | tojson }}",
        "{{ d == d.copy }}",
        "{{ [d] | sort }}",
        "{{ d | pprint }}",
        "{{ d | string }}",
        "{{ d ~ 'x' }}",
    ] {
        let e = render_with(
            &[(
                "web/templates/a.yaml",
                &format!(
                    "{{% set d = helm.dict() %}}{{% do set(d, 'self', d) %}}{{% do set(d, 'copy', helm.dict('self', d)) %}}{ends}"
                ),
            )],
            &yaml("{}"),
            LIMITS,
        );
        assert!(
            e.as_ref().is_err_and(|e| e.to_string().contains("holds itself") || e.kind() == ErrorKind::Budget),
            "{ends}: {e:?}"
        );
    }
}

#[test]
fn what_holds_another_many_times() {
    let doubled = "{% set ns = namespace(x=[1]) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}";
    assert!(fails(doubled).contains("limit of 500000 steps"));
    // However many steps there are.
    let e = render(doubled, "{}").unwrap_err();
    assert!(e.to_string().contains("larger than the limit of 8000000 items") && e.kind() == ErrorKind::Budget, "{e}");
    let lines: String = (0..40).map(|_| "{% set x = [x, x] %}").collect();
    assert!(fails(&format!("{{% set x = [1] %}}{lines}")).contains("limit of 500000 steps"));
    let half: String = (0..14).map(|_| "{% set x = [x, x] %}{% set y = {'a': y, 'b': y} %}").collect();
    for uses in [
        "x == x[:]",
        "x != [x[0], x[1]]",
        "x in [x[:]]",
        "x < x[:]",
        "[x[:], x[:], x[:]] | sort | length",
        "[x[:], x] | unique | length",
        "x | tojson | length",
        "x ~ 'a'",
        "x | string",
        "y == y",
        "y | dictsort",
        "[y, y] | groupby('a')",
        "x | join(',')",
        "x.count(x)",
        "y | pprint",
        "','.join(x)",
        "x is eq x[:]",
        "x is in [x[:], 1]",
        "(x if x == x[:] else 1)",
        "x + x == x[:] + x",
    ] {
        let loops = format!(
            "{{% set x = [1] %}}{{% set y = {{'a': 1}} %}}{half}{{% for i in range(1000) %}}{{% set z = {uses} %}}{{% endfor %}}"
        );
        assert!(fails(&loops).contains("limit of 500000 steps"), "{uses}");
    }
    // Conditions of loops and branches count each time too.
    for loops in [
        "{% for i in range(10000) if x == x[:] %}{% endfor %}",
        "{% for i in range(10000) %}{% if false %}{% elif x == x[:] %}{% endif %}{% endfor %}",
        "{% macro m(a=x == x[:]) %}{% endmacro %}{% for i in range(10000) %}{{ m() }}{% endfor %}",
        "{% for i in range(10000) %}{% with a = x == x[:] %}{% endwith %}{% endfor %}",
        "{% for i in range(10000) %}{% filter replace(x ~ '', 'b') %}{% endfilter %}{% endfor %}",
    ] {
        assert!(
            fails(&format!("{{% set x = [1] %}}{{% set y = 1 %}}{half}{loops}")).contains("limit of 500000 steps"),
            "{loops}"
        );
    }
}

#[test]
fn long_texts_and_lists() {
    let text = "{% set x = 'x' * 100000 %}{% set l = [1] * 20000 %}{% for i in range(100000) %}";
    for uses in [
        "x == x ~ ''",
        "x in x",
        "x < x",
        "1000001 in l",
        "l == l[:]",
        "x.find('y')",
        "x.startswith(x)",
        "x | upper",
        "l | sum",
        "l.count(2)",
        "x[::-1] == 'a'",
    ] {
        assert!(fails(&format!("{text}{{% if {uses} %}}{{% endif %}}{{% endfor %}}")).contains("steps"), "{uses}");
    }
    for template in [
        "{{ 'x' * 90000000 }}",
        "{{ ('x' ~ 'y') * 9000 * 9000 }}",
        "{% set n = 90000000 %}{{ 'x' * n == 'y' * n }}",
        "{{ 90000000 * [1] == 90000000 * [1] }}",
        "{{ 2 ** 1000 }}",
        "{{ 10 ** 38 * 10 }}",
        "{{ range(100000000) | list }}",
        "{{ ['x' * 1000] * 10000 | sum }}",
        "{{ '{:99999999}'.format(1) }}",
        "{{ '{:{w}}'.format(1, w=99999999) }}",
        "{{ '%.99999999f' | format(1.5) }}",
        "{{ '%*d' | format(99999999, 1) }}",
        "{{ range(1000000) | batch(1) | length }}",
    ] {
        fails(template);
    }
}

#[test]
fn what_nests_too_deep() {
    let n = 20_000;
    for template in [
        format!("{{{{ {}1 }}}}", "-".repeat(n)),
        format!("{{{{ {}1 }}}}", "- ".repeat(n)),
        format!("{{{{ {}true }}}}", "not ".repeat(n)),
        format!("{{{{ 1{} }}}}", "+1".repeat(n)),
        format!("{{{{ 1{} }}}}", " ~ 1".repeat(n)),
        format!("{{{{ 1{} }}}}", " == 1".repeat(n)),
        format!("{{{{ 1{} }}}}", " and 1".repeat(n)),
        format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(n)),
        format!("{{{{ {}1{} }}}}", "(".repeat(n), ")".repeat(n)),
        format!("{{{{ {}1{} }}}}", "[".repeat(n), "]".repeat(n)),
        format!("{{{{ {}1{} }}}}", "{1:".repeat(n), "}".repeat(n)),
        format!("{{{{ a{} }}}}", "|upper".repeat(n)),
        format!("{{{{ a{} }}}}", ".b".repeat(n)),
        format!("{{{{ a{} }}}}", "[0]".repeat(n)),
        format!("{{{{ a{} }}}}", " is defined".repeat(n)),
        format!("{{{{ ({}1", "-".repeat(n)),
        format!("{{% if {}1", "-".repeat(n)),
        format!("{}{}", "{% if 1 %}".repeat(n), "{% endif %}".repeat(n)),
        format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(n)),
        format!("{}{}", "{% for x in [1] %}".repeat(n), "{% endfor %}".repeat(n)),
        format!("{}{}", "{% with x = 1 %}".repeat(n), "{% endwith %}".repeat(n)),
        format!("{}{}", "{% filter upper %}".repeat(n), "{% endfilter %}".repeat(n)),
        format!("{}{}", "{% set x %}".repeat(n), "{% endset %}".repeat(n)),
        (0..n).map(|i| format!("{{% block b{i} %}}")).collect::<String>() + &"{% endblock %}".repeat(n),
        (0..n).map(|i| format!("{{% macro m{i}() %}}")).collect::<String>() + &"{% endmacro %}".repeat(n),
    ] {
        let files = [("web/templates/a.yaml", &*template)];
        let e = render_with(&files, &yaml("{}"), LIMITS).unwrap_err();
        assert!(e.to_string().contains("too deep") || e.to_string().contains("deeper than"), "{template:.60}: {e:.300}");
        assert_eq!(e.places()[0].line, 1, "{template:.60}");
        let e = fails(&format!(
            "{{{{ tpl({}) }}}}",
            pintle_value::json::to_string(&pintle_value::Data::String(template.clone())).unwrap()
        ));
        assert!(e.contains("too deep") || e.contains("deeper than"), "{template:.60}: {e:.300}");
    }
    // What may nest does, on the stack of any thread.
    for template in [
        format!("{{{{ {}1{} }}}}", "(".repeat(90), ")".repeat(90)),
        format!("{{{{ 1{} }}}}", "+1".repeat(190)),
        format!("{{{{ {}1 }}}}", "not ".repeat(100)),
        format!("{}{}", "{% if 1 %}".repeat(95), "{% endif %}".repeat(95)),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(95)),
    ] {
        if let Err(e) = render(&template, "{}") {
            assert!(e.to_string().contains("recursion"), "{template:.60}: {e}");
        }
    }
    let deep = "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}";
    assert!(fails(deep).contains("nests deeper than 100"));
    let lines = format!("{{% set x = [] %}}{}", "{% set x = [x] %}".repeat(3_000));
    assert!(fails(&lines).contains("nests deeper than 100"));
}

/// minijinja makes views of lists anew from what they came from: views of views must not pile up.
#[test]
fn views_of_views() {
    for view in [
        "ns.x[:]",
        "ns.x[1:] + [1]",
        "ns.x * 1",
        "ns.x | reverse",
        "[1] + ns.x[1:]",
        "ns.x | map('int')",
        "[ns.x[0] | list * 1, 1]",
        "ns.x[::-1]",
    ] {
        let text = format!(
            "{{% set ns = namespace(x=[[1], [2]]) %}}{{% for i in range(20000) %}}{{% set ns.x = {view} %}}{{% endfor %}}{{{{ ns.x | length }}}}"
        );
        if let Err(e) = render(&text, "{}") {
            assert!(!e.to_string().is_empty(), "{view}");
        }
    }
    assert_eq!(
        render("{% set x = [1, 2, 3][1:] %}{{ x }} {{ 'abc'[::-1] }} {{ [1, 2][::-1] }} {{ x[0] }}", "{}").unwrap(),
        "[2,3] cba [2,1] 2"
    );
    assert_eq!(render("{{ values.b[::-1] }}{{ values.b[1:] }}{{ values.s[:2] }}", "{b: [1, 2], s: abc}").unwrap(), "[2,1][2]ab");
}

#[test]
fn recursion_of_every_kind() {
    for template in [
        "{% extends 'a.yaml' %}",
        "{% import 'a.yaml' as a %}",
        "{% from 'a.yaml' import m %}",
        "{% include 'a.yaml' %}",
        "{% block a %}{{ self.a() }}{% endblock %}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% macro n() %}{% call m() %}{{ n() }}{% endcall %}{% endmacro %}{{ n() }}",
        "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set t = '{{ tpl(t) }}' %}{{ tpl('{{ tpl(tpl) }}') }}",
    ] {
        fails(template);
    }
    let files = [("web/templates/a.yaml", "{% extends 'b.yaml' %}"), ("web/templates/b.yaml", "{% extends 'a.yaml' %}")];
    assert!(render_files(&files, "{}").is_err());
}

#[test]
fn what_minijinja_takes_for_granted() {
    for (template, wanted) in [
        ("{{ 4 is divisibleby(0) }}", "no number is divisible by 0"),
        ("{{ 4 is divisibleby 0 }}", "no number is divisible by 0"),
        ("{{ [4] | select('divisibleby', 0) | list }}", "no number is divisible by 0"),
        ("{% for i in [1] %}{{ loop.cycle() }}{% endfor %}", "cycle needs at least one value"),
        ("{% for i in [1] %}{% set c = loop %}{{ c.cycle(*[]) }}{% endfor %}", "cycle needs at least one value"),
        ("{{ ''[::-1] }}", "can't be cut backwards"),
        ("{{ [][::-1] }}", "can't be cut backwards"),
        ("{% set x = '' %}{{ x[5:2:-2] }}", "can't be cut backwards"),
        ("{{ 'abc'[1:2:-1] }}", "ends before it begins"),
        ("{{ 'abc'[::-9223372036854775808] }}", ""),
        ("{{ 'abc'[9223372036854775807::9223372036854775807] }}", "too large a number"),
        ("{{ range(9223372036854775807, -9223372036854775807, -1) }}", "a range can't go beyond"),
        ("{{ 1 // 0 }}", ""),
        ("{{ 1 % 0 }}", ""),
        ("{{ 1 / 0 }}", ""),
        ("{{ -170141183460469231731687303715884105727 - 10 }}", ""),
        ("{{ 170141183460469231731687303715884105727 | round(-38) }}", ""),
    ] {
        if !wanted.is_empty() {
            let e = fails(template);
            assert!(e.contains(wanted), "{template}: {e}");
        }
        let _ = render(template, "{}");
    }
    for (template, wanted) in [
        ("{{ 4 is divisibleby(2) }} {{ 5 is divisibleby 2 }} {{ 'a' is divisibleby(2) }}", "true false false"),
        ("{{ -170141183460469231731687303715884105727 is divisibleby(-1) }}", "true"),
        ("{% for i in [1, 2] %}{{ loop.cycle('a', 'b') }}{% endfor %}", "ab"),
        ("{{ range(5, 0, -2) | list }}", "[5,3,1]"),
    ] {
        assert_eq!(render(template, "{}").unwrap(), wanted, "{template}");
    }
}

/// Charging grows with the input.
#[test]
fn steps_grow_with_the_template() {
    let steps = |n: usize| {
        let text = format!(
            "{{% set ns = namespace(n=0) %}}{{% for i in range({n}) %}}{{% if i == 3 and values.a.b[0] == 1 %}}{{% endif %}}{{% set ns.n = ns.n + i %}}{{% endfor %}}"
        );
        (1..)
            .map(|i| i * 200)
            .find(|steps| {
                render_with(&[("web/templates/a.yaml", &text)], &yaml(VALUES), Limits { steps: *steps, ..LIMITS }).is_ok()
            })
            .unwrap()
    };
    let (half, whole) = (steps(100), steps(200));
    assert!(whole as f64 <= half as f64 * 2.5, "{half} {whole}");
}

const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "map",
    "max",
    "min",
    "pprint",
    "replace",
    "reverse",
    "round",
    "select",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "urlencode",
    "zip",
    "toYaml",
    "b64enc",
];

/// Expressions of every kind, well formed and not.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-c]",
        "-?[0-9]{1,3}",
        "'[a-zé]{0,3}'",
        "\\PC{0,4}",
        prop::sample::select(vec![
            "ns",
            "ns.x",
            "values",
            "values.a.b",
            "loop",
            "true",
            "none",
            "[]",
            "{}",
            "''",
            "9223372036854775807",
            "1.5e300",
            "range(3)",
            "namespace()"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(6, 48, 3, |inner| {
        let (a, b) = (inner.clone(), inner.clone());
        let op = prop::sample::select(vec![
            "+", "-", "*", "/", "//", "%", "**", "~", "and", "or", "==", "<", ">=", "in", "not in", "if", ",",
        ]);
        let filter = prop::sample::select(FILTERS.to_vec());
        let test = prop::sample::select(vec![
            "divisibleby",
            "odd",
            "even",
            "sameas",
            "in",
            "eq",
            "lt",
            "startingwith",
            "defined",
            "number",
            "sequence",
            "mapping",
        ]);
        let method = prop::sample::select(vec![
            "count",
            "find",
            "rfind",
            "split",
            "replace",
            "join",
            "format",
            "items",
            "keys",
            "get",
            "strip",
            "cycle",
            "title",
            "splitlines",
            "startswith",
        ]);
        prop_oneof![
            (a.clone(), op, b.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (a.clone(), filter.clone(), b.clone()).prop_map(|(a, f, b)| format!("({a}) | {f}({b})")),
            (a.clone(), filter, b.clone(), inner.clone()).prop_map(|(a, f, b, c)| format!("({a}) | {f}({b}, {c})")),
            (a.clone(), test, b.clone()).prop_map(|(a, t, b)| format!("({a}) is {t}({b})")),
            (a.clone(), method, b.clone()).prop_map(|(a, m, b)| format!("({a}).{m}({b})")),
            (a.clone(), b.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a})[{b}:{c}]")),
            (a.clone(), b.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c, d)| format!("({a})[{b}:{c}:{d}]")),
            (a.clone(), b.clone()).prop_map(|(a, b)| format!("[{a}, {b}][{b}]")),
            (a.clone(), b).prop_map(|(a, b)| format!("{{{a}: {b}}}")),
            a.prop_map(|a| format!("(not -({a}))")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_expression_panics(a in expression(), b in expression()) {
        let text = format!("{{% set ns = namespace(x=1) %}}{{% set a, b, c = 1, 'b', [3] %}}{{% for i in [1, 2] %}}{{% set ns.x = {a} %}}{{{{ {b} }}}}{{% endfor %}}");
        let _ = render_with(&[("web/templates/a.yaml", &text)], &yaml(VALUES), LIMITS);
        let _ = render_with(&[("web/templates/a.yaml", &format!("{{{{ {b} }}}}{{% if {a} %}}{{% endif %}}"))], &yaml(VALUES), LIMITS);
    }
}
