//! A cluster's knowledge as a file. A snapshot is YAML or JSON:
//!
//! ```yaml
//! kind: ClusterSnapshot
//! kubeVersion: v1.31.4
//! # What the cluster serves: versions, and versions with kinds.
//! apiVersions: [v1, v1/Secret, apps/v1, apps/v1/Deployment]
//! # Whole objects, as `kubectl get -o yaml` prints them.
//! objects:
//!   - apiVersion: v1
//!     kind: Secret
//!     metadata: {name: db, namespace: prod}
//!     data: {password: aHVudGVyMg==}
//! # Recorded: what the cluster answered where the objects above would give another answer.
//! lookups:
//!   - {apiVersion: v1, kind: Pod, namespace: prod, answer: {apiVersion: v1, kind: PodList, items: []}}
//!   - {apiVersion: v1, kind: Secret, namespace: ops, name: db, error: 'secrets "db" is forbidden: …'}
//! ```

use pintle_value::Data;
use pintle_value::json::{DataBuilder, decode_prefix_into};
use pintle_yaml::{NodeId, Tree, to_yaml};

use super::{Cluster, Question};
use crate::diagnostic::{Diagnostic, Error, Result, Source, Span, Step, nearest};
use crate::rules;

const FIELDS: [&str; 5] = ["kind", "kubeVersion", "apiVersions", "objects", "lookups"];

impl Cluster {
    /// Reads a snapshot; `file` is its name, for messages.
    ///
    /// Errors: invalid YAML, a field that is unknown or has the wrong type, an object without apiVersion, kind or name. None
    /// repeats what an object holds.
    pub fn read(file: &str, text: &[u8]) -> Result<Cluster> {
        let wrong = |tree: Option<&Tree<'_>>, key: &str, message: String| {
            let source = Source::new(file, text.to_owned()).private();
            let at = tree.and_then(|t| t.locate(&[Step::field(key)])).map(|p| p.key.unwrap_or(p.value).start.offset);
            let span = at.map_or_else(|| Span::whole(&source), |at| Span::range(&source, at..at));
            Error::from(Diagnostic::new(&rules::CLUSTER_SNAPSHOT, message).at(span))
        };
        let failed = |e: pintle_yaml::Error| Error::new(&rules::YAML_PARSE, format!("{file}: {}", e.message));
        let tree = Tree::parse(text).map_err(failed)?;
        let mut data = tree.as_ref().map_or(Ok(Data::Null), Tree::to_data).map_err(failed)?;
        let tree = tree.as_ref();
        if let Some(tree) = tree {
            integers(tree, tree.root(), &mut data);
        }
        let Data::Map(fields) = data else {
            return Err(wrong(tree, "", "a snapshot is a mapping with kubeVersion, apiVersions and objects".to_owned()));
        };
        let mut cluster = Cluster::default();
        for (key, value) in fields {
            let typed = |what: &str| wrong(tree, &key, format!("{key} must be {what}"));
            match (key.as_str(), value) {
                ("kind", Data::String(kind)) if kind == "ClusterSnapshot" => {}
                ("kind", _) => return Err(typed("ClusterSnapshot")),
                ("apiVersion", _) | (_, Data::Null) => {}
                ("kubeVersion", value) => {
                    let (version, numbers) = version(&value).ok_or_else(|| typed("a text such as v1.31.4"))?;
                    (cluster.kube_version, cluster.kube_numbers) = (Some(version), numbers);
                }
                ("apiVersions", Data::List(items)) => {
                    for item in items {
                        let Data::String(version) = item else { return Err(typed("a list of texts such as apps/v1/Deployment")) };
                        cluster.api_versions.push(version);
                    }
                }
                ("apiVersions", _) => return Err(typed("a list of texts such as apps/v1/Deployment")),
                ("objects", Data::List(items)) => {
                    for (n, object) in items.into_iter().enumerate() {
                        cluster.add(object).map_err(|what| wrong(tree, &key, format!("objects[{n}] has no {what}")))?;
                    }
                }
                ("objects", _) => return Err(typed("a list of objects")),
                ("lookups", Data::List(items)) => {
                    for (n, item) in items.into_iter().enumerate() {
                        let (question, answer) =
                            recorded(item).map_err(|what| wrong(tree, &key, format!("lookups[{n}] {what}")))?;
                        cluster.answer(question, answer);
                    }
                }
                ("lookups", _) => return Err(typed("a list of recorded lookups")),
                _ => {
                    let near = nearest(&key, FIELDS);
                    let hint = near.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
                    return Err(wrong(tree, &key, format!("unknown field \"{key}\"{hint}")));
                }
            }
        }
        Ok(cluster)
    }

    /// The snapshot's text: the same for the same knowledge, objects sorted by API version, kind, namespace and name.
    pub fn to_yaml(&self) -> String {
        let text = |text: &str| Data::String(text.to_owned());
        let map = |pairs: Vec<(&str, Data)>| Data::Map(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect());
        let mut fields = vec![("kind", text("ClusterSnapshot"))];
        fields.extend(self.kube_version.as_deref().map(|version| match &self.kube_numbers {
            None => ("kubeVersion", text(version)),
            Some((major, minor)) => {
                ("kubeVersion", map(vec![("gitVersion", text(version)), ("major", text(major)), ("minor", text(minor))]))
            }
        }));
        if !self.api_versions.is_empty() {
            fields.push(("apiVersions", Data::List(self.api_versions.iter().map(|v| text(v)).collect())));
        }
        if !self.is_empty() {
            fields.push(("objects", Data::List(self.objects().cloned().collect())));
        }
        let lookups = self.answers.iter().map(|(question, answer)| {
            let Question { api_version, kind, namespace, name } = question;
            let asked = [("apiVersion", api_version), ("kind", kind), ("namespace", namespace), ("name", name)];
            let mut fields: Vec<(&str, Data)> =
                asked.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key, text(value))).collect();
            fields.push(match answer {
                Ok(found) => ("answer", found.clone()),
                Err(message) => ("error", text(message)),
            });
            map(fields)
        });
        let lookups: Vec<Data> = lookups.collect();
        if !lookups.is_empty() {
            fields.push(("lookups", Data::List(lookups)));
        }
        // One at a time: a mapping's keys would be sorted.
        fields.into_iter().map(|field| to_yaml(&map(vec![field])).unwrap_or_default()).collect()
    }
}

