//! JSON Schema as Helm validates values with it.
mod compile;
mod document;
mod draft;
mod error;
mod format;
mod instance;
mod location;
mod message;
mod meta;
mod number;
mod plausible;
mod program;
mod types;
mod validate;

use pintle_value::Data;

pub use error::{ErrorKind, SchemaError, Step, ValidationError, pointer};
pub use types::{Type, Types};

use compile::Compiler;
use document::Document;
use instance::Instance;
use program::Program;

/// The URL under which Helm knows a chart's schema.
const HELM_URL: &str = "file:///values.schema.json";

/// Where its root stands.
const HELM_LOCATION: &str = "file:///values.schema.json#";

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    program: Program,
}

impl Schema {
    /// Compiles the text of a values.schema.json.
    pub fn compile(text: &[u8], loader: &dyn Fn(&str) -> Result<Vec<u8>, String>) -> Result<Schema, SchemaError> {
        let document = Document::parse(text).map_err(SchemaError::Syntax)?;
        let mut compiler = Compiler::new(loader);
        compiler.add(HELM_URL, document);
        Ok(Schema { program: compiler.compile(HELM_URL)? })
    }

    /// Checks values.
    pub fn validate(&self, values: &Data) -> Result<(), ValidationError> {
        validate::values(&self.program, Instance::Data(values))
    }
}
