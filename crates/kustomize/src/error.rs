//! Errors and warnings of a build.

use std::fmt;

/// A file and a line of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Location {
    /// The file, as a user would name it.
    pub file: String,
    /// The line, from 1; 0 if it isn't known.
    pub line: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// Why a build failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// What happened, in kustomize's words where it has some.
    pub message: String,
    /// Where.
    pub location: Option<Location>,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl Error {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Error {
        Error { message: message.into(), location: None, hints: Vec::new() }
    }

    /// The same error at a place, unless it has one already.
    #[must_use]
    pub fn at(mut self, file: &str, line: u32) -> Error {
        self.location.get_or_insert_with(|| Location { file: file.to_owned(), line });
        self
    }

    /// The same error with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hints.push(hint.into());
        self
    }

    /// The same error with what was being done before it.
    #[must_use]
    pub fn wrap(mut self, doing: impl fmt::Display) -> Error {
        self.message = format!("{doing}: {}", self.message);
        self
    }
}

impl From<String> for Error {
    fn from(message: String) -> Error {
        Error::new(message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Something that kustomize takes without a word, or with one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Warning {
    /// What was found.
    pub message: String,
    /// Where.
    pub location: Option<Location>,
    /// Whether it is only kustomize's own note, which a strict build takes too.
    pub note: bool,
}
