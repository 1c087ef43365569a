//! `pintle cmp`: each kind of folder, each parameter, errors as Argo CD shows them, the announcement, what an application depends on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pintle_core::Data;

use crate::case::{self, Case, without_codes};

const REPOSITORY: &str = "-- charts/web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- charts/web/.helmignore --
notes.txt
-- charts/web/notes.txt --
ignored
-- charts/web/values.yaml --
replicas: 1
note: default
count: \"007\"
image:
  repository: web
  tag: v1
ports: [80, 443]
labels: {}
password: hunter2
enabled: true
-- charts/web/values-prod.yaml --
note: of prod
-- charts/web/values.schema.json --
{\"properties\": {
  \"replicas\": {\"type\": \"integer\", \"title\": \"Replicas\", \"description\": \"How many pods\"},
  \"image\": {\"$ref\": \"#/definitions/image\"},
  \"host\": {\"type\": \"string\", \"description\": \"Where it is found\"}
 },
 \"required\": [\"host\"],
 \"definitions\": {\"image\": {\"type\": \"object\", \"properties\": {\"tag\": {\"type\": \"string\", \"description\": \"The image's tag\"}}}}
}
-- charts/web/crds/a.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: a}
-- charts/web/templates/a.yaml --
{{- if .Values.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  replicas: {{ .Values.replicas | quote }}
  kind: {{ kindOf .Values.replicas }}
  note: {{ .Values.note | quote }}
  count: {{ .Values.count | quote }}
  tag: {{ .Values.image.tag | quote }}
  ports: {{ .Values.ports | toJson | quote }}
  labels: {{ .Values.labels | toJson | quote }}
  kube: {{ .Capabilities.KubeVersion.Version }}
  api: {{ .Capabilities.APIVersions.Has \"x.dev/v1\" | quote }}
{{- end }}
{{- if eq .Values.note \"fail\" }}
{{ fail (printf \"password %s is bad\" .Values.password) }}
{{- end }}
{{- if eq .Values.note \"slow\" }}
{{- range $i := until 100000 }}{{ range $j := until 100000 }}{{ end }}{{ end }}
{{- end }}
-- charts/web/templates/test.yaml --
{{- if .Values.enabled }}
apiVersion: v1
kind: Pod
metadata:
  name: test
  annotations: {helm.sh/hook: test}
spec: {containers: [{name: a, image: a@sha256:0000000000000000000000000000000000000000000000000000000000000000}]}
{{- end }}
-- charts/web/host.yaml --
host: example.com
-- values/web/a.yaml --
host: example.com
note: a
-- values/web/b.yaml --
note: b
-- values/text.txt --
from a file
-- project/pintle.yaml --
releases:
  web:
    chart: ../charts/web
    values: [\"../values/web/a.yaml\"]
    namespace: web-{env}
    environments: {dev: {}, prod: {set: {note: inline}}}
-- overlay/kustomization.yaml --
namePrefix: prod-
resources: [a.yaml]
-- overlay/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
-- plain/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: plain}
---
# nothing
-- plain/b.json --
{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"json\"}}
-- plain/values.yaml --
not: an object
-- plain/below/c.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: below}
-- nothing/a.yaml --
apiVersion: v1
kind: List
items: []
";

fn repository(name: &str) -> PathBuf {
    let folder = case::folder(&format!("cmp-{name}"));
    Case::parse(REPOSITORY.as_bytes()).lay_out(&folder.join("repository"));
    case::write(&folder.join("outside.yaml"), b"note: outside\n");
    folder.join("repository")
}

/// A parameter as Argo CD's JSON.
fn parameter(name: &str, kind: &str, value: &str) -> String {
    format!("{{\"name\": \"{name}\", \"{kind}\": {value}}}")
}

/// The host that the schema requires.
fn host() -> String {
    parameter("value-files", "array", "[\"host.yaml\"]")
}

/// Runs a command in an application's folder, as Argo CD's plugin server does.
fn cmp(repository: &Path, path: &str, command: &str, parameters: &[String], more: &[(&str, &str)]) -> Output {
    let mut run = Command::new(env!("CARGO_BIN_EXE_pintle"));
    run.current_dir(repository.join(path)).env_clear().arg("cmp").args(command.split(' '));
    run.env("TMPDIR", repository).env("PINTLE_CMP_CONCURRENCY", "8");
    run.env("ARGOCD_APP_NAME", "argocd_shop").env("ARGOCD_APP_NAMESPACE", "shop").env("ARGOCD_APP_SOURCE_PATH", path);
    run.env("KUBE_VERSION", "1.31.0").env("KUBE_API_VERSIONS", "v1,x.dev/v1");
    run.env("ARGOCD_APP_PARAMETERS", format!("[{}]", parameters.join(",")));
    run.envs(more.iter().copied()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn succeeds(repository: &Path, path: &str, command: &str, parameters: &[String]) -> String {
    let output = cmp(repository, path, command, parameters, &[]);
    assert!(output.status.success(), "{command} {parameters:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn fails(repository: &Path, path: &str, parameters: &[String]) -> String {
    let output = cmp(repository, path, "generate", parameters, &[]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""), "{parameters:?}");
    without_codes(&text(&output.stderr))
}

#[test]
fn a_chart_is_rendered_as_argos_own_helm_does() {
    let folder = repository("chart");
    let out = succeeds(&folder, "charts/web", "generate", &[host()]);
    for part in [
        "name: shop\n  namespace: shop\n",
        "kube: v1.31.0",
        "api: \"true\"",
        "kind: float64",
        "kind: CustomResourceDefinition",
        "kind: Pod",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[test]
fn every_parameter_does_what_it_says() {
    let folder = repository("parameters");
    let cases: &[(&str, &str, &str, &str)] = &[
        ("release-name", "string", "\"other\"", "name: other\n"),
        ("namespace", "string", "\"elsewhere\"", "namespace: elsewhere\n"),
        ("environment", "string", "\"prod\"", "note: \"of prod\""),
        ("values", "map", "{\"note\": \"set\", \"image.tag\": \"v2\"}", "tag: \"v2\""),
        ("values", "string", "\"image: {tag: v3}\"", "tag: \"v3\""),
        ("values.image.tag", "string", "\"10\"", "tag: \"10\""),
        ("values.replicas", "string", "\"3\"", "replicas: \"3\""),
        ("values.count", "string", "\"008\"", "count: \"008\""),
        ("values.ports", "array", "[\"1\", \"2\"]", "ports: \"[1,2]\""),
        ("values.labels", "map", "{\"a.b\": \"1\"}", r#"labels: "{\"a.b\":\"1\"}""#),
        ("set", "map", "{\"note\": \"a,b\"}", "note: \"a,b\""),
        ("set", "array", "[\"replicas=5\"]", "replicas: \"5\""),
        ("set", "array", "[\"note=$ARGOCD_APP_NAMESPACE-$HOME\"]", "note: \"shop-\""),
        ("set-string", "map", "{\"count\": \"009\"}", "count: \"009\""),
        ("set-file", "map", "{\"note\": \"/values/text.txt\"}", "note: \"from a file\\n\""),
        ("set-file", "array", "[\"note=../../values/text.txt\"]", "note: \"from a file\\n\""),
        ("api-versions", "array", "[\"y.dev/v1\"]", "api: \"false\""),
        ("kube-version", "string", "\"1.33.1\"", "kube: v1.33.1"),
    ];
    for (name, kind, value, wanted) in cases {
        let out = succeeds(&folder, "charts/web", "generate", &[host(), parameter(name, kind, value)]);
        assert!(out.contains(wanted), "{name} {value}: {out}");
    }
    let off = |name: &str, value: &str| succeeds(&folder, "charts/web", "generate", &[host(), parameter(name, "string", value)]);
    assert!(!off("include-crds", "\"false\"").contains("CustomResourceDefinition"));
    assert!(!off("skip-tests", "\"true\"").contains("kind: Pod"));
    let host = parameter("skip-schema-validation", "string", "\"true\"");
    assert!(succeeds(&folder, "charts/web", "generate", &[host]).contains("name: shop\n"), "the schema requires a host");
    // A field of the page that was cleared is none.
    assert!(off("release-name", "\"\"").contains("name: shop\n"));
}

#[test]
fn value_files_are_globs_and_stay_in_the_repository() {
    let folder = repository("files");
    let files = |list: &str| parameter("value-files", "array", list);
    let out = succeeds(&folder, "charts/web", "generate", &[files("[\"/values/*/?.yaml\"]")]);
    assert!(out.contains("note: \"b\""), "{out}");
    let out = succeeds(&folder, "charts/web", "generate", &[files("[\"/values/**/b.yaml\", \"../../values/web/a.yaml\"]")]);
    assert!(out.contains("note: \"a\""), "{out}");

    let error = fails(&folder, "charts/web", &[files("[\"absent.yaml\"]")]);
    assert_eq!(error, "error: value file absent.yaml doesn't exist\n");
    let ignore = parameter("ignore-missing-value-files", "string", "\"true\"");
    succeeds(
        &folder,
        "charts/web",
        "generate",
        &[files("[\"host.yaml\", \"$ARGOCD_APP_NAME.yaml\", \"no/*.yaml\"]"), ignore.clone()],
    );

    for path in ["../../../outside.yaml", "/../outside.yaml", "../../../*.yaml"] {
        let error = fails(&folder, "charts/web", &[files(&format!("[\"{path}\"]")), ignore.clone()]);
        assert!(error.contains("leads out of the repository"), "{path}: {error}");
    }
    #[cfg(unix)]
    {
        case::link(&folder.join("values/link.yaml"), "../../outside.yaml");
        let error = fails(&folder, "charts/web", &[files("[\"/values/link.yaml\"]")]);
        assert_eq!(error, "error: values/link.yaml leads out of the repository\n");
        case::link(&folder.join("charts/web/templates/link.yaml"), "../../../../outside.yaml");
        let error = fails(&folder, "charts/web", &[host()]);
        assert!(error.contains("templates/link.yaml is a symbolic link out of the repository\n"), "{error}");
        fs::remove_file(folder.join("charts/web/templates/link.yaml")).unwrap();
    }
    let error = fails(&folder, "charts/web", &[host(), parameter("set-file", "map", "{\"note\": \"../../../outside.yaml\"}")]);
    assert!(error.contains("leads out of the repository"), "{error}");
}

#[test]
fn a_project_renders_its_environment() {
    let folder = repository("project");
    let environment = parameter("environment", "string", "\"prod\"");
    let out = succeeds(&folder, "project", "generate", std::slice::from_ref(&environment));
    assert!(out.contains("name: web\n  namespace: web-prod") && out.contains("note: \"inline\""), "{out}");
    assert!(out.contains("kube: v1.31.0") && !out.contains("CustomResourceDefinition"), "{out}");
    let out = succeeds(&folder, "project", "generate", &[environment, parameter("set", "map", "{\"note\": \"over\"}")]);
    assert!(out.contains("note: \"over\""), "{out}");
    let error = fails(&folder, "project", &[]);
    assert!(error.contains("several environments") && error.contains("known: dev, prod"), "{error}");
}

#[test]
fn kustomizations_and_plain_manifests_are_rendered_too() {
    let folder = repository("plain");
    let out = succeeds(&folder, "overlay", "generate", &[]);
    assert!(out.contains("name: prod-a"), "{out}");
    let out = succeeds(&folder, "plain", "generate", &[]);
    assert!(out.contains("plain") && out.contains("json") && !out.contains("below") && !out.contains("not:"), "{out}");
    for path in ["overlay", "plain"] {
        let error = fails(&folder, path, &[parameter("set", "map", "{\"a\": \"b\"}")]);
        assert!(error.contains("parameter set has no meaning"), "{error}");
    }
    // One above is another application's.
    fs::copy(folder.join("project/pintle.yaml"), folder.join("pintle.yaml")).unwrap();
    assert_eq!(succeeds(&folder, "plain", "generate", &[]), out);
}

#[test]
fn nothing_is_an_error() {
    let folder = repository("empty");
    let disabled = parameter("values.enabled", "string", "\"false\"");
    let crds = parameter("include-crds", "string", "\"false\"");
    let error = fails(&folder, "charts/web", &[host(), disabled.clone(), crds.clone()]);
    assert!(error.starts_with("error: charts/web renders no objects\n"), "{error}");
    let allow = parameter("allow-empty", "string", "\"true\"");
    assert_eq!(succeeds(&folder, "charts/web", "generate", &[host(), disabled, crds, allow.clone()]).trim(), "");
    assert!(fails(&folder, "nothing", &[]).contains("renders no objects"));
    succeeds(&folder, "nothing", "generate", &[allow]);
}

#[test]
fn errors_are_short_and_hold_no_secrets() {
    let folder = repository("errors");
    let fail = parameter("values.note", "string", "\"fail\"");
    let error = fails(&folder, "charts/web", &[host(), fail.clone()]);
    assert!(error.starts_with("error: ") && error.contains("password *** is bad"), "{error}");
    assert!(error.contains(" templates/a.yaml:19:4\n") && !error.contains("hunter2") && !error.contains('\x1b'), "{error}");
    let error = fails(&folder, "charts/web", &[host(), fail, parameter("set", "map", "{\"password\": \"s3cret-thing\"}")]);
    assert!(error.contains("***") && !error.contains("s3cret"), "{error}");
    assert!(!error.contains(&*folder.to_string_lossy()), "{error}");

    let error = fails(&folder, "charts/web", &[parameter("relase-name", "string", "\"a\"")]);
    assert!(error.contains("unknown parameter \"relase-name\"") && error.contains("did you mean release-name?"), "{error}");
    for (name, kind, value) in [
        ("validation", "string", "\"maybe\""),
        ("skip-tests", "string", "\"yes\""),
        ("release-name", "array", "[]"),
        ("value-files", "map", "{}"),
        ("set", "string", "\"a=b\""),
    ] {
        let error = fails(&folder, "charts/web", &[host(), parameter(name, kind, value)]);
        assert!(error.starts_with(&format!("error: parameter {name} must be ")), "{error}");
    }
}

#[test]
fn findings_withhold_the_output_unless_asked() {
    let folder = repository("validation");
    let twin = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\ndata: {twin: a}\n";
    case::write(&folder.join("plain/d.yaml"), twin);
    let error = fails(&folder, "plain", &[]);
    assert!(error.contains("already exists") && error.contains("plain/d.yaml:3:12"), "{error}");
    for mode in ["\"warn\"", "\"off\""] {
        assert!(succeeds(&folder, "plain", "generate", &[parameter("validation", "string", mode)]).contains("twin"));
    }
}

#[test]
fn time_and_places_are_limited() {
    let folder = repository("limits");
    let slow = parameter("values.note", "string", "\"slow\"");
    let output = cmp(&folder, "charts/web", "generate", &[host(), slow.clone()], &[("PINTLE_CMP_TIMEOUT", "300ms")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "error: rendering charts/web took longer than 300ms (PINTLE_CMP_TIMEOUT)\n");

    let output = cmp(&folder, "charts/web", "generate", &[host()], &[("PINTLE_CMP_TIMEOUT", "soon")]);
    assert!(text(&output.stderr).contains("50s, 500ms or 1m is meant"));
}

/// A place is a socket's name on Linux.
#[cfg(target_os = "linux")]
#[test]
fn without_a_place_a_render_waits() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};

    let folder = repository("places");
    let one = [("PINTLE_CMP_CONCURRENCY", "1"), ("PINTLE_CMP_TIMEOUT", "400ms"), ("TMPDIR", "/a")];
    let taken = UnixListener::bind_addr(&SocketAddr::from_abstract_name("pintle-cmp:/a:0").unwrap()).unwrap();
    let output = cmp(&folder, "overlay", "generate", &[], &one);
    assert!(text(&output.stderr).contains("PINTLE_CMP_CONCURRENCY"), "{}", text(&output.stderr));
    drop(taken);
    let one = [("PINTLE_CMP_CONCURRENCY", "1"), ("TMPDIR", "/a")];
    assert!(cmp(&folder, "overlay", "generate", &[], &one).status.success());
}

#[test]
fn the_announcement_describes_the_charts_values() {
    let folder = repository("announcement");
    let out = succeeds(&folder, "charts/web", "parameters", &[parameter("environment", "string", "\"prod\"")]);
    let list = pintle_value::json::list_from_slice(out.as_bytes()).unwrap().unwrap();
    let names: Vec<&str> = list.iter().map(|p| p.get("name").and_then(Data::as_str).unwrap()).collect();
    assert_eq!((names[0], names[19]), ("release-name", "values.count"));
    let one = |name: &str| list.iter().find(|p| p.get("name").and_then(Data::as_str) == Some(name)).unwrap();
    let field = |name: &str, field: &str| one(name).get(field).cloned();
    let string = |s: &str| Some(Data::String(s.into()));
    assert_eq!(field("release-name", "string"), string("shop"));
    assert_eq!(field("value-files", "collectionType"), string("array"));
    assert_eq!(field("values.replicas", "title"), string("Replicas"));
    assert_eq!(field("values.replicas", "tooltip"), string("How many pods"));
    assert_eq!(field("values.replicas", "itemType"), string("number"));
    assert_eq!(field("values.replicas", "string"), string("1"));
    assert_eq!(field("values.image.tag", "tooltip"), string("The image's tag"));
    assert_eq!(field("values.note", "string"), string("of prod"));
    assert_eq!(field("values.ports", "array"), Some(Data::List(vec![Data::String("80".into()), Data::String("443".into())])));
    assert_eq!(field("values.labels", "collectionType"), string("map"));
    assert_eq!(field("values.host", "required"), Some(Data::Bool(true)));
    assert_eq!(field("values.password", "string"), None);
    assert!(!out.contains("hunter2"));

    let out = succeeds(&folder, "overlay", "parameters", &[]);
    let list = pintle_value::json::list_from_slice(out.as_bytes()).unwrap().unwrap();
    assert_eq!(list.len(), 2, "{out}");
}

#[test]
fn files_and_annotation_name_what_is_read() {
    let folder = repository("depends");
    let files = parameter("value-files", "array", "[\"/values/web/a.yaml\"]");
    let chart = "charts/web/.helmignore
charts/web/Chart.yaml
charts/web/crds/a.yaml
charts/web/host.yaml
charts/web/templates/a.yaml
charts/web/templates/test.yaml
charts/web/values-prod.yaml
charts/web/values.schema.json
charts/web/values.yaml
";
    let listed = succeeds(&folder, "charts/web", "files", std::slice::from_ref(&files));
    assert_eq!(listed, format!("{chart}values/web/a.yaml\n"));
    assert_eq!(succeeds(&folder, "charts/web", "annotation", &[files]), "/charts/web;/values/web/a.yaml\n");
    let glob = parameter("value-files", "array", "[\"/values/*/a.yaml\"]");
    assert_eq!(succeeds(&folder, "charts/web", "annotation", &[glob]), "/charts/web;/values\n");
    assert_eq!(succeeds(&folder, "overlay", "files", &[]), "overlay/a.yaml\noverlay/kustomization.yaml\n");
    let prod = parameter("environment", "string", "\"prod\"");
    let annotation = succeeds(&folder, "project", "annotation", &[prod]);
    assert_eq!(annotation, "/charts/web;/project/pintle.yaml;/values/web/a.yaml\n");
    assert_eq!(succeeds(&folder, "plain", "annotation", &[]), "/plain\n");
}

#[test]
fn a_part_of_the_repository_is_enough() {
    // With manifest-generate-paths Argo CD sends what lies below the paths' common folder.
    let folder = repository("part");
    let run = |file: &str| {
        let files = parameter("value-files", "array", &format!("[\"{file}\"]"));
        let path = ("ARGOCD_APP_SOURCE_PATH", "shop/charts/web");
        cmp(&folder, "charts/web", "generate", &[files], &[path])
    };
    assert!(text(&run("/shop/values/web/a.yaml").stdout).contains("note: \"a\""));
    let error = text(&run("/values/web/a.yaml").stderr);
    assert!(error.contains("is not part of what Argo CD sent"), "{error}");
}

#[test]
fn dependencies_in_folders_are_packed() {
    let folder = repository("dependencies");
    let dependency =
        "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies: [{name: lib, version: 1.0.0, repository: file://../lib}]\n";
    case::write(&folder.join("charts/app/Chart.yaml"), dependency.as_bytes());
    case::write(&folder.join("charts/lib/Chart.yaml"), b"apiVersion: v2\nname: lib\nversion: 1.0.0\n");
    let object = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-lib}\n";
    case::write(&folder.join("charts/lib/templates/a.yaml"), object);
    assert_eq!(succeeds(&folder, "charts/app", "annotation", &[]), "/charts/app;/charts/lib\n");
    assert!(succeeds(&folder, "charts/app", "generate", &[]).contains("of-lib"));
}

#[test]
fn the_configuration_is_yaml() {
    let folder = repository("config");
    let parse = |what: &str| {
        let out = succeeds(&folder, "plain", &format!("config {what} --image registry.example.com/pintle:1"), &[]);
        pintle_yaml::Tree::parse(out.as_bytes()).unwrap().unwrap().to_data().unwrap()
    };
    let at = |data: &Data, path: &str| {
        path.split('.').fold(data.clone(), |d, key| match key.parse::<usize>() {
            Ok(i) => d.as_list().unwrap()[i].clone(),
            Err(_) => d.get(key).cloned().unwrap_or_default(),
        })
    };
    let string = |s: &str| Data::String(s.into());
    assert_eq!(at(&parse("plugin"), "spec.generate.command.2"), string("generate"));
    let (patch, values) = (parse("kustomize"), parse("helm"));
    let container = at(&patch, "spec.template.spec.containers.0");
    assert_eq!(at(&container, "image"), string("registry.example.com/pintle:1"));
    assert_eq!(at(&container, "securityContext.runAsUser"), Data::Float(999.0));
    assert_eq!(at(&container, "env.0.name"), string("PINTLE_CMP_CACHE"));
    assert_eq!(at(&values, "repoServer.extraContainers.0"), container);
    assert_eq!(at(&values, "repoServer.volumes"), at(&patch, "spec.template.spec.volumes"));
}

/// The folder of a cache, empty.
fn cache(repository: &Path) -> PathBuf {
    let folder = repository.parent().unwrap().join("cache");
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// What `generate` prints, and what it says of the cache.
fn cached(repository: &Path, path: &str, parameters: &[String], cache: &Path, more: &[(&str, &str)]) -> (String, String) {
    let folder = cache.to_string_lossy();
    let all: Vec<(&str, &str)> = more.iter().copied().chain([("PINTLE_CMP_CACHE", &*folder)]).collect();
    let output = cmp(repository, path, "generate", parameters, &all);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{parameters:?}: {said}");
    let line = said.lines().rfind(|l| l.starts_with("cache: ")).unwrap_or_else(|| panic!("nothing of the cache: {said}"));
    (text(&output.stdout), line["cache: ".len()..].to_owned())
}

fn entries(cache: &Path) -> Vec<PathBuf> {
    fs::read_dir(cache).map(|d| d.map(|e| e.unwrap().path()).collect()).unwrap_or_default()
}

#[test]
fn the_same_inputs_give_the_recorded_output() {
    let folder = repository("cache");
    let cache = cache(&folder);
    let files = parameter("value-files", "array", "[\"host.yaml\", \"/values/web/a.yaml\"]");
    let set = parameter("set-file", "map", "{\"image.tag\": \"/values/text.txt\"}");
    let env = parameter("set-string", "array", "[\"count=$ARGOCD_ENV_COUNT\"]");
    let of_chart =
        |more: &[(&str, &str)]| cached(&folder, "charts/web", &[files.clone(), set.clone(), env.clone()], &cache, more);
    let environment = parameter("environment", "string", "\"prod\"");
    let of_project = || cached(&folder, "project", std::slice::from_ref(&environment), &cache, &[]);
    let twice: [&dyn Fn() -> (String, String); 2] = [&|| of_chart(&[]), &of_project];
    for of in twice {
        let (first, said) = of();
        let key = said.strip_prefix("miss ").unwrap_or_else(|| panic!("{said}")).to_owned();
        assert_eq!(of(), (first, format!("hit {key}")));
    }
    // What no template can see makes no difference.
    assert!(of_chart(&[("ARGOCD_APP_REVISION", "2"), ("HOME", "/x")]).1.starts_with("hit"));

    let differs = |what: &str, more: &[(&str, &str)], wanted: &str| {
        let (out, said) = of_chart(more);
        assert!(said.starts_with("miss"), "{what}: {said}");
        assert!(out.contains(wanted), "{what}: {out}");
        assert_eq!(of_chart(more).0, out, "{what}");
    };
    differs("name", &[("ARGOCD_APP_NAME", "argocd_other")], "name: other\n");
    differs("namespace", &[("ARGOCD_APP_NAMESPACE", "other")], "namespace: other\n");
    differs("version", &[("KUBE_VERSION", "1.30.0")], "kube: v1.30.0");
    differs("API versions", &[("KUBE_API_VERSIONS", "v1")], "api: \"false\"");
    differs("substitution", &[("ARGOCD_ENV_COUNT", "008")], "count: \"008\"");
    for (file, from, to, wanted) in [
        ("values/web/a.yaml", "note: a", "note: changed", "note: \"changed\""),
        ("values/text.txt", "from a file", "from another", "tag: \"from another"),
        ("charts/web/values.yaml", "replicas: 1", "replicas: 4", "replicas: \"4\""),
        ("charts/web/templates/a.yaml", "\ndata:\n", "\ndata:\n  more: new\n", "more: new"),
        ("charts/web/crds/a.yaml", "{name: a}", "{name: b}", "metadata: {name: b}"),
    ] {
        let old = fs::read_to_string(folder.join(file)).unwrap();
        fs::write(folder.join(file), old.replace(from, to)).unwrap();
        differs(file, &[], wanted);
        fs::write(folder.join(file), old).unwrap();
        assert!(of_chart(&[]).1.starts_with("hit"), "{file}, as it was");
    }
    case::write(&folder.join("charts/web/templates/new.yaml"), b"kind: ConfigMap\napiVersion: v1\nmetadata: {name: new}\n");
    differs("a new file", &[], "name: new");
    let pintle = folder.join("project/pintle.yaml");
    let text = fs::read_to_string(&pintle).unwrap();
    fs::write(&pintle, text.replace("inline", "changed")).unwrap();
    let (out, said) = of_project();
    assert!(said.starts_with("miss") && out.contains("note: \"changed\""), "{said} {out}");
}

/// Every function that asks for something other than its arguments.
#[test]
fn chance_time_and_lookups_are_never_recorded() {
    let folder = repository("chance");
    let cache = cache(&folder);
    case::write(&folder.join("charts/draw/Chart.yaml"), b"apiVersion: v2\nname: draw\nversion: 1.0.0\n");
    for (call, what) in [
        ("randAlphaNum 8", "chance"),
        ("randAlpha 8", "chance"),
        ("randNumeric 8", "chance"),
        ("randAscii 8 | b64enc", "chance"),
        ("randBytes 8", "chance"),
        ("randInt 0 1000", "chance"),
        ("shuffle \"abcdefgh\"", "chance"),
        ("uuidv4", "chance"),
        ("genPrivateKey \"ed25519\" | sha256sum", "chance"),
        ("(genCA \"a\" 1).Cert | sha256sum", "chance and the time"),
        ("(genSelfSignedCert \"a\" nil nil 1).Cert | sha256sum", "chance and the time"),
        ("htpasswd \"a\" \"b\" | quote", "chance"),
        ("bcrypt \"a\" | quote", "chance"),
        ("encryptAES \"k\" \"a\"", "chance"),
        ("now | unixEpoch", "the time"),
        ("date \"2006\" now", "the time"),
        ("htmlDate nil", "the time"),
        ("ago now", "the time"),
        ("getHostByName \"example.com\" | quote", "DNS"),
        ("lookup \"v1\" \"Secret\" \"a\" \"b\" | len", "the cluster"),
    ] {
        let template = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  a: x-{{{{ {call} }}}}\n");
        case::write(&folder.join("charts/draw/templates/a.yaml"), template.as_bytes());
        let off = parameter("validation", "string", "\"off\"");
        let (_, said) = cached(&folder, "charts/draw", &[off], &cache, &[]);
        assert_eq!(said, format!("not kept, templates ask for {what}"), "{call}");
    }
    for path in ["overlay", "plain"] {
        assert!(cached(&folder, path, &[], &cache, &[]).1.starts_with("not kept, "), "{path}");
    }
    assert_eq!(entries(&cache), Vec::<PathBuf>::new());
}

#[test]
fn a_damaged_entry_is_rendered_anew() {
    let folder = repository("damaged");
    let cache = cache(&folder);
    let of = || cached(&folder, "charts/web", &[host()], &cache, &[]);
    let (out, said) = of();
    let entry = entries(&cache).pop().unwrap();
    let whole = fs::read(&entry).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    for damaged in [&whole[..whole.len() / 2], &[], &changed, b"something else\n"] {
        fs::write(&entry, damaged).unwrap();
        assert_eq!(of(), (out.clone(), said.clone()));
        assert_eq!(fs::read(&entry).unwrap(), whole);
    }
    // An error is none that is remembered, and says nothing of the cache.
    let folder_of_cache = cache.to_string_lossy().into_owned();
    let fail = parameter("values.note", "string", "\"fail\"");
    let output = cmp(&folder, "charts/web", "generate", &[host(), fail], &[("PINTLE_CMP_CACHE", &folder_of_cache)]);
    assert!(!output.status.success() && !text(&output.stderr).contains("cache:"), "{}", text(&output.stderr));
    assert_eq!(entries(&cache).len(), 1);
}

#[test]
fn the_cache_is_bounded_and_drops_what_was_used_longest_ago() {
    let folder = repository("bounded");
    let cache = cache(&folder);
    let size = ("PINTLE_CMP_CACHE_SIZE", "16Ki");
    let of = |note: &str| cached(&folder, "charts/web", &[host(), parameter("values.note", "string", note)], &cache, &[size]).1;
    let mut most = 0;
    for i in 0..40 {
        assert!(of(&format!("\"n{i}\"")).starts_with("miss"));
        assert!(of("\"n0\"").starts_with("hit"), "what is used stays: {i}");
        let total: u64 = entries(&cache).iter().map(|e| e.metadata().unwrap().len()).sum();
        assert!(total <= 16 << 10, "{total} after {i}");
        most = most.max(entries(&cache).len());
    }
    assert!(most < 40, "{most} entries fit: the test must fill the cache");
    assert!(of("\"n39\"").starts_with("hit") && of("\"n1\"").starts_with("miss"));
    // An output that fills much of it is not worth what it would drive out.
    let small = ("PINTLE_CMP_CACHE_SIZE", "2Ki");
    assert_eq!(cached(&folder, "charts/web", &[host()], &cache, &[small]).1, "not kept, it is too large");
    let wrong = [("PINTLE_CMP_CACHE", "x"), ("PINTLE_CMP_CACHE_SIZE", "much")];
    assert!(
        text(&cmp(&folder, "charts/web", "generate", &[host()], &wrong).stderr)
            .contains("64Mi, 1Gi or a number of bytes is meant")
    );
}

/// Who can write to the folder decides what is deployed.
#[cfg(unix)]
#[test]
fn a_cache_that_others_can_write_to_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository("shared");
    let cache = cache(&folder);
    fs::create_dir_all(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    let (out, said) = cached(&folder, "charts/web", &[host()], &cache, &[]);
    assert!(out.contains("name: shop") && said.contains("nobody else owns or can write to"), "{said}");
    assert_eq!(entries(&cache), Vec::<PathBuf>::new());
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o755)).unwrap();
    cached(&folder, "charts/web", &[host()], &cache, &[]);
    let entry = entries(&cache).pop().unwrap();
    assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "outputs hold secrets");
}

#[test]
fn many_processes_share_a_cache() {
    let folder = repository("processes");
    let cache = cache(&folder);
    let hits = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (folder, cache, hits) = (&folder, &cache, &hits);
            scope.spawn(move || {
                for i in 0..15 {
                    let note = format!("n{}", (i + worker) % 5);
                    let parameters = [host(), parameter("values.note", "string", &format!("\"{note}\""))];
                    let (out, said) = cached(folder, "charts/web", &parameters, cache, &[]);
                    assert!(out.contains(&format!("note: \"{note}\"")), "{note}: {out}");
                    hits.fetch_add(usize::from(said.starts_with("hit")), std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(entries(&cache).len(), 5, "an entry each, nothing half written");
    assert!(hits.into_inner() >= 40);
}

/// Names of files behind `include_bytes!` and `include_str!` in a folder's sources, but for tests.
fn included(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            included(&entry, found);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            let source = fs::read_to_string(&entry).unwrap();
            let lines: Vec<&str> = source.lines().collect();
            for (i, line) in lines.iter().enumerate() {
                let name = ["include_bytes!(\"", "include_str!(\""].iter().find_map(|m| line.split_once(m)).map(|(_, rest)| rest);
                let for_tests = i > 0 && ["cfg(doctest)", "cfg(test)"].iter().any(|c| lines[i - 1].contains(c));
                if let Some((name, _)) = name.filter(|_| !for_tests).and_then(|rest| rest.split_once('"')) {
                    found.push(dir.join(name).canonicalize().unwrap());
                }
            }
        }
    }
}

/// The image is built from what its Containerfile copies.
#[test]
fn the_image_is_built_from_all_that_it_needs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let text = fs::read_to_string(root.join("deploy/argocd/Containerfile")).unwrap();
    let copied: Vec<PathBuf> = text
        .lines()
        .filter_map(|l| l.strip_prefix("COPY ")?.rsplit_once(' ').filter(|(from, _)| !from.starts_with("--")))
        .flat_map(|(from, _)| from.split(' ').map(|f| root.join(f)).collect::<Vec<_>>())
        .collect();
    let mut needed = vec![root.join("Cargo.toml"), root.join("Cargo.lock"), root.join("benches")];
    for entry in fs::read_dir(root.join("crates")).unwrap() {
        needed.push(entry.unwrap().path());
        let sources = needed[needed.len() - 1].join("src");
        included(&sources, &mut needed);
    }
    assert!(needed.len() > 30, "{needed:?}");
    for file in needed {
        assert!(copied.iter().any(|c| file.starts_with(c)), "{} is needed and not copied: {copied:?}", file.display());
    }
    for line in ["FROM scratch", "USER 999:999"] {
        assert!(text.lines().any(|l| l == line), "{line}");
    }
}

/// A chart that asks, snapshots that answer, and a folder that is laid over.
fn asking(name: &str) -> PathBuf {
    let files = "-- charts/ask/Chart.yaml --
apiVersion: v2
name: ask
version: 1.0.0
-- charts/ask/values.yaml --
note: none
-- charts/ask/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  region: {{ (lookup \"v1\" \"ConfigMap\" \"shop\" \"settings\").data | toJson | quote }}
  kube: {{ .Capabilities.KubeVersion.Version }}
  x: {{ .Capabilities.APIVersions.Has \"x.dev/v1\" | quote }}
  y: {{ .Capabilities.APIVersions.Has \"y.dev/v1\" | quote }}
{{- if eq .Values.note \"fail\" }}
{{ fail ((lookup \"v1\" \"Secret\" \"shop\" \"db\").data.key | b64dec) }}
{{- end }}
-- clusters/prod.yaml --
kind: ClusterSnapshot
kubeVersion: v1.33.7
apiVersions: [v1, v1/ConfigMap, v1/Secret, y.dev/v1]
objects:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop}
    data: {region: eu}
  - apiVersion: v1
    kind: Secret
    metadata: {name: db, namespace: shop}
    data: {key: aHVudGVyMg==}
-- clusters/objects.yaml --
objects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {region: us}}]
-- clusters/wrong.yaml --
objects: [{kind: Secret, data: {key: hunter2}}]
-- asking/pintle.yaml --
releases: {ask: {chart: ../charts/ask, namespace: shop, environments: [prod]}}
-- over/kustomization.yaml --
patches:
- patch: '[{\"op\": \"add\", \"path\": \"/data/note\", \"value\": \"patched\"}]'
  target: {kind: ConfigMap}
resources: [more.yaml]
-- over/more.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: more}
data: {more: 'yes'}
-- over/nothing/a.yaml --
a: 1
-- unmatched/kustomization.yaml --
patches: [{patch: '[{\"op\": \"add\", \"path\": \"/data/note\", \"value\": \"patched\"}]', target: {kind: Deployment}}]
";
    let folder = repository(name);
    Case::parse(format!("{REPOSITORY}{files}").as_bytes()).lay_out(&folder);
    folder
}

#[test]
fn a_snapshot_of_the_repository_answers_for_the_cluster() {
    let folder = asking("snapshot");
    let of = |path: &str| parameter("cluster", "string", &format!("\"{path}\""));
    for (path, app) in
        [("/clusters/prod.yaml", "charts/ask"), ("../../clusters/prod.yaml", "charts/ask"), ("/clusters/prod.yaml", "asking")]
    {
        let out = succeeds(&folder, app, "generate", &[of(path)]);
        let wanted = "region: \"{\\\"region\\\":\\\"eu\\\"}\"\n  kube: v1.33.7\n  x: \"false\"\n  y: \"true\"\n";
        assert!(out.contains(wanted), "{path} {app}: {out}");
    }
    // The parameters say it again; what a snapshot leaves open Argo CD says.
    let more = [
        of("/clusters/prod.yaml"),
        parameter("kube-version", "string", "\"1.32.0\""),
        parameter("api-versions", "array", "[\"x.dev/v1\"]"),
    ];
    let out = succeeds(&folder, "charts/ask", "generate", &more);
    assert!(out.contains("kube: v1.32.0\n  x: \"true\"\n  y: \"true\"\n"), "{out}");
    for app in ["charts/ask", "asking"] {
        let out = succeeds(&folder, app, "generate", &[of("/clusters/objects.yaml")]);
        assert!(out.contains("us") && out.contains("kube: v1.31.0\n  x: \"true\"\n  y: \"false\"\n"), "{out}");
    }
    let files = succeeds(&folder, "charts/ask", "files", &[of("/clusters/prod.yaml")]);
    assert!(files.lines().any(|l| l == "clusters/prod.yaml"), "{files}");
    let annotation = succeeds(&folder, "asking", "annotation", &[of("/clusters/prod.yaml")]);
    assert!(annotation.contains("/clusters/prod.yaml"), "{annotation}");

    // Nothing outside of the repository, and no word of what a file holds.
    for path in ["../../../outside.yaml", "/../outside.yaml"] {
        let error = fails(&folder, "charts/ask", &[of(path)]);
        assert!(error.starts_with("error: parameter cluster: ") && error.contains("leads out of the repository"), "{error}");
    }
    #[cfg(unix)]
    {
        case::link(&folder.join("clusters/link.yaml"), "../../outside.yaml");
        assert!(fails(&folder, "charts/ask", &[of("/clusters/link.yaml")]).contains("leads out of the repository"));
    }
    assert!(fails(&folder, "charts/ask", &[of("/clusters/none.yaml")]).contains("clusters/none.yaml doesn't exist"));
    let error = fails(&folder, "charts/ask", &[of("/clusters/wrong.yaml")]);
    assert!(error.contains("objects[0] has no apiVersion") && error.contains("--> clusters/wrong.yaml:1"), "{error}");
    let error = fails(&folder, "charts/ask", &[of("/clusters/prod.yaml"), parameter("values.note", "string", "\"fail\"")]);
    assert!(error.contains("***") && !error.contains("hunter2"), "{error}");
    let error = fails(&folder, "plain", &[of("/clusters/prod.yaml")]);
    assert!(error.contains("parameter cluster has no meaning for plain manifests"), "{error}");
}

#[test]
fn what_a_snapshot_answers_is_recorded_by_its_content() {
    let folder = asking("snapshot-cache");
    let cache = cache(&folder);
    for app in ["charts/ask", "asking"] {
        let of = || cached(&folder, app, &[parameter("cluster", "string", "\"/clusters/prod.yaml\"")], &cache, &[]);
        let (first, said) = of();
        assert!(said.starts_with("miss "), "{app}: {said}");
        let (again, said) = of();
        assert!(said.starts_with("hit ") && again == first, "{app}: {said}");
        let file = folder.join("clusters/prod.yaml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("region: eu", "region: ap")).unwrap();
        let (changed, said) = of();
        assert!(said.starts_with("miss ") && changed != first, "{app}: {said}");
        fs::write(&file, text).unwrap();
        assert_eq!(of().0, first);
        // Without a snapshot it is a cluster's word, which may be another tomorrow.
        assert_eq!(cached(&folder, app, &[], &cache, &[]).1, "not kept, templates ask for the cluster");
    }
}

#[test]
fn an_overlay_is_laid_over_a_chart() {
    let folder = asking("overlay");
    let of = |path: &str| parameter("overlay", "string", &format!("\"{path}\""));
    for path in ["/over", "../../over/"] {
        let out = succeeds(&folder, "charts/ask", "generate", &[of(path)]);
        assert!(out.contains("  note: patched\n") && out.contains("name: more"), "{out}");
    }
    assert!(!succeeds(&folder, "charts/ask", "generate", &[of("")]).contains("patched"));
    let cache = cache(&folder);
    assert_eq!(cached(&folder, "charts/ask", &[of("/over")], &cache, &[]).1, "not kept, what an overlay reads isn't known");
    let files = succeeds(&folder, "charts/ask", "files", &[of("/over")]);
    assert!(files.contains("over/kustomization.yaml\n") && files.contains("over/more.yaml\n"), "{files}");
    assert_eq!(succeeds(&folder, "charts/ask", "annotation", &[of("/over")]), "/charts/ask;/over\n");

    let error = fails(&folder, "charts/ask", &[of("/unmatched")]);
    assert!(error.contains("unmatched/kustomization.yaml"), "{error}");
    for path in ["/over/nothing", "/over/more.yaml"] {
        let error = fails(&folder, "charts/ask", &[of(path)]);
        assert!(error.contains("is not a folder with a kustomization.yaml"), "{error}");
    }
    assert!(fails(&folder, "charts/ask", &[of("/none")]).contains("none doesn't exist"));
    assert!(fails(&folder, "charts/ask", &[of("../../..")]).contains("leads out of the repository"));
    let error = fails(&folder, "asking", &[of("/over")]);
    assert!(error.contains("parameter overlay: pintle.yaml says what is laid over a release"), "{error}");
    let error = fails(&folder, "overlay", &[of("/over")]);
    assert!(error.contains("parameter overlay has no meaning for a kustomization"), "{error}");
}
