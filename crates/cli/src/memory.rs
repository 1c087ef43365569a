//! Where the program's memory comes from.
//!
//! A render makes and drops some hundred thousand small things within milliseconds, on several threads; the C library's
//! allocator took a fifth of the instructions of a small chart. Here memory for small things is cut from the front of large
//! pieces, and what is given back waits in its thread, by size, for the next of that size. It takes 15 % off the instructions of
//! `pintle template` with a chart of `helm create`'s size (5.6 to 4.7 million) and a tenth off those with large charts.
//!
//! This is the one place of the project with unsafe code.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::{NonNull, copy_nonoverlapping, null_mut};
use std::sync::{Mutex, PoisonError};

/// Every block is a multiple of this, and as well aligned.
const STEP: usize = 16;
/// Blocks up to this size are a class for each multiple of [`STEP`]; above there are four to each doubling.
const FINE: usize = 1 << FINE_BITS;
const FINE_BITS: usize = 10;
/// What is larger comes from the system, and goes back there: of texts and tables that grow nothing should stay behind at every
/// size that they had.
const LARGEST: usize = 1 << LARGEST_BITS;
const LARGEST_BITS: usize = 11;
const CLASSES: usize = FINE / STEP + 1 + 4 * (LARGEST_BITS - FINE_BITS);
/// How much a thread asks the system for at once: enough for the C library to map it. What is never used of it is never there.
const PIECE: usize = 256 << 10;

/// The program's allocator.
pub struct Pieces;

/// The free memory of one thread.
struct Heap {
    /// For each class the first block that was given back; its first word leads to the next.
    free: [*mut u8; CLASSES],
    /// What is left of the piece that blocks are cut from.
    at: *mut u8,
    left: usize,
    /// The next heap that no thread has.
    next: *mut Heap,
}

/// The heaps of threads that ended, for those that come.
struct Pool(*mut Heap);
// SAFETY: a heap in the pool belongs to no thread, and only the pool's lock hands it out.
unsafe impl Send for Pool {}
static POOL: Mutex<Pool> = Mutex::new(Pool(null_mut()));

thread_local! {
    static HEAP: Cell<*mut Heap> = const { Cell::new(null_mut()) };
    static LEASE: Lease = const { Lease };
}

/// Gives the thread's heap back when it ends.
struct Lease;

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(mut heap) = NonNull::new(HEAP.replace(null_mut())) {
            let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: the thread's own heap, which it has just let go of.
            unsafe { heap.as_mut().next = pool.0 };
            pool.0 = heap.as_ptr();
        }
    }
}

/// The class that holds `size` bytes, and the size of its blocks.
#[inline]
const fn class(size: usize) -> (usize, usize) {
    if size <= FINE {
        let class = size.div_ceil(STEP);
        return (class, class * STEP);
    }
    let last = size - 1;
    let bits = last.ilog2() as usize;
    let quarter = (last >> (bits - 2)) & 3;
    (FINE / STEP + 1 + 4 * (bits - FINE_BITS) + quarter, (5 + quarter) << (bits - 2))
}

/// Whether blocks for this are cut from pieces.
#[inline]
fn is_cut(layout: Layout) -> bool {
    layout.size() <= LARGEST && layout.align() <= STEP
}

/// The heap of this thread; nothing once the thread has given it back.
#[inline]
fn heap() -> Option<NonNull<Heap>> {
    NonNull::new(HEAP.get()).or_else(claim)
}

#[cold]
fn claim() -> Option<NonNull<Heap>> {
    LEASE.try_with(|_| ()).ok()?;
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let heap = match NonNull::new(pool.0) {
        Some(heap) => {
            // SAFETY: what the pool holds is a heap that lives for ever and that no thread has.
            pool.0 = unsafe { heap.as_ref().next };
            heap
        }
        None => {
            // SAFETY: the layout is not empty, and a heap of zeros is one without memory.
            NonNull::new(unsafe { System.alloc_zeroed(Layout::new::<Heap>()) }.cast::<Heap>())?
        }
    };
    HEAP.set(heap.as_ptr());
    Some(heap)
}

