//! An API server on loopback: versions, discovery of both kinds, objects, lists in pages, tokens, and the errors of a real one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pintle_core::cluster::from_json;
use pintle_core::{Data, DataMap};
use pintle_value::json;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A kind that is served: group version, plural, kind, short name, whether it has a namespace, subresources with their kinds.
type Kind = (&'static str, &'static str, &'static str, &'static str, bool, &'static [(&'static str, &'static str)]);

const KINDS: &[Kind] = &[
    ("v1", "configmaps", "ConfigMap", "cm", true, &[]),
    ("v1", "namespaces", "Namespace", "ns", false, &[("status", "Namespace")]),
    ("v1", "pods", "Pod", "po", true, &[("eviction", "Eviction"), ("log", "Pod")]),
    ("v1", "secrets", "Secret", "", true, &[]),
    ("apps/v1", "deployments", "Deployment", "deploy", true, &[("scale", "Scale"), ("status", "Deployment")]),
    ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", true, &[]),
    ("autoscaling/v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", true, &[]),
];

const GROUPS: [&str; 4] = ["v1", "apps/v1", "autoscaling/v2", "autoscaling/v1"];

/// A response in place of what the server would say: code, content type, further headers, body, and how long it takes.
#[derive(Clone, Default)]
pub struct Canned {
    pub code: u16,
    pub content: &'static str,
    pub headers: &'static str,
    pub body: String,
    pub after: Duration,
    /// How often; then the server answers by itself.
    pub times: Option<usize>,
}

/// What the server is and holds.
#[derive(Default)]
pub struct State {
    /// What `/version` says.
    pub version: [&'static str; 3],
    /// Whether discovery is aggregated.
    pub aggregated: bool,
    /// A group version that is registered and doesn't answer.
    pub stale: Option<&'static str>,
    /// The objects, as JSON.
    pub objects: Vec<String>,
    /// Whether a `continue` is too old.
    pub expired: bool,
    /// Paths whose answers are given, without queries.
    pub canned: BTreeMap<String, Canned>,
    /// What was asked, with the query.
    pub asked: Vec<String>,
}

pub struct Server {
    pub address: String,
    pub state: Arc<Mutex<State>>,
}

impl Server {
    /// Starts with an aggregated Kubernetes 1.31 and some objects.
    pub fn start() -> Server {
        Server::with(None)
    }

    pub fn with(tls: Option<Arc<ServerConfig>>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://{}", listener.local_addr().unwrap());
        let state = State { version: ["v1.31.4", "1", "31"], aggregated: true, objects: objects(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, tls) = (shared.clone(), tls.clone());
                thread::spawn(move || match tls {
                    None => talk(stream, &state),
                    Some(tls) => talk(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream), &state),
                });
            }
        });
        Server { address, state }
    }

    pub fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    pub fn can(&self, path: &str, code: u16, body: &str) {
        let content = if body.starts_with('{') { "application/json" } else { "text/plain" };
        let canned = Canned { code, content, body: body.to_owned(), ..Canned::default() };
        self.set(|s| drop(s.canned.insert(path.to_owned(), canned)));
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

fn objects() -> Vec<String> {
    let mut all = vec![
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"prod","uid":"1","managedFields":[{"manager":"kubectl"}]},"data":{"password":"aHVudGVyMg=="},"type":"Opaque"}"#.to_owned(),
        r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"prod","generation":1234567},"spec":{"replicas":3,"weight":0.5,"large":9007199254740993}}"#.to_owned(),
        r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"prod","labels":{"team":"a"}}}"#.to_owned(),
    ];
    for n in 0..1203 {
        let namespace = if n % 2 == 0 { "prod" } else { "ops" };
        let app = if n < 3 { "web" } else { "other" };
        all.push(format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c{n:04}","namespace":"{namespace}","labels":{{"app":"{app}"}}}},"data":{{"n":"{n}"}}}}"#
        ));
    }
    all
}

fn talk<S: Read + Write>(stream: S, state: &Mutex<State>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            match stream.read_line(&mut line) {
                Ok(n) if n > 0 && line.trim().is_empty() => break,
                Ok(n) if n > 0 => head.push(line.trim().to_owned()),
                _ => return,
            }
        }
        let target = head[0].split(' ').nth(1).unwrap().to_owned();
        assert!(head[0].starts_with("GET "), "nothing but GET: {}", head[0]);
        let header = |name: &str| {
            let found = head.iter().filter_map(|l| l.split_once(": ")).find(|(k, _)| k.eq_ignore_ascii_case(name));
            found.map(|(_, v)| v.to_owned()).unwrap_or_default()
        };
        let Canned { code, content, headers, body, after, .. } =
            respond(&mut state.lock().unwrap(), &target, &header("accept"), &header("authorization"));
        thread::sleep(after);
        let response = format!("HTTP/1.1 {code} X\r\nContent-Type: {content}\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
        let out = stream.get_mut();
        if out.write_all(response.as_bytes()).and_then(|()| out.write_all(body.as_bytes())).and_then(|()| out.flush()).is_err() {
            return;
        }
        if headers.contains("Connection: close") {
            return;
        }
    }
}

