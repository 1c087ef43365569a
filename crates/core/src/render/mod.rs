//! Renders the templates of a chart and its dependencies (`helm.sh/helm/v4/pkg/engine/engine.go`).
//!
//! Takes the tree of a render and its values, gives a text for each file of templates/. What the texts mean is not its business.

mod chart;
mod gather;
mod jinja;
mod message;
pub(crate) mod objects;

use crate::arrange::Reads;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;
use pintle_functions::bind::{Host, WARN_END, WARN_START};
use pintle_template::record::{Read, Record};
use pintle_template::{BYTES_A_PARSED_BYTE, ErrorKind, Evaluator, Location};
use pintle_value::budget::Budget;
use pintle_value::types::NamedType;
use pintle_value::{Entries, Map, Str, Value};

use crate::Compat;
use crate::ahead::order;
use crate::capabilities::Capabilities;
use crate::diagnostic::{Diagnostic, Error, Result, Source, Span, Trace, Tracepoint, exceeded};
use crate::functions::functions;
use crate::load::Dialect;
use crate::merge::dependencies::Node;
use crate::rules;
use gather::{Gathered, check, gather};
pub use message::helm_text;

/// `.Release`
#[derive(Clone, Debug)]
pub struct ReleaseInfo {
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Whether this is an upgrade rather than an installation.
    pub is_upgrade: bool,
}

/// The texts that templates made, by file.
pub type Rendered = BTreeMap<String, Arc<Vec<u8>>>;

/// Learns of each text as soon as it is made.
pub type Sink<'s> = dyn FnMut(&str, &Arc<Vec<u8>>) + 's;

/// What the evaluator noted while it made the text of a file, and the text as it came out.
pub struct FileRecord {
    /// The output before `<no value>` was removed.
    pub raw: Vec<u8>,
    /// What made it.
    pub record: Record,
}

/// The records of a render by file. After an error that of the file that failed is the last.
#[derive(Default)]
pub struct Records {
    /// The files that are rendered at all, if not all of them.
    pub wanted: Option<BTreeSet<String>>,
    /// The files that were rendered.
    pub files: BTreeMap<String, FileRecord>,
    /// What the action that failed had read.
    pub failed_reads: Vec<Read>,
    /// Where it was called from, innermost first, if the error doesn't tell itself.
    pub failed_calls: Vec<Span>,
    /// The templates' texts, by the names that templates know them by.
    pub sources: BTreeMap<String, Source>,
}

/// Everything that a render needs besides the chart.
pub struct Context<'c> {
    /// `.Release`
    pub release: &'c ReleaseInfo,
    /// `.Capabilities`
    pub capabilities: &'c Capabilities,
    /// What the render is charged to.
    pub budget: Arc<Budget>,
    /// What functions share: the world above all.
    pub host: Rc<Host>,
    /// What is read of the documents that come out.
    pub reads: Reads,
}

struct Renderable<'c> {
    text: Str,
    dialect: Dialect,
    /// The dot, shared by the templates of one chart.
    dot: Map,
    base_path: String,
    /// Where the file lies, for people.
    path: Option<&'c Path>,
}

impl Renderable<'_> {
    /// The text under the name that people know it by; `name` is what templates know.
    fn source(&self, name: &str) -> Source {
        let name = self.path.map_or_else(|| name.to_owned(), |path| path.display().to_string());
        Source::new(name, self.text.clone())
    }
}

