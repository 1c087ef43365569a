//! Texts with their names, and places in them.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A text under the name that people know it by: a file's path, a template's name, a flag.
///
/// A source is cheap to clone.
#[derive(Clone)]
pub struct Source {
    name: Arc<str>,
    shared: Arc<Shared>,
    is_private: bool,
}

struct Shared {
    text: Box<dyn AsRef<[u8]> + Send + Sync>,
    /// Made once somebody asks for a line or a column.
    index: OnceLock<Index>,
}

/// What turns bytes into lines and columns, however long a line is: thousands of findings may stand on one.
struct Index {
    /// Where each line begins.
    lines: Vec<u32>,
    /// How many characters stand before each block of [`BLOCK`] bytes, and before the end.
    characters: Vec<u32>,
}

const BLOCK: usize = 1024;

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column; `None` where only the line is known.
    pub column: Option<usize>,
}

impl Source {
    /// A text. Its lines may be repeated in messages.
    pub fn new(name: impl Into<String>, text: impl AsRef<[u8]> + Send + Sync + 'static) -> Source {
        let shared = Shared { text: Box::new(text), index: OnceLock::new() };
        Source { name: name.into().into(), shared: Arc::new(shared), is_private: false }
    }

    /// A text that others hold too.
    pub fn shared(name: impl Into<String>, text: Arc<Vec<u8>>) -> Source {
        struct Held(Arc<Vec<u8>>);
        impl AsRef<[u8]> for Held {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        Source::new(name, Held(text))
    }

    /// A name without a text: a flag, a file that could not be read.
    pub fn named(name: impl Into<String>) -> Source {
        Source::new(name, "")
    }

    /// Whether it is the very same text, without a look at it.
    pub fn is(&self, other: &Source) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// The same text under another name.
    #[must_use]
    pub fn renamed(mut self, name: impl Into<String>) -> Source {
        self.name = name.into().into();
        self
    }

    /// The same text, of which no line may be repeated in messages: it may hold secrets.
    #[must_use]
    pub fn private(mut self) -> Source {
        self.is_private = true;
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        (*self.shared.text).as_ref()
    }

    fn index(&self) -> &Index {
        self.shared.index.get_or_init(|| {
            let text = self.text();
            let breaks = text.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i as u32 + 1);
            let lines = std::iter::once(0).chain(breaks).collect();
            let mut counted = vec![0];
            for block in text.chunks(BLOCK) {
                counted.push(counted[counted.len() - 1] + characters(block) as u32);
            }
            Index { lines, characters: counted }
        })
    }

    fn lines(&self) -> &[u32] {
        &self.index().lines
    }

    /// How many characters stand before a byte.
    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        self.index().characters[block] as usize + characters(&self.text()[block * BLOCK..offset])
    }

    /// The number of the line that a byte stands on, from 1.
    fn line_of(&self, offset: usize) -> usize {
        self.lines().partition_point(|start| *start as usize <= offset)
    }

    /// The bytes of a line, from 1, without its line break; empty if there is no such line.
    pub fn line(&self, number: usize) -> Range<usize> {
        let lines = self.lines();
        let Some(start) = number.checked_sub(1).and_then(|i| lines.get(i)).map(|s| *s as usize) else {
            return self.text().len()..self.text().len();
        };
        let end = lines.get(number).map_or(self.text().len(), |next| *next as usize - 1);
        let end = if end > start && self.text()[end - 1] == b'\r' { end - 1 } else { end };
        start..end
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name()).finish()
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Source) -> bool {
        self.name == other.name && (self.is(other) || self.text() == other.text())
    }
}

impl Eq for Source {}

/// A place: a source, a line of it, or some of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The source.
    pub source: Source,
    extent: Extent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Whole,
    Line(u32),
    /// A line and a column of a text that isn't at hand.
    Position(u32, u32),
    Range(u32, u32),
}

impl Span {
    /// The source as a whole.
    pub fn whole(source: &Source) -> Span {
        Span { source: source.clone(), extent: Extent::Whole }
    }

    /// A line, from 1, where nothing better is known; 0 is the whole source.
    pub fn line(source: &Source, line: usize) -> Span {
        let extent = if line == 0 { Extent::Whole } else { Extent::Line(line as u32) };
        Span { source: source.clone(), extent }
    }

    /// A range of bytes of the text. What lies beyond its end is cut off.
    pub fn range(source: &Source, range: Range<usize>) -> Span {
        let len = source.text().len();
        let (start, end) = (range.start.min(len), range.end.min(len));
        Span { source: source.clone(), extent: Extent::Range(start as u32, end.max(start) as u32) }
    }

    /// A line and a column in characters, both from 1, that somebody else has counted; a column of 0 is the line.
    pub fn position(source: &Source, line: usize, column: usize) -> Span {
        if line == 0 || column == 0 {
            return Span::line(source, line);
        }
        if source.text().is_empty() {
            return Span { source: source.clone(), extent: Extent::Position(line as u32, column as u32) };
        }
        let range = source.line(line);
        let start = range.start + offset_of(&source.text()[range.clone()], column - 1);
        Span::range(source, start..start)
    }

    /// The same beginning, and so many bytes from there, as far as the text goes.
    #[must_use]
    pub fn with_length(self, bytes: usize) -> Span {
        match self.extent {
            Extent::Range(start, _) => Span::range(&self.source, start as usize..start as usize + bytes),
            _ => self,
        }
    }

