//! Templates with marks: the same output, and every part of it tells where it comes from.
//!
//! minijinja says nothing of what printed what, so the source is written anew: text is printed by a function that notes it, an
//! expression goes through one, and what a macro, a block of `set`, a filter or an import captures is put between two others.

use std::sync::Arc;

use minijinja::{Environment, Error, Value as Jinja};

use super::Trace;
use crate::error::{Source, Texts};
use crate::expression;
use crate::guard::{self, Checks, assignment};
use crate::print;
use crate::scan::{Part, keyword, scan};
use crate::session::Session;

/// A place that output can come from.
#[derive(Debug)]
pub(super) struct Mark {
    /// An index into [`Marks::files`].
    pub file: usize,
    /// Byte offset in the file.
    pub pos: u32,
    /// The text that is printed there, if it is text.
    pub text: Jinja,
}

/// All places, by number.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pub(super) files: Vec<(Arc<str>, Arc<str>)>,
    pub(super) marks: Vec<Mark>,
}

/// The templates of [`crate::Templates`] with marks.
pub(crate) struct Instrumented {
    pub env: Environment<'static>,
    pub marks: Arc<Marks>,
}

impl Instrumented {
    /// Marks all `texts` and adds them to `env`, whose functions are those of the originals.
    pub fn new(mut env: Environment<'static>, texts: &Texts) -> Instrumented {
        let mut marks = Marks::default();
        for (name, Source { text, .. }) in texts {
            let file = marks.files.len();
            marks.files.push((name.as_str().into(), text.clone()));
            let mut writer =
                Writer { source: text, file, marks: &mut marks, out: String::new(), open: Vec::new(), checks: Checks::default() };
            writer.template();
            // What can't be parsed with marks is rendered without, and then has no record.
            if env.add_template_owned(name.clone(), writer.out).is_err() {
                let _ = env.add_template_owned(name.clone(), text.to_string());
            }
        }
        functions(&mut env);
        Instrumented { env, marks: Arc::new(marks) }
    }
}

/// A block that is put between two marks of its own.
enum Open {
    /// `set` and `macro`: only what is within is captured.
    Capture,
    /// `filter` and `call`: what comes out is printed by an expression behind.
    Printed {
        number: usize,
        filter: Option<String>,
        mark: usize,
    },
    Other,
}

struct Writer<'w> {
    source: &'w str,
    file: usize,
    marks: &'w mut Marks,
    out: String,
    open: Vec<Open>,
    checks: Checks,
}

