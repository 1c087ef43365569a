//! Reading CEL expressions.
//!
//! Takes a text, gives an [`Expr`]. Texts are refused beyond the limits of cel-go (`parser/options.go`), so whatever goes over an
//! expression, its destructor included, may call itself.

use super::functions::unescape;

/// The longest expression, in characters (cel-go's `expressionSizeCodePointLimit`).
const MAX_SIZE: usize = 100_000;
/// How deep expressions may nest, and how high their tree may be (cel-go's `maxRecursionDepth`).
pub const MAX_DEPTH: usize = 250;

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Str(String),
    Bytes(Vec<u8>),
    Ident(String),
    /// `a.b`, with the name as it stands in documents; of `a.?b` the flag is set
    Select(Box<Expr>, String, bool),
    /// `a[b]`; of `a[?b]` the flag is set
    Index(Box<Expr>, Box<Expr>, bool),
    /// `f(…)` or `a.f(…)`
    Call(Option<Box<Expr>>, String, Vec<Expr>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Not(Box<Expr>),
    Neg(Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// All terms of a chain of `&&`, or of `||`: such chains are long.
    Logic(Logic, Vec<Expr>),
    Cond(Box<Expr>, Box<Expr>, Box<Expr>),
}

/// Which operator a chain has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logic {
    And,
    Or,
}

impl Expr {
    /// Whether a variable of this name occurs.
    pub fn mentions(&self, name: &str) -> bool {
        let m = |e: &Expr| e.mentions(name);
        match self {
            Expr::Ident(n) => n == name,
            Expr::Select(e, ..) | Expr::Not(e) | Expr::Neg(e) => m(e),
            Expr::Index(a, b, _) | Expr::Binary(_, a, b) => m(a) || m(b),
            Expr::Call(target, _, args) => target.as_deref().is_some_and(m) || args.iter().any(m),
            Expr::List(items) | Expr::Logic(_, items) => items.iter().any(m),
            Expr::Map(pairs) => pairs.iter().any(|(k, v)| m(k) || m(v)),
            Expr::Cond(a, b, c) => m(a) || m(b) || m(c),
            _ => false,
        }
    }
}

impl Expr {
    /// The type, if the expression alone tells it.
    pub fn static_type(&self) -> Option<&'static str> {
        match self {
            Expr::Null => Some("null_type"),
            Expr::Int(_) => Some("int"),
            Expr::Uint(_) => Some("uint"),
            Expr::Double(_) => Some("double"),
            Expr::Str(_) => Some("string"),
            Expr::Bytes(_) => Some("bytes"),
            Expr::List(_) => Some("list"),
            Expr::Map(_) => Some("map"),
            // A variable of a policy has the type of its own expression.
            Expr::Select(..) | Expr::Index(..) | Expr::Ident(_) if !self.mentions("variables") && !self.mentions("request") => {
                Some("dyn")
            }
            _ => None,
        }
    }

    /// The first unknown name: neither a variable that is given nor one that a macro around it binds.
    pub fn undeclared<'e>(&'e self, variables: &mut Vec<&'e str>) -> Option<&'e str> {
        match self {
            Expr::Ident(name) => {
                let types =
                    ["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type", "dyn", "google"];
                (!variables.contains(&name.as_str()) && !types.contains(&name.as_str())).then_some(name)
            }
            Expr::Select(e, ..) | Expr::Not(e) | Expr::Neg(e) => e.undeclared(variables),
            Expr::Index(a, b, _) | Expr::Binary(_, a, b) => a.undeclared(variables).or_else(|| b.undeclared(variables)),
            Expr::List(items) | Expr::Logic(_, items) => items.iter().find_map(|i| i.undeclared(variables)),
            Expr::Map(pairs) => pairs.iter().find_map(|(k, v)| k.undeclared(variables).or_else(|| v.undeclared(variables))),
            Expr::Cond(a, b, c) => [a, b, c].into_iter().find_map(|e| e.undeclared(variables)),
            Expr::Call(target, name, args) => {
                let modules = [
                    "math",
                    "sets",
                    "ip",
                    "cidr",
                    "format",
                    "optional",
                    "cel",
                    "lists",
                    "base64",
                    "strings",
                    "semver",
                    "kubernetes",
                ];
                if let Some(target) = target
                    && !matches!(&**target, Expr::Ident(m) if modules.contains(&m.as_str()) && !variables.contains(&m.as_str()))
                    && let Some(found) = target.undeclared(variables)
                {
                    return Some(found);
                }
                let binds = target.is_some()
                    && matches!(
                        name.as_str(),
                        "all"
                            | "exists"
                            | "exists_one"
                            | "existsOne"
                            | "map"
                            | "filter"
                            | "bind"
                            | "optMap"
                            | "optFlatMap"
                            | "sortBy"
                            | "transformList"
                            | "transformMap"
                            | "transformMapEntry"
                    );
                let bound =
                    args.iter().take_while(|a| binds && matches!(a, Expr::Ident(_))).count().min(args.len().saturating_sub(1));
                let depth = variables.len();
                variables.extend(args[..bound].iter().filter_map(|a| match a {
                    Expr::Ident(name) => Some(name.as_str()),
                    _ => None,
                }));
                let found = args[bound..].iter().find_map(|a| a.undeclared(variables));
                variables.truncate(depth);
                found
            }
            _ => None,
        }
    }
}

