//! Chart.yaml: what a chart says of itself (`helm.sh/helm/v4/pkg/chart/v2/metadata.go`).

use std::collections::BTreeMap;

use pintle_functions::semver::Version;
use pintle_value::quote::{is_print, quote};
use pintle_value::{Data, DataMap};

use crate::diagnostic::{Error, Result};

/// A chart's metadata.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Metadata {
    pub name: String,
    pub home: String,
    pub sources: Vec<String>,
    pub version: String,
    pub description: String,
    pub keywords: Vec<String>,
    pub maintainers: Vec<Maintainer>,
    pub icon: String,
    /// `v1` or `v2`; none means `v1`.
    pub api_version: String,
    pub condition: String,
    pub tags: String,
    pub app_version: String,
    pub deprecated: bool,
    pub annotations: Option<BTreeMap<String, String>>,
    /// The Kubernetes versions that the chart supports, as a constraint.
    pub kube_version: String,
    pub dependencies: Vec<Dependency>,
    /// Empty, `application` or `library`.
    pub chart_type: String,
}

/// Someone who maintains a chart.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Maintainer {
    pub name: String,
    pub email: String,
    pub url: String,
}

/// A chart that a chart depends on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependency {
    /// The dependency's name in its own Chart.yaml.
    pub name: String,
    /// A constraint on its version.
    pub version: String,
    /// Where it comes from; never read here.
    pub repository: String,
    /// Paths of values, separated by commas; the first that is a boolean enables or disables.
    pub condition: String,
    /// Names in the `tags` table of the values.
    pub tags: Vec<String>,
    /// What condition and tags decided.
    pub enabled: bool,
    /// Names under the child's `exports`, or tables `{child, parent}`.
    pub import_values: Vec<Data>,
    /// Another name for it in this chart.
    pub alias: String,
}

/// Reads fields as encoding/json fills a Go struct: names match in any case, null leaves a field alone, a wrong type is an error.
struct Fields<'d> {
    go_type: &'static str,
    map: &'d DataMap,
}

impl<'d> Fields<'d> {
    fn of(go_type: &'static str, data: &'d Data, place: &str) -> Result<Option<Fields<'d>>, String> {
        match data {
            Data::Map(map) => Ok(Some(Fields { go_type, map })),
            Data::Null => Ok(None),
            other => Err(format!("json: cannot unmarshal {} into Go {place} of type v2.{go_type}", kind(other))),
        }
    }

    fn get(&self, name: &str) -> Option<&'d Data> {
        let exact = self.map.get(name);
        exact.or_else(|| self.map.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v))
    }

    fn wrong<T>(&self, name: &str, value: &Data, wanted: &str) -> Result<T, String> {
        Err(format!("json: cannot unmarshal {} into Go struct field {}.{name} of type {wanted}", kind(value), self.go_type))
    }

    fn string(&self, name: &str) -> Result<String, String> {
        match self.get(name) {
            None | Some(Data::Null) => Ok(String::new()),
            Some(v) => match text(v) {
                Some(s) => Ok(s),
                None => self.wrong(name, v, "string"),
            },
        }
    }

    fn boolean(&self, name: &str) -> Result<bool, String> {
        match self.get(name) {
            None | Some(Data::Null) => Ok(false),
            Some(Data::Bool(b)) => Ok(*b),
            Some(v) => self.wrong(name, v, "bool"),
        }
    }

    fn list(&self, name: &str, go_type: &str) -> Result<&'d [Data], String> {
        match self.get(name) {
            None | Some(Data::Null) => Ok(&[]),
            Some(Data::List(l)) => Ok(l),
            Some(v) => self.wrong(name, v, go_type),
        }
    }

    fn strings(&self, name: &str) -> Result<Vec<String>, String> {
        let one = |v: &Data| match text(v) {
            Some(s) => Ok(s),
            None if v.is_null() => Ok(String::new()),
            None => self.wrong(name, v, "string"),
        };
        self.list(name, "[]string")?.iter().map(one).collect()
    }
}

/// A scalar as sigs.k8s.io/yaml hands it to a field of type string: numbers and booleans become text.
fn text(v: &Data) -> Option<String> {
    match v {
        Data::String(s) => Some(s.clone()),
        Data::Bool(b) => Some(b.to_string()),
        Data::Int(n) => Some(n.to_string()),
        Data::Float(f) if f.fract() == 0.0 && f.abs() < 1e15 => Some((*f as i64).to_string()),
        Data::Float(f) => Some(pintle_value::number::format_float(*f, b'g', None)),
        _ => None,
    }
}

fn kind(v: &Data) -> &'static str {
    match v {
        Data::Null => "null",
        Data::Bool(_) => "bool",
        Data::Int(_) | Data::Float(_) => "number",
        Data::String(_) => "string",
        Data::List(_) => "array",
        Data::Map(_) => "object",
    }
}

impl Metadata {
    /// Reads Chart.yaml, or requirements.yaml over what Chart.yaml said.
    pub(super) fn read(&mut self, text: &[u8]) -> Result<(), String> {
        let data = pintle_yaml::from_slice(text).map_err(|e| e.message)?;
        self.fill(&data).map_err(|e| format!("error unmarshaling JSON: while decoding JSON: {e}"))
    }

