//! What sets the plugin up (argo-cd v3, docs/operator-manual/config-management-plugins.md).

/// What is to be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// plugin.yaml, which lies in the sidecar.
    Plugin,
    /// A patch that adds the sidecar to the repo-server.
    Kustomize,
    /// The same as values for argo-helm.
    Helm,
}

/// No discovery: for that Argo CD packs and sends the whole repository to every plugin, for every application. No version: it would
/// be a part of the plugin's name in every Application.
const PLUGIN: &str = "apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata:
  name: pintle
spec:
  generate:
    command: [pintle, cmp, generate]
  parameters:
    dynamic:
      command: [pintle, cmp, parameters]
";

/// The argocd-cmp-server comes from the volume var-files, where the repo-server's init container puts it; it unpacks repositories below
/// /tmp, which must not be the repo-server's own. What was rendered is kept there too, and goes with the pod.
const CONTAINER: &str = "name: pintle
image: IMAGE
command: [/var/run/argocd/argocd-cmp-server]
env:
  - name: PINTLE_CMP_CACHE
    value: /tmp/pintle-cache
securityContext:
  runAsNonRoot: true
  runAsUser: 999
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
volumeMounts:
  - name: var-files
    mountPath: /var/run/argocd
  - name: plugins
    mountPath: /home/argocd/cmp-server/plugins
  - name: pintle-tmp
    mountPath: /tmp
";

const VOLUME: &str = "name: pintle-tmp
emptyDir: {}
";

/// The YAML; `image` holds `pintle` and its plugin.yaml.
pub fn text(setup: Setup, image: &str) -> String {
    // JSON's quotes hold any text in YAML.
    let mut quoted = String::new();
    pintle_value::json::write_string(&mut quoted, image.as_bytes(), false);
    let container = CONTAINER.replace("IMAGE", &quoted);
    match setup {
        Setup::Plugin => PLUGIN.to_owned(),
        Setup::Kustomize => format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: argocd-repo-server\nspec:\n  template:\n    spec:\n      \
             containers:\n{}      volumes:\n{}",
            item(&container, 8),
            item(VOLUME, 8)
        ),
        Setup::Helm => format!("repoServer:\n  extraContainers:\n{}  volumes:\n{}", item(&container, 4), item(VOLUME, 4)),
    }
}

/// A table as an item of a list.
fn item(text: &str, indent: usize) -> String {
    let line = |(i, line): (usize, &str)| format!("{:indent$}{} {line}\n", "", if i == 0 { "-" } else { " " });
    text.lines().enumerate().map(line).collect()
}
