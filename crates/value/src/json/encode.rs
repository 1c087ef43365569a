//! Writing JSON.

use std::fmt;

use pintle_go::base64;

use super::float::format_json_float;
use super::visit::{Visit, Visitor};
use crate::budget::MAX_TEXT;
use crate::fmt::overrun;

/// How JSON is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    /// Whether `<`, `>` and `&` are escaped, as `json.Marshal` does and an encoder with `SetEscapeHTML(false)` does not.
    pub escape_html: bool,
    /// The prefix and the indentation of `json.MarshalIndent`; none for one line.
    pub indent: Option<(&'a str, &'a str)>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { escape_html: true, indent: None }
    }
}

/// Why a value can't be written in a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeError {
    /// The words of Go's encoder.
    pub message: String,
    /// How many bytes were written before, for callers that charge for the work.
    pub written: usize,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EncodeError {}

/// The depth from which encoding/json looks for cycles: what it meets there again is what it names.
const CYCLES_FROM: usize = 1000;
/// The depth from which a value counts as cyclic.
const MAX_DEPTH: usize = 2 * CYCLES_FROM;

/// Writes `value` as `json.Marshal` does.
///
/// ```
/// use pintle_value::{Data, json};
/// assert_eq!(json::to_string(&Data::from("<b>")).unwrap(), r#""\u003cb\u003e""#);
/// ```
pub fn to_string<T: Visit + ?Sized>(value: &T) -> Result<String, EncodeError> {
    to_string_with(value, &Options::default())
}

/// Writes `value` as `options` say.
pub fn to_string_with<T: Visit + ?Sized>(value: &T, options: &Options<'_>) -> Result<String, EncodeError> {
    let mut encoder = Encoder { out: String::new(), options, depth: 0, deep: "", error: None };
    value.visit(&mut encoder);
    match encoder.error {
        None => Ok(encoder.out),
        Some(message) => Err(EncodeError { message, written: encoder.out.len() }),
    }
}

struct Encoder<'o> {
    out: String,
    options: &'o Options<'o>,
    depth: usize,
    /// The type of the collection that is open at the depth from which cycles are looked for.
    deep: &'static str,
    error: Option<String>,
}

impl Encoder<'_> {
    fn fail(&mut self, error: String) {
        self.error.get_or_insert(error);
    }

    fn line(&mut self) {
        if let Some((prefix, indent)) = self.options.indent {
            self.out.push('\n');
            self.out.push_str(prefix);
            for _ in 0..self.depth {
                self.out.push_str(indent);
            }
        }
    }

    /// Writes a collection; returns early once there is an error.
    fn collection<I>(
        &mut self,
        (open, close): (char, char),
        go_type: &'static str,
        items: impl ExactSizeIterator<Item = I>,
        mut write: impl FnMut(&mut Self, I),
    ) {
        if self.depth == CYCLES_FROM {
            self.deep = go_type;
        }
        if self.depth >= MAX_DEPTH {
            self.fail(format!("json: unsupported value: encountered a cycle via {}", self.deep));
            return;
        }
        self.out.push(open);
        let empty = items.len() == 0;
        self.depth += 1;
        for (i, item) in items.enumerate() {
            if self.error.is_some() {
                return;
            }
            if self.out.len() > MAX_TEXT {
                overrun("the value is too long as JSON");
                return self.fail(format!("json: the value is longer than {MAX_TEXT} bytes"));
            }
            if i > 0 {
                self.out.push(',');
            }
            self.line();
            write(self, item);
        }
        self.depth -= 1;
        if !empty {
            self.line();
        }
        self.out.push(close);
    }
}

impl Visitor for Encoder<'_> {
    fn null(&mut self) {
        self.out.push_str("null");
    }

    fn bool(&mut self, value: bool) {
        self.out.push_str(if value { "true" } else { "false" });
    }

    fn int(&mut self, value: i64) {
        use fmt::Write;
        let _ = write!(self.out, "{value}");
    }

    fn uint(&mut self, value: u64) {
        use fmt::Write;
        let _ = write!(self.out, "{value}");
    }

    fn float(&mut self, value: f64) {
        if !value.is_finite() {
            let text = if value.is_nan() {
                "NaN"
            } else if value > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            self.fail(format!("json: unsupported value: {text}"));
            return;
        }
        self.out.push_str(&format_json_float(value));
    }

    fn string(&mut self, value: &[u8]) {
        write_string(&mut self.out, value, self.options.escape_html);
    }

    fn bytes(&mut self, value: &[u8]) {
        self.out.push('"');
        base64::write(&mut self.out, value);
        self.out.push('"');
    }

    fn list<'v, T: Visit + 'v>(&mut self, items: impl ExactSizeIterator<Item = &'v T>, nil: bool) {
        if nil {
            return self.null();
        }
        self.collection(('[', ']'), "[]interface {}", items, |encoder, item| item.visit(encoder));
    }

    fn map<'v, T: Visit + 'v>(&mut self, entries: impl ExactSizeIterator<Item = (&'v [u8], &'v T)>, nil: bool) {
        if nil {
            return self.null();
        }
        self.collection(('{', '}'), "map[string]interface {}", entries, |encoder, (key, value)| {
            encoder.string(key);
            encoder.out.push(':');
            if encoder.options.indent.is_some() {
                encoder.out.push(' ');
            }
            value.visit(encoder);
        });
    }

    fn unsupported(&mut self, go_type: &str) {
        self.fail(format!("json: unsupported type: {go_type}"));
    }
}

