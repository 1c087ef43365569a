//! `format`: what santhosh asserts of strings, and its words (format.go).
//!
//! Drafts 4 to 7 assert formats, later ones do not unless a metaschema's vocabulary says so; values that are no strings and
//! formats without a name here always pass.

mod net;
mod time;

use pintle_go::regexp;

use crate::message::quote_rune;

/// A format.
pub(crate) struct Format {
    pub(crate) name: &'static str,
    /// Why a string is not of the format.
    pub(crate) check: fn(&str) -> Result<(), String>,
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

static FORMATS: &[Format] = &[
    Format { name: "regex", check: regex },
    Format { name: "json-pointer", check: json_pointer },
    Format { name: "relative-json-pointer", check: relative_json_pointer },
    Format { name: "uuid", check: uuid },
    Format { name: "duration", check: time::duration },
    Format { name: "period", check: time::period },
    Format { name: "ipv4", check: net::ipv4 },
    Format { name: "ipv6", check: net::ipv6 },
    Format { name: "hostname", check: net::hostname },
    Format { name: "email", check: net::email },
    Format { name: "date", check: time::date },
    Format { name: "time", check: time::time },
    Format { name: "date-time", check: time::date_time },
    Format { name: "uri", check: net::uri },
    Format { name: "iri", check: net::uri },
    Format { name: "uri-reference", check: net::uri_reference },
    Format { name: "iri-reference", check: net::uri_reference },
    Format { name: "uri-template", check: net::uri_template },
    Format { name: "semver", check: semver },
];

/// The format of this name.
pub(crate) fn named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

fn fail<T>(reason: impl Into<String>) -> Result<T, String> {
    Err(reason.into())
}

fn odd(c: char) -> Result<(), String> {
    fail(format!("invalid character {}", quote_rune(c)))
}

fn regex(text: &str) -> Result<(), String> {
    if crate::plausible::is_plain_pattern(text) {
        return Ok(());
    }
    regexp::Regex::new(text.as_bytes()).map(|_| ()).map_err(|e| e.to_string())
}

fn json_pointer(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let Some(rest) = text.strip_prefix('/') else { return fail("not starting with /") };
    for token in rest.split('/') {
        let mut chars = token.chars();
        while let Some(c) = chars.next() {
            if c == '~' && !matches!(chars.next(), Some('0' | '1')) {
                return fail("~ must be followed by 0 or 1");
            }
        }
    }
    Ok(())
}

fn relative_json_pointer(text: &str) -> Result<(), String> {
    let digits = digits(text);
    if digits == 0 {
        return fail("must start with non-negative integer");
    }
    if digits > 1 && text.starts_with('0') {
        return fail("starts with zero");
    }
    match &text[digits..] {
        "#" => Ok(()),
        rest => json_pointer(rest),
    }
}

/// How many digits a text begins with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn uuid(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('-').collect();
    if groups.len() != 5 {
        return fail("must have 5 elements");
    }
    for (i, (group, len)) in groups.iter().zip([8, 4, 4, 4, 12]).enumerate() {
        if group.len() != len {
            return fail(format!("element {} must be {len} characters long", i + 1));
        }
        if let Some(c) = group.chars().find(|c| !c.is_ascii_hexdigit()) {
            return fail(format!("non-hex character {}", quote_rune(c)));
        }
    }
    Ok(())
}

fn semver(text: &str) -> Result<(), String> {
    let identifier = |c: &char| !(c.is_ascii_alphanumeric() || *c == '-');
    let mut text = text;
    if let Some((before, build)) = text.split_once('+') {
        if build.is_empty() {
            return fail("build is empty");
        }
        for part in build.split('.') {
            if part.is_empty() {
                return fail("build identifier is empty");
            }
            if let Some(c) = part.chars().find(identifier) {
                return fail(format!("invalid character {} in build identifier", quote_rune(c)));
            }
        }
        text = before;
    }
    if let Some((before, release)) = text.split_once('-') {
        for part in release.split('.') {
            if part.is_empty() {
                return fail("pre-release identifier is empty");
            }
            if let Some(c) = part.chars().find(identifier) {
                return fail(format!("invalid character {} in pre-release identifier", quote_rune(c)));
            }
            if part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit()) {
                return fail("pre-release numeric identifier starts with zero");
            }
        }
        text = before;
    }
    let numbers: Vec<&str> = text.split('.').collect();
    if numbers.len() != 3 {
        return fail("versionCore must have 3 numbers separated by dot");
    }
    for (number, name) in numbers.iter().zip(["major", "minor", "patch"]) {
        if number.is_empty() {
            return fail(format!("{name} is empty"));
        }
        if number.len() > 1 && number.starts_with('0') {
            return fail(format!("{name} starts with zero"));
        }
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return fail(format!("{name} contains non-digit"));
        }
    }
    Ok(())
}
