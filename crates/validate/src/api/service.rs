//! Services and endpoints (pkg/apis/core `ValidateService`, `ValidateEndpoints`).

use std::collections::HashSet;
use std::net::IpAddr;

use super::meta;
use crate::finding::Findings;
use crate::names;
use crate::node::{Node, Value};
use crate::path::Path;

/// Protocols that ports have.
pub const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// `ValidatePortNumOrName`
pub fn port_or_name(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    match &node.value {
        Value::String(name) => f.all_invalid(path, name, names::port_name(name)),
        _ => {
            let port = node.int().unwrap_or(0);
            for message in names::port_number(port) {
                f.invalid(path, port, &message);
            }
        }
    }
}

/// `ValidateEndpointIP`: addresses that nothing can listen on from outside.
fn endpoint_ip(f: &mut Findings<'_>, text: &str, path: &Path<'_>) {
    let Some(ip) = names::parse_ip(text) else {
        return f.all_invalid(path, text, names::ip(text));
    };
    let link_local = match ip {
        IpAddr::V4(v4) => v4.is_link_local() || v4.octets()[0] == 224 && v4.octets()[1..3] == [0, 0],
        IpAddr::V6(v6) => v6.segments()[0] & 0xffc0 == 0xfe80 || v6.segments()[0] == 0xff02,
    };
    if ip.is_unspecified() {
        f.invalid(path, text, "may not be unspecified (0.0.0.0 or ::)");
    }
    if ip.is_loopback() {
        f.invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    if link_local {
        f.invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
}

fn service_name(name: &str, prefix: bool) -> Vec<String> {
    // Since 1.34 a service's name may begin with a digit (RelaxedServiceNameValidation).
    meta::label(name, prefix)
}

/// `ValidateService`
pub fn service(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, service_name);
    let spec = object.get("spec");
    let path = &Path::ROOT.child("spec");
    let kind = Some(spec.str("type")).filter(|t| !t.is_empty()).unwrap_or("ClusterIP");
    let cluster_ips: Vec<&str> = match spec.list("clusterIPs") {
        // The server fills one from the other.
        [] if !spec.str("clusterIP").is_empty() => vec![spec.str("clusterIP")],
        list => list.iter().map(Node::text).collect(),
    };
    let headless = cluster_ips == ["None"] || spec.str("clusterIP") == "None";
    let ports = spec.list("ports");
    if ports.is_empty() && !headless && kind != "ExternalName" {
        f.required(&path.child("ports"), "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            f.invalid(&path.child("clusterIPs").index(0), "None", &format!("may not be set to 'None' for {kind} services"));
        }
        "ExternalName" => external_name(f, spec, &cluster_ips, path),
        _ => {}
    }
    let fld = path.child("ports");
    let mut seen = HashSet::new();
    for (i, port) in ports.iter().enumerate() {
        service_port(f, port, ports.len() > 1, &mut seen, &fld.index(i));
    }
    meta::labels(f, spec.get("selector"), &path.child("selector"));
    session_affinity(f, spec, path);
    if kind != "ExternalName" {
        addresses(f, spec, &cluster_ips, headless, path);
    }
    let fld = path.child("externalIPs");
    for (i, ip) in spec.list("externalIPs").iter().enumerate() {
        endpoint_ip(f, ip.text(), &fld.index(i));
    }
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !kinds.contains(&kind) {
        f.not_supported(&path.child("type"), kind, &kinds);
    }
    ports_of_nodes(f, ports, kind, &path.child("ports"));
    load_balancer(f, object, spec, kind, path);
    traffic(f, spec, kind, path);
}

fn external_name(f: &mut Findings<'_>, spec: &Node, cluster_ips: &[&str], path: &Path<'_>) {
    if !cluster_ips.is_empty() {
        f.forbidden(&path.child("clusterIPs"), "may not be set for ExternalName services");
    }
    for field in ["ipFamilies", "ipFamilyPolicy"] {
        if spec.has(field) && (field != "ipFamilies" || !spec.list(field).is_empty()) {
            f.forbidden(&path.child(field), "may not be set for ExternalName services");
        }
    }
    let name = spec.str("externalName").strip_suffix('.').unwrap_or(spec.str("externalName"));
    let fld = path.child("externalName");
    if name.is_empty() {
        f.required(&fld, "");
    } else {
        f.all_invalid(&fld, name, names::dns1123_subdomain(name));
    }
}

fn service_port<'n>(f: &mut Findings<'_>, port: &'n Node, needs_name: bool, seen: &mut HashSet<&'n str>, path: &Path<'_>) {
    let name = port.str("name");
    let fld = path.child("name");
    if name.is_empty() {
        if needs_name {
            f.required(&fld, "");
        }
    } else {
        f.all_invalid(&fld, name, names::dns1123_label(name));
        if !seen.insert(name) {
            f.duplicate(&fld, name);
        }
    }
    let number = port.num("port").unwrap_or(0);
    for message in names::port_number(number) {
        f.invalid(&path.child("port"), number, &message);
    }
    protocol(f, port, path);
    // The default is the port itself, and so it is for zero and an empty name.
    let target = port.get("targetPort");
    let is_set = match &target.value {
        Value::Null => false,
        Value::String(s) => !s.is_empty(),
        _ => target.int() != Some(0),
    };
    if is_set {
        port_or_name(f, target, &path.child("targetPort"));
    } else {
        for message in names::port_number(number) {
            f.invalid(&path.child("targetPort"), number, &message);
        }
    }
    app_protocol(f, port, path);
}

