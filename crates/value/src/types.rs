//! Go's types and kinds, as far as values in templates have them: what `%T`, `kindOf`, `typeOf` and the evaluator's own
//! errors name, and what a function's parameters ask for.

use std::fmt;

use crate::Value;

/// `reflect.Kind` (Go 1.26).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Float32,
    Float64,
    Complex128,
    Func,
    Interface,
    Map,
    Pointer,
    Slice,
    String,
    Struct,
}

impl Kind {
    /// The name that `reflect.Kind.String` gives.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Int8 => "int8",
            Kind::Int16 => "int16",
            Kind::Int32 => "int32",
            Kind::Int64 => "int64",
            Kind::Uint => "uint",
            Kind::Uint8 => "uint8",
            Kind::Uint16 => "uint16",
            Kind::Uint32 => "uint32",
            Kind::Uint64 => "uint64",
            Kind::Float32 => "float32",
            Kind::Float64 => "float64",
            Kind::Complex128 => "complex128",
            Kind::Func => "func",
            Kind::Interface => "interface",
            Kind::Map => "map",
            Kind::Pointer => "ptr",
            Kind::Slice => "slice",
            Kind::String => "string",
            Kind::Struct => "struct",
        }
    }

    /// Whether this is one of the signed integer kinds.
    pub fn is_signed(self) -> bool {
        matches!(self, Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64)
    }

    /// Whether this is one of the unsigned integer kinds.
    pub fn is_unsigned(self) -> bool {
        matches!(self, Kind::Uint | Kind::Uint8 | Kind::Uint16 | Kind::Uint32 | Kind::Uint64)
    }
}

/// The kind of an integer; the value itself is kept as 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum IntKind {
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
}

impl IntKind {
    /// The `reflect.Kind`.
    pub fn kind(self) -> Kind {
        match self {
            IntKind::Int => Kind::Int,
            IntKind::Int8 => Kind::Int8,
            IntKind::Int16 => Kind::Int16,
            IntKind::Int32 => Kind::Int32,
            IntKind::Int64 => Kind::Int64,
            IntKind::Uint => Kind::Uint,
            IntKind::Uint8 => Kind::Uint8,
            IntKind::Uint16 => Kind::Uint16,
            IntKind::Uint32 => Kind::Uint32,
            IntKind::Uint64 => Kind::Uint64,
        }
    }

    /// Whether the 64 bits are to be read as `u64`.
    pub fn is_unsigned(self) -> bool {
        self.kind().is_unsigned()
    }
}

/// A Go type: of a value, a parameter, or the elements of a list or map.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// `bool`
    Bool,
    /// An integer type
    Int(IntKind),
    /// `float64`
    Float64,
    /// `complex128`
    Complex128,
    /// `string`
    String,
    /// `interface {}`
    Any,
    /// `[]T`
    Slice(&'static Type),
    /// `map[string]T`
    Map(&'static Type),
    /// A named type
    Named(&'static NamedType),
    /// `reflect.Value`: what Go's own builtins take; anything fits, nil too.
    ReflectValue,
    /// `error`: no value of ours implements it
    Error,
}

/// `int`
pub const INT: Type = Type::Int(IntKind::Int);
/// `int64`
pub const INT64: Type = Type::Int(IntKind::Int64);
/// `uint8`
pub const UINT8: Type = Type::Int(IntKind::Uint8);
/// `[]interface {}`
pub const ANYS: Type = Type::Slice(&Type::Any);
/// `[]string`
pub const STRINGS: Type = Type::Slice(&Type::String);
/// `[]uint8`
pub const BYTES: Type = Type::Slice(&UINT8);
/// `map[string]interface {}`
pub const DICT: Type = Type::Map(&Type::Any);

/// A Go type with a name of its own, and its method set.
#[derive(Debug)]
pub struct NamedType {
    /// As `%T` prints it: `common.Values`, `*semver.Version`.
    pub name: &'static str,
    /// What it is beneath the name.
    pub kind: Kind,
    /// For slices and maps, the unnamed type beneath; values of one are assignable to the other.
    pub underlying: Option<Type>,
    /// What templates may call on a value of it.
    pub methods: &'static [Method],
}

impl PartialEq for Type {
    fn eq(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Int(a), Type::Int(b)) => a == b,
            (Type::Slice(a), Type::Slice(b)) | (Type::Map(a), Type::Map(b)) => a == b,
            (Type::Named(a), Type::Named(b)) => a.name == b.name,
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

impl Type {
    /// The kind.
    pub fn kind(self) -> Kind {
        match self {
            Type::Bool => Kind::Bool,
            Type::Int(k) => k.kind(),
            Type::Float64 => Kind::Float64,
            Type::Complex128 => Kind::Complex128,
            Type::String => Kind::String,
            Type::Any | Type::Error => Kind::Interface,
            Type::Slice(_) => Kind::Slice,
            Type::Map(_) => Kind::Map,
            Type::Named(n) => n.kind,
            Type::ReflectValue => Kind::Struct,
        }
    }

    /// Whether an untyped nil can be assigned (`canBeNil` of text/template).
    pub fn can_be_nil(self) -> bool {
        matches!(self.kind(), Kind::Interface | Kind::Map | Kind::Pointer | Kind::Slice | Kind::Func)
            || matches!(self, Type::ReflectValue)
    }

    /// Whether a value of this type can be assigned to `target` (`reflect.Type.AssignableTo`).
    pub fn assignable_to(self, target: Type) -> bool {
        if target == Type::Any || self == target {
            return true;
        }
        // Named and unnamed types of one underlying type are assignable to each other.
        match (self, target) {
            (Type::Named(n), t @ (Type::Slice(_) | Type::Map(_))) => n.underlying == Some(t),
            (t @ (Type::Slice(_) | Type::Map(_)), Type::Named(n)) => n.underlying == Some(t),
            _ => false,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("bool"),
            Type::Int(k) => f.write_str(k.kind().name()),
            Type::Float64 => f.write_str("float64"),
            Type::Complex128 => f.write_str("complex128"),
            Type::String => f.write_str("string"),
            Type::Any => f.write_str("interface {}"),
            Type::Slice(t) => write!(f, "[]{t}"),
            Type::Map(t) => write!(f, "map[string]{t}"),
            Type::Named(n) => f.write_str(n.name),
            Type::ReflectValue => f.write_str("reflect.Value"),
            Type::Error => f.write_str("error"),
        }
    }
}

/// The parameters and the result of a function or method.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// The parameters' types; of a variadic function the last is the type of one further argument.
    pub params: &'static [Type],
    /// Whether the last parameter takes any number of arguments.
    pub variadic: bool,
    /// The (first) result. A result of type `interface {}` prints and fails as one.
    pub result: Type,
}

/// A method that templates can call, such as `.Files.Get` or `.Capabilities.APIVersions.Has`.
pub struct Method {
    /// The name.
    pub name: &'static str,
    /// Parameters, without the receiver.
    pub signature: Signature,
    /// The receiver and the arguments, already checked against the signature; an error is the text of Go's.
    pub call: fn(&Value, &[Value]) -> Result<Value, String>,
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Method").field("name", &self.name).finish_non_exhaustive()
    }
}
