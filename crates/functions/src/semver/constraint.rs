//! Constraints: groups of conditions joined by `||`, each a list joined by blanks or commas.

use std::cmp::Ordering;
use std::fmt;

use super::version::compare_prerelease;
use super::{Error, Pieces, Version, pieces};

/// Longest constraint the library reads.
const MAX_LEN: usize = 512;
/// Most groups joined by `||`.
const MAX_GROUPS: usize = 32;

/// What a version must satisfy, as `semver.NewConstraint` reads it.
///
/// ```
/// use pintle_functions::semver::{Constraints, Version};
/// let c = Constraints::parse(">=1.21-0 <1.30 || ^2").unwrap();
/// assert!(c.check(&Version::parse("v1.29.4-eks-1").unwrap()));
/// assert_eq!(Constraints::parse("abc").unwrap_err().to_string(), "improper constraint: \"abc\"");
/// ```
#[derive(Clone, Debug)]
pub struct Constraints {
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    conditions: Vec<Condition>,
    /// One of the conditions names a prerelease, so the group admits them.
    prerelease: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

#[derive(Clone, Debug)]
struct Condition {
    op: Op,
    version: Version,
    /// As written: operator and version.
    text: (String, String),
    /// Some part is missing or a wildcard; which one is the first.
    dirty: bool,
    minor_dirty: bool,
    patch_dirty: bool,
}

/// `\s` of Go's regular expressions.
fn space(b: u8) -> bool {
    matches!(b, b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn skip_space(s: &str) -> &str {
    s.trim_start_matches(|c: char| c.is_ascii() && space(c as u8))
}

/// The bar is in the library's character class by mistake; it's kept, and such a version fails later.
fn wildcard(b: u8) -> bool {
    b.is_ascii_digit() || matches!(b, b'|' | b'x' | b'X' | b'*')
}

fn is_x(s: &str) -> bool {
    matches!(s, "x" | "X" | "*")
}

impl Constraints {
    /// `semver.NewConstraint`
    pub fn parse(text: &str) -> Result<Constraints, Error> {
        if text.len() > MAX_LEN {
            return Err(Error::new(format!("constraint string is too long (max {MAX_LEN} bytes)")));
        }
        let text = rewrite_ranges(text);
        let groups: Vec<&str> = text.split("||").collect();
        if groups.len() > MAX_GROUPS {
            return Err(Error::new(format!("too many constraint groups (max {MAX_GROUPS})")));
        }
        let groups = groups.into_iter().map(Group::parse).collect::<Result<_, _>>()?;
        Ok(Constraints { groups })
    }

    /// `Check`: whether `version` satisfies one of the groups.
    pub fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|g| g.conditions.iter().all(|c| c.check(version, g.prerelease)))
    }
}

impl fmt::Display for Constraints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, group) in self.groups.iter().enumerate() {
            f.write_str(if i > 0 { " || " } else { "" })?;
            for (j, c) in group.conditions.iter().enumerate() {
                write!(f, "{}{}{}", if j > 0 { " " } else { "" }, c.text.0, c.text.1)?;
            }
        }
        Ok(())
    }
}

/// Turns each `A - B` into `>= A, <= B `; the text around it stays.
fn rewrite_ranges(text: &str) -> String {
    let mut out = text.to_owned();
    let mut at = 0;
    while at < text.len() {
        if !text.is_char_boundary(at) {
            at += 1;
            continue;
        }
        let rest = skip_space(&text[at..]);
        match hyphen_range(rest) {
            Some((from, to, after)) => {
                let end = text.len() - after.len();
                // The library replaces the first occurrence of the text, wherever it stands.
                out = out.replacen(&text[at..end], &format!(">= {from}, <= {to} "), 1);
                at = end;
            }
            None => at += 1,
        }
    }
    out
}

