//! Which fields the transformers change: kustomize's defaults, and what `configurations` and `crds` add
//! (sigs.k8s.io/kustomize/api v0.20.1, internal/plugins/builtinconfig).

pub(crate) mod crds;
mod defaults;

use std::sync::OnceLock;

use crate::error::Error;
use crate::fieldspec::{FieldSpec, merge_specs, sort_specs};
use crate::id::Gvk;
use crate::kustomization::decode::{Decoder, structure};
use crate::kustomization::line_of;
use defaults::Spec;

structure! {
    /// A kind, and the fields that refer to objects of it by name.
    NameBackReferences {
        /// The group; empty is any.
        group: String = "group",
        /// The version; empty is any.
        version: String = "version",
        /// The kind.
        kind: String = "kind",
        /// The fields.
        referrers: Vec<FieldSpec> = "fieldSpecs",
    }
}

impl NameBackReferences {
    /// Group, version and kind of what is referred to.
    pub fn gvk(&self) -> Gvk {
        Gvk::new(&self.group, &self.version, &self.kind)
    }
}

structure! {
    /// The fields that the transformers change.
    TransformerConfig {
        /// By namePrefix.
        name_prefix: Vec<FieldSpec> = "namePrefix",
        /// By nameSuffix.
        name_suffix: Vec<FieldSpec> = "nameSuffix",
        /// By namespace.
        namespace: Vec<FieldSpec> = "namespace",
        /// By commonLabels, and by labels with includeSelectors.
        common_labels: Vec<FieldSpec> = "commonLabels",
        /// By labels.
        labels: Vec<FieldSpec> = "labels",
        /// By labels with includeTemplates.
        template_labels: Vec<FieldSpec> = "templateLabels",
        /// By commonAnnotations.
        common_annotations: Vec<FieldSpec> = "commonAnnotations",
        /// References to names.
        name_reference: Vec<NameBackReferences> = "nameReference",
        /// Where `$(VAR)` is replaced.
        var_reference: Vec<FieldSpec> = "varReference",
        /// By images.
        images: Vec<FieldSpec> = "images",
        /// By replicas.
        replicas: Vec<FieldSpec> = "replicas",
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
        let data =
            pintle_yaml::from_slice_strict(text).map_err(|e| Error::new(e.message).at(file, e.line.unwrap_or(0) as u32))?;
        let decoder = Decoder::known();
        let mut config: TransformerConfig = decoder.read(&data).map_err(|misfit| {
            let message = format!("error unmarshaling JSON: while decoding JSON: {}", misfit.message);
            let error = Error::new(message).at(file, line_of(text, &misfit.path, misfit.at_key));
            misfit.hint.into_iter().fold(error, Error::hint)
        })?;
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
