//! Reading TOML: what keys mean, which may not be said twice, and values.

use std::collections::{HashMap, HashSet};

use pintle_value::quote::quote;
use pintle_value::types::DICT;
use pintle_value::{List, Map, Str, Value};

use super::key_text;
use super::lex::{Fault, Lexer, Token};
use crate::bind::TimeObject;
use crate::number::{NumError, parse_float, parse_int};
use crate::time::{LOCAL_DATE, LOCAL_DATETIME, LOCAL_TIME, Time, Zone};

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
    let mut p = Parser {
        lx: Lexer::new(text),
        root: Map::new(Default::default()),
        context: Vec::new(),
        key: Vec::new(),
        key_line: 1,
        implicit: HashSet::new(),
        arrays: HashMap::new(),
        depth: 0,
    };
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

fn path_text(path: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, part) in path.iter().enumerate() {
        if i > 0 {
            out.push(b'.');
        }
        key_text(&mut out, part);
    }
    out
}

struct Parser<'t> {
    lx: Lexer<'t>,
    root: Map,
    /// Path of the table that keys go to.
    context: Vec<Vec<u8>>,
    /// The key whose value is being read.
    key: Vec<u8>,
    /// Line of the first part of the key or table read last.
    key_line: usize,
    /// Tables that exist only since a longer name implies them.
    implicit: HashSet<Vec<u8>>,
    /// Keys by whether they hold an array.
    arrays: HashMap<Vec<u8>, bool>,
    depth: usize,
}

type Parsed<T> = Result<T, Fault>;

impl Parser<'_> {
    fn last_key(&self) -> Vec<u8> {
        let context = path_text(&self.context);
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
                    self.enter(&name, array)?;
                    self.note(b"", false);
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
                    self.note(&last, array);
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
        if name.is_empty() {
            return Ok((last, name));
        }
        self.check_depth(self.context.len() + name.len())?;
        let mut path = self.context.clone();
        let mut map = self.descend(&path)?;
        for part in &name {
            path.push(part.clone());
            self.implicit.insert(path_text(&path));
            self.enter_at(&map, &path, false)?;
            map = match map.get(part).as_ref().and_then(table) {
                Some(next) => next,
                None => return self.no_table(&path),
            };
        }
        Ok((last, name))
    }

    fn check_depth(&self, depth: usize) -> Parsed<()> {
        if depth > MAX_DEPTH { self.fault("value nests too deeply".to_owned()) } else { Ok(()) }
    }

    fn no_table<T>(&self, path: &[Vec<u8>]) -> Parsed<T> {
        let key = String::from_utf8_lossy(&path_text(path)).into_owned();
        self.fault(format!("Key '{key}' was already created as a hash."))
    }

    fn note(&mut self, key: &[u8], array: bool) {
        let mut path = self.context.clone();
        // An empty key marks its table; at the top, itself.
        if !key.is_empty() || path.is_empty() {
            path.push(key.to_vec());
        }
        self.arrays.insert(path_text(&path), array);
    }

    /// Makes `path` the context, with the tables above it (`addContext`).
    fn enter(&mut self, path: &[Vec<u8>], array: bool) -> Parsed<()> {
        let Some((_, parents)) = path.split_last() else { return Ok(()) };
        self.check_depth(path.len())?;
        let map = self.descend(parents)?;
        self.enter_at(&map, path, array)
    }

    /// The table at a path; those on the way that don't exist are made.
    fn descend(&mut self, path: &[Vec<u8>]) -> Parsed<Map> {
        let mut map = self.root.clone();
        for (i, part) in path.iter().enumerate() {
            let found = map.get(part);
            if found.is_none() {
                self.implicit.insert(path_text(&path[..=i]));
            }
            let next = match &found {
                Some(v) => table(v),
                None => {
                    let made = new_table();
                    map.insert(Str::from(part.as_slice()), Value::Map(made.clone()));
                    Some(made)
                }
            };
            match next {
                Some(next) => map = next,
                None => return self.no_table(&path[..=i]),
            }
        }
        Ok(map)
    }

    /// Makes `path` the context, whose last part stands in `map`.
    fn enter_at(&mut self, map: &Map, path: &[Vec<u8>], array: bool) -> Parsed<()> {
        let Some((last, parents)) = path.split_last() else { return Ok(()) };
        self.context = parents.to_vec();
        if array {
            // Taken out, so that the list is this one's alone and grows in place.
            let mut tables = match map.get(last) {
                None => Vec::new(),
                Some(Value::List(l)) if l.elem() == DICT => {
                    map.remove(last);
                    l.into_items()
                }
                Some(_) => {
                    let key = String::from_utf8_lossy(&path_text(path)).into_owned();
                    return self.fault(format!("Key '{key}' was already created and cannot be used as an array."));
                }
            };
            tables.push(Value::Map(new_table()));
            map.insert(Str::from(last.as_slice()), Value::List(List::typed(DICT, tables)));
        } else {
            self.set_at(map, last, Value::Map(new_table()))?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    /// Sets a key of the context; only an implied table may be there already (`setValue`).
    fn set(&mut self, key: &[u8], value: Value) -> Parsed<()> {
        let mut map = self.root.clone();
        for i in 0..self.context.len() {
            match map.get(&self.context[i]).as_ref().and_then(table) {
                Some(next) => map = next,
                None => return self.already(&self.context[..=i]),
            }
        }
        self.set_at(&map, key, value)
    }

    /// Sets a key of the context, which is `map`.
    fn set_at(&mut self, map: &Map, key: &[u8], value: Value) -> Parsed<()> {
        let mut path = self.context.clone();
        path.push(key.to_vec());
        if map.get(key).is_some() {
            let text = path_text(&path);
            let implied = self.implicit.remove(&text);
            if !implied {
                return self.already(&path);
            }
            if !self.arrays.get(&text).copied().unwrap_or(false) {
                return Ok(());
            }
        }
        map.insert(Str::from(key), value);
        Ok(())
    }

    fn already<T>(&self, path: &[Vec<u8>]) -> Parsed<T> {
        let key = String::from_utf8_lossy(&path_text(path)).into_owned();
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
        self.note(&key, true);
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
        let (outer, outer_key) = (self.context.clone(), self.key.clone());
        let mut inner = outer.clone();
        inner.push(outer_key.clone());
        self.key = Vec::new();
        self.context = inner.clone();
        self.implicit.insert(path_text(&inner));
        self.enter(&inner, in_array)?;
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
                    self.note(&last, array);
                    let mut map = top.clone();
                    for part in &parents {
                        let next = match map.get(part) {
                            Some(Value::Map(next)) => next,
                            Some(_) => {
                                let shown = quote(&path_text(&self.context));
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
