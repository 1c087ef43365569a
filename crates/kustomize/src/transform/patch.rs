//! patches, patchesStrategicMerge and patchesJson6902 (PatchTransformer, PatchStrategicMergeTransformer,
//! PatchJson6902Transformer).

use super::json6902::JsonPatch;
use crate::build::Build;
use crate::error::{Error, place};
use crate::id::ResId;
use crate::kustomization::types::{Patch, Selector};
use crate::load::Loader;
use crate::read;
use crate::resmap::ResMap;
use crate::resource::{Resource, note};
use pintle_diagnostic::Span;

/// A patch that has been read.
pub(crate) struct LoadedPatch {
    content: Content,
    target: Option<Selector>,
    // As kustomize names it, and where it stands.
    source: String,
    location: Option<Span>,
    legacy: bool,
}

enum Content {
    Strategic(Vec<Resource>),
    Json(JsonPatch),
}

/// Reads an entry of `patches`; `entry` is where it stands in the kustomization.
pub(crate) fn load_patch(b: &mut Build, loader: &Loader<'_>, patch: &Patch, entry: Span) -> Result<LoadedPatch, Error> {
    let inline = patch.patch.trim();
    let (text, source, location) = match (inline, patch.path.as_str()) {
        ("", "") => return Err(Error::new("must specify one of patch and path").at_span(&entry)),
        ("", path) => {
            let text = loader.load(path).map_err(|e| {
                let e = e.wrap(format!("failed to get the patch file from path({path})"));
                // A missing file is not a place to look at.
                e.nowhere().at_span(&entry)
            })?;
            (text, format!("[path: {path:?}]"), place(&loader.shown(path), 0))
        }
        (text, "") => (text.as_bytes().to_vec(), format!("[patch: {text:?}]"), entry),
        _ => return Err(Error::new("patch and path can't be set at the same time").at_span(&entry)),
    };
    let strategic = read::resources(b, &text, location.source.name());
    let json = JsonPatch::parse(&text);
    if strategic.as_ref().is_ok_and(|p| !p.is_empty()) && json.as_ref().is_ok_and(|p| p.len() > 0) {
        let message = format!("illegally qualifies as both an SM and JSON patch: {source}");
        return Err(Error::new(message).at_span(&location));
    }
    let content = match (strategic, json) {
        (Ok(patches), _) => {
            for loaded in &patches {
                for (option, name) in [("allowNameChange", note::ALLOW_NAME_CHANGE), ("allowKindChange", note::ALLOW_KIND_CHANGE)]
                {
                    if patch.options.get(option) == Some(&true) {
                        loaded.enable(b, name)?;
                    }
                }
            }
            Content::Strategic(patches)
        }
        (Err(_), Ok(json)) => Content::Json(json),
        (Err(strategic), Err(json)) => {
            let error = Error::new(format!("unable to parse SM or JSON patch from {source}"))
                .hint(format!("as a strategic merge patch: {}", strategic.message()))
                .hint(format!("as an RFC 6902 patch: {json}"));
            let own = strategic.span().filter(|own| !patch.path.is_empty() && own.source.name() == location.source.name());
            return Err(error.at_span(own.unwrap_or(&location)));
        }
    };
    let location = match &content {
        Content::Strategic(patches) if !patch.path.is_empty() => {
            patches.first().map(|p| place(&p.origin.file, p.origin.line)).or(Some(location))
        }
        _ => Some(location),
    };
    Ok(LoadedPatch { content, target: patch.target.clone(), source, location, legacy: false })
}

/// Reads patchesStrategicMerge: each entry is a patch, or else a file of patches.
pub(crate) fn load_legacy_patches(
    b: &mut Build,
    loader: &Loader<'_>,
    entries: &[String],
    file: &str,
) -> Result<Vec<LoadedPatch>, Error> {
    let mut loaded = Vec::new();
    for entry in entries {
        let patches = match read::resources(b, entry.as_bytes(), file) {
            Ok(patches) => patches,
            Err(inline) => {
                let several_lines = entry.trim_end().contains('\n');
                let text = loader.load(entry).map_err(|e| if several_lines { inline } else { e })?;
                read::resources(b, &text, &loader.shown(entry))?
            }
        };
        for patch in patches {
            let location = Some(place(&patch.origin.file, patch.origin.line));
            let content = Content::Strategic(vec![patch]);
            loaded.push(LoadedPatch { content, target: None, source: String::new(), location, legacy: true });
        }
    }
    match loaded.is_empty() {
        true => Err(Error::new(format!("patch appears to be empty; files=[{}], Patch=", entries.join(" ")))),
        false => Ok(loaded),
    }
}