/// A version's text, or what `/version` of an API server says of it.
fn version(value: &Data) -> Option<(String, Option<(String, String)>)> {
    match value {
        Data::String(version) => Some((version.clone(), None)),
        Data::Map(_) => {
            let text = |key| value.get(key).and_then(Data::as_str).map(str::to_owned);
            Some((text("gitVersion")?, text("major").zip(text("minor"))))
        }
        _ => None,
    }
}

/// A recorded lookup. Fails with what is wrong with it.
fn recorded(item: Data) -> std::result::Result<(Question, std::result::Result<Data, String>), String> {
    let Data::Map(fields) = item else { return Err("is not a mapping".to_owned()) };
    let (mut question, mut answer) = (Question::default(), None);
    for (key, value) in fields {
        match (key.as_str(), value) {
            ("apiVersion", Data::String(text)) => question.api_version = text,
            ("kind", Data::String(text)) => question.kind = text,
            ("namespace", Data::String(text)) => question.namespace = text,
            ("name", Data::String(text)) => question.name = text,
            ("answer", found @ Data::Map(_)) => answer = Some(Ok(found)),
            ("error", Data::String(text)) => answer = Some(Err(text)),
            ("answer", _) => return Err("has an answer that is not a mapping".to_owned()),
            _ => return Err(format!("has a field {key} that isn't known or isn't a text")),
        }
    }
    Ok((question, answer.ok_or("has neither answer nor error")?))
}

/// Makes integers of what is written as integers: a client of an API server reads them as `int64`, other than Helm its files of
/// values. A float without a fraction becomes one too, as on its way through a server.
fn integers(tree: &Tree<'_>, id: NodeId, data: &mut Data) {
    let id = tree.follow(id);
    match data {
        Data::Float(f) => match tree.scalar(id) {
            Ok(Data::Int(i)) => *data = Data::Int(i),
            // What is merged in from elsewhere has no node of its own.
            _ if f.fract() == 0.0 && f.abs() < 9.2e18 => *data = Data::Int(*f as i64),
            _ => {}
        },
        Data::List(items) => {
            let nodes: Vec<NodeId> = tree.children(id).collect();
            for (n, item) in items.iter_mut().enumerate().filter(|(_, item)| has_float(item)) {
                integers(tree, nodes.get(n).copied().unwrap_or(id), item);
            }
        }
        Data::Map(map) => {
            for (key, value) in map.iter_mut().filter(|(_, value)| has_float(value)) {
                let node = tree.member(id, key).map_or(id, |(_, value)| value);
                integers(tree, node, value);
            }
        }
        _ => {}
    }
}

fn has_float(data: &Data) -> bool {
    match data {
        Data::Float(_) => true,
        Data::List(items) => items.iter().any(has_float),
        Data::Map(map) => map.values().any(has_float),
        _ => false,
    }
}

