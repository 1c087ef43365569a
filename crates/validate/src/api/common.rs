//! Small checks that several groups share.

use crate::finding::Findings;
use crate::names;
use crate::node::{Node, Value};
use crate::path::Path;

/// The items before the one at `i` that it is compared with. Their number is bounded: a list of so many is larger than what the
/// server takes. The comparisons are charged here.
pub fn before<'n, T>(f: &Findings<'_>, list: &'n [T], i: usize) -> &'n [T] {
    let earlier = &list[i.saturating_sub(2000)..i];
    if f.affords(earlier.len() / 16) { earlier } else { &[] }
}

/// `ValidateNonnegativeField` of members that are integers.
pub fn non_negative(f: &mut Findings<'_>, node: &Node, fields: &[&str], path: &Path<'_>) {
    for field in fields {
        if let Some(value) = node.num(field).filter(|v| *v < 0) {
            f.invalid(&path.child(field), value, "must be greater than or equal to 0");
        }
    }
}

/// A member that has to be one of some values, where it is there and not empty.
pub fn one_of(f: &mut Findings<'_>, node: &Node, field: &str, values: &[&str], path: &Path<'_>) {
    let value = node.str(field);
    if !value.is_empty() && !values.contains(&value) {
        f.not_supported(&path.child(field), value, values);
    }
}

/// As [`one_of`], of fields where an empty value isn't absent (Go has a pointer there).
pub fn one_of_set(f: &mut Findings<'_>, node: &Node, field: &str, values: &[&str], path: &Path<'_>) {
    if let Some(value) = node.opt(field).filter(|v| !values.contains(&v.text())) {
        f.not_supported(&path.child(field), value, values);
    }
}

/// A member that has to be there and not empty.
pub fn required(f: &mut Findings<'_>, node: &Node, fields: &[&str], path: &Path<'_>) {
    for field in fields {
        if node.str(field).is_empty() {
            f.required(&path.child(field), "");
        }
    }
}

/// `ValidatePositiveIntOrPercent`
pub fn int_or_percent(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    match &node.value {
        Value::String(text) => f.all_invalid(path, text, names::percent(text)),
        _ => {
            if let Some(value) = node.int().filter(|v| *v < 0) {
                f.invalid(path, value, "must be greater than or equal to 0");
            }
        }
    }
}

/// `IsNotMoreThan100Percent`
pub fn at_most_all(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    if percent_value(node).is_some_and(|p| p > 100) {
        f.invalid(path, node, "must not be greater than 100%");
    }
}

fn percent_value(node: &Node) -> Option<i64> {
    match names::percent(node.text()).is_empty() {
        true => node.text().strip_suffix('%')?.parse().ok(),
        false => None,
    }
}

/// `getIntOrPercentValue`
pub fn int_or_percent_value(node: &Node) -> i64 {
    percent_value(node).or_else(|| node.int()).unwrap_or(0)
}

/// `IsPathSegmentName`
pub fn path_segment(f: &mut Findings<'_>, node: &Node, field: &str, path: &Path<'_>) {
    let value = node.str(field);
    f.all_invalid(&path.child(field), value, super::meta::path_segment(value, false));
}

/// `IsDomainPrefixedPath`
pub fn domain_prefixed_path(f: &mut Findings<'_>, value: &str, path: &Path<'_>) {
    if value.is_empty() {
        return f.required(path, "");
    }
    match value.split_once('/') {
        Some((host, rest)) if !host.is_empty() && !rest.is_empty() => {
            f.all_invalid(path, host, names::dns1123_subdomain(host));
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b);
            if !rest.bytes().all(allowed) {
                f.invalid(path, rest, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')");
            }
        }
        _ => f.invalid(path, value, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
    }
}
