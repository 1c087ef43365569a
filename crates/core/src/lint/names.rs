//! Names of objects, and what Kubernetes says of those that break its rules (`k8s.io/apimachinery/pkg/api/validate/content`).

const SUBDOMAIN: (&str, &str, &str) = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an \
     alphanumeric character",
    "e.g. 'example.com'",
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
);
const LABEL: (&str, &str, &str) = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
     alphanumeric character",
    "e.g. 'my-name',  or '123-abc'",
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
);
const OLD_LABEL: (&str, &str, &str) = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with \
     an alphanumeric character",
    "e.g. 'my-name',  or 'abc-123'",
    "[a-z]([-a-z0-9]*[a-z0-9])?",
);

/// What is wrong with the name of an object of a kind (`validateMetadataNameFunc`).
pub fn wrong(kind: &str, name: &str) -> Vec<String> {
    match kind.to_lowercase().as_str() {
        "service" => check(name, 63, is_old_label(name), OLD_LABEL),
        "namespace" if name.contains('.') && is_subdomain(name) => {
            let mut found = too_long(name, 63);
            found.push("must not contain dots".into());
            found
        }
        "namespace" => check(name, 63, is_label(name), LABEL),
        "certificatesigningrequest" => Vec::new(),
        "role" | "clusterrole" | "rolebinding" | "clusterrolebinding" => match name {
            "." | ".." => vec![format!("may not be '{name}'")],
            _ => ["/", "%"].iter().filter(|c| name.contains(**c)).map(|c| format!("may not contain '{c}'")).collect(),
        },
        _ => check(name, 253, is_subdomain(name), SUBDOMAIN),
    }
}

fn check(name: &str, most: usize, fits: bool, (rule, example, pattern): (&str, &str, &str)) -> Vec<String> {
    let mut found = too_long(name, most);
    if !fits {
        found.push(format!("{rule} ({example}, regex used for validation is '{pattern}')"));
    }
    found
}

fn too_long(name: &str, most: usize) -> Vec<String> {
    if name.len() > most { vec![format!("must be no more than {most} bytes")] } else { Vec::new() }
}

fn is_label(text: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let b = text.as_bytes();
    edge(b.first()) && edge(b.last()) && b.iter().all(|c| edge(Some(c)) || *c == b'-')
}

fn is_old_label(text: &str) -> bool {
    is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}
