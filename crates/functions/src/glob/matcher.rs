//! gobwas' matchers: whether a text matches, and where in a text a match may begin and end.

use std::cell::Cell;

use pintle_go::strings::index;
use pintle_go::utf8::{decode, runes};

/// Steps that one name may take: nested alternatives can go back and forth without end.
const MAX_STEPS: u32 = 2_000_000;

/// What is left of the steps; when there are none, nothing matches.
pub(super) struct Budget(Cell<u32>);

impl Budget {
    pub fn new() -> Budget {
        Budget(Cell::new(MAX_STEPS))
    }

    fn step(&self) -> bool {
        self.0.set(self.0.get().saturating_sub(1));
        self.0.get() > 0
    }
}

/// One of gobwas' matchers; the separator is always the slash.
#[derive(Clone, Debug)]
pub(super) enum Matcher {
    Nothing,
    /// Anything without a slash
    Any,
    /// Anything
    Super,
    /// One character but a slash
    Single,
    List {
        chars: Vec<char>,
        negated: bool,
    },
    Range {
        lo: char,
        hi: char,
        negated: bool,
    },
    Text(String),
    Prefix(String),
    Suffix(String),
    PrefixAny(String),
    SuffixAny(String),
    PrefixSuffix(String, String),
    Contains {
        needle: String,
        negated: bool,
    },
    /// At least so many characters
    Min(usize),
    /// At most so many characters
    Max(usize),
    EveryOf(Vec<Matcher>),
    AnyOf(Vec<Matcher>),
    /// Matchers of fixed lengths, `len` characters in all
    Row {
        matchers: Vec<Matcher>,
        len: usize,
    },
    Tree(Box<Tree>),
}

/// A matcher looked for first, with what must match before and after it.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub value: Matcher,
    pub left: Option<Matcher>,
    pub right: Option<Matcher>,
    len: Option<usize>,
}

/// Where a match begins, and the lengths it may have, shortest first.
type Found = Option<(usize, Vec<usize>)>;

fn any_slash(s: &[u8]) -> Option<usize> {
    s.iter().position(|b| *b == b'/')
}

/// Places before each character, and the end.
fn boundaries(s: &[u8]) -> Vec<usize> {
    let mut at = 0;
    let mut out = vec![0];
    for (_, width) in runes(s) {
        at += width;
        out.push(at);
    }
    out
}

/// Places after each character.
fn ends(s: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut at = 0;
    runes(s).map(move |(_, width)| {
        at += width;
        at
    })
}

impl Matcher {
    pub fn text(text: &str) -> Matcher {
        Matcher::Text(text.to_owned())
    }

    pub fn tree(value: Matcher, left: Option<Matcher>, right: Option<Matcher>) -> Matcher {
        let side = |m: &Option<Matcher>| m.as_ref().map_or(Some(0), Matcher::len);
        let len = value.len().and_then(|n| Some(n + side(&left)? + side(&right)?));
        Matcher::Tree(Box::new(Tree { value, left, right, len }))
    }

    /// The fixed length in characters, if there is one.
    pub fn len(&self) -> Option<usize> {
        match self {
            Matcher::Nothing => Some(0),
            Matcher::Single | Matcher::List { .. } | Matcher::Range { .. } => Some(1),
            Matcher::Text(text) => Some(text.chars().count()),
            Matcher::Row { len, .. } => Some(*len),
            Matcher::Tree(tree) => tree.len,
            Matcher::EveryOf(every) if every.is_empty() => Some(0),
            Matcher::AnyOf(branches) => {
                let mut common = None;
                for m in branches {
                    // Branches without a length are passed over until one has it: the library's slip, by which `a{b*,c}`
                    // only matches two characters.
                    match (common, m.len()) {
                        (None, len) => common = len,
                        (Some(common), len) if len == Some(common) => {}
                        _ => return None,
                    }
                }
                common
            }
            _ => None,
        }
    }

    fn one(&self, c: char) -> bool {
        match self {
            Matcher::Single => c != '/',
            Matcher::List { chars, negated } => chars.contains(&c) != *negated,
            Matcher::Range { lo, hi, negated } => (*lo..=*hi).contains(&c) != *negated,
            _ => false,
        }
    }

