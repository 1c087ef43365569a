//! The functions of Go's templates under their names, as filters, as functions, and as members of `helm`.
//!
//! A filter's value is the last argument, as that of Go's pipelines is. Where Jinja has a filter or function of the same name with
//! another meaning, Jinja's stands and `helm.<name>` is Helm's. `include` and `tpl` render Jinja, and `helm.include` and `helm.tpl`
//! render Go's language.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object};
use minijinja::{Environment, Error, ErrorKind, State, Value as Jinja};
use pintle_template::{Call, Evaluator, Function, Functions};
use pintle_value::Value;

use crate::error::failed;
use crate::guard::{Refusal, guarded, refused};
use crate::session::Session;
use crate::shared::{from_jinja, to_jinja};
use crate::weight;

/// Filters whose name Helm has a function for, with another meaning or another order of arguments.
pub const JINJA_FILTERS: &[&str] = &[
    "default", "first", "indent", "int", "join", "last", "list", "lower", "max", "min", "replace", "reverse", "round", "slice",
    "split", "title", "trim", "upper",
];

/// Functions of Jinja whose name Helm has a function for.
pub const JINJA_FUNCTIONS: &[&str] = &["dict"];

/// All of Jinja's own filters, for suggestions.
pub(crate) const ALL_FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "urlencode",
    "zip",
];

/// Functions that ask whether a value is there: they may be given one that isn't.
pub const MAY_BE_UNDEFINED: &[&str] = &["coalesce", "default", "empty", "required"];

/// What Helm's functions are reached through where Jinja has others.
struct Helm(BTreeMap<&'static str, Jinja>);

impl fmt::Debug for Helm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("helm")
    }
}

impl Object for Helm {
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Jinja> {
        self.0.get(key).cloned()
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.get_value_by_str(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().copied().map(Jinja::from).collect())
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: &[Jinja]) -> Result<Jinja, Error> {
        match self.0.get(name) {
            Some(function) => function.call(state, args),
            None => Err(Error::new(ErrorKind::UnknownFunction, format!("helm.{name} is unknown"))),
        }
    }
}

/// Adds all functions to an environment.
pub(crate) fn add(env: &mut Environment<'static>, functions: &Functions) {
    let mut helm = BTreeMap::new();
    for name in functions.names() {
        let Some(function) = functions.get(name) else { continue };
        let as_function = bind(function.clone(), false);
        let as_filter = bind(function.clone(), true);
        env.add_filter(format!("helm.{name}"), as_filter);
        if !JINJA_FILTERS.contains(&name) {
            env.add_filter(name, bind(function.clone(), true));
        }
        let value = Jinja::from_function(as_function);
        if !JINJA_FUNCTIONS.contains(&name) {
            env.add_global(name, value.clone());
        }
        helm.insert(name, value);
    }
    env.add_global("helm", Jinja::from_object(Helm(helm)));
    env.add_function("include", |state: &mut State<'_, '_>, args: &[Jinja]| include(state, args));
    env.add_filter("include", |state: &mut State<'_, '_>, args: &[Jinja]| include(state, &rotated(args)));
    env.add_function("tpl", |state: &mut State<'_, '_>, args: &[Jinja]| tpl(state, args));
    env.add_filter("tpl", |state: &mut State<'_, '_>, args: &[Jinja]| tpl(state, args));
}

/// The names of all functions.
pub(crate) fn names(evaluator: &Evaluator<'_>) -> Vec<String> {
    evaluator.functions().names().map(str::to_owned).collect()
}

type Bound = dyn Fn(&mut State<'_, '_>, &[Jinja]) -> Result<Jinja, Error> + Send + Sync;

fn bind(
    function: Arc<Function>,
    is_filter: bool,
) -> impl Fn(&mut State<'_, '_>, &[Jinja]) -> Result<Jinja, Error> + Send + Sync + 'static {
    // The type says that the arguments are borrowed for as long as a call lasts.
    let f: Box<Bound> = Box::new(
        move |state, args| {
            if is_filter { call(state, &function, &rotated(args)) } else { call(state, &function, args) }
        },
    );
    move |state: &mut State<'_, '_>, args: &[Jinja]| f(state, args)
}

/// A filter's arguments as those of a function: its value comes last.
fn rotated(args: &[Jinja]) -> Vec<Jinja> {
    let mut args = args.to_vec();
    if !args.is_empty() {
        args.rotate_left(1);
    }
    args
}

fn session() -> Result<std::rc::Rc<Session>, Error> {
    Session::current().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "functions can't be called outside of a render"))
}

