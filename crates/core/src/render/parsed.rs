//! Templates that were parsed: a chart keeps them from render to render, and begins as soon as their texts are known.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use pintle_template::{TemplateMap, parse};
use pintle_value::Str;

use super::functions;
use crate::Compat;
use crate::parallel;

/// Templates that have been parsed before, by the name of their file, with the text that they were parsed from: charts of one name
/// may take each other's place from render to render.
#[derive(Debug, Default)]
pub struct ParseCache {
    parsed: Mutex<HashMap<(String, Compat), (Str, TemplateMap)>>,
    ahead: Mutex<Option<Ahead>>,
    jinja: Mutex<Option<(JinjaKey, Arc<JinjaSet>)>>,
}

/// What templates in Jinja were parsed from.
type JinjaKey = (Compat, Vec<(String, Str)>);

/// Templates in Jinja: those of a whole tree of charts, which import each other.
#[derive(Debug)]
pub struct JinjaSet {
    /// Those that could be parsed.
    pub templates: pintle_jinja::Templates,
    /// Why others couldn't, by name.
    pub errors: HashMap<String, pintle_jinja::Error>,
}

/// A thread that parses while values are still being read and merged.
#[derive(Debug)]
struct Ahead {
    /// The place of the next text.
    next: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

impl ParseCache {
    /// Begins to parse texts that a render will ask for by these names, on a thread of its own if there is enough to do. Errors
    /// are left to that render: it asks in Helm's order.
    pub fn begin(self: &Arc<Self>, texts: Vec<(String, Str)>, compat: Compat) {
        let size = texts.iter().map(|(_, text)| text.len()).sum();
        if !parallel::is_worth_threads(size) {
            return;
        }
        let next = Arc::new(AtomicUsize::new(0));
        let (cache, place) = (self.clone(), next.clone());
        let work = move || {
            while let Some((name, text)) = texts.get(place.fetch_add(1, Ordering::Relaxed)) {
                let _ = cache.get(name, text, compat);
            }
        };
        if let (Ok(thread), Ok(mut ahead)) = (std::thread::Builder::new().spawn(work), self.ahead.lock()) {
            *ahead = Some(Ahead { next, thread });
        }
    }

    /// The templates of all texts, in their order.
    pub fn all(&self, texts: &[(&String, &Str)], compat: Compat) -> Vec<Result<TemplateMap, pintle_template::Error>> {
        if let Ok(mut ahead) = self.ahead.lock()
            && let Some(ahead) = ahead.take()
        {
            // It finishes the text that it is at; what it has left is shared by all threads.
            ahead.next.store(usize::MAX / 2, Ordering::Relaxed);
            let _ = ahead.thread.join();
        }
        parallel::map(texts, |(_, text)| text.len(), |(name, text)| self.get(name, text, compat))
    }

    /// The templates of all texts that are written in Jinja.
    pub fn jinja(&self, texts: &[(&String, &Str)], compat: Compat) -> Arc<JinjaSet> {
        let mut kept = self.jinja.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(((of, from), set)) = &*kept
            && *of == compat
            && from.iter().map(|(n, t)| (n, t)).eq(texts.iter().copied())
        {
            return set.clone();
        }
        let mut templates =
            pintle_jinja::Templates::new(texts.iter().map(|(name, _)| (*name).clone()).collect(), functions(compat));
        let mut errors = HashMap::new();
        for (name, text) in texts {
            if let Err(e) = templates.add(name, text) {
                errors.insert((*name).clone(), e);
            }
        }
        let set = Arc::new(JinjaSet { templates, errors });
        let from = texts.iter().map(|(name, text)| ((*name).clone(), (*text).clone())).collect();
        *kept = Some(((compat, from), set.clone()));
        set
    }

    fn get(&self, name: &str, text: &Str, compat: Compat) -> Result<TemplateMap, pintle_template::Error> {
        let key = (name.to_owned(), compat);
        if let Ok(map) = self.parsed.lock()
            && let Some((from, parsed)) = map.get(&key)
            && from == text
        {
            return Ok(parsed.clone());
        }
        let parsed = parse(name, text.clone(), functions(compat))?;
        if let Ok(mut map) = self.parsed.lock() {
            map.insert(key, (text.clone(), parsed.clone()));
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_text_of_the_same_name_is_parsed_anew() {
        let cache = ParseCache::default();
        let names = |text: &str| {
            let parsed = cache.get("web/templates/a.yaml", &Str::from(text), Compat::default()).unwrap();
            parsed.keys().map(ToString::to_string).collect::<Vec<_>>()
        };
        let file = "web/templates/a.yaml".to_owned();
        assert_eq!(names("{{ define \"one\" }}{{ end }}a"), ["one".to_owned(), file.clone()]);
        assert_eq!(names("{{ define \"two\" }}{{ end }}b"), ["two".to_owned(), file.clone()]);
        assert_eq!(names("{{ define \"one\" }}{{ end }}a"), ["one".to_owned(), file]);
    }
}
