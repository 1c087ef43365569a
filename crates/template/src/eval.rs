//! Executes parsed templates, as `text/template/exec.go` (Go 1.26) does with the option `missingkey=zero`.
//!
//! Takes a set of templates and data, gives bytes. A value is carried with the fact of whether Go would hold it in an
//! interface: error texts and nil tell the two apart.

mod range;

use std::any::Any;
use std::collections::HashMap;
use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;

use pintle_value::budget::{BYTES_A_MAP, BYTES_A_STEP, BYTES_AN_ITEM, Budget, Limit, Limits, MAX_TEXT, Purse};
use pintle_value::fmt::{append_printed, take_overrun};
use pintle_value::types::{Kind, Signature, Type};
use pintle_value::{Map, Str, Value};

use crate::apply::{count, fit};
use crate::deep::deep;
use crate::error::{Error, ErrorKind};
use crate::func::{Builtin, Call, Function, Functions};
use crate::node::{Ast, Command, Expr, Id, Node, Number, Path, Pipe, Pos, Shown, Slice, Template, TemplateCall, Variable};
use crate::parser::{Parsed, parse};
use crate::record::{Record, Recorder};
use crate::set::{Scope, Templates};

/// How deep `{{template}}` may nest (`maxExecDepth`).
const MAX_TEMPLATE_DEPTH: usize = 100_000;
/// The longest text that a message quotes whole.
const LONGEST_NAME: usize = 16 << 10;
/// What the record of an action takes, in bytes.
const BYTES_A_RECORDED_ACTION: u64 = 256;
/// What executing a template for a function costs.
const STEPS_A_CALL: u64 = 32;
/// What a text that is parsed as a template (`tpl`) takes at most, in bytes for each of its own.
pub const BYTES_A_PARSED_BYTE: u64 = 12;
/// A value and whether it is held by an `interface {}` (`reflect.Value` of kind Interface). A nil that isn't is Go's zero
/// `reflect.Value`.
#[derive(Clone, Default)]
pub(crate) struct Held {
    pub v: Value,
    in_interface: bool,
    /// Whether it is part of something that a pointer leads to, so that the pointer's methods are its own.
    addressable: bool,
}

impl Held {
    pub fn concrete(v: Value) -> Held {
        Held { v, in_interface: false, addressable: false }
    }

    pub fn of_type(v: Value, ty: Type) -> Held {
        Held { v, in_interface: matches!(ty, Type::Any), addressable: false }
    }

    pub fn is_invalid(&self) -> bool {
        !self.in_interface && matches!(self.v, Value::Nil)
    }

    /// The static type, as messages name it.
    fn type_name(&self) -> String {
        if self.in_interface { Type::Any.to_string() } else { pintle_value::fmt::type_name(self.v.ty()) }
    }
}

/// `reflect.Value.String`
fn reflected(v: &Value) -> String {
    match (v, v.ty()) {
        (Value::String(s), _) => s.to_str_lossy().into_owned(),
        (_, Some(ty)) => format!("<{ty} Value>"),
        (_, None) => "<invalid Value>".to_owned(),
    }
}

/// A name or text as messages quote it. What is far longer than anything people write is cut: an error around an error would say it
/// again.
fn shown_name(text: &[u8]) -> String {
    match text.get(..LONGEST_NAME) {
        Some(start) => format!("{}…", pintle_go::strconv::quote(start)),
        None => pintle_go::strconv::quote(text),
    }
}

/// The node that a message would name.
#[derive(Clone, Copy)]
enum At<'t> {
    Nothing,
    Node(&'t Node, Pos),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Expr(Expr),
}

/// The execution of one template.
struct State<'t> {
    template: &'t Template,
    ast: &'t Ast,
    at: At<'t>,
    /// Where its variables begin.
    base: usize,
}

impl At<'_> {
    fn pos(&self, ast: &Ast) -> Pos {
        match self {
            At::Nothing => 0,
            At::Node(_, pos) => *pos,
            At::Pipe(p) => p.pos,
            At::Command(c) => c.pos,
            At::Expr(e) => e.pos(ast),
        }
    }
}

