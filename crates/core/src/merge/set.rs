//! `--set`, `--set-string`, `--set-json` and `--set-file` (`helm.sh/helm/v4/pkg/strvals/parser.go`).
//!
//! `a.b[0].c=1,d={x,y}` writes into a tree of values; a backslash takes the next character as it is.

use pintle_go::strconv::{self, quote, quote_runes};
use pintle_value::{Data, DataMap, json};

use crate::Compat;

/// The largest index of a list.
const MAX_INDEX: i64 = 65536;
/// How many indexes the keys of one text may have.
const MAX_INDEXES: usize = 1000;
/// How deep keys may nest.
const MAX_NESTING: usize = 30;

/// How many items the indexes of all texts together may ask for: an index makes a list that long, and a few bytes ask for 1.5 MB.
pub const MAX_ITEMS: u64 = 4_000_000;

/// How many items the indexes in a text ask for at most: `a[9]=1,b[4]=2` asks for 15.
pub fn items(text: &str) -> u64 {
    let number = |part: &str| part.split_once(']').and_then(|(index, _)| index.trim().parse::<u64>().ok());
    // One beyond the largest is refused where it stands.
    text.split('[').skip(1).filter_map(number).filter(|n| *n <= MAX_INDEX as u64).map(|n| n + 1).sum()
}

/// How the text after `=` becomes a value.
pub enum Reading<'r> {
    /// `--set`: booleans, integers and null are told from text.
    Typed,
    /// `--set-string`: everything is text.
    Text,
    /// `--set-json`
    Json,
    /// `--set-file`: the text is looked up, such as the path of a file.
    Through(&'r dyn Fn(&str) -> Result<Data, String>),
}

/// Parses `text` into `dest`.
///
/// ```
/// use pintle_core::merge::set::{Reading, parse_into};
/// let mut values = pintle_core::DataMap::new();
/// parse_into("image.tag=v1,replicas=2", &mut values, &Reading::Typed, pintle_core::Compat::Helm4).unwrap();
/// assert_eq!(values["replicas"], pintle_core::Data::Int(2));
/// ```
///
/// Errors are Helm's texts; what was read before one stays written.
pub fn parse_into(text: &str, dest: &mut DataMap, reading: &Reading<'_>, compat: Compat) -> Result<(), String> {
    let mut parser = Parser { rest: text, reading, compat, indexes: 0 };
    loop {
        parser.indexes = 0;
        match parser.key(dest, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Error(e)) => return Err(e),
        }
    }
}

/// Why reading stopped: Go tells the end of the text by the error `io.EOF`.
pub(super) enum Stop {
    End,
    Error(String),
}

impl From<String> for Stop {
    fn from(e: String) -> Stop {
        Stop::Error(e)
    }
}

type Parse<T> = Result<T, Stop>;

struct Parser<'t> {
    rest: &'t str,
    /// How many indexes the key being read has so far.
    indexes: usize,
    reading: &'t Reading<'t>,
    compat: Compat,
}

/// A panic of Go that `key` recovers from.
pub(super) fn unexpected_type(found: &Data, wanted: &str) -> String {
    let found = match found {
        Data::Null => return format!("unable to parse key: interface conversion: interface {{}} is nil, not {wanted}"),
        Data::Bool(_) => "bool",
        Data::Int(_) => "int64",
        Data::Float(_) => "float64",
        Data::String(_) => "string",
        Data::List(_) => "[]interface {}",
        Data::Map(_) => "map[string]interface {}",
    };
    format!("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")
}

pub(super) const LIST: &str = "[]interface {}";
pub(super) const MAP: &str = "map[string]interface {}";

pub(super) fn put(data: &mut DataMap, key: &str, value: Data) {
    // A key that begins with its delimiter is dropped without a word.
    if !key.is_empty() {
        data.insert(key.to_owned(), value);
    }
}

pub(super) fn put_index(list: &mut Vec<Data>, index: i64, value: Data) -> Result<(), String> {
    if index < 0 {
        return Err(format!("negative {index} index not allowed"));
    }
    if index > MAX_INDEX {
        return Err(format!("index of {index} is greater than maximum supported index of {MAX_INDEX}"));
    }
    let index = index as usize;
    if list.len() <= index {
        list.resize(index + 1, Data::Null);
    }
    list[index] = value;
    Ok(())
}

/// Puts what was at an index back, or something new there. Where reading stopped within it, only what had a place before keeps
/// what it got: Go changed it in place.
pub(super) fn put_inner(list: &mut Vec<Data>, i: i64, inner: Data, result: Parse<()>) -> Parse<()> {
    let place = usize::try_from(i).ok().and_then(|i| list.get_mut(i));
    match (&result, place) {
        (Ok(()), _) => put_index(list, i, inner)?,
        (Err(_), Some(place)) if matches!((&*place, &inner), (Data::List(_), _) | (_, Data::Map(_))) => *place = inner,
        (Err(_), ..) => {}
    }
    result
}

pub(super) fn check_nesting(level: usize) -> Result<(), String> {
    if level > MAX_NESTING {
        return Err(format!("value name nested level is greater than maximum supported nested level of {MAX_NESTING}"));
    }
    Ok(())
}

