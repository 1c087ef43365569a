//! Streams cut into documents, and documents read.

use pintle_value::budget::{Budget, Exceeded};
use pintle_yaml::Tree;

use crate::finding::Position;
use crate::node::{self, Duplicate, Node};

/// A document of a stream.
pub enum Document {
    /// Nothing but space and comments.
    Empty,
    /// It isn't YAML: go-yaml's message, and where.
    Broken(String, Position),
    /// A value and its duplicate keys.
    Object(Node, Vec<Duplicate>),
}

/// The documents of a stream and the line before each.
pub fn split(text: &[u8]) -> Vec<(&[u8], u32)> {
    // A separator with text behind it is one document with an error, which reading it tells.
    let parts = pintle_yaml::split_documents(text).unwrap_or_else(|_| vec![text]);
    let mut line = 0;
    let mut at = 0;
    let mut documents = Vec::with_capacity(parts.len());
    for part in parts {
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        line += text[at..start].iter().filter(|b| **b == b'\n').count() as u32;
        at = start;
        documents.push((part, line));
    }
    documents
}

fn is_empty(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n').all(|line| {
        let line = line.trim_ascii();
        line.is_empty() || line.starts_with(b"#")
    })
}

/// Reads a stream.
///
/// Errors: the run's budget is used up.
pub fn read(text: &[u8], budget: &Budget) -> Result<Vec<Document>, Exceeded> {
    let mut documents = Vec::new();
    for (part, line) in split(text) {
        budget.text(size_of::<Document>() + part.len())?;
        if is_empty(part) {
            // The space before the first separator is no document.
            if documents.is_empty() && line == 0 && part.len() < text.len() {
                continue;
            }
            documents.push(Document::Empty);
            continue;
        }
        let moved = |at: Position| Position { line: at.line + line, column: at.column };
        match Tree::parse(part) {
            Ok(None) => documents.push(Document::Empty),
            Ok(Some(tree)) => match node::read(&tree, budget) {
                Ok((mut node, mut duplicates)) => {
                    if line > 0 {
                        shift(&mut node, line);
                        duplicates.iter_mut().for_each(|d| d.at.line += line);
                    }
                    documents.push(if node.is_null() { Document::Empty } else { Document::Object(node, duplicates) });
                }
                Err(node::Failure::Broken(message, at)) => documents.push(Document::Broken(message, moved(at))),
                Err(node::Failure::Exceeded(e)) => return Err(e),
            },
            Err(e) => {
                let at = Position { line: e.line.unwrap_or(0) as u32, column: e.column.unwrap_or(0) as u32 };
                documents.push(Document::Broken(format!("error converting YAML to JSON: {}", e.message), moved(at)));
            }
        }
    }
    Ok(documents)
}

fn shift(node: &mut Node, by: u32) {
    node.at.line += by;
    match &mut node.value {
        node::Value::List(items) => items.iter_mut().for_each(|n| shift(n, by)),
        node::Value::Map(members) => {
            for member in members {
                member.at.line += by;
                shift(&mut member.node, by);
            }
        }
        _ => {}
    }
}
