//! Reading JSON.

use std::borrow::Cow;
use std::fmt;

use crate::{Data, DataMap};

/// How deep a text may be nested. Go allows 10,000; code that walks values may use the stack.
const MAX_DEPTH: usize = 1000;

/// Why a text is not the JSON that was asked for; the message is Go's.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeError {
    /// Go's text.
    pub message: String,
    /// The byte at which the text goes wrong.
    pub offset: usize,
    /// What Go decodes all the same: everything but the numbers that no `float64` holds. Null after an error of syntax.
    pub partial: Data,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// Reads `text` as `json.Unmarshal` does into an `interface{}`: every number is a float.
///
/// ```
/// use pintle_value::{Data, json};
/// assert_eq!(json::from_slice(b"[1, null]").unwrap(), Data::List(vec![Data::Float(1.0), Data::Null]));
/// assert_eq!(json::from_slice(b"[1,").unwrap_err().message, "unexpected end of JSON input");
/// ```
pub fn from_slice(text: &[u8]) -> Result<Data, DecodeError> {
    let mut tree = DataBuilder::new(float);
    let mut decoder = Decoder::new(text, &mut tree, false);
    let data = decoder.document().map_err(|message| decoder.error(message))?;
    tree.finish(data)
}

/// Reads the first value of `text` as `json.Decoder.Decode` does into an `interface{}`, and tells how many bytes it takes,
/// leading space included (`InputOffset`). What follows it need not be JSON.
///
/// ```
/// use pintle_value::{Data, json};
/// assert_eq!(json::decode_prefix(b" 1,b={}").unwrap(), (Data::Float(1.0), 2));
/// assert_eq!(json::decode_prefix(b"[1,").unwrap_err().message, "unexpected EOF");
/// ```
pub fn decode_prefix(text: &[u8]) -> Result<(Data, usize), DecodeError> {
    let mut tree = DataBuilder::new(float);
    let (data, end) = decode_prefix_into(text, &mut tree)?;
    Ok((tree.finish(data)?, end))
}

/// As [`decode_prefix`], but what becomes of the values is up to `builder`.
pub fn decode_prefix_into<B: Builder>(text: &[u8], builder: &mut B) -> Result<(B::Value, usize), DecodeError> {
    let mut decoder = Decoder::new(text, builder, true);
    decoder.skip_space();
    let value = if decoder.at < text.len() { decoder.value() } else { Err("EOF".to_owned()) };
    match value {
        Ok(value) => Ok((value, decoder.at)),
        Err(message) => Err(decoder.error(message)),
    }
}

/// What makes values of a text, from the inside out.
pub trait Builder {
    /// A value.
    type Value;
    /// A list that is not complete.
    type List;
    /// A mapping that is not complete.
    type Map;

