//! Data into typed structures, as `encoding/json` decodes into Go's structs: names match whatever their case, null leaves a
//! field alone, the first error is the one that counts.

use std::collections::BTreeMap;

use pintle_diagnostic::Step;
use pintle_value::json::format_json_float;
use pintle_value::json::kind;
use pintle_value::{Data, DataMap};

/// What a document has that its structure doesn't take.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit {
    /// encoding/json's words.
    pub message: String,
    /// Where it is.
    pub path: Vec<Step<'static>>,
    /// Whether the key is what is wrong, not its value.
    pub at_key: bool,
    /// What may have been meant.
    pub hint: Option<String>,
}

/// How strictly a document is read.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    // Whether unknown fields are errors.
    strict: bool,
    // Whether numbers and truth values may stand for strings, as sigs.k8s.io/yaml has it when it knows the target's type.
    coerce: bool,
    path: Vec<Step<'static>>,
    structs: Vec<&'static str>,
    error: Option<Misfit>,
}

impl Decoder {
    /// For a kustomization: no unknown fields, and every value of its type.
    pub fn strict() -> Decoder {
        Decoder { strict: true, ..Decoder::default() }
    }

    /// For a file of configurations: no unknown fields.
    pub fn known() -> Decoder {
        Decoder { strict: true, coerce: true, ..Decoder::default() }
    }

    /// For what configures a plugin.
    pub fn lenient() -> Decoder {
        Decoder { coerce: true, ..Decoder::default() }
    }

    /// Reads `data`; fails with the first misfit.
    pub fn read<T: Decode>(mut self, data: &Data) -> Result<T, Misfit> {
        let mut value = T::default();
        value.decode(data, &mut self);
        match self.error {
            None => Ok(value),
            Some(error) => Err(error),
        }
    }

    fn fail(&mut self, message: String, at_key: bool, hint: Option<String>) {
        if self.error.is_none() {
            self.error = Some(Misfit { message, path: self.path.clone(), at_key, hint });
        }
    }

    fn wrong(&mut self, data: &Data, go_type: &str) {
        let mut what = kind(data).to_owned();
        if let (Data::Float(f), "int64" | "int") = (data, go_type) {
            what = format!("number {}", format_json_float(*f));
        }
        let names: Vec<&str> = self.path.iter().filter_map(Step::name).collect();
        let into = match self.structs.last() {
            Some(name) if !names.is_empty() => format!("Go struct field {name}.{} of type {go_type}", names.join(".")),
            _ => format!("Go value of type {go_type}"),
        };
        let quoted = matches!(data, Data::Float(_) | Data::Bool(_)) && go_type == "string";
        let hint = quoted.then(|| "quote the value to make it a string".to_owned());
        self.fail(format!("json: cannot unmarshal {what} into {into}"), false, hint);
    }
}

/// What can be read from a document.
pub(crate) trait Decode: Default {
    /// Takes `data` over.
    fn decode(&mut self, data: &Data, d: &mut Decoder);
}

/// A structure with named fields.
pub(crate) trait Fields: Default {
    const NAME: &'static str;

    /// Takes a field over; `false` if there is none of this name.
    fn set(&mut self, key: &str, value: &Data, d: &mut Decoder, exact: bool) -> bool;

