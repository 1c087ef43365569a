//! Documents that are what most documents are: block collections, a key or an item a line, scalars that end on their line, `|`.
//!
//! Takes a stream, gives the tree that scanner, parser and composer would give, to the mark, in a single pass without tokens. At the
//! first thing out of the ordinary, an error included, it gives up, and they read the stream from its beginning. It saves 13.0 % of the
//! instructions that kube-prometheus-stack takes (callgrind, load to output).

use std::borrow::Cow;

use memchr::{memchr, memchr3_iter};

use crate::input::Input;
use crate::scanner::{Mark, Style};
use crate::tree::{Node, NodeKind};

/// How deep collections may nest here.
const MAX_DEPTH: usize = 100;
/// How long a key may be here: go-yaml takes 1024 characters.
const MAX_KEY: usize = 1000;

/// What kind a collection is that isn't closed yet.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Mapping,
    Sequence,
    /// A mapping's value whose dashes stand right below the key.
    Indentless,
}

/// A collection that isn't closed yet.
struct Open {
    kind: Kind,
    column: usize,
    node: usize,
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    ascii: bool,
    /// Where the current line begins, how many characters stand before it, and its number.
    line_start: usize,
    chars: u32,
    line: u32,
    nodes: Vec<Node<'a>>,
    open: Vec<Open>,
    /// The place behind the last `:` or `-`, if nothing has followed yet.
    missing: Option<Mark>,
}