impl State<'_> {
    /// A part of the template as Go prints it.
    fn shown<T>(&self, part: T) -> Shown<'_, T> {
        Shown::new(&self.template.source, part)
    }

    fn error_with(&self, what: &str, source: Option<Error>) -> Error {
        let (node, pipe, command, expr);
        let shown: &dyn Display = match self.at {
            At::Nothing => &"",
            At::Node(n, _) => {
                node = self.shown(n);
                &node
            }
            At::Pipe(p) => {
                pipe = self.shown(p);
                &pipe
            }
            At::Command(c) => {
                command = self.shown(c);
                &command
            }
            At::Expr(e) => {
                expr = self.shown(e);
                &expr
            }
        };
        Error::exec(self.template.location(self.at.pos(self.ast) as usize, shown), what, source)
    }

    fn error<T>(&self, what: impl AsRef<str>) -> Result<T, Error> {
        Err(self.error_with(what.as_ref(), None))
    }
}

enum Flow {
    Next,
    Break,
    Continue,
}

/// Executes templates of one set with one host.
pub struct Evaluator<'f> {
    functions: &'f Functions,
    host: Rc<dyn Any>,
    purse: Purse,
    captured: usize,
    scope: Rc<Scope>,
    /// All outputs that are being made, the innermost last: one memory for all of them.
    out: Vec<u8>,
    /// Where the innermost begins.
    begun: usize,
    vars: Vec<Held>,
    template_depth: usize,
    call_depth: usize,
    /// Where the function that is being called stands.
    call_pos: Pos,
    texts: HashMap<Str, Parsed>,
    recorder: Option<Box<Recorder>>,
}

impl<'f> Evaluator<'f> {
    /// An evaluator of `templates`, which were parsed with `functions`; the functions find `host` through
    /// [`Call::host`]. All that it does is charged to `budget`.
    pub fn new(templates: Arc<Templates>, functions: &'f Functions, host: Rc<dyn Any>, budget: Arc<Budget>) -> Evaluator<'f> {
        Evaluator {
            functions,
            host,
            purse: Purse::new(budget),
            captured: 0,
            scope: Rc::new(Scope::Root(templates)),
            out: Vec::new(),
            begun: 0,
            vars: Vec::new(),
            template_depth: 0,
            call_depth: 0,
            call_pos: 0,
            texts: HashMap::new(),
            recorder: None,
        }
    }

    /// Executes the template `name` (`Template.ExecuteTemplate`).
    pub fn execute(&mut self, name: &str, data: Value) -> Result<Vec<u8>, Error> {
        self.reset();
        self.named(name, data)
    }

    /// As [`Evaluator::execute`], with a record of what made what, of a failure too.
    pub fn execute_recorded(&mut self, name: &str, data: Value) -> (Result<Vec<u8>, Error>, Record) {
        self.reset();
        self.recorder = Some(Box::default());
        let result = self.named(name, data);
        let recorder = self.recorder.take().unwrap_or_default();
        (result, recorder.finish())
    }

    /// An error leaves the state of what it interrupted behind.
    fn reset(&mut self) {
        // What others printed on this thread doesn't concern this execution.
        let _ = take_overrun();
        self.out.clear();
        self.vars.clear();
        (self.begun, self.template_depth, self.call_depth, self.call_pos) = (0, 0, 0, 0);
    }

    fn named(&mut self, name: &str, data: Value) -> Result<Vec<u8>, Error> {
        match self.scope.get(name) {
            Some(template) => self.capture(&template, data),
            None => Err(Error::new(format!(
                "template: no template {} associated with template \"gotpl\"",
                shown_name(name.as_bytes())
            ))),
        }
    }

    /// The length of the innermost output.
    fn len(&self) -> usize {
        self.out.len() - self.begun
    }

    /// Executes a template into an output of its own.
    fn capture(&mut self, template: &Arc<Template>, data: Value) -> Result<Vec<u8>, Error> {
        let outer = std::mem::replace(&mut self.begun, self.out.len());
        let pos = self.call_pos;
        if let Some(r) = &mut self.recorder {
            r.open_output();
        }
        self.run(template, Held::concrete(data), pos)?;
        let inner = self.out[self.begun..].to_vec();
        self.out.truncate(self.begun);
        self.begun = outer;
        self.captured = self.captured.saturating_add(inner.len());
        self.check_output(self.captured)?;
        if let Some(r) = &mut self.recorder {
            r.close_output(&inner);
        }
        Ok(inner)
    }

    fn run(&mut self, template: &Arc<Template>, data: Held, caller: Pos) -> Result<(), Error> {
        let base = self.vars.len();
        self.vars.resize(base + template.slots, Held::default());
        self.vars[base] = data.clone();
        if let Some(r) = &mut self.recorder {
            r.enter(template, Some(caller));
        }
        let mut state = State { template, ast: &template.source.ast, at: At::Nothing, base };
        self.walk(&mut state, &data, template.root)?;
        if let Some(r) = &mut self.recorder {
            r.leave();
        }
        self.vars.truncate(base);
        Ok(())
    }

    fn check_output(&self, len: usize) -> Result<(), Error> {
        let budget = self.purse.budget();
        if len > budget.limits().output { Err(budget.exceeded(Limit::Output).into()) } else { Ok(()) }
    }

    /// Charges for text that was made; text that has no end is an error.
    pub(crate) fn check_text(&mut self, len: usize) -> Result<(), Error> {
        if let Some(what) = take_overrun() {
            return Err(Error::with_kind(ErrorKind::Budget, what));
        }
        if len > MAX_TEXT {
            return Err(Error::with_kind(ErrorKind::Budget, format!("a text is longer than the limit of {MAX_TEXT} bytes")));
        }
        self.purse.allocate(len as u64)?;
        self.step(len as u64 / BYTES_A_STEP)
    }

    /// Charges for the texts that a function is given: it looks through them once, whatever it does.
    pub(crate) fn given(&mut self, args: &[Value]) -> Result<(), Error> {
        let bytes = args.iter().map(|v| if let Value::String(s) | Value::Bytes(s) = v { s.len() as u64 } else { 0 }).sum::<u64>();
        self.step(bytes / BYTES_A_STEP)
    }

    /// Charges for a method that makes a map of a map: it may hold its arguments against every key.
    fn searched(&mut self, receiver: &Value, args: &[Value]) -> Result<(), Error> {
        let Value::Map(map) = receiver else { return Ok(()) };
        let bytes = args.iter().filter_map(Value::as_str).map(|s| s.len() as u64).sum::<u64>();
        self.step(map.len() as u64 * (1 + 2 * bytes))
    }

    /// Charges for what a function made: a text, or a list or map that nobody else holds. What is within, functions charge for.
    pub(crate) fn made(&mut self, result: &Value) -> Result<(), Error> {
        let bytes = match result {
            Value::String(s) | Value::Bytes(s) => return self.check_text(s.len()),
            Value::List(l) if !l.is_shared() => (l.len() as u64 + 1) * BYTES_AN_ITEM,
            Value::Map(m) if !m.is_shared() => m.len() as u64 * BYTES_AN_ITEM + BYTES_A_MAP,
            _ => 0,
        };
        self.purse.allocate(bytes)?;
        self.check_text(0)
    }

    /// The functions that its templates were parsed with.
    pub fn functions(&self) -> &'f Functions {
        self.functions
    }

