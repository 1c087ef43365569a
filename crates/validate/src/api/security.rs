//! Security contexts (pkg/apis/core `validatePodSpecSecurityContext`, `ValidateSecurityContext`).

use super::common::one_of_set;
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

fn id(f: &mut Findings<'_>, node: &Node, field: &str, path: &Path<'_>) {
    if let Some(id) = node.num(field).filter(|id| !(0..=i64::from(i32::MAX)).contains(id)) {
        f.invalid(&path.child(field), id, &names::between(0, i32::MAX.into()));
    }
}

/// `validatePodSpecSecurityContext`
pub fn pod(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    let context = spec.get("securityContext");
    let fld = path.child("securityContext");
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        id(f, context, field, &fld);
    }
    let list = fld.child("supplementalGroups");
    for (i, group) in context.list("supplementalGroups").iter().enumerate() {
        if let Some(id) = group.int().filter(|id| !(0..=i64::from(i32::MAX)).contains(id)) {
            f.invalid(&list.index(i), id, &names::between(0, i32::MAX.into()));
        }
    }
    one_of_set(f, context, "fsGroupChangePolicy", &["Always", "OnRootMismatch"], &fld);
    one_of_set(f, context, "supplementalGroupsPolicy", &["Merge", "Strict"], &fld);
    one_of_set(f, context, "seLinuxChangePolicy", &["MountOption", "Recursive"], &fld);
    sysctls(f, spec, context.list("sysctls"), &fld.child("sysctls"));
    profiles(f, context, &fld);
    windows(f, context, &fld);
}