    /// The bytes, if they are known.
    pub fn bytes(&self) -> Option<Range<usize>> {
        match self.extent {
            Extent::Range(start, end) => Some(start as usize..end as usize),
            _ => None,
        }
    }

    /// Where it begins; `None` for a whole source.
    pub fn start(&self) -> Option<Position> {
        match self.extent {
            Extent::Whole => None,
            Extent::Line(line) => Some(Position { line: line as usize, column: None }),
            Extent::Position(line, column) => Some(Position { line: line as usize, column: Some(column as usize) }),
            Extent::Range(start, _) => Some(self.at(start as usize)),
        }
    }

    /// Behind its last byte; `None` where only its beginning is known.
    pub fn end(&self) -> Option<Position> {
        match self.extent {
            Extent::Range(start, end) if end > start => Some(self.at(end as usize)),
            _ => None,
        }
    }

    fn at(&self, offset: usize) -> Position {
        let line = self.source.line_of(offset);
        let start = self.source.line(line).start;
        let column = self.source.characters_before(offset.max(start)) - self.source.characters_before(start) + 1;
        Position { line, column: Some(column) }
    }

    /// The line that it begins on, if that may be repeated, and the bytes of it within that line.
    pub fn quoted(&self) -> Option<(&[u8], Option<Range<usize>>)> {
        let line = self.start()?.line;
        let range = self.source.line(line);
        if self.source.is_private || self.source.text().is_empty() {
            return None;
        }
        let text = &self.source.text()[range.clone()];
        let within = self.bytes().map(|bytes| {
            let start = (bytes.start - range.start).min(text.len());
            start..bytes.end.saturating_sub(range.start).clamp(start, text.len())
        });
        Some((text, within))
    }
}

/// `file:line:column`, as far as it is known: what terminals and editors open.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source.name())?;
        let Some(Position { line, column }) = self.start() else { return Ok(()) };
        write!(f, ":{line}")?;
        column.map_or(Ok(()), |column| write!(f, ":{column}"))
    }
}

/// Whether a character of UTF-8 begins with this byte.
fn begins(byte: &u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

/// How many characters begin in these bytes.
fn characters(text: &[u8]) -> usize {
    text.iter().filter(|b| begins(b)).count()
}

/// The offset of a character of a line, counted from 0; its end if it is shorter.
fn offset_of(line: &[u8], characters: usize) -> usize {
    line.iter().enumerate().filter(|(_, b)| begins(b)).nth(characters).map_or(line.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source::new("a.yaml", "a: é1\r\n\nbc: 2".as_bytes())
    }

    fn place(line: usize, column: usize) -> Option<Position> {
        Some(Position { line, column: Some(column) })
    }

    #[test]
    fn bytes_become_lines_and_characters() {
        let source = source();
        let at = |range: Range<usize>| (Span::range(&source, range.clone()).start(), Span::range(&source, range).end());
        assert_eq!(at(0..1), (place(1, 1), place(1, 2)));
        assert_eq!(at(5..6), (place(1, 5), place(1, 6)));
        assert_eq!(at(9..11), (place(3, 1), place(3, 3)));
        assert_eq!(at(14..99), (place(3, 6), None));
        assert_eq!(at(8..8), (place(2, 1), None));
        assert_eq!(Span::range(&source, 5..6).to_string(), "a.yaml:1:5");
        assert_eq!(Span::line(&source, 3).to_string(), "a.yaml:3");
        assert_eq!(Span::whole(&source).to_string(), "a.yaml");
    }

    #[test]
    fn lines_and_characters_become_bytes() {
        let source = source();
        for offset in [0, 1, 3, 5, 6, 8, 9, 13, 14] {
            let Position { line, column } = Span::range(&source, offset..offset).start().unwrap();
            let back = Span::position(&source, line, column.unwrap());
            assert_eq!(back.bytes(), Some(offset..offset));
        }
        assert_eq!(Span::position(&source, 1, 99).bytes(), Some(6..6));
        assert_eq!(Span::position(&Source::named("b.yaml"), 9, 2).to_string(), "b.yaml:9:2");
        assert_eq!(Span::position(&source, 1, 1).with_length(4).bytes(), Some(0..4));
        assert_eq!(Span::position(&source, 2, 0).to_string(), "a.yaml:2");
    }

    #[test]
    fn columns_are_right_on_lines_of_any_length() {
        let line = "aé世".repeat(BLOCK);
        for text in [line.clone(), format!("x\n{line}\ny"), "é".repeat(BLOCK), String::new()] {
            let source = Source::new("a", text.clone());
            for (offset, _) in text.char_indices().step_by(7).chain([(text.len(), ' ')]) {
                let line = text[..offset].matches('\n').count() + 1;
                let start = text[..offset].rfind('\n').map_or(0, |i| i + 1);
                let column = text[start..offset].chars().count() + 1;
                assert_eq!(Span::range(&source, offset..offset).start(), place(line, column), "{offset}");
            }
        }
    }

    #[test]
    fn private_lines_are_not_quoted() {
        let span = Span::range(&source(), 12..13);
        assert_eq!(span.quoted(), Some((&b"bc: 2"[..], Some(3..4))));
        assert_eq!(Span::line(&source(), 1).quoted(), Some(("a: é1".as_bytes(), None)));
        assert_eq!(Span { source: source().private(), ..span }.quoted(), None);
    }
}
