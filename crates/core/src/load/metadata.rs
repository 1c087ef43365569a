//! Chart.yaml: what a chart says of itself (`helm.sh/helm/v4/pkg/chart/v2/metadata.go`).

use std::collections::BTreeMap;

use pintle_functions::semver::Version;
use pintle_go::strconv::{is_print, quote};
use pintle_value::{Data, DataMap};
use pintle_yaml::{StructType, Target};

use crate::diagnostic::{Diagnostic, Error, Result};
use crate::rules;

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
    /// Whether there is a list of dependencies, be it an empty one: Helm looks into sub-charts then.
    pub(crate) names_dependencies: bool,
    /// What has an entry that is null.
    with_null: Option<&'static str>,
}

/// The language of a chart's templates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Go's text/template, as Helm has it.
    #[default]
    Go,
    /// Jinja, as minijinja has it.
    Jinja,
}

/// The annotation of Chart.yaml that says what language the templates are written in.
pub const DIALECT: &str = "pintle.dev/templates";

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

/// What `sigs.k8s.io/yaml` makes of Chart.yaml: `chart.Metadata` of `helm.sh/helm/v4/pkg/chart/v2`.
const METADATA: StructType = StructType {
    name: "Metadata",
    go_type: "v2.Metadata",
    fields: &[
        ("name", Target::String),
        ("home", Target::String),
        ("sources", Target::List(&Target::String)),
        ("version", Target::String),
        ("description", Target::String),
        ("keywords", Target::List(&Target::String)),
        ("maintainers", Target::List(&Target::Pointer(&Target::Struct(&MAINTAINER)))),
        ("icon", Target::String),
        ("apiVersion", Target::String),
        ("condition", Target::String),
        ("tags", Target::String),
        ("appVersion", Target::String),
        ("deprecated", Target::Bool),
        ("annotations", Target::Map(&Target::String)),
        ("kubeVersion", Target::String),
        ("dependencies", Target::List(&Target::Pointer(&Target::Struct(&DEPENDENCY)))),
        ("type", Target::String),
    ],
};

const MAINTAINER: StructType = StructType {
    name: "Maintainer",
    go_type: "v2.Maintainer",
    fields: &[("name", Target::String), ("email", Target::String), ("url", Target::String)],
};

const DEPENDENCY: StructType = StructType {
    name: "Dependency",
    go_type: "v2.Dependency",
    fields: &[
        ("name", Target::String),
        ("version", Target::String),
        ("repository", Target::String),
        ("condition", Target::String),
        ("tags", Target::List(&Target::String)),
        ("enabled", Target::Bool),
        ("import-values", Target::List(&Target::Any)),
        ("alias", Target::String),
    ],
};

/// What Helm looks at before anything else: the type that its loader keeps to itself.
const CHART_BASE: StructType =
    StructType { name: "chartBase", go_type: "loader.chartBase", fields: &[("apiVersion", Target::String)] };

/// The `apiVersion` of a Chart.yaml, empty if there is none.
pub(super) fn api_version(text: &[u8]) -> Result<String, pintle_yaml::Error> {
    let base = pintle_yaml::from_slice_typed(text, &Target::Struct(&CHART_BASE))?;
    Ok(string(&base, "apiVersion"))
}

/// Chart.yaml as it stands, before anything is filled in or removed.
pub(crate) fn fields(text: &[u8]) -> Result<Data, String> {
    pintle_yaml::from_slice_typed(text, &Target::Struct(&METADATA)).map_err(|e| e.message)
}

/// What a strict reader says of Chart.yaml: keys that come twice, or that mean nothing.
pub(crate) fn strictly(text: &[u8]) -> Result<(), String> {
    let data = pintle_yaml::from_slice_strict(text).map_err(|e| e.message)?;
    match unknown(&data, &METADATA) {
        Some(key) => Err(format!("error unmarshaling JSON: while decoding JSON: json: unknown field {}", quote(key.as_bytes()))),
        None => Ok(()),
    }
}

/// The first key that is no field, in the order of JSON.
fn unknown(data: &Data, of: &StructType) -> Option<String> {
    data.as_map()?.iter().find_map(|(key, value)| {
        let Some((_, target)) = of.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)) else {
            return Some(key.clone());
        };
        match (target, value) {
            (Target::List(Target::Pointer(Target::Struct(of))), Data::List(items)) => items.iter().find_map(|i| unknown(i, of)),
            _ => None,
        }
    })
}

