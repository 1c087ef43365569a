//! How much a value is: what printing, comparing, sorting or serialising it costs.
//!
//! A value may hold another one many times, so that a few steps make something that takes forever to go over, and a namespace may
//! hold itself. Whatever goes over a value is weighed before, and the weight is charged to the budget of the render.

use std::collections::BTreeMap;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value as Jinja};
use pintle_template::{Call, deep};
use pintle_value::Value;

use crate::error::failed;
use crate::session::Session;
use crate::shared::Shared;

/// How deep the lists and mappings that a template makes may nest.
const MAX_DEPTH: usize = 100;
/// How deep values of Go's functions may nest.
const MAX_GO_DEPTH: usize = 10_000;
/// The most that one value may weigh.
const MAX_WEIGHT: u64 = 8_000_000;
/// Items are charged in batches.
const BATCH: u64 = 1024;

/// What weighing a value found.
pub(crate) struct Weight {
    /// Steps: values that it holds, and text in them.
    pub steps: u64,
    /// Whether lists in it are views of others.
    has_views: bool,
}

/// Weighs a value with all that it holds.
///
/// Errors: it holds itself or nests too deep, or there are no steps left.
pub(crate) fn weigh(value: &Jinja) -> Result<Weight, Error> {
    Scales { weight: Weight { steps: 0, has_views: false }, pending: 0, whole: true }.read(value)
}

/// Weighs what a template made of a value: what the chart was given counts as one.
///
/// Errors: those of [`weigh`].
pub(crate) fn weigh_own(value: &Jinja) -> Result<Weight, Error> {
    Scales { weight: Weight { steps: 0, has_views: false }, pending: 0, whole: false }.read(value)
}

impl Weight {
    /// The value that was weighed, with lists in place of views: minijinja makes a view anew of what it came from whenever that is
    /// gone over, which goes deeper with each view of a view.
    ///
    /// Errors: an item that can't be made.
    pub fn settled(&self, value: &Jinja) -> Result<Jinja, Error> {
        if self.has_views { listed(value) } else { Ok(value.clone()) }
    }
}

/// A value as a variable keeps it: `holder` is the namespace that the variable belongs to.
///
/// Errors: those of [`weigh`], and a namespace that would hold itself.
pub(crate) fn kept(value: &Jinja, holder: Option<&Jinja>) -> Result<Jinja, Error> {
    let weight = weigh_own(value)?;
    if holder.is_some_and(|holder| holds(value, holder)) {
        return Err(Error::new(ErrorKind::InvalidOperation, "a namespace can't hold itself"));
    }
    weight.settled(value)
}

/// Whether a value is, or holds, another one.
fn holds(value: &Jinja, wanted: &Jinja) -> bool {
    if minijinja::tests::is_sameas(value, wanted) {
        return value.as_object().is_some();
    }
    below(value).any(|v| holds(&v, wanted))
}

/// Whether a list is a view of another one.
fn is_view(value: &Jinja) -> bool {
    value.kind() == ValueKind::Iterable && value.len().is_some()
}

/// What a list or a mapping of a template holds.
fn below(value: &Jinja) -> Box<dyn Iterator<Item = Jinja> + '_> {
    match value.kind() {
        _ if value.downcast_object_ref::<Shared>().is_some() => Box::new(std::iter::empty()),
        ValueKind::Seq | ValueKind::Iterable if value.len().is_some() => Box::new(value.try_iter().into_iter().flatten()),
        ValueKind::Map => Box::new(value.try_iter().into_iter().flatten().filter_map(|key| value.get_item(&key).ok())),
        _ => Box::new(std::iter::empty()),
    }
}

