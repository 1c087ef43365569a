//! Puts a release into bytes as `helm template` prints it (`helm.sh/helm/v4/pkg/cmd/template.go`).

use crate::Compat;
use crate::arrange::split;
use crate::diagnostic::{Error, Result};
use crate::load::pattern::matches;
use crate::release::Release;

/// What of a release is wanted.
#[derive(Clone, Debug, Default)]
pub struct EmitOptions {
    /// The files of crds/ first.
    pub include_crds: bool,
    /// No hooks.
    pub no_hooks: bool,
    /// No tests among the hooks.
    pub skip_tests: bool,
    /// Only documents of templates whose path within the chart matches one of these patterns.
    pub show_only: Vec<String>,
    /// The Helm to be compatible with.
    pub compat: Compat,
}

/// A file of the output and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// The template's path, which is the file's path below the output directory.
    pub path: String,
    /// All documents of the file.
    pub text: Vec<u8>,
    /// How often Helm opens the file: it says so each time.
    pub writes: usize,
}

/// The documents in order: their source and their text.
fn documents<'r>(release: &'r Release, options: &EmitOptions) -> (Vec<(&'r str, &'r [u8])>, Vec<(&'r str, &'r [u8])>) {
    let mut manifests: Vec<(&str, &[u8])> = Vec::new();
    if options.include_crds {
        manifests.extend(release.crds.iter().map(|f| (f.name.as_str(), &*f.data)));
    }
    manifests.extend(release.manifests.iter().map(|m| (m.source.as_str(), m.content.as_bytes())));
    let hooks = release.hooks.iter().filter(|h| !options.no_hooks && !(options.skip_tests && h.is_test()));
    (manifests, hooks.map(|h| (h.manifest.source.as_str(), h.manifest.content.as_bytes())).collect())
}

fn append(out: &mut Vec<u8>, source: &str, text: &[u8]) {
    out.extend_from_slice(b"---\n# Source: ");
    out.extend_from_slice(source.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(text);
    out.push(b'\n');
}

/// One stream of all documents.
///
/// A pattern of `show_only` that no template fits is Helm's error.
pub fn stream(release: &Release, options: &EmitOptions) -> Result<Vec<u8>> {
    let (manifests, hooks) = documents(release, options);
    let mut out = Vec::new();
    for (source, text) in manifests {
        append(&mut out, source, text);
    }
    trim(&mut out);
    out.push(b'\n');
    for (source, text) in hooks {
        append(&mut out, source, text);
    }
    if options.show_only.is_empty() { Ok(out) } else { show_only(&out, options) }
}

/// `strings.TrimSpace`, in place.
fn trim(out: &mut Vec<u8>) {
    let end = String::from_utf8_lossy(out).trim_end().len();
    // Lossy text is longer than the bytes only where they are no UTF-8: then ASCII space is all there is to trim.
    if std::str::from_utf8(out).is_ok() {
        out.truncate(end);
    } else {
        out.truncate(out.trim_ascii_end().len());
    }
    let start = out.iter().take_while(|b| b.is_ascii_whitespace()).count();
    out.drain(..start);
}

fn show_only(out: &[u8], options: &EmitOptions) -> Result<Vec<u8>> {
    let text = String::from_utf8_lossy(out);
    let documents = split(&text, options.compat);
    let mut shown = Vec::new();
    for pattern in &options.show_only {
        let mut missing = true;
        for document in &documents {
            let Some(path) = source_path(document) else { continue };
            if matches(pattern, path).unwrap_or(false) {
                shown.extend_from_slice(b"---\n");
                shown.extend_from_slice(document.as_bytes());
                shown.push(b'\n');
                missing = false;
            }
        }
        if missing {
            return Err(Error::new("usage/show-only", format!("could not find template {pattern} in chart")));
        }
    }
    Ok(shown)
}

/// The path behind `# Source: CHART/`.
fn source_path(document: &str) -> Option<&str> {
    let mut rest = document;
    loop {
        let i = rest.find("# Source: ")?;
        rest = &rest[i + "# Source: ".len()..];
        let line = rest.split('\n').next().unwrap_or("");
        match line.split_once('/') {
            Some((chart, path)) if !chart.is_empty() && !path.is_empty() => return Some(path),
            _ => {}
        }
    }
}

/// A file per template, as `--output-dir` writes them.
pub fn files(release: &Release, options: &EmitOptions) -> Vec<OutputFile> {
    let mut files: Vec<OutputFile> = Vec::new();
    let (manifests, hooks) = documents(release, options);
    for (source, text) in manifests.into_iter().chain(hooks) {
        let file = match files.iter_mut().find(|f| f.path == source) {
            Some(file) => file,
            None => {
                files.push(OutputFile { path: source.to_owned(), text: Vec::new(), writes: 0 });
                let last = files.len() - 1;
                &mut files[last]
            }
        };
        append(&mut file.text, source, text);
        file.writes += 1;
    }
    files
}
