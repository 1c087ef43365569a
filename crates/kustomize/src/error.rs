//! Errors and warnings of a build: findings, in kustomize's words where it has some.

use std::fmt;

use pintle_diagnostic::{Diagnostic, Source, Span};

use crate::rules;

/// Why a build failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Error(Box<Diagnostic>);

/// A line of a file, as a user would name it; 0 is the file.
pub(crate) fn place(file: &str, line: u32) -> Span {
    Span::line(&Source::named(file), line as usize)
}

impl Error {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Error {
        Error(Box::new(Diagnostic::new(&rules::BUILD, message)))
    }

    /// An error of reading a file.
    pub(crate) fn of_yaml(e: pintle_yaml::Error, file: &str) -> Error {
        let error = Error::new(e.message).at(file, e.line.unwrap_or(0) as u32);
        e.hint.into_iter().fold(error, Error::hint)
    }

    /// The same error at a line of a file, from 1, unless it has a place already; 0 is the file.
    #[must_use]
    pub fn at(self, file: &str, line: u32) -> Error {
        self.at_span(&place(file, line))
    }

    /// The same error at a place, unless it has one already.
    #[must_use]
    pub fn at_span(mut self, span: &Span) -> Error {
        self.0.span.get_or_insert_with(|| span.clone());
        self
    }

    /// The same error without its place, so that another can be given.
    #[must_use]
    pub(crate) fn nowhere(mut self) -> Error {
        self.0.span = None;
        self
    }

    /// The same error with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hints.push(hint.into());
        self
    }

    /// The same error with what was being done before it.
    #[must_use]
    pub fn wrap(mut self, doing: impl fmt::Display) -> Error {
        self.0.message = format!("{doing}: {}", self.0.message);
        self
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where.
    pub fn span(&self) -> Option<&Span> {
        self.0.span.as_ref()
    }

    /// The error as a finding.
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.0
    }
}

impl From<Error> for Diagnostic {
    fn from(e: Error) -> Diagnostic {
        *e.0
    }
}

impl From<String> for Error {
    fn from(message: String) -> Error {
        Error::new(message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}
