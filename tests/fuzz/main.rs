//! Fuzzing: hostile bytes against every reader. Nothing panics, and what is read means what was written.
//!
//! Each target takes a good seed, mangles it (see [`mangle`]) and reads it. `cargo test` gives every target the same inputs
//! each time, a few hundred of them, and every input that failed once (`found/`).
//! `ANYDOOR_FUZZ_SECONDS=600 cargo test --test fuzz` draws new ones for ten minutes per target. A failing input is made
//! smaller, shown, and kept in `found/`; it is mended with a test that says what was wrong, for the file holds the chance that
//! the input was drawn from, and another generator draws something else from it.

use std::fmt::Debug;
use std::time::Duration;

use anydoor_tests::chance::Chance;
use bolero::ValueGenerator;
use bolero::generator::bolero_generator::driver::{ByteSliceDriver, Options};

mod chances;
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

/// What stands for one input: bytes that the generator draws it from.
fn chance(number: u64) -> Vec<u8> {
    let mut chance = Chance::new(number);
    (0..CHANCE / 8).flat_map(|_| chance.number().to_le_bytes()).collect()
}

/// The input that is drawn from these bytes.
fn drawn<G: ValueGenerator>(generator: &G, bytes: &[u8]) -> Option<G::Output> {
    generator.generate(&mut ByteSliceDriver::new(bytes, &Options::default()))
}

/// Gives `target` every input that failed once, then those of a test run: the same each time, so that a green run stays green;
/// or new ones for as long as somebody asked for.
fn run<G: ValueGenerator>(generator: &G, target: impl Fn(&G::Output))
where
    G::Output: Debug,
{
    let fails = |bytes: &[u8]| drawn(generator, bytes).and_then(|input| chances::panics(|| target(&input)).map(|panic| (input, panic)));
    let name = chances::target();
    let again = chances::kept(&name).into_iter();
    let given: Box<dyn Iterator<Item = Vec<u8>>> = match soak() {
        Some(time) => Box::new(again.chain(chances::new_ones(time).map(chance))),
        None => Box::new(again.chain((0..INPUTS).map(chance))),
    };
    for bytes in given {
        if fails(&bytes).is_none() {
            continue;
        }
        let smallest = chances::smaller(bytes, |bytes| fails(bytes).is_some());
        let Some((input, panic)) = fails(&smallest) else { panic!("{name}: an input failed once and not again") };
        let shown: String = format!("{input:?}").chars().take(2000).collect();
        eprintln!("{name} fails, and is kept as {}: {panic}\n{shown}", chances::keep(&name, &smallest).display());
        target(&input);
        panic!("{name}: an input failed, and not again");
    }
}

/// Runs one target over what `generator` makes.
#[macro_export]
macro_rules! fuzz {
    ($generator:expr, $target:expr) => {
        $crate::run(&$generator, $target)
    };
}
