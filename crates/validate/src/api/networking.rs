//! Ingresses, ingress classes and network policies (pkg/apis/networking/validation).

use super::common::{domain_prefixed_path, path_segment, required};
use super::{meta, service};
use crate::finding::Findings;
use crate::names;
use crate::node::{Node, Value};
use crate::path::Path;

/// `ValidateNetworkPolicy`
pub fn network_policy(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    meta::label_selector(f, spec.get("podSelector"), &path.child("podSelector"));
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        let list = path.child(direction);
        for (i, rule) in spec.list(direction).iter().enumerate() {
            let fld = list.index(i);
            let ports = fld.child("ports");
            for (i, port) in rule.list("ports").iter().enumerate() {
                policy_port(f, port, &ports.index(i));
            }
            let at = fld.child(peers);
            for (i, peer) in rule.list(peers).iter().enumerate() {
                policy_peer(f, peer, &at.index(i));
            }
        }
    }
    let types = spec.list("policyTypes");
    let list = path.child("policyTypes");
    if types.len() > 2 {
        return f.invalid(&list, spec.get("policyTypes"), "may not specify more than two policyTypes");
    }
    for (i, kind) in types.iter().enumerate() {
        if !matches!(kind.text(), "Ingress" | "Egress") {
            f.not_supported(&list.index(i), kind, &["Ingress", "Egress"]);
        }
    }
}

fn policy_port(f: &mut Findings<'_>, port: &Node, path: &Path<'_>) {
    super::common::one_of_set(f, port, "protocol", &service::PROTOCOLS, path);
    let last = port.num("endPort");
    let fld = path.child("endPort");
    match (port.opt("port"), last) {
        (None, Some(last)) => f.invalid(&fld, last, "may not be specified when `port` is not specified"),
        (None, None) => {}
        (Some(Node { value: Value::String(name), .. }), last) => {
            if let Some(last) = last {
                f.invalid(&fld, last, "may not be specified when `port` is non-numeric");
            }
            f.all_invalid(&path.child("port"), name, names::port_name(name));
        }
        (Some(first), last) => {
            service::port_or_name(f, first, &path.child("port"));
            if let Some(last) = last {
                if last < first.int().unwrap_or(0) {
                    f.invalid(&fld, last, "must be greater than or equal to `port`");
                }
                for message in names::port_number(last) {
                    f.invalid(&fld, last, &message);
                }
            }
        }
    }
}

fn policy_peer(f: &mut Findings<'_>, peer: &Node, path: &Path<'_>) {
    let mut peers = 0;
    for field in ["podSelector", "namespaceSelector"] {
        if let Some(selector) = peer.opt(field) {
            peers += 1;
            meta::label_selector(f, selector, &path.child(field));
        }
    }
    if let Some(block) = peer.opt("ipBlock") {
        if peers > 0 {
            f.forbidden(path, "may not specify both ipBlock and another peer");
        }
        peers += 1;
        ip_block(f, block, &path.child("ipBlock"));
    }
    if peers == 0 {
        f.required(path, "must specify a peer");
    }
}

fn ip_block(f: &mut Findings<'_>, block: &Node, path: &Path<'_>) {
    let cidr = block.str("cidr");
    if cidr.is_empty() {
        return f.required(&path.child("cidr"), "");
    }
    f.all_invalid(&path.child("cidr"), cidr, names::cidr(cidr));
    let Some(whole) = names::parse_cidr(cidr) else { return };
    let list = path.child("except");
    for (i, except) in block.list("except").iter().enumerate() {
        let fld = list.index(i);
        f.all_invalid(&fld, except.text(), names::cidr(except.text()));
        if let Some(part) = names::parse_cidr(except.text())
            && !(names::contains(whole, part.0) && whole.1 < part.1)
        {
            f.invalid(&fld, except, "must be a strict subset of `cidr`");
        }
    }
}

/// `ValidateIngressCreate`
pub fn ingress(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    let rules = spec.list("rules");
    if rules.is_empty() && !spec.has("defaultBackend") {
        f.invalid(&path, spec.get("rules"), "either `defaultBackend` or `rules` must be specified");
    }
    if let Some(backend) = spec.opt("defaultBackend") {
        ingress_backend(f, backend, &path.child("defaultBackend"));
    }
    let list = path.child("rules");
    for (i, rule) in rules.iter().enumerate() {
        let fld = list.index(i);
        let host = rule.str("host");
        if !host.is_empty() {
            if names::parse_ip(host).is_some() {
                f.invalid(&fld.child("host"), host, "must be a DNS name, not an IP address");
            }
            ingress_host(f, host, &fld.child("host"));
        }
        if let Some(http) = rule.opt("http") {
            let fld = fld.child("http");
            let paths = fld.child("paths");
            if http.list("paths").is_empty() {
                f.required(&paths, "");
            }
            for (i, path) in http.list("paths").iter().enumerate() {
                ingress_path(f, path, &paths.index(i));
            }
        }
    }
    let list = path.child("tls");
    for (i, tls) in spec.list("tls").iter().enumerate() {
        let fld = list.index(i);
        let hosts = fld.child("hosts");
        for (i, host) in tls.list("hosts").iter().enumerate() {
            ingress_host(f, host.text(), &hosts.index(i));
        }
        let secret = tls.str("secretName");
        if !secret.is_empty() {
            f.all_invalid(&fld.child("secretName"), secret, names::dns1123_subdomain(secret));
        }
    }
    if let Some(class) = spec.opt("ingressClassName") {
        f.all_invalid(&path.child("ingressClassName"), class.text(), names::dns1123_subdomain(class.text()));
        const ANNOTATION: &str = "kubernetes.io/ingress.class";
        let annotation = object.get("metadata").get("annotations").opt(ANNOTATION);
        if let Some(annotation) = annotation.filter(|a| a.text() != class.text()) {
            let annotations = Path::ROOT.child("annotations");
            f.invalid(&annotations.child(ANNOTATION), annotation, "must match `ingressClassName` when both are specified");
        }
    }
}

