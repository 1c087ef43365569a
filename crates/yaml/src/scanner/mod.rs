//! The scanner: text in, tokens out.
//!
//! Follows the libyaml port in go.yaml.in/yaml/v2 (scannerc.go) token for token, its look-ahead included, because what is an
//! error, which error comes first and what is accepted by accident all depend on it. This file holds the queue, the
//! dispatch on the next character, the indentation stack and the simple keys; the scalars and the rarer tokens have files of
//! their own.

mod block;
mod flow;
mod plain;
mod properties;
mod token;

use std::collections::VecDeque;

use crate::Error;
use crate::input::Input;

pub use token::Style;
pub(crate) use token::{Kind, Mark, Token};

/// Errors are boxed: the functions of the scanner return often and fail once.
pub(crate) type Scan<T> = Result<T, Box<Error>>;

/// go-yaml's bounds on nesting (`max_flow_level`, `max_indents`).
const MAX_DEPTH: usize = 10_000;

/// A simple key must end within this many characters.
const MAX_SIMPLE_KEY: u32 = 1024;

/// A place where a key without `?` may have begun.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    mark: Mark,
}

/// The scanner's state.
pub(crate) struct Scanner<'a> {
    input: &'a Input<'a>,
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,

    // The mark, counted up to `counted` only: most positions are never asked for.
    counted: usize,
    index: u32,
    line: u32,
    column: u32,

    // The state of go-yaml's buffer, followed only when it can show.
    lazy: bool,
    ready: usize,
    window: usize,
    zeros: usize,

    queue: VecDeque<Token<'a>>,
    taken: usize,
    // For each queued token, the simple key that may begin there: its index in `simple_keys` plus one.
    keys_by_token: VecDeque<u32>,
    simple_keys: Vec<SimpleKey>,
    simple_key_allowed: bool,
    available: bool,
    started: bool,

    indent: i64,
    indents: Vec<i64>,
    flow_level: usize,
}

/// The bytes with which a line break may begin.
const MAY_BREAK: [bool; 256] = {
    let mut table = [false; 256];
    table[b'\n' as usize] = true;
    table[b'\r' as usize] = true;
    table[0xC2] = true;
    table[0xE2] = true;
    table
};

/// The length in bytes of the character that begins with `lead`.
fn width(lead: u8) -> usize {
    match lead {
        0..=0x7F => 1,
        0x80..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    }
}

/// The characters of an anchor, a tag handle or a directive's name.
fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}