fn hyphen_range(s: &str) -> Option<(&str, &str, &str)> {
    let from = pieces(s, wildcard)?.len;
    let rest = &s[from..];
    let hyphen = skip_space(rest);
    let rest2 = hyphen.strip_prefix('-').filter(|_| hyphen.len() < rest.len())?;
    let second = skip_space(rest2);
    if second.len() == rest2.len() {
        return None;
    }
    let to = pieces(second, wildcard)?.len;
    Some((&s[..from], &second[..to], skip_space(&second[to..])))
}

impl Group {
    fn parse(text: &str) -> Result<Group, Error> {
        let improper = || Error::new(format!("improper constraint: {}", pintle_go::strconv::quote(text.as_bytes())));
        let mut conditions = Vec::new();
        let mut rest = skip_space(text);
        // The shape of the whole is checked before any of its versions.
        let mut found = Vec::new();
        loop {
            let op_len = rest.bytes().take_while(|b| b"=!<>~^".contains(b)).count();
            let (op, body) = rest.split_at(op_len);
            let kind = match op {
                "" | "=" => Op::Equal,
                "!=" => Op::NotEqual,
                ">" => Op::Greater,
                "<" => Op::Less,
                ">=" | "=>" => Op::GreaterEqual,
                "<=" | "=<" => Op::LessEqual,
                "~" | "~>" => Op::Tilde,
                "^" => Op::Caret,
                _ => return Err(improper()),
            };
            let body = skip_space(body);
            let p = pieces(body, wildcard).ok_or_else(improper)?;
            let (version, tail) = body.split_at(p.len);
            found.push((kind, op, version, p));
            rest = skip_space(tail);
            if rest.is_empty() {
                break;
            }
            match rest.strip_prefix(',') {
                Some(after) => rest = skip_space(after),
                None if rest.len() < tail.len() => {}
                None => return Err(improper()),
            }
        }
        let mut prerelease = false;
        for (kind, op, version, p) in found {
            let condition = Condition::new(kind, op, version, &p)?;
            prerelease |= !condition.version.prerelease().is_empty();
            conditions.push(condition);
        }
        Ok(Group { conditions, prerelease })
    }
}

impl Condition {
    fn new(op: Op, op_text: &str, text: &str, p: &Pieces) -> Result<Condition, Error> {
        let [major, minor, patch] = p.numbers;
        let (mut dirty, mut minor_dirty, mut patch_dirty) = (true, false, false);
        let pre = if p.prerelease.is_empty() { String::new() } else { format!("-{}", p.prerelease) };
        let absent = |s: &str| s.is_empty() || is_x(s.trim_start_matches('.'));
        let version = if is_x(major) {
            format!("0.0.0{pre}")
        } else if absent(minor) {
            minor_dirty = true;
            format!("{major}.0.0{pre}")
        } else if absent(patch) {
            patch_dirty = true;
            format!("{major}{minor}.0{pre}")
        } else {
            dirty = false;
            text.to_owned()
        };
        let version = Version::parse(&version).map_err(|_| Error::new("constraint parser error"))?;
        Ok(Condition { op, version, text: (op_text.to_owned(), text.to_owned()), dirty, minor_dirty, patch_dirty })
    }

    fn check(&self, v: &Version, prereleases: bool) -> bool {
        if !v.prerelease().is_empty() && !prereleases {
            return false;
        }
        let order = v.compare(&self.version);
        let con = &self.version;
        match self.op {
            Op::Equal if self.dirty => self.tilde(v),
            Op::Equal => order == Ordering::Equal,
            Op::NotEqual => self.not_equal(v),
            Op::Less => order == Ordering::Less,
            Op::GreaterEqual => order != Ordering::Less,
            Op::Greater if !self.dirty || v.major() != con.major() => {
                if self.dirty {
                    v.major() > con.major()
                } else {
                    order == Ordering::Greater
                }
            }
            // `>11` excludes all of 11, `>11.1` all of 11.1.
            Op::Greater if self.minor_dirty => false,
            Op::Greater if self.patch_dirty => v.minor() > con.minor(),
            Op::Greater => order == Ordering::Greater,
            Op::LessEqual if !self.dirty => order != Ordering::Greater,
            Op::LessEqual => {
                v.major() < con.major() || v.major() == con.major() && (v.minor() <= con.minor() || self.minor_dirty)
            }
            Op::Tilde => self.tilde(v),
            Op::Caret => self.caret(v),
        }
    }

