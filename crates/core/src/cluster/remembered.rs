//! Lookups that are asked once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use pintle_value::Data;

use super::{Cluster, Lookup, Query, Question};

/// Asks another once for each question, and gives the same answer from then on: a run sees one state of the cluster, however often
/// a chart is rendered in it, and what was asked can be kept.
pub struct Remembered {
    inner: Arc<dyn Lookup>,
    answers: Mutex<BTreeMap<Question, Result<Data, String>>>,
}

impl Remembered {
    /// Remembers what `inner` answers.
    pub fn new(inner: Arc<dyn Lookup>) -> Remembered {
        Remembered { inner, answers: Mutex::default() }
    }

    /// What was asked, as knowledge that answers the same: `versions` with the objects that were found by name, and every answer that
    /// these don't give.
    pub fn cluster(&self, versions: &Cluster) -> Cluster {
        let Cluster { kube_version, kube_numbers, api_versions, .. } = versions.clone();
        let mut cluster = Cluster { kube_version, kube_numbers, api_versions, ..Cluster::default() };
        let Ok(answers) = self.answers.lock() else { return cluster };
        for found in
            answers.iter().filter(|(question, _)| !question.name.is_empty()).filter_map(|(_, answer)| answer.as_ref().ok())
        {
            // What doesn't exist or isn't an object is kept as an answer.
            let _ = cluster.add(found.clone());
        }
        for (question, answer) in answers.iter() {
            if cluster.lookup(question.query()) != *answer {
                cluster.answer(question.clone(), answer.clone());
            }
        }
        cluster
    }
}

impl Lookup for Remembered {
    fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
        // Held while the other is asked, so that two threads with one question get one answer.
        let mut answers = self.answers.lock().map_err(|_| "an earlier lookup failed".to_owned())?;
        let question = Question::from(query);
        if let Some(answer) = answers.get(&question) {
            return answer.clone();
        }
        let answer = self.inner.lookup(query);
        answers.insert(question, answer.clone());
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Answers by name, and counts.
    struct Server(AtomicUsize);

    impl Lookup for Server {
        fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
            let n = self.0.fetch_add(1, Ordering::Relaxed);
            let object = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {}, namespace: prod}}\nn: {n}", query.name);
            match query.name {
                "absent" => Ok(Data::Map(Default::default())),
                "" => Ok(crate::cluster::from_json(b"{\"items\": [{\"n\": 1}], \"kind\": \"SecretList\"}").unwrap()),
                "forbidden" => Err("no".to_owned()),
                _ => Ok(pintle_yaml::from_slice(object.replace("n: ", "n: v").as_bytes()).unwrap()),
            }
        }
    }

    #[test]
    fn what_was_asked_is_answered_the_same_again_and_from_a_file() {
        let server = Arc::new(Server(AtomicUsize::new(0)));
        let remembered = Remembered::new(server.clone());
        let questions = [("v1", "db"), ("v1", "db"), ("v1", "absent"), ("x.dev/v1", "absent"), ("v1", ""), ("v1", "forbidden")];
        let ask = |of: &dyn Lookup| {
            questions.map(|(api_version, name)| of.lookup(Query { api_version, kind: "Secret", namespace: "prod", name }))
        };
        let first = ask(&remembered);
        assert_eq!((ask(&remembered), server.0.load(Ordering::Relaxed)), (first.clone(), 5));
        let versions = Cluster { api_versions: vec!["v1".into()], kube_version: Some("v1.31.0".into()), ..Cluster::default() };
        let text = remembered.cluster(&versions).to_yaml();
        let replayed = Cluster::read("c.yaml", text.as_bytes()).unwrap();
        assert_eq!(ask(&replayed), first);
        assert_eq!((&replayed.api_versions, &replayed.kube_version), (&versions.api_versions, &versions.kube_version));
        // An absence that follows from the versions needs no words.
        assert_eq!((replayed.len(), text.matches("name: absent").count()), (1, 1), "{text}");
    }
}
