//! Formats of addresses: IP, host names, e-mail, URIs.

use pintle_go::netip;
use pintle_go::strconv::atoi;
use pintle_go::url::Url;

use super::{fail, odd};
use crate::location::unescape_percent;

pub(super) fn ipv4(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return fail("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return fail("leading zeros");
        }
        let n = atoi(group.as_bytes()).map_err(|e| e.message("Atoi", group.as_bytes()))?;
        if !(0..=255).contains(&n) {
            return fail("decimal must be between 0 and 255");
        }
    }
    Ok(())
}

pub(super) fn ipv6(text: &str) -> Result<(), String> {
    if !text.contains(':') {
        return fail("missing colon");
    }
    netip::check(text.as_bytes())?;
    if text.contains('%') {
        return fail("zone id is not a part of ipv6 address");
    }
    Ok(())
}

pub(super) fn hostname(text: &str) -> Result<(), String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return fail("more than 253 characters long");
    }
    for label in text.split('.') {
        if label.is_empty() || label.len() > 63 {
            return fail("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return fail("label starts with hyphen");
        }
        if label.ends_with('-') {
            return fail("label ends with hyphen");
        }
        if let Some(c) = label.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '-')) {
            return odd(c);
        }
    }
    Ok(())
}

pub(super) fn email(text: &str) -> Result<(), String> {
    if text.len() > 254 {
        return fail("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return fail("missing @") };
    if local.len() > 64 {
        return fail("local part more than 64 characters long");
    }
    match local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => {
            if quoted.contains(['\\', '"']) {
                return fail("backslash and quote are not allowed within quoted local part");
            }
        }
        None => {
            if local.starts_with('.') {
                return fail("starts with dot");
            }
            if local.ends_with('.') {
                return fail("ends with dot");
            }
            if local.contains("..") {
                return fail("consecutive dots");
            }
            let allowed = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c);
            if let Some(c) = local.chars().find(|c| !allowed(*c)) {
                return odd(c);
            }
        }
    }
    if let Some(address) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match address.strip_prefix("IPv6:") {
            Some(address) => ipv6(address).map_err(|why| format!("invalid ipv6 address: {why}")),
            None => ipv4(address).map_err(|why| format!("invalid ipv4 address: {why}")),
        };
    }
    hostname(domain).map_err(|why| format!("invalid domain: {why}"))
}

fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.as_bytes())?;
    let host = url.hostname();
    if host.contains(&b':') {
        if !url.host.contains(&b'[') || !url.host.contains(&b']') {
            return fail("ipv6 address not enclosed in brackets");
        }
        ipv6(&String::from_utf8_lossy(host)).map_err(|why| format!("invalid ipv6 address: {why}"))?;
    }
    Ok(url)
}

pub(super) fn uri(text: &str) -> Result<(), String> {
    if parse_url(text)?.scheme.is_empty() { fail("relative url") } else { Ok(()) }
}

pub(super) fn uri_reference(text: &str) -> Result<(), String> {
    if text.contains('\\') {
        return fail("contains \\");
    }
    parse_url(text).map(|_| ())
}

pub(super) fn uri_template(text: &str) -> Result<(), String> {
    let url = parse_url(text)?;
    for token in url.raw_path.split(|b| *b == b'/') {
        let token = unescape_percent(&String::from_utf8_lossy(token)).map_err(|why| format!("percent decode failed: {why}"))?;
        let mut open = false;
        for c in token.chars().filter(|c| matches!(c, '{' | '}')) {
            if (c == '{') == open {
                return fail("nested curly braces");
            }
            open = !open;
        }
        if open {
            return fail("no matching closing brace");
        }
    }
    Ok(())
}
