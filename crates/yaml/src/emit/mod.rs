//! The emitter: values in, YAML out.
//!
//! [`to_yaml`] writes what `toYaml` does, which is sigs.k8s.io/yaml's `Marshal`: the value as JSON, the JSON read as YAML,
//! that written by go.yaml.in/yaml/v2. [`to_yaml_pretty`] writes what `toYamlPretty` does: the value by go.yaml.in/yaml/v3
//! with an indentation of two. Both are the emitter of libyaml with small differences; [`Emitter`] is that emitter without
//! its queue of events, for a value tells of itself whether a collection is empty. The detour through JSON is followed by
//! rule and not by text, unless a string holds what the detour would change or refuse.

mod analyze;
mod order;
mod write;

use pintle_go::base64;
use pintle_value::budget::MAX_TEXT;
use pintle_value::fmt::overrun;
use pintle_value::json::format_json_float;
use pintle_value::json::{self, EncodeError, Visit, Visitor, as_json};
use pintle_value::{Object, Yaml};

use crate::Error;
use crate::decode::Decoder;
use crate::dynamic::Dynamic;
use crate::input::Input;
use crate::number::format_g;
use crate::resolve::{Implicit, implicit};
use crate::tree::Composer;

/// Writes `value` as `yaml.Marshal` of sigs.k8s.io/yaml does. The text ends with a line break.
///
/// ```
/// use pintle_value::Data;
/// let data = Data::List(vec![Data::from("yes"), Data::Float(1e6), Data::from("plain")]);
/// assert_eq!(pintle_yaml::to_yaml(&data).unwrap(), "- \"yes\"\n- 1000000\n- plain\n");
/// ```
pub fn to_yaml<T: Visit + ?Sized>(value: &T) -> Result<String, EncodeError> {
    let mut emitter = Emitter::new(Dialect::ThroughJson);
    value.visit(&mut emitter);
    if !emitter.odd {
        return Ok(emitter.finish());
    }
    if emitter.too_long {
        return Err(emitter.error("yaml: the value is too long"));
    }
    // The detour shows: take it.
    let json = json::to_string(value).map_err(|e| EncodeError {
        message: format!("error marshaling into JSON: {e}"),
        written: emitter.out.len() + e.written,
    })?;
    let input = Input::new(json.as_bytes());
    let unread = |e: Box<Error>| EncodeError { message: e.message, written: emitter.out.len() + json.len() };
    let tree = Composer::new(&input).next().map_err(unread)?.unwrap_or_default();
    let value: Dynamic = Decoder::new(&tree, false).document().map_err(unread)?;
    let mut emitter = Emitter::new(Dialect::V2);
    value.visit(&mut emitter);
    Ok(emitter.finish())
}

/// Writes `value` as an encoder of go.yaml.in/yaml/v3 with `SetIndent(2)` does. The text ends with a line break.
pub fn to_yaml_pretty<T: Visit + ?Sized>(value: &T) -> Result<String, EncodeError> {
    let mut emitter = Emitter::new(Dialect::V3);
    value.visit(&mut emitter);
    if emitter.odd {
        return Err(emitter.error("yaml: value has no end or no encoding"));
    }
    Ok(emitter.finish())
}

/// Whose bytes to write.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Dialect {
    /// go-yaml v2 after the detour through JSON.
    ThroughJson,
    /// go-yaml v2.
    V2,
    /// go-yaml v3.
    V3,
}

/// How a scalar should be written if it can.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Want {
    Plain,
    DoubleQuoted,
    Literal,
}

/// How deep a value may be nested before it counts as one without end.
const MAX_DEPTH: usize = 1000;

/// libyaml's emitter.
struct Emitter {
    dialect: Dialect,
    out: String,
    /// Characters since the last line break.
    column: usize,
    /// The indentation of the open collection; -1 before the first.
    indent: i64,
    /// Whether the last character was white space.
    whitespace: bool,
    /// Whether the line holds nothing but indentation and `-`, `?` or `:`.
    indention: bool,
    /// Whether the node is a mapping's key or value.
    in_mapping: bool,
    /// Whether the node is a key written without `?`.
    in_simple_key: bool,
    depth: usize,
    /// Whether the value needs the long way.
    odd: bool,
    /// Whether it is longer than any text may be.
    too_long: bool,
}

impl Emitter {
    fn new(dialect: Dialect) -> Emitter {
        Emitter {
            dialect,
            out: String::with_capacity(256),
            column: 0,
            indent: -1,
            whitespace: true,
            indention: true,
            in_mapping: false,
            in_simple_key: false,
            depth: 0,
            odd: false,
            too_long: false,
        }
    }

    /// Ends the document.
    fn finish(mut self) -> String {
        self.write_indent();
        self.out
    }

    /// A string that resolves to itself.
    fn word(&mut self, text: &str) {
        if !self.whitespace {
            self.put(' ');
        }
        self.out.push_str(text);
        self.column += text.len();
        self.whitespace = false;
        self.indention = false;
    }