/// What is said of text between an index and what may follow one: the characters one by one, a slice of runes for Go.
pub(super) fn behind_index(text: &str) -> String {
    format!("unexpected data at end of array index: {}", quote_runes(text))
}

/// Helm has no limit here but its stack; texts of any use stay far below.
pub(super) fn check_indexes(count: usize) -> Result<(), String> {
    if count > MAX_INDEXES {
        return Err(format!("value has more than {MAX_INDEXES} indexes"));
    }
    Ok(())
}

/// The index that ends at a bracket, if one was found.
pub(super) fn index(text: &str, bracket: Option<char>, compat: Compat) -> Parse<i64> {
    match bracket {
        Some(_) => Ok(atoi(text)?),
        None if compat.ends_at_an_open_index() => Err(Stop::End),
        None => Err("error parsing index: EOF".to_owned().into()),
    }
}

/// `strconv.Atoi` of an index.
fn atoi(text: &str) -> Result<i64, String> {
    strconv::atoi(text.as_bytes()).map_err(|e| format!("error parsing index: {}", e.message("Atoi", text.as_bytes())))
}

/// The list under a key, for an index to be set in.
pub(super) fn take_list(existing: Option<&Data>) -> Result<Vec<Data>, String> {
    match existing {
        None => Ok(Vec::new()),
        Some(Data::List(l)) => Ok(l.clone()),
        Some(other) => Err(unexpected_type(other, LIST)),
    }
}

/// The map under a key, for a key to be set in.
pub(super) fn take_map(existing: Option<&Data>) -> Result<DataMap, String> {
    match existing {
        None => Ok(DataMap::new()),
        Some(Data::Map(m)) => Ok(m.clone()),
        Some(other) => Err(unexpected_type(other, MAP)),
    }
}

/// The map at an index of a list: one that doesn't exist yet is made, one that is something else replaced.
pub(super) fn take_map_at(list: &[Data], i: i64) -> DataMap {
    match usize::try_from(i).ok().and_then(|i| list.get(i)) {
        Some(Data::Map(m)) => m.clone(),
        _ => DataMap::new(),
    }
}

/// The list at an index of a list.
pub(super) fn take_list_at(list: &[Data], i: i64) -> Result<Vec<Data>, String> {
    match usize::try_from(i).ok().and_then(|i| list.get(i)) {
        None | Some(Data::Null) => Ok(Vec::new()),
        Some(Data::List(l)) => Ok(l.clone()),
        Some(other) => Err(unexpected_type(other, LIST)),
    }
}

