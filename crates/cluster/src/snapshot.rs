//! `pintle cluster snapshot`: what a cluster is, and those of its objects that are named, as a file.

use std::io::Write;
use std::path::{Path, PathBuf};

use pintle_core::cluster::Cluster;
use pintle_core::diagnostic::nearest;
use pintle_core::{Data, DataMap, Diagnostic, Error};
use pintle_files::words;
use pintle_files::write::{self, Access};

use crate::api::{Api, JSON, encode};
use crate::connect::{self, Connection, connect};
use crate::discovery::{Discovered, Resource, versions};
use crate::lookup::{as_list, path};
use crate::rules;
use crate::serve::unanswered;

/// Arguments of `pintle cluster snapshot`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Objects, as kubectl names them: secret/db deployment/web, or a kind and names: secret db token; a kind alone for all of them
    #[arg(value_name = "TYPE[/NAME]")]
    pub objects: Vec<String>,
    /// The file, readable for its owner alone; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// The namespace of the objects [default: that of the kubeconfig's context]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Objects of all namespaces
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Of kinds without names only the objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub selector: Option<String>,
    /// Leave out objects that don't exist: a chart finds none of them either
    #[arg(long)]
    pub ignore_not_found: bool,
    /// Leave metadata.managedFields out, which a chart that looks an object up would see
    #[arg(long)]
    pub omit_managed_fields: bool,
    /// Where the cluster is, and who asks.
    #[command(flatten)]
    pub cluster: connect::Args,
}

const EXAMPLES: &str = "The file holds objects as the cluster does: Secrets as they are, readable for whoever reads the file.

Examples:
  pintle cluster snapshot --output cluster.yaml
  pintle cluster snapshot --output cluster.yaml secret/db configmap/settings -n prod
  pintle cluster snapshot --output cluster.yaml configmaps,services -A -l app=web --kube-context staging
  pintle cluster snapshot --output cluster.yaml horizontalpodautoscalers.v2.autoscaling
  pintle template web charts/web -n prod --cluster cluster.yaml";

/// What was written, for a message: names and numbers only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// In a sentence.
    pub summary: String,
    /// What was noticed.
    pub warnings: Vec<String>,
}

/// Asks the cluster and writes the file.
///
/// Errors: no cluster, a kind that it doesn't have, an object that doesn't exist or may not be read, a file that can't be written.
/// Nothing is written then.
pub fn snapshot(args: &Args) -> Result<Written, Error> {
    let wanted = wanted(&args.objects)?;
    let connection = connect(&args.cluster, true)?;
    let (mut cluster, discovered) = versions(&connection.api).map_err(|e| unanswered(&e))?;
    for object in objects(args, &connection, &discovered, &wanted)? {
        let failed = |field| Error::new(&rules::CLUSTER_OBJECT, format!("the cluster gave an object without {field}"));
        cluster.add(object).map_err(failed)?;
    }
    let text = cluster.to_yaml();
    let file = shown(&args.output);
    if args.output == Path::new("-") {
        print(text.as_bytes())
            .map_err(|e| Error::new(&pintle_core::rules::FILE_WRITE, format!("writing to standard output: {}", words(&e))))?;
    } else {
        write::file(&args.output, text.as_bytes(), Access::Owner)
            .map_err(|e| Error::new(&pintle_core::rules::FILE_READ, e.to_string()))?;
    }
    Ok(Written { summary: summary(&file, &cluster), warnings: discovered.warnings() })
}

#[expect(clippy::disallowed_methods, reason = "pintle_cli's way of printing is that program's")]
fn print(text: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush())
}

fn shown(file: &Path) -> String {
    if file == Path::new("-") { "standard output".to_owned() } else { file.display().to_string() }
}

fn summary(file: &str, cluster: &Cluster) -> String {
    let count = |n: usize, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    let is_secret = |object: &&Data| object.get("kind").and_then(Data::as_str) == Some("Secret");
    let secrets = cluster.objects().filter(is_secret).count();
    let mut out = format!(
        "wrote {file}: Kubernetes {}, {}, {}",
        cluster.kube_version.as_deref().unwrap_or_default(),
        count(cluster.api_versions.len(), "API version"),
        count(cluster.len(), "object")
    );
    if secrets > 0 {
        out.push_str(&format!("; {} in clear", count(secrets, "Secret")));
    }
    out
}

