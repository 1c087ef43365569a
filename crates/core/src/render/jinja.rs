//! Errors of templates in Jinja, laid out as those of Go's.

use pintle_functions::bind::{WARN_END, WARN_START};
use pintle_jinja::Place;
use pintle_template::ErrorKind;

use super::{Sources, called, places};
use crate::diagnostic::{Diagnostic, Error, Span, exceeded, nearest};
use crate::rules;

/// An error with the place, what led there, and the name that may have been meant.
pub(super) fn error(e: &pintle_jinja::Error, source: &Sources<'_>) -> Error {
    let during = if e.kind() == ErrorKind::Parse { "parse" } else { "execution" };
    // What `required` and `fail` say is the chart's own.
    let said = e.what().split_once(WARN_START).and_then(|(_, rest)| rest.rsplit_once(WARN_END)).map(|(said, _)| said);
    let what = said.unwrap_or(e.what());
    let message = match e.places().first() {
        Some(p) => format!("{during} error at ({}:{}:{}): {what}", p.file, p.line, p.column),
        None => what.to_owned(),
    };
    let span = |p: &Place| Span::position(&source(&p.file), p.line, p.column).with_length(p.len);
    // A template in Go's language that was included has the innermost places.
    let mut places: Vec<Span> = e.source().map_or_else(Vec::new, |e| places(e, source));
    places.reverse();
    places.extend(e.places().iter().map(span));
    let mut places = places.into_iter();
    let innermost = std::iter::successors(e.source(), |e| e.source()).last().filter(|_| said.is_none());
    let what = innermost.filter(|e| e.location().is_some()).map_or(what, |e| e.what());
    let mut d = match e.kind() {
        ErrorKind::Parse => Diagnostic::new(&rules::TEMPLATE_PARSE, what),
        ErrorKind::Budget => exceeded(what),
        _ => Diagnostic::new(&rules::TEMPLATE_EXEC, what),
    };
    d.span = places.next();
    d.trace = places.map(called).collect();
    // What values there are is said with where they are set.
    if let Some(unknown) = e.unknown().filter(|u| !u.before.starts_with("values."))
        && let Some(near) = nearest(&unknown.name, unknown.known.iter().map(String::as_str))
    {
        d.hints.push(format!("did you mean {}{near}?", unknown.before));
    }
    Error::from(d).with_message(message)
}
