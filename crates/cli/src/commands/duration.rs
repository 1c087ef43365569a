//! Times as flags and variables give them.

use std::time::Duration;

/// `50`, `50s`, `500ms`, `2m`; at most a day.
pub fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match &text[digits..] {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        _ => return None,
    };
    (1..=86_400_000).contains(&number).then(|| Duration::from_millis(number.saturating_mul(unit)))
}
