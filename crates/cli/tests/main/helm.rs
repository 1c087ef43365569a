//! The stand-in for `helm`: texts are those of Helm 4.3.1 and 3.22, recorded on the charts written here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::case;

fn folder(name: &str, files: &str) -> PathBuf {
    case::laid_out(&format!("helm-{name}"), files)
}

/// Runs `pintle helm ARGS` with nothing of the caller's environment; `NAME=VALUE` words before the arguments are its own.
fn helm(folder: &Path, line: &str) -> Output {
    let words = case::split(line);
    let settings = words.iter().take_while(|w| w.contains('=') && !w.starts_with('-')).count();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pintle"));
    command.current_dir(folder).env_clear().arg("helm").args(&words[settings..]);
    for setting in &words[..settings] {
        let (name, value) = setting.split_once('=').unwrap();
        command.env(name, value);
    }
    command.output().unwrap()
}

#[track_caller]
fn gives(folder: &Path, line: &str, code: i32, stdout: &str, stderr: &str) {
    let output = helm(folder, line);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*folder.to_string_lossy(), "DIR");
    assert_eq!((text(&output.stdout), text(&output.stderr)), (stdout.to_owned(), stderr.to_owned()), "{line}");
    assert_eq!(output.status.code(), Some(code), "{line}");
}

const WEB: &str = "\
-- web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- web/values.yaml --
# How many
a: 1
-- web/templates/a.yaml --
a: {{ .Values.a }}
ns: {{ .Release.Namespace }}
metadata: {name: web}
";

/// kustomize 5.7.1 takes nothing but v3 and asks with `-c`; Argo CD asks with `--client`; helmfile and Chart Testing with `--template`.
#[test]
fn version() {
    let folder = folder("version", WEB);
    let four = "version.BuildInfo{Version:\"v4.3.1\", GitCommit:\"\", GitTreeState:\"\", GoVersion:\"go1.26.8\", \
                KubeClientVersion:\"v1.37\"}\n";
    let three = "version.BuildInfo{Version:\"v3.22.0\", GitCommit:\"\", GitTreeState:\"\", GoVersion:\"go1.26.8\"}\n";
    gives(&folder, "version", 0, four, "");
    gives(&folder, "version --short", 0, "v4.3.1\n", "");
    for line in [
        "version -c --short",
        "version --client --short",
        "--debug version --short -c",
        "PINTLE_COMPAT=helm-3.22 version --short",
    ] {
        gives(&folder, line, 0, "v3.22.0\n", "");
    }
    gives(&folder, "version -c", 0, three, "");
    gives(&folder, "version --template '{{.Version}} {{.GoVersion}}'", 0, "v4.3.1 go1.26.8", "");
    let error = "Error: template: _:1:2: executing \"_\" at <.Nope>: can't evaluate field Nope in type version.BuildInfo\n";
    gives(&folder, "version --template {{.Nope}}", 1, "", error);
    gives(&folder, "version x", 1, "", "Error: \"helm version\" accepts no arguments\n\nUsage:  helm version [flags]\n");
    gives(&folder, "version --bogus", 1, "", "Error: unknown flag: --bogus\n");
    let error = "Error: PINTLE_COMPAT: unknown profile \"x\": known are helm-4.3 and helm-3.22\n";
    gives(&folder, "PINTLE_COMPAT=x version", 1, "", error);
}

#[test]
fn template_takes_its_namespace_and_global_flags() {
    let folder = folder("template", WEB);
    let of = |namespace: &str| format!("---\n# Source: web/templates/a.yaml\na: 1\nns: {namespace}\nmetadata: {{name: web}}\n");
    gives(&folder, "template web", 0, &of("default"), "");
    gives(&folder, "HELM_NAMESPACE=env template web", 0, &of("env"), "");
    gives(&folder, "HELM_NAMESPACE=env template web -n flag", 0, &of("flag"), "");
    gives(
        &folder,
        "--kube-context x --registry-config=y -n flag --debug template r web --repository-cache z",
        0,
        &of("flag"),
        "",
    );
    let error = "Error: \"helm template\" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]\n";
    gives(&folder, "template", 1, "", error);
    let why = "\"No\": invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and \
               the length must not be longer than 53\n";
    gives(&folder, "template No web", 1, "", &format!("Error: release name check failed: release name {why}"));
    gives(&folder, "PINTLE_COMPAT=helm-3.22 template No web", 1, "", &format!("Error: release name {why}"));
    gives(&folder, "template ./nope", 1, "", "Error: path \"./nope\" not found\n");
}

