//! What one render shares with the functions and objects that it calls.
//!
//! minijinja wants everything that it holds to be `Send`; values of templates are not. They stay here, on the render's thread, and
//! Jinja holds their numbers.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use pintle_template::Evaluator;
use pintle_value::{Map, Value};

use crate::trace::Trace;

/// How deep `tpl` and `include` may render one within the other: each has a stack of its own within.
const MAX_DEPTH: usize = 100;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Session>>> = const { RefCell::new(None) };
}

/// A render of one file.
pub(crate) struct Session {
    /// Calls functions, executes Go's templates, keeps the budget.
    pub evaluator: Rc<RefCell<Evaluator<'static>>>,
    /// The dot that Go's templates of the same chart have.
    pub dot: Map,
    /// What has been made so far, if that is to be recorded.
    pub trace: Option<RefCell<Trace>>,
    values: RefCell<Vec<Value>>,
    /// The Jinja value of each shared one, by where that lies in memory: it stays there while it is in `values`.
    made: RefCell<HashMap<Key, minijinja::Value>>,
    depth: Cell<usize>,
}

/// Where a value lies, what methods its type has, and whether its names may be written Jinja's way.
pub(crate) type Key = (usize, usize, bool);

impl Session {
    pub fn new(evaluator: Rc<RefCell<Evaluator<'static>>>, dot: Map, trace: Option<Trace>) -> Rc<Session> {
        Rc::new(Session {
            evaluator,
            dot,
            trace: trace.map(RefCell::new),
            values: RefCell::default(),
            made: RefCell::default(),
            depth: Cell::new(0),
        })
    }

    /// Runs `f` with this session as the current one of the thread.
    pub fn enter<R>(self: &Rc<Session>, f: impl FnOnce() -> R) -> R {
        struct Restore(Option<Rc<Session>>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        let _restore = Restore(CURRENT.replace(Some(self.clone())));
        f()
    }

    /// The session of the render that runs on this thread.
    pub fn current() -> Option<Rc<Session>> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Keeps a value; `make` turns its number into what Jinja sees, once for each value.
    pub fn share(&self, key: Key, value: &Value, make: impl FnOnce(u32) -> minijinja::Value) -> minijinja::Value {
        if let Some(made) = self.made.borrow().get(&key) {
            return made.clone();
        }
        let mut values = self.values.borrow_mut();
        let made = make(values.len() as u32);
        values.push(value.clone());
        self.made.borrow_mut().insert(key, made.clone());
        made
    }

    /// The value of a number.
    pub fn value(&self, id: u32) -> Option<Value> {
        self.values.borrow().get(id as usize).cloned()
    }

    /// Renders something within the render.
    ///
    /// Errors: `f`'s, and that it nests too deep.
    pub fn nested<R>(&self, f: impl FnOnce() -> Result<R, minijinja::Error>) -> Result<R, minijinja::Error> {
        if self.depth.get() >= MAX_DEPTH {
            let what = format!("templates that functions render nest deeper than {MAX_DEPTH}");
            return Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, what));
        }
        self.depth.set(self.depth.get() + 1);
        let result = pintle_template::deep(f);
        self.depth.set(self.depth.get() - 1);
        result
    }
}
