//! What Pintle asks of a Kubernetes cluster.
//!
//! The renderer knows no network; this crate's program, `pintle-cluster`, does all that needs one: [`snapshot`] writes what a cluster
//! is and holds to a file, [`serve`] answers `lookup` while a chart renders. [`connect`] finds the cluster and makes an [`api::Api`],
//! which bounds the time, the size and the number of what is read; [`discovery`] says what the cluster serves, [`lookup`] looks
//! things up as Helm does. Nothing is ever written to a cluster: every request is a GET.

pub mod api;
pub mod connect;
mod credential;
pub mod discovery;
pub mod lookup;
pub mod rules;
pub mod serve;
pub mod snapshot;
