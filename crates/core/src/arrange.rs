//! Cuts rendered texts into manifests and puts them in order (`helm.sh/helm/v4/pkg/release/v1/util`).
//!
//! Takes the texts of files, gives manifests by the install order of their kinds, and hooks, which are ordered the same way:
//! their weights say when a cluster runs them, not where they stand in the output.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;
use pintle_value::budget::{BYTES_A_STEP, Budget, Exceeded, check_document};
use pintle_yaml::{Head, Tree, head_and_tree, head_from_slice};
use serde::de::DeserializeOwned;

use crate::Compat;
use crate::deserialize::from_data;
use crate::diagnostic::{Diagnostic, Error, Object, Result, Source, Span, exceeded, with_attribute};
use crate::rules;

/// A document of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manifest {
    /// The template it comes from: `chart/templates/deployment.yaml`.
    pub source: String,
    /// Its text.
    pub content: Content,
    /// The line of the template's output on which it begins, 1 for the first.
    pub line: usize,
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.name`
    pub name: String,
}

impl Manifest {
    fn new(path: &str, content: Content, line: usize, head: &Head) -> Manifest {
        let name = head.metadata.as_ref().map(|metadata| metadata.name.clone()).unwrap_or_default();
        Manifest { source: path.to_owned(), content, line, api_version: head.api_version.clone(), kind: head.kind.clone(), name }
    }

    /// The object as a type of the caller's, such as `k8s_openapi::api::apps::v1::Deployment`.
    ///
    /// ```
    /// use pintle_core::{Chart, LoadOptions, Request, request::Input};
    /// # use pintle_core::load::File;
    /// # let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {replicas: \"3\"}\n";
    /// # let files = vec![File::new("Chart.yaml", b"{apiVersion: v2, name: web, version: 1.0.0}"), File::new("templates/a.yaml", template.as_bytes())];
    /// # let chart = Chart::from_files(files, &LoadOptions::default())?;
    /// #[derive(serde::Deserialize)]
    /// struct ConfigMap { data: std::collections::BTreeMap<String, String> }
    /// let outcome = Request::new(Input::Loaded(chart.into())).run()?;
    /// let map: ConfigMap = outcome.release.unwrap().manifests[0].to()?;
    /// assert_eq!(map.data["replicas"], "3");
    /// # Ok::<(), pintle_core::Error>(())
    /// ```
    ///
    /// Errors: the object doesn't fit the type, in serde's words.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T> {
        let failed = |what: String| {
            let object = Object {
                api_version: self.api_version.clone(),
                kind: self.kind.clone(),
                name: self.name.clone(),
                ..Object::default()
            };
            let d = Diagnostic::new(&rules::MANIFEST_TYPE, what);
            Error::from(Diagnostic { object: Some(object), ..d }.at(Span::whole(&Source::named(&*self.source))))
        };
        let data = pintle_yaml::from_slice(self.content.as_bytes()).map_err(|e| failed(e.message))?;
        from_data(&data).map_err(failed)
    }
}

/// A part of a text that others share: the documents of a file hold none of it themselves.
#[derive(Clone)]
pub struct Content {
    file: Arc<Vec<u8>>,
    /// Where it stands in the file; UTF-8.
    range: Range<usize>,
    /// The document, if somebody wants it after it was read for its head.
    tree: Option<Arc<Tree<'static>>>,
}

impl Content {
    /// A part of a text that was found in it.
    fn of(part: &str, file: &Arc<Vec<u8>>) -> Content {
        let start = part.as_ptr().addr() - file.as_ptr().addr();
        Content { file: file.clone(), range: start..start + part.len(), tree: None }
    }

    /// The whole text.
    pub(crate) fn file(&self) -> &Arc<Vec<u8>> {
        &self.file
    }

    /// Where it stands in the whole text.
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The document as it was read, if it was kept.
    pub(crate) fn tree(&self) -> Option<&Arc<Tree<'static>>> {
        self.tree.as_ref()
    }

    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.file[self.range.clone()]
    }
}

