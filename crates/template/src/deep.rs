//! Recursion without a limit of its own: the stack grows when little is left of it.

/// Bytes that must be left for a step, with what printing and comparing nested values needs.
const LEFT: usize = 512 << 10;
/// Bytes that are added at once.
const GROWTH: usize = 8 << 20;

/// Runs a step of a recursion that templates decide the depth of.
pub(crate) fn deep<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(LEFT, GROWTH, step)
}