    fn not_equal(&self, v: &Version) -> bool {
        let con = &self.version;
        if self.dirty {
            if con.major() != v.major() || (con.minor() != v.minor() && !self.minor_dirty) {
                return true;
            }
            if self.minor_dirty {
                return false;
            }
            if con.patch() != v.patch() && !self.patch_dirty {
                return true;
            }
            if self.patch_dirty {
                return compare_prerelease(v.prerelease(), con.prerelease()) != Ordering::Equal;
            }
        }
        v.compare(con) != Ordering::Equal
    }

    /// `~1.2.3` is `>=1.2.3, <1.3`; `~1` is `>=1, <2`; `~0.0.0` is anything.
    fn tilde(&self, v: &Version) -> bool {
        let con = &self.version;
        if v.compare(con) == Ordering::Less {
            return false;
        }
        let zero = (con.major(), con.minor(), con.patch()) == (0, 0, 0);
        if zero && !self.minor_dirty && !self.patch_dirty {
            return true;
        }
        v.major() == con.major() && (v.minor() == con.minor() || self.minor_dirty)
    }

    /// `^1.2.3` is `>=1.2.3, <2`; `^0.2.3` is `>=0.2.3, <0.3`; `^0.0.3` is `0.0.3`.
    fn caret(&self, v: &Version) -> bool {
        let con = &self.version;
        if v.compare(con) == Ordering::Less {
            return false;
        }
        if con.major() > 0 || self.minor_dirty {
            return v.major() == con.major();
        }
        if v.major() > 0 {
            return false;
        }
        if con.minor() > 0 || self.patch_dirty {
            return v.minor() == con.minor();
        }
        v.minor() == 0 && v.patch() == con.patch()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(constraint: &str, version: &str) -> bool {
        Constraints::parse(constraint).unwrap().check(&Version::parse(version).unwrap())
    }

    #[test]
    fn operators() {
        let cases = [
            ("=1.2.3", "1.2.3", true),
            ("1.2", "1.2.9", true),
            ("!=4.x", "4.1.0", false),
            ("!=4.x", "5.1.0", true),
            (">11", "11.1.0", false),
            (">11.1", "11.2.0", true),
            ("<=1", "1.9.9", true),
            ("<= 1.2", "1.2.9", true),
            ("~1.2.3", "1.3.0", false),
            ("~>1", "1.9.0", true),
            ("^0.2.3", "0.2.9", true),
            ("^0.0.3", "0.0.4", false),
            ("^0", "0.9.0", true),
            ("*", "1.2.3", true),
            ("*", "1.2.3-beta", false),
            ("*-0", "1.2.3-beta", true),
            ("1.1 - 2.3", "2.3.9", true),
            ("1.1 - 2.3 || 4", "4.1.1", true),
            (">=1.2, <2", "2.0.0", false),
            (">=1.2 <2", "1.5.0", true),
            (">=1.19-0", "1.21.0-gke.1", true),
        ];
        for (constraint, version, want) in cases {
            assert_eq!(check(constraint, version), want, "{constraint} {version}");
        }
    }

    #[test]
    fn errors() {
        let error = |c: &str| Constraints::parse(c).unwrap_err().to_string();
        assert_eq!(error(""), "improper constraint: \"\"");
        assert_eq!(error(">= 1.2 || foo"), "improper constraint: \" foo\"");
        assert_eq!(error("1x"), "constraint parser error");
        assert_eq!(error("1.2.3.4"), "improper constraint: \"1.2.3.4\"");
        assert_eq!(error("1,,2"), "improper constraint: \"1,,2\"");
    }
}
