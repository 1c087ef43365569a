//! The charts of kustomizations, rendered as Helm 3.22 does it: the only one that kustomize 5.7.1 works with.

use std::sync::Arc;

use pintle_files::{Root, work_tree};
use pintle_kustomize::{ChartRequest, Error as BuildError, Inflate};
use pintle_value::budget::Budget;

use super::{Input, Request};
use crate::Compat;
use crate::ahead::Ahead;
use crate::diagnostic::{Error, Result};
use crate::emit::EmitOptions;
use crate::load::LoadOptions;
use crate::merge::options::{ValuesFile, ValuesOptions};
use crate::release::{Options, name_from_template};

/// Renders the charts of kustomizations.
#[derive(Clone, Debug)]
pub struct Charts {
    /// Where charts and their links lie. Without it charts lie anywhere, and their links below the Git work tree around each.
    pub root: Option<Root>,
    /// What the charts draw from, with the build that they belong to.
    pub budget: Arc<Budget>,
    /// What may be done at once and ahead.
    pub ahead: Ahead,
}

impl Inflate for Charts {
    fn inflate(&self, chart: &ChartRequest) -> Result<Vec<u8>, BuildError> {
        self.rendered(chart).map_err(|e| {
            let place = e.diagnostics().iter().find_map(|d| d.span.as_ref());
            let error = BuildError::new(e.to_string());
            match place {
                Some(span) => error.at_span(span),
                None => error,
            }
        })
    }
}

impl Charts {
    fn rendered(&self, chart: &ChartRequest) -> Result<Vec<u8>> {
        let root = match &self.root {
            None => work_tree(&chart.chart),
            Some(root) => {
                let outside = |e: std::io::Error| BuildError::new(format!("chart {}: {e}", chart.chart.display()));
                root.resolve(&chart.chart).map_err(|e| Error::from(outside(e)))?;
                Some(root.folder().to_owned())
            }
        };
        let load = LoadOptions { root, compat: Compat::Helm3, on_demand: true, ..LoadOptions::default() };
        let release_name = match (chart.name_template.as_str(), chart.release_name.as_str()) {
            // Helm would make up a name from the clock, and every build would be another.
            ("", "") => "release-name".to_owned(),
            ("", name) => name.to_owned(),
            (template, _) => name_from_template(template)?,
        };
        let file = |(name, text): &(String, Vec<u8>)| ValuesFile::new(name, text.clone());
        let request = Request {
            values: ValuesOptions { files: chart.values.iter().map(file).collect(), ..ValuesOptions::default() },
            options: Options {
                release_name,
                namespace: if chart.namespace.is_empty() { "default".to_owned() } else { chart.namespace.clone() },
                limits: self.budget.limits(),
                kube_version: (!chart.kube_version.is_empty()).then(|| chart.kube_version.clone()),
                api_versions: chart.api_versions.clone(),
                ..Options::default()
            },
            emit: EmitOptions {
                include_crds: chart.include_crds,
                no_hooks: chart.skip_hooks,
                skip_tests: chart.skip_tests,
                ..EmitOptions::default()
            },
            ahead: self.ahead.clone(),
            budget: Some(self.budget.clone()),
            ..Request::new(Input::Chart(chart.chart.clone(), load))
        };
        request.run()?.stream()
    }
}
