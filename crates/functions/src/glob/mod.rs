//! Globs over slash-separated names, as gobwas/glob 0.2 reads them for Helm's `.Files.Glob`.
//!
//! `*` matches within a segment, `**` across segments, `?` one character but no slash, `[abc]`, `[!abc]`, `[a-z]`, `[!a-z]`
//! one of a class (a slash too), `{a,b}` alternatives, a backslash takes the next character literally.

use crate::unicode::{RUNE_ERROR, decode, runes};

#[derive(Debug)]
enum Node {
    Text(String),
    /// `*`
    Any,
    /// `**`
    Super,
    /// `?`
    Single,
    Class {
        set: Set,
        negated: bool,
    },
    AnyOf(Vec<Vec<Node>>),
}

#[derive(Debug)]
enum Set {
    List(String),
    Range(char, char),
}

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
pub struct Glob(Vec<Node>);

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
        let set = if self.peek()? == Some('-') {
            self.next()?;
            let high = self.next()??;
            if high < first {
                return None;
            }
            Set::Range(first, high)
        } else {
            let mut list = String::new();
            match first {
                ']' => return None,
                '\\' => list.extend(self.next()?),
                c => list.push(c),
            }
            list.push_str(&self.text("]")?);
            if list.is_empty() {
                return None;
            }
            Set::List(list)
        };
        (self.next()?? == ']').then_some(Node::Class { set, negated })
    }
}

impl Glob {
    /// Compiles a pattern; `None` for one that gobwas rejects.
    pub fn new(pattern: &[u8]) -> Option<Glob> {
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
                    branch.push(Node::Text(r.text(breakers)?));
                }
            }
        }
        // Braces left open end with the pattern.
        while !open.is_empty() {
            close(&mut branch, &mut open);
        }
        Some(Glob(branch))
    }

    /// Whether the whole name matches.
    pub fn is_match(&self, name: &[u8]) -> bool {
        let mut at = vec![false; name.len() + 1];
        at[0] = true;
        sequence(&self.0, name, at)[name.len()]
    }
}

fn close(branch: &mut Vec<Node>, open: &mut Vec<(Vec<Node>, Vec<Vec<Node>>)>) {
    if let Some((outer, mut branches)) = open.pop() {
        branches.push(std::mem::replace(branch, outer));
        branch.push(Node::AnyOf(branches));
    }
}

/// Where matching may stand after `nodes`, given where it may stand before.
fn sequence(nodes: &[Node], name: &[u8], at: Vec<bool>) -> Vec<bool> {
    nodes.iter().fold(at, |at, node| step(node, name, &at))
}

fn step(node: &Node, name: &[u8], at: &[bool]) -> Vec<bool> {
    let mut out = vec![false; at.len()];
    let places = || at.iter().enumerate().filter(|(_, here)| **here).map(|(i, _)| i);
    let mut one = |accept: &dyn Fn(char) -> bool| {
        for i in places() {
            if let (c, width @ 1..) = decode(&name[i..])
                && accept(c)
            {
                out[i + width] = true;
            }
        }
    };
    match node {
        Node::Single => one(&|c| c != '/'),
        Node::Class { set: Set::List(list), negated } => one(&|c| list.contains(c) != *negated),
        Node::Class { set: Set::Range(lo, hi), negated } => one(&|c| (*lo..=*hi).contains(&c) != *negated),
        Node::Text(text) => {
            for i in places().filter(|i| name[*i..].starts_with(text.as_bytes())) {
                out[i + text.len()] = true;
            }
        }
        Node::Any | Node::Super => {
            let mut i = 0;
            let mut inside = false;
            loop {
                inside |= at[i];
                out[i] = inside;
                let Some((c, width)) = runes(&name[i..]).next() else { break };
                if c == '/' && matches!(node, Node::Any) {
                    inside = false;
                }
                i += width;
            }
        }
        Node::AnyOf(branches) => {
            for branch in branches {
                for (o, b) in out.iter_mut().zip(sequence(branch, name, at.to_vec())) {
                    *o |= b;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Glob::new(pattern.as_bytes()).unwrap().is_match(name.as_bytes())
    }

    #[test]
    fn segments() {
        assert!(matches("a/*", "a/b.txt") && !matches("a/*", "a/b/c"));
        assert!(matches("a/**", "a/b/c") && matches("**.yaml", "x/y.yaml") && !matches("*.yaml", "x/y.yaml"));
        assert!(matches("?", "é") && !matches("?", "/") && matches("[!a]", "/"));
    }

    #[test]
    fn braces_and_escapes() {
        assert!(matches("{a,b{c,d}}x", "bdx") && !matches("{a,b}", "c"));
        assert!(matches("{a,b", "b") && matches("a}", "a}") && matches(r"\*", "*") && matches("", ""));
    }

    #[test]
    fn rejected() {
        for pattern in ["[", "[]", "[a-z0]", "[z-a]", "[a", "\u{fffd}"] {
            assert!(Glob::new(pattern.as_bytes()).is_none(), "{pattern}");
        }
    }
}
