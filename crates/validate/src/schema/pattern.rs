//! Regular expressions of schemas and rules: how large they are, before anything compiles them.

use std::sync::OnceLock;

use pintle_go::regexp::Regex;
use pintle_value::budget::{Budget, Exceeded};

/// The largest pattern that is compiled, in states: one takes up to 10 MB.
const MAX_SIZE: u64 = 100_000;
/// Bytes that a state takes, and those that a pattern takes with what it needs to match.
const BYTES_A_STATE: u64 = 100;
const BYTES_A_PATTERN: u64 = 4 << 10;

/// A regular expression, compiled when it is first asked.
#[derive(Debug)]
pub struct Pattern {
    /// As the schema has it.
    pub text: String,
    size: u64,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Compiles a pattern of Go's.
    ///
    /// Errors: Go's.
    pub fn new(text: &str) -> Result<Pattern, String> {
        let compiled = Regex::new(text.as_bytes()).map_err(|e| e.to_string())?;
        Ok(Pattern { compiled: OnceLock::from(Some(compiled)), ..Pattern::unread(text) })
    }

    /// A pattern that is compiled when a document meets it.
    pub fn unread(text: &str) -> Pattern {
        Pattern { text: text.to_owned(), size: size(text), compiled: OnceLock::new() }
    }

    /// Whether it is a pattern that matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.program().is_some_and(|r| r.is_match(text.as_bytes()))
    }

    /// Whether it matches; `None` if it isn't a pattern that Go knows, or one that is too large.
    ///
    /// Errors: compiling it or searching the text exceeds the budget.
    pub fn matches(&self, budget: &Budget, text: &str) -> Result<Option<bool>, Exceeded> {
        if self.size > MAX_SIZE {
            return Ok(None);
        }
        if self.compiled.get().is_none() {
            budget.charge(self.size)?;
            budget.allocate(self.size * BYTES_A_STATE + BYTES_A_PATTERN)?;
        }
        budget.charge(search(self.size, text.len()))?;
        Ok(self.program().map(|r| r.is_match(text.as_bytes())))
    }

    fn program(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(self.text.as_bytes()).ok()).as_ref()
    }
}

/// Steps of a search: at worst each byte of the text meets each state.
pub fn search(size: u64, text: usize) -> u64 {
    (text as u64 / 8 + 1).saturating_mul(size / 8 + 1)
}

/// About how many states a pattern becomes. Repetitions multiply: `((a{100}){100}){100}` has a million.
pub fn size(pattern: &str) -> u64 {
    const CLASS: u64 = 1_000;
    const ANY: u64 = 10;
    let bytes = pattern.as_bytes();
    // The sizes of the groups that are open, and of what a repetition would repeat.
    let (mut groups, mut sum, mut last) = (Vec::new(), 0u64, 0u64);
    let mut at = 0;
    while let Some(b) = bytes.get(at) {
        at += 1;
        let atom = match b {
            b'\\' => {
                at += 1;
                if matches!(bytes.get(at - 1), Some(b'p' | b'P')) { CLASS } else { 1 }
            }
            b'[' => {
                let start = at;
                at += usize::from(bytes.get(at) == Some(&b'^'));
                at += usize::from(bytes.get(at) == Some(&b']'));
                while bytes.get(at).is_some_and(|b| *b != b']') {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
                let inside = bytes.get(start..at).unwrap_or_default();
                at += 1;
                let named = inside.windows(2).filter(|w| matches!(w, [b'\\', b'p' | b'P'])).count() as u64;
                ANY + inside.len() as u64 / 8 + named * CLASS
            }
            b'(' => {
                groups.push(sum.saturating_add(last));
                (sum, last) = (0, 0);
                continue;
            }
            b')' => {
                let inside = sum.saturating_add(last);
                (sum, last) = (groups.pop().unwrap_or(0), inside);
                continue;
            }
            b'{' => {
                if let Some((times, after)) = repeated(pattern, at) {
                    last = last.saturating_mul(times);
                    at = after;
                    continue;
                }
                1
            }
            b'.' => ANY,
            _ => 1,
        };
        sum = sum.saturating_add(last);
        last = atom;
    }
    groups.into_iter().fold(sum.saturating_add(last), u64::saturating_add)
}

/// How often `{n}`, `{n,}` or `{n,m}` repeats, and where it ends.
fn repeated(pattern: &str, at: usize) -> Option<(u64, usize)> {
    let rest = pattern.get(at..)?;
    // Go repeats a thousand times at most.
    let end = rest.bytes().take(12).position(|b| b == b'}')?;
    let mut times = 1;
    for part in rest.get(..end)?.split(',').filter(|p| !p.is_empty()) {
        times = times.max(part.parse::<u64>().ok()? + 1);
    }
    Some((times, at + end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_patterns() {
        assert_eq!(size("abc"), 3);
        assert_eq!(size("(ab){9}c"), 21);
        assert!(size("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$") < 50);
        assert!(size("((a{99}){99}){99}") >= 1_000_000);
        assert!(size(r"[\pL\pN]{1,9}") >= 20_000);
        for text in ["", "{", "a{", "a{x}", "a{1,2", "[", "[^", "[]", "\\", "(", ")", "()))", "é{99}", "a{é}", "[\\"] {
            assert!(size(text) < 2_000, "{text}");
        }
    }

    #[test]
    fn large_patterns_are_not_compiled() {
        let budget = Budget::default();
        let large = Pattern::unread("(((a{1000}){1000}){1000})");
        assert_eq!(large.matches(&budget, "a"), Ok(None));
        assert_eq!(Pattern::unread("^a{3}$").matches(&budget, "aaa"), Ok(Some(true)));
    }
}