    /// `null`
    fn null(&mut self) -> Self::Value;
    /// `true` or `false`
    fn boolean(&mut self, value: bool) -> Self::Value;
    /// A number as it is written, and where.
    fn number(&mut self, text: &str, at: usize) -> Self::Value;
    /// A string, unescaped.
    fn string(&mut self, text: Cow<'_, str>) -> Self::Value;
    /// The beginning of a list.
    fn list(&mut self) -> Self::List;
    /// The next item of a list.
    fn item(&mut self, list: &mut Self::List, item: Self::Value);
    /// The end of a list.
    fn end_list(&mut self, list: Self::List) -> Self::Value;
    /// The beginning of a mapping.
    fn map(&mut self) -> Self::Map;
    /// A key of a mapping; it may come again, and the last one counts.
    fn entry(&mut self, map: &mut Self::Map, key: Cow<'_, str>, value: Self::Value);
    /// The end of a mapping.
    fn end_map(&mut self, map: Self::Map) -> Self::Value;
}

/// Builds [`Data`].
pub struct DataBuilder {
    number: fn(&str) -> Option<Data>,
    out_of_range: Option<(String, usize)>,
}

/// `float64`, as an `interface{}` holds numbers.
fn float(text: &str) -> Option<Data> {
    text.parse().ok().filter(|f: &f64| f.is_finite()).map(Data::Float)
}

impl DataBuilder {
    /// A builder whose numbers are what `number` makes of their text; null, and an error of [`DataBuilder::finish`], where that is nothing.
    pub fn new(number: fn(&str) -> Option<Data>) -> DataBuilder {
        DataBuilder { number, out_of_range: None }
    }

    /// What was built.
    ///
    /// Errors: the first number that nothing holds.
    pub fn finish(self, data: Data) -> Result<Data, DecodeError> {
        match self.out_of_range {
            None => Ok(data),
            Some((text, offset)) => {
                let message = format!("json: cannot unmarshal number {text} into Go value of type float64");
                Err(DecodeError { message, offset, partial: data })
            }
        }
    }
}

impl Builder for DataBuilder {
    type Value = Data;
    type List = Vec<Data>;
    type Map = DataMap;

    fn null(&mut self) -> Data {
        Data::Null
    }

    fn boolean(&mut self, value: bool) -> Data {
        Data::Bool(value)
    }

    fn number(&mut self, text: &str, at: usize) -> Data {
        (self.number)(text).unwrap_or_else(|| {
            self.out_of_range.get_or_insert_with(|| (text.to_owned(), at));
            Data::Null
        })
    }

    fn string(&mut self, text: Cow<'_, str>) -> Data {
        Data::String(text.into_owned())
    }

    fn list(&mut self) -> Vec<Data> {
        Vec::new()
    }

    fn item(&mut self, list: &mut Vec<Data>, item: Data) {
        list.push(item);
    }

    fn end_list(&mut self, list: Vec<Data>) -> Data {
        Data::List(list)
    }

    fn map(&mut self) -> DataMap {
        DataMap::new()
    }

    fn entry(&mut self, map: &mut DataMap, key: Cow<'_, str>, value: Data) {
        map.insert(key.into_owned(), value);
    }

    fn end_map(&mut self, map: DataMap) -> Data {
        Data::Map(map)
    }
}

/// As [`from_slice`] into a `map[string]interface{}`: any other kind of value is an error, and null gives none, a nil map.
pub fn map_from_slice(text: &[u8]) -> Result<Option<DataMap>, DecodeError> {
    match from_slice(text) {
        Ok(Data::Map(map)) => Ok(Some(map)),
        Ok(Data::Null) => Ok(None),
        other => Err(wrong_type(other, b'{', text, "map[string]interface {}")),
    }
}

/// As [`from_slice`] into a `[]interface{}`: any other kind of value is an error, and null gives none, a nil slice.
pub fn list_from_slice(text: &[u8]) -> Result<Option<Vec<Data>>, DecodeError> {
    match from_slice(text) {
        Ok(Data::List(items)) => Ok(Some(items)),
        Ok(Data::Null) => Ok(None),
        other => Err(wrong_type(other, b'[', text, "[]interface {}")),
    }
}

/// The error for a value that should begin with `wanted`. A number out of range matters only inside of such a value: of
/// another one Go decodes nothing.
fn wrong_type(found: Result<Data, DecodeError>, wanted: u8, text: &[u8], go_type: &str) -> DecodeError {
    let first = text.iter().find(|b| !b.is_ascii_whitespace()).copied().unwrap_or(0);
    let kind = match (&found, first) {
        (Ok(data), _) => kind(data),
        (Err(error), b'-' | b'0'..=b'9') if error.out_of_range() => "number",
        (Err(error), b'[') if error.out_of_range() && wanted != b'[' => "array",
        (Err(error), b'{') if error.out_of_range() && wanted != b'{' => "object",
        (Err(error), _) => return error.clone(),
    };
    let message = format!("json: cannot unmarshal {kind} into Go value of type {go_type}");
    DecodeError { message, offset: text.len(), partial: Data::Null }
}

impl DecodeError {
    /// Whether the text is sound and only a number in it too large.
    fn out_of_range(&self) -> bool {
        self.message.starts_with("json: ")
    }
}

/// What encoding/json calls a kind of value.
pub fn kind(data: &Data) -> &'static str {
    match data {
        Data::Null => "null",
        Data::Bool(_) => "bool",
        Data::Int(_) | Data::Float(_) => "number",
        Data::String(_) => "string",
        Data::List(_) => "array",
        Data::Map(_) => "object",
    }
}

struct Decoder<'t, 'b, B> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    /// Whether more text might follow: the end of it is then an error of reading, not of syntax.
    streamed: bool,
    builder: &'b mut B,
}

type Step<T> = Result<T, String>;

impl<'t, 'b, B: Builder> Decoder<'t, 'b, B> {
    fn new(text: &'t [u8], builder: &'b mut B, streamed: bool) -> Self {
        Decoder { text, at: 0, depth: 0, streamed, builder }
    }

