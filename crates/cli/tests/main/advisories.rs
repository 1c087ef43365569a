//! Every security advisory about what Helm and Argo CD do with charts, each a test under its number. Those about schemas stand in
//! `crates/schema/tests/it/hostile.rs` (CVE-2022-23526, CVE-2025-32387, CVE-2025-55199), the one about archives that unpack to
//! hundreds of times their size (CVE-2025-32386, CVE-2023-40584) in `bad_input::archives`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::case::{self, pintle};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";

/// A Git work tree with the chart `web`, and a secret beside the work tree.
fn repository(name: &str, template: &str) -> PathBuf {
    let outside = case::folder(&format!("advisory-{name}"));
    case::write(&outside.join("secret.yaml"), b"stolen: 4711\n");
    let repository = outside.join("repository");
    case::write(&repository.join(".git/HEAD"), b"ref: refs/heads/main\n");
    case::write(&repository.join("web/Chart.yaml"), CHART.as_bytes());
    case::write(&repository.join("web/templates/a.yaml"), template.as_bytes());
    repository
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn refused(output: &Output, why: &str) {
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains(why) && output.stdout.is_empty() && !error.contains("4711"), "{error}");
}

/// Renders the chart after its Chart.yaml got another text.
fn with_metadata(name: &str, metadata: &str) -> Output {
    let repository = repository(name, "a: 1\n");
    case::write(&repository.join("web/Chart.yaml"), metadata.as_bytes());
    pintle(&repository, "template web web", &[])
}

/// CVE-2019-18658, CVE-2022-24348, CVE-2022-24731: links of a chart lead out of the repository.
#[test]
fn cve_2019_18658_links_out_of_a_chart() {
    for link in ["web/templates/a.yaml", "web/values.yaml", "web/files/x", "web/templates"] {
        let repository = repository("links", "{{ .Files.Get \"files/x\" }}");
        let place = repository.join(link);
        let _ = fs::remove_file(&place).or_else(|_| fs::remove_dir_all(&place));
        case::link(&place, "/etc");
        let _ = fs::remove_file(&place);
        let up = "../".repeat(link.matches('/').count() + 1);
        case::link(&place, &if link == "web/templates" { up } else { format!("{up}secret.yaml") });
        refused(&pintle(&repository, "template web web", &[]), "is a symbolic link out of");
    }
}

/// CVE-2020-11013: `lookup` reaches a cluster that nobody asked for.
#[test]
fn cve_2020_11013_lookup_without_a_cluster() {
    let repository = repository("lookup", "found: {{ lookup \"v1\" \"Secret\" \"\" \"\" | len }}");
    let output = pintle(&repository, "KUBECONFIG=/nowhere template web web", &[]);
    assert!(text(&output.stdout).ends_with("found: 0\n"), "{}", text(&output.stderr));
}

/// CVE-2020-15184, CVE-2024-25620, CVE-2026-35206: names of charts and aliases that are paths.
#[test]
fn cve_2024_25620_names_that_are_paths() {
    for name in ["../../evil", "/evil", ".", "..", "a/b"] {
        let output = with_metadata("names", &format!("apiVersion: v2\nname: \"{name}\"\nversion: 1.0.0\n"));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{name}: {}", text(&output.stderr));
        let alias = format!("{CHART}dependencies: [{{name: db, version: 1.0.0, alias: \"{name}\"}}]\n");
        let output = with_metadata("aliases", &alias);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{name}: {}", text(&output.stderr));
    }
}

/// CVE-2022-36055: `--set` with a huge index takes all memory. CVE-2022-23524: nested lists take all of the stack.
#[test]
fn cve_2022_36055_indexes_and_nesting_of_set() {
    let repository = repository("set", "a: 1\n");
    for set in [
        "a[99999999]=x".to_owned(),
        format!("{}=x", "a.".repeat(40_000) + "b"),
        format!("a={}", "{".repeat(40_000)),
        format!("a{}=x", "[0]".repeat(40_000)),
    ] {
        let output = pintle(&repository, "template web web --set", &[&set]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{:.40}: {}", set, text(&output.stderr));
    }
}

/// CVE-2023-25165: `getHostByName` tells a DNS server what a chart knows.
#[test]
fn cve_2023_25165_no_names_are_resolved() {
    let repository = repository("dns", "host: {{ getHostByName \"localhost\" | quote }}");
    assert!(text(&pintle(&repository, "template web web", &[]).stdout).ends_with("host: \"\"\n"));
}

/// CVE-2025-53547: Chart.lock is a link, and `dependency build` writes through it.
#[test]
fn cve_2025_53547_nothing_is_written_through_a_lock() {
    let repository = repository("lock", "a: 1\n");
    let metadata = format!("{CHART}dependencies: [{{name: db, version: 1.0.0, repository: \"file://../db\"}}]\n");
    case::write(&repository.join("web/Chart.yaml"), metadata.as_bytes());
    case::write(&repository.join("db/Chart.yaml"), b"apiVersion: v2\nname: db\nversion: 1.0.0\n");
    case::link(&repository.join("web/Chart.lock"), "../../secret.yaml");
    let _ = pintle(&repository, "dependency build web", &[]);
    assert_eq!(fs::read(repository.join("../secret.yaml")).unwrap(), b"stolen: 4711\n");
}

/// CVE-2025-55198: fields of Chart.yaml that are null.
#[test]
fn cve_2025_55198_nulls_in_metadata() {
    for field in ["maintainers: [null]", "dependencies: [null]", "maintainers: null", "annotations: null", "keywords: [null]"] {
        let output = with_metadata("nulls", &format!("{CHART}{field}\n"));
        assert!(output.status.code().is_some_and(|c| c < 2), "{field}: {}", text(&output.stderr));
    }
}

fn generate(repository: &Path, app: &str, parameters: &str) -> Output {
    let folder = repository.join(app);
    let parameters = format!("ARGOCD_APP_PARAMETERS={}", parameters.replace(' ', ""));
    let source = format!("ARGOCD_APP_SOURCE_PATH={app}");
    let home = "ARGOCD_APP_NAME=web";
    let words = [&*parameters, &*source, home].map(|w| format!("'{w}'")).join(" ");
    pintle(&folder, &format!("{words} cmp generate ."), &[])
}

/// CVE-2022-24348, CVE-2022-31036, CVE-2023-40026: files of values from outside the repository, by path and by link.
#[test]
fn cve_2022_31036_values_from_outside() {
    let repository =
        repository("argo", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: {{ .Values.stolen | quote }}}\n");
    case::link(&repository.join("values/linked.yaml"), "../../secret.yaml");
    for file in [
        "../../secret.yaml",
        "/values/linked.yaml",
        "../values/linked.yaml",
        "/../secret.yaml",
        "file:///etc/passwd",
        "http://127.0.0.1/v.yaml",
    ] {
        let parameters = format!("[{{\"name\":\"value-files\",\"array\":[\"{file}\"]}}]");
        let output = generate(&repository, "web", &parameters);
        let error = text(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty() && !error.contains("4711"), "{file}: {error}");
    }
    // What they are kept from works otherwise.
    case::write(&repository.join("web/own.yaml"), b"stolen: no\n");
    let output = generate(&repository, "web", "[{\"name\":\"value-files\",\"array\":[\"own.yaml\"]}]");
    assert!(text(&output.stdout).contains("kind: ConfigMap"), "{}", text(&output.stderr));
}
