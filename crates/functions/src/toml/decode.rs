//! Reading TOML: what keys mean, which may not be said twice, and values.

use std::collections::HashMap;

use pintle_go::strconv::{NumError, parse_float, parse_int, quote};
use pintle_go::time::{LOCAL_DATE, LOCAL_DATETIME, LOCAL_TIME, Time, Zone};
use pintle_value::types::DICT;
use pintle_value::{List, Map, Str, Value};

use super::key_text;
use super::lex::{Fault, Lexer, Token};
use crate::bind::TimeObject;

/// Deepest nesting of arrays, inline tables and the parts of keys: each part of a key remembers the way to it.
const MAX_DEPTH: usize = 250;

/// `toml.Unmarshal` into a `map[string]interface {}`; the error is BurntSushi's, with the line and the key read last.
///
/// ```
/// let map = pintle_functions::toml::decode(b"[a]\nb = 1").unwrap();
/// assert!(map.get(b"a").is_some());
/// let error = pintle_functions::toml::decode(b"a = b").err().unwrap();
/// assert_eq!(error, "toml: line 1 (last key \"a\"): expected value but found \"b\" instead");
/// ```
pub fn decode(text: &[u8]) -> Result<Map, String> {
    let bom = [&b"\xff\xfe"[..], b"\xfe\xff", b"\xef\xbb\xbf"];
    let text = bom.iter().find_map(|b| text.strip_prefix(*b)).unwrap_or(text);
    if text.iter().take(6).any(|b| *b == 0) {
        let why = "files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8";
        return Err(format!("toml: line 1: {why}"));
    }
    let root = new_table();
    let context = Context { path: Paths::ROOT, table: Some(root.clone()) };
    let mut p = Parser { lx: Lexer::new(text), root, paths: Paths::new(), context, key: Vec::new(), key_line: 1, depth: 0 };
    match p.document() {
        Ok(()) => Ok(p.root),
        Err(Fault { line, message }) => Err(match p.last_key() {
            key if key.is_empty() => format!("toml: line {line}: {message}"),
            key => format!("toml: line {line} (last key {}): {message}", quote(&key)),
        }),
    }
}

/// The table that a value is, or that an array of tables ends with.
fn table(v: &Value) -> Option<Map> {
    match v {
        Value::Map(m) => Some(m.clone()),
        Value::List(l) if l.elem() == DICT => l.last().and_then(table),
        _ => None,
    }
}

fn new_table() -> Map {
    Map::new(Default::default())
}

/// The paths that a text speaks of. Each part knows the path before it, so that the way to a key is walked once, however deep it is.
struct Paths {
    known: Vec<Known>,
    ids: HashMap<(Id, Vec<u8>), Id>,
}

/// A path; that of the document is 0.
type Id = usize;

struct Known {
    parent: Id,
    part: Vec<u8>,
    /// How many parts it has.
    depth: usize,
    /// Whether it is a table that exists only since a longer name implies it.
    implicit: bool,
    /// Whether it holds an array.
    array: bool,
}

impl Paths {
    const ROOT: Id = 0;

    fn new() -> Paths {
        let root = Known { parent: Paths::ROOT, part: Vec::new(), depth: 0, implicit: false, array: false };
        Paths { known: vec![root], ids: HashMap::new() }
    }

    fn child(&mut self, parent: Id, part: &[u8]) -> Id {
        let known = &mut self.known;
        *self.ids.entry((parent, part.to_vec())).or_insert_with(|| {
            let depth = known[parent].depth + 1;
            known.push(Known { parent, part: part.to_vec(), depth, implicit: false, array: false });
            known.len() - 1
        })
    }

    /// As TOML writes it.
    fn text(&self, mut id: Id) -> Vec<u8> {
        let mut parts = Vec::new();
        while id != Paths::ROOT {
            let mut text = Vec::new();
            key_text(&mut text, &self.known[id].part);
            parts.push(text);
            id = self.known[id].parent;
        }
        parts.reverse();
        parts.join(&b'.')
    }
}

/// The table that keys go to.
#[derive(Clone)]
struct Context {
    path: Id,
    /// The table; `None` where something else stands under the path.
    table: Option<Map>,
}

struct Parser<'t> {
    lx: Lexer<'t>,
    root: Map,
    paths: Paths,
    context: Context,
    /// The key whose value is being read.
    key: Vec<u8>,
    /// Line of the first part of the key or table read last.
    key_line: usize,
    depth: usize,
}

type Parsed<T> = Result<T, Fault>;

