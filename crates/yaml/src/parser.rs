//! The parser: tokens in, events out.
//!
//! The state machine of libyaml (go.yaml.in/yaml/v2, parserc.go). Its states live on a stack of their own, so the depth of a
//! document costs memory and no stack.

use std::borrow::Cow;

use crate::Error;
use crate::input::Input;
use crate::scanner::{Kind, Mark, Scan, Scanner, Style};

/// The prefix of YAML's own tags, written `!!`.
pub(crate) const TAG_PREFIX: &str = "tag:yaml.org,2002:";

/// One step through a stream.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub kind: EventKind<'a>,
    pub start: Mark,
    pub end: Mark,
}

/// What an event is.
#[derive(Debug)]
pub(crate) enum EventKind<'a> {
    StreamStart,
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(&'a str),
    Scalar { anchor: Option<&'a str>, tag: Option<String>, value: Cow<'a, str>, implicit: bool, style: Style },
    SequenceStart { anchor: Option<&'a str> },
    SequenceEnd,
    MappingStart { anchor: Option<&'a str> },
    MappingEnd,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    StreamStart,
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirstEntry,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingFirstKey,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirstEntry,
    FlowSequenceEntry,
    FlowSequenceEntryMappingKey,
    FlowSequenceEntryMappingValue,
    FlowSequenceEntryMappingEnd,
    FlowMappingFirstKey,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

/// The parser's state.
pub(crate) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    states: Vec<State>,
    // Where the open collections began: the context of an error.
    marks: Vec<Mark>,
    tag_directives: Vec<(String, String)>,
}

/// A token without its content.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    StreamEnd,
    Directive,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
    StreamStart,
}

impl Kind<'_> {
    fn shape(&self) -> Shape {
        match self {
            Kind::StreamStart => Shape::StreamStart,
            Kind::StreamEnd => Shape::StreamEnd,
            Kind::VersionDirective { .. } | Kind::TagDirective(_) => Shape::Directive,
            Kind::DocumentStart => Shape::DocumentStart,
            Kind::DocumentEnd => Shape::DocumentEnd,
            Kind::BlockSequenceStart => Shape::BlockSequenceStart,
            Kind::BlockMappingStart => Shape::BlockMappingStart,
            Kind::BlockEnd => Shape::BlockEnd,
            Kind::FlowSequenceStart => Shape::FlowSequenceStart,
            Kind::FlowSequenceEnd => Shape::FlowSequenceEnd,
            Kind::FlowMappingStart => Shape::FlowMappingStart,
            Kind::FlowMappingEnd => Shape::FlowMappingEnd,
            Kind::BlockEntry => Shape::BlockEntry,
            Kind::FlowEntry => Shape::FlowEntry,
            Kind::Key => Shape::Key,
            Kind::Value => Shape::Value,
            Kind::Alias(_) => Shape::Alias,
            Kind::Anchor(_) => Shape::Anchor,
            Kind::Tag(_) => Shape::Tag,
            Kind::Scalar { .. } => Shape::Scalar,
        }
    }
}

/// What [`Parser::peek`] tells of the next token.
#[derive(Clone, Copy)]
struct Next {
    shape: Shape,
    start: Mark,
    end: Mark,
}

/// A parser error. go-yaml prints the line of the problem, or else of the context, counted from zero, and no line if that
/// is zero (decode.go, `parser.fail`).
#[cold]
fn error(problem: &str, context: Option<Mark>, mark: Mark) -> Box<Error> {
    let line = match (mark.line, context) {
        (0, Some(context)) => context.line,
        (line, _) => line,
    };
    let message = match line {
        0 => format!("yaml: {problem}"),
        line => format!("yaml: line {line}: {problem}"),
    };
    Box::new(Error::at(message, mark.line as usize + 1, mark.column as usize + 1))
}