pub(crate) fn string(data: &Data, field: &str) -> String {
    data.get(field).and_then(Data::as_str).unwrap_or_default().to_owned()
}

fn boolean(data: &Data, field: &str) -> bool {
    matches!(data.get(field), Some(Data::Bool(true)))
}

pub(crate) fn list<'d>(data: &'d Data, field: &str) -> &'d [Data] {
    match data.get(field) {
        Some(Data::List(l)) => l,
        _ => &[],
    }
}

pub(crate) fn strings(data: &Data, field: &str) -> Vec<String> {
    list(data, field).iter().map(|s| s.as_str().unwrap_or_default().to_owned()).collect()
}

impl Metadata {
    /// The language of the chart's templates, as the annotation [`DIALECT`] says.
    ///
    /// Errors: a language that isn't known.
    pub fn dialect(&self) -> Result<Dialect> {
        match self.annotations.as_ref().and_then(|a| a.get(DIALECT)).map(String::as_str) {
            None | Some("go") => Ok(Dialect::Go),
            Some("jinja") => Ok(Dialect::Jinja),
            Some(other) => {
                let message = format!("annotation {DIALECT}: {} is no language of templates", quote(other.as_bytes()));
                let hint = "write jinja, or go, which is what a chart without the annotation is written in";
                Err(Diagnostic::new(&rules::CHART_DIALECT, message).hint(hint).into())
            }
        }
    }

    /// Reads Chart.yaml, or requirements.yaml over the `fields` that Chart.yaml left.
    pub(super) fn read(fields: &mut Data, text: &[u8]) -> Result<Metadata, pintle_yaml::Error> {
        if fields.is_null() {
            *fields = Data::Map(DataMap::new());
        }
        pintle_yaml::from_slice_into(text, &Target::Struct(&METADATA), fields)?;
        let api_version = string(fields, "apiVersion");
        let annotation = |(k, v): (&String, &Data)| (k.clone(), v.as_str().unwrap_or_default().to_owned());
        Ok(Metadata {
            name: string(fields, "name"),
            home: string(fields, "home"),
            sources: strings(fields, "sources"),
            version: string(fields, "version"),
            description: string(fields, "description"),
            keywords: strings(fields, "keywords"),
            maintainers: list(fields, "maintainers").iter().map(Maintainer::from_data).collect(),
            icon: string(fields, "icon"),
            api_version: if api_version.is_empty() { "v1".into() } else { api_version },
            condition: string(fields, "condition"),
            tags: string(fields, "tags"),
            app_version: string(fields, "appVersion"),
            deprecated: boolean(fields, "deprecated"),
            annotations: match fields.get("annotations") {
                Some(Data::Map(m)) => Some(m.iter().map(annotation).collect()),
                _ => None,
            },
            kube_version: string(fields, "kubeVersion"),
            dependencies: list(fields, "dependencies").iter().map(Dependency::from_data).collect(),
            chart_type: string(fields, "type"),
            names_dependencies: matches!(fields.get("dependencies"), Some(Data::List(_))),
            with_null: ["maintainers", "dependencies"].into_iter().find(|f| list(fields, f).iter().any(Data::is_null)),
        })
    }

    /// `Metadata.Validate`: what a chart must say, and in which form. Odd characters are removed on the way.
    pub(super) fn validate(&mut self) -> Result<()> {
        let invalid = |what: String| Err(Error::new(&rules::CHART_METADATA, format!("validation: {what}")));
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
        if let Some(field) = self.with_null {
            return invalid(format!("{field} must not contain empty or null nodes"));
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
    fn from_data(d: &Data) -> Maintainer {
        Maintainer { name: string(d, "name"), email: string(d, "email"), url: string(d, "url") }
    }
}

impl Dependency {
    fn from_data(d: &Data) -> Dependency {
        Dependency {
            name: string(d, "name"),
            version: string(d, "version"),
            repository: string(d, "repository"),
            condition: string(d, "condition"),
            tags: strings(d, "tags"),
            enabled: boolean(d, "enabled"),
            import_values: list(d, "import-values").to_vec(),
            alias: string(d, "alias"),
        }
    }
}
