//! What schemas ask of mappings, lists, strings and numbers.

use std::cmp::Ordering;

use pintle_diagnostic::Step;

use super::{Fault, Frame, Run};
use crate::document::{DocId, Document};
use crate::draft::Draft;
use crate::error::{ErrorKind, ValidationError};
use crate::instance::{Instance, List, Map, duplicates};
use crate::number::{Decimal, Number};
use crate::program::{Additional, Dependency, Named, NodeId, ObjectRules};

impl<'s, 'v> Run<'s, 'v> {
    /// `objValidate`
    pub(super) fn check_object(&mut self, frame: &mut Frame<'_, 's, 'v>, map: Map<'v>) {
        let node = frame.at.node();
        let document = frame.at.document();
        let Some(rules) = &node.object else { return };
        let got = map.len();
        if let Some(want) = rules.min.filter(|min| less(got, *min)) {
            self.report(frame, || ErrorKind::MinProperties { got, want });
        }
        if let Some(want) = rules.max.filter(|max| more(got, *max)) {
            self.report(frame, || ErrorKind::MaxProperties { got, want });
        }
        if let Some(missing) = missing(document, map, &rules.required) {
            self.report(frame, || ErrorKind::Required(missing));
        }
        if frame.quiet && !frame.errors.is_empty() {
            return;
        }
        for (property, dependency) in rules.dependencies.iter().filter(|(name, _)| map.get(name).is_some()) {
            match dependency {
                Dependency::Required(names) => {
                    if let Some(missing) = missing(document, map, names) {
                        self.report(frame, || ErrorKind::Dependency { property: property.to_string(), missing });
                    }
                }
                Dependency::Schema(id) => {
                    let result = self.check_same(frame, frame.at.to(*id), None, false);
                    frame.add(result);
                }
            }
        }
        if !self.check_members(frame, map, rules) || node.draft == Draft::D4 {
            return;
        }
        if let Some(id) = rules.names {
            for (name, _) in map.iter() {
                if let Err(fault) = self.check_name(frame, id, name) {
                    frame.errors.push(fault);
                }
            }
        }
        if node.draft == Draft::D6 {
            return;
        }
        if let Some(named) = &rules.dependent_schemas {
            for (name, id) in members(document, named) {
                if map.get(name).is_some() {
                    let result = self.check_same(frame, frame.at.to(id), None, false);
                    frame.add(result);
                }
            }
        }
        for (property, names) in rules.dependent_required.iter().filter(|(name, _)| map.get(name).is_some()) {
            if let Some(missing) = missing(document, map, names) {
                self.report(frame, || ErrorKind::DependentRequired { property: property.to_string(), missing });
            }
        }
    }

    /// `properties`, `patternProperties`, `additionalProperties`; whether it's worth going on.
    fn check_members(&mut self, frame: &mut Frame<'_, 's, 'v>, map: Map<'v>, rules: &ObjectRules) -> bool {
        if rules.properties.is_none() && rules.patterns.is_empty() && rules.additional.is_none() {
            return true;
        }
        let document = frame.at.document();
        let properties = rules.properties.as_ref().and_then(|named| Some((document.map(named.place)?, &named.nodes)));
        let mut superfluous = Vec::new();
        for (name, value) in map.iter() {
            if self.given_up.is_some() || frame.quiet && !frame.errors.is_empty() {
                return false;
            }
            let mut evaluated = false;
            let mut check = |run: &mut Self, id| {
                let result = run.check_part(frame, id, value, Step::field(name));
                frame.add(result);
            };
            if let Some((keys, nodes)) = &properties
                && let Some(at) = keys.position(name)
            {
                evaluated = true;
                check(self, nodes[at]);
            }
            for (pattern, id) in &rules.patterns {
                if pattern.is_match(name) {
                    evaluated = true;
                    check(self, *id);
                }
            }
            match rules.additional.filter(|_| !evaluated) {
                Some(Additional::Allowed(false)) => superfluous.push(name.to_owned()),
                Some(Additional::Schema(id)) => check(self, id),
                Some(Additional::Allowed(true)) => {}
                None if !evaluated => continue,
                None => {}
            }
            frame.unevaluated.properties.remove(name);
        }
        if !superfluous.is_empty() {
            self.report(frame, || ErrorKind::AdditionalProperties(superfluous));
        }
        true
    }

    /// `propertyNames`: a check of its own, of which the path begins at the name.
    fn check_name(&mut self, frame: &Frame<'_, 's, 'v>, id: NodeId, name: &'v str) -> Result<(), Fault> {
        let Err(error) = self.top(frame.at.to(id), frame.metaschema, Instance::Name(name)) else { return Ok(()) };
        let fault = self.fault(frame, || ErrorKind::PropertyNames(name.to_owned()));
        Err(fault.map(|fault| Box::new(ValidationError { schema: error.schema, causes: error.causes, ..*fault })))
    }

