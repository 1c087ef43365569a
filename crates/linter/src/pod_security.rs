//! Pods against the Pod Security Standard that their rendered Namespace enforces: the API server takes the Deployment and refuses its
//! pods (k8s.io/pod-security-admission v0.37.2, `policy`).

use pintle_value::Data;

use crate::inventory::{Pods, at, items, number, pods, text};
use crate::{Found, rules};

/// Labels of a Namespace.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
const ENFORCE_VERSION: &str = "pod-security.kubernetes.io/enforce-version";

/// `check_capabilities_baseline.go`
const CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Sysctls that baseline allows, each with the MINOR of the first 1.MINOR that does (`check_sysctls.go`).
const SYSCTLS: &[(u32, &str)] = &[
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, "net.ipv4.ip_unprivileged_port_start"),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (32, "net.ipv4.tcp_rmem"),
    (32, "net.ipv4.tcp_wmem"),
    (37, "net.ipv4.tcp_slow_start_after_idle"),
    (37, "net.ipv4.tcp_notsent_lowat"),
];

/// Volumes that restricted allows (`check_restrictedVolumes.go`).
const VOLUMES: &[&str] =
    &["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"];

/// Profiles of seccomp and AppArmor that both levels allow.
const PROFILES: &[&str] = &["RuntimeDefault", "Localhost"];

/// A violation: the field, and what is wrong with it.
type Violation = (String, String);

pub(crate) fn check(f: &mut Found<'_>, i: usize, object: &Data, version: Option<(u32, u32)>) {
    let Some(pods) = pods(object) else { return };
    let name = f.inventory.namespace_of(object);
    let Some(namespace) = f.inventory.find("Namespace", "", &name).map(|n| &f.inventory.objects()[n]) else { return };
    let label = |key: &str| at(namespace, "metadata.labels").and_then(|l| l.get(key)).and_then(Data::as_str);
    let level = label(ENFORCE).unwrap_or_default();
    let pinned = label(ENFORCE_VERSION).and_then(|v| v.strip_prefix("v1.")?.parse().ok());
    let minor = pinned.or(version.map(|(_, minor)| minor)).unwrap_or(u32::MAX);
    let mut violations = Vec::new();
    if ["baseline", "restricted"].contains(&level) {
        baseline(&pods, minor, &mut violations);
    }
    if level == "restricted" {
        restricted(&pods, minor, &mut violations);
    }
    for (path, what) in violations {
        let message = format!("{what}, which the level {level} of Namespace {name} forbids: its pods would be refused");
        f.add(&rules::POD_SECURITY, i, path, message);
    }
}

fn flag(data: &Data, path: &str) -> Option<bool> {
    at(data, path).and_then(Data::as_bool)
}

/// The pod's own spec and its containers, each with its path and the name that messages use.
fn parts<'d>(pods: &Pods<'d>) -> Vec<(String, String, &'d Data)> {
    let mut parts = vec![(pods.path.to_owned(), "the pod".to_owned(), pods.spec)];
    parts.extend(containers(pods));
    parts
}

fn containers<'d>(pods: &Pods<'d>) -> Vec<(String, String, &'d Data)> {
    let of = |list: &'static str| {
        let named = move |(n, c): (usize, &'d Data)| {
            (format!("{}.{list}[{n}]", pods.path), format!("container {}", text(c, "name").unwrap_or_default()), c)
        };
        items(pods.spec, list).iter().enumerate().map(named)
    };
    ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(of).collect()
}

/// Whether the pod runs in a user namespace of its own, which takes the danger out of being root there (from 1.35 on).
fn has_own_users(pods: &Pods<'_>, minor: u32) -> bool {
    minor >= 35 && flag(pods.spec, "hostUsers") == Some(false)
}

