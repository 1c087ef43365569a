//! Everything that a stranger can hand to Pintle, each as a function over bytes that must come back: [`TARGETS`].
//!
//! Takes any bytes, gives nothing. A target fails by a panic, by an abort, or by taking long. The fuzzer in `fuzz/` calls them for hours,
//! the tests of this crate for some thousand mutated seeds.

use pintle_core::diagnostic::Source;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use pintle_core::{Chart, Compat, LoadOptions, Options, Values, ValuesFile};
use pintle_functions::bind::{Host, helm};
use pintle_functions::world::{Instant, Seeded};
use pintle_kustomize::{FileSystem, build};
use pintle_template::{Evaluator, Functions, Templates, parse};
use pintle_value::budget::{Budget, Limits};
use pintle_value::{Data, Entries, Map, Value};

/// A target: what it is called, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets, by name.
pub const TARGETS: &[Target] = &[
    ("archive", archive),
    ("cel", cel),
    ("jinja", jinja),
    ("json", json),
    ("kustomization", kustomization),
    ("parameters", parameters),
    ("project", project),
    ("regex", regex),
    ("schema", schema),
    ("sealed", sealed),
    ("set", set),
    ("snapshot", snapshot),
    ("template", template),
    ("toml", toml),
    ("yaml", yaml),
];

/// Far less than a render may take: a fuzzer wants answers in milliseconds.
const LIMITS: Limits =
    Limits { steps: 200_000, memory: 16 << 20, output: 1 << 20, depth: 100, documents: 1000, time: Duration::from_secs(20) };

static FUNCTIONS: LazyLock<Functions> = LazyLock::new(helm);

fn evaluator(templates: Templates) -> Evaluator<'static> {
    let host = Host::new(Seeded::new(1, Instant::default()));
    Evaluator::new(Arc::new(templates), &FUNCTIONS, Rc::new(host), Arc::new(Budget::new(LIMITS)))
}

fn values() -> Map {
    let list = Value::list(vec![Value::int(1), Value::from("two"), Value::Nil]);
    let map = Value::dict(Entries::from([("k".into(), Value::from("v"))]));
    let values = Entries::from([
        ("list".into(), list),
        ("map".into(), map),
        ("text".into(), "a: b\n".into()),
        ("n".into(), Value::Float(3.5)),
    ]);
    Map::new(Entries::from([("Values".into(), Value::dict(values))]))
}

/// Two texts in one input: what stands before the first zero byte, and what comes after.
fn two(data: &[u8]) -> (&[u8], &[u8]) {
    data.iter().position(|b| *b == 0).map_or((data, b""), |at| (&data[..at], &data[at + 1..]))
}

/// A `.tgz`, loaded and rendered.
pub fn archive(data: &[u8]) {
    let load = LoadOptions { limits: LIMITS, ..LoadOptions::default() };
    if let Ok(chart) = Chart::from_archive(data, &load) {
        let _ = pintle_core::render(&Arc::new(chart), &Values::default(), &Options { limits: LIMITS, ..Options::default() });
    }
}

/// A template, parsed and executed with all of Helm's functions.
pub fn template(data: &[u8]) {
    let mut templates = Templates::new();
    let Ok(parsed) = parse("t", data, &FUNCTIONS) else { return };
    templates.add(&parsed);
    let mut evaluator = evaluator(templates);
    let plain = evaluator.execute("t", Value::Map(values())).is_ok();
    // The record changes nothing but what the budget allows.
    let _ = plain || evaluator.execute_recorded("t", Value::Map(values())).0.is_ok();
}

/// A template in Jinja.
pub fn jinja(data: &[u8]) {
    let mut templates = pintle_jinja::Templates::new(BTreeSet::from(["a/templates/t.yaml".to_owned()]), &FUNCTIONS);
    if templates.add("a/templates/t.yaml", data).is_ok() {
        let evaluator = Rc::new(RefCell::new(evaluator(Templates::new())));
        let _ = templates.render("a/templates/t.yaml", &values(), &evaluator);
    }
}

/// A document of YAML: read in every way, and what was read written and read again.
pub fn yaml(data: &[u8]) {
    let _ = pintle_yaml::head_from_slice(data);
    let _ = pintle_yaml::Tree::parse_all(data);
    if let Ok(read) = pintle_yaml::from_slice(data) {
        // It may read otherwise: Go writes the key `<<` without quotes.
        let _ = pintle_yaml::from_slice(pintle_yaml::to_yaml(&read).unwrap_or_default().as_bytes());
    }
}

/// A document of JSON.
pub fn json(data: &[u8]) {
    if let Ok(read) = pintle_value::json::from_slice(data) {
        let _ = pintle_value::json::to_string(&read);
    }
}

/// A document of TOML, and what was read written.
pub fn toml(data: &[u8]) {
    if let Ok(read) = pintle_functions::toml::decode(data) {
        let _ = pintle_functions::toml::encode(&Value::Map(read));
    }
}

