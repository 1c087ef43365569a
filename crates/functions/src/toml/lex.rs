//! Characters of a TOML text, with the lines that errors name.

use pintle_go::strconv::append_quote_char;
use pintle_go::unicode::is_letter;
use pintle_go::utf8::{RUNE_ERROR, decode, push};

/// An error before it knows which key was read last.
pub(super) struct Fault {
    pub line: usize,
    pub message: String,
}

pub(super) type Lexed<T> = Result<T, Fault>;

/// A value that isn't a container, as written.
pub(super) enum Token {
    Text(Vec<u8>),
    Integer(String),
    Float(String),
    Bool(bool),
    Datetime(String),
    Array,
    InlineTable,
}

pub(super) struct Lexer<'t> {
    input: &'t [u8],
    pub pos: usize,
    pub line: usize,
}

pub(super) fn is_hex(c: char) -> bool {
    c.is_ascii_hexdigit()
}

/// `%q` of a rune.
fn quoted(c: char) -> String {
    let mut out = Vec::new();
    append_quote_char(&mut out, c, false);
    String::from_utf8(out).unwrap_or_default()
}

/// The end of the input, which BurntSushi's lexer shows as a zero.
const EOF: char = '\0';

impl<'t> Lexer<'t> {
    pub fn new(input: &'t [u8]) -> Lexer<'t> {
        Lexer { input, pos: 0, line: 1 }
    }

    pub fn fault<T>(&self, message: impl Into<String>) -> Lexed<T> {
        Err(Fault { line: self.line, message: message.into() })
    }

    /// An error upon having read the end: it belongs to the line that the input ends with.
    fn fault_after_end<T>(&self, c: char, message: impl Into<String>) -> Lexed<T> {
        let after_newline = c == EOF && self.ends_with_newline();
        Err(Fault { line: self.line - usize::from(after_newline), message: message.into() })
    }

    /// An error upon having read a newline: it belongs to the line that the newline ends.
    fn fault_before<T>(&self, message: impl Into<String>) -> Lexed<T> {
        Err(Fault { line: self.line.saturating_sub(1), message: message.into() })
    }

    pub fn peek(&self) -> Lexed<char> {
        let rest = &self.input[self.pos..];
        let (c, width) = decode(rest);
        if width == 0 {
            return Ok(EOF);
        }
        // The lexer counts a line before it looks what else is wrong with the character; only newlines are counted.
        if c == RUNE_ERROR && width == 1 {
            return self.fault(format!("invalid UTF-8 byte: 0x{:02x}", rest[0]));
        }
        let lone_return = c == '\r' && rest.get(1) != Some(&b'\n');
        if lone_return || matches!(c, '\0'..='\u{1f}' | '\u{7f}') && !matches!(c, '\t' | '\r' | '\n') {
            return self.fault(format!("TOML files cannot contain control characters: '0x{:02x}'", c as u32));
        }
        Ok(c)
    }

    pub fn next(&mut self) -> Lexed<char> {
        let c = self.peek()?;
        if c != EOF {
            self.pos += c.len_utf8();
            self.line += usize::from(c == '\n');
        }
        Ok(c)
    }

    fn accept(&mut self, c: char) -> Lexed<bool> {
        let found = self.peek()? == c;
        if found {
            self.next()?;
        }
        Ok(found)
    }

    fn blanks(&mut self) -> Lexed<()> {
        while matches!(self.peek()?, ' ' | '\t') {
            self.next()?;
        }
        Ok(())
    }

    pub fn blanks_and_lines(&mut self) -> Lexed<()> {
        while matches!(self.peek()?, ' ' | '\t' | '\r' | '\n') {
            self.next()?;
        }
        Ok(())
    }

    /// Whether what was read so far ends with a newline.
    pub fn ends_with_newline(&self) -> bool {
        self.pos > 0 && self.input.get(self.pos - 1) == Some(&b'\n')
    }

    pub fn at_end(&self) -> bool {
        self.pos >= self.input.len()
    }

    /// A comment, up to its newline.
    pub fn comment(&mut self) -> Lexed<()> {
        while !matches!(self.peek()?, '\r' | '\n' | EOF) {
            self.next()?;
        }
        Ok(())
    }

    /// What may follow a top-level item on its line.
    pub fn end_of_item(&mut self) -> Lexed<()> {
        self.blanks()?;
        match self.next()? {
            '#' => self.comment(),
            '\r' | '\n' | EOF => Ok(()),
            c => self.fault(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
                quoted(c)
            )),
        }
    }

