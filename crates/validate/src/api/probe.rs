//! Probes and lifecycle handlers (pkg/apis/core `validateProbe`, `validateHandler`).

use super::container::thresholds;
use super::service;
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// The probes and the lifecycle of a container.
pub fn all(f: &mut Findings<'_>, pod: &Node, container: &Node, path: &Path<'_>) {
    let grace = pod.num("terminationGracePeriodSeconds").unwrap_or(30);
    if let Some(lifecycle) = container.opt("lifecycle") {
        let path = path.child("lifecycle");
        for field in ["postStart", "preStop"] {
            if let Some(hook) = lifecycle.opt(field) {
                handler(f, hook, grace, &path.child(field));
            }
        }
        // `stopSignal` is behind a feature gate that is off: the server drops it.
    }
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.opt(field) else { continue };
        let fld = path.child(field);
        handler(f, probe, grace, &fld);
        thresholds(f, probe, &fld);
        let seconds = probe.num("terminationGracePeriodSeconds");
        if field == "readinessProbe" {
            if let Some(seconds) = seconds {
                f.invalid(&fld.child("terminationGracePeriodSeconds"), seconds, "must not be set for readinessProbes");
            }
        } else {
            if let Some(threshold) = probe.num("successThreshold").filter(|t| !matches!(t, 0 | 1)) {
                f.invalid(&fld.child("successThreshold"), threshold, "must be 1");
            }
            if let Some(seconds) = seconds.filter(|s| *s <= 0) {
                f.invalid(&fld.child("terminationGracePeriodSeconds"), seconds, "must be greater than 0");
            }
        }
    }
}

/// `validateHandler`
fn handler(f: &mut Findings<'_>, handler: &Node, grace: i64, path: &Path<'_>) {
    let kinds = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
    let present: Vec<&str> = kinds.into_iter().filter(|k| handler.has(k)).collect();
    let Some((first, others)) = present.split_first() else {
        return f.required(path, "must specify a handler type");
    };
    for other in others {
        f.forbidden(&path.child(other), "may not specify more than 1 handler type");
    }
    let action = handler.get(first);
    let path = path.child(first);
    match *first {
        "exec" => {
            if action.list("command").is_empty() {
                f.required(&path.child("command"), "");
            }
        }
        "httpGet" => {
            service::port_or_name(f, action.get("port"), &path.child("port"));
            super::common::one_of(f, action, "scheme", &["HTTP", "HTTPS"], &path);
            let list = path.child("httpHeaders");
            for header in action.list("httpHeaders") {
                let name = header.str("name");
                f.all_invalid(&list, name, names::http_header_name(name));
            }
        }
        "tcpSocket" => service::port_or_name(f, action.get("port"), &path.child("port")),
        "grpc" => {
            let port = action.num("port").unwrap_or(0);
            for message in names::port_number(port) {
                f.invalid(&path.child("port"), port, &message);
            }
        }
        _ => {
            let seconds = action.num("seconds").unwrap_or(0);
            if seconds < 0 || seconds > grace {
                let message = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                f.invalid(&path, seconds, &message);
            }
        }
    }
}
