//! What a build carries along, what may be asked of it, and the two ways in: [`build`] for a folder, [`transform`] for objects
//! in memory.

use std::path::Path;

use crate::error::{Error, Location, Warning};
use crate::generate::helm::{Inflate, NoCharts};
use crate::json::Json;
use crate::kustomization::Kustomization;
use crate::load::{Disk, FileSystem, LoadRestrictions, Loader};
use crate::node::{NodeId, Nodes, Place};
use crate::resmap::ResMap;
use crate::resource::{Origin, Resource};
use crate::schema::Schemas;
use crate::target;

/// In which order objects are printed if the kustomization doesn't say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// Nothing is said: as `legacy`.
    #[default]
    Unspecified,
    /// By kind: namespaces first, webhooks last.
    Legacy,
    /// As they were read.
    None,
}

/// Whether charts may be inflated, and with which facts about the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HelmOptions {
    /// Whether `helmCharts` are allowed (`--enable-helm`).
    pub enabled: bool,
    /// In place of every chart's `apiVersions`, if there are any.
    pub api_versions: Vec<String>,
    /// In place of every chart's `kubeVersion`, if it isn't empty.
    pub kube_version: String,
}

/// What may be asked of a build.
pub struct Options<'o> {
    /// What is read from.
    pub files: &'o dyn FileSystem,
    /// What may be read.
    pub restrictions: LoadRestrictions,
    /// The order of the output.
    pub reorder: Reorder,
    /// Whether every object gets the label `app.kubernetes.io/managed-by`.
    pub managed_by_label: bool,
    /// Whether plugins besides the built-in ones are allowed. There are none, so needing one is an error in any case.
    pub plugins: bool,
    /// Charts.
    pub helm: HelmOptions,
    /// What renders charts.
    pub inflate: &'o dyn Inflate,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            files: &Disk,
            restrictions: LoadRestrictions::RootOnly,
            reorder: Reorder::Unspecified,
            managed_by_label: false,
            plugins: false,
            helm: HelmOptions::default(),
            inflate: &NoCharts,
        }
    }
}

/// The state of a build: its nodes, its schemas, and what was noticed.
#[derive(Debug, Default)]
pub struct Build {
    /// Every node.
    pub nodes: Nodes,
    /// What is known of kinds.
    pub schemas: Schemas,
    /// The files that were read, as [`Place::source`] numbers them.
    pub sources: Vec<String>,
    /// What was noticed.
    pub warnings: Vec<Warning>,
    // How many kustomizations were read.
    pub(crate) targets: usize,
}

impl Build {
    /// The number under which places of a file are known.
    pub fn source(&mut self, file: &str) -> u32 {
        match self.sources.iter().position(|known| known == file) {
            Some(at) => at as u32 + 1,
            None => {
                self.sources.push(file.to_owned());
                self.sources.len() as u32
            }
        }
    }

    /// The file and line of a place.
    pub fn location(&self, place: Place) -> Option<Location> {
        let file = self.sources.get((place.source as usize).checked_sub(1)?)?;
        Some(Location { file: file.clone(), line: place.line })
    }

    /// An error at a place.
    pub fn error_at(&self, message: impl Into<String>, place: Place) -> Error {
        let error = Error::new(message);
        match self.location(place) {
            Some(at) => error.at(&at.file, at.line),
            None => error,
        }
    }

    /// Notes something that kustomize takes without a word.
    pub fn warn(&mut self, message: impl Into<String>, location: Option<Location>) {
        let warning = Warning { message: message.into(), location, note: false };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Passes on a remark of kustomize's own.
    pub fn note(&mut self, message: impl Into<String>, location: Option<Location>) {
        let warning = Warning { message: message.into(), location, note: true };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Where a resource was read, if that is known.
    pub fn place_text(&self, origin: &Origin) -> Option<String> {
        (!origin.file.is_empty()).then(|| Location { file: origin.file.clone(), line: origin.line }.to_string())
    }
}

/// An object of a result.
#[derive(Clone, Debug)]
pub struct Object {
    /// Where it was read or what generated it.
    pub origin: Origin,
    /// The object.
    pub value: Json,
    /// Its root in [`Output::build`], by which the origin of every field can be found.
    pub node: NodeId,
}

/// What a build gives.
#[derive(Debug, Default)]
pub struct Output {
    /// The objects, in the order of printing.
    pub objects: Vec<Object>,
    /// What was noticed on the way.
    pub warnings: Vec<Warning>,
    /// The nodes behind the objects and the files that they come from.
    pub build: Build,
}

impl Output {
    /// Where a field of an object was written: by its keys and indices.
    pub fn field_location(&self, object: usize, path: &[&str]) -> Option<Location> {
        let nodes = &self.build.nodes;
        let mut at = self.objects.get(object)?.node;
        for step in path {
            at = match nodes.get(at, step) {
                Some(value) => value,
                None => *nodes[at].content.get(step.parse::<usize>().ok()?)?,
            };
        }
        self.build.location(nodes[at].place)
    }
}

/// Builds the kustomization of a folder (krusty/kustomizer.go, `Run`).
pub fn build(folder: &str, options: &Options<'_>) -> Result<Output, Error> {
    let mut b = Build::default();
    let loader = Loader::new(options.files, options.restrictions, folder)?;
    let mut map = target::run(&mut b, loader, options)?;
    finish(b, &mut map)
}

/// Applies the generators and transformers of a kustomization to objects in memory, as if they were its only resources.
/// `folder` is where the files that it names are; its own `resources` and `components` come after the objects.
pub fn transform(
    kustomization: Kustomization,
    file: &str,
    folder: &str,
    objects: &[SourceObject<'_>],
    options: &Options<'_>,
) -> Result<Output, Error> {
    let mut b = Build::default();
    let loader = Loader::new(options.files, options.restrictions, folder)?;
    let mut resources = Vec::new();
    for object in objects {
        let read = crate::read::resources(&mut b, object.text, object.file)?;
        resources.extend(read);
    }
    let given = ResMap::from_list(&b, resources)?;
    let mut map = target::run_with(&mut b, loader, kustomization, file, given, options)?;
    finish(b, &mut map)
}

/// A text with objects, given by a caller.
#[derive(Clone, Copy, Debug)]
pub struct SourceObject<'s> {
    /// YAML or JSON.
    pub text: &'s [u8],
    /// What messages call it.
    pub file: &'s str,
}

fn finish(mut b: Build, map: &mut ResMap) -> Result<Output, Error> {
    let mut objects = Vec::with_capacity(map.list.len());
    for Resource { node, origin, .. } in &map.list {
        let value = b.nodes.to_json(*node).map_err(|e| {
            let name = b.nodes.name(*node);
            b.error_at(format!("{}/{name}: {}", b.nodes.kind(*node), e.message), e.place)
        })?;
        objects.push(Object { origin: origin.clone(), value, node: *node });
    }
    let warnings = std::mem::take(&mut b.warnings);
    Ok(Output { objects, warnings, build: b })
}

/// The base name of a folder, for the ValueAddTransformer.
pub(crate) fn base_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
