//! Generators and transformers that are configured by resources of their own: the built-in ones, by kind. Others would be
//! programs, and none is run (sigs.k8s.io/kustomize/api v0.20.1, internal/plugins/loader, internal/builtins).

use crate::build::{Build, base_name};
use crate::error::{Error, place};
use crate::fieldspec::FieldSpec;
use crate::generate;
use crate::kustomization::decode::{Decode, Decoder, structure};
use crate::kustomization::types::{
    GeneratorArgs, HelmChart, HelmGlobals, Image, ObjectMeta, Patch, Replacement, ReplacementField, Replica, SecretArgs, Selector,
};
use crate::load::Loader;
use crate::pipeline::Step;
use crate::read;
use crate::resource::{Origin, Resource, StringMap};
use crate::target::Target;
use crate::transform::{self, LoadedPatch, NamespaceOptions, ValueAddTarget};

/// Fails unless a resource configures something built in.
fn check(b: &Build, target: &Target<'_>, resource: &Resource) -> Result<(), Error> {
    let gvk = resource.gvk(b);
    if gvk.group.is_empty() && gvk.version == "builtin" {
        return Ok(());
    }
    let error = match target.options.plugins {
        false => Error::new(format!("external plugins disabled; unable to load external plugin '{}'", gvk.kind)),
        true => Error::new(format!("unable to load external plugin '{}': programs and containers are not run", gvk.kind)),
    };
    Err(error.at(&resource.origin.file, resource.origin.line))
}

/// Reads what a resource configures.
fn configure<T: Decode>(b: &Build, resource: &Resource) -> Result<T, Error> {
    let value = b.nodes.to_json(resource.node).map_err(|e| b.error_at(e.message, e.place))?;
    let decoder = Decoder::lenient();
    decoder.read(&value.to_data()).map_err(|misfit| fails(b, resource, Error::new(misfit.message)))
}

fn fails(b: &Build, resource: &Resource, e: Error) -> Error {
    e.wrap(format!("plugin {} fails configuration", resource.original_id(b))).at(&resource.origin.file, resource.origin.line)
}

structure! {
    /// A generator of a config map, and the resource that configures it.
    MapGenerator {
        /// The resource's own name and namespace, for what has none.
        metadata: ObjectMeta = "metadata",
    } inline {
        /// The map.
        args: SecretArgs,
    }
}

structure! {
    /// A chart's generator.
    ChartGenerator {} inline {
        /// The folder of charts.
        globals: HelmGlobals,
        /// The chart.
        chart: HelmChart,
    }
}

/// What a generator makes.
pub(crate) fn generate(b: &mut Build, target: &Target<'_>, configured: &Resource) -> Result<Vec<Resource>, Error> {
    check(b, target, configured)?;
    let kind = b.nodes.kind(configured.node).to_owned();
    let origin = Origin { file: configured.origin.file.clone(), index: 0, line: configured.origin.line };
    match kind.as_str() {
        "ConfigMapGenerator" | "SecretGenerator" => {
            let mut map: MapGenerator = configure(b, configured)?;
            let args: &mut GeneratorArgs = &mut map.args.args;
            if args.name.is_empty() {
                args.name = map.metadata.name;
            }
            if args.namespace.is_empty() {
                args.namespace = map.metadata.namespace;
            }
            let made = match kind.as_str() {
                "ConfigMapGenerator" => generate::config_map(b, &target.loader, &map.args.args, &origin),
                _ => generate::secret(b, &target.loader, &map.args, &origin),
            };
            made.map(|resource| vec![resource]).map_err(|e| e.at(&origin.file, origin.line))
        }
        "HelmChartInflationGenerator" => {
            let chart: ChartGenerator = configure(b, configured)?;
            inflate(b, target, &chart.globals, &chart.chart).map_err(|e| fails(b, configured, e))
        }
        "IAMPolicyGenerator" => {
            let args = configure(b, configured)?;
            generate::iam_policy(b, &args, &origin.file)
        }
        _ if is_transformer(&kind) => Err(Error::new(format!("plugin {} not a generator", configured.original_id(b)))
            .wrap("failed to load generator")
            .at(&origin.file, origin.line)),
        _ => Err(unknown(configured, b)),
    }
}