    fn error(&self, message: String) -> DecodeError {
        DecodeError { message, offset: self.at, partial: Data::Null }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The complaint about the current byte.
    fn unexpected<T>(&self, context: &str) -> Step<T> {
        if self.streamed && self.peek().is_none() {
            return Err("unexpected EOF".to_owned());
        }
        // At the end Go tries a space, which is an error of its own inside of a word, a number or an escape.
        let inside = !context.starts_with("looking")
            && !matches!(context, "in string literal" | "after object key")
            && !matches!(context, "after array element" | "after object key:value pair" | "after top-level value");
        Err(match self.peek().or(inside.then_some(b' ')) {
            None => "unexpected end of JSON input".to_owned(),
            Some(b) => format!("invalid character {} {context}", quote_char(b)),
        })
    }

    fn document(&mut self) -> Step<B::Value> {
        self.skip_space();
        let value = self.value()?;
        self.skip_space();
        if self.at < self.text.len() {
            return self.unexpected("after top-level value");
        }
        Ok(value)
    }

    fn value(&mut self) -> Step<B::Value> {
        match self.peek() {
            Some(b'{') => self.map(),
            Some(b'[') => self.list(),
            Some(b'"') => self.string().map(|text| self.builder.string(text)),
            Some(b't') => self.literal("true").map(|()| self.builder.boolean(true)),
            Some(b'f') => self.literal("false").map(|()| self.builder.boolean(false)),
            Some(b'n') => self.literal("null").map(|()| self.builder.null()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.unexpected("looking for beginning of value"),
        }
    }

    fn literal(&mut self, word: &str) -> Step<()> {
        for wanted in word.bytes() {
            if self.peek() != Some(wanted) {
                return self.unexpected(&format!("in literal {word} (expecting {})", quote_char(wanted)));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn open(&mut self) -> Step<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn list(&mut self) -> Step<B::Value> {
        self.open()?;
        let mut list = self.builder.list();
        if self.peek() != Some(b']') {
            loop {
                self.skip_space();
                let item = self.value()?;
                self.builder.item(&mut list, item);
                self.skip_space();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b']') => break,
                    _ => return self.unexpected("after array element"),
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(self.builder.end_list(list))
    }

    fn map(&mut self) -> Step<B::Value> {
        self.open()?;
        let mut map = self.builder.map();
        if self.peek() != Some(b'}') {
            loop {
                self.skip_space();
                if self.peek() != Some(b'"') {
                    return self.unexpected("looking for beginning of object key string");
                }
                let key = self.string()?;
                self.skip_space();
                if self.peek() != Some(b':') {
                    return self.unexpected("after object key");
                }
                self.at += 1;
                self.skip_space();
                let value = self.value()?;
                self.builder.entry(&mut map, key, value);
                self.skip_space();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b'}') => break,
                    _ => return self.unexpected("after object key:value pair"),
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(self.builder.end_map(map))
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Step<B::Value> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.unexpected("in numeric literal"),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
                return self.unexpected("after decimal point in numeric literal");
            }
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
                return self.unexpected("in exponent of numeric literal");
            }
            self.digits();
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).unwrap_or_default();
        Ok(self.builder.number(text, start))
    }

    fn string(&mut self) -> Step<Cow<'t, str>> {
        let text = self.text;
        self.at += 1;
        let mut out = Vec::new();
        let mut run = self.at;
        loop {
            let rest = &text[self.at..];
            self.at += rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    out.extend_from_slice(&text[run..self.at]);
                    self.at += 1;
                    let c = self.escape()?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    run = self.at;
                }
                _ => return self.unexpected("in string literal"),
            }
        }
        let rest = &text[run..self.at];
        self.at += 1;
        if out.is_empty() {
            return Ok(std::str::from_utf8(rest).map_or_else(|_| coerce_utf8(rest).into(), Cow::Borrowed));
        }
        out.extend_from_slice(rest);
        Ok(String::from_utf8(out).unwrap_or_else(|e| coerce_utf8(e.as_bytes())).into())
    }

    fn escape(&mut self) -> Step<char> {
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0C',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return self.unexpected("in string escape code"),
        };
        self.at += 1;
        Ok(c)
    }

    /// The character of `\u`, or of a pair of them; U+FFFD for half a pair.
    fn unicode(&mut self) -> Step<char> {
        let unit = self.hex()?;
        if !(0xD800..0xDC00).contains(&unit) {
            return Ok(char::from_u32(unit).unwrap_or('\u{FFFD}'));
        }
        let before = self.at;
        if self.text[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let low = self.hex()?;
            if (0xDC00..0xE000).contains(&low) {
                let c = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(c).unwrap_or('\u{FFFD}'));
            }
            self.at = before;
        }
        Ok('\u{FFFD}')
    }

    fn hex(&mut self) -> Step<u32> {
        let mut value = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) else {
                return self.unexpected("in \\u hexadecimal character escape");
            };
            value = value << 4 | digit;
            self.at += 1;
        }
        Ok(value)
    }
}

/// The text that encoding/json makes of bytes: each that is not UTF-8 becomes U+FFFD.
pub fn coerce_utf8(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for _ in chunk.invalid() {
            out.push('\u{FFFD}');
        }
    }
    out
}

