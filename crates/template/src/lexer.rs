//! Splits a template into items, as `text/template/parse/lex.go` (Go 1.26) does: text outside `{{ }}`, tokens within.

use pintle_value::quote::{decode_char, is_print, quote};

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    // Keywords: `is_keyword` counts on their order.
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl ItemKind {
    fn is_keyword(self) -> bool {
        self as u8 >= ItemKind::Block as u8
    }
}

/// One item: its place, the end of its text, the line it starts on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub kind: ItemKind,
    pub pos: u32,
    pub end: u32,
    pub line: u32,
}

const LEFT: &[u8] = b"{{";
const RIGHT: &[u8] = b"}}";

pub(crate) struct Lexer<'t> {
    /// The whole text.
    text: &'t [u8],
    /// What is still to be read: all of the text, or nothing after an error.
    input: &'t [u8],
    /// What the item of kind `Error` says.
    message: String,
    pos: usize,
    start: usize,
    line: usize,
    start_line: usize,
    paren_depth: i32,
    inside_action: bool,
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_alphanumeric(c: char) -> bool {
    if c.is_ascii() {
        return WORD[c as usize];
    }
    c == '_' || c.is_alphabetic() && !is_mark(c) || c.is_numeric() && is_digit(c)
}

/// Alphabetic to Rust, but not a letter (category L) to Go: combining vowel signs and letter numbers.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && !c.is_lowercase() && !c.is_uppercase() && {
        // Marks attach to what precedes them, which Debug shows by escaping them when they stand alone.
        c.escape_debug().len() > 1
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
        || !c.is_ascii()
            && c.is_numeric()
            && !c.is_alphabetic()
            && !matches!(c, '\u{b2}'..='\u{be}' | '\u{2070}'..='\u{218b}' | '\u{2460}'..='\u{2793}' | '\u{3192}'..='\u{32bf}')
}

/// ASCII letters, digits and `_`.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 128 {
        table[i] = (i as u8).is_ascii_alphanumeric() || i as u8 == b'_';
        i += 1;
    }
    table
};

fn count_lines(s: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', s).count()
}

fn has_left_trim_marker(s: &[u8]) -> bool {
    s.len() >= 2 && s[0] == b'-' && is_space(s[1])
}

fn has_right_trim_marker(s: &[u8]) -> bool {
    s.len() >= 2 && is_space(s[0]) && s[1] == b'-'
}

fn find(haystack: &[u8], needle: &[u8; 2]) -> Option<usize> {
    let mut from = 0;
    while let Some(i) = memchr::memchr(needle[0], &haystack[from..]) {
        if haystack.get(from + i + 1) == Some(&needle[1]) {
            return Some(from + i);
        }
        from += i + 1;
    }
    None
}

