//! Parses templates, with the texts of `text/template/parse/parse.go` (Go 1.26) for what can't be parsed.
//!
//! Takes a text and the functions it may call, gives the template of the text itself and those that it defines.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use pintle_go::strconv::{quote, unquote};
use pintle_value::Str;

use crate::Error;
use crate::deep::deep;
use crate::func::{Function, Functions};
use crate::lexer::{Item, ItemKind, Lexer};
use crate::node::{
    Ast, Branch, Command, Declaration, Expr, Id, Node, Number, Path, Pipe, Pos, Shown, Slice, Source, Template, TemplateCall,
    Variable,
};
use crate::number::number;

/// How deep parentheses may nest (`maxStackDepth`).
const MAX_PAREN_DEPTH: usize = 10_000;
/// How deep control structures may nest. Go has no limit but its memory.
const MAX_BLOCK_DEPTH: usize = 10_000;

/// How many names, paths, functions and numbers the parser remembers of each.
const RECENT: usize = 256;

/// The templates of one text, in order of their names.
#[derive(Clone, Debug)]
pub struct Parsed(Arc<[Arc<Template>]>);

impl Parsed {
    /// Those of its templates that `wanted` says yes to.
    pub(crate) fn only(&self, wanted: impl Fn(&Template) -> bool) -> Parsed {
        Parsed(self.iter().filter(|t| wanted(t)).cloned().collect())
    }

    /// Every template.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Template>> {
        self.0.iter()
    }

    /// The template of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Template>> {
        self.0.binary_search_by(|t| (*t.name).cmp(name)).ok().map(|i| &self.0[i])
    }
}

/// Parses `text`, known as `name`; the result holds the template `name` and every `define` and `block` in it.
pub fn parse(name: &str, text: impl Into<Str>, functions: &Functions) -> Result<Parsed, Error> {
    let name: Arc<str> = Arc::from(name);
    let text = text.into();
    let mut parser = Parser {
        lexer: Lexer::new(&text),
        ast: WORKSHOP.take(),
        nodes: Vec::new(),
        exprs: Vec::new(),
        cmds: Vec::new(),
        recent_names: [None; RECENT],
        recent_paths: [None; RECENT],
        recent_functions: [None; RECENT],
        peeked: [Item { kind: ItemKind::Eof, pos: 0, end: 0 }; 3],
        peeked_count: 0,
        last_pos: 0,
        file: &name,
        text: &text,
        functions,
        tree: Tree::default(),
        templates: BTreeMap::new(),
        paren_depth: 0,
        block_depth: 0,
        action_pos: None,
    };
    let parsed = parser.parse().and_then(|root| parser.add(name.clone(), root));
    let Parser { ast: mut workshop, templates, .. } = parser;
    let ast = workshop.take();
    WORKSHOP.set(workshop);
    parsed?;
    let source = Arc::new(Source { name, text, ast });
    let template = |(name, Definition { root, slots, empty }): (Arc<str>, Definition)| {
        Arc::new(Template { name, source: source.clone(), root, slots, empty })
    };
    Ok(Parsed(templates.into_iter().map(template).collect()))
}

thread_local! {
    /// Where trees grow before they get memory of their size: growing anew for each text takes longer than parsing most. It saves 4.0 % of
    /// the instructions that kube-prometheus-stack takes (callgrind, load to output).
    static WORKSHOP: Cell<Ast> = Cell::default();
}

/// A template whose source is still being parsed.
struct Definition {
    root: Slice<Node>,
    slots: usize,
    empty: bool,
}

/// What is kept for each template while it is parsed.
#[derive(Default)]
struct Tree {
    /// Those in scope; `$` comes first.
    vars: Vec<Id<Variable>>,
    slots: u32,
    range_depth: usize,
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    ast: Ast,
    /// The nodes of the lists that are open, those of the innermost last.
    nodes: Vec<Node>,
    /// The operands of the commands that are open.
    exprs: Vec<Expr>,
    /// The commands of the pipelines that are open.
    cmds: Vec<Command>,
    /// Names that were met lately: `.Values` is one string, however often it stands there. The three tables save 13.7 % of the
    /// instructions that kube-prometheus-stack takes (callgrind, load to output).
    recent_names: [Option<Id<Str>>; RECENT],
    /// Where paths stand, and what they are.
    recent_paths: [Option<(Pos, Pos, Id<Path>)>; RECENT],
    recent_functions: [Option<Id<Arc<Function>>>; RECENT],
    /// Items read ahead, the next one last.
    peeked: [Item; 3],
    peeked_count: usize,
    /// Where the item begins that was read last.
    last_pos: Pos,
    file: &'t Arc<str>,
    text: &'t [u8],
    functions: &'t Functions,
    tree: Tree,
    templates: BTreeMap<Arc<str>, Definition>,
    paren_depth: usize,
    block_depth: usize,
    /// Where the action begins that is being read.
    action_pos: Option<Pos>,
}

