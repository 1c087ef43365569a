//! What `yaml.Unmarshal` leaves in an `interface{}`, with every kind kept apart.
//!
//! The slow way of decoding: for the documents whose keys are no strings in JSON, for error messages that print a value, and
//! for `toYaml`'s detour through YAML, which keeps integers that [`Data`](pintle_value::Data) does not.

use crate::decode::{Notes, Target, go_syntax};
use crate::resolve::Scalar;

/// A value of Go's `interface{}`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Dynamic {
    Scalar(Scalar<'static>),
    List(Vec<Dynamic>),
    Map(Vec<(Scalar<'static>, Dynamic)>),
}

fn owned(scalar: Scalar<'_>) -> Scalar<'static> {
    match scalar {
        Scalar::Null => Scalar::Null,
        Scalar::Bool(b) => Scalar::Bool(b),
        Scalar::Int(i) => Scalar::Int(i),
        Scalar::Uint(u) => Scalar::Uint(u),
        Scalar::Float(f) => Scalar::Float(f),
        Scalar::Str(s) => Scalar::Str(s.into_owned().into()),
    }
}

impl Target for Dynamic {
    fn scalar(value: Scalar<'_>) -> Self {
        Dynamic::Scalar(owned(value))
    }

    fn list(items: Vec<Self>) -> Self {
        Dynamic::List(items)
    }

    fn map(entries: Vec<(Scalar<'_>, Self)>, _: &mut Notes) -> Self {
        let mut entries: Vec<_> = entries.into_iter().enumerate().map(|(i, (k, v))| (owned(k), i, v)).collect();
        // Go prints maps sorted by key; the last of equal keys stays.
        entries.sort_by(|a, b| order(&a.0, &b.0).then(b.1.cmp(&a.1)));
        entries.dedup_by(|later, first| later.0 == first.0);
        Dynamic::Map(entries.into_iter().map(|(k, _, v)| (k, v)).collect())
    }
}

/// The order of `internal/fmtsort` for keys of an interface type: by where the linker put the type, then by value.
fn order(a: &Scalar<'_>, b: &Scalar<'_>) -> std::cmp::Ordering {
    let rank = |s: &Scalar<'_>| match s {
        Scalar::Null => 0,
        Scalar::Str(_) => 1,
        Scalar::Uint(_) => 2,
        Scalar::Int(_) => 3,
        Scalar::Float(_) => 4,
        Scalar::Bool(_) => 5,
    };
    match (a, b) {
        (Scalar::Bool(a), Scalar::Bool(b)) => a.cmp(b),
        (Scalar::Int(a), Scalar::Int(b)) => a.cmp(b),
        (Scalar::Uint(a), Scalar::Uint(b)) => a.cmp(b),
        (Scalar::Float(a), Scalar::Float(b)) => a.total_cmp(b),
        (Scalar::Str(a), Scalar::Str(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

impl Dynamic {
    /// The value as `%#v` prints it.
    pub(crate) fn go_syntax(&self) -> String {
        match self {
            Dynamic::Scalar(scalar) => go_syntax(scalar),
            Dynamic::List(items) => {
                let items: Vec<String> = items.iter().map(Dynamic::go_syntax).collect();
                format!("[]interface {{}}{{{}}}", items.join(", "))
            }
            Dynamic::Map(entries) => {
                let entries: Vec<String> = entries.iter().map(|(k, v)| format!("{}:{}", go_syntax(k), v.go_syntax())).collect();
                format!("map[interface {{}}]interface {{}}{{{}}}", entries.join(", "))
            }
        }
    }
}
