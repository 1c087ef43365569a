//! The language over a chart's values.

use pintle_template::ErrorKind;
use pintle_value::Map;

use crate::{dot, failure, recorded, render, render_files, yaml};

const VALUES: &str =
    "{name: web, num: 3, half: 0.5, big: 1000000, good: true, nothing: null, list: [b, a], map: {b: 1, a: {c: x}}, text: 'a\"b'}";

#[test]
fn values_print_as_yaml_has_them() {
    for (template, expected) in [
        (
            "{{ values.name }} {{ values.num }} {{ values.half }} {{ values.big }} {{ values.good }}|{{ values.nothing }}|",
            "web 3 0.5 1000000 true||",
        ),
        ("{{ values.list }} {{ values.map }}", "[\"b\",\"a\"] {\"a\":{\"c\":\"x\"},\"b\":1}"),
        ("{{ [1, 2.0, none, {'b': true, 'a': '<'}] }}", "[1,2,null,{\"a\":\"<\",\"b\":true}]"),
        ("{{ values.map | toYaml }}", "a:\n  c: x\nb: 1"),
        ("{{ {'z': 1, 'a': values.map.a} | toYaml }}", "a:\n  c: x\nz: 1"),
        ("{{ values.text | quote }}", "\"a\\\"b\""),
        ("{{ 6 / 2 }} {{ 7 // 2 }} {{ 2 ** 3 }} {{ values.num + 1 }} {{ values.half * 2 }}", "3 3 8 4 1"),
    ] {
        assert_eq!(render(template, VALUES).unwrap(), expected, "{template}");
    }
}

#[test]
fn helms_objects_have_both_names() {
    for (template, expected) in [
        ("{{ release.name }} {{ Release.Name }} {{ release.is_install }} {{ release['name'] }}", "r1 r1 true r1"),
        ("{{ chart.app_version }} {{ Chart.AppVersion }} {{ Values.name }}", "1.2 1.2 web"),
        ("{{ chart.Name is defined }} {{ chart.nme is defined }}", "true false"),
        // Keys of values are the user's: no other spelling finds them.
        ("{{ values.Name is defined }}", "false"),
        ("{{ semver('1.2.3').major }} {{ (semver('1.2.3')).Minor }} {{ semver('1.2.3').inc_major().original() }}", "1 2 2.0.0"),
        ("{{ now().year() }}", "2023"),
    ] {
        assert_eq!(render(template, VALUES).unwrap(), expected, "{template}");
    }
}

