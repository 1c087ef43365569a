//! What a volume is made of (pkg/apis/core `validateVolumeSource`, `ValidatePersistentVolumeSpec`).

use super::common::required;
use super::{quantity, storage, volume};
use crate::finding::Findings;
use crate::names;
use crate::node::Node;
use crate::path::Path;

type Check = fn(&mut Findings<'_>, &Node, &Path<'_>);

const SOURCES: [(&str, Check); 30] = [
    ("emptyDir", empty_dir),
    ("hostPath", host_path),
    ("gitRepo", git_repo),
    ("gcePersistentDisk", gce_disk),
    ("awsElasticBlockStore", aws_volume),
    ("secret", |f, s, p| {
        required(f, s, &["secretName"], p);
        volume::items(f, s, p);
    }),
    ("nfs", nfs),
    ("iscsi", iscsi),
    ("glusterfs", |f, s, p| required(f, s, &["endpoints", "path"], p)),
    ("persistentVolumeClaim", |f, s, p| required(f, s, &["claimName"], p)),
    ("rbd", |f, s, p| {
        required(f, s, &["image"], p);
        if s.list("monitors").is_empty() {
            f.required(&p.child("monitors"), "");
        }
    }),
    ("cinder", |f, s, p| required(f, s, &["volumeID"], p)),
    ("cephfs", ceph),
    ("flocker", flocker),
    ("downwardAPI", volume::downward),
    ("fc", fibre_channel),
    ("azureFile", |f, s, p| required(f, s, &["secretName", "shareName"], p)),
    ("configMap", |f, s, p| {
        required(f, s, &["name"], p);
        volume::items(f, s, p);
    }),
    ("vsphereVolume", |f, s, p| required(f, s, &["volumePath"], p)),
    ("quobyte", |f, s, p| required(f, s, &["registry", "volume"], p)),
    ("azureDisk", azure_disk),
    ("photonPersistentDisk", |f, s, p| required(f, s, &["pdID"], p)),
    ("portworxVolume", |f, s, p| required(f, s, &["volumeID"], p)),
    ("scaleIO", |f, s, p| required(f, s, &["gateway", "system", "volumeName"], p)),
    ("storageos", |_, _, _| {}),
    ("flexVolume", |f, s, p| required(f, s, &["driver"], p)),
    ("projected", projected),
    ("csi", csi),
    ("ephemeral", ephemeral),
    ("image", |f, s, p| {
        required(f, s, &["reference"], p);
        super::common::one_of(f, s, "pullPolicy", &["Always", "IfNotPresent", "Never"], p);
    }),
];

/// `validateVolumeSource`
pub fn volume(f: &mut Findings<'_>, node: &Node, path: &Path<'_>) {
    let mut found = 0;
    for (field, check) in SOURCES {
        let Some(source) = node.opt(field) else { continue };
        found += 1;
        if found > 1 {
            f.forbidden(&path.child(field), "may not specify more than 1 volume type");
        } else {
            check(f, source, &path.child(field));
        }
    }
    // Without any it is an empty directory.
}

