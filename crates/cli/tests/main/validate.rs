//! `pintle validate`, end to end: verdicts, places, formats, flags of kubeconform, exit codes, bad input.

use std::fs;
use std::path::PathBuf;

use crate::case::{self, pintle};

const SOUND: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  a: b\n";
const WRONG: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports:\n    - name: http\n      port: 70000\n      targetPort: 80\n      nodeport: 1\n";
const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: lamps.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Lamp, plural: lamps, singular: lamp, listKind: LampList}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties:\n            spec:\n              type: object\n              required: [colour]\n              properties:\n                colour: {type: string, enum: [red, green]}\n                watts: {type: integer, minimum: 1}\n                most: {type: integer}\n              x-kubernetes-validations:\n                - {rule: '!has(self.most) || !has(self.watts) || self.watts <= self.most', message: too bright}\n";

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = case::folder(&format!("validate-{name}"));
    for (file, text) in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Standard output, standard error and the exit code.
fn run(name: &str, files: &[(&str, &str)], args: &str) -> (String, String, i32) {
    let output = pintle(&folder(name, files), args, &[]);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn findings_have_places_and_the_exit_code_tells() {
    let (out, _, code) = run("text", &[("m/a.yaml", SOUND), ("m/b/c.yml", WRONG)], "validate m");
    assert_eq!(code, 1);
    assert_eq!(
        out,
        "error: Service web: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive [api/FieldValueInvalid]\n\
        \x20 --> m/b/c.yml:9:7\n\
         error: Service web: spec.ports[0].nodeport: unknown field \"spec.ports[0].nodeport\" [schema/unknown-field]\n\
        \x20 --> m/b/c.yml:11:7\n\
         2 objects in 2 files: 1 valid, 1 invalid, 0 errors, 0 skipped\n"
    );
    assert_eq!(run("sound", &[("a.yaml", SOUND)], "validate a.yaml"), (String::new(), String::new(), 0));
}

#[test]
fn json_lists_every_object() {
    let (out, _, code) = run(
        "json",
        &[("a.yaml", SOUND), ("b.yaml", WRONG)],
        "validate --findings json --only schema,api --kube-version 1.37.0 .",
    );
    assert_eq!(code, 1);
    let read = pintle_value::json::from_slice(out.as_bytes()).unwrap();
    let short = pintle_value::json::to_string(&read).unwrap();
    for part in [
        r#"{"filename":"a.yaml","kind":"ConfigMap","msg":"","name":"web","status":"statusValid","version":"v1"}"#,
        r#""status":"statusInvalid""#,
        r#"{"code":"api/FieldValueInvalid","column":7,"line":9,"msg":"Invalid value: 70000: must be between 1 and 65535, inclusive","path":"spec.ports[0].port","reason":"FieldValueInvalid"}"#,
        r#""rule":"api/FieldValueInvalid","severity":"error""#,
        r#""summary":{"errors":0,"invalid":1,"skipped":0,"valid":1}"#,
    ] {
        assert!(short.contains(part), "{part}\n{short}");
    }
}

#[test]
fn every_code_has_levels_and_exceptions() {
    let run = |name: &str, text: &str, args: &str| run(name, &[("a.yaml", text)], &format!("validate {args} a.yaml"));
    let (out, _, code) = run("level-warn", WRONG, "--rule api/FieldValueInvalid=warn --rule schema/*=off");
    assert!(code == 0 && out.starts_with("warning: Service web: spec.ports[0].port: Invalid value: 70000"), "{out}");
    assert!(!out.contains("unknown field"), "{out}");
    let annotated = "  name: web\n  annotations: {pintle.dev/ignore: \"api/FieldValueInvalid: a test\"}\n";
    let (out, _, code) = run("level-except", &WRONG.replacen("  name: web\n", annotated, 1), "");
    assert!(code == 1 && out.contains("[schema/unknown-field]") && !out.contains("70000"), "{out}");
}

#[test]
fn kubeconform_spelling_is_understood() {
    let files = [("a.yaml", SOUND), ("b.yaml", WRONG)];
    let (out, _, code) = run(
        "flags",
        &files,
        "validate -strict -summary -verbose -output text -kubernetes-version 1.31.0 -ignore-missing-schemas -n 2 -cache . .",
    );
    assert_eq!(code, 1);
    assert!(out.contains("a.yaml - ConfigMap web is valid\nb.yaml - Service web is invalid: spec.ports[0].port"), "{out}");
    assert!(out.ends_with("Summary: 2 resources found in 2 files - Valid: 1, Invalid: 1, Errors: 0, Skipped: 0\n"), "{out}");
    assert_eq!(run("skip", &files, "validate -skip Service -ignore-filename-pattern a.yaml .").2, 0);
    assert!(run("reject", &files, "validate -reject ConfigMap a.yaml").0.contains("prohibited resource kind"));
    assert_eq!(
        run(
            "lax",
            &[("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nnope: 1\n")],
            "validate -strict=false a.yaml"
        )
        .2,
        0
    );
}

#[test]
fn every_format_shows_the_finding() {
    let files = [("b.yaml", WRONG)];
    for (format, part) in [
        ("junit", "<failure message=\"spec.ports[0].port: Invalid value: 70000"),
        ("tap", "not ok 1 - b.yaml (Service web): spec.ports[0].port"),
        ("sarif", "\"ruleId\": \"api/FieldValueInvalid\""),
        ("github", "::error file=b.yaml,line=9,col=7,title=api/FieldValueInvalid::Service web: spec.ports[0].port"),
        ("pretty", "✖ b.yaml: Service web is invalid"),
    ] {
        let (out, _, code) = run(&format!("format-{format}"), &files, &format!("validate -o {format} b.yaml"));
        assert!(code == 1 && out.contains(part), "{format}\n{out}");
    }
}

#[test]
fn definitions_of_the_run_and_their_rules_count() {
    let lamp = |spec: &str| format!("apiVersion: example.com/v1\nkind: Lamp\nmetadata: {{name: a}}\nspec: {spec}\n");
    let (wrong, sound) = (lamp("{colour: blue, watts: 0, size: 3}"), lamp("{colour: red, watts: 4, most: 3}"));
    let files = [("crd.yaml", CRD), ("wrong.yaml", &wrong), ("rule.yaml", &sound)];
    let (out, _, code) = run("crd", &files, "validate .");
    assert_eq!(code, 1);
    for part in [
        "spec.colour: Unsupported value: \"blue\": supported values: \"green\", \"red\"",
        "spec.watts: Invalid value: 0: spec.watts in body should be greater than or equal to 1",
        "unknown field \"spec.size\"",
        "error: Lamp a: spec: Invalid value: too bright [schema/rule]\n  --> rule.yaml:4:1",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let (out, _, code) = run("crds", &[("m/a.yaml", &wrong), ("c/crd.yaml", CRD)], "validate --crds c m");
    assert!(code == 1 && out.contains("spec.colour"), "{out}");
}

#[test]
fn kinds_without_a_schema_are_named_once_and_fail_if_asked() {
    let thing = "apiVersion: nowhere.example/v1\nkind: Thing\nmetadata: {name: a}\n";
    let files = [("a.yaml", thing), ("b.yaml", thing)];
    let (out, _, code) = run("unknown", &files, "validate .");
    assert_eq!((code, out.matches("no schema for nowhere.example/v1 Thing").count()), (0, 1), "{out}");
    assert_eq!(run("unknown-strict", &files, "validate --strict-schemas .").2, 1);
    let old = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {minAvailable: 1}\n";
    let (out, _, code) = run("versions", &[("a.yaml", old)], "validate --kube-version 1.25,1.37 a.yaml");
    assert_eq!(code, 1);
    assert!(
        out.contains("no matches for kind \"PodDisruptionBudget\" in version \"policy/v1beta1\" of Kubernetes 1.37"),
        "{out}"
    );
}

#[test]
fn bad_input_is_told_clearly() {
    for (name, text, wanted) in [
        ("yaml", "a: [", "did not find expected node content"),
        (
            "twice",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\ndata: {c: d}\n",
            "error: ConfigMap a: data: duplicate field \"data\" [schema/duplicate-key]\n  --> a.yaml:5:1",
        ),
        ("scalar", "just text\n", "cannot unmarshal string"),
        ("kind", "apiVersion: v1\nmetadata: {name: a}\n", "Object 'Kind' is missing"),
        (
            "type",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: two}\n",
            "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            "list",
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: A}}\n",
            "Secret A: metadata.name",
        ),
    ] {
        let (out, _, code) = run(&format!("bad-{name}"), &[("a.yaml", text)], "validate a.yaml");
        assert!(code == 1 && out.contains(wanted), "{name}: {out}");
    }
    let stream = format!("---\n---\n# nothing\n---\n{SOUND}---\n");
    assert_eq!(run("bad-empty", &[("a.yaml", &stream)], "validate a.yaml").2, 0);
    let large = format!("{SOUND}  b: {}\n", "x".repeat(10 << 20));
    let (out, _, code) = run("bad-large", &[("a.yaml", &large)], "validate a.yaml");
    assert!(code == 1 && out.contains("may not be more than 1048576 bytes") && out.len() < 1000, "{}", &out[..200]);
    let deep = format!("a: {}1{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(run("bad-deep", &[("a.yaml", &deep)], "validate a.yaml").2, 1);
}