/// `protocol`, which is TCP where it is absent.
pub fn protocol(f: &mut Findings<'_>, port: &Node, path: &Path<'_>) {
    let protocol = port.str("protocol");
    if !protocol.is_empty() && !PROTOCOLS.contains(&protocol) {
        f.not_supported(&path.child("protocol"), protocol, &PROTOCOLS);
    }
}

fn app_protocol(f: &mut Findings<'_>, port: &Node, path: &Path<'_>) {
    if let Some(protocol) = port.opt("appProtocol") {
        f.all_invalid(&path.child("appProtocol"), protocol.text(), names::qualified_name(protocol.text()));
    }
}

fn session_affinity(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    let affinity = spec.str("sessionAffinity");
    let config = spec.opt("sessionAffinityConfig");
    let fld = path.child("sessionAffinityConfig");
    match affinity {
        "ClientIP" => {
            let timeout = config.and_then(|c| c.get("clientIP").opt("timeoutSeconds"));
            if let Some(seconds) = timeout.and_then(Node::int).filter(|s| !(1..=86400).contains(s)) {
                f.invalid(&fld.child("clientIP").child("timeoutSeconds"), seconds, "must be greater than 0 and less than 86400");
            }
        }
        // The server drops the configuration of an affinity that doesn't exist.
        "" | "None" => {}
        _ => f.not_supported(&path.child("sessionAffinity"), affinity, &["ClientIP", "None"]),
    }
}

