//! The formats that the API server knows in custom resources (k8s.io/kube-openapi `pkg/validation/strfmt`).

use pintle_go::time::{Duration, Time};

use crate::names;

/// Whether `text` has the format; formats that aren't known allow anything.
pub fn is_valid(format: &str, text: &str) -> bool {
    match format {
        "date-time" | "datetime" => is_date_time(text),
        "date" => Time::parse(b"2006-01-02", text.as_bytes()).is_ok(),
        "duration" => is_duration(text),
        "byte" => is_base64(text),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "cidr" => names::parse_cidr(text).is_some(),
        "hostname" => is_hostname(text),
        "email" => text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@')),
        "uuid" | "uuid3" | "uuid4" | "uuid5" => is_uuid(text),
        "mac" => text.split([':', '-']).count() == 6 && text.split([':', '-']).all(|p| p.len() == 2 && is_hex(p)),
        "uri" => text.starts_with('/') || text.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme)),
        "k8s-short-name" => names::dns1123_label(text).is_empty(),
        "k8s-long-name" => names::dns1123_subdomain(text).is_empty(),
        _ => true,
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_scheme(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn is_date_time(text: &str) -> bool {
    let upper = text.to_ascii_uppercase().replace(' ', "T");
    Time::parse(b"2006-01-02T15:04:05Z07:00", upper.as_bytes()).is_ok()
        || Time::parse(b"2006-01-02T15:04:05.000Z07:00", upper.as_bytes()).is_ok()
}

/// Go's notation, or a number and a unit in words: `3 days`.
fn is_duration(text: &str) -> bool {
    if Duration::parse(text.as_bytes()).is_ok() {
        return true;
    }
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let unit = rest.trim();
    let units = [
        "ns", "us", "µs", "ms", "s", "m", "h", "d", "w", "nano", "micro", "milli", "sec", "min", "hour", "hr", "day", "week",
        "wk",
    ];
    rest.len() < text.len() && units.contains(&unit.strip_suffix('s').filter(|u| u.len() > 1).unwrap_or(unit))
}

fn is_base64(text: &str) -> bool {
    let text: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let digits = text.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
    let padding = &text[digits..];
    text.len().is_multiple_of(4) && padding.len() <= 2 && padding.iter().all(|b| *b == b'=')
}

fn is_hostname(text: &str) -> bool {
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let text = text.strip_suffix('.').unwrap_or(text);
    text.len() <= 255 && text.split('.').all(label)
}

fn is_uuid(text: &str) -> bool {
    let plain = text.replace('-', "");
    plain.len() == 32 && is_hex(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_decide() {
        for (format, good, bad) in [
            ("date-time", "2024-05-01T10:00:00Z", "always"),
            ("byte", "aGk=", "a$"),
            ("ipv4", "10.0.0.1", "10.0.0.256"),
            ("duration", "1h30m", "soon"),
            ("duration", "3 days", "3 moons"),
            ("cidr", "10.0.0.0/8", "10.0.0.0/33"),
            ("hostname", "a.example", "-a.example"),
            ("unknown", "x", ""),
        ] {
            assert!(is_valid(format, good), "{format} {good}");
            assert!(bad.is_empty() || !is_valid(format, bad), "{format} {bad}");
        }
    }
}
