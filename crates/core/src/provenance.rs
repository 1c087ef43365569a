//! Where things come from: which line of a file or which flag set a value, and which line of a template made a line of the
//! output.
//!
//! Takes what a render was given and the record that the evaluator kept, gives places for diagnostics. Used only after a
//! failure, on the same render done again.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use pintle_template::record::{CallSite, Piece, Read, Record};
use pintle_value::{List, Map, Str, Value};
use pintle_yaml::Tree;

use crate::diagnostic::{Path, Source, Span, Step, Trace, Tracepoint};
use crate::load::Chart;
use crate::merge::literal;
use crate::merge::options::ValuesOptions;
use crate::merge::set::{Reading, parse_into};
use crate::{Compat, DataMap};

/// The maps of a tree of values, by the numbers that they carry as their origin.
#[derive(Default)]
pub struct Origins(Vec<Path>);

impl Origins {
    /// Numbers every map below `values`. A map in several places (an inherited global) keeps the first.
    pub fn mark(values: &Map) -> Origins {
        let mut origins = Origins::default();
        origins.map(values, &mut Path::ROOT.clone());
        origins
    }

    fn map(&mut self, m: &Map, path: &mut Path) {
        if m.origin() != 0 {
            return;
        }
        self.0.push(path.clone());
        m.set_origin(self.0.len() as u32);
        for (k, v) in m.entries().iter() {
            path.0.push(Step::field(k.to_str_lossy().into_owned()));
            self.value(v, path);
            path.0.pop();
        }
    }

    fn list(&mut self, l: &List, path: &mut Path) {
        for (i, v) in l.iter().enumerate() {
            path.0.push(Step::Index(i));
            self.value(v, path);
            path.0.pop();
        }
    }

    fn value(&mut self, v: &Value, path: &mut Path) {
        match v {
            Value::Map(m) => self.map(m, path),
            Value::List(l) => self.list(l, path),
            _ => {}
        }
    }

    /// The path of a key that was read.
    pub fn path(&self, read: &Read) -> Option<Path> {
        let mut path = self.0.get((read.origin as usize).checked_sub(1)?)?.clone();
        path.0.push(Step::field(read.key.to_str_lossy().into_owned()));
        Some(path)
    }
}

/// Who set a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setter {
    /// A line of a file.
    File(Span),
    /// A flag of the command line, without its value.
    Flag(String),
}

/// Everything that can have set a value, the strongest first.
pub struct Sources<'s> {
    given: &'s ValuesOptions,
    chart: &'s Chart,
    /// The documents of the files that were looked into, by where their texts lie: each is parsed once.
    parsed: RefCell<HashMap<usize, Vec<Tree<'s>>>>,
}

