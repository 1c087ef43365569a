//! A kustomization and what it leads to: bases, components, generators, transformers, in kustomize's order
//! (sigs.k8s.io/kustomize/api v0.20.1, internal/target/kusttarget.go, krusty/kustomizer.go).

use crate::build::{Build, Options, Reorder};
use crate::config::{TransformerConfig, crds};
use crate::error::{Error, place};
use crate::fieldspec::FieldSpec;
use crate::generate;
use crate::hash::add_hashes;
use crate::kustomization::types::SortOptions;
use crate::kustomization::{FILE_NAMES, Kustomization, Lines};
use crate::load::Loader;
use crate::namereference::fix_references;
use crate::origin::{self, OriginNote};
use crate::pipeline::{self, Stage};
use crate::plugin;
use crate::read;
use crate::resmap::ResMap;
use crate::resource::{Origin, Resource, StringMap, note};
use crate::transform;
use crate::vars::VarSet;
use pintle_diagnostic::Span;

/// How deep kustomizations may lead to each other.
const MAX_DEPTH: usize = 200;

/// What reading a kustomization costs beside its text: two that both lead to the same two, and so on, would be without end.
const TARGET: usize = 5_000;

/// What has been gathered (accumulator/resaccumulator.go).
#[derive(Default)]
pub(crate) struct Accumulator {
    pub map: ResMap,
    pub config: TransformerConfig,
    pub vars: VarSet,
}

impl Accumulator {
    fn merge(&mut self, b: &Build, other: Accumulator) -> Result<(), String> {
        self.map.append_all(b, other.map)?;
        self.config.merge(&other.config)?;
        self.vars.merge_set(other.vars)
    }
}

/// A kustomization that has been read.
pub(crate) struct Target<'t> {
    pub kustomization: Kustomization,
    pub loader: Loader<'t>,
    pub options: &'t Options<'t>,
    /// The file's name, and the whole path for messages.
    pub file: String,
    pub shown: String,
    lines: Lines,
    /// Where objects come from, if that is asked for.
    pub origin: Option<OriginNote>,
    depth: usize,
}

/// Builds the kustomization of the loader's folder.
pub(crate) fn run<'t>(b: &mut Build, loader: Loader<'t>, options: &'t Options<'t>) -> Result<ResMap, Error> {
    let target = Target::load(b, loader, options, 0)?;
    target.build(b, ResMap::new())
}

/// Builds a kustomization given in memory, with resources that are there already.
pub(crate) fn run_with<'t>(
    b: &mut Build,
    loader: Loader<'t>,
    kustomization: Kustomization,
    file: &str,
    given: ResMap,
    options: &'t Options<'t>,
) -> Result<ResMap, Error> {
    let (name, shown) = (file.to_owned(), file.to_owned());
    let target = Target { kustomization, loader, options, file: name, shown, lines: Lines::default(), origin: None, depth: 0 };
    target.build(b, given)
}

