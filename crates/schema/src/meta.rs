//! The schemas of schemas: embedded, and compiled when a schema has to be checked against one.
//!
//! The texts are those of json-schema.org; annotations are left out, since they assert nothing.

use std::sync::{Arc, OnceLock};

use crate::compile::Compiler;
use crate::document::Document;
use crate::draft::{Dialect, Draft};
use crate::program::Program;

/// The URL of a metaschema put together from vocabularies.
pub(crate) const COMPOSED: &str = "urn:mem:metaschema";

macro_rules! texts {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../meta/", $path, ".json")))),*]
    };
}

/// Texts by their path on json-schema.org.
const TEXTS: &[(&str, &str)] = texts![
    "draft-04/schema",
    "draft-06/schema",
    "draft-07/schema",
    "draft/2019-09/schema",
    "draft/2019-09/meta/applicator",
    "draft/2019-09/meta/content",
    "draft/2019-09/meta/core",
    "draft/2019-09/meta/format",
    "draft/2019-09/meta/meta-data",
    "draft/2019-09/meta/validation",
    "draft/2020-12/schema",
    "draft/2020-12/meta/applicator",
    "draft/2020-12/meta/content",
    "draft/2020-12/meta/core",
    "draft/2020-12/meta/format-annotation",
    "draft/2020-12/meta/format-assertion",
    "draft/2020-12/meta/meta-data",
    "draft/2020-12/meta/unevaluated",
    "draft/2020-12/meta/validation",
];

/// Whether a URL is one of json-schema.org, whose documents need no check.
pub(crate) fn is_official(url: &str) -> bool {
    url.starts_with("http://json-schema.org/") || url.starts_with("https://json-schema.org/")
}

/// The document of a URL that is embedded.
pub(crate) fn document(url: &str) -> Option<Document> {
    let path = url.strip_prefix("http://json-schema.org/").or_else(|| url.strip_prefix("https://json-schema.org/"))?;
    let path = if path == "schema" { "draft/2020-12/schema" } else { path };
    let (_, text) = TEXTS.iter().find(|(known, _)| *known == path)?;
    Document::parse(text.as_bytes()).ok()
}

/// The metaschema of a draft.
pub(crate) fn of_draft(draft: Draft) -> &'static Program {
    static PROGRAMS: [OnceLock<Program>; 5] = [const { OnceLock::new() }; 5];
    PROGRAMS[draft as usize].get_or_init(|| Compiler::embedded(draft.url(), None))
}

/// The metaschema of a dialect that names its vocabularies (`dialect.getSchema`).
pub(crate) fn of_vocabularies(dialect: &Dialect, names: &[&str]) -> Arc<Program> {
    let url = dialect.draft.url();
    let base = url.trim_end_matches("schema");
    let parts: Vec<String> = names.iter().map(|name| format!(r#"{{"$ref": "{base}meta/{name}"}}"#)).collect();
    let anchor = if dialect.draft >= Draft::D2020 { r#""$dynamicAnchor": "meta", "# } else { "" };
    let text = format!(r#"{{"$schema": "{url}", {anchor}"allOf": [{}]}}"#, parts.join(", "));
    let document = Document::parse(text.as_bytes()).unwrap_or_else(|_| Document::permissive());
    Arc::new(Compiler::embedded(COMPOSED, Some(document)))
}
