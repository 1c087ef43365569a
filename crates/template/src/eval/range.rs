//! Loops: what `range` walks over, and what its variables get.

use pintle_value::fmt::{append_printed, sprint};
use pintle_value::{IntKind, Str, Value};

use super::{Evaluator, Flow, Held, State};
use crate::error::Error;
use crate::node::Branch;

impl Evaluator<'_> {
    /// `state.walkRange`
    pub(super) fn range<'t>(&mut self, st: &mut State<'t>, dot: &Held, r: &'t Branch) -> Result<Flow, Error> {
        let pipe = r.pipe.of(&st.ast.pipes);
        let v = self.condition(st, dot, pipe)?.v;
        let mut ran = false;
        let basic = match &v {
            Value::Object(o) => o.basic(),
            _ => None,
        };
        match basic.as_ref().unwrap_or(&v) {
            Value::Nil => {}
            Value::Int(kind, n) => {
                if pipe.variables(st.ast).len() > 1 {
                    let shown = String::from_utf8_lossy(&sprint(std::slice::from_ref(&v))).into_owned();
                    return st.error(format!("can't use {shown} to iterate over more than one variable"));
                }
                let end = if kind.is_unsigned() { *n as u64 } else { (*n).max(0) as u64 };
                for i in 0..end {
                    ran = true;
                    let n = match &v {
                        Value::Object(o) => o.with_basic(i as i64),
                        _ => Value::Int(*kind, i as i64),
                    };
                    if let Some(flow) = self.iteration(st, r, Held::default(), Held::concrete(n))? {
                        return Ok(flow);
                    }
                }
            }
            Value::List(l) => {
                for (i, item) in l.iter().enumerate() {
                    ran = true;
                    let item = Held::of_type(item.clone(), l.elem());
                    if let Some(flow) = self.iteration(st, r, Held::concrete(Value::int(i as i64)), item)? {
                        return Ok(flow);
                    }
                }
            }
            Value::Bytes(b) => {
                for (i, byte) in b.iter().enumerate() {
                    ran = true;
                    let item = Held::concrete(Value::Int(IntKind::Uint8, i64::from(*byte)));
                    if let Some(flow) = self.iteration(st, r, Held::concrete(Value::int(i as i64)), item)? {
                        return Ok(flow);
                    }
                }
            }
            Value::Map(m) => {
                // The entries as they were when the loop began: the body may change the map.
                let entries: Vec<(Str, Value)> = m.entries().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                for (k, item) in entries {
                    ran = true;
                    self.read(m, &k);
                    let item = Held::of_type(item, m.elem());
                    if let Some(flow) = self.iteration(st, r, Held::concrete(Value::String(k)), item)? {
                        return Ok(flow);
                    }
                }
            }
            other => {
                let mut text = Vec::new();
                // What a pointer leads to, as everywhere in a loop.
                append_printed(&mut text, other, false);
                return st.error(format!("range can't iterate over {}", String::from_utf8_lossy(&text)));
            }
        }
        match r.else_list {
            // Go's loop catches a break of its else, too, though the parser counts it to the loop around; a continue passes.
            Some(e) if !ran => Ok(match self.walk(st, dot, e)? {
                Flow::Break => Flow::Next,
                flow => flow,
            }),
            _ => Ok(Flow::Next),
        }
    }

    /// One iteration; `Some` when the loop is over.
    fn iteration<'t>(&mut self, st: &mut State<'t>, r: &'t Branch, index: Held, item: Held) -> Result<Option<Flow>, Error> {
        self.step(1)?;
        match r.pipe.of(&st.ast.pipes).variables(st.ast) {
            [] => {}
            [v] => self.set_var(st, *v, item.clone())?,
            [i, v, ..] => {
                self.set_var(st, *i, index)?;
                self.set_var(st, *v, item.clone())?;
            }
        }
        match self.walk(st, &item, r.list)? {
            Flow::Break => Ok(Some(Flow::Next)),
            Flow::Next | Flow::Continue => Ok(None),
        }
    }
}
