//! Marks change nothing: templates put together at random print the same with a record and without.

use proptest::prelude::*;

use crate::{recorded, render_with, yaml};

/// Parts of a template, whole or opening a block that `close` ends.
const PARTS: &[(&str, &str)] = &[
    ("text\n", ""),
    ("  ", ""),
    ("\n", ""),
    ("é: '{{' {", ""),
    ("{{ values.name }}", ""),
    ("{{- values.num -}}", ""),
    ("{{ '}}' ~ \"{%\" }}", ""),
    ("{{ {'a': {'b': [1, 2]}}.a.b | join(',') }}", ""),
    ("{{ values.list | toYaml | nindent(2) }}", ""),
    ("{# a remark #}", ""),
    ("{#- tight -#}", ""),
    ("{% set x = values.num + 1 %}", ""),
    ("{% set x, y = 1, 2 %}{{ x }}{{ y }}", ""),
    ("{% do values.map %}", ""),
    ("{% include 'part.j2' %}", ""),
    ("{% include 'absent.j2' ignore missing %}", ""),
    ("{% from 'macros.j2' import m, n as o %}{{ m(1) }}{{ o() | indent(2) }}", ""),
    ("{% import 'macros.j2' as lib %}{{ lib.m(lib.n()) }}", ""),
    ("{{ include('part.j2') | trim }}", ""),
    ("{{ tpl('{{ values.name }}') }}", ""),
    ("{% raw %}{{ raw }}{% endraw %}", ""),
    ("{%- raw -%}  {% raw  {%- endraw +%}", ""),
    ("{{ 'a' if values.good else 'b' }}{{ 'c' if false }}", ""),
    ("{{ missing }}", ""),
    ("{{ fail('stop') }}", ""),
    ("  {% if values.good %}\n", "  {% else %}\nno\n  {% endif %}\n"),
    ("{% if values.num > 5 %}", "{% elif values.good %}elif{% endif %}"),
    ("{% for x in values.list %}{{ loop.index }}", "{% else %}none{% endfor %}"),
    ("{% for k, v in values.map | items if k != 'a' -%} {{ k }}", "{%- endfor %}"),
    ("{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}", "{% endfor %}"),
    ("{% with z = 3 %}{{ z }}", "{% endwith %}"),
    ("{% filter upper | replace('A', 'b') %}", "{% endfilter %}"),
    ("{% set captured %}", "{% endset %}{{ captured | upper }}{{ captured }}"),
    ("{% set captured | trim %}", "{% endset %}[{{ captured }}]"),
    ("{% macro inner(a, b=2) %}{{ a }}{{ b }}", "{% endmacro %}{{ inner(1) }}{{ inner(a=values.num, b=3) }}"),
    ("{% from 'macros.j2' import w %}{% call(q) w('x') %}{{ q }}", "{% endcall %}"),
    ("{% block free %}", "{% endblock %}"),
];

const FILES: [(&str, &str); 4] = [
    ("web/templates/part.j2", "part {{ values.name }}\n{% for x in values.list %}{{ x }}{% endfor %}\n"),
    (
        "web/templates/macros.j2",
        "top{% macro m(a) %}<{{ a }}>{% endmacro %}{% macro n() %}{% set t %}n\nn{% endset %}{{ t }}{% endmacro %}\
         {% macro w(a) %}({{ caller(a) }}){% endmacro %}",
    ),
    (
        "web/templates/base.j2",
        "base[{% block free %}default{% endblock %}|{% block last %}last{% endblock %}]{{ self.last() }}\n",
    ),
    ("web/templates/middle.j2", "{% extends 'base.j2' %}gone{% block last %}middle {{ super() }}{% endblock %}"),
];

const VALUES: &str = "{name: web, num: 3, good: true, list: [a, b], map: {a: 1, b: 2}}";

/// A template of parts, each block closed. Blocks have one name and may stand only once, macros not in blocks of others.
fn template(parts: &[usize], extends: usize) -> String {
    let mut out = ["", "{% extends 'base.j2' %}\n", "{% extends 'middle.j2' %}"][extends].to_owned();
    let mut closers = Vec::new();
    let mut has_block = false;
    for part in parts {
        let (open, close) = PARTS[part % PARTS.len()];
        if open.contains("block") && std::mem::replace(&mut has_block, true) {
            continue;
        }
        out.push_str(open);
        if !close.is_empty() {
            closers.push(close);
        }
        // Some blocks end soon, others at the end.
        if part % 3 == 0 {
            out.push_str(closers.pop().unwrap_or_default());
        }
    }
    closers.iter().rev().for_each(|close| out.push_str(close));
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn marks_change_nothing(parts in prop::collection::vec(0usize..PARTS.len() * 3, 0..14), extends in 0usize..3) {
        let text = template(&parts, extends);
        let mut files = vec![("web/templates/a.yaml", text.as_str())];
        files.extend(FILES);
        let plain = render_with(&files, &yaml(VALUES), pintle_value::budget::Limits::default());
        let (with, record) = recorded(&files, VALUES);
        match (&plain, &with) {
            (Ok(a), Ok(b)) => {
                prop_assert_eq!(a, b, "{}", text);
                // The pieces are the whole output, in order.
                let mut end = 0;
                for piece in &record.pieces {
                    prop_assert_eq!(piece.range.start, end, "{}", text);
                    end = piece.range.end;
                }
                prop_assert_eq!(end, a.len(), "{}", text);
            }
            (Err(a), Err(b)) => prop_assert_eq!((a.kind(), a.what()), (b.kind(), b.what()), "{}", text),
            _ => prop_assert!(false, "{}\n{:?}\n{:?}", text, plain, with),
        }
    }
}
