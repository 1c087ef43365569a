//! `.Chart`: the map of Helm 4, the struct of Helm 3.

use std::collections::BTreeMap;

use pintle_value::types::{Kind, Type};
use pintle_value::{List, Map, NamedType, Str, Value};

use super::objects::Struct;
use crate::load::{Dependency, Maintainer, Metadata};

type Fields = Vec<(&'static str, Value)>;

fn text(s: &str) -> Value {
    Value::from(s)
}

fn string_map(map: Option<&BTreeMap<String, String>>) -> Value {
    match map {
        None => Value::Map(Map::nil(Type::String)),
        Some(m) => {
            let entries = m.iter().map(|(k, v)| (Str::from(k.as_str()), Value::from(v.as_str()))).collect();
            Value::Map(Map::typed(Type::String, entries))
        }
    }
}

fn import_value(v: &pintle_value::Data) -> Value {
    match v {
        pintle_value::Data::Map(m) => {
            let text = |v: &pintle_value::Data| Value::from(v.as_str().unwrap_or(""));
            Value::Map(Map::typed(Type::String, m.iter().map(|(k, v)| (Str::from(k.as_str()), text(v))).collect()))
        }
        v => Value::from(v),
    }
}

/// What becomes of the lists and structs within Chart.yaml's.
trait Shape {
    /// `[]string`
    fn strings(items: Vec<Value>) -> Value;
    /// `[]interface {}`
    fn anys(items: Vec<Value>) -> Value;
    fn maintainers(items: Vec<Fields>) -> Value;
    fn dependencies(items: Vec<Fields>) -> Value;
}

fn strings<S: Shape>(list: &[String]) -> Value {
    S::strings(list.iter().map(|s| text(s)).collect())
}

/// The fields of `Metadata`, in their order.
fn metadata<S: Shape>(m: &Metadata) -> Fields {
    vec![
        ("Name", text(&m.name)),
        ("Home", text(&m.home)),
        ("Sources", strings::<S>(&m.sources)),
        ("Version", text(&m.version)),
        ("Description", text(&m.description)),
        ("Keywords", strings::<S>(&m.keywords)),
        ("Maintainers", S::maintainers(m.maintainers.iter().map(maintainer).collect())),
        ("Icon", text(&m.icon)),
        ("APIVersion", text(&m.api_version)),
        ("Condition", text(&m.condition)),
        ("Tags", text(&m.tags)),
        ("AppVersion", text(&m.app_version)),
        ("Deprecated", Value::Bool(m.deprecated)),
        ("Annotations", string_map(m.annotations.as_ref())),
        ("KubeVersion", text(&m.kube_version)),
        ("Dependencies", S::dependencies(m.dependencies.iter().map(dependency::<S>).collect())),
        ("Type", text(&m.chart_type)),
    ]
}

fn maintainer(p: &Maintainer) -> Fields {
    vec![("Name", text(&p.name)), ("Email", text(&p.email)), ("URL", text(&p.url))]
}

fn dependency<S: Shape>(d: &Dependency) -> Fields {
    vec![
        ("Name", text(&d.name)),
        ("Version", text(&d.version)),
        ("Repository", text(&d.repository)),
        ("Condition", text(&d.condition)),
        ("Tags", strings::<S>(&d.tags)),
        ("Enabled", Value::Bool(d.enabled)),
        ("ImportValues", S::anys(d.import_values.iter().map(import_value).collect())),
        ("Alias", text(&d.alias)),
    ]
}

/// Everything a map or a list of anything (`structToMap`).
struct Helm4;

fn record(fields: Fields) -> Map {
    Map::new(fields.into_iter().map(|(k, v)| (Str::from(k), v)).collect())
}

impl Shape for Helm4 {
    fn strings(items: Vec<Value>) -> Value {
        Value::list(items)
    }
    fn anys(items: Vec<Value>) -> Value {
        Value::list(items)
    }
    fn maintainers(items: Vec<Fields>) -> Value {
        Value::list(items.into_iter().map(|fields| Value::Map(record(fields))).collect())
    }
    fn dependencies(items: Vec<Fields>) -> Value {
        Helm4::maintainers(items)
    }
}

/// `.Chart`, as the map of Helm 4.
pub fn helm4(m: &Metadata, is_root: bool) -> Map {
    let mut fields = metadata::<Helm4>(m);
    fields.push(("IsRoot", Value::Bool(is_root)));
    record(fields)
}

/// The struct of Helm 3, whose absent fields are errors.
static CHART: NamedType =
    NamedType { name: "struct { chart.Metadata; IsRoot bool }", kind: Kind::Struct, underlying: None, methods: &[] };
static METADATA: NamedType = NamedType { name: "chart.Metadata", kind: Kind::Struct, underlying: None, methods: &[] };
static MAINTAINER: NamedType = NamedType { name: "*chart.Maintainer", kind: Kind::Pointer, underlying: None, methods: &[] };
static DEPENDENCY: NamedType = NamedType { name: "*chart.Dependency", kind: Kind::Pointer, underlying: None, methods: &[] };
static MAINTAINERS: NamedType = NamedType {
    name: "[]*chart.Maintainer",
    kind: Kind::Slice,
    underlying: Some(Type::Slice(&Type::Named(&MAINTAINER))),
    methods: &[],
};
static DEPENDENCIES: NamedType = NamedType {
    name: "[]*chart.Dependency",
    kind: Kind::Slice,
    underlying: Some(Type::Slice(&Type::Named(&DEPENDENCY))),
    methods: &[],
};

/// The types of package chart; what Chart.yaml doesn't have is nil.
struct Helm3;

fn pointers(named: &'static NamedType, items: Vec<Value>) -> Value {
    Value::List(if items.is_empty() { List::nil_named(named) } else { List::named(named, items) })
}

impl Shape for Helm3 {
    fn strings(items: Vec<Value>) -> Value {
        Value::List(if items.is_empty() { List::nil(Type::String) } else { List::typed(Type::String, items) })
    }
    fn anys(items: Vec<Value>) -> Value {
        Value::List(if items.is_empty() { List::nil(Type::Any) } else { List::new(items) })
    }
    fn maintainers(items: Vec<Fields>) -> Value {
        let item = |fields| Struct::new(&MAINTAINER, fields, MAINTAINER_JSON).value();
        pointers(&MAINTAINERS, items.into_iter().map(item).collect())
    }
    fn dependencies(items: Vec<Fields>) -> Value {
        let item = |fields| Struct { yaml_tags: true, ..Struct::new(&DEPENDENCY, fields, DEPENDENCY_JSON) }.value();
        pointers(&DEPENDENCIES, items.into_iter().map(item).collect())
    }
}

/// `.Chart`, as the struct of Helm 3.
pub fn helm3(m: &Metadata, is_root: bool) -> Value {
    let metadata = Struct::new(&METADATA, metadata::<Helm3>(m), &CHART_JSON[..CHART_JSON.len() - 1]).value();
    let fields = vec![("Metadata", metadata), ("IsRoot", Value::Bool(is_root))];
    Struct { embedded: Some("Metadata"), ..Struct::new(&CHART, fields, CHART_JSON) }.value()
}

const MAINTAINER_JSON: &[(&str, &str)] = &[("Name", "name,omitempty"), ("Email", "email,omitempty"), ("URL", "url,omitempty")];

const DEPENDENCY_JSON: &[(&str, &str)] = &[
    ("Name", "name"),
    ("Version", "version,omitempty"),
    ("Repository", "repository"),
    ("Condition", "condition,omitempty"),
    ("Tags", "tags,omitempty"),
    ("Enabled", "enabled,omitempty"),
    ("ImportValues", "import-values,omitempty"),
    ("Alias", "alias,omitempty"),
];

const CHART_JSON: &[(&str, &str)] = &[
    ("Name", "name,omitempty"),
    ("Home", "home,omitempty"),
    ("Sources", "sources,omitempty"),
    ("Version", "version,omitempty"),
    ("Description", "description,omitempty"),
    ("Keywords", "keywords,omitempty"),
    ("Maintainers", "maintainers,omitempty"),
    ("Icon", "icon,omitempty"),
    ("APIVersion", "apiVersion,omitempty"),
    ("Condition", "condition,omitempty"),
    ("Tags", "tags,omitempty"),
    ("AppVersion", "appVersion,omitempty"),
    ("Deprecated", "deprecated,omitempty"),
    ("Annotations", "annotations,omitempty"),
    ("KubeVersion", "kubeVersion,omitempty"),
    ("Dependencies", "dependencies,omitempty"),
    ("Type", "type,omitempty"),
    ("IsRoot", "IsRoot"),
];
