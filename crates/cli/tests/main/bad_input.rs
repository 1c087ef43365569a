//! Bad input: one clear error, exit code 1, nothing on standard output, within seconds.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::case::{self, Case, pintle};

/// Generous: an unoptimised build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a command with a bound on its memory, and ends it after some time.
fn within(folder: &Path, args: &str, time: Duration) -> Option<Output> {
    // 4 GiB of addresses: stacks that are reserved and never used count.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 4194304; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_pintle")]).args(case::split(args));
    let child =
        command.current_dir(folder).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.unwrap();
    let id = child.id().to_string();
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(child.wait_with_output()));
    match receive.recv_timeout(time) {
        Ok(output) => Some(output.unwrap()),
        Err(_) => {
            let _ = Command::new("kill").args(["-9", &id]).status();
            None
        }
    }
}

/// What is wrong with how a command ends that must fail with a text that contains `wanted`, or may succeed if that is `None`.
fn problem(folder: &Path, args: &str, wanted: Option<&str>) -> Result<String, String> {
    let Some(output) = within(folder, args, PATIENCE) else { return Err(format!("runs longer than {PATIENCE:?}")) };
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code();
    let wrong = if error.contains("panicked") || error.contains("please report") {
        "panics".to_owned()
    } else if code == Some(0) && wanted.is_none() {
        return Ok(error);
    } else if code != Some(1) {
        format!("{:?}", output.status)
    } else if !output.stdout.is_empty() {
        "fails, yet prints".to_owned()
    } else if !error.starts_with("Error: ") || !error.contains(wanted.unwrap_or("")) {
        format!("wanted {wanted:?}")
    } else {
        return Ok(error);
    };
    Err(format!("{wrong}: {}", error.chars().take(300).collect::<String>()))
}

#[test]
fn names_make_no_lines_of_their_own_and_nothing_controls_a_terminal() {
    let folder = case::folder("control");
    fs::create_dir_all(folder.join("templates")).unwrap();
    fs::write(folder.join("Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n").unwrap();
    fs::write(folder.join("templates/a\nerror: forged.yaml"), "{{ fail \"\\x1b[31mred\" }}").unwrap();
    let output = within(&folder, "render .", PATIENCE).unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.starts_with("error: ") && error.contains("red"), "{error}");
    assert!(!error.contains('\x1b') && error.lines().filter(|l| l.starts_with("error: ")).count() == 1, "{error:?}");
    fs::write(folder.join("manifest.yaml"), "kind: \"A\\nforged.yaml: error: x\"\napiVersion: v1\nmetadata: {name: a}\n")
        .unwrap();
    let output = within(&folder, "validate manifest.yaml", PATIENCE).unwrap();
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!found.is_empty() && !found.lines().any(|l| l.starts_with("forged.yaml")), "{found}");
}

