//! The parser of Go's regular expression syntax (`regexp/syntax` with the `Perl` flags, Go 1.26).
//!
//! Takes a pattern, gives an HIR for `regex-automata` and the names of the groups, or Go's own error. What Go accepts and
//! rejects, and in which words, is decided here; matching is the other crate's.

use std::fmt;

use regex_syntax::hir::{Capture, Class, Dot, Hir, Look, Repetition};

use super::class::{self, Set};
use crate::utf8::{RUNE_ERROR, decode};

/// Why Go rejects a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: &'static str,
    expr: Vec<u8>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error parsing regexp: {}: `{}`", self.code, String::from_utf8_lossy(&self.expr))
    }
}

impl std::error::Error for Error {}

const BAD_RANGE: &str = "invalid character class range";
const BAD_ESCAPE: &str = "invalid escape sequence";
const BAD_NAME: &str = "invalid named capture";
const BAD_PERL: &str = "invalid or unsupported Perl syntax";
const BAD_REPEAT: &str = "invalid nested repetition operator";
const BAD_REPEAT_SIZE: &str = "invalid repeat count";
const BAD_UTF8: &str = "invalid UTF-8";
const NO_BRACKET: &str = "missing closing ]";
const NO_PAREN: &str = "missing closing )";
const NO_REPEAT_ARG: &str = "missing argument to repetition operator";
const TRAILING_BACKSLASH: &str = "trailing backslash at end of expression";
const BAD_PAREN: &str = "unexpected )";
const TOO_DEEP: &str = "expression nests too deeply";
/// Go's words for a pattern over its size limit; also used where our own limits are met first.
pub(super) const TOO_LARGE: &str = "expression too large";

/// Greatest height of Go's parse tree.
const MAX_HEIGHT: u32 = 1000;
/// Greatest program, in Go's instructions (128 MB of them).
const MAX_SIZE: u64 = (128 << 20) / 40;
/// Greatest number of ranges in all classes of a pattern: Go allows 16 million; a render needn't spend that much memory.
const MAX_RANGES: usize = 2 << 20;
const MAX_REPEAT: u32 = 1000;

type Result<T> = std::result::Result<T, Error>;

pub(super) fn error(code: &'static str, expr: &[u8]) -> Error {
    Error { code, expr: expr.to_vec() }
}

mod flag {
    pub const FOLD: u8 = 1;
    pub const DOT_NL: u8 = 2;
    pub const ONE_LINE: u8 = 4;
    pub const NON_GREEDY: u8 = 8;
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Literal,
    Concat,
    Alternate,
    Other,
}

/// A parsed piece with what Go's limits ask about it.
struct Node {
    hir: Hir,
    shape: Shape,
    height: u32,
    /// Instructions Go would compile it to.
    size: u64,
    /// Greatest product of nested counted repetitions.
    copies: u64,
}

impl Node {
    fn leaf(hir: Hir, shape: Shape) -> Node {
        Node { hir, shape, height: 1, size: 1, copies: 1 }
    }
}

/// An open group: what was collected since its `(`.
struct Frame {
    outer_flags: u8,
    capture: Option<u32>,
    done: Vec<Node>,
    current: Vec<Node>,
}

impl Frame {
    fn new(outer_flags: u8, capture: Option<u32>) -> Frame {
        Frame { outer_flags, capture, done: Vec::new(), current: Vec::new() }
    }
}

struct Parser<'p> {
    pattern: &'p [u8],
    flags: u8,
    frames: Vec<Frame>,
    names: Vec<String>,
    ranges: usize,
}

/// A pattern ready for compilation.
#[derive(Debug)]
pub(super) struct Parsed {
    pub hir: Hir,
    /// Instructions Go would compile it to.
    pub size: u64,
    /// The name of each group, empty for those without; the first is the whole match.
    pub names: Vec<String>,
}