impl<'s> Sources<'s> {
    /// What the caller gave, and the chart for its defaults and those of its dependencies.
    pub fn new(given: &'s ValuesOptions, chart: &'s Chart) -> Sources<'s> {
        Sources { given, chart, parsed: RefCell::default() }
    }

    /// The place of a path in a file of values: the key, or the item of a list.
    fn locate(&self, text: &'s [u8], path: &[Step<'_>], source: impl FnOnce() -> Source) -> Option<Span> {
        let mut parsed = self.parsed.borrow_mut();
        let trees = parsed.entry(text.as_ptr().addr()).or_insert_with(|| Tree::parse_all(text).0);
        located(trees, path, source)
    }

    /// Who set the value at a path, if anyone did.
    ///
    /// A global of a chart is also a global of the charts above it, and those above win (`coalesceGlobals`, `helm.sh/helm/v4/pkg/chart/common/util`).
    pub fn setter(&self, path: &[Step<'_>]) -> Option<Setter> {
        let global = path.iter().position(|step| step.name() == Some("global")).unwrap_or(0);
        // Below anything else than a chart it is a key like any other.
        let chart = path[..global].iter().try_fold(self.chart, |chart, step| child(chart, step.name()?));
        let global = if chart.is_some() { global } else { 0 };
        let inherited = |depth: usize| self.exactly(&[&path[..depth], &path[global..]].concat());
        (0..global).find_map(inherited).or_else(|| self.exactly(path))
    }

    fn exactly(&self, path: &[Step<'_>]) -> Option<Setter> {
        self.flag(path).or_else(|| self.file(path)).or_else(|| self.program(path)).or_else(|| self.default(self.chart, "", path))
    }

    fn flag(&self, path: &[Step<'_>]) -> Option<Setter> {
        let g = self.given;
        let never = |_: &str| Ok(crate::Data::Null);
        let kinds: [(&str, &[String], Reading<'_>); 4] = [
            ("--set-file", &g.set_files, Reading::Through(&never)),
            ("--set-string", &g.strings, Reading::Text),
            ("--set", &g.set, Reading::Typed),
            ("--set-json", &g.json, Reading::Json),
        ];
        for text in g.literals.iter().rev() {
            let mut values = DataMap::new();
            let _ = literal::parse_into(text, &mut values, Compat::default());
            if has(&values, path) {
                return Some(Setter::Flag(format!("--set-literal {}", key_of(text, path))));
            }
        }
        for (flag, texts, reading) in kinds {
            for text in texts.iter().rev() {
                let mut values = DataMap::new();
                let _ = parse_into(text, &mut values, &reading, Compat::default());
                if has(&values, path) {
                    return Some(Setter::Flag(format!("{flag} {}", key_of(text, path))));
                }
            }
        }
        None
    }

    fn file(&self, path: &[Step<'_>]) -> Option<Setter> {
        let found = self.given.files.iter().rev().find_map(|f| match &f.within {
            None => self.locate(&f.text, path, || Source::new(&*f.name, f.text.clone())),
            Some((source, above)) => {
                let path: Vec<Step<'_>> = above.0.iter().chain(path).cloned().collect();
                self.locate(source.text(), &path, || source.clone())
            }
        });
        found.map(Setter::File)
    }

    /// Values of a program have no text to point into.
    fn program(&self, path: &[Step<'_>]) -> Option<Setter> {
        let source = || Source::named("the program's values");
        has(&self.given.data, path).then(|| Setter::File(Span::whole(&source())))
    }

    /// The defaults: a parent's for a dependency are stronger than the dependency's own.
    fn default(&self, chart: &'s Chart, folder: &str, path: &[Step<'_>]) -> Option<Setter> {
        let known = || format!("{folder}{}/values.yaml", chart.name());
        let source = |text: &Str| {
            let name = chart.values_path.as_ref().map_or_else(known, |path| path.display().to_string());
            Source::new(name, text.clone())
        };
        let own = |text: &Str| located(chart.values_trees(), path, || source(text));
        if let Some(span) = chart.values_text.as_ref().and_then(own) {
            return Some(Setter::File(span));
        }
        let Some((Step::Field(first), rest)) = path.split_first() else { return None };
        let child = child(chart, first)?;
        self.default(child, &format!("{folder}{}/charts/", chart.name()), rest)
    }

    /// A line of a trace for a path that was read.
    pub fn trace(&self, path: &[Step<'static>]) -> Option<Trace> {
        let shown = shown(path);
        Some(match self.setter(path)? {
            Setter::File(span) => Trace { what: Tracepoint::Set(shown), span },
            Setter::Flag(flag) => Trace { what: Tracepoint::SetByFlag(shown), span: Span::whole(&Source::named(flag)) },
        })
    }
}

/// The place of a path in the documents of a file of values.
fn located(trees: &[Tree<'_>], path: &[Step<'_>], source: impl FnOnce() -> Source) -> Option<Span> {
    let place = trees.iter().rev().find_map(|t| t.locate(path))?;
    let span = place.key.unwrap_or(place.value);
    // Values may be secrets: their lines are never repeated.
    Some(Span::range(&source().private(), span.start.offset..span.end.offset))
}

/// The dependency that has its values under this name.
fn child<'c>(chart: &'c Chart, name: &str) -> Option<&'c Chart> {
    let alias = |of: &str| chart.metadata.dependencies.iter().any(|d| d.alias == name && d.name == of);
    chart.dependencies.iter().find(|c| c.name() == name || alias(c.name())).map(|child| &**child)
}

/// The path of a value, as templates write it: `.Values.image.tag`.
pub fn shown(path: &[Step<'_>]) -> String {
    Path::of(path).below(".Values")
}

/// The key of `key=value`: values are never repeated in messages.
fn key_of(text: &str, path: &[Step<'_>]) -> String {
    // One flag may set several values: then the path says which is meant.
    match text.matches('=').count() {
        0 | 1 => text.split('=').next().unwrap_or(text).to_owned(),
        _ => Path::of(path).to_string(),
    }
}

fn has(values: &DataMap, path: &[Step<'_>]) -> bool {
    let Some((Step::Field(first), rest)) = path.split_first() else { return false };
    let mut at = values.get(first.as_ref());
    for key in rest {
        at = match (at, key) {
            (Some(v), Step::Field(name) | Step::Key(name)) => v.get(name),
            (Some(v), Step::Index(i)) => v.as_list().and_then(|l| l.get(*i)),
            (None, _) => None,
        };
    }
    at.is_some()
}

/// What made a line of the output.
#[derive(Clone, Debug)]
pub struct Made {
    /// The line of the template.
    pub span: Span,
    /// The includes around it, innermost first.
    pub calls: Vec<Span>,
    /// What was read for it.
    pub reads: Vec<Read>,
}

/// Follows a byte of a template's output to what made it.
///
/// `raw` is the output before `<no value>` was removed, `offset` counts in it.
pub fn made(record: &Record, raw: &[u8], offset: usize, sources: &BTreeMap<String, Source>) -> Option<Made> {
    let mut reads = Vec::new();
    let (piece, text, offset) = follow(&record.pieces, raw, offset, &mut reads)?;
    let site = record.calls.get(piece.call)?;
    let calls = callers(record, site, sources);
    let at = piece.pos as usize + text_offset(piece, text, offset, &site.text);
    Some(Made { span: span_at(site, at, sources), calls, reads })
}

/// Where the call that failed was asked for, innermost first.
pub fn calls_around(record: &Record, sources: &BTreeMap<String, Source>) -> Vec<Span> {
    record.failed_call.and_then(|call| record.calls.get(call)).map_or_else(Vec::new, |site| callers(record, site, sources))
}

fn callers(record: &Record, site: &CallSite, sources: &BTreeMap<String, Source>) -> Vec<Span> {
    let mut calls = Vec::new();
    let mut caller = site.caller;
    let mut seen = HashSet::new();
    while let Some((call, pos)) = caller {
        let Some(outer) = record.calls.get(call).filter(|_| seen.insert(call)) else { break };
        calls.push(span_at(outer, pos as usize, sources));
        caller = outer.caller;
    }
    calls
}

/// How far into a piece of plain text an offset lies; an action is one place.
fn text_offset(piece: &Piece, raw: &[u8], offset: usize, source: &[u8]) -> usize {
    let within = offset.saturating_sub(piece.range.start);
    let is_text =
        raw.get(piece.range.clone()).is_some_and(|text| source.get(piece.pos as usize..).is_some_and(|s| s.starts_with(text)));
    if is_text && within < piece.range.len() { within } else { 0 }
}

/// A place in the file of a template; the text of a `tpl` is in no file.
fn span_at(site: &CallSite, offset: usize, sources: &BTreeMap<String, Source>) -> Span {
    let source = sources.get(&*site.file).filter(|source| source.text() == &*site.text).cloned();
    Span::range(&source.unwrap_or_else(|| Source::new(&*site.file, site.text.clone())), offset..offset)
}

/// The piece that a byte of a text comes from, with the innermost text that it is a piece of, and the place in that.
fn follow<'r>(pieces: &'r [Piece], raw: &'r [u8], offset: usize, reads: &mut Vec<Read>) -> Option<(&'r Piece, &'r [u8], usize)> {
    let piece = pieces.iter().rev().find(|p| p.range.start <= offset && offset < p.range.end.max(p.range.start + 1))?;
    let (line_start, _) = line_at(raw, offset);
    let line_end = raw[line_start..].iter().position(|b| *b == b'\n').map_or(raw.len(), |i| line_start + i);
    // All that stands on the line had a part in it.
    let on_line = pieces.iter().filter(|p| p.range.start < line_end && p.range.end > line_start);
    reads.extend(on_line.flat_map(|p| p.reads.iter().cloned()));
    // A function may have indented or cut what a template gave it: the line is found again by its text.
    let output = raw.get(piece.range.clone()).unwrap_or(&[]);
    let within = offset - piece.range.start;
    let wanted = line_at(output, within).1;
    if wanted.is_empty() {
        return Some((piece, raw, offset));
    }
    let nth = lines(output).take_while(|(start, _)| *start <= within).filter(|(_, l)| *l == wanted).count();
    for captured in piece.captured.iter().rev() {
        let found = lines(&captured.text).filter(|(_, l)| *l == wanted).take(nth).last();
        if let Some((start, line)) = found {
            let line_offset = start + captured.text[start..].iter().take_while(|b| b.is_ascii_whitespace()).count();
            let offset = if line.is_empty() { start } else { line_offset };
            if let Some(inner) = follow(&captured.pieces, &captured.text, offset, reads) {
                return Some(inner);
            }
        }
    }
    Some((piece, raw, offset))
}

fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    text.split_inclusive(|b| *b == b'\n').map(move |l| {
        let at = start;
        start += l.len();
        (at, l.trim_ascii())
    })
}

fn line_at(text: &[u8], offset: usize) -> (usize, &[u8]) {
    lines(text).take_while(|(start, _)| *start <= offset).last().unwrap_or((0, b""))
}

/// The offset in the raw output of an offset behind the removal of every `<no value>`.
pub fn raw_offset(raw: &[u8], offset: usize) -> usize {
    const NO_VALUE: &[u8] = b"<no value>";
    let (mut at, mut kept) = (0, 0);
    while at < raw.len() && kept < offset || raw[at.min(raw.len())..].starts_with(NO_VALUE) {
        if raw[at..].starts_with(NO_VALUE) {
            at += NO_VALUE.len();
        } else {
            at += 1;
            kept += 1;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_skip_what_was_removed() {
        let raw = b"a<no value>b<no value><no value>c";
        assert_eq!([0, 1, 2, 3].map(|o| raw_offset(raw, o)), [0, 11, 32, 33]);
    }
}
