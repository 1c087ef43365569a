//! The same work on many items at once.
//!
//! Takes items and a function, gives the results in the order of the items, whatever the number of threads.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{available_parallelism, scope};

/// Below this sum of sizes threads cost more than they save.
const ENOUGH: usize = 256 << 10;
/// More threads than this only compete for memory.
const MAX_THREADS: usize = 8;

/// Applies `work` to every item, on several threads if the items' sizes (bytes of text) are worth it.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], size: impl Fn(&T) -> usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = match items.iter().map(size).fold(0, usize::saturating_add) < ENOUGH {
        true => 1,
        false => available_parallelism().map_or(1, usize::from).min(MAX_THREADS),
    };
    on_threads(items, threads, work)
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
        assert_eq!(map(&items, |_| 1 << 10, |n| n * 2), map(&items, |_| 0, |n| n * 2));
    }
}
