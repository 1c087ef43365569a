//! What the API server checks of built-in kinds beyond their types: k8s.io/kubernetes `pkg/apis/*/validation`.
//!
//! A file per API group or kind, named as upstream; `meta` holds what all objects share. A rule takes the node and its path and
//! adds findings; defaults that the server fills in before it validates are read as such by the rule. What compares with an old
//! object or with the cluster has no place here.

pub mod admission;
pub mod affinity;
pub mod apiregistration;
pub mod apps;
pub mod autoscaling;
pub mod batch;
pub mod common;
pub mod config;
pub mod container;
pub mod cron;
pub mod meta;
pub mod networking;
pub mod pod;
pub mod policy;
pub mod probe;
pub mod quantity;
pub mod quota;
pub mod rbac;
pub mod resource;
pub mod scheduling;
pub mod security;
pub mod service;
pub mod storage;
pub mod volume;
pub mod volume_source;

use crate::finding::Findings;
use crate::node::Node;

/// The validation of a kind.
pub type Rules = fn(&mut Findings<'_>, &Node);

/// The rules of a built-in kind, if it has some here.
pub fn rules(api_version: &str, kind: &str) -> Option<Rules> {
    let group = api_version.split_once('/').map_or("", |(g, _)| g);
    let rules: Rules = match (group, kind) {
        ("", "Service") => service::service,
        ("", "Endpoints") => service::endpoints,
        ("", "ConfigMap") => config::config_map,
        ("", "Secret") => config::secret,
        ("", "ServiceAccount") => config::service_account,
        ("", "Namespace") => config::namespace,
        ("", "LimitRange") => quota::limit_range,
        ("", "ResourceQuota") => quota::resource_quota,
        ("", "PersistentVolume") => volume::persistent_volume,
        ("", "PersistentVolumeClaim") => volume::claim,
        ("", "Pod") => pod::pod,
        ("", "PodTemplate") => pod::pod_template,
        ("", "ReplicationController") | ("apps", "ReplicaSet") => apps::replica_set,
        ("apps", "Deployment") => apps::deployment,
        ("apps", "DaemonSet") => apps::daemon_set,
        ("apps", "StatefulSet") => apps::stateful_set,
        ("batch", "Job") => batch::job,
        ("batch", "CronJob") => batch::cron_job,
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::horizontal_pod_autoscaler,
        ("policy", "PodDisruptionBudget") => policy::pod_disruption_budget,
        ("networking.k8s.io", "NetworkPolicy") => networking::network_policy,
        ("networking.k8s.io", "Ingress") => networking::ingress,
        ("networking.k8s.io", "IngressClass") => networking::ingress_class,
        ("rbac.authorization.k8s.io", "Role") => rbac::role,
        ("rbac.authorization.k8s.io", "ClusterRole") => rbac::cluster_role,
        ("rbac.authorization.k8s.io", "RoleBinding") => rbac::role_binding,
        ("rbac.authorization.k8s.io", "ClusterRoleBinding") => rbac::cluster_role_binding,
        ("storage.k8s.io", "StorageClass") => storage::storage_class,
        ("storage.k8s.io", "CSIDriver") => storage::csi_driver,
        ("storage.k8s.io", "VolumeAttributesClass") => storage::volume_attributes_class,
        ("scheduling.k8s.io", "PriorityClass") => scheduling::priority_class,
        ("node.k8s.io", "RuntimeClass") => scheduling::runtime_class,
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
            admission::webhooks
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => admission::policy,
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => admission::policy_binding,
        ("resource.k8s.io", "DeviceClass") => resource::device_class,
        ("apiregistration.k8s.io", "APIService") => apiregistration::api_service,
        _ => return None,
    };
    Some(rules)
}

/// Checks an object of a built-in kind: by its rules, or by those that hold for all.
pub fn check(found: &mut Findings<'_>, node: &Node, rules: Option<Rules>) {
    match rules {
        Some(rules) => rules(found, node),
        None => meta::core_meta(found, node, meta::subdomain),
    }
}

/// Checks what holds for all custom resources: their metadata.
pub fn custom(found: &mut Findings<'_>, node: &Node) {
    meta::object_meta(found, node, meta::subdomain);
}
