//! What `pintle` and `pintle-cluster serve` say to each other: JSON, a line each, over the latter's standard input and output.
//!
//! The server speaks first, of its versions or of what went wrong; then each question gets one answer. It ends with its input.
//!
//! ```json
//! {"apiVersions":["v1","v1/Secret"],"gitVersion":"v1.31.4","protocol":1,"warnings":[]}
//! {"apiVersion":"v1","kind":"Secret","name":"db","namespace":"prod"}
//! {"answer":{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"prod"}}}
//! {"apiVersion":"v1","kind":"Secret","name":"","namespace":"ops"}
//! {"error":"secrets is forbidden: User \"ci\" cannot list resource \"secrets\" in API group \"\" in the namespace \"ops\""}
//! ```

use pintle_value::{Data, DataMap, json};

use super::{Cluster, Query, Question, from_json};
use crate::diagnostic::{Diagnostic, Error};
use crate::rules;

/// The protocol's version.
pub const VERSION: i64 = 1;

/// A line, or an answer, is no longer than this.
pub const MAX_LINE: usize = 256 << 20;

/// What the server says first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hello {
    /// The versions; no objects.
    pub cluster: Cluster,
    /// What was noticed while they were asked for.
    pub warnings: Vec<String>,
}

fn line(fields: Vec<(&str, Data)>) -> String {
    let data: DataMap = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let options = json::Options { escape_html: false, ..json::Options::default() };
    // Only NaN and infinity have no JSON, and neither reader gives those.
    json::to_string_with(&data, &options).unwrap_or_else(|_| "{\"error\":\"an object that JSON can't hold\"}".to_owned()) + "\n"
}

fn text(text: &str) -> Data {
    Data::String(text.to_owned())
}

fn texts(texts: &[String]) -> Data {
    Data::List(texts.iter().map(|t| text(t)).collect())
}

fn read_texts(data: Option<&Data>) -> Vec<String> {
    let items = data.and_then(Data::as_list).unwrap_or_default();
    items.iter().filter_map(Data::as_str).map(str::to_owned).collect()
}

/// The server's first line.
pub fn hello(hello: &Hello) -> String {
    let Hello { cluster, warnings } = hello;
    let mut fields = vec![
        ("protocol", Data::Int(VERSION)),
        ("gitVersion", text(cluster.kube_version.as_deref().unwrap_or_default())),
        ("apiVersions", texts(&cluster.api_versions)),
        ("warnings", texts(warnings)),
    ];
    if let Some((major, minor)) = &cluster.kube_numbers {
        fields.extend([("major", text(major)), ("minor", text(minor))]);
    }
    line(fields)
}

/// The server's first and last line when the cluster can't be asked at all.
pub fn failure(error: &Error) -> String {
    let hints: Vec<String> = error.diagnostics().iter().flat_map(|d| d.hints.clone()).collect();
    line(vec![("protocol", Data::Int(VERSION)), ("error", text(error.message())), ("hints", texts(&hints))])
}

/// Reads what the server says first.
///
/// Errors: what it failed with; a line of something else.
pub fn read_hello(line: &[u8]) -> Result<Hello, Error> {
    let other = |what: &str| {
        let d = Diagnostic::new(&rules::CLUSTER_LIVE, format!("pintle-cluster {what}"));
        Error::from(d.hint("pintle and pintle-cluster must be of the same version: compare their --version"))
    };
    let data = from_json(line).map_err(|_| other("said something that isn't understood"))?;
    match data.get("protocol") {
        Some(Data::Int(VERSION)) => {}
        Some(Data::Int(version)) => return Err(other(&format!("speaks version {version} of the protocol, not {VERSION}"))),
        _ => return Err(other("said something that isn't understood")),
    }
    if let Some(message) = data.get("error").and_then(Data::as_str) {
        let d = Diagnostic::new(&rules::CLUSTER_LIVE, message);
        return Err(read_texts(data.get("hints")).into_iter().fold(d, Diagnostic::hint).into());
    }
    let field = |key: &str| data.get(key).and_then(Data::as_str).map(str::to_owned);
    let cluster = Cluster {
        kube_version: field("gitVersion").filter(|v| !v.is_empty()),
        kube_numbers: field("major").zip(field("minor")),
        api_versions: read_texts(data.get("apiVersions")),
        ..Cluster::default()
    };
    Ok(Hello { cluster, warnings: read_texts(data.get("warnings")) })
}