/// A Service that selects nothing, in a file of its own, and a pod that mounts what doesn't exist and holds a credential.
const LOOSE: [(&str, &str); 2] = [
    ("m/a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: 80}]\n  selector: {app: api}\n"),
    (
        "m/b.yaml",
        "# The database.\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: db\n  labels: {app: db}\nspec:\n  containers:\n    - name: db\n      image: db:1\n      env:\n        - {name: DB_PASSWORD, value: hunter2hunter2}\n      envFrom:\n        - configMapRef: {name: settings}\n",
    ),
];

#[test]
fn references_and_secrets_are_looked_for_on_request() {
    assert_eq!(run("refs-off", &LOOSE, "validate m"), (String::new(), String::new(), 0));
    let (out, _, code) = run("refs", &LOOSE, "validate --only refs,secrets m");
    assert_eq!(code, 0, "{out}");
    for part in [
        "warning: Service web: spec.selector: selects no pod [select/service]\n  --> m/a.yaml:6:3\n",
        "uses ConfigMap settings, which doesn't exist [ref/config-map]\n  --> m/b.yaml:15:11\n",
        " [secret/plaintext]\n  --> m/b.yaml:13:31\n",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    assert_eq!(out.matches("warning: ").count(), 3, "{out}");
    assert!(!out.contains("hunter2"), "{out}");
    let (out, _, code) = run("refs-error", &LOOSE, "validate --only refs --rule ref/*=error --existing ConfigMap/settings m");
    assert!(code == 0 && out.contains("[select/service]") && !out.contains("settings"), "{out}");
    let (out, _, code) = run("refs-json", &LOOSE, "validate --only refs --rule ref/*=error --findings json m");
    assert!(code == 1 && out.contains(r#""path": "spec.containers[0].envFrom[0].configMapRef""#), "{out}");
    assert!(out.contains(r#""invalid": 1"#), "{out}");
    let said = run("refs-rule", &LOOSE, "validate --only refs --rule ref/secrt=error m");
    assert!(said.2 == 2 && said.1.contains("did you mean ref/secret?"), "{}", said.1);
}

#[test]
fn schema_locations_are_files() {
    let schema = r#"{"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": false}}}"#;
    let thing = "apiVersion: x.example/v1\nkind: Thing\nmetadata: {name: a}\nspec: {a: b, c: d}\n";
    let files = [("m/a.yaml", thing), ("s/thing_v1.json", schema), ("broken/thing_v1.json", "{")];
    let template = "{{.ResourceKind}}_{{.ResourceAPIVersion}}.json";
    for order in [["default", "s/"], ["s/", "default"]] {
        let places = order.map(|p| format!("-schema-location {p}{}", if p == "s/" { template } else { "" })).join(" ");
        let (out, _, code) = run("location", &files, &format!("validate {places} m"));
        assert!(
            code == 1 && out.contains("spec.a in body must be of type integer") && out.contains("unknown field \"spec.c\""),
            "{out}"
        );
    }
    let (out, _, code) = run("location-broken", &files, &format!("validate -schema-location broken/{template} m"));
    assert!(code == 1 && out.contains("is damaged"), "{out}");
    let (_, error, code) =
        run("location-remote", &files, "validate -schema-location https://example.com/{{.ResourceKind}}.json m");
    assert!(code == 2 && error.contains("is remote"), "{error}");
}

#[test]
fn wrong_usage_exits_with_2() {
    for args in [
        "validate --kube-version 1.2 a.yaml",
        "validate --only nothing a.yaml",
        "validate --findings yaml a.yaml",
        "validate",
        "validate --nope",
    ] {
        assert_eq!(run("usage", &[("a.yaml", SOUND)], args).2, 2, "{args}");
    }
    assert_eq!(run("usage-missing", &[], "validate nowhere").2, 1);
}
