//! A version: parsing, parts, order.

use std::cmp::Ordering;
use std::fmt;

use super::{Error, pieces};

/// Longest version the library reads.
const MAX_LEN: usize = 256;

/// A semantic version, as `semver.NewVersion` reads it.
///
/// ```
/// use pintle_functions::semver::Version;
/// let v = Version::parse("v1.2-beta.1+meta").unwrap();
/// assert_eq!(v.to_string(), "1.2.0-beta.1+meta");
/// assert_eq!((v.original(), v.prerelease()), ("v1.2-beta.1+meta", "beta.1"));
/// assert_eq!(Version::parse("one").unwrap_err().to_string(), "invalid semantic version");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Version {
    major: u64,
    minor: u64,
    patch: u64,
    prerelease: String,
    metadata: String,
    original: String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn invalid() -> Error {
    Error::new("invalid semantic version")
}

fn number(digits: &str) -> Result<u64, Error> {
    let out_of_range = || Error::new(format!("strconv.ParseUint: parsing \"{digits}\": value out of range"));
    if digits.is_empty() {
        return Err(Error::new("strconv.ParseUint: parsing \"\": invalid syntax"));
    }
    digits.parse().map_err(|_| out_of_range())
}

fn validate_prerelease(text: &str) -> Result<(), Error> {
    for part in text.split('.') {
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            if part.len() > 1 && part.starts_with('0') {
                return Err(Error::new("version segment starts with 0"));
            }
        } else if part.is_empty() || !identifier(part) {
            return Err(Error::new("invalid prerelease string"));
        }
    }
    Ok(())
}

fn validate_metadata(text: &str) -> Result<(), Error> {
    match text.split('.').all(|part| !part.is_empty() && identifier(part)) {
        true => Ok(()),
        false => Err(Error::new("invalid metadata string")),
    }
}

fn identifier(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl Version {
    /// `semver.NewVersion`: lenient; minor and patch may be missing, numbers may begin with zeros.
    pub fn parse(text: &str) -> Result<Version, Error> {
        if text.len() > MAX_LEN {
            return Err(Error::new(format!("version string is too long (max {MAX_LEN} bytes)")));
        }
        let p = pieces(text, |b| b.is_ascii_digit()).filter(|p| p.len == text.len()).ok_or_else(invalid)?;
        let segment = |s: &str| match s {
            "" => Ok(0),
            s => number(s.trim_start_matches('.')).map_err(|e| Error::new(format!("error parsing version segment: {e}"))),
        };
        let version = Version {
            major: segment(p.numbers[0])?,
            minor: segment(p.numbers[1])?,
            patch: segment(p.numbers[2])?,
            prerelease: p.prerelease.to_owned(),
            metadata: p.metadata.to_owned(),
            original: text.to_owned(),
        };
        if !p.prerelease.is_empty() {
            validate_prerelease(p.prerelease)?;
        }
        Ok(version)
    }

    /// `semver.StrictNewVersion`: only what the specification allows.
    pub fn parse_strict(text: &str) -> Result<Version, Error> {
        if text.is_empty() {
            return Err(Error::new("version string empty"));
        }
        if text.len() > MAX_LEN {
            return Err(Error::new(format!("version string is too long (max {MAX_LEN} bytes)")));
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(invalid());
        };
        let (rest, metadata) = match rest.split_once('+') {
            Some((rest, metadata)) => (rest, Some(metadata)),
            None => (rest, None),
        };
        if let Some(metadata) = metadata {
            validate_metadata(metadata)?;
        }
        let (patch, prerelease) = match rest.split_once('-') {
            Some((patch, prerelease)) => (patch, Some(prerelease)),
            None => (rest, None),
        };
        if let Some(prerelease) = prerelease {
            validate_prerelease(prerelease)?;
        }
        for part in [major, minor, patch] {
            if !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(Error::new("invalid characters in version"));
            }
            if part.len() > 1 && part.starts_with('0') {
                return Err(Error::new("version segment starts with 0"));
            }
        }
        Ok(Version {
            major: number(major)?,
            minor: number(minor)?,
            patch: number(patch)?,
            prerelease: prerelease.unwrap_or_default().to_owned(),
            metadata: metadata.unwrap_or_default().to_owned(),
            original: text.to_owned(),
        })
    }

    /// The first number.
    pub fn major(&self) -> u64 {
        self.major
    }

    /// The second number.
    pub fn minor(&self) -> u64 {
        self.minor
    }

    /// The third number.
    pub fn patch(&self) -> u64 {
        self.patch
    }

    /// What follows the hyphen; may be empty.
    pub fn prerelease(&self) -> &str {
        &self.prerelease
    }

    /// What follows the plus sign; may be empty.
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The text it was read from.
    pub fn original(&self) -> &str {
        &self.original
    }

    fn prefix(&self) -> &'static str {
        if self.original.starts_with('v') { "v" } else { "" }
    }

    fn next(&self, major: u64, minor: u64, patch: u64) -> Version {
        Version {
            major,
            minor,
            patch,
            prerelease: String::new(),
            metadata: String::new(),
            original: format!("{}{major}.{minor}.{patch}", self.prefix()),
        }
    }

    /// `IncPatch`: the release after this version; `None` where the number overflows.
    pub fn increment_patch(&self) -> Option<Version> {
        let patch = if self.prerelease.is_empty() { self.patch.checked_add(1)? } else { self.patch };
        Some(self.next(self.major, self.minor, patch))
    }

    /// `IncMinor`; `None` where the number overflows.
    pub fn increment_minor(&self) -> Option<Version> {
        Some(self.next(self.major, self.minor.checked_add(1)?, 0))
    }

    /// `IncMajor`; `None` where the number overflows.
    pub fn increment_major(&self) -> Option<Version> {
        Some(self.next(self.major.checked_add(1)?, 0, 0))
    }

    /// `SetPrerelease`: this version with another prerelease.
    pub fn with_prerelease(&self, prerelease: &str) -> Result<Version, Error> {
        if !prerelease.is_empty() {
            validate_prerelease(prerelease)?;
        }
        let mut next = self.clone();
        next.prerelease = prerelease.to_owned();
        next.original = format!("{}{next}", self.prefix());
        Ok(next)
    }

    /// `SetMetadata`: this version with other metadata.
    pub fn with_metadata(&self, metadata: &str) -> Result<Version, Error> {
        if !metadata.is_empty() {
            validate_metadata(metadata)?;
        }
        let mut next = self.clone();
        next.metadata = metadata.to_owned();
        next.original = format!("{}{next}", self.prefix());
        Ok(next)
    }

    /// `Compare`: precedence; metadata doesn't count.
    pub fn compare(&self, other: &Version) -> Ordering {
        let numbers = |v: &Version| (v.major, v.minor, v.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| match (self.prerelease.as_str(), other.prerelease.as_str()) {
            ("", "") => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) => compare_prerelease(a, b),
        })
    }
}

