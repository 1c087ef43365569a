//! What a build carries along, what may be asked of it, and the two ways in: [`build`] for a folder, [`transform`] for objects
//! in memory.

use pintle_diagnostic::{Diagnostic, Span};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use pintle_value::budget::Budget;

use crate::error::Error;
use crate::generate::helm::{Inflate, NoCharts};
use crate::json::Json;
use crate::kustomization::Kustomization;
use crate::load::{Disk, FileSystem, LoadRestrictions, Loader};
use crate::node::{NodeId, Nodes, Place};
use crate::resmap::ResMap;
use crate::resource::{Origin, Resource};
use crate::rules;
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
    /// Whether plugins besides the built-in ones are allowed. Pintle has no others, so needing one is always an error.
    pub plugins: bool,
    /// Charts.
    pub helm: HelmOptions,
    /// What renders charts.
    pub inflate: &'o dyn Inflate,
    /// What the build may use up.
    pub budget: Arc<Budget>,
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
            budget: Arc::default(),
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
    pub warnings: Vec<Diagnostic>,
    budget: Arc<Budget>,
    /// How many nodes the budget was charged for.
    charged: usize,
    known_sources: HashMap<String, u32>,
    known_warnings: HashSet<(String, String)>,
}

impl Build {
    /// The number under which places of a file are known.
    pub fn source(&mut self, file: &str) -> u32 {
        if let Some(number) = self.known_sources.get(file) {
            return *number;
        }
        self.sources.push(file.to_owned());
        let number = self.sources.len() as u32;
        self.known_sources.insert(file.to_owned(), number);
        number
    }

    /// What the build draws from.
    pub(crate) fn budget(&self) -> Arc<Budget> {
        self.budget.clone()
    }

    fn new(options: &Options<'_>) -> Build {
        Build { budget: options.budget.clone(), ..Build::default() }
    }

    /// Charges work: each object, field or entry that is looked at is a step.
    ///
    /// Errors: the build exceeds a limit.
    pub(crate) fn charge(&self, steps: usize) -> Result<(), String> {
        self.budget.charge(steps as u64).map_err(|e| e.to_string())
    }

    /// Charges the nodes that were made or gone over since the last time.
    ///
    /// Errors: the build exceeds a limit.
    pub(crate) fn charge_nodes(&mut self) -> Result<(), String> {
        let made = self.nodes.len() - self.charged;
        self.charged = self.nodes.len();
        let bytes = (made * size_of::<crate::node::Node>()) as u64;
        let steps = (made + self.nodes.take_visited()) as u64;
        self.budget.allocate(bytes).and_then(|()| self.budget.charge(steps)).map_err(|e| e.to_string())
    }

    /// Charges bytes of text that are made.
    ///
    /// Errors: the build exceeds a limit.
    pub(crate) fn charge_made(&self, bytes: usize) -> Result<(), String> {
        self.budget.text(bytes).map_err(|e| e.to_string())
    }

    /// Charges a file that was read, and what comes of it.
    ///
    /// Errors: the build exceeds a limit.
    pub(crate) fn charge_text(&mut self, text: &[u8]) -> Result<(), String> {
        self.budget.text(text.len()).map_err(|e| e.to_string())?;
        self.charge_nodes()
    }

    /// The file and line of a place.
    pub fn location(&self, place: Place) -> Option<Span> {
        let file = self.sources.get((place.source as usize).checked_sub(1)?)?;
        Some(crate::error::place(file, place.line))
    }

    /// An error at a place.
    pub fn error_at(&self, message: impl Into<String>, place: Place) -> Error {
        let error = Error::new(message);
        match self.location(place) {
            Some(at) => error.at_span(&at),
            None => error,
        }
    }

    /// Notes something that kustomize takes without a word.
    pub fn warn(&mut self, message: impl Into<String>, location: Option<Span>) {
        self.notice(Diagnostic { span: location, ..Diagnostic::new(&rules::UNMATCHED, message) });
    }

    /// Passes on a remark of kustomize's own.
    pub fn note(&mut self, message: impl Into<String>, location: Option<Span>) {
        self.notice(Diagnostic { span: location, ..Diagnostic::new(&rules::NOTE, message) });
    }

    fn notice(&mut self, warning: Diagnostic) {
        let place = warning.span.as_ref().map(|span| span.to_string()).unwrap_or_default();
        if self.known_warnings.insert((warning.message.clone(), place)) {
            self.warnings.push(warning);
        }
    }

    /// Where a resource was read, if that is known.
    pub fn place_text(&self, origin: &Origin) -> Option<String> {
        (!origin.file.is_empty()).then(|| crate::error::place(&origin.file, origin.line).to_string())
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
    pub warnings: Vec<Diagnostic>,
    /// The nodes behind the objects and the files that they come from.
    pub build: Build,
}

impl Output {
    /// Where a field of an object was written: by its keys and indices.
    pub fn field_location(&self, object: usize, path: &[&str]) -> Option<Span> {
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
    let mut b = Build::new(options);
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
    let mut b = Build::new(options);
    let loader = Loader::new(options.files, options.restrictions, folder)?;
    let mut resources = Vec::new();
    for object in objects {
        let read = crate::read::resources(&mut b, object.text, object.file)?;
        b.charge_text(object.text)?;
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
