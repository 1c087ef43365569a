//! What changed between two streams of manifests, object by object.
//!
//! Takes objects, gives [`ObjectDiff`]s: pairs by identity (kind, namespace, name), then by what stayed the same when the namespace
//! or the name changed. Whatever secrets hold is hidden before anything is compared as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use pintle_linter::secrets::is_secret_name;
use pintle_value::{Data, DataMap, json};
use similar::{ChangeTag, TextDiff};

use crate::diagnostic::{Diagnostic, Error, Result, Source, Span};
use crate::rules;
use crate::secrets::Secrets;

/// Lines shown around a change.
const CONTEXT: usize = 3;
/// Two objects with less in common than this are two objects, not one that was renamed.
const ALIKE: f32 = 0.6;
/// Objects that were removed and added in greater numbers than this aren't compared each with each.
const MAX_RENAMES: usize = 200;
/// Where kubectl keeps a copy of the object, secrets included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// What stands in place of a secret.
const HIDDEN: &str = "<hidden>";

/// What an object is known by in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// `apiVersion` without its version; empty for the core group.
    pub group: String,
    /// `kind`
    pub kind: String,
    /// `metadata.namespace`; empty if the object says none.
    pub namespace: String,
    /// `metadata.name`, or `metadata.generateName`
    pub name: String,
}

impl fmt::Display for Identity {
    /// `Deployment web/api`, `ClusterRole reader`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

/// An object of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// What it is known by.
    pub identity: Identity,
    /// All of it.
    pub data: Data,
}

/// What happened to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Only the second stream has it.
    Added,
    /// Only the first stream has it.
    Removed,
    /// Both have it, and differ.
    Changed,
    /// Both have it, under different names or in different namespaces; this is what it was known by before.
    Renamed(Identity),
}

/// One object that isn't the same in both streams.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectDiff {
    /// What it is known by; the second stream's word counts.
    pub identity: Identity,
    /// What happened to it.
    pub change: Change,
    /// The unified difference of both as YAML with sorted keys, without its file names. Secrets are hidden.
    pub unified: String,
    /// Lines that are new.
    pub added: usize,
    /// Lines that are gone.
    pub removed: usize,
}

/// What two streams have and haven't in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diff {
    /// Everything that differs, by identity.
    pub objects: Vec<ObjectDiff>,
    /// How many objects are the same in both.
    pub unchanged: usize,
}

/// The objects of a stream of YAML or JSON documents; those of a `List` count each for itself. `name` is the stream's in messages.
///
/// Errors: a document that is invalid YAML or not an object.
pub fn objects(name: &str, stream: &[u8]) -> Result<Vec<Object>> {
    let (trees, error) = pintle_yaml::Tree::parse_all(stream);
    let source = Source::named(name);
    let failed = |e: &pintle_yaml::Error| {
        let d = Diagnostic::new(&rules::DIFF_YAML, format!("{name}: {}", e.message));
        Error::from(d.at(Span::position(&source, e.line.unwrap_or(0), e.column.unwrap_or(0))))
    };
    if let Some(e) = error {
        return Err(failed(&e));
    }
    let mut objects = Vec::new();
    for tree in &trees {
        match tree.to_data().map_err(|e| failed(&e))? {
            Data::Null => {}
            Data::Map(m) => add(&mut objects, m),
            _ => {
                let line = tree.locate(&[]).map_or(1, |p| p.value.start.line);
                let d = Diagnostic::new(&rules::DIFF_OBJECT, format!("{name}: a document is not an object"));
                return Err(d.at(Span::line(&source, line)).into());
            }
        }
    }
    Ok(objects)
}

/// Takes a namespace out of objects that are in it: environments of a release differ in theirs, and mean the same.
pub fn without_namespace(objects: &mut [Object], namespace: &str) {
    for object in objects.iter_mut().filter(|o| o.identity.namespace == namespace) {
        object.identity.namespace.clear();
        if let Some(metadata) = member(&mut object.data, "metadata").and_then(Data::as_map_mut) {
            metadata.remove("namespace");
        }
    }
}

