//! Values against programs (santhosh's validator.go): the same checks in the same order, so that the errors are the same tree.
//!
//! A [`Run`] holds what a whole check shares, a [`Frame`] what one schema and one value have. Members are visited in the order
//! of their names, where Go has none. Go's stack grows and its patience is endless; here both have bounds, and beyond them the
//! check is given up with an error of its own.

mod conditions;
mod rules;

use std::collections::{BTreeSet, HashMap};

use pintle_diagnostic::Step;

use crate::document::{DocId, Document};
use crate::draft::Draft;
use crate::error::{ErrorKind, ValidationError};
use crate::instance::{Instance, View, equals};
use crate::location::escape;
use crate::program::{Node, NodeId, Program};
use crate::types::Type;

/// How many schemas may be at work within each other. Each takes about a kilobyte of stack.
const MAX_DEPTH: usize = 1000;

/// How many times a schema may be applied to a value.
const MAX_STEPS: usize = 5_000_000;

/// How many errors may be noted, those that are dropped included.
const MAX_ERRORS: usize = 200_000;

/// Why a schema is invalid.
pub(crate) enum Failure {
    Invalid(Box<ValidationError>),
    /// A number is too large for Go to compare.
    NoNumber,
}

/// Checks values.
pub(crate) fn values(program: &Program, value: Instance<'_>) -> Result<(), Box<ValidationError>> {
    let mut run = Run::new(None);
    let at = At { program, id: program.root };
    let result = run.top(at, None, value);
    run.verdict(at, result)
}

/// Checks the schema at `place` against its metaschema. `dialects` are the metaschemas of the schemas within it that have
/// their own.
pub(crate) fn schema(
    metaschema: &Program,
    document: &Document,
    place: DocId,
    dialects: HashMap<DocId, &Program>,
) -> Result<(), Failure> {
    let mut run = Run::new(Some(dialects));
    let at = At { program: metaschema, id: metaschema.root };
    let result = run.top(at, Some(at), Instance::Document(document, place));
    if run.no_number {
        return Err(Failure::NoNumber);
    }
    run.verdict(at, result).map_err(Failure::Invalid)
}

/// A schema of a program.
#[derive(Clone, Copy)]
struct At<'s> {
    program: &'s Program,
    id: NodeId,
}

impl PartialEq for At<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::ptr::eq(self.program, other.program)
    }
}

impl<'s> At<'s> {
    fn node(self) -> &'s Node {
        self.program.node(self.id)
    }

    fn document(self) -> &'s Document {
        self.program.document(self.node())
    }

    fn to(self, id: NodeId) -> At<'s> {
        At { id, ..self }
    }
}

/// An error, of which nothing is known where nobody asks.
type Fault = Option<Box<ValidationError>>;

/// What `unevaluatedProperties` and `unevaluatedItems` are to see.
#[derive(Default)]
struct Unevaluated<'v> {
    properties: BTreeSet<&'v str>,
    items: BTreeSet<usize>,
}

impl<'v> Unevaluated<'v> {
    /// `unevalFrom`
    fn of(value: Instance<'v>, node: &Node, wanted: bool) -> Unevaluated<'v> {
        let mut unevaluated = Unevaluated::default();
        if !wanted && node.unevaluated_properties.is_none() && node.unevaluated_items.is_none() {
            return unevaluated;
        }
        match value.view() {
            View::Map(map) if !node.all_properties_evaluated && (wanted || node.unevaluated_properties.is_some()) => {
                unevaluated.properties = map.iter().map(|(key, _)| key).collect();
            }
            View::List(list) if !node.all_items_evaluated && (wanted || node.unevaluated_items.is_some()) => {
                unevaluated.items = (node.items_evaluated..list.len()).collect();
            }
            _ => {}
        }
        unevaluated
    }

    fn merge(&mut self, other: &Unevaluated<'v>) {
        self.properties.retain(|name| other.properties.contains(name));
        self.items.retain(|index| other.items.contains(index));
    }

    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }
}

