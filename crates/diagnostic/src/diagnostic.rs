//! One finding.

use std::collections::HashMap;
use std::fmt;

use crate::path::Path;
use crate::rule::{Rule, Severity};
use crate::show::one_line;
use crate::source::Span;

/// The object of Kubernetes that a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Object {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.namespace`; empty if the object has no namespace or it isn't known.
    pub namespace: String,
    /// `metadata.name`, or `metadata.generateName`.
    pub name: String,
}

/// `Deployment prod/web`, as far as it is known.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        match (self.namespace.as_str(), self.name.as_str()) {
            (_, "") => Ok(()),
            ("", name) => write!(f, " {name}"),
            (namespace, name) => write!(f, " {namespace}/{name}"),
        }
    }
}

/// What happened at a place on the way to a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tracepoint {
    /// A template was included, a macro or a function called.
    Called,
    /// A value was set: its path, as templates write it.
    Set(String),
    /// A value was set by a flag: its path. The place is the flag.
    SetByFlag(String),
    /// A template or a name was defined.
    Defined(String),
    /// An overlay patched the object.
    Patched,
}

impl fmt::Display for Tracepoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tracepoint::Called => f.write_str("called here"),
            Tracepoint::Set(path) => write!(f, "{path} is set here"),
            Tracepoint::SetByFlag(path) => write!(f, "{path} is set by this flag"),
            Tracepoint::Defined(name) => write!(f, "{name} is defined here"),
            Tracepoint::Patched => f.write_str("patched here"),
        }
    }
}

/// A place on the way to a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What happened there.
    pub what: Tracepoint,
    /// Where.
    pub span: Span,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of finding it is.
    pub rule: &'static Rule,
    /// How bad it is here.
    pub severity: Severity,
    /// What is wrong, without the object, the path and the code.
    pub message: String,
    /// The releases that it was found in, if there are several: `web (prod)`.
    pub releases: Vec<String>,
    /// The object that it is about.
    pub object: Option<Object>,
    /// The field of the object.
    pub path: Path,
    /// Where.
    pub span: Option<Span>,
    /// How it came about, nearest first.
    pub trace: Vec<Trace>,
    /// What can be done.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// A finding of a rule, as bad as the rule says.
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            rule,
            severity: rule.severity,
            message: message.into(),
            releases: Vec::new(),
            object: None,
            path: Path::ROOT,
            span: None,
            trace: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// With its place.
    #[must_use]
    pub fn at(mut self, span: Span) -> Diagnostic {
        self.span = Some(span);
        self
    }

    /// With what can be done.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hints.push(hint.into());
        self
    }

    /// All places that it names.
    fn spans_mut(&mut self) -> impl Iterator<Item = &mut Span> {
        self.span.iter_mut().chain(self.trace.iter_mut().map(|trace| &mut trace.span))
    }

    /// The finding with its files named as they lie from a folder.
    #[must_use]
    pub fn seen_from(&self, folder: &std::path::Path) -> Diagnostic {
        let mut d = self.clone();
        for span in d.spans_mut() {
            let path = std::path::Path::new(span.source.name());
            let path = path.strip_prefix(folder).ok().or_else(|| path.strip_prefix(".").ok());
            if let Some(path) = path.map(|path| path.display().to_string()) {
                span.source = span.source.clone().renamed(path);
            }
        }
        d
    }

    /// What is wrong, with the releases, the object and the field: `web (prod): Deployment web: spec.replicas: must not be negative`.
    /// It is one line if it is about an object.
    pub fn sentence(&self) -> String {
        let mut out = String::new();
        if !self.releases.is_empty() {
            out.push_str(&format!("{}: ", self.releases.join(", ")));
        }
        if let Some(object) = self.object.as_ref().filter(|o| !o.kind.is_empty()) {
            out.push_str(&format!("{object}: "));
        }
        if !self.path.is_root() {
            out.push_str(&format!("{}: ", self.path));
        }
        out.push_str(&self.message);
        if self.object.is_some() { one_line(&out) } else { out }
    }

    /// Whether it is the same but for the releases. How it came about may differ from release to release.
    fn is_like(&self, other: &Diagnostic) -> bool {
        self.rule == other.rule
            && self.severity == other.severity
            && self.message == other.message
            && self.object == other.object
            && self.path == other.path
            && self.span == other.span
            && self.hints == other.hints
    }
}

/// Findings of several releases as one list: what is found in several of them stands there once, with all their names.
pub fn merged(of_releases: impl IntoIterator<Item = (String, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let mut merged: Vec<Diagnostic> = Vec::new();
    // By what most tells findings apart; what else there is decides.
    let mut known: HashMap<String, Vec<usize>> = HashMap::new();
    for (release, findings) in of_releases {
        for d in findings {
            let place = d.span.as_ref().map(|span| span.to_string());
            let alike = known.entry(format!("{} {place:?} {}", d.rule.code, d.message)).or_default();
            match alike.iter().find(|i| merged[**i].is_like(&d)) {
                Some(i) if merged[*i].releases.contains(&release) => {}
                Some(i) => merged[*i].releases.push(release.clone()),
                None => {
                    alike.push(merged.len());
                    merged.push(Diagnostic { releases: vec![release.clone()], ..d });
                }
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::rules! {
        KEY "ref/key" Warning "A key doesn't exist.";
    }

    #[test]
    fn findings_of_several_releases_are_merged() {
        let d = |message: &str| Diagnostic::new(&KEY, message);
        let merged = merged([
            ("web (dev)".to_owned(), vec![d("a"), d("b")]),
            ("web (prod)".to_owned(), vec![d("b"), d("b"), d("c").hint("x")]),
        ]);
        let shown: Vec<String> = merged.iter().map(Diagnostic::sentence).collect();
        assert_eq!(shown, ["web (dev): a", "web (dev), web (prod): b", "web (prod): c"]);
    }
}
