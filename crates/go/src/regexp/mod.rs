//! Go's `regexp` over byte strings: the same patterns accepted, the same errors, the same matches and replacements.
//!
//! `parse` reads Go's syntax; `regex-automata` matches, leftmost-first as Go does. Go decodes an invalid byte of the
//! subject as U+FFFD of width one: such subjects are searched in a repaired copy and the positions mapped back.

mod class;
mod parse;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use regex_automata::util::captures::Captures;
use regex_automata::{Input, meta};

pub use parse::Error;

use crate::limits;
use crate::utf8::{decode, push, runes};

/// Bound of the compiled program; a pattern beyond it is "expression too large".
const NFA_SIZE: usize = 64 << 20;

/// How many instructions of a pattern cost a step for each byte of the text.
const INSTRUCTIONS_A_STEP: u64 = 32;
/// How many steps compiling an instruction costs.
const STEPS_AN_INSTRUCTION: u64 = 50;

/// A compiled pattern.
///
/// ```
/// use pintle_go::regexp::Regex;
/// let re = Regex::new(b"a(x*)b").unwrap();
/// assert_eq!(re.replace_all(b"-ab-axxb-", b"${1}W").unwrap(), b"-W-xxW-");
/// assert_eq!(Regex::new(b"[a-z").unwrap_err().to_string(), "error parsing regexp: missing closing ]: `[a-z`");
/// ```
#[derive(Debug)]
pub struct Regex {
    program: meta::Regex,
    names: Vec<String>,
    empty_pattern: bool,
    /// Instructions Go would compile it to.
    size: u64,
}

/// The subject as valid UTF-8, with the original position of each of its bytes where they differ.
struct Subject<'h> {
    text: Cow<'h, [u8]>,
    origin: Option<Vec<usize>>,
}

impl<'h> Subject<'h> {
    fn new(bytes: &'h [u8]) -> Subject<'h> {
        if std::str::from_utf8(bytes).is_ok() {
            return Subject { text: Cow::Borrowed(bytes), origin: None };
        }
        let mut text = Vec::with_capacity(bytes.len() + 16);
        let mut origin = Vec::with_capacity(bytes.len() + 17);
        let mut at = 0;
        for (c, width) in runes(bytes) {
            let start = text.len();
            push(&mut text, c);
            origin.extend(std::iter::repeat_n(at, text.len() - start));
            at += width;
        }
        origin.push(at);
        Subject { text: Cow::Owned(text), origin: Some(origin) }
    }

    fn original(&self, range: Range<usize>) -> Range<usize> {
        match &self.origin {
            None => range,
            Some(o) => o[range.start]..o[range.end],
        }
    }
}

impl Regex {
    /// Compiles `pattern` as `regexp.Compile` does.
    pub fn new(pattern: &[u8]) -> Result<Regex, Error> {
        let parsed = parse::parse(pattern)?;
        let config = meta::Config::new()
            .nfa_size_limit(Some(NFA_SIZE))
            // The forward DFA of a small pattern is rarely worth building for subjects of a few bytes.
            .hybrid_cache_capacity(1 << 20);
        let program = meta::Builder::new()
            .configure(config)
            .build_from_hir(&parsed.hir)
            .map_err(|_| parse::error(parse::TOO_LARGE, pattern))?;
        Ok(Regex { program, names: parsed.names, empty_pattern: pattern.is_empty(), size: parsed.size })
    }

    /// What searching a text takes, in steps of a budget: every byte may meet every instruction. Most searches take far less, so that it
    /// is counted low.
    pub fn search_cost(&self, subject: &[u8]) -> u64 {
        (subject.len() as u64).saturating_mul(1 + self.size / INSTRUCTIONS_A_STEP)
    }

    /// What compiling the pattern took, in steps of a budget.
    pub fn compile_cost(&self) -> u64 {
        self.size.saturating_mul(STEPS_AN_INSTRUCTION)
    }

