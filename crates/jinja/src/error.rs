//! What went wrong, and where in the templates.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use pintle_value::budget::{Exceeded, Limit};

use minijinja::ErrorKind as Jinja;
use pintle_template::ErrorKind;
use pintle_value::Value;

use crate::guard::{self, Inserted};
use crate::session::Session;

/// A place in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as templates know it: `chart/templates/deployment.yaml`.
    pub file: String,
    /// 1 for the first line.
    pub line: usize,
    /// 1 for the first byte of the line; 0 if only the line is known.
    pub column: usize,
    /// Bytes of the expression; 0 if that is not known.
    pub len: usize,
}

/// A name that nothing has, and those that it may have been meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What stands before the name: `release.`
    pub before: String,
    /// The name.
    pub name: String,
    /// The names that there are.
    pub known: Vec<String>,
}

/// An error of parsing or rendering.
#[derive(Clone, Debug)]
pub struct Error(Box<ErrorData>);

#[derive(Clone, Debug)]
struct ErrorData {
    kind: ErrorKind,
    what: String,
    places: Vec<Place>,
    unknown: Option<Unknown>,
    source: Option<pintle_template::Error>,
}

impl Error {
    pub(crate) fn plain(kind: ErrorKind, what: String) -> Error {
        Error(Box::new(ErrorData { kind, what, places: Vec::new(), unknown: None, source: None }))
    }

    pub(crate) fn at(kind: ErrorKind, what: String, place: Place) -> Error {
        Error(Box::new(ErrorData { kind, what, places: vec![place], unknown: None, source: None }))
    }