/// Argo CD runs `helm dependency build` when it reads this phrase.
#[test]
fn dependencies() {
    let folder = folder(
        "dependencies",
        &format!(
            "{WEB}-- lib/Chart.yaml --\napiVersion: v2\nname: lib\nversion: 0.2.0\n-- app/charts/near/Chart.yaml --\napiVersion: v2\n\
             name: near\nversion: 1.2.3\n-- app/charts/extra/Chart.yaml --\napiVersion: v2\nname: extra\nversion: 1.0.0\n\
             -- app/Chart.yaml --\napiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n\
             - {{name: lib, version: \">=0.1.0\", repository: file://../lib}}\n- {{name: near, version: 1.2.x}}\n"
        ),
    );
    let missing = "Error: an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to \
                   fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: lib\n";
    gives(&folder, "template app", 1, "", missing);
    let table = |lib: &str| {
        format!(
            "NAME\tVERSION\tREPOSITORY   \tSTATUS  \nlib \t>=0.1.0\tfile://../lib\t{lib} \nnear\t1.2.x  \t             \tunpacked\n\n\
             WARNING: \"app/charts/extra\" is not in Chart.yaml.\n"
        )
    };
    gives(&folder, "dependency list app", 0, &table("missing"), "");
    let built = "Saving 2 charts\nDependency near did not declare a repository. Assuming it exists in the charts directory\n\
                 Deleting outdated charts\n";
    gives(&folder, "dependency build app", 0, built, "");
    gives(&folder, "dep ls ./app/", 0, &table("ok     "), "");
    gives(&folder, "template app", 0, "\n", "");
    gives(&folder, "dependency list web", 0, "WARNING: no dependencies at web/charts\n", "");
    let gone = "apiVersion: v2\nname: gone\nversion: 1.0.0\ndependencies: [{name: a, version: 1.0.0, repository: file://./../no/../a}]\n";
    case::write(&folder.join("gone/Chart.yaml"), gone.as_bytes());
    gives(&folder, "dependency build ./gone", 1, "", "Error: directory a not found\n");
    gives(&folder, "dependency build nope", 1, "", "Error: could not find nope: stat nope: no such file or directory\n");
}

#[test]
fn show() {
    let folder = folder(
        "show",
        &format!("{WEB}-- web/README.md --\n# Web\n-- web/crds/a.yaml --\nkind: A\n-- web/crds/b.yaml --\n---\nkind: B\n"),
    );
    gives(&folder, "show chart web", 0, "apiVersion: v2\nname: web\nversion: 1.0.0\n\n", "");
    gives(&folder, "inspect values web", 0, "# How many\na: 1\n\n", "");
    gives(&folder, "show readme web", 0, "# Web\n\n", "");
    gives(&folder, "show crds web", 0, "---\nkind: A\n\n---\nkind: B\n\n", "");
    gives(&folder, "PINTLE_COMPAT=helm-3.22 show crds web", 0, "kind: A\n\n---\nkind: B\n\n", "");
    let all =
        "apiVersion: v2\nname: web\nversion: 1.0.0\n\n---\n# How many\na: 1\n\n---\n# Web\n\n---\nkind: A\n\n---\nkind: B\n\n";
    gives(&folder, "show all web", 0, all, "");
    let error = "Error: \"helm show chart\" requires 1 argument\n\nUsage:  helm show chart [CHART] [flags]\n";
    gives(&folder, "show chart", 1, "", error);
}

