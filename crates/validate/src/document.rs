//! Streams cut into documents, and documents read.

use std::borrow::Cow;
use std::ops::Range;

use pintle_diagnostic::{Source, Span};
use pintle_value::budget::{Budget, Exceeded};
use pintle_yaml::Tree;

use crate::node::{self, Duplicate, Node, Offset};

/// A document of a stream.
pub enum Document {
    /// Nothing but space and comments.
    Empty,
    /// It isn't YAML: go-yaml's message, and where.
    Broken(String, Span),
    /// A value and its duplicate keys.
    Object(Node, Vec<Duplicate>),
}

/// The documents of a stream, and where each begins.
pub fn split(text: &[u8]) -> Vec<(&[u8], usize)> {
    // A separator with text behind it is one document with an error, which reading it tells.
    let parts = pintle_yaml::split_documents(text).unwrap_or_else(|_| vec![text]);
    parts.into_iter().map(|part| (part, part.as_ptr().addr() - text.as_ptr().addr())).collect()
}

fn is_empty(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n').all(|line| {
        let line = line.trim_ascii();
        line.is_empty() || line.starts_with(b"#")
    })
}

/// Reads the documents of a part of a source; `known` is the tree of a part that is one document.
///
/// Errors: the run's budget is used up.
pub fn read(source: &Source, range: Range<usize>, known: Option<&Tree<'_>>, budget: &Budget) -> Result<Vec<Document>, Exceeded> {
    let text = &source.text()[range.clone()];
    let mut documents = Vec::new();
    let parts = split(text);
    let known = known.filter(|_| parts.len() == 1);
    for (part, start) in parts {
        budget.text(size_of::<Document>() + part.len())?;
        if is_empty(part) {
            // The space before the first separator is not a document.
            if documents.is_empty() && !text[..start].contains(&b'\n') && part.len() < text.len() {
                continue;
            }
            documents.push(Document::Empty);
            continue;
        }
        let start = range.start + start;
        let parsed = match known {
            Some(tree) => Ok(Some(Cow::Borrowed(tree))),
            None => Tree::parse(part).map(|tree| tree.map(Cow::Owned)),
        };
        match parsed {
            Ok(None) => documents.push(Document::Empty),
            Ok(Some(tree)) => match node::read(&tree, start as Offset, budget) {
                Ok((node, duplicates)) => {
                    documents.push(if node.is_null() { Document::Empty } else { Document::Object(node, duplicates) });
                }
                Err(node::Failure::Broken(message, at)) => {
                    documents.push(Document::Broken(message, Span::range(source, at as usize..at as usize)));
                }
                Err(node::Failure::Exceeded(e)) => return Err(e),
            },
            Err(e) => {
                let before = Span::range(source, start..start).start().map_or(0, |at| at.line - 1);
                let line = e.line.map_or(0, |line| before + line);
                let span = Span::position(source, line, e.column.unwrap_or(0));
                documents.push(Document::Broken(format!("error converting YAML to JSON: {}", e.message), span));
            }
        }
    }
    Ok(documents)
}
