//! Schedules of cron jobs (github.com/robfig/cron/v3 `ParseStandard`).

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

struct Bounds {
    low: u64,
    high: u64,
    names: &'static [&'static str],
    first: u64,
}

const FIELDS: [Bounds; 5] = [
    Bounds { low: 0, high: 59, names: &[], first: 0 },
    Bounds { low: 0, high: 23, names: &[], first: 0 },
    Bounds { low: 1, high: 31, names: &[], first: 0 },
    Bounds { low: 1, high: 12, names: &MONTHS, first: 1 },
    Bounds { low: 0, high: 6, names: &DAYS, first: 0 },
];

/// Why a schedule isn't one.
pub fn error(schedule: &str) -> Option<String> {
    let mut spec = schedule;
    if spec.starts_with("TZ=") || spec.starts_with("CRON_TZ=") {
        let (zone, rest) = spec.split_once(' ')?;
        let name = zone.split_once('=').map_or("", |(_, n)| n);
        if pintle_go::time::Zone::load(name.as_bytes()).is_none() {
            return Some(format!("provided bad location {name}: unknown time zone {name}"));
        }
        spec = rest.trim();
    }
    if spec.starts_with('@') {
        return descriptor(spec);
    }
    let fields: Vec<&str> = spec.split_whitespace().collect();
    if fields.len() != 5 {
        return Some(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    fields
        .iter()
        .zip(&FIELDS)
        .find_map(|(field, bounds)| field.split(',').filter(|p| !p.is_empty()).find_map(|p| range(p, bounds)))
}

fn descriptor(text: &str) -> Option<String> {
    if matches!(text, "@yearly" | "@annually" | "@monthly" | "@weekly" | "@daily" | "@midnight" | "@hourly") {
        return None;
    }
    match text.strip_prefix("@every ") {
        Some(duration) => {
            let error = pintle_go::time::Duration::parse(duration.as_bytes()).err()?;
            Some(format!("failed to parse duration {text}: {error}"))
        }
        None => Some(format!("unrecognized descriptor: {text}")),
    }
}

fn range(text: &str, bounds: &Bounds) -> Option<String> {
    let parts: Vec<&str> = text.split('/').collect();
    let ends: Vec<&str> = parts[0].split('-').collect();
    let value = |text: &str| -> Result<u64, String> {
        let lower = text.to_lowercase();
        if let Some(at) = bounds.names.iter().position(|n| *n == lower) {
            return Ok(at as u64 + bounds.first);
        }
        number(text)
    };
    let single = ends.len() == 1;
    let (low, mut high) = if matches!(ends[0], "*" | "?") {
        (bounds.low, bounds.high)
    } else {
        let low = match value(ends[0]) {
            Ok(low) => low,
            Err(e) => return Some(e),
        };
        match ends.len() {
            1 => (low, low),
            2 => match value(ends[1]) {
                Ok(high) => (low, high),
                Err(e) => return Some(e),
            },
            _ => return Some(format!("too many hyphens: {text}")),
        }
    };
    let step = match parts.len() {
        1 => 1,
        2 => match number(parts[1]) {
            Ok(step) => {
                if single {
                    high = bounds.high;
                }
                step
            }
            Err(e) => return Some(e),
        },
        _ => return Some(format!("too many slashes: {text}")),
    };
    if low < bounds.low {
        return Some(format!("beginning of range ({low}) below minimum ({}): {text}", bounds.low));
    }
    if high > bounds.high {
        return Some(format!("end of range ({high}) above maximum ({}): {text}", bounds.high));
    }
    if low > high {
        return Some(format!("beginning of range ({low}) beyond end of range ({high}): {text}"));
    }
    (step == 0).then(|| format!("step of range should be a positive number: {text}"))
}

fn number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    match digits.parse::<i64>() {
        Ok(n) if n >= 0 => Ok(n as u64),
        Ok(n) => Err(format!("negative number ({n}) not allowed: {text}")),
        Err(_) => Err(format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")),
    }
}

#[cfg(test)]
mod tests {
    use super::error;

    #[test]
    fn schedules() {
        for good in ["*/5 * * * *", "0 0 1,15 * mon-fri", "@daily", "@every 1h30m", "? 1-5/2 * JAN sun"] {
            assert_eq!(error(good), None, "{good}");
        }
        for bad in [
            "",
            "* * * *",
            "60 * * * *",
            "* * 0 * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "@never",
            "* * * * 7",
            "1-2-3 * * * *",
        ] {
            assert!(error(bad).is_some(), "{bad}");
        }
    }
}
