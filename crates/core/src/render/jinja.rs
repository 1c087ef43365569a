//! Errors of templates in Jinja, laid out as those of Go's.

use pintle_functions::bind::{WARN_END, WARN_START};
use pintle_jinja::Place;
use pintle_template::ErrorKind;

use crate::diagnostic::{Diagnostic, Error, Span, Trace};
use crate::provenance::nearest;
use crate::render::{BUDGET, exceeded};

/// An error with the place, what led there, and the name that may have been meant.
pub(super) fn error(e: &pintle_jinja::Error) -> Error {
    let (code, during) = match e.kind() {
        ErrorKind::Parse => ("template/parse", "parse"),
        ErrorKind::Budget => (BUDGET, "execution"),
        _ => ("template/exec", "execution"),
    };
    // What `required` and `fail` say is the chart's own.
    let said = e.what().split_once(WARN_START).and_then(|(_, rest)| rest.rsplit_once(WARN_END)).map(|(said, _)| said);
    let what = said.unwrap_or(e.what());
    let message = match e.places().first() {
        Some(p) => format!("{during} error at ({}:{}:{}): {what}", p.file, p.line, p.column),
        None => what.to_owned(),
    };
    let span = |p: &Place| Span::new(&*p.file, p.line, p.column, p.len);
    // A template in Go's language that was included has the innermost places.
    let mut places: Vec<Span> = std::iter::successors(e.source(), |e| e.source())
        .filter_map(|e| e.location())
        .map(|l| Span::new(&*l.file, l.line, l.column.map_or(0, |c| c + 1), l.node.len()))
        .collect();
    places.reverse();
    places.extend(e.places().iter().map(span));
    let mut places = places.into_iter();
    let innermost = std::iter::successors(e.source(), |e| e.source()).last().filter(|_| said.is_none());
    let what = innermost.filter(|e| e.location().is_some()).map_or(what, |e| e.what());
    let mut d = if code == BUDGET { exceeded(what) } else { Diagnostic::error(code, what) };
    d.span = places.next();
    d.trace = places.map(|span| Trace { message: "called here".into(), span }).collect();
    // What values there are is said with where they are set.
    if let Some(unknown) = e.unknown().filter(|u| !u.before.starts_with("values."))
        && let Some(near) = nearest(&unknown.name, unknown.known.iter().map(String::as_str))
    {
        d.hints.push(format!("did you mean {}{near}?", unknown.before));
    }
    Error::from(d).with_message(message)
}
