//! The template language, end to end: text and data in, bytes or Go's error text out.

#![allow(clippy::disallowed_methods, reason = "tests start threads of their own")]

use std::rc::Rc;
use std::sync::Arc;

use pintle_template::{Evaluator, Functions, Templates, parse};
use pintle_value::budget::{Budget, Limits};
use pintle_value::{Data, DataMap, Value};

fn functions() -> Functions {
    let mut f = Functions::builtins();
    f.add("list", |v: pintle_template::Rest<Value>| pintle_value::List::new(v.0));
    f.add("upper", |s: pintle_value::Str| s.to_str_lossy().to_uppercase());
    f.add("include", |c: &mut dyn pintle_template::Call, name: pintle_value::Str, data: Value| c.execute_template(&name, data));
    f.add("tpl", |c: &mut dyn pintle_template::Call, text: pintle_value::Str, data: Value| c.execute_text(&text, data));
    f
}

fn data() -> Value {
    let list = Data::List(vec![Data::Int(1), Data::from("two"), Data::Null]);
    let map = DataMap::from([("a".into(), Data::Int(1)), ("b".into(), Data::from("x"))]);
    Value::from(&Data::Map(DataMap::from([
        ("s".into(), Data::from("hello")),
        ("f".into(), Data::Float(2.5)),
        ("big".into(), Data::Float(1e7)),
        ("list".into(), list),
        ("map".into(), Data::Map(map)),
        ("null".into(), Data::Null),
    ])))
}

/// On a thread of its own: deep templates need a deep stack.
fn render(text: &str) -> Result<String, String> {
    let text = text.to_owned();
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(move || render_here(&text)).unwrap();
    thread.join().unwrap()
}

fn render_here(text: &str) -> Result<String, String> {
    let functions = functions();
    let mut templates = Templates::new();
    templates.add(&parse("t", text, &functions).map_err(|e| e.to_string())?);
    let budget = Budget::new(Limits { steps: 1_000_000, output: 1 << 20, ..Limits::default() });
    let mut e = Evaluator::new(Arc::new(templates), &functions, Rc::new(()), Arc::new(budget));
    e.execute("t", data()).map(|b| String::from_utf8_lossy(&b).into_owned()).map_err(|e| e.to_string())
}

#[track_caller]
fn ok(text: &str, want: &str) {
    assert_eq!(render(text).as_deref(), Ok(want), "{text}");
}

#[track_caller]
fn fails(text: &str, want: &str) {
    assert_eq!(render(text), Err(want.to_owned()), "{text}");
}

#[test]
fn values_print_as_go_prints_them() {
    ok("{{ .s }} {{ .f }} {{ .big }} {{ .list }} {{ .map }}", "hello 2.5 1e+07 [1 two <nil>] map[a:1 b:x]");
    ok("{{ .null }}|{{ .nope }}|{{ .map.nope }}", "<no value>|<no value>|<no value>");
    ok("{{ print nil .nope }}", "<nil> <nil>");
    ok("{{ 'a' }} {{ 0x1F }} {{ 1e3 }} {{ 1_000 }} {{ -5 }} {{ 1i }}", "97 31 1000 1000 -5 (0+1i)");
}

#[test]
fn pipelines_variables_and_scopes() {
    ok("{{ $x := 1 }}{{ $x := printf \"%d!\" $x }}{{ $x }}", "1!");
    fails("{{ $x := $x }}", "template: t:1:9: executing \"t\" at <$x>: undefined variable: $x");
    ok("{{ $x := .s | upper }}{{ $x }}{{ if true }}{{ $x = \"in\" }}{{ $y := 1 }}{{ end }}{{ $x }}", "HELLOin");
    ok("{{ $x := 1 }}{{ if .nope }}{{ $x := 2 }}{{ else }}{{ $x }}{{ $x = 3 }}{{ end }}{{ $x }}", "13");
    fails(
        "{{ if .nope }}{{ $x := 2 }}{{ else }}{{ $x }}{{ end }}",
        "template: t:1:40: executing \"t\" at <$x>: undefined variable: $x",
    );
    ok("{{ with $v := .map }}{{ $v.b }}{{ .a }}{{ end }}", "x1");
    ok("{{ range $i, $e := .list }}{{ $i }}={{ $e }};{{ end }}", "0=1;1=two;2=<no value>;");
    ok("{{ (printf \"%s!\" .s) | upper | printf \"%s-%s\" \"a\" }}", "a-HELLO!");
}

