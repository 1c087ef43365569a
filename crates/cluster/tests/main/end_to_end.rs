//! `pintle` and `pintle-cluster` together: what a chart gets from a live cluster, from a record of it, and from a snapshot.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::server::Server;
use crate::serving::with_tls;
use crate::{folder, kubeconfig, run, text};

/// The program `pintle` of the same build, beside this one's: `cargo test --workspace` makes both. Else it is made now.
fn pintle() -> &'static Path {
    static PINTLE: OnceLock<PathBuf> = OnceLock::new();
    PINTLE.get_or_init(|| {
        let own = Path::new(env!("CARGO_BIN_EXE_pintle-cluster"));
        let found = own.with_file_name("pintle").with_extension(std::env::consts::EXE_EXTENSION);
        if !found.is_file() {
            let profile = own.parent().unwrap();
            let mut build = Command::new(env!("CARGO"));
            build.args(["build", "--quiet", "--package", "pintle-cli", "--target-dir"]).arg(profile.parent().unwrap());
            if profile.ends_with("release") {
                build.arg("--release");
            }
            assert!(build.status().unwrap().success());
        }
        found
    })
}

fn with(folder: &Path, line: &str) -> (Option<i32>, String, String) {
    let output = run(pintle(), folder, line, "");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

const TEMPLATE: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  version: {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Major }} {{ .Capabilities.KubeVersion.Minor }}
  apis: {{ .Capabilities.APIVersions | toJson | quote }}
  {{- with lookup "apps/v1" "Deployment" "prod" "web" }}
  replicas: {{ .spec.replicas | kindOf }} {{ .metadata.generation }} {{ .spec.large }} {{ .spec.weight }}
  whole: {{ toJson . | quote }}
  {{- end }}
  secret: {{ with lookup "v1" "Secret" "prod" "db" }}{{ .data.password }}{{ else }}none{{ end }}
  absent: {{ lookup "v1" "Secret" "prod" "none" | len | quote }}
  unknown: {{ lookup "v1" "Thing" "prod" "a" | len | quote }}
  list: {{ (lookup "v1" "ConfigMap" "ops" "") | toJson | sha256sum }}
  things: {{ lookup "v1" "Thing" "" "" | toJson | quote }}
  {{- if .Values.forbidden }}
  forbidden: {{ lookup "v1" "Secret" "ops" "db" | len }}
  {{- end }}
"#;

fn chart(name: &str, server: &Server) -> PathBuf {
    let folder = folder(name);
    chart_in(&folder, server);
    folder
}

fn chart_in(folder: &Path, server: &Server) {
    fs::create_dir_all(folder.join("chart/templates")).unwrap();
    fs::write(folder.join("chart/Chart.yaml"), "apiVersion: v2\nname: ask\nversion: 1.0.0\nkubeVersion: '>=1.25.0-0'\n").unwrap();
    fs::write(folder.join("chart/values.yaml"), "forbidden: false\n").unwrap();
    fs::write(folder.join("chart/templates/a.yaml"), TEMPLATE).unwrap();
    kubeconfig(folder, &server.address, "");
}

#[test]
fn a_record_gives_the_same_bytes_as_the_cluster() {
    let server = Server::start();
    server.set(|s| s.version = ["v1.31.4-eks-2d5f260", "1", "31+"]);
    let folder = chart("record", &server);
    let (code, live, said) = with(&folder, "template ask chart -n prod --cluster-live --record-lookups recorded.yaml");
    assert_eq!((code, said.as_str()), (Some(0), ""));
    for part in [
        "version: v1.31.4-eks-2d5f260 1 31+",
        "replicas: int64 1234567 9007199254740993 0.5",
        "secret: aHVudGVyMg==",
        "absent: \"0\"\n  unknown: \"0\"",
        "APIVersions",
    ] {
        assert!(live.contains(part), "{part}: {live}");
    }
    // What the cluster becomes afterwards doesn't count.
    server.set(|s| s.objects.clear());
    server.asked();
    let (code, replayed, said) = with(&folder, "template ask chart -n prod --cluster recorded.yaml --record-lookups again.yaml");
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert_eq!(replayed, live);
    assert_eq!(fs::read(folder.join("again.yaml")).unwrap(), fs::read(folder.join("recorded.yaml")).unwrap());
    assert!(server.asked().is_empty());
    // Nothing more than what was asked for.
    let recorded = fs::read_to_string(folder.join("recorded.yaml")).unwrap();
    assert!(recorded.contains("name: web") && !recorded.contains("name: c0000"), "odd ones are in ops, c0000 in prod");

    let (_, changed, said) =
        with(&folder, "render chart --namespace prod --release ask --cluster-live --kube-context main --check off");
    assert!(changed != live && changed.contains("secret: none"), "{changed}{said}");
}