    /// The text of a string and how to write it; `None` if the detour through JSON would change it.
    fn text<'t>(&self, bytes: &'t [u8]) -> Option<&'t str> {
        let text = std::str::from_utf8(bytes).ok()?;
        if self.dialect == Dialect::ThroughJson && changed_by_json(text) { None } else { Some(text) }
    }

    fn want(&self, text: &str) -> Want {
        if text.contains('\n') {
            Want::Literal
        } else if self.resolves_to_string(text) {
            Want::Plain
        } else {
            Want::DoubleQuoted
        }
    }

    fn resolves_to_string(&self, text: &str) -> bool {
        match text.as_bytes().first() {
            None => false,
            Some(&first) if !crate::resolve::hints_type(first) => true,
            Some(_) => {
                implicit(text) == Implicit::Str && !is_base_60(text) && !(self.dialect == Dialect::V3 && is_signed_octal(text))
            }
        }
    }

    fn key(&mut self, key: &[u8]) {
        let Some(text) = self.text(key) else {
            if self.dialect == Dialect::V3 {
                self.binary(key, true);
            } else {
                self.odd = true;
            }
            return;
        };
        // In the detour's JSON a key may take 1024 characters.
        if self.dialect == Dialect::ThroughJson && text.len() > 1020 / 6 {
            self.odd = true;
            return;
        }
        let want = self.want(text);
        self.key_text(text, want, false);
    }

    fn key_text(&mut self, text: &str, want: Want, binary: bool) {
        let facts = self.analyze(text);
        let tag = if binary { "!!binary".len() } else { 0 };
        self.in_mapping = true;
        if !facts.multiline && text.len() + tag <= 128 {
            self.in_simple_key = true;
            self.scalar(text, want, facts, binary);
            self.in_simple_key = false;
            self.write_indicator(":", false, false, false);
        } else {
            self.write_indicator("?", true, false, true);
            self.in_simple_key = false;
            self.scalar(text, want, facts, binary);
            self.write_indent();
            self.write_indicator(":", true, false, true);
        }
    }

    /// A string that is not UTF-8, which v3 writes as `!!binary`.
    fn binary(&mut self, bytes: &[u8], key: bool) {
        let text = base64::encode_lines(bytes);
        let want = if text.contains('\n') { Want::Literal } else { Want::Plain };
        if key {
            self.key_text(&text, want, true);
        } else {
            let facts = self.analyze(&text);
            self.scalar(&text, want, facts, true);
        }
    }

    /// A mapping, its entries in this order.
    fn mapping<'v, T: Visit + 'v>(&mut self, entries: impl ExactSizeIterator<Item = (&'v [u8], &'v T)>) {
        if entries.len() == 0 {
            self.write_indicator("{", true, true, false);
            self.write_indicator("}", false, false, false);
            return;
        }
        if !self.deeper() {
            return;
        }
        let outer = self.indent;
        self.indent = if outer < 0 { 0 } else { outer + 2 };
        for (key, value) in entries {
            self.write_indent();
            self.key(key);
            self.in_mapping = true;
            if !self.odd {
                value.visit(self);
            }
            if self.odd {
                return;
            }
        }
        self.indent = outer;
        self.depth -= 1;
    }

    fn error(&self, why: &str) -> EncodeError {
        EncodeError { message: why.to_owned(), written: self.out.len() }
    }

    fn deeper(&mut self) -> bool {
        self.depth += 1;
        if self.out.len() > MAX_TEXT {
            // Callers that take no text for an answer must not ask again and again.
            overrun("the value is too long as YAML");
            self.too_long = true;
        }
        self.odd |= self.depth > MAX_DEPTH || self.too_long;
        !self.odd
    }
}

impl Visitor for Emitter {
    fn null(&mut self) {
        self.word("null");
    }

    fn bool(&mut self, value: bool) {
        self.word(if value { "true" } else { "false" });
    }

    fn int(&mut self, value: i64) {
        self.word(&value.to_string());
    }

    fn uint(&mut self, value: u64) {
        self.word(&value.to_string());
    }

    fn float(&mut self, value: f64) {
        let through_json = self.dialect == Dialect::ThroughJson;
        if !value.is_finite() {
            if through_json {
                self.odd = true;
                return;
            }
            let text = if value.is_nan() {
                ".nan"
            } else if value > 0.0 {
                ".inf"
            } else {
                "-.inf"
            };
            return self.word(text);
        }
        // In JSON whole numbers lose their exponent, and become integers when they are read again.
        if through_json && value.fract() == 0.0 && value.abs() < 18446744073709551616.0 && value >= -9223372036854775808.0 {
            let text = if value == 0.0 { "0".to_owned() } else { format_json_float(value) };
            if matches!(implicit(&text), Implicit::Int(_)) {
                return self.word(&text);
            }
        }
        self.word(&format_g(value));
    }

    fn string(&mut self, value: &[u8]) {
        match self.text(value) {
            Some(text) => {
                let want = self.want(text);
                let facts = self.analyze(text);
                self.scalar(text, want, facts, false);
            }
            None if self.dialect == Dialect::V3 => self.binary(value, false),
            None => self.odd = true,
        }
    }