#[test]
fn long_strings_are_as_short_ones() {
    // From some length on their text isn't kept beside the template's.
    for n in [10, 255, 256, 257, 5000] {
        let long = "x-".repeat(n);
        ok(&format!("{{{{ `{long}` }}}}{{{{ \"{long}\" }}}}"), &format!("{long}{long}"));
        ok(
            &format!("{{{{ printf \"%s\" `{long}` | len }}}} {{{{ $s := `{long}` }}}}{{{{ eq $s \"{long}\" }}}}"),
            &format!("{} true", 2 * n),
        );
        ok(&format!("{{{{ `a\r\n{long}` }}}}{{{{ \"\\t{long}\" }}}}"), &format!("a\n{long}\t{long}"));
        fails(&format!("{{{{ add1 `{long}` }}}}"), "template: t:1: function \"add1\" not defined");
        fails(
            &format!("{{{{ slice 1 `{long}` }}}}"),
            &format!("template: t:1:3: executing \"t\" at <slice 1 `{long}`>: error calling slice: can't slice item of type int"),
        );
        fails(&format!("{{{{ `{long}`.x }}}}"), &format!("template: t:1: unexpected . after term \"`{long}`\""));
    }
}

#[test]
fn what_stands_twice_has_two_places() {
    // Paths and numbers are parsed once; errors tell of the one that failed.
    let at = |place: &str| {
        format!("template: t:{place}: executing \"t\" at <.map.a.x>: can't evaluate field x in type interface {{}}")
    };
    fails("{{ if .nope }}{{ .map.a.x }}{{ end }}\n  {{ .map.a.x }}", &at("2:9"));
    fails("{{ if .nope }}{{ .map.a.x }}{{ end }}\n{{ $.map.a }}{{ $.map.a.x }}", &at("2:17").replace("<.map", "<$.map"));
    let at = |place: &str| {
        format!("template: t:{place}: executing \"t\" at <index .list 1000>: error calling index: index out of range: 1000")
    };
    fails("{{ if .nope }}{{ index .list 1000 }}{{ end }}\n{{ index .list 1000 }}", &at("2:3"));
    // A path is known up to where it ends, not beyond.
    ok("{{ .map.a }}{{ .map.aä }}", "1<no value>");
    ok("{{ range $i, $.list }}[{{ $i }}|{{ . }}]{{ end }}", "[1|1][two|two][<no value>|<no value>]");
    ok("{{ .map.a }}{{ .map.a}}{{ (.map.a) }}{{ .map.a| print }}{{ .map.b }}{{ (.map).a }}{{ $.map.a }}", "1111x11");
    for (text, error) in [
        ("{{ .map.a }}{{ .map.a\"\" }}", "template: t:1: bad character U+0022 '\"'"),
        ("{{ .map.a }}{{ .map.a. }}", "template: t:1: unexpected <.> in operand"),
        ("{{ .map.a }}{{ .map.a.5 }}", "template: t:1: unexpected \".5\" in operand"),
        ("{{ .map.a }}{{ \"\".map.a }}", "template: t:1: unexpected . after term \"\\\"\\\"\""),
        ("{{ range $i, $.list := .list }}{{ end }}", "template: t:1: unexpected \":=\" in operand"),
        ("{{ .map.a }}{{ nil.map.a }}", "template: t:1: unexpected . after term \"nil\""),
    ] {
        fails(text, error);
    }
}

