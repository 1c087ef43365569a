//! Templates that were parsed: they are kept from render to render, and their parsing begins as soon as their texts are known.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{Builder, JoinHandle};

use pintle_template::{Parsed, may_define, parse};
use pintle_value::Str;

use super::Ahead;
use crate::Compat;
use crate::functions::functions;

/// Templates that have been parsed before, by the name of their file, with the text that they were parsed from: charts of one name
/// may take each other's place from render to render.
#[derive(Debug, Default)]
pub struct ParseCache {
    texts: Mutex<HashMap<(String, Compat), Arc<Text>>>,
    jinja: Mutex<Option<(JinjaKey, Arc<JinjaSet>)>>,
    /// The threads that parse ahead. They hold texts only, and end when nothing is left to parse.
    workers: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for ParseCache {
    fn drop(&mut self) {
        for worker in lock(&self.workers).drain(..) {
            // What panicked there panics again for whoever asks for the template.
            let _ = worker.join();
        }
    }
}

/// The text of a file, which is parsed once, by whoever comes first.
#[derive(Debug)]
pub struct Text {
    /// The name of its file.
    pub name: String,
    text: Str,
    compat: Compat,
    defines: OnceLock<bool>,
    /// Whether somebody parses it, or has done so.
    taken: AtomicBool,
    parsed: OnceLock<Result<Parsed, pintle_template::Error>>,
}

impl Text {
    fn new(name: &str, text: &Str, compat: Compat) -> Text {
        Text {
            name: name.to_owned(),
            text: text.clone(),
            compat,
            defines: OnceLock::new(),
            taken: AtomicBool::new(false),
            parsed: OnceLock::new(),
        }
    }

    /// Whether it may define templates besides itself.
    pub fn may_define(&self) -> bool {
        *self.defines.get_or_init(|| may_define(&self.text))
    }

    /// What it was parsed as; waits for who is at it.
    pub fn parsed(&self) -> &Result<Parsed, pintle_template::Error> {
        self.taken.store(true, Ordering::Relaxed);
        self.parsed.get_or_init(|| parse(&self.name, self.text.clone(), functions(self.compat)))
    }

    /// Parses it, unless somebody else does.
    fn help(&self) {
        if !self.taken.swap(true, Ordering::Relaxed) {
            self.parsed();
        }
    }
}

/// The texts of a render, in the order in which it wants them.
#[derive(Debug)]
pub struct Texts {
    all: Vec<Arc<Text>>,
    /// How many of them nobody has looked at from behind.
    left: AtomicUsize,
}

impl Texts {
    /// All of them.
    pub fn new(all: Vec<Arc<Text>>) -> Texts {
        Texts { left: AtomicUsize::new(all.len()), all }
    }

    /// Every text.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Text>> {
        self.all.iter()
    }

    /// What one of them was parsed as. While somebody else is at it, the last ones are parsed: they will be wanted, too, and to sleep
    /// and be woken takes longer than to parse most.
    pub fn parsed<'t>(&self, text: &'t Text) -> &'t Result<Parsed, pintle_template::Error> {
        while text.parsed.get().is_none() && text.taken.swap(true, Ordering::Relaxed) {
            let last = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            match last {
                Ok(left) => self.all[left - 1].help(),
                Err(_) => break,
            }
        }
        text.parsed()
    }
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

impl Ahead {
    /// Begins to parse texts that a render will ask for by these names, if there is enough to do for other threads.
    pub(crate) fn parse(&self, texts: HashMap<String, Str>, compat: Compat) {
        let others = self.threads(texts.values().map(|text| text.len()).sum()) - 1;
        if let Some(cache) = self.0.as_ref().filter(|_| others > 0) {
            cache.begin(texts, compat, others);
        }
    }

    /// Parses what isn't parsed yet, on all threads if that is worth it.
    pub(crate) fn parse_all(&self, texts: &Texts) {
        self.map(&texts.all, |text| if text.parsed.get().is_some() { 0 } else { text.text.len() }, |text| text.help());
    }
}

