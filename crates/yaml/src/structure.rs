//! Go's structs as Rust's: a declaration gives the structure, the description of the Go type, and the way from decoded data.

use std::collections::BTreeMap;

use pintle_value::{Data, DataMap};

use crate::{Error, Reading, Target, from_slice_typed};

/// A type with a counterpart in Go.
pub trait Typed: Default {
    /// The Go type.
    const TARGET: Target;

    /// Takes over what was decoded into the Go type; null gives the zero value.
    fn from_data(data: Data) -> Self;

    /// Reads the first document of `text`. Errors: invalid YAML, and what doesn't fit the type, with its place.
    fn read(text: &[u8], reading: Reading) -> Result<Self, Error> {
        from_slice_typed(text, &Self::TARGET, reading).map(Self::from_data)
    }
}

impl Typed for String {
    const TARGET: Target = Target::String;

    fn from_data(data: Data) -> String {
        match data {
            Data::String(text) => text,
            _ => String::new(),
        }
    }
}

impl Typed for bool {
    const TARGET: Target = Target::Bool;

    fn from_data(data: Data) -> bool {
        data == Data::Bool(true)
    }
}

impl Typed for i64 {
    const TARGET: Target = Target::Int64;

    fn from_data(data: Data) -> i64 {
        match data {
            Data::Int(n) => n,
            _ => 0,
        }
    }
}

impl Typed for Data {
    const TARGET: Target = Target::Any;

    fn from_data(data: Data) -> Data {
        data
    }
}

impl<T: Typed> Typed for Option<T> {
    const TARGET: Target = Target::Pointer(&T::TARGET);

    fn from_data(data: Data) -> Option<T> {
        (data != Data::Null).then(|| T::from_data(data))
    }
}

impl<T: Typed> Typed for Vec<T> {
    const TARGET: Target = Target::List(&T::TARGET);

    fn from_data(data: Data) -> Vec<T> {
        match data {
            Data::List(items) => items.into_iter().map(T::from_data).collect(),
            _ => Vec::new(),
        }
    }
}

impl<T: Typed> Typed for BTreeMap<String, T> {
    const TARGET: Target = Target::Map(&T::TARGET);

    fn from_data(data: Data) -> BTreeMap<String, T> {
        members(data).into_iter().map(|(key, value)| (key, T::from_data(value))).collect()
    }
}

/// The members of a decoded map or struct.
#[doc(hidden)]
pub fn members(data: Data) -> DataMap {
    match data {
        Data::Map(map) => map,
        _ => DataMap::new(),
    }
}

