//! Splits a template into items, as `text/template/parse/lex.go` (Go 1.26) does: text outside `{{ }}`, tokens within.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use pintle_go::strconv::{is_print, quote};
use pintle_go::unicode::{is_digit, is_letter};
use pintle_go::utf8::decode;

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

/// One item: its place and the end of its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub kind: ItemKind,
    pub pos: u32,
    pub end: u32,
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
    paren_depth: i32,
    inside_action: bool,
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// `isAlphaNumeric`
fn is_alphanumeric(c: char) -> bool {
    c == '_' || is_letter(c) || is_digit(c)
}

/// What a byte within an action begins or belongs to.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Class {
    /// ASCII letters and `_`.
    Letter,
    Digit,
    Dot,
    Space,
    Sign,
    Ascii,
    Foreign,
}

const CLASS: [Class; 256] = {
    let mut table = [Class::Foreign; 256];
    let mut i = 0;
    while i < 128 {
        table[i] = match i as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'.' => Class::Dot,
            b' ' | b'\t' | b'\r' | b'\n' => Class::Space,
            b'+' | b'-' => Class::Sign,
            _ => Class::Ascii,
        };
        i += 1;
    }
    table
};

/// Whether a byte is an ASCII letter, a digit or `_`.
fn is_word(b: u8) -> bool {
    CLASS[b as usize] <= Class::Digit
}

fn has_left_trim_marker(s: &[u8]) -> bool {
    s.len() >= 2 && s[0] == b'-' && is_space(s[1])
}

static DEFINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("define"));
static BLOCK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("block"));

/// Whether a text may define templates besides itself: without looking closely, but never no where it does.
pub fn may_define(text: &[u8]) -> bool {
    let begins_action = |at: usize| {
        let before = text[..at].trim_ascii_end();
        before.strip_suffix(b"-").unwrap_or(before).ends_with(LEFT)
    };
    DEFINE.find_iter(text).chain(BLOCK.find_iter(text)).any(begins_action)
}

static DELIM: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(LEFT));

impl<'t> Lexer<'t> {
    pub fn new(text: &'t [u8]) -> Lexer<'t> {
        Lexer { text, input: text, message: String::new(), pos: 0, start: 0, paren_depth: 0, inside_action: false }
    }

    /// The line of a place in the text, 1 for the first.
    pub fn line(&self, pos: u32) -> usize {
        1 + memchr::memchr_iter(b'\n', &self.text[..pos as usize]).count()
    }

    fn rest(&self) -> &'t [u8] {
        &self.input[self.pos..]
    }

    /// The byte that comes next.
    pub fn byte(&self) -> Option<u8> {
        self.input.get(self.pos).copied()
    }

    /// The place of that byte.
    pub fn pos(&self) -> u32 {
        self.pos as u32
    }

    /// Whether space within an action comes next.
    pub fn is_at_space(&self) -> bool {
        self.inside_action && self.byte().is_some_and(is_space)
    }

    /// Passes space within an action without an item for it, but for what belongs to the closing delimiter.
    pub fn pass_space(&mut self) {
        if self.is_at_space() {
            self.skip_spaces_within();
            self.start = self.pos;
        }
    }

    /// Where ASCII words with dots before and between them end that begin at `start`.
    pub fn end_of_words(&self, start: u32) -> u32 {
        let words = &self.text[start as usize..];
        let end = words.iter().position(|b| CLASS[*b as usize] > Class::Dot).unwrap_or(words.len());
        start + end as u32
    }

    /// Passes what is known to be fields up to `end`, if they end there.
    pub fn pass_words(&mut self, end: u32) -> bool {
        let before = self.pos;
        self.pos = end as usize;
        if !self.at_terminator() {
            self.pos = before;
            return false;
        }
        self.start = self.pos;
        true
    }

    fn peek(&self) -> Option<char> {
        match decode(self.rest()) {
            (_, 0) => None,
            (c, _) => Some(c),
        }
    }

