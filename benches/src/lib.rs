//! The steps of a render, apart, so that each can be timed. `helm-library/main.go` has the same steps of Helm's library.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use pintle_core::arrange::{Arranged, Reads};
use pintle_core::capabilities::Capabilities;
use pintle_core::emit::{EmitOptions, stream};
use pintle_core::merge::coalesce::Coalesce;
use pintle_core::merge::dependencies::{Node, process};
use pintle_core::merge::options::{ValuesFile, ValuesOptions};
use pintle_core::release::render_and_arrange;
use pintle_core::render::{Context, ReleaseInfo};
use pintle_core::values_schema::check;
use pintle_core::{Chart, Compat, Error, LoadOptions, Options, Values};
use pintle_functions::bind::Host;
use pintle_functions::world::System;
use pintle_value::{Entries, Map};

const RELEASE: &str = "bench";

/// What the templates of a chart are rendered with.
pub struct Prepared {
    root: Node,
    values: Map,
    capabilities: Capabilities,
}

/// The chart of a folder or an archive.
///
/// Errors are those of [`Chart::load`].
pub fn load(path: &Path) -> Result<Arc<Chart>, Error> {
    Chart::load(path, &LoadOptions::default())
}

/// The values of a file.
///
/// Panics on a file that can't be read: benchmarks have no use without it.
pub fn values_of(path: &Path) -> Values {
    let text = pintle_files::read::file(path, pintle_files::TEXT).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file = ValuesFile::new(path.display().to_string(), text);
    let options = ValuesOptions { files: vec![file], ..ValuesOptions::default() };
    options.merge(Compat::default(), &|_| Err("no flag names a file".to_owned())).unwrap_or_else(|e| panic!("{e}"))
}

/// From a chart to the `.Values` of it and its dependencies: conditions, imports, defaults, the schema.
///
/// Errors are those of [`pintle_core::render()`] before the first template.
pub fn values(chart: &Arc<Chart>) -> Result<Prepared, Error> {
    let failed = |e: String| Error::new(&pintle_core::rules::VALUES_TYPE, e);
    let none = Map::new(Entries::new());
    let coalesce = Coalesce::new(Compat::default());
    let mut root = Node::new(chart);
    process(&mut root, &none, &coalesce).map_err(failed)?;
    let capabilities = Capabilities::new(Compat::default(), None, &[], None)?;
    let values = coalesce.values(&root, &none).map_err(failed)?;
    let options = Options::default();
    check(&root, &values, &|url| (options.schemas)(url))?;
    Ok(Prepared { root, values, capabilities })
}

/// From values to documents and hooks in order. Templates are parsed the first time that a chart is rendered, and no more.
///
/// Errors are those of templates, and of output that isn't valid YAML.
pub fn render(prepared: &Prepared) -> Result<Arranged, Error> {
    let release = ReleaseInfo { name: RELEASE.into(), namespace: "default".into(), is_upgrade: false };
    let host = Host::new(System);
    let context = Context {
        release: &release,
        capabilities: &prepared.capabilities,
        budget: Arc::default(),
        host: Rc::new(host),
        reads: Reads::Heads,
    };
    Ok(render_and_arrange(&prepared.root, &prepared.values, &context, None)?.0)
}

/// The output of a chart that is loaded already, from beginning to end.
///
/// Errors are those of [`pintle_core::render()`].
pub fn output(chart: &Arc<Chart>) -> Result<Vec<u8>, Error> {
    output_with(chart, &Values::default())
}

/// The same with a caller's values.
///
/// Errors are those of [`pintle_core::render()`].
pub fn output_with(chart: &Arc<Chart>, values: &Values) -> Result<Vec<u8>, Error> {
    let options = Options { release_name: RELEASE.into(), ..Options::default() };
    stream(&pintle_core::render(chart, values, &options)?, &EmitOptions::default())
}

/// `pintle template` without its process.
///
/// Errors are those of loading and rendering.
pub fn whole(path: &Path) -> Result<Vec<u8>, Error> {
    output(&load(path)?)
}