impl ParseCache {
    /// Begins to parse on so many threads: first texts that define templates, then the others in the order in which they are rendered.
    fn begin(&self, mut texts: HashMap<String, Str>, compat: Compat, threads: usize) {
        let names: Vec<String> = order(texts.keys()).into_iter().cloned().collect();
        let text = |name: String| texts.remove(&name).map(|text| Arc::new(Text::new(&name, &text, compat)));
        let texts: Arc<[Arc<Text>]> = names.into_iter().filter_map(text).collect();
        lock(&self.texts).extend(texts.iter().map(|t| ((t.name.clone(), compat), t.clone())));
        let next = Arc::new(AtomicUsize::new(0));
        for _ in 0..threads {
            let (texts, next) = (texts.clone(), next.clone());
            let work = move || {
                let next = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|i| *i < 2 * texts.len());
                for i in std::iter::from_fn(next) {
                    match texts.get(i) {
                        Some(text) if text.may_define() => text.help(),
                        Some(_) => {}
                        None => texts[i - texts.len()].help(),
                    }
                }
            };
            // Without a thread the render does the work itself.
            lock(&self.workers).extend(Builder::new().spawn(work));
        }
    }

    /// All texts, in their order, parsed or not.
    pub fn texts(&self, texts: &[(&String, &Str)], compat: Compat) -> Vec<Arc<Text>> {
        let mut known = lock(&self.texts);
        let mut text = |(name, text): &(&String, &Str)| {
            let new = || Arc::new(Text::new(name, text, compat));
            let known = known.entry(((*name).clone(), compat)).or_insert_with(new);
            if known.text != **text {
                *known = new();
            }
            known.clone()
        };
        texts.iter().map(&mut text).collect()
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

/// Deeper paths first, and in reverse by name (`sortTemplates`).
pub(crate) fn order<'n>(names: impl Iterator<Item = &'n String>) -> Vec<&'n String> {
    let mut names: Vec<&String> = names.collect();
    names.sort_by_cached_key(|n| (Reverse(n.bytes().filter(|b| *b == b'/').count()), Reverse(*n)));
    names
}

/// What a lock guards; a thread that panicked has left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &Text) -> Option<Vec<String>> {
        Some(text.parsed().as_ref().ok()?.iter().map(|t| t.name.to_string()).collect())
    }

    #[test]
    fn another_text_of_the_same_name_is_parsed_anew() {
        let cache = ParseCache::default();
        let file = "web/templates/a.yaml".to_owned();
        let names = |text: &str| names(&cache.texts(&[(&file, &Str::from(text))], Compat::default())[0]).unwrap();
        assert_eq!(names("{{ define \"one\" }}{{ end }}a"), ["one".to_owned(), file.clone()]);
        assert_eq!(names("{{ define \"two\" }}{{ end }}b"), ["two".to_owned(), file.clone()]);
        assert_eq!(names("{{ define \"one\" }}{{ end }}a"), ["one".to_owned(), file.clone()]);
    }

    #[test]
    fn what_is_parsed_ahead_is_not_parsed_again() {
        let cache = ParseCache::default();
        // Enough to be worth a thread; the last one can't be parsed.
        let text = |i: usize| Str::from(format!("{}{{{{ define \"t{i}\" }}}}{{{{ end }}}}", "x".repeat(1 << 16)).as_str());
        let mut texts: HashMap<String, Str> = (0..9).map(|i| (i.to_string(), text(i))).collect();
        texts.insert("9".into(), Str::from("{{ if }}"));
        cache.begin(texts.clone(), Compat::default(), 2);
        let mut asked: Vec<(&String, &Str)> = texts.iter().collect();
        asked.sort();
        let first = Texts::new(cache.texts(&asked, Compat::default()));
        first.parsed(&first.all[3]).as_ref().unwrap();
        Ahead::on().parse_all(&first);
        let expected = |i: usize| (i < 9).then(|| vec![i.to_string(), format!("t{i}")]);
        assert!(first.iter().enumerate().all(|(i, text)| names(text) == expected(i)));
        assert!(first.iter().zip(cache.texts(&asked, Compat::default())).all(|(text, again)| Arc::ptr_eq(text, &again)));
    }
}
