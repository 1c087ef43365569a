//! Quoted scalars.

use std::borrow::Cow;

use super::plain::fold;
use super::{Kind, Scan, Scanner, Style, is_blank};

impl<'a> Scanner<'a> {
    pub(super) fn fetch_quoted(&mut self, single: bool) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;

        let start = self.mark();
        let quote = self.at(0);
        self.pos += 1;
        // The scalar is `text` and then what stands from `run` on.
        let mut text: Option<String> = None;
        let mut run = self.pos;
        loop {
            self.need(4)?;
            if self.document_indicator() {
                return self.fail("found unexpected document indicator");
            }
            if self.at(0) == 0 {
                return self.fail("found unexpected end of stream");
            }
            let mut leading: Option<&str> = None;
            let mut escaped_break = false;
            while !self.blankz_at(0) {
                let c = self.at(0);
                if c == quote {
                    if !single || self.at(1) != b'\'' {
                        break;
                    }
                    let text = text.get_or_insert_default();
                    text.push_str(&self.text[run..=self.pos]);
                    self.pos += 2;
                    run = self.pos;
                } else if c == b'\\' && !single {
                    let text = text.get_or_insert_default();
                    text.push_str(&self.text[run..self.pos]);
                    if self.break_at(1) > 0 {
                        self.need(3)?;
                        self.pos += 1;
                        self.take_break();
                        run = self.pos;
                        escaped_break = true;
                        break;
                    }
                    let c = self.escape()?;
                    text.push(c);
                    run = self.pos;
                } else {
                    self.skip();
                }
                self.need(2)?;
            }
            self.need(1)?;
            if self.at(0) == quote {
                break;
            }
            let line_end = self.pos;
            let mut trailing = String::new();
            loop {
                if is_blank(self.at(0)) {
                    self.pos += 1;
                } else if self.break_at(0) > 0 {
                    self.need(2)?;
                    let kept = self.take_break();
                    if leading.is_none() && !escaped_break {
                        leading = Some(kept);
                    } else {
                        trailing.push_str(kept);
                    }
                } else {
                    break;
                }
                self.need(1)?;
            }
            if escaped_break || leading.is_some() {
                let text = text.get_or_insert_default();
                text.push_str(&self.text[run..line_end]);
                match leading {
                    Some(first) => fold(text, first, &trailing),
                    None => text.push_str(&trailing),
                }
                run = self.pos;
            }
        }
        let tail = &self.text[run..self.pos];
        let value = match text {
            None => Cow::Borrowed(tail),
            Some(mut text) => {
                text.push_str(tail);
                Cow::Owned(text)
            }
        };
        self.pos += 1;
        let end = self.mark();
        let style = if single { Style::SingleQuoted } else { Style::DoubleQuoted };
        self.push(Kind::Scalar { value, style }, start, end);
        Ok(())
    }

    /// The character that the escape sequence here stands for.
    fn escape(&mut self) -> Scan<char> {
        let digits = match self.at(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            simple => {
                let c = match simple {
                    b'0' => '\0',
                    b'a' => '\x07',
                    b'b' => '\x08',
                    b't' | b'\t' => '\t',
                    b'n' => '\n',
                    b'v' => '\x0B',
                    b'f' => '\x0C',
                    b'r' => '\r',
                    b'e' => '\x1B',
                    b' ' => ' ',
                    b'"' => '"',
                    b'\'' => '\'',
                    b'\\' => '\\',
                    b'N' => '\u{85}',
                    b'_' => '\u{A0}',
                    b'L' => '\u{2028}',
                    b'P' => '\u{2029}',
                    _ => return self.fail("found unknown escape character"),
                };
                self.pos += 2;
                return Ok(c);
            }
        };
        self.pos += 2;
        self.need(digits)?;
        let mut value = 0u32;
        for k in 0..digits {
            let Some(digit) = char::from(self.at(k)).to_digit(16) else {
                return self.fail("did not find expected hexdecimal number");
            };
            value = (value << 4) | digit;
        }
        match char::from_u32(value) {
            Some(c) => {
                self.pos += digits;
                Ok(c)
            }
            None => self.fail("found invalid Unicode character escape code"),
        }
    }
}