impl Deref for Content {
    type Target = str;
    fn deref(&self) -> &str {
        // It was cut out of a text: it is one.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Content) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Content {}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// A moment at which a cluster runs a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum HookEvent {
    PreInstall,
    PostInstall,
    PreDelete,
    PostDelete,
    PreUpgrade,
    PostUpgrade,
    PreRollback,
    PostRollback,
    Test,
}

impl HookEvent {
    fn from_name(name: &str) -> Option<HookEvent> {
        Some(match name {
            "pre-install" => HookEvent::PreInstall,
            "post-install" => HookEvent::PostInstall,
            "pre-delete" => HookEvent::PreDelete,
            "post-delete" => HookEvent::PostDelete,
            "pre-upgrade" => HookEvent::PreUpgrade,
            "post-upgrade" => HookEvent::PostUpgrade,
            "pre-rollback" => HookEvent::PreRollback,
            "post-rollback" => HookEvent::PostRollback,
            "test" | "test-success" => HookEvent::Test,
            _ => return None,
        })
    }
}

/// A manifest that a cluster runs at certain moments.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hook {
    /// The document.
    pub manifest: Manifest,
    /// When it runs.
    pub events: Vec<HookEvent>,
    /// Lower weights run first.
    pub weight: i64,
    /// `helm.sh/hook-delete-policy`
    pub delete_policies: Vec<String>,
    /// `helm.sh/hook-output-log-policy`
    pub output_log_policies: Vec<String>,
}

impl Hook {
    /// Whether this is a test.
    pub fn is_test(&self) -> bool {
        self.events.contains(&HookEvent::Test)
    }
}

/// Manifests and hooks in the order of the output.
#[derive(Clone, Debug, Default)]
pub struct Arranged {
    /// What is installed.
    pub manifests: Vec<Manifest>,
    /// What runs on the way.
    pub hooks: Vec<Hook>,
    /// Documents left out for a hook that Helm doesn't know.
    pub warnings: Vec<Diagnostic>,
}

/// `SortManifests`. A document with invalid YAML is an error in Helm's words.
///
/// Takes what [`cut`] gave for each file, by the files' names.
pub fn arrange(files: BTreeMap<String, Result<Vec<Document>>>, compat: Compat) -> Result<Arranged> {
    let mut arranged = Arranged::default();
    for documents in files.into_values() {
        for document in documents? {
            match document {
                Document::Manifest(m) => arranged.manifests.push(m),
                Document::Hook(h) => arranged.hooks.push(h),
                Document::LeftOut(d) => arranged.warnings.push(d),
            }
        }
    }
    let order = &*INSTALL_ORDER;
    let known = KINDS.len() - if compat.installs_webhooks_last() { 0 } else { WEBHOOKS };
    let key = |kind: &str| (order.get(kind).copied().filter(|i| *i < known).unwrap_or(usize::MAX), kind.to_owned());
    arranged.manifests.sort_by_cached_key(|m| key(&m.kind));
    arranged.hooks.sort_by_cached_key(|h| key(&h.manifest.kind));
    Ok(arranged)
}

/// What a document is.
#[derive(Clone, Debug)]
pub enum Document {
    /// Something to install.
    Manifest(Manifest),
    /// Something that runs on the way.
    Hook(Hook),
    /// A document with a hook that Helm doesn't know.
    LeftOut(Diagnostic),
}

/// What is read of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Nothing: only the text of a file is wanted.
    Nothing,
    /// What names and sorts them.
    Heads,
    /// All of it, kept for whoever looks at them again.
    Trees,
}