/// Reads JSON as a client of an API server does (`k8s.io/apimachinery/pkg/util/json`): integers are `int64`, other numbers `float64`.
///
/// Errors: where the text is no JSON; the text itself isn't repeated.
///
/// ```
/// use pintle_core::{Data, cluster::from_json};
/// assert_eq!(from_json(b"[1, 1.5]"), Ok(Data::List(vec![Data::Int(1), Data::Float(1.5)])));
/// assert_eq!(from_json(b"{} {}").unwrap_err(), "no JSON at byte 3");
/// ```
pub fn from_json(text: &[u8]) -> std::result::Result<Data, String> {
    let at = |offset: usize| format!("no JSON at byte {offset}");
    let number = |text: &str| match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(i), _) => Some(Data::Int(i)),
        (_, Ok(f)) if f.is_finite() => Some(Data::Float(f)),
        _ => None,
    };
    let mut builder = DataBuilder::new(number);
    let (data, end) = decode_prefix_into(text, &mut builder).map_err(|e| at(e.offset))?;
    let data = builder.finish(data).map_err(|e| at(e.offset))?;
    match text[end..].iter().position(|b| !b.is_ascii_whitespace()) {
        None => Ok(data),
        Some(n) => Err(at(end + n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Query;

    const RECORDED: &str = "kind: ClusterSnapshot
kubeVersion:
  gitVersion: v1.31.4-eks-1
  major: \"1\"
  minor: 31+
apiVersions:
- v1
- v1/Secret
objects:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    generation: 9007199254740993
    name: web
    namespace: prod
  spec:
    replicas: 3
    weight: 0.5
- apiVersion: v1
  kind: Secret
  metadata:
    annotations:
      note: \"on\\n\\ttwo lines \"
      number: \"1e3\"
    name: db
    namespace: prod
lookups:
- apiVersion: v1
  error: 'secrets is forbidden: User \"ci\"'
  kind: Secret
  namespace: ops
- answer:
    apiVersion: v1
    items: []
    kind: SecretList
    metadata:
      resourceVersion: \"17\"
  apiVersion: v1
  kind: Secret
  namespace: prod
";

    #[test]
    fn what_is_read_is_written_again() {
        let cluster = Cluster::read("c.yaml", RECORDED.as_bytes()).unwrap();
        assert_eq!(cluster.to_yaml(), RECORDED);
        assert_eq!(cluster.kube_numbers, Some(("1".into(), "31+".into())));
        let lookup = |api_version, kind, namespace, name| cluster.lookup(Query { api_version, kind, namespace, name });
        assert!(lookup("v1", "Secret", "ops", "").unwrap_err().contains("forbidden"));
        assert!(lookup("v1", "Secret", "prod", "").unwrap().get("metadata").is_some());
        let web = lookup("apps/v1", "Deployment", "prod", "web").unwrap();
        let field = |a: &str, b: &str| web.get(a).and_then(|m| m.get(b)).cloned().unwrap();
        // As a client reads them: integers are integers, whatever a file of values makes of them.
        assert_eq!(field("metadata", "generation"), Data::Int(9_007_199_254_740_993));
        assert_eq!((field("spec", "replicas"), field("spec", "weight")), (Data::Int(3), Data::Float(0.5)));
        // The reader stands for a cluster without a word of what it holds.
        assert!(!format!("{cluster:?}").contains("two lines"));
    }

    #[test]
    fn numbers_behind_aliases_and_merges_are_integers_too() {
        let text = "objects:
- {apiVersion: v1, kind: A, metadata: &m {name: a, generation: 4}, spec: {x: 1.0}}
- {apiVersion: v1, kind: B, metadata: *m, list: [{x: 1}, 2]}
- {apiVersion: v1, kind: C, metadata: {<<: *m, name: c}}
";
        let cluster = Cluster::read("c.yaml", text.as_bytes()).unwrap();
        let found: Vec<&Data> = cluster.objects().collect();
        let generation = |object: &Data| object.get("metadata").and_then(|m| m.get("generation")).cloned();
        assert!(found.iter().all(|object| generation(object) == Some(Data::Int(4))), "{found:?}");
        assert_eq!(found[0].get("spec").and_then(|s| s.get("x")), Some(&Data::Int(1)));
        assert!(!has_float(found[1]));
    }

    #[test]
    fn what_is_no_snapshot_is_told_with_its_place() {
        for (text, message, line) in [
            ("[]", "a snapshot is a mapping with kubeVersion, apiVersions and objects", 0),
            (
                "kubeVersion: v1.31.4\napiVersion: v1\napiVersoins: []",
                "unknown field \"apiVersoins\"; did you mean apiVersions?",
                3,
            ),
            ("kubeVersion: 1.31", "kubeVersion must be a text such as v1.31.4", 1),
            ("objects: [{kind: A, apiVersion: v1}]", "objects[0] has no metadata.name", 1),
            ("kind: Secret", "kind must be ClusterSnapshot", 1),
            ("kubeVersion: {major: \"1\"}", "kubeVersion must be a text such as v1.31.4", 1),
            ("lookups: [{kind: A}]", "lookups[0] has neither answer nor error", 1),
            ("lookups: [{kind: A, answer: secret}]", "lookups[0] has an answer that is not a mapping", 1),
            ("lookups: [{kinds: A, answer: {}}]", "lookups[0] has a field kinds that isn't known or isn't a text", 1),
        ] {
            let error = Cluster::read("c.yaml", text.as_bytes()).unwrap_err();
            let d = &error.diagnostics()[0];
            assert_eq!(
                (d.message.as_str(), d.span.as_ref().and_then(Span::start).map_or(0, |at| at.line)),
                (message, line),
                "{text}"
            );
        }
        assert!(Cluster::read("c.yaml", b"a: [").is_err());
    }
}
