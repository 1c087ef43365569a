//! Documents that other renders have printed too: environments print many of the same documents.
//!
//! A document that was found sound is sound wherever the same is checked for the same: versions, levels and definitions of custom resources are
//! a part of the key. Findings aren't kept: they have places. What was read of a document is kept from the second time on, up to a limit:
//! most documents that are printed once are never printed again.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, RandomState};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use pintle_value::budget::{Budget, Exceeded};

use super::Read;

/// The text of documents that is kept as read; what is read takes some ten times as much memory.
const KEPT: usize = 2 << 20;

/// What is known of documents, shared by all clones.
#[derive(Clone, Debug, Default)]
pub struct Verdicts(Arc<Shared>);

/// The keys of a document's hashes are made anew for each process, so nobody can make a document that looks like another.
#[derive(Debug, Default)]
struct Shared {
    sound: Mutex<HashMap<Key, Cost>>,
    read: Mutex<Known>,
    hashers: [RandomState; 2],
}

/// Documents by their keys: seen once, or as they were read.
#[derive(Debug, Default)]
struct Known {
    documents: HashMap<Key, Option<Read>>,
    /// How many bytes of text those have that are kept.
    size: usize,
}

/// 128 bits of a document, or of a document and what it is checked for.
pub(super) type Key = [u64; 2];

/// Steps and bytes that the check took. They are charged again, so that it doesn't depend on other renders whether a limit is exceeded.
type Cost = (u64, u64);

/// What documents are checked for.
pub(super) struct Scope {
    verdicts: Verdicts,
    hashers: [DefaultHasher; 2],
}

impl Verdicts {
    /// The key of a document.
    pub(super) fn key(&self, text: &[u8]) -> Key {
        self.0.hashers.each_ref().map(|hasher| hasher.hash_one(text))
    }

    /// What other renders have read, or will read, of this document.
    pub(super) fn read(&self, key: Key, text: &[u8]) -> Read {
        let mut known = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { documents, size } = &mut *known;
        match documents.get_mut(&key) {
            None => {
                documents.insert(key, None);
                Read::default()
            }
            Some(Some(read)) => read.clone(),
            Some(read) if text.len() <= KEPT - *size => {
                *size += text.len();
                read.insert(Read::default()).clone()
            }
            Some(None) => Read::default(),
        }
    }

    /// What documents are checked for, and the definitions of custom resources that they are checked with.
    pub(super) fn scope<'t>(&self, checked_for: impl Hash, definitions: impl Iterator<Item = &'t [u8]>) -> Scope {
        let mut hashers = self.0.hashers.each_ref().map(BuildHasher::build_hasher);
        hashers.iter_mut().for_each(|hasher| checked_for.hash(hasher));
        for text in definitions {
            hashers.iter_mut().for_each(|hasher| text.hash(hasher));
        }
        Scope { verdicts: self.clone(), hashers }
    }
}

impl Scope {
    /// Whether a document was found sound; then its check is charged.
    ///
    /// Errors: the check exceeds a limit.
    pub(super) fn is_sound(&self, key: Key, budget: &Budget) -> Result<bool, Exceeded> {
        let known = self.sound(|sound| sound.get(&key).copied());
        let Some((steps, memory)) = known else { return Ok(false) };
        budget.allocate(memory)?;
        budget.charge(steps)?;
        Ok(true)
    }

    /// Remembers that a document is sound.
    pub(super) fn remember(&self, key: Key, cost: Cost) {
        self.sound(|sound| sound.insert(key, cost));
    }

    /// The key of a document that is checked for this.
    pub(super) fn key(&self, document: Key) -> Key {
        self.hashers.clone().map(|mut hasher| {
            document.hash(&mut hasher);
            hasher.finish()
        })
    }

    fn sound<T>(&self, with: impl FnOnce(&mut HashMap<Key, Cost>) -> T) -> T {
        with(&mut self.verdicts.0.sound.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pintle_value::budget::Limits;

    #[test]
    fn a_verdict_holds_for_the_same_only() {
        let verdicts = Verdicts::default();
        let (a, b) = (verdicts.key(b"a"), verdicts.key(b"b"));
        let scope = verdicts.scope(1, [b"crd".as_slice()].into_iter());
        scope.remember(scope.key(a), (10, 100));
        let budget = Budget::new(Limits { steps: 15, ..Limits::default() });
        let again = verdicts.clone().scope(1, [b"crd".as_slice()].into_iter());
        assert_eq!(again.is_sound(again.key(b), &budget), Ok(false));
        assert_eq!(again.is_sound(again.key(a), &budget), Ok(true));
        assert_eq!(budget.spent(), (10, 100));
        // What has been checked elsewhere costs the same here.
        assert!(again.is_sound(again.key(a), &budget).is_err());
        for other in [verdicts.scope(2, [b"crd".as_slice()].into_iter()), verdicts.scope(1, std::iter::empty())] {
            assert_eq!(other.is_sound(other.key(a), &budget), Ok(false));
        }
    }

    #[test]
    fn what_is_printed_again_is_read_once() {
        let verdicts = Verdicts::default();
        let read = |text: &[u8]| verdicts.read(verdicts.key(text), text);
        let [first, second, third] = [b"a"; 3].map(|text| read(text));
        assert!(!Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&second, &third));
        // Beyond the limit nothing more is kept.
        let large = vec![b' '; KEPT];
        let [_, second, third] = [&large; 3].map(|text| read(text));
        assert!(!Arc::ptr_eq(&second, &third));
    }
}
