use super::*;
use crate::{Object, Path, Source, Span, Trace, Tracepoint};

crate::rules! {
    RANGE "api/range" Error "A number is out of range.";
    KEY "ref/key" Warning "A key doesn't exist.";
}

fn findings() -> Vec<Diagnostic> {
    let template = Source::new("m é/a,b.yaml", "a: 1\n世\tport: 99999\n".as_bytes());
    let values = Source::new("values.yaml", "port: 99999\n".as_bytes()).private();
    let object = Object { kind: "Service".into(), name: "web".into(), ..Object::default() };
    let first = Diagnostic {
        object: Some(object),
        path: Path::parse("spec.ports[0].port"),
        trace: vec![Trace { what: Tracepoint::Set(".Values.port".into()), span: Span::range(&values, 0..4) }],
        ..Diagnostic::new(&RANGE, "Invalid value: 99999").at(Span::range(&template, 15..20)).hint("use 1 to 65535")
    };
    vec![first, Diagnostic::new(&KEY, "50% of <keys>\nare \u{1b}[31mgone")]
}

#[test]
fn text_has_places_lines_and_hints() {
    let expected = "error: Service web: spec.ports[0].port: Invalid value: 99999 [api/range]
  --> m é/a,b.yaml:2:9
  2 | 世 port: 99999
    |          ^^^^^
  ::: values.yaml:1:1 .Values.port is set here
  help: use 1 to 65535
warning: 50% of <keys>
are \u{fffd}[31mgone [ref/key]
";
    assert_eq!(text(&findings(), Colour::Never), expected);
    assert_eq!(summary(&findings()), "1 error, 1 warning");
    assert_eq!(summary(&[]), "");
    assert!(text(&findings(), Colour::Always).starts_with("\u{1b}[1;31merror\u{1b}[0m"));
}

#[test]
fn json_has_everything() {
    let data = pintle_value::json::from_slice(json(&findings()).as_bytes()).unwrap();
    let first = &data.get("findings").unwrap().as_list().unwrap()[0];
    let field = |key: &str| pintle_value::json::to_string(first.get(key).unwrap()).unwrap();
    assert_eq!(field("object"), r#"{"kind":"Service","name":"web"}"#);
    assert_eq!([field("line"), field("column"), field("endColumn")], ["2", "9", "14"]);
    assert_eq!(field("trace"), r#"[{"column":1,"file":"values.yaml","line":1,"what":".Values.port is set here"}]"#);
    assert_eq!(field("hints"), r#"["use 1 to 65535"]"#);
    assert_eq!(pintle_value::json::to_string(data.get("summary").unwrap()).unwrap(), r#"{"errors":1,"notes":0,"warnings":1}"#);
}

#[test]
fn sarif_has_uris_and_rules() {
    let data = pintle_value::json::from_slice(sarif(&findings()).as_bytes()).unwrap();
    let run = &data.get("runs").unwrap().as_list().unwrap()[0];
    let result = pintle_value::json::to_string(&run.get("results").unwrap().as_list().unwrap()[0]).unwrap();
    assert!(result.contains(r#""uri":"m%20%C3%A9/a%2Cb.yaml""#), "{result}");
    assert!(result.contains(r#""region":{"endColumn":14,"endLine":2,"startColumn":9,"startLine":2}"#), "{result}");
    assert!(result.contains(r#""ruleId":"api/range","ruleIndex":0"#), "{result}");
    assert_eq!(run.get("columnKind").unwrap().as_str(), Some("unicodeCodePoints"));
}

#[test]
fn annotations_are_one_line_each() {
    let expected = "::error file=m é/a%2Cb.yaml,line=2,col=9,title=api/range::Service web: spec.ports[0].port: Invalid value: 99999%0Ause 1 to 65535
::warning title=ref/key::50%25 of <keys>%0Aare \u{fffd}[31mgone
";
    assert_eq!(github(&findings()), expected);
}

#[test]
fn test_reports_have_a_case_for_each_object() {
    let xml = Format::Junit.show(&findings(), Colour::Never);
    assert!(xml.contains("<testsuites name=\"pintle\" tests=\"2\" failures=\"1\""), "{xml}");
    assert!(
        xml.contains("<testcase name=\"web\" classname=\"Service@\"><failure message=\"spec.ports[0].port: Invalid"),
        "{xml}"
    );
    let text = Format::Tap.show(&findings(), Colour::Never);
    assert!(text.starts_with("TAP version 13\n1..2\nnot ok 1 - m é/a,b.yaml (Service web): spec.ports"), "{text}");
    assert!(text.ends_with("\nok 2 - pintle ()\n"), "{text}");
    assert_eq!(Format::Tap.show(&[], Colour::Never), "TAP version 13\n1..0\n");
}

#[test]
fn formats_have_names() {
    assert_eq!(Format::from_name("sarif"), Ok(Format::Sarif));
    assert_eq!(Format::from_name("xml"), Err("unknown format \"xml\": text, json, sarif, github, junit, tap".to_owned()));
}
