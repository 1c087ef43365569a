//! Tests of the crate through its public interface.

mod hostile;
mod keywords;
mod oracle;
mod references;
mod schemas;

use pintle_schema::Schema;
use pintle_value::json;

/// A loader that has nothing.
fn nothing(_: &str) -> Result<Vec<u8>, String> {
    Err("no network".to_owned())
}

/// What is wrong with a schema, or with values in it; empty if nothing is.
fn check(schema: &str, values: &str) -> String {
    match Schema::compile(schema.as_bytes(), &nothing) {
        Err(error) => error.to_string(),
        Ok(schema) => match schema.validate(&json::from_slice(values.as_bytes()).unwrap()) {
            Err(error) => error.to_string(),
            Ok(()) => String::new(),
        },
    }
}
