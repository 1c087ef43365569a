//! Kustomizations made to cost much: their work grows with them, or they end with the limit's name.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pintle_kustomize::{FileSystem, Kustomization, Options, Output, SourceObject, build, transform};
use pintle_value::budget::{Budget, Limits};
use proptest::prelude::*;

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
        // Files of a folder come right behind it.
        self.0.range(path.to_owned()..).find(|(file, _)| *file != path).is_some_and(|(file, _)| file.starts_with(path))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

type Files = Vec<(String, String)>;

/// A build of `/a`, and the steps that it took.
fn built(files: &Files, limits: Limits) -> (Result<Output, String>, u64) {
    let memory = Memory(files.iter().map(|(path, text)| (PathBuf::from(path), text.clone().into_bytes())).collect());
    let budget = Arc::new(Budget::new(limits));
    let options = Options { files: &memory, budget: budget.clone(), ..Options::default() };
    let output = build("/a", &options).map_err(|e| e.message().to_owned());
    (output, limits.steps - budget.steps_left())
}

fn lines(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).map(line).collect()
}

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: b}}\n---\n")
}

fn deployment(name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{volumes: [{{name: v, configMap: {{name: {name}}}}}], \
         containers: [{{name: c, image: i-{name}}}]}}}}}}\n---\n"
    )
}

/// A kustomization over one file.
fn over(kustomization: String, objects: String) -> Files {
    vec![("/a/kustomization.yaml".into(), kustomization), ("/a/o.yaml".into(), objects)]
}

/// Twice as much takes at most two and a half times the steps.
#[track_caller]
fn is_linear(what: &str, n: usize, make: impl Fn(usize) -> Files) {
    let steps = |n| {
        let (output, steps) = built(&make(n), Limits::default());
        assert!(output.is_ok(), "{what}: {:?}", output.err());
        steps
    };
    let (half, whole) = (steps(n / 2), steps(n));
    assert!(whole as f64 <= half as f64 * 2.5, "{what}: {half} steps, then {whole}");
}

#[test]
fn work_grows_with_the_kustomization() {
    let objects = |n, object: fn(&str) -> String| lines(n, |i| object(&format!("o{i}")));
    is_linear("resources", 4_000, |n| {
        let files = (0..n).map(|i| (format!("/a/r{i}.yaml"), config_map(&format!("r{i}"))));
        files
            .chain([("/a/kustomization.yaml".into(), format!("resources:\n{}", lines(n, |i| format!("- r{i}.yaml\n"))))])
            .collect()
    });
    is_linear("bases", 400, |n| {
        let mut files = vec![("/a/kustomization.yaml".into(), format!("resources:\n{}", lines(n, |i| format!("- ../b{i}\n"))))];
        for i in 0..n {
            files.push((format!("/b{i}/kustomization.yaml"), "resources: [o.yaml]\nnamePrefix: p-\n".into()));
            files.push((format!("/b{i}/o.yaml"), config_map(&format!("r{i}"))));
        }
        files
    });
    is_linear("objects", 4_000, |n| {
        over("resources: [o.yaml]\nnamespace: x\nnamePrefix: p-\nnameSuffix: -s\n".into(), objects(n, config_map))
    });
    is_linear("references", 1_000, |n| {
        over("resources: [o.yaml]\nnamePrefix: p-\n".into(), objects(n, config_map) + &objects(n, deployment))
    });
    for field in ["commonLabels", "commonAnnotations"] {
        is_linear(field, 4_000, |n| {
            over(format!("resources: [o.yaml]\n{field}:\n{}", lines(n, |i| format!("  k{i}: v\n"))), config_map("a"))
        });
    }
    is_linear("labels", 400, |n| {
        over(format!("resources: [o.yaml]\nlabels:\n{}", lines(n, |i| format!("- pairs: {{k{i}: v}}\n"))), config_map("a"))
    });
    is_linear("pairs of labels", 4_000, |n| {
        over(format!("resources: [o.yaml]\nlabels:\n- pairs:\n{}", lines(n, |i| format!("    k{i}: v\n"))), config_map("a"))
    });
    is_linear("images", 400, |n| {
        over(
            format!("resources: [o.yaml]\nimages:\n{}", lines(n, |i| format!("- {{name: i-a, newTag: t{i}}}\n"))),
            deployment("a"),
        )
    });
    is_linear("patches", 400, |n| {
        let patch = "- {target: {kind: ConfigMap}, patch: '[{\"op\": \"add\", \"path\": \"/data/x\", \"value\": \"y\"}]'}\n";
        over(format!("resources: [o.yaml]\npatches:\n{}", patch.repeat(n)), config_map("a"))
    });
    is_linear("objects of a patch", 2_000, |n| {
        let patch = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {b: c}}";
        over(
            format!("resources: [o.yaml]\npatches: [{{target: {{kind: ConfigMap}}, patch: '{patch}'}}]\n"),
            objects(n, config_map),
        )
    });
    is_linear("a large patch", 4_000, |n| {
        let data = lines(n, |i| format!("  k{i}: v\n"));
        let patch = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{data}");
        let mut files = over("resources: [o.yaml]\npatches: [{path: p.yaml}]\n".into(), format!("{patch}---\n"));
        files.push(("/a/p.yaml".into(), patch.replace(": v\n", ": w\n")));
        files
    });
    is_linear("literals", 4_000, |n| {
        over(format!("configMapGenerator:\n- name: a\n  literals:\n{}", lines(n, |i| format!("  - k{i}=v\n"))), String::new())
    });
    is_linear("generators", 1_000, |n| {
        over(format!("configMapGenerator:\n{}", lines(n, |i| format!("- {{name: g{i}, literals: [a=b]}}\n"))), String::new())
    });
    is_linear("replacements", 400, |n| {
        let one = "- {sourceValue: x, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]}\n";
        over(format!("resources: [o.yaml]\nreplacements:\n{}", one.repeat(n)), config_map("a"))
    });
    is_linear("targets of a replacement", 2_000, |n| {
        let one = "{source: {name: o0}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]}";
        over(format!("resources: [o.yaml]\nreplacements: [{one}]\n"), objects(n, config_map))
    });
    is_linear("configurations", 100, |n| {
        let mut files =
            over(format!("resources: [o.yaml]\nconfigurations:\n{}", lines(n, |i| format!("- c{i}.yaml\n"))), config_map("a"));
        files.extend((0..n).map(|i| (format!("/a/c{i}.yaml"), format!("namePrefix: [{{path: metadata/x{i}}}]\n"))));
        files
    });
}

