//! Tokens: what the scanner hands to the parser.

use std::borrow::Cow;

/// A place in the stream. Lines and columns count from zero, as go-yaml's marks do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Bytes from the beginning of the text.
    pub offset: u32,
    /// Characters from the beginning of the text.
    pub index: u32,
    /// Line breaks before this place.
    pub line: u32,
    /// Characters since the last line break.
    pub column: u32,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A token and where it stands.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub kind: Kind<'a>,
    pub start: Mark,
    pub end: Mark,
}

/// What a token is.
#[derive(Debug, PartialEq)]
pub(crate) enum Kind<'a> {
    StreamStart,
    StreamEnd,
    VersionDirective {
        major: u8,
        minor: u8,
    },
    /// A handle and its prefix.
    TagDirective(Box<(String, String)>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    /// A handle and a suffix.
    Tag(Box<(String, String)>),
    Scalar {
        value: Cow<'a, str>,
        style: Style,
    },
}
