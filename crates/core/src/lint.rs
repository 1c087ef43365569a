//! What `helm lint` says of a chart (`helm.sh/helm/v4/pkg/chart/v2/lint`): messages with a severity and a path, in Helm's order and words.
//!
//! Takes a folder or an archive and the values of a caller; unlike a render it goes on after the first thing that is wrong.

mod contact;
mod names;

use crate::arrange::Reads;
use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use pintle_functions::bind::Host;
use pintle_functions::semver::Version;
use pintle_functions::world::System;
use pintle_go::strconv::quote;
use pintle_value::{Data, Map};
use pintle_yaml::{Reading, Typed, structure};

use crate::Compat;
use crate::capabilities::{Capabilities, KubeVersion};
use crate::diagnostic::{Error, Result, Severity};
use crate::load::metadata::{self, list, string, strings};
use crate::load::{Chart, Dialect, LoadOptions};
use crate::merge::coalesce::Coalesce;
use crate::merge::dependencies::{Node, process};
use crate::merge::options::Values;
use crate::release::Schemas;
use crate::render::{Context, ReleaseInfo, render};
use crate::rules;
use crate::values_schema::check;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How bad it is; Helm calls a note `INFO`.
    pub severity: Severity,
    /// The file within the chart, or the chart's folder.
    pub path: String,
    /// What it is.
    pub text: String,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Note => "INFO",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
        };
        write!(f, "[{severity}] {}: {}", self.path, self.text)
    }
}

/// What a chart is linted with.
#[derive(Clone)]
pub struct Options {
    /// `.Release.Namespace`
    pub namespace: String,
    /// Another Kubernetes version than Helm's default, for templates and for what it deprecates.
    pub kube_version: Option<String>,
    /// Leaves values.schema.json aside.
    pub skip_schema_validation: bool,
    /// Answers references that lead out of a values.schema.json.
    pub schemas: Schemas,
    /// How the chart is loaded, and the Helm that is followed.
    pub load: LoadOptions,
}

/// Everything that is to be said of a chart.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In Helm's order.
    pub messages: Vec<Message>,
    /// What `required` and `fail` in templates said, which stops no linter.
    pub passed: Vec<String>,
}

/// Lints a chart, a folder or a .tgz archive.
///
/// Errors: the path isn't a chart, the Kubernetes version is invalid.
pub fn lint(path: &Path, values: &Values, options: &Options) -> Result<Report> {
    let compat = options.load.compat;
    let kube = KubeVersion::parse(options.kube_version.as_deref().unwrap_or(Compat::default().kube_version()), compat)?;
    let source = Source::find(path, options)?;
    let mut lint = Linter { source, options, kube, report: Report::default() };
    lint.chart_file();
    lint.values(values);
    lint.templates(values);
    lint.dependencies();
    lint.crds();
    Ok(lint.report)
}

/// What there is under a name in a chart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    Nothing,
    File,
    Folder,
}

/// A chart, as its files and as what loading made of them.
struct Source {
    /// The absolute path.
    place: String,
    chart_yaml: Result<Vec<u8>, String>,
    values: Option<Vec<u8>>,
    schema: Option<Vec<u8>>,
    templates: Entry,
    crds: Entry,
    chart: Result<Arc<Chart>, String>,
}

