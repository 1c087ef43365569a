//! Charts with templates in Jinja: the same system in both languages, languages side by side, and what goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pintle_core::Data;
use pintle_yaml::Tree;

use crate::case::{self, pintle, without_codes};
use crate::systems::{entries, root, run, sets, text};

const SYSTEM: &str = "ontu-schedule-bot-admin";

/// What a chart renders to with an environment's values: the objects by kind and name, or what is wrong.
fn objects(chart: &str, env: &str, sets: &[String]) -> Result<BTreeMap<String, Data>, String> {
    let (values, namespace) = (format!("values/{SYSTEM}/{env}.yaml"), format!("ontu-schedule-{env}"));
    let mut args = vec!["template", SYSTEM, chart, "-f", &values, "-n", &namespace];
    sets.iter().for_each(|s| args.extend(["--set", s.as_str()]));
    let output = run(&args);
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        // `execution error at (FILE:LINE:COLUMN): ` says where, and the files differ.
        let said =
            error.split_once("): ").filter(|_| error.starts_with("Error: execution error at (")).map(|(_, said)| said.to_owned());
        return Err(said.unwrap_or(error));
    }
    let (trees, error) = Tree::parse_all(&output.stdout);
    assert!(error.is_none(), "{chart} in {env}: {error:?}");
    let objects = trees.iter().map(|t| t.to_data().unwrap()).filter(|d| !d.is_null());
    let key = |d: &Data| {
        let name = d.get("metadata").and_then(|m| text(m, "name")).unwrap_or_default();
        format!("{}/{name}", text(d, "kind").unwrap_or_default())
    };
    Ok(objects.map(|d| (key(&d), d)).collect())
}

