//! Regular expressions, in Go's syntax.

use std::rc::Rc;

use pintle_go::regexp::{self, Regex, quote_meta};
use pintle_go::strconv::{can_backquote, quote};
use pintle_template::{Call, Error, Exactly, Functions};
use pintle_value::{List, Str, Type, Value};

use super::convert::string_list;

/// A pattern, with compiling it and searching a subject drawn from the budget. The inner error is that of a bad pattern.
fn search(call: &mut dyn Call, pattern: &Str, subject: &Str) -> Result<Result<Rc<Regex>, regexp::Error>, Error> {
    let re = match regexp::known(pattern) {
        Some(re) => re,
        None => match regexp::compile(pattern) {
            Ok(re) => {
                call.charge(re.compile_cost())?;
                re
            }
            Err(e) => return Ok(Err(e)),
        },
    };
    call.charge(re.search_cost(subject))?;
    Ok(Ok(re))
}

/// `regexp.Compile`
fn compile(call: &mut dyn Call, pattern: &Str, subject: &Str) -> Result<Rc<Regex>, Error> {
    search(call, pattern, subject)?.map_err(|e| Error::new(e.to_string()))
}

/// `regexp.MustCompile`, whose panic names the pattern.
fn must_compile(call: &mut dyn Call, pattern: &Str, subject: &Str) -> Result<Rc<Regex>, Error> {
    search(call, pattern, subject)?.map_err(|e| {
        let shown = if can_backquote(pattern) { format!("`{}`", pattern.to_str_lossy()) } else { quote(pattern) };
        Error::new(format!("regexp: Compile({shown}): {e}"))
    })
}

/// A `[]string` of parts of `s`; Go's is nil where there are none.
fn parts(call: &mut dyn Call, s: &Str, ranges: Vec<std::ops::Range<usize>>) -> Result<Exactly, Error> {
    call.items(ranges.len())?;
    call.text(ranges.iter().map(ExactSizeIterator::len).sum())?;
    if ranges.is_empty() {
        return Ok(Exactly(Value::List(List::nil(Type::String))));
    }
    Ok(Exactly(string_list(ranges.into_iter().map(|r| &s[r]))))
}

pub(super) fn add(f: &mut Functions) {
    f.add("regexMatch", |call: &mut dyn Call, re: Str, s: Str| -> Result<bool, Error> {
        // A bad pattern matches nothing.
        Ok(search(call, &re, &s)?.is_ok_and(|re| re.is_match(&s)))
    });
    f.add("mustRegexMatch", |call: &mut dyn Call, re: Str, s: Str| -> Result<bool, Error> {
        Ok(compile(call, &re, &s)?.is_match(&s))
    });
    f.add("regexQuoteMeta", |s: Str| quote_meta(&s));
    // The plain ones panic over a bad pattern, the others return its error.
    type Compile = fn(&mut dyn Call, &Str, &Str) -> Result<Rc<Regex>, Error>;
    let variants: [([&'static str; 5], Compile); 2] = [
        (["regexFind", "regexFindAll", "regexReplaceAll", "regexReplaceAllLiteral", "regexSplit"], must_compile),
        (["mustRegexFind", "mustRegexFindAll", "mustRegexReplaceAll", "mustRegexReplaceAllLiteral", "mustRegexSplit"], compile),
    ];
    for ([find, find_all, replace, literal, split], compile) in variants {
        f.add(find, move |call: &mut dyn Call, re: Str, s: Str| -> Result<Vec<u8>, Error> {
            Ok(compile(call, &re, &s)?.find(&s).map_or_else(Vec::new, |r| s[r].to_vec()))
        });
        f.add(find_all, move |call: &mut dyn Call, re: Str, s: Str, n: isize| {
            let found = compile(call, &re, &s)?.find_all(&s, n as i64);
            parts(call, &s, found)
        });
        f.add(replace, move |call: &mut dyn Call, re: Str, s: Str, by: Str| -> Result<Vec<u8>, Error> {
            Ok(compile(call, &re, &s)?.replace_all(&s, &by)?)
        });
        f.add(literal, move |call: &mut dyn Call, re: Str, s: Str, by: Str| -> Result<Vec<u8>, Error> {
            Ok(compile(call, &re, &s)?.replace_all_literal(&s, &by)?)
        });
        f.add(split, move |call: &mut dyn Call, re: Str, s: Str, n: isize| {
            let found = compile(call, &re, &s)?.split(&s, n as i64);
            // Splitting leaves an empty list, not a nil one, but for no parts at all.
            if found.is_empty() && n != 0 {
                return Ok(Exactly(string_list(Vec::<Str>::new())));
            }
            parts(call, &s, found)
        });
    }
}
