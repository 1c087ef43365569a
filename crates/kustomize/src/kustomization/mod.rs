//! The kustomization file: read, brought into today's form, and checked
//! (sigs.k8s.io/kustomize/api v0.20.1, types/kustomization.go).

pub mod types;

use pintle_diagnostic::Step;
pub use types::Kustomization;

use std::collections::{BTreeSet, HashMap};

use pintle_value::Data;
use pintle_yaml::{Reading, Typed};

use crate::error::Error;
use types::{HelmChart, HelmGlobals};

/// The names under which a kustomization file is found.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

const KIND: &str = "Kustomization";
const COMPONENT: &str = "Component";

impl Kustomization {
    /// Reads a file's text; `file` is its name for messages. Gives the notes on fields that have newer names, too.
    pub fn read(text: &[u8], file: &str) -> Result<(Kustomization, Vec<String>), Error> {
        let invalid = |e: pintle_yaml::Error| Error::of_yaml(e.wrap("invalid Kustomization: "), file);
        let data = pintle_yaml::from_slice_typed(text, &Kustomization::TARGET, Reading::Plain).map_err(invalid)?;
        let mut kustomization = Kustomization::from_data(data.clone());
        let notes = kustomization.deprecated(&data);
        kustomization.fix();
        if is_empty(&data) {
            return Err(Error::new("kustomization.yaml is empty").at(file, 0));
        }
        kustomization.enforce().map_err(|message| Error::new(message).at(file, line_of_kind(text)))?;
        Ok((kustomization, notes))
    }

    /// Whether this is a component.
    pub fn is_component(&self) -> bool {
        self.kind == COMPONENT
    }

    /// `CheckDeprecatedFields`
    fn deprecated(&self, data: &Data) -> Vec<String> {
        const FIX: &str = "Run 'kustomize edit fix' to update your Kustomization automatically.";
        let has = |key: &str| data.get(key).is_some_and(|value| !value.is_null());
        let fields = [
            ("bases", "resources", ""),
            ("commonLabels", "labels", ""),
            ("imageTags", "images", ""),
            ("patchesJson6902", "patches", ""),
            ("patchesStrategicMerge", "patches", ""),
            ("vars", "replacements", "[EXPERIMENTAL] "),
        ];
        let note = |(old, new, how)| format!("# Warning: '{old}' is deprecated. Please use '{new}' instead. {how}{FIX}");
        fields.into_iter().filter(|(old, ..)| has(old)).map(note).collect()
    }

    /// Older fields to newer ones (`FixKustomization`).
    fn fix(&mut self) {
        if self.kind.is_empty() {
            self.kind = KIND.into();
        }
        if self.api_version.is_empty() {
            self.api_version = required_version(&self.kind).into();
        }
        self.resources.append(&mut self.bases);
        self.images.append(&mut self.image_tags);
        let generators = self.config_map_generator.iter_mut().chain(self.secret_generator.iter_mut().map(|s| &mut s.args));
        for generator in generators {
            let env = std::mem::take(&mut generator.sources.env);
            if !env.is_empty() {
                generator.sources.envs.push(env);
            }
        }
        let mut globals = HelmGlobals::default();
        for old in std::mem::take(&mut self.helm_chart_inflation_generator) {
            if !old.helm_home.is_empty() {
                globals.config_home = old.helm_home;
            }
            if !old.chart_home.is_empty() {
                globals.chart_home = old.chart_home;
            }
            self.helm_charts.push(HelmChart {
                name: old.chart_name,
                version: old.chart_version,
                repo: old.chart_repo_url,
                values_file: old.values,
                values_inline: old.values_local,
                values_merge: old.values_merge,
                release_name: old.release_name,
                ..HelmChart::default()
            });
        }
        if self.helm_globals.is_none() && globals != HelmGlobals::default() {
            self.helm_globals = Some(globals);
        }
    }

    /// `EnforceFields`
    fn enforce(&self) -> Result<(), String> {
        if self.kind != KIND && self.kind != COMPONENT {
            return Err(format!("kind should be {KIND} or {COMPONENT}"));
        }
        let wanted = required_version(&self.kind);
        match self.api_version == wanted {
            true => Ok(()),
            false => Err(format!("apiVersion for {} should be {wanted}", self.kind)),
        }
    }
}

fn required_version(kind: &str) -> &'static str {
    if kind == COMPONENT { "kustomize.config.k8s.io/v1alpha1" } else { "kustomize.config.k8s.io/v1beta1" }
}

/// Whether nothing but kind and version is set, as Go's zero values tell (`CheckEmpty`).
fn is_empty(data: &Data) -> bool {
    let unset = |key: &str, value: &Data| match value {
        Data::Null => true,
        Data::String(text) => text.is_empty(),
        Data::List(items) => items.is_empty() && ["bases", "imageTags", "helmChartInflationGenerator"].contains(&key),
        _ => false,
    };
    let named = |key: &str| matches!(key, "apiVersion" | "kind");
    data.as_map().is_none_or(|map| map.iter().all(|(key, value)| named(key) || unset(key, value)))
}

/// The lines of a kustomization's fields and of their items, read once; 0 stands for what isn't found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(HashMap<String, (u32, Vec<u32>)>);

impl Lines {
    /// Those of a file's text.
    pub(crate) fn read(text: &[u8]) -> Lines {
        let Ok(Some(tree)) = pintle_yaml::Tree::parse(text) else { return Lines::default() };
        let line = |id| tree.span(id).start.line as u32;
        let mut lines = HashMap::new();
        if tree.node(tree.root()).kind == pintle_yaml::NodeKind::Mapping {
            for name in tree.pairs(tree.root()).filter_map(|(key, _)| tree.key_text(key)).collect::<BTreeSet<_>>() {
                let Some((key, value)) = tree.member(tree.root(), &name) else { continue };
                let list = tree.follow(value);
                let items = match tree.node(list).kind {
                    pintle_yaml::NodeKind::Sequence => tree.children(list).map(line).collect(),
                    _ => Vec::new(),
                };
                lines.insert(name, (line(key), items));
            }
        }
        Lines(lines)
    }

    /// The line of a field's key.
    pub(crate) fn key(&self, field: &str) -> u32 {
        self.0.get(field).map_or(0, |(key, _)| *key)
    }

    /// The line of an item of a list.
    pub(crate) fn item(&self, field: &str, index: usize) -> u32 {
        self.0.get(field).and_then(|(_, items)| items.get(index)).copied().unwrap_or(0)
    }

    /// How many items a list has.
    pub(crate) fn count(&self, field: &str) -> usize {
        self.0.get(field).map_or(0, |(_, items)| items.len())
    }
}

/// The line on which the kind stands; 0 if there is none.
fn line_of_kind(text: &[u8]) -> u32 {
    let place = pintle_yaml::locate(text, &[Step::field("kind")]);
    place.map_or(0, |place| place.key.unwrap_or(place.value).start.line as u32)
}