/// A kind as it was named, and an object of it or all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    kind: String,
    name: Option<String>,
}

/// Reads the arguments as kubectl does: `TYPE/NAME`, or `TYPE[,TYPE]` with names behind it or none.
fn wanted(args: &[String]) -> Result<Vec<Wanted>, Error> {
    let usage = |message: String| Err(Error::new(&rules::USAGE_ARGUMENTS, message));
    let mut out = Vec::new();
    let mut kinds: Option<(Vec<&str>, bool)> = None;
    let close = |kinds: Option<(Vec<&str>, bool)>, out: &mut Vec<Wanted>| {
        if let Some((kinds, false)) = kinds {
            out.extend(kinds.into_iter().map(|kind| Wanted { kind: kind.to_owned(), name: None }));
        }
    };
    for arg in args {
        if let Some((kind, name)) = arg.split_once('/') {
            if kind.is_empty() || name.is_empty() || name.contains('/') {
                return usage(format!("{arg}: TYPE/NAME is meant, as in secret/db; the namespace is --namespace"));
            }
            close(kinds.take(), &mut out);
            out.push(Wanted { kind: kind.to_owned(), name: Some(name.to_owned()) });
        } else if let Some((known, named)) = &mut kinds {
            *named = true;
            out.extend(known.iter().map(|kind| Wanted { kind: (*kind).to_owned(), name: Some(arg.clone()) }));
        } else {
            let all: Vec<&str> = arg.split(',').collect();
            if all.iter().any(|kind| kind.is_empty()) {
                return usage(format!("{arg:?}: kinds are separated by single commas"));
            }
            kinds = Some((all, false));
        }
    }
    close(kinds, &mut out);
    Ok(out)
}

/// The objects that are wanted. Each is asked for in its kind's preferred version unless another is named.
fn objects(args: &Args, connection: &Connection, discovered: &Discovered, wanted: &[Wanted]) -> Result<Vec<Data>, Error> {
    let api = &connection.api;
    let mut out = Vec::new();
    for Wanted { kind, name } in wanted {
        let resource = resource(discovered, kind)?;
        let namespace = args.namespace.as_deref().unwrap_or(&connection.namespace);
        let namespace = if resource.namespaced && !args.all_namespaces { namespace } else { "" };
        match name {
            Some(_) if resource.namespaced && args.all_namespaces => {
                let message = format!(
                    "{kind}/{}: a resource cannot be retrieved by name across all namespaces",
                    name.as_deref().unwrap_or_default()
                );
                return Err(Error::new(&rules::USAGE_NAMESPACE, message));
            }
            Some(name) => {
                let found = api.get(&path(resource, namespace, name), JSON, api.deadline());
                match found {
                    Err(e) if e.is_not_found() && args.ignore_not_found => {}
                    found => out.push(found.map_err(|e| refused(resource, namespace, Some(name), &e.to_string()))?.data),
                }
            }
            None => out.extend(listed(api, args, resource, namespace)?),
        }
        if out.len() > api.limits().objects {
            let message = format!("more than {} objects: name what is wanted, or a namespace", api.limits().objects);
            return Err(Error::new(&rules::CLUSTER_LIMIT, message));
        }
    }
    if args.omit_managed_fields {
        for metadata in out.iter_mut().filter_map(|o| o.get_mut("metadata")?.as_map_mut()) {
            metadata.remove("managedFields");
        }
    }
    Ok(out.into_iter().map(Data::Map).collect())
}

fn listed(api: &Api, args: &Args, resource: &Resource, namespace: &str) -> Result<Vec<DataMap>, Error> {
    let query = args.selector.as_deref().map(|s| format!("labelSelector={}", encode(s))).unwrap_or_default();
    let list = api.list(&path(resource, namespace, ""), &query, api.deadline());
    let mut list = as_list(list.map_err(|e| refused(resource, namespace, None, &e.to_string()))?);
    let Some(Data::List(items)) = list.remove("items") else { return Ok(Vec::new()) };
    Ok(items.into_iter().filter_map(|item| if let Data::Map(item) = item { Some(item) } else { None }).collect())
}

fn refused(resource: &Resource, namespace: &str, name: Option<&str>, message: &str) -> Error {
    let mut what = resource.name.clone();
    if let Some(name) = name {
        what = format!("{what}/{name}");
    }
    if !namespace.is_empty() {
        what = format!("{what} in namespace {namespace}");
    }
    Error::new(&rules::CLUSTER_OBJECT, format!("{what}: {message}"))
}

