//! Templates that can call each other by name: `text/template`'s associated templates.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::node::Template;
use crate::parser::Parsed;

/// The templates of a chart and its dependencies; shared between renders and threads.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    by_name: HashMap<Arc<str>, Arc<Template>>,
}

impl Templates {
    /// None.
    pub fn new() -> Templates {
        Templates::default()
    }

    /// Adds what a text defines. A later template replaces an earlier one of its name, unless the later is empty
    /// (`Template.AddParseTree`, Go 1.26).
    pub fn add(&mut self, parsed: &Parsed) {
        for template in parsed.iter() {
            if template.is_empty() && self.by_name.contains_key(&template.name) {
                continue;
            }
            self.by_name.insert(template.name.clone(), template.clone());
        }
    }

    /// The template of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Template>> {
        self.by_name.get(name)
    }
}

/// The templates that are in reach while a text runs that a template was asked to execute (`tpl`): its own defines over those
/// of its surroundings, which they don't change.
pub(crate) enum Scope {
    Root(Arc<Templates>),
    Layer { own: Parsed, outer: Rc<Scope> },
}

impl Scope {
    pub fn get(&self, name: &str) -> Option<Arc<Template>> {
        let mut scope = self;
        loop {
            match scope {
                Scope::Root(t) => return t.get(name).cloned(),
                Scope::Layer { own, outer } => match own.get(name) {
                    Some(t) => return Some(t.clone()),
                    None => scope = outer,
                },
            }
        }
    }
}
