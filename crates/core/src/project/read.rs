//! The fields of pintle.yaml, read with their places.

use std::path::PathBuf;

use pintle_value::budget::Limits;
use pintle_value::{Data, DataMap};
use pintle_yaml::Tree;

use super::{Inline, Job, NamedFile, Project, Source};
use crate::Compat;
use crate::checks::Checks;
use crate::diagnostic::{Diagnostic, Error, Path, Result, Source as Text, Span, Step, nearest};
use crate::rules;

const API_VERSION: &str = "pintle.dev/v1";

/// The fields that hold for a release in an environment, wherever they stand.
const SETTINGS: &[&str] = &[
    "values",
    "set",
    "releaseName",
    "namespace",
    "kubeVersion",
    "apiVersions",
    "compat",
    "limits",
    "includeCRDs",
    "noHooks",
    "overlay",
    "checks",
    "chart",
    "kustomization",
];

/// What stands for something in paths and names, within braces.
const PLACEHOLDERS: [&str; 2] = ["env", "release"];

/// Puts the meaning of each `{name}` into a text; one without a meaning stays. `{{name}}` is the text `{name}`, and a brace that
/// has no name beside it is a brace.
fn filled<'m>(text: &str, mut meaning: impl FnMut(&str) -> Option<&'m str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (is_doubled, inner) = match from.strip_prefix("{{") {
            Some(inner) => (true, inner),
            None => (false, &from[1..]),
        };
        let end = inner.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.')).unwrap_or(inner.len());
        let (name, after) = inner.split_at(end);
        let close = if is_doubled { "}}" } else { "}" };
        match after.strip_prefix(close).filter(|_| !name.is_empty()) {
            Some(after) => {
                match if is_doubled { None } else { meaning(name) } {
                    Some(meant) => out.push_str(meant),
                    None => out.extend(["{", name, "}"]),
                }
                rest = after;
            }
            None => {
                out.push('{');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// A field of the file with the way to it.
#[derive(Clone)]
struct Field<'f> {
    data: &'f Data,
    path: Vec<Step<'f>>,
}

/// The text, and the errors found so far.
struct Reader {
    text: Text,
    tree: Option<Tree<'static>>,
    errors: Vec<Diagnostic>,
}

impl Reader {
    fn span(&self, path: &[Step<'_>]) -> Span {
        let place = (0..=path.len()).rev().find_map(|n| self.tree.as_ref()?.locate(&path[..n]));
        match place {
            Some(p) => {
                let at = p.key.unwrap_or(p.value);
                Span::range(&self.text, at.start.offset..at.end.offset)
            }
            None => Span::line(&self.text, 1),
        }
    }

    fn error(&mut self, path: &[Step<'_>], message: impl Into<String>) -> &mut Diagnostic {
        let span = self.span(path);
        self.errors.push(Diagnostic::new(&rules::PROJECT_FIELD, message).at(span));
        let last = self.errors.len() - 1;
        &mut self.errors[last]
    }

    fn wrong(&mut self, field: &Field<'_>, wanted: &str) {
        let found = match field.data {
            Data::Null => "nothing",
            Data::Bool(_) => "a truth value",
            Data::Int(_) | Data::Float(_) => "a number (quotes make it text)",
            Data::String(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        };
        let shown = Path::of(&field.path).to_string();
        self.error(&field.path, format!("{shown} must be {wanted}, and is {found}"));
    }

    /// The fields of a map; those that aren't known are errors.
    fn fields<'f>(&mut self, field: &Field<'f>, known: &[&[&str]]) -> Vec<(&'f str, Field<'f>)> {
        let map = match field.data {
            Data::Map(m) => m,
            Data::Null => return Vec::new(),
            _ => {
                self.wrong(field, "a map");
                return Vec::new();
            }
        };
        let inner = |key: &'f str, data: &'f Data| {
            let mut path = field.path.clone();
            path.push(Step::field(key));
            (key, Field { data, path })
        };
        let fields: Vec<_> = map.iter().map(|(key, data)| inner(key, data)).collect();
        if known.is_empty() {
            return fields;
        }
        for (key, field) in &fields {
            if !known.iter().any(|group| group.contains(key)) {
                let near = nearest(key, known.iter().flat_map(|g| g.iter().copied())).map(str::to_owned);
                let within = match &field.path[..field.path.len() - 1] {
                    [] => String::new(),
                    path => format!(" in {}", Path::of(path)),
                };
                let d = self.error(&field.path, format!("unknown field \"{key}\"{within}"));
                d.hints.extend(near.map(|n| format!("did you mean {n}?")));
            }
        }
        fields
    }

    fn items<'f>(&mut self, field: &Field<'f>) -> Vec<Field<'f>> {
        match field.data {
            Data::List(items) => {
                let inner = |(i, data): (usize, &'f Data)| {
                    let mut path = field.path.clone();
                    path.push(Step::Index(i));
                    Field { data, path }
                };
                items.iter().enumerate().map(inner).collect()
            }
            Data::Null => Vec::new(),
            _ => {
                self.wrong(field, "a list");
                Vec::new()
            }
        }
    }

    fn text(&mut self, field: &Field<'_>) -> Option<String> {
        match field.data {
            Data::String(s) => Some(s.clone()),
            _ => {
                self.wrong(field, "text");
                None
            }
        }
    }

    /// A text in which placeholders stand.
    fn pattern(&mut self, field: &Field<'_>) -> Option<String> {
        let text = self.text(field)?;
        let mut unknown = Vec::new();
        let _ = filled(&text, |name| {
            if !PLACEHOLDERS.contains(&name) {
                unknown.push(name.to_owned());
            }
            None
        });
        for name in unknown {
            let shown = Path::of(&field.path).to_string();
            let d = self.error(&field.path, format!("unknown placeholder {{{name}}} in {shown}"));
            let longer = |known: &&str| name.starts_with(known) || known.starts_with(&name);
            d.hints.push(match nearest(&name, PLACEHOLDERS).or_else(|| PLACEHOLDERS.into_iter().find(longer)) {
                Some(near) => format!("did you mean {{{near}}}?"),
                None => "known are {env} and {release}".to_owned(),
            });
            d.hints.push(format!("{{{{{name}}}}} is the text {{{name}}} itself"));
        }
        Some(text)
    }

    fn switch(&mut self, field: &Field<'_>) -> Option<bool> {
        match field.data {
            Data::Bool(b) => Some(*b),
            _ => {
                self.wrong(field, "true or false");
                None
            }
        }
    }
}

/// What one of the four places says. Text is still as it stands there, with its `{env}`.
#[derive(Clone, Default)]
struct Settings {
    values: Vec<(String, Span)>,
    set: Vec<Inline>,
    release_name: Option<String>,
    namespace: Option<String>,
    kube_version: Option<String>,
    api_versions: Vec<String>,
    compat: Option<Compat>,
    limits: Option<Limits>,
    include_crds: Option<bool>,
    no_hooks: Option<bool>,
    overlays: Vec<(DataMap, Span)>,
    checks: Checks,
    source: Option<(Source, Span)>,
}

impl Settings {
    fn read(r: &mut Reader, fields: &[(&str, Field<'_>)]) -> Settings {
        let mut s = Settings::default();
        for (key, field) in fields {
            match *key {
                "values" => {
                    for item in r.items(field) {
                        let span = r.span(&item.path);
                        s.values.extend(r.pattern(&item).map(|text| (text, span)));
                    }
                }
                "set" => match field.data {
                    Data::Map(m) => {
                        s.set.push(Inline { values: m.clone(), source: r.text.clone(), path: Path::of(&field.path) });
                    }
                    _ => r.wrong(field, "a map of values"),
                },
                "releaseName" => s.release_name = r.pattern(field),
                "namespace" => s.namespace = r.pattern(field),
                "kubeVersion" => s.kube_version = r.text(field),
                "apiVersions" => s.api_versions = r.items(field).iter().filter_map(|i| r.text(i)).collect(),
                "compat" => {
                    if let Some(text) = r.text(field) {
                        match text.parse() {
                            Ok(compat) => s.compat = Some(compat),
                            Err(e) => {
                                r.error(&field.path, e);
                            }
                        }
                    }
                }
                "limits" => {
                    if let Some(text) = r.text(field) {
                        match text.parse() {
                            Ok(limits) => s.limits = Some(limits),
                            Err(e) => {
                                r.error(&field.path, e);
                            }
                        }
                    }
                }
                "includeCRDs" => s.include_crds = r.switch(field),
                "noHooks" => s.no_hooks = r.switch(field),
                "overlay" => match field.data {
                    Data::Map(m) => s.overlays.push((m.clone(), r.span(&field.path))),
                    _ => r.wrong(field, "a map of kustomize's fields"),
                },
                "checks" => s.checks = checks(r, field),
                "chart" | "kustomization" => {
                    let span = r.span(&field.path);
                    if s.source.is_some() {
                        r.error(&field.path, "a release is made from a chart or a kustomization, not from both");
                    }
                    let source: fn(PathBuf) -> Source = if *key == "chart" { Source::Chart } else { Source::Kustomization };
                    s.source = r.pattern(field).map(|text| (source(text.into()), span));
                }
                _ => {}
            }
        }
        s
    }

    /// These over others.
    fn over(self, under: &Settings) -> Settings {
        Settings {
            values: under.values.iter().cloned().chain(self.values).collect(),
            set: under.set.iter().cloned().chain(self.set).collect(),
            release_name: self.release_name.or_else(|| under.release_name.clone()),
            namespace: self.namespace.or_else(|| under.namespace.clone()),
            kube_version: self.kube_version.or_else(|| under.kube_version.clone()),
            api_versions: under.api_versions.iter().cloned().chain(self.api_versions).collect(),
            compat: self.compat.or(under.compat),
            limits: self.limits.or(under.limits),
            include_crds: self.include_crds.or(under.include_crds),
            no_hooks: self.no_hooks.or(under.no_hooks),
            overlays: under.overlays.iter().cloned().chain(self.overlays).collect(),
            checks: Checks {
                levels: under.checks.levels.with(&self.checks.levels),
                existing: under.checks.existing.iter().cloned().chain(self.checks.existing).collect(),
                manual: under.checks.manual.iter().cloned().chain(self.checks.manual).collect(),
                ..Checks::default()
            },
            source: self.source.or_else(|| under.source.clone()),
        }
    }
}

fn checks(r: &mut Reader, field: &Field<'_>) -> Checks {
    let mut checks = Checks::default();
    for (key, field) in r.fields(field, &[&["levels", "existing", "manual"]]) {
        match key {
            "levels" => {
                for (code, level) in r.fields(&field, &[]) {
                    // A bare `off` is a truth value in YAML 1.1.
                    let text = if level.data.as_bool() == Some(false) { Some("off".to_owned()) } else { r.text(&level) };
                    if let Some(text) = text
                        && let Err(e) = checks.set_level(code, &text)
                    {
                        r.error(&level.path, e);
                    }
                }
            }
            "existing" => checks.existing = r.items(&field).iter().filter_map(|i| r.text(i)).collect(),
            "manual" => checks.manual = r.items(&field).iter().filter_map(|i| r.text(i)).collect(),
            _ => {}
        }
    }
    checks
}

/// Environments with their places and settings: a list of names, or a map from names to settings.
fn environments(r: &mut Reader, field: &Field<'_>) -> Vec<(Span, String, Settings)> {
    let mut found = Vec::new();
    match field.data {
        Data::List(_) => {
            for item in r.items(field) {
                let span = r.span(&item.path);
                found.extend(r.text(&item).map(|name| (span, name, Settings::default())));
            }
        }
        _ => {
            for (name, field) in &r.fields(field, &[]) {
                let inner = r.fields(field, &[SETTINGS]);
                found.push((r.span(&field.path), (*name).to_owned(), Settings::read(r, &inner)));
            }
        }
    }
    found
}

pub(super) fn project(dir: PathBuf, name: &str, text: &[u8]) -> Result<Project> {
    let source = Text::new(name, text.to_owned()).private();
    let bad = |e: pintle_yaml::Error| {
        let d = Diagnostic::new(&rules::PROJECT_YAML, format!("{name}: {}", e.message));
        Error::from(d.at(Span::position(&source, e.line.unwrap_or(0), e.column.unwrap_or(0))))
    };
    let data = Data::Map(pintle_yaml::map_from_slice_strict(text).map_err(bad)?);
    let mut r = Reader { text: source.clone(), tree: Tree::parse(text).ok().flatten(), errors: Vec::new() };
    let top = Field { data: &data, path: Vec::new() };
    let fields = r.fields(&top, &[&["apiVersion", "output", "environments", "releases"], SETTINGS]);
    let field = |key: &str| fields.iter().find(|(k, _)| *k == key).map(|(_, f)| f.clone());

    if let Some(version) = field("apiVersion")
        && version.data.as_str() != Some(API_VERSION)
    {
        r.error(&version.path, format!("apiVersion must be {API_VERSION}"));
    }
    let output = field("output").and_then(|f| r.text(&f)).map(PathBuf::from);
    let common = Settings::read(&mut r, &fields);
    let shared = field("environments").map(|f| environments(&mut r, &f)).unwrap_or_default();
    let mut names: Vec<(Span, String)> = shared.iter().map(|(span, name, _)| (span.clone(), name.clone())).collect();
    let mut jobs: Vec<Job> = Vec::new();
    let mut releases = Vec::new();
    match field("releases") {
        None => {
            r.error(&[], "there are no releases: \"releases\" maps names to charts");
        }
        Some(f) => {
            for (release, field) in r.fields(&f, &[]) {
                releases.push(release.to_owned());
                let inner = r.fields(&field, &[&["environments"], SETTINGS]);
                let own = Settings::read(&mut r, &inner);
                let listed = inner.iter().find(|(k, _)| *k == "environments").map(|(_, f)| environments(&mut r, f));
                let listed = listed.unwrap_or_else(|| {
                    shared.iter().map(|(at, name, _)| (at.clone(), name.clone(), Settings::default())).collect()
                });
                if listed.is_empty() {
                    r.error(&field.path, format!("{release} has no environments"));
                }
                for (at, environment, last) in listed {
                    if !names.iter().any(|(_, n)| *n == environment) {
                        if !shared.is_empty() {
                            let near = nearest(&environment, shared.iter().map(|(_, n, _)| n.as_str())).map(str::to_owned);
                            let message = format!("unknown environment \"{environment}\" of {release}");
                            let d = r.error(&field.path, message);
                            d.hints.extend(near.map(|n| format!("did you mean {n}?")));
                            continue;
                        }
                        names.push((at, environment.clone()));
                    }
                    let of_environment = shared.iter().find(|(_, n, _)| *n == environment).map(|(_, _, s)| s.clone());
                    let settings = last.over(&own.clone().over(&of_environment.unwrap_or_default().over(&common)));
                    jobs.extend(job(&mut r, release, &environment, settings, &field.path));
                }
            }
        }
    }
    r.errors.sort_by_key(|d| d.span.as_ref().and_then(Span::start));
    if let Some(error) = Error::of(r.errors) {
        return Err(error);
    }
    // The order of the file means something to people: dev, staging, prod.
    names.sort_by_key(|(span, _)| span.start());
    let environments: Vec<String> = names.into_iter().map(|(_, name)| name).collect();
    jobs.sort_by_key(|j| (environments.iter().position(|e| *e == j.environment), j.release.clone()));
    Ok(Project { dir, output, jobs, environments, releases })
}

fn job(r: &mut Reader, release: &str, environment: &str, s: Settings, path: &[Step<'_>]) -> Option<Job> {
    let Some((source, span)) = s.source else {
        r.error(path, format!("{release} names no chart and no kustomization"));
        return None;
    };
    let fill = |text: &str| {
        filled(text, |name| match name {
            "env" => Some(environment),
            "release" => Some(release),
            _ => None,
        })
    };
    let fill_path = |path: &PathBuf| PathBuf::from(fill(&path.to_string_lossy()));
    let source = match source {
        Source::Chart(p) => Source::Chart(fill_path(&p)),
        Source::Kustomization(p) => Source::Kustomization(fill_path(&p)),
    };
    Some(Job {
        release: release.to_owned(),
        environment: environment.to_owned(),
        source,
        span,
        values: s.values.into_iter().map(|(text, span)| NamedFile { path: fill(&text), span }).collect(),
        set: s.set,
        release_name: fill(s.release_name.as_deref().unwrap_or(release)),
        namespace: fill(s.namespace.as_deref().unwrap_or("default")),
        kube_version: s.kube_version,
        api_versions: s.api_versions,
        compat: s.compat.unwrap_or_default(),
        limits: s.limits,
        include_crds: s.include_crds.unwrap_or(false),
        no_hooks: s.no_hooks.unwrap_or(false),
        overlays: s.overlays,
        checks: s.checks,
        output: format!("{environment}/{release}.yaml"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Project> {
        Project::read(".", "pintle.yaml", text.as_bytes())
    }

    fn problems(text: &str) -> Vec<String> {
        let error = read(text).unwrap_err();
        let show = |d: &Diagnostic| {
            let line = d.span.as_ref().and_then(Span::start).map_or(0, |at| at.line);
            [&[format!("{line}: {}", d.message)][..], &d.hints].concat().join("; ")
        };
        error.diagnostics().iter().map(show).collect()
    }

    const WEB: &str = "
kubeVersion: v1.31.0
values: [values/common.yaml]
environments: [dev, prod]
releases:
  web:
    chart: charts/web
    values: [\"values/web/{env}.yaml\"]
    namespace: web-{env}
    environments:
      dev:
      prod: {releaseName: web-live, values: [extra.yaml], set: {replicas: 3}, kubeVersion: v1.30.0}
  db:
    kustomization: overlays/{env}
";

    #[test]
    fn what_is_nearer_wins() {
        let p = read(WEB).unwrap();
        assert_eq!(p.environments, ["dev", "prod"]);
        let titles: Vec<String> = p.jobs.iter().map(Job::title).collect();
        assert_eq!(titles, ["db (dev)", "web (dev)", "db (prod)", "web (prod)"]);
        let prod = p.select(Some("prod"), Some("web")).unwrap()[0];
        let files: Vec<&str> = prod.values.iter().map(|v| v.path.as_str()).collect();
        assert_eq!(files, ["values/common.yaml", "values/web/prod.yaml", "extra.yaml"]);
        assert_eq!((prod.release_name.as_str(), prod.namespace.as_str()), ("web-live", "web-prod"));
        assert_eq!(prod.kube_version.as_deref(), Some("v1.30.0"));
        assert_eq!(prod.output, "prod/web.yaml");
        assert_eq!(prod.set[0].values.get("replicas"), Some(&Data::Float(3.0)));
        assert_eq!(p.jobs[0].source, Source::Kustomization("overlays/dev".into()));
        assert_eq!(p.jobs[1].kube_version.as_deref(), Some("v1.31.0"));
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        assert_eq!(
            problems("releases:\n  web:\n    chat: x\n    values: a.yaml\n    namespace: 1\n    environments: [dev]\n"),
            [
                "2: web names no chart and no kustomization",
                "3: unknown field \"chat\" in releases.web; did you mean chart?",
                "4: releases.web.values must be a list, and is text",
                "5: releases.web.namespace must be text, and is a number (quotes make it text)",
            ]
        );
        assert_eq!(problems("environments: [dev]\n"), ["1: there are no releases: \"releases\" maps names to charts"]);
        assert_eq!(
            problems("environments: [prod]\nreleases: {web: {chart: c, environments: [prd]}}"),
            ["2: unknown environment \"prd\" of web; did you mean prod?"]
        );
        assert_eq!(problems("releases: {web: {chart: c}}"), ["1: web has no environments"]);
        assert!(problems("a: [")[0].contains("pintle.yaml: "));
    }

    #[test]
    fn a_placeholder_is_one_of_those_that_are_known() {
        assert_eq!(
            problems(
                "environments: [dev]
releases:
  web:
    chart: charts/{relase}
    namespace: web-{environment}
    releaseName: '{x}'
    values: ['{ENV}.yaml', '{}/{ a }/{env', '{{name}}.yaml']
"
            ),
            [
                "4: unknown placeholder {relase} in releases.web.chart; did you mean {release}?; {{relase}} is the text {relase} itself",
                "5: unknown placeholder {environment} in releases.web.namespace; did you mean {env}?; \
                 {{environment}} is the text {environment} itself",
                "6: unknown placeholder {x} in releases.web.releaseName; known are {env} and {release}; {{x}} is the text {x} itself",
                "7: unknown placeholder {ENV} in releases.web.values[0]; did you mean {env}?; {{ENV}} is the text {ENV} itself",
            ]
        );
    }

    #[test]
    fn braces_can_be_written() {
        let fill = |text: &str| filled(text, |name| (name == "env").then_some("{release}"));
        assert_eq!(fill("a/{env}-{env}.yaml"), "a/{release}-{release}.yaml");
        assert_eq!(fill("{}{ a }{{env}}{{{env}}}}{env"), "{}{ a }{env}{{env}}}{env");
        assert_eq!(fill("{{a{env}b}"), "{{a{release}b}");
    }

    #[test]
    fn names_that_are_not_known_are_told_with_those_that_are() {
        let error = read(WEB).unwrap().select(Some("prd"), None).unwrap_err();
        assert_eq!(error.message(), "unknown environment \"prd\"");
        assert_eq!(error.diagnostics()[0].hints, ["did you mean prod?", "known: dev, prod"]);
    }
}
