//! Writing TOML.
//!
//! Keys come sorted, those of simple values before tables; tables indent their keys by two blanks a level; nil values are
//! left out; an array whose elements are all tables becomes an array of tables.

use pintle_go::limits;
use pintle_go::strconv::format_float;
use pintle_value::json::EncodeError;
use pintle_value::types::Kind;
use pintle_value::{Str, Value};

use super::{key_text, quote};
use crate::bind::TimeObject;

/// Deepest nesting; a map that holds itself has no end.
const MAX_DEPTH: usize = 1000;

type Result = std::result::Result<(), String>;

/// `Encoder.Encode`
///
/// ```
/// use pintle_value::{Entries, Str, Value};
/// let entries: Entries = [(Str::from("port"), Value::int64(80)), (Str::from("host"), Value::from("a"))].into();
/// assert_eq!(pintle_functions::toml::encode(&Value::dict(entries)).unwrap(), b"host = \"a\"\nport = 80\n");
/// ```
pub fn encode(v: &Value) -> std::result::Result<Vec<u8>, EncodeError> {
    let mut e = Encoder { out: Vec::new(), depth: 0, looks: 0 };
    let done = match v {
        Value::Nil => Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
        _ => e.value(&[], v),
    };
    match done {
        Ok(()) => Ok(e.out),
        Err(message) => Err(EncodeError { message, written: e.out.len() + e.looks }),
    }
}

/// What a value is in TOML.
#[derive(PartialEq)]
enum Shape {
    Nil,
    Simple,
    Table,
    TableArray,
}

struct Encoder {
    out: Vec<u8>,
    depth: usize,
    /// How many values were looked at for their shapes.
    looks: usize,
}

/// A map or struct to its keys and values.
fn table(v: &Value) -> Option<Vec<(Str, Value)>> {
    match v {
        Value::Map(m) => Some(m.entries().iter().map(|(k, v)| (k.clone(), v.clone())).collect()),
        Value::Object(o) if is_struct(v) => {
            let fields = o.exported().into_iter().flat_map(|(n, v)| {
                let embedded = if o.embedded() == Some(n) { table(&v) } else { None };
                embedded.unwrap_or_else(|| vec![(Str::from(n), v)])
            });
            Some(fields.collect())
        }
        _ => None,
    }
}

/// Structs that don't write themselves: versions do (`TextMarshaler`), and times are a type of TOML's.
fn is_struct(v: &Value) -> bool {
    let Value::Object(o) = v else { return false };
    o.basic().is_none() && matches!(o.json(), Value::Map(_)) && matches!(v.kind(), Kind::Struct | Kind::Pointer)
}

fn is_nil(v: &Value) -> bool {
    match v {
        Value::Nil => true,
        Value::Map(m) => m.is_nil(),
        Value::List(l) => l.is_nil(),
        _ => false,
    }
}

impl Encoder {
    fn shape(&mut self, v: &Value) -> std::result::Result<Shape, String> {
        self.depth += 1;
        self.looks += 1;
        if self.depth > MAX_DEPTH || self.looks > limits::MAX_LIST {
            return Err("toml: value nests too deeply".to_owned());
        }
        let shape = match v {
            _ if is_nil(v) => Shape::Nil,
            Value::Map(_) => Shape::Table,
            Value::Object(_) if is_struct(v) => Shape::Table,
            Value::List(l) => {
                let mut tables = !l.is_empty();
                for item in l.iter() {
                    match self.shape(item)? {
                        Shape::Nil => return Err("toml: cannot encode array with nil element".to_owned()),
                        Shape::Table => {}
                        _ => tables = false,
                    }
                }
                if tables { Shape::TableArray } else { Shape::Simple }
            }
            Value::Complex(..) => return Err("unsupported type: complex128".to_owned()),
            _ => Shape::Simple,
        };
        self.depth -= 1;
        Ok(shape)
    }

