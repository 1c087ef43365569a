//! Templates that were parsed: a chart keeps them from render to render, and begins as soon as their texts are known.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use pintle_template::{Parsed, parse};
use pintle_value::Str;

use super::functions;
use crate::Compat;
use crate::parallel;

/// Templates that have been parsed before, by the name of their file, with the text that they were parsed from: charts of one name
/// may take each other's place from render to render.
#[derive(Debug, Default)]
pub struct ParseCache {
    parsed: Mutex<HashMap<(String, Compat), (Str, Parsed)>>,
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

/// Texts that are parsed while values are still being read and merged.
#[derive(Debug)]
struct Ahead {
    list: Arc<List>,
    threads: Vec<JoinHandle<Vec<Entry>>>,
}

/// What there is to parse: the name and the text of every file.
#[derive(Debug)]
struct List {
    texts: Vec<(String, Str)>,
    /// The place of the next one.
    next: AtomicUsize,
    compat: Compat,
}

/// An entry of the cache.
type Entry = ((String, Compat), (Str, Parsed));

impl List {
    /// Parses what nobody else has taken; leaves out what can't be parsed.
    fn parse(&self) -> Vec<Entry> {
        let next = || self.texts.get(self.next.fetch_add(1, Ordering::Relaxed));
        let parse_one = |(name, text): &(String, Str)| {
            let parsed = parse(name, text.clone(), functions(self.compat)).ok()?;
            Some(((name.clone(), self.compat), (text.clone(), parsed)))
        };
        std::iter::from_fn(next).filter_map(parse_one).collect()
    }
}

impl ParseCache {
    /// Begins to parse texts that a render will ask for by these names, on threads of its own if there is enough to do. Errors
    /// are left to that render: it asks in Helm's order.
    pub fn begin(&self, texts: Vec<(String, Str)>, compat: Compat) {
        let others = parallel::threads(texts.iter().map(|(_, text)| text.len()).sum()) - 1;
        if others == 0 {
            return;
        }
        let list = Arc::new(List { texts, next: AtomicUsize::new(0), compat });
        let begin = |_| {
            let list = list.clone();
            Builder::new().spawn(move || list.parse()).ok()
        };
        let threads = (0..others).filter_map(begin).collect();
        *lock(&self.ahead) = Some(Ahead { list, threads });
    }

    /// The templates of all texts, in their order.
    pub fn all(&self, texts: &[(&String, &Str)], compat: Compat) -> Vec<Result<Parsed, pintle_template::Error>> {
        let ahead = lock(&self.ahead).take();
        if let Some(Ahead { list, threads }) = ahead {
            let here = list.parse();
            let others = threads.into_iter().filter_map(|thread| thread.join().ok());
            lock(&self.parsed).extend(others.flatten().chain(here));
        }
        let known: Vec<Option<Parsed>> = {
            let parsed = lock(&self.parsed);
            let known = |(name, text): &(&String, &Str)| {
                parsed.get(&((*name).clone(), compat)).filter(|(from, _)| from == *text).map(|(_, parsed)| parsed.clone())
            };
            texts.iter().map(known).collect()
        };
        let missing: Vec<(&String, &Str)> =
            texts.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(text, _)| *text).collect();
        let parse_one = |(name, text): &(&String, &Str)| parse(name, (*text).clone(), functions(compat));
        let new = parallel::map(&missing, |(_, text)| text.len(), parse_one);
        let entry = |((name, text), new): (&(&String, &Str), &Result<Parsed, _>)| {
            let parsed = new.as_ref().ok()?.clone();
            Some((((*name).clone(), compat), ((*text).clone(), parsed)))
        };
        lock(&self.parsed).extend(missing.iter().zip(&new).filter_map(entry));
        let mut new = new.into_iter();
        known.into_iter().filter_map(|known| known.map(Ok).or_else(|| new.next())).collect()
    }

    /// The templates of all texts that are written in Jinja.
    pub fn jinja(&self, texts: &[(&String, &Str)], compat: Compat) -> Arc<JinjaSet> {
        let mut kept = lock(&self.jinja);
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
}

/// What a lock guards; a thread that panicked has left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_text_of_the_same_name_is_parsed_anew() {
        let cache = ParseCache::default();
        let names = |text: &str| {
            let parsed = cache.all(&[(&"web/templates/a.yaml".to_owned(), &Str::from(text))], Compat::default());
            parsed[0].as_ref().unwrap().iter().map(|t| t.name.to_string()).collect::<Vec<_>>()
        };
        let file = "web/templates/a.yaml".to_owned();
        assert_eq!(names("{{ define \"one\" }}{{ end }}a"), ["one".to_owned(), file.clone()]);
        assert_eq!(names("{{ define \"two\" }}{{ end }}b"), ["two".to_owned(), file.clone()]);
        assert_eq!(names("{{ define \"one\" }}{{ end }}a"), ["one".to_owned(), file]);
    }
    #[test]
    fn what_is_parsed_ahead_is_not_parsed_again() {
        let cache = ParseCache::default();
        // Enough to be worth a thread; the last one can't be parsed.
        let text = |i: usize| Str::from(format!("{}{{{{ define \"t{i}\" }}}}{{{{ end }}}}", "x".repeat(1 << 16)).as_str());
        let mut texts: Vec<(String, Str)> = (0..9).map(|i| (i.to_string(), text(i))).collect();
        texts.push(("9".into(), Str::from("{{ if }}")));
        cache.begin(texts.clone(), Compat::default());
        let asked: Vec<(&String, &Str)> = texts.iter().map(|(name, text)| (name, text)).collect();
        let names = |all: &[Result<Parsed, pintle_template::Error>]| -> Vec<Option<String>> {
            all.iter().map(|p| Some(p.as_ref().ok()?.iter().last()?.name.to_string())).collect()
        };
        let first = cache.all(&asked, Compat::default());
        let expected: Vec<Option<String>> = (0..9).map(|i| Some(format!("t{i}"))).chain([None]).collect();
        assert_eq!(names(&first), expected);
        let again = cache.all(&asked, Compat::default());
        assert_eq!(names(&again), expected);
        let same = |i: usize| {
            std::ptr::eq(
                &**first[i].as_ref().unwrap().iter().last().unwrap(),
                &**again[i].as_ref().unwrap().iter().last().unwrap(),
            )
        };
        assert!((0..9).all(same));
    }
}