    /// The parts of a table's name, after its opening brackets; both brackets of an array are closed.
    pub fn table_name(&mut self, array: bool) -> Lexed<Vec<Vec<u8>>> {
        let mut parts = Vec::new();
        loop {
            self.blanks()?;
            match self.peek()? {
                ']' | EOF => return self.fault("unexpected end of table name (table names cannot be empty)"),
                '.' => return self.fault("unexpected table separator (table names cannot be empty)"),
                _ => parts.push(self.name()?),
            }
            self.blanks()?;
            match self.next()? {
                '.' => {}
                ']' => break,
                c => {
                    let why = format!("expected '.' or ']' to end table name, but got {} instead", quoted(c));
                    return self.fault_after_end(c, why);
                }
            }
        }
        if array {
            let c = self.next()?;
            if c != ']' {
                let why = format!("expected end of table array name delimiter ']', but got {} instead", quoted(c));
                return self.fault_after_end(c, why);
            }
        }
        Ok(parts)
    }

    /// The parts of a key, up to and with the equals sign.
    pub fn key(&mut self) -> Lexed<Vec<Vec<u8>>> {
        self.blanks()?;
        match self.peek()? {
            '=' | EOF => return self.fault("unexpected '=': key name appears blank"),
            '.' => return self.fault("unexpected '.': keys cannot start with a '.'"),
            _ => {}
        }
        let mut parts = Vec::new();
        loop {
            self.blanks()?;
            match self.peek()? {
                '=' | EOF => return self.fault("unexpected '='"),
                '.' => return self.fault("unexpected '.'"),
                _ => parts.push(self.name()?),
            }
            self.blanks()?;
            match self.next()? {
                '.' => {}
                '=' => return Ok(parts),
                EOF => return self.fault_after_end(EOF, "unexpected EOF; expected key separator '='"),
                c => {
                    let why = format!("expected '.' or '=', but got {} instead", quoted(c));
                    return if c == '\n' { self.fault_before(why) } else { self.fault(why) };
                }
            }
        }
    }

    /// One part of a key: bare, possibly empty, or quoted.
    fn name(&mut self) -> Lexed<Vec<u8>> {
        match self.peek()? {
            '"' => {
                self.next()?;
                self.basic()
            }
            '\'' => {
                self.next()?;
                self.raw()
            }
            _ => {
                let start = self.pos;
                while matches!(self.peek()?, 'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '-') {
                    self.next()?;
                }
                Ok(self.input[start..self.pos].to_vec())
            }
        }
    }

    /// A value, or the start of a container.
    pub fn value(&mut self) -> Lexed<Token> {
        self.blanks()?;
        let start = self.pos;
        if self.peek()?.is_ascii_digit() {
            return self.number_or_date();
        }
        let c = self.next()?;
        match c {
            '[' => return Ok(Token::Array),
            '{' => return Ok(Token::InlineTable),
            '"' | '\'' => {
                let open = self.pos;
                if self.accept(c)? {
                    if self.accept(c)? {
                        return if c == '"' { self.multiline() } else { self.raw_multiline() }.map(Token::Text);
                    }
                    self.pos = open;
                }
                return if c == '"' { self.basic() } else { self.raw() }.map(Token::Text);
            }
            '.' => return self.fault("floats must start with a digit, not '.'"),
            '-' | '+' => return self.signed(start),
            _ => {}
        }
        let first = matches!(c, 'i' | 'n');
        if first && (self.accept('n')? && self.accept('f')? || self.accept('a')? && self.accept('n')?) {
            return Ok(Token::Float(self.text(start)));
        }
        if is_letter(c) {
            // The lexer goes back by one character only, so that the rest of a false start is what it shows.
            self.pos = if first { self.pos - c.len_utf8() } else { start };
            return self.boolean();
        }
        match c {
            EOF => self.fault_after_end(c, "unexpected EOF; expected value"),
            '\n' => self.fault_before(format!("expected value but found {} instead", quoted(c))),
            _ => self.fault(format!("expected value but found {} instead", quoted(c))),
        }
    }

    fn text(&self, start: usize) -> String {
        String::from_utf8_lossy(&self.input[start..self.pos]).into_owned()
    }

    fn boolean(&mut self) -> Lexed<Token> {
        let start = self.pos;
        while is_letter(self.peek()?) {
            self.next()?;
        }
        match &*self.text(start) {
            "true" => Ok(Token::Bool(true)),
            "false" => Ok(Token::Bool(false)),
            word => {
                let word = pintle_go::strconv::quote(word.as_bytes());
                self.fault(format!("expected value but found {word} instead"))
            }
        }
    }

