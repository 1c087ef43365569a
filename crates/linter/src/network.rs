//! Traffic and what selects pods: Services, Ingresses, routes, policies, budgets, monitors, Istio.

use std::collections::BTreeSet;

use pintle_value::Data;

use crate::edges::{Relation, Wanted};
use crate::inventory::{Pods, at, fits, fits_selector, group, items, kind, number, text};
use crate::{Found, rules};

pub(crate) fn check(f: &mut Found<'_>, i: usize, object: &Data) {
    let namespace = f.inventory.namespace_of(object);
    match (group(object), kind(object)) {
        ("", "Service") => service(f, i, object, &namespace),
        ("policy", "PodDisruptionBudget") => budget(f, i, object, &namespace),
        ("networking.k8s.io", "NetworkPolicy") => {
            let selector = at(object, "spec.podSelector").cloned().unwrap_or_default();
            let found = selected(f, &selector, &namespace);
            found.iter().for_each(|(pod, _)| f.select(i, "spec.podSelector", *pod));
            let is_empty = selector.as_map().is_none_or(std::collections::BTreeMap::is_empty);
            if found.is_empty() && !is_empty {
                let message = "selects no pod of this release";
                f.add(&rules::SELECT_NETWORK_POLICY, i, "spec.podSelector", message);
            }
        }
        ("networking.k8s.io", "Ingress") => ingress(f, i, object, &namespace),
        ("gateway.networking.k8s.io", "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute") => route(f, i, object, &namespace),
        ("monitoring.coreos.com", "ServiceMonitor") => service_monitor(f, i, object, &namespace),
        ("monitoring.coreos.com", "PodMonitor") => pod_monitor(f, i, object, &namespace),
        ("networking.istio.io", "VirtualService") => virtual_service(f, i, object, &namespace),
        ("traefik.io" | "traefik.containo.us", "IngressRoute" | "IngressRouteTCP") => {
            for (n, rule) in items(object, "spec.routes").iter().enumerate() {
                for (m, service) in items(rule, "services").iter().enumerate() {
                    // Traefik's own services have another kind.
                    if text(service, "kind").is_none_or(|k| k == "Service") {
                        let path = format!("spec.routes[{n}].services[{m}]");
                        let port = service.get("port");
                        let namespace = text(service, "namespace").unwrap_or(&namespace);
                        backend(f, i, path, namespace, text(service, "name"), port);
                    }
                }
            }
        }
        _ => {}
    }
}

/// The pods of a namespace that a selector fits.
fn selected<'o>(f: &Found<'o>, selector: &Data, namespace: &str) -> Vec<(usize, Pods<'o>)> {
    f.inventory.pods(namespace).iter().filter(|(_, p)| fits_selector(selector, p.labels)).copied().collect()
}