/// The value with lists in place of views.
fn listed(value: &Jinja) -> Result<Jinja, Error> {
    if value.downcast_object_ref::<Shared>().is_some() || value.as_object().is_none() {
        return Ok(value.clone());
    }
    match value.kind() {
        ValueKind::Map if below(value).any(|v| v.as_object().is_some()) => {
            let entry = |key: Jinja| Ok((key.clone(), listed(&value.get_item(&key)?)?));
            value.try_iter()?.map(entry).collect::<Result<BTreeMap<_, _>, Error>>().map(Jinja::from)
        }
        ValueKind::Seq | ValueKind::Iterable if value.len().is_some() => {
            value.try_iter()?.map(|item| listed(&item)).collect::<Result<Vec<_>, Error>>().map(Jinja::from)
        }
        _ => Ok(value.clone()),
    }
}

struct Scales {
    weight: Weight,
    pending: u64,
    /// Whether Go's values are gone over too.
    whole: bool,
}

impl Scales {
    fn read(mut self, value: &Jinja) -> Result<Weight, Error> {
        self.add(value, 0)?;
        self.settle()?;
        Ok(self.weight)
    }

    fn charge(&mut self, steps: u64) -> Result<(), Error> {
        self.weight.steps += steps;
        if self.weight.steps > MAX_WEIGHT {
            let what = format!("a value, with all that it holds, is larger than the limit of {MAX_WEIGHT} items");
            return Err(failed("an operator", pintle_template::Error::with_kind(pintle_template::ErrorKind::Budget, what)));
        }
        self.pending += steps;
        if self.pending >= BATCH { self.settle() } else { Ok(()) }
    }

    fn settle(&mut self) -> Result<(), Error> {
        let steps = std::mem::take(&mut self.pending);
        let Some(session) = Session::current() else { return Ok(()) };
        session.evaluator.borrow_mut().charge(steps).map_err(|e| failed("an operator", e))
    }

    fn add(&mut self, value: &Jinja, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            let what = format!("a value holds itself, or nests deeper than {MAX_DEPTH} lists and mappings");
            return Err(Error::new(ErrorKind::InvalidOperation, what));
        }
        if let Some(shared) = value.downcast_object_ref::<Shared>() {
            return match shared.value().filter(|_| self.whole) {
                Some(value) => self.add_go(&value, 0),
                None => self.charge(1),
            };
        }
        match value.kind() {
            ValueKind::String => self.charge(1 + value.as_str().map_or(0, str::len) as u64 / 16),
            ValueKind::Bytes => self.charge(1 + value.as_bytes().map_or(0, <[u8]>::len) as u64 / 16),
            ValueKind::Seq | ValueKind::Iterable => {
                self.charge(1)?;
                self.weight.has_views |= is_view(value);
                // What has no length yields its items once only.
                if value.len().is_none() {
                    return Ok(());
                }
                for item in value.try_iter()? {
                    self.add(&item, depth + 1)?;
                }
                Ok(())
            }
            ValueKind::Map => {
                self.charge(1)?;
                for key in value.try_iter()? {
                    self.add(&key, depth + 1)?;
                    if let Ok(item) = value.get_item(&key) {
                        self.add(&item, depth + 1)?;
                    }
                }
                Ok(())
            }
            _ => self.charge(1),
        }
    }

    fn add_go(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > MAX_GO_DEPTH {
            let what = format!("a value holds itself, or nests deeper than {MAX_GO_DEPTH} lists and mappings");
            return Err(Error::new(ErrorKind::InvalidOperation, what));
        }
        match value {
            Value::String(s) | Value::Bytes(s) => self.charge(1 + s.len() as u64 / 16),
            Value::List(items) => {
                self.charge(1)?;
                items.iter().try_for_each(|item| deep(|| self.add_go(item, depth + 1)))
            }
            Value::Map(map) => {
                self.charge(1)?;
                for (key, item) in map.entries().iter() {
                    self.charge(1 + key.len() as u64 / 16)?;
                    deep(|| self.add_go(item, depth + 1))?;
                }
                Ok(())
            }
            _ => self.charge(1),
        }
    }
}