impl Parser<'_> {
    fn last_key(&self) -> Vec<u8> {
        let context = self.paths.text(self.context.path);
        match (self.key.is_empty(), context.is_empty()) {
            (true, _) => context,
            (_, true) => self.key.clone(),
            _ => [context, self.key.clone()].join(&b'.'),
        }
    }

    fn fault<T>(&self, message: String) -> Parsed<T> {
        Err(Fault { line: self.key_line, message })
    }

    fn document(&mut self) -> Parsed<()> {
        loop {
            self.lx.blanks_and_lines()?;
            if self.lx.at_end() {
                return Ok(());
            }
            match self.lx.peek()? {
                '#' => {
                    self.lx.next()?;
                    self.lx.comment()?;
                }
                '[' => {
                    self.lx.next()?;
                    let array = self.lx.peek()? == '[';
                    if array {
                        self.lx.next()?;
                    }
                    let name = self.lx.table_name(array)?;
                    self.key_line = self.lx.line;
                    self.open(&name, array)?;
                    self.note(b"", false)?;
                    self.lx.end_of_item()?;
                }
                _ => {
                    let outer = self.context.clone();
                    let name = self.lx.key()?;
                    self.key_line = self.lx.line;
                    let (last, _) = self.dotted(name)?;
                    let token = self.lx.value()?;
                    let (value, array) = self.value(token, false)?;
                    self.set(&last, value)?;
                    self.note(&last, array)?;
                    self.context = outer;
                    self.key = Vec::new();
                    self.lx.end_of_item()?;
                }
            }
        }
    }

    /// Makes the tables that a dotted key implies; gives its last part, now the current key, and the others.
    fn dotted(&mut self, mut name: Vec<Vec<u8>>) -> Parsed<(Vec<u8>, Vec<Vec<u8>>)> {
        let last = name.pop().unwrap_or_default();
        self.key = last.clone();
        for part in &name {
            let path = self.child(self.context.path, part)?;
            self.paths.known[path].implicit = true;
            self.enter(part, false)?;
        }
        Ok((last, name))
    }

    fn child(&mut self, parent: Id, part: &[u8]) -> Parsed<Id> {
        let id = self.paths.child(parent, part);
        if self.paths.known[id].depth > MAX_DEPTH { self.fault("value nests too deeply".to_owned()) } else { Ok(id) }
    }

    fn note(&mut self, key: &[u8], array: bool) -> Parsed<()> {
        // An empty key marks its table; at the top, itself.
        let path = match (key, self.context.path) {
            (b"", path) if path != Paths::ROOT => path,
            (key, path) => self.child(path, key)?,
        };
        self.paths.known[path].array = array;
        Ok(())
    }

    /// Makes the table of that name the context, with the tables above it (`addContext`).
    fn open(&mut self, name: &[Vec<u8>], array: bool) -> Parsed<()> {
        self.context = Context { path: Paths::ROOT, table: Some(self.root.clone()) };
        let Some((last, parents)) = name.split_last() else { return Ok(()) };
        for part in parents {
            let map = self.table()?;
            let path = self.child(self.context.path, part)?;
            let table = match map.get(part) {
                Some(found) => table(&found),
                None => {
                    self.paths.known[path].implicit = true;
                    let made = new_table();
                    map.insert(Str::from(part.as_slice()), Value::Map(made.clone()));
                    Some(made)
                }
            };
            self.context = Context { path, table };
        }
        self.enter(last, array)
    }

    /// The table of the context, where a name leads on from it.
    fn table(&self) -> Parsed<Map> {
        match &self.context.table {
            Some(map) => Ok(map.clone()),
            None => {
                let key = String::from_utf8_lossy(&self.paths.text(self.context.path)).into_owned();
                self.fault(format!("Key '{key}' was already created as a hash."))
            }
        }
    }

    /// Makes a table within the context the context.
    fn enter(&mut self, part: &[u8], array: bool) -> Parsed<()> {
        let map = self.table()?;
        let path = self.child(self.context.path, part)?;
        if array {
            // Taken out, so that the list is this one's alone and grows in place.
            let mut tables = match map.get(part) {
                None => Vec::new(),
                Some(Value::List(l)) if l.elem() == DICT => {
                    map.remove(part);
                    l.into_items()
                }
                Some(_) => {
                    let key = String::from_utf8_lossy(&self.paths.text(path)).into_owned();
                    return self.fault(format!("Key '{key}' was already created and cannot be used as an array."));
                }
            };
            tables.push(Value::Map(new_table()));
            map.insert(Str::from(part), Value::List(List::typed(DICT, tables)));
        } else {
            self.set(part, Value::Map(new_table()))?;
        }
        self.context = Context { path, table: map.get(part).as_ref().and_then(table) };
        Ok(())
    }

    /// Sets a key of the context; only an implied table may be there already (`setValue`).
    fn set(&mut self, key: &[u8], value: Value) -> Parsed<()> {
        let Some(map) = self.context.table.clone() else { return self.already(self.context.path) };
        if map.get(key).is_some() {
            let path = self.child(self.context.path, key)?;
            let known = &mut self.paths.known[path];
            if !std::mem::take(&mut known.implicit) {
                return self.already(path);
            }
            if !known.array {
                return Ok(());
            }
        }
        map.insert(Str::from(key), value);
        Ok(())
    }

    fn already<T>(&self, path: Id) -> Parsed<T> {
        let key = String::from_utf8_lossy(&self.paths.text(path)).into_owned();
        self.fault(format!("Key '{key}' has already been defined."))
    }

    /// A value, and whether it is an array.
    fn value(&mut self, token: Token, in_array: bool) -> Parsed<(Value, bool)> {
        let line = self.lx.line;
        let wrong = |message: String| Err(Fault { line, message });
        Ok((
            match token {
                Token::Text(s) => Value::string(s),
                Token::Bool(b) => Value::Bool(b),
                Token::Integer(text) => match integer(&text) {
                    Ok(n) => Value::int64(n),
                    Err(message) => return wrong(message),
                },
                Token::Float(text) => match float(&text) {
                    Ok(f) => Value::Float(f),
                    Err(message) => return wrong(message),
                },
                Token::Datetime(text) => match datetime(&text) {
                    Ok(t) => TimeObject(t).into(),
                    Err(message) => return wrong(message),
                },
                Token::Array | Token::InlineTable => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return wrong("value nests too deeply".to_owned());
                    }
                    let array = matches!(token, Token::Array);
                    let value = if array { self.array()? } else { self.inline_table(in_array)? };
                    self.depth -= 1;
                    return Ok((value, array));
                }
            },
            false,
        ))
    }

    fn array(&mut self) -> Parsed<Value> {
        let key = self.key.clone();
        self.note(&key, true)?;
        let mut items = Vec::new();
        let mut after_value = false;
        loop {
            self.lx.blanks_and_lines()?;
            match self.lx.peek()? {
                '#' => {
                    self.lx.next()?;
                    self.lx.comment()?;
                }
                ']' => {
                    self.lx.next()?;
                    return Ok(Value::list(items));
                }
                ',' if after_value => {
                    self.lx.next()?;
                    after_value = false;
                }
                ',' => return self.lx.fault("unexpected comma"),
                c if after_value => {
                    let what = if c == '\0' { "end of file".to_owned() } else { format!("'{c}'") };
                    let why = format!("expected a comma (',') or array terminator (']'), but got {what}");
                    return self.end_fault(c, why);
                }
                _ => {
                    let token = self.lx.value()?;
                    items.push(self.value(token, true)?.0);
                    after_value = true;
                }
            }
        }
    }

    fn end_fault<T>(&self, c: char, message: String) -> Parsed<T> {
        let after_newline = c == '\0' && self.lx.ends_with_newline();
        Err(Fault { line: self.lx.line - usize::from(after_newline), message })
    }

    fn inline_table(&mut self, in_array: bool) -> Parsed<Value> {
        let (outer, outer_key) = (self.context.clone(), std::mem::take(&mut self.key));
        let path = self.child(outer.path, &outer_key)?;
        self.paths.known[path].implicit = true;
        self.enter(&outer_key, in_array)?;
        let inner = self.context.clone();
        let top = new_table();
        let mut after_value = false;
        loop {
            self.lx.blanks_and_lines()?;
            match self.lx.peek()? {
                '#' => {
                    self.lx.next()?;
                    self.lx.comment()?;
                }
                '}' => {
                    self.lx.next()?;
                    break;
                }
                ',' if after_value => {
                    self.lx.next()?;
                    after_value = false;
                }
                ',' => return self.lx.fault("unexpected comma"),
                c if after_value => {
                    let what = if c == '\0' { "end of file".to_owned() } else { format!("'{c}'") };
                    let why = format!("expected a comma or an inline table terminator '}}', but got {what} instead");
                    return self.end_fault(c, why);
                }
                _ => {
                    let name = self.lx.key()?;
                    self.key_line = self.lx.line;
                    let (last, parents) = self.dotted(name)?;
                    let token = self.lx.value()?;
                    let (value, array) = self.value(token, false)?;
                    self.set(&last, value.clone())?;
                    self.note(&last, array)?;
                    let mut map = top.clone();
                    for part in &parents {
                        let next = match map.get(part) {
                            Some(Value::Map(next)) => next,
                            Some(_) => {
                                let shown = quote(&self.paths.text(self.context.path));
                                return self.fault(format!("{shown} is not a table"));
                            }
                            None => {
                                let made = new_table();
                                map.insert(Str::from(part.as_slice()), Value::Map(made.clone()));
                                made
                            }
                        };
                        map = next;
                    }
                    map.insert(Str::from(last), value);
                    self.context = inner.clone();
                    after_value = true;
                }
            }
        }
        self.context = outer;
        self.key = outer_key;
        Ok(Value::Map(top))
    }
}