fn add(objects: &mut Vec<Object>, mut m: DataMap) {
    let kind = m.get("kind").and_then(Data::as_str).and_then(|k| k.strip_suffix("List")).map(str::to_owned);
    let is_list = kind.is_some();
    let kind = kind.filter(|k| !k.is_empty()).map(Data::String);
    match m.remove("items") {
        Some(Data::List(items)) if is_list => items.into_iter().for_each(|item| {
            if let Data::Map(mut item) = item {
                // The items of a SecretList may leave out what they are.
                for (field, own) in [("apiVersion", m.get("apiVersion")), ("kind", kind.as_ref())] {
                    if let Some(own) = own.filter(|_| !item.contains_key(field)) {
                        item.insert(field.to_owned(), own.clone());
                    }
                }
                add(objects, item);
            }
        }),
        items => {
            m.extend(items.map(|i| ("items".to_owned(), i)));
            let data = Data::Map(m);
            objects.push(Object { identity: identity(&data), data });
        }
    }
}

fn identity(data: &Data) -> Identity {
    let text = |d: Option<&Data>| d.and_then(Data::as_str).unwrap_or_default().to_owned();
    let metadata = |key: &str| data.get("metadata").and_then(|m| m.get(key));
    let version = text(data.get("apiVersion"));
    Identity {
        group: version.rsplit_once('/').map(|(group, _)| group.to_owned()).unwrap_or_default(),
        kind: text(data.get("kind")),
        namespace: text(metadata("namespace")),
        name: text(metadata("name").or_else(|| metadata("generateName"))),
    }
}

/// Compares two streams of objects.
pub fn diff(before: &[Object], after: &[Object]) -> Diff {
    let mut result = Diff::default();
    let mut secrets = Secrets::default();
    secrets.of_objects(before.iter().chain(after).map(|o| &o.data));
    let pairs = pair(before, after);
    let paired_before: BTreeSet<usize> = pairs.iter().map(|(b, _)| *b).collect();
    let paired_after: BTreeSet<usize> = pairs.iter().map(|(_, a)| *a).collect();
    for (b, a) in pairs {
        let (b, a) = (&before[b], &after[a]);
        let change = if b.identity == a.identity { Change::Changed } else { Change::Renamed(b.identity.clone()) };
        if b.data == a.data {
            result.unchanged += 1;
            continue;
        }
        result.objects.push(compare(&a.identity, change, Some(b), Some(a), &secrets));
    }
    let alone = |all: &[Object], paired: &BTreeSet<usize>| -> Vec<Object> {
        all.iter().enumerate().filter(|(i, _)| !paired.contains(i)).map(|(_, o)| o.clone()).collect()
    };
    for b in alone(before, &paired_before) {
        result.objects.push(compare(&b.identity, Change::Removed, Some(&b), None, &secrets));
    }
    for a in alone(after, &paired_after) {
        result.objects.push(compare(&a.identity, Change::Added, None, Some(&a), &secrets));
    }
    result.objects.sort_by(|x, y| {
        let key = |d: &ObjectDiff| (d.identity.namespace.clone(), d.identity.kind.clone(), d.identity.name.clone());
        key(x).cmp(&key(y))
    });
    result
}

/// Which object of the first stream is which of the second, by index.
fn pair(before: &[Object], after: &[Object]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut left: Vec<usize> = (0..before.len()).collect();
    let mut right: Vec<usize> = (0..after.len()).collect();
    let same = |x: &Identity, y: &Identity| x == y;
    // The same object in another namespace: environments often differ in nothing else.
    let moved = |x: &Identity, y: &Identity| x.group == y.group && x.kind == y.kind && x.name == y.name;
    for fits in [&same as &dyn Fn(&Identity, &Identity) -> bool, &moved] {
        left.retain(|b| match right.iter().position(|a| fits(&before[*b].identity, &after[*a].identity)) {
            Some(at) => {
                pairs.push((*b, right.remove(at)));
                false
            }
            None => true,
        });
    }
    if left.len() > MAX_RENAMES || right.len() > MAX_RENAMES {
        return pairs;
    }
    let mut candidates: Vec<(f32, usize, usize)> = Vec::new();
    for b in &left {
        for a in &right {
            let (x, y) = (&before[*b], &after[*a]);
            if (&x.identity.group, &x.identity.kind) != (&y.identity.group, &y.identity.kind) {
                continue;
            }
            let ratio = TextDiff::from_lines(yaml(&x.data).as_str(), yaml(&y.data).as_str()).ratio();
            if ratio >= ALIKE {
                candidates.push((ratio, *b, *a));
            }
        }
    }
    candidates.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| (x.1, x.2).cmp(&(y.1, y.2))));
    for (_, b, a) in candidates {
        if !pairs.iter().any(|(x, y)| *x == b || *y == a) {
            pairs.push((b, a));
        }
    }
    pairs
}

