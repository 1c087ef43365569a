//! The parsed form of a template, and its text as Go's errors quote it (`text/template/parse/node.go`, Go 1.26).
//!
//! Everything here is immutable, `Send` and `Sync`: a template is parsed once and shared by renders.

use std::fmt::{self, Display};
use std::sync::Arc;

use pintle_value::Str;

use crate::error::Location;
use crate::func::Function;

/// The text that templates were parsed from.
#[derive(Debug)]
pub struct Source {
    /// The file's name as templates know it (`Tree.ParseName`).
    pub name: Arc<str>,
    /// The whole text.
    pub text: Str,
}

/// One parsed template: a file's or a `define`'s.
pub struct Template {
    /// The name it is called by.
    pub name: Arc<str>,
    /// Where it was defined.
    pub source: Arc<Source>,
    pub(crate) root: Box<[Node]>,
    /// How many variables it has at once, `$` included.
    pub(crate) slots: usize,
}

impl Template {
    /// Whether there is nothing but space, comments and defines in it (`parse.IsEmptyTree`).
    pub fn is_empty(&self) -> bool {
        self.root.iter().all(|n| match n {
            Node::Text { pos, end } => String::from_utf8_lossy(&self.source.text[*pos as usize..*end as usize]).trim().is_empty(),
            _ => false,
        })
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

pub(crate) enum Node {
    /// A range of the source.
    Text {
        pos: Pos,
        end: Pos,
    },
    Action(Pipe),
    If(Box<Branch>),
    Range(Box<Branch>),
    With(Box<Branch>),
    Template {
        pos: Pos,
        name: Str,
        pipe: Option<Pipe>,
    },
    Break,
    Continue,
}

/// `if`, `range` or `with`.
pub(crate) struct Branch {
    pub pipe: Pipe,
    pub list: Box<[Node]>,
    pub else_list: Option<Box<[Node]>>,
}

pub(crate) struct Pipe {
    pub pos: Pos,
    pub assign: bool,
    pub decl: Box<[Variable]>,
    pub cmds: Box<[Command]>,
}

/// A variable and where it lives; `None` for one that is assigned to without having been declared.
pub(crate) struct Variable {
    pub name: Str,
    pub slot: Option<u32>,
}

pub(crate) struct Command {
    pub pos: Pos,
    pub args: Box<[Expr]>,
}

pub(crate) enum Expr {
    Bool { pos: Pos, value: bool },
    Dot { pos: Pos },
    Nil { pos: Pos },
    Number(Box<Number>),
    String { pos: Pos, quoted: Str, text: Str },
    Field { pos: Pos, ident: Box<[Str]> },
    Chain { pos: Pos, node: Box<Expr>, field: Box<[Str]> },
    Function { pos: Pos, function: Arc<Function> },
    Variable { pos: Pos, var: Variable, field: Box<[Str]> },
    Pipe(Box<Pipe>),
}

/// A number as the syntax gives it: every type that it can be.
pub(crate) struct Number {
    pub pos: Pos,
    pub text: Str,
    pub int: Option<i64>,
    pub uint: Option<u64>,
    pub float: Option<f64>,
    pub complex: Option<(f64, f64)>,
}

impl Expr {
    pub fn pos(&self) -> Pos {
        match self {
            Expr::Bool { pos, .. }
            | Expr::Dot { pos }
            | Expr::Nil { pos }
            | Expr::String { pos, .. }
            | Expr::Field { pos, .. }
            | Expr::Chain { pos, .. }
            | Expr::Function { pos, .. }
            | Expr::Variable { pos, .. } => *pos,
            Expr::Number(n) => n.pos,
            Expr::Pipe(p) => p.pos,
        }
    }
}

fn write_fields(f: &mut fmt::Formatter<'_>, fields: &[Str]) -> fmt::Result {
    fields.iter().try_for_each(|name| write!(f, ".{name}"))
}

impl Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Bool { value, .. } => write!(f, "{value}"),
            Expr::Dot { .. } => f.write_str("."),
            Expr::Nil { .. } => f.write_str("nil"),
            Expr::Number(n) => write!(f, "{}", n.text),
            Expr::String { quoted, .. } => write!(f, "{quoted}"),
            Expr::Field { ident, .. } => write_fields(f, ident),
            Expr::Chain { node, field, .. } => {
                match &**node {
                    Expr::Pipe(_) => write!(f, "({node})")?,
                    _ => write!(f, "{node}")?,
                }
                write_fields(f, field)
            }
            Expr::Function { function, .. } => f.write_str(function.name),
            Expr::Variable { var, field, .. } => {
                write!(f, "{}", var.name)?;
                write_fields(f, field)
            }
            Expr::Pipe(p) => write!(f, "{p}"),
        }
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, arg) in self.args.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            match arg {
                Expr::Pipe(p) => write!(f, "({p})")?,
                arg => write!(f, "{arg}")?,
            }
        }
        Ok(())
    }
}

impl Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, v) in self.decl.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}", v.name)?;
        }
        if !self.decl.is_empty() {
            f.write_str(if self.assign { " = " } else { " := " })?;
        }
        for (i, c) in self.cmds.iter().enumerate() {
            if i > 0 {
                f.write_str(" | ")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

/// Nodes whose text only their errors need.
pub(crate) struct Shown<'n>(pub &'n Node);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Node::Action(pipe) => write!(f, "{{{{{pipe}}}}}"),
            Node::Template { name, pipe, .. } => {
                write!(f, "{{{{template {}", pintle_value::quote::quote(name))?;
                if let Some(p) = pipe {
                    write!(f, " {p}")?;
                }
                f.write_str("}}")
            }
            Node::If(b) => write_branch(f, "if", b),
            Node::Range(b) => write_branch(f, "range", b),
            Node::With(b) => write_branch(f, "with", b),
            Node::Break => f.write_str("{{break}}"),
            Node::Continue => f.write_str("{{continue}}"),
            Node::Text { .. } => f.write_str("text"),
        }
    }
}

fn write_branch(f: &mut fmt::Formatter<'_>, word: &str, b: &Branch) -> fmt::Result {
    write!(f, "{{{{{word} {}}}}}", b.pipe)?;
    b.list.iter().try_for_each(|n| write!(f, "{}", Shown(n)))?;
    if let Some(e) = &b.else_list {
        f.write_str("{{else}}")?;
        e.iter().try_for_each(|n| write!(f, "{}", Shown(n)))?;
    }
    f.write_str("{{end}}")
}