#[test]
fn range_over_everything() {
    ok("{{ range 3 }}{{ . }}{{ end }}", "012");
    ok("{{ range $k, $v := .map }}{{ $k }}{{ $v }} {{ end }}", "a1 bx ");
    ok("{{ range .nope }}x{{ else }}none{{ end }}", "none");
    ok("{{ range $i := 5 }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ if eq $i 3 }}{{ break }}{{ end }}{{ $i }}{{ end }}", "02");
    fails("{{ range \"abc\" }}{{ end }}", "template: t:1:9: executing \"t\" at <\"abc\">: range can't iterate over abc");
}

#[test]
fn conditions() {
    ok("{{ if and .s .nope }}a{{ else if or .nope .s }}b{{ else }}c{{ end }}", "b");
    ok("{{ with .nope }}a{{ else with .map }}{{ .b }}{{ end }}", "x");
    ok("{{ and 1 0 (index .list 99) }} {{ or 0 \"x\" }} {{ not .s }}", "0 x false");
    ok("{{ eq .map.a 1 }} {{ lt 1 2 }} {{ ge \"b\" \"a\" }} {{ eq .s \"a\" \"hello\" }}", "true true true true");
}

#[test]
fn trim_markers_and_comments() {
    ok("a  {{- /* c */ -}}  b {{- 1 -}} c", "ab1c");
    ok("{{/* only */}}x", "x");
}

#[test]
fn templates_call_templates() {
    ok("{{ define \"h\" }}<{{ . }}>{{ end }}{{ template \"h\" .s }}{{ include \"h\" 1 | upper }}", "<hello><1>");
    ok("{{ block \"b\" .s }}[{{ . }}]{{ end }}", "[hello]");
    ok("{{ tpl \"{{ define \\\"x\\\" }}y{{ end }}{{ include \\\"x\\\" . }}{{ .s }}\" . }}", "yhello");
    fails(
        "{{ define \"h\" }}{{ .a.b.c }}{{ end }}{{ include \"h\" (index .list 1) }}",
        "template: t:1:40: executing \"t\" at <include \"h\" (index .list 1)>: error calling include: template: t:1:21: \
         executing \"h\" at <.a.b.c>: can't evaluate field a in type string",
    );
}

#[test]
fn go_error_texts() {
    fails("{{ .s.x }}", "template: t:1:5: executing \"t\" at <.s.x>: can't evaluate field x in type interface {}");
    fails("{{ .nope.x }}", "template: t:1:8: executing \"t\" at <.nope.x>: nil pointer evaluating interface {}.x");
    fails("{{ upper 1 }}", "template: t:1:9: executing \"t\" at <1>: expected string; found 1");
    fails(
        "{{ upper .nope }}",
        "template: t:1:9: executing \"t\" at <.nope>: wrong type for value; expected string; got interface {}",
    );
    fails("{{ upper (.nope) }}", "template: t:1:10: executing \"t\" at <.nope>: invalid value; expected string");
    fails("{{ upper }}", "template: t:1:3: executing \"t\" at <upper>: wrong number of args for upper: want 1 got 0");
    fails("{{ nope }}", "template: t:1: function \"nope\" not defined");
    fails("{{ if }}", "template: t:1: missing value for if");
    fails("{{ .a", "template: t:1: unclosed action");
    fails("a\n{{ if .a }}\n", "template: t:3: unexpected EOF");
    fails("{{ $x }}", "template: t:1: undefined variable \"$x\"");
    fails("{{ end }}", "template: t:1: unexpected {{end}}");
    fails("{{ 1 | 2 }}", "template: t:1: non executable command in pipeline stage 2");
    fails("{{ template \"no\" }}", "template: t:1:12: executing \"t\" at <{{template \"no\"}}>: template \"no\" not defined");
    fails("{{ len .nope }}", "template: t:1:3: executing \"t\" at <len .nope>: error calling len: len of nil pointer");
}

