//! URLs and paths.

use pintle_template::{Error, Functions};
use pintle_value::types::Kind;
use pintle_value::{Entries, Map, Str, Value};

use pintle_go::path;
use pintle_go::url::Url;

pub(super) fn add(f: &mut Functions) {
    f.add("urlParse", |text: Str| -> Result<Map, Error> {
        let url = Url::parse(&text).map_err(|e| Error::new(format!("unable to parse url: {e}")))?;
        let userinfo = url.user.as_ref().map(|u| u.to_text()).unwrap_or_default();
        let hostname = url.hostname().to_vec();
        let entries = [
            ("scheme", url.scheme),
            ("host", url.host),
            ("hostname", hostname),
            ("path", url.path),
            ("query", url.raw_query),
            ("opaque", url.opaque),
            ("fragment", url.fragment),
            ("userinfo", userinfo),
        ];
        Ok(Map::new(entries.into_iter().map(|(k, v)| (Str::from(k), Value::string(v))).collect::<Entries>()))
    });
    f.add("urlJoin", |parts: Map| join(&parts));
    for (base, clean, dir, ext, is_abs) in [
        ("base", "clean", "dir", "ext", "isAbs"),
        // The file system's paths are Linux's, as where Helm runs in a cluster.
        ("osBase", "osClean", "osDir", "osExt", "osIsAbs"),
    ] {
        f.add(base, |p: Str| path::base(&p).to_vec());
        f.add(clean, |p: Str| path::clean(&p));
        f.add(dir, |p: Str| path::dir(&p));
        f.add(ext, |p: Str| path::ext(&p).to_vec());
        f.add(is_abs, |p: Str| path::is_abs(&p));
    }
}

fn join(parts: &Map) -> Result<Vec<u8>, Error> {
    let part = |key: &str| match parts.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::String(s)) => Ok(s.to_vec()),
        Some(v) => Err(match v.kind() {
            Kind::Invalid => Error::new("runtime error: invalid memory address or nil pointer dereference"),
            kind => Error::new(format!("unable to parse {key} key, must be of type string, but {} found", kind.name())),
        }),
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        raw_query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        ..Url::default()
    };
    let userinfo = part("userinfo")?;
    if !userinfo.is_empty() {
        let text = [b"proto://", userinfo.as_slice(), b"@host"].concat();
        let parsed = Url::parse(&text).map_err(|e| Error::new(format!("unable to parse userinfo in dict: {e}")))?;
        url.user = parsed.user;
    }
    Ok(url.to_text())
}
