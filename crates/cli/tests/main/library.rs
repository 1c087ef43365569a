//! The library as its users call it: one chart, many renders, several threads.

use std::path::Path;
use std::sync::Arc;

use pintle::emit::{EmitOptions, stream};
use pintle::{Chart, Diagnostic, Error, LoadOptions, Options, Release, Values, render};

use crate::case;

const CHART: &str = "
-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
dependencies: [{name: db, version: 1.0.0, condition: db.enabled}]
-- chart/values.yaml --
replicas: 1
labels: {tier: front}
-- chart/templates/_helpers.tpl --
{{ define \"web.labels\" }}{{ toYaml .Values.labels }}{{ end }}
-- chart/templates/a.yaml --
{{- $_ := set .Values.labels \"seen\" .Template.Name }}
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include \"web.labels\" . | nindent 4 }}
spec: {replicas: {{ .Values.replicas }}}
-- chart/templates/hook.yaml --
kind: Job
metadata: {name: job, annotations: {helm.sh/hook: \"pre-install,test\", helm.sh/hook-weight: \"-3\", helm.sh/hook-delete-policy: hook-succeeded}}
-- chart/templates/NOTES.txt --
Thanks for {{ .Release.Name }}
-- chart/charts/db/Chart.yaml --
apiVersion: v2
name: db
version: 1.0.0
-- chart/charts/db/templates/a.yaml --
kind: Service
metadata: {name: {{ .Values.name | default \"db\" }}}
";

fn chart(name: &str) -> Arc<Chart> {
    let folder = case::laid_out(&format!("library-{name}"), CHART);
    Chart::load(folder.join("chart"), &LoadOptions::default()).unwrap()
}

fn text(release: &Release) -> String {
    String::from_utf8(stream(release, &EmitOptions::default()).unwrap()).unwrap()
}

#[derive(serde::Serialize)]
struct Settings {
    replicas: u32,
    labels: std::collections::BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    db: Option<Db>,
}

#[derive(serde::Serialize)]
struct Db {
    enabled: bool,
    name: String,
}

#[test]
fn a_chart_renders_many_times_with_the_same_bytes() {
    let chart = chart("many");
    let options = Options { release_name: "r".into(), ..Options::default() };
    let first = text(&render(&chart, &Values::default(), &options).unwrap());
    assert!(first.contains("tier: front"), "{first}");
    for _ in 0..20 {
        assert_eq!(text(&render(&chart, &Values::default(), &options).unwrap()), first);
    }
    // What a template did to the values of one render isn't seen by the next.
    let other = Options { release_name: "other".into(), ..Options::default() };
    assert_eq!(text(&render(&chart, &Values::default(), &other).unwrap()), first.replace("name: r\n", "name: other\n"));
}

#[test]
fn threads_share_a_chart() {
    let chart = chart("threads");
    let rendered: Vec<String> = std::thread::scope(|scope| {
        let one = |i: usize| {
            let chart = chart.clone();
            scope.spawn(move || {
                let values =
                    Values::from_serialize(&Settings { replicas: i as u32, labels: [("a", "b")].into(), db: None }).unwrap();
                text(&render(&chart, &values, &Options::default()).unwrap())
            })
        };
        let handles: Vec<_> = (0..8).map(one).collect();
        handles.into_iter().map(|h| h.join().unwrap()).collect()
    });
    for (i, rendered) in rendered.iter().enumerate() {
        assert_eq!(rendered.replace(&format!("replicas: {i}}}"), "replicas: 0}"), rendered_of(&chart, 0));
    }
}

fn rendered_of(chart: &Arc<Chart>, replicas: u32) -> String {
    let values = Values::from_serialize(&Settings { replicas, labels: [("a", "b")].into(), db: None }).unwrap();
    text(&render(chart, &values, &Options::default()).unwrap())
}

#[test]
fn values_come_from_rust_types() {
    let chart = chart("values");
    let db = |enabled| Some(Db { enabled, name: "store".into() });
    let with = |db| Values::from_serialize(&Settings { replicas: 3, labels: [("a", "b")].into(), db }).unwrap();
    let on = text(&render(&chart, &with(db(true)), &Options::default()).unwrap());
    assert!(on.contains("replicas: 3}") && on.contains("name: store") && on.contains("    a: b"), "{on}");
    let off = text(&render(&chart, &with(db(false)), &Options::default()).unwrap());
    assert!(!off.contains("kind: Service"), "{off}");
    assert!(Values::from_serialize(&[1, 2]).is_err(), "values are a map");
}

#[test]
fn a_release_is_data() {
    let release = render(&chart("data"), &Values::default(), &Options::default()).unwrap();
    let kinds: Vec<&str> = release.manifests.iter().map(|m| m.kind.as_str()).collect();
    assert_eq!(kinds, ["Service", "Deployment"]);
    assert_eq!(release.manifests[1].name, "release-name");
    assert_eq!(release.manifests[1].source, "web/templates/a.yaml");
    let [hook] = &release.hooks[..] else { panic!("one hook") };
    assert_eq!((hook.manifest.kind.as_str(), hook.weight, hook.events.len()), ("Job", -3, 2));
    assert_eq!(hook.delete_policies, ["hook-succeeded"]);
    assert_eq!(release.notes.as_deref().map(str::trim), Some("Thanks for release-name"));
}

#[test]
fn results_cross_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Release>();
    crosses::<Error>();
    crosses::<Diagnostic>();
    crosses::<Arc<Chart>>();
    crosses::<Values>();
    crosses::<Options>();
}

#[test]
fn errors_are_data() {
    let files = CHART.replace("{{ .Values.replicas }}", "{{ .Values.replicas.none.deep }}");
    let folder = case::laid_out("library-errors", files);
    let chart = Chart::load(folder.join("chart"), &LoadOptions::default()).unwrap();
    let error = std::thread::spawn(move || render(&chart, &Values::default(), &Options::default()).unwrap_err()).join().unwrap();
    assert!(error.message().contains("can't evaluate field none"), "{error}");
    let span = error.diagnostics()[0].span.as_ref().unwrap();
    let file = folder.join("chart/templates/a.yaml").display().to_string();
    assert_eq!((span.source.name(), span.start().map(|at| at.line)), (&*file, Some(6)));
    let missing = Chart::load(Path::new("/nonexistent"), &LoadOptions::default()).unwrap_err();
    assert!(missing.message().contains("/nonexistent"), "{missing}");
}

#[test]
fn a_release_says_what_its_templates_drew() {
    use pintle::Drawn;
    use pintle::load::File;
    let drawn = |template: &str| {
        let files = vec![
            File::new("Chart.yaml", b"apiVersion: v2\nname: a\nversion: 1.0.0\n"),
            File::new("templates/a.yaml", format!("a: {template}\n").as_bytes()),
        ];
        let chart = Arc::new(Chart::from_files(files, &LoadOptions::default()).unwrap());
        render(&chart, &Values::default(), &Options::default()).unwrap().drawn
    };
    assert_eq!(drawn("{{ upper \"x\" }}{{ if false }}{{ now }}{{ end }}"), Drawn::default());
    let (clock, random) = (Drawn { clock: true, ..Drawn::default() }, Drawn { random: true, ..Drawn::default() });
    assert_eq!(drawn("{{ now | date \"2006\" }}"), clock);
    assert_eq!(drawn("{{ tpl \"{{ uuidv4 }}\" . }}"), random);
    assert_eq!(clock.or(random), drawn("{{ now | date \"2006\" }}{{ randAlpha 3 }}"));
}
