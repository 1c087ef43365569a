//! Paths into documents and values.

use std::borrow::Cow;
use std::fmt;

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step<'p> {
    /// Into a member by its name, written `.name`.
    Field(Cow<'p, str>),
    /// Into a member of a map whose keys the user chose, written `[key]`.
    Key(Cow<'p, str>),
    /// Into an item of a list, from 0, written `[0]`.
    Index(usize),
}

impl<'p> Step<'p> {
    /// Into a member by its name.
    pub fn field(name: impl Into<Cow<'p, str>>) -> Step<'p> {
        Step::Field(name.into())
    }

    /// The name of the member, unless it is an index.
    pub fn name(&self) -> Option<&str> {
        match self {
            Step::Field(name) | Step::Key(name) => Some(name),
            Step::Index(_) => None,
        }
    }

    /// The same step, borrowing nothing.
    pub fn into_owned(self) -> Step<'static> {
        match self {
            Step::Field(name) => Step::Field(Cow::Owned(name.into_owned())),
            Step::Key(key) => Step::Key(Cow::Owned(key.into_owned())),
            Step::Index(index) => Step::Index(index),
        }
    }
}

/// The way from a document's root to a value: `spec.containers[0].name`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub Vec<Step<'static>>);

impl Path {
    /// The root itself.
    pub const ROOT: Path = Path(Vec::new());

    /// Reads a path as Kubernetes writes it. A number in brackets is an index.
    ///
    /// ```
    /// use pintle_diagnostic::{Path, Step};
    /// let path = Path::parse("metadata.annotations[a.b/c]");
    /// assert_eq!(path.0, [Step::field("metadata"), Step::field("annotations"), Step::Key("a.b/c".into())]);
    /// assert_eq!(Path::parse("spec.ports[1]").0[2], Step::Index(1));
    /// ```
    pub fn parse(text: &str) -> Path {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some((inner, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
                steps.push(inner.parse().map_or_else(|_| Step::Key(inner.to_owned().into()), Step::Index));
                rest = after;
                continue;
            }
            let name = rest.strip_prefix('.').unwrap_or(rest);
            // A bracket that nothing closes belongs to the name.
            let end = name.find(['.', '[']).filter(|end| *end > 0 || name.starts_with('.')).unwrap_or(name.len());
            if end > 0 {
                steps.push(Step::field(name[..end].to_owned()));
            }
            rest = &name[end..];
        }
        Path(steps)
    }

    /// These steps.
    pub fn of(steps: &[Step<'_>]) -> Path {
        steps.iter().cloned().map(Step::into_owned).collect()
    }

    /// Whether it leads nowhere but to the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path below a name, as templates write it: `.Values.image.tag`.
    pub fn below(&self, root: &str) -> String {
        let dot = if self.0.first().is_some_and(|step| matches!(step, Step::Field(_))) { "." } else { "" };
        format!("{root}{dot}{self}")
    }
}

/// As the API server writes it (`field.Path.String` of k8s.io/apimachinery).
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key}]")?,
                Step::Field(name) if i == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

impl FromIterator<Step<'static>> for Path {
    fn from_iter<I: IntoIterator<Item = Step<'static>>>(steps: I) -> Path {
        Path(steps.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back() {
        for text in ["", "spec", "spec.containers[0].name", "metadata.annotations[a.b/c]", "items[3][1]"] {
            assert_eq!(Path::parse(text).to_string(), text);
        }
        for odd in ["a[b", "[", "..", "a..b", "]"] {
            let _ = Path::parse(odd).to_string();
        }
        assert_eq!(Path::parse("image.tags[0]").below(".Values"), ".Values.image.tags[0]");
    }
}
