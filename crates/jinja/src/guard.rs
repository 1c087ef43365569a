//! Bounds on what Jinja's own operators and filters make: a few steps can double a text forty times.
//!
//! minijinja counts instructions, not bytes, and has no place to look at what an operator made. So templates are written anew with
//! a look at every variable where it is given a value and at the operands of operators, and filters, methods and tests are called
//! through a check of what they are given.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value as Jinja};
use pintle_template::{Call, ErrorKind};

use crate::error::failed;
use crate::expression::{self, Insertion};
use crate::functions::{ALL_FILTERS, defined};
use crate::scan::{Part, keyword, scan, scan_to_end};
use crate::session::Session;
use crate::weight::{kept, weigh, weigh_own};

/// The longest text that a variable may hold, in bytes.
const MAX_TEXT: usize = 16 << 20;
/// The longest list.
const MAX_ITEMS: usize = 1 << 20;
/// Text of a template that is worth a step for itself.
const LONG_TEXT: usize = 4 << 10;
/// What another file costs, in bytes of text.
const FILE: usize = 4 << 10;
/// How deep blocks may nest.
const MAX_BLOCKS: usize = 100;
/// The widest field of `format`.
const MAX_WIDTH: usize = 10_000;

/// Text that was put into a template.
pub(crate) struct Inserted {
    /// Where it begins.
    start: usize,
    len: usize,
}

/// The offset in the original of one in the text with insertions.
pub(crate) fn original(insertions: &[Inserted], at: usize) -> usize {
    let before = insertions.iter().take_while(|i| i.start < at);
    at - before.map(|i| i.len.min(at - i.start)).sum::<usize>()
}

/// A template with a look at all variables that are given a value, and what was put in for that.
pub(crate) fn guarded(source: &str) -> (String, Vec<Inserted>) {
    let mut out = String::with_capacity(source.len() + source.len() / 8);
    let (mut done, mut insertions, mut checks) = (0, Vec::new(), Checks::default());
    let mut insert = |out: &mut String, at: usize, text: String| {
        out.push_str(&source[done..at]);
        done = at;
        insertions.push(Inserted { start: out.len(), len: text.len() });
        out.push_str(&text);
    };
    for part in scan(source) {
        match part {
            Part::Text(range) if range.len() >= LONG_TEXT => {
                // The marks keep the white space around it as it is.
                insert(&mut out, range.start, format!("{{%+ do __pintle_charge({}) +%}}", range.len()));
            }
            Part::Tag(inner) => {
                let tag = &source[inner.clone()];
                for (at, text) in within(tag) {
                    insert(&mut out, inner.start + at, text);
                }
                let looks = checks.after(tag);
                if looks.is_empty() {
                    continue;
                }
                // The last tag decides over the white space that follows.
                let rest = &source[inner.end..];
                let mark = rest.chars().next().filter(|c| matches!(c, '-' | '+'));
                let end = inner.end + mark.map_or(0, char::len_utf8) + "%}".len();
                let mark = mark.map_or_else(String::new, String::from);
                insert(&mut out, end, looks.iter().map(|look| format!("{{% do {look} {mark}%}}")).collect());
            }
            Part::Print(inner) => {
                for (at, text) in expression::insertions(&source[inner.clone()]) {
                    insert(&mut out, inner.start + at, text);
                }
            }
            Part::Text(_) => {}
        }
    }
    out.push_str(&source[done..]);
    (out, insertions)
}

/// Why a template is refused before it is parsed.
pub(crate) struct Refusal {
    pub kind: ErrorKind,
    pub what: String,
    /// The byte where.
    pub at: usize,
}

