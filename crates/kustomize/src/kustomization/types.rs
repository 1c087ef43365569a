//! The structures of a kustomization file (sigs.k8s.io/kustomize/api v0.20.1, types; kyaml, resid). Names are kustomize's.

use std::collections::BTreeMap;

use pintle_value::Data;
use pintle_yaml::{Field, StructType, Target, Typed, structure};

use crate::fieldspec::FieldSpec;
use crate::resource::StringMap;

structure! {
    /// Group, version and kind, as they stand in a file.
    GvkFields("resid", "Gvk") {
        /// The group.
        group: String = "group",
        /// The version.
        version: String = "version",
        /// The kind.
        kind: String = "kind",
    }
}

structure! {
    /// Which resources are meant. Names, namespaces and kinds are anchored regular expressions.
    Selector("types", "Selector") {
        /// The name.
        name: String = "name" in "ResId",
        /// The namespace.
        namespace: String = "namespace" in "ResId",
        /// Annotations that must be there.
        annotation_selector: String = "annotationSelector",
        /// Labels that must be there.
        label_selector: String = "labelSelector",
    } embed {
        /// Group, version and kind.
        gvk: GvkFields = "ResId.Gvk",
    }
}

structure! {
    /// A patch: strategic merge or RFC 6902, in a file or in place.
    Patch("types", "Patch") {
        /// A file.
        path: String = "path",
        /// The patch itself.
        patch: String = "patch",
        /// What it is applied to.
        target: Option<Selector> = "target",
        /// `allowNameChange`, `allowKindChange`
        options: BTreeMap<String, bool> = "options",
    }
}

structure! {
    /// Another name, tag or digest for an image.
    Image("types", "Image") {
        /// Which image.
        name: String = "name",
        /// Its new name.
        new_name: String = "newName",
        /// What is added to its tag.
        tag_suffix: String = "tagSuffix",
        /// Its new tag.
        new_tag: String = "newTag",
        /// Its digest, in place of a tag.
        digest: String = "digest",
    }
}

structure! {
    /// A number of replicas.
    Replica("types", "Replica") {
        /// Of which workload.
        name: String = "name",
        /// How many.
        count: i64 = "count",
    }
}

structure! {
    /// Labels, and where they go.
    Label("types", "Label") {
        /// The labels.
        pairs: StringMap = "pairs",
        /// Into selectors too.
        include_selectors: bool = "includeSelectors",
        /// Into templates too.
        include_templates: bool = "includeTemplates",
        /// Further fields.
        field_specs: Vec<FieldSpec> = "fields",
    }
}

structure! {
    /// Where the pairs of a generated map come from.
    KvPairSources("types", "KvPairSources") {
        /// `key=value`
        literals: Vec<String> = "literals",
        /// `[key=]file`
        files: Vec<String> = "files",
        /// Files of lines `key=value`.
        envs: Vec<String> = "envs",
        /// One of those.
        env: String = "env",
    }
}

structure! {
    /// What generated objects have besides data.
    GeneratorOptions("types", "GeneratorOptions") {
        /// Labels.
        labels: StringMap = "labels",
        /// Annotations.
        annotations: StringMap = "annotations",
        /// Whether the name stays as it is.
        disable_name_suffix_hash: bool = "disableNameSuffixHash",
        /// Whether the object is immutable.
        immutable: bool = "immutable",
    }
}

structure! {
    /// A config map or secret to generate.
    GeneratorArgs("types", "GeneratorArgs") {
        /// Its namespace.
        namespace: String = "namespace",
        /// Its name.
        name: String = "name",
        /// `create`, `replace` or `merge`.
        behavior: String = "behavior",
        /// What it has besides data.
        options: Option<GeneratorOptions> = "options",
    } embed {
        /// Its data.
        sources: KvPairSources = "KvPairSources",
    }
}

/// `ConfigMapArgs`, which has nothing of its own.
pub(crate) const CONFIG_MAP_ARGS: StructType = StructType {
    name: "ConfigMapArgs",
    go_type: "types.ConfigMapArgs",
    fields: &[Field::Embedded("GeneratorArgs", &GeneratorArgs::STRUCT)],
};

structure! {
    /// A secret to generate.
    SecretArgs("types", "SecretArgs") {
        /// Its type.
        secret_type: String = "type",
    } embed {
        /// All else.
        args: GeneratorArgs = "GeneratorArgs",
    }
}

structure! {
    /// How a value is taken out of a field or put into one.
    FieldOptions("types", "FieldOptions") {
        /// What separates the parts of the field's text.
        delimiter: String = "delimiter",
        /// Which of them is meant.
        index: i64 = "index" as Target::Int,
        /// Not used by kustomize.
        encoding: String = "encoding",
        /// Whether a missing field is made.
        create: bool = "create",
    }
}

