//! One chart, many renders, several threads: the library as programs use it.

use std::collections::BTreeMap;
use std::path::Path;

use pintle::world::{Drawn, Instant, Query, World};
use pintle::{Chart, Data, Diagnostic, Error, Loader, Mode, Overlay, Release, Request, Values};

const CHART: [(&str, &str); 8] = [
    ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0, condition: db.enabled}]\n"),
    ("values.yaml", "replicas: 1\nlabels: {tier: front}\n"),
    ("templates/_helpers.tpl", "{{ define \"web.labels\" }}{{ toYaml .Values.labels }}{{ end }}"),
    (
        "templates/a.yaml",
        "{{- $_ := set .Values.labels \"seen\" .Template.Name }}
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include \"web.labels\" . | nindent 4 }}
spec: {replicas: {{ .Values.replicas }}}
",
    ),
    (
        "templates/hook.yaml",
        "kind: Job
metadata: {name: job, annotations: {helm.sh/hook: \"pre-install,test\", helm.sh/hook-weight: \"-3\", helm.sh/hook-delete-policy: hook-succeeded}}
",
    ),
    ("templates/NOTES.txt", "Thanks for {{ .Release.Name }}"),
    ("charts/db/Chart.yaml", "{apiVersion: v2, name: db, version: 1.0.0}"),
    ("charts/db/templates/a.yaml", "{kind: Service, metadata: {name: {{ .Values.name | default \"db\" }}}}"),
];

fn chart() -> Chart {
    Chart::from_files(CHART).unwrap()
}

/// A chart with one template.
fn of(template: &str) -> Chart {
    Chart::from_files([("Chart.yaml", "{apiVersion: v2, name: a, version: 1.0.0}"), ("templates/a.yaml", template)]).unwrap()
}

fn text(request: &Request) -> String {
    String::from_utf8(request.run().unwrap().to_yaml().unwrap()).unwrap()
}

#[derive(serde::Serialize)]
struct Settings {
    replicas: u32,
    labels: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    db: Option<Db>,
}

#[derive(serde::Serialize)]
struct Db {
    enabled: bool,
    name: String,
}

fn settings(replicas: u32, db: Option<Db>) -> Values {
    Values::from_serialize(&Settings { replicas, labels: [("a", "b")].into(), db }).unwrap()
}

#[test]
fn a_chart_renders_many_times_with_the_same_bytes() {
    let chart = chart();
    let first = text(&Request::new(&chart).name("r"));
    assert!(first.contains("tier: front"), "{first}");
    for _ in 0..20 {
        assert_eq!(text(&Request::new(&chart).name("r")), first);
    }
    // What a template did to the values of one render isn't seen by the next.
    assert_eq!(text(&Request::new(&chart).name("other")), first.replace("name: r\n", "name: other\n"));
    let parallel = Loader::new().parallel(true).load_files(CHART).unwrap();
    assert_eq!(text(&Request::new(&parallel).name("r")), first);
}

#[test]
fn threads_share_a_chart() {
    let chart = chart();
    let rendered: Vec<String> = std::thread::scope(|scope| {
        let chart = &chart;
        let one = |i| scope.spawn(move || text(&Request::new(chart).values(settings(i, None))));
        let handles: Vec<_> = (0..8).map(one).collect();
        handles.into_iter().map(|h| h.join().unwrap()).collect()
    });
    for (i, rendered) in rendered.iter().enumerate() {
        assert_eq!(rendered.replace(&format!("replicas: {i}}}"), "replicas: 0}"), rendered_with_none(&chart));
    }
}

fn rendered_with_none(chart: &Chart) -> String {
    text(&Request::new(chart).values(settings(0, None)))
}

#[test]
fn values_come_from_rust_types() {
    let chart = chart();
    let db = |enabled| Some(Db { enabled, name: "store".into() });
    let on = text(&Request::new(&chart).values(settings(3, db(true))));
    assert!(on.contains("replicas: 3}") && on.contains("name: store") && on.contains("    a: b"), "{on}");
    let off = text(&Request::new(&chart).values(settings(3, db(false))));
    assert!(!off.contains("kind: Service"), "{off}");
    assert!(Values::from_serialize(&[1, 2]).is_err(), "values are a map");
}

#[test]
fn values_count_in_the_order_of_helm() {
    let values = |values: Values| text(&Request::new(&of("a: {{ .Values.a }}")).values(values));
    let all = Values::new()
        .set_literal("a=literal")
        .set_string("a=string")
        .set("a=set")
        .set_json("a=\"json\"")
        .file("f.yaml", "a: file");
    assert!(values(all).contains("a: literal"));
    let typed = || Values::from_serialize(&BTreeMap::from([("a", "typed")])).unwrap();
    assert!(values(typed()).contains("a: typed"));
    assert!(values(typed().file("f.yaml", "a: file")).contains("a: file"));
    assert!(values(typed().set("a=set")).contains("a: set"));
    // Integers of a type are integers, those of a file are floats, as in Helm.
    let kind = |values| text(&Request::new(&of("a: {{ kindOf .Values.a }}")).values(values));
    assert!(kind(Values::from_serialize(&BTreeMap::from([("a", 1)])).unwrap()).contains("a: int64"));
    assert!(kind(Values::new().file("f.yaml", "a: 1")).contains("a: float64"));
}

#[test]
fn a_release_is_data() {
    let release = Request::new(&chart()).run().unwrap();
    let kinds: Vec<&str> = release.manifests().iter().map(|m| m.kind.as_str()).collect();
    assert_eq!(kinds, ["Service", "Deployment"]);
    assert_eq!(release.manifests()[1].name, "release-name");
    assert_eq!(release.manifests()[1].source, "web/templates/a.yaml");
    let [hook] = release.hooks() else { panic!("one hook") };
    assert_eq!((hook.manifest.kind.as_str(), hook.weight, hook.events.len()), ("Job", -3, 2));
    assert_eq!(hook.delete_policies, ["hook-succeeded"]);
    assert_eq!(release.notes().map(str::trim), Some("Thanks for release-name"));
}

#[test]
fn an_overlay_changes_manifests_and_keeps_their_order() {
    let overlay = || Overlay::new(".", "namePrefix: prod-\n").unwrap();
    let request = Request::new(&chart()).overlay(overlay());
    let release = request.run().unwrap();
    let names: Vec<&str> = release.manifests().iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["prod-db", "prod-release-name", "prod-job"], "{}", text(&request));
    assert!(release.hooks().is_empty() && release.drawn().is_none());
    // Lines count from the beginning of the stream.
    let line = release.manifests()[1].line;
    assert_eq!(text(&request).lines().nth(line - 1).unwrap(), "kind: Deployment");
    let refused = Overlay::new(".", "namePrefix: [a").unwrap_err();
    assert_eq!(refused.diagnostics()[0].span.as_ref().unwrap().source.name(), "overlay");
    let unmatched = Overlay::new(".", "patches: [{target: {kind: Service, name: nobody}, patch: \"[]\"}]").unwrap();
    assert!(Request::new(&chart()).overlay(unmatched).run().is_err());
}