#[track_caller]
fn exceeds(what: &str, files: &Files) {
    let (output, _) = built(files, Limits::strict());
    let e = output.err().unwrap_or_default();
    assert!(e.contains("limit of"), "{what}: {e}");
}

#[test]
fn what_multiplies_ends_with_the_limit() {
    // Folders that each lead to the next one twice.
    let mut files: Files = Vec::new();
    for i in 0..30 {
        for side in ["a", "b"] {
            let next = format!("resources: [../a{0}, ../b{0}]\nnamePrefix: {side}-\n", i + 1);
            files.push((format!("/{side}{i}/kustomization.yaml"), next));
        }
    }
    for side in ["a", "b"] {
        files.push((format!("/{side}30/kustomization.yaml"), "resources: [o.yaml]\n".into()));
        files.push((format!("/{side}30/o.yaml"), config_map(&format!("{side}x"))));
    }
    files.push(("/a/kustomization.yaml".into(), "resources: [../a0, ../b0]\n".into()));
    exceeds("diamonds", &files);
    // Many of these for each of those.
    let many = |n: usize, line: &str| line.repeat(n);
    let objects = lines(5_000, |i| config_map(&format!("o{i}")));
    let labels = format!("resources: [o.yaml]\ncommonLabels:\n{}", lines(5_000, |i| format!("  k{i}: v\n")));
    exceeds("labels of objects", &over(labels, objects.clone()));
    let patches = "- {target: {kind: ConfigMap}, patch: '[{\"op\": \"add\", \"path\": \"/data/x\", \"value\": \"y\"}]'}\n";
    exceeds("patches of objects", &over(format!("resources: [o.yaml]\npatches:\n{}", many(5_000, patches)), objects.clone()));
    let nowhere =
        "- {target: {kind: ConfigMap, name: o-x}, patch: '[{\"op\": \"add\", \"path\": \"/data/x\", \"value\": \"y\"}]'}\n";
    exceeds("patches of nothing", &over(format!("resources: [o.yaml]\npatches:\n{}", many(5_000, nowhere)), objects.clone()));
    let images = lines(5_000, |i| format!("- {{name: n{i}, newTag: t}}\n"));
    exceeds("images", &over(format!("resources: [o.yaml]\nimages:\n{images}"), lines(5_000, |i| deployment(&format!("o{i}")))));
    let replacement = "- {source: {name: o0}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]}\n";
    exceeds("replacements", &over(format!("resources: [o.yaml]\nreplacements:\n{}", many(5_000, replacement)), objects));
    // What doubles.
    let copy = lines(60, |i| format!("{{\"op\": \"copy\", \"from\": \"/data\", \"path\": \"/data/x{i}\"}}, "));
    exceeds(
        "copies",
        &over(
            format!(
                "resources: [o.yaml]\npatches:\n- target: {{kind: ConfigMap}}\n  patch: '[{}]'\n",
                copy.trim_end_matches(", ")
            ),
            config_map("a"),
        ),
    );
    let doubling = lines(60, |i| {
        let target = format!("{{select: {{kind: ConfigMap}}, fieldPaths: [data.x{i}], options: {{create: true}}}}");
        format!("- {{source: {{kind: ConfigMap, fieldPath: data}}, targets: [{target}]}}\n")
    });
    exceeds("replacements of themselves", &over(format!("resources: [o.yaml]\nreplacements:\n{doubling}"), config_map("a")));
    let text = "- {source: {kind: ConfigMap, fieldPath: data.a}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a], options: {delimiter: '/', index: 99}}]}\n";
    exceeds("texts that double", &over(format!("resources: [o.yaml]\nreplacements:\n{}", many(60, text)), config_map("a")));
    let mut bomb = "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n".to_owned();
    for i in 1..12 {
        bomb += &format!("x{i}: &x{i} [{}]\n", vec![format!("*x{}", i - 1); 10].join(", "));
    }
    let (output, _) =
        built(&over("resources: [o.yaml]\n".into(), format!("{}{bomb}", config_map("a").replace("---\n", ""))), Limits::strict());
    let e = output.err().unwrap_or_default();
    assert!(e.contains("excessive aliasing") || e.contains("limit of"), "{e}");
}

