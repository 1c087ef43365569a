//! What a scalar's text allows (emitterc.go, `yaml_emitter_analyze_scalar`).

use super::{Dialect, Emitter};

/// The ways in which a text can be written in block context.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Facts {
    pub multiline: bool,
    pub plain: bool,
    pub single_quoted: bool,
    pub block: bool,
}

/// Whether libyaml takes the character for printable. It counts neither the byte order mark nor anything outside the
/// basic plane.
pub(super) fn printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}')
}

/// A line break in YAML 1.1.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether the text is one that needs no further look: letters, digits and a few signs that mean nothing anywhere.
fn is_simple(text: &str) -> bool {
    let b = text.as_bytes();
    b.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'/')
        && b.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
}

impl Emitter {
    pub(super) fn analyze(&self, text: &str) -> Facts {
        let simple = Facts { multiline: false, plain: true, single_quoted: true, block: true };
        if is_simple(text) {
            return simple;
        }
        if text.is_empty() {
            return Facts { block: false, ..simple };
        }
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut breaks, mut special, mut tabs) = (false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        let (mut previous_space, mut previous_break) = (false, false);
        let mut after_blank = true;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let before_blank = matches!(chars.peek(), None | Some((_, ' ' | '\t')));
            indicators |= match c {
                '#' => at == 0 || after_blank,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => at == 0,
                '?' | '-' => at == 0 && before_blank,
                ':' => before_blank,
                _ => false,
            };
            if c == '\t' && self.dialect == Dialect::V3 {
                tabs = true;
            } else if !printable(c) {
                special = true;
            }
            let space = c == ' ';
            let line_break = is_break(c);
            break_space |= space && previous_break;
            space_break |= line_break && previous_space;
            breaks |= line_break;
            (previous_space, previous_break) = (space, line_break);
            after_blank = space || c == '\t' || line_break || c == '\0';
        }
        let first = text.chars().next();
        let last = text.chars().next_back();
        let edge = |c: Option<char>| c.is_some_and(|c| c == ' ' || is_break(c));
        let unquotable = break_space || space_break || tabs || special;
        Facts {
            multiline: breaks,
            plain: !(indicators || breaks || unquotable || edge(first) || edge(last)),
            single_quoted: !unquotable,
            block: !(last == Some(' ') || space_break || special),
        }
    }
}