impl<'a> Parser<'a> {
    pub(crate) fn new(input: &'a Input<'a>) -> Parser<'a> {
        Parser {
            scanner: Scanner::new(input),
            state: State::StreamStart,
            states: Vec::with_capacity(32),
            marks: Vec::with_capacity(32),
            tag_directives: Vec::new(),
        }
    }

    fn peek(&mut self) -> Scan<Next> {
        let token = self.scanner.peek()?;
        Ok(Next { shape: token.kind.shape(), start: token.start, end: token.end })
    }

    /// Takes the current token and shows the next one.
    fn advance(&mut self) -> Scan<Next> {
        self.scanner.take();
        self.peek()
    }

    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// The next event. After the end of the stream it is always the end of the stream.
    pub(crate) fn next(&mut self) -> Scan<Event<'a>> {
        match self.state {
            State::StreamStart => {
                let token = self.peek()?;
                self.scanner.take();
                self.state = State::ImplicitDocumentStart;
                Ok(Event { kind: EventKind::StreamStart, start: token.start, end: token.end })
            }
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockSequenceFirstEntry => self.block_sequence_entry(true),
            State::BlockSequenceEntry => self.block_sequence_entry(false),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingFirstKey => self.block_mapping_key(true),
            State::BlockMappingKey => self.block_mapping_key(false),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirstEntry => self.flow_sequence_entry(true),
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowSequenceEntryMappingKey => self.flow_pair_key(),
            State::FlowSequenceEntryMappingValue => self.flow_pair_value(),
            State::FlowSequenceEntryMappingEnd => self.flow_pair_end(),
            State::FlowMappingFirstKey => self.flow_mapping_key(true),
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(false),
            State::FlowMappingEmptyValue => self.flow_mapping_value(true),
            State::End => {
                let mark = Mark::default();
                Ok(Event { kind: EventKind::StreamEnd, start: mark, end: mark })
            }
        }
    }

    // ---- documents

    fn document_start(&mut self, implicit: bool) -> Scan<Event<'a>> {
        let mut token = self.peek()?;
        if !implicit {
            while token.shape == Shape::DocumentEnd {
                token = self.advance()?;
            }
        }
        let bare = !matches!(token.shape, Shape::Directive | Shape::DocumentStart | Shape::StreamEnd);
        if implicit && bare {
            self.directives()?;
            self.states.push(State::DocumentEnd);
            self.state = State::BlockNode;
            return Ok(Event { kind: EventKind::DocumentStart, start: token.start, end: token.end });
        }
        if token.shape == Shape::StreamEnd {
            self.scanner.take();
            self.state = State::End;
            return Ok(Event { kind: EventKind::StreamEnd, start: token.start, end: token.end });
        }
        let start = token.start;
        self.directives()?;
        let token = self.peek()?;
        if token.shape != Shape::DocumentStart {
            return Err(error("did not find expected <document start>", None, token.start));
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        self.scanner.take();
        Ok(Event { kind: EventKind::DocumentStart, start, end: token.end })
    }

    fn document_content(&mut self) -> Scan<Event<'a>> {
        let token = self.peek()?;
        match token.shape {
            Shape::Directive | Shape::DocumentStart | Shape::DocumentEnd | Shape::StreamEnd => {
                self.pop_state();
                Ok(empty(token.start))
            }
            _ => self.node(true, false),
        }
    }

    fn document_end(&mut self) -> Scan<Event<'a>> {
        let token = self.peek()?;
        let mut end = token.start;
        if token.shape == Shape::DocumentEnd {
            end = token.end;
            self.scanner.take();
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        Ok(Event { kind: EventKind::DocumentEnd, start: token.start, end })
    }

    fn directives(&mut self) -> Scan<()> {
        let mut versioned = false;
        let mut token = self.peek()?;
        while token.shape == Shape::Directive {
            match self.scanner.take().map(|t| t.kind) {
                Some(Kind::VersionDirective { .. }) if versioned => {
                    return Err(error("found duplicate %YAML directive", None, token.start));
                }
                Some(Kind::VersionDirective { major: 1, minor: 1 }) => versioned = true,
                Some(Kind::VersionDirective { .. }) => {
                    return Err(error("found incompatible YAML document", None, token.start));
                }
                Some(Kind::TagDirective(directive)) => {
                    let (handle, prefix) = *directive;
                    if self.tag_directives.iter().any(|(h, _)| *h == handle) {
                        return Err(error("found duplicate %TAG directive", None, token.start));
                    }
                    self.tag_directives.push((handle, prefix));
                }
                _ => {}
            }
            token = self.peek()?;
        }
        Ok(())
    }

    /// What a tag stands for; its handle may be one of the two that every document has.
    fn resolve_tag(&self, handle: &str, suffix: String) -> Option<String> {
        if handle.is_empty() {
            return Some(suffix);
        }
        let prefix = self.tag_directives.iter().find(|(h, _)| h == handle).map(|(_, prefix)| prefix.as_str());
        let prefix = prefix.or(match handle {
            "!" => Some("!"),
            "!!" => Some(TAG_PREFIX),
            _ => None,
        })?;
        Some(format!("{prefix}{suffix}"))
    }

    // ---- nodes

    fn node(&mut self, block: bool, indentless_sequence: bool) -> Scan<Event<'a>> {
        let mut token = self.peek()?;
        if token.shape == Shape::Alias {
            self.pop_state();
            let name = match self.scanner.take().map(|t| t.kind) {
                Some(Kind::Alias(name)) => name,
                _ => "",
            };
            return Ok(Event { kind: EventKind::Alias(name), start: token.start, end: token.end });
        }

        let start = token.start;
        let mut end = token.start;
        let mut anchor = None;
        let mut tag = None;
        let mut tag_mark = start;
        // At most one anchor and one tag, in either order.
        while (token.shape == Shape::Anchor && anchor.is_none()) || (token.shape == Shape::Tag && tag.is_none()) {
            end = token.end;
            match self.scanner.take().map(|t| t.kind) {
                Some(Kind::Anchor(name)) => anchor = Some(name),
                Some(Kind::Tag(parts)) => {
                    tag_mark = token.start;
                    tag = Some(*parts);
                }
                _ => {}
            }
            token = self.peek()?;
        }
        let tag = match tag {
            None => None,
            Some((handle, suffix)) => match self.resolve_tag(&handle, suffix) {
                Some(tag) if !tag.is_empty() || handle.is_empty() => Some(tag).filter(|t| !t.is_empty()),
                _ => return Err(error("found undefined tag handle", Some(start), tag_mark)),
            },
        };

        if indentless_sequence && token.shape == Shape::BlockEntry {
            self.state = State::IndentlessSequenceEntry;
            return Ok(Event { kind: EventKind::SequenceStart { anchor }, start, end: token.end });
        }
        let (state, kind) = match token.shape {
            Shape::Scalar => {
                self.pop_state();
                let Some(Kind::Scalar { value, style }) = self.scanner.take().map(|t| t.kind) else {
                    return Ok(empty(start));
                };
                let implicit = match &tag {
                    None => style == Style::Plain,
                    Some(tag) => tag == "!",
                };
                let kind = EventKind::Scalar { anchor, tag, value, implicit, style };
                return Ok(Event { kind, start, end: token.end });
            }
            Shape::FlowSequenceStart => (State::FlowSequenceFirstEntry, EventKind::SequenceStart { anchor }),
            Shape::FlowMappingStart => (State::FlowMappingFirstKey, EventKind::MappingStart { anchor }),
            Shape::BlockSequenceStart if block => (State::BlockSequenceFirstEntry, EventKind::SequenceStart { anchor }),
            Shape::BlockMappingStart if block => (State::BlockMappingFirstKey, EventKind::MappingStart { anchor }),
            _ if anchor.is_some() || tag.is_some() => {
                self.pop_state();
                let implicit = tag.is_none();
                let value = Cow::Borrowed("");
                let kind = EventKind::Scalar { anchor, tag, value, implicit, style: Style::Plain };
                return Ok(Event { kind, start, end });
            }
            _ => return Err(error("did not find expected node content", Some(start), token.start)),
        };
        self.state = state;
        Ok(Event { kind, start, end: token.end })
    }

    /// Parses a node and goes on in `then`.
    fn node_then(&mut self, then: State, block: bool, indentless_sequence: bool) -> Scan<Event<'a>> {
        self.states.push(then);
        self.node(block, indentless_sequence)
    }

    fn empty_then(&mut self, then: State, mark: Mark) -> Scan<Event<'a>> {
        self.state = then;
        Ok(empty(mark))
    }

    /// Opens a collection: its first token is taken and its place kept.
    fn open(&mut self, first: bool) -> Scan<Next> {
        let token = self.peek()?;
        if !first {
            return Ok(token);
        }
        self.marks.push(token.start);
        self.advance()
    }

    /// Closes a collection with the token `token`.
    fn close(&mut self, kind: EventKind<'a>, token: Next) -> Scan<Event<'a>> {
        self.pop_state();
        self.marks.pop();
        self.scanner.take();
        Ok(Event { kind, start: token.start, end: token.end })
    }

    fn fail_in_collection(&mut self, problem: &str, token: Next) -> Scan<Event<'a>> {
        let context = self.marks.pop();
        Err(error(problem, context, token.start))
    }

    // ---- block collections

    fn block_sequence_entry(&mut self, first: bool) -> Scan<Event<'a>> {
        let token = self.open(first)?;
        match token.shape {
            Shape::BlockEntry => match self.advance()?.shape {
                Shape::BlockEntry | Shape::BlockEnd => self.empty_then(State::BlockSequenceEntry, token.end),
                _ => self.node_then(State::BlockSequenceEntry, true, false),
            },
            Shape::BlockEnd => self.close(EventKind::SequenceEnd, token),
            _ => self.fail_in_collection("did not find expected '-' indicator", token),
        }
    }

    fn indentless_sequence_entry(&mut self) -> Scan<Event<'a>> {
        let token = self.peek()?;
        if token.shape == Shape::BlockEntry {
            return match self.advance()?.shape {
                Shape::BlockEntry | Shape::Key | Shape::Value | Shape::BlockEnd => {
                    self.empty_then(State::IndentlessSequenceEntry, token.end)
                }
                _ => self.node_then(State::IndentlessSequenceEntry, true, false),
            };
        }
        self.pop_state();
        Ok(Event { kind: EventKind::SequenceEnd, start: token.start, end: token.start })
    }

    fn block_mapping_key(&mut self, first: bool) -> Scan<Event<'a>> {
        let token = self.open(first)?;
        match token.shape {
            Shape::Key => match self.advance()?.shape {
                Shape::Key | Shape::Value | Shape::BlockEnd => self.empty_then(State::BlockMappingValue, token.end),
                _ => self.node_then(State::BlockMappingValue, true, true),
            },
            Shape::BlockEnd => self.close(EventKind::MappingEnd, token),
            _ => self.fail_in_collection("did not find expected key", token),
        }
    }

    fn block_mapping_value(&mut self) -> Scan<Event<'a>> {
        let token = self.peek()?;
        if token.shape == Shape::Value {
            return match self.advance()?.shape {
                Shape::Key | Shape::Value | Shape::BlockEnd => self.empty_then(State::BlockMappingKey, token.end),
                _ => self.node_then(State::BlockMappingKey, true, true),
            };
        }
        self.empty_then(State::BlockMappingKey, token.start)
    }

    // ---- flow collections

    fn flow_sequence_entry(&mut self, first: bool) -> Scan<Event<'a>> {
        let mut token = self.open(first)?;
        if token.shape != Shape::FlowSequenceEnd {
            if !first {
                if token.shape != Shape::FlowEntry {
                    return self.fail_in_collection("did not find expected ',' or ']'", token);
                }
                token = self.advance()?;
            }
            if token.shape == Shape::Key {
                self.state = State::FlowSequenceEntryMappingKey;
                self.scanner.take();
                let kind = EventKind::MappingStart { anchor: None };
                return Ok(Event { kind, start: token.start, end: token.end });
            }
            if token.shape != Shape::FlowSequenceEnd {
                return self.node_then(State::FlowSequenceEntry, false, false);
            }
        }
        self.close(EventKind::SequenceEnd, token)
    }

    fn flow_pair_key(&mut self) -> Scan<Event<'a>> {
        let token = self.peek()?;
        match token.shape {
            Shape::Value | Shape::FlowEntry | Shape::FlowSequenceEnd => {
                // go-yaml drops this token.
                self.scanner.take();
                self.empty_then(State::FlowSequenceEntryMappingValue, token.end)
            }
            _ => self.node_then(State::FlowSequenceEntryMappingValue, false, false),
        }
    }

    fn flow_pair_value(&mut self) -> Scan<Event<'a>> {
        let token = self.peek()?;
        if token.shape == Shape::Value {
            let next = self.advance()?;
            if !matches!(next.shape, Shape::FlowEntry | Shape::FlowSequenceEnd) {
                return self.node_then(State::FlowSequenceEntryMappingEnd, false, false);
            }
        }
        self.empty_then(State::FlowSequenceEntryMappingEnd, token.start)
    }

    fn flow_pair_end(&mut self) -> Scan<Event<'a>> {
        let token = self.peek()?;
        self.state = State::FlowSequenceEntry;
        Ok(Event { kind: EventKind::MappingEnd, start: token.start, end: token.start })
    }

    fn flow_mapping_key(&mut self, first: bool) -> Scan<Event<'a>> {
        let mut token = self.open(first)?;
        if token.shape != Shape::FlowMappingEnd {
            if !first {
                if token.shape != Shape::FlowEntry {
                    return self.fail_in_collection("did not find expected ',' or '}'", token);
                }
                token = self.advance()?;
            }
            if token.shape == Shape::Key {
                let next = self.advance()?;
                return match next.shape {
                    Shape::Value | Shape::FlowEntry | Shape::FlowMappingEnd => {
                        self.empty_then(State::FlowMappingValue, next.start)
                    }
                    _ => self.node_then(State::FlowMappingValue, false, false),
                };
            }
            if token.shape != Shape::FlowMappingEnd {
                return self.node_then(State::FlowMappingEmptyValue, false, false);
            }
        }
        self.close(EventKind::MappingEnd, token)
    }

    fn flow_mapping_value(&mut self, is_empty: bool) -> Scan<Event<'a>> {
        let mut token = self.peek()?;
        if is_empty {
            return self.empty_then(State::FlowMappingKey, token.start);
        }
        if token.shape == Shape::Value {
            token = self.advance()?;
            if !matches!(token.shape, Shape::FlowEntry | Shape::FlowMappingEnd) {
                return self.node_then(State::FlowMappingKey, false, false);
            }
        }
        self.empty_then(State::FlowMappingKey, token.start)
    }
}

/// The scalar that stands where nothing is written.
fn empty<'a>(mark: Mark) -> Event<'a> {
    let kind = EventKind::Scalar { anchor: None, tag: None, value: Cow::Borrowed(""), implicit: true, style: Style::Plain };
    Event { kind, start: mark, end: mark }
}