/// Whether a template is refused before it is parsed: minijinja recurses into what nests, and computes with constants.
pub(crate) fn refused(source: &str) -> Option<Refusal> {
    let nests = |(what, at)| Refusal { kind: ErrorKind::Parse, what, at };
    let (mut text, mut items) = (0usize, 0usize);
    let (parts, end) = scan_to_end(source);
    // Each open block with the number of its branches.
    let (mut blocks, mut depth) = (Vec::new(), 0usize);
    for part in &parts {
        let inner = match part {
            Part::Text(_) => continue,
            Part::Print(inner) | Part::Tag(inner) => inner.clone(),
        };
        let tag = &source[inner.clone()];
        if let Some((what, at)) = expression::refused(tag) {
            return Some(nests((what, inner.start + at)));
        }
        let made = expression::constant(tag);
        text = text.saturating_add(made.text.saturating_mul(made.factor));
        items = items.saturating_add(made.items.saturating_mul(made.factor));
        let long = match (text > MAX_TEXT, items > MAX_ITEMS) {
            (true, _) => Some(long_text()),
            (_, true) => Some(long_list()),
            _ => None,
        };
        if let Some(what) = long {
            return Some(Refusal { kind: ErrorKind::Budget, what, at: inner.start });
        }
        if matches!(part, Part::Print(_)) {
            continue;
        }
        let (word, rest) = keyword(tag);
        match word {
            "set" if assignment(rest).is_some() => {}
            "if" | "for" | "block" | "macro" | "call" | "filter" | "set" | "with" | "autoescape" => {
                blocks.push(1);
                depth += 1;
            }
            // A branch is parsed as an `if` within the one before.
            "elif" => {
                if let Some(branches) = blocks.last_mut() {
                    *branches += 1;
                    depth += 1;
                }
            }
            _ if word.starts_with("end") => depth -= blocks.pop().unwrap_or(0),
            _ => {}
        }
        if depth > MAX_BLOCKS {
            return Some(nests((format!("blocks nest deeper than {MAX_BLOCKS}: each branch of an if counts"), inner.start)));
        }
    }
    // A tag without an end: minijinja parses up to where it misses that.
    expression::refused(&source[end..]).map(|(what, at)| nests((what, end + at)))
}

/// What to put into a tag, in order.
pub(crate) fn within(tag: &str) -> Vec<Insertion> {
    let (word, rest) = keyword(tag);
    let start = rest.as_ptr().addr() - tag.as_ptr().addr();
    let at = |from: usize, insertions: Vec<Insertion>| insertions.into_iter().map(move |(at, text)| (start + from + at, text));
    match word {
        "if" | "elif" => at(0, expression::insertions(rest)).collect(),
        "set" => {
            let Some(sign) = assignment(rest) else { return at(0, expression::slices(rest)).collect() };
            let (names, value) = (&rest[..sign], &rest[sign + 1..]);
            let mut out: Vec<Insertion> = at(sign + 1, expression::insertions(value)).collect();
            let holder = names.trim().rsplit_once('.').map(|(holder, _)| holder);
            if holder.is_some() || makes(value) {
                let end = start + sign + 1 + value.trim_end().len();
                out.insert(0, (start + sign + 1, "__pintle_kept((".to_owned()));
                out.push((end, holder.map_or_else(|| "))".to_owned(), |h| format!("), {h})"))));
            }
            out
        }
        "for" => {
            let Some((names, _)) = rest.split_once(" in ") else { return Vec::new() };
            let list = names.len() + " in ".len();
            // The condition is asked of each item.
            let words = words(&rest[list..]);
            let end = words.iter().rev().find(|(_, w)| *w == "recursive").map_or(rest.len(), |(at, _)| list + at);
            let condition = words.iter().find(|(_, w)| *w == "if").map_or(end, |(at, _)| list + at).min(end);
            let mut out: Vec<Insertion> = at(list, expression::insertions(&rest[list..condition])).collect();
            if condition < end {
                out.extend(at(condition + 2, expression::insertions(&rest[condition + 2..end])));
            }
            out
        }
        _ => at(0, expression::slices(rest)).collect(),
    }
}

/// The words outside of brackets and strings, and where they begin.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut out: Vec<(usize, &str)> = Vec::new();
    let mut end = 0;
    for (i, b, depth) in outside(text) {
        if depth == 0 && i >= end && (b.is_ascii_alphabetic() || b == b'_') {
            let rest = &text[i..];
            end = i + rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            out.push((i, &text[i..end]));
        }
    }
    out
}

/// Whether an expression makes a value: what only has a path in it is checked where that was given its value.
fn makes(expression: &str) -> bool {
    expression.contains(['~', '+', '*', '(', '[', '|', '{'])
}

