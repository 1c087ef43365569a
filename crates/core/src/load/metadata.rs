//! Chart.yaml: what a chart says of itself (`helm.sh/helm/v4/pkg/chart/v2/metadata.go`).

use std::collections::BTreeMap;

use pintle_functions::semver::Version;
use pintle_go::strconv::{is_print, quote};
use pintle_value::{Data, DataMap};
use pintle_yaml::{Reading, Target, Typed, structure};

use crate::diagnostic::{Diagnostic, Error, Result};
use crate::rules;

structure! {
    /// A chart's metadata.
    #[allow(missing_docs)]
    Metadata("v2", "Metadata") {
        name: String = "name",
        home: String = "home",
        sources: Vec<String> = "sources",
        version: String = "version",
        description: String = "description",
        keywords: Vec<String> = "keywords",
        maintainers: Vec<Maintainer> = "maintainers" as Target::List(&Target::Pointer(&Maintainer::TARGET)),
        icon: String = "icon",
        /// `v1` or `v2`; none means `v1`.
        api_version: String = "apiVersion",
        condition: String = "condition",
        tags: String = "tags",
        app_version: String = "appVersion",
        deprecated: bool = "deprecated",
        annotations: Option<BTreeMap<String, String>> = "annotations" as Target::Map(&Target::String),
        /// The Kubernetes versions that the chart supports, as a constraint.
        kube_version: String = "kubeVersion",
        dependencies: Vec<Dependency> = "dependencies" as Target::List(&Target::Pointer(&Dependency::TARGET)),
        /// Empty, `application` or `library`.
        chart_type: String = "type",
    } beside {
        /// Whether there is a list of dependencies, be it an empty one: Helm looks into sub-charts then.
        pub(crate) names_dependencies: bool,
        /// What has an entry that is null.
        with_null: Option<&'static str>,
    }
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

structure! {
    /// Someone who maintains a chart.
    #[allow(missing_docs)]
    Maintainer("v2", "Maintainer") {
        name: String = "name",
        email: String = "email",
        url: String = "url",
    }
}

structure! {
    /// A chart that a chart depends on.
    Dependency("v2", "Dependency") {
        /// The dependency's name in its own Chart.yaml.
        name: String = "name",
        /// A constraint on its version.
        version: String = "version",
        /// Where it comes from; never read here.
        repository: String = "repository",
        /// Paths of values, separated by commas; the first that is a boolean enables or disables.
        condition: String = "condition",
        /// Names in the `tags` table of the values.
        tags: Vec<String> = "tags",
        /// What condition and tags decided.
        enabled: bool = "enabled",
        /// Names under the child's `exports`, or tables `{child, parent}`.
        import_values: Vec<Data> = "import-values",
        /// Another name for it in this chart.
        alias: String = "alias",
    }
}

structure! {
    /// What Helm looks at before anything else: the type that its loader keeps to itself.
    ChartBase("loader", "chartBase") {
        /// The version of the chart's format.
        api_version: String = "apiVersion",
    }
}

/// The `apiVersion` of a Chart.yaml, empty if there is none.
pub(super) fn api_version(text: &[u8]) -> Result<String, pintle_yaml::Error> {
    ChartBase::read(text, Reading::Lenient).map(|base| base.api_version)
}

/// Chart.yaml as it stands, before anything is filled in or removed.
pub(crate) fn fields(text: &[u8]) -> Result<Data, String> {
    pintle_yaml::from_slice_typed(text, &Metadata::TARGET, Reading::Lenient).map_err(|e| e.message)
}

/// What a strict reader says of Chart.yaml: keys that come twice, or that mean nothing.
pub(crate) fn strictly(text: &[u8]) -> Result<(), String> {
    Metadata::read(text, Reading::Strict).map(|_| ()).map_err(|e| e.message)
}

pub(crate) fn string(data: &Data, field: &str) -> String {
    data.get(field).and_then(Data::as_str).unwrap_or_default().to_owned()
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
    pub(crate) fn dialect(&self) -> Result<Dialect> {
        match self.annotations.as_ref().and_then(|a| a.get(DIALECT)).map(String::as_str) {
            None | Some("go") => Ok(Dialect::Go),
            Some("jinja") => Ok(Dialect::Jinja),
            Some(other) => {
                let message = format!("annotation {DIALECT}: {} is not a template language", quote(other.as_bytes()));
                let hint = "write jinja, or go, which is what a chart without the annotation is written in";
                Err(Diagnostic::new(&rules::CHART_DIALECT, message).hint(hint).into())
            }
        }
    }

    /// Reads Chart.yaml, or requirements.yaml over the `fields` that Chart.yaml left.
    pub(super) fn over(fields: &mut Data, text: &[u8]) -> Result<Metadata, pintle_yaml::Error> {
        if fields.is_null() {
            *fields = Data::Map(DataMap::new());
        }
        pintle_yaml::from_slice_into(text, &Metadata::TARGET, Reading::Lenient, fields)?;
        let mut metadata = Metadata::from_data(fields.clone());
        if metadata.api_version.is_empty() {
            metadata.api_version = "v1".into();
        }
        metadata.names_dependencies = matches!(fields.get("dependencies"), Some(Data::List(_)));
        metadata.with_null = ["maintainers", "dependencies"].into_iter().find(|f| list(fields, f).iter().any(Data::is_null));
        Ok(metadata)
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