impl<'t> Lexer<'t> {
    pub fn new(input: &'t [u8]) -> Lexer<'t> {
        Lexer {
            text: input,
            input,
            message: String::new(),
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            paren_depth: 0,
            inside_action: false,
        }
    }

    fn rest(&self) -> &'t [u8] {
        &self.input[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        if let Some(b) = self.rest().first().filter(|b| b.is_ascii()) {
            return Some(*b as char);
        }
        match decode_char(self.rest()) {
            (_, 0) => None,
            (c, _) => Some(c.unwrap_or('\u{fffd}')),
        }
    }

    fn next(&mut self) -> Option<char> {
        if let Some(b) = self.input.get(self.pos).filter(|b| b.is_ascii()) {
            self.pos += 1;
            self.line += usize::from(*b == b'\n');
            return Some(*b as char);
        }
        let (c, n) = decode_char(self.rest());
        if n == 0 {
            return None;
        }
        self.pos += n;
        if c == Some('\n') {
            self.line += 1;
        }
        Some(c.unwrap_or('\u{fffd}'))
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let ok = self.rest().first().is_some_and(|b| valid.contains(b));
        self.pos += usize::from(ok);
        ok
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    /// The text of an item.
    pub fn text(&self, item: Item) -> &'t [u8] {
        self.text.get(item.pos as usize..item.end as usize).unwrap_or(b"")
    }

    /// An item as parse errors name it (`item.String`).
    pub fn describe(&self, item: Item) -> String {
        let bytes = self.text(item);
        match item.kind {
            ItemKind::Eof => "EOF".into(),
            ItemKind::Error => self.message.clone(),
            k if k.is_keyword() => format!("<{}>", String::from_utf8_lossy(bytes)),
            _ => {
                // Go counts bytes to decide and characters to cut.
                let mut at = 0;
                for _ in 0..10 {
                    at += decode_char(&bytes[at..]).1;
                }
                if bytes.len() > 10 { format!("{}...", quote(&bytes[..at])) } else { quote(bytes) }
            }
        }
    }

    fn item(&mut self, kind: ItemKind) -> Item {
        let item = Item { kind, pos: self.start as u32, end: self.pos as u32, line: self.start_line as u32 };
        self.start = self.pos;
        self.start_line = self.line;
        item
    }

    fn ignore(&mut self) {
        self.line += count_lines(&self.input[self.start..self.pos]);
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn error(&mut self, message: impl Into<String>) -> Item {
        let start = self.start as u32;
        let item = Item { kind: ItemKind::Error, pos: start, end: start, line: self.start_line as u32 };
        self.message = message.into();
        self.input = &[];
        self.pos = 0;
        self.start = 0;
        self.inside_action = false;
        item
    }

    pub fn next_item(&mut self) -> Item {
        if self.inside_action { self.lex_inside_action() } else { self.lex_text() }
    }

    fn lex_text(&mut self) -> Item {
        loop {
            let Some(x) = find(self.rest(), b"{{") else {
                self.pos = self.input.len();
                if self.pos > self.start {
                    self.line += count_lines(&self.input[self.start..self.pos]);
                    return self.item(ItemKind::Text);
                }
                return self.item(ItemKind::Eof);
            };
            if x > 0 {
                self.pos += x;
                let mut trim = 0;
                if has_left_trim_marker(&self.input[self.pos + LEFT.len()..]) {
                    trim = self.input[self.start..self.pos].iter().rev().take_while(|b| is_space(**b)).count();
                }
                self.pos -= trim;
                self.line += count_lines(&self.input[self.start..self.pos]);
                let item = self.item(ItemKind::Text);
                self.pos += trim;
                self.ignore();
                if item.end > item.pos {
                    return item;
                }
            }
            match self.lex_left_delim() {
                Some(item) => return item,
                None => continue,
            }
        }
    }

    /// The delimiter, or nothing after a whole comment.
    fn lex_left_delim(&mut self) -> Option<Item> {
        self.pos += LEFT.len();
        let after_marker = if has_left_trim_marker(self.rest()) { 2 } else { 0 };
        if self.rest()[after_marker..].starts_with(b"/*") {
            self.pos += after_marker;
            self.ignore();
            return self.lex_comment();
        }
        let item = self.item(ItemKind::LeftDelim);
        self.inside_action = true;
        self.pos += after_marker;
        self.ignore();
        self.paren_depth = 0;
        Some(item)
    }

    fn lex_comment(&mut self) -> Option<Item> {
        self.pos += 2;
        let Some(x) = find(self.rest(), b"*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.pos += x + 2;
        let (delim, trim) = self.at_right_delim();
        if !delim {
            return Some(self.error("comment ends before closing delimiter"));
        }
        self.line += count_lines(&self.input[self.start..self.pos]);
        self.start = self.pos;
        if trim {
            self.pos += 2;
        }
        self.pos += RIGHT.len();
        if trim {
            self.pos += self.rest().iter().take_while(|b| is_space(**b)).count();
        }
        self.ignore();
        None
    }

    fn at_right_delim(&self) -> (bool, bool) {
        let rest = self.rest();
        if has_right_trim_marker(rest) && rest[2..].starts_with(RIGHT) {
            return (true, true);
        }
        (rest.starts_with(RIGHT), false)
    }

    fn lex_right_delim(&mut self) -> Item {
        let (_, trim) = self.at_right_delim();
        if trim {
            self.pos += 2;
            self.ignore();
        }
        self.pos += RIGHT.len();
        let item = self.item(ItemKind::RightDelim);
        if trim {
            self.pos += self.rest().iter().take_while(|b| is_space(**b)).count();
            self.ignore();
        }
        self.inside_action = false;
        item
    }

    fn lex_inside_action(&mut self) -> Item {
        if self.at_right_delim().0 {
            if self.paren_depth == 0 {
                return self.lex_right_delim();
            }
            return self.error("unclosed left paren");
        }
        let Some(c) = self.peek() else {
            return self.error("unclosed action");
        };
        if c.is_ascii() && is_space(c as u8) {
            return self.lex_space();
        }
        match c {
            '.' if !self.rest().get(1).is_some_and(u8::is_ascii_digit) => {
                // A dot at the very end of the input starts a number, as in Go.
                if self.rest().len() == 1 {
                    return self.lex_number();
                }
                self.pos += 1;
                return self.lex_field_or_variable(ItemKind::Field);
            }
            '.' | '+' | '-' | '0'..='9' => return self.lex_number(),
            c if is_alphanumeric(c) => return self.lex_identifier(),
            _ => {}
        }
        self.next();
        match c {
            '=' => self.item(ItemKind::Assign),
            ':' => {
                if self.next() != Some('=') {
                    return self.error("expected :=");
                }
                self.item(ItemKind::Declare)
            }
            '|' => self.item(ItemKind::Pipe),
            '"' => self.lex_quote(b'"', ItemKind::String, "unterminated quoted string"),
            '\'' => self.lex_quote(b'\'', ItemKind::CharConstant, "unterminated character constant"),
            '`' => {
                while let Some(c) = self.next() {
                    if c == '`' {
                        return self.item(ItemKind::RawString);
                    }
                }
                self.error("unterminated raw quoted string")
            }
            '$' => {
                if self.at_terminator() {
                    return self.item(ItemKind::Variable);
                }
                self.lex_field_or_variable(ItemKind::Variable)
            }
            '(' => {
                self.paren_depth += 1;
                self.item(ItemKind::LeftParen)
            }
            ')' => {
                self.paren_depth -= 1;
                if self.paren_depth < 0 {
                    return self.error("unexpected right paren");
                }
                self.item(ItemKind::RightParen)
            }
            c if (' '..='~').contains(&c) => self.item(ItemKind::Char),
            c => self.error(format!("unrecognized character in action: {}", unicode_name(Some(c)))),
        }
    }

    fn lex_space(&mut self) -> Item {
        let spaces = self.rest().iter().take_while(|b| is_space(**b)).count();
        self.line += count_lines(&self.rest()[..spaces]);
        self.pos += spaces;
        // The space before a trim marker belongs to the closing delimiter.
        let before = &self.input[self.pos - 1..];
        if has_right_trim_marker(before) && before[2..].starts_with(RIGHT) {
            self.pos -= 1;
            if self.input[self.pos] == b'\n' {
                self.line -= 1;
            }
            if spaces == 1 {
                return self.lex_right_delim();
            }
        }
        self.item(ItemKind::Space)
    }

    fn take_word(&mut self) {
        self.pos += self.rest().iter().take_while(|b| WORD[**b as usize]).count();
        if self.rest().first().is_none_or(u8::is_ascii) {
            return;
        }
        while let Some(c) = self.peek() {
            if !is_alphanumeric(c) {
                break;
            }
            self.pos += c.len_utf8();
        }
    }

    fn lex_identifier(&mut self) -> Item {
        self.take_word();
        if !self.at_terminator() {
            let c = self.peek();
            return self.error(format!("bad character {}", unicode_name(c)));
        }
        let kind = match &self.input[self.start..self.pos] {
            b"block" => ItemKind::Block,
            b"break" => ItemKind::Break,
            b"continue" => ItemKind::Continue,
            b"define" => ItemKind::Define,
            b"else" => ItemKind::Else,
            b"end" => ItemKind::End,
            b"if" => ItemKind::If,
            b"nil" => ItemKind::Nil,
            b"range" => ItemKind::Range,
            b"template" => ItemKind::Template,
            b"with" => ItemKind::With,
            b"true" | b"false" => ItemKind::Bool,
            _ => ItemKind::Identifier,
        };
        self.item(kind)
    }

    fn lex_field_or_variable(&mut self, kind: ItemKind) -> Item {
        if self.at_terminator() {
            return self.item(if kind == ItemKind::Variable { kind } else { ItemKind::Dot });
        }
        self.take_word();
        if !self.at_terminator() {
            let c = self.peek();
            return self.error(format!("bad character {}", unicode_name(c)));
        }
        self.item(kind)
    }

    fn at_terminator(&self) -> bool {
        match self.rest().first() {
            None => true,
            Some(b) => is_space(*b) || matches!(b, b'.' | b',' | b'|' | b':' | b')' | b'(') || self.rest().starts_with(RIGHT),
        }
    }

    fn lex_quote(&mut self, end: u8, kind: ItemKind, unterminated: &str) -> Item {
        loop {
            match self.next() {
                None | Some('\n') => return self.error(unterminated),
                Some('\\') => {
                    if matches!(self.next(), None | Some('\n')) {
                        return self.error(unterminated);
                    }
                }
                Some(c) if c == end as char => return self.item(kind),
                Some(_) => {}
            }
        }
    }

    fn lex_number(&mut self) -> Item {
        if !self.scan_number() {
            let text = quote(&self.input[self.start..self.pos]);
            return self.error(format!("bad number syntax: {text}"));
        }
        if matches!(self.rest().first(), Some(b'+' | b'-')) {
            if !self.scan_number() || self.input[self.pos - 1] != b'i' {
                let text = quote(&self.input[self.start..self.pos]);
                return self.error(format!("bad number syntax: {text}"));
            }
            return self.item(ItemKind::Complex);
        }
        self.item(ItemKind::Number)
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let (mut decimal, mut hex) = (true, false);
        let mut digits: &[u8] = b"0123456789_";
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = b"0123456789abcdefABCDEF_";
                (decimal, hex) = (false, true);
            } else if self.accept(b"oO") {
                digits = b"01234567_";
                decimal = false;
            } else if self.accept(b"bB") {
                digits = b"01_";
                decimal = false;
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if decimal && self.accept(b"eE") || hex && self.accept(b"pP") {
            self.accept(b"+-");
            self.accept_run(b"0123456789_");
        }
        self.accept(b"i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}

/// `%#U`; the end of the input is U+FFFFFFFFFFFFFFFF, as Go's eof of -1 prints.
fn unicode_name(c: Option<char>) -> String {
    match c {
        None => "U+FFFFFFFFFFFFFFFF".into(),
        Some(c) if is_print(c) => format!("U+{:04X} '{c}'", c as u32),
        Some(c) => format!("U+{:04X}", c as u32),
    }
}