#[test]
fn results_cross_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Release>();
    crosses::<Error>();
    crosses::<Diagnostic>();
    crosses::<Chart>();
    crosses::<Values>();
}

#[test]
fn errors_are_data() {
    let error = Request::new(&of("a: {{ .Values.a.none.deep }}")).values(Values::new().set("a.b=c")).run().unwrap_err();
    assert!(error.message().contains("nil pointer evaluating interface {}.deep"), "{error}");
    let span = error.diagnostics()[0].span.as_ref().unwrap();
    assert_eq!(span.to_string(), "a/templates/a.yaml:1:14");
    let missing = Chart::load(Path::new("/nonexistent")).unwrap_err();
    assert!(missing.message().contains("/nonexistent"), "{missing}");
    let template = of("a: {{ .Values.a | upper }}");
    let set = |values: Values| {
        let error = Request::new(&template).values(values).run().unwrap_err();
        error.diagnostics()[0].trace.iter().map(|trace| format!("{} {}", trace.span, trace.what)).collect::<Vec<_>>()
    };
    assert_eq!(set(Values::new().file("prod.yaml", "\na: [1]")), ["prod.yaml:2:1 .Values.a is set here"]);
    assert_eq!(set(Values::new().set("a=1")), ["--set a .Values.a is set by this flag"]);
    let typed = Values::from_serialize(&BTreeMap::from([("a", [1])])).unwrap();
    assert_eq!(set(typed), ["the program's values .Values.a is set here"]);
}