impl<'t> Target<'t> {
    fn load(b: &mut Build, loader: Loader<'t>, options: &'t Options<'t>, depth: usize) -> Result<Target<'t>, Error> {
        let found: Vec<&str> = FILE_NAMES.into_iter().filter(|name| loader.exists(name)).collect();
        let file = match found.as_slice() {
            [one] => (*one).to_owned(),
            [] => {
                return Err(Error::new(format!(
                    "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{}'",
                    loader.root().display()
                )));
            }
            _ => {
                return Err(Error::new(format!("Found multiple kustomization files under: {}", loader.root().display()))
                    .hint(format!("there are {}", found.join(" and "))));
            }
        };
        let text = loader.load(&file)?;
        b.charge(TARGET)?;
        b.charge_text(&text)?;
        let shown = loader.shown(&file);
        let (kustomization, notes) = Kustomization::read(&text, &shown)?;
        for text in notes {
            b.note(text, Some(place(&shown, 0)));
        }
        Ok(Target { kustomization, loader, options, file, shown, lines: Lines::read(&text), origin: None, depth })
    }

    /// Where an entry of a list field stands.
    pub(crate) fn entry(&self, field: &str, index: usize) -> Span {
        place(&self.shown, self.lines.item(field, index))
    }

    /// Where a field stands.
    pub(crate) fn field_at(&self, field: &str) -> Span {
        place(&self.shown, self.lines.key(field))
    }

    /// Puts an error without a place at an entry.
    pub(crate) fn at_entry(&self, field: &str, index: usize) -> impl Fn(Error) -> Error {
        let at = self.entry(field, index);
        move |e: Error| e.at_span(&at)
    }

    fn set_schema(&self, b: &mut Build) -> Result<(), Error> {
        let openapi = &self.kustomization.openapi;
        let document = match openapi.get("path") {
            Some(path) => Some(self.loader.load(path)?),
            None => None,
        };
        let at = self.field_at("openapi");
        b.schemas.set(openapi.get("version").map(String::as_str), document.as_deref()).map_err(|e| Error::new(e).at_span(&at))
    }

    /// The whole way, for the kustomization that was asked for.
    fn build(mut self, b: &mut Build, given: ResMap) -> Result<ResMap, Error> {
        self.set_schema(b)?;
        let metadata = self.kustomization.build_metadata.clone();
        if !metadata.is_empty() {
            self.origin = Some(OriginNote::default());
        }
        let mut accumulator = Accumulator { map: given, ..Accumulator::default() };
        self.accumulate(b, &mut accumulator)?;
        let Accumulator { mut map, config, vars } = accumulator;
        add_hashes(b, &map)?;
        fix_references(b, &map, &config.name_reference)?;
        vars.resolve(b, &map, &config.var_reference)?;
        drop_local(b, &mut map)?;
        self.sort(b, &mut map)?;
        let asked = |option: &str| metadata.iter().any(|m| m == option);
        if self.options.managed_by_label || asked("managedByLabel") {
            let label = StringMap::from([("app.kubernetes.io/managed-by".to_owned(), "kustomize-v5.7.1".to_owned())]);
            let spec = FieldSpec { path: "metadata/labels".into(), create: true, ..FieldSpec::default() };
            transform::add_labels(b, &mut map, &label, &[spec])?;
        }
        for resource in &map.list {
            resource.remove_notes(b)?;
        }
        for (option, name) in [("originAnnotations", note::ORIGIN), ("transformerAnnotations", note::TRANSFORMATIONS)] {
            if !asked(option) {
                origin::remove(b, &map, name)?;
            }
        }
        Ok(map)
    }

    fn sort(&self, b: &mut Build, map: &mut ResMap) -> Result<(), Error> {
        let legacy = SortOptions { order: "legacy".into(), legacy_sort_options: None };
        let options = match (&self.kustomization.sort_options, self.options.reorder) {
            (Some(own), reorder) => {
                if reorder != Reorder::Unspecified {
                    b.note(
                        "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag ('--reorder'). \
                         Using the kustomization file over the CLI flag.",
                        None,
                    );
                }
                Some(own)
            }
            (None, Reorder::Legacy | Reorder::Unspecified) => Some(&legacy),
            (None, Reorder::None) => None,
        };
        let at = self.field_at("sortOptions");
        transform::sort(b, map, options).map_err(|e| Error::new(e).at_span(&at))
    }

    /// Gathers resources, makes what is generated, and transforms all of it (`accumulateTarget`).
    fn accumulate(&mut self, b: &mut Build, into: &mut Accumulator) -> Result<(), Error> {
        let resources = self.kustomization.resources.clone();
        let listed = self.listed_resources();
        for (i, path) in resources.iter().enumerate() {
            let (field, index) = if i < listed { ("resources", i) } else { ("bases", i - listed) };
            let at = self.entry(field, index);
            self.accumulate_resource(b, into, path, &at).map_err(|e| e.wrap("accumulating resources").at_span(&at))?;
        }
        let mut config = TransformerConfig::defaults();
        for (i, path) in self.kustomization.configurations.iter().enumerate() {
            let text = self.loader.load(path).map_err(self.at_entry("configurations", i))?;
            let more = TransformerConfig::read(&text, &self.loader.shown(path))?;
            config.merge(&more).map_err(Error::from).map_err(self.at_entry("configurations", i))?;
        }
        into.config.merge(&config).map_err(|e| Error::new(e).wrap("merging config").at(&self.shown, 0))?;
        for (i, path) in self.kustomization.crds.iter().enumerate() {
            let text = self.loader.load(path).map_err(self.at_entry("crds", i))?;
            let more = crds::read(&text, &self.loader.shown(path)).map_err(|e| e.wrap("loading CRDs"))?;
            into.config.merge(&more).map_err(Error::from).map_err(self.at_entry("crds", i))?;
        }
        self.generate(b, into)?;
        for (i, path) in self.kustomization.components.clone().iter().enumerate() {
            let at = self.entry("components", i);
            let folder = self.loader.descend(path).map_err(|e| e.wrap("accumulating components"));
            let folder = folder.map_err(|e| e.at_span(&at))?;
            self.accumulate_folder(b, into, folder, path, true).map_err(|e| e.wrap("accumulating components").at_span(&at))?;
        }
        self.transform(b, into)?;
        self.validate(b, into)?;
        let at = self.field_at("vars");
        into.vars.merge(b, &mut into.map, &self.kustomization.vars).map_err(|e| Error::new(e).wrap("merging vars").at_span(&at))
    }

    /// How many of the resources stand under `resources`; the rest are `bases`.
    fn listed_resources(&self) -> usize {
        self.lines.count("resources").min(self.kustomization.resources.len())
    }

    /// A file of objects, or the folder of another kustomization (`accumulateResources`).
    fn accumulate_resource(&mut self, b: &mut Build, into: &mut Accumulator, path: &str, at: &Span) -> Result<(), Error> {
        let file_error = match self.accumulate_file(b, into, path) {
            Ok(()) => return Ok(()),
            Err(e) => e,
        };
        match self.loader.descend(path) {
            Ok(folder) => self.accumulate_folder(b, into, folder, path, false),
            Err(e) if e.message().starts_with("cycle detected") => Err(e),
            // Whether it was meant as a file or as a folder: the file's error says what is wrong with it.
            Err(_) => Err(file_error.at_span(at)),
        }
    }

    fn accumulate_file(&mut self, b: &mut Build, into: &mut Accumulator, path: &str) -> Result<(), Error> {
        let doing = format!("accumulating resources from '{path}'");
        let shown = self.loader.shown(path);
        let text = self.loader.load(path).map_err(|e| {
            // What is missing is missed where it is named.
            e.nowhere().wrap(&doing)
        })?;
        let resources = read::resources(b, &text, &shown).map_err(|e| e.wrap(&doing))?;
        b.charge_text(&text)?;
        let map = ResMap::from_list(b, resources).map_err(|e| Error::new(e).wrap(&doing))?;
        if let Some(origin) = &self.origin {
            let annotation = StringMap::from([(note::ORIGIN.to_owned(), origin.append(path).text())]);
            let spec = FieldSpec { path: "metadata/annotations".into(), create: true, ..FieldSpec::default() };
            transform::add_annotations(b, &mut map.clone(), &annotation, &[spec])?;
        }
        into.map.append_all(b, map).map_err(|e| Error::new(e).wrap(format!("merging resources from '{path}'")))
    }

    /// `accumulateDirectory`
    fn accumulate_folder(
        &mut self,
        b: &mut Build,
        into: &mut Accumulator,
        folder: Loader<'t>,
        path: &str,
        component: bool,
    ) -> Result<(), Error> {
        let root = folder.root().display().to_string();
        if self.depth >= MAX_DEPTH {
            return Err(Error::new(format!("kustomizations lead to each other more than {MAX_DEPTH} deep at '{root}'")));
        }
        let mut target = Target::load(b, folder, self.options, self.depth + 1)
            .map_err(|e| e.wrap(format!("couldn't make target for path '{root}'")))?;
        target.kustomization.build_metadata.clone_from(&self.kustomization.build_metadata);
        target.origin = self.origin.as_ref().map(|origin| origin.append(path));
        target.set_schema(b)?;
        match (component, target.kustomization.is_component()) {
            (true, false) => {
                let message = format!("expected kind 'Component' for path '{root}' but got '{}'", target.kustomization.kind);
                return Err(Error::new(message).at(&target.shown, 0));
            }
            (false, true) => {
                return Err(Error::new(format!("expected kind != 'Component' for path '{root}'"))
                    .at(&target.shown, 0)
                    .hint("components are named under `components`"));
            }
            _ => {}
        }
        let doing = |what: &str| format!("recursed {what} of path '{root}'");
        if component {
            // A component works on what there is.
            return target.accumulate(b, into).map_err(|e| e.wrap(doing("accumulation")));
        }
        let mut own = Accumulator::default();
        target.accumulate(b, &mut own).map_err(|e| e.wrap(doing("accumulation")))?;
        into.merge(b, own).map_err(|e| Error::new(e).wrap(format!("recursed merging from path '{root}'")))
    }

    /// `runGenerators`
    fn generate(&mut self, b: &mut Build, into: &mut Accumulator) -> Result<(), Error> {
        let k = self.kustomization.clone();
        let global = &k.generator_options;
        for (i, args) in k.config_map_generator.iter().enumerate() {
            let mut args = args.clone();
            args.options = generate::merge_options(&args.options, global);
            let made = generate::config_map(b, &self.loader, &args, &self.generated("configMapGenerator", i));
            self.absorb(b, into, made.map(|r| vec![r]), "ConfigMapGenerator", "configMapGenerator", i)?;
        }
        for (i, args) in k.secret_generator.iter().enumerate() {
            let mut args = args.clone();
            args.args.options = generate::merge_options(&args.args.options, global);
            let made = generate::secret(b, &self.loader, &args, &self.generated("secretGenerator", i));
            self.absorb(b, into, made.map(|r| vec![r]), "SecretGenerator", "secretGenerator", i)?;
        }
        for (i, chart) in k.helm_charts.iter().enumerate() {
            let globals = k.helm_globals.clone().unwrap_or_default();
            let made = plugin::inflate(b, self, &globals, chart);
            self.absorb(b, into, made, "HelmChartInflationGenerator", "helmCharts", i)?;
        }
        for configured in self.external(b, "generators", &k.generators)? {
            let origin = OriginNote::of_plugin(b, &configured);
            let made = plugin::generate(b, self, &configured)?;
            let map = ResMap::from_list(b, made)?;
            origin::add_origins(b, &map, origin.as_ref())?;
            into.map
                .absorb_all(b, map)
                .map_err(|e| Error::new(e).wrap(format!("merging from generator {}", configured.id(b).short())))?;
        }
        Ok(())
    }

    fn generated(&self, field: &str, index: usize) -> Origin {
        let at = self.entry(field, index);
        Origin { file: at.source.name().to_owned(), index, line: at.start().map_or(0, |at| at.line as u32) }
    }

    fn absorb(
        &self,
        b: &mut Build,
        into: &mut Accumulator,
        made: Result<Vec<Resource>, Error>,
        kind: &str,
        field: &str,
        index: usize,
    ) -> Result<(), Error> {
        let located = self.at_entry(field, index);
        let map = ResMap::from_list(b, made.map_err(&located)?).map_err(Error::from).map_err(&located)?;
        let origin = self.origin.as_ref().map(|origin| origin.builtin(&self.file, kind));
        origin::add_origins(b, &map, origin.as_ref())?;
        into.map.absorb_all(b, map).map_err(|e| located(Error::new(e).wrap(format!("merging from generator {kind}"))))
    }

    /// The configurations of generators, transformers or validators: in place, in files, in folders.
    fn external(&mut self, b: &mut Build, field: &str, entries: &[String]) -> Result<Vec<Resource>, Error> {
        let mut found = Accumulator::default();
        let mut paths = Vec::new();
        for (i, entry) in entries.iter().enumerate() {
            let Ok(resources) = read::resources(b, entry.as_bytes(), &self.shown) else {
                paths.push((i, entry));
                continue;
            };
            let map = ResMap::from_list(b, resources)?;
            if let Some(origin) = &self.origin {
                let origin = origin.append(&self.file);
                map.list.iter().try_for_each(|resource| origin.set(b, resource))?;
            }
            found
                .map
                .append_all(b, map)
                .map_err(|e| Error::new(e).wrap(format!("configuring external {}", field.trim_end_matches('s'))))?;
        }
        for (i, path) in paths {
            let at = self.entry(field, i);
            self.accumulate_resource(b, &mut found, path, &at).map_err(|e| e.at_span(&at))?;
        }
        Ok(found.map.list)
    }

    /// `runTransformers`
    fn transform(&mut self, b: &mut Build, into: &mut Accumulator) -> Result<(), Error> {
        let config = into.config.clone();
        let mut stages = pipeline::stages(b, self, &config)?;
        let transformers = self.kustomization.transformers.clone();
        for configured in self.external(b, "transformers", &transformers)? {
            let origin = OriginNote::of_plugin(b, &configured);
            let step = plugin::transformer(b, self, &configured)?;
            stages.push(Stage { step, origin, at: None });
        }
        for stage in stages {
            stage.run(b, &mut into.map)?;
        }
        Ok(())
    }

    /// `runValidators`
    fn validate(&mut self, b: &mut Build, into: &mut Accumulator) -> Result<(), Error> {
        let validators = self.kustomization.validators.clone();
        for configured in self.external(b, "validators", &validators)? {
            let step = plugin::transformer(b, self, &configured)?;
            let copy: Vec<Resource> = into.map.list.iter().map(|r| r.deep_copy(b)).collect();
            b.charge_nodes()?;
            let mut map = ResMap::of(copy);
            Stage { step, origin: None, at: None }.run(b, &mut map)?;
            for resource in &map.list {
                let mut labels = b.nodes.meta_map(resource.node, "labels");
                if labels.remove("validated-by").is_some() {
                    b.nodes.set_meta_map(resource.node, "labels", &labels)?;
                }
            }
            let same = map.list.len() == into.map.list.len()
                && map.list.iter().zip(&into.map.list).all(|(x, y)| b.nodes.to_json(x.node) == b.nodes.to_json(y.node));
            if !same {
                let name = configured.id(b).short();
                return Err(Error::new(format!("validator shouldn't modify the resource map: {name} does")));
            }
        }
        Ok(())
    }
}

/// Objects that are marked as local are not printed (`IgnoreLocal`).
fn drop_local(b: &mut Build, map: &mut ResMap) -> Result<(), Error> {
    for resource in &map.list {
        if !resource.is_empty(b) {
            read::validate(b, resource.node).map_err(|e| b.error_at(e, b.nodes[resource.node].place))?;
        }
    }
    let kept = |r: &Resource| !r.is_empty(b) && b.nodes.annotation(r.node, note::LOCAL).is_none_or(|value| value == "false");
    map.list.retain(kept);
    Ok(())
}