#[test]
fn the_system_is_the_same_in_both_languages() {
    // Every switch that the facts and the refusals turn, in its environment.
    let mut cases: BTreeSet<(String, Vec<String>)> = ["dev", "staging", "prod"].map(|env| (env.to_owned(), Vec::new())).into();
    for folder in ["facts", "rejected"] {
        for entry in entries(folder).into_iter().filter(|(system, _)| system == SYSTEM).flat_map(|(_, entries)| entries) {
            cases.insert((text(&entry, "env").unwrap_or("dev").to_owned(), sets(&entry)));
        }
    }
    assert!(cases.len() > 20, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for (env, sets) in &cases {
        let go = objects(&format!("charts/{SYSTEM}"), env, sets);
        let jinja = objects(&format!("tests/jinja/{SYSTEM}"), env, sets);
        if go != jinja {
            wrong.push(format!("{env} {sets:?}\n  Go    {go:?}\n  Jinja {jinja:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{} of {} differ", wrong.join("\n"), wrong.len(), cases.len());
}

/// Values that the schema lets pass and a cluster doesn't.
const BAD: &str = "podLabels.x=-bad-,volumeMounts[0].name=none,volumeMounts[0].mountPath=/x,envFrom[0].configMapRef.name=absent";

#[test]
fn the_system_is_checked_alike() {
    for env in ["dev", "staging", "prod"] {
        let findings = |folder: &str| {
            let (chart, values) = (format!("{folder}/{SYSTEM}"), format!("values/{SYSTEM}/{env}.yaml"));
            let namespace = format!("ontu-schedule-{env}");
            let output =
                run(&["render", &chart, "--release", SYSTEM, "--values", &values, "--namespace", &namespace, "--set", BAD]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // Where a finding comes from stands on the lines below it.
            let lines = said.lines().filter(|l| ["error", "warning", "note"].iter().any(|s| l.starts_with(s)));
            let lines: BTreeSet<String> = lines.map(str::to_owned).collect();
            (output.status.code(), lines)
        };
        let (go, jinja) = (findings("charts"), findings("tests/jinja"));
        assert!(!go.1.is_empty(), "nothing is said of {env}");
        assert_eq!(go, jinja, "{env}");
    }
}

#[test]
fn the_system_has_the_same_values_and_schema() {
    for file in ["values.yaml", "values.schema.json"] {
        let read = |folder: &str| fs::read(root().join(folder).join(SYSTEM).join(file)).unwrap();
        assert_eq!(read("charts"), read("tests/jinja"), "{file}");
    }
}

/// A folder with these files, a Git work tree of its own.
fn laid_out(name: &str, files: &str) -> PathBuf {
    let folder = case::laid_out(&format!("jinja-{name}"), files);
    fs::create_dir(folder.join(".git")).unwrap();
    folder
}

fn succeeds(folder: &Path, args: &str) -> String {
    let output = pintle(folder, args, &[]);
    assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const JINJA: &str = "annotations: {pintle.dev/templates: jinja}\n";

#[test]
fn languages_stand_side_by_side() {
    let files = format!(
        "-- web/Chart.yaml --
apiVersion: v2
name: web
version: 0.1.0
-- web/values.yaml --
inner: {{color: blue}}
global: {{host: example.com}}
-- web/templates/a.yaml --
go: {{{{ .Values.inner.color }}}} {{{{ .Subcharts.inner.Values.size }}}}
-- web/charts/inner/Chart.yaml --
apiVersion: v2
name: inner
version: 0.2.0
{JINJA}-- web/charts/inner/values.yaml --
color: red
size: 3
-- web/charts/inner/templates/b.yaml --
jinja: {{{{ values.color }}}} {{{{ values.size }}}} {{{{ values.global.host }}}} {{{{ chart.is_root }}}} {{{{ include('helper') }}}} {{{{ 'x' | include('lib.quoted') }}}}
-- web/charts/inner/templates/_ignored.j2 --
{{{{ nothing of this is printed
-- web/charts/inner/charts/lib/Chart.yaml --
apiVersion: v2
name: lib
version: 0.1.0
type: library
-- web/charts/inner/charts/lib/templates/_lib.tpl --
{{{{ define \"helper\" }}}}{{{{ .Chart.Name }}}}-{{{{ .Release.Name }}}}{{{{ end }}}}{{{{ define \"lib.quoted\" }}}}{{{{ . | quote }}}}{{{{ end }}}}
"
    );
    let files = files.replace("{{ nothing of this is printed", "{# nothing of this is printed #}");
    let folder = laid_out("go-parent", &files);
    let b = "---\n# Source: web/charts/inner/templates/b.yaml\njinja: blue 3 example.com false inner-r1 \"x\"\n\n";
    let a = "---\n# Source: web/templates/a.yaml\ngo: blue 3\n";
    assert_eq!(succeeds(&folder, "template r1 web"), format!("{b}{a}"));

    let folder = laid_out(
        "jinja-parent",
        &format!(
            "-- web/Chart.yaml --
apiVersion: v2
name: web
version: 0.1.0
{JINJA}-- web/values.yaml --
go: {{size: 5}}
-- web/templates/a.yaml --
{{% from 'macros/_m.j2' import named %}}
jinja: {{{{ subcharts.go.values.size }}}} {{{{ named('x') }}}} {{{{ include('go.name', subcharts.go) }}}}
-- web/charts/go/Chart.yaml --
apiVersion: v2
name: go
version: 0.1.0
-- web/charts/go/values.yaml --
size: 1
-- web/charts/go/templates/b.yaml --
go: {{{{ .Values.size }}}} {{{{ include \"go.name\" . }}}}
-- web/charts/go/templates/_go.tpl --
{{{{ define \"go.name\" }}}}{{{{ .Chart.Name }}}} of {{{{ .Release.Name }}}}{{{{ end }}}}
-- web/charts/macros/Chart.yaml --
apiVersion: v2
name: macros
version: 0.1.0
type: library
{JINJA}-- web/charts/macros/templates/_m.j2 --
{{% macro named(x) %}}{{{{ x }}}} of {{{{ chart.name }}}}{{% endmacro %}}
"
        ),
    );
    let b = "---\n# Source: web/charts/go/templates/b.yaml\ngo: 5 go of r1\n\n";
    let a = "---\n# Source: web/templates/a.yaml\njinja: 5 x of web go of r1\n";
    assert_eq!(succeeds(&folder, "template r1 web"), format!("{b}{a}"));
}

/// A chart `web` in Jinja with one template, and these files beside.
fn chart(name: &str, template: &str, more: &str) -> PathBuf {
    laid_out(
        name,
        &format!(
            "-- web/Chart.yaml --\napiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: \"7\"\n{JINJA}-- web/values.yaml --\nimage: {{repository: nginx, tag: \"1\"}}\n\
             list: [1, 2]\n-- web/templates/a.yaml --\n{template}\n{more}"
        ),
    )
}

#[test]
fn helms_objects() {
    let folder = chart(
        "objects",
        "release: {{ release.name }} {{ release.namespace }} {{ release.is_install }} {{ release.is_upgrade }} {{ release.revision }} {{ release.service }}
chart: {{ chart.name }} {{ chart.version }} {{ chart.app_version }} {{ chart.annotations['pintle.dev/templates'] }} {{ Chart.Type }}
kube: {{ capabilities.kube_version }} {{ capabilities.kube_version.version }} {{ capabilities.kube_version.minor }} {{ capabilities.api_versions.has('apps/v1') }} {{ capabilities.helm_version.version }}
template: {{ template.name }} {{ template.base_path }}
get: {{ files.get('conf/a.txt') | trim }} {{ files.get('none') | quote }} {{ files.lines('conf/a.txt') | toJson }} {{ files['conf/b.bin'] | b64enc }}
glob: {% for path, data in files.glob('conf/*.txt') | items %}{{ path }}={{ data | trim }};{% endfor %}

config:
  {{ files.glob('conf/*.txt').as_config() | indent(2) }}
secrets:
  {{ files.glob('conf/*').as_secrets() | indent(2) }}
sum: {{ include(template.base_path ~ '/b.yaml') | sha256sum }}",
        "-- web/conf/a.txt --\none\n-- web/conf/b.bin (escaped) --\n\\xff\\x00\n-- web/templates/b.yaml --\n{# empty #}b: {{ values.list[0] }}\n-- web/templates/NOTES.txt --\nHello {{ release.name }}\n",
    );
    let expected = "---
# Source: web/templates/a.yaml
release: r1 ns true false 1 Helm
chart: web 0.1.0 7 jinja \n\
kube: v1.31.4 v1.31.4 31 true v4.3
template: web/templates/a.yaml web/templates
get: one \"\" [\"one\"] /wA=
glob: conf/a.txt=one;
config:
  a.txt: |
    one
secrets:
  a.txt: b25lCg==
  b.bin: /wA=
sum: 08e60701d32af867a9df2a88cc0a72b634187039d243c4dd3afe1b87b957c97d

---
# Source: web/templates/b.yaml
b: 1
";
    let printed = succeeds(&folder, "template r1 web -n ns --kube-version v1.31.4");
    assert_eq!(printed, expected);
    let chart = pintle_core::Chart::load(folder.join("web"), &pintle_core::LoadOptions::default()).unwrap();
    let options = pintle_core::Options { release_name: "r1".into(), ..pintle_core::Options::default() };
    let release = pintle_core::render(&chart, &pintle_core::Values::default(), &options).unwrap();
    assert_eq!(release.notes.as_deref(), Some("Hello r1\n"));
}

/// What `render` says of a template that is wrong.
fn said(name: &str, template: &str, more: &str) -> String {
    let folder = chart(name, template, more);
    let output = pintle(&folder, "render web", &[]);
    let error = without_codes(&String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{error}");
    assert_eq!(error.lines().filter(|l| l.starts_with("error: ")).count(), 1, "{error}");
    error
}

#[test]
fn bad_input_is_one_clear_error() {
    let cases = [
        (
            "unclosed",
            "a: 1\n{% if values.image %}\nb: 2",
            "",
            "error: unexpected end of input, expected end of block\n  --> web/templates/a.yaml:3:1",
        ),
        (
            "filter",
            "a: {{ values.image | toYml }}",
            "",
            "error: filter toYml is unknown\n  --> web/templates/a.yaml:1:22\n  1 | a: {{ values.image | toYml }}\n    |                      ^^^^^\n  ::: web/values.yaml:1:1 .Values.image is set here\n  help: did you mean toYaml?",
        ),
        (
            "function",
            "a: {{ toYml(values.image) }}",
            "",
            "error: toYml is unknown\n  --> web/templates/a.yaml:1:7\n  1 | a: {{ toYml(values.image) }}\n    |       ^^^^^^^^^^^^^^^^^^^\n  ::: web/values.yaml:1:1 .Values.image is set here\n  help: did you mean toYaml?",
        ),
        (
            "key",
            "a: {{ values.image.tga }}",
            "",
            "error: `values.image.tga` is undefined\n  --> web/templates/a.yaml:1:13\n  1 | a: {{ values.image.tga }}\n    |             ^^^^^^^^^^\n  help: nothing sets .Values.image.tga; did you mean .Values.image.tag?",
        ),
        (
            "object",
            "a: {{ relase.name }}",
            "",
            "error: `relase` is undefined\n  --> web/templates/a.yaml:1:7\n  1 | a: {{ relase.name }}\n    |       ^^^^^^^^^^^\n  help: did you mean release?",
        ),
        ("field", "a: {{ release.nme }}", "", "help: did you mean release.name?"),
        (
            "recursion",
            "{% macro m() %}{{ m() }}{% endmacro %}\na: {{ m() }}",
            "",
            "error: templates and macros call each other without end: the recursion limit of 500 is exceeded\n  --> web/templates/a.yaml:1:19",
        ),
        (
            "loop",
            "a:\n{% for i in range(1000000) %}\n- {{ i }}\n{% endfor %}",
            "",
            "  --> web/templates/a.yaml:2:13\n  2 | {% for i in range(1000000) %}",
        ),
        (
            "yaml",
            "{% from '_m.j2' import labels %}\nmetadata:\n  {{ labels(values.image.tag) }}",
            "-- web/templates/_m.j2 --\n{% macro labels(x) %}\na: {{ x }}\n b: [\n{% endmacro %}\n",
            "  --> web/templates/_m.j2:3:2",
        ),
        ("required", "a: {{ required('name a host', values.host) }}", "", "error: name a host\n  --> web/templates/a.yaml:1:7"),
        (
            "import",
            "{% from '_mm.j2' import x %}",
            "-- web/templates/_m.j2 --\n",
            "error: template \"_mm.j2\" does not exist\n  --> web/templates/a.yaml:1:4\n  1 | {% from '_mm.j2' import x %}\n    |    ^^^^^^^^^^^^^^^^^^^^^^\n  help: did you mean _m.j2?",
        ),
    ];
    for (name, template, more, wanted) in cases {
        let error = said(&format!("bad-{name}"), template, more);
        assert!(error.contains(wanted), "{name}: wanted {wanted}\ngot {error}");
        assert!(error.len() < 1200, "{name}: {error}");
    }
    let yaml = said("bad-yaml-chain", cases[8].1, cases[8].2);
    assert!(
        yaml.contains("::: web/templates/a.yaml:3:3 called here") && yaml.contains(".Values.image.tag is set here"),
        "{yaml}"
    );
}

#[test]
fn the_annotation_says_which_language() {
    let chart = |annotation: &str| {
        format!(
            "-- web/Chart.yaml --\napiVersion: v2\nname: web\nversion: 0.1.0\n{annotation}-- web/templates/a.yaml.j2 --\na: {{{{ 1 }}}}\n"
        )
    };
    // Without it, a chart is in Go's language whatever its files are called.
    let folder = laid_out("no-annotation", &chart("").replace("{{ 1 }}", "{{ .Values | len }}"));
    assert_eq!(succeeds(&folder, "template r1 web"), "---\n# Source: web/templates/a.yaml.j2\na: 0\n");
    let folder = laid_out("unknown-annotation", &chart("annotations: {pintle.dev/templates: mustache}\n"));
    let output = pintle(&folder, "render web", &[]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("annotation pintle.dev/templates: \"mustache\" is not a template language"), "{error}");
    assert!(error.contains("help: write jinja, or go"), "{error}");
}

#[test]
fn the_linter_knows_jinja() {
    let files = format!(
        "-- web/Chart.yaml --\napiVersion: v2\nname: web\nversion: 0.1.0\nicon: https://example.com/i.png\n{JINJA}-- web/values.yaml --\na: 1\n-- web/templates/_m.j2 --\n{{% macro m() %}}x{{% endmacro %}}\n-- web/templates/a.yaml.j2 --\n{{% from '_m.j2' import m %}}\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {{{{ m() }}}}_}}\n"
    );
    let folder = laid_out("lint", &files);
    let output = pintle(&folder, "helm lint web", &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("1 chart(s) linted, 0 chart(s) failed"), "{text}");
    assert!(text.contains("[WARNING] templates/a.yaml.j2: object name does not conform"), "{text}");
}

#[test]
fn init_makes_a_chart_of_good_manners() {
    let folder = laid_out("init", "-- README.md --\n\n");
    let said = pintle(&folder, "init --jinja shop", &[]);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let printed = succeeds(&folder, "render shop");
    assert!(printed.contains("kind: Deployment") && printed.contains("kind: Service"), "{printed}");
    let output = pintle(&folder, "render shop --check warn", &[]);
    let findings = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!findings.contains("error:") && !findings.contains("warning:"), "{findings}");
    let lint = pintle(&folder, "helm lint shop", &[]);
    assert!(String::from_utf8_lossy(&lint.stdout).contains("0 chart(s) failed"), "{}", String::from_utf8_lossy(&lint.stdout));
    // What is there already stays as it is.
    let again = pintle(&folder, "init --jinja shop", &[]);
    let error = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && error.contains("shop is there already"), "{error}");
}
