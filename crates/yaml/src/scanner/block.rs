//! Literal and folded scalars.

use std::borrow::Cow;

use super::{Kind, Mark, Scan, Scanner, Style, is_blank};

/// What happens to the line breaks at the end.
#[derive(Clone, Copy, PartialEq)]
enum Chomp {
    Strip,
    Clip,
    Keep,
}

impl<'a> Scanner<'a> {
    pub(super) fn fetch_block_scalar(&mut self, literal: bool) -> Scan<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;

        let start = self.mark();
        self.pos += 1;
        self.need(1)?;
        let (chomp, increment) = self.block_header()?;
        self.line_end()?;

        let mut end = self.mark();
        let mut indent = match increment {
            0 => 0,
            _ => self.indent.max(0) as u32 + increment,
        };
        let mut text = String::new();
        let mut leading = "";
        let mut trailing = String::new();
        self.block_breaks(&mut indent, &mut trailing, &mut end)?;
        self.need(1)?;
        let mut leading_blank = false;
        while self.column() == indent && self.at(0) != 0 {
            let trailing_blank = is_blank(self.at(0));
            if !literal && !leading_blank && !trailing_blank && leading.starts_with('\n') {
                if trailing.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(leading);
            }
            text.push_str(&trailing);
            trailing.clear();
            leading_blank = is_blank(self.at(0));

            let line = self.pos;
            self.skip_to_break()?;
            text.push_str(&self.text[line..self.pos]);
            self.need(2)?;
            leading = self.take_break();
            self.block_breaks(&mut indent, &mut trailing, &mut end)?;
        }
        if chomp != Chomp::Strip {
            text.push_str(leading);
        }
        if chomp == Chomp::Keep {
            text.push_str(&trailing);
        }
        let style = if literal { Style::Literal } else { Style::Folded };
        self.push(Kind::Scalar { value: Cow::Owned(text), style }, start, end);
        Ok(())
    }

    /// The rest of a line on which only blanks and a comment may follow.
    pub(super) fn line_end(&mut self) -> Scan<()> {
        self.need(1)?;
        self.skip_blanks()?;
        if self.at(0) == b'#' {
            self.skip_to_break()?;
        }
        if !self.breakz_at(0) {
            return self.fail("did not find expected comment or line break");
        }
        if self.break_at(0) > 0 {
            self.need(2)?;
            self.take_break();
        }
        Ok(())
    }

    /// The indicators behind `|` or `>`: chomping and indentation, in either order.
    fn block_header(&mut self) -> Scan<(Chomp, u32)> {
        let (mut chomp, mut increment) = (Chomp::Clip, 0);
        if let Some(found) = self.chomping() {
            chomp = found;
            self.need(1)?;
            increment = self.increment()?;
        } else if self.at(0).is_ascii_digit() {
            increment = self.increment()?;
            self.need(1)?;
            chomp = self.chomping().unwrap_or(chomp);
        }
        Ok((chomp, increment))
    }

    fn chomping(&mut self) -> Option<Chomp> {
        let chomp = match self.at(0) {
            b'+' => Chomp::Keep,
            b'-' => Chomp::Strip,
            _ => return None,
        };
        self.pos += 1;
        Some(chomp)
    }

    fn increment(&mut self) -> Scan<u32> {
        match self.at(0) {
            b'0' => self.fail("found an indentation indicator equal to 0"),
            digit @ b'1'..=b'9' => {
                self.pos += 1;
                Ok(u32::from(digit - b'0'))
            }
            _ => Ok(0),
        }
    }

    /// Passes indentation and empty lines; finds the indentation if it is not known yet.
    fn block_breaks(&mut self, indent: &mut u32, breaks: &mut String, end: &mut Mark) -> Scan<()> {
        *end = self.mark();
        let mut deepest = 0;
        loop {
            self.need(1)?;
            let line = self.pos;
            let column = self.column();
            if *indent == 0 {
                self.skip_spaces();
            }
            while self.at(0) == b' ' && (*indent == 0 || column + ((self.pos - line) as u32) < *indent) {
                self.pos += 1;
                self.need(1)?;
            }
            let column = self.column();
            deepest = deepest.max(column);
            if self.at(0) == b'\t' && (*indent == 0 || column < *indent) {
                return self.fail("found a tab character where an indentation space is expected");
            }
            if self.break_at(0) == 0 {
                break;
            }
            self.need(2)?;
            breaks.push_str(self.take_break());
            *end = self.mark();
        }
        if *indent == 0 {
            *indent = deepest.max((self.indent + 1) as u32).max(1);
        }
        Ok(())
    }
}