/// Space or tab.
fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(input: &'a Input<'a>) -> Scanner<'a> {
        Scanner {
            input,
            text: &input.text,
            bytes: input.text.as_bytes(),
            pos: 0,
            counted: 0,
            index: 0,
            line: 0,
            column: 0,
            lazy: input.lazy(),
            ready: 0,
            window: 0,
            zeros: 0,
            queue: VecDeque::with_capacity(16),
            taken: 0,
            keys_by_token: VecDeque::with_capacity(16),
            simple_keys: Vec::new(),
            simple_key_allowed: false,
            available: false,
            started: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
        }
    }

    /// The next token, fetched but not taken.
    pub(crate) fn peek(&mut self) -> Scan<&Token<'a>> {
        if !self.available {
            self.fetch_more()?;
        }
        match self.queue.front() {
            Some(token) => Ok(token),
            None => Err(Box::new(Error::new("yaml: attempted to go past the end of stream; corrupted value?"))),
        }
    }

    /// Takes the token that [`peek`](Scanner::peek) showed.
    pub(crate) fn take(&mut self) -> Option<Token<'a>> {
        self.available = false;
        self.taken += 1;
        self.keys_by_token.pop_front();
        self.queue.pop_front()
    }

    // ---- characters

    /// The byte `n` after the current one; zero behind the end.
    #[inline]
    fn at(&self, n: usize) -> u8 {
        self.bytes.get(self.pos + n).copied().unwrap_or(0)
    }

    /// The length of the line break at `n`, or zero.
    #[inline]
    fn break_at(&self, n: usize) -> usize {
        match self.at(n) {
            b'\n' => 1,
            b'\r' if self.at(n + 1) == b'\n' => 2,
            b'\r' => 1,
            0xC2 if self.at(n + 1) == 0x85 => 2,
            0xE2 if self.at(n + 1) == 0x80 && matches!(self.at(n + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    /// A line break or the end.
    #[inline]
    fn breakz_at(&self, n: usize) -> bool {
        self.at(n) == 0 || self.break_at(n) > 0
    }

    /// A space, a tab, a line break or the end.
    #[inline]
    fn blankz_at(&self, n: usize) -> bool {
        match self.at(n) {
            0 | b' ' | b'\t' | b'\n' | b'\r' => true,
            b if b < 0x80 => false,
            _ => self.break_at(n) > 0,
        }
    }

    /// Whether `---` or `...` stands here, at the beginning of a line.
    fn document_indicator(&mut self) -> bool {
        matches!((self.at(0), self.at(1), self.at(2)), (b'-', b'-', b'-') | (b'.', b'.', b'.'))
            && self.blankz_at(3)
            && self.column() == 0
    }

    /// Passes one character that is not a line break.
    #[inline]
    fn skip(&mut self) {
        if let Some(&b) = self.bytes.get(self.pos) {
            self.pos += width(b);
        }
    }

    /// Passes characters up to the line break or the end.
    fn skip_to_break(&mut self) -> Scan<()> {
        if !self.lazy {
            loop {
                let rest = &self.bytes[self.pos..];
                let next = match self.input.ascii {
                    true => memchr::memchr2(b'\n', b'\r', rest),
                    false => rest.iter().position(|&b| MAY_BREAK[b as usize]),
                };
                self.pos += next.unwrap_or(rest.len());
                if self.breakz_at(0) {
                    return Ok(());
                }
                self.skip();
            }
        }
        while !self.breakz_at(0) {
            self.skip();
            self.need(1)?;
        }
        Ok(())
    }

    /// Passes spaces eight at a time, as far as that goes: most of a deep document is indentation.
    #[inline]
    fn skip_spaces(&mut self) {
        if !self.lazy {
            while self.bytes.get(self.pos..self.pos + 8) == Some(b"        ") {
                self.pos += 8;
            }
        }
    }

    /// Passes spaces and tabs.
    fn skip_blanks(&mut self) -> Scan<()> {
        while is_blank(self.at(0)) {
            self.pos += 1;
            self.need(1)?;
        }
        Ok(())
    }

    /// Passes the line break that stands here, and returns what it becomes in a scalar.
    fn take_break(&mut self) -> &'a str {
        let length = self.break_at(0);
        if length == 0 {
            return "";
        }
        self.count();
        let chars = if self.at(0) == b'\r' && length == 2 { 2 } else { 1 };
        let kept = if length == 3 { &self.text[self.pos..self.pos + 3] } else { "\n" };
        self.pos += length;
        self.counted = self.pos;
        self.index += chars;
        self.column = 0;
        self.line += 1;
        kept
    }

    /// Brings the mark up to the current position.
    #[inline]
    fn count(&mut self) {
        if self.counted == self.pos {
            return;
        }
        let passed = &self.bytes[self.counted..self.pos];
        let chars = if self.input.ascii { passed.len() } else { passed.iter().filter(|&&b| b & 0xC0 != 0x80).count() };
        self.index += chars as u32;
        self.column += chars as u32;
        self.counted = self.pos;
    }

    #[inline]
    fn mark(&mut self) -> Mark {
        self.count();
        Mark { offset: self.pos as u32, index: self.index, line: self.line, column: self.column }
    }

    #[inline]
    fn column(&mut self) -> u32 {
        self.count();
        self.column
    }

    /// Asks for `n` characters, as go-yaml does before it looks at them; fails where go-yaml would decode a fault.
    #[inline]
    fn need(&mut self, n: usize) -> Scan<()> {
        if self.lazy { self.fill(n) } else { Ok(()) }
    }

    #[cold]
    fn fill(&mut self, n: usize) -> Scan<()> {
        loop {
            let unread = self.text.get(self.pos..self.ready).map_or(0, |s| s.chars().take(n).count()) + self.zeros;
            if unread >= n {
                return Ok(());
            }
            self.window = self.pos;
            match self.input.next_piece(self.ready) {
                Err(problem) => return Err(self.reader_error(problem)),
                Ok(end) if end == self.ready => {
                    self.zeros += 1;
                    return Ok(());
                }
                Ok(end) => self.ready = end,
            }
        }
    }

    /// Whether go-yaml's buffer begins with a byte order mark: it looks there and not at the current character
    /// (go.yaml.in/yaml/v2 yamlprivateh.go, `is_bom`).
    fn buffer_begins_with_mark(&self) -> bool {
        self.lazy && self.bytes.get(self.window..).is_some_and(|b| b.starts_with("\u{FEFF}".as_bytes()))
    }

    // ---- errors

    fn reader_error(&mut self, problem: &str) -> Box<Error> {
        let lines = self.bytes.iter().filter(|&&b| b == b'\n').count();
        let last = self.text.rfind('\n').map_or(0, |at| at + 1);
        Box::new(Error::at(format!("yaml: {problem}"), lines + 1, self.text[last..].chars().count() + 1))
    }

    /// A scanner error here. Its text names the line only behind the first one.
    #[cold]
    fn error(&mut self, problem: &str) -> Box<Error> {
        let mark = self.mark();
        let message = match mark.line {
            0 => format!("yaml: {problem}"),
            line => format!("yaml: line {}: {problem}", line + 1),
        };
        Box::new(Error::at(message, mark.line as usize + 1, mark.column as usize + 1))
    }

    fn fail<T>(&mut self, problem: &str) -> Scan<T> {
        Err(self.error(problem))
    }

    // ---- the queue

    #[inline]
    fn push(&mut self, kind: Kind<'a>, start: Mark, end: Mark) {
        self.queue.push_back(Token { kind, start, end });
    }

    /// Inserts a token before the one with this number; at the end if that one is already taken.
    fn insert(&mut self, number: usize, kind: Kind<'a>, mark: Mark) {
        let token = Token { kind, start: mark, end: mark };
        match number.checked_sub(self.taken) {
            Some(at) if at <= self.queue.len() => self.queue.insert(at, token),
            _ => self.queue.push_back(token),
        }
    }

    fn fetch_more(&mut self) -> Scan<()> {
        loop {
            if !self.queue.is_empty() {
                // The front token can be handed out unless a key may turn out to begin with it.
                let key = match self.keys_by_token.front() {
                    None | Some(0) => break,
                    Some(&key) => key as usize - 1,
                };
                if key >= self.simple_keys.len() || !self.simple_key_valid(key)? {
                    break;
                }
            }
            self.fetch_next()?;
        }
        self.available = true;
        Ok(())
    }

    /// The dispatch on the next character.
    fn fetch_next(&mut self) -> Scan<()> {
        self.need(1)?;
        if !self.started {
            self.started = true;
            self.simple_keys.push(SimpleKey::default());
            self.simple_key_allowed = true;
            let mark = self.mark();
            self.push(Kind::StreamStart, mark, mark);
            return Ok(());
        }
        self.skip_to_token()?;
        let column = self.column();
        self.unroll_indent(i64::from(column));
        self.need(4)?;

        let block = self.flow_level == 0;
        let c = self.at(0);
        if column == 0 {
            match c {
                b'%' => return self.fetch_directive(),
                b'-' | b'.' if self.document_indicator() => {
                    let kind = if c == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd };
                    return self.fetch_document_indicator(kind);
                }
                _ => {}
            }
        }
        match c {
            0 => self.fetch_stream_end(),
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.single(Kind::FlowEntry);
                Ok(())
            }
            b'-' if self.blankz_at(1) => self.fetch_block_entry(),
            b'?' if !block || self.blankz_at(1) => self.fetch_key(),
            b':' if !block || self.blankz_at(1) => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(c == b'*'),
            b'!' => self.fetch_tag(),
            b'|' | b'>' if block => self.fetch_block_scalar(c == b'|'),
            b'\'' | b'"' => self.fetch_quoted(c == b'\''),
            b' ' | b'\t' | b'?' | b':' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' if !(block && matches!(c, b'?' | b':')) => {
                self.fail("found character that cannot start any token")
            }
            _ => self.fetch_plain(),
        }
    }

    /// A token of one character.
    #[inline]
    fn single(&mut self, kind: Kind<'a>) {
        let start = self.mark();
        self.pos += 1;
        let end = self.mark();
        self.push(kind, start, end);
    }

    /// Passes white space and comments.
    fn skip_to_token(&mut self) -> Scan<()> {
        loop {
            self.need(1)?;
            if self.lazy && self.buffer_begins_with_mark() && self.column() == 0 {
                self.skip();
            }
            self.need(1)?;
            self.skip_spaces();
            // A tab is white space except where it could be taken for indentation.
            while self.at(0) == b' ' || (self.at(0) == b'\t' && (self.flow_level > 0 || !self.simple_key_allowed)) {
                self.pos += 1;
                self.need(1)?;
            }
            if self.at(0) == b'#' {
                self.skip_to_break()?;
            }
            if self.break_at(0) == 0 {
                return Ok(());
            }
            self.need(2)?;
            self.take_break();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    // ---- simple keys

    fn forget_key(&mut self, token: usize) {
        if let Some(slot) = token.checked_sub(self.taken).and_then(|at| self.keys_by_token.get_mut(at)) {
            *slot = 0;
        }
    }

    /// Whether a key may still have begun there: on this line and at most 1024 characters ago.
    fn simple_key_valid(&mut self, at: usize) -> Scan<bool> {
        let Some(key) = self.simple_keys.get(at).copied().filter(|k| k.possible) else { return Ok(false) };
        self.count();
        if key.mark.line < self.line || key.mark.index + MAX_SIMPLE_KEY < self.index {
            if key.required {
                return self.fail("could not find expected ':'");
            }
            self.simple_keys[at].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    /// Notes that a key may begin here.
    fn save_simple_key(&mut self) -> Scan<()> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let mark = self.mark();
        let required = self.flow_level == 0 && self.indent == i64::from(mark.column);
        let token = self.taken + self.queue.len();
        self.remove_simple_key()?;
        let top = self.simple_keys.len();
        if let Some(key) = self.simple_keys.last_mut() {
            *key = SimpleKey { possible: true, required, token, mark };
        }
        let at = token - self.taken;
        while self.keys_by_token.len() <= at {
            self.keys_by_token.push_back(0);
        }
        self.keys_by_token[at] = top as u32;
        Ok(())
    }

    /// Gives up the key of this flow level.
    fn remove_simple_key(&mut self) -> Scan<()> {
        let Some(key) = self.simple_keys.last_mut() else { return Ok(()) };
        if key.possible {
            if key.required {
                return self.fail("could not find expected ':'");
            }
            key.possible = false;
            let token = key.token;
            self.forget_key(token);
        }
        Ok(())
    }

    // ---- indentation

    /// Opens a block collection if `column` is deeper than the current one.
    fn roll_indent(&mut self, column: u32, number: Option<usize>, kind: Kind<'a>, mark: Mark) -> Scan<()> {
        if self.flow_level > 0 || self.indent >= i64::from(column) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = i64::from(column);
        if self.indents.len() > MAX_DEPTH {
            return self.fail("exceeded max depth of 10000");
        }
        match number {
            Some(number) => self.insert(number, kind, mark),
            None => self.push(kind, mark, mark),
        }
        Ok(())
    }

    /// Closes the block collections deeper than `column`.
    fn unroll_indent(&mut self, column: i64) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            let mark = self.mark();
            self.push(Kind::BlockEnd, mark, mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    // ---- structure

    fn fetch_stream_end(&mut self) -> Scan<()> {
        if self.column() != 0 {
            self.column = 0;
            self.line += 1;
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.mark();
        self.push(Kind::StreamEnd, mark, mark);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: Kind<'a>) -> Scan<()> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark();
        self.pos += 3;
        let end = self.mark();
        self.push(kind, start, end);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind<'a>) -> Scan<()> {
        self.save_simple_key()?;
        let mark = self.mark();
        let token = self.taken + self.queue.len();
        self.simple_keys.push(SimpleKey { possible: false, required: false, token, mark });
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return self.fail("exceeded max depth of 10000");
        }
        self.simple_key_allowed = true;
        self.single(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind<'a>) -> Scan<()> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            if let Some(key) = self.simple_keys.pop() {
                self.forget_key(key.token);
            }
        }
        self.simple_key_allowed = false;
        self.single(kind);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Scan<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.fail("block sequence entries are not allowed in this context");
            }
            let mark = self.mark();
            self.roll_indent(mark.column, None, Kind::BlockSequenceStart, mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.single(Kind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Scan<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.fail("mapping keys are not allowed in this context");
            }
            let mark = self.mark();
            self.roll_indent(mark.column, None, Kind::BlockMappingStart, mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.single(Kind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Scan<()> {
        let top = self.simple_keys.len().saturating_sub(1);
        if self.simple_key_valid(top)? {
            let key = self.simple_keys[top];
            self.insert(key.token, Kind::Key, key.mark);
            self.roll_indent(key.mark.column, Some(key.token), Kind::BlockMappingStart, key.mark)?;
            self.simple_keys[top].possible = false;
            self.forget_key(key.token);
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return self.fail("mapping values are not allowed in this context");
                }
                let mark = self.mark();
                self.roll_indent(mark.column, None, Kind::BlockMappingStart, mark)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.single(Kind::Value);
        Ok(())
    }
}
