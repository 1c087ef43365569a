//! The transformers that a kustomization's fields ask for, in kustomize's order
//! (sigs.k8s.io/kustomize/api v0.20.1, internal/target/kusttarget_configplugin.go).

use crate::build::Build;
use crate::config::TransformerConfig;
use crate::error::Error;
use crate::fieldspec::{FieldSpec, merge_specs};
use crate::kustomization::types::{Image, Replacement, Replica};
use crate::origin::{self, OriginNote};
use crate::resmap::{COMPARISON, ResMap};
use crate::resource::StringMap;
use crate::target::Target;
use crate::transform::{self, Affix, LoadedPatch, NamespaceOptions, ValueAddTarget};
use pintle_diagnostic::Span;

/// A transformer that is ready to run.
pub(crate) enum Step {
    Patches(Vec<LoadedPatch>),
    Namespace(String, Vec<FieldSpec>, NamespaceOptions),
    Prefix(String, Vec<FieldSpec>),
    Suffix(String, Vec<FieldSpec>),
    Both(String, String, Vec<FieldSpec>),
    Labels(StringMap, Vec<FieldSpec>),
    Annotations(StringMap, Vec<FieldSpec>),
    Replicas(Replica, Vec<FieldSpec>),
    Image(Image, Vec<FieldSpec>),
    Replacements(Vec<Replacement>),
    Hash,
    ValueAdd(String, Vec<ValueAddTarget>),
}

/// A transformer, how it is known in annotations, and where it is asked for.
pub(crate) struct Stage {
    pub step: Step,
    pub origin: Option<OriginNote>,
    pub at: Option<Span>,
}

impl Stage {
    /// Runs it.
    pub(crate) fn run(&self, b: &mut Build, map: &mut ResMap) -> Result<(), Error> {
        b.charge(1 + map.list.len())?;
        b.charge_nodes()?;
        let done = match &self.step {
            Step::Patches(patches) => patches.iter().try_for_each(|patch| patch.apply(b, map)),
            Step::Namespace(name, specs, options) => transform::set_namespace(b, map, name, specs, options).map_err(Error::from),
            Step::Prefix(text, specs) => transform::add_affix(b, map, Affix::Prefix(text), specs).map_err(Error::from),
            Step::Suffix(text, specs) => transform::add_affix(b, map, Affix::Suffix(text), specs).map_err(Error::from),
            Step::Both(prefix, suffix, specs) => transform::add_affix(b, map, Affix::Prefix(prefix), specs)
                .and_then(|()| transform::add_affix(b, map, Affix::Suffix(suffix), specs))
                .map_err(Error::from),
            Step::Labels(labels, specs) => transform::add_labels(b, map, labels, specs).map_err(Error::from),
            Step::Annotations(annotations, specs) => transform::add_annotations(b, map, annotations, specs).map_err(Error::from),
            Step::Replicas(replica, specs) => transform::set_replicas(b, map, replica, specs).map_err(Error::from),
            Step::Image(image, specs) => self.image(b, map, image, specs).map_err(Error::from),
            Step::Replacements(replacements) => transform::replace(b, map, replacements, self.at.as_ref()),
            Step::Hash => crate::hash::add_hashes(b, map).map_err(Error::from),
            Step::ValueAdd(value, targets) => transform::add_value(b, map, value, targets).map_err(Error::from),
        };
        done.map_err(|e| match &self.at {
            Some(at) => e.at_span(at),
            None => e,
        })?;
        origin::add_transformation(b, map, self.origin.as_ref())?;
        map.drop_empties(b);
        Ok(())
    }

    fn image(&self, b: &mut Build, map: &mut ResMap, image: &Image, specs: &[FieldSpec]) -> Result<(), String> {
        let Some(seen) = transform::set_image(b, map, image, specs)? else { return Ok(()) };
        b.charge(seen.len().saturating_mul(COMPARISON))?;
        let near = match pintle_diagnostic::nearest(&image.name, seen.iter().map(String::as_str)) {
            Some(near) => format!("; the nearest is {near}"),
            None if seen.is_empty() => "; there are no images".to_owned(),
            None => format!("; there are {}", seen.iter().take(5).cloned().collect::<Vec<_>>().join(", ")),
        };
        b.warn(format!("image {} is used nowhere{near}", image.name), self.at.clone());
        Ok(())
    }
}