    /// What it may use up in all.
    pub fn limits(&self) -> Limits {
        self.purse.budget().limits()
    }

    /// How many steps are left of the budget.
    pub fn steps_left(&self) -> u64 {
        self.purse.steps_left()
    }

    pub(crate) fn step(&mut self, n: u64) -> Result<(), Error> {
        Ok(self.purse.charge(n)?)
    }

    fn walk(&mut self, st: &mut State<'_>, dot: &Held, list: Slice<Node>) -> Result<Flow, Error> {
        deep(|| self.walk_here(st, dot, list))
    }

    fn walk_here<'t>(&mut self, st: &mut State<'t>, dot: &Held, list: Slice<Node>) -> Result<Flow, Error> {
        let ast: &'t Ast = st.ast;
        for node in list.of(&ast.nodes) {
            match self.node(st, dot, node) {
                Ok(Flow::Next) => {}
                Err(e) if e.is_nowhere() => {
                    st.at = node.pos(ast).map_or(st.at, |pos| At::Node(node, pos));
                    return Err(st.error_with("", Some(e)));
                }
                flow => return flow,
            }
        }
        Ok(Flow::Next)
    }

    #[inline(always)]
    fn node<'t>(&mut self, st: &mut State<'t>, dot: &Held, node: &'t Node) -> Result<Flow, Error> {
        let ast = st.ast;
        self.step(1)?;
        match node {
            Node::Text { pos, end } => {
                let start = self.len();
                self.out.extend_from_slice(&st.template.source.text[*pos as usize..*end as usize]);
                self.check_output(self.len())?;
                if let Some(r) = &mut self.recorder {
                    r.text(*pos, start..self.out.len() - self.begun);
                }
            }
            Node::Action(pipe) => {
                let pipe = pipe.of(&ast.pipes);
                st.at = At::Node(node, pipe.pos);
                self.begin_action()?;
                let start = self.len();
                let v = self.pipeline(st, dot, pipe)?;
                if pipe.decl.is_none() {
                    st.at = At::Node(node, pipe.pos);
                    append_printed(&mut self.out, &v.v, v.addressable);
                    self.check_text(self.len() - start)?;
                    self.check_output(self.len())?;
                }
                self.end_action(pipe.pos, start);
            }
            Node::If(b) => {
                let b = b.of(&ast.branches);
                st.at = At::Node(node, b.pipe.of(&ast.pipes).pos);
                let v = self.condition(st, dot, b.pipe.of(&ast.pipes))?;
                if v.v.is_true() {
                    return self.walk(st, dot, b.list);
                } else if let Some(e) = b.else_list {
                    return self.walk(st, dot, e);
                }
            }
            Node::With(b) => {
                let b = b.of(&ast.branches);
                st.at = At::Node(node, b.pipe.of(&ast.pipes).pos);
                let v = self.condition(st, dot, b.pipe.of(&ast.pipes))?;
                if v.v.is_true() {
                    return self.walk(st, &v, b.list);
                } else if let Some(e) = b.else_list {
                    return self.walk(st, dot, e);
                }
            }
            Node::Range(b) => {
                let b = b.of(&ast.branches);
                st.at = At::Node(node, b.pipe.of(&ast.pipes).pos);
                return self.range(st, dot, b);
            }
            Node::Template(call) => {
                let call = call.of(&ast.template_calls);
                st.at = At::Node(node, call.pos);
                self.template(st, dot, call)?;
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn begin_action(&mut self) -> Result<(), Error> {
        if let Some(r) = &mut self.recorder {
            r.begin_action();
            self.purse.allocate(BYTES_A_RECORDED_ACTION)?;
        }
        Ok(())
    }

    fn end_action(&mut self, pos: Pos, start: usize) {
        if let Some(r) = &mut self.recorder {
            r.end_action(pos, start..self.out.len() - self.begun);
        }
    }

    fn condition<'t>(&mut self, st: &mut State<'t>, dot: &Held, pipe: &'t Pipe) -> Result<Held, Error> {
        self.begin_action()?;
        let v = self.pipeline(st, dot, pipe)?;
        let start = self.len();
        self.end_action(pipe.pos, start);
        Ok(v)
    }

    fn template(&mut self, st: &mut State<'_>, dot: &Held, call: &TemplateCall) -> Result<(), Error> {
        let name = call.name.of(&st.ast.names);
        let Some(template) = self.scope.get(&name.to_str_lossy()) else {
            return st.error(format!("template {} not defined", pintle_go::strconv::quote(name)));
        };
        if self.template_depth >= MAX_TEMPLATE_DEPTH {
            return st.error(format!("exceeded maximum template depth ({MAX_TEMPLATE_DEPTH})"));
        }
        let data = match call.pipe {
            Some(p) => self.condition(st, dot, p.of(&st.ast.pipes))?,
            None => Held::default(),
        };
        self.template_depth += 1;
        self.run(&template, data, call.pos)?;
        self.template_depth -= 1;
        Ok(())
    }

    fn set_var(&mut self, st: &State<'_>, var: Variable, value: Held) -> Result<(), Error> {
        match var.slot {
            Some(slot) => {
                self.vars[st.base + slot as usize] = value;
                Ok(())
            }
            None => st.error(format!("undefined variable: {}", var.name.of(&st.ast.names))),
        }
    }

    fn pipeline<'t>(&mut self, st: &mut State<'t>, dot: &Held, pipe: &'t Pipe) -> Result<Held, Error> {
        deep(|| self.pipeline_here(st, dot, pipe))
    }

    fn pipeline_here<'t>(&mut self, st: &mut State<'t>, dot: &Held, pipe: &'t Pipe) -> Result<Held, Error> {
        st.at = At::Pipe(pipe);
        let mut value = None;
        for cmd in pipe.cmds.of(&st.ast.cmds) {
            let mut v = self.command(st, dot, cmd, value.take())?;
            v.in_interface = false;
            value = Some(v);
        }
        let value = value.unwrap_or_default();
        for var in pipe.variables(st.ast) {
            self.set_var(st, *var, value.clone())?;
        }
        Ok(value)
    }

    fn not_a_function(&self, st: &State<'_>, args: &[Expr], last: &Option<Held>) -> Result<(), Error> {
        if args.len() > 1 || last.is_some() {
            return st.error(format!("can't give argument to non-function {}", st.shown(args[0])));
        }
        Ok(())
    }

    fn command<'t>(&mut self, st: &mut State<'t>, dot: &Held, cmd: &'t Command, last: Option<Held>) -> Result<Held, Error> {
        let ast = st.ast;
        let args = cmd.args.of(&ast.exprs);
        let first = args[0];
        match first {
            Expr::Field { path, .. } => {
                st.at = At::Expr(first);
                return self.field_chain(st, dot, dot.clone(), first, path, &args[1..], last);
            }
            Expr::Chain { .. } => return self.chain(st, dot, first, &args[1..], last),
            Expr::Function { function, .. } => {
                st.at = At::Expr(first);
                return self.call_function(st, dot, At::Command(cmd), function.of(&ast.functions), &args[1..], last);
            }
            Expr::Pipe(p) => {
                self.not_a_function(st, args, &last)?;
                return self.pipeline(st, dot, p.of(&ast.pipes));
            }
            Expr::Variable { var, path, .. } => {
                st.at = At::Expr(first);
                let value = self.var(st, var)?;
                let Some(path) = path else {
                    self.not_a_function(st, args, &last)?;
                    return Ok(value);
                };
                return self.field_chain(st, dot, value, first, path, &args[1..], last);
            }
            _ => {}
        }
        st.at = At::Expr(first);
        self.not_a_function(st, args, &last)?;
        match first {
            Expr::Dot { .. } => Ok(dot.clone()),
            Expr::Nil { .. } => st.error("nil is not a command"),
            first => self.literal(st, first).map(Held::concrete),
        }
    }

    /// A literal without a type to fit (`idealConstant`).
    fn literal(&mut self, st: &mut State<'_>, e: Expr) -> Result<Value, Error> {
        match e {
            Expr::Bool { value, .. } => Ok(Value::Bool(value)),
            Expr::String { .. } => Ok(string(st, e).unwrap_or_default()),
            Expr::Number { number, .. } => {
                st.at = At::Expr(e);
                constant(st, number.of(&st.ast.numbers))
            }
            e => st.error(format!("can't handle assignment of {} to empty interface argument", st.shown(e))),
        }
    }

    fn var(&self, st: &State<'_>, var: Id<Variable>) -> Result<Held, Error> {
        let var = var.of(&st.ast.vars);
        match var.slot {
            Some(slot) => Ok(self.vars[st.base + slot as usize].clone()),
            None => st.error(format!("undefined variable: {}", var.name.of(&st.ast.names))),
        }
    }

    fn chain<'t>(
        &mut self,
        st: &mut State<'t>,
        dot: &Held,
        e: Expr,
        args: &'t [Expr],
        last: Option<Held>,
    ) -> Result<Held, Error> {
        let Expr::Chain { node, path, .. } = e else { return Ok(Held::default()) };
        let node = *node.of(&st.ast.exprs);
        st.at = At::Expr(e);
        if let Expr::Nil { .. } = node {
            return st.error(format!("indirection through explicit nil in {}", st.shown(e)));
        }
        let receiver = self.untyped(st, dot, node)?;
        self.field_chain(st, dot, receiver, e, path, args, last)
    }

    #[allow(clippy::too_many_arguments)]
    fn field_chain<'t>(
        &mut self,
        st: &mut State<'t>,
        dot: &Held,
        mut receiver: Held,
        node: Expr,
        path: Id<Path>,
        args: &'t [Expr],
        last: Option<Held>,
    ) -> Result<Held, Error> {
        let ast = st.ast;
        let path = path.of(&ast.paths).of(&ast.path_names);
        let Some((name, before)) = path.split_last() else { return Ok(receiver) };
        for name in before {
            receiver = self.field(st, dot, name.of(&ast.names), node, &[], None, receiver)?;
        }
        self.field(st, dot, name.of(&ast.names), node, args, last, receiver)
    }

    fn read(&mut self, map: &Map, key: &Str) {
        if let Some(r) = &mut self.recorder
            && map.origin() != 0
        {
            r.read(map.origin(), key);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn field<'t>(
        &mut self,
        st: &mut State<'t>,
        dot: &Held,
        name: &Str,
        node: Expr,
        args: &'t [Expr],
        last: Option<Held>,
        receiver: Held,
    ) -> Result<Held, Error> {
        if receiver.is_invalid() {
            return Ok(Held::default());
        }
        if let Value::Nil = receiver.v {
            return st.error(format!("nil pointer evaluating {}.{name}", receiver.type_name()));
        }
        if let Some(method) = receiver.v.method(name) {
            let argv = self.arguments(st, dot, method.name, &method.signature, args, last)?;
            self.given(&argv)?;
            if method.signature.result.kind() == Kind::Map {
                self.searched(&receiver.v, &argv)?;
            }
            return match (method.call)(&receiver.v, &argv) {
                Ok(v) => {
                    self.made(&v)?;
                    Ok(Held::of_type(v, method.signature.result))
                }
                Err(e) => {
                    st.at = At::Expr(node);
                    Err(st.error_with(&format!("error calling {name}: "), Some(Error::new(e))))
                }
            };
        }
        let has_args = !args.is_empty() || last.is_some();
        match &receiver.v {
            Value::Map(m) => {
                if has_args {
                    return st.error(format!("{name} is not a method but has arguments"));
                }
                self.read(m, name);
                let elem = m.elem();
                return Ok(Held::of_type(m.get(name).unwrap_or_else(|| Value::zero(elem)), elem));
            }
            Value::Object(o) => {
                let text = name.to_str().unwrap_or("");
                if let Some(v) = o.field(text) {
                    if has_args {
                        return st.error(format!("{name} has arguments but cannot be invoked as function"));
                    }
                    let addressable = receiver.addressable || o.named_type().kind == Kind::Pointer;
                    return Ok(Held { v, in_interface: false, addressable });
                }
                if o.fields().iter().any(|(f, _)| *f == text) {
                    let ty = receiver.type_name();
                    return st.error(format!("{name} is an unexported field of struct type {ty}"));
                }
            }
            _ => {}
        }
        st.error(format!("can't evaluate field {name} in type {}", receiver.type_name()))
    }

    fn call_function<'t>(
        &mut self,
        st: &mut State<'t>,
        dot: &Held,
        node: At<'t>,
        function: &Function,
        args: &'t [Expr],
        last: Option<Held>,
    ) -> Result<Held, Error> {
        self.step(1)?;
        let callee = match (function.builtin, args.first(), &last) {
            (Builtin::Call, Some(e), _) => st.shown(*e).to_string(),
            (Builtin::Call, None, Some(last)) => reflected(&last.v),
            _ => String::new(),
        };
        match function.builtin {
            Builtin::And | Builtin::Or => return self.and_or(st, dot, function, args, last),
            Builtin::Len if args.len() + usize::from(last.is_some()) == 1 => {
                let v = match (args, last) {
                    ([arg], _) => self.argument(st, dot, Type::ReflectValue, *arg)?,
                    (_, last) => last.unwrap_or_default(),
                };
                // reflect.Value tells a nil interface from no value at all; a function's argument doesn't.
                let what = if v.is_invalid() {
                    Some("reflect: call of reflect.Value.Type on zero Value")
                } else if let Value::Nil = v.v {
                    Some("len of nil pointer")
                } else {
                    None
                };
                if let Some(what) = what {
                    st.at = node;
                    return Err(st.error_with("error calling len: ", Some(Error::new(what))));
                }
                return self.invoke(st, node, function, &[v.v], &callee);
            }
            _ => {}
        }
        let argv = self.arguments(st, dot, function.name, &function.signature, args, last)?;
        self.invoke(st, node, function, &argv, &callee)
    }

    fn invoke<'t>(
        &mut self,
        st: &mut State<'t>,
        node: At<'t>,
        function: &Function,
        argv: &[Value],
        callee: &str,
    ) -> Result<Held, Error> {
        let outer = std::mem::replace(&mut self.call_pos, node.pos(st.ast));
        self.given(argv)?;
        let result = match function.builtin {
            Builtin::Call => Err(Error::new(match argv.first().and_then(Value::ty) {
                None => "call of nil".to_owned(),
                Some(ty) => format!("non-function {callee} of type {ty}"),
            })),
            _ => function.call(self, argv),
        };
        self.call_pos = outer;
        match result {
            Ok(v) => {
                self.made(&v)?;
                Ok(Held::of_type(v, function.signature.result))
            }
            Err(e) => {
                self.check_text(0)?;
                st.at = node;
                Err(st.error_with(&format!("error calling {}: ", function.name), Some(e)))
            }
        }
    }

    /// `and` and `or` evaluate only as many arguments as they need.
    fn and_or<'t>(
        &mut self,
        st: &mut State<'t>,
        dot: &Held,
        function: &Function,
        args: &'t [Expr],
        last: Option<Held>,
    ) -> Result<Held, Error> {
        if args.is_empty() && last.is_none() {
            return st.error(format!("wrong number of args for {}: want at least 1 got 0", function.name));
        }
        let mut v = Held::default();
        for arg in args {
            v = self.argument(st, dot, Type::ReflectValue, *arg)?;
            if v.v.is_true() == (function.builtin == Builtin::Or) {
                return Ok(v);
            }
        }
        Ok(last.unwrap_or(v))
    }

    /// Evaluates and checks arguments (`evalCall`).
    fn arguments<'t>(
        &mut self,
        st: &mut State<'t>,
        dot: &Held,
        name: &str,
        signature: &Signature,
        args: &'t [Expr],
        last: Option<Held>,
    ) -> Result<Vec<Value>, Error> {
        let params = signature.params;
        let given = args.len() + usize::from(last.is_some());
        if let Err(what) = count(name, signature, args.len(), given) {
            return st.error(what);
        }
        let param = |i: usize| params[i.min(params.len() - 1)];
        let mut argv = Vec::with_capacity(given);
        for (i, arg) in args.iter().enumerate() {
            argv.push(self.argument(st, dot, param(i), *arg)?.v);
        }
        if let Some(v) = last {
            argv.push(fit(v, param(args.len())).or_else(|what| st.error(what))?.v);
        }
        Ok(argv)
    }

    /// The value of an expression that isn't a literal (`evalArg`'s first half); `None` for a literal.
    fn operand(&mut self, st: &mut State<'_>, dot: &Held, e: Expr) -> Result<Option<Held>, Error> {
        let ast = st.ast;
        Ok(Some(match e {
            Expr::Dot { .. } => dot.clone(),
            Expr::Field { path, .. } => self.field_chain(st, dot, dot.clone(), e, path, &[], None)?,
            Expr::Variable { var, path, .. } => {
                let v = self.var(st, var)?;
                match path {
                    Some(path) => self.field_chain(st, dot, v, e, path, &[], None)?,
                    None => v,
                }
            }
            Expr::Pipe(p) => self.pipeline(st, dot, p.of(&ast.pipes))?,
            Expr::Function { function, .. } => {
                self.call_function(st, dot, At::Expr(e), function.of(&ast.functions), &[], None)?
            }
            Expr::Chain { .. } => self.chain(st, dot, e, &[], None)?,
            Expr::Bool { .. } | Expr::Nil { .. } | Expr::Number { .. } | Expr::String { .. } => {
                return Ok(None);
            }
        }))
    }

    /// An expression with no type to fit: the receiver of a chain.
    fn untyped(&mut self, st: &mut State<'_>, dot: &Held, e: Expr) -> Result<Held, Error> {
        st.at = At::Expr(e);
        match self.operand(st, dot, e)? {
            Some(v) => Ok(v),
            None => self.literal(st, e).map(Held::concrete),
        }
    }

    /// `evalArg`
    fn argument(&mut self, st: &mut State<'_>, dot: &Held, ty: Type, e: Expr) -> Result<Held, Error> {
        st.at = At::Expr(e);
        if let Some(v) = self.operand(st, dot, e)? {
            return fit(v, ty).or_else(|what| st.error(what));
        }
        if let Expr::Nil { .. } = e {
            if ty.can_be_nil() {
                return Ok(Held::of_type(Value::zero(ty), ty));
            }
            return st.error(format!("cannot assign nil to {ty}"));
        }
        let number = match e {
            Expr::Number { number, .. } => Some(number.of(&st.ast.numbers)),
            _ => None,
        };
        let kind = ty.kind();
        let (expected, value) = match kind {
            Kind::Bool => ("bool", if let Expr::Bool { value, .. } = e { Some(Value::Bool(value)) } else { None }),
            Kind::String => ("string", string(st, e)),
            Kind::Float64 => ("float", number.and_then(|n| n.float).map(Value::Float)),
            Kind::Complex128 => ("complex", number.and_then(|n| n.complex).map(|(re, im)| Value::Complex(re, im))),
            k if k.is_signed() => ("integer", number.and_then(|n| n.int).map(|n| integer(ty, n))),
            k if k.is_unsigned() => ("unsigned integer", number.and_then(|n| n.uint).map(|n| integer(ty, n as i64))),
            _ if matches!(ty, Type::Any | Type::ReflectValue) => return self.literal(st, e).map(Held::concrete),
            _ => return st.error(format!("can't handle {} for arg of type {ty}", st.shown(e))),
        };
        match value {
            Some(v) => Ok(Held::concrete(v)),
            None => st.error(format!("expected {expected}; found {}", st.shown(e))),
        }
    }
}

