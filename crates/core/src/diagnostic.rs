//! Findings and errors as data: what, where, why, and what to do. How they are shown is the caller's choice.

use std::fmt;

use pintle_value::quote::{is_print, quote};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not meant.
    Warning,
    /// Nothing is rendered.
    Error,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The file: a path as given on the command line, or a template's name (`chart/templates/deployment.yaml`).
    pub file: String,
    /// 1 for the first line.
    pub line: usize,
    /// 1 for the first column, in bytes; 0 when only the line is known.
    pub column: usize,
    /// Bytes from there; 0 when unknown.
    pub length: usize,
    /// The line itself, for templates. Lines of values files are never repeated: they may hold secrets.
    pub text: Option<String>,
}

impl Span {
    /// A place whose line isn't shown.
    pub fn new(file: impl Into<String>, line: usize, column: usize, length: usize) -> Span {
        Span { file: file.into(), line, column, length, text: None }
    }
}

/// A step on the way to the primary place: an include, or where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What happened there: `included here`, `value set here`.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name of the kind of finding, such as `template/exec`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Option<Span>,
    /// How it came about, nearest first.
    pub trace: Vec<Trace>,
    /// What can be done.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// An error of a kind.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, code, message: message.into(), span: None, trace: Vec::new(), hints: Vec::new() }
    }

    /// A warning of a kind.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message) }
    }

    /// Something worth knowing.
    pub fn note(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Note, ..Diagnostic::error(code, message) }
    }

    /// With what it is about, behind the message: `key=value`, quoted as Go's `log/slog` quotes.
    #[must_use]
    pub(crate) fn about(mut self, key: &str, value: &str) -> Diagnostic {
        let plain = |c: char| c != ' ' && c != '"' && c != '=' && is_print(c);
        let value = if !value.is_empty() && value.chars().all(plain) { value.into() } else { quote(value.as_bytes()) };
        self.message.push_str(&format!(" {key}={value}"));
        self
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
}

/// Why a step failed: Helm's own text, and what is known beyond it.
#[derive(Clone)]
pub struct Error(Box<ErrorData>);

#[derive(Clone)]
struct ErrorData {
    message: String,
    diagnostics: Vec<Diagnostic>,
    debug_output: Option<Vec<u8>>,
}

/// A result of a step of the pipeline.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Every value, or one error with the diagnostics of all that failed.
    pub fn all<T>(results: impl IntoIterator<Item = Result<T>>) -> Result<Vec<T>> {
        let mut values = Vec::new();
        let mut failed: Option<Error> = None;
        for result in results {
            match (result, &mut failed) {
                (Ok(value), _) => values.push(value),
                (Err(e), None) => failed = Some(e),
                (Err(e), Some(first)) => first.diagnostics_mut().extend(e.diagnostics().iter().cloned()),
            }
        }
        failed.map_or(Ok(values), Err)
    }

    /// An error of a kind with Helm's text.
    pub fn new(code: &'static str, message: impl Into<String>) -> Error {
        Error::from(Diagnostic::error(code, message))
    }

    /// Helm's text of the error, without `Error: `.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What is known: the error itself first.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.diagnostics
    }

    /// The error with something before Helm's text.
    #[must_use]
    pub fn wrap(mut self, prefix: impl fmt::Display) -> Error {
        self.0.message = format!("{prefix}{}", self.0.message);
        if let Some(d) = self.0.diagnostics.first_mut() {
            d.message = format!("{prefix}{}", d.message);
        }
        self
    }

    /// The findings for change: places and traces are added as they become known.
    pub fn diagnostics_mut(&mut self) -> &mut Vec<Diagnostic> {
        &mut self.0.diagnostics
    }

    /// What was rendered before the error, for `--debug`; nothing where Helm wouldn't have a release yet.
    pub fn debug_output(&self) -> Option<&[u8]> {
        self.0.debug_output.as_deref()
    }

    /// The same error with what was rendered before it.
    #[must_use]
    pub fn with_debug_output(mut self, output: Vec<u8>) -> Error {
        self.0.debug_output = Some(output);
        self
    }

    /// The same error with another text.
    #[must_use]
    pub fn with_message(mut self, message: String) -> Error {
        self.0.message = message;
        self
    }
}

impl From<Diagnostic> for Error {
    fn from(d: Diagnostic) -> Error {
        Error(Box::new(ErrorData { message: d.message.clone(), diagnostics: vec![d], debug_output: None }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("message", &self.0.message).field("diagnostics", &self.0.diagnostics).finish()
    }
}

impl std::error::Error for Error {}
