//! What templates can draw from outside of their inputs: the clock, randomness, DNS, a cluster.
//!
//! By default a render has the system's clock and randomness, no DNS and no cluster. [`Request::seed`](crate::Request::seed) and
//! [`Request::now`](crate::Request::now) replace the first two; [`Request::world`](crate::Request::world) takes a [`World`] of your own, which may
//! answer `lookup` too.

pub use pintle_core::world::{Drawn, Instant, Query, World};