/// Writes a JSON string: what is not UTF-8 becomes U+FFFD, byte by byte.
pub fn write_string(out: &mut String, text: &[u8], escape_html: bool) {
    out.reserve(text.len() + 2);
    out.push('"');
    for chunk in text.utf8_chunks() {
        write_text(out, chunk.valid(), escape_html);
        for _ in chunk.invalid() {
            out.push_str("\\ufffd");
        }
    }
    out.push('"');
}

fn write_text(out: &mut String, text: &str, escape_html: bool) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    let mut run = 0;
    for (i, &b) in bytes.iter().enumerate() {
        let escaped = match b {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            0x0C => "\\f",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            b'<' | b'>' | b'&' if escape_html => "",
            0..0x20 => "",
            // U+2028 and U+2029, which JavaScript takes for line ends.
            0xE2 if bytes[i + 1] == 0x80 && matches!(bytes[i + 2], 0xA8 | 0xA9) => {
                out.push_str(&text[run..i]);
                out.push_str(if bytes[i + 2] == 0xA8 { "\\u2028" } else { "\\u2029" });
                run = i + 3;
                continue;
            }
            _ => continue,
        };
        out.push_str(&text[run..i]);
        run = i + 1;
        if escaped.is_empty() {
            out.push_str("\\u00");
            out.push(char::from(HEX[usize::from(b >> 4)]));
            out.push(char::from(HEX[usize::from(b & 15)]));
        } else {
            out.push_str(escaped);
        }
    }
    out.push_str(&text[run..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Data, IntKind, List, Map, Str, Type, Value};

    // Recorded with Go 1.26: json.Marshal.
    #[test]
    fn strings_are_escaped_as_go_does() {
        let encode = |text: &[u8]| {
            let mut out = String::new();
            write_string(&mut out, text, true);
            out
        };
        assert_eq!(encode("a<b>&c".as_bytes()), r#""a\u003cb\u003e\u0026c""#);
        assert_eq!(encode(b"\x00\x08\x0c\n\r\t\x1f\x7f"), "\"\\u0000\\b\\f\\n\\r\\t\\u001f\x7f\"");
        assert_eq!(encode("\u{2028}\u{2029}é😀".as_bytes()), "\"\\u2028\\u2029é😀\"");
        assert_eq!(encode(b"a\xff\xfeb\xe2\x80"), r#""a\ufffd\ufffdb\ufffd\ufffd""#);
    }

    // Recorded with Go 1.26: json.Marshal of uint64(1<<63), []byte("Hi!\x00"), []string(nil), complex(1, 2).
    #[test]
    fn values_of_every_kind_are_written() {
        let value = Value::list(vec![
            Value::Int(IntKind::Uint64, i64::MIN),
            Value::Bytes(Str::from(&b"Hi!\0"[..])),
            Value::List(List::nil(Type::String)),
        ]);
        assert_eq!(to_string(&value).unwrap(), r#"[9223372036854775808,"SGkhAA==",null]"#);
        let error = to_string(&Value::Complex(1.0, 2.0)).unwrap_err();
        assert_eq!(error.message, "json: unsupported type: complex128");
    }

    #[test]
    fn a_map_within_itself_is_an_error() {
        let map = Map::new(Default::default());
        map.insert(Str::from("self"), Value::Map(map.clone()));
        let error = to_string(&Value::Map(map.clone())).unwrap_err();
        assert_eq!(error.message, "json: unsupported value: encountered a cycle via map[string]interface {}");
        map.remove(b"self");
    }

    #[test]
    fn numbers_that_json_lacks_are_errors() {
        let late = Data::List(vec![Data::from("abc"), Data::Float(f64::NAN)]);
        let message = "json: unsupported value: NaN".to_owned();
        assert_eq!(to_string(&late), Err(EncodeError { message, written: r#"["abc",]"#.len() }));
    }

    #[test]
    fn indentation_is_that_of_marshal_indent() {
        let data = Data::List(vec![Data::Int(1), Data::List(vec![]), Data::Map([("a".into(), Data::Null)].into())]);
        let options = Options { escape_html: true, indent: Some(("", "  ")) };
        let text = to_string_with(&data, &options).unwrap();
        assert_eq!(text, "[\n  1,\n  [],\n  {\n    \"a\": null\n  }\n]");
        assert_eq!(to_string(&data).unwrap(), r#"[1,[],{"a":null}]"#);
    }
}
