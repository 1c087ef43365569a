//! The parsed form of a template, and its text as Go's errors quote it (`text/template/parse/node.go`, Go 1.26).
//!
//! Everything here is immutable, `Send` and `Sync`: a template is parsed once and shared by renders. The nodes of a text lie
//! together in its [`Ast`], by kind, and name each other by their places there: thousands of small allocations fewer.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::sync::Arc;

use pintle_value::Str;

use crate::error::Location;
use crate::func::Function;

/// The text that templates were parsed from, and what was parsed.
#[derive(Debug)]
pub struct Source {
    /// The file's name as templates know it (`Tree.ParseName`).
    pub name: Arc<str>,
    /// The whole text.
    pub text: Str,
    pub(crate) ast: Ast,
}

/// One parsed template: a file's or a `define`'s.
pub struct Template {
    /// The name it is called by.
    pub name: Arc<str>,
    /// Where it was defined.
    pub source: Arc<Source>,
    pub(crate) root: Slice<Node>,
    /// How many variables it has at once, `$` included.
    pub(crate) slots: usize,
    pub(crate) empty: bool,
}

impl Template {
    /// Whether there is nothing but space, comments and defines in it (`parse.IsEmptyTree`).
    pub fn is_empty(&self) -> bool {
        self.empty
    }

    /// The place of a byte offset, and the node's text for the message (`Tree.ErrorContext`).
    pub(crate) fn location(&self, pos: usize, node: &dyn Display) -> Location {
        let before = &self.source.text[..pos.min(self.source.text.len())];
        let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        Location {
            file: self.source.name.clone(),
            template: self.name.clone(),
            line: 1 + before.iter().filter(|b| **b == b'\n').count(),
            column: Some(before.len() - line_start),
            node: node.to_string(),
        }
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("name", &self.name).field("file", &self.source.name).finish_non_exhaustive()
    }
}

/// A byte offset into the source.
pub(crate) type Pos = u32;

/// Everything that was parsed from one text.
#[derive(Default)]
pub(crate) struct Ast {
    pub nodes: Vec<Node>,
    pub branches: Vec<Branch>,
    pub template_calls: Vec<TemplateCall>,
    pub pipes: Vec<Pipe>,
    pub declarations: Vec<Declaration>,
    pub vars: Vec<Variable>,
    pub cmds: Vec<Command>,
    pub exprs: Vec<Expr>,
    pub numbers: Vec<Number>,
    pub functions: Vec<Arc<Function>>,
    /// Names of fields, variables and templates, and the values of strings; most stand here once.
    pub names: Vec<Str>,
    /// The names of the paths, one path's behind the other's.
    pub path_names: Vec<Id<Str>>,
    /// The fields that expressions ask for: `.Values.image.tag` is one path; most stand here once.
    pub paths: Vec<Path>,
}

/// Names of fields, each to be looked up in what the one before it gave.
pub(crate) type Path = Slice<Id<Str>>;

impl Ast {
    /// What there is, in memory of just that size; leaves room for the next text behind.
    pub fn take(&mut self) -> Ast {
        fn copied<T: Copy>(all: &mut Vec<T>) -> Vec<T> {
            let copied = all.clone();
            all.clear();
            copied
        }
        Ast {
            nodes: copied(&mut self.nodes),
            branches: copied(&mut self.branches),
            template_calls: copied(&mut self.template_calls),
            pipes: copied(&mut self.pipes),
            declarations: copied(&mut self.declarations),
            vars: copied(&mut self.vars),
            cmds: copied(&mut self.cmds),
            exprs: copied(&mut self.exprs),
            numbers: copied(&mut self.numbers),
            functions: self.functions.drain(..).collect(),
            names: self.names.drain(..).collect(),
            path_names: copied(&mut self.path_names),
            paths: copied(&mut self.paths),
        }
    }
}

impl fmt::Debug for Ast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ast").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

/// The place of one `T` in an [`Ast`], counted from 1: an `Option` takes no more room.
pub(crate) struct Id<T>(NonZeroU32, PhantomData<fn() -> T>);

