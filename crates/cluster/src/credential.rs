//! Credential plugins of a kubeconfig (`exec`): programs that print a token or a certificate
//! (`k8s.io/client-go/plugin/pkg/client/auth/exec`).
//!
//! Takes what the kubeconfig says of the plugin and the time that it may take, gives who asks. kube runs plugins itself, but waits for
//! them without end; here one that takes too long is killed, with what it started. A credential is asked for once: a run is shorter
//! than one lasts.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::rules;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use pintle_core::{Data, Diagnostic, Error};
use pintle_files::{read, words};
use pintle_yaml::Tree;
use secrecy::SecretString;

/// A credential is smaller than this, in bytes; so is a message that is worth showing.
const MAX_OUTPUT: u64 = 1 << 20;

/// Puts what the plugin prints in the place of the plugin, if it is what counts.
///
/// Errors: the plugin can't be run, fails, takes too long, or prints no credential. What it prints is never repeated.
pub fn fetch(auth: &mut AuthInfo, limit: Duration) -> Result<(), Error> {
    // kube would run that program too.
    if auth.auth_provider.as_ref().is_some_and(|p| p.config.contains_key("cmd-path")) {
        let d = Diagnostic::new(
            &rules::CLUSTER_CONNECT,
            "the kubeconfig's auth-provider runs a program, which Kubernetes 1.26 gave up",
        );
        return Err(d.hint("use its successor, a credential plugin (`exec`) such as gke-gcloud-auth-plugin").into());
    }
    // The order of kube and client-go.
    let is_known = auth.auth_provider.is_some()
        || auth.username.is_some() && auth.password.is_some()
        || auth.token.is_some()
        || auth.token_file.is_some();
    if is_known {
        return Ok(());
    }
    let Some(exec) = auth.exec.take() else { return Ok(()) };
    let printed = run(&exec, limit)?;
    let none = || failed("the credential plugin gave no ExecCredential");
    let status = Tree::parse(&printed).ok().flatten().and_then(|tree| tree.to_data().ok()).ok_or_else(none)?;
    let status = status.get("status").filter(|s| s.as_map().is_some()).ok_or_else(none)?;
    let text = |key: &str| status.get(key).and_then(Data::as_str).filter(|text| !text.is_empty());
    match (text("clientCertificateData"), text("clientKeyData"), text("token")) {
        (Some(certificate), Some(key), _) => {
            auth.client_certificate_data = Some(STANDARD.encode(certificate));
            auth.client_key_data = Some(SecretString::from(STANDARD.encode(key)));
        }
        (_, _, Some(token)) => auth.token = Some(SecretString::from(token.to_owned())),
        _ => return Err(none()),
    }
    Ok(())
}

fn failed(message: impl Into<String>) -> Error {
    Error::new(&rules::CLUSTER_CONNECT, message)
}

/// What the plugin prints.
#[expect(clippy::disallowed_methods, reason = "a plugin may take so long and no longer")]
fn run(exec: &ExecConfig, limit: Duration) -> Result<Vec<u8>, Error> {
    let program = exec.command.as_deref().ok_or_else(|| failed("the kubeconfig's credential plugin has no command"))?;
    let shown = Path::new(program).file_name().unwrap_or(OsStr::new(program)).to_string_lossy().into_owned();
    let interactive = exec.interactive_mode != Some(ExecInteractiveMode::Never);
    let mut command = Command::new(program);
    command.args(exec.args.iter().flatten());
    command.envs(exec.env.iter().flatten().filter_map(|pair| pair.get("name").zip(pair.get("value"))));
    command.env("KUBERNETES_EXEC_INFO", info(exec, interactive)?).stdout(Stdio::piped());
    match interactive {
        true => command.stdin(Stdio::inherit()).stderr(Stdio::inherit()),
        false => command.stdin(Stdio::null()).stderr(Stdio::piped()),
    };
    // What asks a terminal must be in its foreground; everything else is a group that can be killed as a whole.
    #[cfg(unix)]
    if !interactive {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    let child = command.spawn().map_err(|e| failed(format!("the credential plugin can't be run: {}", words(&e))))?;
    let mut plugin = Plugin { child, is_group: !interactive, is_done: false };
    let until = Instant::now() + limit;
    let (output, said) = (listen(plugin.child.stdout.take()), listen(plugin.child.stderr.take()));
    let late = || failed(format!("the credential plugin {shown} took longer than {limit:?} (--request-timeout)"));
    let printed = output.recv_timeout(until.saturating_duration_since(Instant::now())).map_err(|_| late())?;
    let status = loop {
        match plugin.child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() >= until => return Err(late()),
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(e) => return Err(failed(format!("the credential plugin {shown}: {}", words(&e)))),
        }
    };
    plugin.is_done = true;
    if !status.success() {
        let said = said.recv_timeout(until.saturating_duration_since(Instant::now())).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        let colon = if said.is_empty() { "" } else { ": " };
        return Err(failed(format!("the credential plugin {shown} ended with {status}{colon}{said}")));
    }
    Ok(printed)
}

