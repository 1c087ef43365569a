//! The cluster that a chart is rendered for: `.Capabilities` (`helm.sh/helm/v4/pkg/chart/common/capabilities.go`).

use crate::Compat;
use crate::cluster::{API_VERSIONS, Cluster};
use crate::diagnostic::{Error, Result};
use crate::rules;

/// A Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// The whole version: `v1.33.4-gke.1245000`.
    pub version: String,
    /// What constraints are checked against: `v1.33.4`.
    pub normalized: String,
    /// `1`
    pub major: String,
    /// `33`
    pub minor: String,
}

impl KubeVersion {
    /// `ParseKubeVersion`. Errors are Helm's.
    pub fn parse(version: &str, compat: Compat) -> Result<KubeVersion> {
        let failed = |what: String| Error::new(&rules::USAGE_KUBE_VERSION, format!("invalid kube version '{version}': {what}"));
        // k8s.io/apimachinery's ParseGeneric: at least two numbers, anything may follow.
        let body = version.trim_start();
        let body = body.strip_prefix('v').unwrap_or(body);
        let end = body.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(body.len());
        let parts: Vec<&str> = body[..end].split('.').take_while(|p| !p.is_empty()).collect();
        if parts.is_empty() {
            return Err(failed(format!("could not parse {version:?} as version")));
        }
        let number = |p: &&str| (*p == "0" || !p.starts_with('0')) && p.parse::<u64>().is_ok();
        if parts.len() < 2 || !parts.iter().all(number) {
            return Err(failed(format!("illegal version string {version:?}")));
        }
        let normalized = format!("v{}", parts.join("."));
        let version = match version.strip_prefix('v') {
            _ if !compat.keeps_kube_version() => normalized.clone(),
            Some(_) => version.to_owned(),
            None => format!("v{version}"),
        };
        Ok(KubeVersion { version, normalized, major: parts[0].into(), minor: parts[1].into() })
    }

    /// What a cluster says of itself (`getCapabilities`, `pkg/action/action.go`): Helm takes its words as they are, and a chart's
    /// `kubeVersion` is checked against the whole version, so that `>=1.25` doesn't hold for `v1.31.4-eks-1`.
    fn of_cluster(version: &str, numbers: Option<&(String, String)>, compat: Compat) -> Result<KubeVersion> {
        let parsed = KubeVersion::parse(version, compat)?;
        let version = if version.starts_with('v') { version.to_owned() } else { format!("v{version}") };
        let (major, minor) = numbers.cloned().unwrap_or((parsed.major, parsed.minor));
        Ok(KubeVersion { normalized: version.clone(), version, major, minor })
    }
}

/// What a cluster can do.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// Its version.
    pub kube_version: KubeVersion,
    /// What `.Capabilities.APIVersions.Has` knows.
    pub api_versions: Vec<String>,
    /// The Helm that is rendering.
    pub compat: Compat,
}

impl Capabilities {
    /// Those of a cluster, else Helm's defaults, with another Kubernetes version and further API versions.
    pub fn new(
        compat: Compat,
        kube_version: Option<&str>,
        api_versions: &[String],
        cluster: Option<&Cluster>,
    ) -> Result<Capabilities> {
        let clusters = cluster.and_then(|c| c.kube_version.as_deref().map(|version| (version, c.kube_numbers.as_ref())));
        let kube_version = match (kube_version, clusters) {
            (Some(version), _) => KubeVersion::parse(version, compat)?,
            (None, Some((version, numbers))) => KubeVersion::of_cluster(version, numbers, compat)?,
            (None, None) => KubeVersion::parse(compat.kube_version(), compat)?,
        };
        let mut known: Vec<String> = match cluster.filter(|c| !c.api_versions.is_empty()) {
            Some(cluster) => cluster.api_versions.clone(),
            None => API_VERSIONS.iter().map(|v| (*v).to_owned()).collect(),
        };
        known.extend(api_versions.iter().cloned());
        Ok(Capabilities { kube_version, api_versions: known, compat })
    }
}
