//! Tests of the crate through its public interface.

mod errors;
mod oracle;
mod properties;
mod reading;
mod writing;
