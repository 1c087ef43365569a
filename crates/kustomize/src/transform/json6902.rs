//! RFC 6902 patches, as the library behind kustomize applies them (gopkg.in/evanphx/json-patch.v4 v4.12.0).

use pintle_go::strconv::atoi;

use crate::build::Build;
use crate::json::Json;
use crate::node::NodeId;

/// A list of operations.
#[derive(Clone, Debug)]
pub(crate) struct JsonPatch {
    operations: Vec<Operation>,
}

#[derive(Clone, Debug)]
struct Operation {
    op: String,
    path: Option<String>,
    from: Option<String>,
    // Absent, or a value that may be null.
    value: Option<Json>,
}

impl JsonPatch {
    /// Reads a patch: JSON if it begins with a bracket, else YAML.
    pub(crate) fn parse(text: &[u8]) -> Result<JsonPatch, String> {
        if text.is_empty() {
            return Err("empty json patch operations".into());
        }
        let value = match text.first() {
            Some(b'[') => from_json(text)?,
            _ => from_yaml(text)?,
        };
        let items = match value {
            Json::List(items) => items,
            Json::Null => Vec::new(),
            other => {
                let kind = pintle_value::json::kind(&other.to_data());
                return Err(format!("json: cannot unmarshal {kind} into Go value of type jsonpatch.Patch"));
            }
        };
        let operations = items.into_iter().map(Operation::read).collect::<Result<_, _>>()?;
        Ok(JsonPatch { operations })
    }

    /// How many operations there are.
    pub(crate) fn len(&self) -> usize {
        self.operations.len()
    }

    /// Applies the operations to an object.
    pub(crate) fn apply(&self, b: &mut Build, node: NodeId) -> Result<(), String> {
        let place = b.nodes[node].place;
        let mut value = b.nodes.to_json(node).map_err(|e| e.message)?;
        for operation in &self.operations {
            // Copies of copies grow without end.
            b.charge_made(if operation.op == "copy" { size(&value) } else { 16 })?;
            operation.apply(&mut value)?;
        }
        // The result is read into an interface{}: all numbers are floats from here on.
        let made = b.nodes.add_marshalled(&floats(value), place);
        keep_places(b, made, node);
        b.nodes.assign(node, made);
        b.charge_nodes()?;
        b.nodes.check_growth(node)
    }
}

/// About how many bytes a copy takes.
fn size(value: &Json) -> usize {
    const VALUE: usize = 64;
    VALUE
        + match value {
            Json::List(items) => items.iter().map(size).sum(),
            Json::Map(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
            Json::String(text) => text.len(),
            _ => 0,
        }
}

/// Gives new nodes the places of the old ones where both have the same text.
fn keep_places(b: &mut Build, new: NodeId, old: NodeId) {
    let place = b.nodes[old].place;
    b.nodes[new].place = place;
    for (key, value) in b.nodes.pairs(new).collect::<Vec<_>>() {
        let name = b.nodes[key].value.clone();
        if b.nodes[new].kind == crate::node::Kind::Mapping
            && let Some((old_key, old_value)) = b.nodes.field(old, &name)
        {
            b.nodes[key].place = b.nodes[old_key].place;
            keep_places(b, value, old_value);
        }
    }
    if b.nodes[new].kind == crate::node::Kind::Sequence && b.nodes[old].kind == b.nodes[new].kind {
        let pairs: Vec<(NodeId, NodeId)> =
            b.nodes[new].content.iter().copied().zip(b.nodes[old].content.iter().copied()).collect();
        for (new, old) in pairs {
            keep_places(b, new, old);
        }
    }
}

fn floats(value: Json) -> Json {
    match value {
        Json::Int(i) => Json::Float(i as f64),
        Json::Uint(u) => Json::Float(u as f64),
        Json::List(items) => Json::List(items.into_iter().map(floats).collect()),
        Json::Map(map) => Json::Map(map.into_iter().map(|(k, v)| (k, floats(v))).collect()),
        other => other,
    }
}

fn from_json(text: &[u8]) -> Result<Json, String> {
    let data = pintle_value::json::from_slice(text).map_err(|e| e.message)?;
    Ok(Json::from_data(&data))
}

fn from_yaml(text: &[u8]) -> Result<Json, String> {
    let data = pintle_yaml::from_slice(text).map_err(|e| e.message)?;
    Ok(Json::from_data(&data))
}

/// Whether two values are the same; an integer and a float that prints alike are.
fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::List(x), Json::List(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y)),
        (Json::Map(x), Json::Map(y)) => {
            x.len() == y.len() && x.iter().all(|(key, value)| y.get(key).is_some_and(|other| equal(value, other)))
        }
        (Json::List(_) | Json::Map(_), _) | (_, Json::List(_) | Json::Map(_)) => false,
        (a, b) => a.to_text() == b.to_text(),
    }
}