/// A byte as encoding/json quotes it: the character with that number.
fn quote_char(b: u8) -> String {
    match b {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => "'\\\\'".to_owned(),
        0x07 => "'\\a'".to_owned(),
        0x08 => "'\\b'".to_owned(),
        0x0C => "'\\f'".to_owned(),
        b'\n' => "'\\n'".to_owned(),
        b'\r' => "'\\r'".to_owned(),
        b'\t' => "'\\t'".to_owned(),
        0x0B => "'\\v'".to_owned(),
        0..0x20 | 0x7F => format!("'\\x{b:02x}'"),
        0x80..=0xA0 | 0xAD => format!("'\\u00{b:02x}'"),
        _ => format!("'{}'", char::from(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &[u8]) -> String {
        from_slice(text).map_or_else(|e| e.message, |data| format!("{data:?}"))
    }

    // Recorded with Go 1.26: json.Unmarshal into an interface{}.
    #[test]
    fn errors_have_gos_words() {
        for (text, message) in [
            (&b""[..], "unexpected end of JSON input"),
            (b"{", "unexpected end of JSON input"),
            (b"x", "invalid character 'x' looking for beginning of value"),
            (b"[1,]", "invalid character ']' looking for beginning of value"),
            (b"[1 2]", "invalid character '2' after array element"),
            (b"{a", "invalid character 'a' looking for beginning of object key string"),
            (b"{\"a\"}", "invalid character '}' after object key"),
            (b"{\"a\":1 \"b\"", "invalid character '\"' after object key:value pair"),
            (b"{} x", "invalid character 'x' after top-level value"),
            (b"\"\n\"", "invalid character '\\n' in string literal"),
            (b"\"\\x\"", "invalid character 'x' in string escape code"),
            (b"\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"),
            (b"-x", "invalid character 'x' in numeric literal"),
            (b"1.x", "invalid character 'x' after decimal point in numeric literal"),
            (b"1ex", "invalid character 'x' in exponent of numeric literal"),
            (b"nul", "invalid character ' ' in literal null (expecting 'l')"),
            (b"[-", "invalid character ' ' in numeric literal"),
            (b"\"\\", "invalid character ' ' in string escape code"),
            (b"\"a", "unexpected end of JSON input"),
            (b"trux", "invalid character 'x' in literal true (expecting 'e')"),
            (b"\xff", "invalid character '\u{ff}' looking for beginning of value"),
            (b"1e999", "json: cannot unmarshal number 1e999 into Go value of type float64"),
        ] {
            assert_eq!(error(text), message, "{text:?}");
        }
    }

    #[test]
    fn halves_of_pairs_become_replacement_characters() {
        assert_eq!(from_slice(br#""\ud83d\ude00""#), Ok(Data::from("\u{1F600}")));
        assert_eq!(from_slice(br#""\ud83dx\ude00""#), Ok(Data::from("\u{FFFD}x\u{FFFD}")));
        assert_eq!(from_slice(br#""\ud83d\u0041""#), Ok(Data::from("\u{FFFD}A")));
        assert_eq!(from_slice(b"\"a\xff\xfe\""), Ok(Data::from("a\u{FFFD}\u{FFFD}")));
    }

    // Recorded with Go 1.26: json.NewDecoder(strings.NewReader(text)).Decode into an interface{}, then InputOffset.
    #[test]
    fn a_prefix_is_read() {
        for (text, wanted) in [
            (&b"1,b=2"[..], Ok(1)),
            (b"  {\"x\":2} ,c", Ok(9)),
            (b"\"a\"x", Ok(3)),
            (b"01", Ok(1)),
            (b"-0.5e1x", Ok(6)),
            (b"truex", Ok(4)),
            (b"[]]", Ok(2)),
            (b"null", Ok(4)),
            (b"", Err("EOF")),
            (b" \n", Err("EOF")),
            (b"tru", Err("unexpected EOF")),
            (b"1.", Err("unexpected EOF")),
            (b"-", Err("unexpected EOF")),
            (b"\"a\\", Err("unexpected EOF")),
            (b"{\"a\"", Err("unexpected EOF")),
            (b"1.x", Err("invalid character 'x' after decimal point in numeric literal")),
            (b"x", Err("invalid character 'x' looking for beginning of value")),
            (b"[1 2", Err("invalid character '2' after array element")),
            (b"1e999,", Err("json: cannot unmarshal number 1e999 into Go value of type float64")),
        ] {
            let found = decode_prefix(text).map(|(_, end)| end).map_err(|e| e.message);
            assert_eq!(found, wanted.map_err(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(error(&b"[".repeat(100_000)), "exceeded max depth");
    }
}
