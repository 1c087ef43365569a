//! Templates that can call each other by name: `text/template`'s associated templates.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use crate::node::Template;
use crate::parser::Parsed;

/// The templates of a chart and its dependencies; shared between renders and threads.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    by_name: HashMap<Arc<str>, Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Template(Arc<Template>),
    Later(Arc<Later>),
}

/// A template that is not asked for before somebody wants it.
struct Later {
    template: OnceLock<Option<Arc<Template>>>,
    ask: Box<dyn Fn() -> Option<Arc<Template>> + Send + Sync>,
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Later").field("template", &self.template).finish_non_exhaustive()
    }
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
            self.by_name.insert(template.name.clone(), Entry::Template(template.clone()));
        }
    }

    /// Adds a template that replaces an earlier one of its name; it is asked for when it is wanted for the first time. Where there is
    /// none, there is no template of that name.
    pub fn add_later(&mut self, name: Arc<str>, ask: impl Fn() -> Option<Arc<Template>> + Send + Sync + 'static) {
        self.by_name.insert(name, Entry::Later(Arc::new(Later { template: OnceLock::new(), ask: Box::new(ask) })));
    }

    /// The template of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Template>> {
        match self.by_name.get(name)? {
            Entry::Template(template) => Some(template),
            Entry::Later(later) => later.template.get_or_init(|| (later.ask)()).as_ref(),
        }
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