fn empty_dir(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    if source.opt("sizeLimit").and_then(quantity::quantity).is_some_and(|q| q.sign().is_lt()) {
        f.forbidden(&path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
}

fn host_path(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    let text = source.str("path");
    if text.is_empty() {
        return f.required(&path.child("path"), "");
    }
    volume::no_backsteps(f, text, &path.child("path"));
    let types = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    super::common::one_of(f, source, "type", &types, path);
}

fn git_repo(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    required(f, source, &["repository"], path);
    volume::descending_path(f, source.str("directory"), &path.child("directory"));
}

fn gce_disk(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    required(f, source, &["pdName"], path);
    partition(f, source, path);
}

fn aws_volume(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    required(f, source, &["volumeID"], path);
    partition(f, source, path);
}

fn partition(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    if let Some(number) = source.num("partition").filter(|n| !(0..=255).contains(n)) {
        f.invalid(&path.child("partition"), number, &names::between(0, 255));
    }
}

fn nfs(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    required(f, source, &["server", "path"], path);
    let text = source.str("path");
    if !text.is_empty() && !text.starts_with('/') {
        f.invalid(&path.child("path"), text, "must be an absolute path");
    }
}

fn iscsi(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    required(f, source, &["targetPortal", "iqn"], path);
    let iqn = source.str("iqn");
    if !iqn.is_empty() && !["iqn", "eui", "naa"].iter().any(|p| iqn.starts_with(p)) {
        f.invalid(&path.child("iqn"), iqn, "must be valid format starting with iqn, eui, or naa");
    }
    if let Some(lun) = source.num("lun").filter(|n| !(0..=255).contains(n)) {
        f.invalid(&path.child("lun"), lun, &names::between(0, 255));
    }
    if (source.bool("chapAuthDiscovery") || source.bool("chapAuthSession")) && !source.has("secretRef") {
        f.required(&path.child("secretRef"), "");
    }
}

fn ceph(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    if source.list("monitors").is_empty() {
        f.required(&path.child("monitors"), "");
    }
}

fn flocker(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    match (source.str("datasetName"), source.str("datasetUUID")) {
        ("", "") => f.required(path, "one of datasetName and datasetUUID is required"),
        ("", _) => {}
        (name, "") => {
            if name.contains('/') {
                f.invalid(&path.child("datasetName"), name, "must not contain '/'");
            }
        }
        _ => f.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"),
    }
}

fn fibre_channel(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    let (names, wide) = (source.list("targetWWNs"), source.list("wwids"));
    if names.is_empty() && wide.is_empty() {
        f.required(&path.child("targetWWNs"), "must specify either targetWWNs or wwids, but not both");
    } else if !names.is_empty() && !wide.is_empty() {
        f.invalid(
            &path.child("targetWWNs"),
            source.get("targetWWNs"),
            "targetWWNs and wwids can not be specified simultaneously",
        );
    } else if !names.is_empty() {
        match source.num("lun") {
            None => f.required(&path.child("lun"), "lun is required if targetWWNs is specified"),
            Some(lun) if !(0..=255).contains(&lun) => f.invalid(&path.child("lun"), lun, &names::between(0, 255)),
            _ => {}
        }
    }
}

fn azure_disk(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    required(f, source, &["diskName", "diskURI"], path);
    super::common::one_of_set(f, source, "cachingMode", &["None", "ReadOnly", "ReadWrite"], path);
    super::common::one_of_set(f, source, "kind", &["Dedicated", "Managed", "Shared"], path);
}

fn projected(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    if let Some(mode) = source.num("defaultMode").filter(|m| !(0..=0o777).contains(m)) {
        f.invalid(&path.child("defaultMode"), mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
    let list = path.child("sources");
    for (i, item) in source.list("sources").iter().enumerate() {
        let fld = list.index(i);
        let mut found = 0;
        for kind in ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"] {
            let Some(projection) = item.opt(kind) else { continue };
            found += 1;
            let fld = fld.child(kind);
            if found > 1 {
                f.forbidden(&fld, "may not specify more than 1 volume type per source");
                continue;
            }
            match kind {
                "secret" | "configMap" => {
                    required(f, projection, &["name"], &fld);
                    volume::items(f, projection, &fld);
                }
                "downwardAPI" => volume::downward(f, projection, &fld),
                "serviceAccountToken" => {
                    storage::token_expiration(f, projection, &fld);
                    required(f, projection, &["path"], &fld);
                }
                _ => {}
            }
        }
        // A source of nothing is let through.
    }
}

fn csi(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    storage::driver_name(f, source.str("driver"), &path.child("driver"));
    if source.opt("nodePublishSecretRef").is_some_and(|s| s.str("name").is_empty()) {
        f.required(&path.child("nodePublishSecretRef").child("name"), "");
    }
}

fn ephemeral(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    let fld = path.child("volumeClaimTemplate");
    match source.opt("volumeClaimTemplate") {
        None => f.required(&fld, ""),
        Some(template) => volume::claim_template(f, template, &fld),
    }
}

const PERSISTENT: [(&str, Check); 22] = [
    ("hostPath", host_path),
    ("gcePersistentDisk", gce_disk),
    ("awsElasticBlockStore", aws_volume),
    ("glusterfs", |f, s, p| required(f, s, &["endpoints", "path"], p)),
    ("flocker", flocker),
    ("nfs", nfs),
    ("rbd", |f, s, p| required(f, s, &["image"], p)),
    ("quobyte", |f, s, p| required(f, s, &["registry", "volume"], p)),
    ("cephfs", ceph),
    ("iscsi", iscsi),
    ("cinder", |f, s, p| required(f, s, &["volumeID"], p)),
    ("fc", fibre_channel),
    ("flexVolume", |f, s, p| required(f, s, &["driver"], p)),
    ("azureFile", |f, s, p| required(f, s, &["secretName", "shareName"], p)),
    ("vsphereVolume", |f, s, p| required(f, s, &["volumePath"], p)),
    ("photonPersistentDisk", |f, s, p| required(f, s, &["pdID"], p)),
    ("portworxVolume", |f, s, p| required(f, s, &["volumeID"], p)),
    ("azureDisk", azure_disk),
    ("scaleIO", |f, s, p| required(f, s, &["gateway", "system", "volumeName"], p)),
    ("local", local),
    ("storageos", |_, _, _| {}),
    ("csi", persistent_csi),
];

fn local(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    let text = source.str("path");
    if text.is_empty() {
        return f.required(&path.child("path"), "");
    }
    volume::no_backsteps(f, text, &path.child("path"));
}

fn persistent_csi(f: &mut Findings<'_>, source: &Node, path: &Path<'_>) {
    storage::driver_name(f, source.str("driver"), &path.child("driver"));
    required(f, source, &["volumeHandle"], path);
    let secrets = ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"];
    for field in secrets {
        if let Some(reference) = source.opt(field) {
            required(f, reference, &["name", "namespace"], &path.child(field));
        }
    }
}

/// The source of a persistent volume.
pub fn persistent(f: &mut Findings<'_>, spec: &Node, path: &Path<'_>) {
    let mut found = 0;
    for (field, check) in PERSISTENT {
        let Some(source) = spec.opt(field) else { continue };
        found += 1;
        // Upstream lets flexVolume stand beside another one.
        if found > 1 && field != "flexVolume" {
            f.forbidden(&path.child(field), "may not specify more than 1 volume type");
            continue;
        }
        check(f, source, &path.child(field));
        let terms = spec.get("nodeAffinity").get("required").list("nodeSelectorTerms");
        if field == "local" && terms.is_empty() {
            f.required(&path.child("nodeAffinity"), "Local volume requires node affinity");
        }
    }
    if found == 0 {
        f.required(path, "must specify a volume type");
    }
}