/// The transformers of a kustomization's own fields (`configureBuiltinTransformers`).
pub(crate) fn stages(b: &mut Build, target: &Target<'_>, config: &TransformerConfig) -> Result<Vec<Stage>, Error> {
    let k = &target.kustomization;
    let mut stages = Vec::new();
    let mut add = |step: Step, kind: &str, at: Option<Span>| {
        let origin = target.origin.as_ref().map(|origin| origin.builtin(&target.file, kind));
        stages.push(Stage { step, origin, at });
    };
    let place = |field: &str, i: usize| Some(target.entry(field, i));
    if !k.patches_strategic_merge.is_empty() {
        let patches = transform::load_legacy_patches(b, &target.loader, &k.patches_strategic_merge, &target.shown)
            .map_err(target.at_entry("patchesStrategicMerge", 0))?;
        add(Step::Patches(patches), "PatchStrategicMergeTransformer", None);
    }
    for (i, patch) in k.patches.iter().enumerate() {
        let loaded =
            transform::load_patch(b, &target.loader, patch, target.entry("patches", i)).map_err(target.at_entry("patches", i))?;
        add(Step::Patches(vec![loaded]), "PatchTransformer", None);
    }
    if !k.namespace.is_empty() {
        let step = Step::Namespace(k.namespace.clone(), config.namespace.clone(), NamespaceOptions::default());
        add(step, "NamespaceTransformer", Some(target.field_at("namespace")));
    }
    if !k.name_prefix.is_empty() {
        add(Step::Prefix(k.name_prefix.clone(), config.name_prefix.clone()), "PrefixTransformer", None);
    }
    if !k.name_suffix.is_empty() {
        add(Step::Suffix(k.name_suffix.clone(), config.name_suffix.clone()), "SuffixTransformer", None);
    }
    if !k.labels.is_empty() || !k.common_labels.is_empty() {
        for (i, label) in k.labels.iter().enumerate() {
            let mut specs = label.field_specs.clone();
            let failed = |e: String| target.at_entry("labels", i)(Error::new(format!("failed to merge labels: {e}")));
            merge_specs(&mut specs, &config.labels).map_err(failed)?;
            if label.include_selectors {
                merge_specs(&mut specs, &config.common_labels).map_err(failed)?;
            } else {
                if label.include_templates {
                    merge_specs(&mut specs, &config.template_labels).map_err(failed)?;
                }
                let own = FieldSpec { path: "metadata/labels".into(), create: true, ..FieldSpec::default() };
                merge_specs(&mut specs, &[own]).map_err(failed)?;
            }
            add(Step::Labels(label.pairs.clone(), specs), "LabelTransformer", place("labels", i));
        }
        add(Step::Labels(k.common_labels.clone(), config.common_labels.clone()), "LabelTransformer", None);
    }
    if !k.common_annotations.is_empty() {
        let step = Step::Annotations(k.common_annotations.clone(), config.common_annotations.clone());
        add(step, "AnnotationsTransformer", None);
    }
    for (i, patch) in k.patches_json6902.iter().enumerate() {
        let loaded = LoadedPatch::load_json(&target.loader, patch, target.entry("patchesJson6902", i))
            .map_err(target.at_entry("patchesJson6902", i))?;
        add(Step::Patches(vec![loaded]), "PatchJson6902Transformer", None);
    }
    for (i, replica) in k.replicas.iter().enumerate() {
        add(Step::Replicas(replica.clone(), config.replicas.clone()), "ReplicaCountTransformer", place("replicas", i));
    }
    for (i, image) in k.images.iter().enumerate() {
        add(Step::Image(image.clone(), config.images.clone()), "ImageTagTransformer", place("images", i));
    }
    if !k.replacements.is_empty() {
        let mut all = Vec::new();
        for (i, field) in k.replacements.iter().enumerate() {
            all.extend(crate::plugin::load_replacement(&target.loader, field).map_err(target.at_entry("replacements", i))?);
        }
        add(Step::Replacements(all), "ReplacementTransformer", Some(target.field_at("replacements")));
    }
    Ok(stages)
}