/// Finds the variables that tags give a value.
#[derive(Default)]
pub(crate) struct Checks {
    /// The names of the `set` blocks that are open.
    sets: Vec<String>,
}

impl Checks {
    /// The looks that belong behind a tag: at the variables that it gives a value, and at operands in it.
    pub fn after(&mut self, tag: &str) -> Vec<String> {
        let (word, rest) = keyword(tag);
        let names = self.variables(word, rest).map(|names| format!("__pintle_check({names})"));
        // What can't be looked at within is charged behind.
        let uses = match word {
            "with" | "macro" | "call" | "filter" | "include" | "do" => expression::uses(rest),
            "set" if assignment(rest).is_none() => expression::uses(rest),
            _ => None,
        };
        // Going over to another file is dear, and may go on without end.
        let leads = matches!(word, "extends" | "include" | "import" | "from").then(|| format!("__pintle_charge({FILE})"));
        names.into_iter().chain(uses.map(|uses| format!("__pintle_uses({uses})"))).chain(leads).collect()
    }

    /// The variables to look at behind a tag, with commas between.
    fn variables(&mut self, word: &str, rest: &str) -> Option<String> {
        match word {
            "set" => match assignment(rest) {
                // What is assigned goes through a check of its own.
                Some(_) => None,
                None => {
                    self.sets.push(rest.split('|').next().unwrap_or(rest).to_owned());
                    None
                }
            },
            "endset" => self.sets.pop().and_then(|names| targets(&names)),
            "for" => {
                let (names, list) = rest.split_once(" in ")?;
                makes(list).then(|| targets(names)).flatten()
            }
            "macro" | "call" => {
                let open = rest.find('(')?;
                // `call m(x)` has no parameters: its parenthesis is not the first thing.
                if word == "call" && !rest[..open].trim().is_empty() {
                    return None;
                }
                let inside = &rest[open + 1..];
                let names: Vec<&str> = pieces(inside).map(|p| p.split('=').next().unwrap_or(p).trim()).collect();
                targets(&names.join(","))
            }
            "with" => {
                let names: Vec<&str> = pieces(rest).filter_map(|p| p.split_once('=')).map(|(name, _)| name.trim()).collect();
                targets(&names.join(","))
            }
            _ => None,
        }
    }
}

/// Where the `=` of an assignment stands.
pub(crate) fn assignment(text: &str) -> Option<usize> {
    outside(text).find(|(_, b, depth)| *b == b'=' && *depth == 0).map(|(i, ..)| i)
}

/// The parts between the commas of a list, up to the bracket that closes it.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let end = outside(text).find(|(_, _, depth)| *depth < 0).map_or(text.len(), |(i, ..)| i);
    let mut cuts: Vec<usize> = outside(&text[..end]).filter(|(_, b, depth)| *b == b',' && *depth == 0).map(|(i, ..)| i).collect();
    cuts.push(end);
    let mut start = 0;
    cuts.into_iter().map(move |cut| {
        let piece = &text[start..cut];
        start = cut + 1;
        piece
    })
}

