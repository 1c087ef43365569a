//! Pintle renders Helm charts: the same bytes as Helm, as plain data, without Helm, a cluster or a network.
//!
//! # A release in ten lines
//!
//! ```no_run
//! use pintle::{Chart, Request, Values};
//!
//! let chart = Chart::load("charts/web")?;
//! let values = Values::new().file("values-prod.yaml", std::fs::read("values-prod.yaml").unwrap()).set("image.tag=v2");
//! let release = Request::new(&chart).name("web").namespace("prod").values(values).run()?;
//! for manifest in release.manifests() {
//!     println!("{} {}", manifest.kind, manifest.name);
//! }
//! print!("{}", String::from_utf8_lossy(&release.to_yaml()?));
//! # Ok::<(), pintle::Error>(())
//! ```
//!
//! A [`Chart`] is loaded once and rendered as often as you like. A [`Request`] says what to render and how; [`Request::run`] gives a
//! [`Release`]: manifests, hooks, notes and findings. The render reads the chart and what you hand over, and nothing else: no environment, no
//! network, no other file.
//!
//! # Charts from memory
//!
//! A chart's files need not lie on a disk: [`Chart::from_files`] takes names and texts, [`Loader::load_archive`] the bytes of a `.tgz`.
//!
//! ```
//! use pintle::{Chart, Request};
//!
//! let chart = Chart::from_files([
//!     ("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
//!     ("values.yaml", "replicas: 1"),
//!     ("templates/cm.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {replicas: '{{ .Values.replicas }}'}}"),
//! ])?;
//! let release = Request::new(&chart).run()?;
//! assert!(release.manifests()[0].content.contains("replicas: '1'"));
//! # Ok::<(), pintle::Error>(())
//! ```
//!
//! # Values from a type, manifests as a type
//!
//! Whatever serde can serialize as a map can be the values, and a manifest becomes any type that serde can deserialize, those of
//! `k8s-openapi` included.
//!
//! ```
//! # use pintle::{Chart, Request, Values};
//! #[derive(serde::Serialize)]
//! struct Settings {
//!     replicas: u32,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct ConfigMap {
//!     data: std::collections::BTreeMap<String, String>,
//! }
//!
//! # let template = "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {replicas: '{{ .Values.replicas }}'}}";
//! # let chart = Chart::from_files([("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"), ("templates/cm.yaml", template)])?;
//! let values = Values::from_serialize(&Settings { replicas: 3 })?;
//! let release = Request::new(&chart).values(values).run()?;
//! let map: ConfigMap = release.manifests()[0].to()?;
//! assert_eq!(map.data["replicas"], "3");
//! # Ok::<(), pintle::Error>(())
//! ```
//!
//! # Threads
//!
//! A chart is `Send` and `Sync`, its clones share it, and so does a [`Release`]. A render itself stays on the thread that calls it, unless the
//! chart was loaded with [`Loader::parallel`].
//!
//! ```
//! # use pintle::{Chart, Request, Values};
//! # let template = "{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ .Release.Name }}}}";
//! # let chart = Chart::from_files([("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"), ("templates/cm.yaml", template)])?;
//! std::thread::scope(|scope| {
//!     let render = |name: &'static str| {
//!         let chart = &chart;
//!         scope.spawn(move || Request::new(chart).name(name).run())
//!     };
//!     let threads: Vec<_> = ["north", "south", "east", "west"].map(render).into();
//!     for thread in threads {
//!         assert_eq!(thread.join().unwrap().unwrap().manifests().len(), 1);
//!     }
//! });
//! # Ok::<(), pintle::Error>(())
//! ```
//!
//! # Errors with places
//!
//! An [`Error`] displays Helm's text. Its [diagnostics](Error::diagnostics) know more: the rule, the place in the template, the includes
//! around it, the line or flag that set the value. [`diagnostic::show`] prints them as text, JSON, SARIF and more. None of them holds a secret.
//!
//! ```
//! # use pintle::{Chart, Request, Values};
//! use pintle::diagnostic::show::{Colour, Format};
//!
//! # let chart = Chart::from_files([("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"), ("templates/a.yaml", "name: {{ upper .Values.name }}")])?;
//! let values = Values::new().file("values-prod.yaml", "name: [a, b]\n");
//! let error = Request::new(&chart).values(values).run().unwrap_err();
//! let place = error.diagnostics()[0].span.as_ref().unwrap();
//! assert_eq!(place.to_string(), "web/templates/a.yaml:1:23");
//! eprint!("{}", Format::Text.show(error.diagnostics(), Colour::Never));
//! # Ok::<(), pintle::Error>(())
//! ```
//!
//! # Checks
//!
//! A request may check its output: schemas of Kubernetes and of custom resources, the API server's own rules, references between objects,
//! secrets in plain text. [`Mode::Warn`] puts findings into [`Release::findings`], [`Mode::Error`] makes the severe ones an error.
//!
//! ```
//! # use pintle::{Chart, Request};
//! use pintle::Mode;
//!
//! # let template = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetport: 8080}]}\n";
//! # let chart = Chart::from_files([("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"), ("templates/service.yaml", template)])?;
//! let request = Request::new(&chart).check(Mode::Warn).rule("select/*", "off");
//! let release = request.run()?;
//! assert_eq!(release.findings()[0].path.to_string(), "spec.ports[0].targetport");
//! assert!(request.check(Mode::Error).run().is_err());
//! # Ok::<(), pintle::Error>(())
//! ```
//!
//! # The same output every time
//!
//! Charts may draw random passwords, certificates and the time. [`Release::drawn`] says whether one did; a seed and a clock make its output
//! repeatable.
//!
//! ```
//! # use pintle::{Chart, Request};
//! use pintle::world::Instant;
//!
//! # let template = "{kind: Secret, metadata: {name: web}, stringData: {password: {{ randAlphaNum 16 }}, at: {{ now | unixEpoch | quote }}}}";
//! # let chart = Chart::from_files([("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"), ("templates/a.yaml", template)])?;
//! let request = Request::new(&chart).seed(7).now(Instant { seconds: 1_700_000_000, nanos: 0 });
//! assert_eq!(request.run()?.to_yaml()?, request.run()?.to_yaml()?);
//! assert!(request.run()?.drawn().unwrap().random);
//! # Ok::<(), pintle::Error>(())
//! ```
//!
//! # Overlays
//!
//! An [`Overlay`] applies the fields of a kustomization to what a chart rendered; [`Request::kustomization`] builds a whole folder, as
//! `kustomize build` does.
//!
//! ```
//! # use pintle::{Chart, Overlay, Request};
//! # let template = "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}";
//! # let chart = Chart::from_files([("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"), ("templates/cm.yaml", template)])?;
//! let overlay = Overlay::new(".", "namespace: prod\nnameSuffix: -v2\n")?;
//! let release = Request::new(&chart).overlay(overlay).run()?;
//! assert_eq!(release.manifests()[0].name, "web-v2");
//! # Ok::<(), pintle::Error>(())
//! ```
//!
//! # Stability
//!
//! Everything here follows semantic versioning. The feature `unstable` adds `pintle::unstable`, the engine as the command line uses it; that may
//! change with every release. Certificates, keys and password hashes in templates need the feature `crypto`.

// The README's Rust is compiled with the documentation's own examples.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod chart;
pub mod diff;
mod package;
pub mod project;
mod release;
mod request;
mod values;
pub mod world;

pub use chart::{Chart, Loader};
pub use package::{Package, pack};
pub use pintle_core::arrange::{Content, Hook, HookEvent, Manifest};
pub use pintle_core::checks::Mode;
pub use pintle_core::load::{Dependency, Maintainer, Metadata};
pub use pintle_core::{Compat, Data, DataMap, Error, Limits, Result};
pub use pintle_diagnostic::{self as diagnostic, Diagnostic, Severity};
pub use release::Release;
pub use request::{Overlay, Request};
pub use values::Values;

#[cfg(feature = "unstable")]
pub use pintle_core as unstable;
