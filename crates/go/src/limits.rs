//! Bounds on what one call may produce, so that a hostile chart gets an error instead of the machine's memory.

/// The longest text that one call may make, in bytes.
pub const MAX_TEXT: usize = 32 << 20;
/// The longest list that one call may make, in items.
pub const MAX_LIST: usize = 2 << 20;

/// Fails where a text of `len` bytes would be too long; `None` stands for a length that overflows.
pub fn text(len: Option<usize>) -> Result<usize, String> {
    len.filter(|&n| n <= MAX_TEXT).ok_or_else(|| format!("result is too long: more than {MAX_TEXT} bytes"))
}

/// Fails where a list of `len` items would be too long; `None` stands for a length that overflows.
pub fn list(len: Option<usize>) -> Result<usize, String> {
    len.filter(|&n| n <= MAX_LIST).ok_or_else(|| format!("result is too long: more than {MAX_LIST} items"))
}