    fn signed(&mut self, start: usize) -> Lexed<Token> {
        let c = self.next()?;
        match c {
            'i' | 'n' => {
                let [a, b] = if c == 'i' { ['n', 'f'] } else { ['a', 'n'] };
                if !self.accept(a)? || !self.accept(b)? {
                    return self.fault(format!("invalid float: '{}'", self.text(start)));
                }
                return Ok(Token::Float(self.text(start)));
            }
            '0' => {
                let p = self.peek()?;
                if matches!(p, 'b' | 'o' | 'x') {
                    let text = self.text(start);
                    return self.fault(format!("cannot use sign with non-decimal numbers: '{text}{p}'"));
                }
            }
            '.' => return self.fault("floats must start with a digit, not '.'"),
            _ => {}
        }
        if !c.is_ascii_digit() {
            return self.fault_after_end(c, format!("expected a digit but got {}", quoted(c)));
        }
        self.decimal(start)
    }

    fn decimal(&mut self, start: usize) -> Lexed<Token> {
        while self.peek()?.is_ascii_digit() || self.peek()? == '_' {
            self.next()?;
        }
        if matches!(self.peek()?, '.' | 'e' | 'E') {
            return self.float(start);
        }
        Ok(Token::Integer(self.text(start)))
    }

    fn float(&mut self, start: usize) -> Lexed<Token> {
        while matches!(self.peek()?, '0'..='9' | '_' | '.' | '-' | '+' | 'e' | 'E') {
            self.next()?;
        }
        Ok(Token::Float(self.text(start)))
    }

    fn number_or_date(&mut self) -> Lexed<Token> {
        let start = self.pos;
        if self.next()? == '0' {
            let c = self.peek()?;
            let (kind, digit): (_, fn(char) -> bool) = match c {
                'b' => ("a binary", |c| matches!(c, '0' | '1')),
                'o' => ("an octal", |c| matches!(c, '0'..='7')),
                'x' => ("a hexadecimal", is_hex),
                '_' => return self.decimal(start),
                '.' | 'e' | 'E' => return self.float(start),
                '0'..='9' => return self.date_or_decimal(start),
                _ => return Ok(Token::Integer(self.text(start))),
            };
            self.next()?;
            let p = self.peek()?;
            if !digit(p) {
                let text = self.text(start);
                return self.fault(format!("not {kind} number: '{text}{p}'"));
            }
            while digit(self.peek()?) || self.peek()? == '_' {
                self.next()?;
            }
            return Ok(Token::Integer(self.text(start)));
        }
        self.date_or_decimal(start)
    }

    fn date_or_decimal(&mut self, start: usize) -> Lexed<Token> {
        while self.peek()?.is_ascii_digit() {
            self.next()?;
        }
        match self.peek()? {
            '-' | ':' => {
                while matches!(self.peek()?, '0'..='9' | '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+') {
                    self.next()?;
                }
                Ok(Token::Datetime(self.text(start).trim().to_owned()))
            }
            '_' => self.decimal(start),
            '.' | 'e' | 'E' => self.float(start),
            _ => Ok(Token::Integer(self.text(start))),
        }
    }

    /// The inside of a basic string, with its closing quote.
    fn basic(&mut self) -> Lexed<Vec<u8>> {
        let start = self.pos;
        let mut escaped = false;
        loop {
            match self.next()? {
                EOF => return self.fault_after_end(EOF, "unexpected EOF; expected '\"'"),
                '\r' => return self.fault_before("strings cannot contain newlines"),
                '\n' => return self.fault_before("strings cannot contain newlines"),
                '\\' => {
                    escaped = true;
                    self.escape(start)?;
                }
                '"' => {
                    let text = &self.input[start..self.pos - 1];
                    return if escaped { self.unescape(text) } else { Ok(text.to_vec()) };
                }
                _ => {}
            }
        }
    }

    /// The inside of a literal string, with its closing quote.
    fn raw(&mut self) -> Lexed<Vec<u8>> {
        let start = self.pos;
        loop {
            match self.next()? {
                EOF => return self.fault_after_end(EOF, "unexpected EOF; expected \"'\""),
                '\r' | '\n' => return self.fault_before("strings cannot contain newlines"),
                '\'' => return Ok(self.input[start..self.pos - 1].to_vec()),
                _ => {}
            }
        }
    }

