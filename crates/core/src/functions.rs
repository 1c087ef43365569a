//! The functions that templates may call, of each profile.

use std::sync::LazyLock;

use pintle_functions::bind::{NEW_IN_HELM_4, helm};
use pintle_template::Functions;

use crate::Compat;

static FUNCTIONS: LazyLock<Functions> = LazyLock::new(helm);
static FUNCTIONS_HELM3: LazyLock<Functions> = LazyLock::new(|| {
    let mut functions = helm();
    NEW_IN_HELM_4.iter().for_each(|name| functions.remove(name));
    functions
});

/// The functions that templates of a Helm may call.
pub fn functions(compat: Compat) -> &'static Functions {
    if compat.has_helm4_functions() { &FUNCTIONS } else { &FUNCTIONS_HELM3 }
}
