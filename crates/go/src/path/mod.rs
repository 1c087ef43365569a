//! Go's `path`, which on Linux is its `path/filepath` too (Go 1.26).

mod pattern;

pub use pattern::matches;

/// `path.Clean`: the shortest name of the same place.
pub fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut out: Vec<&[u8]> = Vec::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match out.last() {
                Some(last) if *last != b".." => {
                    out.pop();
                }
                _ if rooted => {}
                _ => out.push(part),
            },
            _ => out.push(part),
        }
    }
    let mut joined = if rooted { b"/".to_vec() } else { Vec::new() };
    joined.extend_from_slice(&out.join(&b'/'));
    if joined.is_empty() { b".".to_vec() } else { joined }
}

/// `path.Base`: the last element.
pub fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |i| i + 1);
    let path = &path[..end];
    let start = path.iter().rposition(|b| *b == b'/').map_or(0, |i| i + 1);
    if path.is_empty() { b"/" } else { &path[start..] }
}

/// `path.Dir`: all but the last element, cleaned.
pub fn dir(path: &[u8]) -> Vec<u8> {
    clean(&path[..path.iter().rposition(|b| *b == b'/').map_or(0, |i| i + 1)])
}

/// `path.Ext`: from the last dot of the last element.
pub fn ext(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|b| *b == b'/' || *b == b'.') {
        Some(i) if path[i] == b'.' => &path[i..],
        _ => b"",
    }
}

/// `path.IsAbs`
pub fn is_abs(path: &[u8]) -> bool {
    path.first() == Some(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning() {
        let cases = [("", "."), ("/..//a/./b/../c/", "/a/c"), ("../../x/..", "../.."), ("a/../..", ".."), ("//", "/")];
        for (from, to) in cases {
            assert_eq!(clean(from.as_bytes()), to.as_bytes(), "{from}");
        }
    }

    #[test]
    fn parts() {
        assert_eq!((base(b"/a/b.c//"), base(b"//"), base(b"")), (&b"b.c"[..], &b"/"[..], &b"."[..]));
        assert_eq!((dir(b"/a/b.c"), dir(b"x")), (b"/a".to_vec(), b".".to_vec()));
        assert_eq!((ext(b"a.b/c"), ext(b"a/.b.c")), (&b""[..], &b".c"[..]));
    }
}