/// The places of several `T`s in a row.
pub(crate) struct Slice<T> {
    start: Id<T>,
    len: u32,
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Id<T> {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> Clone for Slice<T> {
    fn clone(&self) -> Slice<T> {
        *self
    }
}
impl<T> Copy for Slice<T> {}

impl<T> Id<T> {
    /// The place of the item that comes next.
    fn next(all: &[T]) -> Id<T> {
        Id(NonZeroU32::MIN.saturating_add(all.len() as u32), PhantomData)
    }

    /// Puts an item at the end of its kind.
    pub fn push(all: &mut Vec<T>, item: T) -> Id<T> {
        let id = Id::next(all);
        all.push(item);
        id
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    /// The item that this is the place of.
    pub fn of(self, all: &[T]) -> &T {
        &all[self.index()]
    }
}

impl<T> Slice<T> {
    /// Puts the items from `first` on at the end of their kind.
    pub fn take(all: &mut Vec<T>, open: &mut Vec<T>, first: usize) -> Slice<T>
    where
        T: Copy,
    {
        let items = &open[first..];
        let slice = Slice { start: Id::next(all), len: items.len() as u32 };
        // Most lists are of one item.
        match items {
            [item] => all.push(*item),
            items => all.extend_from_slice(items),
        }
        open.truncate(first);
        slice
    }

    /// The places from `start` to the end.
    pub fn since(all: &[T], start: usize) -> Slice<T> {
        Slice { start: Id::next(&all[..start]), len: (all.len() - start) as u32 }
    }

    /// The items that these are the places of.
    pub fn of(self, all: &[T]) -> &[T] {
        &all[self.start.index()..][..self.len as usize]
    }

    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    pub fn len(self) -> usize {
        self.len as usize
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Node {
    /// A range of the source.
    Text {
        pos: Pos,
        end: Pos,
    },
    Action(Id<Pipe>),
    If(Id<Branch>),
    Range(Id<Branch>),
    With(Id<Branch>),
    Template(Id<TemplateCall>),
    Break,
    Continue,
}

impl Node {
    /// Where it begins, as far as the tree knows.
    pub fn pos(self, ast: &Ast) -> Option<Pos> {
        match self {
            Node::Text { pos, .. } => Some(pos),
            Node::Action(pipe) => Some(pipe.of(&ast.pipes).pos),
            Node::If(b) | Node::Range(b) | Node::With(b) => Some(b.of(&ast.branches).pipe.of(&ast.pipes).pos),
            Node::Template(call) => Some(call.of(&ast.template_calls).pos),
            Node::Break | Node::Continue => None,
        }
    }
}

/// `template` or `block`; rare enough to stand apart, so that the other nodes take little room.
#[derive(Clone, Copy)]
pub(crate) struct TemplateCall {
    pub pos: Pos,
    pub name: Id<Str>,
    pub pipe: Option<Id<Pipe>>,
}

/// `if`, `range` or `with`.
#[derive(Clone, Copy)]
pub(crate) struct Branch {
    pub pipe: Id<Pipe>,
    pub list: Slice<Node>,
    pub else_list: Option<Slice<Node>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Pipe {
    pub pos: Pos,
    pub decl: Option<Id<Declaration>>,
    pub cmds: Slice<Command>,
}

impl Pipe {
    /// The variables that it declares or assigns to.
    pub fn variables(self, ast: &Ast) -> &[Variable] {
        self.decl.map_or(&[], |d| d.of(&ast.declarations).vars.of(&ast.vars))
    }
}

/// `$index, $item :=`, or the same with `=`.
#[derive(Clone, Copy)]
pub(crate) struct Declaration {
    pub assign: bool,
    pub vars: Slice<Variable>,
}

/// A variable and where it lives; `None` for one that is assigned to without having been declared.
#[derive(Clone, Copy)]
pub(crate) struct Variable {
    pub name: Id<Str>,
    pub slot: Option<u32>,
}

#[derive(Clone, Copy)]
pub(crate) struct Command {
    pub pos: Pos,
    pub args: Slice<Expr>,
}

#[derive(Clone, Copy)]
pub(crate) enum Expr {
    Bool {
        pos: Pos,
        value: bool,
    },
    Dot {
        pos: Pos,
    },
    Nil {
        pos: Pos,
    },
    Number {
        pos: Pos,
        number: Id<Number>,
    },
    /// A string: the range of its literal, and what it stands for.
    String {
        pos: Pos,
        end: Pos,
        text: Id<Str>,
    },
    Field {
        pos: Pos,
        path: Id<Path>,
    },
    Chain {
        pos: Pos,
        node: Id<Expr>,
        path: Id<Path>,
    },
    Function {
        pos: Pos,
        function: Id<Arc<Function>>,
    },
    Variable {
        pos: Pos,
        var: Id<Variable>,
        path: Option<Id<Path>>,
    },
    Pipe(Id<Pipe>),
}

/// A number as the syntax gives it: every type that it can be; `pos` to `end` is where it stands for the first time.
#[derive(Clone, Copy)]
pub(crate) struct Number {
    pub pos: Pos,
    pub end: Pos,
    pub int: Option<i64>,
    pub uint: Option<u64>,
    pub float: Option<f64>,
    pub complex: Option<(f64, f64)>,
}

impl Expr {
    pub fn pos(self, ast: &Ast) -> Pos {
        match self {
            Expr::Bool { pos, .. }
            | Expr::Dot { pos }
            | Expr::Nil { pos }
            | Expr::Number { pos, .. }
            | Expr::String { pos, .. }
            | Expr::Field { pos, .. }
            | Expr::Chain { pos, .. }
            | Expr::Function { pos, .. }
            | Expr::Variable { pos, .. } => pos,
            Expr::Pipe(p) => p.of(&ast.pipes).pos,
        }
    }
}

/// A part of a template that prints as Go prints it (`Node.String`).
pub(crate) struct Shown<'n, T> {
    ast: &'n Ast,
    text: &'n [u8],
    part: T,
}

impl<'n, T> Shown<'n, T> {
    pub fn new(source: &'n Source, part: T) -> Shown<'n, T> {
        Shown { ast: &source.ast, text: &source.text, part }
    }

    /// A part of what is still being parsed.
    pub fn parsing(ast: &'n Ast, text: &'n [u8], part: T) -> Shown<'n, T> {
        Shown { ast, text, part }
    }

    fn with<U>(&self, part: U) -> Shown<'n, U> {
        Shown { ast: self.ast, text: self.text, part }
    }

    fn source(&self, pos: Pos, end: Pos) -> std::borrow::Cow<'n, str> {
        String::from_utf8_lossy(&self.text[pos as usize..end as usize])
    }
}

impl Display for Shown<'_, Id<Path>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part
            .of(&self.ast.paths)
            .of(&self.ast.path_names)
            .iter()
            .try_for_each(|name| write!(f, ".{}", name.of(&self.ast.names)))
    }
}

impl Display for Shown<'_, Expr> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Expr::Bool { value, .. } => write!(f, "{value}"),
            Expr::Dot { .. } => f.write_str("."),
            Expr::Nil { .. } => f.write_str("nil"),
            Expr::Number { number, .. } => {
                let n = number.of(&self.ast.numbers);
                f.write_str(&self.source(n.pos, n.end))
            }
            Expr::String { pos, end, .. } => f.write_str(&self.source(pos, end)),
            Expr::Field { path, .. } => write!(f, "{}", self.with(path)),
            Expr::Chain { node, path, .. } => {
                let node = *node.of(&self.ast.exprs);
                match node {
                    Expr::Pipe(_) => write!(f, "({})", self.with(node))?,
                    _ => write!(f, "{}", self.with(node))?,
                }
                write!(f, "{}", self.with(path))
            }
            Expr::Function { function, .. } => f.write_str(function.of(&self.ast.functions).name),
            Expr::Variable { var, path, .. } => {
                write!(f, "{}", var.of(&self.ast.vars).name.of(&self.ast.names))?;
                path.map_or(Ok(()), |path| write!(f, "{}", self.with(path)))
            }
            Expr::Pipe(p) => write!(f, "{}", self.with(p.of(&self.ast.pipes))),
        }
    }
}