fn compare(
    identity: &Identity,
    change: Change,
    before: Option<&Object>,
    after: Option<&Object>,
    secrets: &Secrets,
) -> ObjectDiff {
    let mut old = before.map(|o| o.data.clone());
    let mut new = after.map(|o| o.data.clone());
    hide(old.as_mut(), new.as_mut());
    let text = |d: Option<Data>| d.map(|d| yaml(&d)).unwrap_or_default();
    let (old, new) = (text(old), text(new));
    let lines = TextDiff::from_lines(&old, &new);
    let count = |tag: ChangeTag| lines.iter_all_changes().filter(|c| c.tag() == tag).count();
    ObjectDiff {
        identity: identity.clone(),
        change,
        // What a Secret holds may stand elsewhere too, in a checksum's neighbour or a configuration.
        unified: secrets.mask(&lines.unified_diff().context_radius(CONTEXT).to_string()).into_owned(),
        added: count(ChangeTag::Insert),
        removed: count(ChangeTag::Delete),
    }
}

fn yaml(data: &Data) -> String {
    pintle_yaml::to_yaml(data).unwrap_or_default()
}

/// Hides what secrets hold, in both versions at once: that a value differs is shown, what it is isn't.
fn hide(old: Option<&mut Data>, new: Option<&mut Data>) {
    let mut empty = [Data::Null, Data::Null];
    let [a, b] = &mut empty;
    let (old, new) = (old.unwrap_or(a), new.unwrap_or(b));
    let is_secret = |d: &Data| d.get("kind").and_then(Data::as_str) == Some("Secret");
    if is_secret(old) || is_secret(new) {
        for field in ["data", "stringData"] {
            hide_members(member(old, field), member(new, field), |_| true);
        }
        let [old, new] = [&mut *old, &mut *new].map(|d| member(d, "metadata").and_then(|m| member(m, "annotations")));
        hide_members(old, new, |key| key == LAST_APPLIED);
    }
    hide_variables(old, new);
}

fn member<'d>(data: &'d mut Data, key: &str) -> Option<&'d mut Data> {
    data.as_map_mut()?.get_mut(key)
}

fn hide_members(old: Option<&mut Data>, new: Option<&mut Data>, which: fn(&str) -> bool) {
    let (mut none, mut nothing) = (DataMap::new(), DataMap::new());
    let old = old.and_then(Data::as_map_mut).unwrap_or(&mut none);
    let new = new.and_then(Data::as_map_mut).unwrap_or(&mut nothing);
    let keys: BTreeSet<String> = old.keys().chain(new.keys()).filter(|k| which(k)).cloned().collect();
    for key in keys {
        hide_value(old.get_mut(&key), new.get_mut(&key));
    }
}

fn hide_value(old: Option<&mut Data>, new: Option<&mut Data>) {
    match (old, new) {
        (Some(x), Some(y)) if x != y => {
            *x = Data::from("<hidden, before>");
            *y = Data::from("<hidden, after>");
        }
        (x, y) => [x, y].into_iter().flatten().for_each(|d| *d = Data::from(HIDDEN)),
    }
}

/// Containers' variables that are given a secret in plain text.
fn hide_variables(old: &mut Data, new: &mut Data) {
    let mut known = BTreeMap::new();
    variables(old, &mut Vec::new(), &mut |path, value| {
        known.insert(path.to_vec(), value.clone());
        *value = Data::from(HIDDEN);
    });
    let mut differing = BTreeSet::new();
    variables(new, &mut Vec::new(), &mut |path, value| {
        let differs = known.get(path).is_some_and(|before| before != value);
        if differs {
            differing.insert(path.to_vec());
        }
        *value = Data::from(if differs { "<hidden, after>" } else { HIDDEN });
    });
    variables(old, &mut Vec::new(), &mut |path, value| {
        if differing.contains(path) {
            *value = Data::from("<hidden, before>");
        }
    });
}