impl Parser<'_> {
    /// Text up to one of the stop characters; `None` for the end of the input.
    fn until(&mut self, stop: &[char]) -> (String, Option<char>) {
        let mut out = String::new();
        let mut chars = self.rest.chars();
        let mut found = None;
        while let Some(c) = chars.next() {
            if stop.contains(&c) {
                found = Some(c);
                break;
            }
            if c == '\\' {
                match chars.next() {
                    Some(next) => out.push(next),
                    None => break,
                }
            } else {
                out.push(c);
            }
        }
        self.rest = chars.as_str();
        (out, found)
    }

    fn key(&mut self, data: &mut DataMap, level: usize) -> Parse<()> {
        let (k, last) = self.until(&['=', '[', ',', '.']);
        match last {
            None if k.is_empty() => Err(Stop::End),
            None => Err(format!("key {} has no value", quote(k.as_bytes())).into()),
            Some('[') => {
                let i = self.index()?;
                let mut list = take_list(data.get(&k))?;
                let result = self.list_item(&mut list, i, level);
                put(data, &k, Data::List(list));
                result
            }
            Some('=') => self.assign(data, &k),
            Some(',') => {
                put(data, &k, Data::from(""));
                Err(format!("key {} has no value (cannot end with ,)", quote(k.as_bytes())).into())
            }
            Some(_) => {
                check_nesting(level + 1)?;
                let mut inner = take_map(data.get(&k))?;
                let result = self.key(&mut inner, level + 1);
                if result.is_ok() && inner.is_empty() {
                    return Err(format!("key map {} has no value", quote(k.as_bytes())).into());
                }
                if !inner.is_empty() {
                    put(data, &k, Data::Map(inner));
                }
                result
            }
        }
    }

    fn assign(&mut self, data: &mut DataMap, k: &str) -> Parse<()> {
        if let Reading::Json = self.reading {
            let value = self.json_value()?;
            put(data, k, value.unwrap_or(Data::Null));
            return Ok(());
        }
        match self.value_list()? {
            None => {
                put(data, k, Data::from(""));
                Err(Stop::End)
            }
            Some(Some(list)) => {
                put(data, k, Data::List(list));
                Ok(())
            }
            Some(None) => {
                let (text, _) = self.until(&[',']);
                match self.read(&text) {
                    Ok(v) => {
                        put(data, k, v);
                        Ok(())
                    }
                    Err(e) => Err(e.into()),
                }
            }
        }
    }

    fn index(&mut self) -> Parse<i64> {
        let (text, last) = self.until(&[']']);
        index(&text, last, self.compat)
    }

    fn list_item(&mut self, list: &mut Vec<Data>, i: i64, level: usize) -> Parse<()> {
        if i < 0 {
            return Err(format!("negative {i} index not allowed").into());
        }
        self.indexes += 1;
        check_indexes(self.indexes)?;
        let (k, last) = self.until(&['[', '.', '=']);
        if !k.is_empty() {
            return Err(behind_index(&k).into());
        }
        match last {
            None => Err(Stop::End),
            Some('=') => {
                if let Reading::Json = self.reading {
                    let value = self.json_value()?;
                    return Ok(put_index(list, i, value.unwrap_or(Data::Null))?);
                }
                let value = match self.value_list()? {
                    None => Data::from(""),
                    Some(Some(l)) => Data::List(l),
                    Some(None) => {
                        let (text, _) = self.until(&[',']);
                        self.read(&text)?
                    }
                };
                Ok(put_index(list, i, value)?)
            }
            Some('[') => {
                let next = self.index()?;
                let mut inner = take_list_at(list, i)?;
                let result = self.list_item(&mut inner, next, level);
                put_inner(list, i, Data::List(inner), result)
            }
            Some(_) => {
                let mut inner = take_map_at(list, i);
                let result = self.key(&mut inner, level);
                put_inner(list, i, Data::Map(inner), result)
            }
        }
    }

    /// Skips space up to a comma or the end; whether there was nothing else.
    fn empty_value(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() {
            return true;
        }
        match self.rest.strip_prefix(',') {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn json_value(&mut self) -> Parse<Option<Data>> {
        if self.empty_value() {
            return Ok(None);
        }
        let (value, used) = json::decode_prefix(self.rest.as_bytes()).map_err(|e| e.to_string())?;
        self.rest = self.rest.get(used..).unwrap_or("");
        self.empty_value();
        Ok(Some(value))
    }

    fn read(&self, text: &str) -> Result<Data, String> {
        match self.reading {
            Reading::Typed => Ok(typed(text)),
            Reading::Text | Reading::Json => Ok(Data::from(text)),
            Reading::Through(f) => f(text),
        }
    }

    /// `{a,b}`: `None` at the end of the text, `Some(None)` if it isn't a list.
    #[allow(clippy::option_option)]
    fn value_list(&mut self) -> Parse<Option<Option<Vec<Data>>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let Some(rest) = self.rest.strip_prefix('{') else { return Ok(Some(None)) };
        self.rest = rest;
        let mut list = Vec::new();
        loop {
            let (text, last) = self.until(&[',', '}']);
            if last.is_none() {
                return Err("list must terminate with '}'".to_owned().into());
            }
            if last == Some('}') {
                self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
                list.push(self.read(&text)?);
                return Ok(Some(Some(list)));
            }
            list.push(self.read(&text)?);
        }
    }
}

/// `typedVal`: a leading zero keeps a number text.
fn typed(text: &str) -> Data {
    if text.eq_ignore_ascii_case("true") {
        return Data::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Data::Bool(false);
    }
    if text.eq_ignore_ascii_case("null") {
        return Data::Null;
    }
    if text == "0" {
        return Data::Int(0);
    }
    if !text.is_empty()
        && !text.starts_with('0')
        && let Ok(n) = text.parse()
    {
        return Data::Int(n);
    }
    Data::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        let mut values = DataMap::new();
        parse_into(text, &mut values, &Reading::Typed, Compat::Helm4)?;
        Ok(pintle_yaml::to_yaml(&Data::Map(values)).unwrap().trim_end().replace('\n', ";"))
    }

    #[test]
    fn paths_and_lists() {
        for (text, want) in [
            ("a=1,b=true,c=x", "a: 1;b: true;c: x"),
            ("a.b.c=null", "a:;  b:;    c: null"),
            ("a={1,x,}", "a:;- 1;- x;- \"\""),
            ("a[1].b=x,a[0]=y", "a:;- \"y\";- b: x"),
            ("a\\.b=x\\,y", "a.b: x,y"),
            ("a=", "a: \"\""),
            ("a=007,b=0,c=1.5", "a: \"007\";b: 0;c: \"1.5\""),
            ("a[0][1]=x", "a:;- - null;  - x"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn errors() {
        for (text, want) in [
            ("a", "key \"a\" has no value"),
            ("a,b=1", "key \"a\" has no value (cannot end with ,)"),
            ("a[x]=1", "error parsing index: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("a[-1]=1", "negative -1 index not allowed"),
            ("a[70000]=1", "index of 70000 is greater than maximum supported index of 65536"),
            ("a[0]x ,b=1", "unexpected data at end of array index: ['x' ' ' ',' 'b']"),
            ("a={1", "list must terminate with '}'"),
            ("a=1,a.b=2", "unable to parse key: interface conversion: interface {} is int64, not map[string]interface {}"),
        ] {
            assert_eq!(parse(text), Err(want.into()), "{text}");
        }
    }
}
