//! The levels at which rules are reported.

use std::collections::BTreeMap;

use crate::rule::{Rule, Severity, nearest};

/// The annotation by which an object excepts itself from rules.
pub const IGNORE: &str = "pintle.dev/ignore";

/// Whether the text of the annotation [`IGNORE`] excepts an object from a rule: a line `CODE: REASON`. Without a reason it doesn't.
///
/// ```
/// use pintle_diagnostic::is_excepted;
/// pintle_diagnostic::rules! {
///     KEY "ref/key" Warning "A key doesn't exist.";
/// }
/// assert!(is_excepted("ref/key: a controller adds it", &KEY));
/// assert!(!is_excepted("ref/key:", &KEY));
/// ```
pub fn is_excepted(annotation: &str, rule: &Rule) -> bool {
    let excepts = |line: &str| line.split_once(':').is_some_and(|(code, why)| code.trim() == rule.code && !why.trim().is_empty());
    annotation.lines().any(excepts)
}

/// Levels other than the rules' own, by code; `hygiene/*` stands for all rules of a topic. `None` is off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<String, Option<Severity>>);

impl Levels {
    /// Sets the level of a rule, or of a topic (`hygiene/*`): `off`, `note`, `warn` or `error`.
    ///
    /// Errors: a code that isn't among `known`, with the nearest one; an unknown level.
    pub fn set<'r>(&mut self, code: &str, level: &str, known: impl IntoIterator<Item = &'r Rule> + Clone) -> Result<(), String> {
        let topic = code.strip_suffix("/*");
        let is_known = known.clone().into_iter().any(|rule| topic.map_or(rule.code == code, |topic| rule.topic() == topic));
        if !is_known {
            let near = nearest(code, known.into_iter().map(|rule| rule.code));
            return Err(format!("unknown rule \"{code}\"{}", near.map(|n| format!("; did you mean {n}?")).unwrap_or_default()));
        }
        let level = match level {
            "off" => None,
            "note" => Some(Severity::Note),
            "warn" | "warning" => Some(Severity::Warning),
            "error" => Some(Severity::Error),
            _ => return Err(format!("unknown level \"{level}\" of {code}: off, note, warn or error")),
        };
        self.0.insert(code.to_owned(), level);
        Ok(())
    }

    /// These levels, with others over them.
    #[must_use]
    pub fn with(&self, over: &Levels) -> Levels {
        Levels(self.0.iter().chain(&over.0).map(|(code, level)| (code.clone(), *level)).collect())
    }

    /// The level that was set for a rule; the code counts before the topic. The outer `None`: nobody has said anything.
    pub fn given(&self, rule: &Rule) -> Option<Option<Severity>> {
        self.0.get(rule.code).or_else(|| self.0.get(&format!("{}/*", rule.topic()))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::rules! {
        KEY "ref/key" Warning "A key doesn't exist.";
        ROLE "ref/role" Error "A role doesn't exist.";
    }

    #[test]
    fn codes_count_before_topics() {
        let mut levels = Levels::default();
        assert_eq!(levels.given(&KEY), None);
        levels.set("ref/*", "error", RULES.iter().copied()).unwrap();
        levels.set("ref/role", "off", RULES.iter().copied()).unwrap();
        assert_eq!((levels.given(&KEY), levels.given(&ROLE)), (Some(Some(Severity::Error)), Some(None)));
    }

    #[test]
    fn unknown_codes_and_levels_are_refused() {
        let set = |code, level| Levels::default().set(code, level, RULES.iter().copied());
        assert_eq!(set("ref/kay", "off"), Err("unknown rule \"ref/kay\"; did you mean ref/key?".to_owned()));
        assert_eq!(set("x/*", "off"), Err("unknown rule \"x/*\"".to_owned()));
        assert_eq!(set("ref/key", "fatal"), Err("unknown level \"fatal\" of ref/key: off, note, warn or error".to_owned()));
    }
}
