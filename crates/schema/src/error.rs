//! What is wrong with values, as a tree, and its text as santhosh prints it (output.go, kind/kind.go).

use std::fmt;
use std::sync::Arc;

use pintle_diagnostic::Step;

use crate::message::{float, integer, quote, quoted};
use crate::types::{Type, Types};

/// Values that do not fit a schema.
///
/// `Display` gives what Helm prints after `jsonschema validation failed with 'file:///values.schema.json#'` and a line break,
/// if that is how the text begins; without a line break at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidationError {
    /// Where in the instance, from its root. Within `propertyNames` the instance is the name.
    pub instance: Vec<Step<'static>>,
    /// Where the schema stands: URL, `#` and JSON pointer. The keyword is that of `kind`.
    pub schema: Arc<str>,
    /// What is wrong.
    pub kind: ErrorKind,
    /// Why.
    pub causes: Vec<ValidationError>,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ErrorKind {
    /// The root of the tree.
    Schema,
    /// Several things.
    Group,
    Not,
    AllOf,
    AnyOf,
    /// None of the schemas fits, or these two do.
    OneOf(Option<(usize, usize)>),
    /// `false` as a schema.
    FalseSchema,
    /// References lead back to where they come from; the locations are keyword paths.
    RefCycle {
        first: String,
        second: String,
    },
    /// A number that JSON lacks: of this Go type.
    InvalidJson(&'static str),
    Type {
        got: Type,
        want: Types,
    },
    /// The values as messages show them; none if some of them are lists or mappings.
    Enum(Option<Arc<[String]>>),
    /// The value as messages show it; none if it is a list or a mapping.
    Const(Option<String>),
    /// A string that is not of a format, and why.
    Format {
        got: String,
        want: &'static str,
        reason: String,
    },
    /// The schema that `$ref`, `$dynamicRef` or `$recursiveRef` leads to fails.
    Reference {
        keyword: &'static str,
    },
    MinProperties {
        got: usize,
        want: i64,
    },
    MaxProperties {
        got: usize,
        want: i64,
    },
    MinItems {
        got: usize,
        want: i64,
    },
    MaxItems {
        got: usize,
        want: i64,
    },
    MinLength {
        got: usize,
        want: i64,
    },
    MaxLength {
        got: usize,
        want: i64,
    },
    /// How many items are too many.
    AdditionalItems(usize),
    /// The names of missing properties.
    Required(Vec<String>),
    /// Names that are missing beside a property.
    Dependency {
        property: String,
        missing: Vec<String>,
    },
    DependentRequired {
        property: String,
        missing: Vec<String>,
    },
    /// The names of properties that are too many.
    AdditionalProperties(Vec<String>),
    /// A property's name that does not fit.
    PropertyNames(String),
    /// Two items that are equal.
    UniqueItems(usize, usize),
    Contains,
    /// The items that match are too few.
    MinContains {
        got: Vec<usize>,
        want: i64,
    },
    /// The items that match are too many.
    MaxContains {
        got: Vec<usize>,
        want: i64,
    },
    Pattern {
        got: String,
        want: Arc<str>,
    },
    Minimum {
        got: f64,
        want: f64,
    },
    Maximum {
        got: f64,
        want: f64,
    },
    ExclusiveMinimum {
        got: f64,
        want: f64,
    },
    ExclusiveMaximum {
        got: f64,
        want: f64,
    },
    MultipleOf {
        got: f64,
        want: f64,
    },
    /// Checking was given up: not a verdict. Helm has no such bound.
    Limit(&'static str),
}

impl ValidationError {
    /// Whether checking was given up for its cost.
    pub fn is_limit(&self) -> bool {
        matches!(self.kind, ErrorKind::Limit(_)) || self.causes.iter().any(ValidationError::is_limit)
    }

    /// A reference with one cause has no line of its own.
    fn is_skipped(&self) -> bool {
        self.causes.len() == 1 && matches!(self.kind, ErrorKind::Reference { .. })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, mut indent: usize, mut first: bool) -> fmt::Result {
        if !self.is_skipped() {
            if indent > 0 {
                if !first {
                    f.write_str("\n")?;
                }
                for _ in 1..indent {
                    f.write_str("  ")?;
                }
                f.write_str("- ")?;
            }
            indent += 1;
            match self.kind {
                ErrorKind::Schema => write!(f, "jsonschema validation failed with {}", quote(&self.schema))?,
                _ => write!(f, "at {}: {}", quote(&pointer(&self.instance)), self.message())?,
            }
            first = false;
        }
        for cause in &self.causes {
            cause.write(f, indent, first)?;
            first = false;
        }
        Ok(())
    }

    /// What is wrong at this place, without the place and the causes.
    pub fn message(&self) -> String {
        let count = |n: usize| integer(i64::try_from(n).unwrap_or(i64::MAX));
        let counts = |keyword: &str, got: usize, want: i64| format!("{keyword}: got {}, want {}", count(got), integer(want));
        let numbers = |keyword: &str, got: f64, want: f64| format!("{keyword}: got {}, want {}", float(got), float(want));
        match &self.kind {
            ErrorKind::Schema => format!("jsonschema validation failed with {}", quote(&self.schema)),
            ErrorKind::Group | ErrorKind::Reference { .. } => "validation failed".to_owned(),
            ErrorKind::Not => "'not' failed".to_owned(),
            ErrorKind::AllOf => "'allOf' failed".to_owned(),
            ErrorKind::AnyOf => "'anyOf' failed".to_owned(),
            ErrorKind::OneOf(None) => "'oneOf' failed, none matched".to_owned(),
            ErrorKind::OneOf(Some((a, b))) => format!("'oneOf' failed, subschemas {}, {} matched", count(*a), count(*b)),
            ErrorKind::FalseSchema => "false schema".to_owned(),
            ErrorKind::RefCycle { first, second } => {
                let url = pintle_go::strconv::quote(self.schema.as_bytes());
                format!("both {first} and {second} resolve to {url} causing reference cycle")
            }
            ErrorKind::InvalidJson(go_type) => format!("invalid jsonType {go_type}"),
            ErrorKind::Type { got, want } => {
                let want: Vec<&str> = want.iter().map(Type::name).collect();
                format!("got {}, want {}", got.name(), want.join(" or "))
            }
            ErrorKind::Enum(None) => "'enum' failed".to_owned(),
            ErrorKind::Enum(Some(want)) if want.len() == 1 => format!("value must be {}", want[0]),
            ErrorKind::Enum(Some(want)) => format!("value must be one of {}", want.join(", ")),
            ErrorKind::Const(None) => "'const' failed".to_owned(),
            ErrorKind::Const(Some(want)) => format!("value must be {want}"),
            ErrorKind::Format { got, want, reason } => format!("{} is not valid {want}: {reason}", quote(got)),
            ErrorKind::MinProperties { got, want } => counts("minProperties", *got, *want),
            ErrorKind::MaxProperties { got, want } => counts("maxProperties", *got, *want),
            ErrorKind::MinItems { got, want } => counts("minItems", *got, *want),
            ErrorKind::MaxItems { got, want } => counts("maxItems", *got, *want),
            ErrorKind::MinLength { got, want } => counts("minLength", *got, *want),
            ErrorKind::MaxLength { got, want } => counts("maxLength", *got, *want),
            ErrorKind::AdditionalItems(n) => format!("last {} additionalItem(s) not allowed", count(*n)),
            ErrorKind::Required(missing) if missing.len() == 1 => format!("missing property {}", quoted(missing)),
            ErrorKind::Required(missing) => format!("missing properties {}", quoted(missing)),
            ErrorKind::Dependency { property, missing } | ErrorKind::DependentRequired { property, missing } => {
                format!("properties {} required, if {} exists", quoted(missing), quote(property))
            }
            ErrorKind::AdditionalProperties(names) => format!("additional properties {} not allowed", quoted(names)),
            ErrorKind::PropertyNames(name) => format!("invalid propertyName {}", quote(name)),
            ErrorKind::UniqueItems(a, b) => format!("items at {} and {} are equal", count(*a), count(*b)),
            ErrorKind::Contains => "no items match contains schema".to_owned(),
            ErrorKind::MinContains { got, want } if got.is_empty() => {
                format!("min {} items required to match contains schema, but none matched", integer(*want))
            }
            ErrorKind::MinContains { got, want } => matched("min", *want, got),
            ErrorKind::MaxContains { got, want } => matched("max", *want, got),
            ErrorKind::Pattern { got, want } => format!("{} does not match pattern {}", quote(got), quote(want)),
            ErrorKind::Minimum { got, want } => numbers("minimum", *got, *want),
            ErrorKind::Maximum { got, want } => numbers("maximum", *got, *want),
            ErrorKind::ExclusiveMinimum { got, want } => numbers("exclusiveMinimum", *got, *want),
            ErrorKind::ExclusiveMaximum { got, want } => numbers("exclusiveMaximum", *got, *want),
            ErrorKind::MultipleOf { got, want } => numbers("multipleOf", *got, *want),
            ErrorKind::Limit(what) => format!("checking was given up: {what}"),
        }
    }
}

fn matched(bound: &str, want: i64, got: &[usize]) -> String {
    // Positions are printed by fmt, without groups.
    let at: Vec<String> = got.iter().map(usize::to_string).collect();
    let count = integer(i64::try_from(got.len()).unwrap_or(i64::MAX));
    let want = integer(want);
    format!("{bound} {want} items required to match contains schema, but matched {count} items at {}", at.join(" "))
}

/// A path as a JSON pointer.
pub fn pointer(path: &[Step<'_>]) -> String {
    let mut out = String::new();
    for step in path {
        out.push('/');
        match step {
            Step::Field(key) | Step::Key(key) => out.push_str(&crate::location::escape(key)),
            Step::Index(index) => out.push_str(&index.to_string()),
        }
    }
    out
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Helm cuts this headline off (JSONSchemaValidationError.Error).
        if self.kind == ErrorKind::Schema && &*self.schema == crate::HELM_LOCATION && !self.causes.is_empty() {
            for (i, cause) in self.causes.iter().enumerate() {
                cause.write(f, 1, i == 0)?;
            }
            return Ok(());
        }
        self.write(f, 0, true)
    }
}

impl std::error::Error for ValidationError {}

/// Why a schema is invalid, in the words of santhosh-tekuri/jsonschema.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SchemaError {
    /// The text is not JSON.
    Syntax(String),
    /// The schema does not fit the schema of schemas.
    Invalid {
        /// Where the schema stands.
        location: String,
        /// What does not fit; its path leads into the schema.
        error: Box<ValidationError>,
    },
    /// A reference leads to a document that cannot be had.
    Load {
        /// The document's URL.
        url: String,
        /// Why not.
        reason: String,
    },
    /// A pattern is not a regular expression.
    Regex {
        /// Where it stands.
        location: String,
        /// The pattern.
        pattern: String,
        /// Why not.
        reason: String,
    },
    /// Anything else, in santhosh's words.
    Other(String),
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = |text: &str| pintle_go::strconv::quote(text.as_bytes());
        match self {
            SchemaError::Syntax(message) | SchemaError::Other(message) => f.write_str(message),
            SchemaError::Invalid { location, error } => {
                write!(f, "{} is not valid against metaschema: {error}", quote(location))
            }
            SchemaError::Load { url, reason } => write!(f, "failing loading {}: {reason}", quote(url)),
            SchemaError::Regex { location, pattern, reason } => {
                write!(f, "invalid regex {} at {}: {reason}", quote(pattern), quote(location))
            }
        }
    }
}

impl std::error::Error for SchemaError {}
