//! Bounds on what Jinja's own operators and filters make: a few steps can double a text forty times.
//!
//! minijinja counts instructions, not bytes, and has no place to look at what an operator made. So templates are written anew with
//! a look at every variable where it is given a value, and filters are called through a check of what they are given.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value as Jinja};
use pintle_template::{Call, ErrorKind};

use crate::error::failed;
use crate::functions::{ALL_FILTERS, defined};
use crate::scan::{Part, keyword, scan};
use crate::session::Session;

/// The longest text that a variable may hold, in bytes.
const MAX_TEXT: usize = 16 << 20;
/// The longest list.
const MAX_ITEMS: usize = 1 << 20;
/// Text of a template that is worth a step for itself.
const LONG_TEXT: usize = 4 << 10;
/// The widest field of `format`.
const MAX_WIDTH: usize = 10_000;

/// Text that was put into a template.
pub(crate) struct Insertion {
    /// Where it begins.
    start: usize,
    len: usize,
}

/// The offset in the original of one in the text with insertions.
pub(crate) fn original(insertions: &[Insertion], at: usize) -> usize {
    let before = insertions.iter().take_while(|i| i.start < at);
    at - before.map(|i| i.len.min(at - i.start)).sum::<usize>()
}

/// A template with a look at all variables that are given a value, and what was put in for that.
pub(crate) fn guarded(source: &str) -> (String, Vec<Insertion>) {
    let mut out = String::with_capacity(source.len() + source.len() / 8);
    let (mut done, mut insertions, mut checks) = (0, Vec::new(), Checks::default());
    let mut insert = |out: &mut String, at: usize, text: String| {
        out.push_str(&source[done..at]);
        done = at;
        insertions.push(Insertion { start: out.len(), len: text.len() });
        out.push_str(&text);
    };
    for part in scan(source) {
        match part {
            Part::Text(range) if range.len() >= LONG_TEXT => {
                // The marks keep the white space around it as it is.
                insert(&mut out, range.start, format!("{{%+ do __pintle_charge({}) +%}}", range.len()));
            }
            Part::Tag(inner) => {
                let Some(names) = checks.after(&source[inner.clone()]) else { continue };
                // The last tag decides over the white space that follows.
                let rest = &source[inner.end..];
                let mark = rest.chars().next().filter(|c| matches!(c, '-' | '+'));
                let end = inner.end + mark.map_or(0, char::len_utf8) + "%}".len();
                let mark = mark.map_or_else(String::new, String::from);
                insert(&mut out, end, format!("{{% do __pintle_check({names}) {mark}%}}"));
            }
            Part::Text(_) | Part::Print(_) => {}
        }
    }
    out.push_str(&source[done..]);
    (out, insertions)
}

/// Finds the variables that tags give a value.
#[derive(Default)]
pub(crate) struct Checks {
    /// The names of the `set` blocks that are open.
    sets: Vec<String>,
}

impl Checks {
    /// The variables to look at behind a tag, with commas between.
    pub fn after(&mut self, tag: &str) -> Option<String> {
        let (word, rest) = keyword(tag);
        // What only has a path in it is checked where that was given its value.
        let makes = |expression: &str| expression.contains(['~', '+', '*', '(', '[', '|', '{']);
        match word {
            "set" => match assignment(rest) {
                Some(at) => makes(&rest[at..]).then(|| targets(&rest[..at])).flatten(),
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
    let plain = env.clone();
    for name in ALL_FILTERS.iter().copied() {
        let plain = plain.clone();
        env.add_filter(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
            let args = args.into_values();
            filter(name, &args)?;
            if let Some(value) = args.first().filter(|_| !matches!(name, "default" | "d")) {
                defined(state, value)?;
            }
            plain.empty_state().apply_filter(name, &args)
        });
    }
    env.set_unknown_method_callback(|state, value, method, args| {
        let all: Vec<Jinja> = std::iter::once(value.clone()).chain(args.iter().cloned()).collect();
        match method {
            // Python joins with the text that the method is of.
            "join" => filter("join", &[args.first().cloned().unwrap_or_default(), value.clone()])?,
            _ => filter(method, &all)?,
        }
        minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args)
    });
    env.add_function("__pintle_check", |args: &[Jinja]| -> Result<(), Error> { args.iter().try_for_each(check) });
    env.add_function("__pintle_charge", charge);
}

/// Draws the making or the reading of a text from the budget.
pub(crate) fn charge(bytes: usize) -> Result<(), Error> {
    let Some(session) = Session::current() else { return Ok(()) };
    session.evaluator.borrow_mut().charge(bytes as u64 / 16).map_err(|e| failed("a filter", e))
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

fn too_many() -> Result<(), Error> {
    Err(too_much(format!("a list is longer than the limit of {MAX_ITEMS} items")))
}

fn text_of(len: Option<usize>) -> Result<(), Error> {
    match len {
        Some(len) if len <= MAX_TEXT => charge(len),
        _ => Err(too_much(format!("a text is longer than the limit of {MAX_TEXT} bytes"))),
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
                || format.contains('*') && args[1..].iter().any(|a| a.as_usize().is_some_and(|n| n > MAX_WIDTH));
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
            ("set x = a ~ b", Some("x")),
            ("set x = a.b", None),
            ("set x, y = f(1), 2", Some("x, y")),
            ("set (x, y) = f(1)", Some("x, y")),
            ("set ns.x = ns.x ~ 'a=b'", Some("ns.x")),
            ("for k, v in d | items", Some("k, v")),
            ("for k in d", None),
            ("macro m(a, b='x,(', c=[1, 2])", Some("a, b, c")),
            ("macro m()", None),
            ("call(x, y) m(1)", Some("x, y")),
            ("call m(1)", None),
            ("with a = f(1, 2), b = 'x=y'", Some("a, b")),
            ("if a ~ b", None),
        ] {
            assert_eq!(Checks::default().after(tag).as_deref(), names, "{tag}");
        }
        let mut checks = Checks::default();
        assert_eq!(checks.after("set x | upper"), None);
        assert_eq!(checks.after("endset").as_deref(), Some("x"));
    }

    #[test]
    fn offsets_lead_back() {
        let source = "a {% set x = b ~ c -%}  d{{ e }}";
        let (text, insertions) = guarded(source);
        assert_eq!(text, "a {% set x = b ~ c -%}{% do __pintle_check(x) -%}  d{{ e }}");
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
