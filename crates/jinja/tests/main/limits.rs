//! Templates that would never end, or grow without end.

use pintle_template::ErrorKind;
use pintle_value::budget::Limits;

use crate::{recorded, render, render_files, render_with, yaml};

const SMALL: Limits = Limits {
    steps: 200_000,
    output: 1 << 18,
    memory: 96 << 20,
    depth: 5_000,
    documents: 10_000,
    time: std::time::Duration::from_secs(60),
};

fn over(files: &[(&str, &str)]) -> String {
    let e = render_with(files, &yaml("{}"), SMALL).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Budget, "{e}");
    e.to_string()
}

fn over_in(template: &str) -> String {
    over(&[("web/templates/a.yaml", template)])
}

#[test]
fn recursion_without_end() {
    let place = "web/templates/a.yaml:1:23: ";
    let e = render("{% macro m() %}{{ 1 }}{{ m() }}{% endmacro %}{{ m() }}", "{}").unwrap_err();
    assert!(e.to_string().contains("call each other without end"), "{e}");
    assert_eq!((e.kind(), e.places()[0].line), (ErrorKind::Budget, 1), "{place}");
    let e = render_files(&[("web/templates/a.yaml", "x\n{% include 'a.yaml' %}")], "{}").unwrap_err();
    assert_eq!((e.kind(), e.places()[0].line), (ErrorKind::Budget, 2));
    let e = render_files(&[("web/templates/a.yaml", "{{ include('a.yaml') }}")], "{}").unwrap_err();
    assert!(e.to_string().contains("nest deeper than 100"), "{e}");
    let e = render(
        "{% macro m() %}{{ tpl('{{ tpl(x, {\"x\": x}) }}', {'x': '{{ tpl(x, {\"x\": x}) }}'}) }}{% endmacro %}{{ m() }}",
        "{}",
    );
    assert!(e.unwrap_err().to_string().contains("nest deeper than 100"));
}

#[test]
fn loops_without_end() {
    let e = render("\n{% for i in range(1000000) %}{{ i }}{% endfor %}", "{}").unwrap_err();
    assert_eq!((e.places()[0].line, e.places()[0].column), (2, 13), "{e}");
    let nested = "{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}";
    assert!(over_in(nested).ends_with("the limit of 200000 steps is exceeded"), "{}", over_in(nested));
    // Renders within the render draw from the same account.
    let tpl = "{% for i in range(100000) %}{{ tpl('{% for i in range(1000) %}{% endfor %}') }}{% endfor %}";
    assert!(over_in(tpl).contains("the limit of 200000 steps is exceeded"), "{}", over_in(tpl));
    assert!(over_in("{% for i in range(100000) %}{{ untilStep(0, 100000, 1) | len }}{% endfor %}").contains("200000 steps"));
}

#[test]
fn output_without_end() {
    let text = "{% set x = 'x' * 100000 %}{% for i in range(100) %}{{ x }}{% endfor %}";
    assert!(over_in(text).ends_with("the limit of 262144 bytes of output is exceeded"));
    assert!(render("{{ 'x' * 10000000000 }}", "{}").is_err());
    assert!(render("{{ repeat(10000000000, 'x') }}", "{}").is_err());
}

#[test]
fn the_recorders_own_names_do_no_harm() {
    let long = "text ".repeat(1000);
    for template in [
        "{{ __pintle_at(999999) }}",
        "{{ __pintle_text(999999) }}",
        "{{ __pintle_close(true) }}{{ __pintle_close(true) }}{{ fail('x') }}",
        "{{ __pintle_print(1, 2) }}{{ __pintle_enter(999999) }}",
    ] {
        let files = [("web/templates/a.yaml", template)];
        assert!(render_with(&files, &yaml("{}"), SMALL).is_err(), "{template}");
        // With a record the names are there, and the numbers lead nowhere.
        let _ = recorded(&files, "{}");
    }
    // A long text of `tpl` is charged for, in a record too.
    assert_eq!(render(&format!("{{{{ tpl('{{% if true %}}{long}{{% endif %}}') }}}}"), "{}").unwrap(), long);
}

#[test]
fn growth_without_end() {
    let double = "{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}";
    let long = "a text is longer than the limit of 16777216 bytes";
    for (template, wanted) in [
        (format!("{{% set ns = namespace(x='x') %}}{double}"), long),
        ("{% macro m(s, n) %}{% if n %}{{ m(s + s, n - 1) }}{% endif %}{% endmacro %}{{ m('x', 60) }}".to_owned(), long),
        ("{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}".to_owned(), "a list is longer than the limit of 1048576 items"),
        ("{% set x = 'x' * 1000000 %}{{ x | replace('x', x) }}".to_owned(), long),
        ("{% set x = 'x' * 1000000 %}{{ x.replace('x', x) }}".to_owned(), long),
        ("{% set x = 'x' * 1000000 %}{{ range(1000) | join(x) }}{{ x.join(range(1000)) }}".to_owned(), long),
        ("{{ ('\n' * 1000000) | indent(100) }}".to_owned(), long),
        ("{{ ('\n' * 1000000) | indent(width=100) }}".to_owned(), long),
        ("{{ ([1] * 90000000) | list }}".to_owned(), "a list is longer"),
        ("{{ '%900000d' | format(1) }}".to_owned(), "a field is wider than the limit of 10000 characters"),
        ("{{ [1] | batch(90000000, 'x') }}".to_owned(), "a list is longer"),
        ("{{ tpl(\"{% set ns = namespace(x='x') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}\") }}".to_owned(), long),
        (format!("{{% macro m() %}}{{% for i in range(100000) %}}{}{{% endfor %}}{{% endmacro %}}{{{{ m() | length }}}}", "text ".repeat(20_000)), "steps is exceeded"),
        ("{% set x = 'x' * 1000000 %}{% macro m() %}{% for i in range(100000) %}{{ x }}{% endfor %}{% endmacro %}{{ m() | length }}".to_owned(), "steps is exceeded"),
    ] {
        let e = render(&template, "{}").unwrap_err();
        assert!(e.to_string().contains(wanted), "{template:.200}: {e}");
        assert_eq!(e.kind(), ErrorKind::Budget, "{template:.200}: {e}");
    }
}

#[test]
fn files_that_are_no_text() {
    let mut templates = crate::templates(&[]).unwrap();
    let e = templates.add("web/templates/a.yaml", b"a\n  \xff").unwrap_err();
    assert_eq!(e.to_string(), "web/templates/a.yaml:2:3: the template is no UTF-8 text");
    let e = render("{{ 'gICA' | b64dec }}", "{}").unwrap_err();
    assert!(e.to_string().ends_with("bytes that are no UTF-8 can't be printed; `| b64enc` makes text of them"), "{e}");
    assert_eq!(render("{{ 'gICA' | b64dec | b64enc }}", "{}").unwrap(), "gICA");
}
