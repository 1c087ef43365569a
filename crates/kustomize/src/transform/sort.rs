//! sortOptions (SortOrderTransformer).

use crate::build::Build;
use crate::id::{Gvk, ORDER_FIRST, ORDER_LAST, ResId, rank};
use crate::kustomization::types::{LegacySortOptions, SortOptions};
use crate::resmap::ResMap;

/// Sorts as the options say; without any, resources stay where they are.
pub(crate) fn sort(b: &Build, map: &mut ResMap, options: Option<&SortOptions>) -> Result<(), String> {
    let Some(options) = options else { return Ok(()) };
    match (options.order.as_str(), &options.legacy_sort_options) {
        ("fifo", None) => Ok(()),
        ("fifo", Some(_)) => {
            Err("the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'".into())
        }
        ("legacy", kinds) => legacy(b, map, kinds.as_ref()),
        _ => Err("the field 'sortOptions.order' must be one of [fifo, legacy]".into()),
    }
}

/// Sorts by kind, then by group, version, namespace and name.
fn legacy(b: &Build, map: &mut ResMap, kinds: Option<&LegacySortOptions>) -> Result<(), String> {
    let position = |gvk: &Gvk| match kinds {
        Some(kinds) => rank(&gvk.kind, &kinds.order_first, &kinds.order_last),
        None => rank(&gvk.kind, ORDER_FIRST, ORDER_LAST),
    };
    let key = |id: &ResId| {
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        (position(&id.gvk), id.gvk.sort_key(), format!("{}|{}|{}", id.gvk, or(&id.namespace, "~X"), or(&id.name, "~N")))
    };
    let mut keyed: Vec<_> =
        std::mem::take(&mut map.list).into_iter().map(|r| (r.id(b), r)).map(|(id, r)| (key(&id), id, r)).collect();
    keyed.sort_by(|(x, x_id, _), (y, y_id, _)| {
        // Of the core's Namespace and another group's the core's comes first.
        let namespaces = x_id.gvk.kind == "Namespace" && y_id.gvk.kind == "Namespace";
        if namespaces && !x_id.gvk.same(&y_id.gvk) && (x_id.gvk.group.is_empty() || y_id.gvk.group.is_empty()) {
            return y.1.cmp(&x.1);
        }
        x.cmp(y)
    });
    for (_, _, resource) in keyed {
        map.append(b, resource).map_err(|e| format!("SortOrderTransformer: Failed to append to resources: {e}"))?;
    }
    Ok(())
}
