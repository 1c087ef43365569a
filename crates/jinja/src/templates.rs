//! The files of a chart and its dependencies that are written in Jinja: parsed once, rendered as often as asked for.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use pintle_template::record::Record;
use pintle_template::{Call, ErrorKind, Evaluator, Functions};
use pintle_value::Map;
use pintle_value::budget::{Exceeded, Limit};

use crate::error::{Error, Source, Texts, convert};
use crate::guard::{self, guarded};
use crate::session::Session;
use crate::trace::{Instrumented, Trace};
use crate::{functions, names, print};

/// Parsed files that can include and import each other.
pub struct Templates {
    env: Environment<'static>,
    known: Arc<BTreeSet<String>>,
    texts: Texts,
    functions: &'static Functions,
    /// The same with marks, made when something is to be recorded.
    instrumented: OnceLock<Instrumented>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.texts.keys()).finish()
    }
}

impl Templates {
    /// None yet; `known` are the names of all that will be added, `functions` those that they may call.
    pub fn new(known: BTreeSet<String>, functions: &'static Functions) -> Templates {
        let known = Arc::new(known);
        let mut env = environment(functions, known.clone());
        // Line feeds that only a tag ends, and blanks before one, would leave empty lines in the YAML.
        set_whitespace(&mut env, true);
        Templates { env, known, texts: Texts::new(), functions, instrumented: OnceLock::new() }
    }

    /// Parses a file, as `chart/templates/name`.
    ///
    /// Errors: text that is no UTF-8 or no Jinja, with its place.
    pub fn add(&mut self, name: &str, text: &[u8]) -> Result<(), Error> {
        let text: Arc<str> = match std::str::from_utf8(text) {
            Ok(text) => text.into(),
            Err(e) => return Err(no_utf8(name, text, &e)),
        };
        if let Some(guard::Refusal { kind, what, at }) = guard::refused(&text) {
            return Err(Error::at(kind, what, place(name, &text, at)));
        }
        // What isn't Jinja is said of the text as it stands.
        let (guarded, insertions) = guarded(&text);
        self.texts.insert(name.to_owned(), Source { text: text.clone(), insertions });
        if self.env.add_template_owned(name.to_owned(), guarded).is_err() {
            self.texts.insert(name.to_owned(), Source { text: text.clone(), insertions: Vec::new() });
            self.env.add_template_owned(name.to_owned(), text.to_string()).map_err(|e| convert(&e, 0, &self.texts))?;
        }
        Ok(())
    }

    /// Renders a file with the dot that Go's templates of its chart have; functions and budget are those of `evaluator`.
    ///
    /// Errors: those of the template, with their places.
    pub fn render(&self, name: &str, dot: &Map, evaluator: &Rc<RefCell<Evaluator<'static>>>) -> Result<Vec<u8>, Error> {
        let session = Session::new(evaluator.clone(), dot.clone(), None);
        session.enter(|| run(&self.env, name, &session).map_err(|f| f.explained(name, evaluator, &self.texts)))
    }

    /// As [`Templates::render`], with a record of what made what, of a failure too. What an error says is the same, but its places
    /// are of the text with marks.
    pub fn render_recorded(
        &self,
        name: &str,
        dot: &Map,
        evaluator: &Rc<RefCell<Evaluator<'static>>>,
    ) -> (Result<Vec<u8>, Error>, Record) {
        let instrumented = self.instrumented.get_or_init(|| {
            let mut env = environment(self.functions, self.known.clone());
            // The marks stand where the text was: nothing may be trimmed any more.
            set_whitespace(&mut env, false);
            Instrumented::new(env, &self.texts)
        });
        let trace = Trace::new(instrumented.marks.clone());
        let session = Session::new(evaluator.clone(), dot.clone(), Some(trace));
        let result =
            session.enter(|| run(&instrumented.env, name, &session).map_err(|f| f.explained(name, evaluator, &Texts::new())));
        let record = session.trace.as_ref().map(|t| t.take().finish(result.as_deref().unwrap_or_default())).unwrap_or_default();
        (result, record)
    }
}