/// The objects of a chart.
pub(crate) fn inflate(
    b: &mut Build,
    target: &Target<'_>,
    globals: &HelmGlobals,
    chart: &HelmChart,
) -> Result<Vec<Resource>, Error> {
    let options = target.options;
    let request = generate::helm::request(b, &target.loader, globals, chart, &options.helm)?;
    let text = options.inflate.inflate(&request)?;
    let name = format!("chart {}", generate::helm::shown(&request.chart));
    read::resources(b, &text, &name).map_err(|e| e.wrap("could not parse bytes into resource map"))
}

const TRANSFORMERS: [&str; 14] = [
    "AnnotationsTransformer",
    "HashTransformer",
    "ImageTagTransformer",
    "LabelTransformer",
    "NamespaceTransformer",
    "PatchJson6902Transformer",
    "PatchStrategicMergeTransformer",
    "PatchTransformer",
    "PrefixTransformer",
    "PrefixSuffixTransformer",
    "ReplacementTransformer",
    "ReplicaCountTransformer",
    "SuffixTransformer",
    "ValueAddTransformer",
];

fn is_transformer(kind: &str) -> bool {
    TRANSFORMERS.contains(&kind)
}

fn unknown(resource: &Resource, b: &Build) -> Error {
    let gvk = resource.gvk(b);
    let generators = ["ConfigMapGenerator", "SecretGenerator", "HelmChartInflationGenerator", "IAMPolicyGenerator"];
    let error = Error::new(format!("unable to load builtin {gvk}")).at(&resource.origin.file, resource.origin.line);
    match pintle_diagnostic::nearest(&gvk.kind, TRANSFORMERS.into_iter().chain(generators)) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error,
    }
}

structure! {
    /// The configuration of any of the transformers: their fields have different names.
    TransformerFields {
        metadata: ObjectMeta = "metadata",
        field_specs: Vec<FieldSpec> = "fieldSpecs",
        annotations: StringMap = "annotations",
        labels: StringMap = "labels",
        image_tag: Image = "imageTag",
        replica: Replica = "replica",
        prefix: String = "prefix",
        suffix: String = "suffix",
        unset_only: bool = "unsetOnly",
        set_role_binding_subjects: String = "setRoleBindingSubjects",
        replacements: Vec<ReplacementField> = "replacements",
    }
}

structure! {
    /// The configuration of a PatchStrategicMergeTransformer.
    PatchFiles {
        paths: Vec<String> = "paths",
        patches: String = "patches",
    }
}

structure! {
    /// The configuration of a PatchJson6902Transformer.
    JsonPatchFields {
        target: Option<Selector> = "target",
        path: String = "path",
        json_op: String = "jsonOp",
    }
}

structure! {
    /// The configuration of a ValueAddTransformer.
    ValueAdd {
        value: String = "value",
        targets: Vec<ValueAddTarget> = "targets",
        target_file_path: String = "targetFilePath",
    }
}

/// What a transformer does.
pub(crate) fn transformer(b: &mut Build, target: &Target<'_>, configured: &Resource) -> Result<Step, Error> {
    check(b, target, configured)?;
    let kind = b.nodes.kind(configured.node).to_owned();
    step(b, target, configured, &kind).map_err(|e| match e.span() {
        Some(_) => e,
        None => fails(b, configured, e),
    })
}