fn ingress_host(f: &mut Findings<'_>, host: &str, path: &Path<'_>) {
    let errors = if host.contains('*') { names::wildcard_subdomain(host) } else { names::dns1123_subdomain(host) };
    f.all_invalid(path, host, errors);
}

fn ingress_path(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    let text = node.str("path");
    let fld = path.child("path");
    let absolute = |f: &mut Findings<'_>| {
        if !text.starts_with('/') {
            f.invalid(&fld, text, "must be an absolute path");
        }
    };
    match node.opt("pathType").map(Node::text) {
        None => return f.required(&path.child("pathType"), "pathType must be specified"),
        Some("Exact" | "Prefix") => {
            absolute(f);
            for part in ["//", "/./", "/../", "%2f", "%2F"] {
                if text.contains(part) {
                    f.invalid(&fld, text, &format!("must not contain '{part}'"));
                }
            }
            for end in ["/..", "/."] {
                if text.ends_with(end) {
                    f.invalid(&fld, text, &format!("cannot end with '{end}'"));
                }
            }
        }
        Some("ImplementationSpecific") => {
            if !text.is_empty() {
                absolute(f);
            }
        }
        Some(other) => f.not_supported(&path.child("pathType"), other, &["Exact", "ImplementationSpecific", "Prefix"]),
    }
    ingress_backend(f, node.get("backend"), &path.child("backend"));
}

fn ingress_backend(f: &mut Findings<'_>, backend: &Node, path: &Path<'_>) {
    match (backend.opt("resource"), backend.opt("service")) {
        (Some(_), Some(_)) => f.invalid(path, "", "cannot set both resource and service backends"),
        (Some(resource), None) => object_reference(f, resource, &path.child("resource")),
        (None, None) => f.invalid(path, "", "resource or service backend is required"),
        (None, Some(service)) => {
            let fld = path.child("service");
            let name = service.str("name");
            if name.is_empty() {
                f.required(&fld.child("name"), "");
            } else {
                f.all_invalid(&fld.child("name"), name, names::dns1123_label(name));
            }
            let port = service.get("port");
            let at = fld.child("port");
            let (name, number) = (port.str("name"), port.num("number").unwrap_or(0));
            if !name.is_empty() && number != 0 {
                f.invalid(path, "", "cannot set both port name & port number");
            } else if !name.is_empty() {
                f.all_invalid(&at.child("name"), name, names::port_name(name));
            } else if number != 0 {
                for message in names::port_number(number) {
                    f.invalid(&at.child("number"), number, &message);
                }
            } else {
                f.required(path, "port name or number is required");
            }
        }
    }
}

fn object_reference(f: &mut Findings<'_>, reference: &Node, path: &Path<'_>) {
    if let Some(group) = reference.opt("apiGroup") {
        f.all_invalid(&path.child("apiGroup"), group.text(), names::dns1123_subdomain(group.text()));
    }
    required(f, reference, &["kind", "name"], path);
    path_segment(f, reference, "kind", path);
    path_segment(f, reference, "name", path);
}

/// `ValidateIngressClass`
pub fn ingress_class(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let spec = object.get("spec");
    let path = Path::ROOT.child("spec");
    let controller = spec.str("controller");
    if controller.len() > 250 {
        f.too_long(&path.child("controller"), 250);
    }
    domain_prefixed_path(f, controller, &path.child("controller"));
    let Some(parameters) = spec.opt("parameters") else { return };
    let fld = path.child("parameters");
    object_reference(f, parameters, &fld);
    let namespace = parameters.opt("namespace");
    match parameters.str("scope") {
        // It is Cluster where it is absent.
        "" if parameters.has("scope") => f.required(&fld.child("scope"), ""),
        "" | "Cluster" => {
            if namespace.is_some() {
                f.forbidden(&fld.child("namespace"), "`parameters.scope` is set to 'Cluster'");
            }
        }
        "Namespace" => match namespace.map(Node::text) {
            None => f.required(&fld.child("namespace"), "`parameters.scope` is set to 'Namespace'"),
            Some(namespace) => f.all_invalid(&fld.child("namespace"), namespace, names::dns1123_label(namespace)),
        },
        other => f.not_supported(&fld.child("scope"), other, &["Cluster", "Namespace"]),
    }
}
