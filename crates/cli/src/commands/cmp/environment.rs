//! The build environment that Argo CD gives a plugin, and its substitution into texts.

use std::collections::BTreeMap;

/// The variables that are Argo CD's: nothing else of the process's environment reaches a chart.
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// `ARGOCD_APP_*`, `ARGOCD_ENV_*` (the application's plugin environment) and the cluster's version.
    pub fn of_process() -> Environment {
        Environment(
            std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .filter(|(k, _)| is_ours(k))
                .collect(),
        )
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// The application's name. Outside the control plane's namespace Argo CD calls it `NAMESPACE_NAME`; its own Helm support takes the
    /// name alone for the release (`argo.ParseInstanceName`).
    pub fn application(&self) -> Option<&str> {
        let name = self.get("ARGOCD_APP_NAME")?;
        Some(name.split_once('_').map_or(name, |(_, name)| name))
    }

    /// `$NAME` and `${NAME}` replaced, `$$` a dollar sign, unknown names nothing: `Env.Envsubst` of argo-cd, which is Go's `os.Expand`.
    pub fn substitute(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let (name, width) = name(rest);
            match name {
                // os.Expand keeps a dollar sign that nothing follows that could be a name.
                "" if width == 0 => out.push('$'),
                "$" => out.push('$'),
                name => out.push_str(self.get(name).unwrap_or_default()),
            }
            rest = &rest[width..];
        }
        out + rest
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("ARGOCD_APP_") || name.starts_with("ARGOCD_ENV_") || matches!(name, "KUBE_VERSION" | "KUBE_API_VERSIONS")
}

/// The name behind a dollar sign, and how many bytes it takes (`getShellName` of Go's os).
fn name(text: &str) -> (&str, usize) {
    if let Some(inner) = text.strip_prefix('{') {
        return match inner.find('}') {
            Some(end) => (&inner[..end], end + 2),
            None => ("", 1),
        };
    }
    let special = |c: char| matches!(c, '*' | '#' | '$' | '@' | '!' | '?' | '-') || c.is_ascii_digit();
    if text.starts_with(special) {
        return (&text[..1], 1);
    }
    let width = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    (&text[..width], width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitutes_as_os_expand() {
        let pairs = [("ARGOCD_APP_NAME", "web"), ("ARGOCD_ENV_A", "1")];
        let environment = Environment(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        let cases = [
            ("a-$ARGOCD_APP_NAME.yaml", "a-web.yaml"),
            ("${ARGOCD_ENV_A}0", "10"),
            ("$$ARGOCD_ENV_A", "$ARGOCD_ENV_A"),
            ("[$HOME]", "[]"),
            ("cost: 5$", "cost: 5$"),
            ("a$.b", "a$.b"),
            ("${open", "open"),
        ];
        for (text, wanted) in cases {
            assert_eq!(environment.substitute(text), wanted, "{text}");
        }
    }
}