/// The schemas at work, the innermost first.
struct Scope<'p, 's> {
    at: At<'s>,
    /// The keyword, if a reference leads here.
    reference: Option<&'static str>,
    /// How deep the value lies.
    depth: usize,
    parent: Option<&'p Scope<'p, 's>>,
}

impl<'p, 's> Scope<'p, 's> {
    fn outwards(&'p self) -> impl Iterator<Item = &'p Scope<'p, 's>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// The same schema at work on the same value.
    fn cycle(&'p self) -> Option<&'p Scope<'p, 's>> {
        self.outwards().skip(1).take_while(|scope| scope.depth == self.depth).find(|scope| scope.at == self.at)
    }

    /// The keywords that lead here.
    fn keywords(&self) -> String {
        let mut path = String::new();
        for scope in self.outwards() {
            let Some(parent) = scope.parent else { break };
            let step = match scope.reference {
                Some(keyword) => format!("/{}", escape(keyword)),
                None => {
                    let (here, there) = (scope.at.program.location(scope.at.id), parent.at.program.location(parent.at.id));
                    here.get(there.len()..).unwrap_or_default().to_owned()
                }
            };
            path.insert_str(0, &step);
        }
        path
    }
}

/// One schema at work on one value.
struct Frame<'p, 's, 'v> {
    at: At<'s>,
    value: Instance<'v>,
    scope: &'p Scope<'p, 's>,
    unevaluated: Unevaluated<'v>,
    errors: Vec<Fault>,
    /// Only the verdict is asked for.
    quiet: bool,
    /// The metaschema, if a schema is being checked.
    metaschema: Option<At<'s>>,
}

/// What a whole check shares.
struct Run<'s, 'v> {
    path: Vec<Step<'v>>,
    /// The metaschemas of schemas, if one is being checked.
    dialects: Option<HashMap<DocId, &'s Program>>,
    depth: usize,
    steps: usize,
    faults: usize,
    /// Why the check was given up.
    given_up: Option<&'static str>,
    no_number: bool,
}

type Outcome<'v> = Result<Unevaluated<'v>, Fault>;

impl<'s, 'v> Run<'s, 'v> {
    fn new(dialects: Option<HashMap<DocId, &'s Program>>) -> Run<'s, 'v> {
        Run { path: Vec::new(), dialects, depth: 0, steps: 0, faults: 0, given_up: None, no_number: false }
    }

    /// `Schema.validate`: the errors at the root of a tree.
    fn top(&mut self, at: At<'s>, metaschema: Option<At<'s>>, value: Instance<'v>) -> Result<(), Box<ValidationError>> {
        let scope = Scope { at, reference: None, depth: 0, parent: None };
        let unevaluated = Unevaluated::of(value, at.node(), false);
        let frame = Frame { at, value, scope: &scope, unevaluated, errors: Vec::new(), quiet: false, metaschema };
        let outer = std::mem::take(&mut self.path);
        let outcome = self.check(frame);
        self.path = outer;
        let Err(fault) = outcome else { return Ok(()) };
        let mut root = Box::new(ValidationError {
            instance: Vec::new(),
            schema: at.program.location(at.id),
            kind: ErrorKind::Schema,
            causes: Vec::new(),
        });
        match fault {
            Some(fault) if fault.kind == ErrorKind::Group => root.causes = fault.causes,
            Some(fault) => root.causes.push(*fault),
            None => {}
        }
        Err(root)
    }

    /// What the outside learns: that the check was given up, if it was.
    fn verdict(&self, at: At<'s>, result: Result<(), Box<ValidationError>>) -> Result<(), Box<ValidationError>> {
        let Some(reason) = self.given_up else { return result };
        let error = |kind, causes| ValidationError { instance: Vec::new(), schema: at.program.location(at.id), kind, causes };
        Err(Box::new(error(ErrorKind::Schema, vec![error(ErrorKind::Limit(reason), Vec::new())])))
    }

