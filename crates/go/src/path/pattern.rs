//! `filepath.Match` of Go 1.26: `*` and `?` within a path's element, `[a-z]` and `[^a-z]`, a backslash before a literal.

/// Whether the whole of `name` matches; a malformed pattern is Go's `syntax error in pattern`.
pub fn matches(pattern: &str, name: &str) -> Result<bool, &'static str> {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    check(&pattern)?;
    Ok(run(&pattern, &name))
}

const BAD: &str = "syntax error in pattern";

/// Go finds a malformed pattern even where the name differs before it.
fn check(p: &[char]) -> Result<(), &'static str> {
    let mut i = 0;
    while i < p.len() {
        match p[i] {
            '\\' => {
                i += 1;
                if i >= p.len() {
                    return Err(BAD);
                }
            }
            '[' => i = class(p, i + 1, '\0').ok_or(BAD)?.1 - 1,
            _ => {}
        }
        i += 1;
    }
    Ok(())
}

/// Whether `c` is in the class that begins at `i`, and the position behind it.
fn class(p: &[char], mut i: usize, c: char) -> Option<(bool, usize)> {
    let negated = p.get(i) == Some(&'^');
    i += usize::from(negated);
    let mut found = false;
    let mut first = true;
    loop {
        if p.get(i) == Some(&']') && !first {
            return Some((found != negated, i + 1));
        }
        first = false;
        let (lo, next) = class_char(p, i)?;
        i = next;
        let mut hi = lo;
        if p.get(i) == Some(&'-') {
            (hi, i) = class_char(p, i + 1)?;
        }
        found |= lo <= c && c <= hi;
    }
}

fn class_char(p: &[char], i: usize) -> Option<(char, usize)> {
    match *p.get(i)? {
        '-' | ']' => None,
        '\\' => p.get(i + 1).map(|c| (*c, i + 2)),
        c => Some((c, i + 1)),
    }
    // A class must be closed: something has to follow.
    .filter(|(_, next)| *next < p.len())
}

/// Matches with one remembered star: stars don't cross slashes, so the last one is enough.
fn run(p: &[char], s: &[char]) -> bool {
    let (mut i, mut j) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let stepped = match p.get(i) {
            Some('*') => {
                star = Some((i + 1, j));
                i += 1;
                continue;
            }
            None => {
                if j == s.len() {
                    return true;
                }
                None
            }
            Some(pc) => s.get(j).and_then(|c| match pc {
                '?' => (*c != '/').then_some(i + 1),
                '[' => class(p, i + 1, *c).and_then(|(ok, next)| (ok && *c != '/').then_some(next)),
                '\\' => (p.get(i + 1) == Some(c)).then_some(i + 2),
                pc => (pc == c).then_some(i + 1),
            }),
        };
        match (stepped, star) {
            (Some(next), _) => {
                i = next;
                j += 1;
            }
            (None, Some((after, from))) if from < s.len() && s[from] != '/' => {
                star = Some((after, from + 1));
                i = after;
                j = from + 1;
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_path_filepath() {
        for (p, s, want) in [
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "d/a.yaml", false),
            ("templates/.?*", "templates/.x", true),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("a*b*c", "axxbyyc", true),
            ("*", "", true),
            ("\\*", "*", true),
            ("a*/b", "aaa/b", true),
            ("a*b", "a/b", false),
            ("", "", true),
            ("x", "", false),
        ] {
            assert_eq!(matches(p, s), Ok(want), "{p} {s}");
        }
        assert_eq!(matches("[a", "x"), Err(BAD));
        assert_eq!(matches("a[", "b"), Err(BAD));
        assert_eq!(matches("\\", "b"), Err(BAD));
    }
}