    /// With the beginning of a file as its place, if it has none.
    pub(crate) fn or_in(mut self, file: &str) -> Error {
        if self.0.places.is_empty() {
            self.0.places.push(Place { file: file.to_owned(), line: 1, column: 1, len: 0 });
        }
        self
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is wrong, without the place.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// Where, and then where that was included, imported or called from.
    pub fn places(&self) -> &[Place] {
        &self.0.places
    }

    /// The name that is not known, if that is what is wrong.
    pub fn unknown(&self) -> Option<&Unknown> {
        self.0.unknown.as_ref()
    }

    /// What a function answered: of a template in Go's language that was included it holds the places.
    pub fn source(&self) -> Option<&pintle_template::Error> {
        self.0.source.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(p) = self.places().first() {
            write!(f, "{}:{}:{}: ", p.file, p.line, p.column)?;
        }
        f.write_str(self.what())
    }
}

impl std::error::Error for Error {}

/// What a function answered, on its way through minijinja.
#[derive(Debug)]
struct Failed(pintle_template::Error);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failed {}

/// The failure of a function, with Go's words.
pub(crate) fn failed(function: &str, e: pintle_template::Error) -> minijinja::Error {
    let what = format!("error calling {function}: {}", e.message());
    minijinja::Error::new(Jinja::InvalidOperation, what).with_source(Failed(e))
}

/// The texts of files by name.
pub(crate) type Texts = BTreeMap<String, Source>;

/// A file as it was written.
pub(crate) struct Source {
    pub text: Arc<str>,
    /// What was put into it before it was parsed.
    pub insertions: Vec<Inserted>,
}

/// An error of minijinja; `steps` is the budget that a render had.
pub(crate) fn convert(e: &minijinja::Error, steps: u64, texts: &Texts) -> Error {
    let mut chain = vec![e];
    while let Some(inner) = chain.last().and_then(|e| std::error::Error::source(*e)).and_then(|s| s.downcast_ref()) {
        chain.push(inner);
    }
    let innermost = chain.last().copied().unwrap_or(e);
    let source = std::error::Error::source(innermost).and_then(|s| s.downcast_ref::<Failed>()).map(|f| f.0.clone());
    let detail = innermost.detail().map_or_else(|| innermost.kind().to_string(), |d| without_origin(d).to_owned());
    let deep = detail.starts_with("recursion limit exceeded");
    let kind = match (innermost.kind(), &source) {
        (Jinja::SyntaxError, _) => ErrorKind::Parse,
        (Jinja::OutOfFuel, _) => ErrorKind::Budget,
        (_, Some(s)) => s.kind(),
        _ if deep => ErrorKind::Budget,
        _ => ErrorKind::Exec,
    };
    let what = match innermost.kind() {
        Jinja::OutOfFuel => Exceeded { limit: Limit::Steps, allowed: steps }.to_string(),
        Jinja::TemplateNotFound => match quoted(&detail) {
            Some(name) => format!("template \"{name}\" does not exist"),
            None => detail,
        },
        _ if deep => "templates and macros call each other without end: the recursion limit of 500 is exceeded".to_owned(),
        _ => detail,
    };
    let mut places: Vec<Place> = chain.iter().rev().filter_map(|e| place(e, texts)).collect();
    places.dedup();
    Error(Box::new(ErrorData { kind, unknown: unknown(innermost.kind(), &what, texts), what, places, source }))
}

/// minijinja adds where an undefined value was made, by the lines of the text that it was given.
fn without_origin(detail: &str) -> &str {
    match detail.find(" is undefined (from ") {
        Some(at) => &detail[..at + " is undefined".len()],
        None => detail,
    }
}

fn place(e: &minijinja::Error, texts: &Texts) -> Option<Place> {
    let file = e.name()?.to_owned();
    let range = e.range();
    let at = range.as_ref()?.start;
    let (text, at) = match texts.get(&file) {
        Some(source) => (&*source.text, guard::original(&source.insertions, at)),
        // A text that was given to `tpl` is not a file.
        None => (e.template_source()?, at),
    };
    let before = text.get(..at)?;
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    // Only what stands on the line can be underlined.
    let rest = &text[at..];
    let len = range.map_or(0, |r| r.len()).min(rest.find('\n').unwrap_or(rest.len()));
    Some(Place { file, line: 1 + before.matches('\n').count(), column: 1 + at - line_start, len })
}

/// What stands between quotes, of either kind.
fn quoted(text: &str) -> Option<&str> {
    let start = text.find(['"', '\''])?;
    let rest = &text[start + 1..];
    rest.find(text[start..].chars().next()?).map(|end| &rest[..end])
}

/// The name that is not known, and what there is instead.
fn unknown(kind: Jinja, what: &str, texts: &Texts) -> Option<Unknown> {
    let session = Session::current();
    let functions = || session.as_ref().map(|s| crate::functions::names(&s.evaluator.borrow())).unwrap_or_default();
    let between = |start: &str, end: &str| what.strip_prefix(start)?.strip_suffix(end).map(str::to_owned);
    let plain = |name: String, known: Vec<String>| Some(Unknown { before: String::new(), name, known });
    match kind {
        Jinja::UnknownFilter => {
            let known = functions().into_iter().chain(crate::functions::ALL_FILTERS.iter().map(|n| (*n).to_owned()));
            plain(between("filter ", " is unknown")?, known.collect())
        }
        Jinja::UnknownFunction => plain(between("", " is unknown")?, functions()),
        Jinja::TemplateNotFound => {
            let known = texts.keys().map(|k| k.rsplit_once("/templates/").map_or(&**k, |(_, name)| name).to_owned());
            plain(quoted(what)?.to_owned(), known.collect())
        }
        Jinja::UndefinedError => {
            let start = what.find('`')?;
            let path = what[start + 1..].split('`').next()?;
            if !path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')) {
                return None;
            }
            let (parents, name) = path.rsplit_once('.').map_or((None, path), |(p, n)| (Some(p), n));
            let session = session.as_ref()?;
            let Some(parents) = parents else {
                let dot = session.dot.entries().keys().map(|k| jinja_name(&k.to_str_lossy())).collect::<Vec<_>>();
                return plain(name.to_owned(), dot.into_iter().chain(functions()).collect());
            };
            let mut at = Value::Map(session.dot.clone());
            let mut in_values = false;
            for part in parents.split('.') {
                let key = names_of(&at).into_iter().find(|k| k == part || !in_values && jinja_name(k) == part)?;
                at = match &at {
                    Value::Map(m) => m.get(key.as_bytes())?,
                    Value::Object(o) => o.field(&key)?,
                    _ => return None,
                };
                in_values |= key == "Values";
            }
            let known = names_of(&at).into_iter().map(|k| if in_values { k } else { jinja_name(&k) }).collect();
            Some(Unknown { before: format!("{parents}."), name: name.to_owned(), known })
        }
        _ => None,
    }
}

fn names_of(v: &Value) -> Vec<String> {
    match v {
        Value::Map(m) => m.entries().keys().map(|k| k.to_str_lossy().into_owned()).collect(),
        Value::Object(o) => o.fields().iter().map(|(n, _)| (*n).to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// A name of Go in Jinja's manner: `api_versions` for `APIVersions`.
fn jinja_name(go: &str) -> String {
    let letters: Vec<char> = go.chars().collect();
    let mut out = String::new();
    for (i, c) in letters.iter().enumerate() {
        let begins = i > 0
            && c.is_ascii_uppercase()
            && (letters[i - 1].is_ascii_lowercase() || letters.get(i + 1).is_some_and(char::is_ascii_lowercase));
        if begins {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::jinja_name;

    #[test]
    fn names_in_jinjas_manner() {
        for (go, jinja) in [
            ("Name", "name"),
            ("APIVersions", "api_versions"),
            ("KubeVersion", "kube_version"),
            ("BasePath", "base_path"),
            ("IsUpgrade", "is_upgrade"),
            ("URL", "url"),
        ] {
            assert_eq!(jinja_name(go), jinja);
        }
    }
}
