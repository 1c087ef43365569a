//! Characters: indentation, indicators and the five styles of scalars (emitterc.go, `yaml_emitter_write_*`).

use super::analyze::{Facts, is_break, printable};
use super::{Dialect, Emitter, Want};

/// Behind this column v2 breaks a line at the next space; v3 never does (apic.go, `best_width`).
const WIDTH: usize = 80;

impl Emitter {
    fn too_wide(&self) -> bool {
        self.column > WIDTH && self.dialect != Dialect::V3
    }

    pub(super) fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.indention = true;
    }

    /// Writes a line break that stands in a text: a line feed, or one of the others as it is.
    fn write_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
        self.indention = true;
    }

    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.max(0) as usize;
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    pub(super) fn write_indicator(&mut self, text: &str, needs_space: bool, is_space: bool, is_indention: bool) {
        if needs_space && !self.whitespace {
            self.put(' ');
        }
        self.out.push_str(text);
        self.column += text.len();
        self.whitespace = is_space;
        self.indention &= is_indention;
    }

    /// Writes a scalar in the wanted style, or in the nearest one that its text allows.
    pub(super) fn scalar(&mut self, text: &str, want: Want, facts: Facts, binary: bool) {
        if binary {
            self.write_indicator("!!binary", true, false, false);
        }
        let outer = self.indent;
        self.indent = outer.max(0) + 2;
        let key = self.in_simple_key;
        match want {
            Want::Plain if facts.plain && !(key && text.is_empty()) => self.write_plain(text, !key),
            Want::Plain if facts.single_quoted && !(key && facts.multiline) => self.write_single_quoted(text, !key),
            Want::Literal if facts.block && !key => self.write_literal(text),
            _ => self.write_double_quoted(text, !key),
        }
        self.indent = outer;
    }

    fn write_plain(&mut self, text: &str, may_break: bool) {
        if !self.whitespace {
            self.put(' ');
        }
        if text.is_ascii() && (!may_break || self.column + text.len() <= WIDTH) {
            self.out.push_str(text);
            self.column += text.len();
        } else {
            let mut spaces = false;
            let mut chars = text.chars().peekable();
            while let Some(c) = chars.next() {
                let breakable = may_break && !spaces && self.too_wide();
                if c == ' ' && breakable && chars.peek() != Some(&' ') {
                    self.write_indent();
                } else {
                    self.put(c);
                }
                spaces = c == ' ';
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn write_single_quoted(&mut self, text: &str, may_break: bool) {
        self.write_indicator("'", true, false, false);
        let (mut spaces, mut breaks) = (false, false);
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            if c == ' ' {
                let inside = !first && chars.peek().is_some_and(|next| *next != ' ');
                if may_break && !spaces && self.too_wide() && inside {
                    self.write_indent();
                } else {
                    self.put(c);
                }
                spaces = true;
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.put_break();
                }
                self.write_break(c);
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if c == '\'' {
                    self.put(c);
                }
                self.put(c);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
            first = false;
        }
        self.write_indicator("'", false, false, false);
    }

    fn write_double_quoted(&mut self, text: &str, may_break: bool) {
        self.write_indicator("\"", true, false, false);
        // libyaml asks whether the text begins with a byte order mark, not whether the character is one, and then
        // escapes everything.
        let all = text.starts_with('\u{FEFF}');
        let mut spaces = false;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            if all || !printable(c) || is_break(c) || c == '"' || c == '\\' {
                self.escape(c);
                spaces = false;
            } else if c == ' ' {
                if may_break && !spaces && self.too_wide() && !first && chars.peek().is_some() {
                    self.write_indent();
                    if chars.peek() == Some(&' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                spaces = false;
            }
            first = false;
        }
        self.write_indicator("\"", false, false, false);
    }

    fn escape(&mut self, c: char) {
        self.put('\\');
        let letter = match c {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0B' => 'v',
            '\x0C' => 'f',
            '\r' => 'r',
            '\x1B' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{A0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let value = c as u32;
                let (letter, digits) = match value {
                    0..=0xFF => ('x', 2),
                    0x100..=0xFFFF => ('u', 4),
                    _ => ('U', 8),
                };
                self.put(letter);
                for k in (0..digits).rev() {
                    let digit = char::from_digit((value >> (4 * k)) & 15, 16).unwrap_or('0');
                    self.put(digit.to_ascii_uppercase());
                }
                return;
            }
        };
        self.put(letter);
    }

    fn write_literal(&mut self, text: &str) {
        self.write_indicator("|", true, false, false);
        if text.starts_with(|c: char| c == ' ' || is_break(c)) {
            self.write_indicator("2", false, false, false);
        }
        let mut tail = text.chars().rev();
        match (tail.next().is_some_and(is_break), tail.next()) {
            (false, _) => self.write_indicator("-", false, false, false),
            (true, before) if before.is_none_or(is_break) => self.write_indicator("+", false, false, false),
            _ => {}
        }
        self.put_break();
        self.whitespace = true;
        let mut breaks = true;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if is_break(c) {
                self.write_break(c);
                breaks = true;
                rest = &rest[c.len_utf8()..];
                continue;
            }
            if breaks {
                self.write_indent();
            }
            let end = rest.find(is_break).unwrap_or(rest.len());
            self.out.push_str(&rest[..end]);
            // Only that there is something in the line matters until the next break.
            self.column += end;
            self.indention = false;
            breaks = false;
            rest = &rest[end..];
        }
    }
}