    fn next(&mut self) -> Option<char> {
        let (c, n) = decode(self.rest());
        self.pos += n;
        if n == 0 { None } else { Some(c) }
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let ok = self.byte().is_some_and(|b| valid.contains(&b));
        self.pos += usize::from(ok);
        ok
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    fn skip_spaces(&mut self) {
        while self.byte().is_some_and(is_space) {
            self.pos += 1;
        }
    }

    /// Skips spaces of an action. The one before a trim marker belongs to the closing delimiter.
    fn skip_spaces_within(&mut self) {
        self.skip_spaces();
        if self.rest().starts_with(b"-}}") {
            self.pos -= 1;
        }
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
                    at += decode(&bytes[at..]).1;
                }
                if bytes.len() > 10 { format!("{}...", quote(&bytes[..at])) } else { quote(bytes) }
            }
        }
    }

    fn item(&mut self, kind: ItemKind) -> Item {
        let item = Item { kind, pos: self.start as u32, end: self.pos as u32 };
        self.start = self.pos;
        item
    }

    #[cold]
    fn error(&mut self, message: impl Into<String>) -> Item {
        let start = self.start as u32;
        self.message = message.into();
        self.input = &[];
        self.pos = 0;
        self.start = 0;
        self.inside_action = false;
        Item { kind: ItemKind::Error, pos: start, end: start }
    }

    pub fn next_item(&mut self) -> Item {
        if self.inside_action { self.lex_inside_action() } else { self.lex_text() }
    }

    // Apart, because a search with wide registers wants more of a stack than the items within an action.
    #[inline(never)]
    fn lex_text(&mut self) -> Item {
        loop {
            let Some(x) = self.find_delim() else {
                self.pos = self.input.len();
                return self.item(if self.pos > self.start { ItemKind::Text } else { ItemKind::Eof });
            };
            let text_start = self.pos;
            self.pos += x;
            if x > 0 {
                let mut end = self.pos;
                if has_left_trim_marker(&self.input[self.pos + LEFT.len()..]) {
                    while end > text_start && is_space(self.input[end - 1]) {
                        end -= 1;
                    }
                }
                self.start = self.pos;
                if end > text_start {
                    return Item { kind: ItemKind::Text, pos: text_start as u32, end: end as u32 };
                }
            }
            if let Some(item) = self.lex_left_delim() {
                return item;
            }
        }
    }

    /// How far the next `{{` is.
    fn find_delim(&self) -> Option<usize> {
        let rest = self.rest();
        // Most actions stand close together: a look at the next bytes is cheaper than a search.
        if rest.starts_with(LEFT) { Some(0) } else { DELIM.find(rest) }
    }

    /// The delimiter, or nothing after a whole comment.
    fn lex_left_delim(&mut self) -> Option<Item> {
        self.pos += LEFT.len();
        let after_marker = if has_left_trim_marker(self.rest()) { 2 } else { 0 };
        if self.rest()[after_marker..].starts_with(b"/*") {
            self.pos += after_marker;
            self.start = self.pos;
            return self.lex_comment();
        }
        let item = self.item(ItemKind::LeftDelim);
        self.inside_action = true;
        self.pos += after_marker;
        self.start = self.pos;
        self.paren_depth = 0;
        Some(item)
    }

    fn lex_comment(&mut self) -> Option<Item> {
        self.pos += 2;
        let Some(x) = memchr::memmem::find(self.rest(), b"*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.pos += x + 2;
        let (delim, trim) = self.at_right_delim();
        if !delim {
            return Some(self.error("comment ends before closing delimiter"));
        }
        self.pass_right_delim(trim);
        self.start = self.pos;
        None
    }

    /// Whether the closing delimiter comes next, and whether it trims.
    fn at_right_delim(&self) -> (bool, bool) {
        match self.rest() {
            [b'}', b'}', ..] => (true, false),
            [space, b'-', b'}', b'}', ..] if is_space(*space) => (true, true),
            _ => (false, false),
        }
    }

    /// Passes the closing delimiter and the space that it trims.
    fn pass_right_delim(&mut self, trim: bool) {
        self.pos += RIGHT.len();
        if trim {
            self.pos += 2;
            self.skip_spaces();
        }
    }

    fn lex_right_delim(&mut self, trim: bool) -> Item {
        if self.paren_depth > 0 {
            return self.error("unclosed left paren");
        }
        let start = self.pos + if trim { 2 } else { 0 };
        self.pass_right_delim(trim);
        self.start = self.pos;
        self.inside_action = false;
        Item { kind: ItemKind::RightDelim, pos: start as u32, end: (start + RIGHT.len()) as u32 }
    }

    fn lex_inside_action(&mut self) -> Item {
        let Some(b) = self.byte() else { return self.error("unclosed action") };
        match CLASS[b as usize] {
            Class::Letter => return self.lex_identifier(),
            Class::Space => return self.lex_space(),
            Class::Dot if !self.input.get(self.pos + 1).is_some_and(u8::is_ascii_digit) => {
                // A dot at the very end of the input starts a number, as in Go.
                if self.rest().len() == 1 {
                    return self.lex_number();
                }
                self.pos += 1;
                return self.lex_field_or_variable(ItemKind::Field);
            }
            Class::Dot | Class::Sign | Class::Digit => return self.lex_number(),
            Class::Foreign => return self.lex_foreign(),
            Class::Ascii => {}
        }
        if b == b'}' && self.rest().starts_with(RIGHT) {
            return self.lex_right_delim(false);
        }
        self.pos += 1;
        match b {
            b'=' => self.item(ItemKind::Assign),
            b':' => {
                if !self.accept(b"=") {
                    return self.error("expected :=");
                }
                self.item(ItemKind::Declare)
            }
            b'|' => self.item(ItemKind::Pipe),
            b'"' => self.lex_quote(b'"', ItemKind::String, "unterminated quoted string"),
            b'\'' => self.lex_quote(b'\'', ItemKind::CharConstant, "unterminated character constant"),
            b'`' => match memchr::memchr(b'`', self.rest()) {
                Some(n) => {
                    self.pos += n + 1;
                    self.item(ItemKind::RawString)
                }
                None => self.error("unterminated raw quoted string"),
            },
            b'$' => {
                if self.at_terminator() {
                    return self.item(ItemKind::Variable);
                }
                self.lex_field_or_variable(ItemKind::Variable)
            }
            b'(' => {
                self.paren_depth += 1;
                self.item(ItemKind::LeftParen)
            }
            b')' => {
                self.paren_depth -= 1;
                if self.paren_depth < 0 {
                    return self.error("unexpected right paren");
                }
                self.item(ItemKind::RightParen)
            }
            b' '..=b'~' => self.item(ItemKind::Char),
            b => self.error(format!("unrecognized character in action: {}", unicode_name(Some(b as char)))),
        }
    }

    /// A letter that isn't ASCII's begins an identifier too.
    #[inline(never)]
    fn lex_foreign(&mut self) -> Item {
        let c = self.peek();
        if c.is_some_and(is_alphanumeric) {
            return self.lex_identifier();
        }
        self.next();
        self.error(format!("unrecognized character in action: {}", unicode_name(c)))
    }

    fn lex_space(&mut self) -> Item {
        self.skip_spaces_within();
        if self.pos == self.start { self.lex_right_delim(true) } else { self.item(ItemKind::Space) }
    }

    fn take_word(&mut self) {
        let rest = self.rest();
        let n = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
        self.pos += n;
        if rest.get(n).is_none_or(u8::is_ascii) {
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
            return self.bad_character();
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
            return self.bad_character();
        }
        self.item(kind)
    }

    #[cold]
    fn bad_character(&mut self) -> Item {
        let c = self.peek();
        self.error(format!("bad character {}", unicode_name(c)))
    }

    fn at_terminator(&self) -> bool {
        match self.byte() {
            None => true,
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(') => true,
            Some(b'}') => self.input.get(self.pos + 1) == Some(&b'}'),
            Some(_) => false,
        }
    }

    fn lex_quote(&mut self, end: u8, kind: ItemKind, unterminated: &str) -> Item {
        loop {
            let Some(b) = self.byte() else { return self.error(unterminated) };
            self.pos += 1;
            match b {
                b'\n' => return self.error(unterminated),
                b'\\' => {
                    if matches!(self.byte(), None | Some(b'\n')) {
                        return self.error(unterminated);
                    }
                    self.pos += 1;
                }
                b if b == end => return self.item(kind),
                _ => {}
            }
        }
    }

    #[inline(never)]
    fn lex_number(&mut self) -> Item {
        if !self.scan_number() {
            let text = quote(&self.input[self.start..self.pos]);
            return self.error(format!("bad number syntax: {text}"));
        }
        if matches!(self.byte(), Some(b'+' | b'-')) {
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