    fn bytes(&mut self, value: &[u8]) {
        if self.dialect == Dialect::ThroughJson {
            self.odd = true;
            return;
        }
        let items: Vec<Byte> = value.iter().map(|b| Byte(*b)).collect();
        self.list(items.iter(), false);
    }

    fn list<'v, T: Visit + 'v>(&mut self, items: impl ExactSizeIterator<Item = &'v T>, nil: bool) {
        if nil && self.dialect == Dialect::ThroughJson {
            return self.null();
        }
        if items.len() == 0 {
            self.write_indicator("[", true, true, false);
            self.write_indicator("]", false, false, false);
            return;
        }
        if !self.deeper() {
            return;
        }
        let outer = self.indent;
        let hanging = self.dialect != Dialect::V3 && self.in_mapping && !self.indention;
        if outer < 0 {
            self.indent = 0;
        } else if !hanging {
            self.indent += 2;
        }
        for item in items {
            self.write_indent();
            self.write_indicator("-", true, false, true);
            self.in_mapping = false;
            item.visit(self);
            if self.odd {
                return;
            }
        }
        self.indent = outer;
        self.depth -= 1;
    }

    fn map<'v, T: Visit + 'v>(&mut self, entries: impl ExactSizeIterator<Item = (&'v [u8], &'v T)>, nil: bool) {
        if nil && self.dialect == Dialect::ThroughJson {
            return self.null();
        }
        let mut entries: Vec<_> = entries.collect();
        let v3 = self.dialect == Dialect::V3;
        order::sort(&mut entries, |a, b| order::less(a.0, b.0, v3));
        self.mapping(entries.into_iter());
    }

    fn object(&mut self, object: &dyn Object) {
        let yaml = if self.dialect == Dialect::V3 { object.yaml() } else { Yaml::AsJson };
        match yaml {
            Yaml::AsJson => as_json(self, object),
            Yaml::Text(text) => self.string(text.as_bytes()),
            Yaml::Timestamp(text) => self.word(&text),
            Yaml::Struct(members) => self.mapping(members.iter().map(|(name, value)| (name.as_bytes(), value))),
        }
    }

    fn unsupported(&mut self, _: &str) {
        self.odd = true;
    }
}

/// An element of a `[]byte`, which go-yaml writes as a list of numbers.
struct Byte(u8);

impl Visit for Byte {
    fn visit<V: Visitor>(&self, visitor: &mut V) {
        visitor.uint(u64::from(self.0));
    }
}

/// Whether reading the string's JSON as YAML would change or refuse it: DEL, the C1 controls and two non-characters are
/// written raw by encoding/json and not allowed in YAML, and U+0085 is a line break there.
fn changed_by_json(text: &str) -> bool {
    if text.is_ascii() {
        return text.as_bytes().contains(&0x7F);
    }
    text.chars().any(|c| matches!(c, '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}'))
}

/// Whether YAML 1.1 would read the text as a number to the base 60: go-yaml does not, and still quotes it.
fn is_base_60(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = rest.split(':');
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let whole = parts.next().is_some_and(|s| s.starts_with(|c: char| c.is_ascii_digit()) && digits(s));
    let sixty = |s: &str| match s.as_bytes() {
        [d] => d.is_ascii_digit(),
        [t, d] => (b'0'..=b'5').contains(t) && d.is_ascii_digit(),
        _ => false,
    };
    let rest: Vec<&str> = parts.collect();
    let Some((last, middle)) = rest.split_last() else { return false };
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    whole && middle.iter().all(|s| sixty(s)) && sixty(last) && digits(fraction)
}

/// `0o+7`: v3 reads what stands behind the prefix as a signed number.
fn is_signed_octal(text: &str) -> bool {
    let plain = text.replace('_', "");
    plain.strip_prefix("0o").is_some_and(|rest| crate::number::parse_int(rest, 8).is_some())
}

impl Visit for Dynamic {
    fn visit<V: Visitor>(&self, visitor: &mut V) {
        use crate::resolve::Scalar;
        match self {
            Dynamic::Scalar(Scalar::Null) => visitor.null(),
            Dynamic::Scalar(Scalar::Bool(b)) => visitor.bool(*b),
            Dynamic::Scalar(Scalar::Int(i)) => visitor.int(*i),
            Dynamic::Scalar(Scalar::Uint(u)) => visitor.uint(*u),
            Dynamic::Scalar(Scalar::Float(f)) => visitor.float(*f),
            Dynamic::Scalar(Scalar::Str(s)) => visitor.string(s.as_bytes()),
            Dynamic::List(items) => visitor.list(items.iter(), false),
            // JSON's keys are strings.
            Dynamic::Map(entries) => visitor.map(
                entries.iter().map(|(k, v)| match k {
                    Scalar::Str(s) => (s.as_bytes(), v),
                    _ => (&b""[..], v),
                }),
                false,
            ),
        }
    }
}