impl Source {
    fn find(path: &Path, options: &Options) -> Result<Source> {
        let place = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let chart = |path: &Path| Chart::load_any_version(path, &options.load).map_err(|e| e.to_string());
        let name = path.to_string_lossy();
        if !name.ends_with(".tgz") && !name.ends_with(".tar.gz") {
            let missing = |e: std::io::Error| {
                let why =
                    if e.kind() == std::io::ErrorKind::NotFound { "no such file or directory".into() } else { e.to_string() };
                let file = path.components().collect::<std::path::PathBuf>().join("Chart.yaml");
                let file = file.strip_prefix(".").unwrap_or(&file).display().to_string();
                Error::new(&rules::CHART_MISSING, format!("unable to check Chart.yaml file in chart: stat {file}: {why}"))
            };
            path.join("Chart.yaml").metadata().map_err(missing)?;
            let entry = |name: &str| match path.join(name).metadata() {
                Ok(m) if m.is_dir() => Entry::Folder,
                Ok(_) => Entry::File,
                Err(_) => Entry::Nothing,
            };
            let file = place.join("Chart.yaml");
            let root = crate::load::root(path, &options.load)?;
            let chart_yaml = match entry("Chart.yaml") {
                Entry::Folder => Err(format!("read {}: is a directory", file.display())),
                _ => root.text(&file).map_err(|e| format!("open {}: {e}", file.display())),
            };
            return Ok(Source {
                place: place.display().to_string(),
                chart_yaml,
                values: root.text(&path.join("values.yaml")).ok(),
                schema: root.text(&path.join("values.schema.json")).ok(),
                templates: entry("templates"),
                crds: entry("crds"),
                chart: chart(path),
            });
        }
        let files = crate::load::packed_files(path)?;
        let read = |name: &str| files.iter().find(|f| f.name == name).and_then(|f| f.data().ok()).map(|d| d.to_vec());
        let entry = |folder: &str| {
            let below = |name: &str| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
            if files.iter().any(|f| below(&f.name)) { Entry::Folder } else { Entry::Nothing }
        };
        Ok(Source {
            place: place.display().to_string(),
            chart_yaml: read("Chart.yaml").ok_or_else(|| "Chart.yaml file is missing".to_owned()),
            values: read("values.yaml"),
            schema: read("values.schema.json"),
            templates: entry("templates"),
            crds: entry("crds"),
            chart: chart(path),
        })
    }
}

struct Linter<'o> {
    source: Source,
    options: &'o Options,
    kube: KubeVersion,
    report: Report,
}

