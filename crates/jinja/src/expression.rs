//! What an expression may do, as far as its text tells: how deep it nests, what its operators look at, and what minijinja panics over.
//!
//! minijinja counts an operator as one step whatever it compares, joins or repeats, parses without a limit to operators in a row, and
//! takes a few things for granted. So expressions are read here first: those that nest too deep are refused, and the others are written
//! anew with a look at the operands before their operators run ([`insertions`]).

use std::collections::BTreeMap;
use std::fmt::Write;

/// How high the tree of an expression may be: operators in a row count as one within the other, as minijinja parses them.
const MAX_HEIGHT: usize = 200;

/// A token and where it begins.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Token<'s> {
    kind: Kind,
    text: &'s str,
    at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Text,
    Number,
    Name,
    Sign,
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let bytes = source.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        let start = at;
        let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80;
        let kind = match b {
            b'"' | b'\'' => {
                at += 1;
                while bytes.get(at).is_some_and(|c| *c != b) {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
                at += 1;
                Kind::Text
            }
            b'0'..=b'9' => {
                at += bytes[at..].iter().take_while(|b| word(b)).count();
                Kind::Number
            }
            b if word(&b) => {
                at += bytes[at..].iter().take_while(|b| word(b)).count();
                Kind::Name
            }
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            _ => {
                let two = [b"==", b"!=", b"<=", b">=", b"//", b"**"].iter().any(|op| bytes[at..].starts_with(*op));
                at += 1 + usize::from(two);
                Kind::Sign
            }
        };
        at = at.min(source.len());
        // A backslash at the end of an open text may have led into a character.
        while !source.is_char_boundary(at) {
            at += 1;
        }
        out.push(Token { kind, text: &source[start..at], at: start });
    }
    out
}

/// What is wrong with an expression, and the byte where it is.
pub(crate) fn refused(source: &str) -> Option<(String, usize)> {
    let tokens = tokens(source);
    let too_high =
        || format!("the expression nests too deep: more than {MAX_HEIGHT} operators or brackets, one within the other");
    let mut groups = vec![Group::default()];
    for (i, token) in tokens.iter().enumerate() {
        let is_nested = groups.len() > 1;
        let Some(group) = groups.last_mut() else { break };
        let is_operator = token.kind == Kind::Sign || matches!(token.text, "and" | "or" | "not" | "if" | "else" | "in" | "is");
        match token.text {
            _ if !is_operator => {}
            "(" | "[" | "{" => {
                if token.text == "(" && is_empty_cycle(&tokens, i) {
                    return Some(("cycle needs at least one value".to_owned(), token.at));
                }
                group.operators += 1;
                groups.push(Group::default());
            }
            ")" | "]" | "}" if is_nested => {
                let height = group.height();
                groups.pop();
                if let Some(outer) = groups.last_mut() {
                    outer.below = outer.below.max(height);
                }
            }
            "," => *group = Group { highest: group.height(), ..Group::default() },
            _ => group.operators += 1,
        }
        let open: usize = groups.iter().map(|g| g.operators).sum();
        if open + groups.last().map_or(0, |g| g.below) > MAX_HEIGHT {
            return Some((too_high(), token.at));
        }
    }
    None
}

/// What stands in brackets, or in none.
#[derive(Default)]
struct Group {
    /// The operators of the part that is read.
    operators: usize,
    /// The height of the highest brackets in it.
    below: usize,
    /// The height of the highest part before it.
    highest: usize,
}

impl Group {
    fn height(&self) -> usize {
        self.highest.max(self.operators + self.below)
    }
}

