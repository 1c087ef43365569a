//! Objects to bytes (sigs.k8s.io/kustomize/api v0.20.1, resmap.AsYaml; kustomize v5.7.1, commands/build/writer.go).

use std::collections::BTreeSet;

use crate::build::{Object, Output};
use crate::error::Error;
use crate::id::parse_group_version;
use crate::json::Json;

impl Output {
    /// All objects as one stream: what `kustomize build` prints.
    pub fn to_yaml(&self) -> Result<String, Error> {
        let mut text = String::new();
        for object in &self.objects {
            if !text.is_empty() {
                text.push_str("---\n");
            }
            text.push_str(&object.to_yaml()?);
        }
        Ok(text)
    }

    /// A file for each object, by name: what `kustomize build --output FOLDER` writes.
    pub fn files(&self) -> Result<Vec<(String, String)>, Error> {
        let nodes = &self.build.nodes;
        let scopes = &self.build.schemas.scopes;
        let namespace = |object: &Object| {
            let clustered = scopes.is_cluster_scoped(nodes.api_version(object.node), nodes.kind(object.node));
            let namespace = nodes.namespace(object.node);
            (!clustered).then(|| if namespace.is_empty() { "default".to_owned() } else { namespace.to_owned() })
        };
        let spaces: BTreeSet<String> = self.objects.iter().filter_map(namespace).collect();
        let mut files = Vec::with_capacity(self.objects.len());
        for object in &self.objects {
            let (group, version) = parse_group_version(nodes.api_version(object.node));
            let parts: Vec<&str> = [group, version, nodes.kind(object.node)].into_iter().filter(|p| !p.is_empty()).collect();
            let mut name = format!("{}_{}.yaml", parts.join("_").to_lowercase(), nodes.name(object.node).to_lowercase());
            if let Some(namespace) = namespace(object).filter(|_| spaces.len() > 1) {
                name = format!("{}_{name}", namespace.to_lowercase());
            }
            files.push((name, object.to_yaml()?));
        }
        Ok(files)
    }
}

impl Object {
    /// The object as sigs.k8s.io/yaml writes it: `JSONToYAML` of its JSON.
    pub fn to_yaml(&self) -> Result<String, Error> {
        pintle_yaml::to_yaml(&self.value).map_err(|e| Error::new(e.message))
    }

    /// A member of the object as text.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        let mut at = &self.value;
        for step in path {
            let Json::Map(map) = at else { return None };
            at = map.get(*step)?;
        }
        match at {
            Json::String(text) => Some(text),
            _ => None,
        }
    }
}