/// The documents of one file; the error of the first that is invalid.
pub fn cut(path: &str, content: &Arc<Vec<u8>>, compat: Compat, budget: &Budget, reads: Reads) -> Result<Vec<Document>> {
    let base = path.rsplit('/').next().unwrap_or(path);
    if base.starts_with('_') || reads == Reads::Nothing {
        return Ok(Vec::new());
    }
    let file = match std::str::from_utf8(content) {
        Ok(_) => content.clone(),
        Err(e) => {
            no_text(path, content, e.valid_up_to(), compat)?;
            Arc::new(String::from_utf8_lossy(content).into_owned().into_bytes())
        }
    };
    let content = std::str::from_utf8(&file).unwrap_or_default();
    if content.trim().is_empty() {
        return Ok(Vec::new());
    }
    let exceeded = |e: Exceeded| -> Error { exceeded(e.to_string()).at(Span::whole(&Source::named(path))).into() };
    budget.charge(content.len() as u64 / BYTES_A_STEP).map_err(exceeded)?;
    let texts = split(content, compat);
    budget.documents(texts.len()).map_err(exceeded)?;
    for text in &texts {
        check_document(budget.limits(), text.as_bytes()).map_err(exceeded)?;
    }
    each(path, &file, &texts, compat, reads, |content, line, head| Document::new(path, content, line, head))
}

/// Reads the head of every document of a file.
fn each<T>(
    path: &str,
    file: &Arc<Vec<u8>>,
    texts: &[&str],
    compat: Compat,
    reads: Reads,
    make: impl Fn(Content, usize, Head) -> T,
) -> Result<Vec<T>> {
    let content = std::str::from_utf8(file).unwrap_or_default();
    // Lines are counted on from document to document.
    let (mut counted, mut line) = (0, 1);
    let read = |text: &[u8]| match reads {
        Reads::Trees => head_and_tree(text),
        Reads::Heads | Reads::Nothing => head_from_slice(text).map(|head| (head, None)),
    };
    let document = |text: &&str| match read(text.as_bytes()) {
        Ok((head, tree)) => {
            let start = text.as_ptr().addr() - content.as_ptr().addr();
            let between = content.as_bytes().get(counted..start).unwrap_or_default();
            line += memchr::memchr_iter(b'\n', between).count();
            counted = start;
            Ok(make(Content { tree: tree.map(Arc::new), ..Content::of(text, file) }, line, head))
        }
        Err(e) => Err(invalid(path, content, text, &e, compat)),
    };
    texts.iter().map(document).collect()
}

/// The documents of a stream that isn't a template's, in its order, hooks among them. Empty ones are left out.
///
/// Errors: a document is invalid YAML, or a field that names it has the wrong type.
pub(crate) fn manifests(name: &str, stream: &[u8]) -> Result<Vec<Manifest>> {
    let file = Arc::new(String::from_utf8_lossy(stream).into_owned().into_bytes());
    let texts = split(std::str::from_utf8(&file).unwrap_or_default(), Compat::default());
    each(name, &file, &texts, Compat::default(), Reads::Heads, |content, line, head| Manifest::new(name, content, line, &head))
}

/// The error of the first invalid document in a file whose bytes from `valid` on aren't UTF-8.
fn no_text(path: &str, content: &[u8], valid: usize, compat: Compat) -> Result<()> {
    let text = String::from_utf8_lossy(&content[..valid]);
    let documents = split(&text, compat);
    for (i, document) in documents.iter().enumerate() {
        let start = document.as_ptr() as usize - text.as_ptr() as usize;
        let bytes = if i + 1 < documents.len() { document.as_bytes() } else { &content[start..] };
        head_from_slice(bytes).map_err(|e| invalid(path, &text, document, &e, compat))?;
    }
    if documents.is_empty() {
        head_from_slice(&content[valid..]).map_err(|e| invalid(path, &text, &text[valid..], &e, compat))?;
    }
    Ok(())
}

fn invalid(path: &str, content: &str, document: &str, e: &pintle_yaml::Error, compat: Compat) -> Error {
    let message = compat.type_names(format!("YAML parse error on {path}: {}", e.message));
    let mut d = Diagnostic::new(&rules::YAML_PARSE, message);
    // The document's place in the file's output, which the caller can follow to the template. The output may hold secrets.
    let offset = document.as_ptr() as usize - content.as_ptr() as usize;
    let before = content.get(..offset).unwrap_or("");
    let line = before.matches('\n').count() + e.line.unwrap_or(1);
    d.span = Some(Span::position(&Source::new(path, content.to_owned()).private(), line, e.column.unwrap_or(0)));
    d.into()
}

