//! The record of a render in Jinja: which text of a template made which part of the output, through which includes and macros, from
//! which values. It is the record that the evaluator of Go's language keeps ([`pintle_template::record`]).

mod instrument;

use std::collections::HashMap;
use std::sync::Arc;

use pintle_template::record::{CallSite, Captured, Piece, Read, Record};
use pintle_value::Str;

use instrument::Marks;

pub(crate) use instrument::Instrumented;

/// How many captured texts are looked through for what an expression prints.
const REMEMBERED: usize = 32;

/// A record in the making.
#[derive(Default)]
pub(crate) struct Trace {
    marks: Arc<Marks>,
    record: Record,
    /// Outputs and expressions that are open, innermost last.
    levels: Vec<Level>,
    /// What `set` blocks captured, to be found again where it is printed.
    kept: Vec<Captured>,
}

enum Level {
    Output(Output),
    Expression(Expression),
}

/// Text that is being put together.
#[derive(Default)]
struct Output {
    text: Vec<u8>,
    pieces: Vec<Piece>,
    calls: Calls,
    /// The calls around those of an include.
    around: Vec<Calls>,
    /// The text of a file that extends another: it is thrown away.
    extends: bool,
    /// The call and the place of the statement that is being evaluated, or of an expression that was undefined.
    statement: Option<(usize, u32)>,
    /// What that has read.
    reads: Vec<Read>,
}

/// The executions of templates that an output is made of.
#[derive(Clone, Default)]
struct Calls {
    /// The call and the place in it that asked for them.
    caller: Option<(usize, u32)>,
    by_file: HashMap<usize, usize>,
}

/// An expression that is being evaluated.
struct Expression {
    pos: u32,
    call: usize,
    reads: Vec<Read>,
    captured: Vec<Captured>,
    /// What is printed meanwhile: blocks that it asks for.
    within: Output,
}

impl Trace {
    pub fn new(marks: Arc<Marks>) -> Trace {
        Trace { marks, levels: vec![Level::Output(Output::default())], ..Trace::default() }
    }

    fn output(&mut self) -> Option<&mut Output> {
        self.levels.last_mut().map(|level| match level {
            Level::Output(o) => o,
            Level::Expression(e) => &mut e.within,
        })
    }

    /// The execution that a mark belongs to, in the innermost output; none for a number that only a chart can have made up.
    fn call(&mut self, mark: usize) -> Option<(usize, u32)> {
        let marks = self.marks.clone();
        let mark = marks.marks.get(mark)?;
        let next = self.record.calls.len();
        let output = self.output()?;
        let caller = output.calls.caller;
        let call = *output.calls.by_file.entry(mark.file).or_insert(next);
        if call == next {
            let (file, text) = &marks.files[mark.file];
            self.record.calls.push(CallSite { caller, file: file.clone(), text: Str::from(&**text) });
        }
        Some((call, mark.pos))
    }

    /// A file begins: if another one extended it, what that one printed is gone. What that one includes doesn't end it.
    pub fn begin(&mut self) {
        if matches!(self.levels.last(), Some(Level::Output(o)) if o.extends && o.around.is_empty()) {
            self.levels.pop();
        }
    }

    /// The rest of the file is only there for its blocks.
    pub fn extends(&mut self) {
        let calls = self.output().map(|o| o.calls.clone()).unwrap_or_default();
        self.levels.push(Level::Output(Output { calls, extends: true, ..Output::default() }));
    }

    /// A statement begins.
    pub fn statement(&mut self, mark: usize) {
        if let Some(place) = self.call(mark) {
            self.stands_at(place, Vec::new());
        }
    }

    fn stands_at(&mut self, place: (usize, u32), reads: Vec<Read>) {
        if let Some(output) = self.output() {
            (output.statement, output.reads) = (Some(place), reads);
        }
    }

    /// Another file is included here.
    pub fn enter(&mut self, mark: usize) {
        let caller = self.call(mark);
        if let Some(output) = self.output() {
            let around = std::mem::replace(&mut output.calls, Calls { caller, ..Calls::default() });
            output.around.push(around);
        }
    }

    /// The included file has ended.
    pub fn leave(&mut self) {
        if let Some(output) = self.output()
            && let Some(around) = output.around.pop()
        {
            output.calls = around;
        }
    }

    /// What is printed from here on is captured. The body of a macro is a call of its own, from where it was called.
    pub fn open(&mut self, is_call: bool) {
        let calls = match self.levels.last() {
            Some(Level::Expression(e)) if is_call => Calls { caller: Some((e.call, e.pos)), ..Calls::default() },
            Some(Level::Output(o)) if is_call => Calls { caller: o.statement, ..Calls::default() },
            _ => self.output().map(|o| o.calls.clone()).unwrap_or_default(),
        };
        self.levels.push(Level::Output(Output { calls, ..Output::default() }));
    }

    /// The capture ends; what was captured is looked for where it is printed, if it is.
    pub fn close(&mut self, is_kept: bool) {
        let Some(Level::Output(output)) = self.levels.pop() else { return };
        if !is_kept || output.text.is_empty() {
            return;
        }
        let captured = output.captured();
        match self.levels.last_mut() {
            Some(Level::Expression(e)) => e.captured.push(captured),
            _ => {
                if self.kept.len() == REMEMBERED {
                    self.kept.remove(0);
                }
                self.kept.push(captured);
            }
        }
    }