/// Whether `loop.cycle(…)` may get no argument at all: minijinja divides by their number.
fn is_empty_cycle(tokens: &[Token<'_>], open: usize) -> bool {
    let is = |i: Option<usize>, text: &str| i.and_then(|i| tokens.get(i)).is_some_and(|t| t.text == text);
    if !is(open.checked_sub(1), "cycle") || !is(open.checked_sub(2), ".") {
        return false;
    }
    // Arguments that a `*` spreads may be empty.
    let (mut depth, mut begins) = (0, true);
    for token in &tokens[open + 1..] {
        match token.text {
            ")" if depth == 0 => break,
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 0 => {
                begins = true;
                continue;
            }
            _ => {}
        }
        if begins && !matches!(token.text, "*" | "**") {
            return false;
        }
        begins = false;
    }
    true
}

/// A text to put into another one, and where.
pub(crate) type Insertion = (usize, String);

/// What to put into an expression, in order: with it the operators are charged for before they run.
pub(crate) fn insertions(source: &str) -> Vec<Insertion> {
    let tokens = tokens(source);
    let mut out = slices(source);
    if let Some(look) = operands(&tokens) {
        let start = tokens.first().map_or(0, |t| t.at);
        let end = tokens.last().map_or(source.len(), |t| t.at + t.text.len());
        out.insert(0, (start, format!("__pintle_uses({look}) or (")));
        out.push((end, ")".to_owned()));
    }
    out
}

/// The arguments of `__pintle_uses` for a text with expressions in it, if it has operators that are charged for.
pub(crate) fn uses(source: &str) -> Option<String> {
    operands(&tokens(source))
}

/// What to put before the slices in a text: minijinja panics over some, and keeps what they are cut from.
pub(crate) fn slices(source: &str) -> Vec<Insertion> {
    let tokens = tokens(source);
    let mut out = Vec::new();
    for (i, _) in tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Sign && t.text == "[") {
        if let Some(parts) = slice(source, &tokens, i) {
            out.push((tokens[i].at, format!(".__pintle_slice({parts})")));
        }
    }
    out
}

/// A text with what is put into it.
pub(crate) fn with(source: &str, insertions: Vec<Insertion>) -> String {
    let mut out = String::new();
    let mut done = 0;
    for (at, text) in insertions {
        out.push_str(&source[done..at]);
        out.push_str(&text);
        done = at;
    }
    out + &source[done..]
}

const KEYWORDS: &[&str] = &[
    "and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None", "loop", "self", "super",
    "caller", "helm",
];

/// The arguments of `__pintle_uses`, if there are operators whose work depends on their operands.
fn operands(tokens: &[Token<'_>]) -> Option<String> {
    let sign = |t: &Token<'_>| t.kind == Kind::Sign;
    let works = |t: &Token<'_>| match t.kind {
        Kind::Sign => matches!(t.text, "==" | "!=" | "<" | ">" | "<=" | ">=" | "~" | "+" | "*" | "{" | ":"),
        Kind::Name => matches!(t.text, "in" | "is"),
        _ => false,
    };
    if !tokens.iter().any(works) {
        return None;
    }
    let mut paths: BTreeMap<String, usize> = BTreeMap::new();
    for (i, token) in tokens.iter().enumerate() {
        let before = i.checked_sub(1).map_or("", |b| tokens[b].text);
        let is_test = before == "is" || before == "not" && i > 1 && tokens[i - 2].text == "is";
        if token.kind != Kind::Name || KEYWORDS.contains(&token.text) || matches!(before, "." | "|") || is_test {
            continue;
        }
        let mut path = token.text.to_owned();
        let mut next = i + 1;
        while let [dot, name, ..] = &tokens[next..]
            && dot.text == "."
            && sign(dot)
            && name.kind == Kind::Name
            && tokens.get(next + 2).is_none_or(|t| t.text != "(")
        {
            let _ = write!(path, ".{}", name.text);
            next += 2;
        }
        // A function, and what is given by name.
        if tokens.get(next).is_none_or(|t| !matches!(t.text, "(" | "=") || path.contains('.')) {
            *paths.entry(path).or_default() += 1;
        }
    }
    let Repeated { text, items, factor } = repeated(tokens);
    let mut out = format!("{text}, {items}, {}", factor.min(1 << 40));
    for (path, times) in paths {
        let _ = write!(out, ", {times}, \"{path}\"");
    }
    Some(out)
}

