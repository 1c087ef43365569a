//! The public interface, as a list that a change must change too: `tests/api.txt`.
//!
//! Read from the sources: what `src/lib.rs` exports, followed to where it is defined. Every item and every method has a line; fields and
//! variants are indented below theirs.

use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string, write};
use std::path::{Path, PathBuf};

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Fields, ImplItem, Item, ItemImpl, ItemStruct, Token, TraitItem, Type, UseTree, Visibility, braced, parenthesized,
    parse_quote,
};

/// No more items than a person can know.
const MOST: usize = 130;

#[test]
fn the_interface_is_as_recorded() {
    let mut api = Api::default();
    api.module("pintle", &crate_file("pintle"), "pintle");
    let listed: String = api.lines.concat();
    let items = api.lines.iter().filter(|line| !line.starts_with(' ')).count();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api.txt");
    if std::env::var_os("PINTLE_RECORD").is_some() {
        write(&file, &listed).unwrap();
    }
    let recorded = read_to_string(&file).unwrap_or_default();
    let (new, gone) = (missing(&listed, &recorded), missing(&recorded, &listed));
    assert!(listed == recorded, "new:\n{new}gone:\n{gone}PINTLE_RECORD=1 records the interface as it is now");
    assert!(items <= MOST, "{items} public items; at most {MOST}");
}

fn missing(lines: &str, among: &str) -> String {
    lines.lines().filter(|line| !among.lines().any(|l| l == *line)).map(|line| format!("{line}\n")).collect()
}

fn crate_file(name: &str) -> PathBuf {
    let folder = name.strip_prefix("pintle_").unwrap_or(name);
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder).join("src/lib.rs")
}

#[derive(Default)]
struct Api {
    lines: Vec<String>,
    /// The inherent impls of each crate, by the name of the type.
    impls: BTreeMap<PathBuf, BTreeMap<String, Vec<ItemImpl>>>,
}

impl Api {
    /// Everything public in a module's file.
    fn module(&mut self, krate: &str, file: &Path, path: &str) {
        for item in items(file) {
            match &item {
                Item::Use(u) if is_public(&u.vis) && !is_conditional(&u.attrs) => {
                    for (name, target) in exports(&u.tree) {
                        self.export(krate, file, path, &name, &target);
                    }
                }
                Item::Mod(m) if is_public(&m.vis) => {
                    let inner = format!("{path}::{}", m.ident);
                    self.lines.push(format!("mod {inner}\n"));
                    self.module(krate, &module_file(file, &m.ident.to_string()).unwrap(), &inner);
                }
                item => self.item(file, path, item),
            }
        }
    }

    /// Something that is defined elsewhere.
    fn export(&mut self, krate: &str, file: &Path, path: &str, name: &str, target: &[String]) {
        match find(krate, file, target) {
            Some((file, item)) => self.item(&file, path, &item),
            None if target.len() == 1 => self.lines.push(format!("mod {path}::{name} = {}\n", target[0])),
            None => panic!("{} exports {name}, which isn't found", file.display()),
        }
    }

    fn item(&mut self, file: &Path, path: &str, item: &Item) {
        let mut add = |line: String| self.lines.push(line + "\n");
        match item {
            Item::Struct(s) if is_public(&s.vis) => {
                add(format!("struct {path}::{}{}", s.ident, shown(&s.generics)));
                fields(&s.fields).for_each(add);
                self.methods(file, path, &s.ident.to_string());
            }
            Item::Enum(e) if is_public(&e.vis) => {
                add(format!("enum {path}::{}", e.ident));
                e.variants.iter().for_each(|v| add(format!("    {}{}", v.ident, shown(&v.fields))));
                self.methods(file, path, &e.ident.to_string());
            }
            Item::Trait(t) if is_public(&t.vis) => {
                add(format!("trait {path}::{}", t.ident));
                for item in &t.items {
                    if let TraitItem::Fn(f) = item {
                        add(format!("    {}", shown(&f.sig)));
                    }
                }
            }
            Item::Fn(f) if is_public(&f.vis) => add(format!("{path}::{}", shown(&f.sig).trim_start_matches("fn "))),
            Item::Type(t) if is_public(&t.vis) => add(format!("type {path}::{} = {}", t.ident, shown(&t.ty))),
            Item::Const(c) if is_public(&c.vis) => add(format!("const {path}::{}: {}", c.ident, shown(&c.ty))),
            _ => {}
        }
    }

    fn methods(&mut self, file: &Path, path: &str, name: &str) {
        let root = file.ancestors().find(|dir| dir.ends_with("src")).unwrap().to_owned();
        let impls = self.impls.entry(root.clone()).or_insert_with(|| all_impls(&root));
        let mut lines = Vec::new();
        for item in impls.get(name).into_iter().flatten().flat_map(|i| &i.items) {
            match item {
                ImplItem::Fn(f) if is_public(&f.vis) => {
                    lines.push(format!("{path}::{name}::{}\n", shown(&f.sig).replace("const fn ", "").trim_start_matches("fn ")));
                }
                ImplItem::Const(c) if is_public(&c.vis) => lines.push(format!("{path}::{name}::{}: {}\n", c.ident, shown(&c.ty))),
                _ => {}
            }
        }
        self.lines.extend(lines);
    }
}

fn items(file: &Path) -> Vec<Item> {
    let text = read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let made = |item| match item {
        Item::Macro(m) if m.mac.path.is_ident("structure") => Item::Struct(m.mac.parse_body::<Structure>().unwrap().0),
        item => item,
    };
    syn::parse_file(&text).unwrap().items.into_iter().map(made).collect()
}

/// The struct that the macro `structure!` of pintle-yaml makes.
struct Structure(ItemStruct);

