//! Helm's wording of an error in a template (`reformatExecErrorMsg` of `helm.sh/helm/v4/pkg/engine`).

use pintle_functions::bind::{WARN_END, WARN_START};
use pintle_template::{Error, ErrorKind};

use crate::Compat;

/// The text that Helm prints for an error of execution.
///
/// What `required` and `fail` say comes alone with the place; other errors are laid out over several lines, unless something
/// in their chain (a function's own words, `tpl`) has another form: then Go's text stays as it is.
pub fn helm_text(e: &Error, compat: Compat) -> String {
    let text = e.message();
    let is_exec = std::iter::successors(Some(e), |e| e.source()).any(|e| e.kind() == ErrorKind::Exec && e.location().is_some());
    if !is_exec {
        return text;
    }
    let mut tokens = text.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (tokens.next(), tokens.next(), tokens.next()) else { return text };
    if let (Some(start), Some(end)) = (rest.find(WARN_START), rest.rfind(WARN_END))
        && let Some(said) = rest.get(start + WARN_START.len()..end)
    {
        return format!("execution error at ({location}): {said}");
    }
    if !compat.reformats_template_errors() {
        return text;
    }
    reformat(e).unwrap_or(text)
}

#[derive(PartialEq)]
struct Traceable {
    location: String,
    function: String,
    message: String,
}

fn reformat(e: &Error) -> Option<String> {
    let mut places: Vec<Traceable> = Vec::new();
    let mut next = Some(e);
    while let Some(e) = next {
        next = e.source();
        // An error's text goes on with its cause's; no more of that is needed than its beginning.
        let mut text = e.own_text().to_owned();
        if let Some(cause) = next {
            text.push_str(cause.own_text());
        }
        let place = traceable(&text)?;
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
    let mut out = String::new();
    for p in &places {
        for (part, indent) in [(&p.location, "\n  "), (&p.function, "\n    "), (&p.message, "\n")] {
            if !part.is_empty() {
                out.push_str(part);
                out.push_str(indent);
            }
        }
    }
    Some(out.trim().to_owned())
}

/// `parseTemplateExecErrorString`
fn traceable(text: &str) -> Option<Traceable> {
    let rest = text.strip_prefix("template: ")?;
    let plain = |location: &str, message: &str| Traceable {
        location: location.to_owned(),
        function: String::new(),
        message: message.to_owned(),
    };
    if rest.starts_with("no template ") {
        return Some(plain("", text));
    }
    let cut = |message: &str| message.split(" template:").next().unwrap_or("").to_owned();
    if let Some(found) = executing(rest) {
        let (location, function, node, message) = found;
        return Some(Traceable {
            location: location.to_owned(),
            function: format!("executing \"{function}\" at <{node}>:"),
            message: cut(message),
        });
    }
    let (location, message) = rest.rsplit_once(": ")?;
    Some(plain(location, &cut(message)))
}

fn executing(rest: &str) -> Option<(&str, &str, &str, &str)> {
    let (location, after) = rest.split_once(": executing ")?;
    let after = after.strip_prefix('"')?;
    let (function, after) = after.split_once('"')?;
    let after = after.strip_prefix(" at <")?;
    let (node, message) = after.split_once(">: ")?;
    Some((location, function, node, message))
}
