//! Paths into objects: cut at a delimiter, followed, and created (kyaml v0.20.1: utils/pathsplitter.go, yaml/fns.go).

use pintle_go::strconv::atoi;

use crate::node::{Kind, Node, NodeId, Nodes};

/// Cuts a path; a backslash before the delimiter keeps it, one delimiter at the beginning is dropped (`PathSplitter`).
pub fn split_path(path: &str, delimiter: char) -> Vec<String> {
    let mut parts: Vec<&str> = path.split(delimiter).collect();
    if parts.len() > 1 && parts[0].is_empty() {
        parts.remove(0);
    }
    let mut result: Vec<String> = Vec::with_capacity(parts.len());
    for part in parts {
        match result.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(part);
            }
            _ => result.push(part.to_owned()),
        }
    }
    result
}

/// As [`split_path`], but what stands in brackets stays together (`SmarterPathSplitter`).
pub fn split_smart(path: &str, delimiter: char) -> Vec<String> {
    let mut result = Vec::new();
    let mut parts = split_path(path, delimiter).into_iter();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            result.push(part);
            continue;
        }
        let mut bracketed = part;
        for part in parts.by_ref() {
            bracketed.push(delimiter);
            bracketed.push_str(&part);
            if part.ends_with(']') {
                break;
            }
        }
        let named = bracketed.contains('=');
        result.push(if named { bracketed } else { bracketed.trim_matches(['[', ']']).to_owned() });
    }
    result
}

/// A path is no longer than objects are deep.
pub(crate) fn check_length(steps: usize) -> Result<(), String> {
    match steps > crate::parse::MAX_DEPTH {
        true => Err(format!("a path of {steps} steps is too long")),
        false => Ok(()),
    }
}

/// Whether a step is `[…]` (`IsListIndex`).
pub fn is_list_index(step: &str) -> bool {
    step.starts_with('[') && step.ends_with(']')
}

/// Whether a step is a number (`IsIdxNumber`).
pub fn index_number(step: &str) -> Option<usize> {
    atoi(step.as_bytes()).ok().and_then(|n| usize::try_from(n).ok())
}

/// Field name and value of `[name=value]` (`SplitIndexNameValue`).
pub fn split_index(step: &str) -> Result<(&str, &str), String> {
    let step = step.strip_suffix(']').unwrap_or(step);
    let step = step.strip_prefix('[').unwrap_or(step);
    step.split_once('=').ok_or_else(|| "list path element must contain fieldName=fieldValue for element to match".to_owned())
}

/// The kind of the node that a step needs when the next one is `next` (`getPathPartKind`).
pub fn kind_before(next: Option<&str>, leaf: Kind) -> Kind {
    match next {
        None | Some("") => leaf,
        Some(next) if is_list_index(next) || index_number(next).is_some() => Kind::Sequence,
        Some(_) => Kind::Mapping,
    }
}

impl Nodes {
    /// Fails unless a node is null or of this kind (`ErrorIfInvalid`).
    pub fn expect(&self, id: NodeId, kind: Kind) -> Result<(), String> {
        let node = &self[id];
        if self.is_missing_or_null(Some(id)) || node.kind == kind {
            return Ok(());
        }
        let shown = match self.to_json(id) {
            Ok(json) => pintle_yaml::to_yaml(&json).unwrap_or_default(),
            Err(_) => node.value.clone(),
        };
        let message = format!("wrong node kind: expected {} but got {}", kind.name(), node.kind.name());
        Err(format!("{message}: node contents:\n{}", shown.trim_end()))
    }

    /// Follows a path; `None` where it ends early (`Lookup`).
    pub fn lookup<S: AsRef<str>>(&mut self, from: NodeId, path: &[S]) -> Result<Option<NodeId>, String> {
        self.get_path(from, path, None)
    }

    /// Follows a path and makes what is missing, the last node of this kind (`LookupCreate`).
    pub fn lookup_create<S: AsRef<str>>(&mut self, from: NodeId, kind: Kind, path: &[S]) -> Result<Option<NodeId>, String> {
        self.get_path(from, path, Some(kind))
    }