impl Linter<'_> {
    fn say(&mut self, severity: Severity, path: &str, text: impl Into<String>) {
        self.report.messages.push(Message { severity, path: path.to_owned(), text: text.into() });
    }

    /// `rules/chartfile.go`
    fn chart_file(&mut self) {
        let error = |lint: &mut Self, text: String| lint.say(Severity::Error, "Chart.yaml", text);
        let read = match &self.source.chart_yaml {
            Ok(text) => metadata::fields(text).map(|m| (m, text.clone())),
            Err(e) => Err(e.clone()),
        };
        let (m, text) = match read {
            Ok(read) => read,
            Err(e) => {
                if e.ends_with("is a directory") {
                    error(self, "should be a file, not a directory".into());
                }
                return error(self, format!("unable to parse YAML\n\t{}", self.options.load.compat.type_names(e)));
            }
        };
        if let Err(e) = metadata::strictly(&text) {
            self.say(Severity::Warning, "Chart.yaml", format!("failed to strictly parse chart metadata file\n\t{e}"));
        }
        let untyped = pintle_yaml::from_slice(&text).unwrap_or(Data::Null);
        for text in [name(&m), api_version(&m)].into_iter().flatten() {
            error(self, text);
        }
        for text in [of_type_string(&untyped, "version"), version(&m), of_type_string(&untyped, "appVersion"), maintainers(&m)]
            .into_iter()
            .flatten()
        {
            error(self, text);
        }
        if let Some(source) = strings(&m, "sources").into_iter().find(|s| !contact::is_request_url(s)) {
            error(self, format!("invalid source URL '{source}'"));
        }
        let icon = string(&m, "icon");
        if icon.is_empty() {
            self.say(Severity::Note, "Chart.yaml", "icon is recommended");
        } else if !contact::is_request_url(&icon) {
            error(self, format!("invalid icon URL '{icon}'"));
        }
        let api = string(&m, "apiVersion");
        if api != "v2" && !string(&m, "type").is_empty() {
            error(self, format!("chart type is not valid in apiVersion '{api}'. It is valid in apiVersion 'v2'"));
        }
        if api != "v2" && !list(&m, "dependencies").is_empty() {
            let text = "dependencies are not valid in the Chart file with apiVersion";
            error(self, format!("{text} '{api}'. They are valid in apiVersion 'v2'"));
        }
        let version = string(&m, "version");
        if Version::parse_strict(&version).is_err() {
            self.say(Severity::Warning, "Chart.yaml", format!("version '{version}' is not a valid SemVerV2"));
        }
    }

    /// `rules/values.go`
    fn values(&mut self, given: &Values) {
        let Some(text) = &self.source.values else { return self.say(Severity::Note, "values.yaml", "file does not exist") };
        let values = match pintle_yaml::map_from_slice(text) {
            Ok(values) => values,
            Err(e) => return self.say(Severity::Error, "values.yaml", format!("unable to parse YAML: {}", e.message)),
        };
        let Some(schema) = self.source.schema.as_ref().filter(|s| !s.is_empty() && !self.options.skip_schema_validation) else {
            return;
        };
        let merged = Map::from(&given.data);
        Coalesce::new(self.options.load.compat).coalesce_tables(&merged, &Map::from(&values));
        let checked = match pintle_schema::Schema::compile(schema, &|url: &str| (self.options.schemas)(url)) {
            Err(e) => Err(e.to_string()),
            Ok(schema) => schema.validate(&Data::from(&pintle_value::Value::Map(merged))).map_err(|e| format!("{e}\n")),
        };
        if let Err(e) = checked {
            self.say(Severity::Error, "values.yaml", e);
        }
    }

    /// `rules/template.go`
    fn templates(&mut self, given: &Values) {
        match self.source.templates {
            Entry::Nothing => return self.say(Severity::Warning, "templates/", "directory does not exist"),
            Entry::File => return self.say(Severity::Error, "templates/", "not a directory"),
            Entry::Folder => {}
        }
        let chart = match &self.source.chart {
            Ok(chart) => chart.clone(),
            Err(e) => return self.say(Severity::Error, "templates/", e.clone()),
        };
        let rendered = match self.render(&chart, given) {
            Ok(Some(rendered)) => rendered,
            Ok(None) => return,
            Err(e) => return self.say(Severity::Error, "templates/", e),
        };
        for template in &chart.templates {
            let name = &template.name;
            let base = name.rsplit('/').next().unwrap_or(name);
            // Templates in Jinja may say so in their names.
            let jinja = [".j2", ".jinja"].iter().find_map(|e| base.strip_suffix(e)).filter(|_| chart.dialect == Dialect::Jinja);
            let base = jinja.unwrap_or(base);
            let extension = base.rfind('.').map_or("", |i| &base[i..]);
            if jinja.is_none_or(|b| !b.starts_with('_')) && !matches!(extension, ".yaml" | ".yml" | ".tpl" | ".txt") {
                let text = format!("file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt");
                self.say(Severity::Error, name, text);
            }
            if !matches!(extension.to_lowercase().as_str(), ".yaml" | ".yml") {
                continue;
            }
            let Some(text) = rendered.get(&format!("{}/{name}", chart.name())) else { continue };
            let shown = String::from_utf8_lossy(text);
            if shown.trim().is_empty() {
                continue;
            }
            if let Some(line) = shown.lines().find(|l| !l.trim().is_empty()).filter(|l| l.starts_with([' ', '\t'])) {
                let line = quote(line.as_bytes());
                let text = format!("document starts with an illegal indent: {line}, which may cause parsing problems");
                self.say(Severity::Warning, name, text);
            }
            // One document with invalid YAML ends it all (helm/helm#11391).
            if self.objects(name, text, |lint, object| lint.object(name, object, &shown)).is_err() {
                return;
            }
        }
    }

    /// Renders as the linter does: values are merged twice, and errors on the way there end it without a word.
    fn render(&mut self, chart: &Arc<Chart>, given: &Values) -> Result<Option<crate::render::Rendered>, String> {
        let compat = self.options.load.compat;
        let coalesce = Coalesce::new(compat);
        let mut root = Node::new(chart);
        let user = Map::from(&given.data);
        if process(&mut root, &user, &coalesce).is_err() {
            return Ok(None);
        }
        let Ok(values) = coalesce.values(&root, &user) else { return Ok(None) };
        let values = coalesce.values(&root, &values)?;
        if !self.options.skip_schema_validation {
            check(&root, &values, &|url: &str| (self.options.schemas)(url)).map_err(|e| e.to_string())?;
        }
        let capabilities =
            Capabilities::new(compat, self.options.kube_version.as_deref(), &[], None).map_err(|e| e.to_string())?;
        let release = ReleaseInfo { name: "test-release".into(), namespace: self.options.namespace.clone(), is_upgrade: false };
        let mut host = Host::new(System);
        host.lint = true;
        let host = Rc::new(host);
        let context = Context {
            release: &release,
            capabilities: &capabilities,
            budget: Arc::default(),
            host: host.clone(),
            reads: Reads::Heads,
        };
        let rendered = render(&root, &values, &context, None, &mut |_, _| ()).map_err(|e| e.to_string());
        self.report.passed.append(&mut host.warnings.borrow_mut());
        rendered.map(Some)
    }

    /// Goes through the documents of a file; an invalid one is reported and ends it.
    fn objects(&mut self, name: &str, text: &[u8], mut each: impl FnMut(&mut Self, &Object)) -> Result<(), ()> {
        let no_yaml = |lint: &mut Self, e: pintle_yaml::Error| {
            lint.say(Severity::Error, name, format!("unable to parse YAML: {}", e.message));
        };
        let documents = pintle_yaml::split_documents(text).map_err(|e| no_yaml(self, e))?;
        for document in documents {
            let object = Option::<Object>::read(document, Reading::Lenient).map_err(|e| no_yaml(self, e))?;
            if let Some(object) = object {
                each(self, &object);
            }
        }
        Ok(())
    }

    fn object(&mut self, file: &str, object: &Object, manifest: &str) {
        let quoted = quote(object.metadata.name.as_bytes());
        let wrong: Vec<String> = names::wrong(&object.kind, &object.metadata.name)
            .iter()
            .map(|what| format!("metadata.name: Invalid value: {quoted}: {what}"))
            .collect();
        let all = match wrong.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(format!("[{}]", several.join(", "))),
        };
        if let Some(all) = all {
            let text = format!("object name does not conform to Kubernetes naming requirements: {quoted}: {all}");
            self.say(Severity::Warning, file, text);
        }
        if let Some(text) = deprecation(object, &self.kube) {
            self.say(Severity::Warning, file, text);
        }
        let selects = manifest.contains("matchLabels") || manifest.contains("matchExpressions");
        if matches!(object.kind.as_str(), "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet") && !selects {
            let text = format!("a {} must contain matchLabels or matchExpressions, and {quoted} does not", object.kind);
            self.say(Severity::Error, file, text);
        }
        if object.kind == "List" {
            let data = pintle_yaml::from_slice(manifest.as_bytes()).unwrap_or(Data::Null);
            let kept = |item: &Data| {
                let annotations = item.get("metadata").and_then(|m| m.get("annotations"));
                annotations.and_then(|a| a.get("helm.sh/resource-policy")).is_some()
            };
            if list(&data, "items").iter().any(kept) {
                let text = "annotation 'helm.sh/resource-policy' within List objects are ignored";
                self.say(Severity::Error, file, text);
            }
        }
    }

    /// `rules/dependencies.go`
    fn dependencies(&mut self) {
        let chart = match &self.source.chart {
            Ok(chart) => chart.clone(),
            Err(e) => return self.say(Severity::Error, "", format!("unable to load chart\n\t{e}")),
        };
        let place = self.source.place.clone();
        let wanted = &chart.metadata.dependencies;
        let join = |names: Vec<&str>| (!names.is_empty()).then(|| names.join(","));
        let unnamed = chart.dependencies.iter().map(|c| c.name()).filter(|n| !wanted.iter().any(|d| d.name == *n)).collect();
        if let Some(names) = join(unnamed) {
            self.say(Severity::Error, &place, format!("chart metadata is missing these dependencies: {names}"));
        }
        let absent = wanted.iter().map(|d| d.name.as_str());
        let absent = absent.filter(|n| !chart.dependencies.iter().any(|c| c.name() == *n)).collect();
        if let Some(names) = join(absent) {
            self.say(Severity::Warning, &place, format!("chart directory is missing these dependencies: {names}"));
        }
    }

    /// `rules/crds.go`
    fn crds(&mut self) {
        match self.source.crds {
            Entry::Nothing => return,
            Entry::File => return self.say(Severity::Error, "crds/", "not a directory"),
            Entry::Folder => {}
        }
        let chart = match &self.source.chart {
            Ok(chart) => chart.clone(),
            Err(e) => return self.say(Severity::Error, "crds/", e.clone()),
        };
        for file in crate::release::crds(&chart) {
            let Ok(text) = file.data() else { continue };
            let each = |lint: &mut Self, object: &Object| {
                if !object.api_version.starts_with("apiextensions.k8s.io") {
                    lint.say(Severity::Error, &file.name, "apiVersion is not in 'apiextensions.k8s.io'");
                }
                if object.kind != "CustomResourceDefinition" {
                    lint.say(Severity::Error, &file.name, "object kind is not 'CustomResourceDefinition'");
                }
            };
            if self.objects(&file.name, text, each).is_err() {
                return;
            }
        }
    }
}

