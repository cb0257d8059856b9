//! How long one request is waited for.
//!
//! Rule: whatever a server does, a request ends within [`Timeouts::whole`]; where it had left, what became of it is
//! unknown and is read back (P19). The limits are given when a connection is made; a phone uses the defaults.

use std::time::Duration;

/// The limits of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection stands, TLS included. Default: 10 s.
    pub connect: Duration,
    /// From the request to the whole head of the answer, and then between any two pieces of its body. Default: 30 s.
    pub silence: Duration,
    /// For everything, from the connecting to the last byte: what ends a body that drips. Default: 120 s.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), silence: Duration::from_secs(30), whole: Duration::from_secs(120) }
    }
}