    /// fns.go, `PathGetter`
    fn get_path<S: AsRef<str>>(&mut self, from: NodeId, path: &[S], create: Option<Kind>) -> Result<Option<NodeId>, String> {
        check_length(path.len())?;
        let steps: Vec<&str> = path.iter().map(|s| s.as_ref().trim()).filter(|s| !s.is_empty()).collect();
        let mut at = from;
        for (i, step) in steps.iter().enumerate() {
            let next = steps.get(i + 1).copied();
            let found = if let Ok(index) = atoi(step.as_bytes()) {
                if index < 0 {
                    return Err(format!("array index {index} cannot be negative"));
                }
                self.expect(at, Kind::Sequence)?;
                self[at].content.get(index as usize).copied()
            } else if *step == "-" {
                self.expect(at, Kind::Sequence)?;
                self[at].content.last().copied()
            } else if *step == "*" {
                return Err("wildcard is not supported in PathGetter".into());
            } else if is_list_index(step) {
                self.get_element(at, step, create.is_some())?
            } else {
                self.get_or_create_field(at, step, create.map(|leaf| kind_before(next, leaf)))?
            };
            match found {
                Some(found) => at = found,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// The element of a list with a field of this value (`ElementMatcher`).
    fn get_element(&mut self, list: NodeId, step: &str, create: bool) -> Result<Option<NodeId>, String> {
        let (name, value) = split_index(step)?;
        self.expect(list, Kind::Sequence)?;
        if let Some(found) = self.find_element(list, &[name], &[value]) {
            return Ok(Some(found));
        }
        if !create {
            return Ok(None);
        }
        let element = match name.is_empty() {
            true => Node::scalar(value),
            false => {
                let content = vec![self.add(Node::scalar(name)), self.add(Node::scalar(value))];
                Node { content, ..Node::new(Kind::Mapping) }
            }
        };
        let element = self.add(element);
        self[list].content.push(element);
        Ok(Some(element))
    }

    /// The first element whose fields have these values; with an empty key the first scalar with this text
    /// (`ElementMatcher`). Numbers of keys and values are the same.
    pub fn find_element<S: AsRef<str>>(&self, list: NodeId, keys: &[S], values: &[S]) -> Option<NodeId> {
        let content = self[list].content.iter().copied();
        if keys.first().is_none_or(|key| key.as_ref().is_empty()) {
            let wanted = values.first().map_or("", |value| value.as_ref());
            return content.into_iter().find(|item| self[*item].value == wanted);
        }
        if keys.len() != values.len() {
            return None;
        }
        content.into_iter().find(|item| {
            if self.expect(*item, Kind::Mapping).is_err() {
                return false;
            }
            keys.iter().zip(values).all(|(key, value)| self.match_field(*item, key.as_ref(), Some(value.as_ref())).is_some())
        })
    }

    /// The value of a field if it has this text (`FieldMatcher` with a name).
    pub fn match_field(&self, id: NodeId, name: &str, value: Option<&str>) -> Option<NodeId> {
        if self.is_missing_or_null(Some(id)) {
            return None;
        }
        self.get(id, name).filter(|found| value.is_none_or(|value| self[*found].value == value))
    }

    /// The value of a field, made if it is missing (`FieldMatcher` with `Create`).
    pub fn get_or_create_field(&mut self, id: NodeId, name: &str, create: Option<Kind>) -> Result<Option<NodeId>, String> {
        if self.is_missing_or_null(Some(id)) {
            return Ok(None);
        }
        self.expect(id, Kind::Mapping)?;
        if let Some(found) = self.get(id, name) {
            return Ok(Some(found));
        }
        let Some(kind) = create else { return Ok(None) };
        let value = self.add(Node::new(kind));
        self.set_field(id, name, Some(value), Style::Plain)?;
        Ok(Some(value))
    }

    /// `FieldSetter` without a name: the scalar becomes `value`, in its own style.
    pub fn set_scalar(&mut self, id: NodeId, value: NodeId) -> Result<(), String> {
        self.quote_ambiguous(value);
        self.expect(id, Kind::Scalar)?;
        if self.is_missing_or_null(Some(value)) {
            return Ok(());
        }
        self[value].style = self[id].style;
        self[value].tagged = self[id].tagged;
        self.assign(id, value);
        Ok(())
    }

    /// `FieldSetter` with a name: the field becomes `value`, or goes if there is none or null.
    pub fn set_field(&mut self, id: NodeId, name: &str, value: Option<NodeId>, key_style: Style) -> Result<(), String> {
        let Some(value) = value else { return self.clear_field(id, name) };
        self.quote_ambiguous(value);
        if self[value].is_tagged_null() {
            return self.clear_field(id, name);
        }
        self.put_field(id, name, value, key_style)
    }

    /// As [`Nodes::set_field`], but null is kept.
    pub fn put_field(&mut self, id: NodeId, name: &str, value: NodeId, key_style: Style) -> Result<(), String> {
        if self.is_missing_or_null(Some(id)) {
            // FieldMatcher finds nothing in null, and the setter writes into it.
        } else {
            self.expect(id, Kind::Mapping)?;
            if let Some(field) = self.get(id, name) {
                self[value].style = self[field].style;
                self[value].tagged = self[field].tagged;
                self.assign(field, value);
                return Ok(());
            }
        }
        let key = self.add(Node { style: key_style, place: self[value].place, ..Node::scalar(name) });
        self.push_field(id, key, value);
        Ok(())
    }

    /// A string that YAML 1.1 would take for something else gets quotes, unless it is styled already.
    fn quote_ambiguous(&mut self, value: NodeId) {
        let node = &self[value];
        if node.is_string() && node.style == Style::Plain && !node.tagged && is_non_string(&node.value) {
            self[value].style = Style::DoubleQuoted;
        }
    }

    /// Removes a field (`FieldClearer`).
    pub fn clear_field(&mut self, id: NodeId, name: &str) -> Result<(), String> {
        self.expect(id, Kind::Mapping)?;
        if let Some(at) = self.field_index(id, name) {
            self[id].content.drain(at..at + 2);
        }
        Ok(())
    }

    /// Replaces, removes or appends the element with these keys (`ElementSetter`); null and empty elements go on the way.
    pub fn set_element<S: AsRef<str>>(
        &mut self,
        list: NodeId,
        element: Option<NodeId>,
        keys: &[S],
        values: &[S],
    ) -> Result<(), String> {
        self.expect(list, Kind::Sequence)?;
        let maps = keys.first().is_some_and(|k| !k.as_ref().is_empty()) && values.first().is_some_and(|v| !v.as_ref().is_empty());
        let mut content = Vec::new();
        let mut matched = false;
        for item in self[list].content.clone() {
            let node = &self[item];
            if self.is_missing_or_null(Some(item)) || (node.kind == Kind::Mapping && node.content.is_empty()) {
                continue;
            }
            if node.kind != Kind::Mapping && maps {
                content.push(item);
                continue;
            }
            let mut found = true;
            for (key, value) in keys.iter().zip(values) {
                if !self.matches(item, key.as_ref(), value.as_ref())? {
                    found = false;
                    break;
                }
            }
            // Without values nothing can be found, and what isn't found is dropped.
            found &= !values.is_empty();
            if !found {
                if !values.is_empty() {
                    content.push(item);
                }
                continue;
            }
            matched = true;
            content.extend(element);
        }
        if let Some(element) = element
            && !self.is_missing_or_null(Some(element))
            && !matched
        {
            content.push(element);
        }
        self[list].content = content;
        Ok(())
    }

    /// `FieldMatcher{Name, StringValue}`: an empty value matches anything that has the field.
    fn matches(&self, item: NodeId, key: &str, value: &str) -> Result<bool, String> {
        if key.is_empty() {
            self.expect(item, Kind::Scalar)?;
            return Ok(self[item].value == value);
        }
        self.expect(item, Kind::Mapping)?;
        Ok(self.match_field(item, key, (!value.is_empty()).then_some(value)).is_some())
    }

    /// Sets the field at a path, making the maps on the way (`SetMapField`).
    pub fn set_map_field(&mut self, id: NodeId, value: NodeId, path: &[&str]) -> Result<(), String> {
        let Some((last, parents)) = path.split_last() else { return Ok(()) };
        match self.lookup_create(id, Kind::Mapping, parents)? {
            Some(parent) => self.set_field(parent, last, Some(value), Style::Plain),
            None => Ok(()),
        }
    }
}

use crate::node::Style;

/// Whether YAML 1.1 takes a plain text for anything but a string (kyaml, `IsValueNonString`).
pub fn is_non_string(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    let plain_word = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'/' | b'_' | b'+' | b'~'));
    if plain_word && text.len() > 5 && !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | '~')) {
        return false;
    }
    match pintle_yaml::Tree::parse(text.as_bytes()) {
        Err(_) => false,
        Ok(None) => true,
        Ok(Some(tree)) => match tree.to_data() {
            Ok(pintle_value::Data::String(_)) => false,
            // Maps without a JSON form are still maps.
            _ => true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_at_unescaped_delimiters() {
        assert_eq!(split_path("a/b\\/c/d", '/'), ["a", "b/c", "d"]);
        assert_eq!(split_path("/a", '/'), ["a"]);
        assert_eq!(split_smart("a.[name=x.y].c", '.'), ["a", "[name=x.y]", "c"]);
        assert_eq!(split_smart("a.[b.c].d", '.'), ["a", "b.c", "d"]);
    }

    #[test]
    fn texts_that_yaml_1_1_types() {
        for (text, non_string) in
            [("yes", true), ("true", true), ("12", true), ("1.2.3", false), ("a: b", true), ("abc", false), ("[", false)]
        {
            assert_eq!(is_non_string(text), non_string, "{text}");
        }
    }
}
