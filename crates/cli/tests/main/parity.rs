//! `pintle parity`: what it says of another program's output. The program here is a script with recorded answers; `tests/argocd/run`
//! compares with Helm itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case;

const CHART: &str = "-- web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- web/values.yaml --
a: 1
-- web/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data:
  a: {{ .Values.a | quote }}
{{- if .Values.fail }}
  b: {{ fail \"no\" }}
{{- end }}
{{- if .Values.chance }}
  c: {{ randAlphaNum 30 }}
{{- end }}
";

/// What Helm 4.3.1 prints for it.
const OUTPUT: &str =
    "---\n# Source: web/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n  a: \"1\"\n";

fn folder(name: &str) -> PathBuf {
    case::laid_out(&format!("parity-{name}"), CHART)
}

/// A program that answers as a Helm of this version, prints `output` for a chart and remembers what it was asked.
fn answers(folder: &Path, version: &str, output: &str, code: i32) {
    case::write(&folder.join("output"), output.as_bytes());
    let to = if code == 0 { "" } else { " >&2" };
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = version ]; then echo {version}; exit 0; fi\necho \"$*\" > {0}/asked\n/bin/cat {0}/output{to}\nexit {code}\n",
        folder.display()
    );
    case::write(&folder.join("bin/helm"), script.as_bytes());
    fs::set_permissions(folder.join("bin/helm"), fs::Permissions::from_mode(0o755)).unwrap();
}

fn parity(folder: &Path, line: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pintle"));
    command.current_dir(folder).env_clear().env("PATH", folder.join("bin")).arg("parity").args(case::split(line));
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_same_bytes_are_parity() {
    let folder = folder("same");
    answers(&folder, "v4.3.1", OUTPUT, 0);
    let (code, out, said) = parity(&folder, "web");
    assert_eq!((code, out.as_str()), (Some(0), ""), "{said}");
    assert!(said.starts_with("the same 103 bytes (Helm v4.3.1 ") && said.contains("pintle as helm-4.3"), "{said}");
    let given = "r web --helm ./bin/helm -n shop -f web/values.yaml --set a=1 --set-string x=1 --api-versions x/v1 --kube-version 1.30.0 \
                 --include-crds --no-hooks --skip-tests --skip-schema-validation";
    assert_eq!(parity(&folder, given).0, Some(0));
    let asked = "template r web --namespace shop --kube-version 1.30.0 --values web/values.yaml --set a=1 --set-string x=1 \
                 --api-versions x/v1 --include-crds --no-hooks --skip-tests --skip-schema-validation\n";
    assert_eq!(fs::read_to_string(folder.join("asked")).unwrap(), asked);
    // Helm 3 trims documents.
    answers(&folder, "v3.22.0+g1234567", OUTPUT, 0);
    let (code, _, said) = parity(&folder, "web");
    assert!(code == Some(0) && said.contains("pintle as helm-3.22"), "{said}");
}

#[test]
fn differences_are_shown() {
    let folder = folder("differences");
    answers(&folder, "v4.3.1", &OUTPUT.replace("\"1\"", "\"2\""), 0);
    let (code, out, said) = parity(&folder, "web");
    assert_eq!(code, Some(1));
    assert!(out.contains("ConfigMap web") && out.contains("-  a: \"2\"\n+  a: \"1\"\n"), "{out}");
    assert!(said.starts_with("the bytes differ from line 7 on ("), "{said}");
    assert!(parity(&folder, "web --output json").1.starts_with('{'));

    answers(&folder, "v4.3.1", &OUTPUT.replace("\ndata:", "\ndata: # of Helm"), 0);
    let (code, _, said) = parity(&folder, "web");
    assert_eq!(code, Some(1));
    assert!(said.starts_with("the objects are the same\nthe bytes differ from line 6 on ("), "{said}");

    answers(&folder, "v4.3.1", &format!("{OUTPUT}  c: abc\n"), 0);
    let (code, _, said) = parity(&folder, "web --set chance=true");
    assert!(code == Some(1) && said.contains("ask for chance"), "{said}");
}

#[test]
fn failures_are_told_apart() {
    let folder = folder("failures");
    answers(&folder, "v4.3.1", OUTPUT, 0);
    let (code, _, said) = parity(&folder, "web --set fail=true");
    assert!(code == Some(1) && said.starts_with("pintle as helm-4.3 fails, Helm v4.3.1 doesn't: "), "{said}");
    answers(&folder, "v4.3.1", "Error: release broken\n", 1);
    let (code, _, said) = parity(&folder, "web");
    assert_eq!((code, said.as_str()), (Some(1), "Helm v4.3.1 fails, pintle as helm-4.3 doesn't: release broken\n"));
    answers(&folder, "v4.3.1", "Error: path \"./nope\" not found\n", 1);
    let (code, _, said) = parity(&folder, "./nope");
    assert!(code == Some(2) && said.contains("both say the same: path \"./nope\" not found"), "{said}");
    let (code, _, said) = parity(&folder, "web --set fail=true");
    assert!(code == Some(1) && said.starts_with("both fail, in other words\n"), "{said}");

    answers(&folder, "v2.17.0", OUTPUT, 0);
    let (code, _, said) = parity(&folder, "web");
    assert!(code == Some(2) && said.contains("Helm 3 or 4 is meant"), "{said}");
    let (code, _, said) = parity(&folder, "web --helm ./absent");
    assert!(code == Some(2) && said.contains("--helm names ./absent, and there is no such program"), "{said}");
    fs::remove_file(folder.join("bin/helm")).unwrap();
    case::link(&folder.join("bin/helm"), env!("CARGO_BIN_EXE_pintle"));
    let (code, _, said) = parity(&folder, "web");
    assert!(code == Some(2) && said.contains("no helm in PATH besides pintle"), "{said}");
}