#[test]
fn budgets_end_what_would_not_end() {
    let e = render("{{ range 1000000000 }}{{ end }}").unwrap_err();
    assert!(e.contains("limit of 1000000 steps"), "{e}");
    let e = render("{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}").unwrap_err();
    assert!(e.contains("templates one within the other"), "{}", &e[e.len().saturating_sub(200)..]);
}

// Recorded with Go 1.26: template.New("t").Parse(text), and what Execute writes of those that parse.
#[test]
fn names_consist_of_gos_letters_and_digits() {
    for name in ["é1", "ʰ", "a٣", "ß_", "\u{31350}"] {
        ok(&format!("{{{{ ${name} := 1 }}}}{{{{ ${name} }}}}"), "1");
    }
    ok("{{ $٣ := 1 }}{{ $٣ }}", "1");
    // Numbers that aren't decimal digits, marks, symbols, letters of a later Unicode.
    for (name, bad) in [
        ("Ⅷ", "U+2167 'Ⅷ'"),
        ("हि", "U+093F 'ि'"),
        ("a²", "U+00B2 '²'"),
        ("ⓐ", "U+24D0 'ⓐ'"),
        ("\u{345}", "U+0345 '\u{345}'"),
        ("㆒", "U+3192 '㆒'"),
        ("〇", "U+3007 '〇'"),
    ] {
        fails(&format!("{{{{ ${name} := 1 }}}}"), &format!("template: t:1: bad character {bad}"));
        fails(&format!("{{{{ .x{name} }}}}"), &format!("template: t:1: bad character {bad}"));
    }
    fails("{{ true² }}", "template: t:1: bad character U+00B2 '²'");
    fails("{{ Ⅷ }}", "template: t:1: unrecognized character in action: U+2167 'Ⅷ'");
    fails("{{ \u{93f} }}", "template: t:1: unrecognized character in action: U+093F 'ि'");
    fails("{{ 1é }}", "template: t:1: bad number syntax: \"1é\"");
    fails("{{ 1Ⅷ }}", "template: t:1: unrecognized character in action: U+2167 'Ⅷ'");
}

// Recorded with Go 1.26: template.New("t").Parse(text), and what Execute writes of those that parse.
#[test]
fn numbers_are_read_as_strconv_reads_them() {
    for (text, want) in [
        ("1_0.5", "10.5"),
        ("0x1_0p1", "32"),
        ("0_7", "7"),
        ("1e5_0", "1e+50"),
        ("+0x1p-2", "0.25"),
        ("0x.8p1", "1"),
        ("017.5", "17.5"),
        ("08.5", "8.5"),
        ("0x123456789012345678p0", "3.358127276249173e+20"),
        ("1_0i", "(0+10i)"),
        ("0x1p4i", "(0+16i)"),
        ("1+0x1p4i", "(1+16i)"),
        ("1e-400", "0"),
        ("-0x8000000000000000", "-9223372036854775808"),
        ("0X1P+4", "16"),
        ("0x1P1_0", "1024"),
        ("-0b11", "-3"),
        ("-0", "0"),
        ("-0.0", "-0"),
        ("9223372036854775807.0", "9.223372036854776e+18"),
    ] {
        ok(&format!("{{{{ {text} }}}}"), want);
    }
    for text in ["0x", "0x_", "1__0", "1_e5", "0x1.8", "0b1.0", "1e400", "0x1p1025", "0b", "0_"] {
        fails(&format!("{{{{ {text} }}}}"), &format!("template: t:1: illegal number syntax: {text:?}"));
    }
    for text in ["08", "99999999999999999999", "+18446744073709551615"] {
        fails(&format!("{{{{ {text} }}}}"), &format!("template: t:1: integer overflow: {text:?}"));
    }
}