#[test]
fn secrets_are_in_no_message() {
    let folder = case::folder("secrets");
    fs::create_dir_all(folder.join("templates")).unwrap();
    fs::write(folder.join("Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n").unwrap();
    fs::write(
        folder.join("values.schema.json"),
        r#"{"properties": {"db": {"properties": {"password": {"pattern": "^[0-9]+$"}}}}}"#,
    )
    .unwrap();
    fs::write(folder.join("values.yaml"), "db: {password: correct-horse-battery, url: \"postgres://u:s3cr3t-in-url@db/x\"}\n")
        .unwrap();
    let shown = |template: &str, args: &str| {
        fs::write(folder.join("templates/a.yaml"), template).unwrap();
        let output = within(&folder, args, PATIENCE).unwrap();
        assert_eq!(output.status.code(), Some(1), "{template}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let mut errors = vec![shown("a: 1", "render .")];
    for template in [
        "{{ fail .Values.db.password }}",
        "{{ fail (.Values.db.password | b64enc) }}",
        "{{ fail (printf \"user:%s\" .Values.db.password | b64enc) }}",
        "{{ fail (.Values.db.password | trunc 12) }}",
        "{{ fail (.Values.db | toJson) }}",
        "{{ fail (.Values.db | toYaml | indent 4) }}",
        "{{ fail .Values.db.url }}",
        "{{ .Values.db.password | int | add \"x\" | required .Values.db.password nil }}",
        "{{ tpl (printf \"{{ %s\" .Values.db.password) . }}",
        "{{ include .Values.db.password . }}",
        "a: {{ .Values.db.password }}: b: c",
        "{{ index .Values.db.password \"x\" }}",
    ] {
        errors.push(shown(template, "render . --skip-schema-validation"));
    }
    for error in errors {
        for secret in ["correct-horse", "Y29ycmVjdC1ob3JzZ", "s3cr3t-in-url"] {
            assert!(!error.contains(secret), "{error}");
        }
    }
}

/// Runs a command that must fail; gives its error.
fn fails(folder: &Path, args: &str, wanted: &str) -> String {
    problem(folder, args, Some(wanted)).unwrap_or_else(|e| panic!("{}: {args}: {e}", folder.display()))
}

fn chart(name: &str, files: &str) -> PathBuf {
    let folder = case::folder(&format!("bad-{name}"));
    let text = format!("-- chart/Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\n{files}\n");
    Case::parse(text.as_bytes()).lay_out(&folder);
    folder
}

/// Renders charts with a single template each, and says at the end which didn't go well.
#[derive(Default)]
struct Templates(Vec<String>);

impl Templates {
    fn check(&mut self, name: &str, template: &str, wanted: Option<&str>) -> String {
        let folder = chart(name, &format!("-- chart/templates/a.yaml --\n{template}"));
        problem(&folder, "template web chart", wanted).unwrap_or_else(|e| {
            self.0.push(format!("{name}: {}: {e}", template.chars().take(200).collect::<String>()));
            String::new()
        })
    }

    fn fails(&mut self, name: &str, template: &str, wanted: &str) {
        self.check(name, template, Some(wanted));
    }

    /// An answer or an error, but one of them.
    fn ends(&mut self, name: &str, template: &str) {
        self.check(name, template, None);
    }
}

impl Drop for Templates {
    fn drop(&mut self) {
        assert!(self.0.is_empty() || std::thread::panicking(), "\n{}", self.0.join("\n"));
    }
}

/// An archive of entries, gzipped; names are written as they are, which the crate's builder would refuse.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, data) in entries {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.extend_from_slice(header.as_bytes());
        tar.extend_from_slice(data);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    gzip(&tar)
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(data).unwrap();
    gz.finish().unwrap()
}

const CHART: (&str, &[u8]) = ("web/Chart.yaml", b"apiVersion: v2\nname: web\nversion: 1.0.0\n");

#[test]
fn archives() {
    let folder = case::folder("bad-archives");
    let whole = archive(&[CHART, ("web/templates/a.yaml", b"a: 1\n"), ("web/big.txt", &vec![b'x'; 100_000])]);
    let cases: &[(&str, &[u8], &str)] = &[
        ("truncated", &whole[..whole.len() / 2], "unable to load chart archive"),
        ("header", &whole[..10], "unable to load chart archive"),
        ("text", b"apiVersion: v2\n", "does not appear to be a gzipped archive; got 'text/plain"),
        ("empty", b"", "does not appear to be a gzipped archive"),
        ("nulls", &[0; 2000], "got 'application/octet-stream'"),
        ("no-tar", &gzip(b"no archive at all, just text"), "unable to load chart archive"),
        ("no-files", &archive(&[]), "unable to load chart archive"),
        ("parent", &archive(&[CHART, ("web/../../evil", b"x")]), "unable to load chart archive"),
        ("absolute", &archive(&[CHART, ("web//etc/evil", b"x")]), "unable to load chart archive"),
        ("drive", &archive(&[CHART, ("web/c:/evil", b"x")]), "unable to load chart archive"),
        ("no-folder", &archive(&[("Chart.yaml", CHART.1)]), "unable to load chart archive"),
        ("garbage", &[&[0x1f, 0x8b, 0x08][..], &[0xff; 500]].concat(), "unable to load chart archive"),
        ("bomb", &archive(&[CHART, ("web/zeros", &vec![0; 105 << 20])]), "unable to load chart archive"),
    ];
    for (name, data, wanted) in cases {
        let file = format!("{name}.tgz");
        case::write(&folder.join(&file), data);
        fails(&folder, &format!("template web ./{file}"), wanted);
        // The same inside a chart.
        case::write(&folder.join("chart/Chart.yaml"), CHART.1);
        case::write(&folder.join("chart/charts/db.tgz"), data);
        fails(&folder, "template web chart", "error unpacking subchart db.tgz in web");
    }
    assert!(!folder.parent().unwrap().join("evil").exists());
}

#[test]
fn a_whole_archive_loads() {
    // What the archives above are made of is sound otherwise.
    let folder = case::folder("bad-archives-not");
    case::write(&folder.join("web.tgz"), &archive(&[CHART, ("web/templates/a.yaml", b"a: 1\n")]));
    let output = pintle(&folder, "template web web.tgz", &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "---\n# Source: web/templates/a.yaml\na: 1\n");
}

#[test]
fn many_archives_within_archives() {
    let mut inner = archive(&[("d/Chart.yaml", b"name: d\nversion: 1.0.0\n")]);
    for _ in 0..50 {
        inner = archive(&[("d/Chart.yaml", b"name: d\nversion: 1.0.0\n"), ("d/charts/d.tgz", &inner)]);
    }
    let folder = case::folder("bad-nested-archives");
    case::write(&folder.join("d.tgz"), &inner);
    let output = pintle(&folder, "template web d.tgz", &[]);
    assert!(output.status.code().is_some_and(|c| c <= 1), "{:?}", output.status);
}

#[test]
fn yaml() {
    let broken: &[&str] = &["a: [", "\t- x: y", "a: b: c", "{", "\"", "? [", "!<", "%YAML 9", "- - - [", "a: *none", "\u{0}"];
    for (i, text) in broken.iter().enumerate() {
        let folder = chart(&format!("yaml-{i}"), "-- chart/templates/a.yaml --\na: 1");
        case::write(&folder.join("v.yaml"), text.as_bytes());
        fails(&folder, "template web chart -f v.yaml", "v.yaml");
        case::write(&folder.join("chart/values.yaml"), text.as_bytes());
        fails(&folder, "template web chart", "cannot load values.yaml");
        fs::remove_file(folder.join("chart/values.yaml")).unwrap();
        case::write(&folder.join("chart/Chart.lock"), text.as_bytes());
        fails(&folder, "template web chart", "cannot load Chart.lock");
        case::write(&folder.join("chart/Chart.yaml"), text.as_bytes());
        fails(&folder, "template web chart", "cannot load Chart.yaml");
    }
}

#[test]
fn yaml_bombs() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let _ = writeln!(laughs, "a{i}: &a{i} [{}]", vec![format!("*a{}", i - 1); 10].join(", "));
    }
    let deep = format!("a: {}{}", "[".repeat(200_000), "]".repeat(200_000));
    let blocks: String = (0..20_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    for (name, text) in [("laughs", &laughs), ("deep", &deep), ("blocks", &blocks)] {
        let folder =
            chart(&format!("bomb-{name}"), "-- chart/templates/a.yaml --\na: {{ .Files.Get \"v.yaml\" | fromYaml | len }}");
        case::write(&folder.join("v.yaml"), text.as_bytes());
        fails(&folder, "template web chart -f v.yaml", "yaml");
        case::write(&folder.join("chart/values.yaml"), text.as_bytes());
        fails(&folder, "template web chart", "yaml");
        fs::remove_file(folder.join("chart/values.yaml")).unwrap();
        case::write(&folder.join("chart/templates/a.yaml"), text.as_bytes());
        fails(&folder, "template web chart", "yaml");
        // fromYaml gives its error as a value: it must come back, whatever it says.
        case::write(&folder.join("chart/v.yaml"), text.as_bytes());
        case::write(&folder.join("chart/templates/a.yaml"), b"a: {{ .Files.Get \"v.yaml\" | fromYaml | len }}");
        let output = pintle(&folder, "template web chart", &[]);
        assert!(output.status.code().is_some_and(|c| c <= 1), "{name}: {:?}", output.status);
    }
    let folder = chart("bomb-json", "-- chart/templates/a.yaml --\na: {{ .Files.Get \"v.json\" | fromJson | len }}");
    case::write(&folder.join("chart/v.json"), format!("{{\"a\": {}{}}}", "[".repeat(200_000), "]".repeat(200_000)).as_bytes());
    let output = pintle(&folder, "template web chart", &[]);
    assert!(output.status.code().is_some_and(|c| c <= 1), "json: {:?}", output.status);
}

#[test]
fn flags() {
    let folder = chart("flags", "-- chart/templates/a.yaml --\na: {{ .Values | toJson }}");
    fails(&folder, &format!("template web chart --set {}=1", vec!["a"; 1000].join(".")), "nested level");
    fails(&folder, &format!("template web chart --set a{}=1", "[0]".repeat(30_000)), "failed parsing --set data");
    fails(&folder, "template web chart --set a[65537]=1", "greater than maximum supported index");
    fails(&folder, "template web chart --set a[99999999999999999999]=1", "value out of range");
    fails(&folder, &format!("template web chart --set-json a={}", "[".repeat(100_000)), "failed parsing --set-json");
    fails(&folder, "template web chart -f none.yaml", "open none.yaml: no such file or directory");
    fails(&folder, "template web chart --set-file a=none", "none");
    fails(&folder, "template web chart -f .", "is a directory");
    fails(&folder, "template chart --name-template '{{ range 1000000000 }}x{{ end }}'", "limit");
    fails(&folder, "template web chart -s '[' ", "could not find template");
}

#[test]
fn every_command_heeds_the_limits() {
    let folder = case::folder("limits-everywhere");
    let chart = folder.join("chart");
    fs::create_dir_all(chart.join("templates")).unwrap();
    fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n").unwrap();
    fs::write(chart.join("values.yaml"), "").unwrap();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: \"{{ range 100000 }}{{ end }}\"\n";
    fs::write(chart.join("templates/a.yaml"), map).unwrap();
    fs::write(folder.join("kustomization.yaml"), "helmGlobals: {chartHome: .}\nhelmCharts:\n- {name: chart, releaseName: web}\n")
        .unwrap();
    for command in ["template web chart", "render chart", "build . --enable-helm", "render ."] {
        assert!(pintle(&folder, command, &[]).status.success(), "{command}");
        let refused = pintle(&folder, &format!("{command} --limits steps=50k"), &[]);
        let error = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(1) && refused.stdout.is_empty(), "{command}: {error}");
        assert!(error.contains("the limit of 50000 steps") && error.contains("templates/a.yaml:5"), "{command}: {error}");
    }
}