    /// `validator.validate`
    fn check(&mut self, mut frame: Frame<'_, 's, 'v>) -> Outcome<'v> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.given_up.get_or_insert("the schema takes too many steps");
        }
        if self.depth >= MAX_DEPTH {
            self.given_up.get_or_insert("schemas lead too deep");
        }
        if self.given_up.is_some() {
            return Err(None);
        }
        self.depth += 1;
        let outcome = self.check_frame(&mut frame);
        self.depth -= 1;
        match outcome {
            Some(Err(fault)) => Err(fault),
            Some(Ok(())) => Ok(frame.unevaluated),
            None => match frame.errors.len() {
                0 => Ok(frame.unevaluated),
                1 => Err(frame.errors.pop().flatten()),
                _ => {
                    let errors = std::mem::take(&mut frame.errors);
                    Err(self.fault_of(&frame, errors, || ErrorKind::Group))
                }
            },
        }
    }

    /// Applies the keywords in turn; a verdict, or the errors that the frame has then.
    fn check_frame(&mut self, frame: &mut Frame<'_, 's, 'v>) -> Option<Result<(), Fault>> {
        let node = frame.at.node();
        match node.boolean {
            Some(true) => return Some(Ok(())),
            Some(false) => return Some(Err(self.fault(frame, || ErrorKind::FalseSchema))),
            None => {}
        }
        if let Some(other) = frame.scope.cycle() {
            let kind = || ErrorKind::RefCycle { first: frame.scope.keywords(), second: other.keywords() };
            return Some(Err(self.fault(frame, kind)));
        }
        let view = frame.value.view();
        let Some(found) = view.type_of() else {
            return Some(Err(self.fault(frame, || ErrorKind::InvalidJson("float64"))));
        };
        if let Err(fault) = self.check_value(frame, view, found) {
            return Some(Err(fault));
        }
        if let Some(target) = node.reference {
            let result = self.follow(frame, frame.at.to(target), "$ref");
            if node.draft < Draft::D2019 {
                return Some(result);
            }
            frame.add(result);
        }
        match view {
            View::Map(map) => self.check_object(frame, map),
            View::List(list) => self.check_array(frame, list),
            View::String(text) => self.check_string(frame, text),
            View::Number(number) => self.check_number(frame, number),
            View::Null | View::Bool(_) => {}
        }
        if frame.errors.is_empty() || !frame.quiet {
            if node.draft >= Draft::D2019 {
                self.check_references(frame);
            }
            self.check_conditions(frame);
            if node.draft >= Draft::D2019 {
                self.check_unevaluated(frame, view);
            }
        }
        None
    }

    /// `type`, `const`, `enum`, `format`: the first of them to fail is the only error.
    fn check_value(&mut self, frame: &Frame<'_, 's, 'v>, view: View<'v>, found: Type) -> Result<(), Fault> {
        let node = frame.at.node();
        if !node.types.is_empty() && !node.types.contains(found) {
            let integer = node.types.contains(Type::Integer) && matches!(view, View::Number(n) if n.is_integer());
            if !integer {
                return Err(self.fault(frame, || ErrorKind::Type { got: found, want: node.types }));
            }
        }
        let document = frame.at.document();
        if let Some(constant) = node.constant
            && !equals(frame.value, Instance::Document(document, constant))
        {
            return Err(self.fault(frame, || ErrorKind::Const(crate::program::shown(document.content(constant)))));
        }
        if let Some(enumeration) = &node.enumeration {
            let known = enumeration.types.contains(found)
                && enumeration.values.iter().any(|value| equals(frame.value, Instance::Document(document, *value)));
            if !known {
                return Err(self.fault(frame, || ErrorKind::Enum(enumeration.shown(document))));
            }
        }
        if let (Some(format), View::String(text)) = (node.format, view)
            && let Err(reason) = (format.check)(text)
        {
            let kind = || ErrorKind::Format { got: text.to_owned(), want: format.name, reason };
            return Err(self.fault(frame, kind));
        }
        Ok(())
    }

