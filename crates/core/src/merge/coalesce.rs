//! Lays values over the defaults of a chart and its dependencies (`helm.sh/helm/v4/pkg/chart/common/util/coalesce.go`).
//!
//! Works on shared maps, as Helm does: a table of `global` that a sub-chart inherits is the parent's own, and what one adds to
//! it the other sees.

use std::cell::RefCell;
use std::collections::HashSet;

use pintle_go::strconv::quote;
use pintle_value::{Entries, Map, Str, Value};

use super::dependencies::Node;
use crate::Compat;
use crate::diagnostic::Diagnostic;
use crate::rules;

const GLOBAL: &[u8] = b"global";

/// How values are laid over defaults.
pub struct Coalesce {
    /// Whether a null of the user, or of a default, removes the key where 4.3 does it.
    clean_nulls: bool,
    /// What Helm prints while it merges.
    warnings: RefCell<Vec<Diagnostic>>,
}

fn is_table(v: &Value) -> bool {
    matches!(v, Value::Map(_))
}

fn shallow_copy(m: &Map) -> Map {
    Map::new(m.entries().clone())
}

/// The first name on a dotted path that leads to no table.
pub fn no_table<'p>(values: &Map, path: &'p str) -> Option<&'p str> {
    let mut names = path.split('.');
    let mut map = values.clone();
    names.find(|name| match map.get(name.as_bytes()) {
        Some(Value::Map(inner)) => {
            map = inner;
            false
        }
        _ => true,
    })
}

/// The table at a dotted path (`Values.Table`).
pub fn table(values: &Map, path: &str) -> Option<Map> {
    path.split('.').try_fold(values.clone(), |m, key| match m.get(key.as_bytes()) {
        Some(Value::Map(m)) => Some(m),
        _ => None,
    })
}

impl Coalesce {
    /// As the given Helm does it.
    pub fn new(compat: Compat) -> Coalesce {
        Coalesce { clean_nulls: compat.nulls_delete_in_subcharts(), warnings: RefCell::default() }
    }

    /// What Helm prints on standard error, once each: it merges the same values several times.
    pub fn into_warnings(self) -> Vec<Diagnostic> {
        let mut seen = HashSet::new();
        self.warnings.into_inner().into_iter().filter(|w| seen.insert(w.message.clone())).collect()
    }

    /// Notes something for [`Coalesce::into_warnings`].
    pub(super) fn note(&self, warning: Diagnostic) {
        self.warnings.borrow_mut().push(warning);
    }

    /// The value that is skipped is not repeated, as Helm does: it may be a secret.
    fn warn(&self, text: String) {
        self.note(Diagnostic::new(&rules::VALUES_COALESCE, text));
    }

    /// `CoalesceValues`: a copy of `values` with the defaults of the chart and its dependencies beneath.
    pub fn values(&self, node: &Node, values: &Map) -> Result<Map, String> {
        let dest = values.copy_on_demand();
        self.coalesce(node, &dest, "", false)?;
        Ok(dest)
    }

    /// `MergeValues` over no values: the defaults of the chart and its dependencies, nulls kept.
    pub fn merged(&self, node: &Node) -> Result<Map, String> {
        let dest = Map::new(Entries::new());
        self.coalesce(node, &dest, "", true)?;
        Ok(dest)
    }

    /// `MergeTables`: lays `src` beneath `dest`, nulls kept.
    pub fn merge_tables(&self, dest: &Map, src: &Map) {
        self.tables(dest, src, "", true);
    }

    /// `CoalesceTables`: lays `src` beneath `dest`; a null in `dest` deletes.
    pub fn coalesce_tables(&self, dest: &Map, src: &Map) {
        self.tables(dest, src, "", false);
    }

    fn coalesce(&self, node: &Node, dest: &Map, prefix: &str, merge: bool) -> Result<(), String> {
        self.defaults(node, dest, prefix, merge);
        for child in &node.dependencies {
            let name = child.name().as_bytes();
            let values = match dest.get(name) {
                None => {
                    let empty = Map::new(Entries::new());
                    dest.insert(Str::from(name), Value::Map(empty.clone()));
                    empty
                }
                Some(Value::Map(m)) => m,
                Some(other) => {
                    let shown = pintle_value::fmt::sprintf(b"%t", &[other]);
                    return Err(format!("type mismatch on {}: {}", child.name(), String::from_utf8_lossy(&shown)));
                }
            };
            let prefix = join(prefix, node.name());
            self.globals(&values, dest, &prefix);
            self.coalesce(child, &values, &prefix, merge)?;
        }
        Ok(())
    }

