//! What Helm says on standard error of charts that render, said by both commands. Texts are those of Helm 4.3.1.

use std::path::PathBuf;

use crate::case::{self, pintle, without_codes};

fn chart(name: &str, files: &str) -> PathBuf {
    case::laid_out(&format!("warnings-{name}"), files)
}

/// Renders `chart` with both commands; everything on standard error must be `wanted`, line by line.
#[track_caller]
fn warns(name: &str, files: &str, args: &str, wanted: &[&str]) {
    let folder = chart(name, files);
    for command in [format!("template web chart {args}"), format!("render --check off chart {args}")] {
        let output = pintle(&folder, &command, &[]);
        let said = String::from_utf8(output.stderr).unwrap().replace(&*folder.to_string_lossy(), "DIR");
        let said = without_codes(&said);
        assert!(output.status.success(), "{command}: {said}");
        assert_eq!(said.lines().collect::<Vec<_>>(), wanted, "{command}");
    }
}

const WEB: &str = "-- chart/Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\n";

#[test]
fn nothing_is_said_of_a_sound_chart() {
    warns("none", &format!("{WEB}-- chart/values.yaml --\na: {{b: 1}}\n"), "--set a.b=2,a.c=null", &[]);
}

#[test]
fn deprecated_charts() {
    let files = format!(
        "{WEB}deprecated: true\n-- chart/charts/sub/Chart.yaml --\napiVersion: v2\nname: sub\nversion: 1.0.0\ndeprecated: true\n"
    );
    warns("deprecated", &files, "", &["warning: this chart is deprecated"]);
}