/// An environment without templates.
fn environment(functions: &'static Functions, known: Arc<BTreeSet<String>>) -> Environment<'static> {
    let mut env = with_functions(functions);
    env.set_path_join_callback(move |name, parent| match names::resolve(&known, name, parent) {
        Some(found) => Cow::Owned(found.to_owned()),
        None => Cow::Borrowed(name),
    });
    env
}

/// An environment with all functions, made once for each set of them: hundreds of entries that all charts share.
fn with_functions(functions: &'static Functions) -> Environment<'static> {
    static MADE: Mutex<Vec<(&'static Functions, Environment<'static>)>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, env)) = made.iter().find(|(of, _)| std::ptr::eq(*of, functions)) {
        return env.clone();
    }
    let mut env = Environment::new();
    // Errors name what is undefined, and have their place.
    env.set_debug(true);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_formatter(|out, _, value| print::value(value, out));
    functions::add(&mut env, functions);
    guard::add(&mut env);
    made.push((functions, env.clone()));
    env
}

fn set_whitespace(env: &mut Environment<'_>, trims: bool) {
    // The delimiters are Jinja's own: they can't fail to be told apart.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(trims).lstrip_blocks(trims).keep_trailing_newline(true).build() {
        env.set_syntax(syntax);
    }
}

/// Why a render ended before its end.
enum Failure {
    /// minijinja's error.
    Jinja(minijinja::Error),
    /// A budget of ours is used up.
    Budget(pintle_template::Error),
}

impl Failure {
    fn explained(&self, name: &str, evaluator: &Rc<RefCell<Evaluator<'static>>>, texts: &Texts) -> Error {
        match self {
            // Between two templates, as files that extend each other are, minijinja knows no place.
            Failure::Jinja(e) => convert(e, evaluator.borrow().limits().steps, texts).or_in(name),
            Failure::Budget(e) => Error::plain(ErrorKind::Budget, e.message()),
        }
    }
}

fn run(env: &Environment<'static>, name: &str, session: &Rc<Session>) -> Result<Vec<u8>, Failure> {
    let mut env = env.clone();
    let (left, limits) = {
        let evaluator = session.evaluator.borrow();
        (evaluator.steps_left(), evaluator.limits())
    };
    env.set_fuel(Some(left));
    let mut out = Limited { out: Vec::new(), limit: limits.output, is_over: false };
    let rendered = env.get_template(name).and_then(|t| t.render_captured_to(functions::root(session), &mut out));
    if out.is_over {
        return Err(Failure::Budget(Exceeded { limit: Limit::Output, allowed: limits.output as u64 }.into()));
    }
    let taken = rendered.map_err(Failure::Jinja)?.state().fuel_levels().map_or(0, |(taken, _)| taken);
    session.evaluator.borrow_mut().charge(taken).map_err(Failure::Budget)?;
    Ok(out.out)
}

/// Text up to a limit.
struct Limited {
    out: Vec<u8>,
    limit: usize,
    is_over: bool,
}

impl io::Write for &mut Limited {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.out.len() + text.len() > self.limit {
            self.is_over = true;
            return Err(io::Error::other("the output is too long"));
        }
        self.out.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn place(name: &str, text: &str, at: usize) -> crate::Place {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    crate::Place { file: name.to_owned(), line: 1 + before.matches('\n').count(), column: 1 + at - line_start, len: 1 }
}

fn no_utf8(name: &str, text: &[u8], e: &std::str::Utf8Error) -> Error {
    let before = &text[..e.valid_up_to()];
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    let line = 1 + before.iter().filter(|b| **b == b'\n').count();
    let place = crate::Place { file: name.to_owned(), line, column: 1 + before.len() - line_start, len: 1 };
    Error::at(ErrorKind::Parse, "the template is no UTF-8 text".to_owned(), place)
}
