//! What holds for any objects, and RFC 6902 against another author's reading of it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use pintle_kustomize::{FileSystem, Kustomization, Options, SourceObject, build, transform};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Files in memory.
struct Memory(BTreeMap<PathBuf, Vec<u8>>);

impl FileSystem for Memory {
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        match self.0.contains_key(path) || self.is_dir(path) {
            true => Ok(path.to_owned()),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.0.keys().any(|file| file != path && file.starts_with(path))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

const NAMES: [&str; 4] = ["a", "b", "a/b", "~c"];

/// Values without null: for kustomize's library what is null isn't there.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (-4..40_i32).prop_map(|n| json!(n)),
        "[a-z0-9: #]{0,6}".prop_map(Value::String)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(select(&NAMES[..]), inner, 0..4).prop_map(|m| json!(m)),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    let spec = prop::collection::btree_map(select(&NAMES[..]), value(), 0..4);
    spec.prop_map(|spec| json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}, "spec": spec}))
}

/// A path below `spec`. Negative indexes, which RFC 6902 doesn't have, and spellings such as `01` are not among the steps.
fn path() -> impl Strategy<Value = String> {
    let step = prop_oneof![
        3 => select(&NAMES[..]).prop_map(|n| n.replace('~', "~0").replace('/', "~1")),
        2 => select(vec!["0", "1", "2"]).prop_map(str::to_owned),
        1 => Just("-".to_owned()),
    ];
    prop::collection::vec(step, 1..4).prop_map(|steps| format!("/spec/{}", steps.join("/")))
}

fn operation() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (path(), value()).prop_map(|(path, value)| json!({"op": "add", "path": path, "value": value})),
        2 => path().prop_map(|path| json!({"op": "remove", "path": path})),
        2 => (path(), value()).prop_map(|(path, value)| json!({"op": "replace", "path": path, "value": value})),
        2 => (path(), path()).prop_map(|(from, path)| json!({"op": "move", "from": from, "path": path})),
        2 => (path(), path()).prop_map(|(from, path)| json!({"op": "copy", "from": from, "path": path})),
        1 => (path(), value()).prop_map(|(path, value)| json!({"op": "test", "path": path, "value": value})),
    ]
}

/// Text as JSON reads it, whatever the numbers are.
fn read(text: &str) -> Value {
    let data = pintle_yaml::from_slice(text.as_bytes()).unwrap();
    floats(serde_json::from_str(&pintle_value::json::to_string(&data).unwrap()).unwrap())
}

fn floats(value: Value) -> Value {
    match value {
        Value::Number(n) => json!(n.as_f64()),
        Value::Array(items) => Value::Array(items.into_iter().map(floats).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, floats(v))).collect()),
        other => other,
    }
}

fn patched(object: &Value, patch: &Value) -> Result<Value, String> {
    let kustomization = json!({"patches": [{"target": {"kind": "Thing"}, "patch": patch.to_string()}]}).to_string();
    let (kustomization, _) = Kustomization::read(kustomization.as_bytes(), "kustomization.yaml").unwrap();
    let files = Memory(BTreeMap::from([(PathBuf::from("/k/a"), Vec::new())]));
    let text = object.to_string();
    let objects = [SourceObject { text: text.as_bytes(), file: "a.yaml" }];
    let options = Options { files: &files, ..Options::default() };
    let output = transform(kustomization, "kustomization.yaml", "/k", &objects, &options).map_err(|e| e.message().to_owned())?;
    Ok(read(&output.to_yaml().map_err(|e| e.message().to_owned())?))
}

/// Whether kustomize's library goes on where RFC 6902 wants an error: to it a key that is absent is one that is null, so that it can be
/// replaced and copied.
fn is_lenient(object: &Value, operation: &Value) -> bool {
    let field = match operation["op"].as_str() {
        Some("replace") => "path",
        Some("copy") => "from",
        _ => return false,
    };
    let path = operation[field].as_str().unwrap_or_default();
    let (parent, _) = path.rsplit_once('/').unwrap_or_default();
    object.pointer(parent).is_some_and(Value::is_object) && object.pointer(path).is_none()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, max_global_rejects: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn patches_do_what_another_library_does(object in object(), operations in prop::collection::vec(operation(), 1..4)) {
        let mut theirs = object.clone();
        let mut result = Ok(());
        for operation in &operations {
            prop_assume!(!is_lenient(&theirs, operation));
            let patch = serde_json::from_value::<json_patch::Patch>(json!([operation])).unwrap();
            result = json_patch::patch(&mut theirs, &patch);
            if result.is_err() {
                break;
            }
        }
        let patch = Value::Array(operations);
        match (patched(&object, &patch), result) {
            (Ok(ours), Ok(())) => prop_assert_eq!(ours, floats(theirs), "{}\n{}", object, patch),
            (Err(_), Err(_)) => {}
            (ours, theirs) => prop_assert!(false, "{}\n{}\n{:?}\n{:?}", object, patch, ours, theirs),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn resources_alone_stay_as_they_are(specs in prop::collection::vec(object(), 1..5)) {
        let mut objects = specs;
        for (i, object) in objects.iter_mut().enumerate() {
            object["metadata"]["name"] = json!(format!("x{i}"));
        }
        let text: Vec<String> = objects.iter().map(Value::to_string).collect();
        let files = Memory(BTreeMap::from([
            (PathBuf::from("/k/kustomization.yaml"), b"resources: [all.yaml]\n".to_vec()),
            (PathBuf::from("/k/all.yaml"), text.join("\n---\n").into_bytes()),
        ]));
        let output = build("/k", &Options { files: &files, ..Options::default() }).unwrap();
        let built = output.to_yaml().unwrap();
        let built: Vec<Value> = built.split("---\n").map(read).collect();
        prop_assert_eq!(built, objects.into_iter().map(floats).collect::<Vec<_>>());
    }

    #[test]
    fn a_build_of_a_build_changes_nothing(object in object()) {
        let built = |text: &str| {
            let files = Memory(BTreeMap::from([
                (PathBuf::from("/k/kustomization.yaml"), b"resources: [a.yaml]\n".to_vec()),
                (PathBuf::from("/k/a.yaml"), text.as_bytes().to_vec()),
            ]));
            build("/k", &Options { files: &files, ..Options::default() }).unwrap().to_yaml().unwrap()
        };
        let once = built(&object.to_string());
        prop_assert_eq!(built(&once), once);
    }
}
