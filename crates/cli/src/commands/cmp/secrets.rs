//! What must not be shown: values whose names say that they are secret.

use std::cell::RefCell;

use pintle::{Data, DataMap};
use pintle_value::base64;

use super::environment::Environment;
use super::parameters::{Given, Parameters};

/// Shorter texts are parts of words.
const SHORTEST: usize = 4;

/// Texts that are replaced in everything shown.
#[derive(Default)]
pub struct Secrets(RefCell<Vec<String>>);

impl Secrets {
    pub fn of_environment(&self, environment: &Environment) {
        environment
            .iter()
            .filter(|(name, _)| is_secret(name) && *name != "ARGOCD_APP_PARAMETERS")
            .for_each(|(_, value)| self.add(value));
    }

    pub fn of_parameters(&self, parameters: &Parameters) {
        for (name, given) in parameters.iter() {
            match given {
                Given::Text(text) if is_secret(name) => self.add(text),
                Given::Text(_) => {}
                Given::List(list) => list.iter().for_each(|item| match item.split_once('=') {
                    _ if is_secret(name) => self.add(item),
                    Some((key, value)) if is_secret(key) => self.add(value),
                    _ => {}
                }),
                Given::Map(map) => {
                    map.iter().filter(|(key, _)| is_secret(name) || is_secret(key)).for_each(|(_, value)| self.add(value));
                }
            }
        }
    }

    pub fn of_values(&self, values: &DataMap) {
        values.iter().for_each(|(key, value)| self.of_value(value, is_secret(key)));
    }

    /// What a cluster's Secrets hold, as they hold it and as a chart reads it, and what elsewhere goes by a secret's name.
    pub fn of_objects<'o>(&self, objects: impl Iterator<Item = &'o Data>) {
        for object in objects.filter_map(Data::as_map) {
            if object.get("kind").and_then(Data::as_str) == Some("Secret") {
                let held = ["data", "stringData"].iter().filter_map(|key| object.get(*key)?.as_map()).flat_map(DataMap::values);
                for text in held.filter_map(Data::as_str) {
                    self.add(text);
                    if let Some(text) = base64::decode(text.as_bytes()).ok().and_then(|t| String::from_utf8(t).ok()) {
                        self.add(&text);
                    }
                }
            }
            self.of_values(object);
        }
    }

    fn of_value(&self, value: &Data, secret: bool) {
        match value {
            Data::String(text) if secret => self.add(text),
            Data::List(list) => list.iter().for_each(|v| self.of_value(v, secret)),
            Data::Map(map) => map.iter().for_each(|(key, v)| self.of_value(v, secret || is_secret(key))),
            _ => {}
        }
    }

    fn add(&self, text: &str) {
        if text.len() >= SHORTEST {
            self.0.borrow_mut().push(text.to_owned());
        }
    }

    /// A text with every secret replaced.
    pub fn mask(&self, text: &str) -> String {
        let mut secrets = self.0.borrow().clone();
        // One secret may be a part of another.
        secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
        secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

/// Whether a name says that what it names is secret. A Secret's name is none: `existingSecret`, `secretName`.
pub fn is_secret(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if plain.ends_with("name") || plain.starts_with("existing") || plain.ends_with("ref") {
        return false;
    }
    ["password", "passwd", "token", "secret", "apikey", "privatekey", "credential", "accesskey"].iter().any(|w| plain.contains(w))
}