    /// Closes a multi-line string upon a quote: its length, if this ends it. Up to two quotes may stand before the end.
    fn triple(&mut self, quote: u8, start: usize) -> Lexed<Option<usize>> {
        let q = char::from(quote);
        let here = self.pos;
        if !self.accept(q)? || !self.accept(q)? {
            self.pos = here;
            return Ok(None);
        }
        if self.peek()? != q {
            return Ok(Some(self.pos - 3 - start));
        }
        let current = &self.input[start..self.pos];
        let escaped = [b"\\".as_slice(), &[quote; 5]].concat();
        if current.ends_with(&[quote; 5]) && (quote == b'\'' || !current.ends_with(&escaped)) {
            let quotes = q.to_string().repeat(6);
            let around = if quote == b'"' { '\'' } else { '"' };
            return self.fault(format!("unexpected {around}{quotes}{around}"));
        }
        self.pos = here;
        Ok(None)
    }

    fn multiline(&mut self) -> Lexed<Vec<u8>> {
        let start = self.pos;
        loop {
            match self.next()? {
                EOF => return self.fault_after_end(EOF, "unexpected EOF; expected '\"\"\"'"),
                '\\' => {
                    if matches!(self.peek()?, '\r' | '\n') {
                        self.next()?;
                    } else {
                        self.escape(start)?;
                    }
                }
                '"' => {
                    if let Some(len) = self.triple(b'"', start)? {
                        let text = without_first_newline(&self.input[start..start + len]);
                        return self.unescape(&without_escaped_newlines(text));
                    }
                }
                _ => {}
            }
        }
    }

    fn raw_multiline(&mut self) -> Lexed<Vec<u8>> {
        let start = self.pos;
        loop {
            match self.next()? {
                EOF => return self.fault_after_end(EOF, "unexpected EOF; expected \"'''\""),
                '\'' => {
                    if let Some(len) = self.triple(b'\'', start)? {
                        return Ok(without_first_newline(&self.input[start..start + len]).to_vec());
                    }
                }
                _ => {}
            }
        }
    }

    /// Checks what follows a backslash in the string that begins at `start`.
    fn escape(&mut self, start: usize) -> Lexed<()> {
        let c = self.next()?;
        let (digits, name) = match c {
            'e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\' => return Ok(()),
            'x' => (2, "two"),
            'u' => (4, "four"),
            'U' => (8, "eight"),
            EOF => return self.fault_before(format!("invalid escape in string '\\{c}'")),
            _ => return self.fault(format!("invalid escape in string '\\{c}'")),
        };
        for _ in 0..digits {
            let d = self.next()?;
            if !is_hex(d) {
                let shown = pintle_go::strconv::quote(&self.input[start..self.pos]);
                let why = format!("expected {name} hexadecimal digits after '\\{c}', but got {shown} instead");
                return self.fault_after_end(d, why);
            }
        }
        Ok(())
    }

    fn unescape(&self, text: &[u8]) -> Lexed<Vec<u8>> {
        let mut out = Vec::with_capacity(text.len());
        let mut i = 0;
        while i < text.len() {
            if text[i] != b'\\' {
                out.push(text[i]);
                i += 1;
                continue;
            }
            let c = text.get(i + 1).copied().unwrap_or(b'\\');
            i += 2;
            let digits = match c {
                b'b' => {
                    out.push(8);
                    continue;
                }
                b'f' => {
                    out.push(12);
                    continue;
                }
                b't' | b'n' | b'r' | b'e' => {
                    let at = b"tnre".iter().position(|b| *b == c).unwrap_or(0);
                    out.push(b"\t\n\r\x1b"[at]);
                    continue;
                }
                b' ' | b'\t' => return self.fault(format!("invalid escape: '\\{}'", char::from(c))),
                b'x' => 2,
                b'u' => 4,
                b'U' => 8,
                _ => {
                    out.push(c);
                    continue;
                }
            };
            let hex = String::from_utf8_lossy(text.get(i..i + digits).unwrap_or_default()).into_owned();
            i += digits;
            match u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32) {
                Some(c) => push(&mut out, c),
                None => return self.fault(format!("Escaped character '\\u{hex}' is not valid UTF-8.")),
            }
        }
        Ok(out)
    }
}

fn without_first_newline(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\n").or(text.strip_prefix(b"\r\n")).unwrap_or(text)
}

/// Drops each backslash that ends a line, with the white space after it.
fn without_escaped_newlines(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut i = 0;
    while i < text.len() {
        if text[i] != b'\\' {
            out.push(text[i]);
            i += 1;
            continue;
        }
        if text.get(i + 1) == Some(&b'\\') {
            out.extend_from_slice(b"\\\\");
            i += 2;
            continue;
        }
        let space = text[i + 1..].iter().take_while(|b| b" \t\r\n".contains(b)).count();
        if text[i + 1..i + 1 + space].contains(&b'\n') {
            i += 1 + space;
        } else {
            out.push(b'\\');
            i += 1;
        }
    }
    out
}