    /// Whether the whole of `s` matches.
    pub fn is_match(&self, s: &[u8], budget: &Budget) -> bool {
        if !budget.step() {
            return false;
        }
        match self {
            Matcher::Nothing => s.is_empty(),
            Matcher::Any => any_slash(s).is_none(),
            Matcher::Super => true,
            Matcher::Single | Matcher::List { .. } | Matcher::Range { .. } => {
                let (c, width) = decode(s);
                s.len() <= width && self.one(c)
            }
            Matcher::Text(text) => s == text.as_bytes(),
            Matcher::Prefix(p) => s.starts_with(p.as_bytes()),
            Matcher::Suffix(p) => s.ends_with(p.as_bytes()),
            Matcher::PrefixAny(p) => s.strip_prefix(p.as_bytes()).is_some_and(|rest| any_slash(rest).is_none()),
            Matcher::SuffixAny(p) => s.strip_suffix(p.as_bytes()).is_some_and(|rest| any_slash(rest).is_none()),
            // Both ends may overlap.
            Matcher::PrefixSuffix(p, q) => s.starts_with(p.as_bytes()) && s.ends_with(q.as_bytes()),
            Matcher::Contains { needle, negated } => index(s, needle.as_bytes()).is_some() != *negated,
            Matcher::Min(n) => runes(s).take(*n).count() == *n && *n > 0,
            Matcher::Max(n) => runes(s).take(*n + 1).count() <= *n,
            Matcher::EveryOf(every) => every.iter().all(|m| m.is_match(s, budget)),
            Matcher::AnyOf(branches) => branches.iter().any(|m| m.is_match(s, budget)),
            Matcher::Row { matchers, len } => runes(s).take(len + 1).count() == *len && row(matchers, s, budget),
            Matcher::Tree(tree) => tree.is_match(s, budget),
        }
    }

    /// The first place in `s` where a match may begin.
    fn index(&self, s: &[u8], budget: &Budget) -> Found {
        if !budget.step() {
            return None;
        }
        match self {
            Matcher::Nothing => Some((0, vec![0])),
            Matcher::Any => Some((0, boundaries(&s[..any_slash(s).unwrap_or(s.len())]))),
            Matcher::Super => Some((0, boundaries(s))),
            Matcher::Single | Matcher::List { .. } | Matcher::Range { .. } => {
                let mut at = 0;
                for (c, width) in runes(s) {
                    if self.one(c) {
                        return Some((at, vec![width]));
                    }
                    at += width;
                }
                None
            }
            Matcher::Text(text) => Some((index(s, text.as_bytes())?, vec![text.len()])),
            Matcher::Prefix(p) | Matcher::PrefixAny(p) => {
                let at = index(s, p.as_bytes())?;
                let mut rest = &s[at + p.len()..];
                if let (Matcher::PrefixAny(_), Some(slash)) = (self, any_slash(rest)) {
                    rest = &rest[..slash];
                }
                Some((at, boundaries(rest).into_iter().map(|n| n + p.len()).collect()))
            }
            Matcher::Suffix(p) => Some((0, vec![index(s, p.as_bytes())? + p.len()])),
            Matcher::SuffixAny(p) => {
                let at = index(s, p.as_bytes())?;
                let begin = s[..at].iter().rposition(|b| *b == b'/').map_or(0, |slash| slash + 1);
                Some((begin, vec![at + p.len() - begin]))
            }
            Matcher::PrefixSuffix(p, q) => {
                let at = index(s, p.as_bytes())?;
                let rest = &s[at..];
                if q.is_empty() {
                    return Some((at, vec![rest.len()]));
                }
                let mut lengths = Vec::new();
                let mut end = rest.len();
                while let Some(i) = rest[..end].windows(q.len()).rposition(|w| w == q.as_bytes()) {
                    lengths.push(i + q.len());
                    end = i;
                }
                lengths.reverse();
                (!lengths.is_empty()).then_some((at, lengths))
            }
            Matcher::Contains { needle, negated } => {
                let at = index(s, needle.as_bytes());
                let (offset, rest) = match (at, negated) {
                    (None, false) => return None,
                    (Some(at), false) => (at + needle.len(), &s[at + needle.len()..]),
                    (Some(at), true) => (0, &s[..at]),
                    (None, true) => (0, s),
                };
                Some((0, boundaries(rest).into_iter().map(|n| n + offset).collect()))
            }
            Matcher::Min(n) => {
                let lengths: Vec<usize> = ends(s).skip(n.saturating_sub(1)).collect();
                (!lengths.is_empty()).then_some((0, lengths))
            }
            Matcher::Max(n) => Some((0, std::iter::once(0).chain(ends(s).take(*n)).collect())),
            Matcher::EveryOf(every) => every_index(every, s, budget),
            Matcher::AnyOf(branches) => {
                let mut best: Found = None;
                for (at, lengths) in branches.iter().filter_map(|m| m.index(s, budget)) {
                    match &mut best {
                        Some((first, known)) if *first == at => {
                            known.extend(lengths);
                            known.sort_unstable();
                            known.dedup();
                        }
                        Some((first, _)) if *first < at => {}
                        _ => best = Some((at, lengths)),
                    }
                }
                best
            }
            Matcher::Row { matchers, len } => {
                let mut at = 0;
                for (_, width) in runes(s) {
                    if s.len() - at < *len {
                        break;
                    }
                    if row(matchers, &s[at..], budget) {
                        // The length in characters, where bytes are meant.
                        return Some((at, vec![*len]));
                    }
                    at += width;
                }
                None
            }
            // Never looked for.
            Matcher::Tree(_) => None,
        }
    }
}