    fn globals(&self, dest: &Map, src: &Map, prefix: &str) {
        let global = |m: &Map, side: &str| match m.get(GLOBAL) {
            None => Some(Map::new(Entries::new())),
            Some(Value::Map(g)) => Some(g),
            Some(_) => {
                self.warn(format!("skipping globals because {side} global is not a table."));
                None
            }
        };
        let Some(to) = global(dest, "destination") else { return };
        let Some(from) = global(src, "source") else { return };
        let entries: Vec<(Str, Value)> = from.entries().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        for (key, value) in entries {
            let existing = to.get(&key);
            match (&value, existing) {
                (Value::Map(v), existing) => {
                    let copied = shallow_copy(v);
                    match existing {
                        None => to.insert(key, Value::Map(copied)),
                        Some(Value::Map(old)) => {
                            self.tables(&copied, &old, &join(prefix, &key.to_str_lossy()), true);
                            to.insert(key, Value::Map(copied));
                        }
                        Some(_) => self.warn(format!("Conflict: cannot merge map onto non-map for {}. Skipping.", quote(&key))),
                    }
                }
                (_, Some(Value::Map(_))) => self.warn(format!("key {key} is table. Skipping")),
                (_, _) => to.insert(key, value),
            }
        }
        dest.insert(Str::from(GLOBAL), Value::Map(to));
    }

    /// `coalesceValues`: the defaults of one chart.
    fn defaults(&self, node: &Node, v: &Map, prefix: &str, merge: bool) {
        let prefix = join(prefix, node.name());
        let defaults = node.values.copy_on_demand();
        let defaults = defaults.entries();
        for (key, default) in defaults.iter() {
            match v.get(key) {
                Some(Value::Nil) if !merge => {
                    v.remove(key);
                }
                Some(Value::Map(dest)) => match default {
                    Value::Map(src) => {
                        // Nulls for a sub-chart must reach its own defaults.
                        let is_child = node.dependencies.iter().any(|c| c.name().as_bytes() == key.as_bytes());
                        let merge = merge || is_child;
                        if !merge && self.clean_nulls {
                            clean_nulls(src);
                        }
                        self.tables(&dest, src, &join(&prefix, &key.to_str_lossy()), merge);
                    }
                    Value::Nil => {}
                    _ => self.warn(format!("skipped value for {prefix}.{key}: Not a table.")),
                },
                Some(_) => {}
                None => {
                    if !merge && self.clean_nulls {
                        match default {
                            Value::Nil => continue,
                            Value::Map(sub) => clean_nulls(sub),
                            _ => {}
                        }
                    }
                    v.insert(key.clone(), default.clone());
                }
            }
        }
    }

    /// `coalesceTablesFullKey`
    fn tables(&self, dst: &Map, src: &Map, prefix: &str, merge: bool) {
        if dst.same(src) {
            return;
        }
        let entries: Vec<(Str, Value)> = src.entries().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        for (key, value) in entries {
            let existing = dst.get(&key);
            match (&value, &existing) {
                (_, None) => dst.insert(key, value),
                // A null removes what has a default; merging keeps it for later.
                (v, Some(Value::Nil)) if !merge && !matches!(v, Value::Nil) => {
                    dst.remove(&key);
                }
                (_, Some(Value::Nil)) => {}
                (Value::Map(s), Some(Value::Map(d))) => self.tables(d, s, &join(prefix, &key.to_str_lossy()), merge),
                (Value::Map(_), Some(_)) => {
                    self.warn(format!("cannot overwrite table with non table for {}", join(prefix, &key.to_str_lossy())));
                }
                (v, Some(d)) if is_table(d) && !matches!(v, Value::Nil) => {
                    let key = join(prefix, &key.to_str_lossy());
                    self.warn(format!("destination for {key} is a table. Ignoring non-table value"));
                }
                _ => {}
            }
        }
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

fn clean_nulls(m: &Map) {
    if !m.holds_nil() {
        return;
    }
    m.entries_mut().retain(|_, v| !matches!(v, Value::Nil));
    for v in m.entries().values() {
        if let Value::Map(sub) = v {
            clean_nulls(sub);
        }
    }
}
