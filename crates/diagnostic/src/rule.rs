//! Rules: what findings are about, each under a code.

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not meant.
    Warning,
    /// Nothing is printed but what is wrong.
    Error,
}

impl Severity {
    /// `note`, `warning` or `error`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its stable name: topic and matter, as in `ref/config-map`.
    pub code: &'static str,
    /// How bad it is unless somebody says otherwise.
    pub severity: Severity,
    /// What it says, in one sentence.
    pub about: &'static str,
}

impl Rule {
    /// What comes before the slash: `ref` of `ref/config-map`.
    pub fn topic(&self) -> &'static str {
        self.code.split('/').next().unwrap_or(self.code)
    }
}

/// Declares the rules of a crate, and `RULES`, which lists them.
///
/// ```
/// pintle_diagnostic::rules! {
///     KEY "ref/key" Warning "A pod uses a key that its ConfigMap or Secret doesn't have.";
/// }
/// assert_eq!(RULES[0].code, "ref/key");
/// assert_eq!(KEY.topic(), "ref");
/// ```
#[macro_export]
macro_rules! rules {
    ($($name:ident $code:literal $severity:ident $about:literal;)*) => {
        $(#[doc = $about]
        pub static $name: $crate::Rule =
            $crate::Rule { code: $code, severity: $crate::Severity::$severity, about: $about };)*
        #[allow(dead_code, reason = "not every table is listed")]
        /// The rules of this crate, in the order of its table.
        pub static RULES: &[&$crate::Rule] = &[$(&$name),*];
    };
}

/// The name among `known` that `wanted` most likely stands for: at most a third of its letters differ. Of long names the first 200
/// letters count.
///
/// ```
/// use pintle_diagnostic::nearest;
/// assert_eq!(nearest("replicaCuont", ["replicas", "replicaCount"]), Some("replicaCount"));
/// assert_eq!(nearest("port", ["replicas", "replicaCount"]), None);
/// ```
pub fn nearest<'k>(wanted: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // What is compared is a stranger's: the work grows with the product of the lengths.
    let short = |name: &str| name.chars().take(200).flat_map(char::to_lowercase).collect::<String>();
    let lower = short(wanted);
    let near = |k: &&str| {
        let distance = strsim::osa_distance(&lower, &short(k));
        (distance * 3 <= wanted.chars().count().max(3)).then_some(distance)
    };
    known.into_iter().filter_map(|k| near(&k).map(|d| (d, k))).min().map(|(_, k)| k)
}
