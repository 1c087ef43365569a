//! API versions that Kubernetes has deprecated or removed (its deprecation guide, to 1.37).

use pintle_value::Data;

use crate::inventory::{kind, text};
use crate::{Found, rules};

/// An API version that goes: kinds, the minor version that deprecates it, the one that removes it, what comes in its place.
struct Going {
    version: &'static str,
    kinds: &'static [&'static str],
    deprecated: u32,
    removed: u32,
    instead: &'static str,
}

const fn going(
    version: &'static str,
    kinds: &'static [&'static str],
    deprecated: u32,
    removed: u32,
    instead: &'static str,
) -> Going {
    Going { version, kinds, deprecated, removed, instead }
}

const GOING: &[Going] = &[
    going("extensions/v1beta1", &["Deployment", "DaemonSet", "ReplicaSet"], 9, 16, "apps/v1"),
    going("extensions/v1beta1", &["NetworkPolicy"], 9, 16, "networking.k8s.io/v1"),
    going("extensions/v1beta1", &["PodSecurityPolicy"], 10, 16, "pod security admission"),
    going("extensions/v1beta1", &["Ingress"], 14, 22, "networking.k8s.io/v1"),
    going("apps/v1beta1", &["Deployment", "StatefulSet"], 9, 16, "apps/v1"),
    going("apps/v1beta2", &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"], 9, 16, "apps/v1"),
    going("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], 19, 22, "networking.k8s.io/v1"),
    going(
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        16,
        22,
        "admissionregistration.k8s.io/v1",
    ),
    going("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"], 16, 22, "apiextensions.k8s.io/v1"),
    going("apiregistration.k8s.io/v1beta1", &["APIService"], 19, 22, "apiregistration.k8s.io/v1"),
    going("authentication.k8s.io/v1beta1", &["TokenReview"], 19, 22, "authentication.k8s.io/v1"),
    going(
        "authorization.k8s.io/v1beta1",
        &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SubjectAccessReview"],
        19,
        22,
        "authorization.k8s.io/v1",
    ),
    going("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], 19, 22, "certificates.k8s.io/v1"),
    going("coordination.k8s.io/v1beta1", &["Lease"], 19, 22, "coordination.k8s.io/v1"),
    going(
        "rbac.authorization.k8s.io/v1beta1",
        &["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"],
        17,
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    going("scheduling.k8s.io/v1beta1", &["PriorityClass"], 14, 22, "scheduling.k8s.io/v1"),
    going("storage.k8s.io/v1beta1", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"], 19, 22, "storage.k8s.io/v1"),
    going("batch/v1beta1", &["CronJob"], 21, 25, "batch/v1"),
    going("discovery.k8s.io/v1beta1", &["EndpointSlice"], 21, 25, "discovery.k8s.io/v1"),
    going("events.k8s.io/v1beta1", &["Event"], 19, 25, "events.k8s.io/v1"),
    going("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], 22, 25, "autoscaling/v2"),
    going("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], 23, 26, "autoscaling/v2"),
    going("policy/v1beta1", &["PodDisruptionBudget"], 21, 25, "policy/v1"),
    going("policy/v1beta1", &["PodSecurityPolicy"], 21, 25, "pod security admission"),
    going("node.k8s.io/v1beta1", &["RuntimeClass"], 20, 25, "node.k8s.io/v1"),
    going(
        "flowcontrol.apiserver.k8s.io/v1beta1",
        &["FlowSchema", "PriorityLevelConfiguration"],
        23,
        26,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    going(
        "flowcontrol.apiserver.k8s.io/v1beta2",
        &["FlowSchema", "PriorityLevelConfiguration"],
        26,
        29,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    going(
        "flowcontrol.apiserver.k8s.io/v1beta3",
        &["FlowSchema", "PriorityLevelConfiguration"],
        29,
        32,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    going("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 24, 27, "storage.k8s.io/v1"),
];

pub(crate) fn check(f: &mut Found<'_>, i: usize, object: &Data, target: Option<(u32, u32)>) {
    let version = text(object, "apiVersion").unwrap_or_default();
    let Some(g) = GOING.iter().find(|g| g.version == version && g.kinds.contains(&kind(object))) else { return };
    let (_, minor) = target.unwrap_or((1, u32::MAX));
    let (rule, message) = if minor >= g.removed {
        (&rules::API_REMOVED, format!("Kubernetes 1.{} removed {version}", g.removed))
    } else if minor >= g.deprecated {
        (&rules::API_DEPRECATED, format!("{version} is deprecated and goes with Kubernetes 1.{}", g.removed))
    } else {
        return;
    };
    f.add(rule, i, "apiVersion", message).hints.push(format!("use {}", g.instead));
}