/// The resource that a name means: `deployments`, `deploy`, `Deployment`, `deployments.apps`, `deployments.v1.apps`. Of several the
/// first in the cluster's own order; short names count after all others.
fn resource<'d>(discovered: &'d Discovered, named: &str) -> Result<&'d Resource, Error> {
    let (name, place) = named.split_once('.').map_or((named, None), |(name, place)| (name, Some(place)));
    let is_here = |r: &&Resource| match place {
        None => true,
        Some(place) => {
            let (version, group) = place.split_once('.').unwrap_or((place, ""));
            r.group() == place
                || r.version() == version && r.group() == group
                || !place.is_empty() && r.group().starts_with(&format!("{place}."))
        }
    };
    let candidates = || discovered.resources.iter().filter(|r| !r.is_subresource()).filter(is_here);
    let same = |a: &str| a.eq_ignore_ascii_case(name);
    let long = candidates().find(|r| same(&r.name) || same(&r.singular) || same(&r.kind));
    long.or_else(|| candidates().find(|r| r.short_names.iter().any(|s| same(s)))).ok_or_else(|| {
        let d = Diagnostic::new(&rules::USAGE_KIND, format!("the server doesn't have a resource type \"{named}\""));
        let known = discovered.resources.iter().filter(|r| !r.is_subresource()).map(|r| r.name.as_str());
        match nearest(&name.to_ascii_lowercase(), known) {
            Some(near) => d.hint(format!("did you mean {near}?")).into(),
            None => d.into(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(line: &str) -> Vec<String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let show = |w: Wanted| format!("{}/{}", w.kind, w.name.unwrap_or_else(|| "*".to_owned()));
        wanted(&args).unwrap().into_iter().map(show).collect()
    }

    #[test]
    fn objects_are_named_as_for_kubectl() {
        assert_eq!(want(""), [""; 0]);
        assert_eq!(want("secret/db deploy/web"), ["secret/db", "deploy/web"]);
        assert_eq!(want("secret db token"), ["secret/db", "secret/token"]);
        assert_eq!(want("secrets,configmaps"), ["secrets/*", "configmaps/*"]);
        assert_eq!(want("secret/db configmaps"), ["secret/db", "configmaps/*"]);
        assert_eq!(want("configmaps secret/db"), ["configmaps/*", "secret/db"]);
        for wrong in ["secret/", "/db", "secret/prod/db", "secrets,,pods"] {
            assert!(wanted(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn kinds_have_many_names() {
        let one = |group_version: &str, kind: &str, name: &str, short: &str| Resource {
            group_version: group_version.into(),
            kind: kind.into(),
            name: name.into(),
            singular: kind.to_lowercase(),
            short_names: vec![short.into()],
            namespaced: true,
        };
        let discovered = Discovered {
            resources: vec![
                one("v1", "Event", "events", "ev"),
                one("apps/v1", "Deployment", "deployments", "deploy"),
                one("apps/v1", "Scale", "deployments/scale", ""),
                one("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa"),
                one("autoscaling/v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa"),
                one("events.k8s.io/v1", "Event", "events", "ev"),
                one("x.dev/v1", "Ev", "evs", ""),
            ],
            ..Discovered::default()
        };
        for (named, meant) in [
            ("deploy", "apps/v1"),
            ("Deployments", "apps/v1"),
            ("deployment.apps", "apps/v1"),
            ("deployments.v1.apps", "apps/v1"),
            ("hpa", "autoscaling/v2"),
            ("hpa.v1.autoscaling", "autoscaling/v1"),
            ("events", "v1"),
            ("events.v1.", "v1"),
            ("events.events.k8s.io", "events.k8s.io/v1"),
            ("events.events", "events.k8s.io/v1"),
            ("ev", "x.dev/v1"),
        ] {
            assert_eq!(resource(&discovered, named).unwrap().group_version, meant, "{named}");
        }
        let e = resource(&discovered, "deploymets").unwrap_err();
        assert_eq!(e.message(), "the server doesn't have a resource type \"deploymets\"");
        assert_eq!(e.diagnostics()[0].hints, ["did you mean deployments?"]);
        assert!(resource(&discovered, "scale").is_err() && resource(&discovered, "deployments.v2.apps").is_err());
    }
}