/// The bytes outside of strings with the depth of brackets behind them.
fn outside(text: &str) -> impl Iterator<Item = (usize, u8, i32)> {
    let (mut quote, mut escaped, mut depth) = (0u8, false, 0);
    text.bytes().enumerate().filter_map(move |(i, b)| {
        if quote != 0 {
            (quote, escaped) = if b == quote && !escaped { (0, false) } else { (quote, b == b'\\' && !escaped) };
            return None;
        }
        match b {
            b'"' | b'\'' => {
                quote = b;
                return None;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        Some((i, b, depth))
    })
}

/// Names, or attributes of namespaces, with commas between; nothing if there is something else.
fn targets(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let names: Vec<&str> = text.split([',', '(', ')']).map(str::trim).filter(|n| !n.is_empty()).collect();
    (!names.is_empty() && names.iter().all(|n| n.chars().all(plain))).then(|| names.join(", "))
}

/// Adds the checks, and puts them before Jinja's own filters and Python's methods.
pub(crate) fn add(env: &mut Environment<'static>) {
    env.add_test("divisibleby", divisible);
    let plain = env.clone();
    for name in ALL_FILTERS.iter().copied() {
        let plain = plain.clone();
        env.add_filter(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
            let args = args.into_values();
            filter(name, &args)?;
            let args: Vec<Jinja> = if CHEAP.contains(&name) { args } else { weighed(name, &args)? };
            if let Some(value) = args.first().filter(|_| !matches!(name, "default" | "d")) {
                defined(state, value)?;
            }
            plain.empty_state().apply_filter(name, &args)
        });
    }
    env.set_unknown_method_callback(|state, value, method, args| {
        if method == "__pintle_slice" {
            return slice(value, args);
        }
        let all: Vec<Jinja> = std::iter::once(value.clone()).chain(args.iter().cloned()).collect();
        match method {
            // Python joins with the text that the method is of.
            "join" => filter("join", &[args.first().cloned().unwrap_or_default(), value.clone()])?,
            _ => filter(method, &all)?,
        }
        if !matches!(method, "get" | "keys" | "values" | "items") {
            all.iter().try_for_each(|v| weigh(v).map(drop))?;
        }
        minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args)
    });
    env.add_function("range", move |state: &mut State<'_, '_>, args: &[Jinja]| {
        if args.iter().any(far) {
            return Err(Error::new(minijinja::ErrorKind::InvalidOperation, format!("a range can't go beyond {FAR}")));
        }
        match plain.globals().find(|(name, _)| *name == "range") {
            Some((_, range)) => range.call(state, args),
            None => Err(Error::new(minijinja::ErrorKind::UnknownFunction, "range is unknown")),
        }
    });
    env.add_function("__pintle_check", |args: &[Jinja]| {
        args.iter().try_for_each(|v| check(v).and_then(|()| weigh_own(v).map(drop)))
    });
    env.add_function("__pintle_kept", |value: &Jinja, holder: Option<&Jinja>| {
        check(value)?;
        kept(value, holder)
    });
    env.add_function("__pintle_uses", uses);
    env.add_function("__pintle_charge", charge);
}

/// The numbers of a range are no further from 0 than this: minijinja computes with them as they are.
const FAR: u64 = 1 << 53;

/// Whether minijinja could overflow where it computes with a number.
fn far(v: &Jinja) -> bool {
    v.is_integer() && v.as_i64().is_none_or(|n| n.unsigned_abs() > FAR)
}

/// `n is divisibleby(m)`
///
/// Errors: division by zero.
fn divisible(value: &Jinja, by: &Jinja) -> Result<bool, Error> {
    let whole = |v: &Jinja| i128::try_from(v.clone()).ok().filter(|_| v.is_integer());
    match (whole(value), whole(by)) {
        (_, Some(0)) => Err(Error::new(minijinja::ErrorKind::InvalidOperation, "no number is divisible by 0")),
        // Only the smallest number by -1 has no remainder that can be computed.
        (Some(n), Some(m)) => Ok(n.checked_rem(m).unwrap_or(0) == 0),
        _ => match (f64::try_from(value.clone()), f64::try_from(by.clone())) {
            (Ok(n), Ok(m)) if value.is_number() && by.is_number() => Ok(n % m == 0.0),
            _ => Ok(false),
        },
    }
}

/// What a slice is cut from, if it can be: `start`, `stop` and `step` are its parts where it has three.
///
/// Errors: going backwards, minijinja computes with places that are not there.
fn slice(value: &Jinja, parts: &[Jinja]) -> Result<Jinja, Error> {
    let wrong = |what: &str| Err(Error::new(minijinja::ErrorKind::InvalidOperation, what.to_owned()));
    check(value)?;
    if let [start, stop, step] = parts {
        if parts.iter().any(far) {
            return wrong("a part of a slice is too large a number");
        }
        if step.as_i64().is_some_and(|n| n < 0) {
            let len = match value.as_str() {
                Some(text) => text.chars().count(),
                None => size(value),
            } as i64;
            let place = |v: &Jinja, absent: i64| match v.as_i64() {
                None => absent,
                Some(n) if n < 0 => (len + n).max(0),
                Some(n) => n,
            };
            if len == 0 {
                return wrong("an empty value can't be cut backwards");
            }
            if place(start, len - 1).min(len - 1) < place(stop, 0) {
                return wrong("a slice that goes backwards ends before it begins");
            }
        }
    }
    kept(value, None)
}