    /// `Regexp.MatchString`
    pub fn is_match(&self, subject: &[u8]) -> bool {
        self.program.is_match(Input::new(&*Subject::new(subject).text))
    }

    /// `Regexp.FindStringIndex`: the leftmost match.
    pub fn find(&self, subject: &[u8]) -> Option<Range<usize>> {
        let s = Subject::new(subject);
        self.program.find(Input::new(&*s.text)).map(|m| s.original(m.range()))
    }

    /// `Regexp.FindAllStringIndex`: at most `n` matches that don't overlap, all for a negative `n`; an empty match right
    /// after another match doesn't count.
    pub fn find_all(&self, subject: &[u8], n: i64) -> Vec<Range<usize>> {
        let s = Subject::new(subject);
        let limit = usize::try_from(n).unwrap_or(usize::MAX);
        let mut out = Vec::new();
        let (mut at, mut last_end) = (0, None);
        while out.len() < limit && at <= s.text.len() {
            let Some(m) = self.program.find(Input::new(&*s.text).range(at..)) else {
                break;
            };
            let mut accept = true;
            if m.end() == at {
                accept = last_end != Some(m.start());
                let (_, width) = decode(&s.text[at..]);
                at = if width == 0 { s.text.len() + 1 } else { at + width };
            } else {
                at = m.end();
            }
            last_end = Some(m.end());
            if accept {
                out.push(s.original(m.range()));
            }
        }
        out
    }

    /// `Regexp.ReplaceAllString`: `$1`, `${1}`, `$name` and `${name}` in the replacement stand for groups, `$$` for `$`.
    pub fn replace_all(&self, subject: &[u8], replacement: &[u8]) -> Result<Vec<u8>, String> {
        if !replacement.contains(&b'$') {
            return self.replace_all_literal(subject, replacement);
        }
        self.replace(subject, |caps, s, out| self.expand(replacement, caps, s, subject, out))
    }

    /// `Regexp.ReplaceAllLiteralString`
    pub fn replace_all_literal(&self, subject: &[u8], replacement: &[u8]) -> Result<Vec<u8>, String> {
        self.replace(subject, |_, _, out| out.extend_from_slice(replacement))
    }

    fn replace(&self, subject: &[u8], mut put: impl FnMut(&Captures, &Subject, &mut Vec<u8>)) -> Result<Vec<u8>, String> {
        let s = Subject::new(subject);
        let mut caps = self.program.create_captures();
        let mut out = Vec::with_capacity(subject.len());
        let (mut last_end, mut at) = (0, 0);
        while at <= s.text.len() {
            self.program.search_captures(&Input::new(&*s.text).range(at..), &mut caps);
            let Some(m) = caps.get_match() else { break };
            out.extend_from_slice(&subject[s.original(last_end..m.start())]);
            // Not for an empty match right after another match: patterns that match both would replace twice.
            if m.end() > last_end || m.start() == 0 {
                put(&caps, &s, &mut out);
                limits::text(Some(out.len()))?;
            }
            last_end = m.end();
            let (_, width) = decode(&s.text[at..]);
            at = if at + width > m.end() {
                at + width
            } else if at + 1 > m.end() {
                at + 1
            } else {
                m.end()
            };
        }
        out.extend_from_slice(&subject[s.original(last_end..s.text.len())]);
        Ok(out)
    }

    fn expand(&self, mut template: &[u8], caps: &Captures, s: &Subject, subject: &[u8], out: &mut Vec<u8>) {
        let group = |index: usize| caps.get_group(index).map(|span| &subject[s.original(span.range())]);
        while let Some(dollar) = template.iter().position(|&b| b == b'$') {
            out.extend_from_slice(&template[..dollar]);
            let rest = &template[dollar + 1..];
            if let Some(tail) = rest.strip_prefix(b"$") {
                out.push(b'$');
                template = tail;
                continue;
            }
            let Some((reference, tail)) = reference(rest) else {
                // Malformed: the dollar is text.
                out.push(b'$');
                template = rest;
                continue;
            };
            let text = match reference {
                Reference::Number(n) => group(n),
                Reference::Name(name) => {
                    let named = self.names.iter().enumerate().filter(|(_, n)| n.as_bytes() == name);
                    named.filter_map(|(i, _)| group(i)).next()
                }
            };
            out.extend_from_slice(text.unwrap_or_default());
            template = tail;
        }
        out.extend_from_slice(template);
    }