fn integer(ty: Type, n: i64) -> Value {
    match ty {
        Type::Int(k) => Value::Int(k, n),
        _ => Value::int64(n),
    }
}

/// What a string literal stands for; `None` for another expression.
fn string(st: &State<'_>, e: Expr) -> Option<Value> {
    match e {
        Expr::String { text, .. } => Some(Value::String(text.of(&st.ast.names).clone())),
        _ => None,
    }
}

fn constant(st: &State<'_>, n: &Number) -> Result<Value, Error> {
    if let Some((re, im)) = n.complex {
        return Ok(Value::Complex(re, im));
    }
    let text = &st.template.source.text[n.pos as usize..n.end as usize];
    let is_hex_int =
        text.len() > 2 && text[0] == b'0' && matches!(text[1], b'x' | b'X') && !text.iter().any(|b| matches!(b, b'p' | b'P'));
    let is_rune = text.first() == Some(&b'\'');
    if let Some(f) = n.float
        && !is_hex_int
        && !is_rune
        && text.iter().any(|b| matches!(b, b'.' | b'e' | b'E' | b'p' | b'P'))
    {
        return Ok(Value::Float(f));
    }
    match n.int {
        Some(i) => Ok(Value::int(i)),
        None => st.error(format!("{} overflows int", String::from_utf8_lossy(text))),
    }
}