fn step(b: &mut Build, target: &Target<'_>, configured: &Resource, kind: &str) -> Result<Step, Error> {
    let at = place(&configured.origin.file, configured.origin.line);
    Ok(match kind {
        "PatchTransformer" => {
            let patch: Patch = configure(b, configured)?;
            Step::Patches(vec![transform::load_patch(b, &target.loader, &patch, at)?])
        }
        "PatchStrategicMergeTransformer" => {
            let fields: PatchFiles = configure(b, configured)?;
            if fields.paths.is_empty() && fields.patches.is_empty() {
                return Err(Error::new("empty file path and empty patch content"));
            }
            let mut entries = fields.paths;
            if !fields.patches.is_empty() {
                // Only a patch may stand here; it must not be taken for a file.
                read::resources(b, fields.patches.as_bytes(), at.source.name())?;
                entries.push(fields.patches);
            }
            Step::Patches(transform::load_legacy_patches(b, &target.loader, &entries, at.source.name())?)
        }
        "PatchJson6902Transformer" => {
            let fields: JsonPatchFields = configure(b, configured)?;
            let patch = Patch { path: fields.path, patch: fields.json_op, target: fields.target, ..Patch::default() };
            Step::Patches(vec![LoadedPatch::load_json(&target.loader, &patch, at)?])
        }
        "ValueAddTransformer" => value_add(b, target, configured)?,
        "HashTransformer" => Step::Hash,
        kind if is_transformer(kind) => {
            let f: TransformerFields = configure(b, configured)?;
            if matches!(kind, "PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer") && f.field_specs.is_empty() {
                return Err(Error::new("fieldSpecs is not expected to be nil"));
            }
            match kind {
                "AnnotationsTransformer" => Step::Annotations(f.annotations, f.field_specs),
                "LabelTransformer" => Step::Labels(f.labels, f.field_specs),
                "ImageTagTransformer" => Step::Image(f.image_tag, f.field_specs),
                "ReplicaCountTransformer" => Step::Replicas(f.replica, f.field_specs),
                "PrefixTransformer" => Step::Prefix(f.prefix, f.field_specs),
                "SuffixTransformer" => Step::Suffix(f.suffix, f.field_specs),
                "PrefixSuffixTransformer" => Step::Both(f.prefix, f.suffix, f.field_specs),
                "NamespaceTransformer" => {
                    let options = NamespaceOptions { unset_only: f.unset_only, subjects: f.set_role_binding_subjects };
                    options.check()?;
                    Step::Namespace(f.metadata.namespace, f.field_specs, options)
                }
                _ => {
                    let mut all: Vec<Replacement> = Vec::new();
                    for field in &f.replacements {
                        all.extend(load_replacement(&target.loader, field)?);
                    }
                    Step::Replacements(all)
                }
            }
        }
        "ConfigMapGenerator" | "SecretGenerator" | "HelmChartInflationGenerator" | "IAMPolicyGenerator" => {
            return Err(Error::new(format!("plugin {} not a transformer", configured.original_id(b))));
        }
        _ => return Err(unknown(configured, b)),
    })
}

fn value_add(b: &Build, target: &Target<'_>, configured: &Resource) -> Result<Step, Error> {
    let mut fields: ValueAdd = configure(b, configured)?;
    let mut value = fields.value.trim().to_owned();
    if value.is_empty() {
        value = base_name(target.loader.root());
    }
    if !fields.target_file_path.is_empty() {
        let text = target.loader.load(&fields.target_file_path)?;
        let shown = target.loader.shown(&fields.target_file_path);
        let data = pintle_yaml::from_slice(&text).map_err(|e| Error::new(e.message).at(&shown, e.line.unwrap_or(0) as u32))?;
        let decoder = Decoder::lenient();
        let more: ValueAdd = decoder.read(&data).map_err(|misfit| Error::new(misfit.message).at(&shown, 0))?;
        fields.targets.extend(more.targets);
    }
    if fields.targets.is_empty() {
        return Err(Error::new("must specify at least one target"));
    }
    for target in &fields.targets {
        if target.field_path.is_empty() {
            return Err(Error::new("fieldPath cannot be empty"));
        }
        if target.file_path_position < 0 {
            return Err(Error::new(format!("value of FilePathPosition ({}) cannot be negative", target.file_path_position)));
        }
    }
    Ok(Step::ValueAdd(value, fields.targets))
}

/// The replacements of an entry: its own, or those of a file.
pub(crate) fn load_replacement(loader: &Loader<'_>, field: &ReplacementField) -> Result<Vec<Replacement>, Error> {
    if field.path.is_empty() {
        return Ok(vec![field.replacement.clone()]);
    }
    if field.replacement.source.is_some() || field.replacement.targets.as_ref().is_some_and(|t| !t.is_empty()) {
        return Err(Error::new("cannot specify both path and inline replacement"));
    }
    let text = loader.load(&field.path)?;
    let shown = loader.shown(&field.path);
    let data = pintle_yaml::from_slice(&text).map_err(|e| Error::new(e.message).at(&shown, e.line.unwrap_or(0) as u32))?;
    let decoder = Decoder::lenient();
    let misfit = |m: crate::kustomization::Misfit| {
        Error::new(m.message).at(&shown, crate::kustomization::line_of(&text, &m.path, m.at_key))
    };
    match &data {
        pintle_value::Data::List(_) => decoder.read(&data).map_err(misfit),
        pintle_value::Data::Map(_) => decoder.read::<Replacement>(&data).map(|one| vec![one]).map_err(misfit),
        other => {
            let kind = pintle_value::json::kind(other);
            Err(Error::new(format!("unsupported replacement type encountered within replacement path: {kind}")).at(&shown, 0))
        }
    }
}