/// A few bytes of an index ask for 1.5 MB of list.
#[test]
fn indexes_of_flags_are_counted_together() {
    let folder = case::folder("indexes");
    fs::create_dir_all(folder.join("chart/templates")).unwrap();
    fs::write(folder.join("chart/Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n").unwrap();
    let sets = |count: usize| (0..count).map(|i| format!("k{i}[65536]=1")).collect::<Vec<_>>().join(",");
    assert_eq!(pintle(&folder, &format!("template web chart --set {}", sets(60)), &[]).status.code(), Some(0));
    fails(&folder, &format!("template web chart --set {}", sets(1000)), "more than 4000000 items");
    fails(&folder, &format!("template web chart --set {0} --set-string {0}", sets(40)), "more than 4000000 items");
}

#[test]
fn recursion() {
    let mut t = Templates::default();
    t.fails("include", "{{ define \"x\" }}{{ include \"x\" . }}{{ end }}{{ include \"x\" . }}", "");
    t.fails(
        "template",
        "{{ define \"x\" }}{{ template \"x\" . }}{{ end }}{{ template \"x\" . }}",
        "exceeded maximum template depth",
    );
    t.fails("tpl", "{{ define \"x\" }}{{ tpl \"{{ include \\\"x\\\" . }}\" . }}{{ end }}{{ include \"x\" . }}", "");
    t.fails("self-tpl", "{{ $t := \"{{ tpl .t . }}\" }}{{ tpl $t (dict \"t\" $t \"Template\" .Template) }}", "");
    let mutual =
        "{{ define \"a\" }}{{ include \"b\" . }}{{ end }}{{ define \"b\" }}{{ template \"a\" . }}{{ end }}{{ include \"a\" . }}";
    t.fails("mutual", mutual, "");
    let growing = "{{ define \"x\" }}{{ include \"x\" (dict \"a\" . \"b\" .) }}{{ end }}{{ include \"x\" . }}";
    t.fails("growing", growing, "");
    let branching = "{{ define \"x\" }}{{ if gt . 0 }}{{ include \"x\" (sub . 1) }}{{ include \"x\" (sub . 1) }}{{ end }}{{ end }}{{ include \"x\" 60 }}";
    t.fails("branching", branching, "limit");
}

#[test]
fn loops_and_sizes() {
    let mut t = Templates::default();
    t.fails("range", "{{ range 1000000000 }}{{ end }}", "limit");
    t.fails("range-int", "{{ range $i := 9223372036854775807 }}x{{ end }}", "limit");
    t.fails("range-output", "{{ range 100000000 }}{{ \"0123456789012345678901234567890123456789\" }}{{ end }}", "limit");
    t.fails("until", "{{ until 1000000000 }}", "too long");
    t.fails("until-step", "{{ untilStep 0 1000000000 1 }}", "too long");
    t.fails("seq", "{{ seq 1 1000000000 }}", "too long");
    t.fails("repeat", "{{ repeat 1000000000 \"x\" }}", "too long");
    t.fails("repeat-twice", "{{ repeat 10000 \"x\" | repeat 10000 | repeat 10000 }}", "too long");
    t.fails("indent", "{{ repeat 100000 \"\\n\" | indent 100000 }}", "too long");
    t.fails("replace", "{{ repeat 100000 \"x\" | replace \"x\" (repeat 100000 \"y\") }}", "too long");
    t.fails("printf", "{{ printf \"%1000000000d\" 1 }}{{ fail \"end\" }}", "end");
    t.fails("printf-star", "{{ printf \"%*d\" 1000000000 1 }}{{ fail \"end\" }}", "end");
    t.fails("doubling", "{{ $x := \"x\" }}{{ range 64 }}{{ $x = print $x $x }}{{ end }}", "");
    t.fails("doubling-list", "{{ $x := list 1 }}{{ range 64 }}{{ $x = concat $x $x }}{{ end }}", "");
    t.fails("doubling-tree", "{{ $x := list 1 }}{{ range 40 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}", "");
    t.fails("doubling-yaml", "{{ $x := list 1 }}{{ range 40 }}{{ $x = list $x $x }}{{ end }}{{ toYaml $x }}", "");
    t.fails("doubling-print", "{{ $x := list 1 }}{{ range 40 }}{{ $x = list $x $x }}{{ end }}{{ $x }}", "");
    t.fails("doubling-copy", "{{ $x := list 1 }}{{ range 40 }}{{ $x = list $x $x }}{{ end }}{{ deepCopy $x | len }}", "");
    t.fails("doubling-equal", "{{ $x := list 1 }}{{ $y := list 1 }}{{ range 40 }}{{ $x = list $x $x }}{{ $y = list $y $y }}{{ end }}{{ deepEqual $x $y }}", "");
    t.fails("join", "{{ join (repeat 100000 \"x\") (until 100000) }}", "too long");
    t.fails("b64", "{{ $x := repeat 100000000 \"x\" }}{{ range 50 }}{{ $x = b64enc $x }}{{ end }}", "");
    t.fails("numbers", "{{ 99999999999999999999 }}", "");
    t.fails("rand", "{{ randAlphaNum 1000000000 }}", "too long");
    t.fails("rand-bytes", "{{ randBytes 1000000000 }}", "too long");
    t.fails("regex", "{{ mustRegexMatch \"((a{1000}){1000}){1000}\" \"a\" }}", "");
    t.fails("wrap", "{{ repeat 1000 \"a b \" | wrapWith 1 (repeat 1000000 \"y\") }}", "too long");
    t.fails("nospace", "{{ cat (repeat 100000000 \"a\") (repeat 100000000 \"a\") (repeat 100000000 \"a\") | len | fail }}", "");
}

#[test]
fn deep_values() {
    let mut t = Templates::default();
    // Values as deep as a loop can make them are built, looked at and dropped.
    for (name, start, step) in
        [("list", "list", "list $x"), ("dict", "dict", "dict \"a\" $x"), ("mixed", "list", "dict \"a\" (list $x)")]
    {
        let build = format!("{{{{ $x := {start} }}}}{{{{ range 100000 }}}}{{{{ $x = {step} }}}}{{{{ end }}}}");
        let rendered = pintle(
            &chart(&format!("deep-{name}"), &format!("-- chart/templates/a.yaml --\na: 1\n{build}")),
            "template web chart",
            &[],
        );
        assert_eq!(rendered.status.code(), Some(0), "{name}: {:?}", rendered.status);
        let uses = [
            "$x",
            "print $x",
            "printf \"%v\" $x",
            "toJson $x",
            "toYaml $x",
            "toYamlPretty $x",
            "toToml (dict \"a\" $x)",
            "deepCopy $x | kindOf",
            "deepEqual $x $x",
            "deepEqual $x (deepCopy $x)",
            "eq $x $x",
            "merge (dict \"a\" $x) (dict \"a\" $x) | len",
            "quote $x",
            "uniq (list $x $x) | len",
            "has $x (list $x)",
            "without (list $x) $x | len",
            "toString $x | len",
            "default 1 $x | kindOf",
            "mergeOverwrite (dict) (dict \"a\" $x) | len",
            "toPrettyJson $x",
            "toRawJson $x",
            "html $x",
            "join \",\" (list $x)",
            "sha256sum (toString $x)",
            "fail (toString $x)",
            "compact (list $x) | len",
            "empty $x",
            "sortAlpha (list $x)",
            "dig \"a\" \"b\" 1 (dict \"a\" (dict \"c\" $x))",
            "tpl \"{{ . }}\" $x",
        ];
        for (i, action) in uses.iter().enumerate() {
            t.ends(&format!("deep-{name}-{i}"), &format!("{build}a: {{{{ {action} }}}}"));
        }
    }
}

#[test]
fn maps_that_hold_themselves() {
    let mut t = Templates::default();
    let build = "{{ $d := dict \"a\" 1 }}{{ $_ := set $d \"self\" $d }}";
    let uses = [
        "$d",
        "print $d",
        "printf \"%v\" $d",
        "printf \"%#v\" $d",
        "toJson $d",
        "toPrettyJson $d",
        "toRawJson $d",
        "toYaml $d",
        "toYamlPretty $d",
        "toToml $d",
        "mustToJson $d",
        "quote $d",
        "toString $d",
        "deepCopy $d | len",
        "mustDeepCopy $d | len",
        "html $d",
        "cat $d",
        "fail (toString $d)",
        "join \",\" $d",
        "join \",\" (list $d)",
        "tpl \"{{ . }}\" $d",
        "regexMatch \"a\" (toString $d)",
        "values $d",
        "deepEqual $d (deepCopy $d)",
        "sortAlpha (list $d)",
        "set (dict) \"a\" $d",
        "include \"web.self\" $d",
        "merge $d $d",
        "squote $d",
        "$d | required \"x\"",
        "dict \"a\" $d",
        "list $d",
        "uniq (list $d $d)",
        "printf \"%s\" $d",
        "printf \"%x\" $d",
        "printf \"%q\" $d",
        "printf \"%d\" $d",
        "println $d",
        "js $d",
        "urlquery $d",
        "$d | default 1",
        "ternary $d 1 true",
        "toStrings (list $d)",
        "without (list $d) 1",
        "pick $d \"self\"",
        "omit $d \"a\"",
    ];
    for (i, action) in uses.iter().enumerate() {
        t.ends(
            &format!("self-{i}"),
            &format!("{{{{ define \"web.self\" }}}}{{{{ . }}}}{{{{ end }}}}{build}a: {{{{ {action} }}}}"),
        );
    }
    for (i, action) in
        ["$d", "print $d", "printf \"%v\" $d", "quote $d", "toString $d | len", "cat $d", "deepCopy $d"].iter().enumerate()
    {
        t.fails(&format!("self-fails-{i}"), &format!("{build}a: {{{{ {action} }}}}"), "too deeply");
    }
    // These needn't go all the way down.
    let kinds = [
        "$d.self.self.self.a",
        "eq $d.a $d.self.a",
        "len $d",
        "keys $d | len",
        "kindOf $d",
        "merge (dict) $d | len",
        "mergeOverwrite (dict) $d | len",
        "merge $d (dict \"b\" 1) | len",
        "mergeOverwrite $d $d | len",
        "mustMerge $d $d | len",
        "deepEqual $d $d",
        "has $d (list $d)",
        "dig \"self\" \"self\" \"a\" 1 $d",
        "empty $d",
        "deepEqual $d (set (dict \"a\" 1) \"self\" $d)",
        "list $d | len",
        "concat (list $d) (list $d) | len",
        "pluck \"a\" $d",
        "(set $d \"b\" (list $d)).a",
        "uniq (list $d) | len",
    ];
    for (i, action) in kinds.iter().enumerate() {
        t.ends(&format!("selves-{i}"), &format!("{build}a: {{{{ {action} }}}}"));
    }
    // Two maps that hold each other are never equal to Go, or always; either way there is an answer.
    let twins = "{{ $a := dict }}{{ $b := dict }}{{ $_ := set $a \"x\" $b }}{{ $_ := set $b \"x\" $a }}";
    for (i, action) in
        ["deepEqual $a $b", "merge $a $b | len", "mergeOverwrite $a $b | len", "has $a (list $b)", "uniq (list $a $b) | len"]
            .iter()
            .enumerate()
    {
        t.ends(&format!("twins-{i}"), &format!("{twins}a: {{{{ {action} }}}}"));
    }
    // The values of the release themselves.
    t.fails("values-self", "{{ $_ := set .Values \"self\" .Values }}{{ .Values }}", "too deeply");
    t.fails("root-self", "{{ $_ := set . \"self\" . }}{{ . }}", "");
    let show = |name: &str| format!("-- chart/templates/{name}.yaml --\na: {{{{ .Values }}}}\n");
    let set = "-- chart/templates/b.yaml --\n{{ $_ := set .Values \"self\" .Values }}\n";
    let next = show("a") + set + &show("c");
    fails(&chart("values-self-next", &next), "template web chart", "too deeply");
}

#[test]
fn deep_syntax() {
    let mut t = Templates::default();
    for (name, text) in [
        ("parens", format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000))),
        ("ifs", format!("{}{}", "{{ if 1 }}".repeat(100_000), "{{ end }}".repeat(100_000))),
        ("else-ifs", format!("{{{{ if 0 }}}}{}{{{{ end }}}}", "{{ else if 0 }}".repeat(100_000))),
        ("chains", format!("{{{{ .a{} }}}}", ".a".repeat(100_000))),
        ("pipes", format!("{{{{ 1{} }}}}", " | print".repeat(100_000))),
        ("dots", format!("{{{{ (dict){} }}}}", ".a".repeat(100_000))),
    ] {
        t.ends(&format!("syntax-{name}"), &text);
    }
}