fn sysctls(f: &mut Findings<'_>, spec: &Node, sysctls: &[Node], path: &Path<'_>) {
    for (i, sysctl) in sysctls.iter().enumerate() {
        let fld = path.index(i);
        let name = sysctl.str("name");
        if name.is_empty() {
            f.required(&fld.child("name"), "");
            continue;
        }
        let segment = |s: &str| {
            let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            edge(s.as_bytes().first())
                && edge(s.as_bytes().last())
                && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
        };
        if name.len() > 253 || !name.split(['.', '/']).all(segment) {
            f.invalid(&fld.child("name"), name, "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
        }
        if super::common::before(f, sysctls, i).iter().any(|s| s.str("name") == name) {
            f.duplicate(&fld.child("name"), name);
        }
        let dotted = name.replace('/', ".");
        if spec.bool("hostNetwork") && dotted.starts_with("net.") {
            f.invalid(&fld.child("name"), name, "may not be specified when 'hostNetwork' is set to true");
        }
        let is_ipc = dotted.starts_with("kernel.shm")
            || dotted.starts_with("kernel.msg")
            || dotted.starts_with("fs.mqueue.")
            || dotted == "kernel.sem";
        if spec.bool("hostIPC") && is_ipc {
            f.invalid(&fld.child("name"), name, "may not be specified when 'hostIPC' is set to true");
        }
    }
}

/// Seccomp and AppArmor profiles.
fn profiles(f: &mut Findings<'_>, context: &Node, path: &Path<'_>) {
    for (field, what) in [("seccompProfile", "seccomp"), ("appArmorProfile", "AppArmor")] {
        let Some(profile) = context.opt(field) else { continue };
        let fld = path.child(field);
        let local = profile.opt("localhostProfile");
        match profile.str("type") {
            "" if what == "AppArmor" => f.required(&fld.child("type"), "type is required when appArmorProfile is set"),
            "" => f.required(&fld.child("type"), "type is required when seccompProfile is set"),
            "Localhost" => match local.map(Node::text) {
                None | Some("") => {
                    f.required(&fld.child("localhostProfile"), &format!("must be set when {what} type is Localhost"))
                }
                Some(file) if what == "seccomp" => super::volume::descending_path(f, file, &fld.child("localhostProfile")),
                Some(file) => {
                    if file.trim() != file {
                        f.invalid(&fld.child("localhostProfile"), file, "must not be padded with whitespace");
                    }
                }
            },
            "RuntimeDefault" | "Unconfined" => {
                if let Some(local) = local {
                    f.invalid(&fld.child("localhostProfile"), local, &format!("can only be set when {what} type is Localhost"));
                }
            }
            other => f.not_supported(&fld.child("type"), other, &["Localhost", "RuntimeDefault", "Unconfined"]),
        }
    }
}

fn windows(f: &mut Findings<'_>, context: &Node, path: &Path<'_>) {
    let Some(options) = context.opt("windowsOptions") else { return };
    let fld = path.child("windowsOptions");
    if let Some(name) = options.opt("gmsaCredentialSpecName") {
        f.all_invalid(&fld.child("gmsaCredentialSpecName"), name.text(), names::dns1123_subdomain(name.text()));
    }
    if let Some(spec) = options.opt("gmsaCredentialSpec") {
        if spec.text().is_empty() {
            f.invalid(&fld.child("gmsaCredentialSpec"), spec, "gmsaCredentialSpec cannot be an empty string");
        } else if spec.text().len() > 64 << 10 {
            f.too_long(&fld.child("gmsaCredentialSpec"), 64 << 10);
        }
    }
    if let Some(user) = options.opt("runAsUserName") {
        let fld = fld.child("runAsUserName");
        let text = user.text();
        let (domain, name) = text.split_once('\\').unwrap_or(("", text));
        if text.is_empty() {
            f.invalid(&fld, text, "runAsUserName cannot be an empty string");
        } else if text.chars().any(char::is_control) {
            f.invalid(&fld, text, "runAsUserName cannot contain control characters");
        } else if text.matches('\\').count() > 1 {
            f.invalid(&fld, text, "runAsUserName cannot contain more than one backslash");
        } else if text.contains('\\') && domain.is_empty() {
            f.invalid(&fld, text, "runAsUserName's Domain doesn't match the NetBIOS nor the DNS format");
        } else if name.is_empty() {
            f.invalid(&fld, text, "runAsUserName's User cannot be empty");
        } else if name.len() > 104
            || name.bytes().all(|b| b == b'.' || b == b' ')
            || name.contains(|c| "\"/\\:;|=,+*?<>@[]".contains(c))
        {
            f.invalid(&fld, text, "runAsUserName's User has characters that are not allowed");
        }
    }
}

/// `ValidateSecurityContext`
pub fn container(f: &mut Findings<'_>, context: &Node, pod: &Node, path: &Path<'_>) {
    for field in ["runAsUser", "runAsGroup"] {
        id(f, context, field, path);
    }
    if let Some(mount) = context.opt("procMount").filter(|m| !matches!(m.text(), "Default" | "Unmasked")) {
        f.not_supported(&path.child("procMount"), mount, &["Default", "Unmasked"]);
    }
    if context.str("procMount") == "Unmasked" && (!pod.has("hostUsers") || pod.bool("hostUsers")) {
        f.invalid(&path.child("procMount"), context.get("procMount"), "`hostUsers` must be false to use `Unmasked`");
    }
    profiles(f, context, path);
    let escalates = context.opt("allowPrivilegeEscalation");
    if let Some(escalation) = escalates.filter(|_| !context.bool("allowPrivilegeEscalation")) {
        if context.bool("privileged") {
            f.invalid(path, escalation, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        if context.get("capabilities").list("add").iter().any(|c| c.text() == "CAP_SYS_ADMIN") {
            f.invalid(path, escalation, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
    }
    windows(f, context, path);
}

const LINUX: [&str; 8] = [
    "seLinuxOptions",
    "seccompProfile",
    "appArmorProfile",
    "runAsUser",
    "runAsGroup",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
];

/// `validateWindows`: what a pod of Windows can't have.
pub fn no_linux_options(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    const MESSAGE: &str = "cannot be set for a windows pod";
    for field in ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"] {
        if spec.bool(field) || field == "hostUsers" && spec.has(field) {
            f.forbidden(&path.child(field), MESSAGE);
        }
    }
    let context = path.child("securityContext");
    for field in LINUX.into_iter().chain(["supplementalGroups", "supplementalGroupsPolicy"]) {
        if spec.get("securityContext").has(field) {
            f.forbidden(&context.child(field), MESSAGE);
        }
    }
    for list in ["containers", "initContainers"] {
        let at = path.child(list);
        for (i, container) in spec.list(list).iter().enumerate() {
            let fld = at.index(i);
            let context = fld.child("securityContext");
            let fields = LINUX[..5].iter().chain(&[
                "capabilities",
                "readOnlyRootFilesystem",
                "privileged",
                "allowPrivilegeEscalation",
                "procMount",
            ]);
            for field in fields {
                if container.get("securityContext").has(field) {
                    f.forbidden(&context.child(field), MESSAGE);
                }
            }
        }
    }
}

/// `validateLinux`: what a pod of Linux can't have.
pub fn only_windows_options(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    const MESSAGE: &str = "windows options cannot be set for a linux pod";
    if spec.get("securityContext").has("windowsOptions") {
        f.forbidden(&path.child("securityContext").child("windowsOptions"), MESSAGE);
    }
    for list in ["containers", "initContainers"] {
        let at = path.child(list);
        for (i, container) in spec.list(list).iter().enumerate() {
            if container.get("securityContext").has("windowsOptions") {
                f.forbidden(&at.index(i).child("securityContext").child("windowsOptions"), MESSAGE);
            }
        }
    }
}