fn baseline(pods: &Pods<'_>, minor: u32, found: &mut Vec<Violation>) {
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if flag(pods.spec, field) == Some(true) {
            found.push((format!("{}.{field}", pods.path), format!("{field} is true")));
        }
    }
    for (n, volume) in items(pods.spec, "volumes").iter().enumerate() {
        if volume.get("hostPath").is_some() {
            found.push((format!("{}.volumes[{n}].hostPath", pods.path), "a volume is a path of the host".to_owned()));
        }
    }
    for (n, sysctl) in items(pods.spec, "securityContext.sysctls").iter().enumerate() {
        let name = text(sysctl, "name").unwrap_or_default();
        if !SYSCTLS.iter().any(|(since, known)| *since <= minor && *known == name) {
            found.push((format!("{}.securityContext.sysctls[{n}]", pods.path), format!("the sysctl {name} is set")));
        }
    }
    let annotations = pods.annotations.into_iter().flatten();
    for (key, value) in annotations.filter(|(key, _)| key.starts_with("container.apparmor.security.beta.kubernetes.io/")) {
        let profile = value.as_str().unwrap_or_default();
        if !profile.is_empty() && profile != "runtime/default" && !profile.starts_with("localhost/") {
            found.push((pods.path.to_owned(), format!("the annotation {key} is {profile}")));
        }
    }
    for (path, who, part) in parts(pods) {
        let context = format!("{path}.securityContext");
        if flag(part, "securityContext.windowsOptions.hostProcess") == Some(true) {
            found.push((format!("{context}.windowsOptions.hostProcess"), format!("{who} is a process of the host")));
        }
        for field in ["seccompProfile", "appArmorProfile"] {
            if let Some(kind) = text(part, &format!("securityContext.{field}.type")).filter(|kind| !PROFILES.contains(kind)) {
                found.push((format!("{context}.{field}.type"), format!("{who} has the {field} {kind}")));
            }
        }
        if let Some(options) = at(part, "securityContext.seLinuxOptions") {
            let of = |key: &str| text(options, key).unwrap_or_default();
            let known = ["", "container_t", "container_init_t", "container_kvm_t"];
            let is_known = known.contains(&of("type")) || of("type") == "container_engine_t" && minor >= 31;
            if !is_known || !of("user").is_empty() || !of("role").is_empty() {
                found.push((format!("{context}.seLinuxOptions"), format!("{who} sets SELinux's user, role or type")));
            }
        }
    }
    for (path, who, container) in containers(pods) {
        let context = format!("{path}.securityContext");
        if flag(container, "securityContext.privileged") == Some(true) {
            found.push((format!("{context}.privileged"), format!("{who} is privileged")));
        }
        let unmasked = text(container, "securityContext.procMount").filter(|mount| *mount != "Default");
        if let Some(mount) = unmasked.filter(|_| !has_own_users(pods, minor)) {
            found.push((format!("{context}.procMount"), format!("{who} has the procMount {mount}")));
        }
        for (n, added) in items(container, "securityContext.capabilities.add").iter().enumerate() {
            if let Some(name) = added.as_str().filter(|name| !CAPABILITIES.contains(name)) {
                found.push((format!("{context}.capabilities.add[{n}]"), format!("{who} adds the capability {name}")));
            }
        }
        for (n, port) in items(container, "ports").iter().enumerate() {
            if let Some(host) = port.get("hostPort").and_then(number).filter(|port| *port != 0) {
                found.push((format!("{path}.ports[{n}].hostPort"), format!("{who} uses port {host} of the host")));
            }
        }
        let handlers = ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"]
            .map(|handler| ["httpGet", "tcpSocket"].map(|action| format!("{handler}.{action}.host")));
        for field in handlers.iter().flatten().filter(|_| minor >= 34) {
            if text(container, field).is_some_and(|host| !host.is_empty()) {
                found.push((format!("{path}.{field}"), format!("{who} asks another host than its pod")));
            }
        }
    }
}

fn restricted(pods: &Pods<'_>, minor: u32, found: &mut Vec<Violation>) {
    for (n, volume) in items(pods.spec, "volumes").iter().enumerate() {
        let allowed = VOLUMES.iter().any(|kind| volume.get(kind).is_some());
        // A path of the host is what baseline says already.
        if !allowed && volume.get("hostPath").is_none() {
            let name = text(volume, "name").unwrap_or_default();
            found.push((format!("{}.volumes[{n}]", pods.path), format!("the volume {name} is of a restricted type")));
        }
    }
    let is_windows = text(pods.spec, "os.name") == Some("windows");
    let pod = |field: &str| at(pods.spec, &format!("securityContext.{field}"));
    for (path, who, part) in parts(pods) {
        let zero = at(part, "securityContext.runAsUser").and_then(number) == Some(0);
        if zero && !has_own_users(pods, minor) {
            found.push((format!("{path}.securityContext.runAsUser"), format!("{who} runs as user 0")));
        }
    }
    for (path, who, container) in containers(pods) {
        let context = format!("{path}.securityContext");
        let own = |field: &str| at(container, &format!("securityContext.{field}"));
        let non_root = own("runAsNonRoot").or_else(|| pod("runAsNonRoot")).and_then(Data::as_bool);
        if non_root != Some(true) && !has_own_users(pods, minor) {
            found.push((context.clone(), format!("{who} doesn't set runAsNonRoot to true")));
        }
        if is_windows {
            continue;
        }
        if own("allowPrivilegeEscalation").and_then(Data::as_bool) != Some(false) {
            found.push((context.clone(), format!("{who} doesn't set allowPrivilegeEscalation to false")));
        }
        if own("seccompProfile").or_else(|| pod("seccompProfile")).is_none() {
            found.push((context.clone(), format!("{who} has no seccompProfile")));
        }
        if !items(container, "securityContext.capabilities.drop").iter().any(|c| c.as_str() == Some("ALL")) {
            found.push((context.clone(), format!("{who} doesn't drop ALL capabilities")));
        }
        for (n, added) in items(container, "securityContext.capabilities.add").iter().enumerate() {
            // What baseline forbids is said already.
            if let Some(name) = added.as_str().filter(|name| CAPABILITIES.contains(name) && *name != "NET_BIND_SERVICE") {
                found.push((format!("{context}.capabilities.add[{n}]"), format!("{who} adds the capability {name}")));
            }
        }
    }
}