/// What ended a list of nodes.
enum ListEnd {
    End,
    Else,
}

/// What an action turned out to be.
enum Action {
    Node(Node),
    End,
    Else,
}

/// The variables that a pipeline declares, or assigns to.
#[derive(Default)]
struct Declared {
    /// The first of two.
    index: Option<Item>,
    last: Option<Item>,
    assign: bool,
}

impl Declared {
    fn names(&self) -> impl Iterator<Item = Item> {
        self.index.into_iter().chain(self.last)
    }
}

impl ListEnd {
    fn text(&self) -> &'static str {
        match self {
            ListEnd::End => "{{end}}",
            ListEnd::Else => "{{else}}",
        }
    }
}

type Result<T, E = Error> = std::result::Result<T, E>;

/// Where what was made of a text may be remembered. Looks at both ends and the length: what is remembered is compared anyway, and
/// strings may be long.
fn recent_place(text: &[u8]) -> usize {
    let (first, last) = if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (u64::from_be_bytes(*first), u64::from_be_bytes(*last))
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (u32::from_be_bytes(*first).into(), u32::from_be_bytes(*last).into())
    } else {
        (text.iter().fold(0, |word: u64, b| word << 8 | u64::from(*b)), 0)
    };
    let mixed = (first ^ last.rotate_left(29) ^ text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize % RECENT
}

impl<'t> Parser<'t> {
    /// A text as a string that equal texts share.
    fn name(&mut self, text: &[u8]) -> Id<Str> {
        let place = &mut self.recent_names[recent_place(text)];
        match *place {
            Some(id) if **id.of(&self.ast.names) == *text => id,
            _ => *place.insert(Id::push(&mut self.ast.names, Str::from(text))),
        }
    }

    fn function(&mut self, name: &[u8]) -> Option<Id<Arc<Function>>> {
        let place = &mut self.recent_functions[recent_place(name)];
        match *place {
            Some(id) if id.of(&self.ast.functions).name.as_bytes() == name => Some(id),
            _ => {
                let function = self.functions.get(std::str::from_utf8(name).ok()?)?;
                Some(*place.insert(Id::push(&mut self.ast.functions, function.clone())))
            }
        }
    }