    /// `arrValidate`
    pub(super) fn check_array(&mut self, frame: &mut Frame<'_, 's, 'v>, list: List<'v>) {
        let node = frame.at.node();
        let Some(rules) = &node.array else { return };
        let got = list.len();
        if let Some(want) = rules.min.filter(|min| less(got, *min)) {
            self.report(frame, || ErrorKind::MinItems { got, want });
        }
        if let Some(want) = rules.max.filter(|max| more(got, *max)) {
            self.report(frame, || ErrorKind::MaxItems { got, want });
        }
        if rules.unique
            && got > 1
            && let Some((i, j)) = duplicates(list)
        {
            self.report(frame, || ErrorKind::UniqueItems(i, j));
        }
        let first = rules.first.len().min(got);
        for (i, item) in list.iter().enumerate() {
            let id = match (rules.first.get(i), rules.rest) {
                (Some(id), _) => *id,
                (None, Some(Additional::Schema(id))) => id,
                (None, Some(Additional::Allowed(false))) => {
                    self.report(frame, || ErrorKind::AdditionalItems(got - first));
                    break;
                }
                (None, _) => break,
            };
            let result = self.check_part(frame, id, item, Step::Index(i));
            frame.add(result);
        }
        let Some(id) = rules.contains else { return };
        let (mut errors, mut matched) = (Vec::new(), Vec::new());
        for (i, item) in list.iter().enumerate() {
            match self.check_part(frame, id, item, Step::Index(i)) {
                Err(fault) => errors.push(fault),
                Ok(()) => {
                    matched.push(i);
                    if node.draft >= Draft::D2020 {
                        frame.unevaluated.items.remove(&i);
                    }
                }
            }
        }
        match rules.min_contains {
            Some(want) if less(matched.len(), want) => {
                let fault = self.fault_of(frame, errors, || ErrorKind::MinContains { got: matched.clone(), want });
                frame.errors.push(fault);
            }
            None if matched.is_empty() => {
                let fault = self.fault_of(frame, errors, || ErrorKind::Contains);
                frame.errors.push(fault);
            }
            _ => {}
        }
        if let Some(want) = rules.max_contains.filter(|max| more(matched.len(), *max)) {
            self.report(frame, || ErrorKind::MaxContains { got: matched, want });
        }
    }

    /// `strValidate`
    pub(super) fn check_string(&mut self, frame: &mut Frame<'_, 's, 'v>, text: &'v str) {
        let Some(rules) = &frame.at.node().string else { return };
        if rules.min.is_some() || rules.max.is_some() {
            let got = text.chars().count();
            if let Some(want) = rules.min.filter(|min| less(got, *min)) {
                self.report(frame, || ErrorKind::MinLength { got, want });
            }
            if let Some(want) = rules.max.filter(|max| more(got, *max)) {
                self.report(frame, || ErrorKind::MaxLength { got, want });
            }
        }
        if let Some(pattern) = rules.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
            self.report(frame, || ErrorKind::Pattern { got: text.to_owned(), want: pattern.text.clone() });
        }
    }

    /// `numValidate`
    pub(super) fn check_number(&mut self, frame: &mut Frame<'_, 's, 'v>, number: Number<'v>) {
        let Some(rules) = &frame.at.node().number else { return };
        let Some(value) = number.exact() else {
            // Go compares nothing with something, and panics; which Helm reports.
            self.no_number = true;
            self.given_up.get_or_insert("a number is too large");
            return;
        };
        let got = || value.to_f64();
        let beyond = |bound: &Option<Decimal>, orders: &[Ordering]| {
            bound.as_ref().filter(|bound| orders.contains(&value.cmp(bound))).map(Decimal::to_f64)
        };
        if let Some(want) = beyond(&rules.min, &[Ordering::Less]) {
            self.report(frame, || ErrorKind::Minimum { got: got(), want });
        }
        if let Some(want) = beyond(&rules.max, &[Ordering::Greater]) {
            self.report(frame, || ErrorKind::Maximum { got: got(), want });
        }
        if let Some(want) = beyond(&rules.above, &[Ordering::Less, Ordering::Equal]) {
            self.report(frame, || ErrorKind::ExclusiveMinimum { got: got(), want });
        }
        if let Some(want) = beyond(&rules.below, &[Ordering::Greater, Ordering::Equal]) {
            self.report(frame, || ErrorKind::ExclusiveMaximum { got: got(), want });
        }
        if let Some(want) = rules.multiple_of.as_ref().filter(|n| !value.is_multiple_of(n)) {
            self.report(frame, || ErrorKind::MultipleOf { got: got(), want: want.to_f64() });
        }
    }
}

/// Whether a count is less than a bound, which Go holds in an `int`.
fn less(count: usize, bound: i64) -> bool {
    i64::try_from(count).is_ok_and(|count| count < bound)
}

fn more(count: usize, bound: i64) -> bool {
    i64::try_from(count).is_ok_and(|count| count > bound)
}

/// The names that a mapping lacks, if it lacks any.
fn missing(document: &Document, map: Map<'_>, names: &[DocId]) -> Option<Vec<String>> {
    let names = names.iter().filter_map(|name| document.string(*name));
    let missing: Vec<String> = names.filter(|name| map.get(name).is_none()).map(str::to_owned).collect();
    Some(missing).filter(|missing| !missing.is_empty())
}

/// Schemas with their names.
fn members<'s>(document: &'s Document, named: &'s Named) -> impl Iterator<Item = (&'s str, NodeId)> {
    let members = document.map(named.place);
    members.into_iter().flat_map(|members| members.iter()).map(|(name, _)| name).zip(named.nodes.iter().copied())
}