#[test]
fn a_snapshot_stands_for_the_cluster() {
    let server = Server::start();
    let folder = chart("snapshot-render", &server);
    let (code, _, said) = with(&folder, "cluster snapshot --output cluster.yaml -n ops configmaps,deployments.apps");
    assert_eq!((code, said.contains("601 objects")), (Some(0), true), "{said}");
    let (code, _, said) =
        with(&folder, "cluster snapshot --output cluster.yaml secret/db deployment/web --kubeconfig kubeconfig.yaml");
    assert_eq!(code, Some(0), "{said}");
    let (code, live, _) = with(&folder, "template ask chart --cluster-live");
    let (replayed_code, replayed, said) = with(&folder, "template ask chart --cluster cluster.yaml");
    assert_eq!((code, replayed_code), (Some(0), Some(0)), "{said}");
    let upto = |text: &str| text.split("  list: ").next().unwrap().to_owned();
    assert_eq!(upto(&replayed), upto(&live));
    // Helm compares the whole version: a suffix is a pre-release.
    server.set(|s| s.version = ["v1.31.4-eks-2d5f260", "1", "31+"]);
    fs::write(folder.join("chart/Chart.yaml"), "apiVersion: v2\nname: ask\nversion: 1.0.0\nkubeVersion: '>=1.25.0'\n").unwrap();
    let (code, _, said) = with(&folder, "template ask chart --cluster-live");
    let wanted = "Error: chart requires kubeVersion: >=1.25.0 which is incompatible with Kubernetes v1.31.4-eks-2d5f260\n";
    assert!(code == Some(1) && said.starts_with(wanted), "{said}");
}

#[test]
fn errors_are_the_templates() {
    let server = Server::start();
    let folder = chart("errors", &server);
    let (code, out, said) = with(&folder, "template ask chart --cluster-live --set forbidden=true --record-lookups r.yaml");
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(
        said.contains("ask/templates/a.yaml:17:16") && said.contains("error calling lookup: secrets is forbidden: User \"u\""),
        "{said}"
    );
    assert_eq!(with(&folder, "template ask chart --cluster r.yaml --set forbidden=true").2, said);
    fs::write(folder.join("chart/templates/a.yaml"), "a: {{ lookup \"x.dev/v1\" \"Thing\" \"\" \"a\" }}\n").unwrap();
    let (_, _, said) = with(&folder, "render chart --cluster-live");
    assert!(
        said.contains("unable to get apiresource from unstructured: x.dev/v1, Kind=Thing: the server could not find"),
        "{said}"
    );
    assert!(said.contains("--> chart/templates/a.yaml:1"), "{said}");
    let (code, out, said) = with(&folder, "render chart --cluster-live --kubeconfig none.yaml");
    assert!(code == Some(1) && out.is_empty() && said.starts_with("error: kubeconfig none.yaml: "), "{said}");
}

/// Against Helm 4.3 itself, which `HELM` names: `cargo test -p pintle-cluster -- --ignored`.
#[test]
#[ignore = "needs Helm 4.3"]
fn helm_sees_the_same() {
    let helm = std::env::var_os("HELM").unwrap_or_else(|| "helm".into());
    let folder = folder("helm");
    let (server, _) = with_tls(&folder);
    chart_in(&folder, &server);
    // Helm sends no token in clear.
    kubeconfig(&folder, &server.address, ", certificate-authority: ca.pem");
    server.set(|s| s.version = ["v1.31.4-eks-2d5f260", "1", "31+"]);
    // The order of a Go map is chance.
    let all = TEMPLATE.replace("APIVersions | toJson", "APIVersions | sortAlpha | toJson");
    let one = |arguments: &str| format!("a: {{{{ lookup {arguments} }}}}\n");
    let templates = [
        all,
        one("\"x.dev/v1\" \"Thing\" \"\" \"a\""),
        one("\"v1\" \"Secret\" \"ops\" \"a\""),
        one("\"v1\" \"Secret\" \"prod\" \"../a%\""),
        one("\"v1\" \"Secret\" \"..\" \"a\""),
        one("\"\" \"Secret\" \"prod\" \"a\""),
        one("\"a/b/c\" \"Secret\" \"prod\" \"a\""),
    ];
    for (aggregated, stale) in [(true, None), (false, Some("metrics.k8s.io/v1beta1"))] {
        server.set(|s| (s.aggregated, s.stale) = (aggregated, stale));
        for template in &templates {
            fs::write(folder.join("chart/templates/a.yaml"), template).unwrap();
            let args = "template ask chart -n prod --dry-run=server --disable-openapi-validation --kubeconfig kubeconfig.yaml";
            let theirs = Command::new(&helm).args(args.split(' ')).env_clear().env("HOME", &folder).current_dir(&folder).output();
            let theirs = theirs.unwrap();
            let (_, ours, said) = with(&folder, "template ask chart -n prod --cluster-live");
            assert_eq!(ours, text(&theirs.stdout), "{template}{said}{}", text(&theirs.stderr));
            // Helm logs on the way.
            let error = |said: &str| said.lines().find(|l| l.starts_with("Error: ")).map(str::to_owned);
            assert_eq!(error(&said), error(&text(&theirs.stderr)), "{template}");
        }
    }
}
