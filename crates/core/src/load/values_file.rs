//! Reads files of values (`LoadValues` and `MergeMaps` of `helm.sh/helm/v4/pkg/chart/v2/loader`).

use pintle_value::{Data, DataMap};

use crate::Compat;

/// The values of a file. Helm 4 merges several documents in order; Helm 3 reads the first.
///
/// Errors are Helm's texts, without the file's name.
pub fn read(text: &[u8], compat: Compat) -> Result<DataMap, String> {
    let plain = |e: pintle_yaml::Error| e.message;
    if !compat.merges_value_documents() {
        return pintle_yaml::map_from_slice(text).map_err(plain);
    }
    let mut text = std::borrow::Cow::Borrowed(text);
    if text.last().is_some_and(|b| *b != b'\n') {
        text.to_mut().push(b'\n');
    }
    let documents = pintle_yaml::split_documents(&text).map_err(|e| format!("error reading yaml document: {}", e.message))?;
    let mut values = DataMap::new();
    for document in documents {
        let map = pintle_yaml::map_from_slice(document).map_err(|e| format!("cannot unmarshal yaml document: {}", e.message))?;
        if values.is_empty() {
            values = map;
        } else {
            merge(&mut values, map);
        }
    }
    Ok(values)
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