    /// `Regexp.Split`: the text between matches, at most `n` pieces, none for 0, all for a negative `n`.
    pub fn split(&self, subject: &[u8], n: i64) -> Vec<Range<usize>> {
        if n == 0 {
            return Vec::new();
        }
        if !self.empty_pattern && subject.is_empty() {
            return std::iter::once(0..0).collect();
        }
        let mut out = Vec::new();
        let (mut begin, mut end) = (0, 0);
        for m in self.find_all(subject, n) {
            if n > 0 && out.len() as i64 == n - 1 {
                break;
            }
            end = m.start;
            if m.end != 0 {
                out.push(begin..end);
            }
            begin = m.end;
        }
        if end != subject.len() {
            out.push(begin..subject.len());
        }
        out
    }
}

enum Reference<'t> {
    Number(usize),
    Name(&'t [u8]),
}

/// A group reference at the start of `rest` (what follows the dollar) and what comes after it.
fn reference(rest: &[u8]) -> Option<(Reference<'_>, &[u8])> {
    let (brace, body) = match rest.strip_prefix(b"{") {
        Some(body) => (true, body),
        None => (false, rest),
    };
    let mut len = 0;
    for (c, width) in runes(body) {
        if c != '_' && !crate::unicode::is_letter(c) && !crate::unicode::is_digit(c) {
            break;
        }
        len += width;
    }
    if len == 0 {
        return None;
    }
    let (name, mut tail) = body.split_at(len);
    if brace {
        tail = tail.strip_prefix(b"}")?;
    }
    let number = name.iter().all(u8::is_ascii_digit) && name.len() <= 9 && (name.len() == 1 || name[0] != b'0');
    let number = number.then(|| name.iter().fold(0, |n, d| n * 10 + usize::from(d - b'0')));
    Some((number.map_or(Reference::Name(name), Reference::Number), tail))
}

/// `regexp.QuoteMeta`
pub fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    for &b in text {
        if br"\.+*?()|[]{}^$".contains(&b) {
            out.push(b'\\');
        }
        out.push(b);
    }
    out
}

/// Patterns kept per thread; a chart has a handful, a hostile one can't make it grow.
const CACHED: usize = 128;
/// Longest pattern worth keeping.
const CACHED_LENGTH: usize = 4096;

thread_local! {
    static CACHE: RefCell<HashMap<Vec<u8>, Rc<Regex>>> = RefCell::new(HashMap::new());
}

/// Compiles `pattern`, or finds it among those compiled before on this thread.
pub fn cached(pattern: &[u8]) -> Result<Rc<Regex>, Error> {
    match known(pattern) {
        Some(re) => Ok(re),
        None => compile(pattern),
    }
}

/// A pattern that was compiled before on this thread.
pub fn known(pattern: &[u8]) -> Option<Rc<Regex>> {
    CACHE.with_borrow(|cache| cache.get(pattern).cloned())
}

/// Compiles a pattern, and keeps it for the next time.
pub fn compile(pattern: &[u8]) -> Result<Rc<Regex>, Error> {
    let re = Rc::new(Regex::new(pattern)?);
    if pattern.len() <= CACHED_LENGTH {
        CACHE.with_borrow_mut(|cache| {
            // Starting afresh costs a few compilations and needs no bookkeeping.
            if cache.len() >= CACHED {
                cache.clear();
            }
            cache.insert(pattern.to_vec(), Rc::clone(&re));
        });
    }
    Ok(re)
}

#[cfg(test)]
mod tests;
