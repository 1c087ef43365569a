//! Device classes (pkg/apis/resource/validation).

use super::meta;
use crate::cel;
use crate::finding::Findings;
use crate::node::Node;
use crate::path::Path;

/// `ValidateDeviceClass`
pub fn device_class(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    let list = path.child("selectors");
    let selectors = spec.list("selectors");
    if selectors.len() > 32 {
        f.too_many(&list, selectors.len(), 32);
    }
    for (i, selector) in selectors.iter().enumerate() {
        let fld = list.index(i);
        match selector.opt("cel") {
            None => f.required(&fld.child("cel"), ""),
            Some(cel) => expression(f, cel.str("expression"), &fld.child("cel").child("expression")),
        }
    }
    let list = path.child("config");
    let configs = spec.list("config");
    if configs.len() > 32 {
        f.too_many(&list, configs.len(), 32);
    }
    for (i, config) in configs.iter().enumerate() {
        let fld = list.index(i);
        let at = fld.child("opaque");
        let Some(opaque) = config.opt("opaque") else {
            f.required(&at, "");
            continue;
        };
        super::storage::driver_name(f, opaque.str("driver"), &at.child("driver"));
        if !opaque.has("parameters") {
            f.required(&at.child("parameters"), "");
        }
    }
    if let Some(name) = spec.opt("extendedResourceName").filter(|n| !super::quantity::is_extended(n.text())) {
        let message = "a name must be a domain-prefixed path, such as 'example.com/my-prop'";
        f.invalid(&path.child("extendedResourceName"), name, message);
    }
}

fn expression(f: &mut Findings<'_>, text: &str, path: &Path<'_>) {
    if text.trim().is_empty() {
        return f.required(path, "");
    }
    if text.len() > 10 << 10 {
        f.too_long(path, 10 << 10);
    }
    if let Some(error) = cel::compile_error(text, &["device"]) {
        f.invalid(path, text, &format!("compilation failed: {error}"));
    } else if let Some(kind) = cel::static_type(text).filter(|k| *k != "dyn") {
        f.invalid(path, text, &format!("must evaluate to bool or the unknown type, not {kind}"));
    }
}
