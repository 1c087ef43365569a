//! Makes a tree of values of anything that implements `serde::Serialize`.

use std::fmt;

use pintle_value::{Data, DataMap};
use serde::ser::{self, Serialize};

/// What can't be a value.
#[derive(Debug)]
pub struct Failed(pub String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(msg: T) -> Failed {
        Failed(msg.to_string())
    }
}

/// Serializes into [`Data`].
pub struct Serializer;

type Made<T = Data> = Result<T, Failed>;

/// A list, and the variant's name for the list of a tuple variant.
pub struct Items(Vec<Data>, Option<&'static str>);

/// A map with the key that waits for its value, and the variant's name for a struct variant.
pub struct Members(DataMap, Option<String>, Option<&'static str>);

fn wrap(variant: Option<&'static str>, inner: Data) -> Data {
    match variant {
        None => inner,
        Some(name) => Data::Map(DataMap::from([(name.to_owned(), inner)])),
    }
}

impl ser::Serializer for Serializer {
    type Ok = Data;
    type Error = Failed;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    fn serialize_bool(self, v: bool) -> Made {
        Ok(Data::Bool(v))
    }
    fn serialize_i8(self, v: i8) -> Made {
        self.serialize_i64(v.into())
    }
    fn serialize_i16(self, v: i16) -> Made {
        self.serialize_i64(v.into())
    }
    fn serialize_i32(self, v: i32) -> Made {
        self.serialize_i64(v.into())
    }
    fn serialize_i64(self, v: i64) -> Made {
        Ok(Data::Int(v))
    }
    fn serialize_u8(self, v: u8) -> Made {
        self.serialize_i64(v.into())
    }
    fn serialize_u16(self, v: u16) -> Made {
        self.serialize_i64(v.into())
    }
    fn serialize_u32(self, v: u32) -> Made {
        self.serialize_i64(v.into())
    }
    fn serialize_u64(self, v: u64) -> Made {
        i64::try_from(v).map(Data::Int).map_err(|_| Failed(format!("{v} is beyond 64 bits with a sign")))
    }
    fn serialize_f32(self, v: f32) -> Made {
        self.serialize_f64(v.into())
    }
    fn serialize_f64(self, v: f64) -> Made {
        if v.is_finite() { Ok(Data::Float(v)) } else { Err(Failed(format!("{v} can't be written as a YAML number"))) }
    }
    fn serialize_char(self, v: char) -> Made {
        Ok(Data::String(v.to_string()))
    }
    fn serialize_str(self, v: &str) -> Made {
        Ok(Data::from(v))
    }
    fn serialize_bytes(self, v: &[u8]) -> Made {
        Ok(Data::List(v.iter().map(|b| Data::Int((*b).into())).collect()))
    }
    fn serialize_none(self) -> Made {
        Ok(Data::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, v: &T) -> Made {
        v.serialize(self)
    }
    fn serialize_unit(self) -> Made {
        Ok(Data::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Made {
        Ok(Data::Null)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Made {
        Ok(Data::from(variant))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, v: &T) -> Made {
        v.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, variant: &'static str, v: &T) -> Made {
        Ok(wrap(Some(variant), v.serialize(self)?))
    }
    fn serialize_seq(self, _: Option<usize>) -> Made<Items> {
        Ok(Items(Vec::new(), None))
    }
    fn serialize_tuple(self, _: usize) -> Made<Items> {
        Ok(Items(Vec::new(), None))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Made<Items> {
        Ok(Items(Vec::new(), None))
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Made<Items> {
        Ok(Items(Vec::new(), Some(variant)))
    }
    fn serialize_map(self, _: Option<usize>) -> Made<Members> {
        Ok(Members(DataMap::new(), None, None))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Made<Members> {
        Ok(Members(DataMap::new(), None, None))
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Made<Members> {
        Ok(Members(DataMap::new(), None, Some(variant)))
    }
}

macro_rules! items {
    ($($trait:ident $method:ident),*) => {
        $(impl ser::$trait for Items {
            type Ok = Data;
            type Error = Failed;
            fn $method<T: Serialize + ?Sized>(&mut self, v: &T) -> Made<()> {
                self.0.push(v.serialize(Serializer)?);
                Ok(())
            }
            fn end(self) -> Made {
                Ok(wrap(self.1, Data::List(self.0)))
            }
        })*
    };
}

items!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);

macro_rules! members {
    ($($trait:ident),*) => {
        $(impl ser::$trait for Members {
            type Ok = Data;
            type Error = Failed;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, v: &T) -> Made<()> {
                self.0.insert(key.to_owned(), v.serialize(Serializer)?);
                Ok(())
            }
            fn end(self) -> Made {
                Ok(wrap(self.2, Data::Map(self.0)))
            }
        })*
    };
}

members!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Members {
    type Ok = Data;
    type Error = Failed;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Made<()> {
        self.1 = Some(match key.serialize(Serializer)? {
            Data::String(s) => s,
            Data::Int(n) => n.to_string(),
            Data::Bool(b) => b.to_string(),
            _ => return Err(Failed("a key is not text".into())),
        });
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, v: &T) -> Made<()> {
        let key = self.1.take().unwrap_or_default();
        self.0.insert(key, v.serialize(Serializer)?);
        Ok(())
    }
    fn end(self) -> Made {
        Ok(Data::Map(self.0))
    }
}
