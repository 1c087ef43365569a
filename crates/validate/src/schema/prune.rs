//! What happens to a custom resource before it is checked (k8s.io/apiextensions-apiserver `pkg/apiserver/schema`): fields that its
//! schema doesn't know are found, and defaults are filled in.

use crate::rules;
use pintle_value::budget::{Budget, Exceeded};

use super::model::Schema;
use crate::finding::Findings;
use crate::node::{Member, Node, Value};
use crate::path::Path;

/// Reports every field that the API server would prune: `unknown field` under strict field validation.
pub fn unknown_fields(found: &mut Findings<'_>, node: &Node, schema: &Schema, is_object: bool, path: &Path<'_>) {
    if !found.affords(1) {
        return;
    }
    match &node.value {
        Value::Map(members) => {
            for member in members {
                if (is_object || schema.embedded) && matches!(member.key.as_str(), "apiVersion" | "kind" | "metadata") {
                    continue;
                }
                let path = path.child(&member.key);
                match schema.property(&member.key).or(schema.additional_schema()) {
                    Some(below) => unknown_fields(found, &member.node, below, false, &path),
                    None if schema.allows_unknown() => {}
                    // Of JSON Schemas those without any structure: `{}`.
                    None if schema.reference.is_some() => {}
                    None => {
                        found.push(&rules::UNKNOWN_FIELD, &path, format!("unknown field \"{path}\""));
                    }
                }
            }
        }
        Value::List(items) => {
            if let Some(below) = &schema.items {
                for (i, item) in items.iter().enumerate() {
                    unknown_fields(found, item, below, false, &path.index(i));
                }
            }
        }
        _ => {}
    }
}

/// Drops nulls where the schema allows none (`PruneNonNullableNullsWithoutDefaults`), and fills in defaults.
///
/// Errors: the run's budget is used up.
pub fn fill_defaults(node: &mut Node, schema: &Schema, budget: &Budget) -> Result<(), Exceeded> {
    budget.charge(1)?;
    let at = node.at;
    match &mut node.value {
        Value::Map(members) => {
            members.retain(|member| {
                let below = schema.property(&member.key).or(schema.additional_schema());
                !member.node.is_null() || below.is_none_or(|b| b.nullable)
            });
            let mut missing = Vec::new();
            for (name, property) in &schema.properties {
                budget.charge(1)?;
                let Some(default) = &property.default else { continue };
                if members.binary_search_by(|m| m.key.as_str().cmp(name)).is_err() {
                    budget.allocate(default.bytes() + name.len() as u64)?;
                    missing.push(Member { key: name.clone(), at, node: Node { value: default.value.clone(), at } });
                }
            }
            if !missing.is_empty() {
                members.append(&mut missing);
                members.sort_by(|a, b| a.key.cmp(&b.key));
            }
            for member in members {
                if let Some(below) = schema.property(&member.key).or(schema.additional_schema()) {
                    fill_defaults(&mut member.node, below, budget)?;
                }
            }
        }
        Value::List(items) => {
            if let Some(below) = &schema.items {
                for item in items {
                    fill_defaults(item, below, budget)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}
