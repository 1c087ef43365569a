//! The annotations that `buildMetadata` asks for: where objects come from and what changed them
//! (sigs.k8s.io/kustomize/api v0.20.1, resource/origin.go, resmap/reswrangler.go).

use std::path::Path;

use pintle_value::Data;

use crate::build::Build;
use crate::load::clean;
use crate::resmap::ResMap;
use crate::resource::{Resource, note};

/// What an annotation says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OriginNote {
    /// The file or folder, from the folder that is built.
    pub path: String,
    /// The kustomization or configuration of what made the object.
    pub configured_in: String,
    /// Its API version, kind, name and namespace.
    pub configured_by: [String; 4],
}

impl OriginNote {
    /// The same with a path below this one's.
    pub(crate) fn append(&self, path: &str) -> OriginNote {
        let joined = match self.path.as_str() {
            "" => clean(Path::new(path)),
            base => clean(&Path::new(base).join(path)),
        };
        OriginNote { path: joined.to_string_lossy().into_owned(), ..self.clone() }
    }

    /// Something built in that a kustomization configures.
    pub(crate) fn builtin(&self, file: &str, kind: &str) -> OriginNote {
        OriginNote {
            path: String::new(),
            configured_in: self.append(file).path,
            configured_by: ["builtin".into(), kind.into(), String::new(), String::new()],
        }
    }

    /// A generator or transformer that is configured by a resource of its own (`OriginFromCustomPlugin`).
    pub(crate) fn of_plugin(b: &Build, resource: &Resource) -> Option<OriginNote> {
        let text = b.nodes.annotation(resource.node, note::ORIGIN)?;
        let data = pintle_yaml::from_slice(text.as_bytes()).ok()?;
        let nodes = &b.nodes;
        let at = resource.node;
        Some(OriginNote {
            path: String::new(),
            configured_in: data.get("path").and_then(Data::as_str).unwrap_or("").to_owned(),
            configured_by: [nodes.api_version(at), nodes.kind(at), nodes.name(at), nodes.namespace(at)].map(str::to_owned),
        })
    }

    /// As YAML, each line behind `indent`.
    fn lines(&self) -> Vec<String> {
        let scalar = |text: &str| pintle_yaml::to_yaml_pretty(&Data::from(text)).unwrap_or_default().trim_end().to_owned();
        let mut lines = Vec::new();
        for (name, text) in [("path", &self.path), ("configuredIn", &self.configured_in)] {
            if !text.is_empty() {
                lines.push(format!("{name}: {}", scalar(text)));
            }
        }
        let by: Vec<String> = ["apiVersion", "kind", "name", "namespace"]
            .iter()
            .zip(&self.configured_by)
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| format!("  {name}: {}", scalar(text)))
            .collect();
        if !by.is_empty() {
            lines.push("configuredBy:".into());
            lines.extend(by);
        }
        lines
    }

    /// The annotation's text.
    pub(crate) fn text(&self) -> String {
        match self.lines() {
            lines if lines.is_empty() => "{}\n".into(),
            lines => lines.join("\n") + "\n",
        }
    }

    fn item(&self) -> String {
        match self.lines() {
            lines if lines.is_empty() => "- {}\n".into(),
            lines => format!("- {}\n", lines.join("\n  ")),
        }
    }

    /// Writes it as an object's origin.
    pub(crate) fn set(&self, b: &mut Build, resource: &Resource) -> Result<(), String> {
        let text = self.text();
        resource.edit_annotations(b, |annotations| {
            annotations.insert(note::ORIGIN.to_owned(), text);
        })
    }
}

/// Writes an origin where there is none (`AddOriginAnnotation`).
pub(crate) fn add_origins(b: &mut Build, map: &ResMap, origin: Option<&OriginNote>) -> Result<(), String> {
    let Some(origin) = origin else { return Ok(()) };
    for resource in &map.list {
        if b.nodes.annotation(resource.node, note::ORIGIN).is_none() {
            origin.set(b, resource)?;
        }
    }
    Ok(())
}

/// Notes a transformer (`AddTransformerAnnotation`).
pub(crate) fn add_transformation(b: &mut Build, map: &ResMap, origin: Option<&OriginNote>) -> Result<(), String> {
    let Some(origin) = origin else { return Ok(()) };
    for resource in &map.list {
        if b.nodes.annotation(resource.node, note::ORIGIN).is_none() {
            // Whatever has no origin is taken for the transformer's own.
            origin.set(b, resource)?;
            continue;
        }
        let item = origin.item();
        resource.edit_annotations(b, |annotations| {
            let text = annotations.entry(note::TRANSFORMATIONS.to_owned()).or_default();
            text.push_str(&item);
        })?;
    }
    Ok(())
}

/// Removes one of the annotations everywhere; all others become strings by it.
pub(crate) fn remove(b: &mut Build, map: &ResMap, name: &str) -> Result<(), String> {
    for resource in &map.list {
        resource.edit_annotations(b, |annotations| {
            annotations.remove(name);
        })?;
    }
    Ok(())
}
