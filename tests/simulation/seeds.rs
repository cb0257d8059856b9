//! Seeds that failed once, and why. They are played for ever.

pub const FAILED_ONCE: &[u64] = &[];
