//! Bounds on what one call may produce, so that a hostile chart gets an error instead of the machine's memory.

pub use pintle_value::budget::{MAX_LIST, MAX_TEXT};

/// Fails where a text of `len` bytes would be too long; `None` stands for a length that overflows.
pub fn text(len: Option<usize>) -> Result<usize, String> {
    len.filter(|&n| n <= MAX_TEXT).ok_or_else(|| format!("result is too long: more than {MAX_TEXT} bytes"))
}

/// Fails where a list of `len` items would be too long; `None` stands for a length that overflows.
pub fn list(len: Option<usize>) -> Result<usize, String> {
    len.filter(|&n| n <= MAX_LIST).ok_or_else(|| format!("result is too long: more than {MAX_LIST} items"))
}