/// Every `{name: …, value: …}` of a list called `env` whose name says that it is a secret.
fn variables(data: &mut Data, path: &mut Vec<String>, found: &mut dyn FnMut(&[String], &mut Data)) {
    match data {
        Data::Map(m) => {
            for (key, inner) in m {
                path.push(key.clone());
                variables(inner, path, found);
                path.pop();
            }
        }
        Data::List(items) => {
            let in_env = path.last().is_some_and(|k| k == "env");
            for (i, item) in items.iter_mut().enumerate() {
                let name = item.get("name").and_then(Data::as_str).unwrap_or_default().to_owned();
                path.push(if name.is_empty() { i.to_string() } else { name.clone() });
                match item.as_map_mut().and_then(|m| m.get_mut("value")) {
                    Some(value) if in_env && is_secret_name(&name) => found(path, value),
                    _ => variables(item, path, found),
                }
                path.pop();
            }
        }
        _ => {}
    }
}

impl ObjectDiff {
    /// One line: what happened to which object.
    pub fn summary(&self) -> String {
        let lines = format!("+{} -{}", self.added, self.removed);
        match &self.change {
            Change::Added => format!("added    {}", self.identity),
            Change::Removed => format!("removed  {}", self.identity),
            Change::Changed => format!("changed  {} ({lines})", self.identity),
            Change::Renamed(from) => format!("renamed  {from} to {} ({lines})", self.identity),
        }
    }

    fn word(&self) -> &'static str {
        match self.change {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Changed => "changed",
            Change::Renamed(_) => "renamed",
        }
    }
}

impl Diff {
    /// Whether both streams have the same objects.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// `2 changed, 1 added, 0 removed, 0 renamed, 12 unchanged`
    pub fn totals(&self) -> String {
        let count = |word: &str| self.objects.iter().filter(|o| o.word() == word).count();
        let (changed, added, removed, renamed) = (count("changed"), count("added"), count("removed"), count("renamed"));
        format!("{changed} changed, {added} added, {removed} removed, {renamed} renamed, {} unchanged", self.unchanged)
    }

