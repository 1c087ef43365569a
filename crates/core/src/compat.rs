//! The Helm whose bytes are wanted. Every difference between versions is one method here.

use std::str::FromStr;

/// A version of Helm to be compatible with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compat {
    /// Helm 4.3.1
    #[default]
    Helm4,
    /// Helm 3.22
    Helm3,
}

/// Reads the name of a profile: `helm-4.3` or `helm-3.22`, with or without their last numbers.
impl FromStr for Compat {
    type Err = String;

    fn from_str(name: &str) -> Result<Compat, String> {
        match name {
            "helm-4.3" | "helm-4.3.1" | "helm-4" => Ok(Compat::Helm4),
            "helm-3.22" | "helm-3.22.0" | "helm-3" => Ok(Compat::Helm3),
            _ => Err(format!("unknown profile {name:?}: known are helm-4.3 and helm-3.22")),
        }
    }
}

impl Compat {
    /// The name of the profile.
    pub fn name(self) -> &'static str {
        if self.is_helm3() { "helm-3.22" } else { "helm-4.3" }
    }

    fn is_helm3(self) -> bool {
        self == Compat::Helm3
    }

    /// What `.Capabilities.HelmVersion.Version` is when Helm is installed from source.
    pub(crate) fn helm_version(self) -> &'static str {
        if self.is_helm3() { "v3.22" } else { "v4.3" }
    }

    /// The version that a release of that Helm gives itself.
    pub fn release_version(self) -> &'static str {
        if self.is_helm3() { "v3.22.0" } else { "v4.3.1" }
    }

    /// The Kubernetes version of the client in that Helm, which only 4 tells.
    pub(crate) fn kube_client_version(self) -> Option<&'static str> {
        (!self.is_helm3()).then_some("v1.37")
    }

    /// The Kubernetes version that `.Capabilities.KubeVersion` has by default.
    pub fn kube_version(self) -> &'static str {
        if self.is_helm3() { "v1.20.0" } else { "v1.37.0" }
    }

    /// Whether `--kube-version` keeps what follows its numbers (4).
    pub(crate) fn keeps_kube_version(self) -> bool {
        !self.is_helm3()
    }

    /// Whether `.Capabilities.KubeVersion` has a normalised version beside the one that was given (4).
    pub(crate) fn normalizes_kube_version(self) -> bool {
        !self.is_helm3()
    }

    /// Whether an `apiVersion` of Chart.yaml that isn't known is an error (4) or taken for one that is (3).
    pub(crate) fn checks_api_version(self) -> bool {
        !self.is_helm3()
    }

    /// What is said of dependencies that charts/ lacks, up to their names.
    pub(crate) fn missing_dependencies(self) -> &'static str {
        if self.is_helm3() {
            "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing \
             dependencies: found in Chart.yaml, but missing in charts/ directory: "
        } else {
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing \
             dependencies: found in Chart.yaml, but missing in charts/ directory: "
        }
    }

    /// What is said of a release's name that isn't allowed, up to the name.
    pub(crate) fn refused_name(self) -> &'static str {
        if self.is_helm3() { "release name " } else { "release name check failed: release name " }
    }

    /// An error with Go's types under the names that they have in the packages of that Helm.
    pub(crate) fn type_names(self, message: String) -> String {
        if !self.is_helm3() {
            return message;
        }
        let names = [
            ("loader.chartBase", "chart.Metadata"),
            ("v2.Metadata", "chart.Metadata"),
            ("v2.Maintainer", "chart.Maintainer"),
            ("v2.Dependency", "chart.Dependency"),
            ("type util.SimpleHead", "type releaseutil.SimpleHead"),
        ];
        names.iter().fold(message, |m, (four, three)| m.replace(four, three))
    }

    /// Whether a file of values may hold several documents, merged in order (4), or only the first counts (3).
    pub(crate) fn merges_value_documents(self) -> bool {
        !self.is_helm3()
    }

    /// Whether an index that nothing closes ends a text of `--set` without a word (4: the error's cause is the end of the text,
    /// which only 4 finds within it) or is an error (3).
    pub(crate) fn ends_at_an_open_index(self) -> bool {
        !self.is_helm3()
    }

    /// Whether errors of templates are laid out over several lines (4) or left as Go words them (3).
    pub(crate) fn reformats_template_errors(self) -> bool {
        !self.is_helm3()
    }

    /// Whether the functions that Helm 4 added exist.
    pub(crate) fn has_helm4_functions(self) -> bool {
        !self.is_helm3()
    }

    /// Whether `.Chart` is a map (4: absent keys are nil) or a struct (3: absent fields are errors).
    pub(crate) fn chart_is_a_map(self) -> bool {
        !self.is_helm3()
    }

    /// Whether documents are cut at `---` with all space around them trimmed (3), or keep what stands behind them (4).
    pub(crate) fn trims_documents(self) -> bool {
        self.is_helm3()
    }

    /// Whether webhook configurations come after all other kinds that Helm knows (4) or among the unknown (3).
    pub(crate) fn installs_webhooks_last(self) -> bool {
        !self.is_helm3()
    }

    /// Whether `helm show crds` puts `---` between the files (4), or only `helm show all` does before the first (3).
    pub(crate) fn parts_shown_crds(self) -> bool {
        !self.is_helm3()
    }

    /// Whether a null in the values of a user deletes the default, through sub-charts too (4.3), or only where Helm 3 does it.
    pub(crate) fn nulls_delete_in_subcharts(self) -> bool {
        !self.is_helm3()
    }
}
