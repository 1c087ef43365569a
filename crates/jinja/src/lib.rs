//! The second language of chart templates: Jinja, as minijinja renders it.
//!
//! [`Templates`] holds the parsed files of a chart and its dependencies, [`Templates::render`] makes the text of one of them. The
//! rest is shared with Go's language: the values are those that its templates compute with, every function of the evaluator is there
//! as a filter and as a function, and budgets are drawn from the same account.
//!
//! | module | owns |
//! | --- | --- |
//! | `templates` | parsed files, how a name leads to one, rendering |
//! | `session` | what a render shares with the functions it calls |
//! | `shared` | Go's values as Jinja sees them, and the way back |
//! | `functions` | the functions, `include` and `tpl` |
//! | `print` | how a value becomes text |
//! | `names` | names of templates |
//! | `error` | what went wrong and where |
//! | `scan` | where text, expressions and tags begin and end |
//! | `expression` | what an expression may do, as far as its text tells |
//! | `weight` | how much a value is |
//! | `guard` | bounds on what Jinja's operators and filters make |
//! | `trace` | which text of a template made which part of the output |

mod error;
mod expression;
mod functions;
mod guard;
mod names;
mod print;
mod scan;
mod session;
mod shared;
mod templates;
mod trace;
mod weight;

pub use error::{Error, Place};
pub use functions::{JINJA_FILTERS, JINJA_FUNCTIONS, MAY_BE_UNDEFINED};
pub use templates::Templates;
