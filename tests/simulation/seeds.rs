//! Seeds that failed once, and why. They are played for ever.

pub const FAILED_ONCE: &[u64] = &[
    // A crash between "ours arrived" and "theirs is on top of it" left ours under the name of theirs.
    460,
];
