//! What becomes of a text of several lines when it is written as a block scalar and read again.
//!
//! kustomize writes every object as YAML and reads it back before it prints it. go.yaml.in/yaml/v3 v3.0.3 doesn't give every
//! text back: folded ones get further line breaks, and a block that begins with a tab can't be read at all.

use std::borrow::Cow;

use crate::node::{Node, Style};

/// The text of a string after it was written in its style and read again.
pub(crate) fn reread(node: &Node) -> Result<Cow<'_, str>, String> {
    let text = node.value.as_str();
    let block = match node.style {
        Style::Literal | Style::Folded => true,
        Style::Plain | Style::Flow => text.contains('\n'),
        Style::DoubleQuoted | Style::SingleQuoted => false,
    };
    if !block || !block_allowed(text) {
        return Ok(Cow::Borrowed(text));
    }
    if text.starts_with('\t') {
        return Err("yaml: found a tab character where an indentation space is expected".into());
    }
    match node.style {
        Style::Folded if !text.contains(['\u{2028}', '\u{2029}']) => Ok(Cow::Owned(read_folded(&write_folded(text), text))),
        _ => Ok(Cow::Borrowed(text)),
    }
}

/// Whether the emitter takes a block scalar for a text; else it is quoted (emitterc.go, `yaml_emitter_analyze_scalar`).
fn block_allowed(text: &str) -> bool {
    let special = |c: char| (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    !text.is_empty() && !text.ends_with(' ') && !text.contains(" \n") && !text.contains(special)
}

/// The lines of a folded scalar, without indentation (`yaml_emitter_write_folded_scalar`): a line that is not indented
/// further ends with two breaks, unless the whole text begins with a blank.
fn write_folded(text: &str) -> String {
    let doubled = !text.trim_start_matches('\n').starts_with([' ', '\t']) && text.contains(|c| c != '\n');
    let mut lines = String::with_capacity(text.len() + 16);
    let (mut breaks, mut leading_blank) = (true, true);
    for c in text.chars() {
        if c == '\n' {
            if !breaks && !leading_blank && doubled {
                lines.push('\n');
            }
            breaks = true;
        } else {
            if breaks {
                leading_blank = matches!(c, ' ' | '\t');
            }
            breaks = false;
        }
        lines.push(c);
    }
    lines
}

/// Those lines as the scanner reads them (scannerc.go, `yaml_parser_scan_block_scalar`); `text` tells what is done with the
/// breaks at the end.
fn read_folded(written: &str, text: &str) -> String {
    let lines: Vec<&str> = written.split('\n').collect();
    let last = lines.len() - 1;
    let mut out = String::with_capacity(text.len());
    let (mut lead, mut trail, mut after_blank) = ("", 0, false);
    let mut at = 0;
    let skip = |at: &mut usize, trail: &mut usize| {
        while *at < last && lines[*at].is_empty() {
            *trail += 1;
            *at += 1;
        }
    };
    skip(&mut at, &mut trail);
    while at <= last && !(at == last && lines[at].is_empty()) {
        let blank = lines[at].starts_with([' ', '\t']);
        if !after_blank && !blank && !lead.is_empty() {
            if trail == 0 {
                out.push(' ');
            }
        } else {
            out.push_str(lead);
        }
        out.extend(std::iter::repeat_n('\n', trail));
        out.push_str(lines[at]);
        (lead, trail, after_blank) = ("\n", 0, blank);
        at += 1;
        skip(&mut at, &mut trail);
    }
    if text.ends_with('\n') {
        out.push_str(lead);
    }
    if text == "\n" || text.ends_with("\n\n") {
        out.extend(std::iter::repeat_n('\n', trail));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reread_as(style: Style, text: &str) -> Result<String, String> {
        reread(&Node { style, ..Node::string(text) }).map(Cow::into_owned)
    }

    // Recorded with go.yaml.in/yaml/v3 v3.0.3: a Node encoded and decoded again.
    #[test]
    fn folded_texts_change() {
        for (text, read) in [
            ("a\nb", "a\nb"),
            ("a\n  b\nc", "a\n\n  b\nc"),
            ("[\n  x\n]\n", "[\n\n  x\n]\n"),
            ("a\n\nb\n\n", "a\n\nb\n\n\n"),
            (" a\nb", " a\nb"),
        ] {
            assert_eq!(reread_as(Style::Folded, text).as_deref(), Ok(read), "{text:?}");
        }
        assert_eq!(reread_as(Style::Literal, "a\n  b\n").as_deref(), Ok("a\n  b\n"));
        assert_eq!(reread_as(Style::Folded, "a \nb").as_deref(), Ok("a \nb"));
        assert!(reread_as(Style::Literal, "\ta\nb").is_err());
        assert_eq!(reread_as(Style::DoubleQuoted, "\ta\nb").as_deref(), Ok("\ta\nb"));
    }
}
