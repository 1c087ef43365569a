//! Helm's global flags, which may stand before and after a subcommand (`helm.sh/helm/v4/pkg/cli/environment.go`).

use std::ffi::{OsStr, OsString};

/// The global flags, as every subcommand takes them. Those that lead to a cluster or a registry mean nothing here, but `env` shows them.
#[derive(clap::Args)]
#[group(skip)]
pub struct Globals {
    #[arg(short, long, hide = true)]
    pub namespace: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = crate::commands::pflag::parse_bool)]
    pub debug: Option<bool>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = crate::commands::pflag::parse_bool)]
    pub kube_insecure_skip_tls_verify: Option<bool>,
    #[arg(long, hide = true)]
    pub kubeconfig: Option<String>,
    #[arg(long, hide = true)]
    pub kube_context: Option<String>,
    #[arg(long, hide = true)]
    pub kube_token: Option<String>,
    #[arg(long, hide = true)]
    pub kube_as_user: Option<String>,
    #[arg(long, hide = true)]
    pub kube_as_group: Vec<String>,
    #[arg(long, hide = true)]
    pub kube_apiserver: Option<String>,
    #[arg(long, hide = true)]
    pub kube_ca_file: Option<String>,
    #[arg(long, hide = true)]
    pub kube_tls_server_name: Option<String>,
    #[arg(long, hide = true)]
    pub registry_config: Option<String>,
    #[arg(long, hide = true)]
    pub repository_config: Option<String>,
    #[arg(long, hide = true)]
    pub repository_cache: Option<String>,
    #[arg(long, hide = true)]
    pub content_cache: Option<String>,
    #[arg(long, hide = true)]
    pub burst_limit: Option<i64>,
    #[arg(long, hide = true)]
    pub qps: Option<f32>,
    #[arg(long, hide = true, alias = "colour")]
    pub color: Option<String>,
}

/// How charts are fetched from repositories and registries and their signatures proved, which is the real Helm's to do.
#[derive(clap::Args)]
#[group(skip)]
pub struct Registry {
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = crate::commands::pflag::parse_bool)]
    pub verify: Option<bool>,
    #[command(flatten)]
    credentials: crate::commands::template::Credentials,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = crate::commands::pflag::parse_bool)]
    insecure_skip_tls_verify: Option<bool>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = crate::commands::pflag::parse_bool)]
    plain_http: Option<bool>,
}

impl Globals {
    /// The namespace of `-n`, else of the environment.
    pub fn namespace(&self) -> String {
        self.namespace.clone().filter(|n| !n.is_empty()).unwrap_or_else(namespace)
    }
}

/// `HELM_NAMESPACE`, else `default`: a kubeconfig is not an input of a render here.
#[expect(clippy::disallowed_methods, reason = "Helm has settings of this name")]
pub fn namespace() -> String {
    std::env::var("HELM_NAMESPACE").ok().filter(|n| !n.is_empty()).unwrap_or_else(|| "default".to_owned())
}

/// Flags that take no value from the next argument; cobra takes any other for one that does.
const SWITCHES: [&str; 4] = ["--debug", "--kube-insecure-skip-tls-verify", "--help", "-h"];

/// The subcommand, which is the first argument that is neither a flag nor a flag's value, and the arguments without it (cobra's `Find`).
pub fn take_command(args: &[OsString]) -> (Option<String>, Vec<OsString>) {
    let mut rest = args.to_vec();
    let mut i = 0;
    while let Some(arg) = rest.get(i).map(OsString::as_os_str) {
        if arg == "--" {
            break;
        }
        if !arg.as_encoded_bytes().starts_with(b"-") || arg == "-" {
            let command = rest.remove(i);
            return (Some(command.to_string_lossy().into_owned()), rest);
        }
        i += if takes_next(arg) { 2 } else { 1 };
    }
    (None, rest)
}

fn takes_next(flag: &OsStr) -> bool {
    let text = flag.as_encoded_bytes();
    let is_long = text.starts_with(b"--");
    !SWITCHES.iter().any(|s| flag == *s) && if is_long { !text.contains(&b'=') } else { text.len() == 2 }
}
