//! Fuzzing: hostile bytes against every reader. Nothing panics, and what is read means what was written.
//!
//! Each target takes a good seed, mangles it (see [`mangle`]) and reads it. `cargo test` gives each a quarter of a second;
//! `ANYDOOR_FUZZ_SECONDS=600 cargo test --test fuzz` gives each ten minutes. A failure prints the smallest input that was
//! found and `BOLERO_RANDOM_SEED`, with which it comes again.

use std::time::Duration;

mod documents;
mod doors;
mod geo;
mod mangle;
mod seeds;
mod services;
mod stored;
mod views;
mod wire;

/// How long one target runs.
fn budget() -> Duration {
    let seconds = std::env::var("ANYDOOR_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    seconds.map_or(Duration::from_millis(250), Duration::from_secs)
}

/// Runs one target over what `generator` makes.
#[macro_export]
macro_rules! fuzz {
    ($generator:expr, $target:expr) => {
        bolero::check!().with_generator($generator).with_test_time($crate::budget()).for_each($target)
    };
}
