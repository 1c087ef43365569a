//! Errors of parsing and execution, with Go's texts and a place in the template.

use std::fmt;
use std::sync::Arc;

use pintle_value::budget::Exceeded;

/// Where in a template something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, as templates know it: `chart/templates/deployment.yaml`.
    pub file: Arc<str>,
    /// The name of the template around it: the file's, or a `define`'s.
    pub template: Arc<str>,
    /// 1 for the first line.
    pub line: usize,
    /// Bytes before it on its line: 0 for the first column, as Go prints it; `None` in errors of the parser.
    pub column: Option<usize>,
    /// The source text of the node, as Go prints it between `<` and `>`.
    pub node: String,
}

/// An error with its cause, as Go's `errors.Unwrap` sees the chain.
///
/// The message of an error ends with that of its cause, as with Go's `%w`; it is put together only when asked for, since
/// chains can be as long as includes are deep.
#[derive(Clone)]
pub struct Error(Box<ErrorData>);

#[derive(Clone)]
struct ErrorData {
    /// What comes before the cause's message.
    text: String,
    /// Where in it the place ends and the matter begins.
    what: usize,
    location: Option<Location>,
    source: Option<Error>,
    kind: ErrorKind,
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The template can't be parsed.
    Parse,
    /// A `template.ExecError`: the template was being executed.
    Exec,
    /// What a function answered.
    Function,
    /// A budget was used up: steps, output, depth. Go has no such error; it runs until it falls over.
    Budget,
}

impl From<Exceeded> for Error {
    fn from(e: Exceeded) -> Error {
        Error::with_kind(ErrorKind::Budget, e.to_string())
    }
}

impl Error {
    /// What a function answers: Go's text of it.
    pub fn new(message: impl Into<String>) -> Error {
        Error::with_kind(ErrorKind::Function, message)
    }

    /// An error of a kind.
    pub fn with_kind(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(ErrorData { text: message.into(), what: 0, location: None, source: None, kind }))
    }

    /// `fmt.Errorf("PREFIX: %w", source)`.
    pub fn wrap(prefix: impl fmt::Display, source: Error) -> Error {
        let text = format!("{prefix}: ");
        Error(Box::new(ErrorData { text, what: 0, location: None, kind: source.kind(), source: Some(source) }))
    }

    /// An error of the evaluator; with a source, `what` is what comes before the source's message.
    pub(crate) fn exec(location: Location, what: &str, source: Option<Error>) -> Error {
        let Location { file, template, line, column, node } = &location;
        let text = format!(
            "template: {file}:{line}:{}: executing {} at <{node}>: {what}",
            column.unwrap_or(0),
            pintle_go::strconv::quote(template.as_bytes()),
        );
        let kind = match &source {
            Some(s) if s.kind() == ErrorKind::Budget => ErrorKind::Budget,
            _ => ErrorKind::Exec,
        };
        Error(Box::new(ErrorData { what: text.len() - what.len(), text, location: Some(location), source, kind }))
    }

    pub(crate) fn parse(file: &Arc<str>, line: usize, what: &str) -> Error {
        let text = format!("template: {file}:{line}: {what}");
        let location = Location { file: file.clone(), template: file.clone(), line, column: None, node: String::new() };
        Error(Box::new(ErrorData {
            what: text.len() - what.len(),
            text,
            location: Some(location),
            source: None,
            kind: ErrorKind::Parse,
        }))
    }

    /// The whole text, causes included.
    pub fn message(&self) -> String {
        let mut text = String::new();
        let mut next = Some(self);
        while let Some(e) = next {
            text.push_str(&e.0.text);
            next = e.source();
        }
        text
    }

    /// The text without that of its cause.
    pub fn own_text(&self) -> &str {
        &self.0.text
    }

    /// The text without the place and without that of its cause.
    pub fn what(&self) -> &str {
        &self.0.text[self.0.what..]
    }

    /// The place, for errors that the parser or the evaluator raised.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// The cause.
    pub fn source(&self) -> Option<&Error> {
        self.0.source.as_ref()
    }

    /// Whether it is a budget's that nobody has given a place yet.
    pub(crate) fn is_nowhere(&self) -> bool {
        self.0.kind == ErrorKind::Budget && self.0.location.is_none() && self.0.source.is_none()
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl Drop for ErrorData {
    /// Chains can be as long as includes are deep: they are taken apart in a loop.
    fn drop(&mut self) {
        let mut next = self.source.take();
        while let Some(mut e) = next {
            next = e.0.source.take();
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("message", &self.message()).field("kind", &self.0.kind).finish()
    }
}

impl std::error::Error for Error {}

impl From<String> for Error {
    fn from(message: String) -> Error {
        Error::new(message)
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Error {
        Error::new(message)
    }
}
