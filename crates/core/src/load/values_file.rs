//! Reads files of values (`LoadValues` and `MergeMaps` of `helm.sh/helm/v4/pkg/chart/v2/loader`).

use pintle_value::{Data, DataMap};

use crate::Compat;
use crate::diagnostic::{Source, Span};

/// The values of a file. Helm 4 merges several documents in order; Helm 3 reads the first.
///
/// Errors are Helm's texts, without the file's name; their lines are those of the file.
pub fn read(text: &[u8], compat: Compat) -> Result<DataMap, pintle_yaml::Error> {
    if !compat.merges_value_documents() {
        return pintle_yaml::map_from_slice(text);
    }
    let mut text = std::borrow::Cow::Borrowed(text);
    if text.last().is_some_and(|b| *b != b'\n') {
        text.to_mut().push(b'\n');
    }
    let documents = pintle_yaml::split_documents(&text).map_err(|e| e.wrap("error reading yaml document: "))?;
    let mut values = DataMap::new();
    for document in documents {
        let map = pintle_yaml::map_from_slice(document).map_err(|mut e| {
            let before = document.as_ptr().addr().saturating_sub(text.as_ptr().addr());
            let lines = text[..before.min(text.len())].iter().filter(|b| **b == b'\n').count();
            e.line = e.line.map(|line| line + lines);
            e.wrap("cannot unmarshal yaml document: ")
        })?;
        if values.is_empty() {
            values = map;
        } else {
            merge(&mut values, map);
        }
    }
    Ok(values)
}

/// Where an error of reading is. Values may be secrets: their lines are never repeated.
pub fn place(e: &pintle_yaml::Error, source: Source) -> Span {
    let source = source.private();
    match e.line {
        Some(line) => Span::position(&source, line, e.column.unwrap_or(0)),
        None => Span::whole(&source),
    }
}

/// Lays `over` on `base`: maps merge, everything else is replaced.
pub fn merge(base: &mut DataMap, over: DataMap) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Data::Map(old)), Data::Map(new)) => merge(old, new),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}