/// `ValidateServiceClusterIPsRelatedFields`
fn addresses(f: &mut Findings<'_>, spec: &Node, ips: &[&str], headless: bool, path: &Path<'_>) {
    let fld = path.child("clusterIPs");
    let listed = spec.list("clusterIPs");
    match (spec.str("clusterIP"), listed.first().map(Node::text)) {
        ("", Some(_)) => {}
        (one, Some(first)) if one != first => f.invalid(&fld, spec.get("clusterIPs"), "first value must match `clusterIP`"),
        _ => {}
    }
    let families = spec.list("ipFamilies");
    let families_path = path.child("ipFamilies");
    for (i, family) in families.iter().enumerate() {
        if !matches!(family.text(), "IPv4" | "IPv6") {
            f.not_supported(&families_path.index(i), family, &["IPv4", "IPv6"]);
        }
        if super::common::before(f, families, i).contains(family) {
            f.duplicate(&families_path.index(i), family);
        }
    }
    if let Some(policy) =
        spec.opt("ipFamilyPolicy").filter(|p| !matches!(p.text(), "SingleStack" | "PreferDualStack" | "RequireDualStack"))
    {
        f.not_supported(&path.child("ipFamilyPolicy"), policy, &["SingleStack", "PreferDualStack", "RequireDualStack"]);
    }
    let mut invalid = false;
    for (i, ip) in ips.iter().enumerate() {
        if i == 0 && *ip == "None" {
            if ips.len() > 1 {
                invalid = true;
                f.invalid(&fld, spec.get("clusterIPs"), "'None' must be the first and only value");
            }
            continue;
        }
        let errors = names::ip(ip);
        invalid |= !errors.is_empty();
        f.all_invalid(&fld.index(i), ip, errors);
    }
    if ips.len() > 2 {
        f.invalid(&fld, spec.get("clusterIPs"), "may only hold up to 2 values");
    }
    if invalid || headless {
        return;
    }
    let parsed: Vec<IpAddr> = ips.iter().filter_map(|ip| names::parse_ip(ip)).collect();
    if parsed.len() > 1 && parsed.iter().all(|ip| ip.is_ipv4() == parsed[0].is_ipv4()) {
        f.invalid(&fld, spec.get("clusterIPs"), "may specify no more than one IP for each IP family");
    }
    for (i, (ip, family)) in parsed.iter().zip(families).enumerate() {
        let wanted = family.text();
        if wanted == "IPv4" && ip.is_ipv6() || wanted == "IPv6" && ip.is_ipv4() {
            f.invalid(&fld.index(i), ips[i], &format!("expected an {wanted} value as indicated by `ipFamilies[{i}]`"));
        }
    }
}

fn ports_of_nodes(f: &mut Findings<'_>, ports: &[Node], kind: &str, path: &Path<'_>) {
    let mut nodes = HashSet::new();
    let mut seen = HashSet::new();
    for (i, port) in ports.iter().enumerate() {
        let fld = path.index(i);
        let protocol = Some(port.str("protocol")).filter(|p| !p.is_empty()).unwrap_or("TCP");
        let node_port = port.num("nodePort").unwrap_or(0);
        if node_port != 0 {
            if kind == "ClusterIP" {
                f.forbidden(&fld.child("nodePort"), "may not be used when `type` is 'ClusterIP'");
            }
            if !nodes.insert((protocol, node_port)) {
                f.duplicate(&fld.child("nodePort"), node_port);
            }
            // What the allocator of every cluster that hasn't changed --service-node-port-range says.
            if kind != "ClusterIP" && kind != "ExternalName" && !(30000..=32767).contains(&node_port) {
                f.invalid(
                    &fld.child("nodePort"),
                    node_port,
                    "provided port is not in the valid range. The range of valid ports is 30000-32767",
                );
                f.soften();
            }
        }
        if !seen.insert((protocol, port.num("port").unwrap_or(0))) {
            f.duplicate(&fld, port);
        }
    }
}

fn load_balancer(f: &mut Findings<'_>, object: &Node, spec: &Node, kind: &str, path: &Path<'_>) {
    const ONLY: &str = "may only be used when `type` is 'LoadBalancer'";
    const ANNOTATION: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
    let is_balanced = kind == "LoadBalancer";
    let ranges = spec.list("loadBalancerSourceRanges");
    let annotations = object.get("metadata").get("annotations");
    if !ranges.is_empty() {
        let fld = path.child("LoadBalancerSourceRanges");
        if !is_balanced {
            f.forbidden(&fld, ONLY);
        }
        for (i, range) in ranges.iter().enumerate() {
            let range = range.text().trim();
            f.all_invalid(&fld.index(i), range, names::cidr(range));
        }
    } else if let Some(value) = annotations.opt(ANNOTATION) {
        let metadata = Path::ROOT.child("metadata");
        let list = metadata.child("annotations");
        let fld = list.key(ANNOTATION);
        if !is_balanced {
            f.forbidden(&fld, ONLY);
        }
        for range in value.text().split(',').map(str::trim).filter(|_| !value.text().trim().is_empty()) {
            f.all_invalid(&fld, range, names::cidr(range));
        }
    }
    if spec.has("allocateLoadBalancerNodePorts") && !is_balanced {
        f.forbidden(&path.child("allocateLoadBalancerNodePorts"), ONLY);
    }
    if let Some(class) = spec.opt("loadBalancerClass") {
        let fld = path.child("loadBalancerClass");
        if is_balanced {
            f.all_invalid(&fld, class.text(), names::qualified_name(class.text()));
        } else {
            f.forbidden(&fld, ONLY);
        }
    }
}