    fn newline(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn header(&mut self, key: &[Str], open: &[u8], close: &[u8]) {
        self.indent(key);
        self.out.extend_from_slice(open);
        for (i, part) in key.iter().enumerate() {
            if i > 0 {
                self.out.push(b'.');
            }
            key_text(&mut self.out, part);
        }
        self.out.extend_from_slice(close);
        self.newline();
    }

    fn indent(&mut self, key: &[Str]) {
        let blanks = 2 * (key.len().saturating_sub(1));
        self.out.extend(std::iter::repeat_n(b' ', blanks));
    }

    fn value(&mut self, key: &[Str], v: &Value) -> Result {
        limits::text(Some(self.out.len()))?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("toml: value nests too deeply".to_owned());
        }
        match self.shape(v)? {
            Shape::Nil => {
                // A nil slice is written as one that's empty; maps and interfaces aren't written.
                if matches!(v, Value::List(_)) {
                    self.pair(key, v)?;
                }
            }
            Shape::Simple => self.pair(key, v)?,
            Shape::Table => {
                if key.len() == 1 {
                    self.newline();
                }
                if !key.is_empty() {
                    self.header(key, b"[", b"]");
                }
                self.entries(key, v)?;
            }
            Shape::TableArray => {
                if key.is_empty() {
                    return Err("toml: top-level values must be Go maps or structs".to_owned());
                }
                let Value::List(items) = v else { return Ok(()) };
                for item in items.iter().filter(|v| !is_nil(v)) {
                    self.newline();
                    self.header(key, b"[[", b"]]");
                    self.entries(key, item)?;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// `key = value`, and a new line; without a key, the value alone.
    fn pair(&mut self, key: &[Str], v: &Value) -> Result {
        let Some(last) = key.last() else {
            return self.element(v);
        };
        self.indent(key);
        key_text(&mut self.out, last);
        self.out.extend_from_slice(b" = ");
        self.element(v)?;
        self.newline();
        Ok(())
    }

    /// The entries of a table, simple values first.
    fn entries(&mut self, key: &[Str], v: &Value) -> Result {
        let (simple, tables) = self.sorted(v)?;
        let mut path = key.to_vec();
        for (name, v) in simple.iter().chain(&tables) {
            if is_nil(v) {
                continue;
            }
            path.push(name.clone());
            self.value(&path, v)?;
            path.pop();
        }
        Ok(())
    }

    /// The entries that are simple, and those that are tables or arrays of them.
    #[allow(clippy::type_complexity)]
    fn sorted(&mut self, v: &Value) -> std::result::Result<(Vec<(Str, Value)>, Vec<(Str, Value)>), String> {
        let (mut simple, mut tables) = (Vec::new(), Vec::new());
        for (name, v) in table(v).unwrap_or_default() {
            match self.shape(&v)? {
                Shape::Table | Shape::TableArray => tables.push((name, v)),
                _ => simple.push((name, v)),
            }
        }
        Ok((simple, tables))
    }

    /// A value on one line.
    fn element(&mut self, v: &Value) -> Result {
        limits::text(Some(self.out.len()))?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("toml: value nests too deeply".to_owned());
        }
        match v {
            Value::String(s) => quote(&mut self.out, s),
            Value::Bool(b) => self.out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Value::Int(kind, n) if kind.is_unsigned() => self.out.extend_from_slice(n.cast_unsigned().to_string().as_bytes()),
            Value::Int(_, n) => self.out.extend_from_slice(n.to_string().as_bytes()),
            Value::Float(f) => self.out.extend_from_slice(float(*f).as_bytes()),
            Value::Bytes(b) => {
                let items: Vec<String> = b.iter().map(u8::to_string).collect();
                self.out.extend_from_slice(format!("[{}]", items.join(", ")).as_bytes());
            }
            Value::List(items) => {
                self.out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.out.extend_from_slice(b", ");
                    }
                    self.element(item)?;
                }
                self.out.push(b']');
            }
            Value::Map(_) => self.inline(v)?,
            Value::Object(_) if is_struct(v) => self.inline(v)?,
            Value::Object(o) => match (v.as_object::<TimeObject>(), o.string(), o.basic()) {
                (Some(t), ..) => self.out.extend_from_slice(&t.0.to_toml()?),
                (None, Some(text), _) => quote(&mut self.out, &text),
                (None, None, Some(basic)) => self.element(&basic)?,
                (None, None, None) => return Err(format!("unexpected type: {}", v.kind().name())),
            },
            Value::Nil | Value::Complex(..) => return Err(format!("unexpected type: {}", v.kind().name())),
        }
        self.depth -= 1;
        Ok(())
    }

    /// A table within an array of other things.
    fn inline(&mut self, v: &Value) -> Result {
        let (simple, tables) = self.sorted(v)?;
        // The encoder takes a field's place in its struct, or that of the struct embedded there, for its place among those
        // written: no comma follows that one.
        let (fields, embedded) = match v {
            Value::Object(o) => (o.fields(), o.embedded()),
            _ => (Vec::new(), None),
        };
        let at = |name: &[u8]| fields.iter().position(|(n, _)| n.as_bytes() == name);
        let place = |name: &Str| at(name).or_else(|| at(embedded?.as_bytes()));
        let last_place = (simple.len() + tables.len()).saturating_sub(1);
        self.out.push(b'{');
        for (group, more) in [(&simple, !tables.is_empty()), (&tables, false)] {
            for (i, (name, v)) in group.iter().enumerate().filter(|(_, (_, v))| !is_nil(v)) {
                key_text(&mut self.out, name);
                self.out.extend_from_slice(b" = ");
                self.element(v)?;
                if place(name).map_or(more || i + 1 != group.len(), |place| place != last_place) {
                    self.out.extend_from_slice(b", ");
                }
            }
        }
        self.out.push(b'}');
        Ok(())
    }
}

/// A float always has a point or an exponent.
fn float(f: f64) -> String {
    if f.is_nan() {
        return if f.is_sign_negative() { "-nan" } else { "nan" }.to_owned();
    }
    if f.is_infinite() {
        return if f < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let text = format_float(f, b'g', None);
    if text.contains(['e', '.']) { text } else { text + ".0" }
}
