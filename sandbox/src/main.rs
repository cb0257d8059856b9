//! Runs the sandbox.
fn main() {}
