//! Which cluster is meant, and by whom: kubeconfig, context, flags, or the pod that this runs in.
//!
//! The flags are Helm's (`helm.sh/helm/v4/pkg/cli/environment.go`), where kubectl has them too, kubectl's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Uri;
use kube::config::{AuthInfo, ExecInteractiveMode, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use pintle_core::{Diagnostic, Error};
use secrecy::SecretString;

use crate::api::{Api, Limits, reason};
use crate::credential;
use crate::rules;

/// Where a cluster is, and who asks.
#[derive(clap::Args, Clone, Debug, Default)]
#[group(skip)]
#[command(next_help_heading = "Cluster")]
pub struct Args {
    /// The kubeconfig [default: those of $KUBECONFIG, else ~/.kube/config; in a pod without one, its service account]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context [default: the current one]
    #[arg(long, alias = "context", value_name = "NAME")]
    pub kube_context: Option<String>,
    /// The API server's address, in place of the kubeconfig's
    #[arg(long, alias = "server", value_name = "URL")]
    pub kube_apiserver: Option<String>,
    /// A bearer token. Other users see it in the list of processes: a kubeconfig is the better place
    #[arg(long, alias = "token", value_name = "TOKEN", hide = true)]
    pub kube_token: Option<String>,
    /// Ask as this user
    #[arg(long, alias = "as", value_name = "USER")]
    pub kube_as_user: Option<String>,
    /// Ask as a member of this group
    #[arg(long, alias = "as-group", value_name = "GROUP")]
    pub kube_as_group: Vec<String>,
    /// The certificate authority that the API server is checked by
    #[arg(long, alias = "certificate-authority", value_name = "FILE")]
    pub kube_ca_file: Option<PathBuf>,
    /// The name that the API server's certificate is checked against
    #[arg(long, alias = "tls-server-name", value_name = "NAME")]
    pub kube_tls_server_name: Option<String>,
    /// Take any certificate of the API server: whoever is in between reads along
    #[arg(long, alias = "insecure-skip-tls-verify")]
    pub kube_insecure_skip_tls_verify: bool,
    /// How long the cluster may take for one question: 30s, 500ms, 2m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub request_timeout: Duration,
}

/// `30`, `30s`, `500ms`, `2m`, as kubectl takes them; 0 isn't without limit here.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match &text[digits..] {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        _ => 0,
    };
    let number: u64 = text[..digits].parse().unwrap_or(0);
    match number.saturating_mul(unit) {
        millis @ 1..=86_400_000 => Ok(Duration::from_millis(millis)),
        _ => Err("30s, 500ms or 2m is meant".to_owned()),
    }
}

/// An API server, and the namespace that is meant where none is named.
#[derive(Debug)]
pub struct Connection {
    /// The server.
    pub api: Api,
    /// The context's namespace.
    pub namespace: String,
}

/// Finds the cluster; nothing is asked of it yet. With `own_input` credential plugins may ask the user, else standard input
/// is somebody else's.
///
/// Errors: no cluster is named anywhere, the kubeconfig is invalid or doesn't have the context. No error repeats what a kubeconfig holds.
pub fn connect(args: &Args, own_input: bool) -> Result<Connection, Error> {
    let api = Api::new(Limits { time: args.request_timeout, ..Limits::default() })?;
    api.run(async {
        let mut config = config(args).await?;
        apply(args, &mut config)?;
        if !own_input && let Some(exec) = &mut config.auth_info.exec {
            exec.interactive_mode = Some(ExecInteractiveMode::Never);
        }
        // The limit of a question counts for each, and api repeats what may be repeated.
        config.connect_timeout = Some(args.request_timeout);
        config.default_retry = false;
        if !is_through_proxy(&config) {
            config.proxy_url = None;
        }
        // client-go keeps credentials to itself where everyone on the way can read them.
        if is_in_clear(&config.cluster_url) {
            config.auth_info = AuthInfo::default();
        }
        credential::fetch(&mut config.auth_info, args.request_timeout)?;
        let (server, namespace) = (config.cluster_url.clone(), config.default_namespace.clone());
        let client = Client::try_from(config).map_err(|e| failed(format!("{}: {}", shown(&server), reason(&e))))?;
        Ok((client, server, namespace))
    })
    .map(|(client, server, namespace)| Connection { api: api.with(client, shown(&server)), namespace })
}