#[test]
fn checks_have_levels() {
    let service =
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {app: a}, ports: [{port: 80, targetport: 1}]}}";
    let request = Request::new(&of(service));
    assert!(request.run().unwrap().findings().is_empty(), "nothing is checked unless it is asked for");
    let codes = |request: Request| request.run().unwrap().findings().iter().map(|d| d.rule.code).collect::<Vec<_>>();
    assert_eq!(codes(request.clone().check(Mode::Warn)), ["schema/unknown-field", "select/service"]);
    assert_eq!(codes(request.clone().check(Mode::Warn).rule("select/*", "off")), ["schema/unknown-field"]);
    let refused = request.clone().check(Mode::Error).run().unwrap_err();
    assert_eq!(refused.diagnostics()[0].path.to_string(), "spec.ports[0].targetport");
    let unknown = request.rule("select/servce", "off").run().unwrap_err();
    assert_eq!(unknown.message(), "unknown rule \"select/servce\"; did you mean select/service?");
}

#[test]
fn a_release_says_what_its_templates_drew() {
    let drawn = |template: &str| Request::new(&of(&format!("a: {template}\n"))).run().unwrap().drawn().unwrap();
    let (clock, random) = (drawn("{{ now | date \"2006\" }}"), drawn("{{ tpl \"{{ uuidv4 }}\" . }}"));
    assert_eq!(drawn("{{ upper \"x\" }}{{ if false }}{{ now }}{{ end }}"), Drawn::default());
    assert!(clock.clock && !clock.random && random.random && !random.clock);
    assert_eq!(clock | random, drawn("{{ now | date \"2006\" }}{{ randAlpha 3 }}"));
}

#[test]
fn a_world_is_seeded_or_ones_own() {
    struct Fixed;
    impl World for Fixed {
        fn now(&self) -> Instant {
            Instant { seconds: 86_400, nanos: 0 }
        }
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(1);
        }
        fn lookup(&self, query: Query<'_>) -> Result<Data, String> {
            Ok(Data::Map([("found".to_owned(), Data::String(format!("{}/{}", query.kind, query.name)))].into()))
        }
    }
    let chart = of("a: {{ now | unixEpoch }} {{ randAlphaNum 8 }} {{ (lookup \"v1\" \"Secret\" \"b\" \"c\").found }}");
    let own = text(&Request::new(&chart).world(|| Fixed));
    assert!(own.contains("a: 86400 ") && own.ends_with(" Secret/c\n"), "{own}");
    let seeded = |seed| Request::new(&chart).seed(seed).now(Instant { seconds: 1, nanos: 0 });
    assert_eq!(text(&seeded(1)), text(&seeded(1)));
    assert_ne!(text(&seeded(1)), text(&seeded(2)));
}

#[test]
fn options_are_those_of_helm_template() {
    let chart = of(
        "a: {{ .Release.Namespace }} {{ .Release.IsUpgrade }} {{ .Capabilities.KubeVersion.Minor }} {{ .Capabilities.APIVersions.Has \"x/v1\" }}",
    );
    let request = Request::new(&chart).namespace("prod").upgrade(true).kube_version("1.31").api_versions(["x/v1"]);
    assert!(text(&request).contains("a: prod true 31 true"), "{}", text(&request));
    let shown = |pattern: &str| Request::new(&self::chart()).show_only([pattern]).run().unwrap().to_yaml();
    assert!(shown("charts/db/templates/a.yaml").unwrap().starts_with(b"---\n# Source: web/charts/db/templates/a.yaml\n"));
    assert!(shown("templates/none.yaml").is_err());
    let hooks = |request: Request| text(&request).contains("kind: Job");
    assert!(hooks(Request::new(&self::chart())) && !hooks(Request::new(&self::chart()).no_hooks(true)));
}
