//! Cutting a stream into documents by lines, as Kubernetes' tools do before they parse anything.

use crate::Error;

/// The documents of `text` as `YAMLReader` of k8s.io/apimachinery gives them: a line that begins with `---` separates, unless
/// nothing stands before it: then it belongs to the document. Only a comment may follow the dashes.
pub fn split_documents(text: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let mut documents = Vec::new();
    let mut start = 0;
    let first = text.starts_with(b"---").then_some(0);
    for at in first.into_iter().chain(memchr::memmem::find_iter(text, b"\n---").map(|at| at + 1)) {
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n + 1);
        let rest = String::from_utf8_lossy(&text[at + 3..end]);
        let rest = rest.trim();
        if !rest.is_empty() && !rest.starts_with('#') {
            let message = format!("invalid Yaml document separator: {rest}");
            let line = 1 + memchr::memchr_iter(b'\n', &text[..at]).count();
            return Err(Error::at(message, line, 1));
        }
        if at > start {
            documents.push(&text[start..at]);
            start = end;
        }
    }
    if text.len() > start {
        documents.push(&text[start..]);
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_at_the_beginning_of_a_line_separate() {
        let split = |text: &'static str| split_documents(text.as_bytes()).map_err(|e| e.message);
        assert_eq!(split("a\n---\nb"), Ok(vec![&b"a\n"[..], b"b"]));
        assert_eq!(split("---\n--- # x\nb\n---\n"), Ok(vec![&b"---\n"[..], b"b\n"]));
        assert_eq!(split("---\nb\n---\n---\nc"), Ok(vec![&b"---\nb\n"[..], b"---\nc"]));
        assert_eq!(split("a\n--- x\nb"), Err("invalid Yaml document separator: x".into()));
        assert_eq!(split("a\n ---\n"), Ok(vec![&b"a\n ---\n"[..]]));
    }
}