#[test]
fn deep_nesting_is_refused() {
    for depth in [900, 20_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let object = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nx: {deep}\n");
        let (output, _) = built(&over("resources: [o.yaml]\nnamePrefix: p-\n".into(), object), Limits::default());
        assert_eq!(output.is_ok(), depth == 900, "{depth}");
        let (output, _) = built(&over(format!("resources: {deep}\n"), String::new()), Limits::default());
        assert!(output.is_err());
        let spec = "a/".repeat(depth);
        let patch = format!(
            "resources: [o.yaml]\npatches: [{{target: {{}}, patch: '[{{\"op\": \"add\", \"path\": \"/{spec}\", \"value\": 1}}]'}}]\n"
        );
        assert!(built(&over(patch, config_map("a")), Limits::default()).0.is_err());
    }
}

/// Parts of kustomizations, right and wrong.
const FIELDS: &[&str] = &[
    "namePrefix: p-\n",
    "nameSuffix: [x]\n",
    "namespace: x\n",
    "resources: [o.yaml, ../a]\n",
    "resources: {a: b}\n",
    "commonLabels: {a: b, c: 1}\n",
    "labels: [{pairs: {a: b}, includeSelectors: true}]\n",
    "labels: [{fields: [{path: a/b[]/c, create: true}], pairs: {x: y}}]\n",
    "images: [{name: 'i(', newTag: t}]\n",
    "images: [{name: i-a, newName: b, digest: c}]\n",
    "replicas: [{name: a, count: 3}]\n",
    "patches: [{patch: '[{\"op\": \"copy\", \"from\": \"/data\", \"path\": \"/data/a\"}, {\"op\": \"move\", \"from\": \"/a\", \"path\": \"/b\"}]', target: {kind: .*}}]\n",
    "patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {$patch: replace}}'}]\n",
    "patches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{name: c, $patch: delete}]}}}}'}]\n",
    "replacements: [{source: {kind: ConfigMap, fieldPath: 'data.[a=b].c'}, targets: [{select: {kind: Deployment}, fieldPaths: ['spec.*.x', 'a.-1']}]}]\n",
    "replacements: [{sourceValue: v, targets: [{select: {}, fieldPaths: ['a.[b=c].0', metadata.name], options: {create: true, delimiter: '', index: -5}}]}]\n",
    "configMapGenerator: [{name: g, literals: [a=b, '=c'], envs: [o.yaml], behavior: merge}]\n",
    "secretGenerator: [{name: g, literals: [a=b]}]\n",
    "vars: [{name: V, objref: {kind: ConfigMap, name: a, apiVersion: v1}, fieldref: {fieldpath: 'data[0].a'}}]\n",
    "components: [../b]\n",
    "transformers: ['{apiVersion: builtin, kind: PrefixTransformer, metadata: {name: x}, prefix: q}']\n",
    "buildMetadata: [originAnnotations, transformerAnnotations]\n",
    "sortOptions: {order: fifo}\n",
    "configurations: [o.yaml]\n",
    "crds: [o.yaml]\n",
    "openapi: {path: o.yaml}\n",
    "kind: Component\n",
    "a: &a [*a]\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_kustomization_panics(fields in proptest::collection::vec(0..FIELDS.len(), 0..6), noise in "\\PC{0,12}", at in 0..4usize) {
        let mut text: String = fields.iter().map(|i| FIELDS[*i]).collect();
        if at == 0 {
            text += &noise;
        }
        let objects = if at == 1 { format!("{}{noise}", config_map("a")) } else { config_map("a") + &deployment("a") };
        let mut files = over(text.clone(), objects.clone());
        files.push(("/b/kustomization.yaml".into(), "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-\n".into()));
        let _ = built(&files, Limits::strict());
        if let Ok((kustomization, _)) = Kustomization::read(text.as_bytes(), "kustomization.yaml") {
            let memory = Memory(files.into_iter().map(|(path, text)| (PathBuf::from(path), text.into_bytes())).collect());
            let options = Options { files: &memory, ..Options::default() };
            let _ = transform(kustomization, "kustomization.yaml", "/a", &[SourceObject { text: objects.as_bytes(), file: "x.yaml" }], &options);
        }
    }
}
