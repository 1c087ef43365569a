//! Case: of words, and the spellings of identifiers.

use pintle_go::unicode::{is_letter, is_lower, is_number, is_punct, is_space, is_title, is_upper, to_lower, to_title, to_upper};
use pintle_go::utf8::{RUNE_ERROR, push, runes};

/// `untitle`: the first letter of each word in lower case.
pub fn untitle(s: &[u8]) -> Vec<u8> {
    let mut start = true;
    let mut out = Vec::with_capacity(s.len());
    for (c, _) in runes(s) {
        let space = is_space(c);
        push(&mut out, if start && !space { to_lower(c) } else { c });
        start = space;
    }
    out
}

/// `swapcase`: upper becomes lower; lower becomes upper, or title at the start of a word.
pub fn swapcase(s: &[u8]) -> Vec<u8> {
    let mut start = true;
    let mut out = Vec::with_capacity(s.len());
    for (c, _) in runes(s) {
        let swapped = if is_upper(c) || is_title(c) {
            to_lower(c)
        } else if is_lower(c) {
            if start { to_title(c) } else { to_upper(c) }
        } else {
            start = is_space(c);
            push(&mut out, c);
            continue;
        };
        start = false;
        push(&mut out, swapped);
    }
    out
}

fn is_connector(c: char) -> bool {
    c == '-' || c == '_' || is_space(c)
}

/// `camelcase`: xstrings' `ToPascalCase`.
pub fn camelcase(s: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    let mut rest = runes(s).map(|(c, _)| c);
    let mut word_upper = false;
    let mut current = None;
    // Leading connectors stay.
    for c in rest.by_ref() {
        if is_connector(c) {
            push(&mut out, c);
            current = Some((c, false));
            continue;
        }
        word_upper = is_upper(c);
        current = Some((to_upper(c), true));
        break;
    }
    let Some((mut last, word)) = current else {
        return out;
    };
    if !word {
        // A text of connectors only: xstrings writes the last of them twice.
        push(&mut out, last);
        return out;
    }
    for c in rest {
        let previous = std::mem::replace(&mut last, c);
        if is_connector(c) && is_connector(previous) {
            push(&mut out, previous);
            continue;
        }
        if is_connector(previous) {
            word_upper = is_upper(c);
            last = to_upper(c);
            continue;
        }
        if word_upper {
            if is_upper(c) {
                last = to_lower(c);
            } else {
                word_upper = false;
            }
        }
        push(&mut out, previous);
    }
    push(&mut out, last);
    out
}

/// `snakecase`
pub fn snakecase(s: &[u8]) -> Vec<u8> {
    lower_words(s, b'_')
}

/// `kebabcase`
pub fn kebabcase(s: &[u8]) -> Vec<u8> {
    lower_words(s, b'-')
}

/// What xstrings takes for a letter of a word: CJK ideographs aren't.
fn is_alphabet(c: char) -> bool {
    let cjk = matches!(c, '\u{4E00}'..='\u{9FCC}' | '\u{3400}'..='\u{4D85}' | '\u{20000}'..='\u{2B81D}');
    is_letter(c) && !cjk
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    Invalid,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punct,
    Other,
}

/// The next rune that isn't U+FFFD, with the width of what was skipped; `previous` at the end of the text.
fn valid_rune(s: &[u8], previous: char) -> (char, usize) {
    let mut at = 0;
    for (c, width) in runes(s) {
        at += width;
        if c != RUNE_ERROR {
            return (c, at);
        }
    }
    (previous, at)
}

/// Length of the run at `at` of which `member` holds, and the rune read last.
fn run(s: &[u8], mut at: usize, mut last: char, member: impl Fn(char, usize) -> bool) -> (usize, char, usize) {
    let mut width_before = 0;
    while at < s.len() {
        let (c, width) = valid_rune(&s[at..], last);
        last = c;
        if !member(c, width) {
            break;
        }
        width_before = width;
        at += width;
    }
    (at, last, width_before)
}

fn next_word(s: &[u8]) -> (Word, &[u8], &[u8]) {
    if s.is_empty() {
        return (Word::Invalid, s, s);
    }
    let (c, width) = valid_rune(s, RUNE_ERROR);
    let lower_run = |at, c| run(s, at, c, |c, _| is_alphabet(c) && !is_upper(c)).0;
    let (word, end) = if c == RUNE_ERROR {
        (Word::Invalid, width)
    } else if is_connector(c) {
        (Word::Connector, run(s, width, c, |c, _| is_connector(c)).0)
    } else if is_punct(c) {
        (Word::Punct, run(s, width, c, |c, _| is_punct(c)).0)
    } else if is_upper(c) {
        let mut end = width;
        if end < s.len() {
            let (next, next_width) = valid_rune(&s[end..], c);
            if is_upper(next) {
                let (at, last, before) = run(s, end, c, |c, _| is_upper(c));
                // "HTTPStatus" is "HTTP" and "Status".
                end = if at < s.len() && is_alphabet(last) { at - before } else { at };
            } else if is_alphabet(next) {
                end = lower_run(end + next_width, next);
            }
        }
        (Word::Upper, end)
    } else if is_alphabet(c) {
        (Word::Alphabet, lower_run(width, c))
    } else if is_number(c) {
        (Word::Number, run(s, width, c, |c, _| is_number(c)).0)
    } else {
        let other = |c, width| width > 0 && !is_connector(c) && !is_alphabet(c) && !is_number(c) && !is_punct(c);
        (Word::Other, run(s, width, c, other).0)
    };
    (word, &s[..end], &s[end..])
}

fn put(out: &mut Vec<u8>, kind: Word, text: &[u8], connector: u8) {
    if kind != Word::Upper && kind != Word::Connector {
        out.extend_from_slice(text);
        return;
    }
    for (c, _) in runes(text) {
        if is_connector(c) {
            out.push(connector);
        } else {
            push(out, if is_upper(c) { to_lower(c) } else { c });
        }
    }
}

/// xstrings' `camelCaseToLowerCase`: words in lower case with a connector between them; a number belongs to the word
/// before it unless letters follow.
fn lower_words(s: &[u8], connector: u8) -> Vec<u8> {
    use Word::{Alphabet, Connector, Invalid, Number, Punct};
    let mut out = Vec::with_capacity(s.len() + 8);
    let (mut kind, mut word, mut rest) = next_word(s);
    while !rest.is_empty() {
        if kind != Connector {
            put(&mut out, kind, word, connector);
        }
        let (previous, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match previous {
            Number => {
                while matches!(kind, Alphabet | Number) {
                    put(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Invalid | Punct | Connector) {
                    out.push(connector);
                }
            }
            Connector => put(&mut out, previous, last, connector),
            Punct => {}
            _ if kind != Number => {
                if !matches!(kind, Connector | Punct) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = next_word(rest);
                if kind != Alphabet {
                    put(&mut out, Number, number, connector);
                    if !matches!(kind, Connector | Punct) {
                        out.push(connector);
                    }
                    continue;
                }
                out.push(connector);
                put(&mut out, Number, number, connector);
                while matches!(kind, Alphabet | Number) {
                    put(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Invalid | Connector | Punct) {
                    out.push(connector);
                }
            }
        }
    }
    put(&mut out, kind, word, connector);
    out
}