/// Parses `pattern` as `regexp.Compile` does.
pub(super) fn parse(pattern: &[u8]) -> Result<Parsed> {
    let mut p =
        Parser { pattern, flags: flag::ONE_LINE, frames: vec![Frame::new(0, None)], names: vec![String::new()], ranges: 0 };
    let mut t = pattern;
    let mut last_repeat: &[u8] = b"";
    while !t.is_empty() {
        let before = t;
        let mut repeat: &[u8] = b"";
        match t[0] {
            b'(' if t.get(1) == Some(&b'?') => t = p.perl_flags(t)?,
            b'(' => {
                p.open(Some(String::new()));
                t = &t[1..];
            }
            b'|' => {
                p.end_branch()?;
                t = &t[1..];
            }
            b')' => {
                p.close()?;
                t = &t[1..];
            }
            b'^' => {
                p.look(if p.flags & flag::ONE_LINE != 0 { Look::Start } else { Look::StartLF })?;
                t = &t[1..];
            }
            b'$' => {
                p.look(if p.flags & flag::ONE_LINE != 0 { Look::End } else { Look::EndLF })?;
                t = &t[1..];
            }
            b'.' => {
                let dot = if p.flags & flag::DOT_NL != 0 { Dot::AnyChar } else { Dot::AnyCharExceptLF };
                p.push(Node::leaf(Hir::dot(dot), Shape::Other))?;
                t = &t[1..];
            }
            b'[' => t = p.class(t)?,
            op @ (b'*' | b'+' | b'?') => {
                let (min, max) = match op {
                    b'*' => (0, None),
                    b'+' => (1, None),
                    _ => (0, Some(1)),
                };
                t = p.repeat(min, max, false, before, &t[1..], last_repeat)?;
                repeat = before;
            }
            b'{' => match parse_repeat(t) {
                None => {
                    p.literal('{')?;
                    t = &t[1..];
                }
                Some((bounds, after)) => {
                    let Some((min, max)) = bounds else {
                        return Err(error(BAD_REPEAT_SIZE, until(before, after)));
                    };
                    t = p.repeat(min, max, true, before, after, last_repeat)?;
                    repeat = before;
                }
            },
            b'\\' => t = p.backslash(t)?,
            _ => {
                let (c, rest) = next_rune(t)?;
                p.literal(c)?;
                t = rest;
            }
        }
        last_repeat = repeat;
    }
    if p.frames.len() != 1 {
        return Err(error(NO_PAREN, pattern));
    }
    let whole = p.end_group()?;
    Ok(Parsed { hir: whole.hir, names: p.names, size: whole.size })
}

/// What of `s` comes before `rest`, its tail.
fn until<'a>(s: &'a [u8], rest: &[u8]) -> &'a [u8] {
    &s[..s.len() - rest.len()]
}

fn next_rune(s: &[u8]) -> Result<(char, &[u8])> {
    let (c, width) = decode(s);
    if c == RUNE_ERROR && width == 1 {
        return Err(error(BAD_UTF8, s));
    }
    Ok((c, &s[width..]))
}

fn check_utf8(s: &[u8]) -> Result<()> {
    match std::str::from_utf8(s) {
        Ok(_) => Ok(()),
        Err(e) => Err(error(BAD_UTF8, &s[e.valid_up_to()..])),
    }
}

type Bounds = (u32, Option<u32>);

/// `{n}`, `{n,}` or `{n,m}`, and what follows it; `None` when the brace is a literal, no bounds when they're out of range.
fn parse_repeat(s: &[u8]) -> Option<(Option<Bounds>, &[u8])> {
    fn int(s: &[u8]) -> Option<(u32, &[u8])> {
        let digits = s.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 || (digits > 1 && s[0] == b'0') {
            return None;
        }
        let n = s[..digits].iter().fold(0u32, |n, d| n.saturating_mul(10).saturating_add(u32::from(d - b'0')));
        Some((n, &s[digits..]))
    }
    let (min, mut s) = int(&s[1..])?;
    let mut max = Some(min);
    if s.first() == Some(&b',') {
        s = &s[1..];
        if s.first() == Some(&b'}') {
            max = None;
        } else {
            let (n, rest) = int(s)?;
            max = Some(n);
            s = rest;
        }
    }
    if s.first() != Some(&b'}') {
        return None;
    }
    let bad = min > MAX_REPEAT || max.is_some_and(|m| m > MAX_REPEAT || min > m);
    Some(((!bad).then_some((min, max)), &s[1..]))
}

