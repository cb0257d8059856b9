//! A deterministic simulation: phones with the real acts, store and sync, on disks, clocks, a network and a server that
//! fail, all from one seed. `make soak SEEDS=n FROM=s` plays others.

mod checks;
mod county;
mod faults;
mod histories;
mod phone;
mod planted;
mod report;
mod seeds;
mod server;
mod world;

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use planted::Planted;
use report::Report;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Plays these seeds on all processors.
fn play_all(seeds: &[u64]) -> Report {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut total = Report::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut report = Report::default();
                    seeds.iter().skip(thread).step_by(threads).for_each(|seed| report.add(&world::play(*seed, Planted::Nothing)));
                    report
                })
            })
            .collect();
        for thread in running {
            total.add(&thread.join().expect("a seed failed; its trace stands above"));
        }
    });
    total
}

#[test]
fn every_promise_holds_in_two_thousand_seeds() {
    let from = number("ANYDOOR_FROM").unwrap_or(0);
    let count = number("ANYDOOR_SEEDS").unwrap_or(2000);
    let begun = std::time::Instant::now();
    let all: Vec<u64> = (from..from + count).collect();
    let report = play_all(&all);
    report.print();
    println!("{:.0} seeds a minute", count as f64 * 60.0 / begun.elapsed().as_secs_f64());
    if count >= 500 {
        assert_eq!(report.missing(), Vec::<&str>::new(), "faults and paths that no seed reached");
    }
}

#[test]
fn seeds_that_failed_once_hold() {
    play_all(seeds::FAILED_ONCE);
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [1, 2, 3, 5, 8] {
        assert_eq!(world::play(seed, Planted::Nothing).trace, world::play(seed, Planted::Nothing).trace, "seed {seed}");
    }
}

/// The most seeds that a planted bug takes.
const MOST_SEEDS: u64 = 420;

/// The seed that finds a bug, and what it says then.
fn found(bug: Planted) -> Option<(u64, String)> {
    let most = number("ANYDOOR_PLANTED_SEEDS").unwrap_or(MOST_SEEDS);
    (0..most).find_map(|seed| {
        let panic = std::panic::catch_unwind(|| world::play(seed, bug)).err()?;
        let said = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        Some((seed, said.unwrap_or_default()))
    })
}

#[test]
fn every_planted_bug_is_found() {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !QUIET.get() {
            loud(info)
        }
    }));
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                QUIET.set(true);
                while let Some((bug, promise)) = planted::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = found(*bug);
                    match &found {
                        Some((seed, said)) => println!("{promise:>4} {bug:?}: seed {seed} · {}", said.lines().next().unwrap_or_default()),
                        None => println!("{promise:>4} {bug:?}: not found"),
                    }
                    all.lock().unwrap().push(found);
                }
            });
        }
    });
    let all = all.into_inner().unwrap();
    let seeds: u64 = all.iter().flatten().map(|(seed, _)| seed + 1).sum();
    println!("{} planted bugs, found in {seeds} seeds", all.len());
    assert!(all.len() >= 40 && all.iter().all(Option::is_some), "the simulation cannot fail");
}

thread_local! {
    /// Whether this thread waits for a panic.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}