/// Renders all templates below `root`, tells `sink` of each, and fills `records` if there are any to fill.
pub fn render(
    root: &Node,
    values: &Map,
    context: &Context<'_>,
    mut records: Option<&mut Records>,
    sink: &mut Sink<'_>,
) -> Result<Rendered> {
    let compat = context.capabilities.compat;
    let values_type: &'static NamedType = if compat.chart_is_a_map() { &objects::VALUES } else { &objects::VALUES_HELM3 };
    let mut collector = Collector {
        templates: BTreeMap::new(),
        release: release(context.release),
        capabilities: objects::capabilities(context.capabilities),
        values_type,
        compat,
    };
    collector.chart(root, root.name(), values.clone(), true)?;
    let templates = collector.templates;
    for t in templates.values() {
        let parsed = t.text.len() as u64 * BYTES_A_PARSED_BYTE;
        context.budget.allocate(parsed).map_err(|e| Error::from(exceeded(e.to_string())))?;
    }
    let source = |name: &str| templates.get(name).map_or_else(|| Source::named(name), |t| t.source(name));
    let mut wanted = None;
    if let Some(records) = &mut records {
        wanted = records.wanted.take();
        records.sources = templates.iter().map(|(name, t)| (name.clone(), t.source(name))).collect();
    }

    let order: Vec<(&String, &Renderable<'_>)> =
        order(templates.keys()).into_iter().map(|name| (name, &templates[name])).collect();
    let at_once = root.chart.ahead.threads(root.size()) < 2;
    let Gathered { set, in_jinja, texts } = gather(&order, &root.chart.ahead, compat, at_once, &source)?;
    let evaluator = Evaluator::new(Arc::new(set), functions(compat), context.host.clone(), context.budget.clone());
    let evaluator = Rc::new(RefCell::new(evaluator));
    let mut execute = |name: &str, t: &Renderable<'_>| -> Result<Vec<u8>> {
        let template = Entries::from([("Name".into(), name.into()), ("BasePath".into(), t.base_path.as_str().into())]);
        t.dot.insert("Template".into(), Value::Map(Map::named(values_type, template)));
        let jinja = in_jinja.as_ref().filter(|_| t.dialect == Dialect::Jinja);
        let dot = || Value::Map(t.dot.with_type(values_type));
        match (&mut records, jinja) {
            (None, None) => evaluator.borrow_mut().execute(name, dot()).map_err(|e| execution_error(&e, &source, compat)),
            (None, Some(jinja)) => jinja.templates.render(name, &t.dot, &evaluator).map_err(|e| jinja::error(&e, &source)),
            (Some(records), jinja) => {
                let (result, record) = match jinja {
                    None => {
                        let (result, record) = evaluator.borrow_mut().execute_recorded(name, dot());
                        (result.map_err(|e| execution_error(&e, &source, compat)), record)
                    }
                    Some(jinja) => {
                        let (result, record) = jinja.templates.render_recorded(name, &t.dot, &evaluator);
                        (result.map_err(|e| jinja::error(&e, &source)), record)
                    }
                };
                records.failed_reads.clone_from(&record.failed_reads);
                records.failed_calls =
                    if result.is_err() { crate::provenance::calls_around(&record, &records.sources) } else { Vec::new() };
                let raw = result?;
                records.files.insert(name.to_owned(), FileRecord { raw: raw.clone(), record });
                Ok(raw)
            }
        }
    };
    let mut rendered = Rendered::new();
    for (name, t) in &order {
        let base = name.rsplit('/').next().unwrap_or(name);
        if base.starts_with('_') || wanted.as_ref().is_some_and(|wanted| !wanted.contains(*name)) {
            continue;
        }
        let raw = execute(name, t).or_else(|e| check(&texts, &source).and(Err(e)))?;
        let text = Arc::new(without_no_value(raw));
        sink(name, &text);
        rendered.insert((*name).clone(), text);
    }
    check(&texts, &source)?;
    Ok(rendered)
}

fn release(info: &ReleaseInfo) -> Value {
    Value::dict(Entries::from([
        ("Name".into(), info.name.as_str().into()),
        ("Namespace".into(), info.namespace.as_str().into()),
        ("IsUpgrade".into(), Value::Bool(info.is_upgrade)),
        ("IsInstall".into(), Value::Bool(!info.is_upgrade)),
        ("Revision".into(), Value::int(1)),
        ("Service".into(), "Helm".into()),
    ]))
}

const NO_VALUE: &[u8] = b"<no value>";
static NO_VALUE_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NO_VALUE));

/// Removes every `<no value>`, which is what Go prints for nil.
pub(crate) fn without_no_value(text: Vec<u8>) -> Vec<u8> {
    let mut found = NO_VALUE_FINDER.find_iter(&text).peekable();
    if found.peek().is_none() {
        return text;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = 0;
    for at in found {
        out.extend_from_slice(&text[rest..at]);
        rest = at + NO_VALUE.len();
    }
    out.extend_from_slice(&text[rest..]);
    out
}

struct Collector<'c> {
    templates: BTreeMap<String, Renderable<'c>>,
    release: Value,
    capabilities: Value,
    values_type: &'static NamedType,
    compat: Compat,
}