structure! {
    /// The resource and field that a replacement takes its value from.
    SourceSelector("types", "SourceSelector") {
        /// The name.
        name: String = "name" in "ResId",
        /// The namespace.
        namespace: String = "namespace" in "ResId",
        /// The field.
        field_path: String = "fieldPath",
        /// What of it.
        options: Option<FieldOptions> = "options",
    } embed {
        /// Group, version and kind.
        gvk: GvkFields = "ResId.Gvk",
    }
}

structure! {
    /// The resources and fields that a replacement writes.
    TargetSelector("types", "TargetSelector") {
        /// Which resources.
        select: Option<Selector> = "select",
        /// Which of them not.
        reject: Vec<Selector> = "reject" as Target::List(&Target::Pointer(&Selector::TARGET)),
        /// Which fields.
        field_paths: Vec<String> = "fieldPaths",
        /// How.
        options: Option<FieldOptions> = "options",
    }
}

structure! {
    /// A value that is copied.
    Replacement("types", "Replacement") {
        /// From where.
        source: Option<SourceSelector> = "source",
        /// To where.
        targets: Option<Vec<TargetSelector>> = "targets" as Target::List(&Target::Pointer(&TargetSelector::TARGET)),
        /// The value itself, in place of a source.
        source_value: Option<String> = "sourceValue",
    }
}

structure! {
    /// A replacement, or a file of them.
    ReplacementField("types", "ReplacementField") {
        /// A file.
        path: String = "path",
    } embed {
        /// The replacement.
        replacement: Replacement = "Replacement",
    }
}

structure! {
    /// The object that a var looks at.
    VarTarget("types", "Target") {
        /// Group and version.
        api_version: String = "apiVersion",
        /// The name.
        name: String = "name",
        /// The namespace.
        namespace: String = "namespace",
    } embed {
        /// Group, version and kind.
        gvk: GvkFields = "Gvk",
    }
}

structure! {
    /// A field's path.
    FieldSelector("types", "FieldSelector") {
        /// The path.
        field_path: String = "fieldPath",
    }
}

structure! {
    /// A variable: `$(NAME)` in the places where vars are looked for.
    Var("types", "Var") {
        /// Its name.
        name: String = "name",
        /// The object.
        objref: VarTarget = "objref",
        /// The object's field.
        fieldref: FieldSelector = "fieldref",
    }
}

structure! {
    /// The order of kinds.
    LegacySortOptions("types", "LegacySortOptions") {
        /// Those that come first.
        order_first: Vec<String> = "orderFirst",
        /// Those that come last.
        order_last: Vec<String> = "orderLast",
    }
}

structure! {
    /// The order in which objects are printed.
    SortOptions("types", "SortOptions") {
        /// `legacy` or `fifo`.
        order: String = "order" as Target::Named("types.SortOrder", &Target::String),
        /// The kinds' order.
        legacy_sort_options: Option<LegacySortOptions> = "legacySortOptions",
    }
}

structure! {
    /// What holds for all charts.
    HelmGlobals("types", "HelmGlobals") {
        /// The folder of the charts.
        chart_home: String = "chartHome",
        /// Helm's own folder.
        config_home: String = "configHome",
    }
}

structure! {
    /// A chart whose objects are generated.
    HelmChart("types", "HelmChart") {
        /// The chart's name.
        name: String = "name",
        /// Its version.
        version: String = "version",
        /// The repository from which it would be fetched.
        repo: String = "repo",
        /// The release's name.
        release_name: String = "releaseName",
        /// The release's namespace.
        namespace: String = "namespace",
        /// Further files of values.
        additional_values_files: Vec<String> = "additionalValuesFiles",
        /// The file of values.
        values_file: String = "valuesFile",
        /// Values in place.
        values_inline: BTreeMap<String, Data> = "valuesInline",
        /// How these are joined: `merge`, `override` or `replace`.
        values_merge: String = "valuesMerge",
        /// Whether the files of crds/ are printed too.
        include_crds: bool = "includeCRDs",
        /// Whether hooks are left out.
        skip_hooks: bool = "skipHooks",
        /// API versions for `.Capabilities`.
        api_versions: Vec<String> = "apiVersions",
        /// The Kubernetes version for `.Capabilities`.
        kube_version: String = "kubeVersion",
        /// A template for the release's name.
        name_template: String = "nameTemplate",
        /// Whether tests are left out.
        skip_tests: bool = "skipTests",
        /// Helm's `--debug`.
        debug: bool = "debug",
        /// Helm's `--devel`.
        devel: bool = "devel",
    }
}