#[test]
fn the_whole_language() {
    for (template, expected) in [
        ("{% for x in values.list %}{{ loop.index }}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}", "1b,2a"),
        (
            "{% for k in values.map %}{{ k }}{% endfor %} {% for k, v in values.map | items %}{{ k }}={{ v }};{% endfor %}",
            "ab a={\"c\":\"x\"};b=1;",
        ),
        ("{% for k, v in values.map.items() %}{{ k }}{% endfor %} {{ values.map.get('zz', 'none') }}", "ab none"),
        ("{% for x in [] %}x{% else %}none{% endfor %}", "none"),
        ("{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "13"),
        ("{% set ns = namespace(n=0) %}{% for x in [1, 2] %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}", "3"),
        ("{% set x %}a{{ values.num }}{% endset %}[{{ x }}{{ x | upper }}]", "[a3A3]"),
        ("{% set x | upper %}a{% endset %}{{ x }}", "A"),
        ("{% filter upper | indent(2, true) %}a\nb{% endfilter %}|", "  A\n  B|"),
        ("{% macro m(a, b=2) %}{{ a }}{{ b }}{{ caller() }}{% endmacro %}{% call m(1) %}x{{ values.num }}{% endcall %}", "12x3"),
        (
            "{% macro m(a) %}<{{ a }}>{% endmacro %}{% set x = m(1) %}{{ x }}{{ m(a=2) | indent(2) }}{% if m(3) == '<3>' %}y{% endif %}",
            "<1><2>y",
        ),
        ("{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "3210"),
        ("{% with a = 1 %}{{ a }}{% endwith %}{% do helm.set(values.map, 'z', 9) %}{{ values.map.z }}", "19"),
        ("{% raw %}{{ x }}{% endraw %} {# gone #}{{ 'a' if values.good else 'b' }}{{ 'c' if false }}", "{{ x }} a"),
        ("{{ 'a' in values.list }} {{ 'web' is startingwith('w') }} {{ values.list | sort | join(',') }}", "true true a,b"),
        ("{{ values.map.a.c | default('d') }}{{ values.map.q | default('d') }}", "xd"),
        ("{{ [{'n': 'a'}, {'n': 'b'}] | map(attribute='n') | list }} {{ {'a': 1} | tojson }}", "[\"a\",\"b\"] {\"a\": 1}"),
        ("a:\n  {% if values.good %}\n  b: 1\n  {% endif %}\n  c: 2\n", "a:\n  b: 1\n  c: 2\n"),
        (
            "{% for item in [{'n': 1, 'c': [{'n': 2, 'c': []}]}] recursive %}{{ item.n }}({{ loop(item.c) }}){% endfor %}",
            "1(2())",
        ),
    ] {
        assert_eq!(render(template, VALUES).unwrap(), expected, "{template}");
    }
}

#[test]
fn templates_of_other_files() {
    let files = [
        ("web/templates/a.yaml", "{% from '_m.j2' import m %}{{ m(1) }} {% include 'x/_i.j2' %} {{ include('x/_i.j2') }}"),
        ("web/templates/_m.j2", "ignored{% macro m(a) %}{{ a }} of {{ release.name }}{% endmacro %}"),
        ("web/templates/x/_i.j2", "{% import 'lib/_l.j2' as l %}{{ l.labels(values.name) }}"),
        ("web/charts/lib/templates/_l.j2", "{% macro labels(x) %}label {{ x }}{% endmacro %}"),
    ];
    assert_eq!(render_files(&files, VALUES).unwrap(), "1 of r1 label web label web");
    let files = [
        ("web/templates/a.yaml", "{% extends '_base.j2' %}gone{% block b %}child {{ super() }}{% endblock %}"),
        ("web/templates/_base.j2", "{% extends '_root.j2' %}{% block b %}middle {{ super() }}{% endblock %}"),
        (
            "web/templates/_root.j2",
            "[{% block a %}a{% endblock %} {% block b %}root {{ values.num }}{% endblock %} {{ self.a() }}]",
        ),
    ];
    assert_eq!(render_files(&files, VALUES).unwrap(), "[a child middle root 3 a]");
}

#[test]
fn templates_in_gos_language_are_included() {
    for (template, expected) in [
        ("{{ include('dot') }}", "web of r1"),
        ("{{ include('named', {'x': 5}) | upper }} {{ {'x': 6} | include('named') }}", "NAMED 5 named 6"),
        (
            "{{ helm.tpl('{{ .Values.name }}') }} {{ tpl('{{ values.name }}') }} {{ '{{ name }}' | tpl({'name': 'x'}) }}",
            "web web x",
        ),
        ("{{ helm.tpl('{{ include \"dot\" . }}') }}", "web of r1"),
        ("{{ tpl('{% from \"_m.j2\" import m %}{{ m() }}') }}", "macro"),
    ] {
        let files = [("web/templates/a.yaml", template), ("web/templates/_m.j2", "{% macro m() %}macro{% endmacro %}")];
        assert_eq!(render_files(&files, VALUES).unwrap(), expected, "{template}");
    }
}

#[test]
fn errors_have_their_place() {
    for (template, expected) in [
        ("a\nb: {{ values.nme }}", "2:7: `values.nme` is undefined"),
        ("{{ values.a.b }}", "1:10: `values.a` is undefined"),
        ("{% if values.nme %}{% endif %}", "1:7: `values.nme` is undefined"),
        ("{{ 'x' | nindnt(2) }}", "1:10: filter nindnt is unknown"),
        ("x\n{% if values.good %}\n", "2:19: unexpected end of input, expected end of block"),
        ("{{ values.name", "1:11: unexpected end of input, expected end of variable block"),
        ("{{ fail('no ' ~ values.name) }}", "1:4: error calling fail: HELM_ERR_STARTno webHELM_ERR_END"),
        ("{{ values.name + 1 }}", "1:4: tried to use + operator on unsupported types string and number"),
        ("{{ nope() }}", "1:4: nope is unknown"),
        ("{% include '_x.j2' %}", "1:4: template \"_x.j2\" does not exist"),
        ("{{ values.name.nope() }}", "1:15: string has no method named nope"),
        ("{{ files_ }}", "1:4: `files_` is undefined"),
    ] {
        assert_eq!(failure(template, VALUES), format!("web/templates/a.yaml:{expected}"), "{template}");
    }
    let known = |template: &str| {
        let e = render(template, VALUES).unwrap_err();
        let unknown = e.unknown().unwrap().clone();
        (unknown.before, unknown.name, unknown.known)
    };
    let (before, name, names) = known("{{ release.nme }}");
    assert_eq!((before.as_str(), name.as_str()), ("release.", "nme"));
    assert_eq!(names, ["is_install", "name"]);
    assert!(known("{{ 1 | nindnt }}").2.contains(&"nindent".to_owned()));
    assert!(known("{{ relase }}").2.contains(&"release".to_owned()));
    assert!(known("{{ values.map.q }}").2.contains(&"a".to_owned()));
}

#[test]
fn errors_say_what_led_there() {
    let files = [
        ("web/templates/a.yaml", "x\n{% include '_i.j2' %}"),
        ("web/templates/_i.j2", "\n\n{{ include('_j.j2') }}"),
        ("web/templates/_j.j2", " {{ values.nope }}"),
    ];
    let e = render_files(&files, VALUES).unwrap_err();
    let places: Vec<String> = e.places().iter().map(|p| format!("{}:{}:{}", p.file, p.line, p.column)).collect();
    assert_eq!(places, ["web/templates/_j.j2:1:5", "web/templates/_i.j2:3:4", "web/templates/a.yaml:2:4"]);
    let e = render("\n{{ include('fails') }}", VALUES).unwrap_err();
    assert_eq!(e.places()[0].line, 2);
    assert_eq!(e.source().and_then(|e| e.location()).map(|l| l.line), Some(2));
    assert_eq!(e.kind(), ErrorKind::Exec);
}

/// The place that a record gives for the first output that has this text.
fn made(files: &[(&str, &str)], wanted: &str) -> Vec<String> {
    let (out, record) = recorded(files, VALUES);
    let out = out.unwrap();
    let at = out.find(wanted).unwrap();
    let mut piece = record.pieces.iter().find(|p| p.range.contains(&at)).unwrap();
    while let Some(inner) = piece.captured.iter().find_map(|c| {
        let text = String::from_utf8_lossy(&c.text).into_owned();
        let at = text.find(wanted)?;
        c.pieces.iter().find(|p| p.range.contains(&at))
    }) {
        piece = inner;
    }
    let mut call = Some((piece.call, piece.pos));
    let mut places = Vec::new();
    while let Some((index, pos)) = call {
        let site = &record.calls[index];
        places.push(format!("{}@{pos}", site.file.rsplit('/').next().unwrap()));
        call = site.caller;
    }
    places
}

#[test]
fn records_say_what_made_what() {
    let files = [
        ("web/templates/a.yaml", "{% from '_m.j2' import m %}\nA {{ m(values.name) | indent(2) }}\nB {% include '_i.j2' %}"),
        ("web/templates/_m.j2", "{% macro m(a) %}M {{ a }}{% endmacro %}"),
        ("web/templates/_i.j2", "{% set x %}S{{ values.num }}{% endset %}\n{% filter upper %}f{% endfilter %} {{ x }}"),
    ];
    assert_eq!(made(&files, "A "), ["a.yaml@28"]);
    assert_eq!(made(&files, "M "), ["_m.j2@16", "a.yaml@30"]);
    assert_eq!(made(&files, "web"), ["_m.j2@18", "a.yaml@30"]);
    assert_eq!(made(&files, "B "), ["a.yaml@62"]);
    assert_eq!(made(&files, "F"), ["_i.j2@41", "a.yaml@65"]);
    assert_eq!(made(&files, "S3"), ["_i.j2@11", "a.yaml@65"]);
}

#[test]
fn records_keep_what_was_read() {
    let values = yaml(VALUES);
    let root = dot(&values);
    let m: Map = values.as_map().cloned().unwrap();
    m.set_origin(7);
    let file = ("web/templates/a.yaml", "{% if values.good %}x{% endif %}{{ values.name }} {{ values.nope }}");
    let templates = crate::templates(&[file]).unwrap();
    let (result, record) = templates.render_recorded(file.0, &root, &crate::evaluator(crate::GO, Default::default()));
    assert!(result.is_err());
    let keys =
        |reads: &mut dyn Iterator<Item = &pintle_template::record::Read>| reads.map(|r| r.key.to_string()).collect::<Vec<_>>();
    assert_eq!(keys(&mut record.reads.iter()), ["good", "name", "nope"]);
    assert_eq!(keys(&mut record.failed_reads.iter()), ["nope"]);
}

#[test]
fn records_say_from_where_a_macro_failed() {
    let files = [
        ("web/templates/a.yaml", "{% from '_m.j2' import m %}\n{{ m(1) }}"),
        ("web/templates/_m.j2", "{% macro m(a) %}{{ n(a) }}{% endmacro %}{% macro n(a) %}{{ a.b.c }}{% endmacro %}"),
    ];
    let (result, record) = recorded(&files, VALUES);
    assert!(result.is_err());
    let mut places = Vec::new();
    let mut call = record.failed_call;
    while let Some(site) = call.map(|c| &record.calls[c]) {
        places.extend(site.caller.map(|(_, pos)| pos));
        call = site.caller.map(|(c, _)| c);
    }
    assert_eq!(places, [16, 28]);
    let files = [(
        "web/templates/a.yaml",
        "{% macro m(a) %}{% if a %}{% do fail('x') %}{% endif %}{% endmacro %}\n{% do m(values.num) %}",
    )];
    let (result, record) = recorded(&files, VALUES);
    assert!(result.is_err());
    assert_eq!(record.failed_call.and_then(|c| record.calls[c].caller).map(|(_, pos)| pos), Some(70));
}