    fn fill(&mut self, data: &Data) -> Result<(), String> {
        let Some(f) = Fields::of("Metadata", data, "value")? else { return Ok(()) };
        let set = |field: &mut String, name: &str| -> Result<(), String> {
            if f.get(name).is_some_and(|v| !v.is_null()) {
                *field = f.string(name)?;
            }
            Ok(())
        };
        set(&mut self.name, "name")?;
        set(&mut self.home, "home")?;
        set(&mut self.version, "version")?;
        set(&mut self.description, "description")?;
        set(&mut self.icon, "icon")?;
        set(&mut self.api_version, "apiVersion")?;
        set(&mut self.condition, "condition")?;
        set(&mut self.tags, "tags")?;
        set(&mut self.app_version, "appVersion")?;
        set(&mut self.kube_version, "kubeVersion")?;
        set(&mut self.chart_type, "type")?;
        if f.get("sources").is_some() {
            self.sources = f.strings("sources")?;
        }
        if f.get("keywords").is_some() {
            self.keywords = f.strings("keywords")?;
        }
        if f.get("deprecated").is_some() {
            self.deprecated = f.boolean("deprecated")?;
        }
        match f.get("annotations") {
            None | Some(Data::Null) => {}
            Some(Data::Map(m)) => {
                let mut annotations = BTreeMap::new();
                for (k, v) in m {
                    let v = match text(v) {
                        Some(s) => s,
                        None if v.is_null() => String::new(),
                        None => return f.wrong("annotations", v, "string"),
                    };
                    annotations.insert(k.clone(), v);
                }
                self.annotations = Some(annotations);
            }
            Some(v) => return f.wrong("annotations", v, "map[string]string"),
        }
        if f.get("maintainers").is_some() {
            let list = f.list("maintainers", "[]*v2.Maintainer")?;
            self.maintainers = list.iter().map(Maintainer::from_data).collect::<Result<_, _>>()?;
        }
        if f.get("dependencies").is_some() {
            let list = f.list("dependencies", "[]*v2.Dependency")?;
            self.dependencies = list.iter().map(Dependency::from_data).collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    /// `Metadata.Validate`: what a chart must say, and in which form. Odd characters are removed on the way.
    pub(super) fn validate(&mut self) -> Result<()> {
        let invalid = |what: String| Err(Error::new("chart/metadata", format!("validation: {what}")));
        for s in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ]
        .into_iter()
        .chain(&mut self.sources)
        .chain(&mut self.keywords)
        {
            sanitize(s);
        }
        if self.api_version.is_empty() {
            return invalid("chart.metadata.apiVersion is required".into());
        }
        if self.name.is_empty() {
            return invalid("chart.metadata.name is required".into());
        }
        let quoted = quote(self.name.as_bytes());
        if self.name == "." || self.name == ".." {
            return invalid(format!("chart.metadata.name {quoted} is not allowed"));
        }
        if self.name.contains('/') {
            return invalid(format!("chart.metadata.name {quoted} is invalid"));
        }
        if self.version.is_empty() {
            return invalid("chart.metadata.version is required".into());
        }
        if Version::parse(&self.version).is_err() {
            return invalid(format!("chart.metadata.version {} is invalid", quote(self.version.as_bytes())));
        }
        if !matches!(self.chart_type.as_str(), "" | "application" | "library") {
            return invalid("chart.metadata.type must be application or library".into());
        }
        let mut seen = std::collections::BTreeSet::new();
        for d in &mut self.dependencies {
            for s in [&mut d.name, &mut d.version, &mut d.repository, &mut d.condition].into_iter().chain(&mut d.tags) {
                sanitize(s);
            }
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !d.alias.chars().all(plain) {
                return invalid(format!("dependency {} has disallowed characters in the alias", quote(d.name.as_bytes())));
            }
            let key = if d.alias.is_empty() { &d.name } else { &d.alias };
            if !seen.insert(key.clone()) {
                return invalid(format!("more than one dependency with name or alias {}", quote(key.as_bytes())));
            }
        }
        Ok(())
    }
}

/// `sanitizeString`: any space becomes a blank, what can't be printed goes.
fn sanitize(s: &mut String) {
    if s.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return;
    }
    let clean = |c: char| {
        if c.is_whitespace() { Some(' ') } else { is_print(c).then_some(c) }
    };
    *s = s.chars().filter_map(clean).collect();
}

impl Maintainer {
    fn from_data(d: &Data) -> Result<Maintainer, String> {
        let place = "struct field Metadata.maintainers";
        let Some(f) = Fields::of("Maintainer", d, place)? else {
            return Err("maintainers must not contain empty or null nodes".into());
        };
        Ok(Maintainer { name: f.string("name")?, email: f.string("email")?, url: f.string("url")? })
    }
}

impl Dependency {
    fn from_data(d: &Data) -> Result<Dependency, String> {
        let place = "struct field Metadata.dependencies";
        let Some(f) = Fields::of("Dependency", d, place)? else {
            return Err("dependencies must not contain empty or null nodes".into());
        };
        Ok(Dependency {
            name: f.string("name")?,
            version: f.string("version")?,
            repository: f.string("repository")?,
            condition: f.string("condition")?,
            tags: f.strings("tags")?,
            enabled: f.boolean("enabled")?,
            import_values: f.list("import-values", "[]interface {}")?.to_vec(),
            alias: f.string("alias")?,
        })
    }
}