    fn text(&self, item: Item) -> &'t [u8] {
        self.lexer.text(item)
    }

    fn next(&mut self) -> Item {
        if self.peeked_count > 0 {
            self.peeked_count -= 1;
            return self.peeked[self.peeked_count];
        }
        let item = self.lexer.next_item();
        self.last_pos = item.pos;
        item
    }

    fn back(&mut self, item: Item) {
        // Go's errors name the line of the token at the bottom of its look-ahead buffer, which is the last one read.
        self.peeked[self.peeked_count] = item;
        self.peeked_count += 1;
    }

    fn peek(&mut self) -> Item {
        if self.peeked_count == 0 {
            let item = self.next();
            self.back(item);
        }
        self.peeked[self.peeked_count - 1]
    }

    fn next_non_space(&mut self) -> Item {
        if self.peeked_count == 0 {
            self.lexer.pass_space();
        }
        loop {
            let item = self.next();
            if item.kind != ItemKind::Space {
                return item;
            }
        }
    }

    fn peek_non_space(&mut self) -> Item {
        if self.peeked_count == 0 {
            self.lexer.pass_space();
        }
        loop {
            let item = self.peek();
            if item.kind != ItemKind::Space {
                return item;
            }
            self.peeked_count -= 1;
        }
    }

    fn error<T>(&self, what: impl AsRef<str>) -> Result<T> {
        Err(Error::parse(self.file, self.lexer.line(self.last_pos), what.as_ref()))
    }

    fn unexpected<T>(&self, item: Item, context: &str) -> Result<T> {
        if item.kind == ItemKind::Error {
            let mut text = self.lexer.describe(item);
            let started = self.action_pos.map(|pos| self.lexer.line(pos));
            if let Some(line) = started.filter(|line| *line != self.lexer.line(item.pos)) {
                let extra = format!(" in action started at {}:{line}", self.file);
                text += if text.ends_with(" action") { &extra[" in action".len()..] } else { &extra };
            }
            return self.error(text);
        }
        self.error(format!("unexpected {} in {context}", self.lexer.describe(item)))
    }

    fn expect(&mut self, kind: ItemKind, context: &str) -> Result<Item> {
        let item = self.next_non_space();
        if item.kind != kind { self.unexpected(item, context) } else { Ok(item) }
    }

    fn add(&mut self, name: Arc<str>, root: Slice<Node>) -> Result<()> {
        let is_space = |n: &Node| match n {
            Node::Text { pos, end } => is_blank(&self.text[*pos as usize..*end as usize]),
            _ => false,
        };
        let empty = root.of(&self.ast.nodes).iter().all(is_space);
        let definition = Definition { root, slots: self.tree.slots as usize, empty };
        match self.templates.get(&name) {
            Some(old) if !old.empty => {
                if !definition.empty {
                    return self.error(format!("template: multiple definition of template {}", quote(name.as_bytes())));
                }
            }
            _ => {
                self.templates.insert(name, definition);
            }
        }
        Ok(())
    }

    fn new_tree(&mut self) -> Tree {
        let name = self.name(b"$");
        Tree { vars: vec![Id::push(&mut self.ast.vars, Variable { name, slot: Some(0) })], slots: 1, range_depth: 0 }
    }

    /// The nodes from `start` on, which make a list.
    fn close_list(&mut self, start: usize) -> Slice<Node> {
        Slice::take(&mut self.ast.nodes, &mut self.nodes, start)
    }

    fn parse(&mut self) -> Result<Slice<Node>> {
        self.tree = self.new_tree();
        loop {
            let item = self.next();
            let parsed = match item.kind {
                ItemKind::Eof => break,
                ItemKind::LeftDelim => {
                    let word = self.next_non_space();
                    if word.kind == ItemKind::Define {
                        self.definition()?;
                        continue;
                    }
                    self.action(item, word)?
                }
                _ => self.text_or_action(item)?,
            };
            match parsed {
                Action::Node(n) => self.nodes.push(n),
                Action::End => return self.error("unexpected {{end}}"),
                Action::Else => return self.error("unexpected {{else}}"),
            }
        }
        Ok(self.close_list(0))
    }

    /// Parses the body of a template of its own inside the text: variables and range don't reach in. What shouldn't end it is
    /// found `at` the clause, where it is the text around it that looks.
    fn nested(&mut self, name: Arc<str>, context: &str, at: Option<Pos>) -> Result<()> {
        let tree = self.new_tree();
        let outer = std::mem::replace(&mut self.tree, tree);
        let (paren_depth, action_pos) = (std::mem::take(&mut self.paren_depth), self.action_pos.take());
        let (root, end) = self.item_list()?;
        if let ListEnd::Else = end {
            self.last_pos = at.unwrap_or(self.last_pos);
            return self.error(format!("unexpected {} in {context}", end.text()));
        }
        self.add(name, root)?;
        self.tree = outer;
        self.paren_depth = paren_depth;
        self.action_pos = action_pos;
        Ok(())
    }

    fn definition(&mut self) -> Result<()> {
        let context = "define clause";
        let item = self.next_non_space();
        if !matches!(item.kind, ItemKind::String | ItemKind::RawString) {
            return self.unexpected(item, context);
        }
        let name = self.unquote(item)?;
        self.expect(ItemKind::RightDelim, context)?;
        self.nested(self.name_of(name), context, None)
    }

    fn name_of(&self, name: Id<Str>) -> Arc<str> {
        Arc::from(&*name.of(&self.ast.names).to_str_lossy())
    }

    /// What is between the quotes of a string literal, if it stands for just that, as most do.
    fn plain(&self, item: Item) -> Option<&'t [u8]> {
        let literal = self.text(item);
        let body = literal.get(1..literal.len() - 1).unwrap_or(b"");
        let is_plain = match literal.first() {
            Some(b'`') => memchr::memchr(b'\r', body).is_none(),
            _ => body.is_ascii() && memchr::memchr3(b'\\', b'\r', b'\n', body).is_none(),
        };
        is_plain.then_some(body)
    }

    /// What a string literal stands for.
    fn unquote(&mut self, item: Item) -> Result<Id<Str>> {
        if let Some(body) = self.plain(item) {
            return Ok(self.name(body));
        }
        match unquote(self.text(item)) {
            Some(s) => Ok(self.name(&s)),
            None => self.error("invalid syntax"),
        }
    }

    fn item_list(&mut self) -> Result<(Slice<Node>, ListEnd)> {
        deep(|| self.item_list_here())
    }

    fn item_list_here(&mut self) -> Result<(Slice<Node>, ListEnd)> {
        if self.block_depth >= MAX_BLOCK_DEPTH {
            return self.error("control structures nest too deep");
        }
        self.block_depth += 1;
        let start = self.nodes.len();
        let end = loop {
            let item = self.next_non_space();
            if item.kind == ItemKind::Eof {
                return self.error("unexpected EOF");
            }
            match self.text_or_action(item)? {
                Action::Node(n) => self.nodes.push(n),
                Action::End => break ListEnd::End,
                Action::Else => break ListEnd::Else,
            }
        };
        self.block_depth -= 1;
        Ok((self.close_list(start), end))
    }

    fn text_or_action(&mut self, item: Item) -> Result<Action> {
        match item.kind {
            ItemKind::Text => Ok(Action::Node(Node::Text { pos: item.pos, end: item.end })),
            ItemKind::LeftDelim => {
                let word = self.next_non_space();
                self.action(item, word)
            }
            _ => self.unexpected(item, "input"),
        }
    }

    /// An action that begins with `delim`; `word` is the item behind.
    fn action(&mut self, delim: Item, word: Item) -> Result<Action> {
        self.action_pos = Some(delim.pos);
        let parsed = self.action_here(word);
        self.action_pos = None;
        parsed
    }

    fn action_here(&mut self, word: Item) -> Result<Action> {
        Ok(Action::Node(match word.kind {
            ItemKind::Block => self.block()?,
            ItemKind::Break => self.break_or_continue("{{break}}", Node::Break)?,
            ItemKind::Continue => self.break_or_continue("{{continue}}", Node::Continue)?,
            ItemKind::Else => {
                if !matches!(self.peek_non_space().kind, ItemKind::If | ItemKind::With) {
                    self.expect(ItemKind::RightDelim, "else")?;
                }
                return Ok(Action::Else);
            }
            ItemKind::End => {
                self.expect(ItemKind::RightDelim, "end")?;
                return Ok(Action::End);
            }
            ItemKind::If => Node::If(self.control("if")?),
            ItemKind::Range => Node::Range(self.control("range")?),
            ItemKind::With => Node::With(self.control("with")?),
            ItemKind::Template => self.template()?,
            _ => Node::Action(self.pipeline(word, "command", ItemKind::RightDelim)?),
        }))
    }

    fn break_or_continue(&mut self, word: &str, node: Node) -> Result<Node> {
        let item = self.next_non_space();
        if item.kind != ItemKind::RightDelim {
            return self.unexpected(item, word);
        }
        if self.tree.range_depth == 0 {
            return self.error(format!("{word} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    fn declare(&mut self, item: Item, assign: bool) {
        let name = self.name(self.text(item));
        let slot = if assign {
            self.find_var(self.text(item)).and_then(|var| var.of(&self.ast.vars).slot)
        } else {
            self.tree.slots += 1;
            Some(self.tree.slots - 1)
        };
        self.bring_in(Variable { name, slot });
    }

    fn declaration(&mut self, declared: &Declared) -> Option<Id<Declaration>> {
        let first = self.ast.vars.len();
        for v in declared.names() {
            self.declare(v, declared.assign);
        }
        let vars = Slice::since(&self.ast.vars, first);
        let declaration = Declaration { assign: declared.assign, vars };
        (!vars.is_empty()).then(|| Id::push(&mut self.ast.declarations, declaration))
    }

    /// Brings a variable into scope.
    fn bring_in(&mut self, variable: Variable) {
        let id = Id::push(&mut self.ast.vars, variable);
        self.tree.vars.push(id);
    }

    /// What comes after `else` may name the variables of the list before it: the parser forgets them only at `end`. They have
    /// never been declared there, so what is meant is the variable of that name outside, or none.
    fn undeclare(&mut self, outside: usize) {
        for id in self.tree.vars.split_off(outside) {
            let name = id.of(&self.ast.vars).name;
            let outer = self.find_var(&name.of(&self.ast.names).clone());
            self.bring_in(Variable { name, slot: outer.and_then(|var| var.of(&self.ast.vars).slot) });
        }
    }

    /// The innermost variable of a name.
    fn find_var(&self, text: &[u8]) -> Option<Id<Variable>> {
        let is_it = |id: &&Id<Variable>| **id.of(&self.ast.vars).name.of(&self.ast.names) == *text;
        self.tree.vars.iter().rev().find(is_it).copied()
    }

    /// A pipeline that begins with `item`.
    fn pipeline(&mut self, item: Item, context: &str, end: ItemKind) -> Result<Id<Pipe>> {
        deep(|| self.pipeline_here(item, context, end))
    }

    fn pipeline_here(&mut self, mut item: Item, context: &str, end: ItemKind) -> Result<Id<Pipe>> {
        let pos = item.pos;
        let first_cmd = self.cmds.len();
        let mut declared = Declared::default();
        if item.kind == ItemKind::Variable {
            self.back(item);
            declared = self.declared(context)?;
            item = self.next_non_space();
        }
        // Until the pipeline has been evaluated its variables are those of before, or none: the parser lets that pass.
        for v in declared.names() {
            let text = self.text(v);
            if self.find_var(text).is_none() {
                let name = self.name(text);
                self.bring_in(Variable { name, slot: None });
            }
        }
        loop {
            match item.kind {
                k if k == end => break,
                ItemKind::Bool
                | ItemKind::CharConstant
                | ItemKind::Complex
                | ItemKind::Dot
                | ItemKind::Field
                | ItemKind::Identifier
                | ItemKind::Number
                | ItemKind::Nil
                | ItemKind::RawString
                | ItemKind::String
                | ItemKind::Variable
                | ItemKind::LeftParen => {
                    let cmd = self.command(item)?;
                    self.cmds.push(cmd);
                }
                _ => return self.unexpected(item, context),
            }
            item = self.next_non_space();
        }
        let decl = self.declaration(&declared);
        let cmds = Slice::take(&mut self.ast.cmds, &mut self.cmds, first_cmd);
        if cmds.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (i, c) in cmds.of(&self.ast.cmds).iter().enumerate().skip(1) {
            if let Expr::Bool { .. } | Expr::Dot { .. } | Expr::Nil { .. } | Expr::Number { .. } | Expr::String { .. } =
                c.args.of(&self.ast.exprs)[0]
            {
                return self.error(format!("non executable command in pipeline stage {}", i + 1));
            }
        }
        Ok(Id::push(&mut self.ast.pipes, Pipe { pos, decl, cmds }))
    }

    /// The variables that a pipeline declares or assigns to, if it does; passes them and the sign behind.
    fn declared(&mut self, context: &str) -> Result<Declared> {
        // Names before a comma are known only once `:=` or `=` has told what they are.
        let mut declared = Declared::default();
        while self.peek_non_space().kind == ItemKind::Variable {
            let v = self.next();
            // A dot behind a variable begins a path, and what has one isn't declared. Paths are not read ahead.
            if self.text.get(v.end as usize) == Some(&b'.') {
                self.back(v);
                break;
            }
            let after = (self.peek().kind == ItemKind::Space).then(|| self.next());
            let next = self.peek_non_space();
            match next.kind {
                ItemKind::Assign | ItemKind::Declare => {
                    declared.assign = self.next_non_space().kind == ItemKind::Assign;
                    declared.last = Some(v);
                }
                ItemKind::Char if self.text(next) == b"," => {
                    self.next_non_space();
                    if context == "range" && declared.index.is_none() {
                        declared.index = Some(v);
                        match self.peek_non_space().kind {
                            ItemKind::Variable | ItemKind::RightDelim | ItemKind::RightParen => continue,
                            _ => return self.error("range can only initialize variables"),
                        }
                    }
                    return self.error(format!("too many declarations in {context}"));
                }
                _ => {
                    if let Some(space) = after {
                        self.back(space);
                    }
                    self.back(v);
                }
            }
            break;
        }
        Ok(declared)
    }

    fn control(&mut self, context: &str) -> Result<Id<Branch>> {
        let scope = self.tree.vars.len();
        let first = self.next_non_space();
        let pipe = self.pipeline(first, context, ItemKind::RightDelim)?;
        let own = self.tree.vars.len();
        let is_range = usize::from(context == "range");
        self.tree.range_depth += is_range;
        let (list, end) = self.item_list()?;
        self.tree.range_depth -= is_range;
        let else_list = match end {
            ListEnd::End => None,
            ListEnd::Else => {
                self.undeclare(own);
                let chained = match (context, self.peek().kind) {
                    ("if", ItemKind::If) => Some(Node::If as fn(Id<Branch>) -> Node),
                    ("with", ItemKind::With) => Some(Node::With as fn(Id<Branch>) -> Node),
                    _ => None,
                };
                Some(match chained {
                    Some(node) => {
                        self.next();
                        let branch = self.else_chain(context)?;
                        self.nodes.push(node(branch));
                        self.close_list(self.nodes.len() - 1)
                    }
                    None => {
                        let (list, end) = self.item_list()?;
                        if let ListEnd::Else = end {
                            return self.error(format!("expected end; found {}", end.text()));
                        }
                        list
                    }
                })
            }
        };
        self.tree.vars.truncate(scope);
        Ok(Id::push(&mut self.ast.branches, Branch { pipe, list, else_list }))
    }

    fn else_chain(&mut self, context: &str) -> Result<Id<Branch>> {
        deep(|| self.else_chain_here(context))
    }

    fn else_chain_here(&mut self, context: &str) -> Result<Id<Branch>> {
        if self.block_depth >= MAX_BLOCK_DEPTH {
            return self.error("control structures nest too deep");
        }
        self.block_depth += 1;
        let branch = self.control(context)?;
        self.block_depth -= 1;
        Ok(branch)
    }

    fn template_name(&mut self, context: &str) -> Result<(Id<Str>, Pos)> {
        let item = self.next_non_space();
        if !matches!(item.kind, ItemKind::String | ItemKind::RawString) {
            return self.unexpected(item, context);
        }
        Ok((self.unquote(item)?, item.pos))
    }

    fn block(&mut self) -> Result<Node> {
        let context = "block clause";
        let (name, pos) = self.template_name(context)?;
        let first = self.next_non_space();
        let pipe = self.pipeline(first, context, ItemKind::RightDelim)?;
        self.nested(self.name_of(name), context, Some(self.last_pos))?;
        Ok(self.template_call(TemplateCall { pos, name, pipe: Some(pipe) }))
    }

    fn template(&mut self) -> Result<Node> {
        let context = "template clause";
        let (name, pos) = self.template_name(context)?;
        let item = self.next_non_space();
        let pipe =
            if item.kind == ItemKind::RightDelim { None } else { Some(self.pipeline(item, context, ItemKind::RightDelim)?) };
        Ok(self.template_call(TemplateCall { pos, name, pipe }))
    }

    fn template_call(&mut self, call: TemplateCall) -> Node {
        Node::Template(Id::push(&mut self.ast.template_calls, call))
    }

    /// A command that begins with `item`.
    fn command(&mut self, mut item: Item) -> Result<Command> {
        let pos = item.pos;
        let first = self.exprs.len();
        loop {
            if let Some(operand) = self.operand(item)? {
                self.exprs.push(operand);
                let is_space = match self.peeked_count {
                    0 => self.lexer.is_at_space(),
                    n => self.peeked[n - 1].kind == ItemKind::Space,
                };
                item = self.next_non_space();
                if is_space {
                    continue;
                }
            }
            match item.kind {
                ItemKind::RightDelim | ItemKind::RightParen => self.back(item),
                ItemKind::Pipe => {}
                _ => return self.unexpected(item, "operand"),
            }
            break;
        }
        let args = Slice::take(&mut self.ast.exprs, &mut self.exprs, first);
        if args.is_empty() { self.error("empty command") } else { Ok(Command { pos, args }) }
    }

    /// The operand that begins with `item`, if one does; fields behind it belong to it.
    fn operand(&mut self, item: Item) -> Result<Option<Expr>> {
        let Some(node) = self.term(item)? else { return Ok(None) };
        // What was read ahead stands behind a space.
        if self.peeked_count > 0 || self.lexer.byte() != Some(b'.') {
            return Ok(Some(node));
        }
        let pos = self.lexer.pos();
        let Some(path) = self.path(pos, None) else { return Ok(Some(node)) };
        Ok(Some(match node {
            Expr::Variable { var, .. } => Expr::Variable { pos, var, path: Some(path) },
            Expr::Function { .. } | Expr::Pipe(_) => Expr::Chain { pos, node: Id::push(&mut self.ast.exprs, node), path },
            _ => {
                let shown = Shown::parsing(&self.ast, self.text, node).to_string();
                return self.error(format!("unexpected . after term {}", quote(shown.as_bytes())));
            }
        }))
    }

    /// The path that begins with the dot at `start`; `first` is its first field if that has been read. Nothing if no field follows
    /// the dot.
    fn path(&mut self, start: Pos, first: Option<Item>) -> Option<Id<Path>> {
        let end = self.lexer.end_of_words(start);
        let text = &self.text[start as usize..end as usize];
        let place = recent_place(text);
        if let Some((from, to, path)) = self.recent_paths[place]
            && self.text[from as usize..to as usize] == *text
            && self.peeked_count == 0
            && self.lexer.pass_words(end)
        {
            return Some(path);
        }
        let first_name = self.ast.path_names.len();
        let mut last = first;
        if let Some(item) = first {
            self.field(item);
        }
        while self.peek().kind == ItemKind::Field {
            let item = self.next();
            self.field(item);
            last = Some(item);
        }
        let last = last?;
        let path = Id::push(&mut self.ast.paths, Slice::since(&self.ast.path_names, first_name));
        if last.end == end {
            self.recent_paths[place] = Some((start, end, path));
        }
        Some(path)
    }

    fn field(&mut self, item: Item) {
        let name = self.name(&self.text(item)[1..]);
        self.ast.path_names.push(name);
    }

    fn term(&mut self, item: Item) -> Result<Option<Expr>> {
        let pos = item.pos;
        Ok(Some(match item.kind {
            ItemKind::Identifier => match self.function(self.text(item)) {
                Some(function) => Expr::Function { pos, function },
                None => return self.error(format!("function {} not defined", quote(self.text(item)))),
            },
            ItemKind::Dot => Expr::Dot { pos },
            ItemKind::Nil => Expr::Nil { pos },
            ItemKind::Variable => match self.find_var(self.text(item)) {
                Some(var) => Expr::Variable { pos, var, path: None },
                None => return self.error(format!("undefined variable {}", quote(self.text(item)))),
            },
            ItemKind::Field => match self.path(pos, Some(item)) {
                // Go's place of several fields is that of the second.
                Some(path) if path.of(&self.ast.paths).len() > 1 => Expr::Field { pos: item.end, path },
                Some(path) => Expr::Field { pos, path },
                None => return Ok(None),
            },
            ItemKind::Bool => Expr::Bool { pos, value: self.text(item) == b"true" },
            ItemKind::CharConstant | ItemKind::Complex | ItemKind::Number => Expr::Number { pos, number: self.number(item)? },
            ItemKind::LeftParen => {
                if self.paren_depth >= MAX_PAREN_DEPTH {
                    return self.error("max expression depth exceeded");
                }
                self.paren_depth += 1;
                let first = self.next_non_space();
                let pipe = self.pipeline(first, "parenthesized pipeline", ItemKind::RightParen)?;
                self.paren_depth -= 1;
                Expr::Pipe(pipe)
            }
            ItemKind::String | ItemKind::RawString => {
                let end = item.end;
                match self.plain(item) {
                    Some(body) => Expr::String { pos, end, text: self.name(body) },
                    None => Expr::String { pos, end, text: self.unquote(item)? },
                }
            }
            _ => return Ok(None),
        }))
    }

    fn number(&mut self, item: Item) -> Result<Id<Number>> {
        let text = self.text(item);
        match number(item, text) {
            Ok(n) => Ok(Id::push(&mut self.ast.numbers, n)),
            Err(e) => self.error(e),
        }
    }
}

/// Whether a text is nothing but what Unicode calls white space.
fn is_blank(text: &[u8]) -> bool {
    match text.iter().position(|b| !b.is_ascii_whitespace()) {
        None => true,
        Some(i) if text[i].is_ascii_graphic() => false,
        Some(i) => String::from_utf8_lossy(&text[i..]).trim().is_empty(),
    }
}