fn failed(message: impl Into<String>) -> Error {
    Error::new(&rules::CLUSTER_CONNECT, message)
}

fn hinted(message: impl Into<String>, hint: &str) -> Error {
    Diagnostic::new(&rules::CLUSTER_CONNECT, message).hint(hint).into()
}

/// An address without its path's end, for messages.
fn shown(server: &Uri) -> String {
    server.to_string().trim_end_matches('/').to_owned()
}

#[expect(clippy::disallowed_methods, reason = "kubectl has settings of this name")]
async fn config(args: &Args) -> Result<Config, Error> {
    let Some(kubeconfig) = kubeconfig(args)? else {
        if let Some(server) = &args.kube_apiserver {
            return Ok(Config::new(address(server)?));
        }
        if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() && args.kube_context.is_none() {
            return Config::incluster().map_err(|e| failed(format!("the pod's service account: {}", reason(&e))));
        }
        let message = "no cluster is known: no kubeconfig in $KUBECONFIG or at ~/.kube/config";
        return Err(hinted(message, "name one with --kubeconfig"));
    };
    let known: Vec<&str> = kubeconfig.contexts.iter().map(|c| c.name.as_str()).collect();
    let contexts = match known.as_slice() {
        [] => "the kubeconfig has no contexts".to_owned(),
        known => format!("known contexts: {}", known.join(", ")),
    };
    let options = KubeConfigOptions { context: args.kube_context.clone(), ..KubeConfigOptions::default() };
    Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|e| match e {
        KubeconfigError::CurrentContextNotSet => {
            hinted(format!("the kubeconfig has no current context; {contexts}"), "name one with --kube-context")
        }
        KubeconfigError::LoadContext(name) => hinted(format!("the kubeconfig has no context \"{name}\""), &contexts),
        KubeconfigError::LoadClusterOfContext(name) => failed(format!("the kubeconfig has no cluster \"{name}\"")),
        e => failed(format!("the kubeconfig: {}", reason(&e))),
    })
}

/// The kubeconfig of the flag, or those of the environment, merged; files of the environment that don't exist are left out, as
/// kubectl does.
#[expect(clippy::disallowed_methods, reason = "kubectl has settings of this name")]
fn kubeconfig(args: &Args) -> Result<Option<Kubeconfig>, Error> {
    if let Some(file) = &args.kubeconfig {
        return read(file).map(Some);
    }
    let named: Vec<PathBuf> = std::env::var_os("KUBECONFIG").map(|v| std::env::split_paths(&v).collect()).unwrap_or_default();
    let named: Vec<PathBuf> = named.into_iter().filter(|p| !p.as_os_str().is_empty()).collect();
    let files = if named.is_empty() {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        home.map(|home| home.join(".kube").join("config")).into_iter().collect()
    } else {
        named
    };
    let mut merged: Option<Kubeconfig> = None;
    for file in files.iter().filter(|f| f.exists()) {
        let next = read(file)?;
        merged = Some(match merged {
            None => next,
            Some(merged) => merged.merge(next).map_err(|e| failed(format!("{}: {}", file.display(), reason(&e))))?,
        });
    }
    Ok(merged)
}

fn read(file: &Path) -> Result<Kubeconfig, Error> {
    Kubeconfig::read_from(file).map_err(|e| match e {
        KubeconfigError::ReadConfig(e, _) => failed(format!("kubeconfig {}: {e}", file.display())),
        // The parser shows the lines around, which may hold tokens and keys.
        KubeconfigError::Parse(_) => failed(format!("{} is not a kubeconfig", file.display())),
        e => failed(format!("kubeconfig {}: {}", file.display(), reason(&e))),
    })
}

fn address(text: &str) -> Result<Uri, Error> {
    let uri: Result<Uri, _> = text.parse();
    match uri {
        Ok(uri) if uri.scheme().is_some() && uri.host().is_some() => Ok(uri),
        _ => Err(failed(format!("--kube-apiserver {text}: an address such as https://10.0.0.1:6443 is meant"))),
    }
}

