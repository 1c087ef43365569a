//! Finding the schemas that have names: identifiers, anchors, dialects (santhosh's roots.go and root.go).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use pintle_go::strconv::quote;
use pintle_go::url::Url;

use super::{Compiler, Result, Root, anchor};
use crate::document::{Content, DocId, Document};
use crate::draft::{Dialect, Draft, Holds};
use crate::error::SchemaError;
use crate::location::{escape, split, split_fragment};
use crate::program::location;

/// A schema with an identifier, or a document's.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) place: DocId,
    /// Its URL.
    pub(crate) id: String,
    pub(crate) dialect: Dialect,
    pub(crate) anchors: BTreeMap<String, DocId>,
    pub(crate) dynamic_anchors: Vec<String>,
}

fn other<T>(message: String) -> Result<T> {
    Err(SchemaError::Other(message))
}

impl Compiler<'_> {
    /// `roots.collectResources`: looks for names at `place` and in the schemas below it.
    pub(super) fn search(&mut self, root: &mut Root, place: DocId, base: &str, fallback: &Dialect) -> Result<()> {
        if std::mem::replace(&mut root.searched[place as usize], true) {
            return Ok(());
        }
        let document = root.document.clone();
        let whole = place == document.root();
        let Some(members) = document.map(place) else {
            if whole {
                root.add(place, base, fallback.clone());
            }
            return Ok(());
        };

        let (draft, base, resource) = match whole || members.has_names() {
            true => self.name(root, &document, place, base, fallback)?,
            // It is part of what its parent is part of.
            false => (fallback.draft, Cow::Borrowed(base), None),
        };
        let dialect = match resource {
            Some(resource) => Cow::Owned(root.resources[&resource].dialect.clone()),
            None => Cow::Borrowed(fallback),
        };
        for (keyword, value) in members.iter() {
            let Some(holds) = draft.holds(keyword) else { continue };
            if matches!(holds, Holds::One | Holds::OneOrList) {
                self.search(root, value, &base, &dialect)?;
            }
            match document.content(value) {
                Content::List(items) if matches!(holds, Holds::List | Holds::OneOrList) => {
                    for item in items {
                        self.search(root, *item, &base, &dialect)?;
                    }
                }
                Content::Map(members) if holds == Holds::Map => {
                    for (_, value) in members.iter() {
                        self.search(root, value, &base, &dialect)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Notes the names of the schema at `place`; its draft, the URL that its references start from, and the schema with a
    /// name that it is part of.
    fn name<'b>(
        &mut self,
        root: &mut Root,
        document: &Document,
        place: DocId,
        base: &'b str,
        fallback: &Dialect,
    ) -> Result<(Draft, Cow<'b, str>, Option<DocId>)> {
        let whole = place == document.root();
        let members = document.map(place);
        let schema = members.and_then(|members| members.string("$schema"));
        let mut draft = match schema {
            Some(_) => {
                let here = || location(&root.url, document, place);
                self.draft(document, place, fallback.draft, &here, whole.then_some(root.url.as_str()))?
            }
            None => fallback.draft,
        };
        let mut id = identifier(draft, document, place);
        let mut declared = schema.is_some();
        if id.is_none() && !whole {
            // Only a schema with a name may have a dialect of its own.
            (draft, declared) = (fallback.draft, false);
            id = identifier(draft, document, place);
        }

        let mut base = Cow::Borrowed(base);
        if let Some(id) = id {
            base = match crate::location::join(&base, id) {
                Ok(joined) => Cow::Owned(joined.url),
                Err(_) => return other(format!("error in parsing id at {}", root.quoted_location(place))),
            };
        }
        if id.is_some() || whole {
            match root.by_id.get(&*base) {
                Some(known) if *known != place => {
                    let (id, url) = (quote(base.as_bytes()), quote(root.url.as_bytes()));
                    let (here, there) = (pointer(document, place), pointer(document, *known));
                    return other(format!("duplicate id {id} in {url} at {here} and {there}"));
                }
                Some(_) => {}
                None => {
                    let dialect = match declared {
                        true => Dialect { draft, vocabularies: self.vocabularies(document, place, draft)? },
                        false => fallback.clone(),
                    };
                    root.add(place, &base, dialect);
                }
            }
        }
        let resource = root.by_id.get(&*base).copied().unwrap_or_else(|| root.resource_place(place));
        root.collect_anchors(place, resource)?;

        Ok((draft, base, Some(resource)))
    }

    /// `defaultLoader.getDraft`: the draft that `$schema` names, perhaps by way of other metaschemas. `own` is the URL of the
    /// schema, if it is a whole document.
    fn draft(
        &mut self,
        document: &Document,
        place: DocId,
        fallback: Draft,
        here: &dyn Fn() -> String,
        own: Option<&str>,
    ) -> Result<Draft> {
        let mut own = own.map(str::to_owned);
        let mut seen = HashSet::new();
        let schema_of = |document: &Document, place| document.map(place).and_then(|m| m.string("$schema")).map(str::to_owned);
        let mut schema = schema_of(document, place);
        let mut location = None;
        loop {
            let Some(named) = schema else { return Ok(fallback) };
            if let Some(draft) = Draft::from_url(&named) {
                return Ok(draft);
            }
            let (url, _) = split(&named);
            if let Err(reason) = Url::parse(url.as_bytes()) {
                let place = location.unwrap_or_else(here);
                return other(format!("invalid $schema in {}: {reason}", quote(place.as_bytes())));
            }
            if own.as_deref() == Some(url) {
                return other(format!("draft {} is not supported", quote(url.as_bytes())));
            }
            if !seen.insert(url.to_owned()) {
                return other(format!("cycle in resolving $schema in {}", quote(url.as_bytes())));
            }
            let metaschema = self.load(url)?;
            location = Some(format!("{url}#"));
            own = Some(url.to_owned());
            schema = schema_of(&metaschema, metaschema.root());
        }
    }

    /// `defaultLoader.getMetaVocabs` and `Draft.getVocabs`: the vocabularies that the metaschema of a schema names.
    fn vocabularies(&mut self, document: &Document, place: DocId, draft: Draft) -> Result<Option<Vec<&'static str>>> {
        let Some(named) = document.map(place).and_then(|m| m.string("$schema")) else { return Ok(None) };
        if Draft::from_url(named).is_some() {
            return Ok(None);
        }
        let (url, _) = split(named);
        let metaschema = self.load(url)?;
        if draft < Draft::D2019 {
            return Ok(None);
        }
        let Some(asked) = metaschema.map(metaschema.root()).and_then(|m| metaschema.map(m.get("$vocabulary")?)) else {
            return Ok(None);
        };
        let mut names = Vec::new();
        for (vocabulary, required) in asked.iter() {
            if metaschema.boolean(required) != Some(true) {
                continue;
            }
            match draft.vocabulary(vocabulary) {
                Some(name) => names.push(name),
                None => {
                    let (vocabulary, url) = (quote(vocabulary.as_bytes()), quote(url.as_bytes()));
                    return other(format!("unsupported vocabulary {vocabulary} in {url}"));
                }
            }
        }
        if !names.contains(&"core") {
            names.push("core");
        }
        Ok(Some(names))
    }
}

/// `Draft.getID`: the identifier of a schema, without its fragment.
pub(super) fn identifier(draft: Draft, document: &Document, place: DocId) -> Option<&str> {
    let members = document.map(place)?;
    if draft < Draft::D2019 && members.get("$ref").is_some() {
        return None;
    }
    Some(split(members.string(draft.id())?).0).filter(|id| !id.is_empty())
}

fn pointer(document: &Document, place: DocId) -> String {
    let pointer: String = document.path(place).iter().flat_map(|token| ["/".to_owned(), escape(token)]).collect();
    quote(pointer.as_bytes())
}

impl Root {
    fn add(&mut self, place: DocId, id: &str, dialect: Dialect) {
        let resource = Resource { place, id: id.to_owned(), dialect, anchors: BTreeMap::new(), dynamic_anchors: Vec::new() };
        self.resources.insert(place, resource);
        self.by_id.insert(id.to_owned(), place);
    }

    pub(super) fn quoted_location(&self, place: DocId) -> String {
        quote(location(&self.url, &self.document, place).as_bytes())
    }

    /// `root.collectAnchors`: names of the schema at `place`, which is part of `resource`.
    pub(super) fn collect_anchors(&mut self, place: DocId, resource: DocId) -> Result<()> {
        let document = self.document.clone();
        let Some(members) = document.map(place) else { return Ok(()) };
        let draft = self.resources[&resource].dialect.draft;
        if draft < Draft::D2019 {
            if members.get("$ref").is_some() {
                return Ok(());
            }
            if let Some(id) = members.string(draft.id()) {
                let Ok((_, fragment)) = split_fragment(id) else {
                    return other(format!("error in parsing anchor at {}", self.quoted_location(place)));
                };
                if let Some(anchor) = anchor(&fragment) {
                    self.add_anchor(anchor, place, resource)?;
                }
            }
            return Ok(());
        }
        if let Some(anchor) = members.string("$anchor") {
            self.add_anchor(anchor, place, resource)?;
        }
        if draft >= Draft::D2020
            && let Some(anchor) = members.string("$dynamicAnchor")
        {
            self.add_anchor(anchor, place, resource)?;
            if let Some(resource) = self.resources.get_mut(&resource) {
                resource.dynamic_anchors.push(anchor.to_owned());
            }
        }
        Ok(())
    }

    fn add_anchor(&mut self, anchor: &str, place: DocId, resource: DocId) -> Result<()> {
        let Some(named) = self.resources.get_mut(&resource) else { return Ok(()) };
        match named.anchors.insert(anchor.to_owned(), place) {
            Some(known) if known != place => {
                let (anchor, url) = (quote(anchor.as_bytes()), quote(self.url.as_bytes()));
                let (there, here) = (pointer(&self.document, known), pointer(&self.document, place));
                other(format!("duplicate anchor {anchor} in {url} at {there} and {here}"))
            }
            _ => Ok(()),
        }
    }
}