/// Charges what the operators of an expression look at: `(text, items, factor, times, path, times, path, …)`. `text` and `items` are
/// the lengths of what a `*` repeats, and `factor` how often, as far as the expression says so; without a `*` all are 0.
///
/// Errors: no steps are left, or a value that is repeated becomes too long.
fn uses(state: &mut State<'_, '_>, args: &[Jinja]) -> Result<bool, Error> {
    let number = |i: usize| args.get(i).and_then(Jinja::as_usize).unwrap_or(0);
    let (mut text, mut items, mut factor) = (number(0), number(1), number(2));
    let repeats = factor > 0;
    for pair in args.get(3..).unwrap_or_default().chunks(2) {
        let [times, path] = pair else { break };
        let Some(value) = path.as_str().and_then(|path| resolved(state, path)) else { continue };
        match value.as_usize() {
            Some(n) if value.is_integer() => factor = factor.saturating_mul(n.max(1)),
            _ => {
                if value.kind() == ValueKind::String {
                    text = text.max(size(&value))
                } else {
                    items = items.max(size(&value))
                }
                let weight = weigh(&value)?.steps;
                charge_steps(weight.saturating_mul(times.as_usize().unwrap_or(1).saturating_sub(1) as u64))?;
            }
        }
    }
    if repeats && factor > 1 && text > 0 {
        text_of(text.checked_mul(factor))?;
    }
    if repeats && factor > 1 && items > 0 {
        match items.checked_mul(factor) {
            Some(n) if n <= MAX_ITEMS => charge_steps(n as u64)?,
            _ => too_many()?,
        }
    }
    Ok(false)
}

/// The value of a path, if there is one.
fn resolved(state: &State<'_, '_>, path: &str) -> Option<Jinja> {
    let mut names = path.split('.');
    let root = state.lookup(names.next()?)?;
    names.try_fold(root, |value, name| value.get_attr(name).ok()).filter(|v| !v.is_undefined())
}

/// Filters that look at no more than the outermost of what they are given.
const CHEAP: &[&str] =
    &["abs", "attr", "bool", "count", "d", "default", "first", "float", "int", "last", "length", "round", "safe"];
/// Filters that compare everything with everything else, about.
const SORTING: &[&str] = &["dictsort", "groupby", "max", "min", "sort", "unique"];

/// The arguments of a filter that goes over all of them.
///
/// Errors: no steps are left for that.
fn weighed(name: &str, args: &[Jinja]) -> Result<Vec<Jinja>, Error> {
    let weights = args.iter().map(weigh).collect::<Result<Vec<_>, _>>()?;
    let first = weights.first().map_or(0, |w| w.steps);
    let items = args.first().map_or(0, size) as u64;
    if SORTING.contains(&name) {
        charge_steps(first.saturating_mul(u64::from(u64::BITS - items.leading_zeros())))?;
    }
    // A sum of texts copies them again and again.
    if name == "sum" && args.first().is_some_and(|v| v.try_iter().is_ok_and(|mut items| items.any(|i| i.as_str().is_some()))) {
        charge_steps(first.saturating_mul(items))?;
    }
    if name == "map"
        && let [list, filter_name, more @ ..] = args
        && let Some(inner) = filter_name.as_str()
    {
        for item in list.try_iter()? {
            let args: Vec<Jinja> = std::iter::once(item).chain(more.iter().cloned()).collect();
            filter(inner, &args)?;
        }
    }
    args.iter().zip(&weights).map(|(arg, weight)| weight.settled(arg)).collect()
}

/// Draws the making or the reading of a text from the budget.
pub(crate) fn charge(bytes: usize) -> Result<(), Error> {
    let Some(session) = Session::current() else { return Ok(()) };
    session.evaluator.borrow_mut().text(bytes).map_err(|e| failed("a filter", e))
}