impl Heap {
    #[inline]
    fn take(&mut self, class: usize, size: usize) -> *mut u8 {
        let block = self.free[class];
        if !block.is_null() {
            // SAFETY: a free block of at least a word, which holds the next one.
            self.free[class] = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        if self.left < size && !self.refill() {
            return null_mut();
        }
        let block = self.at;
        // SAFETY: `left` bytes from `at` on are the heap's.
        self.at = unsafe { block.add(size) };
        self.left -= size;
        block
    }

    #[inline]
    fn give(&mut self, block: *mut u8, class: usize) {
        // SAFETY: a block of this class that nobody uses any more; it has room for a word and is aligned for it.
        unsafe { block.cast::<*mut u8>().write(self.free[class]) };
        self.free[class] = block;
    }

    /// Makes a block larger that was the last to be cut.
    #[inline]
    fn extend(&mut self, block: *mut u8, old: usize, new: usize) -> bool {
        let more = new - old;
        if block.wrapping_add(old) != self.at || self.left < more {
            return false;
        }
        self.at = self.at.wrapping_add(more);
        self.left -= more;
        true
    }

    #[cold]
    fn refill(&mut self) -> bool {
        // What is left of the old piece is less than the largest block, and lost.
        let Ok(layout) = Layout::from_size_align(PIECE, STEP) else { return false };
        // SAFETY: the layout is not empty.
        let piece = unsafe { System.alloc(layout) };
        if piece.is_null() {
            return false;
        }
        (self.at, self.left) = (piece, PIECE);
        true
    }
}

// SAFETY: a block is handed out once until it is given back, is as large as its class and aligned to STEP; what does not fit a class is
// the system's. Which of the two it is follows from the layout alone, which callers give unchanged to `dealloc` and `realloc`.
unsafe impl GlobalAlloc for Pieces {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_cut(layout) {
            // SAFETY: as the caller promises.
            return unsafe { System.alloc(layout) };
        }
        let (class, size) = class(layout.size());
        match heap() {
            // SAFETY: the thread's own heap, to which there is no other reference.
            Some(mut heap) => unsafe { heap.as_mut() }.take(class, size),
            // A thread that has given its heap back and still ends.
            None => match Layout::from_size_align(size, STEP) {
                // SAFETY: the layout is not empty, as that of the caller isn't.
                Ok(layout) => unsafe { System.alloc(layout) },
                Err(_) => null_mut(),
            },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !is_cut(layout) {
            // SAFETY: as the caller promises; such a block came from there.
            return unsafe { System.dealloc(block, layout) };
        }
        if let Some(mut heap) = heap() {
            // SAFETY: the thread's own heap, to which there is no other reference.
            unsafe { heap.as_mut() }.give(block, class(layout.size()).0);
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is no more than a layout can have.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (is_cut(layout), is_cut(wanted)) {
            // SAFETY: as the caller promises; such a block came from there.
            (false, false) => return unsafe { System.realloc(block, layout, size) },
            (true, true) => {
                let (old, new) = (class(layout.size()).1, class(size).1);
                if old == new {
                    return block;
                }
                // SAFETY: the thread's own heap, to which there is no other reference.
                if new > old && heap().is_some_and(|mut heap| unsafe { heap.as_mut() }.extend(block, old, new)) {
                    return block;
                }
            }
            _ => {}
        }
        // SAFETY: two blocks that do not overlap, both at least as long as what is copied; the old one is the caller's to give up.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_they_are_for_and_little_more() {
        let mut before = 0;
        for size in 1..=LARGEST {
            let (class, block) = class(size);
            assert!(block >= size && block.is_multiple_of(STEP) && class < CLASSES, "{size}");
            assert!(block - size < STEP.max(size / 4), "{size}: {block}");
            assert!(class == before || class == before + 1, "{size}");
            before = class;
        }
    }

    #[test]
    fn blocks_keep_what_is_in_them() {
        // Grown, shrunk and given back on other threads than they were made on.
        let texts: Vec<Vec<u8>> = (0..8u8)
            .map(|n| {
                std::thread::spawn(move || {
                    let mut texts: Vec<Vec<u8>> = Vec::new();
                    for len in (0..3000).step_by(7).chain([LARGEST - 1, LARGEST, LARGEST + 1, 3 * LARGEST]) {
                        let mut text = vec![n; len / 2];
                        text.resize(len, n);
                        texts.push(text);
                    }
                    texts.retain(|t| t.len() % 2 == 0);
                    texts.iter_mut().for_each(Vec::shrink_to_fit);
                    texts.concat()
                })
            })
            .map(|thread| thread.join().unwrap())
            .collect();
        for (n, text) in texts.iter().enumerate() {
            assert!(!text.is_empty() && text.iter().all(|b| usize::from(*b) == n));
        }
    }
}
