//! Fuzzing: hostile bytes against every reader. Nothing panics, and what is read means what was written.
//!
//! Each target takes a good seed, mangles it (see [`mangle`]) and reads it. `cargo test` gives every target the same inputs
//! each time, a few hundred of them; a failure names the input by its number and shows it.
//! `ANYDOOR_FUZZ_SECONDS=600 cargo test --test fuzz` draws new ones for ten minutes per target; a failure there shows the
//! smallest input that was found.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use anydoor_tests::chance::Chance;
use bolero::ValueGenerator;
use bolero::generator::bolero_generator::driver::{ByteSliceDriver, Options};

mod documents;
mod doors;
mod geo;
mod mangle;
mod roads;
mod seeds;
mod services;
mod stored;
mod views;
mod wire;

/// How many inputs each target gets in a test run.
const INPUTS: u64 = 300;
/// How many bytes of chance one input is drawn from.
const CHANCE: usize = 4096;

/// For how long a target draws new inputs, where someone asked for that.
fn soak() -> Option<Duration> {
    std::env::var("ANYDOOR_FUZZ_SECONDS").ok()?.parse().ok().map(Duration::from_secs)
}

/// Gives `target` the inputs of a test run: the same each time, so that a green run stays green.
fn same_each_time<G: ValueGenerator>(generator: &G, target: impl Fn(&G::Output))
where
    G::Output: Debug,
{
    let options = Options::default();
    for number in 0..INPUTS {
        let mut chance = Chance::new(number);
        let bytes: Vec<u8> = (0..CHANCE / 8).flat_map(|_| chance.number().to_le_bytes()).collect();
        let Some(input) = generator.generate(&mut ByteSliceDriver::new(&bytes, &options)) else { continue };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(&input))) {
            let shown: String = format!("{input:?}").chars().take(2000).collect();
            eprintln!("input {number}: {shown}");
            resume_unwind(panic);
        }
    }
}

/// Runs one target over what `generator` makes.
#[macro_export]
macro_rules! fuzz {
    ($generator:expr, $target:expr) => {
        match $crate::soak() {
            Some(time) => bolero::check!().with_generator($generator).with_test_time(time).for_each($target),
            None => $crate::same_each_time(&$generator, $target),
        }
    };
}
