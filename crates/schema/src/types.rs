//! The types of JSON values, and sets of them.

/// A type that the keyword `type` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Type {
    Null,
    Boolean,
    Number,
    Integer,
    String,
    Array,
    Object,
}

impl Type {
    const ALL: [Type; 7] = [Type::Null, Type::Boolean, Type::Number, Type::Integer, Type::String, Type::Array, Type::Object];

    /// Its name in schemas.
    pub fn name(self) -> &'static str {
        match self {
            Type::Null => "null",
            Type::Boolean => "boolean",
            Type::Number => "number",
            Type::Integer => "integer",
            Type::String => "string",
            Type::Array => "array",
            Type::Object => "object",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|t| t.name() == name)
    }
}

/// A set of types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Types(u8);

impl Types {
    pub(crate) fn add(&mut self, t: Type) {
        self.0 |= 1 << t as u8;
    }

    /// Whether the set has nothing in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `t` is in the set.
    pub fn contains(self, t: Type) -> bool {
        self.0 & (1 << t as u8) != 0
    }

    /// The types in the set, in the order in which messages name them.
    pub fn iter(self) -> impl Iterator<Item = Type> {
        Type::ALL.into_iter().filter(move |t| self.contains(*t))
    }
}
