//! Volumes, persistent volumes and their claims (pkg/apis/core `ValidateVolumes`, `ValidatePersistentVolume`).

use std::collections::HashMap;

use super::common::{one_of, one_of_set, required};
use super::{affinity, container, meta, quantity, volume_source};
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// A pod's volumes.
#[derive(Debug, Default)]
pub struct Volumes<'v> {
    /// Names, and whether the volume may be a block device
    known: HashMap<&'v str, bool>,
}

impl Volumes<'_> {
    /// Whether there is a volume of this name.
    pub fn has(&self, name: &str) -> bool {
        self.is_claim(name).is_some()
    }

    /// Whether a volume may be a block device; `None` if there is none of this name.
    pub fn is_claim(&self, name: &str) -> Option<bool> {
        self.known.get(name).copied()
    }
}

/// `ValidateVolumes`; a stateful set's claims stand in for volumes of their names.
pub fn volumes<'v>(f: &mut Findings<'_>, volumes: &'v [Node], claims: &[&'v str], path: &Path<'_>) -> Volumes<'v> {
    let mut known = Volumes { known: claims.iter().map(|name| (*name, true)).collect() };
    for (i, volume) in volumes.iter().enumerate() {
        let fld = path.index(i);
        let name = volume.str("name");
        if !f.affords(claims.len() / 16) || claims.contains(&name) {
            continue;
        }
        let before = f.list.len();
        volume_source::volume(f, volume, &fld);
        let mut sound = f.list.len() == before;
        if name.is_empty() {
            f.required(&fld.child("name"), "");
            sound = false;
        } else {
            let errors = names::dns1123_label(name);
            sound &= errors.is_empty();
            f.all_invalid(&fld.child("name"), name, errors);
        }
        if known.has(name) {
            f.duplicate(&fld.child("name"), name);
        } else if sound {
            known.known.insert(name, volume.has("persistentVolumeClaim") || volume.has("ephemeral"));
        }
    }
    known
}

/// `validateLocalDescendingPath`
pub fn descending_path(f: &mut Findings<'_>, text: &str, path: &Path<'_>) {
    if text.starts_with('/') {
        f.invalid(path, text, "must be a relative path");
    }
    no_backsteps(f, text, path);
}

/// `validatePathNoBacksteps`
pub fn no_backsteps(f: &mut Findings<'_>, text: &str, path: &Path<'_>) {
    if text.split(['/', '\\']).any(|part| part == "..") {
        f.invalid(path, text, "must not contain '..'");
    }
}

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

fn access_modes(f: &mut Findings<'_>, spec: &Node, detail: &str, path: &Path<'_>) {
    let fld = path.child("accessModes");
    let modes = spec.list("accessModes");
    if modes.is_empty() {
        f.required(&fld, detail);
    }
    for mode in modes {
        if !MODES.contains(&mode.text()) {
            f.not_supported(&fld, mode, &MODES);
        }
    }
    let single = modes.iter().any(|m| m.text() == "ReadWriteOncePod");
    if single && modes.iter().any(|m| m.text() != "ReadWriteOncePod" && MODES.contains(&m.text())) {
        f.forbidden(&fld, "may not use ReadWriteOncePod with other access modes");
    }
}

/// `ValidatePersistentVolumeClaim`
pub fn claim(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    claim_spec(f, object.get("spec"), &Path::ROOT.child("spec"));
}

/// An ephemeral volume's claim.
pub fn claim_template(f: &mut Findings<'_>, claim: &Node, path: &Path<'_>) {
    let metadata = path.child("metadata");
    meta::template_meta(f, claim.get("metadata"), &metadata);
    claim_spec(f, claim.get("spec"), &path.child("spec"));
}