/// What flags say in place of the kubeconfig.
fn apply(args: &Args, config: &mut Config) -> Result<(), Error> {
    if let Some(server) = &args.kube_apiserver {
        config.cluster_url = address(server)?;
    }
    if let Some(token) = &args.kube_token {
        config.auth_info.token = Some(SecretString::from(token.clone()));
        (config.auth_info.token_file, config.auth_info.exec) = (None, None);
    }
    if args.kube_as_user.is_some() {
        config.auth_info.impersonate.clone_from(&args.kube_as_user);
    }
    if !args.kube_as_group.is_empty() {
        config.auth_info.impersonate_groups = Some(args.kube_as_group.clone());
    }
    if let Some(file) = &args.kube_ca_file {
        if !file.is_file() {
            return Err(failed(format!("--kube-ca-file {}: no such file", file.display())));
        }
        (config.root_cert, config.root_cert_file) = (None, Some(file.clone()));
    }
    if args.kube_tls_server_name.is_some() {
        config.tls_server_name.clone_from(&args.kube_tls_server_name);
    }
    config.accept_invalid_certs |= args.kube_insecure_skip_tls_verify;
    Ok(())
}

/// Whether the proxy counts: one of the kubeconfig always does, one of the environment not for what it excepts, nor for this machine
/// (Go's `http.ProxyFromEnvironment`).
#[expect(clippy::disallowed_methods, reason = "kubectl has settings of this name")]
fn is_through_proxy(config: &Config) -> bool {
    let variable = |name: &str| std::env::var(name).or_else(|_| std::env::var(name.to_lowercase())).unwrap_or_default();
    let Some(proxy) = &config.proxy_url else { return false };
    let of_environment =
        ["HTTPS_PROXY", "HTTP_PROXY"].iter().any(|name| variable(name).parse::<Uri>().is_ok_and(|p| p == *proxy));
    let host = config.cluster_url.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
    !of_environment || !is_direct(&host, config.cluster_url.scheme_str(), &variable("NO_PROXY"))
}

/// Whether what is sent is neither encrypted nor stays on this machine.
fn is_in_clear(server: &Uri) -> bool {
    server.scheme_str() != Some("https") && !is_here(server.host().unwrap_or_default().trim_matches(['[', ']']))
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn is_direct(host: &str, scheme: Option<&str>, excepted: &str) -> bool {
    let is_excepted = |entry: &str| {
        let entry = entry.trim().to_ascii_lowercase();
        let domain = entry.trim_start_matches('*').trim_start_matches('.');
        entry == "*"
            || !domain.is_empty() && (host == domain || host.strip_suffix(domain).is_some_and(|h| h.ends_with('.')))
            || within(host, &entry)
    };
    // Only what is encrypted goes through the proxy of HTTPS_PROXY.
    scheme != Some("https") || is_here(host) || excepted.split(',').any(is_excepted)
}

/// Whether an IPv4 address lies within `10.0.0.0/8` or the like.
fn within(host: &str, network: &str) -> bool {
    let (Ok(ip), Some((base, bits))) = (host.parse::<std::net::Ipv4Addr>(), network.split_once('/')) else { return false };
    match (base.parse::<std::net::Ipv4Addr>(), bits.parse::<u32>()) {
        (Ok(base), Ok(bits @ 1..=32)) => (ip.to_bits() ^ base.to_bits()) >> (32 - bits) == 0,
        (Ok(_), Ok(0)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_an_end() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("5"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        for wrong in ["0", "", "s", "1h", "-1s", "99999999999999999999s", "100000m"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn proxies_of_the_environment_are_not_for_everything() {
        for (host, excepted) in [
            ("127.0.0.1", ""),
            ("localhost", ""),
            ("api.example.com", "a.test, .example.com"),
            ("api.example.com", "example.com"),
            ("api.example.com", "*.example.com"),
            ("10.1.2.3", "10.0.0.0/8"),
            ("10.1.2.3", "*"),
        ] {
            assert!(is_direct(host, Some("https"), excepted), "{host} {excepted}");
        }
        for (host, excepted) in [("api.example.com", "le.com,"), ("10.1.2.3", "11.0.0.0/8"), ("10.1.2.3", "10.0.0.0/99")] {
            assert!(!is_direct(host, Some("https"), excepted), "{host} {excepted}");
        }
        assert!(is_direct("api.example.com", Some("http"), ""));
    }

    #[test]
    fn credentials_are_not_sent_in_clear() {
        let is = |server: &str| is_in_clear(&server.parse().unwrap());
        assert!(is("http://api.example.com") && is("http://10.0.0.1:8080"));
        assert!(
            !is("https://api.example.com") && !is("http://127.0.0.1:1") && !is("http://localhost") && !is("http://[::1]:8001")
        );
    }
}
