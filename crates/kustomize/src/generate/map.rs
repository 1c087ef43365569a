//! Config maps and secrets (sigs.k8s.io/kustomize/api v0.20.1, internal/generators).

use std::collections::BTreeMap;

use pintle_go::base64;
use pintle_yaml::{Target, structure};

use super::kv;
use crate::build::Build;
use crate::error::Error;
use crate::kustomization::types::{GeneratorArgs, GeneratorOptions, SecretArgs};
use crate::load::Loader;
use crate::node::{Kind, Node, NodeId, Place, Style, tag};
use crate::resource::{Behavior, Origin, Resource, StringMap, add_data, note};

/// Makes a config map (`MakeConfigMap`).
pub fn config_map(b: &mut Build, loader: &Loader<'_>, args: &GeneratorArgs, origin: &Origin) -> Result<Resource, Error> {
    let object = base(b, "ConfigMap", args, origin)?;
    for (key, bytes) in data(loader, args)? {
        match String::from_utf8(bytes) {
            Ok(text) => add_data(&mut b.nodes, object, &key, &text, "data")?,
            Err(e) => add_data(&mut b.nodes, object, &key, &base64::encode_lines(e.as_bytes()), "binaryData")?,
        }
    }
    finish(b, object, args, origin)
}

/// Makes a secret (`MakeSecret`).
pub fn secret(b: &mut Build, loader: &Loader<'_>, args: &SecretArgs, origin: &Origin) -> Result<Resource, Error> {
    let object = base(b, "Secret", &args.args, origin)?;
    let secret_type = if args.secret_type.is_empty() { "Opaque" } else { &args.secret_type };
    let value = b.nodes.add(Node { place: b.nodes[object].place, ..Node::string(secret_type) });
    b.nodes.set_field(object, "type", Some(value), Style::Plain)?;
    let pairs = data(loader, &args.args)?;
    b.nodes.lookup_create(object, Kind::Mapping, &["data"])?;
    for (key, bytes) in pairs {
        add_data(&mut b.nodes, object, &key, &base64::encode_lines(&bytes), "data")?;
    }
    finish(b, object, &args.args, origin)
}

fn base(b: &mut Build, kind: &str, args: &GeneratorArgs, origin: &Origin) -> Result<NodeId, Error> {
    if args.name.is_empty() {
        return Err(Error::new("a configmap must have a name"));
    }
    let place = Place { source: b.source(&origin.file), line: origin.line };
    let object = b.nodes.add(Node { place, tag: tag::MAP, ..Node::new(Kind::Mapping) });
    for (key, text) in [("apiVersion", "v1"), ("kind", kind)] {
        let value = b.nodes.add(Node { place, tag: tag::STR, ..Node::scalar(text) });
        b.nodes.set_field(object, key, Some(value), Style::Plain)?;
    }
    for (key, text) in [("name", &args.name), ("namespace", &args.namespace)] {
        if !text.is_empty() {
            let value = b.nodes.add(Node { place, ..Node::string(text.clone()) });
            b.nodes.set_map_field(object, value, &["metadata", key])?;
        }
    }
    Ok(object)
}

/// The data, by key.
fn data(loader: &Loader<'_>, args: &GeneratorArgs) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut data = BTreeMap::new();
    for (key, value) in kv::load(loader, &args.sources).map_err(|e| e.wrap("loading KV pairs"))? {
        if data.contains_key(&key) {
            return Err(Error::new(format!("configmap {} illegally repeats the key `{key}`", args.name)));
        }
        data.insert(key, value);
    }
    Ok(data)
}

fn finish(b: &mut Build, object: NodeId, args: &GeneratorArgs, origin: &Origin) -> Result<Resource, Error> {
    if let Some(options) = &args.options {
        for (key, value) in &options.labels {
            b.nodes.set_label(object, key, value)?;
        }
        for (key, value) in &options.annotations {
            b.nodes.set_annotation(object, key, value)?;
        }
        if options.immutable {
            let value = b.nodes.add(Node { tag: tag::BOOL, place: b.nodes[object].place, ..Node::scalar("true") });
            b.nodes.set_field(object, "immutable", Some(value), Style::Plain)?;
        }
    }
    let resource = Resource::new(object, origin.clone());
    if args.options.as_ref().is_none_or(|options| !options.disable_name_suffix_hash) {
        resource.enable(b, note::HASH)?;
    }
    let behavior = Behavior::from_name(&args.behavior);
    resource.edit_annotations(b, |annotations| {
        annotations.insert(note::BEHAVIOR.to_owned(), behavior.name().to_owned());
    })?;
    Ok(resource)
}

/// The options of one generator together with those of all (`MergeGlobalOptionsIntoLocal`).
pub(crate) fn merge_options(local: &Option<GeneratorOptions>, global: &Option<GeneratorOptions>) -> Option<GeneratorOptions> {
    let Some(global) = global else { return local.clone() };
    let mut merged = local.clone().unwrap_or_default();
    let add = |mine: &mut StringMap, theirs: &StringMap| {
        for (key, value) in theirs {
            mine.entry(key.clone()).or_insert_with(|| value.clone());
        }
    };
    add(&mut merged.labels, &global.labels);
    add(&mut merged.annotations, &global.annotations);
    merged.disable_name_suffix_hash |= global.disable_name_suffix_hash;
    merged.immutable |= global.immutable;
    Some(merged)
}

structure! {
    /// The account of a workload.
    KubernetesService("types", "KubernetesService") {
        /// Its name.
        name: String = "name",
        /// Its namespace.
        namespace: String = "namespace",
    }
}

structure! {
    /// The account at the cloud's provider.
    CloudAccount("types", "ServiceAccount") {
        /// Its name.
        name: String = "name",
        /// Its project.
        project_id: String = "projectId",
    }
}

structure! {
    /// An IAM policy to generate.
    IamPolicyArgs("types", "IAMPolicyGeneratorArgs") {
        /// `gke`
        cloud: String = "cloud" as Target::Named("types.Cloud", &Target::String),
        /// The workload's account.
        kubernetes_service: KubernetesService = "kubernetesService",
        /// The provider's account.
        service_account: CloudAccount = "serviceAccount",
    }
}

/// Makes a service account that is bound to a cloud's one (filters/iampolicygenerator).
pub(crate) fn iam_policy(b: &mut Build, args: &IamPolicyArgs, file: &str) -> Result<Vec<Resource>, Error> {
    if args.cloud != "gke" {
        return Err(Error::new(format!("cloud provider {} not supported yet", args.cloud)));
    }
    let (workload, account) = (&args.kubernetes_service, &args.service_account);
    let mut text = format!(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  annotations:\n    \
         iam.gke.io/gcp-service-account: {}@{}.iam.gserviceaccount.com\n  name: {}\n",
        account.name, account.project_id, workload.name
    );
    if !workload.namespace.is_empty() {
        text.push_str(&format!("\n  namespace: {}", workload.namespace));
    }
    crate::read::resources(b, text.as_bytes(), file)
}
