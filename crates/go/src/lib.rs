//! Go's standard library, as much of it as Helm, kustomize and the API server show: the same results, limits and error texts as
//! Go 1.26.
//!
//! A module follows the package of its name: [`unicode`] and its tables, [`utf8`], [`strings`], [`strconv`], [`path`] (which on Linux
//! is `path/filepath` too), [`regexp`], [`time`], [`url`] (`net/url`), [`netip`] (`net/netip`) and [`base64`] (`encoding/base64`).
//! All of them take and give plain types, bytes mostly: a Go string need not be UTF-8. [`limits`] bounds what one call may make.
//!
//! What works on Go's dynamic values is in `pintle_value` instead: `fmt`, `reflect`'s types, and `encoding/json`, which reads and
//! writes those values. `text/template` is `pintle_template`.

pub mod base64;
pub mod limits;
pub mod netip;
pub mod path;
pub mod regexp;
pub mod strconv;
pub mod strings;
pub mod time;
pub mod unicode;
pub mod url;
pub mod utf8;