fn ok(body: String) -> Canned {
    Canned { code: 200, content: "application/json", body, ..Canned::default() }
}

fn status(code: u16, reason: &str, message: &str) -> Canned {
    let body = format!(
        r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":{message:?},"reason":"{reason}","code":{code}}}"#
    );
    Canned { code, ..ok(body) }
}

fn respond(state: &mut State, target: &str, accept: &str, authorization: &str) -> Canned {
    state.asked.push(target.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if authorization != "Bearer t0ken" {
        return status(401, "Unauthorized", "Unauthorized");
    }
    if let Some(canned) = state.canned.get_mut(path) {
        match &mut canned.times {
            Some(0) => {}
            Some(n) => {
                *n -= 1;
                return canned.clone();
            }
            None => return canned.clone(),
        }
    }
    let aggregated =
        state.aggregated && accept.starts_with("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    let [version, major, minor] = state.version;
    match path {
        "/version" => ok(format!(r#"{{"major":"{major}","minor":"{minor}","gitVersion":"{version}","platform":"linux/amd64"}}"#)),
        "/api" if aggregated => discovery(&["v1"], None),
        "/apis" if aggregated => discovery(&GROUPS[1..], state.stale),
        "/api" => ok(r#"{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]}"#.to_owned()),
        "/apis" => {
            let group = |name: &str, versions: &[&str]| {
                let versions: Vec<String> =
                    versions.iter().map(|v| format!(r#"{{"groupVersion":"{name}/{v}","version":"{v}"}}"#)).collect();
                format!(
                    r#"{{"name":"{name}","versions":[{}],"preferredVersion":{}}}"#,
                    versions.join(","),
                    versions[versions.len() - 1]
                )
            };
            let mut groups = vec![group("apps", &["v1"]), group("autoscaling", &["v1", "v2"])];
            groups.extend(state.stale.map(|s| group(s.split_once('/').unwrap().0, &[s.split_once('/').unwrap().1])));
            ok(format!(r#"{{"kind":"APIGroupList","groups":[{}]}}"#, groups.join(",")))
        }
        path => below(state, path, query),
    }
}

/// `APIGroupDiscoveryList`
fn discovery(versions: &[&str], stale: Option<&str>) -> Canned {
    let mut items: Vec<String> = Vec::new();
    for group_version in versions {
        let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
        let resources = KINDS.iter().filter(|k| k.0 == *group_version).map(|(_, plural, kind, short, namespaced, subs)| {
            let response = |kind: &str| format!(r#""responseKind":{{"group":"{group}","version":"{version}","kind":"{kind}"}}"#);
            let subs: Vec<String> = subs.iter().map(|(name, kind)| format!(r#"{{"subresource":"{name}",{}}}"#, response(kind))).collect();
            let scope = if *namespaced { "Namespaced" } else { "Cluster" };
            format!(
                r#"{{"resource":"{plural}",{},"scope":"{scope}","singularResource":"{}","shortNames":["{short}"],"subresources":[{}]}}"#,
                response(kind),
                kind.to_lowercase(),
                subs.join(",")
            )
        });
        let resources: Vec<String> = resources.collect();
        items.push(format!(
            r#"{{"metadata":{{"name":"{group}"}},"versions":[{{"version":"{version}","freshness":"Current","resources":[{}]}}]}}"#,
            resources.join(",")
        ));
    }
    if let Some((group, version)) = stale.and_then(|s| s.split_once('/')) {
        items.push(format!(r#"{{"metadata":{{"name":"{group}"}},"versions":[{{"version":"{version}","freshness":"Stale"}}]}}"#));
    }
    let body = format!(
        r#"{{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{{}},"items":[{}]}}"#,
        items.join(",")
    );
    Canned { content: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", ..ok(body) }
}

/// What lies below `/api/v1` and `/apis/GROUP/VERSION`.
fn below(state: &State, path: &str, query: &str) -> Canned {
    let none = || Canned {
        code: 404,
        content: "text/plain; charset=utf-8",
        body: "404 page not found\n".to_owned(),
        ..Canned::default()
    };
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let (group_version, rest) = match parts.as_slice() {
        ["api", "v1", rest @ ..] => ("v1".to_owned(), rest),
        ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
        _ => return none(),
    };
    if state.stale == Some(&group_version) {
        return Canned { code: 503, content: "text/plain", body: "service unavailable\n".to_owned(), ..Canned::default() };
    }
    let kinds: Vec<&Kind> = KINDS.iter().filter(|k| k.0 == group_version).collect();
    if kinds.is_empty() {
        return none();
    }
    let (namespace, plural, name) = match rest {
        [] => return resources(&group_version, &kinds),
        ["namespaces", namespace, plural] => (Some(*namespace), *plural, None),
        ["namespaces", namespace, plural, name] => (Some(*namespace), *plural, Some(*name)),
        [plural] => (None, *plural, None),
        [plural, name] => (None, *plural, Some(*name)),
        _ => return none(),
    };
    let Some((_, _, kind, _, namespaced, _)) = kinds.iter().find(|k| k.1 == plural) else { return none() };
    if plural == "secrets" && namespace != Some("prod") {
        let verb = if name.is_some() { "get" } else { "list" };
        return status(
            403,
            "Forbidden",
            &format!(r#"secrets is forbidden: User "u" cannot {verb} resource "secrets" in API group """#),
        );
    }
    let field = |object: &Data, key: &str| {
        let metadata = object.get("metadata").unwrap();
        metadata.get(key).and_then(Data::as_str).map(str::to_owned)
    };
    let matching = |object: &Data| {
        object.get("kind").and_then(Data::as_str) == Some(kind)
            && namespace.is_none_or(|n| field(object, "namespace").as_deref() == Some(n))
    };
    let found: Vec<Data> = state.objects.iter().map(|o| from_json(o.as_bytes()).unwrap()).filter(matching).collect();
    if let Some(name) = name {
        // A namespaced object isn't found without its namespace.
        let object = found.iter().find(|o| field(o, "name").as_deref() == Some(name) && namespaced == &namespace.is_some());
        return match object {
            Some(object) => ok(json::to_string(object).unwrap()),
            None => status(404, "NotFound", &format!("{plural} \"{name}\" not found")),
        };
    }
    list(state, &group_version, kind, found, query)
}

fn resources(group_version: &str, kinds: &[&Kind]) -> Canned {
    let mut all = Vec::new();
    for (_, plural, kind, short, namespaced, subs) in kinds {
        let one = |name: &str, kind: &str, short: &str| {
            format!(
                r#"{{"name":"{name}","singularName":"","namespaced":{namespaced},"kind":"{kind}","verbs":["get"],"shortNames":["{short}"]}}"#
            )
        };
        all.extend(subs.iter().map(|(name, kind)| one(&format!("{plural}/{name}"), kind, "")));
        all.push(one(plural, kind, short));
    }
    ok(format!(r#"{{"kind":"APIResourceList","groupVersion":"{group_version}","resources":[{}]}}"#, all.join(",")))
}

/// A typed list, whose items have no kind, in pages.
fn list(state: &State, group_version: &str, kind: &str, found: Vec<Data>, query: &str) -> Canned {
    let given = |key: &str| {
        query.split('&').filter_map(|p| p.split_once('=')).find(|(k, _)| *k == key).map(|(_, v)| v.replace("%3D", "="))
    };
    let mut found: Vec<DataMap> = found.into_iter().filter_map(|o| if let Data::Map(m) = o { Some(m) } else { None }).collect();
    if let Some((key, value)) = given("labelSelector").as_deref().and_then(|s| s.split_once('=')) {
        let label = |o: &DataMap| o["metadata"].get("labels").and_then(|l| l.get(key)).and_then(Data::as_str).map(str::to_owned);
        found.retain(|o| label(o).as_deref() == Some(value));
    }
    let from: usize = match given("continue") {
        Some(_) if state.expired => return status(410, "Expired", "The provided continue parameter is too old"),
        token => token.map_or(0, |t| t.strip_prefix("from+").or(t.strip_prefix("from%2B")).unwrap().parse().unwrap()),
    };
    let limit: usize = given("limit").map_or(usize::MAX, |l| l.parse().unwrap());
    let end = from.saturating_add(limit).min(found.len());
    let left = found.len() - end;
    let items: Vec<Data> = found[from..end]
        .iter()
        .map(|o| {
            Data::Map(o.iter().filter(|(k, _)| *k != "kind" && *k != "apiVersion").map(|(k, v)| (k.clone(), v.clone())).collect())
        })
        .collect();
    let more = if left > 0 { format!(r#","continue":"from+{end}","remainingItemCount":{left}"#) } else { String::new() };
    ok(format!(
        r#"{{"kind":"{kind}List","apiVersion":"{group_version}","metadata":{{"resourceVersion":"42"{more}}},"items":{}}}"#,
        json::to_string(&Data::List(items)).unwrap()
    ))
}

/// A connection that is taken and never answered.
pub fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut kept: Vec<TcpStream> = Vec::new();
        listener.incoming().flatten().for_each(|stream| kept.push(stream));
    });
    address
}