/// The only document of a stream, if there is nothing unusual in it.
pub(crate) fn read<'a>(input: &'a Input<'a>) -> Option<Vec<Node<'a>>> {
    let text: &str = &input.text;
    let odd = |c| matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}');
    if input.lazy() || input.wide || memchr(b'\r', text.as_bytes()).is_some() || !input.ascii && text.contains(odd) {
        return None;
    }
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        ascii: input.ascii,
        line_start: 0,
        chars: 0,
        line: 0,
        nodes: Vec::new(),
        open: Vec::new(),
        missing: None,
    };
    reader.document()?;
    Some(reader.nodes)
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Option<()> {
        let mut at = 0;
        while at < self.bytes.len() {
            self.begin(at);
            at = self.line(self.end_of_line(at))?;
        }
        let mut end = Mark { offset: self.bytes.len() as u32, ..Mark::default() };
        if self.bytes.ends_with(b"\n") {
            self.begin(self.bytes.len());
            (end.index, end.line) = (self.chars, self.line);
        } else {
            // go-yaml ends a line that nothing has ended.
            (end.index, end.line) = (self.mark(self.bytes.len()).index, self.line + 1);
        }
        while !self.open.is_empty() {
            self.close(end);
        }
        (!self.nodes.is_empty()).then_some(())
    }

    /// Goes on to the line that begins here.
    fn begin(&mut self, start: usize) {
        if start != self.line_start {
            self.chars += self.count(self.line_start, start);
            self.line_start = start;
            self.line += 1;
        }
    }

    fn count(&self, from: usize, to: usize) -> u32 {
        match self.ascii {
            true => (to - from) as u32,
            false => self.bytes[from..to].iter().filter(|&&b| b & 0xC0 != 0x80).count() as u32,
        }
    }

    /// The mark of a place on the current line.
    fn mark(&self, at: usize) -> Mark {
        let column = self.count(self.line_start, at);
        Mark { offset: at as u32, index: self.chars + column, line: self.line, column }
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn end_of_line(&self, at: usize) -> usize {
        memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |n| at + n)
    }

    fn skip_spaces(&self, mut at: usize) -> usize {
        while self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == b'-' && matches!(self.byte(at + 1), b' ' | b'\n')
    }

    /// Whether nothing follows on the line but spaces and a comment.
    fn is_over(&self, at: usize) -> bool {
        let next = self.skip_spaces(at);
        match self.byte(next) {
            b'\n' => true,
            b'#' => next > at,
            _ => false,
        }
    }

    /// A node that would stand last.
    fn node(&self, kind: NodeKind, start: Mark, end: Mark) -> Node<'a> {
        let (style, value, next) = (Style::Plain, Cow::Borrowed(""), self.nodes.len() as u32 + 1);
        Node { kind, style, value, implicit: false, next, target: 0, properties: 0, start, end }
    }

    /// The null that stands where nothing was written.
    fn fill(&mut self) {
        if let Some(mark) = self.missing.take() {
            let null = Node { implicit: true, ..self.node(NodeKind::Scalar, mark, mark) };
            self.nodes.push(null);
        }
    }

    fn open(&mut self, kind: Kind, at: usize) -> Option<()> {
        let mark = self.mark(at);
        self.open.push(Open { kind, column: at - self.line_start, node: self.nodes.len() });
        self.nodes.push(self.node(if kind == Kind::Mapping { NodeKind::Mapping } else { NodeKind::Sequence }, mark, mark));
        (self.open.len() < MAX_DEPTH).then_some(())
    }

    /// Closes the innermost collection: the next token, or the end, stands at `mark`.
    fn close(&mut self, mark: Mark) {
        self.fill();
        let next = self.nodes.len() as u32;
        if let Some(collection) = self.open.pop().and_then(|open| self.nodes.get_mut(open.node)) {
            (collection.next, collection.end) = (next, mark);
        }
    }

    /// Reads the current line and those that belong to its scalar; gives where the next one begins.
    fn line(&mut self, end: usize) -> Option<usize> {
        let first = self.skip_spaces(self.line_start);
        let column = first - self.line_start;
        match self.byte(first) {
            // The column of the end counts where no line break ends the stream.
            b'\n' | b'#' => return (end < self.bytes.len()).then_some(end + 1),
            b'%' if column == 0 => return None,
            _ => {}
        }
        if column == 0 && (self.bytes[first..].starts_with(b"---") || self.bytes[first..].starts_with(b"...")) {
            return None;
        }
        let dash = self.is_dash(first);
        let here = self.mark(first);
        let ends = |open: &Open| open.column > column || open.column == column && open.kind == Kind::Indentless && !dash;
        while self.open.last().is_some_and(ends) {
            self.close(here);
        }
        // Whether this is where the value stands that is still missing, rather than the next entry.
        let mut is_value = match self.open.last() {
            None => self.nodes.is_empty(),
            Some(top) if top.column < column || dash && top.kind == Kind::Mapping => {
                self.missing.take()?;
                true
            }
            Some(_) => {
                self.fill();
                false
            }
        };
        let mut at = first;
        while self.is_dash(at) {
            let top = self.open.last().map(|open| (open.kind, open.column));
            match top {
                _ if !is_value => top.filter(|(kind, _)| *kind != Kind::Mapping).map(|_| ())?,
                Some((Kind::Mapping, column)) if column == at - self.line_start => self.open(Kind::Indentless, at)?,
                _ => self.open(Kind::Sequence, at)?,
            }
            is_value = true;
            if self.is_over(at + 1) {
                self.missing = Some(self.mark(at + 1));
                return Some(end + 1);
            }
            at = self.skip_spaces(at + 1);
        }
        if matches!(self.byte(at), b'|' | b'[' | b'{') {
            return if is_value && !self.open.is_empty() { self.value(at, end) } else { None };
        }
        let scalar = self.scalar(at, end)?;
        let behind = scalar.end.offset as usize;
        if self.byte(behind) != b':' || !matches!(self.byte(behind + 1), b' ' | b'\n') {
            // A scalar is a value or an item. Should the next line be more of it, it will not fit there.
            return (is_value && !self.open.is_empty() && self.is_over(behind)).then(|| {
                self.nodes.push(scalar);
                end + 1
            });
        }
        match self.open.last() {
            _ if is_value => self.open(Kind::Mapping, at)?,
            Some(top) if top.kind == Kind::Mapping && behind - at < MAX_KEY => {}
            _ => return None,
        }
        self.nodes.push(Node { next: self.nodes.len() as u32 + 1, ..scalar });
        if self.is_over(behind + 1) {
            self.missing = Some(self.mark(behind + 1));
            return Some(end + 1);
        }
        self.value(self.skip_spaces(behind + 1), end)
    }

    /// Reads a value that begins behind a key or a dash; gives where the next line begins.
    fn value(&mut self, at: usize, end: usize) -> Option<usize> {
        match self.byte(at) {
            b'|' => return self.literal(at, end),
            b'[' | b'{' => self.flow(at, end)?,
            _ => {
                let scalar = self.scalar(at, end)?;
                self.is_over(scalar.end.offset as usize).then(|| self.nodes.push(scalar))?;
            }
        }
        Some(end + 1)
    }

    /// A plain or quoted scalar that stands here.
    fn scalar(&self, at: usize, end: usize) -> Option<Node<'a>> {
        let quote = self.byte(at);
        let (style, from, to) = match quote {
            b'"' | b'\'' => {
                let length = memchr(quote, &self.bytes[at + 1..end])?;
                let body = &self.bytes[at + 1..][..length];
                let is_escaped = if quote == b'"' { memchr(b'\\', body).is_some() } else { self.byte(at + length + 2) == b'\'' };
                if is_escaped || memchr(b'\t', body).is_some() {
                    return None;
                }
                (if quote == b'"' { Style::DoubleQuoted } else { Style::SingleQuoted }, at + 1, at + 1 + length)
            }
            _ => (Style::Plain, at, self.end_of_plain(at, end)?),
        };
        let plain = style == Style::Plain;
        let node = self.node(NodeKind::Scalar, self.mark(at), self.mark(if plain { to } else { to + 1 }));
        Some(Node { style, value: Cow::Borrowed(&self.text[from..to]), implicit: plain, ..node })
    }

    fn end_of_plain(&self, at: usize, end: usize) -> Option<usize> {
        match self.byte(at) {
            b'-' | b'?' | b':' if !matches!(self.byte(at + 1), b' ' | b'\n') => {}
            b'-' | b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@'
            | b'`' => return None,
            _ => {}
        }
        let mut to = end;
        for n in memchr3_iter(b':', b'#', b'\t', &self.bytes[at..end]).map(|n| at + n) {
            let stops = match self.bytes[n] {
                b':' => matches!(self.byte(n + 1), b' ' | b'\n'),
                b'#' => self.bytes[n - 1] == b' ',
                _ => return None,
            };
            if stops {
                to = n;
                break;
            }
        }
        let spaces = self.bytes[at..to].iter().rev().take_while(|&&b| b == b' ').count();
        Some(to - spaces)
    }

    /// `{}`, or a list of scalars in brackets, all of it on the line.
    fn flow(&mut self, at: usize, end: usize) -> Option<()> {
        let id = self.nodes.len();
        let start = self.mark(at);
        let close = if self.byte(at) == b'[' {
            self.nodes.push(self.node(NodeKind::Sequence, start, start));
            self.items(at + 1, end)?
        } else {
            self.nodes.push(self.node(NodeKind::Mapping, start, start));
            (self.byte(at + 1) == b'}').then_some(at + 1)?
        };
        (self.nodes[id].next, self.nodes[id].end) = (self.nodes.len() as u32, self.mark(close + 1));
        self.is_over(close + 1).then_some(())
    }

    /// The items of a list in brackets; gives where the last bracket stands.
    fn items(&mut self, mut at: usize, end: usize) -> Option<usize> {
        if self.byte(at) == b']' {
            return Some(at);
        }
        loop {
            at = self.skip_spaces(at);
            let scalar = match self.byte(at) {
                b'"' | b'\'' => self.scalar(at, end)?,
                b if b.is_ascii_alphanumeric() || b == b'_' => {
                    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
                    let length = self.bytes[at..end].iter().take_while(|b| is_plain(b)).count();
                    self.scalar(at, at + length)?
                }
                _ => return None,
            };
            at = self.skip_spaces(scalar.end.offset as usize);
            self.nodes.push(scalar);
            match self.byte(at) {
                b',' => at += 1,
                b']' => return Some(at),
                _ => return None,
            }
        }
    }

    /// A literal scalar; returns where the first line after it begins.
    fn literal(&mut self, at: usize, end: usize) -> Option<usize> {
        let chomp = Some(self.byte(at + 1)).filter(|b| matches!(b, b'-' | b'+'));
        if !self.is_over(at + 1 + usize::from(chomp.is_some())) || end == self.bytes.len() {
            return None;
        }
        let start = self.mark(at);
        let outer = self.open.last()?.column;
        let (mut indent, mut deepest) = (0, 0);
        let mut text = String::new();
        let (mut breaks, mut is_first, mut ended) = (0, true, true);
        self.begin(end + 1);
        while self.line_start < self.bytes.len() {
            let line = self.line_start;
            let end = self.end_of_line(line);
            let spaces =
                self.bytes[line..end].iter().take(if is_first { usize::MAX } else { indent }).take_while(|&&b| b == b' ');
            let column = spaces.count();
            if line + column == end {
                deepest = deepest.max(column);
                breaks += 1;
                // The column of the end counts where no line break ends the stream.
                (end < self.bytes.len()).then_some(())?;
                self.begin(end + 1);
                continue;
            }
            if is_first {
                indent = column;
                if indent <= outer || indent < deepest {
                    return None;
                }
            }
            if column < indent {
                break;
            }
            if self.bytes[line + column] == b'\t' && is_first {
                return None;
            }
            text.extend(std::iter::repeat_n('\n', breaks + usize::from(!is_first)));
            text.push_str(&self.text[line + column..end]);
            (breaks, is_first) = (0, false);
            ended = end < self.bytes.len();
            if !ended {
                break;
            }
            self.begin(end + 1);
        }
        if is_first {
            return None;
        }
        let stop = if ended { self.line_start } else { self.bytes.len() };
        if chomp != Some(b'-') && ended {
            text.push('\n');
        }
        if chomp == Some(b'+') {
            text.extend(std::iter::repeat_n('\n', breaks));
        }
        let node = self.node(NodeKind::Scalar, start, self.mark(stop));
        self.nodes.push(Node { style: Style::Literal, value: Cow::Owned(text), ..node });
        Some(stop)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::Composer;

    /// What is read here, if it is; it must be what the parser makes of it.
    fn check(text: &str) -> bool {
        let input = Input::new(text.as_bytes());
        let Some(nodes) = read(&input) else { return false };
        let mut composer = Composer::parsing(&input);
        let tree = composer.next().unwrap().unwrap_or_default();
        assert_eq!(format!("{:#?}", tree.nodes), format!("{nodes:#?}"), "{text:?}");
        assert!(composer.next().unwrap().is_none(), "{text:?}");
        true
    }

    #[test]
    fn what_is_ordinary_is_read_here() {
        for text in [
            "a: 1",
            "a: 1\n",
            "# c\n\n  a:   'x'  # c\n  b: \"y: #z\"\n\n# c\n",
            "a:\n- b\n- c: d\n  e:\n  - f\n-\ng:\n",
            "- - a\n  - b:\n      c\u{e9}: \u{e9} # c\n    d: []\n- {}\n- [a, \"b\", 'c' ]\n- -1\n",
            "a: |\n\n  b\n\n   c: d\n  \ne: |-\n    f\n\n\n  # c\ng: |+ # c\n  h\n\n\ni:\n  - |\n    j",
            "a:\n  {}\nb:\n  c\nd:\n  |\n  e\nf: :80\n?g: ?\u{e9}\n",
            "\"helm.sh/hook\": a-b:c#d\nk\u{e9}: http://x\n",
        ] {
            assert!(check(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_is_left_to_the_parser() {
        for text in [
            "",
            "a",
            "# c",
            "a: b\n c",
            "a: &x b",
            "a: b: c",
            "a\n",
            "- a\nb: c",
            "a: b\n# c",
            "a: b\n  ",
            "a: |\n\n",
            "--- a",
            "a:\n  b\n  c",
            "{}",
            "a: [b: c]",
            "a: \"b\\n\"",
            "a: 'b''c'",
            "a:\tb",
            "a: b\n\tc: d",
            "a: >\n  b",
            "a: |2\n  b",
            "? a",
            "a:\n   b: c\n  d: e",
        ] {
            assert!(!check(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_the_parser_reads(
            lines in prop::collection::vec(
                ("[ ]{0,5}", "(- ){0,2}", "|-|#|[a-c]:|\"b\":|a b:|k\u{e9}:", "| {1,2}", "||a|\u{e9} # x|'b'|\"c d\"|1|\\[\\]|\\{\\}|\\[a, 'b'\\]|\\||\\|-|\\|\\+|---|a:b|a: b|-|:a|\\?| ", "\n{0,3}"),
                0..8,
            ),
        ) {
            let text: String = lines.iter().map(|(a, b, c, d, e, f)| format!("{a}{b}{c}{d}{e}{f}")).collect();
            check(&text);
        }

        #[test]
        fn lines_below_each_other_too(
            lines in prop::collection::vec(("(  ){0,2}(- )?", "[ab]:|\"a\":||#", " | a| \\|| 'b'| \\[c\\]| # d"), 0..8),
            end in "\n?",
        ) {
            let lines: Vec<String> = lines.iter().map(|(a, b, c)| format!("{a}{b}{c}")).collect();
            check(&(lines.join("\n") + &end));
        }
    }
}