impl<'p> Parser<'p> {
    fn folded(&self) -> bool {
        self.flags & flag::FOLD != 0
    }

    fn open(&mut self, capture: Option<String>) {
        let index = capture.map(|name| {
            self.names.push(name);
            (self.names.len() - 1) as u32
        });
        self.frames.push(Frame::new(self.flags, index));
    }

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::new(0, None));
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn push(&mut self, node: Node) -> Result<()> {
        if node.height > MAX_HEIGHT {
            return Err(error(TOO_DEEP, self.pattern));
        }
        if node.size > MAX_SIZE || self.ranges > MAX_RANGES {
            return Err(error(TOO_LARGE, self.pattern));
        }
        self.frame().current.push(node);
        Ok(())
    }

    fn set(&mut self, set: Set) -> Result<()> {
        self.ranges += set.ranges().len();
        self.push(Node::leaf(class::hir(set), Shape::Other))
    }

    fn literal(&mut self, c: char) -> Result<()> {
        let hir = if self.folded() {
            Hir::class(Class::Unicode(class::fold(class::range(c as u32, c as u32))))
        } else {
            Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes())
        };
        self.push(Node::leaf(hir, Shape::Literal))
    }

    /// A literal that may name a surrogate, which matches nothing.
    fn code_point(&mut self, c: u32) -> Result<()> {
        match char::from_u32(c) {
            Some(c) => self.literal(c),
            None => self.push(Node::leaf(Hir::fail(), Shape::Literal)),
        }
    }

    fn look(&mut self, look: Look) -> Result<()> {
        self.push(Node::leaf(Hir::look(look), Shape::Other))
    }

    /// Ends the branch before a `|` or `)`.
    fn end_branch(&mut self) -> Result<()> {
        let frame = self.frame();
        let mut nodes = std::mem::take(&mut frame.current);
        let node = if nodes.len() == 1 {
            nodes.remove(0)
        } else {
            let literal = !nodes.is_empty() && nodes.iter().all(|n| n.shape == Shape::Literal);
            let inner = nodes.iter().map(|n| if n.shape == Shape::Concat { n.height - 1 } else { n.height }).max();
            let height = if literal || nodes.is_empty() { 1 } else { 1 + inner.unwrap_or(0) };
            Node {
                shape: if literal { Shape::Literal } else { Shape::Concat },
                height,
                size: nodes.iter().map(|n| n.size).sum::<u64>().max(1),
                copies: nodes.iter().map(|n| n.copies).max().unwrap_or(1),
                hir: Hir::concat(nodes.into_iter().map(|n| n.hir).collect()),
            }
        };
        self.push(node)?;
        let frame = self.frame();
        if let Some(node) = frame.current.pop() {
            frame.done.push(node);
        }
        Ok(())
    }

    /// Ends the innermost group and gives what it holds.
    fn end_group(&mut self) -> Result<Node> {
        self.end_branch()?;
        let mut nodes = std::mem::take(&mut self.frame().done);
        if nodes.len() == 1 {
            return Ok(nodes.remove(0));
        }
        let inner = nodes.iter().map(|n| if n.shape == Shape::Alternate { n.height - 1 } else { n.height }).max();
        Ok(Node {
            shape: Shape::Alternate,
            height: 1 + inner.unwrap_or(0),
            size: nodes.iter().map(|n| n.size).sum::<u64>() + nodes.len() as u64 - 1,
            copies: nodes.iter().map(|n| n.copies).max().unwrap_or(1),
            hir: Hir::alternation(nodes.into_iter().map(|n| n.hir).collect()),
        })
    }

    fn close(&mut self) -> Result<()> {
        let node = self.end_group()?;
        if self.frames.len() < 2 {
            return Err(error(BAD_PAREN, self.pattern));
        }
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.flags = frame.outer_flags;
        match frame.capture {
            None => self.push(node),
            Some(index) => self.push(Node {
                hir: Hir::capture(Capture { index, name: None, sub: Box::new(node.hir) }),
                shape: Shape::Other,
                height: node.height + 1,
                size: node.size + 2,
                copies: node.copies,
            }),
        }
    }

    fn repeat<'t>(
        &mut self,
        min: u32,
        max: Option<u32>,
        counted: bool,
        before: &'t [u8],
        mut after: &'t [u8],
        last_repeat: &[u8],
    ) -> Result<&'t [u8]> {
        let mut greedy = self.flags & flag::NON_GREEDY == 0;
        if after.first() == Some(&b'?') {
            after = &after[1..];
            greedy = !greedy;
        }
        if !last_repeat.is_empty() {
            return Err(error(BAD_REPEAT, until(last_repeat, after)));
        }
        let Some(sub) = self.frame().current.pop() else {
            return Err(error(NO_REPEAT_ARG, until(before, after)));
        };
        let size = match (min, max) {
            (0, None) => 2 + sub.size,
            (n, None) if counted => 1 + u64::from(n) * sub.size,
            (_, None) | (0, Some(1)) => 1 + sub.size,
            (n, Some(m)) => (u64::from(m) * sub.size + u64::from(m - n)).max(1),
        };
        let copies = match max {
            _ if !counted => sub.copies,
            Some(0) => 1,
            _ => sub.copies * u64::from(max.unwrap_or(min)).max(1),
        };
        let node = Node {
            hir: Hir::repetition(Repetition { min, max, greedy, sub: Box::new(sub.hir) }),
            shape: Shape::Other,
            height: sub.height + 1,
            size,
            copies,
        };
        self.push(node)?;
        if counted && (min >= 2 || max.is_some_and(|m| m >= 2)) && copies > u64::from(MAX_REPEAT) {
            return Err(error(BAD_REPEAT_SIZE, until(before, after)));
        }
        Ok(after)
    }

    /// `(?flags)`, `(?flags:`, `(?P<name>` or `(?<name>`.
    fn perl_flags<'t>(&mut self, s: &'t [u8]) -> Result<&'t [u8]> {
        let start = if s.len() > 4 && s[2] == b'P' && s[3] == b'<' {
            Some(4)
        } else if s.len() > 3 && s[2] == b'<' {
            Some(3)
        } else {
            None
        };
        if let Some(start) = start {
            let Some(end) = s.iter().position(|&b| b == b'>') else {
                check_utf8(s)?;
                return Err(error(BAD_NAME, s));
            };
            let name = s.get(start..end).unwrap_or_default();
            check_utf8(name)?;
            if name.is_empty() || !name.iter().all(|&b| b == b'_' || b.is_ascii_alphanumeric()) {
                return Err(error(BAD_NAME, &s[..=end]));
            }
            self.open(Some(String::from_utf8_lossy(name).into_owned()));
            return Ok(&s[end + 1..]);
        }
        let mut t = &s[2..];
        let (mut on, mut off) = (0u8, 0u8);
        let (mut negative, mut saw) = (false, false);
        while !t.is_empty() {
            let (c, rest) = next_rune(t)?;
            t = rest;
            // Under the minus sign the meanings turn round: m drops one-line mode, -m restores it.
            let (set, clear) = if negative { (&mut off, &mut on) } else { (&mut on, &mut off) };
            match c {
                'i' => (*set, *clear) = (*set | flag::FOLD, *clear & !flag::FOLD),
                'm' => (*clear, *set) = (*clear | flag::ONE_LINE, *set & !flag::ONE_LINE),
                's' => (*set, *clear) = (*set | flag::DOT_NL, *clear & !flag::DOT_NL),
                'U' => (*set, *clear) = (*set | flag::NON_GREEDY, *clear & !flag::NON_GREEDY),
                '-' if !negative => {
                    negative = true;
                    saw = false;
                    continue;
                }
                ':' | ')' if !negative || saw => {
                    let flags = (self.flags | on) & !off;
                    if c == ':' {
                        self.open(None);
                    }
                    self.flags = flags;
                    return Ok(t);
                }
                _ => break,
            }
            saw = true;
        }
        Err(error(BAD_PERL, until(s, t)))
    }

    /// An escape outside a class.
    fn backslash<'t>(&mut self, t: &'t [u8]) -> Result<&'t [u8]> {
        let rest = t.get(2..).unwrap_or_default();
        match t.get(1) {
            Some(b'A') => self.look(Look::Start).map(|()| rest),
            Some(b'z') => self.look(Look::End).map(|()| rest),
            Some(b'b') => self.look(Look::WordAscii).map(|()| rest),
            Some(b'B') => self.look(Look::WordAsciiNegate).map(|()| rest),
            // Any byte: Go doesn't support it.
            Some(b'C') => Err(error(BAD_ESCAPE, &t[..2])),
            Some(b'Q') => {
                let end = rest.windows(2).position(|w| w == b"\\E");
                let mut quoted = &rest[..end.unwrap_or(rest.len())];
                while !quoted.is_empty() {
                    let (c, tail) = next_rune(quoted)?;
                    self.literal(c)?;
                    quoted = tail;
                }
                Ok(end.map_or(&rest[rest.len()..], |end| &rest[end + 2..]))
            }
            _ => {
                if let Some((set, rest)) = self.unicode_class(t)?.or_else(|| self.perl_class(t)) {
                    self.set(set)?;
                    return Ok(rest);
                }
                let (c, rest) = escape(t)?;
                self.code_point(c)?;
                Ok(rest)
            }
        }
    }

    fn perl_class<'t>(&self, t: &'t [u8]) -> Option<(Set, &'t [u8])> {
        if t.first() != Some(&b'\\') {
            return None;
        }
        Some((class::perl(*t.get(1)?, self.folded())?, &t[2..]))
    }

    /// `\pN`, `\p{Name}`, `\P...` and `\p{^...}`
    fn unicode_class<'t>(&self, s: &'t [u8]) -> Result<Option<(Set, &'t [u8])>> {
        if s.len() < 2 || s[0] != b'\\' || !matches!(s[1], b'p' | b'P') {
            return Ok(None);
        }
        let mut negated = s[1] == b'P';
        let (c, mut t) = next_rune(&s[2..])?;
        let (seq, mut name) = if c == '{' && s.len() > 2 {
            let Some(end) = s.iter().position(|&b| b == b'}') else {
                check_utf8(s)?;
                return Err(error(BAD_RANGE, s));
            };
            t = &s[end + 1..];
            check_utf8(&s[3..end])?;
            (&s[..=end], &s[3..end])
        } else {
            let seq = until(s, t);
            (seq, &seq[2..])
        };
        if let Some(rest) = name.strip_prefix(b"^") {
            negated = !negated;
            name = rest;
        }
        let name = std::str::from_utf8(name).unwrap_or_default();
        let Some(set) = class::unicode(name, self.folded()) else {
            return Err(error(BAD_RANGE, seq));
        };
        Ok(Some((if negated { class::negate(set) } else { set }, t)))
    }

    /// `[...]`
    fn class<'t>(&mut self, s: &'t [u8]) -> Result<&'t [u8]> {
        let mut t = &s[1..];
        let negated = t.first() == Some(&b'^');
        if negated {
            t = &t[1..];
        }
        let mut set = Set::empty();
        let mut items = 0usize;
        // A bracket that stands first is a member.
        while t.first() != Some(&b']') || items == 0 {
            items += 1;
            if t.len() > 2
                && t.starts_with(b"[:")
                && let Some(end) = t[2..].windows(2).position(|w| w == b":]")
            {
                let Some(named) = class::posix(&t[2..2 + end], self.folded()) else {
                    return Err(error(BAD_RANGE, &t[..end + 4]));
                };
                set.union(&named);
                t = &t[end + 4..];
                continue;
            }
            if let Some((group, rest)) = self.unicode_class(t)?.or_else(|| self.perl_class(t)) {
                self.ranges += group.ranges().len();
                if self.ranges > MAX_RANGES {
                    return Err(error(TOO_LARGE, self.pattern));
                }
                set.union(&group);
                t = rest;
                continue;
            }
            let (lo, rest) = class_char(t, s)?;
            let mut hi = lo;
            let mut tail = rest;
            if rest.len() >= 2 && rest[0] == b'-' && rest[1] != b']' {
                (hi, tail) = class_char(&rest[1..], s)?;
                if hi < lo {
                    return Err(error(BAD_RANGE, until(t, tail)));
                }
            }
            t = tail;
            let range = class::range(lo, hi);
            set.union(&if self.folded() { class::fold(range) } else { range });
        }
        self.set(if negated { class::negate(set) } else { set })?;
        Ok(&t[1..])
    }
}

