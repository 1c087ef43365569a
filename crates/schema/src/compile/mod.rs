//! Schemas to programs (santhosh's compiler.go, roots.go, root.go, loader.go).
//!
//! A [`Compiler`] starts with one document and follows its references: into other schemas of it, into embedded metaschemas, and
//! into what its loader gives. Each document is first searched for schemas with names of their own ([`resources`]), then checked
//! against its metaschema, then its schemas become nodes ([`keywords`]), breadth first, so that recursion costs no stack.

mod keywords;
mod resources;

use std::collections::HashMap;
use std::sync::Arc;

use pintle_go::strconv::quote;
use pintle_go::url::Url;

use crate::document::{DocId, Document};
use crate::draft::Dialect;
use crate::error::SchemaError;
use crate::location::{Fragment, Reference, as_fragment, unescape};
use crate::meta;
use crate::plausible;
use crate::program::{Node, NodeId, Program, location};
use crate::validate;
use resources::Resource;

/// Gives the text of the document with this URL.
pub(crate) type Loader<'l> = &'l dyn Fn(&str) -> std::result::Result<Vec<u8>, String>;

/// How many documents one schema may lead to.
const MAX_DOCUMENTS: usize = 1000;

const NO_NODE: NodeId = NodeId::MAX;

/// A document with schemas in it.
pub(crate) struct Root {
    url: String,
    document: Arc<Document>,
    /// The schemas with names, by their places.
    resources: HashMap<DocId, Resource>,
    by_id: HashMap<String, DocId>,
    /// The places that have been searched.
    searched: Vec<bool>,
    /// The nodes of the places that are compiled, or to be.
    nodes: Vec<NodeId>,
}

pub(crate) struct Compiler<'l> {
    loader: Loader<'l>,
    /// The compiler of metaschemas checks nothing and asserts formats.
    embedded: bool,
    documents: HashMap<String, Arc<Document>>,
    roots: Vec<Root>,
    by_url: HashMap<String, u32>,
    nodes: Vec<Node>,
    unresolved: Vec<String>,
}

type Result<T> = std::result::Result<T, SchemaError>;