/// Precedence of prereleases, part by part; a missing part is lowest.
pub(super) fn compare_prerelease(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (x, y) = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (x, y) => (x.unwrap_or(""), y.unwrap_or("")),
        };
        if x == y {
            continue;
        }
        if x.is_empty() {
            return Ordering::Less;
        }
        if y.is_empty() {
            return Ordering::Greater;
        }
        // Rust's integer parser takes a sign, which no part has.
        return match (x.parse::<u64>(), y.parse::<u64>()) {
            (Err(_), Err(_)) => x.cmp(y),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            // Equal numbers in different spelling: the library says lower.
            (Ok(x), Ok(y)) => x.cmp(&y).then(Ordering::Less),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Version::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn lenient_parsing() {
        for (text, want) in [("1", "1.0.0"), ("v01.02", "1.2.0"), ("1.2.3-rc.1+x.y", "1.2.3-rc.1+x.y"), ("1-a", "1.0.0-a")] {
            assert_eq!(Version::parse(text).unwrap().to_string(), want);
        }
        for text in ["", "1.2.3.4", "1.2.", "a", "1.2.3-", "1.2.3+", " 1.2.3", "V1"] {
            assert_eq!(error(text), "invalid semantic version", "{text}");
        }
        assert_eq!(error("1.2.3-01"), "version segment starts with 0");
        assert_eq!(
            error("1.99999999999999999999"),
            "error parsing version segment: strconv.ParseUint: parsing \"99999999999999999999\": value out of range"
        );
    }

    #[test]
    fn strict_parsing() {
        let error = |t| Version::parse_strict(t).unwrap_err().to_string();
        assert_eq!(error("1.2"), "invalid semantic version");
        assert_eq!(error("v1.2.3"), "invalid characters in version");
        assert_eq!(error("1.02.3"), "version segment starts with 0");
        assert_eq!(error("1.2.3-a..b"), "invalid prerelease string");
        assert_eq!(error("1.2.3+é"), "invalid metadata string");
        assert_eq!(Version::parse_strict("1.2.3-a-b.1+c-d").unwrap().prerelease(), "a-b.1");
    }

    #[test]
    fn precedence() {
        let order = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.0.1"];
        for pair in order.windows(2) {
            let (a, b) = (Version::parse(pair[0]).unwrap(), Version::parse(pair[1]).unwrap());
            assert_eq!((a.compare(&b), b.compare(&a)), (Ordering::Less, Ordering::Greater), "{pair:?}");
        }
    }
}