/// A question's line.
pub fn question(query: Query<'_>) -> String {
    let Query { api_version, kind, namespace, name } = query;
    line(vec![("apiVersion", text(api_version)), ("kind", text(kind)), ("namespace", text(namespace)), ("name", text(name))])
}

/// Reads a question.
///
/// Errors: it is invalid.
pub fn read_question(line: &[u8]) -> Result<Question, String> {
    let data = from_json(line)?;
    let field = |key: &str| data.get(key).and_then(Data::as_str).map(str::to_owned).ok_or(format!("a question without {key}"));
    Ok(Question { api_version: field("apiVersion")?, kind: field("kind")?, namespace: field("namespace")?, name: field("name")? })
}

/// An answer's line.
pub fn answer(answer: &Result<Data, String>) -> String {
    match answer {
        Ok(found) => line(vec![("answer", found.clone())]),
        Err(message) => line(vec![("error", text(message))]),
    }
}

/// Reads an answer.
///
/// Errors: what the lookup failed with; a line of something else.
pub fn read_answer(line: &[u8]) -> Result<Data, String> {
    let strange = || "pintle-cluster said something that isn't understood".to_owned();
    let Ok(Data::Map(mut fields)) = from_json(line) else { return Err(strange()) };
    match (fields.remove("answer"), fields.remove("error")) {
        (Some(found @ Data::Map(_)), None) => Ok(found),
        (None, Some(Data::String(message))) => Err(message),
        _ => Err(strange()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        let cluster = Cluster {
            kube_version: Some("v1.31.4-eks-1".into()),
            kube_numbers: Some(("1".into(), "31+".into())),
            api_versions: vec!["v1".into(), "v1/Secret".into()],
            ..Cluster::default()
        };
        let first = Hello { cluster, warnings: vec!["orphaned".into()] };
        assert_eq!(read_hello(hello(&first).as_bytes()).unwrap(), first);
        let query = Query { api_version: "v1", kind: "Secret", namespace: "<a>\n", name: "" };
        assert_eq!(read_question(question(query).as_bytes()), Ok(Question::from(query)));
        assert_eq!(question(query).matches('\n').count(), 1);
        for said in [Ok(from_json(b"{\"a\": [1, 1.5, 9007199254740993]}").unwrap()), Err("no \"such\" thing".to_owned())] {
            assert_eq!(read_answer(answer(&said).as_bytes()), said);
        }
    }

    #[test]
    fn a_failure_keeps_its_hints() {
        let failed = Error::from(Diagnostic::new(&rules::CLUSTER_LIVE, "no cluster").hint("name one"));
        let read = read_hello(failure(&failed).as_bytes()).unwrap_err();
        assert_eq!((read.message(), &read.diagnostics()[0].hints), ("no cluster", &vec!["name one".to_owned()]));
    }

    #[test]
    fn another_protocol_is_told() {
        for (said, message) in [
            ("", "pintle-cluster said something that isn't understood"),
            ("hello", "pintle-cluster said something that isn't understood"),
            ("{}", "pintle-cluster said something that isn't understood"),
            ("{\"protocol\": 2}", "pintle-cluster speaks version 2 of the protocol, not 1"),
        ] {
            assert_eq!(read_hello(said.as_bytes()).unwrap_err().message(), message, "{said}");
        }
        assert!(read_answer(b"{\"answer\": 1}").is_err() && read_answer(b"{}").is_err());
    }
}