impl Document {
    fn new(path: &str, content: Content, line: usize, head: Head) -> Document {
        let manifest = Manifest::new(path, content, line, &head);
        let annotations = head.metadata.and_then(|metadata| metadata.annotations).unwrap_or_default();
        let Some(names) = annotations.get("helm.sh/hook") else { return Document::Manifest(manifest) };
        let mut events = Vec::new();
        for name in list(names) {
            match HookEvent::from_name(&name) {
                Some(event) => events.push(event),
                None => {
                    let warning =
                        with_attribute(Diagnostic::new(&rules::HOOK_UNKNOWN, "skipping unknown hooks"), "hookTypes", names);
                    return Document::LeftOut(warning.at(Span::whole(&Source::named(path))));
                }
            }
        }
        let policies = |key: &str| annotations.get(key).map(|v| list(v).collect()).unwrap_or_default();
        Document::Hook(Hook {
            manifest,
            events,
            weight: annotations.get("helm.sh/hook-weight").and_then(|w| w.parse().ok()).unwrap_or(0),
            delete_policies: policies("helm.sh/hook-delete-policy"),
            output_log_policies: policies("helm.sh/hook-output-log-policy"),
        })
    }
}

fn list(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(',').map(|s| s.trim().to_lowercase())
}

/// How every document but the first begins.
static SEPARATOR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\n---"));

/// `SplitManifests`: documents without the space before them; Helm 3 takes what follows away too.
pub fn split(content: &str, compat: Compat) -> Vec<&str> {
    let mut documents = Vec::new();
    if compat.trims_documents() {
        split_helm3(content.trim(), &mut documents);
    } else {
        let content = content.trim_start();
        let mut start = 0;
        let first = content.starts_with("---").then_some(0);
        let others = SEPARATOR.find_iter(content.as_bytes()).map(|line_break| line_break + 1);
        for at in first.into_iter().chain(others) {
            documents.push(&content[start..at]);
            let rest = &content[at + 3..];
            start = at + 3 + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
        }
        documents.push(&content[start..]);
    }
    let trim = |d: &'_ str| -> bool { !d.trim().is_empty() };
    documents.retain(|d| trim(d));
    documents.into_iter().map(|d| if compat.trims_documents() { d.trim() } else { d.trim_start() }).collect()
}

/// Helm 3's separator: `(?:^|\s*\n)---\s*`.
fn split_helm3<'c>(content: &'c str, documents: &mut Vec<&'c str>) {
    let mut start = 0;
    let mut from = 0;
    while let Some(i) = content[from..].find("---").map(|i| from + i) {
        if i == 0 || i > start && content.as_bytes()[i - 1] == b'\n' {
            documents.push(&content[start..i]);
            start = i + 3;
            start += content[start..].len() - content[start..].trim_start().len();
            // The line break that a separator took is no longer there for the next one to begin with: that one stays text.
            from = start;
        } else {
            from = i + 1;
        }
    }
    documents.push(&content[start..]);
}

/// The order in which kinds are installed; others follow by name.
static INSTALL_ORDER: LazyLock<HashMap<&'static str, usize>> =
    LazyLock::new(|| KINDS.iter().enumerate().map(|(i, k)| (*k, i)).collect());

const KINDS: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// How many kinds at the end of the order Helm 3 doesn't know.
const WEBHOOKS: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_keep_what_follows_them_in_helm_4() {
        let text = "\n---\na: 1\n\n--- # c\nb: 2\n---   \n---\n";
        assert_eq!(split(text, Compat::Helm4), ["a: 1\n\n", "# c\nb: 2\n"]);
        // Of two separators in a row the second is text to Helm 3.
        assert_eq!(split(text, Compat::Helm3), ["a: 1", "# c\nb: 2", "---"]);
    }
    #[test]
    fn an_error_quotes_no_line_of_the_output() {
        let text = Arc::new(b"a: 1\npassword: [hunter2\n".to_vec());
        let error = cut("web/templates/a.yaml", &text, Compat::Helm4, &Budget::default(), Reads::Heads).unwrap_err();
        let span = error.diagnostics()[0].span.as_ref().unwrap();
        assert!(span.start().is_some() && span.quoted().is_none(), "{span:?}");
    }
}
