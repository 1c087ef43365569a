//! The library from outside: objects in memory, files by object, places of fields, and input that is broken in every way.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use pintle_kustomize::{FileSystem, Kustomization, Options, SourceObject, build, transform};

/// Files in memory.
struct Memory(BTreeMap<PathBuf, Vec<u8>>);

impl Memory {
    fn new(files: &[(&str, &str)]) -> Memory {
        Memory(files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect())
    }
}

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

const KUSTOMIZATION: &str = "\
resources: [web.yaml]
namePrefix: p-
namespace: shop
commonLabels: {app: web}
images: [{name: nginx, newTag: '2'}]
replicas: [{name: web, count: 2}]
configMapGenerator: [{name: conf, literals: [a=b], files: [web.yaml]}]
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {template: {spec: {containers: [{name: c, env: [{name: A, value: x}]}]}}}
- target: {kind: Deployment}
  patch: '[{\"op\": \"add\", \"path\": \"/metadata/annotations\", \"value\": {\"k\": \"v\"}}]'
replacements:
- source: {kind: Deployment, fieldPath: metadata.name}
  targets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels.self], options: {create: true}}]
";

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: &m
  name: web
spec:
  replicas: 1
  template:
    metadata: {<<: *m}
    spec:
      containers:
      - name: c
        image: nginx:1
        envFrom: [{configMapRef: {name: conf}}]
";

fn built(files: &Memory) -> Result<pintle_kustomize::Output, pintle_kustomize::Error> {
    build("/k", &Options { files, ..Options::default() })
}

#[test]
fn a_folder_in_memory_is_built() {
    let files = Memory::new(&[("/k/kustomization.yaml", KUSTOMIZATION), ("/k/web.yaml", WEB)]);
    let output = built(&files).expect("builds");
    let text = output.to_yaml().expect("has YAML");
    assert!(text.contains("image: nginx:2\n"), "{text}");
    assert!(text.contains("name: p-conf-"), "{text}");
    let names: Vec<String> = output.files().expect("has names").into_iter().map(|(name, _)| name).collect();
    assert!(names[0].starts_with("v1_configmap_p-conf-"), "{names:?}");
    assert_eq!(names[1], "apps_v1_deployment_p-web.yaml");
}

#[test]
fn every_object_and_field_knows_where_it_was_written() {
    let files = Memory::new(&[("/k/kustomization.yaml", KUSTOMIZATION), ("/k/web.yaml", WEB)]);
    let output = built(&files).expect("builds");
    let web = output.objects.iter().position(|o| o.text(&["kind"]) == Some("Deployment")).expect("is there");
    assert_eq!((output.objects[web].origin.file.as_str(), output.objects[web].origin.line), ("/k/web.yaml", 1));
    let at = |path: &[&str]| output.field_location(web, path).map(|l| l.to_string());
    assert_eq!(at(&["spec", "template", "spec", "containers", "0", "image"]).as_deref(), Some("/k/web.yaml:12"));
    // The patch is in the kustomization itself.
    let env = at(&["spec", "template", "spec", "containers", "0", "env", "0", "value"]);
    assert!(env.is_some_and(|e| e.starts_with("/k/kustomization.yaml")));
    let conf = output.objects.iter().find(|o| o.text(&["kind"]) == Some("ConfigMap")).expect("is there");
    assert_eq!((conf.origin.file.as_str(), conf.origin.line), ("/k/kustomization.yaml", 7));
}

#[test]
fn objects_in_memory_are_transformed() {
    let (kustomization, notes) = Kustomization::read(b"nameSuffix: -x\ncommonLabels: {a: b}\n", "pintle.yaml").expect("reads");
    assert_eq!(notes.len(), 1);
    let objects = [SourceObject { text: b"{apiVersion: v1, kind: Secret, metadata: {name: s}}", file: "web/templates/s.yaml" }];
    let files = Memory::new(&[("/k/a", "")]);
    let options = Options { files: &files, ..Options::default() };
    let output = transform(kustomization, "pintle.yaml", "/k", &objects, &options).expect("transforms");
    let text = "apiVersion: v1\nkind: Secret\nmetadata:\n  labels:\n    a: b\n  name: s-x\n";
    assert_eq!(output.to_yaml().as_deref(), Ok(text));
    assert_eq!(output.objects[0].origin.file, "web/templates/s.yaml");
}

/// Every byte removed, doubled or replaced in turn: whatever comes of it, it is a result or an error.
#[test]
fn broken_input_never_panics() {
    for (broken, other) in [("/k/kustomization.yaml", "/k/web.yaml"), ("/k/web.yaml", "/k/kustomization.yaml")] {
        let text = |file: &str| if file.ends_with("web.yaml") { WEB } else { KUSTOMIZATION };
        for at in 0..text(broken).len() {
            for with in ["", "  ", "null", "[", "*m", "- ", "0", "\n"] {
                let mut bytes = text(broken).as_bytes().to_vec();
                bytes.splice(at..=at, with.bytes());
                let mut files = Memory::new(&[(other, text(other))]);
                files.0.insert(PathBuf::from(broken), bytes);
                if let Ok(output) = built(&files) {
                    assert!(output.to_yaml().is_ok());
                }
            }
        }
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n".to_owned();
    for i in 1..12 {
        let list = vec![format!("*x{}", i - 1); 10].join(", ");
        text.push_str(&format!("x{i}: &x{i} [{list}]\n"));
    }
    let files = Memory::new(&[("/k/kustomization.yaml", "resources: [a.yaml]\n"), ("/k/a.yaml", &text)]);
    let error = built(&files).expect_err("is refused");
    assert!(error.message().contains("excessive aliasing"), "{error}");
}