impl<'l> Compiler<'l> {
    pub(crate) fn new(loader: Loader<'l>) -> Compiler<'l> {
        Compiler {
            loader,
            embedded: false,
            documents: HashMap::new(),
            roots: Vec::new(),
            by_url: HashMap::new(),
            nodes: Vec::new(),
            unresolved: Vec::new(),
        }
    }

    /// A metaschema. They are known to be sound.
    pub(crate) fn embedded(url: &str, document: Option<Document>) -> Program {
        let mut compiler = Compiler { embedded: true, ..Compiler::new(&|_| Err("no such metaschema".to_owned())) };
        if let Some(document) = document {
            compiler.add(url, document);
        }
        compiler.compile(url).unwrap_or_else(|_| {
            let mut node = Node::new(0, 0);
            node.boolean = Some(true);
            Program {
                nodes: vec![node],
                documents: vec![(url.to_owned(), Arc::new(Document::permissive()))],
                root: 0,
                unresolved: Vec::new(),
            }
        })
    }

    /// Makes a document known under a URL.
    pub(crate) fn add(&mut self, url: &str, document: Document) {
        self.documents.insert(url.to_owned(), Arc::new(document));
    }

    /// The program of the schema that a document is.
    pub(crate) fn compile(mut self, url: &str) -> Result<Program> {
        let root = self.root(url)?;
        let place = self.roots[root as usize].document.root();
        let first = self.enqueue(root, place);
        let mut next = 0;
        while next < self.nodes.len() {
            self.node(next as NodeId)?;
            next += 1;
        }
        let documents = self.roots.into_iter().map(|root| (root.url, root.document)).collect();
        Ok(Program { nodes: self.nodes, documents, root: first, unresolved: self.unresolved })
    }

    /// The node of a place, which is compiled in its turn.
    fn enqueue(&mut self, root: u32, place: DocId) -> NodeId {
        let known = &mut self.roots[root as usize].nodes[place as usize];
        if *known == NO_NODE {
            *known = self.nodes.len() as NodeId;
            self.nodes.push(Node::new(root, place));
        }
        *known
    }

    /// `defaultLoader.load`
    fn load(&mut self, url: &str) -> Result<Arc<Document>> {
        if let Some(document) = self.documents.get(url) {
            return Ok(document.clone());
        }
        let failed = |reason: String| SchemaError::Load { url: url.to_owned(), reason };
        let document = match meta::document(url) {
            Some(document) => document,
            None if self.documents.len() >= MAX_DOCUMENTS => return Err(failed("too many documents".to_owned())),
            None => {
                let parsed = Url::parse(url.as_bytes()).map_err(failed)?;
                match parsed.scheme.as_slice() {
                    b"file" | b"http" | b"https" => {
                        let text = (self.loader)(url).map_err(failed)?;
                        Document::parse(&text).map_err(failed)?
                    }
                    // Helm takes what it cannot resolve to allow anything (urnLoader).
                    b"urn" => {
                        self.unresolved.push(url.to_owned());
                        Document::permissive()
                    }
                    _ => return Err(failed(format!("no URLLoader registered for {}", quote(&parsed.to_text())))),
                }
            }
        };
        let document = Arc::new(document);
        self.documents.insert(url.to_owned(), document.clone());
        Ok(document)
    }

    /// `roots.orLoad`
    fn root(&mut self, url: &str) -> Result<u32> {
        if let Some(root) = self.by_url.get(url) {
            return Ok(*root);
        }
        let document = self.load(url)?;
        let mut root = Root {
            url: url.to_owned(),
            resources: HashMap::new(),
            by_id: HashMap::new(),
            searched: vec![false; document.len()],
            nodes: vec![NO_NODE; document.len()],
            document,
        };
        let place = root.document.root();
        self.search(&mut root, place, url, &Dialect::of(crate::draft::Draft::LATEST))?;
        if !meta::is_official(url) {
            self.check(&root, place)?;
        }
        let id = self.roots.len() as u32;
        self.roots.push(root);
        self.by_url.insert(url.to_owned(), id);
        Ok(id)
    }

    /// `roots.ensureSubschema`: a place that no keyword leads to may hold a schema all the same.
    fn ensure_searched(&mut self, root: u32, place: DocId) -> Result<()> {
        if self.roots[root as usize].searched[place as usize] {
            return Ok(());
        }
        let mut taken = std::mem::replace(&mut self.roots[root as usize], Root::placeholder());
        let result = self.search_more(&mut taken, place);
        self.roots[root as usize] = taken;
        result
    }

    fn search_more(&mut self, root: &mut Root, place: DocId) -> Result<()> {
        let (base, dialect) = {
            let resource = root.resource(place);
            (resource.id.clone(), resource.dialect.clone())
        };
        self.search(root, place, &base, &dialect)?;
        if !root.resources.contains_key(&place) {
            let resource = root.resource_place(place);
            root.collect_anchors(place, resource)?;
        }
        self.check(root, place)
    }

    /// Checks a schema against the metaschema of its dialect (`roots.validate`).
    fn check(&self, root: &Root, place: DocId) -> Result<()> {
        let dialect = &root.resource(place).dialect;
        let uniform = root.resources.values().all(|resource| resource.dialect == *dialect);
        if self.embedded || uniform && plausible::is_plain_schema(dialect, &root.document, place) {
            return Ok(());
        }
        let mut composed: HashMap<&Dialect, Arc<Program>> = HashMap::new();
        for dialect in root.resources.values().map(|r| &r.dialect).chain([dialect]) {
            if let Some(names) = &dialect.vocabularies {
                composed.entry(dialect).or_insert_with(|| meta::of_vocabularies(dialect, names));
            }
        }
        let program = |dialect: &Dialect| match composed.get(dialect) {
            Some(program) => &**program,
            None => meta::of_draft(dialect.draft),
        };
        let dialects = root.resources.iter().map(|(place, resource)| (*place, program(&resource.dialect))).collect();
        let result = validate::schema(program(dialect), &root.document, place, dialects);
        result.map_err(|failure| match failure {
            validate::Failure::Invalid(error) => {
                SchemaError::Invalid { location: location(&root.url, &root.document, place), error }
            }
            // What Helm makes of a panic of santhosh's.
            validate::Failure::NoNumber => SchemaError::Other(
                "unable to validate schema: runtime error: invalid memory address or nil pointer dereference".to_owned(),
            ),
        })
    }

    /// Where a reference of a schema leads (`objCompiler.enqueueRefVal`).
    fn refer(&mut self, root: u32, base: &str, reference: &str) -> Result<NodeId> {
        let reference = crate::location::join(base, reference)?;
        let here = &self.roots[root as usize];
        let resource =
            if reference.url == here.url { Some(here.document.root()) } else { here.by_id.get(&reference.url).copied() };
        let (root, resource) = match resource {
            Some(resource) => (root, resource),
            None => {
                let root = self.root(&reference.url)?;
                (root, self.roots[root as usize].document.root())
            }
        };
        let place = self.roots[root as usize].resolve(resource, &reference)?;
        Ok(self.enqueue(root, place))
    }
}

impl Root {
    fn placeholder() -> Root {
        Root {
            url: String::new(),
            document: Arc::default(),
            resources: HashMap::new(),
            by_id: HashMap::new(),
            searched: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// Where the schema with a name stands that a place is part of.
    fn resource_place(&self, place: DocId) -> DocId {
        let mut at = place;
        if self.resources.len() == 1 {
            return self.document.root();
        }
        loop {
            if self.resources.contains_key(&at) {
                return at;
            }
            match self.document.parent(at) {
                Some(parent) => at = parent,
                None => return self.document.root(),
            }
        }
    }

    /// The schema with a name that a place is part of.
    fn resource(&self, place: DocId) -> &Resource {
        &self.resources[&self.resource_place(place)]
    }

    /// `root.resolveFragmentIn`
    fn resolve(&self, resource: DocId, reference: &Reference) -> Result<DocId> {
        match reference.fragment() {
            Fragment::Pointer(pointer) => self.lookup(resource, pointer),
            Fragment::Anchor(anchor) => {
                let resource = &self.resources[&resource];
                resource.anchors.get(anchor).copied().ok_or_else(|| {
                    let named = Reference { url: resource.id.clone(), fragment: reference.fragment.clone() };
                    let (named, url) = (quote(named.text().as_bytes()), quote(self.url.as_bytes()));
                    SchemaError::Other(format!("anchor in {named} not found in schema {url}"))
                })
            }
        }
    }

    /// `urlPtr.lookup`
    fn lookup(&self, from: DocId, pointer: &str) -> Result<DocId> {
        let whole = || {
            let mut text = location(&self.url, &self.document, from);
            text.push_str(&crate::location::encode(pointer));
            quote(text.as_bytes())
        };
        let mut at = from;
        for token in pointer.split('/').skip(1) {
            let Some(token) = unescape(token) else {
                return Err(SchemaError::Other(format!("invalid json-pointer {}", whole())));
            };
            let found = match self.document.list(at) {
                Some(items) => token.parse::<usize>().ok().and_then(|index| items.get(index).copied()),
                None => self.document.map(at).and_then(|members| members.get(&token)),
            };
            at = found.ok_or_else(|| SchemaError::Other(format!("json-pointer in {} not found", whole())))?;
        }
        Ok(at)
    }
}

/// The anchor that a fragment is, if it is one.
fn anchor(fragment: &str) -> Option<&str> {
    match as_fragment(fragment) {
        Fragment::Anchor(anchor) => Some(anchor),
        Fragment::Pointer(_) => None,
    }
}
