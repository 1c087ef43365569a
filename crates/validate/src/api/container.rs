//! Containers (pkg/apis/core `validateContainers`).

use std::collections::HashSet;

use super::common::{non_negative, one_of};
use super::volume::Volumes;
use super::{probe, quantity, security, service};
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

/// What containers see of their pod.
pub struct Pod<'p> {
    /// `spec`
    pub spec: &'p Node,
    /// Volumes by their names.
    pub volumes: &'p Volumes<'p>,
    /// `resourceClaims`
    pub claims: &'p [Node],
}

/// `validateContainers`, `validateInitContainers`
pub fn containers(f: &mut Findings<'_>, pod: &Pod<'_>, path: &Path<'_>) {
    let list = path.child("containers");
    let regular = pod.spec.list("containers");
    if regular.is_empty() {
        f.required(&list, "");
    }
    let mut names = HashSet::new();
    for (i, container) in regular.iter().enumerate() {
        let fld = list.index(i);
        common(f, pod, container, &fld);
        if !names.insert(container.str("name")) {
            f.duplicate(&fld.child("name"), container.str("name"));
        }
        probe::all(f, pod.spec, container, &fld);
        restart_policy(f, container, &["Always", "Never", "OnFailure"], &fld);
    }
    let mut ports = HashSet::new();
    for (i, container) in regular.iter().enumerate() {
        host_ports(f, container, &mut ports, pod.spec.bool("hostNetwork"), &list.index(i));
    }
    let list = path.child("initContainers");
    for (i, container) in pod.spec.list("initContainers").iter().enumerate() {
        let fld = list.index(i);
        common(f, pod, container, &fld);
        let name = container.str("name");
        if !name.is_empty() && !names.insert(name) {
            f.duplicate(&fld.child("name"), name);
        }
        host_ports(f, container, &mut HashSet::new(), pod.spec.bool("hostNetwork"), &fld);
        restart_policy(f, container, &["Always", "Never", "OnFailure"], &fld);
        if container.str("restartPolicy") == "Always" {
            probe::all(f, pod.spec, container, &fld);
        } else {
            for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
                if container.has(field) {
                    f.forbidden(&fld.child(field), "may not be set for init containers without restartPolicy=Always");
                }
            }
        }
    }
}

fn restart_policy(f: &mut Findings<'_>, container: &Node, policies: &[&str], path: &Path<'_>) {
    super::common::one_of_set(f, container, "restartPolicy", policies, path);
    let rules = container.list("restartPolicyRules");
    let list = path.child("restartPolicyRules");
    if !rules.is_empty() && !container.has("restartPolicy") {
        f.required(&path.child("restartPolicy"), "must specify restartPolicy when restart rules are used");
    }
    for (i, rule) in rules.iter().enumerate() {
        let fld = list.index(i);
        if rule.str("action").is_empty() {
            f.required(&fld.child("action"), "");
        } else {
            one_of(f, rule, "action", &["Restart", "RestartAllContainers"], &fld);
        }
        if !rule.has("exitCodes") {
            f.required(&fld.child("exitCodes"), "must be specified");
        }
    }
}

