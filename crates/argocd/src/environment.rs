//! The build environment that Argo CD gives a plugin, and its substitution into texts.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What Argo CD and the sidecar's administrator say: nothing else of the process's environment counts.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Argo CD's variables, which charts may be given.
    application: BTreeMap<String, String>,
    /// The administrator's, which they may not.
    settings: BTreeMap<String, String>,
    /// The current folder as whoever started the program knows it: what a shell calls it, links and all.
    pub(crate) folder: PathBuf,
}

impl Environment {
    /// From variables: `ARGOCD_APP_*`, `ARGOCD_ENV_*` (the application's plugin environment) and the cluster's version are the application's,
    /// `PINTLE_CMP_*` the administrator's. Paths start at `folder`.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>, folder: PathBuf) -> Environment {
        let mut environment = Environment { folder, ..Environment::default() };
        for (name, value) in variables {
            if is_of_application(&name) {
                environment.application.insert(name, value);
            } else if name.starts_with("PINTLE_CMP_") {
                environment.settings.insert(name, value);
            }
        }
        environment
    }

    /// The environment and the current folder of this process.
    pub fn of_process() -> Environment {
        let variables = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let here = current_folder().unwrap_or_default();
        let logical = std::env::var_os("PWD").map(PathBuf::from).filter(|p| p.is_absolute());
        let folder = logical.filter(|p| p.canonicalize().is_ok_and(|p| p == here)).unwrap_or(here);
        Environment::new(variables, folder)
    }

    /// A variable of the application that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.application.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// A variable of the administrator that is set and not empty.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// All variables of the application.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.application.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// The application's name. Outside the control plane's namespace Argo CD calls it `NAMESPACE_NAME`; its own Helm support takes the
    /// name alone for the release (`argo.ParseInstanceName`).
    pub(crate) fn application(&self) -> Option<&str> {
        let name = self.get("ARGOCD_APP_NAME")?;
        Some(name.split_once('_').map_or(name, |(_, name)| name))
    }

    /// `$NAME` and `${NAME}` replaced, `$$` a dollar sign, unknown names nothing: `Env.Envsubst` of argo-cd, which is Go's `os.Expand`.
    pub(crate) fn substitute(&self, text: &str) -> String {
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

/// The current folder, without links.
pub(crate) fn current_folder() -> Option<PathBuf> {
    std::env::current_dir().ok()
}

fn is_of_application(name: &str) -> bool {
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
        let environment = Environment::new(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())), PathBuf::new());
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
