//! API services (k8s.io/kube-aggregator `pkg/apis/apiregistration/validation`).

use super::meta;
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// `ValidateAPIService`
pub fn api_service(f: &mut Findings<'_>, object: &Node) {
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    let (group, version) = (spec.str("group"), spec.str("version"));
    let required = format!("{version}.{group}");
    meta::object_meta(f, object, meta::path_segment);
    let name = object.get("metadata").str("name");
    if !name.is_empty() && name != required {
        let metadata = Path::ROOT.child("metadata");
        f.invalid(&metadata.child("name"), name, &format!("must be `spec.version+\".\"+spec.group`: \"{required}\""));
    }
    if group.is_empty() {
        if version != "v1" {
            f.required(&path.child("group"), "only v1 may have an empty group and it better be legacy kube");
        }
    } else {
        f.all_invalid(&path.child("group"), group, names::dns1123_subdomain(group));
    }
    f.all_invalid(&path.child("version"), version, names::dns1035_label(version));
    for (field, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1_000)] {
        let value = spec.num(field).unwrap_or(0);
        if value <= 0 || value > most {
            f.invalid(&path.child(field), value, &format!("must be positive and less than {most}"));
        }
    }
    let insecure = spec.bool("insecureSkipTLSVerify");
    let has_bundle = !spec.str("caBundle").is_empty();
    match spec.opt("service") {
        None => {
            if has_bundle {
                f.invalid(&path.child("caBundle"), "", "local APIServices may not have a caBundle");
            }
            if insecure {
                f.invalid(
                    &path.child("insecureSkipTLSVerify"),
                    spec.get("insecureSkipTLSVerify"),
                    "local APIServices may not have insecureSkipTLSVerify",
                );
            }
        }
        Some(service) => {
            let fld = path.child("service");
            for field in ["namespace", "name"] {
                if service.str(field).is_empty() {
                    f.required(&fld.child(field), "");
                }
            }
            if let Some(port) = service.num("port").filter(|p| !names::port_number(*p).is_empty()) {
                f.invalid(&fld.child("port"), port, "port is not valid: must be between 1 and 65535, inclusive");
            }
            if insecure && has_bundle {
                f.invalid(
                    &path.child("insecureSkipTLSVerify"),
                    spec.get("insecureSkipTLSVerify"),
                    "may not be true if caBundle is present",
                );
            }
        }
    }
}
