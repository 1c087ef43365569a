//! Templates within templates, and ways to stop: `include`, `tpl`, `required`, `fail`, and `lookup`
//! (Helm's `pkg/engine/engine.go`).

use pintle_go::strings::replace_all;
use pintle_template::{Call, Error, Functions};
use pintle_value::{Map, Str, Value};

use super::host;
use crate::world::Query;

/// What stands before a message that a chart wrote itself; Helm cuts such a message out of the error around it.
pub const WARN_START: &str = "HELM_ERR_START";
/// What stands after such a message.
pub const WARN_END: &str = "HELM_ERR_END";

/// How often one template may be including itself, over whatever detours.
const MAX_INCLUDES: usize = 1000;

pub(super) fn add(f: &mut Functions) {
    f.add("include", |call: &mut dyn Call, name: Str, data: Value| include(call, &name, data));
    f.add("tpl", |call: &mut dyn Call, text: Str, data: Value| -> Result<Vec<u8>, Error> {
        let made = call.execute_text(&text, data)?;
        // What a template prints for a nil value counts as nothing in the text.
        Ok(replace_all(&made, b"<no value>", b"")?)
    });
    f.add("required", |call: &mut dyn Call, message: Str, v: Value| -> Result<Value, Error> {
        let missing = matches!(&v, Value::Nil) || v.as_str().is_some_and(|s| s.is_empty());
        if !missing {
            return Ok(v);
        }
        stop(call, &message).map(|()| Value::from(""))
    });
    f.add("fail", |call: &mut dyn Call, message: Str| stop(call, &message).map(|()| Vec::<u8>::new()));
    f.add("lookup", |call: &mut dyn Call, api_version: Str, kind: Str, namespace: Str, name: Str| {
        let texts = [api_version, kind, namespace, name].map(|s| s.to_str_lossy().into_owned());
        let [api_version, kind, namespace, name] = &texts;
        let found = host(call)?.world.lookup(Query { api_version, kind, namespace, name })?;
        Ok::<Map, Error>(match Value::from(&found) {
            Value::Map(map) => map,
            _ => Map::new(Default::default()),
        })
    });
    f.add("getHostByName", |call: &mut dyn Call, name: Str| -> Result<String, Error> {
        Ok(host(call)?.world.resolve(&name.to_str_lossy()))
    });
}

fn include(call: &mut dyn Call, name: &Str, data: Value) -> Result<Vec<u8>, Error> {
    {
        let mut included = host(call)?.included.borrow_mut();
        let depth = included.entry(name.to_vec()).or_default();
        if *depth > MAX_INCLUDES {
            let name = name.to_str_lossy();
            let why = "unable to execute template";
            return Err(Error::new(format!("rendering template has a nested reference name: {name}: {why}")));
        }
        *depth += 1;
    }
    let result = call.execute_template(name, data);
    if let Some(depth) = host(call)?.included.borrow_mut().get_mut(&name[..]) {
        *depth = depth.saturating_sub(1);
    }
    result
}

/// Ends the render with the chart's own words; in lint mode keeps them and goes on.
fn stop(call: &mut dyn Call, message: &Str) -> Result<(), Error> {
    let host = host(call)?;
    let message = message.to_str_lossy();
    if host.lint {
        host.warnings.borrow_mut().push(message.into_owned());
        return Ok(());
    }
    Err(Error::new(format!("{WARN_START}{message}{WARN_END}")))
}
