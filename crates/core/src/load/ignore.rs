//! .helmignore: which files of a chart's folder don't belong to the chart (`helm.sh/helm/v4/pkg/ignore`).

use pintle_go::path::matches;

pub(super) struct Rules {
    rules: Vec<Rule>,
    /// The characters of the patterns that must be matched.
    wild: usize,
    /// The work that is left.
    left: u64,
}

/// How much matching a chart's folder is worth, in pairs of characters: a hundred times what large charts need.
const WORK: u64 = 1 << 28;

/// Patterns that need no matching: most are names or endings, and every file of a chart is held against every rule.
enum Plain {
    /// Only the text itself
    Whole,
    /// `*` and an ending
    Suffix,
    /// Anything else, after so many bytes that stand for themselves
    No(usize),
}

struct Rule {
    pattern: String,
    plain: Plain,
    negate: bool,
    must_be_dir: bool,
    whole_path: bool,
}

impl Rules {
    /// The rules of a .helmignore, and Helm's own: files in templates/ whose names begin with a dot.
    pub fn new(text: &[u8]) -> Result<Rules, String> {
        let text = String::from_utf8_lossy(text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)).into_owned();
        let mut rules = Rules { rules: Vec::new(), wild: 0, left: WORK };
        for line in text.lines().chain(["templates/.?*"]) {
            rules.add(line)?;
        }
        Ok(rules)
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let mut rule = line.trim();
        if rule.is_empty() || rule.starts_with('#') {
            return Ok(());
        }
        if rule.contains("**") {
            return Err("double-star (**) syntax is not supported".into());
        }
        matches(rule, "abc").map_err(|e| e.to_string())?;
        let negate = rule.starts_with('!');
        rule = rule.strip_prefix('!').unwrap_or(rule);
        let must_be_dir = rule.ends_with('/');
        rule = rule.strip_suffix('/').unwrap_or(rule);
        let whole_path = rule.contains('/');
        let pattern = rule.strip_prefix('/').unwrap_or(rule).to_owned();
        let special = |p: &str| p.contains(['*', '?', '[', '\\']);
        let plain = match pattern.strip_prefix('*') {
            _ if !special(&pattern) => Plain::Whole,
            Some(rest) if !special(rest) => Plain::Suffix,
            _ => Plain::No(pattern.find(['*', '?', '[', '\\']).unwrap_or(0)),
        };
        if let Plain::No(_) = plain {
            self.wild += pattern.len();
        }
        self.rules.push(Rule { pattern, plain, negate, must_be_dir, whole_path });
        Ok(())
    }

    /// Whether a path within the chart is left out. Errors: the rules take too long for so many files.
    pub fn ignore(&mut self, path: &str, is_dir: bool) -> Result<bool, String> {
        let work = self.rules.len().saturating_add(self.wild.saturating_mul(path.len())) as u64;
        self.left = self.left.checked_sub(work).ok_or("there are too many rules for so many files")?;
        let base = path.rsplit('/').next().unwrap_or(path);
        Ok(self.rules.iter().any(|r| {
            let name = if r.whole_path { path } else { base };
            let matched = || match r.plain {
                Plain::Whole => r.pattern == name,
                Plain::Suffix => name.strip_suffix(&r.pattern[1..]).is_some_and(|start| !start.contains('/')),
                Plain::No(start) => name.starts_with(&r.pattern[..start]) && matches(&r.pattern, name).unwrap_or(false),
            };
            if r.negate {
                // Helm leaves out whatever a negated rule doesn't match.
                r.must_be_dir && !is_dir || !matched()
            } else {
                (is_dir || !r.must_be_dir) && matched()
            }
        }))
    }
}
