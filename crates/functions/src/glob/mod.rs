//! Globs over slash-separated names, as gobwas/glob 0.2 reads them for Helm's `.Files.Glob`.
//!
//! `*` matches within a segment, `**` across segments, `?` one character but no slash, `[abc]`, `[!abc]`, `[a-z]`, `[!a-z]`
//! one of a class (a slash too), `{a,b}` alternatives, a backslash takes the next character literally. Charts rely on what
//! the library really does, which is not always what its rules say (`a/**/b` matches `a/b`), so its rewriting of patterns
//! into matchers is followed step by step: `compile` rewrites, `matcher` matches.

mod compile;
mod matcher;
#[cfg(test)]
mod tests;

use matcher::{Budget, Matcher};
use pintle_go::utf8::{RUNE_ERROR, decode};

/// A part of a pattern as parsed.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    /// `*`
    Any,
    /// `**`
    Super,
    /// `?`
    Single,
    /// `[abc]`
    List {
        chars: String,
        negated: bool,
    },
    /// `[a-z]`
    Range {
        lo: char,
        hi: char,
        negated: bool,
    },
    /// `{a,b}`; its children are patterns
    AnyOf(Vec<Node>),
    /// Parts one after another
    Pattern(Vec<Node>),
    /// The empty text
    Nothing,
}

/// Longest pattern that is read.
const MAX_PATTERN: usize = 4096;

/// A compiled pattern.
///
/// ```
/// use pintle_functions::glob::Glob;
/// let glob = Glob::new(b"conf/{a,b}*.y?ml").unwrap();
/// assert!(glob.is_match(b"conf/a1.yaml") && !glob.is_match(b"conf/x/a.yaml"));
/// // Two ranges in one class are more than gobwas reads.
/// assert!(Glob::new(b"[a-z0-9]").is_none());
/// ```
#[derive(Debug)]
pub struct Glob(Matcher);

/// Reads runes; an invalid byte fails, a zero ends the pattern.
struct Reader<'p> {
    rest: &'p [u8],
}

impl Reader<'_> {
    fn peek(&self) -> Option<Option<char>> {
        match decode(self.rest) {
            (_, 0) | ('\0', _) => Some(None),
            (RUNE_ERROR, _) => None,
            (c, _) => Some(Some(c)),
        }
    }

    fn next(&mut self) -> Option<Option<char>> {
        let c = self.peek()?;
        self.rest = &self.rest[c.map_or(0, char::len_utf8)..];
        Some(c)
    }

    /// Text up to one of `breakers`, escapes removed.
    fn text(&mut self, breakers: &str) -> Option<String> {
        let mut out = String::new();
        let mut escaped = false;
        while let Some(c) = self.peek()? {
            if !escaped && breakers.contains(c) {
                break;
            }
            self.next()?;
            if !escaped && c == '\\' {
                escaped = true;
                continue;
            }
            escaped = false;
            out.push(c);
        }
        Some(out)
    }

    /// What follows an opening bracket.
    fn class(&mut self) -> Option<Node> {
        let mut first = self.next()??;
        let negated = first == '!';
        if negated {
            first = self.next()??;
        }
        let class = if self.peek()? == Some('-') {
            self.next()?;
            let hi = self.next()??;
            if hi < first {
                return None;
            }
            Node::Range { lo: first, hi, negated }
        } else {
            let mut chars = String::new();
            match first {
                ']' => return None,
                '\\' => chars.extend(self.next()?),
                c => chars.push(c),
            }
            chars.push_str(&self.text("]")?);
            if chars.is_empty() {
                return None;
            }
            Node::List { chars, negated }
        };
        (self.next()?? == ']').then_some(class)
    }
}

impl Glob {
    /// Compiles a pattern; `None` for one that gobwas rejects.
    pub fn new(pattern: &[u8]) -> Option<Glob> {
        if pattern.len() > MAX_PATTERN {
            return None;
        }
        let mut r = Reader { rest: pattern };
        // The branch being read, over those of the braces that enclose it.
        let mut branch = Vec::new();
        let mut open: Vec<(Vec<Node>, Vec<Vec<Node>>)> = Vec::new();
        while let Some(c) = r.peek()? {
            match c {
                '{' => {
                    r.next()?;
                    open.push((std::mem::take(&mut branch), Vec::new()));
                }
                ',' if !open.is_empty() => {
                    r.next()?;
                    let done = std::mem::take(&mut branch);
                    open.last_mut()?.1.push(done);
                }
                '}' if !open.is_empty() => {
                    r.next()?;
                    close(&mut branch, &mut open);
                }
                '[' => {
                    r.next()?;
                    branch.push(r.class()?);
                }
                '?' => {
                    r.next()?;
                    branch.push(Node::Single);
                }
                '*' => {
                    r.next()?;
                    let double = r.peek()? == Some('*');
                    if double {
                        r.next()?;
                    }
                    branch.push(if double { Node::Super } else { Node::Any });
                }
                _ => {
                    let breakers = if open.is_empty() { "?*[{" } else { "?*[{}," };
                    let text = r.text(breakers)?;
                    // Nothing, for a backslash at the end.
                    if !text.is_empty() {
                        branch.push(Node::Text(text));
                    }
                }
            }
        }
        // Braces left open end with the pattern.
        while !open.is_empty() {
            close(&mut branch, &mut open);
        }
        Some(Glob(compile::compile(&Node::Pattern(branch))))
    }

    /// Whether the whole name matches.
    pub fn is_match(&self, name: &[u8]) -> bool {
        self.0.is_match(name, &Budget::new())
    }
}

fn close(branch: &mut Vec<Node>, open: &mut Vec<(Vec<Node>, Vec<Vec<Node>>)>) {
    if let Some((outer, mut branches)) = open.pop() {
        branches.push(std::mem::replace(branch, outer));
        branch.push(Node::AnyOf(branches.into_iter().map(Node::Pattern).collect()));
    }
}