fn charge_steps(steps: u64) -> Result<(), Error> {
    let Some(session) = Session::current() else { return Ok(()) };
    session.evaluator.borrow_mut().charge(steps).map_err(|e| failed("a filter", e))
}

fn too_much(what: String) -> Error {
    failed("a filter", pintle_template::Error::with_kind(ErrorKind::Budget, what))
}

/// The size of a value for the budget: bytes of a text, items of a list.
fn size(v: &Jinja) -> usize {
    match v.kind() {
        ValueKind::String => v.as_str().map_or(0, str::len),
        ValueKind::Bytes => v.as_bytes().map_or(0, <[u8]>::len),
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => v.len().unwrap_or(0),
        _ => 0,
    }
}

fn long_list() -> String {
    format!("a list is longer than the limit of {MAX_ITEMS} items")
}

fn long_text() -> String {
    format!("a text is longer than the limit of {MAX_TEXT} bytes")
}

fn too_many() -> Result<(), Error> {
    Err(too_much(long_list()))
}

fn text_of(len: Option<usize>) -> Result<(), Error> {
    match len {
        Some(len) if len <= MAX_TEXT => charge(len),
        _ => Err(too_much(long_text())),
    }
}

fn check(v: &Jinja) -> Result<(), Error> {
    let len = size(v);
    match v.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map if len > MAX_ITEMS => too_many(),
        _ => text_of(Some(len)),
    }
}

