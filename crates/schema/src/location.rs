//! URLs, fragments and JSON pointers of schemas (santhosh's util.go).

use pintle_go::strconv::quote;
use pintle_go::url::Url;

use crate::error::SchemaError;

/// A URL, and what stands behind its `#`, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) url: String,
    pub(crate) fragment: String,
}

/// What a fragment means.
pub(crate) enum Fragment<'f> {
    Pointer(&'f str),
    Anchor(&'f str),
}

impl Reference {
    /// Pointers are empty or begin with `/`.
    pub(crate) fn fragment(&self) -> Fragment<'_> {
        as_fragment(&self.fragment)
    }

    /// `urlFrag.String`
    pub(crate) fn text(&self) -> String {
        format!("{}#{}", self.url, encode(&self.fragment))
    }
}

pub(crate) fn as_fragment(fragment: &str) -> Fragment<'_> {
    if fragment.is_empty() || fragment.starts_with('/') { Fragment::Pointer(fragment) } else { Fragment::Anchor(fragment) }
}

/// What stands before and behind the first `#`.
pub(crate) fn split(text: &str) -> (&str, &str) {
    text.split_once('#').unwrap_or((text, ""))
}

fn parse_error(url: &str, reason: &str) -> SchemaError {
    SchemaError::Other(format!("error in parsing {}: {reason}", quote(url.as_bytes())))
}

/// As [`split`], with the fragment decoded.
pub(crate) fn split_fragment(text: &str) -> Result<(&str, String), SchemaError> {
    let (url, fragment) = split(text);
    let fragment = unescape_percent(fragment).map_err(|reason| parse_error(text, &reason))?;
    Ok((url, fragment))
}

/// `url.PathUnescape`; bytes that are not UTF-8 become U+FFFD.
pub(crate) fn unescape_percent(text: &str) -> Result<String, String> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] != b'%' {
            out.push(bytes[i]);
            i += 1;
            continue;
        }
        let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16)).map(|d| d as u8);
        let (Some(high), Some(low)) = (digit(i + 1), digit(i + 2)) else {
            return Err(format!("invalid URL escape {}", quote(&bytes[i..bytes.len().min(i + 3)])));
        };
        out.push(high << 4 | low);
        i += 3;
    }
    Ok(pintle_value::json::coerce_utf8(&out))
}

