//! Findings as test cases, for the forms that know nothing else: a case for each object.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::diagnostic::{Diagnostic, Object};
use crate::rule::Severity;

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is wrong.
    Passed,
    /// It wasn't checked.
    Skipped,
    /// Something is wrong.
    Failed,
    /// It can't be checked.
    Error,
}

/// A test: an object of a file, or the file itself.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file.
    pub file: String,
    /// The object.
    pub object: Object,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub message: String,
}

impl Case {
    /// A case for each object that findings are about, in their order. Those that have only warnings have passed.
    pub fn of(findings: &[Diagnostic]) -> Vec<Case> {
        let mut cases: Vec<Case> = Vec::new();
        let mut known: HashMap<(&str, Object), usize> = HashMap::new();
        for d in findings {
            let file = d.span.as_ref().map_or("pintle", |span| span.source.name());
            let object = d.object.clone().unwrap_or_default();
            let outcome = if d.severity == Severity::Error { Outcome::Failed } else { Outcome::Passed };
            let path = if d.path.is_root() { String::new() } else { format!("{}: ", d.path) };
            let message = format!("{path}{} [{}]", d.message, d.rule.code);
            match known.entry((file, object.clone())) {
                Entry::Occupied(known) => {
                    let case = &mut cases[*known.get()];
                    case.message.push_str(&format!("; {message}"));
                    if outcome == Outcome::Failed {
                        case.outcome = outcome;
                    }
                }
                Entry::Vacant(new) => {
                    new.insert(cases.len());
                    cases.push(Case { file: file.to_owned(), object, outcome, message });
                }
            }
        }
        cases
    }
}

/// How many cases have this outcome.
pub fn count(cases: &[Case], outcome: Outcome) -> usize {
    cases.iter().filter(|case| case.outcome == outcome).count()
}
