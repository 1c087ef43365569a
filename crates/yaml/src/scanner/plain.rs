//! Plain scalars.

use std::borrow::Cow;

use super::{Kind, Scan, Scanner, Style, is_blank, width};

/// What may end a run of a plain scalar: checked further when met.
const STOP: u8 = 1;
/// Ends a run inside `[]` and `{}` only.
const FLOW: u8 = 2;

/// The class of each byte.
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    table[0] = STOP;
    table[b' ' as usize] = STOP;
    table[b'\t' as usize] = STOP;
    table[b'\n' as usize] = STOP;
    table[b'\r' as usize] = STOP;
    table[b':' as usize] = STOP;
    let flow = *b",?[]{}";
    let mut i = 0;
    while i < flow.len() {
        table[flow[i] as usize] = FLOW;
        i += 1;
    }
    let mut high = 0x80;
    while high < 256 {
        table[high] = STOP;
        high += 1;
    }
    table
};

impl<'a> Scanner<'a> {
    pub(super) fn fetch_plain(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;

        let start = self.mark();
        let mut end = start;
        let indent = (self.indent + 1) as u64;
        let stops = if self.flow_level > 0 { STOP | FLOW } else { STOP };
        // The scalar is `folded` and then the text from `run` to `run_end`.
        let mut folded: Option<String> = None;
        let (mut run, mut run_end) = (self.pos, self.pos);
        let mut leading: Option<&str> = None;
        let mut trailing = String::new();
        loop {
            self.need(4)?;
            if self.document_indicator() || self.at(0) == b'#' {
                break;
            }
            let piece = self.pos;
            loop {
                let c = self.at(0);
                let class = CLASS[c as usize] & stops;
                if class == 0 {
                    self.pos += 1;
                } else if c >= 0x80 {
                    if self.break_at(0) > 0 {
                        break;
                    }
                    self.pos += width(c);
                } else if c == b':' && !self.blankz_at(1) {
                    self.pos += 1;
                } else {
                    break;
                }
                self.need(2)?;
            }
            if self.pos > piece {
                if let Some(first) = leading.take() {
                    let text = folded.get_or_insert_default();
                    text.push_str(&self.text[run..run_end]);
                    fold(text, first, &trailing);
                    trailing.clear();
                    run = piece;
                }
                run_end = self.pos;
                end = self.mark();
            }
            if !is_blank(self.at(0)) && self.break_at(0) == 0 {
                break;
            }
            self.need(1)?;
            loop {
                if is_blank(self.at(0)) {
                    if leading.is_some() && self.at(0) == b'\t' && u64::from(self.column()) < indent {
                        return self.fail("found a tab character that violates indentation");
                    }
                    self.pos += 1;
                } else if self.break_at(0) > 0 {
                    self.need(2)?;
                    let kept = self.take_break();
                    match leading {
                        None => leading = Some(kept),
                        Some(_) => trailing.push_str(kept),
                    }
                } else {
                    break;
                }
                self.need(1)?;
            }
            if self.flow_level == 0 && u64::from(self.column()) < indent {
                break;
            }
        }
        if leading.is_some() {
            self.simple_key_allowed = true;
        }
        let tail = &self.text[run..run_end];
        let value = match folded {
            None => Cow::Borrowed(tail),
            Some(mut text) => {
                text.push_str(tail);
                Cow::Owned(text)
            }
        };
        self.push(Kind::Scalar { value, style: Style::Plain }, start, end);
        Ok(())
    }
}

/// Joins two lines: one line feed becomes a space, further breaks stay.
pub(super) fn fold(text: &mut String, first: &str, further: &str) {
    if !first.starts_with('\n') {
        text.push_str(first);
    } else if further.is_empty() {
        text.push(' ');
    }
    text.push_str(further);
}
