//! `--set-literal`: everything after `=` is text, commas and backslashes too (`helm.sh/helm/v4/pkg/strvals/literal_parser.go`).

use pintle_go::strconv::quote;
use pintle_value::{Data, DataMap};

use super::set::{
    Stop, behind_index, check_indexes, check_nesting, index, put, put_index, put_inner, take_list, take_list_at, take_map,
    take_map_at,
};
use crate::Compat;

/// Parses `text` into `dest`. Errors are Helm's texts.
pub fn parse_into(text: &str, dest: &mut DataMap, compat: Compat) -> Result<(), String> {
    let mut parser = Parser { rest: text, compat, indexes: 0 };
    loop {
        parser.indexes = 0;
        match parser.key(dest, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Error(e)) => return Err(e),
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
    compat: Compat,
    /// How many indexes the key being read has so far.
    indexes: usize,
}

impl<'t> Parser<'t> {
    fn until(&mut self, stop: &[char]) -> (&'t str, Option<char>) {
        match self.rest.find(stop) {
            Some(i) => {
                let (text, rest) = self.rest.split_at(i);
                let found = rest.chars().next();
                self.rest = &rest[1..];
                (text, found)
            }
            None => (std::mem::take(&mut self.rest), None),
        }
    }

    fn key(&mut self, data: &mut DataMap, level: usize) -> Result<(), Stop> {
        let (k, last) = self.until(&['=', '[', '.']);
        match last {
            None if k.is_empty() => Err(Stop::End),
            None => Err(format!("key {} has no value", quote(k.as_bytes())).into()),
            Some('=') => {
                put(data, k, Data::from(std::mem::take(&mut self.rest)));
                Ok(())
            }
            Some('.') => {
                check_nesting(level + 1)?;
                let mut inner = take_map(data.get(k))?;
                let result = self.key(&mut inner, level + 1);
                if result.is_ok() && inner.is_empty() {
                    return Err(format!("key map {} has no value", quote(k.as_bytes())).into());
                }
                if !inner.is_empty() {
                    put(data, k, Data::Map(inner));
                }
                result
            }
            Some(_) => {
                let i = self.index()?;
                let mut list = take_list(data.get(k))?;
                let result = self.list_item(&mut list, i, level);
                put(data, k, Data::List(list));
                result
            }
        }
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, last) = self.until(&[']']);
        index(text, last, self.compat)
    }

    fn list_item(&mut self, list: &mut Vec<Data>, i: i64, level: usize) -> Result<(), Stop> {
        if i < 0 {
            return Err(format!("negative {i} index not allowed").into());
        }
        self.indexes += 1;
        check_indexes(self.indexes)?;
        let (k, last) = self.until(&['[', '.', '=']);
        if !k.is_empty() {
            return Err(behind_index(k).into());
        }
        match last {
            None => Err(Stop::End),
            Some('=') => Ok(put_index(list, i, Data::from(std::mem::take(&mut self.rest)))?),
            Some('.') => {
                let mut inner = take_map_at(list, i);
                let result = self.key(&mut inner, level);
                put_inner(list, i, Data::Map(inner), result)
            }
            Some(_) => {
                let next = self.index()?;
                let mut inner = take_list_at(list, i)?;
                let result = self.list_item(&mut inner, next, level);
                put_inner(list, i, Data::List(inner), result)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_rest_as_it_is() {
        let mut values = DataMap::new();
        parse_into("a.b[1]=x,y\\z={1}", &mut values, Compat::Helm4).unwrap();
        let want = Data::List(vec![Data::Null, Data::from("x,y\\z={1}")]);
        assert_eq!(values["a"].get("b"), Some(&want));
        assert_eq!(parse_into("a", &mut values, Compat::Helm4), Err("key \"a\" has no value".into()));
    }
}
