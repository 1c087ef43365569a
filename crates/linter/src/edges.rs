//! References from one object to another, and what is said of those that lead nowhere.

use crate::inventory::Inventory;
use crate::rules;
use pintle_diagnostic::{Diagnostic, Rule};

/// What one object has to do with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// By labels.
    Selects,
    /// As a volume.
    Mounts,
    /// As environment or credentials.
    Uses,
    /// As an autoscaler.
    Scales,
    /// As traffic.
    RoutesTo,
    /// Any other need.
    DependsOn,
}

impl Relation {
    /// As it stands on an arrow.
    pub fn word(self) -> &'static str {
        match self {
            Relation::Selects => "selects",
            Relation::Mounts => "mounts",
            Relation::Uses => "uses",
            Relation::Scales => "scales",
            Relation::RoutesTo => "routes to",
            Relation::DependsOn => "depends on",
        }
    }
}

/// What a reference leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An object of the release.
    Object(usize),
    /// One that is declared to exist, or may be absent: kind, namespace and name.
    Elsewhere(String, String, String),
    /// One that doesn't exist.
    Missing(String, String, String),
}

/// A reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The object that refers.
    pub from: usize,
    /// Where it does.
    pub path: String,
    /// How.
    pub relation: Relation,
    /// To what.
    pub to: Target,
    /// What is said if it leads nowhere.
    pub rule: &'static Rule,
}

impl crate::Found<'_> {
    /// Adds a reference by name. One that may be absent is never missing.
    pub fn refer(
        &mut self,
        from: usize,
        path: impl Into<String>,
        relation: Relation,
        rule: &'static Rule,
        wanted: Wanted<'_>,
    ) -> Option<usize> {
        let Wanted { kind, namespace, name, optional } = wanted;
        let here = || (kind.to_owned(), namespace.to_owned(), name.to_owned());
        let to = match self.inventory.find(kind, namespace, name) {
            Some(object) => Target::Object(object),
            None if optional || self.inventory.is_declared(kind, namespace, name) => {
                let (kind, namespace, name) = here();
                Target::Elsewhere(kind, namespace, name)
            }
            None => {
                let (kind, namespace, name) = here();
                Target::Missing(kind, namespace, name)
            }
        };
        let found = match to {
            Target::Object(i) => Some(i),
            _ => None,
        };
        self.edges.push(Edge { from, path: path.into(), relation, to, rule });
        found
    }

    /// Adds what labels select.
    pub fn select(&mut self, from: usize, path: &str, to: usize) {
        self.edges.push(Edge {
            from,
            path: path.to_owned(),
            relation: Relation::Selects,
            to: Target::Object(to),
            rule: &rules::SELECT_SERVICE,
        });
    }
}

/// What is referred to.
#[derive(Clone, Copy)]
pub struct Wanted<'w> {
    pub kind: &'w str,
    pub namespace: &'w str,
    pub name: &'w str,
    pub optional: bool,
}

impl Edge {
    /// What is to be said of it.
    pub(crate) fn finding(&self, inventory: &Inventory<'_>) -> Option<(usize, Diagnostic)> {
        let Target::Missing(kind, namespace, name) = &self.to else { return None };
        let known = inventory.names(kind, namespace);
        let hint = match known.as_slice() {
            [] => format!("declare it under \"existing\" if the cluster has it: {kind}/{name}"),
            known => {
                format!("this release has {}; declare {kind}/{name} under \"existing\" if the cluster has it", known.join(", "))
            }
        };
        let message = format!("{} {kind} {name}, which doesn't exist", self.relation.word());
        Some((self.from, inventory.finding(self.rule, self.from, &self.path, message).hint(hint)))
    }
}
