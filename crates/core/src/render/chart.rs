//! `.Chart`: the map of Helm 4, the struct of Helm 3.

use std::collections::BTreeMap;
use std::rc::Rc;

use pintle_value::types::{Kind, Type};
use pintle_value::{List, Map, NamedType, Str, Value};

use super::objects::Struct;
use crate::load::{Dependency, Maintainer, Metadata};

fn strings(list: &[String]) -> Vec<Value> {
    list.iter().map(|s| Value::from(s.as_str())).collect()
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

/// `.Chart`, as the map of Helm 4 (`structToMap`).
pub fn helm4(m: &Metadata, is_root: bool) -> Map {
    let record = |fields: Vec<(&str, Value)>| Map::new(fields.into_iter().map(|(k, v)| (Str::from(k), v)).collect());
    let text = |s: &String| Value::from(s.as_str());
    let maintainer =
        |p: &Maintainer| Value::Map(record(vec![("Name", text(&p.name)), ("Email", text(&p.email)), ("URL", text(&p.url))]));
    let dependency = |d: &Dependency| {
        Value::Map(record(vec![
            ("Name", text(&d.name)),
            ("Version", text(&d.version)),
            ("Repository", text(&d.repository)),
            ("Condition", text(&d.condition)),
            ("Tags", Value::list(strings(&d.tags))),
            ("Enabled", Value::Bool(d.enabled)),
            ("ImportValues", Value::list(d.import_values.iter().map(import_value).collect())),
            ("Alias", text(&d.alias)),
        ]))
    };
    record(vec![
        ("Name", text(&m.name)),
        ("Home", text(&m.home)),
        ("Sources", Value::list(strings(&m.sources))),
        ("Version", text(&m.version)),
        ("Description", text(&m.description)),
        ("Keywords", Value::list(strings(&m.keywords))),
        ("Maintainers", Value::list(m.maintainers.iter().map(maintainer).collect())),
        ("Icon", text(&m.icon)),
        ("APIVersion", text(&m.api_version)),
        ("Condition", text(&m.condition)),
        ("Tags", text(&m.tags)),
        ("AppVersion", text(&m.app_version)),
        ("Deprecated", Value::Bool(m.deprecated)),
        ("Annotations", string_map(m.annotations.as_ref())),
        ("KubeVersion", text(&m.kube_version)),
        ("Dependencies", Value::list(m.dependencies.iter().map(dependency).collect())),
        ("Type", text(&m.chart_type)),
        ("IsRoot", Value::Bool(is_root)),
    ])
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

/// `.Chart`, as the struct of Helm 3.
pub fn helm3(m: &Metadata, is_root: bool) -> Value {
    let text = |s: &String| Value::from(s.as_str());
    let texts = |list: &[String]| {
        Value::List(if list.is_empty() { List::nil(Type::String) } else { List::typed(Type::String, strings(list)) })
    };
    let maintainer = |p: &Maintainer| {
        let fields = vec![("Name", text(&p.name)), ("Email", text(&p.email)), ("URL", text(&p.url))];
        record(&MAINTAINER, fields, MAINTAINER_JSON, false, None)
    };
    let dependency = |d: &Dependency| {
        let imports = d.import_values.iter().map(import_value).collect::<Vec<_>>();
        let fields = vec![
            ("Name", text(&d.name)),
            ("Version", text(&d.version)),
            ("Repository", text(&d.repository)),
            ("Condition", text(&d.condition)),
            ("Tags", texts(&d.tags)),
            ("Enabled", Value::Bool(d.enabled)),
            ("ImportValues", Value::List(if imports.is_empty() { List::nil(Type::Any) } else { List::new(imports) })),
            ("Alias", text(&d.alias)),
        ];
        record(&DEPENDENCY, fields, DEPENDENCY_JSON, true, None)
    };
    let pointers = |named: &'static NamedType, items: Vec<Value>| {
        Value::List(if items.is_empty() { List::nil_named(named) } else { List::named(named, items) })
    };
    let metadata = vec![
        ("Name", text(&m.name)),
        ("Home", text(&m.home)),
        ("Sources", texts(&m.sources)),
        ("Version", text(&m.version)),
        ("Description", text(&m.description)),
        ("Keywords", texts(&m.keywords)),
        ("Maintainers", pointers(&MAINTAINERS, m.maintainers.iter().map(maintainer).collect())),
        ("Icon", text(&m.icon)),
        ("APIVersion", text(&m.api_version)),
        ("Condition", text(&m.condition)),
        ("Tags", text(&m.tags)),
        ("AppVersion", text(&m.app_version)),
        ("Deprecated", Value::Bool(m.deprecated)),
        ("Annotations", string_map(m.annotations.as_ref())),
        ("KubeVersion", text(&m.kube_version)),
        ("Dependencies", pointers(&DEPENDENCIES, m.dependencies.iter().map(dependency).collect())),
        ("Type", text(&m.chart_type)),
    ];
    let metadata = record(&METADATA, metadata, &CHART_JSON[..CHART_JSON.len() - 1], false, None);
    record(&CHART, vec![("Metadata", metadata), ("IsRoot", Value::Bool(is_root))], CHART_JSON, false, Some("Metadata"))
}

fn record(
    named: &'static NamedType,
    fields: Vec<(&'static str, Value)>,
    json: &'static [(&'static str, &'static str)],
    yaml_tags: bool,
    embedded: Option<&'static str>,
) -> Value {
    Value::Object(Rc::new(Struct { named, fields, json, yaml_tags, embedded, pointer_string: None }))
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