fn traffic(f: &mut Findings<'_>, spec: &Node, kind: &str, path: &Path<'_>) {
    let external = spec.str("externalTrafficPolicy");
    let fld = path.child("externalTrafficPolicy");
    let reachable = matches!(kind, "LoadBalancer" | "NodePort") || kind == "ClusterIP" && !spec.list("externalIPs").is_empty();
    if !external.is_empty() && !reachable {
        f.invalid(&fld, external, "may only be set for externally-accessible services");
    } else if !external.is_empty() && !matches!(external, "Cluster" | "Local") {
        f.not_supported(&fld, external, &["Cluster", "Local"]);
    }
    let health = spec.num("healthCheckNodePort").unwrap_or(0);
    let fld = path.child("healthCheckNodePort");
    if health != 0 {
        if kind != "LoadBalancer" || external != "Local" {
            f.invalid(&fld, health, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        } else {
            for message in names::port_number(health) {
                f.invalid(&fld, health, &message);
            }
        }
    }
    let internal = spec.opt("internalTrafficPolicy");
    if let Some(policy) = internal.filter(|p| !matches!(p.text(), "Cluster" | "Local")) {
        f.not_supported(&path.child("internalTrafficPolicy"), policy, &["Cluster", "Local"]);
    }
    let near = ["PreferClose", "PreferSameNode", "PreferSameZone"];
    if let Some(distribution) = spec.opt("trafficDistribution").filter(|d| !near.contains(&d.text())) {
        f.not_supported(&path.child("trafficDistribution"), distribution, &near);
    }
}

/// `ValidateEndpoints`
pub fn endpoints(f: &mut Findings<'_>, object: &Node) {
    meta::core_meta(f, object, meta::subdomain);
    let path = Path::ROOT.child("subsets");
    for (i, subset) in object.list("subsets").iter().enumerate() {
        let fld = path.index(i);
        if subset.list("addresses").is_empty() && subset.list("notReadyAddresses").is_empty() {
            f.required(&fld, "must specify `addresses` or `notReadyAddresses`");
        }
        for field in ["addresses", "notReadyAddresses"] {
            let list = fld.child(field);
            for (i, address) in subset.list(field).iter().enumerate() {
                endpoint_address(f, address, &list.index(i));
            }
        }
        let ports = subset.list("ports");
        let list = fld.child("ports");
        for (i, port) in ports.iter().enumerate() {
            endpoint_port(f, port, ports.len() > 1, &list.index(i));
        }
    }
}

fn endpoint_address(f: &mut Findings<'_>, address: &Node, path: &Path<'_>) {
    endpoint_ip(f, address.str("ip"), &path.child("ip"));
    let hostname = address.str("hostname");
    if !hostname.is_empty() {
        f.all_invalid(&path.child("hostname"), hostname, names::dns1123_label(hostname));
    }
    if let Some(node) = address.opt("nodeName") {
        f.all_invalid(&path.child("nodeName"), node.text(), names::dns1123_subdomain(node.text()));
    }
}

fn endpoint_port(f: &mut Findings<'_>, port: &Node, needs_name: bool, path: &Path<'_>) {
    let name = port.str("name");
    if !name.is_empty() {
        f.all_invalid(&path.child("name"), name, names::dns1123_label(name));
    } else if needs_name {
        f.required(&path.child("name"), "");
    }
    let number = port.num("port").unwrap_or(0);
    for message in names::port_number(number) {
        f.invalid(&path.child("port"), number, &message);
    }
    protocol(f, port, path);
    app_protocol(f, port, path);
}