impl Call for Evaluator<'_> {
    fn execute_template(&mut self, name: &[u8], data: Value) -> Result<Vec<u8>, Error> {
        self.nested(|e| e.named(&String::from_utf8_lossy(name), data))
    }

    fn execute_text(&mut self, text: &[u8], data: Value) -> Result<Vec<u8>, Error> {
        const NAME: &str = "gotpl";
        let quoted = || shown_name(text);
        let parsed = match self.texts.get(text) {
            Some(p) => p.clone(),
            None => {
                self.purse.allocate(text.len() as u64 * BYTES_A_PARSED_BYTE)?;
                self.step(text.len() as u64)?;
                let parsed = parse(NAME, text, self.functions)
                    .map_err(|e| Error::wrap(format_args!("cannot parse template {}", quoted()), e))?;
                self.texts.insert(Str::from(text), parsed.clone());
                parsed
            }
        };
        let Some(main) = parsed.get(NAME).cloned() else { return Ok(Vec::new()) };
        let outer = self.scope.clone();
        if parsed.iter().count() > 1 || !main.is_empty() {
            let own = parsed.only(|t| !t.is_empty() || outer.get(&t.name).is_none());
            self.scope = Rc::new(Scope::Layer { own, outer: outer.clone() });
        }
        let result = self.nested(|e| e.capture(&main, data));
        self.scope = outer;
        result.map_err(|e| Error::wrap(format_args!("error during tpl function execution for {}", quoted()), e))
    }

    fn host(&self) -> &dyn Any {
        &*self.host
    }

    fn charge(&mut self, steps: u64) -> Result<(), Error> {
        self.step(steps)
    }

    fn allocate(&mut self, bytes: u64) -> Result<(), Error> {
        Ok(self.purse.allocate(bytes)?)
    }

    fn check_memory(&mut self, bytes: u64) -> Result<(), Error> {
        Ok(self.purse.budget().check_memory(bytes)?)
    }
}

impl Evaluator<'_> {
    fn nested(&mut self, f: impl FnOnce(&mut Self) -> Result<Vec<u8>, Error>) -> Result<Vec<u8>, Error> {
        if self.call_depth >= self.limits().depth {
            return Err(self.purse.budget().exceeded(Limit::Depth).into());
        }
        self.step(STEPS_A_CALL)?;
        self.call_depth += 1;
        let result = f(self);
        self.call_depth -= 1;
        result
    }
}