    /// `validateSelf`: another schema at work on the same value.
    fn check_same(
        &mut self,
        frame: &mut Frame<'_, 's, 'v>,
        at: At<'s>,
        reference: Option<&'static str>,
        quiet: bool,
    ) -> Result<(), Fault> {
        let scope = Scope { at, reference, depth: frame.scope.depth, parent: Some(frame.scope) };
        let wanted = !frame.unevaluated.is_empty();
        let unevaluated = Unevaluated::of(frame.value, at.node(), wanted);
        let mut inner = Frame {
            at,
            value: frame.value,
            scope: &scope,
            unevaluated,
            errors: Vec::new(),
            quiet: frame.quiet || quiet,
            metaschema: frame.metaschema,
        };
        self.enter_dialect(&mut inner);
        let unevaluated = self.check(inner)?;
        frame.unevaluated.merge(&unevaluated);
        Ok(())
    }

    /// `validateVal`: a schema at work on a part of the value.
    fn check_part(&mut self, frame: &Frame<'_, 's, 'v>, id: NodeId, value: Instance<'v>, step: Step<'v>) -> Result<(), Fault> {
        let at = frame.at.to(id);
        let scope = Scope { at, reference: None, depth: frame.scope.depth + 1, parent: Some(frame.scope) };
        let unevaluated = Unevaluated::of(value, at.node(), false);
        let mut inner =
            Frame { at, value, scope: &scope, unevaluated, errors: Vec::new(), quiet: frame.quiet, metaschema: frame.metaschema };
        self.path.push(step);
        self.enter_dialect(&mut inner);
        let outcome = self.check(inner);
        self.path.pop();
        outcome.map(|_| ())
    }

    /// `handleMeta`: a schema with a dialect of its own has its own metaschema.
    fn enter_dialect(&self, frame: &mut Frame<'_, 's, 'v>) {
        if frame.metaschema == Some(frame.at)
            && let Some(metaschema) = self.dialect_of(frame.value)
        {
            frame.at = metaschema;
            frame.metaschema = Some(metaschema);
        }
    }

    fn dialect_of(&self, value: Instance<'v>) -> Option<At<'s>> {
        let Instance::Document(_, place) = value else { return None };
        let program = *self.dialects.as_ref()?.get(&place)?;
        Some(At { program, id: program.root })
    }

    /// `validateRef`
    fn follow(&mut self, frame: &mut Frame<'_, 's, 'v>, target: At<'s>, keyword: &'static str) -> Result<(), Fault> {
        let Err(fault) = self.check_same(frame, target, Some(keyword), false) else { return Ok(()) };
        let causes = match fault {
            Some(fault) if fault.kind == ErrorKind::Group => fault.causes.into_iter().map(|e| Some(Box::new(e))).collect(),
            other => vec![other],
        };
        Err(self.fault_of(frame, causes, || ErrorKind::Reference { keyword }))
    }

    /// An error, if anyone is to see it.
    fn fault(&mut self, frame: &Frame<'_, 's, 'v>, kind: impl FnOnce() -> ErrorKind) -> Fault {
        self.fault_of(frame, Vec::new(), kind)
    }

    fn fault_of(&mut self, frame: &Frame<'_, 's, 'v>, causes: Vec<Fault>, kind: impl FnOnce() -> ErrorKind) -> Fault {
        if frame.quiet {
            return None;
        }
        self.faults += 1;
        if self.faults > MAX_ERRORS {
            self.given_up.get_or_insert("there are too many errors");
        }
        let instance = self.path.iter().cloned().map(Step::into_owned);
        Some(Box::new(ValidationError {
            instance: instance.collect(),
            schema: frame.at.program.location(frame.at.id),
            kind: kind(),
            causes: causes.into_iter().flatten().map(|fault| *fault).collect(),
        }))
    }

    fn report(&mut self, frame: &mut Frame<'_, 's, 'v>, kind: impl FnOnce() -> ErrorKind) {
        let fault = self.fault(frame, kind);
        frame.errors.push(fault);
    }
}

impl Frame<'_, '_, '_> {
    fn add(&mut self, result: Result<(), Fault>) {
        if let Err(fault) = result {
            self.errors.push(fault);
        }
    }
}