/// Reads an expression.
///
/// Errors: cel-go's, where there is one.
pub fn parse(text: &str) -> Result<Expr, String> {
    let size = text.chars().count();
    if size > MAX_SIZE {
        return Err(format!("expression code point size exceeds limit: size: {size}, limit {MAX_SIZE}"));
    }
    let mut parser = Parser { tokens: lex(text)?, at: 0, depth: 0 };
    let tree = parser.expression()?;
    match parser.tokens.get(parser.at) {
        None => Ok(tree.expr),
        Some(token) => Err(format!("Syntax error: mismatched input {token:?}")),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Ident(String),
    Int(i64),
    Uint(u64),
    Double(f64),
    Str(String),
    Bytes(Vec<u8>),
    Op(&'static str),
}

const OPERATORS: [&str; 25] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", "(", ")", "[", "]", "{", "}", ".", ",",
    ";",
];

fn lex(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, r)| r);
            continue;
        }
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        if let Some(prefix) = string_prefix(rest) {
            let (token, after) = string(rest, prefix)?;
            tokens.push(token);
            rest = after;
        } else if first.is_ascii_digit() || first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
            let (token, after) = number(rest)?;
            tokens.push(token);
            rest = after;
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Token::Ident(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if first == '`' {
            let end = rest[1..].find('`').ok_or("Syntax error: unterminated identifier")?;
            tokens.push(Token::Ident(rest[1..=end].to_owned()));
            rest = &rest[end + 2..];
        } else {
            let op = OPERATORS.iter().find(|op| rest.starts_with(**op));
            let op = op.ok_or_else(|| format!("Syntax error: token recognition error at: '{first}'"))?;
            tokens.push(Token::Op(op));
            rest = &rest[op.len()..];
        }
    }
}

/// The letters before a quote: `r`, `b`, both, or none.
fn string_prefix(text: &str) -> Option<usize> {
    let quote = text.bytes().take(3).position(|b| matches!(b, b'"' | b'\''))?;
    text.bytes().take(quote).all(|b| matches!(b, b'r' | b'R' | b'b' | b'B')).then_some(quote)
}

fn string(text: &str, prefix: usize) -> Result<(Token, &str), String> {
    let flags = text[..prefix].to_ascii_lowercase();
    let body = &text[prefix..];
    let mark = if body.starts_with("\"\"\"") || body.starts_with("'''") { &body[..3] } else { &body[..1] };
    let raw = flags.contains('r');
    let mut out = String::new();
    let mut rest = &body[mark.len()..];
    loop {
        if let Some(after) = rest.strip_prefix(mark) {
            let token = if flags.contains('b') { Token::Bytes(out.into_bytes()) } else { Token::Str(out) };
            return Ok((token, after));
        }
        let mut chars = rest.chars();
        match chars.next() {
            None => return Err("Syntax error: unterminated string".to_owned()),
            Some('\\') if !raw => {
                let escape = chars.next().unwrap_or_default();
                let after = chars.as_str();
                let (c, after) = escaped(escape, after).ok_or("Syntax error: invalid escape sequence")?;
                out.push(c);
                rest = after;
            }
            Some(c) => {
                out.push(c);
                rest = chars.as_str();
            }
        }
    }
}

