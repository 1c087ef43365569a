//! Reading CEL expressions.

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
    /// `a.b`; of `a.?b` the flag is set
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
    Cond(Box<Expr>, Box<Expr>, Box<Expr>),
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
            Expr::List(items) => items.iter().any(m),
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

    /// The first name that is no variable: neither given nor bound by a macro around it.
    pub fn undeclared<'e>(&'e self, variables: &mut Vec<&'e str>) -> Option<&'e str> {
        match self {
            Expr::Ident(name) => {
                let types =
                    ["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type", "dyn", "google"];
                (!variables.contains(&name.as_str()) && !types.contains(&name.as_str())).then_some(name)
            }
            Expr::Select(e, ..) | Expr::Not(e) | Expr::Neg(e) => e.undeclared(variables),
            Expr::Index(a, b, _) | Expr::Binary(_, a, b) => a.undeclared(variables).or_else(|| b.undeclared(variables)),
            Expr::List(items) => items.iter().find_map(|i| i.undeclared(variables)),
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
pub fn parse(text: &str) -> Result<Expr, String> {
    let tokens = lex(text)?;
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let expr = parser.expression()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
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
    let quote = text.find(['"', '\'']).filter(|at| *at <= 2)?;
    text[..quote].chars().all(|c| matches!(c, 'r' | 'R' | 'b' | 'B')).then_some(quote)
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
                let (c, after) = unescape(escape, after).ok_or("Syntax error: invalid escape sequence")?;
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

fn unescape(escape: char, rest: &str) -> Option<(char, &str)> {
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
    let bad = || format!("Syntax error: bad number in {text}");
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

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

const MAX_DEPTH: usize = 100;

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

    fn expression(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("expression recursion limit exceeded".to_owned());
        }
        let condition = self.binary(0)?;
        let expr = if self.eat("?") {
            let then = self.binary(0)?;
            self.expect(":")?;
            Expr::Cond(Box::new(condition), Box::new(then), Box::new(self.expression()?))
        } else {
            condition
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn binary(&mut self, level: usize) -> Result<Expr, String> {
        const LEVELS: [&[&str]; 5] = [&["||"], &["&&"], &["<=", ">=", "==", "!=", "<", ">"], &["+", "-"], &["*", "/", "%"]];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        loop {
            let found = match self.tokens.get(self.at) {
                Some(Token::Op(op)) => operators.iter().find(|o| *o == op),
                Some(Token::Ident(name)) if level == 2 && name == "in" => Some(&"in"),
                _ => None,
            };
            let Some(op) = found else { return Ok(left) };
            self.at += 1;
            left = Expr::Binary(op, Box::new(left), Box::new(self.binary(level + 1)?));
        }
    }

    fn unary(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("expression recursion limit exceeded".to_owned());
        }
        let expr = if self.eat("!") {
            Expr::Not(Box::new(self.unary()?))
        } else if self.eat("-") {
            Expr::Neg(Box::new(self.unary()?))
        } else {
            self.member()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn member(&mut self) -> Result<Expr, String> {
        let mut expr = self.primary()?;
        loop {
            if self.eat(".") {
                let optional = self.eat("?");
                let Some(Token::Ident(name)) = self.tokens.get(self.at).cloned() else {
                    return Err(format!("Syntax error: no viable alternative at {}", self.here()));
                };
                self.at += 1;
                if self.eat("(") {
                    let args = self.list(")")?;
                    expr = Expr::Call(Some(Box::new(expr)), name, args);
                } else {
                    expr = Expr::Select(Box::new(expr), name, optional);
                }
            } else if self.eat("[") {
                let optional = self.eat("?");
                let index = self.expression()?;
                self.expect("]")?;
                expr = Expr::Index(Box::new(expr), Box::new(index), optional);
            } else {
                return Ok(expr);
            }
        }
    }

    fn list(&mut self, end: &str) -> Result<Vec<Expr>, String> {
        let mut items = Vec::new();
        while !self.eat(end) {
            if !items.is_empty() {
                self.expect(",")?;
                if self.eat(end) {
                    break;
                }
            }
            items.push(self.expression()?);
        }
        Ok(items)
    }

    fn primary(&mut self) -> Result<Expr, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("Syntax error: unexpected end of the expression")?;
        self.at += 1;
        Ok(match token {
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
                _ if self.eat("(") => Expr::Call(None, name, self.list(")")?),
                _ => Expr::Ident(name),
            },
            Token::Op("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                inner
            }
            Token::Op("[") => Expr::List(self.list("]")?),
            Token::Op("{") => {
                let mut pairs = Vec::new();
                while !self.eat("}") {
                    if !pairs.is_empty() {
                        self.expect(",")?;
                    }
                    let key = self.expression()?;
                    self.expect(":")?;
                    pairs.push((key, self.expression()?));
                }
                Expr::Map(pairs)
            }
            Token::Op(op) => return Err(format!("Syntax error: extraneous input '{op}'")),
        })
    }
}
