//! Findings as data: what is wrong, where, about which object, how it came about, and what to do.
//!
//! Every crate of Pintle that finds something gives [`Diagnostic`]s. Each names its [`Rule`], which stands in a table of the crate
//! that finds it ([`rules!`]); the level at which a rule is reported is the caller's to say ([`Levels`]). A place is a [`Span`] of
//! bytes in a [`Source`]; lines and columns are computed when they are shown. [`show`] has every form in which findings are printed.
//!
//! ```
//! use pintle_diagnostic::{Diagnostic, Source, Span, rules, show};
//!
//! rules! {
//!     PORT "demo/port" Error "A port is out of range.";
//! }
//! let source = Source::new("values.yaml", "port: 99999\n".as_bytes());
//! let found = Diagnostic::new(&PORT, "99999 is more than 65535").at(Span::range(&source, 6..11)).hint("use a port below 65536");
//! let text = show::text(&[found], show::Colour::Never);
//! assert_eq!(
//!     text,
//!     "error: 99999 is more than 65535 [demo/port]
//!   --> values.yaml:1:7
//!   1 | port: 99999
//!     |       ^^^^^
//!   help: use a port below 65536
//! "
//! );
//! ```

mod diagnostic;
mod level;
mod path;
mod rule;
pub mod show;
mod source;

pub use diagnostic::{Diagnostic, Object, Trace, Tracepoint, merged};
pub use level::{IGNORE, Levels, is_excepted};
pub use path::{Path, Step};
pub use rule::{Rule, Severity, nearest};
pub use source::{Position, Source, Span};