impl<'c> Collector<'c> {
    /// `recAllTpls`: the templates of a chart with their dot, its dependencies first. Gives the dot.
    fn chart(&mut self, node: &'c Node, path: &str, values: Map, is_root: bool) -> Result<Map> {
        let subcharts = Map::new(Entries::new());
        let chart = if self.compat.chart_is_a_map() {
            Value::Map(chart::helm4(&node.metadata, is_root))
        } else {
            chart::helm3(&node.metadata, is_root)
        };
        let dot = Map::new(Entries::from([
            ("Chart".into(), chart),
            ("Files".into(), objects::files(&node.chart)),
            ("Release".into(), self.release.clone()),
            ("Capabilities".into(), self.capabilities.clone()),
            ("Values".into(), Value::Map(values.with_type(self.values_type))),
            ("Subcharts".into(), Value::Map(subcharts.clone())),
        ]));
        for child in &node.dependencies {
            let child_values = match values.get(child.name().as_bytes()) {
                Some(Value::Map(m)) => m,
                _ => Map::new(Entries::new()),
            };
            let child_path = format!("{path}/charts/{}", child.name());
            let child_dot = self.chart(child, &child_path, child_values, false)?;
            subcharts.insert(child.name().into(), Value::Map(child_dot));
        }
        for t in &node.chart.templates {
            let base = t.name.rsplit('/').next().unwrap_or(&t.name);
            if node.chart.is_library() && !base.starts_with('_') {
                continue;
            }
            let base_path = format!("{path}/templates");
            let renderable =
                Renderable { text: t.data()?.clone(), dialect: node.chart.dialect, dot: dot.clone(), base_path, path: t.path() };
            self.templates.insert(format!("{path}/{}", t.name), renderable);
        }
        Ok(dot)
    }
}

/// Finds the text of a template by its name.
type Sources<'s> = dyn Fn(&str) -> Source + 's;

/// What Helm calls the text that `tpl` is given.
const TPL: &str = "gotpl";

/// Where an error of the evaluator is.
fn template_span(at: &Location, source: &Sources<'_>) -> Span {
    let source = match &*at.file {
        TPL => Source::named("the text given to tpl"),
        file => source(file),
    };
    match at.column {
        None => Span::line(&source, at.line),
        Some(column) if source.text().is_empty() => Span::position(&source, at.line, column + 1),
        Some(column) => {
            let start = source.line(at.line).start + column;
            let rest = source.text().get(start..).unwrap_or_default();
            // Of `.Values.image.tag` the place is `.image`: Go gives a chain of fields the place of its second one.
            let whole = at.node.as_bytes();
            let shown = (0..whole.len()).map(|i| &whole[i..]).find(|part| rest.starts_with(part)).unwrap_or(whole);
            Span::range(&source, start..start + shown.len())
        }
    }
}

/// The places of an error and its causes, outermost first.
fn places(e: &pintle_template::Error, source: &Sources<'_>) -> Vec<Span> {
    std::iter::successors(Some(e), |e| e.source()).filter_map(|e| e.location()).map(|at| template_span(at, source)).collect()
}

/// A place that something was called at.
pub(crate) fn called(span: Span) -> Trace {
    Trace { what: Tracepoint::Called, span }
}

/// `cleanupParseError`
fn parse_error(file: &str, e: &pintle_template::Error, source: &Sources<'_>) -> Error {
    let text = e.message();
    let tokens: Vec<&str> = text.split(": ").collect();
    let message = match tokens.as_slice() {
        [_] | [] => format!("parse error in ({file}): {text}"),
        [_, location, ..] => format!("parse error at ({location}): {}", tokens[tokens.len() - 1]),
    };
    let mut d = Diagnostic::new(&rules::TEMPLATE_PARSE, e.what());
    d.span = e.location().map(|at| template_span(at, source));
    Error::from(d).with_message(message)
}

fn execution_error(e: &pintle_template::Error, source: &Sources<'_>, compat: Compat) -> Error {
    let innermost = std::iter::successors(Some(e), |e| e.source()).last().unwrap_or(e);
    let said = innermost.what().replace(WARN_START, "").replace(WARN_END, "");
    let mut d = match e.kind() {
        ErrorKind::Budget => exceeded(said),
        _ => Diagnostic::new(&rules::TEMPLATE_EXEC, said),
    };
    // The innermost place is where things went wrong; those before it are how it came to be there.
    let mut places = places(e, source);
    d.span = places.pop();
    // A template that includes itself comes by the same place a thousand times.
    for place in places.into_iter().rev().map(called) {
        if Some(&place.span) != d.span.as_ref() && !d.trace.contains(&place) {
            d.trace.push(place);
        }
    }
    Error::from(d).with_message(helm_text(e, compat))
}
