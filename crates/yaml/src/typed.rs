//! Documents as `sigs.k8s.io/yaml` decodes them into Go structs.
//!
//! A [`Target`] describes the Go type; [`from_slice_typed`] gives what `yaml.Unmarshal` leaves in a variable of it: numbers and
//! booleans that meet a string field become strings, names of fields match in any case, unknown ones are dropped, and what does
//! not fit is an error in the words of `encoding/json` with its place. [`Reading`] tells how strict that is, and
//! [`structure!`](crate::structure) declares a Go struct as a Rust one. What the fields mean is the caller's matter.

use std::borrow::Cow;

use pintle_diagnostic::{Step, nearest};
use pintle_go::strconv::{format_float32, quote};
use pintle_value::json::format_json_float;
use pintle_value::{Data, DataMap};

use crate::Error;
use crate::data::{check_dynamic, dynamic_to_data, key_text};
use crate::decode::Decoder;
use crate::dynamic::Dynamic;
use crate::input::Input;
use crate::resolve::Scalar;
use crate::tree::Composer;

/// A Go type, as far as decoding into it goes.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// `interface {}`
    Any,
    /// `string`
    String,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// A type with a name, as Go prints it, and what it is made of.
    Named(&'static str, &'static Target),
    /// A slice.
    List(&'static Target),
    /// A map with string keys.
    Map(&'static Target),
    /// A pointer.
    Pointer(&'static Target),
    /// A struct.
    Struct(&'static StructType),
}

/// A Go struct type.
#[derive(Clone, Copy, Debug)]
pub struct StructType {
    /// Its name in messages about its fields, such as `Metadata`; empty for a type without one.
    pub name: &'static str,
    /// The type as Go prints it, such as `v2.Metadata`.
    pub go_type: &'static str,
    /// The fields, in the order of their declaration.
    pub fields: &'static [Field],
}

/// A field of a Go struct type.
#[derive(Clone, Copy, Debug)]
pub enum Field {
    /// A field by its name in JSON.
    Named(&'static str, Target),
    /// A field of embedded structs, after the path of their names in Go: `("ResId.Gvk", "kind", …)`.
    Promoted(&'static str, &'static str, Target),
    /// An embedded struct, by the name that it has in Go.
    Embedded(&'static str, &'static StructType),
}

/// How a document is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// `yaml.Unmarshal`
    Lenient,
    /// `yaml.UnmarshalStrict`: no key comes twice, and each is a field.
    Strict,
    /// `yaml.YAMLToJSON`, then a `json.Decoder` with `DisallowUnknownFields`: each key is a field, and nothing becomes a string.
    Plain,
}

/// What a key of a document stands for.
struct Found<'f> {
    /// The embedded structs on the way, by their names in Go.
    through: Vec<&'static str>,
    name: &'static str,
    target: &'f Target,
    /// What sigs.k8s.io/yaml takes for the field's type: of a promoted one it knows the embedded struct only.
    looks_like: Option<Target>,
}

impl Target {
    /// The type as `reflect.Type.String` prints it.
    pub fn go_type(&self) -> Cow<'static, str> {
        match self {
            Target::Any => "interface {}".into(),
            Target::String => "string".into(),
            Target::Bool => "bool".into(),
            Target::Int => "int".into(),
            Target::Int64 => "int64".into(),
            Target::Named(name, _) => (*name).into(),
            Target::List(of) => format!("[]{}", of.go_type()).into(),
            Target::Map(of) => format!("map[string]{}", of.go_type()).into(),
            Target::Pointer(to) => format!("*{}", to.go_type()).into(),
            Target::Struct(of) => of.go_type.into(),
        }
    }

    /// The type behind pointers.
    fn pointee(&self) -> &Target {
        match self {
            Target::Pointer(to) => to.pointee(),
            other => other,
        }
    }

    /// What a type with a name is made of.
    fn underlying(&self) -> &Target {
        match self {
            Target::Named(_, of) => of.underlying(),
            other => other,
        }
    }

    /// Whether the type's zero value is nil.
    fn has_nil(&self) -> bool {
        matches!(self.underlying(), Target::Any | Target::List(_) | Target::Map(_) | Target::Pointer(_))
    }

    /// The zero value as an element of a list or a map.
    fn zero(&self) -> Data {
        match self.underlying() {
            Target::String => Data::from(""),
            Target::Bool => Data::Bool(false),
            Target::Int | Target::Int64 => Data::Int(0),
            Target::Struct(_) => Data::Map(DataMap::new()),
            _ => Data::Null,
        }
    }
}

impl StructType {
    /// The field that encoding/json finds for a key: the one of that name, or else of that name but for case.
    fn field(&'static self, key: &str) -> Option<Found<'static>> {
        self.find(&|name| name == key).or_else(|| self.find(&|name| folds_to(key, name)))
    }

    /// The field whose name is meant; a struct's own fields come before those of embedded ones.
    fn find(&'static self, is_meant: &dyn Fn(&str) -> bool) -> Option<Found<'static>> {
        let own = self.fields.iter().find_map(|field| match field {
            Field::Named(name, target) => {
                is_meant(name).then(|| Found { through: Vec::new(), name, target, looks_like: Some(*target) })
            }
            Field::Promoted(through, name, target) => {
                is_meant(name).then(|| Found { through: vec![*through], name, target, looks_like: None })
            }
            Field::Embedded(..) => None,
        });
        own.or_else(|| {
            self.fields.iter().find_map(|field| match field {
                Field::Embedded(name, of) => of.find(is_meant).map(|mut found| {
                    found.through.insert(0, name);
                    Found { looks_like: Some(Target::Struct(of)), ..found }
                }),
                _ => None,
            })
        })
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for field in self.fields {
            match field {
                Field::Named(name, _) | Field::Promoted(_, name, _) => names.push(*name),
                Field::Embedded(_, of) => names.extend(of.names()),
            }
        }
        names
    }
}

/// Whether `key` is the ASCII word `field` in any case, U+212A and U+017F for k and s included.
pub fn folds_to(key: &str, field: &str) -> bool {
    let fold = |c: char| match c {
        '\u{212A}' => 'k',
        '\u{17F}' => 's',
        c => c.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(field.chars().map(fold))
}

/// Reads the first document of `text` as `yaml.Unmarshal` of sigs.k8s.io/yaml does into a zero variable of the type `target`.
///
/// A struct becomes a map with the fields that the document sets, under their names in JSON: one that is missing has Go's zero
/// value. A null leaves fields of the types string, bool, int and struct alone, and makes others [`Data::Null`]; elements of
/// lists and maps have Go's zero value instead.
///
/// ```
/// use pintle_value::Data;
/// use pintle_yaml::{Field, Reading, StructType, Target, from_slice_typed};
/// const PORT: StructType = StructType {
///     name: "Port",
///     go_type: "net.Port",
///     fields: &[Field::Named("name", Target::String), Field::Named("number", Target::Int)],
/// };
/// let port = from_slice_typed(b"{name: 8080, Number: 1e3, other: x}", &Target::Struct(&PORT), Reading::Lenient).unwrap();
/// assert_eq!(port.get("name"), Some(&Data::from("8080")));
/// assert_eq!(port.get("number"), Some(&Data::Int(1000)));
/// let error = from_slice_typed(b"number: high", &Target::Struct(&PORT), Reading::Strict).unwrap_err();
/// assert!(error.message.ends_with("json: cannot unmarshal string into Go struct field Port.number of type int"));
/// ```
pub fn from_slice_typed(text: &[u8], target: &Target, reading: Reading) -> Result<Data, Error> {
    let mut data = target.zero();
    from_slice_into(text, target, reading, &mut data)?;
    Ok(data)
}

/// As [`from_slice_typed`] into a variable that holds `data` already, as an earlier call left it: what the document does not
/// set stays, and elements of lists are filled, not replaced.
pub fn from_slice_into(text: &[u8], target: &Target, reading: Reading, data: &mut Data) -> Result<(), Error> {
    let input = Input::new(text);
    let tree = match Composer::new(&input).next() {
        Ok(Some(tree)) => tree,
        Ok(None) => return Ok(()),
        Err(e) => return Err(reading.converting(*e)),
    };
    let root = Decoder::new(&tree, reading == Reading::Strict).document::<Dynamic>();
    let misfit = fill(root.map_err(|e| reading.converting(*e))?, target, reading, data)?;
    let Some(Misfit { message, hint, path, at_key }) = misfit else { return Ok(()) };
    let mut error = Error { hint, ..reading.unmarshaling(message) };
    if let Some(place) = tree.locate(&path) {
        let start = place.key.filter(|_| at_key).unwrap_or(place.value).start;
        (error.line, error.column) = (Some(start.line), Some(start.column));
    }
    Err(error)
}

impl Reading {
    fn converting(self, e: Error) -> Error {
        if self == Reading::Plain { e } else { e.wrap("error converting YAML to JSON: ") }
    }

    fn unmarshaling(self, message: String) -> Error {
        let e = Error::new(message);
        if self == Reading::Plain { e } else { e.wrap("error unmarshaling JSON: while decoding JSON: ") }
    }
}

/// Fills `data` with a document; gives the first value that does not fit. Errors: what has no place in JSON.
pub(crate) fn fill(mut root: Dynamic, target: &Target, reading: Reading, data: &mut Data) -> Result<Option<Misfit>, Error> {
    if reading != Reading::Plain {
        coerce(&mut root, target);
    }
    check_dynamic(&root).map_err(|e| reading.converting(e))?;
    // encoding/json sees the variable through a pointer in an interface, which is what a null sets.
    if is_null(&root) {
        return Ok(None);
    }
    let mut filler = Filler { reading, context: "", fields: Vec::new(), path: Vec::new(), misfit: None };
    filler.store(&root, target, data);
    Ok(filler.misfit)
}

/// `convertToJSONableObject`: makes numbers and booleans that are bound for strings what they become there.
fn coerce(value: &mut Dynamic, target: &Target) {
    match (value, target.pointee().underlying()) {
        (Dynamic::Scalar(scalar), Target::String) => {
            let Some(text) = coerced(scalar) else { return };
            *scalar = Scalar::Str(Cow::Owned(text));
        }
        (Dynamic::List(items), Target::List(of)) => items.iter_mut().for_each(|item| coerce(item, of)),
        (Dynamic::Map(entries), Target::Map(of)) => {
            // A key that has no string is the error, with its value as it was read.
            let named = entries.iter_mut().filter(|(key, _)| name(key).is_some());
            named.for_each(|(_, value)| coerce(value, of));
        }
        (Dynamic::Map(entries), Target::Struct(of)) => {
            for (key, value) in entries {
                if let Some(target) = name(key).and_then(|name| of.field(&name)?.looks_like) {
                    coerce(value, &target);
                }
            }
        }
        _ => {}
    }
}

/// The string that a number or a boolean becomes where one is wanted.
fn coerced(scalar: &Scalar<'_>) -> Option<String> {
    match scalar {
        Scalar::Bool(b) => Some(b.to_string()),
        Scalar::Int(i) => Some(i.to_string()),
        Scalar::Uint(u) => Some(u.to_string()),
        Scalar::Float(f) => Some(format_float32(*f)),
        Scalar::Str(_) | Scalar::Null => None,
    }
}

/// A value or a key that does not fit.
pub(crate) struct Misfit {
    /// encoding/json's words.
    pub message: String,
    /// What may have been meant.
    hint: Option<String>,
    path: Vec<Step<'static>>,
    at_key: bool,
}

/// encoding/json's `decodeState`; the first value that does not fit is the error.
struct Filler<'d> {
    reading: Reading,
    /// The name of the innermost struct.
    context: &'static str,
    /// The fields that lead to the value, by their names in JSON, and embedded structs between them.
    fields: Vec<&'static str>,
    path: Vec<Step<'d>>,
    misfit: Option<Misfit>,
}

impl<'d> Filler<'d> {
    fn store(&mut self, value: &'d Dynamic, target: &Target, slot: &mut Data) {
        if is_null(value) {
            if target.has_nil() {
                *slot = Data::Null;
            }
            return;
        }
        let target = target.pointee();
        match (value, target.underlying()) {
            (_, Target::Any) => match dynamic_to_data(value.clone()) {
                Ok(data) => *slot = data,
                Err(e) => self.fail(e.message, None, false),
            },
            (Dynamic::Scalar(Scalar::Str(s)), Target::String) => *slot = Data::String(s.to_string()),
            (Dynamic::Scalar(Scalar::Bool(b)), Target::Bool) => *slot = Data::Bool(*b),
            (Dynamic::Scalar(scalar), Target::Int | Target::Int64) => match number_text(scalar) {
                Some(text) => match text.parse() {
                    Ok(n) => *slot = Data::Int(n),
                    Err(_) => self.mismatch(&format!("number {text}"), target),
                },
                None => self.mismatch(kind(value), target),
            },
            (Dynamic::List(items), Target::List(of)) => {
                let mut list = match std::mem::take(slot) {
                    Data::List(list) => list,
                    _ => Vec::new(),
                };
                list.resize_with(items.len(), || of.zero());
                for (i, (item, slot)) in items.iter().zip(&mut list).enumerate() {
                    self.path.push(Step::Index(i));
                    self.store(item, of, slot);
                    self.path.pop();
                }
                *slot = Data::List(list);
            }
            (Dynamic::Map(entries), Target::Map(of)) => {
                let mut map = taken(slot);
                for (name, value) in sorted(entries) {
                    let mut element = of.zero();
                    self.path.push(Step::Field(name.clone()));
                    self.store(value, of, &mut element);
                    self.path.pop();
                    map.insert(name.into_owned(), element);
                }
                *slot = Data::Map(map);
            }
            (Dynamic::Map(entries), Target::Struct(of)) => {
                let mut map = taken(slot);
                for (name, value) in sorted(entries) {
                    let found = of.field(&name);
                    self.path.push(Step::Field(name.clone()));
                    match found {
                        Some(found) => self.field(value, of.name, &found, &mut map),
                        None if self.reading != Reading::Lenient => self.unknown(&name, of),
                        None => {}
                    }
                    self.path.pop();
                }
                *slot = Data::Map(map);
            }
            _ => self.mismatch(kind(value), target),
        }
    }

    /// Takes a field of the struct `owner` over.
    fn field(&mut self, value: &'d Dynamic, owner: &'static str, found: &Found<'_>, map: &mut DataMap) {
        let context = std::mem::replace(&mut self.context, owner);
        let depth = self.fields.len();
        self.fields.extend(&found.through);
        self.fields.push(found.name);
        // A null need not set anything.
        if let Some(slot) = map.get_mut(found.name) {
            self.store(value, found.target, slot);
        } else if !is_null(value) || found.target.has_nil() {
            let mut slot = found.target.zero();
            self.store(value, found.target, &mut slot);
            map.insert(found.name.to_owned(), slot);
        }
        self.fields.truncate(depth);
        self.context = context;
    }

    fn unknown(&mut self, key: &str, of: &StructType) {
        let names = of.names();
        let hint = match nearest(key, names.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("fields here are: {}", names.join(", ")),
        };
        self.fail(format!("json: unknown field {}", quote(key.as_bytes())), Some(hint), true);
    }

    fn mismatch(&mut self, found: &str, target: &Target) {
        let place = match self.fields.is_empty() {
            true => "value".to_owned(),
            false => format!("struct field {}.{}", self.context, self.fields.join(".")),
        };
        let unquoted = matches!(found, "number" | "bool") && matches!(target.underlying(), Target::String);
        let hint = unquoted.then(|| "quote the value to make it a string".to_owned());
        let message = format!("json: cannot unmarshal {found} into Go {place} of type {}", target.go_type());
        self.fail(message, hint, false);
    }

    fn fail(&mut self, message: String, hint: Option<String>, at_key: bool) {
        if self.misfit.is_none() {
            let path = self.path.iter().cloned().map(Step::into_owned).collect();
            self.misfit = Some(Misfit { message, hint, path, at_key });
        }
    }
}

fn taken(slot: &mut Data) -> DataMap {
    match std::mem::take(slot) {
        Data::Map(map) => map,
        _ => DataMap::new(),
    }
}

/// A mapping's members in the order of their names, as they stand in JSON.
fn sorted<'d>(entries: &'d [(Scalar<'static>, Dynamic)]) -> Vec<(Cow<'d, str>, &'d Dynamic)> {
    let mut members: Vec<_> = entries.iter().filter_map(|(k, v)| Some((name(k)?, v))).collect();
    members.sort_by(|a, b| a.0.cmp(&b.0));
    // Of keys that are the same string Go keeps any; here it is the last.
    members.reverse();
    members.dedup_by(|a, b| a.0 == b.0);
    members.reverse();
    members
}

/// The string that a key becomes, if there is one.
fn name<'k>(key: &'k Scalar<'static>) -> Option<Cow<'k, str>> {
    match key {
        Scalar::Str(name) => Some(Cow::Borrowed(name)),
        other => key_text(other).map(Cow::Owned),
    }
}

fn is_null(value: &Dynamic) -> bool {
    *value == Dynamic::Scalar(Scalar::Null)
}

/// What encoding/json calls the kind of a value.
fn kind(value: &Dynamic) -> &'static str {
    match value {
        Dynamic::Scalar(Scalar::Null) => "null",
        Dynamic::Scalar(Scalar::Bool(_)) => "bool",
        Dynamic::Scalar(Scalar::Str(_)) => "string",
        Dynamic::Scalar(_) => "number",
        Dynamic::List(_) => "array",
        Dynamic::Map(_) => "object",
    }
}

/// A number as it stands in JSON.
fn number_text(scalar: &Scalar<'_>) -> Option<String> {
    match scalar {
        Scalar::Int(i) => Some(i.to_string()),
        Scalar::Uint(u) => Some(u.to_string()),
        Scalar::Float(f) => Some(format_json_float(*f)),
        Scalar::Null | Scalar::Bool(_) | Scalar::Str(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // How a part of Helm's types looks (helm.sh/helm/v4 pkg/chart/v2, metadata.go and dependency.go).
    const STRINGS: Target = Target::List(&Target::String);
    const DEPENDENCY: StructType = StructType {
        name: "Dependency",
        go_type: "v2.Dependency",
        fields: &[
            Field::Named("name", Target::String),
            Field::Named("tags", STRINGS),
            Field::Named("enabled", Target::Bool),
            Field::Named("import-values", Target::List(&Target::Any)),
        ],
    };
    const METADATA: Target = Target::Struct(&StructType {
        name: "Metadata",
        go_type: "v2.Metadata",
        fields: &[
            Field::Named("name", Target::String),
            Field::Named("keywords", STRINGS),
            Field::Named("appVersion", Target::String),
            Field::Named("deprecated", Target::Bool),
            Field::Named("annotations", Target::Map(&Target::String)),
            Field::Named("dependencies", Target::List(&Target::Pointer(&Target::Struct(&DEPENDENCY)))),
        ],
    });

    fn read(text: &str) -> String {
        match from_slice_typed(text.as_bytes(), &METADATA, Reading::Lenient) {
            Ok(data) => pintle_value::json::to_string(&data).unwrap(),
            Err(e) => e.message,
        }
    }

    // Recorded with Helm 4.3.1's Metadata and sigs.k8s.io/yaml v1.6.0, built with Go 1.26.
    #[test]
    fn what_does_not_fit_is_an_error() {
        for (text, wanted) in [
            ("name: [a]", "array into Go struct field Metadata.name of type string"),
            ("name: {a: b}\nappVersion: []", "array into Go struct field Metadata.appVersion of type string"),
            ("deprecated: 1", "number into Go struct field Metadata.deprecated of type bool"),
            ("keywords: 1", "number into Go struct field Metadata.keywords of type []string"),
            ("keywords: [[x]]", "array into Go struct field Metadata.keywords of type string"),
            ("annotations: x", "string into Go struct field Metadata.annotations of type map[string]string"),
            ("annotations: {a: [x]}", "array into Go struct field Metadata.annotations of type string"),
            ("dependencies: yes", "bool into Go struct field Metadata.dependencies of type []*v2.Dependency"),
            ("dependencies: [x]", "string into Go struct field Metadata.dependencies of type v2.Dependency"),
            ("dependencies: [{Name: [x]}]", "array into Go struct field Dependency.dependencies.name of type string"),
            ("dependencies: [{tags: x}]", "string into Go struct field Dependency.dependencies.tags of type []string"),
            (
                "dependencies: [{import-values: x}]",
                "string into Go struct field Dependency.dependencies.import-values of type []interface {}",
            ),
            ("- a", "array into Go value of type v2.Metadata"),
            ("a", "string into Go value of type v2.Metadata"),
        ] {
            assert_eq!(read(text), format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {wanted}"));
        }
    }

    #[test]
    fn the_place_of_what_does_not_fit_is_known() {
        let error =
            from_slice_typed(b"name: x\ndependencies:\n  - name: a\n    tags: b\n", &METADATA, Reading::Lenient).unwrap_err();
        assert_eq!((error.line, error.column), (Some(4), Some(11)));
    }

    #[test]
    fn scalars_become_the_strings_that_are_wanted() {
        for (text, wanted) in [
            ("appVersion: 1.10", r#"{"appVersion":"1.1"}"#),
            ("appVersion: 16777217.0", r#"{"appVersion":"1.6777216e+07"}"#),
            ("appVersion: 18446744073709551615", r#"{"appVersion":"18446744073709551615"}"#),
            ("keywords: [yes, 0x10, .inf, ~]", r#"{"keywords":["true","16","+Inf",""]}"#),
            ("annotations: {1: 2, a: }", r#"{"annotations":{"1":"2","a":""}}"#),
            ("dependencies: [{import-values: [1, {a: 1}]}, ~]", r#"{"dependencies":[{"import-values":[1,{"a":1}]},null]}"#),
        ] {
            assert_eq!(read(text), wanted);
        }
    }

    #[test]
    fn names_match_in_any_case_and_nulls_leave_zero_values() {
        assert_eq!(read("NAME: a\nname: b\nother: c\n\u{212A}eywords: [x]"), r#"{"keywords":["x"],"name":"b"}"#);
        assert_eq!(read("name: ~\nkeywords: ~\nannotations: ~\ndeprecated: ~"), r#"{"annotations":null,"keywords":null}"#);
        assert_eq!(read("~"), "{}");
        assert_eq!(read("Keywords: [a, b]\nkeywords: [~]"), r#"{"keywords":["a"]}"#);
    }

    #[test]
    fn a_second_document_is_read_over_the_first() {
        let mut data =
            from_slice_typed(b"name: a\ndependencies: [{name: x, tags: [t]}, {name: y}]", &METADATA, Reading::Lenient).unwrap();
        from_slice_into(b"dependencies: [{name: z}]", &METADATA, Reading::Lenient, &mut data).unwrap();
        let text = pintle_value::json::to_string(&data).unwrap();
        assert_eq!(text, r#"{"dependencies":[{"name":"z","tags":["t"]}],"name":"a"}"#);
    }
}
