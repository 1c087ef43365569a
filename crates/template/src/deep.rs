//! Recursion without a limit of its own: the stack grows when little is left of it.

use std::cell::Cell;

/// Bytes that must be left for a step, with what printing and comparing nested values needs.
const LEFT: usize = 512 << 10;
/// Bytes that are added at once.
const GROWTH: usize = 8 << 20;
/// How many steps fit any thread's stack: finding out how much is left costs a look into /proc, which most templates never need.
const SHALLOW: u32 = 24;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Takes a level back, after a panic too.
struct Level;

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Runs a step of a recursion that templates decide the depth of.
pub fn deep<T>(step: impl FnOnce() -> T) -> T {
    let depth = DEPTH.get();
    DEPTH.set(depth + 1);
    let _level = Level;
    if depth < SHALLOW { step() } else { stacker::maybe_grow(LEFT, GROWTH, step) }
}
