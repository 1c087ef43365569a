//! The Go values behind `.Values`, `.Release`, `.Files` and `.Capabilities`, with their types and methods.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use pintle_functions::glob::Glob;
use pintle_go::base64;
use pintle_go::path::base;
use pintle_value::fmt::overrun;
use pintle_value::types::{BYTES, DICT, Kind, STRINGS, Signature, Type};
use pintle_value::{Entries, List, Map, Method, NamedType, Object, Str, Value, Yaml};

use crate::Compat;
use crate::capabilities::{Capabilities, KubeVersion};
use crate::load::{Chart, File};

type Answer = Result<Value, String>;

const fn method(name: &'static str, params: &'static [Type], result: Type, call: fn(&Value, &[Value]) -> Answer) -> Method {
    Method { name, signature: Signature { params, variadic: false, result }, call }
}

/// `common.Values`
pub static VALUES: NamedType = NamedType {
    name: "common.Values",
    kind: Kind::Map,
    underlying: Some(DICT),
    methods: &[
        method("AsMap", &[], DICT, |v, _| Ok(v.as_map().map_or(Value::Nil, |m| Value::Map(m.without_name())))),
        method("YAML", &[], Type::String, |v, _| pintle_yaml::to_yaml(v).map(Value::string).map_err(|e| e.message)),
        method("Table", &[Type::String], DICT, |v, args| {
            let (Value::Map(m), Some(path)) = (v, args.first().and_then(Value::as_str)) else { return Ok(Value::Nil) };
            let mut table = m.clone();
            for key in path.to_str_lossy().split('.') {
                match table.get(key.as_bytes()) {
                    Some(Value::Map(m)) => table = m,
                    _ => return Err(format!("\"{key}\" is not a table")),
                }
            }
            Ok(Value::Map(table.with_type(&VALUES)))
        }),
        method("PathValue", &[Type::String], Type::Any, |v, args| {
            let (Value::Map(m), Some(path)) = (v, args.first().and_then(Value::as_str)) else { return Ok(Value::Nil) };
            let path = path.to_str_lossy();
            if path.is_empty() {
                return Err("YAML path cannot be empty".into());
            }
            let (parent, key) = match path.rsplit_once('.') {
                Some((p, k)) => (crate::merge::coalesce::table(m, p), k),
                None => (Some(m.clone()), &*path),
            };
            match parent.and_then(|p| p.get(key.as_bytes())) {
                Some(v) if !matches!(v, Value::Map(_)) => Ok(v),
                _ => Err(format!("\"{key}\" is not a value")),
            }
        }),
    ],
};

/// `chartutil.Values`: the same in Helm 3.
pub static VALUES_HELM3: NamedType =
    NamedType { name: "chartutil.Values", kind: Kind::Map, underlying: Some(DICT), methods: VALUES.methods };

