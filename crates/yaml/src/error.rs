//! The error of reading a document: Go's text, and where it happened.

use std::fmt;

/// Why a document could not be read.
///
/// `message` is what Go prints, to the byte; `line` and `column` say where the problem really is. They may disagree with
/// the message: go-yaml counts the lines of a parser error from zero and those of a scanner error from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Go's text.
    pub message: String,
    /// The line of the problem, from 1.
    pub line: Option<usize>,
    /// The column of the problem, from 1, in characters.
    pub column: Option<usize>,
    /// What may have been meant; Go doesn't tell.
    pub hint: Option<String>,
}

impl Error {
    /// An error without a place.
    pub(crate) fn new(message: impl Into<String>) -> Error {
        Error { message: message.into(), line: None, column: None, hint: None }
    }

    /// An error at a line and a column, from 1.
    pub(crate) fn at(message: impl Into<String>, line: usize, column: usize) -> Error {
        Error { line: Some(line), column: Some(column), ..Error::new(message) }
    }

    /// The same error with `prefix` before its text, as `fmt.Errorf("prefix%w")` wraps.
    #[must_use]
    pub fn wrap(mut self, prefix: &str) -> Error {
        self.message.insert_str(0, prefix);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