#[test]
fn env() {
    let folder = folder("env", WEB);
    gives(&folder, "HELM_NAMESPACE=x env HELM_NAMESPACE", 0, "x\n", "");
    gives(&folder, "-n y env HELM_NAMESPACE", 0, "y\n", "");
    gives(&folder, "env NOPE", 0, "\n", "");
    gives(&folder, "HELM_CACHE_HOME=/c/ env HELM_REPOSITORY_CACHE", 0, "/c/repository\n", "");
    gives(&folder, "XDG_CONFIG_HOME=/c env HELM_REPOSITORY_CONFIG", 0, "/c/helm/repositories.yaml\n", "");
    gives(&folder, "env a b", 1, "", "Error: \"helm env\" accepts at most 1 argument\n\nUsage:  helm env [flags]\n");
    let output = helm(&folder, "HOME=/h env");
    let text = String::from_utf8(output.stdout).unwrap();
    let names: Vec<&str> = text.lines().map(|l| l.split_once('=').unwrap().0).collect();
    assert!(names.is_sorted() && names.len() == 22, "{text}");
}

#[test]
fn lint() {
    let folder = folder(
        "lint",
        &format!(
            "{WEB}-- bad/Chart.yaml --\napiVersion: v2\nname: bad\nversion: 1.0\nappVersion: 2\nicon: nope\nbogus: 1\n\
             maintainers: [{{name: x, email: no@}}]\nsources: [foo]\n-- bad/values.yaml --\na: 1\n-- bad/templates/a.json --\n{{}}\n\
             -- bad/templates/b.yaml --\nkind: Service\nmetadata: {{name: 1x}}\n---\napiVersion: extensions/v1beta1\nkind: Ingress\n\
             metadata: {{name: a}}\n---\nkind: Deployment\nmetadata: {{name: d}}\n"
        ),
    );
    let icon = "[INFO] Chart.yaml: icon is recommended\n";
    gives(&folder, "lint web", 0, &format!("==> Linting web\n{icon}\n1 chart(s) linted, 0 chart(s) failed\n"), "");
    gives(&folder, "lint web --quiet", 0, "", "");
    let nope = "Error unable to check Chart.yaml file in chart: stat nope/Chart.yaml: no such file or directory";
    let both = format!("==> Linting web\n{icon}\n==> Linting nope\n{nope}\n\n");
    gives(&folder, "lint web nope", 1, &both, "Error: 2 chart(s) linted, 1 chart(s) failed\n");
    let bad = "==> Linting bad\n\
        [WARNING] Chart.yaml: failed to strictly parse chart metadata file\n\
        \terror unmarshaling JSON: while decoding JSON: json: unknown field \"bogus\"\n\
        [ERROR] Chart.yaml: version should be of type string but it's of type float64\n\
        [ERROR] Chart.yaml: appVersion should be of type string but it's of type float64\n\
        [ERROR] Chart.yaml: invalid email 'no@' for maintainer 'x'\n\
        [ERROR] Chart.yaml: invalid source URL 'foo'\n\
        [ERROR] Chart.yaml: invalid icon URL 'nope'\n\
        [WARNING] Chart.yaml: version '1' is not a valid SemVerV2\n\
        [ERROR] templates/a.json: file extension '.json' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt\n\
        [WARNING] templates/b.yaml: object name does not conform to Kubernetes naming requirements: \"1x\": metadata.name: Invalid \
        value: \"1x\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
        character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is \
        '[a-z]([-a-z0-9]*[a-z0-9])?')\n\
        [WARNING] templates/b.yaml: extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+; use \
        networking.k8s.io/v1 Ingress\n\
        [ERROR] templates/b.yaml: a Deployment must contain matchLabels or matchExpressions, and \"d\" does not\n\n";
    gives(&folder, "lint bad", 1, bad, "Error: 1 chart(s) linted, 1 chart(s) failed\n");
    let error = "Error: \"helm lint\" requires at least 1 argument\n\nUsage:  helm lint PATH [flags]\n";
    gives(&folder, "lint", 1, "", error);
}