/// Declares a structure that is read from documents, with the Go type, the names of its fields in JSON and their Rust types.
///
/// `in` tells the embedded structs that a field comes from, `as` the Go type where the Rust one doesn't say it. `embed` has
/// structures that are embedded, under their names in Go, and `beside` what is not read.
///
/// ```
/// use pintle_yaml::{Reading, Typed, structure};
/// structure! {
///     /// A port.
///     Port("net", "Port") {
///         /// Its name.
///         name: String = "name",
///         /// Its number.
///         number: i64 = "number",
///     }
/// }
/// assert_eq!(Port::read(b"{name: 8080, Number: 1e3}", Reading::Strict).unwrap().number, 1000);
/// ```
#[macro_export]
macro_rules! structure {
    ($(#[$meta:meta])* $name:ident($package:literal, $go:literal) {
        $($(#[$doc:meta])* $field:ident: $type:ty = $key:literal $(in $through:literal)? $(as $target:expr)?,)*
    } $(embed { $($(#[$idoc:meta])* $inline:ident: $itype:ty = $iname:literal,)* })?
      $(beside { $($(#[$bdoc:meta])* $bvis:vis $beside:ident: $btype:ty,)* })?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
            $($($(#[$idoc])* pub $inline: $itype,)*)?
            $($($(#[$bdoc])* $bvis $beside: $btype,)*)?
        }

        impl $name {
            /// The struct in Go.
            pub(crate) const STRUCT: $crate::StructType = $crate::StructType {
                name: $go,
                go_type: concat!($package, ".", $go),
                fields: &[
                    $($crate::structure!(@field $key, ($($through)?), $crate::structure!(@target $type, $($target)?)),)*
                    $($($crate::Field::Embedded($iname, &<$itype>::STRUCT),)*)?
                ],
            };

            /// Takes the fields over.
            #[allow(dead_code, unused_variables)]
            pub(crate) fn take(map: &mut ::pintle_value::DataMap) -> $name {
                $name {
                    $($field: <$type as $crate::Typed>::from_data(map.remove($key).unwrap_or_default()),)*
                    $($($inline: <$itype>::take(map),)*)?
                    $($($beside: <$btype>::default(),)*)?
                }
            }
        }

        impl $crate::Typed for $name {
            const TARGET: $crate::Target = $crate::Target::Struct(&$name::STRUCT);

            fn from_data(data: ::pintle_value::Data) -> $name {
                $name::take(&mut $crate::members(data))
            }
        }
    };
    (@field $key:literal, (), $target:expr) => { $crate::Field::Named($key, $target) };
    (@field $key:literal, ($through:literal), $target:expr) => { $crate::Field::Promoted($through, $key, $target) };
    (@target $type:ty,) => { <$type as $crate::Typed>::TARGET };
    (@target $type:ty, $target:expr) => { $target };
}

#[cfg(test)]
mod tests {
    use super::*;

    structure! {
        /// A part of `types.HelmChart`.
        HelmChart("types", "HelmChart") {
            /// Its name.
            name: String = "name",
            /// Its version.
            version: String = "version",
            /// Versions.
            api_versions: Vec<String> = "apiVersions",
            /// Values.
            values_inline: BTreeMap<String, Data> = "valuesInline",
        }
    }

    structure! {
        /// What embeds it.
        Plugin("main", "Plugin") {} embed {
            /// The chart.
            chart: HelmChart = "HelmChart",
        }
    }

    structure! {
        /// `types.Replica`
        Replica("types", "Replica") {
            /// Its name.
            name: String = "name",
            /// A number.
            count: i64 = "count",
        }
    }

    // Recorded with Go 1.26.8 and sigs.k8s.io/yaml v1.6.0: `yaml.Unmarshal` into `struct { types.HelmChart }` of
    // sigs.k8s.io/kustomize/api v0.20.1.
    #[test]
    fn fields_of_embedded_structs_are_taken_for_the_struct() {
        let values = |text: &str| Plugin::read(text.as_bytes(), Reading::Lenient).map(|p| p.chart.values_inline);
        let data = values("valuesInline: {version: 1.2, other: 1.2, name: 5}").unwrap();
        assert_eq!(pintle_value::json::to_string(&Data::Map(data)).unwrap(), r#"{"name":"5","other":1.2,"version":"1.2"}"#);
        for (text, field) in [("version: 1.2", "version"), ("apiVersions: [1.2]", "apiVersions")] {
            let wanted = format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal number into Go struct field Plugin.HelmChart.{field} of type string"
            );
            assert_eq!(values(text).unwrap_err().message, wanted);
        }
    }

    // Recorded in the same way: `yaml.UnmarshalStrict` into `types.Replica`.
    #[test]
    fn a_strict_reader_refuses_what_comes_twice_and_what_is_unknown() {
        let read = |text: &str| Replica::read(text.as_bytes(), Reading::Strict).map_err(|e| (e.message, e.line));
        let unknown = ("error unmarshaling JSON: while decoding JSON: json: unknown field \"counts\"".to_owned(), Some(1));
        assert_eq!(read("counts: 1\nname: [x]"), Err(unknown));
        let twice = "error converting YAML to JSON: yaml: unmarshal errors:\n  line 2: key \"count\" already set in map";
        assert_eq!(read("count: 1\ncount: 2").unwrap_err().0, twice);
        assert_eq!(read("name: 5\nCOUNT: 3"), Ok(Replica { name: "5".into(), count: 3 }));
    }
}
