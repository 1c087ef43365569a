//! Puts a release into bytes as `helm template` prints it (`helm.sh/helm/v4/pkg/cmd/template.go`).

use std::io::Write;

use pintle_go::path::matches;
use pintle_go::strings::trim_right_func;
use pintle_go::unicode::is_space;

use crate::Compat;
use crate::arrange::split;
use crate::diagnostic::{Error, Result};
use crate::release::Release;
use crate::rules;

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

/// A document: its source and its text.
type Document<'r> = (&'r str, &'r [u8]);

/// The manifests and the hooks that are wanted, in order.
fn documents<'r>(release: &'r Release, options: &EmitOptions) -> Result<(Vec<Document<'r>>, Vec<Document<'r>>)> {
    let mut manifests: Vec<Document<'r>> = Vec::new();
    if options.include_crds {
        for f in &release.crds {
            manifests.push((&f.name, f.data()?));
        }
    }
    manifests.extend(release.manifests.iter().map(|m| (m.source.as_str(), m.content.as_bytes())));
    let hooks = release.hooks.iter().filter(|h| !(options.no_hooks || options.skip_tests && h.is_test()));
    Ok((manifests, hooks.map(|h| (h.manifest.source.as_str(), h.manifest.content.as_bytes())).collect()))
}

fn append(out: &mut Vec<u8>, source: &str, text: &[u8]) {
    out.extend_from_slice(b"---\n# Source: ");
    out.extend_from_slice(source.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(text);
    out.push(b'\n');
}

/// Writes all documents into one stream, or those that `show_only` asks for.
///
/// A pattern of `show_only` that no template fits is Helm's error, and nothing is written. Errors of `out` are given back.
pub fn write(release: &Release, options: &EmitOptions, out: &mut dyn Write) -> Result<std::io::Result<()>> {
    let (manifests, hooks) = documents(release, options)?;
    if options.show_only.is_empty() {
        return Ok(write_all(&manifests, &hooks, out));
    }
    let mut all = Vec::new();
    // A Vec takes everything.
    let _ = write_all(&manifests, &hooks, &mut all);
    Ok(out.write_all(&show_only(&all, &options.show_only, release.compat)?))
}

/// [`write()`] into memory.
pub fn stream(release: &Release, options: &EmitOptions) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    // A Vec takes everything.
    let _ = write(release, options, &mut out)?;
    Ok(out)
}

fn write_all(manifests: &[Document<'_>], hooks: &[Document<'_>], out: &mut dyn Write) -> std::io::Result<()> {
    if let Some(((source, last), before)) = manifests.split_last() {
        for (source, text) in before {
            write!(out, "---\n# Source: {source}\n")?;
            out.write_all(text)?;
            out.write_all(b"\n")?;
        }
        // Helm trims the space behind all manifests, and what stands before the first is never any.
        write!(out, "---\n# Source: {source}\n")?;
        let last = trim_right_func(last, is_space);
        out.write_all(last)?;
        if last.is_empty() {
            // The line of the source is then the end of the text, and its line break was trimmed with the rest.
            return write_hooks(hooks, out);
        }
    }
    out.write_all(b"\n")?;
    write_hooks(hooks, out)
}

fn write_hooks(hooks: &[Document<'_>], out: &mut dyn Write) -> std::io::Result<()> {
    for (source, text) in hooks {
        write!(out, "---\n# Source: {source}\n")?;
        out.write_all(text)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn show_only(out: &[u8], patterns: &[String], compat: Compat) -> Result<Vec<u8>> {
    let text = String::from_utf8_lossy(out);
    let documents = split(&text, compat);
    let mut shown = Vec::new();
    for pattern in patterns {
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
            return Err(Error::new(&rules::USAGE_SHOW_ONLY, format!("could not find template {pattern} in chart")));
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
///
/// The error of a file of crds/ that can't be read any more.
pub fn files(release: &Release, options: &EmitOptions) -> Result<Vec<OutputFile>> {
    let mut files: Vec<OutputFile> = Vec::new();
    let (manifests, hooks) = documents(release, options)?;
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
    Ok(files)
}
