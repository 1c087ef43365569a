//! Go's `strconv.Quote`.

/// A text in double quotes, escaped as Go does.
pub fn quote_str(text: &str) -> String {
    format!("{text:?}")
}