/// `engine.files`
static FILES: NamedType = NamedType {
    name: "engine.files",
    kind: Kind::Map,
    underlying: Some(Type::Map(&BYTES)),
    methods: &[
        method("Get", &[Type::String], Type::String, |v, args| Ok(Value::String(file(v, args)))),
        method("GetBytes", &[Type::String], BYTES, |v, args| Ok(Value::Bytes(file(v, args)))),
        method("Glob", &[Type::String], Type::Map(&BYTES), |v, args| {
            let pattern = args.first().and_then(Value::as_str).cloned().unwrap_or_default();
            // A pattern that can't be read selects everything.
            let glob = Glob::new(&pattern);
            let matches = |name: &Str| glob.as_ref().is_none_or(|g| g.is_match(name));
            let entries = files_of(v).entries().iter().filter(|(k, _)| matches(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
            Ok(Value::Map(Map::named(&FILES, entries)))
        }),
        method("AsConfig", &[], Type::String, |v, _| Ok(by_base_name(v, |data| Value::String(data.clone())))),
        method("AsSecrets", &[], Type::String, |v, _| {
            Ok(by_base_name(v, |data| {
                let mut out = String::new();
                base64::write(&mut out, data);
                Value::string(out)
            }))
        }),
        method("Lines", &[Type::String], STRINGS, |v, args| {
            let data = file(v, args);
            if data.is_empty() {
                return Ok(Value::List(List::typed(Type::String, Vec::new())));
            }
            let text = data.strip_suffix(b"\n").unwrap_or(&data);
            Ok(Value::List(List::strings(text.split(|b| *b == b'\n'))))
        }),
    ],
};

fn files_of(v: &Value) -> Map {
    v.as_map().cloned().unwrap_or_else(|| Map::nil(BYTES))
}

fn file(v: &Value, args: &[Value]) -> Str {
    let name = args.first().and_then(Value::as_str).cloned().unwrap_or_default();
    match files_of(v).get(&name) {
        Some(Value::Bytes(data)) => data,
        _ => Str::default(),
    }
}

fn by_base_name(v: &Value, convert: impl Fn(&Str) -> Value) -> Value {
    let mut entries = Entries::new();
    for (k, v) in files_of(v).entries().iter() {
        if let Value::Bytes(data) = v {
            entries.insert(Str::from(base(k)), convert(data));
        }
    }
    let text = pintle_yaml::to_yaml(&Value::Map(Map::typed(Type::String, entries))).unwrap_or_default();
    Value::string(text.strip_suffix('\n').unwrap_or(&text))
}

/// `.Files`
pub fn files(chart: &Arc<Chart>) -> Value {
    let chart = chart.clone();
    Value::Map(Map::on_demand(&FILES, move || {
        let entry = |f: &File| match f.data() {
            Ok(data) => Some((Str::from(f.name.as_str()), Value::Bytes(data.clone()))),
            Err(_) => {
                overrun("a file of the chart can't be read any more");
                None
            }
        };
        chart.files.iter().filter_map(entry).collect()
    }))
}

static VERSION_SET: NamedType = NamedType {
    name: "common.VersionSet",
    kind: Kind::Slice,
    underlying: Some(STRINGS),
    methods: &[method("Has", &[Type::String], Type::Bool, has)],
};

static VERSION_SET_HELM3: NamedType =
    NamedType { name: "chartutil.VersionSet", kind: Kind::Slice, underlying: Some(STRINGS), methods: VERSION_SET.methods };

fn has(v: &Value, args: &[Value]) -> Answer {
    let (Value::List(l), Some(wanted)) = (v, args.first().and_then(Value::as_str)) else { return Ok(Value::Bool(false)) };
    Ok(Value::Bool(l.iter().any(|v| v.as_str() == Some(wanted))))
}

/// A Go struct: its type and its fields in order, with what JSON makes of them.
pub(super) struct Struct {
    pub named: &'static NamedType,
    pub fields: Vec<(&'static str, Value)>,
    /// The names in JSON; an empty field without a name there is left out.
    pub json: &'static [(&'static str, &'static str)],
    /// Whether its tags give the same names to YAML.
    pub yaml_tags: bool,
    /// The field whose struct is embedded.
    pub embedded: Option<&'static str>,
    /// What `String` of a pointer to it gives.
    pub pointer_string: Option<Str>,
}

impl Struct {
    /// A struct with nothing embedded, no names for YAML and no `String`.
    pub fn new(
        named: &'static NamedType,
        fields: Vec<(&'static str, Value)>,
        json: &'static [(&'static str, &'static str)],
    ) -> Struct {
        Struct { named, fields, json, yaml_tags: false, embedded: None, pointer_string: None }
    }

    /// As templates see it.
    pub fn value(self) -> Value {
        Value::Object(Rc::new(self))
    }
}

impl Object for Struct {
    fn named_type(&self) -> &'static NamedType {
        self.named
    }

    fn pointer_string(&self) -> Option<Str> {
        self.pointer_string.clone()
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.fields.clone()
    }

    fn field(&self, name: &str) -> Option<Value> {
        let exported = name.starts_with(|c: char| c.is_ascii_uppercase());
        let own = |name: &str| self.fields.iter().find(|(n, _)| exported && *n == name).map(|(_, v)| v);
        match (own(name), self.embedded.and_then(own)) {
            (None, Some(Value::Object(embedded))) => embedded.field(name),
            (found, _) => found.cloned(),
        }
    }

    fn json(&self) -> Value {
        Value::dict(self.json_members().unwrap_or_default().into_iter().map(|(k, v)| (Str::from(k), v)).collect())
    }

    fn json_members(&self) -> Option<Vec<(&'static str, Value)>> {
        let value = |field: &str| self.field(field);
        let entry = |(field, name): &(&'static str, &'static str)| match name.strip_suffix(",omitempty") {
            Some(name) => value(field).filter(Value::is_true).map(|v| (name, v)),
            None => value(field).map(|v| (*name, v)),
        };
        Some(self.json.iter().filter_map(entry).collect())
    }

    fn yaml(&self) -> Yaml {
        match self.json_members() {
            Some(members) if self.yaml_tags => Yaml::Struct(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
            _ => Yaml::of_struct(self),
        }
    }

    fn embedded(&self) -> Option<&'static str> {
        self.embedded
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let others = other.fields();
        self.fields.len() == others.len() && self.fields.iter().zip(&others).all(|((a, v), (b, w))| a == b && v.deep_equal(w))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `Version` of a Kubernetes version, which its methods give too.
fn version_of(v: &Value, field: &str) -> Value {
    match v {
        Value::Object(o) => o.fields().into_iter().find(|(n, _)| *n == field).map_or(Value::Nil, |(_, v)| v),
        _ => Value::Nil,
    }
}

const KUBE_VERSION_METHODS: &[Method] = &[
    // Helm 3 keeps no second form of the version.
    method("String", &[], Type::String, |v, _| match version_of(v, "normalizedVersion") {
        Value::Nil => Ok(version_of(v, "Version")),
        normalized => Ok(normalized),
    }),
    method("GitVersion", &[], Type::String, |v, _| Ok(version_of(v, "Version"))),
];

static KUBE_VERSION: NamedType =
    NamedType { name: "common.KubeVersion", kind: Kind::Struct, underlying: None, methods: KUBE_VERSION_METHODS };
static KUBE_VERSION_HELM3: NamedType =
    NamedType { name: "chartutil.KubeVersion", kind: Kind::Struct, underlying: None, methods: KUBE_VERSION_METHODS };
static CAPABILITIES: NamedType = NamedType { name: "*common.Capabilities", kind: Kind::Pointer, underlying: None, methods: &[] };
static CAPABILITIES_HELM3: NamedType =
    NamedType { name: "*chartutil.Capabilities", kind: Kind::Pointer, underlying: None, methods: &[] };
static BUILD_INFO: NamedType = NamedType { name: "version.BuildInfo", kind: Kind::Struct, underlying: None, methods: &[] };

fn kube_version(v: &KubeVersion, compat: Compat) -> Value {
    let mut fields = vec![
        ("Version", v.version.as_str().into()),
        ("normalizedVersion", v.normalized.as_str().into()),
        ("Major", v.major.as_str().into()),
        ("Minor", v.minor.as_str().into()),
    ];
    let mut named = &KUBE_VERSION;
    if !compat.normalizes_kube_version() {
        fields.remove(1);
        named = &KUBE_VERSION_HELM3;
    }
    let made = Struct::new(named, fields, &[("Version", "Version"), ("Major", "Major"), ("Minor", "Minor")]);
    Struct { pointer_string: Some(v.normalized.as_str().into()), ..made }.value()
}

/// The Go that the Helms stood in for are built with.
pub const GO_VERSION: &str = "go1.26.8";

/// `version.BuildInfo`: `.Capabilities.HelmVersion`, and what `helm version --template` is over.
pub fn build_info(version: &'static str, compat: Compat) -> Value {
    let mut fields = vec![
        ("Version", Value::from(version)),
        ("GitCommit", "".into()),
        ("GitTreeState", "".into()),
        ("GoVersion", GO_VERSION.into()),
    ];
    fields.extend(compat.kube_client_version().map(|v| ("KubeClientVersion", v.into())));
    let json = &[
        ("Version", "version,omitempty"),
        ("GitCommit", "git_commit,omitempty"),
        ("GitTreeState", "git_tree_state,omitempty"),
        ("GoVersion", "go_version,omitempty"),
        ("KubeClientVersion", "kube_client_version"),
    ];
    Struct::new(&BUILD_INFO, fields, json).value()
}

/// `.Capabilities`
pub fn capabilities(c: &Capabilities) -> Value {
    let helm4 = c.compat.chart_is_a_map();
    let api_versions = c.api_versions.iter().map(|v| Value::from(v.as_str())).collect();
    let helm_version = build_info(c.compat.helm_version(), c.compat);
    let fields = vec![
        ("KubeVersion", kube_version(&c.kube_version, c.compat)),
        ("APIVersions", Value::List(List::named(if helm4 { &VERSION_SET } else { &VERSION_SET_HELM3 }, api_versions))),
        ("HelmVersion", helm_version),
    ];
    let json = &[("KubeVersion", "KubeVersion"), ("APIVersions", "APIVersions"), ("HelmVersion", "HelmVersion")];
    Struct::new(if helm4 { &CAPABILITIES } else { &CAPABILITIES_HELM3 }, fields, json).value()
}