impl Operation {
    fn read(item: Json) -> Result<Operation, String> {
        let mut map = match item {
            Json::Map(map) => map,
            Json::Null => std::collections::BTreeMap::new(),
            other => {
                let kind = pintle_value::json::kind(&other.to_data());
                return Err(format!("json: cannot unmarshal {kind} into Go value of type jsonpatch.Operation"));
            }
        };
        let mut text = |name: &str| match map.remove(name) {
            Some(Json::String(text)) => Some(text),
            _ => None,
        };
        let (op, path, from) = (text("op").unwrap_or_else(|| "unknown".into()), text("path"), text("from"));
        Ok(Operation { op, path, from, value: map.remove("value") })
    }

    fn path(&self) -> Result<&str, String> {
        self.path.as_deref().ok_or_else(|| format!("{} operation failed to decode path: missing value", self.op))
    }

    fn from(&self) -> Result<&str, String> {
        self.from
            .as_deref()
            .ok_or_else(|| format!("{} operation failed to decode from: operation, missing from field: missing value", self.op))
    }

    fn apply(&self, doc: &mut Json) -> Result<(), String> {
        match self.op.as_str() {
            "add" => {
                let path = self.path()?;
                let missing = || format!("add operation does not apply: doc is missing path: \"{path}\": missing value");
                let (container, key) = find(doc, path).ok_or_else(missing)?;
                add(container, &key, self.value.clone().unwrap_or(Json::Null))
                    .map_err(|e| format!("error in add for path: '{path}': {e}"))
            }
            "remove" => {
                let path = self.path()?;
                let missing = || format!("remove operation does not apply: doc is missing path: \"{path}\": missing value");
                let (container, key) = find(doc, path).ok_or_else(missing)?;
                remove(container, &key).map(|_| ()).map_err(|e| format!("error in remove for path: '{path}': {e}"))
            }
            "replace" => self.replace(doc),
            "move" => {
                let from = self.from()?;
                let missing = || format!("move operation does not apply: doc is missing from path: {from}: missing value");
                let (container, key) = find(doc, from).ok_or_else(missing)?;
                let value = get(container, &key).map_err(|e| format!("error in move for path: '{key}': {e}"))?.cloned();
                remove(container, &key).map_err(|e| format!("error in move for path: '{key}': {e}"))?;
                let path = self.path()?;
                let missing = || format!("move operation does not apply: doc is missing destination path: {path}: missing value");
                let (container, key) = find(doc, path).ok_or_else(missing)?;
                add(container, &key, value.unwrap_or(Json::Null)).map_err(|e| format!("error in move for path: '{path}': {e}"))
            }
            "copy" => {
                let from = self.from()?;
                let missing = || format!("copy operation does not apply: doc is missing from path: {from}: missing value");
                let (container, key) = find(doc, from).ok_or_else(missing)?;
                let value = get(container, &key).map_err(|e| format!("error in copy for from: '{from}': {e}"))?.cloned();
                let path = self.path()?;
                let missing = || format!("copy operation does not apply: doc is missing destination path: {path}: missing value");
                let (container, key) = find(doc, path).ok_or_else(missing)?;
                add(container, &key, value.unwrap_or(Json::Null))
                    .map_err(|e| format!("error while adding value during copy: {e}"))
            }
            "test" => self.test(doc),
            other => Err(format!("Unexpected kind: {other}")),
        }
    }

    fn replace(&self, doc: &mut Json) -> Result<(), String> {
        let path = self.path()?;
        let value = self.value.clone().unwrap_or(Json::Null);
        if path.is_empty() {
            if let Json::Map(_) | Json::List(_) = value {
                *doc = value;
            }
            return Ok(());
        }
        let missing = |what: &str| format!("replace operation does not apply: doc is missing {what}: {path}: missing value");
        let (container, key) = find(doc, path).ok_or_else(|| missing("path"))?;
        get(container, &key).map_err(|_| missing("key"))?;
        match container {
            Json::Map(map) => {
                map.insert(key, value);
            }
            Json::List(items) => {
                let at = index(&key, items.len())?;
                items[at] = value;
            }
            _ => {}
        }
        Ok(())
    }

    fn test(&self, doc: &mut Json) -> Result<(), String> {
        let path = self.path()?;
        let failed = || Err(format!("testing value {path} failed: test failed"));
        if path.is_empty() {
            return if self.value.as_ref().is_some_and(|value| equal(doc, value)) { Ok(()) } else { failed() };
        }
        let missing = || format!("test operation does not apply: is missing path: {path}: missing value");
        let (container, key) = find(doc, path).ok_or_else(missing)?;
        let found = get(container, &key).map_err(|e| format!("error in test for path: '{path}': {e}"))?;
        match (found, &self.value) {
            (None | Some(Json::Null), None | Some(Json::Null)) => Ok(()),
            (Some(found), Some(value)) if equal(found, value) => Ok(()),
            _ => failed(),
        }
    }
}