/// What is skipped is named, never shown: it may be a secret. Each text comes once, however often values are merged.
#[test]
fn values_that_fit_no_default() {
    let files = "\
-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
dependencies: [{name: sub, version: \"*\"}]
-- chart/values.yaml --
table: {inner: {leaf: secret}, text: secret}
text: secret
sub: {table: secret}
global: {both: {a: secret}, source: secret}
-- chart/charts/sub/Chart.yaml --
apiVersion: v2
name: sub
version: 1.0.0
-- chart/charts/sub/values.yaml --
table: {a: secret}
global: {both: secret, source: {a: secret}}
";
    warns(
        "coalesce",
        files,
        "--set table.inner=1,table.text.a=1,text.a=1",
        &[
            "warning: cannot overwrite table with non table for web.table.inner",
            "warning: destination for web.table.text is a table. Ignoring non-table value",
            "warning: skipped value for web.text: Not a table.",
            "warning: destination for web.sub.global.both is a table. Ignoring non-table value",
            "warning: cannot overwrite table with non table for web.sub.global.source",
        ],
    );
    let globals = "\
-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- chart/values.yaml --
global: {a: {x: 1}, b: 1}
sub: {global: {a: 1, b: {x: 1}}}
-- chart/charts/sub/Chart.yaml --
apiVersion: v2
name: sub
version: 1.0.0
";
    let conflicts =
        ["warning: Conflict: cannot merge map onto non-map for \"a\". Skipping.", "warning: key b is table. Skipping"];
    warns("globals", globals, "", &conflicts);
    let no_table = ["warning: skipping globals because destination global is not a table."];
    warns("no-table", &globals.replace("sub: {global: {a: 1, b: {x: 1}}}", "sub: {global: 1}"), "", &no_table);
    let no_table = ["warning: skipping globals because source global is not a table."];
    warns("no-source", &globals.replace("global: {a: {x: 1}, b: 1}", "global: 1"), "", &no_table);
}

#[test]
fn dependencies_that_nothing_decides() {
    let files = "\
-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
dependencies:
- name: sub
  version: \"*\"
  condition: sub.none,sub.table,sub.text
  tags: [text, table, none]
  import-values: [absent, {child: no.such, parent: here}]
-- chart/values.yaml --
tags: {text: \"yes\", table: {a: 1}}
sub: {text: maybe, table: {a: 1}}
-- chart/charts/sub/Chart.yaml --
apiVersion: v2
name: sub
version: 1.0.0
";
    warns(
        "conditions",
        files,
        "",
        &[
            "warning: returned non-bool value tag=text chart=sub",
            "warning: returned non-bool value tag=table chart=sub",
            "warning: returned non-bool value path=sub.text chart=sub",
            r#"warning: ImportValues missing table error="\"exports\" is not a table""#,
            r#"warning: ImportValues missing table from chart chart=sub error="\"no\" is not a table""#,
        ],
    );
}

#[test]
fn files_of_charts_of_old() {
    let files = format!(
        "{WEB}-- chart/requirements.yaml --\ndependencies: []\n-- chart/requirements.lock --\ndigest: x\n\
         -- chart/charts/old/Chart.yaml --\napiVersion: v1\nname: old\nversion: 1.0.0\n-- chart/charts/old/requirements.yaml --\n\
         dependencies: []\n"
    );
    warns(
        "requirements",
        &files,
        "",
        &[
            "warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to Chart.lock.",
            "warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.",
        ],
    );
}

#[test]
fn links_that_are_followed() {
    let files = format!(
        "link chart/templates/a.yaml ../../shared/a.yaml\nlink chart/templates/more ../../shared\n{WEB}-- shared/a.yaml --\na: 1\n"
    );
    let found = "note: found symbolic link in path. Contents of linked file included and used";
    warns(
        "links",
        &files,
        "--root .",
        &[
            &format!("{found} path=templates/a.yaml resolved=DIR/shared/a.yaml"),
            &format!("{found} path=templates/more resolved=DIR/shared"),
        ],
    );
}

#[test]
fn schemas_that_nothing_resolves() {
    let files = format!("{WEB}-- chart/values.schema.json --\n{{\"properties\": {{\"a\": {{\"$ref\": \"urn:example:a\"}}}}}}\n");
    let wanted = ["warning: unresolved URN reference ignored; using permissive schema urn=urn:example:a"];
    warns("urn", &files, "--set a=1", &wanted);
    warns("urn-skipped", &files, "--set a=1 --skip-schema-validation", &[]);
}

#[test]
fn hooks_that_are_left_out() {
    let hook =
        |name: &str, hooks: &str| format!("kind: Pod\nmetadata: {{name: {name}, annotations: {{helm.sh/hook: \"{hooks}\"}}}}\n");
    let files = format!(
        "{WEB}-- chart/templates/a.yaml --\n{}---\n{}---\n{}",
        hook("a", "crd-install"),
        hook("b", "test"),
        hook("c", "test, x")
    );
    warns(
        "hooks",
        &files,
        "",
        &[
            "warning: skipping unknown hooks hookTypes=crd-install",
            "  --> web/templates/a.yaml",
            "warning: skipping unknown hooks hookTypes=\"test, x\"",
            "  --> web/templates/a.yaml",
        ],
    );
}

#[test]
fn flags_of_old() {
    let folder = chart("flags", WEB);
    let output =
        pintle(&folder, "template chart --dry-run --wait=true --force --atomic --hide-notes --render-subchart-notes", &[]);
    assert!(output.status.success());
    let no_effect = "this flag has no effect for 'helm template' and will be removed in Helm 5";
    let wanted = format!(
        "warning: --wait=true is deprecated (boolean value) and can be replaced with --wait=watcher\n\
         warning: Flag --force has been deprecated, use --force-replace instead\n\
         warning: Flag --atomic has been deprecated, use --rollback-on-failure instead\n\
         warning: Flag --hide-notes has been deprecated, {no_effect}\n\
         warning: Flag --render-subchart-notes has been deprecated, {no_effect}\n\
         warning: --dry-run is deprecated and should be replaced with '--dry-run=client'\n"
    );
    assert_eq!(without_codes(&String::from_utf8(output.stderr).unwrap()), wanted);
    let output = pintle(&folder, "template chart --dry-run=true --wait=false", &[]);
    let wanted = "\
warning: --wait=false is deprecated (boolean value) and can be replaced with --wait=hookOnly
warning: boolean '--dry-run=true' flag is deprecated and must be replaced with '--dry-run=client'
";
    assert_eq!(without_codes(&String::from_utf8(output.stderr).unwrap()), wanted);
    assert!(pintle(&folder, "template chart --dry-run=client --wait=watcher --force=false", &[]).stderr.is_empty());
}