/// `ValidatePersistentVolumeClaimSpec`
pub fn claim_spec(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    access_modes(f, spec, "at least 1 access mode is required", path);
    meta::label_selector(f, spec.get("selector"), &path.child("selector"));
    let resources = path.child("resources");
    let fld = resources.key("storage");
    match spec.get("resources").get("requests").find("storage") {
        None => f.required(&fld, ""),
        Some(storage) => quantity::positive(f, storage, &fld),
    }
    let class = spec.str("storageClassName");
    if !class.is_empty() {
        f.all_invalid(&path.child("storageClassName"), class, names::dns1123_subdomain(class));
    }
    one_of_set(f, spec, "volumeMode", &["Block", "Filesystem"], path);
    for field in ["dataSource", "dataSourceRef"] {
        let Some(source) = spec.opt(field).filter(|s| field == "dataSourceRef" || is_known_source(s)) else { continue };
        let fld = path.child(field);
        required(f, source, &["name", "kind"], &fld);
        let group = source.str("apiGroup");
        if group.is_empty() {
            if source.str("kind") != "PersistentVolumeClaim" {
                f.invalid(&fld, source.str("kind"), "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
            }
        } else {
            f.all_invalid(&fld.child("apiGroup"), group, names::dns1123_subdomain(group));
        }
    }
    if let (Some(source), Some(reference)) = (spec.opt("dataSource").filter(|s| is_known_source(s)), spec.opt("dataSourceRef")) {
        let same = ["apiGroup", "kind", "name"].iter().all(|field| source.str(field) == reference.str(field));
        if !same {
            f.invalid(path, "dataSource", "must match dataSourceRef");
        }
    }
    let class = spec.str("volumeAttributesClassName");
    if !class.is_empty() {
        f.all_invalid(&path.child("volumeAttributesClassName"), class, names::dns1123_subdomain(class));
    }
}

/// Sources that the server keeps: it drops all others before it validates (`dataSourceIsPvcOrSnapshot`).
fn is_known_source(source: &Node) -> bool {
    let group = source.str("apiGroup");
    match source.str("kind") {
        "PersistentVolumeClaim" => group.is_empty(),
        "VolumeSnapshot" => group == "snapshot.storage.k8s.io",
        _ => false,
    }
}

/// `ValidatePersistentVolume`
pub fn persistent_volume(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    access_modes(f, spec, "", &path);
    let capacity = spec.map("capacity");
    let fld = path.child("capacity");
    if capacity.is_empty() {
        f.required(&fld, "");
    }
    if capacity.len() > 1 || spec.get("capacity").find("storage").is_none() {
        f.not_supported(&fld, spec.get("capacity"), &["storage"]);
    }
    for member in capacity {
        quantity::positive(f, &member.node, &fld.key(&member.key));
    }
    one_of(f, spec, "persistentVolumeReclaimPolicy", &["Delete", "Recycle", "Retain"], &path);
    if let Some(affinity) = spec.opt("nodeAffinity") {
        let fld = path.child("nodeAffinity");
        match affinity.opt("required") {
            Some(required) => affinity::node_selector(f, required, &fld.child("required")),
            None => f.required(&fld.child("required"), "must specify required node constraints"),
        }
    }
    volume_source::persistent(f, spec, &path);
    let host = spec.get("hostPath").str("path");
    let is_root = !host.is_empty() && host.split('/').all(|p| p.is_empty() || p == ".");
    if is_root && spec.str("persistentVolumeReclaimPolicy") == "Recycle" {
        f.forbidden(&path.child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'");
    }
    let class = spec.str("storageClassName");
    if !class.is_empty() {
        f.all_invalid(&path.child("storageClassName"), class, names::dns1123_subdomain(class));
    }
    one_of_set(f, spec, "volumeMode", &["Block", "Filesystem"], &path);
    if let Some(class) = spec.opt("volumeAttributesClassName") {
        let fld = path.child("volumeAttributesClassName");
        if class.text().is_empty() {
            f.required(&fld, "an empty string is disallowed");
        } else {
            f.all_invalid(&fld, class.text(), names::dns1123_subdomain(class.text()));
        }
        if !spec.has("csi") {
            f.required(&path.child("csi"), "has to be specified when using volumeAttributesClassName");
        }
    }
}

/// Files that a volume makes of a source's keys: `items`.
pub fn items(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    mode(f, source, "defaultMode", path);
    let list = path.child("items");
    for (i, item) in source.list("items").iter().enumerate() {
        let fld = list.index(i);
        if item.str("key").is_empty() {
            f.required(&fld.child("key"), "");
        }
        let file = item.str("path");
        if file.is_empty() {
            f.required(&fld.child("path"), "");
        }
        non_reserved_path(f, file, &fld.child("path"));
        mode(f, item, "mode", &fld);
    }
}

/// `validateLocalNonReservedPath`
fn non_reserved_path(f: &mut Findings<'_>, text: &str, path: &Path<'_>) {
    descending_path(f, text, path);
    if text.starts_with("..") && !text.starts_with("../") {
        f.invalid(path, text, "must not start with '..'");
    }
}

fn mode(f: &mut Findings<'_>, node: &Node, field: &str, path: &Path<'_>) {
    if let Some(mode) = node.num(field).filter(|m| !(0..=0o777).contains(m)) {
        f.invalid(&path.child(field), mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

/// `downwardAPI`: fields of the pod as files.
pub fn downward(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    mode(f, source, "defaultMode", path);
    for file in source.list("items") {
        // Upstream names these without the index of the file.
        let name = file.str("path");
        if name.is_empty() {
            f.required(&path.child("path"), "");
        }
        non_reserved_path(f, name, &path.child("path"));
        match (file.opt("fieldRef"), file.opt("resourceFieldRef")) {
            (Some(reference), other) => {
                container::field_ref(f, reference, &container::VOLUME_FIELDS, &path.child("fieldRef"));
                if other.is_some() {
                    f.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
                }
            }
            (None, Some(reference)) => container::resource_field_ref(f, reference, true, &path.child("resourceFieldRef")),
            (None, None) => f.required(path, "one of fieldRef and resourceFieldRef is required"),
        }
        mode(f, file, "mode", path);
    }
}
