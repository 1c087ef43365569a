//! Brings the templates of all files together: which of two of one name counts, and which file's error is told
//! (`helm.sh/helm/v4/pkg/engine/engine.go`, `Engine.render`).
//!
//! Takes the files of a render in the order in which they are rendered, gives the set that the evaluator calls them by. Helm parses
//! everything before it executes anything. Here the first files are executed while other threads parse those that come last, where
//! that makes no difference.

use std::sync::Arc;

use pintle_template::Templates;
use pintle_value::Str;

use super::{Renderable, Sources, jinja, parse_error};
use crate::Compat;
use crate::ahead::{Ahead, JinjaSet, Texts};
use crate::diagnostic::Result;
use crate::load::Dialect;

/// What [`gather`] gives.
pub(super) struct Gathered {
    /// The templates in Go's language.
    pub set: Templates,
    /// Those in Jinja, if there are any.
    pub in_jinja: Option<Arc<JinjaSet>>,
    /// What they are parsed from, in its order; where that is done as needed, it isn't known yet whether all of it can be parsed.
    pub texts: Arc<Texts>,
}

/// Brings together what files define. Parses as needed, unless it shall be done at once.
///
/// Errors: the first file that can't be parsed.
pub(super) fn gather(
    files: &[(&String, &Renderable<'_>)],
    ahead: &Ahead,
    compat: Compat,
    at_once: bool,
    source: &Sources<'_>,
) -> Result<Gathered> {
    let texts = |dialect| -> Vec<(&String, &Str)> {
        files.iter().filter(|(_, t)| t.dialect == dialect).map(|(name, t)| (*name, &t.text)).collect()
    };
    let cache = ahead.parsed();
    let parsed = Arc::new(Texts::new(cache.texts(&texts(Dialect::Go), compat)));
    let in_jinja = texts(Dialect::Jinja);
    let in_jinja = (!in_jinja.is_empty()).then(|| cache.jinja(&in_jinja, compat));
    let set = if at_once || in_jinja.is_some() { None } else { as_needed(&parsed) };
    let set = set.map_or_else(|| all(files, &parsed, in_jinja.as_deref(), ahead, source), Ok)?;
    Ok(Gathered { set, in_jinja, texts: parsed })
}

/// The templates of all texts, every one parsed; of those in Jinja only the errors.
fn all(
    files: &[(&String, &Renderable<'_>)],
    texts: &Texts,
    in_jinja: Option<&JinjaSet>,
    ahead: &Ahead,
    source: &Sources<'_>,
) -> Result<Templates> {
    ahead.parse_all(texts);
    let mut set = Templates::new();
    let mut texts = texts.iter();
    for (name, t) in files {
        match in_jinja {
            Some(jinja) if t.dialect == Dialect::Jinja => {
                jinja.errors.get(*name).map_or(Ok(()), |e| Err(jinja::error(e, source)))?;
            }
            _ => {
                if let Some(text) = texts.next() {
                    set.add(text.parsed().as_ref().map_err(|e| parse_error(name, e, source))?);
                }
            }
        }
    }
    Ok(set)
}

/// The error of the first text that can't be parsed. It comes before any error of the execution, which Helm would not have begun.
pub(super) fn check(texts: &Texts, source: &Sources<'_>) -> Result<()> {
    texts.iter().try_for_each(|text| text.parsed().as_ref().map(|_| ()).map_err(|e| parse_error(&text.name, e, source)))
}

/// The templates of all texts, of which those that define no others are parsed when they are wanted for the first time. Nothing if that
/// could make a difference: if a text that defines templates can't be parsed, or defines one with the name of another file.
fn as_needed(texts: &Arc<Texts>) -> Option<Templates> {
    let mut set = Templates::new();
    for text in texts.iter().filter(|text| text.may_define()) {
        set.add(texts.parsed(text).as_ref().ok()?);
    }
    for text in texts.iter().filter(|text| !text.may_define()) {
        let name: Arc<str> = text.name.as_str().into();
        if set.get(&name).is_some() {
            return None;
        }
        let (texts, text) = (texts.clone(), text.clone());
        set.add_later(name, move || texts.parsed(&text).as_ref().ok()?.get(&text.name).cloned());
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::File;
    use crate::{Chart, LoadOptions, Options, Values, render};

    /// What a chart of these templates renders to, one of which is large: parsed as needed, where that is possible.
    fn rendered(templates: &[(&str, &str)]) -> std::result::Result<String, String> {
        let large = format!("large: {}\n", "x".repeat(1 << 19));
        let mut files = vec![File::new("Chart.yaml", b"{apiVersion: v2, name: web, version: 1.0.0}")];
        files.push(File::new("templates/large.yaml", large.as_bytes()));
        files.extend(templates.iter().map(|(name, text)| File::new(format!("templates/{name}"), text.as_bytes())));
        let chart = Arc::new(
            Chart::from_files(files, &LoadOptions { ahead: Ahead::on(), ..LoadOptions::default() }).map_err(|e| e.to_string())?,
        );
        let options = Options { release_name: "web".into(), ..Options::default() };
        let release = render(&chart, &Values::default(), &options).map_err(|e| e.to_string())?;
        let wanted = release.manifests.iter().filter(|m| !m.source.ends_with("large.yaml"));
        Ok(wanted.map(|m| m.content.to_string()).collect::<Vec<_>>().join("|"))
    }

    #[test]
    fn a_file_is_included_before_it_is_rendered() {
        let templates = [
            ("a.yaml", "a: {{ .Values.a | default 1 }}"),
            ("b.yaml", "b: [{{ include \"web/templates/a.yaml\" . | quote }}, {{ template \"b\" }}]"),
            ("_b.tpl", "{{ define \"b\" }}defined{{ end }}"),
        ];
        assert_eq!(rendered(&templates).unwrap(), "a: 1|b: [\"a: 1\", defined]");
    }

    #[test]
    fn what_cannot_be_parsed_is_the_error_before_what_fails() {
        // Rendered first is what comes last.
        let templates =
            [("a.yaml", "{{ if }}"), ("b.yaml", "{{ include \"web/templates/a.yaml\" . }}"), ("c.yaml", "{{ fail \"c\" }}")];
        for n in 1..=templates.len() {
            let error = rendered(&templates[..n]).unwrap_err();
            assert!(error.contains("parse error at (web/templates/a.yaml:1): missing value for if"), "{error}");
        }
        let templates = [("_a.tpl", "{{ define \"a\" }}{{ end"), ("b.yaml", "{{ template \"a\" }}")];
        assert!(rendered(&templates).unwrap_err().contains("parse error at (web/templates/_a.tpl:1): unclosed action"));
        // Nobody asks for it.
        let error = rendered(&[("_a.tpl", "{{ end }}"), ("b.yaml", "b: 1")]).unwrap_err();
        assert!(error.contains("parse error at (web/templates/_a.tpl:1): unexpected {{end}}"), "{error}");
    }

    #[test]
    fn a_file_may_define_a_template_with_another_files_name() {
        let define = "{{ define \"web/templates/b.yaml\" }}b: defined{{ end }}";
        // The last to be parsed counts, and files are parsed in reverse.
        assert_eq!(rendered(&[("a.yaml", define), ("b.yaml", "b: file")]).unwrap(), "b: defined");
        assert_eq!(rendered(&[("c.yaml", define), ("b.yaml", "b: file")]).unwrap(), "b: file");
    }
}
