//! What the evaluation of expressions costs.
//!
//! The API server bounds one expression (`PerCallLimit`) and all expressions over one object (`RuntimeCELCostBudget`,
//! k8s.io/apiserver `pkg/apis/cel/config.go`). So does this, in steps of its own, which are about as dear: a node of the expression,
//! an item that is looked at, or some bytes of text. A rule that is too dear for that is one that can't be evaluated; only the
//! budget of the whole run is an error.

use std::cell::Cell;

use pintle_value::budget::{BYTES_A_STEP, BYTES_AN_ITEM, Budget, Exceeded};

use super::eval::{Failure, Result};

/// Steps of one rule over one value (`PerCallLimit`).
const RULE: u64 = 1_000_000;
/// Steps of all rules over one object (`RuntimeCELCostBudget`).
const OBJECT: u64 = 10_000_000;
/// Steps that are gathered before the run's budget is charged.
const BATCH: u64 = 4_096;

/// Counts what the rules of one object cost.
#[derive(Debug)]
pub struct Cost<'b> {
    budget: &'b Budget,
    /// Steps that the rule has left.
    rule: Cell<u64>,
    /// Steps that the object has left, those of the rule included.
    object: Cell<u64>,
    /// Steps and bytes that the budget wasn't charged yet.
    pending: Cell<(u64, u64)>,
}

impl<'b> Cost<'b> {
    /// For an object, on a run's budget.
    pub fn new(budget: &'b Budget) -> Cost<'b> {
        Cost { budget, rule: Cell::new(RULE), object: Cell::new(OBJECT), pending: Cell::new((0, 0)) }
    }

    /// The next rule begins.
    pub fn next_rule(&self) {
        self.rule.set(RULE.min(self.object.get()));
    }

    /// Charges work.
    ///
    /// Errors: the rule, the object or the run have no steps left.
    pub fn steps(&self, steps: u64) -> Result<()> {
        self.charge(steps, 0)
    }

    /// Charges reading a text.
    ///
    /// Errors: those of [`Cost::steps`].
    pub fn read(&self, bytes: usize) -> Result<()> {
        self.charge(bytes as u64 / BYTES_A_STEP, 0)
    }

    /// Charges a text that is about to be made.
    ///
    /// Errors: those of [`Cost::steps`], and too much memory.
    pub fn text(&self, bytes: usize) -> Result<()> {
        self.charge(bytes as u64 / BYTES_A_STEP, bytes as u64)
    }

    /// Charges a list or a map that is about to be made.
    ///
    /// Errors: those of [`Cost::text`].
    pub fn items(&self, items: usize) -> Result<()> {
        self.charge(items as u64, (items as u64).saturating_mul(BYTES_AN_ITEM))
    }

    /// Charges a search with a regular expression, as the API server estimates one: its length for each bit of the text.
    ///
    /// Errors: those of [`Cost::steps`].
    pub fn search(&self, text: usize, pattern: usize) -> Result<()> {
        self.steps((text as u64 / 10 + 1).saturating_mul(pattern as u64 / 4 + 1))
    }

    fn charge(&self, steps: u64, bytes: u64) -> Result<()> {
        let (Some(rule), Some(object)) = (self.rule.get().checked_sub(steps), self.object.get().checked_sub(steps)) else {
            // Another rule may be cheaper, but this one took what it had.
            self.object.set(self.object.get().saturating_sub(self.rule.get()));
            self.rule.set(0);
            return Err(Failure::Unsupported);
        };
        self.rule.set(rule);
        self.object.set(object);
        let (pending_steps, pending_bytes) = self.pending.get();
        self.pending.set((pending_steps + steps, pending_bytes + bytes));
        if pending_steps + steps >= BATCH { self.settle().map_err(Failure::Exceeded) } else { Ok(()) }
    }

    /// Charges the budget what was gathered.
    ///
    /// Errors: the run exceeds it.
    pub fn settle(&self) -> std::result::Result<(), Exceeded> {
        let (steps, bytes) = self.pending.take();
        self.budget.allocate(bytes)?;
        self.budget.charge(steps)
    }
}