/// What a `*` repeats, as far as the text of an expression tells: about how long it is, and how often. Without a `*` all is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Repeated {
    pub text: usize,
    pub items: usize,
    pub factor: usize,
}

impl Repeated {
    /// How long it becomes.
    fn len(self) -> usize {
        self.text.max(self.items).saturating_mul(self.factor)
    }
}

/// What the constants of an expression become: minijinja computes it while it parses.
pub(crate) fn constant(source: &str) -> Repeated {
    repeated(&tokens(source))
}

/// The largest of the products in an expression.
fn repeated(tokens: &[Token<'_>]) -> Repeated {
    let is_star = |i: usize| tokens.get(i).is_some_and(|t| t.kind == Kind::Sign && t.text == "*");
    let mut largest = Repeated::default();
    let mut chain = Repeated::default();
    for i in (0..tokens.len()).filter(|i| is_star(*i)) {
        if i < 2 || !is_star(i - 2) {
            chain = Repeated { factor: 1, ..Repeated::default() };
            chain.take(tokens, i.checked_sub(1));
        }
        chain.take(tokens, Some(i + 1));
        if largest.factor == 0 || chain.len() > largest.len() {
            largest = chain;
        }
    }
    largest
}

impl Repeated {
    /// Takes an operand into a product.
    fn take(&mut self, tokens: &[Token<'_>], at: Option<usize>) {
        let Some((at, token)) = at.and_then(|at| Some((at, tokens.get(at)?))) else { return };
        match token.kind {
            Kind::Text => self.text = self.text.max(token.text.len()),
            Kind::Number => self.factor = self.factor.saturating_mul(token.text.replace('_', "").parse().unwrap_or(1)),
            Kind::Sign => self.brackets(tokens, at),
            Kind::Name => {}
        }
    }

    /// Takes what stands in brackets, if that is a text or a list for sure: nothing of it is compared.
    fn brackets(&mut self, tokens: &[Token<'_>], at: usize) {
        let opens = |t: &Token<'_>| t.kind == Kind::Sign && matches!(t.text, "(" | "[");
        let closes = |t: &Token<'_>| t.kind == Kind::Sign && matches!(t.text, ")" | "]");
        let forwards = opens(&tokens[at]);
        let rest: Box<dyn Iterator<Item = usize>> = if forwards { Box::new(at..tokens.len()) } else { Box::new((0..=at).rev()) };
        let mut depth = 0usize;
        let mut inside = Vec::new();
        for i in rest {
            let token = &tokens[i];
            match (opens(token), closes(token)) {
                (true, _) if forwards => depth += 1,
                (_, true) if !forwards => depth += 1,
                (true, _) | (_, true) => depth = depth.saturating_sub(1),
                _ => {}
            }
            inside.push(i);
            if depth == 0 {
                break;
            }
        }
        let texts = |i: &usize| tokens[*i].text;
        let compares = inside.iter().any(|i| matches!(texts(i), "==" | "!=" | "<" | ">" | "<=" | ">=" | "in" | "is" | "if"));
        // A product within is made before.
        let is_factor = |i: &usize| {
            let star = |i: Option<usize>| i.and_then(|i| tokens.get(i)).is_some_and(|t| t.text == "*");
            tokens[*i].kind == Kind::Number && (star(i.checked_sub(1)) || star(Some(i + 1)))
        };
        let factors = inside.iter().filter(|i| is_factor(i)).filter_map(|i| texts(i).parse::<usize>().ok());
        let length = inside.iter().map(|i| texts(i).len()).sum::<usize>().saturating_mul(factors.fold(1, usize::saturating_mul));
        if compares {
        } else if inside.iter().any(|i| texts(i) == "[") {
            self.items = self.items.max(length);
        } else if inside.iter().any(|i| tokens[*i].kind == Kind::Text) {
            self.text = self.text.max(length);
        }
    }
}

/// The parts of `[start:stop:step]` as arguments, and none of `[start:stop]`; `None` if this isn't a slice.
fn slice(source: &str, tokens: &[Token<'_>], open: usize) -> Option<String> {
    // A list stands where no value has ended.
    let before = tokens.get(open.checked_sub(1)?)?;
    let ends = before.kind != Kind::Sign || matches!(before.text, ")" | "]" | "}");
    if !ends || before.kind == Kind::Name && KEYWORDS[..7].contains(&before.text) {
        return None;
    }
    let (mut depth, mut cuts) = (0, vec![tokens[open].at]);
    for token in &tokens[open + 1..] {
        match token.text {
            _ if token.kind != Kind::Sign => {}
            "]" if depth == 0 => {
                cuts.push(token.at);
                break;
            }
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            ":" if depth == 0 => cuts.push(token.at),
            _ => {}
        }
    }
    let part = |from: usize, to: usize| Some(source[from + 1..to].trim()).filter(|t| !t.is_empty()).unwrap_or("none");
    match cuts[..] {
        [_, _, _] => Some(String::new()),
        [open, first, second, close] => {
            let parts = [part(open, first), part(first, second), part(second, close)];
            // A slice within a slice isn't looked at: what it is cut from is.
            Some(format!("({}), ({}), ({})", parts[0], parts[1], parts[2]))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_looked_at_before_they_run() {
        for (expression, wanted) in [
            ("a.b", "a.b"),
            (" a.b | upper ", " a.b | upper "),
            (" a == b.c", " __pintle_uses(0, 0, 0, 1, \"a\", 1, \"b.c\") or (a == b.c)"),
            ("a in f(b, c=d) ", "__pintle_uses(0, 0, 0, 1, \"a\", 1, \"b\", 1, \"d\") or (a in f(b, c=d)) "),
            (
                "a is defined and x.y(z) ~ 'a.b'",
                "__pintle_uses(0, 0, 0, 1, \"a\", 1, \"x\", 1, \"z\") or (a is defined and x.y(z) ~ 'a.b')",
            ),
            ("a * 3 * 'xy'", "__pintle_uses(4, 0, 3, 1, \"a\") or (a * 3 * 'xy')"),
            ("x[::-1]", "__pintle_uses(0, 0, 0, 1, \"x\") or (x.__pintle_slice((none), (none), (-1))[::-1])"),
            ("x[1:y]", "__pintle_uses(0, 0, 0, 1, \"x\", 1, \"y\") or (x.__pintle_slice()[1:y])"),
        ] {
            assert_eq!(with(expression, insertions(expression)), wanted);
        }
    }

    #[test]
    fn what_nests_too_deep_is_refused() {
        let n = 10_000;
        for text in [
            "-".repeat(n),
            "not ".repeat(n),
            format!("1{}", "+1".repeat(n)),
            "(".repeat(n),
            "[".repeat(n),
            "{1:".repeat(n),
            format!("a{}", ".b".repeat(n)),
            format!("a{}", "|b".repeat(n)),
            format!("a{}", "[0]".repeat(n)),
            format!("a{}", "()".repeat(n)),
            format!("a{}", " if b else a".repeat(n)),
            format!("{}1{}", "(1+1+1+1+".repeat(60), ")".repeat(60)),
            format!("{}1{}", "f(".repeat(90), ".a.a)".repeat(90)),
        ] {
            assert!(refused(&text).is_some_and(|(what, _)| what.contains("nests too deep")), "{text:.40}");
        }
        assert_eq!(refused(&format!("[{}]", "a + b, ".repeat(n))), None);
        assert_eq!(refused(&format!("a{}", " ~ b".repeat(150))), None);
        for text in ["loop.cycle()", "loop.cycle( )", "a.cycle(*b)", "a . cycle(*b, **c)"] {
            assert!(refused(text).is_some_and(|(what, _)| what.contains("at least one value")), "{text}");
        }
        for text in ["loop.cycle('a')", "loop.cycle(*a, b)", "cycle()", "a.cycles()"] {
            assert_eq!(refused(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text in "[\\PC'\"\\\\\\[\\](){}:.|*a1 é]{0,40}") {
            refused(&text);
            with(&text, insertions(&text));
        }
    }
}
