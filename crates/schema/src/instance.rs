//! What is checked: values, or a schema.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use pintle_value::{Data, DataMap};

use crate::document::{Content, DocId, Document, Members};
use crate::number::Number;
use crate::types::Type;

/// A value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instance<'v> {
    Data(&'v Data),
    Document(&'v Document, DocId),
    /// The name of a property.
    Name(&'v str),
}

/// What it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'v> {
    Null,
    Bool(bool),
    Number(Number<'v>),
    String(&'v str),
    List(List<'v>),
    Map(Map<'v>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum List<'v> {
    Data(&'v [Data]),
    Document(&'v Document, &'v [DocId]),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Map<'v> {
    Data(&'v DataMap),
    Document(&'v Document, Members<'v>),
}

impl<'v> Instance<'v> {
    pub(crate) fn view(self) -> View<'v> {
        match self {
            Instance::Data(Data::Null) => View::Null,
            Instance::Data(Data::Bool(b)) => View::Bool(*b),
            Instance::Data(Data::Int(n)) => View::Number(Number::Int(*n)),
            Instance::Data(Data::Float(f)) => View::Number(Number::Float(*f)),
            Instance::Data(Data::String(s)) => View::String(s),
            Instance::Data(Data::List(items)) => View::List(List::Data(items)),
            Instance::Data(Data::Map(map)) => View::Map(Map::Data(map)),
            Instance::Document(document, id) => match document.content(id) {
                Content::Null => View::Null,
                Content::Bool(b) => View::Bool(b),
                Content::Number(text) => View::Number(Number::Text(text)),
                Content::String(text) => View::String(text),
                Content::List(items) => View::List(List::Document(document, items)),
                Content::Map(members) => View::Map(Map::Document(document, members)),
            },
            Instance::Name(name) => View::String(name),
        }
    }
}

impl View<'_> {
    /// Its JSON type: integers are numbers. `None` for what JSON lacks.
    pub(crate) fn type_of(&self) -> Option<Type> {
        Some(match self {
            View::Null => Type::Null,
            View::Bool(_) => Type::Boolean,
            View::Number(Number::Float(f)) if !f.is_finite() => return None,
            View::Number(_) => Type::Number,
            View::String(_) => Type::String,
            View::List(_) => Type::Array,
            View::Map(_) => Type::Object,
        })
    }
}

impl<'v> List<'v> {
    pub(crate) fn len(self) -> usize {
        match self {
            List::Data(items) => items.len(),
            List::Document(_, items) => items.len(),
        }
    }

    pub(crate) fn get(self, index: usize) -> Option<Instance<'v>> {
        match self {
            List::Data(items) => items.get(index).map(Instance::Data),
            List::Document(document, items) => items.get(index).map(|id| Instance::Document(document, *id)),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Instance<'v>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

impl<'v> Map<'v> {
    pub(crate) fn len(self) -> usize {
        match self {
            Map::Data(map) => map.len(),
            Map::Document(_, members) => members.len(),
        }
    }

    pub(crate) fn get(self, key: &str) -> Option<Instance<'v>> {
        match self {
            Map::Data(map) => map.get(key).map(Instance::Data),
            Map::Document(document, members) => members.get(key).map(|id| Instance::Document(document, id)),
        }
    }

    /// Members in the order of their names. Go has none; this is one of those that it may take.
    pub(crate) fn iter(self) -> MapIter<'v> {
        match self {
            Map::Data(map) => MapIter::Data(map.iter()),
            Map::Document(document, members) => MapIter::Document(document, members, 0),
        }
    }
}

/// The members of a mapping in turn.
pub(crate) enum MapIter<'v> {
    Data(std::collections::btree_map::Iter<'v, String, Data>),
    Document(&'v Document, Members<'v>, usize),
}

impl<'v> Iterator for MapIter<'v> {
    type Item = (&'v str, Instance<'v>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            MapIter::Data(iter) => iter.next().map(|(key, value)| (key.as_str(), Instance::Data(value))),
            MapIter::Document(document, members, at) => {
                let (key, value) = members.at(*at)?;
                *at += 1;
                Some((key, Instance::Document(document, value)))
            }
        }
    }
}

/// Whether two values are the same (santhosh's `equals`).
pub(crate) fn equals(a: Instance<'_>, b: Instance<'_>) -> bool {
    match (a.view(), b.view()) {
        (View::Null, View::Null) => true,
        (View::Bool(a), View::Bool(b)) => a == b,
        (View::String(a), View::String(b)) => a == b,
        (View::Number(a), View::Number(b)) => a.equals(b),
        (View::List(a), View::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equals(a, b)),
        (View::Map(a), View::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|((k, a), (l, b))| k == l && equals(a, b))
        }
        _ => false,
    }
}

/// The first item that equals an earlier one, after the first that it equals (santhosh's `duplicates`).
pub(crate) fn duplicates(list: List<'_>) -> Option<(usize, usize)> {
    let mut seen: HashMap<u64, Vec<usize>> = HashMap::new();
    for (i, item) in list.iter().enumerate() {
        let mut hasher = DefaultHasher::new();
        hash(item, &mut hasher);
        let alike = seen.entry(hasher.finish()).or_default();
        if let Some(j) = alike.iter().copied().find(|j| list.get(*j).is_some_and(|other| equals(item, other))) {
            return Some((j, i));
        }
        alike.push(i);
    }
    None
}

/// Feeds what equal values have in common.
fn hash(value: Instance<'_>, into: &mut DefaultHasher) {
    let view = value.view();
    view.type_of().map(|t| t as u8).hash(into);
    match view {
        View::Null => {}
        View::Bool(b) => b.hash(into),
        View::Number(n) => n.exact().hash(into),
        View::String(s) => s.hash(into),
        View::List(items) => items.iter().for_each(|item| hash(item, into)),
        View::Map(map) => {
            for (key, value) in map.iter() {
                key.hash(into);
                hash(value, into);
            }
        }
    }
}
