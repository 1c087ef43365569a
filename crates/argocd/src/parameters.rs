//! An application's parameters: `ARGOCD_APP_PARAMETERS`, a JSON array of `{name, string | array | map}`.
//!
//! The variables `PARAM_*` that Argo CD sets too are not read: they lose the case and the punctuation of names.

use std::collections::BTreeMap;

use crate::rules;
use pintle_core::checks::Mode;
use pintle_core::{Data, Diagnostic, Error};
use pintle_diagnostic::nearest;
use pintle_value::json;

/// What stands before the path of a chart's own value: `values.image.tag`.
pub const VALUE: &str = "values.";

/// A parameter's value, of the kind that was given.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    Text(String),
    List(Vec<String>),
    Map(BTreeMap<String, String>),
}

/// A parameter of the plugin itself.
pub struct Known {
    pub name: &'static str,
    pub title: &'static str,
    pub tooltip: &'static str,
    /// What it holds: string, boolean.
    pub item: &'static str,
    /// How many: string (one), array, map.
    pub collection: &'static str,
    /// Whether it means something for a kustomization and for plain manifests too.
    pub everywhere: bool,
}

const fn known(
    name: &'static str,
    title: &'static str,
    tooltip: &'static str,
    kinds: [&'static str; 2],
    everywhere: bool,
) -> Known {
    Known { name, title, tooltip, item: kinds[0], collection: kinds[1], everywhere }
}

const TEXT: [&str; 2] = ["string", "string"];
const SWITCH: [&str; 2] = ["boolean", "string"];
const LIST: [&str; 2] = ["string", "array"];
const MAP: [&str; 2] = ["string", "map"];

/// The plugin's own parameters, in the order in which they are offered.
pub const KNOWN: &[Known] = &[
    known("release-name", "Release name", "The release's name; with a pintle.yaml, the release that is wanted", TEXT, false),
    known("namespace", "Namespace", "The release's namespace; by default the destination's", TEXT, false),
    known(
        "environment",
        "Environment",
        "Of pintle.yaml, or the ENV of the chart's values-ENV.yaml or values/ENV.yaml",
        TEXT,
        false,
    ),
    known(
        "value-files",
        "Value files",
        "Files of values, the strongest last; globs; a leading / is the repository's root",
        LIST,
        false,
    ),
    known(
        "ignore-missing-value-files",
        "Ignore missing value files",
        "Take value files that don't exist for empty",
        SWITCH,
        false,
    ),
    known("values", "Values", "Paths of values and their YAML, over the files", MAP, false),
    known("set", "Set", "Paths and values, as --set reads them", MAP, false),
    known("set-string", "Set text", "Paths and texts, as --set-string reads them", MAP, false),
    known("set-file", "Set from files", "Paths and the files whose text they get", MAP, false),
    known("api-versions", "API versions", "In place of the cluster's, for .Capabilities", LIST, false),
    known("kube-version", "Kubernetes version", "In place of the cluster's, for .Capabilities", TEXT, false),
    known(
        "cluster",
        "Cluster snapshot",
        "A file with a cluster's versions, in place of Argo CD's, and objects for lookup; no place for Secrets",
        TEXT,
        false,
    ),
    known("include-crds", "Include CRDs", "Print the files of crds/ too", SWITCH, false),
    known(
        "skip-schema-validation",
        "Skip schema validation",
        "Leave values.schema.json aside, which may refer to schemas elsewhere",
        SWITCH,
        false,
    ),
    known(
        "limits",
        "Limits",
        "What a render may use up, as --limits has it: strict, or steps=N and the like; never more than the sidecar allows",
        TEXT,
        false,
    ),
    known("skip-tests", "Skip tests", "Leave tests out", SWITCH, false),
    known("overlay", "Overlay", "A folder with a kustomization that is laid over what the chart gives", TEXT, false),
    known("validation", "Validation", "What findings about the manifests do: error, warn or off", TEXT, true),
    known(
        "allow-empty",
        "Allow empty",
        "Take output without objects; with pruning, Argo CD then deletes everything",
        SWITCH,
        true,
    ),
];

/// The parameters of an application, by name.
#[derive(Debug, Default)]
pub struct Parameters(BTreeMap<String, Given>);

/// An error of parameters.
pub fn wrong(message: impl Into<String>) -> Error {
    Error::new(&rules::CMP_PARAMETER, message)
}

impl Parameters {
    /// Reads the JSON. Errors: what isn't a list of parameters, and names that aren't known: what is ignored without a word was meant.
    pub fn read(text: Option<&str>) -> Result<Parameters, Error> {
        let Some(text) = text.filter(|t| t.trim() != "null") else { return Ok(Parameters::default()) };
        // The text may hold secrets: neither it nor the parser's excerpt is repeated.
        let malformed = || wrong("ARGOCD_APP_PARAMETERS is no JSON list of {name, string | array | map}");
        let Ok(Data::List(list)) = json::from_slice(text.as_bytes()) else { return Err(malformed()) };
        let mut all = BTreeMap::new();
        for item in list {
            let name = item.get("name").and_then(Data::as_str).ok_or_else(malformed)?;
            check_name(name)?;
            // Argo CD writes "map": null and "array": null beside what is meant.
            let given = ["string", "array", "map"].iter().find_map(|k| item.get(k).filter(|d| !d.is_null()));
            let given = match given {
                None => continue,
                Some(Data::String(text)) => Given::Text(text.clone()),
                Some(Data::List(list)) => {
                    Given::List(list.iter().map(|d| d.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or_else(malformed)?)
                }
                Some(Data::Map(map)) => {
                    let pair = |(k, v): (&String, &Data)| Some((k.clone(), v.as_str()?.to_owned()));
                    Given::Map(map.iter().map(pair).collect::<Option<_>>().ok_or_else(malformed)?)
                }
                Some(_) => return Err(malformed()),
            };
            all.insert(name.to_owned(), given);
        }
        Ok(Parameters(all))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Given)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// A parameter as it was given.
    pub fn get(&self, name: &str) -> Option<&Given> {
        self.0.get(name)
    }

    /// One text; an empty one counts as none, because a cleared field of the page leaves one.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Given::Text(text)) => Ok(Some(text.trim()).filter(|t| !t.is_empty())),
            Some(_) => Err(wrong(format!("parameter {name} must be a string"))),
        }
    }

    pub fn switch(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.text(name)? {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(wrong(format!("parameter {name} must be true or false"))),
        }
    }

    /// A list; a string is one with commas between.
    pub fn list(&self, name: &str) -> Result<Option<Vec<String>>, Error> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Given::Text(text)) => {
                let items = text.split([',', '\n']).map(|i| i.trim().to_owned()).filter(|i| !i.is_empty());
                Ok(Some(items.collect()).filter(|l: &Vec<String>| !l.is_empty()))
            }
            Some(Given::List(list)) => Ok(Some(list.clone())),
            Some(Given::Map(_)) => Err(wrong(format!("parameter {name} must be an array"))),
        }
    }

    /// What `--set` and its like take: `KEY=VALUE`, from an array as it is, from a map with its commas escaped, because Argo CD's own Helm
    /// support escapes them (`cleanSetParameters`); a list in braces stays one.
    pub fn pairs(&self, name: &str) -> Result<Vec<String>, Error> {
        match self.0.get(name) {
            None => Ok(Vec::new()),
            Some(Given::List(list)) => Ok(list.clone()),
            Some(Given::Map(map)) => Ok(map.iter().map(|(k, v)| format!("{k}={}", escape_commas(v))).collect()),
            Some(Given::Text(text)) if text.trim().is_empty() => Ok(Vec::new()),
            Some(Given::Text(_)) => Err(wrong(format!("parameter {name} must be a map or an array of KEY=VALUE"))),
        }
    }

    pub fn validation(&self) -> Result<Mode, Error> {
        match self.text("validation")? {
            None => Ok(Mode::Error),
            Some(mode) => mode.parse().map_err(|_| wrong(format!("parameter validation must be error, warn or off, not {mode}"))),
        }
    }

    /// Refuses what has no meaning for a kind of folder: ignoring it would deploy something else than was asked for.
    pub fn only_everywhere(&self, what: &str) -> Result<(), Error> {
        let is_fine = |name: &str| KNOWN.iter().any(|k| k.everywhere && k.name == name);
        match self.0.iter().find(|(name, given)| !is_fine(name) && **given != Given::Text(String::new())) {
            Some((name, _)) => Err(wrong(format!("parameter {name} has no meaning for {what}"))),
            None => Ok(()),
        }
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    if KNOWN.iter().any(|k| k.name == name) || name.strip_prefix(VALUE).is_some_and(|path| !path.is_empty()) {
        return Ok(());
    }
    let d = Diagnostic::new(&rules::CMP_PARAMETER, format!("unknown parameter \"{name}\""));
    Err(match nearest(name, KNOWN.iter().map(|k| k.name)) {
        Some(near) => d.hint(format!("did you mean {near}?")),
        None => d.hint(format!("a chart's own value is {VALUE}{name}")),
    }
    .into())
}

fn escape_commas(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut out = String::new();
    for c in value.chars() {
        if c == ',' && !out.ends_with('\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
