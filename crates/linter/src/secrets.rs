//! Secrets that aren't: sealed values that nobody sealed, credentials in plain text. No message holds a value.

use memchr::memmem;
use pintle_seal::Scope;
use pintle_value::Data;

use crate::inventory::{at, group, items, kind, pods, text};
use crate::{Found, rules};

pub(crate) fn check(f: &mut Found<'_>, i: usize, object: &Data) {
    match (group(object), kind(object)) {
        ("bitnami.com", "SealedSecret") => {
            sealed_for(f, i, object);
            for (key, value) in at(object, "spec.encryptedData").and_then(Data::as_map).into_iter().flatten() {
                let checked = pintle_seal::check_shape(value.as_str().unwrap_or_default());
                if let Err(e) = checked {
                    let message = format!("the value of {key} is {e}");
                    f.add(&rules::SECRET_SEALED, i, format!("spec.encryptedData.{key}"), message)
                        .hints
                        .push("seal it: pintle seal --cert FILE --namespace NAMESPACE --name NAME".into());
                }
            }
        }
        ("", "ConfigMap") => {
            for (key, value) in object.get("data").and_then(Data::as_map).into_iter().flatten() {
                let value = value.as_str().unwrap_or_default();
                if is_credential(value) || is_secret_name(key) && is_literal(value) {
                    plain(f, i, format!("data.{key}"), key);
                }
            }
        }
        _ => {}
    }
    let Some(pods) = pods(object) else { return };
    for list in ["initContainers", "containers"] {
        for (n, container) in items(pods.spec, list).iter().enumerate() {
            for (m, variable) in items(container, "env").iter().enumerate() {
                let (name, value) = (text(variable, "name").unwrap_or_default(), text(variable, "value").unwrap_or_default());
                if is_credential(value) || is_secret_name(name) && is_literal(value) {
                    plain(f, i, format!("{}.{list}[{n}].env[{m}].value", pods.path), &format!("the variable {name}"));
                }
            }
        }
    }
}

/// kubeseal leaves the metadata of what it sealed in the template; the controller opens a value only for the name, namespace and
/// scope that it was sealed for, and takes these from the SealedSecret itself (sealed-secrets v0.40.0, `labelFor`).
fn sealed_for(f: &mut Found<'_>, i: usize, object: &Data) {
    let Some(template) = at(object, "spec.template.metadata") else { return };
    let metadata = object.get("metadata").unwrap_or(&Data::Null);
    let (now, sealed) = (scope(metadata), scope(template));
    let mut other = |path: &str, what: &str, now: &str, before: &str| {
        let message = format!("has the {what} {now}, and was sealed for {before}: the controller can't open its values");
        f.add(&rules::SECRET_SCOPE, i, path, message).hints.push("seal the values again, or put it back".into());
    };
    if now != sealed && sealed != Scope::Strict {
        return other("metadata.annotations", "scope", now.name(), sealed.name());
    }
    let differs = |key: &str| text(template, key).zip(text(metadata, key)).filter(|(sealed, now)| sealed != now);
    if let Some((sealed, own)) = differs("name").filter(|_| now == Scope::Strict) {
        other("metadata.name", "name", own, sealed);
    }
    if let Some((sealed, own)) = differs("namespace").filter(|_| now != Scope::ClusterWide) {
        other("metadata.namespace", "namespace", own, sealed);
    }
}

fn scope(metadata: &Data) -> Scope {
    let annotations = metadata.get("annotations");
    Scope::of_annotations(|name| annotations.and_then(|a| a.get(name)).and_then(Data::as_str))
}

fn plain(f: &mut Found<'_>, i: usize, path: String, what: &str) {
    f.add(&rules::SECRET_PLAIN, i, path, format!("{what} looks like a credential in plain text"))
        .hints
        .push("take it from a Secret (valueFrom.secretKeyRef)".into());
}

/// Whether a name says that it stands for a secret: `DB_PASSWORD`, `api-token`. Names of where one is (`PASSWORD_FILE`) don't.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace(['-', '.'], "_");
    let elsewhere = ["_FILE", "_PATH", "_NAME", "_KEY_REF", "_TTL", "_EXPIRY", "_LENGTH", "_URL", "_ENABLED"];
    let words = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "APIKEY", "PRIVATE_KEY", "CREDENTIAL"];
    words.iter().any(|w| name.contains(w)) && !elsewhere.iter().any(|e| name.ends_with(e))
}

/// Whether a key of a values file holds a credential in plain text. Keys there often hold a Secret's name or the key in it:
/// `tlsSecret`, `existingSecret` and `passwordKey` aren't credentials.
pub fn is_plain_value(key: &str, value: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let endings = ["password", "passwd", "passphrase", "token", "apikey", "privatekey", "accesskey", "clientsecret"];
    let is_named = endings.iter().any(|e| key.ends_with(e)) && !key.starts_with("existing");
    let is_encrypted = value.starts_with("ENC[") || pintle_seal::check_shape(value).is_ok();
    is_credential(value) || is_named && is_literal(value) && !is_encrypted
}

/// Whether a value is itself, not a placeholder that something fills in, a path, a switch or a number.
fn is_literal(value: &str) -> bool {
    let placeholder = ["${", "$(", "{{", "<", "%", "/"].iter().any(|p| value.starts_with(p));
    value.len() > 3 && !placeholder && !["true", "false", "null", "none"].contains(&value) && value.parse::<f64>().is_err()
}

/// Whether a value has the shape of a well-known kind of credential, whatever its name.
pub fn is_credential(value: &str) -> bool {
    // Most texts are names and numbers: too short for any of the shapes.
    if value.len() < "a://b:1234@".len() {
        return false;
    }
    let starts =
        |prefix: &str, least: usize| value.starts_with(prefix) && value.len() >= least && !value.contains(char::is_whitespace);
    let has = |part: &str| memmem::find(value.as_bytes(), part.as_bytes()).is_some();
    has("-----BEGIN") && has("PRIVATE KEY-----")
        || starts("AKIA", 20)
        || ["ghp_", "gho_", "ghs_", "github_pat_", "glpat-"].iter().any(|p| starts(p, 20))
        || ["xoxb-", "xoxp-", "xoxa-"].iter().any(|p| starts(p, 20))
        || starts("eyJ", 40) && value.matches('.').count() == 2
        || has("discord.com/api/webhooks/")
        || has("hooks.slack.com/services/")
        || password_of_url(value).is_some_and(is_literal)
}

/// The password within a URL: `postgres://user:password@host/db`.
pub fn password_of_url(value: &str) -> Option<&str> {
    let rest = &value[memmem::find(value.as_bytes(), b"://")? + "://".len()..];
    let (user, _) = rest.split(['/', '?']).next()?.rsplit_once('@')?;
    Some(user.split_once(':')?.1)
}
