//! Overlays: what kustomize makes of a folder, or of manifests that are already rendered.
//!
//! Takes a folder, or manifests and the fields of a kustomization; gives manifests and what was noticed. kustomize's own behaviour
//! lives in the crate `pintle-kustomize`; here it meets diagnostics and pintle.yaml.

use std::path::PathBuf;
use std::sync::Arc;

use pintle_files::Root;
use pintle_kustomize::{
    Disk, FileSystem, HelmOptions, Inflate, Kustomization as Fields, LoadRestrictions, Options, Output, Reorder, Rooted,
    SourceObject,
};
use pintle_value::budget::Budget;
use pintle_value::{Data, DataMap};

use crate::diagnostic::{Diagnostic, Error, Result, Severity, Span};

/// A folder with a kustomization, and how it is built (`kustomize build`, 5.7.1).
#[derive(Clone, Debug)]
pub struct Kustomization {
    /// The folder.
    pub dir: PathBuf,
    /// Nothing outside of it is read. Without it everything is that kustomize itself reads.
    pub root: Option<Root>,
    /// Whether files may lie outside of the folder that names them (`--load-restrictor`).
    pub restrictions: LoadRestrictions,
    /// The order of the output (`--reorder`).
    pub reorder: Reorder,
    /// Whether every object gets the label `app.kubernetes.io/managed-by` (`--enable-managedby-label`).
    pub managed_by_label: bool,
    /// Whether plugins besides the built-in ones are allowed (`--enable-alpha-plugins`). Pintle has no others.
    pub plugins: bool,
    /// Charts (`--enable-helm` and what belongs to it).
    pub helm: HelmOptions,
}

impl Kustomization {
    /// As `kustomize build --enable-helm` builds a folder.
    pub fn new(dir: impl Into<PathBuf>, root: Option<Root>) -> Kustomization {
        Kustomization {
            dir: dir.into(),
            root,
            restrictions: LoadRestrictions::RootOnly,
            reorder: Reorder::Unspecified,
            managed_by_label: false,
            plugins: false,
            helm: HelmOptions { enabled: true, ..HelmOptions::default() },
        }
    }
}

/// Fields of a kustomization that are laid over what was rendered.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// The files that the fields name lie below this folder.
    pub dir: PathBuf,
    /// The folders that the fields name lie below this one.
    pub root: Root,
    /// The fields.
    pub fields: DataMap,
    /// Where they stand.
    pub place: Span,
}

/// Builds a folder with a kustomization; `inflate` renders its charts, which spend from `budget` too.
///
/// Errors: kustomize's, with the file and line; a limit is exceeded.
pub fn build(kustomization: &Kustomization, inflate: &dyn Inflate, budget: Arc<Budget>) -> Result<Output> {
    let files: Box<dyn FileSystem> = match &kustomization.root {
        None => Box::new(Disk),
        Some(root) => Box::new(Rooted(root.clone())),
    };
    let options = Options {
        files: &*files,
        restrictions: kustomization.restrictions,
        reorder: kustomization.reorder,
        managed_by_label: kustomization.managed_by_label,
        plugins: kustomization.plugins,
        helm: kustomization.helm.clone(),
        inflate,
        budget,
    };
    Ok(pintle_kustomize::build(&kustomization.dir.to_string_lossy(), &options)?)
}

/// Applies an overlay to manifests; `inflate` renders the charts that it names, which spend from `budget` too.
///
/// Errors: kustomize's, a limit that is exceeded, and what kustomize takes without a word: over a chart a patch that matches nothing is a mistake.
pub fn apply(overlay: &Overlay, manifests: &[u8], inflate: &dyn Inflate, budget: Arc<Budget>) -> Result<Vec<u8>> {
    let Overlay { dir, root, fields, place } = overlay;
    let here = |e: pintle_kustomize::Error| {
        let mut e = Error::from(e);
        e.diagnostics_mut().iter_mut().for_each(|d| d.span = Some(place.clone()));
        e
    };
    let text = pintle_yaml::to_yaml(&Data::Map(fields.clone())).unwrap_or_default();
    let (kustomization, _) = Fields::read(text.as_bytes(), place.source.name()).map_err(here)?;
    let objects = [SourceObject { text: manifests, file: "the chart's output" }];
    let options = Options {
        files: &Rooted(root.clone()),
        helm: HelmOptions { enabled: true, ..HelmOptions::default() },
        inflate,
        budget,
        ..Options::default()
    };
    let output: Output =
        pintle_kustomize::transform(kustomization, place.source.name(), &dir.to_string_lossy(), &objects, &options)
            .map_err(here)?;
    let unmatched = output.warnings.iter().filter(|d| d.severity != Severity::Note);
    let unmatched = unmatched.map(|d| Diagnostic { severity: Severity::Error, span: Some(place.clone()), ..d.clone() });
    match Error::of(unmatched.collect()) {
        Some(error) => Err(error),
        None => Ok(output.to_yaml().map_err(here)?.into_bytes()),
    }
}

impl From<pintle_kustomize::Error> for Error {
    fn from(e: pintle_kustomize::Error) -> Error {
        Diagnostic::from(e).into()
    }
}