fn service(f: &mut Found<'_>, i: usize, object: &Data, namespace: &str) {
    let selector = at(object, "spec.selector").and_then(Data::as_map).filter(|s| !s.is_empty());
    let Some(selector) = selector else { return };
    let found: Vec<(usize, Pods<'_>)> =
        f.inventory.pods(namespace).iter().filter(|(_, p)| fits(selector, p.labels)).copied().collect();
    if found.is_empty() {
        // What is nearest: pods that fit in everything but one label.
        let near = f.inventory.pods(namespace).iter().find_map(|(pod, p)| {
            let misfits: Vec<&String> =
                selector.iter().filter(|(k, v)| p.labels.and_then(|l| l.get(*k)) != Some(v)).map(|(k, _)| k).collect();
            (misfits.len() == 1 && selector.len() > 1)
                .then(|| format!("{} fits but for the label {}", f.inventory.title(*pod), misfits[0]))
        });
        f.add(&rules::SELECT_SERVICE, i, "spec.selector", "selects no pod").hints.extend(near);
        return;
    }
    for (n, port) in items(object, "spec.ports").iter().enumerate() {
        let Some(Data::String(wanted)) = port.get("targetPort") else { continue };
        let has = |pods: &Pods<'_>| port_names(pods.spec).contains(wanted.as_str());
        if !found.iter().any(|(_, p)| has(p)) {
            let message = format!("sends to the port \"{wanted}\", which none of its pods has");
            f.add(&rules::REF_PORT, i, format!("spec.ports[{n}].targetPort"), message);
        }
    }
    found.iter().for_each(|(pod, _)| f.select(i, "spec.selector", *pod));
}

fn port_names(spec: &Data) -> BTreeSet<&str> {
    let containers = items(spec, "containers").iter().chain(items(spec, "initContainers"));
    containers.flat_map(|c| items(c, "ports")).filter_map(|p| text(p, "name")).collect()
}

fn budget(f: &mut Found<'_>, i: usize, object: &Data, namespace: &str) {
    let Some(selector) = at(object, "spec.selector") else { return };
    let found = selected(f, selector, namespace);
    if found.is_empty() {
        let message = "selects no pod";
        f.add(&rules::SELECT_PDB, i, "spec.selector", message);
        return;
    }
    let pods: Vec<usize> = found.iter().map(|(pod, _)| *pod).collect();
    pods.iter().for_each(|pod| f.select(i, "spec.selector", *pod));
    // An autoscaler's least counts, else the replicas, else one.
    let replicas = |pod: usize| {
        let scaled = f.inventory.objects().iter().find(|o| {
            kind(o) == "HorizontalPodAutoscaler"
                && f.inventory.namespace_of(o) == namespace
                && text(o, "spec.scaleTargetRef.name") == text(f.inventory.objects()[pod], "metadata.name")
        });
        let own = at(f.inventory.objects()[pod], "spec.replicas").and_then(number);
        scaled.map_or(own, |s| at(s, "spec.minReplicas").and_then(number)).unwrap_or(1)
    };
    let total: i64 = pods.iter().map(|p| replicas(*p)).sum();
    let share = |value: &Data| match value {
        Data::String(s) => s.strip_suffix('%').and_then(|p| p.parse::<i64>().ok()).map(|p| (total * p + 99) / 100),
        other => number(other),
    };
    let blocks = match (at(object, "spec.minAvailable").and_then(share), at(object, "spec.maxUnavailable").and_then(share)) {
        (Some(least), _) => least >= total,
        (_, Some(most)) => most == 0,
        _ => false,
    };
    if blocks && total > 0 {
        let message = format!("lets none of {total} pods go: a node that runs one can't be drained");
        f.add(&rules::HYGIENE_PDB, i, "spec", message);
    }
}

/// A reference to a Service and one of its ports.
fn backend(f: &mut Found<'_>, i: usize, path: String, namespace: &str, name: Option<&str>, port: Option<&Data>) {
    let Some(name) = name else { return };
    let wanted = Wanted { kind: "Service", namespace, name, optional: false };
    let Some(found) = f.refer(i, path.clone(), Relation::RoutesTo, &rules::REF_SERVICE, wanted) else { return };
    let service = &f.inventory.objects()[found];
    let ports = items(service, "spec.ports");
    let fits = |p: &Data| match port {
        Some(Data::String(wanted)) => text(p, "name") == Some(wanted),
        Some(wanted) => p.get("port").and_then(number) == number(wanted),
        None => true,
    };
    if !ports.iter().any(fits) && text(service, "spec.type") != Some("ExternalName") {
        let shown = match port {
            Some(Data::String(s)) => format!("\"{s}\""),
            Some(p) => number(p).map_or_else(String::new, |n| n.to_string()),
            None => String::new(),
        };
        f.add(&rules::REF_PORT, i, path, format!("Service {name} has no port {shown}"));
    }
}

fn ingress(f: &mut Found<'_>, i: usize, object: &Data, namespace: &str) {
    let mut backends: Vec<(String, &Data)> =
        at(object, "spec.defaultBackend").map(|b| ("spec.defaultBackend".to_owned(), b)).into_iter().collect();
    for (n, rule) in items(object, "spec.rules").iter().enumerate() {
        for (m, path) in items(rule, "http.paths").iter().enumerate() {
            backends.extend(path.get("backend").map(|b| (format!("spec.rules[{n}].http.paths[{m}].backend"), b)));
        }
    }
    for (path, b) in backends {
        let port = at(b, "service.port.number").or_else(|| at(b, "service.port.name"));
        backend(f, i, format!("{path}.service"), namespace, text(b, "service.name"), port);
    }
}

fn route(f: &mut Found<'_>, i: usize, object: &Data, namespace: &str) {
    for (n, parent) in items(object, "spec.parentRefs").iter().enumerate() {
        if let (None | Some("Gateway"), Some(name)) = (text(parent, "kind"), text(parent, "name")) {
            let namespace = text(parent, "namespace").unwrap_or(namespace);
            let wanted = Wanted { kind: "Gateway", namespace, name, optional: false };
            f.refer(i, format!("spec.parentRefs[{n}]"), Relation::DependsOn, &rules::REF_GATEWAY, wanted);
        }
    }
    for (n, rule) in items(object, "spec.rules").iter().enumerate() {
        for (m, b) in items(rule, "backendRefs").iter().enumerate() {
            if text(b, "kind").is_none_or(|k| k == "Service") {
                let namespace = text(b, "namespace").unwrap_or(namespace);
                backend(f, i, format!("spec.rules[{n}].backendRefs[{m}]"), namespace, text(b, "name"), b.get("port"));
            }
        }
    }
}

/// Which namespaces a monitor looks at; `None` for all.
fn watched<'d>(object: &'d Data, own: &'d str) -> Option<Vec<&'d str>> {
    match at(object, "spec.namespaceSelector") {
        Some(s) if s.get("any").and_then(Data::as_bool) == Some(true) => None,
        Some(s) if !items(s, "matchNames").is_empty() => Some(items(s, "matchNames").iter().filter_map(Data::as_str).collect()),
        _ => Some(vec![own]),
    }
}

fn service_monitor(f: &mut Found<'_>, i: usize, object: &Data, namespace: &str) {
    let Some(selector) = at(object, "spec.selector") else { return };
    let namespaces = watched(object, namespace);
    let services: Vec<usize> = (0..f.inventory.objects().len())
        .filter(|s| {
            let service = &f.inventory.objects()[*s];
            let watched = || namespaces.as_ref().is_none_or(|all| all.contains(&f.inventory.namespace_of(service).as_str()));
            kind(service) == "Service"
                && watched()
                && fits_selector(selector, at(service, "metadata.labels").and_then(Data::as_map))
        })
        .collect();
    if services.is_empty() {
        let message = "selects no Service";
        f.add(&rules::SELECT_MONITOR, i, "spec.selector", message);
    }
    for (n, endpoint) in items(object, "spec.endpoints").iter().enumerate() {
        let Some(port) = text(endpoint, "port") else { continue };
        let has = |s: &usize| items(f.inventory.objects()[*s], "spec.ports").iter().any(|p| text(p, "name") == Some(port));
        if !services.is_empty() && !services.iter().any(has) {
            let message = format!("reads the port \"{port}\", which none of its Services has");
            f.add(&rules::REF_PORT, i, format!("spec.endpoints[{n}].port"), message);
        }
    }
    services.into_iter().for_each(|s| f.select(i, "spec.selector", s));
}

fn pod_monitor(f: &mut Found<'_>, i: usize, object: &Data, namespace: &str) {
    let Some(selector) = at(object, "spec.selector") else { return };
    let namespaces: Vec<&str> = watched(object, namespace).unwrap_or_else(|| vec![namespace]);
    let found: Vec<usize> = namespaces.iter().flat_map(|n| selected(f, selector, n)).map(|(pod, _)| pod).collect();
    if found.is_empty() {
        let message = "selects no pod";
        f.add(&rules::SELECT_MONITOR, i, "spec.selector", message);
    }
    found.into_iter().for_each(|pod| f.select(i, "spec.selector", pod));
}

fn virtual_service(f: &mut Found<'_>, i: usize, object: &Data, namespace: &str) {
    for list in ["http", "tcp", "tls"] {
        for (n, rule) in items(object, &format!("spec.{list}")).iter().enumerate() {
            let routes = items(rule, "route");
            let weights: Vec<i64> = routes.iter().filter_map(|r| r.get("weight").and_then(number)).collect();
            let sum: i64 = weights.iter().sum();
            if !weights.is_empty() && routes.len() > 1 && sum != 100 {
                let message = format!("the weights of a route add up to {sum}, not to 100");
                f.add(&rules::ISTIO_WEIGHTS, i, format!("spec.{list}[{n}].route"), message);
            }
            for (m, route) in routes.iter().enumerate() {
                destination(f, i, route, &format!("spec.{list}[{n}].route[{m}].destination"), namespace);
            }
        }
    }
}

/// The namespace and name of an Istio host, if it is a Service of a cluster.
fn host<'h>(host: &'h str, namespace: &'h str) -> Option<(&'h str, &'h str)> {
    let plain = host.strip_suffix(".svc.cluster.local").or_else(|| host.strip_suffix(".svc")).unwrap_or(host);
    match plain.split('.').collect::<Vec<_>>()[..] {
        [name] => Some((namespace, name)),
        [name, ns] if plain != host => Some((ns, name)),
        _ => None,
    }
}

fn destination(f: &mut Found<'_>, i: usize, route: &Data, path: &str, namespace: &str) {
    let Some(destination) = route.get("destination") else { return };
    let Some((ns, name)) = text(destination, "host").and_then(|h| host(h, namespace)) else { return };
    backend(f, i, path.to_owned(), ns, Some(name), at(destination, "port.number"));
    let Some(subset) = text(destination, "subset") else { return };
    let has = f.inventory.objects().iter().any(|o| {
        kind(o) == "DestinationRule"
            && text(o, "spec.host").and_then(|h| host(h, &f.inventory.namespace_of(o)).map(|(a, b)| (a.to_owned(), b.to_owned())))
                == Some((ns.to_owned(), name.to_owned()))
            && items(o, "spec.subsets").iter().any(|s| text(s, "name") == Some(subset))
    });
    if !has {
        let message = format!("no DestinationRule for {name} has the subset \"{subset}\"");
        f.add(&rules::ISTIO_SUBSET, i, format!("{path}.subset"), message);
    }
}