fn call(state: &mut State<'_, '_>, function: &Function, args: &[Jinja]) -> Result<Jinja, Error> {
    let session = session()?;
    let mut args = arguments(state, args, MAY_BE_UNDEFINED.contains(&function.name))?;
    if matches!(function.name, "include" | "tpl") && args.len() == 1 {
        args.push(Value::Map(session.dot.clone()));
    }
    let made = session.evaluator.borrow_mut().apply(function, args).map_err(|e| failed(function.name, e))?;
    Ok(to_jinja(&made, false))
}

/// The error that says what is undefined, if the value is.
pub(crate) fn defined(state: &mut State<'_, '_>, value: &Jinja) -> Result<(), Error> {
    if value.is_undefined() {
        // Printing it raises that error; whoever is given the value doesn't know where it comes from.
        state.format(value.clone())?;
    }
    Ok(())
}

/// The arguments as functions take them.
///
/// Errors: an undefined value, unless a function asks for those.
pub(crate) fn arguments(state: &mut State<'_, '_>, args: &[Jinja], may_be_undefined: bool) -> Result<Vec<Value>, Error> {
    let mut out = Vec::with_capacity(args.len());
    for arg in args {
        if !may_be_undefined {
            defined(state, arg)?;
        }
        weight::weigh_own(arg)?;
        out.push(from_jinja(arg)?);
    }
    Ok(out)
}

/// The name and the data of `include` and `tpl`: without data, the dot of the chart.
fn text_and_data(name: &str, state: &mut State<'_, '_>, args: &[Jinja]) -> Result<(String, Option<Jinja>), Error> {
    let (text, data) = match args {
        [text] => (text, None),
        [text, data] => (text, Some(data.clone())),
        _ => {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("{name} takes a text and, if not the chart's own, the data"),
            ));
        }
    };
    defined(state, text)?;
    match text.as_str() {
        Some(text) => Ok((text.to_owned(), data)),
        None => Err(Error::new(ErrorKind::InvalidOperation, format!("{name} takes a text, not a {}", text.kind()))),
    }
}

/// `include(name)`: what a file in Jinja or a template in Go's language prints.
fn include(state: &mut State<'_, '_>, args: &[Jinja]) -> Result<Jinja, Error> {
    let (name, data) = text_and_data("include", state, args)?;
    let session = session()?;
    if let Ok(found) = state.get_template(&name) {
        let (file, env) = (found.name().to_owned(), on_account(state, &session));
        return nested(&session, data, || env.get_template(&file));
    }
    let function = session.evaluator.borrow().functions().get("include");
    match function {
        Some(function) => call(state, function, args),
        None => Err(Error::new(ErrorKind::TemplateNotFound, format!("template {name:?} does not exist"))),
    }
}

/// `tpl(text)`: what a text in Jinja prints.
fn tpl(state: &mut State<'_, '_>, args: &[Jinja]) -> Result<Jinja, Error> {
    let (text, data) = text_and_data("tpl", state, args)?;
    let session = session()?;
    session.evaluator.borrow_mut().charge(text.len() as u64 / 16).map_err(|e| failed("tpl", e))?;
    let (name, env) = (format!("{} (tpl)", state.name()), on_account(state, &session));
    if let Some(Refusal { kind, what, at }) = refused(&text) {
        let line = 1 + text[..at].matches('\n').count();
        return Err(failed("tpl", pintle_template::Error::with_kind(kind, format!("{what} (line {line} of the text)"))));
    }
    let (text, _) = guarded(&text);
    nested(&session, data, || env.template_from_named_str(&name, &text))
}

/// The environment of a render within the render: what is left of the budget is all that it has.
fn on_account<'e>(state: &State<'_, 'e>, session: &Session) -> Environment<'e> {
    let mut env = state.env().clone();
    let taken = state.fuel_levels().map_or(0, |(taken, _)| taken);
    env.set_fuel(Some(session.evaluator.borrow().steps_left().saturating_sub(taken)));
    env
}

/// Renders a template within the render.
fn nested<'t>(
    session: &Session,
    data: Option<Jinja>,
    template: impl FnOnce() -> Result<minijinja::Template<'t, 't>, Error>,
) -> Result<Jinja, Error> {
    session.nested(|| {
        let data = data.unwrap_or_else(|| root(session));
        // An error within has its place; around it stands the place of the call.
        let outside = |e: Error| Error::new(ErrorKind::BadInclude, "error in a template that a function renders").with_source(e);
        let captured = template().and_then(|t| t.render_captured(data)).map_err(outside)?;
        let taken = captured.state().fuel_levels().map_or(0, |(taken, _)| taken);
        session.evaluator.borrow_mut().charge(taken).map_err(|e| failed("tpl", e))?;
        Ok(Jinja::from(captured.into_output()))
    })
}

/// The context of a chart's templates.
pub(crate) fn root(session: &Session) -> Jinja {
    to_jinja(&Value::Map(session.dot.clone()), true)
}
