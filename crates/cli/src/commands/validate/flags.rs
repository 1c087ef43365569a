//! The flags' values, and kubeconform's spelling of the flags: one dash before a long name.

use std::ffi::OsString;

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line per finding.
    Text,
    /// kubeconform's lines, one per object.
    Kubeconform,
    /// kubeconform's lines with marks.
    Pretty,
    /// kubeconform's JSON, with every object.
    Json,
    /// A test case per object.
    Junit,
    /// Test Anything Protocol
    Tap,
    /// SARIF 2.1.0
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

/// Reads `-o`, `--findings`.
pub fn format(text: &str) -> Result<Format, String> {
    Ok(match text {
        "text" => Format::Text,
        "json" => Format::Json,
        "junit" => Format::Junit,
        "tap" => Format::Tap,
        "sarif" => Format::Sarif,
        "github" => Format::Github,
        "pretty" => Format::Pretty,
        _ => return Err("one of text, json, junit, tap, sarif, github".to_owned()),
    })
}

/// Reads `-output`.
pub fn kubeconform_format(text: &str) -> Result<Format, String> {
    match text {
        "text" => Ok(Format::Kubeconform),
        other => format(other),
    }
}

/// Reads a Kubernetes version; gives the MINOR of 1.MINOR.
pub fn version(text: &str) -> Result<u32, String> {
    let (oldest, newest) = (pintle_validate::OLDEST, pintle_validate::NEWEST);
    if text == "master" {
        return Ok(newest);
    }
    let mut parts = text.trim_start_matches('v').split('.');
    let minor = match (parts.next(), parts.next()) {
        (Some("1"), Some(minor)) => minor.parse().ok(),
        _ => None,
    };
    minor
        .filter(|m| (oldest..=newest).contains(m))
        .ok_or_else(|| format!("the schemas in the program are those of Kubernetes 1.{oldest} to 1.{newest}"))
}

/// kubeconform's flags; those that take no value are marked.
const LONG: [&str; 23] = [
    "cache",
    "exit-on-error",
    "help",
    "ignore-filename-pattern",
    "ignore-missing-schemas",
    "kube-version",
    "kubernetes-version",
    "only",
    "output",
    "reject",
    "schema-location",
    "skip",
    "strict",
    "strict-schemas",
    "summary",
    "threads",
    "verbose",
    "crds",
    "version",
    "rule",
    "existing",
    "findings",
    "notes",
];
const SWITCHES: [&str; 7] = ["notes", "exit-on-error", "ignore-missing-schemas", "strict-schemas", "summary", "verbose", "help"];

/// The arguments of `pintle validate` with two dashes before long names, as clap reads them; those of other commands unchanged.
pub fn normalized(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let args: Vec<OsString> = args.collect();
    if args.get(1).is_none_or(|command| command != "validate") {
        return args;
    }
    let mut rest = true;
    let mut out = Vec::with_capacity(args.len());
    for arg in args {
        let Some(text) = arg.to_str().filter(|_| rest) else {
            out.push(arg);
            continue;
        };
        rest = text != "--";
        let bare = text.trim_start_matches('-');
        let dashes = text.len() - bare.len();
        let (name, value) = bare.split_once('=').map_or((bare, None), |(n, v)| (n, Some(v)));
        // kubeconform's letter: everywhere else in this program it is the namespace's.
        if dashes == 1 && name == "n" {
            out.push(value.map_or_else(|| "--threads".to_owned(), |number| format!("--threads={number}")).into());
            continue;
        }
        if !(1..=2).contains(&dashes) || !LONG.contains(&name) {
            out.push(arg);
            continue;
        }
        match value {
            // Go's flags take `-summary=true`.
            Some("true") if SWITCHES.contains(&name) => out.push(format!("--{name}").into()),
            Some("false") if SWITCHES.contains(&name) => {}
            _ => out.push(format!("--{bare}").into()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dash_is_enough() {
        let normal = |text: &str| {
            normalized(text.split(' ').map(OsString::from))
                .into_iter()
                .map(|a| a.into_string().unwrap())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            normal("pintle validate -strict -output json -summary=false -n 4 -findings text -"),
            "pintle validate --strict --output json --threads 4 --findings text -"
        );
        assert_eq!(normal("pintle validate -skip=Secret -- -strict"), "pintle validate --skip=Secret -- -strict");
        assert_eq!(normal("pintle validate -n=4 -- -n"), "pintle validate --threads=4 -- -n");
        assert_eq!(normal("pintle template -strict"), "pintle template -strict");
    }

    #[test]
    fn versions() {
        assert_eq!(version("v1.31.2"), Ok(31));
        assert_eq!(version("1.25"), Ok(25));
        assert!(version("1.24").is_err() && version("2.0").is_err() && version("x").is_err());
    }
}