fn escaped(escape: char, rest: &str) -> Option<(char, &str)> {
    let plain = match escape {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        '\\' | '\'' | '"' | '`' | '?' => escape,
        'x' | 'X' => return code(rest, 2),
        'u' => return code(rest, 4),
        'U' => return code(rest, 8),
        _ => return None,
    };
    Some((plain, rest))
}

fn code(rest: &str, digits: usize) -> Option<(char, &str)> {
    let hex = rest.get(..digits)?;
    Some((char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, &rest[digits..]))
}

fn number(text: &str) -> Result<(Token, &str), String> {
    let bad = || format!("Syntax error: bad number in {}", text.chars().take(40).collect::<String>());
    if let Some(hex) = text.strip_prefix("0x") {
        let end = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
        let value = u64::from_str_radix(&hex[..end], 16).map_err(|_| bad())?;
        return Ok(match hex[end..].strip_prefix(['u', 'U']) {
            Some(rest) => (Token::Uint(value), rest),
            None => (Token::Int(value as i64), &hex[end..]),
        });
    }
    let digits = |from: usize| text[from..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |n| from + n);
    let mut end = digits(0);
    let mut is_double = false;
    if text[end..].starts_with('.') && text[end + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        is_double = true;
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        is_double = true;
        end = digits(end + 1 + sign);
    }
    if is_double {
        return Ok((Token::Double(text[..end].parse().map_err(|_| bad())?), &text[end..]));
    }
    match text[end..].strip_prefix(['u', 'U']) {
        Some(rest) => Ok((Token::Uint(text[..end].parse().map_err(|_| bad())?), rest)),
        None => Ok((Token::Int(text[..end].parse().map_err(|_| bad())?), &text[end..])),
    }
}

/// An expression and the height of its tree.
struct Tree {
    expr: Expr,
    height: usize,
}

/// An expression over others, of which the highest has this height.
///
/// Errors: it is too high.
fn over(height: usize, expr: Expr) -> Result<Tree, String> {
    if height >= MAX_DEPTH { Err(too_deep()) } else { Ok(Tree { expr, height: height + 1 }) }
}

