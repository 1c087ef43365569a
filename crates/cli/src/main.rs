//! The command line of Pintle.
fn main() {}