impl Parse for Structure {
    fn parse(input: ParseStream<'_>) -> syn::Result<Structure> {
        input.call(Attribute::parse_outer)?;
        let name: Ident = input.parse()?;
        let (names, body, beside);
        parenthesized!(names in input);
        names.parse::<TokenStream>()?;
        braced!(body in input);
        let mut fields = Vec::new();
        while !body.is_empty() {
            body.call(Attribute::parse_outer)?;
            let (field, _, of): (Ident, Token![:], Type) = (body.parse()?, body.parse()?, body.parse()?);
            fields.push(quote!(pub #field: #of));
            while !body.peek(Token![,]) {
                body.parse::<TokenTree>()?;
            }
            body.parse::<Token![,]>()?;
        }
        while !input.is_empty() && input.parse::<Ident>()? != "beside" {
            input.parse::<TokenTree>()?;
        }
        if !input.is_empty() {
            braced!(beside in input);
            fields.push(beside.parse()?);
        }
        Ok(Structure(parse_quote!(pub struct #name { #(#fields),* })))
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Whether something is there with a feature or in tests only.
fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|a| a.path().is_ident("cfg"))
}

fn module_file(file: &Path, module: &str) -> Option<PathBuf> {
    let folder = match file.file_stem()?.to_str()? {
        "lib" | "mod" => file.parent()?.to_owned(),
        stem => file.with_file_name(stem),
    };
    [folder.join(format!("{module}.rs")), folder.join(module).join("mod.rs")].into_iter().find(|path| path.exists())
}

/// The definition of what a path leads to, and its file.
fn find(krate: &str, file: &Path, path: &[String]) -> Option<(PathBuf, Item)> {
    let (first, rest) = path.split_first()?;
    if rest.is_empty() {
        for item in items(file) {
            let name = match &item {
                Item::Struct(s) => &s.ident,
                Item::Enum(e) => &e.ident,
                Item::Trait(t) => &t.ident,
                Item::Fn(f) => &f.sig.ident,
                Item::Type(t) => &t.ident,
                Item::Use(u) => {
                    let target = exports(&u.tree).into_iter().find(|(name, target)| name == first && target.len() > 1);
                    match target.and_then(|(_, target)| find(krate, file, &target)) {
                        Some(found) => return Some(found),
                        None => continue,
                    }
                }
                _ => continue,
            };
            if name == first {
                return Some((file.to_owned(), item));
            }
        }
        return None;
    }
    match first.as_str() {
        "crate" => find(krate, &crate_file(krate), rest),
        "self" => find(krate, file, rest),
        name if name.starts_with("pintle_") => find(name, &crate_file(name), rest),
        name => match module_file(file, name) {
            Some(module) => find(krate, &module, rest),
            // A module of another crate under this name.
            None => {
                let uses = items(file)
                    .into_iter()
                    .filter_map(|item| if let Item::Use(u) = item { Some(exports(&u.tree)) } else { None });
                let (_, target) = uses.flatten().find(|(exported, _)| exported == name)?;
                find(krate, file, &[&target, rest].concat())
            }
        },
    }
}

/// What a `use` exports: the name and the path to it.
fn exports(tree: &UseTree) -> Vec<(String, Vec<String>)> {
    fn walk(tree: &UseTree, above: &[String], out: &mut Vec<(String, Vec<String>)>) {
        let with = |name: String| above.iter().cloned().chain((name != "self").then_some(name)).collect::<Vec<_>>();
        match tree {
            UseTree::Path(p) => {
                let above: Vec<String> = above.iter().cloned().chain([p.ident.to_string()]).collect();
                walk(&p.tree, &above, out);
            }
            UseTree::Name(n) => {
                let path = with(n.ident.to_string());
                out.push((path.last().cloned().unwrap_or_default(), path));
            }
            UseTree::Rename(r) => out.push((r.rename.to_string(), with(r.ident.to_string()))),
            UseTree::Group(g) => g.items.iter().for_each(|tree| walk(tree, above, out)),
            UseTree::Glob(_) => panic!("{}::* hides what is exported", above.join("::")),
        }
    }
    let mut out = Vec::new();
    walk(tree, &[], &mut out);
    out
}

fn all_impls(folder: &Path) -> BTreeMap<String, Vec<ItemImpl>> {
    let mut found: BTreeMap<String, Vec<ItemImpl>> = BTreeMap::new();
    let mut paths: Vec<PathBuf> = read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            for (name, impls) in all_impls(&path) {
                found.entry(name).or_default().extend(impls);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            for item in items(&path) {
                if let Item::Impl(i) = item
                    && i.trait_.is_none()
                    && let Type::Path(p) = &*i.self_ty
                    && let Some(last) = p.path.segments.last()
                {
                    found.entry(last.ident.to_string()).or_default().push(i);
                }
            }
        }
    }
    found
}

fn fields(fields: &Fields) -> impl Iterator<Item = String> {
    let public = fields.iter().filter(|f| is_public(&f.vis));
    public.map(|f| format!("    {}: {}", f.ident.as_ref().map_or("0".to_owned(), ToString::to_string), shown(&f.ty)))
}

/// Tokens as rustfmt would write them, more or less.
fn shown(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    let tight = [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" < ", "<"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" (", "("),
        ("& ", "&"),
        (" :", ":"),
        ("' ", "'"),
        (",)", ")"),
        ("( ", "("),
        (" )", ")"),
        (" ;", ";"),
        ("(mut self", "(self"),
    ];
    for (wide, narrow) in tight {
        text = text.replace(wide, narrow);
    }
    text.replace("- >", "->").replace("->", " -> ").replace("  ", " ")
}