    /// For people: a line and the differing lines for each object, and the totals.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for object in &self.objects {
            out += &format!("{}\n{}\n", object.summary(), object.unified);
        }
        out + &self.totals() + "\n"
    }

    /// For programs: an object with `objects` and `unchanged`.
    pub fn to_json(&self) -> String {
        let named = |i: &Identity| {
            let fields = [("group", &i.group), ("kind", &i.kind), ("namespace", &i.namespace), ("name", &i.name)];
            Data::Map(fields.into_iter().map(|(k, v)| (k.to_owned(), Data::String(v.clone()))).collect())
        };
        let object = |o: &ObjectDiff| {
            let mut m = DataMap::from([
                ("change".to_owned(), Data::from(o.word())),
                ("object".to_owned(), named(&o.identity)),
                ("added".to_owned(), Data::Int(o.added as i64)),
                ("removed".to_owned(), Data::Int(o.removed as i64)),
                ("diff".to_owned(), Data::String(o.unified.clone())),
            ]);
            if let Change::Renamed(from) = &o.change {
                m.insert("from".to_owned(), named(from));
            }
            Data::Map(m)
        };
        let all = DataMap::from([
            ("objects".to_owned(), Data::List(self.objects.iter().map(object).collect())),
            ("unchanged".to_owned(), Data::Int(self.unchanged as i64)),
        ]);
        let mut text = json::to_string(&Data::Map(all)).unwrap_or_default();
        text.push('\n');
        text
    }

    /// For a pull request: a table, and the differing lines behind it.
    pub fn to_markdown(&self) -> String {
        let mut out = format!("**{}**\n", self.totals());
        if self.is_empty() {
            return out;
        }
        out += "\n| | object | lines |\n| --- | --- | --- |\n";
        let cell = |text: String| text.replace('|', "\\|");
        for o in &self.objects {
            let name = match &o.change {
                Change::Renamed(from) => format!("`{from}` to `{}`", o.identity),
                _ => format!("`{}`", o.identity),
            };
            out += &format!("| {} | {} | +{} -{} |\n", o.word(), cell(name), o.added, o.removed);
        }
        for o in &self.objects {
            // A fence longer than any in the text ends only where it should.
            let longest = o.unified.split(|c| c != '`').map(str::len).max().unwrap_or(0);
            let fence = "`".repeat(longest.max(2) + 1);
            out += &format!(
                "\n<details><summary>{} {}</summary>\n\n{fence}diff\n{}{fence}\n\n</details>\n",
                o.word(),
                o.identity,
                o.unified
            );
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(before: &str, after: &str) -> Diff {
        diff(&objects("a", before.as_bytes()).unwrap(), &objects("b", after.as_bytes()).unwrap())
    }

    #[test]
    fn objects_are_paired_by_identity_and_not_by_place() {
        let a = "kind: A\nmetadata: {name: x}\nv: 1\n";
        let b = "kind: B\nmetadata: {name: x}\n";
        let changed = compare(&format!("{a}---\n{b}"), &format!("{b}---\n{}", a.replace('1', "2")));
        assert_eq!(changed.totals(), "1 changed, 0 added, 0 removed, 0 renamed, 1 unchanged");
        assert_eq!(changed.objects[0].summary(), "changed  A x (+1 -1)");
        assert!(changed.objects[0].unified.contains("-v: 1\n+v: 2\n"), "{}", changed.objects[0].unified);
    }

    #[test]
    fn a_new_name_or_namespace_is_a_renaming() {
        let map = |name: &str, namespace: &str| {
            format!("kind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata: {{a: x, b: y, c: z}}\n")
        };
        let summary = |d: Diff| d.objects.iter().map(ObjectDiff::summary).collect::<Vec<_>>();
        let renamed = summary(compare(&map("c-abc", "ns"), &map("c-def", "ns")));
        assert_eq!(renamed, ["renamed  ConfigMap ns/c-abc to ConfigMap ns/c-def (+1 -1)"]);
        assert_eq!(
            summary(compare(&map("c", "dev"), &map("c", "prod")))[0],
            "renamed  ConfigMap dev/c to ConfigMap prod/c (+1 -1)"
        );
        let other = summary(compare(&map("c", "ns"), "kind: Secret\nmetadata: {name: c, namespace: ns}\n"));
        assert_eq!(other, ["removed  ConfigMap ns/c", "added    Secret ns/c"]);
    }

    #[test]
    fn secrets_are_told_apart_but_not_told() {
        let secret = |a: &str| {
            let last = "annotations: {kubectl.kubernetes.io/last-applied-configuration: abc}";
            format!("kind: Secret\nmetadata: {{name: s, {last}}}\nstringData: {{a: {a}, b: same}}\n")
        };
        let text = compare(&secret("one1"), &secret("two2")).to_text();
        assert!(text.contains("-  a: <hidden, before>\n+  a: <hidden, after>\n   b: <hidden>"), "{text}");
        assert!(!text.contains("one1") && !text.contains("two2") && !text.contains("same") && !text.contains("abc"), "{text}");
        let pod = |p: &str| {
            format!("kind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{env: [{{name: DB_PASSWORD, value: {p}}}]}}]}}\n")
        };
        let text = compare(&pod("one1"), &pod("two2")).to_text();
        assert!(text.contains("+      value: <hidden, after>") && !text.contains("two2"), "{text}");
        assert!(!compare("", &pod("one1")).to_text().contains("one1"));
    }

    #[test]
    fn lists_are_taken_apart_and_what_is_no_object_is_an_error() {
        let list = "kind: List\nitems: [{kind: A, metadata: {name: x}}, {kind: A, metadata: {name: y}}]\n";
        assert_eq!(objects("l", list.as_bytes()).unwrap().len(), 2);
        assert_eq!(objects("l", b"- 1\n").unwrap_err().message(), "l: a document is not an object");
        assert!(objects("l", b"a: [").unwrap_err().message().starts_with("l: yaml: "));
    }
}
