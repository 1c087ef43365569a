//! Storage classes and CSI drivers (pkg/apis/storage/validation).

use super::common::{one_of, one_of_set};
use super::meta;
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// `ValidateStorageClass`
pub fn storage_class(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let root = &Path::ROOT;
    let provisioner = object.str("provisioner");
    let fld = root.child("provisioner");
    if provisioner.is_empty() {
        f.required(&fld, "");
    } else {
        f.all_invalid(&fld, provisioner, names::qualified_name(&provisioner.to_lowercase()));
    }
    parameters(f, object, true);
    one_of(f, object, "reclaimPolicy", &["Delete", "Retain"], root);
    one_of_set(f, object, "volumeBindingMode", &["Immediate", "WaitForFirstConsumer"], root);
    let list = root.child("allowedTopologies");
    for (i, term) in object.list("allowedTopologies").iter().enumerate() {
        let fld = list.index(i);
        let expressions = fld.child("matchLabelExpressions");
        let requirements = term.list("matchLabelExpressions");
        // A term without requirements counts as a duplicate too: upstream compares it with empty ones.
        let earlier = super::common::before(f, object.list("allowedTopologies"), i);
        if requirements.is_empty() || earlier.iter().any(|t| same_requirements(t.list("matchLabelExpressions"), requirements)) {
            f.duplicate(&expressions, "");
        }
        for (i, requirement) in requirements.iter().enumerate() {
            let fld = expressions.index(i);
            let key = requirement.str("key");
            f.all_invalid(&fld.child("key"), key, names::qualified_name(key));
            if super::common::before(f, requirements, i).iter().any(|r| r.str("key") == key) {
                f.duplicate(&fld.child("key"), key);
            }
            let values = requirement.list("values");
            let at = fld.child("values");
            if values.is_empty() {
                f.required(&at, "");
            }
            for (i, value) in values.iter().enumerate() {
                if super::common::before(f, values, i).contains(value) {
                    f.duplicate(&at.index(i), value);
                }
            }
        }
    }
}

fn same_requirements(a: &[Node], b: &[Node]) -> bool {
    let values = |r: &Node| r.list("values").iter().map(|v| v.text().to_owned()).collect::<std::collections::BTreeSet<_>>();
    let map =
        |list: &[Node]| list.iter().map(|r| (r.str("key").to_owned(), values(r))).collect::<std::collections::BTreeMap<_, _>>();
    map(a) == map(b)
}

fn parameters(f: &mut Findings<'_>, object: &Node, may_be_empty: bool) {
    let members = object.map("parameters");
    let fld = Path::ROOT.child("parameters");
    let size: usize = members.iter().map(|m| m.key.len() + m.node.text().len()).sum();
    if members.iter().any(|m| m.key.is_empty()) {
        f.invalid(&fld, "", "field can not be empty.");
    }
    if members.len() > 512 || size > 256 << 10 {
        f.too_long(&fld, if members.len() > 512 { 512 } else { 256 << 10 });
    }
    if !may_be_empty && members.is_empty() {
        f.required(&fld, "must contain at least one key/value pair");
    }
}

/// `ValidateVolumeAttributesClass`
pub fn volume_attributes_class(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let driver = object.str("driverName");
    driver_name(f, driver, &Path::ROOT.child("driverName"));
    parameters(f, object, false);
}

/// `ValidateCSIDriverName`
pub fn driver_name(f: &mut Findings<'_>, name: &str, path: &Path<'_>) {
    if name.is_empty() {
        f.required(path, "");
    }
    if name.len() > 63 {
        f.too_long(path, 63);
    }
    f.all_invalid(path, name, names::dns1123_subdomain(&name.to_lowercase()));
}

/// `ValidateCSIDriver`
pub fn csi_driver(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let name = object.get("metadata").str("name");
    if name.len() > 63 {
        let metadata = Path::ROOT.child("metadata");
        f.too_long(&metadata.child("name"), 63);
    }
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    if let Some(period) = spec.num("nodeAllocatableUpdatePeriodSeconds").filter(|p| *p < 10) {
        f.invalid(&path.child("nodeAllocatableUpdatePeriodSeconds"), period, "must be greater than or equal to 10 seconds");
    }
    one_of_set(f, spec, "fsGroupPolicy", &["File", "None", "ReadWriteOnceWithFSType"], &path);
    let requests = spec.list("tokenRequests");
    let list = path.child("tokenRequests");
    for (i, request) in requests.iter().enumerate() {
        let fld = list.index(i);
        let audience = request.str("audience");
        if super::common::before(f, requests, i).iter().any(|r| r.str("audience") == audience) {
            f.duplicate(&fld.child("audience"), audience);
            continue;
        }
        token_expiration(f, request, &fld);
    }
    let fld = path.child("volumeLifecycleModes");
    for mode in spec.list("volumeLifecycleModes") {
        if !matches!(mode.text(), "Persistent" | "Ephemeral") {
            f.not_supported(&fld, mode, &["Persistent", "Ephemeral"]);
        }
    }
    if spec.has("serviceAccountTokenInSecrets") && requests.is_empty() {
        let fld = path.child("serviceAccountTokenInSecrets");
        f.invalid(
            &fld,
            spec.get("serviceAccountTokenInSecrets"),
            "serviceAccountTokenInSecrets is set but no tokenRequests are specified",
        );
    }
}

/// `expirationSeconds` of a token.
pub fn token_expiration(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    let fld = path.child("expirationSeconds");
    match node.num("expirationSeconds") {
        Some(seconds) if seconds < 600 => f.invalid(&fld, seconds, "may not specify a duration less than 10 minutes"),
        Some(seconds) if seconds > 1 << 32 => f.invalid(&fld, seconds, "may not specify a duration larger than 2^32 seconds"),
        _ => {}
    }
}
