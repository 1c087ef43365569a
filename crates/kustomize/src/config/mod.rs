//! Which fields the transformers change: kustomize's defaults, and what `configurations` and `crds` add
//! (sigs.k8s.io/kustomize/api v0.20.1, internal/plugins/builtinconfig).

pub(crate) mod crds;
mod defaults;

use std::sync::OnceLock;

use pintle_yaml::{Reading, Target, Typed, structure};

use crate::error::Error;
use crate::fieldspec::{FS_SLICE, FieldSpec, merge_specs, sort_specs};
use crate::id::Gvk;
use defaults::Spec;

structure! {
    /// A kind, and the fields that refer to objects of it by name.
    NameBackReferences("builtinconfig", "NameBackReferences") {
        /// The group; empty is any.
        group: String = "group" in "Gvk",
        /// The version; empty is any.
        version: String = "version" in "Gvk",
        /// The kind.
        kind: String = "kind" in "Gvk",
        /// The fields.
        referrers: Vec<FieldSpec> = "fieldSpecs" as FS_SLICE,
    }
}

const NBR_SLICE: Target = Target::Named("builtinconfig.nbrSlice", &Target::List(&NameBackReferences::TARGET));

impl NameBackReferences {
    /// Group, version and kind of what is referred to.
    pub fn gvk(&self) -> Gvk {
        Gvk::new(&self.group, &self.version, &self.kind)
    }
}

structure! {
    /// The fields that the transformers change.
    TransformerConfig("builtinconfig", "TransformerConfig") {
        /// By namePrefix.
        name_prefix: Vec<FieldSpec> = "namePrefix" as FS_SLICE,
        /// By nameSuffix.
        name_suffix: Vec<FieldSpec> = "nameSuffix" as FS_SLICE,
        /// By namespace.
        namespace: Vec<FieldSpec> = "namespace" as FS_SLICE,
        /// By commonLabels, and by labels with includeSelectors.
        common_labels: Vec<FieldSpec> = "commonLabels" as FS_SLICE,
        /// By labels.
        labels: Vec<FieldSpec> = "labels" as FS_SLICE,
        /// By labels with includeTemplates.
        template_labels: Vec<FieldSpec> = "templateLabels" as FS_SLICE,
        /// By commonAnnotations.
        common_annotations: Vec<FieldSpec> = "commonAnnotations" as FS_SLICE,
        /// References to names.
        name_reference: Vec<NameBackReferences> = "nameReference" as NBR_SLICE,
        /// Where `$(VAR)` is replaced.
        var_reference: Vec<FieldSpec> = "varReference" as FS_SLICE,
        /// By images.
        images: Vec<FieldSpec> = "images" as FS_SLICE,
        /// By replicas.
        replicas: Vec<FieldSpec> = "replicas" as FS_SLICE,
    }
}

impl TransformerConfig {
    /// kustomize's own.
    pub fn defaults() -> TransformerConfig {
        static DEFAULTS: OnceLock<TransformerConfig> = OnceLock::new();
        DEFAULTS.get_or_init(make_defaults).clone()
    }

    /// Reads a file of `configurations`.
    pub fn read(text: &[u8], file: &str) -> Result<TransformerConfig, Error> {
        let mut config = <TransformerConfig as Typed>::read(text, Reading::Strict).map_err(|e| Error::of_yaml(e, file))?;
        config.sort();
        Ok(config)
    }

    /// Adds another's (`Merge`).
    pub fn merge(&mut self, other: &TransformerConfig) -> Result<(), String> {
        let failed = |what: &'static str| move |e: String| format!("failed to merge {what} fieldSpec: {e}");
        for (name, mine, theirs) in [
            ("NamePrefix", &mut self.name_prefix, &other.name_prefix),
            ("NameSuffix", &mut self.name_suffix, &other.name_suffix),
            ("NameSpace", &mut self.namespace, &other.namespace),
            ("CommonAnnotations", &mut self.common_annotations, &other.common_annotations),
            ("CommonLabels", &mut self.common_labels, &other.common_labels),
            ("Labels", &mut self.labels, &other.labels),
            ("TemplateLabels", &mut self.template_labels, &other.template_labels),
            ("VarReference", &mut self.var_reference, &other.var_reference),
            ("Images", &mut self.images, &other.images),
            ("Replicas", &mut self.replicas, &other.replicas),
        ] {
            merge_specs(mine, theirs).map_err(failed(name))?;
        }
        for reference in &other.name_reference {
            self.add_reference(reference).map_err(failed("NameReference"))?;
        }
        self.sort();
        Ok(())
    }

    fn add_reference(&mut self, reference: &NameBackReferences) -> Result<(), String> {
        match self.name_reference.iter_mut().find(|known| known.gvk() == reference.gvk()) {
            Some(known) => merge_specs(&mut known.referrers, &reference.referrers),
            None => {
                self.name_reference.push(reference.clone());
                Ok(())
            }
        }
    }

    fn sort(&mut self) {
        for specs in [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.common_annotations,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ] {
            sort_specs(specs);
        }
        self.name_reference.sort_by(|a, b| a.gvk().order(&b.gvk()));
    }
}

fn make_defaults() -> TransformerConfig {
    let spec = |(group, version, kind, path, create): &Spec| FieldSpec {
        group: (*group).into(),
        version: (*version).into(),
        kind: (*kind).into(),
        path: (*path).into(),
        create: *create,
    };
    let specs = |table: &[Spec]| -> Vec<FieldSpec> { table.iter().map(spec).collect() };
    let mut config = TransformerConfig {
        name_prefix: specs(defaults::NAME_PREFIX),
        name_suffix: specs(defaults::NAME_SUFFIX),
        namespace: specs(defaults::NAMESPACE),
        common_labels: specs(defaults::COMMON_LABELS),
        labels: Vec::new(),
        template_labels: specs(defaults::TEMPLATE_LABELS),
        common_annotations: specs(defaults::COMMON_ANNOTATIONS),
        name_reference: Vec::new(),
        var_reference: specs(defaults::VAR_REFERENCE),
        images: specs(defaults::IMAGES),
        replicas: specs(defaults::REPLICAS),
    };
    for (group, version, kind, referrers) in defaults::NAME_REFERENCE {
        config.name_reference.push(NameBackReferences {
            group: (*group).into(),
            version: (*version).into(),
            kind: (*kind).into(),
            referrers: specs(referrers),
        });
    }
    config.sort();
    config
}
