//! Speed, in one room: threads, work that is done ahead, and templates that are kept parsed.
//!
//! A library gets none of it unless it asks for it with [`Ahead::on`]: then everything is done when it is wanted, on the caller's thread.
//! What is rendered is the same in any case.
//!
//! The threads are std's. A pool of threads (rayon) wants all items at hand, while `meanwhile` works on the first as others are still
//! being made; and most charts are so small that no thread is started for them (`ENOUGH`).

#![expect(clippy::disallowed_methods, reason = "this is the room for threads")]

mod parsed;

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::{available_parallelism, scope};

pub(crate) use parsed::{JinjaSet, ParseCache, Texts, order};

/// The sum of sizes that another thread is worth; below it costs more than it saves.
const ENOUGH: usize = 256 << 10;
/// More threads than this only compete for memory.
const MAX_THREADS: usize = 8;

/// The size of items that are handed to the other thread at once: to wake it takes longer than most items do.
const BATCH: usize = 32 << 10;

/// What the system allows: finding out takes the reading of several files.
static AVAILABLE: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, usize::from).min(MAX_THREADS));

/// A handle of what makes renders faster: whoever has it shares its threads and what it keeps. The default does nothing ahead.
#[derive(Clone, Debug, Default)]
pub struct Ahead(Option<Arc<ParseCache>>);

impl Ahead {
    /// Charts are read, parsed, rendered and cut into documents on several threads where that is worth it, parsing begins before the render
    /// asks for it, and templates stay parsed from render to render as long as a clone of this handle lives.
    pub fn on() -> Ahead {
        Ahead(Some(Arc::default()))
    }

    /// How many threads work of this size (bytes of text) is worth.
    pub(crate) fn threads(&self, size: usize) -> usize {
        match size / ENOUGH {
            _ if self.0.is_none() => 1,
            0 => 1,
            others => (1 + others).min(*AVAILABLE),
        }
    }

    /// The templates that are kept, or a place for those of one render.
    pub(crate) fn parsed(&self) -> Arc<ParseCache> {
        self.0.clone().unwrap_or_default()
    }

    /// Applies `work` to every item that `make` hands out, on another thread while it goes on to make more, as soon as that is worth
    /// it: if they are expected to be large, or have become so (`size`). Gives what `make` gives, and the results in no order.
    pub(crate) fn meanwhile<T: Send, R: Send, M>(
        &self,
        expected: usize,
        size: impl Fn(&T) -> usize,
        work: impl Fn(T) -> R + Sync,
        make: impl FnOnce(&mut dyn FnMut(T)) -> M,
    ) -> (M, Vec<R>) {
        let (sender, receiver) = channel::<Vec<T>>();
        let receiver = Mutex::new(receiver);
        let worker = || {
            // The lock is held by the one thread that waits for items, not while it works on them.
            let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
            std::iter::from_fn(next).flatten().map(&work).collect::<Vec<R>>()
        };
        let (mut items, mut waiting, mut all) = (Vec::new(), 0_usize, expected);
        scope(|s| {
            let mut other = None;
            // The receiver lives as long as this function, so that nothing is lost.
            let made = make(&mut |item| {
                waiting = waiting.saturating_add(size(&item));
                items.push(item);
                if waiting >= BATCH && self.threads(all.saturating_add(waiting)) > 1 {
                    all = all.saturating_add(std::mem::take(&mut waiting));
                    other.get_or_insert_with(|| s.spawn(worker));
                    drop(sender.send(std::mem::take(&mut items)));
                }
            });
            drop(sender);
            let mut results: Vec<R> = Vec::new();
            if let Some(other) = other {
                results = worker();
                results.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            results.extend(items.into_iter().map(&work));
            (made, results)
        })
    }

    /// Applies `work` to every item, on several threads if the items' sizes (bytes of text) are worth it.
    pub(crate) fn map<T: Sync, R: Send>(&self, items: &[T], size: impl Fn(&T) -> usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        on_threads(items, self.threads(items.iter().map(size).fold(0, usize::saturating_add)), work)
    }
}

/// Applies `work` to every item, on at most so many threads; this one is the first of them.
pub fn on_threads<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = threads.min(items.len());
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            match items.get(i) {
                Some(item) => done.push((i, work(item))),
                None => return done,
            }
        }
    };
    let mut results: Vec<(usize, R)> = scope(|s| {
        let others: Vec<_> = (1..threads).map(|_| s.spawn(worker)).collect();
        let mut results = worker();
        for other in others {
            results.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        results
    });
    results.sort_unstable_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, r)| r).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        let doubled = |ahead: Ahead| ahead.map(&items, |_| 1 << 10, |n| n * 2);
        assert_eq!(doubled(Ahead::on()), doubled(Ahead::default()));
    }

    #[test]
    fn all_that_is_made_is_worked_on() {
        for (expected, size) in [(0, 0), (ENOUGH, 0), (0, ENOUGH / 100)] {
            let (made, mut doubled) =
                Ahead::on().meanwhile(expected, |_| size, |n: usize| n * 2, |hand_out| (0..1000).map(hand_out).count());
            doubled.sort_unstable();
            assert_eq!((made, doubled), (1000, (0..2000).step_by(2).collect()));
        }
    }
}