fn class_char<'t>(t: &'t [u8], whole: &[u8]) -> Result<(u32, &'t [u8])> {
    match t.first() {
        None => Err(error(NO_BRACKET, whole)),
        Some(b'\\') => escape(t),
        Some(_) => next_rune(t).map(|(c, rest)| (c as u32, rest)),
    }
}

/// A single-character escape; gives a rune, which may be a surrogate.
fn escape(s: &[u8]) -> Result<(u32, &[u8])> {
    let mut t = &s[1..];
    if t.is_empty() {
        return Err(error(TRAILING_BACKSLASH, b""));
    }
    let (c, rest) = next_rune(t)?;
    t = rest;
    let octal = |b: Option<&u8>| b.filter(|b| (b'0'..=b'7').contains(b)).map(|b| u32::from(b - b'0'));
    match c {
        // A single digit but zero would be a back-reference.
        '0' | '1'..='7' if c == '0' || octal(t.first()).is_some() => {
            let mut r = c as u32 - '0' as u32;
            for _ in 1..3 {
                let Some(d) = octal(t.first()) else { break };
                r = r * 8 + d;
                t = &t[1..];
            }
            return Ok((r, t));
        }
        'x' if !t.is_empty() => {
            let (c, rest) = next_rune(t)?;
            t = rest;
            if c == '{' {
                let mut r = 0u32;
                let mut digits = 0;
                while !t.is_empty() {
                    let (c, rest) = next_rune(t)?;
                    t = rest;
                    if c == '}' {
                        if digits == 0 {
                            break;
                        }
                        return Ok((r, t));
                    }
                    let Some(d) = c.to_digit(16) else { break };
                    r = r * 16 + d;
                    if r > 0x10FFFF {
                        break;
                    }
                    digits += 1;
                }
            } else {
                let x = c.to_digit(16);
                let (c, rest) = next_rune(t)?;
                // At the end of the pattern there is no second digit.
                let y = if t.is_empty() { None } else { c.to_digit(16) };
                t = rest;
                if let (Some(x), Some(y)) = (x, y) {
                    return Ok((x * 16 + y, t));
                }
            }
        }
        'a' => return Ok((7, t)),
        'f' => return Ok((12, t)),
        'n' => return Ok((10, t)),
        'r' => return Ok((13, t)),
        't' => return Ok((9, t)),
        'v' => return Ok((11, t)),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => return Ok((c as u32, t)),
        _ => {}
    }
    Err(error(BAD_ESCAPE, until(s, t)))
}