    /// Text is printed.
    pub fn text(&mut self, mark: usize) -> minijinja::Value {
        let Some((call, pos)) = self.call(mark) else { return minijinja::Value::from("") };
        let text = self.marks.marks[mark].text.clone();
        if let Some(output) = self.output() {
            output.put(
                text.as_str().unwrap_or_default(),
                Piece { range: 0..0, call, pos, reads: Vec::new(), captured: Vec::new() },
            );
        }
        text
    }

    /// An expression is going to be evaluated.
    pub fn at(&mut self, mark: usize) {
        let Some((call, pos)) = self.call(mark) else { return };
        self.stands_at((call, pos), Vec::new());
        let calls = Calls { caller: Some((call, pos)), ..Calls::default() };
        let within = Output { calls, ..Output::default() };
        self.levels.push(Level::Expression(Expression { pos, call, reads: Vec::new(), captured: Vec::new(), within }));
    }

    /// The expression was evaluated to this.
    pub fn print(&mut self, text: &str, is_undefined: bool) {
        let Some(Level::Expression(mut e)) = self.levels.pop() else { return };
        if is_undefined {
            // It will be the last thing that this render does.
            self.stands_at((e.call, e.pos), e.reads);
            return;
        }
        if !e.within.text.is_empty() {
            e.captured.push(e.within.captured());
        }
        let first_line =
            |c: &Captured| c.text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).find(|l| !l.is_empty()).map(<[u8]>::to_vec);
        let is_printed = |c: &&Captured| first_line(c).is_some_and(|line| text.as_bytes().windows(line.len()).any(|w| w == line));
        e.captured.extend(self.kept.iter().filter(is_printed).cloned());
        let piece = Piece { range: 0..0, call: e.call, pos: e.pos, reads: e.reads, captured: e.captured };
        if let Some(output) = self.output() {
            output.put(text, piece);
        }
    }

    /// A key of a map with an origin was read.
    pub fn read(&mut self, origin: u32, key: &Str) {
        let read = Read { origin, key: key.clone() };
        self.record.reads.insert(read.clone());
        match self.levels.last_mut() {
            Some(Level::Expression(e)) => e.reads.push(read),
            Some(Level::Output(o)) => o.reads.push(read),
            None => {}
        }
    }

    /// The record of a render that gave `out`.
    pub fn finish(mut self, out: &[u8]) -> Record {
        for level in &self.levels {
            let (reads, call) = match level {
                Level::Expression(e) => (&e.reads, Some(e.call)),
                Level::Output(o) => (&o.reads, o.statement.map(|(call, _)| call)),
            };
            self.record.failed_reads.extend(reads.iter().cloned());
            self.record.failed_call = call.or(self.record.failed_call);
        }
        if let Some(Level::Output(output)) = self.levels.into_iter().next()
            && output.text == out
        {
            self.record.pieces = output.pieces;
        }
        self.record
    }
}

impl Output {
    fn put(&mut self, text: &str, piece: Piece) {
        let start = self.text.len();
        self.text.extend_from_slice(text.as_bytes());
        self.pieces.push(Piece { range: start..self.text.len(), ..piece });
    }

    fn captured(self) -> Captured {
        Captured { text: Str::from(self.text), pieces: self.pieces }
    }
}

#[cfg(test)]
mod tests {
    use crate::scan::{Part, scan};

    /// The text that is printed when all expressions print `<>` and no tag prints anything.
    fn texts(source: &str) -> String {
        let part = |p: &Part| match p {
            Part::Text(range) => source[range.clone()].to_owned(),
            Part::Print(_) => "<>".to_owned(),
            Part::Tag(_) => String::new(),
        };
        scan(source).iter().map(part).collect()
    }

    #[test]
    fn white_space_is_minijinjas() {
        for source in [
            "a\n  {% set x = 1 %}\nb\n",
            "a\n  {%- set x = 1 -%}\n  b",
            "a\n  {%+ set x = 1 +%}\nb",
            "a {{- 1 -}}  b",
            "a {{ {'a': {}}.a and 1 }}b{{ \"}}\" and 1 }}c",
            "a\n  {# c #}\nb {#- c -#} d",
            "x\n  {% raw %}\n {{ y }} {% z %}\n  {% endraw %}\nb",
            "x {%- raw -%}  {{ y }}  {%- endraw -%}  b",
            "{% if true %}\r\nb{% endif %}\r\n\r\nc",
            "\n\n",
            "{{ 'it\\'s }}' and 1 }}",
        ] {
            let mut env = minijinja::Environment::new();
            let mut syntax = minijinja::syntax::SyntaxConfig::builder();
            syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
            env.set_syntax(syntax.build().unwrap());
            env.set_formatter(|out, _, _| Ok(out.write_str("<>")?));
            assert_eq!(texts(source), env.render_str(source, ()).unwrap(), "{source:?}");
        }
    }
}
