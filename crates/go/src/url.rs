//! URLs as Go 1.26's `net/url` parses and prints them.

use crate::netip::{self, Family};
use crate::strconv::quote;
use crate::strings::{index, to_lower};

/// Where a byte stands, which decides whether it's escaped.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

/// Bytes that stand as they are; letters, digits and `-_.~` do everywhere.
fn stands(b: u8, part: Part) -> bool {
    b.is_ascii_alphanumeric()
        || b"-_.~".contains(&b)
        || match part {
            Part::Path => b"$&+,/:;=@".contains(&b),
            Part::Host | Part::Zone => b"!\"$&'()*+,:;<=>[]".contains(&b),
            Part::User => b"$&+,;=".contains(&b),
            Part::Fragment => b"!$&()*+,/:;=?@".contains(&b),
        }
}

fn unescape(s: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let bad = |s: &[u8]| format!("invalid URL escape {}", quote(s));
    let mut out = Vec::with_capacity(s.len());
    let mut i = 0;
    while i < s.len() {
        if s[i] != b'%' {
            if matches!(part, Part::Host | Part::Zone) && s[i] < 0x80 && !stands(s[i], part) {
                return Err(format!("invalid character {} in host name", quote(&s[i..=i])));
            }
            out.push(s[i]);
            i += 1;
            continue;
        }
        let digit = |at: usize| s.get(at).and_then(|b| char::from(*b).to_digit(16)).map(|d| d as u8);
        let (Some(hi), Some(lo)) = (digit(i + 1), digit(i + 2)) else {
            return Err(bad(&s[i..s.len().min(i + 3)]));
        };
        let (text, value) = (&s[i..i + 3], hi << 4 | lo);
        // Hosts escape non-ASCII bytes only, zones what hosts may hold, and both the percent sign.
        let refused = match part {
            Part::Host => hi < 8 && text != b"%25",
            Part::Zone => text != b"%25" && value != b' ' && !stands(value, Part::Host),
            _ => false,
        };
        if refused {
            return Err(bad(text));
        }
        out.push(value);
        i += 3;
    }
    Ok(out)
}

fn escape(s: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    for &b in s {
        if stands(b, part) {
            out.push(b);
        } else {
            out.extend_from_slice(format!("%{b:02X}").as_bytes());
        }
    }
    out
}

/// Whether an encoding that a URL came with is one it may keep.
fn valid_encoded(s: &[u8], part: Part) -> bool {
    s.iter().all(|&b| b"!$&'()*+,;=:@[]%".contains(&b) || stands(b, part))
}

/// The escaped form: the one the URL came with where it still fits, else the usual one.
fn escaped(raw: &[u8], value: &[u8], part: Part) -> Vec<u8> {
    if !raw.is_empty() && valid_encoded(raw, part) && unescape(raw, part).is_ok_and(|v| v == value) {
        return raw.to_vec();
    }
    if part == Part::Path && value == b"*" { value.to_vec() } else { escape(value, part) }
}

fn cut(s: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    match s.iter().position(|b| *b == mark) {
        Some(i) => (&s[..i], Some(&s[i + 1..])),
        None => (s, None),
    }
}

/// User name and password.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Userinfo {
    username: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl Userinfo {
    /// `Userinfo.String`: escaped.
    pub fn to_text(&self) -> Vec<u8> {
        let mut out = escape(&self.username, Part::User);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend_from_slice(&escape(password, Part::User));
        }
        out
    }
}

/// A `url.URL`.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Url {
    pub scheme: Vec<u8>,
    pub opaque: Vec<u8>,
    pub user: Option<Userinfo>,
    pub host: Vec<u8>,
    pub path: Vec<u8>,
    pub raw_path: Vec<u8>,
    pub raw_query: Vec<u8>,
    pub force_query: bool,
    pub fragment: Vec<u8>,
    pub raw_fragment: Vec<u8>,
    pub omit_host: bool,
}

fn scheme(s: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (i, b) in s.iter().enumerate() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if i > 0 => {}
            b':' if i == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&s[..i], &s[i + 1..])),
            _ => break,
        }
    }
    Ok((b"", s))
}

fn port_ok(port: &[u8]) -> bool {
    port.is_empty() || port[0] == b':' && port[1..].iter().all(u8::is_ascii_digit)
}

