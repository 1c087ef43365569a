//! Regular expressions, in Go's syntax.

use std::rc::Rc;

use pintle_template::{Call, Error, Exactly, Functions};
use pintle_value::quote::{can_backquote, quote};
use pintle_value::{List, Str, Type, Value};

use super::convert::string_list;
use super::{charge_list, charge_text};
use crate::regex::{Regex, cached, quote_meta};

/// `regexp.Compile`
fn compile(pattern: &Str) -> Result<Rc<Regex>, Error> {
    cached(pattern).map_err(|e| Error::new(e.to_string()))
}

/// `regexp.MustCompile`, whose panic names the pattern.
fn must_compile(pattern: &Str) -> Result<Rc<Regex>, Error> {
    cached(pattern).map_err(|e| {
        let shown = if can_backquote(pattern) { format!("`{}`", pattern.to_str_lossy()) } else { quote(pattern) };
        Error::new(format!("regexp: Compile({shown}): {e}"))
    })
}

/// A `[]string` of parts of `s`; Go's is nil where there are none.
fn parts(call: &mut dyn Call, s: &Str, ranges: Vec<std::ops::Range<usize>>) -> Result<Exactly, Error> {
    charge_list(call, ranges.len())?;
    if ranges.is_empty() {
        return Ok(Exactly(Value::List(List::nil(Type::String))));
    }
    Ok(Exactly(string_list(ranges.into_iter().map(|r| &s[r]))))
}

fn replaced(call: &mut dyn Call, text: Vec<u8>) -> Result<Vec<u8>, Error> {
    charge_text(call, text.len())?;
    Ok(text)
}

pub(super) fn add(f: &mut Functions) {
    f.add("regexMatch", |re: Str, s: Str| compile(&re).is_ok_and(|re| re.is_match(&s)));
    f.add("mustRegexMatch", |re: Str, s: Str| compile(&re).map(|re| re.is_match(&s)));
    f.add("regexQuoteMeta", |s: Str| quote_meta(&s));
    // The plain ones panic over a bad pattern, the others return its error.
    type Compile = fn(&Str) -> Result<Rc<Regex>, Error>;
    let variants: [([&'static str; 5], Compile); 2] = [
        (["regexFind", "regexFindAll", "regexReplaceAll", "regexReplaceAllLiteral", "regexSplit"], must_compile),
        (["mustRegexFind", "mustRegexFindAll", "mustRegexReplaceAll", "mustRegexReplaceAllLiteral", "mustRegexSplit"], compile),
    ];
    for ([find, find_all, replace, literal, split], compile) in variants {
        f.add(find, move |re: Str, s: Str| -> Result<Vec<u8>, Error> {
            Ok(compile(&re)?.find(&s).map_or_else(Vec::new, |r| s[r].to_vec()))
        });
        f.add(find_all, move |call: &mut dyn Call, re: Str, s: Str, n: isize| {
            let found = compile(&re)?.find_all(&s, n as i64);
            parts(call, &s, found)
        });
        f.add(replace, move |call: &mut dyn Call, re: Str, s: Str, by: Str| {
            let text = compile(&re)?.replace_all(&s, &by)?;
            replaced(call, text)
        });
        f.add(literal, move |call: &mut dyn Call, re: Str, s: Str, by: Str| {
            let text = compile(&re)?.replace_all_literal(&s, &by)?;
            replaced(call, text)
        });
        f.add(split, move |call: &mut dyn Call, re: Str, s: Str, n: isize| {
            let found = compile(&re)?.split(&s, n as i64);
            // Splitting leaves an empty list, not a nil one, but for no parts at all.
            if found.is_empty() && n != 0 {
                return Ok(Exactly(string_list(Vec::<Str>::new())));
            }
            parts(call, &s, found)
        });
    }
}