    /// The names of the fields.
    fn keys(names: &mut Vec<&'static str>);
}

/// Reads a structure's fields.
pub(crate) fn decode_fields<T: Fields>(target: &mut T, data: &Data, d: &mut Decoder) {
    let map = match data {
        Data::Null => return,
        Data::Map(map) => map,
        other => return d.wrong(other, &format!("types.{}", T::NAME)),
    };
    d.structs.push(T::NAME);
    for (key, value) in map {
        d.path.push(Step::field(key.clone()));
        if !target.set(key, value, d, true) && !target.set(key, value, d, false) && d.strict {
            let mut names = Vec::new();
            T::keys(&mut names);
            let hint = match pintle_diagnostic::nearest(key, names.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("fields here are: {}", names.join(", ")),
            };
            d.fail(format!("json: unknown field {key:?}"), true, Some(hint));
        }
        d.path.pop();
    }
    d.structs.pop();
}

/// Whether a key names a field.
pub(crate) fn is_key(key: &str, name: &str, exact: bool) -> bool {
    if exact { key == name } else { key.eq_ignore_ascii_case(name) }
}

/// Declares a structure that is read from documents, with the names of its fields there.
macro_rules! structure {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty = $key:literal,)* }
        $(inline { $($(#[$idoc:meta])* $inline:ident: $itype:ty,)* })?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
            $($($(#[$idoc])* pub $inline: $itype,)*)?
        }

        impl $crate::kustomization::decode::Fields for $name {
            const NAME: &'static str = stringify!($name);

            #[allow(unused_variables)]
            fn set(&mut self, key: &str, value: &pintle_value::Data, d: &mut $crate::kustomization::decode::Decoder, exact: bool) -> bool {
                $(if $crate::kustomization::decode::is_key(key, $key, exact) {
                    $crate::kustomization::decode::Decode::decode(&mut self.$field, value, d);
                    return true;
                })*
                $($(if $crate::kustomization::decode::Fields::set(&mut self.$inline, key, value, d, exact) {
                    return true;
                })*)?
                false
            }

            fn keys(names: &mut Vec<&'static str>) {
                let own: &[&'static str] = &[$($key),*];
                names.extend(own);
                $($(<$itype as $crate::kustomization::decode::Fields>::keys(names);)*)?
            }
        }

        impl $crate::kustomization::decode::Decode for $name {
            fn decode(&mut self, data: &pintle_value::Data, d: &mut $crate::kustomization::decode::Decoder) {
                $crate::kustomization::decode::decode_fields(self, data, d);
            }
        }
    };
}
pub(crate) use structure;

impl Decode for String {
    fn decode(&mut self, data: &Data, d: &mut Decoder) {
        match data {
            Data::Null => {}
            Data::String(text) => self.clone_from(text),
            Data::Bool(b) if d.coerce => *self = b.to_string(),
            Data::Float(f) if d.coerce => *self = format_json_float(*f),
            other => d.wrong(other, "string"),
        }
    }
}

impl Decode for bool {
    fn decode(&mut self, data: &Data, d: &mut Decoder) {
        match data {
            Data::Null => {}
            Data::Bool(b) => *self = *b,
            other => d.wrong(other, "bool"),
        }
    }
}

impl Decode for i64 {
    fn decode(&mut self, data: &Data, d: &mut Decoder) {
        match data {
            Data::Null => {}
            Data::Float(f) if f.fract() == 0.0 && f.abs() < 9.2e18 => *self = *f as i64,
            other => d.wrong(other, "int64"),
        }
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(&mut self, data: &Data, d: &mut Decoder) {
        match data {
            Data::Null => *self = None,
            data => self.get_or_insert_default().decode(data, d),
        }
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(&mut self, data: &Data, d: &mut Decoder) {
        let items = match data {
            Data::Null => return self.clear(),
            Data::List(items) => items,
            other => return d.wrong(other, "[]string"),
        };
        self.clear();
        for (i, item) in items.iter().enumerate() {
            let mut value = T::default();
            d.path.push(Step::Index(i));
            value.decode(item, d);
            d.path.pop();
            self.push(value);
        }
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(&mut self, data: &Data, d: &mut Decoder) {
        let map = match data {
            Data::Null => return,
            Data::Map(map) => map,
            other => return d.wrong(other, "map[string]string"),
        };
        for (key, item) in map {
            let mut value = T::default();
            d.path.push(Step::field(key.clone()));
            value.decode(item, d);
            d.path.pop();
            self.insert(key.clone(), value);
        }
    }
}

/// Values of any kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnyMap(pub DataMap);

impl Decode for AnyMap {
    fn decode(&mut self, data: &Data, d: &mut Decoder) {
        match data {
            Data::Null => {}
            Data::Map(map) => self.0.clone_from(map),
            other => d.wrong(other, "map[string]interface {}"),
        }
    }
}
