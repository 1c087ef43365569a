//! `pintle-cluster serve`: lookups as Helm answers them, limits, and what goes wrong.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pintle_core::cluster::protocol::{Hello, question, read_answer, read_hello};
use pintle_core::cluster::{Query, from_json};
use pintle_core::{Data, DataMap};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::server::{Canned, Server, silent};
use crate::{cluster, folder, kubeconfig};

/// What is asked: API version, kind, namespace, name.
type Asked<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Starts a server, asks, and gives the answers.
fn ask(folder: &Path, flags: &str, questions: &[Asked<'_>]) -> (Hello, Vec<Result<Data, String>>) {
    let input: String = questions
        .iter()
        .map(|&(api_version, kind, namespace, name)| question(Query { api_version, kind, namespace, name }))
        .collect();
    let (code, out, said) = cluster(folder, &format!("serve {flags}"), &input);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let mut lines = out.lines();
    let hello = read_hello(lines.next().unwrap().as_bytes()).unwrap();
    (hello, lines.map(|line| read_answer(line.as_bytes())).collect())
}

/// What is said first when it is a failure: the message and its hints.
fn fails(folder: &Path, flags: &str) -> (String, Vec<String>) {
    let (code, out, said) = cluster(folder, &format!("serve {flags}"), "");
    assert_eq!((code, out.lines().count(), said.as_str()), (Some(0), 1, ""));
    let e = read_hello(out.as_bytes()).unwrap_err();
    (e.message().to_owned(), e.diagnostics()[0].hints.clone())
}

fn data(text: &str) -> Data {
    from_json(text.as_bytes()).unwrap()
}

#[test]
fn lookups_are_helms() {
    let (folder, server) = (folder("serve"), Server::start());
    kubeconfig(&folder, &server.address, "");
    server.can("/api/v1/namespaces/prod/pods/odd", 404, "nothing here");
    let (hello, answers) = ask(
        &folder,
        "",
        &[
            ("v1", "Secret", "prod", "db"),
            ("apps/v1", "Deployment", "prod", "web"),
            ("v1", "ConfigMap", "prod", "absent"),
            ("v1", "Namespace", "elsewhere", "prod"),
            ("v1", "ConfigMap", "", "c0001"),
            ("v1", "Pod", "prod", "odd"),
            ("v1", "Thing", "prod", "a"),
            ("v1", "Thing", "prod", ""),
            ("x.dev/v1", "Thing", "prod", "a"),
            ("", "Thing", "prod", "a"),
            ("a/b/c", "Thing", "prod", "a"),
            ("v1", "Secret", "ops", "db"),
            ("v1", "Secret", "prod", "../../a%"),
            ("v1", "Secret", "..", "a"),
            ("v1", "ConfigMap", "prod", "a b?c#d"),
        ],
    );
    assert_eq!(hello.cluster.kube_version.as_deref(), Some("v1.31.4"));
    let none = Ok(Data::Map(DataMap::new()));
    let secret = answers[0].as_ref().unwrap();
    // As it is: managedFields too.
    assert!(secret.get("metadata").unwrap().get("managedFields").is_some());
    let spec = data(r#"{"large": 9007199254740993, "replicas": 3, "weight": 0.5}"#);
    assert_eq!(answers[1].as_ref().unwrap().get("spec"), Some(&spec));
    assert_eq!(answers[2], none);
    // What has no namespace is found whatever namespace is named, what has one isn't without it.
    assert_eq!(answers[3].as_ref().unwrap().get("kind"), Some(&Data::String("Namespace".into())));
    assert_eq!((&answers[4], &answers[5]), (&none, &none));
    // A kind that doesn't exist is asked for at /api, where Helm asks.
    assert_eq!(answers[6], none);
    let versions = r#"{"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [], "items": []}"#;
    assert_eq!(answers[7], Ok(data(versions)));
    let error = |n: usize| answers[n].clone().unwrap_err();
    assert_eq!(
        error(8),
        "unable to get apiresource from unstructured: x.dev/v1, Kind=Thing: the server could not find the requested resource"
    );
    assert_eq!(error(9), "unable to get apiresource from unstructured: /, Kind=Thing: groupVersion shouldn't be empty");
    assert_eq!(error(10), error(9));
    assert_eq!(error(11), r#"secrets is forbidden: User "u" cannot get resource "secrets" in API group """#);
    assert_eq!(error(12), r#"invalid resource name "../../a%": [may not contain '/' may not contain '%']"#);
    assert_eq!(error(13), r#"invalid namespace "..": [may not be '..']"#);
    assert_eq!(answers[14], none);
    let asked = server.asked();
    assert!(asked.contains(&"/api/v1/namespaces/prod/configmaps/a%20b%3Fc%23d".to_owned()), "{asked:?}");
    // What a group version holds is asked once.
    assert_eq!(asked.iter().filter(|a| *a == "/api/v1").count(), 1);
    assert!(!asked.iter().any(|a| a.contains("..")), "{asked:?}");
}

#[test]
fn versions_are_those_that_helm_sees() {
    let (folder, server) = (folder("versions"), Server::start());
    kubeconfig(&folder, &server.address, "");
    server.set(|s| (s.version, s.stale) = (["v1.31.4-eks-2d5f260", "1", "31+"], Some("metrics.k8s.io/v1beta1")));
    let (aggregated, _) = ask(&folder, "", &[]);
    let wanted = [
        "apps/v1",
        "apps/v1/Deployment",
        "apps/v1/Scale",
        "autoscaling/v1",
        "autoscaling/v1/HorizontalPodAutoscaler",
        "autoscaling/v2",
        "autoscaling/v2/HorizontalPodAutoscaler",
        "v1",
        "v1/ConfigMap",
        "v1/Eviction",
        "v1/Namespace",
        "v1/Pod",
        "v1/Secret",
    ];
    assert_eq!(aggregated.cluster.api_versions, wanted);
    assert_eq!(aggregated.cluster.kube_numbers, Some(("1".into(), "31+".into())));
    assert_eq!(aggregated.warnings.len(), 1);
    assert!(aggregated.warnings[0].contains("metrics.k8s.io/v1beta1: stale GroupVersion discovery"), "{:?}", aggregated.warnings);
    assert_eq!(server.asked(), ["/version", "/api", "/apis"]);

    // Without aggregated discovery each group version is asked; one that doesn't answer is known by name all the same.
    server.set(|s| s.aggregated = false);
    let (one_by_one, _) = ask(&folder, "", &[]);
    let mut with_stale: Vec<&str> = wanted.to_vec();
    with_stale.push("metrics.k8s.io/v1beta1");
    with_stale.sort();
    assert_eq!(one_by_one.cluster.api_versions, with_stale);
    assert!(one_by_one.warnings[0].contains("the server is currently unable to handle the request"), "{:?}", one_by_one.warnings);
}

#[test]
fn lists_come_in_pages_and_are_one() {
    let (folder, server) = (folder("pages"), Server::start());
    kubeconfig(&folder, &server.address, "");
    let (_, answers) = ask(&folder, "", &[("v1", "ConfigMap", "", ""), ("v1", "ConfigMap", "ops", ""), ("v1", "Secret", "", "")]);
    let all = answers[0].as_ref().unwrap();
    let items = all.get("items").and_then(Data::as_list).unwrap();
    assert_eq!(items.len(), 1203);
    let item = |n: usize, key: &str| items[n].get(key).and_then(Data::as_str).unwrap();
    assert_eq!((item(1202, "kind"), item(0, "apiVersion")), ("ConfigMap", "v1"));
    assert_eq!(all.get("kind").and_then(Data::as_str), Some("ConfigMapList"));
    assert_eq!(all.get("metadata"), Some(&data(r#"{"resourceVersion": "42"}"#)));
    assert_eq!(answers[1].as_ref().unwrap().get("items").and_then(Data::as_list).unwrap().len(), 601);
    assert!(answers[2].as_ref().unwrap_err().contains("cannot list resource"));
    let asked = server.asked();
    let pages: Vec<&str> = asked.iter().filter_map(|a| a.strip_prefix("/api/v1/configmaps?")).collect();
    assert_eq!(pages, ["limit=500", "limit=500&continue=from%2B500", "limit=500&continue=from%2B1000"]);
    // A list that changes too fast is taken at once.
    server.set(|s| s.expired = true);
    let (_, answers) = ask(&folder, "", &[("v1", "ConfigMap", "", "")]);
    assert_eq!(answers[0].as_ref().unwrap().get("items").and_then(Data::as_list).unwrap().len(), 1203);
    assert!(server.asked().contains(&"/api/v1/configmaps?".to_owned()));
}

#[test]
fn time_size_and_number_have_limits() {
    let (folder, server) = (folder("limits"), Server::start());
    kubeconfig(&folder, &server.address, "");
    let late =
        Canned { code: 200, content: "application/json", body: "{}".into(), after: Duration::from_secs(20), ..Canned::default() };
    server.set(|s| drop(s.canned.insert("/api/v1/namespaces/prod/secrets/slow".into(), late)));
    server.can("/api/v1/namespaces/prod/secrets/large", 200, &format!("{{\"a\":\"{}\"}}", " ".repeat(65 << 20)));
    let many = vec!["{}"; 50_001].join(",");
    server.can("/api/v1/namespaces/many/configmaps", 200, &format!("{{\"kind\":\"ConfigMapList\",\"items\":[{many}]}}"));
    let begun = Instant::now();
    let questions = [
        ("v1", "Secret", "prod", "slow"),
        ("v1", "Secret", "prod", "large"),
        ("v1", "ConfigMap", "many", ""),
        ("v1", "Secret", "prod", "db"),
    ];
    let (_, answers) = ask(&folder, "--request-timeout 2s", &questions);
    assert!(begun.elapsed() < Duration::from_secs(15));
    let path = format!("{}/api/v1/namespaces", server.address);
    let error = |n: usize| answers[n].clone().unwrap_err();
    assert_eq!(error(0), format!("Get \"{path}/prod/secrets/slow\": no answer within 2s (--request-timeout)"));
    assert_eq!(
        error(1),
        format!("Get \"{path}/prod/secrets/large\": the answer is larger than 64 MiB: name what is wanted, or a namespace")
    );
    assert_eq!(error(2), format!("Get \"{path}/many/configmaps\": more than 50000 objects: name what is wanted, or a namespace"));
    assert!(answers[3].is_ok(), "one that went wrong spoils no other");
}

#[test]
fn a_busy_server_is_asked_again_and_a_lost_connection_made_again() {
    let (folder, server) = (folder("again"), Server::start());
    kubeconfig(&folder, &server.address, "");
    let busy = |times, headers| Canned { code: 429, content: "text/plain", headers, times, ..Canned::default() };
    let gone = Canned {
        code: 200,
        content: "application/json",
        headers: "Content-Length: 99\r\nConnection: close\r\n",
        times: Some(1),
        ..Canned::default()
    };
    server.set(|s| {
        s.canned.insert("/api/v1/namespaces/prod/secrets/db".into(), busy(Some(2), "Retry-After: 0\r\n"));
        s.canned.insert("/api/v1/namespaces/prod/secrets/never".into(), busy(None, "Retry-After: 0\r\n"));
        s.canned.insert("/api/v1/namespaces/prod/secrets/later".into(), busy(None, "Retry-After: 3600\r\n"));
        s.canned.insert("/apis/apps/v1/namespaces/prod/deployments/web".into(), gone);
    });
    let questions = [
        ("v1", "Secret", "prod", "db"),
        ("v1", "Secret", "prod", "never"),
        ("v1", "Secret", "prod", "later"),
        ("apps/v1", "Deployment", "prod", "web"),
    ];
    let (_, answers) = ask(&folder, "", &questions);
    assert!(answers[0].is_ok() && answers[3].is_ok(), "{:?}", answers[3]);
    let wanted = "the server has received too many requests and has asked us to try again later";
    assert_eq!((answers[1].clone().unwrap_err().as_str(), answers[2].clone().unwrap_err().as_str()), (wanted, wanted));
    assert_eq!(server.asked().iter().filter(|a| a.ends_with("/never")).count(), 6);
}

#[test]
fn what_is_no_api_server_is_told() {
    let (folder, server) = (folder("other"), Server::start());
    kubeconfig(&folder, &server.address, "");
    for (body, why) in [("<html>", "no JSON at byte 0"), ("[1]", "not an object")] {
        server.can("/version", 200, body);
        let (message, _) = fails(&folder, "");
        assert!(message.starts_with("could not get server version from Kubernetes: Get ") && message.contains(why), "{message}");
    }
    server.can("/version", 200, "{}");
    assert!(fails(&folder, "").0.contains("doesn't say its version"));
    server.set(|s| s.canned.clear());
    server.can("/apis", 403, "no");
    assert_eq!(fails(&folder, "").0, "could not get apiVersions from Kubernetes: no");
}

#[test]
fn clusters_that_cant_be_asked() {
    let (folder, server) = (folder("absent"), Server::start());
    let refused = {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", closed.local_addr().unwrap())
    };
    let file = kubeconfig(&folder, &refused, "");
    let (message, hints) = fails(&folder, "");
    assert!(
        message.starts_with(&format!("could not get server version from Kubernetes: Get \"{refused}/version\": ")),
        "{message}"
    );
    assert!(message.to_lowercase().contains("connection refused") && hints[0].contains("kubectl version"), "{message} {hints:?}");
    kubeconfig(&folder, &silent(), "");
    assert!(fails(&folder, "--request-timeout 300ms").0.ends_with("no answer within 300ms (--request-timeout)"));

    // Another context, another user.
    kubeconfig(&folder, &server.address, "");
    assert_eq!(fails(&folder, "--kube-context nobody").0, "could not get server version from Kubernetes: Unauthorized");
    ask(&folder, "--kube-context nobody --kube-token t0ken", &[]);
    ask(&folder, "--context main", &[]);
    let (message, hints) = fails(&folder, "--kube-context other");
    assert_eq!(
        (message.as_str(), hints),
        ("the kubeconfig has no context \"other\"", vec!["known contexts: main, nobody".to_owned()])
    );
    // The flag's address counts more than that of the file.
    kubeconfig(&folder, &refused, "");
    ask(&folder, &format!("--kube-apiserver {}", server.address), &[]);
    assert!(fails(&folder, "--kube-apiserver nowhere").0.contains("an address such as https://10.0.0.1:6443 is meant"));

    fs::write(&file, "clusters: [{name: c, user: {token: s3cret}}, x\n").unwrap();
    let (message, hints) = fails(&folder, "");
    assert_eq!((message, hints.len()), (format!("{} is not a kubeconfig", file.display()), 0));
    fs::remove_file(&file).unwrap();
    let (message, hints) = fails(&folder, "");
    assert!(message.starts_with("no cluster is known: no kubeconfig"), "{message}");
    assert_eq!(hints, ["name one with --kubeconfig"]);
    assert!(fails(&folder, "--kubeconfig none.yaml").0.starts_with("kubeconfig none.yaml: "));
    // A server and a token are enough.
    ask(&folder, &format!("--kube-apiserver {} --kube-token t0ken", server.address), &[]);
}

#[test]
#[cfg(unix)]
fn a_credential_plugin_gives_a_token_and_never_shows_it() {
    let (folder, server) = (folder("plugin"), Server::start());
    let write = |script: &str| {
        let file = folder.join("kubeconfig.yaml");
        let text = format!(
            "current-context: a\nclusters: [{{name: c, cluster: {{server: \"{}\"}}}}]\ncontexts: [{{name: a, context: {{cluster: c, user: u}}}}]\n\
             users:\n- name: u\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: /bin/sh\n      args:\n      - -c\n      - |\n        {script}\n",
            server.address
        );
        fs::write(file, text).unwrap();
    };
    // It reads its input to the end: not that of the questions.
    write(
        "while read -r line; do :; done; echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t0ken\"}}'",
    );
    let (_, answers) = ask(&folder, "", &[("v1", "Secret", "prod", "db")]);
    assert!(answers[0].is_ok());
    write("echo s3cret; echo expired login >&2; exit 3");
    let (message, _) = fails(&folder, "");
    assert!(
        message.contains("the credential plugin") && message.ends_with("ended with exit status: 3: expired login"),
        "{message}"
    );
    write("echo '{s3cret: ['");
    let (message, _) = fails(&folder, "");
    assert!(message.contains("the credential plugin gave no ExecCredential") && !message.contains("s3cret"), "{message}");
}

#[test]
fn what_is_no_question_ends_it() {
    let (folder, server) = (folder("protocol"), Server::start());
    kubeconfig(&folder, &server.address, "");
    let (code, out, said) = cluster(&folder, "serve", "hello\n");
    assert_eq!((code, out.lines().count(), said.as_str()), (Some(1), 1, "error: no JSON at byte 0\n"));
}

/// Certificates from a chart, as charts make them: a CA, and a server's certificate and key for an address.
fn certificates(folder: &Path) -> [Vec<u8>; 4] {
    let template = "{{ $ca := genCA \"ca\" 1 }}{{ $c := genSignedCert \"api\" (list \"127.0.0.1\") (list \"kubernetes\") 1 $ca }}{{ $o := genCA \"other\" 1 }}\
                    a: {{ list $ca.Cert $c.Cert $c.Key $o.Cert | toJson }}";
    let folder = folder.join("certificates");
    fs::create_dir_all(folder.join("templates")).unwrap();
    fs::write(folder.join("Chart.yaml"), "apiVersion: v2\nname: certificates\nversion: 1.0.0\n").unwrap();
    fs::write(folder.join("templates/a.yaml"), template).unwrap();
    let chart = pintle_core::Chart::load(&folder, &pintle_core::LoadOptions::default()).unwrap();
    let release = pintle_core::render(&chart, &pintle_core::Values::default(), &pintle_core::Options::default()).unwrap();
    let text = pintle_core::emit::stream(&release, &pintle_core::emit::EmitOptions::default()).unwrap();
    let text = String::from_utf8(text).unwrap();
    let list = from_json(text.split_once("a: ").unwrap().1.trim().as_bytes()).unwrap();
    let pem = |n: usize| list.as_list().unwrap()[n].as_str().unwrap().as_bytes().to_vec();
    [pem(0), pem(1), pem(2), pem(3)]
}

/// A server with a certificate, whose authority is `ca.pem` in the folder, and another authority.
pub fn with_tls(folder: &Path) -> (Server, Vec<u8>) {
    let [ca, certificate, key, other] = certificates(folder);
    let chain = vec![CertificateDer::from_pem_slice(&certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    fs::write(folder.join("ca.pem"), ca).unwrap();
    (Server::with(Some(Arc::new(tls.with_no_client_auth().with_single_cert(chain, key).unwrap()))), other)
}

#[test]
fn certificates_are_checked() {
    let folder = folder("tls");
    let (server, other) = with_tls(&folder);
    fs::write(folder.join("other.pem"), other).unwrap();
    // A path in a kubeconfig is relative to it.
    kubeconfig(&folder, &server.address, ", certificate-authority: ca.pem");
    let (_, answers) = ask(&folder, "", &[("v1", "Secret", "prod", "db")]);
    assert!(answers[0].is_ok());
    ask(&folder, "--kube-tls-server-name kubernetes", &[]);
    assert!(fails(&folder, "--kube-tls-server-name elsewhere").0.contains("certificate"));
    kubeconfig(&folder, &server.address, ", certificate-authority: other.pem");
    let (message, _) = fails(&folder, "");
    assert!(message.contains("/version\": ") && message.contains("certificate"), "{message}");
    ask(&folder, "--kube-ca-file ca.pem", &[]);
    ask(&folder, "--kube-insecure-skip-tls-verify", &[]);
    assert!(fails(&folder, "--kube-ca-file none.pem").0.contains("--kube-ca-file none.pem: no such file"));
}