structure! {
    /// What the linter looks at of an object.
    Object("rules", "k8sYamlStruct") {
        /// Group and version.
        api_version: String = "apiVersion",
        /// The kind.
        kind: String = "Kind",
        /// What it is called.
        metadata: ObjectMetadata = "Metadata",
    }
}

structure! {
    /// An object's name.
    ObjectMetadata("rules", "k8sYamlMetadata") {
        /// The namespace.
        namespace: String = "Namespace",
        /// The name.
        name: String = "Name",
    }
}

fn name(m: &Data) -> Option<String> {
    let name = string(m, "name");
    if name.is_empty() {
        return Some("name is required".into());
    }
    (name.contains('/')).then(|| format!("chart name {} is invalid", quote(name.as_bytes())))
}

fn api_version(m: &Data) -> Option<String> {
    match string(m, "apiVersion").as_str() {
        "" => Some("apiVersion is required. The value must be either \"v1\" or \"v2\"".into()),
        "v1" | "v2" => None,
        other => Some(format!("apiVersion '{other}' is not valid. The value must be either \"v1\" or \"v2\"")),
    }
}

/// A number is not a version, although Helm reads it as one.
fn of_type_string(untyped: &Data, key: &str) -> Option<String> {
    let found = match untyped.get(key)? {
        Data::String(_) => return None,
        Data::Null => "<nil>",
        Data::Bool(_) => "bool",
        Data::List(_) => "[]interface {}",
        Data::Map(_) => "map[string]interface {}",
        _ => "float64",
    };
    Some(format!("{key} should be of type string but it's of type {found}"))
}

