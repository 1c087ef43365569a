//! What is known of a cluster: a program beside that answers for it, and records of what was asked. The real one is tested with a
//! server in crates/cluster; here a script says what the protocol has.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::case::{self, pintle, without_codes};

const CHART: &str = "-- chart/Chart.yaml --
apiVersion: v2
name: ask
version: 1.0.0
-- chart/values.yaml --
ask: db
-- chart/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  version: {{ .Capabilities.KubeVersion.Version }}
  minor: {{ .Capabilities.KubeVersion.Minor | quote }}
  monitors: {{ .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1/ServiceMonitor\" | quote }}
  password: {{ (lookup \"v1\" \"Secret\" \"prod\" .Values.ask).data | toJson | quote }}
  generation: {{ (lookup \"v1\" \"Secret\" \"prod\" .Values.ask).metadata | toJson | quote }}
  list: {{ range (lookup \"v1\" \"Secret\" \"prod\" \"\").items }}{{ .metadata.name }}-{{ kindOf .n }} {{ end }}
  absent: {{ lookup \"v1\" \"ConfigMap\" \"prod\" \"nothing\" | len | quote }}
-- pintle.yaml --
releases:
  ask:
    chart: chart
    environments: {dev: {}, prod: {set: {ask: db}}}
";

/// A program that says what `pintle-cluster serve` would, and what it was started with.
const FAKE: &str = r#"#!/bin/sh
echo "$@" >> "${0%/*}/started"
[ "$1" = serve ] || exit 7
echo '{"protocol":1,"gitVersion":"v1.31.4-eks-1","major":"1","minor":"31+","apiVersions":["v1","v1/Secret","v1/ConfigMap"],"warnings":["orphaned"]}'
while read -r line; do
  echo "$line" >> "${0%/*}/asked"
  case "$line" in
    *'"name":"db"'*) echo '{"answer":{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"prod","generation":1234567},"data":{"password":"aHVudGVyMg=="}}}';;
    *'"name":"forbidden"'*) echo '{"error":"secrets \"forbidden\" is forbidden: User \"ci\" cannot get resource \"secrets\""}';;
    *'"name":"die"'*) exit 9;;
    *'"name":""'*) echo '{"answer":{"apiVersion":"v1","kind":"SecretList","metadata":{"resourceVersion":"7"},"items":[{"n":1,"metadata":{"name":"x"}},{"n":0.5,"metadata":{"name":"y"}}]}}';;
    *) echo '{"answer":{}}';;
  esac
done
"#;

fn program(path: &Path, text: &str) {
    case::write(path, text.as_bytes());
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn folder(name: &str) -> PathBuf {
    let folder = case::laid_out(&format!("cluster-{name}"), CHART);
    program(&folder.join("fake/pintle-cluster"), FAKE);
    folder
}

fn run(folder: &Path, line: &str) -> (Option<i32>, String, String) {
    let fake = format!("PINTLE_CLUSTER={}", folder.join("fake/pintle-cluster").display());
    let output = pintle(folder, &format!("{fake} {line}"), &[]);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), without_codes(&text(&output.stderr)))
}

const WANTED: &str = r#"data:
  version: v1.31.4-eks-1
  minor: "31+"
  monitors: "false"
  password: "{\"password\":\"aHVudGVyMg==\"}"
  generation: "{\"generation\":1234567,\"name\":\"db\",\"namespace\":\"prod\"}"
  list: x-int64 y-float64 
  absent: "0"
"#;

#[test]
fn a_live_cluster_answers_and_is_recorded_for_later() {
    let folder = folder("live");
    let (code, live, said) = run(&folder, "template ask chart --cluster-live --record-lookups recorded.yaml");
    assert_eq!((code, said.as_str()), (Some(0), "warning: orphaned\n"));
    assert!(live.contains(WANTED), "{live}");
    // One question is asked once.
    assert_eq!(fs::read_to_string(folder.join("fake/asked")).unwrap().lines().count(), 3);
    let recorded = folder.join("recorded.yaml");
    assert_eq!(recorded.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    fs::remove_file(folder.join("fake/asked")).unwrap();
    let (code, replayed, said) = run(&folder, "template ask chart --cluster recorded.yaml --record-lookups again.yaml");
    assert_eq!((code, replayed.as_str(), said.as_str()), (Some(0), live.as_str(), ""));
    assert!(!folder.join("fake/asked").exists());
    // A record of a record is the same.
    assert_eq!(fs::read(recorded).unwrap(), fs::read(folder.join("again.yaml")).unwrap());

    let (code, rendered, said) = run(&folder, "render chart --cluster-live --record-lookups rendered.yaml --check off");
    assert_eq!((code, rendered.contains(WANTED)), (Some(0), true), "{said}");
    assert_eq!(fs::read(folder.join("rendered.yaml")).unwrap(), fs::read(folder.join("again.yaml")).unwrap());
    assert_eq!(run(&folder, "render chart --cluster rendered.yaml --check off").1, rendered);
}

#[test]
fn several_releases_ask_one_cluster() {
    let folder = folder("several");
    let (code, all, said) = run(&folder, "render --all --cluster-live --record-lookups recorded.yaml");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(all.matches("version: v1.31.4-eks-1").count(), 2);
    assert_eq!(run(&folder, "render --all --cluster recorded.yaml").1, all);
    let (code, out, said) = run(&folder, "diff --env dev prod --cluster-live");
    assert_eq!(code, Some(0), "{out}{said}");
    assert_eq!(fs::read_to_string(folder.join("fake/started")).unwrap().lines().count(), 2);
    assert_eq!(fs::read_to_string(folder.join("fake/asked")).unwrap().lines().count(), 6);
}

#[test]
fn helms_flags_say_which_cluster_is_asked() {
    let folder = folder("flags");
    let flags = "--kubeconfig k.yaml --kube-context prod --request-timeout 1m --kube-token t --kube-apiserver https://a.invalid \
                 --kube-as-user u --kube-as-group g --kube-as-group h --kube-ca-file ca.pem --kube-tls-server-name n \
                 --kube-insecure-skip-tls-verify";
    assert_eq!(run(&folder, &format!("template ask chart --cluster-live {flags}")).0, Some(0));
    let started = fs::read_to_string(folder.join("fake/started")).unwrap();
    let wanted = "serve --request-timeout=60000ms --kubeconfig=k.yaml --kube-context=prod --kube-apiserver=https://a.invalid \
                  --kube-as-user=u --kube-ca-file=ca.pem --kube-tls-server-name=n --kube-token=t --kube-as-group=g --kube-as-group=h \
                  --kube-insecure-skip-tls-verify\n";
    assert_eq!(started, wanted);
    // Helm takes them where they do nothing, and so does what stands in for it.
    assert_eq!(run(&folder, "template ask chart --kube-context prod --kubeconfig k.yaml").0, Some(0));
    let (code, _, said) = run(&folder, "render chart --kube-context prod");
    assert!(code == Some(2) && said.contains("only --cluster-live asks one"), "{said}");
    assert_eq!(fs::read_to_string(folder.join("fake/started")).unwrap(), wanted);
}

#[test]
fn what_the_cluster_refuses_is_the_renders_error() {
    let folder = folder("refused");
    let (code, out, said) = run(&folder, "template ask chart --cluster-live --set ask=forbidden --record-lookups recorded.yaml");
    assert_eq!((code, out.as_str()), (Some(1), ""));
    let wanted = "error calling lookup: secrets \"forbidden\" is forbidden: User \"ci\" cannot get resource \"secrets\"";
    assert!(said.contains(wanted), "{said}");
    // A run that failed is replayed too.
    let (code, _, replayed) = run(&folder, "template ask chart --cluster recorded.yaml --set ask=forbidden");
    assert_eq!((code, format!("warning: orphaned\n{replayed}")), (Some(1), said));
    let (code, _, said) = run(&folder, "render chart --cluster-live --set ask=die");
    assert!(code == Some(1) && said.contains("pintle-cluster ended before it answered (exit status: 9)"), "{said}");
    assert!(said.contains("chart/templates/a.yaml:8"), "{said}");
}

#[test]
fn what_is_found_counts_as_existing() {
    let folder = folder("existing");
    let pod = "{{- $found := lookup \"v1\" \"Secret\" \"prod\" \"db\" }}
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: prod}
spec:
  containers: [{name: a, image: \"a:1\", envFrom: [{secretRef: {name: db}}]}]
";
    case::write(&folder.join("chart/templates/a.yaml"), pod.as_bytes());
    let (code, out, said) = run(&folder, "render chart --cluster-live --only refs --record-lookups recorded.yaml");
    assert_eq!((code, said.contains("uses Secret db")), (Some(0), false), "{said}");
    assert_eq!(run(&folder, "render chart --cluster recorded.yaml --only refs").1, out);
    let (_, _, said) = run(&folder, "render chart --only refs");
    assert!(said.contains("uses Secret db"), "{said}");
}

#[test]
fn a_cluster_that_cant_be_asked_is_told_with_what_to_do() {
    let folder = folder("unreachable");
    let hello =
        r#"{"protocol":1,"error":"could not get server version from Kubernetes: no route","hints":["try kubectl version"]}"#;
    program(&folder.join("fake/pintle-cluster"), &format!("#!/bin/sh\necho '{hello}'\n"));
    for (command, summary) in [("template ask chart", ""), ("render chart", "1 error; nothing was written\n")] {
        let (code, out, said) = run(&folder, &format!("{command} --cluster-live --record-lookups r.yaml"));
        let wanted = "error: could not get server version from Kubernetes: no route\n  help: try kubectl version\n";
        assert_eq!((code, out, said), (Some(1), String::new(), format!("{wanted}{summary}")));
    }
    assert!(!folder.join("r.yaml").exists());
    program(&folder.join("fake/pintle-cluster"), "#!/bin/sh\necho '{\"protocol\":2}'\n");
    let (_, _, said) = run(&folder, "render chart --cluster-live");
    assert!(said.contains("speaks version 2 of the protocol, not 1") && said.contains("same version"), "{said}");
}

#[test]
fn flags_that_contradict_or_do_nothing_are_refused() {
    let folder = folder("usage");
    let (code, _, said) = run(&folder, "render chart --record-lookups r.yaml");
    assert!(code == Some(2) && said.contains("nothing is looked up without --cluster-live or --cluster FILE"), "{said}");
    assert_eq!(run(&folder, "render chart --cluster-live --cluster c.yaml").0, Some(2));
    let (code, _, said) = run(&folder, "render chart --cluster-live --request-timeout never");
    assert!(code == Some(2) && said.contains("30s, 500ms or 2m is meant"), "{said}");
    let (code, out, said) = run(&folder, "template ask chart --cluster-live --record-lookups none/r.yaml");
    assert!(code == Some(1) && out.contains(WANTED) && said.contains("--record-lookups none/r.yaml: "), "{said}");
    // The plugin's outputs are kept, so no cluster is asked for them.
    assert_eq!(run(&folder, "cmp generate --cluster-live").0, Some(2));
}

#[test]
fn the_other_program_is_found_or_asked_for() {
    let folder = folder("program");
    // As it stands: --help and exit codes are the other's.
    assert_eq!(run(&folder, "cluster snapshot --output c.yaml --help").0, Some(7));
    assert_eq!(fs::read_to_string(folder.join("fake/started")).unwrap(), "snapshot --output c.yaml --help\n");
    // Alone in a folder, without one in PATH.
    let own = folder.join("bin/pintle");
    fs::create_dir_all(folder.join("bin")).unwrap();
    // Not a copy: one that is still open for writing in a process that another test is starting can't be run.
    fs::hard_link(env!("CARGO_BIN_EXE_pintle"), &own).unwrap();
    let start = |path: &str, args: &[&str]| {
        let output =
            std::process::Command::new(&own).env_clear().env("PATH", path).args(args).current_dir(&folder).output().unwrap();
        (output.status.code(), without_codes(&String::from_utf8_lossy(&output.stderr)))
    };
    let wanted = "error: pintle-cluster isn't here, neither beside pintle nor in PATH
  help: only that program asks clusters: `cargo install pintle-cluster` installs it
  help: one that lies elsewhere is named by PINTLE_CLUSTER
";
    assert_eq!(start("", &["cluster", "snapshot"]), (Some(1), wanted.to_owned()));
    assert_eq!(start("", &["template", "chart", "--cluster-live"]), (Some(1), wanted.to_owned()));
    let fake = folder.join("fake").display().to_string();
    assert_eq!(start(&fake, &["cluster", "a"]).0, Some(7));
    // The one beside counts more than that of PATH.
    program(&folder.join("bin/pintle-cluster"), "#!/bin/sh\nexit 5\n");
    assert_eq!(start(&fake, &["cluster", "a"]).0, Some(5));
    let (code, _, said) = {
        let output = pintle(&folder, "PINTLE_CLUSTER=none cluster a", &[]);
        (output.status.code(), output.stdout, without_codes(&String::from_utf8_lossy(&output.stderr)))
    };
    assert_eq!((code, said.as_str()), (Some(1), "error: PINTLE_CLUSTER names none, and there is no such program\n"));
}
