//! Versions and constraints as Masterminds/semver v3.5 reads and compares them.
//!
//! Sprig's `semver` and `semverCompare`, the versions of chart dependencies and `kubeVersion` all follow this library, which
//! is more lenient than the specification: a leading `v`, missing minor and patch, leading zeros.
//!
//! The crate `semver` can't take its place: of 960 pairs of a constraint and a version it decides 564 as the library does. It has
//! Cargo's rules: `1.2.3` means `^1.2.3`, there are no `||`, no `!=` and no ranges with a hyphen, and pre-releases match otherwise.

mod constraint;
mod version;

pub use constraint::Constraints;
pub use version::Version;

use std::fmt;

/// Why a version or a constraint is rejected, in the library's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    fn new(message: impl Into<String>) -> Error {
        Error(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// `[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*` at the start of `s`: the identifiers of a prerelease or of metadata. Gives their length.
fn identifiers(s: &[u8]) -> usize {
    let word = |s: &[u8]| s.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
    let mut len = word(s);
    while len > 0 && s.get(len) == Some(&b'.') {
        match word(&s[len + 1..]) {
            0 => break,
            n => len += 1 + n,
        }
    }
    len
}

/// The pieces of `v?N(.N)?(.N)?(-pre)?(+meta)?`, the shape of versions (N of digits) and of constraints (N of wildcards too).
struct Pieces<'s> {
    /// With their dots, but for the first; empty where absent.
    numbers: [&'s str; 3],
    prerelease: &'s str,
    metadata: &'s str,
    /// Length of the match.
    len: usize,
}

/// Matches the shape at the start of `s`. Each part ends where the next must begin, so that one greedy pass is exact.
fn pieces(s: &str, digit: fn(u8) -> bool) -> Option<Pieces<'_>> {
    let b = s.as_bytes();
    let run = |at: usize| b[at..].iter().take_while(|b| digit(**b)).count();
    let mut at = usize::from(b.first() == Some(&b'v'));
    let n = run(at);
    if n == 0 {
        return None;
    }
    let mut numbers = [&s[at..at + n], "", ""];
    at += n;
    for number in &mut numbers[1..] {
        if b.get(at) != Some(&b'.') {
            break;
        }
        let n = run(at + 1);
        if n == 0 {
            break;
        }
        *number = &s[at..at + 1 + n];
        at += 1 + n;
    }
    let mut suffix = |mark: u8| {
        if b.get(at) != Some(&mark) {
            return "";
        }
        let n = identifiers(&b[at + 1..]);
        if n == 0 {
            return "";
        }
        at += 1 + n;
        &s[at - n..at]
    };
    let prerelease = suffix(b'-');
    let metadata = suffix(b'+');
    Some(Pieces { numbers, prerelease, metadata, len: at })
}
