//! The parsed form of a template, and its text as Go's errors quote it (`text/template/parse/node.go`, Go 1.26).
//!
//! Everything here is immutable, `Send` and `Sync`: a template is parsed once and shared by renders. The nodes of a text lie
//! together in its [`Ast`], by kind, and name each other by their places there: thousands of small allocations fewer.

use std::fmt::{self, Display};
use std::marker::PhantomData;
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
    pub pipes: Vec<Pipe>,
    pub vars: Vec<Variable>,
    pub cmds: Vec<Command>,
    pub exprs: Vec<Expr>,
    pub numbers: Vec<Number>,
    pub functions: Vec<Arc<Function>>,
    /// Names of fields, variables and templates, and the values of strings; most stand here once.
    pub names: Vec<Str>,
    /// The chains of names that fields and variables have.
    pub chains: Vec<Id<Str>>,
}

impl Ast {
    /// What there is, in memory of just that size; leaves room for the next text behind.
    pub fn take(&mut self) -> Ast {
        Ast {
            nodes: self.nodes.drain(..).collect(),
            branches: self.branches.drain(..).collect(),
            pipes: self.pipes.drain(..).collect(),
            vars: self.vars.drain(..).collect(),
            cmds: self.cmds.drain(..).collect(),
            exprs: self.exprs.drain(..).collect(),
            numbers: self.numbers.drain(..).collect(),
            functions: self.functions.drain(..).collect(),
            names: self.names.drain(..).collect(),
            chains: self.chains.drain(..).collect(),
        }
    }
}

impl fmt::Debug for Ast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ast").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

/// The place of one `T` in an [`Ast`].
pub(crate) struct Id<T>(u32, PhantomData<fn() -> T>);

/// The places of several `T`s in a row.
pub(crate) struct Slice<T> {
    start: u32,
    len: u32,
    kind: PhantomData<fn() -> T>,
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
    /// Puts an item at the end of its kind.
    pub fn push(all: &mut Vec<T>, item: T) -> Id<T> {
        all.push(item);
        Id(all.len() as u32 - 1, PhantomData)
    }

    /// The item that this is the place of.
    pub fn of(self, all: &[T]) -> &T {
        &all[self.0 as usize]
    }
}

impl<T> Slice<T> {
    pub const EMPTY: Slice<T> = Slice { start: 0, len: 0, kind: PhantomData };

    /// Puts items at the end of their kind.
    pub fn push(all: &mut Vec<T>, items: impl Iterator<Item = T>) -> Slice<T> {
        let start = all.len();
        all.extend(items);
        Slice::since(all, start)
    }

    /// The places from `start` to the end.
    pub fn since(all: &[T], start: usize) -> Slice<T> {
        Slice { start: start as u32, len: (all.len() - start) as u32, kind: PhantomData }
    }

    /// The items that these are the places of.
    pub fn of(self, all: &[T]) -> &[T] {
        &all[self.start as usize..][..self.len as usize]
    }

    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

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
    Template {
        pos: Pos,
        name: Id<Str>,
        pipe: Option<Id<Pipe>>,
    },
    Break,
    Continue,
}

/// `if`, `range` or `with`.
pub(crate) struct Branch {
    pub pipe: Id<Pipe>,
    pub list: Slice<Node>,
    pub else_list: Option<Slice<Node>>,
}

pub(crate) struct Pipe {
    pub pos: Pos,
    pub assign: bool,
    pub decl: Slice<Variable>,
    pub cmds: Slice<Command>,
}

/// A variable and where it lives; `None` for one that is assigned to without having been declared.
#[derive(Clone, Copy)]
pub(crate) struct Variable {
    pub name: Id<Str>,
    pub slot: Option<u32>,
}

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
    Number(Id<Number>),
    /// A string: the range of its literal, and what it stands for.
    String {
        pos: Pos,
        end: Pos,
        text: Id<Str>,
    },
    /// A long string that is just what stands between its quotes: the text is copied when it is asked for, not kept twice.
    LongString {
        pos: Pos,
        end: Pos,
    },
    Field {
        pos: Pos,
        ident: Slice<Id<Str>>,
    },
    Chain {
        pos: Pos,
        node: Id<Expr>,
        field: Slice<Id<Str>>,
    },
    Function {
        pos: Pos,
        function: Id<Arc<Function>>,
    },
    Variable {
        pos: Pos,
        var: Variable,
        field: Slice<Id<Str>>,
    },
    Pipe(Id<Pipe>),
}

/// A number as the syntax gives it: every type that it can be.
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
            | Expr::String { pos, .. }
            | Expr::LongString { pos, .. }
            | Expr::Field { pos, .. }
            | Expr::Chain { pos, .. }
            | Expr::Function { pos, .. }
            | Expr::Variable { pos, .. } => pos,
            Expr::Number(n) => n.of(&ast.numbers).pos,
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

impl Display for Shown<'_, Slice<Id<Str>>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part.of(&self.ast.chains).iter().try_for_each(|name| write!(f, ".{}", name.of(&self.ast.names)))
    }
}

impl Display for Shown<'_, Expr> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Expr::Bool { value, .. } => write!(f, "{value}"),
            Expr::Dot { .. } => f.write_str("."),
            Expr::Nil { .. } => f.write_str("nil"),
            Expr::Number(n) => {
                let n = n.of(&self.ast.numbers);
                f.write_str(&self.source(n.pos, n.end))
            }
            Expr::String { pos, end, .. } | Expr::LongString { pos, end } => f.write_str(&self.source(pos, end)),
            Expr::Field { ident, .. } => write!(f, "{}", self.with(ident)),
            Expr::Chain { node, field, .. } => {
                let node = *node.of(&self.ast.exprs);
                match node {
                    Expr::Pipe(_) => write!(f, "({})", self.with(node))?,
                    _ => write!(f, "{}", self.with(node))?,
                }
                write!(f, "{}", self.with(field))
            }
            Expr::Function { function, .. } => f.write_str(function.of(&self.ast.functions).name),
            Expr::Variable { var, field, .. } => write!(f, "{}{}", var.name.of(&self.ast.names), self.with(field)),
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
        for (i, v) in self.part.decl.of(&self.ast.vars).iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}", v.name.of(&self.ast.names))?;
        }
        if !self.part.decl.is_empty() {
            f.write_str(if self.part.assign { " = " } else { " := " })?;
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
            Node::Template { name, pipe, .. } => {
                write!(f, "{{{{template {}", pintle_value::quote::quote(name.of(&ast.names)))?;
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
