//! Go's own functions (`text/template/funcs.go`, Go 1.26).

use crate::func::Functions;

pub(crate) fn register(_f: &mut Functions) {}
