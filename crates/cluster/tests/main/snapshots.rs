//! `pintle-cluster snapshot`: what is written, which objects are meant, and what goes wrong.

use std::fs;

use pintle_core::Data;
use pintle_core::cluster::{Cluster, Query};

use crate::server::Server;
use crate::{cluster, folder, kubeconfig};

#[test]
fn versions_and_named_objects_are_written() {
    let (folder, server) = (folder("snapshot"), Server::start());
    kubeconfig(&folder, &server.address, "");
    let (code, out, said) = cluster(&folder, "snapshot --output cluster.yaml deploy/web secret/db ns/prod", "");
    let wanted = "wrote cluster.yaml: Kubernetes v1.31.4, 13 API versions, 3 objects; 1 Secret in clear\n";
    assert_eq!((code, out.as_str(), said.as_str()), (Some(0), "", wanted));
    let text = fs::read_to_string(folder.join("cluster.yaml")).unwrap();
    assert!(
        text.starts_with("kind: ClusterSnapshot\nkubeVersion: v1.31.4\napiVersions:\n- apps/v1\n- apps/v1/Deployment\n"),
        "{text}"
    );
    let order: Vec<&str> = text.lines().filter(|l| l.starts_with("  kind: ")).collect();
    assert_eq!(order, ["  kind: Deployment", "  kind: Namespace", "  kind: Secret"]);
    // As a live lookup would find them, managedFields too.
    assert!(text.contains("managedFields") && text.contains("large: 9007199254740993"), "{text}");
    // The same however it is asked for.
    cluster(&folder, "snapshot --output again.yaml ns/prod secret db -n prod deployments.apps/web", "");
    assert_eq!(fs::read_to_string(folder.join("again.yaml")).unwrap(), text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(folder.join("cluster.yaml").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let snapshot = Cluster::read("cluster.yaml", text.as_bytes()).unwrap();
    let query = Query { api_version: "v1", kind: "Secret", namespace: "prod", name: "db" };
    assert!(snapshot.lookup(query).unwrap().get("data").is_some());

    let (_, out, _) = cluster(&folder, "snapshot --output - --omit-managed-fields secret/db", "");
    assert!(!out.contains("managedFields") && out.contains("aHVudGVyMg=="), "{out}");
    // Versions alone.
    let (_, out, said) = cluster(&folder, "snapshot --output -", "");
    assert!(!out.contains("objects:") && said.contains("13 API versions, 0 objects"), "{said}");
}

#[test]
fn lists_are_kinds_namespaces_and_labels() {
    let (folder, server) = (folder("lists"), Server::start());
    kubeconfig(&folder, &server.address, "");
    let count = |line: &str| {
        let (code, out, said) = cluster(&folder, &format!("snapshot --output - {line}"), "");
        assert_eq!(code, Some(0), "{line}: {said}");
        let snapshot = Cluster::read("out", out.as_bytes()).unwrap();
        assert!(snapshot.objects().all(|o| o.get("kind").and_then(Data::as_str).is_some()));
        snapshot.len()
    };
    // The context's namespace is prod.
    assert_eq!(count("configmaps"), 602);
    assert_eq!(count("cm -n ops"), 601);
    assert_eq!(count("cm -A"), 1203);
    assert_eq!(count("configmaps -A -l app=web"), 3);
    assert_eq!(count("configmap,secrets -l app=web"), 2);
    assert_eq!(count("namespaces -n ops"), 1);
    assert_eq!(count("hpa.v1.autoscaling ConfigMap/c0000"), 1);
    assert!(server.asked().iter().any(|a| a.starts_with("/apis/autoscaling/v1/namespaces/prod/horizontalpodautoscalers")));
}

#[test]
fn what_isnt_there_writes_nothing() {
    let (folder, server) = (folder("wrong"), Server::start());
    kubeconfig(&folder, &server.address, "");
    for (line, code, message) in [
        ("secret/none", 1, "error: secrets/none in namespace prod: secrets \"none\" not found\n"),
        (
            "secret/db -n ops",
            1,
            "error: secrets/db in namespace ops: secrets is forbidden: User \"u\" cannot get resource \"secrets\" in API group \"\"\n",
        ),
        (
            "secrets -A",
            1,
            "error: secrets: secrets is forbidden: User \"u\" cannot list resource \"secrets\" in API group \"\"\n",
        ),
        ("secret/db -A", 2, "error: secret/db: a resource cannot be retrieved by name across all namespaces\n"),
        ("secrts/db", 2, "error: the server doesn't have a resource type \"secrts\"\n  help: did you mean secrets?\n"),
        ("prod/secret/db", 2, "error: prod/secret/db: TYPE/NAME is meant, as in secret/db; the namespace is --namespace\n"),
        (
            "secret/db --kube-context none",
            1,
            "error: the kubeconfig has no context \"none\"\n  help: known contexts: main, nobody\n",
        ),
    ] {
        let (got, out, said) = cluster(&folder, &format!("snapshot --output c.yaml {line}"), "");
        assert_eq!((got, out.as_str(), said.as_str()), (Some(code), "", message), "{line}");
        assert!(!folder.join("c.yaml").exists(), "{line}");
    }
    assert_eq!(cluster(&folder, "snapshot --output c.yaml secret none db --ignore-not-found", "").0, Some(0));
    let (code, _, said) = cluster(&folder, "snapshot --output none/c.yaml secret/db", "");
    assert!(code == Some(1) && said.starts_with("error: write none/c.yaml: ") && !said.contains("aHVud"), "{said}");
    // Where it goes has to be said, and what was there stays if something fails.
    assert_eq!(cluster(&folder, "snapshot secret/db", "").0, Some(2));
    let before = fs::read(folder.join("c.yaml")).unwrap();
    assert_eq!(cluster(&folder, "snapshot --output c.yaml secret/none", "").0, Some(1));
    assert_eq!(fs::read(folder.join("c.yaml")).unwrap(), before);
}

#[test]
fn the_help_shows_how() {
    let folder = folder("help");
    let (code, out, _) = cluster(&folder, "snapshot --help", "");
    assert_eq!(code, Some(0));
    for part in
        ["Usage: pintle cluster snapshot", "pintle cluster snapshot --output cluster.yaml secret/db", "Secrets as they are"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(cluster(&folder, "--version", "").1.starts_with("pintle-cluster "));
    assert_eq!((cluster(&folder, "snapshots", "").0, cluster(&folder, "", "").0), (Some(2), Some(2)));
}
