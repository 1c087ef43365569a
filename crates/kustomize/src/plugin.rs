//! Generators and transformers that are configured by resources of their own: the built-in ones, by kind. Others would be
//! programs, and none is run (sigs.k8s.io/kustomize/api v0.20.1, internal/plugins/loader, internal/builtins).

use std::collections::BTreeMap;

use pintle_value::Data;
use pintle_yaml::{Field, Reading, StructType, Target as GoType, Typed, structure};

use crate::build::{Build, base_name};
use crate::error::{Error, place};
use crate::fieldspec::{FS_SLICE, FieldSpec};
use crate::generate;
use crate::kustomization::types::{
    CONFIG_MAP_ARGS, GeneratorArgs, HelmChart, HelmGlobals, Image, ObjectMeta, PATCHES_STRATEGIC_MERGE, Patch, Replacement,
    ReplacementField, Replica, SecretArgs, Selector,
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
fn configure<T: Typed>(b: &Build, resource: &Resource) -> Result<T, Error> {
    configure_as(b, resource, &T::TARGET)
}

/// As [`configure`], where kustomize's type is another.
fn configure_as<T: Typed>(b: &Build, resource: &Resource, go_type: &GoType) -> Result<T, Error> {
    let value = b.nodes.to_json(resource.node).map_err(|e| b.error_at(e.message, e.place))?;
    let text = pintle_value::json::to_string(&value).map_err(|e| fails(b, resource, Error::new(format!("{e:?}"))))?;
    let data = pintle_yaml::from_slice_typed(text.as_bytes(), go_type, Reading::Lenient);
    data.map(T::from_data).map_err(|e| fails(b, resource, Error::new(e.message)))
}

fn fails(b: &Build, resource: &Resource, e: Error) -> Error {
    e.wrap(format!("plugin {} fails configuration", resource.original_id(b))).at(&resource.origin.file, resource.origin.line)
}

structure! {
    /// A generator of a secret or a config map, and the resource that configures it.
    MapGenerator("builtins", "SecretGeneratorPlugin") {
        /// The resource's own name and namespace, for what has none.
        metadata: ObjectMeta = "metadata",
    } embed {
        /// The map.
        args: SecretArgs = "SecretArgs",
    }
}

/// The same without the type.
const CONFIG_MAP_GENERATOR: StructType = StructType {
    name: "ConfigMapGeneratorPlugin",
    go_type: "builtins.ConfigMapGeneratorPlugin",
    fields: &[Field::Named("metadata", ObjectMeta::TARGET), Field::Embedded("ConfigMapArgs", &CONFIG_MAP_ARGS)],
};

structure! {
    /// A chart's generator.
    ChartGenerator("builtins", "HelmChartInflationGeneratorPlugin") {} embed {
        /// The folder of charts.
        globals: HelmGlobals = "HelmGlobals",
        /// The chart.
        chart: HelmChart = "HelmChart",
    }
}

structure! {
    /// An IAM policy's generator.
    PolicyGenerator("builtins", "IAMPolicyGeneratorPlugin") {} embed {
        /// The policy.
        args: generate::IamPolicyArgs = "IAMPolicyGeneratorArgs",
    }
}

/// What a generator makes.
pub(crate) fn generate(b: &mut Build, target: &Target<'_>, configured: &Resource) -> Result<Vec<Resource>, Error> {
    check(b, target, configured)?;
    let kind = b.nodes.kind(configured.node).to_owned();
    let origin = Origin { file: configured.origin.file.clone(), index: 0, line: configured.origin.line };
    match kind.as_str() {
        "ConfigMapGenerator" | "SecretGenerator" => {
            let mut map: MapGenerator = match kind.as_str() {
                "ConfigMapGenerator" => configure_as(b, configured, &GoType::Struct(&CONFIG_MAP_GENERATOR))?,
                _ => configure(b, configured)?,
            };
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
            let policy: PolicyGenerator = configure(b, configured)?;
            generate::iam_policy(b, &policy.args, &origin.file)
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
    /// The configuration of an AnnotationsTransformer.
    AnnotationsTransformer("builtins", "AnnotationsTransformerPlugin") {
        /// What is added.
        annotations: StringMap = "annotations",
        /// The fields.
        field_specs: Vec<FieldSpec> = "fieldSpecs",
    }
}

structure! {
    /// The configuration of a LabelTransformer.
    LabelTransformer("builtins", "LabelTransformerPlugin") {
        /// What is added.
        labels: StringMap = "labels",
        /// The fields.
        field_specs: Vec<FieldSpec> = "fieldSpecs",
    }
}

structure! {
    /// The configuration of an ImageTagTransformer.
    ImageTagTransformer("builtins", "ImageTagTransformerPlugin") {
        /// The image.
        image_tag: Image = "imageTag",
        /// The fields.
        field_specs: Vec<FieldSpec> = "fieldSpecs",
    }
}

structure! {
    /// The configuration of a ReplicaCountTransformer.
    ReplicaCountTransformer("builtins", "ReplicaCountTransformerPlugin") {
        /// The number.
        replica: Replica = "replica",
        /// The fields.
        field_specs: Vec<FieldSpec> = "fieldSpecs",
    }
}

structure! {
    /// The configuration of a transformer of names, of which each knows its own part.
    PrefixSuffixTransformer("builtins", "PrefixSuffixTransformerPlugin") {
        /// What comes before.
        prefix: String = "prefix",
        /// What comes after.
        suffix: String = "suffix",
        /// The fields.
        field_specs: Vec<FieldSpec> = "fieldSpecs" as FS_SLICE,
    }
}

structure! {
    /// The configuration of a NamespaceTransformer.
    NamespaceTransformer("builtins", "NamespaceTransformerPlugin") {
        /// Where the namespace stands.
        metadata: ObjectMeta = "metadata",
        /// The fields.
        field_specs: Vec<FieldSpec> = "fieldSpecs",
        /// Whether a namespace stays.
        unset_only: bool = "unsetOnly",
        /// Which subjects get it.
        subjects: String = "setRoleBindingSubjects" as GoType::Named("namespace.RoleBindingSubjectMode", &GoType::String),
    }
}

structure! {
    /// The configuration of a ReplacementTransformer.
    ReplacementTransformer("builtins", "ReplacementTransformerPlugin") {
        /// The replacements.
        replacements: Vec<ReplacementField> = "replacements",
    }
}

structure! {
    /// The configuration of a PatchTransformer.
    PatchTransformer("builtins", "PatchTransformerPlugin") {
        /// A file.
        path: String = "path",
        /// The patch itself.
        patch: String = "patch",
        /// What it is applied to.
        target: Option<Selector> = "target",
        /// What it may change.
        options: BTreeMap<String, bool> = "options",
    }
}

structure! {
    /// The configuration of a PatchStrategicMergeTransformer.
    PatchStrategicMergeTransformer("builtins", "PatchStrategicMergeTransformerPlugin") {
        /// Files.
        paths: Vec<String> = "paths" as PATCHES_STRATEGIC_MERGE,
        /// Patches themselves.
        patches: String = "patches",
    }
}

structure! {
    /// The configuration of a PatchJson6902Transformer.
    PatchJson6902Transformer("builtins", "PatchJson6902TransformerPlugin") {
        /// What it is applied to.
        target: Option<Selector> = "target",
        /// A file.
        path: String = "path",
        /// The patch itself.
        json_op: String = "jsonOp",
    }
}

structure! {
    /// The configuration of a ValueAddTransformer.
    ValueAddTransformer("builtins", "ValueAddTransformerPlugin") {
        /// The value.
        value: String = "value",
        /// Where it goes.
        targets: Vec<ValueAddTarget> = "targets",
        /// A file of more targets.
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
            let PatchTransformer { path, patch, target: of, options } = configure(b, configured)?;
            let patch = Patch { path, patch, target: of, options };
            Step::Patches(vec![transform::load_patch(b, &target.loader, &patch, at)?])
        }
        "PatchStrategicMergeTransformer" => {
            let fields: PatchStrategicMergeTransformer = configure(b, configured)?;
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
            let fields: PatchJson6902Transformer = configure(b, configured)?;
            let patch = Patch { path: fields.path, patch: fields.json_op, target: fields.target, ..Patch::default() };
            Step::Patches(vec![LoadedPatch::load_json(&target.loader, &patch, at)?])
        }
        "ValueAddTransformer" => value_add(b, target, configured)?,
        "HashTransformer" => Step::Hash,
        "AnnotationsTransformer" => {
            let f: AnnotationsTransformer = configure(b, configured)?;
            Step::Annotations(f.annotations, f.field_specs)
        }
        "LabelTransformer" => {
            let f: LabelTransformer = configure(b, configured)?;
            Step::Labels(f.labels, f.field_specs)
        }
        "ImageTagTransformer" => {
            let f: ImageTagTransformer = configure(b, configured)?;
            Step::Image(f.image_tag, f.field_specs)
        }
        "ReplicaCountTransformer" => {
            let f: ReplicaCountTransformer = configure(b, configured)?;
            Step::Replicas(f.replica, f.field_specs)
        }
        "PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer" => {
            let f: PrefixSuffixTransformer = configure(b, configured)?;
            if f.field_specs.is_empty() {
                return Err(Error::new("fieldSpecs is not expected to be nil"));
            }
            match kind {
                "PrefixTransformer" => Step::Prefix(f.prefix, f.field_specs),
                "SuffixTransformer" => Step::Suffix(f.suffix, f.field_specs),
                _ => Step::Both(f.prefix, f.suffix, f.field_specs),
            }
        }
        "NamespaceTransformer" => {
            let f: NamespaceTransformer = configure(b, configured)?;
            let options = NamespaceOptions { unset_only: f.unset_only, subjects: f.subjects };
            options.check()?;
            Step::Namespace(f.metadata.namespace, f.field_specs, options)
        }
        "ReplacementTransformer" => {
            let f: ReplacementTransformer = configure(b, configured)?;
            let mut all: Vec<Replacement> = Vec::new();
            for field in &f.replacements {
                all.extend(load_replacement(&target.loader, field)?);
            }
            Step::Replacements(all)
        }
        "ConfigMapGenerator" | "SecretGenerator" | "HelmChartInflationGenerator" | "IAMPolicyGenerator" => {
            return Err(Error::new(format!("plugin {} not a transformer", configured.original_id(b))));
        }
        _ => return Err(unknown(configured, b)),
    })
}

fn value_add(b: &Build, target: &Target<'_>, configured: &Resource) -> Result<Step, Error> {
    let mut fields: ValueAddTransformer = configure(b, configured)?;
    let mut value = fields.value.trim().to_owned();
    if value.is_empty() {
        value = base_name(target.loader.root());
    }
    if !fields.target_file_path.is_empty() {
        let text = target.loader.load(&fields.target_file_path)?;
        let shown = target.loader.shown(&fields.target_file_path);
        let more = ValueAddTransformer::read(&text, Reading::Lenient).map_err(|e| Error::of_yaml(e, &shown))?;
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
    let failed = |e| Error::of_yaml(e, &shown);
    match pintle_yaml::from_slice(&text).map_err(failed)? {
        Data::List(_) => Vec::read(&text, Reading::Lenient).map_err(failed),
        Data::Map(_) => Replacement::read(&text, Reading::Lenient).map(|one| vec![one]).map_err(failed),
        other => {
            let kind = pintle_value::json::kind(&other);
            Err(Error::new(format!("unsupported replacement type encountered within replacement path: {kind}")).at(&shown, 0))
        }
    }
}