/// Reads an entry of patchesJson6902.
impl LoadedPatch {
    pub(crate) fn load_json(loader: &Loader<'_>, patch: &Patch, entry: Span) -> Result<LoadedPatch, Error> {
        let fail = |message: String| Error::new(message).at_span(&entry);
        let Some(target) = &patch.target else { return Err(fail("must specify a target for JSON patch".into())) };
        if target.name.is_empty() {
            return Err(fail("must specify the target name".into()));
        }
        let (text, location) = match (patch.path.as_str(), patch.patch.as_str()) {
            ("", "") => return Err(fail("empty file path and empty jsonOp".into())),
            ("", text) => (text.as_bytes().to_vec(), entry.clone()),
            (path, "") => (loader.load(path)?, place(&loader.shown(path), 0)),
            _ => return Err(fail("must specify a file path or jsonOp, not both".into())),
        };
        if text.is_empty() {
            return Err(fail(format!("patch file '{}' empty seems to be empty", patch.path)));
        }
        let shown = String::from_utf8_lossy(&text).into_owned();
        let json =
            JsonPatch::parse(&text).map_err(|e| Error::new(format!("decoding {}: {e}", shown.trim_end())).at_span(&location))?;
        if json.len() == 0 {
            return Err(fail(format!("patch appears to be empty; file={}, JsonOp={}", patch.path, patch.patch)));
        }
        Ok(LoadedPatch {
            content: Content::Json(json),
            target: Some(target.clone()),
            source: shown,
            location: Some(location),
            legacy: true,
        })
    }

    /// Applies it.
    pub(crate) fn apply(&self, b: &mut Build, map: &mut ResMap) -> Result<(), Error> {
        let result = match &self.content {
            Content::Strategic(patches) => self.merge(b, map, patches),
            Content::Json(json) => self.apply_json(b, map, json),
        };
        result.map_err(|message| {
            let error = Error::new(message);
            match &self.location {
                Some(at) => error.at_span(at),
                None => error,
            }
        })
    }

    fn merge(&self, b: &mut Build, map: &mut ResMap, patches: &[Resource]) -> Result<(), String> {
        if let Some(target) = &self.target {
            let [patch] = patches else {
                // An empty text counts as a patch of either kind.
                return match patches {
                    [] => self.nothing(b, map, target).map(|_| ()),
                    _ => Err(format!(
                        "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: {}",
                        self.source
                    )),
                };
            };
            let selected = map.select(b, target).map_err(|e| format!("unable to find patch target in `resources`: {e}"))?;
            if selected.is_empty() {
                self.nothing(b, map, target)?;
            }
            let ids: Vec<ResId> = selected.iter().map(|i| map.list[*i].id(b)).collect();
            return map.apply_patch(b, &ids, patch).map_err(|e| self.on(e, &ids));
        }
        for patch in patches {
            let id = patch.original_id(b);
            let found = map.by_id(b, &id).map_err(|e| match self.legacy {
                true => e,
                false => format!("no resource matches strategic merge patch {:?}: {e}", id.to_string()),
            })?;
            if self.legacy {
                let target = map.list[found].id(b);
                map.apply_patch(b, std::slice::from_ref(&target), patch)
                    .map_err(|e| self.on(e, std::slice::from_ref(&target)))?;
            } else {
                let target = map.list[found].clone();
                let name = target.id(b);
                target.apply_patch(b, patch).map_err(|e| self.on(e, &[name]))?;
            }
        }
        Ok(())
    }

    fn apply_json(&self, b: &mut Build, map: &mut ResMap, json: &JsonPatch) -> Result<(), String> {
        let Some(target) = &self.target else { return Err(format!("must specify a target for JSON patch {}", self.source)) };
        let selected = map.select(b, target)?;
        if selected.is_empty() {
            self.nothing(b, map, target)?;
        }
        for i in selected {
            let resource = map.list[i].clone();
            if !self.legacy {
                resource.store_previous_id(b)?;
            }
            let name = resource.id(b);
            let notes = b.nodes.meta_map(resource.node, "annotations");
            json.apply(b, resource.node).map_err(|e| self.on(e, &[name]))?;
            resource.edit_annotations(b, |annotations| {
                annotations.extend(notes.into_iter().filter(|(key, _)| key.starts_with("internal.config.kubernetes.io/")));
            })?;
        }
        Ok(())
    }

    /// Names the resource in an error.
    fn on(&self, e: String, ids: &[ResId]) -> String {
        match ids {
            [] => e,
            [id] => format!("{e} (applied to {})", id.short()),
            [id, ..] => format!("{e} (applied to {} and {} more)", id.short(), ids.len() - 1),
        }
    }

    /// kustomize takes a target that selects nothing in silence.
    fn nothing(&self, b: &mut Build, map: &ResMap, target: &Selector) -> Result<(), String> {
        let wanted = ResId {
            gvk: crate::id::Gvk::new(&target.gvk.group, &target.gvk.version, &target.gvk.kind),
            name: target.name.clone(),
            namespace: target.namespace.clone(),
        };
        let near = map.nearest(b, &wanted);
        b.warn(format!("patch target {} matches no resource{near}", describe(target)), self.location.clone());
        Ok(())
    }
}

/// A selector in words.
pub(super) fn describe(target: &Selector) -> String {
    let parts = [
        ("group", &target.gvk.group),
        ("version", &target.gvk.version),
        ("kind", &target.gvk.kind),
        ("name", &target.name),
        ("namespace", &target.namespace),
        ("labelSelector", &target.label_selector),
        ("annotationSelector", &target.annotation_selector),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| format!("{name}: {text}")).collect();
    format!("{{{}}}", parts.join(", "))
}