fn last(s: &[u8], mark: u8) -> Option<usize> {
    s.iter().rposition(|b| *b == mark)
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    let bad_port = |port: &[u8]| format!("invalid port {} after host", quote(port));
    match last(host, b'[') {
        Some(0) => {
            let end = last(host, b']').ok_or("missing ']' in host")?;
            let port = &host[end + 1..];
            if !port_ok(port) {
                return Err(bad_port(port));
            }
            let port = unescape(port, Part::Host)?;
            let name = host.get(1..end).unwrap_or_default();
            let name = match index(name, b"%25") {
                Some(zone) => [unescape(&name[..zone], Part::Host)?, unescape(&name[zone..], Part::Zone)?].concat(),
                None => unescape(name, Part::Host)?,
            };
            if netip::check(&name).map_err(|why| format!("invalid host: {why}"))? == Family::V4 {
                return Err("invalid IP-literal".to_owned());
            }
            return Ok([b"[", name.as_slice(), b"]", &port].concat());
        }
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    if let (Some(first), Some(last)) = (host.iter().position(|b| *b == b':'), last(host, b':')) {
        // Only web addresses are held to one colon.
        let strict = scheme == b"http" || scheme == b"https";
        let port = &host[if strict { first } else { last }..];
        if !port_ok(port) {
            return Err(bad_port(port));
        }
    }
    unescape(host, Part::Host)
}

fn parse_authority(scheme: &[u8], authority: &[u8]) -> Result<(Option<Userinfo>, Vec<u8>), String> {
    let Some(at) = last(authority, b'@') else {
        return Ok((None, parse_host(scheme, authority)?));
    };
    let host = parse_host(scheme, &authority[at + 1..])?;
    let userinfo = &authority[..at];
    if !userinfo.iter().all(|b| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(b)) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (username, password) = cut(userinfo, b':');
    let username = unescape(username, Part::User)?;
    let password = password.map(|p| unescape(p, Part::User)).transpose()?;
    Ok((Some(Userinfo { username, password }), host))
}

impl Url {
    /// `url.Parse`
    ///
    /// ```
    /// use pintle_go::url::Url;
    /// let url = Url::parse(b"https://u:p@[::1]:8080/a%20b?q#f").unwrap();
    /// assert_eq!((url.hostname(), &*url.path), (&b"::1"[..], &b"/a b"[..]));
    /// assert_eq!(Url::parse(b"http://[::1").unwrap_err(), "parse \"http://[::1\": missing ']' in host");
    /// ```
    pub fn parse(raw: &[u8]) -> Result<Url, String> {
        let (text, fragment) = cut(raw, b'#');
        let failed = |of: &[u8], why: String| format!("parse {}: {why}", quote(of));
        let mut url = Url::parse_without_fragment(text).map_err(|why| failed(text, why))?;
        if let Some(fragment) = fragment.filter(|f| !f.is_empty()) {
            url.fragment = unescape(fragment, Part::Fragment).map_err(|why| failed(raw, why))?;
            if fragment != escape(&url.fragment, Part::Fragment) {
                url.raw_fragment = fragment.to_vec();
            }
        }
        Ok(url)
    }

    fn parse_without_fragment(raw: &[u8]) -> Result<Url, String> {
        if raw.iter().any(|b| *b < b' ' || *b == 0x7F) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Url::default();
        if raw == b"*" {
            url.path = raw.to_vec();
            return Ok(url);
        }
        let (scheme, mut rest) = scheme(raw)?;
        url.scheme = to_lower(scheme);
        if rest.ends_with(b"?") && rest.iter().filter(|b| **b == b'?').count() == 1 {
            url.force_query = true;
            rest = &rest[..rest.len() - 1];
        } else {
            let (before, query) = cut(rest, b'?');
            rest = before;
            url.raw_query = query.unwrap_or_default().to_vec();
        }
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        if (!url.scheme.is_empty() || !rest.starts_with(b"///")) && rest.starts_with(b"//") {
            let authority = &rest[2..];
            let end = authority.iter().position(|b| *b == b'/').unwrap_or(authority.len());
            rest = &authority[end..];
            (url.user, url.host) = parse_authority(&url.scheme, &authority[..end])?;
        } else if !url.scheme.is_empty() && rest.starts_with(b"/") {
            url.omit_host = true;
        }
        url.path = unescape(rest, Part::Path)?;
        if rest != escape(&url.path, Part::Path) {
            url.raw_path = rest.to_vec();
        }
        Ok(url)
    }

    /// `Hostname`: the host without port and brackets.
    pub fn hostname(&self) -> &[u8] {
        let mut host = self.host.as_slice();
        if let Some(colon) = last(host, b':')
            && port_ok(&host[colon..])
        {
            host = &host[..colon];
        }
        host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host)
    }

    /// `String`
    pub fn to_text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            let authority = !self.host.is_empty() || self.user.is_some();
            if authority || !self.scheme.is_empty() && !self.omit_host {
                if authority || !self.path.is_empty() {
                    out.extend_from_slice(b"//");
                }
                if let Some(user) = &self.user {
                    out.extend_from_slice(&user.to_text());
                    out.push(b'@');
                }
                out.extend_from_slice(&escape(&self.host, Part::Host));
            }
            let path = escaped(&self.raw_path, &self.path, Part::Path);
            if path.first().is_some_and(|b| *b != b'/') && !self.host.is_empty() {
                out.push(b'/');
            }
            // A colon in the first segment would read as a scheme.
            if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
                out.extend_from_slice(b"./");
            }
            out.extend_from_slice(&path);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if self.force_query || !self.raw_query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.raw_query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend_from_slice(&escaped(&self.raw_fragment, &self.fragment, Part::Fragment));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        String::from_utf8(Url::parse(text.as_bytes()).unwrap().to_text()).unwrap()
    }

    #[test]
    fn printing() {
        for text in ["https://u:p%40@h:80/a%20b?x=1#f", "mailto:a@b.c", "file:///x", "//h/p", "a/b?", "", "*", "/a%2Fb"] {
            assert_eq!(round(text), text);
        }
        assert_eq!(round("HTTP://h/\u{e9} x#\u{e9}"), "http://h/%C3%A9%20x#%C3%A9");
    }

    #[test]
    fn errors() {
        let error = |t: &str| Url::parse(t.as_bytes()).unwrap_err();
        assert_eq!(error(":x"), "parse \":x\": missing protocol scheme");
        assert_eq!(error("http://h:x/"), "parse \"http://h:x/\": invalid port \":x\" after host");
        assert_eq!(error("/%zz"), "parse \"/%zz\": invalid URL escape \"%zz\"");
        assert_eq!(error("http://a b/"), "parse \"http://a b/\": invalid character \" \" in host name");
        assert_eq!(error("a:b/c\n"), "parse \"a:b/c\\n\": net/url: invalid control character in URL");
        assert_eq!(error("1:b"), "parse \"1:b\": first path segment in URL cannot contain colon");
    }
}
