//! What holds for any manifest.

use pintle_diagnostic::Source;
use pintle_validate::{Options, Status, Validator};
use proptest::prelude::*;
use proptest::sample::select;

/// Fields of manifests, right and wrong, at any depth.
fn field() -> impl Strategy<Value = String> {
    let key = select(vec![
        "spec",
        "metadata",
        "name",
        "template",
        "containers",
        "ports",
        "containerPort",
        "image",
        "selector",
        "matchLabels",
        "replicas",
        "data",
        "volumes",
        "é",
        "imgae",
    ]);
    let value = select(vec![
        "",
        "web",
        "80",
        "-1",
        "1.5",
        "true",
        "null",
        "[]",
        "{}",
        "[{name: a}]",
        "{app: web}",
        "\"世\\n\"",
        "64MB",
        "'",
        "{",
        "&a b",
        "*a",
        "|\n      x",
        "!!binary a",
    ]);
    (0..4_usize, any::<bool>(), key, value).prop_map(|(depth, is_item, key, value)| {
        format!("{}{}{key}: {value}\n", "  ".repeat(depth), if is_item { "- " } else { "" })
    })
}

fn manifest() -> impl Strategy<Value = String> {
    let kind = select(vec![
        "apiVersion: apps/v1\nkind: Deployment\n",
        "apiVersion: v1\nkind: Service\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        "apiVersion: batch/v1\nkind: Job\n",
        "apiVersion: example.com/v1\nkind: Lamp\n",
        "kind: List\nitems:\n",
        "",
    ]);
    let document = (kind, prop::collection::vec(field(), 0..12)).prop_map(|(kind, fields)| format!("{kind}{}", fields.concat()));
    prop::collection::vec(document, 1..3).prop_map(|documents| documents.join("---\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn findings_lie_within_the_text(text in manifest()) {
        let validator = Validator::new(Options::default());
        let source = Source::new("a.yaml", text.clone());
        for report in validator.check(&source).unwrap() {
            if matches!(report.status, Status::Valid | Status::Invalid | Status::Error) {
                prop_assert_eq!(report.status != Status::Valid, !report.message.is_empty(), "{}", text);
            }
            for span in report.findings.iter().filter_map(|d| d.span.as_ref()).chain([&report.span]) {
                let (lines, at) = (text.split('\n').count(), span.start());
                prop_assert!(at.is_none_or(|at| at.line <= lines), "{:?} of {}\n{}", at, lines, text);
                prop_assert!(span.bytes().is_none_or(|b| b.start <= b.end && b.end <= text.len()), "{:?}\n{}", span, text);
            }
        }
    }

    #[test]
    fn the_same_text_is_judged_the_same(text in manifest()) {
        let judged = || {
            let reports = Validator::new(Options::default()).check(&Source::new("a.yaml", text.clone())).unwrap();
            reports.into_iter().map(|r| (r.status, r.message, r.findings)).collect::<Vec<_>>()
        };
        prop_assert_eq!(judged(), judged());
    }
}