/// santhosh's `encode`: `url.PathEscape` of what stands between slashes.
pub(crate) fn encode(fragment: &str) -> String {
    let mut out = String::with_capacity(fragment.len());
    for b in fragment.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.~$&+:=@/".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

/// A token of a JSON pointer.
pub(crate) fn escape(token: &str) -> String {
    if token.contains(['~', '/']) { token.replace('~', "~0").replace('/', "~1") } else { token.to_owned() }
}

/// The key that a token of a JSON pointer stands for.
pub(crate) fn unescape(token: &str) -> Option<String> {
    let mut out = String::with_capacity(token.len());
    let mut chars = token.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

/// `url.join`: where `reference` leads from `base`, which is a URL as [`join`] gives it.
pub(crate) fn join(base: &str, reference: &str) -> Result<Reference, SchemaError> {
    let (text, fragment) = split_fragment(reference)?;
    if text.is_empty() && !base.contains("/.") {
        // Most references stay in their document.
        return Ok(Reference { url: base.to_owned(), fragment });
    }
    let base_url = Url::parse(base.as_bytes()).map_err(|reason| parse_error(base, &reason))?;
    let reference = Url::parse(text.as_bytes()).map_err(|reason| parse_error(text, &reason))?;
    let relative = reference.scheme.is_empty();
    let mut url = resolve(&base_url, reference);
    // See golang/go#66084: ResolveReference forgets the opaque part.
    if relative && !base_url.opaque.is_empty() {
        url.opaque = base_url.opaque;
    }
    Ok(Reference { url: pintle_value::json::coerce_utf8(&url.to_text()), fragment })
}

/// `URL.ResolveReference`
fn resolve(base: &Url, reference: Url) -> Url {
    let mut url = reference.clone();
    if reference.scheme.is_empty() {
        url.scheme = base.scheme.clone();
    }
    if !reference.scheme.is_empty() || !reference.host.is_empty() || reference.user.is_some() {
        set_path(&mut url, &resolve_path(&escaped_path(&reference), b""));
        return url;
    }
    if !reference.opaque.is_empty() {
        (url.user, url.host, url.path) = (None, Vec::new(), Vec::new());
        return url;
    }
    if reference.path.is_empty() && !reference.force_query && reference.raw_query.is_empty() {
        url.raw_query = base.raw_query.clone();
        if reference.fragment.is_empty() {
            (url.fragment, url.raw_fragment) = (base.fragment.clone(), base.raw_fragment.clone());
        }
    }
    if reference.path.is_empty() && !base.opaque.is_empty() {
        url.opaque = base.opaque.clone();
        (url.user, url.host, url.path) = (None, Vec::new(), Vec::new());
        return url;
    }
    (url.host, url.user) = (base.host.clone(), base.user.clone());
    set_path(&mut url, &resolve_path(&escaped_path(base), &escaped_path(&reference)));
    url
}

/// `URL.EscapedPath`
fn escaped_path(url: &Url) -> Vec<u8> {
    let alone = Url { path: url.path.clone(), raw_path: url.raw_path.clone(), ..Url::default() };
    let text = alone.to_text();
    // What could be taken for a scheme is printed with a dot before it.
    if text.starts_with(b"./") && !url.path.starts_with(b"./") { text[2..].to_vec() } else { text }
}

/// `URL.setPath`
fn set_path(url: &mut Url, path: &[u8]) {
    (url.path, url.raw_path) = match Url::parse(&[b"file://", path].concat()) {
        Ok(parsed) if !path.is_empty() => (parsed.path, parsed.raw_path),
        _ => Default::default(),
    };
}

/// `net/url.resolvePath`
fn resolve_path(base: &[u8], reference: &[u8]) -> Vec<u8> {
    let full = match reference.first() {
        None => base.to_vec(),
        Some(b'/') => reference.to_vec(),
        Some(_) => {
            let end = base.iter().rposition(|b| *b == b'/').map_or(0, |i| i + 1);
            [&base[..end], reference].concat()
        }
    };
    if full.is_empty() {
        return full;
    }
    let mut out = vec![b'/'];
    let mut first = true;
    let mut last: &[u8] = b"";
    for element in full.split(|b| *b == b'/') {
        last = element;
        match element {
            b"." => first = false,
            b".." => {
                let end = out[1..].iter().rposition(|b| *b == b'/').map_or(1, |i| i + 1);
                out.truncate(end);
                first = out.len() == 1;
            }
            _ => {
                if !first {
                    out.push(b'/');
                }
                out.extend_from_slice(element);
                first = false;
            }
        }
    }
    if matches!(last, b"." | b"..") {
        out.push(b'/');
    }
    if out.get(1) == Some(&b'/') {
        out.remove(0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded with Go 1.26: url.Parse, ResolveReference, String, as santhosh v6.0.3 combines them.
    #[test]
    fn references_lead_from_their_base() {
        for (base, reference, wanted) in [
            ("file:///values.schema.json", "#/a%25b", "file:///values.schema.json#/a%25b"),
            ("file:///values.schema.json", "other.json#x", "file:///other.json#x"),
            ("file:///values.schema.json", "../../etc/passwd", "file:///etc/passwd#"),
            ("http://h/a/b?q#f", "c", "http://h/a/c#"),
            ("http://h/a/b?q", "", "http://h/a/b?q#"),
            ("http://h/a/b/", "./c/../d", "http://h/a/b/d#"),
            ("http://h", "x", "http://h/x#"),
            ("http://h/a", "//g/y", "http://g/y#"),
            ("http://h/a", "HTTPS://g", "https://g#"),
            ("urn:example:a", "#foo", "urn:example:a#foo"),
            ("urn:example:a", "b", "urn:example:a#"),
            ("http://h/a b", "c d", "http://h/c%20d#"),
        ] {
            assert_eq!(join(base, reference).unwrap().text(), wanted, "{base} {reference}");
        }
        assert_eq!(join("file:///a", "#%zz").unwrap_err().to_string(), "error in parsing \"#%zz\": invalid URL escape \"%zz\"");
        assert_eq!(
            join("file:///a", "http://[::1").unwrap_err().to_string(),
            "error in parsing \"http://[::1\": parse \"http://[::1\": missing ']' in host"
        );
    }

    #[test]
    fn pointers_are_escaped_twice() {
        assert_eq!(encode(&escape("a/b~ c%é")), "a~1b~0%20c%25%C3%A9");
        assert_eq!(unescape("a~1b~0").as_deref(), Some("a/b~"));
        assert_eq!(unescape("a~2"), None);
        assert_eq!(unescape("a~"), None);
    }
}
