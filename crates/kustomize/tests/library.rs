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

// Recorded with kustomize 5.7.1, built with Go 1.26.8: `kustomize build` of a folder with the text as its kustomization.yaml.
#[test]
fn what_does_not_fit_is_told_with_the_names_of_go() {
    for (text, wanted) in [
        ("patches: x", "string into Go struct field Kustomization.patches of type []types.Patch"),
        ("kind: [a]", "array into Go struct field Kustomization.TypeMeta.kind of type string"),
        ("commonLabels: {a: 5}", "number into Go struct field Kustomization.commonLabels of type string"),
        ("patches: [{target: {kind: 5}}]", "number into Go struct field Selector.patches.target.ResId.Gvk.kind of type string"),
        ("patches: [{target: {name: [x]}}]", "array into Go struct field Selector.patches.target.ResId.name of type string"),
        ("patches: [{options: {a: x}}]", "string into Go struct field Patch.patches.options of type bool"),
        (
            "patchesStrategicMerge: x",
            "string into Go struct field Kustomization.patchesStrategicMerge of type []types.PatchStrategicMerge",
        ),
        (
            "patchesStrategicMerge: [5]",
            "number into Go struct field Kustomization.patchesStrategicMerge of type types.PatchStrategicMerge",
        ),
        ("replicas: [{count: 1.5}]", "number 1.5 into Go struct field Replica.replicas.count of type int64"),
        ("replicas: [{count: 1e30}]", "number 1e+30 into Go struct field Replica.replicas.count of type int64"),
        (
            "replacements: [{source: 5}]",
            "number into Go struct field ReplacementField.replacements.Replacement.source of type types.SourceSelector",
        ),
        (
            "replacements: [{targets: x}]",
            "string into Go struct field ReplacementField.replacements.Replacement.targets of type []*types.TargetSelector",
        ),
        (
            "replacements: [{source: {options: {index: x}}}]",
            "string into Go struct field FieldOptions.replacements.Replacement.source.options.index of type int",
        ),
        ("configMapGenerator: x", "string into Go struct field Kustomization.configMapGenerator of type []types.ConfigMapArgs"),
        (
            "configMapGenerator: [{literals: x}]",
            "string into Go struct field ConfigMapArgs.configMapGenerator.GeneratorArgs.KvPairSources.literals of type []string",
        ),
        (
            "secretGenerator: [{type: 5, files: [5]}]",
            "number into Go struct field SecretArgs.secretGenerator.GeneratorArgs.KvPairSources.files of type string",
        ),
        (
            "helmCharts: [{valuesInline: x}]",
            "string into Go struct field HelmChart.helmCharts.valuesInline of type map[string]interface {}",
        ),
        ("sortOptions: {order: 5}", "number into Go struct field SortOptions.sortOptions.order of type types.SortOrder"),
        ("labels: [{fields: [{kind: 5}]}]", "number into Go struct field FieldSpec.labels.fields.Gvk.kind of type string"),
        ("vars: [{objref: {kind: 5}}]", "number into Go struct field Target.vars.objref.Gvk.kind of type string"),
        ("resuorces: x\npatches: x", "string into Go struct field Kustomization.patches of type []types.Patch"),
        ("[a]", "array into Go value of type types.Kustomization"),
    ] {
        let error = built(&Memory::new(&[("/k/kustomization.yaml", text)])).unwrap_err();
        assert_eq!(error.message(), format!("invalid Kustomization: json: cannot unmarshal {wanted}"), "{text}");
    }
    for (text, wanted) in [
        ("\"k\\u0130nd\": x", "json: unknown field \"kİnd\""),
        ("a: [", "yaml: line 1: did not find expected node content"),
        ("a: .inf", "json: unsupported value: +Inf"),
    ] {
        let error = built(&Memory::new(&[("/k/kustomization.yaml", text)])).unwrap_err();
        assert_eq!(error.message(), format!("invalid Kustomization: {wanted}"), "{text}");
    }
    let folded = "\"re\\u017Fources\": [web.yaml]";
    assert!(built(&Memory::new(&[("/k/kustomization.yaml", folded), ("/k/web.yaml", WEB)])).is_ok());
}

// Recorded in the same way, the text in a file that `transformers`, `generators` or `configurations` names.
#[test]
fn what_does_not_fit_in_other_files_is_told_so_too() {
    let object = |kind: &str, text: &str| format!("apiVersion: builtin\nmetadata: {{name: x}}\nkind: {kind}\n{text}");
    for (field, text, wanted) in [
        (
            "transformers",
            object("LabelTransformer", "labels: x"),
            "string into Go struct field LabelTransformerPlugin.labels of type map[string]string",
        ),
        (
            "transformers",
            object("LabelTransformer", "fieldSpecs: [{kind: 5}]"),
            "number into Go struct field FieldSpec.fieldSpecs.Gvk.kind of type string",
        ),
        (
            "transformers",
            object("NamespaceTransformer", "setRoleBindingSubjects: [x]"),
            "array into Go struct field NamespaceTransformerPlugin.setRoleBindingSubjects of type namespace.RoleBindingSubjectMode",
        ),
        (
            "transformers",
            object("PatchTransformer", "target: {kind: 5}"),
            "number into Go struct field Selector.target.ResId.Gvk.kind of type string",
        ),
        (
            "transformers",
            object("ValueAddTransformer", "targets: [{filePathPosition: x}]"),
            "string into Go struct field Target.targets.filePathPosition of type int",
        ),
        (
            "generators",
            object("ConfigMapGenerator", "behavior: 5"),
            "number into Go struct field ConfigMapGeneratorPlugin.ConfigMapArgs.GeneratorArgs.behavior of type string",
        ),
        (
            "generators",
            object("SecretGenerator", "type: [x]"),
            "array into Go struct field SecretGeneratorPlugin.SecretArgs.type of type string",
        ),
        (
            "generators",
            object("IAMPolicyGenerator", "cloud: [x]"),
            "array into Go struct field IAMPolicyGeneratorPlugin.IAMPolicyGeneratorArgs.cloud of type types.Cloud",
        ),
        (
            "configurations",
            "namePrefix: x".into(),
            "string into Go struct field TransformerConfig.namePrefix of type types.FsSlice",
        ),
        (
            "configurations",
            "nameReference: x".into(),
            "string into Go struct field TransformerConfig.nameReference of type builtinconfig.nbrSlice",
        ),
        (
            "configurations",
            "namePrefix: [{path: 5, create: x}]".into(),
            "string into Go struct field FieldSpec.namePrefix.create of type bool",
        ),
    ] {
        let kustomization = format!("resources: [web.yaml]\n{field}: [x.yaml]");
        let files = [("/k/kustomization.yaml", kustomization.as_str()), ("/k/web.yaml", WEB), ("/k/x.yaml", text.as_str())];
        let error = built(&Memory::new(&files)).unwrap_err();
        let wanted = format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {wanted}");
        assert!(error.message().ends_with(&wanted), "{text}: {}", error.message());
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
