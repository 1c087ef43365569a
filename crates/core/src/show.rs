//! The parts of a chart as `helm show` prints them (`helm.sh/helm/v4/pkg/action/show.go`).

use pintle_value::{Data, DataMap};

use crate::Compat;
use crate::load::{Chart, Dependency, Maintainer, Metadata};
use crate::release::crds;

/// What to show of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything, `---` between.
    All,
    /// Chart.yaml, as Helm writes what it read.
    Chart,
    /// The files of crds/, of the dependencies too.
    Crds,
    /// README.md, or its like.
    Readme,
    /// values.yaml, comments and all.
    Values,
}

/// The text of a part of a chart.
///
/// Errors: metadata that can't be written as YAML.
pub fn show(chart: &Chart, part: Part, compat: Compat) -> Result<Vec<u8>, String> {
    let all = part == Part::All;
    let mut out = Vec::new();
    let mut line = |text: &[u8]| {
        out.extend_from_slice(text);
        out.push(b'\n');
    };
    if all || part == Part::Chart {
        line(pintle_yaml::to_yaml(&metadata(&chart.metadata)).map_err(|e| e.message)?.as_bytes());
    }
    if all || part == Part::Values {
        if all {
            line(b"---");
        }
        if let Some(text) = &chart.values_text {
            line(text);
        }
    }
    if all || part == Part::Readme {
        let is_readme = |name: &str| ["readme.md", "readme.txt", "readme"].iter().any(|n| name.eq_ignore_ascii_case(n));
        if let Some(file) = chart.files.iter().find(|f| is_readme(&f.name)) {
            if all {
                line(b"---");
            }
            line(file.data().map_err(|e| e.to_string())?);
        }
    }
    if all || part == Part::Crds {
        for (i, file) in crds(chart).into_iter().enumerate() {
            let data = file.data().map_err(|e| e.to_string())?;
            let parted = compat.parts_shown_crds() || all && i == 0;
            if parted && !data.starts_with(b"---") {
                line(b"---");
            }
            line(data);
        }
    }
    Ok(out)
}

/// Metadata with the names and the omissions of Go's type.
fn metadata(m: &Metadata) -> Data {
    let mut map = Members::default();
    map.text("name", &m.name);
    map.text("home", &m.home);
    map.texts("sources", &m.sources);
    map.text("version", &m.version);
    map.text("description", &m.description);
    map.texts("keywords", &m.keywords);
    map.list("maintainers", m.maintainers.iter().map(maintainer).collect());
    map.text("icon", &m.icon);
    map.text("apiVersion", &m.api_version);
    map.text("condition", &m.condition);
    map.text("tags", &m.tags);
    map.text("appVersion", &m.app_version);
    map.flag("deprecated", m.deprecated);
    if let Some(annotations) = m.annotations.as_ref().filter(|a| !a.is_empty()) {
        let entries = annotations.iter().map(|(k, v)| (k.clone(), Data::String(v.clone()))).collect();
        map.0.insert("annotations".into(), Data::Map(entries));
    }
    map.text("kubeVersion", &m.kube_version);
    map.list("dependencies", m.dependencies.iter().map(dependency).collect());
    map.text("type", &m.chart_type);
    Data::Map(map.0)
}

fn maintainer(m: &Maintainer) -> Data {
    let mut map = Members::default();
    map.text("name", &m.name);
    map.text("email", &m.email);
    map.text("url", &m.url);
    Data::Map(map.0)
}

fn dependency(d: &Dependency) -> Data {
    let mut map = Members::default();
    map.0.insert("name".into(), Data::String(d.name.clone()));
    map.text("version", &d.version);
    map.0.insert("repository".into(), Data::String(d.repository.clone()));
    map.text("condition", &d.condition);
    map.texts("tags", &d.tags);
    map.flag("enabled", d.enabled);
    map.list("import-values", d.import_values.clone());
    map.text("alias", &d.alias);
    Data::Map(map.0)
}

/// A struct of Go's whose empty fields are left out.
#[derive(Default)]
struct Members(DataMap);

impl Members {
    fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.insert(name.into(), Data::String(value.to_owned()));
        }
    }

    fn texts(&mut self, name: &str, values: &[String]) {
        self.list(name, values.iter().cloned().map(Data::String).collect());
    }

    fn list(&mut self, name: &str, values: Vec<Data>) {
        if !values.is_empty() {
            self.0.insert(name.into(), Data::List(values));
        }
    }

    fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.0.insert(name.into(), Data::Bool(true));
        }
    }
}