fn too_deep() -> String {
    format!("expression recursion limit exceeded: {MAX_DEPTH}")
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// The operators of two operands with their levels, from the loosest.
fn level(token: Option<&Token>) -> Option<(usize, &'static str)> {
    match token? {
        Token::Op(op @ "||") => Some((0, op)),
        Token::Op(op @ "&&") => Some((1, op)),
        Token::Op(op @ ("<=" | ">=" | "==" | "!=" | "<" | ">")) => Some((2, op)),
        Token::Ident(name) if name == "in" => Some((2, "in")),
        Token::Op(op @ ("+" | "-")) => Some((3, op)),
        Token::Op(op @ ("*" | "/" | "%")) => Some((4, op)),
        _ => None,
    }
}

impl Parser {
    fn eat(&mut self, op: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Op(o)) if *o == op);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, op: &str) -> Result<(), String> {
        if self.eat(op) { Ok(()) } else { Err(format!("Syntax error: missing '{op}' at {}", self.here())) }
    }

    fn here(&self) -> String {
        self.tokens.get(self.at).map_or("'<EOF>'".to_owned(), |t| format!("{t:?}"))
    }

    fn expression(&mut self) -> Result<Tree, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let mut tree = self.binary(0)?;
        if self.eat("?") {
            let then = self.binary(0)?;
            self.expect(":")?;
            let otherwise = self.expression()?;
            let height = tree.height.max(then.height).max(otherwise.height);
            tree = over(height, Expr::Cond(Box::new(tree.expr), Box::new(then.expr), Box::new(otherwise.expr)))?;
        }
        self.depth -= 1;
        Ok(tree)
    }

    /// Operators of this level and of tighter ones: all associate to the left.
    fn binary(&mut self, loosest: usize) -> Result<Tree, String> {
        let mut left = self.unary()?;
        while let Some((level, op)) = level(self.tokens.get(self.at)).filter(|(level, _)| *level >= loosest) {
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = joined(op, left, right)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Tree, String> {
        // Two of a kind cancel each other, as in cel-go.
        let mut is_odd = |op: &str| {
            let mut odd = false;
            while self.eat(op) {
                odd = !odd;
            }
            odd
        };
        let (not, minus) = (is_odd("!"), is_odd("-"));
        let mut tree = self.member()?;
        if minus {
            tree = over(tree.height, Expr::Neg(Box::new(tree.expr)))?;
        }
        if not {
            tree = over(tree.height, Expr::Not(Box::new(tree.expr)))?;
        }
        Ok(tree)
    }

    fn member(&mut self) -> Result<Tree, String> {
        let mut tree = self.primary()?;
        loop {
            if self.eat(".") {
                let optional = self.eat("?");
                let Some(Token::Ident(name)) = self.tokens.get(self.at).cloned() else {
                    return Err(format!("Syntax error: no viable alternative at {}", self.here()));
                };
                self.at += 1;
                if self.eat("(") {
                    let (args, height) = self.list(")")?;
                    tree = over(height.max(tree.height), Expr::Call(Some(Box::new(tree.expr)), name, args))?;
                } else {
                    let name = unescape(&name).into_owned();
                    tree = over(tree.height, Expr::Select(Box::new(tree.expr), name, optional))?;
                }
            } else if self.eat("[") {
                let optional = self.eat("?");
                let index = self.expression()?;
                self.expect("]")?;
                let height = tree.height.max(index.height);
                tree = over(height, Expr::Index(Box::new(tree.expr), Box::new(index.expr), optional))?;
            } else {
                return Ok(tree);
            }
        }
    }

    /// The expressions up to a bracket, and the height of the highest.
    fn list(&mut self, end: &str) -> Result<(Vec<Expr>, usize), String> {
        let (mut items, mut height) = (Vec::new(), 0);
        while !self.eat(end) {
            if !items.is_empty() {
                self.expect(",")?;
                if self.eat(end) {
                    break;
                }
            }
            let item = self.expression()?;
            height = height.max(item.height);
            items.push(item.expr);
        }
        Ok((items, height))
    }

    fn primary(&mut self) -> Result<Tree, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("Syntax error: unexpected end of the expression")?;
        self.at += 1;
        let expr = match token {
            Token::Int(i) => Expr::Int(i),
            Token::Uint(u) => Expr::Uint(u),
            Token::Double(d) => Expr::Double(d),
            Token::Str(s) => Expr::Str(s),
            Token::Bytes(b) => Expr::Bytes(b),
            Token::Ident(name) => match name.as_str() {
                "true" => Expr::Bool(true),
                "false" => Expr::Bool(false),
                "null" => Expr::Null,
                "in" => return Err("Syntax error: reserved identifier: in".to_owned()),
                _ if self.eat("(") => {
                    let (args, height) = self.list(")")?;
                    return over(height, Expr::Call(None, name, args));
                }
                _ => Expr::Ident(name),
            },
            Token::Op("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Op("[") => {
                let (items, height) = self.list("]")?;
                return over(height, Expr::List(items));
            }
            Token::Op("{") => return self.map(),
            Token::Op(op) => return Err(format!("Syntax error: extraneous input '{op}'")),
        };
        Ok(Tree { expr, height: 1 })
    }

    fn map(&mut self) -> Result<Tree, String> {
        let (mut pairs, mut height) = (Vec::new(), 0);
        while !self.eat("}") {
            if !pairs.is_empty() {
                self.expect(",")?;
            }
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            height = height.max(key.height).max(value.height);
            pairs.push((key.expr, value.expr));
        }
        over(height, Expr::Map(pairs))
    }
}

/// Two operands under an operator; a chain of `&&` or `||` takes one more.
fn joined(op: &'static str, left: Tree, right: Tree) -> Result<Tree, String> {
    let logic = match op {
        "&&" => Logic::And,
        "||" => Logic::Or,
        _ => {
            let height = left.height.max(right.height);
            return over(height, Expr::Binary(op, Box::new(left.expr), Box::new(right.expr)));
        }
    };
    match left {
        Tree { expr: Expr::Logic(of, mut terms), height } if of == logic => {
            terms.push(right.expr);
            over(right.height.max(height - 1), Expr::Logic(logic, terms))
        }
        left => over(left.height.max(right.height), Expr::Logic(logic, vec![left.expr, right.expr])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse(text).expect_err(&text.chars().take(60).collect::<String>())
    }

    #[test]
    fn what_nests_too_deep_is_refused() {
        let n = 16_000;
        for text in [
            "(".repeat(n),
            "[".repeat(n),
            "{1:".repeat(n),
            "f(".repeat(n),
            "a[".repeat(n),
            format!("1{}", "+1".repeat(n)),
            format!("1{}", " in x".repeat(n)),
            format!("a{}", ".b".repeat(n)),
            format!("a{}", ".b()".repeat(n)),
            format!("a{}", "[0]".repeat(n)),
            format!("{}1", "true?1:".repeat(n / 2)),
            format!("{}1{}", "!(".repeat(300), ")".repeat(300)),
            // Neither the brackets nor the chains are long, but all together are high.
            format!("{}a{}", "(".repeat(100), format!("{})", ".b".repeat(5)).repeat(100)),
            format!("{}a{}", "(".repeat(200), " && a || a)".repeat(200)),
        ] {
            assert_eq!(refused(&text), "expression recursion limit exceeded: 250", "{text:.60}");
        }
        assert_eq!(refused(&"é".repeat(100_001)), "expression code point size exceeds limit: size: 100001, limit 100000");
    }

    #[test]
    fn chains_of_and_and_or_are_flat() {
        for op in ["&&", "||"] {
            let text = format!("a{}", format!(" {op} a").repeat(10_000));
            assert!(matches!(parse(&text), Ok(Expr::Logic(_, terms)) if terms.len() == 10_001), "{op}");
        }
        assert!(matches!(parse(&format!("{}a", "!".repeat(50_001))), Ok(Expr::Not(_))));
        assert!(matches!(parse(&format!("{}a", "-".repeat(50_000))), Ok(Expr::Ident(_))));
    }

    #[test]
    fn levels_bind_as_in_cel() {
        for (text, wanted) in [
            ("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"),
            ("a && b || c && !d", "||(&&(a, b), &&(c, !d))"),
            ("a == b in c ? -x.y[1] : f(z)", "(((a == b) in c) ? -x.y[1] : f(z))"),
            ("a && (b && c) && d", "&&(a, &&(b, c), d)"),
        ] {
            assert_eq!(shown(&parse(text).unwrap()), wanted);
        }
    }

    fn shown(expr: &Expr) -> String {
        let many = |items: &[Expr]| items.iter().map(shown).collect::<Vec<_>>().join(", ");
        match expr {
            Expr::Int(i) => i.to_string(),
            Expr::Ident(name) => name.clone(),
            Expr::Select(e, name, _) => format!("{}.{name}", shown(e)),
            Expr::Index(e, i, _) => format!("{}[{}]", shown(e), shown(i)),
            Expr::Call(None, name, args) => format!("{name}({})", many(args)),
            Expr::Not(e) => format!("!{}", shown(e)),
            Expr::Neg(e) => format!("-{}", shown(e)),
            Expr::Binary(op, a, b) => format!("({} {op} {})", shown(a), shown(b)),
            Expr::Logic(Logic::And, terms) => format!("&&({})", many(terms)),
            Expr::Logic(Logic::Or, terms) => format!("||({})", many(terms)),
            Expr::Cond(a, b, c) => format!("({} ? {} : {})", shown(a), shown(b), shown(c)),
            other => format!("{other:?}"),
        }
    }
}
