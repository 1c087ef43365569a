//! The record of a render: which template text made which part of the output, through which includes, from which values.
//!
//! Kept only when asked for. An action's output that a function has changed on its way (`include "x" . | nindent 4`) keeps the
//! record of what was captured within it, so that lines can be followed through.

use std::collections::BTreeSet;
use std::sync::Arc;

use pintle_value::Str;

use crate::node::{Pos, Template};

/// A key that was read from a map with an origin (see [`pintle_value::Map::origin`]).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// The map's origin.
    pub origin: u32,
    /// The key.
    pub key: Str,
}

/// A part of an output and what made it.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Byte range in the output.
    pub range: std::ops::Range<usize>,
    /// The call that it was made in: an index into [`Record::calls`].
    pub call: usize,
    /// Byte offset of the text or action in the template's source.
    pub pos: Pos,
    /// Values read by the action.
    pub reads: Vec<Read>,
    /// Outputs of templates that the action's functions executed.
    pub captured: Vec<Captured>,
}

/// The output of a template that a function executed, with its own record.
#[derive(Clone, Debug)]
pub struct Captured {
    /// The output.
    pub text: Str,
    /// What made it.
    pub pieces: Vec<Piece>,
}

/// The execution of one template, and where it was asked for.
#[derive(Clone, Debug)]
pub struct CallSite {
    /// The caller: an index into [`Record::calls`], and the byte offset in its template's source.
    pub caller: Option<(usize, Pos)>,
    /// The file that the template stands in.
    pub file: Arc<str>,
    /// The file's text.
    pub text: Str,
}

/// What was recorded of one execution.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The parts of the output, in order.
    pub pieces: Vec<Piece>,
    /// Every execution of a template, callers before callees.
    pub calls: Vec<CallSite>,
    /// Everything that was read, by conditions too.
    pub reads: BTreeSet<Read>,
    /// After an error: what the action that failed had read.
    pub failed_reads: Vec<Read>,
    /// After an error that doesn't tell the calls around it itself: the call that failed, an index into `calls`.
    pub failed_call: Option<usize>,
}

#[derive(Default)]
pub(crate) struct Recorder {
    record: Record,
    calls: Vec<usize>,
    /// One list of pieces per open output.
    outputs: Vec<Vec<Piece>>,
    /// What the open actions have read and captured, innermost last.
    actions: Vec<(Vec<Read>, Vec<Captured>)>,
}

impl Recorder {
    pub fn enter(&mut self, template: &Arc<Template>, caller: Option<Pos>) {
        let caller = self.calls.last().copied().zip(caller);
        self.calls.push(self.record.calls.len());
        let source = &template.source;
        self.record.calls.push(CallSite { caller, file: source.name.clone(), text: source.text.clone() });
    }

    pub fn leave(&mut self) {
        self.calls.pop();
    }

    pub fn open_output(&mut self) {
        self.outputs.push(Vec::new());
    }

    pub fn close_output(&mut self, text: &[u8]) {
        let pieces = self.outputs.pop().unwrap_or_default();
        match self.actions.last_mut() {
            Some((_, captured)) => captured.push(Captured { text: Str::from(text), pieces }),
            None => self.record.pieces = pieces,
        }
    }

    pub fn begin_action(&mut self) {
        self.actions.push(Default::default());
    }

    /// Ends an action or condition that made `range` of the output.
    pub fn end_action(&mut self, pos: Pos, range: std::ops::Range<usize>) {
        let (reads, captured) = self.actions.pop().unwrap_or_default();
        self.piece(pos, range, reads, captured);
    }

    pub fn text(&mut self, pos: Pos, range: std::ops::Range<usize>) {
        self.piece(pos, range, Vec::new(), Vec::new());
    }

    fn piece(&mut self, pos: Pos, range: std::ops::Range<usize>, reads: Vec<Read>, captured: Vec<Captured>) {
        let call = self.calls.last().copied().unwrap_or(0);
        if let Some(output) = self.outputs.last_mut() {
            output.push(Piece { range, call, pos, reads, captured });
        }
    }

    pub fn read(&mut self, origin: u32, key: &Str) {
        let read = Read { origin, key: key.clone() };
        if let Some((reads, _)) = self.actions.last_mut() {
            reads.push(read.clone());
        }
        self.record.reads.insert(read);
    }

    pub fn finish(mut self) -> Record {
        for (reads, _) in self.actions.drain(..) {
            self.record.failed_reads.extend(reads);
        }
        self.record
    }
}