#[cfg(unix)]
mod hand_over {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn program(path: &Path, text: &str) {
        case::write(path, text.as_bytes());
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A link of the name `helm` before a `helm` that tells its arguments, in PATH.
    fn laid_out(name: &str) -> (PathBuf, String) {
        let folder = folder(&format!("hand-over-{name}"), WEB);
        case::link(&folder.join("ours/helm"), env!("CARGO_BIN_EXE_pintle"));
        program(&folder.join("real/helm"), "#!/bin/sh\necho \"real: $*\"\nexit 7\n");
        let path = format!("PATH={0}/ours:{0}/real", folder.display());
        (folder, path)
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    /// Runs the link.
    fn called_as_helm(folder: &Path, path: &str, args: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(folder.join("ours/helm"));
        command.current_dir(folder).env_clear().env("PATH", path.trim_start_matches("PATH=")).args(args);
        let output = command.output().unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    #[test]
    fn arguments_and_exit_code_are_the_real_ones() {
        let (folder, path) = laid_out("arguments");
        let given = called_as_helm(&folder, &path, &["--debug", "upgrade", "a b", "--install"]);
        assert_eq!(given, (Some(7), "real: --debug upgrade a b --install\n".into(), String::new()));
        assert_eq!(called_as_helm(&folder, &path, &["version", "--short"]), (Some(0), "v4.3.1\n".into(), String::new()));
        gives(&folder, &format!("{path} repo list"), 7, "real: repo list\n", "");
        gives(&folder, &format!("{path} template repo/chart"), 7, "real: template repo/chart\n", "");
        gives(&folder, &format!("PINTLE_HELM={}/real/helm list", folder.display()), 7, "real: list\n", "");
    }

    /// Helm fetches what a schema refers to.
    #[test]
    fn a_schema_elsewhere_is_the_real_ones_matter() {
        let (folder, path) = laid_out("schema");
        case::write(&folder.join("web/values.schema.json"), b"{\"$ref\": \"https://example.com/a.json\"}");
        gives(&folder, &format!("{path} template r web"), 7, "real: template r web\n", "");
        let skip = "---\n# Source: web/templates/a.yaml\na: 1\nns: default\nmetadata: {name: web}\n";
        gives(&folder, &format!("{path} template r web --skip-schema-validation"), 0, skip, "");
        let said = text(helm(&folder, "template r web").stderr);
        assert!(
            said.contains("failing loading \"https://example.com/a.json\"") && said.contains("there is no other helm"),
            "{said}"
        );
        // What is wrong with the values themselves is said here.
        case::write(&folder.join("web/values.schema.json"), b"{\"required\": [\"b\"]}");
        let (code, said) =
            (helm(&folder, &format!("{path} template r web")).status.code(), text(helm(&folder, "template r web").stderr));
        assert!(code == Some(1) && said.contains("missing property 'b'"), "{said}");
    }

    #[test]
    fn without_another_helm_the_error_says_so() {
        let (folder, _) = laid_out("none");
        let error = "Error: pintle has no Helm command \"list\"; there is no other helm: set PINTLE_HELM or add one to PATH\n";
        gives(&folder, &format!("PATH={}/ours list", folder.display()), 1, "", error);
        let error = "Error: pintle has no Helm command \"list\"; PINTLE_HELM names pintle itself, DIR/ours/helm\n";
        gives(&folder, &format!("PINTLE_HELM={}/ours/helm list", folder.display()), 1, "", error);
    }

    /// A script that calls `helm` again would go round for ever.
    #[test]
    fn loops_end() {
        let (folder, path) = laid_out("loop");
        program(&folder.join("real/helm"), &format!("#!/bin/sh\nexec {}/ours/helm \"$@\"\n", folder.display()));
        let (code, _, error) = called_as_helm(&folder, &path, &["list"]);
        assert_eq!(code, Some(1));
        assert!(error.contains("leads back to pintle"), "{error}");
    }
}
