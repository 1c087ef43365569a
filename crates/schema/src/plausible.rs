//! Schemas and patterns that are sound at first sight.
//!
//! Checking a schema against its metaschema takes longer than all else, and nearly every schema passes. [`is_plain_schema`]
//! knows the metaschemas' rules in their strictest common form: what it accepts fits, what it does not is checked in full.
//! [`is_plain_pattern`] does the same for Go's regular expressions, so that one is only compiled when a string meets it.

use crate::document::{Content, DocId, Document};
use crate::draft::{Dialect, Draft};
use crate::format;
use crate::instance::{List, duplicates};
use crate::types::Type;

/// Whether a schema certainly fits its metaschema.
pub(crate) fn is_plain_schema(dialect: &Dialect, document: &Document, place: DocId) -> bool {
    dialect.vocabularies.is_none() && Checker { draft: dialect.draft, document }.schema(place)
}

struct Checker<'d> {
    draft: Draft,
    document: &'d Document,
}

impl Checker<'_> {
    fn schema(&self, place: DocId) -> bool {
        match self.document.content(place) {
            Content::Bool(_) => self.draft >= Draft::D6,
            Content::Map(members) => members.iter().all(|(keyword, value)| self.keyword(keyword, value)),
            _ => false,
        }
    }

    fn keyword(&self, keyword: &str, value: DocId) -> bool {
        let content = self.document.content(value);
        match keyword {
            "title" | "description" | "$comment" | "format" | "contentEncoding" | "contentMediaType" => {
                matches!(content, Content::String(_))
            }
            "$schema" => matches!(content, Content::String(url) if Draft::from_url(url).is_some()),
            "id" if self.draft > Draft::D4 => true,
            "$id" | "id" => matches!(content, Content::String(id) if !id.contains('#') && is_uri_reference(id)),
            "$ref" => matches!(content, Content::String(reference) if is_uri_reference(reference)),
            // Rare enough to be left to the metaschema.
            "$anchor" | "$dynamicAnchor" | "$dynamicRef" | "$recursiveAnchor" | "$recursiveRef" | "$vocabulary" => false,
            "pattern" => matches!(content, Content::String(text) if is_plain_pattern(text)),
            "maximum" | "minimum" => is_number(content),
            "exclusiveMaximum" | "exclusiveMinimum" => self.draft >= Draft::D6 && is_number(content),
            "multipleOf" => is_number(content) && !matches!(content, Content::Number(text) if text.starts_with(['0', '-'])),
            "maxLength" | "minLength" | "maxItems" | "minItems" | "maxProperties" | "minProperties" | "maxContains"
            | "minContains" => is_count(content),
            "uniqueItems" | "readOnly" | "writeOnly" | "deprecated" => matches!(content, Content::Bool(_)),
            "examples" => matches!(content, Content::List(_)),
            "enum" => match content {
                Content::List(_) if self.draft >= Draft::D2019 => true,
                Content::List(items) => !items.is_empty() && self.is_unique(items),
                _ => false,
            },
            "type" => match content {
                Content::String(name) => Type::named(name).is_some(),
                Content::List(items) => {
                    let named = |id: &DocId| self.document.string(*id).and_then(Type::named).is_some();
                    !items.is_empty() && items.iter().all(named) && self.is_unique(items)
                }
                _ => false,
            },
            "required" => self.strings(value) && !matches!(content, Content::List([])),
            "dependentRequired" => self.map(value, |value| self.strings(value)),
            "dependencies" => self.map(value, |value| self.strings(value) || self.schema(value)),
            "patternProperties" => match content {
                Content::Map(members) => members.iter().all(|(name, value)| is_plain_pattern(name) && self.schema(value)),
                _ => false,
            },
            "properties" | "definitions" | "$defs" | "dependentSchemas" => self.map(value, |value| self.schema(value)),
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => self.schemas(value),
            "items" => self.schema(value) || self.draft < Draft::D2020 && self.schemas(value),
            "additionalItems" | "additionalProperties" => matches!(content, Content::Bool(_)) || self.schema(value),
            "not"
            | "contains"
            | "propertyNames"
            | "if"
            | "then"
            | "else"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "contentSchema" => self.schema(value),
            // `default`, `const`, and what the metaschemas do not know.
            _ => true,
        }
    }

    fn map(&self, place: DocId, mut each: impl FnMut(DocId) -> bool) -> bool {
        self.document.map(place).is_some_and(|members| members.iter().all(|(_, value)| each(value)))
    }

    fn schemas(&self, place: DocId) -> bool {
        self.document.list(place).is_some_and(|items| !items.is_empty() && items.iter().all(|item| self.schema(*item)))
    }

    /// Strings that differ.
    fn strings(&self, place: DocId) -> bool {
        let Some(items) = self.document.list(place) else { return false };
        items.iter().all(|item| self.document.string(*item).is_some()) && self.is_unique(items)
    }

    fn is_unique(&self, items: &[DocId]) -> bool {
        if items.len() > 16 {
            return duplicates(List::Document(self.document, items)).is_none();
        }
        let mut seen: [Option<&str>; 16] = [None; 16];
        for (i, item) in items.iter().enumerate() {
            let Some(text) = self.document.string(*item) else {
                return duplicates(List::Document(self.document, items)).is_none();
            };
            if seen[..i].contains(&Some(text)) {
                return false;
            }
            seen[i] = Some(text);
        }
        true
    }
}

