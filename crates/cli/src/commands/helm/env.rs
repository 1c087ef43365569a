//! `helm env`: where Helm keeps what, from flags and the environment (`helm.sh/helm/v4/pkg/cli/environment.go`, `pkg/helmpath`).

use std::collections::BTreeMap;
use std::env::var;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::Parser;
use pintle_core::Compat;

use super::arguments::Globals;
use super::{Answer, Answered, wrong_arguments};
use crate::commands::pflag::parse_bool;
use crate::io;

/// Arguments of `helm env`.
#[derive(Parser)]
#[command(name = "helm env", bin_name = "helm env", args_override_self = true)]
pub struct Args {
    /// Print this variable alone
    args: Vec<String>,
    #[command(flatten)]
    globals: Globals,
}

pub fn run(program: &OsStr, rest: &[OsString], compat: Compat) -> Answered {
    let args: Args = match super::parse(rest) {
        Ok(args) => args,
        Err(answer) => return Ok(answer),
    };
    let variables = variables(program, &args.globals, compat);
    let text = match args.args.as_slice() {
        [] => variables.iter().map(|(name, value)| format!("{name}=\"{value}\"\n")).collect(),
        [name] => format!("{}\n", variables.get(name.as_str()).map_or("", String::as_str)),
        _ => return Err(wrong_arguments("env", "accepts at most 1 argument", "env [flags]")),
    };
    Ok(Answer::Done(io::finish(text.as_bytes())))
}

/// `EnvVars`
#[expect(clippy::disallowed_methods, reason = "`helm env` prints it")]
fn variables(program: &OsStr, globals: &Globals, compat: Compat) -> BTreeMap<&'static str, String> {
    let cache = home("HELM_CACHE_HOME", "XDG_CACHE_HOME", DEFAULTS[0]);
    let config = home("HELM_CONFIG_HOME", "XDG_CONFIG_HOME", DEFAULTS[1]);
    let data = home("HELM_DATA_HOME", "XDG_DATA_HOME", DEFAULTS[2]);
    let show = |path: PathBuf| path.to_string_lossy().into_owned();
    // A variable that is set, be it to nothing, counts before the default.
    let or = |flag: &Option<String>, name: &str, default: PathBuf| {
        flag.clone().or_else(|| var(name).ok()).unwrap_or_else(|| show(default))
    };
    let text = |flag: &Option<String>, name: &str| flag.clone().or_else(|| var(name).ok()).unwrap_or_default();
    let switch = |flag: Option<bool>, name: &str| {
        flag.unwrap_or_else(|| var(name).is_ok_and(|text| parse_bool(&text) == Ok(true))).to_string()
    };
    let whole = |flag: Option<i64>, name: &str, default: i64| {
        flag.or_else(|| var(name).ok()?.parse().ok()).unwrap_or(default).to_string()
    };
    let qps = globals.qps.or_else(|| var("HELM_QPS").ok()?.parse().ok()).unwrap_or(0.0);
    let groups = match globals.kube_as_group.as_slice() {
        [] => var("HELM_KUBEASGROUPS").unwrap_or_default().trim_matches([',', ' ']).to_owned(),
        given => given.join(","),
    };
    let mut all = BTreeMap::from([
        ("HELM_BIN", program.to_string_lossy().into_owned()),
        ("HELM_BURST_LIMIT", whole(globals.burst_limit, "HELM_BURST_LIMIT", 100)),
        ("HELM_DEBUG", switch(globals.debug, "HELM_DEBUG")),
        ("HELM_KUBEAPISERVER", text(&globals.kube_apiserver, "HELM_KUBEAPISERVER")),
        ("HELM_KUBEASGROUPS", groups),
        ("HELM_KUBEASUSER", text(&globals.kube_as_user, "HELM_KUBEASUSER")),
        ("HELM_KUBECAFILE", text(&globals.kube_ca_file, "HELM_KUBECAFILE")),
        ("HELM_KUBECONTEXT", text(&globals.kube_context, "HELM_KUBECONTEXT")),
        ("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", switch(globals.kube_insecure_skip_tls_verify, "HELM_KUBEINSECURE_SKIP_TLS_VERIFY")),
        ("HELM_KUBETLS_SERVER_NAME", text(&globals.kube_tls_server_name, "HELM_KUBETLS_SERVER_NAME")),
        ("HELM_KUBETOKEN", text(&globals.kube_token, "HELM_KUBETOKEN")),
        ("HELM_MAX_HISTORY", whole(None, "HELM_MAX_HISTORY", 10)),
        ("HELM_NAMESPACE", globals.namespace()),
        ("HELM_PLUGINS", or(&None, "HELM_PLUGINS", data.join("plugins"))),
        ("HELM_QPS", format!("{qps:.2}")),
        ("HELM_REGISTRY_CONFIG", or(&globals.registry_config, "HELM_REGISTRY_CONFIG", config.join("registry/config.json"))),
        ("HELM_REPOSITORY_CACHE", or(&globals.repository_cache, "HELM_REPOSITORY_CACHE", cache.join("repository"))),
        ("HELM_REPOSITORY_CONFIG", or(&globals.repository_config, "HELM_REPOSITORY_CONFIG", config.join("repositories.yaml"))),
    ]);
    if compat != Compat::Helm3 {
        all.insert("HELM_CONTENT_CACHE", or(&globals.content_cache, "HELM_CONTENT_CACHE", cache.join("content")));
    }
    all.insert("HELM_CACHE_HOME", show(cache));
    all.insert("HELM_CONFIG_HOME", show(config));
    all.insert("HELM_DATA_HOME", show(data));
    // The flag's default takes the place of the variable KUBECONFIG.
    if let Some(file) = globals.kubeconfig.clone().filter(|f| !f.is_empty()) {
        all.insert("KUBECONFIG", file);
    }
    all
}

/// Folders of caches, configuration and data: a variable with the user's folder, and the folder below it.
const DEFAULTS: [(&str, &str); 3] = if cfg!(windows) {
    [("TEMP", ""), ("APPDATA", ""), ("APPDATA", "")]
} else if cfg!(target_os = "macos") {
    [("HOME", "Library/Caches"), ("HOME", "Library/Preferences"), ("HOME", "Library")]
} else {
    [("HOME", ".cache"), ("HOME", ".config"), ("HOME", ".local/share")]
};

#[expect(clippy::disallowed_methods, reason = "`helm env` prints it")]
fn home(helm: &str, xdg: &str, (user, below): (&str, &str)) -> PathBuf {
    let set = |name: &str| var(name).ok().filter(|v| !v.is_empty()).map(PathBuf::from);
    let default = || set(user).unwrap_or_default().join(below);
    set(helm).unwrap_or_else(|| set(xdg).unwrap_or_else(default).join("helm")).components().collect()
}
