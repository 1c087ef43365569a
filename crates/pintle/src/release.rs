//! What a render gives.

use pintle_core::arrange::{Hook, Manifest};
use pintle_core::request::Outcome;
use pintle_core::world::Drawn;
use pintle_core::{Diagnostic, Result};

/// Rendered manifests, and what was found on the way. Plain data: it can be sent to other threads and kept.
#[derive(Debug)]
pub struct Release {
    outcome: Outcome,
    /// What an overlay or a kustomization made of the chart's own manifests.
    built: Option<Vec<Manifest>>,
}

impl Release {
    pub(crate) fn new(outcome: Outcome) -> Result<Release> {
        let built = outcome.built_manifests()?;
        Ok(Release { outcome, built })
    }

    /// The manifests in the order of the output. Hooks of a chart are apart; those that an overlay or a kustomization prints are among them.
    pub fn manifests(&self) -> &[Manifest] {
        let rendered = self.outcome.release.as_ref().map(|release| release.manifests.as_slice());
        self.built.as_deref().or(rendered).unwrap_or_default()
    }

    /// The hooks of a chart, in the order of the output. With an overlay, and of a kustomization, there are none.
    pub fn hooks(&self) -> &[Hook] {
        let rendered = self.outcome.release.as_ref().filter(|_| self.built.is_none());
        rendered.map(|release| release.hooks.as_slice()).unwrap_or_default()
    }

    /// The rendered NOTES.txt of a chart.
    pub fn notes(&self) -> Option<&str> {
        self.outcome.release.as_ref()?.notes.as_deref()
    }

    /// Warnings of Helm or kustomize, in their words.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.outcome.warnings
    }

    /// Findings of the checks, the most severe first.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.outcome.findings
    }

    /// What templates drew from outside of their inputs. If anything, the next render may give another output; `None` if it isn't known,
    /// because a kustomization or an overlay was built.
    pub fn drawn(&self) -> Option<Drawn> {
        self.outcome.drawn
    }

    /// The whole output as one stream of YAML documents: the bytes of `helm template` or `kustomize build`.
    ///
    /// Errors: a pattern of [`Request::show_only`](crate::Request::show_only) matches no template.
    pub fn to_yaml(&self) -> Result<Vec<u8>> {
        self.outcome.stream()
    }
}
