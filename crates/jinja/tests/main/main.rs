//! Templates in Jinja over the functions of Helm.

mod functions;
mod hostile;
mod language;
mod limits;
mod records;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use pintle_functions::bind::{Host, helm};
use pintle_functions::world::{Instant, Seeded};
use pintle_jinja::{Error, Templates};
use pintle_template::record::Record;
use pintle_template::{Evaluator, Functions, parse};
use pintle_value::budget::{Budget, Limits};
use pintle_value::{Entries, Map, Str, Value};

static FUNCTIONS: LazyLock<Functions> = LazyLock::new(helm);

/// Templates of Go's language that those in Jinja can include.
const GO: &str = "{{ define \"named\" }}named {{ .x }}{{ end }}{{ define \"dot\" }}{{ .Values.name }} of {{ .Release.Name }}{{ end }}\
    {{ define \"fails\" }}\n{{ fail \"from Go\" }}{{ end }}";

/// A number of JSON that is whole is an `int`.
fn ints(v: &Value) -> Value {
    match v {
        Value::Float(f) if f.fract() == 0.0 => Value::int(*f as i64),
        Value::Int(_, n) => Value::int(*n),
        Value::List(l) => Value::list(l.iter().map(ints).collect()),
        Value::Map(m) => Value::dict(m.entries().iter().map(|(k, v)| (k.clone(), ints(v))).collect()),
        v => v.clone(),
    }
}

/// YAML as a value.
fn yaml(text: &str) -> Value {
    ints(&Value::from(&pintle_yaml::from_slice(text.as_bytes()).unwrap()))
}

/// A dot with these values.
fn dot(values: &Value) -> Map {
    let release = Value::dict([("Name".into(), "r1".into()), ("IsInstall".into(), Value::Bool(true))].into_iter().collect());
    let chart = Value::dict([("Name".into(), "web".into()), ("AppVersion".into(), "1.2".into())].into_iter().collect());
    let entries: Entries =
        [("Values".into(), values.clone()), ("Release".into(), release), ("Chart".into(), chart)].into_iter().collect();
    Map::new(entries)
}

fn evaluator(go: &str, limits: Limits) -> Rc<RefCell<Evaluator<'static>>> {
    let mut templates = pintle_template::Templates::new();
    templates.add(&parse("main", Str::from(go), &FUNCTIONS).unwrap());
    let host = Host::new(Seeded::new(1, Instant { seconds: 1_700_000_000, nanos: 0 }));
    Rc::new(RefCell::new(Evaluator::new(Arc::new(templates), &FUNCTIONS, Rc::new(host), Arc::new(Budget::new(limits)))))
}

/// The parsed files, or the first error.
fn templates(files: &[(&str, &str)]) -> Result<Templates, Error> {
    let names: BTreeSet<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut templates = Templates::new(names, &FUNCTIONS);
    files.iter().try_for_each(|(name, text)| templates.add(name, text.as_bytes()))?;
    Ok(templates)
}

/// The first file rendered.
fn render_with(files: &[(&str, &str)], values: &Value, limits: Limits) -> Result<String, Error> {
    let out = templates(files)?.render(files[0].0, &dot(values), &evaluator(GO, limits))?;
    Ok(String::from_utf8(out).unwrap())
}

fn render_files(files: &[(&str, &str)], values: &str) -> Result<String, Error> {
    let plain = render_with(files, &yaml(values), Limits::default());
    // The record changes neither output nor error.
    let (recorded, record) = recorded(files, values);
    match (&plain, &recorded) {
        (Ok(a), Ok(b)) => {
            assert_eq!(a, b);
            assert!(a.is_empty() || !record.pieces.is_empty(), "no record of {a:?}");
        }
        // Places are those of the plain render.
        (Err(a), Err(b)) => assert_eq!((a.kind(), a.what(), a.places().len()), (b.kind(), b.what(), b.places().len())),
        (a, b) => panic!("{a:?} without a record, {b:?} with one"),
    }
    plain
}

fn recorded(files: &[(&str, &str)], values: &str) -> (Result<String, Error>, Record) {
    let templates = match templates(files) {
        Ok(templates) => templates,
        Err(e) => return (Err(e), Record::default()),
    };
    let (result, record) = templates.render_recorded(files[0].0, &dot(&yaml(values)), &evaluator(GO, Limits::default()));
    (result.map(|out| String::from_utf8(out).unwrap()), record)
}

/// One file rendered.
fn render(text: &str, values: &str) -> Result<String, Error> {
    render_files(&[("web/templates/a.yaml", text)], values)
}

/// What an error says.
fn failure(text: &str, values: &str) -> String {
    render(text, values).map_or_else(|e| e.to_string(), |out| panic!("{text:?} gave {out:?}"))
}