/// Whether a filter may be given these: what they are, and what it would make of them.
fn filter(name: &str, args: &[Jinja]) -> Result<(), Error> {
    args.iter().try_for_each(check)?;
    // What comes by name is as large as the largest that does.
    let (args, named) = match args.split_last() {
        Some((last, before)) if last.is_kwargs() => {
            let given = last.try_iter().into_iter().flatten().filter_map(|k| last.get_item(&k).ok()).collect::<Vec<_>>();
            given.iter().try_for_each(check)?;
            (before, given)
        }
        _ => (args, Vec::new()),
    };
    let text =
        |i: usize| args.get(i).and_then(Jinja::as_str).or_else(|| named.iter().filter_map(Jinja::as_str).max_by_key(|t| t.len()));
    let number = |i: usize| args.get(i).and_then(Jinja::as_usize).or_else(|| named.iter().filter_map(Jinja::as_usize).max());
    match (name, args.first()) {
        ("replace", _) => {
            let (Some(all), Some(from), Some(to)) = (text(0), text(1), text(2)) else { return Ok(()) };
            let found = if from.is_empty() { all.len() + 1 } else { all.matches(from).count() };
            text_of(found.checked_mul(to.len()).and_then(|n| n.checked_add(all.len())))
        }
        ("indent", _) => {
            let (Some(all), Some(width)) = (text(0), number(1)) else { return Ok(()) };
            text_of((all.matches('\n').count() + 1).checked_mul(width).and_then(|n| n.checked_add(all.len())))
        }
        ("join", Some(list)) if list.kind() != ValueKind::String => {
            let joiner = text(1).map_or(0, str::len);
            let Ok(items) = list.try_iter() else { return Ok(()) };
            let len = items.map(|item| size(&item).saturating_add(joiner)).try_fold(0usize, usize::checked_add);
            text_of(len)
        }
        ("join", Some(list)) => text_of(size(list).checked_mul(text(1).map_or(0, str::len) + 1)),
        ("batch" | "slice", _) if number(1).is_some_and(|n| n > MAX_ITEMS) => too_many(),
        ("format", Some(format)) => {
            let wide = |digits: &str| digits.parse().is_ok_and(|n: usize| n > MAX_WIDTH) || digits.len() > 9;
            let format = format.as_str().unwrap_or_default();
            let is_wide = format.split(|c: char| !c.is_ascii_digit()).any(wide)
                || (format.contains('*') || format.contains('{'))
                    && args[1..].iter().any(|a| a.as_usize().is_some_and(|n| n > MAX_WIDTH));
            if is_wide { Err(too_much(format!("a field is wider than the limit of {MAX_WIDTH} characters"))) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_are_given_a_value() {
        for (tag, names) in [
            ("set x = a ~ b", None),
            ("set x = a.b", None),
            ("for k, v in d | items", Some("k, v")),
            ("for k in d", None),
            ("macro m(a, b='x,(', c=[1, 2])", Some("a, b, c")),
            ("macro m()", None),
            ("call(x, y) m(1)", Some("x, y")),
            ("call m(1)", None),
            ("with a = f(1, 2), b = 'x=y'", Some("a, b")),
            ("if a ~ b", None),
        ] {
            let wanted = names.map(|names| format!("__pintle_check({names})"));
            let found = Checks::default().after(tag).into_iter().find(|look| look.contains("check"));
            assert_eq!(found, wanted, "{tag}");
        }
        let mut checks = Checks::default();
        assert!(checks.after("set x | upper").is_empty());
        assert_eq!(checks.after("endset"), ["__pintle_check(x)"]);
    }

    #[test]
    fn offsets_lead_back() {
        let source = "a {% set x = b ~ c -%}  d{{ e }}";
        let (text, insertions) = guarded(source);
        assert_eq!(text, "a {% set x =__pintle_kept(( __pintle_uses(0, 0, 0, 1, \"b\", 1, \"c\") or (b ~ c))) -%}  d{{ e }}");
        let at = |text: &str, what: &str| text.find(what).unwrap();
        assert_eq!(original(&insertions, at(&text, "set")), at(source, "set"));
        assert_eq!(original(&insertions, at(&text, "e }}")), at(source, "e }}"));
    }

    /// Parts of templates with every kind of white space around tags.
    const PARTS: &[&str] = &[
        "text",
        "\n",
        "  ",
        "\r\n",
        "\n\n  ",
        "{{ 1 }}",
        "{{- 2 -}}",
        "{# r #}",
        "{#- r -#}",
        "LONG",
        "\nLONG",
        "  LONG\n",
        "{% set x = 1 + 2 %}",
        "{%- set x = 'a' ~ 'b' -%}",
        "{%+ set x = [1] + [2] +%}",
        "{%- set ns.x = ns.x ~ 'c' %}",
        "{% set y %}",
        "{%- set y | upper -%}",
        "{% endset %}",
        "{% endset -%}",
        "{%- endset +%}",
        "{% for z in [1] + [2] %}",
        "{%- for z in [1, 2] -%}",
        "{% endfor %}",
        "{%- endfor -%}",
        "{% macro m(a, b=1) %}",
        "{%- macro m(a) -%}",
        "{% endmacro %}",
        "{{ m(1) }}",
        "{% with w = 1 + 1 -%}",
        "{% endwith %}",
        "{% raw %} {{ {% endraw -%}",
        "{% filter upper -%}",
        "{% endfilter %}",
    ];

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 3_000, failure_persistence: None, ..Default::default() })]

        #[test]
        fn looks_change_nothing(parts in proptest::collection::vec(0..PARTS.len(), 0..12)) {
            let source: String = parts.iter().map(|p| PARTS[*p]).collect::<String>().replace("LONG", &"long ".repeat(LONG_TEXT / 5 + 1));
            let mut env = Environment::new();
            let mut syntax = minijinja::syntax::SyntaxConfig::builder();
            env.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build().unwrap());
            env.add_function("__pintle_check", |_: &[Jinja]| ());
            env.add_function("__pintle_uses", |_: &[Jinja]| false);
            env.add_function("__pintle_kept", |args: &[Jinja]| args[0].clone());
            env.add_function("__pintle_charge", |_: &[Jinja]| ());
            let namespace = "{% set ns = namespace(x='') %}{% set y = '' %}{% macro m(a) %}{% endmacro -%}\n";
            let source = format!("{namespace}{source}");
            let (text, _) = guarded(&source);
            let (plain, looked) = (env.render_str(&source, ()), env.render_str(&text, ()));
            match (plain, looked) {
                (Ok(a), Ok(b)) => proptest::prop_assert_eq!(a, b, "{:?}", text),
                (a, b) => proptest::prop_assert_eq!(a.is_ok(), b.is_ok(), "{:?}", text),
            }
        }
    }
}
