//! OpenAPI documents of custom resources, which tell of their fields what kustomize should do with them
//! (sigs.k8s.io/kustomize/api v0.20.1, internal/accumulator/loadconfigfromcrds.go).

use pintle_value::{Data, DataMap};

use super::{NameBackReferences, TransformerConfig};
use crate::error::Error;
use crate::fieldspec::{FieldSpec, merge_specs};

/// How deep definitions may refer to each other.
const MAX_DEPTH: usize = 100;

/// How many references of one kind are followed.
const MAX_FIELDS: usize = 100_000;

/// Reads a file of `crds`.
pub(crate) fn read(text: &[u8], file: &str) -> Result<TransformerConfig, Error> {
    let data = pintle_yaml::from_slice(text).map_err(|e| {
        let message = format!("unable to parse open API definition from '{file}': {}", e.message);
        Error::new(message).at(file, e.line.unwrap_or(0) as u32)
    })?;
    let mut config = TransformerConfig::default();
    let Some(definitions) = data.as_map() else { return Ok(config) };
    for (name, definition) in definitions {
        let Some(properties) = properties(definition) else { continue };
        if ["kind", "apiVersion", "metadata"].iter().all(|field| properties.contains_key(*field)) {
            let kind = name.rsplit('.').next().unwrap_or(name);
            let mut found = TransformerConfig::default();
            let mut budget = MAX_FIELDS;
            load(&mut found, definitions, kind, name, &mut Vec::new(), &mut budget)?;
            config.merge(&found)?;
        }
    }
    Ok(config)
}

fn properties(definition: &Data) -> Option<&DataMap> {
    member(member(definition, "Schema")?, "properties")?.as_map()
}

/// encoding/json knows a field whatever its case.
fn member<'d>(data: &'d Data, name: &str) -> Option<&'d Data> {
    let map = data.as_map()?;
    map.get(name).or_else(|| map.iter().find(|(key, _)| pintle_yaml::folds_to(key, name)).map(|(_, value)| value))
}

/// `loadCrdIntoConfig`
fn load(
    config: &mut TransformerConfig,
    definitions: &DataMap,
    kind: &str,
    name: &str,
    path: &mut Vec<String>,
    budget: &mut usize,
) -> Result<(), Error> {
    *budget = budget.saturating_sub(1);
    if path.len() > MAX_DEPTH || *budget == 0 {
        return Err(Error::new(format!("definition {name:?} of a custom resource refers to itself")));
    }
    let Some(properties) = definitions.get(name).and_then(properties) else { return Ok(()) };
    for (field, schema) in properties {
        path.push(field.clone());
        let text = |key: &str| schema.get(key).and_then(Data::as_str);
        let spec = |path: &[String]| FieldSpec { kind: kind.to_owned(), path: path.join("/"), ..FieldSpec::default() };
        if text("x-kubernetes-annotation").is_some() {
            merge_specs(&mut config.common_annotations, &[spec(path)])?;
        }
        if text("x-kubernetes-label-selector").is_some() {
            merge_specs(&mut config.common_labels, &[spec(path)])?;
        }
        if text("x-kubernetes-identity").is_some() {
            merge_specs(&mut config.name_prefix, &[spec(path)])?;
        }
        if let (Some(version), Some(target)) = (text("x-kubernetes-object-ref-api-version"), text("x-kubernetes-object-ref-kind"))
        {
            let mut full = path.clone();
            full.push(text("x-kubernetes-object-ref-name-key").unwrap_or("name").to_owned());
            config.add_reference(&NameBackReferences {
                version: version.to_owned(),
                kind: target.to_owned(),
                referrers: vec![spec(&full)],
                ..NameBackReferences::default()
            })?;
        }
        if let Some(reference) = text("$ref") {
            load(config, definitions, kind, reference, path, budget)?;
        }
        path.pop();
    }
    Ok(())
}