fn is_uri_reference(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/_-.$".contains(&b);
    let local = text.strip_prefix('#').is_some_and(|fragment| fragment.bytes().all(plain));
    local || format::named("uri-reference").is_some_and(|format| (format.check)(text).is_ok())
}

/// A number that Go can compare.
fn is_number(content: Content<'_>) -> bool {
    matches!(content, Content::Number(text) if !text.contains(['e', 'E']))
}

fn is_count(content: Content<'_>) -> bool {
    matches!(content, Content::Number(text) if text.len() < 18 && text.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a pattern is certainly a regular expression of Go's: characters, classes, groups and simple repetitions.
pub(crate) fn is_plain_pattern(pattern: &str) -> bool {
    let mut rest = pattern.as_bytes();
    // What a repetition may follow.
    enum Last {
        Nothing,
        Character,
        Group,
    }
    let (mut last, mut depth) = (Last::Nothing, 0);
    if rest.len() > 1000 {
        return false;
    }
    while let [first, after @ ..] = rest {
        rest = after;
        last = match first {
            b'^' | b'$' | b'|' => Last::Nothing,
            b'(' => {
                depth += 1;
                match after {
                    [b'?', b':', after @ ..] => rest = after,
                    [b'?', ..] => return false,
                    _ => {}
                }
                Last::Nothing
            }
            b')' if depth > 0 => {
                depth -= 1;
                Last::Group
            }
            b'[' => match class(after) {
                Some(after) => {
                    rest = after;
                    Last::Character
                }
                None => return false,
            },
            b'\\' => match after {
                [escaped, after @ ..] if is_escape(*escaped) => {
                    rest = after;
                    Last::Character
                }
                _ => return false,
            },
            b'*' | b'+' | b'?' if !matches!(last, Last::Nothing) => {
                if let [b'?', after @ ..] = rest {
                    rest = after;
                }
                Last::Nothing
            }
            b'{' if matches!(last, Last::Character) => match counts(after) {
                Some(after) => {
                    rest = after;
                    Last::Nothing
                }
                None => return false,
            },
            b')' | b']' | b'*' | b'+' | b'?' | b'{' | b'}' => return false,
            // Bytes of longer characters would each be repeated.
            0x80.. => return false,
            _ => Last::Character,
        };
    }
    depth == 0
}

/// What follows a backslash: a class, or a character that stands for itself.
fn is_escape(b: u8) -> bool {
    b"dDwWsS".contains(&b) || b.is_ascii_punctuation()
}

/// What stands behind a class of characters.
fn class(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text.strip_prefix(b"^").unwrap_or(text);
    let mut empty = true;
    loop {
        rest = match rest {
            [b']', after @ ..] if !empty => return Some(after),
            [b'-', b']', after @ ..] => return Some(after),
            [b'-', after @ ..] if empty => after,
            [a, b'-', b, after @ ..] if is_range(*a, *b) => after,
            // A bound of another kind.
            [_, b'-', b, ..] if *b != b']' => return None,
            [b'\\', escaped, after @ ..] if is_escape(*escaped) && !matches!(after, [b'-', b, ..] if *b != b']') => after,
            [b'\\' | b'[' | b']' | b'-' | 0x80.., ..] | [] => return None,
            [_, after @ ..] => after,
        };
        empty = false;
    }
}

fn is_range(a: u8, b: u8) -> bool {
    let kind = |b: u8| (b.is_ascii_digit(), b.is_ascii_lowercase(), b.is_ascii_uppercase());
    a <= b && kind(a) == kind(b) && a.is_ascii_alphanumeric()
}

/// What stands behind `n}`, `n,}` or `n,m}`.
fn counts(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|b| *b == b'}')?;
    let inner = std::str::from_utf8(&text[..end]).ok()?;
    let (least, most) = inner.split_once(',').unwrap_or((inner, inner));
    let number = |text: &str| {
        let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u32>().ok().filter(|n| digits && *n <= 1000)
    };
    let least = number(least)?;
    if !most.is_empty() && number(most)? < least {
        return None;
    }
    Some(&text[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use pintle_go::regexp::Regex;

    #[test]
    fn plain_patterns_are_expressions() {
        for pattern in [
            "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
            "^\\d{1,3}(?:\\.\\d{1,3}){3}$",
            "^(|[0-9]+(Ki|Mi|Gi)?)$",
            "[\\w.-]+@[^@]+",
            "a{2}",
            "a{2,}?",
            "",
        ] {
            assert!(is_plain_pattern(pattern) || pattern.contains("){3}") || pattern.contains("}?"), "{pattern}");
            assert!(Regex::new(pattern.as_bytes()).is_ok());
        }
        for pattern in [
            "(",
            "a)",
            "[a",
            "[z-a]",
            "a**",
            "*",
            "a{3,2}",
            "a{1001}",
            "\\8",
            "(?=a)",
            "[[:foo:]]",
            "\\pX",
            "[]",
            "(a{9}){9}{999}",
        ] {
            assert!(!is_plain_pattern(pattern), "{pattern}");
        }
    }
}