/// The collection that a path's last step is taken in, and that step (`findObject`).
fn find<'d>(doc: &'d mut Json, path: &str) -> Option<(&'d mut Json, String)> {
    let decode = |part: &str| part.replace("~1", "/").replace("~0", "~");
    let mut parts: Vec<&str> = path.split('/').collect();
    if parts.len() < 2 {
        return None;
    }
    let key = decode(parts.pop()?);
    let mut at = doc;
    for part in &parts[1..] {
        let part = decode(part);
        at = match at {
            Json::Map(map) => map.get_mut(&part)?,
            Json::List(items) => {
                let i = index(&part, items.len()).ok()?;
                items.get_mut(i)?
            }
            _ => return None,
        };
        if !matches!(at, Json::Map(_) | Json::List(_)) {
            return None;
        }
    }
    Some((at, key))
}

/// A list's index; negative ones count from the end.
fn index(key: &str, length: usize) -> Result<usize, String> {
    let number = atoi(key.as_bytes()).map_err(|e| e.message("Atoi", key.as_bytes()))?;
    let at = if number < 0 { number + length as i64 } else { number };
    match usize::try_from(at) {
        Ok(at) if at < length => Ok(at),
        _ => Err(format!("Unable to access invalid index: {number}: invalid index referenced")),
    }
}

fn get<'d>(container: &'d Json, key: &str) -> Result<Option<&'d Json>, String> {
    match container {
        Json::Map(map) => Ok(map.get(key)),
        Json::List(items) => index(key, items.len()).map(|at| items.get(at)),
        _ => Ok(None),
    }
}

fn add(container: &mut Json, key: &str, value: Json) -> Result<(), String> {
    match container {
        Json::Map(map) => {
            map.insert(key.to_owned(), value);
        }
        Json::List(items) if key == "-" => items.push(value),
        Json::List(items) => {
            if let Err(e) = atoi(key.as_bytes()) {
                return Err(format!("value was not a proper array index: '{key}': {}", e.message("Atoi", key.as_bytes())));
            }
            items.insert(index(key, items.len() + 1)?, value);
        }
        _ => {}
    }
    Ok(())
}

fn remove(container: &mut Json, key: &str) -> Result<Option<Json>, String> {
    match container {
        Json::Map(map) => match map.remove(key) {
            Some(value) => Ok(Some(value)),
            None => Err(format!("Unable to remove nonexistent key: {key}: missing value")),
        },
        Json::List(items) => {
            let at = index(key, items.len())?;
            Ok(Some(items.remove(at)))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(doc: &str, patch: &str) -> Result<String, String> {
        let mut value = from_json(doc.as_bytes())?;
        for operation in JsonPatch::parse(patch.as_bytes())?.operations {
            operation.apply(&mut value)?;
        }
        Ok(value.to_text())
    }

    // Recorded with gopkg.in/evanphx/json-patch.v4 v4.12.0.
    #[test]
    fn operations() {
        for (doc, patch, result) in [
            (r#"{"a":[1,2]}"#, r#"[{"op":"add","path":"/a/-","value":3}]"#, r#"{"a":[1,2,3]}"#),
            (r#"{"a":[1,2]}"#, r#"[{"op":"add","path":"/a/0","value":3}]"#, r#"{"a":[3,1,2]}"#),
            (r#"{"a":[1,2]}"#, r#"[{"op":"remove","path":"/a/-1"}]"#, r#"{"a":[1]}"#),
            (r#"{"a":{"b/c":1}}"#, r#"[{"op":"replace","path":"/a/b~1c","value":2}]"#, r#"{"a":{"b/c":2}}"#),
            (r#"{"a":{}}"#, r#"[{"op":"replace","path":"/a/b","value":2}]"#, r#"{"a":{"b":2}}"#),
            (r#"{"a":1,"b":{}}"#, r#"[{"op":"move","from":"/a","path":"/b/a"}]"#, r#"{"b":{"a":1}}"#),
            (r#"{"a":1}"#, r#"[{"op":"copy","from":"/a","path":"/b"}]"#, r#"{"a":1,"b":1}"#),
            (r#"{"a":1}"#, "- {op: test, path: /a, value: 1}\n", r#"{"a":1}"#),
        ] {
            assert_eq!(applied(doc, patch).as_deref(), Ok(result), "{patch}");
        }
        for (patch, error) in [
            (
                r#"[{"op":"remove","path":"/b"}]"#,
                "error in remove for path: '/b': Unable to remove nonexistent key: b: missing value",
            ),
            (
                r#"[{"op":"add","path":"/x/y","value":1}]"#,
                "add operation does not apply: doc is missing path: \"/x/y\": missing value",
            ),
            (r#"[{"op":"test","path":"/a","value":2}]"#, "testing value /a failed: test failed"),
            (r#"[{"op":"jump","path":"/a"}]"#, "Unexpected kind: jump"),
        ] {
            assert_eq!(applied(r#"{"a":1}"#, patch), Err(error.to_owned()));
        }
    }
}
