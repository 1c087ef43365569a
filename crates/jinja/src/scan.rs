//! Cuts a template into text, expressions and tags, by minijinja's rules of white space with trim_blocks and lstrip_blocks on.
//!
//! What minijinja would refuse ends the parts early.

use std::ops::Range;

/// A part of a template, as byte ranges of its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text as it is printed.
    Text(Range<usize>),
    /// What stands within `{{` and `}}`.
    Print(Range<usize>),
    /// What stands within `{%` and `%}`.
    Tag(Range<usize>),
}

#[derive(Clone, Copy, PartialEq)]
enum Trim {
    Default,
    Keep,
    Remove,
}

impl Trim {
    fn of(byte: Option<&u8>) -> Trim {
        match byte {
            Some(b'-') => Trim::Remove,
            Some(b'+') => Trim::Keep,
            _ => Trim::Default,
        }
    }

    fn len(self) -> usize {
        usize::from(self != Trim::Default)
    }
}

/// The word that a tag begins with, and what follows it.
pub(crate) fn keyword(tag: &str) -> (&str, &str) {
    let tag = tag.trim();
    tag.split_at(tag.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tag.len()))
}

/// The parts of a template, in order.
pub(crate) fn scan(source: &str) -> Vec<Part> {
    scan_to_end(source).0
}

/// The parts of a template, and where the last of them begins: an invalid template has text after its last part.
pub(crate) fn scan_to_end(source: &str) -> (Vec<Part>, usize) {
    let mut scanner = Scanner { source, at: 0, parts: Vec::new() };
    while scanner.step().is_some() {}
    (scanner.parts, scanner.at)
}

struct Scanner<'s> {
    source: &'s str,
    at: usize,
    parts: Vec<Part>,
}

impl Scanner<'_> {
    fn text(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.parts.push(Part::Text(range));
        }
    }

    /// The text before the next tag, and that tag; nothing at the end.
    fn step(&mut self) -> Option<()> {
        let rest = &self.source[self.at..];
        let marker = rest.match_indices('{').find(|(i, _)| matches!(rest.as_bytes().get(i + 1), Some(b'{' | b'%' | b'#')));
        let Some((lead, _)) = marker else {
            self.text(self.at..self.source.len());
            return None;
        };
        let (start, bytes) = (self.at + lead, self.source.as_bytes());
        let kind = bytes[start + 1];
        let trim = Trim::of(bytes.get(start + 2));
        let kept = match trim {
            Trim::Remove => rest[..lead].trim_end().len(),
            Trim::Default if kind != b'{' && begins_line(&self.source[..start]) => without_indent(&rest[..lead]).len(),
            _ => lead,
        };
        self.text(self.at..self.at + kept);
        let inner = start + 2 + trim.len();
        match kind {
            b'#' => {
                let end = inner + self.source[inner..].find("#}")?;
                self.at = end + 2;
                self.after(Trim::of(bytes.get(end.max(1) - 1)), true);
            }
            b'%' => match self.basic_tag(inner, "raw", false) {
                Some((end, trim)) => self.raw(end, trim)?,
                None => {
                    let (range, end, trim) = self.inside(inner, b'%')?;
                    self.parts.push(Part::Tag(range));
                    self.at = end;
                    self.after(trim, true);
                }
            },
            _ => {
                let (range, end, trim) = self.inside(inner, b'}')?;
                self.parts.push(Part::Print(range));
                self.at = end;
                self.after(trim, false);
            }
        }
        Some(())
    }

    /// What a tag's end does to the text behind it.
    fn after(&mut self, trim: Trim, is_block: bool) {
        let rest = &self.source[self.at..];
        self.at += match trim {
            Trim::Remove => rest.len() - rest.trim_start().len(),
            Trim::Default if is_block => rest.len() - without_newline(rest).len(),
            _ => 0,
        };
    }

    /// From the inside of a tag to its end, over strings and brackets: the inside, where it goes on, and the mark at the end.
    fn inside(&self, from: usize, close: u8) -> Option<(Range<usize>, usize, Trim)> {
        let bytes = self.source.as_bytes();
        let (mut at, mut depth) = (from, 0i32);
        loop {
            let b = *bytes.get(at)?;
            if depth == 0 {
                let trim = Trim::of(Some(&b));
                let end = at + trim.len();
                if bytes.get(end) == Some(&close) && bytes.get(end + 1) == Some(&b'}') {
                    return Some((from..at, end + 2, trim));
                }
            }
            match b {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth -= 1,
                b'"' | b'\'' => {
                    at += 1;
                    while *bytes.get(at)? != b {
                        at += 1 + usize::from(bytes[at] == b'\\');
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Whether a tag of one word stands here: where it ends, and the mark there.
    fn basic_tag(&self, from: usize, word: &str, with_mark: bool) -> Option<(usize, Trim)> {
        let rest = &self.source[from..];
        let rest = if with_mark { rest.strip_prefix(['-', '+']).unwrap_or(rest) } else { rest };
        let rest = rest.trim_ascii_start().strip_prefix(word)?.trim_ascii_start();
        let trim = Trim::of(rest.as_bytes().first());
        let rest = rest[trim.len()..].strip_prefix("%}")?;
        Some((self.source.len() - rest.len(), trim))
    }

    /// From behind `{% raw %}` to behind `{% endraw %}`.
    fn raw(&mut self, from: usize, before: Trim) -> Option<()> {
        let mut at = from;
        loop {
            let start = at + self.source[at..].find("{%")?;
            at = start + 2;
            let Some((end, after)) = self.basic_tag(at, "endraw", true) else { continue };
            let text = &self.source[from..start];
            let begun = match before {
                Trim::Default => without_newline(text),
                Trim::Remove => text.trim_start(),
                Trim::Keep => text,
            };
            let ended = match Trim::of(self.source.as_bytes().get(at)) {
                Trim::Default => without_indent(begun),
                Trim::Remove => begun.trim_end(),
                Trim::Keep => begun,
            };
            let first = from + text.len() - begun.len();
            self.text(first..first + ended.len());
            self.at = end;
            self.after(after, true);
            return Some(());
        }
    }
}

/// Whether only blanks stand between here and the beginning of the line.
fn begins_line(before: &str) -> bool {
    before.chars().rev().find(|c| matches!(c, '\n' | '\r') || !c.is_whitespace()).is_none_or(|c| matches!(c, '\n' | '\r'))
}

/// Without the blanks at the end, if nothing else stands on the last line.
fn without_indent(text: &str) -> &str {
    let trimmed = text.trim_end_matches(|c: char| c.is_whitespace() && !matches!(c, '\n' | '\r'));
    if trimmed.is_empty() || trimmed.ends_with('\n') { trimmed } else { text }
}

/// Without a line's end at the beginning.
fn without_newline(text: &str) -> &str {
    let text = text.strip_prefix('\r').unwrap_or(text);
    text.strip_prefix('\n').unwrap_or(text)
}
