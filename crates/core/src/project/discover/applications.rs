//! Argo CD's Applications in a repository: what they deploy, with which values.

use std::path::Path;

use pintle_value::Data;

/// What an Application says of one source in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// `metadata.name`
    pub name: String,
    /// `spec.source.path`
    pub path: String,
    /// `spec.source.helm.valueFiles`, as they stand there: relative to the path, or to the root with a slash in front.
    pub value_files: Vec<String>,
    /// `spec.source.helm.releaseName`
    pub release_name: Option<String>,
    /// `spec.destination.namespace`
    pub namespace: Option<String>,
}

/// The Applications in a file; none in one that isn't YAML.
pub fn read(file: &Path) -> Vec<Application> {
    let Ok(text) = pintle_files::read::file(file, pintle_files::TEXT) else { return Vec::new() };
    if memchr_application(&text).is_none() {
        return Vec::new();
    }
    let (trees, _) = pintle_yaml::Tree::parse_all(&text);
    let documents = trees.iter().filter_map(|t| t.to_data().ok());
    documents.filter(|d| text_at(d, &["kind"]) == Some("Application")).flat_map(|d| sources(&d)).collect()
}

/// Most files of a repository hold none: a search is cheaper than reading them as YAML.
fn memchr_application(text: &[u8]) -> Option<usize> {
    text.windows(11).position(|w| w == b"Application")
}

fn at<'d>(data: &'d Data, path: &[&str]) -> Option<&'d Data> {
    path.iter().try_fold(data, |d, key| d.get(key))
}

fn text_at<'d>(data: &'d Data, path: &[&str]) -> Option<&'d str> {
    at(data, path).and_then(Data::as_str)
}

fn sources(application: &Data) -> Vec<Application> {
    let one = at(application, &["spec", "source"]).into_iter();
    let many = at(application, &["spec", "sources"]).and_then(Data::as_list).unwrap_or_default();
    let name = text_at(application, &["metadata", "name"]).unwrap_or_default();
    let source = |source: &Data| {
        let files = at(source, &["helm", "valueFiles"]).and_then(Data::as_list).unwrap_or_default();
        Some(Application {
            name: name.to_owned(),
            path: text_at(source, &["path"])?.trim_matches('/').to_owned(),
            value_files: files.iter().filter_map(Data::as_str).map(str::to_owned).collect(),
            release_name: text_at(source, &["helm", "releaseName"]).map(str::to_owned),
            namespace: text_at(application, &["spec", "destination", "namespace"]).map(str::to_owned),
        })
    };
    one.chain(many).filter_map(source).collect()
}
