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

#[test]
fn every_planted_bug_is_found() {
    std::panic::set_hook(Box::new(|_| {}));
    let found: Vec<(Planted, Option<u64>)> = planted::ALL
        .into_iter()
        .map(|bug| (bug, (0..420).find(|seed| std::panic::catch_unwind(|| world::play(*seed, bug)).is_err())))
        .collect();
    drop(std::panic::take_hook());
    for (bug, seed) in &found {
        println!("{bug:?}: {}", seed.map_or("not found".to_owned(), |seed| format!("found by seed {seed}")));
    }
    assert!(found.iter().all(|(_, seed)| seed.is_some()), "the simulation cannot fail");
}