/// Reads a pipe to its end, or to where it becomes too much, without anybody waiting for it.
#[expect(clippy::disallowed_methods, reason = "a plugin may take so long and no longer")]
fn listen(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (send, output) = channel();
    thread::spawn(move || {
        let text = pipe.map(|pipe| read::all(pipe, MAX_OUTPUT).unwrap_or_default());
        // Nobody may listen any more.
        drop(send.send(text.unwrap_or_default()));
    });
    output
}

/// What the plugin is told of who asks.
fn info(exec: &ExecConfig, interactive: bool) -> Result<String, Error> {
    let mut spec = serde_json::json!({ "interactive": interactive });
    if exec.provide_cluster_info {
        let cluster =
            exec.cluster.as_ref().ok_or_else(|| failed("the credential plugin wants to know the cluster, which isn't known"))?;
        spec["cluster"] = serde_json::to_value(cluster).map_err(|e| failed(format!("the credential plugin: {e}")))?;
    }
    let info = serde_json::json!({ "apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec });
    Ok(info.to_string())
}

/// A plugin that runs, and is killed unless it is done.
struct Plugin {
    child: Child,
    /// Whether what it started belongs to it.
    is_group: bool,
    is_done: bool,
}

impl Drop for Plugin {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        #[cfg(unix)]
        if self.is_group
            && let Some(group) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn auth(script: &str, mode: Option<ExecInteractiveMode>) -> AuthInfo {
        let exec = ExecConfig {
            api_version: Some("client.authentication.k8s.io/v1".to_owned()),
            command: Some("/bin/sh".to_owned()),
            args: Some(vec!["-c".to_owned(), script.to_owned()]),
            env: None,
            drop_env: None,
            install_hint: None,
            interactive_mode: mode,
            provide_cluster_info: false,
            cluster: None,
            other: Default::default(),
        };
        AuthInfo { exec: Some(exec), ..AuthInfo::default() }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a plugin may take so long and no longer")]
    fn a_plugin_that_sleeps_is_killed_with_what_it_started() {
        for mode in [Some(ExecInteractiveMode::Never), None] {
            let mark = std::env::temp_dir().join(format!("pintle-credential-{}-{}", std::process::id(), mode.is_some()));
            let script = format!("sleep 2; echo alive > {}", mark.display());
            let start = Instant::now();
            let e = fetch(&mut auth(&script, mode.clone()), Duration::from_millis(200)).unwrap_err();
            assert_eq!(e.message(), "the credential plugin sh took longer than 200ms (--request-timeout)");
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
            thread::sleep(Duration::from_millis(2200));
            assert!(!mark.exists(), "{mode:?}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a plugin may take so long and no longer")]
    fn a_child_that_keeps_the_output_open_is_not_waited_for() {
        let start = Instant::now();
        let never = Some(ExecInteractiveMode::Never);
        assert!(fetch(&mut auth("sleep 30 & exit 0", never), Duration::from_millis(200)).is_err());
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn what_a_plugin_prints_takes_its_place() {
        let mut of_token = auth("echo '{status: {token: a}}'", Some(ExecInteractiveMode::Never));
        fetch(&mut of_token, Duration::from_secs(20)).unwrap();
        assert!(of_token.exec.is_none() && of_token.token.is_some());
        let certificate = "echo '{status: {clientCertificateData: c, clientKeyData: k}}'";
        let mut of_certificate = auth(certificate, Some(ExecInteractiveMode::Never));
        fetch(&mut of_certificate, Duration::from_secs(20)).unwrap();
        assert_eq!(of_certificate.client_certificate_data.as_deref(), Some("Yw=="));
    }
}
