//! Config maps, secrets, service accounts and namespaces (pkg/apis/core).

use pintle_go::base64;

use super::meta;
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// `MaxSecretSize`
const MAX_SIZE: usize = 1 << 20;

/// `ValidateConfigMap`
pub fn config_map(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let mut size = 0;
    let data = Path::ROOT.child("data");
    for member in object.map("data") {
        let fld = data.key(&member.key);
        f.all_invalid(&fld, &member.key, names::config_map_key(&member.key));
        if object.get("binaryData").find(&member.key).is_some() {
            f.invalid(&fld, &member.key, "duplicate of key present in binaryData");
        }
        size += member.node.text().len();
    }
    let data = Path::ROOT.child("binaryData");
    for member in object.map("binaryData") {
        f.all_invalid(&data.key(&member.key), &member.key, names::config_map_key(&member.key));
        size += decoded_size(&member.node);
    }
    if size > MAX_SIZE {
        f.too_long(&Path::ROOT, MAX_SIZE);
    }
}

fn decoded_size(node: &Node) -> usize {
    node.text().len() / 4 * 3
}

/// `ValidateSecret`
pub fn secret(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let path = Path::ROOT.child("data");
    let strings = object.get("stringData");
    let mut size = 0;
    for member in object.map("data").iter().filter(|m| strings.find(&m.key).is_none()) {
        f.all_invalid(&path.key(&member.key), &member.key, names::config_map_key(&member.key));
        size += decoded_size(&member.node);
    }
    for member in strings.members() {
        f.all_invalid(&path.key(&member.key), &member.key, names::config_map_key(&member.key));
        size += member.node.text().len();
    }
    if size > MAX_SIZE {
        f.too_long(&path, MAX_SIZE);
    }
    let has = |key: &str| strings.find(key).is_some() || object.get("data").find(key).is_some();
    let mut need = |key: &str| {
        if !has(key) {
            f.required(&path.key(key), "");
        }
        has(key)
    };
    match object.str("type") {
        "kubernetes.io/service-account-token" => {
            const ACCOUNT: &str = "kubernetes.io/service-account.name";
            if object.get("metadata").get("annotations").str(ACCOUNT).is_empty() {
                let metadata = Path::ROOT.child("metadata");
                f.required(&metadata.child("annotations").key(ACCOUNT), "");
            }
        }
        "kubernetes.io/dockercfg" if need(".dockercfg") => json_content(f, object, ".dockercfg", &path),
        "kubernetes.io/dockerconfigjson" if need(".dockerconfigjson") => json_content(f, object, ".dockerconfigjson", &path),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            need("username");
            need("password");
        }
        "kubernetes.io/ssh-auth" => {
            let key = "ssh-privatekey";
            if need(key) && strings.str(key).is_empty() && object.get("data").str(key).is_empty() {
                f.required(&path.key(key), "");
            }
        }
        "kubernetes.io/tls" => {
            need("tls.crt");
            need("tls.key");
        }
        _ => {}
    }
}

/// Docker's configuration has to be a JSON object.
fn json_content(f: &mut Findings<'_>, object: &Node, key: &str, path: &Path<'_>) {
    let text = match object.get("stringData").find(key) {
        Some(text) => text.text().as_bytes().to_vec(),
        None => base64::decode(object.get("data").str(key).as_bytes()).unwrap_or_default(),
    };
    if let Err(error) = pintle_value::json::map_from_slice(&text) {
        f.invalid(&path.key(key), "<secret contents redacted>", &error.message);
    }
}

/// `ValidateServiceAccount`
pub fn service_account(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
}

/// `ValidateNamespace`
pub fn namespace(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::label);
    let spec = Path::ROOT.child("spec");
    let path = spec.child("finalizers");
    for finalizer in object.get("spec").list("finalizers") {
        let name = finalizer.text();
        f.all_invalid(&path, name, names::qualified_name(name));
        if !name.contains('/') && !matches!(name, "kubernetes" | "orphan" | "foregroundDeletion") {
            f.invalid(&path, name, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
    pod_security(f, object);
}

/// The pod security admission plugin's labels (k8s.io/pod-security-admission `api`).
fn pod_security(f: &mut Findings<'_>, object: &Node) {
    let metadata = Path::ROOT.child("metadata");
    let path = metadata.child("labels");
    for mode in ["enforce", "audit", "warn"] {
        let label = format!("pod-security.kubernetes.io/{mode}");
        let labels = object.get("metadata").get("labels");
        let levels = ["privileged", "baseline", "restricted"];
        if let Some(level) = labels.opt(&label).filter(|l| !levels.contains(&l.text())) {
            f.invalid(&path.key(&label), level, "must be one of privileged, baseline, restricted");
        }
        let label = format!("{label}-version");
        let is_version = |v: &str| {
            v == "latest" || v.strip_prefix("v1.").is_some_and(|m| !m.is_empty() && m.bytes().all(|b| b.is_ascii_digit()))
        };
        if let Some(version) = labels.opt(&label).filter(|v| !is_version(v.text())) {
            f.invalid(&path.key(&label), version, "must be \"latest\" or \"v1.x\"");
        }
    }
}
