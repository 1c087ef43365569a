//! `pintle.yaml` and the commands around it: render --env and --all, diff, init, dependency.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::case::{self, pintle};

/// A repository with a chart of two environments, an overlay, and a pintle.yaml.
const REPOSITORY: &str = "-- pintle.yaml --
output: rendered
releases:
  web:
    chart: charts/web
    values: [\"values/web/{env}.yaml\"]
    namespace: web-{env}
    environments:
      dev: {}
      prod:
        releaseName: web-live
        set: {note: inline}
        overlay:
          labels: [{pairs: {tier: gold}, includeSelectors: false}]
  db:
    kustomization: overlays/{env}
    environments: [prod]
-- charts/web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- charts/web/values.yaml --
replicas: 1
note: default
-- charts/web/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  replicas: {{ .Values.replicas | quote }}
  note: {{ .Values.note }}
-- values/web/dev.yaml --
replicas: 2
-- values/web/prod.yaml --
replicas: 3
-- overlays/prod/kustomization.yaml --
namePrefix: prod-
resources: [db.yaml]
-- overlays/prod/db.yaml --
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  password: hunter2
";

/// The repository laid out as a Git work tree of its own: a build folder may lie inside Pintle's,
/// whose pintle.yaml a search upwards would find.
fn repository(name: &str) -> PathBuf {
    let folder = case::laid_out(&format!("project-{name}"), REPOSITORY);
    fs::create_dir(folder.join(".git")).unwrap();
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Standard output of a command that must succeed.
fn succeeds(folder: &Path, args: &str) -> String {
    let output = pintle(folder, args, &[]);
    assert!(output.status.success(), "{args}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Standard error of a command that must fail with a code and print nothing.
fn fails(folder: &Path, args: &str, code: i32) -> String {
    let Output { status, stdout, stderr } = pintle(folder, args, &[]);
    assert_eq!((status.code(), text(&stdout).as_str()), (Some(code), ""), "{args}: {}", text(&stderr));
    text(&stderr)
}

const PROD: &str = "apiVersion: v1
kind: Secret
metadata:
  name: prod-db
stringData:
  password: hunter2
apiVersion: v1
data:
  note: inline
  replicas: \"3\"
kind: ConfigMap
metadata:
  labels:
    tier: gold
  name: web-live
  namespace: web-prod
";

#[test]
fn an_environment_is_a_name() {
    let folder = repository("env");
    assert_eq!(succeeds(&folder, "render --env prod"), PROD);
    let dev = succeeds(&folder, "render --env dev");
    assert!(dev.contains("name: web\n  namespace: web-dev\ndata:\n  replicas: \"2\"\n  note: default\n"), "{dev}");
    // Flags win, and so does a release by name.
    let set = succeeds(&folder, "render --env prod --release web --set replicas=9");
    assert!(set.contains("replicas: \"9\"") && !set.contains("Secret"), "{set}");
    // From a folder below, as with other tools of a repository.
    assert_eq!(succeeds(&folder.join("values"), "render --env prod"), PROD);
}

#[test]
fn rendered_files_are_kept_up_to_date() {
    let folder = repository("all");
    succeeds(&folder, "render --all");
    let out = folder.join("rendered");
    assert_eq!(fs::read_to_string(out.join("prod/web.yaml")).unwrap() + "", PROD[PROD.find("apiVersion: v1\ndata").unwrap()..]);
    let before = fs::metadata(out.join("dev/web.yaml")).unwrap().modified().unwrap();
    fs::write(out.join("mine.txt"), "kept").unwrap();
    // One file changes, one goes, the rest is not touched.
    let project = fs::read_to_string(folder.join("pintle.yaml")).unwrap();
    let without_db = project.split("  db:\n").next().unwrap();
    fs::write(folder.join("pintle.yaml"), without_db).unwrap();
    fs::write(folder.join("values/web/prod.yaml"), "replicas: 4\n").unwrap();
    let said = text(&pintle(&folder, "render --all", &[]).stderr);
    assert!(said.contains("wrote ") && said.contains("removed ") && said.contains("1 unchanged"), "{said}");
    assert!(!out.join("prod/db.yaml").exists() && out.join("mine.txt").exists());
    assert_eq!(fs::metadata(out.join("dev/web.yaml")).unwrap().modified().unwrap(), before);
    // An environment alone leaves the others' files alone.
    succeeds(&folder, "render --env dev --output-dir rendered");
    assert!(out.join("prod/web.yaml").exists());
}

#[test]
fn what_is_not_ours_is_not_overwritten() {
    let folder = repository("foreign");
    case::write(&folder.join("rendered/dev/web.yaml"), b"mine");
    let said = fails(&folder, "render --all", 1);
    assert!(said.contains("is there already, and pintle didn't write it"), "{said}");
    assert_eq!(fs::read(folder.join("rendered/dev/web.yaml")).unwrap(), b"mine");
    fs::remove_dir_all(folder.join("rendered")).unwrap();
    fs::create_dir_all(folder.join("elsewhere")).unwrap();
    case::link(&folder.join("rendered/dev"), "../elsewhere");
    let said = fails(&folder, "render --all", 1);
    assert!(said.contains("is a symbolic link: nothing is written through it"), "{said}");
    fs::remove_file(folder.join("rendered/dev")).unwrap();
    case::write(&folder.join("rendered/.pintle-rendered"), b"../pintle.yaml\n");
    let said = fails(&folder, "render --all", 1);
    assert!(said.contains("leads out of"), "{said}");
    assert!(folder.join("pintle.yaml").exists());
}

#[test]
fn mistakes_are_named() {
    let folder = repository("mistakes");
    let said = fails(&folder, "render --env prdo", 2);
    assert!(said.contains("unknown environment \"prdo\"") && said.contains("did you mean prod?"), "{said}");
    assert!(fails(&folder, "render", 2).contains("known: dev, prod"));
    assert!(fails(&folder, "render --env dev --release wbe", 2).contains("did you mean web?"));
    assert!(fails(&folder, "render --env dev -n other", 2).contains("--namespace"));
    fs::remove_file(folder.join("values/web/prod.yaml")).unwrap();
    fs::remove_file(folder.join("overlays/prod/db.yaml")).unwrap();
    // Every job's error, with its place in pintle.yaml.
    let said = fails(&folder, "render --all", 1);
    assert!(said.contains("web (prod): values file ./values/web/prod.yaml doesn't exist"), "{said}");
    assert!(said.contains("pintle.yaml:5:14") && said.contains("db (prod): "), "{said}");
    assert!(!folder.join("rendered").exists());
    case::write(&folder.join("pintle.yaml"), b"releases:\n  web: {chart: charts/web, environments: [dev], valeus: []}\n");
    let said = fails(&folder, "render", 1);
    assert!(said.contains("unknown field \"valeus\" in releases.web") && said.contains("did you mean values?"), "{said}");
    case::write(
        &folder.join("pintle.yaml"),
        b"releases: {web: {chart: charts/web, environments: [a], overlay: {patches: [{target: {kind: Nope}, patch: \"[]\"}]}}}\n",
    );
    let said = fails(&folder, "render", 1);
    assert!(said.contains("web (a): ") && said.contains("Nope"), "{said}");
}

#[test]
fn a_folder_tells_what_it_is() {
    let folder = repository("target");
    assert!(succeeds(&folder, "render overlays/prod").contains("name: prod-db"));
    let both = folder.join("both");
    case::write(&both.join("Chart.yaml"), b"apiVersion: v2\nname: b\nversion: 1.0.0\n");
    case::write(&both.join("kustomization.yaml"), b"");
    assert!(fails(&folder, "render both", 1).contains("holds both a Chart.yaml and a kustomization.yaml"));
    fs::create_dir(folder.join("none")).unwrap();
    fs::remove_file(folder.join("pintle.yaml")).unwrap();
    assert!(fails(&folder, "render none", 1).contains("holds no pintle.yaml, no Chart.yaml and no kustomization.yaml"));
    let said = fails(&folder, "render", 1);
    assert!(said.contains("these can be rendered: ") && said.contains("charts/web"), "{said}");
    // Without a pintle.yaml files of values beside the chart are its environments.
    case::write(&folder.join("charts/web/values-stage.yaml"), b"replicas: 7\n");
    case::write(&folder.join("charts/values/live.yaml"), b"replicas: 8\n");
    assert!(succeeds(&folder, "render charts/web --env stage").contains("replicas: \"7\""));
    assert!(succeeds(&folder, "render charts/web --env live").contains("replicas: \"8\""));
    assert!(fails(&folder, "render charts/web --env test", 2).contains("known: live, stage"));
    assert!(fails(&folder, "render overlays/prod --set a=b", 2).contains("have no meaning there"));
    assert!(fails(&folder, "render charts/web --all", 2).contains("--all renders what a pintle.yaml lists"));
}

#[test]
fn differences_are_told_by_object() {
    let folder = repository("diff");
    let all = succeeds(&folder, "diff --env dev prod");
    assert!(all.contains("added    Secret prod-db\n") && all.contains("<hidden>") && !all.contains("hunter2"), "{all}");
    assert!(all.contains("removed  ConfigMap web\n"), "{all}");
    assert!(all.ends_with("0 changed, 2 added, 1 removed, 0 renamed, 0 unchanged\n"), "{all}");
    case::write(&folder.join("a.yaml"), b"kind: A\nmetadata: {name: x}\nv: 1\n");
    case::write(&folder.join("b.yaml"), b"kind: A\nmetadata: {name: x}\nv: 2\n");
    let shown = succeeds(&folder, "diff a.yaml b.yaml");
    assert_eq!(
        shown,
        "changed  A x (+1 -1)\n@@ -1,4 +1,4 @@\n kind: A\n metadata:\n   name: x\n-v: 1\n+v: 2\n\n1 changed, 0 added, 0 removed, 0 renamed, 0 unchanged\n"
    );
    assert_eq!(pintle(&folder, "diff a.yaml b.yaml --exit-code", &[]).status.code(), Some(1));
    assert_eq!(pintle(&folder, "diff a.yaml a.yaml --exit-code", &[]).status.code(), Some(0));
    assert_eq!(pintle(&folder, "diff a.yaml none.yaml --exit-code", &[]).status.code(), Some(2));
    assert!(succeeds(&folder, "diff a.yaml b.yaml -o json").contains("\"change\":\"changed\""));
    let markdown = succeeds(&folder, "diff a.yaml b.yaml -o markdown");
    assert!(markdown.contains("| changed | `A x` | +1 -1 |") && markdown.contains("```diff\n"), "{markdown}");
    assert_eq!(succeeds(&folder, "diff a.yaml b.yaml --summary").lines().count(), 2);
    assert!(fails(&folder, "diff a.yaml", 2).contains("name two environments"));
}

#[test]
fn a_revision_is_rendered_from_its_own_files() {
    let folder = repository("git");
    let git = |args: &[&str]| Command::new("git").arg("-C").arg(&folder).args(args).output();
    if git(&["init", "-q"]).is_err() {
        return; // There is no git here; what needs it can't be tried.
    }
    git(&["add", "-A"]).unwrap();
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
    let committed = git(&[&identity[..], &["commit", "-qm", "first"]].concat()).unwrap();
    assert!(committed.status.success(), "{}", text(&committed.stderr));
    fs::write(folder.join("values/web/prod.yaml"), "replicas: 5\n").unwrap();
    let path = std::env::var("PATH").unwrap();
    let run = |args: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pintle"));
        command.current_dir(&folder).env_clear().env("PATH", &path).args(case::split(args)).output().unwrap()
    };
    let changed = text(&run("diff --git HEAD").stdout);
    assert!(changed.contains("-  replicas: \"3\"\n+  replicas: \"5\"\n"), "{changed}");
    let unknown = run("diff --git nope");
    assert!(!unknown.status.success() && text(&unknown.stderr).contains("git ls-tree nope: "));
}

#[test]
fn a_first_pintle_yaml_is_found_out() {
    let folder = repository("init");
    assert!(fails(&folder, "init", 1).contains("is there already"));
    fs::remove_file(folder.join("pintle.yaml")).unwrap();
    case::write(
        &folder.join("apps/web.yaml"),
        b"kind: Application\nmetadata: {name: web-prod}\nspec:\n  source: {path: charts/web, helm: {valueFiles: [../../values/web/prod.yaml]}}\n  destination: {namespace: live}\n",
    );
    let said = text(&pintle(&folder, "init", &[]).stderr);
    assert!(said.contains("2 releases, environments "), "{said}");
    let expected = "# pintle.yaml: the releases of this repository and their environments.
apiVersion: pintle.dev/v1
releases:
  app:
    environments:
      prod:
        kustomization: overlays/prod
  web:
    chart: charts/web
    environments:
      dev:
        values: [values/web/dev.yaml]
      prod:
        values: [values/web/prod.yaml]
        releaseName: web-prod
        namespace: live
";
    assert_eq!(fs::read_to_string(folder.join("pintle.yaml")).unwrap(), expected);
    assert!(succeeds(&folder, "render --env prod").contains("namespace: live"));
    let empty = case::folder("project-init-empty");
    assert!(fails(&empty, "init", 1).contains("holds no chart and no kustomize overlay"));
}

#[test]
fn local_dependencies_are_packed_the_same_each_time() {
    let folder = repository("dependency");
    case::write(&folder.join("charts/common/Chart.yaml"), b"apiVersion: v2\nname: common\nversion: 1.2.0\ntype: library\n");
    case::write(&folder.join("charts/common/templates/_a.tpl"), b"{{ define \"a\" }}x{{ end }}");
    let chart = "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: common, version: ^1.0.0, repository: \"file://../common\"}]\n";
    case::write(&folder.join("charts/web/Chart.yaml"), chart.as_bytes());
    case::write(&folder.join("charts/web/charts/common-1.1.0.tgz"), b"old");
    fs::remove_file(folder.join("charts/web/charts/common-1.1.0.tgz")).unwrap();
    assert!(succeeds(&folder, "dependency list charts/web").contains("\tmissing"));
    succeeds(&folder, "dependency build charts/web");
    let archive = folder.join("charts/web/charts/common-1.2.0.tgz");
    let first = fs::read(&archive).unwrap();
    assert!(text(&pintle(&folder, "dependency build charts/web", &[]).stderr).contains("common is up to date"));
    fs::remove_file(&archive).unwrap();
    // Times and places of the files are no part of it.
    fs::rename(folder.join("charts"), folder.join("moved")).unwrap();
    succeeds(&folder, "dependency build moved/web");
    assert_eq!(fs::read(folder.join("moved/web/charts/common-1.2.0.tgz")).unwrap(), first);
    assert!(succeeds(&folder, "dependency list moved/web").contains("\tok"));
    case::write(&folder.join("moved/common/Chart.yaml"), b"apiVersion: v2\nname: common\nversion: 2.0.0\ntype: library\n");
    assert!(fails(&folder, "dependency build moved/web", 1).contains("wants common ^1.0.0"));
    case::write(
        &folder.join("moved/web/Chart.yaml"),
        chart.replace("file://../common", "https://example.com").replace("^1.0.0", "^9").as_bytes(),
    );
    assert!(fails(&folder, "dependency build moved/web", 1).contains("nothing is fetched"));
}

#[test]
fn the_schema_of_pintle_yaml_says_what_the_program_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let schema = fs::read(root.join("schemas/pintle.schema.json")).unwrap();
    let folder = repository("schema");
    let accepted =
        [fs::read_to_string(folder.join("pintle.yaml")).unwrap(), "releases: {a: {chart: c, environments: {dev: }}}".into()];
    let refused = [
        "releases: {a: {chart: c, environments: [dev], valeus: []}}",
        "releases: {a: {chart: c, environments: {dev: {nope: 1}}}}",
        "releases: {a: {chart: 1, environments: [dev]}}",
        "environments: [dev]",
        "apiVersion: v1\nreleases: {a: {chart: c, environments: [dev]}}",
        "releases: {a: {chart: c, environments: [dev], compat: helm-2}}",
    ];
    // The schema is tried as a chart's: the program validates values with it.
    case::write(&folder.join("chart/Chart.yaml"), b"apiVersion: v2\nname: c\nversion: 1.0.0\n");
    case::write(&folder.join("chart/values.schema.json"), &schema);
    let check = |file: &str, fits: bool| {
        case::write(&folder.join("chart/values.yaml"), file.as_bytes());
        let output = pintle(&folder, "template c chart", &[]);
        assert_eq!(output.status.success(), fits, "{file}: {}", text(&output.stderr));
        let read = pintle_core::project::Project::read(".", "pintle.yaml", file.as_bytes());
        assert_eq!(read.is_ok(), fits, "{file}");
    };
    accepted.iter().for_each(|file| check(file, true));
    refused.iter().for_each(|file| check(file, false));
}

#[test]
fn values_of_pintle_yaml_have_their_place_there() {
    let files = "\
-- pintle.yaml --
environments: [dev, prod]
set: {deep: {name: a}}
releases:
  web:
    chart: chart
    environments:
      dev:
      prod:
        set:
          deep:
            name: [b]
-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- chart/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  a: {{ upper .Values.deep.name }}
";
    let folder = case::laid_out("project-set-places", files);
    assert!(pintle(&folder, "render --env dev", &[]).status.success());
    let said = fails(&folder, "render --env prod", 1);
    assert!(said.contains("::: pintle.yaml:11:13 .Values.deep.name is set here"), "{said}");
}

#[test]
fn a_seed_and_a_clock_make_the_same_output() {
    let files = "-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- chart/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data:
  drawn: {{ randAlphaNum 20 }}
  now: {{ now | date \"2006-01-02T15:04:05\" | quote }}
";
    let folder = case::laid_out("project-seed", files);
    let run = |flags: &str| {
        let out = pintle(&folder, &format!("render chart {flags}"), &[]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let fixed = run("--seed 7 --now 2026-01-31T12:00:00+01:00");
    assert!(fixed.contains("now: \"2026-01-31T11:00:00\""), "{fixed}");
    assert_eq!(run("--seed 7 --now 2026-01-31T11:00:00Z"), fixed);
    assert_ne!(run("--seed 8 --now 2026-01-31T11:00:00Z"), fixed);
    assert_ne!(run("--now 2026-01-31T11:00:00Z"), fixed);
    let template = |seed| pintle(&folder, &format!("template web chart --seed {seed} --now 2026-01-31T11:00:00Z"), &[]).stdout;
    assert_eq!(template(7), fixed.as_bytes());
    let said = fails(&folder, "render chart --now yesterday", 2);
    assert!(said.contains("a time such as 2026-01-31T12:00:00Z is meant"), "{said}");
}