/// A text of `--set`, of all its kinds.
pub fn set(data: &[u8]) {
    let text = vec![String::from_utf8_lossy(data).into_owned()];
    let given =
        pintle_core::ValuesOptions { files: vec![ValuesFile::new("values.yaml", &b"a: {b: [1, 2]}"[..])], ..Default::default() };
    for compat in [Compat::Helm4, Compat::Helm3] {
        for given in [
            pintle_core::ValuesOptions { set: text.clone(), ..given.clone() },
            pintle_core::ValuesOptions { strings: text.clone(), ..given.clone() },
            pintle_core::ValuesOptions { json: text.clone(), ..given.clone() },
            pintle_core::ValuesOptions { literals: text.clone(), ..given.clone() },
            pintle_core::ValuesOptions { set_files: text.clone(), ..given.clone() },
        ] {
            let _ = given.merge(compat, &|_| Ok(b"text".to_vec()));
        }
    }
}

/// A values.schema.json, and values behind a zero byte.
pub fn schema(data: &[u8]) {
    let (schema, values) = two(data);
    if let Ok(schema) = pintle_schema::Schema::compile(schema, &|_| Err("nothing is fetched".into())) {
        let values = pintle_yaml::from_slice(values).unwrap_or(Data::Null);
        let _ = schema.validate(&values);
    }
}

/// A rule of a custom resource's schema, over an object.
pub fn cel(data: &[u8]) {
    let rule = pintle_value::json::to_string(&Data::String(String::from_utf8_lossy(data).into_owned())).unwrap_or_default();
    let crd = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: as.b.c}}\nspec:\n  group: b.c\n  scope: \
         Namespaced\n  names: {{kind: A, plural: as}}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      \
         openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n            type: object\n            \
         x-kubernetes-validations: [{{rule: {rule}}}]\n            properties: {{n: {{type: integer}}, t: {{type: string}}, l: {{type: \
         array, items: {{type: string}}}}}}\n"
    );
    let object = b"apiVersion: b.c/v1\nkind: A\nmetadata: {name: a}\nspec: {n: 3, t: text, l: [a, b]}\n";
    let options = pintle_validate::Options { limits: LIMITS, ..Default::default() };
    let _ = pintle_validate::check(&[Source::new("crd.yaml", crd), Source::new("a.yaml", object.to_vec())], options);
}

/// Files in memory: a kustomization, and what it may name.
struct Files<'f>(&'f [u8]);

impl FileSystem for Files<'_> {
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        match path.to_str() {
            Some("/app" | "/app/kustomization.yaml" | "/app/a.yaml" | "/") => Ok(path.to_owned()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn is_dir(&self, path: &Path) -> bool {
        matches!(path.to_str(), Some("/app" | "/"))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match path.to_str() {
            Some("/app/kustomization.yaml") => Ok(self.0.to_vec()),
            Some("/app/a.yaml") => Ok(b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n".to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// A kustomization beside a config map.
pub fn kustomization(data: &[u8]) {
    let options = pintle_kustomize::Options { files: &Files(data), budget: Arc::new(Budget::new(LIMITS)), ..Default::default() };
    let _ = build("/app", &options);
}

/// A pattern, and a text behind a zero byte.
pub fn regex(data: &[u8]) {
    let (pattern, text) = two(data);
    if let Ok(regex) = pintle_go::regexp::Regex::new(pattern) {
        let _ = (regex.find_all(text, -1), regex.split(text, 3), regex.replace_all(text, b"<$1>"));
    }
}

/// A snapshot of a cluster.
pub fn snapshot(data: &[u8]) {
    if let Ok(cluster) = pintle_core::cluster::Cluster::read("cluster.yaml", data) {
        let written = cluster.to_yaml();
        assert!(
            pintle_core::cluster::Cluster::read("cluster.yaml", written.as_bytes()).is_ok(),
            "{written:?} can't be read again"
        );
    }
}

/// A value of a SealedSecret.
pub fn sealed(data: &[u8]) {
    let _ = pintle_seal::check_shape(&String::from_utf8_lossy(data));
}

/// What an application of Argo CD says: its parameters, and behind a zero byte a variable of its environment.
pub fn parameters(data: &[u8]) {
    let (parameters, variable) = two(data);
    let variables = [
        ("ARGOCD_APP_NAME", "web".into()),
        ("ARGOCD_APP_PARAMETERS", String::from_utf8_lossy(parameters)),
        ("ARGOCD_ENV_A", String::from_utf8_lossy(variable)),
        ("PINTLE_CMP_CONCURRENCY", "1000".into()),
        ("PINTLE_CMP_LIMITS", "steps=200000,memory=16Mi,output=1Mi,depth=100,documents=1000,time=20s".into()),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("application");
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned()));
    let environment = pintle_argocd::Environment::new(variables, folder.clone());
    match pintle_argocd::Application::read(&folder, environment) {
        Ok(application) => {
            let _ = pintle_argocd::parameters(&application);
            let _ = pintle_argocd::annotation(&application);
            if let Err(e) = pintle_argocd::generate(&application, |_| ()) {
                let _ = application.shown(&e);
            }
        }
        Err(e) => drop(pintle_argocd::shown(&e)),
    }
}

/// A pintle.yaml.
pub fn project(data: &[u8]) {
    let _ = pintle_core::project::Project::read(".", "pintle.yaml", data);
}