/// Each underscore stands between digits.
fn underscores_ok(text: &str) -> bool {
    let mut accept = false;
    for b in text.bytes() {
        if b == b'_' && !accept {
            return false;
        }
        accept = b.is_ascii_hexdigit();
    }
    accept
}

fn leading_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', b'b' | b'o' | b'x', ..] => false,
        [b'0', _, ..] => true,
        [b'+' | b'-', b'0', _, ..] => true,
        _ => false,
    }
}

fn integer(text: &str) -> Result<i64, String> {
    let shown = quote(text.as_bytes());
    if !underscores_ok(text) {
        return Err(format!("Invalid integer {shown}: underscores must be surrounded by digits"));
    }
    if leading_zero(text) {
        return Err(format!("Invalid integer {shown}: cannot have leading zeroes"));
    }
    parse_int(text.as_bytes(), 0).map_err(|_| format!("{text} is out of range for int64"))
}

fn float(text: &str) -> Result<f64, String> {
    let shown = quote(text.as_bytes());
    let special = matches!(text, "nan" | "+nan" | "-nan" | "inf" | "-inf" | "+inf");
    let mut parts = text.split(['.', 'e', 'E']).filter(|p| !p.is_empty());
    if !special && !parts.clone().all(underscores_ok) {
        return Err(format!("Invalid float {shown}: underscores must be surrounded by digits"));
    }
    if !special && parts.next().is_some_and(leading_zero) {
        return Err(format!("Invalid float {shown}: cannot have leading zeroes"));
    }
    let bytes = text.as_bytes();
    let lone_point = |(i, b): (usize, &u8)| *b == b'.' && !bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
    if bytes.iter().enumerate().any(lone_point) {
        return Err(format!("Invalid float {shown}: '.' must be followed by one or more digits"));
    }
    match text {
        "nan" | "+nan" => return Ok(f64::NAN),
        "-nan" => return Ok(-f64::NAN),
        _ => {}
    }
    parse_float(text.replace('_', "").as_bytes()).map_err(|e| match e {
        NumError::Range(_) => format!("{text} is out of range for float64"),
        NumError::Syntax => format!("Invalid float value: {shown}"),
    })
}