structure! {
    /// The older form of a chart.
    HelmChartArgs("types", "HelmChartArgs") {
        /// The chart's name.
        chart_name: String = "chartName",
        /// Its version.
        chart_version: String = "chartVersion",
        /// Its repository.
        chart_repo_url: String = "chartRepoUrl",
        /// The folder of the charts.
        chart_home: String = "chartHome",
        /// Not used.
        chart_repo_name: String = "chartRepoName",
        /// Not used.
        helm_bin: String = "helmBin",
        /// Helm's own folder.
        helm_home: String = "helmHome",
        /// The file of values.
        values: String = "values",
        /// Values in place.
        values_local: BTreeMap<String, Data> = "valuesLocal",
        /// How these are joined.
        values_merge: String = "valuesMerge",
        /// The release's name.
        release_name: String = "releaseName",
        /// Not used.
        release_namespace: String = "releaseNamespace",
        /// Not used.
        extra_args: Vec<String> = "extraArgs",
    }
}

structure! {
    /// `metadata`, as far as kustomize has a use for it.
    ObjectMeta("types", "ObjectMeta") {
        /// The name.
        name: String = "name",
        /// The namespace.
        namespace: String = "namespace",
        /// Labels.
        labels: StringMap = "labels",
        /// Annotations.
        annotations: StringMap = "annotations",
    }
}

/// `[]PatchStrategicMerge`: files or texts.
pub(crate) const PATCHES_STRATEGIC_MERGE: Target = Target::List(&Target::Named("types.PatchStrategicMerge", &Target::String));

structure! {
    /// A kustomization file.
    Kustomization("types", "Kustomization") {
        /// `kustomize.config.k8s.io/v1beta1`
        api_version: String = "apiVersion" in "TypeMeta",
        /// `Kustomization` or `Component`
        kind: String = "kind" in "TypeMeta",
        /// Not used.
        metadata: Option<ObjectMeta> = "metadata",
        /// The schema: `version` or `path`.
        openapi: StringMap = "openapi",
        /// What names get in front.
        name_prefix: String = "namePrefix",
        /// What names get behind.
        name_suffix: String = "nameSuffix",
        /// The namespace of everything.
        namespace: String = "namespace",
        /// Labels for objects, templates and selectors.
        common_labels: StringMap = "commonLabels",
        /// Labels.
        labels: Vec<Label> = "labels",
        /// Annotations for objects and templates.
        common_annotations: StringMap = "commonAnnotations",
        /// Strategic merge patches: files or texts.
        patches_strategic_merge: Vec<String> = "patchesStrategicMerge" as PATCHES_STRATEGIC_MERGE,
        /// RFC 6902 patches.
        patches_json6902: Vec<Patch> = "patchesJson6902",
        /// Patches of either kind.
        patches: Vec<Patch> = "patches",
        /// Images.
        images: Vec<Image> = "images",
        /// The older name of images.
        image_tags: Vec<Image> = "imageTags",
        /// Values that are copied.
        replacements: Vec<ReplacementField> = "replacements",
        /// Numbers of replicas.
        replicas: Vec<Replica> = "replicas",
        /// Variables.
        vars: Vec<Var> = "vars",
        /// The order of the output.
        sort_options: Option<SortOptions> = "sortOptions",
        /// Files and folders of objects.
        resources: Vec<String> = "resources",
        /// Folders of components.
        components: Vec<String> = "components",
        /// OpenAPI documents of custom resources.
        crds: Vec<String> = "crds",
        /// The older name of folders among resources.
        bases: Vec<String> = "bases",
        /// Config maps.
        config_map_generator: Vec<GeneratorArgs> = "configMapGenerator" as Target::List(&Target::Struct(&CONFIG_MAP_ARGS)),
        /// Secrets.
        secret_generator: Vec<SecretArgs> = "secretGenerator",
        /// What holds for all charts.
        helm_globals: Option<HelmGlobals> = "helmGlobals",
        /// Charts.
        helm_charts: Vec<HelmChart> = "helmCharts",
        /// The older form of charts.
        helm_chart_inflation_generator: Vec<HelmChartArgs> = "helmChartInflationGenerator",
        /// What all generated objects have.
        generator_options: Option<GeneratorOptions> = "generatorOptions",
        /// Files of field specifications.
        configurations: Vec<String> = "configurations",
        /// Generators, as files, folders or texts.
        generators: Vec<String> = "generators",
        /// Transformers, as files, folders or texts.
        transformers: Vec<String> = "transformers",
        /// Validators, as files, folders or texts.
        validators: Vec<String> = "validators",
        /// `originAnnotations`, `transformerAnnotations`, `managedByLabel`
        build_metadata: Vec<String> = "buildMetadata",
    }
}
