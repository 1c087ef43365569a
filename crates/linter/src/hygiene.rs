//! What runs, and isn't how one wants it in production.

use pintle_value::Data;

use crate::inventory::{at, fits, items, kind, pods, text};
use crate::{Found, rules};

pub(crate) fn check(f: &mut Found<'_>, i: usize, object: &Data) {
    let Some(pods) = pods(object) else { return };
    let is_true = |d: &Data, path: &str| at(d, path).and_then(Data::as_bool) == Some(true);
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if is_true(pods.spec, field) {
            f.add(&rules::HYGIENE_HOST, i, format!("{}.{field}", pods.path), format!("sets {field}"));
        }
    }
    let namespace = f.inventory.namespace_of(object);
    let serves = f.inventory.objects().iter().any(|o| {
        kind(o) == "Service"
            && f.inventory.namespace_of(o) == namespace
            && at(o, "spec.selector").and_then(Data::as_map).is_some_and(|s| !s.is_empty() && fits(s, pods.labels))
    });
    for list in ["initContainers", "containers"] {
        for (n, container) in items(pods.spec, list).iter().enumerate() {
            let path = format!("{}.{list}[{n}]", pods.path);
            let name = text(container, "name").unwrap_or_default();
            if at(container, "resources.limits.memory").is_none() {
                f.add(&rules::HYGIENE_LIMITS, i, format!("{path}.resources"), format!("{name} has no memory limit"));
            }
            if text(container, "image").is_some_and(is_latest) {
                f.add(&rules::HYGIENE_LATEST, i, format!("{path}.image"), format!("the image of {name} has no fixed tag"));
            }
            if list == "containers"
                && serves
                && !items(container, "ports").is_empty()
                && container.get("readinessProbe").is_none()
            {
                f.add(&rules::HYGIENE_PROBES, i, path.clone(), format!("{name} has no readiness probe"));
            }
            let own = |field: &str| at(container, &format!("securityContext.{field}"));
            let either = |field: &str| own(field).or_else(|| at(pods.spec, &format!("securityContext.{field}")));
            let is_root = match either("runAsUser") {
                Some(Data::Float(0.0) | Data::Int(0)) => true,
                Some(_) => false,
                None => either("runAsNonRoot").and_then(Data::as_bool) != Some(true),
            };
            if is_root {
                f.add(&rules::HYGIENE_ROOT, i, format!("{path}.securityContext"), format!("{name} may run as root"));
            }
            if own("readOnlyRootFilesystem").and_then(Data::as_bool) != Some(true) {
                let message = format!("{name} can write to its root file system");
                f.add(&rules::HYGIENE_WRITABLE, i, format!("{path}.securityContext"), message);
            }
        }
    }
}

/// Whether an image has no digest and no tag, or the tag `latest`.
fn is_latest(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or(image);
    !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}