/// `validateContainerCommon`
fn common(f: &mut Findings<'_>, pod: &Pod<'_>, container: &Node, path: &Path<'_>) {
    let name = container.str("name");
    if name.is_empty() {
        f.required(&path.child("name"), "");
    } else {
        f.all_invalid(&path.child("name"), name, names::dns1123_label(name));
    }
    let image = container.str("image");
    if image.is_empty() {
        f.required(&path.child("image"), "");
    }
    one_of(f, container, "terminationMessagePolicy", &["FallbackToLogsOnError", "File"], path);
    ports(f, container.list("ports"), &path.child("ports"));
    env(f, container.list("env"), &path.child("env"));
    env_from(f, container.list("envFrom"), &path.child("envFrom"));
    mounts(f, pod, container, path);
    devices(f, pod, container, &path.child("volumeDevices"));
    one_of(f, container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"], path);
    quantity::requirements(f, container.get("resources"), pod.claims, &path.child("resources"));
    resize_policy(f, container.list("resizePolicy"), &path.child("resizePolicy"));
    security::container(f, container.get("securityContext"), pod.spec, &path.child("securityContext"));
}

// Upstream names the list alone.
fn resize_policy(f: &mut Findings<'_>, policies: &[Node], path: &Path<'_>) {
    for (i, policy) in policies.iter().enumerate() {
        let name = policy.str("resourceName");
        match name {
            "" => f.required(path, ""),
            "cpu" | "memory" => {}
            _ => f.not_supported(path, name, &["cpu", "memory"]),
        }
        if super::common::before(f, policies, i).iter().any(|p| p.str("resourceName") == name) {
            f.duplicate(&path.index(i), name);
        }
        match policy.str("restartPolicy") {
            "" => f.required(path, ""),
            "NotRequired" | "RestartContainer" => {}
            other => f.not_supported(path, other, &["NotRequired", "RestartContainer"]),
        }
    }
}

/// `validateContainerPorts`
fn ports(f: &mut Findings<'_>, ports: &[Node], path: &Path<'_>) {
    let mut seen = HashSet::new();
    for (i, port) in ports.iter().enumerate() {
        let fld = path.index(i);
        let name = port.str("name");
        if !name.is_empty() {
            let errors = names::port_name(name);
            if errors.is_empty() && !seen.insert(name) {
                f.duplicate(&fld.child("name"), name);
            }
            f.all_invalid(&fld.child("name"), name, errors);
        }
        match port.num("containerPort").unwrap_or(0) {
            0 => f.required(&fld.child("containerPort"), ""),
            number => {
                for message in names::port_number(number) {
                    f.invalid(&fld.child("containerPort"), number, &message);
                }
            }
        }
        if let Some(host) = port.num("hostPort").filter(|p| *p != 0 && !names::port_number(*p).is_empty()) {
            f.invalid(&fld.child("hostPort"), host, &names::between(1, 65535));
        }
        service::protocol(f, port, &fld);
    }
}

/// `checkHostPortConflicts`
fn host_ports(f: &mut Findings<'_>, container: &Node, seen: &mut HashSet<String>, host_network: bool, path: &Path<'_>) {
    let list = path.child("ports");
    for (i, port) in container.list("ports").iter().enumerate() {
        // With the host's network the container's port is the host's.
        let own = if host_network { port.num("containerPort").unwrap_or(0) } else { 0 };
        let host = port.num("hostPort").filter(|p| *p != 0).unwrap_or(own);
        if host == 0 {
            continue;
        }
        let protocol = Some(port.str("protocol")).filter(|p| !p.is_empty()).unwrap_or("TCP");
        let key = format!("{protocol}/{}/{host}", port.str("hostIP"));
        if seen.contains(&key) {
            f.duplicate(&list.index(i).child("hostPort"), &key);
        }
        seen.insert(key);
    }
}

/// `ValidateEnv`
fn env(f: &mut Findings<'_>, variables: &[Node], path: &Path<'_>) {
    for (i, variable) in variables.iter().enumerate() {
        let fld = path.index(i);
        let name = variable.str("name");
        if name.is_empty() {
            f.required(&fld.child("name"), "");
        } else {
            f.all_invalid(&fld.child("name"), name, names::relaxed_env_var_name(name));
        }
        if let Some(source) = variable.opt("valueFrom") {
            value_from(f, variable, source, &fld.child("valueFrom"));
        }
    }
}

fn value_from(f: &mut Findings<'_>, variable: &Node, source: &Node, path: &Path<'_>) {
    let mut sources = 0;
    if let Some(reference) = source.opt("fieldRef") {
        sources += 1;
        field_ref(f, reference, &ENV_FIELDS, &path.child("fieldRef"));
    }
    if let Some(reference) = source.opt("resourceFieldRef") {
        sources += 1;
        resource_field_ref(f, reference, false, &path.child("resourceFieldRef"));
    }
    for field in ["configMapKeyRef", "secretKeyRef"] {
        if let Some(reference) = source.opt(field) {
            sources += 1;
            let fld = path.child(field);
            let name = reference.str("name");
            f.all_invalid(&fld.child("name"), name, names::dns1123_subdomain(name));
            let key = reference.str("key");
            if key.is_empty() {
                f.required(&fld.child("key"), "");
            } else {
                f.all_invalid(&fld.child("key"), key, names::config_map_key(key));
            }
        }
    }
    if let Some(reference) = source.opt("fileKeyRef") {
        sources += 1;
        let fld = path.child("fileKeyRef");
        for field in ["key", "volumeName", "path"] {
            if reference.str(field).is_empty() {
                f.required(&fld.child(field), "");
            }
        }
    }
    if sources == 0 {
        f.invalid(
            path,
            "",
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        );
    } else if !variable.str("value").is_empty() {
        f.invalid(path, "", "may not be specified when `value` is not empty");
    } else if sources > 1 {
        f.invalid(path, "", "may not have more than one field specified at a time");
    }
}

/// Fields of the pod that an environment variable may take.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// Fields of the pod that a file of a volume may take.
pub const VOLUME_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Fields that the downward API knows at all (`ConvertDownwardAPIFieldLabel`).
const KNOWN_FIELDS: [&str; 14] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// `validateObjectFieldSelector`
pub fn field_ref(f: &mut Findings<'_>, reference: &Node, fields: &[&str], path: &Path<'_>) {
    let field = reference.str("fieldPath");
    let fld = path.child("fieldPath");
    if field.is_empty() {
        return f.required(&fld, "");
    }
    if !matches!(reference.str("apiVersion"), "" | "v1") {
        return f.invalid(
            &fld,
            field,
            &format!("error converting fieldPath: unsupported pod version: {}", reference.str("apiVersion")),
        );
    }
    if let Some((base, subscript)) = field.strip_suffix("']").and_then(|p| p.split_once("['")) {
        return match base {
            "metadata.annotations" => f.all_invalid(path, subscript, names::qualified_name(&subscript.to_lowercase())),
            "metadata.labels" => f.all_invalid(path, subscript, names::qualified_name(subscript)),
            _ => f.invalid(&fld, field, &format!("error converting fieldPath: field label does not support subscript: {field}")),
        };
    }
    if !KNOWN_FIELDS.contains(&field) && field != "spec.host" {
        f.invalid(&fld, field, &format!("error converting fieldPath: field label not supported: {field}"));
    } else if !fields.contains(&field) && field != "spec.host" {
        f.not_supported(&fld, field, fields);
    }
}

/// `validateContainerResourceFieldSelector`
pub fn resource_field_ref(f: &mut Findings<'_>, reference: &Node, needs_container: bool, path: &Path<'_>) {
    let resource = reference.str("resource");
    let known = [
        "limits.cpu",
        "limits.ephemeral-storage",
        "limits.memory",
        "requests.cpu",
        "requests.ephemeral-storage",
        "requests.memory",
    ];
    if needs_container && reference.str("containerName").is_empty() {
        f.required(&path.child("containerName"), "");
    } else if resource.is_empty() {
        f.required(&path.child("resource"), "");
    } else if !known.contains(&resource)
        && !resource.starts_with("limits.hugepages-")
        && !resource.starts_with("requests.hugepages-")
    {
        f.not_supported(&path.child("resource"), resource, &known);
    }
    let Some(divisor) = reference.opt("divisor") else { return };
    let allowed: &[&str] = match resource {
        "limits.cpu" | "requests.cpu" => &["1m", "1"],
        _ => &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"],
    };
    let Some(value) = quantity::quantity(divisor) else { return };
    let fits = allowed.iter().any(|a| crate::schema::quantity::Quantity::parse(a) == Ok(value));
    if !fits && value.sign().is_ne() {
        let what = if allowed.len() == 2 {
            "only divisor's values 1m and 1 are supported with the cpu resource"
        } else {
            "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported"
        };
        f.invalid(&path.child("divisor"), divisor, what);
    }
}

/// `ValidateEnvFrom`
fn env_from(f: &mut Findings<'_>, sources: &[Node], path: &Path<'_>) {
    for (i, source) in sources.iter().enumerate() {
        let fld = path.index(i);
        let prefix = source.str("prefix");
        if !prefix.is_empty() {
            f.all_invalid(&fld.child("prefix"), prefix, names::relaxed_env_var_name(prefix));
        }
        match ["configMapRef", "secretRef"].iter().filter(|s| source.has(s)).count() {
            0 => f.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => f.invalid(path, "", "may not have more than one field specified at a time"),
        }
        for field in ["configMapRef", "secretRef"] {
            let Some(reference) = source.opt(field) else { continue };
            let at = fld.child(field);
            let name = reference.str("name");
            if name.is_empty() {
                f.required(&at.child("name"), "");
            } else {
                f.all_invalid(&at.child("name"), name, super::meta::subdomain(name, true));
            }
        }
    }
}

/// `ValidateVolumeMounts`
fn mounts(f: &mut Findings<'_>, pod: &Pod<'_>, container: &Node, path: &Path<'_>) {
    let list = path.child("volumeMounts");
    let mounts = container.list("volumeMounts");
    let devices = container.list("volumeDevices");
    let mut seen = HashSet::new();
    for (i, mount) in mounts.iter().enumerate() {
        let fld = list.index(i);
        let (name, at) = (mount.str("name"), mount.str("mountPath"));
        if name.is_empty() {
            f.required(&fld.child("name"), "");
        }
        if !pod.volumes.has(name) {
            f.not_found(&fld.child("name"), name);
        }
        if at.is_empty() {
            f.required(&fld.child("mountPath"), "");
        }
        if !seen.insert(at) {
            f.invalid(&fld.child("mountPath"), at, "must be unique");
        }
        if !f.affords(devices.len() / 8) {
            return;
        }
        if devices.iter().any(|d| d.str("name") == name) {
            f.invalid(&fld.child("name"), name, "must not already exist in volumeDevices");
        }
        if devices.iter().any(|d| d.str("devicePath") == at) {
            f.invalid(&fld.child("mountPath"), at, "must not already exist as a path in volumeDevices");
        }
        // Upstream names these without the index of the mount.
        let (sub, expression) = (mount.str("subPath"), mount.str("subPathExpr"));
        if !sub.is_empty() {
            super::volume::descending_path(f, sub, &list.child("subPath"));
        }
        if !expression.is_empty() {
            if !sub.is_empty() {
                f.invalid(&fld.child("subPathExpr"), expression, "subPathExpr and subPath are mutually exclusive");
            }
            super::volume::descending_path(f, expression, &list.child("subPathExpr"));
        }
        propagation(f, container, mount, &list);
    }
}

fn propagation(f: &mut Findings<'_>, container: &Node, mount: &Node, list: &Path<'_>) {
    if let Some(mode) = mount.opt("mountPropagation") {
        let modes = ["Bidirectional", "HostToContainer", "None"];
        if !modes.contains(&mode.text()) {
            f.not_supported(&list.child("mountPropagation"), mode, &modes);
        }
        if mode.text() == "Bidirectional" && !container.get("securityContext").bool("privileged") {
            f.forbidden(
                &list.child("mountPropagation"),
                "Bidirectional mount propagation is available only to privileged containers",
            );
        }
    }
    if let Some(mode) = mount.opt("recursiveReadOnly") {
        let fld = list.child("recursiveReadOnly");
        match mode.text() {
            "Disabled" => {}
            "Enabled" | "IfPossible" => {
                if !mount.bool("readOnly") {
                    f.forbidden(&fld, "may only be specified when readOnly is true");
                }
                if !matches!(mount.str("mountPropagation"), "" | "None") {
                    f.forbidden(&fld, "may only be specified when mountPropagation is None or not specified");
                }
            }
            other => f.not_supported(&fld, other, &["Disabled", "Enabled", "IfPossible"]),
        }
    }
}

/// `ValidateVolumeDevices`
fn devices(f: &mut Findings<'_>, pod: &Pod<'_>, container: &Node, path: &Path<'_>) {
    let devices = container.list("volumeDevices");
    for (i, device) in devices.iter().enumerate() {
        let fld = path.index(i);
        let (name, at) = (device.str("name"), device.str("devicePath"));
        if name.is_empty() {
            f.required(&fld.child("name"), "");
        }
        if super::common::before(f, devices, i).iter().any(|d| d.str("name") == name) {
            f.invalid(&fld.child("name"), name, "must be unique");
        }
        match pod.volumes.is_claim(name) {
            None => f.not_found(&fld.child("name"), name),
            Some(false) => f.invalid(
                &fld.child("name"),
                name,
                "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
            ),
            Some(true) => {}
        }
        if at.is_empty() {
            f.required(&fld.child("devicePath"), "");
        } else {
            if super::common::before(f, devices, i).iter().any(|d| d.str("devicePath") == at) {
                f.invalid(&fld.child("devicePath"), at, "must be unique");
            }
            super::volume::no_backsteps(f, at, &fld.child("devicePath"));
        }
    }
}

/// Seconds and thresholds of a probe.
pub fn thresholds(f: &mut Findings<'_>, probe: &Node, path: &Path<'_>) {
    let fields = ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];
    non_negative(f, probe, &fields, path);
}
