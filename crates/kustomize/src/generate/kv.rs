//! The pairs of a generated map (sigs.k8s.io/kustomize/api v0.20.1, kv/kv.go).

use crate::error::Error;
use crate::kustomization::types::KvPairSources;
use crate::load::Loader;

/// A key and its bytes.
pub(super) type Pair = (String, Vec<u8>);

/// Reads all sources: files of lines first, then literals, then files.
pub(super) fn load(loader: &Loader<'_>, sources: &KvPairSources) -> Result<Vec<Pair>, Error> {
    let mut pairs = Vec::new();
    for file in &sources.envs {
        let doing = format!("env source files: [{}]", sources.envs.join(" "));
        let text = loader.load(file).map_err(|e| e.nowhere().wrap(&doing))?;
        pairs.extend(lines(&text).map_err(|(line, e)| Error::new(e).wrap(&doing).at(&loader.shown(file), line))?);
    }
    for literal in &sources.literals {
        let pair = parse_literal(literal)
            .map_err(|e| Error::new(e).wrap(format!("literal sources [{}]", sources.literals.join(" "))))?;
        pairs.push(pair);
    }
    for source in &sources.files {
        let doing = format!("file sources: [{}]", sources.files.join(" "));
        let (key, file) = parse_file_source(source).map_err(|e| Error::new(e).wrap(&doing))?;
        let content = loader.load(&file).map_err(|e| e.nowhere().wrap(&doing))?;
        pairs.push((key, content));
    }
    Ok(pairs)
}

fn parse_literal(source: &str) -> Result<Pair, String> {
    match source.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), unquote(value).as_bytes().to_vec())),
        _ => Err(format!("invalid literal source {source}, expected key=value")),
    }
}

fn unquote(text: &str) -> &str {
    let quoted =
        text.len() >= 2 && (text.starts_with('"') && text.ends_with('"') || text.starts_with('\'') && text.ends_with('\''));
    if quoted { &text[1..text.len() - 1] } else { text }
}

fn parse_file_source(source: &str) -> Result<(String, String), String> {
    match source.matches('=').count() {
        0 => {
            let base = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
            Ok((base.to_owned(), source.to_owned()))
        }
        1 => {
            let (key, file) = source.split_once('=').unwrap_or((source, ""));
            if key.is_empty() {
                return Err(format!("missing key name for file path {file:?} in source {source:?}"));
            }
            if file.is_empty() {
                return Err(format!("missing file path for key name {key:?} in source {source:?}"));
            }
            Ok((key.to_owned(), file.to_owned()))
        }
        _ => Err(format!("source {source:?} key name or file path contains '='")),
    }
}

/// The pairs of lines `key=value`; empty lines and those with `#` are skipped.
fn lines(text: &[u8]) -> Result<Vec<Pair>, (u32, String)> {
    let mut pairs = Vec::new();
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    for (number, line) in text.split(|b| *b == b'\n').enumerate() {
        // bufio.Scanner drops one carriage return, and gives up at lines that it has no room for.
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() >= 64 * 1024 {
            return Ok(pairs);
        }
        let Ok(line) = std::str::from_utf8(line) else {
            return Err((number as u32 + 1, format!("line {} has invalid utf8 bytes", number + 1)));
        };
        let line = if number == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        // A line without a key counts as a comment.
        if !key.is_empty() {
            pairs.push((key.to_owned(), value.as_bytes().to_vec()));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        assert_eq!(parse_literal("a='b=c'"), Ok(("a".into(), b"b=c".to_vec())));
        assert!(parse_literal("=b").is_err());
        assert_eq!(parse_file_source("x=dir/f"), Ok(("x".into(), "dir/f".into())));
        assert_eq!(parse_file_source("dir/f"), Ok(("f".into(), "dir/f".into())));
        let pairs = lines("\u{feff}A=1\r\n# no\n\n  B\n".as_bytes()).expect("good");
        assert_eq!(pairs, [("A".to_owned(), b"1".to_vec()), ("B".to_owned(), Vec::new())]);
    }
}