#[test]
fn files_of_charts() {
    let folder = chart("binary", "-- chart/values.yaml --\na: 1");
    case::write(&folder.join("chart/templates/a.yaml"), &(0..=255).cycle().take(5000).collect::<Vec<u8>>());
    fails(&folder, "template web chart", "a.yaml");
    case::write(&folder.join("chart/templates/a.yaml"), b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR");
    fails(&folder, "template web chart", "a.yaml");
    case::write(&folder.join("chart/templates/a.yaml"), b"{{ \"\xff\" }}\n");
    fails(&folder, "template web chart", "a.yaml");
    fails(&folder, "template web absent", "absent");
    fails(&folder, "template web ./absent", "path \"./absent\" not found");
    fs::create_dir(folder.join("empty")).unwrap();
    fails(&folder, "template web empty", "unable to detect chart");
    let unclosed = Templates::default().check("unclosed", "a: 1\nb: {{ .Values.x", Some("unclosed action"));
    assert!(unclosed.contains("a.yaml:2"), "{unclosed}");
}

#[test]
#[cfg(unix)]
fn symbolic_links() {
    let folder = case::folder("bad-links");
    case::write(&folder.join("outside.yaml"), b"a: outside\n");
    case::write(&folder.join("in/.git/HEAD"), b"");
    case::write(&folder.join("in/shared.yaml"), b"a: shared\n");
    case::write(&folder.join("in/chart/Chart.yaml"), CHART.1);
    let link = folder.join("in/chart/templates/a.yaml");
    case::link(&link, "../../../outside.yaml");
    let error = fails(&folder, "template web in/chart", "templates/a.yaml");
    assert!(error.contains("symbolic link out of"), "{error}");
    let allowed = pintle(&folder, "template web in/chart --root .", &[]);
    assert_eq!(String::from_utf8_lossy(&allowed.stdout), "---\n# Source: web/templates/a.yaml\na: outside\n");
    // Within the work tree links are followed, and a root of one's own is narrower.
    fs::remove_file(&link).unwrap();
    case::link(&link, "../../shared.yaml");
    let inside = pintle(&folder, "template web in/chart", &[]);
    assert_eq!(String::from_utf8_lossy(&inside.stdout), "---\n# Source: web/templates/a.yaml\na: shared\n");
    fails(&folder, "template web in/chart --root in/chart", "symbolic link out of");
    for (name, target) in
        [("dangling", "none"), ("itself", "a.yaml"), ("etc", "/etc/hostname"), ("folder", "../.."), ("up", "..")]
    {
        fs::remove_file(&link).unwrap();
        case::link(&link, target);
        assert!(!fails(&folder, "template web in/chart --root in/chart", "").is_empty(), "{name}");
    }
    // A special file is no file.
    fs::remove_file(&link).unwrap();
    std::os::unix::net::UnixListener::bind(folder.join("in/chart/s")).map(drop).unwrap();
    fails(&folder, "template web in/chart", "irregular file");
}
