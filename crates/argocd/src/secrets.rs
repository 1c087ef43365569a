//! What the plugin must not show: what an application's environment, parameters and values hold that is secret.

use std::cell::RefCell;

use pintle_core::secrets::{self, is_secret};
use pintle_core::{Data, DataMap};

use crate::environment::Environment;
use crate::parameters::{Given, Parameters};

/// The secrets of an application, gathered while its inputs are read.
#[derive(Default)]
pub struct Secrets(RefCell<secrets::Secrets>);

impl Secrets {
    pub fn of_environment(&self, environment: &Environment) {
        let mut secrets = self.0.borrow_mut();
        environment
            .iter()
            .filter(|(name, _)| *name != "ARGOCD_APP_PARAMETERS")
            .for_each(|(name, value)| secrets.of_named(name, value));
    }

    pub fn of_parameters(&self, parameters: &Parameters) {
        let mut secrets = self.0.borrow_mut();
        for (name, given) in parameters.iter() {
            match given {
                Given::Text(text) => secrets.of_named(name, text),
                Given::List(list) => list.iter().for_each(|item| match item.split_once('=') {
                    Some((key, value)) if !is_secret(name) => secrets.of_named(key, value),
                    _ => secrets.of_named(name, item),
                }),
                Given::Map(map) => {
                    for (key, value) in map {
                        secrets.of_named(if is_secret(name) { name } else { key }, value);
                    }
                }
            }
        }
    }

    pub fn of_values(&self, values: &DataMap) {
        self.0.borrow_mut().of_values(values);
    }

    /// What a cluster's Secrets hold, and what elsewhere goes by a secret's name.
    pub fn of_objects<'o>(&self, objects: impl Iterator<Item = &'o Data>) {
        self.0.borrow_mut().of_objects(objects);
    }

    /// A text with every secret replaced.
    pub fn mask(&self, text: &str) -> String {
        self.0.borrow().mask(text).into_owned()
    }
}