/// Each matcher on as many characters as it has; the last character is taken for a single byte, as the library does.
fn row(matchers: &[Matcher], s: &[u8], budget: &Budget) -> bool {
    let mut rest = s;
    for m in matchers {
        let len = m.len().unwrap_or(0);
        let (mut last, mut count, mut at) = (0, 0, 0);
        for (_, width) in runes(rest) {
            last = at;
            count += 1;
            at += width;
            if count == len {
                break;
            }
        }
        let Some((part, tail)) = rest.split_at_checked(last + 1) else { return false };
        if count < len || !m.is_match(part, budget) {
            return false;
        }
        rest = tail;
    }
    true
}

fn every_index(every: &[Matcher], s: &[u8], budget: &Budget) -> Found {
    let (mut index, mut offset) = (0usize, 0usize);
    let mut current: Vec<usize> = Vec::new();
    let mut sub = s;
    for (i, m) in every.iter().enumerate() {
        let (at, lengths) = m.index(sub, budget)?;
        if i == 0 {
            current = lengths;
        } else {
            let delta = index as i64 - (at + offset) as i64;
            current.retain(|n| lengths.iter().any(|l| *n as i64 + delta == *l as i64));
            if current.is_empty() {
                return None;
            }
        }
        index = at + offset;
        sub = s.get(index..)?;
        offset += at;
    }
    Some((index, current))
}

impl Tree {
    fn is_match(&self, s: &[u8], budget: &Budget) -> bool {
        if self.len.is_some_and(|len| len > s.len()) {
            return false;
        }
        let side = |m: &Option<Matcher>| m.as_ref().map_or(Some(0), Matcher::len);
        let mut offset = side(&self.left).unwrap_or(0);
        let limit = s.len().saturating_sub(side(&self.right).unwrap_or(0));
        let fits = |m: &Option<Matcher>, part: &[u8]| match m {
            Some(m) => m.is_match(part, budget),
            None => part.is_empty(),
        };
        while offset < limit {
            let Some((index, lengths)) = self.value.index(&s[offset..limit], budget) else { return false };
            let at = offset + index;
            if fits(&self.left, &s[..at])
                && lengths.iter().rev().any(|len| fits(&self.right, s.get(at + len..).unwrap_or_default()))
            {
                return true;
            }
            offset = at + decode(&s[at..]).1.max(1);
        }
        false
    }
}
