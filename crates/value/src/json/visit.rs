//! How an encoder walks a value.

use crate::{Data, DataMap, Object, Value};

/// What can be written as JSON or YAML.
pub trait Visit {
    /// Shows the value to `visitor` by one call of one of its methods.
    fn visit<V: Visitor>(&self, visitor: &mut V);
}

/// An encoder: it is shown one value at a time, and walks into lists and maps itself.
pub trait Visitor {
    /// nil
    fn null(&mut self);
    /// `bool`
    fn bool(&mut self, value: bool);
    /// Any signed integer
    fn int(&mut self, value: i64);
    /// Any unsigned integer
    fn uint(&mut self, value: u64);
    /// `float64`
    fn float(&mut self, value: f64);
    /// `string`: bytes, usually UTF-8
    fn string(&mut self, value: &[u8]);
    /// `[]byte`
    fn bytes(&mut self, value: &[u8]);
    /// A slice; `nil` if it is a nil one
    fn list<'v, T: Visit + 'v>(&mut self, items: impl ExactSizeIterator<Item = &'v T>, nil: bool);
    /// A map with string keys, in the order of its keys' bytes; `nil` if it is a nil one
    fn map<'v, T: Visit + 'v>(&mut self, entries: impl ExactSizeIterator<Item = (&'v [u8], &'v T)>, nil: bool);
    /// A struct, a pointer to one, or a named basic type: as `encoding/json` sees it, if the encoder has no other view
    fn object(&mut self, object: &dyn Object)
    where
        Self: Sized,
    {
        as_json(self, object);
    }
    /// A value of a type that has no encoding
    fn unsupported(&mut self, go_type: &str);
}

/// Shows an object to `visitor` as `encoding/json` sees it.
pub fn as_json<V: Visitor>(visitor: &mut V, object: &dyn Object) {
    match object.json_members() {
        Some(members) => visitor.map(members.iter().map(|(k, v)| (k.as_bytes(), v)), false),
        None => object.basic().unwrap_or_else(|| object.json()).visit(visitor),
    }
}

impl<T: Visit + ?Sized> Visit for &T {
    fn visit<V: Visitor>(&self, visitor: &mut V) {
        (**self).visit(visitor);
    }
}

impl Visit for DataMap {
    fn visit<V: Visitor>(&self, visitor: &mut V) {
        visitor.map(self.iter().map(|(k, v)| (k.as_bytes(), v)), false);
    }
}

impl Visit for Data {
    fn visit<V: Visitor>(&self, visitor: &mut V) {
        match self {
            Data::Null => visitor.null(),
            Data::Bool(b) => visitor.bool(*b),
            Data::Int(i) => visitor.int(*i),
            Data::Float(f) => visitor.float(*f),
            Data::String(s) => visitor.string(s.as_bytes()),
            Data::List(items) => visitor.list(items.iter(), false),
            Data::Map(map) => map.visit(visitor),
        }
    }
}

impl Visit for Value {
    fn visit<V: Visitor>(&self, visitor: &mut V) {
        match self {
            Value::Nil => visitor.null(),
            Value::Bool(b) => visitor.bool(*b),
            Value::Int(kind, n) if kind.is_unsigned() => visitor.uint(*n as u64),
            Value::Int(_, n) => visitor.int(*n),
            Value::Float(f) => visitor.float(*f),
            Value::Complex(..) => visitor.unsupported("complex128"),
            Value::String(s) => visitor.string(s),
            Value::Bytes(b) => visitor.bytes(b),
            Value::List(list) => visitor.list(list.items().iter(), list.is_nil()),
            Value::Map(map) => {
                let nil = map.is_nil();
                visitor.map(map.entries().iter().map(|(k, v)| (k.as_bytes(), v)), nil);
            }
            Value::Object(object) => visitor.object(&**object),
        }
    }
}
