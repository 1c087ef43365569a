//! Selectors: by name, namespace and kind as anchored regular expressions, by labels and annotations as Kubernetes writes them
//! (sigs.k8s.io/kustomize/api v0.20.1, types/selector.go; k8s.io/apimachinery, labels).

use pintle_go::regexp;

use crate::build::Build;
use crate::kustomization::types::Selector;
use crate::resmap::ResMap;
use crate::resource::StringMap;

/// A selector's expressions, compiled.
struct Pattern(Option<std::rc::Rc<regexp::Regex>>);

impl Pattern {
    fn new(text: &str) -> Result<Pattern, String> {
        match text {
            "" => Ok(Pattern(None)),
            text => compile(&format!("^(?:{text})$")).map(|regex| Pattern(Some(regex))),
        }
    }

    fn fits(&self, text: &str) -> bool {
        self.0.as_ref().is_none_or(|regex| regex.is_match(text.as_bytes()))
    }
}

/// A regular expression in Go's syntax.
pub(crate) fn compile(pattern: &str) -> Result<std::rc::Rc<regexp::Regex>, String> {
    regexp::cached(pattern.as_bytes()).map_err(|e| e.to_string())
}

impl ResMap {
    /// The places of the resources that a selector selects (`Select`).
    pub fn select(&self, b: &Build, selector: &Selector) -> Result<Vec<usize>, String> {
        let gvk = &selector.gvk;
        let [group, version, kind, name, namespace] =
            [&gvk.group, &gvk.version, &gvk.kind, &selector.name, &selector.namespace].map(|text| Pattern::new(text));
        let (group, version, kind, name, namespace) = (group?, version?, kind?, name?, namespace?);
        let labels = Requirements::parse(&selector.label_selector)?;
        let annotations = Requirements::parse(&selector.annotation_selector)?;
        b.charge(self.list.len())?;
        let mut found = Vec::new();
        for (i, resource) in self.list.iter().enumerate() {
            let (now, first) = (resource.id(b), resource.original_id(b));
            let fits = (namespace.fits(first.effective_namespace()) || namespace.fits(now.effective_namespace()))
                && (name.fits(&first.name) || name.fits(&now.name))
                && group.fits(&now.gvk.group)
                && version.fits(&now.gvk.version)
                && kind.fits(&now.gvk.kind)
                && labels.matches(&b.nodes.meta_map(resource.node, "labels"))
                && annotations.matches(&b.nodes.meta_map(resource.node, "annotations"));
            if fits {
                found.push(i);
            }
        }
        Ok(found)
    }
}

/// One condition on a label.
#[derive(Debug, PartialEq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
    Greater(String, i64),
    Less(String, i64),
}

/// What labels must be like.
#[derive(Debug, PartialEq)]
pub struct Requirements(Vec<Requirement>);

impl Requirements {
    /// Reads a selector such as `app=web,tier notin (a,b),!old` (`labels.Parse`).
    pub fn parse(text: &str) -> Result<Requirements, String> {
        let mut parser = Parser { tokens: tokens(text), at: 0 };
        parser.requirements().map(Requirements)
    }

    /// Whether labels are like that.
    pub fn matches(&self, labels: &StringMap) -> bool {
        self.0.iter().all(|requirement| match requirement {
            Requirement::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Requirement::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Requirement::Exists(key) => labels.contains_key(key),
            Requirement::Absent(key) => !labels.contains_key(key),
            Requirement::Greater(key, than) => labels.get(key).and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v > *than),
            Requirement::Less(key, than) => labels.get(key).and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v < *than),
        })
    }
}

/// Words and operators; spaces only separate.
fn tokens(text: &str) -> Vec<String> {
    let special = |c: char| matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let mut found: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if special(first) {
            if rest.starts_with("==") || rest.starts_with("!=") { 2 } else { first.len_utf8() }
        } else {
            rest.find(|c: char| special(c) || c.is_whitespace()).unwrap_or(rest.len())
        };
        found.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    found
}

struct Parser {
    tokens: Vec<String>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        let token = self.peek().to_owned();
        self.at += 1;
        token
    }

    fn unexpected<T>(&self, wanted: &str) -> Result<T, String> {
        Err(format!("unable to parse requirement: found '{}', expected: {wanted}", self.peek()))
    }

    fn requirements(&mut self) -> Result<Vec<Requirement>, String> {
        let mut found = Vec::new();
        if self.peek().is_empty() {
            return Ok(found);
        }
        loop {
            found.push(self.requirement()?);
            match self.next().as_str() {
                "" => return Ok(found),
                "," if self.peek().is_empty() => return self.unexpected("identifier after ','"),
                "," => {}
                other => return Err(format!("unable to parse requirement: found '{other}', expected: ',' or 'end of string'")),
            }
        }
    }

    fn key(&mut self) -> Result<String, String> {
        let word = self.peek().to_owned();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
        match !word.is_empty() && word.bytes().all(plain) {
            true => Ok(self.next()),
            false => self.unexpected("identifier"),
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        if self.peek() == "!" {
            self.next();
            return self.key().map(Requirement::Absent);
        }
        let key = self.key()?;
        match self.peek() {
            "" | "," => Ok(Requirement::Exists(key)),
            "=" | "==" => {
                self.next();
                Ok(Requirement::In(key, vec![self.value()]))
            }
            "!=" => {
                self.next();
                Ok(Requirement::NotIn(key, vec![self.value()]))
            }
            "in" => {
                self.next();
                Ok(Requirement::In(key, self.values()?))
            }
            "notin" => {
                self.next();
                Ok(Requirement::NotIn(key, self.values()?))
            }
            operator @ (">" | "<") => {
                let greater = operator == ">";
                self.next();
                let value = self.value();
                let Ok(number) = value.parse::<i64>() else {
                    return Err(format!("for 'Gt', 'Lt' operators, the value must be an integer, not {value:?}"));
                };
                Ok(if greater { Requirement::Greater(key, number) } else { Requirement::Less(key, number) })
            }
            _ => self.unexpected("in, notin, =, ==, !=, gt, lt"),
        }
    }

    /// A value may be missing: it is the empty one.
    fn value(&mut self) -> String {
        match self.peek() {
            "" | "," => String::new(),
            _ => self.next(),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        if self.peek() != "(" {
            return self.unexpected("'('");
        }
        self.next();
        let mut found = Vec::new();
        loop {
            match self.peek() {
                ")" => {
                    self.next();
                    if found.is_empty() {
                        found.push(String::new());
                    }
                    return Ok(found);
                }
                "," => {
                    self.next();
                    if matches!(self.peek(), "," | ")") {
                        found.push(String::new());
                    }
                }
                "" => return self.unexpected("',', or ')'"),
                _ => found.push(self.next()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> StringMap {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn label_selectors() {
        let web = labels(&[("app", "web"), ("tier", "3")]);
        for (selector, matches) in [
            ("", true),
            ("app=web", true),
            ("app==web,tier=3", true),
            ("app!=web", false),
            ("app in (api, web)", true),
            ("app notin (api)", true),
            ("!old", true),
            ("app", true),
            ("old", false),
            ("tier>2", true),
            ("tier<2", false),
        ] {
            assert_eq!(Requirements::parse(selector).map(|r| r.matches(&web)), Ok(matches), "{selector}");
        }
        assert!(Requirements::parse("app=").is_ok());
        assert!(Requirements::parse("=x").is_err());
        assert!(Requirements::parse("a,").is_err());
    }
}
