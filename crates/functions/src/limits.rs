//! Bounds on what one call may produce, so that a hostile chart gets an error instead of the machine's memory.

/// Longest text one call may make.
pub const MAX_TEXT: usize = pintle_value::fmt::MAX_TEXT;

/// Longest list one call may make.
pub const MAX_LIST: usize = 8 << 20;

/// Fails where a text of `len` bytes would be too long; `None` stands for a length that overflows.
pub fn text(len: Option<usize>) -> Result<usize, String> {
    len.filter(|&n| n <= MAX_TEXT).ok_or_else(|| format!("result is too long: more than {MAX_TEXT} bytes"))
}

/// Fails where a list of `len` items would be too long; `None` stands for a length that overflows.
pub fn list(len: Option<usize>) -> Result<usize, String> {
    len.filter(|&n| n <= MAX_LIST).ok_or_else(|| format!("result is too long: more than {MAX_LIST} items"))
}