fn version(m: &Data) -> Option<String> {
    let version = string(m, "version");
    if version.is_empty() {
        return Some("version is required".into());
    }
    let Ok(parsed) = Version::parse(&version) else { return Some(format!("version '{version}' is not a valid SemVer")) };
    let lowest = Version::parse("0.0.0-0").ok()?;
    (parsed.compare(&lowest) != std::cmp::Ordering::Greater)
        .then(|| format!("version {} is less than or equal to \"0.0.0-0\"", quote(parsed.original().as_bytes())))
}

/// The first maintainer that there is something to be said of.
fn maintainers(m: &Data) -> Option<String> {
    list(m, "maintainers").iter().find_map(|m| {
        let [name, email, url] = ["name", "email", "url"].map(|f| string(m, f));
        if m.is_null() {
            Some("a maintainer entry is empty".to_owned())
        } else if name.is_empty() {
            Some("each maintainer requires a name".to_owned())
        } else if !email.is_empty() && !contact::is_email(&email) {
            Some(format!("invalid email '{email}' for maintainer '{name}'"))
        } else if !url.is_empty() && !contact::is_url(&url) {
            Some(format!("invalid url '{url}' for maintainer '{name}'"))
        } else {
            None
        }
    })
}

/// What Kubernetes says of an object of a kind that it has deprecated by a version (`k8s.io/apiserver/pkg/endpoints/deprecation`).
fn deprecation(object: &Object, kube: &KubeVersion) -> Option<String> {
    let number = |text: &str| text.parse::<u64>().ok();
    let now = (number(&kube.major)?, number(&kube.minor)?);
    let rows = include_str!("lint/deprecations.txt").lines().filter(|l| !l.starts_with('#'));
    let fields = |row: &'static str| row.split(' ').collect::<Vec<_>>();
    let row = rows.map(fields).find(|f| f[0] == object.api_version && f[1] == object.kind)?;
    let since = row[2].split_once('.')?;
    if (number(since.0)?, number(since.1)?) > now {
        return None;
    }
    let mut text = format!("{} {} is deprecated in v{}+", row[0], row[1], row[2]);
    if row[3] != "-" {
        text.push_str(&format!(", unavailable in v{}+", row[3]));
    }
    if let [version, kind] = row[4..] {
        text.push_str(&format!("; use {version} {kind}"));
    }
    Some(text)
}