impl Writer<'_> {
    fn mark(&mut self, pos: usize, text: Jinja) -> usize {
        self.marks.marks.push(Mark { file: self.file, pos: pos as u32, text });
        self.marks.marks.len() - 1
    }

    fn place(&mut self, pos: usize) -> usize {
        self.mark(pos, Jinja::from(""))
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn tag(&mut self, inner: std::ops::Range<usize>) {
        let text = &self.source[inner];
        self.put(&format!("{{%{}%}}", expression::with(text, guard::within(text))));
        for look in self.checks.after(text) {
            self.put(&format!("{{% do {look} %}}"));
        }
    }

    fn template(&mut self) {
        self.put("{{ __pintle_begin() }}");
        for part in scan(self.source) {
            match part {
                Part::Text(range) => {
                    let mark = self.mark(range.start, Jinja::from(&self.source[range]));
                    self.put(&format!("{{{{ __pintle_text({mark}) }}}}"));
                }
                Part::Print(inner) => {
                    let mark = self.place(inner.start.saturating_sub(2));
                    let text = &self.source[inner];
                    let guarded = expression::with(text, expression::insertions(text));
                    self.put(&format!("{{{{ __pintle_print(__pintle_at({mark}), ({guarded})) }}}}"));
                }
                Part::Tag(inner) => self.statement(inner),
            }
        }
    }

    fn statement(&mut self, inner: std::ops::Range<usize>) {
        let text = &self.source[inner.clone()];
        let (word, rest) = keyword(text);
        let pos = inner.start.saturating_sub(2);
        match word {
            "if" | "for" | "do" | "with" => {
                self.statement_mark(pos);
                self.tag(inner);
                if word != "do" {
                    self.open.push(Open::Other);
                }
            }
            "extends" => {
                self.statement_mark(pos);
                self.tag(inner);
                self.put("{{ __pintle_extends() }}");
            }
            "include" => {
                let mark = self.place(pos);
                self.put(&format!("{{{{ __pintle_enter({mark}) }}}}"));
                self.tag(inner);
                self.put("{{ __pintle_leave() }}");
            }
            "import" | "from" => {
                self.statement_mark(pos);
                self.put("{{ __pintle_open(false) }}");
                self.tag(inner);
                self.put("{{ __pintle_close(false) }}");
            }
            "set" if assignment(text).is_some() => {
                self.statement_mark(pos);
                self.tag(inner);
            }
            "set" | "macro" => {
                self.tag(inner);
                self.put(if word == "macro" { "{{ __pintle_open(true) }}" } else { "{{ __pintle_open(false) }}" });
                self.open.push(Open::Capture);
            }
            "filter" | "call" => {
                let (mark, number) = (self.place(pos), self.out.len());
                self.put(&format!("{{% set __pintle_{number} %}}{{{{ __pintle_open(false) }}}}"));
                if word == "call" {
                    self.tag(inner);
                    self.put("{{ __pintle_open(true) }}");
                    self.open.push(Open::Printed { number, filter: None, mark });
                } else {
                    self.open.push(Open::Printed {
                        number,
                        filter: Some(expression::with(rest, expression::slices(rest))),
                        mark,
                    });
                }
            }
            "block" | "autoescape" => {
                self.tag(inner);
                self.open.push(Open::Other);
            }
            _ if word.starts_with("end") => {
                let end = match self.open.pop() {
                    Some(Open::Capture) => {
                        self.put("{{ __pintle_close(true) }}");
                        String::new()
                    }
                    Some(Open::Printed { number, filter: Some(filter), mark }) => {
                        self.put("{{ __pintle_close(true) }}{% endset %}");
                        self.put(&format!("{{{{ __pintle_print(__pintle_at({mark}), (__pintle_{number} | {filter})) }}}}"));
                        return;
                    }
                    Some(Open::Printed { number, filter: None, mark }) => {
                        self.put("{{ __pintle_close(true) }}");
                        format!(
                            "{{{{ __pintle_close(true) }}}}{{% endset %}}{{{{ __pintle_print(__pintle_at({mark}), __pintle_{number}) }}}}"
                        )
                    }
                    Some(Open::Other) | None => String::new(),
                };
                self.tag(inner);
                self.put(&end);
            }
            _ => self.tag(inner),
        }
    }

    fn statement_mark(&mut self, pos: usize) {
        let mark = self.place(pos);
        self.put(&format!("{{{{ __pintle_statement({mark}) }}}}"));
    }
}

fn functions(env: &mut Environment<'static>) {
    fn trace(f: impl FnOnce(&mut Trace)) -> &'static str {
        if let Some(session) = Session::current()
            && let Some(trace) = &session.trace
        {
            f(&mut trace.borrow_mut());
        }
        ""
    }
    env.add_function("__pintle_begin", || trace(Trace::begin));
    env.add_function("__pintle_extends", || trace(Trace::extends));
    env.add_function("__pintle_statement", |mark: usize| trace(|t| t.statement(mark)));
    env.add_function("__pintle_enter", |mark: usize| trace(|t| t.enter(mark)));
    env.add_function("__pintle_leave", || trace(Trace::leave));
    env.add_function("__pintle_open", |is_call: bool| trace(|t| t.open(is_call)));
    env.add_function("__pintle_close", |is_kept: bool| trace(|t| t.close(is_kept)));
    env.add_function("__pintle_at", |mark: usize| trace(|t| t.at(mark)));
    env.add_function("__pintle_text", |mark: usize| {
        let mut text = Jinja::from("");
        trace(|t| text = t.text(mark));
        text
    });
    env.add_function("__pintle_print", |args: &[Jinja]| -> Result<Jinja, Error> {
        let made = args.get(1).cloned().unwrap_or_default();
        let mut text = String::new();
        if !made.is_undefined() {
            print::value(&made, &mut text)?;
        }
        let undefined = made.is_undefined();
        trace(|t| t.print(&text, undefined));
        // The value itself: one that is undefined is an error where it is printed.
        Ok(if undefined { made } else { Jinja::from(text) })
    });
}