fn datetime(text: &str) -> Result<Time, String> {
    let text: String = text
        .chars()
        .map(|c| match c {
            'z' => 'Z',
            't' | ' ' => 'T',
            c => c,
        })
        .collect();
    let invalid = || format!("invalid datetime: {}", quote(text.as_bytes()));
    let layouts: [(&str, &[u8]); 7] = [
        ("2006-01-02T15:04:05.999999999Z07:00", b""),
        ("2006-01-02T15:04:05.999999999", LOCAL_DATETIME),
        ("2006-01-02", LOCAL_DATE),
        ("15:04:05.999999999", LOCAL_TIME),
        ("2006-01-02T15:04Z07:00", b""),
        ("2006-01-02T15:04", LOCAL_DATETIME),
        ("15:04", LOCAL_TIME),
    ];
    for (layout, zone) in layouts {
        let Ok(time) = Time::parse(layout.as_bytes(), text.as_bytes()) else { continue };
        // Go reads numbers without their leading zeros; separators out of place give it away.
        let marks = layout.bytes().zip(text.bytes()).take_while(|(l, _)| !matches!(l, b'.' | b'Z'));
        if marks.into_iter().any(|(l, t)| !l.is_ascii_digit() && l != t) {
            return Err(invalid());
        }
        return Ok(if zone.is_empty() { time } else { time.in_zone(Zone::Fixed { name: zone.to_vec(), offset: 0 }) });
    }
    Err(invalid())
}
