//! The suffixes of generated names (sigs.k8s.io/kustomize/api v0.20.1, hasher/hasher.go).

use pintle_value::{Data, DataMap};
use sha2::{Digest, Sha256};

use crate::build::Build;
use crate::node::{Kind, NodeId};
use crate::resmap::ResMap;
use crate::resource::note;

/// Appends its hash to the name of everything that was generated, unless that was switched off (HashTransformer).
pub fn add_hashes(b: &mut Build, map: &ResMap) -> Result<(), String> {
    for resource in &map.list {
        if resource.is_enabled(b, note::HASH) {
            let hash = hash(b, resource.node)?;
            resource.store_previous_id(b)?;
            let name = format!("{}-{hash}", b.nodes.name(resource.node));
            resource.set_name(b, &name)?;
        }
    }
    Ok(())
}

/// The hash of a config map's or a secret's content.
pub fn hash(b: &Build, object: NodeId) -> Result<String, String> {
    let fields: &[&str] = match b.nodes.kind(object) {
        "ConfigMap" => &["data", "binaryData"],
        "Secret" => &["data", "stringData"],
        kind => return Err(format!("a name suffix for kind {kind} is not known: only config maps and secrets are hashed")),
    };
    let text = |id: NodeId| Data::String(b.nodes[id].value.clone());
    let mut content = DataMap::new();
    content.insert("kind".to_owned(), Data::from(b.nodes.kind(object)));
    // kustomize looks for a field called `metadata/name`, which is never there.
    content.insert("name".to_owned(), Data::from(""));
    if b.nodes.kind(object) == "Secret" {
        content.insert("type".to_owned(), b.nodes.get(object, "type").map_or(Data::from(""), text));
    }
    for (i, field) in fields.iter().enumerate() {
        let value = match b.nodes.get(object, field) {
            Some(value) if b.nodes[value].kind == Kind::Mapping => b.nodes.to_json(value).map_err(|e| e.message)?.to_data(),
            Some(value) => text(value),
            None => Data::from(""),
        };
        // Only the first is there when it has nothing.
        if i == 0 || value.as_map().is_some() {
            content.insert((*field).to_owned(), value);
        }
    }
    let json = pintle_value::json::to_string(&content).map_err(|e| e.message)?;
    let sum = Sha256::digest(json.as_bytes());
    let hex: String = sum.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    // Vowels and look-alikes are left out.
    let letter = |c| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        c => c,
    };
    Ok(hex.chars().map(letter).collect())
}