impl Display for Shown<'_, &Command> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, arg) in self.part.args.of(&self.ast.exprs).iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            match arg {
                Expr::Pipe(_) => write!(f, "({})", self.with(*arg))?,
                arg => write!(f, "{}", self.with(*arg))?,
            }
        }
        Ok(())
    }
}

impl Display for Shown<'_, &Pipe> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, v) in self.part.variables(self.ast).iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}", v.name.of(&self.ast.names))?;
        }
        if let Some(decl) = self.part.decl {
            f.write_str(if decl.of(&self.ast.declarations).assign { " = " } else { " := " })?;
        }
        for (i, c) in self.part.cmds.of(&self.ast.cmds).iter().enumerate() {
            if i > 0 {
                f.write_str(" | ")?;
            }
            write!(f, "{}", self.with(c))?;
        }
        Ok(())
    }
}

/// Nodes whose text only their errors need.
impl Display for Shown<'_, &Node> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ast = self.ast;
        match self.part {
            Node::Action(pipe) => write!(f, "{{{{{}}}}}", self.with(pipe.of(&ast.pipes))),
            Node::Template(call) => {
                let TemplateCall { name, pipe, .. } = call.of(&ast.template_calls);
                write!(f, "{{{{template {}", pintle_go::strconv::quote(name.of(&ast.names)))?;
                if let Some(p) = pipe {
                    write!(f, " {}", self.with(p.of(&ast.pipes)))?;
                }
                f.write_str("}}")
            }
            Node::If(b) => self.branch(f, "if", b.of(&ast.branches)),
            Node::Range(b) => self.branch(f, "range", b.of(&ast.branches)),
            Node::With(b) => self.branch(f, "with", b.of(&ast.branches)),
            Node::Break => f.write_str("{{break}}"),
            Node::Continue => f.write_str("{{continue}}"),
            Node::Text { pos, end } => f.write_str(&self.source(*pos, *end)),
        }
    }
}

impl<T> Shown<'_, T> {
    fn branch(&self, f: &mut fmt::Formatter<'_>, word: &str, b: &Branch) -> fmt::Result {
        let ast = self.ast;
        write!(f, "{{{{{word} {}}}}}", self.with(b.pipe.of(&ast.pipes)))?;
        b.list.of(&ast.nodes).iter().try_for_each(|n| write!(f, "{}", self.with(n)))?;
        if let Some(e) = b.else_list {
            f.write_str("{{else}}")?;
            e.of(&ast.nodes).iter().try_for_each(|n| write!(f, "{}", self.with(n)))?;
        }
        f.write_str("{{end}}")
    }
}
