//! Why a step of a render failed: Helm's own text, and findings.
//!
//! Findings themselves are those of `pintle-diagnostic`; their rules stand in [`crate::rules`].

use std::fmt;

use pintle_go::strconv::{is_print, quote};

use crate::rules;

pub use pintle_diagnostic::{
    Diagnostic, Levels, Object, Path, Position, Rule, Severity, Source, Span, Step, Trace, Tracepoint, nearest,
};

/// A message with an attribute behind it: `key=value`, quoted as Go's `log/slog` quotes.
#[must_use]
pub(crate) fn with_attribute(mut d: Diagnostic, key: &str, value: &str) -> Diagnostic {
    let plain = |c: char| c != ' ' && c != '"' && c != '=' && is_print(c);
    let value = if !value.is_empty() && value.chars().all(plain) { value.into() } else { quote(value.as_bytes()) };
    d.message.push_str(&format!(" {key}={value}"));
    d
}

/// A limit that is exceeded, with how to raise it.
pub(crate) fn exceeded(what: impl Into<String>) -> Diagnostic {
    let hint = "a chart that needs more gets it by limits such as steps=200M or memory=1Gi";
    Diagnostic::new(&rules::TEMPLATE_BUDGET, what).hint(hint)
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
    /// The error of several findings, if there are any.
    pub(crate) fn of(findings: Vec<Diagnostic>) -> Option<Error> {
        let first = findings.first()?.clone();
        let mut error = Error::from(first);
        *error.diagnostics_mut() = findings;
        Some(error)
    }

    /// An error of a rule with Helm's text.
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Error {
        Error::from(Diagnostic::new(rule, message))
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
    pub(crate) fn with_debug_output(mut self, output: Vec<u8>) -> Error {
        self.0.debug_output = Some(output);
        self
    }

    /// The same error with another text.
    #[must_use]
    pub(crate) fn with_message(mut self, message: String) -> Error {
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
