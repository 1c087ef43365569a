//! `pintle cmp config`: what sets the plugin up (argo-cd v3, docs/operator-manual/config-management-plugins.md).

/// Arguments of `pintle cmp config`.
#[derive(clap::Args)]
pub struct Args {
    /// plugin: plugin.yaml; kustomize: a patch that adds the sidecar to the repo-server; helm: the same as values for argo-helm
    #[arg(default_value = "plugin")]
    what: What,
    /// The image with `pintle` and its plugin.yaml (deploy/argocd/Containerfile)
    #[arg(long, value_name = "IMAGE", default_value = concat!("pintle-argocd:", env!("CARGO_PKG_VERSION")))]
    image: String,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    Plugin,
    Kustomize,
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

pub fn text(args: &Args) -> String {
    // JSON's quotes hold any text in YAML.
    let mut image = String::new();
    pintle_value::json::write_string(&mut image, args.image.as_bytes(), false);
    let container = CONTAINER.replace("IMAGE", &image);
    match args.what {
        What::Plugin => PLUGIN.to_owned(),
        What::Kustomize => format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: argocd-repo-server\nspec:\n  template:\n    spec:\n      \
             containers:\n{}      volumes:\n{}",
            item(&container, 8),
            item(VOLUME, 8)
        ),
        What::Helm => format!("repoServer:\n  extraContainers:\n{}  volumes:\n{}", item(&container, 4), item(VOLUME, 4)),
    }
}

/// A table as an item of a list.
fn item(text: &str, indent: usize) -> String {
    let line = |(i, line): (usize, &str)| format!("{:indent$}{} {line}\n", "", if i == 0 { "-" } else { " " });
    text.lines().enumerate().map(line).collect()
}
